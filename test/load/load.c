#include "test/load/load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "client/client.h"
#include "net/poller.h"
#include "sim/expect.h"
#include "test/load/wsclient.h"

#define ARRIVING_MAX 32		/* at the same time */
#define PATIENCE 60		/* seconds without a frame */

enum duty {
	DUTY_POST,		/* and receive */
	DUTY_GREET,		/* these two for load_visits */
	DUTY_LOGIN
};

struct load_member {
	uint32_t index;
	struct client *client;	/* NULL: offline */
	enum duty duty;
	bool open;		/* info has come */
	bool over_websocket;
	struct wsclient websocket;
	char uid[UID_TEXT + 1], nodeid[NODEID_TEXT + 1];

	/* Its last post. */
	uint32_t number;
	uint64_t posted;	/* microseconds */
	bool acked;
	uint32_t *waiting;	/* members it has not reached */
	size_t waiting_count;

	/* Messages that wait while it is offline, or after it has returned;
	   and the number of the last of each poster that it received. */
	uint64_t away;
	uint32_t *received;
	bool returned;
};

struct load {
	uint16_t port;
	enum load_ops ops;
	bool over_websocket;	/* members who come from now on */
	struct client_pool *pool;
	struct poller *poller;
	struct load_member **members;
	size_t count, arriving;
	uint64_t run;		/* for names that are new to the relay */
	uint64_t now, heard;	/* microseconds */
	uint64_t seed;
	struct buf data;	/* of the post being made */

	struct load_plan plan;
	struct load_result result;
	uint64_t began, ends;
	uint64_t started;	/* posts */
	size_t busy;		/* posters whose post is in flight */
	size_t first_returned, returned;	/* members */
	uint64_t to_come;	/* messages, for them */
	uint64_t visits;
	size_t group, joining;	/* the owner of the group that is made */
	const struct client *session;	/* that visits resume */
	bool visiting;
};

static const uint32_t sizes[] = {
	50, 50, 50, 500, 500, 1500, 2000, 5000, 10000, 50000
};

static const unsigned ack_op[] = { [LOAD_2018] = 9, [LOAD_2020] = 10 };
static const unsigned quit_op[] = { [LOAD_2018] = 11, [LOAD_2020] = 12 };

static double
since_began(const struct load *l)
{
	return (double)(l->now - l->began) / 1e6;
}

static size_t
random_below(struct load *l, size_t n)
{
	l->seed ^= l->seed << 13;
	l->seed ^= l->seed >> 7;
	l->seed ^= l->seed << 17;
	return (size_t)(l->seed >> 32) % n;
}

/* Add bytes to what the member sends next. */
static void
send_bytes(struct load_member *m, struct span bytes)
{
	if (m->over_websocket)
		wsclient_send(m->client, bytes);
	else
		client_send(m->client, bytes);
}

static void
send_header(struct load_member *m, struct span header)
{
	struct buf frame = { NULL, 0, 0 };

	if (!m->over_websocket) {
		client_put(m->client, header, SPAN(""));
		return;
	}
	wire_frame(&frame, header, SPAN(""));
	wsclient_send(m->client, buf_span(&frame));
	buf_free(&frame);
}

static bool
next_reply(struct load_member *m, struct reply *r)
{
	return m->over_websocket ? wsclient_next(&m->websocket, m->client, r) :
	    client_next(m->client, r);
}

/* Add a frame to what the member sends next. */
static void
say(struct load_member *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct load_member *m, const char *format, ...)
{
	char text[400];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send_header(m, (struct span){ text, (size_t)n });
}

static void
hang_up(struct load_member *m)
{
	client_close(m->client);
	wsclient_free(&m->websocket);
	m->client = NULL;
	m->open = false;
}

