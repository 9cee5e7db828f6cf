#include "tmtp/limit.h"

#include "conf.h"
#include "datadir.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "userdb.h"

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
limit_may_guess(struct request *rq)
{
	return !is_over(rq, self_of(rq)->failed_pings,
	    rq->relay->conf->failed_pings_in_a_row,
	    "too many names in a row did not exist, or were taken; try again "
	    "after ");
}

void
limit_missed(struct request *rq)
{
	if (rq->relay->conf->failed_pings_in_a_row > 0)
		count_pings(rq, 0, 1);
}

bool
limit_may_ping(struct request *rq)
{
	return !is_over(rq, self_of(rq)->pings, rq->relay->conf->pings_per_day,
	    "daily ping limit reached; try again after ");
}

void
limit_pinged(struct request *rq)
{
	bool counts = rq->relay->conf->pings_per_day > 0;

	if (counts || self_of(rq)->failed_pings > 0)
		count_pings(rq, counts, 0);
}
