#include "tmtp/group.h"

#include <stdio.h>

#include "conf.h"
#include "datadir.h"
#include "tmtp/limit.h"
#include "tmtp/members.h"
#include "tmtp/moderate.h"
#include "tmtp/ping.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"
#include "tmtp/useredit.h"
#include "userdb.h"

/* The alias to invite, if it reaches somebody else. */
static struct alias *
find_invitee(struct request *rq)
{
	struct alias *alias = ping_reach(rq, rq->h.to);

	if (alias == NULL || alias->user != request_user(rq))
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
	if (result == USERDB_TAKEN)
		limit_missed(rq);
	if (result != USERDB_OK)
		return request_refuse_name(rq, result, rq->h.gid);
	if (max == 0 || request_user(rq)->groups_made < max)
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
	return alias == NULL ? (struct span){ NULL, 0 } :
	    span_of(useredit_plain_alias(rq, alias)->name);
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
send_invitation(struct request *rq, struct group *group,
    struct span from, const struct alias *alias)
{
	struct set *invitee = &rq->note_to;
	struct posting postings[2];

	postings[0] = (struct posting){ .message = route_message(rq, "invite"),
	    .data = rq->body, .to = invitee, .own = OWN_OTHERS };
	postings[1] = members_news(rq, group, NULL, "invite", &rq->to);
	postings[0].message.gid = postings[1].message.gid;
	invitee->count = 0;
	set_append(invitee, alias->user);
	postings[0].message.alias = from;
	postings[0].message.to = span_of(alias->name);
	postings[0].message.datahead = rq->h.datahead;
	postings[0].message.datasum = rq->h.datasum;
	postings[1].message.alias = span_of(alias->name);
	return route_send(rq, postings, 2);
}

/* The kind that is asked for, which a group cannot change. */
static bool
check_kind(struct request *rq, const struct group *group, unsigned *kind)
{
	*kind = group != NULL ? group->kind : 0;
	if (rq->h.kind.p == NULL)
		return true;
	if (!record_read_kind(kind, rq->h.kind))
		return request_refuse(rq, "kind must be moderated, closed or "
		    "moderated closed, not ", rq->h.kind);
	return group == NULL || *kind == group->kind ||
	    request_refuse(rq, "the group exists, and is not ", rq->h.kind);
}

/* Whether the sender may do what in a closed group only moderators do. */
static bool
may_manage(struct request *rq, const struct group *group)
{
	const struct member *m = roster_member(group, request_user(rq));

	return (group->kind & GROUP_CLOSED) == 0 || m->moderator ||
	    request_refuse(rq, MEMBERS_NO_MODERATOR, rq->h.gid);
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
	unsigned kind;

	if (!is_new && (members_joined(rq, rq->h.gid) == NULL ||
	    !may_manage(rq, group)))
		return false;
	if (!check_kind(rq, group, &kind))
		return false;
	alias = find_invitee(rq);
	if (alias == NULL)
		return false;
	from = inviter_name(rq, members_self(rq, group, MEMBER_JOINED));
	if (from.p == NULL)
		return false;
	if (!(is_new ? may_make(rq) : may_be_invited(rq, group, alias)) ||
	    !send_invitation(rq, group, from, alias))
		return false;
	if (is_new) {
		group = userdb_add_group(db, rq->h.gid, kind);
		userdb_set_member(db, group, request_user(rq), from,
		    MEMBER_JOINED);
		if (kind != 0)
			userdb_set_moderator(db, group, group->members, true);
	}
	userdb_invite_member(db, group, alias->user, span_of(alias->name),
	    request_user(rq));
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

	if (!limit_may_guess(rq))
		return false;
	if (invite_reserves(rq->relay->data->invites, name, rq->now))
		result = USERDB_TAKEN;
	if (result == USERDB_OK && (
	    (m != NULL && m->user != request_user(rq)) ||
	    (alias != NULL && alias->user != request_user(rq)) ||
	    userdb_group(db, name) != NULL))
		result = USERDB_TAKEN;
	if (result == USERDB_TAKEN)
		limit_missed(rq);
	return result == USERDB_OK || request_refuse_name(rq, result, name);
}

/* By which the sender wants to be known: its own alias without a code. */
static struct span
wanted_name(struct request *rq)
{
	struct span name = rq->h.newalias;
	struct alias *alias = name.p == NULL ? NULL :
	    userdb_alias(rq->relay->data->userdb, name), *plain;

	if (alias == NULL || alias->user != request_user(rq))
		return name;
	plain = useredit_plain_alias(rq, alias);
	return plain == alias ? name : span_of(plain->name);
}

static bool
edit_join(struct request *rq)
{
	struct userdb *db = rq->relay->data->userdb;
	struct group *group = userdb_group(db, rq->h.gid);
	struct member *m = members_self(rq, group, MEMBER_INVITED);
	struct span name = wanted_name(rq);
	struct posting p[2];
	bool leads;

	if (m == NULL)
		return request_refuse(rq, "no invitation for you to join "
		    "group ", rq->h.gid);
	if (name.p != NULL && !may_be_called(rq, group, name))
		return false;
	leads = group->kind != 0 && members_moderators(group) == 0;
	p[0] = members_news(rq, group, m, "join", &rq->to);
	p[0].message.newalias = name;
	if (leads) {
		p[1] = members_promotion(rq, group, m, "true", &rq->note_to);
		p[1].message.alias = name.p != NULL ? name :
		    span_of(m->alias);
	}
	if (!route_send(rq, p, leads ? 2 : 1))
		return false;
	userdb_set_member(db, group, m->user,
	    name.p != NULL ? name : span_of(m->alias), MEMBER_JOINED);
	if (leads)
		userdb_set_moderator(db, group, m, true);
	return true;
}

static bool
edit_alias(struct request *rq)
{
	struct group *group = members_joined(rq, rq->h.gid);
	struct span name = wanted_name(rq);
	struct member *m;
	struct posting p;

	if (group == NULL)
		return false;
	if (name.p == NULL)
		return request_refuse(rq, "act alias needs a newalias",
		    SPAN(""));
	if (!may_be_called(rq, group, name))
		return false;
	m = members_self(rq, group, MEMBER_JOINED);
	p = members_news(rq, group, m, "alias", &rq->to);
	p.message.newalias = name;
	if (!route_send(rq, &p, 1))
		return false;
	userdb_set_member(rq->relay->data->userdb, group, m->user, name,
	    MEMBER_JOINED);
	return true;
}

/* Whether the sender is not a member yet, and names itself. */
static bool
is_declining(const struct request *rq, const struct group *group)
{
	const struct member *m = members_self(rq, group, MEMBER_INVITED);

	return m != NULL && rq->h.to.p != NULL &&
	    name_same(rq->h.to, span_of(m->alias));
}

/* Bar another, joined or only invited; or leave, or decline to join. */
static bool
edit_drop(struct request *rq)
{
	struct userdb *db = rq->relay->data->userdb;
	struct group *group = userdb_group(db, rq->h.gid);
	struct member *m, *heir;
	struct posting p[2];

	if (!is_declining(rq, group) && members_joined(rq, rq->h.gid) == NULL)
		return false;
	if (rq->h.to.p == NULL)
		return request_refuse(rq, "act drop needs a to", SPAN(""));
	m = userdb_member_alias(group, rq->h.to);
	if ((m == NULL || m->user != request_user(rq)) &&
	    !may_manage(rq, group))
		return false;
	if (m == NULL)
		return request_refuse(rq, "the group has no member ",
		    rq->h.to);
	if (m->moderator && !roster_member(group, request_user(rq))->moderator)
		return request_refuse(rq, "only a moderator can drop "
		    "moderator ", rq->h.to);
	heir = m->moderator ? members_heir(group, m->user) : NULL;
	p[0] = members_news(rq, group, m, "drop", &rq->to);
	if (heir != NULL) {
		p[1] = members_promotion(rq, group, heir, "true", &rq->note_to);
		p[1].own = OWN_NONE;
	}
	if (!route_send(rq, p, heir != NULL ? 2 : 1))
		return false;
	userdb_set_member(db, group, m->user, span_of(m->alias),
	    m->user == request_user(rq) ? MEMBER_LEFT : MEMBER_BARRED);
	if (heir != NULL)
		userdb_set_moderator(db, group, heir, true);
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
	if (span_is(rq->h.act, SPAN("moderator")))
		return moderate_edit(rq);
	if (span_is(rq->h.act, SPAN("pass")))
		return moderate_pass(rq);
	if (span_is(rq->h.act, SPAN("reject")))
		return moderate_reject(rq);
	return request_refuse(rq, "act must be join, alias, drop, "
	    "moderator, pass or reject, not ", rq->h.act);
}
