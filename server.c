/*
 * Memory is never asked for without a limit, so that having none left means
 * that the machine is too small.  This is what a connection may take, in
 * bytes:
 *
 *	                             idle  stranger   member
 *	struct conn, struct session      700       700      700
 *	TLS: keys, or a handshake     200     4 500      200
 *	part of a TLS record            -    16 400   16 400
 *	part of a frame                 -     4 100  131 100  header, small data
 *	kept until data takes more      -    16 400   65 600  one recv
 *	replies, news: not read         -       500   65 600  REPLIES_MAX
 *	records that are not sent       -     4 500   66 000  one turn
 *	messages that wait for acks     -         -    1 600  window_max
 *	                              900    47 100  347 200
 *
 * A stranger has login_timeout for it.  Where providers vouch for people, its
 * frame may take 16 400 bytes, and its replies hold the list of providers: some
 * hundred bytes for each, or 50 000 for all that conf.c allows.  A
 * connection that speaks HTTP has no frame and no replies, but 82 000 bytes of
 * requests may wait, and 66 000 of records.
 *
 * News of who is online that has no room there is kept as 8 bytes for each user
 * who came or went, however often.
 *
 * The worst member stops in the middle of a post and reads nothing; data over
 * 64 KiB is in a file.  Messages are not kept with the connection, they wait in
 * the store.  links_max times all this is what the machine should have, if it
 * trusts nobody, and part of the limit of the process (mnm.c).
 * test/attack/memory fills the lines to their top.
 */
#include "server.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/control.h"
#include "admin/stats.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fold.h"
#include "base/log.h"
#include "conf.h"
#include "datadir.h"
#include "net/ca_page.h"
#include "net/cert.h"
#include "net/channel.h"
#include "net/conn.h"
#include "net/identity.h"
#include "net/jwks.h"
#include "net/listen.h"
#include "net/newcomers.h"
#include "net/poller.h"
#include "net/stream.h"
#include "net/tls.h"
#include "push/push.h"
#include "store.h"
#include "tmtp.h"

#define LINK_MEMORY 347200	/* bytes, the last sum of the table */

/*
 * Descriptors that are not for connections: listeners, journal, queues, and two
 * for each large post that is on its way.
 */
#define FILES_RESERVED (64 + 2 * 100)
#define FILES_SPARE    5	/* to read and write queues, and for commands */
#define FILES_LEAST    3	/* ... one after the other */
#define CONNS_MIN      2	/* less is no relay */

/* Milliseconds. */
#define REAP_INTERVAL 1000	/* between two looks at all connections */
#define STOP_TIME     1000	/* for all of them together, when stopping */
#define ACCEPT_PAUSE  1000
#define LOG_INTERVAL  60000	/* between two lines about one problem */
#define PUSH_PAUSE    60000	/* until the sender of wake-ups starts again */
#define CLOCK_SET     1000	/* a clock that jumps so far has been set */

/* Microseconds of a turn, after which the others are served. */
#define ACCEPT_TIME    10000	/* for new connections of a listener */
#define HANDSHAKE_TIME 5000	/* for handshakes, but at least one */
#define STEP_TIME       2000	/* for the checkpoint, while there is room */
#define STEP_MORE       500	/* ... more for each percent beyond half */

#define NEVER STREAM_NEVER

/*
 * What may be due, in now.mono.  Whatever is not in here is never waited for:
 * time_to_wait looks at all of these and at nothing else.
 */
enum deadline {
	DUE_ACCEPT,	/* try again, after accepting was paused */
	DUE_CHECKPOINT,
	DUE_FOLD,	/* log what was folded */
	DUE_EXPIRE,	/* look for messages that have waited too long */
	DUE_KEYS,	/* look whether providers have new keys */
	DUE_PUSH,	/* devices wait to be woken */
	DUE_REAP,	/* a connection's deadline may have passed */
	DUE_REPORT,	/* log how many connections did not speak TLS */
	DUE_STOP,	/* wait no longer for connections to end */
	DEADLINES
};

/* Connections that never spoke TLS, since the last line about them. */
struct strangers {
	unsigned long count;
	char last[LISTEN_PEER];
};

struct server {
	const struct conf *conf;
	struct datadir *data;
	struct relay *relay;
	struct tls *tls;
	const struct identities *ids;	/* NULL: no TLS */
	const struct cert *cert;	/* to be shown; NULL: no TLS */
	struct jwks *jwks;
	struct poller *poller;
	struct control *control;	/* NULL: there is none */
	struct push *push;	/* NULL: no device is woken */
	struct now now;
	uint64_t started;	/* now.wall */
	int64_t clock_offset;	/* ms to add to the system's clock */
	int64_t clock_lead;	/* ms it was ahead of the monotonic one */
	uint64_t turn_began;	/* us of the monotonic clock */
	struct pace pace;

	struct listeners listeners;
	size_t conns_max;
	size_t open_files;	/* at the start */
	bool accepting;
	uint64_t accept_log_at;	/* no line about it before that */
	uint64_t proxy_log_at;	/* likewise about those in no proxy_from */
	uint64_t full_log_at;	/* ... that one gives way to others */

