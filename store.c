/*
 * store/pack.h, store/index.h and store/large.h say where messages are; this
 * file decides when.
 *
 * Records
 * -------
 *	PUT, PUT_LARGE	see store/queue.h
 *	ACK		id 64 bits, UID, N
 *	COPY		UID, N of the old node and of the new: what waits in the
 *			journal for the one waits for the other as well
 *	DROP		UID, N
 *
 * States
 * ------
 * A message that waits for a node is in the journal (memory has an entry), or
 * in a pack and the node's index, or, until a checkpoint is synced, in both.
 * Let FIRST be the first message that the journal has.
 *
 *	found at start			what is done
 *	in the journal only		entry; the checkpoint packs it
 *	FIRST or higher in a pack	a checkpoint was not synced: the pack is
 *					removed, the journal has all of it
 *	FIRST or higher in an index	likewise: cut off
 *	below FIRST, in a pack and an	served from there
 *	index
 *	in a pack, in no index		the next sweep removes it
 *	in an index, in no pack		one line, when it is read
 *	damaged in a pack		lost+found and one line, when it is read
 *	PUT_LARGE without its file	all have acked it: no entry
 *	large data damaged		lost+found and one line, when it is read
 *	tmp/large-X without PUT_LARGE	never acked to its poster: removed
 *	tmp/drop-N			its removal goes on
 *	other drafts in tmp		removed; other files stay
 *	aside/user/xx/UID/N		see store/aside.h
 *	ACK of what does not wait	nothing
 *	an invalid record		one line; counts it; passes it over
 *	directory of the next node	a copy that was never acked: discarded
 *
 * Until a checkpoint, nothing on the disk changes when a message is acked: it
 * writes the acks to the indexes before the journal forgets them.
 */
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk/file.h"
#include "store/aside.h"
#include "store/copy.h"
#include "store/discard.h"
#include "store/ids.h"
#include "store/large.h"
#include "store/msgfile.h"
#include "store/news.h"
#include "store/pack.h"
#include "store/queue.h"
#include "store/sweep.h"
#include "store/takeover.h"

#define ACK_BYTES (8 + STORED_NODE)

_Static_assert(ACK_BYTES + 8 <= STORE_ACK_SIZE, "with what the journal adds");

#define PACK_STEP  ((uint64_t)256 << 10) /* bytes that a step packs */
#define LEARN_STEP 16		/* files of indexes that a turn counts */
#define COPY_WAITS 200		/* calls: more than a user has nodes */
#define ACK_STEP 64		/* indexes that a failed step writes acks to */
#ifndef SWEEP_STEPS		/* a test takes smaller steps */
#define SWEEP_STEPS 8		/* names that a step of a sweep looks at */
#endif
/* Bytes acked after which a sweep is due, unless a quarter is more. */
#define SWEEP_MIN  ((uint64_t)16 << 20)

struct store {
	struct quarantine *quarantine;
	struct journal *journal;
	struct syncer *syncer;
	struct packs *packs;
	struct larges *larges;
	struct sweep *sweep;
	struct queue_table queues;
	struct stored_list messages;	/* in the journal */
	uint64_t last;			/* id of the last that was put */
	struct buf scratch;
	struct uploads uploads;
	struct discards discards;
	struct queue *dropped;		/* their directories are still there */
	struct copy **copies;		/* given up, but still being synced */
	size_t copy_count;
	/* Queues whose index must be written: see queue.h. */
	struct queue *changed, *changed_last;
	size_t changed_count;
	char failed_at[INDEX_PLACE];	/* the index that was not written */

	/* Large files of which nobody waits, once that is committed. */
	struct dead {
		uint64_t x, id;
	} *dead;
	size_t dead_count;

	/* The checkpoint. */
	enum { PACK_NEXT, PACK_OPEN, PACK_INDEXES } step;
	uint64_t segment;		/* + 1; 0: none so far */
	struct stored *next;		/* to be packed */
	uint64_t packing;		/* the pack's first id, or UINT64_MAX */
	size_t indexes;			/* still to be written */
	bool touched;			/* the disk was, since the last sync */

	unsigned learning;		/* files that may be counted now */
	uint64_t limit;			/* the first id that the journal had */
	/*
	 * Bytes that were acked: since indexes were last written; written to
	 * them now; and written before, but after the last sweep.
	 */
	uint64_t acked, listing, lost;
	bool swept;			/* there was a sweep since the start */
	int replay_error;		/* errno of a failed look, or 0 */
};

/* Where q's index is. */
static struct index_dir
dir_of(const struct store *st, const struct queue *q)
{
	return (struct index_dir){ st->quarantine, st->packs, &q->uid, q->ref,
	    st->limit, q->index.aside, "" };
}

/* The next checkpoint must write q's index. */
static void
mark_changed(struct store *st, struct queue *q)
{
	if (q->changed != NULL)
		return;
	q->changed = q;
	if (st->changed == NULL)
		st->changed = q;
	else
		st->changed_last->changed = q;
	st->changed_last = q;
	st->changed_count++;
}

