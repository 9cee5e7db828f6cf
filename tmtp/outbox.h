/*
 * outbox.h - sending what waits in a node's queue to the node's session.
 *
 * A queue is sent in the order of ids, except for what a cork holds: it is sent
 * when that ends.  Up to a window of messages are in flight in a session: sent,
 * but not acked.  Those whose ack is overdue are sent again, in order.
 *
 * The window keeps pace with the client.  It is conf's window at first.  Each
 * ack that arrives within a second of its message, while more wait than the
 * window has room for, makes it larger by one, up to conf's window_max; a later
 * ack sets it back.  So about as much is on its way as the client takes in a
 * second.
 */
#ifndef MNM_TMTP_OUTBOX_H
#define MNM_TMTP_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

struct node;
struct queue;
struct relay;
struct session;

/* A node's queue, for store. */
struct queue *outbox_queue(struct relay *, struct node *);

/* The session has logged in. */
void outbox_begin(struct session *);
/*
 * Write what is to be sent next to dst, whole messages as long as they fit.
 * used bytes of dst are taken.  A message that fits in all of dst is not split:
 * it begins only where it fits.  Ends with a message that goes before the
 * replies instead.
 */
size_t outbox_send(struct session *, char *dst, size_t room, size_t used,
    struct now);
/* The same, but one message at most, and none that is longer than that. */
size_t outbox_send_one(struct session *, char *dst, size_t room,
    size_t longest, struct now);
/* Go on with a message that did not fit. */
size_t outbox_continue(struct session *, char *dst, size_t room, struct now);
/*
 * End the session with a quit, after the rest of a message that is being
 * sent.  If much of it is left, just close the session: the peer would take a
 * quit for the message's data.
 */
void outbox_end(struct session *, struct span why);

/* Send what waits from that id on, except for what is in flight. */
void outbox_go_back(struct session *, uint64_t id, struct now);
/* Whether the message is being sent, or was sent and is not acked. */
bool outbox_has_begun(const struct session *, uint64_t id);
/* The node has the message.  Ignored unless it was sent in this session. */
void outbox_ack(struct session *, uint64_t id, struct now);
/* When the first ack is overdue; UINT64_MAX if none is awaited. */
uint64_t outbox_deadline(const struct session *);
/* Send again what is overdue. */
void outbox_expire(struct session *, struct now);

#endif
