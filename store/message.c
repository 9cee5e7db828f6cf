#include "store/message.h"

#include <stdlib.h>
#include <string.h>

#define RECORD 8		/* bytes that the journal adds to a record */
#define FILE_BLOCK 4096		/* of common file systems */

/* ---- records ---- */

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

/* ---- entries ---- */

uint64_t
stored_in_journal(const struct stored *m)
{
	return m->large != 0 ? m->head : m->head + m->data;
}

/* Bytes of disk that it would take as a file: whole blocks, and an inode. */
static uint64_t
file_bytes(const struct stored *m)
{
	return (stored_in_journal(m) / FILE_BLOCK + 2) * FILE_BLOCK;
}

struct stored *
stored_add(struct stored_list *list, const struct stored *told,
    size_t queues)
{
	struct stored *m = xalloc(sizeof(*m));

	*m = *told;
	m->to = xalloc(queues * sizeof(struct queue *));
	m->before = list->last;
	if (list->last == NULL)
		list->first = m;
	else
		list->last->after = m;
	list->last = m;
	list->bytes += file_bytes(m);
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
	list->bytes -= file_bytes(m);
	free(m->to);
	free(m);
}

void
stored_wait(struct stored *m, struct queue *q)
{
	m->to[m->to_count++] = q;
	m->waiting++;
	q->ring_bytes += m->head + m->data;
	queue_add(q, m->id, m);
}

void
stored_leave(const struct stored *m, struct queue *q)
{
	q->ring_bytes -= m->head + m->data;
	queue_remove(q, m->id);
}