/* Take the first queue off the list; there must be one. */
static struct queue *
take_changed(struct store *st)
{
	struct queue *q = st->changed;

	st->changed = q->changed == q ? NULL : q->changed;
	q->changed = NULL;
	st->changed_count--;
	return q;
}

struct queue *
store_queue(struct store *st, const struct uid *uid, uint32_t ref)
{
	return queue_of(&st->queues, uid, ref);
}

struct uid
store_owner(const struct queue *q)
{
	return q->uid;
}

static void
free_message(struct store *st, struct stored *m)
{
	if (st->next == m)
		st->next = m->after;
	stored_free(&st->messages, m);
}

/*
 * m has left a queue: it is freed when it waits in no other.  Its file stays
 * if an index has it already; and what a pack has is for a sweep.
 */
static void
release_message(struct store *st, struct stored *m)
{
	if (--m->waiting > 0)
		return;
	if (m->packed)
		st->lost += m->head + m->data;
	if (m->large != 0 && !m->listed) {
		st->dead = xgrow(st->dead, st->dead_count, sizeof(*st->dead));
		st->dead[st->dead_count++] = (struct dead){ m->large, m->id };
	}
	free_message(st, m);
}

/* ---- put ---- */

size_t
store_put_size(size_t head, size_t data, size_t queues)
{
	return stored_record_bytes(head, data, queues);
}

static void
put(struct store *st, struct stored *entry, struct span head,
    struct span data, struct queue *const *to, size_t n)
{
	struct span parts[3] = { { NULL, 0 }, head, data };
	struct stored *m;
	size_t i;

	if (entry->data == 0)
		entry->news = news_kind(head);
	st->scratch.n = 0;
	stored_write(&st->scratch, entry, to, n);
	parts[0] = buf_span(&st->scratch);
	assert(entry->id > st->last);
	st->last = entry->id;
	entry->place = journal_add(st->journal,
	    entry->large != 0 ? JOURNAL_PUT_LARGE : JOURNAL_PUT, parts, 3);
	entry->place.offset += (uint32_t)parts[0].n;
	m = stored_add(&st->messages, entry, n);
	for (i = 0; i < n; i++)
		stored_wait(m, to[i]);
}

void
store_put(struct store *st, uint64_t id, struct span head,
    struct span data, struct queue *const *to, size_t n)
{
	struct stored entry = { .id = id, .head = (uint32_t)head.n,
	    .data = data.n };

	if (n > 0)
		put(st, &entry, head, data, to, n);
}

struct uploads *
store_uploads(struct store *st)
{
	return &st->uploads;
}

void
store_put_part(struct store *st, uint64_t id, struct span head,
    struct part *part, struct queue *const *to, size_t n)
{
	struct stored entry = { .id = id, .head = (uint32_t)head.n,
	    .data = part->length };

	if (n == 0)
		return;
	if (part->large != NULL)
		entry.large = upload_take_file(part);
	put(st, &entry, head, part->small, to, n);
}

/* ---- reading ---- */

/* Bytes of a message that is in the journal. */
static ssize_t
read_entry(struct store *st, const struct stored *m, uint64_t offset,
    char *dst, size_t room)
{
	struct journal_place place = m->place;
	uint64_t in_journal = stored_in_journal(m);

	if (offset < in_journal) {
		if (room > in_journal - offset)
			room = (size_t)(in_journal - offset);
		place.offset += (uint32_t)offset;
		if (journal_read(st->journal, place, dst, room) == -1)
			return -1;
		return (ssize_t)room;
	}
	return large_read(st->larges, m->large, m->id, m->data,
	    offset - m->head, dst, room);
}

int
store_next(struct store *st, struct queue *q, uint64_t after, uint64_t *id,
    uint64_t *length)
{
	struct index_dir dir = dir_of(st, q);
	const struct stored *m;
	struct index_entry e;
	int found = index_next(&q->index, &dir, after, &e);

	if (found == -1)
		return -1;
	if (found == 1) {
		*id = e.id;
		*length = e.bytes;
		return 1;
	}
	m = queue_next(q, after);
	if (m == NULL || m->id > journal_committed_id(st->journal))
		return 0;
	*id = m->id;
	*length = m->head + m->data;
	return 1;
}

/* The large file of an entry was damaged: remove it from all queues. */
static void
lose_entry(struct store *st, struct stored *m)
{
	uint32_t i;

	for (i = 0; i < m->to_count; i++) {
		if (queue_get(m->to[i], m->id) == m)
			stored_leave(m, m->to[i]);
	}
	free_message(st, m);
}

/* A message of q's index cannot be read: it waits no longer. */
static void
lose_packed(struct store *st, struct queue *q, uint64_t id)
{
	struct index_dir dir = dir_of(st, q);
	struct index_entry e;

	if (errno == ENOENT)
		quarantine_note(st->quarantine,
		    "%s: message %016" PRIx64 " is in no pack",
		    index_where(&dir), id);
	if (index_ack(&q->index, &dir, id, &e) == 1)
		mark_changed(st, q);
	errno = EBADMSG;
}

