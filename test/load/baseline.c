#include "test/load/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/client.h"
#include "conf.h"
#include "net/cert.h"
#include "net/listen.h"
#include "net/poller.h"
#include "net/tls.h"
#include "test/lib/relay.h"
#include "test/load/procstat.h"

#define SEGMENT ((size_t)4 << 20)
#define HEADERS 150	/* bytes of a post's header */

static const size_t sizes[] = {
	50, 50, 50, 500, 500, 1500, 2000, 5000, 10000, 50000
};

static double
clock_s(void)
{
	return (double)clock_us(CLOCK_MONOTONIC) / 1e6;
}

double
baseline_disk(const char *dir, size_t bytes, double seconds)
{
	char path[RELAY_PATH + 16], *block = xzalloc(SEGMENT);
	size_t at = 0, batches = 0;
	double began, now;
	int fd;

	snprintf(path, sizeof(path), "%s/baseline", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || pwrite(fd, block, SEGMENT, 0) != (ssize_t)SEGMENT ||
	    fsync(fd) == -1)
		die("%s: %s", path, strerror(errno));
	memset(block, 1, bytes);
	began = now = clock_s();
	for (; now < began + seconds; now = clock_s(), batches++) {
		if (at + bytes > SEGMENT)
			at = 0;
		if (pwrite(fd, block, bytes, (off_t)at) != (ssize_t)bytes ||
		    fdatasync(fd) == -1)
			die("%s: %s", path, strerror(errno));
		at += bytes;
	}
	close(fd);
	unlink(path);
	free(block);
	return (double)batches / (now - began);
}

/* ---- files ---- */

struct writer {
	pthread_t thread;
	size_t number;
	int dir;		/* where files are made */
	int boxes[2];		/* directories of two recipients */
	size_t bytes;
	double end;
	uint64_t messages, syncs;
};

static int
sync_counted(struct writer *w, int fd)
{
	w->syncs++;
	return fsync(fd);
}

/* Post one message of these bytes to both. */
static int
post_files(struct writer *w, const char *bytes)
{
	char name[40];
	int fd, result = -1;

	snprintf(name, sizeof(name), "%zu-%llu", w->number,
	    (unsigned long long)w->messages);
	fd = openat(w->dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1)
		return -1;
	if (write(fd, bytes, w->bytes) == (ssize_t)w->bytes &&
	    sync_counted(w, fd) == 0 &&
	    linkat(w->dir, name, w->boxes[0], name, 0) == 0 &&
	    sync_counted(w, w->boxes[0]) == 0 &&
	    renameat(w->dir, name, w->boxes[1], name) == 0 &&
	    sync_counted(w, w->boxes[1]) == 0)
		result = 0;
	close(fd);
	return result;
}

static void *
write_files(void *argument)
{
	struct writer *w = argument;
	char *bytes = xzalloc(w->bytes);

	for (; clock_s() < w->end; w->messages++) {
		if (post_files(w, bytes) == -1)
			die("baseline: %s", strerror(errno));
	}
	free(bytes);
	return NULL;
}

/* The recipients' directories, one more than there are writers. */
static int *
make_boxes(int dir, size_t count)
{
	int *boxes = xalloc(count * sizeof(*boxes));
	char name[40];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "box-%zu", i);
		if (mkdirat(dir, name, 0700) == -1 ||
		    (boxes[i] = openat(dir, name, O_RDONLY)) == -1)
			die("baseline: %s", strerror(errno));
	}
	return boxes;
}

static struct baseline_files
sum_up(const struct writer *writers, size_t count, double seconds,
    uint64_t written)
{
	double messages = 0, syncs = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		messages += (double)writers[i].messages;
		syncs += (double)writers[i].syncs;
	}
	return (struct baseline_files){ messages / seconds, syncs / messages,
	    (double)written / messages };
}

