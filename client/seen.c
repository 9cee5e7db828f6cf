#include "client/seen.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/fd.h"
#include "disk/file.h"

#define SEEN_BYTES 65536	/* of the file, before it is written again */
#define SEEN_LINE  18

static bool
has_id(const uint64_t *ids, size_t count, uint64_t id)
{
	size_t i;

	if (count > SEEN_MAX)
		count = SEEN_MAX;
	for (i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void
add_id(uint64_t *ids, size_t *count, uint64_t id)
{
	ids[(*count)++ % SEEN_MAX] = id;
}

static void
add_seen(struct buf *lines, char sign, uint64_t id)
{
	char line[SEEN_LINE];

	line[0] = sign;
	encode_hex64(line + 1, id);
	line[SEEN_LINE - 1] = '\n';
	buf_add(lines, (struct span){ line, SEEN_LINE });
}

/* Without it, a double is not recognised; nothing is lost. */
static void
write_seen(struct seen *s, const struct buf *lines)
{
	if (s->fd > 0 && lines->n > 0 &&
	    write(s->fd, lines->p, lines->n) == (ssize_t)lines->n)
		s->bytes += lines->n;
}

static void
note_seen(struct seen *s, char sign, uint64_t id)
{
	struct buf line = { NULL, 0, 0 };

	add_seen(&line, sign, id);
	write_seen(s, &line);
	buf_free(&line);
}

static void
read_seen(struct seen *s)
{
	struct buf text = { NULL, 0, 0 };
	size_t at;
	uint64_t id;

	(void)file_read(s->dir, "seen", 4 * SEEN_BYTES, &text);
	for (at = 0; at + SEEN_LINE <= text.n; at += SEEN_LINE) {
		if (!decode_hex64(&id, (struct span){ text.p + at + 1,
		    ID_TEXT }))
			continue;
		if (text.p[at] == '-')
			add_id(s->done, &s->done_count, id);
		else
			add_id(s->begun, &s->begun_count, id);
	}
	buf_free(&text);
}

/* Write what is still of use to a new file, and go on there. */
static void
renew_seen(struct seen *s)
{
	struct buf lines = { NULL, 0, 0 };
	size_t i;

	i = s->begun_count > SEEN_MAX ? s->begun_count - SEEN_MAX : 0;
	for (; i < s->begun_count; i++)
		if (!has_id(s->done, s->done_count,
		    s->begun[i % SEEN_MAX]))
			add_seen(&lines, '+', s->begun[i % SEEN_MAX]);
	i = s->done_count > SEEN_MAX ? s->done_count - SEEN_MAX : 0;
	for (; i < s->done_count; i++)
		add_seen(&lines, '-', s->done[i % SEEN_MAX]);
	if (s->fd > 0)
		(void)fd_close(s->fd);
	s->fd = openat(s->dir, "seen.new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	s->bytes = 0;
	write_seen(s, &lines);
	(void)renameat(s->dir, "seen.new", s->dir, "seen");
	buf_free(&lines);
}

void
seen_open(struct seen *s, int dir)
{
	s->dir = dir;
	read_seen(s);
	renew_seen(s);
}

void
seen_close(struct seen *s)
{
	if (s->fd > 0)
		(void)fd_close(s->fd);
	s->fd = 0;
}

void
seen_begin(struct seen *s, uint64_t id)
{
	note_seen(s, '+', id);
}

void
seen_end(struct seen *s, uint64_t id)
{
	note_seen(s, '-', id);
	add_id(s->done, &s->done_count, id);
	if (s->bytes > SEEN_BYTES)
		renew_seen(s);
}

bool
seen_is_done(const struct seen *s, uint64_t id)
{
	return has_id(s->done, s->done_count, id);
}

bool
seen_is_begun(const struct seen *s, uint64_t id)
{
	return has_id(s->begun, s->begun_count, id);
}
