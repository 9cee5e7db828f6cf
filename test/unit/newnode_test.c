/*
 * A new node of a member for whom much waits: its queue is copied in many
 * turns, and the relay serves meanwhile.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store.h"
#include "store/index.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/outbox.h"
#include "userdb.h"

#define MANY 2000		/* more than a turn copies */

struct person {
	struct actor *actor;
	struct user *user;
};

static bool
has_got(struct actor *a, const char *text)
{
	buf_add_byte(&a->got, '\0');
	return strstr(a->got.p, text) != NULL;
}

static void
enroll(struct harness *st, struct person *m, const char *name)
{
	m->actor = harness_actor(st, name);
	harness_register(st, m->actor);
	m->user = userdb_user_text(st->data.userdb, span_of(m->actor->uid));
}

static uint64_t
waiting(struct harness *st, const struct person *m, size_t node)
{
	struct queue *q = outbox_queue(st->relay, m->user->nodes[node]);
	uint64_t n;
	int i;

	for (i = 0; i <= MANY / 100; i++)
		n = store_load(st->data.store, q).messages;
	return n;
}

/* Much waits for a member, in files. */
static void
fill(struct harness *st, const struct person *m)
{
	struct queue *q = outbox_queue(st->relay, m->user->nodes[0]);
	int i;

	for (i = 0; i < MANY; i++)
		store_put(st->data.store, journal_id(st->data.journal),
		    SPAN("0002{}"), SPAN(""), &q, 1);
	CHECK(datadir_commit(&st->data) == 0 && datadir_checkpoint(&st->data) ==
	    0,
	    "no files");
}

static void
ask(struct harness *st, struct person *m)
{
	static unsigned asked;
	char text[64];

	m->actor->got.n = m->actor->records.n = 0;
	(void)snprintf(text, sizeof(text),
	    "{\"op\":3,\"id\":\"7.%u\",\"newnode\":\"y\"}", asked++);
	harness_say(st, m->actor, text);
}

/* It takes several turns, in which another is answered. */
static void
test_steps(struct harness *st, struct person *a, struct person *b)
{
	ask(st, a);
	CHECK(tmtp_is_stalled(a->actor->session), "all of it in one turn");
	CHECK(a->user->node_count == 1, "a node before its queue");
	harness_say(st, b->actor,
	    "{\"op\":7,\"id\":\"9\",\"for\":[],\"datalen\":0}");
	CHECK(!tmtp_is_stalled(b->actor->session), "others must wait");
	harness_turn(st);
	CHECK(has_got(a->actor, "\"id\":\"7.0\",\"msgid\":\"1"), "no ack");
	CHECK(has_got(b->actor, "\"id\":\"9\",\"msgid\":\"1"), "no post");
	CHECK(a->user->node_count == 2, "no node");
	/* And the news of the registration, or of this node. */
	CHECK(waiting(st, a, 1) == waiting(st, a, 0) &&
	    waiting(st, a, 1) > MANY, "%llu messages of %llu",
	    (unsigned long long)waiting(st, a, 1),
	    (unsigned long long)waiting(st, a, 0));
}

/* The session that asked has ended: no node, and nothing waits for it. */
static void
test_gone(struct harness *st, struct person *a, struct person *b)
{
	ask(st, a);
	harness_lose(st, a->actor);
	ask(st, b);
	harness_turn(st);
	CHECK(a->user->node_count == 2, "nobody knows its password");
	CHECK(b->user->node_count == 2, "an ended session is waited for");
	harness_login(st, a->actor);
	ask(st, a);
	harness_turn(st);
	CHECK(a->user->node_count == 3 &&
	    waiting(st, a, 2) == waiting(st, a, 0), "not a copy");
}

