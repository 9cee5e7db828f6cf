/*
 * segment.h describes what is in a segment of the journal.  Segments are used
 * in turn, and the oldest is reused.
 *
 * Start-up finds the batch with the highest number.  Its oldest says where to
 * begin; every number from there to it must exist.
 *
 *	found where a batch is due		what start-up does
 *	the batch with the next number		replays it
 *	something else, at the very end		it was never acked: cut off; one
 *						line if part of a batch is there
 *	something else, later numbers exist	damage: its bytes go to
 *						lost+found, one line, go on with
 *						the next whole batch
 *	a segment without a needed batch	a spare one
 *	a segment that is too short		removed if no batch in it is
 *						due: it was never used; else it
 *						was cut: damage, one line, and
 *						replays what is there
 *	a segment that is too long		the excess is not read
 *	a batch for the second time, where	skipped; a segment of only
 *	a segment was copied, or a new one	those is a spare one
 *	shows what was elsewhere before
 *	blocks that cannot be read		as if they were zeros; if they
 *						are many, there is no start
 *	a file with another name		not a segment: left alone
 *
 * After damage, here or in other files, the next batch goes into a new segment,
 * so that a checkpoint can release the damage.  Until then it is found again at
 * every start, and replaces what went to lost+found the last time.
 *
 * A released segment is overwritten only after a commit whose oldest is beyond
 * it, so that what is half overwritten is never needed.
 */
#include "disk/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "disk/file.h"
#include "disk/segment.h"
#include "json.h"

#define RECORD 8		/* length and type before each body */
#define LOST_NAME 64		/* room for journal-NNNNNNNN-OFFSET */
#define LOST_LINE 128

/*
 * One commit writes at most this much, to bound memory and the time a reply
 * waits; a turn that has more continues after its commit.
 */
#define BATCH_MAX ((size_t)1 << 20)

/* A buffer larger than this is freed if the next batches do not need it. */
#define BATCH_KEEP ((size_t)64 << 10)

struct journal {
	struct quarantine *quarantine;
	struct ring ring;
	uint64_t number;	/* of the next batch */
	uint64_t id, committed_id;
	uint32_t at;		/* where the next batch begins */
	struct buf batch;	/* header and records appended since */

	/* Replay. */
	struct buf image;	/* the segment being read */
	size_t replaying;	/* its index; used when all are done */
	size_t batch_at;	/* index of the segment's batch that is next */
	uint64_t next;		/* number of the batch that is due */
	uint64_t last;		/* the highest number found */
	struct span records;	/* of the current batch, still to be read */
	uint32_t records_at;	/* where they are in the segment */
};

/* ---- opening and closing ---- */

/* Scan all batches: the last one says which is the oldest needed. */
static int
scan_segments(struct journal *jn)
{
	const struct segment_batch *b;
	struct segment *s;
	size_t i, n;

	jn->next = 1;
	for (i = 0; i < segment_count(&jn->ring); i++) {
		s = &jn->ring.segments[i];
		if (segment_scan(s, jn->ring.key, &jn->image) == -1)
			return -1;
		for (n = 0; n < s->batch_count; n++) {
			b = &s->batches[n];
			if (b->number > jn->last) {
				jn->last = b->number;
				jn->next = b->oldest;
			}
			if (b->id > jn->id)
				jn->id = b->id;
			if (b->id > s->id)
				s->id = b->id;
		}
	}
	jn->image.n = 0;
	return 0;
}

static int
open_segments(struct journal *jn)
{
	int data = jn->quarantine->data, dir;
	bool readonly = jn->quarantine->report_only;

	if (!readonly && file_make_dir(data, "journal") == -1)
		return -1;
	dir = file_open_dir(data, "journal");
	if (dir == -1)
		return readonly && errno == ENOENT ? 0 : -1;
	if (segment_open(&jn->ring, dir, readonly ? O_RDONLY : O_RDWR) == -1 ||
	    scan_segments(jn) == -1)
		return -1;
	segment_order(&jn->ring, jn->next);
	if (readonly)
		return 0;
	/* A relay killed while making a segment has not synced its name. */
	return segment_prepare(&jn->ring) == -1 ? -1 : file_sync(dir);
}