static ssize_t
read_packed(struct store *st, struct queue *q, uint64_t id, uint64_t offset,
    char *dst, size_t room)
{
	struct index_dir dir = dir_of(st, q);
	struct index_entry e;
	int found = index_next(&q->index, &dir, id - 1, &e);
	ssize_t n;

	if (found == -1)
		return -1;
	if (found == 0 || e.id != id) {
		errno = ENOENT;
		return -1;
	}
	n = e.large ? large_read_message(st->larges, id, offset, dst, room) :
	    packs_read(st->packs, id, offset, dst, room);
	if (n == -1 && (errno == EBADMSG || errno == ENOENT))
		lose_packed(st, q, id);
	return n;
}

ssize_t
store_read(struct store *st, struct queue *q, uint64_t id, uint64_t offset,
    char *dst, size_t room)
{
	struct stored *m = queue_get(q, id);
	ssize_t n;

	if (m == NULL)
		return read_packed(st, q, id, offset, dst, room);
	n = read_entry(st, m, offset, dst, room);
	if (n == -1 && errno == EBADMSG && m->large != 0)
		lose_entry(st, m);
	return n;
}

/* ---- ack, copy, drop ---- */

/* A copy of the index is under way: what is acked waits there no longer. */
static void
ack_copy(struct store *st, struct queue *to, uint64_t id)
{
	struct index_dir dir = dir_of(st, to);
	struct index_entry e;

	(void)index_ack(&to->index, &dir, id, &e);
}

static struct index_entry
entry_of(const struct stored *m)
{
	return (struct index_entry){ m->id, (uint32_t)(m->head + m->data),
	    m->news, m->large != 0 };
}

/* Take the message off the queue: false if it does not wait there. */
static bool
remove_waiting(struct store *st, struct queue *q, uint64_t id)
{
	struct index_dir dir = dir_of(st, q);
	struct stored *m = queue_get(q, id);
	struct index_entry e;

	if (m != NULL) {
		news_lost(&q->index.news, id);
		/* The pack will say that it waited here: so list it. */
		if (m->packed) {
			e = entry_of(m);
			queue_add_unlisted(q, &e);
		}
		stored_leave(m, q);
		release_message(st, m);
		return true;
	}
	if (index_ack(&q->index, &dir, id, &e) != 1)
		return false;
	st->acked += e.bytes;
	mark_changed(st, q);
	if (q->copy_to != NULL)
		ack_copy(st, q->copy_to, id);
	return true;
}

void
store_ack(struct store *st, struct queue *q, uint64_t id)
{
	if (!remove_waiting(st, q, id))
		return;
	st->scratch.n = 0;
	encode_u64(buf_room(&st->scratch, 8), id);
	st->scratch.n = 8;
	stored_write_node(&st->scratch, q);
	journal_add_one(st->journal, JOURNAL_ACK, buf_span(&st->scratch));
}

/* Put what waits in the journal for from into to as well. */
static void
copy_ring(struct queue *from, struct queue *to)
{
	struct stored *m;
	uint64_t id = 0;

	while ((m = queue_next(from, id)) != NULL) {
		id = m->id;
		m->to = xrealloc(m->to, (m->to_count + 1) *
		    sizeof(struct queue *));
		stored_wait(m, to);
	}
}

/* The copy of from is not needed any more, or is done. */
static void
end_copy(struct store *st, struct queue *from)
{
	struct queue *to = from->copy_to;

	from->copy_to = NULL;
	if (to == NULL || to->copy_from != from)
		return;
	if (!copy_end(to->copy)) {
		st->copies = xgrow(st->copies, st->copy_count,
		    sizeof(to->copy));
		st->copies[st->copy_count++] = to->copy;
	}
	to->copy = NULL;
	to->copy_from = NULL;
}

/*
 * Whether another queue is being copied there.  After COPY_WAITS calls, its
 * client has gone, and its copy ends.  Without this wait, two devices that ask
 * at the same time would undo each other's copies for ever.
 */
static bool
is_taken(const struct queue *from, struct queue *to)
{
	if (to->copy_from == from || to->copy_from == NULL ||
	    to->copy_waits == COPY_WAITS)
		to->copy_waits = 0;
	else
		to->copy_waits++;
	return to->copy_waits > 0;
}

/* Discard the directory of a node, and what is aside.  -1 with errno. */
static int
discard_node(struct store *st, const struct uid *uid, uint32_t ref)
{
	char place[INDEX_PLACE], path[INDEX_PLACE];

	index_place(place, uid, ref);
	aside_path(path, place);
	return discard_directory(&st->discards, path) == -1 ||
	    discard_directory(&st->discards, place) == -1 ? -1 : 0;
}

void
store_discard(struct store *st, const struct uid *uid, uint32_t ref)
{
	/* If it stays, the next copy to this number tries again. */
	(void)discard_node(st, uid, ref);
}

/* A crash, or a client that gave up, may have left what is in the way. */
static int
begin_copy(struct store *st, struct queue *from, struct queue *to)
{
	if (to->copy_from == from && from->copy_to == to)
		return 0;
	end_copy(st, from);
	if (to->copy_from != NULL)
		end_copy(st, to->copy_from);
	if (discard_node(st, &to->uid, to->ref) == -1)
		return -1;
	index_free(&to->index);
	to->copy = copy_begin(st->syncer, &to->index);
	to->copy_from = from;
	from->copy_to = to;
	return 0;
}

