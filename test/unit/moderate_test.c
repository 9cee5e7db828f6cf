/*
 * What conversations about moderated groups cannot tell: their limits, what
 * becomes of a post that is passed over many turns while other things happen,
 * and of one that was damaged.
 */
#include "tmtp/moderate.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "disk/syncer.h"
#include "store.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "tmtp/session.h"
#include "userdb.h"

#define LARGE 3000000		/* bytes of a post that takes many turns */
#define SMALL 5

/* A moderates the group, B to D are members. */
struct scene {
	struct harness st;
	struct actor *a, *b, *c, *d;
	struct group *g;
};

static struct user *
user_of(struct harness *st, const struct actor *a)
{
	return userdb_user_text(st->data.userdb, span_of(a->uid));
}

/* How many frames have come whose header has the text; all are dropped. */
static size_t
count_frames(struct actor *a, const char *text)
{
	struct reply f;
	char header[1024];
	size_t n = 0;

	while (harness_frame(a, &f)) {
		(void)snprintf(header, sizeof(header), "%.*s",
		    (int)f.header.n, f.header.p);
		n += strstr(header, text) != NULL;
		harness_drop(a, f.bytes);
	}
	return n;
}

static void
drop_frames(struct actor *a)
{
	a->got.n = a->records.n = 0;
}

static struct actor *
enter(struct harness *st, struct group *g, const char *name)
{
	struct actor *a = harness_actor(st, name);

	harness_register(st, a);
	userdb_set_member(st->data.userdb, g, user_of(st, a), span_of(name),
	    MEMBER_JOINED);
	return a;
}

static void
begin(struct scene *s)
{
	harness_open(&s->st);
	s->st.conf.window = 64;
	harness_start(&s->st);
	s->g = userdb_add_group(s->st.data.userdb, SPAN("g"),
	    GROUP_MODERATED);
	s->a = enter(&s->st, s->g, "A");
	s->b = enter(&s->st, s->g, "B");
	s->c = enter(&s->st, s->g, "C");
	s->d = enter(&s->st, s->g, "D");
	userdb_set_moderator(s->st.data.userdb, s->g, s->g->members, true);
	harness_turn(&s->st);
}

/* The relay starts again; all who were online are again. */
static void
restart(struct scene *s)
{
	harness_stop(&s->st);
	harness_start(&s->st);
	s->g = userdb_group(s->st.data.userdb, SPAN("g"));
	harness_login(&s->st, s->a);
	harness_login(&s->st, s->b);
	harness_login(&s->st, s->c);
	drop_frames(s->a);
	drop_frames(s->b);
	drop_frames(s->c);
}

/* Each request has an id of its own: one of an earlier connection would
   only be a repetition. */
static unsigned asked;

/* A post of n bytes to a group. */
static struct buf
make_post(const char *gid, size_t n)
{
	struct buf b = { NULL, 0, 0 };
	char header[128];

	(void)snprintf(header, sizeof(header), "{\"op\":7,\"id\":\"%u\","
	    "\"for\":[{\"id\":\"%s\",\"type\":3}],\"datalen\":%zu}", asked++,
	    gid, n);
	buf_addf(&b, "%04zx%s", strlen(header), header);
	memset(buf_room(&b, n), 'x', n);
	b.n += n;
	return b;
}

static void
post_to(struct harness *st, struct actor *a, const char *gid, size_t n)
{
	struct buf b = make_post(gid, n);

	harness_send(st, a, buf_span(&b));
	harness_turn(st);
	buf_free(&b);
}

static void
post(struct scene *s, struct actor *a, size_t n)
{
	post_to(&s->st, a, "g", n);
}

static void
say(struct harness *st, struct actor *a, const char *act, uint64_t msgid)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "{\"op\":6,\"id\":\"%u\",\"gid\":"
	    "\"g\",\"act\":\"%s\",\"msgid\":\"%016llx\"}", asked++, act,
	    (unsigned long long)msgid);
	harness_say(st, a, text);
}

/* It passes or rejects the post; whether that was not refused. */
static bool
settle(struct scene *s, struct actor *a, const char *act, uint64_t msgid)
{
	drop_frames(a);
	say(&s->st, a, act, msgid);
	harness_turn(&s->st);
	return count_frames(a, "\"msgid\":\"1") > 0;
}

