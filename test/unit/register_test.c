/*
 * Who may register: networks, invitations and what is left of it after a
 * restart, a crash or damage, and what each setting answers.
 */
#include "tmtp/register.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "disk/file.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "userdb.h"

#define HOUR ((uint64_t)3600000)
#define AT   ((uint64_t)1800000000000)	/* now.wall when a test begins */

/* ---- networks ---- */

static const struct {
	const char *text;
	const char *written;	/* NULL: refused */
} nets[] = {
	{ "10.0.0.0/8", "10.0.0.0/8" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "::/0", "::/0" },
	{ "192.168.1.1", "192.168.1.1" },
	{ "192.168.1.1/32", "192.168.1.1" },
	{ "2001:db8::/32", "2001:db8::/32" },
	{ "2001:DB8:0::1", "2001:db8::1" },
	{ "::ffff:10.0.0.1", "10.0.0.1" },
	{ "10.0.0.1/8", NULL },
	{ "10.0.0.0/33", NULL },
	{ "10.0.0.0/", NULL },
	{ "10.0.0.0/08x", NULL },
	{ "10.0.0.0/-1", NULL },
	{ "10.0.0/8", NULL },
	{ "::/129", NULL },
	{ "2001:db8::1/32", NULL },
	{ "", NULL },
	{ "/8", NULL },
	{ "localhost", NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL }
};

static const struct {
	const char *net, *peer;
	bool has;
} members[] = {
	{ "10.0.0.0/8", "10.255.0.1:443", true },
	{ "10.0.0.0/8", "11.0.0.1:443", false },
	{ "10.0.0.0/31", "10.0.0.1:1", true },
	{ "10.0.0.0/31", "10.0.0.2:1", false },
	{ "0.0.0.0/0", "255.255.255.255:1", true },
	{ "0.0.0.0/0", "[2001:db8::1]:1", false },
	{ "::/0", "10.0.0.1:1", false },
	{ "::/0", "[2001:db8::1]:1", true },
	{ "fe80::/10", "[fe80::1%eth0]:1", true },
	{ "2001:db8::/33", "[2001:db8:7fff::1]:1", true },
	{ "2001:db8::/33", "[2001:db8:8000::1]:1", false }
};

static void
check_subnets(void)
{
	char text[SUBNET_TEXT];
	struct subnet net, peer;
	size_t i;

	for (i = 0; i < COUNT(nets); i++) {
		if (!subnet_parse(&net, nets[i].text)) {
			CHECK(nets[i].written == NULL, "%s is refused",
			    nets[i].text);
			continue;
		}
		subnet_text(text, &net);
		CHECK(nets[i].written != NULL &&
		    strcmp(text, nets[i].written) == 0, "%s is read as %s",
		    nets[i].text, text);
	}
	for (i = 0; i < COUNT(members); i++)
		CHECK(subnet_parse(&net, members[i].net) &&
		    subnet_of_peer(&peer, members[i].peer) &&
		    subnet_has(&net, &peer) == members[i].has,
		    "%s in %s is not %d", members[i].peer, members[i].net,
		    members[i].has);
	CHECK(!subnet_of_peer(&peer, "unknown address"), "no address");
	CHECK(subnet_of_peer(&peer, "127.8.8.8:1") &&
	    subnet_is_loopback(&peer), "127.8.8.8 is not near");
	CHECK(subnet_of_peer(&peer, "[::1]:1") && subnet_is_loopback(&peer),
	    "::1 is not near");
	CHECK(subnet_of_peer(&peer, "128.0.0.1:1") &&
	    !subnet_is_loopback(&peer), "128.0.0.1 is near");
}

/* ---- invitations ---- */

static struct now
now_at(uint64_t after)
{
	return (struct now){ after, AT + after };
}

static struct invite
terms_for(const char *name)
{
	struct invite g = { .kind = INVITE_INVITATION, .since = AT,
	    .until = AT + CLOCK_DAY };

	snprintf(g.name, sizeof(g.name), "%s", name);
	return g;
}

static const char *
invite(struct harness *st, const char *name)
{
	struct invite terms = terms_for(name);

	return invite_add(st->data.invites, &terms);
}

