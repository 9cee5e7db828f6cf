/*
 * reader MNM - whatever reads the relay's log has stopped.  A stranger and a
 * member write lines until the pipe is full, and go on, while others post.
 * Prints how many posts are taken and how many lines are said to be missing;
 * fails if a post is refused, or if the lines are not counted.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define ROUNDS_MAX 2000		/* until a pipe of 64 KiB is full */
#define POSTS      50		/* when it is */
#define STILL      5000		/* ms without an answer: it stands still */
#define SAID       "dropped: "	/* before the number of lines */

static struct relay_process relay;
static struct client_pool *pool;
static struct peer a, b, c;
static int pipe_ends[2];

/* Whether the relay says this; one that stands still is not waited for. */
static bool
says(struct peer *m, const char *text)
{
	uint64_t end = relay_clock() + STILL;
	struct peer_frame *f;
	bool found = false;

	while (!found) {
		f = peer_next(m);
		if (f == NULL && (m->over || !peer_wait(m->client, end)))
			break;
		if (f == NULL)
			peer_step(m, 0);
		found = f != NULL && strstr(f->head, text) != NULL;
		peer_frame_free(f);
	}
	return found;
}

static bool
is_full(void)
{
	struct pollfd out = { .fd = pipe_ends[1], .events = POLLOUT };

	return poll(&out, 1, 0) == 0;
}

/* Two logins, one of which fails.  False: there is no answer. */
static bool
write_lines(void)
{
	struct peer stranger;
	bool answered;

	peer_init(&stranger, "stranger");
	peer_connect(&stranger, pool, relay.port);
	peer_say(&stranger, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\"}", a.uid,
	    b.nodeid);
	answered = says(&stranger, "login failed");
	peer_free(&stranger);
	if (!answered)
		return false;
	peer_connect(&c, pool, relay.port);
	peer_say(&c, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\"}", c.uid,
	    c.nodeid);
	answered = says(&c, "login ok");
	peer_drop(&c);
	return answered;
}

static bool
post(unsigned i)
{
	peer_say(&b, "{\"op\":7,\"id\":\"p%u\",\"for\":[{\"id\":\"%s\","
	    "\"type\":1}],\"datalen\":0}", i, a.uid);
	return says(&b, "\"posted\":\"2");
}

/* Read the pipe again; how many lines the relay says are missing. */
static unsigned long
read_dropped(void)
{
	uint64_t end = relay_clock() + STILL;
	struct buf text = { NULL, 0, 0 };
	const char *said = NULL;
	unsigned long dropped = 0;
	ssize_t n;

	while (said == NULL && relay_clock() < end) {
		n = read(pipe_ends[0], buf_room(&text, 65536), 65535);
		if (n > 0) {
			text.n += (size_t)n;
			*buf_room(&text, 1) = '\0';
			said = strstr(text.p, SAID);
		} else if (!write_lines()) {
			break;
		}
	}
	if (said != NULL)
		dropped = strtoul(said + strlen(SAID), NULL, 10);
	buf_free(&text);
	return dropped;
}

static void
attack(void)
{
	unsigned rounds = 0, posts = 0;
	uint64_t began, slowest = 0;
	unsigned long dropped;

	while (rounds < ROUNDS_MAX && !is_full() && write_lines())
		rounds++;
	CHECK(is_full(), "the pipe is not full after %u logins", rounds);
	for (; posts < POSTS; posts++) {
		began = relay_clock();
		if (!write_lines() || !post(posts))
			break;
		if (relay_clock() - began > slowest)
			slowest = relay_clock() - began;
	}
	dropped = read_dropped();
	printf("log: after %u wrong and %u right logins its pipe is full; then "
	    "%u of %d posts with a wrong and a right login each are taken, the "
	    "slowest in %llu ms; %lu lines are said to be missing\n", rounds,
	    rounds, posts, POSTS, (unsigned long long)slowest, dropped);
	CHECK(posts == POSTS, "the relay stands still");
	/* Of each login of a member there are two lines. */
	CHECK(dropped >= posts && dropped > 0, "lines are lost without a word");
}

int
main(int argc, char **argv)
{
	char *program;

	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: reader MNM");
	if (pipe(pipe_ends) == -1 || fd_set_nonblocking(pipe_ends[0]) == -1)
		die("pipe: %s", strerror(errno));
	relay_init(&relay, program);
	relay.log = pipe_ends[1];
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
	attack();
	peer_free(&b);
	relay_free(&relay);
	client_pool_close(pool);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	free(program);
	return check_report("reader");
}
