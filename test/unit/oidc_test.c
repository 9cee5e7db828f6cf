/*
 * Tokens that openssl signs, with keys that it makes, are taken; others are
 * not.
 */
#include "tmtp/oidc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "test/lib/check.h"
#include "test/lib/signer.h"

#define NOW  1800000000u	/* seconds */

#define HEADER(alg, kid) "{\"alg\":\"" alg "\",\"kid\":\"" kid "\"}"
#define AUD "\"aud\":\"mnm\""
#define DATES "\"iat\":1799999990,\"exp\":1800003600"
#define CLAIMS "{\"sub\":\"alice\",\"iss\":\"https://id.example\"," AUD "," \
	DATES "}"

/* ---- keys ---- */

static struct oidc_keys *
make_keys(void)
{
	struct buf b = { NULL, 0, 0 };
	struct oidc_keys *keys;
	char why[128];

	signer_make_rsa("r2", 2048);
	signer_make_rsa("r4", 4096);
	signer_make_rsa("r1", 1024);
	signer_make_rsa("other", 2048);
	signer_make_ec("e", "prime256v1");
	signer_make_ec("e2", "prime256v1");
	signer_make_ec("ek", "secp256k1");
	buf_add(&b, SPAN("{\"more\":[1,{}],\"keys\":["));
	signer_add_rsa(&b, "r2", ",\"alg\":\"RS256\",\"use\":\"sig\"");
	buf_add_byte(&b, ',');
	signer_add_rsa(&b, "r4", "");
	buf_add_byte(&b, ',');
	signer_add_rsa(&b, "r1", "");
	buf_add_byte(&b, ',');
	signer_add_ec(&b, "e", "P-256", "");
	buf_add_byte(&b, ',');
	signer_add_ec(&b, "ek", "secp256k1", "");
	buf_add(&b, SPAN(",{\"kty\":\"oct\",\"kid\":\"o\",\"k\":\"AAAA\"},"));
	signer_add_rsa(&b, "other", ",\"use\":\"enc\"");
	buf_add(&b, SPAN("]}"));
	keys = oidc_keys_read(buf_span(&b), why, sizeof(why));
	CHECK(keys != NULL, "the key set: %s", why);
	CHECK(keys != NULL && oidc_keys_count(keys) == 3, "usable keys: %zu",
	    keys != NULL ? oidc_keys_count(keys) : 0);
	buf_free(&b);
	return keys;
}

/* ---- tokens ---- */

/* NULL if the token is taken, else why not. */
static const char *
verdict(const struct oidc_keys *keys, struct span text)
{
	static char why[128];
	struct oidc_token t;
	int result;

	why[0] = '\0';
	if (oidc_token_read(&t, text, why, sizeof(why)) == -1)
		return why;
	result = oidc_token_check(&t, keys, NOW, why, sizeof(why));
	if (result == 0 && (!oidc_token_is_for(&t, SPAN("mnm")) ||
	    oidc_token_is_for(&t, SPAN("mn")) ||
	    !span_is(t.iss, SPAN("https://id.example"))))
		(void)snprintf(why, sizeof(why), "for somebody else");
	oidc_token_free(&t);
	return why[0] != '\0' ? why : NULL;
}

static const struct good {
	const char *key, *header, *claims;
} goods[] = {
	{ "r2", HEADER("RS256", "r2"), CLAIMS },
	{ "r4", HEADER("RS256", "r4"), CLAIMS },
	{ "e", HEADER("ES256", "e"), CLAIMS },
	{ "e", "{\"typ\":\"JWT\",\"kid\":\"\\u0065\",\"alg\":\"ES256\"}",
	  CLAIMS },
	{ "r2", HEADER("RS256", "r2"), "{\"iss\":\"https:\\/\\/id.example\","
	  "\"sub\":\"\\u0061lice\",\"aud\":[\"x\",\"mnm\"],\"more\":{\"a\":[]},"
	  "\"nbf\":1799999990," DATES "}" },
	{ "r2", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":\"https://"
	  "id.example\"," AUD ",\"iat\":1800000060,\"exp\":1800000060}" },
	{ "r2", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":\"https://"
	  "id.example\"," AUD ",\"iat\":1,\"exp\":1799999941}" },
	{ "e", HEADER("ES256", "e"), " {\"sub\" : \"a\", \"iss\":\n\"https://"
	  "id.example\",\t\"aud\" : \r\n\"mnm\" , \"iat\": 1, "
	  "\"exp\": 1799999941.5 }" },
	{ "e", HEADER("ES256", "e"), "{\"sub\": \"a\", \"iss\": \"https://"
	  "id.example\", \"aud\": [ \"x\", \"mnm\" ], \"iat\": 1.0, "
	  "\"exp\": 1800000060}" },
	{ "e", HEADER("ES256", "e"), "{\"sub\":\"a\",\"iss\":\"https://"
	  "id.example\",\"aud\":[\"x\",\"mnm\"],\"azp\":\"mnm\"," DATES "}" }
};

