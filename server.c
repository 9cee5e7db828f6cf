/*
 * Memory is never asked for without a limit, so that having none left means
 * that the machine is too small.  This is what a connection may take, in
 * bytes:
 *
 *	                             idle  stranger   member
 *	struct conn, struct session      500       500      500
 *	TLS: keys, or a handshake     600     4 500      600
 *	part of a TLS record            -    16 400   16 400
 *	part of a frame                 -     4 100  131 100  header, small data
 *	kept until data takes more      -    16 400   65 600  one recv
 *	replies that are not read       -       500   65 600  REPLIES_MAX
 *	records that are not sent       -     4 500   66 000  one turn
 *	                            1 100    46 900  345 800
 *
 * A stranger has login_timeout for it.  A member at the worst is one who stops
 * in the middle of a post and reads nothing; data over 64 KiB is in a file.
 * Messages are not kept with the link, they wait in the store.  links_max
 * times all this is what the machine should have, if it trusts nobody.
 */
#include "server.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "net/conn.h"
#include "admin/commands.h"
#include "admin/control.h"
#include "base/log.h"
#include "net/listen.h"
#include "net/poller.h"
#include "net/stream.h"
#include "net/tls.h"
#include "tmtp.h"

#define ACCEPTS_MAX 64	/* a turn, so that links are served meanwhile */

/* A handshake costs 2 ms of CPU: others wait for these, not for thousands. */
#define HANDSHAKES_MAX 16

/*
 * Descriptors that are not for links: listeners, journal, queues, and two for
 * each large post that is on its way.
 */
#define FILES_RESERVED (64 + 2 * 100)

/* Milliseconds. */
#define COMMIT_DELAY  1000	/* acks from clients may wait so long for it */
#define REAP_INTERVAL 1000	/* between two looks at all links */
#define STOP_TIME     1000	/* for all links together, when stopping */
#define ACCEPT_PAUSE  1000
#define LOGIN_MIN     2000	/* to log in, however many others come */
#define LOG_INTERVAL  60000	/* between two lines about one nuisance */
#define CLOCK_SET     1000	/* a clock that jumps so far has been set */

/* Microseconds. */
#define STEP_TIME     50000	/* of a turn, for the checkpoint */

#define NEVER STREAM_NEVER

/* Connections that never spoke TLS, since the last line about them. */
struct strangers {
	unsigned long count;
	uint64_t report_at;
	char last[LISTEN_PEER];
};

struct server {
	const struct conf *conf;
	struct datadir *data;
	struct relay *relay;
	struct tls *tls;
	struct poller *ready;
	struct control *control;	/* NULL: there is none */
	struct now now;
	uint64_t started;	/* now.wall */
	int64_t clock_offset;	/* ms to add to the system's clock */
	int64_t clock_lead;	/* ms it was ahead of the monotonic one */
	uint64_t turn_began;	/* us of the monotonic clock */
	struct pace pace;

	int listeners[LISTEN_MAX];
	int listener_count;
	size_t links_max;
	bool accepting;
	uint64_t accept_at;	/* when not: try again then */
	uint64_t accept_log_at;	/* no line about it before that */
	uint64_t full_log_at;	/* ... that one gives way to others */

	struct conn **conns;
	size_t conn_count, conn_room;
	struct list waiting;	/* requests or bytes wait for data */
	struct list newcomers;	/* not logged in yet, the oldest first */
	unsigned handshakes;	/* taken up in this turn */
	struct strangers strangers;

	int wake;
	bool woken;		/* wake is readable */
	bool step_due;		/* datadir_step may have something to do */
	bool resume_due;	/* those who wait may find their way free */
	bool again;		/* do not sleep before the next turn */
	uint64_t commit_by;	/* NEVER: nothing waits for a commit */
	uint64_t reap_at;	/* no link's deadline is known to be earlier */
	uint64_t reaped;	/* when all links were looked at */
	uint64_t stop_by;
};

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * What a time server said at start is better than a clock that nobody has
 * set.  When the clock is set after all, whoever did it knows better.
 */
static void
read_clock(struct server *sv)
{
	uint64_t us = clock_us(CLOCK_MONOTONIC), mono = us / 1000;
	uint64_t real = clock_us(CLOCK_REALTIME) / 1000;
	int64_t jump = (int64_t)(real - mono) - sv->clock_lead;

	sv->turn_began = us;
	if (sv->clock_offset != 0 && (jump > CLOCK_SET || jump < -CLOCK_SET)) {
		log_line("the system's clock was set: it is trusted now");
		sv->clock_offset = 0;
	}
	sv->now.mono = mono;
	sv->now.wall = real + (uint64_t)sv->clock_offset;
	/* Ids tell when, as long as the clock is not behind them. */
	journal_id_at_least(sv->data->journal, sv->now.wall * 1000000);
}

