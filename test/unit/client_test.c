/*
 * client/client.c and net/tls.c over real sockets: an echo server in a child
 * process, clients of ours and openssl's.  The number of connections at once
 * may be given as argument: client_test 5000.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bearssl.h>

#include "base/log.h"
#include "client/client.h"
#include "client/dial.h"
#include "net/authority.h"
#include "net/cert.h"
#include "net/tls.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/relay.h"

#define CONNECTIONS_MAX 6000
#define WAIT 20000	/* milliseconds, for a machine that is very busy */

/* One connection of the echo server. */
struct echo_conn {
	int fd;
	struct tls_conn *tls;
	struct buf echo;
	bool asked_to_quit;	/* the last bytes were "Q\n" */
};

static void
echo_take(struct echo_conn *g)
{
	struct span plain;
	ssize_t n;
	size_t room;
	char *p;

	p = tls_wire_room(g->tls, &room);
	n = recv(g->fd, p, room, 0);
	if (n > 0)
		tls_wire_in(g->tls, (size_t)n);
	while (tls_plain_in(g->tls, &plain)) {
		buf_add(&g->echo, plain);
		g->asked_to_quit = g->echo.n >= 2 &&
		    memcmp(g->echo.p + g->echo.n - 2, "Q\n", 2) == 0;
	}
	if (n == 0 || (n == -1 && errno != EAGAIN))
		g->asked_to_quit = true;
}

/* Returns false when the connection has ended. */
static bool
echo_give(struct echo_conn *g)
{
	struct span wire;
	ssize_t n;
	size_t room;
	char *p;

	while (g->echo.n > 0 && (p = tls_plain_room(g->tls, &room)) != NULL) {
		if (room > g->echo.n)
			room = g->echo.n;
		memcpy(p, g->echo.p, room);
		tls_plain_out(g->tls, room);
		buf_drop(&g->echo, room);
	}
	if (g->echo.n == 0 && (g->asked_to_quit ||
	    tls_peer_finished(g->tls)))
		tls_finish(g->tls);
	while ((wire = tls_wire_out(g->tls)).n > 0) {
		n = send(g->fd, wire.p, wire.n, MSG_NOSIGNAL);
		if (n == -1)
			return errno == EAGAIN;
		tls_wire_sent(g->tls, (size_t)n);
	}
	return tls_error(g->tls) == NULL && (g->echo.n > 0 ||
	    (!g->asked_to_quit && !tls_peer_finished(g->tls)));
}

static bool
echo_serve(struct echo_conn *g, short revents)
{
	bool goes_on;

	tls_enter(g->tls);
	if (revents & (POLLIN | POLLHUP))
		echo_take(g);
	goes_on = echo_give(g);
	tls_leave(g->tls);
	return goes_on;
}

static void
echo_add(struct tls *tls, const struct cert *cert, int listener,
    struct echo_conn *g)
{
	int on = 1;

	g->fd = accept(listener, NULL, NULL);
	if (g->fd == -1)
		die("accept: %s", strerror(errno));
	(void)fcntl(g->fd, F_SETFL, O_NONBLOCK);
	(void)setsockopt(g->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	g->tls = tls_conn_open(tls, cert);
	g->echo = (struct buf){ NULL, 0, 0 };
	g->asked_to_quit = false;
}

static void
echo_close(struct echo_conn *g)
{
	tls_conn_close(g->tls);
	buf_free(&g->echo);
	(void)close(g->fd);
}

/* Echo for ever; the parent ends it with a signal. */
static void
serve(const struct cert *cert, int listener)
{
	struct tls *tls = tls_open();
	static struct echo_conn conns[CONNECTIONS_MAX];
	static struct pollfd fds[CONNECTIONS_MAX + 1];
	size_t n = 0, i;

	for (;;) {
		fds[n] = (struct pollfd){ listener, POLLIN, 0 };
		for (i = 0; i < n; i++)
			fds[i] = (struct pollfd){ conns[i].fd, (short)(POLLIN |
			    (tls_wants_out(conns[i].tls) ? POLLOUT : 0)), 0 };
		(void)poll(fds, n + 1, -1);
		if (fds[n].revents != 0 && n < CONNECTIONS_MAX) {
			echo_add(tls, cert, listener, &conns[n]);
			fds[n++].revents = 0;
		}
		for (i = n; i-- > 0;)
			if (fds[i].revents != 0 &&
			    !echo_serve(&conns[i], fds[i].revents)) {
				echo_close(&conns[i]);
				conns[i] = conns[--n];
			}
	}
}

static int
listen_on(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 || bind(fd, (void *)&address, n) == -1 ||
	    listen(fd, 1000) == -1 ||
	    getsockname(fd, (void *)&address, &n) == -1)
		die("no socket: %s", strerror(errno));
	*port = ntohs(address.sin_port);
	return fd;
}

