#include "base/subnet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define V4_BITS 96		/* of the prefix of IPv4 within IPv6 */
#define ADDRESS_TEXT 46		/* the longest one, and a NUL */

static const unsigned char v4_prefix[V4_BITS / 8] = {
	[10] = 0xff, [11] = 0xff
};

static bool
is_v4(const struct subnet *net)
{
	return net->bits >= V4_BITS &&
	    memcmp(net->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

static bool
parse_address(struct subnet *net, const char *text)
{
	net->bits = 128;
	memcpy(net->bytes, v4_prefix, sizeof(v4_prefix));
	return inet_pton(AF_INET, text, net->bytes + V4_BITS / 8) == 1 ||
	    inet_pton(AF_INET6, text, net->bytes) == 1;
}

/* Clear all bits after the prefix. */
static void
cut(struct subnet *net, unsigned bits)
{
	unsigned i;

	for (i = bits; i < 128; i++)
		net->bytes[i / 8] &= (unsigned char)~(0x80 >> i % 8);
	net->bits = bits;
}

/* What stands behind the slash; more than max bits are too many. */
static bool
parse_bits(unsigned *bits, const char *text, unsigned max)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < 3 && text[i] >= '0' && text[i] <= '9'; i++)
		n = n * 10 + (unsigned)(text[i] - '0');
	*bits = n;
	return i > 0 && text[i] == '\0' && n <= max;
}

bool
subnet_parse(struct subnet *net, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char address[ADDRESS_TEXT];
	struct subnet whole;
	unsigned bits, prefix;

	if (n >= sizeof(address))
		return false;
	(void)snprintf(address, sizeof(address), "%.*s", (int)n, text);
	if (!parse_address(net, address))
		return false;
	if (slash == NULL)
		return true;
	prefix = strchr(address, ':') == NULL ? V4_BITS : 0;
	if (!parse_bits(&bits, slash + 1, 128 - prefix))
		return false;
	whole = *net;
	cut(net, prefix + bits);
	return memcmp(net->bytes, whole.bytes, sizeof(whole.bytes)) == 0;
}

bool
subnet_of_peer(struct subnet *net, const char *peer)
{
	bool is_v6 = *peer == '[';
	const char *start = peer + is_v6;
	size_t n = strcspn(start, is_v6 ? "%]" : ":");
	char address[ADDRESS_TEXT];
	struct subnet whole;

	if (n >= sizeof(address))
		return false;
	(void)snprintf(address, sizeof(address), "%.*s", (int)n, start);
	if (!parse_address(&whole, address))
		return false;
	*net = whole;
	return true;
}

struct subnet
subnet_source(const struct subnet *address)
{
	struct subnet net = *address;

	cut(&net, is_v4(address) ? V4_BITS + 24 : 64);
	return net;
}

bool
subnet_has(const struct subnet *net, const struct subnet *inner)
{
	struct subnet wide = *inner;

	if (inner->bits < net->bits || is_v4(inner) != is_v4(net))
		return false;
	cut(&wide, net->bits);
	return subnet_same(&wide, net);
}

bool
subnet_same(const struct subnet *a, const struct subnet *b)
{
	return a->bits == b->bits &&
	    memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool
subnet_is_loopback(const struct subnet *net)
{
	struct subnet v4, v6;

	return (subnet_parse(&v4, "127.0.0.0/8") && subnet_has(&v4, net)) ||
	    (subnet_parse(&v6, "::1") && subnet_has(&v6, net));
}

bool
subnet_any_has(char *const *nets, const char *peer)
{
	struct subnet net, address;

	if (!subnet_of_peer(&address, peer))
		return false;
	for (; *nets != NULL; nets++) {
		if (subnet_parse(&net, *nets) && subnet_has(&net, &address))
			return true;
	}
	return false;
}

void
subnet_text(char dst[SUBNET_TEXT], const struct subnet *net)
{
	char address[ADDRESS_TEXT];
	unsigned prefix = is_v4(net) ? V4_BITS : 0;

	/* Neither family nor room can be wrong here. */
	(void)inet_ntop(prefix > 0 ? AF_INET : AF_INET6,
	    net->bytes + prefix / 8, address, sizeof(address));
	if (net->bits == 128)
		(void)snprintf(dst, SUBNET_TEXT, "%s", address);
	else
		(void)snprintf(dst, SUBNET_TEXT, "%s/%u", address,
		    net->bits - prefix);
}
