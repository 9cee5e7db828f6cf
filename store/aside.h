/*
 * aside.h - a node's directory that the relay may not write, as it is another
 * user's or cannot be changed: its index goes on in a copy.
 *
 *	aside/user/xx/UID/N/	stands for user/xx/UID/N, of which nothing is
 *				read then
 *	.../more		files there could not be read: they are missing,
 *				and what is acked of them comes again
 *
 * When the index is first looked at, it goes back if that can be written now.
 *
 * Functions return 0, or -1 with errno, unless their comments say otherwise.
 */
#ifndef MNM_STORE_ASIDE_H
#define MNM_STORE_ASIDE_H

#include <stdbool.h>

#include "base/buf.h"
#include "disk/quarantine.h"

#define ASIDE QUARANTINE_ASIDE
#define ASIDE_PLACE 80		/* room for aside/user/xx/UID/4294967295 */

/* Where the index of a place, user/xx/UID/N, is then. */
void aside_path(char path[ASIDE_PLACE], const char *place);

/*
 * Make it: begin; add what could be read of the files; end, and say whether
 * that was all.  Until the end, nothing of it is seen.
 */
int aside_begin(struct quarantine *, const char *place);
int aside_add(struct quarantine *, const char *place, const char *name,
    struct span text);
int aside_end(struct quarantine *, const char *place, bool all);

/* Whether it is aside: if there is one, it goes back, if that can be. */
bool aside_stays(struct quarantine *, const char *place);

#endif
