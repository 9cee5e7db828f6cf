/*
 * tls.h - one TLS 1.2 link over bytes: wire bytes in, plain bytes out, and
 * the reverse.  No socket is touched here.
 *
 * All links of a struct tls share its buffers, so one link is served at a
 * time, between tls_enter and tls_leave; at tls_leave what is unfinished is
 * saved with the link.
 *
 *	tls_enter(link);
 *	p = tls_wire_room(link, &room);          recv into p
 *	tls_wire_in(link, n);
 *	while (tls_plain_in(link, &plain))       plain is borrowed until the
 *		...                               next call on this link
 *	p = tls_plain_room(link, &room);         NULL: not now
 *	tls_plain_out(link, n);                  n bytes were put at p
 *	wire = tls_wire_out(link);               send it
 *	tls_wire_sent(link, n);
 *	tls_leave(link);
 *
 * Errors stick: tls_error tells them in words, and no bytes come or go then
 * but the alert that is still in tls_wire_out.
 */
#ifndef MNM_NET_TLS_H
#define MNM_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/cert.h"

struct tls;
struct tls_conn;

/*
 * Make the server's context for this certificate, which must outlive it and
 * every link of it.  Never fails (but for memory).
 */
struct tls *tls_open(const struct cert *);
/*
 * Go on with another certificate, on the same terms.  Links whose handshake is
 * under way must have been closed: they use the one before.
 */
void tls_set_cert(struct tls *, const struct cert *);
/* All its links must have been closed. */
void tls_close(struct tls *);

/* A new link, before its handshake.  NULL if the system has no randomness. */
struct tls_conn *tls_conn_open(struct tls *);
void tls_conn_close(struct tls_conn *);

void tls_enter(struct tls_conn *);
void tls_leave(struct tls_conn *);

/* NULL: take what came with tls_plain_in first. */
char *tls_wire_room(struct tls_conn *, size_t *room);
void tls_wire_in(struct tls_conn *, size_t n);
/*
 * False when no more whole records are there.  Who stops earlier finds the
 * rest in a later turn: it waits with the link, but no socket tells of it.
 */
bool tls_plain_in(struct tls_conn *, struct span *plain);
/*
 * Each piece of up to 16 KiB (less if the client asked for it) becomes one
 * record; room is always for a whole one.  NULL before the handshake is done,
 * while bytes of an earlier turn wait to be sent, after 64 KiB, and at the
 * end.
 */
char *tls_plain_room(struct tls_conn *, size_t *room);
void tls_plain_out(struct tls_conn *, size_t n);
/* Call both until there is nothing left, or the socket is full. */
struct span tls_wire_out(const struct tls_conn *);
void tls_wire_sent(struct tls_conn *, size_t n);

/* Wire bytes wait to be sent.  Needs no tls_enter. */
bool tls_wants_out(const struct tls_conn *);
/* The handshake is done and plain bytes may flow.  Needs no tls_enter. */
bool tls_is_open(const struct tls_conn *);
/* Queue close_notify if it is open; plain bytes no longer go out. */
void tls_finish(struct tls_conn *);
/* The peer has said close_notify; no more plain bytes will come. */
bool tls_peer_finished(const struct tls_conn *);
/* NULL, or what went wrong.  Not even one TLS record came: "not TLS". */
const char *tls_error(const struct tls_conn *);
/* "not TLS" errors are folded in the log: they tell nothing of use. */
bool tls_is_stranger(const struct tls_conn *);

#endif
