/*
 * commands MNM - what the program MNM does where no relay runs: it makes and
 * checks what one needs, and looks at what one has left; and what it says to
 * a service manager.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/e2e/operator.h"
#include "mnm.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"

#define USED "a relay or a command uses this data directory: " \
	"stop it, or try again\n"

/* ---- what a relay needs ---- */

static void
check_init(struct operator *o)
{
	operator_expect(o, 0, "mnm.config", "init new");
	CHECK(strstr(o->said.p, "SHA-256") != NULL, "init: %s", o->said.p);
	operator_expect_unsaid(o, "DNS");
	operator_expect(o, 1,
	    "there is a configuration already, which stays as it is: ",
	    "init new");
	operator_expect(o, 1, "--host is for a new configuration",
	    "init new --renew "
	    "--host a.org");
	operator_expect(o, 1, "--port is for a new configuration",
	    "init new --renew --port 4000");
	/* What others are told is in the certificate. */
	operator_do(o, "test -n \"`$PROGRAM -c new/mnm.config fingerprint | "
	    "sed -n 's/^=\\(.*\\):3456$/\\1/p' >new/host; cat new/host`\"");
	operator_do(o, "openssl x509 -in new/mnm-data/cert.pem -noout -text | "
	    "grep -Fq \"`cat new/host`\"");
	/* Before the first start. */
	operator_expect(o, 0, "Someone who guesses the name",
	    "-c new/mnm.config invite 'Alice Smith'");
}

/* What it prints can be pasted: it names the program as it was called. */
static void
check_next_steps(struct operator *o)
{
	operator_do(o, "ln -s \"$PROGRAM\" mnm-link");
	operator_expect(o, 0, "=chat.example.org:3456", "init 'a b' --host "
	    "chat.example.org");
	CHECK(strstr(o->said.p, "DNS:                 chat.example.org ") !=
	    NULL, "init: %s", o->said.p);
	operator_expect(o, 0, "=chat.example.org:3456", "-c 'a b/mnm.config' "
	    "fingerprint");
	operator_do(o, "./mnm-link init linked >steps 2>/dev/null");
	operator_do(o, "grep '^Start the relay:  *./mnm-link -c "
	    "/.*/linked/mnm.config$' steps");
	operator_do(o, "./mnm-link init 'l m' 2>/dev/null | grep "
	    "\"^Start the relay: *./mnm-link -c '/.*/l m/mnm.config'$\"");
	operator_expect(o, 1, "is not a host name", "init bad --host 'a b'");
	operator_do(o, "test ! -e bad");
	operator_expect(o, 2, "missing value for --host", "init bad --host");
	operator_expect(o, 2, "invalid value for --port (1 to 65535): 65536",
	    "init bad --port 65536");
	/* For this machine alone, if that is where the name leads. */
	operator_expect(o, 0, "=[::1]:65535", "init near --host ::1 --port "
	    "65535");
	operator_expect_unsaid(o, "Firewall");
	operator_do(o, "grep '\"laddr\": \"\\[::1]:65535\"' near/mnm.config");
	operator_expect(o, 0, "=a.localhost:3456", "init by-name --host "
	    "a.localhost");
	operator_do(o, "grep '\"laddr\": \"localhost:3456\"' "
	    "by-name/mnm.config");
	operator_expect(o, 1, "--port is for a new",
	    "init by-name --renew --port 3456");
	operator_expect(o, 0, "Firewall:            let TCP port 4000 in",
	    "init far --host 192.0.2.77 --port 4000");
	operator_do(o, "grep '\"laddr\": \":4000\"' far/mnm.config");
	if (geteuid() != 0)
		return;
	operator_do(o, "chmod 755 . && mkdir theirs && chown 4321 theirs");
	operator_expect(o, 0, "Start the relay:     sudo -u '#4321' ",
	    "init theirs");
	operator_do(o, "test -z \"`find theirs ! -user 4321`\"");
}

