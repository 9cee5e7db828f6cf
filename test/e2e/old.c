/*
 * old MNM - whether a data directory of an earlier version of mnm is served in
 * full: by the modules in this process, and by the program MNM.
 *
 * test/e2e/old.tar.gz is what that version left behind when it was killed:
 * members, one of them disabled; aliases, one dropped, one for a single use; a
 * group; invitations; and messages in files and in the journal, small and
 * large.  Without the lock, the key and the certificate.  Tests run at the top
 * of the sources.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "datadir.h"
#include "store.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"
#include "userdb.h"

#define ALICE "C+PS8Z8Q2GRKX5DVKLJ77DT2FCH%HBD5"
#define BOB   "X3FQZVLY+59B7B9DR71PPJ3XBQQR3S2R"
#define CAROL "F9T%8HS8GZ8LGMVDTWDM2TCQK294W99D"
#define DAVE  "QW95VSMJHX4WJN6H63VQNL23VZVVCH1D"

static const struct {
	const char *uid, *nodeid;
	uint32_t ref;
	unsigned flags;
} nodes[] = {
	{ ALICE, "RW26B2B3+CCFB2FXKFL23MM45CQJFS12585CTGTJ", 1, 0 },
	{ BOB, "V+H3MX24BV5S181SDGP4LRFRRDG+ZG925DG6ZBNP", 1, 0 },
	{ BOB, "JX16G6RSJ%227SKNC69KM%8%FFKB2ZDXW6+T+82K", 2, 0 },
	{ CAROL, "R51622G92NWMSXD3XVKC613CV6YPR9HFGWL%8GPD", 1, 0 },
	{ DAVE, "6WPPQ1YP7YM%TFLDJG399TXD2N%LXHX86%6+CHPP", 1, USER_DISABLED }
};

static const struct {
	const char *name, *uid;
	bool dropped;
	uint32_t uses;
} aliases[] = {
	{ "Alice", ALICE, false, ALIAS_UNLIMITED },
	{ "Fair", ALICE, false, 1 },
	{ "Old name", ALICE, true, ALIAS_UNLIMITED },
	{ "Bob", BOB, false, ALIAS_UNLIMITED },
	{ "Carol", CAROL, false, ALIAS_UNLIMITED },
	{ "Dave", DAVE, false, ALIAS_UNLIMITED }
};

static const struct {
	const char *alias, *uid;
	enum member_state state;
} members[] = {
	{ "Alice", ALICE, MEMBER_JOINED },
	{ "Bobby", BOB, MEMBER_JOINED },
	{ "Carol", CAROL, MEMBER_INVITED }
};

/* What waits for Bob.  Large data is these 16 bytes over and over. */
static const struct {
	uint64_t id;
	const char *data;
	size_t times;
} messages[] = {
	{ 0x18ebbbb09c86e901, "in a file 0", 1 },
	{ 0x18ebbbb09ce27681, "in a file 1", 1 },
	{ 0x18ebbbb09de5dcc1, "in a file 2", 1 },
	{ 0x18ebbbb09e22e5c1, "in a file 3", 1 },
	{ 0x18ebbbb09f1709c1, "in a file 4", 1 },
	{ 0x18ebbbb0a038f481, "0123456789abcdef", 8192 },
	{ 0x18ebbbb0ecef0441, "in the journal 0", 1 },
	{ 0x18ebbbb0ed879ac1, "in the journal 1", 1 },
	{ 0x18ebbbb0ee01acc1, "in the journal 2", 1 },
	{ 0x18ebbbb0ee3eb5c1, "in the journal 3", 1 },
	{ 0x18ebbbb0eea98581, "in the journal 4", 1 },
	{ 0x18ebbbb0ef6fe2c1, "fedcba9876543210", 8192 },
	{ 0x18ebbbb0efe9f4c1, "hello club", 1 }
};

#define MESSAGES COUNT(messages)
#define PHONE_NEWS 4		/* for Bob's second node, before those */

/* ---- in this process ---- */