struct journal *
journal_open(struct quarantine *quarantine, struct syncer *syncer,
    uint64_t size_max, char *why, size_t room)
{
	struct journal *jn = xzalloc(sizeof(*jn));

	jn->quarantine = quarantine;
	jn->ring = segment_ring(syncer, size_max);
	if (open_segments(jn) == 0)
		return jn;
	(void)snprintf(why, room, "cannot open the journal: %s",
	    errno == EEXIST ? "it has segments of two journals" :
	    strerror(errno));
	journal_close(jn);
	return NULL;
}

void
journal_close(struct journal *jn)
{
	if (jn == NULL)
		return;
	/* Every commit was synced: closing has nothing left to lose. */
	segment_close(&jn->ring);
	buf_free(&jn->batch);
	buf_free(&jn->image);
	free(jn);
}

/* ---- replay ---- */

/* Keep bytes from..to of the image of a segment in lost+found, and log it. */
static void
lose(struct journal *jn, size_t segment, uint32_t from, uint32_t to,
    const char *what)
{
	unsigned name = jn->ring.segments[segment].name;
	char kept[LOST_NAME], line[LOST_LINE];

	(void)snprintf(kept, sizeof(kept), "journal-%08u-%" PRIu32, name,
	    from);
	(void)snprintf(line, sizeof(line), "journal: %s at %08u:%" PRIu32
	    ", %" PRIu32 " bytes", what, name, from, to - from);
	quarantine_keep(jn->quarantine, kept,
	    (struct span){ jn->image.p + from, to - from }, line);
}

/* Batches that are due are missing. */
static void
lose_damage(struct journal *jn, uint32_t from, uint32_t to)
{
	if (from == to) {
		quarantine_note(jn->quarantine,
		    "journal: batch %" PRIu64 " is missing", jn->next);
		return;
	}
	lose(jn, jn->replaying, from, to, "damage");
	jn->quarantine->count++;
}

/* The end of the last byte after from that is not zero. */
static uint32_t
content_end(const struct buf *image, uint32_t from)
{
	uint32_t end = SEGMENT_SIZE;

	while (end > from && image->p[end - 1] == 0)
		end--;
	return end;
}

/*
 * Write the last batch once more and sync it.  If the program died between
 * its write and its sync, or the sync failed, the kernel may show bytes that
 * the disk does not have and that no later sync would write.
 */
static int
settle_last_batch(struct journal *jn)
{
	const struct segment *sg = &jn->ring.segments[jn->replaying];
	const struct segment_batch *b = &sg->batches[jn->batch_at - 1];

	if (file_pwrite_all(sg->fd, jn->image.p + b->offset,
	    segment_batch_size(b->length), b->offset) == -1)
		return -1;
	return file_sync_data(sg->fd);
}

/* Whether the next batch was begun at this place of a segment's image. */
static bool
lose_torn(struct journal *jn, size_t segment, uint32_t at)
{
	uint32_t size;

	if (at >= SEGMENT_SIZE ||
	    !segment_is_torn(&jn->image, at, jn->ring.key, jn->next, &size))
		return false;
	lose(jn, segment, at, size > 0 ? at + size :
	    content_end(&jn->image, at), "a batch that was never finished");
	return true;
}

/*
 * The next batch may have been begun in another segment, which still counts as
 * a spare.  Its header is wiped, or every start would report it until the
 * segment is used.
 */
static int
look_at_spares(struct journal *jn)
{
	static const char nothing[SEGMENT_HEADER];
	struct segment *sg;
	size_t i;

	for (i = jn->ring.used; i < segment_count(&jn->ring); i++) {
		sg = &jn->ring.segments[i];
		if (segment_load(sg, &jn->image) == -1)
			return -1;
		if (lose_torn(jn, i, 0) && !jn->quarantine->report_only &&
		    file_pwrite_all(sg->fd, nothing, SEGMENT_HEADER, 0) == -1)
			return -1;
	}
	return 0;
}