/* Keeps errno. */
static void
discard_failed(struct store *st, struct queue *to)
{
	int error = errno;

	store_discard(st, &to->uid, to->ref);
	index_free(&to->index);
	errno = error;
}

int
store_copy_index(struct store *st, struct queue *from, struct queue *to,
    unsigned messages)
{
	struct index_dir from_dir = dir_of(st, from);
	struct index_dir to_dir = dir_of(st, to);
	int more;

	if (is_taken(from, to))
		return 1;
	if (begin_copy(st, from, to) == -1)
		return -1;
	st->touched = true;
	more = copy_step(to->copy, &from->index, &from_dir, &to_dir,
	    messages);
	/* Until then nobody needs what is there. */
	if (more == 0)
		sweep_restart(st->sweep);
	if (more != 1)
		end_copy(st, from);
	if (more == -1)
		discard_failed(st, to);
	return more;
}

void
store_copy(struct store *st, struct queue *from, struct queue *to)
{
	assert(queue_next(to, 0) == NULL);
	copy_ring(from, to);
	mark_changed(st, to);
	to->unnamed = st->step != PACK_NEXT;	/* some may be packed */
	if (st->step == PACK_INDEXES)
		st->indexes = st->changed_count;
	st->scratch.n = 0;
	stored_write_node(&st->scratch, from);
	stored_write_node(&st->scratch, to);
	journal_add_one(st->journal, JOURNAL_COPY, buf_span(&st->scratch));
}

void
store_rest(struct queue *q)
{
	index_rest(&q->index);
}

/*
 * No message may point to q any more.  Its places are free again, or members
 * who make and drop nodes could have all messages carry more and more of them.
 */
static void
forget_queue(struct store *st, const struct queue *q)
{
	struct stored *m;
	uint32_t i, kept;

	for (m = st->messages.first; m != NULL; m = m->after) {
		for (i = kept = 0; i < m->to_count; i++) {
			if (m->to[i] != q)
				m->to[kept++] = m->to[i];
		}
		m->to_count = kept;
	}
}

/* Take q off the list of those that were changed. */
static void
forget_change(struct store *st, struct queue *q)
{
	size_t i, n = q->changed == NULL ? 0 : st->changed_count;
	size_t indexes = st->indexes;
	struct queue *other;

	/* Go once around: the others keep their order. */
	for (i = 0; i < n; i++) {
		other = take_changed(st);
		if (other != q)
			mark_changed(st, other);
		else if (i < indexes)
			st->indexes--;
	}
}

static void
drop_queue(struct store *st, struct queue *q)
{
	struct stored *m;

	end_copy(st, q);
	if (q->copy_from != NULL)
		end_copy(st, q->copy_from);
	forget_queue(st, q);
	forget_change(st, q);
	while ((m = queue_next(q, 0)) != NULL) {
		stored_leave(m, q);
		release_message(st, m);
	}
	queue_take(&st->queues, q);
	q->next = st->dropped;
	st->dropped = q;
}

/*
 * Discard the directories of dropped queues once the drop is committed: a crash
 * before that must find them.
 */
static void
discard_dropped(struct store *st)
{
	struct queue *q;

	while ((q = st->dropped) != NULL) {
		st->dropped = q->next;
		store_discard(st, &q->uid, q->ref);
		/* More than that if not all of it was counted. */
		st->lost += q->index.bytes + 1;
		st->touched = true;
		queue_free(q);
	}
}

void
store_drop(struct store *st, struct queue *q)
{
	st->scratch.n = 0;
	stored_write_node(&st->scratch, q);
	journal_add_one(st->journal, JOURNAL_DROP, buf_span(&st->scratch));
	drop_queue(st, q);
}

struct store_load
store_load(struct store *st, struct queue *q)
{
	struct index_dir dir = dir_of(st, q);

	index_learn(&q->index, &dir, &st->learning);
	return (struct store_load){ q->ring_count + q->index.messages,
	    q->ring_bytes + q->index.bytes };
}

/* ---- news ---- */

struct store_load
store_news(const struct queue *q)
{
	const struct news_list *news = &q->index.news;
	struct store_load load = { news->count, 0 };
	uint32_t i;

	for (i = 0; i < news->count; i++)
		load.bytes += news->all[i].bytes;
	return load;
}

void
store_supersede(struct store *st, struct queue *q, struct span head)
{
	uint32_t kind = news_kind(head);
	const struct news *old;

	old = kind > NEWS_OTHER ? news_find(&q->index.news, 0, kind) : NULL;
	if (old == NULL)
		return;
	store_ack(st, q, old->id);
	index_rest(&q->index);
}

uint64_t
store_oldest_news(const struct queue *q, uint64_t after)
{
	const struct news *oldest = news_find(&q->index.news, after,
	    NEWS_NONE);

	return oldest != NULL ? oldest->id : 0;
}

/* ---- a check ---- */

