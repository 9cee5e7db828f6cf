/*
 * backup MNM - backups that the program MNM makes, of a relay that is stopped,
 * that runs, and that is busy: a second relay is started from each, and must
 * serve what the first one had.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/control.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define ENDLESS "\"pings_per_day\": 0, \"failed_pings_in_a_row\": 0," \
    "\"journal_size\": \"32M\","

#define MEMBERS    10
#define TALKERS    7		/* the first of them, who post and ack */
#define MUTES      8		/* ... those, and one who only listens */
#define RECIPIENTS 3
#define POSTS_MAX  20000
#define LARGE      150000	/* bytes of every tenth post, at most */
#define SMALL      30000
#define BACKUPS    6
#define BEFORE     (6 << 20)	/* bytes posted before each ... */
#define MEANWHILE  (3 << 20)	/* ... and during it: the journal takes more */

#define SESSIONS 8		/* that the relay hears at a time */
#define FILLING 700		/* posts that no journal of that size holds */

static struct client_pool *pool;
static struct buf said;		/* by the last command, with a NUL */

/* ---- commands ---- */

/* Run shell commands in the relay's directory; returns the status. */
static int
shell(const struct relay_process *r, const char *format, ...)
{
	char command[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return operator_shell(r, &said, command);
}

static void
stop(struct relay_process *r)
{
	CHECK(relay_stop(r, SIGTERM) == 0, "it did not stop well");
}

/* "mnm backup dir" ends so, and says this. */
static void
expect(const struct relay_process *r, const char *dir, int status,
    const char *text)
{
	int got = shell(r, "'%s' backup '%s'", r->program, dir);

	CHECK(got == status && strstr(said.p, text) != NULL,
	    "backup %s: status %d: %s", dir, got, said.p);
	CHECK(shell(r, "test ! -e '%s.partial'", dir) == 0,
	    "%s.partial is left", dir);
}

/* All files in a directory with a sum of each; to be freed. */
static char *
contents(const struct relay_process *r, const char *dir)
{
	CHECK(shell(r, "find '%s' -type f -exec cksum {} + | sort", dir) == 0,
	    "%s: %s", dir, said.p);
	return xcopy(buf_span(&said));
}

/* Another relay that is ready to start from this backup; moved or copied. */
static void
restore(struct relay_process *copy, const struct relay_process *r,
    const char *dir, const char *how)
{
	relay_init(copy, r->program);
	relay_configure(copy, ENDLESS);
	CHECK(shell(r, "%s '%s' '%s/mnm-data'", how, dir, copy->dir) == 0,
	    "%s %s: %s", how, dir, said.p);
}

static void
end_copy(struct relay_process *copy)
{
	CHECK(!relay_said(copy, "lost+found") && shell(copy,
	    "test -z \"`ls mnm-data/lost+found`\"") == 0,
	    "the backup is damaged");
	stop(copy);
	relay_free(copy);
}

/* ---- one after the other ---- */

static void
post(struct peer *from, const struct peer *to, const char *text)
{
	struct peer_frame *f;

	peer_say(from, "{\"op\":7,\"id\":\"p\",\"datalen\":%zu,"
	    "\"for\":[{\"id\":\"%s\",\"type\":1}]}", strlen(text), to->uid);
	peer_data(from, span_of(text));
	f = peer_await(from, "ack");
	CHECK(peer_is(f, "error", ""), "post: %s", f->head);
	peer_frame_free(f);
}

static void
post_from(const struct relay_process *r, struct peer *from,
    const struct peer *to, const char *text)
{
	peer_login(from, pool, r->port);
	post(from, to, text);
	peer_drop(from);
}

/* Exactly these texts, of one character each, wait for m. */
static void
expect_waiting(const struct relay_process *r, struct peer *m,
    const char *texts)
{
	struct peer_frame *f;

	peer_login(m, pool, r->port);
	for (; *texts != '\0'; texts++) {
		f = peer_await(m, "delivery");
		CHECK(f->data.n == 1 && f->data.p[0] == *texts,
		    "not %c but %s", *texts, f->head);
		peer_frame_free(f);
	}
	CHECK(peer_is_quiet(m, "delivery"), "more came");
	peer_drop(m);
}

/* A relay that is started from the backup serves this. */
static void
expect_restored(const struct relay_process *r, const char *dir,
    struct peer *alice, struct peer *bob, const char *texts)
{
	struct relay_process copy;

	restore(&copy, r, dir, "cp -a");
	CHECK(shell(r, "cmp mnm-data/cert.pem '%s'/cert.pem && "
	    "cmp mnm-data/key.pem '%s'/key.pem", dir, dir) == 0,
	    "another identity: %s", said.p);
	relay_start(&copy);
	expect_waiting(&copy, bob, texts);
	post_from(&copy, alice, bob, "!");
	expect_waiting(&copy, bob, "!");
	end_copy(&copy);
}

/* A backup of the data directory is nowhere in it, however that is called. */
static void
expect_outside(const struct relay_process *r)
{
	expect(r, "mnm-data/in", 1, "inside the data directory, mnm-data");
	expect(r, "mnm-data/user/in", 1, "inside the data directory");
	CHECK(shell(r, "ln -s mnm-data/tmp way") == 0, "%s", said.p);
	expect(r, "way/in", 1, "inside the data directory");
	CHECK(shell(r, "rm way; ls -R mnm-data") == 0 &&
	    strstr(said.p, "in\n") == NULL, "it is there: %s", said.p);
}

static void
check_stopped(struct relay_process *r, struct peer *alice, struct peer *bob)
{
	char *before, *after, *backup;

	stop(r);
	before = contents(r, "mnm-data");
	expect(r, "stopped", 0, "bytes of journal: ");
	after = contents(r, "mnm-data");
	CHECK(strcmp(before, after) == 0, "the data was changed:\n%s%s",
	    before, after);
	backup = contents(r, "stopped");
	expect(r, "stopped", 1, "stopped already exists");
	expect(r, "stopped/", 1, "stopped already exists");
	expect(r, "nowhere/b", 1, "No such file or directory");
	expect(r, "mnm.config/b", 1, "Not a directory");
	CHECK(shell(r, "mkdir old.partial") == 0, "mkdir");
	CHECK(shell(r, "'%s' backup old", r->program) == 1 &&
	    strstr(said.p, "old.partial: already exists") != NULL,
	    "old.partial: %s", said.p);
	CHECK(shell(r, "'%s' backup", r->program) == 2 && shell(r,
	    "'%s' backup a b", r->program) == 2 &&
	    strstr(said.p, "backup DIR") != NULL, "not one directory");
	CHECK(shell(r, "'%s' backup -- --", r->program) == 0 &&
	    shell(r, "mv ./-- dashes && test -e dashes/journal") == 0,
	    "a directory called --: %s", said.p);
	free(after);
	after = contents(r, "stopped");
	CHECK(strcmp(backup, after) == 0, "the backup was changed");
	free(before);
	free(after);
	free(backup);
	expect_restored(r, "stopped", alice, bob, "12");
	relay_start(r);
}

static void
check_running(struct relay_process *r, struct peer *alice, struct peer *bob)
{
	expect_outside(r);
	post_from(r, alice, bob, "3");
	expect(r, "running", 0, "bytes of journal: ");
	CHECK(relay_said(r, "backup complete") &&
	    !relay_said(r, "backup failed"), "the log does not tell");
	post_from(r, alice, bob, "4");
	expect(r, "later/", 0, "bytes of journal: ");
	expect_restored(r, "running", alice, bob, "123");
	expect_restored(r, "later", alice, bob, "1234");
	CHECK(shell(r, "test ! -e later/lock && test ! -e later/control") == 0,
	    "what belongs to a process was copied");
}

/* Operators come and say nothing, until one takes the place of the backup. */
static void
crowd_out(const char *data, int backup)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fds[SESSIONS], i;
	char byte;
	bool good;

	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/control",
	    data);
	for (i = 0; i < SESSIONS; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		good = connect(fds[i], (struct sockaddr *)&address,
		    sizeof(address)) == 0;
		CHECK(good, "connect: %s", strerror(errno));
	}
	CHECK(read(backup, &byte, 1) <= 0, "the relay says something");
	for (i = 0; i < SESSIONS; i++)
		close(fds[i]);
}

