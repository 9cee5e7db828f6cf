#include "tmtp/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/session.h"
#include "tmtp/wake.h"
#include "userdb.h"

/* Milliseconds after which a message is sent again. */
#define ACK_TIME 30000

/* Milliseconds in which a client acks that keeps pace. */
#define PACE 1000

/* Bytes of a message that a quit waits for: a head and small data. */
#define REST_MAX ((uint64_t)128 << 10)

struct queue *
outbox_queue(struct relay *relay, struct node *node)
{
	if (node->queue == NULL)
		node->queue = store_queue(relay->data->store,
		    &node->user->uid, node->ref);
	return node->queue;
}

static unsigned
window_max(const struct session *s)
{
	return s->relay->conf->window_max;
}

static void
reset_window(struct session *s)
{
	s->window = s->relay->conf->window;
	if (s->window > window_max(s))
		s->window = window_max(s);
}

void
outbox_begin(struct session *s)
{
	(void)outbox_queue(s->relay, s->node);	/* it has one from now on */
	reset_window(s);
}

static struct inflight *
find_inflight(const struct session *s, uint64_t id)
{
	size_t i;

	for (i = 0; i < s->inflight_count; i++) {
		if (s->inflight[i].id == id)
			return &s->inflight[i];
	}
	return NULL;
}

static void
remove_inflight(struct session *s, struct inflight *f)
{
	size_t i = (size_t)(f - s->inflight);

	s->inflight_count--;
	memmove(f, f + 1, (s->inflight_count - i) * sizeof(*f));
	if (s->inflight_count > 0)
		return;
	free(s->inflight);	/* idle sessions are many */
	s->inflight = NULL;
}

/* The message is acked: how fast was that? */
static void
adapt_window(struct session *s, const struct inflight *f, struct now now)
{
	if (now.mono - f->sent > PACE)
		reset_window(s);
	else if (s->window_was_full && s->window < window_max(s))
		s->window++;
}

static void
drop_acked(struct session *s, struct inflight *f)
{
	store_ack(s->relay->data->store, s->node->queue, f->id);
	wake_acked(s->node, f->id);
	remove_inflight(s, f);
}

bool
outbox_has_begun(const struct session *s, uint64_t id)
{
	return s->sending.id == id || find_inflight(s, id) != NULL;
}

void
outbox_ack(struct session *s, uint64_t id, struct now now)
{
	struct inflight *f = find_inflight(s, id);

	if (f == NULL)
		return;
	if (s->sending.id == id) {
		f->acked = true;	/* the rest of it is still needed */
		return;
	}
	adapt_window(s, f, now);
	drop_acked(s, f);
	if (s->window_was_full)	/* else nothing waits for the ack */
		session_mark(s);
}

/* Nearly always its id is the highest. */
static struct inflight *
add_inflight(struct session *s, uint64_t id)
{
	struct inflight *f;

	s->inflight = xgrow(s->inflight, s->inflight_count, sizeof(*f));
	f = &s->inflight[s->inflight_count++];
	for (; f > s->inflight && f[-1].id > id; f--)
		f[0] = f[-1];
	*f = (struct inflight){ .id = id };
	return f;
}

/* The message's last byte has left. */
static void
finish_sending(struct session *s, struct now now)
{
	struct inflight *f = find_inflight(s, s->sending.id);

	if (f == NULL) {
		f = add_inflight(s, s->sending.id);
		s->last = f->id;
	}
	f->sent = now.mono;
	f->resend = false;
	/* When not even an ack can be stored, it is sent once more. */
	if (f->acked && datadir_state(s->relay->data) != DATADIR_WAIT)
		drop_acked(s, f);
	s->sending.id = 0;
}

/* The message cannot be sent: go on with the next one. */
static void
skip_sending(struct session *s)
{
	struct inflight *f = find_inflight(s, s->sending.id);

	if (f != NULL)
		remove_inflight(s, f);
	else
		s->last = s->sending.id;
	s->sending.id = 0;
}

/*
 * Read bytes of the message being sent.  If they cannot be read, none of this
 * call's count.  EBADMSG means that the store has moved the message away: if
 * nothing of it has left, it is skipped.
 */
static size_t
read_some(struct session *s, char *dst, size_t room)
{
	uint64_t begin = s->sending.offset;
	size_t n = 0;
	ssize_t got;

	while (n < room && s->sending.offset < s->sending.length) {
		got = store_read(s->relay->data->store, s->node->queue,
		    s->sending.id, s->sending.offset, dst + n, room - n);
		if (got == -1) {
			s->sending.offset = begin;
			if (errno == EBADMSG && begin == 0)
				skip_sending(s);
			else
				session_cut(s, SPAN("a message cannot be "
				    "read"));
			return 0;
		}
		n += (size_t)got;
		s->sending.offset += (uint64_t)got;
	}
	return n;
}

/* Put bytes that may leave now before all replies. */
static void
put_first(struct session *s, struct buf *first)
{
	s->ready += first->n;
	buf_add(first, buf_span(&s->out));
	buf_free(&s->out);
	s->out = *first;
}

/* Only a short message is sealed: it is opened, and goes with the replies. */
static void
send_whole(struct session *s, struct now now)
{
	size_t length = (size_t)s->sending.length;
	struct buf frame = { NULL, 0, 0 };

	s->sending.offset = 0;
	frame.n = read_some(s, buf_room(&frame, length), length);
	if (frame.n == 0) {
		buf_free(&frame);
		return;
	}
	seal_open(s->key, s->sending.id, &frame);
	finish_sending(s, now);
	put_first(s, &frame);
}

