#include "test/lib/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/poller.h"
#include "test/lib/check.h"
#include "test/lib/relay.h"

void
peer_init(struct peer *m, const char *name)
{
	memset(m, 0, sizeof(*m));
	m->name = name;
}

void
peer_frame_free(struct peer_frame *f)
{
	if (f == NULL)
		return;
	free(f->head);
	buf_free(&f->data);
	free(f);
}

struct peer_frame *
peer_next(struct peer *m)
{
	struct peer_frame *f = m->first;

	if (f == NULL)
		return NULL;
	m->first = f->next;
	if (m->first == NULL)
		m->last = NULL;
	return f;
}

void
peer_drop(struct peer *m)
{
	struct peer_frame *f;

	while ((f = peer_next(m)) != NULL)
		peer_frame_free(f);
	if (m->client != NULL)
		client_close(m->client);
	m->client = NULL;
}

void
peer_free(struct peer *m)
{
	peer_drop(m);
}

void
peer_data(struct peer *m, struct span data)
{
	client_send(m->client, data);
	client_push(m->client);
}

void
peer_say(struct peer *m, const char *format, ...)
{
	char head[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(head, sizeof(head), format, args);
	va_end(args);
	CHECK(n > 0 && n < (int)sizeof(head), "%s: a long header", m->name);
	client_put(m->client, span_of(head), SPAN(""));
	client_push(m->client);
}

const char *
peer_get(const struct peer_frame *f, const char *key, char dst[PEER_TEXT])
{
	char quoted[64];
	const char *p;
	size_t n;

	dst[0] = '\0';
	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	p = f != NULL ? strstr(f->head, quoted) : NULL;
	if (p == NULL)
		return dst;
	p += strlen(quoted);
	n = *p == '"' ? strcspn(++p, "\"") : strcspn(p, ",}");
	if (n >= PEER_TEXT)
		n = PEER_TEXT - 1;
	memcpy(dst, p, n);
	dst[n] = '\0';
	return dst;
}

bool
peer_is(const struct peer_frame *f, const char *key, const char *value)
{
	char text[PEER_TEXT];

	return strcmp(peer_get(f, key, text), value) == 0;
}

static void
accept_frame(struct peer *m, const struct reply *r)
{
	struct peer_frame *f = xzalloc(sizeof(*f));

	f->head = xcopy(r->header);
	buf_add(&f->data, r->data);
	*buf_room(&f->data, 1) = '\0';
	if (m->last != NULL)
		m->last->next = f;
	else
		m->first = f;
	m->last = f;
	if (!wire_is_message(r))
		return;
	CHECK(wire_is_intact(r), "%s: wrong headsum in %s", m->name, f->head);
	if (m->mute)
		return;
	m->acked++;
	peer_say(m, "{\"op\":9,\"id\":\"%.*s\",\"type\":\"ok\"}",
	    (int)r->id.n, r->id.p);
}

static void
read_frames(struct peer *m)
{
	struct reply r;

	while (client_next(m->client, &r))
		accept_frame(m, &r);
	client_push(m->client);
	if (client_over(m->client) != NULL)
		m->over = true;
}

short
peer_events(const struct client *c)
{
	return client_interest(c) & POLLER_WRITE ? POLLIN | POLLOUT : POLLIN;
}

static void
step(struct client *c, short revents)
{
	client_step(c, (revents & POLLIN ? POLLER_READ : 0) |
	    (revents & POLLOUT ? POLLER_WRITE : 0) |
	    (revents & (POLLHUP | POLLERR) ? POLLER_GONE : 0));
}

void
peer_step(struct peer *m, short revents)
{
	step(m->client, revents);
	read_frames(m);
}

bool
peer_wait(struct client *c, uint64_t end)
{
	struct pollfd p = { client_fd(c), peer_events(c), 0 };
	uint64_t now = relay_clock();

	if (now >= end)
		return false;
	if (poll(&p, 1, (int)(end - now)) > 0)
		step(c, p.revents);
	return true;
}

bool
peer_await_open(struct client *c, int milliseconds)
{
	uint64_t end = relay_clock() + (uint64_t)milliseconds;

	while (!client_is_open(c) && client_over(c) == NULL &&
	    peer_wait(c, end))
		;
	return client_is_open(c);
}

size_t
peer_record_hello(struct client_pool *pool, char *dst, size_t room)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	uint16_t port = relay_free_port();
	int fd, listener = socket(AF_INET, SOCK_STREAM, 0);
	struct client *c;
	ssize_t n;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(port);
	if (bind(listener, (struct sockaddr *)&address,
	    sizeof(address)) == -1 || listen(listener, 1) == -1)
		die("listen: %s", strerror(errno));
	c = client_connect(pool, port, NULL);
	fd = accept(listener, NULL, NULL);
	client_step(c, POLLER_WRITE);
	n = recv(fd, dst, room, 0);
	if (n <= 0)
		die("no ClientHello was sent");
	client_close(c);
	close(fd);
	close(listener);
	return (size_t)n;
}

