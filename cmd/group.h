/*
 * group.h - tmtp group, alias: what others know this user by, and with whom.
 */
#ifndef MNM_CMD_GROUP_H
#define MNM_CMD_GROUP_H

#include "cmd/context.h"

int group_run(struct context *, char **argv);
int group_run_alias(struct context *, char **argv);

#endif
