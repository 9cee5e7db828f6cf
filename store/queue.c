#include "store/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/pack.h"

#define CHAINS_FIRST 64
#define RING_FIRST 4

#define RECORD 8		/* bytes that the journal adds to a record */

/* ---- the table ---- */

static size_t
chain_of(const struct queue_table *t, const struct uid *uid, uint32_t ref)
{
	/* A uid is random bytes: any eight of them are a good hash. */
	return (size_t)(decode_u64(uid->bytes) + ref * 0x9e3779b9U) &
	    (t->size - 1);
}

static void
grow_table(struct queue_table *t)
{
	struct queue **old = t->chains, *q, *next;
	size_t i, old_size = t->size, chain;

	t->size = old_size == 0 ? CHAINS_FIRST : old_size * 2;
	t->chains = xzalloc(t->size * sizeof(struct queue *));
	for (i = 0; i < old_size; i++) {
		for (q = old[i]; q != NULL; q = next) {
			next = q->next;
			chain = chain_of(t, &q->uid, q->ref);
			q->next = t->chains[chain];
			t->chains[chain] = q;
		}
	}
	free(old);
}

struct queue *
queue_of(struct queue_table *t, const struct uid *uid, uint32_t ref)
{
	struct queue *q;
	size_t chain;

	if (t->count >= t->size)
		grow_table(t);
	chain = chain_of(t, uid, ref);
	for (q = t->chains[chain]; q != NULL; q = q->next) {
		if (q->ref == ref &&
		    memcmp(&q->uid, uid, sizeof(*uid)) == 0)
			return q;
	}
	q = xzalloc(sizeof(*q));
	q->uid = *uid;
	q->ref = ref;
	q->next = t->chains[chain];
	t->chains[chain] = q;
	t->count++;
	return q;
}

void
queue_take(struct queue_table *t, struct queue *q)
{
	struct queue **link = &t->chains[chain_of(t, &q->uid, q->ref)];

	while (*link != q)
		link = &(*link)->next;
	*link = q->next;
	q->next = NULL;
	t->count--;
}

void
queue_add_unlisted(struct queue *q, const struct index_entry *e)
{
	struct unlisted *u = xalloc(sizeof(*u));

	u->entry = *e;
	u->next = q->unlisted;
	q->unlisted = u;
}

void
queue_forget_unlisted(struct queue *q, uint64_t last)
{
	struct unlisted **link = &q->unlisted, *u;

	while ((u = *link) != NULL) {
		if (u->entry.id > last) {
			link = &u->next;
			continue;
		}
		*link = u->next;
		free(u);
	}
}

void
queue_free(struct queue *q)
{
	queue_forget_unlisted(q, UINT64_MAX);
	index_free(&q->index);
	free(q->ring);
	free(q);
}

void
queue_table_free(struct queue_table *t)
{
	struct queue *q, *next;
	size_t i;

	for (i = 0; i < t->size; i++) {
		for (q = t->chains[i]; q != NULL; q = next) {
			next = q->next;
			queue_free(q);
		}
	}
	free(t->chains);
	*t = (struct queue_table){ NULL, 0, 0 };
}

/* ---- names ---- */

void
queue_path(char path[QUEUE_PATH], const struct queue *q)
{
	index_place(path, &q->uid, q->ref);
}

/* ---- the ring ---- */

static struct queue_slot *
slot(const struct queue *q, uint32_t i)
{
	return &q->ring[(q->ring_first + i) & (q->ring_cap - 1)];
}

