/*
 * Records in an order that only damage can leave: start-up must make of them
 * what it can.
 */
#include "userdb/roster.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "test/lib/check.h"

#define A "\"uid\":\"%1111111111111111111111111111111\""
#define B "\"uid\":\"%1222222222222222222222222222222\""
#define SECRET "\"salt\":\"00112233445566ff\",\"hash\":\"0001020304050607" \
	"08090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\""

static void
apply(struct roster *ro, const char *text)
{
	struct buf strings = { NULL, 0, 0 };
	struct record r;

	CHECK(record_read(&r, span_of(text), &strings) != RECORD_INVALID,
	    "%s makes no sense", text);
	roster_apply(ro, &r);
	buf_free(&strings);
}

static struct user *
find(const struct roster *ro, const char *text)
{
	struct buf strings = { NULL, 0, 0 };
	struct record r;

	(void)record_read(&r, span_of(text), &strings);
	buf_free(&strings);
	return roster_user(ro, &r.uid);
}

/* Nothing that a record names has been heard of. */
static void
check_pieces(void)
{
	struct roster *ro = roster_open();
	struct group *g;
	struct user *u;
	size_t at = 0;

	apply(ro, "{\"alias\":\"a\",\"gid\":\"G\",\"state\":\"joined\"," A "}");
	g = roster_group(ro, SPAN("g"));
	u = find(ro, "{" A "}");
	CHECK(g != NULL && g->member_count == 1, "no group");
	CHECK(u != NULL && u->node_count == 0, "no user");
	CHECK(g != NULL && roster_member(g, u) == &g->members[0], "member");
	CHECK(u->groups_made == 1, "it has made %u", (unsigned)u->groups_made);
	apply(ro, "{\"alias\":\"b\",\"gid\":\"G\","
	    "\"state\":\"invited\"," B "}");
	apply(ro, "{\"alias\":\"c\",\"gid\":\"G\",\"state\":\"left\"," A "}");
	CHECK(u->groups_made == 1 && find(ro, "{" B "}")->groups_made == 0,
	    "who joins has made it");
	apply(ro, "{\"gone\":true,\"node\":6," A "}");
	CHECK(u->next_ref == 7, "next is %u", (unsigned)u->next_ref);
	apply(ro, "{\"alias\":\"name\",\"uses\":3," A "}");
	CHECK(roster_alias(ro, SPAN("NAME"))->uses == 3, "uses");
	apply(ro, "{\"node\":4," SECRET "," A "}");
	apply(ro, "{\"node\":2," SECRET ",\"label\":\"two\"," A "}");
	apply(ro, "{\"next_ref\":3," A "}");
	CHECK(u->next_ref == 7, "6 may be used again");
	CHECK(u->node_count == 2 && u->nodes[0]->ref == 2 &&
	    u->nodes[1]->ref == 4, "the nodes' order");
	apply(ro, "{\"node\":2," SECRET ",\"label\":\"new\"," A "}");
	CHECK(u->node_count == 2 &&
	    span_is(span_of(roster_node(u, 2)->label), SPAN("new")), "label");
	apply(ro, "{\"node\":2,\"seen\":9," A "}");
	apply(ro, "{\"node\":2,\"seen\":8," A "}");
	apply(ro, "{\"node\":3,\"seen\":7," A "}");
	CHECK(roster_node(u, 2)->seen == 9 && roster_node(u, 4)->seen == 0 &&
	    u->node_count == 2, "seen");
	apply(ro, "{\"node\":2,\"wake\":\"https://p\"," A "}");
	apply(ro, "{\"node\":2,\"woken\":1," A "}");
	apply(ro, "{\"node\":3,\"wake\":\"https://q\"," A "}");
	CHECK(roster_node(u, 2)->wake != NULL && roster_node(u, 2)->woken &&
	    roster_node(u, 2)->seen == 9, "wake");
	apply(ro, "{\"node\":2,\"wake\":\"https://r\"," A "}");
	CHECK(span_is(span_of(roster_node(u, 2)->wake), SPAN("https://r")) &&
	    !roster_node(u, 2)->woken, "another URL");
	apply(ro, "{\"node\":2,\"wake\":\"\"," A "}");
	CHECK(roster_node(u, 2)->wake == NULL, "no URL");
	apply(ro, "{\"gone\":true,\"node\":3," A "}");
	CHECK(u->node_count == 2, "the wrong node is gone");
	apply(ro, "{\"node\":9," SECRET "," A "}");
	CHECK(u->next_ref == 10, "next is %u", (unsigned)u->next_ref);
	CHECK(find(ro, "{" A "}") == u && roster_next_user(ro, &at) == u &&
	    roster_next_user(ro, &at) != NULL &&
	    roster_next_user(ro, &at) == NULL, "there are two of them");
	CHECK(roster_user_count(ro) == 1, "only one has nodes");
	apply(ro, "{\"gone\":true," A "}");
	CHECK(u->node_count == 0 && roster_user_count(ro) == 0, "none has");
	roster_close(ro);
}

