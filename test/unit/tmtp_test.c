/*
 * What conversations cannot tell: when bytes may leave, when requests must
 * wait, and what becomes of peers that do not read or do not wait.
 */
#include "tmtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "disk/journal.h"
#include "disk/syncer.h"
#include "store.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/header.h"
#include "userdb.h"

static void
add_frame(struct buf *b, const char *header, struct span data)
{
	buf_addf(b, "%04zx%s", strlen(header), header);
	buf_add(b, data);
}

/* How many frames have come whose header holds text; all are dropped. */
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

/* A new user online. */
static struct actor *
enroll(struct harness *st, const char *name)
{
	struct actor *a = harness_actor(st, name);

	harness_register(st, a);
	return a;
}

static struct actor *
begin(struct harness *st)
{
	harness_open(st);
	harness_start(st);
	return enroll(st, "A");
}

/* What a turn does for the disk; nobody reads anything. */
static void
commit(struct harness *st)
{
	if (datadir_commit(&st->data) == 0)
		tmtp_committed(st->relay);
	while (datadir_step(&st->data, st->now) == 1)
		;
}

/* A post of n bytes to a user, appended to b. */
static void
add_post(struct buf *b, const char *uid, size_t n, unsigned number)
{
	char header[256], *data = xzalloc(n);

	(void)snprintf(header, sizeof(header), "{\"op\":7,\"id\":\"%u\","
	    "\"for\":[{\"id\":\"%s\",\"type\":1}],\"datalen\":%zu}", number,
	    uid, n);
	add_frame(b, header, (struct span){ data, n });
	free(data);
}

/* Replies that tell of a change leave after the commit, in their order. */
static void
test_held(void)
{
	char out[HARNESS_ROOM], text[128];
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;

	a = begin(&st);
	CHECK(!tmtp_wants_commit(st.relay), "nothing waits");
	harness_say(&st, a, "{\"op\":7,\"id\":\"1\",\"for\":[{\"id\":\"x\","
	    "\"type\":1}],\"datalen\":0}");
	CHECK(!tmtp_wants_commit(st.relay), "a refusal changes nothing");
	CHECK(tmtp_output(a->session, out, sizeof(out), st.now) > 0,
	    "and leaves at once");

	harness_say(&st, a, "{\"op\":7,\"id\":\"2\",\"for\":[],\"datalen\":0}");
	CHECK(tmtp_wants_commit(st.relay), "a post for nobody waits as well");
	add_post(&b, a->uid, 3, 2);
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_say(&st, a, "{\"op\":7,\"id\":\"3\",\"for\":[{\"id\":\"x\","
	    "\"type\":1}],\"datalen\":0}");
	CHECK(tmtp_wants_commit(st.relay), "the post waits");
	CHECK(tmtp_output(a->session, out, sizeof(out), st.now) == 0,
	    "so does what is behind it, and its delivery");
	harness_turn(&st);
	CHECK(!tmtp_wants_commit(st.relay), "committed");
	CHECK(strstr(a->got.p, "\"id\":\"2\"") < strstr(a->got.p,
	    "\"id\":\"3\""), "in order");

	(void)snprintf(text, sizeof(text), "{\"op\":9,\"id\":\"%.16s\","
	    "\"type\":\"ok\"}", strstr(a->got.p, "\"msgid\":\"") + 9);
	harness_say(&st, a, text);
	CHECK(!tmtp_wants_commit(st.relay), "an ack can wait");
	buf_free(&b);
	harness_close(&st);
}

/* A registration is announced once it is durable. */
static void
test_register_waits(void)
{
	char out[HARNESS_ROOM];
	struct harness st;
	struct actor *a;

	a = begin(&st);
	harness_lose(&st, a);
	harness_connect(&st, a);
	harness_say(&st, a, "{\"op\":0,\"id\":\"1\"}");
	CHECK(tmtp_output(a->session, out, sizeof(out), st.now) > 0, "tmtprev");
	harness_say(&st, a, "{\"op\":1,\"newnode\":\"x\"}");
	CHECK(tmtp_wants_commit(st.relay), "it waits");
	CHECK(tmtp_output(a->session, out, sizeof(out), st.now) == 0, "silent");
	harness_turn(&st);
	CHECK(count_frames(a, "") == 2, "registered and info");
	harness_close(&st);
}

