/*
 * tree.h tells where files are and spool.h what is in them; here is when.
 *
 * Records
 * -------
 *	PUT, PUT_LARGE	see message.h
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
 *					and made anew by the next checkpoint
 *	in the directory only		served from there
 *	file damaged or misnamed	lost+found and one line, when it is read
 *	PUT_LARGE without tmp/large-X	a checkpoint had finished with it: no
 *					entry
 *	tmp/large-X damaged		lost+found and one line, when it is read
 *	tmp/large-X without PUT_LARGE	never acked to its poster: removed
 *	tmp/drop-N			its removal goes on
 *	anything else in tmp		removed
 *	ACK of what does not wait	nothing (but a file is removed again)
 *	a record that makes no sense	one line; counts it; passes it over
 *	directory of no known node	a new node's copy that was never acked;
 *					moved away before the number is given
 *					again
 *	directory of node 2^32 - 1 - N	a copy of N's that was never finished;
 *					moved away with N's queue, or before the
 *					next copy of that is begun
 */
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/message.h"
#include "store/queue.h"
#include "store/msgfile.h"
#include "store/maildir.h"

#define ACK_BYTES (8 + STORED_NODE)

struct store {
	struct quarantine *lost;
	struct journal *journal;
	struct maildir *tree;
	int data;
	struct queue_table queues;
	struct stored_list messages;	/* in the journal */
	struct buf scratch;
	struct queue *dropped;		/* their directories are still there */
	struct queue *counting;		/* whose files are counted, or NULL */
	struct queue *copying;		/* whose files are copied, or NULL */
	DIR *copy_list;			/* those that are left */
	struct uploads *uploads;
	uint64_t *finished;		/* X of large files now in the tree */
	size_t finished_count;
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

/* One queue less waits for m. */
static void
release_message(struct store *st, struct stored *m)
{
	if (--m->waiting > 0)
		return;
	if (m->large != 0)
		maildir_large_remove(st->tree, m->large);
	stored_free(&st->messages, m);
}

/* ---- put ---- */

size_t
store_put_size(size_t head, size_t data, size_t queues)
{
	return stored_record_bytes(head, data, queues);
}

static void
put(struct store *st, struct stored *told, struct span head,
    struct span data, struct queue *const *to, size_t n)
{
	struct span parts[3] = { { NULL, 0 }, head, data };
	struct stored *m;
	size_t i;

	st->scratch.n = 0;
	stored_write(&st->scratch, told, to, n);
	parts[0] = buf_span(&st->scratch);
	told->place = journal_add(st->journal,
	    told->large != 0 ? JOURNAL_PUT_LARGE : JOURNAL_PUT, parts, 3);
	told->place.offset += (uint32_t)parts[0].n;
	m = stored_add(&st->messages, told, n);
	for (i = 0; i < n; i++)
		stored_wait(m, to[i]);
}

void
store_put(struct store *st, uint64_t id, struct span head,
    struct span data, struct queue *const *to, size_t n)
{
	struct stored told = { .id = id, .head = (uint32_t)head.n,
	    .data = data.n };

	if (n > 0)
		put(st, &told, head, data, to, n);
}

struct uploads *
store_uploads(struct store *st)
{
	return st->uploads;
}

void
store_put_part(struct store *st, uint64_t id, struct span head,
    struct part *part, struct queue *const *to, size_t n)
{
	struct stored told = { .id = id, .head = (uint32_t)head.n,
	    .data = part->length };

