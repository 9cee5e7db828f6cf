/*
 * listen.h - listening sockets, and the connections that arrive on them with
 * their peers' addresses.  None of them blocks or survives exec.
 */
#ifndef MNM_NET_LISTEN_H
#define MNM_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct tls;

#define LISTEN_MAX 16	/* addresses that one name may have */
#define LISTEN_PEER 64	/* "[address]:port" */

/* A listening socket, and how its connections are served. */
struct listener {
	int fd;
	struct tls *tls;	/* NULL: bytes go as they are */
	bool http;		/* HTTP and WebSocket are answered, too */
	bool proxy;		/* a PROXY header is the first */
	bool is_local;		/* a Unix socket, or a loopback address */
};

/* Only this machine can reach a server that listens on this host. */
bool listen_is_loopback(const char *host);

/*
 * Listen on every address of conf's listen_laddr that its listen_net covers;
 * or, if that is "unix", on a new Unix socket at that path, which must not
 * exist.  Looks the name up, which may take a while.  Returns how many sockets
 * are in fds, or -1 and why.
 */
int listen_open(int fds[LISTEN_MAX], const struct conf *, char *why,
    size_t room);
/*
 * The next connection, and its numeric address; -1 with errno, which is EAGAIN
 * when there is none.
 */
int listen_accept(int listener, char peer[LISTEN_PEER]);

#endif
