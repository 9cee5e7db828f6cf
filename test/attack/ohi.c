/*
 * ohi MNM [SECONDS] - a member names another as its contact and takes that
 * back, as fast as the relay takes it, while the other reads 200 kB/s.  Prints
 * what the other is sent, and fails if it is cut off or flooded.
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
#include "net/poller.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define EDITS_AHEAD 2000
#define MEMORY_MORE 8192	/* kB */
#define SENT_MAX    20	/* kB in a second: 270 changes */

static struct relay_process relay;
static struct client_pool *pool;

static pid_t
attack(struct peer *a, const char *uid)
{
	struct peer_frame *f;
	unsigned long edits = 0, answers = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	pool = client_pool_open();
	peer_login(a, pool, relay.port);
	for (;;) {
		for (; edits < answers + EDITS_AHEAD; edits++)
			peer_say(a, "{\"op\":4,\"id\":\"e%lu\",\"for\":"
			    "[{\"id\":\"%s\"}],\"type\":\"%s\"}", edits,
			    uid, edits % 2 == 0 ? "add" : "drop");
		peer_frame_free(peer_await(a, "ack"));
		answers++;
		while ((f = peer_next(a)) != NULL) {
			answers += strstr(f->head, "\"op\":\"ack\"") != NULL;
			peer_frame_free(f);
		}
	}
}

int
main(int argc, char **argv)
{
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 5;
	unsigned long before, most;
	struct peer a, victim;
	struct span plain;
	uint64_t got = 0, end;
	char *program;
	pid_t attacker;

	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: ohi MNM [SECONDS]");
	relay_init(&relay, program);
	relay_start(&relay);
	pool = client_pool_open();
	peer_init(&a, "alice");
	peer_init(&victim, "victim");
	peer_register(&a, pool, relay.port);
	peer_drop(&a);
	peer_register(&victim, pool, relay.port);
	before = relay_memory(&relay);
	attacker = attack(&a, victim.uid);
	for (end = relay_clock() + seconds * 1000; relay_clock() < end;) {
		client_step(victim.client, POLLER_READ);	/* 64 KiB */
		while (client_recv(victim.client, &plain))
			got += plain.n;
		relay_sleep(320);
	}
	most = relay_memory(&relay);
	kill(attacker, SIGKILL);
	waitpid(attacker, NULL, 0);
	printf("%llu kB were sent in %u s; memory %lu kB, at the end of the "
	    "attack %lu kB\n", (unsigned long long)got / 1000, seconds,
	    before, most);
	CHECK(client_over(victim.client) == NULL, "the victim was cut off: %s",
	    client_over(victim.client));
	CHECK(!relay_said(&relay, "does not read"), "it was cut off");
	CHECK(got / 1000 < SENT_MAX * seconds, "it is flooded");
	CHECK(most < before + MEMORY_MORE, "memory grows");
	peer_free(&victim);
	relay_free(&relay);
	client_pool_close(pool);
	free(program);
	return check_report("ohi");
}
