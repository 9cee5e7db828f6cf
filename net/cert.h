/*
 * cert.h - the server's certificate chain and its key: read from PEM files,
 * or made here; fingerprint, dates, and whether the two belong together.
 *
 * Every failure is one sentence in why that names the file.
 */
#ifndef MNM_NET_CERT_H
#define MNM_NET_CERT_H

#include <stddef.h>
#include <stdint.h>

#include <bearssl_ec.h>
#include <bearssl_rsa.h>
#include <bearssl_x509.h>

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
	char fingerprint[CERT_FINGERPRINT_TEXT + 1];
};

/*
 * Read certificate chain and key (SEC1, PKCS#8 or PKCS#1) and check that they
 * belong together and that now (seconds since 1970 UTC) lies within the
 * leaf's dates.  Returns -1 and why; then nothing needs freeing.
 */
int cert_read(struct cert *, const char *cert_path, const char *key_path,
    uint64_t now, char *why, size_t room);
void cert_free(struct cert *);

/*
 * Make a P-256 key and a self-signed certificate (X.509 v3, RFC 5280) valid
 * from a day before now for ten years, for the names given: host names and IPv4
 * or IPv6 addresses, NULL-terminated, the first also being the common name.
 * The certificate must not exist; each file appears whole, never replaces
 * another, and is synced with its directory; the key has mode 0600.  A P-256
 * key without a certificate is used: a crash between the two leaves that.  When
 * now is before the year 2020 (a clock without a battery) it is valid from 1970
 * to 2049, so that it is neither in the future nor expired once the clock is
 * right.  Returns -1 and why, leaving no new file.
 */
int cert_make(const char *cert_path, const char *key_path,
    const char *const *names, uint64_t now, char *why, size_t room);

/* Overwrite secrets in a way that no compiler leaves out. */
void cert_wipe(void *secret, size_t n);

#endif
