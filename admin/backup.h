/*
 * backup.h - a copy of the data directory of a running or stopped relay, from
 * which a relay can be started.
 *
 * It is what a kill would have left at one instant: the journal is copied up to
 * that point, and the maildir's files get a second link, or are copied where
 * that is impossible.  They can be shared, as nobody writes to a file with
 * another link; only large data in tmp/ gets its head later, and that is the
 * same no matter which relay writes it.
 */
#ifndef MNM_ADMIN_BACKUP_H
#define MNM_ADMIN_BACKUP_H

#include <stddef.h>
#include <stdint.h>

struct span;

struct backup_sum {
	unsigned long files;	/* of the maildir */
	uint64_t journal;	/* bytes */
	uint64_t copied;	/* bytes of files that could not be linked */
};

/*
 * Back up data to the directory path, which must not exist.  A running relay
 * goes on, with its data directory held (datadir.h); a stopped one cannot be
 * started meanwhile.  Returns -1 and why, and then leaves nothing behind.
 */
int backup_make(const char *data, const char *path, struct backup_sum *,
    char *why, size_t room);

/*
 * Only copy, from one directory to an empty one.  segments is the journal_list
 * after the commit that followed datadir_hold, or NULL if the data directory
 * does not change.
 */
int backup_copy(int data, int to, const struct span *segments,
    struct backup_sum *);

#endif
