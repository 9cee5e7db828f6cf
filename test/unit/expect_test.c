/*
 * What "mnm N" rests on: a check that lets something pass is worth nothing.
 */
#include "test/lib/check.h"

#include <string.h>

#include "base/buf.h"
#include "sim/expect.h"
#include "sim/payload.h"
#include "sim/histogram.h"

#define SECOND ((uint64_t)1000000)

/* Whatever byte of a parcel is altered, it is noticed. */
static void
test_parcel(uint32_t bytes)
{
	struct parcel_label label = { 7, 300, bytes }, read;
	struct buf b = { NULL, 0, 0 };
	size_t i;

	parcel_make(&b, &label);
	CHECK(b.n == bytes, "%u bytes: made %zu", bytes, b.n);
	CHECK(parcel_check(buf_span(&b), &read) && read.sender == 7 &&
	    read.number == 300 && read.bytes == bytes,
	    "%u bytes: not read back", bytes);
	for (i = 0; i < b.n; i++) {
		b.p[i] ^= 1;
		CHECK(!parcel_check(buf_span(&b), &read) ||
		    read.sender != 7 || read.number != 300,
		    "%u bytes: byte %zu was altered", bytes, i);
		b.p[i] ^= 1;
	}
	CHECK(!parcel_check((struct span){ b.p, b.n - 1 }, &read),
	    "%u bytes: one too few", bytes);
	buf_add_byte(&b, 'x');
	CHECK(!parcel_check(buf_span(&b), &read), "%u bytes: one too many",
	    bytes);
	buf_free(&b);
}

static struct posting *
expect(struct inbox *in, uint32_t sender, uint32_t number)
{
	struct posting *p = xzalloc(sizeof(*p));

	p->label = (struct parcel_label){ sender, number, 50 };
	p->posted = number;
	p->holders = 1;
	inbox_expect(in, p);
	posting_release(p);
	return p;
}

static enum inbox_verdict
take(struct inbox *in, uint32_t sender, uint32_t number)
{
	struct parcel_label label = { sender, number, 50 };
	uint64_t posted;

	return inbox_take(in, &label, &posted);
}

static void
test_due(void)
{
	struct inbox in = { .due_count = 0 };
	struct posting *refused;

	expect(&in, 1, 1);
	expect(&in, 2, 1);
	expect(&in, 1, 2);
	expect(&in, 1, 3);
	CHECK(inbox_lost(&in) == 4 && !inbox_is_settled(&in),
	    "all are to come");
	CHECK(take(&in, 1, 1) == INBOX_NEW, "the first of its sender");
	CHECK(take(&in, 1, 1) == INBOX_UNKNOWN, "it comes twice");
	CHECK(take(&in, 1, 3) == INBOX_DISORDERED, "one is passed over");
	CHECK(take(&in, 2, 1) == INBOX_NEW, "senders do not mind each other");
	CHECK(take(&in, 3, 1) == INBOX_UNKNOWN, "nobody sent it");
	CHECK(inbox_lost(&in) == 1, "one has not come");
	CHECK(take(&in, 1, 2) == INBOX_NEW, "late, but first now");
	CHECK(inbox_is_settled(&in), "all have come");
	refused = expect(&in, 1, 4);
	inbox_withdraw(&in, refused);
	CHECK(inbox_is_settled(&in), "what was refused does not come");
	expect(&in, 1, 5);
	inbox_free(&in);
}

static void
test_receipts(void)
{
	struct inbox in = { .due_count = 0 };

	CHECK(inbox_receive(&in, 10, SECOND) == INBOX_NEW, "new");
	CHECK(inbox_receive(&in, 10, 2 * SECOND) == INBOX_DOUBLED,
	    "twice on one link");
	CHECK(inbox_receive(&in, 12, 3 * SECOND) == INBOX_NEW, "next");
	CHECK(inbox_receive(&in, 11, 3 * SECOND) == INBOX_DISORDERED,
	    "an older id");
	CHECK(inbox_oldest(&in) == 2 * SECOND, "the oldest to ack");
	CHECK(inbox_ack(&in, 4 * SECOND) == 10, "is acked first");
	CHECK(inbox_receive(&in, 10, 5 * SECOND) == INBOX_DISORDERED,
	    "acked, and comes again");
	inbox_hang_up(&in);
	CHECK(inbox_lost(&in) == 3 && inbox_oldest(&in) == UINT64_MAX,
	    "not acked, so they must come again");
	CHECK(inbox_receive(&in, 12, 9 * SECOND) == INBOX_AGAIN, "it does");
	CHECK(inbox_receive(&in, 11, 9 * SECOND) == INBOX_AGAIN, "it, too");
	CHECK(inbox_lost(&in) == 1, "one does not");
	CHECK(inbox_ack(&in, 99 * SECOND) == 12, "an ack after a long time");
	CHECK(inbox_receive(&in, 12, 99 * SECOND) == INBOX_AGAIN,
	    "may cross with another delivery");
	inbox_free(&in);
}

static void
test_spread(void)
{
	struct spread s = { .count = 0 }, both = { .count = 0 };
	uint64_t i, at;

	CHECK(spread_at(&s, 500) == 0, "nothing was added");
	for (i = 1; i <= 10000; i++)
		spread_add(&s, i);
	spread_join(&both, &s);
	spread_join(&both, &s);
	CHECK(both.count == 20000, "joined: %llu",
	    (unsigned long long)both.count);
	for (i = 1; i <= 1000; i++) {
		at = spread_at(&both, (unsigned)i);
		CHECK(at >= i * 10 && at <= i * 10 + i * 10 / 8 + 1,
		    "%llu of 1000: %llu", (unsigned long long)i,
		    (unsigned long long)at);
	}
	spread_add(&s, UINT64_MAX);
	CHECK(spread_at(&s, 1000) > UINT64_MAX / 16, "the highest class");
}

int
main(void)
{
	test_parcel(PARCEL_MIN);
	test_parcel(PARCEL_MIN + 1);
	test_parcel(50);
	test_parcel(500);
	test_due();
	test_receipts();
	test_spread();
	return check_report("sim_test");
}