static void
check_people(struct datadir *d, const char *when)
{
	const struct user *u;
	const struct node *n;
	const struct alias *a;
	size_t i;

	CHECK(userdb_user_count(d->userdb) == 4, "%s: not 4 users", when);
	for (i = 0; i < COUNT(nodes); i++) {
		u = userdb_user_text(d->userdb, span_of(nodes[i].uid));
		n = u == NULL ? NULL :
		    userdb_login(u, span_of(nodes[i].nodeid));
		CHECK(n != NULL && n->ref == nodes[i].ref && n->seen > 0 &&
		    u->flags == nodes[i].flags, "%s: node %zu", when, i);
	}
	for (i = 0; i < COUNT(aliases); i++) {
		a = userdb_alias(d->userdb, span_of(aliases[i].name));
		CHECK(a != NULL && a->dropped == aliases[i].dropped &&
		    a->uses == aliases[i].uses && a->user ==
		    userdb_user_text(d->userdb, span_of(aliases[i].uid)),
		    "%s: alias %s", when, aliases[i].name);
	}
}

static void
check_group(struct datadir *d, const char *when)
{
	const struct group *g = userdb_group(d->userdb, SPAN("book club"));
	const struct member *m;
	size_t i;

	CHECK(g != NULL && g->member_count == COUNT(members) &&
	    strcmp(g->gid, "Book Club") == 0, "%s: group", when);
	for (i = 0; g != NULL && i < COUNT(members); i++) {
		m = roster_member(g, userdb_user_text(d->userdb,
		    span_of(members[i].uid)));
		CHECK(m != NULL && m->state == members[i].state &&
		    strcmp(m->alias, members[i].alias) == 0,
		    "%s: member %s", when, members[i].alias);
	}
}

static void
check_invites(struct datadir *d, const char *when)
{
	const struct invite *erin = invite_at(d->invites, 0);
	const struct invite *frank = invite_at(d->invites, 1);

	CHECK(erin != NULL && strncmp(erin->name, "Erin", 4) == 0 &&
	    erin->coded && erin->kind == INVITE_INVITATION, "%s: Erin", when);
	CHECK(frank != NULL && strcmp(frank->name, "Frank") == 0 &&
	    !frank->coded && invite_at(d->invites, 2) == NULL, "%s: Frank",
	    when);
}

/* The queue of one of Bob's nodes: so much news, then the messages. */
static void
check_queue(struct datadir *d, uint32_t ref, size_t news, const char *when)
{
	const struct user *bob = userdb_user_text(d->userdb, SPAN(BOB));
	struct queue *q = store_queue(d->store, &bob->uid, ref);
	uint64_t id = 0, length;
	size_t i;

	for (i = 0; i < news; i++)
		CHECK(store_next(d->store, q, id, &id, &length) == 1 &&
		    id < messages[0].id, "%s: news %zu for node %u", when, i,
		    ref);
	for (i = 0; i < MESSAGES; i++)
		CHECK(store_next(d->store, q, id, &id, &length) == 1 &&
		    id == messages[i].id && length >
		    strlen(messages[i].data) * messages[i].times,
		    "%s: message %zu for node %u: %" PRIx64, when, i, ref, id);
	CHECK(store_next(d->store, q, id, &id, &length) == 0,
	    "%s: more for node %u", when, ref);
}

static void
check_data(struct datadir *d, const char *when)
{
	CHECK(d->quarantine.count == 0, "%s: damage", when);
	check_people(d, when);
	check_group(d, when);
	check_invites(d, when);
	check_queue(d, 1, 0, when);
	check_queue(d, 2, PHONE_NEWS, when);
}

static void
must_open(struct datadir *d, const struct relay_process *r)
{
	char path[RELAY_PATH + 16], why[256] = "";

	(void)snprintf(path, sizeof(path), "%s/mnm-data", r->dir);
	if (datadir_open(d, path, (uint64_t)16 << 20, why, sizeof(why)) == -1)
		die("%s", why);
}

static void
check_modules(const struct relay_process *r)
{
	struct datadir d;

	must_open(&d, r);
	check_data(&d, "at first");
	CHECK(datadir_checkpoint(&d) == 0, "no checkpoint");
	check_data(&d, "after a checkpoint");
	CHECK(datadir_close(&d) == 0, "not closed");
	must_open(&d, r);
	check_data(&d, "after a restart");
	CHECK(datadir_close(&d) == 0, "not closed again");
}