struct baseline_files
baseline_files(const char *path, size_t threads, size_t bytes, double seconds)
{
	struct writer *writers = xzalloc(threads * sizeof(*writers));
	struct procstat self = { getpid(), NULL };
	uint64_t written = procstat_read(&self).written;
	int dir = open(path, O_RDONLY), *boxes = make_boxes(dir, threads + 1);
	double began = clock_s();
	struct baseline_files sum;
	size_t i;

	for (i = 0; i < threads; i++) {
		writers[i] = (struct writer){ .number = i, .dir = dir,
		    .boxes = { boxes[i], boxes[i + 1] }, .bytes = bytes,
		    .end = began + seconds };
		if (pthread_create(&writers[i].thread, NULL, write_files,
		    &writers[i]) != 0)
			die("baseline: cannot start a thread");
	}
	for (i = 0; i < threads; i++)
		pthread_join(writers[i].thread, NULL);
	sum = sum_up(writers, threads, clock_s() - began,
	    procstat_read(&self).written - written);
	for (i = 0; i <= threads; i++)
		close(boxes[i]);
	close(dir);
	free(boxes);
	free(writers);
	return sum;
}

/* ---- the child ---- */

struct copy_server {
	int fd;
	struct tls_conn *tls;
	struct buf out;
	unsigned interest;
};

static void
flush(struct copy_server *e)
{
	struct span wire;
	ssize_t n;

	while ((wire = tls_wire_out(e->tls)).n > 0) {
		n = fd_send(e->fd, wire);
		if (n == -1)
			return;
		tls_wire_sent(e->tls, (size_t)n);
	}
}

static void
take(struct copy_server *e)
{
	struct span plain;
	size_t room;
	char *p = tls_wire_room(e->tls, &room);
	ssize_t n = p != NULL ? fd_recv(e->fd, p, room) : -1;

	if (n <= 0)
		return;
	tls_wire_in(e->tls, (size_t)n);
	while (tls_plain_in(e->tls, &plain)) {
		buf_add(&e->out, plain);
		buf_add(&e->out, plain);
	}
}

static void
give(struct copy_server *e)
{
	size_t room, at = 0;
	char *p;

	flush(e);
	while (at < e->out.n && !tls_wants_out(e->tls) &&
	    (p = tls_plain_room(e->tls, &room)) != NULL) {
		if (room > e->out.n - at)
			room = e->out.n - at;
		memcpy(p, e->out.p + at, room);
		tls_plain_out(e->tls, room);
		at += room;
		flush(e);
	}
	buf_drop(&e->out, at);
}

static void
accept_connection(struct poller *poller, struct tls *tls,
    const struct cert *cert, int listener)
{
	char peer[LISTEN_PEER];
	struct copy_server *e;
	int fd = listen_accept(listener, peer);

	if (fd == -1)
		return;
	e = xzalloc(sizeof(*e));
	e->fd = fd;
	e->tls = tls_conn_open(tls, cert);
	e->interest = POLLER_READ;
	if (poller_add(poller, fd, e->interest, e) == -1)
		die("baseline: %s", strerror(errno));
}

static void
serve(struct poller *poller, struct copy_server *e)
{
	unsigned interest = POLLER_READ;

	tls_enter(e->tls);
	take(e);
	give(e);
	tls_leave(e->tls);
	if (tls_wants_out(e->tls))
		interest |= POLLER_WRITE;
	if (interest != e->interest)
		poller_change(poller, e->fd, interest);
	e->interest = interest;
}

/* Until it is killed, or its parent has ended. */
static void
be_echo(int listener, const struct cert *cert)
{
	pid_t parent = getppid();
	struct poller *poller = poller_open();
	struct tls *tls = tls_open();
	struct poller_event event;

	if (poller == NULL || poller_add(poller, listener, POLLER_READ,
	    NULL) == -1)
		die("baseline: %s", strerror(errno));
	while (getppid() == parent) {
		poller_wait(poller, 1000);
		while (poller_next(poller, &event)) {
			if (event.owner == NULL)
				accept_connection(poller, tls, cert,
				    listener);
			else
				serve(poller, event.owner);
		}
	}
	exit(1);
}

/* ---- the connections to it ---- */

