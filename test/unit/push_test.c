/*
 * What push services are sent and answer: RFC 8292's vectors, tokens of our
 * own, answers of all kinds, and addresses that are not connected to.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bearssl_ec.h>
#include <bearssl_hash.h>

#include "base/buf.h"
#include "net/authority.h"
#include "net/cert.h"
#include "push/address.h"
#include "push/answer.h"
#include "push/roots.h"
#include "push/vapid.h"
#include "test/lib/check.h"
#include "test/lib/signer.h"

/* RFC 8292, section 2.4. */
#define RFC_HEAD "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczo" \
	"vL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bz" \
	"pwdXNoQGV4YW1wbGUuY29tIn0"
#define RFC_SIGNATURE "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9oj" \
	"FwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
#define RFC_KEY "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYi" \
	"c-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"

/* ---- tokens ---- */

/* Whether the signature of head is valid under that key. */
static bool
is_signed(struct span head, struct span signature, struct span key)
{
	unsigned char raw[128], point[128], hash[br_sha256_SIZE];
	br_ec_public_key public = { BR_EC_secp256r1, point, 0 };
	br_sha256_context sha256;
	size_t n = signer_decode(raw, signature);

	public.qlen = signer_decode(point, key);
	br_sha256_init(&sha256);
	br_sha256_update(&sha256, head.p, head.n);
	br_sha256_out(&sha256, hash);
	return n == 64 && br_ecdsa_vrfy_raw_get_default()(
	    br_ec_get_default(), hash, sizeof(hash), &public, raw, n) == 1;
}

static void
check_vectors(void)
{
	CHECK(is_signed(SPAN(RFC_HEAD), SPAN(RFC_SIGNATURE), SPAN(RFC_KEY)),
	    "the RFC's own signature");
	CHECK(!is_signed(SPAN(RFC_HEAD "x"), SPAN(RFC_SIGNATURE),
	    SPAN(RFC_KEY)), "any signature is accepted");
}

static void
check_token(const struct cert *key)
{
	char public[VAPID_KEY + 1];
	struct buf token = { NULL, 0, 0 };
	struct span text, head, signature;
	const char *dot;

	vapid_key(public, &key->ec);
	CHECK(strlen(public) == VAPID_KEY && public[0] == 'B', "%s", public);
	vapid_token(&token, &key->ec, SPAN("push.example.net"),
	    SPAN("mailto:push@example.com"), 1453523768);
	text = buf_span(&token);
	buf_add_byte(&token, '\0');
	dot = strrchr(token.p, '.');
	head = (struct span){ token.p, (size_t)(dot - token.p) };
	signature = (struct span){ dot + 1, text.n - head.n - 1 };
	CHECK(span_is(head, SPAN(RFC_HEAD)), "%s\n\tis not the RFC's",
	    token.p);
	CHECK(is_signed(head, signature, span_of(public)), "signature");
	buf_free(&token);
}

static void
check_key(void)
{
	char dir[] = "/tmp/mnm-push-XXXXXX", path[64], why[256];
	char first[VAPID_KEY + 1], again[VAPID_KEY + 1];
	struct cert key;

	CHECK(mkdtemp(dir) != NULL, "no directory");
	(void)snprintf(path, sizeof(path), "%s/push.pem", dir);
	CHECK(authority_key(&key, path, why, sizeof(why)) == 0, "%s", why);
	vapid_key(first, &key.ec);
	check_token(&key);
	cert_free(&key);
	CHECK(authority_key(&key, path, why, sizeof(why)) == 0, "%s", why);
	vapid_key(again, &key.ec);
	CHECK(strcmp(first, again) == 0, "another key the second time");
	cert_free(&key);
	(void)unlink(path);
	(void)rmdir(dir);
}

/* ---- answers ---- */