/* One backup at a time; one that is killed is no longer in the way. */
static void
check_holds(struct relay_process *r)
{
	struct buf segments = { NULL, 0, 0 };
	char data[RELAY_PATH + 16];
	int fd;

	snprintf(data, sizeof(data), "%s/mnm-data", r->dir);
	fd = control_hold(data, &segments);
	CHECK(fd != -1, "hold: %s", strerror(errno));
	expect(r, "second", 1, "another backup is running");
	CHECK(shell(r, "'%s' user list", r->program) == 0, "busy: %s",
	    said.p);
	CHECK(!relay_said(r, "backup failed") && control_end_hold(fd,
	    CONTROL_FAILED) == 0 && relay_said(r, "backup failed"),
	    "the log does not tell that it failed");
	fd = control_hold(data, &segments);
	CHECK(control_end_hold(fd, CONTROL_COPIED) == 0, "it was not held");
	fd = control_hold(data, &segments);
	close(fd);
	expect(r, "second", 0, "bytes of journal: ");
	fd = control_hold(data, &segments);
	crowd_out(data, fd);
	CHECK(control_end_hold(fd, CONTROL_COPIED) == -1,
	    "its place was taken");
	expect(r, "third", 0, "bytes of journal: ");
	fd = control_hold(data, &segments);
	CHECK(relay_stop(r, SIGTERM) == 0, "a hold keeps it from stopping");
	CHECK(control_end_hold(fd, CONTROL_COPIED) == -1,
	    "it was held by nobody");
	relay_start(r);
	buf_free(&segments);
}

