#include "store/upload.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "disk/journal.h"
#include "disk/syncer.h"
#include "store/large.h"
#include "store/msgfile.h"

/* A part in a file, tmp/large-X. */
struct large {
	struct uploads *uploads;
	uint64_t x;
	struct msgfile_writer writer;
	bool syncing;
	struct syncer_job job;
	struct large *next;	/* in the list of the abandoned */
};

struct upload {
	struct uploads *uploads;
	struct buf frame;	/* the header, then a small part */
	size_t header;		/* its length */
	struct part parts[UPLOAD_PARTS];
	size_t at;		/* the part that is arriving */
	uint64_t left;		/* bytes of it to come */
	int error;		/* errno of the first failure, or 0 */
};

/* ---- files ---- */

static struct large *
open_large(struct uploads *uploads)
{
	uint64_t x = journal_id(uploads->journal);
	int fd = large_create(uploads->larges, x);
	struct large *l;

	if (fd == -1)
		return NULL;
	l = xzalloc(sizeof(*l));
	l->uploads = uploads;
	l->x = x;
	l->writer.fd = fd;
	return l;
}

static int
sync_large(struct large *l)
{
	if (msgfile_end(&l->writer) == -1)
		return -1;
	l->job = (struct syncer_job){ .kind = SYNCER_FILE, .fd = l->writer.fd,
	    .dir = large_dir(l->uploads->larges) };
	l->syncing = true;
	syncer_add(l->uploads->syncer, &l->job);
	return 0;
}

/* As upload_state. */
static int
large_state(const struct large *l)
{
	if (!l->syncing || !syncer_done(l->uploads->syncer, &l->job))
		return 1;
	errno = l->job.error;
	return l->job.error == 0 ? 0 : -1;
}

static void
remove_large(struct large *l)
{
	large_remove(l->uploads->larges, l->x, 0);
	(void)close(l->writer.fd);	/* the file is removed */
	free(l);
}

static void
abandon(struct large *l)
{
	if (l->syncing && large_state(l) == 1) {
		/* The syncer still uses it: uploads_tidy removes it. */
		l->next = l->uploads->abandoned;
		l->uploads->abandoned = l;
		return;
	}
	remove_large(l);
}

/* ---- uploads ---- */

static bool
is_large(const struct part *part)
{
	return part->length > UPLOAD_SMALL;
}

/* After a failure the files are useless: give their space back at once. */
static void
fail(struct upload *up, int error)
{
	size_t i;

	up->error = error;
	for (i = 0; i < UPLOAD_PARTS; i++) {
		if (up->parts[i].large != NULL)
			abandon(up->parts[i].large);
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
	up->parts[at].large = open_large(up->uploads);
	if (up->parts[at].large == NULL)
		fail(up, errno);
}

struct upload *
upload_open(struct uploads *uploads, struct span header,
    const uint64_t lengths[UPLOAD_PARTS])
{
	struct upload *up = xzalloc(sizeof(*up));
	size_t i;

	up->uploads = uploads;
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
	else if (msgfile_write(&part->large->writer, bytes) == -1)
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
		    sync_large(up->parts[i].large) == -1)
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

/* At most one part is small: its bytes follow the header. */
struct part *
upload_part(struct upload *up, size_t i)
{
	struct part *part = &up->parts[i];

	if (!is_large(part))
		part->small = (struct span){ up->frame.p + up->header,
		    (size_t)part->length };
	else if (part->large != NULL)
		part->sum = part->large->writer.sum;
	return part;
}

/* ---- the store's side ---- */

void
uploads_tidy(struct uploads *uploads)
{
	struct large **link = &uploads->abandoned, *l;

	while ((l = *link) != NULL) {
		if (large_state(l) == 1) {
			link = &l->next;
			continue;
		}
		*link = l->next;
		remove_large(l);
	}
}

void
uploads_close(struct uploads *uploads)
{
	/* A test may report late that a job is done. */
	while (uploads->abandoned != NULL)
		uploads_tidy(uploads);
}

uint64_t
upload_take_file(struct part *part)
{
	uint64_t x = part->large->x;

	(void)close(part->large->writer.fd);	/* its sync has succeeded */
	free(part->large);
	part->large = NULL;
	return x;
}
