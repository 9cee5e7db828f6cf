/*
 * http.h - HTTP/1.1 (RFC 9112), the server's side, without I/O: a table of
 * files, a few answers that the relay gives, and the way to WebSocket.
 *
 *	http_input(h, bytes, now)
 *	if (http_asks(h) != HTTP_NOTHING)
 *		http_answer(h, status, type, text, now);
 *	n = http_output(h, dst, room, now)       0: nothing to send now
 *	http_is_over(h)                          time to close
 *	http_is_upgraded(h)                      h->out is to be sent, and h->in
 *	                                           are the first bytes received
 *
 * Requests are answered one after the other.  What is malformed, ambiguous or
 * has a body is refused, and that ends the connection.
 */
#ifndef MNM_NET_HTTP_H
#define MNM_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

struct conf;

/* A file of the page; the Makefile makes the table (web/embed). */
struct http_file {
	const char *path;	/* "/app.js"; the index's is "/" */
	const char *type;
	const char *etag;	/* with its quotes */
	const unsigned char *gzip;	/* its content, compressed */
	size_t length;		/* of that */
};

extern const struct http_file http_files[];
extern const size_t http_files_count;
/*
 * A hash of all of them.  A file is also found below it, as "/HASH/app.js", and
 * there it never changes.
 */
extern const char http_files_hash[];

/* What is special about a connection: a set of these. */
enum http_flag {
	HTTP_TLS   = 1 << 0,	/* "https" is its own */
	HTTP_HSTS  = 1 << 1,	/* browsers trust the certificate */
	HTTP_LOCAL = 1 << 2,	/* it may see what the operator sees */
	HTTP_CA    = 1 << 3	/* it sees the relay's authority alone */
};

/* What a request asks of the relay. */
enum http_ask {
	HTTP_NOTHING, HTTP_HEALTH, HTTP_METRICS, HTTP_CA_CERT, HTTP_CA_PAGE
};

/* To be read by others. */
struct http {
	const struct conf *conf;
	unsigned flags;
	enum http_ask asks;
	bool over, upgraded;
	bool head_only;		/* the request is HEAD */
	struct buf in;		/* received, and not used */
	struct buf out;		/* to send, and then body, which is a file's */
	struct span body;
	size_t at, line;	/* in.p[0..at) is checked; its last line */
	uint64_t until;		/* now.mono: deadline of the request */
};

/* conf is for web, web_origins and login_timeout. */
struct http *http_open(const struct conf *, unsigned flags, struct now);
void http_free(struct http *);

void http_input(struct http *, struct span, struct now);
/* Whether more bytes may be given now: not while there is much to do. */
bool http_wants_input(const struct http *);
size_t http_output(struct http *, char *dst, size_t room, struct now);
bool http_is_over(const struct http *);
bool http_is_upgraded(const struct http *);

enum http_ask http_asks(const struct http *);
/* The answer to what it asks: 200, 404 or 503. */
void http_answer(struct http *, unsigned status, const char *type,
    struct span text, struct now);

/* When it has taken too long over a request, or between two. */
uint64_t http_deadline(const struct http *);

/* Whether a connection that begins with this byte is HTTP, and not TMTP. */
bool http_begins(char);
/*
 * Append the answer to a peer that speaks HTTP, or TMTP, without TLS where
 * there must be TLS; nothing if these first bytes are neither.
 */
void http_refuse_plain(struct buf *, struct span first, struct now);

#endif
