#include "store/msgfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encode.h"
#include "disk/file.h"
#include "disk/quarantine.h"

#define CRC 4
#define TRAILER 32
#define MAGIC 0x316d6e6dU	/* "mnm1" */

/* Where byte n of the data stands, behind the CRCs of the blocks before. */
static uint64_t
data_offset(uint64_t n)
{
	return n + n / MSGFILE_BLOCK * CRC;
}

/* Where the head stands: the last block has its CRC, too. */
static uint64_t
head_offset(uint64_t data)
{
	return data + (data + MSGFILE_BLOCK - 1) / MSGFILE_BLOCK * CRC;
}

/* Bytes of the file for a message. */
static uint64_t
file_bytes(uint64_t head, uint64_t data)
{
	return head_offset(data) + head + TRAILER;
}

static int
write_crc(struct msgfile_writer *w)
{
	char crc[CRC];

	encode_u32(crc, w->crc);
	w->sum = encode_hash(w->sum, crc, CRC);
	w->crc = 0;
	return file_pwrite_all(w->fd, crc, CRC, head_offset(w->data) - CRC);
}

int
msgfile_write(struct msgfile_writer *w, struct span piece)
{
	size_t n;

	while (piece.n > 0) {
		n = MSGFILE_BLOCK - (size_t)(w->data % MSGFILE_BLOCK);
		if (n > piece.n)
			n = piece.n;
		if (file_pwrite_all(w->fd, piece.p, n,
		    data_offset(w->data)) == -1)
			return -1;
		w->crc = encode_crc32c(w->crc, piece.p, n);
		w->data += n;
		piece.p += n;
		piece.n -= n;
		if (w->data % MSGFILE_BLOCK == 0 && write_crc(w) == -1)
			return -1;
	}
	return 0;
}

int
msgfile_end(struct msgfile_writer *w)
{
	return w->data % MSGFILE_BLOCK == 0 ? 0 : write_crc(w);
}

static void
add_head(struct buf *b, uint64_t id, struct span head, uint64_t data)
{
	char trailer[TRAILER];

	encode_u32(trailer, MAGIC);
	encode_u32(trailer + 4, (uint32_t)head.n);
	encode_u64(trailer + 8, data);
	encode_u64(trailer + 16, id);
	encode_u32(trailer + 24, encode_crc32c(0, head.p, head.n));
	encode_u32(trailer + 28, encode_crc32c(0, trailer, TRAILER - CRC));
	buf_add(b, head);
	buf_add(b, (struct span){ trailer, TRAILER });
}

int
msgfile_write_head(int fd, uint64_t id, struct span head, uint64_t data)
{
	struct buf b = { NULL, 0, 0 };
	int result;

	add_head(&b, id, head, data);
	result = file_pwrite_all(fd, b.p, b.n, head_offset(data));
	buf_free(&b);
	return result;
}

/* A bad sector stays bad; what is only a hiccup must not cost a message. */
static int
read_bytes(const struct msgfile_reader *r, void *dst, size_t n,
    uint64_t offset)
{
	int tries;

	for (tries = 0; tries < 2; tries++) {
		if (file_pread_all(r->fd, dst, n, offset) == 0)
			return 0;
		if (!quarantine_is_damage(errno))
			return -1;
	}
	errno = EBADMSG;
	return -1;
}

/* Read the head and hold it against its CRC. */
static int
check_head(const struct msgfile_reader *r, uint32_t crc)
{
	char *head = xalloc(r->head);
	int result;

	result = read_bytes(r, head, r->head, head_offset(r->data));
	if (result == 0 && encode_crc32c(0, head, r->head) != crc) {
		errno = EBADMSG;
		result = -1;
	}
	free(head);
	return result;
}

int
msgfile_check(struct msgfile_reader *r, uint64_t id)
{
	char trailer[TRAILER];
	struct stat status;
	uint64_t size;

	r->loaded = 0;
	if (fstat(r->fd, &status) == -1)
		return -1;
	size = (uint64_t)status.st_size;
	errno = EBADMSG;
	if (size < TRAILER ||
	    read_bytes(r, trailer, TRAILER, size - TRAILER) == -1)
		return -1;
	r->head = decode_u32(trailer + 4);
	r->data = decode_u64(trailer + 8);
	errno = EBADMSG;
	if (decode_u32(trailer) != MAGIC || decode_u64(trailer + 16) != id ||
	    decode_u32(trailer + 28) != encode_crc32c(0, trailer,
	    TRAILER - CRC) || r->data > size ||
	    file_bytes(r->head, r->data) != size)
		return -1;
	return check_head(r, decode_u32(trailer + 24));
}

/* Have the block that holds byte n of the data in the buffer, verified. */
static int
load_block(struct msgfile_reader *r, uint64_t n)
{
	uint64_t index = n / MSGFILE_BLOCK, start = index * MSGFILE_BLOCK;
	size_t length = MSGFILE_BLOCK;
	char crc[CRC];

	if (r->loaded == index + 1)
		return 0;
	r->loaded = 0;
	if (r->data - start < length)
		length = (size_t)(r->data - start);
	if (r->buffer == NULL)
		r->buffer = xalloc(MSGFILE_BLOCK);
	start = data_offset(start);
	if (read_bytes(r, r->buffer, length, start) == -1 ||
	    read_bytes(r, crc, CRC, start + length) == -1)
		return -1;
	if (encode_crc32c(0, r->buffer, length) != decode_u32(crc)) {
		errno = EBADMSG;
		return -1;
	}
	r->loaded = index + 1;
	return 0;
}

int
msgfile_verify(struct msgfile_reader *r, uint64_t id)
{
	uint64_t n;

	if (msgfile_check(r, id) == -1)
		return -1;
	for (n = 0; n < r->data; n += MSGFILE_BLOCK) {
		if (load_block(r, n) == -1)
			return -1;
	}
	return 0;
}

static ssize_t
read_data(struct msgfile_reader *r, uint64_t n, char *dst, size_t room)
{
	size_t at = (size_t)(n % MSGFILE_BLOCK);

	if (load_block(r, n) == -1)
		return -1;
	if (room > MSGFILE_BLOCK - at)
		room = MSGFILE_BLOCK - at;
	if (room > r->data - n)
		room = (size_t)(r->data - n);
	memcpy(dst, r->buffer + at, room);
	return (ssize_t)room;
}

ssize_t
msgfile_read(struct msgfile_reader *r, uint64_t offset, char *dst, size_t room)
{
	if (offset >= r->head)
		return read_data(r, offset - r->head, dst, room);
	if (room > r->head - offset)
		room = (size_t)(r->head - offset);
	if (read_bytes(r, dst, room, head_offset(r->data) + offset) == -1)
		return -1;
	return (ssize_t)room;
}
