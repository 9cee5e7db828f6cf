#include "test/load/wsclient.h"

#include <string.h>

#include "base/log.h"
#include "client/client.h"

void
wsclient_begin(struct wsclient *w, struct client *c)
{
	*w = (struct wsclient){ .begun = false };
	client_send(c, SPAN("GET /tmtp HTTP/1.1\r\nHost: relay\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Protocol: tmtp\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
}

void
wsclient_free(struct wsclient *w)
{
	buf_free(&w->wire);
	buf_free(&w->in);
}

void
wsclient_send(struct client *c, struct span bytes)
{
	static const unsigned char mask[8] = { 0x9c, 0x5a, 0x7d, 0xff,
	    0x9c, 0x5a, 0x7d, 0xff };
	struct buf frame = { NULL, 0, 0 };
	size_t n = bytes.n, length = n < 126 ? 0 : n < 65536 ? 2 : 8, i;
	uint64_t word, mask_word;
	char *p;

	buf_add_byte(&frame, (char)0x82);
	buf_add_byte(&frame, (char)(0x80 | (length == 0 ? n :
	    length == 2 ? 126u : 127u)));
	for (i = length; i-- > 0;)
		buf_add_byte(&frame, (char)(n >> 8 * i & 255));
	buf_add(&frame, (struct span){ (const char *)mask, 4 });
	buf_add(&frame, bytes);
	p = frame.p + frame.n - n;
	memcpy(&mask_word, mask, sizeof(mask));
	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&word, p + i, 8);
		word ^= mask_word;
		memcpy(p + i, &word, 8);
	}
	for (; i < n; i++)
		p[i] = (char)((unsigned char)p[i] ^ mask[i & 7]);
	client_send(c, buf_span(&frame));
	buf_free(&frame);
}

/* The answer to the handshake.  False if it is not all here. */
static bool
take_answer(struct wsclient *w)
{
	size_t end = span_find(buf_span(&w->wire), SPAN("\r\n\r\n"));

	if (w->begun || end == w->wire.n)
		return w->begun;
	if (memcmp(w->wire.p, "HTTP/1.1 101 ", 13) != 0)
		die("no WebSocket: %.*s", (int)w->wire.n, w->wire.p);
	buf_drop(&w->wire, end + 4);
	w->begun = true;
	return true;
}

/* Move what is in whole frames from wire to in. */
static void
unwrap(struct wsclient *w)
{
	const unsigned char *p;
	size_t at = 0, left, head, n;

	while ((left = w->wire.n - at) >= 2) {
		p = (const unsigned char *)w->wire.p + at;
		head = p[1] == 126 ? 4 : 2;
		if (left < head)
			break;
		n = head == 4 ? (size_t)p[2] << 8 | p[3] : p[1];
		if (left < head + n)
			break;
		if (p[0] == 0x82)
			buf_add(&w->in, (struct span){
			    (const char *)p + head, n });
		else if (p[0] != 0x89 && p[0] != 0x88)	/* ping, close */
			die("a frame of WebSocket begins %02x", p[0]);
		at += head + n;
	}
	buf_drop(&w->wire, at);
}

static bool
next_reply(struct wsclient *w, struct reply *r)
{
	struct span rest = { w->in.p + w->in_at, w->in.n - w->in_at };
	enum wire_result result;

	if (rest.n == 0)
		return false;
	result = wire_read(r, rest);
	if (result == WIRE_INVALID)
		die("an invalid frame");
	if (result == WIRE_FRAME)
		w->in_at += r->bytes;
	return result == WIRE_FRAME;
}

bool
wsclient_next(struct wsclient *w, struct client *c, struct reply *r)
{
	struct span plain;

	if (next_reply(w, r))
		return true;
	buf_drop(&w->in, w->in_at);
	w->in_at = 0;
	while (client_recv(c, &plain))
		buf_add(&w->wire, plain);
	if (take_answer(w))
		unwrap(w);
	return next_reply(w, r);
}
