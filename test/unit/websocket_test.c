/*
 * Frames of WebSocket: RFC 6455's own examples, every kind of frame in every
 * order, lengths at each border, and close frames.  Each case runs with its
 * bytes at once and one at a time, and must end the same.
 */
#include "net/websocket.h"

#include <stdint.h>
#include <string.h>

#include "test/lib/check.h"

#define FIN 0x80
#define TEXT 1
#define BINARY 2
#define CLOSE 8
#define PING 9
#define PONG 10

static const struct now start = { 1000, 0 };

/* ---- what a client sends ---- */

static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

/* The header of a frame with that length, in its shortest form. */
static void
put_header(struct buf *to, int first, uint64_t length)
{
	int bytes = length < 126 ? 0 : length <= 0xffff ? 2 : 8, i;

	buf_add_byte(to, (char)first);
	buf_add_byte(to, (char)(0x80 | (bytes == 0 ? (int)length :
	    bytes == 2 ? 126 : 127)));
	for (i = bytes; i-- > 0;)
		buf_add_byte(to, (char)(length >> 8 * i & 255));
	buf_add(to, (struct span){ (const char *)mask, sizeof(mask) });
}

static void
put_frame(struct buf *to, int first, struct span payload)
{
	size_t i;

	put_header(to, first, payload.n);
	for (i = 0; i < payload.n; i++)
		buf_add_byte(to, (char)((unsigned char)payload.p[i] ^
		    mask[i & 3]));
}

/* ---- what the relay makes of it ---- */

struct result {
	struct buf data, out;
	bool open;
	size_t used;	/* bytes until it was closed */
};

static struct result
give(struct span bytes, size_t piece)
{
	struct websocket *w = websocket_open(start);
	struct buf copy = { NULL, 0, 0 };
	struct result r = { .used = 0 };
	struct span data;
	size_t n, used;

	buf_add(&copy, bytes);
	while (r.used < copy.n && websocket_is_open(w)) {
		n = copy.n - r.used < piece ? copy.n - r.used : piece;
		used = websocket_input(w, copy.p + r.used, n, &data, start);
		CHECK(used <= n && (used > 0 || !websocket_is_open(w)),
		    "%zu of %zu bytes are used", used, n);
		buf_add(&r.data, data);
		r.used += used;
	}
	r.open = websocket_is_open(w);
	buf_add(&r.out, buf_span(&w->out));
	websocket_free(w);
	buf_free(&copy);
	return r;
}

/* Give all of it to one that stays. */
static void
feed(struct websocket *w, struct buf *bytes, struct now now)
{
	struct span data;
	size_t used = 0;

	while (used < bytes->n && websocket_is_open(w))
		used += websocket_input(w, bytes->p + used, bytes->n - used,
		    &data, now);
	bytes->n = 0;
}

static void
free_result(struct result *r)
{
	buf_free(&r->data);
	buf_free(&r->out);
}

/* Of a close frame that is the last of what is sent; 0: there is none. */
static unsigned
code_of(struct span out)
{
	size_t at = 0, n;
	unsigned code = 0;

	while (at + 2 <= out.n) {
		n = (unsigned char)out.p[at + 1];
		if ((unsigned char)out.p[at] == (FIN | CLOSE))
			code = n < 2 ? 1005 :
			    (unsigned)(unsigned char)out.p[at + 2] << 8 |
			    (unsigned char)out.p[at + 3];
		at += 2 + n;
	}
	CHECK(at == out.n, "the last frame that is sent is not whole");
	return code;
}

/* Give these bytes; the data and the close code must be those. */
static void
expect(const char *name, struct buf *bytes, struct span data, unsigned code)
{
	struct result whole = give(buf_span(bytes), SIZE_MAX);
	struct result split = give(buf_span(bytes), 1);

	CHECK(span_is(buf_span(&whole.data), data), "%s: data is %zu bytes, "
	    "not %zu", name, whole.data.n, data.n);
	CHECK(code_of(buf_span(&whole.out)) == code, "%s: code %u, not %u",
	    name, code_of(buf_span(&whole.out)), code);
	CHECK(whole.open == (code == 0), "%s: open: %d", name, whole.open);
	CHECK(span_is(buf_span(&whole.data), buf_span(&split.data)) &&
	    span_is(buf_span(&whole.out), buf_span(&split.out)) &&
	    whole.open == split.open, "%s: not the same when split", name);
	free_result(&whole);
	free_result(&split);
	buf_free(bytes);
}

/* ---- the tests ---- */

