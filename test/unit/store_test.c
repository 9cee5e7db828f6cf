/*
 * Messages in files (msgfile), and queues over a journal, packs and indexes
 * (store), on a real directory: what is damaged, copied, swept and taken over.
 * What a power cut does is crash_test's matter.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "datadir.h"
#include "disk/file.h"
#include "disk/syncer.h"
#include "store/index.h"
#include "store/msgfile.h"
#include "store/news.h"
#include "store/pack.h"
#include "store/queue.h"
#include "test/lib/check.h"
#include "test/lib/prng.h"
#include "test/lib/scratch.h"

#define LARGEST 200000
#define PATH 160
#define NOBODY 65534		/* a user who is not root */

static int top;			/* a directory for all of this */
static char bytes[LARGEST];
static char got[LARGEST + 1000];

/* Data that depends on the id, and a head with the id. */
static struct span
data_of(uint64_t id, size_t n)
{
	uint64_t state = id;
	size_t i;

	for (i = 0; i < n; i++)
		bytes[i] = (char)(chance(&state) >> 56);
	return (struct span){ bytes, n };
}

static struct span
head_of(uint64_t id)
{
	static char head[32];
	int n = snprintf(head, sizeof(head), "0015{\"id\":\"%08llx\"}",
	    (unsigned long long)id);

	return (struct span){ head, (size_t)n };
}

/* ---- msgfile ---- */

static int
new_file(const char *name)
{
	int fd = openat(top, name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd != -1, "%s: %s", name, strerror(errno));
	return fd;
}

/* Whether the file holds the message, when read in pieces of so many. */
static bool
holds(int fd, uint64_t id, size_t size, size_t piece)
{
	struct msgfile_reader r = { .fd = fd };
	struct span head = head_of(id), data = data_of(id, size);
	uint64_t at = 0;
	ssize_t n = 1;
	bool same;

	if (msgfile_check(&r, id) == -1)
		return false;
	CHECK(r.head == head.n && r.data == size, "%zu bytes", size);
	for (; at < r.head + r.data && n > 0; at += (uint64_t)n)
		n = msgfile_read(&r, at, got + at, piece);
	same = n > 0 && memcmp(got, head.p, head.n) == 0 &&
	    memcmp(got + head.n, data.p, data.n) == 0;
	free(r.buffer);
	return same;
}

/* Written in pieces, and read in pieces. */
static void
test_msgfile_sizes(void)
{
	static const size_t sizes[] = { 0, 1, 1000, MSGFILE_BLOCK - 1,
	    MSGFILE_BLOCK, MSGFILE_BLOCK + 1, 2 * MSGFILE_BLOCK, LARGEST };
	static const size_t pieces[] = { 7, 4096, MSGFILE_BLOCK, LARGEST };
	struct msgfile_writer w;
	struct span data;
	size_t i, j, at, n;

	for (i = 0; i < COUNT(sizes); i++) {
		for (j = 0; j < COUNT(pieces); j++) {
			w = (struct msgfile_writer){
			    .fd = new_file("msgfile") };
			data = data_of(i, sizes[i]);
			for (at = 0; at < data.n; at += n) {
				n = data.n - at < pieces[j] ? data.n - at :
				    pieces[j];
				CHECK(msgfile_write(&w, (struct span){
				    data.p + at, n }) == 0, "write");
			}
			CHECK(msgfile_end(&w) == 0, "end");
			CHECK(!holds(w.fd, i, sizes[i], 4096), "no head yet");
			for (n = 0; n < 2; n++)
				CHECK(msgfile_write_head(w.fd, i, head_of(i),
				    sizes[i]) == 0, "head");
			CHECK(holds(w.fd, i, sizes[i], pieces[j]),
			    "%zu bytes, %zu at a time", sizes[i], pieces[j]);
			CHECK(!holds(w.fd, i + 1, sizes[i], 4096), "other id");
			(void)close(w.fd);
		}
	}
}

/* No byte of a file can change, be added or go unnoticed. */
static void
test_msgfile_damage(void)
{
	struct buf image = { NULL, 0, 0 };
	int fd = new_file("damage");
	struct msgfile_writer w = { .fd = fd };
	size_t i;

	CHECK(msgfile_write(&w, data_of(5, 300)) == 0 &&
	    msgfile_end(&w) == 0 &&
	    msgfile_write_head(fd, 5, head_of(5), 300) == 0 &&
	    file_read(top, "damage", LARGEST, &image) == 0, "write");
	for (i = 0; i < image.n; i++) {
		image.p[i] ^= (char)(1 << i % 8);
		CHECK(file_pwrite_all(fd, image.p, image.n, 0) == 0 &&
		    !holds(fd, 5, 300, 64), "byte %zu altered", i);
		image.p[i] ^= (char)(1 << i % 8);
	}
	CHECK(file_pwrite_all(fd, image.p, image.n, 0) == 0 &&
	    holds(fd, 5, 300, 64), "not put back");
	for (i = 0; i < image.n; i++) {
		CHECK(ftruncate(fd, (off_t)i) == 0 && !holds(fd, 5, 300, 64),
		    "cut off at %zu", i);
		CHECK(errno == EBADMSG, "cut off at %zu: %s", i,
		    strerror(errno));
	}
	CHECK(file_pwrite_all(fd, image.p, image.n, 1) == 0 &&
	    !holds(fd, 5, 300, 64), "a byte more");
	(void)close(fd);
	buf_free(&image);
}

/* ---- store ---- */

struct store_place {
	int dir;
	struct syncer *syncer;
	struct journal *journal;
	struct store *store;
};

static const struct uid alice = { { 1, 2, 3 } }, bob = { { 9, 8, 7 } };

/* What the store that was opened last has lost. */
static struct quarantine lost;

static void
open_store(struct store_place *p)
{
	struct journal_record r;
	char why[256] = "";

	lost = (struct quarantine){ .data = p->dir };
	p->syncer = syncer_open();
	p->journal = journal_open(&lost, p->syncer, 16 << 20, why,
	    sizeof(why));
	CHECK(p->journal != NULL, "journal: %s", why);
	p->store = store_open(&lost, p->journal, p->syncer, why,
	    sizeof(why));
	CHECK(p->store != NULL, "store: %s", why);
	while (journal_replay(p->journal, &r) == 1)
		CHECK(store_replay(p->store, &r), "a record of type %d",
		    (int)r.type);
	CHECK(store_replayed(p->store) == 0, "%s", strerror(errno));
}

static void
close_store(struct store_place *p)
{
	store_close(p->store);
	journal_close(p->journal);
	syncer_close(p->syncer);
}

static void
reopen(struct store_place *p)
{
	close_store(p);
	open_store(p);
}

static struct store_place
new_store(const char *name)
{
	struct store_place p;

	CHECK(mkdirat(top, name, 0700) == 0, "mkdir %s", name);
	p.dir = openat(top, name, O_RDONLY | O_DIRECTORY);
	open_store(&p);
	return p;
}

static void
end_store(struct store_place *p)
{
	close_store(p);
	(void)close(p->dir);
}

static void
commit(struct store_place *p)
{
	CHECK(journal_commit(p->journal) == 0, "commit: %s", strerror(errno));
}

static uint64_t
put(struct store_place *p, size_t size, struct queue *const *to, size_t n)
{
	uint64_t id;

	if (!journal_ready(p->journal))
		commit(p);
	id = journal_id(p->journal);
	store_put(p->store, id, head_of(id), data_of(id, size), to, n);
	return id;
}

/* Go on in another segment. */
static void
turn(struct store_place *p)
{
	int i;

	commit(p);
	for (i = 0; i < 1000 && !journal_turn(p->journal); i++)
		CHECK(journal_grow(p->journal) == 0, "grow: %s",
		    strerror(errno));
	CHECK(i < 1000, "no segment");
}

/* Let what waits in the oldest segment go to packs. */
static void
pack(struct store_place *p)
{
	int more;

	while ((more = store_checkpoint(p->store,
	    journal_oldest(p->journal))) == 1)
		continue;
	CHECK(more == 0, "checkpoint: %s", strerror(errno));
}

/* Let all that waits go to packs. */
static void
checkpoint(struct store_place *p)
{
	turn(p);
	while (journal_oldest(p->journal) < journal_newest(p->journal)) {
		pack(p);
		CHECK(store_begin_sync(p->store), "nothing was touched");
		journal_release(p->journal);
	}
	CHECK(store_checkpoint_bytes(p->store) == 0, "messages are left");
	journal_publish(p->journal);
	commit(p);
}

/* Whether all of the message can be read, in pieces, and is as it was put. */
static bool
reads(struct store_place *p, struct queue *q, uint64_t id, size_t size)
{
	struct span head = head_of(id), data = data_of(id, size);
	uint64_t at = 0;
	ssize_t n;

	for (; at < head.n + data.n; at += (uint64_t)n) {
		n = store_read(p->store, q, id, at, got + at, 5000);
		if (n <= 0)
			return false;
	}
	return memcmp(got, head.p, head.n) == 0 &&
	    memcmp(got + head.n, data.p, data.n) == 0;
}

/* That these wait in the queue, and no others. */
static void
expect(struct store_place *p, struct queue *q, const uint64_t *ids, size_t n,
    const char *when)
{
	uint64_t id = 0, length;
	size_t i;

	for (i = 0; i < n; i++) {
		CHECK(store_next(p->store, q, id, &id, &length) == 1 &&
		    id == ids[i], "%s: %llx instead of %llx", when,
		    (unsigned long long)id, (unsigned long long)ids[i]);
		CHECK(reads(p, q, id, (size_t)length - head_of(id).n),
		    "%s: %llx cannot be read", when, (unsigned long long)id);
	}
	CHECK(store_next(p->store, q, id, &id, &length) == 0,
	    "%s: %llx is too many", when, (unsigned long long)id);
}

/*
 * Everything is done to messages in the journal, in packs, and after a start in
 * either state, or when a checkpoint was not synced: the same must wait.
 */
enum state { IN_JOURNAL, IN_PACKS, RESTARTED, PACKS_RESTARTED, CUT, STATES };

static const char *const state_names[STATES] = { "in journal", "in packs",
    "restarted", "packs restarted", "cut" };

static void
enter(struct store_place *p, enum state state)
{
	commit(p);
	if (state == IN_PACKS || state == PACKS_RESTARTED)
		checkpoint(p);
	if (state == CUT) {
		turn(p);
		pack(p);
	}
	if (state != IN_JOURNAL && state != IN_PACKS)
		reopen(p);
}

/* Run a test in each state. */
static void
test_states(void (*test)(enum state, const char *name), const char *what)
{
	char name[64];
	int i;

	for (i = 0; i < STATES; i++) {
		(void)snprintf(name, sizeof(name), "%s %s", what,
		    state_names[i]);
		test((enum state)i, name);
	}
}