/* The last batch has been read: the next one goes after it. */
static int
end_newest(struct journal *jn)
{
	(void)lose_torn(jn, jn->replaying, jn->at);
	return jn->quarantine->report_only ? 0 : settle_last_batch(jn);
}

/* The number of the first batch that is not to be read from this segment. */
static uint64_t
number_beyond(const struct journal *jn)
{
	return jn->replaying + 1 == jn->ring.used ? jn->last + 1 :
	    jn->ring.segments[jn->replaying + 1].first;
}

/* This segment has no more batches that are due.  Go to the next. */
static int
leave_segment(struct journal *jn)
{
	bool newest = jn->replaying + 1 == jn->ring.used;
	uint64_t follows = number_beyond(jn);

	if (jn->next < follows) {
		lose_damage(jn, jn->at, content_end(&jn->image, jn->at));
		jn->next = follows;
	}
	if (newest && end_newest(jn) == -1)
		return -1;
	jn->replaying++;
	jn->image.n = 0;
	return 0;
}

/* Begin with a segment: the batches in it that are due. */
static int
enter_segment(struct journal *jn)
{
	const struct segment *sg = &jn->ring.segments[jn->replaying];

	if (segment_load(sg, &jn->image) == -1)
		return -1;
	jn->at = 0;
	jn->batch_at = 0;
	while (jn->batch_at < sg->batch_count &&
	    sg->batches[jn->batch_at].number < jn->next)
		jn->at = segment_batch_end(&sg->batches[jn->batch_at++]);
	return 0;
}

/* A batch that is due is in a short segment: it was cut. */
static int
mend_segment(struct journal *jn, struct segment *sg)
{
	quarantine_note(jn->quarantine,
	    "journal: segment %08u was truncated", sg->name);
	sg->is_short = false;
	if (jn->quarantine->report_only)
		return 0;
	return file_pwrite_all(sg->fd, "", 1, SEGMENT_SIZE - 1);
}

/* Take the batch that is next, or leave the segment. */
static int
next_batch(struct journal *jn)
{
	struct segment *sg = &jn->ring.segments[jn->replaying];
	const struct segment_batch *b = &sg->batches[jn->batch_at];

	if (jn->batch_at == sg->batch_count || b->number < jn->next ||
	    b->number >= number_beyond(jn))
		return leave_segment(jn);
	if (b->offset != jn->at || b->number != jn->next)
		lose_damage(jn, jn->at, b->offset);
	if (sg->is_short && mend_segment(jn, sg) == -1)
		return -1;
	jn->next = b->number + 1;
	jn->at = segment_batch_end(b);
	jn->records = (struct span){ jn->image.p + b->offset + SEGMENT_HEADER,
	    b->length };
	jn->records_at = b->offset + SEGMENT_HEADER;
	jn->batch_at++;
	return 0;
}

/* Take one record off the current batch; false if it has no more. */
static bool
next_record(struct journal *jn, struct journal_record *record)
{
	size_t n;

	if (jn->records.n < RECORD)
		return false;
	n = decode_u32(jn->records.p);
	if (n > jn->records.n - RECORD)
		return false;
	record->type = decode_u32(jn->records.p + 4);
	record->body = (struct span){ jn->records.p + RECORD, n };
	record->place.segment = jn->ring.ordinal + jn->replaying;
	record->place.offset = jn->records_at + RECORD;
	jn->records.p += RECORD + n;
	jn->records.n -= RECORD + n;
	jn->records_at += (uint32_t)(RECORD + n);
	return true;
}

/* Everything is read; from now on, append. */
static void
end_replay(struct journal *jn)
{
	size_t i;

	for (i = 0; i < segment_count(&jn->ring); i++)
		segment_forget(&jn->ring.segments[i]);
	buf_free(&jn->image);
	jn->number = jn->last + 1;
	jn->committed_id = jn->id;
	if (jn->quarantine->count > 0 && !jn->quarantine->report_only)
		(void)journal_turn(jn);	/* without a spare: at a later start */
}

