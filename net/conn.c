#include "net/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/poller.h"
#include "tmtp.h"

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
	if (c->stream.phase == STREAM_GONE)
		close_session(c, now);
	if (c->stream.phase == STREAM_OPEN && tmtp_is_ended(c->session))
		stream_end_soon(&c->stream, now);
}

static void
finish(struct conn *c, struct now now)
{
	close_session(c, now);
	c->more = false;
	stream_finish(&c->stream, now);
}

struct conn *
conn_open(int fd, const struct listener *listener, struct relay *relay,
    const char *peer, struct now now)
{
	struct conn *c = xzalloc(sizeof(*c));

	if (stream_open(&c->stream, fd, listener->tls) == -1) {
		free(c);
		return NULL;
	}
	c->http = listener->http;
	c->is_local = listener->is_local;
	memcpy(c->peer, peer, strnlen(peer, LISTEN_PEER - 1));
	c->session = tmtp_session_open(relay, c, c->peer, now);
	return c;
}

void
conn_close(struct conn *c, struct now now)
{
	close_session(c, now);
	stream_close(&c->stream);
	free(c);
}

/* A handshake and a stream at its end are of no concern to the session. */
bool
conn_wants_input(const struct conn *c)
{
	return stream_wants_input(&c->stream) &&
	    (c->stream.phase != STREAM_OPEN || !c->stream.established ||
	    tmtp_wants_input(c->session));
}

void
conn_read(struct conn *c, struct now now)
{
	struct span bytes;

	if (conn_wants_input(c)) {
		stream_enter(&c->stream);
		stream_receive(&c->stream);
		while (stream_read(&c->stream, &bytes)) {
			if (!tmtp_is_ended(c->session))
				tmtp_input(c->session, bytes, now);
		}
		stream_flush(&c->stream, now);	/* of the handshake; an alert */
		if (c->stream.phase == STREAM_OPEN &&
		    stream_is_over(&c->stream))
			finish(c, now);
		stream_leave(&c->stream);
	}
	settle(c, now);
}

/* Let tmtp fill what the stream has room for; returns how much. */
static size_t
fill(struct conn *c, struct now now)
{
	size_t n, room, filled = 0;
	char *p;

	while ((p = stream_room(&c->stream, &room)) != NULL) {
		n = tmtp_output(c->session, p, room, now);
		if (n == 0)
			break;
		stream_write(&c->stream, n);
		filled += n;
	}
	return filled;
}

/* Send until the peer is slow, the turn's share is used, or all is said. */
void
conn_write(struct conn *c, struct now now)
{
	struct stream *stream = &c->stream;
	size_t n = 1, sent = 0;

	stream_enter(stream);
	stream_flush(stream, now);
	while (stream->phase == STREAM_OPEN && !stream_wants_output(stream) &&
	    n > 0 && sent < STREAM_TURN) {
		n = fill(c, now);
		sent += n;
		stream_flush(stream, now);
	}
	c->more = stream->phase == STREAM_OPEN && n > 0;
	if (stream->phase == STREAM_OPEN && n == 0 &&
	    tmtp_is_ended(c->session))
		finish(c, now);
	stream_leave(stream);
	settle(c, now);
}

uint64_t
conn_deadline(const struct conn *c)
{
	return c->stream.close_by != STREAM_NEVER ? c->stream.close_by :
	    tmtp_deadline(c->session);
}

void
conn_expire(struct conn *c, struct now now)
{
	if (c->stream.close_by != STREAM_NEVER) {
		stream_expire(&c->stream);
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
	    (c->more || stream_wants_output(&c->stream) ? POLLER_WRITE : 0);
}
