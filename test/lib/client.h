/*
 * client.h - TLS 1.2 clients for tests, load and benchmarks: thousands of
 * links in one process, driven by poll.
 *
 *	pool = client_pool_open();
 *	c = client_connect(pool, port);
 *	poll client_fd(c) for client_events(c)
 *	client_step(c, revents);
 *	while (client_recv(c, &plain))
 *		...
 *	client_send(c, text);  client_push(c);
 *	client_close(c);
 *
 * Or, for a talk with one server, wait with a limit in milliseconds:
 *
 *	client_await_open(c, 5000);
 *	client_send(c, text);
 *	n = client_read(c, dst, sizeof(dst), 5000);
 *
 * The links of a pool share their buffers; a link costs 4 kB (and 4 kB more
 * until its handshake is done).  Errors stick.  Nothing here is shared with
 * the server's tls.c: a client is BearSSL's own engine.
 */
#ifndef MNM_TEST_CLIENT_H
#define MNM_TEST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct client_pool;
struct client;

/* Certificates are accepted blindly until client_pool_pin. */
struct client_pool *client_pool_open(void);
void client_pool_close(struct client_pool *);
/* Accept only the certificate with this fingerprint, "AB:CD:...". */
void client_pool_pin(struct client_pool *, const char *fingerprint);
/* Offer only this cipher suite (a BR_TLS_ number) from now on. */
void client_pool_suite(struct client_pool *, uint16_t suite);

/*
 * Connect to 127.0.0.1:port without waiting.  earlier, or NULL, is a link
 * whose session is to be resumed.  NULL with errno when there is no socket.
 */
struct client *client_connect(struct client_pool *, uint16_t port,
    const struct client *earlier);
/* Close the socket at once and free the link; client_finish is politer. */
void client_close(struct client *);

int client_fd(const struct client *);
/* What to poll for. */
short client_events(const struct client *);
/* After poll: receive once, go on with the handshake, send. */
void client_step(struct client *, short revents);
/*
 * The next bytes that came; false: no more for now.  They are borrowed until
 * the next call for any link of the pool.
 */
bool client_recv(struct client *, struct span *plain);
/* Encrypt and queue; before the handshake is done it waits in the clear. */
void client_send(struct client *, struct span text);
/* Send what the socket takes. */
void client_push(struct client *);
/* Wire bytes that are queued. */
size_t client_unsent(const struct client *);
/* Queue close_notify. */
void client_finish(struct client *);

bool client_is_open(const struct client *);
/* The handshake took up the session of earlier. */
bool client_is_resumed(const struct client *);
/* Nothing more will come: end of file, close_notify or an error. */
bool client_is_over(const struct client *);
/* The server said close_notify. */
bool client_peer_finished(const struct client *);
/* 0, a BearSSL error number (256 + an alert that came), or -1: the socket. */
int client_error(const struct client *);

/* These wait, for at most so many milliseconds in all. */
bool client_await_open(struct client *, int milliseconds);
/* Send all that is queued. */
bool client_flush(struct client *, int milliseconds);
/* Sends what is queued, and reads n bytes, or fewer if that is all. */
size_t client_read(struct client *, void *dst, size_t n, int milliseconds);
/* Until the server has closed the link; what comes is dropped. */
bool client_await_over(struct client *, int milliseconds);

#endif