/* Posters go before a backup that takes too long. */
static void
check_given_up(struct relay_process *r, struct peer *alice, struct peer *bob)
{
	struct buf segments = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	char data[RELAY_PATH + 16];
	int fd, i;

	snprintf(data, sizeof(data), "%s/mnm-data", r->dir);
	memset(buf_room(&text, 60000), 'x', 59999);
	text.p[59999] = '\0';
	fd = control_hold(data, &segments);
	CHECK(fd != -1, "hold: %s", strerror(errno));
	peer_login(alice, pool, r->port);
	for (i = 0; i < FILLING; i++)
		post(alice, bob, text.p);
	peer_drop(alice);
	CHECK(control_end_hold(fd, CONTROL_COPIED) == -1 && errno == EBUSY,
	    "it was held: %s", strerror(errno));
	CHECK(relay_said(r, "the backup is abandoned"),
	    "the log does not tell");
	expect(r, "big", 0, "bytes of journal: ");
	peer_login(bob, pool, r->port);
	for (i = 0; i < 4 + FILLING; i++)
		peer_frame_free(peer_await(bob, "delivery"));
	peer_drop(bob);
	buf_free(&segments);
	buf_free(&text);
}

/* What is mounted, so that it is not when the program ends, however it does. */
static char mounted[RELAY_PATH + 16];

static void
unmount(void)
{
	char command[RELAY_PATH + 64];

	snprintf(command, sizeof(command), "umount -l '%s'", mounted);
	if (mounted[0] != '\0')
		CHECK(system(command) == 0, "%s", command);
	mounted[0] = '\0';
}

/* On another disk files are copied; when that is full, nothing is left. */
static void
check_disk(struct relay_process *r, struct peer *alice, struct peer *bob)
{
	if (geteuid() != 0 || shell(r, "mkdir disk && mount -t tmpfs -o "
	    "size=11m tmpfs disk") != 0) {
		puts("backup: SKIPPED: another disk needs root and mount");
		return;
	}
	snprintf(mounted, sizeof(mounted), "%s/disk", r->dir);
	atexit(unmount);
	stop(r);
	expect(r, "disk/first", 0, "files that could not be linked: ");
	expect(r, "disk/second", 1, "No space left on device");
	CHECK(shell(r, "test ! -e disk/second") == 0, "a part is left");
	relay_start(r);
	expect(r, "disk/second", 1, "No space left on device");
	expect_restored(r, "disk/first", alice, bob, "1234");
	unmount();
}

