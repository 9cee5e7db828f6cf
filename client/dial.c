#include "client/dial.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Split "host:port", "[v6]:port" or either without a port. */
static bool
split(struct dial *d, const char *text)
{
	const char *end, *colon;
	size_t n;

	if (*text == '[') {
		end = strchr(++text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		colon = end + 1;
	} else {
		colon = end = text + strcspn(text, ":");
	}
	n = (size_t)(end - text);
	if (n == 0 || n >= sizeof(d->host))
		return false;
	memcpy(d->host, text, n);
	d->host[n] = '\0';
	text = *colon == ':' ? colon + 1 : DIAL_PORT;
	n = strlen(text);
	if (n == 0 || n > 5 || strspn(text, "0123456789") != n ||
	    strtol(text, NULL, 10) < 1 || strtol(text, NULL, 10) > UINT16_MAX)
		return false;
	(void)snprintf(d->port, sizeof(d->port), "%s", text);
	return true;
}

static bool
read_address(struct dial *d, const char *address)
{
	if (*address == '/') {
		d->kind = DIAL_UNIX;
		(void)snprintf(d->host, sizeof(d->host), "%s", address);
		return strlen(address) < 100;
	}
	d->kind = *address == '+' ? DIAL_NAMED : DIAL_PINNED;
	return (*address == '=' || *address == '+') && split(d, address + 1);
}

int
dial_open(struct dial *d, const char *address, const char *fingerprint,
    char *why, size_t room)
{
	*d = (struct dial){ .count = 0 };
	if (!read_address(d, address))
		return say_why(why, room, "%s is not an address: write "
		    "=host:port, with a port from 1 to 65535", address);
	if (d->kind == DIAL_PINNED && !trust_pin(&d->trust, fingerprint) &&
	    fingerprint[0] != '\0')
		return say_why(why, room, "invalid fingerprint: %s",
		    fingerprint);
	if (d->kind == DIAL_NAMED &&
	    trust_read(&d->trust, NULL, why, room) == -1)
		return -1;
	d->pool = d->kind == DIAL_UNIX ? client_pool_open_plain() :
	    client_pool_open();
	if (d->kind != DIAL_UNIX)
		client_pool_trust(d->pool, &d->trust);
	return 0;
}

void
dial_close(struct dial *d)
{
	client_pool_close(d->pool);
	trust_free(&d->trust);
	d->pool = NULL;
}

void
dial_put_host(struct buf *to, struct span host, const char *port)
{
	size_t n = host.n;

	buf_add(to, host);
	while (n > 0 && host.p[n - 1] >= '0' && host.p[n - 1] <= '9')
		n--;
	if (n == 0 || host.p[n - 1] != ':')
		buf_addf(to, ":%s", port);
}

int
dial_lookup(struct dial *d, char *why, size_t room)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *each;
	int error;

	d->count = d->next = 0;
	if (d->kind == DIAL_UNIX)
		return 0;
	error = getaddrinfo(d->host, d->port, &hints, &list);
	if (error != 0)
		return say_why(why, room, "%s: %s", d->host,
		    gai_strerror(error));
	for (each = list; each != NULL && d->count < DIAL_MAX;
	    each = each->ai_next) {
		if (each->ai_addrlen > sizeof(d->addresses[0]))
			continue;
		memcpy(&d->addresses[d->count], each->ai_addr,
		    each->ai_addrlen);
		d->lengths[d->count++] = each->ai_addrlen;
	}
	freeaddrinfo(list);
	return 0;
}

/* Names that are addresses are not sent (RFC 6066). */
static const char *
server_name(const struct dial *d)
{
	struct in6_addr address;

	if (inet_pton(AF_INET, d->host, &address) == 1 ||
	    inet_pton(AF_INET6, d->host, &address) == 1)
		return d->kind == DIAL_NAMED ? d->host : NULL;
	return d->host;
}

struct client *
dial_next(struct dial *d, const struct client_resume *resume)
{
	struct client *c = NULL;
	size_t i;

	if (d->kind == DIAL_UNIX)
		return d->next++ == 0 ?
		    client_connect_unix(d->pool, d->host) : NULL;
	while (c == NULL && d->next < d->count) {
		i = d->next++;
		c = client_connect_to(d->pool,
		    (const struct sockaddr *)&d->addresses[i], d->lengths[i],
		    server_name(d), resume);
	}
	return c;
}
