#include "tmtp/group.h"

#include <stdio.h>

#include "conf.h"
#include "datadir.h"
#include "tmtp/ping.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"
#include "tmtp/useredit.h"
#include "userdb.h"

static struct user *
self_of(const struct request *rq)
{
	return rq->session->node->user;
}

/* As it was first given; group is NULL while it is being made. */
static struct span
gid_of(const struct request *rq, const struct group *group)
{
	return group != NULL ? span_of(group->gid) : rq->h.gid;
}

/* The session's user as a member in that state, or NULL. */
static struct member *
self_member(const struct request *rq, const struct group *group,
    enum member_state state)
{
	struct member *m = NULL;

	if (group != NULL)
		m = roster_member(group, self_of(rq));
	return m != NULL && m->state == state ? m : NULL;
}

struct group *
group_joined(struct request *rq, struct span gid)
{
	struct group *group = userdb_group(rq->relay->data->userdb, gid);

	if (self_member(rq, group, MEMBER_JOINED) != NULL)
		return group;
	(void)request_refuse(rq, "you are not a member of group ", gid);
	return NULL;
}

void
group_append_members(const struct group *group, const struct user *except,
    struct set *to)
{
	const struct member *m = group->members;
	size_t i;

	for (i = 0; i < group->member_count; i++, m++) {
		if (m->state == MEMBER_JOINED && m->user != except)
			set_append(to, m->user);
	}
}

/*
 * News of an act for the members, and for one more user unless NULL; a group
 * that is being made has no members yet.
 */
static struct posting
member_posting(struct request *rq, const struct group *group,
    struct user *other)
{
	struct set *to = &rq->to;
	struct posting p = route_news(rq, "member");

	p.to = to;
	to->count = 0;
	if (group != NULL)
		group_append_members(group, NULL, to);
	if (other != NULL)
		set_append(to, other);
	set_settle(to);
	p.message.gid = gid_of(rq, group);
	return p;
}

/* The alias to invite, if it reaches somebody else. */
static struct alias *
find_invitee(struct request *rq)
{
	struct alias *alias = ping_reach(rq, rq->h.to);

	if (alias == NULL || alias->user != self_of(rq))
		return alias;
	(void)request_refuse(rq, "this alias is your own: ", rq->h.to);
	return NULL;
}

/*
 * Whether the sender may make a group of that name.  Groups of 2018 may have
 * shorter names than aliases.
 */
static bool
may_make(struct request *rq)
{
	struct datadir *data = rq->relay->data;
	unsigned min = rq->by_2020 ? rq->relay->conf->alias_min : 1;
	enum userdb_result result = userdb_check_name(rq->h.gid, min);
	unsigned max = rq->relay->conf->groups_max;
	char text[16];

	if (invite_reserves(data->invites, rq->h.gid, rq->now) ||
	    userdb_is_taken(data->userdb, rq->h.gid))
		result = USERDB_TAKEN;
	if (result != USERDB_OK)
		return request_refuse_name(rq, result, rq->h.gid);
	if (max == 0 || self_of(rq)->groups_made < max)
		return true;
	(void)snprintf(text, sizeof(text), "%u", max);
	return request_refuse(rq, "you have reached the limit of groups that a "
	    "member may make: ", span_of(text));
}

/*
 * The name by which the sender invites: its name in the group, if it is a
 * member, or an alias of its own.  .p is NULL if it is neither.
 */
static struct span
inviter_name(struct request *rq, const struct member *m)
{
	struct alias *alias;

	if (m != NULL && name_same(rq->h.from, span_of(m->alias)))
		return span_of(m->alias);
	alias = useredit_own_alias(rq, rq->h.from);
	return alias != NULL ? span_of(alias->name) : (struct span){ NULL, 0 };
}

/* Whether the group lets the alias's user be invited. */
static bool
may_be_invited(struct request *rq, const struct group *group,
    const struct alias *alias)
{
	struct span name = span_of(alias->name);
	struct member *m = roster_member(group, alias->user);

	if (m != NULL && m->state == MEMBER_JOINED)
		return request_refuse(rq, "already a member of the group: ",
		    name);
	m = userdb_member_alias(group, name);
	if (m != NULL && m->user != alias->user)
		return request_refuse(rq, "another member of the group is "
		    "called ", name);
	return true;
}

/* The invitation to its alias, and the news of it to the members. */
static bool
send_invitation(struct request *rq, const struct group *group,
    struct span from, const struct alias *alias)
{
	struct set *invitee = &rq->note_to;
	struct posting postings[2];

	postings[0] = (struct posting){ .message = route_message(rq, "invite"),
	    .data = rq->body, .to = invitee, .own = OWN_OTHERS };
	postings[1] = member_posting(rq, group, NULL);
	invitee->count = 0;
	set_append(invitee, alias->user);
	postings[0].message.gid = gid_of(rq, group);
	postings[0].message.alias = from;
	postings[0].message.to = span_of(alias->name);
	postings[0].message.datahead = rq->h.datahead;
	postings[0].message.datasum = rq->h.datasum;
	postings[1].message.act = SPAN("invite");
	postings[1].message.alias = span_of(alias->name);
	return route_send(rq, postings, 2);
}

/*
 * The invitation is sent before the group is made or changed, because that may
 * fail: a group too large for its members to be notified must stay as it is,
 * and a new one must not take its name for nothing.
 */
