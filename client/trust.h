/*
 * trust.h - which certificates of a relay are accepted: any, those with a
 * fingerprint, or those of an authority that the system knows.
 *
 * A fingerprint is that of the leaf, or of an authority in the chain whose
 * signatures lead down to the leaf: such a relay can renew its leaf.
 */
#ifndef MNM_CLIENT_TRUST_H
#define MNM_CLIENT_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include <bearssl_x509.h>

#define TRUST_FINGERPRINT 95	/* SHA-256 as AB:CD:..., without a NUL */

enum trust_kind { TRUST_ANY, TRUST_FINGERPRINTS, TRUST_AUTHORITIES };

/* Zeroed, it accepts any certificate. */
struct trust {
	enum trust_kind kind;
	unsigned char hash[32];
	br_x509_trust_anchor *anchors;	/* owned, as what they point to */
	size_t anchor_count;
};

/*
 * Accept this fingerprint only: 64 hexadecimal digits, colons between them or
 * not.  False: it is none, and nothing is accepted.
 */
bool trust_pin(struct trust *, const char *fingerprint);
/*
 * Accept what the authorities in this file (PEM) have signed for the host that
 * trust_open is given; NULL: in the system's file, or SSL_CERT_FILE's.
 * Returns -1 and why.
 */
int trust_read(struct trust *, const char *path, char *why, size_t room);
void trust_free(struct trust *);

/* What two hexadecimal digits mean, or -1 if they are not that. */
int trust_hex(const char *digits);

/* The check of one chain, for BearSSL's engine.  host may be NULL for a pin. */
struct trust_check;
struct trust_check *trust_open(const struct trust *, const char *host);
void trust_close(struct trust_check *);
const br_x509_class **trust_class(struct trust_check *);
/*
 * The fingerprint by which people should know the relay: of the authority that
 * it has made itself, if it sent one, else of its leaf.  "" if it sent nothing.
 */
const char *trust_seen(struct trust_check *);

#endif