/* What root starts on another user's data directory makes no file of root. */
static void
check_root_start(struct operator *o)
{
	if (geteuid() != 0)
		return;
	relay_configure(&o->relay, "");
	operator_do(o, "mkdir -p mnm-data && chown 4321 mnm-data");
	relay_start(&o->relay);
	CHECK(relay_said(&o->relay, "no longer root, but user 4321"),
	    "it does not say who it is");
	operator_do(o, "test -z \"`find mnm-data ! -user 4321`\"");
	CHECK(relay_stop(&o->relay, SIGTERM) == 0, "it did not stop well");
	operator_do(o, "test -z \"`find mnm-data ! -user 4321`\" && "
	    "rm -r mnm-data");
}

static void
check_configurations(struct operator *o)
{
	relay_file(&o->relay, "bad.config",
	    "{\n\"name\": \"x\",\n\"nam\": 1\n}");
	operator_expect(o, 2, "bad.config:3: unknown key",
	    "-c bad.config check");
	relay_file(&o->relay, "open.config", "{\n\"listen\":\n"
	    "{\"laddr\": \":0\"},\n\"register\": \"open\",\n"
	    "\"data\": \"data\"\n}");
	operator_expect(o, 1, "warning: open.config:4: anybody",
	    "-c open.config check");
	CHECK(strstr(o->said.p, "nothing keeps the relay from starting") !=
	    NULL, "check: %s", o->said.p);
	operator_do(o, "test -e /var/lib/mnm || { mkdir empty && cd empty && "
	    "{ \"$PROGRAM\" check || :; } | grep 'no relay was set up'; }");
	operator_expect(o, 1, "mnm init", "-c open.config user list");
	relay_file(&o->relay, "cert.config", "{\n\"listen\": {\n"
	    "\"certPath\": \"none\", \"keyPath\": \"none\"}\n}");
	operator_expect(o, 2, "error: cert.config:3: none",
	    "-c cert.config check");
}

