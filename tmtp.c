#include "tmtp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/auth.h"
#include "tmtp/expire.h"
#include "tmtp/hold.h"
#include "tmtp/login.h"
#include "tmtp/moderate.h"
#include "tmtp/op.h"
#include "tmtp/outbox.h"
#include "tmtp/presence.h"
#include "tmtp/register.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "tmtp/useredit.h"
#include "tmtp/wake.h"

/* The longest header that we keep for a stranger, before login. */
#define STRANGER_HEADER_MAX 4096
#define STRANGER_TOKEN_MAX  16384	/* the same if it may hold a token */

/*
 * Posts whose large data may arrive at once.  Each keeps two files open at
 * most, and for long if its client is slow.
 */
#define UPLOADS_MAX 100
#define UPLOADS_OF_USER_MAX (UPLOADS_MAX / 4)	/* so that others get some */

/*
 * When all places are taken, one that brings fewer bytes a second than this
 * loses its own, once it has had so many milliseconds.
 */
#define UPLOAD_SLOW  4096
#define UPLOAD_GRACE 20000

/* Bytes of unread replies after which no more requests are read. */
#define REPLIES_MAX ((size_t)64 << 10)

/* Read the header of a request.  NULL if that has ended the session. */
static const struct op *
read_header(struct request *rq, struct session *s, struct span header,
    struct now now)
{
	const struct op *op;
	struct span json = { header.p + HEADER_DIGITS,
	    header.n - HEADER_DIGITS };

	request_begin(rq, s, json, now);
	if (!header_read(&rq->h, json, &rq->text)) {
		login_end(s, SPAN("invalid header"));
		return NULL;
	}
	op = op_find(rq);
	if (op == NULL)
		login_end(s, buf_span(&rq->why));
	return op;
}

/*
 * The length of a frame's digits and header.  0 if they are not all here, and
 * then want says how many bytes there must be, or if the session has ended.
 */
static size_t
measure_header(struct session *s, struct span bytes)
{
	long length, max = s->phase == PHASE_OPEN ? HEADER_MAX :
	    s->relay->conf->auth > 0 ? STRANGER_TOKEN_MAX :
	    STRANGER_HEADER_MAX;

	s->want = HEADER_DIGITS;
	if (bytes.n < s->want)
		return 0;
	length = header_parse_length(bytes.p);
	if (length < HEADER_MIN || length > max) {
		login_end(s, length == -1 ? SPAN("a frame does not begin "
		    "with four hexadecimal digits") : SPAN("the header is "
		    "too short or too long"));
		return 0;
	}
	s->want += (size_t)length;
	return bytes.n < s->want ? 0 : s->want;
}

static bool
must_wait(struct session *s)
{
	if (datadir_state(s->relay->data) == DATADIR_WAIT)
		s->stalled = true;
	return s->stalled;
}

/* Refuse a request before its data is here. */
static void
refuse_early(struct request *rq, const struct op *op)
{
	op_refuse(op, rq);
	rq->session->skip = rq->h.datalen.value;
}

/* All of a request is here: run it.  False if it has to wait. */
static bool
run_small(struct request *rq, const struct op *op,
    const uint64_t lengths[UPLOAD_PARTS], const char *data)
{
	size_t note = (size_t)lengths[OP_NOTE], body = (size_t)lengths[OP_BODY];
	struct part parts[UPLOAD_PARTS] = {
		[OP_NOTE] = { .length = note, .small = { data, note } },
		[OP_BODY] = { .length = body, .small = { data + note, body } }
	};

	if (must_wait(rq->session))
		return false;
	rq->note = &parts[OP_NOTE];
	rq->body = &parts[OP_BODY];
	op_run(op, rq);
	return !rq->session->stalled;
}

/* A session's upload.  Idle sessions have none, so it is not in them. */
struct uploading {
	struct session *session;
	struct user *user;	/* even when the session's node is NULL */
	uint64_t began;		/* now.mono */
	uint64_t bytes;		/* that have arrived */
};

/* The session has one. */
static struct uploading *
find_uploading(const struct session *s)
{
	struct uploading *up = s->relay->uploads;

	while (up->session != s)
		up++;
	return up;
}

static void
end_upload(struct session *s)
{
	struct uploading *up;

	if (s->upload == NULL)
		return;
	upload_close(s->upload);
	s->upload = NULL;
	up = find_uploading(s);
	up->user->uploads--;
	*up = s->relay->uploads[--s->relay->upload_count];
}

/* The slowest upload that is too slow to keep its place, or NULL. */
static struct session *
find_slowest(const struct relay *relay, struct now now)
{
	const struct uploading *up = relay->uploads;
	struct session *slowest = NULL;
	uint64_t age, rate, least = UPLOAD_SLOW;

	for (; up < relay->uploads + relay->upload_count; up++) {
		age = now.mono - up->began;
		if (age < UPLOAD_GRACE || upload_is_whole(up->session->upload))
			continue;
		rate = up->bytes * 1000 / age;
		if (rate < least) {
			least = rate;
			slowest = up->session;
		}
	}
	return slowest;
}

