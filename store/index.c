#include "store/index.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"
#include "store/ids.h"
#include "store/pack.h"

#define NAME "index-"
#ifndef LINES_MAX		/* a test has files of fewer */
#define LINES_MAX 512		/* + and * lines of a file */
#endif
/* What a reader accepts: each of them gone again, and repeats of that. */
#define FILE_BYTES_MAX ((size_t)8 * LINES_MAX * INDEX_LINE)

#define FLUSH_FILES 16		/* written or removed at a time */
#define CRC_AT 35		/* where a line's checksum stands */

void
index_place(char path[INDEX_PLACE], const struct uid *uid, uint32_t ref)
{
	char text[UID_TEXT];

	encode_base32(text, uid->bytes, UID_BYTES);
	(void)snprintf(path, INDEX_PLACE, "user/%.2s/%.32s/%" PRIu32, text,
	    text, ref);
}

const char *
index_where(struct index_dir *dir)
{
	char place[INDEX_PLACE];

	if (dir->path[0] != '\0')
		return dir->path;
	index_place(place, dir->uid, dir->ref);
	if (dir->aside)
		aside_path(dir->path, place);
	else
		memcpy(dir->path, place, sizeof(place));
	return dir->path;
}

void
index_free(struct node_index *ix)
{
	free(ix->files);
	free(ix->window);
	free(ix->acked);
	news_free(&ix->news);
	*ix = (struct node_index){ .listed = false };
}

static void
forget_window(struct node_index *ix)
{
	free(ix->window);
	ix->window = NULL;
	ix->window_at = ix->window_count = 0;
}

void
index_rest(struct node_index *ix)
{
	forget_window(ix);
}

void
index_path(char path[INDEX_PATH], const struct node_index *ix,
    struct index_dir *dir, uint32_t i)
{
	(void)snprintf(path, INDEX_PATH, "%s/" NAME "%016" PRIx64,
	    index_where(dir), ix->files[i].first);
}

/* False if the name is not an index file's. */
static bool
parse_name(const char *name, uint64_t *first)
{
	return strncmp(name, NAME, strlen(NAME)) == 0 &&
	    decode_hex64(first, span_of(name + strlen(NAME)));
}

/* ---- lines ---- */

static void
write_line(struct buf *b, char sign, const struct index_entry *e)
{
	char *p = buf_room(b, INDEX_LINE), crc[ID_TEXT];

	p[0] = sign;
	encode_hex64(p + 1, e->id);
	p[17] = ' ';
	encode_hex64(p + 18, (uint64_t)e->bytes << 32 | e->kind);
	p[34] = ' ';
	encode_hex64(crc, encode_crc32c(0, p, CRC_AT));
	memcpy(p + CRC_AT, crc + 8, 8);
	p[INDEX_LINE - 1] = '\n';
	b->n += INDEX_LINE;
}

static void
write_entry(struct buf *b, const struct index_entry *e)
{
	write_line(b, e->large ? '*' : '+', e);
}

/* The sign of a whole line and its entry; 0 if it is not one. */
static char
read_line(const char *p, struct index_entry *e)
{
	uint64_t numbers;
	char crc[ID_TEXT];

	encode_hex64(crc, encode_crc32c(0, p, CRC_AT));
	if (memcmp(p + CRC_AT, crc + 8, 8) != 0 ||
	    p[INDEX_LINE - 1] != '\n' ||
	    strchr("+*-=", p[0]) == NULL || p[0] == '\0' ||
	    !decode_hex64(&e->id, (struct span){ p + 1, ID_TEXT }) ||
	    !decode_hex64(&numbers, (struct span){ p + 18, ID_TEXT }))
		return 0;
	e->bytes = (uint32_t)(numbers >> 32);
	e->kind = (uint32_t)numbers;
	e->large = p[0] == '*';
	return p[0];
}

/* ---- a file ---- */

struct index_content {
	struct index_entry *entries;	/* all + and *; for free() */
	bool *gone;			/* acked, of each; for free() */
	uint32_t count, end;
	uint64_t next;			/* of =, or 0 */
	uint64_t *acked;		/* of lines that are not there */
	uint32_t acked_count;
	bool damaged;			/* a line is, before the end */
	bool ragged;			/* bytes stand behind the end */
	bool mixed;			/* with lines that the journal has, too:
					   it cannot just be cut */
};

static void
free_content(struct index_content *c)
{
	free(c->entries);
	free(c->gone);
	free(c->acked);
	*c = (struct index_content){ .entries = NULL };
}

