/*
 * peer.h - a member in a test: a client that keeps frames until they are asked
 * for.
 *
 * A peer acks every message at once unless it is mute, and checks
 * the headsum of each.  What it receives is kept in order until it is asked
 * for.  An error of the relay fails a CHECK and is returned as an empty frame,
 * so that a test runs to its end.
 */
#ifndef MNM_TEST_PEER_H
#define MNM_TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "client/client.h"

#define PEER_TEXT 200	/* the longest value that is read */

struct peer_frame {
	char *head;		/* the JSON, with a NUL; "" for no frame */
	struct buf data;	/* and a NUL behind it */
	struct peer_frame *next;
};

struct peer {
	const char *name;	/* its alias, and for messages */
	struct client *client;
	bool mute;		/* does not ack */
	bool over;		/* the relay closed the connection */
	struct peer_frame *first, *last;
	unsigned long acked;	/* messages */
	char uid[UID_TEXT + 1];
	char nodeid[NODEID_TEXT + 1];
};

void peer_init(struct peer *, const char *name);
void peer_free(struct peer *);

/* Connect, and say tmtprev as soon as the handshake is done. */
void peer_connect(struct peer *, struct client_pool *, uint16_t port);
/* Drop the connection. */
void peer_drop(struct peer *);
/*
 * tmtprev and register, or login with what register gave.  After a login info,
 * which says who is online, has yet to be asked for.
 */
void peer_register(struct peer *, struct client_pool *, uint16_t port);
void peer_login(struct peer *, struct client_pool *, uint16_t port);

/* Queue a frame; format is the JSON's. */
void peer_say(struct peer *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Queue data, whose length a frame's JSON has said. */
void peer_data(struct peer *, struct span data);

/* After poll, or before: read what was received, and send what is queued. */
void peer_step(struct peer *, short revents);
/* The oldest frame not yet asked for, without waiting; NULL for none. */
struct peer_frame *peer_next(struct peer *);
/* The oldest frame with this op, waiting for it. */
struct peer_frame *peer_await(struct peer *, const char *op);
/* Whether no frame of that op is received while it talks to the relay. */
bool peer_is_quiet(struct peer *, const char *op);
/* Wait until the relay has closed the connection. */
void peer_await_over(struct peer *);

/* What to poll for. */
short peer_events(const struct client *);
/*
 * One poll and one step, until end, in milliseconds of relay_clock.  False: it
 * is over.
 */
bool peer_wait(struct client *, uint64_t end);
/* Wait until the handshake is done, for at most so many milliseconds. */
bool peer_await_open(struct client *, int milliseconds);

/*
 * Record the first bytes that a client sends, its ClientHello.  Returns how
 * many; they must fit.
 */
size_t peer_record_hello(struct client_pool *, char *dst, size_t room);
/*
 * Send these bytes, requests of HTTP, on a new connection, and receive until
 * the relay closes it.  Free the answer, which has a NUL behind it, with
 * buf_free.
 */
struct buf peer_http(struct client_pool *, uint16_t port, const char *requests);

void peer_frame_free(struct peer_frame *);
/* The text or digits of a member of the header; "" if it has none. */
const char *peer_get(const struct peer_frame *, const char *key,
    char dst[PEER_TEXT]);
bool peer_is(const struct peer_frame *, const char *key, const char *value);

#endif
