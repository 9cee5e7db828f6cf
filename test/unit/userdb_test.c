/*
 * userdb beside a journal that only remembers.  So every record is at hand,
 * and start-up is tried with any part of them over any age of the files.
 */
#include "userdb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bearssl_hash.h>

#include "base/log.h"
#include "disk/file.h"
#include "disk/journal.h"
#include "disk/quarantine.h"
#include "disk/recfile.h"
#include "test/lib/check.h"
#include "test/lib/scratch.h"

#define PATH 1024
#define RECORDS 256		/* the script's, and room for more */
#define USERS 4

struct journal {
	struct buf text;
	size_t ends[RECORDS];	/* where each record in text ends */
	size_t count;
};

struct journal_place
journal_add(struct journal *jn, enum journal_type type,
    const struct span *parts, size_t n)
{
	size_t i;

	CHECK(type == JOURNAL_USERDB, "a record of type %d", (int)type);
	for (i = 0; i < n; i++)
		buf_add(&jn->text, parts[i]);
	if (jn->count < RECORDS)
		jn->ends[jn->count++] = jn->text.n;
	else
		jn->text.n = jn->ends[RECORDS - 1];
	return (struct journal_place){ 0, 0 };
}

void
journal_add_one(struct journal *jn, enum journal_type type, struct span body)
{
	(void)journal_add(jn, type, &body, 1);
}

static void
replay(struct userdb *db, const struct journal *jn, size_t from, size_t to)
{
	size_t i, start;

	for (i = from; i < to; i++) {
		start = i > 0 ? jn->ends[i - 1] : 0;
		CHECK(userdb_replay(db, &(struct journal_record){
		    .type = JOURNAL_USERDB,
		    .body = { jn->text.p + start, jn->ends[i] - start }
		    }), "record %zu was not taken", i);
	}
}

/* Directories to try things in, below one that goes at the end. */

static char root[] = "/tmp/userdb_test.XXXXXX";

/* A data directory, made if it is not there. */
static int
data_dir(const char *name)
{
	char path[PATH];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	if (fd == -1 || file_make_dir(fd, "tmp") == -1)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static size_t
count_entries(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY);
	DIR *list = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	size_t n = 0;

	while (list != NULL && (entry = readdir(list)) != NULL)
		n += entry->d_name[0] != '.';
	if (list != NULL)
		closedir(list);
	return n;
}

/* What the one that was opened last has lost. */
static struct quarantine lost;

static struct userdb *
must_open(int dir, struct journal *jn)
{
	char why[256] = "";
	struct userdb *db;

	lost = (struct quarantine){ .data = dir };
	db = userdb_open(&lost, jn, why, sizeof(why));

	if (db == NULL)
		die("userdb_open: %s", why);
	return db;
}

/* Write all files that are behind; returns how many, or -1 with errno. */
static int
save_all(struct userdb *db, int dir)
{
	struct quarantine quarantine = { .data = dir };
	struct drafts drafts = { .quarantine = &quarantine };
	int more, files = 0;

	while ((more = userdb_save(db, &drafts)) == 1)
		files++;
	CHECK(drafts.count == (size_t)files, "each is one file");
	while (more == 0 && recfile_install(&drafts) == 1)
		continue;
	recfile_free(&drafts);
	return more == -1 ? -1 : files;
}

/* The script: everything that can be done, one thing after another. */

struct userdb_world {
	struct userdb *db;
	struct journal journal;
	struct user *users[USERS];
	struct uid uids[USERS];
	char nodeids[USERS][2][NODEID_TEXT];
};

static const char *const names[] = {
	"Alice Smith", "bob", "Zo\xc3\xab <3", "one time", "for nobody",
	"../../etc/passwd", "Book Club", "a\\\"b",
};

static const char *const gids[] = { "../../etc/passwd", "Book Club" };

static struct node *
login(const struct userdb_world *w, size_t user, size_t node)
{
	return userdb_login(w->users[user],
	    (struct span){ w->nodeids[user][node], NODEID_TEXT });
}