/* All of a copy, so many messages at a time. */
static void
copy_by(struct store_place *p, struct queue *from, struct queue *to,
    unsigned messages)
{
	int more;

	while ((more = store_copy_index(p->store, from, to, messages)) == 1)
		continue;
	CHECK(more == 0, "copy: %s", strerror(errno));
	store_copy(p->store, from, to);
}

static void
copy(struct store_place *p, struct queue *from, struct queue *to)
{
	copy_by(p, from, to, 3);
}

static void
test_queue(enum state state, const char *name)
{
	struct store_place p = new_store(name);
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *b = store_queue(p.store, &bob, 1), *c;
	struct queue *both[2] = { a, b };
	uint64_t ids[4], length, id;

	ids[0] = put(&p, 0, both, 2);
	CHECK(store_next(p.store, a, 0, &id, &length) == 0,
	    "%s: seen before its commit", name);
	ids[1] = put(&p, 3000, &a, 1);
	ids[2] = put(&p, 65536, both, 2);
	ids[3] = put(&p, 1, both, 2);
	(void)put(&p, 1, both, 0);
	enter(&p, state);
	a = store_queue(p.store, &alice, 1);
	b = store_queue(p.store, &bob, 1);
	expect(&p, a, ids, 4, name);
	CHECK(store_next(p.store, a, ids[2], &id, &length) == 1 &&
	    id == ids[3], "%s: not the one after", name);

	store_ack(p.store, a, ids[1]);
	store_ack(p.store, a, ids[1]);
	store_ack(p.store, a, 12345);
	store_ack(p.store, b, ids[1]);
	c = store_queue(p.store, &alice, 2);
	copy(&p, a, c);
	store_ack(p.store, a, ids[0]);
	enter(&p, state);
	a = store_queue(p.store, &alice, 1);
	b = store_queue(p.store, &bob, 1);
	c = store_queue(p.store, &alice, 2);
	expect(&p, a, ids + 2, 2, name);
	expect(&p, c, (uint64_t[]){ ids[0], ids[2], ids[3] }, 3, name);
	expect(&p, b, (uint64_t[]){ ids[0], ids[2], ids[3] }, 3, name);

	store_drop(p.store, c);
	commit(&p);
	while (store_tidy(p.store, false))
		continue;
	enter(&p, state);
	expect(&p, store_queue(p.store, &alice, 2), ids, 0, name);
	expect(&p, store_queue(p.store, &alice, 1), ids + 2, 2, name);
	store_drop(p.store, store_queue(p.store, &bob, 1));
	end_store(&p);
}

/* ---- large messages ---- */

static struct upload *
upload(struct store_place *p, uint64_t seed, size_t size)
{
	struct span data = data_of(seed, size);
	const uint64_t lengths[UPLOAD_PARTS] = { size };
	struct upload *up = upload_open(store_uploads(p->store), SPAN(""),
	    lengths);
	size_t at, n;

	for (at = 0; at < size; at += n) {
		CHECK(!upload_is_whole(up), "whole at %zu", at);
		n = size - at < 30000 ? size - at : 30000;
		CHECK(upload_take(up, (struct span){ data.p + at, n }) == n,
		    "take");
	}
	CHECK(upload_is_whole(up) && upload_state(up) == 1, "not synced");
	upload_sync(up);
	CHECK(upload_state(up) == 0, "sync: %s", strerror(errno));
	return up;
}

/* Post large data. */
static void
put_large(struct store_place *p, uint64_t id, size_t size,
    struct queue *const *to,
    size_t n)
{
	struct upload *up = upload(p, id, size);

	store_put_part(p->store, id, head_of(id), upload_part(up, 0), to, n);
	upload_close(up);
}

static size_t
count_names(int dir, const char *path)
{
	DIR *list = file_open_list(dir, path);
	size_t n = 0;

	while (list != NULL && file_next_name(list) != NULL)
		n++;
	if (list != NULL)
		(void)file_end_list(list);
	return n;
}

/* All that is not needed is gone from tmp. */
static void
tidy(struct store_place *p, const char *name)
{
	size_t n;

	for (n = 0; store_tidy(p->store, false); n++)
		CHECK(n < 1000, "%s: tidying never ends", name);
	CHECK(count_names(p->dir, "tmp") == 0, "%s: something is left", name);
}

static void
test_large(enum state state, const char *name)
{
	struct store_place p = new_store(name);
	struct queue *to[2] = { store_queue(p.store, &alice, 1),
	    store_queue(p.store, &bob, 1) };
	uint64_t id = 2;

	put_large(&p, id, LARGEST, to, 2);
	CHECK(journal_id(p.journal) == id, "the id is given again");
	upload_close(upload(&p, 77, 70000));
	upload_close(upload_open(store_uploads(p.store), SPAN("header"),
	    (uint64_t[UPLOAD_PARTS]){ 70000, 3 }));
	upload_close(NULL);
	put_large(&p, 3, 70000, to, 0);
	enter(&p, state);
	to[0] = store_queue(p.store, &alice, 1);
	to[1] = store_queue(p.store, &bob, 1);
	expect(&p, to[0], &id, 1, name);
	store_ack(p.store, to[0], id);
	enter(&p, state);
	to[0] = store_queue(p.store, &alice, 1);
	to[1] = store_queue(p.store, &bob, 1);
	expect(&p, to[0], &id, 0, name);
	expect(&p, to[1], &id, 1, name);
	store_ack(p.store, to[1], id);
	enter(&p, state);
	expect(&p, store_queue(p.store, &bob, 1), &id, 0, name);
	tidy(&p, name);
	end_store(&p);
}

/*
 * While a checkpoint writes indexes, one has the message already, and all for
 * whom it is still in the journal ack it: it waits all the same.
 */
static void
test_large_half_listed(void)
{
	struct store_place p = new_store("half listed");
	struct queue *to[2] = { store_queue(p.store, &alice, 1),
	    store_queue(p.store, &bob, 1) };
	uint64_t id = 2, length, found;
	int i;

	put_large(&p, id, LARGEST, to, 2);
	CHECK(journal_id(p.journal) == id, "the id is given again");
	turn(&p);
	for (i = 0; i < 2; i++)	/* the pack, and the first index */
		CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) ==
		    1, "step %d", i);
	store_ack(p.store, to[1], id);
	commit(&p);
	tidy(&p, "half listed");
	pack(&p);
	expect(&p, to[0], &id, 1, "half listed");
	CHECK(store_next(p.store, to[1], 0, &found, &length) == 0,
	    "it was acked");
	end_store(&p);
}

/*
 * A node that is dropped during a backup is one that the backup has: its queue
 * stays until then.
 */
static void
test_drop_held(void)
{
	struct store_place p = new_store("drop held");
	struct queue *q = store_queue(p.store, &alice, 1);
	char path[QUEUE_PATH];

	(void)put(&p, 90, &q, 1);
	checkpoint(&p);
	queue_path(path, q);
	store_drop(p.store, q);
	commit(&p);
	while (store_tidy(p.store, true))
		continue;
	CHECK(count_names(p.dir, path) == 1, "a backup would lack it");
	tidy(&p, "drop held");
	CHECK(count_names(p.dir, path) == 0, "it stays");
	end_store(&p);
}

/* A power cut may leave the new name of a large file, but not its head. */
static void
test_large_headless(void)
{
	struct store_place p = new_store("headless");
	struct queue *q = store_queue(p.store, &alice, 1);
	const char *path = "pack/0000000000000002.large";
	struct stat status = { .st_size = 0 };
	uint64_t id = 2;
	int fd;

	put_large(&p, id, LARGEST, &q, 1);
	CHECK(journal_id(p.journal) == id, "the id is given again");
	turn(&p);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == 1,
	    "the pack");
	fd = openat(p.dir, path, O_RDWR);
	CHECK(fd != -1 && fstat(fd, &status) == 0 &&
	    ftruncate(fd, status.st_size - 20) == 0, "%s: %s", path,
	    strerror(errno));
	close(fd);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, &id, 1, "headless");
	checkpoint(&p);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, &id, 1, "headless, packed again");
	end_store(&p);
}

/* ---- damage ---- */

static void
pack_path(char path[PATH], uint64_t first)
{
	(void)snprintf(path, PATH, "pack/%016llx", (unsigned long long)first);
}

static void
index_file(char path[PATH], const struct queue *q, uint64_t first)
{
	char dir[QUEUE_PATH];

	queue_path(dir, q);
	(void)snprintf(path, PATH, "%s/index-%016llx", dir,
	    (unsigned long long)first);
}

static off_t
size_of(const struct store_place *p, const char *path)
{
	struct stat status = { .st_size = -1 };

	(void)fstatat(p->dir, path, &status, 0);
	return status.st_size;
}

/* Alter the byte at a place, from the end if that is negative. */
static void
flip(const struct store_place *p, const char *path, off_t at)
{
	int fd = openat(p->dir, path, O_RDWR);
	char c = 0;

	if (at < 0)
		at += size_of(p, path);
	CHECK(fd != -1 && file_pread_all(fd, &c, 1, (uint64_t)at) == 0,
	    "%s: %s", path, strerror(errno));
	c ^= 0x10;
	CHECK(file_pwrite_all(fd, &c, 1, (uint64_t)at) == 0, "%s", path);
	(void)close(fd);
}

static void
put_some(struct store_place *p, struct queue *q, size_t size, uint64_t *ids,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		ids[i] = put(p, size, &q, 1);
}

static void
ack_some(struct store_place *p, struct queue *q, const uint64_t *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!journal_ready(p->journal))
			commit(p);
		store_ack(p->store, q, ids[i]);
	}
}

/* A damaged record goes to lost+found, and the rest is served. */
static void
test_damaged_record(void)
{
	enum { RECORD = PACK_RECORD + PACK_NODE + 21 + 90 };
	struct store_place p = new_store("damaged record");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t ids[3], id, length;
	char path[PATH];

	put_some(&p, q, 90, ids, 3);
	checkpoint(&p);
	pack_path(path, ids[0]);
	CHECK(head_of(0).n == 21, "head: %zu", head_of(0).n);
	flip(&p, path, RECORD - 1);
	flip(&p, path, RECORD + 9);
	CHECK(store_next(p.store, q, 0, &id, &length) == 1 && id == ids[0],
	    "the data is not looked at yet");
	CHECK(store_read(p.store, q, id, 40, got, 50) == -1 &&
	    errno == EBADMSG, "altered bytes are served");
	CHECK(store_read(p.store, q, ids[1], 0, got, 50) == -1 &&
	    errno == EBADMSG, "an altered record is served");
	expect(&p, q, ids + 2, 1, "damaged record");
	CHECK(count_names(p.dir, "lost+found") == 2, "lost+found");
	checkpoint(&p);
	reopen(&p);
	expect(&p, store_queue(p.store, &alice, 1), ids + 2, 1, "restarted");
	end_store(&p);
}

