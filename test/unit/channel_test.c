/*
 * channel.c: bytes, readiness and the ends of connections inside a process,
 * and the same from many threads at once.
 */
#include "net/channel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/poller.h"
#include "test/lib/check.h"

#define THREADS 8
#define BYTES   ((size_t)1 << 20)	/* each way, of each thread */

static bool
is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static bool
is_end(ssize_t n, int error)
{
	return n == -1 && errno == error;
}

static void
test_bytes(void)
{
	struct channels *all = channels_open();
	struct channel *ch, *relay;
	char in[8];

	CHECK(all != NULL && !is_readable(channels_fd(all)), "open");
	ch = channel_connect(all);
	CHECK(is_readable(channels_fd(all)), "a connection is not reported");
	relay = channels_next(all);
	CHECK(relay == ch && channel_owner(relay) == NULL, "another one");
	channel_set_owner(relay, in);
	CHECK(channel_owner(relay) == in, "owner");
	CHECK(channels_next(all) == NULL && !is_readable(channels_fd(all)),
	    "reported again");
	CHECK(channel_can(relay) == POLLER_WRITE, "can");
	CHECK(is_end(channel_recv(relay, in, 8), EAGAIN) &&
	    is_end(channel_read(ch, in, 8), EAGAIN), "bytes out of nothing");

	CHECK(channel_write(ch, "hello", 5) == 5 && channels_next(all) ==
	    relay && channel_can(relay) == (POLLER_READ | POLLER_WRITE),
	    "write");
	CHECK(channel_recv(relay, in, 2) == 2 && memcmp(in, "he", 2) == 0 &&
	    channel_recv(relay, in, 8) == 3 && memcmp(in, "llo", 3) == 0 &&
	    channel_can(relay) == POLLER_WRITE, "recv");

	CHECK(channel_fd(ch) != -1 && channel_fd(ch) == channel_fd(ch) &&
	    !is_readable(channel_fd(ch)), "fd");
	CHECK(channel_send(relay, SPAN("hi")) == 2 &&
	    is_readable(channel_fd(ch)), "send");
	CHECK(channel_read(ch, in, 1) == 1 && in[0] == 'h' &&
	    is_readable(channel_fd(ch)) && channel_read(ch, in, 8) == 1 &&
	    in[0] == 'i' && !is_readable(channel_fd(ch)), "read");
	channel_close(ch);
	CHECK(channels_next(all) == relay && channel_recv(relay, in, 8) == 0 &&
	    is_end(channel_send(relay, SPAN("x")), EPIPE) &&
	    channel_can(relay) & POLLER_GONE, "the program's end");
	channel_leave(relay);
	channels_close(all);
}

/* What does not fit waits, and both hear of the room. */
static void
test_full(void)
{
	struct channels *all = channels_open();
	struct channel *ch = channel_connect(all);
	static char bytes[100000];
	ssize_t n, m;

	(void)channels_next(all);
	n = channel_write(ch, bytes, sizeof(bytes));
	CHECK(n > 0 && n < (ssize_t)sizeof(bytes), "%zd taken", n);
	CHECK(is_end(channel_write(ch, bytes, 1), EAGAIN) &&
	    !is_readable(channel_fd(ch)), "more than full");
	CHECK(channel_recv(ch, bytes, 10) == 10 &&
	    is_readable(channel_fd(ch)), "room is not reported");
	CHECK(channel_write(ch, bytes, 4) == 4 &&
	    !is_readable(channel_fd(ch)), "it is reported for ever");
	m = channel_send(ch, (struct span){ bytes, sizeof(bytes) });
	CHECK(m == n && is_end(channel_send(ch, SPAN("x")), EAGAIN) &&
	    !(channel_can(ch) & POLLER_WRITE), "the other way");
	while (channels_next(all) != NULL)
		continue;
	CHECK(channel_read(ch, bytes, 10) == 10 && channels_next(all) == ch &&
	    channel_can(ch) & POLLER_WRITE, "room is not reported back");
	channel_close(ch);
	channels_close(all);
}

