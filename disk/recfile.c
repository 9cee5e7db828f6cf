#include "disk/recfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"

#define HEAD "[\n"
#define TAIL "\"crc32c %08" PRIx32 "\"]\n"
#define TAIL_BYTES 19

void
lines_begin(struct buf *text)
{
	text->n = 0;
	buf_add(text, SPAN(HEAD));
}

void
lines_end_one(struct buf *text)
{
	buf_add(text, SPAN(",\n"));
}

void
lines_seal(struct buf *text)
{
	buf_addf(text, TAIL, encode_crc32c(0, text->p, text->n));
}

const char *
lines_find(struct span *lines, struct span text)
{
	char tail[TAIL_BYTES + 1];
	size_t n;

	if (text.n < strlen(HEAD) + TAIL_BYTES ||
	    memcmp(text.p, HEAD, strlen(HEAD)) != 0)
		return "it is no file of records";
	n = text.n - TAIL_BYTES;
	(void)snprintf(tail, sizeof(tail), TAIL, encode_crc32c(0, text.p, n));
	if (memcmp(text.p + n, tail, TAIL_BYTES) != 0)
		return "its checksum is wrong";
	*lines = (struct span){ text.p + strlen(HEAD), n - strlen(HEAD) };
	return NULL;
}

bool
lines_next(struct span *lines, struct span *line)
{
	const char *end;
	size_t n;

	if (lines->n == 0)
		return false;
	end = memchr(lines->p, '\n', lines->n);
	if (end == NULL || end == lines->p || end[-1] != ',')
		return false;
	n = (size_t)(end - lines->p);
	*line = (struct span){ lines->p, n - 1 };
	lines->p += n + 1;
	lines->n -= n + 1;
	return true;
}