/* The place of the first entry whose id is at least id. */
static uint32_t
place_of(const struct index_entry *entries, uint32_t count, uint64_t id)
{
	return (uint32_t)ids_place(entries, count, sizeof(*entries), id);
}

/*
 * Where the file ends: behind the last whole entry with an id below limit, and
 * the acks that follow at once.
 */
static uint32_t
find_end(struct span text, uint64_t limit)
{
	struct index_entry e;
	uint32_t at, end = 0;
	char sign;

	for (at = 0; at + INDEX_LINE <= text.n; at += INDEX_LINE) {
		sign = read_line(text.p + at, &e);
		if (sign != 0 && sign != '-' && e.id < limit)
			end = at + INDEX_LINE;
	}
	while (end + INDEX_LINE <= text.n && read_line(text.p + end, &e) == '-')
		end += INDEX_LINE;
	return end;
}

/* Put an entry in its place; it is not there. */
static void
insert(struct index_content *c, uint32_t place, struct index_entry e)
{
	c->entries = xgrow(c->entries, c->count, sizeof(e));
	c->gone = xgrow(c->gone, c->count, sizeof(*c->gone));
	memmove(c->entries + place + 1, c->entries + place,
	    (c->count - place) * sizeof(e));
	memmove(c->gone + place + 1, c->gone + place,
	    (c->count - place) * sizeof(*c->gone));
	c->entries[place] = e;
	c->gone[place] = false;
	c->count++;
}

static bool
has_entry(const struct index_content *c, uint32_t place, uint64_t id)
{
	return place < c->count && c->entries[place].id == id;
}

static void
take_ack(struct index_content *c, uint64_t id)
{
	uint32_t place = place_of(c->entries, c->count, id);

	if (has_entry(c, place, id)) {
		c->gone[place] = true;
		return;
	}
	c->acked = xgrow(c->acked, c->acked_count, sizeof(id));
	c->acked[c->acked_count++] = id;
}

/* This may be an entry's second line, whose first one is damaged. */
static void
take_entry(struct index_content *c, struct index_entry e)
{
	uint32_t place = place_of(c->entries, c->count, e.id);

	if (has_entry(c, place, e.id))
		return;
	if (place < c->count)
		c->damaged = true;
	insert(c, place, e);
}

/*
 * In a copied index, acks can stand behind lines that the journal also has; the
 * journal may lack those acks.
 */
static void
take_late_acks(struct index_content *c, struct span text, uint64_t limit)
{
	struct index_entry e;
	uint32_t at, place;

	for (at = c->end; at + INDEX_LINE <= text.n; at += INDEX_LINE) {
		if (read_line(text.p + at, &e) != '-' || e.id >= limit)
			continue;
		place = place_of(c->entries, c->count, e.id);
		if (!has_entry(c, place, e.id) || c->gone[place])
			continue;
		c->gone[place] = true;
		c->mixed = true;
	}
}

static void
parse(struct index_content *c, struct span text, uint64_t limit)
{
	struct index_entry e;
	uint32_t at;
	char sign;

	*c = (struct index_content){ .end = find_end(text, limit) };
	c->ragged = text.n > c->end;
	for (at = 0; at < c->end; at += INDEX_LINE) {
		sign = read_line(text.p + at, &e);
		if (sign == '-')
			take_ack(c, e.id);
		else if (sign == 0 || c->next != 0)
			c->damaged = true;
		else if (e.id >= limit)
			c->mixed = true;	/* it is between copies */
		else if (sign == '=')
			c->next = e.id;
		else
			take_entry(c, e);
	}
	take_late_acks(c, text, limit);
}

/* Read so many bytes of the file at path, at most. */
static int
read_file(struct index_content *c, struct index_dir *dir,
    const char *path, uint32_t bytes, uint64_t limit)
{
	struct buf text = { NULL, 0, 0 };
	int data = dir->quarantine->data, result;

	result = file_read(data, path, FILE_BYTES_MAX, &text);
	if (result == -1 && errno == EIO)
		result = file_read(data, path, FILE_BYTES_MAX, &text);
	if (text.n > bytes)
		text.n = bytes;
	if (result == 0)
		parse(c, buf_span(&text), limit);
	buf_free(&text);
	return result;
}

/*
 * Lines may be missing: insert what the packs have for the node in from..to.
 * Returns how many, or -1.
 */
