/*
 * system MNM ODD.so - a relay on systems that are not like others: signals,
 * descriptors and limits that it inherits, file systems that say little,
 * time servers that say nothing, disks that stall; and what it gives up itself.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/log.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define BLOCK 60000		/* bytes of a small post */
#define LARGE (16 << 20)
#define FEW_POSTS 400		/* blocks, more than the journal has */
#define SILENT 12		/* time servers; each is waited for for 2 s */

static const char *program, *odd;
static struct client_pool *pool;

/* ---- helpers ---- */

/* A relay that a script starts, which begins with these lines. */
static void
make_relay(struct operator *o, const char *lines)
{
	struct relay_process *r = &o->relay;
	char path[RELAY_PATH + 16];
	struct buf script = { NULL, 0, 0 };

	operator_init(o, program);
	if (lines == NULL)
		return;
	buf_addf(&script, "#!/bin/sh\n%s\n", lines);
	relay_file(r, "start", script.p);
	buf_free(&script);
	(void)snprintf(path, sizeof(path), "%s/start", r->dir);
	if (chmod(path, 0700) == -1 || strlen(path) >= sizeof(r->program))
		die("%s: %s", path, strerror(errno));
	memcpy(r->program, path, strlen(path) + 1);
}

/* A member posts something to itself; returns the ack. */
static struct peer_frame *
post(struct peer *p, size_t n)
{
	char *data = calloc(n, 1);
	struct peer_frame *f;

	if (data == NULL)
		die("no memory");
	peer_say(p, "{\"op\":7,\"id\":\"1\",\"for\":[{\"id\":\"%s\","
	    "\"type\":1}],\"datalen\":%zu}", p->uid, n);
	peer_data(p, (struct span){ data, n });
	free(data);
	f = peer_await(p, "ack");
	return f;
}

static void
expect_post(struct peer *p, size_t n, const char *error)
{
	struct peer_frame *f = post(p, n);
	char text[PEER_TEXT];

	peer_get(f, "error", text);
	CHECK(error[0] == '\0' ? text[0] == '\0' :
	    strstr(text, error) != NULL, "%zu bytes: \"%s\" instead of \"%s\"",
	    n, text, error);
	peer_frame_free(f);
}

/* It serves a member. */
static void
expect_service(struct operator *o)
{
	struct peer p;

	peer_init(&p, "member");
	peer_register(&p, pool, o->relay.port);
	expect_post(&p, BLOCK, "");
	peer_free(&p);
}

static void
expect_said(const struct operator *o, const char *text)
{
	uint64_t end = relay_clock() + RELAY_PATIENCE;

	while (!relay_said(&o->relay, text) && relay_clock() < end)
		relay_sleep(5);
	CHECK(relay_said(&o->relay, text), "it does not say: %s", text);
}

/* With a sanitizer, the relay has its library besides: any order will do. */
static void
set_odd(const char *how)
{
	if (how != NULL) {
		setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
		setenv("LD_PRELOAD", odd, 1);
		setenv("ODD", how, 1);
	} else {
		unsetenv("LD_PRELOAD");
	}
}

/* Status 0 after SIGTERM, and it has served. */
static void
end(struct operator *o)
{
	int status = relay_stop(&o->relay, SIGTERM);

	CHECK(status == 0, "it ended with %d", status);
	operator_free(o);
}

/* A datagram socket of this machine on which nobody answers. */
static int
open_silent(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&address, n) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &n) == -1)
		die("socket: %s", strerror(errno));
	*port = ntohs(address.sin_port);
	return fd;
}

/* A relay that asks these before it serves. */
static void
ask_silent(struct operator *o, uint16_t port, unsigned hosts)
{
	struct buf conf = { NULL, 0, 0 };

	buf_addf(&conf, "\"ntp\": {\"retries\": 0, \"hosts\": [");
	while (hosts-- > 0)
		buf_addf(&conf, "\"127.0.0.1:%u\"%s", (unsigned)port,
		    hosts > 0 ? "," : "");
	buf_addf(&conf, "]},");
	relay_configure(&o->relay, conf.p);
	buf_free(&conf);
}

/* ---- signals ---- */

