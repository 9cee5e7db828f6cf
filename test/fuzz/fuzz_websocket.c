/*
 * Feed frames of WebSocket that no client would send.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_websocket -max_total_time=60
 *
 * The first byte says in what pieces the others are given.  What comes of them
 * must be the same as of all at once, except for time: no byte of data that was
 * not in a payload, whole control frames in answer, and silence after a close.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct taken {
	struct buf data, out;
	bool open;
};

/* Whole frames, none masked or long; a close frame is the last. */
static void
check_out(struct span out)
{
	size_t at = 0, n;
	unsigned first;
	bool closed = false;

	while (at < out.n) {
		assert(!closed && out.n - at >= 2);
		first = (unsigned char)out.p[at];
		n = (unsigned char)out.p[at + 1];
		assert(first == 0x88 || first == 0x89 || first == 0x8a);
		assert(n <= WEBSOCKET_CONTROL_MAX && out.n - at >= 2 + n);
		closed = first == 0x88;
		assert(!closed || n != 1);
		at += 2 + n;
	}
}

static struct taken
run(const uint8_t *bytes, size_t n, size_t piece)
{
	struct now now = { 1000, 1000 };
	struct websocket *w = websocket_open(now);
	struct taken result = { .open = true };
	size_t at = 0, some, used;
	struct span data;
	char *copy;

	while (at < n && websocket_is_open(w)) {
		/* Each piece in memory of its own, so that overruns show. */
		some = n - at < piece ? n - at : piece;
		copy = memcpy(malloc(some), bytes + at, some);
		used = websocket_input(w, copy, some, &data, now);
		assert(used > 0 && used <= some);
		assert(data.n == 0 || (data.p >= copy &&
		    data.p + data.n <= copy + some));
		buf_add(&result.data, data);
		at += used;
		free(copy);
	}
	result.open = websocket_is_open(w);
	assert(result.open || w->close_sent);
	assert(result.data.n <= n);
	buf_add(&result.out, buf_span(&w->out));
	check_out(buf_span(&result.out));
	now.mono = websocket_deadline(w);
	websocket_expire(w, now);
	check_out(buf_span(&w->out));
	websocket_free(w);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct taken whole, split;

	if (n == 0)
		return 0;
	whole = run(bytes + 1, n - 1, SIZE_MAX);
	split = run(bytes + 1, n - 1, bytes[0] % 16 + 1u);
	assert(whole.open == split.open);
	assert(span_is(buf_span(&whole.data), buf_span(&split.data)));
	assert(span_is(buf_span(&whole.out), buf_span(&split.out)));
	buf_free(&whole.data);
	buf_free(&whole.out);
	buf_free(&split.data);
	buf_free(&split.out);
	return 0;
}
