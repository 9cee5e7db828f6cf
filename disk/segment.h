/*
 * segment.h - the files of the journal: what is in one, and which of it is
 * whole.  journal.h is the way in; this is its inner part.
 *
 * DATA/journal/KEY-NNNNNNNN is a segment, of SEGMENT_SIZE bytes,
 * written with zeros before it is used so that a commit changes data blocks
 * only.  KEY is 16 hexadecimal digits, random, the same for all segments; the
 * number NNNNNNNN says nothing of the order.
 *
 * A segment is a row of batches, each beginning at a multiple of BATCH_BLOCK.
 * A batch is what one commit wrote; no block is ever shared by two, so a write
 * that is torn by a power cut cannot hurt an older batch.  All integers are
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

#define SEGMENT_SIZE ((uint32_t)4 << 20)

#define BATCH_BLOCK 4096	/* no sector or flash page of today is larger */
#define BATCH_HEADER 48

#define SEGMENT_NAME 32		/* room for KEY-NNNNNNNN */

/* What the header of a batch says, and where it is. */
struct batch {
	uint64_t number, oldest, id;
	uint32_t offset;	/* from the segment's start */
	uint32_t length;	/* bytes of records */
};

struct segment {
	int fd;
	unsigned name;		/* the number in the file's name */
	bool is_short;		/* as zeros are read what it lacks */
	uint64_t first;		/* number of its first batch; 0 for spares */
	struct batch *batches;	/* the whole ones, if it was scanned */
	size_t batch_count;
};

/* Bytes that a batch takes: whole blocks. */
uint32_t batch_size(uint32_t length);
/* Write the header in front of the records that follow it. */
void batch_seal(char *header, const struct batch *, uint64_t key);
/*
 * Whether the bytes at offset are a trace of batch number that is not whole,
 * and not of an older batch; *size is then what it takes, 0 if that is unknown.
 */
bool batch_is_torn(const struct buf *image, uint32_t offset, uint64_t key,
    uint64_t number, uint32_t *size);

void segment_path(char path[SEGMENT_NAME], uint64_t key, unsigned name);
/*
 * Open all segments in the directory, into *list, which is for free().
 * *key is 0 if there is none.  mode is O_RDWR, or O_RDONLY.  -1 with errno:
 * EEXIST when there are those of two journals.
 */
int segment_open_all(int dir, int mode, struct segment **list, size_t *count,
    uint64_t *key);
/* Closes nothing. */
void segment_free(struct segment *);
/* Read all of it into image. */
int segment_load(const struct segment *, struct buf *image);
/* Find its whole batches.  Image is scratch.  -1 with errno. */
int segment_scan(struct segment *, uint64_t key, struct buf *image);

#endif