/* A user's first node is online on a day; another day may be known. */
static void
see(struct userdb_world *w, size_t user, unsigned day, unsigned known)
{
	const struct node *n = w->users[user]->nodes[0];
	size_t records = w->journal.count;

	userdb_see(w->db, n, (struct now){ 0, day * CLOCK_DAY + 1 });
	CHECK(n->seen == known, "day %u: seen on %" PRIu32, day, n->seen);
	userdb_see(w->db, n, (struct now){ 0, (day + 1) * CLOCK_DAY - 1 });
	CHECK(w->journal.count == records + (day == known),
	    "%zu records in a day", w->journal.count - records);
}

/* One is woken, another was, and a third is not woken any more. */
static void
add_wakes(struct userdb_world *w)
{
	const struct node *n = w->users[0]->nodes[0];
	size_t records;

	userdb_set_wake(w->db, w->users[0]->nodes[1], SPAN("https://p/1"));
	userdb_set_wake(w->db, w->users[1]->nodes[0], SPAN("https://p/2"));
	userdb_set_wake(w->db, w->users[1]->nodes[0], SPAN(""));
	userdb_set_wake(w->db, n, SPAN("https://p/3"));
	userdb_set_woken(w->db, n, true);
	records = w->journal.count;
	userdb_set_woken(w->db, n, true);
	CHECK(n->woken && w->journal.count == records, "woken twice");
}

static void
add_users(struct userdb_world *w)
{
	static const char *const labels[USERS] = { "x", "", "t\xc3\xa4", "y" };
	size_t i;

	for (i = 0; i < USERS; i++) {
		w->users[i] = userdb_add_user(w->db, span_of(labels[i]),
		    SPAN(""), w->nodeids[i][0]);
		w->uids[i] = w->users[i]->uid;
		CHECK(userdb_add_node(w->db, w->users[i], SPAN("second"),
		    w->nodeids[i][1]) == w->users[i]->nodes[1], "node");
	}
	userdb_see(w->db, w->users[2]->nodes[1],
	    (struct now){ 0, 30 * CLOCK_DAY });
	userdb_drop_node(w->db, w->users[2]->nodes[1]);
	see(w, 0, 40, 40);
	see(w, 0, 39, 40);
	see(w, 1, 50, 50);
	see(w, 1, 51, 51);
	CHECK(userdb_add_node(w->db, w->users[2], SPAN("third"),
	    w->nodeids[2][1])->ref == 3, "a number was used again");
	userdb_drop_node(w->db, login(w, 3, 1));
	add_wakes(w);
}

static void
add_names(struct userdb_world *w)
{
	struct alias *a;
	size_t i, records;

	for (i = 0; i < 3; i++) {
		CHECK(userdb_add_alias(w->db, w->users[i], span_of(names[i]),
		    1, ALIAS_UNLIMITED) == USERDB_OK, "%s", names[i]);
		records = w->journal.count;
		a = userdb_alias(w->db, span_of(names[i]));
		userdb_use_alias(w->db, a);
		CHECK(a->uses == ALIAS_UNLIMITED && !a->dropped &&
		    w->journal.count == records, "%s was used up", a->name);
	}
	CHECK(userdb_add_alias(w->db, w->users[0], SPAN("one time"), 8, 2) ==
	    USERDB_OK, "one time");
	a = userdb_alias(w->db, SPAN("ONE TIME"));
	userdb_use_alias(w->db, a);
	CHECK(a->uses == 1, "uses %" PRIu32, a->uses);
	userdb_use_alias(w->db, a);
	CHECK(a->uses == 0, "uses %" PRIu32, a->uses);
	CHECK(userdb_add_alias(w->db, w->users[1], SPAN("for nobody"), 1,
	    ALIAS_UNLIMITED) == USERDB_OK, "for nobody");
	a = userdb_alias(w->db, SPAN("for nobody"));
	userdb_drop_alias(w->db, a);
	CHECK(a->dropped && userdb_alias(w->db, SPAN("for nobody")) == a,
	    "a dropped alias");
	CHECK(userdb_add_alias(w->db, w->users[3], SPAN("a\\\"b"), 1, 7) ==
	    USERDB_OK, "escapes");
}

