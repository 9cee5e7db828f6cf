#include "store/discard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk/file.h"

#define STEP 32			/* files that are removed at a time */
#define TRIES 100000U		/* names */
#define NAME_BYTES 300		/* room for tmp/drop-N, and any name in tmp */

/* Whether this is the name of one, in tmp, or of one of aside.c's drafts. */
static bool
is_name(const char *name)
{
	const char *what = name + strlen("drop-");

	return strncmp(name, "drop-", strlen("drop-")) == 0 &&
	    *what != '\0' && (strncmp(what, "user-", 5) == 0 ||
	    what[strspn(what, "0123456789abcdef")] == '\0');
}

int
discard_directory(struct discards *d, const char *path)
{
	char name[NAME_BYTES];
	unsigned tries;

	for (tries = 0; tries < TRIES; tries++) {
		(void)snprintf(name, sizeof(name), "tmp/drop-%u",
		    d->number++);
		if (renameat(d->data, path, d->data, name) == 0) {
			d->pending = true;
			return 1;
		}
		if (errno == ENOENT)
			return 0;
		/* One of an earlier run has that name. */
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return -1;
	}
	return -1;
}

/* Remove some of its files, or it; false if nothing can be removed. */
static bool
remove_some(const struct discards *d, const char *path)
{
	DIR *list = file_open_list(d->data, path);
	const char *name;
	unsigned n = 0;

	while (list != NULL && n < STEP &&
	    (name = file_next_name(list)) != NULL &&
	    unlinkat(dirfd(list), name, 0) == 0)
		n++;
	if (list != NULL)
		(void)file_end_list(list);
	return n > 0 || unlinkat(d->data, path, AT_REMOVEDIR) == 0 ||
	    unlinkat(d->data, path, 0) == 0;
}

bool
discard_step(struct discards *d)
{
	char path[NAME_BYTES];
	DIR *list;
	const char *name;

	if (!d->pending)
		return false;
	list = file_open_list(d->data, "tmp");
	if (list == NULL)
		return false;
	/* What cannot be removed is left to the next start. */
	d->pending = false;
	while (!d->pending && (name = file_next_name(list)) != NULL) {
		(void)snprintf(path, sizeof(path), "tmp/%s", name);
		d->pending = is_name(name) && remove_some(d, path);
	}
	(void)file_end_list(list);
	return d->pending;
}
