/*
 * store/maildir.h says where files are, store/msgfile.h what is in them; this
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
 * in the node's directory, or both while a checkpoint is not yet synced.
 *
 *	found at start			what is done
 *	in the journal only		entry; the checkpoint writes the file
 *	in both				entry; the file is removed with its ack,
 *					and replaced by the next checkpoint
 *	in the directory only		served from there
 *	file damaged or misnamed	lost+found and one line, when it is read
 *	PUT_LARGE without tmp/large-X	a checkpoint had made files of it: no
 *					entry
 *	ACK in the relay's own queue	the next checkpoint removes the message
 *	tmp/large-X damaged		lost+found and one line, when it is read
 *	tmp/large-X without PUT_LARGE	never acked to its poster: removed
 *	tmp/drop-N			its removal goes on
 *	anything else in tmp		removed
 *	ACK of what does not wait	nothing (but a file is removed again)
 *	an invalid record		one line; counts it; passes it over
 *	directory of no known node	a new node's copy that was never acked;
 *					discarded before the number is given
 *					again
 *	directory of node 2^32 - 1 - N	a copy of N's that was never finished;
 *					discarded with N's queue, or before its
 *					next copy begins
 */
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "store/maildir.h"
#include "store/msgfile.h"
#include "store/news.h"
#include "store/queue.h"
#include "store/spare.h"

#define ACK_BYTES (8 + STORED_NODE)

_Static_assert(ACK_BYTES + 8 <= STORE_ACK_SIZE, "with what the journal adds");

struct store {
	struct quarantine *quarantine;
	struct journal *journal;
	struct maildir *maildir;
	int data;
	struct queue_table queues;
	struct stored_list messages;	/* in the journal */
	struct buf scratch;
	struct queue *dropped;		/* their directories are still there */
	struct queue *counting;		/* whose files are counted, or NULL */
	struct uploads uploads;
	struct settled {		/* acked in the relay's own queues */
		struct queue *queue;
		uint64_t id;
	} *settled;
	size_t settled_count;
	uint64_t *finished;		/* X of large files now in the tree */
	size_t finished_count;
	int replay_error;		/* errno of a failed look, or 0 */
};

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

/* m has left a queue: it is freed when it waits in no other. */
static void
release_message(struct store *st, struct stored *m)
{
	if (--m->waiting > 0)
		return;
	if (m->large != 0)
		maildir_large_remove(st->maildir, m->large);
	stored_free(&st->messages, m);
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
	if (maildir_large_open(st->maildir, m->large, m->data) == -1)
		return -1;
	return maildir_large_read(st->maildir, offset - m->head, dst, room);
}

/*
 * The next message in the directory: damaged ones, and those that were removed
 * since it was listed, are passed over.  *id is 0 if there is none.
 */
static int
next_file(struct store *st, struct queue *q, uint64_t after, uint64_t *id,
    uint64_t *length)
{
	for (;;) {
		if (queue_list_next(q, st->data, after, id) == -1)
			return -1;
		if (*id == 0 || queue_get(q, *id) != NULL)
			return 0;
		if (maildir_length(st->maildir, q, *id, length) == 0)
			return 0;
		if (errno != EBADMSG && errno != ENOENT)
			return -1;
		queue_list_lost(q, *id);
	}
}

int
store_next(struct store *st, struct queue *q, uint64_t after, uint64_t *id,
    uint64_t *length)
{
	const struct stored *m = queue_next(q, after);

	if (next_file(st, q, after, id, length) == -1)
		return -1;
	if (m != NULL && m->id <= journal_committed_id(st->journal) &&
	    (*id == 0 || m->id <= *id)) {
		*id = m->id;
		*length = m->head + m->data;
	}
	return *id != 0;
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
	stored_free(&st->messages, m);
}

ssize_t
store_read(struct store *st, struct queue *q, uint64_t id, uint64_t offset,
    char *dst, size_t room)
{
	struct stored *m = queue_get(q, id);
	ssize_t n;

	if (m == NULL)
		return maildir_read(st->maildir, q, id, offset, dst, room);
	n = read_entry(st, m, offset, dst, room);
	if (n == -1 && errno == EBADMSG && m->large != 0)
		lose_entry(st, m);
	return n;
}

/* ---- ack, copy, drop ---- */

/* Take the message's file off the queue: false if there is none. */
static bool
remove_file(struct store *st, struct queue *q, uint64_t id)
{
	uint64_t bytes;

	queue_list_lost(q, id);
	if (maildir_remove(st->maildir, q, id, &bytes) == -1)
		return false;
	if (queue_get(q, id) == NULL)
		queue_count_lost(q, bytes);
	return true;
}

