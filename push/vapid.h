/*
 * vapid.h - how the relay identifies itself to push services (RFC 8292): a
 * P-256 key, and tokens that are signed by it (JWT, ES256).
 */
#ifndef MNM_PUSH_VAPID_H
#define MNM_PUSH_VAPID_H

#include <stdint.h>

#include <bearssl_ec.h>

#include "base/buf.h"

#define VAPID_KEY 87		/* the public key as text */

/* The public key, NUL-terminated: an uncompressed point in base64url. */
void vapid_key(char dst[VAPID_KEY + 1], const br_ec_private_key *);
/*
 * Append a token for the service at a host, valid until exp (in seconds since
 * 1970).  contact is as in conf.
 */
void vapid_token(struct buf *, const br_ec_private_key *, struct span host,
    struct span contact, uint64_t exp);

#endif
