#include "store/takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"
#include "disk/quarantine.h"
#include "store/ids.h"
#include "store/large.h"
#include "store/msgfile.h"
#include "store/pack.h"
#include "store/queue.h"
#include "store/upload.h"

#define FORM "pack/form"
#define DRAFT "tmp/form"
#define DONE "packs\n"
#define REMOVING "packs; older files are being removed\n"

#define PATH 1200		/* room for any path met here */
#define PACK_BYTES ((uint64_t)4 << 20)
#define REF_MAX ((uint32_t)1 << 31)	/* above: a copy never finished */

/* A message that waits for a queue. */
struct old_message {
	uint64_t id;
	struct queue *queue;
};

struct takeover {
	struct quarantine *quarantine;
	struct packs *packs;
	struct queue_table *queues;
	uint64_t limit;
	struct old_message *all;
	size_t count;
	uint64_t strays;	/* older files that are of no use */
	struct buf bytes;	/* of the message being packed */
	uint64_t packing;	/* bytes in the open pack; 0: none is open */
};

/* ---- the form of the store ---- */

/* Say durably what is in the directory. */
static int
write_form(int data, struct span text)
{
	if (file_write_synced(data, DRAFT, text) == -1 ||
	    renameat(data, DRAFT, data, FORM) == -1)
		return -1;
	return file_sync_dir(data, "pack");
}

/* 1 if the file says that all is done, 0 if less, -1 with errno. */
static int
read_form(int data, bool *there)
{
	struct buf text = { NULL, 0, 0 };
	int result = file_read(data, FORM, 256, &text);

	*there = result == 0;
	if (result == -1)
		result = errno == ENOENT ? 0 : -1;
	else
		result = span_is(buf_span(&text), SPAN(DONE));
	buf_free(&text);
	return result;
}

/* ---- the files of an older relay ---- */

/* Called with each name in a queue's directory. */
typedef int look(struct takeover *, struct queue *, const char *path,
    const char *name);

static int
look_at_queue(struct takeover *t, struct queue *q, const char *path, look *at)
{
	DIR *list = file_open_list(t->quarantine->data, path);
	const char *name;
	int result = 0;

	if (list == NULL)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	while (result == 0 && (name = file_next_name(list)) != NULL)
		result = at(t, q, path, name);
	if (result == 0)
		return file_end_list(list);
	(void)closedir(list);
	return -1;
}

/* The queue of node name; NULL if it is not a node's. */
static struct queue *
queue_named(struct takeover *t, const struct uid *uid, const char *name,
    bool *is_copy)
{
	char *rest;
	unsigned long ref = strtoul(name, &rest, 10);

	*is_copy = ref > REF_MAX;
	return *name == '\0' || *rest != '\0' || ref > UINT32_MAX ? NULL :
	    queue_of(t->queues, uid, (uint32_t)ref);
}

static int
look_at_user(struct takeover *t, const char *path, const char *name, look *at)
{
	DIR *list = file_open_list(t->quarantine->data, path);
	char below[PATH];
	struct uid uid;
	struct queue *q;
	bool is_copy;
	int result = 0;

	if (list == NULL)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (!decode_base32(uid.bytes, UID_BYTES, span_of(name)))
		return file_end_list(list);
	while (result == 0 && (name = file_next_name(list)) != NULL) {
		q = queue_named(t, &uid, name, &is_copy);
		if (q == NULL)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path, name);
		result = look_at_queue(t, is_copy ? NULL : q, below, at);
	}
	if (result == 0)
		return file_end_list(list);
	(void)closedir(list);
	return -1;
}

/* Call at for each name in each queue's directory. */
static int
look_at_all(struct takeover *t, look *at)
{
	DIR *top = file_open_list(t->quarantine->data, "user"), *list;
	char path[PATH / 4], below[PATH / 2];
	const char *name;
	int result = 0;

	if (top == NULL)
		return errno == ENOENT ? 0 : -1;
	while (result == 0 && (name = file_next_name(top)) != NULL) {
		(void)snprintf(path, sizeof(path), "user/%s", name);
		list = file_open_list(t->quarantine->data, path);
		if (list == NULL && errno != ENOENT && errno != ENOTDIR)
			result = -1;
		if (list == NULL)
			continue;
		while (result == 0 && (name = file_next_name(list)) != NULL) {
			(void)snprintf(below, sizeof(below), "%s/%s", path,
			    name);
			result = look_at_user(t, below, name, at);
		}
		if (result == 0)
			result = file_end_list(list);
		else
			(void)closedir(list);
	}
	if (result == 0)
		return file_end_list(top);
	(void)closedir(top);
	return -1;
}

