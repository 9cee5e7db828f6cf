/*
 * admin MNM [MODE...] - every command and every way to register, with the
 * refusals, against the program MNM.  The same script runs in four modes: on
 * one relay; with the relay stopped and started after each step; killed
 * instead; and with it stopped while the commands run.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <ctype.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "json.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"

#define INVITE "\"register\": \"invite\","

enum mode { STEADY, RESTART, KILL, ALONE, MODES };

static const char *const mode_names[] = {
	"steady", "restart", "kill", "alone"
};

struct setting {
	enum mode mode;
	struct operator op;
	struct client_pool *pool;
	char token[100];	/* a name with a code */
	unsigned pings;		/* sent so far: each has an id of its own */
};

/* ---- the relay and its operator ---- */

static void
stop(struct setting *w)
{
	int signal = w->mode == KILL ? SIGKILL : SIGTERM;
	int status = relay_stop(&w->op.relay, signal);

	CHECK(status == (w->mode == KILL ? 256 + SIGKILL : 0),
	    "the relay ended with %d", status);
}

/* After each step of the script. */
static void
between(struct setting *w)
{
	if (w->mode != RESTART && w->mode != KILL)
		return;
	stop(w);
	relay_start(&w->op.relay);
}

/* Have it go on by another file; the steady relay reads it anew. */
static void
reconfigure(struct setting *w, const char *extra)
{
	relay_configure(&w->op.relay, extra);
	if (w->mode != STEADY) {
		stop(w);
		relay_start(&w->op.relay);
		return;
	}
	/* The log, which it goes on with. */
	relay_file(&w->op.relay, "said.txt", "");
	kill(w->op.relay.pid, SIGHUP);
	while (!relay_said(&w->op.relay, "reload: done"))
		relay_sleep(5);
}

/* From here on the log has what strangers cause again: see base/fold.h. */
static void
begin_log(struct setting *w)
{
	if (w->mode != STEADY)
		return;
	relay_file(&w->op.relay, "said.txt", "");
	kill(w->op.relay.pid, SIGHUP);
	while (!relay_said(&w->op.relay, "reload: done"))
		relay_sleep(5);
}

/* Run a command that ends with this status and says this text. */
static void
expect(struct setting *w, int status, const char *text, const char *format, ...)
{
	char command[1024];
	va_list args;
	int got;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (w->mode == ALONE)
		stop(w);
	got = operator_run(&w->op, command);
	CHECK(got == status, "%s: mnm %s: status %d: %s",
	    mode_names[w->mode], command, got, w->op.said.p);
	CHECK(strstr(w->op.said.p, text) != NULL,
	    "%s: mnm %s: no \"%s\" in: %s", mode_names[w->mode], command,
	    text, w->op.said.p);
	if (w->mode == ALONE)
		relay_start(&w->op.relay);
	between(w);
}

static void
expect_without(struct setting *w, const char *text, const char *command)
{
	expect(w, 0, "", "%s", command);
	CHECK(strstr(w->op.said.p, text) == NULL, "mnm %s: says \"%s\": %s",
	    command, text, w->op.said.p);
}

/*
 * What a refusal leaves behind, a request or a failed ping, waits up to a
 * second for company on its way to the disk; an answer to the operator hurries
 * it.
 */
static void
hurry(struct setting *w)
{
	CHECK(operator_run(&w->op, "register") == 0, "register: %s",
	    w->op.said.p);
}

/* The answer is one line of JSON and has this in it. */
static void
expect_json(struct setting *w, const char *text, const char *command)
{
	struct json j;

	expect(w, 0, text, "%s --json", command);
	json_begin(&j, span_of(w->op.said.p));
	json_object(&j);
	json_begin(&j, span_of(w->op.said.p));
	json_skip(&j);
	CHECK(json_done(&j) && w->op.said.p[0] == '{', "%s: no JSON: %s",
	    command, w->op.said.p);
}

/* ---- clients ---- */

static struct peer_frame *
ask_to_register(struct setting *w, struct peer *m, const char *alias)
{
	peer_init(m, alias);
	peer_connect(m, w->pool, w->op.relay.port);
	peer_say(m, "{\"op\":1,\"newnode\":\"x\",\"newalias\":\"%s\"}",
	    alias);
	peer_frame_free(peer_await(m, "tmtprev"));
	return peer_await(m, "quit");
}

static void
expect_refused(struct setting *w, const char *alias, const char *why)
{
	struct peer m;
	struct peer_frame *f = ask_to_register(w, &m, alias);

	CHECK(strstr(f->head, why) != NULL, "%s: refused with %s", alias,
	    f->head);
	peer_frame_free(f);
	peer_free(&m);
	hurry(w);
	between(w);
}

