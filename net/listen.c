#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

#define BACKLOG 1024	/* a whole club that reconnects after a power cut */

bool
net_is_loopback(const char *host)
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
 * IPv4 and IPv6 are listened on apart: then addresses in the log read as what
 * they are, and it does not matter how the system was set up.
 */
static int
listen_on(const struct addrinfo *address)
{
	int fd;

	fd = socket(address->ai_family, address->ai_socktype,
	    address->ai_protocol);
	if (fd == -1)
		return -1;
	if (fd_set_nonblocking(fd) == -1 ||
	    set_option(fd, SOL_SOCKET, SO_REUSEADDR) == -1)
		return fd_close(fd);
	if (address->ai_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1)
		return fd_close(fd);
	if (bind(fd, address->ai_addr, address->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1)
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
	if (conf_split_address(conf->listen_laddr, &name))
		error = getaddrinfo(name.host[0] != '\0' ? name.host : NULL,
		    name.port, &hints, &found);
	else
		error = EAI_NONAME;
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
		return "ports under 1024 need root, or CAP_NET_BIND_SERVICE";
	case EADDRNOTAVAIL:
		return "this machine does not have that address";
	default:
		return strerror(error);
	}
}

/*
 * A machine may lack one of the families: that is passed over as long as
 * another address can be had.
 */
static bool
is_lacking(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

/*
 * laddr is the path of a Unix socket, which must not be there yet.  Whoever
 * can reach it in the file system may connect.
 */
static int
listen_unix(const struct conf *conf, char *why, size_t room)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(conf->listen_laddr);
	int fd = -1;

	if (n < sizeof(address.sun_path)) {
		memcpy(address.sun_path, conf->listen_laddr, n + 1);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
	} else {
		errno = ENAMETOOLONG;
	}
	if (fd != -1 && (fd_set_nonblocking(fd) == -1 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(fd, BACKLOG) == -1))
		fd = fd_close(fd);
	if (fd == -1)
		snprintf(why, room, "cannot listen on %s: %s",
		    conf->listen_laddr, strerror(errno));
	return fd;
}

int
net_listen(int fds[NET_LISTENERS_MAX], const struct conf *conf, char *why,
    size_t room)
{
	struct addrinfo *found, *address;
	int count = 0, error = EADDRNOTAVAIL, fd;

	if (strcmp(conf->listen_net, "unix") == 0) {
		fds[0] = listen_unix(conf, why, room);
		return fds[0] == -1 ? -1 : 1;
	}
	found = look_up(conf, why, room);
	if (found == NULL)
		return -1;
	for (address = found; address != NULL && count < NET_LISTENERS_MAX;
	    address = address->ai_next) {
		fd = listen_on(address);
		if (fd != -1) {
			fds[count++] = fd;
			continue;
		}
		error = errno;
		if (!is_lacking(error))
			break;
	}
	freeaddrinfo(found);
	if (count > 0 && (address == NULL || count == NET_LISTENERS_MAX))
		return count;
	while (count > 0)
		(void)close(fds[--count]);
	snprintf(why, room, "cannot listen on %s: %s", conf->listen_laddr,
	    remedy(error));
	return -1;
}

static void
peer_text(char text[NET_PEER], const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
		snprintf(text, NET_PEER, "%s:%u", host,
		    (unsigned)ntohs(v4.sin_port));
	} else if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
		snprintf(text, NET_PEER, "[%s]:%u", host,
		    (unsigned)ntohs(v6.sin6_port));
	} else {
		snprintf(text, NET_PEER, "local");
	}
}

/*
 * Without TCP_NODELAY the last piece of a flight would wait for the peer's
 * delayed acknowledgement, 40 ms.
 */
static int
set_tcp_options(int fd)
{
	if (set_option(fd, IPPROTO_TCP, TCP_NODELAY) == -1)
		return -1;
	return set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
}

int
net_accept(int listener, char peer[NET_PEER])
{
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	int fd;

	fd = accept(listener, (struct sockaddr *)&from, &n);
	if (fd == -1)
		return -1;
	if (fd_set_nonblocking(fd) == -1 ||
	    (from.ss_family != AF_UNIX && set_tcp_options(fd) == -1))
		return fd_close(fd);
	peer_text(peer, (struct sockaddr *)&from);
	return fd;
}

ssize_t
net_send(int fd, struct span bytes)
{
	ssize_t n;

	do
		n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n;
}

ssize_t
net_recv(int fd, char *dst, size_t room)
{
	ssize_t n;

	do
		n = recv(fd, dst, room, 0);
	while (n == -1 && errno == EINTR);
	return n;
}
