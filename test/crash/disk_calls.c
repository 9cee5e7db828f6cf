/*
 * The calls that go to the disk in memory.  The linker redirects each:
 *
 *	-Wl,--wrap=openat,--wrap=close ...	all of those below
 *
 * A call with a descriptor or path that is not the disk's goes on to the
 * system.  Relative paths are the disk's.
 */
#include "test/crash/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "test/crash/pages.h"

#define FDS 64
#define PATH_BYTES 160
#define NAME_BYTES 64

/* An open file. */
static struct descriptor {
	struct inode *inode;	/* NULL: not in use */
	char path[PATH_BYTES];
	uint64_t at;		/* where read goes on */
} table[FDS];

/* A directory being read: its names when that began. */
struct listing {
	int fd;
	char (*names)[NAME_BYTES];
	size_t count, at;
	struct dirent entry;
};

struct disk_calls disk_calls;

int __real_openat(int, const char *, int, ...);
int __real_close(int);
ssize_t __real_read(int, void *, size_t);
ssize_t __real_pread(int, void *, size_t, off_t);
ssize_t __real_pwrite(int, const void *, size_t, off_t);
int __real_ftruncate(int, off_t);
int __real_fsync(int);
int __real_fstat(int, struct stat *);
int __real_fcntl(int, int, ...);

int __wrap_openat(int, const char *, int, ...);
int __wrap_close(int);
ssize_t __wrap_read(int, void *, size_t);
ssize_t __wrap_pread(int, void *, size_t, off_t);
ssize_t __wrap_pwrite(int, const void *, size_t, off_t);
int __wrap_ftruncate(int, off_t);
int __wrap_fsync(int);
int __wrap_fdatasync(int);
int __wrap_syncfs(int);
int __wrap_renameat(int, const char *, int, const char *);
int __wrap_linkat(int, const char *, int, const char *, int);
int __wrap_unlinkat(int, const char *, int);
int __wrap_mkdirat(int, const char *, mode_t);
int __wrap_fstat(int, struct stat *);
int __wrap_fstatat(int, const char *, struct stat *, int);
int __wrap_faccessat(int, const char *, int, int);
int __wrap_fstatvfs(int, struct statvfs *);
int __wrap_fcntl(int, int, ...);
int __wrap_fchown(int, uid_t, gid_t);
DIR *__wrap_fdopendir(int);
struct dirent *__wrap_readdir(DIR *);
int __wrap_closedir(DIR *);
int __wrap_dirfd(DIR *);

/* ---- what every call does first ---- */

int
disk_begin_call(enum disk_kind kind)
{
	int error = errno;

	disk_calls.calls++;
	disk_calls.kind = kind;
	if (disk_calls.before_call != NULL)
		disk_calls.before_call();
	errno = error;
	if (disk_calls.fail == 0)
		return 0;
	disk_calls.failed++;
	if (disk_calls.loud)
		(void)fprintf(stderr, "  %lu, kind %d, fails: %s\n",
		    disk_calls.calls, (int)kind, strerror(disk_calls.fail));
	errno = disk_calls.fail;
	disk_calls.fail = 0;
	return -1;
}

static int
begin_change(enum disk_kind kind, const char *what, const char *path)
{
	disk_calls.changes++;
	disk_calls.kind = kind;
	if (disk_calls.loud)
		(void)fprintf(stderr, "  %lu %s %s\n", disk_calls.changes, what,
		    path);
	if (disk_calls.before_change != NULL)
		disk_calls.before_change();
	return disk_begin_call(kind);
}

/* How many bytes the call is to do. */
static size_t
shorten(size_t n)
{
	if (disk_calls.shorten && n > 1)
		n /= 2;
	disk_calls.shorten = false;
	return n;
}

/* ---- descriptors and paths ---- */

static bool
is_ours(int fd)
{
	return fd >= DISK_FD && fd < DISK_FD + FDS;
}

/* NULL with errno. */
static struct descriptor *
descriptor(int fd)
{
	if (is_ours(fd) && table[fd - DISK_FD].inode != NULL)
		return &table[fd - DISK_FD];
	errno = EBADF;
	return NULL;
}

static int
new_descriptor(struct inode *i, const char *path)
{
	int n;

	for (n = 0; n < FDS && table[n].inode != NULL; n++)
		continue;
	if (n == FDS) {
		errno = EMFILE;
		return -1;
	}
	disk_hold(i);
	table[n] = (struct descriptor){ .inode = i };
	(void)snprintf(table[n].path, PATH_BYTES, "%s", path);
	return DISK_FD + n;
}