/* One turn, after which what was stalled goes on. */
static void
turn(struct scene *s)
{
	size_t i;

	CHECK(datadir_commit(&s->st.data) == 0, "commit");
	tmtp_committed(s->st.relay);
	while (datadir_step(&s->st.data, s->st.now) == 1)
		continue;
	for (i = 0; i < HARNESS_ACTORS; i++) {
		if (s->st.actors[i].session != NULL &&
		    tmtp_is_stalled(s->st.actors[i].session))
			tmtp_resume(s->st.actors[i].session, s->st.now);
	}
}

/* How many files match the pattern, below the directory of the data. */
static size_t
count_files(const struct harness *st, const char *pattern, char *first,
    size_t room)
{
	char path[256];
	glob_t found;
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "%s/%u/%s", st->path, st->crashes,
	    pattern);
	if (glob(path, 0, NULL, &found) != 0)
		return 0;
	n = found.gl_pathc;
	if (first != NULL)
		(void)snprintf(first, room, "%s", found.gl_pathv[0]);
	globfree(&found);
	return n;
}

/* ---- limits ---- */

/* A hundred of a poster, in all groups, wait; those settled do not count. */
static void
test_poster_max(void)
{
	struct scene s;
	struct group *other;
	unsigned i;

	begin(&s);
	other = userdb_add_group(s.st.data.userdb, SPAN("other"),
	    GROUP_MODERATED);
	userdb_set_member(s.st.data.userdb, other, user_of(&s.st, s.a),
	    SPAN("A"), MEMBER_JOINED);
	userdb_set_moderator(s.st.data.userdb, other, other->members, true);
	userdb_set_member(s.st.data.userdb, other, user_of(&s.st, s.b),
	    SPAN("B"), MEMBER_JOINED);
	for (i = 0; i < 100; i++)
		post_to(&s.st, s.b, i % 2 == 0 ? "g" : "other", SMALL);
	CHECK(count_frames(s.b, "\"error\"") == 0 &&
	    user_of(&s.st, s.b)->pending == 100, "a hundred");
	post(&s, s.b, SMALL);
	CHECK(count_frames(s.b, "too many of your posts wait") == 1,
	    "one more");
	post(&s, s.b, 100000);
	CHECK(count_frames(s.b, "too many of your posts wait") == 1,
	    "a large one, before its data is here");
	post(&s, s.c, SMALL);
	CHECK(count_frames(s.c, "\"error\"") == 0, "of another");
	restart(&s);
	post(&s, s.b, SMALL);
	CHECK(count_frames(s.b, "too many of your posts wait") == 1,
	    "after a restart");
	CHECK(settle(&s, s.a, "reject", s.g->pending[0].id), "one is settled");
	drop_frames(s.b);
	post(&s, s.b, SMALL);
	CHECK(count_frames(s.b, "\"error\"") == 0, "in its place");
	post(&s, s.b, SMALL);
	CHECK(count_frames(s.b, "too many of your posts wait") == 1,
	    "and one more");
	harness_close(&s.st);
}

/* A thousand wait in a group. */
static void
test_group_max(void)
{
	struct actor *posters[11];
	struct scene s;
	char name[8];
	unsigned i, j;

	begin(&s);
	for (i = 0; i < 11; i++) {
		(void)snprintf(name, sizeof(name), "P%u", i);
		posters[i] = enter(&s.st, s.g, name);
		for (j = 0; j < 100 && i < 10; j++)
			post(&s, posters[i], SMALL);
		CHECK(count_frames(posters[i], "\"error\"") == 0, "%u", i);
	}
	CHECK(s.g->pending_count == 1000, "%zu wait", s.g->pending_count);
	post(&s, posters[10], SMALL);
	CHECK(count_frames(posters[10], "too many posts wait for the "
	    "moderators of group g") == 1, "one more");
	post(&s, s.a, SMALL);
	CHECK(count_frames(s.a, "\"error\"") == 0, "a moderator need not wait");
	CHECK(settle(&s, s.a, "pass", s.g->pending[999].id), "one is settled");
	drop_frames(posters[10]);
	post(&s, posters[10], SMALL);
	CHECK(count_frames(posters[10], "\"error\"") == 0, "in its place");
	tmtp_remove_group(s.st.relay, s.g);
	harness_turn(&s.st);
	for (i = 0; i < 11; i++)
		CHECK(user_of(&s.st, posters[i])->pending == 0,
		    "%u's are left", i);
	harness_close(&s.st);
}

