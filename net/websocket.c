#include "net/websocket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl_hash.h>

#include "base/utf8.h"

#define FIN      0x80u
#define RESERVED 0x70u		/* bits of extensions, of which we have none */
#define MASKED   0x80u
#define CONTROL  0x08u		/* the bit that control frames' opcodes have */

enum opcode {
	OP_CONTINUATION = 0x0,
	OP_TEXT         = 0x1,
	OP_BINARY       = 0x2,
	OP_CLOSE        = 0x8,
	OP_PING         = 0x9,
	OP_PONG         = 0xa
};

/* Nobody sends longer frames, and no sum of this can overflow. */
#define FRAME_MAX ((uint64_t)1 << 30)

/* A message in more fragments is sent only to keep us busy. */
#define FRAGMENTS_MAX 100000

/* Bytes of control frames that the peer does not read. */
#define OUT_MAX 1024

/* Seconds. */
#define PING_TIME    25		/* proxies cut what is quiet for 60 */
#define MESSAGE_TIME 1800	/* 20 MB at 12 kB/s */

#define NEVER UINT32_MAX

/* ---- the handshake ---- */

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 22 digits for 16 bytes, the last of them with four bits of nothing, "==". */
static bool
is_key(struct span key)
{
	size_t i;

	if (key.n != WEBSOCKET_KEY)
		return false;
	for (i = 0; i < 22; i++) {
		if (key.p[i] == '\0' || strchr(base64, key.p[i]) == NULL)
			return false;
	}
	return strchr("AQgw", key.p[21]) != NULL && key.p[22] == '=' &&
	    key.p[23] == '=';
}

/* The 20 bytes of a SHA-1 in base64. */
static void
put_digest(char text[WEBSOCKET_ACCEPT], const unsigned char digest[20])
{
	unsigned bits = 0;
	size_t i, at = 0, have = 0;

	for (i = 0; i < br_sha1_SIZE; i++) {
		bits = bits << 8 | digest[i];
		for (have += 8; have >= 6; have -= 6)
			text[at++] = base64[bits >> (have - 6) & 63];
	}
	text[at++] = base64[bits << 2 & 63];	/* four bits are left */
	text[at] = '=';
}

bool
websocket_accept(char answer[WEBSOCKET_ACCEPT], struct span key)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[br_sha1_SIZE];
	br_sha1_context sha1;

	if (!is_key(key))
		return false;
	br_sha1_init(&sha1);
	br_sha1_update(&sha1, key.p, key.n);
	br_sha1_update(&sha1, guid, sizeof(guid) - 1);
	br_sha1_out(&sha1, digest);
	put_digest(answer, digest);
	return true;
}

/* ---- what is sent ---- */

static uint32_t
seconds(struct now now)
{
	return (uint32_t)(now.mono / 1000);
}

struct websocket *
websocket_open(struct now now)
{
	struct websocket *w = xzalloc(sizeof(*w));

	w->ping_at = seconds(now) + PING_TIME;
	w->message_by = NEVER;
	return w;
}

void
websocket_free(struct websocket *w)
{
	if (w == NULL)
		return;
	buf_free(&w->out);
	free(w->control);
	free(w);
}

bool
websocket_is_open(const struct websocket *w)
{
	return w->state != WEBSOCKET_CLOSED;
}

static void
put_control(struct websocket *w, enum opcode opcode, struct span payload)
{
	buf_add_byte(&w->out, (char)(FIN | (unsigned)opcode));
	buf_add_byte(&w->out, (char)payload.n);
	buf_add(&w->out, payload);
}

static void
send_close(struct websocket *w, struct span payload)
{
	if (!w->close_sent)
		put_control(w, OP_CLOSE, payload);
	w->close_sent = true;
}

void
websocket_close(struct websocket *w, enum websocket_code code,
    struct span reason)
{
	char payload[WEBSOCKET_CONTROL_MAX];

	assert(reason.n <= sizeof(payload) - 2);
	payload[0] = (char)((unsigned)code >> 8);
	payload[1] = (char)((unsigned)code & 0xff);
	if (reason.n > 0)
		memcpy(payload + 2, reason.p, reason.n);
	send_close(w, (struct span){ payload, reason.n + 2 });
}

/* The peer does what it must not: nothing more of it is read. */
static void
fail(struct websocket *w, enum websocket_code code, struct span reason)
{
	websocket_close(w, code, reason);
	w->state = WEBSOCKET_CLOSED;
}

/*
 * Many at once, or from a peer that does not read, get no answer each: the last
 * pong is that to the newest ping (section 5.5.3).
 */