static size_t
count_invites(const struct harness *st)
{
	size_t n = 0;

	while (invite_at(st->data.invites, n) != NULL)
		n++;
	return n;
}

static bool
is_kept(struct harness *st, const char *name)
{
	return invite_reserves(st->data.invites, span_of(name), now_at(0));
}

enum end { STOPS, CRASHES };

static void
again(struct harness *st, enum end end)
{
	if (datadir_commit(&st->data) == -1)
		die("commit");
	if (end == STOPS)
		harness_stop(st);
	else
		harness_crash(st);
	harness_start(st);
}

/* Everything there can be, through restarts of both kinds. */
static void
check_invites(enum end end)
{
	char token[NAME_BYTES + 1], token2[NAME_BYTES + 1];
	struct invite terms = terms_for("Bob Jones");
	struct subnet net;
	const struct invite *g;
	struct harness st;

	harness_open(&st);
	harness_start(&st);
	CHECK(invite(&st, "Alice Smith") == NULL, "not invited");
	CHECK(invite(&st, "ALICE  smith") != NULL, "invited twice");
	terms.receive_only = true;
	CHECK(subnet_parse(&net, "2001:db8::/64"), "no network");
	terms.bound = true;
	terms.from = net;
	CHECK(invite_add_coded(st.data.invites, &terms, token) == NULL,
	    "no code");
	again(&st, end);
	CHECK(count_invites(&st) == 2 && is_kept(&st, "alice SMITH") &&
	    is_kept(&st, token) && is_kept(&st, "bob JONES"),
	    "%zu invitations", count_invites(&st));
	CHECK(invite(&st, "Bob Jones") != NULL && invite_add_coded(
	    st.data.invites, &terms, token2) != NULL, "two for one name");
	g = invite_at(st.data.invites, 1);
	CHECK(g != NULL && g->receive_only && g->coded && g->bound &&
	    subnet_same(&g->from, &net) && strcmp(g->name, "Bob Jones") == 0,
	    "the second is not as it was");
	token[strlen(token) - 1] ^= 1;
	CHECK(!is_kept(&st, token), "a wrong code is right");

	CHECK(invite_withdraw(st.data.invites, SPAN("Bob Jones"),
	    now_at(0)) == NULL, "not withdrawn");
	invite_open_window(st.data.invites, AT + HOUR, 3, now_at(0));
	again(&st, end);
	g = invite_window(st.data.invites, now_at(HOUR - 1));
	CHECK(count_invites(&st) == 2 && g != NULL && g->count == 3,
	    "no window after the restart");
	CHECK(invite_window(st.data.invites, now_at(HOUR)) == NULL,
	    "it does not close");
	again(&st, end);
	invite_expire(st.data.invites, now_at(HOUR));
	CHECK(count_invites(&st) == 1, "what is over is back");
	CHECK(!invite_reserves(st.data.invites, SPAN("Alice Smith"),
	    now_at(CLOCK_DAY)), "the invitation does not end");
	harness_stop(&st);
	harness_close(&st);
}

static void
check_limits(void)
{
	struct invite terms = terms_for("");
	const char *why = NULL;
	struct harness st;
	int i;

	harness_open(&st);
	harness_start(&st);
	for (i = 0; i < INVITE_INVITATIONS_MAX && why == NULL; i++) {
		snprintf(terms.name, sizeof(terms.name), "member %d", i);
		why = invite_add(st.data.invites, &terms);
	}
	CHECK(why == NULL, "member %d: %s", i, why);
	CHECK(invite(&st, "one more") != NULL, "one too many");
	again(&st, STOPS);
	CHECK(count_invites(&st) == INVITE_INVITATIONS_MAX, "%zu are left",
	    count_invites(&st));
	harness_stop(&st);
	harness_close(&st);
}

/* Change a byte of a file below the data directory; returns its length. */
static size_t
damage(int dir, const char *name, size_t at)
{
	struct buf text = { NULL, 0, 0 };
	int fd = openat(dir, name, O_RDWR);
	size_t n = 0;

	if (fd != -1 && file_read(dir, name, 65536, &text) == 0) {
		n = text.n;
		text.p[at] ^= 4;
		if (pwrite(fd, text.p, n, 0) != (ssize_t)n)
			die("%s: cannot write", name);
	}
	close(fd);
	buf_free(&text);
	return n;
}