/* Signed well, and wrong all the same. */
static const struct bad {
	const char *key, *digest, *header, *claims, *why;
} bads[] = {
	{ "r2", "sha256", HEADER("none", "r2"), CLAIMS, "alg is not" },
	{ "r2", "sha256", HEADER("HS256", "r2"), CLAIMS, "alg is not" },
	{ "r2", "sha256", HEADER("rs256", "r2"), CLAIMS, "alg is not" },
	{ "r2", "sha384", HEADER("RS384", "r2"), CLAIMS, "alg is not" },
	{ "r2", "sha256", HEADER("PS256", "r2"), CLAIMS, "alg is not" },
	{ "r2", "sha256", HEADER("", "r2"), CLAIMS, "alg is not" },
	{ "r2", "sha256", HEADER("ES256", "r2"), CLAIMS, "no key" },
	{ "e", "sha256", HEADER("RS256", "e"), CLAIMS, "no key" },
	{ "r2", "sha256", HEADER("RS256", "e"), CLAIMS, "no key" },
	{ "r2", "sha256", HEADER("RS256", "r4"), CLAIMS, "signature" },
	{ "r4", "sha256", HEADER("RS256", "r2"), CLAIMS, "signature" },
	{ "other", "sha256", HEADER("RS256", "r2"), CLAIMS, "signature" },
	{ "other", "sha256", HEADER("RS256", "other"), CLAIMS, "no key" },
	{ "r1", "sha256", HEADER("RS256", "r1"), CLAIMS, "no key" },
	{ "r2", "sha256", HEADER("RS256", "R2"), CLAIMS, "no key" },
	{ "r2", "sha256", HEADER("RS256", ""), CLAIMS, "no key" },
	{ "r4", "sha512", HEADER("RS256", "r4"), CLAIMS, "signature" },
	{ "r2", "sha256", HEADER("ES256", "e"), CLAIMS, "signature" },
	{ "e", "sha256", HEADER("RS256", "r2"), CLAIMS, "signature" },
	{ "e2", "sha256", HEADER("ES256", "e"), CLAIMS, "signature" },
	{ "e", "sha512", HEADER("ES256", "e"), CLAIMS, "signature" },
	{ "ek", "sha256", HEADER("ES256", "ek"), CLAIMS, "no key" },
	{ "ek", "sha256", HEADER("ES256", "e"), CLAIMS, "signature" },
	{ "ek", "sha256", HEADER("ES256K", "ek"), CLAIMS, "alg is not" },
	{ "r2", "sha1", HEADER("RS256", "r2"), CLAIMS, "signature" },
	{ "r2", "sha512", HEADER("RS256", "r2"), CLAIMS, "signature" },
	{ "r2", "sha256", "{\"alg\":\"RS256\"}", CLAIMS, "lacks" },
	{ "r2", "sha256", "{\"kid\":\"r2\"}", CLAIMS, "lacks" },
	{ "r2", "sha256", "{\"ALG\":\"RS256\",\"kid\":\"r2\"}", CLAIMS,
	  "lacks" },
	{ "r2", "sha256", "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"r2\"}",
	  CLAIMS, "header is invalid" },
	{ "r2", "sha256", "{\"alg\":256,\"kid\":\"r2\"}", CLAIMS,
	  "header is invalid" },
	{ "r2", "sha256", "{\"alg\":\"RS256\",\"kid\":\"r2\","
	  "\"crit\":[\"b64\"],\"b64\":false}", CLAIMS, "critical" },
	{ "r2", "sha256", "[]", CLAIMS, "header is invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2") "x", CLAIMS,
	  "header is invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "", "claims are invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "null",
	  "claims are invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," DATES "}", "lacks" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"iss\":\"https://"
	  "id.example\"," AUD "," DATES "}", "lacks" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"\",\"iss\":"
	  "\"https://id.example\"," AUD "," DATES "}", "empty" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"iat\":1}", "lacks" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"exp\":1800003600}", "lacks" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"iat\":1,\"exp\":1799999940}",
	  "expired" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"iat\":1800000061,"
	  "\"exp\":1800003600}", "not valid yet" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"nbf\":1800000061," DATES "}",
	  "not valid yet" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"iat\":1800000030,"
	  "\"exp\":1800000020}", "before it begins" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"iat\":1,\"exp\":\"1800003600\"}",
	  "claims are invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"iat\":-1,\"exp\":1800003600}",
	  "claims are invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"iat\":1,\"exp\":18e8}",
	  "claims are invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\"," AUD ",\"iat\":1,"
	  "\"exp\":99999999999999999999}", "claims are invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\",\"aud\":\"other\"," DATES "}",
	  "somebody else" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\",\"aud\":[\"mn\",\"MNM\"]," DATES "}",
	  "somebody else" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\",\"aud\":[\"x\",\"mnm\"],\"azp\":\"x\","
	  DATES "}", "somebody else" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example\",\"aud\":{\"mnm\":1}," DATES "}",
	  "somebody else" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"iss\":"
	  "\"https://id.example/\"," AUD "," DATES "}", "somebody else" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":\"a\",\"sub\":"
	  "\"b\",\"iss\":\"https://id.example\"," AUD "," DATES "}",
	  "claims are invalid" },
	{ "r2", "sha256", HEADER("RS256", "r2"), "{\"sub\":[\"a\"],\"iss\":"
	  "\"https://id.example\"," AUD "," DATES "}", "claims are invalid" }
};