/* Names that two have: the first keeps them, as it has them. */
static void
check_two_with_a_name(void)
{
	struct roster *ro = roster_open();

	apply(ro, "{\"alias\":\"name\"," A "}");
	apply(ro, "{\"gid\":\"Group\"}");
	apply(ro, "{\"alias\":\"NAME\",\"dropped\":true,\"uses\":1," B "}");
	apply(ro, "{\"alias\":\"group\"," B "}");
	apply(ro, "{\"gid\":\"Name\"}");
	apply(ro, "{\"alias\":\"b\",\"gid\":\"Name\",\"state\":\"joined\","
	    B "}");
	CHECK(roster_alias(ro, SPAN("name"))->user == find(ro, "{" A "}"),
	    "the second got the alias");
	CHECK(!roster_alias(ro, SPAN("name"))->dropped &&
	    roster_alias(ro, SPAN("name"))->uses == ALIAS_UNLIMITED,
	    "the second changed the alias");
	CHECK(find(ro, "{" B "}")->alias_count == 0, "B has an alias");
	CHECK(roster_group(ro, SPAN("group")) != NULL &&
	    roster_alias(ro, SPAN("group")) == NULL, "B got the group's");
	CHECK(roster_group(ro, SPAN("name")) == NULL, "a group got A's");
	CHECK(!roster_has(ro, SPAN("b")), "a member's alias is no name");
	roster_close(ro);
}

/* How many lines are said when a file and the journal repeat themselves. */
static void
check_told_once(void)
{
	struct roster *ro = roster_open();
	FILE *out = tmpfile();
	int saved = dup(STDOUT_FILENO), lines = 0, c;

	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	log_level(LOG_ANSWER);
	apply(ro, "{\"alias\":\"name\"," A "}");
	apply(ro, "{\"alias\":\"name\"," B "}");
	apply(ro, "{\"gid\":\"name\"}");
	apply(ro, "{\"alias\":\"name\"," B "}");
	apply(ro, "{\"gid\":\"name\"}");
	fflush(stdout);
	log_level(LOG_QUIET);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(out);
	while ((c = getc(out)) != EOF)
		lines += c == '\n';
	fclose(out);
	CHECK(lines == 2, "%d lines about two names that are left out", lines);
	roster_close(ro);
}

static struct receipt
receipt(uint64_t msgid)
{
	return (struct receipt){ msgid * 3, msgid, msgid * 5 };
}

static void
add_receipts(struct receipts *r, uint64_t from, uint64_t to)
{
	struct receipt one;

	for (; from < to; from++) {
		one = receipt(from);
		receipts_add(r, &one);
	}
}

