/*
 * Headers of the PROXY protocol: whole, in two pieces at every byte, and byte
 * by byte.
 */
#include "net/proxy.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "test/lib/check.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define A4 "\xcb\0\x71\x07\xc0\0\x02\x01\x12\x67\x01\xbb"
#define A6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x05" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x06\x12\x67\x01\xbb"
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0\x71\x07" \
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01\x12\x67\x01\xbb"
#define LONGEST "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff " \
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"
#define KEPT "before"
#define BYTES(text) text, sizeof(text) - 1

/* Headers, and the peer they name; NULL if they are invalid. */
static const struct {
	const char *bytes;
	size_t n;
	const char *peer;
} headers[] = {
	/* Version 1. */
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n"),
	    "203.0.113.7:4711" },
	{ BYTES("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n"),
	    "0.0.0.0:0" },
	{ BYTES("PROXY TCP6 2001:db8::5 2001:db8::6 4711 443\r\n"),
	    "[2001:db8::5]:4711" },
	{ BYTES("PROXY TCP6 ::ffff:203.0.113.7 ::1 4711 443\r\n"),
	    "203.0.113.7:4711" },
	{ BYTES("PROXY UNKNOWN\r\n"), KEPT },
	{ BYTES("PROXY UNKNOWN anything else\r\n"), KEPT },
	{ BYTES(LONGEST), KEPT },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 4711\r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443 1\r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443 \r\n"), NULL },
	{ BYTES("PROXY TCP4  203.0.113.7 192.0.2.1 4711 443\r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 04711 443\r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 +4711 443\r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 65536 443\r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 4711 99999\r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113 192.0.2.1 4711 443\r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7 192.0.2 4711 443\r\n"), NULL },
	{ BYTES("PROXY TCP4 2001:db8::5 2001:db8::6 4711 443\r\n"), NULL },
	{ BYTES("PROXY TCP6 203.0.113.7 192.0.2.1 4711 443\r\n"), NULL },
	{ BYTES("PROXY TCP4 a b 4711 443\r\n"), NULL },
	{ BYTES("PROXY UDP4 203.0.113.7 192.0.2.1 4711 443\r\n"), NULL },
	{ BYTES("PROXY UNKNOWNS\r\n"), NULL },
	{ BYTES("PROXY TCP4\r\n"), NULL },
	{ BYTES("PROXY \r\n"), NULL },
	{ BYTES("PROXY TCP4 203.0.113.7\0 192.0.2.1 4711 443\r\n"), NULL },
	{ BYTES("proxy UNKNOWN\r\n"), NULL },
	{ BYTES("GET / HTTP/1.1\r\n"), NULL },
	{ BYTES("\n"), NULL },
	{ BYTES("\x16\x03\x01"), NULL },
	{ BYTES("PROXY UNKNOWN 1" LONGEST), NULL },

	/* Version 2. */
	{ BYTES(V2 "\x21\x11\0\x0c" A4), "203.0.113.7:4711" },
	{ BYTES(V2 "\x21\x21\0\x24" A6), "[2001:db8::5]:4711" },
	{ BYTES(V2 "\x21\x21\0\x24" MAPPED), "203.0.113.7:4711" },
	{ BYTES(V2 "\x21\x11\0\x10" A4 "\x04\0\x01 "), "203.0.113.7:4711" },
	{ BYTES(V2 "\x21\x21\0\x25" A6 "?"), "[2001:db8::5]:4711" },
	{ BYTES(V2 "\x21\0\0\0"), KEPT },
	{ BYTES(V2 "\x21\x31\0\x03" "abc"), KEPT },
	{ BYTES(V2 "\x21\x12\0\x0c" A4), KEPT },
	{ BYTES(V2 "\x20\0\0\0"), KEPT },
	{ BYTES(V2 "\x20\x11\0\x0c" A4), KEPT },
	{ BYTES(V2 "\x20\x41\0\0"), KEPT },
	{ BYTES(V2 "\x21\x11\0\x0b" A4), NULL },
	{ BYTES(V2 "\x21\x21\0\x23" A6), NULL },
	{ BYTES(V2 "\x21\x21\0\x0c" A4), NULL },
	{ BYTES(V2 "\x22\x11\0\x0c" A4), NULL },
	{ BYTES(V2 "\x11\x11\0\x0c" A4), NULL },
	{ BYTES(V2 "\x31\x11\0\x0c" A4), NULL },
	{ BYTES(V2 "\x21\x41\0\x0c" A4), NULL },
	{ BYTES(V2 "\x21\x13\0\x0c" A4), NULL },
	{ BYTES("\r\n\r\n\1\r\nQUIT\n\x20\0\0\0"), NULL },
	{ BYTES("\r\n\r\n\0\r\nQUIT\r\x20\0\0\0"), NULL }
};

