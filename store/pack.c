#include "store/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"
#include "store/ids.h"

#define RECORD_MAGIC 0x31726e6dU	/* "mnr1" */
#define LARGE_MAGIC  0x316c6e6dU	/* "mnl1" */
#define TAIL_MAGIC   0x31706e6dU	/* "mnp1" */
#define TAIL 16

#define FLUSH ((size_t)256 << 10)	/* bytes that are written at once */
#define MENDED "tmp/mended"
#define OPEN_MAX 8			/* packs that stay open for reading */
#define MARKS_PER_RECORD 4
#define LOST_NAME 32			/* room for message-ID */

/* A pack that is open for reading. */
struct open_pack {
	uint64_t first;
	int fd;			/* -1: the place is free */
	struct pack_entry *list;
	uint32_t count;
	uint32_t end;		/* where the records end */
	uint64_t bytes;		/* of the file */
	uint64_t used;		/* when it was last used, in reads */
};

struct pack_record {
	uint64_t id;
	uint32_t head, data, nodes, crc;
	bool large;
};

/* The pack being written. */
struct pack_writer {
	int fd;			/* -1: none */
	uint64_t first;
	uint64_t at;		/* bytes written to the file */
	struct buf bytes;	/* those that follow */
	struct buf table;
};

struct packs {
	struct quarantine *quarantine;
	int data;
	int dir;		/* pack/, or -1 for a read-only check */
	struct pack *all;	/* by rising first */
	size_t count;
	struct pack_writer writer;
	struct open_pack open[OPEN_MAX];
	size_t open_max;	/* that are used: with few descriptors fewer */
	uint64_t reads;
	/* The message that was read last, verified. */
	uint64_t message;	/* its id, or 0 */
	struct buf bytes;	/* head and data */
};

static void
pack_path(char path[PACK_PATH], uint64_t first)
{
	(void)snprintf(path, PACK_PATH, "pack/%016" PRIx64, first);
}

static void
draft_path(char path[PACK_PATH], uint64_t first)
{
	(void)snprintf(path, PACK_PATH, "tmp/pack-%016" PRIx64, first);
}

uint64_t
pack_record_bytes(uint64_t bytes, size_t nodes)
{
	return PACK_RECORD + nodes * PACK_NODE + bytes + PACK_ENTRY;
}

/* Bytes of a record behind its first ones. */
static uint64_t
body_bytes(const struct pack_record *record)
{
	return (uint64_t)record->nodes * PACK_NODE +
	    (record->large ? 0 : (uint64_t)record->head + record->data);
}

/* ---- the list of packs ---- */

static int
list_packs(struct packs *packs)
{
	DIR *list = file_open_list(packs->data, "pack");
	const char *name;
	uint64_t first;

	if (list == NULL)
		return packs->quarantine->report_only && errno == ENOENT ? 0 :
		    -1;
	while ((name = file_next_name(list)) != NULL) {
		if (!decode_hex64(&first, span_of(name)))
			continue;
		packs->all = xgrow(packs->all, packs->count,
		    sizeof(*packs->all));
		packs->all[packs->count++] = (struct pack){ .first = first };
	}
	if (file_end_list(list) == -1)
		return -1;
	ids_sort(packs->all, packs->count, sizeof(*packs->all));
	return 0;
}

struct packs *
packs_open(struct quarantine *quarantine)
{
	struct packs *packs = xzalloc(sizeof(*packs));
	size_t i;

	packs->quarantine = quarantine;
	packs->data = quarantine->data;
	packs->dir = packs->writer.fd = -1;
	packs->open_max = fd_limit() / 16 < OPEN_MAX ? fd_limit() / 16 + 1 :
	    OPEN_MAX;
	for (i = 0; i < OPEN_MAX; i++)
		packs->open[i].fd = -1;
	if (quarantine->report_only ||
	    (file_make_dir(packs->data, "pack") == 0 &&
	    (packs->dir = file_open_dir(packs->data, "pack")) != -1)) {
		if (list_packs(packs) == 0)
			return packs;
	}
	packs_close(packs);
	return NULL;
}