static int
recover(struct index_content *c, struct index_dir *dir, uint64_t from,
    uint64_t to)
{
	char node[PACK_NODE];
	struct pack_found found;
	uint32_t place, i;
	int more, count = 0;

	memcpy(node, dir->uid->bytes, UID_BYTES);
	encode_u32(node + UID_BYTES, dir->ref);
	for (; from <= to; from = found.id + 1) {
		more = packs_next_of(dir->packs, node, from, to, &found);
		/* That is nothing against the index: see index_set_aside. */
		if (more == -1 && quarantine_is_of_path(errno))
			errno = EIO;
		if (more != 1)
			return more == -1 ? -1 : count;
		place = place_of(c->entries, c->count, found.id);
		for (i = 0; i < c->acked_count; i++) {
			if (c->acked[i] == found.id)
				break;
		}
		if (i < c->acked_count || has_entry(c, place, found.id))
			continue;
		insert(c, place, (struct index_entry){ found.id,
		    (uint32_t)found.bytes, NEWS_NONE, found.large });
		count++;
	}
	return count;
}

int
index_read(struct index_dir *dir, const char *name,
    struct index_entry **entries, size_t *count)
{
	char path[INDEX_PATH];
	struct index_content c;
	uint64_t first, last = dir->limit - 1;
	uint32_t i;

	*entries = NULL;
	*count = 0;
	if (!parse_name(name, &first))
		return 0;
	(void)snprintf(path, sizeof(path), "%s/%s", index_where(dir), name);
	if (read_file(&c, dir, path, UINT32_MAX, UINT64_MAX) == -1) {
		if (!quarantine_is_damage(errno))
			return -1;
		c = (struct index_content){ .damaged = true };
	}
	if (c.next != 0 && c.next <= last)
		last = c.next - 1;
	if ((c.damaged || c.ragged || c.end == 0) &&
	    recover(&c, dir, first, last) == -1) {
		free_content(&c);
		return -1;
	}
	for (i = 0; i < c.count; i++) {
		if (!c.gone[i])
			c.entries[(*count)++] = c.entries[i];
	}
	*entries = c.entries;
	c.entries = NULL;
	free_content(&c);
	return 1;
}

/* ---- the list of files ---- */

/* Remove file i, from memory only. */
static void
forget_file(struct node_index *ix, uint32_t i)
{
	ix->messages -= ix->files[i].live;
	ix->bytes -= ix->files[i].bytes;
	ix->file_count--;
	memmove(ix->files + i, ix->files + i + 1,
	    (ix->file_count - i) * sizeof(*ix->files));
	forget_window(ix);
	if (ix->unknown > i)
		ix->unknown--;
}

/* Remove the files that the journal has the whole of. */
static int
cut(struct node_index *ix, struct index_dir *dir)
{
	char path[INDEX_PATH];

	while (ix->file_count > 0 &&
	    ix->files[ix->file_count - 1].first >= dir->limit) {
		index_path(path, ix, dir, ix->file_count - 1);
		/* What stays is not looked at. */
		if (!dir->quarantine->report_only &&
		    unlinkat(dir->quarantine->data, path, 0) == -1 &&
		    !quarantine_is_of_path(errno))
			return -1;
		ix->file_count--;
	}
	return 0;
}

static int
list_files(struct node_index *ix, struct index_dir *dir)
{
	DIR *list = file_open_list(dir->quarantine->data, index_where(dir));
	const char *name;
	uint64_t first;

	ix->file_count = ix->unknown = 0;
	/* What is there instead is moved when the index is written. */
	if (list == NULL)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ?
		    0 : -1;
	while ((name = file_next_name(list)) != NULL) {
		if (!parse_name(name, &first))
			continue;
		ix->files = xgrow(ix->files, ix->file_count,
		    sizeof(*ix->files));
		ix->files[ix->file_count++] = (struct index_file){
		    .first = first };
	}
	if (file_end_list(list) == -1)
		return -1;
	ids_sort(ix->files, ix->file_count, sizeof(*ix->files));
	return ix->stale ? cut(ix, dir) : 0;
}

/* Where in acked the first of at least id is. */
static uint32_t
acked_place(const struct node_index *ix, uint64_t id)
{
	return (uint32_t)ids_place(ix->acked, ix->acked_count, sizeof(id), id);
}

bool
index_is_acked(const struct node_index *ix, uint64_t id)
{
	uint32_t place = acked_place(ix, id);

	return place < ix->acked_count && ix->acked[place] == id;
}