struct copy_client {
	struct client *client;
	unsigned interest;
	bool started;
	size_t to_come;		/* bytes */
};

/* What all connections send. */
struct copy_plan {
	const char *bytes;	/* as many as the longest message */
	uint64_t seed;		/* of the lengths; not 0 */
	size_t started;		/* connections whose first message was sent */
};

static size_t
random_size(struct copy_plan *s)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return sizes[(s->seed >> 32) % (sizeof(sizes) / sizeof(sizes[0]))];
}

static void
watch(struct poller *poller, struct copy_client *s)
{
	unsigned interest;

	client_push(s->client);
	interest = client_interest(s->client);
	if (interest != s->interest)
		poller_change(poller, client_fd(s->client), interest);
	s->interest = interest;
}

/* Returns how many copies were completed. */
static unsigned
step(struct copy_client *s, unsigned can, struct copy_plan *source)
{
	struct span plain;
	size_t n;

	client_step(s->client, can);
	while (client_recv(s->client, &plain))
		s->to_come -= plain.n;
	if (client_over(s->client) != NULL)
		die("baseline: %s", client_over(s->client));
	if (!client_is_open(s->client) || s->to_come > 0)
		return 0;
	n = HEADERS + random_size(source);
	s->to_come = 2 * n;
	client_send(s->client, (struct span){ source->bytes, n });
	source->started += !s->started;
	s->started = true;
	return 2;
}

static double
run_connections(uint16_t port, size_t links, double seconds)
{
	struct copy_client *sides = xzalloc(links * sizeof(*sides));
	struct client_pool *pool = client_pool_open();
	struct poller *poller = poller_open();
	char *bytes = xzalloc(HEADERS + 50000);
	struct poller_event event;
	double began = 0, now = clock_s(), warm = 0;
	struct copy_plan source = { bytes, 88172645463325252, 0 };
	uint64_t copies = 0;
	size_t i;

	for (i = 0; i < links; i++) {
		sides[i].client = client_connect(pool, port, NULL);
		if (sides[i].client == NULL)
			die("baseline: %s", strerror(errno));
		sides[i].interest = client_interest(sides[i].client);
		if (poller_add(poller, client_fd(sides[i].client),
		    sides[i].interest, &sides[i]) == -1)
			die("baseline: %s", strerror(errno));
	}
	while (began == 0 || now < began + seconds) {
		poller_wait(poller, 50);
		while (poller_next(poller, &event)) {
			copies += step(event.owner, event.can, &source);
			watch(poller, event.owner);
		}
		now = clock_s();
		if (warm == 0 && source.started == links)
			warm = now + 1;
		if (warm > 0 && began == 0 && now > warm) {
			began = now;
			copies = 0;
		}
	}
	for (i = 0; i < links; i++)
		client_close(sides[i].client);
	poller_close(poller);
	client_pool_close(pool);
	free(bytes);
	free(sides);
	return (double)copies / (now - began);
}

double
baseline_copy(const char *cert_path, const char *key_path, size_t links,
    double seconds)
{
	uint16_t port = relay_free_port();
	struct listeners listeners = { NULL, 0 };
	char why[200], address[40];
	struct cert cert;
	struct conf conf;
	double rate;
	pid_t child;

	snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)port);
	conf_default(&conf);
	free(conf.listen[0].laddr);
	conf.listen[0].laddr = xcopy(span_of(address));
	if (listen_open(&listeners, &conf, NULL, why, sizeof(why)) == -1 ||
	    listen_begin(&listeners, why, sizeof(why)) == -1 ||
	    cert_read(&cert, cert_path, key_path, why, sizeof(why)) == -1)
		die("baseline: %s", why);
	child = fork();
	if (child == -1)
		die("baseline: %s", strerror(errno));
	if (child == 0)
		be_echo(listeners.each[0].fd, &cert);
	listen_close(&listeners, NULL);
	rate = run_connections(port, links, seconds);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	cert_free(&cert);
	conf_free(&conf);
	return rate;
}
