#include "disk/ring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "disk/syncer.h"

#define SEGMENTS_IDLE 2		/* kept when nothing is going on */

size_t
ring_count(const struct ring *r)
{
	return r->used + r->spare + r->freed;
}

/* ---- opening ---- */

struct ring
ring_none(struct syncer *syncer, uint64_t size_max)
{
	struct ring r = { .dir = -1, .growth.fd = -1, .syncer = syncer };

	r.max = (size_t)(size_max / SEGMENT_SIZE);
	if (r.max < SEGMENTS_IDLE + 1)
		r.max = SEGMENTS_IDLE + 1;
	return r;
}

int
ring_open(struct ring *r, int dir, int mode)
{
	r->dir = dir;
	if (segment_open_all(dir, mode, &r->segments, &r->spare,
	    &r->key) == -1)
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
ring_close(struct ring *r)
{
	size_t i;

	/* Nothing was written through these that is not synced. */
	for (i = 0; i < ring_count(r); i++) {
		(void)close(r->segments[i].fd);
		segment_free(&r->segments[i]);
	}
	(void)fd_close(r->growth.fd);
	(void)fd_close(r->dir);
	free(r->segments);
}

static int
by_first(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	/* What is short may be of no use but in place of what is missing. */
	if (x->first == y->first)
		return x->is_short - y->is_short;
	/* Spares, whose first is 0, go behind all others. */
	return (x->first - 1 > y->first - 1) - (x->first - 1 < y->first - 1);
}

void
ring_order(struct ring *r, uint64_t next)
{
	size_t i, at, n = ring_count(r);
	struct segment *sg;

	for (i = 0; i < n; i++) {
		sg = &r->segments[i];
		for (at = 0; at < sg->batch_count &&
		    sg->batches[at].number < next; at++)
			continue;
		if (at == sg->batch_count)
			continue;
		sg->first = sg->batches[at].number;
		r->used++;
		r->spare--;
	}
	if (n > 0)
		qsort(r->segments, n, sizeof(struct segment), by_first);
}

/* ---- growing and shrinking ---- */

/* A number that no segment has. */
static unsigned
unused_name(const struct ring *r)
{
	unsigned name = 0;
	size_t i;

	for (i = 0; i < ring_count(r); i++) {
		if (r->segments[i].name >= name)
			name = r->segments[i].name + 1;
	}
	return name;
}

/* Begin to make one more segment; syncer does it. */
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

/* One more spare, which stands behind the others and before the freed. */
static void
add_spare(struct ring *r, int fd, unsigned name)
{
	struct segment *at;

	r->segments = xrealloc(r->segments, (ring_count(r) + 1) *
	    sizeof(struct segment));
	at = r->segments + r->used + r->spare;
	memmove(at + 1, at, r->freed * sizeof(struct segment));
	*at = (struct segment){ .fd = fd, .name = name };
	r->spare++;
}

/* The job is done: a new spare, or why there is none. */
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
ring_grow(struct ring *r)
{
	if (r->spare + r->freed > 0)
		r->growth_error = 0;	/* there is no need any more */
	else if (r->growth.fd == -1 && ring_count(r) < r->max)
		begin_growth(r);
	if (r->growth.fd != -1 && syncer_done(r->syncer, &r->growth))
		end_growth(r);
	errno = r->growth_error;
	return r->growth_error == 0 ? 0 : -1;
}

/* Remove the last spare segment; -1 with errno. */
static int
remove_spare(struct ring *r)
{
	struct segment *sg = &r->segments[r->used + r->spare - 1];
	char path[SEGMENT_NAME];

	segment_path(path, r->key, sg->name);
	if (unlinkat(r->dir, path, 0) == -1)
		return -1;
	(void)close(sg->fd);	/* the file is gone */
	segment_free(sg);
	memmove(sg, sg + 1, r->freed * sizeof(struct segment));
	r->spare--;
	return 0;
}

int
ring_prepare(struct ring *r)
{
	/* Short ones are the last. */
	while (r->spare > 0 && r->segments[r->used + r->spare - 1].is_short) {
		if (remove_spare(r) == -1)
			return -1;
	}
	while (ring_count(r) < SEGMENTS_IDLE) {
		if (r->spare + r->freed > 0) {
			begin_growth(r);
			if (r->growth.fd != -1)
				end_growth(r);
		} else if (ring_grow(r) == -1) {
			break;
		}
		if (r->growth_error != 0)
			break;
	}
	errno = r->growth_error;
	return ring_count(r) > 0 ? 0 : -1;
}

bool
ring_has_spares(const struct ring *r)
{
	return r->spare > 0 && ring_count(r) > SEGMENTS_IDLE;
}

bool
ring_trim(struct ring *r)
{
	return ring_has_spares(r) && remove_spare(r) == 0;
}

/* ---- in turn ---- */

struct segment *
ring_newest(const struct ring *r)
{
	assert(r->used > 0);
	return &r->segments[r->used - 1];
}

void
ring_advance(struct ring *r, uint64_t number)
{
	assert(r->spare > 0);
	r->spare--;
	r->segments[r->used].first = number;
	r->used++;
}

void
ring_release(struct ring *r)
{
	struct segment oldest = r->segments[0];

	assert(r->used > 1);
	oldest.first = 0;
	memmove(r->segments, r->segments + 1,
	    (ring_count(r) - 1) * sizeof(struct segment));
	r->segments[ring_count(r) - 1] = oldest;
	r->used--;
	r->freed++;
	r->ordinal++;
}

void
ring_settle(struct ring *r)
{
	r->spare += r->freed;
	r->freed = 0;
}
