/*
 * Messages in files (spool), and queues over a journal and files (store), on a
 * real directory.  What a power cut does is crash_test's matter.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/file.h"
#include "disk/syncer.h"
#include "store/msgfile.h"
#include "store/news.h"
#include "store/queue.h"
#include "test/lib/check.h"
#include "test/lib/prng.h"
#include "test/lib/scratch.h"

#define LARGEST 200000
#define PATH 160

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

/* ---- spool ---- */

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

/* Written in pieces, and at once; read in pieces. */
static void
test_spool_sizes(void)
{
	static const size_t sizes[] = { 0, 1, 1000, MSGFILE_BLOCK - 1,
	    MSGFILE_BLOCK, MSGFILE_BLOCK + 1, 2 * MSGFILE_BLOCK, LARGEST };
	static const size_t pieces[] = { 7, 4096, MSGFILE_BLOCK, LARGEST };
	struct msgfile_writer w;
	struct buf image = { NULL, 0, 0 };
	struct span data;
	size_t i, j, at, n;

	for (i = 0; i < COUNT(sizes); i++) {
		for (j = 0; j < COUNT(pieces); j++) {
			w = (struct msgfile_writer){ .fd = new_file("spool") };
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
		if (sizes[i] > MSGFILE_BLOCK)
			continue;
		w.fd = new_file("image");
		image.n = 0;
		msgfile_image(&image, i, head_of(i), data_of(i, sizes[i]));
		CHECK(file_pwrite_all(w.fd, image.p, image.n, 0) == 0 &&
		    holds(w.fd, i, sizes[i], 4096), "image of %zu", sizes[i]);
		(void)close(w.fd);
	}
	buf_free(&image);
}

/* No byte of a file can change, be added or go unnoticed. */
static void
test_spool_damage(void)
{
	struct buf image = { NULL, 0, 0 };
	int fd = new_file("damage");
	size_t i;

	msgfile_image(&image, 5, head_of(5), data_of(5, 300));
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

/* Let messages go to files, as before their segment is released. */
static void
checkpoint(struct store_place *p)
{
	int more;

	commit(p);
	while ((more = store_checkpoint(p->store,
	    journal_newest(p->journal))) == 1)
		continue;
	CHECK(more == 0, "checkpoint: %s", strerror(errno));
	CHECK(store_checkpoint_bytes(p->store) == 0, "messages are left");
	store_released(p->store);
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
 * Everything is done to messages in the journal, in files, and after a start
 * in either state: the same must wait.
 */
enum state { IN_JOURNAL, IN_FILES, RESTARTED, FILES_RESTARTED, STATES };

static void
enter(struct store_place *p, enum state state)
{
	commit(p);
	if (state == IN_FILES || state == FILES_RESTARTED)
		checkpoint(p);
	if (state == RESTARTED || state == FILES_RESTARTED)
		reopen(p);
}

/* All of a copy, three files at a time. */
static void
copy(struct store_place *p, struct queue *from, struct queue *to)
{
	int more;

	while ((more = store_copy_files(p->store, from, to, 3)) == 1)
		continue;
	CHECK(more == 0, "copy: %s", strerror(errno));
	store_copy(p->store, from, to);
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
	while (store_tidy(p.store))
		continue;
	enter(&p, state);
	expect(&p, store_queue(p.store, &alice, 2), ids, 0, name);
	expect(&p, store_queue(p.store, &alice, 1), ids + 2, 2, name);
	store_drop(p.store, store_queue(p.store, &bob, 1));
	end_store(&p);
}

static void
test_queues(void)
{
	static const char *const names[STATES] = { "in journal", "in files",
	    "restarted", "files restarted" };
	int i;

	for (i = 0; i < STATES; i++)
		test_queue((enum state)i, names[i]);
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

/* Nothing is kept to be used again, and all that is not needed is gone. */
static void
tidy(struct store_place *p, const char *name)
{
	size_t n;

	store_trim(p->store);
	CHECK(store_is_trim(p->store), "%s: not trim", name);
	for (n = 0; store_tidy(p->store); n++)
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

static void
test_larges(void)
{
	static const char *const names[STATES] = { "large in journal",
	    "large in files", "large restarted", "large files restarted" };
	int i;

	for (i = 0; i < STATES; i++)
		test_large((enum state)i, names[i]);
}

/* ---- files ---- */

static void
message_path(char path[PATH], const struct uid *uid, uint64_t id)
{
	char text[UID_TEXT];

	encode_base32(text, uid->bytes, UID_BYTES);
	(void)snprintf(path, PATH, "user/%.2s/%.32s/1/%016llx", text, text,
	    (unsigned long long)id);
}

/* One inode however many wait; none when the last has acked. */
static void
test_links(void)
{
	struct store_place p = new_store("links");
	struct queue *to[2] = { store_queue(p.store, &alice, 1),
	    store_queue(p.store, &bob, 1) };
	char path[PATH], other[PATH];
	struct stat st, st2;
	uint64_t id = put(&p, 500, to, 2);

	checkpoint(&p);
	message_path(path, &alice, id);
	message_path(other, &bob, id);
	CHECK(fstatat(p.dir, path, &st, 0) == 0 &&
	    fstatat(p.dir, other, &st2, 0) == 0 && st.st_ino == st2.st_ino &&
	    st.st_nlink == 2, "not one inode with two names");
	CHECK((st.st_mode & 077) == 0, "others may read it");
	store_ack(p.store, to[0], id);
	CHECK(fstatat(p.dir, path, &st, 0) == -1 && errno == ENOENT,
	    "there after its ack");
	end_store(&p);
}

/* A damaged file goes to lost+found, and the rest is served. */
static void
test_damaged_file(void)
{
	struct store_place p = new_store("damaged");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t ids[3], id, length;
	char path[PATH];
	int i, fd;

	for (i = 0; i < 3; i++)
		ids[i] = put(&p, 90, &q, 1);
	checkpoint(&p);
	for (i = 0; i < 2; i++) {
		message_path(path, &alice, ids[i]);
		fd = openat(p.dir, path, O_RDWR);
		/* Of the first the data, of the second the end. */
		CHECK(fd != -1 && (i == 0 ?
		    file_pwrite_all(fd, "????", 4, 20) :
		    ftruncate(fd, 100)) == 0, "%s", path);
		(void)close(fd);
	}
	CHECK(store_next(p.store, q, 0, &id, &length) == 1 && id == ids[0],
	    "the data is not looked at yet");
	CHECK(store_read(p.store, q, id, 40, got, 50) == -1 &&
	    errno == EBADMSG, "altered bytes are served");
	expect(&p, q, ids + 2, 1, "damaged");
	CHECK(count_names(p.dir, "lost+found") == 2, "lost+found");
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
 * While a queue's files are copied, it goes on living: an ack, what a
 * checkpoint makes a file, another copy, and one that is given up.
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
		CHECK(store_copy_files(p.store, a, a2, 2) == 1, "step %zu", i);
	CHECK(store_copy_files(p.store, b, b2, 2) == 1, "bob must wait");
	for (i = 0; i < 7; i++)
		store_ack(p.store, a, ids[i]);
	/* This links all that is left of alice's; what comes is not listed. */
	CHECK(store_copy_files(p.store, b, b2, 100) == 1, "bob waits still");
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

	CHECK(store_copy_files(p.store, b, b, 2) == 1, "given up");
	store_drop(p.store, b);
	commit(&p);
	while (store_tidy(p.store))
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

	for (i = 0; i < 10; i++)
		ids[i] = put(&p, 10, &a, 1);
	checkpoint(&p);
	to = store_queue(p.store, &alice, 2);
	CHECK(store_copy_files(p.store, a, to, 9) == 1, "not all of it");
	reopen(&p);
	a = store_queue(p.store, &alice, 1);
	for (i = 0; i < 5; i++)
		store_ack(p.store, a, ids[i]);
	commit(&p);
	to = store_queue(p.store, &alice, 2);
	CHECK(store_copy_files(p.store, a, to, 9) == 0, "all, but not told");
	reopen(&p);
	a = store_queue(p.store, &alice, 1);
	to = store_queue(p.store, &alice, 2);
	expect(&p, to, ids + 5, 5, "the new files");
	store_ack(p.store, a, ids[5]);
	copy(&p, a, to);
	expect(&p, to, ids + 6, 4, "the last copy");
	end_store(&p);
}

/* What a crash has left of a copy goes with the node that asked for it. */
static void
test_copy_left(void)
{
	struct store_place p = new_store("copy left");
	struct queue *a = store_queue(p.store, &alice, 1);
	struct queue *left = store_queue(p.store, &alice, ~1U);
	char path[QUEUE_PATH];

	(void)put(&p, 10, (struct queue *[]){ a, left }, 2);
	checkpoint(&p);
	queue_path(path, left);
	CHECK(faccessat(p.dir, path, F_OK, 0) == 0, "no copy");
	store_drop(p.store, a);
	commit(&p);
	(void)store_tidy(p.store);
	CHECK(faccessat(p.dir, path, F_OK, 0) == -1, "for ever");
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

static void
test_loads(void)
{
	static const char *const names[STATES] = { "load in journal",
	    "load in files", "load restarted", "load files restarted" };
	int i;

	for (i = 0; i < STATES; i++)
		test_load((enum state)i, names[i]);
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

static void
test_all_news(void)
{
	static const char *const names[STATES] = { "news in journal",
	    "news in files", "news restarted", "news files restarted" };
	int i;

	for (i = 0; i < STATES; i++)
		test_news((enum state)i, names[i]);
}

/* A relay before the limit may have left any number of it. */
static void
test_much_news(void)
{
	struct store_place p = new_store("much news");
	struct queue *q = store_queue(p.store, &alice, 1);
	int i;

	for (i = 0; i < QUEUE_NEWS_MAX + 50; i++) {
		if (!journal_ready(p.journal))
			commit(&p);
		(void)put_text(&p, "{\"op\":\"member\"}", 0, q);
	}
	expect_news(&p, q, QUEUE_NEWS_MAX + 50, QUEUE_NEWS_MAX, "journal");
	enter(&p, FILES_RESTARTED);
	q = store_queue(p.store, &alice, 1);
	for (i = 0; i < QUEUE_NEWS_MAX; i++)
		(void)store_load(p.store, q);
	expect_news(&p, q, QUEUE_NEWS_MAX + 50, QUEUE_NEWS_MAX, "files");
	for (i = 0; i < QUEUE_NEWS_MAX + 1; i++)
		drop_news(&p, q, 0);
	expect_news(&p, q, 50, 0, "dropped");
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
	CHECK(store_load(p.store, q).messages < MANY, "counted in one go");
	for (n = 0; n < MANY && store_load(p.store, q).messages < MANY; n++)
		continue;
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
	CHECK(store_tidy(p.store), "all was removed at once");
	tidy(&p, "many");
	end_store(&p);
}

/* The inode of alice's message, to see whether it is used again. */
static ino_t
inode_of(const struct store_place *p, struct queue *q, uint64_t id)
{
	char path[QUEUE_PATH];
	struct stat status = { .st_ino = 0 };

	queue_message_path(path, q, id);
	CHECK(fstatat(p->dir, path, &status, 0) == 0, "%s: %s", path,
	    strerror(errno));
	return status.st_ino;
}

/* Put a message of so many bytes and have it in a file; which inode. */
static ino_t
put_file(struct store_place *p, struct queue *q, size_t size)
{
	uint64_t id = put(p, size, &q, 1);

	checkpoint(p);
	CHECK(reads(p, q, id, size), "%zu bytes", size);
	return inode_of(p, q, id);
}

static void
sync_tree(struct store_place *p)
{
	CHECK(store_begin_sync(p->store), "nothing was touched");
	store_end_sync(p->store);
}

/* An acked file is overwritten, but only when no queue can have it. */
static void
test_spares(void)
{
	static const size_t sizes[] = { 3000, 10, 9000, 0, 65536, 3000 };
	struct store_place p = new_store("spares");
	struct queue *q = store_queue(p.store, &alice, 1);
	uint64_t id;
	ino_t first;
	size_t i;

	id = put(&p, 3000, &q, 1);
	checkpoint(&p);
	for (i = 0; i < COUNT(sizes); i++) {
		first = inode_of(&p, q, id);
		store_ack(p.store, q, id);
		CHECK(put_file(&p, q, 100) != first, "before a sync began");
		CHECK(store_begin_sync(p.store), "nothing was touched");
		CHECK(put_file(&p, q, 100) != first, "before it ended");
		store_end_sync(p.store);
		CHECK(put_file(&p, q, sizes[i]) == first, "not used again");
		id = journal_committed_id(p.journal);
	}
	store_ack(p.store, q, id);
	reopen(&p);
	q = store_queue(p.store, &alice, 1);
	for (i = 0, id = 0; id < journal_committed_id(p.journal) - 1; i++) {
		CHECK(store_next(p.store, q, id, &id, &(uint64_t){ 0 }) == 1,
		    "after %llx", (unsigned long long)id);
	}
	tidy(&p, "spares");
	end_store(&p);
}

/* What cannot be removed does no harm. */
static void
test_scraps(void)
{
	struct store_place p = new_store("scraps");
	int i;

	for (i = 3; i < 9; i++) {
		(void)snprintf(got, sizeof(got), "tmp/drop-%016x", i);
		CHECK(mkdirat(p.dir, got, 0700) == 0, "%s", got);
		(void)snprintf(got, sizeof(got), "tmp/drop-%016x/%s", i,
		    i % 3 == 0 ? ".hidden" : "file");
		CHECK(file_write(p.dir, got, SPAN("text")) == 0, "%s", got);
	}
	reopen(&p);
	for (i = 0; store_tidy(p.store); i++)
		CHECK(i < 100, "tidying never ends");
	CHECK(count_names(p.dir, "tmp") == 2, "%zu are left",
	    count_names(p.dir, "tmp"));
	CHECK(unlinkat(p.dir, "tmp/drop-0000000000000003/.hidden", 0) == 0 &&
	    unlinkat(p.dir, "tmp/drop-0000000000000006/.hidden", 0) == 0,
	    "those that hold something");
	reopen(&p);
	tidy(&p, "scraps");
	end_store(&p);
}

/* Other names of the file keep it as it is: another node's, or a backup's. */
static void
test_shared(void)
{
	struct store_place p = new_store("shared");
	struct queue *both[2] = { store_queue(p.store, &alice, 1),
	    store_queue(p.store, &bob, 1) };
	struct msgfile_reader r = { .fd = -1 };
	char path[QUEUE_PATH];
	uint64_t ids[2];

	ids[0] = put(&p, 500, both, 2);
	ids[1] = put(&p, 500, both, 1);
	checkpoint(&p);
	queue_message_path(path, both[0], ids[1]);
	CHECK(linkat(p.dir, path, p.dir, "backup", 0) == 0, "link");
	store_ack(p.store, both[0], ids[0]);
	store_ack(p.store, both[0], ids[1]);
	sync_tree(&p);
	(void)put_file(&p, both[0], 400);
	(void)put_file(&p, both[0], 400);
	CHECK(reads(&p, both[1], ids[0], 500), "bob's was written over");
	r.fd = openat(p.dir, "backup", O_RDONLY);
	CHECK(msgfile_check(&r, ids[1]) == 0, "the backup was written over");
	(void)close(r.fd);
	free(r.buffer);
	end_store(&p);
}

int
main(void)
{
	char path[] = "/tmp/store_test.XXXXXX";

	top = scratch_make(path);
	log_level(LOG_QUIET);
	test_spool_sizes();
	test_spool_damage();
	test_queues();
	test_larges();
	test_links();
	test_damaged_file();
	test_damaged_large();
	test_dropped_copies();
	test_copy_in_steps();
	test_copy_cut_short();
	test_copy_left();
	test_loads();
	test_news_kinds();
	test_all_news();
	test_much_news();
	test_many();
	test_spares();
	test_scraps();
	test_shared();
	(void)close(top);
	scratch_remove(AT_FDCWD, path);
	return check_report("store");
}