/* RFC 6455, section 1.3, and keys that are none. */
static void
test_accept(void)
{
	static const char *const bad[] = {
		"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=",
		"dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZR==",
		"dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZQAA"
	};
	char answer[WEBSOCKET_ACCEPT];
	size_t i;

	CHECK(websocket_accept(answer, SPAN("dGhlIHNhbXBsZSBub25jZQ==")) &&
	    memcmp(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", sizeof(answer)) ==
	    0, "the RFC's key");
	for (i = 0; i < COUNT(bad); i++)
		CHECK(!websocket_accept(answer, span_of(bad[i])), "key %s",
		    bad[i]);
}

/* RFC 6455, section 5.7; one unmasked frame is a server's. */
static void
test_examples(void)
{
	struct buf b = { NULL, 0, 0 };

	buf_add(&b, SPAN("\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
	expect("a masked Hello", &b, SPAN("Hello"), 0);
	buf_add(&b, SPAN("\x82\x05Hello"));
	expect("an unmasked Hello", &b, SPAN(""), 1002);
	buf_add(&b, SPAN("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
	expect("a text", &b, SPAN(""), 1003);
	buf_add(&b, SPAN("\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
	expect("a ping", &b, SPAN(""), 0);
}

/* Sequences of frames: each is a first byte, with one byte of payload. */
static void
test_orders(void)
{
	static const struct order {
		const char *name;
		int first[6];		/* 0x100: no more */
		const char *data;
		unsigned code;
	} orders[] = {
		{ "one", { 0x82, 0x100 }, "a", 0 },
		{ "two", { 0x82, 0x82, 0x100 }, "ab", 0 },
		{ "fragments", { 0x02, 0x00, 0x80, 0x100 }, "abc", 0 },
		{ "two of fragments", { 0x02, 0x80, 0x02, 0x80, 0x100 },
		    "abcd", 0 },
		{ "ping within", { 0x02, 0x89, 0x80, 0x100 }, "ac", 0 },
		{ "pong within", { 0x02, 0x8a, 0x00, 0x8a, 0x80, 0x100 },
		    "ace", 0 },
		{ "nothing to continue", { 0x80, 0x100 }, "", 1002 },
		{ "nothing to continue, unfinished", { 0x00, 0x100 }, "",
		    1002 },
		{ "continued after the end", { 0x82, 0x80, 0x100 }, "a",
		    1002 },
		{ "begun within", { 0x02, 0x82, 0x100 }, "a", 1002 },
		{ "begun within, unfinished", { 0x02, 0x02, 0x100 }, "a",
		    1002 },
		{ "text within", { 0x02, 0x81, 0x100 }, "a", 1002 },
		{ "text", { 0x81, 0x100 }, "", 1003 },
		{ "text in fragments", { 0x01, 0x80, 0x100 }, "", 1003 },
		{ "ping in fragments", { 0x09, 0x80, 0x100 }, "", 1002 },
		{ "pong in fragments", { 0x0a, 0x80, 0x100 }, "", 1002 },
		{ "close in fragments", { 0x08, 0x80, 0x100 }, "", 1002 },
		{ "close of one byte", { 0x88, 0x100 }, "", 1002 }
	};
	struct buf b = { NULL, 0, 0 };
	char payload;
	size_t i, k;

	for (i = 0; i < COUNT(orders); i++) {
		for (k = 0; orders[i].first[k] != 0x100; k++) {
			payload = (char)('a' + k);
			put_frame(&b, orders[i].first[k],
			    (struct span){ &payload, 1 });
		}
		expect(orders[i].name, &b, span_of(orders[i].data),
		    orders[i].code);
	}
}

/* Every first byte, as the first frame and as the second of a message. */
static void
test_first_bytes(void)
{
	struct buf b = { NULL, 0, 0 };
	unsigned first, opcode, code;
	char name[40];

	for (first = 0; first < 256; first++) {
		opcode = first & 15;
		code = first & 0x70 || opcode > PONG ||
		    (opcode > BINARY && opcode < CLOSE) ||
		    (opcode >= CLOSE && !(first & FIN)) || opcode == 0 ? 1002 :
		    opcode == TEXT ? 1003 : opcode == CLOSE ? 1005 : 0;
		put_frame(&b, (int)first, SPAN(""));
		(void)snprintf(name, sizeof(name), "first byte %02x", first);
		expect(name, &b, SPAN(""), code);

		if (opcode == 0 && !(first & 0x70))
			code = 0;
		else if (opcode <= BINARY)
			code = 1002;
		put_frame(&b, BINARY, SPAN("x"));
		put_frame(&b, (int)first, SPAN(""));
		(void)snprintf(name, sizeof(name), "second byte %02x", first);
		expect(name, &b, SPAN("x"), code);
	}
}

/* A payload of that length arrives as it was. */
static void
test_length(size_t length)
{
	struct buf b = { NULL, 0, 0 }, data = { NULL, 0, 0 };
	char name[40];
	size_t i;

	for (i = 0; i < length; i++)
		buf_add_byte(&data, (char)(i * 7 + i / 256));
	put_frame(&b, FIN | BINARY, buf_span(&data));
	put_frame(&b, FIN | BINARY, SPAN("!"));
	buf_add_byte(&data, '!');
	(void)snprintf(name, sizeof(name), "length %zu", length);
	expect(name, &b, buf_span(&data), 0);
	buf_free(&data);
}

static void
test_lengths(void)
{
	static const size_t lengths[] = { 0, 1, 7, 8, 9, 124, 125, 126, 127,
	    128, 255, 256, 65534, 65535, 65536, 65537, 200000 };
	static const uint64_t too_long[] = { ((uint64_t)1 << 30) + 1,
	    UINT32_MAX, (uint64_t)1 << 32, (uint64_t)1 << 62,
	    ((uint64_t)1 << 63) - 1, (uint64_t)1 << 63, UINT64_MAX };
	struct buf b = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < COUNT(lengths); i++)
		test_length(lengths[i]);
	for (i = 0; i < COUNT(too_long); i++) {
		put_header(&b, FIN | BINARY, too_long[i]);
		expect("too long", &b, SPAN(""), 1009);
	}
	buf_add(&b, SPAN("\x82\xfe\x00\x7d\x01\x02\x03\x04"));
	expect("125 in two bytes", &b, SPAN(""), 1002);
	buf_add(&b, SPAN("\x82\xfe\x00\x00\x01\x02\x03\x04"));
	expect("0 in two bytes", &b, SPAN(""), 1002);
	buf_add(&b, SPAN("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff"
	    "\x01\x02\x03\x04"));
	expect("65535 in eight bytes", &b, SPAN(""), 1002);
	buf_add(&b, SPAN("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x05"
	    "\x01\x02\x03\x04"));
	expect("5 in eight bytes", &b, SPAN(""), 1002);
	buf_add(&b, SPAN("\x89\xfe\x00\x7e\x01\x02\x03\x04"));
	expect("a ping of 126 bytes", &b, SPAN(""), 1002);
	buf_add(&b, SPAN("\x88\xff\x00\x00\x00\x00\x00\x01\x00\x00"));
	expect("a close of 65536 bytes", &b, SPAN(""), 1002);
}

/* Nothing after a close is read, and each has its answer. */
static void
test_close(unsigned code, const char *reason, unsigned answer)
{
	struct buf b = { NULL, 0, 0 }, payload = { NULL, 0, 0 };
	char name[60];

	buf_add_byte(&payload, (char)(code >> 8));
	buf_add_byte(&payload, (char)(code & 255));
	buf_add(&payload, span_of(reason));
	put_frame(&b, FIN | CLOSE, buf_span(&payload));
	put_frame(&b, FIN | BINARY, SPAN("more"));
	(void)snprintf(name, sizeof(name), "close %u %s", code, reason);
	expect(name, &b, SPAN(""), answer);
	buf_free(&payload);
}

static void
test_closes(void)
{
	static const char *const bad[] = { "\xff", "a\xc0\x80", "\xed\xa0\x80",
	    "\xf4\x90\x80\x80", "cut \xe2\x82", "\x80" };
	char longest[124];
	unsigned code;
	size_t i;

	for (code = 0; code < 6000; code++) {
		bool good = (code >= 1000 && code <= 1014 && code != 1004 &&
		    code != 1005 && code != 1006) ||
		    (code >= 3000 && code <= 4999);

		if (code < 1020 || code > 2990)
			test_close(code, "", good ? code : 1002);
	}
	test_close(65535, "", 1002);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[123] = '\0';
	test_close(1000, longest, 1000);
	test_close(4000, "tsch\xc3\xbc\xc3\x9f", 4000);
	for (i = 0; i < COUNT(bad); i++)
		test_close(1000, bad[i], 1007);
}

/* A pong says what the ping said; a peer that does not read gets few. */
static void
test_pings(void)
{
	struct buf b = { NULL, 0, 0 };
	char payload[125];
	struct result r;
	size_t i;

	memset(payload, 'p', sizeof(payload));
	put_frame(&b, FIN | PING, (struct span){ payload, sizeof(payload) });
	put_frame(&b, FIN | PING, SPAN(""));
	put_frame(&b, FIN | PONG, SPAN("unasked"));
	r = give(buf_span(&b), SIZE_MAX);
	CHECK(r.out.n == 2 + 125 + 2 && r.out.p[0] == (char)(FIN | PONG) &&
	    r.out.p[1] == 125 && memcmp(r.out.p + 2, payload, 125) == 0 &&
	    r.out.p[127] == (char)(FIN | PONG) && r.out.p[128] == 0,
	    "pongs of %zu bytes", r.out.n);
	free_result(&r);
	for (i = 0; i < 10000; i++)
		put_frame(&b, FIN | PING,
		    (struct span){ payload, sizeof(payload) });
	r = give(buf_span(&b), SIZE_MAX);
	CHECK(r.open && r.out.n < 1300, "%zu bytes of pongs", r.out.n);
	free_result(&r);
	/* The newest is always answered. */
	put_frame(&b, FIN | PING, SPAN("newest"));
	r = give(buf_span(&b), SIZE_MAX);
	CHECK(r.open && r.out.n > 8 && memcmp(r.out.p + r.out.n - 8,
	    "\x8a\x06newest", 8) == 0, "another pong is the last");
	free_result(&r);
	buf_free(&b);
}

static void
test_limits(void)
{
	struct buf b = { NULL, 0, 0 };
	struct websocket *w;
	struct now now = start;
	struct result r;
	int i;

	put_frame(&b, BINARY, SPAN(""));
	for (i = 0; i < 200000; i++)
		put_frame(&b, 0, SPAN(""));
	r = give(buf_span(&b), SIZE_MAX);
	CHECK(!r.open && code_of(buf_span(&r.out)) == 1008 &&
	    r.used > 100000 * 6 && r.used < 100100 * 6,
	    "too many fragments, after %zu bytes", r.used);
	free_result(&r);
	b.n = 0;

	w = websocket_open(now);
	CHECK(websocket_deadline(w) == now.mono + 25000, "the first ping");
	now.mono += 25000;
	websocket_expire(w, now);
	CHECK(span_is(buf_span(&w->out), SPAN("\x89\x00")), "no ping");
	CHECK(websocket_deadline(w) == now.mono + 25000, "the second ping");
	put_frame(&b, BINARY, SPAN("begun"));
	feed(w, &b, now);
	for (i = 0; i < 71; i++) {
		now.mono = websocket_deadline(w);
		websocket_expire(w, now);
	}
	CHECK(websocket_is_open(w), "closed after 71 pings");
	now.mono = websocket_deadline(w);
	websocket_expire(w, now);
	CHECK(!websocket_is_open(w), "a message that never ends");
	websocket_free(w);
	buf_free(&b);
}

/* What is sent: headers of two and four bytes, never masked. */
static void
test_frame(void)
{
	static char p[WEBSOCKET_HEAD + WEBSOCKET_SEND_MAX];
	size_t lengths[] = { 0, 1, 125, 126, 255, 256, 16380, 65535 }, i, n;
	size_t head;

	for (i = 0; i < COUNT(lengths); i++) {
		memset(p, 'a', sizeof(p));
		n = websocket_frame(p, lengths[i]);
		head = lengths[i] < 126 ? 2 : 4;
		CHECK(n == head + lengths[i] && p[0] == (char)0x82,
		    "a frame of %zu", lengths[i]);
		CHECK(head == 2 ? p[1] == (char)lengths[i] : p[1] == 126 &&
		    ((unsigned char)p[2] << 8 | (unsigned char)p[3]) ==
		    (int)lengths[i], "the length %zu", lengths[i]);
		CHECK(n == head || (p[head] == 'a' && p[n - 1] == 'a'),
		    "the payload of %zu", lengths[i]);
	}
}

/* The relay begins to close: the peer's close ends it, and nothing follows. */
static void
test_own_close(void)
{
	struct websocket *w = websocket_open(start);
	struct buf b = { NULL, 0, 0 };

	websocket_close(w, WEBSOCKET_NORMAL, SPAN("bye"));
	websocket_close(w, WEBSOCKET_POLICY, SPAN("again"));
	CHECK(span_is(buf_span(&w->out), SPAN("\x88\x05\x03\xe8" "bye")),
	    "the close frame");
	CHECK(websocket_is_open(w), "the peer has not answered");
	put_frame(&b, FIN | PING, SPAN("x"));
	feed(w, &b, start);
	CHECK(w->out.n == 7, "a pong after the close");
	put_frame(&b, FIN | CLOSE, SPAN("\x03\xe8"));
	feed(w, &b, start);
	CHECK(w->out.n == 7 && !websocket_is_open(w), "closed both ways");
	websocket_free(w);
	buf_free(&b);
}

int
main(void)
{
	test_accept();
	test_examples();
	test_orders();
	test_first_bytes();
	test_lengths();
	test_closes();
	test_pings();
	test_limits();
	test_frame();
	test_own_close();
	return check_report("websocket_test");
}
