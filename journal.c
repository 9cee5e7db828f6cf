/*
 * On disk
 * -------
 * DATA/journal/NNNNNNNN are the segments, each of JOURNAL_SEGMENT_SIZE octets,
 * written with zeros before it is used so that a commit changes data blocks
 * only.  The number in the name says nothing of the order: segments are used
 * in turn, the oldest one again and again.
 *
 * A segment is a row of batches, each beginning at a multiple of BLOCK.  A
 * batch is what one commit wrote; no block is ever shared by two, so a write
 * that is torn by a power cut cannot hurt an older batch.  All integers are
 * little-endian:
 *
 *	 0  magic	"mnj1"
 *	 4  crc		CRC-32C of the octets from 8 to the end of the records
 *	 8  length	octets of records
 *	12  zero
 *	16  key		random, the same in all batches of a journal: what a
 *			client stores in a message cannot pass for a batch
 *	24  number	1, 2, 3 ... in order of the commits, without a gap
 *	32  oldest	the first batch that was still needed at this commit
 *	40  id		the highest message id given so far
 *	48  records	each: length of body (32 bits), type (32 bits), body
 *
 * Start-up finds the batch with the highest number.  Its oldest says where to
 * begin; from there to it, every number must be there.
 *
 *	found where a batch is due		what start-up does
 *	the batch with the next number		replays it
 *	something else, at the very end		it was never acked: cut off
 *	something else, later numbers exist	damage: its octets go to
 *						lost+found, one line, go on with
 *						the next whole batch
 *	a segment without a needed batch	a spare one
 *	a file of another size or name		not a segment: left alone
 *
 * A released segment is written over only after a commit whose oldest lies
 * beyond it, so that what is half overwritten is never needed.
 */
#include "journal.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "code.h"
#include "log.h"

#define BLOCK 4096		/* a sector or flash page of today is no larger */
#define HEADER 48
#define RECORD 8		/* length and type before each body */
#define MAGIC 0x316a6e6dU	/* "mnj1" */
#define SEGMENTS_IDLE 2		/* kept when nothing is going on */
#define NAME_OCTETS 16

/*
 * One commit writes at most this much.  It bounds memory and the time a reply
 * waits; a turn that has more goes on after its commit.
 */
#define BATCH_MAX ((size_t)1 << 20)

/* A batch that takes much room is freed if the next ones do not need it. */
#define BATCH_KEEP ((size_t)64 << 10)

struct segment {
	int fd;
	unsigned name;		/* the number in the file's name */
	uint64_t first;		/* number of its first batch; 0 for spares */
};

struct journal {
	int dir;
	int lost;		/* DATA/lost+found */
	struct syncer *syncer;
	size_t segments_max;

	/*
	 * In use are segments[0 .. used), from the oldest; then come those
	 * released before the last commit (spare), then those released
	 * since (freed).
	 */
	struct segment *segments;
	size_t used, spare, freed;
	uint64_t ordinal;	/* of segments[0]; rises with each release */

	uint64_t key;
	uint64_t number;	/* of the next batch */
	uint64_t id, committed_id;
	uint32_t at;		/* where the next batch begins */
	struct buf batch;	/* header and records appended since */

	struct sync_job growth;	/* growth.fd is -1 while none is under way */
	unsigned growth_name;
	int growth_error;

	/* Replay. */
	struct buf image;	/* the segment being read */
	size_t replaying;	/* its index; used when all are done */
	uint64_t next;		/* number of the batch that is due */
	uint64_t last;		/* the highest number found */
	struct span records;	/* of the current batch, still to be read */
	uint32_t records_at;	/* where they are in the segment */
	uint32_t batch_from;	/* where the current batch began */
	unsigned long damaged;
};

static uint32_t
round_up(size_t n)
{
	return (uint32_t)((n + BLOCK - 1) / BLOCK * BLOCK);
}

static size_t
segment_count(const struct journal *jn)
{
	return jn->used + jn->spare + jn->freed;
}

static void
segment_path(char path[NAME_OCTETS], unsigned name)
{
	(void)snprintf(path, NAME_OCTETS, "%08u", name);
}

/* ---- batches in a segment's image ---- */

/*
 * The length of the whole batch at offset, rounded up to blocks, or 0 if there
 * is none.  A key of 0 accepts any.
 */