bool
op_groupinvite(struct request *rq)
{
	struct userdb *db = rq->relay->data->userdb;
	struct group *group = userdb_group(db, rq->h.gid);
	bool is_new = group == NULL;
	struct alias *alias;
	struct span from;

	if (!is_new && group_joined(rq, rq->h.gid) == NULL)
		return false;
	alias = find_invitee(rq);
	if (alias == NULL)
		return false;
	from = inviter_name(rq, self_member(rq, group, MEMBER_JOINED));
	if (from.p == NULL)
		return false;
	if (!(is_new ? may_make(rq) : may_be_invited(rq, group, alias)) ||
	    !send_invitation(rq, group, from, alias))
		return false;
	if (is_new) {
		group = userdb_add_group(db, rq->h.gid);
		userdb_set_member(db, group, self_of(rq), from, MEMBER_JOINED);
	}
	userdb_invite_member(db, group, alias->user, span_of(alias->name),
	    self_of(rq));
	ping_reached(rq, alias);
	return true;
}

/*
 * Whether the sender may have that name in the group: nobody may pass for
 * another member, or for the owner of an alias.
 */
static bool
may_be_called(struct request *rq, const struct group *group, struct span name)
{
	struct userdb *db = rq->relay->data->userdb;
	enum userdb_result result = userdb_check_name(name, 1);
	struct member *m = userdb_member_alias(group, name);
	struct alias *alias = userdb_alias(db, name);

	if (invite_reserves(rq->relay->data->invites, name, rq->now))
		result = USERDB_TAKEN;
	if (result == USERDB_OK && ((m != NULL && m->user != self_of(rq)) ||
	    (alias != NULL && alias->user != self_of(rq)) ||
	    userdb_group(db, name) != NULL))
		result = USERDB_TAKEN;
	return result == USERDB_OK || request_refuse_name(rq, result, name);
}

static bool
edit_join(struct request *rq)
{
	struct userdb *db = rq->relay->data->userdb;
	struct group *group = userdb_group(db, rq->h.gid);
	struct member *m = self_member(rq, group, MEMBER_INVITED);
	struct span name = rq->h.newalias;
	struct posting p;

	if (m == NULL)
		return request_refuse(rq, "no invitation for you to join "
		    "group ", rq->h.gid);
	if (name.p != NULL && !may_be_called(rq, group, name))
		return false;
	p = member_posting(rq, group, NULL);
	p.message.act = SPAN("join");
	p.message.alias = span_of(m->alias);
	p.message.newalias = name;
	if (!route_send(rq, &p, 1))
		return false;
	userdb_set_member(db, group, m->user,
	    name.p != NULL ? name : span_of(m->alias), MEMBER_JOINED);
	return true;
}

static bool
edit_alias(struct request *rq)
{
	struct group *group = group_joined(rq, rq->h.gid);
	struct member *m;
	struct posting p;

	if (group == NULL)
		return false;
	if (rq->h.newalias.p == NULL)
		return request_refuse(rq, "act alias needs a newalias",
		    SPAN(""));
	if (!may_be_called(rq, group, rq->h.newalias))
		return false;
	m = self_member(rq, group, MEMBER_JOINED);
	p = member_posting(rq, group, NULL);
	p.message.act = SPAN("alias");
	p.message.alias = span_of(m->alias);
	p.message.newalias = rq->h.newalias;
	if (!route_send(rq, &p, 1))
		return false;
	userdb_set_member(rq->relay->data->userdb, group, m->user,
	    rq->h.newalias, MEMBER_JOINED);
	return true;
}

/* Whether the sender is not a member yet, and names itself. */
static bool
is_declining(const struct request *rq, const struct group *group)
{
	const struct member *m = self_member(rq, group, MEMBER_INVITED);

	return m != NULL && rq->h.to.p != NULL &&
	    name_same(rq->h.to, span_of(m->alias));
}

/* Bar another, joined or only invited; or leave, or decline to join. */
static bool
edit_drop(struct request *rq)
{
	struct group *group = userdb_group(rq->relay->data->userdb, rq->h.gid);
	struct member *m;
	struct posting p;

	if (!is_declining(rq, group) && group_joined(rq, rq->h.gid) == NULL)
		return false;
	if (rq->h.to.p == NULL)
		return request_refuse(rq, "act drop needs a to", SPAN(""));
	m = userdb_member_alias(group, rq->h.to);
	if (m == NULL)
		return request_refuse(rq, "the group has no member ",
		    rq->h.to);
	p = member_posting(rq, group, m->user);
	p.message.act = SPAN("drop");
	p.message.alias = span_of(m->alias);
	if (!route_send(rq, &p, 1))
		return false;
	userdb_set_member(rq->relay->data->userdb, group, m->user,
	    span_of(m->alias), m->user == self_of(rq) ?
	    MEMBER_LEFT : MEMBER_BARRED);
	return true;
}

bool
op_groupedit(struct request *rq)
{
	if (span_is(rq->h.act, SPAN("join")))
		return edit_join(rq);
	if (span_is(rq->h.act, SPAN("alias")))
		return edit_alias(rq);
	if (span_is(rq->h.act, SPAN("drop")))
		return edit_drop(rq);
	return request_refuse(rq, "act must be join, alias or drop, not ",
	    rq->h.act);
}