static void
expect_registered(struct setting *w, struct peer *m, const char *alias)
{
	peer_init(m, alias);
	peer_register(m, w->pool, w->op.relay.port);
	peer_drop(m);
	between(w);
}

static void
login(struct setting *w, struct peer *m)
{
	peer_login(m, w->pool, w->op.relay.port);
	peer_frame_free(peer_await(m, "info"));
}

static void
expect_no_login(struct setting *w, struct peer *m, const char *why)
{
	struct peer_frame *f;

	peer_login(m, w->pool, w->op.relay.port);
	f = peer_await(m, "quit");
	CHECK(strstr(f->head, why) != NULL, "%s: %s", m->name, f->head);
	peer_frame_free(f);
	peer_drop(m);
	between(w);
}

/* A request whose ack has this error, or "" for none. */
static void
expect_ack(struct setting *w, struct peer *m, const char *error,
    const char *format, ...)
{
	struct peer_frame *f;
	char request[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(request, sizeof(request), format, args);
	va_end(args);
	login(w, m);
	peer_say(m, "%s", request);
	f = peer_await(m, "ack");
	CHECK(error[0] != '\0' ? strstr(f->head, error) != NULL :
	    peer_is(f, "error", ""), "%s: %s got %s", m->name, request,
	    f->head);
	peer_frame_free(f);
	peer_drop(m);
	if (error[0] != '\0')
		hurry(w);
	between(w);
}

static void
expect_ping(struct setting *w, struct peer *from, const char *to,
    const char *error)
{
	/* With the same id, a later connection's ping is the same one again. */
	expect_ack(w, from, error, "{\"op\":8,\"id\":\"ping %u\","
	    "\"datalen\":0,\"to\":\"%s\"}", ++w->pings, to);
}

/* ---- the script ---- */

static void
check_invitations(struct setting *w, struct peer *alice)
{
	expect_refused(w, "Alice Smith", "by invitation");
	expect(w, 2, "missing argument: ALIAS\nusage: mnm invite ", "invite");
	expect(w, 2, "unexpected argument: b\nusage: mnm invite ",
	    "invite a b");
	expect(w, 2,
	    "invalid value for --days (1 to 3650): 0\nusage: mnm invite ",
	    "invite 'Alice Smith' --days 0");
	expect(w, 2, "--days (1 to 3650): x\nusage: mnm invite ",
	    "invite 'Alice Smith' --days x");
	expect(w, 2, "missing value for --days (1 to 3650)\nusage: mnm invite ",
	    "invite 'Alice Smith' --days");
	expect(w, 2, "option: --max\nusage: mnm invite ",
	    "invite 'Alice Smith' --max 3");
	expect(w, 1, "alias_min, which is 8 characters: Al\n", "invite Al");
	expect(w, 1, "a leading or trailing space", "invite ' Alice Smith'");
	expect(w, 0, "/#join=Alice%20Smith&ca=",
	    "invite 'Alice Smith' --days 3 --qr");
	CHECK(strstr(w->op.said.p, "as \"Alice Smith\", until ") != NULL &&
	    strstr(w->op.said.p, "Certificate SHA-256: ") != NULL &&
	    strstr(w->op.said.p, "\u2588\u2588\u2588\033[0m\n") != NULL,
	    "no block in: %s", w->op.said.p);
	expect(w, 1, "already reserved", "invite 'alice  SMITH'");
	expect(w, 0, "Alice Smith", "invitations");
	expect_refused(w, "Alice Jones", "by invitation");
	expect_registered(w, alice, "Alice Smith");
	expect_refused(w, "Alice Smith", "by invitation");
	expect_without(w, "Alice", "invitations");
	expect(w, 1, "this alias is taken", "invite 'Alice Smith'");
	expect(w, 0, "Zoe Miller", "invite 'Zoe Miller'");
	expect(w, 0, "", "uninvite 'Zoe Miller'");
	expect(w, 1, "no such invitation", "uninvite 'Zoe Miller'");
	expect_refused(w, "Zoe Miller", "by invitation");
}

/* The whole name that stands in the second line of the answer. */
static void
read_token(struct setting *w)
{
	const char *line = strchr(w->op.said.p, '\n');
	size_t n = line != NULL ? strcspn(line + 1, "\n") : 0;
	const char *gap = line != NULL ? strstr(line + 1, "  ") : NULL;

	if (gap != NULL && gap < line + 1 + n)
		snprintf(w->token, sizeof(w->token), "%.*s",
		    (int)(gap - line - 1), line + 1);
}

/* The code was for the relay alone: Bob's clients may sign with it. */
static void
check_name(struct setting *w, struct peer *alice, struct peer *bob)
{
	struct peer_frame *f;

	expect(w, 0, "Bob Jones  ", "user show '%s'", w->token);
	expect_ack(w, bob, "", "{\"op\":8,\"id\":\"signed\",\"datalen\":0,"
	    "\"to\":\"Alice Smith\",\"from\":\"%s\"}", w->token);
	login(w, alice);
	f = peer_await(alice, "ping");
	CHECK(peer_is(f, "alias", "Bob Jones"), "signed: %s", f->head);
	peer_frame_free(f);
	peer_drop(alice);
	expect_ack(w, alice, "", "{\"op\":8,\"id\":\"by name\","
	    "\"datalen\":0,\"to\":\"bob jones\"}");
	expect(w, 0, "", "user set 'Bob Jones' pings reset");
	expect(w, 0, "", "user set 'Alice Smith' pings reset");
}

/* The code was forgotten, and the operator lets the person in. */
static void
check_forgotten_code(struct setting *w)
{
	struct peer m;

	expect(w, 0, "", "invite 'Cora Lane' --code");
	expect(w, 1, "already reserved", "invite 'Cora Lane'");
	expect(w, 1, "already reserved", "invite 'cora lane' --code");
	begin_log(w);
	expect_refused(w, "Cora Lane", "by invitation");
	CHECK(w->mode != STEADY || relay_said(&w->op.relay,
	    "it lacks the code"), "the log does not say what is missing");
	expect(w, 0, "", "approve 'Cora Lane'");
	expect_json(w, "{\"invitations\":[{\"alias\":\"Cora Lane\","
	    "\"code\":false", "invitations");
	expect_registered(w, &m, "Cora Lane");
	expect(w, 0, "Cora Lane", "user show 'Cora Lane'");
	peer_free(&m);
}

/* A client that made its own password and asks twice gets one account. */
static void
check_lost_answer(struct setting *w)
{
	static const char nodeid[] = "%+123456789BCDFGHJKLMNPQRSTVWXYZ%+123456";
	struct peer m;
	struct peer_frame *f;
	char uid[PEER_TEXT] = "", bobs[sizeof(w->token)];
	int i;

	memcpy(bobs, w->token, sizeof(bobs));	/* Bob's peer points to it */
	expect(w, 0, "", "invite 'Dan Foxley' --code");
	read_token(w);
	for (i = 0; i < 2; i++) {
		peer_init(&m, w->token);
		peer_connect(&m, w->pool, w->op.relay.port);
		peer_say(&m, "{\"op\":1,\"newnode\":\"x\",\"newalias\":"
		    "\"%s\",\"node\":\"%s\"}", w->token, nodeid);
		f = peer_await(&m, "registered");
		CHECK(peer_is(f, "alias", "Dan Foxley") &&
		    peer_is(f, "nodeid", nodeid), "%s", f->head);
		CHECK(i == 0 || peer_is(f, "uid", uid), "%s is not %s",
		    f->head, uid);
		peer_get(f, "uid", uid);
		peer_frame_free(f);
		peer_drop(&m);
		peer_free(&m);
		between(w);
	}
	expect_refused(w, w->token, "by invitation");
	memcpy(w->token, bobs, sizeof(bobs));
}

static void
check_codes(struct setting *w, struct peer *alice, struct peer *bob)
{
	static char typed[100];		/* it is bob's name from now on */
	char wrong[100];
	const char *token = w->token;
	size_t i;

	expect(w, 0, "/#join=Bob%20Jones&code=", "invite 'Bob Jones' --code");
	read_token(w);
	CHECK(strlen(token) == strlen("Bob Jones 12345678"), "token %s",
	    token);
	expect_json(w, "\"alias\":\"Bob Jones\",\"code\":true", "invitations");
	CHECK(strstr(w->op.said.p, token) == NULL, "the code is shown again");
	expect_refused(w, "Bob Jones", "by invitation");
	snprintf(wrong, sizeof(wrong), "%s", token);
	wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == 'X' ? 'Y' : 'X';
	begin_log(w);
	expect_refused(w, wrong, "by invitation");
	CHECK(w->mode != STEADY || (!relay_said(&w->op.relay, wrong) &&
	    relay_said(&w->op.relay, "\"Bob Jones ********\"")),
	    "a wrong code is in the log");
	expect_without(w, wrong, "requests");
	CHECK(!relay_said(&w->op.relay, token), "the code is in the log");
	/* As people type it. */
	for (i = 0; i <= strlen(token); i++)
		typed[i] = (char)tolower((unsigned char)token[i]);
	expect_registered(w, bob, typed);
	begin_log(w);
	expect_refused(w, token, "by invitation");
	CHECK(w->mode != STEADY || (!relay_said(&w->op.relay, token) &&
	    relay_said(&w->op.relay, "\"Bob Jones ********\": its invitation "
	    "was used")), "a used code is in the log");
	expect_without(w, token, "requests");
	check_name(w, alice, bob);
	check_forgotten_code(w);
	check_lost_answer(w);
}

static void
check_requests(struct setting *w, struct peer *carol)
{
	struct peer m;

	begin_log(w);
	expect_refused(w, "Carol Dean", "by invitation");
	expect_refused(w, "Carol Dean", "by invitation");
	CHECK(w->mode != STEADY || relay_said(&w->op.relay,
	    "\"Carol Dean\": not invited; to admit it: "
	    "mnm approve 'Carol Dean'"), "the log does not help");
	expect_json(w, "\"alias\":\"Carol Dean\",\"address\":\"127.0.0.1:",
	    "requests");
	expect(w, 1, "no request for this", "approve 'Dave Dean'");
	expect(w, 0, "", "approve 'Carol Dean'");
	expect_without(w, "Carol", "knocks");
	expect(w, 0, "127.0.0.0/24", "invitations");
	expect_registered(w, carol, "Carol Dean");
	expect_refused(w, "Carol Dean", "by invitation");
	expect_refused(w, "Al", "by invitation");
	expect(w, 0, "", "approve Al");
	expect_registered(w, &m, "Al");
	expect(w, 0, m.uid, "user show Al");
	begin_log(w);
	expect_refused(w, "O'Brien; rm", "by invitation");
	CHECK(w->mode != STEADY || relay_said(&w->op.relay,
	    "mnm approve 'O'\\''Brien; rm'"), "the log is not quoted");
	expect_refused(w, "--no option", "by invitation");
	CHECK(w->mode != STEADY || relay_said(&w->op.relay,
	    "mnm approve -- '--no option'"), "the log gives an option");
	expect(w, 0, "", "approve -- '--no option'");
}

static void
check_window(struct setting *w)
{
	struct peer m;

	expect(w, 1, "not a duration", "register open 10x");
	expect(w, 2, "missing argument: TIME\nusage: mnm register open",
	    "register open");
	expect(w, 2, "unexpected argument: shut\nusage: mnm register open",
	    "register shut");
	expect(w, 1, "not open", "register close");
	expect(w, 0, "invite", "register");
	expect(w, 0, "1", "register open 10m --max 1");
	expect_json(w, "\"places\":1", "register");
	expect_registered(w, &m, "Erin Window");
	expect_refused(w, "Frank Window", "by invitation");
	expect(w, 0, "", "register open 1h");
	expect_registered(w, &m, "Frank Window");
	expect_registered(w, &m, "Grace Window");
	expect(w, 0, "", "register close");
	expect_refused(w, "Heidi Window", "by invitation");
	expect(w, 0, "", "register open 1s");
	relay_sleep(1100);
	expect_refused(w, "Heidi Window", "by invitation");
}

static void
check_receive_only(struct setting *w, struct peer *alice)
{
	static const char no[] = "this account may receive but not send";
	struct peer ivan;

	expect(w, 0, "", "invite 'Ivan Silent' --receive-only");
	expect_registered(w, &ivan, "Ivan Silent");
	expect_json(w, "\"receive_only\":true", "user show 'Ivan Silent'");
	expect_ping(w, &ivan, "Alice Smith", no);
	expect_ack(w, &ivan, no, "{\"op\":7,\"id\":\"1\",\"datalen\":0,"
	    "\"for\":[{\"id\":\"%s\",\"type\":1}]}", alice->uid);
	expect_ack(w, &ivan, no, "{\"op\":5,\"id\":\"1\",\"datalen\":0,"
	    "\"gid\":\"some group\",\"from\":\"Ivan Silent\","
	    "\"to\":\"Alice Smith\"}");
	expect_ping(w, alice, "Ivan Silent", "");
	expect_ack(w, alice, "", "{\"op\":5,\"id\":\"1\",\"datalen\":0,"
	    "\"gid\":\"some group\",\"from\":\"Alice Smith\","
	    "\"to\":\"Ivan Silent\"}");
	expect_ack(w, &ivan, "", "{\"op\":6,\"id\":\"1\",\"act\":\"join\","
	    "\"gid\":\"some group\"}");
	expect_ack(w, &ivan, "newnode has ", "{\"op\":3,\"id\":\"1\","
	    "\"newnode\":\"y\\u009b2J\"}");
	expect_ack(w, &ivan, "", "{\"op\":3,\"id\":\"1\","
	    "\"newnode\":\"Ivan's tablet\"}");
	expect(w, 0, "Ivan's tablet", "node list 'Ivan Silent'");
	expect(w, 1, "receive-only", "user set 'Ivan Silent' loud on");
	expect(w, 1, "on or off", "user set 'Ivan Silent' receive-only no");
	expect(w, 0, "", "user set 'Ivan Silent' receive-only off");
	expect_ping(w, &ivan, "Alice Smith", "");
	expect(w, 0, "", "user set %s receive-only on", ivan.uid);
	expect_ping(w, &ivan, "Alice Smith", no);
}

static void
check_users(struct setting *w, struct peer *bob)
{
	expect(w, 0, "Alice Smith", "user list");
	expect(w, 0, bob->uid, "user list");
	expect_json(w, "\"users\":[{\"uid\":", "user list");
	expect(w, 1, "no user", "user show nobody");
	expect(w, 2, "argument: USER\nusage: mnm user show USER [--json]\n",
	    "user show");
	CHECK(strstr(w->op.said.p, "user list") == NULL, "too much: %s",
	    w->op.said.p);
	expect(w, 2, "after user\nusage: mnm user list", "user");
	expect(w, 2, "command: user shout; did you mean user show?\n"
	    "usage: mnm user list", "user shout");
	expect(w, 0, "Alice Smith", "user show 'ALICE smith'");
	expect(w, 0, "some group", "user show 'Alice Smith'");
	expect(w, 0, "", "user disable '%s'", bob->name);
	begin_log(w);
	expect_no_login(w, bob, "disabled");
	expect_refused(w, "Alice Smith", "by invitation");
	CHECK(w->mode != STEADY || (relay_said(&w->op.relay,
	    " quit: login failed: ") && relay_said(&w->op.relay,
	    " register refused: \"Alice Smith\": ")),
	    "the log is not as filters need it");
	expect_json(w, "\"disabled\":true", "user list");
	expect(w, 0, "", "user enable %s", bob->uid);
	login(w, bob);
	if (w->mode == STEADY) {
		expect(w, 0, "", "user disable %s", bob->uid);
		peer_frame_free(peer_await(bob, "quit"));
		expect(w, 0, "", "user enable %s", bob->uid);
	}
	peer_drop(bob);
}

/* Copy the value of a text member of the last answer. */
static void
take_text(struct setting *w, const char *key, char *text, size_t room)
{
	char quoted[40];
	const char *p;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\":\"", key);
	p = strstr(w->op.said.p, quoted);
	CHECK(p != NULL, "no %s in %s", key, w->op.said.p);
	p = p != NULL ? p + strlen(quoted) : "";
	(void)snprintf(text, room, "%.*s", (int)strcspn(p, "\""), p);
}

