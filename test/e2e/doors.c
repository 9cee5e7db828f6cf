/*
 * doors MNM - every way in: several listeners, Unix sockets, no TLS, proxies
 * that send a PROXY header; and what a reload does to them.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/unit/browser_hello.h"

#define HELLO "0011{\"op\":0,\"id\":\"1\"}"
#define REGISTER "0019{\"op\":1,\"newnode\":\"desk\"}"
#define METRICS "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define V1 "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n"
#define V2 "\r\n\r\n\0\r\nQUIT\n"

/* ---- connections ---- */

/* Receive for 10 seconds at most. */
static int
ready(int fd, const struct sockaddr *address, socklen_t n)
{
	struct timeval limit = { 10, 0 };

	if (fd == -1 || connect(fd, address, n) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ==
	    -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
dial_tcp(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_port = htons(port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return ready(socket(AF_INET, SOCK_STREAM, 0),
	    (struct sockaddr *)&address, sizeof(address));
}

static int
dial_tcp6(uint16_t port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };

	address.sin6_port = htons(port);
	address.sin6_addr = in6addr_loopback;
	return ready(socket(AF_INET6, SOCK_STREAM, 0),
	    (struct sockaddr *)&address, sizeof(address));
}

/* In the relay's directory. */
static int
dial_unix(const struct relay_process *r, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%.20s",
	    r->dir, name);
	return ready(socket(AF_UNIX, SOCK_STREAM, 0),
	    (struct sockaddr *)&address, sizeof(address));
}

static void
say_bytes(int fd, const char *bytes, size_t n)
{
	CHECK(send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n, "cannot send");
}

static void
say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

static bool
has_text(const struct buf *got, const char *text)
{
	return span_find(buf_span(got), span_of(text)) < got->n;
}

/*
 * Receive until text was received; or, without text, until the end.  What was
 * received is in the answer, which must be freed.
 */
static struct buf
hear(int fd, const char *text)
{
	struct buf got = { NULL, 0, 0 };
	ssize_t n = 1;

	do {
		buf_add_byte(&got, '\0');
		got.n--;
		if (text != NULL && has_text(&got, text))
			return got;
		n = recv(fd, buf_room(&got, 4096), 4096, 0);
		got.n += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	CHECK(text == NULL, "not received: %s; but: %s", text, got.p);
	CHECK(text != NULL || n == 0 || errno == ECONNRESET,
	    "it does not close");
	return got;
}

static void
hear_text(int fd, const char *text)
{
	struct buf got = hear(fd, text);

	buf_free(&got);
}

/* It closes, and has said this; or nothing if text is NULL. */
static void
hear_end(int fd, const char *text)
{
	struct buf got = hear(fd, NULL);

	CHECK(text == NULL ? got.n == 0 : strstr(got.p, text) != NULL,
	    "no \"%s\" before the end: %s", text, got.p);
	buf_free(&got);
	close(fd);
}

/* It speaks TMTP. */
static void
check_tmtp(int fd, const char *what)
{
	CHECK(fd != -1, "%s: cannot connect", what);
	if (fd == -1)
		return;
	say(fd, HELLO);
	hear_text(fd, "\"op\":\"tmtprev\"");
	close(fd);
}

static void
check_refused(int fd, const char *what)
{
	CHECK(fd == -1, "%s: can connect", what);
	if (fd != -1)
		close(fd);
}

/*
 * Wait until the log says it.  A reload has the relay log the last line that it
 * has folded: see base/fold.h.
 */
static void
await_log(const struct relay_process *r, const char *text)
{
	uint64_t now = relay_clock(), end = now + 10000, ask = now + 300;

	while (!relay_said(r, text) && (now = relay_clock()) < end) {
		if (now >= ask && kill(r->pid, SIGHUP) == 0)
			ask = now + 300;
		relay_sleep(5);
	}
	CHECK(relay_said(r, text), "the log does not say: %s", text);
}

/* ---- configurations ---- */

/* Write mnm.config with this value of listen, and more before it. */
__attribute__((format(printf, 3, 4)))
static void
configure(const struct relay_process *r, const char *more, const char *listen,
    ...)
{
	struct buf text = { NULL, 0, 0 };
	char list[2048];
	va_list args;

	va_start(args, listen);
	vsnprintf(list, sizeof(list), listen, args);
	va_end(args);
	buf_addf(&text, "{\n%s\n\"listen\": %s\n}\n", more, list);
	relay_file(r, "mnm.config", text.p);
	buf_free(&text);
}

static void
reload(struct relay_process *r, const char *said)
{
	relay_file(r, "said.txt", "");
	CHECK(kill(r->pid, SIGHUP) == 0, "kill");
	await_log(r, said);
}

/* The relay must not start, and say why. */
static void
expect_refusal(struct relay_process *r, const char *text)
{
	char *arguments[] = { r->program, NULL };
	int status = relay_run(r, arguments);

	CHECK(status == 1, "exit %d, not 1, for: %s", status, text);
	CHECK(relay_said(r, text), "it does not say: %s", text);
}

static bool
exists(const struct relay_process *r, const char *name, struct stat *st)
{
	char path[RELAY_PATH + 64];

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	return lstat(path, st) == 0;
}

/* ---- tests ---- */

static void
check_tls(struct client *c, const char *what)
{
	struct reply reply;
	uint64_t end = relay_clock() + 10000;
	bool got = false;

	CHECK(c != NULL && peer_await_open(c, 10000), "%s: no TLS", what);
	if (c == NULL)
		return;
	client_send(c, SPAN(HELLO));
	client_push(c);
	while (!got && peer_wait(c, end))
		got = client_next(c, &reply);
	CHECK(got, "%s: no answer through TLS", what);
	client_close(c);
}

/* Each listener is served as the configuration says. */
static void
test_many(struct relay_process *r)
{
	struct client_pool *pool = client_pool_open();
	uint16_t plain = relay_free_port();
	char path[RELAY_PATH + 64];
	struct stat st;
	int fd;

	configure(r, "", "[{\"laddr\": \"127.0.0.1:%u\"},\n"
	    "{\"laddr\": \"localhost:%u\", \"tls\": false,\"net\": \"tcp4\"},\n"
	    "{\"net\": \"unix\", \"laddr\": \"plain\", \"tls\": false,"
	    " \"http\": false, \"mode\": \"0600\"},\n"
	    "{\"net\": \"unix\", \"laddr\": \"secret\"}]",
	    (unsigned)r->port, (unsigned)plain);
	relay_start(r);
	check_tls(client_connect(pool, r->port, NULL), "TCP");
	check_tmtp(dial_tcp(plain), "TCP without TLS");
	check_tmtp(dial_unix(r, "plain"), "Unix");
	snprintf(path, sizeof(path), "%s/secret", r->dir);
	check_tls(client_connect_unix(pool, path), "Unix with TLS");
	CHECK(exists(r, "plain", &st) && (st.st_mode & 0777) == 0600,
	    "mode %o", st.st_mode);
	CHECK(exists(r, "secret", &st) && (st.st_mode & 0777) == 0660,
	    "mode %o", st.st_mode);

	fd = dial_tcp(plain);
	say(fd, "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	hear_end(fd, "HTTP/1.1 200");
	fd = dial_unix(r, "plain");
	say(fd, "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	hear_end(fd, "\"op\":\"quit\"");
	fd = dial_tcp(r->port);
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	hear_end(fd, "400");
	fd = dial_tcp(r->port);
	say(fd, HELLO);
	hear_end(fd, "TLS");
	CHECK(relay_stop(r, SIGTERM) == 0, "it fails");
	CHECK(!exists(r, "plain", &st) && !exists(r, "secret", &st),
	    "sockets are left");
	client_pool_close(pool);
}

/* A dead relay's socket is replaced, but nothing else. */
static void
test_stale(struct relay_process *r)
{
	char twice[100];
	struct relay_process other;
	struct buf said = { NULL, 0, 0 };
	struct stat st;

	configure(r, "", "{\"net\": \"unix\", \"laddr\": \"plain\","
	    " \"tls\": false}");
	relay_start(r);
	relay_init(&other, r->program);
	configure(&other, "", "{\"net\": \"unix\", \"laddr\": \"%.80s/plain\","
	    " \"tls\": false}", r->dir);
	expect_refusal(&other, "plain: another program, or another mnm, uses "
	    "this socket");
	check_tmtp(dial_unix(r, "plain"), "Unix, after that");
	relay_stop(r, SIGKILL);
	CHECK(exists(r, "plain", &st), "the socket is gone");
	relay_start(r);
	check_tmtp(dial_unix(r, "plain"), "Unix, after a crash");

	/* Another relay's socket, which is there by now, stays. */
	CHECK(operator_shell(r, &said, "mv plain away") == 0, "mv");
	buf_free(&said);
	relay_start(&other);
	CHECK(relay_stop(r, SIGTERM) == 0, "it fails");
	check_tmtp(dial_unix(r, "plain"), "another's");
	CHECK(relay_stop(&other, SIGTERM) == 0, "it fails");
	CHECK(!exists(r, "plain", &st), "the other's socket is left");
	relay_free(&other);

	relay_file(r, "plain", "precious");
	expect_refusal(r, "plain: it exists, and is not a socket");
	CHECK(exists(r, "plain", &st) && st.st_size == 8, "it is lost");
	configure(r, "", "[{\"net\": \"unix\", \"laddr\": \"first\"},"
	    "{\"net\": \"unix\", \"laddr\": \"none/second\"}]");
	expect_refusal(r, "cannot listen on none/second: No such file");
	CHECK(!exists(r, "first", &st), "the first is left");
	/* Both can be bound; only one can listen. */
	(void)snprintf(twice, sizeof(twice), "[{\"laddr\": \"127.0.0.1:%u\"},"
	    "{\"laddr\": \":%u\"}]", r->port, r->port);
	configure(r, "", "%s", twice);
	expect_refusal(r, "another program, or another mnm, uses this port");
	configure(r, "", "{\"net\": \"unix\", \"laddr\": \"first\","
	    "\"group\": \"no such group\"}");
	expect_refusal(r, "cannot listen on first: there is no group no such "
	    "group");
	CHECK(!exists(r, "first", &st), "the first is left");
	/* When what comes later fails. */
	configure(r, "\"data\": \"other\",", "[{\"net\": \"unix\", \"laddr\": "
	    "\"first\", \"tls\": false}, {\"laddr\": \"127.0.0.1:%u\", "
	    "\"certPath\": \"no\", \"keyPath\": \"no\"}]", r->port);
	expect_refusal(r, "no: No such file");
	CHECK(!exists(r, "first", &st), "the first is left without a key");
	CHECK(operator_shell(r, &said, "mkdir -p other && rm -rf other/pack "
	    "&& echo >other/pack") == 0, "files");
	buf_free(&said);
	configure(r, "\"data\": \"other\",", "{\"net\": \"unix\", \"laddr\": "
	    "\"first\", \"tls\": false}");
	expect_refusal(r, "other/pack is not a directory");
	CHECK(!exists(r, "first", &st), "the first is left without data");
}

static void
test_families(struct relay_process *r)
{
	uint16_t six = relay_free_port();
	int fd = dial_tcp6(0);

	if (fd == -1 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		printf("doors: no IPv6 here: not tested\n");
		return;
	}
	configure(r, "", "[{\"laddr\": \"[::1]:%u\", \"net\": \"tcp6\","
	    "\"tls\": false}, {\"laddr\": \"[::]:%u\"}]", (unsigned)six,
	    (unsigned)r->port);
	relay_start(r);
	check_tmtp(dial_tcp6(six), "tcp6");
	check_refused(dial_tcp(six), "tcp6 by IPv4");
	fd = dial_tcp6(r->port);
	say(fd, HELLO);
	hear_end(fd, "TLS");
	fd = dial_tcp(r->port);
	say(fd, HELLO);
	hear_end(fd, "TLS");
	relay_stop(r, SIGTERM);

	configure(r, "", "{\"laddr\": \":%u\", \"net\": \"tcp6\"}",
	    (unsigned)r->port);
	relay_start(r);
	check_refused(dial_tcp(r->port), "tcp6 everywhere by IPv4");
	fd = dial_tcp6(r->port);
	CHECK(fd != -1, "tcp6 everywhere");
	close(fd);
	relay_stop(r, SIGTERM);
	configure(r, "", "{\"laddr\": \":%u\"}", (unsigned)r->port);
	relay_start(r);
	fd = dial_tcp6(r->port);
	CHECK(fd != -1, "tcp everywhere by IPv6");
	close(fd);
	fd = dial_tcp(r->port);
	CHECK(fd != -1, "tcp everywhere by IPv4");
	close(fd);
	relay_stop(r, SIGTERM);
}

/* Send a header, or part of one, and a frame after it. */
static int
dial_with(const struct relay_process *r, const char *header, size_t n,
    size_t piece)
{
	int fd = dial_unix(r, "proxied");
	size_t i;

	CHECK(fd != -1, "cannot connect");
	for (i = 0; i < n; i += piece) {
		say_bytes(fd, header + i, piece < n - i ? piece : n - i);
		if (piece < n)
			relay_sleep(1);
	}
	return fd;
}

/* A refused request tells the log where it comes from. */
static void
check_peer(const struct relay_process *r, const char *header, size_t n,
    size_t piece, const char *peer)
{
	char line[100];
	int fd;

	relay_file(r, "said.txt", "");
	fd = dial_with(r, header, n, piece);
	say(fd, HELLO "0009{\"op\":99}");
	hear_end(fd, "\"op\":\"quit\"");
	snprintf(line, sizeof(line), "%s quit", peer);
	await_log(r, line);
}

static void
check_no_header(const struct relay_process *r, const char *bytes, size_t n)
{
	int fd = dial_with(r, bytes, n, n);

	hear_end(fd, NULL);
}

static void
test_proxy(struct relay_process *r)
{
	static const char v4[] = V2 "\x21\x11\0\x0c\xc6\x33\x64\x09\x01\x02"
	    "\x03\x04\x12\x34\x01\xbb";
	static const char v6[] = V2 "\x21\x21\0\x27\x20\x01\x0d\xb8\0\0\0\0\0\0"
	    "\0\0\0\0\0\x05\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x06\x12\x34"
	    "\x01\xbb\x04\0\0";
	static const char local[] = V2 "\x20\0\0\0";
	uint16_t near = relay_free_port(), far = relay_free_port();
	char more[200];
	int fd;

	snprintf(more, sizeof(more), "\"proxy_from\": [\"10.0.0.0/8\"],"
	    "\"register_rate\": 1, \"login_timeout\": 2,");
	configure(r, more, "[{\"net\": \"unix\", \"laddr\": \"proxied\","
	    "\"tls\": false, \"proxy\": true},\n"
	    "{\"laddr\": \"127.0.0.1:%u\", \"tls\": false, \"proxy\": true}]",
	    (unsigned)far);
	relay_start(r);
	check_no_header(r, HELLO, strlen(HELLO));
	await_log(r, ": no valid PROXY header");
	check_peer(r, V1, strlen(V1), 100, "203.0.113.7:4711");
	check_peer(r, V1, strlen(V1), 1, "203.0.113.7:4711");
	check_peer(r, v4, sizeof(v4) - 1, 100, "198.51.100.9:4660");
	check_peer(r, v4, sizeof(v4) - 1, 1, "198.51.100.9:4660");
	check_peer(r, v6, sizeof(v6) - 1, 100, "[2001:db8::5]:4660");
	check_peer(r, v6, sizeof(v6) - 1, 1, "[2001:db8::5]:4660");
	check_peer(r, local, sizeof(local) - 1, 100, "local");
	check_peer(r, "PROXY UNKNOWN\r\n", 15, 100, "local");
	check_no_header(r, "GET / HTTP/1.1\r\n\r\n", 18);
	check_no_header(r, "PROXY TCP4 1.2.3.4\r\n", 20);
	check_no_header(r, V2 "\x31\x11\0\x0c", 16);

	/* Limits count the address in the header. */
	fd = dial_with(r, V1, strlen(V1), 100);
	say(fd, HELLO REGISTER);
	hear_text(fd, "\"op\":\"registered\"");
	close(fd);
	fd = dial_with(r, V1, strlen(V1), 100);
	say(fd, HELLO REGISTER);
	hear_end(fd, "\"op\":\"quit\"");
	fd = dial_with(r, v4, sizeof(v4) - 1, 100);
	say(fd, HELLO REGISTER);
	hear_text(fd, "\"op\":\"registered\"");
	close(fd);

	/* What is in the header is not local, whatever the socket is. */
	fd = dial_with(r, V1, strlen(V1), 100);
	say(fd, METRICS);
	hear_end(fd, "HTTP/1.1 404");
	fd = dial_with(r, local, sizeof(local) - 1, 100);
	say(fd, METRICS);
	hear_end(fd, "HTTP/1.1 200");

	/* A header that does not end in time; and a proxy that is not known. */
	fd = dial_with(r, V1, 20, 100);
	hear_end(fd, NULL);
	fd = dial_tcp(far);
	hear_end(fd, NULL);
	await_log(r, "closed: it is not in proxy_from");
	relay_stop(r, SIGTERM);

	snprintf(more, sizeof(more), "\"proxy_from\": [\"127.0.0.0/8\"],");
	configure(r, more, "{\"laddr\": \"127.0.0.1:%u\", \"tls\": false,"
	    "\"proxy\": true}", (unsigned)near);
	relay_start(r);
	fd = dial_tcp(near);
	say(fd, V1);
	check_tmtp(fd, "from a proxy by TCP");
	relay_stop(r, SIGTERM);
}

/* TLS begins right after the header, in the same piece or in another. */
static void
test_proxied_tls(struct relay_process *r)
{
	struct buf bytes = { NULL, 0, 0 }, got;
	size_t piece;
	int fd;

	configure(r, "", "{\"net\": \"unix\", \"laddr\": \"proxied\","
	    "\"proxy\": true}");
	relay_start(r);
	buf_add(&bytes, SPAN(V1));
	buf_add(&bytes, (struct span){ (const char *)browser_hello,
	    sizeof(browser_hello) });
	for (piece = 1; piece < 4096; piece *= 8) {
		fd = dial_with(r, bytes.p, bytes.n, piece);
		got = hear(fd, "http/1.1");
		CHECK(memcmp(got.p, "\x16\3\3", 3) == 0,
		    "no TLS after a header, in pieces of %zu", piece);
		buf_free(&got);
		close(fd);
	}
	fd = dial_with(r, V1 HELLO, strlen(V1 HELLO), 4096);
	hear_end(fd, "this port speaks TLS");
	fd = dial_with(r, (const char *)browser_hello, 100, 100);
	hear_end(fd, NULL);
	await_log(r, ": no valid PROXY header");
	relay_stop(r, SIGTERM);
	buf_free(&bytes);
}

static size_t
descriptors(const struct relay_process *r)
{
	char command[80];
	struct buf said = { NULL, 0, 0 };
	size_t n;

	snprintf(command, sizeof(command), "ls /proc/%ld/fd | wc -l",
	    (long)r->pid);
	operator_shell(r, &said, command);
	n = strtoul(said.p, NULL, 10);
	buf_free(&said);
	return n;
}

/* Listeners change while connections go on. */
static void
test_reload(struct relay_process *r)
{
	uint16_t other = relay_free_port();
	struct buf said = { NULL, 0, 0 };
	int old, kept, half;
	struct stat st;
	size_t n;

	configure(r, "", "[{\"net\": \"unix\", \"laddr\": \"one\","
	    "\"tls\": false},"
	    "{\"laddr\": \"127.0.0.1:%u\", \"tls\": false}]",
	    (unsigned)r->port);
	relay_start(r);
	n = descriptors(r);
	old = dial_unix(r, "one");
	say(old, HELLO);
	hear_text(old, "tmtprev");
	kept = dial_tcp(r->port);
	say(kept, HELLO);
	hear_text(kept, "tmtprev");
	half = dial_tcp(r->port);
	say_bytes(half, HELLO, 7);

	configure(r, "", "[{\"laddr\": \"127.0.0.1:%u\", \"tls\": false},"
	    "{\"laddr\": \"127.0.0.1:%u\", \"tls\": false},"
	    "{\"net\": \"unix\", \"laddr\": \"two\", \"tls\": false}]",
	    (unsigned)r->port, (unsigned)other);
	reload(r, "reload: done");
	CHECK(!exists(r, "one", &st), "the first socket is left");
	check_refused(dial_unix(r, "one"), "a listener that is gone");
	check_tmtp(dial_unix(r, "two"), "a new listener");
	check_tmtp(dial_tcp(other), "another new listener");
	check_tmtp(dial_tcp(r->port), "an old listener");
	say(old, REGISTER);
	hear_text(old, "\"op\":\"registered\"");
	say(kept, REGISTER);
	hear_text(kept, "\"op\":\"registered\"");
	say(half, &HELLO[7]);
	hear_text(half, "tmtprev");
	close(half);

	/* All or nothing. */
	configure(r, "", "[{\"net\": \"unix\", \"laddr\": \"three\"},"
	    "{\"net\": \"unix\", \"laddr\": \"none/four\"}]");
	reload(r, "cannot listen on none/four: No such file or directory; "
	    "nothing is changed");
	CHECK(!exists(r, "three", &st), "the third socket is left");
	check_tmtp(dial_unix(r, "two"), "a listener after a failed reload");
	check_tmtp(dial_tcp(other), "another after a failed reload");

	/* The same place, served in another way. */
	configure(r, "", "[{\"laddr\": \"127.0.0.1:%u\"},"
	    "{\"net\": \"unix\", \"laddr\": \"two\", \"tls\": false,"
	    "\"proxy\": true}]", (unsigned)r->port);
	reload(r, "reload: done");
	check_refused(dial_tcp(other), "a listener that is gone, too");
	half = dial_tcp(r->port);
	say(half, HELLO);
	hear_end(half, "TLS");
	half = dial_unix(r, "two");
	say(half, HELLO);
	hear_end(half, NULL);

	/* All or nothing again, when one is in the way of another. */
	configure(r, "", "[{\"laddr\": \":%u\"},"
	    "{\"net\": \"unix\", \"laddr\": \"none/four\"}]",
	    (unsigned)r->port);
	reload(r, "; nothing is changed");
	half = dial_tcp(r->port);
	say(half, HELLO);
	hear_end(half, "TLS");
	configure(r, "", "[{\"net\": \"unix\", \"laddr\": \"two\","
	    "\"tls\": false, \"mode\": \"0666\"},"
	    "{\"net\": \"unix\", \"laddr\": \"none/four\"}]");
	reload(r, "; nothing is changed");
	CHECK(exists(r, "two", &st) && (st.st_mode & 0777) == 0660,
	    "mode %o after a reload that failed", st.st_mode & 0777);

	/* Other permissions; and a socket that was removed is made again. */
	configure(r, "", "[{\"laddr\": \"127.0.0.1:%u\"},"
	    "{\"net\": \"unix\", \"laddr\": \"two\", \"tls\": false,"
	    "\"mode\": \"0606\"}]", (unsigned)r->port);
	reload(r, "reload: done");
	CHECK(exists(r, "two", &st) && (st.st_mode & 0777) == 0606,
	    "mode %o", st.st_mode);
	check_tmtp(dial_unix(r, "two"), "with another mode");
	CHECK(operator_shell(r, &said, "rm two") == 0, "rm");
	reload(r, "reload: done");
	check_tmtp(dial_unix(r, "two"), "a socket that was removed");
	buf_free(&said);

	/* From one address to all, with the same port, and back. */
	configure(r, "\"register\": \"closed\",", "{\"laddr\": \":%u\"}",
	    (unsigned)r->port);
	reload(r, "reload: done");
	check_refused(dial_unix(r, "two"), "a Unix socket that is gone");
	half = dial_tcp(r->port);
	CHECK(half != -1, "everywhere");
	close(half);
	configure(r, "", "[{\"laddr\": \"127.0.0.1:%u\", \"tls\": false},"
	    "{\"net\": \"unix\", \"laddr\": \"one\", \"tls\": false}]",
	    (unsigned)r->port);
	reload(r, "reload: done");
	check_tmtp(dial_tcp(r->port), "loopback again");
	close(old);
	close(kept);
	relay_sleep(200);
	CHECK(descriptors(r) == n, "%zu descriptors became %zu", n,
	    descriptors(r));
	CHECK(relay_stop(r, SIGTERM) == 0, "it fails");
}

/* Make cert.pem and key.pem; the fingerprint is in the answer. */
static struct buf
make_cert(const struct relay_process *r)
{
	struct buf said = { NULL, 0, 0 };
	char *end;

	CHECK(operator_shell(r, &said, "openssl req -x509 -newkey ec -nodes "
	    "-pkeyopt ec_paramgen_curve:P-256 -subj /CN=localhost -days 2 "
	    "-keyout key.pem -out cert.pem") == 0, "openssl: %s", said.p);
	operator_shell(r, &said, "openssl x509 -in cert.pem -noout "
	    "-fingerprint -sha256 | sed 's/.*=//'");
	end = strchr(said.p, '\n');
	if (end != NULL)
		*end = '\0';
	return said;
}

/* Whether the relay has the certificate with this fingerprint at that port. */
static bool
has_cert(uint16_t port, const char *fingerprint)
{
	struct client_pool *pool = client_pool_open();
	struct client *c;
	bool open;

	client_pool_pin(pool, fingerprint);
	c = client_connect(pool, port, NULL);
	open = c != NULL && peer_await_open(c, 5000);
	client_close(c);
	client_pool_close(pool);
	return open;
}

/* Whether the relay has closed it. */
static bool
is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* Two listeners have a certificate of their own, which is then replaced. */
static void
test_certs(struct relay_process *r)
{
	uint16_t second = relay_free_port(), third = relay_free_port();
	struct buf own = { NULL, 0, 0 }, other, newer;
	int halves[2];

	if (operator_shell(r, &own, "openssl version") != 0) {
		printf("doors: openssl is absent: certificates are not "
		    "tested\n");
		buf_free(&own);
		return;
	}
	other = make_cert(r);
	configure(r, "", "[{\"laddr\": \"127.0.0.1:%u\"},\n"
	    "{\"laddr\": \"127.0.0.1:%u\", \"certPath\": \"cert.pem\","
	    "\"keyPath\": \"key.pem\"},\n"
	    "{\"laddr\": \"127.0.0.1:%u\", \"certPath\": \"cert.pem\","
	    "\"keyPath\": \"key.pem\"}]", (unsigned)r->port,
	    (unsigned)second, (unsigned)third);
	relay_start(r);
	operator_shell(r, &own, "sed -n 's/certificate SHA-256  //p' said.txt"
	    " | tr -d '\\n'");
	CHECK(has_cert(r->port, own.p), "its own: %s", own.p);
	CHECK(has_cert(second, other.p), "the second's: %s", other.p);
	CHECK(has_cert(third, other.p), "the third's");
	CHECK(!has_cert(r->port, other.p) && !has_cert(second, own.p),
	    "any is right");

	newer = make_cert(r);
	halves[0] = dial_tcp(r->port);
	halves[1] = dial_tcp(third);
	say_bytes(halves[0], "\x16\3\1", 3);
	say_bytes(halves[1], "\x16\3\1", 3);
	relay_sleep(200);
	reload(r, "reload: done");
	CHECK(has_cert(r->port, own.p), "its own, after a reload");
	CHECK(has_cert(second, newer.p) && has_cert(third, newer.p) &&
	    !has_cert(second, other.p), "the newer");
	CHECK(!is_closed(halves[0]) && !is_closed(halves[1]),
	    "a handshake is lost");
	close(halves[0]);
	close(halves[1]);

	/* One that does not belong to its key changes nothing. */
	CHECK(operator_shell(r, &own, "cp mnm-data/key.pem key.pem") == 0,
	    "cp: %s", own.p);
	reload(r, "; nothing is changed");
	CHECK(has_cert(second, newer.p), "after a reload that failed");
	relay_stop(r, SIGTERM);
	buf_free(&own);
	buf_free(&other);
	buf_free(&newer);
}

static void
check(struct operator *o, int status, const char *text)
{
	int got = operator_run(o, "check");

	CHECK(got == status, "check: status %d: %s", got, o->said.p);
	CHECK(strstr(o->said.p, text) != NULL, "no \"%s\" in: %s", text,
	    o->said.p);
}

/* What mnm check says, before a start and before a reload. */
static void
test_check(struct operator *o)
{
	struct relay_process *r = &o->relay;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET };
	int on = 1, fine = geteuid() == 0;	/* root is warned */
	struct stat st;

	address.sin_port = htons(r->port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, 1) == 0, "listen");
	configure(r, "\"register\": \"invite\",",
	    "[{\"net\": \"unix\", \"laddr\": \"one\", \"tls\": false},\n"
	    "{\"tls\": false,\n\"laddr\": \"127.0.0.1:%u\"}]",
	    (unsigned)r->port);
	check(o, 2, "error: mnm.config:5: cannot listen on 127.0.0.1:");
	close(fd);
	CHECK(!exists(r, "one", &st), "check leaves a socket");
	configure(r, "\"register\": \"invite\",",
	    "[{\"net\": \"unix\", \"laddr\": \"one\",\n"
	    "\"mode\": \"0666\", \"proxy\": true}]");
	check(o, 1, "warning: mnm.config:4: every user of this machine can");
	configure(r, "\"register\": \"invite\",",
	    "{\"laddr\": \":1\",\n\"tls\": false}");
	check(o, 2, "mnm.config:4: invalid value for \"listen.tls\": false; :1 "
	    "can be reached from other machines");
	configure(r, "", "[{\"net\": \"unix\", \"laddr\": \"one\","
	    "\"tls\": false, \"proxy\": true}]");
	check(o, 1, "anybody who can reach this relay can register");
	configure(r, "", "[{},\n{\"laddr\": \"127.0.0.1:%u\",\n"
	    "\"certPath\": \"none\", \"keyPath\": \"none\"}]",
	    (unsigned)r->port);
	check(o, 2, "error: mnm.config:5: none: No such file");

	/* While it is running. */
	configure(r, "\"register\": \"invite\",",
	    "{\"laddr\": \"127.0.0.1:%u\"}", (unsigned)r->port);
	relay_start(r);
	check(o, fine, "");
	configure(r, "\"register\": \"invite\",",
	    "[{\"laddr\": \"127.0.0.1:%u\"},\n{\"net\": \"unix\",\n"
	    "\"laddr\": \"none/two\"}]", (unsigned)r->port);
	check(o, 2, "error: mnm.config:5: cannot listen on none/two");
	relay_stop(r, SIGTERM);
}

int
main(int argc, char **argv)
{
	char *program = argc == 2 ? realpath(argv[1], NULL) : NULL;
	struct operator o;

	if (program == NULL) {
		fprintf(stderr, "usage: doors MNM\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	operator_init(&o, program);
	test_many(&o.relay);
	test_stale(&o.relay);
	test_families(&o.relay);
	test_proxy(&o.relay);
	test_proxied_tls(&o.relay);
	test_reload(&o.relay);
	test_certs(&o.relay);
	test_check(&o);
	operator_free(&o);
	free(program);
	return check_report("doors");
}