void
disk_close_all(void)
{
	int n;

	for (n = 0; n < FDS; n++) {
		if (table[n].inode != NULL)
			disk_let_go(table[n].inode);
		table[n].inode = NULL;
	}
}

/* Where a path leads: the directory, and the last name in it. */
struct path_end {
	struct inode *dir;
	char name[NAME_BYTES];		/* "" for the directory itself */
	char path[PATH_BYTES];
};

/* Take the next name off the path; false at its end. */
static bool
next_name(const char **path, char name[NAME_BYTES])
{
	size_t n = strcspn(*path, "/");

	if (n >= NAME_BYTES)
		n = NAME_BYTES - 1;
	memcpy(name, *path, n);
	name[n] = '\0';
	*path += n;
	while (**path == '/')
		(*path)++;
	return name[0] != '\0';
}

/* Go down into the name found before.  -1 with errno. */
static int
descend(struct path_end *p)
{
	if (p->name[0] == '\0')
		return 0;
	p->dir = disk_find(p->dir, p->name);
	errno = p->dir == NULL ? ENOENT : ENOTDIR;
	return p->dir != NULL && disk_is_dir(p->dir) ? 0 : -1;
}

static int
walk(struct path_end *p, int fd, const char *path)
{
	const struct descriptor *d = NULL;
	char name[NAME_BYTES];

	*p = (struct path_end){ .dir = disk_root() };
	if (fd != AT_FDCWD) {
		d = descriptor(fd);
		if (d == NULL)
			return -1;
		p->dir = d->inode;
		(void)snprintf(p->path, PATH_BYTES, "%s", d->path);
	}
	while (next_name(&path, name)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			/* Only that of the data directory is asked for. */
			*p = (struct path_end){ .dir = disk_root() };
			continue;
		}
		if (descend(p) == -1)
			return -1;
		memcpy(p->name, name, sizeof(name));
		(void)strncat(p->path, "/", PATH_BYTES - strlen(p->path) - 1);
		(void)strncat(p->path, name,
		    PATH_BYTES - strlen(p->path) - 1);
	}
	return 0;
}

/* What is at the place, or NULL with errno. */
static struct inode *
at(const struct path_end *p)
{
	struct inode *i = p->name[0] == '\0' ? p->dir :
	    disk_find(p->dir, p->name);

	if (i == NULL)
		errno = ENOENT;
	return i;
}

static bool
is_system_path(const char *path)
{
	return path[0] == '/';
}

/* ---- opening and closing ---- */

static int
open_place(const struct path_end *p, int flags)
{
	struct inode *i = at(p);

	if (i == NULL && !(flags & O_CREAT))
		return -1;
	if (i != NULL && (flags & O_CREAT) && (flags & O_EXCL)) {
		errno = EEXIST;
		return -1;
	}
	if (i != NULL && !disk_is_dir(i) && (flags & O_DIRECTORY)) {
		errno = ENOTDIR;
		return -1;
	}
	if (i == NULL)
		i = disk_create(p->dir, p->name, false);
	else if ((flags & O_TRUNC) && disk_size(i) > 0)
		disk_truncate(i, 0);
	return new_descriptor(i, p->path);
}

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	struct path_end p;
	va_list args;
	mode_t mode = 0;

	if (is_system_path(path)) {
		va_start(args, flags);
		if (flags & O_CREAT)
			mode = va_arg(args, mode_t);
		va_end(args);
		return __real_openat(dir, path, flags, mode);
	}
	if ((flags & O_CREAT ? begin_change(DISK_OPEN, "create", path) :
	    disk_begin_call(DISK_OPEN)) == -1)
		return -1;
	return walk(&p, dir, path) == -1 ? -1 : open_place(&p, flags);
}

int
__wrap_close(int fd)
{
	struct descriptor *d;

	if (!is_ours(fd))
		return __real_close(fd);
	d = descriptor(fd);
	if (d == NULL)
		return -1;
	disk_let_go(d->inode);
	d->inode = NULL;
	/* It is closed even if that fails. */
	return disk_begin_call(DISK_CLOSE);
}

/* ---- bytes ---- */

ssize_t
__wrap_pread(int fd, void *dst, size_t n, off_t offset)
{
	struct descriptor *d;

	if (!is_ours(fd))
		return __real_pread(fd, dst, n, offset);
	d = descriptor(fd);
	if (d == NULL || disk_begin_call(DISK_READ) == -1)
		return -1;
	return (ssize_t)disk_read(d->inode, dst, shorten(n),
	    (uint64_t)offset);
}