int
store_check_queue(struct store *st, struct queue *q, struct store_load *seen)
{
	struct index_dir dir = dir_of(st, q);
	struct index_entry e;
	uint64_t after, bytes = 0;
	int more, found;

	for (after = 0; (more = index_next(&q->index, &dir, after, &e)) == 1;
	    after = e.id) {
		found = e.large ? large_verify(st->larges, e.id, &bytes) :
		    packs_verify(st->packs, e.id, &bytes);
		if (found == 0) {
			seen->messages++;
			seen->bytes += bytes;
		} else if (errno == EBADMSG || errno == ENOENT) {
			lose_packed(st, q, e.id);
		} else {
			return -1;
		}
	}
	return more;
}

/* Read the large data of an entry to its end. */
static int
read_large(struct store *st, const struct stored *m)
{
	char *dst = buf_room(&st->scratch, MSGFILE_BLOCK);
	uint64_t at;
	ssize_t n;

	for (at = 0; at < m->data; at += (uint64_t)n) {
		n = large_read(st->larges, m->large, m->id, m->data, at, dst,
		    MSGFILE_BLOCK);
		if (n == -1)
			return -1;
	}
	return 0;
}

int
store_check_large(struct store *st, struct store_load *seen)
{
	struct stored *m, *after;

	for (m = st->messages.first; m != NULL; m = after) {
		after = m->after;
		if (m->large == 0)
			continue;
		if (read_large(st, m) == 0) {
			seen->messages++;
			seen->bytes += m->head + m->data;
		} else if (errno == EBADMSG) {
			lose_entry(st, m);
		} else {
			return -1;
		}
	}
	return 0;
}

/* ---- replay ---- */

/* The queue of the node that a record has at p. */
static struct queue *
queue_at(struct store *st, const char *p)
{
	struct uid uid;

	memcpy(uid.bytes, p, UID_BYTES);
	return store_queue(st, &uid, decode_u32(p + UID_BYTES));
}

/*
 * The same, of a record that a checkpoint may have begun to write to the index.
 */
static struct queue *
stale_queue_at(struct store *st, const char *p)
{
	struct queue *q = queue_at(st, p);

	q->index.stale = true;
	mark_changed(st, q);
	return q;
}

/* Acks in the journal are applied to files when these are read. */
static void
replay_ack(struct store *st, struct queue *q, uint64_t id)
{
	struct stored *m = queue_get(q, id);

	if (m == NULL) {
		index_ack_unseen(&q->index, id);
		st->acked++;
		return;
	}
	news_lost(&q->index.news, id);
	stored_leave(m, q);
	release_message(st, m);
}

/*
 * Large data that is not there was acked by all.  If that cannot be found out,
 * store_replayed fails.
 */
static bool
is_gone(struct store *st, const struct stored *m)
{
	int there = m->large == 0 ? 1 :
	    large_exists(st->larges, m->large, m->id);

	if (there == -1)
		st->replay_error = errno;
	return there == 0;
}

/* The queue has no message with this id or a higher one. */
static bool
is_behind(const struct queue *q, uint64_t id)
{
	return queue_next(q, id - 1) == NULL;
}

/* False if the record is invalid. */
static bool
replay_put(struct store *st, const struct journal_record *record)
{
	const char *nodes = record->body.p + STORED_FIXED;
	struct stored *m, entry;
	struct queue *q;
	uint32_t count, i;

	if (!stored_read(&entry, &count, record))
		return false;
	if (entry.id < st->limit)
		st->limit = entry.id;
	if (is_gone(st, &entry))
		return true;
	if (entry.data == 0)
		entry.news = news_kind((struct span){ nodes +
		    count * STORED_NODE, entry.head });
	m = stored_add(&st->messages, &entry, count);
	for (i = 0; i < count; i++) {
		q = stale_queue_at(st, nodes + i * STORED_NODE);
		if (is_behind(q, m->id))
			stored_wait(m, q);
	}
	if (m->waiting == 0)
		stored_free(&st->messages, m);
	return true;
}

bool
store_replay(struct store *st, const struct journal_record *record)
{
	const char *p = record->body.p;
	size_t n = record->body.n;
	bool valid = false;

	switch (record->type) {
	case JOURNAL_PUT:
	case JOURNAL_PUT_LARGE:
		valid = replay_put(st, record);
		break;
	case JOURNAL_ACK:
		valid = n == ACK_BYTES;
		if (valid)
			replay_ack(st, stale_queue_at(st, p + 8),
			    decode_u64(p));
		break;
	case JOURNAL_COPY:
		valid = n == 2 * STORED_NODE &&
		    is_behind(queue_at(st, p + STORED_NODE), 1);
		if (valid)
			copy_ring(stale_queue_at(st, p),
			    stale_queue_at(st, p + STORED_NODE));
		break;
	case JOURNAL_DROP:
		valid = n == STORED_NODE;
		if (valid)
			drop_queue(st, queue_at(st, p));
		break;
	case JOURNAL_USERDB:
	case JOURNAL_INVITES:
	default:
		return false;
	}
	if (!valid)
		quarantine_note(st->quarantine,
		    "journal: ignored an invalid message record");
	return true;
}

/* Whether a relay has made it: nobody else's files are removed. */
static bool
is_draft(const char *name)
{
	static const char *const names[] = { "index", "mended", "probe",
		"form" };
	static const char *const numbered[] = { "large-", "pack-", "draft-" };
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	for (i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++) {
		n = strlen(numbered[i]);
		if (strncmp(name, numbered[i], n) == 0 && name[n] != '\0' &&
		    name[n + strspn(name + n, "0123456789abcdef")] == '\0')
			return true;
	}
	return false;
}