/* A member who has lost the only device gets another, with what waits. */
static void
check_new_device(struct setting *w, struct peer *alice)
{
	struct peer_frame *f;
	struct peer m;
	bool hers, more;

	expect(w, 1, "no user", "node add nobody");
	if (w->mode == ALONE) {
		expect(w, 1, "no relay is running", "node add 'Ivan Silent'");
		expect(w, 0, "", "node drop 'Ivan Silent' 2");
		expect(w, 1, "only device", "node drop 'Ivan Silent' 1");
		return;
	}
	expect_ping(w, alice, "Ivan Silent", "");
	expect(w, 1, "label has a leading", "node add 'Ivan Silent' ' x'");
	expect_json(w, "\"device\":[{\"node\":3,\"uid\":",
	    "node add 'Ivan Silent'");
	peer_init(&m, "Ivan Silent");
	take_text(w, "uid", m.uid, sizeof(m.uid));
	take_text(w, "nodeid", m.nodeid, sizeof(m.nodeid));
	expect_without(w, m.nodeid, "node list 'Ivan Silent' --json");
	expect(w, 0, "", "node drop 'Ivan Silent' 1");
	expect(w, 0, "", "node drop 'Ivan Silent' 2");
	login(w, &m);
	/* Before Alice's come copies of Ivan's own. */
	do {
		f = peer_await(&m, "ping");
		hers = peer_is(f, "from", alice->uid);
		more = !hers && f->head[0] != '\0';
		peer_frame_free(f);
	} while (more);
	CHECK(hers, "what waited was not copied");
	peer_drop(&m);
	expect(w, 0, "from the operator", "node list 'Ivan Silent'");
	expect(w, 1, "only device", "node drop 'Ivan Silent' 3");
	/* The link is what tmtp join and the page take. */
	expect(w, 0, "With a browser: https://", "node add 'Ivan Silent' pad");
	CHECK(strstr(w->op.said.p, "&name=Ivan%20Silent") != NULL,
	    "no name: %s", w->op.said.p);
	expect(w, 0, "", "node drop 'Ivan Silent' 4");
}

