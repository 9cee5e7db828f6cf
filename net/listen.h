/*
 * listen.h - listening sockets, and the connections that arrive on them with
 * their peers' addresses.  None of them blocks or survives exec.
 */
#ifndef MNM_NET_LISTEN_H
#define MNM_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cert;
struct conf;
struct sockaddr;
struct tls;

#define LISTEN_PEER 64	/* "[address]:port" */

/* A listening socket, and how its connections are served. */
struct listener {
	int fd;
	size_t index;		/* in conf's listen */
	struct tls *tls;	/* NULL: bytes go as they are; the caller's */
	const struct cert *cert;	/* likewise */
	bool http;		/* HTTP and WebSocket are answered, too */
	bool ca;		/* HTTP alone, with the CA's certificate */
	bool proxy;		/* a PROXY header is the first */
	bool is_local;		/* a Unix socket, or a loopback address */
	char *const *proxy_from;	/* conf's */
	char *place;		/* where it listens, in words; owned */
	const char *path;	/* in place: that of a Unix socket, or NULL */
	dev_t dev;		/* of the file there */
	ino_t ino;
};

/* All of them.  Begins as { NULL, 0 }. */
struct listeners {
	struct listener *each;
	size_t count;
};

/*
 * Take the places where conf says to listen; what is in old (or NULL) already,
 * with the same address, is not opened again but is in both afterwards.  A Unix
 * socket that nobody serves any more is replaced, but no other file.  Looks
 * names up, which may take a while.  Returns -1 and why, with old as it was;
 * errno is EADDRINUSE if another program listens there.  conf must outlive it,
 * or be replaced by another listen_open.
 */
int listen_open(struct listeners *, const struct conf *,
    const struct listeners *old, char *why, size_t room);
/*
 * Let clients connect to ports.  Before, they are refused, as nobody would
 * serve them.  -1 and why.
 */
int listen_begin(const struct listeners *, char *why, size_t room);
/* Close those that are not in kept (or NULL), and free the list. */
void listen_close(struct listeners *, const struct listeners *kept);
/* Remove the Unix sockets that are not in kept, before closing them. */
void listen_remove(const struct listeners *, const struct listeners *kept);
/*
 * Whether conf wants to listen on its port, but not at its address, so that it
 * may have to be closed first.
 */
bool listen_is_in_way(const struct listener *, const struct conf *);
/* Close one, and take it off the list. */
void listen_drop(struct listeners *, struct listener *);
/* The listener with this descriptor; NULL if there is none. */
struct listener *listen_find(const struct listeners *, int fd);

/*
 * The next connection, and its numeric address; -1 with errno, which is EAGAIN
 * when there is none.
 */
int listen_accept(int listener, char peer[LISTEN_PEER]);
/* Whether a PROXY header is believed that comes from this peer. */
bool listen_trusts(const struct listener *, const char *peer);
/* The text of a numeric address; that of a Unix socket is "local". */
void listen_peer_text(char text[LISTEN_PEER], const struct sockaddr *);

#endif
