#include "net/cert.h"

#include <bearssl_hash.h>
#include <bearssl_pem.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "disk/file.h"

#define FILE_MAX 262144	/* a certificate bundle; more is not one of ours */
#define KEY_DER_MAX 4096	/* RSA with 4096 bits takes 2.4 kB */
#define CURVE_POINT_MAX BR_EC_KBUF_PUB_MAX_SIZE
#define MODULUS_MAX 512		/* RSA with 4096 bits, BearSSL's limit */

#define DAY (UINT64_C(24) * 60 * 60)
#define DAYS_TO_1970 719528	/* BearSSL counts days from the year 0 */

void
cert_wipe(void *secret, size_t n)
{
	volatile unsigned char *p = secret;

	while (n-- > 0)
		*p++ = 0;
}

/* Wipe and free. */
static void
forget(struct buf *b)
{
	cert_wipe(b->p, b->cap);
	buf_free(b);
}

/* One PEM file, taken object by object. */
struct pem {
	br_pem_decoder_context decoder;
	struct buf text;	/* the file and a newline, if it has none */
	struct span rest;	/* what the decoder has not seen */
	struct buf object;	/* the current one, as DER */
};

/* BearSSL would take the CR of a CR LF as part of the object's name. */
static void
drop_returns(struct buf *text)
{
	size_t i, n = 0;

	for (i = 0; i < text->n; i++)
		if (text->p[i] != '\r')
			text->p[n++] = text->p[i];
	text->n = n;
}

/*
 * Files that were put together without a newline between them: BearSSL would
 * pass over the second object.
 */
static void
part_glued(struct buf *text)
{
	static const char glued[] = "----------BEGIN ";
	char *at;
	size_t i;

	for (i = 0; i + sizeof(glued) - 1 <= text->n; i++) {
		at = text->p + i;
		if (memcmp(at, glued, sizeof(glued) - 1) != 0)
			continue;
		(void)buf_room(text, 1);
		at = text->p + i + 5;
		memmove(at + 1, at, text->n - i - 5);
		*at = '\n';
		text->n++;
	}
}

static void
pem_close(struct pem *pem)
{
	forget(&pem->text);
	forget(&pem->object);
	cert_wipe(&pem->decoder, sizeof(pem->decoder));
}

/* Returns -1 and why; then it needs no closing. */
static int
pem_open(struct pem *pem, const char *path, char *why, size_t room)
{
	*pem = (struct pem){ .rest = { NULL, 0 } };
	/* Room at once, so that growing leaves no copy of a key behind. */
	buf_room(&pem->text, FILE_MAX + 2 * 4096);
	buf_room(&pem->object, KEY_DER_MAX);
	if (file_read(AT_FDCWD, path, FILE_MAX, &pem->text) == -1) {
		pem_close(pem);
		return say_why(why, room, "%s: %s", path, strerror(errno));
	}
	if (pem->text.n >= 3 && memcmp(pem->text.p, "\357\273\277", 3) == 0)
		buf_drop(&pem->text, 3);	/* a byte order mark */
	drop_returns(&pem->text);
	part_glued(&pem->text);
	buf_add(&pem->text, SPAN("\n\0"));
	pem->rest = (struct span){ pem->text.p, pem->text.n - 1 };
	br_pem_decoder_init(&pem->decoder);
	return 0;
}

static void
append(void *object, const void *bytes, size_t n)
{
	buf_add(object, (struct span){ bytes, n });
}

/* The decoder's next event; 0 at the end of the file. */
static int
pem_event(struct pem *pem)
{
	size_t n;
	int event;

	for (;;) {
		event = br_pem_decoder_event(&pem->decoder);
		if (event != 0 || pem->rest.n == 0)
			return event;
		n = br_pem_decoder_push(&pem->decoder, pem->rest.p,
		    pem->rest.n);
		pem->rest.p += n;
		pem->rest.n -= n;
	}
}

/* 1: pem->object is the next one; 0: there are no more; -1: it is damaged. */
static int
pem_next(struct pem *pem)
{
	int event = pem_event(pem);

	if (event != BR_PEM_BEGIN_OBJ)
		return event == 0 ? 0 : -1;
	pem->object.n = 0;
	br_pem_decoder_setdest(&pem->decoder, append, &pem->object);
	return pem_event(pem) == BR_PEM_END_OBJ ? 1 : -1;
}