struct buf
peer_http(struct client_pool *pool, uint16_t port, const char *requests)
{
	uint64_t end = relay_clock() + RELAY_PATIENCE;
	struct client *c = client_connect(pool, port, NULL);
	struct buf answer = { NULL, 0, 0 };
	struct span plain;

	CHECK(c != NULL, "connect: %s", strerror(errno));
	if (c != NULL)
		client_send(c, span_of(requests));
	while (c != NULL && client_over(c) == NULL && peer_wait(c, end)) {
		while (client_recv(c, &plain))
			buf_add(&answer, plain);
	}
	CHECK(c == NULL || client_over(c) != NULL, "it was not closed");
	client_close(c);
	buf_add_byte(&answer, '\0');
	return answer;
}

/* Wait for more.  False: the time is over, or the connection. */
static bool
wait_and_step(struct peer *m, uint64_t end)
{
	if (m->over || !peer_wait(m->client, end))
		return false;
	read_frames(m);
	return true;
}

static struct peer_frame *
find(struct peer *m, const char *op)
{
	struct peer_frame *f, *before = NULL;

	for (f = m->first; f != NULL; before = f, f = f->next) {
		if (!peer_is(f, "op", op))
			continue;
		if (before != NULL)
			before->next = f->next;
		else
			m->first = f->next;
		if (m->last == f)
			m->last = before;
		f->next = NULL;
		return f;
	}
	return NULL;
}

struct peer_frame *
peer_await(struct peer *m, const char *op)
{
	uint64_t end = relay_clock() + RELAY_PATIENCE;
	struct peer_frame *f;

	while ((f = find(m, op)) == NULL && wait_and_step(m, end))
		;
	CHECK(f != NULL, "%s: no %s%s%s", m->name, op,
	    m->over ? ", and the connection is closed" : "",
	    m->first != NULL ? m->first->head : "");
	if (f == NULL) {
		f = xzalloc(sizeof(*f));
		f->head = xcopy(SPAN(""));
	}
	return f;
}

void
peer_await_over(struct peer *m)
{
	uint64_t end = relay_clock() + RELAY_PATIENCE;

	while (wait_and_step(m, end))
		;
	CHECK(m->over, "%s: the relay does not close the connection", m->name);
}

/*
 * When the relay has answered a few times we have received all it has for us: a
 * refused request is answered at once.
 */
bool
peer_is_quiet(struct peer *m, const char *op)
{
	struct peer_frame *f;
	int i;

	for (i = 0; i < 3; i++) {
		peer_say(m, "{\"op\":8,\"id\":\"quiet%d\",\"datalen\":1,"
		    "\"to\":\"nobody has this alias\"}", i);
		peer_data(m, SPAN("?"));
		peer_frame_free(peer_await(m, "ack"));
	}
	f = find(m, op);
	peer_frame_free(f);
	return f == NULL;
}

void
peer_connect(struct peer *m, struct client_pool *pool, uint16_t port)
{
	peer_drop(m);
	m->over = false;
	m->client = client_connect(pool, port, NULL);
	if (m->client == NULL) {
		perror("connect");
		exit(1);
	}
	peer_say(m, "{\"op\":0,\"id\":\"1\"}");
}

void
peer_register(struct peer *m, struct client_pool *pool, uint16_t port)
{
	struct peer_frame *f;
	char text[PEER_TEXT];

	peer_connect(m, pool, port);
	peer_say(m, "{\"op\":1,\"newnode\":\"x\",\"newalias\":\"%s\"}",
	    m->name);
	peer_frame_free(peer_await(m, "tmtprev"));
	f = peer_await(m, "registered");
	CHECK(peer_is(f, "error", ""), "%s: %s", m->name, f->head);
	snprintf(m->uid, sizeof(m->uid), "%.*s", UID_TEXT,
	    peer_get(f, "uid", text));
	snprintf(m->nodeid, sizeof(m->nodeid), "%.*s", NODEID_TEXT,
	    peer_get(f, "nodeid", text));
	peer_frame_free(f);
	peer_frame_free(peer_await(m, "info"));
}

void
peer_login(struct peer *m, struct client_pool *pool, uint16_t port)
{
	peer_connect(m, pool, port);
	peer_say(m, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\"}", m->uid,
	    m->nodeid);
	peer_frame_free(peer_await(m, "tmtprev"));
}
