/*
 * signer.h - a provider of identities: keys that openssl makes, and tokens that
 * it signs by them.
 *
 * What cannot be done here ends the test program.
 */
#ifndef MNM_TEST_SIGNER_H
#define MNM_TEST_SIGNER_H

#include "base/buf.h"

/* Once in a program. */
void signer_open(void);
void signer_close(void);

/* Make a key, to be known by a name, which is also its kid. */
void signer_make_rsa(const char *name, unsigned bits);
/* The name of an EC key begins with an e; curve is openssl's name for it. */
void signer_make_ec(const char *name, const char *curve);
/* Append its public part as a JWK; more is members, each after a comma. */
void signer_add_rsa(struct buf *, const char *name, const char *more);
void signer_add_ec(struct buf *, const char *name, const char *curve,
    const char *more);
/* A token of this header and these claims; digest is openssl's name. */
struct buf signer_sign(const char *key, const char *digest, const char *header,
    const char *claims);

/* Bytes of base64url, of which dst has room for as many as the text has; 0 if
   it is none. */
size_t signer_decode(unsigned char *dst, struct span text);

#endif
