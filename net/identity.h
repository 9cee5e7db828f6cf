/*
 * identity.h - how clients recognize the relay: its certificate, made here if
 * none is configured, renewed by others or not at all; and its address.
 */
#ifndef MNM_NET_IDENTITY_H
#define MNM_NET_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "net/cert.h"

struct conf;

#define IDENTITY_ADDRESS 280	/* room for "=host:port" */

struct identity {
	struct cert cert;
	char *cert_path, *key_path;	/* owned */
	struct timespec cert_time, key_time;
	unsigned warned;	/* days: the last warning that it expires */
};

/* What to do if conf names no certificate, and there is none yet. */
enum identity_missing { IDENTITY_MAKE, IDENTITY_FAIL };

/*
 * Read the certificate that conf names; or else the one in the data directory,
 * which can be made with its key if it does not exist.  now is in seconds.
 * Returns -1 and why; then nothing needs freeing.  why is "" if it is missing,
 * and that is all that is wrong.
 */
int identity_read(struct identity *, const struct conf *,
    enum identity_missing, uint64_t now, char *why, size_t room);
void identity_free(struct identity *);
/* Whether its files have been replaced since. */
bool identity_is_stale(const struct identity *);
/* Log a warning, once each, 30, 14, 7 and 1 days before it expires. */
void identity_warn(struct identity *, uint64_t now);

/* The address to give to clients, NUL-terminated. */
void identity_address(char dst[IDENTITY_ADDRESS], const struct conf *);

#endif