	struct conn **conns;	/* all of them, in no order */
	size_t conn_count;
	struct list waiting;	/* requests or bytes wait for data */
	struct newcomers *newcomers;
	struct channels *channels;	/* connections in this process */
	struct list ready;	/* connections that the poller does not watch
				   for what they can do */
	struct strangers strangers;

	int wake;
	bool woken;		/* wake is readable */
	bool reload;		/* the operator wants it */
	bool step_due;		/* datadir_step may have something to do */
	bool resume_due;	/* those who wait may find their way free */
	bool again;		/* do not sleep before the next turn */
	uint64_t reaped;	/* when all connections were looked at */
	uint64_t due[DEADLINES];	/* NEVER: not due */
};

static uint64_t
max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * What a time server said at start is better than a clock that was never set.
 * But if the clock is set after all, that is better still.
 */
static void
read_clock(struct server *sv)
{
	uint64_t us = clock_us(CLOCK_MONOTONIC), mono = us / 1000;
	uint64_t real = clock_us(CLOCK_REALTIME) / 1000;
	int64_t jump = (int64_t)(real - mono) - sv->clock_lead;

	sv->turn_began = us;
	if (sv->clock_offset != 0 && (jump > CLOCK_SET || jump < -CLOCK_SET)) {
		log_line("the system's clock was set; using it from now on");
		sv->clock_offset = 0;
	}
	sv->now.mono = mono;
	sv->now.wall = real + (uint64_t)sv->clock_offset;
	/* Ids tell when, as long as the clock is not behind them. */
	journal_id_at_least(sv->data->journal, sv->now.wall * 1000000);
}

static bool
is_due(const struct server *sv, enum deadline deadline)
{
	return sv->now.mono >= sv->due[deadline];
}

static void
watch_listeners(struct server *sv, unsigned interest)
{
	size_t i;

	for (i = 0; i < sv->listeners.count; i++)
		poller_change(sv->poller, sv->listeners.each[i].fd, interest);
}

static void
resume_accepting(struct server *sv)
{
	sv->due[DUE_ACCEPT] = NEVER;
	if (sv->accepting)
		return;
	sv->accepting = true;
	watch_listeners(sv, POLLER_READ);
}

/* One line about a nuisance is enough for a while. */
static bool
may_log(const struct server *sv, uint64_t *log_at)
{
	if (sv->now.mono < *log_at)
		return false;
	*log_at = sv->now.mono + LOG_INTERVAL;
	return true;
}

/*
 * New ones wait in the system's queue until one of ours closes or a second has
 * passed.
 */
static void
pause_accepting(struct server *sv, const char *why)
{
	sv->accepting = false;
	sv->due[DUE_ACCEPT] = sv->now.mono + ACCEPT_PAUSE;
	watch_listeners(sv, 0);
	if (may_log(sv, &sv->accept_log_at))
		log_warning("accepting is paused: %zu connections are open; %s",
		    sv->conn_count, why);
}

static void
report_strangers(struct server *sv)
{
	if (sv->now.mono >= fold_deadline())
		fold_report(sv->now.mono);
	sv->due[DUE_FOLD] = fold_deadline();
	if (!is_due(sv, DUE_REPORT))
		return;
	log_line("%lu connection%s in the last minute did not speak TLS, or "
	    "did not trust the certificate; last: %s", sv->strangers.count,
	    sv->strangers.count == 1 ? "" : "s", sv->strangers.last);
	sv->strangers.count = 0;
	sv->due[DUE_REPORT] = NEVER;
}

/* A public address gets thousands of probes; their number says it all. */
static void
log_end(struct server *sv, const struct conn *c)
{
	const char *error = stream_error(&c->stream);

	if (c->error != NULL) {
		fold_line(c->peer, ": %s", c->error);
	} else if (stream_is_stranger(&c->stream)) {
		if (sv->strangers.count++ == 0)
			sv->due[DUE_REPORT] = sv->now.mono + LOG_INTERVAL;
		(void)snprintf(sv->strangers.last, LISTEN_PEER, "%s", c->peer);
	} else if (error != NULL) {
		fold_line(c->peer, ": TLS: %s", error);
	}
}

/* Its contacts hear of the end in the next turn. */
static void
remove_conn(struct server *sv, struct conn *c)
{
	log_end(sv, c);
	list_remove(&c->waiting);
	newcomers_remove(c);
	list_remove(&c->ready);
	if (c->stream.channel == NULL)
		poller_remove(sv->poller, c->stream.fd);
	sv->conns[c->index] = sv->conns[--sv->conn_count];
	sv->conns[c->index]->index = c->index;
	conn_close(c, sv->now);
	sv->again = true;
	resume_accepting(sv);
}

/* All connections are looked at once a second at most. */
static void
reap_by(struct server *sv, uint64_t deadline)
{
	sv->due[DUE_REAP] = clock_min(sv->due[DUE_REAP],
	    max(deadline, sv->reaped + REAP_INTERVAL));
}

