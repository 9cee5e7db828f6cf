/*
 * The certificates say as little as real clients need:
 *
 *	version 3, random positive serial number, ecdsa-with-SHA256
 *
 *	an authority			a leaf
 *	issuer = subject =		issuer = the authority's subject
 *	  CN=mnm relay NAME HASH	subject: CN=first name
 *	basicConstraints CA, no		basicConstraints not CA
 *	  authority below it
 *	keyUsage keyCertSign		keyUsage digitalSignature
 *	subjectKeyIdentifier		the same
 *					authorityKeyIdentifier
 *					extKeyUsage serverAuth
 *					subjectAltName: every name
 *
 * A person who installs the authority on a device trusts the holder of its key
 * to vouch for any server.  Names cannot limit it: those of a relay change more
 * often than people should have to install an authority again.
 *
 * Everything but serial number, dates and signature follows from the keys and
 * names; and the signature follows from the rest (RFC 6979).  So a leaf is
 * recognised by the bytes of its extensions, and what is whole comes out the
 * same when it is signed again; nothing here has to read X.509.
 */
#include "net/x509.h"

#include <arpa/inet.h>
#include <bearssl_hash.h>
#include <bearssl_x509.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "net/cert.h"

#define AUTHORITY_LIFE (3652 * X509_DAY)
#define YEAR_2020 UINT64_C(1577836800)
#define YEAR_2050 UINT64_C(2524608000)

/*
 * DER is written from its end to its beginning, so that the length of what
 * stands inside is known when its header is written.
 */
#define DER_ROOM 4096
#define HEADER   4	/* of what has 256 to 65535 bytes: both signed parts */
#define KEY_ID   20	/* of the hash of a public key: RFC 7093, method 1 */

struct der {
	size_t at;	/* the first byte written; DER_ROOM when empty */
	bool full;	/* something did not fit; sticks */
	unsigned char bytes[DER_ROOM];
};

enum tag {
	INTEGER = 0x02, BIT_STRING = 0x03, BYTE_STRING = 0x04,
	UTF8_STRING = 0x0c, UTC_TIME = 0x17, GENERALIZED_TIME = 0x18,
	SEQUENCE = 0x30, SET = 0x31,
	SAN_DNS = 0x82, SAN_ADDRESS = 0x87, EXTENSIONS = 0xa3
};

static const unsigned char version_3[] = { 0xa0, 3, INTEGER, 1, 2 };
static const unsigned char ecdsa_with_sha256[] = {
	SEQUENCE, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2
};
#define AUTHORITY_NAME "mnm relay "
static const unsigned char common_name[] = { 6, 3, 0x55, 4, 3 };
static const unsigned char p256_public_key[] = {
	SEQUENCE, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1,
	6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7
};
static const unsigned char authority_usage[] = {	/* both critical */
	SEQUENCE, 18, 6, 3, 0x55, 0x1d, 0x13, 1, 1, 0xff,
	BYTE_STRING, 8, SEQUENCE, 6, 1, 1, 0xff, INTEGER, 1, 0,
	SEQUENCE, 14, 6, 3, 0x55, 0x1d, 0x0f, 1, 1, 0xff,
	BYTE_STRING, 4, BIT_STRING, 2, 2, 0x04
};
static const unsigned char leaf_usage[] = {	/* the first two critical */
	SEQUENCE, 12, 6, 3, 0x55, 0x1d, 0x13, 1, 1, 0xff,
	BYTE_STRING, 2, SEQUENCE, 0,
	SEQUENCE, 14, 6, 3, 0x55, 0x1d, 0x0f, 1, 1, 0xff,
	BYTE_STRING, 4, BIT_STRING, 2, 7, 0x80,
	SEQUENCE, 19, 6, 3, 0x55, 0x1d, 0x25, BYTE_STRING, 12,
	SEQUENCE, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1
};
static const unsigned char subject_alt_name[] = { 6, 3, 0x55, 0x1d, 0x11 };
static const unsigned char subject_key_id[] = {
	6, 3, 0x55, 0x1d, 0x0e, BYTE_STRING, KEY_ID + 2, BYTE_STRING, KEY_ID
};
static const unsigned char authority_key_id[] = {
	6, 3, 0x55, 0x1d, 0x23, BYTE_STRING, KEY_ID + 4, SEQUENCE, KEY_ID + 2,
	0x80, KEY_ID
};

