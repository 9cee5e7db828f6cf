/*
 * msgfile.h - a message as a file: written before its head is known, read back
 * only if nothing in it was altered.
 *
 * The file holds
 *
 *	data, in blocks of MSGFILE_BLOCK bytes (the last is shorter), each
 *	followed by its CRC-32C; then the head; then 32 bytes, little-endian:
 *	 0 magic "mnm1"   4 length of head   8 length of data   16 id
 *	24 CRC-32C of the head   28 CRC-32C of the 28 bytes before
 *
 * Functions return 0, or -1 with errno: EBADMSG for a damaged file, and one
 * that the disk twice could not read.
 */
#ifndef MNM_STORE_MSGFILE_H
#define MNM_STORE_MSGFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#define MSGFILE_BLOCK ((uint32_t)64 << 10)

#define MSGFILE_ALTERED "it was altered or cut"	/* EBADMSG in words */

/* Data on its way to a new file.  Begin with { .fd = fd }. */
struct msgfile_writer {
	int fd;
	uint64_t data;		/* bytes so far */
	uint32_t crc;		/* of the block being written */
	uint64_t sum;		/* of all blocks that are complete */
};

int msgfile_write(struct msgfile_writer *, struct span piece);
/* The data is complete.  The head may follow at any later time. */
int msgfile_end(struct msgfile_writer *);
/* Write the head of a file whose data is complete; again does no harm. */
int msgfile_write_head(int fd, uint64_t id, struct span head, uint64_t data);

/* A file being read.  Zeroed, it has no buffer; fd is the caller's. */
struct msgfile_reader {
	int fd;
	uint32_t head;		/* bytes */
	uint64_t data;		/* bytes */
	uint64_t loaded;	/* index of the block in buffer, + 1 */
	char *buffer;		/* MSGFILE_BLOCK verified bytes; free it */
};

/* Check the trailer and the head of the message id, and learn its size. */
int msgfile_check(struct msgfile_reader *, uint64_t id);
/* The same, and check all of the data. */
int msgfile_verify(struct msgfile_reader *, uint64_t id);
/* Bytes of head and data from offset on: at least 1, at most room. */
ssize_t msgfile_read(struct msgfile_reader *, uint64_t offset, char *dst,
    size_t room);

#endif