/* Without its table, a pack is read all the same, and written again. */
static void
test_damaged_table(void)
{
	struct store_place p = new_store("damaged table");
	struct queue *q = store_queue(p.store, &alice, 1);
	static const off_t places[] = { -1, -5, -9, -13, -16, -17, -40 };
	uint64_t ids[3];
	char path[PATH];
	size_t i;
	int fd;

	put_some(&p, q, 90, ids, 3);
	checkpoint(&p);
	pack_path(path, ids[0]);
	for (i = 0; i <= COUNT(places); i++) {
		if (i < COUNT(places)) {
			flip(&p, path, places[i]);
		} else {
			fd = openat(p.dir, path, O_WRONLY);
			CHECK(ftruncate(fd, size_of(&p, path) - 30) == 0,
			    "%s", path);
			(void)close(fd);
		}
		reopen(&p);
		q = store_queue(p.store, &alice, 1);
		expect(&p, q, ids, 3, "damaged table");
		CHECK(lost.count == 1, "%lu damaged", lost.count);
		reopen(&p);
		q = store_queue(p.store, &alice, 1);
		expect(&p, q, ids, 3, "mended table");
		CHECK(lost.count == 0, "%lu damaged, mended", lost.count);
	}
	end_store(&p);
}

/* An index of + + + - + +: the second message was acked. */
static struct store_place
new_index(const char *name, uint64_t ids[5])
{
	struct store_place p = new_store(name);
	struct queue *q = store_queue(p.store, &alice, 1);

	put_some(&p, q, 90, ids, 3);
	checkpoint(&p);
	store_ack(p.store, q, ids[1]);
	checkpoint(&p);
	put_some(&p, q, 90, ids + 3, 2);
	checkpoint(&p);
	ids[1] = ids[0];	/* ids + 1 are those that wait */
	return p;
}

/* The same, if it is the last of a line that is whole, and a later is torn. */
static void
test_acked_unlisted_last(void)
{
	struct store_place p = new_store("acked unlisted last");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t ids[3];

	put_some(&p, q, 90, ids, 2);
	turn(&p);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == 1,
	    "pack");
	store_ack(p.store, q, ids[1]);
	commit(&p);
	checkpoint(&p);
	put_some(&p, q, 90, ids + 2, 1);
	turn(&p);
	pack(&p);	/* it is listed: the journal has it, too */
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, (uint64_t[]){ ids[0], ids[2] }, 2, "acked, not listed");
	CHECK(lost.count == 0, "%lu damaged", lost.count);
	end_store(&p);
}

/* What is packed, but not listed, when it is copied is for the copy, too. */
static void
test_copied_unlisted(void)
{
	struct store_place p = new_store("copied unlisted");
	struct queue *q = store_queue(p.store, &alice, 1), *to;
	uint64_t ids[3];
	char path[PATH];

	put_some(&p, q, 90, ids, 3);
	turn(&p);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == 1,
	    "pack");
	to = store_queue(p.store, &alice, 2);
	copy(&p, q, to);
	checkpoint(&p);
	index_file(path, to, ids[0]);
	flip(&p, path, INDEX_LINE + 7);
	reopen(&p);
	expect(&p, store_queue(p.store, &alice, 2), ids, 3, "one flipped");
	end_store(&p);
}

/* A sector of a copied index is lost: each line is elsewhere, too. */
static void
test_copied_sector(void)
{
	static const char zeros[512];
	struct store_place p = new_store("copied sector");
	struct queue *q = store_queue(p.store, &alice, 1);
	struct queue *to = store_queue(p.store, &alice, 2);
	uint64_t ids[200];
	char path[PATH];
	int fd;

	put_some(&p, q, 90, ids, 200);
	checkpoint(&p);
	copy_by(&p, q, to, 400);
	checkpoint(&p);
	index_file(path, to, ids[0]);
	fd = openat(p.dir, path, O_WRONLY);
	CHECK(pwrite(fd, zeros, sizeof(zeros), 4096) == sizeof(zeros),
	    "%s", path);
	(void)close(fd);
	reopen(&p);
	expect(&p, store_queue(p.store, &alice, 2), ids, 200, "a sector");
	end_store(&p);
}

/* An index that was read cannot be read again, for once: nothing is lost. */
static void
test_unreadable(void)
{
	struct store_place p = new_store("unreadable");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t ids[3], id, length;
	char path[PATH];

	put_some(&p, q, 90, ids, 3);
	checkpoint(&p);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, ids, 3, "readable");
	store_rest(q);
	index_file(path, q, ids[0]);
	CHECK(renameat(p.dir, path, p.dir, "aside") == 0 &&
	    mkdirat(p.dir, path, 0700) == 0, "%s", path);
	CHECK(store_next(p.store, q, 0, &id, &length) == -1, "it is read");
	CHECK(unlinkat(p.dir, path, AT_REMOVEDIR) == 0 &&
	    renameat(p.dir, "aside", p.dir, path) == 0, "%s", path);
	expect(&p, q, ids, 3, "readable again");
	reopen(&p);
	expect(&p, store_queue(p.store, &alice, 1), ids, 3, "after a start");
	end_store(&p);
}

/*
 * A message is acked when a pack has it and its index does not: it does not
 * come back when a power cut has torn a later line.
 */
static void
test_acked_unlisted(void)
{
	struct store_place p = new_store("acked unlisted");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t ids[4];
	char path[PATH];
	int fd;

	put_some(&p, q, 90, ids, 1);
	checkpoint(&p);
	put_some(&p, q, 90, ids + 1, 2);
	turn(&p);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == 1,
	    "pack");
	store_ack(p.store, q, ids[1]);
	checkpoint(&p);
	put_some(&p, q, 90, ids + 3, 1);
	turn(&p);
	pack(&p);
	index_file(path, q, ids[0]);
	fd = openat(p.dir, path, O_WRONLY);
	CHECK(size_of(&p, path) == (off_t)5 * INDEX_LINE &&
	    ftruncate(fd, size_of(&p, path) - 10) == 0, "%s", path);
	(void)close(fd);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, (uint64_t[]){ ids[0], ids[2], ids[3] }, 3,
	    "acked unlisted");
	CHECK(lost.count == 0, "%lu damaged", lost.count);
	end_store(&p);
}

/* However much was acked, a step of a checkpoint removes few files. */
static void
test_flush_in_steps(void)
{
	enum { FILES = 40, MESSAGES = FILES * 512 };
	static uint64_t ids[MESSAGES];
	struct store_place p = new_store("flush in steps");
	struct queue *q = store_queue(p.store, &alice, 1);
	char path[PATH];
	size_t before, left = FILES;
	int more;

	put_some(&p, q, 0, ids, MESSAGES);
	checkpoint(&p);
	index_file(path, q, ids[0]);
	*strrchr(path, '/') = '\0';
	CHECK(count_names(p.dir, path) == FILES, "files");
	ack_some(&p, q, ids, MESSAGES);
	turn(&p);
	do {
		before = left;
		more = store_checkpoint(p.store, journal_oldest(p.journal));
		left = count_names(p.dir, path);
		CHECK(before - left <= FILES / 2, "%zu at once", before - left);
	} while (more == 1);
	CHECK(more == 0 && left == 0, "%zu are left", left);
	end_store(&p);
}

/* Files may not become larger; 0: they may. */
static void
limit_files(off_t most)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0, "getrlimit");
	limit.rlim_cur = most == 0 ? limit.rlim_max : (rlim_t)most;
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR &&
	    setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
}

/*
 * Of three lines behind the first before, two are written and then the disk is
 * full.  Until the rest is written, and after it, just what is not acked waits.
 */
static void
test_failed_lines(size_t before, size_t acked)
{
	struct store_place p;
	struct queue *q;
	uint64_t ids[6], length, id;
	char path[PATH], name[48];
	size_t i;

	(void)snprintf(name, sizeof(name), "failed behind %zu, %zu acked",
	    before, acked);
	p = new_store(name);
	q = store_queue(p.store, &alice, 1);
	put_some(&p, q, 90, ids, before);
	checkpoint(&p);
	put_some(&p, q, 90, ids + before, 3);
	turn(&p);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == 1,
	    "pack");
	limit_files((off_t)(before + 2) * INDEX_LINE + 7);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == -1,
	    "%s: it was written", name);
	limit_files(0);
	for (i = 0; i < acked; i++) {
		store_ack(p.store, q, ids[before + i]);
		store_ack(p.store, q, ids[before + i]);
	}
	commit(&p);
	memmove(ids + before, ids + before + acked, (3 - acked) * sizeof(*ids));
	expect(&p, q, ids, before + 3 - acked, name);
	checkpoint(&p);
	expect(&p, q, ids, before + 3 - acked, name);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, ids, before + 3 - acked, name);
	CHECK(lost.count == 0, "%s: %lu damaged", name, lost.count);
	ack_some(&p, q, ids, before + 3 - acked);
	CHECK(store_next(p.store, q, 0, &id, &length) == 0,
	    "%s: it cannot be acked", name);
	checkpoint(&p);
	index_file(path, q, ids[0]);
	*strrchr(path, '/') = '\0';
	CHECK(count_names(p.dir, path) == 0, "%s: a file is left", name);
	end_store(&p);
}

static void
test_failed_writes(void)
{
	size_t acked;

	for (acked = 0; acked <= 3; acked++) {
		test_failed_lines(0, acked);
		test_failed_lines(3, acked);
	}
}

/* What a line was, the packs say; but not what was acked. */
static void
test_damaged_line(int line, off_t at)
{
	struct store_place p;
	struct queue *q;
	uint64_t ids[5], id, length;
	char path[PATH], name[32];
	bool is_ack = line == 3;
	int i, n;

	(void)snprintf(name, sizeof(name), "line %d, %d", line, (int)at);
	p = new_index(name, ids);
	q = store_queue(p.store, &alice, 1);
	index_file(path, q, ids[0]);
	CHECK(size_of(&p, path) == (off_t)6 * INDEX_LINE, "%s", path);
	flip(&p, path, line * INDEX_LINE + at);
	for (i = 0; i < 2; i++) {
		reopen(&p);
		q = store_queue(p.store, &alice, 1);
		if (!is_ack)
			expect(&p, q, ids + 1, 4, name);
		for (n = 0, id = 0; store_next(p.store, q, id, &id,
		    &length) == 1; n++)
			continue;
		CHECK(n == (is_ack ? 5 : 4), "%s: %d wait", name, n);
		CHECK(lost.count == (i == 0 ? 1 : 0), "%s: %lu damaged", name,
		    lost.count);
	}
	end_store(&p);
}