static void
close_pack(struct open_pack *open)
{
	(void)fd_close(open->fd);	/* it was only read */
	free(open->list);
	*open = (struct open_pack){ .fd = -1 };
}

/* Its file is another one now, or none. */
static void
forget_open(struct packs *packs, uint64_t first)
{
	size_t i;

	for (i = 0; i < OPEN_MAX; i++) {
		if (packs->open[i].fd != -1 && packs->open[i].first == first)
			close_pack(&packs->open[i]);
	}
}

void
packs_close(struct packs *packs)
{
	int error = errno;
	size_t i;

	if (packs == NULL)
		return;
	(void)fd_close(packs->writer.fd);	/* it is of no use */
	(void)fd_close(packs->dir);
	for (i = 0; i < OPEN_MAX; i++)
		close_pack(&packs->open[i]);
	for (i = 0; i < packs->count; i++)
		free(packs->all[i].marks);
	free(packs->all);
	buf_free(&packs->writer.bytes);
	buf_free(&packs->writer.table);
	buf_free(&packs->bytes);
	free(packs);
	errno = error;
}

size_t
packs_count(const struct packs *packs)
{
	return packs->count;
}

struct pack *
packs_at(struct packs *packs, size_t i)
{
	return &packs->all[i];
}

/* How many packs begin at or below id. */
static size_t
place_of(const struct packs *packs, uint64_t id)
{
	return ids_place(packs->all, packs->count, sizeof(*packs->all),
	    id + 1);
}

struct pack *
packs_find(struct packs *packs, uint64_t id)
{
	size_t place = place_of(packs, id);

	return place == 0 ? NULL : &packs->all[place - 1];
}

int
packs_remove(struct packs *packs, size_t i)
{
	char path[PACK_PATH];

	forget_open(packs, packs->all[i].first);
	pack_path(path, packs->all[i].first);
	if (unlinkat(packs->data, path, 0) == -1 && errno != ENOENT)
		return -1;
	free(packs->all[i].marks);
	packs->count--;
	memmove(packs->all + i, packs->all + i + 1,
	    (packs->count - i) * sizeof(*packs->all));
	return 0;
}

int
packs_cut(struct packs *packs, uint64_t id)
{
	size_t n = ids_place(packs->all, packs->count, sizeof(*packs->all),
	    id);

	if (packs->quarantine->report_only) {
		packs->count = n;
		return 0;
	}
	while (packs->count > n) {
		if (packs_remove(packs, packs->count - 1) == -1)
			return -1;
	}
	return 0;
}

/* ---- writing ---- */

