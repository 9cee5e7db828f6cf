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

#include "conf.h"
#include "net/cert.h"

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
 * Read the certificate that the listener names; or else, or if that is NULL,
 * the one in the data directory: with IDENTITY_MAKE, it is made if it does not
 * exist, or is renewed if that is due or the machine's names are others.  An
 * older relay's, which is self-signed, stays.  now is in seconds.  Returns -1
 * and why; then nothing needs freeing.  why is "" if it is missing, and that is
 * all that is wrong.
 */
int identity_read(struct identity *, const struct conf *,
    const struct conf_listener *, enum identity_missing, uint64_t now,
    char *why, size_t room);
void identity_free(struct identity *);
/* Whether its files have been replaced since.  Logs if that is not known. */
bool identity_is_stale(const struct identity *);
/* Whether no other is configured. */
bool identity_is_own(const struct identity *);
/*
 * Whether the relay's own authority has signed the certificate, but its key,
 * and so the file at authority_path, is not there.
 */
bool identity_lacks_key(const struct identity *);
/*
 * Rename the files in the data directory, if there are any, to *.old: so that
 * identity_read makes another authority.  -1 and why.
 */
int identity_put_aside(const struct conf *, char *why, size_t room);
/* Log a warning, once each, 30, 14, 7 and 1 days before it expires. */
void identity_warn(struct identity *, uint64_t now);

/* One for each of conf's listeners; NULL without TLS.  Some are the same. */
struct identities {
	struct identity *of[CONF_LISTENERS];
};

/* Which to read: perhaps not yet those in the data directory. */
enum identities_part { IDENTITIES_NAMED, IDENTITIES_ALL };

/*
 * Read those that are still NULL, as above, and make what is missing.  Returns
 * -1 and why; then all are NULL.
 */
int identities_read(struct identities *, const struct conf *,
    enum identities_part, uint64_t now, char *why, size_t room);
/*
 * The same for all, while they are in use: what cannot be read is logged, and
 * taken from old.
 */
void identities_renew(struct identities *, const struct identities *old,
    const struct conf *, uint64_t now);
/*
 * Take over what has not changed: where an old certificate is the same as a new
 * one, the two change places.  What is in both is in new alone afterwards.
 */
void identities_keep(struct identities *new, struct identities *old);
void identities_free(struct identities *);

/*
 * The listener that clients connect to: with TLS, and from other machines, if
 * there is such a one.  NULL: it listens nowhere.
 */
const struct conf_listener *identity_listener(const struct conf *);
/* Its certificate; NULL if it has no TLS. */
const struct cert *identities_cert(const struct identities *,
    const struct conf *);
/* A host name or an IP address, which a certificate can be for. */
bool identity_is_host(const char *);
/*
 * The address to give to clients, NUL-terminated; with port 443, which browsers
 * take, if only a proxy can reach the relay.  It begins with '+' if one of the
 * authorities that clients know vouches for the certificate, or the proxy's: as
 * far as can be known, any that is configured and not self-signed.  Else it
 * begins with '=', and clients compare the fingerprint.  cert may be NULL, if
 * it cannot be read.
 */
void identity_address(char dst[IDENTITY_ADDRESS], const struct conf *,
    const struct cert *cert);

#endif
