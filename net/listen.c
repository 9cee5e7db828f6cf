#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/subnet.h"
#include "conf.h"

/* A club that reconnects after a power cut, behind strangers who flood. */
#define BACKLOG 4096

static int
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/*
 * IPv4 and IPv6 get a socket each: then the log shows addresses as they are,
 * and the system's settings do not matter.  Only "[::]" without a number in net
 * is one socket for both.  On Linux, a Unix socket that is set to be private
 * before it gets its name is so from the first, whatever the umask is.  It also
 * listens from the first, or another relay that starts would remove it.
 */
static int
open_socket(const struct sockaddr *address, socklen_t n, bool dual)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0);

	if (fd == -1)
		return -1;
	if (address->sa_family == AF_UNIX)
		(void)fchmod(fd, S_IRUSR | S_IWUSR);	/* not everywhere */
	if (fd_set_nonblocking(fd) == -1 ||
	    (address->sa_family != AF_UNIX &&
	    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) == -1) ||
	    (address->sa_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual) == -1) ||
	    bind(fd, address, n) == -1 ||
	    (address->sa_family == AF_UNIX && listen(fd, BACKLOG) == -1))
		return fd_close(fd);
	return fd;
}

static struct addrinfo *
look_up(const struct conf_listener *conf, bool *dual, char *why, size_t room)
{
	static const int families[] = {
		[CONF_TCP] = AF_UNSPEC, [CONF_TCP4] = AF_INET,
		[CONF_TCP6] = AF_INET6
	};
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct conf_address name;
	struct addrinfo *found;
	int error;

	hints.ai_flags = AI_PASSIVE;
	hints.ai_family = families[conf->net];
	error = !conf_split_address(conf->laddr, &name) ? EAI_NONAME :
	    getaddrinfo(name.host[0] != '\0' ? name.host : NULL, name.port,
	    &hints, &found);
	*dual = conf->net == CONF_TCP && error == 0 &&
	    strcmp(name.host, "::") == 0;
	if (error == 0)
		return found;
	snprintf(why, room, "cannot listen on %s: %s", conf->laddr,
	    gai_strerror(error));
	return NULL;
}