static size_t
promote(struct scene *s, const char *alias, const char *on)
{
	char text[256];

	drop_frames(s->a);
	(void)snprintf(text, sizeof(text), "{\"op\":6,\"id\":\"%u\",\"gid\":"
	    "\"g\",\"act\":\"moderator\",\"to\":\"%s\",\"on\":%s}", asked++,
	    alias, on);
	harness_say(&s->st, s->a, text);
	harness_turn(&s->st);
	return count_frames(s->a, "\"error\":\"the group has as many");
}

/* Fifty moderators; a post tells all of them, and all of them are known. */
static void
test_moderators_max(void)
{
	char nodeid[NODEID_TEXT], name[16];
	struct scene s;
	struct user *u;
	unsigned i;

	begin(&s);
	for (i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof(name), "m%u", i);
		u = userdb_add_user(s.st.data.userdb, SPAN("x"), SPAN(""),
		    nodeid);
		userdb_set_member(s.st.data.userdb, s.g, u, span_of(name),
		    MEMBER_JOINED);
		CHECK(promote(&s, name, "true") == (i == 49), "%u", i);
	}
	CHECK(promote(&s, "m3", "true") == 0, "one who is one");
	post(&s, s.b, SMALL);
	CHECK(s.g->pending_count == 1 && s.g->pending->told_count == 50,
	    "told: %zu", s.g->pending->told_count);
	restart(&s);
	CHECK(s.g->pending->told_count == 50, "after a restart: %zu",
	    s.g->pending->told_count);
	CHECK(promote(&s, "m3", "false") == 0, "one less");
	CHECK(promote(&s, "m49", "true") == 0, "and one more");
	CHECK(promote(&s, "m3", "true") == 1, "too many again");
	drop_frames(s.c);
	CHECK(settle(&s, s.a, "pass", s.g->pending->id), "passed");
	CHECK(count_frames(s.c, "\"op\":\"delivery\"") == 1, "delivered");
	CHECK(store_load(s.st.data.store, tmtp_queue(s.st.relay,
	    s.g->members[4].user->nodes[0])).messages > 0, "m0 has it once");
	harness_close(&s.st);
}

/*
 * More members than a message can have recipients: such a post can wait, but
 * not be passed; and the group gets a new moderator of which nobody hears.
 */
static void
test_too_many(void)
{
	enum { MEMBERS = 22000 };
	char nodeid[NODEID_TEXT], name[16];
	struct scene s;
	uint64_t msgid;
	unsigned i;

	begin(&s);
	for (i = 0; i < MEMBERS; i++) {
		(void)snprintf(name, sizeof(name), "m%u", i);
		userdb_set_member(s.st.data.userdb, s.g, userdb_add_user(
		    s.st.data.userdb, SPAN("x"), SPAN(""), nodeid),
		    span_of(name), MEMBER_JOINED);
		if (i % 100 == 0)
			harness_turn(&s.st);
	}
	harness_turn(&s.st);
	post(&s, s.b, SMALL);
	CHECK(s.g->pending_count == 1, "it does not wait");
	msgid = s.g->pending->id;
	drop_frames(s.a);
	post(&s, s.a, SMALL);
	CHECK(count_frames(s.a, "too many recipients for one message") == 1,
	    "a post");
	say(&s.st, s.a, "pass", msgid);
	harness_turn(&s.st);
	CHECK(count_frames(s.a, "too many recipients for one message") == 1,
	    "a pass");
	CHECK(s.g->pending_count == 1 && s.st.relay->passings == 0,
	    "%zu wait", s.g->pending_count);
	tmtp_remove_user(s.st.relay, user_of(&s.st, s.a));
	harness_pass(&s.st, 1);
	harness_turn(&s.st);
	CHECK(s.g->members[1].moderator, "B did not follow");
	CHECK(settle(&s, s.b, "reject", msgid), "it cannot be rejected");
	harness_close(&s.st);
}