static bool
pem_is(const struct pem *pem, const char *name)
{
	return strcmp(pem->decoder.name, name) == 0;
}

static int
read_chain(struct cert *cert, const char *path, char *why, size_t room)
{
	struct pem pem;
	br_x509_certificate *c;
	size_t total = 0;
	int got;

	if (pem_open(&pem, path, why, room) == -1)
		return -1;
	cert->chain = xzalloc(CERT_CHAIN_MAX * sizeof(*cert->chain));
	while ((got = pem_next(&pem)) == 1) {
		if (!pem_is(&pem, "CERTIFICATE") &&
		    !pem_is(&pem, "X509 CERTIFICATE"))
			continue;
		total += pem.object.n;
		if (cert->chain_length == CERT_CHAIN_MAX ||
		    total > CERT_CHAIN_BYTES)
			break;
		c = &cert->chain[cert->chain_length++];
		c->data_len = pem.object.n;
		c->data = xalloc(c->data_len);
		memcpy(c->data, pem.object.p, c->data_len);
	}
	pem_close(&pem);
	if (got == -1)
		return say_why(why, room, "%s: damaged PEM text", path);
	if (got == 1)
		return say_why(why, room, "%s: more than %d certificates or %d "
		    "bytes: it should have the server's own and those that "
		    "lead to its root", path, CERT_CHAIN_MAX, CERT_CHAIN_BYTES);
	if (cert->chain_length == 0)
		return say_why(why, room,
		    "%s: contains no certificate: it should "
		    "be PEM text with BEGIN CERTIFICATE", path);
	return 0;
}

/* Copy n bytes to *at, which moves on; returns the copy. */
static unsigned char *
keep(unsigned char **at, const unsigned char *src, size_t n)
{
	unsigned char *copy = *at;

	memcpy(copy, src, n);
	*at += n;
	return copy;
}

static void
keep_rsa(struct cert *cert, const br_rsa_private_key *from)
{
	br_rsa_private_key *rsa = &cert->rsa;
	unsigned char *at;

	cert->kind = CERT_RSA;
	*rsa = *from;
	cert->key_room = rsa->plen + rsa->qlen + rsa->dplen + rsa->dqlen +
	    rsa->iqlen;
	cert->key = at = xalloc(cert->key_room);
	rsa->p = keep(&at, from->p, rsa->plen);
	rsa->q = keep(&at, from->q, rsa->qlen);
	rsa->dp = keep(&at, from->dp, rsa->dplen);
	rsa->dq = keep(&at, from->dq, rsa->dqlen);
	rsa->iq = keep(&at, from->iq, rsa->iqlen);
}

void
cert_keep_ec(struct cert *cert, const br_ec_private_key *from)
{
	unsigned char *at;

	cert->kind = CERT_EC;
	cert->ec = *from;
	cert->key_room = from->xlen;
	cert->key = at = xalloc(cert->key_room);
	cert->ec.x = keep(&at, from->x, from->xlen);
}

_Static_assert(offsetof(br_skey_decoder_context, key_data) +
    sizeof(((br_skey_decoder_context *)NULL)->key_data) + 8 >
    sizeof(br_skey_decoder_context), "the key's numbers come last");

/*
 * Returns 0 or a BR_ERR_X509_ number.  BearSSL 0.6 writes the numbers of a
 * large RSA key past the decoder's end, so there is room for all of them.
 */
static int
decode_key(struct cert *cert, struct span der)
{
	size_t size = sizeof(br_skey_decoder_context) + der.n;
	br_skey_decoder_context *decoder = xzalloc(size);
	const br_rsa_private_key *rsa;
	int error;

	br_skey_decoder_init(decoder);
	br_skey_decoder_push(decoder, der.p, der.n);
	error = br_skey_decoder_last_error(decoder);
	rsa = error == 0 ? br_skey_decoder_get_rsa(decoder) : NULL;
	if (rsa != NULL && rsa->plen + rsa->qlen > MODULUS_MAX)
		error = BR_ERR_X509_LIMIT_EXCEEDED;
	else if (rsa != NULL)
		keep_rsa(cert, rsa);
	else if (error == 0)
		cert_keep_ec(cert, br_skey_decoder_get_ec(decoder));
	cert_wipe(decoder, size);
	free(decoder);
	return error;
}

