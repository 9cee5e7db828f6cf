/*
 * Feed requests that no browser would send.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_http -max_total_time=60 -dict=test/fuzz/fuzz_http.dict
 *
 * The first byte says in what pieces the others are given, and how the
 * connection is.  The answers must be the same as to all at once, and must be
 * whole: a status line, fields, and as many bytes as they say.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "net/http.h"

static struct conf conf;

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct heard {
	struct buf out;
	bool over, upgraded;
	size_t left;		/* bytes that were not used */
};

/* All answers so far, through a small buffer. */
static void
take_answers(struct http *h, struct buf *out, struct now now)
{
	char room[64];
	size_t n;

	do {
		while (http_asks(h) != HTTP_NOTHING)
			http_answer(h, 200, "text/plain", SPAN("ok\n"), now);
		n = http_output(h, room, sizeof(room), now);
		buf_add(out, (struct span){ room, n });
	} while (n > 0 || http_asks(h) != HTTP_NOTHING);
}

static struct heard
run(const uint8_t *bytes, size_t n, size_t piece, unsigned flags)
{
	struct now now = { 1000, 784111777000 };
	struct http *h = http_open(&conf, flags, now);
	struct heard result = { .over = false };
	size_t at, some;
	char *copy;

	for (at = 0; at < n; at += some) {
		some = n - at < piece ? n - at : piece;
		copy = memcpy(malloc(some), bytes + at, some);
		http_input(h, (struct span){ copy, some }, now);
		free(copy);
		if (!http_is_upgraded(h))
			take_answers(h, &result.out, now);
	}
	result.over = http_is_over(h);
	result.upgraded = http_is_upgraded(h);
	if (result.upgraded)
		buf_add(&result.out, buf_span(&h->out));
	result.left = h->in.n;
	http_free(h);
	return result;
}

/* The number in the field, or 0 without one. */
static size_t
length_in(struct span head)
{
	static const char name[] = "\r\nContent-Length: ";
	size_t at = span_find(head, SPAN("\r\nContent-Length: "));

	return at == head.n ? 0 : strtoul(head.p + at + sizeof(name) - 1, NULL,
	    10);
}

/* Only HEAD, which is not known here, leaves out what is announced. */
static void
check_answers(struct span out)
{
	size_t head, length;
	struct span all;

	while (out.n > 0) {
		assert(out.n > 20 && memcmp(out.p, "HTTP/1.1 ", 9) == 0);
		head = span_find(out, SPAN("\r\n\r\n"));
		assert(head < out.n);
		all = (struct span){ out.p, head };
		length = length_in(all);
		out.p += head + 4;
		out.n -= head + 4;
		if (out.n >= length && (out.n == length ||
		    memcmp(out.p + length, "HTTP/1.1 ", 9) == 0)) {
			out.p += length;
			out.n -= length;
		} else {
			assert(out.n == 0 ||
			    memcmp(out.p, "HTTP/1.1 ", 9) == 0);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct heard whole, split;
	struct buf plain = { NULL, 0, 0 };

	if (conf.web_origins == NULL)
		conf_default(&conf);
	if (n == 0)
		return 0;
	whole = run(bytes + 1, n - 1, SIZE_MAX, bytes[0] >> 4);
	split = run(bytes + 1, n - 1, bytes[0] % 16 + 1u, bytes[0] >> 4);
	assert(whole.over == split.over && whole.upgraded == split.upgraded);
	assert(whole.over || whole.left == split.left);
	assert(span_is(buf_span(&whole.out), buf_span(&split.out)));
	check_answers(buf_span(&whole.out));
	http_refuse_plain(&plain, (struct span){ (const char *)bytes, n },
	    (struct now){ 1000, 1000 });
	buf_free(&plain);
	buf_free(&whole.out);
	buf_free(&split.out);
	return 0;
}
