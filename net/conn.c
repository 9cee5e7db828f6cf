#include "net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "net/poller.h"

/* About as many bytes may one connection send, or get, in a turn. */
#define TURN_BYTES ((size_t)64 << 10)

/* Without TLS: read, or filled, at once. */
#define PLAIN_BYTES ((size_t)16 << 10)

/* Milliseconds. */
#define FLUSH_TIME  10000	/* for a slow peer to take the last words */
#define LINGER_TIME 2000	/* for the peer to close after them */

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

static void
enter(struct conn *c)
{
	if (c->tls != NULL)
		tls_enter(c->tls);
}

static void
leave(struct conn *c)
{
	if (c->tls != NULL)
		tls_leave(c->tls);
}

static struct span
wire_out(const struct conn *c)
{
	return c->tls != NULL ? tls_wire_out(c->tls) : buf_span(&c->plain);
}

/* An idle link keeps no buffer. */
static void
wire_sent(struct conn *c, size_t n)
{
	if (c->tls != NULL)
		tls_wire_sent(c->tls, n);
	else if (n < c->plain.n)
		buf_drop(&c->plain, n);
	else
		buf_free(&c->plain);
}

static bool
wants_out(const struct conn *c)
{
	return c->tls != NULL ? tls_wants_out(c->tls) : c->plain.n > 0;
}

const char *
conn_error(const struct conn *c)
{
	return c->tls != NULL ? tls_error(c->tls) : NULL;
}

bool
conn_is_stranger(const struct conn *c)
{
	if (c->tls == NULL)
		return false;
	return tls_is_stranger(c->tls) ||
	    (!c->greeted && tls_error(c->tls) == NULL);
}

/* Send what is ready; what the socket does not take stays there. */
static void
flush(struct conn *c)
{
	struct span wire;
	ssize_t n;

	while ((wire = wire_out(c)).n > 0) {
		n = net_send(c->fd, wire);
		if (n == -1 && !would_block())
			c->phase = CONN_GONE;
		if (n == -1)
			return;
		wire_sent(c, (size_t)n);
	}
}

static void
close_link(struct conn *c, struct now now)
{
	if (c->session != NULL)
		tmtp_session_close(c->session, now);
	c->session = NULL;
}

/*
 * Nothing is left to be said but close_notify, or an alert; and nothing at all
 * to someone who has not said enough to be answered.
 */
static void
finish(struct conn *c, struct now now)
{
	close_link(c, now);
	if (!c->greeted && conn_error(c) == NULL) {
		c->phase = CONN_GONE;
		return;
	}
	if (c->tls != NULL)
		tls_finish(c->tls);
	c->more = false;
	c->phase = CONN_FLUSHING;
	c->close_by = now.mono + FLUSH_TIME;
	flush(c);
}

/*
 * All has been sent.  To close now would reset the connection if the peer is
 * still sending, and a reset can overtake the last words: so tell it that
 * this was the end, and let it close first.
 */
static void
linger(struct conn *c, struct now now)
{
	c->phase = CONN_LINGERING;
	c->close_by = now.mono + LINGER_TIME;
	if (shutdown(c->fd, SHUT_WR) == -1)
		c->phase = CONN_GONE;
}

/* What came of it, at the end of every call that moved bytes. */
static void
settle(struct conn *c, struct now now)
{
	if (c->phase == CONN_FLUSHING && !wants_out(c))
		linger(c, now);
	if (c->phase == CONN_GONE)
		close_link(c, now);
	if (c->phase == CONN_OPEN && tmtp_is_ended(c->session) &&
	    c->close_by == CONN_NEVER)
		c->close_by = now.mono + FLUSH_TIME;
}

struct conn *
conn_open(int fd, struct tls *tls, struct relay *relay, const char *peer,
    struct now now)
{
	struct conn *c = xzalloc(sizeof(*c));

	c->fd = fd;
	c->close_by = CONN_NEVER;
	memcpy(c->peer, peer, strnlen(peer, NET_PEER - 1));
	if (tls != NULL)
		c->tls = tls_conn_open(tls);
	c->greeted = tls == NULL;
	if (tls != NULL && c->tls == NULL) {
		(void)close(fd);	/* nothing was said on it */
		free(c);
		return NULL;
	}
	c->session = tmtp_session_open(relay, c, c->peer, now);
	return c;
}

void
conn_close(struct conn *c, struct now now)
{
	close_link(c, now);
	if (c->tls != NULL)
		tls_conn_close(c->tls);
	buf_free(&c->plain);
	/* All that could be sent was; what close may say changes nothing. */
	(void)close(c->fd);
	free(c);
}

/*
 * During the handshake its own flight goes out first, then the peer's next
 * one comes in.
 */