/* Connect, and send the requests of the member's duty. */
static void
call(struct load *l, struct load_member *m, const struct client *session)
{
	m->client = client_connect(l->pool, l->port, session);
	if (m->client == NULL)
		die("cannot connect: %s", strerror(errno));
	if (client_watch(m->client, l->poller, m) == -1)
		die("cannot watch a connection: %s", strerror(errno));
	m->over_websocket = l->over_websocket;
	if (m->over_websocket)
		wsclient_begin(&m->websocket, m->client);
	say(m, "{\"op\":0,\"id\":\"1\"}");
	if (m->duty != DUTY_GREET && m->uid[0] == '\0')
		say(m, "{\"op\":1,\"newnode\":\"x\",\"newalias\":"
		    "\"bench %llx %u\"}", (unsigned long long)l->run,
		    m->index);
	else if (m->duty != DUTY_GREET)
		say(m, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\"}", m->uid,
		    m->nodeid);
	client_push(m->client);
}

static void
add_payload(struct load *l, struct load_member *m, uint32_t bytes)
{
	struct payload p = { m->index, ++m->number, bytes, 0 };

	l->data.n = 0;
	payload_make(&l->data, &p);
	send_bytes(m, buf_span(&l->data));
	m->acked = false;
	m->posted = l->now;
	l->busy++;
	l->started++;
}

static void
post_to_two(struct load *l, struct load_member *m, uint32_t bytes)
{
	size_t n = l->plan.posters;
	size_t a = (m->index + 1 + random_below(l, n - 1)) % n, b;

	do
		b = (m->index + 1 + random_below(l, n - 1)) % n;
	while (a == b && n > 2);
	m->waiting[m->waiting_count++] = (uint32_t)a;
	if (a != b)
		m->waiting[m->waiting_count++] = (uint32_t)b;
	say(m, "{\"op\":7,\"id\":\"1\",\"datalen\":%u,\"for\":[{\"id\":\"%s\","
	    "\"type\":1},{\"id\":\"%s\",\"type\":1}]}", bytes,
	    l->members[a]->uid, l->members[b]->uid);
}

static void
post_to_group(struct load *l, struct load_member *m, uint32_t bytes)
{
	size_t i;

	for (i = 0; i < l->plan.group; i++)
		if (i != m->index)
			m->waiting[m->waiting_count++] = (uint32_t)i;
	say(m, "{\"op\":7,\"id\":\"1\",\"datalen\":%u,\"for\":"
	    "[{\"id\":\"group %llx 0\",\"type\":3}]}", bytes,
	    (unsigned long long)l->run);
}

/* To all who are offline, or some who follow each other. */
static void
post_to_absent(struct load *l, struct load_member *m, uint32_t bytes)
{
	const struct load_plan *plan = &l->plan;
	size_t i, each = plan->each > 0 ? plan->each : plan->absentees;
	size_t first = plan->each > 0 ? random_below(l, plan->absentees) : 0;
	struct buf header = { NULL, 0, 0 };
	struct load_member *to;

	buf_addf(&header, "{\"op\":7,\"id\":\"1\",\"datalen\":%u,\"for\":",
	    bytes);
	for (i = 0; i < each; i++) {
		to = l->members[plan->absent + (first + i) % plan->absentees];
		to->away++;
		if (!plan->by_group)
			buf_addf(&header, "%c{\"id\":\"%s\",\"type\":1}",
			    i == 0 ? '[' : ',', to->uid);
	}
	if (plan->by_group)
		buf_addf(&header, "[{\"id\":\"group %llx %u\",\"type\":3}",
		    (unsigned long long)l->run, m->index);
	buf_add(&header, SPAN("]}"));
	send_header(m, buf_span(&header));
	buf_free(&header);
}

static bool
is_over(const struct load *l)
{
	return (l->ends > 0 && l->now >= l->ends) ||
	    (l->plan.posts > 0 && l->started >= l->plan.posts);
}

