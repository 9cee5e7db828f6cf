#include "store/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"

#define MORE "more"
#define NAMED "tmp/index"	/* a file before it has its name */
#define FILE_MAX ((size_t)16 << 20)
#define PATH (ASIDE_PLACE + 256)

void
aside_path(char path[ASIDE_PLACE], const char *place)
{
	(void)snprintf(path, ASIDE_PLACE, ASIDE "%.72s", place);
}

/* What is named like this in tmp is removed at the next start. */
static void
draft_path(char path[ASIDE_PLACE], const char *place)
{
	char *p;

	(void)snprintf(path, ASIDE_PLACE, "tmp/drop-%.70s", place);
	for (p = path + strlen("tmp/"); (p = strchr(p, '/')) != NULL;)
		*p = '-';
}

/* ---- making it ---- */

/* Remove the draft, or what is left of an earlier one.  Keeps errno. */
static void
remove_draft(int data, const char *draft)
{
	DIR *list;
	const char *name;
	int error = errno;

	list = file_open_list(data, draft);
	while (list != NULL && (name = file_next_name(list)) != NULL)
		(void)unlinkat(dirfd(list), name, 0);
	if (list != NULL)
		(void)file_end_list(list);
	(void)unlinkat(data, draft, AT_REMOVEDIR);
	errno = error;
}

int
aside_begin(struct quarantine *quarantine, const char *place)
{
	char draft[ASIDE_PLACE];
	int top = file_open_dir(quarantine->data, "user");

	/* That is all of the members: for the operator to decide. */
	if (top == -1)
		return -1;
	(void)close(top);	/* it was only opened */
	draft_path(draft, place);
	remove_draft(quarantine->data, draft);
	return mkdirat(quarantine->data, draft, 0700);
}

int
aside_add(struct quarantine *quarantine, const char *place, const char *name,
    struct span text)
{
	char draft[ASIDE_PLACE], path[PATH];

	draft_path(draft, place);
	(void)snprintf(path, PATH, "%s/%s", draft, name);
	return file_write_synced(quarantine->data, path, text);
}

int
aside_end(struct quarantine *quarantine, const char *place, bool all)
{
	char draft[ASIDE_PLACE], path[ASIDE_PLACE];
	int data = quarantine->data;

	draft_path(draft, place);
	aside_path(path, place);
	/* Its name must not be durable before what is in it. */
	if ((all || aside_add(quarantine, place, MORE,
	    (struct span){ NULL, 0 }) == 0) &&
	    file_sync_dir(data, draft) == 0 &&
	    file_make_parents(data, path) == 0 &&
	    renameat(data, draft, data, path) == 0)
		return 0;
	remove_draft(data, draft);
	return -1;
}

/* ---- going back ---- */

/* Have a copy of a file that could not be read before. */
static int
copy_file(int data, const char *from, const char *to)
{
	struct buf text = { NULL, 0, 0 };
	int result;

	if (faccessat(data, to, F_OK, 0) == 0)
		return 0;
	result = file_read(data, from, FILE_MAX, &text);
	if (result == 0)
		result = file_write_synced(data, NAMED, buf_span(&text));
	buf_free(&text);
	return result == -1 ? -1 : renameat(data, NAMED, data, to);
}

/* Copy what could not be read when the index was put aside. */
static int
add_more(int data, const char *path, const char *place)
{
	char from[PATH], to[PATH];
	const char *name;
	DIR *list;
	int result = 0;

	(void)snprintf(to, PATH, "%s/" MORE, path);
	if (faccessat(data, to, F_OK, 0) == -1)
		return errno == ENOENT ? 0 : -1;
	list = file_open_list(data, place);
	if (list == NULL && errno != ENOENT)
		return -1;
	while (list != NULL && result == 0 &&
	    (name = file_next_name(list)) != NULL) {
		(void)snprintf(from, PATH, "%s/%s", place, name);
		(void)snprintf(to, PATH, "%s/%s", path, name);
		result = copy_file(data, from, to);
	}
	if (list != NULL && file_end_list(list) == -1)
		result = -1;
	if (result == 0)
		result = file_sync_dir(data, path);
	(void)snprintf(to, PATH, "%s/" MORE, path);
	return result == 0 ? unlinkat(data, to, 0) : -1;
}

/* Have it where it belongs, instead of what is there. */
static int
go_back(struct quarantine *quarantine, const char *path, const char *place)
{
	char draft[ASIDE_PLACE], below[PATH];
	int data = quarantine->data;

	draft_path(draft, place);
	remove_draft(data, draft);
	(void)snprintf(below, PATH, "%s/" MORE, place);
	if (add_more(data, path, place) == -1 ||
	    quarantine_clear(quarantine, below) == -1 ||
	    file_make_parents(data, place) == -1 ||
	    (renameat(data, place, data, draft) == -1 && errno != ENOENT) ||
	    renameat(data, path, data, place) == -1)
		return -1;
	remove_draft(data, draft);
	file_remove_parents(data, path);
	return 0;
}

bool
aside_stays(struct quarantine *quarantine, const char *place)
{
	char path[ASIDE_PLACE];

	aside_path(path, place);
	if (faccessat(quarantine->data, path, F_OK, 0) == -1)
		return false;
	if (quarantine->report_only)
		return true;
	if (go_back(quarantine, path, place) == -1) {
		log_warning("%s: %s: its list of messages is still in %s",
		    place, strerror(errno), path);
		return true;
	}
	log_line("%s is written again: its list of messages is back", place);
	return false;
}
