/*
 * What datadir_hold promises, on a real directory.  crash_test has backups made
 * while all goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/backup.h"
#include "base/encode.h"
#include "datadir.h"
#include "disk/file.h"
#include "store.h"
#include "test/lib/check.h"
#include "test/lib/scratch.h"
#include "userdb.h"

#define JOURNAL ((uint64_t)16 << 20)	/* four segments */
#define PATIENCE 10000			/* posts, or steps */
#define DATA 60000

static char top[] = "/tmp/mnm-hold-XXXXXX";
static struct now now = { 1000, 1000 };
static char bytes[DATA];

static void
open_data(struct datadir *d, const char *name)
{
	char path[64], why[256];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	if (datadir_open(d, path, JOURNAL, why, sizeof(why)) == -1)
		die("%s", why);
}

static struct queue *
queue(struct datadir *d)
{
	struct uid uid = { { 1 } };

	return store_queue(d->store, &uid, 1);
}

static void
commit(struct datadir *d)
{
	CHECK(datadir_commit(d) == 0, "commit: %s", strerror(errno));
}

/* Post for the one queue, committed; false if the journal has no room. */
static bool
post(struct datadir *d)
{
	struct queue *to = queue(d);
	uint64_t id;

	if (datadir_state(d) == DATADIR_WAIT)
		return false;
	id = journal_id(d->journal);
	store_put(d->store, id, SPAN("0000"), (struct span){ bytes, DATA },
	    &to, 1);
	commit(d);
	return true;
}

static void
step(struct datadir *d, uint64_t ms)
{
	now.mono += ms;
	CHECK(datadir_step(d, now) != -1, "step: %s", strerror(errno));
}

static uint64_t
segments(const struct datadir *d)
{
	return journal_newest(d->journal) - journal_oldest(d->journal) + 1;
}

/* So many segments are in use. */
static void
fill(struct datadir *d, uint64_t count)
{
	int i;

	for (i = 0; i < PATIENCE && segments(d) < count; i++) {
		while (!post(d) && i++ < PATIENCE)
			step(d, 1);
		step(d, 1);
	}
	CHECK(segments(d) == count, "%llu segments are in use",
	    (unsigned long long)segments(d));
}

/* How many wait in the queue. */
static unsigned
count(struct datadir *d)
{
	uint64_t id = 0, length;
	unsigned n = 0;

	while (store_next(d->store, queue(d), id, &id, &length) == 1)
		n++;
	return n;
}

/* Start from a copy made now: so many wait there, and nothing is damaged. */
static void
check_copy(struct datadir *d, const char *name, unsigned waiting)
{
	struct backup_sum sum = { 0, 0, 0 };
	struct buf list = { NULL, 0, 0 };
	struct span text;
	struct datadir copy;
	char path[64];
	int to;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	to = file_make_dir(AT_FDCWD, path) == -1 ? -1 :
	    file_open_dir(AT_FDCWD, path);
	journal_list(d->journal, &list);
	text = buf_span(&list);
	CHECK(backup_copy(d->dir, to, &text, &sum) == 0, "%s: %s", name,
	    strerror(errno));
	CHECK(sum.journal == segments(d) << 22, "%s: %llu bytes of journal",
	    name, (unsigned long long)sum.journal);
	close(to);
	buf_free(&list);
	open_data(&copy, name);
	CHECK(copy.quarantine.count == 0, "%s: damage", name);
	CHECK(count(&copy) == waiting, "%s: %u wait, not %u", name,
	    count(&copy), waiting);
	CHECK(datadir_close(&copy) == 0, "%s: close", name);
}

/* A checkpoint goes on as soon as it may, and not before. */
static void
test_hold(void)
{
	struct datadir d;
	uint64_t ticket, oldest;
	unsigned waiting;
	int i;

	open_data(&d, "hold");
	fill(&d, 2);
	waiting = count(&d);
	ticket = datadir_hold(&d);
	CHECK(ticket != 0, "it cannot be held");
	CHECK(datadir_hold(&d) == 0, "it is held twice");
	CHECK(!datadir_end_hold(&d, ticket + 1), "another's ticket ends it");
	commit(&d);
	oldest = journal_oldest(d.journal);
	for (i = 0; i < 100; i++) {
		step(&d, 1000);
		CHECK(datadir_deadline(&d) > now.mono, "the loop would spin");
	}
	CHECK(journal_oldest(d.journal) == oldest, "a segment was released");
	CHECK(post(&d), "no post is taken");
	CHECK(count(&d) == waiting + 1, "the post is not there");
	CHECK(datadir_end_hold(&d, ticket),
	    "it was held, and is said not to be");
	CHECK(!datadir_end_hold(&d, ticket), "it is still held");
	CHECK(datadir_deadline(&d) <= now.mono, "the checkpoint is not due");
	for (i = 0; i < 100 && segments(&d) > 1; i++)
		step(&d, 1000);
	CHECK(segments(&d) == 1, "no segment was released");
	CHECK(count(&d) == waiting + 1, "something is missing");
	CHECK(datadir_close(&d) == 0, "close");
}