/* When all places are taken, the slowest gives way. */
static void
make_place(struct relay *relay, struct now now)
{
	struct session *slowest;

	if (relay->upload_count < UPLOADS_MAX)
		return;
	slowest = find_slowest(relay, now);
	if (slowest == NULL)
		return;
	end_upload(slowest);
	session_end(slowest, SPAN("your large message arrives too slowly, and "
	    "others wait for its place"));
}

static bool
may_upload(struct request *rq)
{
	bool may = rq->session->node->user->uploads < UPLOADS_OF_USER_MAX;

	if (may)
		make_place(rq->relay, rq->now);
	return (may && rq->relay->upload_count < UPLOADS_MAX) ||
	    request_refuse(rq, "too many large messages are being sent: "
	    "try again later", SPAN(""));
}

/* Store large data while it arrives, unless the request is refused. */
static bool
begin_upload(struct request *rq, const struct op *op, struct span header,
    const uint64_t lengths[UPLOAD_PARTS])
{
	struct user *user = rq->session->node->user;

	if (must_wait(rq->session))
		return false;
	if (!op_may_run(op, rq) || !may_upload(rq)) {
		refuse_early(rq, op);
		return true;
	}
	rq->session->upload = upload_open(store_uploads(rq->relay->data->store),
	    header, lengths);
	user->uploads++;
	rq->relay->uploads[rq->relay->upload_count++] = (struct uploading){
		.session = rq->session,
		.user = user,
		.began = rq->now.mono
	};
	return true;
}

/*
 * Run the request at the beginning of bytes, without copying it.  Returns how
 * many of them are used; 0 if it needs more (see want), if it has to wait or
 * if the session has ended.
 */
static size_t
run_frame(struct session *s, struct span bytes, struct now now)
{
	uint64_t lengths[UPLOAD_PARTS];
	struct span header = { bytes.p, measure_header(s, bytes) };
	struct request *rq = s->relay->request;
	const struct op *op;
	size_t whole;

	if (header.n == 0)
		return 0;
	op = read_header(rq, s, header, now);
	if (op == NULL)
		return 0;
	if (!op_takes(op, rq, lengths)) {
		refuse_early(rq, op);
		return header.n;
	}
	if (lengths[OP_NOTE] > UPLOAD_SMALL ||
	    lengths[OP_BODY] > UPLOAD_SMALL)
		return begin_upload(rq, op, header, lengths) ? header.n : 0;
	whole = header.n + (size_t)rq->h.datalen.value;
	s->want = whole;
	if (bytes.n < whole ||
	    !run_small(rq, op, lengths, bytes.p + header.n))
		return 0;
	return whole;
}

/* All of the large data is here: run its request once it is durable. */
static void
finish_upload(struct session *s, struct now now)
{
	int state = upload_state(s->upload), error = errno;
	struct request *rq = s->relay->request;
	const struct op *op;

	if (state == 1 || must_wait(s)) {
		s->stalled = true;
		return;
	}
	op = read_header(rq, s, upload_header(s->upload), now);
	if (op != NULL && state == -1) {
		(void)request_refuse(rq, "the data could not be stored: ",
		    span_of(strerror(error)));
		op_refuse(op, rq);
	} else if (op != NULL) {
		rq->note = upload_part(s->upload, OP_NOTE);
		rq->body = upload_part(s->upload, OP_BODY);
		op_run(op, rq);
	}
	end_upload(s);
}

static size_t
take_upload(struct session *s, struct span bytes, struct now now)
{
	size_t n = upload_take(s->upload, bytes);

	find_uploading(s)->bytes += n;
	if (upload_is_whole(s->upload)) {
		upload_sync(s->upload);
		finish_upload(s, now);
	}
	return n;
}

static size_t
take_skipped(struct session *s, struct span bytes)
{
	size_t n = bytes.n < s->skip ? bytes.n : (size_t)s->skip;

	s->skip -= n;
	return n;
}

/* Enough of a frame has been kept to go on with it. */
static void
run_gathered(struct session *s, struct now now)
{
	size_t n = run_frame(s, buf_span(&s->in), now);

	if (n == 0)
		return;
	/* Some data is here, too, if a new limit refuses it only now. */
	s->skip -= s->in.n - n;
	buf_free(&s->in);	/* idle sessions are many */
}

static size_t
gather(struct session *s, struct span bytes, struct now now)
{
	size_t n = s->want - s->in.n;

	if (n > bytes.n)
		n = bytes.n;
	buf_add(&s->in, (struct span){ bytes.p, n });
	if (s->in.n == s->want)
		run_gathered(s, now);
	return n;
}

