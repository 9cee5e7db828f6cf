/*
 * cert.h - the server's certificate chain and its key, read from PEM files:
 * fingerprint, dates, and whether the two belong together.
 *
 * Every failure is one sentence in why that names the file.
 */
#ifndef MNM_NET_CERT_H
#define MNM_NET_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bearssl_ec.h>
#include <bearssl_rsa.h>
#include <bearssl_x509.h>

#include "base/buf.h"

#define CERT_FINGERPRINT_TEXT 95	/* SHA-256 as AB:CD:..., without NUL */
#define CERT_CHAIN_MAX        8		/* leaf, intermediates and root */
#define CERT_CHAIN_BYTES     32768	/* tls.c sends them in one flight */

enum cert_kind { CERT_EC, CERT_RSA };

struct cert {
	br_x509_certificate *chain;	/* leaf first; owned */
	size_t chain_length;
	enum cert_kind kind;
	br_ec_private_key ec;		/* kind CERT_EC; points into key */
	br_rsa_private_key rsa;		/* kind CERT_RSA; points into key */
	unsigned char *key;		/* owned; wiped by cert_free */
	size_t key_room;
	uint64_t not_before, not_after;	/* seconds since 1970 UTC */
	unsigned issuer_key_type;	/* of the issuer: a BR_KEYTYPE_ */
	size_t pinned;	/* in chain: what clients are told to recognise */
	char fingerprint[CERT_FINGERPRINT_TEXT + 1];	/* of that one */
};

/*
 * Read certificate chain and key (SEC1, PKCS#8 or PKCS#1) and check that they
 * belong together.  Clients are to recognise the leaf.  Returns -1 and why;
 * then nothing needs freeing.
 */
int cert_read(struct cert *, const char *cert_path, const char *key_path,
    char *why, size_t room);
void cert_free(struct cert *);
/*
 * Check that now (seconds since 1970 UTC) lies within the leaf's dates.  path
 * is the file's.  Returns -1 and why.
 */
int cert_check_dates(const struct cert *, const char *path, uint64_t now,
    char *why, size_t room);

/* Whether both have the same chain. */
bool cert_is_same(const struct cert *, const struct cert *);

/*
 * What clients may refuse in a certificate that was configured, as a sentence
 * without the file; NULL if nothing.
 */
const char *cert_find_fault(const struct cert *);

/* False if clients that connect by this host name refuse the leaf for it. */
bool cert_is_for(const struct cert *, const char *name, uint64_t now);

bool cert_is_self_signed(const struct cert *);

/* Only the key, of which cert gets a copy.  *cert is zero. */
int cert_read_key(struct cert *, const char *path, char *why, size_t room);
void cert_keep_ec(struct cert *, const br_ec_private_key *);

/*
 * Let clients recognise this one of the chain: the leaf, 0; or the authority
 * that has signed it and will sign the next ones.
 */
void cert_pin(struct cert *, size_t which);
/* The DER of that authority; empty if it is the leaf.  Borrowed. */
struct span cert_authority(const struct cert *);

/* Overwrite secrets in a way that no compiler leaves out. */
void cert_wipe(void *secret, size_t n);

#endif
