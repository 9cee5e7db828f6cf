/*
 * Shares of what waits for a member: however much one sender posts, others can
 * reach the member; and what a member's devices take of the disk is bounded.
 */
#include "tmtp/share.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "store.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/session.h"
#include "userdb.h"

struct scene {
	struct harness st;
	struct actor *a, *b, *c, *d;
};

static struct actor *
enter(struct scene *s, const char *name)
{
	struct actor *a = harness_actor(&s->st, name);

	harness_register(&s->st, a);
	return a;
}

/* A is not there; the others are. */
static void
begin(struct scene *s, unsigned messages)
{
	harness_open(&s->st);
	s->st.conf.queue_messages_max = messages;
	harness_start(&s->st);
	s->a = enter(s, "A");
	s->b = enter(s, "B");
	s->c = enter(s, "C");
	s->d = enter(s, "D");
	harness_lose(&s->st, s->a);
}

static struct user *
user_of(struct scene *s, const struct actor *a)
{
	return userdb_user_text(s->st.data.userdb, span_of(a->uid));
}

static struct store_load
load(struct scene *s)
{
	return store_load(s->st.data.store, tmtp_queue(s->st.relay,
	    user_of(s, s->a)->nodes[0]));
}

/* Whether an ack without an error has come; all that has come is dropped. */
static bool
hears_ack(struct actor *a)
{
	bool acked = false;
	struct reply f;

	while (harness_frame(a, &f)) {
		acked |= span_is(f.op, SPAN("ack")) && f.error.n == 0;
		harness_drop(a, f.bytes);
	}
	return acked;
}

static bool
post(struct scene *s, struct actor *from, const struct actor *to, size_t n)
{
	struct buf b = { NULL, 0, 0 };
	char header[128];

	(void)snprintf(header, sizeof(header), "{\"op\":7,\"id\":\"1\","
	    "\"for\":[{\"id\":\"%s\",\"type\":1}],\"datalen\":%zu}", to->uid,
	    n);
	buf_addf(&b, "%04zx%s", strlen(header), header);
	memset(buf_room(&b, n), 'x', n);
	b.n += n;
	harness_send(&s->st, from, buf_span(&b));
	buf_free(&b);
	harness_turn(&s->st);
	return hears_ack(from);
}

/* How many posts of that size to A are taken before one is refused. */
static unsigned
fill(struct scene *s, struct actor *from, size_t n)
{
	unsigned count = 0;

	while (count < 2000 && post(s, from, s->a, n))
		count++;
	return count;
}

/* A acks the oldest that wait, so many at most. */
static void
ack_some(struct scene *s, unsigned n)
{
	struct queue *q = tmtp_queue(s->st.relay, user_of(s, s->a)->nodes[0]);
	uint64_t id = 0, length;

	while (n-- > 0 &&
	    store_next(s->st.data.store, q, id, &id, &length) == 1)
		store_ack(s->st.data.store, q, id);
	harness_turn(&s->st);
}

/* A quarter of what is free, for each; and 100 at the end. */
static void
test_messages(void)
{
	struct scene s;
	unsigned n;

	begin(&s, 1000);
	n = fill(&s, s.b, 1);
	/* The first 100 are not counted: then there are 900. */
	CHECK(n >= 200 && n <= 300, "B: %u", n);
	CHECK(!post(&s, s.b, s.a, 1), "B has had its share");
	CHECK(post(&s, s.b, s.c, 1), "but only there");
	n = fill(&s, s.c, 1);
	CHECK(n >= 100 && n <= 200, "C: %u", n);
	n = fill(&s, s.d, 1);
	CHECK(n >= 100 && n <= 200, "D: %u", n);
	CHECK(load(&s).messages < 700, "%llu wait",
	    (unsigned long long)load(&s).messages);
	ack_some(&s, UINT_MAX);
	CHECK(load(&s).messages == 0 && post(&s, s.b, s.a, 1), "B again");
	CHECK(fill(&s, s.b, 1) >= 199, "all that it had before");
	harness_close(&s.st);
}