static bool
may_go_on(const struct session *s)
{
	return !s->stalled && s->phase != PHASE_ENDED;
}

static size_t
take_some(struct session *s, struct span bytes, struct now now)
{
	size_t n;

	if (s->skip > 0)
		return take_skipped(s, bytes);
	if (s->upload != NULL)
		return take_upload(s, bytes, now);
	if (s->in.n > 0)
		return gather(s, bytes, now);
	n = run_frame(s, bytes, now);
	return n > 0 || !may_go_on(s) ? n : gather(s, bytes, now);
}

/* Use bytes as long as requests may run, and keep the rest. */
static void
take(struct session *s, struct span bytes, struct now now)
{
	size_t n;

	while (bytes.n > 0 && may_go_on(s)) {
		n = take_some(s, bytes, now);
		bytes.p += n;
		bytes.n -= n;
	}
	if (s->phase != PHASE_ENDED)
		buf_add(&s->kept, bytes);
}

struct relay *
tmtp_open(struct datadir *data, const struct conf *conf, struct now now)
{
	struct relay *relay = xzalloc(sizeof(*relay));

	relay->data = data;
	relay->conf = conf;
	relay->registrar = register_open(data->invites);
	relay->expire = expire_open(relay, now);
	relay->auth = auth_open();
	relay->request = request_open(relay);
	relay->uploads = xzalloc(UPLOADS_MAX * sizeof(*relay->uploads));
	hold_look(relay, now);
	wake_open(relay, now);
	return relay;
}

void
tmtp_close(struct relay *relay)
{
	wake_close(relay);
	request_close(relay->request);
	expire_close(relay->expire);
	register_close(relay->registrar);
	auth_close(relay->auth);
	free(relay->uploads);
	free(relay);
}

int
tmtp_set_keys(struct relay *relay, const char *place, const struct span *texts,
    size_t n, char *why, size_t room)
{
	return auth_set_keys(relay != NULL ? relay->auth : NULL, place, texts,
	    n, why, room);
}

struct session *
tmtp_session_open(struct relay *relay, void *owner, const char *peer,
    struct now now)
{
	struct session *s = session_open(relay, owner, peer, now);

	op_begin(s);
	return s;
}

void
tmtp_session_restart(struct session *s, struct now now)
{
	s->opened = s->heard = now.mono;
}

const struct conf *
tmtp_conf(const struct session *s)
{
	return s->relay->conf;
}

void
tmtp_session_close(struct session *s, struct now now)
{
	(void)now;
	if (s->phase == PHASE_OPEN)
		session_log(s, "connection lost", SPAN(""));
	login_leave(s);
	end_upload(s);
	moderate_forget(s);
	session_close(s);
}

void *
tmtp_owner(const struct session *s)
{
	return s->owner;
}

void
tmtp_input(struct session *s, struct span bytes, struct now now)
{
	s->heard = now.mono;
	take(s, bytes, now);
}

bool
tmtp_wants_input(const struct session *s)
{
	return may_go_on(s) && s->out.n <= REPLIES_MAX;
}

bool
tmtp_is_stalled(const struct session *s)
{
	return s->stalled && s->phase != PHASE_ENDED;
}

/* Do not count our own stall as the peer's silence. */
void
tmtp_resume(struct session *s, struct now now)
{
	struct buf kept = s->kept;

	if (!tmtp_is_stalled(s))
		return;
	s->heard = now.mono;
	s->stalled = false;
	s->kept = (struct buf){ NULL, 0, 0 };
	if (s->upload != NULL)
		finish_upload(s, now);
	else if (s->in.n > 0)
		run_gathered(s, now);
	take(s, buf_span(&kept), now);
	buf_free(&kept);
}

/*
 * Replies go before messages, but not between the parts of one.  A session
 * that was cut, here or before, has still to leave its node.
 */
size_t
tmtp_output(struct session *s, char *dst, size_t room, struct now now)
{
	size_t n = 0;

	if (s->phase == PHASE_OPEN) {
		presence_write(s);
		n = outbox_continue(s, dst, room, now);
	}
	if (s->sending.id == 0 || s->phase == PHASE_ENDED)
		n += session_take(s, dst + n, room - n);
	if (s->phase == PHASE_OPEN && s->sending.id == 0 && s->ready == 0) {
		n += outbox_send(s, dst, room, n, now);
		n += session_take(s, dst + n, room - n);
	}
	if (s->phase == PHASE_ENDED)
		login_leave(s);
	return n;
}

static size_t
take_reply(struct session *s, char *dst, size_t room, size_t longest)
{
	if (s->sending.id != 0 && s->phase != PHASE_ENDED)
		return 0;
	return session_take_frame(s, dst, room, longest);
}

