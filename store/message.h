/*
 * message.h - messages that the journal holds: the record of each, and its
 * entry in memory, in the journal's order.  store.h is the way in; this is an
 * inner part of it.
 *
 * A record PUT or PUT_LARGE, all integers little-endian:
 *
 *	 0 id   8 bytes of head, 32 bits   12 nodes, 32 bits
 *	16 bytes of data   24 X of tmp/large-X, or 0
 *	32 the nodes, each UID and N (32 bits); the head; unless large, the data
 */
#ifndef MNM_STORE_MESSAGE_H
#define MNM_STORE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "disk/journal.h"
#include "store/queue.h"

#define STORED_FIXED 32	/* bytes of a record before its nodes */
#define STORED_NODE (UID_BYTES + 4)	/* bytes of a node in any record */

/* Freed when nobody waits for it. */
struct stored {
	uint64_t id;
	uint64_t data;			/* bytes */
	uint64_t large;			/* X of its file, or 0 */
	struct journal_place place;	/* of the head, and of small data */
	uint32_t head;			/* bytes */
	uint32_t waiting;		/* queues that have it */
	bool may_be_in_tree;		/* a checkpoint has begun with it */
	struct stored *before, *after;
	uint32_t to_count;
	struct queue **to;		/* queues it was put to; NULL: gone */
};

/* Zeroed, it is empty. */
struct stored_list {
	struct stored *first, *last;
	uint64_t bytes;		/* of disk that all would take */
};

/* The record for so many nodes, what the journal adds included. */
size_t stored_record_bytes(size_t head, size_t data, size_t nodes);
/* Append a node; or what stands in a record before its head. */
void stored_write_node(struct buf *, const struct queue *);
void stored_write(struct buf *, const struct stored *,
    struct queue *const *to, size_t n);
/* Read that, but for the nodes themselves; false if it makes no sense. */
bool stored_read(struct stored *, uint32_t *nodes,
    const struct journal_record *);

/* A copy of told, with room for so many queues, of which it has none yet. */
struct stored *stored_add(struct stored_list *,
    const struct stored *told, size_t queues);
void stored_free(struct stored_list *, struct stored *);
/* It waits in the queue; the entry no longer stands for that. */
void stored_wait(struct stored *, struct queue *);
void stored_leave(const struct stored *, struct queue *);
/* Bytes of it that are in the journal. */
uint64_t stored_in_journal(const struct stored *);

#endif
