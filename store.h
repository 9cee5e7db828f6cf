/*
 * store.h - a queue of waiting messages for every node.
 *
 * A message is put once for any number of queues and is freed when each of
 * them has acked it.  It lives in the journal at first; a checkpoint moves
 * what still waits to a pack, and lists it in an index of each node (see
 * store/pack.h and store/index.h).  None of this shows here: a queue is a row
 * of messages in the order of their ids.
 *
 * A message is a head (the frame's length digits and JSON) and data; both go
 * to the recipient as they are.  What a put, an ack, a copy or a drop changed
 * is durable after the next journal_commit, and no put may be acknowledged or
 * delivered before it.
 */
#ifndef MNM_STORE_H
#define MNM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/encode.h"
#include "disk/journal.h"
#include "disk/quarantine.h"
#include "store/upload.h"

struct syncer;
struct store;
struct queue;

/*
 * NULL and why on failure.  For a read-only check, nothing is changed, and from
 * store_replayed on only store_queue, store_check_queue, store_check_large and
 * store_close may follow.
 */
struct store *store_open(struct quarantine *, struct journal *, struct syncer *,
    char *why, size_t room);
void store_close(struct store *);
/* Replay a record of the journal; false if it is not the store's. */
bool store_replay(struct store *, const struct journal_record *);
/* After the last record: tidy what a crash left.  -1 with errno. */
int store_replayed(struct store *);

/* The queue of node ref of a user: always the same until it is dropped. */
struct queue *store_queue(struct store *, const struct uid *, uint32_t ref);
/* The user it belongs to. */
struct uid store_owner(const struct queue *);

/* Bytes of the journal that a put takes: see JOURNAL_REQUEST_MAX. */
size_t store_put_size(size_t head, size_t data, size_t queues);
void store_put(struct store *, uint64_t id, struct span head,
    struct span data, struct queue *const *to, size_t n);

/* Where uploads begin. */
struct uploads *store_uploads(struct store *);
/* A put of one part of an upload; if it is large, its file is taken. */
void store_put_part(struct store *, uint64_t id, struct span head,
    struct part *, struct queue *const *to, size_t n);

/*
 * The first message waiting in the queue whose id is higher than after: its
 * id and length (head and data).  Returns 1, 0 for none, -1 with errno.
 * Messages that no commit covers yet are not seen.
 */
int store_next(struct store *, struct queue *, uint64_t after, uint64_t *id,
    uint64_t *length);
/*
 * Bytes of a waiting message from offset on, at most room and at least 1.
 * -1 with errno: EBADMSG when it was damaged; it is then in lost+found, is no
 * longer waiting, and the line about it has been logged.
 */
ssize_t store_read(struct store *, struct queue *, uint64_t id,
    uint64_t offset, char *dst, size_t room);
/* Bytes of the journal that an ack takes, at most. */
#define STORE_ACK_SIZE 48
/*
 * The relay's own queue for a user, in which posts wait for moderators: there
 * is no such node.
 */
#define STORE_HIDDEN 0
/* The node has acked the message.  No effect if it does not wait. */
void store_ack(struct store *, struct queue *, uint64_t id);
/*
 * Copy everything that waits in from to the empty queue to.  First
 * store_copy_index copies what is in the index, about so many messages in each
 * call: it returns 1 when it must be called again, 0 when store_copy must
 * follow at once, or -1 with errno, and then nothing is copied.  The caller may
 * stop at any time.
 */
int store_copy_index(struct store *, struct queue *from, struct queue *to,
    unsigned messages);
void store_copy(struct store *, struct queue *from, struct queue *to);
/* Discard what was copied for a node that does not exist. */
void store_discard(struct store *, const struct uid *, uint32_t ref);
/* It will not be read soon: keep nothing for that in memory. */
void store_rest(struct queue *);
/* Free the queue and all in it; the pointer is invalid then. */
void store_drop(struct store *, struct queue *);

/* How much waits, committed or not. */
struct store_load {
	uint64_t messages, bytes;
};
/*
 * A queue's index is counted when its load is first asked for, some files in
 * each turn, of all queues together: until then the result is too low.  An
 * index that cannot be read counts as empty.
 */
struct store_load store_load(struct store *, struct queue *);
/* How much of that is the relay's own news: see store/news.h. */
struct store_load store_news(const struct queue *);
/*
 * News with that head will be put: drop what it supersedes: a login of the
 * same node, or an older cork.  No effect if there is none.
 */
void store_supersede(struct store *, struct queue *, struct span head);
/* The id of the oldest news above after; 0 if there is none. */
uint64_t store_oldest_news(const struct queue *, uint64_t after);

/*
 * A check reads all that is in a queue's index, and all large data that is
 * still the journal's.  What is damaged moves to lost+found; what is whole is
 * added to seen.  -1 with errno if something could not be read.
 */
int store_check_queue(struct store *, struct queue *, struct store_load *seen);
int store_check_large(struct store *, struct store_load *seen);

/*
 * Checkpoint: pack some of what still waits in the journal's segment, or in an
 * older one, or write an index.  Returns 1 when it did, 0 when packs and
 * indexes have all that waits in the segment, and all acks that it has, -1 with
 * errno (the disk is full): try again later.
 */
int store_checkpoint(struct store *, uint64_t segment);
/* The directory where that failed, if it is one user's; else the other text. */
const char *store_failed_at(const struct store *, const char *other);
/* A sync of the tree begins: whether the tree was changed since the last. */
bool store_begin_sync(struct store *);
/* Bytes of disk that a checkpoint of all would take. */
uint64_t store_checkpoint_bytes(const struct store *);
/*
 * Remove some of the files that are not needed; held: a backup is made, keep
 * those that it may need.  True if there is more to do at once.
 */
bool store_tidy(struct store *, bool held);
/*
 * Give back the disk of what waits no longer: a small step, if it is urgent or
 * nothing else happens (idle).  True if there is more to do at once; the
 * syncer's descriptor says when there is more to do later.
 */
bool store_sweep(struct store *, bool idle);
/* So much was acked that an idle relay should have a checkpoint write that. */
bool store_needs_checkpoint(const struct store *);
/* An idle relay should do that. */
bool store_needs_sweep(const struct store *);
/* It has begun, and does not wait for the syncer. */
bool store_is_sweeping(const struct store *);

#endif