/* What mnm made before it was its own authority; until 2036. */
static const char old_cert[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBcDCCARWgAwIBAgIQbf9u7VCmf+r4slgMncGBsDAKBggqhkjOPQQDAjANMQsw\n"
    "CQYDVQQDDAJ2bTAeFw0yNjExMjYwMjIyNTlaFw0zNjExMjYwMjIyNTlaMA0xCzAJ\n"
    "BgNVBAMMAnZtMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzTbycdIByO3076wS\n"
    "Li4PvbewxCmy3dOQIlerHRc3YJbHcXN9hBheHlq6tl3yQiLkRj6nLqWgIoVjFCIj\n"
    "OLDUdKNXMFUwDAYDVR0TAQH/BAIwADATBgNVHSUEDDAKBggrBgEFBQcDATAwBgNV\n"
    "HREEKTAnggJ2bYIJbG9jYWxob3N0hwR/AAABhxAAAAAAAAAAAAAAAAAAAAABMAoG\n"
    "CCqGSM49BAMCA0kAMEYCIQCzNfQbxDZ22jsS7kKUcWocFbCEjumMIfsKHLFqZfYl\n"
    "KwIhAK/OuNsb6mwla4dzwe9XT+8RBnorRJ6qCz4bwoCGZpBh\n"
    "-----END CERTIFICATE-----\n";
static const char old_key[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIIlrFy8HVL9mJyOMLeR0jy02g/7Dcbc3iYHU2bvTopnJoAoGCCqGSM49\n"
    "AwEHoUQDQgAEzTbycdIByO3076wSLi4PvbewxCmy3dOQIlerHRc3YJbHcXN9hBhe\n"
    "Hlq6tl3yQiLkRj6nLqWgIoVjFCIjOLDUdA==\n"
    "-----END EC PRIVATE KEY-----\n";
static const char old_fingerprint[] =
    "BB:AE:90:00:51:C3:8A:97:07:A3:84:E2:F1:55:97:45:"
    "46:77:6D:81:E5:FA:51:02:48:64:F3:F2:A3:00:0A:B5";

/* An older relay's certificate stays until it is renewed. */
static void
check_renew(struct operator *o)
{
	struct buf renewed = { NULL, 0, 0 };

	operator_do(o, "mkdir -p older/mnm-data");
	relay_file(&o->relay, "older/mnm.config",
	    "{\"data\": \"mnm-data\"}");
	relay_file(&o->relay, "older/mnm-data/cert.pem", old_cert);
	relay_file(&o->relay, "older/mnm-data/key.pem", old_key);
	operator_do(o, "chmod 600 older/mnm-data/*");
	operator_expect(o, 0, old_fingerprint,
	    "-c older/mnm.config fingerprint");
	operator_expect(o, 0, "SHA-256", "init older --renew");
	CHECK(strstr(o->said.p, old_fingerprint) == NULL, "not renewed");
	operator_do(o, "cd older/mnm-data && test -e cert.pem.old && "
	    "test -e key.pem.old && test -e ca-key.pem");
	operator_expect(o, 0, ":", "-c older/mnm.config fingerprint");
	buf_add(&renewed, span_of(o->said.p));
	buf_add_byte(&renewed, '\0');
	/* It is found again with the next names, and when it is lost. */
	relay_file(&o->relay, "older/mnm.config", "{\"names\": [\"a.org\"], "
	    "\"data\": \"mnm-data\"}");
	operator_do(o, "rm older/mnm-data/cert.pem");
	operator_expect(o, 1, "no certificate yet",
	    "-c older/mnm.config fingerprint");
	operator_expect(o, 0, "a.org", "-c older/mnm.config init --renew");
	CHECK(strstr(renewed.p, old_fingerprint) == NULL, "not renewed");
	operator_expect(o, 0, "=a.org:3456", "-c older/mnm.config fingerprint");
	CHECK(strcmp(o->said.p, renewed.p) != 0, "the same authority");
	relay_file(&o->relay, "older/mnm.config", "{\"names\": [\"a b\"], "
	    "\"data\": \"mnm-data\"}");
	operator_do(o, "rm older/mnm-data/cert.pem");
	operator_expect(o, 1, "not a host name", "init older --renew");
	relay_file(&o->relay, "cert.config", "{\"listen\": {"
	    "\"certPath\": \"c.pem\", \"keyPath\": \"k.pem\"}, "
	    "\"data\": \"older/mnm-data\"}");
	operator_expect(o, 1, "not the relay's own",
	    "-c cert.config init --renew");
	operator_expect(o, 1, "older/none", "init older/none --renew");
	buf_free(&renewed);
}

/* A certificate that ends within two days is said to have one day. */
static void
check_plural(struct operator *o)
{
	if (system("command -v openssl >/dev/null") != 0)
		return;
	operator_do(o, "openssl req -x509 -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -nodes -subj /CN=a.org -days 2 "
	    "-keyout soon-key.pem -out soon.pem 2>/dev/null && sleep 2");
	relay_file(&o->relay, "soon.config", "{\"listen\": {\"laddr\": "
	    "\"127.0.0.1:0\", \"cert_path\": \"soon.pem\", "
	    "\"key_path\": \"soon-key.pem\"}, \"data\": \"new/mnm-data\"}");
	operator_expect(o, 1, "soon.pem expires in 1 day: renew it",
	    "-c soon.config check");
}

/* A data directory that comes from elsewhere keeps what is in it. */
static void
check_moved(struct operator *o)
{
	struct buf before = { NULL, 0, 0 };

	operator_expect(o, 0, ":", "-c new/mnm.config fingerprint");
	buf_add(&before, span_of(o->said.p));
	buf_add_byte(&before, '\0');
	operator_do(o, "mkdir moved && cp -a new/mnm-data moved");
	operator_expect(o, 0, "", "init moved");
	operator_expect(o, 0, before.p, "-c moved/mnm.config fingerprint");
	operator_expect(o, 0, "Alice Smith", "-c moved/mnm.config invitations");
	operator_do(o, "mv moved/mnm-data moved/old && "
	    "sed -i 's/:3456/:0/' moved/mnm.config");
	operator_expect(o, 1, "moved/mnm-data will be created at start",
	    "-c moved/mnm.config check");
	buf_free(&before);
	/* A file in the way: it is not half made. */
	operator_do(o, "mkdir worse && touch worse/mnm-data");
	operator_expect(o, 1, "worse/mnm-data/ca-key.pem: Not a directory",
	    "init worse");
	operator_do(o, "test ! -e worse/mnm.config");
}

/* Run a command as somebody who is not root, if it was root until now. */
static void
expect_as_other(struct operator *o, uid_t user, const char *text,
    const char *command)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() == 0 && setuid(user) == -1)
			_exit(1);
		_exit(access(o->relay.program, X_OK) == 0 &&
		    (operator_run(o, command) != 2 ||
		    strstr(o->said.p, text) == NULL));
	}
	waitpid(pid, &status, 0);
	CHECK(status == 0, "for others, %s does not say: %s", command, text);
}