/* The public half of a key. */
struct point {
	unsigned char bytes[BR_EC_KBUF_PUB_MAX_SIZE], id[KEY_ID];
	size_t n;
};

/* What goes into a certificate besides the random number. */
struct contents {
	struct point subject, issuer;
	struct buf issuer_name;		/* DER */
	const char *common_name;
	const char *const *names;	/* NULL: an authority */
	uint64_t from, until;		/* seconds since 1970 */
};

static void
put(struct der *d, const void *bytes, size_t n)
{
	d->full = d->full || n > d->at;
	if (d->full)
		return;
	d->at -= n;
	memcpy(d->bytes + d->at, bytes, n);
}

/* Put the header before what was written since at was end. */
static void
wrap(struct der *d, enum tag tag, size_t end)
{
	unsigned char head[4] = { (unsigned char)tag };
	size_t n = end - d->at;

	if (n < 128) {
		head[1] = (unsigned char)n;
		put(d, head, 2);
	} else if (n < 256) {
		head[1] = 0x81;
		head[2] = (unsigned char)n;
		put(d, head, 3);
	} else {
		head[1] = 0x82;
		head[2] = (unsigned char)(n >> 8);
		head[3] = (unsigned char)n;
		put(d, head, 4);
	}
}

static void
put_value(struct der *d, enum tag tag, const void *bytes, size_t n)
{
	size_t end = d->at;

	put(d, bytes, n);
	wrap(d, tag, end);
}

/* A bit string of whole bytes. */
static void
put_bits(struct der *d, const void *bytes, size_t n)
{
	size_t end = d->at;

	put(d, bytes, n);
	put(d, "", 1);	/* how many bits of the last byte are unused */
	wrap(d, BIT_STRING, end);
}

/* RFC 5280 4.1.2.5: two digits for the year up to 2049, four from 2050. */
static void
put_time(struct der *d, uint64_t seconds)
{
	char date[CLOCK_TEXT], time[16];

	clock_text(date, seconds * 1000);
	(void)snprintf(time, sizeof(time), "%.4s%.2s%.2s%.2s%.2s%.2sZ", date,
	    date + 5, date + 8, date + 11, date + 14, date + 17);
	if (seconds < YEAR_2050)
		put_value(d, UTC_TIME, time + 2, 13);
	else
		put_value(d, GENERALIZED_TIME, time, 15);
}

static void
put_validity(struct der *d, const struct contents *c)
{
	size_t end = d->at;

	put_time(d, c->until);
	put_time(d, c->from);
	wrap(d, SEQUENCE, end);
}

/* CN=name.  A common name has at most 64 characters. */
static void
put_common_name(struct der *d, const char *name)
{
	size_t end = d->at;

	if (strlen(name) > 64)
		name = "mnm";
	put_value(d, UTF8_STRING, name, strlen(name));
	put(d, common_name, sizeof(common_name));
	wrap(d, SEQUENCE, end);
	wrap(d, SET, end);
	wrap(d, SEQUENCE, end);
}

static void
put_alt_name(struct der *d, const char *name)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, name, address) == 1)
		put_value(d, SAN_ADDRESS, address, 4);
	else if (inet_pton(AF_INET6, name, address) == 1)
		put_value(d, SAN_ADDRESS, address, 16);
	else
		put_value(d, SAN_DNS, name, strlen(name));
}

/* An extension that holds nothing but the hash of a key. */
static void
put_key_id(struct der *d, const void *head, size_t n,
    const unsigned char id[KEY_ID])
{
	size_t end = d->at;

	put(d, id, KEY_ID);
	put(d, head, n);
	wrap(d, SEQUENCE, end);
}

static void
put_alt_names(struct der *d, const char *const *names)
{
	size_t end = d->at, i = 0;

	while (names[i] != NULL)
		i++;
	while (i > 0)
		put_alt_name(d, names[--i]);
	wrap(d, SEQUENCE, end);
	wrap(d, BYTE_STRING, end);
	put(d, subject_alt_name, sizeof(subject_alt_name));
	wrap(d, SEQUENCE, end);
}

