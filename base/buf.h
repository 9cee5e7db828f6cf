/*
 * buf.h - spans and growable bytes.
 *
 * A span is borrowed: it points into somebody else's memory, and is valid until
 * the function that received it returns, unless a header says otherwise.  It
 * may hold NUL, and is not NUL-terminated.
 *
 * Running out of memory ends the program: every allocation is bounded by a
 * limit (server.c has the arithmetic), so it is the machine that is too small,
 * not the request that is too large.
 */
#ifndef MNM_BASE_BUF_H
#define MNM_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *p;
	size_t n;
};

/* A string literal as a span. */
#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

struct buf {
	char *p;	/* NULL while cap is 0 */
	size_t n;	/* bytes in use */
	size_t cap;
};

/* A NUL-terminated string as a span. */
struct span span_of(const char *);
bool span_is(struct span, struct span);
/* Where text, not empty, first begins in it; the span's length: nowhere. */
size_t span_find(struct span, struct span text);
/* The index of text among n names; n if it is none of them. */
size_t span_index(struct span text, const char *const *names, size_t n);

/* malloc, calloc and realloc that die instead of returning NULL. */
void *xalloc(size_t n);
void *xzalloc(size_t n);
void *xrealloc(void *, size_t n);
/*
 * Room for one more in an array of count elements of this size: its capacity is
 * the next power of two.  NULL, with a count of 0, is an array.
 */
static inline void *
xgrow(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return array;
	return xrealloc(array, (count > 0 ? 2 * count : 1) * size);
}
/* A NUL-terminated copy of the span, for free(). */
char *xcopy(struct span);

/* Storage is the caller's; a zeroed buf is an empty one. */
void buf_free(struct buf *);
/* Make room for n more bytes after those in use; returns where they go. */
char *buf_room(struct buf *, size_t n);
void buf_add(struct buf *, struct span);
void buf_add_byte(struct buf *, char);
/* Append text in single quotes, so that a shell takes it for one word. */
void buf_add_quoted(struct buf *, struct span);
/* Append printf's text, without its NUL. */
void buf_addf(struct buf *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Remove the first n bytes; the rest moves to the front. */
void buf_drop(struct buf *, size_t n);
/* Remove n bytes from at on. */
void buf_cut(struct buf *, size_t at, size_t n);
struct span buf_span(const struct buf *);

#endif
