/*
 * The chain is kept until its end, as only then is it known which certificate
 * has the fingerprint.  From there down to the leaf, BearSSL checks signatures,
 * dates and constraints.
 */
#include "client/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl_pem.h>

#include "base/buf.h"
#include "base/encode.h"
#include "disk/file.h"

#define CHAIN_MAX   8		/* certificates in a chain */
#define CHAIN_BYTES 32768
#define HOST_ROOM   256
#define BUNDLE_MAX  (4 << 20)	/* the system's authorities are 200 kB */

struct trust_check {
	const br_x509_class *vtable;	/* first: BearSSL knows only this */
	const struct trust *trust;
	char host[HOST_ROOM];
	struct buf chain;		/* DER, one after the other */
	size_t ends[CHAIN_MAX];
	size_t count;
	bool too_large;
	br_x509_decoder_context leaf;
	char seen[TRUST_FINGERPRINT + 1];
};

/* ---- anchors ---- */

static void
append(void *buf, const void *bytes, size_t n)
{
	buf_add(buf, (struct span){ bytes, n });
}

static void *
copy(const void *bytes, size_t n)
{
	return xcopy((struct span){ bytes, n });
}

static void
free_anchor(br_x509_trust_anchor *anchor)
{
	free(anchor->dn.data);
	if (anchor->pkey.key_type == BR_KEYTYPE_RSA) {
		free(anchor->pkey.key.rsa.n);
		free(anchor->pkey.key.rsa.e);
	} else {
		free(anchor->pkey.key.ec.q);
	}
}

/* Make an anchor of an authority's certificate; false if it is none. */
static bool
make_anchor(br_x509_trust_anchor *anchor, struct span der)
{
	br_x509_decoder_context decoder;
	struct buf name = { NULL, 0, 0 };
	br_x509_pkey *key;

	br_x509_decoder_init(&decoder, append, &name);
	br_x509_decoder_push(&decoder, der.p, der.n);
	key = br_x509_decoder_get_pkey(&decoder);
	if (key == NULL || !br_x509_decoder_isCA(&decoder)) {
		buf_free(&name);
		return false;
	}
	anchor->dn.data = (unsigned char *)name.p;
	anchor->dn.len = name.n;
	anchor->flags = BR_X509_TA_CA;
	anchor->pkey = *key;
	if (key->key_type == BR_KEYTYPE_RSA) {
		anchor->pkey.key.rsa.n = copy(key->key.rsa.n,
		    key->key.rsa.nlen);
		anchor->pkey.key.rsa.e = copy(key->key.rsa.e,
		    key->key.rsa.elen);
	} else {
		anchor->pkey.key.ec.q = copy(key->key.ec.q, key->key.ec.qlen);
	}
	return true;
}

/* What is no certificate of an authority is passed over. */
static void
read_bundle(struct trust *t, struct span text)
{
	br_pem_decoder_context pem;
	struct buf der = { NULL, 0, 0 };
	size_t n;
	int event;

	br_pem_decoder_init(&pem);
	while (text.n > 0) {
		n = br_pem_decoder_push(&pem, text.p, text.n);
		text.p += n;
		text.n -= n;
		event = br_pem_decoder_event(&pem);
		if (event == BR_PEM_BEGIN_OBJ) {
			der.n = 0;
			br_pem_decoder_setdest(&pem, append, &der);
		}
		if (event != BR_PEM_END_OBJ)
			continue;
		t->anchors = xgrow(t->anchors, t->anchor_count,
		    sizeof(*t->anchors));
		if (make_anchor(&t->anchors[t->anchor_count], buf_span(&der)))
			t->anchor_count++;
	}
	buf_free(&der);
}

static const char *
find_bundle(struct buf *text)
{
	static const char *const paths[] = {
		"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Alpine */
		"/etc/pki/tls/certs/ca-bundle.crt",	/* Fedora */
		"/etc/ssl/cert.pem"			/* BSD, OpenWrt */
	};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (file_read(AT_FDCWD, paths[i], BUNDLE_MAX, text) == 0)
			return paths[i];
	return NULL;
}