static void
add_groups(struct userdb_world *w)
{
	struct member *m;
	struct group *g;
	size_t i;

	g = userdb_add_group(w->db, SPAN("../../etc/passwd"), 0);
	for (i = 0; i < USERS; i++)
		userdb_set_member(w->db, g, w->users[i], span_of(names[i]),
		    (enum member_state)i);
	/* A member's own alias goes in again. */
	userdb_set_member(w->db, g, w->users[0],
	    span_of(roster_member(g, w->users[0])->alias), MEMBER_JOINED);
	userdb_set_member(w->db, g, w->users[1], SPAN("bobby"),
	    MEMBER_JOINED);
	g = userdb_add_group(w->db, SPAN("Book Club"), GROUP_CLOSED);
	userdb_set_member(w->db, g, w->users[2], SPAN("Z"), MEMBER_JOINED);
	m = roster_member(g, w->users[2]);
	userdb_set_moderator(w->db, g, m, true);
	userdb_set_member(w->db, g, w->users[2], SPAN("z"), MEMBER_JOINED);
	CHECK(m->moderator, "a new name makes it none");
	userdb_set_moderator(w->db, g, m, false);
	CHECK(!m->moderator, "it is still one");
	userdb_set_moderator(w->db, g, m, true);
	userdb_set_member(w->db, g, w->users[2], SPAN("z"), MEMBER_LEFT);
	CHECK(!m->moderator, "one that has left is still one");
	userdb_set_member(w->db, g, w->users[2], SPAN("Z"), MEMBER_JOINED);
	userdb_set_moderator(w->db, g, m, true);
	userdb_set_member(w->db, g, w->users[3], SPAN("y"), MEMBER_INVITED);
	userdb_set_member(w->db, g, w->users[3], SPAN("Y"), MEMBER_BARRED);
	userdb_invite_member(w->db, g, w->users[1], SPAN("b"), w->users[2]);
}

static void
play(struct userdb_world *w, int dir)
{
	memset(w, 0, sizeof(*w));
	w->db = must_open(dir, &w->journal);
	add_users(w);
	add_names(w);
	add_groups(w);
	CHECK(w->journal.count < RECORDS, "the script is too long");
}

static void
end(struct userdb_world *w)
{
	userdb_close(w->db);
	buf_free(&w->journal.text);
}

/* All that the interface tells of the world's users and groups, as text. */

static void
add_hex(struct buf *b, const unsigned char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_addf(b, "%02x", bytes[i]);
}

static void
tell_user(struct buf *b, struct userdb *db, const struct uid *uid)
{
	struct user *u = userdb_user(db, uid);
	size_t i;

	if (u == NULL) {
		buf_addf(b, "nobody\n");
		return;
	}
	buf_addf(b, "user, next %" PRIu32 "\n", u->next_ref);
	for (i = 0; i < u->node_count; i++) {
		buf_addf(b, " node %" PRIu32 " %" PRIu32 " %s ",
		    u->nodes[i]->ref, u->nodes[i]->seen, u->nodes[i]->label);
		add_hex(b, u->nodes[i]->secret.salt, SECRET_SALT);
		add_hex(b, u->nodes[i]->secret.hash, SECRET_HASH);
		buf_addf(b, " %s %d\n", u->nodes[i]->wake != NULL ?
		    u->nodes[i]->wake : "-", u->nodes[i]->woken);
	}
	for (i = 0; i < u->alias_count; i++)
		buf_addf(b, " alias %s %" PRIu32 " %d\n", u->aliases[i]->name,
		    u->aliases[i]->uses, u->aliases[i]->dropped);
}

static void
tell_group(struct buf *b, struct userdb *db, struct span gid)
{
	struct group *g = userdb_group(db, gid);
	size_t i;

	if (g == NULL) {
		buf_addf(b, "no group\n");
		return;
	}
	buf_addf(b, "group %s %u\n", g->gid, g->kind);
	for (i = 0; i < g->member_count; i++) {
		buf_addf(b, " %s %d %d ", g->members[i].alias,
		    (int)g->members[i].state, g->members[i].moderator);
		add_hex(b, g->members[i].user->uid.bytes, UID_BYTES);
		if (g->members[i].by != NULL)
			add_hex(b, g->members[i].by->uid.bytes, UID_BYTES);
		buf_addf(b, "\n");
	}
}

