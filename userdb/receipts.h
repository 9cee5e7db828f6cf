/*
 * receipts.h - what a node's requests have led to, so that one that is sent
 * again is recognised.
 *
 * A node has those of the last RECEIPTS_MAX requests of its earlier
 * connections, and those of as many of the connection it has now.
 */
#ifndef MNM_USERDB_RECEIPTS_H
#define MNM_USERDB_RECEIPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define RECEIPTS_MAX 64

struct receipt {
	uint64_t hash;			/* of the request */
	uint64_t msgid, posted;		/* of its ack */
};

/* Zeroed, it is empty. */
struct receipts {
	struct receipt *all;	/* by rising msgid */
	uint32_t count;
	uint32_t earlier;	/* so many are of earlier connections */
	uint64_t saved;		/* msgid of the last that the file has */
	uint64_t carried;	/* those up to this one were carried over, */
	uint64_t carried_at;	/* none before this id */
};

void receipts_free(struct receipts *);
/* No effect if it is there. */
void receipts_add(struct receipts *, const struct receipt *);
/* The connection has ended: all are of earlier ones. */
void receipts_turn(struct receipts *);
/*
 * The last one of an earlier connection whose hash is this one in the bits of
 * mask, or NULL.
 */
const struct receipt *receipts_find(const struct receipts *, uint64_t hash,
    uint64_t mask);
/* The file has all of them now. */
void receipts_saved(struct receipts *);
/*
 * Whether the file lacks one that the journal has nowhere but in segments that
 * end with this id or a lower one.
 */
bool receipts_behind(const struct receipts *, uint64_t id);
/* Whether the node has made a request since this id. */
bool receipts_are_active(const struct receipts *, uint64_t id);

#define RECEIPT_BYTES ((size_t)24)	/* in the journal */

/* Write one for the journal; read one of RECEIPT_BYTES. */
void receipts_encode(struct buf *, const struct receipt *);
struct receipt receipts_decode(const char *bytes);
/*
 * Write those for the journal that are behind, as above, because that segment
 * is to be released.  committed is the highest id that was committed.
 */
void receipts_carry(struct receipts *, uint64_t id, uint64_t committed,
    struct buf *);

/*
 * The last RECEIPTS_MAX as text: hash, msgid and posted of each in
 * hexadecimal.  What follows something else is not read.
 */
void receipts_write(struct buf *, const struct receipts *);
void receipts_read(struct receipts *, struct span text);

#endif
