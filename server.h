/*
 * server.h - listening sockets, connections, and the loop that carries bytes
 * between them, TLS and the protocol.
 *
 *	sv = server_open(conf, why, room)     binds: root may be needed here
 *	server_start(sv, data, ids, offset, why, room)
 *	server_watch(sv, wake)
 *	server_run(sv)                        serves until wake is readable; or
 *	server_turn(sv, timeout)                once in a while
 *	server_stop(sv)                       says goodbye, commits
 *	server_close(sv)
 *
 * conf, data and ids must outlive the server.
 */
#ifndef MNM_SERVER_H
#define MNM_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cert;
struct channels;
struct conf;
struct datadir;
struct identities;
struct server;

/*
 * Listen as conf says.  Clients wait in the system's queue until server_run,
 * or server_turn.
 * Returns NULL and why, one sentence.
 */
struct server *server_open(const struct conf *, char *why, size_t room);
/* How many bytes of memory all connections may take, at most. */
uint64_t server_memory_max(const struct conf *);
/*
 * Get ready to serve, without TLS if ids is NULL.  clock_offset is how many
 * milliseconds the system's clock is behind the true time; it is added to the
 * clock until that is set.  -1 and why.
 */
int server_start(struct server *, struct datadir *, const struct identities *,
    int64_t clock_offset, char *why, size_t room);
/* Watch another descriptor, too.  -1 with errno. */
int server_watch(struct server *, int wake);
/* Whether that was readable since the last call; the caller reads it. */
bool server_is_woken(struct server *);
/* Whether the operator has asked for a reload since the last call. */
bool server_wants_reload(struct server *);
/* It is done, or why it failed: the operator is told. */
void server_reloaded(struct server *, const char *why);
/*
 * One turn of the loop, with timeout milliseconds of waiting at most (-1: as
 * long as nothing happens).  -1 with errno when data can no longer be stored:
 * then stop.
 */
int server_turn(struct server *, int timeout);
/* Turns until server_is_woken: then 0. */
int server_run(struct server *);
/*
 * For another loop: what is readable when server_turn has something to do, or
 * -1 if the system has no such thing; and in how many milliseconds it has at
 * the latest, or -1.
 */
int server_fd(const struct server *);
int server_timeout(struct server *);
/* Where programs in this process connect. */
struct channels *server_channels(const struct server *);
/*
 * Listen where this conf says, which is about to replace the one of
 * server_open; then call server_set_certs.  What is in both goes on, and so do
 * all connections.  -1 and why: nothing has changed.
 */
int server_listen(struct server *, const struct conf *, char *why, size_t room);
/*
 * Use other certificates for new connections.  The others may be freed as soon
 * as no handshake needs them, which lasts for login_timeout at most.
 */
void server_set_certs(struct server *, const struct identities *);
/* Clients must look at the certificate again: none resumes a TLS session. */
void server_forget_sessions(struct server *);
bool server_needs_cert(const struct server *, const struct cert *);
/* Use the changed conf, apart from that. */
void server_reload(struct server *);
/*
 * Accept no more, remove the Unix sockets, commit, send every connection a
 * quit, and wait a second at most for that to leave.  -1 with errno as
 * server_turn.  It need not have started.
 */
int server_stop(struct server *);
void server_close(struct server *);

#endif
