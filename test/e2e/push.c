/*
 * push MNM - devices that sleep are woken, by push services that are processes
 * of this test, with TLS, against the program MNM.  test/e2e/road.so leads the
 * program to them.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bearssl_ssl.h>

#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"
#include "net/authority.h"
#include "net/cert.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/signer.h"

#define CONF "\"push_contact\": \"mailto:me@example.org\", " \
	"\"push_hosts\": [\"*.push.test\"], \"register_rate\": 0,"
#define ROAD_LOG_SIZE 65536	/* road.c's */
#define ROAD_LINE     64
#define REQUEST_MAX   4096

static struct operator op;
static struct client_pool *pool;

/* ---- push services ---- */

struct pushing {
	pid_t pid;
	uint16_t port;
};

static int requests;		/* the end of a pipe: each one that arrives */
static int requests_in;
static struct pushing good, bad;

static int
sock_read(void *fd, unsigned char *dst, size_t room)
{
	ssize_t n = fd_recv(*(int *)fd, (char *)dst, room);

	return n > 0 ? (int)n : -1;
}

static int
sock_write(void *fd, const unsigned char *src, size_t n)
{
	return (int)fd_send(*(int *)fd, (struct span){ (const char *)src, n });
}

/* What the path of a request asks for. */
static void
answer(br_sslio_context *io, const char *request)
{
	static const char redirect[] = "HTTP/1.1 301 Moved\r\n"
	    "Location: https://web.push.test/elsewhere\r\n\r\n";
	char text[200];
	int status = atoi(request + strlen("POST /"));

	if (strncmp(request, "POST /hang", 10) == 0)
		sleep(100);
	(void)snprintf(text, sizeof(text), "HTTP/1.1 %d Some words\r\n"
	    "Retry-After: 3600\r\nContent-Length: 2\r\n\r\nhi", status);
	if (status == 301)
		(void)snprintf(text, sizeof(text), "%s", redirect);
	else if (status == 0)
		(void)snprintf(text, sizeof(text), "220 smtp.test ESMTP\r\n");
	(void)br_sslio_write_all(io, text, strlen(text));
	(void)br_sslio_close(io);
}

/* One connection. */
static void
serve(int fd, const struct cert *cert)
{
	static br_ssl_server_context server;
	static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
	static char request[REQUEST_MAX];
	br_sslio_context io;
	size_t n = 0;
	int got;

	br_ssl_server_init_full_ec(&server, cert->chain, cert->chain_length,
	    BR_KEYTYPE_EC, &cert->ec);
	br_ssl_engine_set_buffer(&server.eng, buffer, sizeof(buffer), 1);
	if (!br_ssl_server_reset(&server))
		_exit(1);
	br_sslio_init(&io, &server.eng, sock_read, &fd, sock_write, &fd);
	while (n < sizeof(request) - 1 &&
	    strstr(request, "\r\n\r\n") == NULL) {
		got = br_sslio_read(&io, request + n, sizeof(request) - 1 - n);
		if (got <= 0)
			_exit(1);
		n += (size_t)got;
	}
	if (write(requests_in, request, sizeof(request)) == -1)
		_exit(1);
	answer(&io, request);
	_exit(0);
}

static int
listen_here(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &size) == -1)
		die("listen: %s", strerror(errno));
	*port = ntohs(at.sin_port);
	return fd;
}

/* A service with a certificate for that name, in files that begin so. */
static void
open_service(struct pushing *s, const char *prefix, const char *name)
{
	char authority[RELAY_PATH + 32], chain[RELAY_PATH + 32];
	char key[RELAY_PATH + 32], why[512];
	const char *const names[] = { name, NULL };
	const struct authority_files files = { authority, chain, key };
	struct cert cert;
	uint64_t until;
	int fd, conn;

	snprintf(authority, sizeof(authority), "%s/%s-ca.pem", op.relay.dir,
	    prefix);
	snprintf(chain, sizeof(chain), "%s/%s-cert.pem", op.relay.dir, prefix);
	snprintf(key, sizeof(key), "%s/%s-key.pem", op.relay.dir, prefix);
	if (authority_keep(&files, names, (uint64_t)time(NULL), why,
	    sizeof(why)) == -1 ||
	    authority_read(&cert, &files, &until, why, sizeof(why)) == -1)
		die("%s", why);
	fd = listen_here(&s->port);
	fflush(NULL);
	s->pid = fork();
	if (s->pid == 0) {
		(void)signal(SIGCHLD, SIG_IGN);
		while ((conn = accept(fd, NULL, NULL)) != -1) {
			if (fork() == 0)
				serve(conn, &cert);
			(void)close(conn);
		}
		_exit(1);
	}
	(void)close(fd);
	cert_free(&cert);
}

