#include "test/load/load.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "test/lib/client.h"
#include "base/clock.h"
#include "base/encode.h"
#include "tmtp/frame.h"
#include "json.h"
#include "base/log.h"
#include "sim/payload.h"
#include "net/poller.h"

#define ARRIVING_MAX 32		/* who register at the same time */
#define PATIENCE 60		/* seconds without a frame */

enum duty {
	DUTY_POST,		/* and take what comes */
	DUTY_GREET,		/* these two for load_visits */
	DUTY_LOGIN
};

struct member {
	uint32_t index;
	struct client *client;	/* NULL: offline */
	unsigned interest;
	enum duty duty;
	bool open;		/* info has come */
	struct buf in, out;
	size_t at;		/* bytes of in that were used */
	char uid[UID_TEXT + 1], nodeid[NODEID_TEXT + 1];

	/* Its last post. */
	uint32_t number;
	uint64_t posted;	/* microseconds */
	bool acked;
	uint32_t *waiting;	/* members whom it has not reached */
	size_t waiting_count;

	uint32_t caught_up;	/* number of its next post for the absent */
};

struct load {
	uint16_t port;
	enum load_ops ops;
	struct client_pool *pool;
	struct poller *ready;
	struct member **members;
	size_t count, arriving;
	uint64_t run;		/* for names: nobody had this before */
	uint64_t now, heard;	/* microseconds */
	uint64_t seed;

	struct load_plan plan;
	struct load_result result;
	uint64_t began, ends;
	uint64_t started;	/* posts */
	size_t busy;		/* posters whose post is under way */
	struct member *catching_up;
	uint64_t to_come;	/* messages for that one */
	uint64_t visits;
	size_t joining;
	const struct client *session;	/* to be taken up by visits */
	bool visiting;
};

/* What is looked at in a header. */
struct arrival {
	struct span op, id, from, error, uid, nodeid;
	struct span data;
	size_t datalen;
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

/* Add a frame to what the member sends next. */
static void
say_header(struct member *m, struct span header)
{
	char digits[FRAME_DIGITS + 1];

	snprintf(digits, sizeof(digits), "%04x",
	    (unsigned)header.n & 0xffff);
	buf_add(&m->out, (struct span){ digits, FRAME_DIGITS });
	buf_add(&m->out, header);
}

static void
say(struct member *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct member *m, const char *format, ...)
{
	char text[400];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say_header(m, (struct span){ text, (size_t)n });
}

/* Send what was added, and watch for what is next. */
static void
push(struct load *l, struct member *m)
{
	unsigned interest = POLLER_READ;

	if (m->out.n > 0)
		client_send(m->client, buf_span(&m->out));
	m->out.n = 0;
	client_push(m->client);
	if (client_events(m->client) & POLLOUT)
		interest |= POLLER_WRITE;
	if (interest != m->interest)
		poller_change(l->ready, client_fd(m->client), interest);
	m->interest = interest;
}

static void
hang_up(struct load *l, struct member *m)
{
	if (m->client == NULL)
		return;
	poller_remove(l->ready, client_fd(m->client));
	client_close(m->client);
	m->client = NULL;
	m->open = false;
	m->in.n = m->out.n = m->at = 0;
}

/* Connect, and say what the member's duty asks for. */
static void
call(struct load *l, struct member *m, const struct client *session)
{
	m->client = client_connect(l->pool, l->port, session);
	if (m->client == NULL)
		die("cannot connect: %s", strerror(errno));
	m->interest = POLLER_READ | POLLER_WRITE;
	if (poller_add(l->ready, client_fd(m->client), m->interest, m) == -1)
		die("cannot watch a link: %s", strerror(errno));
	say(m, "{\"op\":0,\"id\":\"1\"}");
	if (m->duty != DUTY_GREET && m->uid[0] == '\0')
		say(m, "{\"op\":1,\"newnode\":\"x\",\"newalias\":"
		    "\"bench %llx %u\"}", (unsigned long long)l->run,
		    m->index);
	else if (m->duty != DUTY_GREET)
		say(m, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\"}", m->uid,
		    m->nodeid);
	push(l, m);
}

static void
add_payload(struct load *l, struct member *m, uint32_t bytes)
{
	struct payload_label label = { m->index, ++m->number, bytes };

	payload_make(&m->out, &label);
	m->acked = false;
	m->posted = l->now;
	l->busy++;
	l->started++;
}

static void
post_to_two(struct load *l, struct member *m, uint32_t bytes)
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
post_to_group(struct load *l, struct member *m, uint32_t bytes)
{
	size_t i;

	for (i = 0; i < l->plan.group; i++)
		if (i != m->index)
			m->waiting[m->waiting_count++] = (uint32_t)i;
	say(m, "{\"op\":7,\"id\":\"1\",\"datalen\":%u,\"for\":"
	    "[{\"id\":\"bench %llx\",\"type\":3}]}", bytes,
	    (unsigned long long)l->run);
}

static void
post_to_absent(struct load *l, struct member *m, uint32_t bytes)
{
	size_t i, end = l->plan.absent + l->plan.absentees;
	struct buf header = { NULL, 0, 0 };

	buf_addf(&header, "{\"op\":7,\"id\":\"1\",\"datalen\":%u,\"for\":",
	    bytes);
	for (i = l->plan.absent; i < end; i++)
		buf_addf(&header, "%c{\"id\":\"%s\",\"type\":1}",
		    i == l->plan.absent ? '[' : ',', l->members[i]->uid);
	buf_add(&header, SPAN("]}"));
	say_header(m, buf_span(&header));
	buf_free(&header);
}

static bool
is_over(const struct load *l)
{
	return (l->ends > 0 && l->now >= l->ends) ||
	    (l->plan.posts > 0 && l->started >= l->plan.posts);
}

static void
post(struct load *l, struct member *m)
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
	push(l, m);
}

