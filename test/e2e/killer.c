/*
 * killer.so - preloaded into a program: before its call number KILL_AT of those
 * that change files or the connection, it dies as by kill -9; from number
 * FAIL_AT on, the disk is full.  KILL_COUNT names a file that gets how many
 * calls there were, if it ends by itself.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long calls;

static unsigned long
number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtoul(text, NULL, 10);
}

static void
count(void)
{
	calls++;
	if (number("KILL_AT") == calls)
		(void)kill(getpid(), SIGKILL);
}

static int
fails(void)
{
	unsigned long from = number("FAIL_AT");

	if (from == 0 || calls < from)
		return 0;
	errno = ENOSPC;
	return 1;
}

__attribute__((destructor))
static void
report(void)
{
	const char *path = getenv("KILL_COUNT");
	FILE *file = path == NULL ? NULL : fopen(path, "w");

	if (file == NULL)
		return;
	fprintf(file, "%lu\n", calls);
	fclose(file);
}

/* The function of this name that ours stands in front of. */
static void *
real(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (function == NULL)
		abort();
	return function;
}

#define BEFORE(type, name, parameters, arguments)			\
	BEFORE_IF(0, type, name, parameters, arguments)
/* The same for what needs room on the disk. */
#define BEFORE_FULL(type, name, parameters, arguments)			\
	BEFORE_IF(fails(), type, name, parameters, arguments)
#define BEFORE_IF(full, type, name, parameters, arguments)		\
	type name parameters;						\
	type								\
	name parameters							\
	{								\
		type (*function) parameters;				\
		void *found = real(#name);				\
									\
		count();						\
		if (full)						\
			return (type)-1;				\
		memcpy(&function, &found, sizeof(function));		\
		return function arguments;				\
	}

BEFORE_FULL(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
BEFORE_FULL(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
    (fd, p, n, at))
BEFORE_FULL(ssize_t, pwrite64, (int fd, const void *p, size_t n, off_t at),
    (fd, p, n, at))
BEFORE_FULL(int, fsync, (int fd), (fd))
BEFORE_FULL(int, renameat, (int a, const char *b, int c, const char *d),
    (a, b, c, d))
BEFORE(int, unlinkat, (int dir, const char *name, int flags),
    (dir, name, flags))
BEFORE(ssize_t, send, (int fd, const void *p, size_t n, int flags),
    (fd, p, n, flags))
BEFORE(ssize_t, recv, (int fd, void *p, size_t n, int flags),
    (fd, p, n, flags))
BEFORE(int, connect, (int fd, const struct sockaddr *address,
    socklen_t length), (fd, address, length))
BEFORE(int, close, (int fd), (fd))
