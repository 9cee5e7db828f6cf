/*
 * What waits for nodes that do not come back, over months that take no time.
 */
#include "tmtp/expire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/outbox.h"
#include "userdb.h"

#define HOUR 3600000
#define DAYS 30			/* expire_days, if not told */
#define STEPS_MAX 100000

struct expiry {
	struct harness harness;
	struct expire *expire;
};

/* A member with one node, or more. */
struct person {
	struct actor *actor;
	struct user *user;
};

static void
start(struct expiry *w)
{
	harness_start(&w->harness);
	w->expire = expire_open(w->harness.relay, w->harness.now);
}

static void
stop(struct expiry *w)
{
	expire_close(w->expire);
	harness_stop(&w->harness);
}

static void
begin(struct expiry *w)
{
	harness_open(&w->harness);
	w->harness.conf.expire_days = DAYS;
	start(w);
}

static void
end(struct expiry *w)
{
	expire_close(w->expire);
	harness_close(&w->harness);
}

/* Both clocks go on, and ids with them. */
static void
pass(struct expiry *w, uint64_t ms)
{
	w->harness.now.mono += ms;
	w->harness.now.wall += ms;
	journal_id_at_least(w->harness.data.journal,
	    w->harness.now.wall * 1000000);
}

/* Run what is due, to its end. */
static void
run(struct expiry *w)
{
	unsigned steps = 0;

	expire_step(w->expire, w->harness.now);
	while (expire_deadline(w->expire) <= w->harness.now.mono) {
		expire_step(w->expire, w->harness.now);
		if (++steps == STEPS_MAX)
			die("a pass without end");
	}
	harness_turn(&w->harness);
}

/* Days on each of which the relay ran. */
static void
run_days(struct expiry *w, unsigned days)
{
	for (; days > 0; days--) {
		pass(w, CLOCK_DAY);
		run(w);
	}
}

/* After a start users are other structs. */
static void
find(struct expiry *w, struct person *p)
{
	p->user = userdb_user_text(w->harness.data.userdb,
	    span_of(p->actor->uid));
}

static void
enroll(struct expiry *w, struct person *p, const char *name)
{
	p->actor = harness_actor(&w->harness, name);
	harness_register(&w->harness, p->actor);
	find(w, p);
}

static void
login(struct expiry *w, struct person *p)
{
	harness_login(&w->harness, p->actor);
	CHECK(p->user->nodes[0]->session != NULL, "no login");
}

static void
leave(struct expiry *w, struct person *p)
{
	harness_lose(&w->harness, p->actor);
	harness_turn(&w->harness);
}

static void
post(struct expiry *w, const struct person *from, const struct person *to)
{
	char header[256];

	(void)snprintf(header, sizeof(header), "{\"op\":7,\"id\":\"1\","
	    "\"for\":[{\"id\":\"%s\",\"type\":1}],\"datalen\":0}",
	    to->actor->uid);
	harness_say(&w->harness, from->actor, header);
	harness_turn(&w->harness);
}

static unsigned
waiting(struct expiry *w, const struct person *p)
{
	struct node *n = p->user->nodes[0];

	return (unsigned)store_load(w->harness.data.store,
	    outbox_queue(w->harness.relay, n)).messages;
}

static void
expect(struct expiry *w, const struct person *p, unsigned count,
    const char *when)
{
	unsigned n = waiting(w, p);

	CHECK(n == count, "%s: %u messages wait, not %u", when, n, count);
}

/* One is online, the other has gone, and a message waits for it. */
static void
meet(struct expiry *w, struct person *a, struct person *b)
{
	begin(w);
	enroll(w, a, "A");
	enroll(w, b, "B");
	leave(w, b);
	post(w, a, b);
	expect(w, b, 1, "posted");
}

static void
test_off(void)
{
	struct person a, b;
	struct expiry w;

	meet(&w, &a, &b);
	w.harness.conf.expire_days = 0;
	CHECK(expire_deadline(w.expire) == UINT64_MAX, "it wakes");
	run_days(&w, 400);
	expect(&w, &b, 1, "off");
	w.harness.conf.expire_days = DAYS;	/* as a reload does */
	CHECK(expire_deadline(w.expire) <= w.harness.now.mono, "not due");
	run(&w);
	expect(&w, &b, 0, "on");
	CHECK(expire_deadline(w.expire) == w.harness.now.mono + HOUR,
	    "not in an hour");
	end(&w);
}