static void
tell(struct buf *b, const struct userdb_world *w, struct userdb *db)
{
	struct alias *a;
	size_t i;

	b->n = 0;
	buf_addf(b, "%zu users\n", userdb_user_count(db));
	for (i = 0; i < USERS; i++)
		tell_user(b, db, &w->uids[i]);
	for (i = 0; i < COUNT(names); i++) {
		a = userdb_alias(db, span_of(names[i]));
		buf_addf(b, "%s: ", names[i]);
		add_hex(b, a != NULL ? a->user->uid.bytes :
		    (const unsigned char *)"", a != NULL ? UID_BYTES : 0);
		buf_addf(b, "\n");
	}
	for (i = 0; i < COUNT(gids); i++)
		tell_group(b, db, span_of(gids[i]));
}

/* See whether db tells the same of the world as expected does. */
static void
check_tells(const char *what, const struct userdb_world *w,
    struct userdb *expected,
    struct userdb *db)
{
	struct buf a = { NULL, 0, 0 }, b = { NULL, 0, 0 };

	tell(&a, w, expected);
	tell(&b, w, db);
	CHECK(span_is(buf_span(&a), buf_span(&b)),
	    "%s:\n%.*s\n-- but should be\n%.*s", what, (int)b.n, b.p,
	    (int)a.n, a.p);
	buf_free(&a);
	buf_free(&b);
}

/* The same when the files in dir are opened. */
static void
check_opened(const char *what, const struct userdb_world *w,
    struct userdb *expected,
    int dir)
{
	struct userdb *db = must_open(dir, NULL);

	check_tells(what, w, expected, db);
	userdb_close(db);
}

/* The same when dir is opened and the records from `from' are replayed. */
static void
check_same(const char *what, int dir, const struct userdb_world *w, size_t from)
{
	struct userdb *db = must_open(dir, NULL);

	replay(db, &w->journal, from, w->journal.count);
	check_tells(what, w, w->db, db);
	CHECK(lost.count == 0, "%s: something was damaged", what);
	userdb_close(db);
}

static const struct alias_form {
	const char *name;
	unsigned min;
	enum userdb_result result;
} forms[] = {
	{ "a", 1, USERDB_OK },
	{ "", 1, USERDB_SHORT },
	{ "", 0, USERDB_SHORT },
	{ "1234567", 8, USERDB_SHORT },
	{ "12345678", 8, USERDB_OK },
	{ "\xc3\xab\xc3\xab\xc3\xab\xc3\xab", 5, USERDB_SHORT },
	{ "0123456789012345678901234567890123456789012345678901234567890123",
	    1, USERDB_OK },
	{ "01234567890123456789012345678901234567890123456789012345678901234",
	    1, USERDB_LONG },
	{ " a", 1, USERDB_INVALID },
	{ "a\xe2\x80\xaez", 1, USERDB_INVALID },
	{ "\xff", 1, USERDB_INVALID },
	{ "a\xe2\x80\x8dz", 1, USERDB_INVALID },	/* a joiner */
	{ "23456789BCDFGHJKLMNPQRSTVWXYZ%+1", 1, USERDB_UID },
	{ "23456789bcdfghjklmnpqrstvwxyz%+1", 1, USERDB_UID },
	{ "23456789BCDFGHJKLMNPQRSTVWXYZ%+", 1, USERDB_OK },
	{ "23456789BCDFGHJKLMNPQRSTVWXYZ%+0", 1, USERDB_OK },
};

