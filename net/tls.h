/*
 * tls.h - the server's end of one TLS 1.2 connection, over bytes: wire bytes
 * in, plain bytes out, and the reverse.  No socket is touched here.
 *
 * All connections of a struct tls share its buffers, so one is served at a
 * time, between tls_enter and tls_leave; at tls_leave what is unfinished is
 * saved with the connection.
 *
 *	tls_enter(conn);
 *	p = tls_wire_room(conn, &room);          recv into p
 *	tls_wire_in(conn, n);
 *	while (tls_plain_in(conn, &plain))       plain is borrowed until the
 *		...                               next call on this connection
 *	p = tls_plain_room(conn, &room);         NULL: not now
 *	tls_plain_out(conn, n);                  n bytes were put at p
 *	wire = tls_wire_out(conn);               send it
 *	tls_wire_sent(conn, n);
 *	tls_leave(conn);
 *
 * Errors stick: tls_error has them in words, and then no bytes move but the
 * alert that is still in tls_wire_out.
 */
#ifndef MNM_NET_TLS_H
#define MNM_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct cert;
struct tls;
struct tls_conn;

/* Make the server's context.  Never fails (but for memory). */
struct tls *tls_open(void);
/* All its connections must have been closed. */
void tls_close(struct tls *);
/*
 * No session is resumed whose handshake is done already.  Peers that resume do
 * not look at the certificate.
 */
void tls_forget_sessions(struct tls *);

/* Before its handshake, until the end of which the certificate must exist. */
struct tls_conn *tls_conn_open(struct tls *, const struct cert *);
void tls_conn_close(struct tls_conn *);

void tls_enter(struct tls_conn *);
void tls_leave(struct tls_conn *);

/* NULL: first take what was received, with tls_plain_in. */
char *tls_wire_room(struct tls_conn *, size_t *room);
void tls_wire_in(struct tls_conn *, size_t n);
/*
 * False when there are no more whole records.  If you stop earlier, the rest
 * waits with the connection for a later turn, but no socket reports it.
 */
bool tls_plain_in(struct tls_conn *, struct span *plain);
/*
 * Each piece of up to 16 KiB (less if the client asked for it) becomes one
 * record; there is always room for a whole one.  NULL before the handshake is
 * done, while bytes of an earlier turn wait to be sent, after 64 KiB, and at
 * the end.
 */
char *tls_plain_room(struct tls_conn *, size_t *room);
void tls_plain_out(struct tls_conn *, size_t n);
/* Call both until nothing is left, or the socket is full. */
struct span tls_wire_out(const struct tls_conn *);
void tls_wire_sent(struct tls_conn *, size_t n);

/* Wire bytes wait to be sent.  Needs no tls_enter. */
bool tls_wants_out(const struct tls_conn *);
/* The peer's first message was answered, and the handshake is not done. */
bool tls_has_begun(const struct tls_conn *);
/* The handshake is done and plain bytes may flow.  Needs no tls_enter. */
bool tls_is_open(const struct tls_conn *);
/* Queue close_notify if it is open; plain bytes no longer go out. */
void tls_finish(struct tls_conn *);
/* The peer has sent close_notify: there will be no more plain bytes. */
bool tls_peer_finished(const struct tls_conn *);
/* NULL, or what went wrong; "not TLS" without a single TLS record. */
const char *tls_error(const struct tls_conn *);
/* The error is "not TLS": the log only counts these. */
bool tls_is_stranger(const struct tls_conn *);
/* What it has sent.  Valid until tls_leave. */
struct span tls_strange_bytes(const struct tls_conn *);

#endif