#define NOW  784111777		/* Sun, 06 Nov 1994 08:49:37 GMT */
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static const struct {
	const char *text;
	int result;
	unsigned status;
	uint64_t retry_after, date;
} answers[] = {
	{ "", 0, 0, 0, 0 },
	{ "HTTP/1.1 201 Created\r\n", 0, 0, 0, 0 },
	{ "HTTP/1.1 201 Created\r\n\r\n", 1, 201, 0, 0 },
	{ "HTTP/1.1 201\r\n\r\n", 1, 201, 0, 0 },
	{ "HTTP/1.0 410 Gone\n\nbody", 1, 410, 0, 0 },
	{ "HTTP/1.1 201 Created\r\n" DATE "\r\n", 1, 201, 0, NOW },
	{ "HTTP/1.1 429 x\r\nRetry-After: 120\r\n\r\n", 1, 429, 120, 0 },
	{ "HTTP/1.1 429 x\r\nRETRY-AFTER:7 \t\r\n\r\n", 1, 429, 7, 0 },
	{ "HTTP/1.1 503 x\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n"
	    "\r\n", 1, 503, 60, 0 },
	{ "HTTP/1.1 503 x\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n"
	    "Date: Sun, 06 Nov 1994 08:50:07 GMT\r\n\r\n", 1, 503, 30,
	    NOW + 30 },
	{ "HTTP/1.1 503 x\r\nRetry-After: Sun, 06 Nov 1994 08:48:37 GMT\r\n"
	    "\r\n", 1, 503, 0, 0 },
	{ "HTTP/1.1 503 x\r\nRetry-After: soon\r\n\r\n", 1, 503, 0, 0 },
	{ "HTTP/1.1 503 x\r\nRetry-After: -5\r\n\r\n", 1, 503, 0, 0 },
	{ "HTTP/1.1 503 x\r\nRetry-After: 99999999999999999999\r\n\r\n", 1,
	    503, 999999999, 0 },
	{ "HTTP/1.1 503 x\r\nRetry-After: Sun, 06 Xyz 1994 08:48:37 GMT\r\n"
	    "\r\n", 1, 503, 0, 0 },
	{ "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 0, 0, 0, 0 },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 x\r\n\r\n", 1, 404, 0,
	    0 },
	{ "HTTP/1.1 301 x\r\nLocation: https://elsewhere/\r\n\r\n", 1, 301, 0,
	    0 },
	{ "HTTP/1.1 2001 x\r\n\r\n", -1, 0, 0, 0 },
	{ "HTTP/1.1 20x Y\r\n\r\n", -1, 0, 0, 0 },
	{ "HTTP/1.1 600 x\r\n\r\n", -1, 0, 0, 0 },
	{ "HTTP/1.1 099 x\r\n\r\n", -1, 0, 0, 0 },
	{ "HTTP/2 201\r\n\r\n", -1, 0, 0, 0 },
	{ "HTTP/1.1\r\n\r\n", -1, 0, 0, 0 },
	{ "SSH-2.0-OpenSSH\r\n", -1, 0, 0, 0 },
	{ "\r\n", -1, 0, 0, 0 }
};

static void
check_answers(void)
{
	struct answer a;
	size_t i, n;
	char *copy;
	int result;

	for (i = 0; i < COUNT(answers); i++) {
		struct span text = span_of(answers[i].text);

		result = answer_read(&a, text, NOW);
		CHECK(result == answers[i].result, "%s: %d", text.p, result);
		if (result == 1)
			CHECK(a.status == answers[i].status &&
			    a.retry_after == answers[i].retry_after &&
			    a.date == answers[i].date, "%s: %u, %llu, %llu",
			    text.p, a.status,
			    (unsigned long long)a.retry_after,
			    (unsigned long long)a.date);
		/* In memory of its own, so that a sanitizer sees its end. */
		for (n = 0; n < text.n; n++) {
			copy = xalloc(n + 1);
			memcpy(copy, text.p, n);
			result = answer_read(&a, (struct span){ copy, n },
			    NOW);
			CHECK(result != 1 || answers[i].result == 1,
			    "%s: cut to %zu", text.p, n);
			free(copy);
		}
	}
}

