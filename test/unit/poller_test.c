/*
 * Tests of ready.h, for either of its builds: with and without -DREADY_POLL.
 */
#include "net/poller.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/lib/check.h"

#define PAIRS 700	/* more than one poller_wait tells of */

#ifdef POLLER_POLL
#define NAME "ready (poll)"
#else
#define NAME "ready"
#endif

/* Both ends of a stream; ours is the one that is watched. */
struct stream_pair {
	int ours, theirs;
	unsigned told;
};

static void
make_pair(struct stream_pair *p)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1) {
		perror("socketpair");
		_exit(1);
	}
	*p = (struct stream_pair){ fds[0], fds[1], 0 };
}

static void
free_pair(struct stream_pair *p)
{
	(void)close(p->ours);
	if (p->theirs != -1)
		(void)close(p->theirs);
}

static void
say(struct stream_pair *p)
{
	CHECK(write(p->theirs, "x", 1) == 1, "write");
}

static void
hear(struct stream_pair *p)
{
	char c;

	CHECK(read(p->ours, &c, 1) == 1, "read");
}

/* What a wait without time tells of p alone; 0 for nothing. */
static unsigned
told(struct poller *r, const struct stream_pair *p)
{
	struct poller_event event;
	unsigned can = 0;

	poller_wait(r, 0);
	while (poller_next(r, &event)) {
		CHECK(event.owner == p && event.fd == p->ours,
		    "another one was told");
		can |= event.can;
	}
	return can;
}

static void
test_levels(void)
{
	struct poller *r = poller_open();
	struct stream_pair p;

	make_pair(&p);
	CHECK(poller_add(r, p.ours, POLLER_READ, &p) == 0, "add");
	CHECK(told(r, &p) == 0, "nothing was said yet");
	say(&p);
	CHECK(told(r, &p) == POLLER_READ, "readable");
	CHECK(told(r, &p) == POLLER_READ, "still readable");
	poller_change(r, p.ours, POLLER_READ | POLLER_WRITE);
	CHECK(told(r, &p) == (POLLER_READ | POLLER_WRITE), "both");
	poller_change(r, p.ours, POLLER_WRITE);
	CHECK(told(r, &p) == POLLER_WRITE, "only writable was asked for");
	poller_change(r, p.ours, 0);
	CHECK(told(r, &p) == 0, "nothing was asked for");
	poller_change(r, p.ours, POLLER_READ);
	hear(&p);
	CHECK(told(r, &p) == 0, "all was read");
	poller_remove(r, p.ours);
	say(&p);
	CHECK(told(r, &p) == 0, "it was removed");
	free_pair(&p);
	poller_close(r);
}

static void
test_gone(void)
{
	struct poller *r = poller_open();
	struct stream_pair p;

	make_pair(&p);
	CHECK(poller_add(r, p.ours, 0, &p) == 0, "add");
	(void)close(p.theirs);
	p.theirs = -1;
	CHECK(told(r, &p) & POLLER_GONE, "gone, without being asked");
	poller_change(r, p.ours, POLLER_READ);
	CHECK(told(r, &p) & POLLER_READ, "its end can be read");
	poller_remove(r, p.ours);
	free_pair(&p);
	poller_close(r);
}

/* The number of a closed descriptor comes back with another owner. */
static void
test_number_again(void)
{
	struct poller *r = poller_open();
	struct stream_pair p, q;
	int number;

	make_pair(&p);
	number = p.ours;
	CHECK(poller_add(r, p.ours, POLLER_READ, &p) == 0, "add");
	poller_remove(r, p.ours);
	free_pair(&p);
	make_pair(&q);
	if (q.ours != number) {
		CHECK(dup2(q.ours, number) == number, "dup2");
		(void)close(q.ours);
		q.ours = number;
	}
	CHECK(poller_add(r, q.ours, POLLER_READ, &q) == 0, "add again");
	CHECK(told(r, &q) == 0, "nothing was said to the new one");
	say(&q);
	CHECK(told(r, &q) == POLLER_READ, "the new owner is told");
	poller_remove(r, q.ours);
	free_pair(&q);
	poller_close(r);
}

