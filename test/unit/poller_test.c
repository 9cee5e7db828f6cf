/*
 * poller.c in either of its builds: with and without -DPOLLER_POLL.
 */
#include "net/poller.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/lib/check.h"

#define PAIRS 700	/* more than one poller_wait reports */

#ifdef POLLER_POLL
#define NAME "poller (poll)"
#else
#define NAME "poller"
#endif

/* Both ends of a connection; ours is the one that is watched. */
struct ends {
	int ours, theirs;
	unsigned told;
};

static void
make_ends(struct ends *e)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1) {
		perror("socketpair");
		_exit(1);
	}
	*e = (struct ends){ fds[0], fds[1], 0 };
}

static void
close_ends(struct ends *e)
{
	(void)close(e->ours);
	if (e->theirs != -1)
		(void)close(e->theirs);
}

static void
watch(struct poller *p, struct ends *e, unsigned interest)
{
	CHECK(poller_add(p, e->ours, interest, e) == 0, "add");
}

/* A new connection that is watched. */
static void
begin(struct poller *p, struct ends *e, unsigned interest)
{
	make_ends(e);
	watch(p, e, interest);
}

static void
end(struct poller *p, struct ends *e)
{
	poller_remove(p, e->ours);
	close_ends(e);
}

static void
say(struct ends *e)
{
	CHECK(write(e->theirs, "x", 1) == 1, "write");
}

static void
hear(struct ends *e)
{
	char c;

	CHECK(read(e->ours, &c, 1) == 1, "read");
}

/* What a wait without time tells of e alone; 0 for nothing. */
static unsigned
told(struct poller *p, const struct ends *e)
{
	struct poller_event event;
	unsigned can = 0;

	poller_wait(p, 0);
	while (poller_next(p, &event)) {
		CHECK(event.owner == e && event.fd == e->ours,
		    "another one was told");
		can |= event.can;
	}
	return can;
}

static void
test_levels(void)
{
	struct poller *p = poller_open();
	struct ends e;

	begin(p, &e, POLLER_READ);
	CHECK(told(p, &e) == 0, "nothing was said yet");
	say(&e);
	CHECK(told(p, &e) == POLLER_READ, "readable");
	CHECK(told(p, &e) == POLLER_READ, "still readable");
	poller_change(p, e.ours, POLLER_READ | POLLER_WRITE);
	CHECK(told(p, &e) == (POLLER_READ | POLLER_WRITE), "both");
	poller_change(p, e.ours, POLLER_WRITE);
	CHECK(told(p, &e) == POLLER_WRITE, "only writable was asked for");
	poller_change(p, e.ours, 0);
	CHECK(told(p, &e) == 0, "nothing was asked for");
	poller_change(p, e.ours, POLLER_READ);
	hear(&e);
	CHECK(told(p, &e) == 0, "all was read");
	poller_remove(p, e.ours);
	say(&e);
	CHECK(told(p, &e) == 0, "it was removed");
	close_ends(&e);
	poller_close(p);
}

static void
test_gone(void)
{
	struct poller *p = poller_open();
	struct ends e;

	begin(p, &e, 0);
	(void)close(e.theirs);
	e.theirs = -1;
	CHECK(told(p, &e) & POLLER_GONE, "gone, without being asked");
	poller_change(p, e.ours, POLLER_READ);
	CHECK(told(p, &e) & POLLER_READ, "its end can be read");
	end(p, &e);
	poller_close(p);
}

/* The number of a closed descriptor comes back with another owner. */
static void
test_number_again(void)
{
	struct poller *p = poller_open();
	struct ends e, q;
	int number;

	begin(p, &e, POLLER_READ);
	number = e.ours;
	end(p, &e);
	make_ends(&q);
	if (q.ours != number) {
		CHECK(dup2(q.ours, number) == number, "dup2");
		(void)close(q.ours);
		q.ours = number;
	}
	watch(p, &q, POLLER_READ);
	CHECK(told(p, &q) == 0, "nothing was said to the new one");
	say(&q);
	CHECK(told(p, &q) == POLLER_READ, "the new owner is told");
	end(p, &q);
	poller_close(p);
}

/* One of two is removed while the other is being told of. */
static void
test_remove_meanwhile(void)
{
	struct poller *p = poller_open();
	struct poller_event event;
	struct ends pairs[3], *first;
	size_t i;

	for (i = 0; i < 3; i++) {
		begin(p, &pairs[i], POLLER_READ);
		say(&pairs[i]);
	}
	poller_wait(p, -1);
	CHECK(poller_next(p, &event), "one is ready");
	first = event.owner;
	for (i = 0; i < 3; i++) {
		if (&pairs[i] != first)
			poller_remove(p, pairs[i].ours);
	}
	CHECK(!poller_next(p, &event), "a removed one was told");
	CHECK(told(p, first) == POLLER_READ, "the one that was left");
	for (i = 0; i < 3; i++)
		close_ends(&pairs[i]);
	poller_close(p);
}

/* All are ready all the time, and only some are dealt with in each turn. */
static void
test_nobody_starves(size_t a_turn)
{
	static struct ends pairs[PAIRS];
	struct poller *p = poller_open();
	struct poller_event event;
	struct ends *e;
	size_t i, n, turns = 4 * PAIRS / a_turn, starved = 0;

	for (i = 0; i < PAIRS; i++) {
		begin(p, &pairs[i], POLLER_READ);
		say(&pairs[i]);
	}
	for (i = 0; i < turns; i++) {
		poller_wait(p, -1);
		for (n = 0; n < a_turn && poller_next(p, &event); n++) {
			e = event.owner;
			e->told++;
		}
		CHECK(n > 0, "nobody was told");
	}
	for (i = 0; i < PAIRS; i++)
		starved += pairs[i].told == 0;
	CHECK(starved == 0, "%zu of %d starved with %zu a turn", starved,
	    PAIRS, a_turn);
	for (i = 0; i < PAIRS; i++) {
		end(p, &pairs[i]);
	}
	poller_close(p);
}

/* Removal in any order leaves the others watched. */
static void
test_many_come_and_go(void)
{
	static struct ends pairs[PAIRS];
	struct poller *p = poller_open();
	struct poller_event event;
	struct ends *e;
	size_t i, found = 0;

	for (i = 0; i < PAIRS; i++) {
		begin(p, &pairs[i], POLLER_READ);
	}
	for (i = 0; i < PAIRS; i += 3)
		poller_remove(p, pairs[i].ours);
	for (i = 0; i < PAIRS; i += 7)
		say(&pairs[i]);
	poller_wait(p, -1);
	while (poller_next(p, &event)) {
		e = event.owner;
		CHECK((e - pairs) % 3 != 0 && (e - pairs) % 7 == 0,
		    "pair %d was told", (int)(e - pairs));
		hear(e);
		found++;
	}
	CHECK(found == 66, "%zu were told, not 66", found);
	for (i = 0; i < PAIRS; i++) {
		if (i % 3 != 0)
			poller_remove(p, pairs[i].ours);
		close_ends(&pairs[i]);
	}
	poller_close(p);
}

/* A wait with time ends without anybody being ready. */
static void
test_time_over(void)
{
	struct poller *p = poller_open();
	struct poller_event event;
	struct ends e;

	poller_wait(p, 1);
	CHECK(!poller_next(p, &event), "nobody is watched");
	begin(p, &e, POLLER_READ);
	poller_wait(p, 1);
	CHECK(!poller_next(p, &event), "nothing was said");
	end(p, &e);
	poller_close(p);
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