/* Sixteen posts are copied at once; one more has to wait its turn. */
static void
test_passings_max(void)
{
	enum { MAX = 16 };
	struct actor *m[MAX + 1];
	char nodeid[NODEID_TEXT], name[8];
	struct scene s;
	uint64_t ids[MAX + 1];
	unsigned i;

	begin(&s);
	for (i = 0; i <= MAX; i++) {
		post(&s, s.b, 1000000);
		ids[i] = s.g->pending[i].id;
	}
	for (i = 0; i <= MAX; i++) {
		(void)snprintf(name, sizeof(name), "M%u", i);
		m[i] = harness_actor(&s.st, name);
		(void)userdb_add_node(s.st.data.userdb, user_of(&s.st, s.a),
		    SPAN("m"), nodeid);
		memcpy(m[i]->uid, s.a->uid, sizeof(m[i]->uid));
		memcpy(m[i]->nodeid, nodeid, NODEID_TEXT);
		harness_login(&s.st, m[i]);
		drop_frames(m[i]);
	}
	for (i = 0; i <= MAX; i++)
		say(&s.st, m[i], "pass", ids[i]);
	CHECK(s.st.relay->passings == MAX, "%zu", s.st.relay->passings);
	CHECK(!tmtp_is_stalled(m[MAX]->session), "the last is not copied");
	drop_frames(s.c);
	harness_turn(&s.st);
	CHECK(count_frames(m[MAX], "too many posts are being passed") == 1,
	    "it was not refused");
	CHECK(s.st.relay->passings == 0, "%zu are left", s.st.relay->passings);
	CHECK(s.g->pending_count == 1 && s.g->pending->id == ids[MAX],
	    "%zu wait", s.g->pending_count);
	CHECK(settle(&s, m[MAX], "pass", ids[MAX]), "later");
	CHECK(store_load(s.st.data.store, tmtp_queue(s.st.relay,
	    user_of(&s.st, s.c)->nodes[0])).bytes > (MAX + 1) * 1000000,
	    "C lacks some");
	harness_close(&s.st);
}

/*
 * What waits is a burden of the poster: its hidden queue has the limits of any
 * other.  What is settled leaves it with the next checkpoint, so that settling
 * fast fills no disk.
 */
static void
test_hidden_quota(void)
{
	struct scene s;
	unsigned i;

	begin(&s);
	s.st.conf.queue_max = 1000000;
	for (i = 0; i < 30; i++) {
		post(&s, s.b, 100000);
		/* The moderator's queue is emptied. */
		store_ack(s.st.data.store, tmtp_queue(s.st.relay,
		    user_of(&s.st, s.a)->nodes[0]), s.g->pending_count > 0 ?
		    s.g->pending[s.g->pending_count - 1].id : 0);
	}
	CHECK(s.g->pending_count == 10, "%zu wait", s.g->pending_count);
	CHECK(count_frames(s.b, "too much is waiting for") == 20, "refused");
	CHECK(datadir_checkpoint(&s.st.data) == 0 && count_files(&s.st,
	    "pack/*.large", NULL, 0) == 10, "files");
	while (s.g->pending_count > 0)
		CHECK(settle(&s, s.a, "reject", s.g->pending->id), "reject");
	CHECK(datadir_checkpoint(&s.st.data) == 0, "checkpoint");
	drop_frames(s.b);
	post(&s, s.b, 100000);
	CHECK(count_frames(s.b, "\"error\"") == 0, "there is room again");
	CHECK(settle(&s, s.a, "reject", s.g->pending->id), "reject");
	CHECK(datadir_checkpoint(&s.st.data) == 0 && count_files(&s.st,
	    "user/*/*/0/*", NULL, 0) == 0, "files are left");
	harness_close(&s.st);
}

/* ---- races ---- */

/* What happens after two turns of A's pass of B's large post. */
struct race {
	const char *name;
	void (*happen)(struct scene *, uint64_t msgid);
	const char *refusal;	/* what A gets; NULL: its ack, or nothing */
	bool passed;		/* A, or whoever else, has passed it */
	bool gone;		/* it waits no more */
};

