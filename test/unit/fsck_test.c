/*
 * A data directory with something of everything in it, each kind of file
 * altered, cut, lengthened and removed: a check finds it and changes nothing,
 * not even a time; repaired it is clean, and all else is served.
 */
#include "admin/fsck.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "datadir.h"
#include "disk/file.h"
#include "store.h"
#include "store/index.h"
#include "store/pack.h"
#include "test/lib/check.h"
#include "test/lib/prng.h"
#include "test/lib/scratch.h"
#include "userdb.h"

#define PATH 512
#define JOURNAL_SIZE ((uint64_t)16 << 20)
#define USERS 3
#define SMALL 300		/* bytes of data */
#define LARGE 200000

/* Of two in a pack, a large one there, one in the journal, a large there. */
static const size_t waiting[USERS] = { 3, 4, 4 };

static char top[64];
static char data_path[PATH];
static int data;		/* the data directory */
static struct uid uids[USERS];
static struct buf said;		/* by the last check, with a NUL */

/* ---- a data directory ---- */

static void
must_open(struct datadir *d)
{
	char why[256] = "";

	if (datadir_open(d, data_path, JOURNAL_SIZE, why, sizeof(why)) == -1)
		die("%s", why);
}

static struct queue *
queue_for(struct datadir *d, size_t user)
{
	return store_queue(d->store, &uids[user], 1);
}

static void
post(struct datadir *d, size_t user)
{
	static const char bytes[SMALL] = "small";
	struct queue *to = queue_for(d, user);

	store_put(d->store, journal_id(d->journal), SPAN("0002{}"),
	    (struct span){ bytes, sizeof(bytes) }, &to, 1);
	CHECK(datadir_commit(d) == 0, "commit");
}

static void
post_large(struct datadir *d, size_t user)
{
	static const char bytes[LARGE] = "large";
	struct queue *to = queue_for(d, user);
	const uint64_t lengths[UPLOAD_PARTS] = { sizeof(bytes) };
	struct upload *up = upload_open(store_uploads(d->store), SPAN(""),
	    lengths);

	(void)upload_take(up, (struct span){ bytes, sizeof(bytes) });
	upload_sync(up);
	CHECK(upload_state(up) == 0, "large: %s", strerror(errno));
	store_put_part(d->store, journal_id(d->journal), SPAN("0002{}"),
	    upload_part(up, 0), &to, 1);
	upload_close(up);
	CHECK(datadir_commit(d) == 0, "commit");
}

static void
add_people(struct datadir *d)
{
	static const struct invite invite = { .kind = INVITE_INVITATION,
	    .name = "Dave Dean", .since = 1, .until = UINT64_MAX };
	char nodeid[NODEID_TEXT], alias[32];
	struct group *g;
	struct user *u;
	size_t i;

	g = userdb_add_group(d->userdb, SPAN("a group"), 0);
	for (i = 0; i < USERS; i++) {
		u = userdb_add_user(d->userdb, SPAN("phone"), SPAN(""), nodeid);
		uids[i] = u->uid;
		snprintf(alias, sizeof(alias), "Member %zu", i);
		(void)userdb_add_alias(d->userdb, u, span_of(alias), 1,
		    ALIAS_UNLIMITED);
		userdb_set_member(d->userdb, g, u, span_of(alias),
		    MEMBER_JOINED);
	}
	invite_set(d->invites, invite);
}

/* Make it anew. */
static void
build(void)
{
	struct datadir d;
	size_t i;

	if (data != -1)
		(void)close(data);
	scratch_remove(AT_FDCWD, data_path);
	must_open(&d);
	add_people(&d);
	for (i = 0; i < 2 * USERS; i++)
		post(&d, i % USERS);
	post_large(&d, 1);
	CHECK(datadir_checkpoint(&d) == 0, "checkpoint: %s", strerror(errno));
	for (i = 0; i < USERS; i++)
		post(&d, i);
	post_large(&d, 2);
	CHECK(datadir_close(&d) == 0, "close");
	data = file_open_dir(AT_FDCWD, data_path);
}

/* ---- what is served ---- */

struct served {
	size_t users, groups, invites, waiting[USERS];
};