size_t
tmtp_output_frame(struct session *s, char *dst, size_t room, size_t longest,
    struct now now)
{
	size_t n = 0;

	if (s->phase == PHASE_OPEN) {
		presence_write(s);
		n = outbox_continue(s, dst, room, now);
	}
	if (n == 0)
		n = take_reply(s, dst, room, longest);
	if (n == 0 && s->sending.id == 0)
		n = outbox_send_one(s, dst, room, longest, now);
	if (n == 0)		/* a sealed one is sent like a reply */
		n = take_reply(s, dst, room, longest);
	if (s->phase == PHASE_ENDED)
		login_leave(s);
	return n;
}

bool
tmtp_is_logged_in(const struct session *s)
{
	return s->phase == PHASE_OPEN;
}

bool
tmtp_is_ended(const struct session *s)
{
	return s->phase == PHASE_ENDED && !session_waits(s);
}

bool
tmtp_wants_commit(const struct relay *relay)
{
	return list_first(&relay->waiting) != NULL;
}

void
tmtp_committed(struct relay *relay)
{
	struct session *s;

	relay->reshaped = false;
	while ((s = list_take(&relay->waiting)) != NULL)
		session_release(s);
}

struct session *
tmtp_marked(struct relay *relay)
{
	return list_take(&relay->marked);
}

uint64_t
tmtp_deadline(const struct session *s)
{
	uint64_t silent, overdue;

	if (s->phase == PHASE_ENDED)
		return UINT64_MAX;
	if (s->phase != PHASE_OPEN)
		return s->opened + s->relay->conf->login_timeout;
	overdue = outbox_deadline(s);
	silent = s->stalled ? UINT64_MAX :
	    s->heard + s->relay->conf->pulse_timeout;
	return overdue < silent ? overdue : silent;
}

static void
quit_late(struct session *s, const char *what, unsigned milliseconds)
{
	char why[80];

	(void)snprintf(why, sizeof(why), "%s %u seconds", what,
	    milliseconds / 1000);
	login_end(s, span_of(why));
}

void
tmtp_expire(struct session *s, struct now now)
{
	const struct conf *conf = s->relay->conf;

	if (now.mono < tmtp_deadline(s))
		return;
	if (s->phase != PHASE_OPEN)
		quit_late(s, "no login within", conf->login_timeout);
	else if (!s->stalled && now.mono >= s->heard + conf->pulse_timeout)
		quit_late(s, "nothing received for", conf->pulse_timeout);
	else
		outbox_expire(s, now);
}

void
tmtp_quit(struct session *s, const char *why, struct now now)
{
	(void)now;
	login_end(s, span_of(why));
}

void
tmtp_step(struct relay *relay, struct now now)
{
	expire_step(relay->expire, now);
	moderate_step(relay, now);
	hold_step(relay, now);
	wake_step(relay, now);
	useredit_step(relay, now);
}

void
tmtp_set_wake_key(struct relay *relay, struct span key, struct now now)
{
	wake_set_key(relay, key, now);
}

bool
tmtp_next_wake(struct relay *relay, struct endpoint_wake *wake, struct now now)
{
	return wake_next(relay, wake, now);
}

void
tmtp_woken(struct relay *relay, uint64_t job, enum endpoint_answer answer,
    uint64_t wait)
{
	wake_answered(relay, job, answer, wait);
}

uint64_t
tmtp_step_deadline(const struct relay *relay)
{
	uint64_t expire = expire_deadline(relay->expire);
	uint64_t moderate = moderate_deadline(relay);
	uint64_t hold = hold_deadline(relay);
	uint64_t wake = wake_deadline(relay);
	uint64_t unused = useredit_deadline(relay);

	return clock_min(clock_min(clock_min(expire, moderate),
	    clock_min(hold, wake)), unused);
}

struct tmtp_state
tmtp_state(const struct session *s)
{
	return (struct tmtp_state){ s->peer, s->node, s->heard,
	    s->inflight_count };
}

struct queue *
tmtp_queue(struct relay *relay, struct node *node)
{
	return outbox_queue(relay, node);
}

void
tmtp_end_sessions(struct user *user, const char *why)
{
	login_end_all(user, span_of(why));
}

int
tmtp_add_node(struct relay *relay, struct user *user, struct span label,
    struct now now, char nodeid[NODEID_TEXT], char *why, size_t room)
{
	return useredit_add_node(relay, user, label, now, nodeid, why, room);
}

void
tmtp_drop_node(struct relay *relay, struct node *node, const char *why)
{
	useredit_drop_node(relay, node, span_of(why));
}

void
tmtp_remove_group(struct relay *relay, struct group *group)
{
	moderate_remove_group(relay, group);
}

void
tmtp_remove_user(struct relay *relay, struct user *user)
{
	useredit_remove_user(relay, user);
}
