/*
 * peer.h - a member in a test: frames of TMTP over a client's TLS link.
 *
 * A mate acks every message at once unless it is told to be mute, and checks
 * the headsum of each.  What it receives is kept in order until it is asked
 * for.  What the relay does wrong fails a CHECK and is returned as an empty
 * frame, so that a test goes on to its end.
 */
#ifndef MNM_TEST_PEER_H
#define MNM_TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "test/lib/client.h"
#include "base/encode.h"

#define MATE_TEXT 200	/* the longest value that is looked at */

struct mate_frame {
	char *head;		/* the JSON, with a NUL; "" for no frame */
	struct buf data;	/* and a NUL behind it */
	struct mate_frame *next;
};

struct mate {
	const char *name;	/* its alias, and for what is printed */
	struct client *client;
	bool mute;		/* does not ack */
	bool over;		/* the relay closed the link */
	struct buf in;		/* octets of a frame that is not complete */
	struct mate_frame *first, *last;
	unsigned long acked;	/* messages */
	char uid[UID_TEXT + 1];
	char nodeid[NODEID_TEXT + 1];
};

void mate_init(struct mate *, const char *name);
void mate_free(struct mate *);

/* Connect, and say tmtprev as soon as the handshake is done. */
void mate_connect(struct mate *, struct client_pool *, uint16_t port);
/* Drop the link without a word. */
void mate_drop(struct mate *);
/*
 * tmtprev and register, or login with what register gave.  A login leaves info
 * to be asked for: it tells who is on line.
 */
void mate_register(struct mate *, struct client_pool *, uint16_t port);
void mate_login(struct mate *, struct client_pool *, uint16_t port);

/* Queue a frame; format is the JSON's. */
void mate_say(struct mate *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Queue a frame whose data follows: the JSON has to tell its datalen. */
void mate_data(struct mate *, struct span data);

/* After poll, or before: take what came and send what is queued. */
void mate_step(struct mate *, short revents);
/* The oldest frame not yet asked for, without waiting; NULL for none. */
struct mate_frame *mate_next(struct mate *);
/* The oldest frame with this op, waiting for it. */
struct mate_frame *mate_await(struct mate *, const char *op);
/* No frame of that op comes before a pulse's worth of talk has passed. */
bool mate_is_quiet(struct mate *, const char *op);
/* Wait until the relay has closed the link. */
void mate_await_over(struct mate *);

void mate_frame_free(struct mate_frame *);
/* The text or digits of a member of the header; "" if it has none. */
const char *mate_get(const struct mate_frame *, const char *key,
    char dst[MATE_TEXT]);
bool mate_is(const struct mate_frame *, const char *key, const char *value);

/* What was CHECKed here, for the test's report. */
void mate_add_checks(unsigned long *passed, unsigned long *failed);

#endif
