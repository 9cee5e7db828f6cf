/*
 * roots.h - the authorities that this system trusts to certify servers: the
 * bundle of certificates that its package manager keeps up to date.
 */
#ifndef MNM_PUSH_ROOTS_H
#define MNM_PUSH_ROOTS_H

#include <stddef.h>
#include <time.h>

#include <bearssl_x509.h>

struct confine;

/* Zeroed, it is empty. */
struct roots {
	br_x509_trust_anchor *anchors;
	size_t count;
	struct timespec changed;	/* the file, when it was read */
};

/*
 * Read the bundle, unless it was read and has not changed: $SSL_CERT_FILE, or
 * the first that exists of those places where systems have it.  count is 0 if
 * there is none.
 */
void roots_refresh(struct roots *);
/* That takes the files which this allows. */
void roots_allow(const struct confine *);

#endif