static void
add_acked(struct node_index *ix, uint64_t id)
{
	uint32_t place = acked_place(ix, id);

	ix->acked = xgrow(ix->acked, ix->acked_count, sizeof(id));
	memmove(ix->acked + place + 1, ix->acked + place,
	    (ix->acked_count - place) * sizeof(id));
	ix->acked[place] = id;
	ix->acked_count++;
}

static void
drop_acked(struct node_index *ix, uint32_t from, uint32_t to)
{
	if (from == to)
		return;
	memmove(ix->acked + from, ix->acked + to,
	    (ix->acked_count - to) * sizeof(*ix->acked));
	ix->acked_count -= to - from;
	if (ix->acked_count == 0) {
		free(ix->acked);
		ix->acked = NULL;
	}
}

/* The acks from..to are those for file i. */
static void
find_acks(const struct node_index *ix, uint32_t i, uint32_t *from, uint32_t *to)
{
	*from = acked_place(ix, ix->files[i].first);
	*to = i + 1 == ix->file_count ? ix->acked_count :
	    acked_place(ix, ix->files[i + 1].first);
}

/* ---- reading ---- */

/* Acks that a replay has brought may be in the file already. */
static void
drop_known_acks(struct node_index *ix, uint32_t i,
    const struct index_content *c)
{
	uint32_t at, to, place;

	find_acks(ix, i, &at, &to);
	while (at < to) {
		place = place_of(c->entries, c->count, ix->acked[at]);
		if (has_entry(c, place, ix->acked[at]) && !c->gone[place]) {
			at++;
		} else {
			drop_acked(ix, at, at + 1);
			to--;
		}
	}
}

/* Cut what stands behind the end of the file. */
static int
trim(struct index_dir *dir, const char *path, uint32_t end)
{
	int fd = openat(dir->quarantine->data, path, O_WRONLY | O_CLOEXEC);

	return fd == -1 ? -1 : fd_close_written(fd, ftruncate(fd, end));
}

