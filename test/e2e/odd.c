/*
 * odd.so - for LD_PRELOAD: a system that is not like others.  ODD is one of:
 *
 *	statvfs		a file system that does not say how large it is
 *	dirsync		one that cannot sync a directory by itself
 *	sync		while a file "stall" exists, syncs of data take long
 *	hang		... connections that are accepted take long
 *
 * It has no effect on a statically linked program.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

int fstatvfs64(int, struct statvfs64 *);

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
	return result;
}

int
fsync(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
	struct stat st;

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

	if (is_odd("sync"))
		stall();
	return real(fd);
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
