#ifdef __linux__
#define _GNU_SOURCE	/* syncfs; Linux lacks none of POSIX by it */
#endif
#include "disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"

/* Paths below the data directory are short; longer ones are a bug. */
#define PATH_BYTES 512

int
file_read(int dir, const char *name, size_t max, struct buf *to)
{
	size_t start = to->n;
	ssize_t n;
	int fd;

	/* Do not wait for a FIFO. */
	fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -1;
	for (;;) {
		n = read(fd, buf_room(to, 4096), 4096);
		if (n > 0)
			to->n += (size_t)n;
		if (n == 0 || (n == -1 && errno != EINTR))
			break;
		if (to->n - start > max) {
			errno = EFBIG;
			n = -1;
			break;
		}
	}
	(void)fd_close(fd);
	if (n == -1)
		to->n = start;
	return n == -1 ? -1 : 0;
}

int
file_pread_all(int fd, void *dst, size_t n, uint64_t offset)
{
	char *p = dst;
	ssize_t got;

	while (n > 0) {
		got = pread(fd, p, n, (off_t)offset);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EBADMSG;	/* shorter than it must be */
		if (got <= 0)
			return -1;
		p += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

int
file_pwrite_all(int fd, const void *src, size_t n, uint64_t offset)
{
	const char *p = src;
	ssize_t put;

	while (n > 0) {
		put = pwrite(fd, p, n, (off_t)offset);
		if (put == -1 && errno == EINTR)
			continue;
		if (put == 0)
			errno = ENOSPC;
		if (put <= 0)
			return -1;
		p += put;
		n -= (size_t)put;
		offset += (uint64_t)put;
	}
	return 0;
}

int
file_discard(int dir, const char *name)
{
	int error = errno;

	(void)unlinkat(dir, name, 0);
	errno = error;
	return -1;
}

int
file_create(const char *path, mode_t mode, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int result;

	if (fd == -1)
		return -1;
	result = file_pwrite_all(fd, text.p, text.n, 0);
	if (result == 0)
		result = file_sync(fd);
	if (fd_close_written(fd, result) == 0)
		return 0;
	return file_discard(AT_FDCWD, path);
}

static int
write_new(int dir, const char *name, struct span text, bool sync)
{
	int fd, result;

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	result = file_pwrite_all(fd, text.p, text.n, 0);
	if (result == 0 && sync)
		result = file_sync(fd);
	if (fd_close_written(fd, result) == 0)
		return 0;
	return file_discard(dir, name);
}

int
file_write(int dir, const char *name, struct span text)
{
	return write_new(dir, name, text, false);
}

int
file_write_synced(int dir, const char *name, struct span text)
{
	return write_new(dir, name, text, true);
}

char *
file_parent(const char *path)
{
	const char *end = strrchr(path, '/');

	if (end == NULL)
		return xcopy(SPAN("."));
	return xcopy(end == path ? SPAN("/") : (struct span){ path,
	    (size_t)(end - path) });
}

int
file_make_dir(int dir, const char *name)
{
	struct stat st;

	if (mkdirat(dir, name, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (fstatat(dir, name, &st, 0) == -1)
		return -1;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) ? 0 : -1;
}

int
file_make_synced_dir(int dir, const char *name)
{
	struct span bare = span_of(name);
	char *path, *parent;
	int result, error;

	if (mkdirat(dir, name, 0700) == -1)
		return errno == EEXIST ? file_make_dir(dir, name) : -1;
	while (bare.n > 1 && bare.p[bare.n - 1] == '/')
		bare.n--;
	path = xcopy(bare);
	parent = file_parent(path);
	result = file_sync_dir(dir, parent);
	error = errno;
	if (result == -1)
		(void)unlinkat(dir, name, AT_REMOVEDIR);
	free(path);
	free(parent);
	errno = error;
	return result;
}

int
file_make_parents(int dir, const char *name)
{
	char path[PATH_BYTES];
	const char *slash = name;
	size_t n;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		n = (size_t)(slash - name);
		if (n >= sizeof(path)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(path, name, n);
		path[n] = '\0';
		if (file_make_dir(dir, path) == -1)
			return -1;
	}
	return 0;
}

void
file_remove_parents(int dir, const char *name)
{
	char path[PATH_BYTES];
	char *slash;

	(void)snprintf(path, sizeof(path), "%s", name);
	while ((slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		if (unlinkat(dir, path, AT_REMOVEDIR) == -1)
			return;
	}
}

int
file_open_dir(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

DIR *
file_open_list(int dir, const char *name)
{
	int fd = file_open_dir(dir, name);
	DIR *list = fd == -1 ? NULL : fdopendir(fd);

	if (list == NULL)
		(void)fd_close(fd);
	return list;
}

const char *
file_next_name(DIR *list)
{
	struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(list);
	} while (entry != NULL && entry->d_name[0] == '.');
	return entry == NULL ? NULL : entry->d_name;
}

int
file_end_list(DIR *list)
{
	int error = errno;

	(void)closedir(list);	/* it was only read */
	errno = error;
	return error == 0 ? 0 : -1;
}

/* Some file systems on a network report more than 64 bits can say. */
static uint64_t
multiply(uint64_t blocks, uint64_t unit)
{
	return blocks > UINT64_MAX / unit ? UINT64_MAX : blocks * unit;
}

bool
file_space(int dir, uint64_t *size, uint64_t *space)
{
	struct statvfs fs;
	uint64_t unit;

	if (fstatvfs(dir, &fs) == -1 || fs.f_blocks == 0)
		return false;
	unit = fs.f_frsize != 0 ? fs.f_frsize : fs.f_bsize;
	if (unit == 0)
		return false;
	*size = multiply(fs.f_blocks, unit);
	*space = multiply(fs.f_bavail, unit);
	return true;
}

/* Some file systems cannot sync a directory, but all that they have. */
int
file_sync(int fd)
{
	int result;

	/* A signal came: nothing has failed. */
	do
		result = fsync(fd);
	while (result == -1 && errno == EINTR);
	if (result == 0)
		return 0;
	return errno == EINVAL ? file_sync_tree(fd) : -1;
}

static int
sync_and_close(int fd)
{
	int result = fd == -1 ? -1 : file_sync(fd);

	(void)fd_close(fd);
	return result;
}

int
file_sync_dir(int dir, const char *name)
{
	return sync_and_close(file_open_dir(dir, name));
}

#if defined(__linux__) && !defined(MNM_NO_SYNCFS)

int
file_sync_tree(int dir)
{
	int result;

	do
		result = syncfs(dir);
	while (result == -1 && errno == EINTR);
	return result;
}

#else

static int
sync_below(int dir, const char *name)
{
	DIR *list = file_open_list(dir, name);
	const char *entry;
	struct stat st;
	int fd, result = 0;

	if (list == NULL)
		return -1;
	fd = dirfd(list);
	while (result == 0 && (entry = file_next_name(list)) != NULL) {
		/* To close any descriptor of a file gives up its lock. */
		if (strcmp(entry, "lock") == 0)
			continue;
		result = fstatat(fd, entry, &st, AT_SYMLINK_NOFOLLOW);
		if (result == 0 && S_ISDIR(st.st_mode))
			result = sync_below(fd, entry);
		else if (result == 0 && S_ISREG(st.st_mode))
			result = sync_and_close(openat(fd, entry,
			    O_RDONLY | O_CLOEXEC));
		/* What was removed meanwhile needs no sync. */
		if (result == -1 && errno == ENOENT)
			result = 0;
	}
	if (result == 0 && errno == 0)
		result = fsync(fd);
	return file_end_list(list) == 0 ? result : -1;
}

/*
 * Without syncfs the whole tree is walked.  What appears during the walk
 * belongs to the next.
 */
int
file_sync_tree(int dir)
{
	return sync_below(dir, ".");
}

#endif

static atomic_int syncing;

int
file_sync_data(int fd)
{
	int result;

	atomic_fetch_add(&syncing, 1);
	do
		result = fdatasync(fd);
	while (result == -1 && errno == EINTR);
	atomic_fetch_sub(&syncing, 1);
	return result;
}

bool
file_is_syncing(void)
{
	return atomic_load(&syncing) > 0;
}
