/*
 * tls.c is included, so that the buffers that its connections share can be
 * filled with garbage whenever one is left, and its memory can be counted.
 */
#include "test/unit/tls_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/authority.h"
#include "test/lib/check.h"

size_t pair_heap;

/* Each block is preceded by its size, in as much as alignment wants. */
static void *
counted_alloc(size_t n)
{
	size_t *p = xalloc(n + 16);

	*p = n;
	pair_heap += n + 16;	/* what malloc itself would take is like it */
	return memset(p + 2, 0xa5, n);
}

static void *
counted_zalloc(size_t n)
{
	return memset(counted_alloc(n), 0, n);
}

static void
counted_free(void *block)
{
	size_t *p = block;

	if (p == NULL)
		return;
	p -= 2;
	pair_heap -= *p + 16;
	memset(p, 0xdb, *p + 16);
	free(p);
}

#define xalloc counted_alloc
#define xzalloc counted_zalloc
#define free counted_free
#include "net/tls.c"
#undef xalloc
#undef xzalloc
#undef free

#define ENOUGH 1000000	/* steps after which a talk has got stuck */

static const char rsa_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDHzCCAgegAwIBAgIUCapIvSrNKk551lOg0HI6kmEm0yIwDQYJKoZIhvcNAQEL\n"
    "BQAwEzERMA8GA1UEAwwIcnNhLnRlc3QwIBcNMjYxMTIzMTE0NDU2WhgPMjEyNjEw\n"
    "MzAxMTQ0NTZaMBMxETAPBgNVBAMMCHJzYS50ZXN0MIIBIjANBgkqhkiG9w0BAQEF\n"
    "AAOCAQ8AMIIBCgKCAQEAnZVQwFrN41oLi3ffRmCxNhs+A2HO26/QtPv8h6RvqNjP\n"
    "kxlF/OEEupHsvTBgp26TFVGPnRvl2oiRWmrxw3yn5sGB/prjGTgPruMnz8fsmavs\n"
    "kXIwffQR5btB4wqzaIqQq913LyrMvolsBWZH//d8L2R7te81WOBV2mPcgPZXjz62\n"
    "VhEuH327p37brpdZiK0sbKzO9K2syxv7IqDkAvz7i+P3oz/DoQk2nr1qh++XwNbY\n"
    "2VlVrxPNC8xw89hUmc7wcIW7Qq2LGouf3bX4NxLFpmhFzG3tzmNZlM0BSBPnApXX\n"
    "UfO8uA/VoHCR/Myt3YoHGhNPp0xybIjdZBFsicJ94QIDAQABo2kwZzAdBgNVHQ4E\n"
    "FgQULOQvulRAUKKcKNl8AzsKiy663GcwHwYDVR0jBBgwFoAULOQvulRAUKKcKNl8\n"
    "AzsKiy663GcwDwYDVR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3Qw\n"
    "DQYJKoZIhvcNAQELBQADggEBAFWbpfCyoXAvksI+yDpylr0e+kyMZbkFvcJUiFNP\n"
    "rIgmqte4we7hOZAOt178xrouWntkCrq0NnwTI93Pka7dIhx+4QjX7TSsnSiSYXr3\n"
    "o7NZCxxmMu3rvrJggZ/JaBVRDiDnZUCjzauDlZ5P53BolSKFP1XLqbnEBtp5vrcV\n"
    "Awb7bQBusX9F6GaQZAML+BqnHLm5XAASB4SFRMo1341dfeIu3nguBYqQld+LS74g\n"
    "8gBRLzHAEb0u/p5bvqbt2BB+yrUnyx9YBTsdeKePAJKmY6qbz3DBiLLz2Mk6srCh\n"
    "K7lnbutnDc1VrvI14yW+byGLQVG2o5sgrhxoDXiOLVgwcB0=\n"
    "-----END CERTIFICATE-----\n"
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEogIBAAKCAQEAnZVQwFrN41oLi3ffRmCxNhs+A2HO26/QtPv8h6RvqNjPkxlF\n"
    "/OEEupHsvTBgp26TFVGPnRvl2oiRWmrxw3yn5sGB/prjGTgPruMnz8fsmavskXIw\n"
    "ffQR5btB4wqzaIqQq913LyrMvolsBWZH//d8L2R7te81WOBV2mPcgPZXjz62VhEu\n"
    "H327p37brpdZiK0sbKzO9K2syxv7IqDkAvz7i+P3oz/DoQk2nr1qh++XwNbY2VlV\n"
    "rxPNC8xw89hUmc7wcIW7Qq2LGouf3bX4NxLFpmhFzG3tzmNZlM0BSBPnApXXUfO8\n"
    "uA/VoHCR/Myt3YoHGhNPp0xybIjdZBFsicJ94QIDAQABAoIBACTWYidpQr6OTusW\n"
    "RWFOGrcPhL5lJ6Z28ebRDj5GPB0AO/wC2TfNgV283Zb3X2zcfjEqXRRo0GF28eWt\n"
    "YOFmO1jH7SPP4N1FG/Nx4h1iOsbMqDNy+m+DNgjabsNMvdZnJ/0pOyKRUoYLGW+k\n"
    "spmdaNAqYPoNlo61eJRiKkqSa7MOI2Lp5XNaGaJFjUsY3lF//m5LK07n5qNQOpPS\n"
    "Hud2PQFZT+C8vfvGMu+vXmNVh3eLhGIWNhMqRY8J5EOHN1DW4wkiwPAeAKorpncT\n"
    "IBhILATvvfapCdYW+9gsRkGSeq0GNHi9Mu6/NgdBWDbAN4Gx/dDrl4PfFGktnszm\n"
    "z0cpny0CgYEA3EaQf4U3KQCoREmrfT+FJQgI1wudw3Bs81okieOX+KflcxWaDTLJ\n"
    "0fsMMW0AV8lABntsZT8JYA4B+VZVwegTSEjiaVwDZeiL8PQfZ+TAZPFoTsudQPk8\n"
    "MBj1ONrR1xthPOf+y9gS/2c+ZZSXe+bKJmq2ILItfQeqTtNEzcEfWsUCgYEAtyPh\n"
    "PhYkJpL72FSjlUvA82Yq9Bp8kBUGyMk0hD0TzTq9CDOWVfffH7I+5ZXwBqnXpieo\n"
    "lanDdHwZBhodvm1nH54nAEq/573haTYvUqrwNuwN/YWM3twmKiuhEUfHKSfruAMj\n"
    "S6cGfIIrmC4iN338rkB2PKGJT/uEXICbBbEy+G0CgYBTedpguRdCTqF134VBncTT\n"
    "V8wh0qEi44QmZM7cAoghD1+A0Xrj7Y9WKBFi2a/7lKTS0AswA0eGQ0i0OOee6FgG\n"
    "WLiUvO38vLfrxFfyg1n15xZkZf1eFhWdFJg5x5MmNZYQAssobOYmK/YVgM43giqx\n"
    "jFcg5OUgMLt1y9KTNtCvEQKBgHfA6HpWtBDdL/1HaygmvubpudCguS7l8Oe+Wa7W\n"
    "2WnrrMv+H6HbUXVCcsphfvB8gtzNNfmXZo120E4jKavpkfMk0U/pkQ8SJKFNoygl\n"
    "Sqo/NO7AM1tPDU2p9cp86whIaGSM+LlxYFZuL9902z76DQ5MbIQ9BLLePrDWD4hr\n"
    "VG8JAoGAFQ/tXXLePdY+y54MH528QM/0R6tbU4bdwdnXJBgdLo7BAtH6B8rbRXUC\n"
    "d5wzgfHHjLauAFuEzo6KAK6UqWTb9MCoreOt74bx3cMOmfMtO8HVZSMus+gJM4xg\n"
    "P+g6S5amun9fQGqne5+MHuEz8kENH+EamTIcurb+GqgpoTd1kew=\n"
    "-----END RSA PRIVATE KEY-----\n";

