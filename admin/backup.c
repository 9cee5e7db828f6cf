/*
 * How each part of the data directory is backed up:
 *
 *	user/ group/	linked, except indexes: checkpoints append to them
 *	pack/		linked
 *	tmp/		only large-X, which the journal may name: linked
 *	journal/	copied up to the last commit, then zeros, so that
 *			commits to the copy do not need new disk space
 *	other files	copied: there are few (certificate, key, invitations),
 *			and people may edit them
 *	all else	left out: lost+found/, the lock, the socket
 *
 * While the directory is held, the tree still changes, in ways that do no
 * harm.  Files that disappear were acked, or their node was dropped.  A
 * tmp/large-X without a record, and the directory of a node that is not in the
 * copied journal, are handled at start.
 *
 * PATH.partial is renamed to PATH when all of it is on the disk.
 */
#include "admin/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/control.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"
#include "json.h"

#define PIECE 16384		/* bytes copied at a time */
#define SEGMENT_ROOM 64		/* for the name of a segment */

/* What is done with the files of a directory. */
enum how {
	HOW_TOP,		/* the data directory: see how_at_top */
	HOW_LINKED,
	HOW_QUEUES,		/* linked, except indexes */
	HOW_LARGE,		/* large-X is linked */
	HOW_COPIED,
	HOW_JOURNAL,		/* copied */
	HOW_SEGMENTS,		/* copied as listed */
	HOW_NOT
};

struct backup {
	const struct span *segments;
	struct backup_sum *sum;
};

/*
 * When root copies, the relay's user can still change what is copied, and must
 * not lead root elsewhere: links are not followed, nothing blocks, and the user
 * gets the backup only when root has finished it.
 */
#define SAFELY (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/* A directory of the data, and its copy. */
struct dirs {
	int from, to;
};

/* ---- files ---- */

/* Copy n bytes, and write zeros from there to size. */
static int
copy_bytes(int from, int to, uint64_t n, uint64_t size)
{
	char piece[PIECE];
	uint64_t at;
	size_t read, all;

	for (at = 0; at < size; at += all) {
		all = size - at < PIECE ? (size_t)(size - at) : PIECE;
		read = at >= n ? 0 : n - at < all ? (size_t)(n - at) : all;
		memset(piece, 0, all);
		if (file_pread_all(from, piece, read, at) == -1 ||
		    file_pwrite_all(to, piece, all, at) == -1)
			return -1;
	}
	return 0;
}

/*
 * Keep the owner, so that restoring is copying back.  Only root can, and not
 * all file systems have owners.
 */
static int
keep_owner(int fd, const struct stat *st)
{
	if (geteuid() != 0)
		return 0;
	if (fchown(fd, st->st_uid, st->st_gid) == -1 && errno != EPERM)
		return -1;
	return 0;
}

/* Copy so many bytes of a file, then zeros up to its size. */
static int
copy_file(const struct dirs *here, const char *name, uint64_t bytes,
    uint64_t *size)
{
	int from = openat(here->from, name, SAFELY), to = -1, result = -1;
	struct stat st;

	if (from == -1 || fstat(from, &st) == -1)
		return fd_close(from);
	if (S_ISREG(st.st_mode))
		to = openat(here->to, name, O_WRONLY | O_CREAT | O_EXCL |
		    O_CLOEXEC, 0600);
	else
		errno = EINVAL;
	if (to != -1) {
		*size = (uint64_t)st.st_size;
		result = copy_bytes(from, to, bytes < *size ? bytes : *size,
		    *size);
		if (result == 0)
			result = keep_owner(to, &st);
		result = fd_close_written(to, result);
	}
	(void)fd_close(from);
	return result;
}

/* Another disk, too many links, or none at all. */
static bool
is_no_link(int error)
{
	return error == EXDEV || error == EMLINK || error == EPERM ||
	    error == ENOTSUP || error == EOPNOTSUPP;
}