/* The first private key of the file, past EC PARAMETERS and certificates. */
static int
find_key(struct pem *pem)
{
	int got;

	while ((got = pem_next(pem)) == 1)
		if (pem_is(pem, "PRIVATE KEY") ||
		    pem_is(pem, "EC PRIVATE KEY") ||
		    pem_is(pem, "RSA PRIVATE KEY"))
			break;
	return got;
}

int
cert_read_key(struct cert *cert, const char *path, char *why, size_t room)
{
	struct pem pem;
	bool encrypted;
	int got, error = 0;

	if (pem_open(&pem, path, why, room) == -1)
		return -1;
	encrypted = strstr(pem.text.p, "ENCRYPTED") != NULL;
	got = find_key(&pem);
	if (got == 1)
		error = decode_key(cert, buf_span(&pem.object));
	pem_close(&pem);
	if (got != 1 && encrypted)
		return say_why(why, room, "%s: the key is encrypted with a "
		    "passphrase; decrypt it with: openssl pkey -in FILE -out "
		    "FILE2", path);
	if (got == 0)
		return say_why(why, room,
		    "%s: contains no private key: it should "
		    "be PEM text with BEGIN PRIVATE KEY", path);
	if (error == BR_ERR_X509_UNSUPPORTED)
		return say_why(why, room, "%s: unsupported type of key, for "
		    "example Ed25519: it must be EC (P-256, P-384 or P-521) "
		    "or RSA", path);
	if (error == BR_ERR_X509_LIMIT_EXCEEDED)
		return say_why(why, room, "%s: the key is too large: RSA keys "
		    "may have 4096 bits at most", path);
	if (got == -1 || error != 0)
		return say_why(why, room, "%s: the private key is damaged",
		    path);
	return 0;
}

static bool
same_number(const unsigned char *a, size_t an, const unsigned char *b,
    size_t bn)
{
	for (; an > 0 && *a == 0; an--)
		a++;
	for (; bn > 0 && *b == 0; bn--)
		b++;
	return an == bn && memcmp(a, b, an) == 0;
}

/*
 * The product of the key's primes, big-endian, to modulus; returns its bytes.
 * BearSSL 0.6 has this, too, but fails for 4096 bits.
 */
static size_t
multiply_primes(unsigned char modulus[MODULUS_MAX],
    const br_rsa_private_key *rsa)
{
	size_t n = rsa->plen + rsa->qlen, i, j;
	uint32_t sum;

	memset(modulus, 0, n);
	for (i = rsa->plen; i > 0; i--) {
		sum = 0;
		for (j = rsa->qlen; j > 0; j--) {
			sum = (sum >> 8) + modulus[i + j - 1] +
			    (uint32_t)rsa->p[i - 1] * rsa->q[j - 1];
			modulus[i + j - 1] = (unsigned char)(sum & 0xff);
		}
		modulus[i - 1] = (unsigned char)(sum >> 8);
	}
	return n;
}

/* Whether the private key is the one of this public key. */
static bool
belongs(const struct cert *cert, const br_x509_pkey *pk)
{
	unsigned char point[CURVE_POINT_MAX], modulus[MODULUS_MAX];
	size_t n;

	if (cert->kind == CERT_RSA) {
		if (pk->key_type != BR_KEYTYPE_RSA ||
		    cert->rsa.plen + cert->rsa.qlen > MODULUS_MAX)
			return false;
		n = multiply_primes(modulus, &cert->rsa);
		return same_number(modulus, n, pk->key.rsa.n,
		    pk->key.rsa.nlen);
	}
	if (pk->key_type != BR_KEYTYPE_EC || pk->key.ec.curve != cert->ec.curve)
		return false;
	n = br_ec_compute_pub(br_ec_get_default(), NULL, point, &cert->ec);
	return n > 0 && n == pk->key.ec.qlen &&
	    memcmp(point, pk->key.ec.q, n) == 0;
}

