/*
 * route.h - who gets a message: the queues of its recipients and of the
 * sender's own nodes, which must not be full; and putting it there.
 */
#ifndef MNM_TMTP_ROUTE_H
#define MNM_TMTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "tmtp/header.h"
#include "tmtp/share.h"

struct part;
struct queue;
struct relay;
struct request;
struct set;

/* Which of the sender's own nodes get the message. */
enum own {
	OWN_NONE,
	OWN_OTHERS,		/* all but the one that sends it */
	OWN_ALL
};

/*
 * What a recipient's full queue means for a message.  A queue is full by posts
 * alone: news is counted apart, and older news gives way to newer.
 */
enum if_full {
	FULL_REFUSE,		/* nobody gets it, and the sender learns why */
	FULL_PASS		/* news: that queue gets it all the same */
};

struct posting {
	struct message message;	/* from route_message */
	struct part *data;	/* NULL: none; sets datalen */
	const struct set *to;	/* users, settled; NULL: nobody */
	enum own own;		/* the sender is skipped in to */
	enum if_full if_full;
	struct queue *hidden;	/* one more, of no node; or NULL */

	/* route_send's: where its head and its queues are in the request */
	size_t head, head_size;
	size_t queue, queue_count;
	size_t held;		/* users whose cork holds it */
};

/* A message from the session's user, with a new id, and nothing else set. */
struct message route_message(struct request *, const char *op);
/* One that reports what the user has done; all of its nodes get it. */
struct posting route_news(struct request *, const char *op);
/*
 * Put one or two messages into the queues, all or none: the request is refused
 * if there are too many recipients or a queue is full.  The ack reports the
 * id of the first.
 */
bool route_send(struct request *, struct posting *, size_t n);

/* Whether the disk has space for messages; else refuses. */
bool route_has_room(struct request *);
/* The queue has reached what conf lets it hold. */
bool route_is_full(struct relay *, struct queue *);
/* The reason for refusing then; followed by whose queue it is. */
#define ROUTE_FULL SHARE_MEMBER_FULL

#endif
