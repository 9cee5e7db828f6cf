#include "cmd/station.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "client/outgoing.h"
#include "net/poller.h"

#define LOCK_WAIT   15000	/* ms for a tmtp post to end */
#define LOCK_AGAIN  20
#define PAUSE_FIRST 1000	/* ms until a message is tried again */
#define PAUSE_MAX   300000

static int
go_online(struct context *context, struct station *s)
{
	uint64_t end = clock_ms(CLOCK_MONOTONIC) + LOCK_WAIT;
	long holder;

	if (account_lock(&s->account, ACCOUNT_READER, &holder) == -1)
		return context_fail(context, STATUS_TEMPORARY, "process %ld "
		    "reads the messages of %s", holder, s->account.path);
	while (account_lock(&s->account, ACCOUNT_ONLINE, &holder) == -1) {
		if (clock_ms(CLOCK_MONOTONIC) >= end)
			return context_fail(context, STATUS_TEMPORARY,
			    "process %ld is online as %s", holder,
			    s->account.path);
		poller_wait(s->poller, LOCK_AGAIN);
	}
	s->agent = agent_open(&s->account, s->poller, context->why,
	    CONTEXT_WHY);
	if (s->agent == NULL)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	agent_want(s->agent);
	return STATUS_OK;
}

int
station_open(struct context *context, struct station *s, const char *name,
    struct poller *poller)
{
	int status;

	*s = (struct station){ .poller = poller };
	if (account_open(&s->account, name, context->why, CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	status = gateway_read(context, &s->account, &s->rules);
	if (status == STATUS_OK)
		status = go_online(context, s);
	if (status != STATUS_OK)
		station_close(s);
	return status;
}

void
station_close(struct station *s)
{
	agent_close(s->agent);
	contacts_free(&s->book);
	gateway_free(&s->rules);
	account_close(&s->account);
	s->agent = NULL;
}

bool
station_next(struct context *context, struct station *s)
{
	if (!s->holds && !agent_next(s->agent, &s->message))
		return false;
	s->holds = true;
	if (clock_ms(CLOCK_MONOTONIC) < s->retry_at)
		return false;
	contacts_free(&s->book);
	if (contacts_read(&s->book, &s->account, context->why,
	    CONTEXT_WHY) == 0)
		return true;
	memset(&s->book, 0, sizeof(s->book));
	station_later(context, s);
	return false;
}

void
station_done(struct station *s)
{
	agent_done(s->agent, &s->message);
	s->holds = false;
	s->pause = s->retry_at = 0;
}

void
station_later(struct context *context, struct station *s)
{
	s->pause = s->pause == 0 ? PAUSE_FIRST :
	    clock_min(s->pause * 2, PAUSE_MAX);
	s->retry_at = clock_ms(CLOCK_MONOTONIC) + s->pause;
	(void)context_fail(context, STATUS_TEMPORARY, "%s; trying again in "
	    "%u s", context->why, (unsigned)(s->pause / 1000));
}

/* Say once that the relay is away. */
static void
complain(struct context *context, struct station *s)
{
	const char *why = agent_why(s->agent);

	if (!s->complained && !agent_is_online(s->agent) && why[0] != '\0')
		(void)context_fail(context, STATUS_UNAVAILABLE,
		    "%s: %s; trying again", s->account.path, why);
	s->complained = !agent_is_online(s->agent) && why[0] != '\0';
}

int
station_turn(struct context *context, struct station *const *stations,
    size_t count, int wait)
{
	uint64_t now = clock_ms(CLOCK_MONOTONIC);
	struct poller_event event;
	struct station *s;
	int timeout;
	size_t i;

	for (i = 0; i < count; i++) {
		s = stations[i];
		if (agent_turn(s->agent, now) == -1)
			return context_fail(context, STATUS_NO_PERMISSION,
			    "%s: %s", s->account.path, agent_why(s->agent));
		complain(context, s);
		timeout = agent_timeout(s->agent, now);
		wait = timeout < wait ? timeout : wait;
		if (s->retry_at > now && s->retry_at - now < (uint64_t)wait)
			wait = (int)(s->retry_at - now);
	}
	poller_wait(stations[0]->poller, wait);
	while (poller_next(stations[0]->poller, &event))
		agent_ready(event.owner, &event);
	/* What has just arrived is handled before the next wait. */
	now = clock_ms(CLOCK_MONOTONIC);
	for (i = 0; i < count; i++)
		(void)agent_turn(stations[i]->agent, now);
	return STATUS_OK;
}

/* Whether no request waits, but for those that cannot be read: they stay. */
static bool
is_all_sent(const struct station *s)
{
	struct buf names = { NULL, 0, 0 };
	bool sent = outgoing_list(s->account.out, &names, "") == 0;
	struct outgoing o;
	size_t at;

	for (at = 0; sent && at < names.n; at += OUTGOING_NAME) {
		sent = outgoing_map(s->account.out, names.p + at, &o) == -1 &&
		    (errno == EBADMSG || errno == ENOENT);
		outgoing_unmap(&o);
	}
	buf_free(&names);
	return sent;
}

bool
station_is_idle(struct station *s)
{
	if (s->holds)
		return false;
	if (agent_is_idle(s->agent, clock_ms(CLOCK_MONOTONIC)) &&
	    is_all_sent(s))
		return true;
	agent_probe(s->agent);
	return false;
}
