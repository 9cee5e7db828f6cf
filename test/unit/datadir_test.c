/*
 * The disk that a start and an idle relay give back, on a real directory.
 */
#include "datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/file.h"
#include "store.h"
#include "test/lib/check.h"
#include "test/lib/scratch.h"
#include "userdb.h"

#define JOURNAL ((uint64_t)64 << 20)
#define MESSAGES 1000
#define DATA 60000		/* bytes of each */
#define NOBODY 65534		/* a user who is not root */

static char top[] = "/tmp/mnm-data-XXXXXX";
static struct now now = { 1000, 1000 };
static char bytes[DATA];
static uint64_t ids[MESSAGES];
static struct uid member;
static const char *const aliases[] = { "a1", "a2", "a3", "b1", "b2",
	"b3" };

static void
open_data(struct datadir *d, const char *name)
{
	char path[64], why[256];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	CHECK(datadir_open(d, path, JOURNAL, why, sizeof(why)) == 0, "%s",
	    why);
}

static void
reopen(struct datadir *d, const char *name)
{
	CHECK(datadir_close(d) == 0, "close: %s", strerror(errno));
	open_data(d, name);
}

static void
commit(struct datadir *d)
{
	CHECK(datadir_commit(d) == 0, "commit: %s", strerror(errno));
}

static void
step(struct datadir *d, uint64_t ms)
{
	now.mono += ms;
	CHECK(datadir_step(d, now) != -1, "step: %s", strerror(errno));
}

/* A member with one node, for whom messages wait, all in packs. */
static struct queue *
begin(struct datadir *d, const char *name)
{
	struct queue *to;
	char nodeid[NODEID_TEXT];
	struct user *user;
	size_t i;

	open_data(d, name);
	while (datadir_state(d) == DATADIR_WAIT)
		step(d, 1);
	user = userdb_add_user(d->userdb, SPAN("first"), SPAN(""), nodeid);
	member = user->uid;
	to = store_queue(d->store, &member, user->nodes[0]->ref);
	for (i = 0; i < MESSAGES; i++) {
		while (datadir_state(d) == DATADIR_WAIT) {
			commit(d);
			step(d, 1);
		}
		ids[i] = journal_id(d->journal);
		store_put(d->store, ids[i], SPAN("0000"),
		    (struct span){ bytes, DATA }, &to, 1);
	}
	commit(d);
	CHECK(datadir_checkpoint(d) == 0, "checkpoint: %s", strerror(errno));
	return to;
}

static struct queue *
first(struct datadir *d)
{
	return store_queue(d->store, &member, 1);
}

static void
ack_all(struct datadir *d)
{
	size_t i;

	for (i = 0; i < MESSAGES; i++)
		store_ack(d->store, first(d), ids[i]);
	commit(d);
}

/* Some hours of a relay to which nobody comes; bytes in pack/ then. */
static uint64_t
idle(struct datadir *d)
{
	DIR *list;
	const char *name;
	struct stat st;
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < 7200; i++)
		step(d, 1000);
	list = file_open_list(d->dir, "pack");
	while ((name = file_next_name(list)) != NULL) {
		if (fstatat(dirfd(list), name, &st, 0) == 0)
			sum += (uint64_t)st.st_size;
	}
	CHECK(file_end_list(list) == 0, "pack: %s", strerror(errno));
	return sum;
}

/* What was acked before a restart is given back after it. */
static void
test_acked_before(void)
{
	struct datadir d;
	uint64_t left;

	(void)begin(&d, "acked");
	CHECK(idle(&d) > (uint64_t)MESSAGES * DATA, "they are in packs");
	ack_all(&d);
	reopen(&d, "acked");
	left = idle(&d);
	CHECK(left < 1 << 20, "%llu bytes are left", (unsigned long long)left);
	CHECK(datadir_close(&d) == 0, "close: %s", strerror(errno));
}

/* A copy for a new device that was never finished keeps nothing. */
static void
test_abandoned(void)
{
	struct datadir d;
	struct queue *from = begin(&d, "abandoned");
	struct queue *to = store_queue(d.store, &member, 2);
	uint64_t left;
	unsigned i;

	for (i = 0; i < 3; i++)
		CHECK(store_copy_index(d.store, from, to, 100) == 1, "copy");
	reopen(&d, "abandoned");
	ack_all(&d);
	left = idle(&d);
	CHECK(left < 1 << 20, "%llu bytes are left", (unsigned long long)left);
	CHECK(datadir_close(&d) == 0, "close: %s", strerror(errno));
}

/* Give a member a name; NULL: a new one. */
static struct uid
name_member(struct datadir *d, const struct uid *uid, const char *alias)
{
	char nodeid[NODEID_TEXT];
	struct user *user;

	while (datadir_state(d) == DATADIR_WAIT)
		step(d, 1);
	user = uid != NULL ? userdb_user(d->userdb, uid) :
	    userdb_add_user(d->userdb, SPAN("first"), SPAN(""), nodeid);
	CHECK(userdb_add_alias(d->userdb, user, span_of(alias), 1, 9) ==
	    USERDB_OK, "%s", alias);
	commit(d);
	return user->uid;
}