/* Commands do not need the directory that they are called in. */
static void
check_private_home(struct operator *o)
{
	const char *dir = o->relay.dir;
	struct buf line = { NULL, 0, 0 };

	buf_addf(&line, "{ \"data\": \"%s/owned/mnm-data\" }", dir);
	relay_file(&o->relay, "home.config", line.p);
	line.n = 0;
	buf_addf(&line, "chmod 644 home.config && chmod 755 owned && "
	    "mkdir -m 700 home && cd home && setpriv --reuid=4321 "
	    "--regid=4321 --clear-groups sh -c 'test ! -x \"%s\" || \"%s\" "
	    "-c \"%s/home.config\" invitations' >/dev/null",
	    o->relay.program, o->relay.program, dir);
	operator_do(o, line.p);
	buf_free(&line);
}

/* The owner of the files, and the right one. */
static void
check_owners(struct operator *o)
{
	const uid_t other = 4321;

	operator_do(o, "chmod 755 .");
	relay_file(&o->relay, "user.config",
	    "{\n\"data\": \"new/mnm-data\",\n\"user\": \"nosuch\"\n}");
	operator_do(o, "chmod 644 user.config");
	expect_as_other(o, other, "error: user.config:3: there is no user "
	    "nosuch", "-c user.config check");
	operator_expect(o, 2, "there is no user nosuch",
	    "-c user.config check");
	operator_expect_unsaid(o, "chown");
	if (geteuid() != 0)
		return;
	expect_as_other(o, other, "new/mnm-data/user: Permission denied",
	    "fsck new/mnm-data/user");
	operator_do(o, "cp -a new owned && chmod 755 owned && "
	    "rm -r owned/mnm-data/tmp && mkdir owned/mnm-data/tmp && "
	    "chown -R 4321 owned/mnm-data");
	relay_file(&o->relay, "owned.config",
	    "{\n\"listen\": {\"laddr\": \"127.0.0.1:0\"},\n"
	    "\"data\": \"owned/mnm-data\"\n}");
	operator_expect(o, 0, "ok\n", "-c owned.config check");
	operator_expect_unsaid(o, "chown");
	check_private_home(o);
	operator_do(o, "touch owned/mnm-data/tmp/roots && "
	    "chmod 600 owned/mnm-data/tmp/roots");
	operator_expect(o, 2,
	    "owned/mnm-data/tmp/roots belongs to another user, and the relay "
	    "cannot use it: chown -R 4321 owned/mnm-data",
	    "-c owned.config check");
	operator_do(o, "touch owned/mnm-data/user && chmod 666 "
	    "owned/mnm-data/tmp/roots");
	operator_expect(o, 0, "ok\n", "-c owned.config check");
	operator_do(o, "mkdir -p owned/mnm-data/user/zz && touch "
	    "owned/mnm-data/user/zz/file && chmod 755 owned/mnm-data/user/zz");
	operator_expect(o, 2, ", as other files, belongs to another user",
	    "-c owned.config check");
	operator_do(o, "rm -r owned/mnm-data/user/zz");
}