static void
check_parts(struct setting *w, struct peer *alice)
{
	char until[CLOCK_TEXT], request[128];
	struct peer m;

	expect(w, 0, "1", "node list 'Ivan Silent'");
	expect_json(w, "\"online\":false,\"seen\":\"20",
	    "node list 'Ivan Silent'");
	expect(w, 1, "no device", "node drop 'Ivan Silent' 9");
	check_new_device(w, alice);
	expect_ack(w, alice, "", "{\"op\":3,\"id\":\"1\","
	    "\"newalias\":\"Alice Second\"}");
	expect(w, 0, "", "alias drop 'Alice Second'");
	expect(w, 1, "already dropped", "alias drop 'Alice Second'");
	expect(w, 1, "nobody has", "alias drop 'Alice Third'");
	expect_json(w, "\"alias\":\"Alice Second\",\"dropped\":true",
	    "user show 'Alice Smith'");
	clock_text(until, clock_us(CLOCK_REALTIME) / 1000 + CLOCK_DAY);
	(void)snprintf(request, sizeof(request), "{\"op\":3,\"id\":\"2\","
	    "\"cork\":\"%.*s\"}", CLOCK_TEXT, until);
	expect_ack(w, alice, "", request);
	expect_json(w, "\"all\":true,\"users\":0,\"groups\":0,\"held\":0",
	    "user show 'Alice Smith'");
	expect_ack(w, alice, "", "{\"op\":3,\"id\":\"3\",\"cork\":\"\"}");
	expect(w, 0, "", "register open 1h");
	peer_init(&m, "Judy Member");
	expect_registered(w, &m, "Judy Member");
	expect(w, 0, "", "register close");
	expect_ping(w, &m, "Alice Second", "nobody has the alias");
}