ssize_t
__wrap_read(int fd, void *dst, size_t n)
{
	struct descriptor *d;

	if (!is_ours(fd))
		return __real_read(fd, dst, n);
	d = descriptor(fd);
	if (d == NULL || disk_begin_call(DISK_READ) == -1)
		return -1;
	if (disk_is_dir(d->inode)) {
		errno = EISDIR;
		return -1;
	}
	n = disk_read(d->inode, dst, shorten(n), d->at);
	d->at += n;
	return (ssize_t)n;
}

ssize_t
__wrap_pwrite(int fd, const void *src, size_t n, off_t offset)
{
	struct descriptor *d;

	if (!is_ours(fd))
		return __real_pwrite(fd, src, n, offset);
	d = descriptor(fd);
	if (d == NULL || begin_change(DISK_WRITE, "write", d->path) == -1)
		return -1;
	n = shorten(n);
	disk_write(d->inode, src, n, (uint64_t)offset);
	disk_calls.written += n;
	return (ssize_t)n;
}

int
__wrap_ftruncate(int fd, off_t size)
{
	struct descriptor *d;

	if (!is_ours(fd))
		return __real_ftruncate(fd, size);
	d = descriptor(fd);
	if (d == NULL || begin_change(DISK_WRITE, "truncate", d->path) == -1)
		return -1;
	disk_truncate(d->inode, (uint64_t)size);
	return 0;
}

/* ---- syncs ---- */

static bool
begins(const char *path, const char *with)
{
	return strncmp(path, with, strlen(with)) == 0;
}

static int
slashes(const char *path)
{
	int n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

/* Which sync it is, by the path of what is synced. */
static enum disk_sync
kind_of(const char *path)
{
	if (begins(path, "/data/journal/"))
		return DISK_SYNC_ZEROS;
	if (begins(path, "/data/journal"))
		return DISK_SYNC_JOURNAL;
	if (begins(path, "/data/tmp/"))
		return DISK_SYNC_LARGE;
	if (begins(path, "/data/tmp"))
		return DISK_SYNC_TMP;
	if (begins(path, "/data/user/"))
		return slashes(path) == 5 ? DISK_SYNC_NODE : DISK_SYNC_USER;
	return DISK_SYNC_DATA;
}

static int
sync_call(int fd, enum disk_sync kind)
{
	struct descriptor *d = descriptor(fd);
	struct inode *i = d->inode;

	disk_calls.sync = kind;
	if (begin_change(DISK_SYNC, "sync", d->path) == -1) {
		if (kind == DISK_SYNC_TREE)
			disk_sync_all_failed();
		else
			disk_sync_failed(i);
		return -1;
	}
	disk_calls.syncs[kind]++;
	if (disk_calls.ignored & 1U << kind)
		return 0;
	if (kind == DISK_SYNC_TREE)
		disk_sync_all();
	else
		disk_sync(i);
	return 0;
}

int
__wrap_fsync(int fd)
{
	if (!is_ours(fd))
		return __real_fsync(fd);
	if (descriptor(fd) == NULL)
		return -1;
	return sync_call(fd, kind_of(descriptor(fd)->path));
}

int
__wrap_fdatasync(int fd)
{
	if (descriptor(fd) == NULL)
		return -1;
	return sync_call(fd, DISK_SYNC_SEGMENT);
}

int
__wrap_syncfs(int fd)
{
	if (descriptor(fd) == NULL)
		return -1;
	return sync_call(fd, DISK_SYNC_TREE);
}

/* ---- names ---- */

int
__wrap_renameat(int from, const char *old, int to, const char *name)
{
	struct path_end p, q;
	struct inode *there;

	if (begin_change(DISK_NAME, "rename", name) == -1 ||
	    walk(&p, from, old) == -1 || walk(&q, to, name) == -1 ||
	    at(&p) == NULL)
		return -1;
	there = at(&q);
	if (there != NULL && disk_is_dir(there) &&
	    disk_name(there, 0) != NULL) {
		errno = ENOTEMPTY;
		return -1;
	}
	disk_rename(p.dir, p.name, q.dir, q.name);
	return 0;
}

int
__wrap_linkat(int from, const char *old, int to, const char *name, int flags)
{
	struct path_end p, q;
	struct inode *i;

	(void)flags;
	if (begin_change(DISK_NAME, "link", name) == -1 ||
	    walk(&p, from, old) == -1 || walk(&q, to, name) == -1)
		return -1;
	i = at(&p);
	if (i == NULL)
		return -1;
	if (at(&q) != NULL) {
		errno = EEXIST;
		return -1;
	}
	disk_link(q.dir, q.name, i);
	return 0;
}

int
__wrap_unlinkat(int dir, const char *name, int flags)
{
	struct path_end p;
	struct inode *i;

	if (begin_change(DISK_NAME, "unlink", name) == -1 ||
	    walk(&p, dir, name) == -1)
		return -1;
	i = at(&p);
	if (i == NULL)
		return -1;
	errno = disk_is_dir(i) ? EISDIR : ENOTDIR;
	if (disk_is_dir(i) != ((flags & AT_REMOVEDIR) != 0))
		return -1;
	errno = ENOTEMPTY;
	if (disk_is_dir(i) && disk_name(i, 0) != NULL)
		return -1;
	disk_unlink(p.dir, p.name);
	return 0;
}

int
__wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	struct path_end p;

	(void)mode;
	if (begin_change(DISK_NAME, "mkdir", name) == -1 ||
	    walk(&p, dir, name) == -1)
		return -1;
	if (at(&p) != NULL) {
		errno = EEXIST;
		return -1;
	}
	(void)disk_create(p.dir, p.name, true);
	return 0;
}