/* Remove from tmp what is not needed; the highest X there. */
static int
clean_tmp(struct store *st, uint64_t *highest)
{
	DIR *list;
	const char *name;

	*highest = 0;
	list = file_open_list(st->quarantine->data, "tmp");
	if (list == NULL)
		return -1;
	while ((name = file_next_name(list)) != NULL) {
		if (!large_is_kept(st->larges, name, highest) &&
		    is_draft(name))
			(void)unlinkat(dirfd(list), name, 0);
	}
	return file_end_list(list);
}

int
store_replayed(struct store *st)
{
	const struct stored *m;
	uint64_t x;

	if (st->replay_error != 0) {
		errno = st->replay_error;
		return -1;
	}
	for (m = st->messages.first; m != NULL; m = m->after) {
		if (m->large != 0)
			large_keep(st->larges, m->large);
	}
	/* How many bytes is not known: enough for an idle relay to sweep. */
	if (st->acked > 0)
		st->acked = SWEEP_MIN;
	/* A journal that was lost says nothing of what is in packs. */
	if (journal_is_blank(st->journal)) {
		if (packs_last_id(st->packs, &x) == -1)
			return -1;
		journal_id_at_least(st->journal, x);
	} else if (st->limit == UINT64_MAX) {
		st->limit = journal_committed_id(st->journal) + 1;
	}
	if (packs_cut(st->packs, st->limit) == -1 ||
	    takeover_run(st->quarantine, st->packs, &st->queues,
	    st->limit) == -1)
		return -1;
	if (st->quarantine->report_only)
		return 0;
	st->touched = true;
	if (clean_tmp(st, &x) == -1)
		return -1;
	/* An X that no commit covers may be in use all the same. */
	journal_id_at_least(st->journal, x);
	discard_dropped(st);
	return 0;
}

/* ---- checkpoint ---- */

/*
 * The message as it is to be packed: its nodes and bytes are in scratch.  The
 * nodes are those for which it waits.
 */
static int
prepare(struct store *st, struct stored *m, struct pack_message *message)
{
	struct buf *b = &st->scratch;
	size_t nodes, n = (size_t)stored_in_journal(m);
	uint32_t i;

	b->n = 0;
	for (i = 0; i < m->to_count; i++) {
		if (queue_get(m->to[i], m->id) == m)
			stored_write_node(b, m->to[i]);
	}
	nodes = b->n;
	if (journal_read(st->journal, m->place, buf_room(b, n), n) == -1)
		return -1;
	*message = (struct pack_message){ m->id, m->head, m->data,
	    m->large != 0, { b->p, nodes }, { b->p + nodes, m->head },
	    { b->p + nodes + m->head, n - m->head } };
	return 0;
}

/* Pack a message, and have the indexes of its queues written. */
static int
pack_message(struct store *st, struct stored *m)
{
	struct pack_message message;
	uint32_t i;

	if (prepare(st, m, &message) == -1)
		return -1;
	if (m->large != 0) {
		if (large_finish(st->larges, m->large, m->id, message.head,
		    m->data) == -1)
			return -1;
		message.head.n = 0;
	}
	if (st->step == PACK_NEXT) {
		if (pack_begin(st->packs, m->id) == -1)
			return -1;
		st->packing = m->id;
	}
	st->step = PACK_OPEN;
	if (pack_add(st->packs, &message) == -1)
		return -1;
	for (i = 0; i < m->to_count; i++) {
		if (queue_get(m->to[i], m->id) == m)
			mark_changed(st, m->to[i]);
	}
	return 0;
}

/* All of the segment is in the pack: its indexes are next. */
static int
end_pack(struct store *st)
{
	if (st->step == PACK_OPEN && pack_end(st->packs) == -1)
		return -1;
	st->step = PACK_INDEXES;
	st->indexes = st->changed_count;
	st->listing += st->acked;
	st->acked = 0;
	return 0;
}

/* Keeps errno. */
static void
give_up_pack(struct store *st)
{
	struct stored *m;
	struct queue *q;
	int error = errno;

	if (st->step == PACK_OPEN)
		pack_give_up(st->packs);
	for (m = st->messages.first; m != NULL && m->packed; m = m->after)
		m->packed = false;
	for (q = st->changed; q != NULL; q = q->changed != q ? q->changed :
	    NULL) {
		queue_forget_unlisted(q, UINT64_MAX);
		q->unnamed = false;
	}
	st->step = PACK_NEXT;
	st->packing = UINT64_MAX;
	st->next = NULL;
	errno = error;
}

