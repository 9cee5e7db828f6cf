#include "test/lib/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "disk/journal.h"
#include "test/lib/scratch.h"

/* Something is wrong if a turn does not come to an end. */
#define STEPS_MAX 100000

/* Whether fstatvfs says so: the system's is not asked. */
static bool disk_is_full;

int
fstatvfs(int fd, struct statvfs *fs)
{
	(void)fd;
	*fs = (struct statvfs){
		.f_frsize = 4096,
		.f_blocks = 1 << 20,
		.f_bavail = disk_is_full ? 0 : 1 << 20
	};
	return 0;
}

static void
data_path(const struct harness *st, char *path, size_t room)
{
	(void)snprintf(path, room, "%s/%u", st->path, st->crashes);
}

void
harness_open(struct harness *st)
{
	disk_is_full = false;
	*st = (struct harness){
		.now = { 1000, 1767225600000 },	/* 2026-01-01 */
		.room = HARNESS_ROOM
	};
	/* No test of the disk: memory will do, and spares it the syncs. */
	(void)snprintf(st->path, sizeof(st->path), "%s/mnm-harness-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	close(scratch_make(st->path));
	conf_default(&st->conf);
	free(st->conf.name);
	st->conf.name = xcopy(SPAN("test"));
}

void
harness_start(struct harness *st)
{
	char path[128], why[256];

	data_path(st, path, sizeof(path));
	if (datadir_open(&st->data, path, st->conf.journal_size, why,
	    sizeof(why)) == -1)
		die("%s", why);
	st->relay = tmtp_open(&st->data, &st->conf, st->now);
}

static void
lose_all(struct harness *st)
{
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++)
		harness_lose(st, &st->actors[i]);
}

void
harness_stop(struct harness *st)
{
	lose_all(st);
	tmtp_close(st->relay);
	if (datadir_close(&st->data) == -1)
		die("data_close: %s", strerror(errno));
	st->relay = NULL;
}

/* What a running relay has written is what the next one finds. */
void
harness_crash(struct harness *st)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "cp -R %s/%u %s/%u",
	    st->path, st->crashes, st->path, st->crashes + 1);
	if (system(command) != 0)
		die("%s failed", command);
	harness_stop(st);
	st->crashes++;
}

void
harness_close(struct harness *st)
{
	size_t i;

	if (st->relay != NULL)
		harness_stop(st);
	for (i = 0; i < HARNESS_ACTORS; i++) {
		buf_free(&st->actors[i].got);
		buf_free(&st->actors[i].records);
	}
	conf_free(&st->conf);
	scratch_remove(AT_FDCWD, st->path);
}

struct actor *
harness_actor(struct harness *st, const char *name)
{
	struct actor *c;
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++) {
		c = &st->actors[i];
		if (strcmp(c->name, name) == 0)
			return c;
		if (c->name[0] == '\0') {
			(void)snprintf(c->name, sizeof(c->name), "%s", name);
			return c;
		}
	}
	die("more than %d actors", HARNESS_ACTORS);
}

void
harness_connect(struct harness *st, struct actor *c)
{
	c->got.n = c->records.n = 0;
	c->ended = false;
	c->session = tmtp_session_open(st->relay, c, c->name, st->now);
}

void
harness_lose(struct harness *st, struct actor *c)
{
	if (c->session != NULL)
		tmtp_session_close(c->session, st->now);
	c->session = NULL;
}

/* All that the session may send now, and its end if it has come. */
static void
read_session(struct harness *st, struct actor *c)
{
	size_t n, steps = 0;

	do {
		n = tmtp_output(c->session, buf_room(&c->got, st->room),
		    st->room, st->now);
		c->got.n += n;
		if (n > 0)
			buf_add(&c->records, (struct span){
			    (const char *)&c->got.n, sizeof(c->got.n) });
		if (++steps > STEPS_MAX * 100)
			die("%s: output without end", c->name);
	} while (n > 0);
	if (tmtp_is_ended(c->session)) {
		c->ended = true;
		harness_lose(st, c);
	}
}

static bool
resume_all(struct harness *st)
{
	bool any = false;
	struct actor *c;
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++) {
		c = &st->actors[i];
		if (c->session == NULL || !tmtp_is_stalled(c->session))
			continue;
		tmtp_resume(c->session, st->now);
		any = true;
	}
	return any;
}

static void
commit(struct harness *st)
{
	int more, steps = 0;

	journal_id_at_least(st->data.journal, st->now.wall * 1000000);
	if (datadir_commit(&st->data) == -1)
		die("data_commit: %s", strerror(errno));
	tmtp_committed(st->relay);
	do {
		more = datadir_step(&st->data, st->now);
		if (more == -1 || ++steps > STEPS_MAX)
			die("data_step: %s", strerror(errno));
	} while (more == 1);
}