/* Those that are older than expire_days, and no others. */
static void
test_age(void)
{
	struct person a, b;
	struct expiry w;

	meet(&w, &a, &b);
	run_days(&w, 1);
	post(&w, &a, &b);
	run_days(&w, 29);
	post(&w, &a, &b);
	expect(&w, &b, 3, "30 days");
	run_days(&w, 1);
	expect(&w, &b, 2, "31 days");
	run_days(&w, 1);
	expect(&w, &b, 1, "32 days");
	CHECK(b.user->node_count == 1, "the node is gone");
	login(&w, &b);
	CHECK(b.user->nodes[0]->seen == w.harness.now.wall / CLOCK_DAY,
	    "not seen");
	leave(&w, &b);
	run_days(&w, 10);
	CHECK(waiting(&w, &b) > 0, "it was there 10 days ago");
	run_days(&w, 30);
	expect(&w, &b, 0, "again");
	expect(&w, &a, 0, "nothing was for the other");
	end(&w);
}

/* A message may be old, as long as its node has been there. */
static void
test_login_keeps(void)
{
	struct person a, b;
	unsigned before;
	struct expiry w;

	meet(&w, &a, &b);
	run_days(&w, 25);
	login(&w, &b);
	leave(&w, &b);
	before = waiting(&w, &b);
	run_days(&w, 30);
	expect(&w, &b, before, "seen 30 days ago");
	run_days(&w, 1);
	CHECK(waiting(&w, &b) < before, "and 31");
	end(&w);
}

static void
test_first_days(void)
{
	struct person a, b;
	struct expiry w;

	meet(&w, &a, &b);
	stop(&w);
	w.harness.now.mono = 5;
	w.harness.now.wall += 400 * CLOCK_DAY;
	start(&w);
	find(&w, &b);
	pass(&w, 7 * CLOCK_DAY - 1);
	run(&w);
	expect(&w, &b, 1, "in the first 7 days");
	pass(&w, HOUR);
	run(&w);
	expect(&w, &b, 0, "after them");
	end(&w);
}

/* The wall clock goes on by a leap, as when somebody sets it. */
static void
check_leap(int64_t leap, bool counts)
{
	struct person a, b;
	struct expiry w;

	meet(&w, &a, &b);
	pass(&w, 500 * CLOCK_DAY);
	w.harness.now.wall += (uint64_t)leap;
	run(&w);
	expect(&w, &b, counts, "after a leap");
	pass(&w, 7 * CLOCK_DAY - 1);
	run(&w);
	expect(&w, &b, counts, "7 days after it");
	pass(&w, HOUR);
	run(&w);
	expect(&w, &b, 0, "later");
	end(&w);
}

static void
test_leaps(void)
{
	check_leap(HOUR, false);
	check_leap(-HOUR, false);
	check_leap(HOUR + 1, true);
	check_leap(-HOUR - 1, true);
	check_leap(400 * (int64_t)CLOCK_DAY, true);
	check_leap(-400 * (int64_t)CLOCK_DAY, true);
}

/* A step takes 64; what it took stays gone, and the rest comes later. */
static void
check_restart(void (*again)(struct harness *))
{
	struct person a, b;
	struct expiry w;
	unsigned i;

	meet(&w, &a, &b);
	for (i = 1; i < 200; i++)
		post(&w, &a, &b);
	pass(&w, 40 * CLOCK_DAY);
	expire_step(w.expire, w.harness.now);
	expect(&w, &b, 136, "one step");
	harness_turn(&w.harness);
	expire_close(w.expire);
	again(&w.harness);
	start(&w);
	find(&w, &b);
	expect(&w, &b, 136, "after the restart");
	run_days(&w, 6);
	expect(&w, &b, 136, "6 days later");
	run_days(&w, 1);
	expect(&w, &b, 0, "7 days later");
	end(&w);
}

static void
test_restart(void)
{
	check_restart(harness_stop);
	check_restart(harness_crash);
}

