/*
 * group.h - groups: who may invite, join, change its alias and drop another.
 */
#ifndef MNM_TMTP_GROUP_H
#define MNM_TMTP_GROUP_H

#include <stdbool.h>

struct request;

bool op_groupinvite(struct request *);
bool op_groupedit(struct request *);

#endif