static int
save_file(struct backup *b, const struct dirs *here, const char *name,
    enum how how)
{
	uint64_t size = 0;

	if (how == HOW_LINKED &&
	    linkat(here->from, name, here->to, name, 0) == 0) {
		b->sum->files++;
		return 0;
	}
	if ((how == HOW_LINKED && !is_no_link(errno)) ||
	    copy_file(here, name, UINT64_MAX, &size) == -1)
		return -1;
	if (how == HOW_JOURNAL)
		b->sum->journal += size;
	else
		b->sum->files++;
	if (how == HOW_LINKED)
		b->sum->copied += size;
	return 0;
}

/* ---- directories ---- */

static int save_dir(struct backup *, const struct dirs *, const char *,
    enum how);

static enum how
how_at_top(const struct backup *b, const char *name, bool is_dir)
{
	static const struct {
		const char *name;
		enum how how;
	} known[] = {
		{ "user",  HOW_QUEUES },
		{ "aside", HOW_QUEUES },
		{ "pack",  HOW_LINKED },
		{ "group", HOW_LINKED },
		{ "tmp",   HOW_LARGE  },
		{ "lock",  HOW_NOT    }
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) == 0)
			return known[i].how;
	}
	if (strcmp(name, "journal") == 0)
		return b->segments == NULL ? HOW_JOURNAL : HOW_NOT;
	return is_dir ? HOW_NOT : HOW_COPIED;
}

static int
save_entry(struct backup *b, const struct dirs *here, const char *name,
    enum how how)
{
	struct stat st;