/*
 * The decoder has no function for the dates, so its fields are read: days
 * since the year 0 and seconds of the day.  Before 1970 is 0.
 */
static uint64_t
seconds_since_1970(uint32_t days, uint32_t seconds)
{
	if (days < DAYS_TO_1970)
		return 0;
	return (days - DAYS_TO_1970) * DAY + seconds;
}

void
cert_pin(struct cert *cert, size_t which)
{
	unsigned char hash[br_sha256_SIZE];
	char *at = cert->fingerprint;
	size_t i;

	encode_sha256(hash, (struct span){ (const char *)
	    cert->chain[which].data, cert->chain[which].data_len });
	for (i = 0; i < sizeof(hash); i++)
		at += snprintf(at, 4, "%02X%s", hash[i],
		    i + 1 < sizeof(hash) ? ":" : "");
	cert->pinned = which;
}

struct span
cert_authority(const struct cert *cert)
{
	const br_x509_certificate *c = &cert->chain[cert->pinned];

	if (cert->pinned == 0)
		return (struct span){ NULL, 0 };
	return (struct span){ (const char *)c->data, c->data_len };
}

/* Take from the leaf what the server needs, and compare it with the key. */
static int
read_leaf(struct cert *cert, const char *cert_path, const char *key_path,
    char *why, size_t room)
{
	br_x509_decoder_context leaf;
	int error;

	br_x509_decoder_init(&leaf, NULL, NULL);
	br_x509_decoder_push(&leaf, cert->chain[0].data,
	    cert->chain[0].data_len);
	error = br_x509_decoder_last_error(&leaf);
	if (error == BR_ERR_X509_UNSUPPORTED)
		return say_why(why, room,
		    "%s: the certificate has an unsupported "
		    "type of key, for example Ed25519: it must be EC (P-256, "
		    "P-384 or P-521) or RSA", cert_path);
	if (error != 0)
		return say_why(why, room, "%s: the certificate is damaged",
		    cert_path);
	if (!belongs(cert, br_x509_decoder_get_pkey(&leaf)))
		return say_why(why, room,
		    "%s: this key does not match the first "
		    "certificate in %s", key_path, cert_path);
	cert->not_before = seconds_since_1970(leaf.notbefore_days,
	    leaf.notbefore_seconds);
	cert->not_after = seconds_since_1970(leaf.notafter_days,
	    leaf.notafter_seconds);
	cert->issuer_key_type =
	    (unsigned)br_x509_decoder_get_signer_key_type(&leaf);
	cert_pin(cert, 0);
	return 0;
}

int
cert_check_dates(const struct cert *cert, const char *path, uint64_t now,
    char *why, size_t room)
{
	char begin[CLOCK_TEXT], end[CLOCK_TEXT], today[CLOCK_TEXT];

	clock_text(begin, cert->not_before * 1000);
	clock_text(end, cert->not_after * 1000);
	clock_text(today, now * 1000);
	if (now > cert->not_after)
		return say_why(why, room,
		    "%s: the certificate expired on %.10s; "
		    "the clock says %.10s", path, end, today);
	if (now < cert->not_before)
		return say_why(why, room, "%s: the certificate is not valid "
		    "before %.10s, and the clock says %.10s", path, begin,
		    today);
	return 0;
}

/*
 * Take the next element off DER, with all that is in it.  Empty if there is
 * none.
 */
static struct span
take_element(struct span *der)
{
	struct span element = { der->p, 0 };
	size_t n, bytes, i;

	if (der->n < 2)
		return element;
	n = (unsigned char)der->p[1];
	bytes = n < 0x80 ? 0 : n & 0x7f;
	if (bytes > 3 || der->n < 2 + bytes)
		return element;
	for (i = 0, n = bytes > 0 ? 0 : n; i < bytes; i++)
		n = n << 8 | (unsigned char)der->p[2 + i];
	n += 2 + bytes;
	if (n > der->n)
		return element;
	element.n = n;
	*der = (struct span){ der->p + n, der->n - n };
	return element;
}

