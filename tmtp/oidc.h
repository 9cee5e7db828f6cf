/*
 * oidc.h - OpenID Connect: read an id token (a JWT, RFC 7519), and check its
 * signature (JWS, RFC 7515) against a provider's public keys (JWKS, RFC 7517).
 *
 *	oidc_token_read(&token, text, why, room)	what it claims
 *	... find the provider by token.iss and oidc_token_is_for(&token, aud)
 *	oidc_token_check(&token, keys, now, why, room)	whether that is so
 *	oidc_token_free(&token)
 *
 * Accepted are RS256 with RSA keys of 2048 to 4096 bits and ES256 with P-256
 * keys (RFC 7518, sections 3.3 and 3.4), always with a key id.  Nothing here
 * fetches anything: keys come from a file that something else keeps fresh.
 */
#ifndef MNM_TMTP_OIDC_H
#define MNM_TMTP_OIDC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct oidc_keys;

/*
 * Read a key set.  Keys of other kinds or for other uses are passed over.
 * Returns NULL and why if it is no key set or none of its keys can be used.
 */
struct oidc_keys *oidc_keys_read(struct span jwks, char *why, size_t room);
/* Add the keys of more to those of keys, and free more. */
void oidc_keys_join(struct oidc_keys *keys, struct oidc_keys *more);
size_t oidc_keys_count(const struct oidc_keys *);
void oidc_keys_free(struct oidc_keys *);

/* A token's claims.  They point into text, which oidc_token_free frees. */
struct oidc_token {
	struct span sub, iss;	/* not empty */
	struct span aud;	/* JSON: a string, or an array of them */
	struct span azp;	/* whom it was issued to; NULL: not given */
	uint64_t iat, exp;	/* seconds since 1970 UTC */
	uint64_t nbf;		/* likewise; 0: not given */

	struct span alg, kid;
	struct span is_signed;	/* what the signature covers; the caller's */
	struct buf text;
	unsigned char signature[512];
	size_t signature_length;
};

/*
 * Read a token in compact form, which must outlive it.  Returns -1 and why
 * if it is malformed or lacks a claim; nothing needs freeing then.
 */
int oidc_token_read(struct oidc_token *, struct span compact, char *why,
    size_t room);
void oidc_token_free(struct oidc_token *);
/*
 * Whether this is the audience of the token; of several, the one that it was
 * issued to, if it says that (OpenID Connect Core, 3.1.3.7).
 */
bool oidc_token_is_for(const struct oidc_token *, struct span audience);
/*
 * Check its signature, and its dates against now (seconds since 1970 UTC),
 * clocks being a minute apart at most.  Returns -1 and why if either is wrong.
 */
int oidc_token_check(const struct oidc_token *, const struct oidc_keys *,
    uint64_t now, char *why, size_t room);

#endif
