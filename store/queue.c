#include "store/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "disk/file.h"
#include "store/msgfile.h"
#include "store/news.h"

/*
 * Ids listed from a directory at a time.  A queue of 100 000 is read 25
 * times while it drains, which costs less than a sync.
 */
#define LIST_MAX 4096

#define COUNT_STEP 256		/* files that one call counts: 2 ms */
#define NEWS_HEAD_MAX 0x10003	/* bytes: four digits and 65535 */

#define CHAINS_FIRST 64
#define RING_FIRST 4

#define RECORD 8		/* bytes that the journal adds to a record */
#define FILE_BLOCK 4096		/* of common file systems */

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
queue_free(struct queue *q)
{
	queue_count_forget(q);
	free(q->ring);
	free(q->list);
	free(q->news);
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
	char uid[UID_TEXT];

	encode_base32(uid, q->uid.bytes, UID_BYTES);
	(void)snprintf(path, QUEUE_PATH, "user/%.2s/%.32s/%" PRIu32, uid, uid,
	    q->ref);
}

void
queue_message_path(char path[QUEUE_PATH], const struct queue *q, uint64_t id)
{
	size_t n;

	queue_path(path, q);
	n = strlen(path);
	(void)snprintf(path + n, QUEUE_PATH - n, "/%016" PRIx64, id);
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

void
queue_add(struct queue *q, uint64_t id, struct stored *m)
{
	if (q->ring_count == q->ring_cap)
		grow_ring(q);
	q->ring_count++;
	*slot(q, q->ring_count - 1) = (struct queue_slot){ id, m };
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

void
queue_remove(struct queue *q, uint64_t id)
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

/* ---- news ---- */

static void
add_news(struct queue *q, struct queue_news news)
{
	if (q->news_count == QUEUE_NEWS_MAX)
		return;
	q->news = xgrow(q->news, q->news_count, sizeof(news));
	q->news[q->news_count++] = news;
}

static void
remove_news(struct queue *q, uint32_t i)
{
	q->news[i] = q->news[--q->news_count];
	if (q->news_count == 0) {
		free(q->news);
		q->news = NULL;
	}
}

void
queue_news_lost(struct queue *q, uint64_t id)
{
	uint32_t i;

	for (i = 0; i < q->news_count; i++) {
		if (q->news[i].id == id) {
			remove_news(q, i);
			return;
		}
	}
}

const struct queue_news *
queue_news_find(const struct queue *q, uint64_t after, uint32_t kind)
{
	const struct queue_news *news, *found = NULL;
	uint32_t i;

	for (i = 0; i < q->news_count; i++) {
		news = &q->news[i];
		if (news->id > after && (kind == 0 || news->kind == kind) &&
		    (found == NULL || news->id < found->id))
			found = news;
	}
	return found;
}

/* ---- the directory ---- */

void
queue_list_forget(struct queue *q)
{
	free(q->list);
	q->list = NULL;
	q->list_at = q->list_count = 0;
	q->listed = q->list_more = false;
}

static int
by_id(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* Sort the list, and keep the LIST_MAX lowest ids. */
static void
sort_list(struct queue *q)
{
	if (q->list_count > 0)
		qsort(q->list, q->list_count, sizeof(uint64_t), by_id);
	if (q->list_count > LIST_MAX) {
		q->list_count = LIST_MAX;
		q->list_more = true;
	}
}

/* Once some are left out, no higher id is of use. */
static void
list_id(struct queue *q, uint64_t id)
{
	if (id <= q->list_after ||
	    (q->list_more && id > q->list[LIST_MAX - 1]))
		return;
	q->list = xgrow(q->list, q->list_count, sizeof(id));
	q->list[q->list_count++] = id;
	if (q->list_count == 2 * LIST_MAX)
		sort_list(q);
}

/* List the lowest ids above after.  -1 with errno. */
static int
list_directory(struct queue *q, int data, uint64_t after)
{
	char path[QUEUE_PATH];
	const char *name;
	uint64_t id;
	DIR *list;

	queue_list_forget(q);
	q->list_after = after;
	queue_path(path, q);
	list = file_open_list(data, path);
	if (list == NULL) {
		q->listed = errno == ENOENT;
		return q->listed ? 0 : -1;
	}
	while ((name = file_next_name(list)) != NULL) {
		if (decode_hex64(&id, span_of(name)))
			list_id(q, id);
	}
	if (file_end_list(list) == -1) {
		queue_list_forget(q);
		return -1;
	}
	q->listed = true;
	sort_list(q);
	return 0;
}

void
queue_list_gained(struct queue *q)
{
	if (q->listed && !q->list_more && q->list_at == q->list_count)
		queue_list_forget(q);
	else
		q->list_more = true;
}

void
queue_list_lost(struct queue *q, uint64_t id)
{
	uint32_t i;

	queue_news_lost(q, id);
	for (i = q->list_at; i < q->list_count && q->list[i] < id; i++)
		continue;
	if (i == q->list_count || q->list[i] != id)
		return;
	memmove(q->list + q->list_at + 1, q->list + q->list_at,
	    (i - q->list_at) * sizeof(uint64_t));
	q->list_at++;
}

/* The first listed id above after; 0 if there is none. */
static uint64_t
list_find(const struct queue *q, uint64_t after)
{
	uint32_t i;

	for (i = q->list_at; i < q->list_count; i++) {
		if (q->list[i] > after)
			return q->list[i];
	}
	return 0;
}

int
queue_list_next(struct queue *q, int data, uint64_t after, uint64_t *id)
{
	if ((!q->listed || after < q->list_after) &&
	    list_directory(q, data, after) == -1)
		return -1;
	*id = list_find(q, after);
	if (*id != 0 || !q->list_more)
		return 0;
	if (list_directory(q, data, after) == -1)
		return -1;
	*id = list_find(q, after);
	return 0;
}

/* ---- how much there is ---- */

void
queue_count_forget(struct queue *q)
{
	if (q->counting != NULL)
		(void)closedir(q->counting);	/* it was only read */
	q->counting = NULL;
	q->counted = false;
	q->file_count = q->file_bytes = 0;
}

void
queue_count_gained(struct queue *q, uint64_t bytes)
{
	q->file_count++;
	q->file_bytes += bytes;
}

/*
 * During a count the file may not have been met, and never will be.  Then the
 * sum stays too low by it, which lets a little more wait: no harm.
 */
void
queue_count_lost(struct queue *q, uint64_t bytes)
{
	if (q->file_count > 0)
		q->file_count--;
	q->file_bytes -= bytes < q->file_bytes ? bytes : q->file_bytes;
}

/* Returns 1, 0 if there is no directory, -1 with errno. */
static int
begin_count(struct queue *q, int data, uint64_t next)
{
	char path[QUEUE_PATH];
	uint32_t i;

	queue_count_forget(q);
	/* What the ring has is counted when it becomes a file. */
	q->count_below = q->ring_count > 0 ? slot(q, 0)->id : next;
	for (i = q->news_count; i > 0; i--) {
		if (q->news[i - 1].id < q->count_below)
			remove_news(q, i - 1);
	}
	queue_path(path, q);
	q->counting = file_open_list(data, path);
	if (q->counting != NULL)
		return 1;
	q->counted = errno == ENOENT;
	return q->counted ? 0 : -1;
}

/* The kind of the file's message.  A damaged one is found when it is read. */
static uint32_t
kind_of_file(const struct queue *q, const char *name, uint64_t id)
{
	struct msgfile_reader r = { .fd = openat(dirfd(q->counting), name,
	    O_RDONLY | O_NONBLOCK | O_CLOEXEC) };
	uint32_t kind = NEWS_NONE;
	char *head;

	if (r.fd == -1)
		return NEWS_NONE;
	if (msgfile_check(&r, id) == 0 && r.data == 0) {
		head = xalloc(r.head);
		if (file_pread_all(r.fd, head, r.head, 0) == 0)
			kind = news_kind((struct span){ head, r.head });
		free(head);
	}
	(void)close(r.fd);	/* it was only read */
	return kind;
}

static void
count_file(struct queue *q, const char *name)
{
	struct stat status;
	struct queue_news news;

	if (!decode_hex64(&news.id, span_of(name)) ||
	    news.id >= q->count_below ||
	    fstatat(dirfd(q->counting), name, &status, 0) == -1)
		return;
	queue_count_gained(q, (uint64_t)status.st_size);
	news.bytes = (uint32_t)status.st_size;
	news.kind = (uint64_t)status.st_size <=
	    msgfile_bytes(NEWS_HEAD_MAX, 0) ?
	    kind_of_file(q, name, news.id) : NEWS_NONE;
	if (news.kind != NEWS_NONE)
		add_news(q, news);
}

static int
end_count(struct queue *q)
{
	int result = file_end_list(q->counting);

	q->counting = NULL;
	if (result == -1)
		queue_count_forget(q);
	q->counted = result == 0;
	return result;
}

int
queue_count(struct queue *q, int data, uint64_t next)
{
	const char *name;
	int i, more;

	if (q->counted)
		return 0;
	if (q->counting == NULL) {
		more = begin_count(q, data, next);
		if (more != 1)
			return more;
	}
	for (i = 0; i < COUNT_STEP; i++) {
		name = file_next_name(q->counting);
		if (name == NULL)
			return end_count(q);
		count_file(q, name);
	}
	return 1;
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

/* Bytes of disk that it would take as a file: whole blocks, and an inode. */
static uint64_t
file_bytes(const struct stored *m)
{
	return (stored_in_journal(m) / FILE_BLOCK + 2) * FILE_BLOCK;
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
	if (m->news != NEWS_NONE)
		add_news(q, (struct queue_news){ m->id, m->news, m->head });
}

void
stored_leave(const struct stored *m, struct queue *q)
{
	q->ring_bytes -= m->head + m->data;
	queue_remove(q, m->id);
}
