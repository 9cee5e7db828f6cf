#include "test/talk/script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "disk/file.h"

#define FILE_MAX_BYTES ((size_t)4 << 20)

static void
append_text(struct script_line *line, struct span text)
{
	struct buf joined = { NULL, 0, 0 };

	buf_add(&joined, span_of(line->text));
	buf_add(&joined, text);
	free(line->text);
	line->text = xcopy(buf_span(&joined));
	buf_free(&joined);
}

static void
add_line(struct script *s, unsigned number, struct span text)
{
	if (text.n > 0 && text.p[0] == '\t' && s->count > 0) {
		append_text(&s->lines[s->count - 1],
		    (struct span){ text.p + 1, text.n - 1 });
		return;
	}
	if (text.n == 0 || text.p[0] == '#')
		return;
	s->lines = xrealloc(s->lines, (s->count + 1) * sizeof(*s->lines));
	s->lines[s->count++] = (struct script_line){ number, xcopy(text) };
}

static struct script *
add_script(struct script **list, const char *path)
{
	struct script *s = xzalloc(sizeof(*s));

	while (*list != NULL)
		list = &(*list)->next;
	s->path = path;
	*list = s;
	return s;
}

static bool
is_page(const char *path)
{
	size_t n = strlen(path);

	return n > 3 && strcmp(path + n - 3, ".md") == 0;
}

struct script *
script_read(const char *path)
{
	struct script *list = NULL, *s = NULL;
	struct buf text = { NULL, 0, 0 };
	const char *p, *end;
	struct span line;
	unsigned number = 0;

	if (file_read(AT_FDCWD, path, FILE_MAX_BYTES, &text) == -1)
		die("%s: %s", path, strerror(errno));
	if (!is_page(path))
		s = add_script(&list, path);
	for (p = text.p; p < text.p + text.n; p = end + 1) {
		end = memchr(p, '\n', (size_t)(text.p + text.n - p));
		if (end == NULL)
			end = text.p + text.n;
		line = (struct span){ p, (size_t)(end - p) };
		number++;
		if (is_page(path) && line.n >= 3 && memcmp(p, "```", 3) == 0)
			s = span_is(line, SPAN("```tmtp")) ?
			    add_script(&list, path) : NULL;
		else if (s != NULL)
			add_line(s, number, line);
	}
	buf_free(&text);
	return list;
}

void
script_free(struct script *s)
{
	struct script *next;
	size_t i;

	for (; s != NULL; s = next) {
		next = s->next;
		for (i = 0; i < s->count; i++)
			free(s->lines[i].text);
		free(s->lines);
		free(s);
	}
}
