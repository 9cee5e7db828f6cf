/*
 * wake.h - which devices are to be woken, and when.
 *
 * A node that is offline is woken for a message of somebody else: once, and
 * then not again before it has logged in.  The relay's own news, what a cork
 * holds and what its user sends from another node wake nobody.  A node that was
 * online a moment ago is given a while to come back by itself.
 *
 * That a node was woken is on the disk, so that a restart does not wake it
 * again.  What still has to be done is not: after a start, the nodes for which
 * something waits are looked up.
 */
#ifndef MNM_TMTP_WAKE_H
#define MNM_TMTP_WAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "tmtp/endpoint.h"

struct node;
struct relay;
struct request;

void wake_open(struct relay *, struct now);
void wake_close(struct relay *);
/* The relay's key, for clients; NULL: nobody is woken. */
const char *wake_key(const struct relay *);

/* A message for the node was put; it is none of its user's, and no news. */
void wake_note(struct relay *, struct node *, uint64_t id);
/* The node has that message. */
void wake_acked(struct node *, uint64_t id);
/*
 * It has logged in.  Returns whether it was woken since the login before: then
 * it should hear of the login only when it is durable that it may be woken once
 * more.
 */
bool wake_entered(struct relay *, struct node *);
/* Its session has ended; it is about to be freed. */
void wake_left(struct relay *, struct node *);
void wake_drop(struct node *);

/* UserEdit with wake; as an op. */
bool wake_edit(struct request *);

/* See tmtp_set_wake_key, tmtp_next_wake and tmtp_woken. */
void wake_set_key(struct relay *, struct span key, struct now);
bool wake_next(struct relay *, struct endpoint_wake *, struct now);
void wake_answered(struct relay *, uint64_t job, enum endpoint_answer,
    uint64_t wait);

/* In each turn, and at wake_deadline, in now.mono. */
void wake_step(struct relay *, struct now);
uint64_t wake_deadline(const struct relay *);

#endif