static void
post(struct load *l, struct load_member *m)
{
	uint32_t bytes = l->plan.bytes;

	if (is_over(l))
		return;
	if (bytes == 0)
		bytes = sizes[random_below(l,
		    sizeof(sizes) / sizeof(sizes[0]))];
	if (l->plan.to == LOAD_TWO)
		post_to_two(l, m, bytes);
	else if (l->plan.to == LOAD_GROUP)
		post_to_group(l, m, bytes);
	else
		post_to_absent(l, m, bytes);
	add_payload(l, m, bytes);
	client_push(m->client);
}

/* The last post was acked, or has reached one more member. */
static void
post_next(struct load *l, struct load_member *m)
{
	if (!m->acked || m->waiting_count > 0)
		return;
	l->busy--;
	post(l, m);
}

static void
on_ack(struct load *l, struct load_member *m, const struct reply *r)
{
	if (r->error.n > 0)
		die("a request was refused: %.*s", (int)r->error.n,
		    r->error.p);
	if (l->plan.posters == 0) {	/* invitations, and joining */
		l->joining--;
		return;
	}
	m->acked = true;
	l->result.posts++;
	histogram_add(&l->result.acks, l->now - m->posted);
	post_next(l, m);
}

/* Remove the recipient from those waiting, where it must be. */
static void
remove_waiting(struct load_member *sender, const struct load_member *recipient)
{
	size_t i = 0;

	while (i < sender->waiting_count &&
	    sender->waiting[i] != recipient->index)
		i++;
	if (i == sender->waiting_count)
		die("a payload was delivered twice, or to the wrong member");
	sender->waiting[i] = sender->waiting[--sender->waiting_count];
}

/* What was posted while it was offline. */
static void
receive_late(struct load *l, struct load_member *m, const struct payload *p)
{
	if (l->result.deliveries == 1)
		l->result.first = since_began(l);
	if (m->away == 0 || p->sender >= l->plan.posters ||
	    p->number <= m->received[p->sender])
		die("payloads are out of order, or were delivered twice");
	m->received[p->sender] = p->number;
	m->away--;
	l->to_come--;
}

static void
on_delivery(struct load *l, struct load_member *m, const struct reply *r)
{
	struct payload p;
	struct load_member *sender;

	if (!payload_check(r->data, &p) || p.sender >= l->count)
		die("a payload was altered");
	sender = l->members[p.sender];
	if (!span_is(r->from, span_of(sender->uid)))
		die("a payload has the wrong sender");
	l->result.deliveries++;
	l->result.bytes += r->data.n;
	if (m->returned) {
		receive_late(l, m, &p);
		return;
	}
	if (p.number != sender->number)
		die("a payload was delivered again");
	remove_waiting(sender, m);
	histogram_add(&l->result.lags, l->now - sender->posted);
	post_next(l, sender);
}

static void
on_registered(struct load_member *m, const struct reply *r)
{
	if (r->uid.n != UID_TEXT || r->nodeid.n != NODEID_TEXT ||
	    r->error.n > 0)
		die("cannot register: %.*s", (int)r->error.n, r->error.p);
	memcpy(m->uid, r->uid.p, UID_TEXT);
	memcpy(m->nodeid, r->nodeid.p, NODEID_TEXT);
}

/* A visit is over: start the next. */
static void
visit_again(struct load *l, struct load_member *m)
{
	if (l->session != NULL && !client_is_resumed(m->client))
		die("a session was not resumed");
	hang_up(m);
	l->visits++;
	if (l->visiting)
		call(l, m, l->session);
}

/* Messages are acked at once. */
static void
ack(const struct load *l, struct load_member *m, struct span id)
{
	say(m, "{\"op\":%u,\"id\":\"%.*s\",\"type\":\"ok\"}", ack_op[l->ops],
	    (int)id.n, id.p);
}