/* Root's backup belongs to whom the data belongs to. */
static void
check_owner(struct relay_process *r)
{
	if (geteuid() != 0)
		return;
	stop(r);
	CHECK(shell(r, "chmod 755 . && chown -R 4321:8765 mnm-data") == 0,
	    "%s", said.p);
	expect(r, "owned", 0, "");
	CHECK(shell(r, "test -z \"`find owned ! -user 4321 -o ! -group 8765`\""
	    ) == 0, "root's backup is root's");
	relay_start(r);
}

static void
test_commands(const char *program)
{
	struct relay_process r;
	struct peer alice, bob;

	relay_init(&r, program);
	relay_configure(&r, ENDLESS);
	peer_init(&alice, "Alice Anderson");
	peer_init(&bob, "Bob Brown");
	expect(&r, "early", 1, "no relay was set up here");
	CHECK(shell(&r, "mkdir mnm-data") == 0, "%s", said.p);
	expect(&r, "early", 1, "no relay has been started here yet");
	relay_start(&r);
	peer_register(&alice, pool, r.port);
	peer_register(&bob, pool, r.port);
	peer_drop(&alice);
	peer_drop(&bob);
	post_from(&r, &alice, &bob, "1");
	post_from(&r, &alice, &bob, "2");
	check_stopped(&r, &alice, &bob);
	check_running(&r, &alice, &bob);
	check_holds(&r);
	check_disk(&r, &alice, &bob);
	check_owner(&r);
	check_given_up(&r, &alice, &bob);
	expect_waiting(&r, &bob, "");
	stop(&r);
	relay_free(&r);
}

/* ---- under load ---- */

struct post {
	size_t from, to[RECIPIENTS];
	bool acked;
	bool due;		/* it was, when the backup was begun */
};

struct person {
	struct peer mate;
	char name[32];
	bool posting;		/* its last post is not acked */
	bool got[POSTS_MAX];
};

struct posters {
	struct relay_process relay;
	struct person people[MEMBERS];
	struct post posts[POSTS_MAX];
	size_t count;
	size_t bytes;		/* posted so far */
	size_t until;		/* no post is begun from there on */
	uint32_t random;
};

static uint32_t
next_random(struct posters *c)
{
	c->random = c->random * 1664525 + 1013904223;
	return c->random >> 8;
}

/* What a post says: which it is, and bytes that follow from that. */
static size_t
make_text(char text[LARGE], size_t number)
{
	size_t n, begun, i;

	n = number % 10 == 0 ? 65000 + number * 7919 % (LARGE - 65000) :
	    50 + number * 104729 % SMALL;
	begun = (size_t)snprintf(text, LARGE, "%zu ", number);
	for (i = begun; i < n; i++)
		text[i] = (char)('a' + (number + i * i) % 26);
	return n;
}

static void
begin_post(struct posters *c, struct person *p)
{
	static char text[LARGE];
	struct post *post = &c->posts[c->count];
	size_t n = make_text(text, c->count), first, i;

	first = next_random(c) % MEMBERS;
	for (i = 0; i < RECIPIENTS; i++)
		post->to[i] = (first + i) % MEMBERS;
	post->from = (size_t)(p - c->people);
	peer_say(&p->mate, "{\"op\":7,\"id\":\"%zu\",\"datalen\":%zu,"
	    "\"for\":[{\"id\":\"%s\",\"type\":1},{\"id\":\"%s\",\"type\":1},"
	    "{\"id\":\"%s\",\"type\":1}]}", c->count, n,
	    c->people[post->to[0]].mate.uid, c->people[post->to[1]].mate.uid,
	    c->people[post->to[2]].mate.uid);
	peer_data(&p->mate, (struct span){ text, n });
	p->posting = true;
	c->count++;
	c->bytes += n;
}

