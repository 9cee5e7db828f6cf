#include "sim/crowd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "client/client.h"
#include "net/poller.h"
#include "sim/expect.h"

#define GROUP_MEMBERS 100	/* at most */
#define CONTACTS      100	/* that get a member's presence */
#define RECIPIENTS    2		/* of a post that is not for the group */
#define COMPLAINTS    10	/* logged; the rest is only counted */

/* Microseconds; the first three are divided by the plan's factor. */
#define PAUSE_MIN  1000000	/* between two steps */
#define PAUSE_MAX  30000000
#define ACK_PAUSE  500000	/* between a message and its ack */
#define RETRY_TIME 20000	/* when the relay cannot accept just now */
#define TURN_TIME  100000	/* a turn waits no longer than this */
#define PATIENCE   45000000	/* without a frame, before giving up */
#define NEVER      UINT64_MAX

/* One in so many cycles starts with a ping. */
#define PING_EVERY 4

/* In the second numbering, which every other member uses, they are 1 higher. */
enum sim_op { OP_PING = 8, OP_ACK = 9, OP_QUIT = 11 };

static const uint32_t sizes[] = {
	50, 50, 50, 500, 500, 1500, 2000, 5000, 10000, 50000
};

/* The steps of a cycle; the post is repeated. */
enum sim_step {
	STEP_REGISTER,		/* once; the next, once by some */
	STEP_INVITE,
	STEP_LOGIN,
	STEP_PRESENCE,
	STEP_PING,
	STEP_POST,
	STEP_LOGOUT = STEP_POST + 16
};

enum sim_state {
	STATE_AWAY,
	STATE_CONNECTING,	/* awaiting info */
	STATE_ASKING,		/* awaiting an ack */
	STATE_RESTING,		/* online, until the next step is due */
	STATE_LEAVING		/* awaiting quit */
};

struct sim_member {
	unsigned index;
	enum sim_state state;
	unsigned step;		/* an enum sim_step, or one of the posts */
	uint64_t due;		/* when to take it */
	uint64_t asked;		/* when it sent the last request */
	uint64_t since;		/* when it logged in */
	unsigned request;	/* the .id of the last one */
	unsigned invited;	/* by the founder of a group */
	uint32_t payloads;
	struct payload inflight;	/* not acked; of 0 bytes: none */
	struct client *client;	/* NULL: offline */
	struct expect expect;
	unsigned login_notices;	/* expected */
	char uid[UID_TEXT + 1];
	char nodeid[NODEID_TEXT + 1];
};

struct crowd {
	struct crowd_plan plan;
	struct crowd_tally tally;
	struct poller *poller;
	struct sim_member *members;
	bool has_groups;	/* once all are enrolled */
	unsigned enrolled, joined;
	uint64_t now;		/* microseconds */
	uint64_t started;	/* CROWD_RUNNING */
	uint64_t heard;		/* when the last frame was received */
	uint64_t seed;
	unsigned complaints;
	struct buf header, data;	/* of the frame being made */
};

/* A number below n (xorshift). */
static unsigned
random_below(struct crowd *crowd, unsigned n)
{
	crowd->seed ^= crowd->seed << 13;
	crowd->seed ^= crowd->seed >> 7;
	crowd->seed ^= crowd->seed << 17;
	return (unsigned)((crowd->seed >> 32) % n);
}

static uint64_t
shortened(const struct crowd *crowd, uint64_t pause)
{
	return pause / crowd->plan.factor;
}

/* A moment after a pause of 1 to 30 s, shortened as the plan says. */
static uint64_t
after_pause(struct crowd *crowd)
{
	return crowd->now + shortened(crowd, PAUSE_MIN +
	    random_below(crowd, PAUSE_MAX - PAUSE_MIN));
}

static unsigned
number_of(enum sim_op op, const struct sim_member *m)
{
	return op + m->index % 2;
}

static unsigned
group_of(const struct crowd *crowd, const struct sim_member *m)
{
	return m->index % crowd->tally.groups;
}