static void
check_signed(const struct oidc_keys *keys)
{
	const char *why;
	struct buf token;
	size_t i;

	for (i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		token = signer_sign(goods[i].key, "sha256", goods[i].header,
		    goods[i].claims);
		why = verdict(keys, buf_span(&token));
		CHECK(why == NULL, "%s %s: %s", goods[i].header,
		    goods[i].claims, why);
		buf_free(&token);
	}
	for (i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		token = signer_sign(bads[i].key, bads[i].digest, bads[i].header,
		    bads[i].claims);
		why = verdict(keys, buf_span(&token));
		CHECK(why != NULL && strstr(why, bads[i].why) != NULL,
		    "%s %s: %s", bads[i].header, bads[i].claims,
		    why != NULL ? why : "taken");
		buf_free(&token);
	}
}

/*
 * No character can be altered, left out or added.  In base64url the last one
 * of a part may carry bits that must be 0.
 */
static void
check_altered(const struct oidc_keys *keys, const char *key,
    const char *header)
{
	struct buf token = signer_sign(key, "sha256", header, CLAIMS), other;
	size_t i;
	char was;

	for (i = 0; i < token.n; i++) {
		was = token.p[i];
		token.p[i] = was == 'A' ? 'B' : 'A';
		CHECK(verdict(keys, buf_span(&token)) != NULL,
		    "%s: altered at %zu", key, i);
		token.p[i] = was;
		CHECK(verdict(keys, (struct span){ token.p, i }) != NULL,
		    "%s: cut at %zu", key, i);
	}
	other = (struct buf){ NULL, 0, 0 };
	buf_add(&other, buf_span(&token));
	buf_add(&other, SPAN("=="));
	CHECK(verdict(keys, buf_span(&other)) != NULL, "padded");
	other.n -= 2;
	buf_add(&other, SPAN(".AAAA"));
	CHECK(verdict(keys, buf_span(&other)) != NULL, "four parts");
	other.n -= 5;
	CHECK(verdict(keys, buf_span(&other)) == NULL, "as it was");
	buf_free(&other);
	buf_free(&token);
}

static const char zeros[] =
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* Numbers that fit any equation: 0, the group's order, and none at all. */
static void
check_forged(const struct oidc_keys *keys)
{
	static const char order[] = "_____wAAAAD__________7zm-q2nF56E87nKwvxj"
	    "JVH_____AAAAAP__________vOb6racXnoTzucrC_GMlUQ";
	struct buf token = signer_sign("e", "sha256", HEADER("ES256", "e"),
	    CLAIMS), other = { NULL, 0, 0 };
	const char *dot = strrchr((buf_add_byte(&token, '\0'), token.p), '.');
	struct span is_signed = { token.p, (size_t)(dot + 1 - token.p) };
	int i;

	for (i = 0; i < 4; i++) {
		other.n = 0;
		buf_add(&other, is_signed);
		if (i == 0)
			buf_addf(&other, "%s", order);
		else if (i < 3)
			buf_addf(&other, "%.*s", i == 1 ? 86 : 342, zeros);
		CHECK(verdict(keys, buf_span(&other)) != NULL, "forged %d", i);
	}
	buf_free(&other);
	buf_free(&token);
}

static void
check_key_sets(void)
{
	static const char *const sets[] = {
		"", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}",
		"{\"keys\":[1]}", "{\"keys\":[{}]}", "{\"keys\":[]",
		"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"AQAB\","
		    "\"e\":\"AQAB\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\","
		    "\"x\":\"AQAB\",\"y\":\"AQAB\"}]}",
		"{\"Keys\":[]}", "{\"keys\":[{\"kty\":7}]}"
	};
	char why[128];
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		why[0] = '\0';
		CHECK(oidc_keys_read(span_of(sets[i]), why, sizeof(why)) ==
		    NULL && why[0] != '\0', "%s is taken", sets[i]);
	}
}

int
main(void)
{
	struct oidc_keys *keys;

	signer_open();
	keys = make_keys();
	check_signed(keys);
	check_altered(keys, "r2", HEADER("RS256", "r2"));
	check_altered(keys, "e", HEADER("ES256", "e"));
	check_altered(keys, "r4", HEADER("RS256", "r4"));
	check_forged(keys);
	check_key_sets();
	oidc_keys_free(keys);
	signer_close();
	return check_report("oidc");
}
