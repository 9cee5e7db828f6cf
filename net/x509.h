/*
 * x509.h - write X.509 certificates (RFC 5280) with P-256 keys: that of a
 * small authority, and those of a server that it signs.
 */
#ifndef MNM_NET_X509_H
#define MNM_NET_X509_H

#include <stdbool.h>
#include <stdint.h>

#include <bearssl_ec.h>
#include <bearssl_x509.h>

struct buf;
struct cert;

#define X509_DAY       UINT64_C(86400)
#define X509_RENEW     (30 * X509_DAY)	/* a leaf is renewed before its end */
#define X509_LEAF_LIFE (397 * X509_DAY)	/* what browsers accept */

/* Whether a certificate can have it: a host name or an IP address. */
bool x509_is_name(const char *name);

/*
 * Append to der a new authority's certificate, signed with its own key.  name
 * is for people: "mnm relay NAME" and part of the key's hash.  It is valid from
 * a day before now for ten years.  When now is before the year 2020 (a clock
 * without a battery) it is valid from 1970 to 2049, so that it is neither in
 * the future nor expired once the clock is right.  Returns -1 when the system
 * has no random numbers.
 */
int x509_write_authority(struct buf *der, const char *name, uint64_t now,
    const br_ec_private_key *);

/*
 * Append to der a server's certificate (a leaf) for these names (x509_is_name;
 * at least one; NULL-terminated) and this key, signed by the authority, of
 * which chain[0] and ec are used.  Its dates are as above, but for 397 days,
 * and never beyond the authority's.  Returns -1 when the names take more than
 * 3 kB, too, or the authority cannot sign.
 */
int x509_write_leaf(struct buf *der, const char *const *names, uint64_t now,
    const br_ec_private_key *, const struct cert *authority);

/* Whether x509_write_authority has written it, as its name says. */
bool x509_is_authority(const br_x509_certificate *);
/*
 * Whether not a byte of what was written here, and signed with this key, has
 * changed.
 */
bool x509_is_whole(const br_x509_certificate *, const br_ec_private_key *);
/* Whether cert's leaf says that this authority's key has signed it. */
bool x509_is_from(const struct cert *, const struct cert *authority);
/* Whether x509_write_leaf has written cert's leaf, whoever has signed it. */
bool x509_is_own(const struct cert *);
/*
 * Whether x509_write_leaf has written cert's leaf for this authority and these
 * names in this order, and the leaf need not be renewed yet.  One that
 * was dated by a wrong clock has to be renewed.
 */
bool x509_is_current(const struct cert *, const char *const *names,
    uint64_t now, const struct cert *authority);

#endif
