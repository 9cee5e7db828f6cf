#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int
fd_close(int fd)
{
	int error = errno;

	if (fd != -1)
		(void)close(fd);
	errno = error;
	return -1;
}

int
fd_close_written(int fd, int result)
{
	if (result == -1)
		return fd_close(fd);
	return close(fd);
}

int
fd_set_cloexec(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int
fd_set_nonblocking(int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		return -1;
	return fd_set_cloexec(fd);
}

bool
fd_would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

ssize_t
fd_send(int fd, struct span bytes)
{
	ssize_t n;

	do
		n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n;
}

ssize_t
fd_recv(int fd, char *dst, size_t room)
{
	ssize_t n;

	do
		n = recv(fd, dst, room, 0);
	while (n == -1 && errno == EINTR);
	return n;
}

int
fd_pipe(int ends[2])
{
	if (pipe(ends) == -1)
		return -1;
	if (fd_set_nonblocking(ends[0]) == 0 &&
	    fd_set_nonblocking(ends[1]) == 0)
		return 0;
	(void)fd_close(ends[0]);
	return fd_close(ends[1]);
}

size_t
fd_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < SIZE_MAX ? (size_t)limit.rlim_cur : SIZE_MAX;
}

void
fd_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);	/* else it stays as it is */
}
