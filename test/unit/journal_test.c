/*
 * The journal on a real directory: what was committed, and only that, is
 * replayed in order, however often the ring went round and whatever happened to
 * the files.  crash_test tests power cuts.
 */
#include "disk/file.h"
#include "disk/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/segment.h"
#include "disk/syncer.h"
#include "test/lib/check.h"
#include "test/lib/prng.h"
#include "test/lib/scratch.h"

#define JOURNAL_SIZE ((uint64_t)16 << 20)
#define SEGMENTS 4
#define NAMES 16

static int top;			/* a directory for all of this */
static char bytes[JOURNAL_REQUEST_MAX];

/* ---- helpers ---- */

static int
new_dir(const char *name)
{
	int dir;

	CHECK(mkdirat(top, name, 0700) == 0, "mkdir %s", name);
	dir = openat(top, name, O_RDONLY | O_DIRECTORY);
	CHECK(dir != -1, "open %s", name);
	return dir;
}

/* Of the journal opened last. */
static struct quarantine lost;

static struct journal *
open_journal(int dir)
{
	static struct syncer *syncer;
	struct journal *jn;
	char why[256] = "";

	if (syncer == NULL)
		syncer = syncer_open();
	lost = (struct quarantine){ .data = dir };
	jn = journal_open(&lost, syncer, JOURNAL_SIZE, why, sizeof(why));
	CHECK(jn != NULL, "no journal: %s", why);
	return jn;
}

/* The bytes of record n; its length and type follow from n, too. */
static struct span
record(size_t n, size_t size)
{
	uint64_t state = n;
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = (char)(chance(&state) >> 56);
	return (struct span){ bytes, size };
}

static void
add(struct journal *jn, size_t n, size_t size)
{
	struct span whole = record(n, size);
	struct span parts[3] = { { whole.p, size / 3 }, { NULL, 0 },
	    { whole.p + size / 3, size - size / 3 } };

	CHECK(journal_ready(jn), "not ready for record %zu", n);
	(void)journal_add(jn, 1 + n % 5, parts, 3);
}

static void
commit(struct journal *jn)
{
	CHECK(journal_commit(jn) == 0, "commit: %s", strerror(errno));
}

/*
 * Replay, and expect records from..to, each of size, and no more.
 */
static void
expect(struct journal *jn, size_t from, size_t to, size_t size)
{
	struct journal_record r;
	struct span want;
	size_t n = from;

	for (; journal_replay(jn, &r) == 1; n++) {
		want = record(n, size);
		CHECK(r.type == 1 + n % 5 && span_is(r.body, want),
		    "record %zu is of type %d, %zu bytes", n, (int)r.type,
		    r.body.n);
	}
	CHECK(n == to, "replayed to %zu, not %zu", n, to);
}

static void
expect_nothing(struct journal *jn)
{
	expect(jn, 0, 0, 0);
}

/* The names in the journal's directory; returns their number. */
static size_t
list(int dir, char names[NAMES][64])
{
	DIR *entries = file_open_list(dir, "journal");
	const char *name;
	size_t n = 0;

	while (n < NAMES && (name = file_next_name(entries)) != NULL)
		(void)snprintf(names[n++], 64, "%.63s", name);
	(void)file_end_list(entries);
	return n;
}

static size_t
count_files(int dir)
{
	char names[NAMES][64];

	return list(dir, names);
}

/* ---- tests ---- */

static void
test_fresh(void)
{
	int dir = new_dir("fresh");
	struct journal *jn = open_journal(dir);
	char names[NAMES][64], path[80];
	struct stat st;

	expect_nothing(jn);
	CHECK(list(dir, names) == 2, "%zu segments", list(dir, names));
	(void)snprintf(path, sizeof(path), "journal/%.63s", names[0]);
	CHECK(fstatat(dir, path, &st, 0) == 0 &&
	    st.st_size == SEGMENT_SIZE && (st.st_mode & 077) == 0 &&
	    st.st_blocks * 512 >= st.st_size, "%s has not its zeros", path);
	CHECK(journal_ready(jn) && !journal_pending(jn), "not ready");
	CHECK(journal_commit(jn) == 0, "commit of nothing");
	CHECK(journal_id(jn) == 1 && journal_id(jn) == 2, "ids");
	CHECK(journal_committed_id(jn) == 0, "an id was committed");
	journal_close(jn);
	(void)close(dir);
}