/* A line that names what is wrong, and the usage of that command alone. */
static void
check_usage(struct operator *o)
{
	static const struct {
		const char *command, *text;
	} cases[] = {
		{ "init a b",      "unexpected argument: b\n"
		    "usage: mnm init [DIR] [--host NAME] [--port N] " },
		{ "check x",       "argument: x\nusage: mnm check [--json]\n" },
		{ "fingerprint x", "argument: x\nusage: mnm fingerprint [" },
		{ "backup",        "missing argument: DIR\n"
		    "usage: mnm backup DIR [" },
		{ "backup ''",     "empty argument: DIR\nusage: mnm backup" },
		{ "backup a b",    "argument: b\nusage: mnm backup DIR [" },
		{ "backup --x",    "option: --x\nusage: mnm backup DIR [" },
		{ "nonsense",      "unknown command: nonsense\n" },
		{ "-x",            "unknown option: -x\n" },
		{ "-c",            "missing file after: -c\n" },
		{ "fsck a b",      "argument: b\nusage: mnm fsck [DATA]" },
		{ "fsck --x",      "option: --x\nusage: mnm fsck [DATA]" },
		{ "fsck ''",       "empty argument: [DATA]\nusage: " },
		{ "fsck -- --repair", "no relay was set up" },
		{ "fsck nowhere",  "no relay was set up" }
	};
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		operator_expect(o, 2, cases[i].text, cases[i].command);
		operator_expect_unsaid(o, "mnm invite");
	}
	operator_expect(o, 2, "command: chekc; did you mean check?\n", "chekc");
	operator_expect(o, 2, "command: invit; did you mean invite?\n",
	    "invit x");
	operator_expect(o, 2, "command: user shwo; did you mean user show?\n",
	    "user shwo x");
	operator_expect(o, 2, "argument: opn; did you mean register open?\n",
	    "register opn");
	operator_expect(o, 2, "did you mean node?\n", "help nope");
	operator_expect(o, 1, "argument: J?rgen: it is not UTF-8",
	    "invite \"$(printf 'J\\374rgen')\"");
	operator_expect(o, 0, "mnm " MNM_VERSION "\n", "--version");
	operator_expect(o, 0, "usage: mnm user show USER [--json]\n",
	    "user -h");
	operator_expect(o, 0, "usage: mnm check [--json]\n"
	    "        check configuration, data", "help check");
	operator_expect(o, 0, "usage: mnm [-c FILE] ", "--help");
	operator_expect(o, 0, "usage: mnm [-c FILE] ", "help");
	operator_expect(o, 2, "error: nowhere: ", "check -c nowhere");
	operator_expect(o, 2, "error: nowhere: ", "check --config=nowhere");
	setenv("MNM_CONFIG", "nowhere", 1);
	operator_expect(o, 2, "error: nowhere: ", "check");
	unsetenv("MNM_CONFIG");
}

/* ---- what a relay has left ---- */

static void
stop(struct operator *o, int signal)
{
	int status = relay_stop(&o->relay, signal);

	CHECK(status == (signal == SIGKILL ? 256 + SIGKILL : 0),
	    "the relay ended with %d", status);
}

/* A relay that is about to serve has the lock, but no socket yet. */
static void
check_lock(struct operator *o)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[RELAY_PATH + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/mnm-data/lock", o->relay.dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd != -1 && fcntl(fd, F_SETLK, &lock) == 0, "%s", path);
	operator_expect(o, 1, USED, "invitations");
	(void)close(fd);	/* nothing was written */
}

static void
expect_log(const struct operator *o, const char *text)
{
	int i;

	for (i = 0; i < 100 && !relay_said(&o->relay, text); i++)
		relay_sleep(100);
	CHECK(relay_said(&o->relay, text), "the log lacks: %s", text);
}