/* Take the message off the queue: false if it does not wait there. */
static bool
remove_waiting(struct store *st, struct queue *q, uint64_t id)
{
	struct stored *m = queue_get(q, id);
	bool in_tree = m == NULL || m->may_be_in_tree;
	bool removed = in_tree && remove_file(st, q, id);

	if (m == NULL)
		return removed;
	queue_news_lost(q, id);
	stored_leave(m, q);
	release_message(st, m);
	return true;
}

/* Append what is in scratch to the journal. */
static void
add_record(struct store *st, enum journal_type type)
{
	struct span body = buf_span(&st->scratch);

	(void)journal_add(st->journal, type, &body, 1);
}

/* As remove_waiting; but what the relay keeps for itself goes later. */
static bool
take_ack(struct store *st, struct queue *q, uint64_t id)
{
	if (q->ref != STORE_HIDDEN)
		return remove_waiting(st, q, id);
	st->settled = xgrow(st->settled, st->settled_count,
	    sizeof(*st->settled));
	st->settled[st->settled_count++] = (struct settled){ q, id };
	return true;
}

/*
 * All of these acks are committed, and no backup is made: remove the messages.
 * One that cannot be removed is tried again, -1 with errno.
 */
static int
remove_settled(struct store *st)
{
	const struct settled *s;
	struct stored *m;

	while (st->settled_count > 0) {
		s = &st->settled[st->settled_count - 1];
		m = queue_get(s->queue, s->id);
		if ((m == NULL || m->may_be_in_tree) &&
		    !remove_file(st, s->queue, s->id) && errno != ENOENT)
			return -1;
		if (m != NULL) {
			stored_leave(m, s->queue);
			release_message(st, m);
		}
		st->settled_count--;
	}
	return 0;
}

static void
forget_settled(struct store *st, const struct queue *q)
{
	size_t i, n = 0;

	for (i = 0; i < st->settled_count; i++) {
		if (st->settled[i].queue != q)
			st->settled[n++] = st->settled[i];
	}
	st->settled_count = n;
}