static uint32_t
batch_at(const struct buf *image, uint32_t offset, uint64_t key)
{
	const char *p = image->p + offset;
	uint32_t length = code_get32(p + 8);

	if (code_get32(p) != MAGIC ||
	    length > JOURNAL_SEGMENT_SIZE - HEADER - offset)
		return 0;
	if (key != 0 && code_get64(p + 16) != key)
		return 0;
	if (code_crc32c(0, p + 8, HEADER - 8 + length) != code_get32(p + 4))
		return 0;
	return round_up(HEADER + length);
}

static uint64_t
number_at(const struct buf *image, uint32_t offset)
{
	return code_get64(image->p + offset + 24);
}

/*
 * The first whole batch at or after offset whose number is at least least;
 * JOURNAL_SEGMENT_SIZE if there is none.
 */
static uint32_t
find_batch(const struct journal *jn, uint32_t offset, uint64_t least)
{
	uint32_t length;

	while (offset < JOURNAL_SEGMENT_SIZE) {
		length = batch_at(&jn->image, offset, jn->key);
		if (length > 0 && number_at(&jn->image, offset) >= least)
			return offset;
		offset += length > 0 ? length : BLOCK;
	}
	return offset;
}

static int
load_image(struct journal *jn, const struct segment *sg)
{
	jn->image.n = 0;
	(void)buf_room(&jn->image, JOURNAL_SEGMENT_SIZE);
	jn->image.n = JOURNAL_SEGMENT_SIZE;
	return file_pread_all(sg->fd, jn->image.p, JOURNAL_SEGMENT_SIZE, 0);
}

/* ---- opening ---- */

static void
add_segment(struct journal *jn, int fd, unsigned name)
{
	size_t n = segment_count(jn);

	jn->segments = xrealloc(jn->segments, (n + 1) * sizeof(struct segment));
	jn->segments[n] = (struct segment){ fd, name, 0 };
}

/* Whether name is eight digits, and their value. */
static bool
parse_name(const char *name, unsigned *value)
{
	size_t i;

	*value = 0;
	for (i = 0; name[i] >= '0' && name[i] <= '9' && i < 8; i++)
		*value = *value * 10 + (unsigned)(name[i] - '0');
	return i == 8 && name[8] == '\0';
}

