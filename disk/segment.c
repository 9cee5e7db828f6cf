#include "disk/segment.h"

#include <assert.h>
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
#define BAD_BLOCKS 16		/* of a segment that may be unreadable */

/* ---- batches ---- */

uint32_t
segment_batch_size(uint32_t length)
{
	return (SEGMENT_HEADER + length + SEGMENT_BLOCK - 1) / SEGMENT_BLOCK *
	    SEGMENT_BLOCK;
}

uint32_t
segment_batch_end(const struct segment_batch *b)
{
	return b->offset + segment_batch_size(b->length);
}

void
segment_seal(char *p, const struct segment_batch *b, uint64_t key)
{
	encode_u32(p, MAGIC);
	encode_u32(p + 8, b->length);
	encode_u32(p + 12, 0);
	encode_u64(p + 16, key);
	encode_u64(p + 24, b->number);
	encode_u64(p + 32, b->oldest);
	encode_u64(p + 40, b->id);
	encode_u32(p + 4, encode_crc32c(0, p + 8, SEGMENT_HEADER - 8 +
	    b->length));
}

/* Read the header at offset.  False if none of this journal can be there. */
static bool
read_header(struct segment_batch *b, const char *p, uint32_t offset,
    uint64_t key)
{
	*b = (struct segment_batch){
		.number = decode_u64(p + 24),
		.oldest = decode_u64(p + 32),
		.id = decode_u64(p + 40),
		.offset = offset,
		.length = decode_u32(p + 8)
	};
	return decode_u32(p) == MAGIC && decode_u64(p + 16) == key &&
	    b->length <= SEGMENT_SIZE - SEGMENT_HEADER - offset;
}

static bool
has_crc(const struct segment_batch *b, const char *p)
{
	return encode_crc32c(0, p + 8, SEGMENT_HEADER - 8 + b->length) ==
	    decode_u32(p + 4);
}

bool
segment_is_torn(const struct buf *image, uint32_t offset, uint64_t key,
    uint64_t number, uint32_t *size)
{
	const char *p = image->p + offset;
	struct segment_batch b;

	*size = 0;
	if (!read_header(&b, p, offset, key))
		return b.number == number;
	if (b.number == number)
		*size = segment_batch_size(b.length);
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
	/* Do not wait for a FIFO. */
	sg->fd = openat(dir, path, mode | O_NONBLOCK | O_CLOEXEC);
	if (sg->fd == -1)
		return -1;
	if (fstat(sg->fd, &st) == -1)
		return fd_close(sg->fd);
	sg->is_short = st.st_size < SEGMENT_SIZE;
	*key = its_key;
	return 1;
}

/*
 * Open all segments in the directory, into *list, which is for free().  *key is
 * 0 if there is none.
 */
static int
open_all(int dir, int mode, struct segment **list, size_t *count,
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
		*list = xgrow(*list, *count, sizeof(sg));
		(*list)[(*count)++] = sg;
	}
	return file_end_list(names);
}

void
segment_forget(struct segment *sg)
{
	free(sg->batches);
	sg->batches = NULL;
	sg->batch_count = 0;
}

/*
 * Read block by block.  One that stays unreadable is zeros, so damage.  If they
 * are many, the disk may be there again after the next start: -1.
 */
static int
load_blocks(const struct segment *sg, char *image)
{
	unsigned bad = 0;
	uint32_t at;

	for (at = 0; at < SEGMENT_SIZE; at += SEGMENT_BLOCK) {
		if (file_pread_all(sg->fd, image + at, SEGMENT_BLOCK,
		    at) == 0 || file_pread_all(sg->fd, image + at,
		    SEGMENT_BLOCK, at) == 0)
			continue;
		if (errno != EIO || ++bad > BAD_BLOCKS)
			return -1;
		memset(image + at, 0, SEGMENT_BLOCK);
	}
	return 0;
}

int
segment_load(const struct segment *sg, struct buf *image)
{
	image->n = 0;
	memset(buf_room(image, SEGMENT_SIZE), 0, SEGMENT_SIZE);
	image->n = SEGMENT_SIZE;
	if (file_pread_all(sg->fd, image->p, SEGMENT_SIZE, 0) == 0 ||
	    (sg->is_short && errno == EBADMSG))
		return 0;
	return errno == EIO ? load_blocks(sg, image->p) : -1;
}

static void
add_batch(struct segment *sg, const struct segment_batch *b)
{
	sg->batches = xgrow(sg->batches, sg->batch_count, sizeof(*b));
	sg->batches[sg->batch_count++] = *b;
}

int
segment_scan(struct segment *sg, uint64_t key, struct buf *image)
{
	uint32_t offset = 0;
	struct segment_batch b;

	if (segment_load(sg, image) == -1)
		return -1;
	while (offset < SEGMENT_SIZE) {
		if (read_header(&b, image->p + offset, offset, key) &&
		    has_crc(&b, image->p + offset)) {
			add_batch(sg, &b);
			offset = segment_batch_end(&b);
		} else {
			offset += SEGMENT_BLOCK;
		}
	}
	return 0;
}