/* Whatever byte is changed, nothing of the file is believed. */
static void
check_damage(void)
{
	struct harness st;
	char path[128];
	size_t i, n = 1;
	int dir;

	harness_open(&st);
	snprintf(path, sizeof(path), "%s/0", st.path);
	for (i = 0; i < n; i++) {
		harness_start(&st);
		(void)invite(&st, "Alice Smith");
		harness_stop(&st);
		dir = open(path, O_RDONLY | O_DIRECTORY);
		(void)unlinkat(dir, "lost+found/guests.json", 0);
		n = damage(dir, "guests.json", i);
		log_level(LOG_QUIET);
		harness_start(&st);
		log_level(LOG_LINES);
		CHECK(st.data.quarantine.count == 1,
		    "byte %zu is altered, and nobody saw", i);
		CHECK(faccessat(dir, "lost+found/guests.json", F_OK, 0) == 0,
		    "byte %zu: the file is not kept", i);
		while (count_invites(&st) > 0)
			invite_remove(st.data.invites,
			    invite_at(st.data.invites, 0)->id);
		harness_stop(&st);
		close(dir);
	}
	CHECK(n > 100, "only %zu bytes", n);
	harness_close(&st);
}

/* ---- who may register ---- */

struct door {
	struct harness harness;
	struct registrar *registrar;
};

static struct admission
ask(struct door *d, const char *alias, const char *peer, struct now now)
{
	struct applicant a = { { NULL, 0 }, peer, 0, now, false, false };

	if (alias != NULL)
		a.alias = span_of(alias);
	return register_ask(d->registrar, &d->harness.conf, &a);
}

/* Ask, and go through with it. */
static enum register_answer
enter(struct door *d, const char *alias, const char *peer, struct now now)
{
	struct applicant a = { { NULL, 0 }, peer, 0, now, false, false };
	struct buf why = { NULL, 0, 0 }, advice = { NULL, 0, 0 };
	struct admission admission;

	if (alias != NULL)
		a.alias = span_of(alias);
	admission = register_ask(d->registrar, &d->harness.conf, &a);
	if (admission.answer == REGISTER_YES) {
		register_admit(d->registrar, &a, &admission);
		if (alias != NULL)
			register_forget(d->registrar, a.alias);
	} else {
		register_refuse(d->registrar, &a, &admission, &why, &advice);
		CHECK(why.n >= 16 && advice.n > 0, "it is not told why");
	}
	(void)datadir_commit(&d->harness.data);
	buf_free(&why);
	buf_free(&advice);
	return admission.answer;
}

static void
open_door(struct door *d, enum conf_register mode)
{
	harness_open(&d->harness);
	harness_start(&d->harness);
	d->harness.conf.registration = mode;
	d->registrar = register_open(d->harness.data.invites);
}

static void
close_door(struct door *d)
{
	register_close(d->registrar);
	harness_stop(&d->harness);
	harness_close(&d->harness);
}

static void
check_modes(void)
{
	static const struct {
		enum conf_register mode;
		enum register_answer stranger, nameless, invited, in_window;
	} modes[] = {
		{ CONF_REGISTER_OPEN, REGISTER_YES, REGISTER_YES, REGISTER_YES,
		  REGISTER_YES },
		{ CONF_REGISTER_INVITE, REGISTER_UNINVITED, REGISTER_UNINVITED,
		  REGISTER_YES, REGISTER_YES },
		{ CONF_REGISTER_CLOSED, REGISTER_CLOSED, REGISTER_CLOSED,
		  REGISTER_CLOSED, REGISTER_YES }
	};
	struct door d;
	size_t i;

	for (i = 0; i < COUNT(modes); i++) {
		open_door(&d, modes[i].mode);
		(void)invite(&d.harness, "Alice Smith");
		CHECK(ask(&d, "Bob", "10.0.0.1:1", now_at(0)).answer ==
		    modes[i].stranger, "mode %zu: a stranger", i);
		CHECK(ask(&d, NULL, "10.0.0.1:1", now_at(0)).answer ==
		    modes[i].nameless, "mode %zu: no alias", i);
		CHECK(ask(&d, "alice smith", "10.0.0.1:1",
		    now_at(0)).answer == modes[i].invited,
		    "mode %zu: an invited one", i);
		invite_open_window(d.harness.data.invites, AT + 1000,
		    INVITE_UNLIMITED, now_at(0));
		CHECK(ask(&d, "Bob", "10.0.0.1:1", now_at(0)).answer ==
		    modes[i].in_window, "mode %zu: a window", i);
		CHECK(ask(&d, "Bob", "10.0.0.1:1", now_at(1000)).answer ==
		    modes[i].stranger, "mode %zu: after the window", i);
		close_door(&d);
	}
}

