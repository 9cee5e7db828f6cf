/*
 * stream.h - bytes in and out of one socket, through TLS or as they are, or of
 * one channel of this process; and an end at which the last bytes still arrive.
 *
 *	stream_open(s, fd, tls, cert), or stream_open_channel(s, channel)
 *	stream_enter(s)
 *	stream_receive(s)                        when the socket is readable
 *	while (stream_read(s, &bytes))
 *		...
 *	while ((p = stream_room(s, &room)) != NULL)
 *		stream_write(s, n);              n bytes were put at p
 *	stream_flush(s, now)
 *	stream_finish(s, now)                    when all is said, or
 *	                                           stream_is_over
 *	stream_leave(s)
 *	stream_expire(s)                         at close_by
 *	stream_close(s)                          at STREAM_GONE, or at any time
 *
 * Nothing here blocks, and nothing here watches the socket.  Streams share the
 * buffers of TLS, so one is served at a time, between stream_enter and
 * stream_leave; the functions below stream_close need neither.
 */
#ifndef MNM_NET_STREAM_H
#define MNM_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

#define STREAM_NEVER UINT64_MAX	/* a deadline that never comes */

/* About as many bytes one stream may send, or receive, in a turn. */
#define STREAM_TURN ((size_t)64 << 10)

struct cert;
struct channel;
struct plain;
struct tls;
struct tls_conn;

enum stream_phase {
	STREAM_OPEN,		/* bytes go both ways */
	STREAM_FLUSHING,	/* the last are being sent, none are read */
	STREAM_LINGERING,	/* all are sent; the peer has to close */
	STREAM_GONE		/* nothing is left to do but stream_close */
};

/* To be read by others; only this module writes it. */
struct stream {
	int fd;			/* -1: a channel */
	struct channel *channel;	/* NULL: a socket */
	enum stream_phase phase;
	bool established;	/* its TLS handshake, if any, is done */
	bool at_end;		/* the peer has shut down the socket */
	struct tls_conn *tls;	/* NULL: bytes go as they are */
	struct plain *plain;	/* ... and wait here; else NULL */
	uint64_t close_by;	/* in now.mono; STREAM_NEVER while open */
};

/*
 * Take over a connected socket.  tls is NULL where only this machine reaches
 * it.  cert as for tls_conn_open.
 */
void stream_open(struct stream *, int fd, struct tls *, const struct cert *);
/* Take over the relay's end of a channel. */
void stream_open_channel(struct stream *, struct channel *);

void stream_enter(struct stream *);
void stream_leave(struct stream *);

/* One recv, of up to 64 KiB, for stream_read. */
void stream_receive(struct stream *);
/*
 * The next bytes, valid until the next call and free to be overwritten; false
 * if none are left.
 */
bool stream_read(struct stream *, struct span *);
/* The peer will send no more, or TLS has failed: time for stream_finish. */
bool stream_is_over(const struct stream *);

/*
 * Where the next bytes to send go, which best leave together: as one record of
 * TLS.  NULL: not now.
 */
char *stream_room(struct stream *, size_t *room);
void stream_write(struct stream *, size_t n);
/* Send; what the socket does not take waits for the next call. */
void stream_flush(struct stream *, struct now);
/* Begin the end: no more bytes can be read or written. */
void stream_finish(struct stream *, struct now);

void stream_close(struct stream *);

/* Limit how long the peer may take for the last bytes, once. */
void stream_end_soon(struct stream *, struct now);
/* close_by has passed. */
void stream_expire(struct stream *);
/* Whether stream_receive would take anything. */
bool stream_wants_input(const struct stream *);
/* Bytes wait for the socket to be writable. */
bool stream_wants_output(const struct stream *);
/* Its handshake is going on: the peer's first message was answered. */
bool stream_has_begun(const struct stream *);
/* NULL, or what went wrong in TLS. */
const char *stream_error(const struct stream *);
/* The peer has sent nothing that is TLS. */
bool stream_is_stranger(const struct stream *);
/* What it has sent instead.  Valid until stream_leave. */
struct span stream_strange_bytes(const struct stream *);
/* Answer it as it is, in one short send, and begin the end. */
void stream_refuse(struct stream *, struct span text, struct now);

#endif