const struct suite pair_suites[SUITES] = {
	{ "ECDSA AES-128",
	    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CERT_EC },
	{ "ECDSA AES-256",
	    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, CERT_EC },
	{ "ECDSA ChaCha",
	    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, CERT_EC },
	{ "RSA AES-128", BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, CERT_RSA },
	{ "RSA AES-256", BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, CERT_RSA },
	{ "RSA ChaCha",
	    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, CERT_RSA }
};

/* Byte i of the stream: anything but regular. */
unsigned char
pair_byte(unsigned seed, uint64_t i)
{
	uint64_t x = (i / 8 + seed) * UINT64_C(0x9e3779b97f4a7c15);

	x ^= x >> 29;
	return (unsigned char)(x >> (i % 8 * 8));
}

void
pair_fill(unsigned char *p, size_t n, unsigned seed, uint64_t at)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = pair_byte(seed, at + i);
}

bool
pair_differs(const void *bytes, size_t n, unsigned seed, uint64_t at)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != pair_byte(seed, at + i))
			return true;
	return false;
}

/* The client expects the key of this certificate and looks at nothing else. */
static void
set_trust(struct pair *t, const br_x509_certificate *cert)
{
	const br_x509_pkey *key;

	br_x509_decoder_init(&t->leaf, NULL, NULL);
	br_x509_decoder_push(&t->leaf, cert->data, cert->data_len);
	key = br_x509_decoder_get_pkey(&t->leaf);
	if (key->key_type == BR_KEYTYPE_EC)
		br_x509_knownkey_init_ec(&t->trust, &key->key.ec,
		    BR_KEYTYPE_SIGN);
	else
		br_x509_knownkey_init_rsa(&t->trust, &key->key.rsa,
		    BR_KEYTYPE_SIGN);
	br_ssl_engine_set_x509(&t->client.eng, &t->trust.vtable);
}

