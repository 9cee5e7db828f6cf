/*
 * queue.h - what waits for one node: its messages in the journal, each with an
 * entry in memory, and an index of those in packs.
 *
 * A record PUT or PUT_LARGE, all integers little-endian:
 *
 *	 0 id   8 bytes of head, 32 bits   12 nodes, 32 bits
 *	16 bytes of data   24 X of tmp/large-X, or 0
 *	32 the nodes, each UID and N (32 bits); the head; unless large, the data
 */
#ifndef MNM_STORE_QUEUE_H
#define MNM_STORE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "disk/journal.h"
#include "store/index.h"

#define QUEUE_PATH INDEX_PLACE

#define STORED_FIXED 32	/* bytes of a record before its nodes */
#define STORED_NODE (UID_BYTES + 4)	/* bytes of a node in any record */

struct copy;
struct queue;

/* A message in the journal: freed when it waits in no queue. */
struct stored {
	uint64_t id;
	uint64_t data;			/* bytes */
	uint64_t large;			/* X of its file, or 0 */
	uint64_t cost;			/* bytes of disk at a checkpoint */
	struct journal_place place;	/* of the head, and of small data */
	uint32_t head;			/* bytes */
	uint32_t waiting;		/* queues that have it */
	uint32_t news;			/* its kind, see news.h */
	bool packed;			/* it is in the pack being written */
	bool listed;			/* an index says that it waits, too */
	struct stored *before, *after;
	uint32_t to_count;
	struct queue **to;		/* it was put to, unless dropped */
};

/* Zeroed, it is empty. */
struct stored_list {
	struct stored *first, *last;
	uint64_t bytes;		/* of disk that a checkpoint would take */
};

struct queue_slot {
	uint64_t id;
	struct stored *message;
};

/* A message that was acked after it was packed, but before it was listed. */
struct unlisted {
	struct unlisted *next;
	struct index_entry entry;
};

struct queue {
	struct uid uid;
	uint32_t ref;
	struct queue *next;		/* in its table's chain */
	struct queue *changed;		/* in the list of those that the next
					   checkpoint writes; itself: the last;
					   NULL: it is not there */
	struct copy *copy;		/* its index is one; or NULL */
	struct queue *copy_from;	/* what it is a copy of */
	struct queue *copy_to;		/* which gets the same acks, or NULL */
	uint32_t copy_waits;		/* others have asked, since a step */

	/* Messages in the journal, by rising id: a ring. */
	uint32_t ring_first, ring_count, ring_cap;
	struct queue_slot *ring;
	uint64_t ring_bytes;
	struct unlisted *unlisted;

	struct node_index index;		/* of those in packs */
	bool unnamed;			/* the pack being written does not know
					   that it is for this one, too */
};

/* All queues, by user and node.  Zeroed storage is an empty one. */
struct queue_table {
	struct queue **chains;
	size_t size, count;
};

/* The queue of a node, made if there is none. */
struct queue *queue_of(struct queue_table *, const struct uid *,
    uint32_t ref);
/* Take q out of the table: it is the caller's then. */
void queue_take(struct queue_table *, struct queue *);
/* The ring must be empty. */
void queue_free(struct queue *);
void queue_table_free(struct queue_table *);

/* Its directory: user/xx/UID/N. */
void queue_path(char path[QUEUE_PATH], const struct queue *);

/* Of the ring.  NULL if it is not there. */
struct stored *queue_get(const struct queue *, uint64_t id);
/* The first with an id above after, or NULL. */
struct stored *queue_next(const struct queue *, uint64_t after);
/* Note what is not listed; or forget that, up to an id. */
void queue_add_unlisted(struct queue *, const struct index_entry *);
void queue_forget_unlisted(struct queue *, uint64_t last);

/* The record for so many nodes, what the journal adds included. */
size_t stored_record_bytes(size_t head, size_t data, size_t nodes);
/* Append a node; or what stands in a record before its head. */
void stored_write_node(struct buf *, const struct queue *);
void stored_write(struct buf *, const struct stored *,
    struct queue *const *to, size_t n);
/* Read that, but for the nodes themselves; false if it makes no sense. */
bool stored_read(struct stored *, uint32_t *nodes,
    const struct journal_record *);

/* A copy of the given one, with room for so many queues, but in none yet. */
struct stored *stored_add(struct stored_list *,
    const struct stored *, size_t queues);
void stored_free(struct stored_list *, struct stored *);
/* It waits in the queue; the entry no longer stands for that. */
void stored_wait(struct stored *, struct queue *);
void stored_leave(const struct stored *, struct queue *);
/* Bytes of it that are in the journal. */
uint64_t stored_in_journal(const struct stored *);

#endif
