/*
 * discard.h - directories of queues that nobody needs: renamed at once, removed
 * a few files at a time.
 *
 *	tmp/drop-N	such a directory
 */
#ifndef MNM_STORE_DISCARD_H
#define MNM_STORE_DISCARD_H

#include <stdbool.h>

/* Begin with { .data = the data directory, .pending = true }. */
struct discards {
	int data;
	bool pending;		/* there may be some in tmp */
	unsigned number;
};

/*
 * Discard the directory path: 1, 0 if there is none, -1 with errno if it is
 * still there.  Nothing is synced.
 */
int discard_directory(struct discards *, const char *path);
/* Remove some files.  True if there is more to remove. */
bool discard_step(struct discards *);

#endif
