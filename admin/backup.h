/*
 * backup.h - a copy of the data directory, of a relay that runs or is stopped,
 * that a relay can be started from.
 *
 * It is what a kill would have left at one instant: the journal is copied up to
 * there, and files of the tree get a second name, or are copied where that
 * cannot be.  They can be shared, as nobody writes to a file that has another
 * name; only large data in tmp/ gets its head later, and that is the same
 * whoever writes it.
 */
#ifndef MNM_ADMIN_BACKUP_H
#define MNM_ADMIN_BACKUP_H

#include <stddef.h>
#include <stdint.h>

struct span;

struct backup_sum {
	unsigned long files;	/* of the tree */
	uint64_t journal;	/* bytes */
	uint64_t copied;	/* bytes of files that could not be linked */
};

/*
 * Make the directory path, which must not be there, the backup of data.  A
 * relay that runs goes on, with its data directory held (data.h) meanwhile;
 * none can be started while that of a stopped one is copied.  Returns -1 and
 * why, and then nothing is left.
 */
int backup_make(const char *data, const char *path, struct backup_sum *,
    char *why, size_t room);

/*
 * The copying alone, from one directory to another, which is empty.  segments
 * is what journal_list told after the commit that followed datadir_hold; or
 * NULL, if the data directory does not change.
 */
int backup_copy(int data, int to, const struct span *segments,
    struct backup_sum *);

#endif