static void
happen_nothing(struct scene *s, uint64_t msgid)
{
	(void)s;
	(void)msgid;
}

static void
happen_passed(struct scene *s, uint64_t msgid)
{
	say(&s->st, s->d, "pass", msgid);
}

static void
happen_rejected(struct scene *s, uint64_t msgid)
{
	say(&s->st, s->d, "reject", msgid);
}

static void
happen_lost(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_lose(&s->st, s->a);
}

static void
happen_quit(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	tmtp_quit(s->a->session, "stopping", s->st.now);
}

/* The same node logs in once more, and goes on where it was. */
static void
happen_taken_over(struct scene *s, uint64_t msgid)
{
	struct actor *again = harness_actor(&s->st, "A'");

	memcpy(again->uid, s->a->uid, sizeof(again->uid));
	memcpy(again->nodeid, s->a->nodeid, sizeof(again->nodeid));
	harness_login(&s->st, again);
	say(&s->st, again, "pass", msgid);
}

static void
happen_demoted(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_say(&s->st, s->d, "{\"op\":6,\"id\":\"1\",\"gid\":\"g\","
	    "\"act\":\"moderator\",\"to\":\"A\",\"on\":false}");
}

static void
happen_dropped(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_say(&s->st, s->d, "{\"op\":6,\"id\":\"1\",\"gid\":\"g\","
	    "\"act\":\"drop\",\"to\":\"A\"}");
}

static void
happen_member_left(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_say(&s->st, s->c, "{\"op\":6,\"id\":\"1\",\"gid\":\"g\","
	    "\"act\":\"drop\",\"to\":\"C\"}");
}

static void
happen_dissolved(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	tmtp_remove_group(s->st.relay, s->g);
}

static void
happen_poster_removed(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	tmtp_remove_user(s->st.relay, user_of(&s->st, s->b));
}

static void
happen_passer_removed(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	tmtp_remove_user(s->st.relay, user_of(&s->st, s->a));
}

static void
happen_node_dropped(struct scene *s, uint64_t msgid)
{
	struct user *u = user_of(&s->st, s->a);
	char nodeid[NODEID_TEXT];

	(void)msgid;
	(void)userdb_add_node(s->st.data.userdb, u, SPAN("y"), nodeid);
	tmtp_drop_node(s->st.relay, u->nodes[0], "dropped");
}

static void
happen_disk_full(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_fill_disk(&s->st);
	harness_free_disk(&s->st);
}

/* For arrivals: nothing is passed yet. */
static void
happen_promoted(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_say(&s->st, s->d, "{\"op\":6,\"id\":\"1\",\"gid\":\"g\","
	    "\"act\":\"moderator\",\"to\":\"B\",\"on\":true}");
}

static void
happen_poster_dropped(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_say(&s->st, s->d, "{\"op\":6,\"id\":\"1\",\"gid\":\"g\","
	    "\"act\":\"drop\",\"to\":\"B\"}");
}

static void
happen_disk_filled(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_fill_disk(&s->st);
}

static void
happen_crash(struct scene *s, uint64_t msgid)
{
	(void)msgid;
	harness_crash(&s->st);
	harness_start(&s->st);
	s->g = userdb_group(s->st.data.userdb, SPAN("g"));
	harness_login(&s->st, s->b);
	harness_login(&s->st, s->c);
	harness_login(&s->st, s->d);
	drop_frames(s->c);
}

static const struct race races[] = {
	{ "nothing", happen_nothing, NULL, true, true },
	{ "another passes it", happen_passed, NULL, true, true },
	{ "another rejects it", happen_rejected, "no post waits", false, true },
	{ "the connection is lost", happen_lost, NULL, false, false },
	{ "the session ends", happen_quit, NULL, false, false },
	{ "taken over", happen_taken_over, NULL, true, true },
	{ "demoted", happen_demoted, "you are not a moderator", false, false },
	{ "dropped", happen_dropped, "you are not a member", false, false },
	{ "a member leaves", happen_member_left, NULL, false, true },
	{ "dissolved", happen_dissolved, "you are not a member", false, true },
	{ "the poster is removed", happen_poster_removed, "no post waits",
	  false, true },
	{ "the moderator is removed", happen_passer_removed, NULL, false,
	  false },
	{ "its node is dropped", happen_node_dropped, NULL, false, false },
	{ "the disk is full", happen_disk_full, "the disk is full", false,
	  false },
	{ "a crash", happen_crash, NULL, false, false }
};

