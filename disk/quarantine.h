/*
 * quarantine.h - what happens to damage: it is moved to DATA/lost+found,
 * logged in one line, and counted; the rest is served.
 *
 * Every module that reads a data directory is given its struct quarantine.
 */
#ifndef MNM_DISK_QUARANTINE_H
#define MNM_DISK_QUARANTINE_H

#include <stdbool.h>

#include "base/buf.h"

/* Begin with { .data = dir }. */
struct quarantine {
	int data;		/* the data directory */
	bool report_only;	/* a read-only check: nothing is changed, and
				   damage stays where it is */
	unsigned long count;	/* damaged pieces found so far */
};

/*
 * Move DATA/path to lost+found, under its path with '-' for '/', and .N added
 * if that name exists.  -1 with errno: it is still where it was, but logged
 * and counted.
 */
int quarantine_move(struct quarantine *, const char *path, const char *why);
/*
 * Clear the way to DATA/path, which is to be written: move to lost+found what
 * is no directory where one belongs, or no file where the file does.  Returns 1
 * if something was in the way, 0 if nothing was, or -1 with errno.
 */
int quarantine_clear(struct quarantine *, const char *path);
/* An error of reading that means a file, not the disk or the system. */
bool quarantine_is_damage(int error);
/*
 * An error of writing that means one path: another user's, mostly.  Then what
 * belongs at DATA/path is kept at DATA/aside/path, and is valid instead.
 */
bool quarantine_is_of_path(int error);
#define QUARANTINE_ASIDE "aside/"
/*
 * Keep bytes as lost+found/name, replacing an older file: the same may be
 * found at every start.  Not counted: not all of it is damage.
 */
void quarantine_keep(struct quarantine *, const char *name, struct span bytes,
    const char *what);
/* Log and count damage that leaves nothing to keep. */
void quarantine_note(struct quarantine *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
