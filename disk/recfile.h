/*
 * recfile.h - the text of a file of JSON records, one a line, with a checksum.
 *
 *	[
 *	{"next_ref":2,"uid":"%1H...Z"},
 *	{"alias":"Alice Smith","uid":"%1H...Z"},
 *	"crc32c 0a1b2c3d"]
 *
 * The last line holds the CRC-32C of all bytes before it, and has no other
 * form than this one, so that no byte of the file can change unnoticed.
 */
#ifndef MNM_DISK_RECFILE_H
#define MNM_DISK_RECFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Make the text: begin, then write each record to the buf and end its line,
 * then seal.
 */
void recfile_begin(struct buf *);
void recfile_end_record(struct buf *);
void recfile_seal(struct buf *);

/* Find the lines of a text.  Returns why there are none, or NULL. */
const char *recfile_find(struct span *lines, struct span text);
/*
 * Take the next line, without its comma and newline.  False at the end, and at
 * a line that is none, which then is still there.
 */
bool recfile_next(struct span *lines, struct span *line);

/*
 * A file that is renamed before its bytes are durable can be found empty or
 * torn after a power cut, and the old one is gone.  So there are two steps,
 * and one sync of the whole tree between them:
 *
 *	recfile_draft(d, path, text)	writes DATA/tmp/draft-N
 *	a sync of the tree
 *	recfile_install(d)		gives each its name
 *
 * The names are durable with the next sync of the tree.  A crash leaves the old
 * file or the new one; what it leaves in tmp is removed at start.
 */
struct drafts {
	int data;		/* the data directory */
	struct buf paths;	/* of those not installed, each with its NUL */
	size_t first;		/* number of the first of them */
	size_t count;
};

/* Begin with { .data = dir }. */
void recfile_free(struct drafts *);
/* The draft of the file path, below the data directory.  -1 with errno. */
int recfile_draft(struct drafts *, const char *path, struct span text);
/*
 * Install one.  Returns 1 when it did, 0 when there is none, -1 with errno: it
 * could not be, and stays a draft.
 */
int recfile_install(struct drafts *);

#endif