void
harness_turn(struct harness *st)
{
	struct session *session;
	size_t steps = 0;

	do {
		commit(st);
		while ((session = tmtp_marked(st->relay)) != NULL)
			read_session(st, tmtp_owner(session));
		if (++steps > STEPS_MAX)
			die("a turn without end");
	} while (resume_all(st) || tmtp_wants_commit(st->relay));
}

void
harness_fill_disk(struct harness *st)
{
	disk_is_full = true;
	harness_pass(st, 1000);
	harness_turn(st);
}

void
harness_free_disk(struct harness *st)
{
	disk_is_full = false;
	harness_pass(st, 1000);
	harness_turn(st);
}

void
harness_send(struct harness *st, struct actor *c, struct span bytes)
{
	size_t n;

	while (bytes.n > 0 && c->session != NULL) {
		n = st->piece > 0 && st->piece < bytes.n ? st->piece :
		    bytes.n;
		tmtp_input(c->session, (struct span){ bytes.p, n }, st->now);
		bytes.p += n;
		bytes.n -= n;
		if (bytes.n > 0)
			harness_turn(st);
	}
}

void
harness_say(struct harness *st, struct actor *a, const char *header)
{
	struct buf b = { NULL, 0, 0 };

	buf_addf(&b, "%04zx%s", strlen(header), header);
	harness_send(st, a, buf_span(&b));
	buf_free(&b);
}

void
harness_register(struct harness *st, struct actor *a)
{
	struct reply r;

	harness_connect(st, a);
	harness_say(st, a, "{\"op\":0,\"id\":\"1\"}");
	harness_say(st, a, "{\"op\":1,\"newnode\":\"x\"}");
	harness_turn(st);
	if (!harness_frame(a, &r))
		die("no answer to TmtpRev");
	harness_drop(a, r.bytes);
	/* {"nodeid":"...","noderef":"1","op":"registered","uid":"..."} */
	if (!harness_frame(a, &r))
		die("not registered");
	memcpy(a->nodeid, r.header.p + 11, NODEID_TEXT);
	memcpy(a->uid, r.header.p + r.header.n - 2 - UID_TEXT, UID_TEXT);
	a->got.n = a->records.n = 0;
}

void
harness_login(struct harness *st, struct actor *a)
{
	char header[256];

	(void)snprintf(header, sizeof(header), "{\"op\":2,\"uid\":\"%s\","
	    "\"node\":\"%s\"}", a->uid, a->nodeid);
	harness_connect(st, a);
	harness_say(st, a, "{\"op\":0,\"id\":\"1\"}");
	harness_say(st, a, header);
	harness_turn(st);
}

bool
harness_frame(const struct actor *a, struct reply *r)
{
	return wire_read(r, buf_span(&a->got)) == WIRE_FRAME;
}

bool
harness_in_one_record(const struct actor *a, const struct reply *r)
{
	size_t record;

	memcpy(&record, a->records.p, sizeof(record));
	return record >= r->bytes;
}

void
harness_drop(struct actor *a, size_t bytes)
{
	size_t *records = (size_t *)(void *)a->records.p, i, gone = 0;

	for (i = 0; i < a->records.n / sizeof(size_t); i++) {
		gone += records[i] <= bytes;
		records[i] -= records[i] <= bytes ? 0 : bytes;
	}
	buf_drop(&a->records, gone * sizeof(size_t));
	buf_drop(&a->got, bytes);
}

static struct actor *
first_due(struct harness *st, uint64_t *when)
{
	struct actor *first = NULL, *c;
	uint64_t deadline;
	size_t i;

	for (i = 0; i < HARNESS_ACTORS; i++) {
		c = &st->actors[i];
		if (c->session == NULL)
			continue;
		deadline = tmtp_deadline(c->session);
		if (deadline <= *when) {
			first = c;
			*when = deadline;
		}
	}
	return first;
}

void
harness_pass(struct harness *st, uint64_t milliseconds)
{
	uint64_t end = st->now.mono + milliseconds, when = end;
	struct actor *c;
	size_t steps = 0;

	while ((c = first_due(st, &when)) != NULL) {
		if (when > st->now.mono)
			st->now.wall += when - st->now.mono;
		if (when > st->now.mono)
			st->now.mono = when;
		tmtp_expire(c->session, st->now);
		harness_turn(st);
		when = end;
		if (++steps > STEPS_MAX)
			die("%s: a deadline without end", c->name);
	}
	st->now.wall += end - st->now.mono;
	st->now.mono = end;
	while (st->relay != NULL &&
	    tmtp_step_deadline(st->relay) <= st->now.mono) {
		tmtp_step(st->relay, st->now);
		harness_turn(st);
		if (++steps > STEPS_MAX)
			die("tmtp_step: a deadline without end");
	}
}