/* The last post has been acked, or has reached one more. */
static void
post_next(struct load *l, struct member *m)
{
	if (!m->acked || m->waiting_count > 0)
		return;
	l->busy--;
	post(l, m);
}

static void
on_ack(struct load *l, struct member *m, const struct arrival *a)
{
	if (a->error.n > 0)
		die("a request was refused: %.*s", (int)a->error.n,
		    a->error.p);
	if (l->plan.posters == 0)	/* invitations, and joining */
		return;
	m->acked = true;
	l->result.posts++;
	histogram_add(&l->result.acks, l->now - m->posted);
	post_next(l, m);
}

/* Strike out the recipient; it must have been waiting. */
static void
strike_out(struct member *sender, const struct member *recipient)
{
	size_t i = 0;

	while (i < sender->waiting_count &&
	    sender->waiting[i] != recipient->index)
		i++;
	if (i == sender->waiting_count)
		die("a parcel came twice, or to the wrong member");
	sender->waiting[i] = sender->waiting[--sender->waiting_count];
}

static void
on_delivery(struct load *l, struct member *m, const struct arrival *a)
{
	struct payload_label label;
	struct member *sender;

	if (!payload_check(a->data, &label) || label.sender >= l->count)
		die("a parcel was altered");
	sender = l->members[label.sender];
	if (!span_is(a->from, span_of(sender->uid)))
		die("a parcel came from the wrong member");
	l->result.deliveries++;
	l->result.bytes += a->data.n;
	if (m == l->catching_up) {
		if (l->result.deliveries == 1)
			l->result.first = since_began(l);
		if (label.number != sender->caught_up++)
			die("parcels came out of order, or are missing");
		l->to_come--;
		return;
	}
	if (label.number != sender->number)
		die("a parcel came again");
	strike_out(sender, m);
	histogram_add(&l->result.lags, l->now - sender->posted);
	post_next(l, sender);
}

