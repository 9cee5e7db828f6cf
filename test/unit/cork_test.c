/*
 * What conversations about corks cannot tell: how much one holds, what becomes
 * of news, and of a message that is on its way when the cork ends.
 */
#include "tmtp/cork.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/session.h"
#include "userdb.h"

#define HELD_MAX 10000
#define MINUTE 60000

struct scene {
	struct harness st;
	struct actor *a, *b, *c;
	struct user *user;	/* A's */
	struct queue *queue;	/* of A's node */
};

static void
find_user(struct scene *s)
{
	s->user = userdb_user_text(s->st.data.userdb, span_of(s->a->uid));
	s->queue = tmtp_queue(s->st.relay, s->user->nodes[0]);
}

static struct actor *
enter(struct scene *s, const char *name)
{
	struct actor *a = harness_actor(&s->st, name);

	harness_register(&s->st, a);
	return a;
}

static void
begin(struct scene *s)
{
	harness_open(&s->st);
	s->st.conf.window = 64;
	harness_start(&s->st);
	s->a = enter(s, "A");
	s->b = enter(s, "B");
	s->c = enter(s, "C");
	find_user(s);
}

/* How many frames have come whose header has the text; all are dropped. */
static size_t
count_frames(struct actor *a, const char *text)
{
	struct reply f;
	char header[1024];
	size_t n = 0;

	while (harness_frame(a, &f)) {
		(void)snprintf(header, sizeof(header), "%.*s",
		    (int)f.header.n, f.header.p);
		n += strstr(header, text) != NULL;
		harness_drop(a, f.bytes);
	}
	return n;
}

/* A corks what a user sends, or NULL everything, for a minute. */
static void
cork(struct scene *s, const struct actor *from)
{
	char text[256], date[CLOCK_TEXT], list[128] = "";

	clock_text(date, s->st.now.wall + MINUTE);
	if (from != NULL)
		(void)snprintf(list, sizeof(list),
		    ",\"for\":[{\"id\":\"%s\"}]", from->uid);
	(void)snprintf(text, sizeof(text),
	    "{\"op\":3,\"id\":\"c\",\"cork\":\"%.*s\"%s}", CLOCK_TEXT, date,
	    list);
	harness_say(&s->st, s->a, text);
	harness_turn(&s->st);
	CHECK(s->user->cork != NULL, "no cork");
}

/* A post of n bytes to A, without a turn. */
static void
post(struct scene *s, struct actor *from, size_t n)
{
	struct buf b = { NULL, 0, 0 };
	char header[128];

	(void)snprintf(header, sizeof(header), "{\"op\":7,\"id\":\"1\","
	    "\"for\":[{\"id\":\"%s\",\"type\":1}],\"datalen\":%zu}", s->a->uid,
	    n);
	buf_addf(&b, "%04zx%s", strlen(header), header);
	memset(buf_room(&b, n), 'x', n);
	b.n += n;
	harness_send(&s->st, from, buf_span(&b));
	buf_free(&b);
}

/* With one more than it holds, it ends: nobody is refused for it. */
static void
test_held_max(void)
{
	struct scene s;
	unsigned i;

	begin(&s);
	cork(&s, NULL);
	for (i = 0; i < HELD_MAX; i++) {
		post(&s, s.b, 1);
		if (i % 100 == 0)
			harness_turn(&s.st);
	}
	harness_turn(&s.st);
	CHECK(s.user->cork != NULL && s.user->cork->held_count == HELD_MAX,
	    "not all are held");
	(void)count_frames(s.a, "");
	CHECK(count_frames(s.b, "\"error\"") == 0, "B is refused");
	harness_crash(&s.st);
	harness_start(&s.st);
	find_user(&s);
	CHECK(s.user->cork != NULL && s.user->cork->held_count == HELD_MAX,
	    "not all are held after a crash");
	harness_login(&s.st, s.a);
	CHECK(count_frames(s.a, "delivery") == 0, "A gets some");
	harness_login(&s.st, s.c);
	(void)count_frames(s.c, "");
	post(&s, s.c, 1);
	harness_turn(&s.st);
	CHECK(count_frames(s.c, "\"error\"") == 0, "C is refused");
	CHECK(s.user->cork == NULL, "the cork has not ended");
	CHECK(count_frames(s.a, "delivery") == 62, "A does not get it");
	harness_close(&s.st);
}