void
store_ack(struct store *st, struct queue *q, uint64_t id)
{
	if (!take_ack(st, q, id))
		return;
	st->scratch.n = 0;
	encode_u64(buf_room(&st->scratch, 8), id);
	st->scratch.n = 8;
	stored_write_node(&st->scratch, q);
	add_record(st, JOURNAL_ACK);
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

int
store_copy_files(struct store *st, struct queue *from, struct queue *to,
    unsigned files)
{
	/* No node has this number, which is as good as a name. */
	struct queue *copy = store_queue(st, &from->uid, ~from->ref);

	return maildir_copy(st->maildir, from, copy, to, files);
}

void
store_copy(struct store *st, struct queue *from, struct queue *to)
{
	assert(queue_next(to, 0) == NULL);
	queue_list_forget(to);
	queue_count_forget(to);
	copy_ring(from, to);
	st->scratch.n = 0;
	stored_write_node(&st->scratch, from);
	stored_write_node(&st->scratch, to);
	add_record(st, JOURNAL_COPY);
}

void
store_rest(struct queue *q)
{
	queue_list_forget(q);
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

static void
drop_queue(struct store *st, struct queue *q)
{
	struct stored *m;

	if (q->copy != NULL)
		(void)maildir_give_up_copy(st->maildir, q);
	forget_queue(st, q);
	forget_settled(st, q);
	while ((m = queue_next(q, 0)) != NULL) {
		stored_leave(m, q);
		release_message(st, m);
	}
	queue_take(&st->queues, q);
	if (st->counting == q)
		st->counting = NULL;
	q->next = st->dropped;
	st->dropped = q;
}

/*
 * Discard the directories of dropped queues once the drop is committed: a crash
 * before that must find them.  A queue may also have left an unfinished copy.
 */
static void
discard_dropped(struct store *st)
{
	struct queue *q;

	while ((q = st->dropped) != NULL) {
		st->dropped = q->next;
		maildir_discard(st->maildir, q);
		q->ref = ~q->ref;
		maildir_discard(st->maildir, q);
		queue_free(q);
	}
}

void
store_drop(struct store *st, struct queue *q)
{
	st->scratch.n = 0;
	stored_write_node(&st->scratch, q);
	add_record(st, JOURNAL_DROP);
	drop_queue(st, q);
}

/*
 * Go on counting q's files; first those of the queue whose count has begun:
 * only one keeps its directory open.
 */
static void
count_some(struct store *st, struct queue *q)
{
	uint64_t next = journal_committed_id(st->journal) + 1;

	if (st->counting != NULL &&
	    queue_count(st->counting, st->data, next) == 1)
		return;
	st->counting = queue_count(q, st->data, next) == 1 ? q : NULL;
}

struct store_load
store_load(struct store *st, struct queue *q)
{
	struct store_load load = { q->ring_count, q->ring_bytes };

	count_some(st, q);
	load.messages += q->file_count;
	load.bytes += q->file_bytes;
	return load;
}

/* ---- news ---- */

struct store_load
store_news(const struct queue *q)
{
	struct store_load load = { q->news_count, 0 };
	uint32_t i;

	for (i = 0; i < q->news_count; i++)
		load.bytes += q->news[i].bytes;
	return load;
}

void
store_supersede(struct store *st, struct queue *q, struct span head)
{
	uint32_t kind = news_kind(head);
	const struct queue_news *old;

	old = kind > NEWS_OTHER ? queue_news_find(q, 0, kind) : NULL;
	if (old != NULL)
		store_ack(st, q, old->id);
}

uint64_t
store_oldest_news(const struct queue *q, uint64_t after)
{
	const struct queue_news *oldest = queue_news_find(q, after, NEWS_NONE);

	return oldest != NULL ? oldest->id : 0;
}

/* ---- a check ---- */

/* Verify the file at path; -1 with errno. */
static int
verify_file(const struct store *st, const char *path, uint64_t id,
    struct store_load *seen)
{
	struct msgfile_reader reader = { .fd = -1 };
	int result;

	/* What is no file must not make us wait. */
	reader.fd = openat(st->data, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader.fd == -1)
		return -1;
	result = msgfile_verify(&reader, id);
	free(reader.buffer);
	if (result == -1)
		return fd_close(reader.fd);
	(void)fd_close(reader.fd);
	seen->messages++;
	seen->bytes += reader.head + reader.data;
	return 0;
}

int
store_check_file(struct store *st, struct queue *q, uint64_t id,
    struct store_load *seen)
{
	char path[QUEUE_PATH];

	if (queue_get(q, id) != NULL)
		return 0;
	queue_message_path(path, q, id);
	if (verify_file(st, path, id, seen) == 0)
		return 0;
	return errno == EBADMSG ?
	    quarantine_move(st->quarantine, path, MSGFILE_ALTERED) : -1;
}

/* Read the large data of an entry to its end. */
static int
read_large(struct store *st, const struct stored *m)
{
	char *dst = buf_room(&st->scratch, MSGFILE_BLOCK);
	uint64_t at;
	ssize_t n;

	for (at = 0; at < m->data; at += (uint64_t)n) {
		if (maildir_large_open(st->maildir, m->large, m->data) == -1)
			return -1;
		n = maildir_large_read(st->maildir, at, dst, MSGFILE_BLOCK);
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
 * Large data that is not there is in files: a checkpoint had made them.  If
 * that cannot be found out, store_replayed fails.
 */
static bool
is_in_files(struct store *st, uint64_t large)
{
	int there = large == 0 ? 1 : maildir_large_exists(st->maildir, large);

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
	if (is_in_files(st, entry.large))
		return true;
	entry.may_be_in_tree = true;
	if (entry.data == 0)
		entry.news = news_kind((struct span){ nodes +
		    count * STORED_NODE, entry.head });
	m = stored_add(&st->messages, &entry, count);
	for (i = 0; i < count; i++) {
		q = queue_at(st, nodes + i * STORED_NODE);
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
		/* A check must not take a torn file of it for damage. */
		if (valid && !st->quarantine->report_only)
			(void)take_ack(st, queue_at(st, p + 8),
			    decode_u64(p));
		break;
	case JOURNAL_COPY:
		valid = n == 2 * STORED_NODE &&
		    is_behind(queue_at(st, p + STORED_NODE), 1);
		if (valid)
			copy_ring(queue_at(st, p),
			    queue_at(st, p + STORED_NODE));
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
			maildir_large_keep(st->maildir, m->large);
	}
	if (maildir_clean(st->maildir, &x) == -1)
		return -1;
	/* An X that no commit covers may be in use all the same. */
	journal_id_at_least(st->journal, x);
	discard_dropped(st);
	return 0;
}

/* ---- checkpoint ---- */

/* Read the message's bytes in the journal to scratch. */
static int
load_message(struct store *st, const struct stored *m)
{
	struct buf *b = &st->scratch;
	size_t n = (size_t)stored_in_journal(m);

	b->n = 0;
	if (journal_read(st->journal, m->place, buf_room(b, n), n) == -1)
		return -1;
	b->n = n;
	return 0;
}

/* Write a small message for q, or link it to the file that first has. */
static int
write_for(struct store *st, const struct stored *m,
    const struct queue *first, const struct queue *q)
{
	struct span head, data;

	if (m->large != 0)
		return maildir_large_link(st->maildir, m->large, q, m->id);
	if (first != NULL)
		return maildir_link(st->maildir, first, q, m->id);
	head = (struct span){ st->scratch.p, m->head };
	data = (struct span){ st->scratch.p + m->head, (size_t)m->data };
	return maildir_write(st->maildir, q, m->id, head, data);
}

/*
 * Make m a file with a name for each node that waits.  -1 with errno: some
 * names may exist, and the entry stays.
 */
static int
write_message(struct store *st, struct stored *m)
{
	struct queue *first = NULL;
	uint32_t i;

	m->may_be_in_tree = true;
	if (load_message(st, m) == -1)
		return -1;
	if (m->large != 0 && maildir_large_finish(st->maildir, m->large, m->id,
	    buf_span(&st->scratch), m->data) == -1)
		return -1;
	for (i = 0; i < m->to_count; i++) {
		if (queue_get(m->to[i], m->id) == NULL)
			continue;
		if (write_for(st, m, first, m->to[i]) == -1)
			return -1;
		first = m->to[i];
		maildir_link_copy(st->maildir, first, m->id);
	}
	return 0;
}

/* The files replace the entry. */
static void
end_message(struct store *st, struct stored *m)
{
	struct queue *q;
	uint32_t i;

	for (i = 0; i < m->to_count; i++) {
		q = m->to[i];
		if (queue_get(q, m->id) == NULL)
			continue;
		stored_leave(m, q);
		queue_list_gained(q);
		queue_count_gained(q, msgfile_bytes(m->head, m->data));
	}
	if (m->large != 0) {
		st->finished = xrealloc(st->finished,
		    (st->finished_count + 1) * sizeof(uint64_t));
		st->finished[st->finished_count++] = m->large;
	}
	stored_free(&st->messages, m);
}

int
store_checkpoint(struct store *st, uint64_t segment)
{
	struct stored *m;

	if (remove_settled(st) == -1)
		return -1;
	m = st->messages.first;
	if (m == NULL || m->place.segment > segment)
		return 0;
	if (write_message(st, m) == -1)
		return -1;
	end_message(st, m);
	return 1;
}

void
store_released(struct store *st)
{
	size_t i;

	for (i = 0; i < st->finished_count; i++)
		maildir_large_remove(st->maildir, st->finished[i]);
	free(st->finished);
	st->finished = NULL;
	st->finished_count = 0;
}

uint64_t
store_checkpoint_bytes(const struct store *st)
{
	return st->messages.bytes;
}

bool
store_begin_sync(struct store *st)
{
	return maildir_begin_sync(st->maildir);
}

void
store_end_sync(struct store *st)
{
	spare_end_sync(maildir_spares(st->maildir));
}

bool
store_tidy(struct store *st)
{
	uploads_tidy(&st->uploads);
	if (!journal_pending(st->journal))
		discard_dropped(st);
	return spare_tidy(maildir_spares(st->maildir));
}

bool
store_is_trim(const struct store *st)
{
	return spare_is_empty(maildir_spares(st->maildir));
}

void
store_trim(struct store *st)
{
	spare_trim(maildir_spares(st->maildir));
}

/* ---- opening and closing ---- */

struct store *
store_open(struct quarantine *quarantine, struct journal *journal,
    struct syncer *syncer, char *why, size_t room)
{
	struct store *st = xzalloc(sizeof(*st));

	st->quarantine = quarantine;
	st->journal = journal;
	st->data = quarantine->data;
	st->maildir = maildir_open(quarantine, syncer);
	st->uploads = (struct uploads){ st->maildir, journal, syncer, NULL };
	if (st->maildir != NULL)
		return st;
	(void)snprintf(why, room, "cannot open the queues: %s",
	    strerror(errno));
	store_close(st);
	return NULL;
}

void
store_close(struct store *st)
{
	struct queue *q;

	if (st == NULL)
		return;
	while (st->messages.first != NULL)
		stored_free(&st->messages, st->messages.first);
	while ((q = st->dropped) != NULL) {
		st->dropped = q->next;
		queue_free(q);
	}
	uploads_close(&st->uploads);
	maildir_close(st->maildir);
	queue_table_free(&st->queues);
	free(st->finished);
	free(st->settled);
	buf_free(&st->scratch);
	free(st);
}