static bool
waits_for_data(const struct server *sv, const struct conn *c)
{
	return tmtp_is_stalled(c->session) ||
	    (datadir_state(sv->data) == DATADIR_WAIT && !conn_wants_input(c));
}

/* For monitors: whether messages can be stored, and if not, why. */
static void
answer_health(struct server *sv, struct conn *c)
{
	const char *illness = sv->due[DUE_STOP] != NEVER ? "stopping\n" :
	    datadir_state(sv->data) == DATADIR_FULL ? "full\n" : NULL;

	conn_answer(c, illness == NULL ? 200 : 503,
	    "text/plain; charset=utf-8",
	    span_of(illness == NULL ? "ok\n" : illness), sv->now);
}

static void
answer_metrics(struct server *sv, struct conn *c)
{
	struct stats stats = stats_measure(sv->data, sv->conn_count,
	    &sv->pace);
	struct buf text = { NULL, 0, 0 };

	stats_metrics(&text, &stats);
	conn_answer(c, 200, "text/plain; version=0.0.4; charset=utf-8",
	    buf_span(&text), sv->now);
	buf_free(&text);
}

/* 404 if the relay is not its own authority. */
static void
answer_ca(struct server *sv, struct conn *c, enum http_ask ask)
{
	const struct cert *cert = sv->cert;
	struct span der = { NULL, 0 };
	struct buf page = { NULL, 0, 0 };

	if (cert != NULL)
		der = cert_authority(cert);
	if (der.n == 0) {
		conn_answer(c, 404, "", der, sv->now);
	} else if (ask == HTTP_CA_CERT) {
		conn_answer(c, 200, CA_PAGE_CERT_TYPE, der, sv->now);
	} else {
		ca_page_write(&page, cert);
		conn_answer(c, 200, "text/html; charset=utf-8",
		    buf_span(&page), sv->now);
		buf_free(&page);
	}
}

/* What an HTTP request asks.  Others may follow, in later turns. */
static void
answer_request(struct server *sv, struct conn *c)
{
	enum http_ask ask = conn_asks(c);

	if (ask == HTTP_HEALTH)
		answer_health(sv, c);
	else if (ask == HTTP_METRICS)
		answer_metrics(sv, c);
	else if (ask != HTTP_NOTHING)
		answer_ca(sv, c, ask);
}

/*
 * What it can do at once is done next turn: one that has more to send than a
 * turn's share, or asks once more; or a channel, which no poller watches.
 */
static void
go_on_soon(struct server *sv, struct conn *c)
{
	struct channel *ch = c->stream.channel;
	bool more = c->more || conn_asks(c) != HTTP_NOTHING;

	if (!(more && !(c->interest & POLLER_WRITE)) && (ch == NULL ||
	    (channel_can(ch) & (c->interest | POLLER_GONE)) == 0))
		return;
	list_append(&sv->ready, &c->ready, c);
	sv->again = true;
}

/* After each use of c: watch it for what it needs next, or free it. */
static void
settle(struct server *sv, struct conn *c)
{
	unsigned interest;

	answer_request(sv, c);
	if (c->stream.phase == STREAM_GONE) {
		remove_conn(sv, c);
		return;
	}
	if (c->stream.phase != STREAM_OPEN) {
		list_remove(&c->waiting);
		sv->again = true;	/* contacts hear of it, as above */
	} else if (waits_for_data(sv, c)) {
		list_append(&sv->waiting, &c->waiting, c);
	}
	if (c->network != NULL && c->session != NULL &&
	    tmtp_is_logged_in(c->session))
		newcomers_log_in(sv->newcomers, c);
	reap_by(sv, conn_deadline(c));
	interest = conn_interest(c);
	if (newcomers_waits(c))
		interest &= ~POLLER_READ;
	if (interest != c->interest && c->stream.channel == NULL)
		poller_change(sv->poller, c->stream.fd, interest);
	c->interest = interest;
	go_on_soon(sv, c);
}

/* A new connection, which is watched from now on. */
static void
begin_conn(struct server *sv, struct conn *c)
{
	sv->conns = xgrow(sv->conns, sv->conn_count, sizeof(sv->conns[0]));
	c->index = sv->conn_count;
	sv->conns[sv->conn_count++] = c;
	c->opened = sv->now.mono;
	newcomers_add(sv->newcomers, c);
	settle(sv, c);
}

static void
add_conn(struct server *sv, const struct listener *listener, int fd,
    const char *peer)
{
	struct conn *c = conn_open(fd, listener, sv->relay, peer, sv->now);

	c->interest = POLLER_READ;
	if (poller_add(sv->poller, fd, c->interest, c) == -1) {
		fold_line(peer, ": refused: %s", strerror(errno));
		conn_close(c, sv->now);
		return;
	}
	begin_conn(sv, c);
}

/* It may not say who it is. */
static void
refuse_proxy(struct server *sv, int fd, const char *peer)
{
	if (may_log(sv, &sv->proxy_log_at))
		log_line("%s: closed: it is not in proxy_from", peer);
	(void)fd_close(fd);
}

