/*
 * quarantine.h - what becomes of damage: it is put aside in DATA/lost+found,
 * told of in one line of the log, and counted; the rest is served.
 *
 * All who read a data directory are given its struct quarantine.  With
 * looking, no one may change anything there: damage is told of and counted,
 * and is left where it is.
 */
#ifndef MNM_DISK_QUARANTINE_H
#define MNM_DISK_QUARANTINE_H

#include <stdbool.h>

#include "base/buf.h"

/* Begin with { .data = dir }. */
struct quarantine {
	int data;		/* the data directory */
	bool looking;
	unsigned long count;	/* damaged pieces found so far */
};

/*
 * Move DATA/path to lost+found, under its path with '-' for '/', and with .N
 * behind it if that is taken.  -1 with errno: it is still where it was; it was
 * told of and counted all the same.
 */
int quarantine_move(struct quarantine *, const char *path, const char *why);
/*
 * Keep bytes as lost+found/name, where older ones give way: the same may be
 * found at every start.  Not counted: some of it is no damage.
 */
void quarantine_keep(struct quarantine *, const char *name, struct span bytes,
    const char *what);
/* Tell of and count what there is nothing to keep of. */
void quarantine_note(struct quarantine *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