static void
send_pong(struct websocket *w, struct span payload)
{
	if (w->close_sent)
		return;
	if (w->out.n >= OUT_MAX)
		w->out.n -= w->last_pong;
	put_control(w, OP_PONG, payload);
	w->last_pong = (uint8_t)(2 + payload.n);
}

static void
send_ping(struct websocket *w)
{
	if (w->close_sent || w->out.n >= OUT_MAX)
		return;
	put_control(w, OP_PING, SPAN(""));
	w->last_pong = 0;
}

/* The header of 2 or 4 bytes stands directly before the payload. */
size_t
websocket_frame(char *p, size_t n)
{
	assert(n <= WEBSOCKET_SEND_MAX);
	p[0] = (char)(FIN | OP_BINARY);
	if (n < 126) {
		p[1] = (char)n;
		memmove(p + 2, p + WEBSOCKET_HEAD, n);
		return 2 + n;
	}
	p[1] = 126;
	p[2] = (char)(n >> 8);
	p[3] = (char)(n & 0xff);
	return WEBSOCKET_HEAD + n;
}

/* ---- headers ---- */

/* Bytes of the header, as far as those that are here show. */
static size_t
header_size(const struct websocket *w)
{
	if (w->header_length < 2)
		return 2;
	switch (w->header[1] & ~MASKED) {
	case 126:
		return 2 + 2 + 4;
	case 127:
		return 2 + 8 + 4;
	default:
		return 2 + 4;
	}
}

static uint64_t
payload_length(const struct websocket *w)
{
	unsigned length = w->header[1] & ~MASKED;
	unsigned bytes = length == 126 ? 2 : length == 127 ? 8 : 0, i;
	uint64_t value = bytes > 0 ? 0 : length;

	for (i = 0; i < bytes; i++)
		value = value << 8 | w->header[2 + i];
	return value;
}

/* Each length has one form, the shortest (section 5.2). */
static bool
is_shortest(const struct websocket *w, uint64_t length)
{
	unsigned form = w->header[1] & ~MASKED;

	return form < 126 || (form == 126 && length > 125) ||
	    (form == 127 && length > 0xffff);
}

/* What is wrong with the first two bytes, or NULL. */
static const char *
find_fault(const struct websocket *w)
{
	unsigned first = w->header[0], second = w->header[1];
	unsigned opcode = first & 0xf;

	if (first & RESERVED)
		return "a reserved bit is set";
	if (!(second & MASKED))
		return "a client must mask its frames";
	if (opcode > OP_PONG || (opcode > OP_BINARY && opcode < OP_CLOSE))
		return "unknown opcode";
	if (opcode & CONTROL)
		return !(first & FIN) || (second & ~MASKED) >
		    WEBSOCKET_CONTROL_MAX ? "a control frame is fragmented "
		    "or too long" : NULL;
	if ((opcode == OP_CONTINUATION) != w->in_message)
		return w->in_message ? "a message begins within another" :
		    "there is nothing to continue";
	return NULL;
}

/* Limits on a message that arrives in many pieces. */
static void
count_fragment(struct websocket *w, struct now now)
{
	if (w->opcode != OP_CONTINUATION) {
		w->fragments = 0;
		w->message_by = seconds(now) + MESSAGE_TIME;
	}
	w->in_message = !(w->header[0] & FIN);
	if (++w->fragments > FRAGMENTS_MAX)
		fail(w, WEBSOCKET_POLICY, SPAN("too many fragments"));
}

static void
begin_payload(struct websocket *w, struct now now)
{
	uint64_t length = payload_length(w);

	if (!is_shortest(w, length)) {
		fail(w, WEBSOCKET_PROTOCOL, SPAN("a length is not in its "
		    "shortest form"));
		return;
	}
	if (length > FRAME_MAX) {
		fail(w, WEBSOCKET_TOO_BIG, SPAN("the frame is too long"));
		return;
	}
	w->opcode = w->header[0] & 0xf;
	w->left = (uint32_t)length;
	w->mask_at = 0;
	w->control_length = 0;
	w->state = WEBSOCKET_PAYLOAD;
	if (!(w->opcode & CONTROL))
		count_fragment(w, now);
	else if (length > 0)
		w->control = xalloc(WEBSOCKET_CONTROL_MAX);
}

/* False, after a close frame, if the first two bytes are not acceptable. */
static bool
check_start(struct websocket *w)
{
	const char *fault = find_fault(w);

	if (fault != NULL)
		fail(w, WEBSOCKET_PROTOCOL, span_of(fault));
	else if ((w->header[0] & 0xf) == OP_TEXT)
		fail(w, WEBSOCKET_UNSUPPORTED, SPAN("messages must be binary"));
	return w->state != WEBSOCKET_CLOSED;
}