static struct { struct tls *tls; const struct cert *cert; } servers[2];

struct tls *
pair_tls(const struct cert *cert)
{
	size_t i = servers[0].tls != NULL;

	servers[i].cert = cert;
	servers[i].tls = tls_open();
	return servers[i].tls;
}

const struct cert *
pair_cert(const struct tls *tls)
{
	return servers[tls != servers[0].tls].cert;
}

struct tls_conn *
pair_conn(struct tls *tls)
{
	return tls_conn_open(tls, pair_cert(tls));
}

/* A client that knows all of BearSSL, and a fresh connection for it. */
struct pair *
pair_new(struct tls *tls)
{
	static br_ssl_client_context full;	/* making it is slow */
	br_x509_minimal_context minimal;
	struct pair *t = xzalloc(sizeof(*t));

	if (full.eng.suites_num == 0)
		br_ssl_client_init_full(&full, &minimal, NULL, 0);
	t->client = full;
	set_trust(t, &pair_cert(tls)->chain[0]);
	br_ssl_engine_set_buffers_bidi(&t->client.eng, t->in, sizeof(t->in),
	    t->out, sizeof(t->out));
	t->conn = pair_conn(tls);
	t->seed = 7;
	t->piece = t->plain = SIZE_MAX;
	return t;
}

void
pair_suite(struct pair *t, uint16_t suite)
{
	br_ssl_engine_set_suites(&t->client.eng, &suite, 1);
}

void
pair_start(struct pair *t)
{
	CHECK(br_ssl_client_reset(&t->client, "localhost", 0),
	    "the client does not start");
}

void
pair_free(struct pair *t)
{
	tls_conn_close(t->conn);
	buf_free(&t->to_client);
	free(t);
}

/* Leave it, and garbage in all that connections share. */
void
pair_leave(struct tls_conn *conn)
{
	static unsigned char garbage = 0x55;
	struct tls *tls = conn->tls;

	tls_leave(conn);
	garbage = (unsigned char)(garbage * 5 + 3);
	memset(tls->in, garbage, sizeof(tls->in));
	memset(tls->out, garbage, sizeof(tls->out));
	memset(tls->engine_in, garbage, sizeof(tls->engine_in));
	memset(tls->engine_out, garbage, sizeof(tls->engine_out));
	tls->in_at = tls->in_end = tls->out_at = tls->out_end = 12345;
}

void
pair_wire_in(struct tls_conn *conn, const void *wire, size_t n)
{
	size_t room;
	char *p;

	p = tls_wire_room(conn, &room);
	CHECK(p != NULL && room >= n, "no room for %zu bytes", n);
	if (p != NULL && room >= n)
		memcpy(p, wire, n);
	tls_wire_in(conn, n);
}

/* A turn in which only wire bytes of the client arrive. */
void
pair_feed(struct tls_conn *conn, const void *wire, size_t n)
{
	tls_enter(conn);
	pair_wire_in(conn, wire, n);
	pair_leave(conn);
}

static void
take_plain(struct pair *t)
{
	struct span plain;

	while (tls_plain_in(t->conn, &plain)) {
		t->wrong |= pair_differs(plain.p, plain.n, t->seed, t->up_got);
		t->up_got += plain.n;
	}
}

void
pair_put(struct pair *t)
{
	size_t room;
	char *p;

	while (t->down < t->down_goal &&
	    (p = tls_plain_room(t->conn, &room)) != NULL) {
		if (room > t->down_goal - t->down)
			room = (size_t)(t->down_goal - t->down);
		if (room > t->plain)
			room = t->plain;
		pair_fill((unsigned char *)p, room, t->seed + 1, t->down);
		tls_plain_out(t->conn, room);
		t->down += room;
	}
}

/* Move up to n wire bytes of the server to the client's side. */
void
pair_wire_out(struct pair *t, size_t n)
{
	struct span wire;

	while (n > 0 && (wire = tls_wire_out(t->conn)).n > 0) {
		if (wire.n > n)
			wire.n = n;
		buf_add(&t->to_client, wire);
		tls_wire_sent(t->conn, wire.n);
		n -= wire.n;
	}
}

/* One turn of the server with n wire bytes of the client. */
void
pair_serve(struct pair *t, const void *wire, size_t n)
{
	tls_enter(t->conn);
	if (n > 0)
		pair_wire_in(t->conn, wire, n);
	take_plain(t);
	pair_put(t);
	pair_wire_out(t, t->piece);
	pair_leave(t->conn);
}

