#include "store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "disk/file.h"
#include "disk/syncer.h"

struct copy {
	struct syncer *syncer;
	struct node_index *to;
	uint64_t last;		/* id that was copied last, or 0 */
	uint32_t synced;	/* files of it that are durable */
	bool named;		/* what the user's directory says of it is */
	bool syncing;
	struct syncer_job job;
};

struct copy *
copy_begin(struct syncer *syncer, struct node_index *to)
{
	struct copy *c = xzalloc(sizeof(*c));

	c->syncer = syncer;
	c->to = to;
	c->job.fd = c->job.dir = -1;
	return c;
}

static void
close_job(struct copy *c)
{
	(void)fd_close(c->job.fd);	/* nothing was written through these */
	(void)fd_close(c->job.dir);
	c->job.fd = c->job.dir = -1;
	c->syncing = false;
}

/* Sync path, and the directory above it. */
static int
begin_sync(struct copy *c, int data, const char *path)
{
	char above[INDEX_PATH];

	(void)strcpy(above, path);
	*strrchr(above, '/') = '\0';
	if (c->last == 0)
		path = above;	/* it may not be there */
	c->job = (struct syncer_job){ .kind = SYNCER_FILE };
	c->job.fd = openat(data, path, O_RDONLY | O_CLOEXEC);
	c->job.dir = file_open_dir(data, above);
	if (c->job.fd == -1 || c->job.dir == -1) {
		close_job(c);
		return -1;
	}
	c->syncing = true;
	syncer_add(c->syncer, &c->job);
	return 1;
}

/* Sync the next file, or the directory.  As copy_step. */
static int
sync_next(struct copy *c, struct index_dir *dir)
{
	char path[INDEX_PATH];

	if (c->synced < c->to->file_count) {
		index_path(path, c->to, dir, c->synced);
		return begin_sync(c, dir->quarantine->data, path);
	}
	if (c->named)
		return 0;
	if (begin_sync(c, dir->quarantine->data, index_where(dir)) == 1)
		return 1;
	/* Nothing of the user is in files. */
	return c->last == 0 && errno == ENOENT ? 0 : -1;
}

/* The sync under way: 1 if it goes on, 0 when it is done, or -1. */
static int
end_sync(struct copy *c)
{
	if (!syncer_done(c->syncer, &c->job))
		return 1;
	close_job(c);
	if (c->job.error != 0) {
		errno = c->job.error;
		return -1;
	}
	if (c->synced < c->to->file_count)
		c->synced++;
	else
		c->named = true;
	return 0;
}

/* Copy some entries.  Returns how many, or -1. */
static int
copy_some(struct copy *c, struct node_index *from,
    struct index_dir *from_dir, struct index_dir *to_dir,
    unsigned messages)
{
	struct index_entry *entries = xalloc(messages * sizeof(*entries));
	uint64_t after = c->last;
	unsigned n = 0;
	int more = 1, added = 0;

	while (n < messages && (more = index_next(from, from_dir, after,
	    &entries[n])) == 1)
		after = entries[n++].id;
	if (more == -1)
		added = -1;
	else if (n > 0)
		added = index_add(c->to, to_dir, entries, n, 2);
	if (added > 0) {
		c->named = c->named && c->last != 0;
		c->last = entries[added - 1].id;
		/* An older file may have got more. */
		if (c->synced >= c->to->file_count)
			c->synced = c->to->file_count - 1;
	}
	free(entries);
	return added;
}

int
copy_step(struct copy *c, struct node_index *from,
    struct index_dir *from_dir, struct index_dir *to_dir,
    unsigned messages)
{
	int n = c->syncing ? end_sync(c) : 0;

	if (n != 0)
		return n;
	n = copy_some(c, from, from_dir, to_dir, messages);
	if (n != 0)
		return n > 0 ? 1 : -1;
	if (c->to->acked_count > 0) {
		/* What was acked since it was copied. */
		n = index_flush(c->to, to_dir);
		c->synced = 0;
		c->named = false;
		if (n != 0)
			return n;
	}
	n = sync_next(c, to_dir);
	/* Without a thread, it is done: an empty copy need not wait. */
	if (n == 1 && c->last == 0 && syncer_done(c->syncer, &c->job))
		n = end_sync(c);
	return n;
}

bool
copy_end(struct copy *c)
{
	if (c == NULL)
		return true;
	if (c->syncing && !syncer_done(c->syncer, &c->job))
		return false;
	close_job(c);
	free(c);
	return true;
}
