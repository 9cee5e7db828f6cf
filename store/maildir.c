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
#include "base/log.h"
#include "disk/file.h"
#include "store/msgfile.h"
#include "store/spare.h"

struct maildir {
	struct quarantine *quarantine;
	int data, tmp;
	bool touched;
	struct spares *spares;

	/* The file that was read last stays open for the next piece. */
	struct msgfile_reader reader;
	const struct queue *reading_for;	/* NULL: it is large-X */
	uint64_t reading;	/* its id or X; 0: none is open */

	struct queue *copying;	/* whose files are being copied, or NULL */
	DIR *copy_list;		/* those that are left */

	uint64_t *keep;		/* X of the files that maildir_clean keeps */
	size_t keep_count;
	struct buf image;	/* of the file being written */
};

static void
large_path(char path[QUEUE_PATH], uint64_t x)
{
	(void)snprintf(path, QUEUE_PATH, "tmp/large-%016" PRIx64, x);
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
maildir_open(struct quarantine *quarantine, struct syncer *syncer)
{
	struct maildir *maildir = xzalloc(sizeof(*maildir));

	maildir->quarantine = quarantine;
	maildir->data = quarantine->data;
	maildir->tmp = maildir->reader.fd = -1;
	if (quarantine->report_only)
		return maildir;
	if (file_make_dir(maildir->data, "user") == 0 &&
	    file_make_dir(maildir->data, "tmp") == 0)
		maildir->tmp = file_open_dir(maildir->data, "tmp");
	if (maildir->tmp != -1)
		maildir->spares = spare_open(maildir->data, maildir->tmp,
		    syncer);
	if (maildir->spares != NULL)
		return maildir;
	maildir_close(maildir);
	return NULL;
}

static void
close_reading(struct maildir *maildir)
{
	if (maildir->reading != 0)
		(void)close(maildir->reader.fd);	/* it was only read */
	maildir->reading = 0;
	maildir->reading_for = NULL;
	maildir->reader.loaded = 0;
}

void
maildir_close(struct maildir *maildir)
{
	int error = errno;

	if (maildir == NULL)
		return;
	if (maildir->copying != NULL)
		(void)maildir_give_up_copy(maildir, maildir->copying);
	close_reading(maildir);
	spare_close(maildir->spares);
	/* Directories: nothing was written through these. */
	(void)fd_close(maildir->tmp);
	free(maildir->reader.buffer);
	free(maildir->keep);
	buf_free(&maildir->image);
	free(maildir);
	errno = error;
}

bool
maildir_begin_sync(struct maildir *maildir)
{
	bool touched = maildir->touched;

	maildir->touched = false;
	spare_begin_sync(maildir->spares);
	return touched;
}

struct spares *
maildir_spares(const struct maildir *maildir)
{
	return maildir->spares;
}

/* ---- messages ---- */

/*
 * The file path could not be created for the reason in errno: make its
 * directories, or remove the old file.
 */
static int
make_way(struct maildir *maildir, const char *path)
{
	if (errno == ENOENT)
		return file_make_parents(maildir->data, path);
	return errno == EEXIST ? unlinkat(maildir->data, path, 0) : -1;
}

static int
create_file(struct maildir *maildir, const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = openat(maildir->data, path, flags, 0600);

	if (fd != -1 || make_way(maildir, path) == -1)
		return fd;
	return openat(maildir->data, path, flags, 0600);
}

/* Give the file old the name path as well. */
static int
link_file(struct maildir *maildir, const char *old, const char *path)
{
	int result = linkat(maildir->data, old, maildir->data, path, 0);

	maildir->touched = true;
	if (result == 0 || make_way(maildir, path) == -1)
		return result;
	return linkat(maildir->data, old, maildir->data, path, 0);
}

int
maildir_write(struct maildir *maildir, const struct queue *q, uint64_t id,
    struct span head, struct span data)
{
	char path[QUEUE_PATH];
	int fd, result;

	maildir->image.n = 0;
	msgfile_image(&maildir->image, id, head, data);
	queue_message_path(path, q, id);
	maildir->touched = true;
	if (spare_reuse(maildir->spares, path, buf_span(&maildir->image)) == 0)
		return 0;
	fd = create_file(maildir, path);
	if (fd == -1)
		return -1;
	result = file_pwrite_all(fd, maildir->image.p, maildir->image.n, 0);
	return fd_close_written(fd, result);
}

int
maildir_link(struct maildir *maildir, const struct queue *first,
    const struct queue *second, uint64_t id)
{
	char old[QUEUE_PATH], path[QUEUE_PATH];

	queue_message_path(old, first, id);
	queue_message_path(path, second, id);
	return link_file(maildir, old, path);
}

static int
drop_file(struct maildir *maildir, const struct queue *q, uint64_t id,
    uint64_t *bytes)
{
	char path[QUEUE_PATH];

	queue_message_path(path, q, id);
	if (spare_drop_file(maildir->spares, path, id, bytes) == -1)
		return -1;
	maildir->touched = true;
	return 0;
}

int
maildir_remove(struct maildir *maildir, struct queue *q, uint64_t id,
    uint64_t *bytes)
{
	uint64_t copied;

	if (maildir->reading == id)
		close_reading(maildir);
	if (drop_file(maildir, q, id, bytes) == -1)
		return -1;
	if (q->copy != NULL && drop_file(maildir, q->copy, id,
	    &copied) == -1 && errno != ENOENT)
		(void)maildir_give_up_copy(maildir, q);
	return 0;
}

/*
 * The open file could not be read: close it, and move it out of the queue if it
 * is damaged.  Without a queue it is large-X: the entry that needs it is the
 * caller's to remove.
 */
static void
end_reading(struct maildir *maildir, struct queue *q)
{
	int error = errno;
	uint64_t id = maildir->reading;
	char path[QUEUE_PATH];

	close_reading(maildir);
	if (error == EBADMSG) {
		if (q != NULL)
			queue_message_path(path, q, id);
		else
			large_path(path, id);
		(void)quarantine_move(maildir->quarantine, path,
		    MSGFILE_ALTERED);
		maildir->touched = true;
	}
	if (error == EBADMSG && q != NULL) {
		queue_count_forget(q);
		queue_list_lost(q, id);
	}
	errno = error;
}

/* Open the message's file unless it is open already. */
static int
open_message(struct maildir *maildir, struct queue *q, uint64_t id)
{
	char path[QUEUE_PATH];

	if (maildir->reading == id && maildir->reading_for == q)
		return 0;
	close_reading(maildir);
	queue_message_path(path, q, id);
	maildir->reader.fd = openat(maildir->data, path, O_RDONLY | O_CLOEXEC);
	if (maildir->reader.fd == -1)
		return -1;
	maildir->reading = id;
	maildir->reading_for = q;
	if (msgfile_check(&maildir->reader, id) == 0)
		return 0;
	end_reading(maildir, q);
	return -1;
}

int
maildir_length(struct maildir *maildir, struct queue *q, uint64_t id,
    uint64_t *length)
{
	if (open_message(maildir, q, id) == -1)
		return -1;
	*length = maildir->reader.head + maildir->reader.data;
	return 0;
}

ssize_t
maildir_read(struct maildir *maildir, struct queue *q, uint64_t id,
    uint64_t offset,
    char *dst, size_t room)
{
	ssize_t n;

	if (open_message(maildir, q, id) == -1)
		return -1;
	n = msgfile_read(&maildir->reader, offset, dst, room);
	if (n == -1)
		end_reading(maildir, q);
	return n;
}

/* ---- a node's directory ---- */

/* Make the names in a directory durable, if it exists. */
static int
sync_names(struct maildir *maildir, const char *path)
{
	return file_sync_dir(maildir->data, path) == 0 || errno == ENOENT ? 0 :
	    -1;
}

void
maildir_discard(struct maildir *maildir, const struct queue *q)
{
	char path[QUEUE_PATH];

	if (maildir->reading_for == q)
		close_reading(maildir);
	if (maildir->quarantine->report_only)
		return;
	queue_path(path, q);
	/* Most nodes have no directory. */
	if (spare_drop_directory(maildir->spares, path) == 0)
		maildir->touched = true;
}

/* ---- copying ---- */

int
maildir_give_up_copy(struct maildir *maildir, struct queue *q)
{
	int error = errno;

	if (maildir->copying == q) {
		(void)closedir(maildir->copy_list);	/* it was only read */
		maildir->copying = NULL;
	}
	maildir_discard(maildir, q->copy);
	q->copy = NULL;
	errno = error;
	return -1;
}

/* From now on copy gets what q gets; what q has already is to be linked. */
static int
begin_copy(struct maildir *maildir, struct queue *q, struct queue *copy)
{
	char path[QUEUE_PATH];

	q->copy = copy;
	maildir_discard(maildir, copy);
	queue_path(path, q);
	maildir->copy_list = file_open_list(maildir->data, path);
	if (maildir->copy_list != NULL)
		maildir->copying = q;
	else if (errno != ENOENT)
		return maildir_give_up_copy(maildir, q);
	return 0;
}

/*
 * Link some of the files that are left.  The list may have files that were
 * linked when they were added, and files that have been removed.
 */
static int
copy_some(struct maildir *maildir, unsigned files)
{
	struct queue *q = maildir->copying;
	char path[QUEUE_PATH];
	const char *name;
	uint64_t id;

	while (files-- > 0) {
		name = file_next_name(maildir->copy_list);
		if (name == NULL) {
			maildir->copying = NULL;
			return file_end_list(maildir->copy_list) == 0 ? 0 :
			    maildir_give_up_copy(maildir, q);
		}
		if (decode_hex64(&id, span_of(name)) &&
		    maildir_link(maildir, q, q->copy, id) == -1 &&
		    errno != ENOENT)
			return maildir_give_up_copy(maildir, q);
	}
	/* Now, so that the last sync does not have all of it to do. */
	queue_path(path, q->copy);
	return sync_names(maildir, path) == 0 ? 0 :
	    maildir_give_up_copy(maildir, q);
}

/* Give the copy's directory to the queue to, durably. */
static int
end_copy(struct maildir *maildir, const struct queue *copy,
    const struct queue *to)
{
	char old[QUEUE_PATH], path[QUEUE_PATH];

	/* A crash may have left a copy that was never acked. */
	maildir_discard(maildir, to);
	queue_path(old, copy);
	queue_path(path, to);
	maildir->touched = true;
	if (sync_names(maildir, old) == -1)
		return -1;
	if (renameat(maildir->data, old, maildir->data, path) == -1)
		return errno == ENOENT ? 0 : -1;
	*strrchr(path, '/') = '\0';
	return sync_names(maildir, path);
}

void
maildir_link_copy(struct maildir *maildir, struct queue *q, uint64_t id)
{
	if (q->copy != NULL && maildir_link(maildir, q, q->copy, id) == -1)
		(void)maildir_give_up_copy(maildir, q);
}

int
maildir_copy(struct maildir *maildir, struct queue *from, struct queue *copy,
    const struct queue *to, unsigned files)
{
	if (maildir->copying == NULL && from->copy == NULL &&
	    begin_copy(maildir, from, copy) == -1)
		return -1;
	/* Another's goes first: only one keeps its directory open. */
	if (maildir->copying != NULL && copy_some(maildir, files) == -1)
		return -1;
	if (from->copy == NULL || maildir->copying == from)
		return 1;
	if (end_copy(maildir, from->copy, to) == -1)
		return maildir_give_up_copy(maildir, from);
	from->copy = NULL;
	return 0;
}

/* ---- large data ---- */

int
maildir_large_create(struct maildir *maildir, uint64_t x)
{
	char path[QUEUE_PATH];

	large_path(path, x);
	maildir->touched = true;
	return openat(maildir->data, path,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
}

int
maildir_large_exists(const struct maildir *maildir, uint64_t x)
{
	char path[QUEUE_PATH];
	struct stat status;

	large_path(path, x);
	if (fstatat(maildir->data, path, &status, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

void
maildir_large_remove(struct maildir *maildir, uint64_t x)
{
	char path[QUEUE_PATH];

	if (maildir->reading == x && maildir->reading_for == NULL)
		close_reading(maildir);
	if (maildir->quarantine->report_only)
		return;
	large_path(path, x);
	/* What stays is removed at the next start. */
	(void)unlinkat(maildir->data, path, 0);
	maildir->touched = true;
}

int
maildir_large_dir(const struct maildir *maildir)
{
	return maildir->tmp;
}

int
maildir_large_finish(struct maildir *maildir, uint64_t x, uint64_t id,
    struct span head, uint64_t data)
{
	char path[QUEUE_PATH];
	int fd, result;

	large_path(path, x);
	fd = openat(maildir->data, path, O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	maildir->touched = true;
	result = msgfile_write_head(fd, id, head, data);
	return fd_close_written(fd, result);
}

int
maildir_large_link(struct maildir *maildir, uint64_t x, const struct queue *q,
    uint64_t id)
{
	char old[QUEUE_PATH], path[QUEUE_PATH];

	large_path(old, x);
	queue_message_path(path, q, id);
	return link_file(maildir, old, path);
}

int
maildir_large_open(struct maildir *maildir, uint64_t x, uint64_t data)
{
	char path[QUEUE_PATH];

	if (maildir->reading == x && maildir->reading_for == NULL)
		return 0;
	close_reading(maildir);
	large_path(path, x);
	maildir->reader.fd = openat(maildir->data, path, O_RDONLY | O_CLOEXEC);
	if (maildir->reader.fd == -1 && errno == ENOENT) {
		log_error("%s has been removed", path);
		errno = EBADMSG;
	}
	if (maildir->reader.fd == -1)
		return -1;
	maildir->reading = x;
	maildir->reader.head = 0;	/* the journal has it */
	maildir->reader.data = data;
	return 0;
}

ssize_t
maildir_large_read(struct maildir *maildir, uint64_t offset, char *dst,
    size_t room)
{
	ssize_t n = msgfile_read(&maildir->reader, offset, dst, room);

	if (n == -1)
		end_reading(maildir, NULL);
	return n;
}

/* ---- start ---- */

void
maildir_large_keep(struct maildir *maildir, uint64_t x)
{
	maildir->keep = xgrow(maildir->keep, maildir->keep_count, sizeof(x));
	maildir->keep[maildir->keep_count++] = x;
}

static bool
is_kept(const struct maildir *maildir, const char *name)
{
	uint64_t x;
	size_t i;

	if (!parse_large_name(name, &x))
		return false;
	for (i = 0; i < maildir->keep_count && maildir->keep[i] != x; i++)
		continue;
	return i < maildir->keep_count;
}

int
maildir_clean(struct maildir *maildir, uint64_t *highest)
{
	DIR *list;
	const char *name;
	uint64_t x;

	*highest = 0;
	if (maildir->quarantine->report_only)
		return 0;
	list = file_open_list(maildir->tmp, ".");
	if (list == NULL)
		return -1;
	while ((name = file_next_name(list)) != NULL) {
		if (parse_large_name(name, &x) && x > *highest)
			*highest = x;
		if (!spare_is_name(name) && !is_kept(maildir, name) &&
		    unlinkat(maildir->tmp, name, 0) == 0)
			maildir->touched = true;
	}
	free(maildir->keep);
	maildir->keep = NULL;
	maildir->keep_count = 0;
	return file_end_list(list);
}
