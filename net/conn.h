/*
 * conn.h - one connection: carries bytes between its socket, through TLS or as
 * they are, and its session of the protocol, until one of them ends; and an end
 * at which the last bytes still arrive.
 *
 *	c = conn_open(fd, tls, relay, peer, now)
 *	conn_read(c, now)            when the socket is readable
 *	conn_write(c, now)           when it is writable, or tmtp_marked
 *	conn_expire(c, now)          at conn_deadline
 *	conn_close(c, now)           at CONN_GONE, or at any time
 *
 * Nothing here blocks, and nothing here watches the socket: after each call
 * conn_interest says what to wait for.
 */
#ifndef MNM_NET_CONN_H
#define MNM_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "net/listen.h"

#define CONN_NEVER UINT64_MAX	/* a deadline that never comes */

struct plain;
struct relay;
struct session;
struct tls;
struct tls_conn;

enum conn_phase {
	CONN_OPEN,		/* bytes go both ways */
	CONN_FLUSHING,		/* the last are being sent, none are read */
	CONN_LINGERING,		/* all are sent; the peer has to close */
	CONN_GONE		/* nothing is left to do but conn_close */
};

/* To be read by others; only this module writes it, but for server's part. */
struct conn {
	int fd;
	enum conn_phase phase;
	bool established;	/* its TLS handshake, if any, is done */
	bool at_end;		/* the peer has shut down the socket */
	bool more;		/* a turn's share of output was used up */
	struct tls_conn *tls;	/* NULL: bytes go as they are */
	struct plain *plain;	/* ... and wait here; else NULL */
	uint64_t close_by;	/* in now.mono; CONN_NEVER while open */
	struct session *session;	/* NULL unless CONN_OPEN */
	char peer[LISTEN_PEER];

	/* For server to keep: */
	unsigned interest;	/* what is watched */
	size_t index;		/* among all connections */
	uint64_t opened;	/* now.mono */
	struct hook waiting, newcomer;	/* in server's lists */
};

/*
 * Take over an accepted socket; the time until login runs from now.  tls is
 * NULL where the file system guards it.  NULL if there is no randomness for
 * TLS: then fd is closed.
 */
struct conn *conn_open(int fd, struct tls *, struct relay *, const char *peer,
    struct now);
void conn_close(struct conn *, struct now);

/* Whether conn_read would take anything. */
bool conn_wants_input(const struct conn *);
/* Both move a bounded number of bytes; the next turn goes on. */
void conn_read(struct conn *, struct now);
void conn_write(struct conn *, struct now);

/* When conn_expire must be called, in now.mono's milliseconds. */
uint64_t conn_deadline(const struct conn *);
void conn_expire(struct conn *, struct now);

/* What to watch the socket for, a set as in poller.h. */
unsigned conn_interest(const struct conn *);

/* NULL, or what went wrong in TLS. */
const char *conn_error(const struct conn *);
/* The peer has sent nothing that is TLS. */
bool conn_is_stranger(const struct conn *);

#endif