/* Asked again, it waits as well, and what waits for the node comes after it. */
static void
test_register_first(void)
{
	static const char ask[] = "{\"op\":1,\"newnode\":\"x\",\"newalias\":"
	    "\"Al\",\"node\":\"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456\"}";
	struct buf b = { NULL, 0, 0 };
	char out[HARNESS_ROOM];
	struct harness st;
	struct actor *a;
	size_t n, revision = 0;
	const char *info;
	unsigned i;

	a = begin(&st);
	add_frame(&b, "{\"op\":0,\"id\":\"1\"}", SPAN(""));
	add_frame(&b, ask, SPAN(""));
	for (i = 0; i < 4; i++) {
		harness_lose(&st, a);
		a->got.n = 0;
		harness_connect(&st, a);
		tmtp_input(a->session, buf_span(&b), st.now);
		n = tmtp_output(a->session, out, sizeof(out), st.now);
		if (i == 0)
			revision = n;
		CHECK(n > 0 && n == revision, "more than tmtprev");
		harness_turn(&st);
		info = strstr(a->got.p, "\"op\":\"info\"");
		CHECK(info != NULL && strstr(a->got.p, "registered") < info,
		    "registered and info");
		CHECK((i > 0) == (strstr(a->got.p, "\"op\":\"login\"") > info),
		    "the news of logins, in round %u", i);
	}
	buf_free(&b);
	harness_close(&st);
}

/* A quit behind a held reply: the session has not ended before both are out. */
static void
test_end_waits(void)
{
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;

	a = begin(&st);
	add_post(&b, a->uid, 3, 2);
	add_frame(&b, "{\"op\":11}", SPAN(""));
	tmtp_input(a->session, buf_span(&b), st.now);
	CHECK(!tmtp_is_ended(a->session), "the ack is still held");
	CHECK(!tmtp_wants_input(a->session), "but nothing more is read");
	harness_turn(&st);
	CHECK(a->ended && a->session == NULL, "ended");
	CHECK(strstr(a->got.p, "\"op\":\"ack\"") < strstr(a->got.p,
	    "\"op\":\"quit\""), "both came");
	buf_free(&b);
	harness_close(&st);
}

/* More than one batch of the journal takes: requests wait for commits. */
static void
test_stalled(void)
{
	enum { POSTS = 300, BYTES = 60000 };
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a, *other;
	unsigned i;

	a = begin(&st);
	other = enroll(&st, "B");
	harness_lose(&st, other);
	for (i = 0; i < POSTS; i++)
		add_post(&b, other->uid, BYTES, i);
	tmtp_input(a->session, buf_span(&b), st.now);
	CHECK(tmtp_is_stalled(a->session), "it takes too much at once");
	CHECK(!tmtp_wants_input(a->session), "and wants no more");
	harness_turn(&st);
	CHECK(!tmtp_is_stalled(a->session), "commits have made room");
	CHECK(count_frames(a, "\"op\":\"ack\"") == POSTS, "all are acked");
	buf_free(&b);
	harness_close(&st);
}

/*
 * With a thread that syncs, a large post waits for it, and so do those behind
 * it.  A session that is lost meanwhile leaves nothing.
 */
static void
test_large_waits(void)
{
	struct timespec moment = { 0, 1000000 };
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;
	unsigned tries;

	a = begin(&st);
	CHECK(syncer_start(st.data.syncer) == 0, "syncer");
	add_post(&b, a->uid, 100000, 1);
	add_post(&b, a->uid, 5, 2);
	tmtp_input(a->session, buf_span(&b), st.now);
	for (tries = 0; tries < 30000 && tmtp_is_stalled(a->session); tries++) {
		CHECK(tmtp_output(a->session, buf_room(&a->got, HARNESS_ROOM),
		    HARNESS_ROOM, st.now) == 0, "nothing is acked yet");
		nanosleep(&moment, NULL);
		tmtp_resume(a->session, st.now);
	}
	harness_turn(&st);
	CHECK(count_frames(a, "\"op\":\"ack\"") == 2, "both are acked");
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_lose(&st, a);
	buf_free(&b);
	harness_close(&st);
}

/* While a client does not read replies, its requests are not read. */
static void
test_unread_replies(void)
{
	char out[HARNESS_ROOM];
	struct harness st;
	struct actor *a;
	unsigned i;

	a = begin(&st);
	for (i = 0; i < 100000 && tmtp_wants_input(a->session); i++)
		harness_say(&st, a,
		    "{\"op\":7,\"id\":\"1\",\"for\":[{\"id\":\"x\","
		    "\"type\":1}],\"datalen\":0}");
	CHECK(!tmtp_wants_input(a->session), "never enough");
	while (tmtp_output(a->session, out, sizeof(out), st.now) > 0)
		;
	CHECK(tmtp_wants_input(a->session), "all are read");
	harness_close(&st);
}

