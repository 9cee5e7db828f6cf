/*
 * fsck.h - look over a whole data directory that no relay uses, down to the
 * last byte of each message.
 *
 * Each thing that is wrong is told of by one log_line, and so is in the end how
 * much was read.
 */
#ifndef MNM_ADMIN_FSCK_H
#define MNM_ADMIN_FSCK_H

#include <stddef.h>
#include <stdint.h>

enum fsck_kind {
	FSCK_LOOK,	/* nothing at all is changed */
	FSCK_REPAIR	/* what is damaged is moved to lost+found, and the
			   next check finds nothing */
};

/*
 * Returns 0 when nothing was damaged, 1 when something was, -1 and why when
 * not all could be looked at or repaired.  journal_size as in mnm.conf.
 */
int fsck_run(const char *path, enum fsck_kind, uint64_t journal_size,
    char *why, size_t room);

#endif
