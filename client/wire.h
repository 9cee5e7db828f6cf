/*
 * wire.h - frames as a client sends and gets them.  There is no I/O here.
 */
#ifndef MNM_CLIENT_WIRE_H
#define MNM_CLIENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * A frame from the relay, borrowed from the bytes it was read from.  Text is
 * as it stands in the JSON; its p is NULL where the header has none.
 */
struct reply {
	struct span header;	/* the JSON */
	struct span data;
	struct span op, id, from, msgid, error, uid, nodeid;
	struct span headsum;	/* the digits */
	size_t bytes;		/* of the frame */
};

/* Append a frame with this header, without its length, and data. */
void wire_frame(struct buf *, struct span header, struct span data);

enum wire_result {
	WIRE_FRAME,
	WIRE_PART,	/* reply's bytes say how many are needed to go on */
	WIRE_INVALID
};

/* Read the frame that bytes begin with. */
enum wire_result wire_read(struct reply *, struct span bytes);
/* Whether the headsum is right; only a message must have one. */
bool wire_is_intact(const struct reply *);
/*
 * Read the digits and the header that bytes begin with: WIRE_FRAME as soon as
 * it is complete.  Then data.n is how many bytes of data follow.
 */
enum wire_result wire_head(struct reply *, struct span bytes);
/*
 * Read a client's own request, all of these bytes: header, id and data.
 */
bool wire_read_request(struct reply *, struct span bytes);
/*
 * Append what the text of this member means, and return whether the header has
 * it; or its number, 0 if there is none.
 */
bool wire_text(const struct reply *, const char *key, struct buf *to);
uint64_t wire_number(const struct reply *, const char *key);
/* Whether it is true. */
bool wire_flag(const struct reply *, const char *key);
/* A message is to be acked. */
bool wire_is_message(const struct reply *);

#endif