static bool
is_exhausted(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM;
}

static void
give_way(struct server *sv, struct conn *c)
{
	if (may_log(sv, &sv->full_log_at))
		log_line("%s: closed to make room: it has not logged in, and "
		    "links_max is reached", c->peer);
	remove_conn(sv, c);
}

/* Accept one connection.  False if there is none, or no room for it. */
static bool
accept_conn(struct server *sv, const struct listener *listener)
{
	bool full = sv->conn_count >= sv->conns_max;
	char peer[LISTEN_PEER];
	int fd;

	if (full && newcomers_to_close(sv->newcomers, NULL, sv->now) == NULL) {
		pause_accepting(sv, "links_max is reached");
		return false;
	}
	fd = listen_accept(listener->fd, peer);
	if (fd == -1 && is_exhausted(errno)) {
		pause_accepting(sv, strerror(errno));
		return false;
	}
	if (fd == -1)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	if (full)
		give_way(sv, newcomers_to_close(sv->newcomers, peer, sv->now));
	if (listener->proxy && !listen_trusts(listener, peer))
		refuse_proxy(sv, fd, peer);
	else
		add_conn(sv, listener, fd, peer);
	return true;
}

static void
accept_conns(struct server *sv, const struct listener *listener)
{
	uint64_t began = clock_us(CLOCK_MONOTONIC);

	while (accept_conn(sv, listener) &&
	    clock_us(CLOCK_MONOTONIC) - began < ACCEPT_TIME)
		;
}

/*
 * Commits and steps make room for those that wait, the longest first.  When it
 * is used up, the others keep their places.
 */
static void
resume_conns(struct server *sv)
{
	const struct hook *last = sv->waiting.last;
	struct conn *c;
	bool more = sv->resume_due;

	sv->resume_due = false;
	while (more && datadir_state(sv->data) != DATADIR_WAIT) {
		more = sv->waiting.first != last;
		c = list_take(&sv->waiting);
		if (c == NULL)
			break;
		if (tmtp_is_stalled(c->session))
			tmtp_resume(c->session, sv->now);
		settle(sv, c);
	}
}

/* A handshake waits for its turn, and a proxy says whose turn it will be. */
static void
read_conn(struct server *sv, struct conn *c)
{
	bool from_proxy = c->proxy != NULL;

	if (!from_proxy && !c->stream.established && c->network != NULL) {
		newcomers_wait(sv->newcomers, c);
		return;
	}
	conn_read(c, sv->now);
	if (from_proxy && c->proxy == NULL)
		newcomers_add(sv->newcomers, c);
}

static void
serve_conn(struct server *sv, struct conn *c, unsigned can)
{
	/* Without reading it, we would not notice its end. */
	if (can & POLLER_GONE && !(c->interest & POLLER_READ)) {
		remove_conn(sv, c);
		return;
	}
	if (can & POLLER_WRITE)
		conn_write(c, sv->now);
	if (can & (POLLER_READ | POLLER_GONE))
		read_conn(sv, c);
	settle(sv, c);
}

/* A bounded time for strangers, for whom the relay works most. */
static void
shake_hands(struct server *sv)
{
	uint64_t began = clock_us(CLOCK_MONOTONIC);
	struct conn *c;

	while ((c = newcomers_next(sv->newcomers)) != NULL) {
		conn_read(c, sv->now);
		settle(sv, c);
		if (clock_us(CLOCK_MONOTONIC) - began >= HANDSHAKE_TIME)
			break;
	}
	if (c != NULL)
		sv->again = true;
}

/* The program connects, which nothing but links_max can refuse. */
static void
accept_channel(struct server *sv, struct channel *ch)
{
	struct conn *late;

	if (sv->conn_count >= sv->conns_max) {
		late = newcomers_to_close(sv->newcomers, NULL, sv->now);
		if (late == NULL) {
			channel_leave(ch);
			return;
		}
		give_way(sv, late);
	}
	begin_conn(sv, conn_open_channel(ch, sv->relay, sv->now));
}

/* Each of those that can go on, once. */
static void
serve_ready(struct server *sv)
{
	const struct hook *last;
	struct channel *ch;
	struct conn *c;
	bool more;

	while ((ch = channels_next(sv->channels)) != NULL) {
		c = channel_owner(ch);
		if (c != NULL)
			list_append(&sv->ready, &c->ready, c);
		else
			accept_channel(sv, ch);
	}
	last = sv->ready.last;
	for (more = last != NULL; more; ) {
		more = sv->ready.first != last;
		c = list_take(&sv->ready);
		if (c == NULL)
			break;
		serve_conn(sv, c, c->stream.channel == NULL ? POLLER_WRITE :
		    channel_can(c->stream.channel));
	}
}

/* The operator sends a command, or reads the answer. */
static void
serve_operator(struct server *sv, const struct poller_event *event)
{
	struct call call = {
		.conf = sv->conf,
		.data = sv->data,
		.relay = sv->relay,
		.cert = sv->cert,
		.now = sv->now,
		.started = sv->started,
		.connections = sv->conn_count,
		.pace = &sv->pace,
		.reload = &sv->reload
	};

	control_serve(sv->control, event, &call);
}