/* What the operator does is in the log, but no code. */
static void
check_log(struct operator *o)
{
	char text[200];

	relay_configure(&o->relay, "\"register\": \"invite\",");
	relay_start(&o->relay);
	expect_log(o, "mnm " MNM_VERSION " serves mnm-data, process ");
	operator_expect(o, 0, "", "invite 'Dora Long'");
	expect_log(o, "operator: invite \"Dora Long\"\n");
	operator_expect(o, 0, "", "uninvite 'Dora Long'");
	expect_log(o, "operator: uninvite\n");
	operator_expect(o, 0, "running", "status");
	operator_expect(o, 0, "usage: mnm reload", "help reload");
	operator_expect(o, 0, "invitations", "invitations --json");
	CHECK(!relay_said(&o->relay, "operator: invitations"), "it was read");
	relay_configure(&o->relay, "\"register\": \"closed\",");
	operator_expect(o, 0, "The relay has read", "reload");
	expect_log(o, "operator: reload\n");
	expect_log(o, "reload: done\n");
	operator_expect(o, 0, "{\"said\":[\"The relay has", "reload --json");
	operator_expect(o, 0, "closed", "register");
	relay_configure(&o->relay, "\"register\": 1,");
	operator_expect(o, 1, "invalid value", "reload");
	/* Only the relay finds out. */
	snprintf(text, sizeof(text), "{\"listen\": [{\"laddr\": "
	    "\"127.0.0.1:%u\"}, {\"net\": \"unix\", \"laddr\": "
	    "\"none/a\"}]}\n", o->relay.port);
	relay_file(&o->relay, "mnm.config", text);
	operator_expect(o, 1, "mnm: cannot listen on none/a: No such file or "
	    "directory; nothing is changed\n", "reload");
	operator_expect(o, 1, "{\"error\":\"cannot listen on none/a",
	    "reload --json");
	relay_configure(&o->relay, "\"register\": \"invite\",");
	/* Nobody waits for a relay that hangs. */
	kill(o->relay.pid, SIGSTOP);
	operator_expect(o, 1, "does not answer within 10 s", "status");
	kill(o->relay.pid, SIGCONT);
	operator_expect(o, 0, "running", "status");
	stop(o, SIGTERM);
	operator_expect(o, 1, "no relay is running", "reload");
}

/* What cannot be written is a failure; an empty list has a word. */
static void
check_output(struct operator *o)
{
	const bool has_script = system("command -v script >/dev/null") == 0;

	if (access("/dev/full", W_OK) == 0) {
		operator_expect(o, 1, "cannot write the output",
		    "--version >/dev/full");
		operator_expect(o, 1, "cannot write the output",
		    "--help >/dev/full");
		operator_expect(o, 1, "cannot write the output",
		    "status >/dev/full");
		operator_expect(o, 1, "cannot write the output",
		    "help check >/dev/full");
	}
	operator_expect(o, 0, "", "user list");
	operator_expect_unsaid(o, "none");
	if (has_script) {
		operator_do(o, "script -qec \"'$PROGRAM' user list\" /dev/null "
		    "</dev/null | grep '^none'");
		operator_do(o, "script -qec \"'$PROGRAM' user list --json\" "
		    "/dev/null </dev/null | grep -v none");
	}
}

/* The control socket of a path that no socket's address can hold. */
static void
check_long_path(struct operator *o)
{
	char data[200], extra[256];

	memset(data, 'd', sizeof(data));
	data[0] = '.';
	data[1] = '/';
	data[sizeof(data) - 1] = '\0';
	snprintf(extra, sizeof(extra), "\"data\": \"%s\",", data);
	relay_configure(&o->relay, extra);
	relay_start(&o->relay);
	CHECK(!relay_said(&o->relay, "commands cannot reach"),
	    "a long path has no socket");
	operator_expect(o, 0, "longest_turn_ms", "stats");
	operator_expect(o, 0, "bytes of journal: ", "backup long");
	stop(o, SIGTERM);
}

/* Some members register, and disconnect. */
static void
register_some(struct operator *o)
{
	static const char *const names[] = {
		"Alice Smith", "Bob Jones", "Carol Dean"
	};
	struct client_pool *pool = client_pool_open();
	struct peer m;
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		peer_init(&m, names[i]);
		peer_register(&m, pool, o->relay.port);
		peer_free(&m);
	}
	client_pool_close(pool);
}

