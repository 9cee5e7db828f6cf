#include "disk/draft.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk/file.h"

#define NAME_BYTES 48		/* room for tmp/draft-N */

static void
draft_name(char name[NAME_BYTES], size_t n)
{
	(void)snprintf(name, NAME_BYTES, "tmp/draft-%zu", n);
}

void
draft_free(struct drafts *d)
{
	buf_free(&d->paths);
	d->count = 0;
}

int
draft_add(struct drafts *d, const char *path, struct span text)
{
	char name[NAME_BYTES];

	draft_name(name, d->first + d->count);
	if (file_write(d->data, name, text) == -1)
		return -1;
	buf_add(&d->paths, (struct span){ path, strlen(path) + 1 });
	d->count++;
	return 0;
}

int
draft_install(struct drafts *d)
{
	char name[NAME_BYTES];
	const char *path = d->paths.p;

	if (d->count == 0)
		return 0;
	draft_name(name, d->first);
	if (file_make_parents(d->data, path) == -1 ||
	    renameat(d->data, name, d->data, path) == -1)
		return -1;
	buf_drop(&d->paths, strlen(path) + 1);
	d->first++;
	d->count--;
	return 1;
}
