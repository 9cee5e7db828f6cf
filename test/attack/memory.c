/*
 * memory MNM - connections that hold on to as much of the relay's memory as
 * they can.  Prints what each takes, and fails if that is more than the table
 * in server.c says.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/poller.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define CONNS    2000	/* so that little by each is seen, too */
#define MUTES    500
#define REQUESTS 40000	/* more than sockets hold, each this long */
#define LONG     100
#define PAGES    5000	/* more than sockets hold */
#define PARTLY   65000	/* of small data */
#define WINDOW   64	/* messages */

/* Bytes: of a connection; of a member; in the store, of a message for each. */
#define IDLE     (700 + 200)
#define USER     1000
#define IN_STORE 24
/* Malloc keeps an eighth of what growing buffers have left, and whole pages. */
#define SLACK(bound) ((bound) / 8 + 200)

#define TIMES    "\"login_timeout\": \"1h\", \"pulse_timeout\": \"1h\"," \
	"\"register_rate\": 0, \"links_max\": 5000, \"window\": 64,"
#define PROVIDER "\"auth\":1,\"authby\":[{\"label\":\"Example\"," \
	"\"login\":[\"https://l\"],\"token\":[\"https://t\"]," \
	"\"keys\":\"keys\",\"iss\":\"https://id\",\"aud\":\"mnm\"}],"

enum who { NOBODY, STRANGER, VISITOR, MEMBER };

static void say_nothing(struct peer *, int fd);
static void send_part_of_record(struct peer *, int fd);
static void send_hello(struct peer *, int fd);
static void send_part_of_frame(struct peer *, int fd);
static void send_part_of_login(struct peer *, int fd);
static void read_no_pages(struct peer *, int fd);
static void ack_nothing(struct peer *, int fd);
static void send_part_of_post(struct peer *, int fd);
static void read_no_replies(struct peer *, int fd);

/* What is done, and the lines of the table that it fills. */
static const struct grip {
	const char *name;
	enum who who;		/* NOBODY: no handshake; VISITOR: HTTP */
	int conns;
	void (*drive)(struct peer *, int fd);
	unsigned long least, bound;	/* bytes */
} grips[] = {
	{ "says nothing", NOBODY, CONNS, say_nothing, 200, IDLE },
	{ "stops in a TLS record", NOBODY, 150, send_part_of_record,
	    14000, IDLE + 16400 },
	{ "stops in a handshake", NOBODY, 500, send_hello,
	    3000, IDLE + 4500 + 4500 },
	{ "is not logged in", STRANGER, CONNS, say_nothing, 500, IDLE },
	{ "stops in a frame", STRANGER, 150, send_part_of_frame,
	    3000, IDLE + 4100 },
	{ "stops in a token", STRANGER, 150, send_part_of_login,
	    14000, IDLE + 16400 },
	{ "reads no pages", VISITOR, 50, read_no_pages,
	    60000, IDLE + 82000 + 16400 + 66000 },
	{ "is a member", MEMBER, CONNS, say_nothing, 500, IDLE },
	{ "acks nothing", MEMBER, MUTES, ack_nothing,
	    1500, IDLE + 1600 + WINDOW * IN_STORE },
	{ "stops in a post", MEMBER, 150, send_part_of_post,
	    120000, IDLE + 16400 + 131100 },
	{ "reads no replies", MEMBER, 30, read_no_replies,
	    60000, IDLE + 16400 + 65600 + 65600 + 66000 }
};

static struct relay_process relay;
static struct client_pool *pool;
static struct peer peers[CONNS];
static int fds[CONNS];
static char hello[400];		/* what a client says first */
static size_t hello_length;

static void
say_nothing(struct peer *m, int fd)
{
	(void)m;
	(void)fd;
}