/* Of this connection and of the earlier ones, the last 64 each. */
static void
test_receipts(void)
{
	struct receipts r = { .all = NULL }, copy = r;
	struct buf text = { NULL, 0, 0 };

	CHECK(!receipts_behind(&r, UINT64_MAX), "none is not saved");
	add_receipts(&r, 1, 101);
	CHECK(r.count == 64 && receipts_find(&r, 300, UINT64_MAX) == NULL,
	    "one of this connection is found");
	receipts_turn(&r);
	CHECK(receipts_find(&r, 36 * 3, UINT64_MAX) == NULL &&
	    receipts_find(&r, 37 * 3, UINT64_MAX)->msgid == 37 &&
	    receipts_find(&r, 100 * 3, UINT64_MAX)->posted == 500 &&
	    receipts_find(&r, 3, 3)->msgid == 97, "not the last 64");
	add_receipts(&r, 50, 300);
	CHECK(r.count == 128 && r.earlier == 64 && r.all[0].msgid == 37 &&
	    r.all[64].msgid == 236, "not the last 64 of both");
	CHECK(!receipts_behind(&r, 235) && receipts_behind(&r, 236),
	    "what a file needs to have");
	receipts_write(&text, &r);
	receipts_saved(&r);
	add_receipts(&r, 300, 301);
	CHECK(!receipts_behind(&r, 299) && receipts_behind(&r, 300),
	    "what the file has");
	receipts_read(&copy, buf_span(&text));
	CHECK(text.n == 64 * 48 && copy.count == 64 && copy.earlier == 64 &&
	    copy.all[0].msgid == 236 && copy.all[63].posted == 299 * 5 &&
	    !receipts_behind(&copy, UINT64_MAX), "not what was written");
	receipts_read(&copy, SPAN("no receipts"));
	CHECK(copy.count == 64, "read nonsense");
	receipts_free(&copy);
	receipts_free(&r);
	buf_free(&text);
}

/* Add those that a record of the journal has.  Returns how many. */
static size_t
replay(struct receipts *r, const struct buf *record)
{
	struct receipt one;
	size_t at;

	for (at = 0; at < record->n; at += RECEIPT_BYTES) {
		one = receipts_decode(record->p + at);
		receipts_add(r, &one);
		receipts_turn(r);
	}
	return record->n / RECEIPT_BYTES;
}

static void
test_carried_receipts(void)
{
	struct receipts r = { .all = NULL }, copy = r;
	struct buf record = { NULL, 0, 0 };

	add_receipts(&r, 1, 31);
	CHECK(receipts_are_active(&r, 29) && !receipts_are_active(&r, 30),
	    "active since");
	/* The segment up to 10 goes when 30 is the last id. */
	receipts_carry(&r, 10, 30, &record);
	add_receipts(&copy, 20, 23);
	CHECK(replay(&copy, &record) == 10 && copy.count == 13 &&
	    copy.all[0].msgid == 1 && copy.all[9].hash == 30 &&
	    copy.all[10].msgid == 20, "carried over");
	CHECK(replay(&copy, &record) == 10 && copy.count == 13, "twice");
	CHECK(!receipts_behind(&r, 10) && receipts_behind(&r, 11),
	    "behind what was carried over");
	record.n = 0;
	receipts_carry(&r, 20, 35, &record);
	CHECK(record.n == 10 * RECEIPT_BYTES, "carried over what was before");
	CHECK(!receipts_behind(&r, 20) && receipts_behind(&r, 30),
	    "behind what was carried over at different times");
	/* Now the one to which the first ten were carried over goes. */
	record.n = 0;
	receipts_carry(&r, 30, 40, &record);
	CHECK(record.n == 30 * RECEIPT_BYTES && !receipts_behind(&r, 39),
	    "not all carried over once more");
	receipts_saved(&r);
	CHECK(!receipts_behind(&r, UINT64_MAX), "behind the file");
	receipts_free(&copy);
	receipts_free(&r);
	buf_free(&record);
}

int
main(void)
{
	log_level(LOG_QUIET);
	check_pieces();
	check_two_with_a_name();
	check_told_once();
	test_receipts();
	test_carried_receipts();
	return check_report("roster");
}