static void
resume_accepting(struct server *sv)
{
	int i;

	sv->accept_at = NEVER;
	if (sv->accepting)
		return;
	sv->accepting = true;
	for (i = 0; i < sv->listener_count; i++)
		poller_change(sv->ready, sv->listeners[i], POLLER_READ);
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
 * Those who come now wait in the system's queue until a link closes or a
 * second has passed.
 */
static void
pause_accepting(struct server *sv, const char *why)
{
	int i;

	sv->accepting = false;
	sv->accept_at = sv->now.mono + ACCEPT_PAUSE;
	for (i = 0; i < sv->listener_count; i++)
		poller_change(sv->ready, sv->listeners[i], 0);
	if (may_log(sv, &sv->accept_log_at))
		log_line("new connections wait: %zu are open; %s",
		    sv->conn_count, why);
}

/*
 * Probes come by the thousand on a public address, and none of them tells
 * anything that their number does not.
 */
static void
count_stranger(struct server *sv, const struct conn *c)
{
	if (sv->strangers.count++ == 0)
		sv->strangers.report_at = sv->now.mono + LOG_INTERVAL;
	memcpy(sv->strangers.last, c->peer, LISTEN_PEER);
}

static void
report_strangers(struct server *sv)
{
	if (sv->now.mono < sv->strangers.report_at)
		return;
	log_line("%s: the last of %lu connections in a minute that did not "
	    "speak TLS", sv->strangers.last, sv->strangers.count);
	sv->strangers.count = 0;
	sv->strangers.report_at = NEVER;
}

static void
log_end(struct server *sv, const struct conn *c)
{
	const char *error = stream_error(&c->stream);

	if (stream_is_stranger(&c->stream))
		count_stranger(sv, c);
	else if (error != NULL)
		log_line("%s: TLS: %s", c->peer, error);
}

/* What its contacts are told of the end is sent in the next turn. */
static void
remove_conn(struct server *sv, struct conn *c)
{
	log_end(sv, c);
	list_remove(&c->waiting);
	list_remove(&c->newcomer);
	poller_remove(sv->ready, c->stream.fd);
	sv->conns[c->index] = sv->conns[--sv->conn_count];
	sv->conns[c->index]->index = c->index;
	conn_close(c, sv->now);
	sv->again = true;
	resume_accepting(sv);
}

static bool
waits_for_data(const struct server *sv, const struct conn *c)
{
	return tmtp_is_stalled(c->session) ||
	    (datadir_state(sv->data) == DATADIR_WAIT && !conn_wants_input(c));
}

/* After each use of c: watch it for what it needs next, or free it. */
static void
settle(struct server *sv, struct conn *c)
{
	unsigned interest;

	if (c->stream.phase == STREAM_GONE) {
		remove_conn(sv, c);
		return;
	}
	if (c->stream.phase != STREAM_OPEN) {
		list_remove(&c->waiting);
		sv->again = true;	/* contacts are told, as above */
	} else if (waits_for_data(sv, c)) {
		list_append(&sv->waiting, &c->waiting, c);
	}
	if (c->session != NULL && tmtp_is_logged_in(c->session))
		list_remove(&c->newcomer);
	sv->reap_at = earlier(sv->reap_at, conn_deadline(c));
	interest = conn_interest(c);
	if (interest != c->interest) {
		poller_change(sv->ready, c->stream.fd, interest);
		c->interest = interest;
	}
}

static void
add_conn(struct server *sv, int fd, const char *peer)
{
	struct conn *c = conn_open(fd, sv->tls, sv->relay, peer, sv->now);

	if (c == NULL) {
		log_line("%s: refused: the system gives no randomness", peer);
		return;
	}
	c->interest = POLLER_READ;
	if (poller_add(sv->ready, fd, c->interest, c) == -1) {
		log_line("%s: refused: %s", peer, strerror(errno));
		conn_close(c, sv->now);
		return;
	}
	if (sv->conn_count == sv->conn_room) {
		sv->conn_room = sv->conn_room > 0 ? sv->conn_room * 2 : 64;
		sv->conns = xrealloc(sv->conns,
		    sv->conn_room * sizeof(sv->conns[0]));
	}
	c->index = sv->conn_count;
	sv->conns[sv->conn_count++] = c;
	c->opened = sv->now.mono;
	list_append(&sv->newcomers, &c->newcomer, c);
	settle(sv, c);
}

static bool
is_exhausted(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM;
}

/*
 * Whose place the next one gets when all are taken: of those who have not
 * logged in the one that has had the most time for it.  NULL if there is none,
 * or it has not had enough.
 */
static struct conn *
to_give_way(const struct server *sv)
{
	struct conn *c = list_first(&sv->newcomers);

	return c != NULL && sv->now.mono - c->opened >= LOGIN_MIN ? c : NULL;
}

static void
give_way(struct server *sv, struct conn *c)
{
	if (may_log(sv, &sv->full_log_at))
		log_line("%s: closed for others who come: it has not logged "
		    "in, and links_max is reached", c->peer);
	remove_conn(sv, c);
}

static void
accept_links(struct server *sv, int listener)
{
	struct conn *late;
	char peer[LISTEN_PEER];
	bool full;
	int i, fd;

	for (i = 0; i < ACCEPTS_MAX; i++) {
		full = sv->conn_count >= sv->links_max;
		late = to_give_way(sv);
		if (full && late == NULL) {
			pause_accepting(sv, "no more are allowed");
			return;
		}
		fd = listen_accept(listener, peer);
		if (fd == -1 && is_exhausted(errno)) {
			pause_accepting(sv, strerror(errno));
			return;
		}
		if (fd == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (fd != -1 && full)
			give_way(sv, late);
		if (fd != -1)
			add_conn(sv, fd, peer);
	}
}

/*
 * Commits and steps make room for those who wait, the longest first.  When it
 * is used up, the others keep their places.
 */
static void
links_resume(struct server *sv)
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

static void
serve_conn(struct server *sv, struct conn *c, unsigned can)
{
	/* Nobody would notice that it is gone while nobody reads it. */
	if (can & POLLER_GONE && !(c->interest & POLLER_READ)) {
		remove_conn(sv, c);
		return;
	}
	if (can & POLLER_WRITE)
		conn_write(c, sv->now);
	if (!c->stream.established && sv->handshakes++ >= HANDSHAKES_MAX)
		can &= POLLER_WRITE;
	if (can & (POLLER_READ | POLLER_GONE))
		conn_read(c, sv->now);
	settle(sv, c);
}

/* The operator says something, or reads what is answered. */
static void
serve_operator(struct server *sv, const struct poller_event *event)
{
	struct call call = {
		.conf = sv->conf,
		.data = sv->data,
		.relay = sv->relay,
		.now = sv->now,
		.started = sv->started,
		.connections = sv->conn_count,
		.pace = &sv->pace
	};

	control_serve(sv->control, event, &call);
}

static void
links_read(struct server *sv)
{
	struct poller_event event;

	sv->handshakes = 0;
	while (poller_next(sv->ready, &event)) {
		if (event.owner != NULL)
			serve_conn(sv, event.owner, event.can);
		else if (event.fd == sv->wake)
			sv->woken = true;
		else if (event.fd == datadir_fd(sv->data))
			sv->step_due = true;
		else if (sv->control != NULL &&
		    control_has(sv->control, event.fd))
			serve_operator(sv, &event);
		else
			accept_links(sv, event.fd);
	}
}

/*
 * Those that the socket holds up are written when it is writable; but their
 * end has to be noticed, so that it is not waited for too long.
 */
static void
links_write(struct server *sv)
{
	struct session *session;
	struct conn *c;

	while ((session = tmtp_marked(sv->relay)) != NULL) {
		c = tmtp_owner(session);
		if (!(c->interest & POLLER_WRITE) || tmtp_is_ended(session))
			conn_write(c, sv->now);
		settle(sv, c);
	}
}

/*
 * Acks from clients wait for nothing, so alone they are no reason to sync:
 * they ride along with what is, or wait a second.
 */
static bool
commit_is_due(const struct server *sv)
{
	return tmtp_wants_commit(sv->relay) || sv->step_due ||
	    (sv->control != NULL && control_waits(sv->control)) ||
	    datadir_state(sv->data) == DATADIR_WAIT ||
	    sv->now.mono >= sv->commit_by;
}

static int
commit(struct server *sv)
{
	uint64_t began;

	if (!journal_pending(sv->data->journal) &&
	    !tmtp_wants_commit(sv->relay))
		return 0;
	if (sv->commit_by == NEVER)
		sv->commit_by = sv->now.mono + COMMIT_DELAY;
	if (!commit_is_due(sv))
		return 0;
	began = clock_us(CLOCK_MONOTONIC);
	if (datadir_commit(sv->data) == -1)
		return -1;
	sv->pace.longest_commit = longer(sv->pace.longest_commit,
	    clock_us(CLOCK_MONOTONIC) - began);
	tmtp_committed(sv->relay);
	sv->commit_by = NEVER;
	sv->step_due = true;
	sv->resume_due = true;
	return 0;
}

/*
 * Pieces of the checkpoint, when there may be one to do, and only for so long:
 * a piece is as quick as the disk is, and the links wait.
 */
static int
checkpoint(struct server *sv)
{
	uint64_t began = clock_us(CLOCK_MONOTONIC);
	int more;

	if (!sv->step_due)
		return 0;
	do {
		more = datadir_step(sv->data, sv->now);
	} while (more == 1 && clock_us(CLOCK_MONOTONIC) - began < STEP_TIME);
	if (more == -1)
		return -1;
	sv->step_due = more == 1;
	sv->resume_due = true;
	return 0;
}

/*
 * All links are looked at only when the earliest deadline that was known has
 * passed.  Most have moved theirs on by then.
 */
static void
links_reap(struct server *sv)
{
	struct conn *c;
	size_t i;

	if (sv->now.mono < sv->reap_at ||
	    sv->now.mono < sv->reaped + REAP_INTERVAL)
		return;
	sv->reaped = sv->now.mono;
	sv->reap_at = NEVER;
	for (i = sv->conn_count; i-- > 0;) {
		c = sv->conns[i];
		if (conn_deadline(c) <= sv->now.mono) {
			conn_expire(c, sv->now);
			sv->again = true;
			settle(sv, c);
		} else {
			sv->reap_at = earlier(sv->reap_at, conn_deadline(c));
		}
	}
}

/* Milliseconds until something is due; -1 when nothing is. */
static int
time_to_wait(const struct server *sv)
{
	uint64_t until = sv->reap_at;

	if (sv->again || sv->step_due ||
	    (sv->resume_due && list_first(&sv->waiting) != NULL))
		return 0;
	if (until < sv->reaped + REAP_INTERVAL)
		until = sv->reaped + REAP_INTERVAL;
	until = earlier(until, sv->commit_by);
	until = earlier(until, datadir_deadline(sv->data));
	until = earlier(until, sv->accept_at);
	until = earlier(until, sv->strangers.report_at);
	until = earlier(until, tmtp_step_deadline(sv->relay));
	until = earlier(until, sv->stop_by);
	if (until == NEVER)
		return -1;
	if (until <= sv->now.mono)
		return 0;
	return (int)earlier(until - sv->now.mono, INT_MAX);
}

/* Until it waits, nobody else was served. */
static void
end_turn(struct server *sv)
{
	uint64_t us = clock_us(CLOCK_MONOTONIC) - sv->turn_began;

	sv->pace.longest = longer(sv->pace.longest, us);
	sv->pace.recent = longer(sv->pace.recent, us);
}

/* The order of these is what "acked means durable" rests on. */
static int
turn(struct server *sv)
{
	end_turn(sv);		/* the one before */
	poller_wait(sv->ready, time_to_wait(sv));
	read_clock(sv);
	sv->again = false;
	if (sv->now.mono >= sv->accept_at)
		resume_accepting(sv);
	if (sv->now.mono >= datadir_deadline(sv->data))
		sv->step_due = true;

	links_resume(sv);	/* those who waited for the last commit */
	links_read(sv);		/* bytes in, requests run, replies held */
	tmtp_step(sv->relay, sv->now);	/* what nobody fetches */
	links_write(sv);	/* what waits for no commit */
	if (commit(sv) == -1)	/* one write, one sync for the whole turn */
		return -1;
	links_write(sv);	/* replies leave, deliveries start */
	if (sv->control != NULL)
		control_release(sv->control);
	if (checkpoint(sv) == -1)
		return -1;
	links_reap(sv);		/* the late */
	report_strangers(sv);
	return 0;
}

/*
 * How many links the limit on descriptors allows, after raising it as far as
 * it goes.
 */
static size_t
possible_links(const struct conf *conf)
{
	struct rlimit limit;
	rlim_t reserved;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return conf->links_max;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);	/* else it stays as it is */
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return conf->links_max;
	reserved = earlier(FILES_RESERVED, limit.rlim_cur / 2);
	if (conf->links_max <= limit.rlim_cur - reserved)
		return conf->links_max;
	log_line("at most %llu links, not links_max %u: the limit on "
	    "descriptors (ulimit -n) is %llu",
	    (unsigned long long)(limit.rlim_cur - reserved), conf->links_max,
	    (unsigned long long)limit.rlim_cur);
	return (size_t)(limit.rlim_cur - reserved);
}

struct server *
server_open(const struct conf *conf, char *why, size_t room)
{
	struct server *sv = xzalloc(sizeof(*sv));

	sv->conf = conf;
	sv->listener_count = listen_open(sv->listeners, conf, why, room);
	if (sv->listener_count == -1) {
		free(sv);
		return NULL;
	}
	sv->wake = -1;
	sv->accept_at = NEVER;
	sv->commit_by = NEVER;
	sv->reap_at = NEVER;
	sv->stop_by = NEVER;
	sv->strangers.report_at = NEVER;
	return sv;
}

static void
watch(struct server *sv, int fd)
{
	if (poller_add(sv->ready, fd, POLLER_READ, NULL) == -1)
		die("cannot watch a descriptor: %s", strerror(errno));
}

/* A relay that cannot be administered serves all the same. */
static void
open_control(struct server *sv)
{
	sv->control = control_open(sv->conf->data, sv->data);
	if (sv->control != NULL && control_watch(sv->control, sv->ready) == 0)
		return;
	log_line("commands cannot reach this relay: %s/control: %s",
	    sv->conf->data, strerror(errno));
	control_close(sv->control);
	sv->control = NULL;
}

void
server_start(struct server *sv, struct datadir *data, const struct cert *cert,
    int64_t clock_offset)
{
	int i;

	sv->links_max = possible_links(sv->conf);
	sv->ready = poller_open();
	if (sv->ready == NULL)
		die("cannot watch links: %s", strerror(errno));
	sv->data = data;
	if (cert != NULL)
		sv->tls = tls_open(cert);
	sv->clock_lead = (int64_t)(clock_us(CLOCK_REALTIME) / 1000 -
	    clock_us(CLOCK_MONOTONIC) / 1000);
	sv->clock_offset = clock_offset;
	read_clock(sv);
	sv->relay = tmtp_open(data, sv->conf, sv->now);
	for (i = 0; i < sv->listener_count; i++)
		watch(sv, sv->listeners[i]);
	sv->accepting = true;
	if (datadir_fd(data) != -1)
		watch(sv, datadir_fd(data));
	sv->started = sv->now.wall;
	sv->step_due = true;	/* what an earlier run has left to do */
	open_control(sv);
}

int
server_run(struct server *sv, int wake)
{
	watch(sv, wake);
	sv->wake = wake;
	sv->woken = false;
	while (!sv->woken) {
		if (turn(sv) == -1)
			return -1;
	}
	sv->wake = -1;
	poller_remove(sv->ready, wake);
	return 0;
}

void
server_reload(struct server *sv)
{
	sv->links_max = possible_links(sv->conf);
	resume_accepting(sv);
}

void
server_set_cert(struct server *sv, const struct cert *cert)
{
	size_t i;

	for (i = sv->conn_count; i-- > 0;) {
		if (!sv->conns[i]->stream.established)
			remove_conn(sv, sv->conns[i]);
	}
	tls_set_cert(sv->tls, cert);
}

static void
stop_listening(struct server *sv)
{
	int fd;

	while (sv->listener_count > 0) {
		fd = sv->listeners[--sv->listener_count];
		if (sv->ready != NULL)
			poller_remove(sv->ready, fd);
		(void)close(fd);	/* nothing was written to it */
	}
}

int
server_stop(struct server *sv)
{
	size_t i;

	stop_listening(sv);
	for (i = 0; i < sv->conn_count; i++) {
		if (sv->conns[i]->session != NULL)
			tmtp_quit(sv->conns[i]->session, "server is stopping",
			    sv->now);
	}
	sv->again = true;
	sv->stop_by = sv->now.mono + STOP_TIME;
	while (sv->conn_count > 0 && sv->now.mono < sv->stop_by) {
		if (turn(sv) == -1)
			return -1;
	}
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
	if (sv->relay != NULL)
		tmtp_close(sv->relay);
	if (sv->tls != NULL)
		tls_close(sv->tls);
	poller_close(sv->ready);
	free(sv->conns);
	free(sv);
}
