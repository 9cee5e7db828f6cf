/*
 * setup MNM - what "check" of the program MNM finds before a start does, and
 * what every command answers to scripts.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "mnm.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"

/* ---- check ---- */

static void
check_all_faults(struct operator *o)
{
	relay_file(&o->relay, "bad.config", "{\n\"name\": 5,\n\"opz\": 1,\n"
	    "\"listen\": [{\"laddr\": \"x\"}, {\"tls\": 1,\n\"foo\": 2}],\n"
	    "\"ntp\": {\"hosts\": 3},\n\"ops\": 2018\n}");
	operator_expect(o, 2, "error: bad.config:2: invalid value for \"name\"",
	    "-c bad.config check");
	operator_expect(o, 2, "error: bad.config:3: unknown key \"opz\"",
	    "-c bad.config check");
	operator_expect(o, 2,
	    "error: bad.config:4: invalid value for \"listen.laddr\"",
	    "-c bad.config check");
	operator_expect(o, 2,
	    "error: bad.config:4: invalid value for \"listen.tls\"",
	    "-c bad.config check");
	operator_expect(o, 2, "error: bad.config:5: unknown key \"listen.foo\"",
	    "-c bad.config check");
	operator_expect(o, 2,
	    "error: bad.config:6: invalid value for \"ntp.hosts\"",
	    "-c bad.config check");
	operator_expect(o, 2,
	    "error: bad.config:7: invalid value for \"ops\": 2018; "
	    "must be in quotes", "-c bad.config check");
	operator_expect(o, 1,
	    "\"name\": 5; must be a string of 0 to 128 bytes, without "
	    "NUL (mnm check shows 6 more)\n", "-c bad.config user list");
}

static void
check_paths(struct operator *o)
{
	relay_file(&o->relay, "deep.config", "{\"listen\": {\"laddr\": "
	    "\"127.0.0.1:0\"},\n\"data\": \"no/such/place\"}");
	operator_expect(o, 2,
	    "error: deep.config:2: no/such/place cannot be made: "
	    "no/such: No such file", "-c deep.config check");
	operator_do(o, "\"$PROGRAM\" -c deep.config 2>&1 | grep -q 'No such'");
}

static void
check_names(struct operator *o)
{
	relay_file(&o->relay, "names.config", "{\"listen\": {\"laddr\": "
	    "\"127.0.0.1:0\"}, \"names\": [\"https://a.org\"]}");
	operator_expect(o, 2, "names: \"https://a.org\" is not a host name",
	    "-c names.config check");
}

/* The file may have the name of the example, or any other. */
static void
check_other_name(struct operator *o)
{
	operator_do(o, "\"$PROGRAM\" -c mine/my.config init --host a.org | "
	    "grep '^configuration .*/mine/my.config$'");
	operator_expect(o, 1, "there is a configuration already",
	    "-c mine/my.config init");
	operator_expect(o, 1, "init makes mine/other.config, or a "
	    "configuration in mine: name only one",
	    "-c mine/other.config init mine");
	operator_do(o, "MNM_CONFIG=own/mnm.config \"$PROGRAM\" init own/ "
	    "--host a.org && test -s own/mnm.config");
	operator_do(o, "mkdir other");
	relay_file(&o->relay, "other/mnm.conf", "{\"nam\": 1}");
	operator_do(o, "cd other && \"$PROGRAM\" check | "
	    "grep 'error: mnm.conf:1: unknown key \"nam\"'");
	relay_file(&o->relay, "other/mnm.config", "{\"ops\": 1}");
	operator_do(o, "cd other && \"$PROGRAM\" check | "
	    "grep 'error: mnm.config:1: invalid'");
}

/* What a start would move to lost+found. */
static void
check_damage(struct operator *o)
{
	operator_expect(o, 0, "", "init hurt --host localhost");
	operator_expect(o, 0, "", "-c hurt/mnm.config invite 'Alice Smith'");
	operator_do(o, "sed -i 's/:3456/:0/' hurt/mnm.config");
	if (geteuid() == 0) {
		operator_do(o,
		    "chown -R 4321 hurt/mnm-data && chmod 755 . hurt");
		operator_expect(o, 1,
		    "the relay's user cannot read the configuration",
		    "-c hurt/mnm.config check");
		operator_do(o, "chmod 700 . && chown -R 4321 hurt");
		operator_expect(o, 2,
		    "hurt/mnm-data: for the relay's user: Permission "
		    "denied", "-c hurt/mnm.config check");
		operator_do(o, "chmod 755 .");
	}
	operator_expect(o, 0, "ok\n", "-c hurt/mnm.config check");
	operator_do(o, "echo >>hurt/mnm-data/guests.json");
	operator_expect(o, 1, "warning: hurt/mnm.config:",
	    "-c hurt/mnm.config check");
	CHECK(strstr(o->said.p, "guests.json is damaged") != NULL, "check: %s",
	    o->said.p);
	operator_do(o, "rm hurt/mnm-data/guests.json && "
	    "mkdir hurt/mnm-data/guests.json");
	operator_expect(o, 2, "guests.json", "-c hurt/mnm.config check");
}

