/*
 * copy.h - a new node's index: what waits in packs for another node of the
 * user, copied a part at a time, and synced off the loop.
 */
#ifndef MNM_STORE_COPY_H
#define MNM_STORE_COPY_H

#include "store/index.h"

struct copy;
struct syncer;

/*
 * The copy of one index; it is empty so far.  Both stay the caller's.  It may
 * have taken the place of another, which a power cut must not bring back.
 */
struct copy *copy_begin(struct syncer *, struct node_index *to);
/*
 * Go on, with about so many messages, from where from is to where to is.
 * Returns 1 when it must be called again, 0 when all that waits in from is in
 * the copy, durably, or -1 with errno.  In between, acks are for both.
 */
int copy_step(struct copy *, struct node_index *from,
    struct index_dir *from_dir, struct index_dir *to_dir,
    unsigned messages);
/*
 * Free it, done or not; false if a sync of it is under way: try again later.
 * NULL is fine.
 */
bool copy_end(struct copy *);

#endif