	if (fstatat(here->from, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (how == HOW_TOP && S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		return -1;
	}
	if (how == HOW_TOP)
		how = how_at_top(b, name, S_ISDIR(st.st_mode));
	else if (how == HOW_LARGE)
		how = strncmp(name, "large-", 6) == 0 ? HOW_LINKED : HOW_NOT;
	if (how == HOW_NOT)
		return 0;
	if (S_ISDIR(st.st_mode))
		return save_dir(b, here, name, how);
	if (how == HOW_QUEUES)
		how = strncmp(name, "index-", 6) == 0 ? HOW_COPIED :
		    HOW_LINKED;
	return S_ISREG(st.st_mode) ? save_file(b, here, name, how) : 0;
}

static int
save_entries(struct backup *b, const struct dirs *here, enum how how)
{
	DIR *list = file_open_list(here->from, ".");
	const char *name;
	int result = 0;

	if (list == NULL)
		return -1;
	while (result == 0 && (name = file_next_name(list)) != NULL) {
		result = save_entry(b, here, name, how);
		/* A file that has just been removed is not needed. */
		if (result == -1 && errno == ENOENT)
			result = 0;
	}
	return file_end_list(list);
}

/* Names of segments come from the relay; they must not lead elsewhere. */
static int
save_segments(struct backup *b, const struct dirs *here)
{
	char name[SEGMENT_ROOM];
	uint64_t bytes, size;
	struct span raw;
	struct json j;
	size_t n;

	json_begin(&j, *b->segments);
	json_array(&j);
	while (json_item(&j)) {
		raw = json_string(&j);
		bytes = json_item(&j) ? json_uint(&j, UINT32_MAX) : 0;
		n = raw.n < sizeof(name) ? json_text(name, raw) : 0;
		if (n == 0 || memchr(name, '/', n) != NULL)
			break;
		name[n] = '\0';
		if (copy_file(here, name, bytes, &size) == -1)
			return -1;
		b->sum->journal += size;
	}
	errno = EPROTO;
	return json_done(&j) ? 0 : -1;
}

static int
fill_dir(struct backup *b, const struct dirs *here, enum how how)
{
	struct stat st;

	if ((how == HOW_SEGMENTS ? save_segments(b, here) :
	    save_entries(b, here, how)) == -1 || fstat(here->from, &st) == -1)
		return -1;
	return keep_owner(here->to, &st);
}

static int
save_dir(struct backup *b, const struct dirs *above, const char *name,
    enum how how)
{
	struct dirs here = { .to = -1 };
	int result = -1;

	here.from = openat(above->from, name, SAFELY | O_DIRECTORY);
	if (here.from == -1)
		return -1;
	if (mkdirat(above->to, name, 0700) == 0)
		here.to = file_open_dir(above->to, name);
	if (here.to != -1)
		result = fill_dir(b, &here, how);
	(void)fd_close(here.from);
	(void)fd_close(here.to);
	return result;
}

int
backup_copy(int data, int to, const struct span *segments,
    struct backup_sum *sum)
{
	struct backup b = { segments, sum };
	struct dirs top = { data, to };

	if (segments != NULL &&
	    save_dir(&b, &top, "journal", HOW_SEGMENTS) == -1)
		return -1;
	return save_entries(&b, &top, HOW_TOP);
}

/* ---- the whole ---- */

/* Remove a directory and all below it, as far as possible. */
static void
remove_dir(int above, const char *path)
{
	int dir = openat(above, path, SAFELY | O_DIRECTORY);
	DIR *list = dir == -1 ? NULL : file_open_list(dir, ".");
	const char *name;

	while (list != NULL && (name = file_next_name(list)) != NULL) {
		if (unlinkat(dir, name, 0) == -1)
			remove_dir(dir, name);
	}
	if (list != NULL)
		(void)file_end_list(list);
	(void)fd_close(dir);
	(void)unlinkat(above, path, AT_REMOVEDIR);
}

/* No relay is running: keep any from starting, without changing a file. */
static int
lock_data(int data)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = openat(data, "lock", O_RDONLY | O_CLOEXEC);

	if (fd == -1 || fcntl(fd, F_SETLK, &lock) == 0)
		return fd;
	if (errno == EACCES)
		errno = EAGAIN;
	return fd_close(fd);
}

/* What is copied. */
struct backup_source {
	const char *path;
	int dir;
	int hold;		/* by the running relay; -1: there is none, */
	int lock;		/* and this keeps it so */
	struct buf segments;
};

/* Whether dir is below top: copying would never end. */
static bool
is_below(int dir, int top)
{
	struct buf way = { NULL, 0, 0 };
	struct stat root, at = { .st_ino = 0 }, below;
	bool found = false;

	if (fstat(top, &root) == -1)
		return false;
	do {
		below = at;
		buf_addf(&way, "../");
		if (fstatat(dir, way.p, &at, 0) == -1)
			break;
		found = at.st_dev == root.st_dev && at.st_ino == root.st_ino;
	} while (!found &&
	    (at.st_dev != below.st_dev || at.st_ino != below.st_ino));
	buf_free(&way);
	return found;
}

/* to is the directory of the copy. */
static int
open_source(struct backup_source *s, int to, char *why, size_t room)
{
	s->dir = file_open_dir(AT_FDCWD, s->path);
	if (s->dir == -1)
		return say_why(why, room, "%s: %s%s", s->path, strerror(errno),
		    errno == ENOENT ? ": no relay was set up here" : "");
	if (is_below(to, s->dir))
		return say_why(why, room,
		    "it would be inside the data directory, %s", s->path);
	s->hold = control_hold(s->path, &s->segments);
	if (s->hold != -1)
		return 0;
	if (errno == EBUSY) {
		buf_add_byte(&s->segments, '\0');
		return say_why(why, room, "%.*s",
		    (int)strcspn(s->segments.p, "\n"), s->segments.p);
	}
	if (errno != ENOENT && errno != ECONNREFUSED)
		return say_why(why, room, "%s/control: %s", s->path,
		    strerror(errno));
	s->lock = lock_data(s->dir);
	if (s->lock != -1)
		return 0;
	if (errno == EAGAIN)
		return say_why(why, room, "%s: in use by a relay or command "
		    "that does not answer: try again", s->path);
	if (errno == ENOENT)
		return say_why(why, room, "%s: no relay has been started "
		    "here yet", s->path);
	return say_why(why, room, "%s/lock: %s", s->path, strerror(errno));
}

/* End the hold.  Returns -1 and why if the copy may be wrong. */
static int
end_hold(struct backup_source *s, enum control_copy copy, char *why,
    size_t room)
{
	int hold = s->hold;

	s->hold = -1;
	if (hold == -1 || control_end_hold(hold, copy) == 0)
		return 0;
	return say_why(why, room, errno == EBUSY ? "the journal filled up "
	    "before the copy was complete: try again when it is less busy, or "
	    "raise journal_size" : "the relay was stopped before the copy was "
	    "complete: try again");
}

static void
close_source(struct backup_source *s)
{
	(void)fd_close(s->dir);
	(void)fd_close(s->hold);
	(void)fd_close(s->lock);
	buf_free(&s->segments);
}

/* Copy data to the new directory; *owner is the owner of data. */
static int
fill(const char *data, int to, struct backup_sum *sum, struct stat *owner,
    char *why, size_t room)
{
	struct backup_source s = { .path = data, .dir = -1, .hold = -1, .lock =
	    -1 };
	struct span segments;
	int result = open_source(&s, to, why, room);

	if (result == 0) {
		segments = buf_span(&s.segments);
		result = fstat(s.dir, owner) == -1 ? -1 : backup_copy(s.dir,
		    to, s.hold != -1 ? &segments : NULL, sum);
		if (result == -1)
			(void)say_why(why, room, "cannot copy: %s",
			    errno == ELOOP ? "a link in the data directory "
			    "leads elsewhere" : strerror(errno));
		/* If it was not held, that is why all else failed. */
		if (end_hold(&s, result == 0 ? CONTROL_COPIED :
		    CONTROL_FAILED, why, room) == -1)
			result = -1;
	}
	close_source(&s);
	return result;
}

/* Returns the new directory, or -1 and why. */
static int
make_partial(const char *path, const char *partial, char *why, size_t room)
{
	struct stat st;
	int fd = -1;

	if (lstat(path, &st) == 0)
		return say_why(why, room, "%s already exists", path);
	if (mkdir(partial, 0700) == 0)
		fd = file_open_dir(AT_FDCWD, partial);
	return fd != -1 ? fd : say_why(why, room, "%s: %s", partial,
	    errno == EEXIST ? "already exists: remove it, unless another "
	    "backup is running" : strerror(errno));
}

/*
 * The copy is complete: make it durable, then rename it.  Its owner is set
 * last: until then nobody else can interfere.
 */
static int
install(int dir, const struct stat *owner, const char *partial,
    const char *path, char *why, size_t room)
{
	bool named = file_sync_tree(dir) == 0 && rename(partial, path) == 0;

	if (named && file_sync_dir(dir, "..") == 0 &&
	    keep_owner(dir, owner) == 0)
		return 0;
	(void)say_why(why, room, "%s: %s", path, strerror(errno));
	if (named)
		(void)rename(path, partial);	/* it is removed there */
	return -1;
}

int
backup_make(const char *data, const char *path, struct backup_sum *sum,
    char *why, size_t room)
{
	struct buf partial = { NULL, 0, 0 };
	size_t n = strlen(path);
	struct stat owner;
	char *name;
	int dir, result = -1;

	*sum = (struct backup_sum){ 0, 0, 0 };
	while (n > 1 && path[n - 1] == '/')
		n--;
	name = xcopy((struct span){ path, n });
	buf_addf(&partial, "%s.partial", name);
	buf_add_byte(&partial, '\0');
	dir = make_partial(name, partial.p, why, room);
	if (dir != -1) {
		result = fill(data, dir, sum, &owner, why, room);
		if (result == 0)
			result = install(dir, &owner, partial.p, name, why,
			    room);
		(void)fd_close(dir);
		if (result == -1)
			remove_dir(AT_FDCWD, partial.p);
	}
	buf_free(&partial);
	free(name);
	return result;
}