static pid_t
start_server(const struct cert *cert, uint16_t *port)
{
	int listener = listen_on(port);
	pid_t pid = fork();

	if (pid == -1)
		die("fork: %s", strerror(errno));
	if (pid == 0)
		serve(cert, listener);
	(void)close(listener);
	return pid;
}

static struct client *
connected(struct client_pool *pool, uint16_t port, const struct client *earlier)
{
	struct client *c = client_connect(pool, port, earlier);

	if (c == NULL)
		die("connect: %s", strerror(errno));
	CHECK(peer_await_open(c, WAIT), "not open: %d", client_error(c));
	return c;
}

/* Read until there are n bytes, or no more. */
static void
read_bytes(struct client *c, struct buf *got, size_t n)
{
	uint64_t end = relay_clock() + WAIT;
	struct span plain;

	client_push(c);
	do {
		while (client_recv(c, &plain))
			buf_add(got, plain);
	} while (got->n < n && client_over(c) == NULL && peer_wait(c, end));
}

static bool
await_over(struct client *c)
{
	struct buf got = { NULL, 0, 0 };

	read_bytes(c, &got, SIZE_MAX);
	buf_free(&got);
	return client_over(c) != NULL;
}

static void
expect(struct client *c, const char *text)
{
	struct buf got = { NULL, 0, 0 };

	read_bytes(c, &got, strlen(text));
	CHECK(span_is(buf_span(&got), span_of(text)), "not %s", text);
	buf_free(&got);
}

static void
test_talk(struct client_pool *pool, uint16_t port)
{
	struct client *c = client_connect(pool, port, NULL), *again;

	client_send(c, SPAN("before the handshake, "));
	client_send(c, SPAN("and more"));
	expect(c, "before the handshake, and more");
	CHECK(!client_is_resumed(c) && client_over(c) == NULL, "resumed?");
	again = connected(pool, port, c);
	CHECK(client_is_resumed(again), "not resumed");
	client_send(again, SPAN("abc"));
	client_send(c, SPAN("def"));
	expect(c, "def");
	expect(again, "abc");
	client_close(again);
	client_finish(c);
	CHECK(await_over(c) && client_peer_finished(c) &&
	    client_error(c) == 0, "no close_notify after ours: %d",
	    client_error(c));
	client_close(c);
	c = connected(pool, port, NULL);
	client_send(c, SPAN("Q\n"));
	CHECK(await_over(c) && client_peer_finished(c) &&
	    client_error(c) == 0, "no close_notify of the server");
	client_close(c);
}

static void
test_pin(uint16_t port, const char *fingerprint)
{
	struct client_pool *pool = client_pool_open();
	char other[CERT_FINGERPRINT_TEXT + 1];
	struct client *c;

	client_pool_pin(pool, fingerprint);
	client_close(connected(pool, port, NULL));
	(void)strcpy(other, fingerprint);
	other[94] = other[94] == '0' ? '1' : '0';
	client_pool_pin(pool, other);
	c = client_connect(pool, port, NULL);
	CHECK(!peer_await_open(c, WAIT) && client_error(c) ==
	    BR_ERR_X509_NOT_TRUSTED, "another certificate is accepted");
	client_close(c);
	client_pool_close(pool);
}