/* ---- questions ---- */

static void
fill(struct stat *st, const struct inode *i)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = disk_is_dir(i) ? S_IFDIR | 0700 : S_IFREG | 0600;
	st->st_ino = (ino_t)(uintptr_t)i;	/* no other has it */
	st->st_nlink = disk_links(i);
	st->st_size = (off_t)disk_size(i);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	const struct descriptor *d;

	if (!is_ours(fd))
		return __real_fstat(fd, st);
	d = descriptor(fd);
	if (d == NULL || disk_begin_call(DISK_ASK) == -1)
		return -1;
	fill(st, d->inode);
	return 0;
}

int
__wrap_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	const struct inode *i;
	struct path_end p;

	(void)flags;
	if (disk_begin_call(DISK_ASK) == -1 || walk(&p, dir, path) == -1)
		return -1;
	i = at(&p);
	if (i != NULL)
		fill(st, i);
	return i == NULL ? -1 : 0;
}

int
__wrap_faccessat(int dir, const char *path, int mode, int flags)
{
	struct path_end p;

	(void)mode;
	(void)flags;
	if (disk_begin_call(DISK_ASK) == -1 || walk(&p, dir, path) == -1)
		return -1;
	return at(&p) == NULL ? -1 : 0;
}

/* The disk is large. */
int
__wrap_fstatvfs(int fd, struct statvfs *fs)
{
	if (descriptor(fd) == NULL || disk_begin_call(DISK_ASK) == -1)
		return -1;
	memset(fs, 0, sizeof(*fs));
	fs->f_frsize = fs->f_bsize = PAGE_BYTES;
	fs->f_blocks = fs->f_bfree = fs->f_bavail = 1U << 24;
	return 0;
}

int
__wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	void *argument;

	/* A lock: there is no other process. */
	if (is_ours(fd))
		return disk_begin_call(DISK_ASK);
	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	return __real_fcntl(fd, command, argument);
}

/* There is one owner. */
int
__wrap_fchown(int fd, uid_t user, gid_t group)
{
	(void)user;
	(void)group;
	return descriptor(fd) == NULL ? -1 : disk_begin_call(DISK_NAME);
}

/* ---- listings ---- */

/* Only the disk has directories to be read: a DIR is always a listing. */
DIR *
__wrap_fdopendir(int fd)
{
	const struct descriptor *d = descriptor(fd);
	struct listing *l;
	const char *name;

	if (d == NULL || disk_begin_call(DISK_LIST) == -1)
		return NULL;
	l = pages_memory(NULL, sizeof(*l));
	*l = (struct listing){ .fd = fd };
	while ((name = disk_name(d->inode, l->count)) != NULL) {
		l->names = pages_memory(l->names,
		    (l->count + 1) * sizeof(*l->names));
		(void)snprintf(l->names[l->count++], NAME_BYTES, "%s", name);
	}
	return (DIR *)(void *)l;
}

struct dirent *
__wrap_readdir(DIR *list)
{
	struct listing *l = (struct listing *)(void *)list;

	if (disk_begin_call(DISK_LIST) == -1 || l->at == l->count)
		return NULL;
	(void)snprintf(l->entry.d_name, sizeof(l->entry.d_name), "%s",
	    l->names[l->at++]);
	return &l->entry;
}

int
__wrap_dirfd(DIR *list)
{
	return ((struct listing *)(void *)list)->fd;
}

int
__wrap_closedir(DIR *list)
{
	struct listing *l = (struct listing *)(void *)list;
	int fd = l->fd;

	free(l->names);
	free(l);
	return __wrap_close(fd);
}
