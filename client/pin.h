/*
 * pin.h - accept the certificates of a relay that is recognised by a
 * fingerprint, instead of by an authority that everybody trusts.
 *
 * The fingerprint is that of the relay's certificate (the leaf), or of an
 * authority that the relay sends with it and that has signed it.  The names in
 * the leaf do not matter, the dates do.
 */
#ifndef MNM_CLIENT_PIN_H
#define MNM_CLIENT_PIN_H

#include <stdbool.h>

#include <bearssl_x509.h>

#define PIN_HASH 32	/* SHA-256 */

/* Zero: any certificate is accepted. */
struct pin {
	bool given;
	unsigned char hash[PIN_HASH];
};

/*
 * Accept only what this fingerprint recognises: 32 bytes in hexadecimal, with
 * or without colons; nothing at all if it is not that: then returns false.
 */
bool pin_set(struct pin *, const char *fingerprint);

/* The check of one handshake, for br_ssl_engine_set_x509. */
struct pin_check;
struct pin_check *pin_check_open(const struct pin *);
void pin_check_close(struct pin_check *);
const br_x509_class **pin_check_class(struct pin_check *);

#endif