static void
test_suites(uint16_t port)
{
	static const uint16_t suites[] = {
		BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
	};
	struct client_pool *pool = client_pool_open();
	struct client *c;
	size_t i;

	for (i = 0; i < 3; i++) {
		client_pool_suite(pool, suites[i]);
		c = connected(pool, port, NULL);
		client_send(c, SPAN("text"));
		expect(c, "text");
		client_close(c);
	}
	client_pool_close(pool);
}

/* Four megabytes there and back, all bytes compared. */
static void
test_large(struct client_pool *pool, uint16_t port)
{
	struct client *c = connected(pool, port, NULL);
	size_t n = 4000000, i;
	char *there = xalloc(n);
	struct buf back = { NULL, 0, 0 };

	for (i = 0; i < n; i++)
		there[i] = (char)(i * i >> 7);
	client_send(c, (struct span){ there, n });
	read_bytes(c, &back, n);
	CHECK(back.n == n, "%zu bytes of %zu", back.n, n);
	CHECK(back.n == n && memcmp(there, back.p, n) == 0, "bytes differ");
	free(there);
	buf_free(&back);
	client_close(c);
}

static long
resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static bool
echoed(struct client *c)
{
	struct buf got = { NULL, 0, 0 };
	bool is_right;

	client_send(c, SPAN("hello from one of many"));
	read_bytes(c, &got, 22);
	is_right = span_is(buf_span(&got), SPAN("hello from one of many"));
	buf_free(&got);
	return is_right;
}

/*
 * Many connections, shaking hands a hundred at a time (more than the system's
 * queue for accept would be reset), then a word on each.
 */
static void
test_many(struct client_pool *pool, uint16_t port, size_t n)
{
	struct client **c = xalloc(n * sizeof(*c));
	long before = resident_bytes();
	size_t i, k, echoes = 0;

	for (i = 0; i < n; i++) {
		c[i] = client_connect(pool, port, NULL);
		if (c[i] == NULL)
			die("connection %zu: %s", i, strerror(errno));
		for (k = i - i % 100; k <= i && (i % 100 == 99 || i + 1 == n);
		    k++)
			(void)peer_await_open(c[k], WAIT);
	}
	printf("%zu connections, %ld bytes each\n", n,
	    (resident_bytes() - before) / (long)n);
	for (i = 0; i < n; i++)
		echoes += echoed(c[i]);
	CHECK(echoes == n, "%zu of %zu echoes", echoes, n);
	for (i = 0; i < n; i++)
		client_close(c[i]);
	free(c);
}

static void
test_dead_server(struct client_pool *pool, uint16_t port, pid_t pid)
{
	struct client *c = connected(pool, port, NULL);

	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	CHECK(await_over(c), "the end is not seen");
	CHECK(!client_peer_finished(c), "close_notify of the dead");
	client_close(c);
	c = client_connect(pool, port, NULL);
	CHECK(c == NULL || !peer_await_open(c, WAIT), "open to nobody");
	client_close(c);
}

