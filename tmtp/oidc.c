#include "tmtp/oidc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl_ec.h>
#include <bearssl_hash.h>
#include <bearssl_rsa.h>

#include "base/encode.h"
#include "json.h"

#define KEYS_MAX      64	/* of one set: providers have two to five */
#define RSA_BYTES_MIN 256
#define RSA_BYTES_MAX 512
#define EC_BYTES      32	/* a coordinate of P-256 */
#define EC_POINT      (1 + 2 * EC_BYTES)
#define SKEW          60	/* seconds that two clocks may be apart */
#define SECONDS_MAX   (UINT32_MAX * (uint64_t)64)	/* of a date */

enum algorithm { RS256, ES256, ALGORITHMS };

static const char *const algorithm_names[ALGORITHMS] = { "RS256", "ES256" };

struct public_key {
	enum algorithm algorithm;
	char *kid;
	unsigned char n[RSA_BYTES_MAX], e[4];	/* RS256 */
	size_t n_length, e_length;
	unsigned char point[EC_POINT];		/* ES256 */
};

struct oidc_keys {
	struct public_key *keys;
	size_t count;
};

static int
fail(char *why, size_t room, const char *reason)
{
	(void)snprintf(why, room, "%s", reason);
	return -1;
}

/* ---- base64url without padding (RFC 4648, section 5; RFC 7515) ---- */

static int
digit_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/*
 * Decode text into dst, which has room for room bytes.  Returns how many there
 * are; -1 if it is not base64url, has bits left over, or does not fit.
 */
static long
decode_base64url(void *dst, size_t room, struct span text)
{
	unsigned char *to = dst;
	unsigned bits = 0, count = 0;
	size_t i, n = 0;
	int value;

	if (text.n % 4 == 1)
		return -1;
	for (i = 0; i < text.n; i++) {
		value = digit_value(text.p[i]);
		if (value == -1)
			return -1;
		bits = (bits << 6 | (unsigned)value) & 0xfff;
		count += 6;
		if (count < 8)
			continue;
		if (n == room)
			return -1;
		count -= 8;
		to[n++] = (unsigned char)(bits >> count);
	}
	return (bits & ((1u << count) - 1)) == 0 ? (long)n : -1;
}

/* ---- JSON members ---- */

/* A member that is wanted; its name is case-sensitive (RFC 7515, section 4). */
struct wanted {
	const char *name;
	enum { STRING, SECONDS, ANY } kind;
	void *value;		/* struct span, or uint64_t for SECONDS */
	bool given;
};

/*
 * What a string means, written over its text, which is longer or the same: it
 * lies in a copy of ours.
 */
static struct span
read_string(struct json *j)
{
	struct span raw = json_string(j);
	char *p = (char *)(uintptr_t)raw.p;

	return (struct span){ p, p != NULL ? json_text(p, raw) : 0 };
}

/* The text of any value. */
static struct span
read_any(struct json *j)
{
	struct span raw = { j->p, 0 };

	json_skip(j);
	raw.n = (size_t)(j->p - raw.p);
	while (raw.n > 0 && strchr(" \t\r\n", raw.p[0]) != NULL) {
		raw.p++;
		raw.n--;
	}
	return raw;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A NumericDate may have a fraction (RFC 7519, section 2), which is cut off. */
static uint64_t
read_seconds(struct json *j)
{
	struct span raw = read_any(j);
	uint64_t seconds = 0;
	size_t i = 0;

	for (; i < raw.n && is_digit(raw.p[i]) && seconds < SECONDS_MAX; i++)
		seconds = seconds * 10 + (uint64_t)(raw.p[i] - '0');
	if (i > 0 && i < raw.n && raw.p[i] == '.') {
		for (i++; i < raw.n && is_digit(raw.p[i]); i++)
			continue;
	}
	j->bad |= i == 0 || i < raw.n;
	return seconds;
}

static void
read_value(struct wanted *w, struct json *j)
{
	switch (w->kind) {
	case STRING:
		*(struct span *)w->value = read_string(j);
		break;
	case SECONDS:
		*(uint64_t *)w->value = read_seconds(j);
		break;
	case ANY:
		*(struct span *)w->value = read_any(j);
		break;
	}
	w->given = true;
}

static struct wanted *
find_wanted(struct wanted *w, size_t n, struct span key)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (span_is(key, span_of(w[i].name)))
			return &w[i];
	}
	return NULL;
}

