#include "store/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "disk/file.h"
#include "disk/syncer.h"

#define NAME 64			/* room for drop-N/MSGID */

/* At most so much is kept: enough for one checkpoint. */
#define SPARES_MAX  4096
#define BYTES_MAX  ((uint64_t)16 << 20)

#define REMOVE_STEP 64		/* files: 15 ms, for which other syncs wait */

/* A directory tmp/drop-N, and the files in it. */
struct spare_dir {
	uint64_t number;	/* N; 0: there is none */
	uint64_t *ids;		/* SPARES_MAX of them, or NULL */
	size_t count;
	uint64_t bytes;
};

struct spares {
	int data, tmp;
	struct syncer *syncer;
	uint64_t last;			/* the highest N ever used */
	struct spare_dir dropped;	/* since the last sync began */
	struct spare_dir syncing;	/* before the sync under way began */
	struct spare_dir ready;		/* to be used again */
	bool left;			/* others are to be removed ... */
	uint64_t passed;		/* ... above N: lower ones cannot be */
	struct syncer_job job;		/* job.fd is -1 while there is none */
	uint64_t removing;		/* N of the one it removes */
};

static void
drop_name(char name[NAME], uint64_t number)
{
	(void)snprintf(name, NAME, "drop-%016" PRIx64, number);
}

static void
file_name(char name[NAME], uint64_t number, uint64_t id)
{
	(void)snprintf(name, NAME, "drop-%016" PRIx64 "/%016" PRIx64, number,
	    id);
}

/* Read drop-N; 0 if the name is another. */
static uint64_t
number_of(const char *name)
{
	uint64_t number = 0;

	if (strncmp(name, "drop-", 5) != 0 ||
	    !decode_hex64(&number, span_of(name + 5)))
		return 0;
	return number;
}

bool
spare_is_name(const char *name)
{
	return number_of(name) != 0;
}

/* ---- opening and closing ---- */

struct spares *
spare_open(int data, int tmp, struct syncer *syncer)
{
	struct spares *pool = xzalloc(sizeof(*pool));
	DIR *list = file_open_list(tmp, ".");
	const char *name;
	uint64_t number;
	int error;

	pool->data = data;
	pool->tmp = tmp;
	pool->syncer = syncer;
	pool->job.fd = -1;
	while (list != NULL && (name = file_next_name(list)) != NULL) {
		number = number_of(name);
		if (number > pool->last)
			pool->last = number;
	}
	pool->left = pool->last > 0;
	if (list != NULL && file_end_list(list) == 0)
		return pool;
	error = errno;
	spare_close(pool);
	errno = error;
	return NULL;
}

void
spare_close(struct spares *pool)
{
	if (pool == NULL)
		return;
	if (pool->job.fd != -1)
		(void)close(pool->job.fd);	/* the next start goes on */
	free(pool->dropped.ids);
	free(pool->syncing.ids);
	free(pool->ready.ids);
	free(pool);
}

/* ---- dropping ---- */

/* Its files will not be used again: have them removed. */
static void
give_up(struct spares *pool, struct spare_dir *dir)
{
	if (dir->number != 0) {
		pool->left = true;
		pool->passed = 0;
	}
	free(dir->ids);
	*dir = (struct spare_dir){ .ids = NULL };
}

/* Make sure that there is a directory to drop files in. */
static int
need_dropped(struct spares *pool)
{
	char name[NAME];

	if (pool->dropped.number != 0)
		return 0;
	drop_name(name, pool->last + 1);
	if (mkdirat(pool->tmp, name, 0700) == -1)
		return -1;
	pool->dropped.number = ++pool->last;
	pool->dropped.ids = xalloc(SPARES_MAX * sizeof(uint64_t));
	return 0;
}

/* It has other names: other nodes wait for it, or a backup has it. */
static bool
is_shared(const struct stat *status)
{
	return status->st_nlink > 1;
}

int
spare_drop_file(struct spares *pool, const char *path, uint64_t id,
    uint64_t *bytes)
{
	struct spare_dir *dir = &pool->dropped;
	char name[NAME];
	struct stat status;

	if (fstatat(pool->data, path, &status, 0) == -1)
		return -1;
	*bytes = (uint64_t)status.st_size;
	if (is_shared(&status) || need_dropped(pool) == -1)
		return unlinkat(pool->data, path, 0);
	file_name(name, dir->number, id);
	if (renameat(pool->data, path, pool->tmp, name) == -1)
		return unlinkat(pool->data, path, 0);
	dir->ids[dir->count++] = id;
	dir->bytes += *bytes;
	if (dir->count == SPARES_MAX || dir->bytes >= BYTES_MAX)
		give_up(pool, dir);
	return 0;
}

