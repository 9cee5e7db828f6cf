/*
 * draft.h - files that take the place of others, whole, without a sync of
 * each.
 *
 * A file that is renamed before its bytes are durable can be found empty or
 * torn after a power cut, and the old one is gone.  So there are two steps,
 * and one sync of the whole tree between them:
 *
 *	draft_add(d, path, text)	writes DATA/tmp/draft-N
 *	a sync of the tree
 *	draft_install(d)		gives each its name
 *
 * The names are durable with the next sync of the tree.  A crash leaves the old
 * file or the new one; what it leaves in tmp is removed at start.
 */
#ifndef MNM_DISK_DRAFT_H
#define MNM_DISK_DRAFT_H

#include <stddef.h>

#include "base/buf.h"

struct drafts {
	int data;		/* the data directory */
	struct buf paths;	/* of those not installed, each with its NUL */
	size_t first;		/* number of the first of them */
	size_t count;
};

/* Begin with { .data = dir }. */
void draft_free(struct drafts *);
/* The draft of the file path, below the data directory.  -1 with errno. */
int draft_add(struct drafts *, const char *path, struct span text);
/*
 * Install one.  Returns 1 when it did, 0 when there is none, -1 with errno: it
 * could not be, and stays a draft.
 */
int draft_install(struct drafts *);

#endif