/* How many messages are waiting, and can be read. */
static size_t
count_waiting(struct datadir *d, size_t user)
{
	struct queue *q = queue_for(d, user);
	uint64_t id = 0, length, at;
	char bytes[4096];
	ssize_t n = 0;
	size_t count = 0;

	while (store_next(d->store, q, id, &id, &length) == 1) {
		for (at = 0; at < length; at += (uint64_t)n) {
			n = store_read(d->store, q, id, at, bytes,
			    sizeof(bytes));
			if (n == -1)
				break;
		}
		count += n != -1;
	}
	return count;
}

static struct served
serve(void)
{
	struct served s = { 0, 0, 0, { 0 } };
	struct datadir d;
	size_t at = 0, i;

	must_open(&d);
	s.users = userdb_user_count(d.userdb);
	while (userdb_next_group(d.userdb, &at) != NULL)
		s.groups++;
	while (invite_at(d.invites, s.invites) != NULL)
		s.invites++;
	for (i = 0; i < USERS; i++) {
		if (userdb_user(d.userdb, &uids[i]) != NULL)
			s.waiting[i] = count_waiting(&d, i);
	}
	CHECK(datadir_close(&d) == 0, "close");
	return s;
}

/* ---- checks ---- */

/* All that stat and reading tell of everything below name. */
static void
add_tree(struct buf *b, int dir, const char *name)
{
	char path[PATH];
	struct buf bytes = { NULL, 0, 0 };
	struct stat st;
	const char *entry;
	DIR *list;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		die("%s: %s", name, strerror(errno));
	if (S_ISREG(st.st_mode))
		(void)file_read(dir, name, (size_t)64 << 20, &bytes);
	buf_addf(b, "%s %llu %o %llu %llu %lld.%09ld %lld.%09ld %08x\n", name,
	    (unsigned long long)st.st_ino, (unsigned)st.st_mode,
	    (unsigned long long)st.st_nlink, (unsigned long long)st.st_size,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
	    (unsigned)encode_crc32c(0, bytes.p, bytes.n));
	buf_free(&bytes);
	list = S_ISDIR(st.st_mode) ? file_open_list(dir, name) : NULL;
	while (list != NULL && (entry = file_next_name(list)) != NULL) {
		snprintf(path, sizeof(path), "%.250s/%.250s", name, entry);
		add_tree(b, dir, path);
	}
	if (list != NULL)
		(void)file_end_list(list);
}

/* Run it, and keep what it says on stdout. */
static int
run(enum fsck_kind kind)
{
	char out[PATH], why[256] = "";
	struct fsck_sum sum = { .damaged = 0 };
	int fd, saved, damaged;

	snprintf(out, sizeof(out), "%s/out", top);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (saved == -1 || fd == -1 || dup2(fd, STDOUT_FILENO) == -1)
		die("%s: %s", out, strerror(errno));
	log_level(LOG_ANSWER);
	damaged = fsck_run(data_path, kind, JOURNAL_SIZE, &sum, why,
	    sizeof(why));
	log_level(LOG_QUIET);
	(void)dup2(saved, STDOUT_FILENO);
	(void)close(saved);
	(void)close(fd);
	said.n = 0;
	(void)file_read(AT_FDCWD, out, (size_t)1 << 20, &said);
	buf_addf(&said, "%s", why);
	if (damaged != -1)
		buf_addf(&said, "read: records in the journal: %" PRIu64
		    ", users: %" PRIu64 ", groups: %" PRIu64 ", messages in "
		    "packs: %" PRIu64 " (bytes: %" PRIu64 "); damaged pieces: "
		    "%" PRIu64 "\n", sum.records, sum.users, sum.groups,
		    sum.messages, sum.bytes, sum.damaged);
	buf_add_byte(&said, '\0');
	return damaged;
}

/* Look, and see that nothing is changed by that. */
static int
look(const char *when)
{
	struct buf before = { NULL, 0, 0 }, after = { NULL, 0, 0 };
	int damaged;

	add_tree(&before, data, ".");
	damaged = run(FSCK_LOOK);
	add_tree(&after, data, ".");
	CHECK(span_is(buf_span(&before), buf_span(&after)),
	    "%s: a look changed\n%.*s\nto\n%.*s", when, (int)before.n,
	    before.p, (int)after.n, after.p);
	buf_free(&before);
	buf_free(&after);
	return damaged;
}

