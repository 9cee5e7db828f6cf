/*
 * e2e MNM [PART...] - end-to-end tests of the program MNM: real TLS, real
 * files, kill -9 and restart in the middle.  Each part has a relay of its own,
 * below /tmp.  No part depends on speed: timeouts are a minute.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/e2e/crowd.h"
#include "test/e2e/fulldisk.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define LARGE ((size_t)20 << 20)

/* Bytes that do not repeat. */
static void
make_data(struct buf *b, size_t n, uint32_t seed)
{
	char *p = buf_room(b, n);
	size_t i;

	for (i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = (char)(seed >> 24);
	}
	b->n += n;
}

static void
expect(struct peer *m, const char *op, const char *key, const char *value)
{
	struct peer_frame *f = peer_await(m, op);

	CHECK(peer_is(f, key, value), "%s: %s is not \"%s\" in %s", m->name,
	    key, value, f->head);
	peer_frame_free(f);
}

static void
expect_data(struct peer *m, const char *op, struct span data)
{
	struct peer_frame *f = peer_await(m, op);

	CHECK(span_is(buf_span(&f->data), data),
	    "%s: %s with wrong data: %s", m->name, op, f->head);
	peer_frame_free(f);
}

/* The ack of a successful request. */
static void
expect_ack(struct peer *m, const char *id)
{
	struct peer_frame *f = peer_await(m, "ack");

	CHECK(peer_is(f, "id", id) && peer_is(f, "error", ""),
	    "%s: not the ack of %s: %s", m->name, id, f->head);
	peer_frame_free(f);
}

static void
post(struct peer *m, const char *id, const char *to, struct span data)
{
	peer_say(m, "{\"op\":7,\"id\":\"%s\",\"datalen\":%zu,"
	    "\"for\":[{\"id\":\"%s\",\"type\":1}]}", id, data.n, to);
	peer_data(m, data);
}

static void
post_of_size(struct peer *from, struct peer *to, size_t n)
{
	struct buf data = { NULL, 0, 0 };
	char id[32];

	snprintf(id, sizeof(id), "size%zu", n);
	make_data(&data, n, (uint32_t)n);
	post(from, id, to->uid, buf_span(&data));
	expect_ack(from, id);
	expect_data(to, "delivery", buf_span(&data));
	buf_free(&data);
}

/* To an alias and back, as two people make contact. */
static void
talk_ping(struct peer *a, struct peer *b)
{
	peer_say(a, "{\"op\":8,\"id\":\"p1\",\"datalen\":5,\"from\":\"%s\","
	    "\"to\":\"%s\"}", a->name, b->name);
	peer_data(a, SPAN("hello"));
	expect_ack(a, "p1");
	expect_data(b, "ping", SPAN("hello"));
	peer_say(b, "{\"op\":8,\"id\":\"p2\",\"datalen\":2,\"to\":\"%s\"}",
	    a->name);
	peer_data(b, SPAN("ho"));
	expect_ack(b, "p2");
	expect(a, "ping", "from", b->uid);
}

static void
talk_group(struct peer *a, struct peer *b)
{
	peer_say(a, "{\"op\":5,\"id\":\"g1\",\"gid\":\"The Club\","
	    "\"datalen\":4,\"from\":\"%s\",\"to\":\"%s\"}", a->name,
	    b->name);
	peer_data(a, SPAN("come"));
	expect_ack(a, "g1");
	expect(a, "member", "act", "invite");
	expect_data(b, "invite", SPAN("come"));
	peer_say(b, "{\"op\":6,\"id\":\"g2\",\"act\":\"join\","
	    "\"gid\":\"The Club\"}");
	expect_ack(b, "g2");
	expect(a, "member", "act", "join");
	expect(b, "member", "act", "join");
	peer_say(b, "{\"op\":7,\"id\":\"g3\",\"datalen\":3,"
	    "\"for\":[{\"id\":\"The Club\",\"type\":2}]}");
	peer_data(b, SPAN("all"));
	expect_ack(b, "g3");
	expect_data(a, "delivery", SPAN("all"));
	expect_data(b, "delivery", SPAN("all"));
	peer_say(b, "{\"op\":7,\"id\":\"g4\",\"datalen\":6,"
	    "\"for\":[{\"id\":\"The Club\",\"type\":3}]}");
	peer_data(b, SPAN("others"));
	expect_ack(b, "g4");
	expect_data(a, "delivery", SPAN("others"));
	CHECK(peer_is_quiet(b, "delivery"),
	    "a post was delivered to its sender");
}