static const char *
remedy(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another program, or another mnm, uses this port: "
		    "choose another in \"laddr\"";
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

/* Where conf says to listen, in words that differ if it does. */
static char *
place_of(const struct conf_listener *conf)
{
	static const char *const nets[] = { "tcp", "tcp4", "tcp6" };
	struct buf text = { NULL, 0, 0 };

	if (conf->net == CONF_UNIX)
		buf_addf(&text, "unix %s", conf->laddr);
	else
		buf_addf(&text, "%s %s", nets[conf->net], conf->laddr);
	return text.p;
}

static struct listener *
add(struct listeners *all, int fd)
{
	struct listener *l;

	all->each = xgrow(all->each, all->count, sizeof(*l));
	l = &all->each[all->count++];
	*l = (struct listener){ .fd = fd };
	return l;
}

/* Whether it came before: a name may stand twice in /etc/hosts. */
static bool
is_repeated(const struct addrinfo *all, const struct addrinfo *one)
{
	const struct addrinfo *a;

	for (a = all; a != one; a = a->ai_next) {
		if (a->ai_addrlen == one->ai_addrlen &&
		    memcmp(a->ai_addr, one->ai_addr, a->ai_addrlen) == 0)
			return true;
	}
	return false;
}

static int
open_tcp(struct listeners *all, const struct conf_listener *conf, char *why,
    size_t room)
{
	struct addrinfo *found, *address;
	int fd, error = EADDRNOTAVAIL;
	size_t before = all->count;
	bool dual;

	found = look_up(conf, &dual, why, room);
	if (found == NULL)
		return -1;
	for (address = found; address != NULL; address = address->ai_next) {
		if (is_repeated(found, address))
			continue;
		fd = open_socket(address->ai_addr, address->ai_addrlen, dual);
		if (fd != -1) {
			(void)add(all, fd);
			continue;
		}
		error = errno;
		if (!is_lacking(error))
			break;
	}
	freeaddrinfo(found);
	if (address == NULL && all->count > before)
		return 0;
	errno = error;
	return say_why(why, room, "cannot listen on %s: %s", conf->laddr,
	    remedy(error));
}

/*
 * Make room for a socket at this path if the one there is of a relay that died:
 * nobody answers.  Returns -1 and why.
 */
static int
remove_stale(const struct sockaddr_un *address, char *why, size_t room)
{
	const char *path = address->sun_path;
	struct stat st;
	int fd, error;

	if (lstat(path, &st) == -1)
		return 0;	/* nothing, or bind will say what it is */
	if (!S_ISSOCK(st.st_mode))
		return say_why(why, room, "cannot listen on %s: it exists, and "
		    "is not a socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == -1 || fd_set_nonblocking(fd) == -1)
		error = errno;
	else
		error = connect(fd, (const struct sockaddr *)address,
		    sizeof(*address)) == -1 ? errno : EADDRINUSE;
	(void)fd_close(fd);
	if (error == ECONNREFUSED && (unlink(path) == 0 || errno == ENOENT))
		return 0;
	if (error == ECONNREFUSED)
		error = errno;
	if (error == EAGAIN)
		error = EADDRINUSE;
	errno = error;
	return say_why(why, room, "cannot listen on %s: %s", path,
	    error == EADDRINUSE ? "another program, or another mnm, uses this "
	    "socket" : strerror(error));
}

/* What was made by root belongs to the user who will serve. */
static int
set_owner(const struct conf *conf, const struct conf_listener *entry)
{
	const struct passwd *user;

	if (geteuid() != 0 || conf->user[0] == '\0' ||
	    (user = getpwnam(conf->user)) == NULL)
		return 0;	/* who it is will be found out later */
	return lchown(entry->laddr, user->pw_uid, user->pw_gid);
}

/*
 * The permissions of the socket, and of the directories above it, decide who
 * can connect.  Until they are set, nobody else can.  Returns -1 and why.
 */
static int
set_access(const struct conf_listener *entry, char *why, size_t room)
{
	const struct group *group = NULL;
	struct stat st;

	if (entry->group[0] != '\0' &&
	    (group = getgrnam(entry->group)) == NULL)
		return say_why(why, room, "cannot listen on %s: there is no "
		    "group %s", entry->laddr, entry->group);
	if (lstat(entry->laddr, &st) == -1)
		return say_why(why, room, "cannot listen on %s: %s",
		    entry->laddr, strerror(errno));
	if (group != NULL && group->gr_gid != st.st_gid &&
	    lchown(entry->laddr, (uid_t)-1, group->gr_gid) == -1)
		return say_why(why, room, "%s: cannot give it to the group "
		    "%s: %s", entry->laddr, entry->group, strerror(errno));
	if ((st.st_mode & 0777) != entry->mode &&
	    chmod(entry->laddr, (mode_t)entry->mode) == -1)
		return say_why(why, room, "%s: cannot set its mode: %s",
		    entry->laddr, strerror(errno));
	return 0;
}

static int
open_unix(struct listeners *all, const struct conf *conf,
    const struct conf_listener *entry, char *why, size_t room)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(entry->laddr);
	struct listener *l;
	struct stat st;
	int fd;

	if (n >= sizeof(address.sun_path))
		return say_why(why, room, "cannot listen on %s: %s",
		    entry->laddr, strerror(ENAMETOOLONG));
	memcpy(address.sun_path, entry->laddr, n + 1);
	if (remove_stale(&address, why, room) == -1)
		return -1;
	fd = open_socket((struct sockaddr *)&address, sizeof(address), false);
	if (fd == -1 || lstat(entry->laddr, &st) == -1) {
		(void)fd_close(fd);
		return say_why(why, room, "cannot listen on %s: %s",
		    entry->laddr, strerror(errno));
	}
	l = add(all, fd);
	l->path = entry->laddr;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	if (set_owner(conf, entry) == 0)
		return 0;
	return say_why(why, room, "%s: cannot give it to %s: %s",
	    entry->laddr, conf->user, strerror(errno));
}

/* Whether the socket is still what is at its path. */
static bool
is_there(const struct listener *l)
{
	struct stat st;

	return lstat(l->path, &st) == 0 && st.st_dev == l->dev &&
	    st.st_ino == l->ino;
}

/* Those of old that are in this place, once more. */
static void
take_over(struct listeners *all, const struct listeners *old, const char *place)
{
	struct listener *l;
	size_t i;

	for (i = 0; old != NULL && i < old->count; i++) {
		if (strcmp(old->each[i].place, place) != 0 ||
		    (old->each[i].path != NULL && !is_there(&old->each[i])))
			continue;
		l = add(all, old->each[i].fd);
		l->path = old->each[i].path;
		l->dev = old->each[i].dev;
		l->ino = old->each[i].ino;
	}
}

/* Open the sockets of one entry of conf, and say how they are served. */
static int
open_entry(struct listeners *all, const struct conf *conf, size_t index,
    const struct listeners *old, char *why, size_t room)
{
	const struct conf_listener *entry = &conf->listen[index];
	char *place = place_of(entry);
	size_t i = all->count;
	struct listener *l;
	int result = 0;

	take_over(all, old, place);
	if (all->count == i)
		result = entry->net == CONF_UNIX ?
		    open_unix(all, conf, entry, why, room) :
		    open_tcp(all, entry, why, room);
	for (; i < all->count; i++) {
		l = &all->each[i];
		l->place = xcopy(span_of(place));
		if (l->path != NULL)
			l->path = l->place + strlen(place) -
			    strlen(entry->laddr);
		l->index = index;
		l->http = entry->http;
		l->ca = entry->ca;
		l->proxy = entry->proxy;
		l->is_local = conf_is_local(entry);
		l->proxy_from = conf->proxy_from;
	}
	free(place);
	return result;
}

int
listen_open(struct listeners *all, const struct conf *conf,
    const struct listeners *old, char *why, size_t room)
{
	int result = 0;
	size_t i;

	*all = (struct listeners){ NULL, 0 };
	for (i = 0; i < conf->listen_count && result == 0; i++)
		result = open_entry(all, conf, i, old, why, room);
	/* Last: if another cannot be opened, those of old stay as they are. */
	for (i = 0; i < conf->listen_count && result == 0; i++) {
		if (conf->listen[i].net == CONF_UNIX)
			result = set_access(&conf->listen[i], why, room);
	}
	if (result == -1) {
		listen_remove(all, old);
		listen_close(all, old);
	}
	return result;
}

bool
listen_is_in_way(const struct listener *l, const struct conf *conf)
{
	const struct conf_listener *entry;
	const char *port = strrchr(l->place, ':');
	bool same, found = false;
	char *place;
	size_t i;

	for (i = 0; i < conf->listen_count && l->path == NULL; i++) {
		entry = &conf->listen[i];
		if (entry->net == CONF_UNIX)
			continue;
		place = place_of(entry);
		same = strcmp(place, l->place) == 0;
		free(place);
		if (same)
			return false;
		if (strcmp(strrchr(entry->laddr, ':'), port) == 0)
			found = true;
	}
	return found;
}

void
listen_drop(struct listeners *all, struct listener *l)
{
	(void)fd_close(l->fd);
	free(l->place);
	*l = all->each[--all->count];
}

struct listener *
listen_find(const struct listeners *all, int fd)
{
	size_t i;

	for (i = 0; all != NULL && i < all->count; i++) {
		if (all->each[i].fd == fd)
			return &all->each[i];
	}
	return NULL;
}

int
listen_begin(const struct listeners *all, char *why, size_t room)
{
	const struct listener *l;

	for (l = all->each; l < all->each + all->count; l++) {
		if (listen(l->fd, BACKLOG) == -1)
			return say_why(why, room, "cannot listen on %s: %s",
			    l->place, remedy(errno));
	}
	return 0;
}

void
listen_close(struct listeners *all, const struct listeners *kept)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		if (listen_find(kept, all->each[i].fd) == NULL)
			(void)fd_close(all->each[i].fd);
		free(all->each[i].place);
	}
	free(all->each);
	*all = (struct listeners){ NULL, 0 };
}

