#include "base/secret.h"

#include <bearssl_hash.h>

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
