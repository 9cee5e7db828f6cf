#include "tmtp/upload.h"

#include <errno.h>
#include <stdlib.h>

struct upload {
	struct store *store;
	struct buf frame;	/* the header, then a small part */
	size_t header;		/* its length */
	struct part parts[UPLOAD_PARTS];
	size_t at;		/* the part that is coming */
	uint64_t left;		/* bytes of it to come */
	int error;		/* errno of the first failure, or 0 */
};

static bool
is_large(const struct part *part)
{
	return part->length > STORE_DATA_SMALL;
}

/* After a failure the files are of no use: give their space back at once. */
static void
fail(struct upload *up, int error)
{
	size_t i;

	up->error = error;
	for (i = 0; i < UPLOAD_PARTS; i++) {
		if (up->parts[i].large != NULL)
			large_drop(up->parts[i].large);
		up->parts[i].large = NULL;
	}
}

/* Begin with the next part that has bytes, after the last one if none has. */
static void
begin_part(struct upload *up, size_t at)
{
	while (at < UPLOAD_PARTS && up->parts[at].length == 0)
		at++;
	up->at = at;
	if (at == UPLOAD_PARTS)
		return;
	up->left = up->parts[at].length;
	if (up->error != 0 || !is_large(&up->parts[at]))
		return;
	up->parts[at].large = store_large_open(up->store);
	if (up->parts[at].large == NULL)
		fail(up, errno);
}

struct upload *
upload_open(struct store *store, struct span header,
    const uint64_t lengths[UPLOAD_PARTS])
{
	struct upload *up = xzalloc(sizeof(*up));
	size_t i;

	up->store = store;
	up->header = header.n;
	buf_add(&up->frame, header);
	for (i = 0; i < UPLOAD_PARTS; i++)
		up->parts[i].length = lengths[i];
	begin_part(up, 0);
	return up;
}

void
upload_close(struct upload *up)
{
	if (up == NULL)
		return;
	fail(up, 0);
	buf_free(&up->frame);
	free(up);
}

static void
keep(struct upload *up, struct span bytes)
{
	struct part *part = &up->parts[up->at];

	if (up->error != 0)
		return;
	if (!is_large(part))
		buf_add(&up->frame, bytes);
	else if (large_write(part->large, bytes) == -1)
		fail(up, errno);
}

size_t
upload_take(struct upload *up, struct span bytes)
{
	size_t taken = 0, n;

	while (taken < bytes.n && up->at < UPLOAD_PARTS) {
		n = bytes.n - taken;
		if (n > up->left)
			n = (size_t)up->left;
		keep(up, (struct span){ bytes.p + taken, n });
		taken += n;
		up->left -= n;
		if (up->left == 0)
			begin_part(up, up->at + 1);
	}
	return taken;
}

bool
upload_is_whole(const struct upload *up)
{
	return up->at == UPLOAD_PARTS;
}

void
upload_sync(struct upload *up)
{
	size_t i;

	for (i = 0; i < UPLOAD_PARTS; i++) {
		if (up->parts[i].large != NULL &&
		    large_sync(up->parts[i].large) == -1)
			fail(up, errno);
	}
}

int
upload_state(struct upload *up)
{
	int state, under_way = 0;
	size_t i;

	for (i = 0; i < UPLOAD_PARTS; i++) {
		if (up->parts[i].large == NULL)
			continue;
		state = large_state(up->parts[i].large);
		if (state == -1)
			fail(up, errno);
		else
			under_way |= state;
	}
	errno = up->error;
	return up->error != 0 ? -1 : under_way;
}

struct span
upload_header(const struct upload *up)
{
	return (struct span){ up->frame.p, up->header };
}

/* If one of the parts is small, it alone follows the header. */
struct part *
upload_part(struct upload *up, size_t i)
{
	struct part *part = &up->parts[i];

	if (!is_large(part))
		part->small = (struct span){ up->frame.p + up->header,
		    (size_t)part->length };
	return part;
}