/* Write the file again, with what is known of it; remove it if that is none. */
static int
rewrite(struct index_dir *dir, const char *path, struct index_content *c)
{
	static const char draft[] = "tmp/index";
	struct buf lines = { NULL, 0, 0 };
	int data = dir->quarantine->data, fd, result;
	uint32_t i;

	for (i = 0; i < 2 * c->count; i++)
		write_entry(&lines, &c->entries[i % c->count]);
	if (c->next != 0)
		write_line(&lines, '=', &(struct index_entry){
		    .id = c->next });
	for (i = 0; i < c->count; i++) {
		if (c->gone[i])
			write_line(&lines, '-', &c->entries[i]);
	}
	c->end = (uint32_t)lines.n;
	if (lines.n == 0) {
		buf_free(&lines);
		return unlinkat(data, path, 0) == 0 || errno == ENOENT ? 0 : -1;
	}
	fd = openat(data, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	result = fd == -1 ? -1 : file_pwrite_all(fd, lines.p, lines.n, 0);
	buf_free(&lines);
	if (fd == -1)
		return -1;
	if (result == 0)
		result = file_sync(fd);
	return fd_close_written(fd, result) == -1 ? -1 :
	    renameat(data, draft, data, path);
}

/*
 * The file is damaged, or a power cut has left its end half written: then the
 * journal has the same.
 */
static int
mend(struct node_index *ix, struct index_dir *dir, uint32_t i,
    const char *path, struct index_content *c)
{
	uint64_t from = ix->files[i].first, to = dir->limit - 1;
	int found;

	/*
	 * What is missing stood behind the last line.  Before it, packs may
	 * have what was acked before it was to be listed.
	 */
	if (!c->damaged && c->count > 0)
		from = c->entries[c->count - 1].id + 1;
	if (c->next != 0)
		to = c->next - 1;
	else if (i + 1 < ix->file_count)
		to = ix->files[i + 1].first - 1;
	found = recover(c, dir, from, to);
	if (found == -1)
		return -1;
	if (!c->damaged && ix->stale && found == 0) {
		if (dir->quarantine->report_only)
			return 0;
		return c->mixed ? rewrite(dir, path, c) :
		    trim(dir, path, c->end);
	}
	quarantine_note(dir->quarantine,
	    "%s: it has damaged lines; packs say what %d of them were", path,
	    found);
	return dir->quarantine->report_only ? 0 : rewrite(dir, path, c);
}

/* Read file i; one that cannot be read is damaged, and moved away. */
static int
read_content(struct node_index *ix, struct index_dir *dir, uint32_t i,
    const char *path, struct index_content *c)
{
	bool limited = ix->stale &&
	    (!ix->files[i].known || dir->quarantine->report_only);
	/* What stands behind the end is of a write that has failed. */
	uint32_t end = ix->files[i].known ? ix->files[i].end : UINT32_MAX;

	if (read_file(c, dir, path, end, limited ? dir->limit :
	    UINT64_MAX) == 0)
		return 0;
	if (!quarantine_is_damage(errno) && errno != ENOENT)
		return -1;
	/* The next start mends it: until then, nothing of it is lost. */
	if (ix->files[i].known && errno != ENOENT)
		return -1;
	*c = (struct index_content){ .damaged = true };
	return errno == ENOENT ? 0 :
	    quarantine_move(dir->quarantine, path, strerror(errno));
}

/* Learn about file i when it is read for the first time. */
static void
learn(struct node_index *ix, uint32_t i, const struct index_content *c)
{
	struct index_file *f = &ix->files[i];
	uint32_t at;

	drop_known_acks(ix, i, c);
	f->known = true;
	f->closed = c->next != 0;
	f->added = f->closed ? LINES_MAX : c->count;
	f->end = c->end;
	for (at = 0; at < c->count; at++) {
		if (c->gone[at] || index_is_acked(ix, c->entries[at].id))
			continue;
		f->live++;
		f->bytes += c->entries[at].bytes;
		news_add(&ix->news, (struct news){ c->entries[at].id,
		    c->entries[at].kind, c->entries[at].bytes });
	}
	ix->messages += f->live;
	ix->bytes += f->bytes;
}

/*
 * Acks of the journal may seem to be in the file already.  If a sync of it has
 * failed, the cache shows what the disk does not have, and no later sync would
 * write: write the last acks once more.  Behind them, there is no line of a
 * checkpoint that was synced.
 */
static int
settle(const struct node_index *ix, struct index_dir *dir, uint32_t i,
    const char *path, uint32_t end)
{
	struct buf text = { NULL, 0, 0 };
	int data = dir->quarantine->data, fd, result;
	uint32_t from, to, at = end;

	find_acks(ix, i, &from, &to);
	if (from == to || end == 0 || dir->quarantine->report_only)
		return 0;
	result = file_read(data, path, FILE_BYTES_MAX, &text);
	if (text.n < end)
		end = at = 0;	/* somebody has changed it meanwhile */
	while (result == 0 && at > 0 && text.p[at - INDEX_LINE] == '-')
		at -= INDEX_LINE;
	if (result == 0 && at < end) {
		fd = openat(data, path, O_WRONLY | O_CLOEXEC);
		result = fd == -1 ? -1 : fd_close_written(fd,
		    file_pwrite_all(fd, text.p + at, end - at, at));
	}
	buf_free(&text);
	return result;
}

/* Add what memory knows of file i to what is made aside.  1 if it cannot. */
static int
copy_aside(const struct node_index *ix, struct index_dir *dir, uint32_t i,
    const char *place)
{
	const struct index_file *f = &ix->files[i];
	struct buf text = { NULL, 0, 0 };
	char path[INDEX_PATH];
	int result;

	index_path(path, ix, dir, i);
	if (file_read(dir->quarantine->data, path, FILE_BYTES_MAX,
	    &text) == -1) {
		buf_free(&text);
		return quarantine_is_of_path(errno) ||
		    quarantine_is_damage(errno) ? 1 : -1;
	}
	if (f->known && text.n > f->end)
		text.n = f->end;
	result = aside_add(dir->quarantine, place, path +
	    strlen(index_where(dir)) + 1, buf_span(&text));
	buf_free(&text);
	return result;
}

int
index_set_aside(struct node_index *ix, struct index_dir *dir)
{
	struct quarantine *quarantine = dir->quarantine;
	char place[INDEX_PLACE], path[INDEX_PLACE];
	int error = errno, result;
	bool all = true;
	uint32_t i;

	index_place(place, dir->uid, dir->ref);
	aside_path(path, place);
	if (!ix->listed && list_files(ix, dir) == -1) {
		if (!quarantine_is_of_path(errno))
			return -1;
		ix->file_count = 0;
		all = false;
	}
	ix->listed = true;
	if (aside_begin(quarantine, place) == -1)
		return -1;
	for (i = 0; i < ix->file_count; i++) {
		/* This one could not even be made. */
		if (ix->files[i].known && ix->files[i].end == 0)
			continue;
		result = copy_aside(ix, dir, i, place);
		if (result == -1)
			return -1;
		if (result == 1) {
			forget_file(ix, i--);
			all = false;
		}
	}
	if (aside_end(quarantine, place, all) == -1)
		return -1;
	log_error("%s: %s: its list of messages goes on in %s%s", place,
	    strerror(error), path, all ? "" :
	    "; what waited before cannot be read");
	for (i = 0; i < ix->file_count; i++)
		ix->files[i].ragged = false;
	forget_window(ix);
	ix->aside = dir->aside = true;
	dir->path[0] = '\0';
	return 0;
}

/* Read file i into the window, and mend it. */
static int
load_file(struct node_index *ix, struct index_dir *dir, uint32_t i)
{
	char path[INDEX_PATH];
	struct index_content c;
	uint32_t at;
	bool known = ix->files[i].known;

	if (ix->window != NULL && ix->window_file == i)
		return 0;
	forget_window(ix);
	index_path(path, ix, dir, i);
	if (read_content(ix, dir, i, path, &c) == -1)
		return -1;
	/* It was never synced without a line. */
	c.damaged = c.damaged || c.end == 0;
	/* What is damaged later is found at the next start. */
	if (!known && (((c.damaged || c.ragged || c.mixed) &&
	    mend(ix, dir, i, path, &c) == -1) ||
	    settle(ix, dir, i, path, c.end) == -1)) {
		free_content(&c);
		return -1;
	}
	if (!known)
		learn(ix, i, &c);
	ix->window_file = i;
	for (at = 0; at < c.count; at++) {
		if (!c.gone[at] && !index_is_acked(ix, c.entries[at].id))
			c.entries[ix->window_count++] = c.entries[at];
	}
	ix->window = c.entries != NULL ? c.entries : xalloc(1);
	c.entries = NULL;
	free_content(&c);
	return 0;
}

/* Whether a look has failed as it may not read or mend, and now can. */
static bool
evades(struct node_index *ix, struct index_dir *dir)
{
	return (errno == EACCES || errno == EPERM) && !ix->aside &&
	    !dir->quarantine->report_only && index_set_aside(ix, dir) == 0;
}

/* Have what waits of file i in the window. */
static int
load(struct node_index *ix, struct index_dir *dir, uint32_t i)
{
	uint32_t count = ix->file_count;
	int result = load_file(ix, dir, i);

	/* If there are fewer files now, the next attempt finds that. */
	if (result == -1 && evades(ix, dir) && ix->file_count == count)
		result = load_file(ix, dir, i);
	return result;
}

/* Have the list of files. */
static int
list(struct node_index *ix, struct index_dir *dir)
{
	char place[INDEX_PLACE];

	if (ix->listed)
		return 0;
	index_place(place, dir->uid, dir->ref);
	ix->aside = dir->aside = aside_stays(dir->quarantine, place);
	dir->path[0] = '\0';
	if (list_files(ix, dir) == -1) {
		ix->file_count = 0;
		return evades(ix, dir) ? 0 : -1;
	}
	ix->listed = true;
	return 0;
}

/* The file that has id, if one has; file_count if none can. */
static uint32_t
file_of(const struct node_index *ix, uint64_t id)
{
	size_t place = ids_place(ix->files, ix->file_count,
	    sizeof(*ix->files), id + 1);

	return place == 0 ? ix->file_count : (uint32_t)place - 1;
}

int
index_floor(struct node_index *ix, struct index_dir *dir, uint64_t *floor)
{
	if (list(ix, dir) == -1)
		return -1;
	*floor = ix->file_count > 0 ? ix->files[0].first : UINT64_MAX;
	return 0;
}

int
index_next(struct node_index *ix, struct index_dir *dir, uint64_t after,
    struct index_entry *e)
{
	uint32_t i, place;

	if (list(ix, dir) == -1)
		return -1;
	i = file_of(ix, after);
	for (i = i == ix->file_count ? 0 : i; i < ix->file_count; i++) {
		if (ix->files[i].known && ix->files[i].live == 0)
			continue;
		if (load(ix, dir, i) == -1)
			return -1;
		place = ix->window_at + place_of(ix->window + ix->window_at,
		    ix->window_count - ix->window_at, after + 1);
		if (place < ix->window_count) {
			*e = ix->window[place];
			return 1;
		}
	}
	return 0;
}

int
index_ack(struct node_index *ix, struct index_dir *dir, uint64_t id,
    struct index_entry *e)
{
	struct index_file *f;
	uint32_t i, place;

	if (list(ix, dir) == -1)
		return -1;
	i = file_of(ix, id);
	if (i == ix->file_count ||
	    (ix->files[i].known && ix->files[i].live == 0))
		return 0;
	if (load(ix, dir, i) == -1)
		return -1;
	place = ix->window_at + place_of(ix->window + ix->window_at,
	    ix->window_count - ix->window_at, id);
	if (place == ix->window_count || ix->window[place].id != id)
		return 0;
	*e = ix->window[place];
	/* Acks come in order: nearly always it is the first. */
	memmove(ix->window + ix->window_at + 1, ix->window + ix->window_at,
	    (place - ix->window_at) * sizeof(*e));
	ix->window_at++;
	f = &ix->files[i];
	f->live--;
	f->bytes -= e->bytes;
	ix->messages--;
	ix->bytes -= e->bytes;
	news_lost(&ix->news, id);
	add_acked(ix, id);
	return 1;
}

void
index_ack_unseen(struct node_index *ix, uint64_t id)
{
	if (!index_is_acked(ix, id))
		add_acked(ix, id);
}

void
index_learn(struct node_index *ix, struct index_dir *dir, unsigned *files)
{
	if (list(ix, dir) == -1)
		return;
	for (; ix->unknown < ix->file_count && *files > 0; ix->unknown++) {
		if (ix->files[ix->unknown].known)
			continue;
		if (load(ix, dir, ix->unknown) == -1)
			return;
		forget_window(ix);
		--*files;
	}
}

/* ---- writing ---- */

/* Perhaps no directory, or no file, is where one belongs. */
static bool
is_something_else(int error)
{
	return error == ENOTDIR || error == EEXIST || error == ENOENT ||
	    error == ELOOP || quarantine_is_damage(error);
}

/* Open a file to append to; a new one is made. */
static int
open_file(struct index_dir *dir, const char *path, bool is_new)
{
	int flags = O_WRONLY | O_NONBLOCK | O_CLOEXEC |
	    (is_new ? O_CREAT | O_TRUNC : 0);
	int data = dir->quarantine->data, fd;

	fd = openat(data, path, flags, 0600);
	if (fd != -1 || !is_something_else(errno))
		return fd;
	if (quarantine_clear(dir->quarantine, path) == -1 ||
	    (is_new && file_make_parents(data, path) == -1))
		return -1;
	return openat(data, path, flags, 0600);
}

/* Append lines to file i.  Returns 1 if somebody has removed it, or -1. */
static int
append(struct node_index *ix, struct index_dir *dir, uint32_t i,
    const struct buf *lines)
{
	struct index_file *f = &ix->files[i];
	char path[INDEX_PATH];
	int fd, result = 0;

	index_path(path, ix, dir, i);
	fd = open_file(dir, path, f->end == 0);
	if (fd == -1 && errno == ENOENT && f->end > 0) {
		quarantine_note(dir->quarantine, "%s has been removed", path);
		forget_file(ix, i);
		return 1;
	}
	if (fd == -1)
		return -1;
	if (f->ragged)
		result = ftruncate(fd, f->end);
	if (result == 0) {
		/* Until all of it is there, none of it is. */
		f->ragged = true;
		result = file_pwrite_all(fd, lines->p, lines->n, f->end);
	}
	if (fd_close_written(fd, result) == -1)
		return -1;
	f->ragged = false;
	f->end += (uint32_t)lines->n;
	return 0;
}

/* The last file is full: the next begins with id. */
static int
close_file(struct node_index *ix, struct index_dir *dir, uint64_t id)
{
	struct buf line = { NULL, 0, 0 };
	int result = 0;

	if (!ix->files[ix->file_count - 1].closed) {
		write_line(&line, '=', &(struct index_entry){ .id = id });
		result = append(ix, dir, ix->file_count - 1, &line);
		buf_free(&line);
	}
	if (result == 0)
		ix->files[ix->file_count - 1].closed = true;
	return result == -1 ? -1 : 0;
}

/*
 * A write to the last file has failed.  What it has left must go, or a start
 * would take it for what waits: some of it may have been acked since.
 */
static int
clear_failed(struct node_index *ix, struct index_dir *dir)
{
	struct index_file *last = ix->file_count == 0 ? NULL :
	    &ix->files[ix->file_count - 1];
	char path[INDEX_PATH];

	if (last == NULL || !last->known || (last->end > 0 && !last->ragged))
		return 0;
	index_path(path, ix, dir, ix->file_count - 1);
	if (last->end > 0) {
		if (trim(dir, path, last->end) == -1 && errno != ENOENT)
			return -1;
		last->ragged = false;
		return 0;
	}
	if (unlinkat(dir->quarantine->data, path, 0) == -1 && errno != ENOENT)
		return -1;
	forget_file(ix, ix->file_count - 1);
	return 0;
}

/* Have a last file with room for a line of id: its place is file_count - 1. */
static int
make_room(struct node_index *ix, struct index_dir *dir, uint64_t id)
{
	struct index_file *last;

	if (list(ix, dir) == -1)
		return -1;
	last = ix->file_count == 0 ? NULL : &ix->files[ix->file_count - 1];
	if (last != NULL && !last->known &&
	    load(ix, dir, ix->file_count - 1) == -1)
		return -1;
	if (last != NULL && last->end > 0 && last->added < LINES_MAX)
		return 0;
	if (last != NULL && (last->end == 0 ? clear_failed(ix, dir) :
	    close_file(ix, dir, id)) == -1)
		return -1;
	ix->files = xgrow(ix->files, ix->file_count, sizeof(*ix->files));
	ix->files[ix->file_count++] = (struct index_file){ .first = id,
	    .known = true };
	return 0;
}

int
index_add(struct node_index *ix, struct index_dir *dir,
    const struct index_entry *entries, size_t n, unsigned times)
{
	struct buf lines = { NULL, 0, 0 };
	struct index_file *f;
	unsigned time;
	size_t i;
	int result;

	if (make_room(ix, dir, entries[0].id) == -1)
		return -1;
	f = &ix->files[ix->file_count - 1];
	if (n > LINES_MAX - f->added)
		n = LINES_MAX - f->added;
	for (time = 0; time < times; time++) {
		for (i = 0; i < n; i++)
			write_entry(&lines, &entries[i]);
	}
	result = append(ix, dir, ix->file_count - 1, &lines);
	buf_free(&lines);
	if (result == 1)
		return index_add(ix, dir, entries, n, times);
	if (result == -1)
		return -1;
	for (i = 0; i < n; i++) {
		f->bytes += entries[i].bytes;
		ix->bytes += entries[i].bytes;
		news_add(&ix->news, (struct news){ entries[i].id,
		    entries[i].kind, entries[i].bytes });
	}
	f->added += (uint32_t)n;
	f->live += (uint32_t)n;
	ix->messages += n;
	if (ix->window_file == ix->file_count - 1)
		forget_window(ix);
	return (int)n;
}

/* Write the acks from..to to file i, or remove it if nothing of it waits. */
static int
flush_file(struct node_index *ix, struct index_dir *dir, uint32_t i,
    uint32_t from, uint32_t to)
{
	struct buf lines = { NULL, 0, 0 };
	char path[INDEX_PATH];
	int result;

	if (ix->files[i].live == 0) {
		index_path(path, ix, dir, i);
		if (unlinkat(dir->quarantine->data, path, 0) == -1 &&
		    errno != ENOENT)
			return -1;
		forget_file(ix, i);
		return 0;
	}
	for (; from < to; from++)
		write_line(&lines, '-',
		    &(struct index_entry){ .id = ix->acked[from] });
	result = append(ix, dir, i, &lines);
	buf_free(&lines);
	return result == -1 ? -1 : 0;
}

int
index_flush(struct node_index *ix, struct index_dir *dir)
{
	uint32_t i, from, to;
	unsigned files = 0;

	if (list(ix, dir) == -1)
		return -1;
	/* Entries that the journal has too are in the last file at most. */
	if (ix->stale && ix->file_count > 0 &&
	    load(ix, dir, ix->file_count - 1) == -1)
		return -1;
	for (i = ix->file_count; i > 0; i--) {
		find_acks(ix, i - 1, &from, &to);
		if (from == to)
			continue;
		if (files++ == FLUSH_FILES)
			return 1;
		if (!ix->files[i - 1].known && load(ix, dir, i - 1) == -1)
			return -1;
		find_acks(ix, i - 1, &from, &to);
		if (from < to && flush_file(ix, dir, i - 1, from, to) == -1)
			return -1;
		drop_acked(ix, from, to);
	}
	if (clear_failed(ix, dir) == -1)
		return -1;
	drop_acked(ix, 0, ix->acked_count);
	forget_window(ix);
	ix->stale = false;
	return 0;
}