int
spare_drop_directory(struct spares *pool, const char *path)
{
	char name[NAME];

	drop_name(name, pool->last + 1);
	if (renameat(pool->data, path, pool->tmp, name) == -1)
		return -1;
	pool->last++;
	pool->left = true;
	pool->passed = 0;
	return 0;
}

/* ---- using again ---- */

/* Make text the content of a spare file, if it has no other name. */
static int
write_over(struct spares *pool, const char *name, struct span text)
{
	int fd = openat(pool->tmp, name, O_WRONLY | O_CLOEXEC);
	struct stat status;
	int result = -1;

	if (fd == -1)
		return -1;
	if (fstat(fd, &status) == 0 && !is_shared(&status) &&
	    file_pwrite_all(fd, text.p, text.n, 0) == 0 &&
	    ftruncate(fd, (off_t)text.n) == 0)
		result = 0;
	return fd_close_written(fd, result);
}

static int
give_name(struct spares *pool, const char *name, const char *path)
{
	if (renameat(pool->tmp, name, pool->data, path) == 0)
		return 0;
	if (errno != ENOENT || file_make_parents(pool->data, path) == -1)
		return -1;
	return renameat(pool->tmp, name, pool->data, path);
}

int
spare_reuse(struct spares *pool, const char *path, struct span text)
{
	struct spare_dir *dir = &pool->ready;
	char name[NAME];

	if (dir->count == 0) {
		errno = ENOENT;
		return -1;
	}
	file_name(name, dir->number, dir->ids[--dir->count]);
	if (write_over(pool, name, text) == -1)
		return -1;
	return give_name(pool, name, path);
}

void
spare_begin_sync(struct spares *pool)
{
	/* After a sync that failed, its files wait for the next one. */
	if (pool->syncing.number != 0)
		return;
	pool->syncing = pool->dropped;
	pool->dropped = (struct spare_dir){ .ids = NULL };
}

void
spare_end_sync(struct spares *pool)
{
	if (pool->syncing.number == 0)
		return;
	give_up(pool, &pool->ready);
	pool->ready = pool->syncing;
	pool->syncing = (struct spare_dir){ .ids = NULL };
}

bool
spare_is_empty(const struct spares *pool)
{
	return pool->dropped.number == 0 && pool->ready.number == 0;
}

void
spare_trim(struct spares *pool)
{
	give_up(pool, &pool->dropped);
	give_up(pool, &pool->ready);
}

/* ---- removing ---- */

static bool
is_in_use(const struct spares *pool, uint64_t number)
{
	return number == pool->dropped.number ||
	    number == pool->syncing.number || number == pool->ready.number;
}

/* The first of those to be removed; 0 if there is none. */
static uint64_t
find_left(const struct spares *pool)
{
	DIR *list = file_open_list(pool->tmp, ".");
	const char *name;
	uint64_t number, found = 0;

	if (list == NULL)
		return 0;
	while ((name = file_next_name(list)) != NULL) {
		number = number_of(name);
		if (number > pool->passed && !is_in_use(pool, number) &&
		    (found == 0 || number < found))
			found = number;
	}
	(void)file_end_list(list);	/* the next start goes on */
	return found;
}

static void
begin_removing(struct spares *pool)
{
	char name[NAME];

	pool->removing = find_left(pool);
	if (pool->removing != 0) {
		drop_name(name, pool->removing);
		pool->job = (struct syncer_job){ .kind = SYNCER_REMOVE,
		    .fd = file_open_dir(pool->tmp, name), .size = REMOVE_STEP };
	}
	pool->left = pool->job.fd != -1;
	if (pool->left)
		syncer_add(pool->syncer, &pool->job);
}

static void
end_removing(struct spares *pool)
{
	char name[NAME];

	(void)close(pool->job.fd);	/* it was only read */
	pool->job.fd = -1;
	if (pool->job.error == 0 && pool->job.size == REMOVE_STEP)
		return;
	drop_name(name, pool->removing);
	/* What cannot be emptied must not be in the way of others. */
	if (unlinkat(pool->tmp, name, AT_REMOVEDIR) == -1)
		pool->passed = pool->removing;
}

bool
spare_tidy(struct spares *pool)
{
	if (pool->job.fd == -1 && pool->left)
		begin_removing(pool);
	if (pool->job.fd == -1 || !syncer_done(pool->syncer, &pool->job))
		return false;
	end_removing(pool);
	return pool->left;
}