/* Each member but those who have it has got it once, and nothing is left. */
static void
run_race(const struct race *r)
{
	struct scene s;
	uint64_t msgid;

	begin(&s);
	userdb_set_moderator(s.st.data.userdb, s.g, &s.g->members[3], true);
	post(&s, s.b, LARGE);
	msgid = s.g->pending->id;
	drop_frames(s.a);
	drop_frames(s.c);
	say(&s.st, s.a, "pass", msgid);
	turn(&s);
	turn(&s);
	CHECK(s.a->session->passing != NULL && s.st.relay->passings == 1,
	    "%s: all was copied at once", r->name);
	r->happen(&s, msgid);
	harness_turn(&s.st);
	CHECK(s.st.relay->passings == 0, "%s: still passing", r->name);
	CHECK(r->refusal == NULL || count_frames(s.a, r->refusal) == 1,
	    "%s: not refused", r->name);
	CHECK(count_frames(s.c, "\"op\":\"delivery\"") ==
	    (r->passed ? 1 : 0),
	    "%s: not what C gets", r->name);
	CHECK((s.g->pending_count == 0) == r->gone, "%s: %zu wait", r->name,
	    s.g->pending_count);
	drop_frames(s.c);
	CHECK(settle(&s, s.d, "pass", msgid) == !r->gone, "%s: settled again",
	    r->name);
	CHECK(count_frames(s.c, "\"op\":\"delivery\"") ==
	    (r->gone ? 0 : 1),
	    "%s: C gets it again", r->name);
	CHECK(datadir_checkpoint(&s.st.data) == 0 && count_files(&s.st,
	    "tmp/large-*", NULL, 0) == 0, "%s: files are left", r->name);
	harness_close(&s.st);
}

static void
test_races(void)
{
	size_t i;

	for (i = 0; i < COUNT(races); i++)
		run_race(&races[i]);
}

/* What happens when half of B's large post is here. */
static const struct half {
	const char *name;
	void (*happen)(struct scene *, uint64_t);
	const char *refusal;	/* NULL: taken, or B is gone */
	size_t waits, delivered;
} arrivals[] = {
	{ "nothing", happen_nothing, NULL, 1, 0 },
	{ "B becomes a moderator", happen_promoted, NULL, 0, 1 },
	{ "B is dropped", happen_poster_dropped, "you are not a member", 0, 0 },
	{ "dissolved", happen_dissolved, "you are not a member", 0, 0 },
	{ "B is removed", happen_poster_removed, NULL, 0, 0 },
	{ "A leaves", happen_passer_removed, NULL, 1, 0 },
	{ "the disk is full", happen_disk_filled, "the disk is full", 0, 0 }
};

static void
run_arrival(const struct half *r)
{
	struct buf b = make_post("g", LARGE);
	struct scene s;

	begin(&s);
	userdb_set_moderator(s.st.data.userdb, s.g, &s.g->members[3], true);
	drop_frames(s.b);
	drop_frames(s.c);
	tmtp_input(s.b->session, (struct span){ b.p, b.n / 2 }, s.st.now);
	harness_turn(&s.st);
	r->happen(&s, 0);
	harness_turn(&s.st);
	if (s.b->session != NULL)
		tmtp_input(s.b->session, (struct span){ b.p + b.n / 2,
		    b.n - b.n / 2 }, s.st.now);
	harness_turn(&s.st);
	CHECK(r->refusal == NULL || count_frames(s.b, r->refusal) == 1,
	    "%s: not refused", r->name);
	CHECK(s.g->pending_count == r->waits, "%s: %zu wait", r->name,
	    s.g->pending_count);
	CHECK(count_frames(s.c, "\"op\":\"delivery\"") == r->delivered,
	    "%s: not what C gets", r->name);
	CHECK(s.st.relay->upload_count == 0, "%s: still arriving", r->name);
	harness_free_disk(&s.st);
	CHECK(datadir_checkpoint(&s.st.data) == 0 && count_files(&s.st,
	    "tmp/large-*", NULL, 0) == 0, "%s: files are left", r->name);
	buf_free(&b);
	harness_close(&s.st);
}