/* ---- wake-ups ---- */

static void
drop_push(struct server *sv)
{
	push_close(sv->push);
	sv->push = NULL;
	tmtp_set_wake_key(sv->relay, SPAN(""), sv->now);
}

static void
close_push(struct server *sv)
{
	if (sv->push == NULL)
		return;
	poller_remove(sv->poller, push_fd(sv->push));
	drop_push(sv);
}

/* A relay that can wake no device serves all the same. */
static void
open_push(struct server *sv)
{
	char why[256];

	sv->due[DUE_PUSH] = NEVER;
	if (sv->push != NULL || sv->conf->push_contact[0] == '\0')
		return;
	sv->push = push_open(sv->relay, sv->conf, sv->now, why, sizeof(why));
	if (sv->push != NULL && poller_add(sv->poller, push_fd(sv->push),
	    POLLER_READ, NULL) == 0)
		return;
	if (sv->push != NULL) {
		(void)say_why(why, sizeof(why), "%s", strerror(errno));
		drop_push(sv);
	}
	log_warning("no device can be woken: %s", why);
}

static void
read_push(struct server *sv)
{
	if (push_read(sv->push, sv->now) == 0)
		return;
	log_warning("the process that asks push services has ended; another is "
	    "started in a minute");
	close_push(sv);
	sv->due[DUE_PUSH] = sv->now.mono + PUSH_PAUSE;
}

/* What is posted is on the disk now. */
static void
turn_push(struct server *sv)
{
	if (sv->push == NULL && is_due(sv, DUE_PUSH))
		open_push(sv);
	if (sv->push == NULL)
		return;
	push_turn(sv->push, sv->now);
	sv->due[DUE_PUSH] = push_deadline(sv->push);
}

static void
read_conns(struct server *sv)
{
	const struct listener *listener;
	struct poller_event event;

	while (poller_next(sv->poller, &event)) {
		if (event.owner != NULL)
			serve_conn(sv, event.owner, event.can);
		else if (event.fd == sv->wake)
			sv->woken = true;
		else if (event.fd == datadir_fd(sv->data))
			sv->step_due = true;
		else if (event.fd == channels_fd(sv->channels))
			continue;	/* see below */
		else if (sv->push != NULL && event.fd == push_fd(sv->push))
			read_push(sv);
		else if (sv->control != NULL &&
		    control_has(sv->control, event.fd))
			serve_operator(sv, &event);
		else if ((listener = listen_find(&sv->listeners,
		    event.fd)) != NULL)
			accept_conns(sv, listener);
	}
	serve_ready(sv);
	shake_hands(sv);
}

/*
 * Those with a full socket are written when it is writable, and those that had
 * this turn's share in the next one.  But their end has to be noticed, so that
 * it does not take too long.
 */
static void
write_conns(struct server *sv)
{
	struct session *session;
	struct conn *c;

	while ((session = tmtp_marked(sv->relay)) != NULL) {
		c = tmtp_owner(session);
		if ((!(c->interest & POLLER_WRITE) && !c->more) ||
		    tmtp_is_ended(session))
			conn_write(c, sv->now);
		settle(sv, c);
	}
}

/* Acks from clients wait for nothing: alone they are committed late. */
static bool
commit_is_due(const struct server *sv)
{
	bool late = datadir_commit_is_due(sv->data, sv->now);

	if (late || tmtp_wants_commit(sv->relay))
		return true;
	return journal_pending(sv->data->journal) && (sv->step_due ||
	    (sv->control != NULL && control_waits(sv->control)));
}

static int
commit(struct server *sv)
{
	uint64_t began;

	if (!commit_is_due(sv))
		return 0;
	began = clock_us(CLOCK_MONOTONIC);
	if (datadir_commit(sv->data) == -1)
		return -1;
	sv->pace.longest_commit = max(sv->pace.longest_commit,
	    clock_us(CLOCK_MONOTONIC) - began);
	tmtp_committed(sv->relay);
	sv->step_due = true;
	sv->resume_due = true;
	return 0;
}

/*
 * Pieces of the checkpoint, when there may be one to do, and only for so long:
 * a piece is as quick as the disk is, and the connections wait.  The fuller the
 * journal, the longer: so posts slow down, before they would have to stop until
 * a segment is free.
 */
static int
checkpoint(struct server *sv)
{
	uint64_t began = clock_us(CLOCK_MONOTONIC), time = STEP_TIME;
	unsigned used = journal_used(sv->data->journal);
	int more;

	if (used > 50)
		time += (used - 50) * STEP_MORE;

	if (!sv->step_due)
		return 0;
	do {
		more = datadir_step(sv->data, sv->now);
	} while (more == 1 && clock_us(CLOCK_MONOTONIC) - began < time);
	if (more == -1)
		return -1;
	sv->step_due = more == 1;
	sv->resume_due = true;
	return 0;
}