/* A disk that is full in the middle is an error, and no node. */
static void
test_full(struct harness *st, struct person *a)
{
	ask(st, a);
	CHECK(tmtp_is_stalled(a->actor->session), "all of it in one turn");
	harness_fill_disk(st);
	CHECK(has_got(a->actor, "the disk is full"), "no error");
	CHECK(a->user->node_count == 3, "a node on a full disk");
	harness_free_disk(st);
	ask(st, a);
	harness_turn(st);
	CHECK(a->user->node_count == 4, "no node, with space again");
}

/* Sent at once, one is made or dropped in each turn. */
static void
test_one_a_turn(struct harness *st, struct person *b)
{
	size_t count = b->user->node_count;

	ask(st, b);
	CHECK(!tmtp_is_stalled(b->actor->session), "the first has to wait");
	ask(st, b);
	CHECK(tmtp_is_stalled(b->actor->session), "two in one turn");
	CHECK(b->user->node_count == count + 1, "%u nodes",
	    b->user->node_count);
	harness_turn(st);
	CHECK(b->user->node_count == count + 2, "the second is missing");
	harness_say(st, b->actor,
	    "{\"op\":3,\"id\":\"o1\",\"dropnode\":\"3\"}");
	harness_say(st, b->actor,
	    "{\"op\":3,\"id\":\"o2\",\"dropnode\":\"2\"}");
	CHECK(b->user->node_count == count + 1, "two are dropped in one turn");
	harness_turn(st);
	CHECK(b->user->node_count == count, "the second is not dropped");
}

/* So many in a day, whether they are dropped or not. */
static void
test_a_day(struct harness *st, struct person *b)
{
	char text[64];
	unsigned made = 0, ref;

	do {
		ref = b->user->next_ref;
		ask(st, b);
		harness_turn(st);
		(void)snprintf(text, sizeof(text),
		    "{\"op\":3,\"id\":\"x%u\",\"dropnode\":\"%u\"}", made,
		    ref);
		if (b->user->next_ref > ref)
			harness_say(st, b->actor, text);
		harness_turn(st);
	} while (b->user->next_ref > ref && ++made < 1000);
	CHECK(b->user->next_ref == 2 + 64, "%u nodes in a day",
	    (unsigned)b->user->next_ref - 2);
	ask(st, b);
	harness_turn(st);
	CHECK(has_got(b->actor, "too many new nodes today"), "no error");
	harness_crash(st);
	harness_start(st);
	harness_login(st, b->actor);
	b->user = userdb_user_text(st->data.userdb, span_of(b->actor->uid));
	ask(st, b);
	harness_turn(st);
	CHECK(has_got(b->actor, "too many new nodes today"), "a restart");
	st->now.wall += CLOCK_DAY;
	ask(st, b);
	harness_turn(st);
	CHECK(b->user->next_ref == ref + 1, "none on the next day");
}

/* The account is removed meanwhile: what was copied does not stay. */
static void
test_removed(struct harness *st, struct person *c)
{
	char path[INDEX_PLACE];

	fill(st, c);
	ask(st, c);
	CHECK(tmtp_is_stalled(c->actor->session), "all of it in one turn");
	index_place(path, &c->user->uid, c->user->next_ref);
	CHECK(faccessat(st->data.dir, path, F_OK, 0) == 0, "no copy yet");
	tmtp_remove_user(st->relay, c->user);
	CHECK(datadir_commit(&st->data) == 0, "commit");
	while (store_tidy(st->data.store, false))
		continue;
	CHECK(faccessat(st->data.dir, path, F_OK, 0) == -1, "it stays");
}

int
main(void)
{
	struct person a, b, c;
	struct harness st;

	log_level(LOG_QUIET);
	harness_open(&st);
	harness_start(&st);
	enroll(&st, &a, "A");
	enroll(&st, &b, "B");
	fill(&st, &a);
	test_steps(&st, &a, &b);
	test_gone(&st, &a, &b);
	test_full(&st, &a);
	test_one_a_turn(&st, &b);
	test_a_day(&st, &b);
	enroll(&st, &c, "C");
	test_removed(&st, &c);
	harness_close(&st);
	return check_report("newnode");
}
