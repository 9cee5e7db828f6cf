/*
 * conn.h - one connection: carries bytes between its stream and its session of
 * the protocol, until one of them ends.  The first byte decides whether they
 * go as they are or begin with HTTP, which may lead to WebSocket.
 *
 *	c = conn_open(fd, listener, relay, peer, now), or conn_open_channel
 *	conn_read(c, now)            when the socket is readable
 *	conn_write(c, now)           when it is writable, or tmtp_marked
 *	conn_expire(c, now)          at conn_deadline
 *	conn_answer(c, ...)          when it asks for something
 *	conn_close(c, now)           at STREAM_GONE, or at any time
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
#include "net/http.h"
#include "net/listen.h"
#include "net/stream.h"

struct cert;
struct channel;
struct network;
struct proxy;
struct relay;
struct session;
struct websocket;

enum conn_language { CONN_UNKNOWN, CONN_TMTP, CONN_HTTP, CONN_WEBSOCKET };

/* To be read by others; only this module writes it, but for server's part. */
struct conn {
	struct stream stream;
	struct session *session;	/* NULL unless STREAM_OPEN */
	union {
		struct http *request;	/* CONN_HTTP */
		struct websocket *websocket;	/* CONN_WEBSOCKET */
	};
	enum conn_language language;
	bool more;		/* a turn's share of output was used up: call
				   conn_write in the next, if nothing is to be
				   waited for */
	struct proxy *proxy;	/* NULL unless its PROXY header is awaited */
	const char *error;	/* in it; NULL if there was none */
	const struct cert *cert;	/* of its handshake */
	bool ca;		/* nothing but HTTP, and that has HTTP_CA */
	bool http;		/* as the listener says */
	bool hsts;		/* a CA vouches for the certificate */
	bool is_local;		/* likewise; and the peer is, if proxied */

	/* For server to keep: */
	unsigned interest;	/* what is watched */
	size_t index;		/* among all connections */
	uint64_t opened;	/* now.mono */
	struct hook waiting;	/* in server's list of those who need data */
	struct hook ready;	/* in server's, or of network's handshakes */
	struct hook newcomer;	/* in network */
	struct network *network;	/* newcomers'; NULL: it has logged in */

	char peer[];		/* its address; LISTEN_PEER bytes with proxy */
};

/*
 * Take over a socket that the listener has accepted; the time until login runs
 * from now.  The listener may change or go before the connection does.
 */
struct conn *conn_open(int fd, const struct listener *, struct relay *,
    const char *peer, struct now);
/* The same for a program in this process, which is trusted as a local one. */
struct conn *conn_open_channel(struct channel *, struct relay *, struct now);
void conn_close(struct conn *, struct now);

/* Whether conn_read would take anything. */
bool conn_wants_input(const struct conn *);
/* Both move a bounded number of bytes; the next turn goes on. */
void conn_read(struct conn *, struct now);
void conn_write(struct conn *, struct now);

/* What an HTTP request asks of the relay, and the answer: see http.h. */
enum http_ask conn_asks(const struct conn *);
void conn_answer(struct conn *, unsigned status, const char *type,
    struct span text, struct now);

/* When conn_expire must be called, in now.mono's milliseconds. */
uint64_t conn_deadline(const struct conn *);
void conn_expire(struct conn *, struct now);

/* What to watch the socket for, a set as in poller.h. */
unsigned conn_interest(const struct conn *);

#endif
