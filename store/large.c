#include "store/large.h"

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
#include "base/log.h"
#include "disk/file.h"
#include "store/msgfile.h"

#define PATH 48			/* room for any path here */

struct larges {
	struct quarantine *quarantine;
	int data, tmp;

	/* The file that was read last stays open for the next piece. */
	struct msgfile_reader reader;
	uint64_t reading;	/* its message, or 0 */
	bool with_head;		/* it is read from its head on */

	uint64_t *keep;		/* X of files that are kept at start */
	size_t keep_count;
};

static void
draft_path(char path[PATH], uint64_t x)
{
	(void)snprintf(path, PATH, "tmp/large-%016" PRIx64, x);
}

static void
message_path(char path[PATH], uint64_t id)
{
	(void)snprintf(path, PATH, "pack/%016" PRIx64 ".large", id);
}

bool
large_parse_name(const char *name, uint64_t *id)
{
	return strlen(name) == ID_TEXT + strlen(".large") &&
	    strcmp(name + ID_TEXT, ".large") == 0 &&
	    decode_hex64(id, (struct span){ name, ID_TEXT });
}

/* ---- opening and closing ---- */

struct larges *
larges_open(struct quarantine *quarantine)
{
	struct larges *larges = xzalloc(sizeof(*larges));

	larges->quarantine = quarantine;
	larges->data = quarantine->data;
	larges->tmp = larges->reader.fd = -1;
	if (quarantine->report_only)
		return larges;
	if (file_make_dir(larges->data, "tmp") == 0)
		larges->tmp = file_open_dir(larges->data, "tmp");
	if (larges->tmp != -1)
		return larges;
	larges_close(larges);
	return NULL;
}

static void
close_reading(struct larges *larges)
{
	(void)fd_close(larges->reader.fd);	/* it was only read */
	larges->reader.fd = -1;
	larges->reader.loaded = 0;
	larges->reading = 0;
}

void
larges_close(struct larges *larges)
{
	int error = errno;

	if (larges == NULL)
		return;
	close_reading(larges);
	(void)fd_close(larges->tmp);
	free(larges->reader.buffer);
	free(larges->keep);
	free(larges);
	errno = error;
}

/* ---- files ---- */