static void
check_names(struct userdb_world *w)
{
	char text[129];
	size_t i;

	for (i = 0; i < COUNT(forms); i++) {
		CHECK(userdb_check_name(span_of(forms[i].name),
		    forms[i].min) == forms[i].result, "%s", forms[i].name);
		CHECK(forms[i].result == USERDB_OK ||
		    userdb_add_alias(w->db, w->users[0],
		    span_of(forms[i].name), forms[i].min, 1) ==
		    forms[i].result, "%s was added", forms[i].name);
	}
	for (i = 0; i < 128; i += 4)
		memcpy(text + i, "\xf0\x9f\x98\x80", 4);
	text[128] = 'a';
	CHECK(userdb_check_name((struct span){ text, 128 }, 32) == USERDB_OK,
	    "128 bytes");
	CHECK(userdb_check_name((struct span){ text, 129 }, 1) == USERDB_LONG,
	    "129 bytes");
}

static void
check_taken(struct userdb_world *w)
{
	static const char *const taken[] = {
		"alice smith", "ALICE    SMITH", "BOB", "For Nobody",
		"one time", "book club", "../../ETC/passwd",
	};
	size_t i, records = w->journal.count;

	for (i = 0; i < COUNT(taken); i++)
		CHECK(userdb_add_alias(w->db, w->users[0], span_of(taken[i]),
		    1, 1) == USERDB_TAKEN, "%s is free", taken[i]);
	CHECK(userdb_add_group(w->db, SPAN("bob"), 0) == NULL, "bob");
	CHECK(userdb_add_group(w->db, SPAN("FOR nobody"), 0) == NULL, "nobody");
	CHECK(userdb_add_group(w->db, SPAN("book  CLUB"), 0) ==
	    userdb_group(w->db, SPAN("Book Club")), "two book clubs");
	CHECK(userdb_alias(w->db, SPAN("Book Club")) == NULL, "no alias");
	CHECK(userdb_group(w->db, SPAN("bob")) == NULL, "no group");
	CHECK(userdb_group(w->db, SPAN("carol")) == NULL, "nothing");
	CHECK(w->journal.count == records, "what failed was recorded");
}

static void
check_login(struct userdb_world *w)
{
	char wrong[NODEID_TEXT + 1];
	size_t i;

	for (i = 0; i < USERS; i++)
		CHECK(login(w, i, 0) == w->users[i]->nodes[0], "user %zu", i);
	CHECK(login(w, 2, 1) == roster_node(w->users[2], 3), "third node");
	CHECK(login(w, 3, 1) == NULL, "a dropped node");
	CHECK(roster_node(w->users[3], 2) == NULL, "a dropped node");
	memcpy(wrong, w->nodeids[0][0], NODEID_TEXT);
	wrong[NODEID_TEXT] = '1';
	CHECK(userdb_login(w->users[1], (struct span){ wrong, NODEID_TEXT })
	    == NULL, "another's password");
	CHECK(userdb_login(w->users[0], (struct span){ wrong,
	    NODEID_TEXT + 1 }) == NULL, "longer");
	CHECK(userdb_login(w->users[0], (struct span){ wrong,
	    NODEID_TEXT - 1 }) == NULL, "shorter");
	CHECK(userdb_login(w->users[0], SPAN("")) == NULL, "nothing");
	wrong[NODEID_TEXT - 1] ^= 1;
	CHECK(userdb_login(w->users[0], (struct span){ wrong, NODEID_TEXT })
	    == NULL, "one bit");
}

static void
check_look_ups(struct userdb_world *w)
{
	struct group *g = userdb_group(w->db, SPAN("../../ETC/passwd"));
	struct uid unknown = w->uids[0];
	char uid[UID_TEXT];

	encode_base32(uid, w->uids[1].bytes, UID_BYTES);
	CHECK(userdb_user_text(w->db, (struct span){ uid, UID_TEXT }) ==
	    w->users[1], "by text");
	CHECK(userdb_user_text(w->db, (struct span){ uid, UID_TEXT - 1 }) ==
	    NULL && userdb_user_text(w->db, SPAN("../..")) == NULL, "no uid");
	unknown.bytes[UID_BYTES - 1] ^= 1;
	CHECK(userdb_user(w->db, &unknown) == NULL, "unknown");
	CHECK(roster_member(g, w->users[0])->user == w->users[0], "member");
	CHECK(roster_member(userdb_group(w->db, SPAN("book club")),
	    w->users[0]) == NULL, "no member");
	CHECK(userdb_member_alias(g, SPAN("BOBBY"))->user == w->users[1],
	    "by alias");
	CHECK(userdb_member_alias(g, SPAN("bob")) == NULL, "old alias");
	CHECK(userdb_member_alias(g, span_of(names[2])) == NULL, "left");
	CHECK(userdb_member_alias(g, span_of(names[3])) == NULL, "barred");
}

