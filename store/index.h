/*
 * index.h - which messages in packs wait for one node: lists of ids in the
 * node's directory.
 *
 *	user/xx/UID/N/index-FIRST	of messages from id FIRST on, up to
 *					FIRST of the next file
 *
 * Each line has the same length, and its own checksum:
 *
 *	+ID BYTES KIND CRC	the message waits; how long head and data are,
 *				and its kind: see news.h
 *	*ID BYTES KIND CRC	the same, of large data: see large.h
 *	-ID 0 0 CRC		it waits no longer
 *	=ID 0 0 CRC		the last line but for acks: the next file
 *				began with ID
 *
 * as hexadecimal digits, KIND right behind BYTES.  Ids of + and * rise; several
 * lines may be there once more behind the last of them, as packs cannot say
 * what a copied one was.  Lines are only appended, by checkpoints, which sync
 * them before the journal forgets the same.  So what a power cut leaves half
 * written is in the journal, too: it is behind the last whole line of an id
 * below any that the journal has.  That is cut off, but for acks, when the file
 * is first looked at.  If other lines are damaged, the packs say what they
 * were: see pack.h.  A file of which nothing waits is removed.
 *
 * Memory has the acks that are not in the files yet, and the entries of the
 * file that was read last.
 *
 * Functions return 0, or -1 with errno, unless their comments say otherwise.
 */
#ifndef MNM_STORE_INDEX_H
#define MNM_STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/encode.h"
#include "disk/quarantine.h"
#include "store/aside.h"
#include "store/news.h"

struct packs;

#define INDEX_LINE 44		/* bytes of a line */
#define INDEX_PLACE ASIDE_PLACE	/* room for any directory of one */
#define INDEX_PATH 160		/* room for the path of a file */

struct index_entry {
	uint64_t id;
	uint32_t bytes;		/* head and data */
	uint32_t kind;
	bool large;
};

/* A file.  What it has is known when it was read once. */
struct index_file {
	uint64_t first;
	uint64_t bytes;		/* of what waits */
	uint32_t live;		/* messages that wait */
	uint32_t added;		/* + and * lines */
	uint32_t end;		/* where the next line goes */
	bool known;
	bool closed;		/* it has a = line */
	bool ragged;		/* something stands behind end */
};

/* The index of a queue.  Zeroed, nothing of it is known. */
struct node_index {
	struct index_file *files;
	uint32_t file_count;
	uint32_t unknown;	/* files from this one on may be unknown */
	struct index_entry *window;	/* what waits, of one file */
	uint32_t window_file, window_at, window_count;
	uint32_t acked_count;
	uint64_t *acked;	/* rising; not in the files yet */
	uint64_t messages, bytes;	/* that wait, in files that are known */
	struct news_list news;	/* among those, and in the queue's ring */
	bool listed;
	bool stale;		/* the journal may have what is in it, too */
	bool aside;		/* see aside.h */
};

/* Where an index is. */
struct index_dir {
	struct quarantine *quarantine;
	struct packs *packs;
	const struct uid *uid;	/* whose node it is */
	uint32_t ref;
	uint64_t limit;		/* the journal has all from this id on */
	bool aside;		/* see aside.h */
	/* For index_where: the directory, or "". */
	char path[INDEX_PLACE];
};

/* The path of a node's directory, unless its index is aside. */
void index_place(char path[INDEX_PLACE], const struct uid *, uint32_t ref);
/* The same, of this one. */
const char *index_where(struct index_dir *);

void index_free(struct node_index *);
/* Free what helps reading only. */
void index_rest(struct node_index *);

/* What is below this can be in no file of it; UINT64_MAX if there is none. */
int index_floor(struct node_index *, struct index_dir *, uint64_t *floor);
/* The first entry above after: returns 1, 0 if there is none, or -1. */
int index_next(struct node_index *, struct index_dir *, uint64_t after,
    struct index_entry *);
/* The message waits no longer.  Returns 1; 0 if it did not wait; or -1. */
int index_ack(struct node_index *, struct index_dir *, uint64_t id,
    struct index_entry *);
/* The same, during replay: files are not looked at. */
void index_ack_unseen(struct node_index *, uint64_t id);
/* An ack of it is not in the files yet. */
bool index_is_acked(const struct node_index *, uint64_t id);
/*
 * Read files that are not known, at most so many, from which those that were
 * read are subtracted.
 */
void index_learn(struct node_index *, struct index_dir *, unsigned *files);

/*
 * Append entries, above all that are there, all so many times.  Returns how
 * many of the first were appended, at least one, or -1 and none was.
 */
int index_add(struct node_index *, struct index_dir *,
    const struct index_entry *, size_t n, unsigned times);
/*
 * Write the acks to some of the files, and remove those of which nothing waits.
 * 1 if there is more to do.
 */
int index_flush(struct node_index *, struct index_dir *);

/*
 * Go on aside, as something there can be read or written no more: see aside.h.
 * It must not be aside.
 */
int index_set_aside(struct node_index *, struct index_dir *);

/* The path of file i.  It must be listed. */
void index_path(char path[INDEX_PATH], const struct node_index *,
    struct index_dir *, uint32_t i);
/*
 * For a sweep: what a file of this name, in the directory, says that waits,
 * acks in memory aside; free *entries.  Returns 1, or 0 if it is no index file.
 */
int index_read(struct index_dir *, const char *name,
    struct index_entry **entries, size_t *count);

#endif