/* What is in an element. */
static struct span
inside(struct span element)
{
	size_t head = 2;

	if (element.n < 2)
		return (struct span){ element.p, 0 };
	if ((unsigned char)element.p[1] >= 0x80)
		head += (unsigned char)element.p[1] & 0x7f;
	return (struct span){ element.p + head, element.n - head };
}

/* Whose the certificate is, and who has signed it: names in DER. */
static void
read_names(const br_x509_certificate *c, struct span *issuer,
    struct span *subject)
{
	const void *data = c->data;
	struct span rest = { data, c->data_len };

	rest = inside(take_element(&rest));
	rest = inside(take_element(&rest));	/* the part that is signed */
	if (rest.n > 0 && (unsigned char)rest.p[0] == 0xa0)
		(void)take_element(&rest);	/* the version */
	(void)take_element(&rest);		/* the number */
	(void)take_element(&rest);		/* the algorithm */
	*issuer = take_element(&rest);
	(void)take_element(&rest);		/* the dates */
	*subject = take_element(&rest);
}

static bool
is_issued_by(const br_x509_certificate *c, const br_x509_certificate *by)
{
	struct span issuer, subject, other;

	read_names(c, &issuer, &other);
	read_names(by, &other, &subject);
	return span_is(issuer, subject);
}

bool
cert_is_self_signed(const struct cert *c)
{
	return is_issued_by(c->chain, c->chain);
}

const char *
cert_find_fault(const struct cert *c)
{
	size_t i;

	if (c->kind == CERT_RSA && c->rsa.n_bitlen < 2048)
		return "its RSA key has less than 2048 bits, and clients "
		    "refuse it: have it issued for another key";
	for (i = 1; i < c->chain_length; i++) {
		if (!is_issued_by(&c->chain[i - 1], &c->chain[i]))
			return "each certificate in it must be followed by its "
			    "issuer's, and one is not: clients cannot verify "
			    "it";
	}
	if (c->chain_length == 1 && !cert_is_self_signed(c))
		return "it has no certificate of its issuer, without which "
		    "many clients cannot verify it: use the whole chain, often "
		    "called fullchain.pem";
	return NULL;
}

/* What else may be wrong with it is not asked: names are compared first. */
bool
cert_is_for(const struct cert *c, const char *name, uint64_t now)
{
	const br_x509_certificate *leaf = &c->chain[0];
	br_x509_minimal_context x;

	br_x509_minimal_init(&x, &br_sha256_vtable, NULL, 0);
	br_x509_minimal_set_hash(&x, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_time(&x, (uint32_t)(now / DAY + DAYS_TO_1970),
	    (uint32_t)(now % DAY));
	x.vtable->start_chain(&x.vtable, name);
	x.vtable->start_cert(&x.vtable, (uint32_t)leaf->data_len);
	x.vtable->append(&x.vtable, leaf->data, leaf->data_len);
	x.vtable->end_cert(&x.vtable);
	return x.vtable->end_chain(&x.vtable) != BR_ERR_X509_BAD_SERVER_NAME;
}

bool
cert_is_same(const struct cert *a, const struct cert *b)
{
	size_t i;

	if (a->chain_length != b->chain_length)
		return false;
	for (i = 0; i < a->chain_length; i++) {
		if (a->chain[i].data_len != b->chain[i].data_len ||
		    memcmp(a->chain[i].data, b->chain[i].data,
		    a->chain[i].data_len) != 0)
			return false;
	}
	return true;
}

int
cert_read(struct cert *cert, const char *cert_path, const char *key_path,
    char *why, size_t room)
{
	*cert = (struct cert){ .chain = NULL };
	if (read_chain(cert, cert_path, why, room) == -1 ||
	    cert_read_key(cert, key_path, why, room) == -1 ||
	    read_leaf(cert, cert_path, key_path, why, room) == -1) {
		cert_free(cert);
		return -1;
	}
	return 0;
}

void
cert_free(struct cert *cert)
{
	size_t i;

	for (i = 0; i < cert->chain_length; i++)
		free(cert->chain[i].data);
	free(cert->chain);
	if (cert->key != NULL)
		cert_wipe(cert->key, cert->key_room);
	free(cert->key);
	*cert = (struct cert){ .chain = NULL };
}