/* Open the segment called name if it is one: -1 with errno if it cannot. */
static int
open_segment(struct journal *jn, const char *name)
{
	struct stat st;
	unsigned value;
	int fd;

	if (!parse_name(name, &value))
		return 0;
	fd = openat(jn->dir, name, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return -1;
	/* A segment that a crash left before it had all its zeros. */
	if (fstat(fd, &st) == -1 || st.st_size != JOURNAL_SEGMENT_SIZE) {
		(void)close(fd);	/* nothing was written */
		return unlinkat(jn->dir, name, 0);
	}
	add_segment(jn, fd, value);
	jn->spare++;
	return 0;
}

static int
open_segments(struct journal *jn)
{
	struct dirent *entry;
	int result = 0;
	DIR *list;
	int fd;

	fd = file_open_dir(jn->dir, ".");
	list = fd == -1 ? NULL : fdopendir(fd);
	if (list == NULL)
		return -1;
	while (result == 0 && (entry = readdir(list)) != NULL)
		result = open_segment(jn, entry->d_name);
	(void)closedir(list);	/* it was only read */
	return result;
}

/* The key is that of any batch that begins a segment: none is a client's. */
static int
find_key(struct journal *jn)
{
	char block[HEADER];
	size_t i;

	for (i = 0; i < jn->spare && jn->key == 0; i++) {
		if (file_pread_all(jn->segments[i].fd, block, HEADER, 0) == -1)
			return -1;
		if (code_get32(block) != MAGIC)
			continue;
		if (load_image(jn, &jn->segments[i]) == -1)
			return -1;
		if (batch_at(&jn->image, 0, 0) > 0)
			jn->key = code_get64(block + 16);
	}
	while (jn->key == 0) {
		if (code_random(&jn->key, sizeof(jn->key)) == -1) {
			errno = EIO;
			return -1;
		}
	}
	return 0;
}

/*
 * Look at every batch of the segment in image: remember the highest number
 * of all and what it says.
 */
static void
scan_segment(struct journal *jn, uint64_t *oldest)
{
	uint32_t at = find_batch(jn, 0, 1);
	const char *p;

	while (at < JOURNAL_SEGMENT_SIZE) {
		p = jn->image.p + at;
		if (code_get64(p + 24) > jn->last) {
			jn->last = code_get64(p + 24);
			*oldest = code_get64(p + 32);
		}
		if (code_get64(p + 40) > jn->id)
			jn->id = code_get64(p + 40);
		at = find_batch(jn, at + batch_at(&jn->image, at, jn->key), 1);
	}
}

static int
by_first(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	/* Spares, whose first is 0, go behind all others. */
	return (x->first - 1 > y->first - 1) - (x->first - 1 < y->first - 1);
}

/* Find what is needed, and put segments into their order. */
static int
order_segments(struct journal *jn)
{
	size_t i, n = segment_count(jn);
	uint64_t oldest = 1;
	uint32_t at;

	for (i = 0; i < n; i++) {
		if (load_image(jn, &jn->segments[i]) == -1)
			return -1;
		scan_segment(jn, &oldest);
	}
	for (i = 0; i < n && jn->last > 0; i++) {
		if (load_image(jn, &jn->segments[i]) == -1)
			return -1;
		at = find_batch(jn, 0, oldest);
		if (at == JOURNAL_SEGMENT_SIZE)
			continue;
		jn->segments[i].first = number_at(&jn->image, at);
		jn->used++;
		jn->spare--;
	}
	qsort(jn->segments, n, sizeof(struct segment), by_first);
	jn->next = oldest;
	jn->image.n = 0;
	return 0;
}

/* ---- growing and shrinking ---- */

/* A number that no segment has. */
static unsigned
unused_name(const struct journal *jn)
{
	unsigned name = 0;
	size_t i;

	for (i = 0; i < segment_count(jn); i++) {
		if (jn->segments[i].name >= name)
			name = jn->segments[i].name + 1;
	}
	return name;
}

/* Begin to make one more segment; syncer does it. */
static void
begin_growth(struct journal *jn)
{
	char path[NAME_OCTETS];
	int fd;

	jn->growth_name = unused_name(jn);
	segment_path(path, jn->growth_name);
	fd = openat(jn->dir, path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (fd == -1) {
		jn->growth_error = errno;
		return;
	}
	jn->growth = (struct sync_job){ .kind = SYNC_ZEROS, .fd = fd,
	    .dir = jn->dir, .size = JOURNAL_SEGMENT_SIZE };
	syncer_add(jn->syncer, &jn->growth);
}

/* The job is done: a new spare, or why there is none. */
static void
end_growth(struct journal *jn)
{
	char path[NAME_OCTETS];
	size_t n = segment_count(jn);

	jn->growth_error = jn->growth.error;
	if (jn->growth_error != 0) {
		(void)close(jn->growth.fd);	/* it failed already */
		segment_path(path, jn->growth_name);
		(void)unlinkat(jn->dir, path, 0);	/* start-up does, too */
	} else {
		add_segment(jn, jn->growth.fd, jn->growth_name);
		/* Spares stand before the freed ones. */
		if (jn->freed > 0) {
			struct segment last = jn->segments[n];

			memmove(jn->segments + jn->used + jn->spare + 1,
			    jn->segments + jn->used + jn->spare,
			    jn->freed * sizeof(struct segment));
			jn->segments[jn->used + jn->spare] = last;
		}
		jn->spare++;
	}
	jn->growth.fd = -1;
}

int
journal_grow(struct journal *jn)
{
	if (jn->growth.fd == -1 && jn->spare + jn->freed == 0 &&
	    segment_count(jn) < jn->segments_max)
		begin_growth(jn);
	if (jn->growth.fd != -1 && syncer_done(jn->syncer, &jn->growth))
		end_growth(jn);
	errno = jn->growth_error;
	return jn->growth_error == 0 ? 0 : -1;
}

bool
journal_has_spares(const struct journal *jn)
{
	return jn->spare > 0 && segment_count(jn) > SEGMENTS_IDLE;
}

bool
journal_trim(struct journal *jn)
{
	char path[NAME_OCTETS];
	struct segment *sg;

	if (!journal_has_spares(jn))
		return false;
	sg = &jn->segments[jn->used + jn->spare - 1];
	segment_path(path, sg->name);
	if (unlinkat(jn->dir, path, 0) == -1)
		return false;
	(void)close(sg->fd);	/* the file is gone */
	memmove(sg, sg + 1, jn->freed * sizeof(struct segment));
	jn->spare--;
	return true;
}

/* Take the next spare as the segment to write; one must be there. */
static void
begin_segment(struct journal *jn)
{
	assert(jn->spare > 0);
	jn->spare--;
	jn->segments[jn->used].first = jn->number;
	jn->used++;
	jn->at = 0;
}

/* ---- opening and closing ---- */

static int
open_journal(struct journal *jn, int data)
{
	if (file_make_dir(data, "journal") == -1 ||
	    file_make_dir(data, "lost+found") == -1)
		return -1;
	jn->dir = file_open_dir(data, "journal");
	jn->lost = file_open_dir(data, "lost+found");
	if (jn->dir == -1 || jn->lost == -1)
		return -1;
	if (open_segments(jn) == -1 || find_key(jn) == -1 ||
	    order_segments(jn) == -1)
		return -1;
	/*
	 * A full disk is no reason not to serve, unless there is nothing
	 * at all to write to.
	 */
	while (segment_count(jn) < SEGMENTS_IDLE) {
		if (jn->spare + jn->freed > 0) {
			begin_growth(jn);
			if (jn->growth.fd != -1)
				end_growth(jn);
		} else if (journal_grow(jn) == -1) {
			break;
		}
		if (jn->growth_error != 0)
			break;
	}
	errno = jn->growth_error;
	return segment_count(jn) > 0 ? 0 : -1;
}

struct journal *
journal_open(int data, struct syncer *syncer, uint64_t size_max, char *why,
    size_t room)
{
	struct journal *jn = xzalloc(sizeof(*jn));

	jn->dir = jn->lost = jn->growth.fd = -1;
	jn->syncer = syncer;
	jn->segments_max = (size_t)(size_max / JOURNAL_SEGMENT_SIZE);
	if (jn->segments_max < SEGMENTS_IDLE + 1)
		jn->segments_max = SEGMENTS_IDLE + 1;
	if (open_journal(jn, data) == -1) {
		(void)snprintf(why, room, "cannot open the journal: %s",
		    strerror(errno));
		journal_close(jn);
		return NULL;
	}
	return jn;
}

void
journal_close(struct journal *jn)
{
	size_t i;

	if (jn == NULL)
		return;
	/* Every commit was synced: closing has nothing left to lose. */
	for (i = 0; i < segment_count(jn); i++)
		(void)close(jn->segments[i].fd);
	if (jn->growth.fd != -1)
		(void)close(jn->growth.fd);
	if (jn->dir != -1)
		(void)close(jn->dir);
	if (jn->lost != -1)
		(void)close(jn->lost);
	free(jn->segments);
	buf_free(&jn->batch);
	buf_free(&jn->image);
	free(jn);
}

/* ---- replay ---- */

/* Keep octets from..to of the image in lost+found, and say so. */
static void
lose(struct journal *jn, uint32_t from, uint32_t to, const char *what)
{
	char name[64];
	int fd;

	(void)snprintf(name, sizeof(name), "journal-%08u-%" PRIu32,
	    jn->segments[jn->replaying].name, from);
	fd = openat(jn->lost, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (fd == -1 ||
	    file_pwrite_all(fd, jn->image.p + from, to - from, 0) == -1 ||
	    close(fd) == -1)
		log_line("lost+found/%s: %s", name, strerror(errno));
	log_line("journal: %s at %08u:%" PRIu32 ", %" PRIu32
	    " octets, now lost+found/%s", what,
	    jn->segments[jn->replaying].name, from, to - from, name);
}

/*
 * Something is at offset where batch number next is due, and it is not that
 * batch.  Is it a trace of one?  Stale blocks of an earlier turn of the ring
 * are not.
 */
static bool
looks_unfinished(const struct journal *jn, uint32_t offset)
{
	const char *p = jn->image.p + offset;

	return code_get64(p + 24) == jn->next ||
	    (code_get32(p) == MAGIC && code_get64(p + 16) == jn->key &&
	    batch_at(&jn->image, offset, jn->key) == 0);
}

/*
 * Write the last batch once more and sync it.  If the program died between
 * its write and its sync, or the sync failed, the kernel may show octets that
 * the disk does not have and that no later sync would write.
 */
static void
settle_last_batch(struct journal *jn, uint32_t end)
{
	const struct segment *sg = &jn->segments[jn->replaying];
	uint32_t from = jn->batch_from;

	if (from >= end)
		return;
	if (file_pwrite_all(sg->fd, jn->image.p + from, end - from,
	    from) == -1 || fdatasync(sg->fd) == -1)
		die("cannot write the journal: %s", strerror(errno));
}

/* The last segment has been read: the next batch goes behind its end. */
static void
end_replay(struct journal *jn)
{
	jn->number = jn->last + 1;
	jn->committed_id = jn->id;
	buf_free(&jn->image);
}

/*
 * Nothing more that is due stands in this segment from offset on.  Go to the
 * next segment, or end.
 */
static void
leave_segment(struct journal *jn, uint32_t offset)
{
	bool newest = jn->replaying + 1 == jn->used;
	uint64_t follows = newest ? jn->last + 1 :
	    jn->segments[jn->replaying + 1].first;

	if (jn->next < follows) {
		lose(jn, offset, JOURNAL_SEGMENT_SIZE, "damage");
		jn->damaged++;
		jn->next = follows;
	} else if (newest && offset < JOURNAL_SEGMENT_SIZE &&
	    looks_unfinished(jn, offset)) {
		lose(jn, offset, JOURNAL_SEGMENT_SIZE,
		    "a batch that was never finished");
	}
	if (newest)
		settle_last_batch(jn, offset);
	jn->at = offset;
	jn->replaying++;
	jn->image.n = 0;
}

/*
 * Step to the next batch: false if the segment has none.  Damaged octets
 * before it are saved.
 */
static bool
next_batch(struct journal *jn)
{
	uint32_t at = find_batch(jn, jn->at, jn->next);

	if (at == JOURNAL_SEGMENT_SIZE) {
		leave_segment(jn, jn->at);
		return false;
	}
	if (at != jn->at || number_at(&jn->image, at) != jn->next) {
		lose(jn, jn->at, at, "damage");
		jn->damaged++;
	}
	jn->next = number_at(&jn->image, at) + 1;
	jn->records = (struct span){ jn->image.p + at + HEADER,
	    code_get32(jn->image.p + at + 8) };
	jn->records_at = at + HEADER;
	jn->batch_from = at;
	jn->at = at + batch_at(&jn->image, at, jn->key);
	return true;
}

/* Take one record off the current batch; false if it has no more. */
static bool
next_record(struct journal *jn, struct journal_record *record)
{
	size_t n;

	if (jn->records.n < RECORD)
		return false;
	n = code_get32(jn->records.p);
	if (n > jn->records.n - RECORD)
		return false;
	record->type = code_get32(jn->records.p + 4);
	record->body = (struct span){ jn->records.p + RECORD, n };
	record->place.segment = jn->ordinal + jn->replaying;
	record->place.offset = jn->records_at + RECORD;
	jn->records.p += RECORD + n;
	jn->records.n -= RECORD + n;
	jn->records_at += (uint32_t)(RECORD + n);
	return true;
}

bool
journal_replay(struct journal *jn, struct journal_record *record)
{
	while (!next_record(jn, record)) {
		jn->records.n = 0;
		if (jn->replaying == jn->used) {
			end_replay(jn);
			return false;
		}
		if (jn->image.n == 0) {
			jn->at = jn->batch_from = 0;
			if (load_image(jn, &jn->segments[jn->replaying]) == -1)
				die("cannot read the journal: %s",
				    strerror(errno));
		}
		(void)next_batch(jn);
	}
	return true;
}

unsigned long
journal_damaged(const struct journal *jn)
{
	return jn->damaged;
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

uint64_t
journal_committed_id(const struct journal *jn)
{
	return jn->committed_id;
}

/* Whether the segment being written has room for one request and n more. */
static bool
has_room(const struct journal *jn, size_t n)
{
	/* The last block is left for journal_publish. */
	return jn->used > 0 && JOURNAL_SEGMENT_SIZE - jn->at - BLOCK >=
	    n + HEADER + JOURNAL_REQUEST_MAX;
}

bool
journal_ready(const struct journal *jn)
{
	if (jn->batch.n > 0)
		return jn->batch.n + JOURNAL_REQUEST_MAX <= BATCH_MAX &&
		    has_room(jn, jn->batch.n);
	return has_room(jn, 0) || jn->spare > 0;
}

static void
begin_batch(struct journal *jn)
{
	memset(buf_room(&jn->batch, HEADER), 0, HEADER);
	jn->batch.n = HEADER;
}

struct journal_place
journal_add(struct journal *jn, enum journal_type type,
    const struct span *parts, size_t n)
{
	struct journal_place place;
	char head[RECORD];
	size_t i, length = 0;

	if (jn->batch.n == 0) {
		if (!has_room(jn, 0))
			begin_segment(jn);
		begin_batch(jn);
	}
	for (i = 0; i < n; i++)
		length += parts[i].n;
	assert(jn->batch.n + RECORD + length <= JOURNAL_SEGMENT_SIZE - jn->at);
	code_put32(head, (uint32_t)length);
	code_put32(head + 4, (uint32_t)type);
	buf_add(&jn->batch, (struct span){ head, sizeof(head) });
	place.segment = journal_newest(jn);
	place.offset = jn->at + (uint32_t)jn->batch.n;
	for (i = 0; i < n; i++)
		buf_add(&jn->batch, parts[i]);
	return place;
}

bool
journal_pending(const struct journal *jn)
{
	return jn->batch.n > 0;
}

static void
fill_header(struct journal *jn)
{
	char *p = jn->batch.p;
	uint32_t length = (uint32_t)(jn->batch.n - HEADER);

	code_put32(p, MAGIC);
	code_put32(p + 8, length);
	code_put64(p + 16, jn->key);
	code_put64(p + 24, jn->number);
	code_put64(p + 32, jn->segments[0].first);
	code_put64(p + 40, jn->id);
	code_put32(p + 4, code_crc32c(0, p + 8, HEADER - 8 + length));
}

int
journal_commit(struct journal *jn)
{
	uint32_t size = round_up(jn->batch.n);
	const struct segment *sg;

	if (jn->batch.n == 0)
		return 0;
	sg = &jn->segments[jn->used - 1];
	fill_header(jn);
	memset(buf_room(&jn->batch, size - jn->batch.n), 0,
	    size - jn->batch.n);
	if (file_pwrite_all(sg->fd, jn->batch.p, size, jn->at) == -1 ||
	    fdatasync(sg->fd) == -1)
		return -1;
	jn->at += size;
	jn->number++;
	jn->committed_id = jn->id;
	jn->spare += jn->freed;
	jn->freed = 0;
	if (jn->batch.cap > BATCH_KEEP && jn->batch.n < jn->batch.cap / 8)
		buf_free(&jn->batch);
	jn->batch.n = 0;
	return 0;
}

int
journal_read(const struct journal *jn, struct journal_place place, void *dst,
    size_t n)
{
	assert(place.segment >= jn->ordinal &&
	    place.segment < jn->ordinal + jn->used);
	if (place.segment == journal_newest(jn) && place.offset >= jn->at &&
	    jn->batch.n > 0) {
		assert(place.offset - jn->at + n <= jn->batch.n);
		memcpy(dst, jn->batch.p + (place.offset - jn->at), n);
		return 0;
	}
	return file_pread_all(jn->segments[place.segment - jn->ordinal].fd,
	    dst, n, place.offset);
}

/* ---- the ring ---- */

uint64_t
journal_oldest(const struct journal *jn)
{
	return jn->ordinal;
}

uint64_t
journal_newest(const struct journal *jn)
{
	return jn->ordinal + jn->used - (jn->used > 0 ? 1 : 0);
}

bool
journal_is_crowded(const struct journal *jn)
{
	return jn->used > jn->segments_max / 2 ||
	    (jn->spare == 0 && jn->growth_error != 0);
}

void
journal_release(struct journal *jn)
{
	struct segment oldest = jn->segments[0];

	assert(jn->used > 1);
	oldest.first = 0;
	memmove(jn->segments, jn->segments + 1,
	    (segment_count(jn) - 1) * sizeof(struct segment));
	jn->segments[segment_count(jn) - 1] = oldest;
	jn->used--;
	jn->freed++;
	jn->ordinal++;
}

void
journal_publish(struct journal *jn)
{
	if (jn->batch.n == 0 && jn->used > 0 &&
	    jn->at <= JOURNAL_SEGMENT_SIZE - BLOCK)
		begin_batch(jn);
}
