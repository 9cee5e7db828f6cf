#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "disk/file.h"
#include "base/log.h"
#include "store/spare.h"
#include "store/msgfile.h"

#define LARGE_PATH 32		/* room for tmp/large-X */

struct maildir {
	struct quarantine *lost;
	int data, tmp;
	bool touched;
	struct spare *scrap;

	/* The file that was read last stays open for the next piece. */
	struct msgfile_reader reader;
	const struct queue *reading_for;	/* NULL: it is large-X */
	uint64_t reading;	/* its id or X; 0: none is open */

	uint64_t *keep;		/* X of the large files maildir_clean spares */
	size_t keep_count;
	struct buf image;	/* of the file being written */
};

static void
large_path(char path[LARGE_PATH], uint64_t x)
{
	(void)snprintf(path, LARGE_PATH, "tmp/large-%016" PRIx64, x);
}

/* Read large-X; false, and x is as it was, if the name is another. */
static bool
parse_large_name(const char *name, uint64_t *x)
{
	return strncmp(name, "large-", 6) == 0 &&
	    decode_hex64(x, span_of(name + 6));
}

/* ---- opening and closing ---- */

struct maildir *
maildir_open(struct quarantine *lost, struct syncer *syncer)
{
	struct maildir *tr = xzalloc(sizeof(*tr));
	int error;

	tr->lost = lost;
	tr->data = lost->data;
	tr->tmp = tr->reader.fd = -1;
	if (lost->looking || (file_make_dir(tr->data, "user") == 0 &&
	    file_make_dir(tr->data, "tmp") == 0))
		tr->tmp = file_open_dir(tr->data, "tmp");
	if (tr->tmp != -1)
		tr->scrap = spare_open(tr->data, tr->tmp, syncer);
	/* Who only looks may find none. */
	if (tr->scrap != NULL || (lost->looking && errno == ENOENT))
		return tr;
	error = errno;
	maildir_close(tr);
	errno = error;
	return NULL;
}

static void
close_reading(struct maildir *tr)
{
	if (tr->reading != 0)
		(void)close(tr->reader.fd);	/* it was only read */
	tr->reading = 0;
	tr->reading_for = NULL;
	tr->reader.loaded = 0;
}

void
maildir_close(struct maildir *tr)
{
	if (tr == NULL)
		return;
	close_reading(tr);
	spare_close(tr->scrap);
	/* Directories: nothing was written through these. */
	(void)fd_close(tr->tmp);
	free(tr->reader.buffer);
	free(tr->keep);
	buf_free(&tr->image);
	free(tr);
}

bool
maildir_begin_sync(struct maildir *tr)
{
	bool touched = tr->touched;

	tr->touched = false;
	spare_seal(tr->scrap);
	return touched;
}

void
maildir_end_sync(struct maildir *tr)
{
	spare_settle(tr->scrap);
}

/* ---- messages ---- */

/*
 * The file path could not be made for the reason in errno: make its
 * directories, or have an old one give way.
 */
static int
make_way(struct maildir *tr, const char *path)
{
	if (errno == ENOENT)
		return file_make_parents(tr->data, path);
	return errno == EEXIST ? unlinkat(tr->data, path, 0) : -1;
}

static int
create_file(struct maildir *tr, const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = openat(tr->data, path, flags, 0600);

	if (fd != -1 || make_way(tr, path) == -1)
		return fd;
	return openat(tr->data, path, flags, 0600);
}

/* Give the file old the name path as well. */
static int
link_file(struct maildir *tr, const char *old, const char *path)
{
	int result = linkat(tr->data, old, tr->data, path, 0);

	tr->touched = true;
	if (result == 0 || make_way(tr, path) == -1)
		return result;
	return linkat(tr->data, old, tr->data, path, 0);
}

int
maildir_write(struct maildir *tr, const struct queue *q, uint64_t id,
    struct span head, struct span data)
{
	char path[QUEUE_PATH];
	int fd, result;

	tr->image.n = 0;
	msgfile_image(&tr->image, id, head, data);
	queue_message_path(path, q, id);
	tr->touched = true;
	if (spare_reuse(tr->scrap, path, buf_span(&tr->image)) == 0)
		return 0;
	fd = create_file(tr, path);
	if (fd == -1)
		return -1;
	result = file_pwrite_all(fd, tr->image.p, tr->image.n, 0);
	return fd_close_written(fd, result);
}

