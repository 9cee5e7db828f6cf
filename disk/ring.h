/*
 * ring.h - the files of the journal, used in turn, the oldest one again and
 * again: opened, made, released and removed.  What is in them is no matter
 * here.  journal.h is the way in; this is its inner part.
 *
 * In use are segments[0 .. used), from the oldest; then come those that were
 * released before the last commit (spare), then those released since (freed),
 * which must not be written over: the disk does not know yet that they are
 * not needed.
 */
#ifndef MNM_DISK_RING_H
#define MNM_DISK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disk/segment.h"
#include "disk/syncer.h"

/* Open to read; but for first of the segments, only ring.c writes to it. */
struct ring {
	int dir;
	struct syncer *syncer;
	size_t max;		/* segments that there may be */
	uint64_t key;
	struct segment *segments;
	size_t used, spare, freed;
	uint64_t ordinal;	/* of segments[0]; rises with each release */

	struct syncer_job growth;	/* growth.fd: -1 while none runs */
	unsigned growth_name;
	int growth_error;	/* of the last attempt, or 0 */
};

/* Begin with it, before all else. */
struct ring ring_none(struct syncer *, uint64_t size_max);
/*
 * Take over the directory dir and open all segments in it, as spares; mode is
 * O_RDONLY or O_RDWR.  -1 with errno as segment_open_all.
 */
int ring_open(struct ring *, int dir, int mode);
void ring_close(struct ring *);
/*
 * The segments were scanned: those that hold batch number next or a later one
 * are in use, in the order of their batches.
 */
void ring_order(struct ring *, uint64_t next);
/*
 * Have as many as an idle journal needs, and none that is short.  -1 with
 * errno when there is nothing at all to write to; else a full disk is no
 * reason not to serve.
 */
int ring_prepare(struct ring *);

/* All there are. */
size_t ring_count(const struct ring *);
/* The one being written; used must not be 0. */
struct segment *ring_newest(const struct ring *);
/* Use the next spare; number is of its first batch.  One must be there. */
void ring_advance(struct ring *, uint64_t number);
/* The oldest is not needed any more; it must not be the newest. */
void ring_release(struct ring *);
/* The disk knows of all that was released. */
void ring_settle(struct ring *);

/* As journal_grow, journal_has_spares, journal_trim. */
int ring_grow(struct ring *);
bool ring_has_spares(const struct ring *);
bool ring_trim(struct ring *);

#endif