static void
talk_sizes(struct peer *a, struct peer *b)
{
	static const size_t sizes[] = {
		0, 1, 420, 16384, 65535, 65536, 65537, LARGE
	};
	size_t i;

	for (i = 0; i < COUNT(sizes); i++) {
		post_of_size(a, b, sizes[i]);
		post_of_size(b, a, sizes[i] / 2);
	}
}

static void
tell_presence(struct peer *m, const struct peer *to)
{
	peer_say(m, "{\"op\":4,\"id\":\"o\",\"for\":[{\"id\":\"%s\"}],"
	    "\"type\":\"add\"}", to->uid);
	expect_ack(m, "o");
}

static void
talk_presence(struct peer *a, struct peer *b, struct client_pool *pool,
    uint16_t port)
{
	struct peer_frame *f;

	tell_presence(a, b);
	expect(b, "ohi", "status", "1");
	tell_presence(b, a);
	expect(a, "ohi", "from", b->uid);
	peer_say(a, "{\"op\":11}");
	expect(a, "quit", "error", "logout ok");
	peer_await_over(a);
	CHECK(client_peer_finished(a->client), "no close_notify came");
	expect(b, "ohi", "status", "2");
	peer_login(a, pool, port);
	f = peer_await(a, "info");
	CHECK(strstr(f->head, b->uid) != NULL, "who is online: %s", f->head);
	peer_frame_free(f);
	expect(a, "login", "node", "1");
}

/* A phone and a computer: both get what the member receives and sends. */
static void
talk_second_device(struct peer *a, struct peer *phone, struct peer *b,
    struct client_pool *pool, uint16_t port)
{
	struct peer_frame *f;
	char text[PEER_TEXT];

	peer_say(a, "{\"op\":3,\"id\":\"u1\",\"newnode\":\"phone\"}");
	expect_ack(a, "u1");
	f = peer_await(a, "user");
	CHECK(peer_is(f, "noderef", "2"), "the second device: %s", f->head);
	memcpy(phone->uid, a->uid, sizeof(a->uid));
	snprintf(phone->nodeid, sizeof(phone->nodeid), "%.*s", NODEID_TEXT,
	    peer_get(f, "nodeid", text));
	peer_frame_free(f);
	peer_login(phone, pool, port);
	expect(phone, "info", "info", "login ok");
	expect(phone, "login", "node", "2");
	expect(a, "login", "node", "2");

	post(a, "d1", b->uid, SPAN("from the desk"));
	expect_ack(a, "d1");
	expect_data(phone, "delivery", SPAN("from the desk"));
	expect_data(b, "delivery", SPAN("from the desk"));
	post(b, "d2", a->uid, SPAN("to both"));
	expect_ack(b, "d2");
	expect_data(phone, "delivery", SPAN("to both"));
	expect_data(a, "delivery", SPAN("to both"));
	CHECK(peer_is_quiet(a, "delivery"),
	    "a post was delivered to the device that sent it");
}

static void
expect_three(struct peer *m, char ids[3][PEER_TEXT])
{
	static const char *const texts[] = { "one", "two", "three" };
	char id[PEER_TEXT];
	struct peer_frame *f;
	int i;

	for (i = 0; i < 3; i++) {
		f = peer_await(m, "delivery");
		CHECK(span_is(buf_span(&f->data), span_of(texts[i])),
		    "%s: not %s: %s", m->name, texts[i], f->head);
		peer_get(f, "id", id);
		CHECK(ids[i][0] == '\0' || strcmp(ids[i], id) == 0,
		    "%s: another id than before: %s", m->name, f->head);
		memcpy(ids[i], id, sizeof(id));
		peer_frame_free(f);
	}
}

