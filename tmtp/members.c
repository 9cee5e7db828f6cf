#include "tmtp/members.h"

#include "base/set.h"
#include "datadir.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "userdb.h"

/* As it was first given; group is NULL while it is being made. */
static struct span
gid_of(const struct request *rq, const struct group *group)
{
	return group != NULL ? span_of(group->gid) : rq->h.gid;
}

struct member *
members_self(const struct request *rq, const struct group *group,
    enum member_state state)
{
	struct member *m = NULL;

	if (group != NULL)
		m = roster_member(group, request_user(rq));
	return m != NULL && m->state == state ? m : NULL;
}

struct group *
members_joined(struct request *rq, struct span gid)
{
	struct group *group = userdb_group(rq->relay->data->userdb, gid);

	if (members_self(rq, group, MEMBER_JOINED) != NULL)
		return group;
	(void)request_refuse(rq, "you are not a member of group ", gid);
	return NULL;
}

void
members_append(const struct group *group, const struct user *except,
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
 * Append those who learn of changes: in a closed group, moderators alone, and
 * whom one concerns: the member, and the one who has invited it.
 */
static void
append_informed(const struct group *group, const struct member *concerned,
    struct set *to)
{
	const struct member *m = group->members;
	size_t i;

	for (i = 0; i < group->member_count; i++, m++) {
		if (m->state == MEMBER_JOINED && (m->moderator ||
		    (group->kind & GROUP_CLOSED) == 0 ||
		    (concerned != NULL && m->user == concerned->by)))
			set_append(to, m->user);
	}
	if (concerned != NULL)
		set_append(to, concerned->user);
}

struct posting
members_news(struct request *rq, const struct group *group,
    const struct member *concerned, const char *act, struct set *to)
{
	struct posting p = route_news(rq, "member");

	rq->group = group;
	p.to = to;
	to->count = 0;
	if (group != NULL)
		append_informed(group, concerned, to);
	set_settle(to);
	p.message.gid = gid_of(rq, group);
	p.message.act = span_of(act);
	if (concerned != NULL)
		p.message.alias = span_of(concerned->alias);
	return p;
}

static bool
is_active(const struct member *m)
{
	return m->state == MEMBER_JOINED && m->user->node_count > 0;
}

void
members_append_moderators(const struct group *g, struct set *to)
{
	size_t i;

	for (i = 0; i < g->member_count; i++) {
		if (g->members[i].moderator && is_active(&g->members[i]))
			set_append(to, g->members[i].user);
	}
}

size_t
members_moderators(const struct group *g)
{
	size_t i, n = 0;

	for (i = 0; i < g->member_count; i++)
		n += g->members[i].moderator && is_active(&g->members[i]);
	return n;
}

struct member *
members_heir(const struct group *g, const struct user *leaving)
{
	struct member *m = g->members, *first = NULL;
	size_t i;

	if (g->kind == 0)
		return NULL;
	for (i = 0; i < g->member_count; i++, m++) {
		if (!is_active(m) || m->user == leaving)
			continue;
		if (m->moderator)
			return NULL;
		if (first == NULL)
			first = m;
	}
	return first;
}

struct posting
members_promotion(struct request *rq, const struct group *group,
    const struct member *m, const char *on, struct set *to)
{
	struct posting p = members_news(rq, group, m, "moderator", to);

	p.message.on = on;
	return p;
}