static void
test_arrivals(void)
{
	size_t i;

	for (i = 0; i < COUNT(arrivals); i++)
		run_arrival(&arrivals[i]);
}

/* Whether syncs take their time: the system's would not, in memory. */
static volatile bool sync_is_slow;

int
fsync(int fd)
{
	struct timespec moment = { 0, 5000000 };

	(void)fd;
	if (sync_is_slow)
		nanosleep(&moment, NULL);
	return 0;
}

/* The session goes on when the other thread has synced what it has copied. */
static void
wait_for_sync(struct scene *s)
{
	struct timespec moment = { 0, 1000000 };
	unsigned i;

	for (i = 0; i < 30000 && tmtp_is_stalled(s->a->session); i++) {
		nanosleep(&moment, NULL);
		tmtp_resume(s->a->session, s->st.now);
	}
	harness_turn(&s->st);
}

/* The session is lost while that thread is at it. */
static void
test_lost_in_sync(void)
{
	struct scene s;
	uint64_t msgid;

	begin(&s);
	post(&s, s.b, 100000);
	msgid = s.g->pending->id;
	CHECK(syncer_start(s.st.data.syncer) == 0, "syncer");
	sync_is_slow = true;
	say(&s.st, s.a, "pass", msgid);
	CHECK(tmtp_is_stalled(s.a->session), "it does not wait");
	harness_lose(&s.st, s.a);
	CHECK(s.st.relay->passings == 0, "still passing");
	harness_login(&s.st, s.a);
	drop_frames(s.a);
	say(&s.st, s.a, "pass", msgid);
	CHECK(tmtp_is_stalled(s.a->session), "the second does not wait");
	wait_for_sync(&s);
	CHECK(count_frames(s.a, "\"msgid\":\"1") == 1, "not passed");
	CHECK(count_frames(s.c, "\"op\":\"delivery\"") == 1, "not delivered");
	CHECK(s.g->pending_count == 0, "it waits");
	sync_is_slow = false;
	harness_close(&s.st);
}

/* No file may be longer from now on; 0: as long as it likes. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0, "getrlimit");
	limit.rlim_cur = bytes > 0 ? bytes : limit.rlim_max;
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
}

/* The disk fails in the middle of a post, and of its copy. */
static void
test_disk_fails(void)
{
	struct scene s;

	begin(&s);
	drop_frames(s.b);
	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files(LARGE / 2);
	post(&s, s.b, LARGE);
	CHECK(count_frames(s.b, "the data could not be stored: ") == 1,
	    "the post is not refused");
	limit_files(0);
	post(&s, s.b, LARGE);
	CHECK(s.g->pending_count == 1, "it does not wait");
	drop_frames(s.a);
	drop_frames(s.c);
	limit_files(LARGE / 2);
	say(&s.st, s.a, "pass", s.g->pending->id);
	harness_turn(&s.st);
	limit_files(0);
	CHECK(count_frames(s.a, "the post could not be copied: ") == 1,
	    "the pass is not refused");
	CHECK(s.st.relay->passings == 0 && count_frames(s.c, "delivery") == 0,
	    "something is left");
	CHECK(settle(&s, s.a, "pass", s.g->pending->id), "later");
	CHECK(count_frames(s.c, "\"op\":\"delivery\"") == 1, "not delivered");
	CHECK(datadir_checkpoint(&s.st.data) == 0 && count_files(&s.st,
	    "tmp/large-*", NULL, 0) == 0, "files are left");
	harness_close(&s.st);
}

/* ---- damage ---- */

static void
damage(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	char byte = 0;

	CHECK(fd != -1 && pread(fd, &byte, 1, at) == 1, "%s", path);
	byte ^= 1;
	CHECK(pwrite(fd, &byte, 1, at) == 1 && close(fd) == 0, "%s", path);
}