static void
check_rate(void)
{
	struct door d;
	char peer[32];
	int i;

	open_door(&d, CONF_REGISTER_OPEN);
	for (i = 0; i < 3; i++) {
		snprintf(peer, sizeof(peer), "10.0.0.%d:1", i);
		CHECK(enter(&d, NULL, peer, now_at(0)) == REGISTER_YES,
		    "number %d is too fast", i);
	}
	CHECK(enter(&d, NULL, "10.0.0.9:1", now_at(HOUR - 1)) ==
	    REGISTER_TOO_FAST, "a fourth is not");
	CHECK(enter(&d, NULL, "10.0.1.9:1", now_at(0)) == REGISTER_YES,
	    "a neighbour is");
	CHECK(enter(&d, NULL, "10.0.0.9:1", now_at(HOUR)) == REGISTER_YES,
	    "an hour later it is");
	for (i = 0; i < 9; i++)
		CHECK(enter(&d, NULL, "127.0.0.1:1", now_at(0)) == REGISTER_YES,
		    "this machine is limited");
	(void)invite(&d.harness, "Alice Smith");
	CHECK(enter(&d, NULL, "10.0.1.9:1", now_at(0)) == REGISTER_YES &&
	    enter(&d, NULL, "10.0.1.9:1", now_at(0)) == REGISTER_YES &&
	    enter(&d, NULL, "10.0.1.9:1", now_at(0)) == REGISTER_TOO_FAST &&
	    enter(&d, "Alice Smith", "10.0.1.9:1", now_at(0)) == REGISTER_YES,
	    "who is invited is limited");
	d.harness.conf.register_rate = 0;
	CHECK(enter(&d, NULL, "10.0.1.9:1", now_at(0)) == REGISTER_YES,
	    "0 is a limit");
	/* More networks than are remembered crowd out the oldest. */
	d.harness.conf.register_rate = 1;
	for (i = 0; i < 1000; i++) {
		snprintf(peer, sizeof(peer), "10.%d.%d.1:1", 1 + i / 256,
		    i % 256);
		CHECK(enter(&d, NULL, peer, now_at((uint64_t)i)) ==
		    REGISTER_YES,
		    "%s is too fast", peer);
	}
	CHECK(enter(&d, NULL, peer, now_at(1000)) == REGISTER_TOO_FAST,
	    "the latest is forgotten");
	close_door(&d);
}

