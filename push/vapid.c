#include "push/vapid.h"

#include <assert.h>

#include "base/encode.h"

#include <bearssl_hash.h>

#define SIGNATURE 64		/* r and s */
#define POINT     65		/* 4, x and y */

/* Append base64url without padding (RFC 4648, section 5). */
static void
add_base64url(struct buf *b, const void *bytes, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *p = bytes;
	unsigned bits = 0, have = 0;

	for (; n > 0; n--) {
		bits = bits << 8 | *p++;
		for (have += 8; have >= 6; have -= 6)
			buf_add_byte(b, digits[bits >> (have - 6) & 63]);
	}
	if (have > 0)
		buf_add_byte(b, digits[bits << (6 - have) & 63]);
}

void
vapid_key(char dst[VAPID_KEY + 1], const br_ec_private_key *key)
{
	unsigned char point[BR_EC_KBUF_PUB_MAX_SIZE];
	struct buf text = { NULL, 0, 0 };
	size_t n, i;

	n = br_ec_compute_pub(br_ec_get_default(), NULL, point, key);
	assert(n == POINT);
	add_base64url(&text, point, n);
	assert(text.n == VAPID_KEY);
	for (i = 0; i < VAPID_KEY; i++)
		dst[i] = text.p[i];
	dst[i] = '\0';
	buf_free(&text);
}

/* No character of a host, or of a contact, needs an escape in JSON. */
void
vapid_token(struct buf *b, const br_ec_private_key *key, struct span host,
    struct span contact, uint64_t exp)
{
	unsigned char hash[br_sha256_SIZE], signature[SIGNATURE];
	struct span header = SPAN("{\"typ\":\"JWT\",\"alg\":\"ES256\"}");
	struct buf claims = { NULL, 0, 0 };
	size_t start = b->n, n;

	buf_addf(&claims, "{\"aud\":\"https://%.*s\",\"exp\":%llu,"
	    "\"sub\":\"%.*s\"}", (int)host.n, host.p, (unsigned long long)exp,
	    (int)contact.n, contact.p);
	add_base64url(b, header.p, header.n);
	buf_add_byte(b, '.');
	add_base64url(b, claims.p, claims.n);
	buf_free(&claims);
	encode_sha256(hash, (struct span){ b->p + start, b->n - start });
	n = br_ecdsa_sign_raw_get_default()(br_ec_get_default(),
	    &br_sha256_vtable, hash, key, signature);
	assert(n == SIGNATURE);
	buf_add_byte(b, '.');
	add_base64url(b, signature, n);
}
