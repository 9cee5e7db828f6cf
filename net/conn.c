/*
 * Connections share the buffers of TLS, so one is served at a time, between
 * enter and leave.
 */
#include "net/conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/fd.h"
#include "net/poller.h"
#include "net/tls.h"
#include "tmtp.h"

/* About as many bytes one connection may send, or receive, in a turn. */
#define TURN_BYTES ((size_t)64 << 10)

/* Without TLS: read, or written, at once. */
#define PLAIN_BYTES ((size_t)16 << 10)

/* Milliseconds. */
#define FLUSH_TIME  10000	/* for a slow peer to take the last bytes */
#define LINGER_TIME 2000	/* for the peer to close after them */

/* Without TLS: bytes that were received, and that wait to be sent. */
struct plain {
	struct buf in, out;
};

static void
close_session(struct conn *c, struct now now)
{
	if (c->session != NULL)
		tmtp_session_close(c->session, now);
	c->session = NULL;
}

/* At the end of every call that moved bytes. */
static void
settle(struct conn *c, struct now now)
{
	if (c->phase == CONN_GONE)
		close_session(c, now);
	/* Limit how long the peer may take for the last bytes, once. */
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
	if (tls == NULL) {
		c->plain = xzalloc(sizeof(*c->plain));
		c->established = true;
	} else if ((c->tls = tls_conn_open(tls)) == NULL) {
		(void)fd_close(fd);
		free(c);
		return NULL;
	}
	memcpy(c->peer, peer, strnlen(peer, LISTEN_PEER - 1));
	c->session = tmtp_session_open(relay, c, c->peer, now);
	return c;
}

void
conn_close(struct conn *c, struct now now)
{
	close_session(c, now);
	if (c->tls != NULL) {
		tls_conn_close(c->tls);
	} else {
		buf_free(&c->plain->in);
		buf_free(&c->plain->out);
		free(c->plain);
	}
	(void)fd_close(c->fd);
	free(c);
}

static void
enter(struct conn *c)
{
	if (c->tls != NULL)
		tls_enter(c->tls);
}

/* An idle connection keeps no buffer. */
static void
leave(struct conn *c)
{
	if (c->tls != NULL) {
		tls_leave(c->tls);
		return;
	}
	buf_free(&c->plain->in);
	if (c->plain->out.n == 0)
		buf_free(&c->plain->out);
}

/* Bytes wait for the socket to be writable. */
static bool
wants_output(const struct conn *c)
{
	return c->tls != NULL ? tls_wants_out(c->tls) : c->plain->out.n > 0;
}

/*
 * During the handshake our own messages go out first, then the peer's next
 * ones come in.
 */
bool
conn_wants_input(const struct conn *c)
{
	if (c->phase != CONN_OPEN)
		return c->phase == CONN_LINGERING;
	return c->established ? tmtp_wants_input(c->session) : !wants_output(c);
}

const char *
conn_error(const struct conn *c)
{
	return c->tls != NULL ? tls_error(c->tls) : NULL;
}

bool
conn_is_stranger(const struct conn *c)
{
	return c->tls != NULL && (tls_is_stranger(c->tls) ||
	    (!c->established && tls_error(c->tls) == NULL));
}

/* ---- input ---- */

/* recv; returns how many bytes came, and notes what else there is to see. */
static size_t
receive(struct conn *c, char *dst, size_t room)
{
	ssize_t n = fd_recv(c->fd, dst, room);

	if (n == -1 && !fd_would_block())
		c->phase = CONN_GONE;
	if (n == 0)
		c->at_end = true;
	return n > 0 ? (size_t)n : 0;
}

/* Errors are answered with an alert, but not if the peer never spoke TLS. */
static void
receive_records(struct conn *c)
{
	size_t room;
	char *p = tls_wire_room(c->tls, &room);

	if (p == NULL)
		return;
	tls_wire_in(c->tls, receive(c, p, room));
	if (tls_is_open(c->tls))
		c->established = true;
	if (tls_is_stranger(c->tls))
		c->phase = CONN_GONE;
}

/* Only the peer's close is awaited: whatever else arrives is thrown away. */
static void
discard(struct conn *c)
{
	char bytes[4096];
	size_t taken = 0, n;

	do {
		n = receive(c, bytes, sizeof(bytes));
		taken += n;
	} while (n > 0 && taken < TURN_BYTES);
	if (c->at_end)
		c->phase = CONN_GONE;
}