/* Pack some messages.  On failure it begins again with the first. */
static int
pack_some(struct store *st, uint64_t segment)
{
	struct stored *m;
	uint64_t bytes = 0;
	int result = 0;

	if (st->step == PACK_NEXT && st->next == NULL)
		st->next = st->messages.first;
	while (result == 0 && bytes < PACK_STEP && st->next != NULL &&
	    st->next->place.segment <= segment) {
		m = st->next;
		st->next = m->after;
		bytes += stored_in_journal(m) + PACK_RECORD;
		result = pack_message(st, m);
		if (result == 0)
			m->packed = true;
		else if (errno == EBADMSG) {
			lose_entry(st, m);
			result = 0;
		}
	}
	if (result == 0 && (st->next == NULL ||
	    st->next->place.segment > segment))
		result = end_pack(st);
	if (result == -1)
		give_up_pack(st);
	return result;
}

/*
 * What q's index does not have of what is packed, by rising id; for free().
 * What was acked matters only where packs may be asked: in the index's files,
 * which have nothing below floor.
 */
static struct index_entry *
list_packed(const struct queue *q, uint64_t floor, size_t *count)
{
	const struct unlisted *u;
	struct index_entry *entries;
	struct stored *m;
	uint64_t after = 0;
	size_t waiting = 0, n = q->ring_count;

	for (u = q->unlisted; u != NULL; u = u->next)
		n++;
	entries = xalloc((n + 1) * sizeof(*entries));
	while ((m = queue_next(q, after)) != NULL && m->packed) {
		after = m->id;
		entries[waiting++] = entry_of(m);
	}
	if (waiting > 0 && entries[0].id < floor)
		floor = entries[0].id;
	for (n = waiting, u = q->unlisted; u != NULL; u = u->next) {
		if (u->entry.id >= floor)
			entries[n++] = u->entry;
	}
	if (n > waiting)
		ids_sort(entries, n, sizeof(*entries));
	*count = n;
	return entries;
}

/* The index has it now: it is no longer the ring's. */
static void
set_listed(struct store *st, struct queue *q, struct index_dir *dir,
    uint64_t id)
{
	struct stored *m = queue_get(q, id);
	struct index_entry e;

	if (m == NULL) {
		(void)index_ack(&q->index, dir, id, &e);
		return;
	}
	m->listed = true;
	stored_leave(m, q);
	/* Its file stays, if it is large. */
	if (--m->waiting == 0)
		free_message(st, m);
}

/* Append to q's index what is packed and was in its ring. */
static int
add_packed(struct store *st, struct queue *q, struct index_dir *dir)
{
	struct index_entry *entries;
	uint64_t floor;
	size_t count, at = 0;
	int n = 0;

	if (index_floor(&q->index, dir, &floor) == -1)
		return -1;
	entries = list_packed(q, floor, &count);
	while (at < count && n != -1) {
		n = index_add(&q->index, dir, entries + at, count - at,
		    q->unnamed ? 2 : 1);
		for (; n > 0; n--, at++)
			set_listed(st, q, dir, entries[at].id);
	}
	queue_forget_unlisted(q, n != -1 ? UINT64_MAX : at > 0 ?
	    entries[at - 1].id : 0);
	free(entries);
	if (n == -1)
		return -1;
	q->unnamed = false;
	return 0;
}

/* Write some of the index of the next queue that changed.  As index_flush. */
static int
write_index(struct store *st)
{
	struct queue *q = st->changed;
	struct index_dir dir = dir_of(st, q);
	int more = add_packed(st, q, &dir);

	if (more == 0)
		more = index_flush(&q->index, &dir);
	/* What is wrong with one path must not stop the others. */
	if (more == -1 && quarantine_is_of_path(errno) && !q->index.aside &&
	    index_set_aside(&q->index, &dir) == 0)
		return 1;
	/* On failure it is tried again. */
	st->failed_at[0] = '\0';
	if (more == -1)
		(void)snprintf(st->failed_at, sizeof(st->failed_at), "%s",
		    index_where(&dir));
	if (more != 0)
		return more;
	(void)take_changed(st);
	st->indexes--;
	return 0;
}

/*
 * The checkpoint cannot go on, perhaps as the disk is full.  What was acked
 * must not wait for that: write acks to the indexes, as far as they can be, so
 * that a sweep may make room.  Keeps errno.
 */
static void
write_acks(struct store *st)
{
	struct index_dir dir;
	struct queue *q;
	int error = errno;
	size_t n;

	for (n = 0; n < ACK_STEP && n < st->changed_count; n++) {
		q = take_changed(st);
		dir = dir_of(st, q);
		(void)index_flush(&q->index, &dir);
		mark_changed(st, q);
	}
	/* They are in another order now. */
	if (st->step == PACK_INDEXES)
		st->indexes = st->changed_count;
	st->lost += st->acked + st->listing;
	st->acked = st->listing = 0;
	errno = error;
}

static int
step_checkpoint(struct store *st, uint64_t segment)
{
	/* The rest of the checkpoint may take long: go on with it. */
	if (st->segment == segment + 1)
		return 0;
	st->touched = true;
	if (st->step != PACK_INDEXES)
		return pack_some(st, segment) == -1 ? -1 : 1;
	if (st->indexes > 0)
		return write_index(st) == -1 ? -1 : 1;
	assert(st->messages.first == NULL ||
	    st->messages.first->place.segment > segment);
	st->step = PACK_NEXT;
	st->packing = UINT64_MAX;
	st->next = NULL;
	st->segment = segment + 1;
	st->lost += st->listing;
	st->listing = 0;
	return 0;
}

