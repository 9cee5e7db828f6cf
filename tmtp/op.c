#include "tmtp/op.h"

#include "base/utf8.h"
#include "conf.h"
#include "datadir.h"
#include "tmtp/group.h"
#include "tmtp/login.h"
#include "tmtp/moderate.h"
#include "tmtp/outbox.h"
#include "tmtp/ping.h"
#include "tmtp/post.h"
#include "tmtp/presence.h"
#include "tmtp/register.h"
#include "tmtp/request.h"
#include "tmtp/retry.h"
#include "tmtp/route.h"
#include "tmtp/session.h"
#include "tmtp/useredit.h"

/* A ping or invitation: 140 UTF-16 units, of at most 3 bytes each. */
#define TEXT_UNITS_MAX  140
#define TEXT_BYTES_MAX 420

/*
 * The seed numbers the ops in one way, the clients released in 2020 in
 * another.  Only this file knows about it.
 */
enum numbering { NUMBERING_2018, NUMBERING_2020, NUMBERING_UNDECIDED };

/*
 * Bytes that a request's id may take in its ack, escapes included: the rest
 * of the header is the ack's own.
 */
#define ACK_ID_MAX (HEADER_MAX - 2048)

/* No number: one that no header can hold. */
#define NONE UINT64_MAX

/* What may follow the header. */
enum takes {
	TAKES_NONE,
	TAKES_TEXT,		/* a few characters */
	TAKES_BODY,		/* up to message_max bytes */
	TAKES_NOTED		/* the same; the first notelen are a note */
};

/* Traits of an op. */
#define ACKED  1u		/* answered by an ack, refused or not */
#define STORES 2u		/* refused while the disk is full */
#define SENDS  4u		/* to others; not for receive-only accounts */
#define ONCE   8u		/* not done when it is sent again; what OhiEdit
				   does ends with its connection */

static bool
op_ack(struct request *rq)
{
	uint64_t id;

	if (decode_hex64(&id, rq->h.id))
		outbox_ack(rq->session, id, rq->now);
	return true;
}

/* It has shown that the client is alive. */
static bool
op_pulse(struct request *rq)
{
	(void)rq;
	return true;
}

static bool
op_quit(struct request *rq)
{
	login_end(rq->session, SPAN("logout ok"));
	return true;
}

/*
 * What each op needs before its handler may run.  To add an op, add a row and
 * a handler: this is the only place that lists them.
 */