static void
check_groups(struct setting *w, struct peer *alice)
{
	expect(w, 0, "some group", "group list");
	expect_json(w, "\"as\":\"Alice Smith\",\"state\":\"joined\","
	    "\"moderator\":false",
	    "group show 'Some Group'");
	expect(w, 1, "no group", "group show other");
	expect(w, 1, "no group", "group remove other");
	expect(w, 0, "", "group remove 'some group'");
	expect_ack(w, alice, "not a member", "{\"op\":7,\"id\":\"1\","
	    "\"datalen\":0,\"for\":[{\"id\":\"some group\",\"type\":2}]}");
	expect_json(w, "\"group\":\"some group\",\"kind\":\"\",\"joined\":0,"
	    "\"invited\":0,\"removed\":true", "group show 'some group'");
	expect_without(w, "some group", "group list");
}

/* The number that the last answer, in JSON, has under a key; or 0. */
static unsigned long
number_said(const struct setting *w, const char *key)
{
	const char *at = strstr(w->op.said.p, key);

	CHECK(at != NULL, "no %s in %s", key, w->op.said.p);
	return at != NULL ? strtoul(at + strlen(key), NULL, 10) : 0;
}

/* How the loop goes: a relay that does not run has none. */
static void
check_pace(struct setting *w)
{
	unsigned long longest, commit, commits;

	if (w->mode == ALONE) {
		expect_without(w, "longest_turn_ms", "stats --json");
		return;
	}
	expect_json(w, "\"loop\":[{\"longest_turn_ms\":", "stats");
	if (w->mode != STEADY)
		return;
	longest = number_said(w, "\"longest_turn_ms\":");
	commit = number_said(w, "\"longest_commit_ms\":");
	commits = number_said(w, "\"journal_commits\":");
	CHECK(commit <= longest && commits > 0,
	    "turns up to %lu ms, %lu commits up to %lu ms", longest, commits,
	    commit);
	expect_json(w, "\"since_asked_ms\":", "stats");
	CHECK(number_said(w, "\"longest_turn_ms\":") >= longest,
	    "there was a turn of %lu ms: %s", longest, w->op.said.p);
	CHECK(number_said(w, "\"since_asked_ms\":") <=
	    number_said(w, "\"longest_turn_ms\":"), "%s", w->op.said.p);
}