static void
expect(int damaged, int got, const char *when)
{
	CHECK(got == damaged, "%s: %d, not %d: %s", when, got, damaged,
	    said.p);
}

/* ---- damage ---- */

/* The first file whose path matches; "" if there is none. */
static void
find_file(char path[PATH], const char *dir, const char *pattern)
{
	DIR *list = file_open_list(data, dir);
	char below[PATH];
	const char *name;

	path[0] = '\0';
	while (list != NULL && path[0] == '\0' &&
	    (name = file_next_name(list)) != NULL) {
		snprintf(below, sizeof(below), "%.250s/%.250s", dir, name);
		if (fnmatch(pattern, below + 2, FNM_PATHNAME) == 0)
			snprintf(path, PATH, "%s", below + 2);
		else
			find_file(path, below, pattern);
	}
	if (list != NULL)
		(void)file_end_list(list);
}

/* The index of the first user. */
static void
find_index(char path[PATH])
{
	char uid[UID_TEXT], pattern[PATH];

	encode_base32(uid, uids[0].bytes, UID_BYTES);
	snprintf(pattern, sizeof(pattern), "user/*/%.*s/1/index-*",
	    (int)sizeof(uid), uid);
	find_file(path, ".", pattern);
}

/* Where its batches are, each of one message and in a block of its own. */
#define FIRST_BATCH 4096
#define LAST_BATCH  16384

/* The segment that has what is not in files. */
static void
find_segment(char path[PATH])
{
	DIR *list = file_open_list(data, "journal");
	const char *name;
	char bytes[8];
	int fd;

	while ((name = file_next_name(list)) != NULL) {
		fd = openat(dirfd(list), name, O_RDONLY);
		/* The older one has more batches. */
		if (file_pread_all(fd, bytes, 4, LAST_BATCH) == 0 &&
		    decode_u32(bytes) != 0 && file_pread_all(fd, bytes, 4,
		    LAST_BATCH + FIRST_BATCH) == 0 && decode_u32(bytes) == 0)
			snprintf(path, PATH, "journal/%s", name);
		(void)close(fd);
	}
	(void)file_end_list(list);
}

enum deed { FLIP, CUT, GROW, REMOVE };

static const char *const deed_names[] = { "flip", "cut", "grow", "remove" };

static void
do_damage(const char *path, enum deed deed, off_t at)
{
	int fd = openat(data, path, O_RDWR), result = 0;
	struct stat st;
	char c = 0;

	if (fd == -1 || fstat(fd, &st) == -1)
		die("%s: %s", path, strerror(errno));
	switch (deed) {
	case FLIP:
		result = file_pread_all(fd, &c, 1, (uint64_t)at);
		c ^= 0x10;
		result |= file_pwrite_all(fd, &c, 1, (uint64_t)at);
		break;
	case CUT:
		result = ftruncate(fd, at);
		break;
	case GROW:
		result = file_pwrite_all(fd, "x", 1, (uint64_t)st.st_size);
		break;
	case REMOVE:
		result = unlinkat(data, path, 0);
		break;
	}
	CHECK(result == 0, "%s %s: %s", deed_names[deed], path,
	    strerror(errno));
	(void)close(fd);
}

#define SEGMENT "segment"
#define USER "user/*/*/user.json"
#define INDEX "index"
#define PACK "pack/???????????????[0-9a-f]"
#define LARGE_FILE "pack/*.large"
/* Six small messages, and the record of a large one. */
#define RECORD (PACK_RECORD + PACK_NODE + 6 + SMALL)
#define TABLE  (6 * RECORD + PACK_RECORD + PACK_NODE)
#define END    (TABLE + 7 * PACK_ENTRY + 16)

