#include "client/dialog.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "json.h"

#define PATIENCE    60000	/* ms for an answer, and for a large frame */
#define PULSE_AFTER 60000	/* ms; relays wait 150 s by default */
#define WHY_ROOM    256
#define OUT_MAX     262144	/* bytes of acks that were not sent */

enum dialog_state { GREETING, ENTERING, ONLINE, OVER };

/* What only a client's frames need: requests are numbered by dialog_op. */
enum { OP_TMTPREV, OP_REGISTER, OP_LOGIN, OP_ACK = 10, OP_PULSE, OP_QUIT };

struct dialog {
	enum dialog_numbering numbering;
	enum dialog_state state;
	struct buf out;		/* acks and the like, whole frames */
	size_t out_at;
	struct dialog_request requests[DIALOG_WINDOW];	/* oldest first */
	size_t count;		/* requests without an ack */
	size_t sent;		/* of them: those that were sent whole */
	size_t sent_at;		/* bytes of the next that were sent */
	struct buf in;		/* a frame that is not complete */
	bool used;		/* in held the frame of the last event */
	size_t large;		/* bytes of a large message still to come */
	bool large_ends;	/* its last piece was taken */
	bool expected;		/* an answer, at the last dialog_tick */
	bool cut;		/* a frame was begun and cannot be ended */
	uint64_t heard, spoke;	/* when */
	char why[WHY_ROOM];
};

unsigned
dialog_op_number(enum dialog_numbering numbering, enum dialog_op op)
{
	static const unsigned numbers[][2] = {
		[DIALOG_USEREDIT] = { 3, 3 }, [DIALOG_OHIEDIT] = { 4, 4 },
		[DIALOG_GROUPINVITE] = { 5, 5 }, [DIALOG_GROUPEDIT] = { 6, 6 },
		[DIALOG_POST] = { 7, 7 }, [DIALOG_PING] = { 8, 9 }
	};

	return numbers[op][numbering];
}

struct dialog *
dialog_open(enum dialog_numbering numbering)
{
	struct dialog *d = xzalloc(sizeof(*d));

	d->numbering = numbering;
	d->state = OVER;
	return d;
}

void
dialog_close(struct dialog *d)
{
	if (d == NULL)
		return;
	buf_free(&d->out);
	buf_free(&d->in);
	free(d);
}

/* ---- what is sent ---- */

static struct buf
open_header(unsigned op)
{
	struct buf header = { NULL, 0, 0 };

	json_put_open(&header, '{');
	json_put_uint(&header, "op", op);
	return header;
}

static void
put_header(struct dialog *d, struct buf *header)
{
	json_put_close(header, '}');
	wire_frame(&d->out, buf_span(header), SPAN(""));
	buf_free(header);
}

/* Ops after PostNotify have a number less in the numbering of 2018. */
static unsigned
late_op(const struct dialog *d, unsigned op)
{
	return d->numbering == DIALOG_2018 ? op - 1 : op;
}

static void
begin(struct dialog *d, uint64_t now)
{
	struct buf header = open_header(OP_TMTPREV);

	d->state = GREETING;
	d->out.n = d->out_at = 0;
	d->count = d->sent = d->sent_at = 0;
	d->in.n = d->large = 0;
	d->used = d->large_ends = d->expected = d->cut = false;
	d->heard = d->spoke = now;
	d->why[0] = '\0';
	json_put_string(&header, "id", SPAN("1"));
	put_header(d, &header);
}

void
dialog_login(struct dialog *d, struct span uid, struct span nodeid,
    uint64_t now)
{
	struct buf header = open_header(OP_LOGIN);

	begin(d, now);
	json_put_string(&header, "uid", uid);
	json_put_string(&header, "node", nodeid);
	put_header(d, &header);
}

void
dialog_register(struct dialog *d, struct span label, struct span alias,
    struct span nodeid, uint64_t now)
{
	struct buf header = open_header(OP_REGISTER);

	begin(d, now);
	json_put_string(&header, "newnode", label);
	json_put_string(&header, "newalias", alias);
	json_put_string(&header, "node", nodeid);
	put_header(d, &header);
}

bool
dialog_send(struct dialog *d, const struct dialog_request *request)
{
	if (d->count == DIALOG_WINDOW)
		return false;
	d->requests[d->count++] = *request;
	return true;
}

size_t
dialog_waiting(const struct dialog *d)
{
	return d->count;
}

bool
dialog_is_undecided(const struct dialog *d)
{
	return d->sent > 0;
}

