/*
 * members.h - the members of a group: who has joined, who learns of a change,
 * and who its moderators are.
 *
 * A group that is moderated or closed always has a moderator: when the last
 * one leaves, or its account is removed, the oldest member follows.
 *
 * For those who are not members, a group is refused in the same words whether
 * it exists or not.
 */
#ifndef MNM_TMTP_MEMBERS_H
#define MNM_TMTP_MEMBERS_H

#include <stddef.h>

#include "base/buf.h"
#include "tmtp/route.h"
#include "userdb.h"

struct request;
struct set;

/* The asker as a member in that state, or NULL; group may be NULL. */
struct member *members_self(const struct request *, const struct group *,
    enum member_state);
/* The group of that name if the asker has joined it; else refuses. */
struct group *members_joined(struct request *, struct span gid);
/* Append all who have joined, but for one user or NULL. */
void members_append(const struct group *, const struct user *except,
    struct set *to);

/*
 * A member message of an act for those who learn of it; concerned is the
 * member that it is about, or NULL; group is NULL while it is being made.  to
 * gets the recipients, and must last until the message is sent.
 */
struct posting members_news(struct request *, const struct group *,
    const struct member *concerned, const char *act, struct set *to);
/* That the member is a moderator: on is "true" or "false". */
struct posting members_promotion(struct request *,
    const struct group *, const struct member *, const char *on,
    struct set *to);

/* Append those moderators. */
void members_append_moderators(const struct group *, struct set *to);
/* How many moderators the group has. */
size_t members_moderators(const struct group *);
/*
 * The member that becomes moderator, as there is none but the user who leaves,
 * or NULL; NULL also if that is not necessary, or there is no member.
 */
struct member *members_heir(const struct group *, const struct user *leaving);
#define MEMBERS_MODERATORS_MAX 50	/* of a group */
/* The reason for refusing what needs one; followed by the group. */
#define MEMBERS_NO_MODERATOR "you are not a moderator of group "

#endif