/* The relay may go first; what it has sent can be read. */
static void
test_ends(void)
{
	struct channels *all = channels_open();
	struct channel *a = channel_connect(all), *b = channel_connect(all);
	char in[8];

	CHECK(channels_next(all) == a && channels_next(all) == b, "order");
	CHECK(channel_send(a, SPAN("bye")) == 3, "send");
	channel_leave(a);
	CHECK(is_readable(channel_fd(a)) && channel_read(a, in, 8) == 3 &&
	    is_readable(channel_fd(a)) && channel_read(a, in, 8) == 0 &&
	    channel_read(a, in, 8) == 0, "the last bytes");
	CHECK(is_end(channel_write(a, "x", 1), EPIPE), "write after the end");
	channel_close(a);
	channels_close(all);
	CHECK(channel_read(b, in, 8) == 0 && is_readable(channel_fd(b)),
	    "closed with the relay");
	channel_close(b);
	channel_close(NULL);
	channels_close(NULL);
}

/* ---- threads ---- */

static unsigned char
byte_of(size_t seed, size_t at)
{
	return (unsigned char)((at * 2654435761U) >> 13 ^ seed);
}

/* Send BYTES and expect them back. */
static void *
be_program(void *argument)
{
	struct channels *all = argument;
	struct channel *ch = channel_connect(all);
	struct pollfd p = { .fd = channel_fd(ch), .events = POLLIN };
	unsigned char bytes[5000];
	size_t sent = 0, got = 0, i, wrong = 0, n;
	ssize_t done;

	while (got < BYTES) {
		n = BYTES - sent < sizeof(bytes) ? BYTES - sent :
		    sizeof(bytes);
		for (i = 0; i < n; i++)
			bytes[i] = byte_of(0, sent + i);
		done = n > 0 ? channel_write(ch, bytes, n) : 0;
		sent += done > 0 ? (size_t)done : 0;
		done = channel_read(ch, bytes, sizeof(bytes));
		for (i = 0; done > 0 && i < (size_t)done; i++)
			wrong += bytes[i] != byte_of(0, got + i);
		got += done > 0 ? (size_t)done : 0;
		if (done == 0)
			break;
		if (done == -1 && sent == BYTES)
			(void)poll(&p, 1, 1000);
	}
	channel_close(ch);
	return wrong == 0 && got == BYTES ? argument : NULL;
}

/* What a channel has said and not got back. */
struct debt {
	char bytes[3000];
	size_t n;
};

/* Give back what comes; false at the end. */
static bool
pay(struct channel *ch, struct debt *debt)
{
	ssize_t n;

	for (;;) {
		if (debt->n == 0) {
			n = channel_recv(ch, debt->bytes, sizeof(debt->bytes));
			if (n <= 0)
				return n == -1;
			debt->n = (size_t)n;
		}
		n = channel_send(ch, (struct span){ debt->bytes, debt->n });
		if (n == -1)
			return errno == EAGAIN;
		debt->n -= (size_t)n;
		memmove(debt->bytes, debt->bytes + n, debt->n);
	}
}

/* All of them in one loop. */
static void
serve(struct channels *all)
{
	struct pollfd p = { .fd = channels_fd(all), .events = POLLIN };
	struct channel *ch;
	int ended = 0;

	while (ended < THREADS && poll(&p, 1, 10000) == 1) {
		while ((ch = channels_next(all)) != NULL) {
			if (channel_owner(ch) == NULL)
				channel_set_owner(ch,
				    xzalloc(sizeof(struct debt)));
			if (pay(ch, channel_owner(ch)))
				continue;
			free(channel_owner(ch));
			channel_leave(ch);
			ended++;
		}
	}
	CHECK(ended == THREADS, "%d ended", ended);
}

static void
test_threads(void)
{
	struct channels *all = channels_open();
	pthread_t threads[THREADS];
	void *result;
	int i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, be_program, all) != 0)
			die("no threads");
	serve(all);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		CHECK(result != NULL, "thread %d", i);
	}
	channels_close(all);
}

int
main(void)
{
	test_bytes();
	test_full();
	test_ends();
	test_threads();
	return check_report("channel");
}