/* ---- the program ---- */

static bool
is_message(const struct peer_frame *f, size_t i)
{
	size_t k, n = strlen(messages[i].data);
	uint64_t id = 0;
	char text[PEER_TEXT];

	if (!decode_hex64(&id, span_of(peer_get(f, "id", text))) ||
	    id != messages[i].id || f->data.n != n * messages[i].times ||
	    !peer_is(f, "from", ALICE))
		return false;
	for (k = 0; k < messages[i].times; k++) {
		if (memcmp(f->data.p + k * n, messages[i].data, n) != 0)
			return false;
	}
	return true;
}

/* Log in as node i, and get the first so many messages; all stay if mute. */
static void
check_node(struct relay_process *r, struct client_pool *pool, size_t i,
    size_t count, bool mute, const char *when)
{
	struct peer p;
	struct peer_frame *f;
	size_t k;

	peer_init(&p, "old");
	memcpy(p.uid, nodes[i].uid, UID_TEXT + 1);
	memcpy(p.nodeid, nodes[i].nodeid, NODEID_TEXT + 1);
	p.mute = mute;
	peer_login(&p, pool, r->port);
	if (nodes[i].flags & USER_DISABLED) {
		f = peer_await(&p, "quit");
		CHECK(strstr(f->head, "disabled") != NULL, "%s: %s", when,
		    f->head);
		peer_frame_free(f);
	} else {
		peer_frame_free(peer_await(&p, "info"));
		for (k = 0; k < count; k++) {
			f = peer_await(&p, "delivery");
			CHECK(is_message(f, k), "%s: node %zu: message %zu is "
			    "%s", when, i, k, f->head);
			peer_frame_free(f);
		}
		CHECK(peer_is_quiet(&p, "delivery"), "%s: node %zu: more",
		    when, i);
	}
	peer_free(&p);
}

static void
check_program(struct relay_process *r, struct client_pool *pool, bool mute,
    const char *when)
{
	size_t i;

	relay_start(r);
	for (i = 0; i < COUNT(nodes); i++)
		check_node(r, pool, i, strcmp(nodes[i].uid, BOB) == 0 ?
		    MESSAGES : 0, mute, when);
}

static void
must_run(struct operator *o, const char *command)
{
	if (operator_shell(&o->relay, &o->said, command) != 0)
		die("%s: %s", command, o->said.p);
}

int
main(int argc, char **argv)
{
	char program[RELAY_PATH] = "", fixture[RELAY_PATH] = "";
	char unpack[RELAY_PATH + 64];
	struct client_pool *pool;
	struct operator o;

	if (argc != 2 || realpath(argv[1], program) == NULL ||
	    realpath("test/e2e/old.tar.gz", fixture) == NULL) {
		fprintf(stderr, "usage: old MNM\n");
		return 2;
	}
	log_level(LOG_QUIET);
	(void)snprintf(unpack, sizeof(unpack), "rm -rf mnm-data && "
	    "gzip -dc '%s' | tar -xf -", fixture);
	operator_init(&o, program);
	relay_configure(&o.relay, "\"window\": 64,");
	pool = client_pool_open();
	must_run(&o, unpack);
	check_modules(&o.relay);
	must_run(&o, unpack);
	check_program(&o.relay, pool, true, "at first");
	CHECK(operator_run(&o, "user list") == 0 &&
	    strstr(o.said.p, DAVE) != NULL, "user list: %s", o.said.p);
	CHECK(operator_run(&o, "group show 'Book Club'") == 0 &&
	    strstr(o.said.p, "Bobby") != NULL, "group show: %s", o.said.p);
	CHECK(relay_stop(&o.relay, SIGKILL) == 256 + SIGKILL, "not killed");
	CHECK(operator_run(&o, "fsck --repair") == 0, "fsck: %s", o.said.p);
	check_program(&o.relay, pool, true, "after a checkpoint");
	CHECK(relay_stop(&o.relay, SIGTERM) == 0, "not stopped");
	check_program(&o.relay, pool, false, "after a restart");
	client_pool_close(pool);
	operator_free(&o);
	return check_report("old");
}