static const struct damage {
	const char *pattern;
	enum deed deed;
	off_t at;
	int damaged;
	const char *line;
	size_t users, groups, invites, messages;	/* no longer served */
} damages[] = {
	{ USER, FLIP, 30, 1, "user.json is damaged: ", 1,0,0,0 },
	{ USER, CUT,  30, 1, "user.json is damaged: ", 1,0,0,0 },
	{ USER, CUT,   0, 1, "user.json is damaged: ", 1,0,0,0 },
	{ USER, GROW,  0, 1, "user.json is damaged: ", 1,0,0,0 },
	{ USER, REMOVE, 0, 0, "an unknown node", 1,0,0,0 },
	{ "group/*/*.json", FLIP, 30, 1, ".json is damaged: ", 0,1,0,0 },
	{ "group/*/*.json", CUT,  30, 1, ".json is damaged: ", 0,1,0,0 },
	{ "group/*/*.json", GROW,  0, 1, ".json is damaged: ", 0,1,0,0 },
	{ "group/*/*.json", REMOVE, 0, 0, "groups: 0, ", 0,1,0,0 },
	{ "guests.json", FLIP, 30, 1, "guests.json is damaged: ", 0,0,1,0 },
	{ "guests.json", CUT,   0, 1, "guests.json is damaged: ", 0,0,1,0 },
	{ "guests.json", GROW,  0, 1, "guests.json is damaged: ", 0,0,1,0 },
	{ "guests.json", REMOVE, 0, 0, "damaged pieces: 0\n", 0,0,1,0 },
	{ PACK, FLIP, PACK_RECORD + 5, 1, "is damaged", 0,0,0,1 },
	{ PACK, FLIP, RECORD - 1, 1, "is damaged", 0,0,0,1 },
	{ PACK, FLIP, RECORD + 9, 1, "is damaged", 0,0,0,1 },
	{ PACK, FLIP, TABLE + 3, 1, "its table is damaged", 0,0,0,0 },
	{ PACK, FLIP, END - 1, 1, "its table is damaged", 0,0,0,0 },
	{ PACK, CUT, END - 1, 1, "its table is damaged", 0,0,0,0 },
	{ PACK, CUT, TABLE, 1, "its table is damaged", 0,0,0,0 },
	{ PACK, CUT, RECORD * 2 + 9, 1, "is in no pack", 0,0,0,4 },
	{ PACK, CUT, 0, 1, "is in no pack", 0,0,0,6 },
	{ PACK, GROW, 0, 1, "its table is damaged", 0,0,0,0 },
	{ PACK, REMOVE, 0, 1, "is in no pack", 0,0,0,6 },
	{ LARGE_FILE, FLIP, 10, 1, "altered or cut", 0,0,0,1 },
	{ LARGE_FILE, CUT, 10, 1, "altered or cut", 0,0,0,1 },
	{ LARGE_FILE, GROW, 0, 1, "altered or cut", 0,0,0,1 },
	{ LARGE_FILE, REMOVE, 0, 1, "is in no pack", 0,0,0,1 },
	{ INDEX, FLIP, 10, 1, "it has damaged lines", 0,0,0,0 },
	{ INDEX, FLIP, INDEX_LINE + 36, 1, "it has damaged lines", 0,0,0,0 },
	{ INDEX, CUT, INDEX_LINE + 5, 1, "it has damaged lines", 0,0,0,0 },
	{ INDEX, CUT,  0, 1, "it has damaged lines", 0,0,0,0 },
	{ INDEX, GROW, 0, 0, "damaged pieces: 0\n", 0,0,0,0 },
	{ INDEX, REMOVE, 0, 0, "damaged pieces: 0\n", 0,0,0,2 },
	{ "tmp/large-*", FLIP, 10, 1, "tmp/large-", 0,0,0,1 },
	{ "tmp/large-*", FLIP, LARGE + 8, 1, "tmp/large-", 0,0,0,1 },
	{ "tmp/large-*", CUT, LARGE / 2, 1, "tmp/large-", 0,0,0,1 },
	{ "tmp/large-*", GROW, 0, 0, "damaged pieces: 0\n", 0,0,0,0 },
	{ SEGMENT, FLIP, FIRST_BATCH + 60, 1, "journal: damage at", 0,0,0,1 },
	{ SEGMENT, FLIP, FIRST_BATCH + 2, 1, "journal: damage at", 0,0,0,1 },
	{ SEGMENT, FLIP, LAST_BATCH + 60, 0, "never finished", 0,0,0,1 },
	{ SEGMENT, CUT, 2 * FIRST_BATCH + 99, 1, "journal: segment", 0,0,0,3 },
	{ SEGMENT, CUT, LAST_BATCH + FIRST_BATCH, 1, "was truncated", 0,0,0,0 },
	{ SEGMENT, GROW, 0, 0, "damaged pieces: 0\n", 0,0,0,0 }
};