static void
check_requests(void)
{
	const struct invite *g;
	struct door d;
	char peer[40];
	int i;

	open_door(&d, CONF_REGISTER_INVITE);
	(void)enter(&d, "Alice Smith", "10.0.0.1:5", now_at(0));
	(void)enter(&d, "Alice Smith", "10.0.0.7:6", now_at(60000));
	(void)enter(&d, NULL, "10.0.2.7:6", now_at(60000));
	(void)enter(&d, " ", "10.0.3.7:6", now_at(60000));
	g = invite_at(d.harness.data.invites, 0);
	CHECK(count_invites(&d.harness) == 1 && g->kind == INVITE_REQUEST &&
	    g->count == 2 && g->since == AT && g->last == AT + 60000 &&
	    strcmp(g->address, "10.0.0.7:6") == 0, "not one request of two");
	again(&d.harness, CRASHES);
	register_close(d.registrar);
	d.registrar = register_open(d.harness.data.invites);
	CHECK(count_invites(&d.harness) == 1, "the crash lost the request");

	CHECK(invite_approve(d.harness.data.invites, SPAN("Alice"),
	    now_at(60000)) != NULL, "another is approved");
	CHECK(invite_approve(d.harness.data.invites, SPAN("alice smith"),
	    now_at(60000)) == NULL, "not approved");
	CHECK(enter(&d, "Alice Smith", "10.0.1.1:5", now_at(60000)) ==
	    REGISTER_UNINVITED, "let in from another network");
	CHECK(enter(&d, "Alice Jones", "10.0.0.1:5", now_at(60000)) ==
	    REGISTER_UNINVITED, "let in by another name");
	CHECK(enter(&d, "Alice Smith", "10.0.0.99:5", now_at(60000)) ==
	    REGISTER_YES, "not let in");
	CHECK(enter(&d, "Alice Smith", "10.0.0.99:5", now_at(60000)) ==
	    REGISTER_UNINVITED, "let in twice");

	/* The busiest asker pushes out only requests of its own household. */
	(void)enter(&d, "Alice Dean", "10.0.9.1:5", now_at(60000));
	(void)enter(&d, "Bob Dean", "10.0.9.1:6", now_at(61000));
	(void)enter(&d, "Alice Dean", "10.0.9.1:5", now_at(62000));
	/* Alice Smith is in, and nobody needs to admit her anywhere. */
	CHECK(count_invites(&d.harness) == 4, "%zu requests",
	    count_invites(&d.harness));
	g = invite_at(d.harness.data.invites, 2);
	CHECK(g->count == 2 && g->since == AT + 60000 &&
	    g->last == AT + 62000 && strcmp(g->name, "Alice Dean") == 0,
	    "two people are mixed");
	for (i = 0; i < 50; i++) {
		snprintf(peer, sizeof(peer), "Mallory %d", i);
		(void)enter(&d, peer, "10.0.7.1:5", now_at(63000));
	}
	CHECK(count_invites(&d.harness) == 8, "%zu requests",
	    count_invites(&d.harness));

	for (i = 0; i < 1000; i++) {
		snprintf(peer, sizeof(peer), "[2001:db8:0:%x::%x]:1", i, i);
		(void)enter(&d, "Mallory Brown", peer,
		    now_at(100000 + (uint64_t)i));
	}
	CHECK(count_invites(&d.harness) == INVITE_REQUESTS_MAX, "%zu requests",
	    count_invites(&d.harness));
	g = invite_at(d.harness.data.invites, 0);
	CHECK(g->last == AT + 100000 + 1000 - INVITE_REQUESTS_MAX,
	    "the wrong ones went");
	invite_expire(d.harness.data.invites, now_at(8 * CLOCK_DAY));
	CHECK(count_invites(&d.harness) == 0, "requests never expire");
	close_door(&d);
}

/* All who come through a proxy that gives no address are one network. */
static void
check_without_address(void)
{
	struct door d;
	char name[32];
	int i;

	open_door(&d, CONF_REGISTER_INVITE);
	(void)enter(&d, "Alice Smith", "local", now_at(0));
	for (i = 0; i < 63; i++) {
		snprintf(name, sizeof(name), "Mallory %d", i);
		(void)enter(&d, name, "local", now_at(1));
	}
	CHECK(count_invites(&d.harness) == 64, "%zu requests",
	    count_invites(&d.harness));
	CHECK(invite_approve(d.harness.data.invites, SPAN("Alice Smith"),
	    now_at(60000)) == NULL, "not approved");
	CHECK(enter(&d, "Alice Smith", "0.0.0.1:5", now_at(60000)) ==
	    REGISTER_UNINVITED, "let in from another network");
	CHECK(enter(&d, "Alice Smith", "unknown address", now_at(60000)) ==
	    REGISTER_YES, "not let in");
	/* A hundred wrong names of one do not stop all others. */
	(void)invite(&d.harness, "Carol Smith");
	for (i = 0; i < 200; i++)
		(void)enter(&d, "Mallory", "local", now_at(60000));
	CHECK(enter(&d, "Carol Smith", "local", now_at(60000)) ==
	    REGISTER_YES, "an invited one suffers");
	for (i = 0; i < 1000; i++)
		(void)enter(&d, "Mallory", "local", now_at(60000));
	(void)invite(&d.harness, "David Smith");
	CHECK(enter(&d, "David Smith", "local", now_at(60000)) ==
	    REGISTER_GUESSING, "guesses have no end");
	close_door(&d);
}

