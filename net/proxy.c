/*
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 *
 * Version 1 is a line of text, "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443".
 * Version 2 begins with 16 bytes: a signature, version and command, the family
 * of addresses, and the length of what follows: the addresses, then more that
 * we have no use for.
 */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

#define HEAD 16		/* bytes of version 2 before the addresses */
#define SIGNATURE 12
#define PEEK 2048	/* bytes that are looked at in one go */
#define LOCAL 0x20	/* version 2: the proxy itself speaks */

enum family { TCP4 = 0x11, TCP6 = 0x21 };

static const unsigned char signature[SIGNATURE] = {
	'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'
};
static const char word[] = "PROXY ";

/* Decimal, without signs, spaces or zeros in front. */
static bool
read_port(const char *text, in_port_t *port)
{
	size_t n = strlen(text);
	unsigned long number = strtoul(text, NULL, 10);

	*port = htons((uint16_t)number);
	return n > 0 && n <= 5 && strspn(text, "0123456789") == n &&
	    (n == 1 || text[0] != '0') && number <= UINT16_MAX;
}

/* The next word of the line, up to a single space or the end. */
static char *
next_word(char **line)
{
	char *start = *line;

	if (start == NULL)
		return NULL;
	*line = strchr(start, ' ');
	if (*line != NULL)
		*(*line)++ = '\0';
	return start;
}

/* Both ends must be valid, though only the first is of interest. */
static enum proxy_result
take_addresses(char *line, int family, char peer[LISTEN_PEER])
{
	char *source = next_word(&line), *target = next_word(&line);
	char *source_port = next_word(&line), *target_port = next_word(&line);
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	void *address = family == AF_INET ? (void *)&v4.sin_addr :
	    (void *)&v6.sin6_addr;
	struct in6_addr ignored;
	in_port_t port, other;

	if (target_port == NULL || line != NULL ||
	    inet_pton(family, target, &ignored) != 1 ||
	    inet_pton(family, source, address) != 1 ||
	    !read_port(source_port, &port) || !read_port(target_port, &other))
		return PROXY_INVALID;
	v4.sin_port = v6.sin6_port = port;
	listen_peer_text(peer, family == AF_INET ?
	    (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6);
	return PROXY_DONE;
}

/* A whole line, without its end, after the first word. */
static enum proxy_result
take_line(char *line, char peer[LISTEN_PEER])
{
	if (strncmp(line, "TCP4 ", 5) == 0)
		return take_addresses(line + 5, AF_INET, peer);
	if (strncmp(line, "TCP6 ", 5) == 0)
		return take_addresses(line + 5, AF_INET6, peer);
	return strcmp(line, "UNKNOWN") == 0 ||
	    strncmp(line, "UNKNOWN ", 8) == 0 ? PROXY_DONE : PROXY_INVALID;
}

/* Version 1: up to the first end of a line. */
static enum proxy_result
take_text(struct proxy *p, const unsigned char *bytes, size_t n, size_t *used,
    char peer[LISTEN_PEER])
{
	char *line = (char *)p->bytes;

	for (*used = 0; *used < n; *used += 1) {
		if (p->n == PROXY_TEXT - 1 || bytes[*used] == '\0')
			return PROXY_INVALID;
		p->bytes[p->n++] = bytes[*used];
		if (p->n <= strlen(word) && p->bytes[p->n - 1] !=
		    (unsigned char)word[p->n - 1])
			return PROXY_INVALID;
		if (p->bytes[p->n - 1] != '\n')
			continue;
		*used += 1;
		if (p->bytes[p->n - 2] != '\r')
			return PROXY_INVALID;
		p->bytes[p->n - 2] = '\0';
		return take_line(line + strlen(word), peer);
	}
	return PROXY_MORE;
}

/* The addresses of version 2, which begin at p->bytes + HEAD. */
static enum proxy_result
take_binary(const struct proxy *p, size_t length, char peer[LISTEN_PEER])
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	const unsigned char *address = p->bytes + HEAD;
	bool local = p->bytes[12] == LOCAL;

	if (!local && p->bytes[13] == TCP4) {
		if (length < 12)
			return PROXY_INVALID;
		memcpy(&v4.sin_addr, address, 4);
		memcpy(&v4.sin_port, address + 8, 2);
		listen_peer_text(peer, (const struct sockaddr *)&v4);
	} else if (!local && p->bytes[13] == TCP6) {
		if (length < 36)
			return PROXY_INVALID;
		memcpy(&v6.sin6_addr, address, 16);
		memcpy(&v6.sin6_port, address + 32, 2);
		listen_peer_text(peer, (const struct sockaddr *)&v6);
	}
	return PROXY_DONE;
}

static size_t
length_of(const struct proxy *p)
{
	return (size_t)p->bytes[14] << 8 | p->bytes[15];
}

/* Version 2: of what stands after the addresses, nothing is kept. */
static enum proxy_result
take_rest(struct proxy *p, const unsigned char *bytes, size_t n, size_t *used,
    char peer[LISTEN_PEER])
{
	size_t more, length;

	for (*used = 0; *used < n && p->n < HEAD; *used += 1) {
		p->bytes[p->n++] = bytes[*used];
		if (p->n <= SIGNATURE &&
		    bytes[*used] != signature[p->n - 1])
			return PROXY_INVALID;
	}
	if (p->n < HEAD)
		return PROXY_MORE;
	/* The version with one of two commands; the kind of addresses. */
	if (p->bytes[12] != LOCAL && (p->bytes[12] != 0x21 ||
	    p->bytes[13] >> 4 > 3 || (p->bytes[13] & 15) > 2))
		return PROXY_INVALID;
	length = length_of(p);
	for (; *used < n && p->n < HEAD + length; *used += more) {
		more = 1;
		if (p->n < PROXY_TEXT)
			p->bytes[p->n] = bytes[*used];
		else if ((more = n - *used) > HEAD + length - p->n)
			more = HEAD + length - p->n;
		p->n += more;
	}
	return p->n < HEAD + length ? PROXY_MORE :
	    take_binary(p, length, peer);
}

enum proxy_result
proxy_take(struct proxy *p, const void *bytes, size_t n, size_t *used,
    char peer[LISTEN_PEER])
{
	const unsigned char *first = p->n > 0 ? p->bytes : bytes;

	*used = 0;
	if (n == 0)
		return PROXY_MORE;
	return first[0] == signature[0] ?
	    take_rest(p, bytes, n, used, peer) :
	    take_text(p, bytes, n, used, peer);
}

/*
 * Look first, then take what belongs to the header, so that the rest stays for
 * others.
 */
enum proxy_result
proxy_read(struct proxy *p, int fd, char peer[LISTEN_PEER])
{
	char bytes[PEEK];
	enum proxy_result result = PROXY_MORE;
	size_t used;
	ssize_t n;

	do {
		n = recv(fd, bytes, sizeof(bytes), MSG_PEEK);
		if (n == -1 && (fd_would_block() || errno == EINTR))
			return PROXY_MORE;
		if (n <= 0)
			return PROXY_CLOSED;
		result = proxy_take(p, bytes, (size_t)n, &used, peer);
		if (fd_recv(fd, bytes, used) != (ssize_t)used && used > 0)
			return PROXY_CLOSED;
	} while (result == PROXY_MORE && (size_t)n == sizeof(bytes));
	return result;
}