static void
test_damaged_lines(void)
{
	static const off_t places[] = { 0, 5, 20, 34, 36, INDEX_LINE - 1 };
	size_t i;
	int line;

	for (line = 0; line < 6; line++) {
		for (i = 0; i < COUNT(places); i++)
			test_damaged_line(line, places[i]);
	}
}

/* Packs do not know for which node it was copied: each line is there twice. */
static void
test_damaged_copy(void)
{
	uint64_t ids[5];
	struct store_place p = new_index("damaged copy", ids);
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *to = store_queue(p.store, &alice, 2);
	char path[PATH];
	off_t line;

	copy(&p, a, to);
	checkpoint(&p);
	index_file(path, to, ids[0]);
	CHECK(size_of(&p, path) == (off_t)8 * INDEX_LINE, "%s", path);
	for (line = 0; line < 8; line++) {
		flip(&p, path, line * INDEX_LINE + 7);
		reopen(&p);
		to = store_queue(p.store, &alice, 2);
		expect(&p, to, ids + 1, 4, "damaged copy");
		CHECK(lost.count == 1, "%lu damaged", lost.count);
	}
	end_store(&p);
}

/* A file is full after 512 messages; all of them, damaged, are served. */
static void
test_index_files(void)
{
	enum { MANY = 1200, FULL = 512 };
	struct store_place p = new_store("index files");
	struct queue *q = store_queue(p.store, &alice, 1);
	static uint64_t ids[MANY];
	char path[PATH], dir[QUEUE_PATH];
	int i;

	for (i = 0; i < MANY / 300; i++) {
		put_some(&p, q, 10, ids + i * 300, 300);
		checkpoint(&p);
	}
	queue_path(dir, q);
	CHECK(count_names(p.dir, dir) == 3, "%zu files",
	    count_names(p.dir, dir));
	for (i = 0; i < 3; i++) {
		index_file(path, q, ids[i * FULL]);
		CHECK(size_of(&p, path) == (i == 2 ? MANY - 2 * FULL :
		    FULL + 1) * (off_t)INDEX_LINE, "%s", path);
	}
	/* The end of one, the last + line of another, and all of the last. */
	index_file(path, q, ids[0]);
	flip(&p, path, -5);
	index_file(path, q, ids[FULL]);
	flip(&p, path, -INDEX_LINE - 5);
	index_file(path, q, ids[2 * FULL]);
	CHECK(unlinkat(p.dir, path, 0) == 0 && mkdirat(p.dir, path, 0700) == 0,
	    "%s", path);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, ids, MANY, "damaged index files");
	CHECK(lost.count == 4, "%lu damaged", lost.count);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, ids, MANY, "mended index files");
	CHECK(lost.count == 0, "%lu damaged", lost.count);

	/* Files of which nothing waits are removed; the next are made. */
	ack_some(&p, q, ids + FULL, FULL);
	ack_some(&p, q, ids, 1);
	checkpoint(&p);
	CHECK(count_names(p.dir, dir) == 2, "%zu files, acked",
	    count_names(p.dir, dir));
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	for (i = 1; i < FULL; i++)
		ids[i - 1] = ids[i];
	for (i = 2 * FULL; i < MANY; i++)
		ids[i - FULL - 1] = ids[i];
	expect(&p, q, ids, MANY - FULL - 1, "acked, restarted");
	ack_some(&p, q, ids, MANY - FULL - 1);
	checkpoint(&p);
	CHECK(count_names(p.dir, dir) == 0, "files of nothing");
	put_some(&p, q, 10, ids, 1);
	checkpoint(&p);
	expect(&p, q, ids, 1, "the next file");
	end_store(&p);
}

/* A file that somebody removes meanwhile keeps nothing from being stored. */
static void
test_removed_index(void)
{
	uint64_t ids[5], next[2], id, length;
	struct store_place p = new_index("removed index", ids);
	struct queue *q = store_queue(p.store, &alice, 1);
	char path[PATH];
	int n;

	index_file(path, q, ids[0]);
	store_ack(p.store, q, ids[1]);
	CHECK(unlinkat(p.dir, path, 0) == 0, "%s", path);
	put_some(&p, q, 10, next, 2);
	checkpoint(&p);
	CHECK(lost.count == 1, "%lu removed", lost.count);
	expect(&p, q, next, 2, "what came after");
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	for (n = 0, id = 0; store_next(p.store, q, id, &id, &length) == 1; n++)
		continue;
	CHECK(n == 2 && id == next[1], "%d wait", n);
	end_store(&p);
}

/*
 * What is no directory where one belongs is moved, and stops nobody's messages:
 * part is how much of the path stays.
 */
static void
test_obstacle(const char *name, size_t part, void (*make)(int dir,
    const char *path))
{
	struct store_place p = new_store(name);
	struct queue *q = store_queue(p.store, &alice, 1),
	    *other = store_queue(p.store, &bob, 1);
	char path[PATH];
	uint64_t ids[3];

	put_some(&p, q, 10, ids, 3);
	index_file(path, q, ids[0]);
	path[part] = '\0';
	(void)file_make_parents(p.dir, path);
	make(p.dir, path);
	checkpoint(&p);
	CHECK(lost.count == 1, "%s: %lu in the way", name, lost.count);
	CHECK(count_names(p.dir, "lost+found") == 1, "%s: lost+found", name);
	expect(&p, q, ids, 3, name);
	put_some(&p, other, 10, ids, 3);
	checkpoint(&p);
	reopen(&p);
	expect(&p, store_queue(p.store, &bob, 1), ids, 3, "another");
	end_store(&p);
}

static void
make_file(int dir, const char *path)
{
	CHECK(file_write(dir, path, SPAN("?")) == 0, "%s: %s", path,
	    strerror(errno));
}

static void
make_link(int dir, const char *path)
{
	CHECK(symlinkat("nowhere", dir, path) == 0, "%s: %s", path,
	    strerror(errno));
}

static void
make_pipe(int dir, const char *path)
{
	CHECK(mkfifoat(dir, path, 0600) == 0, "%s: %s", path, strerror(errno));
}

static void
test_obstacles(void)
{
	/* user/xx, user/xx/UID and user/xx/UID/1. */
	const size_t parts[] = { 7, 8 + UID_TEXT, 10 + UID_TEXT };
	void (*const make[])(int, const char *) = { make_file, make_link,
	    make_pipe };
	char name[40];
	size_t i, j;

	for (i = 0; i < COUNT(parts); i++) {
		for (j = 0; j < COUNT(make); j++) {
			(void)snprintf(name, sizeof(name), "obstacle %zu %zu",
			    i, j);
			test_obstacle(name, parts[i], make[j]);
		}
	}
}

static void
make_loop(int dir, const char *path)
{
	CHECK(symlinkat(strrchr(path, '/') + 1, dir, path) == 0, "%s: %s", path,
	    strerror(errno));
}

static void
make_dir(int dir, const char *path)
{
	CHECK(mkdirat(dir, path, 0700) == 0, "%s: %s", path, strerror(errno));
}

/* A pack that is no file is moved, and keeps nobody from other messages. */
static void
test_pack_obstacles(void)
{
	void (*const make[])(int, const char *) = { make_pipe, make_loop,
	    make_dir };
	struct store_place p;
	struct queue *q;
	char path[PATH], name[32];
	uint64_t ids[2];
	size_t i;

	for (i = 0; i < COUNT(make); i++) {
		(void)snprintf(name, sizeof(name), "no pack %zu", i);
		p = new_store(name);
		q = store_queue(p.store, &alice, 1);
		ids[0] = put(&p, 10, &q, 1);
		checkpoint(&p);
		ids[1] = put(&p, 10, &q, 1);
		checkpoint(&p);
		reopen(&p);
		q = store_queue(p.store, &alice, 1);
		pack_path(path, ids[0]);
		CHECK(unlinkat(p.dir, path, 0) == 0, "%s", path);
		make[i](p.dir, path);
		CHECK(!reads(&p, q, ids[0], 10) && errno == EBADMSG,
		    "%s: %s", name, strerror(errno));
		expect(&p, q, ids + 1, 1, name);
		CHECK(count_names(p.dir, "lost+found") == 1, "%s", name);
		end_store(&p);
	}
}

/* What a power cut leaves of lines that were not synced is no damage. */
static void
test_torn(void)
{
	static const int cuts[] = { 0, 1, 43, 44, 45, 90, 132 };
	struct store_place p;
	struct queue *q;
	uint64_t ids[6];
	char path[PATH], name[32];
	size_t i;
	int zeros, fd;

	for (i = 0; i < 2 * COUNT(cuts); i++) {
		zeros = i % 2;
		(void)snprintf(name, sizeof(name), "torn %d %d",
		    cuts[i / 2], zeros);
		p = new_store(name);
		q = store_queue(p.store, &alice, 1);
		put_some(&p, q, 50, ids, 3);
		checkpoint(&p);
		store_ack(p.store, q, ids[0]);
		put_some(&p, q, 60, ids + 3, 3);
		turn(&p);
		pack(&p);
		index_file(path, q, ids[0]);
		CHECK(size_of(&p, path) == 7 * INDEX_LINE, "%s: %ld", name,
		    (long)size_of(&p, path));
		fd = openat(p.dir, path, O_RDWR);
		CHECK(ftruncate(fd, 3 * INDEX_LINE + cuts[i / 2]) == 0 &&
		    (zeros == 0 || ftruncate(fd, 7 * INDEX_LINE) == 0),
		    "%s", path);
		(void)close(fd);
		reopen(&p);
		q = store_queue(p.store, &alice, 1);
		expect(&p, q, ids + 1, 5, name);
		checkpoint(&p);
		reopen(&p);
		q = store_queue(p.store, &alice, 1);
		expect(&p, q, ids + 1, 5, name);
		CHECK(lost.count == 0, "%s: %lu damaged", name, lost.count);
		end_store(&p);
	}
}

/* A journal that was lost takes nothing with it that is in packs. */
static void
test_lost_journal(void)
{
	struct store_place p = new_store("lost journal");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t ids[4];

	put_some(&p, q, 50, ids, 3);
	checkpoint(&p);
	close_store(&p);
	scratch_remove(p.dir, "journal");
	open_store(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, ids, 3, "lost journal");
	put_some(&p, q, 50, ids + 3, 1);
	CHECK(ids[3] > ids[2], "an id is given again");
	checkpoint(&p);
	reopen(&p);
	expect(&p, store_queue(p.store, &alice, 1), ids, 4, "a new journal");
	end_store(&p);
}