/*
 * Read the members of an object that are wanted.  False if it is no object, or
 * has a member twice: readers differ in which of the two counts (RFC 7515,
 * section 4).
 */
static bool
read_members(struct json *j, struct wanted *w, size_t n)
{
	struct wanted *found;
	struct span key;

	json_object(j);
	while (json_key(j, &key)) {
		found = find_wanted(w, n, key);
		if (found == NULL)
			json_skip(j);
		else if (found->given)
			return false;
		else
			read_value(found, j);
	}
	return !j->bad;
}

/* ---- keys ---- */

static bool
is_for_signatures(struct span use)
{
	return use.p == NULL || span_is(use, SPAN("sig"));
}

/* The largest RSA exponent that is in use takes three bytes. */
static bool
read_rsa(struct public_key *k, struct span n, struct span e)
{
	unsigned char modulus[RSA_BYTES_MAX + 1];
	long length = decode_base64url(modulus, sizeof(modulus), n);
	long e_length = decode_base64url(k->e, sizeof(k->e), e);
	size_t zeros = length > 0 && modulus[0] == 0;

	if (length == -1 || e_length < 1 || (k->e[e_length - 1] & 1) == 0 ||
	    (e_length == 1 && k->e[0] < 3))
		return false;
	k->n_length = (size_t)length - zeros;
	k->e_length = (size_t)e_length;
	if (k->n_length < RSA_BYTES_MIN || k->n_length > RSA_BYTES_MAX ||
	    modulus[zeros] < 0x80)
		return false;
	memcpy(k->n, modulus + zeros, k->n_length);
	k->algorithm = RS256;
	return true;
}

/* A point that is not on the curve is found when it is used. */
static bool
read_ec(struct public_key *k, struct span crv, struct span x, struct span y)
{
	k->point[0] = 4;	/* both coordinates follow, uncompressed */
	k->algorithm = ES256;
	return span_is(crv, SPAN("P-256")) &&
	    decode_base64url(k->point + 1, EC_BYTES, x) == EC_BYTES &&
	    decode_base64url(k->point + 1 + EC_BYTES, EC_BYTES, y) == EC_BYTES;
}

/* Add the key that is next, if it can be used.  False: that is no key. */
static bool
read_key(struct oidc_keys *keys, struct json *j)
{
	struct span kty = { NULL, 0 }, kid = kty, use = kty, alg = kty,
	    n = kty, e = kty, crv = kty, x = kty, y = kty;
	struct wanted wanted[] = {
		{ "kty", STRING, &kty, false }, { "kid", STRING, &kid, false },
		{ "use", STRING, &use, false }, { "alg", STRING, &alg, false },
		{ "n", STRING, &n, false }, { "e", STRING, &e, false },
		{ "crv", STRING, &crv, false }, { "x", STRING, &x, false },
		{ "y", STRING, &y, false }
	};
	struct public_key key = { 0 };

	if (!read_members(j, wanted, sizeof(wanted) / sizeof(wanted[0])))
		return false;
	if (kid.p == NULL || !is_for_signatures(use) ||
	    keys->count == KEYS_MAX)
		return true;
	if (!(span_is(kty, SPAN("RSA")) && read_rsa(&key, n, e)) &&
	    !(span_is(kty, SPAN("EC")) && read_ec(&key, crv, x, y)))
		return true;
	if (alg.p != NULL &&
	    !span_is(alg, span_of(algorithm_names[key.algorithm])))
		return true;
	key.kid = xcopy(kid);
	keys->keys = xrealloc(keys->keys,
	    (keys->count + 1) * sizeof(keys->keys[0]));
	keys->keys[keys->count++] = key;
	return true;
}

struct oidc_keys *
oidc_keys_read(struct span jwks, char *why, size_t room)
{
	struct oidc_keys *keys = xzalloc(sizeof(*keys));
	struct buf copy = { NULL, 0, 0 };
	bool found = false, good = true;
	struct span name;
	struct json j;

	buf_add(&copy, jwks);
	json_begin(&j, buf_span(&copy));
	json_object(&j);
	while (good && json_key(&j, &name)) {
		if (found || !span_is(name, SPAN("keys"))) {
			json_skip(&j);
			continue;
		}
		found = true;
		json_array(&j);
		while (good && json_item(&j))
			good = read_key(keys, &j);
	}
	good = good && json_done(&j) && found;
	buf_free(&copy);
	if (good && keys->count > 0)
		return keys;
	(void)snprintf(why, room, "%s", good ? "it has no RSA key of 2048 to "
	    "4096 bits and no P-256 key with a kid" :
	    "it is not a JSON Web Key Set");
	oidc_keys_free(keys);
	return NULL;
}

