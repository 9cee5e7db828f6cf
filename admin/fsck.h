/*
 * fsck.h - check a whole data directory that no relay uses, down to the last
 * byte of each message.
 *
 * Every problem is one log_line.
 */
#ifndef MNM_ADMIN_FSCK_H
#define MNM_ADMIN_FSCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fsck_kind {
	FSCK_LOOK,	/* changes nothing */
	FSCK_REPAIR	/* moves what is damaged to lost+found; the next
			   check finds nothing */
};

/* How much was read. */
struct fsck_sum {
	uint64_t records;	/* in the journal */
	uint64_t users, groups;
	uint64_t messages, bytes;	/* in files */
	uint64_t damaged;	/* pieces */
};

/*
 * Returns 0 if nothing is damaged, 1 if something is or was, -1 and why if not
 * everything could be checked or repaired.  journal_size is as in mnm.conf.
 */
int fsck_run(const char *path, enum fsck_kind, uint64_t journal_size,
    struct fsck_sum *, char *why, size_t room);

/* Whether a relay keeps something by this name in its data directory. */
bool fsck_knows(const char *name);

#endif
