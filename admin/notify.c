#include "admin/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * The address is a path, or after '@' a name without a file.  Nobody is told
 * of a failure: the manager will find that it was not told.
 */
void
notify(const char *lines)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path != NULL ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, n);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd == -1)
		return;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL,
	    (struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	(void)close(fd);
}

unsigned
notify_watchdog(void)
{
	const char *time = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	unsigned long long seconds;

	if (time == NULL || (pid != NULL &&
	    strtoll(pid, NULL, 10) != (long long)getpid()))
		return 0;
	seconds = strtoull(time, NULL, 10) / 1000000;
	return seconds < 86400 ? (unsigned)seconds : 86400;
}
