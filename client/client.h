/*
 * client.h - the client's end of a link, for the simulation: it connects to a
 * Unix socket, with or without TLS, sends frames and takes those that come.
 *
 *	d = dial_open(path, tls)
 *	wait for dial_interest(d) on dial_fd(d), then dial_step(d)
 *	while (dial_next(d, &frame))
 *		...
 *	dial_put(d, ...)
 *	dial_close(d)
 *
 * Nothing here blocks, and errors stick.
 */
#ifndef MNM_CLIENT_CLIENT_H
#define MNM_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/cert.h"

struct dial;
struct dial_tls;

/*
 * A frame that came.  Text is as it stands in the JSON, and its p is NULL
 * where the header has none; all is borrowed until the next call.
 */
struct dial_frame {
	struct span header;	/* the JSON */
	struct span data;
	struct span op, id, from, msgid, error, uid, nodeid, gid;
	size_t datalen;
	bool has_headsum;
	bool intact;		/* what headsum tells is true */
};

/* For links that trust this certificate's key, and no other. */
struct dial_tls *dial_tls_open(const struct cert *);
void dial_tls_close(struct dial_tls *);

/*
 * Connect to the socket at path; tls is NULL for plain bytes.  NULL with
 * errno, which is EAGAIN when the other side cannot take more just now.
 */
struct dial *dial_open(const char *path, const struct dial_tls *tls);
/* NULL is fine. */
void dial_close(struct dial *);

int dial_fd(const struct dial *);
/* What to wait for, a set as in ready.h. */
unsigned dial_interest(const struct dial *);
/* Receive and send as far as the socket allows. */
void dial_step(struct dial *);
/* The next whole frame; false: there is none, yet. */
bool dial_next(struct dial *, struct dial_frame *);
/* NULL, or why no more bytes will come. */
const char *dial_over(const struct dial *);

/* Send a frame with this header, without its digits, and data. */
void dial_put(struct dial *, struct span header, struct span data);

#endif