/* One of two is removed while the other is being told of. */
static void
test_remove_meanwhile(void)
{
	struct poller *r = poller_open();
	struct poller_event event;
	struct stream_pair pairs[3], *first;
	size_t i;

	for (i = 0; i < 3; i++) {
		make_pair(&pairs[i]);
		say(&pairs[i]);
		CHECK(poller_add(r, pairs[i].ours, POLLER_READ, &pairs[i]) == 0,
		    "add");
	}
	poller_wait(r, -1);
	CHECK(poller_next(r, &event), "one is ready");
	first = event.owner;
	for (i = 0; i < 3; i++) {
		if (&pairs[i] != first)
			poller_remove(r, pairs[i].ours);
	}
	CHECK(!poller_next(r, &event), "a removed one was told");
	CHECK(told(r, first) == POLLER_READ, "the one that was left");
	for (i = 0; i < 3; i++)
		free_pair(&pairs[i]);
	poller_close(r);
}

/* All are ready all the time, and only some are dealt with in each turn. */
static void
test_nobody_starves(size_t a_turn)
{
	static struct stream_pair pairs[PAIRS];
	struct poller *r = poller_open();
	struct poller_event event;
	struct stream_pair *p;
	size_t i, n, turns = 4 * PAIRS / a_turn, starved = 0;

	for (i = 0; i < PAIRS; i++) {
		make_pair(&pairs[i]);
		say(&pairs[i]);
		CHECK(poller_add(r, pairs[i].ours, POLLER_READ, &pairs[i]) == 0,
		    "add");
	}
	for (i = 0; i < turns; i++) {
		poller_wait(r, -1);
		for (n = 0; n < a_turn && poller_next(r, &event); n++) {
			p = event.owner;
			p->told++;
		}
		CHECK(n > 0, "nobody was told");
	}
	for (i = 0; i < PAIRS; i++)
		starved += pairs[i].told == 0;
	CHECK(starved == 0, "%zu of %d starved with %zu a turn", starved,
	    PAIRS, a_turn);
	for (i = 0; i < PAIRS; i++) {
		poller_remove(r, pairs[i].ours);
		free_pair(&pairs[i]);
	}
	poller_close(r);
}

/* Removal in any order leaves the others watched. */
static void
test_many_come_and_go(void)
{
	static struct stream_pair pairs[PAIRS];
	struct poller *r = poller_open();
	struct poller_event event;
	struct stream_pair *p;
	size_t i, found = 0;

	for (i = 0; i < PAIRS; i++) {
		make_pair(&pairs[i]);
		CHECK(poller_add(r, pairs[i].ours, POLLER_READ, &pairs[i]) == 0,
		    "add");
	}
	for (i = 0; i < PAIRS; i += 3)
		poller_remove(r, pairs[i].ours);
	for (i = 0; i < PAIRS; i += 7)
		say(&pairs[i]);
	poller_wait(r, -1);
	while (poller_next(r, &event)) {
		p = event.owner;
		CHECK((p - pairs) % 3 != 0 && (p - pairs) % 7 == 0,
		    "pair %d was told", (int)(p - pairs));
		hear(p);
		found++;
	}
	CHECK(found == 66, "%zu were told, not 66", found);
	for (i = 0; i < PAIRS; i++) {
		if (i % 3 != 0)
			poller_remove(r, pairs[i].ours);
		free_pair(&pairs[i]);
	}
	poller_close(r);
}

/* A wait with time ends without anybody being ready. */
static void
test_time_over(void)
{
	struct poller *r = poller_open();
	struct poller_event event;
	struct stream_pair p;

	poller_wait(r, 1);
	CHECK(!poller_next(r, &event), "nobody is watched");
	make_pair(&p);
	CHECK(poller_add(r, p.ours, POLLER_READ, &p) == 0, "add");
	poller_wait(r, 1);
	CHECK(!poller_next(r, &event), "nothing was said");
	poller_remove(r, p.ours);
	free_pair(&p);
	poller_close(r);
	poller_close(NULL);
}

/* Two descriptors for each pair, and some for the program. */
static void
raise_limit(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	if (limit.rlim_cur < 2 * PAIRS + 64) {
		limit.rlim_cur = 2 * PAIRS + 64;
		CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0,
		    "the limit on descriptors is too low for this test");
	}
}

int
main(void)
{
	raise_limit();
	test_levels();
	test_gone();
	test_number_again();
	test_remove_meanwhile();
	test_nobody_starves(1);
	test_nobody_starves(10);
	test_nobody_starves(600);
	test_many_come_and_go();
	test_time_over();
	return check_report(NAME);
}