/* Nobody has more than waits in all, also while the queue stays crowded. */
static void
test_less(void)
{
	struct scene s;
	unsigned n;

	begin(&s, 1000);
	n = fill(&s, s.b, 1);
	CHECK(load(&s).messages == n && n >= 200, "B: %u", n);
	ack_some(&s, n - 110);
	CHECK(post(&s, s.c, s.a, 1), "C");
	n = fill(&s, s.b, 1);
	CHECK(n >= 50, "B again: %u", n);
	/* What comes and goes is not added up. */
	ack_some(&s, (unsigned)load(&s).messages - 110);
	for (n = 0; n < 300; n++) {
		ack_some(&s, 1);
		if (!post(&s, s.c, s.a, 1))
			break;
	}
	CHECK(n == 300, "C: %u", n);
	harness_close(&s.st);
}

/* What others have sent is not held against one. */
static void
test_counts(void)
{
	struct scene s;
	unsigned i;

	begin(&s, 1000);
	(void)fill(&s, s.b, 1);
	for (i = 0; i < 50; i++)
		CHECK(post(&s, s.c, s.a, 1), "C: %u", i);
	CHECK(!post(&s, s.b, s.a, 1), "B");
	ack_some(&s, UINT_MAX);
	for (i = 0; i < 110; i++)
		CHECK(post(&s, s.c, s.a, 1), "C: %u", i);
	CHECK(post(&s, s.b, s.a, 1), "B's are gone");
	/* A restart forgets the counts, but not what is free. */
	(void)fill(&s, s.b, 1);
	harness_stop(&s.st);
	harness_start(&s.st);
	harness_login(&s.st, s.b);
	harness_login(&s.st, s.c);
	(void)hears_ack(s.b);
	(void)hears_ack(s.c);
	(void)fill(&s, s.b, 1);
	CHECK(load(&s).messages < 700 && post(&s, s.c, s.a, 1),
	    "%llu wait", (unsigned long long)load(&s).messages);
	harness_close(&s.st);
}

static void
test_bytes(void)
{
	enum { SIZE = 60000 };
	struct scene s;
	unsigned n;

	begin(&s, 100000);
	s.st.conf.queue_max = 10 << 20;
	n = fill(&s, s.b, SIZE);
	/* A quarter of 10 MiB less as much, and 1 MiB that is not counted. */
	CHECK(n * SIZE > 2000000 && n * SIZE < 4000000, "B: %u", n);
	n = fill(&s, s.c, SIZE);
	CHECK(n * SIZE > 1000000 && n * SIZE < 3000000, "C: %u", n);
	CHECK(post(&s, s.d, s.a, SIZE), "D");
	harness_close(&s.st);
}

/* What waits for all devices of a member together, even from itself. */
static void
test_member(void)
{
	enum { SIZE = 10000 };
	struct scene s;
	unsigned n;

	begin(&s, 100000);
	s.st.conf.member_max = 8 << 20;
	n = fill(&s, s.b, SIZE);
	CHECK(n > 100 && n < 300, "B: %u", n);
	CHECK(post(&s, s.c, s.a, SIZE), "C");
	ack_some(&s, UINT_MAX);

	/* C has a second device, which is never there, and posts to itself. */
	harness_say(&s.st, s.c,
	    "{\"op\":3,\"id\":\"2\",\"newnode\":\"phone\"}");
	harness_turn(&s.st);
	CHECK(hears_ack(s.c), "no second device");
	s.st.conf.member_max = 2 << 20;
	for (n = 0; n < 1000 && post(&s, s.c, s.c, SIZE); n++)
		;
	CHECK(n > 50 && n < 150, "C's devices take %u", n);
	CHECK(post(&s, s.b, s.d, SIZE), "B to D");
	harness_close(&s.st);
}

int
main(void)
{
	test_messages();
	test_less();
	test_counts();
	test_bytes();
	test_member();
	return check_report("share");
}
