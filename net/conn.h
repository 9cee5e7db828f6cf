/*
 * conn.h - one connection: bytes go from its socket through TLS to the
 * protocol and back, and it ends so that the last words arrive.
 *
 *	c = conn_open(fd, tls, relay, peer, now)
 *	conn_read(c, now)            when the socket is readable
 *	conn_write(c, now)           when writable, or its session is marked
 *	conn_expire(c, now)          at conn_deadline
 *	conn_close(c, now)           when the phase is CONN_GONE, or at any time
 *
 * Nothing here blocks, and nothing here watches the socket: after each call
 * conn_interest says what to wait for.
 */
#ifndef MNM_NET_CONN_H
#define MNM_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/list.h"
#include "net/listen.h"
#include "net/tls.h"
#include "tmtp.h"

#define CONN_NEVER UINT64_MAX	/* a deadline that does not come */

enum conn_phase {
	CONN_OPEN,	/* bytes go both ways */
	CONN_FLUSHING,	/* the last ones are being sent; none are read */
	CONN_LINGERING,	/* all are sent; the peer's close is awaited */
	CONN_GONE	/* there is nothing left to do but conn_close */
};

/* To be read by others; only this module writes it, but for server's part. */
struct conn {
	int fd;
	enum conn_phase phase;
	bool greeted;		/* its TLS handshake, if any, was completed */
	bool more;		/* a turn's share of output was used up */
	struct tls_conn *tls;	/* NULL: bytes go as they are */
	struct buf plain;	/* ... those that wait to be sent */
	struct session *session;	/* NULL unless CONN_OPEN */
	uint64_t close_by;	/* CONN_NEVER until its end has begun */
	char peer[NET_PEER];

	/* For server to keep: */
	unsigned interest;	/* what is watched */
	size_t index;		/* among all connections */
	uint64_t opened;	/* now.mono */
	struct hook waiting, newcomer;	/* in server's lists */
};

/*
 * Take over a socket that was accepted; the time until login runs from now.
 * tls is NULL on a Unix socket, which the file system guards.  Returns NULL if
 * there is no randomness for TLS: then fd is closed.
 */
struct conn *conn_open(int fd, struct tls *, struct relay *, const char *peer,
    struct now);
void conn_close(struct conn *, struct now);

/* Whether conn_read would take anything. */
bool conn_wants_input(const struct conn *);
/* Both move a bounded number of bytes; the rest comes in the next turn. */
void conn_read(struct conn *, struct now);
void conn_write(struct conn *, struct now);

/* When conn_expire must be called, in now.mono's milliseconds. */
uint64_t conn_deadline(const struct conn *);
void conn_expire(struct conn *, struct now);

/* NULL, or what went wrong in TLS. */
const char *conn_error(const struct conn *);
/* It has said nothing that is TLS. */
bool conn_is_stranger(const struct conn *);

/* What to watch the socket for, a set as in ready.h. */
unsigned conn_interest(const struct conn *);

#endif
