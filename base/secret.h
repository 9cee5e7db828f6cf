/*
 * secret.h - recognise a secret without storing it: a salt, and the SHA-256 of
 * salt and secret; or make other secrets from it.
 *
 * The secrets are random, so a fast hash is enough.
 */
#ifndef MNM_BASE_SECRET_H
#define MNM_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define SECRET_SALT 8
#define SECRET_HASH 32

struct secret {
	unsigned char salt[SECRET_SALT];
	unsigned char hash[SECRET_HASH];
};

/* Store the hash of text, with a new salt.  -1: no random numbers. */
int secret_set(struct secret *, struct span text);
/* Whether it is the same text, compared in constant time. */
bool secret_is(const struct secret *, struct span text);

/* HMAC-SHA256. */
void secret_mac(unsigned char dst[SECRET_HASH], struct span key,
    struct span text);
/* Overwrite a secret that is not needed any more. */
void secret_wipe(unsigned char *, size_t n);

#endif