/* Records of all sizes, in one batch and in many. */
static void
test_sizes(void)
{
	static const size_t sizes[] = { 0, 1, 100, 4095, 4096, 65536,
	    JOURNAL_REQUEST_MAX };
	int dir = new_dir("sizes");
	struct journal *jn;
	char name[32];
	size_t i;
	int sub;

	for (i = 0; i < COUNT(sizes); i++) {
		(void)snprintf(name, sizeof(name), "sizes/%zu", i);
		sub = new_dir(name);
		jn = open_journal(sub);
		expect_nothing(jn);
		add(jn, 0, sizes[i]);
		CHECK(journal_pending(jn), "nothing is pending");
		commit(jn);
		add(jn, 1, sizes[i]);
		if (journal_ready(jn))
			add(jn, 2, sizes[i]);
		commit(jn);
		CHECK(journal_commits(jn) == 2, "commits");
		journal_close(jn);
		jn = open_journal(sub);
		expect(jn, 0, sizes[i] < JOURNAL_REQUEST_MAX ? 3 : 2,
		    sizes[i]);
		CHECK(lost.count == 0, "damage");
		journal_close(jn);
		(void)close(sub);
	}
	(void)close(dir);
}

/* Records can be read from their places, before and after the commit. */
static void
test_places(void)
{
	int dir = new_dir("places");
	struct journal *jn = open_journal(dir);
	struct journal_place places[10];
	struct span body;
	char got[3000];
	size_t i, round;

	expect_nothing(jn);
	for (i = 0; i < 10; i++) {
		body = record(i, sizeof(got));
		places[i] = journal_add(jn, JOURNAL_PUT, &body, 1);
		if (i == 4)
			commit(jn);
	}
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 10; i++) {
			CHECK(journal_read(jn, places[i], got,
			    sizeof(got)) == 0 && span_is((struct span){ got,
			    sizeof(got) }, record(i, sizeof(got))),
			    "record %zu cannot be read in its place", i);
		}
		commit(jn);
	}
	journal_close(jn);
	(void)close(dir);
}

/* What no commit covers is lost when the program dies. */
static void
test_uncommitted(void)
{
	int dir = new_dir("uncommitted");
	struct journal *jn = open_journal(dir);

	expect_nothing(jn);
	journal_id_at_least(jn, 1000);
	journal_id_at_least(jn, 500);
	CHECK(journal_id(jn) == 1001, "an id below what it must be");
	add(jn, 0, 50);
	commit(jn);
	CHECK(journal_committed_id(jn) == 1001, "committed id");
	add(jn, 1, 50);
	CHECK(journal_id(jn) == 1002 && journal_committed_id(jn) == 1001,
	    "an id counts as committed");
	journal_close(jn);
	jn = open_journal(dir);
	expect(jn, 0, 1, 50);
	CHECK(journal_id(jn) == 1002, "ids went back, or too far");
	journal_close(jn);
	(void)close(dir);
}

/* Fill segments until there are no more; returns the next record. */
static size_t
fill(struct journal *jn, size_t n, size_t size)
{
	for (;;) {
		if (!journal_ready(jn))
			commit(jn);
		while (!journal_ready(jn) && journal_grow(jn) == 0 &&
		    journal_newest(jn) - journal_oldest(jn) + 1 < SEGMENTS)
			continue;
		if (!journal_ready(jn))
			return n;
		add(jn, n++, size);
	}
}

/* The first record that a replay gives: those before were released. */
static size_t
first_kept(const size_t *firsts, uint64_t oldest)
{
	return firsts[oldest];
}

/* Round and round: the oldest is released and overwritten. */
static void
test_ring(void)
{
	enum { SIZE = 50000, ROUNDS = 12 };
	int dir = new_dir("ring");
	struct journal *jn = open_journal(dir);
	size_t firsts[ROUNDS + SEGMENTS + 2] = { 0 }, n = 0;
	uint64_t newest = journal_newest(jn);
	int i;

	expect_nothing(jn);
	for (i = 0; i < ROUNDS; ) {
		if (journal_ready(jn)) {
			add(jn, n, SIZE);
			if (journal_newest(jn) != newest) {
				newest = journal_newest(jn);
				firsts[newest] = n;
			}
			n++;
			continue;
		}
		commit(jn);
		(void)journal_grow(jn);
		if (journal_ready(jn))
			continue;
		CHECK(journal_is_crowded(jn), "full, and not crowded");
		journal_release(jn);
		CHECK(!journal_ready(jn), "reused before a commit");
		journal_publish(jn);
		commit(jn);
		CHECK(journal_ready(jn), "released, but not ready");
		i++;
	}
	CHECK(count_files(dir) == SEGMENTS, "%zu files", count_files(dir));
	newest = journal_oldest(jn);
	journal_close(jn);
	jn = open_journal(dir);
	expect(jn, first_kept(firsts, newest), n, SIZE);
	CHECK(lost.count == 0, "damage");
	journal_close(jn);
	(void)close(dir);
}