/*
 * Look at all connections when the earliest known deadline has passed.  Most
 * have moved theirs on by then.
 */
static void
reap_conns(struct server *sv)
{
	struct conn *c;
	size_t i;

	if (!is_due(sv, DUE_REAP))
		return;
	sv->reaped = sv->now.mono;
	sv->due[DUE_REAP] = NEVER;
	for (i = sv->conn_count; i-- > 0;) {
		c = sv->conns[i];
		if (conn_deadline(c) <= sv->now.mono) {
			conn_expire(c, sv->now);
			sv->again = true;
			settle(sv, c);
		} else {
			reap_by(sv, conn_deadline(c));
		}
	}
}

/* Milliseconds from mono on until something is due; -1 when nothing is. */
static int
time_to_wait(struct server *sv, uint64_t mono)
{
	uint64_t until = NEVER;
	int i;

	sv->due[DUE_CHECKPOINT] = datadir_deadline(sv->data);
	sv->due[DUE_EXPIRE] = tmtp_step_deadline(sv->relay);
	sv->due[DUE_KEYS] = jwks_deadline(sv->jwks);
	if (sv->again || sv->step_due ||
	    (sv->resume_due && list_first(&sv->waiting) != NULL))
		return 0;
	for (i = 0; i < DEADLINES; i++)
		until = clock_min(until, sv->due[i]);
	if (until == NEVER)
		return -1;
	if (until <= mono)
		return 0;
	return (int)clock_min(until - mono, INT_MAX);
}

/* A turn is over when the next wait begins. */
static void
end_turn(struct server *sv)
{
	uint64_t us = clock_us(CLOCK_MONOTONIC) - sv->turn_began;

	sv->pace.longest = max(sv->pace.longest, us);
	sv->pace.recent = max(sv->pace.recent, us);
}

/* The order of these is what "acked means durable" rests on. */
int
server_turn(struct server *sv, int timeout)
{
	int wait;

	end_turn(sv);		/* the one before */
	wait = time_to_wait(sv, sv->now.mono);
	if (timeout >= 0 && (wait < 0 || wait > timeout))
		wait = timeout;
	poller_wait(sv->poller, wait);
	read_clock(sv);
	sv->again = false;
	if (is_due(sv, DUE_ACCEPT))
		resume_accepting(sv);
	if (is_due(sv, DUE_CHECKPOINT))
		sv->step_due = true;
	if (is_due(sv, DUE_KEYS))
		jwks_read(sv->jwks, sv->now);

	resume_conns(sv);	/* those who waited for the last commit */
	read_conns(sv);		/* bytes in, requests run, replies held */
	tmtp_step(sv->relay, sv->now);	/* what nobody fetches */
	write_conns(sv);	/* what waits for no commit */
	if (commit(sv) == -1)	/* one write, one sync for the whole turn */
		return -1;
	write_conns(sv);	/* replies leave, deliveries start */
	turn_push(sv);		/* those who are not there are woken */
	if (sv->control != NULL)
		control_release(sv->control);
	if (checkpoint(sv) == -1)
		return -1;
	reap_conns(sv);		/* the late */
	report_strangers(sv);
	return 0;
}

/*
 * How many connections the limit on descriptors allows.  If it is low, what is
 * open counts, and what the journal and the queues will need.
 */
static size_t
possible_conns(const struct server *sv)
{
	const struct conf *conf = sv->conf;
	size_t limit = fd_limit(), most, reserved;

	if (limit >= conf->links_max + (size_t)FILES_RESERVED)
		return conf->links_max;
	reserved = limit / 2 < FILES_RESERVED ? limit / 2 : FILES_RESERVED;
	if (reserved < sv->open_files + limit / 8 + FILES_SPARE)
		reserved = sv->open_files + limit / 8 + FILES_SPARE;
	most = limit < reserved + CONNS_MIN ? CONNS_MIN : limit - reserved;
	if (conf->links_max <= most)
		return conf->links_max;
	log_warning("at most %zu connections instead of links_max, %u: the "
	    "limit on descriptors (ulimit -n) is %zu", most, conf->links_max,
	    limit);
	return most;
}

/* Count the files that are open: a descriptor's number is the lowest free. */
static int
count_files(struct server *sv, char *why, size_t room)
{
	int fd = dup(sv->data->quarantine.data);
	size_t least;

	if (fd == -1)
		return say_why(why, room, "cannot serve connections: %s: raise "
		    "the limit on descriptors (ulimit -n)", strerror(errno));
	(void)close(fd);
	sv->open_files = (size_t)fd;
	least = sv->open_files + CONNS_MIN + FILES_LEAST;
	if (fd_limit() < least)
		return say_why(why, room, "cannot serve connections: the limit "
		    "on descriptors (ulimit -n) is %zu: at least %zu are "
		    "needed", fd_limit(), least);
	return 0;
}

uint64_t
server_memory_max(const struct conf *conf)
{
	return (uint64_t)conf->links_max * LINK_MEMORY;
}

