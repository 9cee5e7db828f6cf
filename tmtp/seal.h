/*
 * seal.h - a nodeid in a stored message, which no file may hold in clear.
 *
 * A nodeid is a password.  That of a new node is in the message about it to all
 * nodes of its user, sealed by a key that only the session of the node that
 * asked has; the others are sent the message without it:
 *
 *	key	HMAC-SHA256(key: the session's own nodeid, text: "new node")
 *	mask	HMAC-SHA256(key, text: the message's id, little-endian)
 *	sealed	nodeid xor the first bytes of mask, both in base 32
 *
 * The headsum is that of the clear frame: it shows whether a key fits.
 */
#ifndef MNM_TMTP_SEAL_H
#define MNM_TMTP_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SEAL_KEY 32
#define SEAL_FRAME_MAX 1024	/* no sealed frame is longer */

void seal_key(unsigned char key[SEAL_KEY], struct span nodeid);
/* Seal the nodeid in the clear frame of the message with that id. */
void seal_frame(const unsigned char key[SEAL_KEY], uint64_t id, char *frame,
    size_t n);
/* Whether a whole frame has a nodeid. */
bool seal_is_in(struct span frame);
/*
 * Make a stored frame ready to be sent: a nodeid that the key does not fit is
 * left out, as another node has asked for it.
 */
void seal_open(const unsigned char key[SEAL_KEY], uint64_t id, struct buf *);

#endif