/* A client that does not read its presence news gets little of it, later. */
static void
test_unread_presence(void)
{
	static const char *const types[] = { "add", "drop" };
	char text[256];
	struct harness st;
	struct actor *a, *b;
	unsigned i;

	a = begin(&st);
	b = enroll(&st, "B");
	for (i = 0; i < 40000 && !tmtp_is_ended(a->session); i++) {
		(void)snprintf(text, sizeof(text), "{\"op\":4,\"id\":\"1\","
		    "\"for\":[{\"id\":\"%s\"}],\"type\":\"%s\"}", a->uid,
		    types[i % 2]);
		harness_say(&st, b, text);
		if (i % 100 == 0 || tmtp_is_stalled(b->session)) {
			commit(&st);
			tmtp_resume(b->session, st.now);
		}
	}
	CHECK(i == 40000, "it was ended after %u", i);
	CHECK(b->session != NULL && !tmtp_is_ended(b->session),
	    "not the other");
	harness_turn(&st);
	CHECK(!a->ended && a->got.n < 200, "%zu bytes", a->got.n);
	harness_close(&st);
}

/* Input with some of a large message still to be sent. */
static struct actor *
begin_large(struct harness *st, size_t bytes, char *dst, size_t *n)
{
	struct buf b = { NULL, 0, 0 };
	struct actor *a;

	a = begin(st);
	add_post(&b, a->uid, bytes, 1);
	tmtp_input(a->session, buf_span(&b), st->now);
	buf_free(&b);
	commit(st);
	(void)tmtp_output_frame(a->session, dst, HARNESS_ROOM, HARNESS_ROOM,
	    st->now);		/* the ack */
	*n = tmtp_output(a->session, dst, HARNESS_ROOM, st->now);
	return a;
}

/* A quit waits for the rest of the message that is on its way ... */
static void
test_quit_after_message(void)
{
	static const char quit[] =
	    "002d{\"error\":\"the relay is stopping\",\"op\":\"quit\"}";
	char out[HARNESS_ROOM];
	size_t n, got, sum;
	struct harness st;
	struct actor *a;

	a = begin_large(&st, 100000, out, &n);
	sum = n;
	tmtp_quit(a->session, "the relay is stopping", st.now);
	for (; (got = tmtp_output(a->session, out, HARNESS_ROOM, st.now)) > 0;
	    sum += got)
		n = got;
	CHECK(sum > 100000 + strlen(quit), "all of it: %zu", sum);
	CHECK(n >= strlen(quit) && memcmp(out + n - strlen(quit), quit,
	    strlen(quit)) == 0, "and then: %.*s", (int)n, out);
	harness_close(&st);
}

/* ... but not for that of a large one: there is no place for a quit in it. */
static void
test_end_in_message(void)
{
	char out[HARNESS_ROOM];
	struct harness st;
	struct actor *a;
	size_t n;

	a = begin_large(&st, 1000000, out, &n);
	CHECK(n == HARNESS_ROOM, "some of it: %zu", n);
	tmtp_quit(a->session, "the relay is stopping", st.now);
	CHECK(tmtp_is_ended(a->session), "ended");
	CHECK(tmtp_output(a->session, out, HARNESS_ROOM, st.now) == 0,
	    "silent");
	harness_close(&st);
}

/* An ack that comes while the message is sent again: it is sent to its end. */
static void
test_ack_in_message(void)
{
	char out[HARNESS_ROOM], text[128], id[17];
	struct harness st;
	struct actor *a;
	size_t n, sum;

	a = begin_large(&st, 100000, out, &n);
	memcpy(id, strstr(out, "\"id\":\"") + 6, 16);
	id[16] = '\0';
	for (sum = n; n > 0; sum += n)
		n = tmtp_output(a->session, out, HARNESS_ROOM, st.now);
	CHECK(sum > 100000 && sum < 101000, "all of it: %zu", sum);

	st.now.mono += 30000;
	CHECK(tmtp_deadline(a->session) == st.now.mono, "due");
	tmtp_expire(a->session, st.now);
	n = tmtp_output(a->session, out, HARNESS_ROOM, st.now);
	CHECK(n == HARNESS_ROOM, "again");
	(void)snprintf(text, sizeof(text),
	    "{\"op\":9,\"id\":\"%s\",\"type\":\"ok\"}", id);
	harness_say(&st, a, text);
	for (sum = n; n > 0; sum += n)
		n = tmtp_output(a->session, out, HARNESS_ROOM, st.now);
	CHECK(sum > 100000 && sum < 101000, "to its end: %zu", sum);
	CHECK(tmtp_deadline(a->session) == st.now.mono + 150000, "it is done");
	harness_close(&st);
}