static void
check_figures(struct setting *w, struct peer *alice)
{
	expect_json(w, w->mode == ALONE ?
	    "\"queues\":[{\"node\":1,\"messages\":" :
	    "\"queues\":[{\"node\":3,\"messages\":",
	    "queue 'Ivan Silent'");
	expect(w, 1, "no user", "queue nobody");
	expect_json(w, "\"users\":", "stats");
	check_pace(w);
	expect_json(w, "\"links\":[]", "links");
	if (w->mode != STEADY)
		return;
	login(w, alice);
	expect_json(w, "\"alias\":\"Alice Smith\"", "links");
	expect_json(w, "\"online\":1", "stats");
	peer_drop(alice);
}

static void
check_removal(struct setting *w, struct peer *carol)
{
	expect(w, 1, "no user", "user remove nobody");
	expect(w, 0, "", "user remove 'Carol Dean'");
	expect_no_login(w, carol, "login failed");
	expect(w, 1, "no user", "user show 'Carol Dean'");
	expect_without(w, "Carol", "user list");
	expect(w, 1, "this alias is taken", "invite 'Carol Dean'");
}

static void
check_limits(struct setting *w, struct peer *alice, struct peer *bob)
{
	reconfigure(w, INVITE "\"pings_per_day\": 3, "
	    "\"failed_pings_in_a_row\": 2,");
	/* The names of others count, one's own do not. */
	expect_ack(w, bob, "already taken", "{\"op\":3,\"id\":\"a1\","
	    "\"newalias\":\"%s\"}", bob->name);
	expect_ack(w, bob, "already taken", "{\"op\":3,\"id\":\"a2\","
	    "\"newalias\":\"%s\"}", bob->name);
	expect_ack(w, bob, "already taken", "{\"op\":3,\"id\":\"a3\","
	    "\"newalias\":\"Alice Smith\"}");
	expect_ping(w, bob, "Alice Smith", "");
	expect_ping(w, bob, "nobody there", "nobody has");
	expect_ping(w, bob, "Alice Smith", "");
	expect_ping(w, bob, "nobody there", "nobody has");
	expect_ping(w, bob, "nobody here", "nobody has");
	expect_ping(w, bob, "Alice Smith", "try again after 20");
	expect(w, 1, "only reset", "user set '%s' pings on", bob->name);
	expect(w, 0, "", "user set '%s' pings reset", bob->name);
	expect_ping(w, bob, "nobody there", "nobody has");
	expect_ping(w, bob, "nobody here", "nobody has");
	expect_ping(w, bob, "Alice Smith", "try again after 20");
	expect_ack(w, bob, "try again after", "{\"op\":5,\"id\":\"1\","
	    "\"datalen\":0,\"gid\":\"guess\",\"from\":\"%s\","
	    "\"to\":\"Alice Smith\"}", bob->name);
	reconfigure(w, INVITE "\"pings_per_day\": 3, "
	    "\"failed_pings_in_a_row\": 0,");
	expect_ping(w, bob, "Alice Smith", "");
	expect_ping(w, bob, "Alice Smith", "");
	expect_ping(w, bob, "Alice Smith", "");
	expect_ping(w, bob, "Alice Smith", "daily ping limit reached");
	expect(w, 0, "", "user set '%s' pings reset", bob->name);
	expect_ping(w, bob, "Alice Smith", "");
	expect_ping(w, alice, "Ivan Silent", "");
	reconfigure(w, INVITE "\"pings_per_day\": 0,");
	expect_ping(w, bob, "Alice Smith", "");
}