/* ---- addresses ---- */

static const struct {
	const char *text;
	bool is_public;
} addresses[] = {
	{ "1.1.1.1", true }, { "172.217.16.10", true },
	{ "9.255.255.255", true }, { "11.0.0.0", true },
	{ "172.15.255.255", true }, { "172.32.0.0", true },
	{ "100.63.255.255", true }, { "100.128.0.0", true },
	{ "0.0.0.0", false }, { "10.0.0.1", false },
	{ "100.64.0.1", false }, { "100.127.255.255", false },
	{ "127.0.0.1", false }, { "127.255.255.255", false },
	{ "169.254.169.254", false }, { "172.16.0.1", false },
	{ "172.31.255.255", false }, { "192.0.0.1", false },
	{ "192.0.2.1", false }, { "192.88.99.1", false },
	{ "192.168.1.1", false }, { "198.18.0.1", false },
	{ "198.19.255.255", false }, { "198.51.100.7", false },
	{ "203.0.113.7", false }, { "224.0.0.1", false },
	{ "239.255.255.255", false }, { "240.0.0.1", false },
	{ "255.255.255.255", false },
	{ "2a00:1450:4001:82b::200a", true }, { "2606:4700::1111", true },
	{ "3ffe::1", true },
	{ "::", false }, { "::1", false }, { "fe80::1", false },
	{ "fec0::1", false }, { "fc00::1", false }, { "fd12:3456::1", false },
	{ "ff02::1", false }, { "100::1", false }, { "4000::1", false },
	{ "2001::1", false },		/* Teredo */
	{ "2001:10::1", false }, { "2001:20::1", false },
	{ "2001:db8::1", false }, { "3fff::1", false },
	{ "2002:a00:1::1", false }, { "2002:101:101::1", false },
	{ "::ffff:10.0.0.1", false }, { "::ffff:127.0.0.1", false },
	{ "::ffff:169.254.169.254", false }, { "::ffff:1.1.1.1", true },
	{ "::10.0.0.1", false }, { "::1.1.1.1", false },
	{ "64:ff9b::10.0.0.1", false }, { "64:ff9b::1.1.1.1", true },
	{ "64:ff9b::127.0.0.1", false }, { "64:ff9b:1::1.1.1.1", false }
};

static void
check_addresses(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	const struct sockaddr *sa;
	size_t i;

	for (i = 0; i < COUNT(addresses); i++) {
		if (inet_pton(AF_INET, addresses[i].text, &v4.sin_addr) == 1)
			sa = (const struct sockaddr *)&v4;
		else
			sa = (const struct sockaddr *)&v6;
		CHECK(sa->sa_family == AF_INET || inet_pton(AF_INET6,
		    addresses[i].text, &v6.sin6_addr) == 1, "%s",
		    addresses[i].text);
		CHECK(address_is_public(sa) == addresses[i].is_public,
		    "%s is %spublic", addresses[i].text,
		    addresses[i].is_public ? "not " : "");
	}
	CHECK(!address_is_public(&other), "a Unix socket");
}

/* ---- authorities ---- */

/* The system's, if it has any. */
static void
check_roots(void)
{
	struct roots roots = { .count = 0 };
	size_t count;

	(void)unsetenv("SSL_CERT_FILE");
	roots_refresh(&roots);
	count = roots.count;
	roots_refresh(&roots);
	CHECK(roots.count == count, "%zu, then %zu", count, roots.count);
	CHECK(count == 0 || count > 10, "only %zu authorities", count);
	(void)setenv("SSL_CERT_FILE", "/dev/null", 1);
	roots_refresh(&roots);
	CHECK(roots.count == 0, "an empty file has %zu", roots.count);
}

int
main(void)
{
	check_vectors();
	check_key();
	check_answers();
	check_addresses();
	check_roots();
	return check_report("push");
}