static size_t
at_most(size_t n, size_t limit)
{
	return n < limit ? n : limit;
}

/* Compare what the client has decrypted with what it should be. */
static void
client_takes(struct pair *t)
{
	br_ssl_engine_context *eng = &t->client.eng;
	unsigned char *p;
	size_t n;

	while ((p = br_ssl_engine_recvapp_buf(eng, &n)) != NULL) {
		t->wrong |= pair_differs(p, n, t->seed + 1, t->down_got);
		t->down_got += n;
		br_ssl_engine_recvapp_ack(eng, n);
	}
}

bool
pair_read(struct pair *t)
{
	br_ssl_engine_context *eng = &t->client.eng;
	unsigned char *p;
	size_t n, moved = 0, limit = at_most(t->to_client.n, t->piece);

	while (moved < limit &&
	    (p = br_ssl_engine_recvrec_buf(eng, &n)) != NULL) {
		n = at_most(n, limit - moved);
		memcpy(p, t->to_client.p + moved, n);
		br_ssl_engine_recvrec_ack(eng, n);
		moved += n;
		client_takes(t);
	}
	buf_drop(&t->to_client, moved);
	return moved > 0;
}

void
pair_write(struct pair *t)
{
	br_ssl_engine_context *eng = &t->client.eng;
	unsigned char *p;
	size_t n;

	while (t->up < t->up_goal &&
	    (p = br_ssl_engine_sendapp_buf(eng, &n)) != NULL) {
		n = at_most(n, (size_t)(t->up_goal - t->up));
		pair_fill(p, n, t->seed, t->up);
		br_ssl_engine_sendapp_ack(eng, n);
		br_ssl_engine_flush(eng, 0);
		t->up += n;
	}
}

/* Both sides do a little.  False: nothing moved. */
bool
pair_step(struct pair *t)
{
	br_ssl_engine_context *eng = &t->client.eng;
	const unsigned char *p;
	size_t n;
	bool moved;

	pair_write(t);
	p = br_ssl_engine_sendrec_buf(eng, &n);
	moved = p != NULL;
	n = p == NULL ? 0 : at_most(n, t->piece);
	pair_serve(t, p, n);
	if (n > 0)
		br_ssl_engine_sendrec_ack(eng, n);
	return pair_read(t) || moved || t->to_client.n > 0 ||
	    tls_wants_out(t->conn);
}

void
pair_run(struct pair *t)
{
	long steps = 0;

	while (pair_step(t))
		if (++steps > ENOUGH) {
			CHECK(0, "a talk that never ends");
			break;
		}
}

const char *
pair_error(const struct tls_conn *conn)
{
	return tls_error(conn) != NULL ? tls_error(conn) : "no error";
}

void
pair_check(const struct pair *t, const char *what)
{
	CHECK(tls_is_open(t->conn), "%s: not open: %s", what,
	    pair_error(t->conn));
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 0, "%s: client "
	    "error %d", what, br_ssl_engine_last_error(&t->client.eng));
	CHECK(!t->wrong, "%s: wrong bytes", what);
	CHECK(t->up_got == t->up_goal && t->down_got == t->down_goal,
	    "%s: %llu of %llu bytes up, %llu of %llu down", what,
	    (unsigned long long)t->up_got, (unsigned long long)t->up_goal,
	    (unsigned long long)t->down_got,
	    (unsigned long long)t->down_goal);
}

/* A talk that is open. */
struct pair *
pair_open(struct tls *tls)
{
	struct pair *t = pair_new(tls);

	pair_start(t);
	pair_run(t);
	pair_check(t, "opening");
	return t;
}

static int
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return -1;
	if (fputs(text, f) == EOF) {
		(void)fclose(f);
		return -1;
	}
	return fclose(f);
}

void
pair_certificates(struct cert *ec, struct cert *rsa)
{
	static const char *const names[] = { "localhost", "127.0.0.1", NULL };
	const struct authority_files files = { "ca.key", "ec.crt", "ec.key" };
	char why[300] = "", dir[] = "/tmp/mnm-tls-test-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		die("%s cannot be made", dir);
	if (authority_keep(&files, names, 1800000000, why, sizeof(why)) ==
	    -1 || cert_read(ec, "ec.crt", "ec.key", why, sizeof(why)) == -1)
		die("%s", why);
	if (write_text("rsa.pem", rsa_pem) != 0 || cert_read(rsa, "rsa.pem",
	    "rsa.pem", why, sizeof(why)) == -1)
		die("%s", why);
	CHECK(unlink("ca.key") == 0 && unlink("ec.crt") == 0 &&
	    unlink("ec.key") == 0 &&
	    unlink("rsa.pem") == 0 && chdir("/") == 0 && rmdir(dir) == 0,
	    "%s is not empty", dir);
}