static void
put_extensions(struct der *d, const struct contents *c)
{
	size_t end = d->at;

	if (c->names != NULL) {
		put_alt_names(d, c->names);
		put_key_id(d, authority_key_id, sizeof(authority_key_id),
		    c->issuer.id);
	}
	put_key_id(d, subject_key_id, sizeof(subject_key_id), c->subject.id);
	if (c->names != NULL)
		put(d, leaf_usage, sizeof(leaf_usage));
	else
		put(d, authority_usage, sizeof(authority_usage));
	wrap(d, SEQUENCE, end);
	wrap(d, EXTENSIONS, end);
}

/* What the signature covers.  The serial number is positive: top bit 0. */
static int
put_tbs(struct der *d, const struct contents *c)
{
	unsigned char serial[16];
	size_t end = d->at, point_end;

	if (encode_random(serial, sizeof(serial)) == -1)
		return -1;
	serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
	put_extensions(d, c);
	point_end = d->at;
	put_bits(d, c->subject.bytes, c->subject.n);
	put(d, p256_public_key, sizeof(p256_public_key));
	wrap(d, SEQUENCE, point_end);
	put_common_name(d, c->common_name);
	put_validity(d, c);
	if (c->issuer_name.n > 0)
		put(d, c->issuer_name.p, c->issuer_name.n);
	else
		put_common_name(d, c->common_name);
	put(d, ecdsa_with_sha256, sizeof(ecdsa_with_sha256));
	put_value(d, INTEGER, serial, sizeof(serial));
	put(d, version_3, sizeof(version_3));
	wrap(d, SEQUENCE, end);
	return d->full ? -1 : 0;
}

static void
hash_of(unsigned char hash[br_sha256_SIZE], const void *bytes, size_t n)
{
	encode_sha256(hash, (struct span){ bytes, n });
}

/* Sign what stands in d and put the signature and all around it. */
static int
sign(struct der *d, const br_ec_private_key *key)
{
	struct der tbs = *d;
	unsigned char hash[br_sha256_SIZE], signature[160];
	size_t n;

	hash_of(hash, tbs.bytes + tbs.at, DER_ROOM - tbs.at);
	n = br_ecdsa_sign_asn1_get_default()(br_ec_get_default(),
	    &br_sha256_vtable, hash, key, signature);
	if (n == 0)
		return -1;
	d->at = DER_ROOM;
	put_bits(d, signature, n);
	put(d, ecdsa_with_sha256, sizeof(ecdsa_with_sha256));
	put(d, tbs.bytes + tbs.at, DER_ROOM - tbs.at);
	wrap(d, SEQUENCE, DER_ROOM);
	return d->full ? -1 : 0;
}

static int
write_signed(struct buf *der, const struct contents *c,
    const br_ec_private_key *key)
{
	struct der d = { .at = DER_ROOM };
	struct span all;

	if (put_tbs(&d, c) == -1 || sign(&d, key) == -1)
		return -1;
	all = (struct span){ (const char *)d.bytes + d.at, DER_ROOM - d.at };
	buf_add(der, all);
	return 0;
}

static void
find_point(struct point *point, const br_ec_private_key *key)
{
	unsigned char hash[br_sha256_SIZE];

	point->n = br_ec_compute_pub(br_ec_get_default(), NULL, point->bytes,
	    key);
	hash_of(hash, point->bytes, point->n);
	memcpy(point->id, hash, KEY_ID);
}

static void
set_dates(struct contents *c, uint64_t now, uint64_t life)
{
	c->from = now < YEAR_2020 ? 0 : now - X509_DAY;
	c->until = now < YEAR_2020 ? YEAR_2050 - 1 : now + life;
}

static void
append(void *to, const void *bytes, size_t n)
{
	buf_add(to, (struct span){ bytes, n });
}

/* The subject of the authority, which is the issuer's name in what it signs. */
static void
find_name(struct buf *der, const struct cert *authority)
{
	br_x509_decoder_context decoder;

	br_x509_decoder_init(&decoder, append, der);
	br_x509_decoder_push(&decoder, authority->chain[0].data,
	    authority->chain[0].data_len);
}

