#include "tmtp/ping.h"

#include "datadir.h"
#include "tmtp/limit.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"
#include "tmtp/useredit.h"

static struct user *
self_of(const struct request *rq)
{
	return rq->session->node->user;
}

struct alias *
ping_reach(struct request *rq, struct span name)
{
	struct alias *alias = userdb_alias(rq->relay->data->userdb, name);

	if (!limit_may_guess(rq) || !limit_may_ping(rq))
		return NULL;
	if (alias != NULL && !alias->dropped && alias->uses > 0 &&
	    !userdb_blocks(alias->user, self_of(rq)))
		return useredit_plain_alias(rq, alias);
	limit_missed(rq);
	(void)request_refuse(rq, "nobody has the alias ", name);
	return NULL;
}

void
ping_reached(struct request *rq, struct alias *alias)
{
	userdb_use_alias(rq->relay->data->userdb, alias);
	limit_pinged(rq);
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
		m->alias = span_of(useredit_plain_alias(rq, from)->name);
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