/* It grows to its limit, and shrinks to what an idle one needs. */
static void
test_growth(void)
{
	int dir = new_dir("growth");
	struct journal *jn = open_journal(dir);
	size_t n;

	expect_nothing(jn);
	CHECK(!journal_trim(jn) && !journal_has_spares(jn), "two are needed");
	n = fill(jn, 0, 65536);
	CHECK(count_files(dir) == SEGMENTS, "%zu files", count_files(dir));
	while (journal_oldest(jn) < journal_newest(jn))
		journal_release(jn);
	CHECK(!journal_trim(jn), "trimmed before a commit");
	journal_publish(jn);
	commit(jn);
	while (journal_trim(jn))
		continue;
	CHECK(count_files(dir) == 2, "%zu files", count_files(dir));
	CHECK(journal_ready(jn), "not ready after a trim");
	add(jn, n, 65536);
	commit(jn);
	journal_close(jn);
	(void)close(dir);
}

/* ---- what else may be in the directory ---- */

/* Change bytes of the n-th file that has any. */
static void
scribble(int dir, off_t offset, size_t size)
{
	char names[NAMES][64], path[80], old[512];
	size_t n = list(dir, names), i;
	int fd;

	for (i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "journal/%.63s", names[i]);
		fd = openat(dir, path, O_RDWR);
		CHECK(fd != -1 && file_pread_all(fd, old, 4, 0) == 0, "%s",
		    path);
		if (memcmp(old, "mnj1", 4) == 0) {
			memset(old, 0x55, sizeof(old));
			CHECK(file_pwrite_all(fd, old, size,
			    (uint64_t)offset) == 0, "%s", path);
		}
		(void)close(fd);
	}
}

/*
 * Three batches of one record each, one damaged, in one segment.  Each takes
 * three blocks.
 */
static void
test_damage(void)
{
	enum { SIZE = 9000, BATCH = 12288 };
	static const struct {
		const char *name;
		off_t offset;
		size_t lost;		/* record */
		unsigned long damaged;
	} cases[] = {
		{ "header",       0,               0, 1 },
		{ "key",          16,              0, 1 },
		{ "body",         5000,            0, 1 },
		{ "middle",       BATCH + 30,      1, 1 },
		{ "middle-body",  BATCH + 8000,    1, 1 },
		{ "last",         2 * BATCH,       2, 0 },
		{ "last-body",    2 * BATCH + 500, 2, 0 },
	};
	struct journal_record r;
	struct journal *jn;
	char name[32];
	size_t i, n;
	int dir;

	for (i = 0; i < COUNT(cases); i++) {
		(void)snprintf(name, sizeof(name), "damage-%s", cases[i].name);
		dir = new_dir(name);
		jn = open_journal(dir);
		expect_nothing(jn);
		for (n = 0; n < 3; n++) {
			add(jn, n, SIZE);
			commit(jn);
		}
		journal_close(jn);
		scribble(dir, cases[i].offset, 8);
		jn = open_journal(dir);
		for (n = 0; n < 3; n++) {
			if (n == cases[i].lost)
				continue;
			CHECK(journal_replay(jn, &r) == 1 &&
			    span_is(r.body, record(n, SIZE)),
			    "%s: record %zu is lost", cases[i].name, n);
		}
		CHECK(journal_replay(jn, &r) == 0, "%s: more", cases[i].name);
		CHECK(lost.count == cases[i].damaged,
		    "%s: %lu damaged", cases[i].name, lost.count);
		add(jn, 7, SIZE);
		commit(jn);
		journal_close(jn);
		(void)close(dir);
	}
}

/* Go on in another segment with one batch, close, and damage that. */
static void
scribble_over(struct journal *jn, int dir, off_t offset)
{
	char names[NAMES][64], path[80];
	size_t n, i;
	int fd;
	char first;

	CHECK(journal_turn(jn), "it does not turn");
	add(jn, 7, 9000);
	commit(jn);
	journal_close(jn);
	n = list(dir, names);
	for (i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "journal/%.63s", names[i]);
		fd = openat(dir, path, O_RDWR);
		CHECK(fd != -1 && file_pread_all(fd, &first, 1, 24) == 0, "%s",
		    path);
		/* The number of its first batch. */
		if (first == 2) {
			CHECK(file_pwrite_all(fd, "\x55", 1,
			    (uint64_t)offset) == 0, "%s", path);
		}
		(void)close(fd);
	}
}

