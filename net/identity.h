/*
 * identity.h - how clients recognize the relay: its certificate, which others
 * renew if one is configured, and else the relay's own authority; its address.
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
	char *authority_path;	/* owned; NULL if the others are configured */
	uint64_t until;		/* when people have to do something */
	struct timespec cert_time, key_time;
	unsigned warned;	/* days: the last warning that it expires */
};

/* What to do if conf names no certificate, and there is none yet. */
enum identity_missing { IDENTITY_MAKE, IDENTITY_FAIL };

/*
 * Read the certificate that conf names; or else the one in the data directory:
 * with IDENTITY_MAKE, it is made if it does not exist, or is renewed if that is
 * due or the machine's names are others.  An older relay's, which is
 * self-signed, stays.  now is in seconds.  Returns -1 and why; then nothing
 * needs freeing.  why is "" if it is missing, and that is all that is wrong.
 */
int identity_read(struct identity *, const struct conf *,
    enum identity_missing, uint64_t now, char *why, size_t room);
void identity_free(struct identity *);
/* Whether its files have been replaced since. */
bool identity_is_stale(const struct identity *);
/* Whether no other is configured. */
bool identity_is_own(const struct identity *);
/*
 * Rename the files in the data directory, if there are any, to *.old: so that
 * identity_read makes another authority.  -1 and why.
 */
int identity_put_aside(const struct conf *, char *why, size_t room);
/* Log a warning, once each, 30, 14, 7 and 1 days before it expires. */
void identity_warn(struct identity *, uint64_t now);

/* The address to give to clients, NUL-terminated. */
void identity_address(char dst[IDENTITY_ADDRESS], const struct conf *);

#endif