struct server *
server_open(const struct conf *conf, char *why, size_t room)
{
	struct server *sv = xzalloc(sizeof(*sv));
	int i;

	sv->conf = conf;
	if (listen_open(&sv->listeners, conf, NULL, why, room) == -1) {
		free(sv);
		return NULL;
	}
	sv->wake = -1;
	sv->newcomers = newcomers_open();
	for (i = 0; i < DEADLINES; i++)
		sv->due[i] = NEVER;
	return sv;
}

static int
watch(struct server *sv, int fd)
{
	return poller_add(sv->poller, fd, POLLER_READ, NULL);
}

/* A relay that cannot be administered serves all the same. */
static void
open_control(struct server *sv)
{
	sv->control = control_open(sv->conf->data, sv->data);
	if (sv->control != NULL && control_watch(sv->control, sv->poller) == 0)
		return;
	log_warning("commands cannot reach this relay: %s/control: %s",
	    sv->conf->data, strerror(errno));
	control_close(sv->control);
	sv->control = NULL;
}

/* Listening sockets, and what the data directory has to say. */
static int
open_poller(struct server *sv)
{
	int result = 0, error;
	size_t i;

	sv->poller = poller_open();
	if (sv->poller == NULL)
		return -1;
	sv->channels = channels_open();
	result = sv->channels == NULL ? -1 :
	    watch(sv, channels_fd(sv->channels));
	for (i = 0; i < sv->listeners.count && result == 0; i++)
		result = watch(sv, sv->listeners.each[i].fd);
	if (result == 0 && datadir_fd(sv->data) != -1)
		result = watch(sv, datadir_fd(sv->data));
	if (result == 0)
		return 0;
	error = errno;
	channels_close(sv->channels);
	sv->channels = NULL;
	poller_close(sv->poller);
	sv->poller = NULL;
	errno = error;
	return -1;
}

/* Each listener gets the certificate that it needs, and TLS if it needs it. */
static void
set_certs(struct server *sv, const struct identities *ids)
{
	const struct identity *id;
	struct listener *l;

	sv->ids = ids;
	for (l = sv->listeners.each;
	    l < sv->listeners.each + sv->listeners.count; l++) {
		id = ids != NULL ? ids->of[l->index] : NULL;
		if (id != NULL && sv->tls == NULL)
			sv->tls = tls_open();
		l->tls = id != NULL ? sv->tls : NULL;
		l->cert = id != NULL ? &id->cert : NULL;
	}
	sv->cert = ids != NULL ? identities_cert(ids, sv->conf) : NULL;
}

int
server_start(struct server *sv, struct datadir *data,
    const struct identities *ids, int64_t clock_offset, char *why, size_t room)
{
	sv->data = data;
	if (open_poller(sv) == -1)
		return say_why(why, room, "cannot serve connections: %s",
		    strerror(errno));
	set_certs(sv, ids);
	sv->clock_lead = (int64_t)(clock_us(CLOCK_REALTIME) / 1000 -
	    clock_us(CLOCK_MONOTONIC) / 1000);
	sv->clock_offset = clock_offset;
	read_clock(sv);
	sv->relay = tmtp_open(data, sv->conf, sv->now);
	sv->jwks = jwks_open(sv->relay, sv->conf);
	jwks_read(sv->jwks, sv->now);
	sv->accepting = true;
	sv->started = sv->now.wall;
	sv->step_due = true;	/* what an earlier run has left to do */
	open_control(sv);
	open_push(sv);
	if (count_files(sv, why, room) == -1)
		return -1;
	sv->conns_max = possible_conns(sv);
	return listen_begin(&sv->listeners, why, room);
}

int
server_watch(struct server *sv, int wake)
{
	sv->wake = wake;
	return watch(sv, wake);
}

bool
server_is_woken(struct server *sv)
{
	bool woken = sv->woken;

	sv->woken = false;
	return woken;
}

bool
server_wants_reload(struct server *sv)
{
	bool wanted = sv->reload;

	sv->reload = false;
	return wanted;
}

void
server_reloaded(struct server *sv, const char *why)
{
	control_reloaded(sv->control, why);
}

int
server_run(struct server *sv)
{
	while (!server_is_woken(sv)) {
		if (server_turn(sv, -1) == -1)
			return -1;
	}
	return 0;
}

int
server_fd(const struct server *sv)
{
	return poller_fd(sv->poller);
}

int
server_timeout(struct server *sv)
{
	return time_to_wait(sv, clock_us(CLOCK_MONOTONIC) / 1000);
}

struct channels *
server_channels(const struct server *sv)
{
	return sv->channels;
}

/* Watch those that were not there before. */
static int
watch_new(struct server *sv, const struct listeners *new, char *why,
    size_t room)
{
	size_t i;
	int fd;

	for (i = 0; i < new->count; i++) {
		fd = new->each[i].fd;
		if (listen_find(&sv->listeners, fd) == NULL &&
		    poller_add(sv->poller, fd, sv->accepting ? POLLER_READ : 0,
		    NULL) == -1)
			break;
	}
	if (i == new->count)
		return 0;
	(void)say_why(why, room, "cannot watch a listener: %s",
	    strerror(errno));
	while (i-- > 0) {
		if (listen_find(&sv->listeners, new->each[i].fd) == NULL)
			poller_remove(sv->poller, new->each[i].fd);
	}
	return -1;
}

