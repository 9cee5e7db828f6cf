/*
 * A new node's password: sealed frames, what a key that does not fit makes of
 * them, and that no file has the password in clear.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/header.h"
#include "tmtp/seal.h"

#define NODEID "%+123456789BCDFGHJKLMNPQRSTVWXYZ%+123456"
#define OWN    "ZYXWVTSRQPNMLKJHGFDCB987654321+%654321+%"

static void
make_frame(struct buf *b, struct span nodeid, struct span label, uint64_t id)
{
	static const struct uid from = { { 1, 2, 3 } };
	struct message m = { .op = "user", .id = id, .from = &from,
		.posted = 1, .newnode = label, .nodeid = nodeid,
		.noderef = SPAN("4294967295") };

	b->n = 0;
	CHECK(header_message(b, &m), "too long");
}

/* What becomes of a stored frame, and what it must be. */
static void
check_open(const struct buf *stored, const unsigned char *key, uint64_t id,
    const struct buf *expected)
{
	struct buf b = { NULL, 0, 0 };

	buf_add(&b, buf_span(stored));
	seal_open(key, id, &b);
	CHECK(span_is(buf_span(&b), buf_span(expected)), "%.*s\nnot %.*s",
	    (int)b.n, b.p, (int)expected->n, expected->p);
	buf_free(&b);
}

static void
test_frames(void)
{
	unsigned char key[SEAL_KEY], other[SEAL_KEY];
	struct buf clear = { NULL, 0, 0 }, sealed = clear, without = clear;
	struct span none = { NULL, 0 };
	char label[64];
	uint64_t id;

	seal_key(key, SPAN(OWN));
	seal_key(other, SPAN(NODEID));
	memset(label, '&', sizeof(label));	/* the longest one in JSON */
	for (id = 1; id < 100; id++) {
		struct span text = { label, id % (sizeof(label) + 1) };

		make_frame(&clear, SPAN(NODEID), text, id);
		make_frame(&without, none, text, id);
		CHECK(clear.n <= SEAL_FRAME_MAX, "%zu bytes", clear.n);
		sealed.n = 0;
		buf_add(&sealed, buf_span(&clear));
		seal_frame(key, id, sealed.p, sealed.n);
		CHECK(sealed.n == clear.n && span_find(buf_span(&sealed),
		    SPAN(NODEID)) == sealed.n, "in clear");
		CHECK(seal_is_in(buf_span(&sealed)), "not seen");
		check_open(&sealed, key, id, &clear);
		check_open(&sealed, other, id, &without);
		check_open(&sealed, key, id + 1, &without);
		check_open(&clear, other, id, &clear);	/* as of old */
		check_open(&without, key, id, &without);
	}
	buf_free(&clear);
	buf_free(&sealed);
	buf_free(&without);
}

/* What only looks like a nodeid, or is cut off, is left alone. */
static void
test_others(void)
{
	static const char *const frames[] = {
		"", "0000", "0000{\"datalen\":0,", "0000{\"datalen\":0}",
		"0000{\"datalen\":0,\"nodeid\":\"",
		"0000{\"datalen\":0,\"nodeid\":\"%+1\"}",
		"0000{\"datalen\":0,\"newnode\":\",\\\"nodeid\\\":\\\"" NODEID
		    "\\\"\"}",
		"0000{\"datalen\":5,\"nodeid\":\"" NODEID "\",\"op\":\"x\"}"
	};
	unsigned char key[SEAL_KEY];
	struct buf b = { NULL, 0, 0 };
	size_t i;

	seal_key(key, SPAN(OWN));
	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		b.n = 0;
		buf_add(&b, span_of(frames[i]));
		CHECK(!seal_is_in(buf_span(&b)), "%s", frames[i]);
		check_open(&b, key, 1, &b);
	}
	buf_free(&b);
}

static bool
is_in_files(const struct harness *st, const char *text)
{
	char command[200];

	(void)snprintf(command, sizeof(command), "grep -rqF -e '%s' %s", text,
	    st->path);
	return system(command) == 0;
}

/* The first nodeid that the actor has got since its login, or "". */
static const char *
nodeid_of(struct actor *a, char nodeid[NODEID_TEXT + 1])
{
	size_t at = span_find(buf_span(&a->got), SPAN(",\"nodeid\":\"")) + 11;

	nodeid[0] = '\0';
	if (at + NODEID_TEXT <= a->got.n) {
		memcpy(nodeid, a->got.p + at, NODEID_TEXT);
		nodeid[NODEID_TEXT] = '\0';
	}
	return nodeid;
}

/* The same message, in pieces of any size, with and without other bytes. */
static void
test_pieces(struct harness *st, struct actor *a, const char *nodeid)
{
	char again[NODEID_TEXT + 1];
	size_t room;

	for (room = 1; room < 400; room += room < 20 ? 1 : 37) {
		st->room = room;
		harness_lose(st, a);
		harness_turn(st);
		harness_login(st, a);
		harness_turn(st);
		CHECK(strcmp(nodeid_of(a, again), nodeid) == 0,
		    "room %zu: %.*s", room, (int)a->got.n, a->got.p);
		while (a->got.n > 0) {
			struct reply f;

			CHECK(harness_frame(a, &f) && wire_is_intact(&f),
			    "room %zu", room);
			harness_drop(a, f.bytes);
		}
	}
	st->room = HARNESS_ROOM;
}

static void
test_files(void)
{
	char nodeid[NODEID_TEXT + 1];
	struct harness st;
	struct actor *a;

	harness_open(&st);
	harness_start(&st);
	a = harness_actor(&st, "A");
	harness_register(&st, a);
	harness_say(&st, a, "{\"op\":3,\"id\":\"7\",\"newnode\":\"y\"}");
	harness_turn(&st);
	CHECK(strlen(nodeid_of(a, nodeid)) == NODEID_TEXT, "no password");
	CHECK(is_in_files(&st, a->uid), "the search finds nothing");
	CHECK(!is_in_files(&st, nodeid), "the journal has it");
	test_pieces(&st, a, nodeid);
	CHECK(datadir_checkpoint(&st.data) == 0, "no files");
	CHECK(!is_in_files(&st, nodeid), "a queue's file has it");
	CHECK(!is_in_files(&st, a->nodeid), "a file has the first one");
	test_pieces(&st, a, nodeid);
	harness_crash(&st);
	harness_start(&st);
	CHECK(!is_in_files(&st, nodeid), "a file has it after a crash");
	test_pieces(&st, a, nodeid);
	harness_close(&st);
}

int
main(void)
{
	log_level(LOG_QUIET);
	test_frames();
	test_others();
	test_files();
	return check_report("seal");
}
