/*
 * odd.so - for LD_PRELOAD: a system that is not like others.  ODD is one of:
 *
 *	statvfs		a file system that does not say how large it is
 *	vast		one of more bytes than 64 bits can say
 *	dirsync		one that cannot sync a directory by itself
 *	intr		signals interrupt every other sync
 *	sector		a block in the middle of each segment is unreadable
 *	watch		no room to watch one more socket that others connect to
 *			by a path
 *	sync		while a file "stall" exists, syncs of data take long
 *	hang		... connections that are accepted take long
 *	fork		mnm's children are killed at once
 *
 * It has no effect on a statically linked program.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define SEGMENT (4L << 20)	/* bytes of a segment of the journal */

int fstatvfs64(int, struct statvfs64 *);
ssize_t pread64(int, void *, size_t, off64_t);

static bool
is_odd(const char *how)
{
	const char *odd = getenv("ODD");

	return odd != NULL && strcmp(odd, how) == 0;
}

static void
stall(void)
{
	const struct timespec piece = { .tv_nsec = 50000000 };

	while (access("stall", F_OK) == 0)
		(void)nanosleep(&piece, NULL);
}

int
fstatvfs64(int fd, struct statvfs64 *fs)
{
	int (*real)(int, struct statvfs64 *) = dlsym(RTLD_NEXT, "fstatvfs64");
	int result = real(fd, fs);

	if (is_odd("statvfs"))
		memset(fs, 0, sizeof(*fs));
	if (is_odd("vast"))
		fs->f_blocks = fs->f_bavail = 1ULL << 52;
	return result;
}

/* True at every other call, with errno. */
static bool
is_interrupted(void)
{
	static atomic_uint calls;

	errno = EINTR;
	return is_odd("intr") && atomic_fetch_add(&calls, 1) % 2 == 0;
}

ssize_t
pread64(int fd, void *dst, size_t room, off64_t at)
{
	ssize_t (*real)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT,
	    "pread64");
	struct stat st;

	if (is_odd("sector") && at <= SEGMENT / 2 &&
	    at + (off64_t)room > SEGMENT / 2 && fstat(fd, &st) == 0 &&
	    st.st_size == SEGMENT) {
		errno = EIO;
		return -1;
	}
	return real(fd, dst, room, at);
}

int
fsync(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
	struct stat st;

	if (is_interrupted())
		return -1;
	if (is_odd("dirsync") && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return real(fd);
}

int
fdatasync(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");

	if (is_interrupted())
		return -1;
	if (is_odd("sync"))
		stall();
	return real(fd);
}

pid_t
fork(void)
{
	pid_t (*real)(void) = dlsym(RTLD_NEXT, "fork");
	pid_t child = real();

	if (child == 0 && is_odd("fork") &&
	    strcmp(program_invocation_short_name, "mnm") == 0)
		(void)raise(SIGKILL);
	return child;
}

static bool
is_local_listener(int fd)
{
	struct sockaddr address;
	socklen_t n = sizeof(address), room = sizeof(int);
	int listens = 0;

	return getsockname(fd, &address, &n) == 0 &&
	    address.sa_family == AF_UNIX && getsockopt(fd, SOL_SOCKET,
	    SO_ACCEPTCONN, &listens, &room) == 0 && listens;
}

int
epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	int (*real)(int, int, int, struct epoll_event *) =
	    dlsym(RTLD_NEXT, "epoll_ctl");

	if (is_odd("watch") && op == EPOLL_CTL_ADD && is_local_listener(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return real(epoll, op, fd, event);
}

int
accept(int fd, struct sockaddr *address, socklen_t *n)
{
	int (*real)(int, struct sockaddr *, socklen_t *) =
	    dlsym(RTLD_NEXT, "accept");

	if (is_odd("hang"))
		stall();
	return real(fd, address, n);
}