/* At every step of a checkpoint: the copy has all, and it goes on after it. */
static void
test_steps(void)
{
	struct datadir d;
	uint64_t ticket;
	unsigned waiting;
	char name[32];
	int i;

	open_data(&d, "steps");
	fill(&d, 2);
	now.mono += 20000;
	(void)userdb_add_user(d.userdb, SPAN("x"), SPAN(""), bytes);
	commit(&d);
	waiting = count(&d);
	for (i = 0; i < 100 && segments(&d) > 1; i++) {
		ticket = datadir_hold(&d);
		commit(&d);
		CHECK(datadir_deadline(&d) > now.mono, "the loop would spin");
		(void)snprintf(name, sizeof(name), "step-%d", i);
		check_copy(&d, name, waiting);
		CHECK(datadir_end_hold(&d, ticket), "step %d", i);
		CHECK(datadir_deadline(&d) <= now.mono, "step %d is not due",
		    i);
		step(&d, 1);
	}
	CHECK(i > 4 && segments(&d) == 1, "%d steps", i);
	CHECK(datadir_close(&d) == 0, "close");
}

/* Have what waits in packs. */
static void
empty(struct datadir *d)
{
	int i;

	for (i = 0; i < PATIENCE && segments(d) > 1; i++)
		step(d, 20000);
}

/* When the checkpoint cannot write, the loop does not spin either. */
static void
test_stuck(void)
{
	struct datadir d;
	uint64_t ticket;
	int i;

	open_data(&d, "stuck");
	fill(&d, 2);
	empty(&d);
	fill(&d, 2);
	CHECK(renameat(d.dir, "user", d.dir, "away") == 0 &&
	    file_write(d.dir, "user", SPAN("")) == 0, "no user/");
	step(&d, 20000);
	/* Receipts are carried over, and messages packed, before that. */
	for (i = 0; i < 100 && datadir_state(&d) != DATADIR_FULL; i++)
		step(&d, 1);
	CHECK(i < 100, "it could write");
	ticket = datadir_hold(&d);
	commit(&d);
	step(&d, 20000);
	CHECK(datadir_deadline(&d) > now.mono, "the loop would spin");
	CHECK(datadir_end_hold(&d, ticket), "it was not held");
	CHECK(unlinkat(d.dir, "user", 0) == 0 &&
	    renameat(d.dir, "away", d.dir, "user") == 0, "user/ is away");
	for (i = 0; i < 100 && segments(&d) > 1; i++)
		step(&d, 1000);
	CHECK(segments(&d) == 1, "it cannot write");
	CHECK(datadir_close(&d) == 0, "close");
}

/* What was released, and is still needed until a commit, is not missed. */
static void
test_released(void)
{
	struct datadir d;
	uint64_t ticket;
	int i;

	open_data(&d, "released");
	fill(&d, 3);
	for (i = 0; i < PATIENCE && segments(&d) == 3; i++)
		step(&d, 1);
	CHECK(segments(&d) == 2 && !journal_pending(d.journal),
	    "nothing was released, or that was committed");
	ticket = datadir_hold(&d);
	commit(&d);
	check_copy(&d, "copy", count(&d));
	CHECK(datadir_end_hold(&d, ticket), "it was not held");
	CHECK(datadir_close(&d) == 0, "close");
}

/* A backup that takes too long does not stop anybody from posting. */
static void
test_full(void)
{
	struct datadir d;
	uint64_t ticket;
	unsigned posts = 0;
	int i;

	open_data(&d, "full");
	ticket = datadir_hold(&d);
	commit(&d);
	for (i = 0; i < PATIENCE && posts < 1000; i++) {
		if (post(&d))
			posts++;
		step(&d, 1);
	}
	CHECK(posts == 1000 && count(&d) == posts, "%u posts", posts);
	CHECK(!datadir_end_hold(&d, ticket), "it was held all the time");
	ticket = datadir_hold(&d);
	CHECK(ticket != 0, "it can never be held again");
	commit(&d);
	check_copy(&d, "again", posts);
	CHECK(datadir_end_hold(&d, ticket), "it was not held");
	CHECK(datadir_close(&d) == 0, "close");
}

int
main(void)
{
	int fd = scratch_make(top);

	test_hold();
	test_steps();
	test_stuck();
	test_released();
	test_full();
	close(fd);
	scratch_remove(AT_FDCWD, top);
	return check_report("hold");
}
