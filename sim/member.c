#include "sim/member.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sim/payload.h"

#define CONTACTS      100	/* who are told of one's presence */
#define RECIPIENTS    2		/* of a post that is not for the group */
#define COMPLAINTS    10	/* told in words; the rest is only counted */

/* Microseconds; those that are divided by the plan's factor come first. */
#define PAUSE_MIN  1000000	/* between two steps */
#define PAUSE_MAX  30000000
#define ACK_PAUSE  500000	/* between a message's coming and its ack */
#define RETRY_TIME 20000	/* when the relay cannot take a link just now */
#define NEVER      PUPPET_NEVER

/* One in so many cycles begins with a ping. */
#define PING_EVERY 4

/* Every other member speaks the second numbering. */
enum op { OP_PING, OP_ACK, OP_QUIT };
static const unsigned numbers[][2] = {
	[OP_PING] = { 8, 9 }, [OP_ACK] = { 9, 10 }, [OP_QUIT] = { 11, 12 }
};

static const uint32_t sizes[] = {
	50, 50, 50, 500, 500, 1500, 2000, 5000, 10000, 50000
};

/* A number below n (xorshift). */
static unsigned
random_below(struct swarm *sw, unsigned n)
{
	sw->seed ^= sw->seed << 13;
	sw->seed ^= sw->seed >> 7;
	sw->seed ^= sw->seed << 17;
	return (unsigned)((sw->seed >> 32) % n);
}

static uint64_t
shortened(const struct swarm *sw, uint64_t pause)
{
	return pause / sw->plan.factor;
}

uint64_t
puppet_pause(struct swarm *sw)
{
	return sw->now + shortened(sw, PAUSE_MIN +
	    random_below(sw, PAUSE_MAX - PAUSE_MIN));
}

static unsigned
numbering(const struct puppet *m)
{
	return m->index % 2;
}

static unsigned
group_of(const struct swarm *sw, const struct puppet *m)
{
	return m->index % sw->tally.groups;
}

static void
complain(struct swarm *sw, const struct puppet *m, const char *what,
    struct span why)
{
	if (sw->complaints++ < COMPLAINTS)
		log_line("member %u: %s%s%.*s", m->index, what,
		    why.n > 0 ? ": " : "", (int)(why.n < 400 ? why.n : 400),
		    why.p != NULL ? why.p : "");
}

void
puppet_wrong(struct swarm *sw, const struct puppet *m, const char *what,
    struct span why)
{
	sw->tally.wrong++;
	complain(sw, m, what, why);
}

bool
puppet_is_settled(const struct puppet *m)
{
	return m->state == STATE_RESTING && m->login_notices == 0 &&
	    inbox_is_settled(&m->inbox);
}

void
puppet_count_lost(struct swarm *sw, const struct puppet *m)
{
	uint64_t lost = inbox_lost(&m->inbox) + m->login_notices;

	sw->tally.lost += lost;
	if (lost > 0)
		complain(sw, m, "has not got all", SPAN(""));
}

