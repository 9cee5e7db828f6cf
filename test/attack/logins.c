/*
 * logins MNM - strangers open connections as fast as they can, and members log
 * in meanwhile, while one who is online posts.  Prints how long that takes, and
 * fails if it takes too long.
 *
 * The strangers' addresses are other ones of 127.0.0.0/8, so this needs Linux.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/poller.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define MEMBERS    44
#define INTERVAL   100		/* ms, between two logins */
#define PATIENCE   10000	/* ms, for one */
#define HELD_MAX   10000
#define OPENS      5		/* in a ms, after the first of all */
#define HELLO_ROOM 1024

enum kind { NOBODY, SILENT, HELLO, REPEAT };

/* What strangers do, and what they may cost a member who logs in, in ms. */
static const struct flood {
	const char *name;
	enum kind kind;
	int connections;
	int networks;		/* 0: the members' own */
	uint64_t half, most;	/* must be able to within that */
} floods[] = {
	{ "nobody", NOBODY, 0, 1, 100, 1000 },
	{ "10000 silent, one network", SILENT, 10000, 1, 100, 1000 },
	{ "10000 ClientHellos, one network", HELLO, 10000, 1, 100, 1000 },
	{ "2000 repeat one, one network", REPEAT, 2000, 1, 100, 1000 },
	{ "10000 silent, 256 networks", SILENT, 10000, 256, 3000, 3000 },
	{ "10000 ClientHellos, 256 networks", HELLO, 10000, 256, 3000, 3000 },
	{ "2000 repeat one, 256 networks", REPEAT, 2000, 256, 3000, 3000 },
	{ "10000 silent, the members' network", SILENT, 10000, 0, 3000, 3000 },
	{ "2000 repeat one, the members'", REPEAT, 2000, 0, PATIENCE, PATIENCE }
};

struct login {
	struct peer peer;
	uint64_t began, took;	/* ms; 0: not yet */
	unsigned tries;
};

static struct relay_process relay;
static struct client_pool *pool;
static struct login logins[MEMBERS];
static struct peer online;	/* a member who is, and posts to itself */
static uint64_t asked;		/* when it did so last */
static uint64_t slowest;	/* ms until its ack */
static char hello[HELLO_ROOM];
static size_t hello_length;

/* ---- the strangers, in a process of their own ---- */

/* Connect from an address of the i-th network.  -1: not now. */
static int
stranger_connect(const struct flood *flood, unsigned i)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = from;
	struct linger no = { 1, 0 };
	unsigned net = flood->networks == 0 ? 0 :
	    0x10000 + i % (unsigned)flood->networks * 0x100;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1)
		return -1;
	from.sin_addr.s_addr = htonl(0x7f000001 + net + i / 256 % 200);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(relay.port);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &no, sizeof(no));
	if (fd_set_nonblocking(fd) == -1 ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1 &&
	    errno != EINPROGRESS)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
open_one(const struct flood *flood, struct poller *poller, int *missing,
    unsigned *opened)
{
	int fd = stranger_connect(flood, (*opened)++);

	if (fd == -1)
		return;
	(*missing)--;
	poller_add(poller, fd, flood->kind == SILENT ? POLLER_READ :
	    POLLER_WRITE, NULL);
}

/* Keep that many connections until killed. */
static void
be_strangers(const struct flood *flood)
{
	struct poller *poller = poller_open();
	struct poller_event event;
	uint64_t then = relay_clock(), now;
	unsigned opened = 0;
	int missing = flood->connections, i, budget = missing;
	char bytes[4096];

	for (;;) {
		for (i = 0; missing > 0 && budget > 0 && i < 500; i++, budget--)
			open_one(flood, poller, &missing, &opened);
		poller_wait(poller, missing > 0 ? 1 : 100);
		while (poller_next(poller, &event)) {
			if (event.can & POLLER_WRITE) {
				(void)send(event.fd, hello, hello_length,
				    MSG_NOSIGNAL);
				poller_change(poller, event.fd, POLLER_READ);
			}
			if (!(event.can & (POLLER_READ | POLLER_GONE)))
				continue;
			if (flood->kind != REPEAT && recv(event.fd, bytes,
			    sizeof(bytes), 0) > 0)
				continue;
			poller_remove(poller, event.fd);
			close(event.fd);
			missing++;
		}
		now = relay_clock();
		budget += OPENS * (int)(now - then);
		if (budget > missing || flood->kind == REPEAT)
			budget = missing;
		then = now;
	}
}

static pid_t
attack(const struct flood *flood)
{
	pid_t pid;

	if (flood->kind == NOBODY)
		return 0;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		be_strangers(flood);
	return pid;
}