/*
 * A member's directory that may not be written: all is stored, theirs aside,
 * and is there at the next start, whether that may write it or not.
 */
static void
test_aside(int scratch)
{
	bool root = geteuid() == 0;
	char text[UID_TEXT], path[64];
	struct datadir d;
	struct uid uid;
	size_t i;

	/* Root may do it all. */
	CHECK(mkdirat(scratch, "aside", 0700) == 0 && (!root ||
	    (fchmod(scratch, 0711) == 0 &&
	    fchownat(scratch, "aside", NOBODY, NOBODY, 0) == 0 &&
	    seteuid(NOBODY) == 0)), "%s", strerror(errno));
	open_data(&d, "aside");
	uid = name_member(&d, NULL, "alice");
	CHECK(datadir_checkpoint(&d) == 0, "checkpoint: %s", strerror(errno));
	encode_base32(text, uid.bytes, UID_BYTES);
	(void)snprintf(path, sizeof(path), "user/%.2s/%.32s", text, text);
	CHECK(fchmodat(d.dir, path, 0500, 0) == 0, "%s: %s", path,
	    strerror(errno));
	for (i = 0; i < 3; i++) {
		(void)name_member(&d, &uid, aliases[i]);
		(void)name_member(&d, NULL, aliases[i + 3]);
		CHECK(datadir_checkpoint(&d) == 0, "checkpoint: %s",
		    strerror(errno));
		CHECK(datadir_state(&d) != DATADIR_FULL, "posts are refused");
		if (i == 2)
			CHECK(fchmodat(d.dir, path, 0700, 0) == 0, "%s", path);
		reopen(&d, "aside");
		CHECK(userdb_user(d.userdb, &uid) != NULL &&
		    userdb_alias(d.userdb, span_of(aliases[i])) != NULL,
		    "%zu: lost", i);
		CHECK(userdb_alias(d.userdb, span_of(aliases[i + 3])) != NULL,
		    "%zu: another is lost", i);
	}
	CHECK(faccessat(d.dir, "aside", F_OK, 0) == -1, "it stays aside");
	/* What is aside is valid, and what has the name nowhere. */
	CHECK(fchmodat(d.dir, path, 0500, 0) == 0, "%s", path);
	userdb_drop_alias(d.userdb, userdb_alias(d.userdb, SPAN("a1")));
	commit(&d);
	(void)name_member(&d, &uid, "a4");
	CHECK(datadir_checkpoint(&d) == 0, "checkpoint: %s", strerror(errno));
	reopen(&d, "aside");
	CHECK(userdb_alias(d.userdb, SPAN("a1"))->dropped &&
	    userdb_alias(d.userdb, SPAN("a4")) != NULL, "it is not valid");
	/* It can be written again: the newest has the name. */
	CHECK(fchmodat(d.dir, path, 0700, 0) == 0, "%s", path);
	(void)name_member(&d, &uid, "a5");
	CHECK(datadir_checkpoint(&d) == 0, "checkpoint: %s", strerror(errno));
	CHECK(faccessat(d.dir, "aside", F_OK, 0) == -1, "it stays aside");
	reopen(&d, "aside");
	CHECK(userdb_alias(d.userdb, SPAN("a5")) != NULL, "an older one wins");
	CHECK(datadir_close(&d) == 0, "close: %s", strerror(errno));
	CHECK(!root || seteuid(0) == 0, "%s", strerror(errno));
}

/* Whether it opens, or a check of it does, with why not. */
static bool
opens(const char *name, uint64_t journal, char *why, size_t room)
{
	struct datadir d;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	if (datadir_open(&d, path, journal, why, room) == -1)
		return false;
	CHECK(datadir_close(&d) == 0, "close: %s", strerror(errno));
	return true;
}

/* A pipe instead of the lock does not hang a start, or a check. */
static void
test_pipe(int scratch)
{
	char why[256] = "";

	CHECK(opens("pipe", JOURNAL, why, sizeof(why)) &&
	    unlinkat(scratch, "pipe/lock", 0) == 0 &&
	    mkfifoat(scratch, "pipe/lock", 0600) == 0, "%s", why);
	(void)alarm(10);
	(void)opens("pipe", 0, why, sizeof(why));
	(void)opens("pipe", JOURNAL, why, sizeof(why));
	(void)alarm(0);
}

int
main(void)
{
	int dir = scratch_make(top);

	test_acked_before();
	test_abandoned();
	test_aside(dir);
	test_pipe(dir);
	(void)close(dir);
	scratch_remove(AT_FDCWD, top);
	return check_report("datadir");
}
