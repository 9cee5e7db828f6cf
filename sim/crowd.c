#include "sim/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/poller.h"

#define GROUP_MEMBERS 100	/* at most */

/* Microseconds. */
#define TURN_TIME 100000	/* a turn waits no longer than this */
#define PATIENCE  45000000	/* without a frame, before giving up */

static int
compare_uids(const void *a, const void *b)
{
	const struct sim_member *const *x = a, *const *y = b;

	return strcmp((*x)->uid, (*y)->uid);
}

/* All have registered: some members found the groups. */
static void
found_groups(struct crowd *crowd)
{
	unsigned i;

	crowd->by_uid = xalloc(crowd->plan.members * sizeof(crowd->by_uid[0]));
	for (i = 0; i < crowd->plan.members; i++)
		crowd->by_uid[i] = &crowd->members[i];
	qsort(crowd->by_uid, crowd->plan.members, sizeof(crowd->by_uid[0]),
	    compare_uids);
	for (i = 0; i < crowd->tally.groups; i++) {
		crowd->members[i].step = STEP_INVITE;
		crowd->members[i].due = crowd->now;
	}
}

static void
start_running(struct crowd *crowd)
{
	unsigned i;

	crowd->tally.phase = CROWD_RUNNING;
	crowd->started = crowd->now;
	for (i = 0; i < crowd->plan.members; i++) {
		crowd->members[i].step = STEP_PRESENCE;
		crowd->members[i].due = member_pause(crowd);
	}
}

static bool
is_fulfilled(const struct crowd *crowd)
{
	const struct crowd_plan *plan = &crowd->plan;

	return (plan->milliseconds > 0 &&
	    crowd->now - crowd->started >= plan->milliseconds * 1000) ||
	    (plan->deliveries > 0 &&
	    crowd->tally.deliveries >= plan->deliveries);
}

/* Offline members log in, and nobody starts anything new. */
static void
start_draining(struct crowd *crowd)
{
	struct sim_member *m;
	unsigned i;

	crowd->tally.phase = CROWD_DRAINING;
	for (i = 0; i < crowd->plan.members; i++) {
		m = &crowd->members[i];
		m->due = m->state == STATE_AWAY ? crowd->now : MEMBER_NEVER;
	}
}

static bool
is_drained(const struct crowd *crowd)
{
	unsigned i;

	for (i = 0; i < crowd->plan.members; i++) {
		if (!member_is_settled(&crowd->members[i]))
			return false;
	}
	return true;
}

static void
start_leaving(struct crowd *crowd)
{
	unsigned i;

	crowd->tally.phase = CROWD_LEAVING;
	for (i = 0; i < crowd->plan.members; i++)
		member_leave(crowd, &crowd->members[i]);
}

static void
finish(struct crowd *crowd)
{
	unsigned i;

	crowd->tally.phase = CROWD_OVER;
	for (i = 0; i < crowd->plan.members; i++)
		member_count_lost(crowd, &crowd->members[i]);
}

/* Go to the next phase when this one is finished. */
static void
advance(struct crowd *crowd)
{
	unsigned n = crowd->plan.members;

	if (crowd->tally.phase == CROWD_RUNNING)
		crowd->tally.run = (crowd->now - crowd->started) / 1000;
	else if (crowd->now - crowd->heard > PATIENCE) {
		member_wrong(crowd, &crowd->members[0],
		    "nothing happens any more",
		    SPAN(""));
		finish(crowd);
	}
	if (crowd->tally.phase == CROWD_ENROLLING && crowd->by_uid == NULL &&
	    crowd->tally.online == n && crowd->enrolled == n)
		found_groups(crowd);
	if (crowd->tally.phase == CROWD_ENROLLING && crowd->joined == n)
		start_running(crowd);
	if (crowd->tally.phase == CROWD_RUNNING && is_fulfilled(crowd))
		start_draining(crowd);
	if (crowd->tally.phase == CROWD_DRAINING && is_drained(crowd))
		start_leaving(crowd);
	if (crowd->tally.phase == CROWD_LEAVING && crowd->tally.online == 0)
		finish(crowd);
}

struct crowd *
crowd_open(const struct crowd_plan *plan)
{
	struct crowd *crowd = xzalloc(sizeof(*crowd));
	unsigned i;

	crowd->plan = *plan;
	crowd->poller = poller_open();
	if (crowd->poller == NULL) {
		free(crowd);
		return NULL;
	}
	crowd->members = xzalloc(plan->members * sizeof(crowd->members[0]));
	for (i = 0; i < plan->members; i++)
		crowd->members[i].index = i;
	crowd->tally.members = plan->members;
	crowd->tally.groups = (plan->members + GROUP_MEMBERS - 1) /
	    GROUP_MEMBERS;
	crowd->seed = 88172645463325252;	/* any that is not 0 */
	crowd->heard = clock_us(CLOCK_MONOTONIC);
	return crowd;
}

void
crowd_close(struct crowd *crowd)
{
	unsigned i;

	for (i = 0; i < crowd->plan.members; i++)
		member_free(&crowd->members[i]);
	poller_close(crowd->poller);
	buf_free(&crowd->header);
	buf_free(&crowd->data);
	free(crowd->by_uid);
	free(crowd->members);
	free(crowd);
}

bool
crowd_turn(struct crowd *crowd)
{
	struct poller_event event;
	uint64_t next, until;
	unsigned i;

	crowd->now = clock_us(CLOCK_MONOTONIC);
	until = crowd->now + TURN_TIME;
	for (i = 0; i < crowd->plan.members; i++) {
		next = member_act(crowd, &crowd->members[i]);
		until = next < until ? next : until;
	}
	crowd->now = clock_us(CLOCK_MONOTONIC);
	poller_wait(crowd->poller, until <= crowd->now ? 0 :
	    (int)((until - crowd->now + 999) / 1000));
	crowd->now = clock_us(CLOCK_MONOTONIC);
	while (poller_next(crowd->poller, &event))
		member_serve(crowd, event.owner, event.can);
	advance(crowd);
	return crowd->tally.phase != CROWD_OVER;
}

void
crowd_stop(struct crowd *crowd)
{
	if (crowd->tally.phase < CROWD_RUNNING)
		crowd->tally.phase = CROWD_OVER;
	else if (crowd->tally.phase == CROWD_RUNNING)
		start_draining(crowd);	/* else it has started */
}

void
crowd_abort(struct crowd *crowd)
{
	if (crowd->tally.phase == CROWD_OVER)
		return;
	member_wrong(crowd, &crowd->members[0], "the relay has ended",
	    SPAN(""));
	crowd->tally.phase = CROWD_OVER;
}

const struct crowd_tally *
crowd_tally(const struct crowd *crowd)
{
	return &crowd->tally;
}

bool
crowd_is_clean(const struct crowd *crowd)
{
	const struct crowd_tally *t = &crowd->tally;

	return t->lost + t->duplicates + t->out_of_order + t->wrong == 0;
}