static void
on_registered(struct member *m, const struct arrival *a)
{
	if (a->uid.n != UID_TEXT || a->nodeid.n != NODEID_TEXT ||
	    a->error.n > 0)
		die("cannot register: %.*s", (int)a->error.n, a->error.p);
	memcpy(m->uid, a->uid.p, UID_TEXT);
	memcpy(m->nodeid, a->nodeid.p, NODEID_TEXT);
}

/* A visit is over: begin the next. */
static void
visit_again(struct load *l, struct member *m)
{
	if (l->session != NULL && !client_is_resumed(m->client))
		die("a session was not taken up again");
	hang_up(l, m);
	l->visits++;
	if (l->visiting)
		call(l, m, l->session);
}

/* Messages are acked at once. */
static void
ack(const struct load *l, struct member *m, struct span id)
{
	say(m, "{\"op\":%u,\"id\":\"%.*s\",\"type\":\"ok\"}", ack_op[l->ops],
	    (int)id.n, id.p);
}

/* False: the link was closed over it. */
static bool
react(struct load *l, struct member *m, const struct arrival *a)
{
	if (a->from.p != NULL && a->id.p != NULL)
		ack(l, m, a->id);
	if (span_is(a->op, SPAN("delivery"))) {
		on_delivery(l, m, a);
	} else if (span_is(a->op, SPAN("ack"))) {
		on_ack(l, m, a);
	} else if (span_is(a->op, SPAN("registered"))) {
		on_registered(m, a);
	} else if (span_is(a->op, SPAN("info"))) {
		m->open = true;
		l->arriving -= m->duty == DUTY_POST;
		if (m == l->catching_up)
			l->result.login = since_began(l);
	} else if (span_is(a->op, SPAN("invite"))) {
		say(m, "{\"op\":6,\"id\":\"1\",\"act\":\"join\",\"gid\":"
		    "\"bench %llx\"}", (unsigned long long)l->run);
	} else if (span_is(a->op, SPAN("member"))) {
		l->joining -= m->index == 0;
	} else if (span_is(a->op, SPAN("login")) && m->duty == DUTY_LOGIN) {
		say(m, "{\"op\":%u}", quit_op[l->ops]);
	} else if (m->duty == DUTY_GREET || (m->duty == DUTY_LOGIN &&
	    span_is(a->op, SPAN("quit")))) {
		visit_again(l, m);
		return false;
	} else if (span_is(a->op, SPAN("quit"))) {
		die("the relay ended a link: %.*s", (int)a->error.n,
		    a->error.p);
	}
	return true;
}

static struct span *
member_of(struct arrival *a, struct span key)
{
	if (json_is(key, SPAN("op")))
		return &a->op;
	if (json_is(key, SPAN("id")))
		return &a->id;
	if (json_is(key, SPAN("from")))
		return &a->from;
	if (json_is(key, SPAN("error")))
		return &a->error;
	if (json_is(key, SPAN("uid")))
		return &a->uid;
	return json_is(key, SPAN("nodeid")) ? &a->nodeid : NULL;
}

static void
read_header(struct arrival *a, struct span header)
{
	struct span key, *text;
	struct json j;

	json_begin(&j, header);
	json_object(&j);
	while (json_key(&j, &key)) {
		text = member_of(a, key);
		if (text != NULL)
			*text = json_string(&j);
		else if (json_is(key, SPAN("datalen")))
			a->datalen = (size_t)json_uint(&j, INT32_MAX);
		else
			json_skip(&j);
	}
	if (!json_done(&j))
		die("not a header: %.*s", (int)header.n, header.p);
}

/* The next frame, if it is all here. */
static bool
next_frame(struct member *m, struct arrival *a)
{
	const char *p = m->in.p + m->at;
	size_t n = m->in.n - m->at, whole;
	long length;

	if (n < FRAME_DIGITS)
		return false;
	length = frame_length(p);
	if (length == -1)
		die("what came is no frame");
	whole = FRAME_DIGITS + (size_t)length;
	if (n < whole)
		return false;
	*a = (struct arrival){ .datalen = 0 };
	read_header(a, (struct span){ p + FRAME_DIGITS, (size_t)length });
	a->data = (struct span){ p + whole, a->datalen };
	whole += a->datalen;
	if (n < whole)
		return false;
	m->at += whole;
	return true;
}