int
journal_replay(struct journal *jn, struct journal_record *record)
{
	while (!next_record(jn, record)) {
		if (jn->records.n > 0)
			quarantine_note(jn->quarantine,
			    "journal: the end of a batch "
			    "is invalid; skipped");
		jn->records.n = 0;
		if (jn->replaying == jn->ring.used) {
			if (look_at_spares(jn) == -1)
				return -1;
			end_replay(jn);
			return 0;
		}
		if (jn->image.n == 0 && enter_segment(jn) == -1)
			return -1;
		if (next_batch(jn) == -1)
			return -1;
	}
	return 1;
}

/* ---- appending ---- */

uint64_t
journal_id(struct journal *jn)
{
	return ++jn->id;
}

void
journal_id_at_least(struct journal *jn, uint64_t id)
{
	if (jn->id < id)
		jn->id = id;
}

bool
journal_is_blank(const struct journal *jn)
{
	return jn->last == 0;
}

uint64_t
journal_committed_id(const struct journal *jn)
{
	return jn->committed_id;
}

/* Go on in the next spare segment. */
static void
begin_segment(struct journal *jn)
{
	segment_advance(&jn->ring, jn->number);
	jn->at = 0;
}

/* Whether the segment being written has room for one request and n more. */
static bool
has_room(const struct journal *jn, size_t n)
{
	/* The last block is for journal_publish. */
	return jn->ring.used > 0 && jn->at + SEGMENT_BLOCK + n +
	    SEGMENT_HEADER +
	    JOURNAL_REQUEST_MAX <= SEGMENT_SIZE;
}

bool
journal_ready(const struct journal *jn)
{
	if (jn->batch.n > 0)
		return jn->batch.n + JOURNAL_REQUEST_MAX <= BATCH_MAX &&
		    has_room(jn, jn->batch.n);
	return has_room(jn, 0) || jn->ring.spare > 0;
}

static void
begin_batch(struct journal *jn)
{
	/*
	 * Without another segment, an ack still has room at the end of this
	 * one.
	 */
	if (!has_room(jn, 0) && jn->ring.spare > 0)
		begin_segment(jn);
	(void)buf_room(&jn->batch, SEGMENT_HEADER);
	jn->batch.n = SEGMENT_HEADER;
}

struct journal_place
journal_add(struct journal *jn, enum journal_type type,
    const struct span *parts, size_t n)
{
	struct journal_place place;
	char head[RECORD];
	size_t i, length = 0;

	if (jn->batch.n == 0)
		begin_batch(jn);
	for (i = 0; i < n; i++)
		length += parts[i].n;
	assert(jn->batch.n + RECORD + length <= SEGMENT_SIZE - jn->at);
	encode_u32(head, (uint32_t)length);
	encode_u32(head + 4, (uint32_t)type);
	buf_add(&jn->batch, (struct span){ head, sizeof(head) });
	place.segment = journal_newest(jn);
	place.offset = jn->at + (uint32_t)jn->batch.n;
	for (i = 0; i < n; i++)
		buf_add(&jn->batch, parts[i]);
	return place;
}

void
journal_add_one(struct journal *jn, enum journal_type type, struct span body)
{
	(void)journal_add(jn, type, &body, 1);
}

bool
journal_pending(const struct journal *jn)
{
	return jn->batch.n > 0;
}

int
journal_commit(struct journal *jn)
{
	struct segment_batch b = { .number = jn->number, .id = jn->id };
	struct segment *sg;
	uint32_t size;

	if (jn->batch.n == 0)
		return 0;
	sg = &jn->ring.segments[jn->ring.used - 1];
	sg->id = jn->id;
	b.oldest = jn->ring.segments[0].first;
	b.length = (uint32_t)(jn->batch.n - SEGMENT_HEADER);
	segment_seal(jn->batch.p, &b, jn->ring.key);
	size = segment_batch_size(b.length);
	memset(buf_room(&jn->batch, size - jn->batch.n), 0,
	    size - jn->batch.n);
	if (file_pwrite_all(sg->fd, jn->batch.p, size, jn->at) == -1 ||
	    file_sync_data(sg->fd) == -1)
		return -1;
	jn->at += size;
	jn->number++;
	jn->committed_id = jn->id;
	/* The disk knows of all that was released. */
	jn->ring.spare += jn->ring.freed;
	jn->ring.freed = 0;
	if (jn->batch.cap > BATCH_KEEP && jn->batch.n < jn->batch.cap / 8)
		buf_free(&jn->batch);
	jn->batch.n = 0;
	return 0;
}