static void
take_ack(struct posters *c, struct person *p, const struct peer_frame *f)
{
	char id[PEER_TEXT];
	size_t number = strtoul(peer_get(f, "id", id), NULL, 10);

	CHECK(number < c->count && peer_is(f, "error", "") &&
	    c->posts[number].from == (size_t)(p - c->people),
	    "%s: %s", p->name, f->head);
	if (number < c->count)
		c->posts[number].acked = true;
	p->posting = false;
}

/* The post that a delivery is, if it is whole; else POSTS_MAX. */
static size_t
check_delivery(const struct posters *c, const struct person *p,
    const struct peer_frame *f)
{
	static char text[LARGE];
	size_t number = POSTS_MAX, n = 0;

	if (f->data.n > 0 && sscanf(f->data.p, "%zu ", &number) == 1 &&
	    number < c->count)
		n = make_text(text, number);
	CHECK(n > 0 && span_is(buf_span(&f->data), (struct span){ text, n }),
	    "%s: nobody posted this, of %zu bytes: %s", p->name, f->data.n,
	    f->head);
	return n > 0 ? number : POSTS_MAX;
}

static void
take_frames(struct posters *c, struct person *p)
{
	struct peer_frame *f;
	size_t number;

	while ((f = peer_next(&p->mate)) != NULL) {
		if (peer_is(f, "op", "ack"))
			take_ack(c, p, f);
		else if (peer_is(f, "op", "delivery") &&
		    (number = check_delivery(c, p, f)) < POSTS_MAX &&
		    !p->mate.mute)
			p->got[number] = true;
		peer_frame_free(f);
	}
}

/* One poll for all who are online. */
static void
turn(struct posters *c)
{
	struct pollfd polls[MUTES];
	struct person *p;
	size_t i;

	for (i = 0; i < MUTES; i++) {
		p = &c->people[i];
		if (i < TALKERS && !p->posting && c->bytes < c->until &&
		    c->count < POSTS_MAX)
			begin_post(c, p);
		polls[i].fd = client_fd(p->mate.client);
		polls[i].events = peer_events(p->mate.client);
		polls[i].revents = 0;
	}
	(void)poll(polls, MUTES, 50);
	for (i = 0; i < MUTES; i++) {
		p = &c->people[i];
		if (polls[i].revents != 0)
			peer_step(&p->mate, polls[i].revents);
		take_frames(c, p);
	}
}

/* Talk until so many bytes more were posted. */
static void
talk(struct posters *c, size_t bytes)
{
	uint64_t end = relay_clock() + RELAY_PATIENCE;

	c->until = c->bytes + bytes;
	while (c->bytes < c->until && relay_clock() < end)
		turn(c);
	CHECK(c->bytes >= c->until, "nobody talks any more");
}

/* The command, while everybody talks. */
static int
back_up(struct posters *c, char *dir)
{
	char word[] = "backup", *words[] = { c->relay.program, word, dir,
	    NULL };
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (chdir(c->relay.dir) == 0)
			execv(c->relay.program, words);
		_exit(127);
	}
	c->until = c->bytes + MEANWHILE;
	while (waitpid(pid, &status, WNOHANG) == 0)
		turn(c);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- what the second relay serves ---- */

/*
 * Take what came for a member of the copy, until nothing more does.  Returns
 * how much was new.
 */
static size_t
take_some(const struct posters *c, const struct person *p, struct peer *m,
    bool got[POSTS_MAX])
{
	size_t number, fresh = 0, last[MEMBERS] = { 0 };
	struct peer_frame *f;

	(void)peer_is_quiet(m, "none");
	while ((f = peer_next(m)) != NULL) {
		number = peer_is(f, "op", "delivery") ?
		    check_delivery(c, p, f) : POSTS_MAX;
		peer_frame_free(f);
		if (number == POSTS_MAX)
			continue;
		CHECK(!got[number], "%s: %zu came twice", p->name, number);
		CHECK(number >= last[c->posts[number].from],
		    "%s: %zu came out of order", p->name, number);
		last[c->posts[number].from] = number;
		got[number] = true;
		fresh++;
	}
	return fresh;
}