/* What is served is what there was, but for what the damage has cost. */
static void
check_served(const struct damage *w, const char *when)
{
	struct served s = serve();
	size_t i, there = 0, due = 0;

	CHECK(s.users == USERS - w->users && s.groups == 1 - w->groups &&
	    s.invites == 1 - w->invites, "%s: %zu users, %zu groups, "
	    "%zu invitations", when, s.users, s.groups, s.invites);
	for (i = 0; i < USERS; i++) {
		if (s.waiting[i] > 0) {
			there += s.waiting[i];
			due += waiting[i];
		}
	}
	CHECK(there + w->messages == due && (w->users == 1) ==
	    (s.waiting[0] == 0 || s.waiting[1] == 0 || s.waiting[2] == 0),
	    "%s: %zu messages of %zu", when, there, due);
}

static void
check_damage(const struct damage *w)
{
	char path[PATH] = "", when[2 * PATH];

	build();
	if (strcmp(w->pattern, SEGMENT) == 0)
		find_segment(path);
	else if (strcmp(w->pattern, INDEX) == 0)
		find_index(path);
	else
		find_file(path, ".", w->pattern);
	snprintf(when, sizeof(when), "%s %s at %ld", deed_names[w->deed],
	    path, (long)w->at);
	do_damage(path, w->deed, w->at);
	expect(w->damaged, look(when), when);
	CHECK(strstr(said.p, w->line) != NULL, "%s: no \"%s\" in: %s", when,
	    w->line, said.p);
	expect(w->damaged, run(FSCK_REPAIR), when);
	CHECK((strstr(said.p, "; moved to lost+found/") != NULL) ==
	    (faccessat(data, "lost+found", F_OK, 0) == 0),
	    "%s: lost+found, and: %s", when, said.p);
	expect(0, look(when), when);
	CHECK(strstr(said.p, "damaged pieces: 0\n") != NULL, "%s: %s", when,
	    said.p);
	check_served(w, when);
}

/* A start alone gets rid of damage in the journal, at its next checkpoint. */
static void
check_start(void)
{
	static const struct damage cost = { .messages = 1 };
	char path[PATH] = "";
	struct now now = { 1000, 1000 };
	struct datadir d;

	build();
	find_segment(path);
	do_damage(path, FLIP, FIRST_BATCH + 60);
	must_open(&d);
	CHECK(d.quarantine.count == 1, "%lu damaged", d.quarantine.count);
	do {
		now.mono += 1000;
		CHECK(datadir_step(&d, now) != -1, "step");
	} while (now.mono < 40000);
	CHECK(datadir_close(&d) == 0, "close");
	expect(0, look("after a checkpoint"), "after a checkpoint");
	check_served(&cost, "after a checkpoint");
}

/* ---- what is no damage, and what is no sense ---- */

static void
make(const char *path)
{
	if (file_make_parents(data, path) == -1 ||
	    file_write(data, path, SPAN("x")) == -1)
		die("%s: %s", path, strerror(errno));
}

