#include "net/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/subnet.h"
#include "net/channel.h"
#include "net/cert.h"
#include "net/poller.h"
#include "net/proxy.h"
#include "net/websocket.h"
#include "tmtp.h"

static void
close_session(struct conn *c, struct now now)
{
	if (c->session != NULL)
		tmtp_session_close(c->session, now);
	c->session = NULL;
}

/*
 * All is said, but for what waits to be sent.  A session that ends is closed
 * with a close frame, too.
 */
static bool
is_ending(const struct conn *c)
{
	if (tmtp_is_ended(c->session))
		return c->language != CONN_HTTP ||
		    http_asks(c->request) == HTTP_NOTHING;
	return c->language > CONN_TMTP && (c->language == CONN_HTTP ?
	    http_is_over(c->request) : !websocket_is_open(c->websocket));
}

/* At the end of every call that moved bytes. */
static void
settle(struct conn *c, struct now now)
{
	if (c->stream.phase == STREAM_GONE)
		close_session(c, now);
	if (c->stream.phase == STREAM_OPEN && is_ending(c))
		stream_end_soon(&c->stream, now);
}

static void
finish(struct conn *c, struct now now)
{
	close_session(c, now);
	c->more = false;
	stream_finish(&c->stream, now);
}

/* A connection with so many bytes for its peer. */
static struct conn *
allocate(const char *peer, size_t room)
{
	struct conn *c = xzalloc(offsetof(struct conn, peer) + room);

	memcpy(c->peer, peer, strlen(peer));
	return c;
}

/* Neither the relay itself nor its own authority has signed it. */
static bool
is_by_ca(const struct cert *cert)
{
	return cert->pinned == 0 && cert->chain_length > 1;
}

struct conn *
conn_open(int fd, const struct listener *listener, struct relay *relay,
    const char *peer, struct now now)
{
	struct conn *c = allocate(peer,
	    listener->proxy ? LISTEN_PEER : strlen(peer) + 1);

	stream_open(&c->stream, fd, listener->tls, listener->cert);
	if (listener->proxy)
		c->proxy = xzalloc(sizeof(*c->proxy));
	c->cert = listener->cert;
	c->hsts = listener->tls != NULL && is_by_ca(listener->cert);
	c->ca = listener->ca;
	c->http = listener->http;
	c->is_local = listener->is_local;
	c->session = tmtp_session_open(relay, c, c->peer, now);
	return c;
}

struct conn *
conn_open_channel(struct channel *channel, struct relay *relay, struct now now)
{
	struct conn *c = allocate("local", sizeof("local"));

	stream_open_channel(&c->stream, channel);
	channel_set_owner(channel, c);
	c->is_local = true;
	c->session = tmtp_session_open(relay, c, c->peer, now);
	return c;
}

void
conn_close(struct conn *c, struct now now)
{
	close_session(c, now);
	if (c->language == CONN_HTTP)
		http_free(c->request);
	else if (c->language == CONN_WEBSOCKET)
		websocket_free(c->websocket);
	stream_close(&c->stream);
	free(c->proxy);
	free(c);
}

static bool
takes_input(const struct conn *c)
{
	return c->language == CONN_HTTP ? http_wants_input(c->request) :
	    tmtp_wants_input(c->session);
}

/* A handshake and a stream at its end are of no concern to the session. */
bool
conn_wants_input(const struct conn *c)
{
	return stream_wants_input(&c->stream) &&
	    (c->stream.phase != STREAM_OPEN || !c->stream.established ||
	    takes_input(c));
}

/*
 * The PROXY header comes before everything else, TLS too.  If it is invalid,
 * the connection ends at once.  Whoever is at the other end is known only now,
 * so what follows is read when it is that one's turn.
 */
static void
read_proxy(struct conn *c)
{
	enum proxy_result result;
	struct subnet peer;

	result = proxy_read(c->proxy, c->stream.fd, c->peer);
	if (result == PROXY_MORE)
		return;
	free(c->proxy);
	c->proxy = NULL;
	if (result == PROXY_INVALID)
		c->error = "no valid PROXY header";
	if (result != PROXY_DONE) {
		stream_expire(&c->stream);
		return;
	}
	if (subnet_of_peer(&peer, c->peer) && !subnet_is_loopback(&peer))
		c->is_local = false;
}

/* ---- input ---- */

