/*
 * store.h - a queue of waiting messages for every node.
 *
 * A message is put once for any number of queues and is freed when each of
 * them has acked it.  It lives in the journal at first; a checkpoint moves
 * what still waits to files, one directory per node (see store/maildir.h).
 * Neither shows here: a queue is a row of messages in the order of their ids.
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
 * NULL and why on failure.  For a read-only check, nothing is removed, acked
 * messages seem to wait, and from store_replayed on only store_queue,
 * store_check_file, store_check_large and store_close may follow.
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
 * is no such node.  Nobody else may have such a message, so what is acked there
 * stays, and counts, until a checkpoint: neither a crash before the commit, nor
 * a backup, must lack it.
 */
#define STORE_HIDDEN 0
/* The node has acked the message.  No effect if it does not wait. */
void store_ack(struct store *, struct queue *, uint64_t id);
/*
 * Copy everything that waits in from to the empty queue to.  First
 * store_copy_files links the files, about so many in each call: it returns 1
 * when it must be called again, 0 when store_copy must follow at once, or -1
 * with errno, and then nothing is copied.  In between, acks and checkpoints
 * apply to the copy, too.  The caller may stop at any time.
 */
int store_copy_files(struct store *, struct queue *from, struct queue *to,
    unsigned files);
void store_copy(struct store *, struct queue *from, struct queue *to);
/* It will not be read soon: keep nothing of its directory in memory. */
void store_rest(struct queue *);
/* Free the queue and all in it; the pointer is invalid then. */
void store_drop(struct store *, struct queue *);

/* How much waits, committed or not. */
struct store_load {
	uint64_t messages, bytes;
};
/*
 * A queue's files are counted when its load is first asked for, some at each
 * call: until all are counted the result is too low.  A directory that
 * cannot be read counts as empty.
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
 * A check reads a message's file to its end, and all large data that is still
 * the journal's.  What is damaged moves to lost+found; what is whole is added
 * to seen.  -1 with errno if something could not be read.  A file whose message
 * the journal has too is not read: a crash may have left it half written.
 */
int store_check_file(struct store *, struct queue *, uint64_t id,
    struct store_load *seen);
int store_check_large(struct store *, struct store_load *seen);

/*
 * Checkpoint: write one message that still waits in the journal's segment, or
 * in an older one, to the tree.  Returns 1 when it did, 0 when the tree has all
 * that waits in the segment, -1 with errno (the disk is full): try again later.
 */
int store_checkpoint(struct store *, uint64_t segment);
/*
 * The segment was released: remove what was kept only until the tree was
 * synced.
 */
void store_released(struct store *);
/* A sync of the tree begins: whether the tree was changed since the last. */
bool store_begin_sync(struct store *);
/* It has succeeded. */
void store_end_sync(struct store *);
/* Bytes of disk that a checkpoint of all would take. */
uint64_t store_checkpoint_bytes(const struct store *);
/*
 * Remove some of the files that are not needed.  True if there is more to do at
 * once; the syncer's descriptor says when there is more to do later.
 */
bool store_tidy(struct store *);
/* Some are kept to be used again: remove all of them. */
bool store_is_trim(const struct store *);
void store_trim(struct store *);

#endif