static void
configure(struct operator *o, const char *data, const char *listen)
{
	char json[512];

	snprintf(json, sizeof(json), "{\"data\": \"%s\", \"listen\": [%s]}",
	    data, listen);
	relay_file(&o->relay, "place.config", json);
}

/* What is not the relay's, or cannot be. */
static void
check_places(struct operator *o)
{
	static const char *const names[] = { "user", "pack", "tmp", "journal" };
	static const char anywhere[] = "{\"laddr\": \"127.0.0.1:0\"}";
	char command[200], said[100];
	size_t i;

	configure(o, "/", anywhere);
	operator_expect(o, 2, "/: this is the root directory", "-c "
	    "place.config check");
	operator_expect(o, 1, "/: this is the root directory", "-c "
	    "place.config");
	operator_do(o, "mkdir -m 700 home && echo dear >home/letter");
	configure(o, "home", anywhere);
	(void)operator_run(o, "-c place.config check");
	CHECK(strstr(o->said.p, "home has files of others, such as letter") !=
	    NULL, "check: %s", o->said.p);
	operator_expect_unsaid(o, "chown");
	operator_do(o, "rm home/letter && touch home/.keep");
	(void)operator_run(o, "-c place.config check");
	operator_expect_unsaid(o, "of others");
	for (i = 0; i < COUNT(names); i++) {
		(void)snprintf(command, sizeof(command),
		    "rm -rf home && mkdir -m 700 home && echo >home/%s",
		    names[i]);
		(void)snprintf(said, sizeof(said), "home/%s is not a directory",
		    names[i]);
		operator_do(o, command);
		operator_expect(o, 2, said, "-c place.config check");
		operator_expect(o, 1, said, "-c place.config");
		(void)snprintf(command, sizeof(command),
		    "test -f home/%s && test -z \"$(find home -name "
		    "'guests*')\"", names[i]);
		operator_do(o, command);
	}
	operator_do(o, "rm -r home");
}

/* A link leads to the page only if there is one. */
static void
check_links(struct operator *o)
{
	operator_do(o, "mkdir -m 700 links");
	relay_file(&o->relay, "page.config", "{\"data\": \"links\", "
	    "\"register\": \"invite\"}");
	operator_expect(o, 0, "With a browser: https://", "-c page.config "
	    "invite 'Alice Smith'");
	relay_file(&o->relay, "page.config", "{\"data\": \"links\", "
	    "\"register\": \"invite\", \"web\": false}");
	operator_expect(o, 0, "As a link: https://", "-c page.config "
	    "invite 'Bob Baker'");
	operator_expect_unsaid(o, "browser");
	/* Behind a proxy, it is the proxy's port: clients would take 3456. */
	relay_file(&o->relay, "page.config", "{\"data\": \"links\", "
	    "\"names\": [\"fd00::17\"], \"register\": \"invite\", \"listen\": "
	    "{\"net\": \"unix\", \"laddr\": \"one\", \"tls\": false}}");
	operator_expect(o, 0, "client: +[fd00::17]:443\n", "-c page.config "
	    "invite 'Cy Cooper'");
	operator_expect(o, 0, "https://[fd00::17]:443/#join=", "-c page.config "
	    "invite 'Dee Drew'");
}

/* Both would listen where the other does. */
static void
check_same_port(struct operator *o)
{
	char listen[200];
	unsigned port = relay_free_port();

	(void)snprintf(listen, sizeof(listen), "{\"laddr\": \"0.0.0.0:%u\"}, "
	    "{\"laddr\": \"127.0.0.1:%u\"}", port, port);
	configure(o, "same", listen);
	operator_expect(o, 2, "another mnm, uses this port", "-c place.config "
	    "check");
}