/* ---- the ring: opening ---- */

size_t
segment_count(const struct ring *r)
{
	return r->used + r->spare + r->freed;
}

/* ---- opening ---- */

struct ring
segment_ring(struct syncer *syncer, uint64_t size_max)
{
	struct ring r = { .dir = -1, .growth.fd = -1, .syncer = syncer };

	r.max = (size_t)(size_max / SEGMENT_SIZE);
	/* Each stays open, and others need descriptors, too. */
	if (r.max > fd_limit() / 8)
		r.max = fd_limit() / 8;
	if (r.max < SEGMENT_IDLE + 1)
		r.max = SEGMENT_IDLE + 1;
	return r;
}

int
segment_open(struct ring *r, int dir, int mode)
{
	r->dir = dir;
	if (open_all(dir, mode, &r->segments, &r->spare, &r->key) == -1)
		return -1;
	while (r->key == 0) {
		if (encode_random(&r->key, sizeof(r->key)) == -1) {
			errno = EIO;
			return -1;
		}
	}
	return 0;
}

void
segment_close(struct ring *r)
{
	size_t i;

	/* Nothing was written through these that is not synced. */
	for (i = 0; i < segment_count(r); i++) {
		(void)close(r->segments[i].fd);
		segment_forget(&r->segments[i]);
	}
	(void)fd_close(r->growth.fd);
	(void)fd_close(r->dir);
	free(r->segments);
}

/* Its first batch with this number or a later one, or NULL. */
static const struct segment_batch *
find_batch(const struct segment *sg, uint64_t number)
{
	size_t i;

	for (i = 0; i < sg->batch_count; i++) {
		if (sg->batches[i].number >= number)
			return &sg->batches[i];
	}
	return NULL;
}

/*
 * Keep no batches but those that may be needed: from this number on, up to
 * where the numbers fall, as what follows is older.
 */
static void
keep_row(struct segment *sg, uint64_t number)
{
	const struct segment_batch *b = find_batch(sg, number);
	const struct segment_batch *end = sg->batches + sg->batch_count;

	if (b == NULL) {
		segment_forget(sg);
		return;
	}
	while (++b < end && b->number > b[-1].number)
		continue;
	sg->batch_count = (size_t)(b - sg->batches);
}

/* Whether it begins where the one before it ends. */
static bool
is_in_place(const struct segment *sg, const struct segment_batch *b)
{
	return b->offset == (b == sg->batches ? 0 : segment_batch_end(b - 1));
}

/* How many batches there are from this one on before one is missing. */
static size_t
count_row(const struct segment *sg, const struct segment_batch *first)
{
	size_t n = 1, left = sg->batch_count - (size_t)(first - sg->batches);

	while (n < left && first[n].number == first->number + n &&
	    is_in_place(sg, &first[n]))
		n++;
	return n;
}

/* Whether batch number, or the next there is, is in x rather than in y. */
static bool
is_next(const struct segment *x, const struct segment *y, uint64_t number)
{
	const struct segment_batch *a = find_batch(x, number);
	const struct segment_batch *b = find_batch(y, number);

	if (a == NULL || b == NULL)
		return a != NULL;
	if (a->number != b->number)
		return a->number < b->number;
	/* One of them is a copy: the one in a worse place. */
	if (x->is_short != y->is_short)
		return y->is_short;
	if (is_in_place(x, a) != is_in_place(y, b))
		return is_in_place(x, a);
	return count_row(x, a) > count_row(y, b);
}

/* The spare one to go on in with batch number, or NULL if none has any. */
static struct segment *
find_next(const struct ring *r, uint64_t number)
{
	struct segment *next = NULL, *sg;
	size_t i;

	for (i = r->used; i < segment_count(r); i++) {
		sg = &r->segments[i];
		if (find_batch(sg, number) != NULL &&
		    (next == NULL || is_next(sg, next, number)))
			next = sg;
	}
	return next;
}

/* Make it the last of those in use, from batch number or the next there is. */
static void
take(struct ring *r, struct segment *sg, uint64_t number)
{
	struct segment taken = *sg;

	taken.first = find_batch(sg, number)->number;
	*sg = r->segments[r->used];
	r->segments[r->used++] = taken;
	r->spare--;
}

/*
 * The last one in use goes on with b, where batch number is due, after a gap.
 * Whether to go on in others instead: they have more than would be lost.
 */
static bool
is_elsewhere(const struct ring *r, const struct segment_batch *b,
    const struct segment_batch *end, uint64_t number)
{
	bool missing = b->number > number;
	size_t here = 0, there = 0;	/* batches that are only there */
	const struct segment_batch *found;
	const struct segment *other;

	while (b < end && there <= here + (size_t)(end - b)) {
		other = find_next(r, number);
		found = other == NULL ? NULL : find_batch(other, number);
		if (found == NULL || found->number > b->number) {
			here++;
			number = b++->number + 1;
			continue;
		}
		if (found->number < b->number)
			there++;
		else
			b++;
		number = found->number + 1;
	}
	return there > here || (here == 0 && !missing);
}

