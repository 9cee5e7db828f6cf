/*
 * dial.h - addresses of relays, and the way to them.
 *
 *	=host:port	TLS; the certificate is known by its fingerprint
 *	+host:port	TLS; an authority that the system knows vouches for host
 *	/path		a Unix socket, plain bytes: only on this machine
 *
 * Without a port it is 3456, but 443 in a link.  An IPv6 address stands in
 * brackets.
 */
#ifndef MNM_CLIENT_DIAL_H
#define MNM_CLIENT_DIAL_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "client/client.h"
#include "client/trust.h"

#define DIAL_HOST 256
#define DIAL_PORT "3456"
#define DIAL_WEB_PORT "443"
#define DIAL_MAX  8		/* addresses of one host that are tried */

enum dial_kind { DIAL_PINNED, DIAL_NAMED, DIAL_UNIX };

struct dial {
	enum dial_kind kind;
	char host[DIAL_HOST];		/* or the path */
	char port[8];
	struct trust trust;
	struct client_pool *pool;
	struct sockaddr_storage addresses[DIAL_MAX];
	socklen_t lengths[DIAL_MAX];
	size_t count, next;		/* of the addresses; to be tried */
};

/*
 * Read an address, and prepare what checks the relay's certificate: the
 * fingerprint, which may be "" (then none is accepted, but client_fingerprint
 * says which it was), or the system's authorities.  -1 and why; then nothing
 * needs closing.
 */
int dial_open(struct dial *, const char *address, const char *fingerprint,
    char *why, size_t room);
void dial_close(struct dial *);
/* Append "host:port": what host says, and port if it has none. */
void dial_put_host(struct buf *, struct span host, const char *port);
/*
 * Look the host up, which may take seconds.  -1 and why.
 */
int dial_lookup(struct dial *, char *why, size_t room);
/*
 * Begin to connect to the next of the host's addresses.  NULL: none is left;
 * after dial_lookup they are tried again.
 */
struct client *dial_next(struct dial *, const struct client_resume *);

#endif
