/*
 * share.h - how much of what waits for a member may come from one sender, and
 * how much may wait for one member in all.
 *
 * A sender may have a quarter of what is free in the queue of each device, but
 * at least 100 messages.  So a queue is never full because of one sender, and
 * not because of some.  The same goes for the disk that all devices of a member
 * share, which is where a member who posts to itself has its limit.
 *
 * Who sent what waits is known from above, never from below: each sender's
 * posts are counted, as soon as a queue is crowded, and a count is never more
 * than what waits in all.  So nothing has to be kept with each message, and a
 * count is 0 after a restart: then a sender has a quarter of what is free then.
 */
#ifndef MNM_TMTP_SHARE_H
#define MNM_TMTP_SHARE_H

#include <stdint.h>

#include "base/encode.h"
#include "store.h"

struct node;
struct relay;

#define SHARE_MESSAGES 100	/* what every sender may have, */
#define SHARE_BYTES ((uint64_t)1 << 20)	/* or of large ones this */

/*
 * Why the node cannot have one more message from there, or NULL; what follows
 * is whose it is.  So much waits in its queue, which is not full.
 */
const char *share_refuses(struct relay *, struct node *,
    const struct uid *from, struct store_load);
#define SHARE_MEMBER_FULL "too much is waiting for "
#define SHARE_USED_UP "too much from you is waiting for "

/* One that long will be put into the node's queue; after share_refuses. */
void share_count(struct node *, const struct uid *from, uint64_t bytes);

#endif