/* ---- the members ---- */

static void
begin_login(struct login *l)
{
	peer_connect(&l->peer, pool, relay.port);
	peer_say(&l->peer, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\"}",
	    l->peer.uid, l->peer.nodeid);
	l->tries++;
}

/* Read what has arrived; after a refusal, try again. */
static void
go_on(struct login *l)
{
	struct peer_frame *f;

	(void)peer_wait(l->peer.client, relay_clock() + 1);
	peer_step(&l->peer, 0);
	while (l->took == 0 && (f = peer_next(&l->peer)) != NULL) {
		if (strstr(f->head, "\"op\":\"info\"") != NULL)
			l->took = relay_clock() - l->began + 1;
		peer_frame_free(f);
	}
	if (l->took == 0 && relay_clock() - l->began > PATIENCE)
		l->took = PATIENCE;
	else if (l->took == 0 && l->peer.over)
		begin_login(l);
	if (l->took > 0)
		peer_drop(&l->peer);
}

/* Post, or look for the ack. */
static void
talk(void)
{
	struct peer_frame *f;
	uint64_t now = relay_clock();

	peer_step(&online, POLLIN);
	while ((f = peer_next(&online)) != NULL) {
		if (strstr(f->head, "\"op\":\"ack\"") != NULL) {
			if (now - asked > slowest)
				slowest = now - asked;
			asked = 0;
		}
		peer_frame_free(f);
	}
	if (asked != 0)
		return;
	asked = now;
	peer_say(&online, "{\"op\":7,\"id\":\"%llu\",\"for\":[{\"id\":"
	    "\"%s\",\"type\":1}],\"datalen\":0}",
	    (unsigned long long)now, online.uid);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* All of them log in, one after the other, whether or not others can. */
static void
log_in(const struct flood *flood)
{
	uint64_t start = relay_clock(), times[MEMBERS];
	unsigned begun = 0, done = 0, in_time = 0, tries = 0;
	struct login *l;

	asked = slowest = 0;
	while (done < MEMBERS) {
		talk();
		if (begun < MEMBERS &&
		    relay_clock() >= start + begun * INTERVAL) {
			l = &logins[begun++];
			l->took = l->tries = 0;
			l->began = relay_clock();
			begin_login(l);
		}
		for (done = 0, l = logins; l < logins + begun; l++) {
			if (l->took == 0)
				go_on(l);
			done += l->took > 0;
		}
		if (done == begun)
			relay_sleep(1);
	}
	for (l = logins; l < logins + MEMBERS; l++) {
		times[l - logins] = l->took;
		in_time += l->took <= 1000;
		tries += l->tries;
	}
	qsort(times, MEMBERS, sizeof(times[0]), compare);
	printf("%-36s %2u of %d within 1 s, p50 %5llu ms, most %5llu ms, "
	    "%u tries; a post %llu ms; %lu MB\n", flood->name, in_time, MEMBERS,
	    (unsigned long long)times[MEMBERS / 2],
	    (unsigned long long)times[MEMBERS - 1], tries,
	    (unsigned long long)slowest,
	    relay_memory(&relay) >> 10);
	CHECK(times[MEMBERS / 2] <= flood->half, "%s: half of the members "
	    "need longer than that", flood->name);
	CHECK(times[MEMBERS - 1] <= flood->most, "%s: some cannot log in",
	    flood->name);
}

static void
make_members(void)
{
	static char names[MEMBERS][20];
	int i;

	for (i = 0; i < MEMBERS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "member %d", i);
		peer_init(&logins[i].peer, names[i]);
		peer_register(&logins[i].peer, pool, relay.port);
		peer_drop(&logins[i].peer);
	}
	peer_init(&online, "online");
	peer_register(&online, pool, relay.port);
}

int
main(int argc, char **argv)
{
	struct rlimit limit;
	const struct flood *flood;
	char *program;
	pid_t pid;

	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: logins MNM [FLOOD]");
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	pool = client_pool_open();
	hello_length = peer_record_hello(pool, hello, sizeof(hello));
	for (flood = floods; flood < floods + COUNT(floods); flood++) {
		if (argc > 2 && strstr(flood->name, argv[2]) == NULL)
			continue;
		relay_init(&relay, program);
		relay_start(&relay);
		make_members();
		pid = attack(flood);
		relay_sleep(500);
		log_in(flood);
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
		CHECK(!online.over && slowest <= flood->most,
		    "%s: a member who is online waits", flood->name);
		peer_free(&online);
		relay_free(&relay);
	}
	client_pool_close(pool);
	free(program);
	return check_report("logins");
}