/* By now, another relay's socket may be there. */
void
listen_remove(const struct listeners *all, const struct listeners *kept)
{
	const struct listener *l;

	for (l = all->each; l < all->each + all->count; l++) {
		if (l->path != NULL && listen_find(kept, l->fd) == NULL &&
		    is_there(l) && unlink(l->path) == -1)
			log_warning("cannot remove %s: %s", l->path,
			    strerror(errno));
	}
}

/* An IPv4 address that arrives on a socket for IPv6 is shown as what it is. */
void
listen_peer_text(char text[LISTEN_PEER], const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->sa_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(text, LISTEN_PEER, "%s:%u", host,
		    (unsigned)ntohs(v4->sin_port));
	} else if (address->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, host,
		    sizeof(host));
		snprintf(text, LISTEN_PEER, "%s:%u", host,
		    (unsigned)ntohs(v6->sin6_port));
	} else if (address->sa_family == AF_INET6) {
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
	struct sockaddr_storage from = { .ss_family = AF_UNIX };
	socklen_t n = sizeof(from);
	int fd;

	fd = accept(listener, (struct sockaddr *)&from, &n);
	if (fd == -1)
		return -1;
	if (fd_set_nonblocking(fd) == -1 ||
	    (from.ss_family != AF_UNIX &&
	    (set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) == -1 ||
	    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) == -1)))
		return fd_close(fd);
	listen_peer_text(peer, (const struct sockaddr *)&from);
	return fd;
}

/* Nobody else can connect to a Unix socket than its permissions let. */
bool
listen_trusts(const struct listener *l, const char *peer)
{
	return l->path != NULL || subnet_any_has(l->proxy_from, peer);
}