/* A queue that was copied and dropped often leaves nothing with a message. */
static void
test_dropped_copies(void)
{
	struct store_place p = new_store("dropped copies");
	struct queue *q = store_queue(p.store, &alice, 1), *to;
	uint64_t id = put(&p, 1, &q, 1);
	uint32_t i;

	for (i = 2; i < 100; i++) {
		to = store_queue(p.store, &alice, i);
		copy(&p, q, to);
		CHECK(queue_get(to, id) != NULL, "not copied");
		store_drop(p.store, to);
	}
	CHECK(queue_get(q, id)->to_count == 1 &&
	    queue_get(q, id)->to[0] == q, "it carries %u queues",
	    (unsigned)queue_get(q, id)->to_count);
	commit(&p);
	expect(&p, q, &id, 1, "dropped copies");
	end_store(&p);
}

/*
 * While an index is copied, its queue goes on living: acks, what a checkpoint
 * packs, another copy, one that is given up, and one to the same number.
 */
static void
test_copy_in_steps(void)
{
	struct store_place p = new_store("copy in steps");
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *b = store_queue(p.store, &bob, 1);
	struct queue *a2 = store_queue(p.store, &alice, 2);
	struct queue *b2 = store_queue(p.store, &bob, 2);
	uint64_t ids[12];
	size_t i;

	for (i = 0; i < 10; i++)
		ids[i] = put(&p, 10, (struct queue *[]){ a, b }, 2);
	checkpoint(&p);
	for (i = 0; i < 2; i++)
		CHECK(store_copy_index(p.store, a, a2, 2) == 1, "step %zu", i);
	CHECK(store_copy_index(p.store, b, b2, 2) == 1, "bob's");
	for (i = 0; i < 7; i++)
		store_ack(p.store, a, ids[i]);
	ids[10] = put(&p, 20, &a, 1);
	checkpoint(&p);
	ids[11] = put(&p, 30, &a, 1);
	copy(&p, a, a2);
	store_ack(p.store, a, ids[7]);
	copy(&p, b, b2);
	commit(&p);
	expect(&p, a2, ids + 7, 5, "the copy, at once");
	enter(&p, RESTARTED);
	a = store_queue(p.store, &alice, 1);
	b = store_queue(p.store, &bob, 1);
	a2 = store_queue(p.store, &alice, 2);
	expect(&p, a, ids + 8, 4, "who was copied");
	expect(&p, a2, ids + 7, 5, "the copy");
	expect(&p, store_queue(p.store, &bob, 2), ids, 10, "bob's copy");

	/* Bob's two to the same, and the source of the one that goes on. */
	b2 = store_queue(p.store, &bob, 3);
	CHECK(store_copy_index(p.store, store_queue(p.store, &bob, 2), b2,
	    2) == 1 && store_copy_index(p.store, b, b2, 2) == 1, "two");
	store_ack(p.store, store_queue(p.store, &bob, 2), ids[0]);
	copy(&p, b, b2);
	expect(&p, b2, ids, 10, "two to the same");
	CHECK(store_copy_index(p.store, b, store_queue(p.store, &bob, 4),
	    2) == 1, "given up");
	store_drop(p.store, b);
	commit(&p);
	while (store_tidy(p.store, false))
		continue;
	copy(&p, a, store_queue(p.store, &alice, 3));
	expect(&p, store_queue(p.store, &alice, 3), ids + 8, 4, "the next");
	end_store(&p);
}

/* What a crash has left of a copy, complete or not, is not in the next. */
static void
test_copy_cut_short(void)
{
	struct store_place p = new_store("copy cut short");
	struct queue *a = store_queue(p.store, &alice, 1), *to;
	uint64_t ids[10];
	size_t i;
	int more;

	for (i = 0; i < 10; i++)
		ids[i] = put(&p, 10, &a, 1);
	checkpoint(&p);
	to = store_queue(p.store, &alice, 2);
	CHECK(store_copy_index(p.store, a, to, 9) == 1, "not all of it");
	reopen(&p);
	a = store_queue(p.store, &alice, 1);
	for (i = 0; i < 5; i++)
		store_ack(p.store, a, ids[i]);
	commit(&p);
	to = store_queue(p.store, &alice, 2);
	while ((more = store_copy_index(p.store, a, to, 9)) == 1)
		continue;
	CHECK(more == 0, "all, but the journal does not say so");
	reopen(&p);
	a = store_queue(p.store, &alice, 1);
	to = store_queue(p.store, &alice, 2);
	expect(&p, to, ids + 5, 5, "the new index");
	store_ack(p.store, a, ids[5]);
	copy(&p, a, to);
	expect(&p, to, ids + 6, 4, "the last copy");
	end_store(&p);
}

/* The load of a queue is what a count of its files finds. */
static void
expect_load(struct store_place *p, uint64_t messages, uint64_t data,
    const char *when)
{
	struct queue *q = store_queue(p->store, &alice, 1);
	struct store_load load = store_load(p->store, q);

	CHECK(load.messages == messages, "%s: %llu messages, not %llu", when,
	    (unsigned long long)load.messages, (unsigned long long)messages);
	/* A file takes some bytes more than its message. */
	CHECK(load.bytes >= data + messages * head_of(0).n &&
	    load.bytes <= data + messages * (head_of(0).n + 40),
	    "%s: %llu bytes", when, (unsigned long long)load.bytes);
}

/* From when the count begins on, every change keeps it right. */
static void
test_load(enum state state, const char *name)
{
	struct store_place p = new_store(name);
	struct queue *to[2] = { store_queue(p.store, &alice, 1),
	    store_queue(p.store, &bob, 1) };
	uint64_t ids[4];
	size_t i;

	expect_load(&p, 0, 0, name);
	for (i = 0; i < 4; i++)
		ids[i] = put(&p, 1000, to, 2);
	expect_load(&p, 4, 4000, name);
	enter(&p, state);
	expect_load(&p, 4, 4000, name);
	to[0] = store_queue(p.store, &alice, 1);
	store_ack(p.store, to[0], ids[1]);
	store_ack(p.store, to[0], ids[1]);
	expect_load(&p, 3, 3000, name);
	enter(&p, state);
	expect_load(&p, 3, 3000, name);
	checkpoint(&p);
	expect_load(&p, 3, 3000, name);
	to[0] = store_queue(p.store, &alice, 1);
	(void)put(&p, 500, to, 1);
	expect_load(&p, 4, 3500, name);
	for (i = 0; i < 4; i++)
		store_ack(p.store, to[0], ids[i]);
	expect_load(&p, 1, 500, name);
	to[1] = store_queue(p.store, &bob, 2);
	CHECK(store_load(p.store, to[1]).messages == 0, "%s: bob", name);
	copy(&p, store_queue(p.store, &bob, 1), to[1]);
	CHECK(store_load(p.store, to[1]).messages == 4, "%s: a copy", name);
	commit(&p);
	reopen(&p);
	expect_load(&p, 1, 500, name);
	end_store(&p);
}

/* A head of this JSON. */
static struct span
head_of_text(const char *json)
{
	static char head[256];
	int n = snprintf(head, sizeof(head), "%04zx%s", strlen(json), json);

	return (struct span){ head, (size_t)n };
}

