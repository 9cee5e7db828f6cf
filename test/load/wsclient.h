/*
 * wsclient.h - WebSocket over a client's connection: its other end from
 * net/websocket's, and as little of it as a benchmark needs.
 *
 *	wsclient_begin(&w, c);
 *	wsclient_send(c, bytes);
 *	while (wsclient_next(&w, c, &reply))
 *		...
 *	wsclient_free(&w);
 *
 * What is not WebSocket ends the program.
 */
#ifndef MNM_TEST_WSCLIENT_H
#define MNM_TEST_WSCLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct client;
struct reply;

struct wsclient {
	bool begun;		/* the handshake was answered */
	struct buf wire;	/* received, as frames of WebSocket */
	struct buf in;		/* what was in them */
	size_t in_at;		/* bytes of that that were returned */
};

/* Add the handshake to what the client sends; it need not be answered. */
void wsclient_begin(struct wsclient *, struct client *);
void wsclient_free(struct wsclient *);
/* Add a message to what the client sends next. */
void wsclient_send(struct client *, struct span);
/* As client_next. */
bool wsclient_next(struct wsclient *, struct client *, struct reply *);

#endif
