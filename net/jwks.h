/*
 * jwks.h - the public keys of the providers that vouch for people: read from
 * the files that the configuration names, and again when those have changed.
 * Another program keeps the files fresh.
 */
#ifndef MNM_NET_JWKS_H
#define MNM_NET_JWKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct conf;
struct jwks;
struct relay;

/* Both must outlive it.  conf may change between calls. */
struct jwks *jwks_open(struct relay *, const struct conf *);
void jwks_close(struct jwks *);

/*
 * Give the relay what is new; once a minute, and after a reload.  When keys
 * cannot be read, this is logged once, and the old ones stay.
 */
void jwks_read(struct jwks *, struct now);
/* When to do so next, in now.mono; UINT64_MAX: never. */
uint64_t jwks_deadline(const struct jwks *);

/* Whether the keys in a place can be read: 0, or -1 and why. */
int jwks_check(const char *place, char *why, size_t room);

#endif