/* False: the connection was closed. */
static bool
react(struct load *l, struct load_member *m, const struct reply *r)
{
	if (r->from.p != NULL && r->id.p != NULL)
		ack(l, m, r->id);
	if (span_is(r->op, SPAN("delivery"))) {
		on_delivery(l, m, r);
	} else if (span_is(r->op, SPAN("ack"))) {
		on_ack(l, m, r);
	} else if (span_is(r->op, SPAN("registered"))) {
		on_registered(m, r);
	} else if (span_is(r->op, SPAN("info"))) {
		m->open = true;
		l->arriving -= m->duty == DUTY_POST;
		if (m->returned)
			l->result.login = since_began(l);
	} else if (span_is(r->op, SPAN("invite"))) {
		say(m, "{\"op\":6,\"id\":\"1\",\"act\":\"join\",\"gid\":"
		    "\"group %llx %zu\"}", (unsigned long long)l->run,
		    l->group);
	} else if (span_is(r->op, SPAN("login")) && m->duty == DUTY_LOGIN) {
		say(m, "{\"op\":%u}", quit_op[l->ops]);
	} else if (m->duty == DUTY_GREET || (m->duty == DUTY_LOGIN &&
	    span_is(r->op, SPAN("quit")))) {
		visit_again(l, m);
		return false;
	} else if (span_is(r->op, SPAN("quit"))) {
		die("the relay ended a session: %.*s", (int)r->error.n,
		    r->error.p);
	}
	return true;
}

static void
serve(struct load *l, struct load_member *m, unsigned can)
{
	struct reply r;

	client_step(m->client, can);
	while (next_reply(m, &r)) {
		l->heard = l->now;
		if (!react(l, m, &r))
			return;
	}
	if (client_over(m->client) != NULL)
		die("%s (error %d)", client_over(m->client),
		    client_error(m->client));
	client_push(m->client);
}

static void
turn(struct load *l)
{
	struct poller_event event;

	poller_wait(l->poller, 50);
	l->now = clock_us(CLOCK_MONOTONIC);
	while (poller_next(l->poller, &event))
		serve(l, event.owner, event.can);
	if (l->now - l->heard > (uint64_t)PATIENCE * 1000000)
		die("the relay is silent");
}

struct load *
load_open(uint16_t port, enum load_ops ops)
{
	struct load *l = xzalloc(sizeof(*l));

	l->port = port;
	l->ops = ops;
	l->pool = client_pool_open();
	l->poller = poller_open();
	if (l->poller == NULL)
		die("cannot watch connections: %s", strerror(errno));
	l->now = l->heard = clock_us(CLOCK_MONOTONIC);
	l->run = (uint64_t)time(NULL) << 20 | (l->now & 0xfffff);
	l->seed = 88172645463325252;	/* any that is not 0 */
	return l;
}

void
load_over_websocket(struct load *l)
{
	l->over_websocket = true;
}

void
load_close(struct load *l)
{
	struct load_member *m;
	size_t i;

	for (i = 0; i < l->count; i++) {
		m = l->members[i];
		hang_up(m);
		free(m->waiting);
		free(m->received);
		free(m);
	}
	buf_free(&l->data);
	free(l->members);
	poller_close(l->poller);
	client_pool_close(l->pool);
	free(l);
}

void
load_add(struct load *l, size_t members)
{
	size_t end = l->count + members;
	struct load_member *m;

	l->heard = clock_us(CLOCK_MONOTONIC);
	l->plan.posters = 0;
	l->members = xrealloc(l->members, end * sizeof(l->members[0]));
	while (l->count < end || l->arriving > 0) {
		while (l->count < end && l->arriving < ARRIVING_MAX) {
			m = xzalloc(sizeof(*m));
			m->index = (uint32_t)l->count;
			l->members[l->count++] = m;
			l->arriving++;
			/* The first handshake is full, the others resume. */
			call(l, m, m->index > 0 && l->members[0]->open ?
			    l->members[0]->client : NULL);
		}
		turn(l);
	}
}