int
maildir_link(struct maildir *tr, const struct queue *first,
    const struct queue *second, uint64_t id)
{
	char old[QUEUE_PATH], path[QUEUE_PATH];

	queue_message_path(old, first, id);
	queue_message_path(path, second, id);
	return link_file(tr, old, path);
}

int
maildir_remove(struct maildir *tr, const struct queue *q, uint64_t id,
    uint64_t *bytes)
{
	char path[QUEUE_PATH];

	if (tr->reading == id)
		close_reading(tr);
	queue_message_path(path, q, id);
	if (spare_file(tr->scrap, path, id, bytes) == -1)
		return -1;
	tr->touched = true;
	return 0;
}

/* Move a damaged message out of the queue's way. */
static void
lose_message(struct maildir *tr, struct queue *q, uint64_t id)
{
	char path[QUEUE_PATH];

	queue_message_path(path, q, id);
	(void)quarantine_move(tr->lost, path, MSGFILE_ALTERED);
	tr->touched = true;
	queue_count_forget(q);
	queue_list_lost(q, id);
}

/* The same for large-X; whoever waits for it must be told. */
static void
lose_large(struct maildir *tr, uint64_t x)
{
	char path[LARGE_PATH];

	large_path(path, x);
	(void)quarantine_move(tr->lost, path, MSGFILE_ALTERED);
	tr->touched = true;
}

/* The open file could not be read: close it, and lose it if it is damaged. */
static void
end_reading(struct maildir *tr, struct queue *q)
{
	int error = errno;
	uint64_t id = tr->reading;

	close_reading(tr);
	if (error == EBADMSG && q != NULL)
		lose_message(tr, q, id);
	else if (error == EBADMSG)
		lose_large(tr, id);
	errno = error;
}

/* Open the message's file unless it is open already. */
static int
open_message(struct maildir *tr, struct queue *q, uint64_t id)
{
	char path[QUEUE_PATH];

	if (tr->reading == id && tr->reading_for == q)
		return 0;
	close_reading(tr);
	queue_message_path(path, q, id);
	tr->reader.fd = openat(tr->data, path, O_RDONLY | O_CLOEXEC);
	if (tr->reader.fd == -1)
		return -1;
	tr->reading = id;
	tr->reading_for = q;
	if (msgfile_check(&tr->reader, id) == 0)
		return 0;
	end_reading(tr, q);
	return -1;
}

int
maildir_length(struct maildir *tr, struct queue *q, uint64_t id,
    uint64_t *length)
{
	if (open_message(tr, q, id) == -1)
		return -1;
	*length = tr->reader.head + tr->reader.data;
	return 0;
}

ssize_t
maildir_read(struct maildir *tr, struct queue *q, uint64_t id, uint64_t offset,
    char *dst, size_t room)
{
	ssize_t n;

	if (open_message(tr, q, id) == -1)
		return -1;
	n = msgfile_read(&tr->reader, offset, dst, room);
	if (n == -1)
		end_reading(tr, q);
	return n;
}

/* ---- a node's directory ---- */

/* Make the names in a directory durable; one that is not there has none. */
static int
sync_names(struct maildir *tr, const char *path)
{
	int fd = file_open_dir(tr->data, path), result;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	result = file_sync_dir(fd);
	(void)close(fd);	/* nothing was written through it */
	return result;
}

int
maildir_sync(struct maildir *tr, const struct queue *q)
{
	char path[QUEUE_PATH];

	queue_path(path, q);
	return sync_names(tr, path);
}

int
maildir_move(struct maildir *tr, const struct queue *from,
    const struct queue *to)
{
	char old[QUEUE_PATH], path[QUEUE_PATH];

	/* A crash may have left a copy that was never acked. */
	maildir_discard(tr, to);
	queue_path(old, from);
	queue_path(path, to);
	tr->touched = true;
	if (sync_names(tr, old) == -1)
		return -1;
	if (renameat(tr->data, old, tr->data, path) == -1)
		return errno == ENOENT ? 0 : -1;
	*strrchr(path, '/') = '\0';
	return sync_names(tr, path);
}