static const int strays[] = { SIGUSR1, SIGUSR2, SIGPIPE, SIGVTALRM, SIGPROF,
	SIGXCPU, SIGXFSZ, SIGCHLD, SIGALRM };

static void
test_signals(void)
{
	struct operator o;
	size_t i;

	make_relay(&o, NULL);
	relay_start(&o.relay);
	for (i = 0; i < COUNT(strays); i++)
		kill(o.relay.pid, strays[i]);
	expect_service(&o);
	CHECK(relay_stop(&o.relay, SIGQUIT) == 0, "SIGQUIT");
	expect_said(&o, "stopped");
	relay_start(&o.relay);
	CHECK(relay_stop(&o.relay, SIGSEGV) == 256 + SIGSEGV ||
	    relay_said(&o.relay, "Sanitizer"), "it outlives a fault");
	CHECK(relay_said(&o.relay, "fault in this program") ||
	    relay_said(&o.relay, "Sanitizer"), "no word about a fault");
	operator_free(&o);
}

/* What the parent has blocked, ignored, or set an alarm for. */
static void
test_inherited(void)
{
	struct operator o;
	sigset_t all, before;

	make_relay(&o, NULL);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	(void)signal(SIGTERM, SIG_IGN);
	relay_start(&o.relay);
	(void)signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	end(&o);
}

static bool
accepts(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), result;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	result = connect(fd, (struct sockaddr *)&address, sizeof(address));
	(void)close(fd);
	return result == 0;
}

/* While it waits for the time, before it serves. */
static void
test_stop_at_start(void)
{
	char *arguments[] = { NULL, NULL }, byte;
	struct operator o;
	uint16_t port;
	int fd = open_silent(&port), status;
	pid_t pid;

	make_relay(&o, "echo $$ >pid; exec \"$MNM\"");
	ask_silent(&o, port, 10);
	arguments[0] = o.relay.program;
	pid = fork();
	if (pid == 0) {
		status = relay_run(&o.relay, arguments);
		_exit(status > 255 ? 99 : status);
	}
	CHECK(recv(fd, &byte, 1, 0) == 1, "it asks nobody");
	CHECK(!accepts(o.relay.port), "clients wait for a relay that waits");
	CHECK(operator_shell(&o.relay, &o.said, "kill $(cat pid)") == 0, "%s",
	    o.said.p);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	expect_said(&o, "stopped before it serves, by signal 15");
	(void)close(fd);
	operator_free(&o);
}

/* ---- descriptors and limits ---- */

static void
test_closed_streams(void)
{
	struct operator o;
	char command[100];

	make_relay(&o, "exec \"$MNM\" <&- 2>&-");
	relay_start(&o.relay);
	expect_service(&o);
	/* Only root may look, as it is confined. */
	if (geteuid() == 0 && access("/proc/self/fd", X_OK) == 0) {
		(void)snprintf(command, sizeof(command),
		    "ls -l /proc/%ld/fd/0 /proc/%ld/fd/2",
		    (long)o.relay.pid, (long)o.relay.pid);
		CHECK(operator_shell(&o.relay, &o.said, command) == 0 &&
		    strstr(o.said.p, "0 -> /dev/null") != NULL &&
		    strstr(o.said.p, "2 -> /dev/null") != NULL, "%s",
		    o.said.p);
	}
	end(&o);
}

/* A large message must be refused, not end the relay. */
static void
test_file_limit(void)
{
	struct operator o;
	struct peer p;

	make_relay(&o, "ulimit -f 20480 && exec \"$MNM\"");
	relay_configure(&o.relay, "\"journal_size\": \"16M\",");
	relay_start(&o.relay);
	peer_init(&p, "member");
	peer_register(&p, pool, o.relay.port);
	expect_post(&p, LARGE, "File too large");
	expect_post(&p, BLOCK, "");
	peer_free(&p);
	end(&o);
}

