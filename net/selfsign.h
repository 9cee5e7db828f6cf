/*
 * selfsign.h - write a self-signed X.509 certificate (RFC 5280).
 */
#ifndef MNM_NET_SELFSIGN_H
#define MNM_NET_SELFSIGN_H

#include <stdbool.h>
#include <stdint.h>

#include <bearssl_ec.h>

struct buf;

/* Whether a certificate can have it: a host name or an IP address. */
bool selfsign_is_name(const char *name);

/*
 * Append to der a certificate for these names (selfsign_is_name; at least one;
 * NULL-terminated) and this P-256 key, valid as cert_make says.  Returns -1
 * when the names take more than 3 kB or the system has no random numbers.
 */
int selfsign_write(struct buf *der, const char *const *names, uint64_t now,
    const br_ec_private_key *);

#endif