/* What is held counts in the queue of its recipient. */
static void
test_quota(void)
{
	struct scene s;

	begin(&s);
	cork(&s, s.b);
	s.st.conf.queue_messages_max = 3;
	(void)count_frames(s.b, "");
	post(&s, s.b, 1);
	post(&s, s.b, 1);
	post(&s, s.b, 1);
	post(&s, s.b, 1);
	harness_turn(&s.st);
	CHECK(count_frames(s.b, "too much is waiting for") == 1, "B");
	post(&s, s.c, 1);
	harness_turn(&s.st);
	CHECK(count_frames(s.c, "too much is waiting for") == 1, "C");
	harness_pass(&s.st, MINUTE);
	CHECK(count_frames(s.a, "delivery") == 3, "A");
	harness_close(&s.st);
}

/* Held news gives way to newer news, whether its node is there or not. */
static void
test_news(void)
{
	enum { MAX = 3, CHANGES = 40 };
	struct scene s;
	struct group *g;
	char text[128];
	unsigned i;

	begin(&s);
	s.st.conf.queue_messages_max = MAX * 10;
	g = userdb_add_group(s.st.data.userdb, SPAN("g"), 0);
	userdb_set_member(s.st.data.userdb, g, s.user, SPAN("A"),
	    MEMBER_JOINED);
	userdb_set_member(s.st.data.userdb, g, userdb_user_text(
	    s.st.data.userdb, span_of(s.b->uid)), SPAN("B"), MEMBER_JOINED);
	cork(&s, s.b);
	/* A piece of news that A gets and does not ack stays where it is. */
	harness_say(&s.st, s.a, "{\"op\":3,\"id\":\"1\",\"newalias\":\"a\"}");
	harness_turn(&s.st);
	CHECK(count_frames(s.a, "newalias") == 1, "A's own news");
	for (i = 0; i < CHANGES; i++) {
		(void)snprintf(text, sizeof(text), "{\"op\":6,\"id\":\"1\","
		    "\"gid\":\"g\",\"act\":\"alias\",\"newalias\":\"b%u\"}", i);
		harness_say(&s.st, s.b, text);
		harness_turn(&s.st);
		if (i == CHANGES / 2)
			harness_lose(&s.st, s.a);
		if (i == CHANGES / 2 + 10)
			harness_login(&s.st, s.a);
		CHECK(store_news(s.queue).messages <= MAX + 3,
		    "after %u: %llu pieces of news", i,
		    (unsigned long long)store_news(s.queue).messages);
	}
	(void)count_frames(s.a, "");
	harness_pass(&s.st, MINUTE);
	(void)snprintf(text, sizeof(text), "\"newalias\":\"b%u\"", CHANGES - 1);
	CHECK(strstr((buf_add_byte(&s.a->got, '\0'), s.a->got.p), text) != NULL,
	    "the last does not come");
	harness_close(&s.st);
}

/* The date is over while the relay is not there, or comes with it. */
static void
test_down(void)
{
	struct scene s;

	begin(&s);
	cork(&s, NULL);
	post(&s, s.b, 1);
	harness_turn(&s.st);
	harness_crash(&s.st);
	s.st.now.wall += MINUTE - 1;
	harness_start(&s.st);
	harness_login(&s.st, s.a);
	CHECK(count_frames(s.a, "delivery") == 0, "too early");
	harness_stop(&s.st);
	s.st.now.wall += 1;
	harness_start(&s.st);
	harness_pass(&s.st, 0);
	harness_login(&s.st, s.a);
	CHECK(count_frames(s.a, "delivery") == 1, "it does not come");
	find_user(&s);
	CHECK(s.user->cork == NULL, "it has not ended");
	harness_crash(&s.st);
	harness_start(&s.st);
	find_user(&s);
	CHECK(s.user->cork == NULL, "it is back");
	harness_close(&s.st);
}

/* The sizes of what A has got from others. */
static void
list_frames(struct scene *s, char sizes[128])
{
	struct reply f;
	size_t n = 0;

	sizes[0] = '\0';
	for (; harness_frame(s->a, &f); harness_drop(s->a, f.bytes)) {
		if (f.data.n > 0 && n < 100)
			n += (size_t)snprintf(sizes + n, 128 - n, " %zu",
			    f.data.n);
	}
}