/* The owner invites the others, and each joins: two acks. */
void
load_group(struct load *l, size_t owner, size_t first, size_t members)
{
	struct load_member *m = l->members[owner];
	unsigned long long run = l->run;
	size_t i;

	l->heard = clock_us(CLOCK_MONOTONIC);
	l->plan.posters = 0;
	l->group = owner;
	l->joining = 2 * members;
	for (i = first; i < first + members; i++) {
		say(m, "{\"op\":5,\"id\":\"1\",\"datalen\":0,\"gid\":"
		    "\"group %llx %zu\",\"from\":\"bench %llx %zu\",\"to\":"
		    "\"bench %llx %zu\"}", run, owner, run, owner, run, i);
	}
	client_push(m->client);
	while (l->joining > 0)
		turn(l);
}

void
load_leave(struct load *l, size_t member)
{
	hang_up(l->members[member]);
}

/* The member is offline, and what is posted to it is counted. */
static void
wait_for(struct load *l, struct load_member *m)
{
	size_t bytes = l->plan.posters * sizeof(m->received[0]);

	free(m->received);
	m->received = xzalloc(bytes);
	m->away = 0;
	m->returned = false;
}

void
load_begin(struct load *l, const struct load_plan *plan)
{
	size_t i, most = plan->group > plan->posters ? plan->group :
	    plan->posters;
	struct load_member *m;

	l->plan = *plan;
	l->now = l->heard = clock_us(CLOCK_MONOTONIC);
	l->ends = plan->seconds > 0 ?
	    l->now + (uint64_t)(plan->seconds * 1e6) : 0;
	l->busy = 0;
	l->started = 0;
	load_restart(l);
	for (i = 0; i < plan->posters; i++) {
		m = l->members[i];
		m->waiting = xrealloc(m->waiting,
		    most * sizeof(m->waiting[0]));
		m->waiting_count = 0;
	}
	for (i = 0; i < plan->absentees; i++)
		wait_for(l, l->members[plan->absent + i]);
	for (i = 0; i < plan->posters; i++)
		post(l, l->members[i]);
}

void
load_restart(struct load *l)
{
	memset(&l->result, 0, sizeof(l->result));
	l->began = l->now;
}

bool
load_turn(struct load *l)
{
	turn(l);
	l->result.seconds = since_began(l);
	if (l->returned == 0)
		return l->busy > 0;
	if (l->to_come > 0)
		return true;
	for (; l->returned > 0; l->returned--)
		l->members[l->first_returned + l->returned - 1]->returned =
		    false;
	return false;
}

const struct load_result *
load_result(const struct load *l)
{
	return &l->result;
}

void
load_idle(struct load *l, double seconds)
{
	uint64_t end = clock_us(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e6);

	do {
		turn(l);
		l->heard = l->now;
	} while (l->now < end);
}

void
load_return(struct load *l, size_t first, size_t members)
{
	struct load_member *m;
	size_t i;

	load_restart(l);
	l->began = l->heard = clock_us(CLOCK_MONOTONIC);
	l->first_returned = first;
	l->returned = members;
	l->to_come = 0;
	for (i = first; i < first + members; i++) {
		m = l->members[i];
		m->returned = true;
		l->to_come += m->away;
		l->arriving++;
		call(l, m, l->members[0]->client);
	}
}

double
load_visits(struct load *l, enum load_visit kind, size_t members,
    double seconds)
{
	uint64_t began = clock_us(CLOCK_MONOTONIC), end;
	size_t i;

	l->heard = began;
	l->visits = 0;
	l->visiting = true;
	l->session = kind == LOAD_GREET_RESUMED ?
	    l->members[members]->client : NULL;
	end = began + (uint64_t)(seconds * 1e6);
	for (i = 0; i < members; i++) {
		hang_up(l->members[i]);
		l->members[i]->duty = kind == LOAD_LOGIN ? DUTY_LOGIN :
		    DUTY_GREET;
		call(l, l->members[i], l->session);
	}
	do
		turn(l);
	while (l->now < end);
	l->visiting = false;
	for (i = 0; i < members; i++)
		hang_up(l->members[i]);
	l->session = NULL;
	return (double)l->visits * 1e6 / (double)(l->now - began);
}
