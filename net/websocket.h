/*
 * websocket.h - the frames of WebSocket (RFC 6455), the server's side, without
 * I/O: bytes of the connection in, bytes of messages out.
 *
 *	while (n > 0 && websocket_is_open(w)) {
 *		used = websocket_input(w, bytes, n, &data, now);
 *		... data, if any, is for the application
 *	}
 *	websocket_frame(p, n)              makes each message that is sent
 *	w->out                             to send, between two messages
 *	websocket_expire(w, now)           at websocket_deadline
 *
 * Messages are binary, of any size and in any fragments: the application sees
 * one stream of bytes.  What breaks the protocol ends it with a close frame.
 */
#ifndef MNM_NET_WEBSOCKET_H
#define MNM_NET_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

#define WEBSOCKET_HEADER_MAX  14	/* bytes before a received payload */
#define WEBSOCKET_CONTROL_MAX 125	/* bytes of a control frame's payload */
#define WEBSOCKET_HEAD        4		/* bytes before what is sent ... */
#define WEBSOCKET_SEND_MAX    65535	/* ... of at most so many */

#define WEBSOCKET_KEY    24		/* text of the client's key */
#define WEBSOCKET_ACCEPT 28		/* ... of the answer to it */

/* Status codes of a close frame (RFC 6455, section 7.4.1). */
enum websocket_code {
	WEBSOCKET_NORMAL      = 1000,
	WEBSOCKET_PROTOCOL    = 1002,
	WEBSOCKET_UNSUPPORTED = 1003,	/* text */
	WEBSOCKET_NOT_UTF8    = 1007,
	WEBSOCKET_POLICY      = 1008,
	WEBSOCKET_TOO_BIG     = 1009
};

/* What comes next; a connection begins with WEBSOCKET_HEADER, 0. */
enum websocket_state {
	WEBSOCKET_HEADER,
	WEBSOCKET_PAYLOAD,
	WEBSOCKET_CLOSED	/* nothing is read any more */
};

/* To be read by others.  Idle ones are many: it is kept small. */
struct websocket {
	struct buf out;		/* control frames to send; the caller's */
	unsigned char *control;	/* payload of a control frame, or NULL */
	uint32_t left;		/* bytes of the payload to come */
	uint32_t ping_at;	/* now.mono in seconds */
	uint32_t message_by;	/* ... when the message must be here */
	uint32_t fragments;	/* of the message */
	unsigned char header[WEBSOCKET_HEADER_MAX];
	uint8_t header_length, control_length;
	uint8_t state;		/* enum websocket_state */
	uint8_t opcode;		/* of the frame */
	uint8_t mask_at;	/* byte of the mask for the next byte */
	uint8_t last_pong;	/* bytes of the pong at the end of out */
	bool in_message;	/* fragments of a message are still to come */
	bool close_sent;
};

/*
 * The answer to a client's Sec-WebSocket-Key.  False if that is not the base64
 * of 16 bytes.
 */
bool websocket_accept(char answer[WEBSOCKET_ACCEPT], struct span key);

struct websocket *websocket_open(struct now);
void websocket_free(struct websocket *);

bool websocket_is_open(const struct websocket *);
/*
 * Take some of n bytes, which are overwritten; returns how many.  *data are
 * those among them that belong to a message, unmasked; it may be empty.
 */
size_t websocket_input(struct websocket *, char *bytes, size_t n,
    struct span *data, struct now);
/*
 * Make a message of n bytes, at most WEBSOCKET_SEND_MAX, that stand at
 * p + WEBSOCKET_HEAD; returns its length.  It begins at p.
 */
size_t websocket_frame(char *p, size_t n);
/* Begin to close.  The reason, at most 123 bytes of UTF-8, is for people. */
void websocket_close(struct websocket *, enum websocket_code,
    struct span reason);

/* When websocket_expire must be called, in now.mono's milliseconds. */
uint64_t websocket_deadline(const struct websocket *);
/* Ping a quiet peer, so that no proxy cuts the connection; end the late. */
void websocket_expire(struct websocket *, struct now);

#endif
