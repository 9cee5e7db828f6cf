#include "tmtp/moderate.h"

#include "datadir.h"
#include "tmtp/members.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "userdb.h"

#define MODERATORS_MAX 50	/* of a group */

#define PASS_INTERVAL 3600000	/* ms from a pass's end to the next */
#define STEP_GROUPS 1000	/* the most that one call visits */

/* The group's member that is to be a moderator, or to be none. */
static struct member *
find_member(struct request *rq, const struct group *group)
{
	struct member *m;

	if (rq->h.to.p == NULL) {
		(void)request_refuse(rq, "act moderator needs a to", SPAN(""));
		return NULL;
	}
	m = userdb_member_alias(group, rq->h.to);
	if (m != NULL && m->state == MEMBER_JOINED)
		return m;
	(void)request_refuse(rq, "the group has no member ", rq->h.to);
	return NULL;
}

bool
moderate_edit(struct request *rq)
{
	struct group *group = members_joined(rq, rq->h.gid);
	bool on = (rq->h.has & F_ON) != 0;
	struct member *m;
	struct posting p;

	if (group == NULL)
		return false;
	if (!roster_member(group, request_user(rq))->moderator)
		return request_refuse(rq, MEMBERS_NO_MODERATOR, rq->h.gid);
	m = find_member(rq, group);
	if (m == NULL)
		return false;
	if (on && !m->moderator && members_moderators(group) >= MODERATORS_MAX)
		return request_refuse(rq, "the group has as many moderators "
		    "as it may have", SPAN(""));
	if (!on && m->moderator && members_moderators(group) == 1)
		return request_refuse(rq, "this is the only moderator: ",
		    rq->h.to);
	p = members_promotion(rq, group, m, on ? "true" : "false", &rq->to);
	if (!route_send(rq, &p, 1))
		return false;
	userdb_set_moderator(rq->relay->data->userdb, group, m, on);
	return true;
}

/*
 * If the news of it cannot be sent, as the group is too large, it has its
 * moderator all the same.
 */
static bool
appoint(struct relay *relay, struct group *group, struct now now)
{
	struct member *m = members_heir(group, NULL);
	struct request *rq = relay->request;
	struct posting p;

	if (m == NULL)
		return false;
	request_begin_own(rq, m->user, now);
	p = members_promotion(rq, group, m, "true", &rq->to);
	(void)route_send(rq, &p, 1);
	userdb_set_moderator(relay->data->userdb, group, m, true);
	return true;
}

void
moderate_step(struct relay *relay, struct now now)
{
	struct group *group;
	bool changed = false;
	int i;

	if (now.mono < moderate_deadline(relay))
		return;
	for (i = 0; i < STEP_GROUPS && !changed; i++) {
		group = userdb_next_group(relay->data->userdb,
		    &relay->group_at);
		if (group == NULL) {
			relay->group_at = 0;
			relay->groups_due = now.mono + PASS_INTERVAL;
			return;
		}
		changed = appoint(relay, group, now);
	}
}

uint64_t
moderate_deadline(const struct relay *relay)
{
	return datadir_state(relay->data) == DATADIR_READY ?
	    relay->groups_due : UINT64_MAX;
}

void
moderate_soon(struct relay *relay)
{
	relay->group_at = 0;
	relay->groups_due = 0;
}
