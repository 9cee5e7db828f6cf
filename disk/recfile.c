#include "disk/recfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/log.h"
#include "disk/file.h"
#include "disk/quarantine.h"

#define HEAD "[\n"
#define TAIL "\"crc32c %08" PRIx32 "\"]\n"
#define TAIL_BYTES 19

#define NAME_BYTES 48		/* room for tmp/draft-N */
#define PATH_BYTES 600

void
recfile_begin(struct buf *text)
{
	text->n = 0;
	buf_add(text, SPAN(HEAD));
}

void
recfile_end_record(struct buf *text)
{
	buf_add(text, SPAN(",\n"));
}

void
recfile_seal(struct buf *text)
{
	buf_addf(text, TAIL, encode_crc32c(0, text->p, text->n));
}

static const char *
find_lines(struct span *lines, struct span text)
{
	char tail[TAIL_BYTES + 1];
	size_t n;

	if (text.n < strlen(HEAD) + TAIL_BYTES ||
	    memcmp(text.p, HEAD, strlen(HEAD)) != 0)
		return "it is not a file of records";
	n = text.n - TAIL_BYTES;
	(void)snprintf(tail, sizeof(tail), TAIL, encode_crc32c(0, text.p, n));
	if (memcmp(text.p + n, tail, TAIL_BYTES) != 0)
		return "its checksum is wrong";
	*lines = (struct span){ text.p + strlen(HEAD), n - strlen(HEAD) };
	return NULL;
}

bool
recfile_next(struct span *lines, struct span *line)
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

/* Why the text is damaged, or NULL and its lines. */
static const char *
find_fault(struct span *lines, struct span text, recfile_check *check,
    void *with)
{
	const char *fault = find_lines(lines, text);
	struct span rest = *lines, line;

	if (fault != NULL)
		return fault;
	while (fault == NULL && recfile_next(&rest, &line))
		fault = check(with, line);
	return fault == NULL && rest.n > 0 ? "a line is not a record" : fault;
}

/* A lack of permission or of memory is no damage, nor is a missing file. */
static int
read_file(int data, const char *path, size_t max, struct buf *text,
    const char **fault)
{
	*fault = NULL;
	if (file_read(data, path, max, text) == 0 ||
	    (errno == EIO && file_read(data, path, max, text) == 0))
		return 0;
	if (!quarantine_is_damage(errno))
		return -1;
	*fault = strerror(errno);
	return 0;
}

int
recfile_read(struct quarantine *quarantine, const char *path, size_t max,
    struct buf *text, struct span *lines, recfile_check *check, void *with)
{
	const char *fault;

	text->n = 0;
	*lines = (struct span){ NULL, 0 };
	if (read_file(quarantine->data, path, max, text, &fault) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (fault == NULL)
		fault = find_fault(lines, buf_span(text), check, with);
	if (fault == NULL)
		return 1;
	*lines = (struct span){ NULL, 0 };
	return quarantine_move(quarantine, path, fault);
}

static void
draft_name(char name[NAME_BYTES], size_t n)
{
	(void)snprintf(name, NAME_BYTES, "tmp/draft-%zu", n);
}

void
recfile_free(struct drafts *d)
{
	buf_free(&d->paths);
	d->count = 0;
}

int
recfile_draft(struct drafts *d, const char *path, struct span text)
{
	char name[NAME_BYTES];

	draft_name(name, d->first + d->count);
	if (file_write(d->quarantine->data, name, text) == -1)
		return -1;
	buf_add(&d->paths, (struct span){ path, strlen(path) + 1 });
	d->count++;
	return 0;
}

static int
move(int data, const char *from, const char *to)
{
	return file_make_parents(data, to) == -1 ? -1 :
	    renameat(data, from, data, to);
}

bool
recfile_is_aside(const struct quarantine *quarantine, const char *path)
{
	char aside[PATH_BYTES];

	(void)snprintf(aside, PATH_BYTES, QUARANTINE_ASIDE "%s", path);
	return faccessat(quarantine->data, aside, F_OK, 0) == 0;
}

/* Give a draft its name, or keep it aside. */
static int
install(struct quarantine *quarantine, const char *name, const char *path)
{
	char aside[PATH_BYTES];
	int data = quarantine->data, error;

	(void)snprintf(aside, PATH_BYTES, QUARANTINE_ASIDE "%s", path);
	/* No older one may be there when this one has its name. */
	if (recfile_is_aside(quarantine, path)) {
		if (move(data, name, aside) == -1)
			return -1;
		if (move(data, aside, path) == 0)
			file_remove_parents(data, aside);
		return 0;	/* else a later one does */
	}
	if (move(data, name, path) == 0)
		return 0;
	error = errno;
	if (!quarantine_is_of_path(error))
		return -1;
	if (quarantine_clear(quarantine, path) == 1 &&
	    move(data, name, path) == 0)
		return 0;
	if (move(data, name, aside) == -1)
		return -1;
	log_error("%s: %s: it is kept in %s", path, strerror(error), aside);
	return 0;
}

bool
recfile_stays(struct quarantine *quarantine, const char *path)
{
	char aside[PATH_BYTES];

	if (!recfile_is_aside(quarantine, path))
		return false;
	(void)snprintf(aside, PATH_BYTES, QUARANTINE_ASIDE "%s", path);
	if (!quarantine->report_only) {
		if (quarantine_clear(quarantine, path) != -1 &&
		    move(quarantine->data, aside, path) == 0) {
			file_remove_parents(quarantine->data, aside);
			return false;
		}
		log_warning("%s: %s: it is still in %s", path,
		    strerror(errno), aside);
	}
	return true;
}

int
recfile_install(struct drafts *d)
{
	char name[NAME_BYTES];
	const char *path = d->paths.p;

	if (d->count == 0)
		return 0;
	draft_name(name, d->first);
	if (install(d->quarantine, name, path) == -1)
		return -1;
	buf_drop(&d->paths, strlen(path) + 1);
	d->first++;
	d->count--;
	return 1;
}
