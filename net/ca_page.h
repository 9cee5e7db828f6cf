/*
 * ca_page.h - the page that tells people how a device comes to trust the
 * relay's own authority.
 */
#ifndef MNM_NET_CA_PAGE_H
#define MNM_NET_CA_PAGE_H

struct buf;
struct cert;

#define CA_PAGE_CERT_TYPE "application/x-x509-ca-cert"	/* of cert_authority */

/* Append HTML with the fingerprint, and the steps for each system. */
void ca_page_write(struct buf *, const struct cert *);

#endif