int
trust_read(struct trust *t, const char *path, char *why, size_t room)
{
	struct buf text = { NULL, 0, 0 };

	t->kind = TRUST_AUTHORITIES;
	if (path == NULL)
		path = getenv("SSL_CERT_FILE");
	if (path == NULL && (path = find_bundle(&text)) == NULL) {
		(void)snprintf(why, room, "the system has no file of "
		    "certificate authorities (install ca-certificates)");
		return -1;
	}
	if (text.n == 0 && file_read(AT_FDCWD, path, BUNDLE_MAX, &text) ==
	    -1) {
		(void)snprintf(why, room, "%s: %s", path, strerror(errno));
		return -1;
	}
	read_bundle(t, buf_span(&text));
	buf_free(&text);
	if (t->anchor_count > 0)
		return 0;
	(void)snprintf(why, room, "%s has no certificate authority", path);
	return -1;
}

static int
digit_of(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)((at - digits) % 16);
}

int
trust_hex(const char *digits)
{
	int high = digit_of(digits[0]);
	int low = high == -1 ? -1 : digit_of(digits[1]);

	return low == -1 ? -1 : high << 4 | low;
}

bool
trust_pin(struct trust *t, const char *fingerprint)
{
	int byte;
	size_t i;

	t->kind = TRUST_FINGERPRINTS;
	memset(t->hash, 0, sizeof(t->hash));
	for (i = 0; i < sizeof(t->hash); i++) {
		if (i > 0 && *fingerprint == ':')
			fingerprint++;
		byte = trust_hex(fingerprint);
		if (byte == -1)
			break;
		t->hash[i] = (unsigned char)byte;
		fingerprint += 2;
	}
	if (i == sizeof(t->hash) && *fingerprint == '\0')
		return true;
	memset(t->hash, 0, sizeof(t->hash));
	return false;
}

void
trust_free(struct trust *t)
{
	size_t i;

	for (i = 0; i < t->anchor_count; i++)
		free_anchor(&t->anchors[i]);
	free(t->anchors);
	*t = (struct trust){ .kind = TRUST_ANY };
}

/* ---- the check ---- */

static struct trust_check *
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
	check_of(context)->too_large = false;
}

static void
start_cert(const br_x509_class **context, uint32_t length)
{
	struct trust_check *check = check_of(context);

	if (check->count == CHAIN_MAX || length > CHAIN_BYTES ||
	    check->chain.n + length > CHAIN_BYTES)
		check->too_large = true;
}

static void
append_cert(const br_x509_class **context, const unsigned char *bytes,
    size_t n)
{
	struct trust_check *check = check_of(context);

	if (!check->too_large)
		buf_add(&check->chain,
		    (struct span){ (const char *)bytes, n });
}

static void
end_cert(const br_x509_class **context)
{
	struct trust_check *check = check_of(context);

	if (!check->too_large)
		check->ends[check->count++] = check->chain.n;
}

static struct span
cert_at(const struct trust_check *check, size_t i)
{
	size_t start = i == 0 ? 0 : check->ends[i - 1];

	return (struct span){ check->chain.p + start,
	    check->ends[i] - start };
}

static void
set_algorithms(br_x509_minimal_context *minimal)
{
	br_x509_minimal_set_rsa(minimal, br_rsa_pkcs1_vrfy_get_default());
	br_x509_minimal_set_ecdsa(minimal, br_ec_get_default(),
	    br_ecdsa_vrfy_asn1_get_default());
}

/* Whether these anchors have signed the chain from i to end.  0 or an error. */
static unsigned
verify(struct trust_check *check, const br_x509_trust_anchor *anchors,
    size_t anchor_count, size_t i, size_t end)
{
	static const br_hash_class *const hashes[] = { &br_sha256_vtable,
	    &br_sha384_vtable, &br_sha512_vtable };
	br_x509_minimal_context minimal;
	const br_x509_class **context = &minimal.vtable;
	struct span der;
	size_t k;

	br_x509_minimal_init(&minimal, &br_sha256_vtable, anchors,
	    anchor_count);
	set_algorithms(&minimal);
	br_x509_minimal_set_minrsa(&minimal, 2048 / 8);
	for (k = 0; k < sizeof(hashes) / sizeof(hashes[0]); k++)
		br_x509_minimal_set_hash(&minimal, br_sha256_ID + (int)k,
		    hashes[k]);
	minimal.vtable->start_chain(context, check->host[0] == '\0' ? NULL :
	    check->host);
	for (; i < end; i++) {
		der = cert_at(check, i);
		minimal.vtable->start_cert(context, (uint32_t)der.n);
		minimal.vtable->append(context, (const unsigned char *)der.p,
		    der.n);
		minimal.vtable->end_cert(context);
	}
	return minimal.vtable->end_chain(context);
}