void
dialog_ack(struct dialog *d, struct span id)
{
	struct buf header = open_header(late_op(d, OP_ACK));

	json_put_string(&header, "id", id);
	json_put_string(&header, "type", SPAN("ok"));
	put_header(d, &header);
}

void
dialog_quit(struct dialog *d)
{
	struct buf header;

	if (d->state == OVER)
		return;
	header = open_header(late_op(d, OP_QUIT));
	put_header(d, &header);
}

/* Requests wait until the device is online; they are never interrupted. */
bool
dialog_out(const struct dialog *d, struct span *piece)
{
	const struct dialog_request *next = &d->requests[d->sent];

	if (d->cut)
		return false;
	if (d->sent_at == 0 && d->out_at < d->out.n) {
		*piece = (struct span){ d->out.p + d->out_at,
		    d->out.n - d->out_at };
		return true;
	}
	if (d->state != ONLINE || d->sent == d->count)
		return false;
	*piece = (struct span){ next->frame.p + d->sent_at,
	    next->frame.n - d->sent_at };
	return true;
}

void
dialog_sent(struct dialog *d, size_t n)
{
	if (d->sent_at == 0 && d->out_at < d->out.n) {
		d->out_at += n;
		if (d->out_at == d->out.n)
			d->out_at = d->out.n = 0;
		return;
	}
	d->sent_at += n;
	if (d->sent_at < d->requests[d->sent].frame.n)
		return;
	d->sent++;
	d->sent_at = 0;
}

bool
dialog_progress(const struct dialog *d, uint64_t *sent, uint64_t *total)
{
	if (d->state != ONLINE || d->sent == d->count)
		return false;
	*sent = d->sent_at;
	*total = d->requests[d->sent].frame.n;
	return true;
}

/* ---- what is received ---- */

static enum dialog_event
end(struct dialog *d, const char *why)
{
	d->state = OVER;
	(void)say_why(d->why, sizeof(d->why), "%s", why);
	return DIALOG_OVER;
}

static enum dialog_event
on_quit(struct dialog *d, const struct reply *r)
{
	struct buf text = { NULL, 0, 0 };

	(void)wire_text(r, "error", &text);
	log_clean(text.p, text.n);
	buf_add_byte(&text, '\0');
	(void)end(d, text.p);
	buf_free(&text);
	return DIALOG_OVER;
}

/* A relay refuses a large request by its header alone, when that is there. */
static enum dialog_event
on_ack(struct dialog *d, const struct reply *r)
{
	bool early = d->sent == 0 && d->sent_at > 0 && r->error.n > 0;

	if ((d->sent == 0 && !early) || !span_is(r->id, d->requests[0].id))
		return end(d, "the relay acknowledged what it was not sent");
	d->cut = early;
	if (early)
		d->sent_at = 0;
	else
		d->sent--;
	d->count--;
	memmove(d->requests, d->requests + 1,
	    d->count * sizeof(d->requests[0]));
	return DIALOG_ACK;
}

static enum dialog_event
on_frame(struct dialog *d, const struct reply *r)
{
	if (span_is(r->op, SPAN("quit")))
		return on_quit(d, r);
	if (!wire_is_intact(r))
		return end(d, "a message's checksum is wrong");
	if (d->state == GREETING && span_is(r->op, SPAN("tmtprev"))) {
		d->state = ENTERING;
		return DIALOG_GREETED;
	}
	if (d->state == ENTERING && span_is(r->op, SPAN("registered")))
		return DIALOG_REGISTERED;
	if (d->state == ENTERING && span_is(r->op, SPAN("info"))) {
		d->state = ONLINE;
		return DIALOG_ONLINE;
	}
	if (d->state != ONLINE)
		return end(d, "the relay's answer makes no sense");
	if (span_is(r->op, SPAN("ack")))
		return on_ack(d, r);
	if (span_is(r->op, SPAN("ohi")))
		return DIALOG_PRESENCE;
	return wire_is_message(r) ? DIALOG_MESSAGE : DIALOG_MORE;
}

static enum dialog_event
next_piece(struct dialog *d, struct span *bytes, struct reply *r)
{
	*r = (struct reply){ .data = *bytes };
	if (r->data.n > d->large)
		r->data.n = d->large;
	bytes->p += r->data.n;
	bytes->n -= r->data.n;
	d->large -= r->data.n;
	d->large_ends = d->large == 0;
	return DIALOG_PIECE;
}

static void
take(struct dialog *d, struct span *bytes, size_t n)
{
	buf_add(&d->in, (struct span){ bytes->p, n });
	bytes->p += n;
	bytes->n -= n;
}