/* The same while data takes nothing: the ack has to come once more. */
static void
test_ack_without_room(void)
{
	enum { POSTS = 30, BYTES = 60000 };
	char out[HARNESS_ROOM], text[128];
	struct buf b = { NULL, 0, 0 };
	struct actor *a, *other;
	struct harness st;
	unsigned i;

	a = begin_large(&st, 100000, out, &(size_t){ 0 });
	(void)snprintf(text, sizeof(text), "{\"op\":9,\"id\":\"%.16s\","
	    "\"type\":\"ok\"}", strstr(out, "\"id\":\"") + 6);
	while (tmtp_output(a->session, out, HARNESS_ROOM, st.now) > 0)
		;
	other = enroll(&st, "B");
	for (i = 0; i < POSTS; i++)
		add_post(&b, other->uid, BYTES, i);

	st.now.mono += 30000;
	tmtp_expire(a->session, st.now);
	(void)tmtp_output(a->session, out, HARNESS_ROOM, st.now);
	harness_say(&st, a, text);
	tmtp_input(other->session, buf_span(&b), st.now);
	CHECK(datadir_state(&st.data) == DATADIR_WAIT, "no request may run");
	while (tmtp_output(a->session, out, HARNESS_ROOM, st.now) > 0)
		;
	CHECK(tmtp_deadline(a->session) == st.now.mono + 30000, "not done");
	harness_turn(&st);
	st.now.mono += 30000;
	tmtp_expire(a->session, st.now);
	while (tmtp_output(a->session, out, HARNESS_ROOM, st.now) > 0)
		;
	CHECK(tmtp_deadline(a->session) == st.now.mono + 120000, "done");
	buf_free(&b);
	harness_close(&st);
}

/* A reply that comes due in the middle of a message follows it. */
static void
test_reply_in_message(void)
{
	struct buf b = { NULL, 0, 0 };
	struct reply f;
	struct harness st;
	struct actor *a;
	size_t n;

	a = begin(&st);
	add_post(&b, a->uid, 100000, 1);
	tmtp_input(a->session, buf_span(&b), st.now);
	commit(&st);
	a->got.n = tmtp_output(a->session, buf_room(&a->got, 4000), 4000,
	    st.now);
	n = tmtp_output(a->session, buf_room(&a->got, 4000), 4000, st.now);
	a->got.n += n;
	harness_say(&st, a, "{\"op\":7,\"id\":\"3\",\"for\":[{\"id\":\"x\","
	    "\"type\":1}],\"datalen\":0}");
	buf_add(&a->records, (struct span){ (const char *)&n, sizeof(n) });
	harness_turn(&st);
	CHECK(harness_frame(a, &f) && f.from.p == NULL, "the ack");
	harness_drop(a, f.bytes);
	CHECK(harness_frame(a, &f) && f.data.n == 100000, "the message");
	harness_drop(a, f.bytes);
	CHECK(harness_frame(a, &f) && f.from.p == NULL, "the refusal");
	buf_free(&b);
	harness_close(&st);
}

/* What does not fit into a record with others gets one of its own. */
static void
test_records(void)
{
	static const size_t sizes[] = { 16000, 200, 420, 8000, 8000, 100, 15000,
	    100000, 1, 16000 };
	struct buf b = { NULL, 0, 0 };
	struct reply f;
	struct harness st;
	struct actor *a;
	unsigned i;

	harness_open(&st);
	st.conf.window = 64;
	harness_start(&st);
	a = enroll(&st, "A");
	for (i = 0; i < COUNT(sizes); i++)
		add_post(&b, a->uid, sizes[i], i);
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	for (i = 0; harness_frame(a, &f); harness_drop(a, f.bytes)) {
		if (f.from.p == NULL)
			continue;
		CHECK(f.data.n == sizes[i], "%zu", f.data.n);
		CHECK(harness_in_one_record(a, &f) == (sizes[i] < HARNESS_ROOM),
		    "%zu",
		    f.data.n);
		i++;
	}
	CHECK(i == COUNT(sizes), "all came: %u", i);
	buf_free(&b);
	harness_close(&st);
}

/* How many messages it has got; none is left, and the last ids are given. */
static unsigned
take_ids(struct actor *a, char (*ids)[17])
{
	struct reply f;
	unsigned n = 0;

	for (; harness_frame(a, &f); harness_drop(a, f.bytes)) {
		if (f.from.p == NULL)
			continue;
		memcpy(ids[n], f.id.p, 16);
		ids[n++][16] = '\0';
	}
	return n;
}

/* Ack so many messages of them, and count what is sent then. */
static unsigned
ack_some(struct harness *st, struct actor *a, char (*ids)[17], unsigned n)
{
	char text[80];
	unsigned i;

	for (i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "{\"op\":9,\"id\":\"%.16s\","
		    "\"type\":\"ok\"}", ids[i]);
		harness_say(st, a, text);
	}
	harness_turn(st);
	return take_ids(a, ids);
}