/* Whether the authority in certificate number top has signed i to end. */
static unsigned
verify_by(struct trust_check *check, size_t top, size_t i, size_t end)
{
	br_x509_trust_anchor anchor;
	unsigned error;

	if (!make_anchor(&anchor, cert_at(check, top)))
		return BR_ERR_X509_NOT_CA;
	error = verify(check, &anchor, 1, i, end);
	free_anchor(&anchor);
	return error;
}

/* A pin is no question of host names. */
static unsigned
check_pin(struct trust_check *check)
{
	unsigned char hash[br_sha256_SIZE];
	size_t i;

	check->host[0] = '\0';
	for (i = 0; i < check->count; i++) {
		encode_sha256(hash, cert_at(check, i));
		if (memcmp(hash, check->trust->hash, sizeof(hash)) == 0)
			return i == 0 ? 0 : verify_by(check, i, 0, i);
	}
	return BR_ERR_X509_NOT_TRUSTED;
}

/*
 * An authority of the relay's own has signed itself and stands right above the
 * leaf.  Public authorities have intermediate ones, and their roots are not
 * sent.
 */
static void
note_seen(struct trust_check *check)
{
	char host[HOST_ROOM];
	unsigned char hash[br_sha256_SIZE];
	size_t i, which = 0;

	memcpy(host, check->host, sizeof(host));
	check->host[0] = '\0';
	if (check->count == 2 && verify_by(check, 1, 0, 1) == 0 &&
	    verify_by(check, 1, 1, 2) == 0)
		which = 1;
	memcpy(check->host, host, sizeof(host));
	encode_sha256(hash, cert_at(check, which));
	for (i = 0; i < sizeof(hash); i++)
		(void)snprintf(check->seen + 3 * i, 4, "%02X%s", hash[i],
		    i + 1 < sizeof(hash) ? ":" : "");
}

static unsigned
end_chain(const br_x509_class **context)
{
	struct trust_check *check = check_of(context);
	const struct trust *trust = check->trust;
	struct span leaf;
	unsigned error = 0;

	if (check->too_large)
		return BR_ERR_X509_LIMIT_EXCEEDED;
	if (check->count == 0)
		return BR_ERR_X509_EMPTY_CHAIN;
	if (trust->kind == TRUST_FINGERPRINTS)
		error = check_pin(check);
	else if (trust->kind == TRUST_AUTHORITIES)
		error = verify(check, trust->anchors, trust->anchor_count,
		    0, check->count);
	leaf = cert_at(check, 0);
	br_x509_decoder_init(&check->leaf, NULL, NULL);
	br_x509_decoder_push(&check->leaf, leaf.p, leaf.n);
	if (error != 0)
		return error;
	return (unsigned)br_x509_decoder_last_error(&check->leaf);
}

static const br_x509_pkey *
get_pkey(const br_x509_class *const *context, unsigned *usages)
{
	const void *check = context;

	if (usages != NULL)
		*usages = BR_KEYTYPE_SIGN;
	return &((const struct trust_check *)check)->leaf.pkey;
}

static const br_x509_class check_class = {
	sizeof(struct trust_check), start_chain, start_cert, append_cert,
	end_cert, end_chain, get_pkey
};

struct trust_check *
trust_open(const struct trust *t, const char *host)
{
	struct trust_check *check = xzalloc(sizeof(*check));

	check->vtable = &check_class;
	check->trust = t;
	if (host != NULL)
		(void)snprintf(check->host, sizeof(check->host), "%s", host);
	return check;
}

void
trust_close(struct trust_check *check)
{
	if (check == NULL)
		return;
	buf_free(&check->chain);
	free(check);
}

const br_x509_class **
trust_class(struct trust_check *check)
{
	return &check->vtable;
}

const char *
trust_seen(struct trust_check *check)
{
	if (check->seen[0] == '\0' && check->count > 0 && !check->too_large)
		note_seen(check);
	return check->seen;
}