/* The names below lost+found. */
static size_t
count_lost(int dir)
{
	DIR *entries = file_open_list(dir, "lost+found");
	size_t n = 0;

	if (entries == NULL)
		return 0;
	while (file_next_name(entries) != NULL)
		n++;
	(void)file_end_list(entries);
	return n;
}

/*
 * The last batch is the only one in its segment.  Without it, the segment is a
 * spare, but what was in it is still kept, and reported once.
 */
static void
test_damaged_first(void)
{
	static const off_t offsets[] = { 5, 12, 24, 500, 8000 };
	struct journal *jn;
	char name[32];
	size_t i;
	int dir;

	for (i = 0; i < COUNT(offsets); i++) {
		(void)snprintf(name, sizeof(name), "first-%d", (int)offsets[i]);
		dir = new_dir(name);
		jn = open_journal(dir);
		expect_nothing(jn);
		add(jn, 0, 9000);
		commit(jn);
		scribble_over(jn, dir, offsets[i]);
		jn = open_journal(dir);
		expect(jn, 0, 1, 9000);
		CHECK(lost.count == 0 && count_lost(dir) == 1,
		    "%s: %zu files are in lost+found", name, count_lost(dir));
		journal_close(jn);
		jn = open_journal(dir);
		expect(jn, 0, 1, 9000);
		CHECK(count_lost(dir) == 1, "%s: it is reported again", name);
		add(jn, 1, 9000);
		commit(jn);
		journal_close(jn);
		jn = open_journal(dir);
		expect(jn, 0, 2, 9000);
		journal_close(jn);
		(void)close(dir);
	}
}

static void
make_file(int dir, const char *path, off_t size)
{
	int fd = openat(dir, path, O_RDWR | O_CREAT, 0600);

	CHECK(fd != -1 && ftruncate(fd, size) == 0, "%s", path);
	(void)close(fd);
}

/* Write a block into the file, as it is in the segment with batch first. */
static void
copy_block(int dir, const char *path, unsigned first, unsigned from,
    unsigned to)
{
	char names[NAMES][64], source[80], block[SEGMENT_BLOCK];
	size_t n = list(dir, names), i;
	int fd;

	for (i = 0; i < n; i++) {
		(void)snprintf(source, sizeof(source), "journal/%.63s",
		    names[i]);
		fd = openat(dir, source, O_RDONLY);
		CHECK(fd != -1, "%s", source);
		if (strcmp(source, path) == 0 || file_pread_all(fd, block,
		    sizeof(block), (uint64_t)from * SEGMENT_BLOCK) == -1 ||
		    block[24] < (char)first || block[24] > (char)first + 2)
			memset(block, 0, sizeof(block));
		(void)close(fd);
		if (block[0] == 0)
			continue;
		fd = openat(dir, path, O_RDWR);
		CHECK(fd != -1 && file_pwrite_all(fd, block, sizeof(block),
		    (uint64_t)to * SEGMENT_BLOCK) == 0, "%s", path);
		(void)close(fd);
		return;
	}
	CHECK(false, "there is no block %u of %u", from, first);
}

/*
 * Make two segments of three batches each, in a block each; and the path of
 * another segment.
 */
static void
two_segments(int dir, char path[80])
{
	struct journal *jn = open_journal(dir);
	char names[NAMES][64];
	size_t n;

	expect_nothing(jn);
	for (n = 0; n < 6; n++) {
		CHECK(n != 3 || journal_turn(jn), "it does not turn");
		add(jn, n, 1000);
		commit(jn);
	}
	journal_close(jn);
	(void)list(dir, names);
	(void)snprintf(path, 80, "journal/%.16s-00000077", names[0]);
}

/*
 * What was made when the power was cut, and never synced, may show batches as
 * they were elsewhere.
 */
