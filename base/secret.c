#include "base/secret.h"

#include <bearssl_hash.h>
#include <bearssl_hmac.h>

#include "base/encode.h"

_Static_assert(SECRET_HASH == br_sha256_SIZE, "the hash is SHA-256");

static void
hash(unsigned char dst[SECRET_HASH], const unsigned char salt[SECRET_SALT],
    struct span text)
{
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, salt, SECRET_SALT);
	br_sha256_update(&sha, text.p, text.n);
	br_sha256_out(&sha, dst);
}

int
secret_set(struct secret *s, struct span text)
{
	if (encode_random(s->salt, SECRET_SALT) == -1)
		return -1;
	hash(s->hash, s->salt, text);
	return 0;
}

bool
secret_is(const struct secret *s, struct span text)
{
	unsigned char other[SECRET_HASH], difference = 0;
	unsigned i;

	hash(other, s->salt, text);
	for (i = 0; i < SECRET_HASH; i++)
		difference |= s->hash[i] ^ other[i];
	return difference == 0;
}

void
secret_mac(unsigned char dst[SECRET_HASH], struct span key, struct span text)
{
	br_hmac_key_context context;
	br_hmac_context hmac;

	br_hmac_key_init(&context, &br_sha256_vtable, key.p, key.n);
	br_hmac_init(&hmac, &context, SECRET_HASH);
	br_hmac_update(&hmac, text.p, text.n);
	(void)br_hmac_out(&hmac, dst);
}

/* A plain memset before the end of its life may be optimized away. */
void
secret_wipe(unsigned char *secret, size_t n)
{
	volatile unsigned char *p = secret;

	while (n-- > 0)
		*p++ = 0;
}