static void
restart(struct relay_process *r, int signal)
{
	int status = relay_stop(r, signal);

	CHECK(status == (signal == SIGKILL ? 256 + SIGKILL : 0),
	    "the relay ended with %d", status);
	relay_start(r);
}

/* What was acked survives each kill -9 until the recipient acks it. */
static void
talk_restarts(struct peer *a, struct peer *b, struct client_pool *pool,
    struct relay_process *r)
{
	char ids[3][PEER_TEXT] = { "", "", "" };

	peer_drop(b);
	post(a, "r1", b->uid, SPAN("one"));
	post(a, "r2", b->uid, SPAN("two"));
	post(a, "r3", b->uid, SPAN("three"));
	expect_ack(a, "r1");
	expect_ack(a, "r2");
	expect_ack(a, "r3");
	restart(r, SIGKILL);
	b->mute = true;
	peer_login(b, pool, r->port);
	expect_three(b, ids);
	restart(r, SIGKILL);
	peer_login(b, pool, r->port);
	expect_three(b, ids);
	peer_drop(b);
	b->mute = false;
	peer_login(b, pool, r->port);
	expect_three(b, ids);
	CHECK(peer_is_quiet(b, "delivery"),
	    "more was delivered than was posted");
	restart(r, SIGTERM);
	peer_login(b, pool, r->port);
	CHECK(peer_is_quiet(b, "delivery"), "an acked message was sent again");
	peer_login(a, pool, r->port);
	post_of_size(a, b, 1000);
	post_of_size(b, a, 2000);
}

static void
test_talk(const char *program)
{
	struct relay_process r;
	struct client_pool *pool = client_pool_open();
	struct peer a, b, phone;

	relay_init(&r, program);
	relay_start(&r);
	peer_init(&a, "Alice Anderson");
	peer_init(&b, "Bob Brown");
	peer_init(&phone, "Alice's phone");
	peer_register(&a, pool, r.port);
	peer_register(&b, pool, r.port);
	talk_ping(&a, &b);
	talk_group(&a, &b);
	talk_sizes(&a, &b);
	talk_presence(&a, &b, pool, r.port);
	talk_second_device(&a, &phone, &b, pool, r.port);
	talk_restarts(&a, &b, pool, &r);
	peer_free(&a);
	peer_free(&b);
	peer_free(&phone);
	client_pool_close(pool);
	CHECK(relay_stop(&r, SIGINT) == 0, "SIGINT does not end it with 0");
	relay_free(&r);
}

/* A frame as text for a file. */
static void
add_frame(struct buf *b, const char *head, const char *data)
{
	buf_addf(b, "%04zx%s%s", strlen(head), head, data);
}

static void
expect_output(const char *output, const char *text)
{
	CHECK(strstr(output, text) != NULL, "openssl got no %s in: %s", text,
	    output);
}

