/* The paths are in record_path and in the table in userdb.c. */
#include "userdb/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "disk/file.h"
#include "disk/quarantine.h"
#include "disk/recfile.h"
#include "userdb/record.h"

/* What a file may take of memory at start-up; 100 000 members need 20 MiB. */
#define FILE_BYTES ((size_t)256 << 20)

/* top/xx, and top/xx/NAME with the rest: a name has at most 255 bytes. */
#define DIR_BYTES  300
#define PATH_BYTES 600

/* Where the files are, in the order in which they are read. */
static const struct subtree {
	const char *top;
	const char *rest;	/* of a file's path, after top/xx/NAME */
} trees[] = {
	{ QUARANTINE_ASIDE "user",  "/user.json" },
	{ "user",  "/user.json" },
	{ QUARANTINE_ASIDE "group", ""           },
	{ "group", ""           },
};

#define TREES (sizeof(trees) / sizeof(trees[0]))

struct files {
	struct quarantine *quarantine;
	bool aside;		/* some files are: see quarantine.h */
	size_t tree;		/* of trees: the one being read */
	DIR *outer;		/* its list of xx, or NULL */
	DIR *inner;		/* the list of one xx, or NULL */
	char dir[DIR_BYTES];	/* top/xx of inner */
	struct buf file;	/* the text being read */
	struct span lines;	/* of it, still to be returned */
	struct buf strings;	/* of the record returned */
};

struct files *
files_open(struct quarantine *quarantine)
{
	struct files *f = xzalloc(sizeof(*f));

	f->quarantine = quarantine;
	return f;
}

static void
close_list(DIR **list)
{
	if (*list != NULL)
		(void)closedir(*list);	/* it was only read */
	*list = NULL;
}

void
files_close(struct files *f)
{
	close_list(&f->outer);
	close_list(&f->inner);
	buf_free(&f->file);
	buf_free(&f->strings);
	free(f);
}

/* What the records of a file are held against. */
struct files_check {
	struct files *files;
	const char *path;
	char place[RECORD_PATH];	/* where the file is to be */
};

static const char *
record_fault(void *with, struct span text)
{
	struct files_check *check = with;
	char old[RECORD_PATH];
	struct record r;

	switch (record_read(&r, text, &check->files->strings)) {
	case RECORD_INVALID:
		return "invalid record";
	case RECORD_OTHER:
		return NULL;
	default:
		record_path(check->place, &r);
		record_old_path(old, &r);
		return strcmp(check->place, check->path) == 0 ||
		    strcmp(old, check->path) == 0 ? NULL :
		    "its content does not match its path";
	}
}

/* The path that a file has or, if it is aside, is to have. */
static const char *
name_of(const char *path)
{
	size_t n = strlen(QUARANTINE_ASIDE);

	return strncmp(path, QUARANTINE_ASIDE, n) == 0 ? path + n : path;
}

/*
 * Read a file into f->lines, or move it to lost+found if it is damaged.  -1
 * with errno.
 */
static int
load(struct files *f, const char *path)
{
	struct files_check check = { .files = f, .path = name_of(path) };
	int data = f->quarantine->data, found;
	bool is_aside = check.path != path;

	/* What is aside is valid instead of what has its name. */
	if (is_aside)
		f->aside |= recfile_stays(f->quarantine, check.path);
	if (f->aside && is_aside != recfile_is_aside(f->quarantine,
	    check.path))
		return 0;
	found = recfile_read(f->quarantine, path, FILE_BYTES, &f->file,
	    &f->lines, record_fault, &check);
	if (found == 1 && f->lines.n == 0)
		return quarantine_move(f->quarantine, path,
		    "it has no records");
	/* An earlier version has given it a longer name. */
	if (found == 1 && !f->quarantine->report_only && !is_aside &&
	    check.place[0] != '\0' && strcmp(check.place, path) != 0 &&
	    renameat(data, path, data, check.place) == -1)
		return -1;
	return found;
}

/* -1 with errno.  If it is not a directory, the list is NULL. */
static int
open_list(struct files *f, DIR **list, const char *path)
{
	*list = file_open_list(f->quarantine->data, path);
	return *list != NULL || errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

/* The next name.  NULL with errno, which is 0 at the end. */
static const char *
next_name(DIR *list)
{
	errno = 0;
	return list == NULL ? NULL : file_next_name(list);
}

/* Open the next top/xx.  Returns 1; 0 at the end; -1 with errno. */
static int
next_dir(struct files *f)
{
	const char *name;

	for (; f->tree < TREES; f->tree++) {
		(void)snprintf(f->dir, DIR_BYTES, "%s", trees[f->tree].top);
		if (f->outer == NULL &&
		    open_list(f, &f->outer, f->dir) == -1)
			return -1;
		name = next_name(f->outer);
		if (name != NULL) {
			(void)snprintf(f->dir, DIR_BYTES, "%s/%s",
			    trees[f->tree].top, name);
			return open_list(f, &f->inner, f->dir) == -1 ? -1 : 1;
		}
		if (errno != 0)
			return -1;
		close_list(&f->outer);
	}
	return 0;
}

/* The path of the next file, which may not exist.  Returns the same. */
static int
next_path(struct files *f, char path[PATH_BYTES])
{
	const char *name;
	int found;

	while ((name = next_name(f->inner)) == NULL) {
		if (errno != 0)
			return -1;
		close_list(&f->inner);
		found = next_dir(f);
		if (found != 1)
			return found;
	}
	(void)snprintf(path, PATH_BYTES, "%s/%s%s", f->dir, name,
	    trees[f->tree].rest);
	return 1;
}

int
files_next(struct files *f, struct record *r, char *why, size_t room)
{
	char path[PATH_BYTES];
	struct span text;
	int found;

	for (;;) {
		while (recfile_next(&f->lines, &text)) {
			if (record_read(r, text, &f->strings) != RECORD_OTHER)
				return 1;
		}
		found = next_path(f, path);
		if (found == -1)
			return say_why(why, room, "%s: %s", f->dir,
			    strerror(errno));
		if (found == 0)
			return 0;
		if (load(f, path) == -1)
			return say_why(why, room, "%s: %s", path,
			    strerror(errno));
	}
}

void
files_begin(struct buf *file)
{
	recfile_begin(file);
}

void
files_add(struct buf *file, const struct record *r)
{
	record_write(file, r);
	recfile_end_record(file);
}

int
files_save(struct drafts *drafts, struct buf *file,
    const struct record *any)
{
	char path[RECORD_PATH];

	recfile_seal(file);
	record_path(path, any);
	return recfile_draft(drafts, path, buf_span(file));
}