/* With so few, the journal and packs must leave some for queues. */
static void
test_few_descriptors(void)
{
	struct operator o;
	struct peer p, away;
	int i;

	make_relay(&o, "ulimit -n 24 && exec \"$MNM\"");
	relay_start(&o.relay);
	expect_service(&o);
	peer_init(&away, "away");
	peer_init(&p, "poster");
	peer_register(&away, pool, o.relay.port);
	peer_drop(&away);
	peer_register(&p, pool, o.relay.port);
	(void)snprintf(p.uid, sizeof(p.uid), "%s", away.uid);
	for (i = 0; i < FEW_POSTS; i++)
		expect_post(&p, BLOCK, "");
	peer_login(&away, pool, o.relay.port);
	for (i = 0; i < FEW_POSTS; i++)
		peer_frame_free(peer_await(&away, "delivery"));
	peer_free(&p);
	peer_free(&away);
	end(&o);

	make_relay(&o, "ulimit -n 20 && exec \"$MNM\"");
	CHECK(!relay_can_start(&o.relay), "it starts with 20 descriptors");
	CHECK(relay_said(&o.relay, "ulimit -n"), "it does not say why");
	operator_free(&o);
}

/* Nobody can administer it then, but it serves. */
static void
test_unwatched(void)
{
	struct operator o;

	make_relay(&o, NULL);
	set_odd("watch");
	relay_start(&o.relay);
	set_odd(NULL);
	expect_said(&o, "commands cannot reach this relay");
	expect_service(&o);
	end(&o);
}

/* What nobody has looked at is not found to be right. */
static void
test_killed_check(void)
{
	struct operator o;

	make_relay(&o, NULL);
	set_odd("fork");
	operator_expect(&o, 2, "was killed by signal 9", "check");
	set_odd(NULL);
	operator_free(&o);
}

/* ---- file systems ---- */

static void
test_odd_disks(void)
{
	static const char *const kinds[] = { "statvfs", "vast", "dirsync",
		"intr", "sector" };
	struct operator o;
	size_t i;

	for (i = 0; i < COUNT(kinds); i++) {
		make_relay(&o, NULL);
		/* So that there is a journal to be read. */
		relay_start(&o.relay);
		CHECK(relay_stop(&o.relay, SIGTERM) == 0, "it ends");
		set_odd(kinds[i]);
		relay_start(&o.relay);
		set_odd(NULL);
		expect_service(&o);
		CHECK(!relay_said(&o.relay, "disk is full"), "%s", kinds[i]);
		end(&o);
	}
}

/* ---- the service manager ---- */