/* Whether what was read of a message shows that it may be sealed. */
static bool
may_be_sealed(const struct session *s, struct span begin)
{
	return s->sending.length <= SEAL_FRAME_MAX &&
	    (begin.n < s->sending.length || seal_is_in(begin));
}

/* Write bytes of the message being sent. */
static size_t
send_some(struct session *s, char *dst, size_t room, struct now now)
{
	bool begins = s->sending.offset == 0;
	size_t n = read_some(s, dst, room);

	if (n > 0 && begins && may_be_sealed(s, (struct span){ dst, n })) {
		send_whole(s, now);
		return 0;
	}
	if (n > 0 && s->sending.offset == s->sending.length)
		finish_sending(s, now);
	return n;
}

/* One that is being sent is in flight from now on: it is not sent twice. */
void
outbox_go_back(struct session *s, uint64_t id, struct now now)
{
	if (s->sending.id != 0 && find_inflight(s, s->sending.id) == NULL)
		add_inflight(s, s->sending.id)->sent = now.mono;
	if (s->last >= id)
		s->last = id - 1;
	session_mark(s);
}

/* Whether the message is not to be sent now, or was sent already. */
static bool
is_passed_over(struct session *s, uint64_t id)
{
	const struct cork *cork = s->node->user->cork;

	if (cork != NULL && roster_is_held(cork, id))
		return true;
	return s->inflight_count > 0 &&
	    s->inflight[s->inflight_count - 1].id >= id &&
	    find_inflight(s, id) != NULL;
}

/*
 * Choose what to send next: a message whose ack is overdue, or else the first
 * of the queue that was not sent yet, if the window has room for it.
 */
static bool
choose(struct session *s)
{
	uint64_t after = s->last, id, length;
	bool resend = false;
	size_t i;
	int found;

	for (i = 0; i < s->inflight_count && !resend; i++) {
		resend = s->inflight[i].resend;
		if (resend)
			after = s->inflight[i].id - 1;
	}
	if (!resend && s->inflight_count >= s->window) {
		s->window_was_full = true;
		return false;
	}
	found = store_next(s->relay->data->store, s->node->queue, after, &id,
	    &length);
	while (!resend && found == 1 && is_passed_over(s, id)) {
		s->last = id;
		found = store_next(s->relay->data->store, s->node->queue, id,
		    &id, &length);
	}
	if (found == -1) {
		session_cut(s, SPAN("the queue cannot be read"));
		return false;
	}
	if (resend && (found == 0 || id != after + 1)) {
		remove_inflight(s, find_inflight(s, after + 1));
		return choose(s);
	}
	if (found == 0) {
		s->window_was_full = false;
		return false;
	}
	s->sending.id = id;
	s->sending.length = length;
	s->sending.offset = 0;
	return true;
}

size_t
outbox_continue(struct session *s, char *dst, size_t room, struct now now)
{
	return s->sending.id != 0 ? send_some(s, dst, room, now) : 0;
}

/* Choose a message to send now. */
static bool
begin_message(struct session *s)
{
	return s->phase == PHASE_OPEN && !s->info_waits && s->ready == 0 &&
	    choose(s);
}

/* What was chosen is sent now if it fits, or else later. */
static bool
keep_if(struct session *s, bool fits)
{
	if (!fits)
		s->sending.id = 0;
	return fits;
}

size_t
outbox_send(struct session *s, char *dst, size_t room, size_t used,
    struct now now)
{
	size_t n = used;

	while (n < room && begin_message(s) &&
	    keep_if(s, s->sending.length <= room - n ||
	    s->sending.length > room)) {
		n += send_some(s, dst + n, room - n, now);
		if (s->sending.id != 0)
			break;
	}
	return n - used;
}

size_t
outbox_send_one(struct session *s, char *dst, size_t room, size_t longest,
    struct now now)
{
	size_t n = 0;

	while (n == 0 && begin_message(s) &&
	    keep_if(s, s->sending.length <= longest)) {
		n = send_some(s, dst, room, now);
		if (s->sending.id != 0)
			break;
	}
	return n;
}

/* Put the rest of the message that is being sent before all replies. */
static void
finish_message(struct session *s)
{
	size_t rest = (size_t)(s->sending.length - s->sending.offset);
	struct buf first = { NULL, 0, 0 };
	ssize_t got;

	(void)buf_room(&first, rest);
	while (first.n < rest) {
		got = store_read(s->relay->data->store, s->node->queue,
		    s->sending.id, s->sending.offset + first.n,
		    first.p + first.n, rest - first.n);
		if (got == -1) {
			buf_free(&first);
			return;
		}
		first.n += (size_t)got;
	}
	put_first(s, &first);
	s->sending.id = 0;
}

void
outbox_end(struct session *s, struct span why)
{
	if (s->phase == PHASE_OPEN && s->sending.id != 0 &&
	    s->sending.length - s->sending.offset <= REST_MAX)
		finish_message(s);
	session_end(s, why);
}

uint64_t
outbox_deadline(const struct session *s)
{
	uint64_t first = UINT64_MAX;
	size_t i;

	for (i = 0; i < s->inflight_count; i++) {
		if (!s->inflight[i].resend &&
		    s->inflight[i].sent + ACK_TIME < first)
			first = s->inflight[i].sent + ACK_TIME;
	}
	return first;
}

void
outbox_expire(struct session *s, struct now now)
{
	size_t i;

	for (i = 0; i < s->inflight_count; i++) {
		if (s->inflight[i].sent + ACK_TIME <= now.mono)
			s->inflight[i].resend = true;
	}
	session_mark(s);
}