static void
check_modes(struct setting *w)
{
	struct peer m;

	reconfigure(w, "\"register\": \"closed\",");
	expect(w, 0, "nobody can register", "invite 'Kim Closed'");
	expect_refused(w, "Kim Closed", "takes no new members");
	expect(w, 0, "", "register open 1h --max 1");
	expect_registered(w, &m, "Leo Closed");
	reconfigure(w, "\"users_max\": 5,");
	expect_refused(w, "Mia Many", "reached its limit of members");
	reconfigure(w, "\"register_from\": [\"10.0.0.0/8\", \"::/0\"],");
	expect_refused(w, "Mia Many", "from your network");
	reconfigure(w, "\"register_from\": [\"10.0.0.0/8\", \"127.0.0.1\"],");
	expect_registered(w, &m, "Mia Many");
	reconfigure(w, "");
	expect_registered(w, &m, "Nina Open");
	expect_registered(w, &m, "Kim Closed");
	expect_without(w, "Kim", "invitations");
	expect_registered(w, &m, "_");
	expect(w, 0, "  -  ", "user list");
	expect_without(w, "\"-\"", "user list --json");
}

/* A file that is wrong changes nothing, and no link is dropped. */
static void
check_reload(struct setting *w, struct peer *alice)
{
	struct peer_frame *f;

	if (w->mode != STEADY)
		return;
	login(w, alice);
	relay_configure(&w->op.relay, "\"windows\": 8,");
	kill(w->op.relay.pid, SIGHUP);
	while (!relay_said(&w->op.relay, "nothing is changed"))
		relay_sleep(5);
	CHECK(relay_said(&w->op.relay, "mnm.config:2: unknown key \"windows\""),
	    "the mistake is not told");
	peer_say(alice, "{\"op\":7,\"id\":\"9\",\"datalen\":0,\"for\":[]}");
	f = peer_await(alice, "ack");
	CHECK(peer_is(f, "error", ""), "after the reload: %s", f->head);
	peer_frame_free(f);
	peer_drop(alice);
	relay_configure(&w->op.relay, "");
}