static void
check_strays(void)
{
	static const char *const strays[] = {
		"notes", "group/notes", "user/notes", "user/zz/notes",
		"user/zz/NOBODY/user.jsn"
	};
	static const struct damage nothing = { .damaged = 0 };
	char path[PATH], *slash;
	size_t i;

	build();
	for (i = 0; i < COUNT(strays); i++)
		make(strays[i]);
	find_index(path);
	slash = strrchr(path, '/');
	snprintf(slash, 20, "/notes");
	make(path);
	snprintf(slash - 1, 20, "07");
	make(path);
	snprintf(slash - 1, 20, "7/0000000000000001");
	make(path);
	expect(0, look("strays"), "strays");
	CHECK(strstr(said.p, "notes is not a file of the relay; left alone\n")
	    == said.p || strstr(said.p, "\nnotes is not a file of") != NULL,
	    "a stray at the top: %s", said.p);
	CHECK(strstr(said.p, "lock is not") == NULL, "%s", said.p);
	CHECK(strstr(said.p, "group/notes is not a directory") != NULL &&
	    strstr(said.p, "user/notes is not a directory") != NULL &&
	    strstr(said.p, "user/zz/notes is not a user's") != NULL &&
	    strstr(said.p, "user/zz/NOBODY is not a user's") != NULL &&
	    strstr(said.p, "/1/notes is not a file of a queue") != NULL &&
	    strstr(said.p, "/07 is neither") != NULL &&
	    strstr(said.p, "/7 is the queue of an unknown") != NULL,
	    "strays: %s", said.p);
	expect(0, run(FSCK_REPAIR), "strays");
	check_served(&nothing, "strays");
}

/* A directory, or what never ends, with the name of an index's file. */
static void
check_no_files(void)
{
	static const struct damage nothing = { .damaged = 0 };
	char path[PATH];
	int i;

	for (i = 0; i < 2; i++) {
		build();
		find_index(path);
		snprintf(strrchr(path, '/'), 30, "/index-0000000000000000");
		CHECK((i == 0 ? file_make_dir(data, path) :
		    mkfifoat(data, path, 0600)) == 0, "%s", path);
		expect(1, look("no files"), "no files");
		expect(1, run(FSCK_REPAIR), "no files");
		expect(0, look("no files"), "no files");
		check_served(&nothing, "no files");
	}
}

/* Records that no mnm writes, or none of today. */
static void
check_senseless(void)
{
	static const struct damage nothing = { .damaged = 0 };
	char bytes[200];
	struct span body = { bytes, 0 };
	struct datadir d;
	unsigned type;

	build();
	must_open(&d);
	for (type = 0; type < 10; type++) {
		for (body.n = 0; body.n <= sizeof(bytes); body.n += 8) {
			memset(bytes, body.n % 3 ? 0xff : 1, sizeof(bytes));
			if (type == JOURNAL_ACK && body.n == 32)
				continue;	/* it makes sense */
			if (type == JOURNAL_DROP && body.n == 24)
				continue;
			if (type == JOURNAL_COPY && body.n == 48)
				continue;
			(void)journal_add(d.journal, (enum journal_type)type,
			    &body, 1);
		}
	}
	CHECK(datadir_close(&d) == 0, "close");
	expect(1, look("no sense"), "no sense");
	CHECK(strstr(said.p, "unknown type 9") != NULL &&
	    strstr(said.p, "invalid receipt") != NULL &&
	    strstr(said.p, "invalid message record") != NULL &&
	    strstr(said.p, "invalid user record") != NULL &&
	    strstr(said.p, "invalid invitation record") != NULL,
	    "no sense: %s", said.p);
	expect(1, run(FSCK_REPAIR), "no sense");
	expect(0, look("no sense"), "no sense");
	check_served(&nothing, "no sense");
}

/* Somebody kept a copy of a segment beside it. */
static void
check_copy(void)
{
	static const struct damage nothing = { .damaged = 0 };
	struct buf bytes = { NULL, 0, 0 };
	char path[PATH] = "";

	build();
	find_segment(path);
	CHECK(file_read(data, path, (size_t)4 << 20, &bytes) == 0, "read");
	snprintf(strrchr(path, '-'), 10, "-00000077");
	CHECK(file_write(data, path, buf_span(&bytes)) == 0, "copy");
	expect(0, look("a copy"), "a copy");
	check_served(&nothing, "a copy");
	check_served(&nothing, "a copy, once more");
	buf_free(&bytes);
}

/* What is said of messages in packs; to be freed. */
static char *
count_said(void)
{
	const char *at = strstr(said.p, "messages in packs: ");

	CHECK(at != NULL, "no count: %s", said.p);
	return xcopy(span_of(at != NULL ? at : ""));
}

