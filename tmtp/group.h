/*
 * group.h - groups: who may invite, join, change its alias and drop another,
 * and who gets what is posted to one.
 *
 * For those who are not members, a group is refused in the same words whether
 * it exists or not.
 */
#ifndef MNM_TMTP_GROUP_H
#define MNM_TMTP_GROUP_H

#include <stdbool.h>

#include "base/buf.h"

struct group;
struct request;
struct set;
struct user;

/* The group of that name if the session's user has joined it; else refuses. */
struct group *group_joined(struct request *, struct span gid);
/* Append all who have joined, but for one user or NULL. */
void group_append_members(const struct group *, const struct user *except,
    struct set *to);

bool op_groupinvite(struct request *);
bool op_groupedit(struct request *);

#endif
