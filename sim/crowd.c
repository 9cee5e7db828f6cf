#include "sim/crowd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define GROUP_MEMBERS 100	/* at most */

/* Microseconds. */
#define TURN_TIME 100000	/* a turn waits no longer than this */
#define PATIENCE  45000000	/* without a frame, before giving up */

static int
compare_uids(const void *a, const void *b)
{
	const struct puppet *const *x = a, *const *y = b;

	return strcmp((*x)->uid, (*y)->uid);
}

/* All have registered: some found the groups. */
static void
found_groups(struct swarm *sw)
{
	unsigned i;

	sw->by_uid = xalloc(sw->plan.members * sizeof(sw->by_uid[0]));
	for (i = 0; i < sw->plan.members; i++)
		sw->by_uid[i] = &sw->puppets[i];
	qsort(sw->by_uid, sw->plan.members, sizeof(sw->by_uid[0]),
	    compare_uids);
	for (i = 0; i < sw->tally.groups; i++) {
		sw->puppets[i].step = STEP_INVITE;
		sw->puppets[i].due = sw->now;
	}
}

static void
start_running(struct swarm *sw)
{
	unsigned i;

	sw->tally.phase = SWARM_RUNNING;
	sw->started = sw->now;
	for (i = 0; i < sw->plan.members; i++) {
		sw->puppets[i].step = STEP_PRESENCE;
		sw->puppets[i].due = puppet_pause(sw);
	}
}

static bool
is_fulfilled(const struct swarm *sw)
{
	const struct swarm_plan *plan = &sw->plan;

	return (plan->milliseconds > 0 &&
	    sw->now - sw->started >= plan->milliseconds * 1000) ||
	    (plan->deliveries > 0 &&
	    sw->tally.deliveries >= plan->deliveries);
}

/* Those who are away log in, and nobody starts anything new. */
static void
start_draining(struct swarm *sw)
{
	struct puppet *m;
	unsigned i;

	sw->tally.phase = SWARM_DRAINING;
	for (i = 0; i < sw->plan.members; i++) {
		m = &sw->puppets[i];
		m->due = m->state == STATE_AWAY ? sw->now : PUPPET_NEVER;
	}
}

static bool
is_drained(const struct swarm *sw)
{
	unsigned i;

	for (i = 0; i < sw->plan.members; i++) {
		if (!puppet_is_settled(&sw->puppets[i]))
			return false;
	}
	return true;
}

static void
start_leaving(struct swarm *sw)
{
	unsigned i;

	sw->tally.phase = SWARM_LEAVING;
	for (i = 0; i < sw->plan.members; i++)
		puppet_leave(sw, &sw->puppets[i]);
}

static void
finish(struct swarm *sw)
{
	unsigned i;

	sw->tally.phase = SWARM_OVER;
	for (i = 0; i < sw->plan.members; i++)
		puppet_count_lost(sw, &sw->puppets[i]);
}

/* Go on to the next phase when this one has done its work. */
static void
advance(struct swarm *sw)
{
	unsigned n = sw->plan.members;

	if (sw->tally.phase == SWARM_RUNNING)
		sw->tally.run = (sw->now - sw->started) / 1000;
	else if (sw->now - sw->heard > PATIENCE) {
		puppet_wrong(sw, &sw->puppets[0], "nothing happens any more",
		    SPAN(""));
		finish(sw);
	}
	if (sw->tally.phase == SWARM_ENROLLING && sw->by_uid == NULL &&
	    sw->tally.online == n && sw->enrolled == n)
		found_groups(sw);
	if (sw->tally.phase == SWARM_ENROLLING && sw->joined == n)
		start_running(sw);
	if (sw->tally.phase == SWARM_RUNNING && is_fulfilled(sw))
		start_draining(sw);
	if (sw->tally.phase == SWARM_DRAINING && is_drained(sw))
		start_leaving(sw);
	if (sw->tally.phase == SWARM_LEAVING && sw->tally.online == 0)
		finish(sw);
}

struct swarm *
swarm_open(const struct swarm_plan *plan)
{
	struct swarm *sw = xzalloc(sizeof(*sw));
	unsigned i;

	sw->plan = *plan;
	sw->ready = poller_open();
	if (sw->ready == NULL)
		die("cannot watch links: %s", strerror(errno));
	sw->puppets = xzalloc(plan->members * sizeof(sw->puppets[0]));
	for (i = 0; i < plan->members; i++)
		sw->puppets[i].index = i;
	sw->tally.members = plan->members;
	sw->tally.groups = (plan->members + GROUP_MEMBERS - 1) /
	    GROUP_MEMBERS;
	sw->seed = 88172645463325252;	/* any that is not 0 */
	sw->heard = clock_us(CLOCK_MONOTONIC);
	return sw;
}

void
swarm_close(struct swarm *sw)
{
	unsigned i;

	for (i = 0; i < sw->plan.members; i++)
		puppet_free(&sw->puppets[i]);
	poller_close(sw->ready);
	buf_free(&sw->header);
	buf_free(&sw->data);
	free(sw->by_uid);
	free(sw->puppets);
	free(sw);
}

bool
swarm_turn(struct swarm *sw)
{
	struct poller_event event;
	uint64_t next, until;
	unsigned i;

	sw->now = clock_us(CLOCK_MONOTONIC);
	until = sw->now + TURN_TIME;
	for (i = 0; i < sw->plan.members; i++) {
		next = puppet_act(sw, &sw->puppets[i]);
		until = next < until ? next : until;
	}
	sw->now = clock_us(CLOCK_MONOTONIC);
	poller_wait(sw->ready, until <= sw->now ? 0 :
	    (int)((until - sw->now + 999) / 1000));
	sw->now = clock_us(CLOCK_MONOTONIC);
	while (poller_next(sw->ready, &event))
		puppet_serve(sw, event.owner);
	advance(sw);
	return sw->tally.phase != SWARM_OVER;
}

void
swarm_stop(struct swarm *sw)
{
	if (sw->tally.phase < SWARM_RUNNING)
		sw->tally.phase = SWARM_OVER;
	else if (sw->tally.phase == SWARM_RUNNING)
		start_draining(sw);	/* else that is under way */
}

void
swarm_abort(struct swarm *sw)
{
	if (sw->tally.phase == SWARM_OVER)
		return;
	puppet_wrong(sw, &sw->puppets[0], "the relay is gone", SPAN(""));
	sw->tally.phase = SWARM_OVER;
}

const struct swarm_tally *
swarm_tally(const struct swarm *sw)
{
	return &sw->tally;
}

bool
swarm_is_clean(const struct swarm *sw)
{
	const struct swarm_tally *t = &sw->tally;

	return t->lost + t->doubled + t->disordered + t->wrong == 0;
}
