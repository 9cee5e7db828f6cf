#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/log.h"
#include "conf.h"

#define BACKLOG 1024	/* a whole club that reconnects after a power cut */

bool
listen_is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	    strncmp(host, "127.", 4) == 0;
}

static int
set_option(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on));
}

/*
 * IPv4 and IPv6 get a socket each: then the log shows addresses as they are,
 * and the system's settings do not matter.
 */
static int
open_socket(const struct sockaddr *address, socklen_t n)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0);

	if (fd == -1)
		return -1;
	if (fd_set_nonblocking(fd) == -1 ||
	    (address->sa_family != AF_UNIX &&
	    set_option(fd, SOL_SOCKET, SO_REUSEADDR) == -1) ||
	    (address->sa_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1) ||
	    bind(fd, address, n) == -1 || listen(fd, BACKLOG) == -1)
		return fd_close(fd);
	return fd;
}

static struct addrinfo *
look_up(const struct conf *conf, char *why, size_t room)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct conf_address name;
	struct addrinfo *found;
	int error;

	hints.ai_flags = AI_PASSIVE;
	if (strcmp(conf->listen_net, "tcp4") == 0)
		hints.ai_family = AF_INET;
	else if (strcmp(conf->listen_net, "tcp6") == 0)
		hints.ai_family = AF_INET6;
	error = !conf_split_address(conf->listen_laddr, &name) ? EAI_NONAME :
	    getaddrinfo(name.host[0] != '\0' ? name.host : NULL, name.port,
	    &hints, &found);
	if (error == 0)
		return found;
	snprintf(why, room, "cannot listen on %s: %s", conf->listen_laddr,
	    gai_strerror(error));
	return NULL;
}

static const char *
remedy(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another program, or another mnm, uses this port";
	case EACCES:
		return "ports below 1024 need root or CAP_NET_BIND_SERVICE";
	case EADDRNOTAVAIL:
		return "this machine does not have that address";
	default:
		return strerror(error);
	}
}

/* A machine may lack IPv4 or IPv6: the other is enough. */
static bool
is_lacking(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

/* Who may connect is up to the permissions in the file system. */
static int
open_unix(const struct conf *conf, char *why, size_t room)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(conf->listen_laddr);
	int fd = -1;

	errno = ENAMETOOLONG;
	if (n < sizeof(address.sun_path)) {
		memcpy(address.sun_path, conf->listen_laddr, n + 1);
		fd = open_socket((struct sockaddr *)&address, sizeof(address));
	}
	if (fd == -1)
		snprintf(why, room, "cannot listen on %s: %s",
		    conf->listen_laddr, strerror(errno));
	return fd;
}

int
listen_open(int fds[LISTEN_MAX], const struct conf *conf, char *why,
    size_t room)
{
	struct addrinfo *found, *address;
	int count = 0, error = EADDRNOTAVAIL, fd;

	if (strcmp(conf->listen_net, "unix") == 0) {
		fds[0] = open_unix(conf, why, room);
		return fds[0] == -1 ? -1 : 1;
	}
	found = look_up(conf, why, room);
	if (found == NULL)
		return -1;
	for (address = found; address != NULL && count < LISTEN_MAX;
	    address = address->ai_next) {
		fd = open_socket(address->ai_addr, address->ai_addrlen);
		if (fd != -1) {
			fds[count++] = fd;
			continue;
		}
		error = errno;
		if (!is_lacking(error))
			break;
	}
	freeaddrinfo(found);
	if (count > 0 && (address == NULL || count == LISTEN_MAX))
		return count;
	while (count > 0)
		(void)fd_close(fds[--count]);
	return say_why(why, room, "cannot listen on %s: %s",
	    conf->listen_laddr, remedy(error));
}

static void
peer_text(char text[LISTEN_PEER], const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(text, LISTEN_PEER, "%s:%u", host,
		    (unsigned)ntohs(v4->sin_port));
	} else if (address->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		snprintf(text, LISTEN_PEER, "[%s]:%u", host,
		    (unsigned)ntohs(v6->sin6_port));
	} else {
		snprintf(text, LISTEN_PEER, "local");
	}
}

/*
 * Without TCP_NODELAY the last piece of several would wait for the peer's
 * delayed acknowledgement, 40 ms.
 */
int
listen_accept(int listener, char peer[LISTEN_PEER])
{
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	int fd;

	fd = accept(listener, (struct sockaddr *)&from, &n);
	if (fd == -1)
		return -1;
	if (fd_set_nonblocking(fd) == -1 ||
	    (from.ss_family != AF_UNIX &&
	    (set_option(fd, IPPROTO_TCP, TCP_NODELAY) == -1 ||
	    set_option(fd, SOL_SOCKET, SO_KEEPALIVE) == -1)))
		return fd_close(fd);
	peer_text(peer, &from);
	return fd;
}