	if (n == 0)
		return;
	if (part->large != NULL)
		told.large = upload_take_file(part);
	put(st, &told, head, part->small, to, n);
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
	if (maildir_large_open(st->tree, m->large, m->data) == -1)
		return -1;
	return maildir_large_read(st->tree, offset - m->head, dst, room);
}

/*
 * The next message in the directory: damaged ones and those that have gone
 * since it was listed are passed over.  *id is 0 if there is none.
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
		if (maildir_length(st->tree, q, *id, length) == 0)
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

/* The large file of an entry was damaged, and is gone: nobody waits for it. */
static void
lose_entry(struct store *st, struct stored *m)
{
	uint32_t i;

	for (i = 0; i < m->to_count; i++) {
		if (m->to[i] != NULL && queue_get(m->to[i], m->id) == m)
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
		return maildir_read(st->tree, q, id, offset, dst, room);
	n = read_entry(st, m, offset, dst, room);
	if (n == -1 && errno == EBADMSG && m->large != 0)
		lose_entry(st, m);
	return n;
}

/* ---- ack, copy, drop ---- */

/* No copy of q's files is made any more.  Returns -1, and errno as it was. */
static int
give_up_copy(struct store *st, struct queue *q)
{
	int error = errno;

	if (st->copying == q) {
		(void)closedir(st->copy_list);	/* it was only read */
		st->copying = NULL;
	}
	maildir_discard(st->tree, q->copy);
	q->copy = NULL;
	errno = error;
	return -1;
}

/*
 * Take the message's file off the queue, and off a copy of it that is under
 * way: false if there is none.
 */
static bool
remove_file(struct store *st, struct queue *q, uint64_t id)
{
	uint64_t bytes;

	queue_list_lost(q, id);
	if (maildir_remove(st->tree, q, id, &bytes) == -1)
		return false;
	if (queue_get(q, id) == NULL)
		queue_count_lost(q, bytes);
	if (q->copy != NULL && maildir_remove(st->tree, q->copy, id,
	    &bytes) == -1 && errno != ENOENT)
		(void)give_up_copy(st, q);
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
	stored_leave(m, q);
	release_message(st, m);
	return true;
}

void
store_ack(struct store *st, struct queue *q, uint64_t id)
{
	char head[8];
	struct span parts[2] = { { head, sizeof(head) }, { NULL, 0 } };

	if (!remove_waiting(st, q, id))
		return;
	encode_u64(head, id);
	st->scratch.n = 0;
	stored_write_node(&st->scratch, q);
	parts[1] = buf_span(&st->scratch);
	(void)journal_add(st->journal, JOURNAL_ACK, parts, 2);
}

/* From now on the copy gets what q gets; what q has is to be linked. */
static int
begin_copy(struct store *st, struct queue *q)
{
	char path[QUEUE_PATH];

	/* No node has this number, which is as good as a name. */
	q->copy = store_queue(st, &q->uid, ~q->ref);
	maildir_discard(st->tree, q->copy);
	queue_path(path, q);
	st->copy_list = file_open_list(st->data, path);
	if (st->copy_list != NULL)
		st->copying = q;
	else if (errno != ENOENT)
		return give_up_copy(st, q);
	return 0;
}

/*
 * Link some of the files that are left.  Those that have come since may be
 * linked again, and those that are gone may still be listed.
 */
static int
copy_some(struct store *st, unsigned files)
{
	struct queue *q = st->copying;
	const char *name;
	uint64_t id;

	while (files-- > 0) {
		name = file_next_name(st->copy_list);
		if (name == NULL) {
			st->copying = NULL;
			return file_end_list(st->copy_list) == 0 ? 0 :
			    give_up_copy(st, q);
		}
		if (decode_hex64(&id, span_of(name)) &&
		    maildir_link(st->tree, q, q->copy, id) == -1 &&
		    errno != ENOENT)
			return give_up_copy(st, q);
	}
	/* Now, so that the last sync has not all of it to do. */
	return maildir_sync(st->tree, q->copy) == 0 ? 0 : give_up_copy(st, q);
}

/* What waits in the journal for from waits for to as well. */
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
	if (st->copying == NULL && from->copy == NULL &&
	    begin_copy(st, from) == -1)
		return -1;
	/* Another's goes first: only one keeps its directory open. */
	if (st->copying != NULL && copy_some(st, files) == -1)
		return -1;
	if (from->copy == NULL || st->copying == from)
		return 1;
	if (maildir_move(st->tree, from->copy, to) == -1)
		return give_up_copy(st, from);
	from->copy = NULL;
	return 0;
}

void
store_copy(struct store *st, struct queue *from, struct queue *to)
{
	struct span part;

	assert(queue_next(to, 0) == NULL);
	queue_list_forget(to);
	queue_count_forget(to);
	copy_ring(from, to);
	st->scratch.n = 0;
	stored_write_node(&st->scratch, from);
	stored_write_node(&st->scratch, to);
	part = buf_span(&st->scratch);
	(void)journal_add(st->journal, JOURNAL_COPY, &part, 1);
}

void
store_rest(struct queue *q)
{
	queue_list_forget(q);
}

/* No message may point to q any more. */
static void
forget_queue(struct store *st, const struct queue *q)
{
	struct stored *m;
	uint32_t i;

	for (m = st->messages.first; m != NULL; m = m->after) {
		for (i = 0; i < m->to_count; i++) {
			if (m->to[i] == q)
				m->to[i] = NULL;
		}
	}
}

static void
drop_queue(struct store *st, struct queue *q)
{
	struct stored *m;

	if (q->copy != NULL)
		(void)give_up_copy(st, q);
	forget_queue(st, q);
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
 * Do away with the directories of dropped queues, once that is committed: a
 * crash before must find them.  One may have left a copy that was never
 * finished, and now never is.
 */
static void
discard_dropped(struct store *st)
{
	struct queue *q;

	while ((q = st->dropped) != NULL) {
		st->dropped = q->next;
		maildir_discard(st->tree, q);
		q->ref = ~q->ref;
		maildir_discard(st->tree, q);
		queue_free(q);
	}
}

void
store_drop(struct store *st, struct queue *q)
{
	struct span part;

	st->scratch.n = 0;
	stored_write_node(&st->scratch, q);
	part = buf_span(&st->scratch);
	(void)journal_add(st->journal, JOURNAL_DROP, &part, 1);
	drop_queue(st, q);
}

/*
 * Go on counting q's files, or first those of the queue of which the count
 * has begun: only one of them keeps its directory open.
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

/* ---- a check ---- */

bool
store_is_in_journal(struct store *st, const struct uid *uid, uint32_t ref,
    uint64_t id)
{
	return queue_get(store_queue(st, uid, ref), id) != NULL;
}

/* Read the large data of an entry to its end. */
static int
read_large(struct store *st, const struct stored *m)
{
	char *dst = buf_room(&st->scratch, MSGFILE_BLOCK);
	uint64_t at;
	ssize_t n;

	for (at = 0; at < m->data; at += (uint64_t)n) {
		if (maildir_large_open(st->tree, m->large, m->data) == -1)
			return -1;
		n = maildir_large_read(st->tree, at, dst, MSGFILE_BLOCK);
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

/* The queue that STORED_NODE at p name. */
static struct queue *
queue_at(struct store *st, const char *p)
{
	struct uid uid;

	memcpy(uid.bytes, p, UID_BYTES);
	return store_queue(st, &uid, decode_u32(p + UID_BYTES));
}

/* Large data that is not there is in files: a checkpoint had finished. */
static bool
is_in_files(const struct store *st, uint64_t large)
{
	int there = large == 0 ? 1 : maildir_large_exists(st->tree, large);

	if (there == -1)
		die("cannot look for a large message: %s", strerror(errno));
	return there == 0;
}

/* The queue has no message with this id or a higher one. */
static bool
is_behind(const struct queue *q, uint64_t id)
{
	return queue_next(q, id - 1) == NULL;
}

/* False if the record makes no sense. */
static bool
replay_put(struct store *st, const struct journal_record *record)
{
	const char *nodes = record->body.p + STORED_FIXED;
	struct stored *m, told;
	struct queue *q;
	uint32_t count, i;

	if (!stored_read(&told, &count, record))
		return false;
	if (is_in_files(st, told.large))
		return true;
	told.may_be_in_tree = true;
	m = stored_add(&st->messages, &told, count);
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
	bool sense = false;

	switch (record->type) {
	case JOURNAL_PUT:
	case JOURNAL_PUT_LARGE:
		sense = replay_put(st, record);
		break;
	case JOURNAL_ACK:
		sense = n == ACK_BYTES;
		/* Looking, the file must be known for one that may be torn. */
		if (sense && !st->lost->looking)
			(void)remove_waiting(st, queue_at(st, p + 8),
			    decode_u64(p));
		break;
	case JOURNAL_COPY:
		sense = n == 2 * STORED_NODE &&
		    is_behind(queue_at(st, p + STORED_NODE), 1);
		if (sense)
			copy_ring(queue_at(st, p),
			    queue_at(st, p + STORED_NODE));
		break;
	case JOURNAL_DROP:
		sense = n == STORED_NODE;
		if (sense)
			drop_queue(st, queue_at(st, p));
		break;
	case JOURNAL_USERDB:
	case JOURNAL_INVITES:
	default:
		return false;
	}
	if (!sense)
		quarantine_note(st->lost,
		    "journal: a record about messages makes "
		    "no sense; it is passed over");
	return true;
}

int
store_replayed(struct store *st)
{
	const struct stored *m;
	uint64_t x;

	for (m = st->messages.first; m != NULL; m = m->after) {
		if (m->large != 0)
			maildir_large_keep(st->tree, m->large);
	}
	if (maildir_clean(st->tree, &x) == -1)
		return -1;
	/* An X that no commit covers may be in use all the same. */
	journal_id_at_least(st->journal, x);
	discard_dropped(st);
	return 0;
}

/* ---- checkpoint ---- */

/* Have the message's bytes in the journal in scratch. */
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
		return maildir_large_link(st->tree, m->large, q, m->id);
	if (first != NULL)
		return maildir_link(st->tree, first, q, m->id);
	head = (struct span){ st->scratch.p, m->head };
	data = (struct span){ st->scratch.p + m->head, (size_t)m->data };
	return maildir_write(st->tree, q, m->id, head, data);
}

/*
 * Give m a file with a name for each node that waits.  -1 with errno: some
 * names may be there, and the entry stays.
 */
static int
write_message(struct store *st, struct stored *m)
{
	struct queue *first = NULL;
	uint32_t i;

	m->may_be_in_tree = true;
	if (load_message(st, m) == -1)
		return -1;
	if (m->large != 0 && maildir_large_finish(st->tree, m->large, m->id,
	    buf_span(&st->scratch), m->data) == -1)
		return -1;
	for (i = 0; i < m->to_count; i++) {
		if (m->to[i] == NULL || queue_get(m->to[i], m->id) == NULL)
			continue;
		if (write_for(st, m, first, m->to[i]) == -1)
			return -1;
		first = m->to[i];
		if (first->copy != NULL && maildir_link(st->tree, first,
		    first->copy, m->id) == -1)
			(void)give_up_copy(st, first);
	}
	return 0;
}

/* The files stand for the entry now. */
static void
end_message(struct store *st, struct stored *m)
{
	struct queue *q;
	uint32_t i;

	for (i = 0; i < m->to_count; i++) {
		q = m->to[i];
		if (q == NULL || queue_get(q, m->id) == NULL)
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
	struct stored *m = st->messages.first;

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
		maildir_large_remove(st->tree, st->finished[i]);
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
	return maildir_begin_sync(st->tree);
}

void
store_end_sync(struct store *st)
{
	maildir_end_sync(st->tree);
}

bool
store_tidy(struct store *st)
{
	uploads_tidy(st->uploads);
	if (!journal_pending(st->journal))
		discard_dropped(st);
	return maildir_tidy(st->tree);
}

bool
store_is_trim(const struct store *st)
{
	return maildir_is_trim(st->tree);
}

void
store_trim(struct store *st)
{
	maildir_trim(st->tree);
}

/* ---- opening and closing ---- */

struct store *
store_open(struct quarantine *lost, struct journal *journal,
    struct syncer *syncer, char *why, size_t room)
{
	struct store *st = xzalloc(sizeof(*st));

	st->lost = lost;
	st->data = lost->data;
	st->journal = journal;
	st->tree = maildir_open(lost, syncer);
	st->uploads = uploads_open(st->tree, journal, syncer);
	if (st->tree != NULL)
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
	if (st->copying != NULL)
		(void)give_up_copy(st, st->copying);
	while (st->messages.first != NULL)
		stored_free(&st->messages, st->messages.first);
	while ((q = st->dropped) != NULL) {
		st->dropped = q->next;
		queue_free(q);
	}
	queue_table_free(&st->queues);
	uploads_close(st->uploads);
	maildir_close(st->tree);
	free(st->finished);
	buf_free(&st->scratch);
	free(st);
}