static void
check_labels(struct userdb_world *w)
{
	static const char *const euro = "\xe2\x82\xac";
	char label[70], nodeid[NODEID_TEXT];
	struct node *n;
	size_t i;

	for (i = 0; i < 69; i += 3)
		memcpy(label + i, euro, 3);
	n = userdb_add_node(w->db, w->users[0], (struct span){ label, 69 },
	    nodeid);
	CHECK(strlen(n->label) == 63, "%s", n->label);
	memset(label + 60, ' ', 6);
	n = userdb_add_node(w->db, w->users[0], (struct span){ label, 69 },
	    nodeid);
	CHECK(strlen(n->label) == 60, "%s", n->label);
}

/*
 * Files may be of any age: as they were after each number of records.  They
 * tell what memory did then; and whatever later part of the journal is taken
 * after those records, all ends the same.
 */
static void
check_age(struct userdb_world *w, size_t age, int empty)
{
	struct userdb *db;
	char name[32];
	size_t from;
	int dir;

	snprintf(name, sizeof(name), "age%zu", age);
	dir = data_dir(name);
	db = must_open(dir, NULL);
	replay(db, &w->journal, 0, age);
	CHECK(save_all(db, dir) >= 0, "save: %s", strerror(errno));
	check_opened(name, w, db, dir);
	userdb_close(db);
	check_same(name, dir, w, (size_t)rand() % (age + 1));
	close(dir);
	for (from = 0; from <= age; from++) {
		db = must_open(empty, NULL);
		replay(db, &w->journal, 0, age);
		replay(db, &w->journal, from, w->journal.count);
		check_tells(name, w, w->db, db);
		userdb_close(db);
	}
}

static void
check_every_age(struct userdb_world *w)
{
	int empty = data_dir("empty");
	size_t age;

	for (age = 0; age <= w->journal.count; age++)
		check_age(w, age, empty);
	close(empty);
}

/* Make at/path a way to what it is in the directory of some age. */
static void
borrow(int dir, const char *path, size_t age)
{
	char target[PATH];

	snprintf(target, sizeof(target), "%s/age%zu/%s", root, age, path);
	if (access(target, F_OK) == -1)
		return;
	if (file_make_parents(dir, path) == -1 ||
	    symlinkat(target, dir, path) == -1)
		die("%s: %s", path, strerror(errno));
}

/* Each user's file and the groups' of another age. */
static void
check_mixed_ages(struct userdb_world *w)
{
	char path[PATH], uid[UID_TEXT];
	size_t trial, i, age, oldest;
	int dir;

	for (trial = 0; trial < 50; trial++) {
		dir = data_dir("mixed");
		oldest = (size_t)rand() % (w->journal.count + 1);
		borrow(dir, "group", oldest);
		for (i = 0; i < USERS; i++) {
			age = (size_t)rand() % (w->journal.count + 1);
			encode_base32(uid, w->uids[i].bytes, UID_BYTES);
			snprintf(path, sizeof(path), "user/%.2s/%.32s", uid,
			    uid);
			borrow(dir, path, age);
			oldest = age < oldest ? age : oldest;
		}
		check_same("mixed", dir, w, (size_t)rand() % (oldest + 1));
		close(dir);
		snprintf(path, sizeof(path), "%s/mixed", root);
		scratch_remove(AT_FDCWD, path);
	}
}

static void
user_path(char path[PATH], const struct uid *uid)
{
	char text[UID_TEXT];

	encode_base32(text, uid->bytes, UID_BYTES);
	snprintf(path, PATH, "user/%.2s/%.32s/user.json", text, text);
}