static void
take_websocket(struct conn *c, char *p, size_t n, struct now now)
{
	struct span data;
	size_t used;

	while (n > 0 && websocket_is_open(c->websocket)) {
		used = websocket_input(c->websocket, p, n, &data, now);
		if (data.n > 0 && !tmtp_is_ended(c->session))
			tmtp_input(c->session, data, now);
		p += used;
		n -= used;
	}
}

/* The answer to the request is sent before the first frame. */
static void
begin_websocket(struct conn *c, struct now now)
{
	struct http *request = c->request;

	c->websocket = websocket_open(now);
	c->language = CONN_WEBSOCKET;
	c->websocket->out = request->out;
	request->out = (struct buf){ NULL, 0, 0 };
	tmtp_session_restart(c->session, now);
	take_websocket(c, request->in.p, request->in.n, now);
	http_free(request);
}

static void
take_http(struct conn *c, struct span bytes, struct now now)
{
	http_input(c->request, bytes, now);
	if (http_is_upgraded(c->request))
		begin_websocket(c, now);
}

static void
begin_http(struct conn *c, struct now now)
{
	unsigned flags = (c->stream.tls != NULL ? HTTP_TLS : 0) |
	    (c->hsts ? HTTP_HSTS : 0) |
	    (c->is_local ? HTTP_LOCAL : 0) | (c->ca ? HTTP_CA : 0);

	c->language = CONN_HTTP;
	c->request = http_open(tmtp_conf(c->session), flags, now);
}

/* Bytes that may not be TMTP's. */
static void
take(struct conn *c, struct span bytes, struct now now)
{
	if (c->language == CONN_UNKNOWN &&
	    (c->ca || (c->http && http_begins(bytes.p[0]))))
		begin_http(c, now);
	else if (c->language == CONN_UNKNOWN)
		c->language = CONN_TMTP;

	if (c->language == CONN_HTTP)
		take_http(c, bytes, now);
	else if (c->language == CONN_WEBSOCKET)
		take_websocket(c, (char *)bytes.p, bytes.n, now);
	else
		tmtp_input(c->session, bytes, now);
}

/* Requests without TLS are refused in the language that they are in. */
static void
refuse_plain(struct conn *c, struct now now)
{
	struct buf text = { NULL, 0, 0 };

	http_refuse_plain(&text, stream_strange_bytes(&c->stream), now);
	if (text.n > 0) {
		close_session(c, now);
		stream_refuse(&c->stream, buf_span(&text), now);
	}
	buf_free(&text);
}

static void
read_stream(struct conn *c, struct now now)
{
	struct span bytes;

	stream_receive(&c->stream);
	while (stream_read(&c->stream, &bytes)) {
		if (tmtp_is_ended(c->session) && c->language != CONN_HTTP)
			continue;
		if (c->language == CONN_TMTP)
			tmtp_input(c->session, bytes, now);
		else
			take(c, bytes, now);
	}
	if (c->stream.phase == STREAM_GONE && stream_is_stranger(&c->stream))
		refuse_plain(c, now);
}

/* ---- output ---- */

/* Messages of one frame each, as long as they fit in a record. */
static size_t
fill_websocket(struct conn *c, char *p, size_t room, struct now now)
{
	size_t n = 1, used = 0, left;

	while (n > 0 && room - used > WEBSOCKET_HEAD) {
		left = room - used - WEBSOCKET_HEAD;
		n = tmtp_output_frame(c->session, p + used + WEBSOCKET_HEAD,
		    left, used > 0 ? left : SIZE_MAX, now);
		if (n > 0)
			used += websocket_frame(p + used, n);
	}
	return used;
}

/* Control frames go between messages. */
static size_t
take_websocket_output(struct conn *c, char *p, size_t room, struct now now)
{
	struct websocket *w = c->websocket;
	size_t n;

	if (w->out.n == 0 && websocket_is_open(w)) {
		n = fill_websocket(c, p, room, now);
		if (n > 0 || !tmtp_is_ended(c->session))
			return n;
		websocket_close(w, WEBSOCKET_NORMAL, SPAN(""));
	}
	n = w->out.n < room ? w->out.n : room;
	if (n > 0)
		memcpy(p, w->out.p, n);
	buf_drop(&w->out, n);
	if (w->out.n == 0)
		buf_free(&w->out);
	return n;
}

/* The next request is looked at when one is answered. */
static size_t
take_http_output(struct conn *c, char *p, size_t room, struct now now)
{
	size_t n = http_output(c->request, p, room, now);

	if (http_is_upgraded(c->request))
		begin_websocket(c, now);
	return n;
}