static int
create(const struct packs *packs, const char *path)
{
	return openat(packs->data, path,
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static int
flush(struct pack_writer *w)
{
	if (file_pwrite_all(w->fd, w->bytes.p, w->bytes.n, w->at) == -1)
		return -1;
	w->at += w->bytes.n;
	w->bytes.n = 0;
	return 0;
}

int
pack_begin(struct packs *packs, uint64_t first)
{
	struct pack_writer *w = &packs->writer;
	char path[PACK_PATH];

	pack_path(path, first);
	w->fd = create(packs, path);
	w->first = first;
	w->at = 0;
	return w->fd == -1 ? -1 : 0;
}

/* The place of the next record, for the table. */
static void
add_entry(struct pack_writer *w, uint64_t id)
{
	char entry[PACK_ENTRY];

	encode_u64(entry, id);
	encode_u32(entry + 8, (uint32_t)(w->at + w->bytes.n));
	buf_add(&w->table, (struct span){ entry, PACK_ENTRY });
}

static int
add(struct pack_writer *w, const struct pack_message *m)
{
	char record[PACK_RECORD];
	uint32_t crc = encode_crc32c(0, m->nodes.p, m->nodes.n);

	crc = encode_crc32c(crc, m->head.p, m->head.n);
	crc = encode_crc32c(crc, m->data.p, m->data.n);
	add_entry(w, m->id);
	encode_u32(record, m->large ? LARGE_MAGIC : RECORD_MAGIC);
	encode_u32(record + 4, (uint32_t)m->head_bytes);
	encode_u32(record + 8, (uint32_t)m->data_bytes);
	encode_u32(record + 12, (uint32_t)(m->nodes.n / PACK_NODE));
	encode_u64(record + 16, m->id);
	encode_u32(record + 24, crc);
	encode_u32(record + 28, encode_crc32c(0, record, PACK_RECORD - 4));
	buf_add(&w->bytes, (struct span){ record, PACK_RECORD });
	buf_add(&w->bytes, m->nodes);
	buf_add(&w->bytes, m->head);
	buf_add(&w->bytes, m->data);
	return w->bytes.n < FLUSH ? 0 : flush(w);
}

int
pack_add(struct packs *packs, const struct pack_message *m)
{
	return add(&packs->writer, m);
}

/* Write the table and the tail. */
static int
write_table(struct pack_writer *w)
{
	char tail[TAIL];

	encode_u32(tail, TAIL_MAGIC);
	encode_u32(tail + 4, (uint32_t)(w->table.n / PACK_ENTRY));
	encode_u32(tail + 8, (uint32_t)(w->at + w->bytes.n));
	encode_u32(tail + 12, encode_crc32c(encode_crc32c(0, w->table.p,
	    w->table.n), tail, TAIL - 4));
	buf_add(&w->bytes, buf_span(&w->table));
	buf_add(&w->bytes, (struct span){ tail, TAIL });
	return flush(w);
}

static void
free_writer(struct pack_writer *w)
{
	buf_free(&w->bytes);
	buf_free(&w->table);
	w->fd = -1;
}

int
pack_end(struct packs *packs)
{
	struct pack_writer *w = &packs->writer;
	size_t place = place_of(packs, w->first);
	uint64_t bytes;

	if (write_table(w) == -1)
		return -1;
	bytes = w->at;
	if (close(w->fd) == -1) {
		w->fd = -1;
		return -1;
	}
	free_writer(w);
	packs->all = xgrow(packs->all, packs->count, sizeof(*packs->all));
	memmove(packs->all + place + 1, packs->all + place,
	    (packs->count - place) * sizeof(*packs->all));
	packs->all[place] = (struct pack){ .first = w->first, .bytes = bytes };
	packs->count++;
	return 0;
}

void
pack_give_up(struct packs *packs)
{
	char path[PACK_PATH];

	(void)fd_close(packs->writer.fd);
	free_writer(&packs->writer);
	pack_path(path, packs->writer.first);
	(void)unlinkat(packs->data, path, 0);	/* else the next start does */
}

/* ---- reading ---- */

/* A bad sector stays bad; what is only a hiccup must not cost a message. */
static int
read_bytes(int fd, void *dst, size_t n, uint64_t offset)
{
	if (file_pread_all(fd, dst, n, offset) == 0 ||
	    (errno == EIO && file_pread_all(fd, dst, n, offset) == 0))
		return 0;
	if (quarantine_is_damage(errno))
		errno = EBADMSG;
	return -1;
}

/* The bytes before a record's head; EBADMSG if there is none. */
static int
read_record(int fd, uint32_t offset, struct pack_record *record)
{
	char p[PACK_RECORD];

	if (read_bytes(fd, p, sizeof(p), offset) == -1)
		return -1;
	*record = (struct pack_record){ .id = decode_u64(p + 16),
	    .head = decode_u32(p + 4), .data = decode_u32(p + 8),
	    .nodes = decode_u32(p + 12), .crc = decode_u32(p + 24),
	    .large = decode_u32(p) == LARGE_MAGIC };
	if ((record->large || decode_u32(p) == RECORD_MAGIC) &&
	    decode_u32(p + 28) == encode_crc32c(0, p, PACK_RECORD - 4))
		return 0;
	errno = EBADMSG;
	return -1;
}

/* Make the table again, as far as there are whole records. */
static int
list_records(struct open_pack *open)
{
	struct pack_record record;

	open->count = open->end = 0;
	while (read_record(open->fd, open->end, &record) == 0) {
		if (open->end + PACK_RECORD + body_bytes(&record) >
		    open->bytes)
			return 0;
		open->list = xgrow(open->list, open->count,
		    sizeof(*open->list));
		open->list[open->count++] = (struct pack_entry){ record.id,
		    open->end };
		open->end += PACK_RECORD + (uint32_t)body_bytes(&record);
	}
	return errno == EBADMSG ? 0 : -1;
}

/* The tail: EBADMSG if it is damaged. */
static int
read_tail(int fd, uint64_t size, char tail[TAIL])
{
	if (size >= TAIL && read_bytes(fd, tail, TAIL, size - TAIL) == -1)
		return -1;
	if (size < TAIL || decode_u32(tail) != TAIL_MAGIC || size !=
	    decode_u32(tail + 8) + (uint64_t)decode_u32(tail + 4) *
	    PACK_ENTRY + TAIL) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

static int
read_table(struct open_pack *open, uint64_t size)
{
	char tail[TAIL], *table;
	uint32_t i;
	size_t n;
	int result;

	if (read_tail(open->fd, size, tail) == -1)
		return -1;
	open->count = decode_u32(tail + 4);
	open->end = decode_u32(tail + 8);
	n = (size_t)open->count * PACK_ENTRY;
	table = xalloc(n + 1);
	open->list = xalloc((open->count + 1) * sizeof(*open->list));
	result = read_bytes(open->fd, table, n, open->end);
	if (result == 0 && encode_crc32c(encode_crc32c(0, table, n), tail,
	    TAIL - 4) != decode_u32(tail + 12)) {
		errno = EBADMSG;
		result = -1;
	}
	for (i = 0; i < open->count && result == 0; i++)
		open->list[i] = (struct pack_entry){
		    decode_u64(table + i * PACK_ENTRY),
		    decode_u32(table + i * PACK_ENTRY + 8) };
	free(table);
	return result;
}

/*
 * Write the pack again, with the table that was made.  What stands behind the
 * records, the old table or what cannot be read, is left out.
 */
static int
mend(struct packs *packs, const char *path, const struct open_pack *open)
{
	struct pack_writer w = { .fd = create(packs, MENDED) };
	uint64_t n;
	uint32_t i;
	int result = w.fd == -1 ? -1 : 0;

	for (i = 0; i < open->count; i++) {
		w.at = open->list[i].offset;
		add_entry(&w, open->list[i].id);
	}
	w.at = 0;
	while (result == 0 && w.at + w.bytes.n < open->end) {
		n = open->end - w.at < FLUSH ? open->end - w.at : FLUSH;
		result = read_bytes(open->fd, buf_room(&w.bytes, (size_t)n),
		    (size_t)n, w.at);
		w.bytes.n = (size_t)n;
		if (result == 0 && w.at + n < open->end)
			result = flush(&w);
	}
	if (result == 0)
		result = write_table(&w);
	if (result == 0)
		result = file_sync(w.fd);
	if (w.fd != -1)
		result = fd_close_written(w.fd, result);
	free_writer(&w);
	return result == 0 ? renameat(packs->data, MENDED, packs->data, path) :
	    -1;
}

/*
 * The pack cannot be opened, or is no file: then it is moved, and there is none
 * any more.  If we may not read it, what it has waits; that is said once.
 */
static int
refuse(struct packs *packs, struct pack *pack, const char *path)
{
	int error = errno;

	if ((error == ELOOP || error == EISDIR || error == ENXIO) &&
	    quarantine_move(packs->quarantine, path, "it is no file") == 0)
		error = ENOENT;
	else if ((error == EACCES || error == EPERM) && !pack->refused)
		log_error("%s: %s: its messages wait until it can be read",
		    path, strerror(error));
	pack->refused = error != ENOENT;
	errno = error;
	return -1;
}

static int
open_pack(struct packs *packs, struct pack *pack, struct open_pack *open)
{
	char path[PACK_PATH];
	struct stat status;

	pack_path(path, pack->first);
	open->first = pack->first;
	open->fd = openat(packs->data, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (open->fd == -1)
		return refuse(packs, pack, path);
	if (fstat(open->fd, &status) == -1)
		return -1;
	if (!S_ISREG(status.st_mode)) {
		errno = ENXIO;
		return refuse(packs, pack, path);
	}
	pack->refused = false;
	open->bytes = (uint64_t)status.st_size;
	if (read_table(open, open->bytes) == 0)
		return 0;
	if (errno != EBADMSG)
		return -1;
	quarantine_note(packs->quarantine,
	    "%s: its table is damaged: reading without it", path);
	free(open->list);
	open->list = NULL;
	if (list_records(open) == -1)
		return -1;
	/* If that fails, it is tried again the next time. */
	if (!packs->quarantine->report_only && mend(packs, path, open) == 0)
		open->bytes = open->end + TAIL +
		    (uint64_t)open->count * PACK_ENTRY;
	return 0;
}

/* The open pack, opened if it is not; NULL with errno. */
static struct open_pack *
use_pack(struct packs *packs, struct pack *pack)
{
	struct open_pack *oldest = &packs->open[0];
	size_t i;

	packs->reads++;
	for (i = 0; i < packs->open_max; i++) {
		if (packs->open[i].fd != -1 &&
		    packs->open[i].first == pack->first) {
			packs->open[i].used = packs->reads;
			pack->bytes = packs->open[i].bytes;
			return &packs->open[i];
		}
		if (packs->open[i].used < oldest->used)
			oldest = &packs->open[i];
	}
	close_pack(oldest);
	if (open_pack(packs, pack, oldest) == -1) {
		int error = errno;

		close_pack(oldest);
		errno = error;
		return NULL;
	}
	oldest->used = packs->reads;
	pack->bytes = oldest->bytes;
	return oldest;
}

/* Where in the list the first record of at least id is. */
static uint32_t
record_place(const struct open_pack *open, uint64_t id)
{
	return (uint32_t)ids_place(open->list, open->count,
	    sizeof(*open->list), id);
}

/* Where a message's record is; false if the pack does not have it. */
static bool
find_record(const struct open_pack *open, uint64_t id, uint32_t *offset)
{
	uint32_t place = record_place(open, id);

	if (place == open->count || open->list[place].id != id)
		return false;
	*offset = open->list[place].offset;
	return true;
}

/* Read what follows a record's first bytes, and verify it. */
static int
load_record(const struct open_pack *open, uint64_t id, uint32_t offset,
    struct pack_record *record, struct buf *bytes)
{
	size_t n;

	bytes->n = 0;
	if (read_record(open->fd, offset, record) == -1)
		return -1;
	if (record->id != id ||
	    offset + PACK_RECORD + body_bytes(record) > open->end) {
		errno = EBADMSG;
		return -1;
	}
	n = (size_t)body_bytes(record);
	if (read_bytes(open->fd, buf_room(bytes, n), n,
	    offset + PACK_RECORD) == -1)
		return -1;
	bytes->n = n;
	if (encode_crc32c(0, bytes->p, n) == record->crc)
		return 0;
	errno = EBADMSG;
	return -1;
}

/* Keep what there is of a damaged message, and report it. */
static void
lose(struct packs *packs, uint64_t id, uint64_t first)
{
	char name[LOST_NAME], line[LOST_NAME + PACK_PATH + 64];

	(void)snprintf(name, sizeof(name), "message-%016" PRIx64, id);
	(void)snprintf(line, sizeof(line), "pack/%016" PRIx64 ": message %016"
	    PRIx64 " is damaged", first, id);
	quarantine_keep(packs->quarantine, name, buf_span(&packs->bytes),
	    line);
	packs->quarantine->count++;
	errno = EBADMSG;
}

/* Have the message in packs->bytes. */
static int
load_message(struct packs *packs, uint64_t id)
{
	struct pack *pack = packs_find(packs, id);
	struct open_pack *open;
	struct pack_record record;
	uint32_t offset;

	if (packs->message == id)
		return 0;
	packs->message = 0;
	open = pack == NULL ? NULL : use_pack(packs, pack);
	if (open == NULL) {
		if (pack == NULL)
			errno = ENOENT;
		return -1;
	}
	if (!find_record(open, id, &offset)) {
		errno = ENOENT;
		return -1;
	}
	if (load_record(open, id, offset, &record, &packs->bytes) == -1) {
		if (errno == EBADMSG)
			lose(packs, id, open->first);
		return -1;
	}
	buf_drop(&packs->bytes, (size_t)record.nodes * PACK_NODE);
	packs->message = id;
	return 0;
}

ssize_t
packs_read(struct packs *packs, uint64_t id, uint64_t offset, char *dst,
    size_t room)
{
	if (load_message(packs, id) == -1)
		return -1;
	if (room > packs->bytes.n - offset)
		room = packs->bytes.n - (size_t)offset;
	memcpy(dst, packs->bytes.p + offset, room);
	return (ssize_t)room;
}

int
packs_verify(struct packs *packs, uint64_t id, uint64_t *bytes)
{
	if (load_message(packs, id) == -1)
		return -1;
	*bytes = packs->bytes.n;
	return 0;
}

/* Whether the record was packed for the node: 1, 0, or -1 with errno. */
static int
is_for(const struct open_pack *open, uint32_t offset, const char *node,
    struct pack_found *found)
{
	struct pack_record record;
	char *nodes;
	uint32_t i;
	int result = 0;

	if (read_record(open->fd, offset, &record) == -1)
		return errno == EBADMSG ? 0 : -1;
	if (offset + PACK_RECORD + body_bytes(&record) > open->end)
		return 0;
	nodes = xalloc((size_t)record.nodes * PACK_NODE + 1);
	if (read_bytes(open->fd, nodes, (size_t)record.nodes * PACK_NODE,
	    offset + PACK_RECORD) == -1)
		result = errno == EBADMSG ? 0 : -1;
	for (i = 0; i < record.nodes && result == 0; i++)
		result = memcmp(nodes + i * PACK_NODE, node, PACK_NODE) == 0;
	free(nodes);
	*found = (struct pack_found){ record.id,
	    (uint64_t)record.head + record.data, record.large };
	return result;
}

int
packs_next_of(struct packs *packs, const char node[PACK_NODE], uint64_t from,
    uint64_t to, struct pack_found *found)
{
	size_t place = place_of(packs, from);
	const struct open_pack *open;
	uint32_t i;
	int result = 0;

	for (place -= place > 0; place < packs->count &&
	    packs->all[place].first <= to; place++) {
		open = use_pack(packs, &packs->all[place]);
		if (open == NULL && errno != ENOENT)
			return -1;
		i = open == NULL ? 0 : record_place(open, from);
		for (; open != NULL && i < open->count &&
		    open->list[i].id <= to; i++) {
			result = is_for(open, open->list[i].offset, node,
			    found);
			if (result != 0)
				return result;
		}
	}
	return 0;
}

int
packs_last_id(struct packs *packs, uint64_t *id)
{
	const struct open_pack *open;
	size_t i = packs->count;

	for (*id = 0; i > 0 && *id == 0; i--) {
		open = use_pack(packs, &packs->all[i - 1]);
		if (open == NULL)
			return -1;
		if (open->count > 0)
			*id = open->list[open->count - 1].id;
	}
	return 0;
}

int
pack_list(struct packs *packs, struct pack *pack, struct pack_entry **list,
    uint32_t *count, uint32_t *end)
{
	const struct open_pack *open = use_pack(packs, pack);

	*list = NULL;
	*count = 0;
	if (open == NULL)
		return -1;
	*count = open->count;
	*end = open->end;
	*list = xalloc((open->count + 1) * sizeof(**list));
	memcpy(*list, open->list, open->count * sizeof(**list));
	return 0;
}

/* ---- for a sweep ---- */

/* Ids differ in all their bits: some bits of a product are a good hash. */
static uint32_t
mark_of(const struct pack *pack, uint64_t id)
{
	return (uint32_t)(id * 0x9e3779b97f4a7c15U >> 32) &
	    (pack->mark_bits - 1);
}

/* Ids from the next pack's first on are looked for there. */
bool
packs_has_mark(const struct packs *packs, size_t i, uint64_t id)
{
	const struct pack *pack = &packs->all[i];
	uint32_t bit;

	if (pack->mark_bits == 0 ||
	    (i + 1 < packs->count && id >= packs->all[i + 1].first))
		return false;
	bit = mark_of(pack, id);
	return (pack->marks[bit / 32] >> bit % 32 & 1) != 0;
}

int
pack_mark(struct packs *packs, struct pack *pack, uint64_t id)
{
	const struct open_pack *open;
	uint32_t bit, bits = 32;

	if (pack->mark_bits == 0) {
		open = use_pack(packs, pack);
		if (open == NULL)
			return -1;
		while (bits / MARKS_PER_RECORD < open->count)
			bits *= 2;
		pack->marks = xzalloc(bits / 8);
		pack->mark_bits = bits;
	}
	bit = mark_of(pack, id);
	pack->marks[bit / 32] |= (uint32_t)1 << bit % 32;
	return 0;
}

void
pack_unmark(struct pack *pack)
{
	free(pack->marks);
	pack->marks = NULL;
	pack->mark_bits = 0;
}

/* Add what is marked of pack i.  What is damaged is left out. */
static int
add_marked(struct packs *packs, size_t place, struct pack_writer *w)
{
	struct pack *pack = &packs->all[place];
	struct open_pack *open = use_pack(packs, pack);
	struct pack_message m;
	struct pack_record record;
	uint32_t i;

	if (open == NULL)
		return -1;
	for (i = 0; i < open->count; i++) {
		if (!packs_has_mark(packs, place, open->list[i].id))
			continue;
		packs->message = 0;
		if (load_record(open, open->list[i].id, open->list[i].offset,
		    &record, &packs->bytes) == -1) {
			if (errno != EBADMSG)
				return -1;
			lose(packs, open->list[i].id, pack->first);
			continue;
		}
		m = (struct pack_message){ record.id, record.head,
		    record.data, record.large, { packs->bytes.p,
		    (size_t)record.nodes * PACK_NODE }, { NULL, 0 },
		    { NULL, 0 } };
		m.head = (struct span){ m.nodes.p + m.nodes.n,
		    packs->bytes.n - m.nodes.n };
		if (add(w, &m) == -1)
			return -1;
	}
	return 0;
}

int
packs_draft(struct packs *packs, size_t i, size_t n, int *fd)
{
	struct pack_writer w = { .fd = -1 };
	char path[PACK_PATH];
	size_t end = i + n;
	int result = 0;

	draft_path(path, packs->all[i].first);
	w.fd = create(packs, path);
	if (w.fd == -1)
		return -1;
	for (; i < end && result == 0; i++)
		result = add_marked(packs, i, &w);
	if (result == 0)
		result = write_table(&w);
	if (result == 0) {
		*fd = w.fd;
		free_writer(&w);
		return 0;
	}
	(void)fd_close(w.fd);
	free_writer(&w);
	return file_discard(packs->data, path);
}

int
packs_install(struct packs *packs, size_t i)
{
	char draft[PACK_PATH], path[PACK_PATH];

	draft_path(draft, packs->all[i].first);
	pack_path(path, packs->all[i].first);
	forget_open(packs, packs->all[i].first);
	packs->all[i].bytes = 0;
	return renameat(packs->data, draft, packs->data, path);
}

int
packs_dir(const struct packs *packs)
{
	return packs->dir;
}