/* Note a message that is to be taken over. */
static int
find(struct takeover *t, struct queue *q, const char *path, const char *name)
{
	struct old_message found = { 0, q };

	(void)path;
	if (!decode_hex64(&found.id, span_of(name)))
		return 0;
	if (q == NULL || found.id >= t->limit ||
	    index_is_acked(&q->index, found.id)) {
		t->strays++;
		return 0;
	}
	t->all = xgrow(t->all, t->count, sizeof(found));
	t->all[t->count++] = found;
	return 0;
}

static int
unlink_in(const struct takeover *t, const char *path, const char *name)
{
	char below[PATH];

	(void)snprintf(below, sizeof(below), "%s/%s", path, name);
	return unlinkat(t->quarantine->data, below, 0);
}

/* Remove the file of an older relay. */
static int
remove_old(struct takeover *t, struct queue *q, const char *path,
    const char *name)
{
	uint64_t id;

	(void)q;
	return decode_hex64(&id, span_of(name)) ? unlink_in(t, path, name) : 0;
}

/* Remove what a takeover has made that was cut short. */
static int
remove_new(struct takeover *t, struct queue *q, const char *path,
    const char *name)
{
	(void)q;
	return strncmp(name, "index-", 6) == 0 ? unlink_in(t, path, name) : 0;
}

/* ---- copying ---- */

/* Read the whole message into bytes; 1, 0 if it is damaged, or -1. */
static int
read_message(struct takeover *t, const char *path, uint64_t id,
    struct msgfile_reader *r)
{
	uint64_t at, n;
	ssize_t got;
	int result;