/* openssl as a client: a whole session from a file. */
static void
test_openssl(const char *program)
{
	static char output[10000];
	struct buf talk = { NULL, 0, 0 };
	struct client_pool *pool;
	struct relay_process r;
	char command[1024];
	struct peer a;
	FILE *f;

	if (system("command -v openssl >/dev/null") != 0) {
		printf("e2e: NOT RUN: openssl is not installed\n");
		return;
	}
	relay_init(&r, program);
	relay_start(&r);
	pool = client_pool_open();
	peer_init(&a, "Alice Anderson");
	peer_register(&a, pool, r.port);
	add_frame(&talk, "{\"op\":0,\"id\":\"1\"}", "");
	add_frame(&talk, "{\"op\":1,\"newnode\":\"x\","
	    "\"newalias\":\"Olive Openssl\"}", "");
	add_frame(&talk, "{\"op\":8,\"id\":\"p\",\"datalen\":5,"
	    "\"from\":\"Olive Openssl\",\"to\":\"Alice Anderson\"}",
	    "hello");
	add_frame(&talk, "{\"op\":11}", "");
	buf_add_byte(&talk, '\0');
	relay_file(&r, "talk.txt", talk.p);
	snprintf(command, sizeof(command), "openssl s_client -connect "
	    "127.0.0.1:%u -tls1_2 -quiet <%s/talk.txt 2>/dev/null",
	    (unsigned)r.port, r.dir);
	f = popen(command, "r");
	CHECK(f != NULL, "popen failed");
	if (f != NULL) {
		output[fread(output, 1, sizeof(output) - 1, f)] = '\0';
		pclose(f);
	}
	expect_output(output, "\"op\":\"tmtprev\"");
	expect_output(output, "\"op\":\"registered\"");
	expect_output(output, "\"info\":\"login ok\"");
	expect_output(output, "\"op\":\"ack\"");
	expect_output(output, "\"error\":\"logout ok\"");
	expect_data(&a, "ping", SPAN("hello"));
	buf_free(&talk);
	peer_free(&a);
	client_pool_close(pool);
	relay_free(&r);
}

static int
raw_connect(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct timeval patience = { RELAY_PATIENCE / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(port);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)) == 0, "connect: %s", strerror(errno));
	return fd;
}

static void
raw_send(int fd, struct span bytes)
{
	CHECK(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL) ==
	    (ssize_t)bytes.n, "send: %s", strerror(errno));
}

/* A connection that does not speak TLS is closed without an answer. */
static void
expect_silent_close(int fd, const char *who)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	CHECK(n == 0 || (n == -1 && errno == ECONNRESET),
	    "%s got an answer, or is still connected", who);
	close(fd);
}

/* One that speaks HTTP or TMTP without TLS learns that before the end. */
static void
expect_plain_answer(int fd, const char *begin, const char *within)
{
	char answer[2000];
	size_t n = 0;
	ssize_t got;

	do {
		got = recv(fd, answer + n, sizeof(answer) - 1 - n, 0);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	answer[n] = '\0';
	CHECK(got == 0 && strncmp(answer, begin, strlen(begin)) == 0 &&
	    strstr(answer, within) != NULL, "the answer is %s", answer);
	close(fd);
}

/* Byte by byte, each in its own TLS record. */
static void
dribble(struct peer *m, const char *head)
{
	char frame[1000];
	int i, n;

	n = snprintf(frame, sizeof(frame), "%04zx%s", strlen(head), head);
	for (i = 0; i < n; i++) {
		client_send(m->client, (struct span){ frame + i, 1 });
		client_push(m->client);
		relay_sleep(1);
	}
}

/* A peer that reads nothing gets more than socket and session can hold. */
static void
flood(struct peer *from, const struct peer *to)
{
	struct buf data = { NULL, 0, 0 };
	char id[32];
	int i;

	make_data(&data, (size_t)1 << 20, 1);
	for (i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "flood%d", i);
		post(from, id, to->uid, buf_span(&data));
		expect_ack(from, id);
	}
	buf_free(&data);
}