/*
 * Take bytes of a header.  A fault in its first two bytes is reported before
 * the rest of it is here.
 */
static size_t
take_header(struct websocket *w, const char *bytes, size_t n, struct now now)
{
	size_t want = header_size(w) - w->header_length;

	if (want > n)
		want = n;
	memcpy(w->header + w->header_length, bytes, want);
	w->header_length = (uint8_t)(w->header_length + want);
	if (w->header_length == 2 && !check_start(w))
		return want;
	if (w->header_length == header_size(w))
		begin_payload(w, now);
	return want;
}

/* ---- payloads ---- */

/* Codes that an endpoint may send (section 7.4, and IANA's registry). */
static bool
is_code(unsigned code)
{
	return (code >= 1000 && code <= 1014 && code != 1004 &&
	    code != 1005 && code != 1006) || (code >= 3000 && code <= 4999);
}

/* The peer's own code is the answer to it. */
static void
take_close(struct websocket *w, struct span payload)
{
	unsigned code = 0;

	if (payload.n >= 2)
		code = (unsigned)w->control[0] << 8 | w->control[1];
	w->state = WEBSOCKET_CLOSED;
	if (payload.n == 1 || (payload.n >= 2 && !is_code(code)))
		websocket_close(w, WEBSOCKET_PROTOCOL,
		    SPAN("invalid status code"));
	else if (payload.n > 2 && !utf8_is_valid(payload.p + 2, payload.n - 2))
		websocket_close(w, WEBSOCKET_NOT_UTF8, SPAN(""));
	else
		send_close(w, (struct span){ payload.p,
		    payload.n >= 2 ? 2 : 0 });
}

static void
end_control(struct websocket *w)
{
	struct span payload = { (const char *)w->control, w->control_length };

	if (w->opcode == OP_CLOSE)
		take_close(w, payload);
	else if (w->opcode == OP_PING)
		send_pong(w, payload);
	free(w->control);
	w->control = NULL;
}

static void
end_frame(struct websocket *w)
{
	w->header_length = 0;
	w->state = WEBSOCKET_HEADER;
	if (w->opcode & CONTROL)
		end_control(w);
	else if (!w->in_message)
		w->message_by = NEVER;
}

/* Eight bytes at a time: large posts come this way. */
static void
unmask(struct websocket *w, char *bytes, size_t n)
{
	const unsigned char *key = w->header + w->header_length - 4;
	unsigned char mask[8];
	uint64_t word, mask_word;
	size_t i;

	for (i = 0; i < sizeof(mask); i++)
		mask[i] = key[(w->mask_at + i) & 3];
	memcpy(&mask_word, mask, sizeof(mask));
	for (i = 0; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		word ^= mask_word;
		memcpy(bytes + i, &word, sizeof(word));
	}
	for (; i < n; i++)
		bytes[i] = (char)((unsigned char)bytes[i] ^ mask[i & 7]);
	w->mask_at = (uint8_t)((w->mask_at + n) & 3);
}

static size_t
take_payload(struct websocket *w, char *bytes, size_t n, struct span *data)
{
	if (n > w->left)
		n = w->left;
	unmask(w, bytes, n);
	w->left -= (uint32_t)n;
	if (!(w->opcode & CONTROL)) {
		*data = (struct span){ bytes, n };
	} else if (n > 0) {
		memcpy(w->control + w->control_length, bytes, n);
		w->control_length = (uint8_t)(w->control_length + n);
	}
	return n;
}

size_t
websocket_input(struct websocket *w, char *bytes, size_t n,
    struct span *data, struct now now)
{
	size_t used = 0;

	*data = (struct span){ NULL, 0 };
	if (w->state == WEBSOCKET_HEADER)
		used = take_header(w, bytes, n, now);
	if (w->state == WEBSOCKET_PAYLOAD)
		used += take_payload(w, bytes + used, n - used, data);
	if (w->state == WEBSOCKET_PAYLOAD && w->left == 0)
		end_frame(w);
	return used;
}

/* ---- time ---- */

uint64_t
websocket_deadline(const struct websocket *w)
{
	return clock_min(w->ping_at, w->message_by) * 1000;
}

void
websocket_expire(struct websocket *w, struct now now)
{
	if (seconds(now) >= w->message_by)
		fail(w, WEBSOCKET_POLICY, SPAN("the message takes too long"));
	if (seconds(now) < w->ping_at)
		return;
	send_ping(w);
	w->ping_at = seconds(now) + PING_TIME;
}