/* The certificate is renewed while a link stays. */
static void
check_renewal(struct setting *w, struct peer *alice)
{
	struct client_pool *pool;
	struct peer_frame *f;
	struct peer other;
	char fingerprint[128];

	if (w->mode != STEADY)
		return;
	pool = client_pool_open();
	login(w, alice);
	CHECK(operator_run(&w->op, "init other") == 0 &&
	    operator_run(&w->op, "-c other/mnm.config fingerprint && "
	    "cp other/mnm-data/*.pem mnm-data") == 0,
	    "no other certificate: %s", w->op.said.p);
	snprintf(fingerprint, sizeof(fingerprint), "%s",
	    strchr(w->op.said.p, '\n') + 1);
	fingerprint[strcspn(fingerprint, "\n")] = '\0';
	reconfigure(w, "");
	client_pool_pin(pool, fingerprint);
	peer_init(&other, "other");
	peer_connect(&other, pool, w->op.relay.port);
	peer_frame_free(peer_await(&other, "tmtprev"));
	peer_free(&other);
	client_pool_close(pool);
	peer_say(alice, "{\"op\":7,\"id\":\"9\",\"datalen\":0,\"for\":[]}");
	f = peer_await(alice, "ack");
	CHECK(peer_is(f, "error", ""), "after the renewal: %s", f->head);
	peer_frame_free(f);
	peer_drop(alice);
}

static void
check_socket(struct setting *w)
{
	char path[RELAY_PATH + 32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/mnm-data/control", w->op.relay.dir);
	CHECK(stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    (st.st_mode & 0777) == 0600, "the control socket is open");
}

static void
run_script(struct setting *w)
{
	struct peer alice, bob, carol;

	relay_configure(&w->op.relay, INVITE "\"alias_min\": 8,");
	relay_start(&w->op.relay);
	check_socket(w);
	CHECK(relay_said(&w->op.relay, "To serve others: set listen.laddr in "),
	    "it is not told how to serve others");
	check_invitations(w, &alice);
	check_codes(w, &alice, &bob);
	check_requests(w, &carol);
	check_window(w);
	check_receive_only(w, &alice);
	check_users(w, &bob);
	check_parts(w, &alice);
	check_groups(w, &alice);
	check_figures(w, &alice);
	check_removal(w, &carol);
	check_limits(w, &alice, &bob);
	check_modes(w);
	check_reload(w, &alice);
	check_renewal(w, &alice);
	stop(w);
}

static void
begin(struct setting *w, const char *program)
{
	memset(w, 0, sizeof(*w));
	operator_init(&w->op, program);
	w->pool = client_pool_open();
}

static void
end(struct setting *w)
{
	client_pool_close(w->pool);
	operator_free(&w->op);
}

static bool
is_asked(int argc, char **argv, const char *name)
{
	int i;

	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return argc == 2;
}

int
main(int argc, char **argv)
{
	char program[RELAY_PATH] = "";
	struct setting w;
	int mode;

	if (argc < 2 || realpath(argv[1], program) == NULL) {
		fprintf(stderr, "usage: admin MNM [MODE...]\n");
		return 2;
	}
	for (mode = 0; mode < MODES; mode++) {
		if (!is_asked(argc, argv, mode_names[mode]))
			continue;
		begin(&w, program);
		w.mode = (enum mode)mode;
		run_script(&w);
		end(&w);
	}
	return check_report("admin");
}
