/*
 * json_check FILE - whether FILE is one JSON document by json.c: exit 0 if it
 * is, 1 if not, 2 when the file cannot be read.  It prints where a document
 * goes wrong.  With it any corpus can be run against the scanner.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "json.h"

#define PIECE 65536

static int
read_file(const char *name, struct buf *text)
{
	FILE *f = fopen(name, "rb");
	int error;
	size_t n;

	if (f == NULL)
		return -1;
	do {
		n = fread(buf_room(text, PIECE), 1, PIECE, f);
		text->n += n;
	} while (n > 0);
	error = ferror(f) ? errno : 0;
	(void)fclose(f);	/* it was only read */
	errno = error;
	return error == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct buf text = { NULL, 0, 0 };
	struct json j;
	bool valid;

	if (argc != 2) {
		fprintf(stderr, "usage: json_check FILE\n");
		return 2;
	}
	if (read_file(argv[1], &text) == -1) {
		fprintf(stderr, "json_check: %s: %s\n", argv[1],
		    strerror(errno));
		buf_free(&text);
		return 2;
	}
	json_begin(&j, buf_span(&text));
	json_skip(&j);
	valid = json_done(&j);
	if (!valid)
		printf("%s: not JSON at byte %zu of %zu\n", argv[1],
		    text.n - (size_t)(j.end - j.p), text.n);
	buf_free(&text);
	return valid ? 0 : 1;
}