void
maildir_discard(struct maildir *tr, const struct queue *q)
{
	char path[QUEUE_PATH];

	if (tr->reading_for == q)
		close_reading(tr);
	if (tr->lost->looking)
		return;
	queue_path(path, q);
	/* Most nodes have no directory. */
	if (spare_directory(tr->scrap, path) == 0)
		tr->touched = true;
}

bool
maildir_tidy(struct maildir *tr)
{
	return spare_tidy(tr->scrap);
}

bool
maildir_is_trim(const struct maildir *tr)
{
	return spare_is_empty(tr->scrap);
}

void
maildir_trim(struct maildir *tr)
{
	spare_trim(tr->scrap);
}

/* ---- large data ---- */

int
maildir_large_create(struct maildir *tr, uint64_t x)
{
	char path[LARGE_PATH];

	large_path(path, x);
	tr->touched = true;
	return openat(tr->data, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
}

int
maildir_large_exists(const struct maildir *tr, uint64_t x)
{
	char path[LARGE_PATH];
	struct stat status;

	large_path(path, x);
	if (fstatat(tr->data, path, &status, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

void
maildir_large_remove(struct maildir *tr, uint64_t x)
{
	char path[LARGE_PATH];

	if (tr->reading == x && tr->reading_for == NULL)
		close_reading(tr);
	if (tr->lost->looking)
		return;
	large_path(path, x);
	/* What stays is removed at the next start. */
	(void)unlinkat(tr->data, path, 0);
	tr->touched = true;
}

int
maildir_large_dir(const struct maildir *tr)
{
	return tr->tmp;
}

int
maildir_large_finish(struct maildir *tr, uint64_t x, uint64_t id,
    struct span head, uint64_t data)
{
	char path[LARGE_PATH];
	int fd, result;

	large_path(path, x);
	fd = openat(tr->data, path, O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	tr->touched = true;
	result = msgfile_write_head(fd, id, head, data);
	return fd_close_written(fd, result);
}

int
maildir_large_link(struct maildir *tr, uint64_t x, const struct queue *q,
    uint64_t id)
{
	char old[LARGE_PATH], path[QUEUE_PATH];

	large_path(old, x);
	queue_message_path(path, q, id);
	return link_file(tr, old, path);
}

int
maildir_large_open(struct maildir *tr, uint64_t x, uint64_t data)
{
	char path[LARGE_PATH];

	if (tr->reading == x && tr->reading_for == NULL)
		return 0;
	close_reading(tr);
	large_path(path, x);
	tr->reader.fd = openat(tr->data, path, O_RDONLY | O_CLOEXEC);
	if (tr->reader.fd == -1 && errno == ENOENT) {
		log_line("%s has been removed", path);
		errno = EBADMSG;
	}
	if (tr->reader.fd == -1)
		return -1;
	tr->reading = x;
	tr->reader.head = 0;	/* the journal has it */
	tr->reader.data = data;
	return 0;
}

ssize_t
maildir_large_read(struct maildir *tr, uint64_t offset, char *dst, size_t room)
{
	ssize_t n = msgfile_read(&tr->reader, offset, dst, room);

	if (n == -1)
		end_reading(tr, NULL);
	return n;
}

/* ---- start ---- */

void
maildir_large_keep(struct maildir *tr, uint64_t x)
{
	tr->keep = xrealloc(tr->keep, (tr->keep_count + 1) * sizeof(x));
	tr->keep[tr->keep_count++] = x;
}

static bool
is_kept(const struct maildir *tr, const char *name)
{
	uint64_t x;
	size_t i;

	if (!parse_large_name(name, &x))
		return false;
	for (i = 0; i < tr->keep_count && tr->keep[i] != x; i++)
		continue;
	return i < tr->keep_count;
}

int
maildir_clean(struct maildir *tr, uint64_t *highest)
{
	DIR *list;
	const char *name;
	uint64_t x;

	*highest = 0;
	if (tr->lost->looking)
		return 0;
	list = file_open_list(tr->tmp, ".");
	if (list == NULL)
		return -1;
	while ((name = file_next_name(list)) != NULL) {
		if (parse_large_name(name, &x) && x > *highest)
			*highest = x;
		if (!spare_is_name(name) && !is_kept(tr, name) &&
		    unlinkat(tr->tmp, name, 0) == 0)
			tr->touched = true;
	}
	free(tr->keep);
	tr->keep = NULL;
	tr->keep_count = 0;
	return file_end_list(list);
}