/* Begin a large message: what came with its header is its first piece. */
static enum dialog_event
begin_large(struct dialog *d, struct reply *r)
{
	if (d->state != ONLINE || !wire_is_message(r) || !wire_is_intact(r))
		return end(d, "the relay's answer makes no sense");
	d->large = r->data.n;
	d->used = true;
	return DIALOG_LARGE;
}

/*
 * Read the frame that bytes begin with, which is not copied if it is complete.
 */
static enum dialog_event
read_direct(struct dialog *d, struct span *bytes, struct reply *r)
{
	enum wire_result result = wire_read(r, *bytes);

	if (result == WIRE_INVALID)
		return end(d, "the relay sent an invalid frame");
	if (result == WIRE_PART || r->data.n > DIALOG_WHOLE) {
		/* The header alone decides what is next. */
		if (bytes->n > 0)
			take(d, bytes, bytes->n < 4 ? bytes->n : 4);
		return DIALOG_MORE;
	}
	bytes->p += r->bytes;
	bytes->n -= r->bytes;
	return on_frame(d, r);
}

/* Go on with the frame that d->in begins. */
static enum dialog_event
read_collected(struct dialog *d, struct span *bytes, struct reply *r)
{
	enum wire_result result;
	size_t missing;

	for (;;) {
		result = wire_head(r, buf_span(&d->in));
		if (result == WIRE_FRAME && r->data.n > DIALOG_WHOLE)
			return begin_large(d, r);
		if (result == WIRE_FRAME)
			result = wire_read(r, buf_span(&d->in));
		if (result == WIRE_INVALID)
			return end(d, "the relay sent an invalid frame");
		if (result == WIRE_FRAME) {
			d->used = true;
			return on_frame(d, r);
		}
		missing = r->bytes - d->in.n;
		if (bytes->n == 0)
			return DIALOG_MORE;
		take(d, bytes, missing < bytes->n ? missing : bytes->n);
	}
}

enum dialog_event
dialog_read(struct dialog *d, struct span *bytes, struct reply *r,
    uint64_t now)
{
	enum dialog_event event;

	if (bytes->n > 0)
		d->heard = now;
	if (d->state != OVER && d->out.n - d->out_at > OUT_MAX)
		return end(d, "the relay does not read");
	if (d->used)
		d->in.n = 0;
	d->used = false;
	do {
		if (d->state == OVER)
			return DIALOG_MORE;
		if (d->cut)
			return end(d, "a request was refused before all of it "
			    "was sent");
		if (d->large_ends) {
			d->large_ends = false;
			return DIALOG_LARGE_END;
		}
		if (bytes->n == 0)
			return DIALOG_MORE;
		if (d->large > 0)
			return next_piece(d, bytes, r);
		event = d->in.n == 0 ? read_direct(d, bytes, r) :
		    read_collected(d, bytes, r);
		if (event == DIALOG_MORE && d->used) {
			d->in.n = 0;
			d->used = false;
		}
	} while (event == DIALOG_MORE);
	return event;
}

/* ---- time ---- */

/* The relay owes an answer. */
static bool
expects(const struct dialog *d)
{
	return d->state == GREETING || d->state == ENTERING || d->sent > 0 ||
	    d->in.n > 0 || d->large > 0;
}

bool
dialog_tick(struct dialog *d, uint64_t now)
{
	struct buf header;

	if (d->state == OVER)
		return true;
	if (!expects(d) || !d->expected)
		d->heard = now;
	d->expected = expects(d);
	if (now >= d->heard + PATIENCE) {
		(void)end(d, "the relay does not answer");
		return false;
	}
	if (d->out.n > 0 || d->sent_at > 0)
		d->spoke = now;
	if (d->state == ONLINE && now >= d->spoke + PULSE_AFTER) {
		header = open_header(late_op(d, OP_PULSE));
		put_header(d, &header);
		d->spoke = now;
	}
	return true;
}

uint64_t
dialog_deadline(const struct dialog *d)
{
	uint64_t pulse = d->spoke + PULSE_AFTER;

	if (d->state == OVER)
		return UINT64_MAX;
	if (expects(d) && !d->expected)
		return 0;
	if (expects(d) && d->heard + PATIENCE < pulse)
		return d->heard + PATIENCE;
	return pulse;
}

bool
dialog_is_online(const struct dialog *d)
{
	return d->state == ONLINE;
}

const char *
dialog_why(const struct dialog *d)
{
	return d->why;
}