	r->fd = openat(t->quarantine->data, path,
	    O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (r->fd == -1)
		return errno == ENOENT ? 0 : -1;
	result = msgfile_verify(r, id);
	n = (uint64_t)r->head + r->data;
	t->bytes.n = 0;
	for (at = 0; result == 0 && r->data <= UPLOAD_SMALL && at < n;
	    at += (uint64_t)got) {
		got = msgfile_read(r, at, buf_room(&t->bytes, (size_t)(n - at)),
		    (size_t)(n - at));
		if (got == -1)
			result = -1;
		else
			t->bytes.n += (size_t)got;
	}
	free(r->buffer);
	r->buffer = NULL;
	(void)fd_close(r->fd);
	if (result == 0)
		return 1;
	if (errno != EBADMSG)
		return -1;
	(void)quarantine_move(t->quarantine, path, MSGFILE_ALTERED);
	return 0;
}

/* The message is for n nodes; large data is linked already. */
static int
pack(struct takeover *t, const struct old_message *found, size_t n,
    const struct msgfile_reader *r)
{
	struct buf nodes = { NULL, 0, 0 };
	struct pack_message m = { .id = found->id, .head_bytes = r->head,
	    .data_bytes = r->data, .large = r->data > UPLOAD_SMALL };
	int result = 0;
	size_t i;

	if (t->packing >= PACK_BYTES) {
		if (pack_end(t->packs) == -1)
			return -1;
		t->packing = 0;
	}
	if (t->packing == 0 && pack_begin(t->packs, m.id) == -1)
		return -1;
	for (i = 0; i < n; i++)
		stored_write_node(&nodes, found[i].queue);
	m.nodes = buf_span(&nodes);
	if (!m.large) {
		m.head = (struct span){ t->bytes.p, r->head };
		m.data = (struct span){ t->bytes.p + r->head,
		    (size_t)r->data };
	}
	t->packing += pack_record_bytes(m.head.n + m.data.n, n);
	result = pack_add(t->packs, &m);
	buf_free(&nodes);
	return result;
}

static int
link_large(const struct takeover *t, const char *path, uint64_t id)
{
	char to[PACK_PATH];
	int data = t->quarantine->data;

	(void)snprintf(to, sizeof(to), "pack/%016" PRIx64 ".large", id);
	return linkat(data, path, data, to, 0);
}

static int
add_to_index(struct takeover *t, const struct old_message *found,
    const struct msgfile_reader *r)
{
	struct index_entry e = { found->id, (uint32_t)(r->head + r->data),
	    NEWS_NONE, r->data > UPLOAD_SMALL };
	struct index_dir dir = { t->quarantine, t->packs,
	    &found->queue->uid, found->queue->ref, t->limit, false, "" };

	if (r->data == 0)
		e.kind = news_kind((struct span){ t->bytes.p, r->head });
	return index_add(&found->queue->index, &dir, &e, 1, 1) == 1 ? 0 : -1;
}

/* Take over the n that are of one message. */
static int
take(struct takeover *t, const struct old_message *found, size_t n)
{
	struct msgfile_reader r = { .fd = -1 };
	char path[PATH], dir[QUEUE_PATH];
	int there = 0;
	size_t i;

	/* All names are of one file, unless one was damaged or is gone. */
	for (i = 0; i < n && there == 0; i++) {
		queue_path(dir, found[i].queue);
		(void)snprintf(path, sizeof(path), "%s/%016" PRIx64, dir,
		    found[i].id);
		there = read_message(t, path, found[i].id, &r);
	}
	if (there != 1)
		return there;
	if ((r.data > UPLOAD_SMALL &&
	    link_large(t, path, found->id) == -1) ||
	    pack(t, found, n, &r) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (add_to_index(t, &found[i], &r) == -1)
			return -1;
	}
	return 0;
}

static int
take_all(struct takeover *t)
{
	size_t i, n;

	ids_sort(t->all, t->count, sizeof(*t->all));
	for (i = 0; i < t->count; i += n) {
		for (n = 1; i + n < t->count &&
		    t->all[i + n].id == t->all[i].id; n++)
			continue;
		if (take(t, &t->all[i], n) == -1)
			return -1;
	}
	if (t->packing > 0 && pack_end(t->packs) == -1)
		return -1;
	t->packing = 0;		/* from here on it is not to be given up */
	return 0;
}

/* An earlier takeover was cut short: nothing of it may remain. */
static int
clear(struct takeover *t)
{
	DIR *list = file_open_list(t->quarantine->data, "pack");
	const char *name;
	uint64_t id;

	if (list == NULL || packs_cut(t->packs, 0) == -1)
		return -1;
	while ((name = file_next_name(list)) != NULL) {
		if (large_parse_name(name, &id) &&
		    unlinkat(dirfd(list), name, 0) == -1)
			break;
	}
	if (file_end_list(list) == -1)
		return -1;
	return look_at_all(t, remove_new);
}

static int
run(struct takeover *t)
{
	int data = t->quarantine->data, done;
	bool there;

	done = read_form(data, &there);
	if (done != 0)
		return done == 1 ? 0 : -1;
	if (!there && look_at_all(t, find) == -1)
		return -1;
	if (t->quarantine->report_only) {
		if (t->count > 0)
			log_line("messages in files of an older relay: %zu: a "
			    "start takes them over", t->count);
		return 0;
	}
	if (!there) {
		if (t->count == 0 && t->strays == 0)
			return write_form(data, SPAN(DONE));
		log_line("messages in files of an older relay: %zu: they "
		    "are taken over", t->count);
		if (clear(t) == -1 || (t->count > 0 && take_all(t) == -1) ||
		    file_sync_tree(data) == -1 ||
		    write_form(data, SPAN(REMOVING)) == -1)
			return -1;
	}
	if (look_at_all(t, remove_old) == -1 || file_sync_tree(data) == -1)
		return -1;
	log_line("the messages of the older relay have been taken over");
	return write_form(data, SPAN(DONE));
}

int
takeover_run(struct quarantine *quarantine, struct packs *packs,
    struct queue_table *queues, uint64_t limit)
{
	struct takeover t = { .quarantine = quarantine, .packs = packs,
	    .queues = queues, .limit = limit };
	int result = run(&t), error = errno;

	if (t.packing > 0 && result == -1)
		pack_give_up(packs);
	free(t.all);
	buf_free(&t.bytes);
	errno = error;
	return result;
}
