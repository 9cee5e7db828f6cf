/*
 * server.h - listening sockets, connections, and the loop that carries bytes
 * between them, TLS and the protocol.
 *
 *	sv = server_open(conf, why, room)     binds: root may be needed here
 *	server_start(sv, data, cert, offset)
 *	server_run(sv, wake)                  serves until wake is readable
 *	server_stop(sv)                       says goodbye, commits
 *	server_close(sv)
 *
 * conf, data and cert must outlive the server.
 */
#ifndef MNM_SERVER_H
#define MNM_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct cert;
struct conf;
struct datadir;
struct server;

/*
 * Listen as conf says.  Clients wait in the system's queue until server_run.
 * Returns NULL and why, one sentence.
 */
struct server *server_open(const struct conf *, char *why, size_t room);
/*
 * Get ready to serve, without TLS if cert is NULL.  clock_offset is how many
 * milliseconds the system's clock is behind the true time; it is added to the
 * clock until that is set.  -1 with errno when sockets cannot be watched.
 */
int server_start(struct server *, struct datadir *, const struct cert *,
    int64_t clock_offset);
/*
 * Serve until wake is readable: 0; the caller reads it.  -1 with errno when
 * data can no longer be stored: then stop the program.
 */
int server_run(struct server *, int wake);
/* Use the changed conf, except for where to listen. */
void server_reload(struct server *);
/*
 * Use another certificate.  Connections in the middle of their handshake end,
 * as they use the one before, which then may be freed.
 */
void server_set_cert(struct server *, const struct cert *);
/*
 * Accept no more, commit, send every connection a quit, and wait a second at
 * most for that to leave.  -1 with errno as server_run.
 */
int server_stop(struct server *);
void server_close(struct server *);

#endif