static void
test_copies(void)
{
	static const struct {
		const char *name;
		off_t size;
		/* Numbers of batches that are in its first blocks, or 0. */
		unsigned batches[5];
	} cases[] = {
		{ "short",       5000,             { 2 }       },
		{ "whole",       SEGMENT_SIZE,     { 2 }       },
		{ "last",        SEGMENT_SIZE - 1, { 6 }       },
		{ "first",       SEGMENT_SIZE,     { 0, 1 }    },
		{ "first-short", 9000,             { 0, 1 }    },
		{ "second",      SEGMENT_SIZE,     { 0, 0, 4 } },
		{ "several",     SEGMENT_SIZE,     { 2, 5 }    },
		{ "ends",        SEGMENT_SIZE,     { 1, 3, 6 } },
		{ "on",          SEGMENT_SIZE,     { 1, 2, 5 } },
		{ "on-short",    SEGMENT_SIZE - 1, { 1, 2, 3 } },
		{ "over",        SEGMENT_SIZE,     { 3, 4, 6 } },
		{ "down",        SEGMENT_SIZE,     { 6, 4, 2 } },
		{ "apart",       SEGMENT_SIZE,     { 1, 2, 3, 0, 4 } },
		{ "behind",      SEGMENT_SIZE,     { 0, 4, 5, 6 } },
	};
	char path[80], name[32];
	struct journal *jn;
	unsigned at, b;
	size_t i, n;
	int dir;

	for (i = 0; i < COUNT(cases); i++) {
		(void)snprintf(name, sizeof(name), "copies-%s", cases[i].name);
		dir = new_dir(name);
		two_segments(dir, path);
		make_file(dir, path, cases[i].size);
		n = 6;
		for (at = 0; at < COUNT(cases[i].batches); at++) {
			b = cases[i].batches[at];
			if (b != 0)
				copy_block(dir, path, b < 4 ? 1 : 4,
				    (b - 1) % 3, at);
		}
		for (; n < 9; n++) {
			jn = open_journal(dir);
			expect(jn, 0, n, 1000);
			CHECK(lost.count == 0 && count_lost(dir) == 0,
			    "%s: %lu damaged with %zu records", cases[i].name,
			    lost.count, n);
			add(jn, n, 1000);
			commit(jn);
			journal_close(jn);
		}
		(void)close(dir);
	}
}

/*
 * The second batch of each segment is damaged.  That there is a copy of one, in
 * this block of another segment, costs nothing of what is behind it.
 */
static void
test_copy_of_damaged(void)
{
	static const size_t kept[] = { 0, 2, 3, 5 };
	struct journal_record r;
	struct journal *jn;
	char path[80], name[32];
	unsigned at;
	size_t i;
	int dir;

	for (at = 1; at < 3; at++) {
		(void)snprintf(name, sizeof(name), "copy-%u", at);
		dir = new_dir(name);
		two_segments(dir, path);
		make_file(dir, path, SEGMENT_SIZE);
		copy_block(dir, path, 1, 1, at);
		scribble(dir, SEGMENT_BLOCK, 8);
		jn = open_journal(dir);
		for (i = 0; i < COUNT(kept); i++) {
			CHECK(journal_replay(jn, &r) == 1 &&
			    span_is(r.body, record(kept[i], 1000)),
			    "%s: record %zu is lost", name, kept[i]);
		}
		CHECK(journal_replay(jn, &r) == 0, "%s: more", name);
		CHECK(lost.count == 2, "%s: %lu damaged", name, lost.count);
		journal_close(jn);
		(void)close(dir);
	}
}

static void
test_strangers(void)
{
	int dir = new_dir("strangers");
	struct journal *jn = open_journal(dir);
	char names[NAMES][64], path[80], why[256] = "";

	expect_nothing(jn);
	add(jn, 0, 10);
	commit(jn);
	journal_close(jn);
	(void)list(dir, names);
	(void)snprintf(path, sizeof(path), "journal/%.16s-00000077",
	    names[0]);
	make_file(dir, path, 1 << 20);
	make_file(dir, "journal/notes", 100);
	jn = open_journal(dir);
	expect(jn, 0, 1, 10);
	journal_close(jn);
	CHECK(faccessat(dir, path, F_OK, 0) == -1, "half a segment is left");
	CHECK(faccessat(dir, "journal/notes", F_OK, 0) == 0, "removed a note");

	make_file(dir, "journal/0123456789abcdef-00000000",
	    SEGMENT_SIZE);
	jn = journal_open(&lost, NULL, JOURNAL_SIZE, why, sizeof(why));
	CHECK(jn == NULL && strstr(why, "two journals") != NULL,
	    "two journals: %s", why);
	(void)close(dir);
}

int
main(void)
{
	char path[] = "/tmp/journal_test.XXXXXX";

	top = scratch_make(path);
	log_level(LOG_QUIET);
	test_fresh();
	test_sizes();
	test_places();
	test_uncommitted();
	test_ring();
	test_growth();
	test_damage();
	test_damaged_first();
	test_copies();
	test_copy_of_damaged();
	test_strangers();
	(void)close(top);
	scratch_remove(AT_FDCWD, path);
	return check_report("journal");
}