/* Send a frame with this header and data. */
static void
say(struct puppet *m, struct span data, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(struct puppet *m, struct span data, const char *format, ...)
{
	char text[400];		/* the longest is a post for two */
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	dial_put(m->dial, (struct span){ text, (size_t)n }, data);
}

static void
await_ack(const struct swarm *sw, struct puppet *m)
{
	m->state = STATE_ASKING;
	m->asked = sw->now;
	m->due = NEVER;
}

/* Take the next step after a pause; while draining, none. */
static void
rest(struct swarm *sw, struct puppet *m)
{
	m->state = STATE_RESTING;
	m->step++;
	m->due = sw->tally.phase == SWARM_RUNNING ? puppet_pause(sw) : NEVER;
}

static void
release(struct puppet *m)
{
	if (m->posting != NULL)
		posting_release(m->posting);
	m->posting = NULL;
}

static void
hang_up(struct swarm *sw, struct puppet *m, uint64_t pause)
{
	if (m->state == STATE_RESTING || m->state == STATE_ASKING ||
	    m->state == STATE_LEAVING)
		sw->tally.online--;
	poller_remove(sw->ready, dial_fd(m->dial));
	dial_close(m->dial);
	m->dial = NULL;
	release(m);
	inbox_hang_up(&m->inbox);
	m->state = STATE_AWAY;
	m->step = m->uid[0] != '\0' ? STEP_LOGIN : STEP_REGISTER;
	m->due = sw->tally.phase == SWARM_LEAVING ? NEVER : sw->now + pause;
}

/* Whether it could be called; else it is tried again soon. */
static bool
call(struct swarm *sw, struct puppet *m)
{
	m->dial = dial_open(sw->plan.path, sw->plan.tls);
	if (m->dial == NULL) {
		if (errno != EAGAIN)
			puppet_wrong(sw, m, "cannot connect",
			    span_of(strerror(errno)));
		m->due = sw->now + RETRY_TIME;
		return false;
	}
	m->interest = dial_interest(m->dial);
	if (poller_add(sw->ready, dial_fd(m->dial), m->interest, m) == -1)
		die("cannot watch a link: %s", strerror(errno));
	m->state = STATE_CALLING;
	m->due = NEVER;
	say(m, SPAN(""), "{\"op\":0,\"id\":\"1\"}");
	return true;
}

static void
step_register(struct swarm *sw, struct puppet *m)
{
	if (call(sw, m))
		say(m, SPAN(""), "{\"op\":1,\"newnode\":\"x\","
		    "\"newalias\":\"sim-member-%03u\"}", m->index);
}

static void
step_login(struct swarm *sw, struct puppet *m)
{
	if (call(sw, m))
		say(m, SPAN(""), "{\"op\":2,\"uid\":\"%s\","
		    "\"node\":\"%s\"}", m->uid, m->nodeid);
}

/* The first member of a group invites the others, one after another. */
static void
step_invite(struct swarm *sw, struct puppet *m)
{
	unsigned whom;

	m->invited += sw->tally.groups;
	whom = m->index + m->invited;
	if (whom >= sw->plan.members) {
		sw->joined++;
		rest(sw, m);
		return;
	}
	say(m, SPAN("join us"), "{\"op\":5,\"id\":\"%u\",\"datalen\":7,"
	    "\"gid\":\"sim-group-%u\",\"from\":\"sim-member-%03u\","
	    "\"to\":\"sim-member-%03u\"}", ++m->request, group_of(sw, m),
	    m->index, whom);
	await_ack(sw, m);
}

static void
step_presence(struct swarm *sw, struct puppet *m)
{
	unsigned i, n = sw->plan.members;

	sw->header.n = 0;
	buf_addf(&sw->header, "{\"op\":4,\"id\":\"%u\",\"type\":\"add\","
	    "\"for\":[", ++m->request);
	for (i = 1; i <= CONTACTS && i < n; i++)
		buf_addf(&sw->header, "%s{\"id\":\"%s\"}", i > 1 ? "," : "",
		    sw->puppets[(m->index + i) % n].uid);
	buf_add(&sw->header, SPAN("]}"));
	dial_put(m->dial, buf_span(&sw->header), SPAN(""));
	await_ack(sw, m);
}

/* A new parcel of the member's, in sw->data. */
static struct posting *
pack(struct swarm *sw, struct puppet *m, uint32_t bytes)
{
	struct posting *p = xzalloc(sizeof(*p));

	p->label = (struct parcel_label){ m->index, m->parcels++, bytes };
	p->posted = sw->now;
	p->holders = 1;
	sw->data.n = 0;
	parcel_make(&sw->data, &p->label);
	m->posting = p;
	return p;
}

static struct puppet *
random_other(struct swarm *sw, const struct puppet *than)
{
	unsigned n = sw->plan.members;

	return &sw->puppets[(than->index + 1 + random_below(sw, n - 1)) % n];
}

static void
step_ping(struct swarm *sw, struct puppet *m)
{
	struct puppet *to = random_other(sw, m);

	inbox_expect(&to->inbox, pack(sw, m, PARCEL_MIN));
	say(m, buf_span(&sw->data), "{\"op\":%u,\"id\":\"%u\","
	    "\"datalen\":%zu,\"from\":\"sim-member-%03u\","
	    "\"to\":\"sim-member-%03u\"}", numbers[OP_PING][numbering(m)],
	    ++m->request, sw->data.n, m->index, to->index);
	await_ack(sw, m);
}

static void
post_to_group(struct swarm *sw, struct puppet *m, struct posting *p,
    unsigned type)
{
	unsigned i, step = sw->tally.groups;

	for (i = group_of(sw, m); i < sw->plan.members; i += step) {
		if (i != m->index || type == 2)
			inbox_expect(&sw->puppets[i].inbox, p);
	}
	say(m, buf_span(&sw->data), "{\"op\":7,\"id\":\"%u\","
	    "\"datalen\":%zu,\"for\":[{\"id\":\"sim-group-%u\",\"type\":%u}]}",
	    ++m->request, sw->data.n, group_of(sw, m), type);
}

static void
post_to_some(struct swarm *sw, struct puppet *m, struct posting *p)
{
	struct puppet *a = random_other(sw, m), *b = random_other(sw, m);

	while (a == b && sw->plan.members > RECIPIENTS)
		b = random_other(sw, m);
	inbox_expect(&a->inbox, p);
	if (a != b)
		inbox_expect(&b->inbox, p);
	say(m, buf_span(&sw->data), "{\"op\":7,\"id\":\"%u\","
	    "\"datalen\":%zu,\"for\":[{\"id\":\"%s\",\"type\":1},"
	    "{\"id\":\"%s\",\"type\":1}]}", ++m->request, sw->data.n, a->uid,
	    b->uid);
}

/* The eighth post of a cycle and the last are for the group. */
static void
step_post(struct swarm *sw, struct puppet *m)
{
	unsigned nth = m->step - STEP_POST;
	struct posting *p = pack(sw, m, sizes[random_below(sw,
	    sizeof(sizes) / sizeof(sizes[0]))]);

	if (nth == 7)
		post_to_group(sw, m, p, 2);
	else if (nth == 15)
		post_to_group(sw, m, p, 3);
	else
		post_to_some(sw, m, p);
	await_ack(sw, m);
}

static void
step_logout(struct puppet *m)
{
	say(m, SPAN(""), "{\"op\":%u}", numbers[OP_QUIT][numbering(m)]);
	m->state = STATE_LEAVING;
	m->due = NEVER;
}

static void
take_step(struct swarm *sw, struct puppet *m)
{
	if (m->step == STEP_PING && random_below(sw, PING_EVERY) != 0)
		m->step = STEP_POST;
	switch (m->step) {
	case STEP_REGISTER:
		step_register(sw, m);
		break;
	case STEP_INVITE:
		step_invite(sw, m);
		break;
	case STEP_LOGIN:
		step_login(sw, m);
		break;
	case STEP_PRESENCE:
		step_presence(sw, m);
		break;
	case STEP_PING:
		step_ping(sw, m);
		break;
	case STEP_LOGOUT:
		step_logout(m);
		break;
	default:
		step_post(sw, m);
	}
}

/* A request was refused, so nobody will get what was posted. */
static void
withdraw(struct swarm *sw, struct posting *p)
{
	unsigned i;

	for (i = 0; i < sw->plan.members; i++)
		inbox_withdraw(&sw->puppets[i].inbox, p);
}

static void
on_ack(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	char request[16];
	int n = snprintf(request, sizeof(request), "%u", m->request);

	if (m->state != STATE_ASKING ||
	    !span_is(f->id, (struct span){ request, (size_t)n })) {
		puppet_wrong(sw, m, "an ack for what was not asked", f->header);
		return;
	}
	if (f->error.n > 0 ||
	    (f->msgid.n != ID_TEXT && m->step != STEP_PRESENCE)) {
		puppet_wrong(sw, m, "a request was refused", f->header);
		if (m->posting != NULL)
			withdraw(sw, m->posting);
	} else if (m->posting != NULL) {
		sw->tally.posts++;
		spread_add(&sw->tally.acks, sw->now - m->asked);
	}
	release(m);
	if (sw->tally.phase != SWARM_ENROLLING) {
		rest(sw, m);
	} else if (m->step == STEP_INVITE) {
		step_invite(sw, m);
	} else {
		sw->joined++;
		m->state = STATE_RESTING;
	}
}

static void
on_registered(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	if (f->error.n > 0 || f->uid.n != UID_TEXT ||
	    f->nodeid.n != NODEID_TEXT || m->uid[0] != '\0') {
		puppet_wrong(sw, m, "could not register", f->header);
		return;
	}
	memcpy(m->uid, f->uid.p, UID_TEXT);
	memcpy(m->nodeid, f->nodeid.p, NODEID_TEXT);
	sw->enrolled++;
}

static void
on_info(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	if (m->state != STATE_CALLING) {
		puppet_wrong(sw, m, "info came unasked", f->header);
		return;
	}
	sw->tally.logins++;
	sw->tally.online++;
	m->since = sw->now;
	m->login_notices += m->step == STEP_LOGIN;
	m->step = STEP_LOGIN;
	rest(sw, m);
}

static void
on_quit(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	if (m->state != STATE_LEAVING)
		puppet_wrong(sw, m, "the relay ended the link", f->error);
	hang_up(sw, m, puppet_pause(sw) - sw->now);
}

static int
compare_to_uid(const void *key, const void *element)
{
	const struct span *uid = key;
	const struct puppet *const *m = element;

	return memcmp(uid->p, (*m)->uid, UID_TEXT);
}

static bool
is_member(const struct swarm *sw, struct span uid)
{
	return uid.n == UID_TEXT && bsearch(&uid, sw->by_uid,
	    sw->plan.members, sizeof(sw->by_uid[0]), compare_to_uid) != NULL;
}

static void
on_presence(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	sw->tally.presences++;
	if (sw->by_uid == NULL || !is_member(sw, f->from))
		puppet_wrong(sw, m, "presence of a stranger", f->header);
}

/* What all messages have in common.  False if it is not new. */
static bool
receive(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	uint64_t id;

	sw->tally.messages++;
	if (!f->has_headsum || !f->intact)
		puppet_wrong(sw, m, "headsum does not fit", f->header);
	if (!decode_hex64(&id, f->id)) {
		puppet_wrong(sw, m, "a message without an id", f->header);
		return false;
	}
	switch (inbox_receive(&m->inbox, id, sw->now)) {
	case INBOX_AGAIN:
		sw->tally.again++;
		return false;
	case INBOX_DOUBLED:
		sw->tally.doubled++;
		complain(sw, m, "came twice", f->header);
		return false;
	case INBOX_DISORDERED:
		sw->tally.disordered++;
		complain(sw, m, "came after a later one", f->header);
		return true;
	default:
		return true;
	}
}

static void
on_parcel(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	bool is_new = receive(sw, m, f);
	struct parcel_label label;
	uint64_t posted = 0;

	if (!parcel_check(f->data, &label) ||
	    label.sender >= sw->plan.members ||
	    !span_is(f->from, span_of(sw->puppets[label.sender].uid))) {
		puppet_wrong(sw, m, "altered data, or sender", f->header);
		return;
	}
	if (!is_new)
		return;
	sw->tally.deliveries++;
	sw->tally.bytes += f->data.n;
	switch (inbox_take(&m->inbox, &label, &posted)) {
	case INBOX_UNKNOWN:
		sw->tally.doubled++;
		complain(sw, m, "came under another id before", f->header);
		return;
	case INBOX_DISORDERED:
		sw->tally.disordered++;
		complain(sw, m, "came after a later one of the same sender",
		    f->header);
		return;
	default:
		if (m->since <= posted)
			spread_add(&sw->tally.lags, sw->now - posted);
	}
}

static void
on_invite(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	if (!receive(sw, m, f))
		return;
	say(m, SPAN(""), "{\"op\":6,\"id\":\"%u\",\"act\":\"join\","
	    "\"gid\":\"sim-group-%u\"}", ++m->request, group_of(sw, m));
	await_ack(sw, m);
}

/* Each of its logins is told to all nodes of a user: to itself, here. */
static void
on_login(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	if (!receive(sw, m, f))
		return;
	if (m->login_notices == 0)
		puppet_wrong(sw, m, "nobody has logged in", f->header);
	else
		m->login_notices--;
}

static void
on_notice(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	(void)receive(sw, m, f);	/* it is to be acked, no more */
}

static void
on_tmtprev(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	if (m->state != STATE_CALLING)
		puppet_wrong(sw, m, "tmtprev came unasked", f->header);
}

static const struct reaction {
	const char *op;
	void (*run)(struct swarm *, struct puppet *,
	    const struct dial_frame *);
} reactions[] = {
	{ "delivery",   on_parcel },
	{ "ping",       on_parcel },
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
react(struct swarm *sw, struct puppet *m, const struct dial_frame *f)
{
	const struct reaction *r = reactions;

	while (r->op != NULL && !span_is(f->op, span_of(r->op)))
		r++;
	if (r->op != NULL)
		r->run(sw, m, f);
	else
		puppet_wrong(sw, m, "unexpected", f->header);
}

void
puppet_serve(struct swarm *sw, struct puppet *m)
{
	struct dial_frame frame;
	const char *over;
	unsigned interest;
	bool moved = true;

	while (moved && m->dial != NULL) {
		moved = false;
		dial_step(m->dial);
		while (m->dial != NULL && dial_next(m->dial, &frame)) {
			moved = true;
			sw->heard = sw->now;
			react(sw, m, &frame);
		}
	}
	if (m->dial == NULL)
		return;
	over = dial_over(m->dial);
	interest = dial_interest(m->dial);
	if (over != NULL) {
		puppet_wrong(sw, m, "lost its link", span_of(over));
		hang_up(sw, m, PAUSE_MIN);
	} else if (interest != m->interest) {
		poller_change(sw->ready, dial_fd(m->dial), interest);
		m->interest = interest;
	}
}

/* When the oldest message that came has to be acked. */
static uint64_t
ack_due(const struct swarm *sw, const struct puppet *m)
{
	uint64_t came = inbox_oldest(&m->inbox);
	bool at_once = sw->tally.phase != SWARM_RUNNING;

	if (came == NEVER ||
	    (m->state != STATE_RESTING && m->state != STATE_ASKING))
		return NEVER;
	return came + (at_once ? 0 : shortened(sw, ACK_PAUSE));
}

uint64_t
puppet_act(struct swarm *sw, struct puppet *m)
{
	bool acted = false;
	char id[ID_TEXT + 1] = "";
	uint64_t ack;

	while (ack_due(sw, m) <= sw->now) {
		encode_hex64(id, inbox_ack(&m->inbox, sw->now));
		say(m, SPAN(""), "{\"op\":%u,\"id\":\"%s\",\"type\":\"ok\"}",
		    numbers[OP_ACK][numbering(m)], id);
		acted = true;
	}
	if (m->due <= sw->now) {
		take_step(sw, m);
		acted = true;
	}
	if (acted && m->dial != NULL)
		puppet_serve(sw, m);
	ack = ack_due(sw, m);
	return ack < m->due ? ack : m->due;
}

void
puppet_leave(struct swarm *sw, struct puppet *m)
{
	step_logout(m);
	puppet_serve(sw, m);
}

void
puppet_free(struct puppet *m)
{
	dial_close(m->dial);
	m->dial = NULL;
	release(m);
	inbox_free(&m->inbox);
}
