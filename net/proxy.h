/*
 * proxy.h - the PROXY protocol, versions 1 and 2: a header in which a proxy
 * says whose connection it passes on.
 *
 * Nothing after the header is read, as that may be TLS.
 */
#ifndef MNM_NET_PROXY_H
#define MNM_NET_PROXY_H

#include <stddef.h>

#include "net/listen.h"

#define PROXY_TEXT 108	/* the longest header of version 1, and a NUL */

/* What was read of one header.  Begins as zeros. */
struct proxy {
	unsigned char bytes[PROXY_TEXT];	/* its beginning */
	size_t n;		/* all bytes of it that were read */
};

enum proxy_result {
	PROXY_MORE,	/* the rest has not arrived yet */
	PROXY_DONE,	/* all of it was read */
	PROXY_INVALID,	/* it is not a header */
	PROXY_CLOSED	/* the peer has closed, or the connection is lost */
};

/*
 * Read the next bytes of the header from a socket.  When it is done, peer is
 * the address in it, or stays as it is if it has none, as when the proxy
 * itself wants to know whether we are there.
 */
enum proxy_result proxy_read(struct proxy *, int fd, char peer[LISTEN_PEER]);
/* The same for n bytes; *used is how many of them belong to the header. */
enum proxy_result proxy_take(struct proxy *, const void *bytes, size_t n,
    size_t *used, char peer[LISTEN_PEER]);

#endif