void
oidc_keys_join(struct oidc_keys *keys, struct oidc_keys *more)
{
	if (more->count > 0) {
		keys->keys = xrealloc(keys->keys,
		    (keys->count + more->count) * sizeof(keys->keys[0]));
		memcpy(keys->keys + keys->count, more->keys,
		    more->count * sizeof(keys->keys[0]));
		keys->count += more->count;
		more->count = 0;
	}
	oidc_keys_free(more);
}

size_t
oidc_keys_count(const struct oidc_keys *keys)
{
	return keys->count;
}

void
oidc_keys_free(struct oidc_keys *keys)
{
	size_t i;

	if (keys == NULL)
		return;
	for (i = 0; i < keys->count; i++)
		free(keys->keys[i].kid);
	free(keys->keys);
	free(keys);
}

/* ---- tokens ---- */

/* Cut the part before the next dot off text.  False if there is no dot. */
static bool
cut_part(struct span *part, struct span *text)
{
	const char *dot = text->n > 0 ? memchr(text->p, '.', text->n) : NULL;

	if (dot == NULL)
		return false;
	*part = (struct span){ text->p, (size_t)(dot - text->p) };
	text->n -= part->n + 1;
	text->p = dot + 1;
	return true;
}

/* Decode a part to the end of text, in which there is room for it. */
static bool
decode_part(struct buf *text, struct span *json, struct span part)
{
	char *to = text->p + text->n;
	long n = decode_base64url(to, text->cap - text->n, part);

	if (n == -1)
		return false;
	text->n += (size_t)n;
	*json = (struct span){ to, (size_t)n };
	return true;
}

static bool
read_object(struct span json, struct wanted *w, size_t n)
{
	struct json j;

	json_begin(&j, json);
	return read_members(&j, w, n) && json_done(&j);
}

/* An extension that must be understood (crit) is one that we do not know. */
static const char *
read_header(struct oidc_token *t, struct span json)
{
	struct span crit = { NULL, 0 };
	struct wanted wanted[] = {
		{ "alg", STRING, &t->alg, false },
		{ "kid", STRING, &t->kid, false },
		{ "crit", ANY, &crit, false }
	};

	if (!read_object(json, wanted, 3))
		return "the token's header is invalid";
	if (t->alg.p == NULL || t->kid.p == NULL)
		return "the token's header lacks alg or kid";
	return crit.p != NULL ? "the token has a critical extension" : NULL;
}

static const char *
read_claims(struct oidc_token *t, struct span json)
{
	struct wanted wanted[] = {
		{ "sub", STRING, &t->sub, false },
		{ "iss", STRING, &t->iss, false },
		{ "aud", ANY, &t->aud, false },
		{ "exp", SECONDS, &t->exp, false },
		{ "iat", SECONDS, &t->iat, false },
		{ "nbf", SECONDS, &t->nbf, false },
		{ "azp", STRING, &t->azp, false }
	};
	size_t i;

	if (!read_object(json, wanted, 7))
		return "the token's claims are invalid";
	for (i = 0; i < 5; i++) {
		if (!wanted[i].given)
			return "the token lacks sub, iss, aud, exp or iat";
	}
	return t->sub.n == 0 || t->iss.n == 0 ?
	    "the token has an empty sub or iss" : NULL;
}

static const char *
read_parts(struct oidc_token *t, struct span compact)
{
	struct span rest = compact, header, claims, json;
	const char *fault;
	long n;

	if (!cut_part(&header, &rest) || !cut_part(&claims, &rest))
		return "the token does not have three parts";
	t->is_signed = (struct span){ compact.p, header.n + 1 + claims.n };
	(void)buf_room(&t->text, compact.n);
	if (!decode_part(&t->text, &json, header))
		return "the token is not base64url";
	fault = read_header(t, json);
	if (fault != NULL)
		return fault;
	if (!decode_part(&t->text, &json, claims))
		return "the token is not base64url";
	fault = read_claims(t, json);
	if (fault != NULL)
		return fault;
	n = decode_base64url(t->signature, sizeof(t->signature), rest);
	t->signature_length = n > 0 ? (size_t)n : 0;
	return n > 0 ? NULL : "the token's signature is missing or invalid";
}

