/*
 * pack.h - messages that a checkpoint took out of the journal: a row of them in
 * one file, by rising id, which is never changed in place.
 *
 *	pack/FIRST	FIRST is the lowest id in it, in hexadecimal
 *
 * A pack holds records, a table of them, and a tail; integers are
 * little-endian:
 *
 *	record	 0 magic "mnr1"   4 bytes of head   8 bytes of data   12 nodes
 *		16 id   24 CRC-32C of what follows   28 CRC-32C of these 28
 *		32 the nodes, each UID and N (32 bits); head; data
 *	large	the same with the magic "mnl1", but head and data are in a
 *		file of their own: see large.h
 *	table	for each record: its id, 64 bits, and its offset, 32 bits
 *	tail	 0 magic "mnp1"   4 records   8 offset of the table
 *		12 CRC-32C of the table and the 12 bytes before
 *
 * The table is for speed: if it is damaged, the pack is written again with one
 * made from the records.
 * The nodes are those for which the message was packed: if a line of an index
 * is damaged, they say what it was.
 * A message is looked for in the last pack that begins at its id or below.  A
 * crash between the steps of a rewrite may leave others that have it, too.
 *
 * Functions return 0, or -1 with errno, unless their comments say otherwise.
 */
#ifndef MNM_STORE_PACK_H
#define MNM_STORE_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/encode.h"
#include "disk/quarantine.h"

#define PACK_PATH 40		/* room for pack/FIRST and tmp/pack-FIRST */
#define PACK_RECORD 32		/* bytes of a record before its nodes */
#define PACK_NODE (UID_BYTES + 4)
#define PACK_ENTRY 12		/* bytes of the table for a record */

/* A message to be packed.  The spans are borrowed. */
struct pack_message {
	uint64_t id;
	uint64_t head_bytes, data_bytes;
	bool large;		/* head and data are elsewhere */
	struct span nodes;	/* as in the record */
	struct span head, data;
};

struct pack_entry {
	uint64_t id;
	uint32_t offset;	/* of its record */
};

struct pack {
	uint64_t first;
	uint64_t bytes;		/* of the file; 0: not known */
	bool refused;		/* it could not be opened: that was said */
	/* For a sweep: a bit for what of it waits, by a hash of the id. */
	uint32_t mark_bits;	/* a power of two; 0: none is marked */
	uint32_t *marks;
};

struct packs;

/* NULL with errno.  For a read-only check, nothing is made or removed. */
struct packs *packs_open(struct quarantine *);
/* Keeps errno. */
void packs_close(struct packs *);
/* At start: the journal has all from this id on.  Remove the packs that do. */
int packs_cut(struct packs *, uint64_t id);

/*
 * Write a pack: begin with the lowest id; add the rest by rising id; end.  It
 * can be read only then.  Nothing is synced.  After a failure, or instead of
 * the end, give it up; then it may be begun again.
 */
int pack_begin(struct packs *, uint64_t first);
int pack_add(struct packs *, const struct pack_message *);
int pack_end(struct packs *);
void pack_give_up(struct packs *);
/* Bytes of a record and its place in the table. */
uint64_t pack_record_bytes(uint64_t bytes, size_t nodes);

/*
 * Bytes of a message from offset on, head first: at least 1, at most room.
 * ENOENT if no pack has it; EBADMSG when it is damaged: it is then in
 * lost+found, and the line about it has been logged.
 */
ssize_t packs_read(struct packs *, uint64_t id, uint64_t offset, char *dst,
    size_t room);
/* Bytes of head and data, if a pack has the message, whole. */
int packs_verify(struct packs *, uint64_t id, uint64_t *bytes);

/*
 * The first message packed for this node with an id in from..to, both included:
 * returns 1, 0 if there is none, or -1.
 */
struct pack_found {
	uint64_t id;
	uint64_t bytes;		/* head and data */
	bool large;
};
int packs_next_of(struct packs *, const char node[PACK_NODE], uint64_t from,
    uint64_t to, struct pack_found *);

/* The highest id of all; 0 if there is none. */
int packs_last_id(struct packs *, uint64_t *id);

/* For a sweep: all packs, by rising first. */
size_t packs_count(const struct packs *);
struct pack *packs_at(struct packs *, size_t i);
/* The pack that has this id if any has it; NULL if none can. */
struct pack *packs_find(struct packs *, uint64_t id);
/* Its records, by rising id, and the offset behind the last; free *list. */
int pack_list(struct packs *, struct pack *, struct pack_entry **list,
    uint32_t *count, uint32_t *end);
/* Remove pack i and its file. */
int packs_remove(struct packs *, size_t i);
/*
 * Write the records that are marked, of n packs from i on, to a draft, which is
 * left open: sync *fd; install the draft as pack i; then remove the others,
 * from the lowest, each after a sync of the directory.  What is damaged is left
 * out.
 */
int packs_draft(struct packs *, size_t i, size_t n, int *fd);
int packs_install(struct packs *, size_t i);
/* The directory that must be synced for that to be durable. */
int packs_dir(const struct packs *);
/* Whether an id is marked in pack i; mark it; forget all marks. */
bool packs_has_mark(const struct packs *, size_t i, uint64_t id);
int pack_mark(struct packs *, struct pack *, uint64_t id);
void pack_unmark(struct pack *);

#endif
