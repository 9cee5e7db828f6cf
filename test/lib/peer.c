#include "test/lib/peer.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	buf_free(&m->in);
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
	char head[4096], digits[8];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(head, sizeof(head), format, args);
	va_end(args);
	CHECK(n > 0 && n < (int)sizeof(head), "%s: a long header", m->name);
	snprintf(digits, sizeof(digits), "%04x", (unsigned)n);
	client_send(m->client, span_of(digits));
	peer_data(m, span_of(head));
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

/* The sum covers the digits and the header as they are without it. */
static void
check_headsum(const struct peer *m, const struct peer_frame *f)
{
	const char *from = strstr(f->head, "\"headsum\":"), *to;
	struct buf text = { NULL, 0, 0 };
	unsigned long told, n = strlen(f->head);

	if (from == NULL) {
		CHECK(false, "%s: no headsum in %s", m->name, f->head);
		return;
	}
	told = strtoul(from + strlen("\"headsum\":"), NULL, 10);
	to = from + strcspn(from, ",}");
	to += *to == ',';
	n -= (unsigned long)(to - from);
	buf_addf(&text, "%04lx%.*s%s", n, (int)(from - f->head), f->head, to);
	CHECK(encode_crc32c(0, text.p, text.n) == told,
	    "%s: wrong headsum in %s", m->name, f->head);
	buf_free(&text);
}

/* Messages are acked; replies and presence have no .from or no .id. */
static void
take_frame(struct peer *m, struct peer_frame *f)
{
	char id[PEER_TEXT], from[PEER_TEXT];

	if (m->last != NULL)
		m->last->next = f;
	else
		m->first = f;
	m->last = f;
	if (*peer_get(f, "from", from) == '\0' ||
	    *peer_get(f, "id", id) == '\0')
		return;
	check_headsum(m, f);
	if (m->mute)
		return;
	m->acked++;
	peer_say(m, "{\"op\":9,\"id\":\"%s\",\"type\":\"ok\"}", id);
}

/* Cut a frame off the bytes that came.  False if it is not all there. */
static bool
cut_frame(struct peer *m)
{
	struct peer_frame *f;
	char digits[5] = "", length[PEER_TEXT];
	size_t head, data;

	if (m->in.n < 4)
		return false;
	memcpy(digits, m->in.p, 4);
	head = strtoul(digits, NULL, 16);
	if (m->in.n < 4 + head)
		return false;
	f = xzalloc(sizeof(*f));
	f->head = xcopy((struct span){ m->in.p + 4, head });
	data = strtoul(peer_get(f, "datalen", length), NULL, 10);
	if (m->in.n < 4 + head + data) {
		peer_frame_free(f);
		buf_room(&m->in, 4 + head + data - m->in.n);
		return false;
	}
	buf_add(&f->data, (struct span){ m->in.p + 4 + head, data });
	*buf_room(&f->data, 1) = '\0';
	buf_drop(&m->in, 4 + head + data);
	take_frame(m, f);
	return true;
}

void
peer_step(struct peer *m, short revents)
{
	struct span plain;

	client_step(m->client, revents);
	while (client_recv(m->client, &plain))
		buf_add(&m->in, plain);
	while (cut_frame(m))
		;
	client_push(m->client);
	if (client_is_over(m->client))
		m->over = true;
}

/* One poll.  False when the time is over. */
static bool
wait_and_step(struct peer *m, uint64_t end)
{
	struct pollfd p = { .fd = client_fd(m->client) };
	uint64_t now = relay_clock();

	if (now >= end || m->over)
		return false;
	p.events = client_events(m->client);
	if (poll(&p, 1, (int)(end - now)) > 0)
		peer_step(m, p.revents);
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
	CHECK(f != NULL, "%s: no %s came%s%s", m->name, op,
	    m->over ? ", and the link is closed" : "",
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
	CHECK(m->over, "%s: the relay does not close the link", m->name);
}

/*
 * What the relay has for us has come when it has answered a few times: a
 * request that is refused is answered at once.
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

void
peer_add_checks(unsigned long *passed, unsigned long *failed)
{
	*passed += check_passed;
	*failed += check_failed;
}
