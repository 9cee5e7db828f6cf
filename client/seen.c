#include "client/seen.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/fd.h"
#include "disk/file.h"

#define SEEN_BYTES 262144	/* of the file, before it is written again */
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

/* No message has 0, which takes its place. */
static void
forget_id(uint64_t *ids, size_t count, uint64_t id)
{
	size_t i;

	for (i = 0; i < count && i < SEEN_MAX; i++)
		if (ids[i] == id)
			ids[i] = 0;
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
write_lines(struct seen *s)
{
	if (s->fd > 0 && s->lines.n > 0 &&
	    write(s->fd, s->lines.p, s->lines.n) == (ssize_t)s->lines.n)
		s->bytes += s->lines.n;
	s->lines.n = 0;
}

static void
read_seen(struct seen *s)
{
	struct buf text = { NULL, 0, 0 };
	size_t at = 0;
	uint64_t id;

	(void)file_read(s->dir, "seen", 4 * SEEN_BYTES, &text);
	while (at + SEEN_LINE <= text.n) {
		/* Where the disk was full, there is the start of a line. */
		if (text.p[at + SEEN_LINE - 1] != '\n' || !decode_hex64(&id,
		    (struct span){ text.p + at + 1, ID_TEXT })) {
			at++;
			continue;
		}
		if (text.p[at] == '-')
			add_id(s->done, &s->done_count, id);
		else if (text.p[at] == '+')
			add_id(s->begun, &s->begun_count, id);
		else if (text.p[at] == '=')
			forget_id(s->begun, s->begun_count, id);
		at += SEEN_LINE;
	}
	buf_free(&text);
}

/* Write what is still of use to a new file, and go on there. */
static void
renew_seen(struct seen *s)
{
	size_t i;

	s->lines.n = 0;
	i = s->begun_count > SEEN_MAX ? s->begun_count - SEEN_MAX : 0;
	for (; i < s->begun_count; i++)
		if (!has_id(s->done, s->done_count,
		    s->begun[i % SEEN_MAX]))
			add_seen(&s->lines, '+', s->begun[i % SEEN_MAX]);
	i = s->done_count > SEEN_MAX ? s->done_count - SEEN_MAX : 0;
	for (; i < s->done_count; i++)
		add_seen(&s->lines, '-', s->done[i % SEEN_MAX]);
	if (s->fd > 0)
		(void)fd_close(s->fd);
	s->fd = openat(s->dir, "seen.new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	s->bytes = 0;
	write_lines(s);
	(void)renameat(s->dir, "seen.new", s->dir, "seen");
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
	buf_free(&s->lines);
}

void
seen_begin(struct seen *s, uint64_t id)
{
	add_seen(&s->lines, '+', id);
}

void
seen_end(struct seen *s, uint64_t id)
{
	add_seen(&s->lines, '-', id);
	add_id(s->done, &s->done_count, id);
}

void
seen_undo(struct seen *s, uint64_t id)
{
	add_seen(&s->lines, '=', id);
}

void
seen_write(struct seen *s)
{
	write_lines(s);
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
