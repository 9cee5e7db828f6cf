#include "push/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/subnet.h"

/*
 * From IANA's registries of special-purpose addresses.  Of IPv6, only what is
 * given to the Internet at large (2000::/3) can be public.  An IPv4 address
 * within IPv6 (::ffff:0:0/96) is an IPv4 address to base/subnet.
 */
static const char *const special[] = {
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
	"169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"2001::/23",		/* Teredo and others */
	"2001:db8::/32",
	"2002::/16",		/* 6to4: an IPv4 address in disguise */
	"3fff::/20"
};

static bool
is_in(const struct subnet *address, const char *net)
{
	struct subnet n;

	return subnet_parse(&n, net) && subnet_has(&n, address);
}

/* NAT64 (RFC 6052): the last four bytes are the IPv4 address that is meant. */
static void
undo_nat64(struct subnet *address)
{
	unsigned char v4[4];

	if (!is_in(address, "64:ff9b::/96"))
		return;
	memcpy(v4, address->bytes + 12, sizeof(v4));
	memset(address->bytes, 0, 10);
	memset(address->bytes + 10, 0xff, 2);
	memcpy(address->bytes + 12, v4, sizeof(v4));
}

static bool
is_public(const struct subnet *address)
{
	size_t i;

	if (!is_in(address, "0.0.0.0/0") && !is_in(address, "2000::/3"))
		return false;
	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (is_in(address, special[i]))
			return false;
	}
	return true;
}

bool
address_is_public(const struct sockaddr *sa)
{
	struct subnet address = { .bits = 128 };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		memset(address.bytes + 10, 0xff, 2);
		memcpy(address.bytes + 12, &v4.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		memcpy(address.bytes, &v6.sin6_addr, 16);
		undo_nat64(&address);
	} else {
		return false;
	}
	return is_public(&address);
}