static void
check_save(struct userdb_world *w, int dir)
{
	struct userdb *db = w->db;
	char path[PATH];

	CHECK(unlinkat(dir, "tmp", AT_REMOVEDIR) == 0, "tmp");
	errno = 0;
	CHECK(save_all(db, dir) == -1 && errno == ENOENT, "no tmp: %s",
	    strerror(errno));
	CHECK(file_make_dir(dir, "tmp") == 0, "tmp");
	CHECK(save_all(db, dir) > 0, "save: %s", strerror(errno));
	CHECK(count_entries(dir, "tmp") == 0, "something is left in tmp");
	check_same("files alone", dir, w, w->journal.count);
	CHECK(save_all(db, dir) == 0, "saved twice");

	scratch_remove(dir, "user");
	scratch_remove(dir, "group");
	userdb_drop_alias(db, userdb_alias(db, SPAN("bob")));
	CHECK(save_all(db, dir) == 1, "not saved");
	user_path(path, &w->uids[1]);
	CHECK(count_entries(dir, "user") == 1 &&
	    faccessat(dir, path, F_OK, 0) == 0, "not bob's alone");
	CHECK(faccessat(dir, "group", F_OK, 0) == -1, "the groups too");
}

/* Change one byte of a file. */
static void
damage(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDWR);
	char c = 0;

	if (fd == -1 || file_pread_all(fd, &c, 1, 40) == -1)
		die("%s: %s", path, strerror(errno));
	c ^= 1;
	CHECK(file_pwrite_all(fd, &c, 1, 40) == 0, "%s", path);
	close(fd);
}

/* The first user's file is damaged, and later put back as it was. */
static void
check_damage(struct userdb_world *w)
{
	int dir = data_dir("damaged");
	struct userdb *db = must_open(dir, NULL);
	struct buf good = { NULL, 0, 0 };
	char path[PATH];

	replay(db, &w->journal, 0, w->journal.count);
	CHECK(save_all(db, dir) >= 0, "save: %s", strerror(errno));
	userdb_close(db);
	user_path(path, &w->uids[0]);
	CHECK(file_read(dir, path, 1 << 20, &good) == 0, "read");
	damage(dir, path);

	db = must_open(dir, NULL);
	CHECK(lost.count == 1, "%lu damaged", lost.count);
	CHECK(count_entries(dir, "lost+found") == 1, "nothing is kept of it");
	CHECK(userdb_user(db, &w->uids[0]) == NULL, "a damaged user");
	CHECK(userdb_alias(db, SPAN("Alice Smith")) == NULL, "its alias");
	CHECK(userdb_user(db, &w->uids[1]) != NULL, "another user");
	CHECK(userdb_group(db, SPAN("../../etc/passwd"))->member_count ==
	    USERS, "its membership is lost");
	replay(db, &w->journal, 0, w->journal.count);
	check_tells("all records over a damaged file", w, w->db, db);
	userdb_close(db);

	CHECK(file_write(dir, path, buf_span(&good)) == 0, "back");
	check_same("the file put back", dir, w, w->journal.count);
	user_path(path, &w->uids[3]);
	CHECK(unlinkat(dir, path, 0) == 0, "%s", path);
	check_same("a file removed", dir, w, 0);
	buf_free(&good);
	close(dir);
}