int
oidc_token_read(struct oidc_token *t, struct span compact, char *why,
    size_t room)
{
	const char *fault;

	*t = (struct oidc_token){ .iat = 0 };
	fault = read_parts(t, compact);
	if (fault == NULL)
		return 0;
	oidc_token_free(t);
	return fail(why, room, fault);
}

void
oidc_token_free(struct oidc_token *t)
{
	buf_free(&t->text);
}

/* Whether raw text of JSON means this text. */
static bool
means(struct span raw, struct span text)
{
	struct buf value = { NULL, 0, 0 };
	bool same;

	value.n = json_text(buf_room(&value, raw.n + 1), raw);
	same = span_is(buf_span(&value), text);
	buf_free(&value);
	return same;
}

bool
oidc_token_is_for(const struct oidc_token *t, struct span audience)
{
	struct span raw;
	struct json j;

	json_begin(&j, t->aud);
	if (t->aud.n > 0 && t->aud.p[0] == '"') {
		raw = json_string(&j);
		return json_done(&j) && means(raw, audience);
	}
	json_array(&j);
	while (json_item(&j)) {
		raw = json_string(&j);
		if (!j.bad && means(raw, audience))
			return t->azp.p == NULL || span_is(t->azp, audience);
	}
	return false;
}

static bool
is_signed_rsa(const struct public_key *k, const struct oidc_token *t,
    const unsigned char *hash)
{
	/* BearSSL does not write to them, but does not say so. */
	br_rsa_public_key key = {
		(unsigned char *)(uintptr_t)k->n, k->n_length,
		(unsigned char *)(uintptr_t)k->e, k->e_length
	};
	unsigned char found[br_sha256_SIZE];

	return t->signature_length == k->n_length &&
	    br_rsa_pkcs1_vrfy_get_default()(t->signature, t->signature_length,
	    BR_HASH_OID_SHA256, sizeof(found), &key, found) == 1 &&
	    memcmp(found, hash, sizeof(found)) == 0;
}

static bool
is_signed_ec(const struct public_key *k, const struct oidc_token *t,
    const unsigned char *hash)
{
	br_ec_public_key key = { BR_EC_secp256r1,
	    (unsigned char *)(uintptr_t)k->point, EC_POINT };

	return t->signature_length == (size_t)2 * EC_BYTES &&
	    br_ecdsa_vrfy_raw_get_default()(br_ec_get_default(), hash,
	    br_sha256_SIZE, &key, t->signature, t->signature_length) == 1;
}

/* Whether one of the keys with the token's kid and alg has signed it. */
static const char *
check_signature(const struct oidc_token *t, const struct oidc_keys *keys,
    enum algorithm algorithm)
{
	const char *fault = "no key has the token's kid and alg";
	unsigned char hash[br_sha256_SIZE];
	const struct public_key *k;

	encode_sha256(hash, t->is_signed);
	for (k = keys->keys; k < keys->keys + keys->count; k++) {
		if (k->algorithm != algorithm ||
		    !span_is(t->kid, span_of(k->kid)))
			continue;
		if (algorithm == RS256 ? is_signed_rsa(k, t, hash) :
		    is_signed_ec(k, t, hash))
			return NULL;
		fault = "the token's signature is wrong";
	}
	return fault;
}

static const char *
check_dates(const struct oidc_token *t, uint64_t now)
{
	if (t->exp + SKEW <= now)
		return "the token has expired";
	if (t->iat > now + SKEW || t->nbf > now + SKEW)
		return "the token is not valid yet";
	return t->iat > t->exp ? "the token expires before it begins" : NULL;
}

int
oidc_token_check(const struct oidc_token *t, const struct oidc_keys *keys,
    uint64_t now, char *why, size_t room)
{
	const char *fault = "the token's alg is not RS256 or ES256";
	int i;

	for (i = 0; i < ALGORITHMS; i++) {
		if (span_is(t->alg, span_of(algorithm_names[i])))
			fault = check_signature(t, keys, (enum algorithm)i);
	}
	if (fault == NULL)
		fault = check_dates(t, now);
	return fault == NULL ? 0 : fail(why, room, fault);
}