/* Some of a message has left when the cork ends: it comes once. */
static void
test_in_message(void)
{
	struct scene s;
	char sizes[128];
	size_t n;

	begin(&s);
	cork(&s, s.b);
	(void)count_frames(s.a, "");
	post(&s, s.b, 7);
	post(&s, s.c, 100000);
	CHECK(datadir_commit(&s.st.data) == 0, "commit");
	tmtp_committed(s.st.relay);
	n = tmtp_output(s.a->session, buf_room(&s.a->got, 4000), 4000,
	    s.st.now);
	s.a->got.n += n;
	CHECK(n == 4000 && s.a->session->sending.id != 0, "some of it: %zu", n);
	harness_say(&s.st, s.a, "{\"op\":3,\"id\":\"1\",\"cork\":\"\"}");
	harness_turn(&s.st);
	CHECK(s.user->cork == NULL, "it has not ended");
	CHECK(store_load(s.st.data.store, s.queue).bytes > 100000, "acked");
	list_frames(&s, sizes);
	CHECK(strcmp(sizes, " 100000 7") == 0, "what comes is%s", sizes);
	harness_close(&s.st);
}

/* The member that a cork holds leaves, or the group goes: nothing is lost. */
static void
test_removed(void)
{
	struct scene s;

	begin(&s);
	cork(&s, s.b);
	post(&s, s.b, 1);
	harness_turn(&s.st);
	tmtp_remove_user(s.st.relay, userdb_user_text(s.st.data.userdb,
	    span_of(s.b->uid)));
	harness_turn(&s.st);
	CHECK(count_frames(s.a, "delivery") == 0, "too early");
	harness_crash(&s.st);
	harness_start(&s.st);
	harness_login(&s.st, s.a);
	CHECK(count_frames(s.a, "delivery") == 0, "too early, after a crash");
	harness_pass(&s.st, MINUTE);
	CHECK(count_frames(s.a, "delivery") >= 1, "it does not come");
	find_user(&s);
	/* And the corked user itself. */
	cork(&s, NULL);
	tmtp_remove_user(s.st.relay, s.user);
	harness_turn(&s.st);
	CHECK(userdb_corked(s.st.data.userdb)->count == 0, "a cork is left");
	harness_pass(&s.st, 2 * MINUTE);
	harness_close(&s.st);
}

/* A list that fits into the request, and not into the message: no cork. */
static void
test_long_list(void)
{
	struct buf gid = { NULL, 0, 0 }, b = { NULL, 0, 0 };
	char date[CLOCK_TEXT];
	struct scene s;
	struct group *g;
	int i;

	begin(&s);
	for (i = 0; i < 64; i++)
		buf_add(&gid, SPAN("\xc3\xa4"));
	g = userdb_add_group(s.st.data.userdb, buf_span(&gid), 0);
	userdb_set_member(s.st.data.userdb, g, s.user, SPAN("A"),
	    MEMBER_JOINED);
	clock_text(date, s.st.now.wall + MINUTE);
	buf_addf(&b, "{\"op\":3,\"id\":\"1\",\"cork\":\"%.*s\",\"for\":[",
	    CLOCK_TEXT, date);
	for (i = 0; i < 470; i++)
		buf_addf(&b, "%s{\"id\":\"%.*s\"}", i > 0 ? "," : "",
		    (int)gid.n, gid.p);
	buf_add(&b, SPAN("]}"));
	buf_add_byte(&b, '\0');
	(void)count_frames(s.a, "");
	harness_say(&s.st, s.a, b.p);
	harness_turn(&s.st);
	CHECK(count_frames(s.a, "header would be too long") == 1,
	    "not refused");
	CHECK(s.user->cork == NULL, "a cork");
	buf_free(&gid);
	buf_free(&b);
	harness_close(&s.st);
}

int
main(void)
{
	log_level(LOG_QUIET);
	test_held_max();
	test_quota();
	test_news();
	test_down();
	test_in_message();
	test_removed();
	test_long_list();
	return check_report("cork");
}
