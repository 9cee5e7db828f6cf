/*
 * What mnm N relies on: a check that misses an error is worth nothing.
 */
#include <string.h>

#include "base/buf.h"
#include "sim/expect.h"
#include "sim/histogram.h"
#include "test/lib/check.h"

#define SECOND ((uint64_t)1000000)

/* A change of any byte of a payload is noticed. */
static void
test_payload(uint32_t bytes)
{
	struct payload made = { 7, 300, bytes, 0 }, read;
	struct buf b = { NULL, 0, 0 };
	size_t i;

	payload_make(&b, &made);
	CHECK(b.n == bytes, "%u bytes: made %zu", bytes, b.n);
	CHECK(payload_check(buf_span(&b), &read) && read.sender == 7 &&
	    read.number == 300 && read.bytes == bytes,
	    "%u bytes: not read back", bytes);
	for (i = 0; i < b.n; i++) {
		b.p[i] ^= 1;
		CHECK(!payload_check(buf_span(&b), &read) ||
		    read.sender != 7 || read.number != 300,
		    "%u bytes: byte %zu was altered", bytes, i);
		b.p[i] ^= 1;
	}
	CHECK(!payload_check((struct span){ b.p, b.n - 1 }, &read),
	    "%u bytes: one too few", bytes);
	buf_add_byte(&b, 'x');
	CHECK(!payload_check(buf_span(&b), &read), "%u bytes: one too many",
	    bytes);
	buf_free(&b);
}

static void
expect(struct expect *in, uint32_t sender, uint32_t number)
{
	struct payload p = { sender, number, 50, number };

	expect_add(in, &p);
}

static enum expect_verdict
take(struct expect *in, uint32_t sender, uint32_t number)
{
	struct payload p = { sender, number, 50, 0 };

	return expect_payload(in, &p);
}

static void
test_due(void)
{
	struct expect in = { .due_count = 0 };

	expect(&in, 1, 1);
	expect(&in, 2, 1);
	expect(&in, 1, 2);
	expect(&in, 1, 3);
	CHECK(expect_lost(&in) == 4 && !expect_is_settled(&in),
	    "all are expected");
	CHECK(take(&in, 1, 1) == EXPECT_NEW, "the first of its sender");
	CHECK(take(&in, 1, 1) == EXPECT_UNKNOWN, "delivered twice");
	CHECK(take(&in, 1, 3) == EXPECT_OUT_OF_ORDER, "one is skipped");
	CHECK(take(&in, 2, 1) == EXPECT_NEW, "senders are independent");
	CHECK(take(&in, 3, 1) == EXPECT_UNKNOWN, "nobody sent it");
	CHECK(expect_lost(&in) == 1, "one is missing");
	CHECK(take(&in, 1, 2) == EXPECT_NEW, "late, but first now");
	CHECK(expect_is_settled(&in), "all were delivered");
	expect(&in, 1, 4);
	(void)take(&in, 1, 4);
	CHECK(expect_is_settled(&in), "a refused one is not expected");
	expect(&in, 1, 5);
	expect_free(&in);
}

static void
test_receipts(void)
{
	struct expect in = { .due_count = 0 };

	CHECK(expect_message(&in, 10, SECOND) == EXPECT_NEW, "new");
	CHECK(expect_message(&in, 10, 2 * SECOND) == EXPECT_DUPLICATE,
	    "twice on one connection");
	CHECK(expect_message(&in, 12, 3 * SECOND) == EXPECT_NEW, "next");
	CHECK(expect_message(&in, 11, 3 * SECOND) == EXPECT_OUT_OF_ORDER,
	    "an older id");
	CHECK(expect_oldest(&in) == 2 * SECOND, "the oldest to ack");
	CHECK(expect_ack(&in, 4 * SECOND) == 10, "is acked first");
	CHECK(expect_message(&in, 10, 5 * SECOND) == EXPECT_OUT_OF_ORDER,
	    "acked, and sent again");
	expect_disconnect(&in);
	CHECK(expect_lost(&in) == 3 && expect_oldest(&in) == UINT64_MAX,
	    "not acked, so they must be sent again");
	CHECK(expect_message(&in, 12, 9 * SECOND) == EXPECT_RESENT, "it does");
	CHECK(expect_message(&in, 11, 9 * SECOND) == EXPECT_RESENT, "it, too");
	CHECK(expect_lost(&in) == 1, "one does not");
	CHECK(expect_ack(&in, 99 * SECOND) == 12, "an ack after a long time");
	CHECK(expect_message(&in, 12, 99 * SECOND) == EXPECT_RESENT,
	    "may cross with another delivery");
	expect_free(&in);
}

static void
test_histogram(void)
{
	struct histogram s = { .count = 0 };
	uint64_t i, at;

	CHECK(histogram_at(&s, 500) == 0, "nothing was added");
	for (i = 1; i <= 10000; i++)
		histogram_add(&s, i);
	CHECK(s.count == 10000, "counted: %llu", (unsigned long long)s.count);
	for (i = 1; i <= 1000; i++) {
		at = histogram_at(&s, (unsigned)i);
		CHECK(at >= i * 10 && at <= i * 10 + i * 10 / 8 + 1,
		    "%llu of 1000: %llu", (unsigned long long)i,
		    (unsigned long long)at);
	}
	histogram_add(&s, UINT64_MAX);
	CHECK(histogram_at(&s, 1000) > UINT64_MAX / 16, "the highest class");
}

int
main(void)
{
	test_payload(PAYLOAD_MIN);
	test_payload(PAYLOAD_MIN + 1);
	test_payload(50);
	test_payload(500);
	test_due();
	test_receipts();
	test_histogram();
	return check_report("expect");
}