/* More are on their way to a client that acks at once; never too many. */
static void
test_window(void)
{
	enum { POSTS = 100, FIRST = 3, MOST = 20 };
	static char ids[POSTS][17];
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;
	unsigned i, n;

	harness_open(&st);
	st.conf.window = FIRST;
	st.conf.window_max = MOST;
	harness_start(&st);
	a = enroll(&st, "A");
	for (i = 0; i < POSTS; i++)
		add_post(&b, a->uid, 10, i);
	tmtp_input(a->session, buf_span(&b), st.now);
	buf_free(&b);
	harness_turn(&st);
	n = take_ids(a, ids);
	CHECK(n == FIRST, "at first: %u", n);
	n = ack_some(&st, a, ids, n);
	CHECK(n == 2 * FIRST, "it was quick: %u", n);
	st.now.mono += 900;
	n = ack_some(&st, a, ids, n);
	CHECK(n == 4 * FIRST, "quick enough: %u", n);
	n = ack_some(&st, a, ids, n);
	CHECK(n == MOST, "no more than that: %u", n);
	st.now.mono += 1001;
	n = ack_some(&st, a, ids, n);
	CHECK(n == FIRST, "it was slow: %u", n);
	n = ack_some(&st, a, ids, 1);
	CHECK(n == 2, "it is quick again: %u", n);
	harness_close(&st);

	harness_open(&st);
	st.conf.window_max = 1;
	harness_start(&st);
	a = enroll(&st, "A");
	for (i = 0; i < 3; i++)
		add_post(&b, a->uid, 10, i);
	tmtp_input(a->session, buf_span(&b), st.now);
	buf_free(&b);
	harness_turn(&st);
	n = take_ids(a, ids);
	CHECK(n == 1, "the most counts from the beginning: %u", n);
	CHECK(ack_some(&st, a, ids, n) == 1, "and then");
	harness_close(&st);
}

/* What is longer than a record begins where there is room in one. */
static void
test_full_records(void)
{
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;
	size_t i, n, sum, *records;

	a = begin(&st);
	for (i = 0; i < 3; i++)
		add_post(&b, a->uid, i == 0 ? 10 : 2 * HARNESS_ROOM,
		    (unsigned)i);
	tmtp_input(a->session, buf_span(&b), st.now);
	buf_free(&b);
	harness_turn(&st);
	records = (size_t *)(void *)a->records.p;
	n = a->records.n / sizeof(*records);
	sum = records[n - 1];	/* where each ends */
	CHECK(n == (sum + HARNESS_ROOM - 1) / HARNESS_ROOM, "%zu bytes in %zu "
	    "records", sum, n);
	harness_close(&st);
}

/* More users online than info has room for. */
static void
test_many_contacts(void)
{
	enum { USERS = 2000 };
	char (*uids)[UID_TEXT + 1] = xzalloc(USERS * sizeof(*uids));
	char text[256];
	static struct session *sessions[USERS];
	struct harness st;
	struct actor *a, *b;
	unsigned i;
	size_t known;

	a = begin(&st);
	harness_lose(&st, a);
	for (i = 0; i < USERS; i++) {
		b = enroll(&st, "B");
		memcpy(uids[i], b->uid, sizeof(b->uid));
		(void)snprintf(text, sizeof(text), "{\"op\":4,\"id\":\"1\","
		    "\"for\":[{\"id\":\"%s\"}]}", a->uid);
		harness_say(&st, b, text);
		harness_turn(&st);
		sessions[i] = b->session;	/* it stays, unseen */
	}
	harness_login(&st, a);
	buf_add_byte(&a->got, '\0');
	for (i = 0, known = 0; i < USERS; i++)
		known += strstr(a->got.p, uids[i]) != NULL;
	CHECK(known == USERS, "%zu", known);
	a->got.n--;
	CHECK(count_frames(a, "\"op\":\"ohi\"") > 0 && a->got.n == 0,
	    "in frames that can be read");
	for (i = 0; i + 1 < USERS; i++)
		tmtp_session_close(sessions[i], st.now);
	free(uids);
	harness_close(&st);
}

/* An id whose ack would be longer than four digits can tell. */
static void
test_long_id(void)
{
	enum { BYTES = 20000 };
	struct buf header = { NULL, 0, 0 }, b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;
	unsigned i;

	a = begin(&st);
	buf_add(&header, SPAN("{\"op\":7,\"for\":[],\"datalen\":0,\"id\":\""));
	for (i = 0; i < BYTES; i++)
		buf_add_byte(&header, '<');	/* becomes six bytes */
	buf_add(&header, SPAN("\"}"));
	buf_add_byte(&header, '\0');
	add_frame(&b, header.p, SPAN(""));
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	CHECK(a->ended, "ended");
	CHECK(count_frames(a, "\"op\":\"quit\"") == 1 && a->got.n == 0,
	    "in a frame that can be read");
	buf_free(&header);
	buf_free(&b);
	harness_close(&st);
}

