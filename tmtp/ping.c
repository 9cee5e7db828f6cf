#include "tmtp/ping.h"

#include "conf.h"
#include "datadir.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"
#include "tmtp/useredit.h"

#define DAY 86400U	/* seconds */

static struct user *
self_of(const struct request *rq)
{
	return rq->session->node->user;
}

/* A day begins with the first ping, and when the clock was set back. */
static bool
is_new_day(const struct user *user, uint32_t second)
{
	return second < user->pings_since ||
	    second - user->pings_since >= DAY;
}

/*
 * Whether a count of the sender's for this day has reached its limit; 0 means
 * no limit.  If so refuses, and says when the day is over.
 */
static bool
is_over(struct request *rq, uint32_t count, unsigned limit, const char *why)
{
	const struct user *user = self_of(rq);
	char again[CLOCK_TEXT];

	if (limit == 0 || count < limit ||
	    is_new_day(user, (uint32_t)(rq->now.wall / 1000)))
		return false;
	clock_text(again, ((uint64_t)user->pings_since + DAY) * 1000);
	(void)request_refuse(rq, why, (struct span){ again, CLOCK_TEXT });
	return true;
}

/* Add to the day's counts.  A success ends a row of failures. */
static void
count_pings(struct request *rq, uint32_t pings, uint32_t failed)
{
	struct user *user = self_of(rq);
	uint32_t second = (uint32_t)(rq->now.wall / 1000);

	if (!is_new_day(user, second)) {
		second = user->pings_since;
		pings += user->pings;
		if (failed > 0)
			failed += user->failed_pings;
	}
	userdb_set_pings(rq->relay->data->userdb, user, pings, failed, second);
}

bool
ping_may_guess(struct request *rq)
{
	return !is_over(rq, self_of(rq)->failed_pings,
	    rq->relay->conf->failed_pings_in_a_row,
	    "too many names in a row did not exist, or were taken; try again "
	    "after ");
}

void
ping_missed(struct request *rq)
{
	if (rq->relay->conf->failed_pings_in_a_row > 0)
		count_pings(rq, 0, 1);
}

struct alias *
ping_reach(struct request *rq, struct span name)
{
	struct alias *alias = userdb_alias(rq->relay->data->userdb, name);

	if (!ping_may_guess(rq) ||
	    is_over(rq, self_of(rq)->pings, rq->relay->conf->pings_per_day,
	    "daily ping limit reached; try again after "))
		return NULL;
	if (alias != NULL && !alias->dropped && alias->uses > 0 &&
	    !userdb_blocks(alias->user, self_of(rq)))
		return alias;
	ping_missed(rq);
	(void)request_refuse(rq, "nobody has the alias ", name);
	return NULL;
}

void
ping_reached(struct request *rq, struct alias *alias)
{
	bool counts = rq->relay->conf->pings_per_day > 0;

	userdb_use_alias(rq->relay->data->userdb, alias);
	if (counts || self_of(rq)->failed_pings > 0)
		count_pings(rq, counts, 0);
}

/* Set the alias that the sender signs with, if any; it must be its own. */
static bool
sign(struct request *rq, struct message *m)
{
	struct alias *from;

	if (rq->h.from.p == NULL)
		return true;
	from = useredit_own_alias(rq, rq->h.from);
	if (from != NULL)
		m->alias = span_of(from->name);
	return from != NULL;
}

bool
op_ping(struct request *rq)
{
	struct alias *alias = ping_reach(rq, rq->h.to);
	struct posting p;

	if (alias == NULL)
		return false;
	rq->to.count = 0;
	set_append(&rq->to, alias->user);
	p = (struct posting){ .message = route_message(rq, "ping"),
	    .data = rq->body, .to = &rq->to,
	    .own = alias->user == self_of(rq) ? OWN_ALL : OWN_OTHERS };
	p.message.to = span_of(alias->name);
	p.message.datahead = rq->h.datahead;
	p.message.datasum = rq->h.datasum;
	if (!sign(rq, &p.message) || !route_send(rq, &p, 1))
		return false;
	ping_reached(rq, alias);
	return true;
}