/* Root makes the data directory for the owner of where it is made. */
static void
check_root(struct operator *o)
{
	if (geteuid() != 0)
		return;
	operator_do(o, "mkdir -m 755 theirs && chown 4321 theirs");
	relay_configure(&o->relay, "\"data\": \"theirs/mnm-data\",");
	relay_start(&o->relay);
	operator_expect(o, 0, "", "invite 'Alice Smith'");
	CHECK(relay_stop(&o->relay, SIGTERM) == 0, "it did not stop well");
	operator_do(o, "test -z \"$(find theirs ! -user 4321)\"");
	/* A socket, too, which the relay can remove at its end. */
	relay_file(&o->relay, "socket.config", "{\"data\": "
	    "\"theirs/mnm-data\", \"listen\": {\"net\": \"unix\", "
	    "\"tls\": false, \"laddr\": \"theirs/socket\"}}");
	operator_do(o, "\"$PROGRAM\" -c socket.config >socket.log 2>&1 & p=$!; "
	    "n=0; until grep -q serves socket.log || [ $n -gt 100 ]; do "
	    "sleep 0.1; n=$((n + 1)); done; "
	    "test -z \"$(find theirs ! -user 4321)\" && kill $p && wait $p && "
	    "test ! -e theirs/socket && ! grep 'cannot' socket.log");
}

/* Two relays for one data directory. */
static void
check_second(struct operator *o)
{
	relay_configure(&o->relay, "");
	relay_start(&o->relay);
	operator_do(o,
	    "sed 's/:[0-9][0-9]*\"/:0\"/' mnm.config >second.config");
	operator_expect(o, 2,
	    "is in use by a relay with another configuration, /",
	    "-c second.config check");
	operator_expect_unsaid(o, "this port");
	(void)operator_run(o, "-c ./mnm.config check");
	operator_expect_unsaid(o, "another configuration");
	operator_expect_unsaid(o, "error");
	CHECK(relay_stop(&o->relay, SIGTERM) == 0, "it did not stop well");
	(void)operator_run(o, "-c second.config check");
	operator_expect_unsaid(o, "another configuration");
}

/* Registration that somebody has left open. */
static void
check_window(struct operator *o)
{
	operator_expect(o, 1, "of at most 366d", "register open 367d");
	operator_expect(o, 0, "", "register open 30d");
	(void)operator_run(o, "check");
	CHECK(strstr(o->said.p, "anybody can register until 20") != NULL,
	    "stopped: %s", o->said.p);
	relay_start(&o->relay);
	(void)operator_run(o, "check");
	CHECK(strstr(o->said.p, "anybody can register until 20") != NULL,
	    "running: %s", o->said.p);
	operator_expect(o, 0, "", "register open 1d");
	(void)operator_run(o, "check");
	operator_expect_unsaid(o, "anybody can register until");
	operator_expect(o, 0, "", "register close");
	CHECK(relay_stop(&o->relay, SIGTERM) == 0, "it did not stop well");
}

static void
expect_cert_for(struct operator *o, const char *names, const char *cert,
    const char *key, const char *text)
{
	char json[512];

	snprintf(json, sizeof(json), "{\"names\": [%s],\n"
	    "\"listen\": {\"laddr\": "
	    "\"127.0.0.1:0\", \"certPath\": \"%s\", \"keyPath\": \"%s\"}}",
	    names, cert, key);
	relay_file(&o->relay, "cert.config", json);
	(void)operator_run(o, "-c cert.config check");
	CHECK(strstr(o->said.p, text) != NULL, "%s: no \"%s\" in: %s", cert,
	    text, o->said.p);
}

static void
expect_cert(struct operator *o, const char *cert, const char *key,
    const char *text)
{
	expect_cert_for(o, "", cert, key, text);
}

