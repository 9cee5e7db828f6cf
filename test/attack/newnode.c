/*
 * newnode MNM [MESSAGES [SECONDS]] - a member for whom much waits makes devices
 * and drops them again, as fast as the relay takes it, and others log in
 * meanwhile.  Prints what the relay needs, and fails if that is too much.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define PAIRS_AHEAD 200		/* sent before the first answer is read */
#define LOGINS_MAX  4096
#define MEMORY_MORE 65536	/* kB, over what the waiting messages take */

static struct relay_process relay;
static struct client_pool *pool;

/* Messages that wait for a: b posts them, and a does not ack. */
static void
fill(struct peer *a, struct peer *b, unsigned messages)
{
	struct peer_frame *f;
	unsigned sent = 0, acked = 0;

	while (acked < messages) {
		for (; sent < messages && sent < acked + 1000; sent++)
			peer_say(b, "{\"op\":7,\"id\":\"m%u\",\"for\":[{\"id\":"
			    "\"%s\",\"type\":1}],\"datalen\":0}", sent, a->uid);
		f = peer_await(b, "ack");
		CHECK(strstr(f->head, "error") == NULL, "%s", f->head);
		peer_frame_free(f);
		acked++;
	}
}

/* Another process makes and drops devices until it is killed. */
static pid_t
attack(struct peer *a)
{
	struct peer_frame *f;
	unsigned long pairs = 0, answers = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	pool = client_pool_open();
	a->mute = true;
	peer_login(a, pool, relay.port);
	for (;;) {
		for (; pairs * 2 < answers + PAIRS_AHEAD; pairs++)
			peer_say(a, "{\"op\":3,\"id\":\"n%lu\",\"newnode\":"
			    "\"x\"}", pairs), peer_say(a, "{\"op\":3,\"id\":"
			    "\"d%lu\",\"dropnode\":\"%lu\"}", pairs, pairs + 2);
		f = peer_await(a, "ack");
		peer_frame_free(f);
		answers++;
		while ((f = peer_next(a)) != NULL) {
			answers += strstr(f->head, "\"op\":\"ack\"") != NULL;
			peer_frame_free(f);
		}
	}
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Log in over and over; the sorted times in ms. */
static size_t
log_in(struct peer *c, uint64_t times[LOGINS_MAX], unsigned seconds)
{
	uint64_t end = relay_clock() + seconds * 1000, began;
	size_t n = 0;

	while (n < LOGINS_MAX && relay_clock() < end) {
		began = relay_clock();
		peer_login(c, pool, relay.port);
		peer_frame_free(peer_await(c, "info"));
		times[n++] = relay_clock() - began;
		peer_drop(c);
		relay_sleep(50);
	}
	qsort(times, n, sizeof(times[0]), compare);
	return n;
}

int
main(int argc, char **argv)
{
	static uint64_t times[LOGINS_MAX];
	unsigned messages = argc > 2 ? (unsigned)atoi(argv[2]) : 90000;
	unsigned seconds = argc > 3 ? (unsigned)atoi(argv[3]) : 25;
	unsigned long before, most = 0, after;
	struct peer a, b, c;
	char *program;
	pid_t attacker;
	size_t n;

	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: newnode MNM [MESSAGES [SECONDS]]");
	relay_init(&relay, program);
	relay_configure(&relay, "\"pulse_timeout\": \"1h\",");
	relay_start(&relay);
	pool = client_pool_open();
	peer_init(&a, "alice");
	peer_init(&b, "bob");
	peer_init(&c, "carol");
	peer_register(&a, pool, relay.port);
	peer_register(&b, pool, relay.port);
	peer_register(&c, pool, relay.port);
	peer_drop(&a);
	peer_drop(&c);
	fill(&a, &b, messages);
	before = relay_memory(&relay);
	attacker = attack(&a);
	n = log_in(&c, times, seconds);
	most = relay_memory(&relay);
	kill(attacker, SIGKILL);
	waitpid(attacker, NULL, 0);
	relay_sleep(2000);
	after = relay_memory(&relay);
	printf("%zu logins: p50 %llu ms, p99 %llu ms; memory %lu kB, at the "
	    "end of the attack %lu kB, after it %lu kB\n", n,
	    (unsigned long long)times[n / 2],
	    (unsigned long long)times[n - 1 - n / 100], before, most, after);
	CHECK(n > seconds && times[n - 1 - n / 100] < 3000,
	    "others cannot log in");
	CHECK(most < before + MEMORY_MORE && after < before + MEMORY_MORE,
	    "memory grows");
	peer_free(&b);
	relay_free(&relay);
	client_pool_close(pool);
	free(program);
	return check_report("newnode");
}