/* Letters, digits, '-' (not first), '_', '.', '*' and, in addresses, ':'. */
bool
x509_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*:");
	unsigned char address[16];

	if (n == 0 || n > 253 || name[n] != '\0' || name[0] == '-')
		return false;
	return strchr(name, ':') == NULL ||
	    inet_pton(AF_INET6, name, address) == 1;
}

int
x509_write_authority(struct buf *der, const char *name, uint64_t now,
    const br_ec_private_key *key)
{
	char common[64 + 1];
	struct contents c = { .common_name = common };

	find_point(&c.subject, key);
	(void)snprintf(common, sizeof(common),
	    AUTHORITY_NAME "%.40s %02X%02X%02X", name, c.subject.id[0],
	    c.subject.id[1], c.subject.id[2]);
	set_dates(&c, now, AUTHORITY_LIFE);
	return write_signed(der, &c, key);
}

int
x509_write_leaf(struct buf *der, const char *const *names, uint64_t now,
    const br_ec_private_key *key, const struct cert *authority)
{
	struct contents c = { .common_name = names[0], .names = names };
	int result;

	find_point(&c.subject, key);
	find_point(&c.issuer, &authority->ec);
	find_name(&c.issuer_name, authority);
	set_dates(&c, now, X509_LEAF_LIFE);
	if (c.until > authority->not_after)
		c.until = authority->not_after;
	result = c.issuer_name.n == 0 ? -1 :
	    write_signed(der, &c, &authority->ec);
	buf_free(&c.issuer_name);
	return result;
}

/* Whether what was put into d is part of the certificate. */
static bool
is_in(const br_x509_certificate *c, const struct der *d)
{
	size_t n = DER_ROOM - d->at, i;

	for (i = 0; i + n <= c->data_len; i++) {
		if (memcmp(c->data + i, d->bytes + d->at, n) == 0)
			return true;
	}
	return false;
}

bool
x509_is_authority(const br_x509_certificate *c)
{
	struct der d = { .at = DER_ROOM };

	put(&d, AUTHORITY_NAME, sizeof(AUTHORITY_NAME) - 1);
	return is_in(c, &d);
}

bool
x509_is_whole(const br_x509_certificate *c, const br_ec_private_key *key)
{
	struct der d = { .at = DER_ROOM };
	size_t n;

	if (c->data_len < 2 * HEADER)
		return false;
	n = HEADER + ((size_t)c->data[HEADER + 2] << 8 | c->data[HEADER + 3]);
	if (n > c->data_len - HEADER)
		return false;
	put(&d, c->data + HEADER, n);
	return sign(&d, key) == 0 && DER_ROOM - d.at == c->data_len &&
	    memcmp(d.bytes + d.at, c->data, c->data_len) == 0;
}

bool
x509_is_from(const struct cert *cert, const struct cert *authority)
{
	struct der d = { .at = DER_ROOM };
	struct point issuer;

	find_point(&issuer, &authority->ec);
	put_key_id(&d, authority_key_id, sizeof(authority_key_id), issuer.id);
	return is_in(&cert->chain[0], &d);
}

bool
x509_is_own(const struct cert *cert)
{
	struct der d = { .at = DER_ROOM };
	struct point subject;

	find_point(&subject, &cert->ec);
	put_key_id(&d, subject_key_id, sizeof(subject_key_id), subject.id);
	return is_in(&cert->chain[0], &d);
}

bool
x509_is_current(const struct cert *cert, const char *const *names,
    uint64_t now, const struct cert *authority)
{
	struct contents c = { .names = names };
	struct der d = { .at = DER_ROOM };
	uint64_t end = cert->not_after;

	find_point(&c.subject, &cert->ec);
	find_point(&c.issuer, &authority->ec);
	put_extensions(&d, &c);
	if (d.full || !is_in(&cert->chain[0], &d) || now < cert->not_before)
		return false;
	if (now >= YEAR_2020 && end > now + X509_LEAF_LIFE + X509_DAY)
		return false;	/* made before the clock was set */
	return end >= now + X509_RENEW || end == authority->not_after;
}
