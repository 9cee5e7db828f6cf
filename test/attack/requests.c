/*
 * requests MNM - strangers of many networks ask to join, with many names each,
 * to push out a request that somebody else has made.  Prints how many networks
 * that takes and what is left of two people of one household; fails if it is
 * too few, or if a request that is there cannot be approved.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"

#define HONEST      "Honest Hanna"
#define HONEST_FROM "203.0.113.7"
#define NETS        66		/* which must not do */
#define NETS_MAX    160
#define NAMES       10		/* that each of them asks for */

static struct operator operator;
static struct client_pool *pool;

/* Behind a proxy, as the only listener: so addresses can be chosen. */
static void
begin(void)
{
	relay_file(&operator.relay, "mnm.config", "{ \"register\": \"invite\","
	    "\"listen\": { \"net\": \"unix\", \"laddr\": \"socket\", "
	    "\"tls\": false, \"proxy\": true } }\n");
	relay_start(&operator.relay);
}

/* Ask to join from this address; whether that is granted. */
static bool
ask(const char *from, const char *name)
{
	char path[RELAY_PATH + 16], header[64];
	struct peer p;
	struct peer_frame *f;
	bool granted = false;

	(void)snprintf(path, sizeof(path), "%s/socket", operator.relay.dir);
	(void)snprintf(header, sizeof(header),
	    "PROXY TCP4 %s 192.0.2.1 4711 443\r\n", from);
	peer_init(&p, name);
	p.client = client_connect_unix(pool, path);
	if (p.client == NULL)
		die("%s: %s", path, strerror(errno));
	peer_data(&p, span_of(header));
	peer_say(&p, "{\"op\":0,\"id\":\"1\"}");
	peer_frame_free(peer_await(&p, "tmtprev"));
	peer_say(&p, "{\"op\":1,\"newnode\":\"x\",\"newalias\":\"%s\"}", name);
	while ((f = peer_next(&p)) == NULL && !p.over &&
	    peer_wait(p.client, relay_clock() + RELAY_PATIENCE))
		peer_step(&p, 0);
	granted = peer_is(f, "op", "registered");
	peer_frame_free(f);
	peer_free(&p);
	return granted;
}

/* The request for this name, as the operator is shown it; "" for none. */
static void
find(const char *name, char *entry, size_t room)
{
	char quoted[64];
	const char *from;

	(void)snprintf(quoted, sizeof(quoted), "{\"alias\":\"%s\"", name);
	operator_expect(&operator, 0, "{", "requests --json");
	from = strstr(operator.said.p, quoted);
	entry[0] = '\0';
	if (from != NULL)
		(void)snprintf(entry, room, "%.*s}", (int)strcspn(from, "}"),
		    from);
}

/* All names of the i-th network. */
static void
ask_often(unsigned i)
{
	char from[32], name[32];
	unsigned n;

	for (n = 0; n < NAMES; n++) {
		(void)snprintf(from, sizeof(from), "198.18.%u.%u", i, n + 1);
		(void)snprintf(name, sizeof(name), "Stranger %u.%u", i, n);
		CHECK(!ask(from, name), "%s is let in", name);
	}
}

static void
push_out(void)
{
	char before[300], after[300];
	unsigned i = 0;

	CHECK(!ask(HONEST_FROM, HONEST), "nobody has approved it");
	relay_sleep(20);
	CHECK(!ask(HONEST_FROM, HONEST), "nobody has approved it");
	find(HONEST, before, sizeof(before));
	CHECK(strstr(before, "\"count\":2") != NULL, "not two attempts: %s",
	    before);
	do {
		ask_often(i++);
		find(HONEST, after, sizeof(after));
	} while (strcmp(before, after) == 0 && i < NETS_MAX);
	printf("requests: %u networks with %d names each %s another's\n", i,
	    NAMES, strcmp(before, after) == 0 ? "leave" : "push out");
	CHECK(i > NETS, "it is too few: %s instead of %s", after, before);
	/* After all of them. */
	CHECK(!ask(HONEST_FROM, HONEST), "nobody has approved it");
	operator_expect(&operator, 0, "", "approve '" HONEST "'");
	CHECK(ask(HONEST_FROM, HONEST), "it was approved, and is not let in");
}

static void
household(void)
{
	char anna[300], ben[300];

	CHECK(!ask("192.0.2.7", "Anna") && !ask("192.0.2.8", "Ben"),
	    "nobody has approved them");
	find("Anna", anna, sizeof(anna));
	find("Ben", ben, sizeof(ben));
	printf("requests: of two people of one household, %d are listed\n",
	    (anna[0] != '\0') + (ben[0] != '\0'));
	CHECK(anna[0] != '\0' && ben[0] != '\0', "one replaces the other");
	operator_expect(&operator, 0, "", "approve Anna");
	CHECK(ask("192.0.2.7", "Anna"), "approved, and not let in");
	CHECK(!ask("192.0.2.8", "Ben"), "let in, but not approved");
}

int
main(int argc, char **argv)
{
	char *program;

	if (argc < 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: requests MNM");
	pool = client_pool_open_plain();
	operator_init(&operator, program);
	begin();
	push_out();
	household();
	operator_free(&operator);
	client_pool_close(pool);
	free(program);
	return check_report("requests");
}
