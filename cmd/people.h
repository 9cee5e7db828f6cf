/*
 * people.h - tmtp whoami, contacts.
 */
#ifndef MNM_CMD_PEOPLE_H
#define MNM_CMD_PEOPLE_H

#include "cmd/context.h"

int people_run_whoami(struct context *, char **argv);
int people_run_contacts(struct context *, char **argv);

#endif
