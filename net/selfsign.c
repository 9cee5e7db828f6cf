/*
 * The certificate that cert_make writes says as little as real clients need:
 *
 *	version 3, random positive serial number, ecdsa-with-SHA256
 *	issuer = subject = CN=first name
 *	basicConstraints	critical, CA:FALSE
 *	extKeyUsage		serverAuth
 *	subjectAltName		every name
 *
 * It is not an authority.  Clients that pin it do not care; OpenSSL and Go also
 * accept a self-signed leaf as its own root when it is added to their roots;
 * and that trusts this one server only, not everything that a key on somebody's
 * Raspberry Pi might sign.  keyUsage is left out because
 * OpenSSL before 3.0 refuses a self-signed certificate whose keyUsage lacks
 * keyCertSign, and RFC 5280 forbids keyCertSign without CA:TRUE.
 */
#include "net/selfsign.h"

#include <arpa/inet.h>
#include <bearssl_hash.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"

#define DAY (UINT64_C(24) * 60 * 60)
#define YEAR_2020 UINT64_C(1577836800)
#define YEAR_2050 UINT64_C(2524608000)

/*
 * DER is written from its end to its beginning, so that the length of what
 * stands inside is known when its header is written.
 */
#define DER_ROOM 4096

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
static const unsigned char common_name[] = { 6, 3, 0x55, 4, 3 };
static const unsigned char p256_public_key[] = {
	SEQUENCE, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1,
	6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7
};
static const unsigned char not_an_authority[] = {	/* critical */
	SEQUENCE, 12, 6, 3, 0x55, 0x1d, 0x13, 1, 1, 0xff,
	BYTE_STRING, 2, SEQUENCE, 0
};
static const unsigned char server_auth[] = {
	SEQUENCE, 19, 6, 3, 0x55, 0x1d, 0x25, BYTE_STRING, 12,
	SEQUENCE, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1
};
static const unsigned char subject_alt_name[] = { 6, 3, 0x55, 0x1d, 0x11 };

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
put_validity(struct der *d, uint64_t now)
{
	size_t end = d->at;

	if (now < YEAR_2020) {
		put_time(d, YEAR_2050 - 1);
		put_time(d, 0);
	} else {
		put_time(d, now + 3652 * DAY);
		put_time(d, now - DAY);
	}
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

static void
put_extensions(struct der *d, const char *const *names)
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
	put(d, server_auth, sizeof(server_auth));
	put(d, not_an_authority, sizeof(not_an_authority));
	wrap(d, SEQUENCE, end);
	wrap(d, EXTENSIONS, end);
}

/* What the signature covers.  The serial number is positive: top bit 0. */
static int
put_tbs(struct der *d, const char *const *names, uint64_t now,
    const br_ec_private_key *key)
{
	unsigned char serial[16], point[BR_EC_KBUF_PUB_MAX_SIZE];
	size_t end = d->at, point_end, n;

	n = br_ec_compute_pub(br_ec_get_default(), NULL, point, key);
	if (n == 0 || encode_random(serial, sizeof(serial)) == -1)
		return -1;
	serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
	put_extensions(d, names);
	point_end = d->at;
	put_bits(d, point, n);
	put(d, p256_public_key, sizeof(p256_public_key));
	wrap(d, SEQUENCE, point_end);
	put_common_name(d, names[0]);
	put_validity(d, now);
	put_common_name(d, names[0]);
	put(d, ecdsa_with_sha256, sizeof(ecdsa_with_sha256));
	put_value(d, INTEGER, serial, sizeof(serial));
	put(d, version_3, sizeof(version_3));
	wrap(d, SEQUENCE, end);
	return d->full ? -1 : 0;
}

/* Sign what stands in d and put the signature and all around it. */
static int
sign(struct der *d, const br_ec_private_key *key)
{
	struct der tbs = *d;
	unsigned char hash[br_sha256_SIZE], signature[160];
	br_sha256_context sha256;
	size_t n;

	br_sha256_init(&sha256);
	br_sha256_update(&sha256, tbs.bytes + tbs.at, DER_ROOM - tbs.at);
	br_sha256_out(&sha256, hash);
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

/* Letters, digits, '-', '_', '.', '*' and, in addresses, ':'. */
bool
selfsign_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*:");
	unsigned char address[16];

	if (n == 0 || n > 253 || name[n] != '\0')
		return false;
	return strchr(name, ':') == NULL ||
	    inet_pton(AF_INET6, name, address) == 1;
}

int
selfsign_write(struct buf *der, const char *const *names, uint64_t now,
    const br_ec_private_key *key)
{
	struct der d = { .at = DER_ROOM };
	struct span all;

	if (put_tbs(&d, names, now, key) == -1 || sign(&d, key) == -1)
		return -1;
	all = (struct span){ (const char *)d.bytes + d.at, DER_ROOM - d.at };
	buf_add(der, all);
	return 0;
}
