#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* The first allocation of a buf: most headers and replies fit. */
#define FIRST_CAP 256
#define LARGE     32768		/* to double this would waste too much */

struct span
span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

bool
span_is(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

size_t
span_find(struct span s, struct span text)
{
	size_t i;

	for (i = 0; i + text.n <= s.n; i++) {
		if (s.p[i] == text.p[0] &&
		    memcmp(s.p + i, text.p, text.n) == 0)
			return i;
	}
	return s.n;
}

size_t
span_index(struct span text, const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && !span_is(text, span_of(names[i])))
		i++;
	return i;
}

static void *
check(void *p, size_t n)
{
	if (p == NULL)
		die("out of memory: cannot allocate %zu bytes", n);
	return p;
}

void *
xalloc(size_t n)
{
	return check(malloc(n > 0 ? n : 1), n);
}

void *
xzalloc(size_t n)
{
	return check(calloc(1, n > 0 ? n : 1), n);
}

void *
xrealloc(void *old, size_t n)
{
	return check(realloc(old, n > 0 ? n : 1), n);
}

char *
xcopy(struct span text)
{
	char *p = xalloc(text.n + 1);

	if (text.n > 0)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	return p;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ NULL, 0, 0 };
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t cap = b->cap > 0 ? b->cap : FIRST_CAP;

	if (b->cap - b->n >= n && b->p != NULL)
		return b->p + b->n;
	if (n > SIZE_MAX / 2 - b->n)
		die("out of memory: cannot allocate %zu bytes", n);
	while (cap - b->n < n)
		cap = cap < LARGE ? 2 * cap : (b->n + n) / 8 * 9 + LARGE / 8;
	b->p = xrealloc(b->p, cap);
	b->cap = cap;
	return b->p + b->n;
}

void
buf_add(struct buf *b, struct span text)
{
	if (text.n == 0)
		return;
	memcpy(buf_room(b, text.n), text.p, text.n);
	b->n += text.n;
}

void
buf_add_byte(struct buf *b, char c)
{
	*buf_room(b, 1) = c;
	b->n++;
}

void
buf_add_quoted(struct buf *b, struct span text)
{
	size_t i;

	buf_add_byte(b, '\'');
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_add(b, SPAN("'\\''"));
		else
			buf_add_byte(b, text.p[i]);
	}
	buf_add_byte(b, '\'');
}

void
buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n <= 0)
		return;
	buf_room(b, (size_t)n + 1);
	va_start(args, format);
	(void)vsnprintf(b->p + b->n, (size_t)n + 1, format, args);
	va_end(args);
	b->n += (size_t)n;
}

void
buf_drop(struct buf *b, size_t n)
{
	buf_cut(b, 0, n);
}

void
buf_cut(struct buf *b, size_t at, size_t n)
{
	if (n == 0)
		return;
	memmove(b->p + at, b->p + at + n, b->n - at - n);
	b->n -= n;
}

struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}
