#include "disk/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "disk/file.h"

#define MAGIC 0x316a6e6dU	/* "mnj1" */
#define NUMBER_DIGITS 8

/* ---- batches ---- */

uint32_t
batch_size(uint32_t length)
{
	return (BATCH_HEADER + length + BATCH_BLOCK - 1) / BATCH_BLOCK *
	    BATCH_BLOCK;
}

void
batch_seal(char *p, const struct batch *b, uint64_t key)
{
	encode_u32(p, MAGIC);
	encode_u32(p + 8, b->length);
	encode_u32(p + 12, 0);
	encode_u64(p + 16, key);
	encode_u64(p + 24, b->number);
	encode_u64(p + 32, b->oldest);
	encode_u64(p + 40, b->id);
	encode_u32(p + 4, encode_crc32c(0, p + 8, BATCH_HEADER - 8 +
	    b->length));
}

/* Read the header at offset.  False if none of this journal can be there. */
static bool
read_header(struct batch *b, const char *p, uint32_t offset, uint64_t key)
{
	*b = (struct batch){
		.number = decode_u64(p + 24),
		.oldest = decode_u64(p + 32),
		.id = decode_u64(p + 40),
		.offset = offset,
		.length = decode_u32(p + 8)
	};
	return decode_u32(p) == MAGIC && decode_u64(p + 16) == key &&
	    b->length <= SEGMENT_SIZE - BATCH_HEADER - offset;
}

static bool
has_crc(const struct batch *b, const char *p)
{
	return encode_crc32c(0, p + 8, BATCH_HEADER - 8 + b->length) ==
	    decode_u32(p + 4);
}

bool
batch_is_torn(const struct buf *image, uint32_t offset, uint64_t key,
    uint64_t number, uint32_t *size)
{
	const char *p = image->p + offset;
	struct batch b;

	*size = 0;
	if (!read_header(&b, p, offset, key))
		return b.number == number;
	if (b.number == number)
		*size = batch_size(b.length);
	return !has_crc(&b, p);
}

/* ---- segments ---- */

void
segment_path(char path[SEGMENT_NAME], uint64_t key, unsigned name)
{
	(void)snprintf(path, SEGMENT_NAME, "%016" PRIx64 "-%08u", key, name);
}

static bool
parse_name(const char *path, uint64_t *key, unsigned *name)
{
	size_t i;

	if (strlen(path) != ID_TEXT + 1 + NUMBER_DIGITS ||
	    path[ID_TEXT] != '-' ||
	    !decode_hex64(key, (struct span){ path, ID_TEXT }))
		return false;
	path += ID_TEXT + 1;
	*name = 0;
	for (i = 0; i < NUMBER_DIGITS && path[i] >= '0' && path[i] <= '9'; i++)
		*name = *name * 10 + (unsigned)(path[i] - '0');
	return i == NUMBER_DIGITS;
}

/*
 * Open the file if it is a segment, of a journal that has this key unless that
 * is 0: returns 1, 0, or -1 with errno.
 */
static int
open_segment(int dir, const char *path, int mode, uint64_t *key,
    struct segment *sg)
{
	uint64_t its_key;
	struct stat st;

	*sg = (struct segment){ .fd = -1 };
	if (!parse_name(path, &its_key, &sg->name))
		return 0;
	if (*key != 0 && its_key != *key) {
		errno = EEXIST;
		return -1;
	}
	/* What is no file must not make us wait. */
	sg->fd = openat(dir, path, mode | O_NONBLOCK | O_CLOEXEC);
	if (sg->fd == -1)
		return -1;
	if (fstat(sg->fd, &st) == -1)
		return fd_close(sg->fd);
	sg->is_short = st.st_size < SEGMENT_SIZE;
	*key = its_key;
	return 1;
}

int
segment_open_all(int dir, int mode, struct segment **list, size_t *count,
    uint64_t *key)
{
	DIR *names = file_open_list(dir, ".");
	struct segment sg;
	const char *path;
	int found = 0;

	*key = 0;
	if (names == NULL)
		return -1;
	while (found != -1 && (path = file_next_name(names)) != NULL) {
		found = open_segment(dir, path, mode, key, &sg);
		if (found != 1)
			continue;
		*list = xrealloc(*list, (*count + 1) * sizeof(sg));
		(*list)[(*count)++] = sg;
	}
	return file_end_list(names);
}

void
segment_free(struct segment *sg)
{
	free(sg->batches);
	sg->batches = NULL;
	sg->batch_count = 0;
}

int
segment_load(const struct segment *sg, struct buf *image)
{
	image->n = 0;
	memset(buf_room(image, SEGMENT_SIZE), 0, SEGMENT_SIZE);
	image->n = SEGMENT_SIZE;
	if (file_pread_all(sg->fd, image->p, SEGMENT_SIZE, 0) == 0)
		return 0;
	return sg->is_short && errno == EBADMSG ? 0 : -1;
}

static void
add_batch(struct segment *sg, const struct batch *b)
{
	size_t n = sg->batch_count++;

	if ((n & (n - 1)) == 0)
		sg->batches = xrealloc(sg->batches,
		    (n == 0 ? 1 : 2 * n) * sizeof(*b));
	sg->batches[n] = *b;
}

int
segment_scan(struct segment *sg, uint64_t key, struct buf *image)
{
	uint32_t offset = 0;
	struct batch b;

	if (segment_load(sg, image) == -1)
		return -1;
	while (offset < SEGMENT_SIZE) {
		if (read_header(&b, image->p + offset, offset, key) &&
		    has_crc(&b, image->p + offset)) {
			add_batch(sg, &b);
			offset += batch_size(b.length);
		} else {
			offset += BATCH_BLOCK;
		}
	}
	return 0;
}