static int
open_notify(const struct operator *o)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[RELAY_PATH + 16];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)snprintf(path, sizeof(path), "%s/notify", o->relay.dir);
	if (fd == -1 || strlen(path) >= sizeof(address.sun_path))
		die("%s: too long", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		die("%s: %s", path, strerror(errno));
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

/* How often it feeds the watchdog in this time. */
static unsigned
count_beats(int fd, int milliseconds)
{
	uint64_t until = relay_clock() + (uint64_t)milliseconds, now;
	struct pollfd in = { .fd = fd, .events = POLLIN };
	unsigned beats = 0;
	char text[200];
	ssize_t n;

	while ((now = relay_clock()) < until) {
		if (poll(&in, 1, (int)(until - now)) != 1)
			continue;
		n = recv(fd, text, sizeof(text) - 1, 0);
		if (n <= 0)
			break;
		text[n] = '\0';
		beats += strstr(text, "WATCHDOG=1") != NULL;
	}
	return beats;
}

static void
stall(const struct operator *o, const char *command)
{
	struct buf said = { NULL, 0, 0 };

	CHECK(operator_shell(&o->relay, &said, command) == 0, "%s", said.p);
	buf_free(&said);
}

/* A watchdog of a second; the disk stalls for four, or the loop does. */
static void
test_watchdog(const char *how)
{
	struct operator o;
	struct peer p;
	bool hangs = strcmp(how, "hang") == 0;
	unsigned beats;
	int fd;

	make_relay(&o, NULL);
	fd = open_notify(&o);
	setenv("WATCHDOG_USEC", "1000000", 1);
	set_odd(how);
	relay_start(&o.relay);
	set_odd(NULL);
	unsetenv("WATCHDOG_USEC");
	unsetenv("NOTIFY_SOCKET");
	peer_init(&p, "member");
	peer_register(&p, pool, o.relay.port);
	CHECK(count_beats(fd, 3000) > 0, "%s: not a beat", how);
	stall(&o, "touch stall");
	if (hangs) {
		peer_drop(&p);
		peer_connect(&p, pool, o.relay.port);
	} else {
		peer_say(&p, "{\"op\":7,\"id\":\"1\",\"for\":[{\"id\":\"%s\","
		    "\"type\":1}],\"datalen\":1}", p.uid);
		peer_data(&p, SPAN("x"));
		(void)peer_wait(p.client, relay_clock() + 100);
	}
	(void)count_beats(fd, 3000);	/* the last ones */
	beats = count_beats(fd, 4000);
	CHECK(hangs ? beats == 0 : beats > 1, "%s: %u beats", how, beats);
	stall(&o, "rm stall");
	CHECK(count_beats(fd, 4000) > 0, "%s: no beat afterwards", how);
	peer_free(&p);
	(void)close(fd);
	end(&o);
}

/* ---- root ---- */

/* Whether there is another user, who can reach the directory. */
static bool
find_nobody(const struct operator *o)
{
	const struct passwd *user = getpwnam("nobody");
	int status;
	pid_t pid;

	if (geteuid() != 0 || user == NULL || chmod(o->relay.dir, 0755) == -1)
		return false;
	pid = fork();
	if (pid == 0)
		_exit(setuid(user->pw_uid) == -1 ||
		    access(o->relay.dir, X_OK) == -1 ||
		    access(program, X_OK) == -1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void
test_root(void)
{
	struct operator o;

	make_relay(&o, NULL);
	if (!find_nobody(&o)) {
		puts("system: what root sees is skipped");
		operator_free(&o);
		return;
	}
	relay_configure(&o.relay, "\"user\": \"nobody\",");
	relay_start(&o.relay);
	CHECK(relay_stop(&o.relay, SIGTERM) == 0, "as nobody");
	stall(&o, "chown 0:0 mnm-data/tmp");
	CHECK(operator_shell(&o.relay, &o.said, "\"$MNM\" 2>&1") != 0 &&
	    strstr(o.said.p, "mnm-data/tmp: cannot make a file there") != NULL,
	    "%s", o.said.p);

	stall(&o, "chown nobody mnm-data/tmp && mkdir -m 700 root && "
	    "cp mnm-data/cert.pem mnm-data/key.pem root");
	relay_file(&o.relay, "renewed.config", "{\"user\": \"nobody\", "
	    "\"data\": \"mnm-data\", \"listen\": {\"laddr\": \"127.0.0.1:0\", "
	    "\"certPath\": \"root/cert.pem\", \"keyPath\": "
	    "\"root/key.pem\"}}");
	(void)operator_run(&o, "-c renewed.config check");
	CHECK(strstr(o.said.p, "when it is renewed") != NULL, "%s", o.said.p);
	stall(&o, "chmod 755 root && chmod 644 root/*");
	(void)operator_run(&o, "-c renewed.config check");
	CHECK(strstr(o.said.p, "when it is renewed") == NULL, "%s", o.said.p);
	operator_free(&o);
}

/* ---- what it gives up ---- */

static void
expect_status(struct operator *o, const char *line, bool there)
{
	char command[128];

	(void)snprintf(command, sizeof(command),
	    "grep -q '%s' /proc/%ld/status", line, (long)o->relay.pid);
	CHECK((operator_shell(&o->relay, &o->said, command) == 0) == there,
	    "%s: %s", there ? "no" : "there is", line);
}

/* Its memory has a limit of its own, or what this program has. */
static void
expect_limit(struct operator *o, bool own)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "a=$(grep '^Max data' "
	    "/proc/%ld/limits) && b=$(grep '^Max data' /proc/$$/limits) && "
	    "test \"$a\" = \"$b\"", (long)o->relay.pid);
	CHECK((operator_shell(&o->relay, &o->said, command) == 0) != own,
	    "%s limit", own ? "no" : "a");
}

/* The memory that it may take, and what it has, in MB. */
static void
expect_room(const char *lines, const char *condition)
{
	struct operator o;
	char command[256];

	make_relay(&o, lines);
	relay_configure(&o.relay, "\"links_max\": 100,");
	relay_start(&o.relay);
	(void)snprintf(command, sizeof(command), "p=/proc/%ld; "
	    "may=$(awk '/^Max data/ { print int($4 / 1048576) }' $p/limits); "
	    "has=$(awk '/^VmData/ { print int($2 / 1024) }' $p/status); "
	    "echo \"$may $has\"; test %s", (long)o.relay.pid, condition);
	CHECK(operator_shell(&o.relay, &o.said, command) == 0, "%s: %s: %s",
	    lines, condition, o.said.p);
	end(&o);
}

static void
test_memory(void)
{
	if ((confine_possible() & CONFINE_MEMORY) == 0 ||
	    access("/proc/self/limits", R_OK) == -1) {
		puts("system: limits of memory are skipped");
		return;
	}
	expect_room("exec \"$MNM\"", "$((may - has)) -ge 512");
	expect_room("ulimit -s 1048576; exec \"$MNM\"",
	    "$((may - has)) -ge 512");
	expect_room("ulimit -S -d 204800; exec \"$MNM\"", "$may -eq 200");
}

static void
test_confined(void)
{
	struct operator o;
	bool can;

	make_relay(&o, NULL);
	(void)operator_run(&o, "check");
	can = strstr(o.said.p, "confined: no new privileges") != NULL;
	if (!can)
		puts("system: this build or system does not confine");
	relay_start(&o.relay);
	expect_said(&o, can ? "; confined: no new privileges" :
	    "; confined: nothing");
	if (can && access("/proc/self/status", R_OK) == 0) {
		expect_status(&o, "^NoNewPrivs:.1$", true);
		expect_limit(&o, true);
	}
	/* Renewed in other directories, it cannot be read. */
	stall(&o, "mkdir new && cp mnm-data/*.pem new");
	relay_file(&o.relay, "mnm.config", "{\"listen\": {\"laddr\": "
	    "\"127.0.0.1:0\", \"certPath\": \"/etc/passwd\", \"keyPath\": "
	    "\"new/key.pem\"}}");
	kill(o.relay.pid, SIGHUP);
	expect_said(&o, can && strstr(o.said.p, "files") != NULL ?
	    "had at its start: restart it" : "nothing is changed");
	CHECK(relay_stop(&o.relay, SIGTERM) == 0, "stop");

	relay_configure(&o.relay, "\"confine\": false,");
	relay_start(&o.relay);
	expect_said(&o, "; confined: nothing");
	if (access("/proc/self/status", R_OK) == 0)
		expect_status(&o, "^NoNewPrivs:.1$", false);
	if (access("/proc/self/limits", R_OK) == 0)
		expect_limit(&o, false);
	end(&o);
}

/*
 * Not all time servers are waited for.  In a process of its own, as it takes 20
 * seconds.
 */
static pid_t
begin_silent(void)
{
	struct operator o;
	uint16_t port;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid != 0)
		return pid;
	(void)open_silent(&port);
	make_relay(&o, NULL);
	ask_silent(&o, port, SILENT);
	relay_start(&o.relay);
	expect_said(&o, "no time to ask");
	end(&o);
	fflush(stdout);
	_exit(check_failed > 0);
}

int
main(int argc, char **argv)
{
	int status;
	pid_t silent;

	if (argc != 3 || (program = realpath(argv[1], NULL)) == NULL ||
	    (odd = realpath(argv[2], NULL)) == NULL)
		die("usage: system MNM ODD.so");
	(void)signal(SIGPIPE, SIG_IGN);
	setenv("MNM", program, 1);
	pool = client_pool_open();
	silent = begin_silent();

	test_signals();
	test_inherited();
	test_stop_at_start();
	test_closed_streams();
	test_file_limit();
	test_few_descriptors();
	test_unwatched();
	test_killed_check();
	test_odd_disks();
	test_watchdog("sync");
	test_watchdog("hang");
	test_root();
	test_confined();
	test_memory();

	CHECK(waitpid(silent, &status, 0) == silent && status == 0,
	    "silent time servers: %x", (unsigned)status);
	client_pool_close(pool);
	return check_report("system");
}