/* A limit that is lowered while data comes leaves the session usable. */
static void
test_lower_limit(void)
{
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;

	a = begin(&st);
	add_post(&b, a->uid, 5000, 1);
	tmtp_input(a->session, (struct span){ b.p, 3000 }, st.now);
	st.conf.message_max = 1024;
	tmtp_input(a->session, (struct span){ b.p + 3000, b.n - 3000 }, st.now);
	b.n = 0;
	add_post(&b, a->uid, 1000, 2);
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	CHECK(count_frames(a, "\"op\":\"ack\"") == 2, "both are answered");
	CHECK(!a->ended, "in step");
	buf_free(&b);
	harness_close(&st);
}

/* Large posts that do not end take no more than a number of files. */
static void
test_many_uploads(void)
{
	enum { SESSIONS = 101 };
	struct session *sessions[SESSIONS];
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a = NULL;
	unsigned i;

	add_post(&b, begin(&st)->uid, 100000, 1);
	for (i = 0; i < SESSIONS; i++) {
		a = enroll(&st, "B");
		tmtp_input(a->session, (struct span){ b.p, 1000 }, st.now);
		harness_turn(&st);
		sessions[i] = a->session;
		CHECK(count_frames(a, "too many large") == (i + 1 == SESSIONS),
		    "%u", i);
	}
	tmtp_session_close(sessions[0], st.now);
	tmtp_input(a->session, (struct span){ b.p + 1000, b.n - 1000 }, st.now);
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	CHECK(count_frames(a, "\"error\"") == 0, "one has gone: there is room");
	for (i = 1; i + 1 < SESSIONS; i++)
		tmtp_session_close(sessions[i], st.now);
	buf_free(&b);
	harness_close(&st);
}

/* When there is no room, the slowest of those that dribble gives way. */
static void
test_slow_uploads(void)
{
	enum { SESSIONS = 100 };
	struct session *sessions[SESSIONS];
	struct actor *a;
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	unsigned i;

	add_post(&b, begin(&st)->uid, 200000, 1);
	for (i = 0; i < SESSIONS; i++) {
		sessions[i] = enroll(&st, "B")->session;
		tmtp_input(sessions[i], (struct span){ b.p, 1000 + i },
		    st.now);
	}
	st.now.mono += 19999;
	a = enroll(&st, "B");
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	CHECK(count_frames(a, "too many large") == 1, "too soon");
	st.now.mono += 1;
	/* The first is fast enough, so it is not the slowest. */
	tmtp_input(sessions[0], (struct span){ b.p + 1000, 90000 }, st.now);
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	CHECK(count_frames(a, "\"error\"") == 0, "no room was made");
	CHECK(!tmtp_is_ended(sessions[0]) && tmtp_is_ended(sessions[1]) &&
	    !tmtp_is_ended(sessions[2]), "the wrong one gave way");
	for (i = 0; i < SESSIONS; i++)
		tmtp_session_close(sessions[i], st.now);
	buf_free(&b);
	harness_close(&st);
}

/* Log in as the node with this password. */
static void
enter(struct harness *st, struct actor *a, const char nodeid[NODEID_TEXT])
{
	memcpy(a->nodeid, nodeid, NODEID_TEXT);
	harness_login(st, a);
	CHECK(count_frames(a, "login ok") == 1, "no login");
}

/*
 * No user takes all of that room, with however many nodes, nor by logging in
 * again while the session before is not closed.
 */
static void
test_uploads_of_user(void)
{
	enum { NODES = 26 };
	char nodeids[NODES][NODEID_TEXT];
	struct session *sessions[NODES];
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;
	struct user *user;
	unsigned i;

	a = begin(&st);
	harness_lose(&st, a);
	user = userdb_user_text(st.data.userdb, span_of(a->uid));
	add_post(&b, a->uid, 100000, 1);
	for (i = 0; i < NODES; i++) {
		(void)userdb_add_node(st.data.userdb, user, SPAN("x"),
		    nodeids[i]);
		enter(&st, a, nodeids[i]);
		tmtp_input(a->session, (struct span){ b.p, 1000 }, st.now);
		harness_turn(&st);
		sessions[i] = a->session;
		CHECK(count_frames(a, "too many large") == (i + 1 == NODES),
		    "%u", i);
	}
	enter(&st, a, nodeids[0]);
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	CHECK(count_frames(a, "too many large") == 1, "by a new session");

	tmtp_session_close(sessions[0], st.now);
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	CHECK(count_frames(a, "too many large") == 0, "one has gone");
	harness_lose(&st, a);
	a = enroll(&st, "A");
	tmtp_input(a->session, buf_span(&b), st.now);
	harness_turn(&st);
	CHECK(count_frames(a, "\"error\"") == 0, "another user");
	for (i = 1; i < NODES; i++)
		tmtp_session_close(sessions[i], st.now);
	CHECK(user->uploads == 0, "%u are left", user->uploads);
	buf_free(&b);
	harness_close(&st);
}