static void
send_part_of_record(struct peer *m, int fd)
{
	static char record[16000] = "\x16\x03\x01\x40\x00\x01";

	(void)m;
	CHECK(send(fd, record, sizeof(record), MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(record), "send: %s", strerror(errno));
}

static void
send_hello(struct peer *m, int fd)
{
	(void)m;
	CHECK(send(fd, hello, hello_length, MSG_NOSIGNAL) ==
	    (ssize_t)hello_length, "send: %s", strerror(errno));
}

static void
send_part_of_frame(struct peer *m, int fd)
{
	static char frame[4000] = "0ff0{\"op\":0,\"id\":\"";

	(void)fd;
	memset(frame + 17, 'x', sizeof(frame) - 17);
	client_send(m->client, (struct span){ frame, sizeof(frame) });
	client_push(m->client);
}

static void
send_part_of_login(struct peer *m, int fd)
{
	static char frame[16000] = "3ff0{\"op\":1,\"oidc\":{\"id_token\":\"";

	(void)fd;
	memset(frame + 32, 'x', sizeof(frame) - 32);
	client_send(m->client, (struct span){ frame, sizeof(frame) });
	client_push(m->client);
}

static void
read_no_pages(struct peer *m, int fd)
{
	int i, small = 4096;

	(void)fd;
	setsockopt(client_fd(m->client), SOL_SOCKET, SO_RCVBUF, &small,
	    sizeof(small));
	for (i = 0; i < PAGES; i++)
		client_send(m->client, SPAN("GET / HTTP/1.1\r\nHost: a\r\n"
		    "Accept-Encoding: gzip\r\n\r\n"));
	client_push(m->client);
}

/*
 * They read what the first sends to all, and no more.  The store has these
 * messages only once, so that little of what is measured is in the store.
 */
static void
ack_nothing(struct peer *m, int fd)
{
	struct buf head = { NULL, 0, 0 };
	int i, k;

	(void)fd;
	m->mute = true;
	if (m != &peers[MUTES - 1])
		return;
	for (k = 0; k < WINDOW; k++) {
		head.n = 0;
		buf_addf(&head, "{\"op\":7,\"id\":\"%d\",\"for\":[", k);
		for (i = 1; i < MUTES; i++)
			buf_addf(&head, "%s{\"id\":\"%s\",\"type\":1}",
			    i > 1 ? "," : "", peers[i].uid);
		buf_addf(&head, "],\"datalen\":0}");
		client_put(peers[0].client, buf_span(&head), SPAN(""));
	}
	while (k-- > 0)
		peer_frame_free(peer_await(&peers[0], "ack"));
	for (i = 1; i < MUTES; i++) {
		for (k = 0; k < WINDOW; k++)
			peer_frame_free(peer_await(&peers[i], "delivery"));
	}
	buf_free(&head);
}

static void
send_part_of_post(struct peer *m, int fd)
{
	static char data[PARTLY];
	static char id[60000];
	struct buf b = { NULL, 0, 0 };

	(void)fd;
	memset(id, 'x', sizeof(id) - 1);
	buf_addf(&b, "{\"op\":7,\"id\":\"%s\",\"for\":[{\"id\":\"%s\","
	    "\"type\":1}],\"datalen\":65536}", id, m->uid);
	client_put(m->client, buf_span(&b), SPAN(""));
	client_send(m->client, (struct span){ data, sizeof(data) });
	client_push(m->client);
	buf_free(&b);
}

static void
read_no_replies(struct peer *m, int fd)
{
	static char id[LONG];
	struct buf b = { NULL, 0, 0 };
	int i, small = 4096;

	(void)fd;
	setsockopt(client_fd(m->client), SOL_SOCKET, SO_RCVBUF, &small,
	    sizeof(small));
	memset(id, 'x', sizeof(id) - 1);
	buf_addf(&b, "{\"op\":8,\"id\":\"%s\",\"datalen\":0,"
	    "\"to\":\"nobody has this alias\"}", id);
	for (i = 0; i < REQUESTS; i++)
		client_put(m->client, buf_span(&b), SPAN(""));
	client_push(m->client);
	buf_free(&b);
}

static int
raw_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(relay.port);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		die("connect: %s", strerror(errno));
	return fd;
}

static void
begin(const struct grip *h, int i)
{
	static char names[CONNS][24];

	(void)snprintf(names[i], sizeof(names[i]), "member %d", i);
	peer_init(&peers[i], names[i]);
	fds[i] = -1;
	if (h->who == NOBODY) {
		fds[i] = raw_connect();
	} else if (h->who == VISITOR) {
		peers[i].client = client_connect(pool, relay.port, NULL);
		CHECK(peer_await_open(peers[i].client, RELAY_PATIENCE),
		    "no handshake");
	} else if (h->who == STRANGER) {
		peer_connect(&peers[i], pool, relay.port);
		peer_frame_free(peer_await(&peers[i], "tmtprev"));
	} else {
		peer_register(&peers[i], pool, relay.port);
	}
}

/* Send what is queued, for a while, and read nothing. */
static void
push_all(void)
{
	uint64_t end = relay_clock() + 1500;
	int i;

	while (relay_clock() < end) {
		for (i = 0; i < CONNS; i++) {
			if (peers[i].client != NULL)
				client_step(peers[i].client, POLLER_WRITE);
		}
		relay_sleep(10);
	}
}

static void
try_hold(const struct grip *h)
{
	static const struct grip warm = {
		"warm", MEMBER, 1, say_nothing, 0, 0
	};
	unsigned long before, after, each;
	int i;

	relay_start(&relay);
	begin(h->who == MEMBER ? &warm : h, 0);
	h->drive(&peers[0], fds[0]);
	push_all();
	before = relay_memory(&relay);
	for (i = 1; i < h->conns; i++)
		begin(h, i);
	for (i = 1; i < h->conns; i++)
		h->drive(&peers[i], fds[i]);
	push_all();
	after = relay_memory(&relay);
	each = (after - before) * 1024 / (unsigned)(h->conns - 1);
	printf("%-24s %7lu bytes; the table says %7lu\n", h->name, each,
	    h->bound);
	CHECK(after >= before && each >= h->least, "%s: it is not reached",
	    h->name);
	CHECK(each <= h->bound + SLACK(h->bound) +
	    (h->who == MEMBER ? USER : 0), "%s: it is more", h->name);
	for (i = 0; i < h->conns; i++) {
		peer_free(&peers[i]);
		if (fds[i] != -1)
			close(fds[i]);
	}
	CHECK(relay_stop(&relay, SIGTERM) == 0, "the relay failed");
}

int
main(int argc, char **argv)
{
	const struct grip *h;
	char *program;

	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: memory MNM");
	pool = client_pool_open();
	hello_length = peer_record_hello(pool, hello, sizeof(hello));
	for (h = grips; h < grips + COUNT(grips); h++) {
		relay_init(&relay, program);
		relay_configure(&relay, h->drive != send_part_of_login ?
		    TIMES : TIMES PROVIDER);
		relay_file(&relay, "keys", "{\"keys\":[{\"kty\":\"EC\","
		    "\"crv\":\"P-256\",\"kid\":\"k\","
		    "\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\","
		    "\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}"
		    "]}");
		try_hold(h);
		relay_free(&relay);
	}
	client_pool_close(pool);
	free(program);
	return check_report("memory");
}