/* Many users, each with a file of its own, and a group of all of them. */
static void
check_many(void)
{
	enum { MANY = 300 };
	struct journal jn = { .count = 0 };
	int dir = data_dir("many"), files;
	struct userdb *db = must_open(dir, &jn);
	char nodeid[NODEID_TEXT], name[32];
	struct uid *uids = xalloc(MANY * sizeof(*uids));
	struct group *g = userdb_add_group(db, SPAN("everybody"), 0);
	struct user *u;
	size_t i;

	for (i = 0; i < MANY; i++) {
		u = userdb_add_user(db, SPAN("x"), SPAN(""), nodeid);
		uids[i] = u->uid;
		snprintf(name, sizeof(name), "User %zu", i);
		CHECK(userdb_add_alias(db, u, span_of(name), 1, 1) ==
		    USERDB_OK, "%s", name);
		userdb_set_member(db, g, u, span_of(name), MEMBER_JOINED);
	}
	files = save_all(db, dir);
	CHECK(files == MANY + 1, "%d files", files);
	userdb_close(db);
	db = must_open(dir, &jn);
	g = userdb_group(db, SPAN("Everybody"));
	CHECK(userdb_user_count(db) == MANY && g->member_count == MANY,
	    "%zu users", userdb_user_count(db));
	for (i = 0; i < MANY; i++) {
		u = userdb_user(db, &uids[i]);
		snprintf(name, sizeof(name), "USER  %zu", i);
		CHECK(u != NULL && userdb_alias(db, span_of(name))->user == u
		    && roster_member(g, u)->user == u, "%s", name);
	}
	CHECK(save_all(db, dir) == 0, "loaded, so saved");
	userdb_close(db);
	buf_free(&jn.text);
	free(uids);
	close(dir);
}

/* A password's hash has its documented form, and all of it counts. */
static void
check_hash(void)
{
	static const char nodeid[] = "1234567812345678123456781234567812345678";
	const struct uid uid = { { 7 } };
	struct record r = {
		.has = RECORD_UID | RECORD_NODE | RECORD_SALT | RECORD_HASH,
		.uid = uid,
		.node = 1,
		.secret.salt = "a salt"
	};
	struct buf body = { NULL, 0, 0 };
	struct userdb *db = must_open(data_dir("empty"), NULL);
	br_sha256_context sha;
	bool found;
	size_t i;

	for (i = 0; i <= sizeof(r.secret.hash); i++) {
		br_sha256_init(&sha);
		br_sha256_update(&sha, r.secret.salt, sizeof(r.secret.salt));
		br_sha256_update(&sha, nodeid, NODEID_TEXT);
		br_sha256_out(&sha, r.secret.hash);
		if (i < sizeof(r.secret.hash))
			r.secret.hash[i] ^= 1;
		body.n = 0;
		record_write(&body, &r);
		userdb_replay(db, &(struct journal_record){
		    .type = JOURNAL_USERDB, .body = buf_span(&body) });
		found = userdb_login(userdb_user(db, &uid), SPAN(nodeid)) !=
		    NULL;
		CHECK(found == (i == sizeof(r.secret.hash)), "byte %zu", i);
	}
	buf_free(&body);
	userdb_close(db);
}

static void
check_replay(struct userdb_world *w)
{
	struct journal_record record = { .type = JOURNAL_PUT };

	CHECK(!userdb_replay(w->db, &record), "store's record");
	record.type = JOURNAL_USERDB;
	record.body = SPAN("nonsense");
	CHECK(userdb_replay(w->db, &record), "nonsense is still userdb's");
	record.body = SPAN("{\"from\":\"the future\"}");
	CHECK(userdb_replay(w->db, &record), "so is what is not known");
	record.body = SPAN("{\"alias\":\"whose\",\"uid\":"
	    "\"11111111111111111111111111111111\"}");
	CHECK(userdb_replay(w->db, &record) && userdb_add_alias(w->db,
	    w->users[0], SPAN("Whose"), 1, 1) == USERDB_TAKEN, "not taken");
	CHECK(userdb_alias(w->db, SPAN("whose")) == NULL,
	    "leads to a user without a node");
}

int
main(void)
{
	struct userdb_world w;
	int dir;

	log_level(LOG_QUIET);
	close(scratch_make(root));
	srand(1);
	dir = data_dir("first");
	play(&w, dir);
	check_names(&w);
	check_taken(&w);
	check_login(&w);
	check_look_ups(&w);
	check_labels(&w);
	check_hash();
	check_every_age(&w);
	check_mixed_ages(&w);
	check_save(&w, dir);
	check_damage(&w);
	check_many();
	check_replay(&w);
	end(&w);
	close(dir);
	scratch_remove(AT_FDCWD, root);
	return check_report("userdb");
}