/* What is news, and of which kind. */
static void
test_news_kinds(void)
{
	static const struct {
		const char *json;
		uint32_t kind;
	} cases[] = {
		{ "{\"node\":\"1\",\"op\":\"login\"}", 2 },
		{ "{\"node\":\"4294967293\",\"op\":\"login\"}",
		    UINT32_MAX - 1 },
		{ "{\"cork\":\"\",\"op\":\"user\"}", NEWS_CORK },
		{ "{\"cork\":\"\",\"op\":\"delivery\"}", NEWS_NONE },
		{ "{\"node\":\"4294967294\",\"op\":\"login\"}",
		    NEWS_OTHER },
		{ "{\"node\":\"1x\",\"op\":\"login\"}", NEWS_OTHER },
		{ "{\"op\":\"login\"}", NEWS_OTHER },
		{ "{\"for\":[{\"id\":\"x\"}],\"op\":\"ohiedit\"}", NEWS_OTHER },
		{ "{\"op\":\"member\"}", NEWS_OTHER },
		{ "{\"newnode\":\"x\",\"op\":\"user\"}", NEWS_OTHER },
		{ "{\"nodeid\":\"x\",\"op\":\"user\"}", NEWS_NONE },
		{ "{\"op\":\"delivery\"}", NEWS_NONE },
		{ "{\"alias\":\"\\\"op\\\":\\\"user\\\"\",\"op\":\"ping\"}",
		    NEWS_NONE },
		{ "{\"op\":\"user\"", NEWS_NONE },
		{ "", NEWS_NONE }
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(news_kind(head_of_text(cases[i].json)) == cases[i].kind,
		    "%s", cases[i].json);
	CHECK(news_kind(SPAN("00")) == NEWS_NONE, "no header");
}

static uint64_t
put_text(struct store_place *p, const char *json, size_t data,
    struct queue *q)
{
	uint64_t id = journal_id(p->journal);

	store_put(p->store, id, head_of_text(json), data_of(id, data), &q, 1);
	return id;
}

static void
expect_news(struct store_place *p, struct queue *q, uint64_t messages,
    uint64_t news, const char *when)
{
	struct store_load all = store_load(p->store, q), found = store_news(q);

	CHECK(all.messages == messages && found.messages == news,
	    "%s: %llu of %llu messages are news", when,
	    (unsigned long long)found.messages,
	    (unsigned long long)all.messages);
	CHECK((found.bytes > 0) == (news > 0) && found.bytes <= all.bytes,
	    "%s: %llu bytes of news", when, (unsigned long long)found.bytes);
}

static void
drop_news(struct store_place *p, struct queue *q, uint64_t after)
{
	uint64_t id = store_oldest_news(q, after);

	if (id != 0)
		store_ack(p->store, q, id);
}

/* News is known wherever it is; posts are never taken for it. */
static void
test_news(enum state state, const char *name)
{
	static const char login[] = "{\"node\":\"1\",\"op\":\"login\"}";
	static const int left[] = { 1, 2, 4, 5 };
	struct store_place p = new_store(name);
	struct queue *q = store_queue(p.store, &alice, 1), *to;
	uint64_t ids[6], id, length;
	int i;

	expect_news(&p, q, 0, 0, name);
	drop_news(&p, q, 0);
	ids[0] = put_text(&p, login, 0, q);
	ids[1] = put_text(&p, login, 9, q);
	ids[2] = put_text(&p, "{\"op\":\"user\"}", 0, q);
	ids[3] = put_text(&p, "{\"node\":\"2\",\"op\":\"login\"}", 0, q);
	ids[4] = put_text(&p, "{\"op\":\"delivery\"}", 0, q);
	ids[5] = put_text(&p, "{\"op\":\"member\"}", 0, q);
	enter(&p, state);
	q = store_queue(p.store, &alice, 1);
	expect_news(&p, q, 6, 4, name);
	to = store_queue(p.store, &alice, 2);
	copy(&p, q, to);
	commit(&p);
	expect_news(&p, to, 6, 4, name);
	store_supersede(p.store, q, head_of_text("{\"op\":\"user\"}"));
	expect_news(&p, q, 6, 4, name);
	store_supersede(p.store, q, head_of_text(login));
	expect_news(&p, q, 5, 3, name);
	drop_news(&p, q, ids[2]);
	expect_news(&p, q, 4, 2, name);
	enter(&p, state);
	q = store_queue(p.store, &alice, 1);
	expect_news(&p, q, 4, 2, name);
	for (i = 0, id = 0; store_next(p.store, q, id, &id, &length) == 1; i++)
		CHECK(i < 4 && id == ids[left[i]], "%s: %d", name, i);
	CHECK(i == 4, "%s: %d wait", name, i);
	checkpoint(&p);
	expect_news(&p, q, 4, 2, name);
	store_ack(p.store, q, ids[2]);
	drop_news(&p, q, 0);
	drop_news(&p, q, 0);
	expect_news(&p, q, 2, 0, name);
	end_store(&p);
}

/* A relay before the limit may have left any number of it. */
static void
test_much_news(void)
{
	struct store_place p = new_store("much news");
	struct queue *q = store_queue(p.store, &alice, 1);
	int i;

	for (i = 0; i < NEWS_MAX + 50; i++) {
		if (!journal_ready(p.journal))
			commit(&p);
		(void)put_text(&p, "{\"op\":\"member\"}", 0, q);
	}
	expect_news(&p, q, NEWS_MAX + 50, NEWS_MAX, "journal");
	enter(&p, PACKS_RESTARTED);
	q = store_queue(p.store, &alice, 1);
	for (i = 0; i < NEWS_MAX; i++)
		(void)store_load(p.store, q);
	expect_news(&p, q, NEWS_MAX + 50, NEWS_MAX, "files");
	for (i = 0; i < NEWS_MAX + 1; i++)
		drop_news(&p, q, 0);
	expect_news(&p, q, 50, 0, "dropped");
	end_store(&p);
}

static void
first_large(int dir, char path[PATH])
{
	DIR *list = file_open_list(dir, "tmp");
	const char *name;

	path[0] = '\0';
	while ((name = file_next_name(list)) != NULL) {
		if (strncmp(name, "large-", 6) == 0)
			(void)snprintf(path, PATH, "tmp/%s", name);
	}
	(void)file_end_list(list);
}

/* Large data that is gone, or no file, stops nobody else's messages. */
static void
test_large_obstacles(void)
{
	void (*const make[])(int, const char *) = { NULL, make_pipe,
	    make_link };
	struct store_place p = new_store("large obstacles");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t id, small;
	char path[PATH];
	size_t i;

	for (i = 0; i < COUNT(make); i++) {
		id = journal_id(p.journal);
		put_large(&p, id, 70000, &q, 1);
		first_large(p.dir, path);
		CHECK(unlinkat(p.dir, path, 0) == 0, "%s", path);
		if (make[i] != NULL)
			make[i](p.dir, path);
		small = put(&p, 10, &q, 1);
		checkpoint(&p);
		CHECK(lost.count == i + 1, "%zu: %lu lost", i, lost.count);
		expect(&p, q, &small, 1, "the next");
		store_ack(p.store, q, small);
		(void)unlinkat(p.dir, path, 0);	/* the link */
	}
	end_store(&p);
}

/* The same for large data whose head is still in the journal. */
static void
test_damaged_large(void)
{
	struct store_place p = new_store("damaged large");
	struct queue *to[2] = { store_queue(p.store, &alice, 1),
	    store_queue(p.store, &bob, 1) };
	uint64_t id, length;
	char path[PATH];
	int fd;

	put_large(&p, 9, 70000, to, 2);
	(void)snprintf(path, sizeof(path), "tmp/large-%016llx", 1ULL);
	fd = openat(p.dir, path, O_RDWR);
	CHECK(fd != -1 && file_pwrite_all(fd, "????", 4, 20) == 0, "%s", path);
	(void)close(fd);
	journal_id_at_least(p.journal, 9);
	commit(&p);
	CHECK(store_next(p.store, to[0], 0, &id, &length) == 1 && id == 9,
	    "the data is not looked at yet");
	CHECK(store_read(p.store, to[0], 9, head_of(9).n, got, 50) == -1 &&
	    errno == EBADMSG, "altered bytes are served");
	expect(&p, to[0], &id, 0, "damaged large");
	expect(&p, to[1], &id, 0, "damaged large, another");
	CHECK(count_names(p.dir, "lost+found") == 1, "lost+found");
	reopen(&p);
	expect(&p, store_queue(p.store, &bob, 1), &id, 0, "restarted");
	end_store(&p);
}

/* More files than are listed at a time; acked in and out of order. */
static void
test_many(void)
{
	enum { MANY = 9000 };
	struct store_place p = new_store("many");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t id = 0, length, first = 0, last;
	size_t n, left = MANY;

	for (n = 0; n < MANY; n++) {
		last = put(&p, 10, &q, 1);
		if (n == 0)
			first = last;
		if (n % 3000 == 2999)
			checkpoint(&p);
	}
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	CHECK(store_load(p.store, q).messages < MANY, "counted in one go");
	for (n = 0; n < MANY && store_load(p.store, q).messages < MANY; n++)
		(void)store_tidy(p.store, false);
	CHECK(store_load(p.store, q).messages == MANY, "%llu counted",
	    (unsigned long long)store_load(p.store, q).messages);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	for (n = 0; n < MANY && store_next(p.store, q, id, &id,
	    &length) == 1; n++) {
		CHECK(id == first + n, "%zu: %llx", n, (unsigned long long)id);
		if (n % 3 == 0) {
			if (!journal_ready(p.journal))
				commit(&p);
			store_ack(p.store, q, id);
			left--;
		}
	}
	CHECK(n == MANY, "%zu of them", n);
	commit(&p);
	for (id = 0, n = 0; store_next(p.store, q, id, &id, &length) == 1; n++)
		continue;
	CHECK(n == left, "%zu left, not %zu", n, left);
	store_drop(p.store, q);
	commit(&p);
	CHECK(store_tidy(p.store, false), "all was removed at once");
	tidy(&p, "many");
	end_store(&p);
}

/* What cannot be removed does no harm. */
static void
test_scraps(void)
{
	static const char *const others[] = { "tmp/thesis.txt",
		"tmp/pack-list.txt", "tmp/index.html", "tmp/drop-box" };
	struct store_place p = new_store("scraps");
	size_t i;

	for (i = 3; i < 9; i++) {
		(void)snprintf(got, sizeof(got), "tmp/drop-%016zx", i);
		CHECK(mkdirat(p.dir, got, 0700) == 0, "%s", got);
		(void)snprintf(got, sizeof(got), "tmp/drop-%016zx/%s", i,
		    i % 3 == 0 ? ".hidden" : "file");
		CHECK(file_write(p.dir, got, SPAN("text")) == 0, "%s", got);
	}
	/* Of these, one is ours. */
	CHECK(file_write(p.dir, "tmp/draft-7", SPAN("text")) == 0, "a draft");
	for (i = 0; i < COUNT(others); i++)
		CHECK(file_write(p.dir, others[i], SPAN("text")) == 0,
		    "%s", others[i]);
	reopen(&p);
	CHECK(faccessat(p.dir, "tmp/draft-7", F_OK, 0) == -1, "a draft stays");
	for (i = 0; store_tidy(p.store, false); i++)
		CHECK(i < 100, "tidying never ends");
	for (i = 0; i < COUNT(others); i++)
		CHECK(unlinkat(p.dir, others[i], 0) == 0, "%s went", others[i]);
	CHECK(count_names(p.dir, "tmp") == 2, "%zu are left",
	    count_names(p.dir, "tmp"));
	CHECK(unlinkat(p.dir, "tmp/drop-0000000000000003/.hidden", 0) == 0 &&
	    unlinkat(p.dir, "tmp/drop-0000000000000006/.hidden", 0) == 0,
	    "those that hold something");
	reopen(&p);
	tidy(&p, "scraps");
	end_store(&p);
}

/* ---- sweeps ---- */

static void
sweep(struct store_place *p)
{
	int i;

	/* Nothing else happens; each acked byte is a reason. */
	for (i = 0; i < 10000 && (store_sweep(p->store, true) ||
	    store_needs_sweep(p->store)); i++)
		continue;
	CHECK(i < 10000, "a sweep never ends");
}

/*
 * A directory that may not be written, or not even read: its index goes on
 * aside, others are written, and nothing is lost or comes again.
 */
static void
test_aside(const char *name, mode_t mode)
{
	bool root = geteuid() == 0, reads = mode != 0;
	struct store_place p;
	struct queue *q;
	char path[QUEUE_PATH], file[PATH], aside[QUEUE_PATH];
	uint64_t ids[9], others[3];

	/* Root may do it all. */
	CHECK(mkdirat(top, name, 0700) == 0 &&
	    (!root || fchownat(top, name, NOBODY, NOBODY, 0) == 0), "%s",
	    name);
	p.dir = openat(top, name, O_RDONLY | O_DIRECTORY);
	CHECK(!root || seteuid(NOBODY) == 0, "%s", strerror(errno));
	open_store(&p);
	q = store_queue(p.store, &alice, 1);
	queue_path(path, q);
	aside_path(aside, path);
	put_some(&p, q, 10, ids, 6);
	checkpoint(&p);
	store_ack(p.store, q, ids[0]);
	commit(&p);
	index_file(file, q, ids[0]);
	CHECK(fchmodat(p.dir, file, mode & 0400, 0) == 0 &&
	    fchmodat(p.dir, path, mode, 0) == 0, "%s", strerror(errno));
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, ids + 1, reads ? 5 : 0, "unwritable");
	store_ack(p.store, q, ids[1]);
	put_some(&p, q, 10, ids + 6, 3);
	put_some(&p, store_queue(p.store, &bob, 1), 10, others, 3);
	checkpoint(&p);
	if (reads)
		expect(&p, q, ids + 2, 7, "aside");
	else
		expect(&p, q, ids + 6, 3, "aside, the rest unread");
	CHECK(count_names(p.dir, aside) == (reads ? 1 : 2), "aside");
	sweep(&p);
	reopen(&p);
	expect(&p, store_queue(p.store, &bob, 1), others, 3, "another");
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, reads ? ids + 2 : ids + 6, reads ? 7 : 3, "still aside");
	store_ack(p.store, q, ids[7]);
	checkpoint(&p);
	CHECK(fchmodat(p.dir, path, 0700, 0) == 0 &&
	    fchmodat(p.dir, file, 0600, 0) == 0, "%s", strerror(errno));
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	ids[7] = ids[8];
	/* What was acked while it could not be read comes again. */
	expect(&p, q, reads ? ids + 2 : ids, reads ? 6 : 8, "back");
	CHECK(count_names(p.dir, "aside") == 0, "something is aside");
	checkpoint(&p);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	expect(&p, q, reads ? ids + 2 : ids, reads ? 6 : 8, "again");
	end_store(&p);
	CHECK(!root || seteuid(0) == 0, "%s", strerror(errno));
}