static size_t
count_at(struct harness *st, struct now now)
{
	invite_expire(st->data.invites, now);
	return count_invites(st);
}

/* A clock that is wrong for a while ends no invitation. */
static void
check_guesses(void)
{
	struct door d;
	char name[32];
	int i;

	open_door(&d, CONF_REGISTER_INVITE);
	(void)invite(&d.harness, "Alice Smith");
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "Alice Smith %d", i);
		CHECK(enter(&d, name, "127.0.0.1:1", now_at(0)) ==
		    REGISTER_UNINVITED, "guess %d", i);
	}
	CHECK(enter(&d, "Alice Smith", "127.0.0.1:1", now_at(HOUR - 1)) ==
	    REGISTER_GUESSING, "a guess is right");
	CHECK(enter(&d, "Alice Smith", "10.0.0.1:1", now_at(HOUR - 1)) ==
	    REGISTER_YES, "others suffer");
	CHECK(enter(&d, "Alice Smith", "127.0.0.1:1", now_at(HOUR)) ==
	    REGISTER_UNINVITED, "it never ends");

	/* Many networks, each of which guesses less, do not get on for ever. */
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "10.%d.%d.1:1", i / 250, i % 250);
		if (enter(&d, "Bob", name, now_at(2 * HOUR)) ==
		    REGISTER_GUESSING)
			break;
	}
	CHECK(i > 1000 && i < 2000, "%d guesses", i);
	CHECK(enter(&d, "Bob", "10.99.0.1:1", now_at(3 * HOUR)) ==
	    REGISTER_UNINVITED, "it never ends for others");
	close_door(&d);
}

static void
check_clocks(void)
{
	const uint64_t day = CLOCK_DAY;
	struct invite old = { .kind = INVITE_INVITATION, .since = 300000,
	    .until = 300000 + 7 * CLOCK_DAY, .name = "Carol Young" };
	struct harness st;

	harness_open(&st);
	harness_start(&st);
	CHECK(invite(&st, "Alice Smith") == NULL, "not invited");
	CHECK(count_at(&st, now_at(0)) == 1, "no invitation");
	CHECK(count_at(&st, (struct now){ 1000, AT + 3650 * day }) == 0 &&
	    count_at(&st, now_at(2000)) == 1,
	    "a clock that was ahead has ended an invitation");
	CHECK(invite(&st, "ALICE SMITH") != NULL, "invited twice");
	/* One in which everybody believes for a day has. */
	CHECK(count_at(&st, (struct now){ 3000, AT + 40 * day }) == 0 &&
	    count_at(&st, (struct now){ 3000 + day, AT + 41 * day }) == 0 &&
	    count_at(&st, (struct now){ 4000 + day, AT }) == 0,
	    "an old invitation stays");

	invite_set(st.data.invites, old);
	CHECK(count_at(&st, (struct now){ 0, 400000 }) == 1,
	    "not in 1970");
	CHECK(count_at(&st, now_at(1000)) == 1 &&
	    count_at(&st, now_at(6 * day)) == 1,
	    "one of 1970 ended when the clock was set");
	again(&st, CRASHES);
	CHECK(count_at(&st, now_at(6 * day)) == 1 &&
	    count_at(&st, now_at(8 * day)) == 0, "its time is lost");
	harness_stop(&st);
	harness_close(&st);
}

static void
check_windows(void)
{
	struct door d;

	open_door(&d, CONF_REGISTER_INVITE);
	invite_open_window(d.harness.data.invites, AT + HOUR, 2, now_at(0));
	CHECK(enter(&d, NULL, "10.0.0.1:1", now_at(0)) == REGISTER_YES &&
	    enter(&d, "Bob", "10.0.0.1:1", now_at(0)) == REGISTER_YES &&
	    enter(&d, "Carol", "10.0.0.1:1", now_at(0)) == REGISTER_UNINVITED,
	    "not two places");
	close_door(&d);
}

int
main(void)
{
	check_subnets();
	check_invites(STOPS);
	check_invites(CRASHES);
	check_limits();
	check_damage();
	check_modes();
	check_rate();
	check_requests();
	check_without_address();
	check_windows();
	check_guesses();
	check_clocks();
	return check_report("register");
}
