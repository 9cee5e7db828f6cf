#include "test/e2e/fulldisk.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define POST_BYTES 60000
#define POSTS_MAX   2000	/* four times what fits on the disk */

/* What is mounted, to unmount it however the program ends. */
static char mounted[RELAY_PATH + 16];

static void
unmount(void)
{
	char command[RELAY_PATH + 64];

	if (mounted[0] == '\0')
		return;
	snprintf(command, sizeof(command), "umount -l '%s'", mounted);
	CHECK(system(command) == 0, "%s", command);
	mounted[0] = '\0';
}

/* A disk of 32 MB for the relay's data. */
static bool
mount_disk(const struct relay_process *r)
{
	char path[RELAY_PATH + 16], command[RELAY_PATH + 128];

	snprintf(path, sizeof(path), "%s/mnm-data", r->dir);
	snprintf(command, sizeof(command), "mount -t tmpfs -o "
	    "size=32m,mode=700 tmpfs '%s' 2>/dev/null", path);
	if (geteuid() != 0 || mkdir(path, 0700) == -1 || system(command) != 0)
		return false;
	strcpy(mounted, path);
	atexit(unmount);
	return true;
}

/* Post; returns whether it was acked without an error. */
static bool
post(struct peer *from, const struct peer *to, char first)
{
	static char data[POST_BYTES];
	struct peer_frame *f;
	char text[PEER_TEXT];
	bool stored;

	memset(data, first, sizeof(data));
	peer_say(from, "{\"op\":7,\"id\":\"p\",\"datalen\":%d,"
	    "\"for\":[{\"id\":\"%s\",\"type\":1}]}", POST_BYTES, to->uid);
	peer_data(from, (struct span){ data, sizeof(data) });
	f = peer_await(from, "ack");
	stored = peer_is(f, "error", "");
	CHECK(stored || strstr(peer_get(f, "error", text),
	    "the disk is full") != NULL, "refused as: %s", f->head);
	peer_frame_free(f);
	return stored;
}

/* The posts are delivered in order, whole. */
static void
receive(struct peer *m, int posts)
{
	struct peer_frame *f;
	char expected;
	int i;

	for (i = 0; i < posts; i++) {
		f = peer_await(m, "delivery");
		expected = (char)('a' + i % 26);
		CHECK(f->data.n >= POST_BYTES && f->data.p[0] == expected &&
		    f->data.p[POST_BYTES - 1] == expected,
		    "post %d of %d: %s", i, posts, f->head);
		peer_frame_free(f);
	}
}

static void
expect_health(struct client_pool *pool, uint16_t port, const char *status,
    const char *word)
{
	struct buf answer = peer_http(pool, port,
	    "GET /health HTTP/1.0\r\n\r\n");

	CHECK(strncmp(answer.p, status, strlen(status)) == 0 &&
	    strstr(answer.p, word) != NULL, "health: %s", answer.p);
	buf_free(&answer);
}

/* Returns how many posts were acked before the disk was full. */
static int
fill(struct peer *from, const struct peer *to)
{
	int posts = 0;

	while (posts < POSTS_MAX && post(from, to, (char)('a' + posts % 26)))
		posts++;
	CHECK(posts > 100 && posts < POSTS_MAX, "%d posts fill it", posts);
	CHECK(!post(from, to, '-'),
	    "a post was accepted after one was refused");
	return posts;
}

static void
talk(struct relay_process *r, struct peer *a, struct peer *b)
{
	struct client_pool *pool = client_pool_open();
	uint64_t end;
	bool stored;
	int posts;

	peer_register(a, pool, r->port);
	peer_register(b, pool, r->port);
	peer_drop(b);
	expect_health(pool, r->port, "HTTP/1.1 200 ", "\r\n\r\nok\n");
	posts = fill(a, b);
	expect_health(pool, r->port, "HTTP/1.1 503 ", "\r\n\r\nfull\n");
	CHECK(relay_said(r, "posts are refused"), "it is not logged");

	peer_login(a, pool, r->port);
	CHECK(!post(a, b, '-'), "a full disk accepts a post");
	peer_login(b, pool, r->port);
	receive(b, posts);

	end = relay_clock() + RELAY_PATIENCE;
	while (!(stored = post(a, b, '!')) && relay_clock() < end)
		relay_sleep(100);
	CHECK(stored, "posts are refused for ever");
	expect_health(pool, r->port, "HTTP/1.1 200 ", "\r\n\r\nok\n");
	CHECK(relay_said(r, " again\n"), "the end is not logged");
	peer_frame_free(peer_await(b, "delivery"));
	CHECK(peer_is_quiet(b, "delivery"),
	    "more was delivered than was acked");
	peer_drop(a);
	peer_drop(b);
	client_pool_close(pool);
}

void
fulldisk_test(const char *program)
{
	struct relay_process r;
	struct peer a, b;

	relay_init(&r, program);
	if (!mount_disk(&r)) {
		puts("e2e: SKIPPED: a full disk needs root and mount; "
		    "disk_full.t simulates one");
		relay_free(&r);
		return;
	}
	relay_configure(&r, "\"pings_per_day\": 0, "
	    "\"failed_pings_in_a_row\": 0,");
	relay_start(&r);
	peer_init(&a, "Alice Anderson");
	peer_init(&b, "Bob Brown");
	talk(&r, &a, &b);
	peer_free(&a);
	peer_free(&b);
	CHECK(relay_stop(&r, SIGTERM) == 0, "SIGTERM does not end it with 0");
	unmount();
	relay_free(&r);
}