/* openssl s_client with these options; its output goes to the file "out". */
static int
s_client(uint16_t port, const char *input, const char *options)
{
	char line[1000];
	int status;

	(void)snprintf(line, sizeof(line), "printf '%s' | timeout 20 openssl "
	    "s_client -connect 127.0.0.1:%u %s >out 2>&1", input,
	    (unsigned)port, options);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool
out_has(const char *text)
{
	char line[300];

	(void)snprintf(line, sizeof(line), "grep -q '%s' out", text);
	return system(line) == 0;
}

static void
test_openssl(uint16_t port)
{
	static const char *const ciphers[] = {
		"ECDHE-ECDSA-AES128-GCM-SHA256",
		"ECDHE-ECDSA-AES256-GCM-SHA384",
		"ECDHE-ECDSA-CHACHA20-POLY1305"
	};
	char options[200];
	size_t i;

	if (system("openssl version >out 2>&1") != 0) {
		printf("client_test: NO openssl HERE: s_client is skipped\n");
		return;
	}
	CHECK(s_client(port, "hello\\nQ\\n", "-CAfile s.crt "
	    "-verify_return_error -verify_ip 127.0.0.1 -ign_eof") == 0 &&
	    out_has("^hello$") && out_has("Verify return code: 0"),
	    "openssl's plain talk");
	for (i = 0; i < 3; i++) {
		(void)snprintf(options, sizeof(options), "-ign_eof -cipher %s",
		    ciphers[i]);
		CHECK(s_client(port, "hello\\nQ\\n", options) == 0 &&
		    out_has("^hello$") && out_has(ciphers[i]), "%s",
		    ciphers[i]);
	}
	CHECK(s_client(port, "hello\\nQ\\n", "-ign_eof -groups P-256") == 0 &&
	    out_has("^hello$") && out_has("prime256v1"), "P-256");
	CHECK(s_client(port, "", "-reconnect") == 0 && out_has("Reused"),
	    "resumption");
	CHECK(s_client(port, "x", "-tls1_1 -cipher ALL:@SECLEVEL=0") != 0 &&
	    out_has("alert protocol version"), "TLS 1.1");
	CHECK(s_client(port, "x", "-tls1 -cipher ALL:@SECLEVEL=0") != 0 &&
	    out_has("alert protocol version"), "TLS 1.0");
	CHECK(s_client(port, "x", "-tls1_2 -cipher AES128-SHA") != 0 &&
	    out_has("alert handshake failure"), "CBC");
	CHECK(s_client(port, "x", "-tls1_3") != 0, "TLS 1.3");
	/* R asks to renegotiate, which openssl takes as the end. */
	CHECK(s_client(port, "R\\n", "-tls1_2") != 0 &&
	    out_has("no renegotiation"), "renegotiation");
}

static void
make_certificate(struct cert *cert)
{
	static const char *const names[] = { "localhost", "127.0.0.1", NULL };
	uint64_t now = (uint64_t)time(NULL), until;
	const struct authority_files files = { "ca.key", "s.crt", "s.key" };
	char why[300];

	if (authority_keep(&files, names, now, why, sizeof(why)) == -1 ||
	    authority_read(cert, &files, &until, why, sizeof(why)) == -1)
		die("%s", why);
}

/* A link names its port, as a browser takes another one without it. */
static void
test_hosts(void)
{
	static const struct {
		const char *host, *port, *whole;
	} cases[] = {
		{ "relay.example", DIAL_PORT, "relay.example:3456" },
		{ "relay.example:8443", DIAL_PORT, "relay.example:8443" },
		{ "192.0.2.17", DIAL_WEB_PORT, "192.0.2.17:443" },
		{ "[2001:db8::17]", DIAL_WEB_PORT, "[2001:db8::17]:443" },
		{ "[2001:db8::17]:1", DIAL_WEB_PORT, "[2001:db8::17]:1" },
		{ "17", DIAL_WEB_PORT, "17:443" }
	};
	struct buf whole = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		whole.n = 0;
		dial_put_host(&whole, span_of(cases[i].host), cases[i].port);
		CHECK(span_is(buf_span(&whole), span_of(cases[i].whole)),
		    "%s: %.*s", cases[i].host, (int)whole.n, whole.p);
	}
	buf_free(&whole);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/mnm-client-test-XXXXXX";
	struct client_pool *pool = client_pool_open();
	struct rlimit limit;
	struct cert cert;
	size_t count = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 200;
	uint16_t port;
	pid_t pid;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		die("%s: %s", dir, strerror(errno));
	make_certificate(&cert);
	pid = start_server(&cert, &port);
	test_hosts();
	test_talk(pool, port);
	test_pin(port, cert.fingerprint);
	test_suites(port);
	test_large(pool, port);
	test_many(pool, port, count);
	test_openssl(port);
	test_dead_server(pool, port, pid);
	client_pool_close(pool);
	cert_free(&cert);
	CHECK(system("rm -f ca.key s.crt s.key out") == 0 && chdir("/") == 0 &&
	    rmdir(dir) == 0, "%s stays", dir);
	return check_report("client");
}