int
store_checkpoint(struct store *st, uint64_t segment)
{
	int more = step_checkpoint(st, segment);

	if (more == -1)
		write_acks(st);
	return more;
}

const char *
store_failed_at(const struct store *st, const char *other)
{
	return st->failed_at[0] != '\0' ? st->failed_at : other;
}

uint64_t
store_checkpoint_bytes(const struct store *st)
{
	return st->messages.bytes;
}

bool
store_begin_sync(struct store *st)
{
	bool touched = st->touched;

	st->touched = false;
	return touched;
}

/* ---- tidying ---- */

static void
remove_dead(struct store *st)
{
	while (st->dead_count > 0) {
		st->dead_count--;
		large_remove(st->larges, st->dead[st->dead_count].x,
		    st->dead[st->dead_count].id);
		st->touched = true;
	}
	free(st->dead);
	st->dead = NULL;
}

static void
end_copies(struct store *st)
{
	size_t i, kept = 0;

	for (i = 0; i < st->copy_count; i++) {
		if (!copy_end(st->copies[i]))
			st->copies[kept++] = st->copies[i];
	}
	st->copy_count = kept;
}

bool
store_tidy(struct store *st, bool held)
{
	st->learning = LEARN_STEP;
	uploads_tidy(&st->uploads);
	end_copies(st);
	if (!journal_pending(st->journal)) {
		if (!held) {
			discard_dropped(st);
			remove_dead(st);
		}
	}
	return discard_step(&st->discards);
}

/* Bytes of all packs, as far as they are known. */
static uint64_t
pack_bytes(const struct store *st)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < packs_count(st->packs); i++)
		bytes += packs_at(st->packs, i)->bytes;
	return bytes;
}

bool
store_needs_checkpoint(const struct store *st)
{
	return st->acked >= SWEEP_MIN;
}

bool
store_needs_sweep(const struct store *st)
{
	return !sweep_is_under_way(st->sweep) && (st->lost > 0 || !st->swept);
}

static bool
sweep_is_urgent(const struct store *st)
{
	return st->lost >= SWEEP_MIN && st->lost >= pack_bytes(st) / 4;
}

/* All below this are in packs, and in the indexes of those who wait. */
static uint64_t
sweep_limit(const struct store *st)
{
	uint64_t first = st->messages.first != NULL ? st->messages.first->id :
	    journal_committed_id(st->journal) + 1;

	return first < st->packing ? first : st->packing;
}

bool
store_sweep(struct store *st, bool idle)
{
	unsigned n;
	bool more = true;

	if (!sweep_is_under_way(st->sweep)) {
		if (!sweep_is_urgent(st) && (!idle || !store_needs_sweep(st)))
			return false;
		st->lost = 0;
		st->swept = true;
		sweep_begin(st->sweep, sweep_limit(st));
	}
	st->touched = true;
	for (n = 0; n < SWEEP_STEPS && more; n++)
		more = sweep_step(st->sweep);
	return more;
}

bool
store_is_sweeping(const struct store *st)
{
	return sweep_is_under_way(st->sweep) && !sweep_waits(st->sweep);
}

/* ---- opening and closing ---- */

struct store *
store_open(struct quarantine *quarantine, struct journal *journal,
    struct syncer *syncer, char *why, size_t room)
{
	struct store *st = xzalloc(sizeof(*st));

	st->quarantine = quarantine;
	st->journal = journal;
	st->syncer = syncer;
	st->limit = st->packing = UINT64_MAX;
	st->learning = LEARN_STEP;
	st->discards = (struct discards){ .data = quarantine->data,
	    .pending = true };
	if (quarantine->report_only ||
	    file_make_dir(quarantine->data, "user") == 0)
		st->larges = larges_open(quarantine);
	st->packs = st->larges == NULL ? NULL : packs_open(quarantine);
	st->uploads = (struct uploads){ st->larges, journal, syncer, NULL };
	if (st->packs == NULL) {
		(void)snprintf(why, room, "cannot open the queues: %s",
		    strerror(errno));
		store_close(st);
		return NULL;
	}
	st->sweep = sweep_open(quarantine, syncer, st->packs, st->larges);
	return st;
}

void
store_close(struct store *st)
{
	struct queue *q;
	size_t i;

	if (st == NULL)
		return;
	while (st->messages.first != NULL)
		stored_free(&st->messages, st->messages.first);
	while ((q = st->dropped) != NULL) {
		st->dropped = q->next;
		queue_free(q);
	}
	if (st->step == PACK_OPEN)
		pack_give_up(st->packs);
	uploads_close(&st->uploads);
	for (i = 0; i < st->queues.size; i++) {
		for (q = st->queues.chains[i]; q != NULL; q = q->next) {
			if (q->copy_from != NULL)
				end_copy(st, q->copy_from);
		}
	}
	/* A test may report late that a job is done. */
	while (st->copy_count > 0)
		end_copies(st);
	sweep_close(st->sweep);
	packs_close(st->packs);
	larges_close(st->larges);
	queue_table_free(&st->queues);
	free(st->copies);
	free(st->dead);
	buf_free(&st->scratch);
	free(st);
}
