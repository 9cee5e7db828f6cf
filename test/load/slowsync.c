/*
 * slowsync.so - for LD_PRELOAD: counts a program's syncs, and makes each last
 * longer, as on a slow disk.
 *
 * SLOWSYNC_COUNT names a file of at least 8 bytes, in which the count is kept
 * as an integer of this machine; SLOWSYNC_MS is the number of milliseconds to
 * add to each sync.  It has no effect on a statically linked program.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fsync(int);
int fdatasync(int);
int syncfs(int);

/* Set once, before main. */
static _Atomic uint64_t *count;
static struct timespec delay;

__attribute__((constructor)) static void
set_up(void)
{
	const char *path = getenv("SLOWSYNC_COUNT");
	const char *milliseconds = getenv("SLOWSYNC_MS");
	long ms = milliseconds != NULL ? strtol(milliseconds, NULL, 10) : 0;
	void *page;
	int fd;

	delay.tv_sec = ms / 1000;
	delay.tv_nsec = ms % 1000 * 1000000;
	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return;
	page = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	(void)close(fd);	/* the mapping stays */
	if (page != MAP_FAILED)
		count = page;
}

static int
sync_by(long call, int fd)
{
	if (count != NULL)
		++*count;
	if (delay.tv_sec > 0 || delay.tv_nsec > 0)
		(void)nanosleep(&delay, NULL);
	return (int)syscall(call, fd);
}

int
fsync(int fd)
{
	return sync_by(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return sync_by(SYS_fdatasync, fd);
}

int
syncfs(int fd)
{
	return sync_by(SYS_syncfs, fd);
}