static void
complain(struct crowd *crowd, const struct sim_member *m, const char *what,
    struct span why)
{
	if (crowd->complaints++ < COMPLAINTS)
		log_line("member %u: %s%s%.*s", m->index, what,
		    why.n > 0 ? ": " : "", (int)(why.n < 400 ? why.n : 400),
		    why.p != NULL ? why.p : "");
}

/* Count an error, and log it. */
static void
wrong(struct crowd *crowd, const struct sim_member *m, const char *what,
    struct span why)
{
	crowd->tally.wrong++;
	complain(crowd, m, what, why);
}

/* Send a frame with this header and data. */
static void
say(struct sim_member *m, struct span data, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(struct sim_member *m, struct span data, const char *format, ...)
{
	char text[400];		/* the longest is a post for two */
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	client_put(m->client, (struct span){ text, (size_t)n }, data);
}

static void
await_ack(const struct crowd *crowd, struct sim_member *m)
{
	m->state = STATE_ASKING;
	m->asked = crowd->now;
	m->due = NEVER;
}

/* Take the next step after a pause; while draining, none. */
static void
rest(struct crowd *crowd, struct sim_member *m)
{
	m->state = STATE_RESTING;
	m->step++;
	m->due = crowd->tally.phase == CROWD_RUNNING ? after_pause(crowd) :
	    NEVER;
}

static void
hang_up(struct crowd *crowd, struct sim_member *m, uint64_t pause)
{
	if (m->state != STATE_CONNECTING)
		crowd->tally.online--;
	client_close(m->client);
	m->client = NULL;
	m->inflight.bytes = 0;
	expect_disconnect(&m->expect);
	m->state = STATE_AWAY;
	m->step = m->uid[0] != '\0' ? STEP_LOGIN : STEP_REGISTER;
	m->due = crowd->tally.phase == CROWD_LEAVING ? NEVER : crowd->now +
	    pause;
}

/* Connect, and register or log in; if that cannot be, try again soon. */
static void
step_connect(struct crowd *crowd, struct sim_member *m)
{
	m->client = client_connect_unix(crowd->plan.clients,
	    crowd->plan.path);
	if (m->client == NULL ||
	    client_watch(m->client, crowd->poller, m) == -1) {
		if (m->client != NULL || errno != EAGAIN)
			wrong(crowd, m, "cannot connect",
			    span_of(strerror(errno)));
		client_close(m->client);
		m->client = NULL;
		m->due = crowd->now + RETRY_TIME;
		return;
	}
	m->state = STATE_CONNECTING;
	m->due = NEVER;
	say(m, SPAN(""), "{\"op\":0,\"id\":\"1\"}");
	if (m->step == STEP_REGISTER)
		say(m, SPAN(""), "{\"op\":1,\"newnode\":\"x\","
		    "\"newalias\":\"sim-member-%03u\"}", m->index);
	else
		say(m, SPAN(""), "{\"op\":2,\"uid\":\"%s\","
		    "\"node\":\"%s\"}", m->uid, m->nodeid);
}

/* The first member of a group invites the others, one after another. */
static void
step_invite(struct crowd *crowd, struct sim_member *m)
{
	unsigned whom;

	m->invited += crowd->tally.groups;
	whom = m->index + m->invited;
	if (whom >= crowd->plan.members) {
		crowd->joined++;
		rest(crowd, m);
		return;
	}
	say(m, SPAN("join us"), "{\"op\":5,\"id\":\"%u\",\"datalen\":7,"
	    "\"gid\":\"sim-group-%u\",\"from\":\"sim-member-%03u\","
	    "\"to\":\"sim-member-%03u\"}", ++m->request, group_of(crowd, m),
	    m->index, whom);
	await_ack(crowd, m);
}

static void
step_presence(struct crowd *crowd, struct sim_member *m)
{
	unsigned i, n = crowd->plan.members;

	crowd->header.n = 0;
	buf_addf(&crowd->header, "{\"op\":4,\"id\":\"%u\",\"type\":\"%s\","
	    "\"for\":[", ++m->request, m->index % 2 == 0 ? "add" : "init");
	for (i = 1; i <= CONTACTS && i < n; i++)
		buf_addf(&crowd->header, "%s{\"id\":\"%s\"}", i > 1 ? "," : "",
		    crowd->members[(m->index + i) % n].uid);
	buf_add(&crowd->header, SPAN("]}"));
	client_put(m->client, buf_span(&crowd->header), SPAN(""));
	await_ack(crowd, m);
}

/* A new payload, with its bytes in crowd->data. */
static const struct payload *
pack(struct crowd *crowd, struct sim_member *m, uint32_t bytes)
{
	m->inflight =
	    (struct payload){ m->index, m->payloads++, bytes, crowd->now };
	crowd->data.n = 0;
	payload_make(&crowd->data, &m->inflight);
	return &m->inflight;
}

static struct sim_member *
random_other(struct crowd *crowd, const struct sim_member *than)
{
	unsigned n = crowd->plan.members;

	return &crowd->members[(than->index + 1 + random_below(crowd, n -
	    1)) % n];
}

static void
step_ping(struct crowd *crowd, struct sim_member *m)
{
	struct sim_member *to = random_other(crowd, m);

	expect_add(&to->expect, pack(crowd, m, PAYLOAD_MIN));
	say(m, buf_span(&crowd->data), "{\"op\":%u,\"id\":\"%u\","
	    "\"datalen\":%zu,\"from\":\"sim-member-%03u\","
	    "\"to\":\"sim-member-%03u\"}", number_of(OP_PING, m),
	    ++m->request, crowd->data.n, m->index, to->index);
	await_ack(crowd, m);
}

static void
post_to_group(struct crowd *crowd, struct sim_member *m,
    const struct payload *p, unsigned type)
{
	unsigned i, step = crowd->tally.groups;

	for (i = group_of(crowd, m); i < crowd->plan.members; i += step) {
		if (i != m->index || type == 2)
			expect_add(&crowd->members[i].expect, p);
	}
	say(m, buf_span(&crowd->data), "{\"op\":7,\"id\":\"%u\","
	    "\"datalen\":%zu,\"for\":[{\"id\":\"sim-group-%u\",\"type\":%u}]}",
	    ++m->request, crowd->data.n, group_of(crowd, m), type);
}

static void
post_to_some(struct crowd *crowd, struct sim_member *m,
    const struct payload *p)
{
	struct sim_member *a = random_other(crowd, m), *b = random_other(crowd,
	    m);

	while (a == b && crowd->plan.members > RECIPIENTS)
		b = random_other(crowd, m);
	expect_add(&a->expect, p);
	if (a != b)
		expect_add(&b->expect, p);
	say(m, buf_span(&crowd->data), "{\"op\":7,\"id\":\"%u\","
	    "\"datalen\":%zu,\"for\":[{\"id\":\"%s\",\"type\":1},"
	    "{\"id\":\"%s\",\"type\":1}]}", ++m->request, crowd->data.n, a->uid,
	    b->uid);
}

/* The eighth and the last post of a cycle are for the group. */
static void
step_post(struct crowd *crowd, struct sim_member *m)
{
	unsigned nth = m->step - STEP_POST;
	const struct payload *p = pack(crowd, m, sizes[random_below(crowd,
	    sizeof(sizes) / sizeof(sizes[0]))]);

	if (nth == 7)
		post_to_group(crowd, m, p, 2);
	else if (nth == 15)
		post_to_group(crowd, m, p, 3);
	else
		post_to_some(crowd, m, p);
	await_ack(crowd, m);
}

static void
step_logout(struct crowd *crowd, struct sim_member *m)
{
	(void)crowd;
	say(m, SPAN(""), "{\"op\":%u}", number_of(OP_QUIT, m));
	m->state = STATE_LEAVING;
	m->due = NEVER;
}

static void (*const step_functions[])(struct crowd *, struct sim_member *) = {
	[STEP_REGISTER] = step_connect, [STEP_INVITE] = step_invite,
	[STEP_LOGIN] = step_connect, [STEP_PRESENCE] = step_presence,
	[STEP_PING] = step_ping, [STEP_LOGOUT] = step_logout
};

static void
take_step(struct crowd *crowd, struct sim_member *m)
{
	if (m->step == STEP_PING && random_below(crowd, PING_EVERY) != 0)
		m->step = STEP_POST;
	if (step_functions[m->step] != NULL)
		step_functions[m->step](crowd, m);
	else
		step_post(crowd, m);
}

/* The request was refused, so that nobody will receive the post. */
static void
withdraw(struct crowd *crowd, struct payload *p)
{
	unsigned i;

	for (i = 0; i < crowd->plan.members; i++)
		(void)expect_payload(&crowd->members[i].expect, p);
}

static void
on_ack(struct crowd *crowd, struct sim_member *m, const struct reply *r)
{
	char request[16];
	int n = snprintf(request, sizeof(request), "%u", m->request);

	if (m->state != STATE_ASKING ||
	    !span_is(r->id, (struct span){ request, (size_t)n })) {
		wrong(crowd, m, "an unexpected ack",
		    r->header);
		return;
	}
	if (r->error.n > 0 ||
	    (r->msgid.n != ID_TEXT && m->step != STEP_PRESENCE)) {
		wrong(crowd, m, "a request was refused", r->header);
		if (m->inflight.bytes > 0)
			withdraw(crowd, &m->inflight);
	} else if (m->inflight.bytes > 0) {
		crowd->tally.posts++;
		histogram_add(&crowd->tally.acks, crowd->now - m->asked);
	}
	m->inflight.bytes = 0;
	if (crowd->tally.phase != CROWD_ENROLLING) {
		rest(crowd, m);
	} else if (m->step == STEP_INVITE) {
		step_invite(crowd, m);
	} else {
		crowd->joined++;
		m->state = STATE_RESTING;
	}
}

static void
on_registered(struct crowd *crowd, struct sim_member *m,
    const struct reply *r)
{
	if (r->error.n > 0 || r->uid.n != UID_TEXT ||
	    r->nodeid.n != NODEID_TEXT || m->uid[0] != '\0') {
		wrong(crowd, m, "could not register", r->header);
		return;
	}
	memcpy(m->uid, r->uid.p, UID_TEXT);
	memcpy(m->nodeid, r->nodeid.p, NODEID_TEXT);
	crowd->enrolled++;
}

static void
on_info(struct crowd *crowd, struct sim_member *m, const struct reply *r)
{
	if (m->state != STATE_CONNECTING) {
		wrong(crowd, m, "unexpected info", r->header);
		return;
	}
	crowd->tally.logins++;
	crowd->tally.online++;
	m->since = crowd->now;
	m->login_notices += m->step == STEP_LOGIN;
	m->step = STEP_LOGIN;
	rest(crowd, m);
}

static void
on_quit(struct crowd *crowd, struct sim_member *m, const struct reply *r)
{
	if (m->state != STATE_LEAVING)
		wrong(crowd, m, "the relay ended the session", r->error);
	hang_up(crowd, m, after_pause(crowd) - crowd->now);
}

/* Whether m may see the presence of the user with this uid. */
static bool
is_contact(const struct crowd *crowd, const struct sim_member *m,
    struct span uid)
{
	unsigned i, n = crowd->plan.members;

	for (i = 1; i <= CONTACTS && i < n; i++) {
		if (span_is(uid, span_of(
		    crowd->members[(m->index + n - i) % n].uid)))
			return true;
	}
	return false;
}

static void
on_presence(struct crowd *crowd, struct sim_member *m,
    const struct reply *r)
{
	crowd->tally.presences++;
	if (!is_contact(crowd, m, r->from))
		wrong(crowd, m, "presence of a stranger", r->header);
}

/* The checks of every message.  False if it is not new. */
static bool
receive(struct crowd *crowd, struct sim_member *m, const struct reply *r)
{
	uint64_t id;

	crowd->tally.messages++;
	if (r->headsum.p == NULL || !wire_is_intact(r))
		wrong(crowd, m, "wrong headsum", r->header);
	if (!decode_hex64(&id, r->id)) {
		wrong(crowd, m, "a message without an id", r->header);
		return false;
	}
	switch (expect_message(&m->expect, id, crowd->now)) {
	case EXPECT_RESENT:
		crowd->tally.resent++;
		return false;
	case EXPECT_DUPLICATE:
		crowd->tally.duplicates++;
		complain(crowd, m, "duplicate", r->header);
		return false;
	case EXPECT_OUT_OF_ORDER:
		crowd->tally.out_of_order++;
		complain(crowd, m, "out of order", r->header);
		return true;
	default:
		return true;
	}
}

static void
on_payload(struct crowd *crowd, struct sim_member *m,
    const struct reply *r)
{
	bool is_new = receive(crowd, m, r);
	struct payload p;

	if (!payload_check(r->data, &p) ||
	    p.sender >= crowd->plan.members ||
	    !span_is(r->from, span_of(crowd->members[p.sender].uid))) {
		wrong(crowd, m, "altered data, or wrong sender",
		    r->header);
		return;
	}
	if (!is_new)
		return;
	crowd->tally.deliveries++;
	crowd->tally.bytes += r->data.n;
	switch (expect_payload(&m->expect, &p)) {
	case EXPECT_UNKNOWN:
		crowd->tally.duplicates++;
		complain(crowd, m, "duplicate with another id", r->header);
		return;
	case EXPECT_OUT_OF_ORDER:
		crowd->tally.out_of_order++;
		complain(crowd, m, "out of order for its sender",
		    r->header);
		return;
	default:
		if (m->since <= p.posted)
			histogram_add(&crowd->tally.lags,
			    crowd->now - p.posted);
	}
}

static void
on_invite(struct crowd *crowd, struct sim_member *m, const struct reply *r)
{
	if (!receive(crowd, m, r))
		return;
	say(m, SPAN(""), "{\"op\":6,\"id\":\"%u\",\"act\":\"join\","
	    "\"gid\":\"sim-group-%u\"}", ++m->request, group_of(crowd, m));
	await_ack(crowd, m);
}

/* All devices of a user get a notice of each login: here, itself. */
static void
on_login(struct crowd *crowd, struct sim_member *m, const struct reply *r)
{
	if (!receive(crowd, m, r))
		return;
	if (m->login_notices == 0)
		wrong(crowd, m, "unexpected login notice", r->header);
	else
		m->login_notices--;
}

static void
on_notice(struct crowd *crowd, struct sim_member *m, const struct reply *r)
{
	(void)receive(crowd, m, r);	/* it only has to be acked */
}

static void
on_tmtprev(struct crowd *crowd, struct sim_member *m,
    const struct reply *r)
{
	if (m->state != STATE_CONNECTING)
		wrong(crowd, m, "unexpected tmtprev", r->header);
}

static const struct reaction {
	const char *op;
	void (*run)(struct crowd *, struct sim_member *,
	    const struct reply *);
} reactions[] = {
	{ "delivery",   on_payload },
	{ "ping",       on_payload },
	{ "ack",        on_ack },
	{ "ohi",        on_presence },
	{ "login",      on_login },
	{ "member",     on_notice },
	{ "invite",     on_invite },
	{ "tmtprev",    on_tmtprev },
	{ "registered", on_registered },
	{ "info",       on_info },
	{ "quit",       on_quit },
	{ NULL,         NULL }
};

static void
react(struct crowd *crowd, struct sim_member *m, const struct reply *r)
{
	const struct reaction *reaction = reactions;

	while (reaction->op != NULL && !span_is(r->op, span_of(reaction->op)))
		reaction++;
	if (reaction->op != NULL)
		reaction->run(crowd, m, r);
	else
		wrong(crowd, m, "unexpected", r->header);
}

/* Send what was added, and see whether the connection is over. */
static void
push(struct crowd *crowd, struct sim_member *m)
{
	const char *over;

	client_push(m->client);
	over = client_over(m->client);
	if (over != NULL) {
		wrong(crowd, m, "disconnected", span_of(over));
		hang_up(crowd, m, PAUSE_MIN);
	}
}

/* Send and receive, and handle the frames received. */
static void
serve(struct crowd *crowd, struct sim_member *m, unsigned can)
{
	struct reply reply;

	client_step(m->client, can);
	while (m->client != NULL && client_next(m->client, &reply)) {
		crowd->heard = crowd->now;
		react(crowd, m, &reply);
	}
	if (m->client != NULL)
		push(crowd, m);
}

/* When the oldest unacked message has to be acked. */
static uint64_t
ack_due(const struct crowd *crowd, const struct sim_member *m)
{
	uint64_t came = expect_oldest(&m->expect);

	if (came == NEVER ||
	    (m->state != STATE_RESTING && m->state != STATE_ASKING))
		return NEVER;
	return came + (crowd->tally.phase != CROWD_RUNNING ? 0 :
	    shortened(crowd, ACK_PAUSE));
}

/*
 * Take the step and send the acks that are due; returns when something is due
 * next, in microseconds.
 */
static uint64_t
act(struct crowd *crowd, struct sim_member *m)
{
	bool acted = false;
	char id[ID_TEXT + 1] = "";
	uint64_t ack;

	while (ack_due(crowd, m) <= crowd->now) {
		encode_hex64(id, expect_ack(&m->expect, crowd->now));
		say(m, SPAN(""), "{\"op\":%u,\"id\":\"%s\",\"type\":\"ok\"}",
		    number_of(OP_ACK, m), id);
		acted = true;
	}
	if (m->due <= crowd->now) {
		take_step(crowd, m);
		acted = true;
	}
	if (acted && m->client != NULL)
		push(crowd, m);
	ack = ack_due(crowd, m);
	return ack < m->due ? ack : m->due;
}

/* ---- all of them ---- */

/* All have registered: some members found the groups. */
static void
found_groups(struct crowd *crowd)
{
	unsigned i;

	crowd->has_groups = true;
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
		crowd->members[i].due = after_pause(crowd);
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
		m->due = m->state == STATE_AWAY ? crowd->now : NEVER;
	}
}