/* A file is damaged; what is left is served, and with its old file all is. */
static void
check_damage(struct operator *o)
{
	operator_do(o, "set -- `grep -l '\"node\"' "
	    "mnm-data/user/*/*/user.json` && cp \"$1\" saved && "
	    "echo \"$1\" >path && echo >>\"$1\"");
	operator_expect(o, 2, "user.json is damaged: ", "fsck");
	operator_expect(o, 2, "damaged pieces: 1\n",
	    "-c mnm.config fsck mnm-data");
	operator_expect(o, 1, "; moved to lost+found/user-", "fsck --repair");
	operator_expect_unsaid(o, "is served");
	operator_expect(o, 0, "damaged pieces: 0\n", "fsck mnm-data --repair");
	operator_expect(o, 0, "users: 2,", "fsck");
	relay_start(&o->relay);
	operator_expect(o, 0, "users", "stats");
	stop(o, SIGTERM);
	operator_expect(o, 0, "users: 2,", "fsck");
	operator_do(o, "cp saved `cat path`");
	operator_expect(o, 0, "users: 3,", "fsck");
	relay_start(&o->relay);
	stop(o, SIGTERM);
	operator_expect(o, 0, "users: 3,", "fsck");
}

/* A relay that was killed has left everything in the journal. */
static void
check_fsck(struct operator *o, int signal)
{
	operator_do(o, "rm -rf mnm-data");
	relay_configure(&o->relay, "\"register\": \"open\",");
	relay_start(&o->relay);
	register_some(o);
	operator_expect(o, 2, USED, "fsck");
	operator_expect(o, 2, USED, "fsck --repair");
	stop(o, signal);
	check_lock(o);
	operator_expect(o, 0, "users: 3,", "fsck");
	operator_expect(o, 0, "damaged pieces: 0\n", "fsck --repair");
	check_damage(o);
}

/* ---- a service ---- */

/* Whether the relay says this to the service manager, sooner or later. */
static void
expect_notice(int manager, const char *notice)
{
	char got[256] = "";
	ssize_t n;

	while (strstr(got, notice) == NULL) {
		n = recv(manager, got, sizeof(got) - 1, 0);
		if (n <= 0)
			break;
		got[n] = '\0';
	}
	CHECK(strstr(got, notice) != NULL, "no %s", notice);
}

/* As a service that is watched over. */
static void
check_service(struct operator *o)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { 60, 0 };
	int manager = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/manager",
	    o->relay.dir);
	if (manager == -1 || bind(manager, (struct sockaddr *)&address,
	    sizeof(address)) == -1 || setsockopt(manager, SOL_SOCKET,
	    SO_RCVTIMEO, &patience, sizeof(patience)) == -1) {
		perror("manager");
		exit(1);
	}
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "2000000", 1);
	relay_start(&o->relay);
	expect_notice(manager, "READY=1");
	expect_notice(manager, "WATCHDOG=1");
	expect_notice(manager, "WATCHDOG=1");
	kill(o->relay.pid, SIGHUP);
	expect_notice(manager, "RELOADING=1");
	expect_notice(manager, "READY=1");
	CHECK(relay_stop(&o->relay, SIGTERM) == 0, "it did not stop well");
	expect_notice(manager, "STOPPING=1");
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(manager);
}

int
main(int argc, char **argv)
{
	char program[RELAY_PATH] = "";
	struct operator o;

	if (argc != 2 || realpath(argv[1], program) == NULL) {
		fprintf(stderr, "usage: commands MNM\n");
		return 2;
	}
	operator_init(&o, program);
	setenv("PROGRAM", program, 1);
	check_init(&o);
	check_next_steps(&o);
	check_configurations(&o);
	check_renew(&o);
	check_plural(&o);
	check_moved(&o);
	check_owners(&o);
	check_usage(&o);
	check_root_start(&o);
	check_service(&o);
	check_log(&o);
	check_output(&o);
	check_long_path(&o);
	check_fsck(&o, SIGTERM);
	check_fsck(&o, SIGKILL);
	operator_free(&o);
	return check_report("commands");
}