/* Files in pack/, but for the one that says its form. */
static size_t
count_packs(struct store_place *p)
{
	return count_names(p->dir, "pack") - 1;
}

/* What nobody waits for is removed; what is sparse is written again. */
static void
test_sweep(void)
{
	struct store_place p = new_store("sweep");
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *b = store_queue(p.store, &bob, 1);
	uint64_t ids[3][10], large;
	char path[PATH];
	off_t before;
	int i;

	for (i = 0; i < 3; i++) {
		put_some(&p, i == 1 ? b : a, 60000, ids[i], 10);
		checkpoint(&p);
	}
	large = journal_id(p.journal);
	put_large(&p, large, 70000, &b, 1);
	checkpoint(&p);
	sweep(&p);
	CHECK(count_packs(&p) == 5, "%zu files, all needed", count_packs(&p));
	/* All of one, most of another, of the third less than half. */
	ack_some(&p, a, ids[0], 10);
	ack_some(&p, b, ids[1], 3);
	ack_some(&p, a, ids[2], 8);
	pack_path(path, ids[2][0]);
	before = size_of(&p, path);
	sweep(&p);
	CHECK(count_packs(&p) == 5, "before indexes have the acks");
	checkpoint(&p);
	store_ack(p.store, b, large);
	checkpoint(&p);
	sweep(&p);
	CHECK(count_packs(&p) == 1, "%zu files are left", count_packs(&p));
	pack_path(path, ids[1][0]);
	CHECK(size_of(&p, path) > 0 && size_of(&p, path) < before, "%s: %ld",
	    path, (long)size_of(&p, path));
	for (i = 0; i < 2; i++) {
		expect(&p, a, ids[2] + 8, 2, "swept");
		expect(&p, b, ids[1] + 3, 7, "swept");
		reopen(&p);
		a = store_queue(p.store, &alice, 1);
		b = store_queue(p.store, &bob, 1);
	}
	ack_some(&p, a, ids[2] + 8, 2);
	ack_some(&p, b, ids[1] + 3, 7);
	checkpoint(&p);
	sweep(&p);
	CHECK(count_packs(&p) == 0 && count_names(p.dir, "tmp") == 0,
	    "%zu packs of nothing", count_packs(&p));
	end_store(&p);
}

/*
 * An index that is empty, or cannot be read at all: what the packs say of it
 * stays, and the rest is given back.
 */
static void
test_sweep_damaged(off_t size)
{
	struct store_place p;
	struct queue *a, *b;
	uint64_t ids[2][3];
	char path[PATH], name[32];
	int fd;

	(void)snprintf(name, sizeof(name), "sweep of %ld", (long)size);
	p = new_store(name);
	a = store_queue(p.store, &alice, 1);
	b = store_queue(p.store, &bob, 1);
	put_some(&p, a, 90, ids[0], 3);
	checkpoint(&p);
	put_some(&p, b, 90, ids[1], 3);
	checkpoint(&p);
	ack_some(&p, b, ids[1], 3);
	checkpoint(&p);
	index_file(path, a, ids[0][0]);
	fd = openat(p.dir, path, O_WRONLY);
	CHECK(fd != -1 && ftruncate(fd, size) == 0, "%s", path);
	(void)close(fd);
	reopen(&p);
	sweep(&p);
	CHECK(count_packs(&p) == 1, "%s: %zu packs", name, count_packs(&p));
	expect(&p, store_queue(p.store, &alice, 1), ids[0], 3, name);
	CHECK(lost.count > 0, "%s: no line about it", name);
	end_store(&p);
}

/*
 * Small packs become one.  If the removal of the others was cut short, each
 * message is found all the same, and the next sweep removes them.
 */
static void
test_merge(void)
{
	enum { PACKS = 6 };
	struct store_place p = new_store("merge");
	struct queue *q = store_queue(p.store, &alice, 1);
	struct buf old[PACKS] = { { NULL, 0, 0 } };
	uint64_t ids[PACKS];
	char path[PATH];
	size_t left, i;

	for (i = 0; i < PACKS; i++) {
		ids[i] = put(&p, 100, &q, 1);
		checkpoint(&p);
		pack_path(path, ids[i]);
		CHECK(file_read(p.dir, path, 10000, &old[i]) == 0, "%s", path);
	}
	/* They are removed from the lowest: the last so many may be left. */
	for (left = 0; left < PACKS; left++) {
		for (i = PACKS - left; i < PACKS; i++) {
			pack_path(path, ids[i]);
			CHECK(file_write(p.dir, path, buf_span(&old[i])) == 0,
			    "%s", path);
		}
		reopen(&p);
		q = store_queue(p.store, &alice, 1);
		expect(&p, q, ids, PACKS, "merge, cut short");
		sweep(&p);
		CHECK(count_packs(&p) == (left == 0 || left >= 3 ? 1 :
		    1 + left), "%zu packs, %zu were left", count_packs(&p),
		    left);
		expect(&p, q, ids, PACKS, "merge");
	}
	ack_some(&p, q, ids, PACKS);
	checkpoint(&p);
	sweep(&p);
	CHECK(count_packs(&p) == 0, "%zu packs", count_packs(&p));
	for (i = 0; i < PACKS; i++)
		buf_free(&old[i]);
	end_store(&p);
}

/* A queue that is copied while a sweep marks what waits keeps it all. */
static void
test_sweep_copied(void)
{
	enum { USERS = 30 };
	struct store_place p = new_store("sweep copied");
	struct queue *q, *to;
	struct uid uid = { { 0 } };
	uint64_t ids[USERS];
	int i, when;

	for (i = 0; i < USERS; i++) {
		uid.bytes[0] = (unsigned char)(i * 8);
		q = store_queue(p.store, &uid, 1);
		ids[i] = put(&p, 100, &q, 1);
	}
	checkpoint(&p);
	for (when = 0; when < 4; when++) {
		CHECK(store_sweep(p.store, true), "nothing to sweep");
		for (i = when; i < USERS; i += 4) {
			uid.bytes[0] = (unsigned char)(i * 8);
			q = store_queue(p.store, &uid, 1);
			to = store_queue(p.store, &uid, 2);
			copy(&p, q, to);
			store_ack(p.store, q, ids[i]);
		}
		checkpoint(&p);
	}
	sweep(&p);
	for (i = 0; i < USERS; i++) {
		uid.bytes[0] = (unsigned char)(i * 8);
		expect(&p, store_queue(p.store, &uid, 2), &ids[i], 1,
		    "sweep copied");
	}
	end_store(&p);
}

/* What is packed while a sweep is under way is not touched by it. */
static void
test_sweep_limit(void)
{
	struct store_place p = new_store("sweep limit");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t ids[6];

	put_some(&p, q, 100, ids, 3);
	checkpoint(&p);
	/* The directory of bob is not among the names that were read. */
	CHECK(store_sweep(p.store, true), "nothing to sweep");
	q = store_queue(p.store, &bob, 1);
	put_some(&p, q, 100, ids + 3, 2);
	ids[5] = journal_id(p.journal);
	put_large(&p, ids[5], 70000, &q, 1);
	checkpoint(&p);
	sweep(&p);
	expect(&p, q, ids + 3, 3, "packed during a sweep");
	expect(&p, store_queue(p.store, &alice, 1), ids, 3, "before it");
	end_store(&p);
}

/*
 * The disk is full while a checkpoint writes indexes: what nobody waits for is
 * given back all the same, and what is being listed stays.
 */
static void
test_sweep_full(void)
{
	struct store_place p = new_store("sweep full");
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *b = store_queue(p.store, &bob, 1);
	uint64_t ids[3][10];

	put_some(&p, a, 60000, ids[0], 10);
	checkpoint(&p);
	put_some(&p, b, 60000, ids[1], 10);
	checkpoint(&p);
	ack_some(&p, a, ids[0], 10);
	ack_some(&p, b, ids[1], 8);
	checkpoint(&p);
	put_some(&p, a, 100, ids[2], 3);
	turn(&p);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == 1,
	    "pack");
	limit_files(10);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == -1,
	    "an index was written");
	sweep(&p);
	CHECK(count_packs(&p) == 2, "%zu packs", count_packs(&p));
	limit_files(0);
	checkpoint(&p);
	expect(&p, a, ids[2], 3, "sweep full");
	reopen(&p);
	expect(&p, store_queue(p.store, &alice, 1), ids[2], 3, "restarted");
	expect(&p, store_queue(p.store, &bob, 1), ids[1] + 8, 2, "restarted");
	end_store(&p);
}

/*
 * Acks are a reason to sweep when the indexes have them, and not before; so is
 * a queue that is dropped, when its directory is.
 */
static void
test_sweep_is_due(void)
{
	struct store_place p = new_store("sweep is due");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t ids[2];

	put_some(&p, q, 90, ids, 1);
	checkpoint(&p);
	sweep(&p);
	store_ack(p.store, q, ids[0]);
	commit(&p);
	sweep(&p);
	CHECK(count_packs(&p) == 1, "the index does not have it");
	checkpoint(&p);
	sweep(&p);
	CHECK(count_packs(&p) == 0, "no sweep is due");
	put_some(&p, q, 90, ids, 1);
	checkpoint(&p);
	store_ack(p.store, q, ids[0]);
	commit(&p);
	reopen(&p);
	sweep(&p);
	checkpoint(&p);
	sweep(&p);
	CHECK(count_packs(&p) == 0, "no sweep is due, restarted");
	q = store_queue(p.store, &alice, 1);
	put_some(&p, q, 90, ids, 2);
	checkpoint(&p);
	reopen(&p);
	sweep(&p);
	store_drop(p.store, store_queue(p.store, &alice, 1));
	sweep(&p);
	commit(&p);
	tidy(&p, "sweep is due");
	sweep(&p);
	CHECK(count_packs(&p) == 0, "no sweep after a drop");
	end_store(&p);
}

/* The disk is full before anything is packed: acks make room all the same. */
static void
test_acks_full(void)
{
	struct store_place p = new_store("acks full");
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *b = store_queue(p.store, &bob, 1);
	uint64_t ids[2][10];

	put_some(&p, b, 60000, ids[0], 10);
	checkpoint(&p);
	ack_some(&p, b, ids[0], 10);
	put_some(&p, a, 100, ids[1], 3);
	turn(&p);
	limit_files(10);
	CHECK(store_checkpoint(p.store, journal_oldest(p.journal)) == -1,
	    "it was packed");
	sweep(&p);
	CHECK(count_packs(&p) == 0, "%zu packs", count_packs(&p));
	limit_files(0);
	checkpoint(&p);
	expect(&p, a, ids[1], 3, "acks full");
	reopen(&p);
	expect(&p, store_queue(p.store, &alice, 1), ids[1], 3, "restarted");
	expect(&p, store_queue(p.store, &bob, 1), ids[0], 0, "restarted");
	end_store(&p);
}

