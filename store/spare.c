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

#define NAME 64			/* room for drop-N/MSGID */

/* What is kept for one checkpoint: enough for it, in files and in bytes. */
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

struct spare {
	int data, tmp;
	struct syncer *syncer;
	uint64_t last;			/* the highest N ever used */
	struct spare_dir filling, sealed, spare;
	bool left;			/* there are others, to be removed */
	uint64_t passed;		/* ... those above N; a lower one
					   cannot be */
	struct sync_job job;		/* job.fd is -1 while there is none */
	uint64_t removing;		/* N of the one it is about */
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

struct spare *
spare_open(int data, int tmp, struct syncer *syncer)
{
	struct spare *sc = xzalloc(sizeof(*sc));
	DIR *list = file_open_list(tmp, ".");
	const char *name;
	uint64_t number;
	int error;

	sc->data = data;
	sc->tmp = tmp;
	sc->syncer = syncer;
	sc->job.fd = -1;
	while (list != NULL && (name = file_next_name(list)) != NULL) {
		number = number_of(name);
		if (number > sc->last)
			sc->last = number;
	}
	sc->left = sc->last > 0;
	if (list != NULL && file_end_list(list) == 0)
		return sc;
	error = errno;
	spare_close(sc);
	errno = error;
	return NULL;
}

void
spare_close(struct spare *sc)
{
	if (sc == NULL)
		return;
	if (sc->job.fd != -1)
		(void)close(sc->job.fd);	/* the next start goes on */
	free(sc->filling.ids);
	free(sc->sealed.ids);
	free(sc->spare.ids);
	free(sc);
}

/* ---- dropping ---- */

/* Nothing of it will be used again. */
static void
leave(struct spare *sc, struct spare_dir *h)
{
	if (h->number != 0) {
		sc->left = true;
		sc->passed = 0;
	}
	free(h->ids);
	*h = (struct spare_dir){ .ids = NULL };
}

/* Have a directory to drop files in. */
static int
begin_filling(struct spare *sc)
{
	char name[NAME];

	if (sc->filling.number != 0)
		return 0;
	drop_name(name, sc->last + 1);
	if (mkdirat(sc->tmp, name, 0700) == -1)
		return -1;
	sc->filling.number = ++sc->last;
	sc->filling.ids = xalloc(SPARES_MAX * sizeof(uint64_t));
	return 0;
}

/* It has other names: nodes that wait for it, or a backup. */
static bool
is_shared(const struct stat *status)
{
	return status->st_nlink > 1;
}

int
spare_file(struct spare *sc, const char *path, uint64_t id,
    uint64_t *bytes)
{
	struct spare_dir *h = &sc->filling;
	char name[NAME];
	struct stat status;

	if (fstatat(sc->data, path, &status, 0) == -1)
		return -1;
	*bytes = (uint64_t)status.st_size;
	if (is_shared(&status) || begin_filling(sc) == -1)
		return unlinkat(sc->data, path, 0);
	file_name(name, h->number, id);
	if (renameat(sc->data, path, sc->tmp, name) == -1)
		return unlinkat(sc->data, path, 0);
	h->ids[h->count++] = id;
	h->bytes += *bytes;
	if (h->count == SPARES_MAX || h->bytes >= BYTES_MAX)
		leave(sc, h);
	return 0;
}

int
spare_directory(struct spare *sc, const char *path)
{
	char name[NAME];

	drop_name(name, sc->last + 1);
	if (renameat(sc->data, path, sc->tmp, name) == -1)
		return -1;
	sc->last++;
	sc->left = true;
	sc->passed = 0;
	return 0;
}

/* ---- using again ---- */

/* Make text the content of the spare file, if it is nobody else's. */
static int
write_over(struct spare *sc, const char *name, struct span text)
{
	int fd = openat(sc->tmp, name, O_WRONLY | O_CLOEXEC);
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
give_name(struct spare *sc, const char *name, const char *path)
{
	if (renameat(sc->tmp, name, sc->data, path) == 0)
		return 0;
	if (errno != ENOENT || file_make_parents(sc->data, path) == -1)
		return -1;
	return renameat(sc->tmp, name, sc->data, path);
}

int
spare_reuse(struct spare *sc, const char *path, struct span text)
{
	struct spare_dir *h = &sc->spare;
	char name[NAME];

	if (h->count == 0) {
		errno = ENOENT;
		return -1;
	}
	file_name(name, h->number, h->ids[--h->count]);
	if (write_over(sc, name, text) == -1)
		return -1;
	return give_name(sc, name, path);
}

void
spare_seal(struct spare *sc)
{
	/* One that an earlier sync has sealed, which failed, stays so. */
	if (sc->sealed.number != 0)
		return;
	sc->sealed = sc->filling;
	sc->filling = (struct spare_dir){ .ids = NULL };
}

void
spare_settle(struct spare *sc)
{
	if (sc->sealed.number == 0)
		return;
	leave(sc, &sc->spare);
	sc->spare = sc->sealed;
	sc->sealed = (struct spare_dir){ .ids = NULL };
}

bool
spare_is_empty(const struct spare *sc)
{
	return sc->filling.number == 0 && sc->spare.number == 0;
}

void
spare_trim(struct spare *sc)
{
	leave(sc, &sc->filling);
	leave(sc, &sc->spare);
}

/* ---- removing ---- */

static bool
is_heap(const struct spare *sc, uint64_t number)
{
	return number == sc->filling.number || number == sc->sealed.number ||
	    number == sc->spare.number;
}

/* The first of those to be removed; 0 if there is none. */
static uint64_t
find_left(const struct spare *sc)
{
	DIR *list = file_open_list(sc->tmp, ".");
	const char *name;
	uint64_t number, found = 0;

	if (list == NULL)
		return 0;
	while ((name = file_next_name(list)) != NULL) {
		number = number_of(name);
		if (number > sc->passed && !is_heap(sc, number) &&
		    (found == 0 || number < found))
			found = number;
	}
	(void)file_end_list(list);	/* the next start goes on */
	return found;
}

static void
begin_removing(struct spare *sc)
{
	char name[NAME];

	sc->removing = find_left(sc);
	if (sc->removing != 0) {
		drop_name(name, sc->removing);
		sc->job = (struct sync_job){ .kind = SYNC_REMOVE,
		    .fd = file_open_dir(sc->tmp, name), .size = REMOVE_STEP };
	}
	sc->left = sc->job.fd != -1;
	if (sc->left)
		syncer_add(sc->syncer, &sc->job);
}

static void
end_removing(struct spare *sc)
{
	char name[NAME];

	(void)close(sc->job.fd);	/* it was only read */
	sc->job.fd = -1;
	if (sc->job.error == 0 && sc->job.size == REMOVE_STEP)
		return;
	drop_name(name, sc->removing);
	/* What cannot be emptied must not be in the way of others. */
	if (unlinkat(sc->tmp, name, AT_REMOVEDIR) == -1)
		sc->passed = sc->removing;
}

bool
spare_tidy(struct spare *sc)
{
	if (sc->job.fd == -1 && sc->left)
		begin_removing(sc);
	if (sc->job.fd == -1 || !syncer_done(sc->syncer, &sc->job))
		return false;
	end_removing(sc);
	return sc->left;
}
