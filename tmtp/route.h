/*
 * route.h - messages: into the queues of those who are to get them, and out
 * of a node's queue to its session.
 *
 * A queue goes out in the order of ids.  Up to conf's window of messages are
 * in flight on a session: sent, and not acked.  Those whose ack is overdue are
 * sent again, in order.
 */
#ifndef MNM_TMTP_ROUTE_H
#define MNM_TMTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "tmtp/session.h"

/* Which nodes of the sender's own get the message. */
enum own {
	OWN_NONE,
	OWN_OTHERS,		/* all but the one that sends it */
	OWN_ALL
};

/* What a recipient's full queue does to a message. */
enum if_full {
	FULL_REFUSE,		/* nobody gets it, and the sender is told why */
	FULL_PASS		/* the relay's own news: it goes without */
};

struct posting {
	struct message message;	/* from deliver_message */
	struct part *data;	/* NULL: none; datalen is set from it */
	const struct set *to;	/* users, settled; NULL: nobody */
	enum own own;		/* the sender is passed over in to */
	enum if_full if_full;
};

#define DELIVER_POSTINGS 2	/* the most that one request makes */

/* A message from the session's user, with a new id, and nothing else set. */
struct message deliver_message(struct request *, const char *op);
/*
 * Put messages into the queues, all or none: the request is refused if there
 * are too many recipients or a queue is full.  The first is what the ack tells
 * of.
 */
bool deliver(struct request *, struct posting *, size_t n);

/* Whether the disk has space for messages; else refuses. */
bool deliver_has_room(struct request *);

/* A node's queue, for store. */
struct queue *deliver_queue(struct relay *, struct node *);
/* It has reached what conf lets it. */
bool deliver_is_full(struct relay *, struct queue *);
/* Why a request is refused then; who it is follows. */
#define DELIVER_FULL "too much waits for "

/* The session has logged in; conf's window counts from now on. */
void deliver_begin(struct session *);
/*
 * Write what is to be sent next to dst, whole messages as long as they fit;
 * used bytes of dst are taken, and only if that is 0 may a message begin
 * that does not fit.
 */
size_t deliver_output(struct session *, char *dst, size_t room, size_t used,
    struct now);
/* Go on with a message that did not fit. */
size_t deliver_rest(struct session *, char *dst, size_t room, struct now);
/*
 * End the session with a quit, behind the rest of a message that is on its way.
 * If much of that is left, the session just closes: a quit would be taken for
 * data.
 */
void deliver_quit(struct session *, struct span why);
/* The node has the message.  Nothing happens if it was not sent here. */
void deliver_ack(struct session *, uint64_t id);
/* When the first ack is overdue; UINT64_MAX if none is awaited. */
uint64_t deliver_deadline(const struct session *);
/* Send again what is overdue. */
void deliver_expire(struct session *, struct now);

#endif