/* An idle relay gives back what was acked, though its segment is not full. */
static void
test_idle(void)
{
	enum { MESSAGES = 300 };
	struct datadir d;
	struct now now = { .mono = 1, .wall = 1 };
	struct pollfd ready = { .events = POLLIN };
	struct queue *q;
	static uint64_t ids[MESSAGES];
	char why[256];
	int i;

	CHECK(mkdirat(top, "idle", 0700) == 0 && fchdir(top) == 0 &&
	    datadir_open(&d, "idle", 64 << 20, why, sizeof(why)) == 0, "open");
	q = store_queue(d.store, &alice, 1);
	for (i = 0; i < MESSAGES; i++) {
		while (!journal_ready(d.journal))
			CHECK(datadir_commit(&d) == 0 &&
			    datadir_step(&d, now) != -1, "commit");
		ids[i] = journal_id(d.journal);
		store_put(d.store, ids[i], head_of(ids[i]), data_of(1, 60000),
		    &q, 1);
	}
	CHECK(datadir_commit(&d) == 0 && datadir_checkpoint(&d) == 0, "pack");
	for (i = 0; i < MESSAGES; i++)
		store_ack(d.store, q, ids[i]);
	CHECK(datadir_commit(&d) == 0, "commit");
	ready.fd = datadir_fd(&d);
	for (i = 0; i < 500 && count_names(d.dir, "pack") > 1; i++) {
		CHECK(datadir_step(&d, now) != -1, "step");
		(void)poll(&ready, 1, 1);
		now.mono += 1000;
	}
	CHECK(count_names(d.dir, "pack") == 1, "the packs stay");
	CHECK(datadir_close(&d) == 0, "close");
}

/* A copy that goes on holds up no sweep. */
static void
test_sweep_copying(void)
{
	struct store_place p = new_store("sweep copying");
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *b = store_queue(p.store, &bob, 1);
	struct queue *c = store_queue(p.store, &alice, 2);
	uint64_t ids[30], other;
	int i;

	put_some(&p, a, 90, ids, 30);
	checkpoint(&p);
	put_some(&p, b, 90, &other, 1);
	checkpoint(&p);
	store_ack(p.store, b, other);
	checkpoint(&p);
	for (i = 0; i < 20; i++) {
		CHECK(store_copy_index(p.store, a, c, 1) == 1, "copied");
		(void)store_sweep(p.store, true);
	}
	CHECK(count_packs(&p) == 1, "%zu packs", count_packs(&p));
	copy(&p, a, c);
	sweep(&p);
	expect(&p, c, ids, 30, "sweep copying");
	end_store(&p);
}

/* Two nodes of a user want to make the same one: each copy gets on. */
static void
test_two_copies(void)
{
	struct store_place p = new_store("two copies");
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *b = store_queue(p.store, &alice, 2);
	struct queue *c = store_queue(p.store, &alice, 3);
	struct queue *both[2] = { a, b };
	uint64_t ids[30];
	int i, more = 1;

	for (i = 0; i < 30; i++)
		ids[i] = put(&p, 90, both, 2);
	checkpoint(&p);
	for (i = 0; i < 100 && more == 1; i++) {
		more = store_copy_index(p.store, a, c, 3);
		if (more == 1)
			CHECK(store_copy_index(p.store, b, c, 3) == 1,
			    "it has taken the place");
	}
	CHECK(more == 0, "no copy is ever done");
	store_copy(p.store, a, c);
	expect(&p, c, ids, 30, "two copies");
	/* One that was given up is no obstacle. */
	c = store_queue(p.store, &alice, 4);
	CHECK(store_copy_index(p.store, a, c, 3) == 1, "at once");
	copy(&p, b, c);
	expect(&p, c, ids, 30, "given up");
	end_store(&p);
}

/* ---- the files of an older relay ---- */

#define OLD_LARGE 150000

/* A file for each queue, of one inode. */
static void
make_old(struct store_place *p, uint64_t id, size_t size,
    struct queue *const *to, size_t n)
{
	char dir[QUEUE_PATH], path[PATH], first[PATH];
	struct msgfile_writer w = { .fd = -1 };
	size_t i;

	for (i = 0; i < n; i++) {
		queue_path(dir, to[i]);
		(void)snprintf(path, PATH, "%s/%016llx", dir,
		    (unsigned long long)id);
		CHECK(file_make_parents(p->dir, path) == 0, "%s", path);
		if (i > 0) {
			CHECK(linkat(p->dir, first, p->dir, path, 0) == 0,
			    "%s", path);
			continue;
		}
		(void)snprintf(first, PATH, "%s", path);
		w.fd = openat(p->dir, path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		CHECK(w.fd != -1 && msgfile_write(&w, data_of(id, size)) == 0 &&
		    msgfile_end(&w) == 0 && msgfile_write_head(w.fd, id,
		    head_of(id), size) == 0, "%s", path);
		(void)close(w.fd);
	}
}

/* How far a takeover came before it was cut short. */
enum stage { OLD_NEW, OLD_COPYING, OLD_REMOVING, OLD_STAGES };

/*
 * Files 1 to 4 wait for both, 5 is damaged, 6 is large; the journal says that
 * alice has acked 2, and it has 101, of which there is a file, too.
 */
static void
test_takeover(enum stage stage)
{
	static const uint64_t left[] = { 1, 3, 4, 6, 101 };
	char name[32], path[PATH], dir[QUEUE_PATH];
	struct store_place p;
	struct queue *both[2], *copied;
	struct span ack;
	struct buf record = { NULL, 0, 0 };
	uint64_t id;
	int i;

	(void)snprintf(name, sizeof(name), "takeover %d", (int)stage);
	p = new_store(name);
	both[0] = store_queue(p.store, &alice, 1);
	both[1] = store_queue(p.store, &bob, 1);
	copied = store_queue(p.store, &alice, ~(uint32_t)1);
	journal_id_at_least(p.journal, 100);
	CHECK(put(&p, 40, both, 2) == 101, "id");
	encode_u64(buf_room(&record, 8), 2);
	record.n = 8;
	stored_write_node(&record, both[0]);
	ack = buf_span(&record);
	(void)journal_add(p.journal, JOURNAL_ACK, &ack, 1);
	buf_free(&record);
	commit(&p);
	for (id = 1; id < 6; id++)
		make_old(&p, id, id == 4 ? 0 : 1000, both, 2);
	make_old(&p, 6, OLD_LARGE, both, 2);
	make_old(&p, 101, 40, both, 1);
	make_old(&p, 3, 1000, &copied, 1);
	queue_path(dir, both[0]);
	(void)snprintf(path, PATH, "%s/%016llx", dir, 5ULL);
	flip(&p, path, 77);
	scratch_remove(p.dir, "pack");
	if (stage == OLD_COPYING) {
		/* Half of it is there, not all of it whole. */
		CHECK(mkdirat(p.dir, "pack", 0700) == 0 &&
		    file_write(p.dir, "pack/0000000000000001",
		    SPAN("half")) == 0 && file_write(p.dir,
		    "pack/0000000000000006.large", SPAN("half")) == 0,
		    "pack");
		(void)snprintf(path, PATH, "%s/index-%016llx", dir, 1ULL);
		CHECK(file_write(p.dir, path, SPAN("+00")) == 0, "%s", path);
	}
	reopen(&p);
	if (stage == OLD_REMOVING) {
		both[0] = store_queue(p.store, &alice, 1);
		store_ack(p.store, both[0], 3);
		checkpoint(&p);
		/* Names that were removed come back. */
		make_old(&p, 3, 1000, both, 1);
		make_old(&p, 7, 1000, both, 1);
		close_store(&p);
		CHECK(unlinkat(p.dir, "pack/form", 0) == 0 &&
		    file_write(p.dir, "pack/form", SPAN("packs; older files "
		    "are being removed\n")) == 0, "form");
		open_store(&p);
	} else {
		CHECK(count_names(p.dir, "lost+found") == 2, "lost+found");
	}
	for (i = 0; i < 2; i++) {
		both[0] = store_queue(p.store, &alice, 1);
		both[1] = store_queue(p.store, &bob, 1);
		if (stage == OLD_REMOVING)
			expect(&p, both[0], (uint64_t[]){ 1, 4, 6, 101 }, 4,
			    name);
		else
			expect(&p, both[0], left, 5, name);
		expect(&p, both[1], (uint64_t[]){ 1, 2, 3, 4, 6, 101 }, 6,
		    name);
		expect(&p, store_queue(p.store, &alice, ~(uint32_t)1), left,
		    0, name);
		queue_path(dir, both[i]);
		CHECK(count_names(p.dir, dir) == 1, "%s: %zu files", name,
		    count_names(p.dir, dir));
		reopen(&p);
	}
	end_store(&p);
}

static void
test_takeovers(void)
{
	int i;

	for (i = 0; i < OLD_STAGES; i++)
		test_takeover((enum stage)i);
}

int
main(void)
{
	char path[64];

	/* No test of the disk: memory will do, and spares it the syncs. */
	(void)snprintf(path, sizeof(path), "%s/store_test.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	top = scratch_make(path);
	log_level(LOG_QUIET);
	test_msgfile_sizes();
	test_msgfile_damage();
	test_states(test_queue, "queue");
	test_states(test_large, "large");
	test_large_half_listed();
	test_drop_held();
	test_large_headless();
	test_damaged_large();
	test_large_obstacles();
	test_dropped_copies();
	test_copy_in_steps();
	test_copy_cut_short();
	test_states(test_load, "load");
	test_news_kinds();
	test_states(test_news, "news");
	test_much_news();
	test_many();
	test_scraps();
	test_damaged_record();
	test_damaged_table();
	test_damaged_lines();
	test_failed_writes();
	test_flush_in_steps();
	test_acked_unlisted();
	test_acked_unlisted_last();
	test_copied_unlisted();
	test_copied_sector();
	test_unreadable();
	test_damaged_copy();
	test_index_files();
	test_removed_index();
	test_obstacles();
	test_pack_obstacles();
	test_aside("not writable", 0500);
	test_aside("not readable", 0);
	test_torn();
	test_lost_journal();
	test_sweep();
	test_sweep_damaged(0);
	test_sweep_damaged((off_t)1 << 20);
	test_merge();
	test_sweep_copied();
	test_sweep_limit();
	test_sweep_full();
	test_acks_full();
	test_sweep_is_due();
	test_idle();
	test_sweep_copying();
	test_two_copies();
	test_takeovers();
	(void)close(top);
	scratch_remove(AT_FDCWD, path);
	return check_report("store");
}