/* What others still wait for waits for them. */
static void
test_other_nodes(void)
{
	struct person a, b, c;
	char header[512];
	struct expiry w;
	unsigned before;

	begin(&w);
	enroll(&w, &a, "A");
	enroll(&w, &b, "B");
	enroll(&w, &c, "C");
	leave(&w, &b);
	leave(&w, &c);
	(void)snprintf(header, sizeof(header), "{\"op\":7,\"id\":\"1\","
	    "\"for\":[{\"id\":\"%s\",\"type\":1},{\"id\":\"%s\",\"type\":1}],"
	    "\"datalen\":0}", b.actor->uid, c.actor->uid);
	harness_say(&w.harness, a.actor, header);
	harness_turn(&w.harness);
	run_days(&w, 20);
	login(&w, &c);
	leave(&w, &c);
	before = waiting(&w, &c);
	run_days(&w, 20);
	expect(&w, &b, 0, "the one that is lost");
	expect(&w, &c, before, "the other");
	stop(&w);
	start(&w);
	find(&w, &c);
	login(&w, &c);
	buf_add_byte(&c.actor->got, '\0');
	CHECK(strstr(c.actor->got.p, "\"op\":\"delivery\"") != NULL,
	    "it does not come: %s", c.actor->got.p);
	end(&w);
}

/* A node online is not lost, and was seen until it left. */
static void
test_online(void)
{
	struct person a, b;
	struct expiry w;
	uint32_t day;

	meet(&w, &a, &b);
	login(&w, &b);
	post(&w, &a, &b);
	run_days(&w, 100);
	CHECK(waiting(&w, &b) > 0, "dropped while it was online");
	day = (uint32_t)(w.harness.now.wall / CLOCK_DAY);
	leave(&w, &b);
	run_days(&w, 20);
	CHECK(waiting(&w, &b) > 0, "dropped after it was online");
	stop(&w);
	start(&w);
	find(&w, &b);
	CHECK(b.user->nodes[0]->seen == day, "seen on %u, not %u",
	    (unsigned)b.user->nodes[0]->seen, (unsigned)day);
	run_days(&w, 11);
	expect(&w, &b, 0, "31 days after it");
	end(&w);
}

/* A node of which nothing is known counts from the first real pass on. */
static void
test_unknown(void)
{
	enum { USERS = 1500 };
	char nodeid[NODEID_TEXT];
	struct person a, b;
	struct user *u;
	struct expiry w;
	unsigned i, seen = 0;
	size_t at = 0;

	begin(&w);
	enroll(&w, &a, "A");
	b.actor = harness_actor(&w.harness, "B");
	b.user = userdb_add_user(w.harness.data.userdb, SPAN("x"), SPAN(""),
	    nodeid);
	encode_base32(b.actor->uid, b.user->uid.bytes, UID_BYTES);
	for (i = 0; i < USERS; i++)
		(void)userdb_add_user(w.harness.data.userdb, SPAN("x"),
		    SPAN(""), nodeid);
	post(&w, &a, &b);
	pass(&w, 6 * CLOCK_DAY);
	run(&w);
	CHECK(b.user->nodes[0]->seen == 0, "it looks in the first days");
	pass(&w, 54 * CLOCK_DAY);
	expire_step(w.expire, w.harness.now);
	while ((u = userdb_next_user(w.harness.data.userdb, &at)) != NULL)
		seen += u->nodes[0]->seen != 0;
	CHECK(seen == 1000, "one step looks at %u nodes", seen);
	run(&w);
	expect(&w, &b, 1, "the first pass");
	run_days(&w, 30);
	expect(&w, &b, 1, "30 days");
	run_days(&w, 1);
	expect(&w, &b, 0, "31 days");
	end(&w);
}

/* The day that is known never goes back. */
static void
test_seen(void)
{
	struct person a, b;
	struct expiry w;
	uint32_t day;

	meet(&w, &a, &b);
	day = b.user->nodes[0]->seen;
	CHECK(day == w.harness.now.wall / CLOCK_DAY, "not of the registration");
	w.harness.now.wall -= 100 * CLOCK_DAY;
	login(&w, &b);
	CHECK(b.user->nodes[0]->seen == day, "it went back");
	harness_say(&w.harness, b.actor,
	    "{\"op\":3,\"id\":\"1\",\"newnode\":\"y\"}");
	harness_turn(&w.harness);
	CHECK(b.user->node_count == 2 && b.user->nodes[1]->seen == day - 100,
	    "not of the new node");
	end(&w);
}

/* A node that goes while it is being looked at. */
static void
test_dropped_node(void)
{
	struct person a, b;
	struct expiry w;
	unsigned i;

	meet(&w, &a, &b);
	for (i = 1; i < 100; i++)
		post(&w, &a, &b);
	pass(&w, 40 * CLOCK_DAY);
	expire_step(w.expire, w.harness.now);
	expect(&w, &b, 36, "one step");
	store_drop(w.harness.data.store,
	    outbox_queue(w.harness.relay, b.user->nodes[0]));
	userdb_drop_node(w.harness.data.userdb, b.user->nodes[0]);
	run(&w);
	CHECK(expire_deadline(w.expire) == w.harness.now.mono + HOUR,
	    "the pass does not end");
	end(&w);
}