static void
close_service(struct pushing *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

/* The next request, waiting for it so long; false if there is none. */
static bool
next_request(char request[REQUEST_MAX], int milliseconds)
{
	struct pollfd p = { .fd = requests, .events = POLLIN };
	size_t n = 0;
	ssize_t got;

	if (poll(&p, 1, milliseconds) != 1)
		return false;
	while (n < REQUEST_MAX) {
		got = read(requests, request + n, REQUEST_MAX - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return true;
}

/* ---- the road ---- */

static char *road_log;

static void
set_env(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
set_env(const char *name, const char *format, ...)
{
	char value[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (setenv(name, value, 1) == -1)
		die("setenv: %s", strerror(errno));
}

static void
open_road(void)
{
	const char *asan = getenv("ASAN_OPTIONS");
	char path[RELAY_PATH + 32], here[RELAY_PATH];
	int fd;

	snprintf(path, sizeof(path), "%s/road.log", op.relay.dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd == -1 || ftruncate(fd, ROAD_LOG_SIZE) == -1)
		die("%s: %s", path, strerror(errno));
	road_log = mmap(NULL, ROAD_LOG_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (road_log == MAP_FAILED || getcwd(here, sizeof(here)) == NULL)
		die("%s: %s", path, strerror(errno));
	(void)close(fd);
	set_env("ROAD_LOG", "%s", path);
	set_env("ROAD_GOOD", "%u", (unsigned)good.port);
	set_env("ROAD_BAD", "%u", (unsigned)bad.port);
	set_env("SSL_CERT_FILE", "%s/good-ca.pem", op.relay.dir);
	set_env("ASAN_OPTIONS", "%s%sverify_asan_link_order=0",
	    asan != NULL ? asan : "", asan != NULL ? ":" : "");
	set_env("LD_PRELOAD", "%s/test/e2e/road.so", here);
}

static unsigned
road_count(const char *address)
{
	unsigned n = 0;
	const char *line;

	for (line = road_log + ROAD_LINE; line < road_log + ROAD_LOG_SIZE;
	    line += ROAD_LINE)
		n += strncmp(line, address, ROAD_LINE) == 0;
	return n;
}

/* ---- people ---- */

/* Each has one device; the path of its URL says what the service answers. */
static struct sleeper {
	const char *host, *path;
	bool is_asked;		/* its request arrives */
	bool keeps_url;
	struct peer peer;
} sleepers[] = {
	{ .host = "web", .path = "201/a", .is_asked = true, .keeps_url = true },
	{ .host = "mixed", .path = "201/m", .keeps_url = true },
	{ .host = "web", .path = "404/b", .is_asked = true },
	{ .host = "web", .path = "410/c", .is_asked = true },
	{ .host = "web", .path = "429/d", .is_asked = true, .keeps_url = true },
	{ .host = "web", .path = "406/e", .is_asked = true, .keeps_url = true },
	{ .host = "web", .path = "500/f", .is_asked = true, .keeps_url = true },
	{ .host = "web", .path = "301/g", .is_asked = true, .keeps_url = true },
	{ .host = "web", .path = "0/h", .is_asked = true, .keeps_url = true },
	{ .host = "web", .path = "hang", .is_asked = true, .keeps_url = true },
	{ .host = "wrong", .path = "201/i", .keeps_url = true },
	{ .host = "bad", .path = "201/j", .keeps_url = true },
	{ .host = "private", .path = "201/k", .keeps_url = true },
	{ .host = "loop", .path = "201/l", .keeps_url = true },
	{ .host = "mapped", .path = "201/n", .keeps_url = true },
	{ .host = "sixtofour", .path = "201/o", .keeps_url = true },
	{ .host = "web", .path = "401/y", .is_asked = true, .keeps_url = true },
	{ .host = "web", .path = "403/z", .is_asked = true, .keeps_url = true }
};

/* Two that come alone, and first. */
#define REFUSED (COUNT(sleepers) - 2)

static struct peer bob;
static char wake_key[PEER_TEXT];

static void
go_to_sleep(struct sleeper *s)
{
	struct peer_frame *f;
	char name[PEER_TEXT];

	peer_init(&s->peer, s->path);
	snprintf(name, sizeof(name), "%s %s", s->host, s->path);
	s->peer.name = name;
	peer_register(&s->peer, pool, op.relay.port);
	peer_say(&s->peer, "{\"op\":3,\"id\":\"w\",\"wake\":"
	    "\"https://%s.push.test/%s\"}", s->host, s->path);
	f = peer_await(&s->peer, "ack");
	CHECK(!peer_is(f, "error", "x") && strstr(f->head, "error") == NULL,
	    "%s: %s", name, f->head);
	peer_frame_free(f);
	peer_drop(&s->peer);
	s->peer.name = s->path;
}

static void
post_to(const struct sleeper *first, size_t n)
{
	static unsigned count;
	struct buf list = { NULL, 0, 0 };
	struct peer_frame *f;
	size_t i;

	for (i = 0; i < n; i++)
		buf_addf(&list, "%s{\"id\":\"%s\",\"type\":1}",
		    i > 0 ? "," : "", first[i].peer.uid);
	peer_say(&bob, "{\"op\":7,\"id\":\"p%u\",\"for\":[%.*s],"
	    "\"datalen\":0}", ++count, (int)list.n, list.p);
	buf_free(&list);
	f = peer_await(&bob, "ack");
	CHECK(strstr(f->head, "error") == NULL, "%s", f->head);
	peer_frame_free(f);
}

/* So that no device has only just been lost. */
static void
restart(int how)
{
	peer_drop(&bob);
	relay_stop(&op.relay, how);
	relay_start(&op.relay);
	peer_login(&bob, pool, op.relay.port);
	peer_frame_free(peer_await(&bob, "info"));
}

static void
await_said(const char *text)
{
	uint64_t end = relay_clock() + RELAY_PATIENCE;

	while (!relay_said(&op.relay, text) && relay_clock() < end)
		relay_sleep(10);
	CHECK(relay_said(&op.relay, text), "the log lacks: %s", text);
}

/* ---- the tests ---- */

static void
check_line(const char *request, const char *line)
{
	const char *at = strstr(request, line);

	CHECK(at != NULL && at > request && at[-1] == '\n', "no %s in\n%s",
	    line, request);
}

/* Who asks whom, and for how long: half a day at most. */
static void
check_claims(const char *request)
{
	static const char before[] = "{\"aud\":\"https://web.push.test\","
	    "\"exp\":";
	static const char after[] = ",\"sub\":\"mailto:me@example.org\"}";
	const char *dot = strchr(strstr(request, "vapid t="), '.') + 1;
	unsigned char claims[REQUEST_MAX];
	unsigned long long exp = 0, now = (unsigned long long)time(NULL);
	char *end = NULL;
	size_t n;

	n = signer_decode(claims, (struct span){ dot, strcspn(dot, ".") });
	claims[n] = '\0';
	if (strncmp((char *)claims, before, strlen(before)) == 0)
		exp = strtoull((char *)claims + strlen(before), &end, 10);
	CHECK(exp > now && exp <= now + 12 * 3600 && strcmp(end, after) == 0,
	    "at %llu: %s", now, (char *)claims);
}

/* Letters and digits, at most 32 of them (RFC 8030, section 5.4). */
static void
topic_of(const char *request, char topic[REQUEST_MAX])
{
	const char *at = strstr(request, "\r\nTopic: ");

	topic[0] = '\0';
	if (at != NULL)
		(void)sscanf(at, "\r\nTopic: %[^\r]", topic);
	CHECK(topic[0] != '\0' && strlen(topic) <= 32 && strspn(topic,
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
	    strlen(topic), "Topic: %s", topic);
}

/* RFC 8030 and 8292; push_test has looked at the signature. */
static void
check_request(const char *request)
{
	char key[PEER_TEXT + 8];

	CHECK(strncmp(request, "POST /201/a HTTP/1.1\r\n", 22) == 0, "%s",
	    request);
	check_line(request, "Host: web.push.test\r\n");
	check_line(request, "Authorization: vapid t=eyJ0eXAiOiJKV1QiLCJhbGci"
	    "OiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3dlYi5wdXNoLnRlc3QiLCJleHAi");
	check_line(request, "TTL: 2419200\r\n");
	check_line(request, "Urgency: high\r\n");
	check_line(request, "Content-Length: 0\r\n");
	check_claims(request);
	snprintf(key, sizeof(key), ", k=%s\r\n", wake_key);
	CHECK(strstr(request, key) != NULL, "another key than %s in\n%s",
	    wake_key, request);
}

/* One that refuses the relay: the operator is told, and it is left alone. */
static void
check_refused(const struct sleeper *s)
{
	char request[REQUEST_MAX], line[REQUEST_MAX];

	post_to(s, 1);
	(void)snprintf(line, sizeof(line), "POST /%s ", s->path);
	CHECK(next_request(request, RELAY_PATIENCE) &&
	    strncmp(request, line, strlen(line)) == 0, "%s", request);
	(void)snprintf(line, sizeof(line), "push: web.push.test answers %.3s: "
	    "it does not accept our key or push_contact", s->path);
	await_said(line);
	post_to(s, 1);
	CHECK(!next_request(request, 300), "asked again: %s", request);
}

static struct sleeper *
sleeper_of(const char *request)
{
	char line[80];
	size_t i;

	for (i = 0; i < REFUSED; i++) {
		snprintf(line, sizeof(line), "POST /%s HTTP/1.1\r\n",
		    sleepers[i].path);
		if (strncmp(request, line, strlen(line)) == 0)
			return &sleepers[i];
	}
	return NULL;
}

/* All at once: each is asked for once, and one that hangs holds up nobody. */
static void
check_all(void)
{
	char request[REQUEST_MAX], topic[REQUEST_MAX];
	struct buf topics = { NULL, 0, 0 };
	struct sleeper *s;
	uint64_t began;
	size_t i, left = 0;

	for (i = 0; i < REFUSED; i++)
		left += sleepers[i].is_asked;
	post_to(sleepers, REFUSED);
	for (; left > 0; left--) {
		if (!next_request(request, RELAY_PATIENCE)) {
			CHECK(false, "%zu requests are missing", left);
			break;
		}
		s = sleeper_of(request);
		CHECK(s != NULL && s->is_asked, "unexpected: %s", request);
		if (s != NULL)
			s->is_asked = false;
		if (s == &sleepers[0])
			check_request(request);
		topic_of(request, topic);
		buf_add_byte(&topics, '\0');
		CHECK(strstr(topics.p, topic) == NULL, "two devices: %s",
		    topic);
		topics.n--;
		buf_addf(&topics, "%s\n", topic);
	}
	buf_free(&topics);
	began = relay_clock();
	post_to(sleepers, REFUSED);
	CHECK(relay_clock() - began < 5000, "the relay waits for a service");
	CHECK(!next_request(request, 1000), "asked twice: %s", request);
}

/* Only to services, and as often as there are devices. */
static void
check_road(void)
{
	static const char *const never[] = { "10.0.0.1", "10.1.2.3",
	    "192.168.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1",
	    "2002:7f00:1::1" };
	uint64_t end = relay_clock() + RELAY_PATIENCE;
	size_t i;

	while ((road_count("1.2.3.4") < 13 || road_count("1.2.3.5") < 1) &&
	    relay_clock() < end)
		relay_sleep(10);
	CHECK(road_count("1.2.3.4") == 13 && road_count("1.2.3.5") == 1,
	    "%u and %u connections", road_count("1.2.3.4"),
	    road_count("1.2.3.5"));
	for (i = 0; i < COUNT(never); i++)
		CHECK(road_count(never[i]) == 0, "connected to %s", never[i]);
}

/* What the user's file says. */
static bool
file_has(const struct sleeper *s, const char *text)
{
	char path[RELAY_PATH + 128];
	struct buf file = { NULL, 0, 0 };
	bool found = false;

	snprintf(path, sizeof(path), "%s/mnm-data/user/%.2s/%s/user.json",
	    op.relay.dir, s->peer.uid, s->peer.uid);
	if (file_read(AT_FDCWD, path, 1 << 20, &file) == 0) {
		buf_add_byte(&file, '\0');
		found = strstr(file.p, text) != NULL;
	} else {
		CHECK(false, "%s: %s", path, strerror(errno));
	}
	buf_free(&file);
	return found;
}

static void
check_files(void)
{
	struct stat st;
	char path[RELAY_PATH + 32];
	size_t i;

	peer_drop(&bob);
	CHECK(relay_stop(&op.relay, SIGTERM) == 0, "status");
	for (i = 0; i < COUNT(sleepers); i++)
		CHECK(file_has(&sleepers[i], "\"wake\":\"https://") ==
		    sleepers[i].keeps_url, "%s: its URL is %s",
		    sleepers[i].path, sleepers[i].keeps_url ? "gone" :
		    "kept");
	CHECK(file_has(&sleepers[0], "\"woken\":1"), "not woken");
	CHECK(!file_has(&sleepers[4], "\"woken\":1"), "woken by a 429");
	snprintf(path, sizeof(path), "%s/mnm-data/push.pem", op.relay.dir);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "the key's mode is %o", (unsigned)st.st_mode);
	CHECK(operator_run(&op, "fsck") == 0, "%s", op.said.p);
	relay_start(&op.relay);
	peer_login(&bob, pool, op.relay.port);
}

/* After a login it may be woken once more; and the key is the same. */
static void
check_again(void)
{
	char request[REQUEST_MAX];
	struct peer *m = &sleepers[0].peer;

	peer_login(m, pool, op.relay.port);
	peer_frame_free(peer_await(m, "info"));
	peer_drop(m);
	restart(SIGKILL);
	post_to(&sleepers[0], 1);
	CHECK(next_request(request, RELAY_PATIENCE), "not woken again");
	check_request(request);
}

/* A stranger sees the key, and nothing if there is no contact. */
static void
check_key(bool is_there)
{
	struct peer stranger;
	struct peer_frame *f;
	char text[PEER_TEXT];

	peer_init(&stranger, "stranger");
	peer_connect(&stranger, pool, op.relay.port);
	f = peer_await(&stranger, "tmtprev");
	peer_get(f, "wake", text);
	CHECK((strlen(text) == 87) == is_there, "%s", f->head);
	if (is_there)
		memcpy(wake_key, text, sizeof(wake_key));
	peer_frame_free(f);
	peer_free(&stranger);
}

/* The process that sends is killed; a reload ends it. */
static void
check_sender(void)
{
	char command[128];

	snprintf(command, sizeof(command),
	    "kill -9 $(cat /proc/%ld/task/%ld/children)",
	    (long)op.relay.pid, (long)op.relay.pid);
	if (operator_shell(&op.relay, &op.said, command) == 0) {
		await_said("the process that asks push services has ended");
		check_key(false);
		restart(SIGTERM);
		check_key(true);
	}
	relay_configure(&op.relay, "");
	kill(op.relay.pid, SIGHUP);
	await_said("reload: done");
	check_key(false);
	relay_configure(&op.relay, CONF);
	relay_file(&op.relay, "said.txt", "");
	kill(op.relay.pid, SIGHUP);
	await_said("reload: done");
	check_key(true);
}

int
main(int argc, char **argv)
{
	char *program;
	int ends[2];
	size_t i;

	if (argc != 2 || (program = realpath(argv[1], NULL)) == NULL)
		die("usage: push MNM");
	(void)signal(SIGPIPE, SIG_IGN);
	if (pipe(ends) == -1)
		die("pipe: %s", strerror(errno));
	requests = ends[0];
	requests_in = ends[1];
	operator_init(&op, program);
	open_service(&good, "good", "web.push.test");
	open_service(&bad, "bad", "bad.push.test");
	open_road();
	relay_configure(&op.relay, CONF);
	relay_start(&op.relay);
	pool = client_pool_open();
	check_key(true);
	peer_init(&bob, "bob");
	peer_register(&bob, pool, op.relay.port);
	for (i = 0; i < COUNT(sleepers); i++)
		go_to_sleep(&sleepers[i]);
	restart(SIGTERM);
	check_refused(&sleepers[REFUSED]);
	restart(SIGTERM);	/* it logs one line a minute */
	check_refused(&sleepers[REFUSED + 1]);
	check_all();
	check_road();
	check_files();
	check_again();
	check_sender();
	peer_free(&bob);
	client_pool_close(pool);
	operator_free(&op);
	close_service(&good);
	close_service(&bad);
	free(program);
	return check_report("push, end to end");
}
