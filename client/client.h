/*
 * client.h - a client's connections to a relay: TLS 1.2 over TCP or a Unix
 * socket, or plain bytes over a Unix socket.  Thousands fit in one process.
 *
 *	pool = client_pool_open();
 *	c = client_connect(pool, port, NULL);
 *	wait for client_interest(c) on client_fd(c)
 *	client_step(c, event.can);
 *	while (client_next(c, &reply))
 *		...
 *	client_put(c, header, data);
 *	client_push(c);
 *	client_close(c);
 *
 * Nothing here waits, and errors stick.  The connections of a pool share their
 * buffers; one costs 4 kB (and 4 kB more until its handshake is done).
 */
#ifndef MNM_CLIENT_CLIENT_H
#define MNM_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "client/wire.h"

struct client_pool;
struct client;
struct poller;
struct trust;

/* A TLS session to resume, also by another process of the same program. */
struct client_resume {
	size_t size;		/* 0: none */
	unsigned char bytes[128];	/* secret */
};

/* With TLS; any certificate is accepted until client_pool_pin. */
struct client_pool *client_pool_open(void);
/* For plain bytes. */
struct client_pool *client_pool_open_plain(void);
/* After its connections; NULL is fine. */
void client_pool_close(struct client_pool *);
/*
 * Accept only the relay with this fingerprint, "AB:CD:...", as trust.h says;
 * none if this is not a fingerprint.
 */
void client_pool_pin(struct client_pool *, const char *fingerprint);
/* Accept only what this accepts, which must outlive the pool. */
void client_pool_trust(struct client_pool *, const struct trust *);
/* Offer only this cipher suite (a BR_TLS_ number) from now on. */
void client_pool_suite(struct client_pool *, uint16_t suite);

/*
 * Connect to 127.0.0.1:port.  earlier, or NULL, is a connection whose TLS
 * session is to be resumed.  NULL with errno when there is no socket.
 */
struct client *client_connect(struct client_pool *, uint16_t port,
    const struct client *earlier);
/*
 * Connect to the Unix socket at path.  NULL with errno, which is EAGAIN when
 * the other side cannot accept more connections just now.
 */
struct client *client_connect_unix(struct client_pool *, const char *path);
/*
 * Connect to this address.  host, or NULL, is the name that is asked for and
 * that a certificate from an authority must have; resume, or NULL, as earlier.
 */
struct client *client_connect_to(struct client_pool *,
    const struct sockaddr *address, socklen_t length, const char *host,
    const struct client_resume *resume);
/* Once it is open: false if the relay does not resume. */
bool client_resume_get(const struct client *, struct client_resume *);
/* Close the socket at once; client_finish is politer.  NULL is fine. */
void client_close(struct client *);

int client_fd(const struct client *);
/* What to wait for, and what it can do now: sets as in poller.h. */
unsigned client_interest(const struct client *);
/*
 * Let this poller wait for that from now on, with owner, until client_close.
 * Returns -1 with errno as poller_add.
 */
int client_watch(struct client *, struct poller *, void *owner);
/* Receive once, continue the handshake, send. */
void client_step(struct client *, unsigned can);
/*
 * The next frame received, or false if none is complete.  It is borrowed until
 * the next call of this or of client_step.
 */
bool client_next(struct client *, struct reply *);
/*
 * In place of client_next: bytes as they were received, borrowed until the next
 * call for any connection of the pool.
 */
bool client_recv(struct client *, struct span *plain);
/* Add a frame to what the next client_push or client_step sends. */
void client_put(struct client *, struct span header, struct span data);
/* The same with any bytes. */
void client_send(struct client *, struct span bytes);
/* Encrypt what was added, and send what the socket takes. */
void client_push(struct client *);
/* Queue close_notify. */
void client_finish(struct client *);

/* How many bytes wait to be sent. */
size_t client_pending(const struct client *);
/*
 * While the handshake is not done, and after one that failed: the relay's
 * fingerprint as trust_seen gives it, or "".
 */
const char *client_fingerprint(const struct client *);

/* Connected, as far as is known, and the handshake is done. */
bool client_is_open(const struct client *);
/* The handshake resumed the session of earlier. */
bool client_is_resumed(const struct client *);
/* NULL, or why nothing more will be received. */
const char *client_over(const struct client *);
/* The relay sent close_notify. */
bool client_peer_finished(const struct client *);
/* 0, a BearSSL error number (256 + an alert received), or -1: the socket. */
int client_error(const struct client *);

#endif