static void
check_certs(struct operator *o)
{
	if (system("command -v openssl >/dev/null") != 0)
		return;
	operator_do(o, "r() { openssl req -nodes -newkey \"$1\" $2 -keyout "
	    "$3.key -out $3 -subj \"/CN=$3\" $4 2>/dev/null; } && "
	    "r rsa:1024 '' weak -x509 && r rsa:2048 '' root -x509 && "
	    "r rsa:5000 '' large -x509 && "
	    "r ec '-pkeyopt ec_paramgen_curve:P-256' middle && "
	    "r ec '-pkeyopt ec_paramgen_curve:P-256' leaf && "
	    "s() { openssl x509 -req -in $1 -CA $2 -CAkey $2.key "
	    "-CAcreateserial -days 90 -out $1.crt 2>/dev/null; } && "
	    "s middle root && cp middle.crt m && cp middle.key m.key && "
	    "s leaf m && cat leaf.crt middle.crt >chain && "
	    "cat leaf.crt root >broken");
	expect_cert(o, "weak", "weak.key", "weak: its RSA key has less than");
	/* BearSSL has no room for so large a key. */
	expect_cert(o, "large", "large.key", "RSA keys may have 4096 bits");
	operator_do(o, "printf '\\357\\273\\277' | cat - root >bom");
	expect_cert(o, "bom", "root.key", "");
	operator_expect_unsaid(o, "error");
	expect_cert(o, "leaf.crt", "leaf.key", "often called fullchain.pem");
	expect_cert(o, "broken", "leaf.key", "must be followed by its issuer");
	expect_cert(o, "chain", "leaf.key", "");
	operator_expect_unsaid(o, "issuer");
	operator_expect(o, 0, "+127.0.0.1:0\n", "-c cert.config fingerprint");
	expect_cert(o, "root", "root.key", "");
	operator_expect_unsaid(o, "issuer");
	operator_expect(o, 0, "=127.0.0.1:0\n", "-c cert.config fingerprint");
	/* Put together without the newline, and with a note at the end. */
	operator_do(o, "{ printf %s \"$(cat leaf.crt)\"; cat middle.crt; echo "
	    "renewed; } >glued && { printf %s \"$(cat leaf.crt)\"; "
	    "cat root; } >glued2");
	expect_cert(o, "glued", "leaf.key", "");
	operator_expect_unsaid(o, "issuer");
	expect_cert(o, "glued2", "leaf.key", "must be followed by");
	operator_do(o, "openssl req -x509 -nodes -newkey rsa:2048 -keyout "
	    "named.key -out named -subj /CN=named -addext "
	    "'subjectAltName=DNS:chat.example.org,DNS:*.example.net' "
	    "2>/dev/null");
	expect_cert_for(o, "\"10.0.0.1\", \"CHAT.example.org\", "
	    "\"a.example.net\"", "named", "named.key", "");
	operator_expect_unsaid(o, "is not for");
	expect_cert_for(o, "\"example.org\"", "named", "named.key",
	    "cert.config:1: named is not for example.org: clients");
	expect_cert_for(o, "\"a.example.net\", \"a.b.example.net\"", "named",
	    "named.key", "named is not for a.b.example.net: clients");
	if (geteuid() != 0)
		return;
	/* As certbot leaves them. */
	operator_do(o, "mkdir -m 700 live && cp chain leaf.key live && "
	    "chmod 755 . && mkdir -p mnm-data && chown -R 4321 mnm-data");
	expect_cert(o, "live/chain", "live/leaf.key", "live/chain: the "
	    "relay's user cannot read it: when it is renewed, ");
	operator_do(o, "rm -r mnm-data");
}

/* ---- the log ---- */

static void
expect_log(const struct operator *o, const char *text)
{
	int i;

	for (i = 0; i < 100 && !relay_said(&o->relay, text); i++)
		relay_sleep(100);
	CHECK(relay_said(&o->relay, text), "the log lacks: %s", text);
}

/* By configuration, also after a reload. */
static void
check_log(struct operator *o)
{
	relay_configure(&o->relay, "\"log\": \"json\",");
	relay_start(&o->relay);
	expect_log(o, "\"level\":\"info\",\"text\":\"mnm " MNM_VERSION);
	CHECK(!relay_said(&o->relay, "Z mnm"), "a line of text");
	relay_configure(&o->relay, "\"log_level\": \"warning\",");
	operator_expect(o, 0, "", "reload");
	relay_file(&o->relay, "said.txt", "");
	relay_configure(&o->relay, "\"log_level\": \"none\",");
	kill(o->relay.pid, SIGHUP);
	expect_log(o, "Z reload: ");
	relay_configure(&o->relay, "");
	operator_expect(o, 0, "", "register open 1h");
	CHECK(!relay_said(&o->relay, "operator"), "info is logged");
	CHECK(relay_stop(&o->relay, SIGTERM) == 0, "it did not stop well");
}

/* ---- answers for scripts ---- */

/* The output is one JSON object, on stdout alone, and has this in it. */
static void
expect_json(struct operator *o, int status, const char *text,
    const char *command)
{
	char line[512];
	struct json j;

	snprintf(line, sizeof(line), "%s 2>stderr", command);
	operator_expect(o, status, text, line);
	json_begin(&j, (struct span){ o->said.p, o->said.n - 1 });
	json_skip(&j);
	CHECK(json_done(&j) && o->said.p[0] == '{', "mnm %s: not JSON: %s",
	    command, o->said.p);
	operator_do(o, "grep -v '^20' stderr; test -z \"$(grep -v '^20' "
	    "stderr)\"");
}