static size_t
take_output(struct conn *c, char *p, size_t room, struct now now)
{
	switch (c->language) {
	case CONN_HTTP:
		return take_http_output(c, p, room, now);
	case CONN_WEBSOCKET:
		return take_websocket_output(c, p, room, now);
	default:
		return tmtp_output(c->session, p, room, now);
	}
}

/* Fill what the stream has room for; returns how much. */
static size_t
fill(struct conn *c, struct now now)
{
	size_t n, room, filled = 0;
	char *p;

	while ((p = stream_room(&c->stream, &room)) != NULL) {
		n = take_output(c, p, room, now);
		if (n == 0)
			break;
		stream_write(&c->stream, n);
		filled += n;
	}
	return filled;
}

/* Send until the peer is slow, the turn's share is used, or all is said. */
static void
write_stream(struct conn *c, struct now now)
{
	struct stream *stream = &c->stream;
	size_t n = 1, sent = 0;

	stream_flush(stream, now);
	while (stream->phase == STREAM_OPEN && !stream_wants_output(stream) &&
	    n > 0 && sent < STREAM_TURN) {
		n = fill(c, now);
		sent += n;
		stream_flush(stream, now);
	}
	c->more = stream->phase == STREAM_OPEN && n > 0;
	if (stream->phase == STREAM_OPEN && n == 0 && is_ending(c))
		finish(c, now);
}

/*
 * HTTP's answers leave at once.  Those of WebSocket wait for the next turn, as
 * what the session has to say may have to wait for the disk.
 */
static void
write_answers(struct conn *c, struct now now)
{
	if (c->language == CONN_HTTP)
		write_stream(c, now);
	else if (c->language == CONN_WEBSOCKET &&
	    c->websocket->out.n > 0 && c->stream.phase == STREAM_OPEN)
		c->more = true;
}

void
conn_read(struct conn *c, struct now now)
{
	if (c->proxy != NULL) {
		read_proxy(c);
	} else if (conn_wants_input(c)) {
		stream_enter(&c->stream);
		read_stream(c, now);
		write_answers(c, now);
		stream_flush(&c->stream, now);	/* of the handshake; an alert */
		if (c->stream.phase == STREAM_OPEN &&
		    stream_is_over(&c->stream))
			finish(c, now);
		stream_leave(&c->stream);
	}
	settle(c, now);
}

void
conn_write(struct conn *c, struct now now)
{
	stream_enter(&c->stream);
	write_stream(c, now);
	stream_leave(&c->stream);
	settle(c, now);
}

enum http_ask
conn_asks(const struct conn *c)
{
	return c->language == CONN_HTTP && c->stream.phase == STREAM_OPEN ?
	    http_asks(c->request) : HTTP_NOTHING;
}

void
conn_answer(struct conn *c, unsigned status, const char *type,
    struct span text, struct now now)
{
	http_answer(c->request, status, type, text, now);
	conn_write(c, now);
}

static uint64_t
deadline(const struct conn *c)
{
	switch (c->language) {
	case CONN_HTTP:
		return http_deadline(c->request);
	case CONN_WEBSOCKET:
		return clock_min(websocket_deadline(c->websocket),
		    tmtp_deadline(c->session));
	default:
		return tmtp_deadline(c->session);
	}
}

uint64_t
conn_deadline(const struct conn *c)
{
	return c->stream.close_by != STREAM_NEVER ? c->stream.close_by :
	    deadline(c);
}

/* Between two requests of HTTP, or in the middle of one, nothing is said. */
static void
expire_http(struct conn *c, struct now now)
{
	stream_enter(&c->stream);
	finish(c, now);
	stream_leave(&c->stream);
	settle(c, now);
}

void
conn_expire(struct conn *c, struct now now)
{
	if (c->stream.close_by != STREAM_NEVER || c->proxy != NULL) {
		stream_expire(&c->stream);
		settle(c, now);
	} else if (c->language == CONN_HTTP) {
		expire_http(c, now);
	} else {
		if (c->language == CONN_WEBSOCKET)
			websocket_expire(c->websocket, now);
		tmtp_expire(c->session, now);
		conn_write(c, now);
	}
}

unsigned
conn_interest(const struct conn *c)
{
	return (conn_wants_input(c) ? POLLER_READ : 0) |
	    (stream_wants_output(&c->stream) ? POLLER_WRITE : 0);
}