bool
conn_wants_input(const struct conn *c)
{
	if (c->phase != CONN_OPEN)
		return c->phase == CONN_LINGERING;
	if (c->tls != NULL && !tls_is_open(c->tls))
		return !wants_out(c);
	return tmtp_wants_input(c->session);
}

/* Give the bytes that came to TLS, and what they say to tmtp. */
static void
take(struct conn *c, size_t n, struct now now)
{
	struct span plain;

	tls_wire_in(c->tls, n);
	if (tls_is_open(c->tls))
		c->greeted = true;
	while (tls_plain_in(c->tls, &plain)) {
		if (!tmtp_is_ended(c->session))
			tmtp_input(c->session, plain, now);
	}
	flush(c);	/* of the handshake; or an alert */
}

/*
 * One recv, which takes up to 64 KiB.  TLS tells of errors by an alert, which
 * is sent; but who never spoke TLS is left without a word.
 */
static void
receive_records(struct conn *c, struct now now)
{
	size_t room;
	ssize_t n;
	char *p;

	p = tls_wire_room(c->tls, &room);
	if (p == NULL)
		return;
	n = net_recv(c->fd, p, room);
	if (n > 0)
		take(c, (size_t)n, now);
	if (n == -1 && !would_block())
		c->phase = CONN_GONE;
	if (tls_is_stranger(c->tls))
		c->phase = CONN_GONE;
	if (c->phase == CONN_OPEN && (n == 0 || tls_error(c->tls) != NULL ||
	    tls_peer_finished(c->tls)))
		finish(c, now);
}

static void
receive_plain(struct conn *c, struct now now)
{
	char bytes[PLAIN_BYTES];
	ssize_t n;

	n = net_recv(c->fd, bytes, sizeof(bytes));
	if (n > 0 && !tmtp_is_ended(c->session))
		tmtp_input(c->session, (struct span){ bytes, (size_t)n }, now);
	if (n == -1 && !would_block())
		c->phase = CONN_GONE;
	if (n == 0)
		finish(c, now);
}

/* Only the peer's close is awaited: what else comes is thrown away. */
static void
drain(struct conn *c)
{
	char bytes[4096];
	size_t taken = 0;
	ssize_t n;

	do {
		n = net_recv(c->fd, bytes, sizeof(bytes));
		taken += n > 0 ? (size_t)n : 0;
	} while (n > 0 && taken < TURN_BYTES);
	if (n == 0 || (n == -1 && !would_block()))
		c->phase = CONN_GONE;
}

void
conn_read(struct conn *c, struct now now)
{
	if (c->phase == CONN_LINGERING) {
		drain(c);
	} else if (conn_wants_input(c)) {
		enter(c);
		if (c->tls != NULL)
			receive_records(c, now);
		else
			receive_plain(c, now);
		leave(c);
	}
	settle(c, now);
}

/* Let tmtp fill the records that TLS has room for; returns how much. */
static size_t
fill_records(struct conn *c, struct now now)
{
	size_t n, room, filled = 0;
	char *p;

	while ((p = tls_plain_room(c->tls, &room)) != NULL) {
		n = tmtp_output(c->session, p, room, now);
		if (n == 0)
			break;
		tls_plain_out(c->tls, n);
		filled += n;
	}
	return filled;
}

static size_t
fill(struct conn *c, struct now now)
{
	char bytes[PLAIN_BYTES];
	size_t n;

	if (c->tls != NULL)
		return fill_records(c, now);
	n = tmtp_output(c->session, bytes, sizeof(bytes), now);
	buf_add(&c->plain, (struct span){ bytes, n });
	return n;
}

/* Send until the peer is slow, the turn's share is used, or all is said. */
void
conn_write(struct conn *c, struct now now)
{
	size_t n = 1, sent = 0;

	enter(c);
	flush(c);
	while (c->phase == CONN_OPEN && !wants_out(c) && n > 0 &&
	    sent < TURN_BYTES) {
		n = fill(c, now);
		sent += n;
		flush(c);
	}
	c->more = c->phase == CONN_OPEN && n > 0;
	if (c->phase == CONN_OPEN && n == 0 && tmtp_is_ended(c->session))
		finish(c, now);
	leave(c);
	settle(c, now);
}

uint64_t
conn_deadline(const struct conn *c)
{
	return c->close_by != CONN_NEVER ? c->close_by :
	    tmtp_deadline(c->session);
}

void
conn_expire(struct conn *c, struct now now)
{
	if (c->close_by != CONN_NEVER) {
		c->phase = CONN_GONE;
		settle(c, now);
		return;
	}
	tmtp_expire(c->session, now);
	conn_write(c, now);
}

unsigned
conn_interest(const struct conn *c)
{
	unsigned interest = 0;

	if (conn_wants_input(c))
		interest |= POLLER_READ;
	if (c->phase != CONN_LINGERING && (c->more || wants_out(c)))
		interest |= POLLER_WRITE;
	return interest;
}