static const struct {
	int status;
	const char *command, *text;
} answers[] = {
	{ 0, "--json init j --host a.org",
	    "{\"init\":[{\"config\":\"/" },
	{ 1, "init j --json", "{\"error\":\"there is a configuration already" },
	{ 0, "init j --renew --json", "{\"init\":[{\"address\":\"=a.org:" },
	{ 2, "init --json --hots", "{\"error\":\"unknown option: --hots\","
	    "\"usage\":[\"usage: mnm init [DIR] " },
	{ 0, "fingerprint -c j/mnm.config --json",
	    "{\"fingerprint\":[{\"address\":\"=a.org:" },
	{ 1, "-c none fingerprint --json",
	    "{\"error\":\"none: No such file or directory\"}" },
	{ 2, "-c bad.config check --json",
	    "{\"findings\":[{\"level\":\"error\",\"text\":\"bad.config:2: " },
	{ 0, "-c j/mnm.config invite --json 'Alice Smith'",
	    "{\"invitation\":[{\"alias\":\"Alice Smith\",\"until\":\"" },
	{ 0, "-c j/mnm.config invite --json 'Bob Jones' --code",
	    "\"name\":\"Bob Jones\"," },
	{ 0, "-c j/mnm.config invitations --json", "{\"invitations\":[{" },
	{ 0, "-c j/mnm.config backup copy --json",
	    "{\"backup\":[{\"directory\":\"copy\",\"files\":" },
	{ 1, "-c j/mnm.config --json backup copy", "{\"error\":\"no backup: " },
	{ 0, "fsck copy --json", "{\"lines\":[],\"fsck\":[{\"records\":" },
	{ 2, "fsck none --json", "{\"error\":\"none: " },
	{ 1, "-c j/mnm.config uninvite --json x",
	    "{\"error\":\"no such invitation: x\"}" },
	{ 0, "-c j/mnm.config uninvite --json 'Bob Jones'", "{}" },
	{ 0, "-c j/mnm.config requests --json", "{\"requests\":[]}" },
	{ 0, "-c j/mnm.config register --json", "{\"register\":[{" },
	{ 0, "-c j/mnm.config user list --json", "{\"users\":[]}" },
	{ 1, "-c j/mnm.config user show x --json",
	    "{\"error\":\"there is no " },
	{ 1, "-c j/mnm.config reload --json", "{\"error\":\"no relay is " },
	{ 0, "-c j/mnm.config status --json", "{\"relay\":[{\"running\":false,"
	    "\"config\":\"/" },
	{ 2, "user --json", "{\"error\":\"" },
	{ 2, "user shwo --json", "did you mean user show?\",\"usage\":[\"" },
	{ 2, "chekc --json", "{\"error\":\"unknown command: chekc; did you "
	    "mean check?\",\"usage\":[\"mnm -h lists all commands\"]}" },
	{ 2, "--josn check --json", "{\"error\":\"unknown option: --josn\"" },
	{ 2, "check --json -c", "{\"error\":\"missing file after: -c\"" },
	{ 0, "--json --version", "{\"version\":\"" MNM_VERSION "\"}" },
	{ 0, "help --json", "{\"usage\":[\"usage: mnm [-c FILE] " },
	{ 0, "help user --json", "{\"usage\":[\"usage: mnm user list [--json" },
	{ 2, "help usr --json", "{\"error\":\"unknown command: usr" }
};

static void
check_json(struct operator *o)
{
	size_t i;

	for (i = 0; i < COUNT(answers); i++)
		expect_json(o, answers[i].status, answers[i].text,
		    answers[i].command);
	/* A name that begins like an option is none after "--". */
	operator_expect(o, 1, "mnm: no such invitation",
	    "-c j/mnm.config uninvite -- "
	    "--json");
}

int
main(int argc, char **argv)
{
	char program[RELAY_PATH] = "";
	struct operator o;

	if (argc != 2 || realpath(argv[1], program) == NULL) {
		fprintf(stderr, "usage: setup MNM\n");
		return 2;
	}
	operator_init(&o, program);
	setenv("PROGRAM", program, 1);
	check_all_faults(&o);
	check_paths(&o);
	check_names(&o);
	check_other_name(&o);
	check_damage(&o);
	check_root(&o);
	check_places(&o);
	check_links(&o);
	check_same_port(&o);
	check_second(&o);
	check_window(&o);
	check_certs(&o);
	check_log(&o);
	check_json(&o);
	operator_free(&o);
	return check_report("setup");
}