/* Listen on these only. */
static void
set_listeners(struct server *sv, const struct listeners *new)
{
	const struct listeners *old = &sv->listeners;
	size_t i;

	for (i = 0; i < old->count; i++) {
		if (sv->poller != NULL &&
		    listen_find(new, old->each[i].fd) == NULL)
			poller_remove(sv->poller, old->each[i].fd);
	}
	listen_close(&sv->listeners, new);
	sv->listeners = *new;
}

/*
 * Close those whose port conf wants at another address: the system may give it
 * only once.  False: there are none.
 */
static bool
make_way(struct server *sv, const struct conf *conf)
{
	struct listeners *all = &sv->listeners;
	bool any = false;
	size_t i;

	for (i = all->count; i-- > 0;) {
		if (!listen_is_in_way(&all->each[i], conf))
			continue;
		poller_remove(sv->poller, all->each[i].fd);
		listen_drop(all, &all->each[i]);
		any = true;
	}
	return any;
}

/* Listen where conf says, and nowhere else.  -1 and why: nothing changed. */
static int
change_listeners(struct server *sv, const struct conf *conf, char *why,
    size_t room)
{
	struct listeners new;

	if (listen_open(&new, conf, &sv->listeners, why, room) == -1)
		return -1;
	if (listen_begin(&new, why, room) == -1 ||
	    watch_new(sv, &new, why, room) == -1) {
		listen_remove(&new, &sv->listeners);
		listen_close(&new, &sv->listeners);
		return -1;
	}
	listen_remove(&sv->listeners, &new);
	set_listeners(sv, &new);
	return 0;
}

int
server_listen(struct server *sv, const struct conf *conf, char *why,
    size_t room)
{
	char lost[200];

	if (change_listeners(sv, conf, why, room) == 0)
		return 0;
	if (errno != EADDRINUSE || !make_way(sv, conf))
		return -1;
	if (change_listeners(sv, conf, why, room) == 0)
		return 0;
	/* Back to what was; why says what was wrong. */
	if (change_listeners(sv, sv->conf, lost, sizeof(lost)) == -1)
		log_error("%s; so nobody can connect there any more", lost);
	else
		set_certs(sv, sv->ids);
	return -1;
}

void
server_set_certs(struct server *sv, const struct identities *ids)
{
	set_certs(sv, ids);
}

void
server_forget_sessions(struct server *sv)
{
	if (sv->tls != NULL)
		tls_forget_sessions(sv->tls);
}

bool
server_needs_cert(const struct server *sv, const struct cert *cert)
{
	const struct conn *c;
	size_t i;

	for (i = 0; i < sv->conn_count; i++) {
		c = sv->conns[i];
		if (c->cert == cert && !c->stream.established)
			return true;
	}
	return false;
}

void
server_reload(struct server *sv)
{
	sv->conns_max = possible_conns(sv);
	jwks_read(sv->jwks, sv->now);
	if (sv->conf->push_contact[0] == '\0')
		close_push(sv);
	else
		open_push(sv);
	resume_accepting(sv);
	fold_report(UINT64_MAX);	/* somebody may be looking */
}

static void
stop_listening(struct server *sv)
{
	static const struct listeners none;

	set_listeners(sv, &none);
}

/* A request of HTTP that has arrived is answered: monitors hear of the end. */
static void
serve_last(struct server *sv)
{
	struct conn *c;
	size_t i;

	for (i = sv->conn_count; i-- > 0;) {
		c = sv->conns[i];
		if (c->language == CONN_UNKNOWN || c->language == CONN_HTTP)
			serve_conn(sv, c, POLLER_READ);
	}
}

int
server_stop(struct server *sv)
{
	size_t i;

	listen_remove(&sv->listeners, NULL);
	stop_listening(sv);
	sv->due[DUE_STOP] = sv->now.mono + STOP_TIME;
	serve_last(sv);
	for (i = 0; i < sv->conn_count; i++) {
		if (sv->conns[i]->session != NULL)
			tmtp_quit(sv->conns[i]->session, "server is stopping",
			    sv->now);
	}
	sv->again = true;
	while (sv->conn_count > 0 && !is_due(sv, DUE_STOP)) {
		if (server_turn(sv, -1) == -1)
			return -1;
	}
	fold_report(UINT64_MAX);
	return 0;
}

void
server_close(struct server *sv)
{
	if (sv == NULL)
		return;
	stop_listening(sv);
	control_close(sv->control);
	while (sv->conn_count > 0)
		remove_conn(sv, sv->conns[0]);
	newcomers_close(sv->newcomers);
	channels_close(sv->channels);
	close_push(sv);
	jwks_close(sv->jwks);
	if (sv->relay != NULL)
		tmtp_close(sv->relay);
	tls_close(sv->tls);
	poller_close(sv->poller);
	free(sv->conns);
	free(sv);
}
