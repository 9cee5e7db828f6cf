/*
 * news MNM - the relay's own news for a member whose second device is absent:
 * the first logs in and out, and another member of a group has a new name each
 * time.  Prints how much waits, and fails if it keeps a post out.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"

#define QUEUE_MAX 50
#define NEWS_SHARE (QUEUE_MAX / 10)	/* that may wait */
#define LOGINS 1000
#define NAMES  1000

static struct operator operator;
static struct client_pool *pool;
static struct peer a, b, c;

static void
ask(struct peer *m, const char *request)
{
	struct peer_frame *f;

	peer_say(m, "%s", request);
	f = peer_await(m, "ack");
	CHECK(strstr(f->head, "\"error\"") == NULL, "%s: %s", request,
	    f->head);
	peer_frame_free(f);
}

static void
begin(void)
{
	char conf[64];

	/* And the message that there is a new device. */
	(void)snprintf(conf, sizeof(conf), "\"queue_messages_max\": %d,",
	    QUEUE_MAX + 1);
	relay_configure(&operator.relay, conf);
	relay_start(&operator.relay);
	peer_init(&a, "alice");
	peer_init(&b, "bob");
	peer_init(&c, "carol");
	peer_register(&a, pool, operator.relay.port);
	peer_register(&b, pool, operator.relay.port);
	peer_register(&c, pool, operator.relay.port);
	ask(&a, "{\"op\":5,\"id\":\"1\",\"gid\":\"Club\",\"from\":\"alice\","
	    "\"to\":\"bob\",\"datalen\":0}");
	ask(&b, "{\"op\":6,\"id\":\"1\",\"gid\":\"Club\",\"act\":\"join\"}");
	ask(&a, "{\"op\":3,\"id\":\"2\",\"newnode\":\"absent\"}");
	peer_drop(&a);
}

/* A number of the operator's answer about the absent device. */
static unsigned long
waiting(void)
{
	const char *row, *number = NULL;
	char key[] = "\"messages\":";

	operator_expect(&operator, 0, "\"node\":2", "queue alice --json");
	row = strstr(operator.said.p, "\"node\":2");
	if (row != NULL)
		number = strstr(row, key);
	return number != NULL ? strtoul(number + strlen(key), NULL, 10) : 0;
}

static void
flap(void)
{
	unsigned long before = waiting();
	unsigned i;

	for (i = 0; i < LOGINS; i++) {
		peer_login(&a, pool, operator.relay.port);
		peer_frame_free(peer_await(&a, "info"));
		peer_drop(&a);
	}
	printf("news: %d logins of one device leave %lu messages for the other "
	    "one, which has room for %d\n", LOGINS, waiting() - before,
	    QUEUE_MAX);
	CHECK(waiting() <= 1 + NEWS_SHARE, "a login does not replace the last");
}

static void
rename_member(void)
{
	char request[128];
	unsigned i;

	for (i = 0; i < NAMES; i++) {
		(void)snprintf(request, sizeof(request), "{\"op\":6,\"id\":"
		    "\"n%u\",\"gid\":\"Club\",\"act\":\"alias\",\"newalias\":"
		    "\"bob %u\"}", i, i);
		ask(&b, request);
	}
	printf("news: with %d names of a member of a group, %lu messages "
	    "wait\n", NAMES, waiting());
	CHECK(waiting() <= 1 + NEWS_SHARE, "the news is not limited");
}

/* All of the queue is there for posts. */
static void
post(void)
{
	unsigned i, taken = 0;
	struct peer_frame *f;

	for (i = 0; i < QUEUE_MAX; i++) {
		peer_say(&c, "{\"op\":7,\"id\":\"p%u\",\"for\":[{\"id\":\"%s\","
		    "\"type\":1}],\"datalen\":0}", i, a.uid);
		f = peer_await(&c, "ack");
		taken += f->head[0] != '\0' && strstr(f->head,
		    "\"error\"") == NULL;
		peer_frame_free(f);
	}
	printf("news: then %u of %d posts are taken, and %lu messages wait\n",
	    taken, QUEUE_MAX, waiting());
	CHECK(taken == QUEUE_MAX, "news keeps posts out");
}

int
main(int argc, char **argv)
{
	char *program;

	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: news MNM");
	pool = client_pool_open();
	operator_init(&operator, program);
	begin();
	flap();
	rename_member();
	post();
	peer_free(&a);
	peer_free(&b);
	peer_free(&c);
	operator_free(&operator);
	client_pool_close(pool);
	free(program);
	return check_report("news");
}
