#include "net/stream.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/channel.h"
#include "net/tls.h"

/* Without TLS: read, or written, at once. */
#define PLAIN_BYTES ((size_t)16 << 10)

/* Milliseconds. */
#define FLUSH_TIME  10000	/* for a slow peer to take the last bytes */
#define LINGER_TIME 2000	/* for the peer to close after them */

/* Without TLS: bytes that were received, and that wait to be sent. */
struct plain {
	struct buf in, out;
};

void
stream_open(struct stream *s, int fd, struct tls *tls,
    const struct cert *cert)
{
	*s = (struct stream){ .fd = fd, .close_by = STREAM_NEVER };
	if (tls == NULL) {
		s->plain = xzalloc(sizeof(*s->plain));
		s->established = true;
	} else {
		s->tls = tls_conn_open(tls, cert);
	}
}

void
stream_open_channel(struct stream *s, struct channel *channel)
{
	stream_open(s, -1, NULL, NULL);
	s->channel = channel;
}

void
stream_close(struct stream *s)
{
	if (s->channel != NULL)
		channel_leave(s->channel);
	if (s->tls != NULL) {
		tls_conn_close(s->tls);
	} else {
		buf_free(&s->plain->in);
		buf_free(&s->plain->out);
		free(s->plain);
	}
	(void)fd_close(s->fd);
}

void
stream_enter(struct stream *s)
{
	if (s->tls != NULL)
		tls_enter(s->tls);
}

/* An idle stream keeps no buffer. */
void
stream_leave(struct stream *s)
{
	if (s->tls != NULL) {
		tls_leave(s->tls);
		return;
	}
	buf_free(&s->plain->in);
	if (s->plain->out.n == 0)
		buf_free(&s->plain->out);
}

bool
stream_wants_output(const struct stream *s)
{
	return s->tls != NULL ? tls_wants_out(s->tls) : s->plain->out.n > 0;
}

/*
 * During the handshake our own messages go out first, then the peer's next
 * ones come in.
 */
bool
stream_wants_input(const struct stream *s)
{
	if (s->phase != STREAM_OPEN)
		return s->phase == STREAM_LINGERING;
	return s->established || !stream_wants_output(s);
}

const char *
stream_error(const struct stream *s)
{
	return s->tls != NULL ? tls_error(s->tls) : NULL;
}

bool
stream_has_begun(const struct stream *s)
{
	return s->tls != NULL && tls_has_begun(s->tls);
}

bool
stream_is_stranger(const struct stream *s)
{
	return s->tls != NULL && (tls_is_stranger(s->tls) ||
	    (!s->established && tls_error(s->tls) == NULL));
}

struct span
stream_strange_bytes(const struct stream *s)
{
	return tls_is_stranger(s->tls) ? tls_strange_bytes(s->tls) :
	    (struct span){ NULL, 0 };
}

bool
stream_is_over(const struct stream *s)
{
	return s->at_end || stream_error(s) != NULL ||
	    (s->tls != NULL && tls_peer_finished(s->tls));
}

/* recv; returns how many bytes came, and notes what else there is to see. */
static size_t
receive(struct stream *s, char *dst, size_t room)
{
	ssize_t n = s->channel != NULL ? channel_recv(s->channel, dst, room) :
	    fd_recv(s->fd, dst, room);

	if (n == -1 && !fd_would_block())
		s->phase = STREAM_GONE;
	if (n == 0)
		s->at_end = true;
	return n > 0 ? (size_t)n : 0;
}

/* Errors are answered with an alert, but not if the peer never spoke TLS. */
static void
receive_records(struct stream *s)
{
	size_t room;
	char *p = tls_wire_room(s->tls, &room);

	if (p == NULL)
		return;
	tls_wire_in(s->tls, receive(s, p, room));
	if (tls_is_open(s->tls))
		s->established = true;
	if (tls_is_stranger(s->tls))
		s->phase = STREAM_GONE;
}

/* Only the peer's close is awaited: whatever else arrives is thrown away. */
static void
discard(struct stream *s)
{
	char bytes[4096];
	size_t taken = 0, n;

	do {
		n = receive(s, bytes, sizeof(bytes));
		taken += n;
	} while (n > 0 && taken < STREAM_TURN);
	if (s->at_end)
		s->phase = STREAM_GONE;
}

void
stream_receive(struct stream *s)
{
	if (s->phase == STREAM_LINGERING)
		discard(s);
	else if (s->tls != NULL)
		receive_records(s);
	else
		s->plain->in.n = receive(s,
		    buf_room(&s->plain->in, PLAIN_BYTES), PLAIN_BYTES);
}

bool
stream_read(struct stream *s, struct span *bytes)
{
	if (s->phase != STREAM_OPEN)
		return false;
	if (s->tls != NULL)
		return tls_plain_in(s->tls, bytes);
	*bytes = buf_span(&s->plain->in);
	s->plain->in.n = 0;
	return bytes->n > 0;
}

char *
stream_room(struct stream *s, size_t *room)
{
	if (s->tls != NULL)
		return tls_plain_room(s->tls, room);
	*room = PLAIN_BYTES;
	return s->plain->out.n > 0 ? NULL :
	    buf_room(&s->plain->out, PLAIN_BYTES);
}

void
stream_write(struct stream *s, size_t n)
{
	if (s->tls != NULL)
		tls_plain_out(s->tls, n);
	else
		s->plain->out.n += n;
}

static struct span
unsent(const struct stream *s)
{
	return s->tls != NULL ? tls_wire_out(s->tls) : buf_span(&s->plain->out);
}

/*
 * All has been sent.  To close now would reset the connection if the peer is
 * still sending, and a reset can overtake the last bytes: so only announce
 * the end, and let the peer close first.  (A channel loses nothing.)
 */
static void
linger(struct stream *s, struct now now)
{
	s->phase = STREAM_LINGERING;
	s->close_by = now.mono + LINGER_TIME;
	if (s->channel != NULL || shutdown(s->fd, SHUT_WR) == -1)
		s->phase = STREAM_GONE;
}

void
stream_flush(struct stream *s, struct now now)
{
	struct span wire;
	ssize_t n;

	while ((wire = unsent(s)).n > 0) {
		n = s->channel != NULL ? channel_send(s->channel, wire) :
		    fd_send(s->fd, wire);
		if (n == -1 && !fd_would_block())
			s->phase = STREAM_GONE;
		if (n == -1)
			return;
		if (s->tls != NULL)
			tls_wire_sent(s->tls, (size_t)n);
		else
			buf_drop(&s->plain->out, (size_t)n);
	}
	if (s->phase == STREAM_FLUSHING)
		linger(s, now);
}

/*
 * Nothing is left to be said but close_notify, or an alert; and nothing at all
 * to a peer that has not said enough to be answered.
 */
void
stream_finish(struct stream *s, struct now now)
{
	if (!s->established && stream_error(s) == NULL) {
		s->phase = STREAM_GONE;
		return;
	}
	if (s->tls != NULL)
		tls_finish(s->tls);
	s->phase = STREAM_FLUSHING;
	s->close_by = now.mono + FLUSH_TIME;
	stream_flush(s, now);
}

/* The socket's buffer is empty: what it does not take now is lost. */
void
stream_refuse(struct stream *s, struct span text, struct now now)
{
	if (fd_send(s->fd, text) != -1)
		linger(s, now);
}

void
stream_end_soon(struct stream *s, struct now now)
{
	if (s->close_by == STREAM_NEVER)
		s->close_by = now.mono + FLUSH_TIME;
}

void
stream_expire(struct stream *s)
{
	s->phase = STREAM_GONE;
}