static bool
is_recipient(const struct post *post, size_t person)
{
	return post->to[0] == person || post->to[1] == person ||
	    post->to[2] == person;
}

/* One member logs in to the copy. */
static size_t
check_person(const struct posters *c, const struct relay_process *copy,
    size_t person)
{
	static bool got[POSTS_MAX];
	const struct person *p = &c->people[person];
	size_t i, count = 0, fresh;
	struct peer m;

	memset(got, 0, sizeof(got));
	peer_init(&m, p->name);
	memcpy(m.uid, p->mate.uid, sizeof(m.uid));
	memcpy(m.nodeid, p->mate.nodeid, sizeof(m.nodeid));
	peer_login(&m, pool, copy->port);
	peer_frame_free(peer_await(&m, "info"));
	while ((fresh = take_some(c, p, &m, got)) > 0)
		count += fresh;
	for (i = 0; i < c->count; i++) {
		CHECK(!got[i] || is_recipient(&c->posts[i], person),
		    "%s: %zu is not for it", p->name, i);
		CHECK(got[i] || p->got[i] || !c->posts[i].due ||
		    !is_recipient(&c->posts[i], person),
		    "%s: %zu is lost", p->name, i);
	}
	peer_free(&m);
	return count;
}

static void
check_backup(const struct posters *c, const char *dir, const char *how)
{
	struct relay_process copy;
	size_t person, count = 0;

	restore(&copy, &c->relay, dir, how);
	relay_start(&copy);
	for (person = 0; person < MEMBERS; person++)
		count += check_person(c, &copy, person);
	printf("%s: %zu posts so far, of which %zu copies waited\n", dir,
	    c->count, count);
	end_copy(&copy);
}

static void
come(struct posters *c)
{
	struct person *p;
	size_t i;

	for (i = 0; i < MEMBERS; i++) {
		p = &c->people[i];
		snprintf(p->name, sizeof(p->name), "member %zu", i);
		peer_init(&p->mate, p->name);
		peer_register(&p->mate, pool, c->relay.port);
		p->mate.mute = i >= TALKERS;
		if (i >= MUTES)
			peer_drop(&p->mate);
	}
}

static void
test_load(const char *program)
{
	static struct posters c;
	char dir[32];
	size_t i, k;

	relay_init(&c.relay, program);
	relay_configure(&c.relay, ENDLESS);
	relay_start(&c.relay);
	come(&c);
	for (i = 0; i < BACKUPS; i++) {
		talk(&c, BEFORE);
		for (k = 0; k < c.count; k++)
			c.posts[k].due = c.posts[k].acked;
		snprintf(dir, sizeof(dir), "backup%zu", i);
		CHECK(back_up(&c, dir) == 0, "%s failed", dir);
		/* In place of one that is moved, files are still shared. */
		check_backup(&c, dir, i % 2 == 0 ? "cp -a" : "mv");
	}
	for (i = 0; i < MEMBERS; i++)
		peer_free(&c.people[i].mate);
	stop(&c.relay);
	relay_start(&c.relay);
	/* Sharing files with relays that have gone on has hurt nothing. */
	for (k = 0; k < c.count; k++)
		c.posts[k].due = c.posts[k].acked;
	for (i = 0; i < MEMBERS; i++)
		(void)check_person(&c, &c.relay, i);
	stop(&c.relay);
	relay_free(&c.relay);
}

int
main(int argc, char **argv)
{
	char program[RELAY_PATH] = "";

	if (argc != 2 || realpath(argv[1], program) == NULL) {
		fprintf(stderr, "usage: backup MNM\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	pool = client_pool_open();
	test_commands(program);
	test_load(program);
	client_pool_close(pool);
	buf_free(&said);
	return check_report("backup");
}