/* Take bytes in pieces of this size, but for a first one; until a result. */
static enum proxy_result
take(const char *bytes, size_t n, size_t first, size_t piece, size_t *used,
    char peer[LISTEN_PEER])
{
	struct proxy p = { .n = 0 };
	enum proxy_result result = PROXY_MORE;
	size_t i, m, one;

	snprintf(peer, LISTEN_PEER, KEPT);
	*used = 0;
	for (i = 0; i < n && result == PROXY_MORE; i += m) {
		m = i == 0 ? first : piece;
		if (m > n - i)
			m = n - i;
		result = proxy_take(&p, bytes + i, m, &one, peer);
		CHECK(one <= m && (result != PROXY_MORE || one == m),
		    "%zu of %zu bytes are used", one, m);
		*used += one;
	}
	return result;
}

static void
check(size_t i, const char *bytes, size_t first, size_t piece)
{
	const char *wanted = headers[i].peer;
	size_t n = headers[i].n + 3, used;
	char peer[LISTEN_PEER];
	enum proxy_result result = take(bytes, n, first, piece, &used, peer);

	CHECK(result == (wanted != NULL ? PROXY_DONE : PROXY_INVALID),
	    "%zu, %zu, %zu: result %d", i, first, piece, (int)result);
	CHECK(strcmp(peer, wanted != NULL ? wanted : KEPT) == 0,
	    "%zu, %zu, %zu: peer %s", i, first, piece, peer);
	CHECK(wanted == NULL || used == headers[i].n,
	    "%zu, %zu, %zu: %zu of %zu bytes", i, first, piece, used,
	    headers[i].n);
}

static void
test_headers(void)
{
	char bytes[256], peer[LISTEN_PEER];
	size_t i, j, used;

	for (i = 0; i < COUNT(headers); i++) {
		memcpy(bytes, headers[i].bytes, headers[i].n);
		memcpy(bytes + headers[i].n, "00\n", 3);
		check(i, bytes, 256, 256);
		check(i, bytes, 1, 1);
		for (j = 1; j < headers[i].n; j++) {
			check(i, bytes, j, 256);
			if (headers[i].peer != NULL)
				CHECK(take(bytes, j, j, 1, &used, peer) ==
				    PROXY_MORE && used == j, "%zu: %zu bytes "
				    "are enough", i, j);
		}
	}
}

/* The longest header of version 2, of which only the beginning matters. */
static void
test_longest(void)
{
	static char bytes[16 + 65535 + 3];
	static const size_t pieces[] = { 1, 107, 108, 109, 2048, 70000 };
	char peer[LISTEN_PEER];
	size_t i, used;

	memcpy(bytes, V2 "\x21\x11\xff\xff" A4, 28);
	for (i = 0; i < COUNT(pieces); i++) {
		CHECK(take(bytes, sizeof(bytes), pieces[i], pieces[i], &used,
		    peer) == PROXY_DONE && used == sizeof(bytes) - 3 &&
		    strcmp(peer, "203.0.113.7:4711") == 0,
		    "in pieces of %zu: %zu, %s", pieces[i], used, peer);
	}
}

/* From a socket: what follows the header stays there. */
static void
test_socket(void)
{
	static const char text[] = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443"
	    "\r\nrest";
	struct proxy p = { .n = 0 }, none = { .n = 0 };
	char peer[LISTEN_PEER] = KEPT, rest[10] = "";
	int ends[2], other[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 &&
	    socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0 &&
	    fd_set_nonblocking(ends[0]) == 0 &&
	    fd_set_nonblocking(other[0]) == 0, "no sockets");
	CHECK(proxy_read(&p, ends[0], peer) == PROXY_MORE, "of nothing");
	CHECK(write(ends[1], text, 20) == 20, "write");
	CHECK(proxy_read(&p, ends[0], peer) == PROXY_MORE, "of a part");
	CHECK(read(ends[0], rest, 1) == -1, "the part is not taken");
	CHECK(write(ends[1], text + 20, sizeof(text) - 21) > 0, "write");
	CHECK(proxy_read(&p, ends[0], peer) == PROXY_DONE, "of the rest");
	CHECK(strcmp(peer, "203.0.113.7:4711") == 0, "peer %s", peer);
	CHECK(read(ends[0], rest, 9) == 4 && strcmp(rest, "rest") == 0,
	    "what follows: %s", rest);
	close(other[1]);
	CHECK(proxy_read(&none, other[0], peer) == PROXY_CLOSED, "at the end");
	close(ends[0]);
	close(ends[1]);
	close(other[0]);
}

int
main(void)
{
	test_headers();
	test_longest();
	test_socket();
	return check_report("proxy");
}