/* All that is left of it is that it waits: it can be rejected, not passed. */
static void
test_damaged(size_t bytes, off_t at, const char *why)
{
	struct scene s;
	char path[256];
	uint64_t msgid;

	begin(&s);
	post(&s, s.b, bytes);
	store_ack(s.st.data.store, tmtp_queue(s.st.relay,
	    user_of(&s.st, s.a)->nodes[0]), s.g->pending->id);
	harness_turn(&s.st);
	CHECK(datadir_checkpoint(&s.st.data) == 0, "checkpoint");
	CHECK(count_files(&s.st, bytes > UPLOAD_SMALL ? "pack/*.large" :
	    "pack/????????????????", path, sizeof(path)) == 1, "one file");
	harness_stop(&s.st);
	if (at == -1)
		CHECK(unlink(path) == 0, "%s", path);
	else
		damage(path, at);
	harness_start(&s.st);
	restart(&s);
	CHECK(s.g->pending_count == 1, "it does not wait");
	msgid = s.g->pending->id;
	say(&s.st, s.a, "pass", msgid);
	harness_turn(&s.st);
	CHECK(count_frames(s.a, why) == 1, "%zu bytes: not refused", bytes);
	say(&s.st, s.a, "pass", msgid);
	harness_turn(&s.st);
	CHECK(count_frames(s.a, "damaged, and can only be rejected") == 1,
	    "%zu bytes: not refused again", bytes);
	CHECK(s.st.relay->passings == 0 && count_frames(s.c, "delivery") == 0,
	    "something is left");
	restart(&s);
	CHECK(settle(&s, s.a, "reject", msgid), "it cannot be rejected");
	CHECK(count_frames(s.b, "\"act\":\"reject\"") == 1, "B is not told");
	CHECK(s.g->pending_count == 0 && user_of(&s.st, s.b)->pending == 0,
	    "it waits");
	harness_close(&s.st);
}

/* ---- time ---- */

/* All posts that are too old are rejected, each once, and no other. */
static void
test_days(void)
{
	enum { DAY = 86400000 };
	struct scene s;
	uint64_t young;

	begin(&s);
	post(&s, s.b, SMALL);
	post(&s, s.b, LARGE);
	post(&s, s.c, SMALL);
	harness_pass(&s.st, (uint64_t)20 * DAY);
	CHECK(s.g->pending_count == 3, "too early");
	harness_login(&s.st, s.c);
	post(&s, s.c, SMALL);
	young = s.g->pending[3].id;
	harness_pass(&s.st, (uint64_t)9 * DAY + DAY / 2);
	CHECK(s.g->pending_count == 4, "too early again");
	harness_pass(&s.st, DAY);
	CHECK(s.g->pending_count == 1 && s.g->pending->id == young,
	    "%zu wait", s.g->pending_count);
	harness_login(&s.st, s.b);
	CHECK(count_frames(s.b, "\"act\":\"reject\"") == 2, "B is told");
	harness_login(&s.st, s.c);
	CHECK(count_frames(s.c, "\"act\":\"reject\"") == 1, "C is told");
	/* After a start the clock must first have shown that it is right. */
	restart(&s);
	s.st.now.wall += (uint64_t)100 * DAY;
	harness_pass(&s.st, (uint64_t)6 * DAY);
	CHECK(s.g->pending_count == 1, "the clock was believed");
	harness_pass(&s.st, (uint64_t)8 * DAY);
	CHECK(s.g->pending_count == 0, "it was never believed");
	harness_close(&s.st);
}

int
main(void)
{
	log_level(LOG_QUIET);
	test_poster_max();
	test_group_max();
	test_moderators_max();
	test_too_many();
	test_passings_max();
	test_hidden_quota();
	test_races();
	test_arrivals();
	test_lost_in_sync();
	test_disk_fails();
	test_damaged(SMALL, -1, "cannot be read");
	test_damaged(SMALL, 30, "cannot be read");
	test_damaged(LARGE, 100, "cannot be read");
	test_damaged(LARGE, 2000000, "cannot be read");
	test_days();
	return check_report("moderate");
}