/* Two members talk while others misbehave. */
static void
test_strangers(const char *program)
{
	struct client_pool *pool = client_pool_open();
	struct peer a, b, slow, rude, deaf;
	struct relay_process r;
	int garbage, half, silent, http, tmtp;

	relay_init(&r, program);
	relay_configure(&r, "\"login_timeout\": \"2m\",");
	relay_start(&r);
	garbage = raw_connect(r.port);
	raw_send(garbage, SPAN("\x05\x01garbage"));
	http = raw_connect(r.port);
	raw_send(http, SPAN("GET / HTTP/1.1\r\nHost: relay:1\r\n\r\n"));
	tmtp = raw_connect(r.port);
	raw_send(tmtp, SPAN("0013{\"op\":0,\"id\":\"1\"}"));
	half = raw_connect(r.port);
	raw_send(half, SPAN("\x16\x03\x01\x02"));
	silent = raw_connect(r.port);
	peer_init(&a, "Alice Anderson");
	peer_init(&b, "Bob Brown");
	peer_init(&slow, "slow");
	peer_init(&rude, "rude");
	peer_init(&deaf, "deaf");
	peer_register(&a, pool, r.port);
	peer_register(&b, pool, r.port);
	peer_register(&deaf, pool, r.port);
	post_of_size(&a, &b, 1000);

	flood(&a, &deaf);
	post_of_size(&b, &a, 1000);
	peer_connect(&rude, pool, r.port);
	peer_data(&rude, SPAN("zzzz is not a length"));
	peer_await_over(&rude);
	expect(&rude, "quit", "op", "quit");
	peer_connect(&slow, pool, r.port);
	peer_frame_free(peer_await(&slow, "tmtprev"));
	dribble(&slow, "{\"op\":1,\"newnode\":\"x\",\"newalias\":\"_\"}");
	expect(&slow, "registered", "error", "");
	post_of_size(&a, &b, 70000);
	expect_silent_close(garbage, "garbage");
	expect_plain_answer(http, "HTTP/1.1 400 Bad Request\r\n",
	    "\r\n\r\nThis port speaks TLS: use https://relay:1/\n");
	expect_plain_answer(tmtp, "002c{\"error\":\"this port speaks TLS\",",
	    "\"op\":\"quit\"}");
	close(half);
	close(silent);
	post_of_size(&a, &b, 100);
	peer_free(&a);
	peer_free(&b);
	peer_free(&slow);
	peer_free(&rude);
	peer_free(&deaf);
	client_pool_close(pool);
	CHECK(relay_stop(&r, SIGTERM) == 0, "the relay failed");
	relay_free(&r);
}

/* A silent connection is closed when login_timeout has passed. */
static void
test_timeout(const char *program)
{
	struct client_pool *pool = client_pool_open();
	struct relay_process r;
	struct peer mute;
	int silent;

	relay_init(&r, program);
	relay_configure(&r, "\"login_timeout\": \"3s\",");
	relay_start(&r);
	silent = raw_connect(r.port);
	peer_init(&mute, "mute");
	peer_connect(&mute, pool, r.port);
	peer_await_over(&mute);
	expect(&mute, "tmtprev", "id", "1");
	expect(&mute, "quit", "op", "quit");
	expect_silent_close(silent, "a silent connection");
	peer_free(&mute);
	client_pool_close(pool);
	CHECK(relay_stop(&r, SIGTERM) == 0, "the relay failed");
	relay_free(&r);
}

static void
expect_http(const struct relay_process *r, const char *requests,
    const char *within)
{
	struct client_pool *pool = client_pool_open();
	struct buf answer = peer_http(pool, r->port, requests);

	CHECK(strstr(answer.p, within) != NULL, "%s: %s", requests, answer.p);
	buf_free(&answer);
	client_pool_close(pool);
}