static void
serve(struct load *l, struct member *m, unsigned can)
{
	struct arrival a;
	struct span plain;

	client_step(m->client, (short)((can & POLLER_READ ? POLLIN : 0) |
	    (can & POLLER_WRITE ? POLLOUT : 0) |
	    (can & POLLER_GONE ? POLLHUP : 0)));
	while (client_recv(m->client, &plain))
		buf_add(&m->in, plain);
	while (next_frame(m, &a)) {
		l->heard = l->now;
		if (!react(l, m, &a))
			return;
	}
	buf_drop(&m->in, m->at);
	m->at = 0;
	if (client_is_over(m->client))
		die("a link was lost (error %d)", client_error(m->client));
	push(l, m);
}

static void
turn(struct load *l)
{
	struct poller_event event;

	poller_wait(l->ready, 50);
	l->now = clock_us(CLOCK_MONOTONIC);
	while (poller_next(l->ready, &event))
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
	l->ready = poller_open();
	if (l->ready == NULL)
		die("cannot watch links: %s", strerror(errno));
	l->now = l->heard = clock_us(CLOCK_MONOTONIC);
	l->run = (uint64_t)time(NULL) << 20 | (l->now & 0xfffff);
	l->seed = 88172645463325252;	/* any that is not 0 */
	return l;
}

void
load_close(struct load *l)
{
	struct member *m;
	size_t i;

	for (i = 0; i < l->count; i++) {
		m = l->members[i];
		hang_up(l, m);
		buf_free(&m->in);
		buf_free(&m->out);
		free(m->waiting);
		free(m);
	}
	free(l->members);
	poller_close(l->ready);
	client_pool_close(l->pool);
	free(l);
}

void
load_add(struct load *l, size_t members)
{
	size_t end = l->count + members;
	struct member *m;

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

/* The first invites all others; each joins, which the first is told. */
void
load_group(struct load *l, size_t members)
{
	struct member *m = l->members[0];
	size_t i;

	l->heard = clock_us(CLOCK_MONOTONIC);
	l->plan.posters = 0;
	l->joining = 2 * (members - 1);
	for (i = 1; i < members; i++) {
		say(m, "{\"op\":5,\"id\":\"1\",\"datalen\":0,\"gid\":"
		    "\"bench %llx\",\"from\":\"bench %llx 0\",\"to\":"
		    "\"bench %llx %zu\"}", (unsigned long long)l->run,
		    (unsigned long long)l->run, (unsigned long long)l->run, i);
	}
	push(l, m);
	while (l->joining > 0)
		turn(l);
	load_idle(l, 1);	/* the last of them take their notices */
}

void
load_leave(struct load *l, size_t member)
{
	hang_up(l, l->members[member]);
}

void
load_begin(struct load *l, const struct load_plan *plan)
{
	size_t i, most = plan->group > plan->posters ? plan->group :
	    plan->posters;
	struct member *m;

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
		m->caught_up = m->number + 1;
		post(l, m);
	}
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
	if (l->catching_up == NULL)
		return l->busy > 0;
	if (l->to_come > 0)
		return true;
	l->catching_up = NULL;
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
load_return(struct load *l, size_t member)
{
	l->catching_up = l->members[member];
	l->to_come = l->started;
	l->arriving++;
	load_restart(l);
	l->began = l->heard = clock_us(CLOCK_MONOTONIC);
	call(l, l->catching_up, NULL);
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
		hang_up(l, l->members[i]);
		l->members[i]->duty = kind == LOAD_LOGIN ? DUTY_LOGIN :
		    DUTY_GREET;
		call(l, l->members[i], l->session);
	}
	do
		turn(l);
	while (l->now < end);
	l->visiting = false;
	for (i = 0; i < members; i++)
		hang_up(l, l->members[i]);
	l->session = NULL;
	return (double)l->visits * 1e6 / (double)(l->now - began);
}
