#include "tmtp/hold.h"

#include "datadir.h"
#include "tmtp/outbox.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "tmtp/wake.h"
#include "userdb.h"

/*
 * Messages held at a time: each login passes over all of them.  With one more
 * the cork ends, so that nothing has to be refused for it.
 */
#define HELD_MAX 10000

#define STEP_MAX 1000		/* corks that end in a turn: 100 KB */
#define LOOK_TIME 60000		/* ms: the wall clock may be set meanwhile */

/* A post may name thousands of groups, and a cork list a thousand. */
static bool
have_common(const struct set *a, const struct set *b)
{
	const struct set *few = a->count < b->count ? a : b;
	const struct set *many = few == a ? b : a;
	size_t i;

	for (i = 0; i < few->count && !set_has(many, few->items[i]); i++)
		continue;
	return i < few->count;
}

bool
hold_applies(const struct request *rq, const struct uid *from,
    const struct user *user)
{
	const struct cork *cork = user->cork;

	return cork != NULL && (cork->all ||
	    set_has(&cork->groups, rq->group) ||
	    set_has(&cork->users, userdb_user(rq->relay->data->userdb,
	    from)) || have_common(&cork->groups, &rq->groups));
}

void
hold_release(struct relay *relay, struct user *user, struct now now)
{
	const struct cork *cork = user->cork;
	struct session *s;
	size_t i;

	if (cork == NULL || cork->held_count == 0)
		return;
	for (i = 0; i < user->node_count; i++) {
		wake_note(relay, user->nodes[i],
		    cork->held[cork->held_count - 1]);
		s = user->nodes[i]->session;
		if (s != NULL)
			outbox_go_back(s, cork->held[0], now);
	}
}

static void
end_cork(struct relay *relay, struct user *user, struct now now)
{
	hold_release(relay, user, now);
	userdb_set_cork(relay->data->userdb, user, 0,
	    (struct span){ NULL, 0 });
}

void
hold_add(struct request *rq, struct user *user, uint64_t id)
{
	if (user->cork == NULL)		/* another message has ended it */
		return;
	if (user->cork->held_count < HELD_MAX)
		userdb_hold(rq->relay->data->userdb, user, id);
	else
		end_cork(rq->relay, user, rq->now);
}

/* ---- the time ---- */

void
hold_look(struct relay *relay, struct now now)
{
	const struct set *corked = userdb_corked(relay->data->userdb);
	const struct user *user;
	uint64_t wait = LOOK_TIME, left;
	size_t i;

	for (i = 0; i < corked->count; i++) {
		user = corked->items[i];
		left = user->cork->until > now.wall ?
		    user->cork->until - now.wall : 0;
		if (left < wait)
			wait = left;
	}
	relay->cork_due = corked->count == 0 ? UINT64_MAX : now.mono + wait;
}

/* While no request may run, the journal accepts no records either. */
uint64_t
hold_deadline(const struct relay *relay)
{
	return datadir_state(relay->data) == DATADIR_WAIT ? UINT64_MAX :
	    relay->cork_due;
}

void
hold_step(struct relay *relay, struct now now)
{
	const struct set *corked = userdb_corked(relay->data->userdb);
	struct user *user;
	size_t i, ended = 0;

	if (now.mono < hold_deadline(relay))
		return;
	for (i = corked->count; i > 0 && ended < STEP_MAX; i--) {
		user = corked->items[i - 1];
		if (user->cork->until > now.wall)
			continue;
		end_cork(relay, user, now);
		ended++;
	}
	hold_look(relay, now);
}
