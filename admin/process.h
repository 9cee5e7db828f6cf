/*
 * process.h - stop being root, for good.
 */
#ifndef MNM_ADMIN_PROCESS_H
#define MNM_ADMIN_PROCESS_H

#include "conf.h"

/*
 * When root runs the program and conf names a user: become that user, who
 * must own the data directory; it is made if it is not there.  Whatever stands
 * in the way ends the program.
 */
void root_give_up(const struct conf *);

/*
 * When root runs the program: become the owner of path, so that what is
 * written there can be read by the one who serves.  Likewise.
 */
void root_become_owner(const char *path);

#endif