/*
 * The number that is due after the last one in use.  What that has beyond a gap
 * may be copies.
 */
static uint64_t
number_after(const struct ring *r)
{
	const struct segment *sg = &r->segments[r->used - 1];
	const struct segment_batch *b = find_batch(sg, sg->first);
	const struct segment_batch *end = sg->batches + sg->batch_count;
	uint64_t number = b++->number + 1;

	for (; b < end; b++) {
		if ((b->number > number || !is_in_place(sg, b)) &&
		    is_elsewhere(r, b, end, number))
			break;
		number = b->number + 1;
	}
	return number;
}

static int
by_length(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->is_short - y->is_short;
}

void
segment_order(struct ring *r, uint64_t next)
{
	struct segment *sg;
	size_t i;

	for (i = 0; i < segment_count(r); i++)
		keep_row(&r->segments[i], next);
	while ((sg = find_next(r, next)) != NULL) {
		take(r, sg, next);
		next = number_after(r);
	}
	if (r->spare > 0)
		qsort(r->segments + r->used, r->spare, sizeof(struct segment),
		    by_length);
}

/* ---- growing and shrinking ---- */

/* An unused number. */
static unsigned
unused_name(const struct ring *r)
{
	unsigned name = 0;
	size_t i;

	for (i = 0; i < segment_count(r); i++) {
		if (r->segments[i].name >= name)
			name = r->segments[i].name + 1;
	}
	return name;
}

/* Start to make one more segment; the syncer does it. */
static void
begin_growth(struct ring *r)
{
	char path[SEGMENT_NAME];
	int fd;

	r->growth_name = unused_name(r);
	segment_path(path, r->key, r->growth_name);
	fd = openat(r->dir, path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (fd == -1) {
		r->growth_error = errno;
		return;
	}
	r->growth = (struct syncer_job){ .kind = SYNCER_ZEROS, .fd = fd,
	    .dir = r->dir, .size = SEGMENT_SIZE };
	syncer_add(r->syncer, &r->growth);
}

/* Add a spare, after the others and before the freed ones. */
static void
add_spare(struct ring *r, int fd, unsigned name)
{
	struct segment *at;

	r->segments = xrealloc(r->segments, (segment_count(r) + 1) *
	    sizeof(struct segment));
	at = r->segments + r->used + r->spare;
	memmove(at + 1, at, r->freed * sizeof(struct segment));
	*at = (struct segment){ .fd = fd, .name = name };
	r->spare++;
}

/* The job is done: there is a new spare, or an error. */
static void
end_growth(struct ring *r)
{
	char path[SEGMENT_NAME];

	r->growth_error = r->growth.error;
	if (r->growth_error != 0) {
		(void)close(r->growth.fd);	/* it failed already */
		segment_path(path, r->key, r->growth_name);
		(void)unlinkat(r->dir, path, 0);	/* start-up does, too */
	} else {
		add_spare(r, r->growth.fd, r->growth_name);
	}
	r->growth.fd = -1;
}

int
segment_grow(struct ring *r)
{
	if (r->spare + r->freed > 0)
		r->growth_error = 0;	/* no longer needed */
	else if (r->growth.fd == -1 && segment_count(r) < r->max)
		begin_growth(r);
	if (r->growth.fd != -1 && syncer_done(r->syncer, &r->growth))
		end_growth(r);
	errno = r->growth_error;
	return r->growth_error == 0 ? 0 : -1;
}

int
segment_remove_spare(struct ring *r)
{
	struct segment *sg = &r->segments[r->used + r->spare - 1];
	char path[SEGMENT_NAME];

	segment_path(path, r->key, sg->name);
	if (unlinkat(r->dir, path, 0) == -1)
		return -1;
	(void)close(sg->fd);	/* the file is gone */
	segment_forget(sg);
	memmove(sg, sg + 1, r->freed * sizeof(struct segment));
	r->spare--;
	return 0;
}

int
segment_prepare(struct ring *r)
{
	/* Short ones are the last. */
	while (r->spare > 0 && r->segments[r->used + r->spare - 1].is_short) {
		if (segment_remove_spare(r) == -1)
			return -1;
	}
	while (segment_count(r) < SEGMENT_IDLE) {
		if (r->spare + r->freed > 0) {
			begin_growth(r);
			if (r->growth.fd != -1)
				end_growth(r);
		} else if (segment_grow(r) == -1) {
			break;
		}
		if (r->growth_error != 0)
			break;
	}
	errno = r->growth_error;
	return segment_count(r) > 0 ? 0 : -1;
}

/* ---- in turn ---- */

void
segment_advance(struct ring *r, uint64_t number)
{
	assert(r->spare > 0);
	r->spare--;
	r->segments[r->used].first = number;
	r->used++;
}
