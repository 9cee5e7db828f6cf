/*
 * subnet.h - networks such as "192.168.0.0/16", and whether an address is in
 * one.
 */
#ifndef MNM_BASE_SUBNET_H
#define MNM_BASE_SUBNET_H

#include <stdbool.h>

#define SUBNET_TEXT 64		/* room for what subnet_text writes */

/* An IPv4 address a.b.c.d is kept as the IPv6 address ::ffff:a.b.c.d. */
struct subnet {
	unsigned char bytes[16];	/* 0 after the prefix */
	unsigned bits;			/* of the prefix; 128: one address */
};

/*
 * Read "10.0.0.0/8", "fd00::/8" or an address.  False if it is neither, or has
 * a bit set after the prefix.
 */
bool subnet_parse(struct subnet *, const char *text);
/*
 * Read the address of "10.0.0.1:443" or "[fe80::1%eth0]:443".  False if it has
 * none; then nothing is changed.
 */
bool subnet_of_peer(struct subnet *, const char *peer);

/*
 * The network that usually belongs to one household: /24, or /64 in IPv6.
 */
struct subnet subnet_source(const struct subnet *address);

bool subnet_has(const struct subnet *, const struct subnet *inner);
bool subnet_same(const struct subnet *, const struct subnet *);
bool subnet_is_loopback(const struct subnet *);
/* Whether one of these networks, up to a NULL, has the peer's address. */
bool subnet_any_has(char *const *nets, const char *peer);
/* NUL-terminated, as subnet_parse reads it. */
void subnet_text(char dst[SUBNET_TEXT], const struct subnet *);

#endif