/* All rest, and have received and acked all that was sent to them. */
static bool
is_drained(const struct crowd *crowd)
{
	const struct sim_member *m = crowd->members;
	const struct sim_member *end = m + crowd->plan.members;

	while (m < end && m->state == STATE_RESTING && m->login_notices == 0 &&
	    expect_is_settled(&m->expect))
		m++;
	return m == end;
}

static void
start_leaving(struct crowd *crowd)
{
	unsigned i;

	crowd->tally.phase = CROWD_LEAVING;
	for (i = 0; i < crowd->plan.members; i++) {
		step_logout(crowd, &crowd->members[i]);
		push(crowd, &crowd->members[i]);
	}
}

/* Count what was not delivered, and log it. */
static void
finish(struct crowd *crowd)
{
	const struct sim_member *m;
	uint64_t lost;

	crowd->tally.phase = CROWD_OVER;
	for (m = crowd->members; m < crowd->members + crowd->plan.members;
	    m++) {
		lost = expect_lost(&m->expect) + m->login_notices;
		crowd->tally.lost += lost;
		if (lost > 0)
			complain(crowd, m, "did not receive all", SPAN(""));
	}
}

/* Go to the next phase when this one is finished. */
static void
advance(struct crowd *crowd)
{
	unsigned n = crowd->plan.members;

	if (crowd->tally.phase == CROWD_RUNNING)
		crowd->tally.run = (crowd->now - crowd->started) / 1000;
	else if (crowd->now - crowd->heard > PATIENCE) {
		wrong(crowd, &crowd->members[0],
		    "nothing happens any more",
		    SPAN(""));
		finish(crowd);
	}
	if (crowd->tally.phase == CROWD_ENROLLING && !crowd->has_groups &&
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

	for (i = 0; i < crowd->plan.members; i++) {
		client_close(crowd->members[i].client);
		expect_free(&crowd->members[i].expect);
	}
	poller_close(crowd->poller);
	buf_free(&crowd->header);
	buf_free(&crowd->data);
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
		next = act(crowd, &crowd->members[i]);
		until = next < until ? next : until;
	}
	crowd->now = clock_us(CLOCK_MONOTONIC);
	poller_wait(crowd->poller, until <= crowd->now ? 0 :
	    (int)((until - crowd->now + 999) / 1000));
	crowd->now = clock_us(CLOCK_MONOTONIC);
	while (poller_next(crowd->poller, &event))
		serve(crowd, event.owner, event.can);
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
	wrong(crowd, &crowd->members[0], "the relay has ended",
	    SPAN(""));
	crowd->tally.phase = CROWD_OVER;
}

const struct crowd_tally *
crowd_tally(const struct crowd *crowd)
{
	return &crowd->tally;
}