uint64_t
journal_commits(const struct journal *jn)
{
	return jn->number - 1;
}

int
journal_read(const struct journal *jn, struct journal_place place, void *dst,
    size_t n)
{
	const struct segment *s;

	assert(place.segment >= jn->ring.ordinal &&
	    place.segment < jn->ring.ordinal + jn->ring.used);
	if (place.segment == journal_newest(jn) && place.offset >= jn->at &&
	    jn->batch.n > 0) {
		assert(place.offset - jn->at + n <= jn->batch.n);
		memcpy(dst, jn->batch.p + (place.offset - jn->at), n);
		return 0;
	}
	s = &jn->ring.segments[place.segment - jn->ring.ordinal];
	return file_pread_all(s->fd, dst, n, place.offset);
}

/* ---- the ring ---- */

uint64_t
journal_oldest(const struct journal *jn)
{
	return jn->ring.ordinal;
}

uint64_t
journal_newest(const struct journal *jn)
{
	return jn->ring.ordinal + jn->ring.used - (jn->ring.used > 0 ? 1 : 0);
}

uint64_t
journal_oldest_id(const struct journal *jn)
{
	return jn->ring.used > 0 ? jn->ring.segments[0].id : 0;
}

bool
journal_is_crowded(const struct journal *jn)
{
	return jn->ring.used > jn->ring.max / 2 ||
	    (jn->ring.spare == 0 && jn->ring.growth_error != 0);
}

unsigned
journal_used(const struct journal *jn)
{
	return (unsigned)(jn->ring.used * 100 / jn->ring.max);
}

void
journal_release(struct journal *jn)
{
	struct ring *r = &jn->ring;
	struct segment oldest = r->segments[0];

	assert(r->used > 1);
	oldest.first = 0;
	memmove(r->segments, r->segments + 1,
	    (segment_count(r) - 1) * sizeof(struct segment));
	r->segments[segment_count(r) - 1] = oldest;
	r->used--;
	r->freed++;
	r->ordinal++;
}

int
journal_grow(struct journal *jn)
{
	return segment_grow(&jn->ring);
}

bool
journal_is_growing(const struct journal *jn)
{
	return jn->ring.growth.fd != -1;
}

bool
journal_has_spares(const struct journal *jn)
{
	return jn->ring.spare > 0 && segment_count(&jn->ring) > SEGMENT_IDLE;
}

bool
journal_trim(struct journal *jn)
{
	return journal_has_spares(jn) && segment_remove_spare(&jn->ring) == 0;
}

bool
journal_turn(struct journal *jn)
{
	assert(jn->batch.n == 0);
	if (jn->ring.used > 0 && jn->at == 0)
		return true;	/* nothing was written to it yet */
	if (jn->ring.spare == 0)
		return false;
	begin_segment(jn);
	return true;
}

void
journal_publish(struct journal *jn)
{
	if (jn->batch.n == 0 && jn->ring.used > 0 &&
	    (jn->at <= SEGMENT_SIZE - SEGMENT_BLOCK || jn->ring.spare > 0))
		begin_batch(jn);
}

void
journal_list(const struct journal *jn, struct buf *to)
{
	char path[SEGMENT_NAME];
	size_t i;

	json_put_open(to, '[');
	for (i = 0; i < jn->ring.used; i++) {
		segment_path(path, jn->ring.key, jn->ring.segments[i].name);
		json_put_string(to, NULL, span_of(path));
		json_put_uint(to, NULL, i + 1 < jn->ring.used ? SEGMENT_SIZE :
		    jn->at);
	}
	json_put_close(to, ']');
}