/* The index of the first whose id is at least id. */
static uint32_t
find(const struct queue *q, uint64_t id)
{
	uint32_t low = 0, high = q->ring_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (slot(q, middle)->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
grow_ring(struct queue *q)
{
	uint32_t i, cap = q->ring_cap == 0 ? RING_FIRST : q->ring_cap * 2;
	struct queue_slot *ring = xalloc(cap * sizeof(struct queue_slot));

	for (i = 0; i < q->ring_count; i++)
		ring[i] = *slot(q, i);
	free(q->ring);
	q->ring = ring;
	q->ring_first = 0;
	q->ring_cap = cap;
}

/* Its id is higher than all that are there. */
static void
add_to_ring(struct queue *q, struct stored *m)
{
	if (q->ring_count == q->ring_cap)
		grow_ring(q);
	q->ring_count++;
	*slot(q, q->ring_count - 1) = (struct queue_slot){ m->id, m };
}

struct stored *
queue_get(const struct queue *q, uint64_t id)
{
	uint32_t i = find(q, id);

	if (i == q->ring_count || slot(q, i)->id != id)
		return NULL;
	return slot(q, i)->message;
}

struct stored *
queue_next(const struct queue *q, uint64_t after)
{
	uint32_t i = find(q, after + 1);

	return i == q->ring_count ? NULL : slot(q, i)->message;
}

static void
remove_from_ring(struct queue *q, uint64_t id)
{
	uint32_t i = find(q, id);

	if (i == q->ring_count || slot(q, i)->id != id)
		return;
	/* Acks come in order: nearly always it is the first. */
	for (; i > 0; i--)
		*slot(q, i) = *slot(q, i - 1);
	q->ring_first = (q->ring_first + 1) & (q->ring_cap - 1);
	q->ring_count--;
	if (q->ring_count == 0) {
		free(q->ring);
		q->ring = NULL;
		q->ring_first = q->ring_cap = 0;
	}
}

/* ---- records of messages ---- */

size_t
stored_record_bytes(size_t head, size_t data, size_t nodes)
{
	return RECORD + STORED_FIXED + nodes * STORED_NODE + head + data;
}

void
stored_write_node(struct buf *b, const struct queue *q)
{
	char *p = buf_room(b, STORED_NODE);

	memcpy(p, q->uid.bytes, UID_BYTES);
	encode_u32(p + UID_BYTES, q->ref);
	b->n += STORED_NODE;
}

void
stored_write(struct buf *b, const struct stored *m,
    struct queue *const *to, size_t n)
{
	char *p = buf_room(b, STORED_FIXED);
	size_t i;

	encode_u64(p, m->id);
	encode_u32(p + 8, m->head);
	encode_u32(p + 12, (uint32_t)n);
	encode_u64(p + 16, m->data);
	encode_u64(p + 24, m->large);
	b->n += STORED_FIXED;
	for (i = 0; i < n; i++)
		stored_write_node(b, to[i]);
}

bool
stored_read(struct stored *m, uint32_t *nodes,
    const struct journal_record *record)
{
	const char *p = record->body.p;
	size_t n = record->body.n;

	if (n < STORED_FIXED)
		return false;
	n -= STORED_FIXED;
	*nodes = decode_u32(p + 12);
	*m = (struct stored){ .id = decode_u64(p), .head = decode_u32(p + 8),
	    .data = decode_u64(p + 16), .large = decode_u64(p + 24),
	    .place = record->place };
	if (m->id == 0 || *nodes > n / STORED_NODE ||
	    m->head > n - *nodes * STORED_NODE)
		return false;
	m->place.offset += STORED_FIXED + *nodes * STORED_NODE;
	n -= *nodes * STORED_NODE + m->head;
	return record->type == JOURNAL_PUT_LARGE ? m->large != 0 && n == 0 :
	    m->large == 0 && m->data == n;
}

/* ---- messages ---- */

uint64_t
stored_in_journal(const struct stored *m)
{
	return m->large != 0 ? m->head : m->head + m->data;
}

struct stored *
stored_add(struct stored_list *list, const struct stored *from,
    size_t queues)
{
	struct stored *m = xalloc(sizeof(*m));

	*m = *from;
	m->to = xalloc(queues * sizeof(struct queue *));
	m->before = list->last;
	if (list->last == NULL)
		list->first = m;
	else
		list->last->after = m;
	list->last = m;
	/* In a pack and in the indexes. */
	m->cost = pack_record_bytes(stored_in_journal(m), queues) +
	    (uint64_t)queues * INDEX_LINE;
	list->bytes += m->cost;
	return m;
}

void
stored_free(struct stored_list *list, struct stored *m)
{
	if (m->before == NULL)
		list->first = m->after;
	else
		m->before->after = m->after;
	if (m->after == NULL)
		list->last = m->before;
	else
		m->after->before = m->before;
	list->bytes -= m->cost;
	free(m->to);
	free(m);
}

void
stored_wait(struct stored *m, struct queue *q)
{
	m->to[m->to_count++] = q;
	m->waiting++;
	q->ring_bytes += m->head + m->data;
	add_to_ring(q, m);
	news_add(&q->index.news, (struct news){ m->id, m->news, m->head });
}

void
stored_leave(const struct stored *m, struct queue *q)
{
	q->ring_bytes -= m->head + m->data;
	remove_from_ring(q, m->id);
}