static void
receive_plain(struct conn *c)
{
	struct buf *in = &c->plain->in;

	in->n = receive(c, buf_room(in, PLAIN_BYTES), PLAIN_BYTES);
}

/* The next bytes, valid until the next call; false when there are no more. */
static bool
next_bytes(struct conn *c, struct span *bytes)
{
	if (c->phase != CONN_OPEN)
		return false;
	if (c->tls != NULL)
		return tls_plain_in(c->tls, bytes);
	*bytes = buf_span(&c->plain->in);
	c->plain->in.n = 0;
	return bytes->n > 0;
}

/* ---- output ---- */

/*
 * Where the next bytes to send go, which best leave together: as one record of
 * TLS.  NULL: not now.
 */
static char *
output_room(struct conn *c, size_t *room)
{
	if (c->tls != NULL)
		return tls_plain_room(c->tls, room);
	*room = PLAIN_BYTES;
	return c->plain->out.n > 0 ? NULL :
	    buf_room(&c->plain->out, PLAIN_BYTES);
}

/* Let tmtp fill what there is room for; returns how much. */
static size_t
fill(struct conn *c, struct now now)
{
	size_t n, room, filled = 0;
	char *p;

	while ((p = output_room(c, &room)) != NULL) {
		n = tmtp_output(c->session, p, room, now);
		if (n == 0)
			break;
		if (c->tls != NULL)
			tls_plain_out(c->tls, n);
		else
			c->plain->out.n += n;
		filled += n;
	}
	return filled;
}

/*
 * All has been sent.  To close now would reset the connection if the peer is
 * still sending, and a reset can overtake the last bytes: so only announce
 * the end, and let the peer close first.
 */
static void
linger(struct conn *c, struct now now)
{
	c->phase = CONN_LINGERING;
	c->close_by = now.mono + LINGER_TIME;
	if (shutdown(c->fd, SHUT_WR) == -1)
		c->phase = CONN_GONE;
}

/* Send; what the socket does not take waits for the next call. */
static void
flush(struct conn *c, struct now now)
{
	struct span wire;
	ssize_t n;

	while ((wire = c->tls != NULL ? tls_wire_out(c->tls) :
	    buf_span(&c->plain->out)).n > 0) {
		n = fd_send(c->fd, wire);
		if (n == -1 && !fd_would_block())
			c->phase = CONN_GONE;
		if (n == -1)
			return;
		if (c->tls != NULL)
			tls_wire_sent(c->tls, (size_t)n);
		else
			buf_drop(&c->plain->out, (size_t)n);
	}
	if (c->phase == CONN_FLUSHING)
		linger(c, now);
}

/*
 * Begin the end.  Nothing is left to be said but close_notify, or an alert; and
 * nothing at all to a peer that has not said enough to be answered.
 */
static void
finish(struct conn *c, struct now now)
{
	close_session(c, now);
	c->more = false;
	if (!c->established && conn_error(c) == NULL) {
		c->phase = CONN_GONE;
		return;
	}
	if (c->tls != NULL)
		tls_finish(c->tls);
	c->phase = CONN_FLUSHING;
	c->close_by = now.mono + FLUSH_TIME;
	flush(c, now);
}

/* ---- turns ---- */

void
conn_read(struct conn *c, struct now now)
{
	struct span bytes;

	if (conn_wants_input(c)) {
		enter(c);
		if (c->phase == CONN_LINGERING)
			discard(c);
		else if (c->tls != NULL)
			receive_records(c);
		else
			receive_plain(c);
		while (next_bytes(c, &bytes)) {
			if (!tmtp_is_ended(c->session))
				tmtp_input(c->session, bytes, now);
		}
		flush(c, now);	/* of the handshake; an alert */
		if (c->phase == CONN_OPEN && (c->at_end ||
		    conn_error(c) != NULL ||
		    (c->tls != NULL && tls_peer_finished(c->tls))))
			finish(c, now);
		leave(c);
	}
	settle(c, now);
}

/* Send until the peer is slow, the turn's share is used, or all is said. */
void
conn_write(struct conn *c, struct now now)
{
	size_t n = 1, sent = 0;

	enter(c);
	flush(c, now);
	while (c->phase == CONN_OPEN && !wants_output(c) && n > 0 &&
	    sent < TURN_BYTES) {
		n = fill(c, now);
		sent += n;
		flush(c, now);
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
	return (conn_wants_input(c) ? POLLER_READ : 0) |
	    (c->more || wants_output(c) ? POLLER_WRITE : 0);
}