/* Each node of a user is looked at. */
static void
test_two_nodes(void)
{
	char nodeid[NODEID_TEXT];
	struct person a, b;
	struct queue *q;
	struct node *n;
	struct expiry w;

	meet(&w, &a, &b);
	n = userdb_add_node(w.harness.data.userdb, b.user, SPAN("y"), nodeid);
	userdb_see(w.harness.data.userdb, n, w.harness.now);
	q = outbox_queue(w.harness.relay, n);
	post(&w, &a, &b);
	CHECK(store_load(w.harness.data.store, q).messages == 1, "posted");
	pass(&w, 40 * CLOCK_DAY);
	run(&w);
	expect(&w, &b, 0, "the first node");
	CHECK(store_load(w.harness.data.store, q).messages == 0,
	    "the second node's");
	end(&w);
}

/* While no request may run, no message expires. */
static void
test_no_room(void)
{
	static char data[60000];
	struct buf b = { NULL, 0, 0 };
	struct person from, to;
	struct expiry w;
	unsigned i;
	int n;

	meet(&w, &from, &to);
	pass(&w, 40 * CLOCK_DAY);
	for (i = 0; i < 30; i++) {
		n = snprintf(buf_room(&b, 256), 256, "0048{\"op\":7,\"id\":"
		    "\"1\",\"for\":[{\"id\":\"%s\",\"type\":1}],"
		    "\"datalen\":60000}", to.actor->uid);
		(void)snprintf(data, 5, "%04x", (unsigned)n - 4);
		memcpy(b.p + b.n, data, 4);
		b.n += (size_t)n;
		buf_add(&b, (struct span){ data, sizeof(data) });
	}
	tmtp_input(from.actor->session, buf_span(&b), w.harness.now);
	CHECK(datadir_state(&w.harness.data) == DATADIR_WAIT, "there is room");
	CHECK(expire_deadline(w.expire) == UINT64_MAX, "it does not wait");
	i = waiting(&w, &to);
	expire_step(w.expire, w.harness.now);
	expect(&w, &to, i, "no room");
	harness_turn(&w.harness);
	run(&w);
	expect(&w, &to, 30, "with room");
	buf_free(&b);
	end(&w);
}

/* What log_line wrote while run was called. */
static void
run_logged(struct expiry *w, char *text, size_t room)
{
	char path[128];
	int kept = dup(STDERR_FILENO), fd;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/log", w->harness.path);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (kept == -1 || fd == -1 || dup2(fd, STDERR_FILENO) == -1)
		die("%s: %s", path, strerror(errno));
	log_level(LOG_LINES);
	run(w);
	log_level(LOG_QUIET);
	(void)dup2(kept, STDERR_FILENO);
	n = pread(fd, text, room - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(kept);
	close(fd);
}

/* One line for each node and pass tells whose, since when and how many. */
static void
test_log(void)
{
	char line[4096], wanted[256];
	struct person a, b;
	struct expiry w;
	unsigned i;

	meet(&w, &a, &b);
	for (i = 1; i < 100; i++)
		post(&w, &a, &b);
	pass(&w, 40 * CLOCK_DAY);
	run_logged(&w, line, sizeof(line));
	(void)snprintf(wanted, sizeof(wanted), "Z node 1 of %s was last seen "
	    "on 2026-01-01: messages dropped: 100, as expire_days is 30\n",
	    b.actor->uid);
	CHECK(strstr(line, wanted) != NULL, "not \"%s\" but %s", wanted, line);
	CHECK(strchr(line, '\n')[1] == '\0', "more lines: %s", line);
	pass(&w, HOUR);
	run_logged(&w, line, sizeof(line));
	CHECK(line[0] == '\0', "a line about nothing: %s", line);
	end(&w);
}

int
main(void)
{
	log_level(LOG_QUIET);
	test_off();
	test_age();
	test_login_keeps();
	test_first_days();
	test_leaps();
	test_restart();
	test_other_nodes();
	test_online();
	test_unknown();
	test_seen();
	test_dropped_node();
	test_two_nodes();
	test_no_room();
	test_log();
	return check_report("expire");
}