static const struct op {
	const char *name;
	uint64_t number[2];	/* in the numberings of 2018 and 2020 */
	enum phase phase;	/* the only phase it is allowed in */
	enum takes takes;
	unsigned traits;
	unsigned needs;		/* header fields, a set of F_... */
	bool (*run)(struct request *);		/* false: refused */
	bool (*prepare)(struct request *);	/* the same, before data */
	unsigned needs_2020;	/* more fields, in that numbering */
	unsigned shows_2020;	/* fields that only it has */
} ops[] = {
	{ "TmtpRev",     {    0, 0 }, PHASE_START,   TAKES_NONE,  0,
	  .needs = F_ID, .run = op_tmtprev },
	{ "Register",    {    1, 1 }, PHASE_GREETED, TAKES_NONE,  STORES,
	  .needs = F_NEWNODE, .run = op_register },
	{ "Login",       {    2, 2 }, PHASE_GREETED, TAKES_NONE,  0,
	  .needs = F_UID | F_NODE, .run = op_login },
	{ "UserEdit",    {    3, 3 }, PHASE_OPEN,    TAKES_NONE,
	  ACKED | STORES | ONCE,
	  .needs = F_ID, .run = op_useredit },
	{ "OhiEdit",     {    4, 4 }, PHASE_OPEN,    TAKES_NONE,  ACKED,
	  .needs = F_ID | F_FOR, .run = op_ohiedit },
	{ "GroupInvite", {    5, 5 }, PHASE_OPEN,    TAKES_TEXT,
	  ACKED | STORES | SENDS | ONCE,
	  .needs = F_ID | F_GID | F_FROM | F_TO | F_DATALEN,
	  .run = op_groupinvite },
	{ "GroupEdit",   {    6, 6 }, PHASE_OPEN,    TAKES_NONE,
	  ACKED | STORES | ONCE,
	  .needs = F_ID | F_GID | F_ACT, .run = op_groupedit },
	{ "Post",        {    7, 7 }, PHASE_OPEN,    TAKES_BODY,
	  ACKED | STORES | SENDS | ONCE,
	  .needs = F_ID | F_FOR | F_DATALEN,
	  .run = op_post, .prepare = post_prepare },
	{ "PostNotify",  { NONE, 8 }, PHASE_OPEN,    TAKES_NOTED,
	  ACKED | STORES | SENDS | ONCE,
	  .needs = F_ID | F_FOR | F_NOTELEN | F_DATALEN,
	  .run = op_postnotify, .prepare = post_prepare_notify,
	  .shows_2020 = F_NOTELEN },
	{ "Ping",        {    8, 9 }, PHASE_OPEN,    TAKES_TEXT,
	  ACKED | STORES | SENDS | ONCE,
	  .needs = F_ID | F_TO | F_DATALEN, .run = op_ping,
	  .needs_2020 = F_FROM, .shows_2020 = F_TO },
	{ "Ack",         {   9, 10 }, PHASE_OPEN,    TAKES_NONE,  0,
	  .needs = F_ID | F_TYPE, .run = op_ack,
	  .shows_2020 = F_ID },
	{ "Pulse",       {  10, 11 }, PHASE_OPEN,    TAKES_NONE,  0,
	  .needs = 0, .run = op_pulse },
	{ "Quit",        {  11, 12 }, PHASE_OPEN,    TAKES_NONE,  0,
	  .needs = 0, .run = op_quit }
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

static const struct op *
op_of_number(enum numbering numbering, uint64_t number)
{
	size_t i;

	for (i = 0; i < OPS; i++) {
		if (ops[i].number[numbering] == number)
			return &ops[i];
	}
	return NULL;
}

/*
 * Whether a header can only be meant in the numbering of 2020: its number,
 * fields or type exist only there.
 */
static bool
is_meant_2020(const struct header *h, const struct op *in_2018,
    const struct op *in_2020)
{
	if (in_2020 == NULL)
		return false;
	if (in_2020->shows_2020 != 0)
		return (h->has & in_2020->shows_2020) == in_2020->shows_2020;
	return in_2018 == NULL || (in_2020->run == op_ohiedit &&
	    span_is(h->type, SPAN("init")));
}

/*
 * The op that a request's number means; NULL, and why, if there is none.  The
 * first op that fits only one numbering decides which one the session speaks.
 */
static const struct op *
find_op(struct request *rq)
{
	uint64_t number = rq->h.op.value;
	const struct op *in_2018 = op_of_number(NUMBERING_2018, number);
	const struct op *in_2020 = op_of_number(NUMBERING_2020, number);
	bool meant_2020 = is_meant_2020(&rq->h, in_2018, in_2020);
	unsigned *numbering = &rq->session->numbering;

	if (*numbering == NUMBERING_UNDECIDED && meant_2020)
		*numbering = NUMBERING_2020;
	if (*numbering == NUMBERING_UNDECIDED && in_2018 != in_2020)
		*numbering = NUMBERING_2018;
	if (*numbering == NUMBERING_2018 && meant_2020) {
		(void)request_refuse(rq, "this request uses the ops' 2020 "
		    "numbering, but this connection uses that of 2018",
		    SPAN(""));
		return NULL;
	}
	rq->by_2020 = *numbering == NUMBERING_2020;
	if (!rq->by_2020)
		in_2020 = in_2018;
	if (in_2020 == NULL)
		(void)request_refuse(rq, "there is no op with this number",
		    SPAN(""));
	return in_2020;
}

/* Whether a header of four digits has room for the ack of this request. */
static bool
can_be_acked(struct request *rq)
{
	struct buf *scratch = &rq->why;
	size_t n;

	scratch->n = 0;
	json_put_string(scratch, "id", rq->h.id);
	n = scratch->n;
	scratch->n = 0;
	return n <= ACK_ID_MAX;
}

/* Bytes of data after the note. */
static uint64_t
body_length(const struct op *op, const struct header *h)
{
	return h->datalen.value -
	    (op->takes == TAKES_NOTED ? h->notelen.value : 0);
}

/* Whether the op is allowed now, with these fields; if not, why says why. */
static bool
check_header(struct request *rq, const struct op *op)
{
	static const char *const expected[] = {
		[PHASE_START] = "TmtpRev must come first",
		[PHASE_GREETED] = "Register or Login must come next",
		[PHASE_OPEN] = "already logged in"
	};
	const struct header *h = &rq->h;
	struct buf *why = &rq->why;
	unsigned missing = op->needs;

	if (rq->by_2020)
		missing |= op->needs_2020;
	missing &= ~h->has;
	why->n = 0;
	if (rq->session->phase != op->phase)
		buf_addf(why, "%s is not allowed now: %s", op->name,
		    expected[rq->session->phase]);
	else if (missing != 0)
		buf_addf(why, "%s (op %lu) needs %s", op->name,
		    (unsigned long)h->op.value, header_field_name(missing));
	else if (op->takes == TAKES_NONE && h->datalen.value > 0)
		buf_addf(why, "%s takes no data", op->name);
	else if (h->notelen.value > h->datalen.value ||
	    h->datahead.value > body_length(op, h))
		buf_addf(why, "%s has parts larger than datalen", op->name);
	else if (h->notehead.value > h->notelen.value)
		buf_addf(why, "%s has a notehead larger than notelen",
		    op->name);
	else if (op->traits & ACKED && !can_be_acked(rq))
		buf_addf(why, "%s has an id that is too long", op->name);
	return why->n == 0;
}

static bool
check_text(struct request *rq, const struct op *op)
{
	struct span text = rq->body->small;

	if (op->takes != TAKES_TEXT)
		return true;
	if (!utf8_is_valid(text.p, text.n))
		return request_refuse(rq, "the text is not valid UTF-8",
		    SPAN(""));
	if (utf8_utf16_units(text.p, text.n) > TEXT_UNITS_MAX)
		return request_refuse(rq, "the text has more than 140 "
		    "characters", SPAN(""));
	return true;
}

/*
 * On a full disk only what frees space is accepted: the journal cannot be
 * emptied then, and when it is full as well, not even acks are.
 */
static bool
check_room(struct request *rq, const struct op *op)
{
	bool drops = op->run == op_useredit &&
	    (rq->h.has & (F_DROPNODE | F_DROPALIAS)) != 0;

	return !(op->traits & STORES) || drops || route_has_room(rq);
}

/* The seed promises accounts that may receive but not send. */
static bool
check_rights(struct request *rq, const struct op *op)
{
	if (!(op->traits & SENDS) ||
	    !(rq->session->node->user->flags & USER_RECEIVE_ONLY))
		return true;
	return request_refuse(rq, "this account may receive but not send",
	    SPAN(""));
}

static void
send_ack(struct request *rq, struct span error)
{
	struct buf *out = &rq->session->out;
	char msgid[ID_TEXT], posted[CLOCK_TEXT];
	size_t start;

	if (rq->msgid != 0)
		session_wait(rq->session);
	encode_hex64(msgid, rq->msgid);
	clock_text(posted, rq->posted);
	start = header_open(out);
	if (error.n > 0)
		json_put_string(out, "error", error);
	json_put_string(out, "id", rq->h.id);
	json_put_string(out, "msgid", (struct span){ msgid,
	    rq->msgid != 0 ? ID_TEXT : 0 });
	json_put_string(out, "op", SPAN("ack"));
	json_put_string(out, "posted", (struct span){ posted,
	    rq->msgid != 0 ? CLOCK_TEXT : 0 });
	session_send(rq->session, start);
}

void
op_begin(struct session *s)
{
	static const enum numbering numberings[] = {
		[CONF_OPS_AUTO] = NUMBERING_UNDECIDED,
		[CONF_OPS_2018] = NUMBERING_2018,
		[CONF_OPS_2020] = NUMBERING_2020
	};

	s->numbering = numberings[s->relay->conf->ops];
}

const struct op *
op_find(struct request *rq)
{
	const struct op *op = find_op(rq);

	return op != NULL && check_header(rq, op) ? op : NULL;
}

bool
op_takes(const struct op *op, struct request *rq,
    uint64_t lengths[UPLOAD_PARTS])
{
	uint64_t length = rq->h.datalen.value, max = op->takes == TAKES_TEXT ?
	    TEXT_BYTES_MAX : rq->relay->conf->message_max;
	struct buf *why = &rq->why;

	lengths[OP_NOTE] = op->takes == TAKES_NOTED ? rq->h.notelen.value : 0;
	lengths[OP_BODY] = body_length(op, &rq->h);
	why->n = 0;
	if (length > max)
		buf_addf(why, "datalen is %llu, but at most %llu is allowed",
		    (unsigned long long)length, (unsigned long long)max);
	return length <= max;
}

static bool
prepare(const struct op *op, struct request *rq)
{
	return check_rights(rq, op) && check_room(rq, op) &&
	    (op->prepare == NULL || op->prepare(rq));
}

bool
op_may_run(const struct op *op, struct request *rq)
{
	return prepare(op, rq) ||
	    (op->traits & ONCE && retry_may_be_done(rq, op->name));
}

/* A node that drops itself will not ask again. */
static bool
run(const struct op *op, struct request *rq)
{
	if (op->traits & ONCE && retry_is_done(rq, op->name))
		return true;
	if (!check_text(rq, op) || !prepare(op, rq) || !op->run(rq))
		return false;
	if (op->traits & ONCE && rq->msgid != 0 && !rq->leaves)
		retry_remember(rq);
	return true;
}

void
op_run(const struct op *op, struct request *rq)
{
	if (!run(op, rq)) {
		if (!rq->session->stalled)
			op_refuse(op, rq);
	} else if (op->traits & ACKED) {
		send_ack(rq, SPAN(""));
		if (rq->leaves)
			useredit_drop_node(rq->relay, rq->session->node,
			    SPAN(USEREDIT_DROPPED));
	}
}

void
op_refuse(const struct op *op, struct request *rq)
{
	rq->msgid = 0;
	moderate_forget(rq->session);
	if (op->traits & ACKED)
		send_ack(rq, buf_span(&rq->why));
	else
		login_end(rq->session, buf_span(&rq->why));
}
