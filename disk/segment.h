/*
 * segment.h - the files of the journal, a ring: the oldest is reused.  This is
 * private to journal.c.
 *
 * DATA/journal/KEY-NNNNNNNN is a segment of SEGMENT_SIZE bytes, filled with
 * zeros before use so that a commit changes data blocks only.  KEY is 16
 * random hexadecimal digits, the same for all segments; the numbers NNNNNNNN
 * are in no order.
 *
 * A segment is a row of batches, each beginning at a multiple of SEGMENT_BLOCK.
 * A batch is what one commit wrote.  No two share a block, so a write torn by a
 * power cut cannot damage an older batch.  All integers are
 * little-endian:
 *
 *	 0  magic	"mnj1"
 *	 4  crc		CRC-32C of the bytes from 8 to the end of the records
 *	 8  length	bytes of records
 *	12  zero
 *	16  key		the number KEY: what a client stores in a message cannot
 *			pass for a batch
 *	24  number	1, 2, 3 ... in order of the commits, without a gap
 *	32  oldest	the first batch that was still needed at this commit
 *	40  id		the highest message id given so far
 *	48  records
 */
#ifndef MNM_DISK_SEGMENT_H
#define MNM_DISK_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "disk/syncer.h"

#define SEGMENT_SIZE ((uint32_t)4 << 20)

#define SEGMENT_BLOCK 4096	/* no sector or flash page of today is larger */
#define SEGMENT_HEADER 48

#define SEGMENT_IDLE 2		/* segments that an idle journal keeps */
#define SEGMENT_NAME 32		/* room for KEY-NNNNNNNN */

/* What the header of a batch says, and where it is. */
struct segment_batch {
	uint64_t number, oldest, id;
	uint32_t offset;	/* from the segment's start */
	uint32_t length;	/* bytes of records */
};

struct segment {
	int fd;
	unsigned name;		/* the number in the file's name */
	bool is_short;		/* what it lacks reads as zeros */
	uint64_t first;		/* number of its first batch; 0 for spares */
	uint64_t id;		/* of its last batch */
	struct segment_batch *batches;	/* whole ones, if scanned */
	size_t batch_count;
};

/* Bytes that a batch takes: whole blocks. */
uint32_t segment_batch_size(uint32_t length);
/* Where the batch after this one begins. */
uint32_t segment_batch_end(const struct segment_batch *);
/* Write the header in front of the records that follow it. */
void segment_seal(char *header, const struct segment_batch *, uint64_t key);
/*
 * Whether the bytes at offset are part of batch number, not whole, and not of
 * an older batch; *size is then the batch's size, or 0 if unknown.
 */
bool segment_is_torn(const struct buf *image, uint32_t offset, uint64_t key,
    uint64_t number, uint32_t *size);

void segment_path(char path[SEGMENT_NAME], uint64_t key, unsigned name);
/* Read all of it into image.  -1 with errno. */
int segment_load(const struct segment *, struct buf *image);
/* Find its whole batches.  Image is scratch.  -1 with errno. */
int segment_scan(struct segment *, uint64_t key, struct buf *image);
/* Free its list of batches. */
void segment_forget(struct segment *);

/*
 * segments[0 .. used) are in use, from the oldest; then come those released
 * before the last commit (spare), then those released since (freed), which must
 * not be overwritten yet: on the disk they are still needed.
 */
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

/* An empty ring, to begin with. */
struct ring segment_ring(struct syncer *, uint64_t size_max);
/*
 * Take over the directory dir and open all segments in it, as spares; mode is
 * O_RDONLY or O_RDWR.  -1 with errno: EEXIST when there are those of two
 * journals.
 */
int segment_open(struct ring *, int dir, int mode);
void segment_close(struct ring *);
/*
 * The segments were scanned: those that hold batch number next or a later one
 * are in use, in the order of their batches; but not one that has only copies
 * of what others have.
 */
void segment_order(struct ring *, uint64_t next);
/*
 * Remove short segments, and make as many as an idle journal needs.  -1 with
 * errno if there is none at all to write to; fewer than needed, as on a full
 * disk, will do.
 */
int segment_prepare(struct ring *);

/* All there are. */
size_t segment_count(const struct ring *);
/* Use the next spare for batches from number on.  There must be one. */
void segment_advance(struct ring *, uint64_t number);

/* As journal_grow. */
int segment_grow(struct ring *);
/* Remove the last spare.  -1 with errno. */
int segment_remove_spare(struct ring *);

#endif