/* Nobody gives way to a user who would be refused all the same. */
static void
test_slow_for_nobody(void)
{
	enum { OTHERS = 75, NODES = 25 };
	struct session *sessions[OTHERS + NODES];
	char nodeid[NODEID_TEXT];
	struct buf b = { NULL, 0, 0 };
	struct harness st;
	struct actor *a;
	struct user *user;
	unsigned i;

	a = begin(&st);
	harness_lose(&st, a);
	user = userdb_user_text(st.data.userdb, span_of(a->uid));
	add_post(&b, a->uid, 200000, 1);
	for (i = 0; i < OTHERS; i++) {
		sessions[i] = enroll(&st, "B")->session;
		tmtp_input(sessions[i], (struct span){ b.p, 1000 }, st.now);
	}
	for (i = OTHERS; i <= OTHERS + NODES; i++) {
		(void)userdb_add_node(st.data.userdb, user, SPAN("x"), nodeid);
		enter(&st, a, nodeid);
		if (i == OTHERS + NODES)
			st.now.mono += 20000;
		else
			sessions[i] = a->session;
		tmtp_input(a->session, (struct span){ b.p, 1000 }, st.now);
		harness_turn(&st);
	}
	CHECK(count_frames(a, "too many large") == 1, "it is not refused");
	for (i = 0; i < OTHERS + NODES; i++) {
		CHECK(!tmtp_is_ended(sessions[i]), "%u gave way", i);
		if (i != OTHERS - 1)	/* the harness closes the last of B */
			tmtp_session_close(sessions[i], st.now);
	}
	buf_free(&b);
	harness_close(&st);
}

/* OhiEdit of count users from the first on. */
static void
edit_contacts(struct harness *st, struct actor *a, const char *type,
    char (*uids)[UID_TEXT], unsigned count)
{
	struct buf b = { NULL, 0, 0 };
	unsigned i;

	buf_addf(&b, "{\"op\":4,\"id\":\"1\",\"type\":\"%s\",\"for\":[",
	    type);
	for (i = 0; i < count; i++)
		buf_addf(&b, "%s{\"id\":\"%.32s\"}", i > 0 ? "," : "",
		    uids[i]);
	buf_add(&b, SPAN("]}"));
	buf_add_byte(&b, '\0');
	harness_say(st, a, b.p);
	harness_turn(st);
	buf_free(&b);
}

/* Only new contacts count, and to drop some is always allowed. */
static void
test_contacts_max(void)
{
	enum { USERS = 10000, EACH = 1000 };
	char (*uids)[UID_TEXT] = xzalloc((USERS + 1) * sizeof(*uids));
	char nodeid[NODEID_TEXT];
	struct user *user;
	struct harness st;
	struct actor *a;
	unsigned i;

	a = begin(&st);
	for (i = 0; i <= USERS; i++) {
		user = userdb_add_user(st.data.userdb, SPAN("x"), SPAN(""),
		    nodeid);
		encode_base32(uids[i], user->uid.bytes, UID_BYTES);
		if (i % 100 == 0)
			commit(&st);
	}
	commit(&st);
	for (i = 0; i < USERS; i += EACH)
		edit_contacts(&st, a, "init", uids + i, EACH);
	CHECK(count_frames(a, "\"error\"") == 0, "as many as may be");
	edit_contacts(&st, a, "init", uids, EACH);
	CHECK(count_frames(a, "\"error\"") == 0, "the same ones");
	edit_contacts(&st, a, "add", uids + USERS, 1);
	CHECK(count_frames(a, "\"error\"") == 1, "one more");
	edit_contacts(&st, a, "drop", uids, EACH);
	edit_contacts(&st, a, "add", uids + USERS, 1);
	CHECK(count_frames(a, "\"error\"") == 0, "in place of others");
	free(uids);
	harness_close(&st);
}

/* The oldest member follows a moderator whose account is removed. */
static void
test_succession(void)
{
	struct actor *a[3];
	struct harness st;
	struct group *g;
	struct user *user[3];
	size_t i;

	harness_open(&st);
	harness_start(&st);
	for (i = 0; i < 3; i++) {
		a[i] = harness_actor(&st, i == 0 ? "A" : i == 1 ? "B" : "C");
		harness_register(&st, a[i]);
		user[i] = userdb_user_text(st.data.userdb, span_of(a[i]->uid));
	}
	g = userdb_add_group(st.data.userdb, SPAN("g"), GROUP_CLOSED);
	for (i = 0; i < 3; i++)
		userdb_set_member(st.data.userdb, g, user[i],
		    span_of(a[i]->name), MEMBER_JOINED);
	userdb_set_moderator(st.data.userdb, g, g->members, true);
	harness_pass(&st, 1);
	CHECK(count_frames(a[1], "moderator") == 0, "there is one");
	tmtp_remove_user(st.relay, user[0]);
	harness_turn(&st);
	harness_lose(&st, a[0]);
	harness_pass(&st, 1);
	CHECK(count_frames(a[1], "\"alias\":\"B\"") == 1 &&
	    g->members[1].moderator && !g->members[0].moderator,
	    "the oldest did not follow");
	CHECK(count_frames(a[2], "moderator") == 0, "C was told");
	/* Its account is lost, as by damage: that is seen after a start. */
	tmtp_drop_node(st.relay, user[1]->nodes[0], "lost");
	harness_turn(&st);
	harness_stop(&st);
	harness_start(&st);
	harness_pass(&st, 1);
	g = userdb_group(st.data.userdb, SPAN("g"));
	CHECK(g->members[2].moderator, "C did not follow");
	harness_close(&st);
}