int
large_create(struct larges *larges, uint64_t x)
{
	char path[PATH];

	draft_path(path, x);
	return openat(larges->data, path,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

int
large_dir(const struct larges *larges)
{
	return larges->tmp;
}

/* 1, 0, or -1 with errno. */
static int
exists(const struct larges *larges, const char *path)
{
	struct stat status;

	if (fstatat(larges->data, path, &status, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

int
large_exists(const struct larges *larges, uint64_t x, uint64_t id)
{
	char path[PATH];
	int there;

	draft_path(path, x);
	there = exists(larges, path);
	if (there != 0)
		return there;
	message_path(path, id);
	return exists(larges, path);
}

void
large_remove(struct larges *larges, uint64_t x, uint64_t id)
{
	char path[PATH];

	if (larges->reading == id)
		close_reading(larges);
	if (larges->quarantine->report_only)
		return;
	/* What stays is removed at the next start, or by a sweep. */
	draft_path(path, x);
	if (x != 0)
		(void)unlinkat(larges->data, path, 0);
	message_path(path, id);
	if (id != 0)
		(void)unlinkat(larges->data, path, 0);
}

/* Its file cannot be opened: it is gone, or something else is there. */
static int
lose(struct larges *larges, const char *path)
{
	if (errno == ENOENT)
		quarantine_note(larges->quarantine, "%s has been removed",
		    path);
	else if (!quarantine_is_damage(errno) ||
	    quarantine_move(larges->quarantine, path, strerror(errno)) == -1)
		return -1;
	errno = EBADMSG;
	return -1;
}

int
large_finish(struct larges *larges, uint64_t x, uint64_t id, struct span head,
    uint64_t data)
{
	char draft[PATH], path[PATH];
	bool is_named = false;
	int fd, result;

	draft_path(draft, x);
	message_path(path, id);
	if (larges->reading == id)
		close_reading(larges);
	fd = openat(larges->data, draft, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		/* A power cut may have left the new name, but not the head. */
		is_named = true;
		fd = openat(larges->data, path,
		    O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	}
	if (fd == -1)
		return lose(larges, is_named ? path : draft);
	result = msgfile_write_head(fd, id, head, data);
	if (fd_close_written(fd, result) == -1)
		return -1;
	return is_named ? 0 :
	    renameat(larges->data, draft, larges->data, path);
}

/* ---- reading ---- */

static int
open_path(struct larges *larges, const char *path)
{
	larges->reader.fd = openat(larges->data, path,
	    O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return larges->reader.fd == -1 ? -1 : 0;
}

/*
 * The open file could not be read: close it, and move it to lost+found if it is
 * damaged.  Its name may be either.
 */
static ssize_t
end_reading(struct larges *larges, const char *path)
{
	int error = errno;

	close_reading(larges);
	if (error == EBADMSG)
		(void)quarantine_move(larges->quarantine, path,
		    MSGFILE_ALTERED);
	errno = error;
	return -1;
}

ssize_t
large_read(struct larges *larges, uint64_t x, uint64_t id, uint64_t data,
    uint64_t offset, char *dst, size_t room)
{
	char path[PATH], finished[PATH];
	bool is_draft;
	ssize_t n;
	int error;

	draft_path(path, x);
	message_path(finished, id);
	if (larges->reading != id || larges->with_head) {
		close_reading(larges);
		if (open_path(larges, path) == -1 && (errno != ENOENT ||
		    open_path(larges, finished) == -1)) {
			if (errno != ENOENT)
				return -1;
			log_error("%s has been removed", path);
			errno = EBADMSG;
			return -1;
		}
		larges->reading = id;
		larges->with_head = false;
		larges->reader.head = 0;	/* the journal has it */
		larges->reader.data = data;
	}
	n = msgfile_read(&larges->reader, offset, dst, room);
	if (n != -1)
		return n;
	error = errno;
	is_draft = exists(larges, path) == 1;
	errno = error;
	return end_reading(larges, is_draft ? path : finished);
}

/* Open pack/ID.large unless it is open already. */
static int
open_message(struct larges *larges, uint64_t id, const char *path)
{
	if (larges->reading == id && larges->with_head)
		return 0;
	close_reading(larges);
	if (open_path(larges, path) == -1)
		return -1;
	larges->reading = id;
	larges->with_head = true;
	return msgfile_check(&larges->reader, id) == 0 ? 0 :
	    (int)end_reading(larges, path);
}

ssize_t
large_read_message(struct larges *larges, uint64_t id, uint64_t offset,
    char *dst, size_t room)
{
	char path[PATH];
	ssize_t n;

	message_path(path, id);
	if (open_message(larges, id, path) == -1)
		return -1;
	n = msgfile_read(&larges->reader, offset, dst, room);
	return n == -1 ? end_reading(larges, path) : n;
}

int
large_verify(struct larges *larges, uint64_t id, uint64_t *bytes)
{
	char path[PATH];

	message_path(path, id);
	if (open_message(larges, id, path) == -1)
		return -1;
	if (msgfile_verify(&larges->reader, id) == -1)
		return (int)end_reading(larges, path);
	*bytes = larges->reader.head + larges->reader.data;
	return 0;
}

/* ---- start ---- */

void
large_keep(struct larges *larges, uint64_t x)
{
	larges->keep = xgrow(larges->keep, larges->keep_count, sizeof(x));
	larges->keep[larges->keep_count++] = x;
}

bool
large_is_kept(const struct larges *larges, const char *name,
    uint64_t *highest)
{
	uint64_t x;
	size_t i;

	if (strncmp(name, "large-", 6) != 0 ||
	    !decode_hex64(&x, span_of(name + 6)))
		return false;
	if (x > *highest)
		*highest = x;
	for (i = 0; i < larges->keep_count && larges->keep[i] != x; i++)
		continue;
	return i < larges->keep_count;
}
