/*
 * listen.h - TCP sockets: those that listen, those that were accepted, and how
 * their addresses read.  None of them blocks or survives exec.
 */
#ifndef MNM_NET_LISTEN_H
#define MNM_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "conf.h"

#define NET_LISTENERS_MAX 16	/* addresses that one name may have */
#define NET_PEER 64	/* "[address]:port" */

/* Only this machine can reach a server that listens on this host. */
bool net_is_loopback(const char *host);

/*
 * Listen on every address of conf's listen_laddr that its listen_net covers,
 * or with listen_net "unix" on the Unix socket at that path, which is made.
 * Looks the name up, which may take a while.  Returns how many sockets fds got,
 * or -1 and why.
 */
int net_listen(int fds[NET_LISTENERS_MAX], const struct conf *, char *why,
    size_t room);
/*
 * The next connection, and where it came from in numbers; -1 with errno, which
 * is EAGAIN when there is none.
 */
int net_accept(int listener, char peer[NET_PEER]);

/* send and recv that go on after a signal, and never raise SIGPIPE. */
ssize_t net_send(int fd, struct span);
ssize_t net_recv(int fd, char *dst, size_t room);

#endif