/* The operator removes a poster, or a group: what waits goes with it. */
static void
test_pending_removed(void)
{
	struct pending p = { .id = 0 };
	struct actor *a[2];
	struct user *user[2];
	struct harness st;
	struct group *g;
	struct queue *q;
	size_t i;

	harness_open(&st);
	harness_start(&st);
	g = userdb_add_group(st.data.userdb, SPAN("g"), GROUP_MODERATED);
	for (i = 0; i < 2; i++) {
		a[i] = harness_actor(&st, i == 0 ? "A" : "B");
		harness_register(&st, a[i]);
		user[i] = userdb_user_text(st.data.userdb, span_of(a[i]->uid));
		p.user = user[i];
		p.id = journal_id(st.data.journal);
		q = store_queue(st.data.store, &user[i]->uid, STORE_HIDDEN);
		store_put(st.data.store, p.id, SPAN("h"), SPAN("d"), &q, 1);
		userdb_add_pending(st.data.userdb, g, &p);
	}
	harness_turn(&st);
	tmtp_remove_user(st.relay, user[0]);
	harness_turn(&st);
	CHECK(g->pending_count == 1 && g->pending->id == p.id &&
	    user[0]->pending == 0 && user[1]->pending == 1, "the user's");
	tmtp_remove_group(st.relay, g);
	harness_turn(&st);
	CHECK(g->pending_count == 0 && user[1]->pending == 0, "the group's");
	harness_stop(&st);
	harness_start(&st);
	g = userdb_group(st.data.userdb, SPAN("g"));
	CHECK(g->pending_count == 0, "they are back");
	harness_close(&st);
}

/* A post to oneself. */
static void
post_number(struct harness *st, struct actor *a, unsigned number)
{
	struct buf b = { NULL, 0, 0 };

	add_post(&b, a->uid, 1, number);
	harness_send(st, a, buf_span(&b));
	harness_turn(st);
	buf_free(&b);
}

/*
 * Of earlier connections the last 64 requests are recognised, also after many
 * others on this one; of those older, none.
 */
static void
test_again(void)
{
	struct harness st;
	struct actor *a = begin(&st);
	const struct node *node;
	uint64_t last;
	unsigned i;

	for (i = 0; i < 100; i++)
		post_number(&st, a, i);
	harness_lose(&st, a);
	harness_login(&st, a);
	node = userdb_user_text(st.data.userdb, span_of(a->uid))->nodes[0];
	for (i = 1000; i < 1200; i++)
		post_number(&st, a, i);
	CHECK(node->receipts.count == 2 * RECEIPTS_MAX, "%u receipts",
	    node->receipts.count);
	last = node->receipts.all[2 * RECEIPTS_MAX - 1].msgid;
	for (i = 35; i < 100; i++)
		post_number(&st, a, i);
	CHECK(node->receipts.all[2 * RECEIPTS_MAX - 1].msgid > last &&
	    node->receipts.all[2 * RECEIPTS_MAX - 2].msgid == last,
	    "not only number 35 was done");
	harness_crash(&st);
	harness_start(&st);
	node = userdb_user_text(st.data.userdb, span_of(a->uid))->nodes[0];
	CHECK(node->receipts.count == RECEIPTS_MAX &&
	    node->receipts.earlier == RECEIPTS_MAX, "after a crash: %u",
	    node->receipts.count);
	harness_close(&st);
}

int
main(void)
{
	log_level(LOG_QUIET);
	test_held();
	test_register_waits();
	test_register_first();
	test_end_waits();
	test_stalled();
	test_large_waits();
	test_unread_replies();
	test_unread_presence();
	test_quit_after_message();
	test_end_in_message();
	test_ack_in_message();
	test_ack_without_room();
	test_reply_in_message();
	test_records();
	test_full_records();
	test_window();
	test_many_contacts();
	test_long_id();
	test_lower_limit();
	test_many_uploads();
	test_slow_uploads();
	test_uploads_of_user();
	test_slow_for_nobody();
	test_contacts_max();
	test_succession();
	test_pending_removed();
	test_again();
	return check_report("tmtp");
}
