#include "client/pin.h"

#include <bearssl_ec.h>
#include <bearssl_hash.h>
#include <bearssl_rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* As many certificates, and bytes of them, as a relay may send. */
#define CHAIN_MAX   8
#define CHAIN_BYTES 32768

struct pin_check {
	const br_x509_class *vtable;	/* BearSSL's way from it to the rest */
	const struct pin *pin;
	br_x509_decoder_context leaf;
	size_t count;			/* of certificates */
	size_t end[CHAIN_MAX];		/* of each in chain */
	struct buf chain;		/* empty if anything is accepted */
};

static int
digit_of(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)((at - digits) % 16);
}

bool
pin_set(struct pin *pin, const char *fingerprint)
{
	const char *p = fingerprint;
	int high, low;
	size_t i;

	pin->given = true;
	memset(pin->hash, 0, sizeof(pin->hash));
	for (i = 0; i < sizeof(pin->hash); i++) {
		if (i > 0 && *p == ':')
			p++;
		high = digit_of(p[0]);
		low = high == -1 ? -1 : digit_of(p[1]);
		if (low == -1)
			break;
		pin->hash[i] = (unsigned char)(high << 4 | low);
		p += 2;
	}
	if (i == sizeof(pin->hash) && *p == '\0')
		return true;
	memset(pin->hash, 0, sizeof(pin->hash));
	return false;
}

static struct pin_check *
check_of(const br_x509_class **context)
{
	void *check = context;

	return check;
}

static void
start_chain(const br_x509_class **context, const char *server_name)
{
	(void)server_name;
	check_of(context)->count = 0;
	check_of(context)->chain.n = 0;
}

static void
start_cert(const br_x509_class **context, uint32_t length)
{
	struct pin_check *check = check_of(context);

	(void)length;
	if (check->count++ == 0)
		br_x509_decoder_init(&check->leaf, NULL, NULL);
}

static void
append(const br_x509_class **context, const unsigned char *bytes, size_t n)
{
	struct pin_check *check = check_of(context);

	if (check->count == 1)
		br_x509_decoder_push(&check->leaf, bytes, n);
	if (check->pin->given && check->count <= CHAIN_MAX &&
	    check->chain.n + n <= CHAIN_BYTES)
		buf_add(&check->chain, (struct span){ (const char *)bytes, n });
}

static void
end_cert(const br_x509_class **context)
{
	struct pin_check *check = check_of(context);

	if (check->count <= CHAIN_MAX)
		check->end[check->count - 1] = check->chain.n;
}

static struct span
cert_at(const struct pin_check *check, size_t i)
{
	size_t begin = i == 0 ? 0 : check->end[i - 1];

	return (struct span){ check->chain.p + begin, check->end[i] - begin };
}

static bool
is_pinned(const struct pin_check *check, struct span cert)
{
	unsigned char hash[br_sha256_SIZE];
	br_sha256_context sha256;

	br_sha256_init(&sha256);
	br_sha256_update(&sha256, cert.p, cert.n);
	br_sha256_out(&sha256, hash);
	return memcmp(hash, check->pin->hash, sizeof(hash)) == 0;
}

static void
add_name(void *name, const void *bytes, size_t n)
{
	buf_add(name, (struct span){ bytes, n });
}

/*
 * Whether the first n certificates lead from the leaf to this authority, which
 * anybody can send: so signatures and dates are checked as for any other.
 */
static unsigned
check_signatures(const struct pin_check *check, size_t n,
    br_x509_trust_anchor *anchor)
{
	br_x509_minimal_context x509;
	struct span cert;
	size_t i;

	br_x509_minimal_init(&x509, &br_sha256_vtable, anchor, 1);
	br_x509_minimal_set_hash(&x509, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(&x509, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(&x509, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_rsa(&x509, br_rsa_pkcs1_vrfy_get_default());
	br_x509_minimal_set_ecdsa(&x509, br_ec_get_default(),
	    br_ecdsa_vrfy_asn1_get_default());
	x509.vtable->start_chain(&x509.vtable, NULL);
	for (i = 0; i < n; i++) {
		cert = cert_at(check, i);
		x509.vtable->start_cert(&x509.vtable, (uint32_t)cert.n);
		x509.vtable->append(&x509.vtable,
		    (const unsigned char *)cert.p, cert.n);
		x509.vtable->end_cert(&x509.vtable);
	}
	return x509.vtable->end_chain(&x509.vtable);
}

static unsigned
check_chain(const struct pin_check *check, size_t which)
{
	br_x509_decoder_context decoder;
	br_x509_trust_anchor anchor = { .flags = BR_X509_TA_CA };
	struct buf name = { NULL, 0, 0 };
	struct span cert = cert_at(check, which);
	unsigned error = BR_ERR_X509_NOT_TRUSTED;

	br_x509_decoder_init(&decoder, add_name, &name);
	br_x509_decoder_push(&decoder, cert.p, cert.n);
	if (br_x509_decoder_last_error(&decoder) == 0 &&
	    br_x509_decoder_isCA(&decoder)) {
		anchor.dn.data = (unsigned char *)name.p;
		anchor.dn.len = name.n;
		anchor.pkey = *br_x509_decoder_get_pkey(&decoder);
		error = check_signatures(check, which, &anchor);
	}
	buf_free(&name);
	return error;
}

static unsigned
end_chain(const br_x509_class **context)
{
	struct pin_check *check = check_of(context);
	size_t i;

	if (check->count == 0)
		return BR_ERR_X509_EMPTY_CHAIN;
	if (!check->pin->given)
		return (unsigned)br_x509_decoder_last_error(&check->leaf);
	for (i = 0; i < check->count && i < CHAIN_MAX; i++) {
		if (is_pinned(check, cert_at(check, i)))
			return i > 0 ? check_chain(check, i) :
			    (unsigned)br_x509_decoder_last_error(&check->leaf);
	}
	return BR_ERR_X509_NOT_TRUSTED;
}

static const br_x509_pkey *
get_pkey(const br_x509_class *const *context, unsigned *usages)
{
	const void *check = context;

	if (usages != NULL)
		*usages = BR_KEYTYPE_SIGN;
	return &((const struct pin_check *)check)->leaf.pkey;
}

struct pin_check *
pin_check_open(const struct pin *pin)
{
	static const br_x509_class class = {
		sizeof(struct pin_check), start_chain, start_cert, append,
		end_cert, end_chain, get_pkey
	};
	struct pin_check *check = xzalloc(sizeof(*check));

	check->vtable = &class;
	check->pin = pin;
	return check;
}

void
pin_check_close(struct pin_check *check)
{
	if (check != NULL)
		buf_free(&check->chain);
	free(check);
}

const br_x509_class **
pin_check_class(struct pin_check *check)
{
	return &check->vtable;
}