/* Requests end with the connection: asked for, malformed, or too late. */
static void
test_http(const char *program)
{
	struct relay_process r;
	uint64_t begun;

	relay_init(&r, program);
	relay_configure(&r, "\"login_timeout\": \"2s\", \"web\": false,");
	relay_start(&r);
	expect_http(&r, "GET /health HTTP/1.1\r\nHost: r\r\n\r\n"
	    "GET /health HTTP/1.0\r\n\r\n", "\r\n\r\nok\nHTTP/1.1 200 OK");
	expect_http(&r, "GET /metrics HTTP/1.0\r\n\r\n",
	    "\n# TYPE mnm_users gauge\nmnm_users 0\n");
	expect_http(&r, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 404 ");
	expect_http(&r, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ");
	expect_http(&r, "POST / HTTP/1.1\r\nHost: r\r\n"
	    "Content-Length: 3\r\n\r\nx=1", "HTTP/1.1 405 ");
	begun = relay_clock();
	expect_http(&r, "GET /health HTTP/1.1\r\nHost: r\r\n\r\nGET ", "ok\n");
	CHECK(relay_clock() - begun >= 2000, "it did not wait for the rest");
	CHECK(relay_stop(&r, SIGTERM) == 0, "the relay failed");

	relay_configure(&r, "");
	relay_start(&r);
	expect_http(&r, "GET / HTTP/1.0\r\n\r\n",
	    "\r\nContent-Encoding: gzip\r\n");
	CHECK(relay_stop(&r, SIGTERM) == 0, "the relay failed");
	relay_free(&r);
}

#define DESCRIPTORS 64	/* half of them for connections */
#define MEMBERS     28
#define VISITORS    18

/*
 * More connect than there are descriptors; all are served as others leave.  One
 * that was closed to make room for the next comes again.
 */
static void
test_descriptors(const char *program)
{
	struct client_pool *pool = client_pool_open();
	struct client *visitors[VISITORS];
	struct peer members[MEMBERS];
	struct relay_process r;
	size_t i, open = 0;

	relay_init(&r, program);
	relay_configure(&r, "\"login_timeout\": \"10m\",");
	r.descriptors = DESCRIPTORS;
	relay_start(&r);
	CHECK(relay_said(&r, "ulimit -n"), "the limit is not logged");
	for (i = 0; i < MEMBERS; i++) {
		peer_init(&members[i], "_");
		peer_register(&members[i], pool, r.port);
	}
	for (i = 0; i < VISITORS; i++)
		visitors[i] = client_connect(pool, r.port, NULL);
	post_of_size(&members[0], &members[MEMBERS - 1], 1000);
	CHECK(!peer_await_open(visitors[0], 200), "there are too many");
	for (i = 0; i < MEMBERS; i++)
		peer_free(&members[i]);
	for (i = 0; i < VISITORS; i++) {
		if (!peer_await_open(visitors[i], RELAY_PATIENCE)) {
			client_close(visitors[i]);
			visitors[i] = client_connect(pool, r.port, NULL);
		}
		open += peer_await_open(visitors[i], RELAY_PATIENCE);
		client_close(visitors[i]);
	}
	CHECK(open == VISITORS, "only %zu were served in the end", open);
	client_pool_close(pool);
	CHECK(relay_stop(&r, SIGTERM) == 0, "the relay failed");
	relay_free(&r);
}

/*
 * When all places are taken, those who do not log in make room, the oldest
 * first, and members never do.
 */
static void
test_places(const char *program)
{
	struct client_pool *pool = client_pool_open();
	struct relay_process r;
	struct peer a, b, c, d, late;
	int first, second;

	relay_init(&r, program);
	relay_configure(&r, "\"links_max\": 4, \"login_timeout\": \"1h\",");
	relay_start(&r);
	peer_init(&a, "Alice Anderson");
	peer_init(&b, "Bob Brown");
	peer_init(&c, "Carol Clark");
	peer_init(&d, "Dave Dean");
	peer_init(&late, "Eve Evans");
	peer_register(&a, pool, r.port);
	first = raw_connect(r.port);
	second = raw_connect(r.port);
	peer_register(&b, pool, r.port);
	peer_register(&c, pool, r.port);
	expect_silent_close(first, "the oldest");
	CHECK(recv(second, &(char){ 0 }, 1, MSG_DONTWAIT) == -1 &&
	    errno == EAGAIN, "the second was closed as well");
	peer_register(&d, pool, r.port);
	expect_silent_close(second, "the second");
	CHECK(relay_said(&r, "links_max is reached"), "it is not logged");

	peer_connect(&late, pool, r.port);
	post_of_size(&a, &b, 1000);
	post_of_size(&c, &d, 1000);
	CHECK(!peer_await_open(late.client, 200), "there are too many");
	peer_drop(&a);
	peer_frame_free(peer_await(&late, "tmtprev"));
	peer_free(&late);
	peer_free(&a);
	peer_free(&b);
	peer_free(&c);
	peer_free(&d);
	client_pool_close(pool);
	CHECK(relay_stop(&r, SIGTERM) == 0, "the relay failed");
	relay_free(&r);
}

/* Whether a file below the relay's directory holds the text. */
static bool
is_in_files(const struct relay_process *r, const char *text)
{
	char command[RELAY_PATH + 128];

	(void)snprintf(command, sizeof(command), "grep -rqF -e '%s' '%s'",
	    text, r->dir);
	return system(command) == 0;
}

/* The node that asked for another learns its password; the files do not. */
static void
expect_password(struct peer *a, const struct peer *phone,
    const struct relay_process *r)
{
	expect(a, "user", "nodeid", phone->nodeid);
	CHECK(is_in_files(r, a->uid), "the search finds nothing");
	CHECK(!is_in_files(r, a->nodeid), "a registered node's password");
	CHECK(!is_in_files(r, phone->nodeid), "a new node's password");
}

/*
 * A new node's password waits for the node that asked, and is never in clear
 * on the disk.
 */
static void
test_password(const char *program)
{
	struct client_pool *pool = client_pool_open();
	struct relay_process r;
	struct peer a, phone;
	struct peer_frame *f;
	char text[PEER_TEXT];

	relay_init(&r, program);
	relay_start(&r);
	peer_init(&a, "Alice Anderson");
	peer_init(&phone, "Alice's phone");
	peer_register(&a, pool, r.port);
	a.mute = true;
	peer_say(&a, "{\"op\":3,\"id\":\"u1\",\"newnode\":\"phone\"}");
	expect_ack(&a, "u1");
	f = peer_await(&a, "user");
	memcpy(phone.uid, a.uid, sizeof(a.uid));
	snprintf(phone.nodeid, sizeof(phone.nodeid), "%.*s", NODEID_TEXT,
	    peer_get(f, "nodeid", text));
	CHECK(strlen(phone.nodeid) == NODEID_TEXT, "no password: %s", f->head);
	peer_frame_free(f);
	CHECK(!is_in_files(&r, phone.nodeid), "a password at once");
	restart(&r, SIGKILL);
	peer_login(&a, pool, r.port);
	expect_password(&a, &phone, &r);
	restart(&r, SIGTERM);
	peer_login(&a, pool, r.port);
	expect_password(&a, &phone, &r);
	peer_login(&phone, pool, r.port);
	f = peer_await(&phone, "user");
	CHECK(strstr(f->head, "nodeid") == NULL, "the phone: %s", f->head);
	peer_frame_free(f);
	peer_free(&a);
	peer_free(&phone);
	client_pool_close(pool);
	CHECK(relay_stop(&r, SIGTERM) == 0, "the relay failed");
	CHECK(!is_in_files(&r, phone.nodeid), "a password at the end");
	relay_free(&r);
}

static void
expect_refusal(struct relay_process *r, const char *text)
{
	char *arguments[] = { r->program, NULL };
	int status = relay_run(r, arguments);

	CHECK(status == 1, "exit %d, not 1, for: %s", status,
	    text);
	CHECK(relay_said(r, text), "it does not say: %s", text);
}

static void
test_refusals(const char *program)
{
	struct relay_process r, s;
	char path[RELAY_PATH + 64], extra[RELAY_PATH + 64];

	relay_init(&r, program);
	relay_init(&s, program);
	relay_start(&r);
	snprintf(extra, sizeof(extra), "\"data\": \"%s/mnm-data\",", r.dir);
	relay_configure(&s, extra);
	expect_refusal(&s, "mnm-data");	/* two on one directory */
	s.port = r.port;
	relay_configure(&s, "");
	expect_refusal(&s, "cannot listen on 127.0.0.1");
	CHECK(relay_stop(&r, SIGTERM) == 0, "the first one was disturbed");

	s.port = relay_free_port();
	relay_configure(&s, "\"colour\": 1,");
	expect_refusal(&s, "mnm.config:2: ");
	relay_configure(&s, "\"window\": \"wide\",");
	expect_refusal(&s, "mnm.config:2: ");
	relay_configure(&s, "\"user\": \"\",\n\"window\": 0,");
	expect_refusal(&s, "mnm.config:3: ");
	relay_file(&s, "mnm.config", "{ \"name\": \"x\"");
	expect_refusal(&s, "mnm.config:1: ");

	relay_configure(&s, "");
	relay_start(&s);
	CHECK(relay_stop(&s, SIGTERM) == 0, "the relay failed");
	snprintf(path, sizeof(path), "%s/mnm-data/key.pem", s.dir);
	CHECK(unlink(path) == 0, "there is no key.pem");
	expect_refusal(&s, "key.pem");
	relay_free(&r);
	relay_free(&s);
}

static void
test_arguments(const char *program)
{
	struct relay_process r;
	char *version[] = { "mnm", "-V", NULL };
	char *help[] = { "mnm", "-h", NULL };
	char *unknown[] = { "mnm", "-x", NULL };
	char *extra[] = { "mnm", "extra", NULL };
	char *nowhere[] = { "mnm", "-c", "nowhere.config", NULL };

	relay_init(&r, program);
	CHECK(relay_run(&r, version) == 0 && relay_said(&r, "mnm "), "-V");
	CHECK(relay_run(&r, help) == 0 && relay_said(&r, "usage: "), "-h");
	CHECK(relay_run(&r, unknown) == 2 &&
	    relay_said(&r, "option: -x"), "-x");
	CHECK(relay_run(&r, extra) == 2 &&
	    relay_said(&r, "command: extra"), "extra");
	CHECK(relay_run(&r, nowhere) == 1 && relay_said(&r, "nowhere.config"),
	    "-c with no such file");
	relay_free(&r);
}

/* Nothing that was acked is lost when the relay is stopped or killed. */
static void
test_stop(const char *program)
{
	struct crowd_setup plan = { program, 20, 10, 40, SIGTERM };

	crowd_test(&plan);
	plan.signal = SIGKILL;
	crowd_test(&plan);
}

static void
test_crowd(const char *program)
{
	const struct crowd_setup plan = { program, 1000, 100, 20, 0 };

	crowd_test(&plan);
}

static const struct section {
	const char *name;
	void (*test)(const char *program);
} parts[] = {
	{ "arguments", test_arguments },
	{ "refusals", test_refusals },
	{ "talk", test_talk },
	{ "openssl", test_openssl },
	{ "strangers", test_strangers },
	{ "timeout", test_timeout },
	{ "http", test_http },
	{ "descriptors", test_descriptors },
	{ "places", test_places },
	{ "password", test_password },
	{ "stop", test_stop },
	{ "fulldisk", fulldisk_test },
	{ "crowd", test_crowd }
};

/* Each peer takes a descriptor. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int
is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return 1;
	}
	return argc == 2;
}

int
main(int argc, char **argv)
{
	char program[RELAY_PATH];
	uint64_t begun;
	size_t i;

	if (argc < 2 || argv[1][0] == '\0') {
		fprintf(stderr, "usage: e2e MNM [PART...]\n");
		return 2;
	}
	if (argv[1][0] == '/')
		snprintf(program, sizeof(program), "%s", argv[1]);
	else if (getcwd(program, sizeof(program)) != NULL)
		snprintf(program + strlen(program), sizeof(program) -
		    strlen(program), "/%s", argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	raise_limit();
	for (i = 0; i < COUNT(parts); i++) {
		if (!is_wanted(parts[i].name, argc, argv))
			continue;
		begun = relay_clock();
		parts[i].test(program);
		printf("e2e %s: %llu ms\n", parts[i].name,
		    (unsigned long long)(relay_clock() - begun));
	}
	return check_report("e2e");
}