/* A repair packs large data, which is one message all the same. */
static void
check_counts(void)
{
	char *repaired, *after;

	build();
	expect(0, run(FSCK_REPAIR), "counts");
	repaired = count_said();
	expect(0, look("counts"), "counts");
	after = count_said();
	CHECK(strcmp(repaired, after) == 0, "%s and then %s", repaired, after);
	free(repaired);
	free(after);
}

/* ---- what cannot be checked ---- */

static void
check_refusals(void)
{
	struct datadir d;
	int status = 0;
	pid_t child;

	build();
	must_open(&d);
	child = fork();		/* locks are a process's own */
	if (child == 0)
		_exit(run(FSCK_LOOK) == -1 && strstr(said.p,
		    "stop it, or try again") != NULL ? 0 : 1);
	CHECK(waitpid(child, &status, 0) == child && status == 0,
	    "one that is in use");
	CHECK(datadir_close(&d) == 0, "close");
	CHECK(unlinkat(data, "lock", 0) == 0, "lock");
	scratch_remove(data, "tmp");
	expect(0, look("without lock and tmp"), "without lock and tmp");
	scratch_remove(data, "journal");
	expect(1, look("without a journal"), "without a journal");
	CHECK(strstr(said.p, "messages in packs: 7 ") != NULL,
	    "without a journal: %s", said.p);
	scratch_remove(data, "user");
	expect(-1, look("nothing"), "nothing");
	CHECK(strstr(said.p, "no relay has stored anything here") != NULL,
	    "nothing: %s", said.p);
	expect(-1, run(FSCK_REPAIR), "nothing");
	CHECK(faccessat(data, "user", F_OK, 0) == -1, "a repair made things");
}

/* ---- anything at all ---- */

/* Damage to something, chosen by chance. */
static void
damage_something(uint64_t *random)
{
	static const char *const patterns[] = {
		"user/*/*/user.json", "group/*/*.json", "guests.json",
		"user/*/*/1/index-*", PACK, LARGE_FILE, "tmp/large-*",
		"journal/*0", "journal/*1"
	};
	char path[PATH], bytes[64];
	struct stat st;
	off_t at;
	size_t i;
	int fd;

	find_file(path, ".", patterns[prng_below(random,
	    COUNT(patterns))]);
	if (path[0] == '\0' || fstatat(data, path, &st, 0) == -1 ||
	    !S_ISREG(st.st_mode) || st.st_size == 0)
		return;
	at = (off_t)prng_below(random, (uint64_t)(st.st_size < 24576 ?
	    st.st_size : 24576));
	if (prng_below(random, 4) == 0) {
		do_damage(path, CUT, at);
		return;
	}
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)chance(random);
	fd = openat(data, path, O_WRONLY);
	CHECK(file_pwrite_all(fd, bytes, sizeof(bytes), (uint64_t)at) == 0,
	    "%s", path);
	(void)close(fd);
}

static void
check_anything(void)
{
	uint64_t random = 1;
	int round, i;

	for (round = 0; round < 20; round++) {
		build();
		for (i = 0; i < 1 + round; i++)
			damage_something(&random);
		i = look("anything");
		CHECK(i != -1, "anything: %s", said.p);
		CHECK(run(FSCK_REPAIR) >= i, "anything: %s", said.p);
		expect(0, look("anything"), "anything, repaired");
		(void)serve();
	}
}

int
main(void)
{
	size_t i;

	log_level(LOG_QUIET);
	/* No test of the disk: memory will do, and spares it the syncs. */
	snprintf(top, sizeof(top), "%s/fsck_test.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	(void)close(scratch_make(top));
	snprintf(data_path, sizeof(data_path), "%s/data", top);
	data = -1;
	build();
	expect(0, look("whole"), "whole");
	CHECK(strstr(said.p, "users: 3, groups: 1, messages in packs: 8 ") !=
	    NULL, "whole: %s", said.p);
	for (i = 0; i < COUNT(damages); i++)
		check_damage(&damages[i]);
	check_start();
	check_strays();
	check_counts();
	check_no_files();
	check_senseless();
	check_copy();
	check_refusals();
	check_anything();
	(void)close(data);
	buf_free(&said);
	scratch_remove(AT_FDCWD, top);
	return check_report("fsck");
}
