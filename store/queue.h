/*
 * queue.h - what waits for one node: its messages in the journal, each with an
 * entry in memory, and a bounded list of those in the node's directory.
 *
 * A record PUT or PUT_LARGE, all integers little-endian:
 *
 *	 0 id   8 bytes of head, 32 bits   12 nodes, 32 bits
 *	16 bytes of data   24 X of tmp/large-X, or 0
 *	32 the nodes, each UID and N (32 bits); the head; unless large, the data
 */
#ifndef MNM_STORE_QUEUE_H
#define MNM_STORE_QUEUE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "disk/journal.h"

#define QUEUE_PATH 128		/* room for user/xx/UID/4294967295/MSGID */

#define STORED_FIXED 32	/* bytes of a record before its nodes */
#define STORED_NODE (UID_BYTES + 4)	/* bytes of a node in any record */

struct queue;

/* A message in the journal: freed when it waits in no queue. */
struct stored {
	uint64_t id;
	uint64_t data;			/* bytes */
	uint64_t large;			/* X of its file, or 0 */
	struct journal_place place;	/* of the head, and of small data */
	uint32_t head;			/* bytes */
	uint32_t waiting;		/* queues that have it */
	uint32_t news;			/* its kind, see news.h */
	bool may_be_in_tree;		/* a checkpoint has begun with it */
	struct stored *before, *after;
	uint32_t to_count;
	struct queue **to;		/* it was put to, unless dropped */
};

/* Zeroed, it is empty. */
struct stored_list {
	struct stored *first, *last;
	uint64_t bytes;		/* of disk that all would take */
};

struct queue_slot {
	uint64_t id;
	struct stored *message;
};

/* The relay's own news, wherever it is. */
struct queue_news {
	uint64_t id;
	uint32_t kind, bytes;
};

struct queue {
	struct uid uid;
	uint32_t ref;
	struct queue *next;		/* in its table's chain */
	struct queue *copy;		/* maildir's: gets and loses the same
					   files; or NULL */

	/* Messages in the journal, by rising id: a ring. */
	struct queue_slot *ring;
	uint32_t ring_first, ring_count, ring_cap;

	/*
	 * What is known of the directory, if it was listed: ids[list_at ..
	 * list_count) are the ids in it that are higher than list_after; the
	 * lowest of them only, if list_more.
	 */
	bool listed, list_more;
	uint64_t list_after;
	uint64_t *list;
	uint32_t list_at, list_count;

	/*
	 * How much waits: in the ring, and in those files of the directory
	 * that are not of the ring, as far as they were counted.
	 */
	uint64_t ring_bytes;
	bool counted;
	uint32_t news_count;
	struct queue_news *news;	/* of what was counted; in no order */
	DIR *counting;			/* NULL: no count is under way */
	uint64_t count_below;		/* it is of files with lower ids */
	uint64_t file_count, file_bytes;
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

/* user/xx/UID/N, and with a message: user/xx/UID/N/MSGID. */
void queue_path(char path[QUEUE_PATH], const struct queue *);
void queue_message_path(char path[QUEUE_PATH], const struct queue *,
    uint64_t id);

/* The ring.  An id that is added is higher than all that are there. */
void queue_add(struct queue *, uint64_t id, struct stored *);
/* NULL if it is not there. */
struct stored *queue_get(const struct queue *, uint64_t id);
/* The first with an id above after, or NULL. */
struct stored *queue_next(const struct queue *, uint64_t after);
void queue_remove(struct queue *, uint64_t id);

/*
 * The directory, below the data directory: the first id in it above after, 0
 * if there is none.  -1 with errno when it cannot be read.
 */
int queue_list_next(struct queue *, int data, uint64_t after, uint64_t *id);
/* A file was added to the directory: the highest id there. */
void queue_list_gained(struct queue *);
/* A file is no longer there. */
void queue_list_lost(struct queue *, uint64_t id);
void queue_list_forget(struct queue *);

/*
 * Go on counting the files, if they are not counted: an old queue costs
 * nothing until its load is asked for, and a large one is counted in several
 * calls.  No file may have an id of at least next when the first is made.
 * Returns 1 if there is more to count, 0 if not, -1 with errno when the
 * directory cannot be read.
 */
int queue_count(struct queue *, int data, uint64_t next);
/* Forget the count. */
void queue_count_forget(struct queue *);
/* A file of so many bytes was added to the directory, or removed. */
void queue_count_gained(struct queue *, uint64_t bytes);
void queue_count_lost(struct queue *, uint64_t bytes);

/*
 * The news among what was counted.  Each queue has room for QUEUE_NEWS_MAX;
 * what is more counts as other messages do.  Only relays before the limit on
 * news may have left so much.
 */
#define QUEUE_NEWS_MAX 1000
/* The message is no longer there. */
void queue_news_lost(struct queue *, uint64_t id);
/* The oldest with an id above after, and of that kind unless 0; or NULL. */
const struct queue_news *queue_news_find(const struct queue *, uint64_t after,
    uint32_t kind);

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
