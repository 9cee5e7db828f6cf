/*
 * Once an hour a pass visits all nodes, a few in each turn.  It records that
 * those online are, so that a session of months counts to its end.
 *
 * A node for which no day is known (it is older than this feature, or was made
 * while the clock stood at 1970) counts as online on the day of the first pass
 * that could drop something.
 */
#include "tmtp/expire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/outbox.h"
#include "tmtp/session.h"
#include "userdb.h"

/* Milliseconds. */
#define PASS_INTERVAL 3600000	/* from a pass's end to the next */
#define JUMP_MIN      3600000	/* of a clock that is set, not corrected */
#define CALM_TIME     (7 * CLOCK_DAY)

/*
 * The most that one call visits.  It ends after a node that is lost, because
 * listing its directory may take a while.
 */
#define STEP_NODES    1000
#define STEP_MESSAGES 64

struct expire {
	struct relay *relay;
	int64_t lead;		/* ms that wall is ahead of mono */
	uint64_t calm_at;	/* now.mono: nothing is dropped before */
	uint64_t due;		/* now.mono: a pass begins, or goes on */
	/* How far the pass is. */
	size_t at;		/* for userdb_next_user */
	struct user *user;	/* whose nodes it is at; NULL: nobody's yet */
	uint32_t ref;		/* of the first node to look at */
	uint64_t after;		/* the last id that was dropped there, */
	uint64_t dropped;	/* and how many */
};

struct expire *
expire_open(struct relay *relay, struct now now)
{
	struct expire *ex = xzalloc(sizeof(*ex));

	ex->relay = relay;
	ex->lead = (int64_t)(now.wall - now.mono);
	ex->calm_at = now.mono + CALM_TIME;
	ex->due = now.mono;
	return ex;
}

void
expire_close(struct expire *ex)
{
	free(ex);
}

static void
look_at_clocks(struct expire *ex, struct now now)
{
	int64_t lead = (int64_t)(now.wall - now.mono);

	if (lead - ex->lead <= JUMP_MIN && ex->lead - lead <= JUMP_MIN)
		return;
	ex->lead = lead;
	ex->calm_at = now.mono + CALM_TIME;
	if (ex->relay->conf->expire_days > 0)
		log_line("the clock was set: no message expires for 7 days");
}

/* While no request may run, the journal accepts no records either. */
uint64_t
expire_deadline(const struct expire *ex)
{
	if (ex->relay->conf->expire_days == 0 ||
	    datadir_state(ex->relay->data) == DATADIR_WAIT)
		return UINT64_MAX;
	return ex->due;
}

static void
go_to(struct expire *ex, uint32_t ref)
{
	ex->ref = ref;
	ex->after = 0;
	ex->dropped = 0;
}

/* The node to look at; NULL at the end of the pass. */
static struct node *
next_node(struct expire *ex)
{
	struct node *n;
	size_t i;

	for (;;) {
		for (i = 0; ex->user != NULL && i < ex->user->node_count; i++) {
			n = ex->user->nodes[i];
			if (n->ref > ex->ref)	/* that one was dropped */
				go_to(ex, n->ref);
			if (n->ref == ex->ref)
				return n;
		}
		ex->user = userdb_next_user(ex->relay->data->userdb, &ex->at);
		go_to(ex, 0);
		if (ex->user == NULL)
			return NULL;
	}
}

bool
expire_is_calm(const struct expire *ex, struct now now)
{
	return now.mono >= ex->calm_at;
}

/* Only full days count, so it is never too early. */
static bool
is_lost(const struct expire *ex, const struct node *n, struct now now)
{
	uint64_t last = (uint64_t)n->seen + ex->relay->conf->expire_days;

	return expire_is_calm(ex, now) && n->session == NULL &&
	    last < now.wall / CLOCK_DAY;
}

/* Drop some of what is too old for n; true if nothing is left. */
static bool
drop_some(struct expire *ex, struct node *n, struct now now)
{
	uint64_t age = ex->relay->conf->expire_days * CLOCK_DAY;
	uint64_t until = (now.wall - age) * 1000000, id, length;
	struct store *store = ex->relay->data->store;
	struct queue *q = outbox_queue(ex->relay, n);
	int i, found;

	for (i = 0; i < STEP_MESSAGES; i++) {
		found = store_next(store, q, ex->after, &id, &length);
		if (found == -1)
			log_error("the queue of an expired node cannot be "
			    "read: %s", strerror(errno));
		if (found != 1 || id >= until) {
			store_rest(q);
			return true;
		}
		store_ack(store, q, id);
		ex->after = id;
		ex->dropped++;
	}
	return false;
}

static void
leave_node(struct expire *ex, const struct node *n)
{
	char uid[UID_TEXT], day[CLOCK_TEXT];

	if (ex->dropped > 0) {
		encode_base32(uid, n->user->uid.bytes, UID_BYTES);
		clock_text(day, n->seen * CLOCK_DAY);
		log_line("node %lu of %.32s was last seen on %.10s: messages "
		    "dropped: %llu, as expire_days is %u",
		    (unsigned long)n->ref, uid, day,
		    (unsigned long long)ex->dropped,
		    ex->relay->conf->expire_days);
	}
	go_to(ex, n->ref + 1);
}

void
expire_step(struct expire *ex, struct now now)
{
	struct node *n;
	bool lost = false;
	int i;

	look_at_clocks(ex, now);
	if (now.mono < expire_deadline(ex))
		return;
	for (i = 0; i < STEP_NODES && !lost; i++) {
		n = next_node(ex);
		if (n == NULL) {
			ex->at = 0;
			ex->due = now.mono + PASS_INTERVAL;
			return;
		}
		if (n->session != NULL ||
		    (n->seen == 0 && expire_is_calm(ex, now)))
			userdb_see(ex->relay->data->userdb, n, now);
		lost = is_lost(ex, n, now);
		if (!lost || drop_some(ex, n, now))
			leave_node(ex, n);
	}
}
