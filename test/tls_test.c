/*
 * tls.c against BearSSL's client engine, in memory.
 *
 * tls.c is included, so that the buffers which its links share can be filled
 * with garbage whenever a link is left, and its memory can be counted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bearssl.h>

#include "buf.h"
#include "cert.h"
#include "check.h"
#include "log.h"

static size_t heap_octets;	/* that tls.c has and has not given back */

/* Each block is preceded by its size, in as much as alignment wants. */
static void *
counted_alloc(size_t n)
{
	size_t *p = xzalloc(n + 16);

	*p = n;
	heap_octets += n + 16;	/* what malloc itself would take is like it */
	return p + 2;
}

static void
counted_free(void *block)
{
	size_t *p = block;

	if (p == NULL)
		return;
	p -= 2;
	heap_octets -= *p + 16;
	memset(p, 0xdb, *p + 16);
	free(p);
}

#define xalloc counted_alloc
#define xzalloc counted_alloc
#define free counted_free
#include "../tls.c"
#undef xalloc
#undef xzalloc
#undef free

#define ENOUGH 100000	/* steps after which a talk has got stuck */

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

struct trust {
	const br_x509_class *vtable;
	br_x509_decoder_context leaf;
	size_t certificates;
};

/* A client, the wire between, and what the server's side knows. */
struct talk {
	br_ssl_client_context client;
	struct trust trust;
	unsigned char in[BR_SSL_BUFSIZE_INPUT], out[BR_SSL_BUFSIZE_OUTPUT];
	struct tls_link *link;
	struct buf to_client;	/* wire octets under way */
	uint64_t up, up_goal, up_got;		/* client to server */
	uint64_t down, down_goal, down_got;	/* server to client */
	unsigned seed;
	size_t piece;	/* octets that the wire carries in one step */
	size_t plain;	/* octets of data in one record of the server */
	bool wrong;	/* an octet differed */
};

static const br_ssl_server_context *
server_of(const struct tls_link *link)
{
	return link->handshake;
}

/* Octet i of the stream: anything but regular. */
static unsigned char
octet(unsigned seed, uint64_t i)
{
	uint64_t x = (i / 8 + seed) * UINT64_C(0x9e3779b97f4a7c15);

	x ^= x >> 29;
	return (unsigned char)(x >> (i % 8 * 8));
}

static void
fill(unsigned char *p, size_t n, unsigned seed, uint64_t at)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = octet(seed, at + i);
}

static bool
differs(const void *octets, size_t n, unsigned seed, uint64_t at)
{
	const unsigned char *p = octets;
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != octet(seed, at + i))
			return true;
	return false;
}

static struct trust *
trust_of(const br_x509_class **context)
{
	void *trust = context;

	return trust;
}

static void
start_chain(const br_x509_class **context, const char *name)
{
	(void)name;
	trust_of(context)->certificates = 0;
}

static void
start_cert(const br_x509_class **context, uint32_t n)
{
	(void)n;
	if (trust_of(context)->certificates++ == 0)
		br_x509_decoder_init(&trust_of(context)->leaf, NULL, NULL);
}

static void
append_cert(const br_x509_class **context, const unsigned char *p, size_t n)
{
	if (trust_of(context)->certificates == 1)
		br_x509_decoder_push(&trust_of(context)->leaf, p, n);
}

static void
end_cert(const br_x509_class **context)
{
	(void)context;
}

static unsigned
end_chain(const br_x509_class **context)
{
	return (unsigned)br_x509_decoder_last_error(
	    &trust_of(context)->leaf);
}

static const br_x509_pkey *
get_pkey(const br_x509_class *const *context, unsigned *usages)
{
	const void *trust = context;

	if (usages != NULL)
		*usages = BR_KEYTYPE_SIGN;
	return &((const struct trust *)trust)->leaf.pkey;
}

static const br_x509_class trust_class = {
	sizeof(struct trust), start_chain, start_cert, append_cert, end_cert,
	end_chain, get_pkey
};

static const struct suite {
	const char *name;
	uint16_t number;
	enum cert_kind kind;
} all_suites[] = {
	{ "ECDSA AES-128", BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CERT_EC },
	{ "ECDSA AES-256", BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, CERT_EC },
	{ "ECDSA ChaCha",
	    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, CERT_EC },
	{ "RSA AES-128", BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, CERT_RSA },
	{ "RSA AES-256", BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, CERT_RSA },
	{ "RSA ChaCha",
	    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, CERT_RSA }
};
#define SUITES (sizeof(all_suites) / sizeof(all_suites[0]))

/* A client that knows all of BearSSL, and a fresh link for it. */
static struct talk *
talk_new(struct tls *tls)
{
	static br_ssl_client_context full;	/* making it is slow */
	br_x509_minimal_context minimal;
	struct talk *t = xzalloc(sizeof(*t));

	if (full.eng.suites_num == 0)
		br_ssl_client_init_full(&full, &minimal, NULL, 0);
	t->client = full;
	t->trust.vtable = &trust_class;
	br_ssl_engine_set_x509(&t->client.eng, &t->trust.vtable);
	br_ssl_engine_set_buffers_bidi(&t->client.eng, t->in, sizeof(t->in),
	    t->out, sizeof(t->out));
	t->link = tls_link_open(tls);
	t->seed = 7;
	t->piece = t->plain = SIZE_MAX;
	return t;
}

static void
talk_suite(struct talk *t, uint16_t suite)
{
	br_ssl_engine_set_suites(&t->client.eng, &suite, 1);
}

static void
talk_start(struct talk *t)
{
	CHECK(br_ssl_client_reset(&t->client, "localhost", 0),
	    "the client does not start");
}

static void
talk_free(struct talk *t)
{
	tls_link_close(t->link);
	buf_free(&t->to_client);
	free(t);
}

/* Leave the link, and garbage in all that links share. */
static void
leave(struct tls_link *link)
{
	static unsigned char garbage = 0x55;
	struct tls *tls = link->tls;

	tls_leave(link);
	garbage = (unsigned char)(garbage * 5 + 3);
	memset(tls->in, garbage, sizeof(tls->in));
	memset(tls->out, garbage, sizeof(tls->out));
	memset(tls->engine_in, garbage, sizeof(tls->engine_in));
	memset(tls->engine_out, garbage, sizeof(tls->engine_out));
	tls->in_at = tls->in_end = tls->out_at = tls->out_end = 12345;
}

static void
wire_in(struct tls_link *link, const void *wire, size_t n)
{
	size_t room;
	char *p;

	p = tls_wire_room(link, &room);
	CHECK(p != NULL && room >= n, "no room for %zu octets", n);
	if (p != NULL && room >= n)
		memcpy(p, wire, n);
	tls_wire_in(link, n);
}

static void
take_plain(struct talk *t)
{
	struct span plain;

	while (tls_plain_in(t->link, &plain)) {
		t->wrong |= differs(plain.p, plain.n, t->seed, t->up_got);
		t->up_got += plain.n;
	}
}

static void
put_plain(struct talk *t)
{
	size_t room;
	char *p;

	while (t->down < t->down_goal &&
	    (p = tls_plain_room(t->link, &room)) != NULL) {
		if (room > t->down_goal - t->down)
			room = (size_t)(t->down_goal - t->down);
		if (room > t->plain)
			room = t->plain;
		fill((unsigned char *)p, room, t->seed + 1, t->down);
		tls_plain_out(t->link, room);
		t->down += room;
	}
}

/* Move up to n wire octets of the server to the client's side. */
static void
wire_out(struct talk *t, size_t n)
{
	struct span wire;

	while (n > 0 && (wire = tls_wire_out(t->link)).n > 0) {
		if (wire.n > n)
			wire.n = n;
		buf_add(&t->to_client, wire);
		tls_wire_sent(t->link, wire.n);
		n -= wire.n;
	}
}

/* One turn of the server with n wire octets of the client. */
static void
server_turn(struct talk *t, const void *wire, size_t n)
{
	tls_enter(t->link);
	if (n > 0)
		wire_in(t->link, wire, n);
	take_plain(t);
	put_plain(t);
	wire_out(t, t->piece);
	leave(t->link);
}

static size_t
at_most(size_t n, size_t limit)
{
	return n < limit ? n : limit;
}

/* The client reads up to a piece of what is under way. */
static bool
client_reads(struct talk *t)
{
	br_ssl_engine_context *eng = &t->client.eng;
	unsigned char *p;
	size_t n, moved = 0, limit = at_most(t->to_client.n, t->piece);

	while ((p = br_ssl_engine_recvapp_buf(eng, &n)) != NULL) {
		t->wrong |= differs(p, n, t->seed + 1, t->down_got);
		t->down_got += n;
		br_ssl_engine_recvapp_ack(eng, n);
	}
	while (moved < limit &&
	    (p = br_ssl_engine_recvrec_buf(eng, &n)) != NULL) {
		n = at_most(n, limit - moved);
		memcpy(p, t->to_client.p + moved, n);
		br_ssl_engine_recvrec_ack(eng, n);
		moved += n;
		while ((p = br_ssl_engine_recvapp_buf(eng, &n)) != NULL) {
			t->wrong |= differs(p, n, t->seed + 1, t->down_got);
			t->down_got += n;
			br_ssl_engine_recvapp_ack(eng, n);
		}
	}
	buf_drop(&t->to_client, moved);
	return moved > 0;
}

static void
client_writes(struct talk *t)
{
	br_ssl_engine_context *eng = &t->client.eng;
	unsigned char *p;
	size_t n;

	while (t->up < t->up_goal &&
	    (p = br_ssl_engine_sendapp_buf(eng, &n)) != NULL) {
		n = at_most(n, (size_t)(t->up_goal - t->up));
		fill(p, n, t->seed, t->up);
		br_ssl_engine_sendapp_ack(eng, n);
		br_ssl_engine_flush(eng, 0);
		t->up += n;
	}
}

/* Both sides do a little.  False: nothing moved. */
static bool
talk_step(struct talk *t)
{
	br_ssl_engine_context *eng = &t->client.eng;
	const unsigned char *p;
	size_t n;
	bool moved;

	client_writes(t);
	p = br_ssl_engine_sendrec_buf(eng, &n);
	moved = p != NULL;
	n = p == NULL ? 0 : at_most(n, t->piece);
	server_turn(t, p, n);
	if (n > 0)
		br_ssl_engine_sendrec_ack(eng, n);
	return client_reads(t) || moved || t->to_client.n > 0 ||
	    tls_wants_out(t->link);
}

static void
talk_run(struct talk *t)
{
	long steps = 0;

	while (talk_step(t))
		if (++steps > ENOUGH * 10L) {
			CHECK(0, "a talk that never ends");
			break;
		}
}

static void
talk_check(const struct talk *t, const char *what)
{
	CHECK(tls_is_open(t->link), "%s: not open: %s", what,
	    tls_error(t->link) == NULL ? "-" : tls_error(t->link));
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 0, "%s: client "
	    "error %d", what, br_ssl_engine_last_error(&t->client.eng));
	CHECK(!t->wrong, "%s: wrong octets", what);
	CHECK(t->up_got == t->up_goal && t->down_got == t->down_goal,
	    "%s: %llu of %llu octets up, %llu of %llu down", what,
	    (unsigned long long)t->up_got, (unsigned long long)t->up_goal,
	    (unsigned long long)t->down_got,
	    (unsigned long long)t->down_goal);
}

/* A talk that is open. */
static struct talk *
talk_open(struct tls *tls)
{
	struct talk *t = talk_new(tls);

	talk_start(t);
	talk_run(t);
	talk_check(t, "opening");
	return t;
}

/* Every suite, the wire carrying pieces of every size. */
static void
test_suites(struct tls *by_kind[2])
{
	size_t i, piece;
	struct talk *t;
	char what[80];

	for (i = 0; i < SUITES; i++)
		for (piece = 1; piece < 2000; piece += 1 + piece / 9) {
			t = talk_new(by_kind[all_suites[i].kind]);
			talk_suite(t, all_suites[i].number);
			t->piece = piece;
			t->up_goal = 700;
			t->down_goal = 900;
			t->seed = (unsigned)piece;
			talk_start(t);
			talk_run(t);
			(void)snprintf(what, sizeof(what), "%s in pieces of "
			    "%zu", all_suites[i].name, piece);
			talk_check(t, what);
			CHECK(t->client.eng.session.cipher_suite ==
			    all_suites[i].number, "%s: another suite", what);
			talk_free(t);
		}
}

/* Open links and every size of piece up to n, both ways. */
static void
test_every_fragment(struct tls *tls)
{
	struct talk *t = talk_open(tls);
	size_t piece;

	for (piece = 1; piece <= 400; piece++) {
		t->piece = piece;
		t->up_goal += 333;
		t->down_goal += 333;
		t->plain = piece;
		talk_run(t);
	}
	talk_check(t, "every fragment");
	talk_free(t);
}

static unsigned
draw(unsigned *state, unsigned below)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 12) % below;
}

/* Many links at once, each with its own pace, some asleep for long. */
static void
test_interleaved(struct tls *by_kind[2])
{
	enum { LINKS = 24 };
	struct talk *t[LINKS];
	unsigned state = 1;
	size_t i, quiet = 0;
	bool moved;

	for (i = 0; i < LINKS; i++) {
		t[i] = talk_new(by_kind[all_suites[i % SUITES].kind]);
		talk_suite(t[i], all_suites[i % SUITES].number);
		t[i]->seed = (unsigned)i * 100;
		t[i]->up_goal = 200000 + i * 1000;
		t[i]->down_goal = 300000 - i * 1000;
		talk_start(t[i]);
	}
	while (quiet < 50) {
		moved = false;
		for (i = 0; i < LINKS; i++) {
			if (draw(&state, 4) == 0)
				continue;
			t[i]->piece = 1 + draw(&state, i % 3 == 0 ? 300 :
			    i % 3 == 1 ? 5000 : 70000);
			t[i]->plain = 1 + draw(&state, 16384);
			moved |= talk_step(t[i]);
		}
		quiet = moved ? 0 : quiet + 1;
	}
	for (i = 0; i < LINKS; i++) {
		talk_check(t[i], all_suites[i % SUITES].name);
		talk_free(t[i]);
	}
}

/* The server writes while the client reads nothing, then all at once. */
static void
test_slow_reader(struct tls *tls)
{
	struct talk *t = talk_open(tls);
	size_t room, i;

	t->down_goal = 1000000;
	for (i = 0; i < 50; i++) {
		tls_enter(t->link);
		put_plain(t);
		wire_out(t, 100);
		CHECK(tls_wants_out(t->link), "a backlog is forgotten");
		CHECK(tls_plain_room(t->link, &room) == NULL || i == 0,
		    "room in spite of a backlog");
		leave(t->link);
	}
	CHECK(t->down < 70000, "%llu octets taken for a slow reader",
	    (unsigned long long)t->down);
	CHECK(heap_octets < 700000, "%zu octets of memory", heap_octets);
	talk_run(t);
	talk_check(t, "slow reader");
	talk_free(t);
}

/* A server that does not take what came: it waits with the link. */
static void
test_slow_server(struct tls *tls)
{
	struct talk *t = talk_open(tls);
	struct buf wire = { NULL, 0, 0 };
	struct span plain;
	const unsigned char *p;
	size_t n, pieces = 0;

	t->up_goal = 40000;
	for (;;) {
		client_writes(t);
		p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
		if (p == NULL)
			break;
		buf_add(&wire, (struct span){ (const char *)p, n });
		br_ssl_engine_sendrec_ack(&t->client.eng, n);
	}
	tls_enter(t->link);
	wire_in(t->link, wire.p, wire.n);
	leave(t->link);
	for (; t->up_got < t->up_goal && pieces < 10; pieces++) {
		tls_enter(t->link);
		if (tls_plain_in(t->link, &plain)) {
			t->wrong |= differs(plain.p, plain.n, t->seed,
			    t->up_got);
			t->up_got += plain.n;
		}
		leave(t->link);
	}
	talk_check(t, "slow server");
	CHECK(pieces == 3, "%zu pieces", pieces);
	buf_free(&wire);
	talk_free(t);
}

/* Four whole records fit before a send, and nobody gets a short one. */
static void
test_room(struct tls *tls)
{
	struct talk *t = talk_open(tls);
	size_t room, records = 0;
	char *p;

	tls_enter(t->link);
	while ((p = tls_plain_room(t->link, &room)) != NULL) {
		CHECK(room == 16384, "room for %zu octets", room);
		fill((unsigned char *)p, room, t->seed + 1, t->down);
		tls_plain_out(t->link, room);
		t->down += room;
		records++;
	}
	tls_plain_out(t->link, 0);
	CHECK(records == 4, "%zu records", records);
	tls_finish(t->link);
	tls_finish(t->link);
	leave(t->link);
	t->down_goal = t->down;
	talk_run(t);
	CHECK(t->down_got == t->down_goal && !t->wrong, "lost records");
	CHECK(br_ssl_engine_current_state(&t->client.eng) == BR_SSL_CLOSED &&
	    br_ssl_engine_last_error(&t->client.eng) == 0,
	    "no close_notify after full buffers");
	talk_free(t);
}

/* A client with little memory asks for small records and gets them. */
static void
test_small_client(struct tls *tls)
{
	struct talk *t = talk_new(tls);
	size_t room = 0;

	br_ssl_engine_set_buffers_bidi(&t->client.eng, t->in, 1024 + 325,
	    t->out, 1024 + 85);
	t->up_goal = t->down_goal = 20000;
	talk_start(t);
	talk_run(t);
	talk_check(t, "small client");
	tls_enter(t->link);
	(void)tls_plain_room(t->link, &room);
	CHECK(room == 1024, "records of %zu octets", room);
	leave(t->link);
	talk_free(t);
}

static size_t
link_octets(struct tls *tls, uint16_t suite)
{
	struct talk *t = talk_new(tls);
	size_t before, idle;

	tls_link_close(t->link);
	before = heap_octets;
	t->link = tls_link_open(tls);
	talk_suite(t, suite);
	talk_start(t);
	t->up_goal = t->down_goal = 100000;
	talk_run(t);
	idle = heap_octets - before;
	talk_check(t, "memory");
	talk_free(t);
	CHECK(heap_octets == before - 0 || heap_octets < before,
	    "memory is lost");
	return idle;
}

static void
test_memory(struct tls *by_kind[2])
{
	size_t i, n;

	for (i = 0; i < SUITES; i++) {
		n = link_octets(by_kind[all_suites[i].kind],
		    all_suites[i].number);
		printf("an idle link with %s takes %zu octets\n",
		    all_suites[i].name, n);
		CHECK(n < 1024, "an idle link takes %zu octets", n);
	}
}

/* Start again with the session of an earlier talk. */
static struct talk *
talk_resume(struct tls *tls, const struct talk *earlier)
{
	br_ssl_session_parameters session;
	struct talk *t = talk_new(tls);

	br_ssl_engine_get_session_parameters(&earlier->client.eng, &session);
	br_ssl_engine_set_session_parameters(&t->client.eng, &session);
	CHECK(br_ssl_client_reset(&t->client, "localhost", 1), "no start");
	t->up_goal = t->down_goal = 5000;
	talk_run(t);
	talk_check(t, "resuming");
	return t;
}

static bool
same_session(const struct talk *a, const struct talk *b)
{
	return memcmp(a->client.eng.session.session_id,
	    b->client.eng.session.session_id, 32) == 0;
}

/* The cache forgets the oldest session, and only when it is full. */
static void
test_resumption(struct tls *tls)
{
	struct talk *first = talk_open(tls), *second = talk_open(tls), *t;
	unsigned i;

	t = talk_resume(tls, first);
	CHECK(same_session(first, t), "the session is not resumed");
	CHECK(memcmp(first->client.eng.server_random,
	    t->client.eng.server_random, 32) != 0, "random numbers repeat");
	talk_free(t);
	for (i = 0; i < 299; i++) {
		talk_free(talk_open(tls));
		if (i % 50 == 0) {
			t = talk_resume(tls, first);
			CHECK(same_session(first, t), "%u: forgotten", i);
			talk_free(t);
		}
	}
	t = talk_resume(tls, first);
	CHECK(same_session(first, t), "a session in use is forgotten");
	talk_free(t);
	t = talk_resume(tls, second);
	CHECK(!same_session(second, t), "the cache has no end");
	talk_free(t);
	talk_free(first);
	talk_free(second);
}

/* Two links never share random numbers, though they are copies. */
static void
test_random(struct tls *tls)
{
	struct talk *a = talk_open(tls), *b = talk_open(tls);

	CHECK(memcmp(a->client.eng.server_random, b->client.eng.server_random,
	    32) != 0, "the server's random numbers repeat");
	CHECK(memcmp(a->client.eng.ecdhe_point, b->client.eng.ecdhe_point,
	    32) != 0, "the server's keys repeat");
	CHECK(a->client.eng.ecdhe_curve == BR_EC_curve25519,
	    "curve %u", a->client.eng.ecdhe_curve);
	talk_free(a);
	talk_free(b);
}

static void
test_close_by_client(struct tls *tls)
{
	struct talk *t = talk_open(tls);
	struct span plain;

	br_ssl_engine_close(&t->client.eng);
	talk_run(t);
	CHECK(tls_peer_finished(t->link), "close_notify is not seen");
	CHECK(tls_error(t->link) == NULL, "%s", tls_error(t->link));
	tls_enter(t->link);
	wire_in(t->link, "what comes after it is of no interest", 37);
	CHECK(!tls_plain_in(t->link, &plain), "octets after close_notify");
	tls_finish(t->link);
	wire_out(t, SIZE_MAX);
	leave(t->link);
	(void)client_reads(t);
	CHECK(br_ssl_engine_current_state(&t->client.eng) == BR_SSL_CLOSED &&
	    br_ssl_engine_last_error(&t->client.eng) == 0,
	    "the client got no close_notify");
	talk_free(t);
}

static void
test_close_by_server(struct tls *tls)
{
	struct talk *t = talk_open(tls);
	size_t room;

	t->down_goal = 100;
	tls_enter(t->link);
	put_plain(t);
	tls_finish(t->link);
	CHECK(tls_plain_room(t->link, &room) == NULL, "room after the end");
	leave(t->link);
	CHECK(tls_wants_out(t->link), "no close_notify");
	talk_run(t);
	CHECK(t->down_got == 100 && !t->wrong, "octets before it are lost");
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 0 &&
	    br_ssl_engine_current_state(&t->client.eng) == BR_SSL_CLOSED,
	    "the client did not end well");
	CHECK(tls_peer_finished(t->link), "its answer is not seen");
	talk_free(t);
}

/* Have the client encrypt n octets as a record of that type. */
static void
forge(struct talk *t, unsigned char type, const void *octets, size_t n,
    struct buf *wire)
{
	const br_sslrec_out_class **out = &t->client.eng.out.vtable;
	unsigned char room[17000];
	unsigned char *record;

	memcpy(room + 64, octets, n);
	record = (*out)->encrypt(out, type, BR_TLS12, room + 64, &n);
	buf_add(wire, (struct span){ (const char *)record, n });
}

static void
send_wire(struct talk *t, struct buf *wire)
{
	server_turn(t, wire->p, wire->n);
	buf_free(wire);
}

enum spoil { AS_IS, FLIP_LAST, FLIP_FIRST, OTHER_VERSION, TOO_LONG, TOO_SHORT };

/* What an open link makes of records that it should not get. */
static const struct refusal {
	const char *what;
	unsigned char type;
	const char *octets;
	size_t n;
	enum spoil spoil;
	const char *error;	/* tls_error then; NULL: it goes on */
	int alert;		/* that the client gets; 0: none */
} refusals[] = {
	{ "a flipped tag", 23, "abc", 3, FLIP_LAST,
	    "a record that was damaged or forged", 20 },
	{ "a flipped octet", 23, "abc", 3, FLIP_FIRST,
	    "a record that was damaged or forged", 20 },
	{ "another version", 23, "abc", 3, OTHER_VERSION,
	    "a record with another version of TLS", 70 },
	{ "too long", 23, "abc", 3, TOO_LONG,
	    "a record of impossible length", 22 },
	{ "too short", 23, "abc", 3, TOO_SHORT,
	    "a record of impossible length", 22 },
	{ "ChangeCipherSpec", 20, "\1", 1, AS_IS, "a message out of turn", 10 },
	{ "heartbeat", 24, "abc", 3, AS_IS, "a message out of turn", 10 },
	{ "half an alert", 21, "\1", 1, AS_IS, "malformed alert", 50 },
	{ "an alert and more", 21, "\1\0\0", 3, AS_IS, "malformed alert", 50 },
	{ "an empty alert", 21, "", 0, AS_IS, "malformed alert", 50 },
	{ "a warning", 21, "\1\156", 2, AS_IS, NULL, 0 },
	{ "a fatal alert", 21, "\2\60", 2, AS_IS, "the peer's alert: it does "
	    "not know who signed our certificate", 0 },
	{ "an unknown alert", 21, "\2\377", 2, AS_IS, "an alert of the peer",
	    0 },
	{ "an empty record", 23, "", 0, AS_IS, NULL, 0 }
};

static void
spoil(struct buf *wire, enum spoil spoil)
{
	if (spoil == FLIP_LAST)
		wire->p[wire->n - 1] ^= 1;
	else if (spoil == FLIP_FIRST)
		wire->p[wire->n - 19] ^= 1;
	else if (spoil == OTHER_VERSION)
		wire->p[2] = 2;
	else if (spoil == TOO_LONG)
		wire->p[3] = 0x41;
	else if (spoil == TOO_SHORT)
		wire->p[4] = 15;
}

static void
test_refusals(struct tls *tls)
{
	struct talk *t;
	struct buf wire = { NULL, 0, 0 };
	const char *error;
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];

		t = talk_open(tls);
		forge(t, r->type, r->octets, r->n, &wire);
		spoil(&wire, r->spoil);
		send_wire(t, &wire);
		error = tls_error(t->link);
		CHECK((error == NULL) == (r->error == NULL) &&
		    (error == NULL || strcmp(error, r->error) == 0),
		    "%s: %s", r->what, error == NULL ? "no error" : error);
		CHECK(!tls_is_stranger(t->link), "%s: a stranger", r->what);
		if (r->error == NULL)
			t->up_goal = t->down_goal = 100;
		talk_run(t);
		CHECK(br_ssl_engine_last_error(&t->client.eng) ==
		    (r->alert == 0 ? 0 : 256 + r->alert), "%s: the client's "
		    "error is %d", r->what,
		    br_ssl_engine_last_error(&t->client.eng));
		CHECK(t->up_got == t->up_goal, "%s: it does not go on",
		    r->what);
		talk_free(t);
	}
}

static void
test_flood(struct tls *tls)
{
	struct talk *t = talk_open(tls);
	struct buf wire = { NULL, 0, 0 };
	int i;

	for (i = 0; i < 200; i++) {
		forge(t, 23, "", 0, &wire);
		if (i % 20 == 0) {
			forge(t, 23, (char[]){ (char)octet(t->seed,
			    t->up_goal) }, 1, &wire);
			t->up_goal++;
		}
	}
	send_wire(t, &wire);
	talk_check(t, "some empty records");
	for (i = 0; i < 40; i++)
		forge(t, 23, "", 0, &wire);
	send_wire(t, &wire);
	CHECK(tls_error(t->link) != NULL, "empty records without end");
	talk_free(t);
}

/* BearSSL's client takes the refusal as fatal: the server does not. */
static void
test_renegotiation(struct tls *tls)
{
	struct talk *t = talk_open(tls);
	struct buf wire = { NULL, 0, 0 };
	size_t i;

	CHECK(br_ssl_engine_renegotiate(&t->client.eng), "it does not ask");
	talk_run(t);
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 256 + 100,
	    "the client got %d", br_ssl_engine_last_error(&t->client.eng));
	CHECK(tls_is_open(t->link), "%s", tls_error(t->link));
	talk_free(t);

	/* Asking again and again, and reading nothing. */
	t = talk_open(tls);
	for (i = 0; i < 5000; i++) {
		forge(t, 22, "\1\0\0\0", 4, &wire);
		forge(t, 23, "x", 1, &wire);
		tls_enter(t->link);
		wire_in(t->link, wire.p, wire.n);
		while (tls_plain_in(t->link, &(struct span){ NULL, 0 }))
			;
		leave(t->link);
		buf_free(&wire);
	}
	CHECK(tls_is_open(t->link), "%s", tls_error(t->link));
	CHECK(t->link->unsent.n < 100, "%zu octets wait",
	    t->link->unsent.n);
	talk_free(t);
}

static const struct stranger {
	const char *octets;
	size_t n;
	bool stranger;
} strangers[] = {
	{ "GET / HTTP/1.1\r\n\r\n", 18, true },
	{ "G", 1, true },
	{ "SSH-2.0-OpenSSH_9.2\r\n", 21, true },
	{ "\0\0\0\0\0\0", 6, true },
	{ "\x80\x2e\x01\x03\x01", 5, true },	/* SSL 2 */
	{ "\x16\x02\x00\x00\x10", 5, true },
	{ "\x16\x03\x01\x00\x10\x02", 6, true },	/* not a ClientHello */
	{ "\x15\x03\x01\x00\x02\x01\x00", 7, true },
	{ "\x17\x03\x03\x00\x02\x01\x00", 7, true },
	{ "\x03\x00\x00\x13\x0e\xe0", 6, true },	/* RDP */
	{ "001f{\"op\":0,\"id\":\"1\"}", 21, true },
	{ "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10, false },
	{ "\x16\x03\x01\xff\xff\x01", 6, false }
};

static void
test_strangers(struct tls *tls)
{
	struct tls_link *link;
	size_t i, j;

	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		link = tls_link_open(tls);
		for (j = 0; j < strangers[i].n; j++) {
			tls_enter(link);
			wire_in(link, strangers[i].octets + j, 1);
			leave(link);
		}
		CHECK(tls_is_stranger(link) == strangers[i].stranger,
		    "%zu: stranger: %d, %s", i, tls_is_stranger(link),
		    tls_error(link) == NULL ? "-" : tls_error(link));
		CHECK(tls_error(link) != NULL || !strangers[i].stranger,
		    "%zu: no error", i);
		CHECK(!strangers[i].stranger || strcmp(tls_error(link),
		    "not TLS") == 0, "%zu: %s", i, tls_error(link));
		CHECK(!tls_wants_out(link), "%zu: a stranger is answered", i);
		tls_link_close(link);
	}
}

/* Clients too old for us are told why. */
static void
test_old_clients(struct tls *tls)
{
	static const uint16_t cbc = BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA;
	struct talk *t = talk_new(tls);

	br_ssl_engine_set_versions(&t->client.eng, BR_TLS10, BR_TLS11);
	talk_start(t);
	talk_run(t);
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 256 + 70,
	    "an old client got %d",
	    br_ssl_engine_last_error(&t->client.eng));
	CHECK(tls_error(t->link) != NULL && strstr(tls_error(t->link),
	    "older than TLS 1.2") != NULL, "it is not told");
	talk_free(t);

	t = talk_new(tls);
	talk_suite(t, cbc);
	talk_start(t);
	talk_run(t);
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 256 + 40,
	    "a client without AEAD got %d",
	    br_ssl_engine_last_error(&t->client.eng));
	CHECK(tls_error(t->link) != NULL && strstr(tls_error(t->link),
	    "no cipher suite") != NULL, "it is not told");
	talk_free(t);
}

/* The order of suites is the server's, whatever the client's is. */
static void
test_preference(struct tls *tls)
{
	static const uint16_t orders[2][2] = {
		{ BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		  BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 },
		{ BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		  BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 }
	};
	struct talk *t;
	size_t i;

	for (i = 0; i < 2; i++) {
		t = talk_new(tls);
		br_ssl_engine_set_suites(&t->client.eng, orders[i], 2);
		talk_start(t);
		talk_run(t);
		CHECK(t->client.eng.session.cipher_suite ==
		    orders[fast_aes()][0], "the client's order rules");
		talk_free(t);
	}
}

/* P-256 alone does; a curve beyond it does not. */
static void
test_curves(struct tls *tls)
{
	static const struct {
		int curve;
		bool accepted;
	} curves[] = { { BR_EC_secp256r1, true }, { BR_EC_curve25519, true },
	    { BR_EC_secp521r1, false } };
	struct talk *t;
	br_ec_impl ec;
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		ec = *br_ec_get_default();
		ec.supported_curves = UINT32_C(1) << curves[i].curve;
		t = talk_new(tls);
		br_ssl_engine_set_ec(&t->client.eng, &ec);
		talk_suite(t, BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
		talk_start(t);
		talk_run(t);
		CHECK(tls_is_open(t->link) == curves[i].accepted,
		    "curve %d: %d", curves[i].curve, tls_is_open(t->link));
		talk_free(t);
	}
}

/*
 * What a client sends to shake hands, as one text: with another server it
 * would not do, but it leads deep into the engine.
 */
static void
record_client(struct tls *tls, struct buf *text)
{
	struct talk *t = talk_new(tls);
	const unsigned char *p;
	size_t n;

	talk_start(t);
	while (!tls_is_open(t->link)) {
		p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
		if (p != NULL) {
			buf_add(text, (struct span){ (const char *)p, n });
			server_turn(t, p, n);
			br_ssl_engine_sendrec_ack(&t->client.eng, n);
		} else {
			server_turn(t, NULL, 0);
		}
		(void)client_reads(t);
	}
	talk_free(t);
}

/* Cut off anywhere, damaged anywhere: no link opens, nothing breaks. */
static void
test_damaged_handshakes(struct tls *tls)
{
	struct buf text = { NULL, 0, 0 };
	struct tls_link *link;
	size_t i, opened = 0;

	record_client(tls, &text);
	for (i = 0; i < text.n; i++) {
		link = tls_link_open(tls);
		tls_enter(link);
		wire_in(link, text.p, i);
		leave(link);
		opened += tls_is_open(link);
		tls_link_close(link);
	}
	for (i = 0; i < text.n; i++) {
		text.p[i] = (char)~text.p[i];
		link = tls_link_open(tls);
		tls_enter(link);
		wire_in(link, text.p, text.n);
		leave(link);
		text.p[i] = (char)~text.p[i];
		opened += tls_is_open(link);
		tls_link_close(link);
	}
	CHECK(opened == 0, "%zu damaged handshakes succeeded", opened);
	CHECK(text.n > 250, "a handshake of %zu octets", text.n);
	buf_free(&text);
}

/* Flip one bit of what a real client sends, at each place in turn. */
static void
test_tampering(struct tls *tls)
{
	size_t at, n, sent, opened = 0, errors = 0;
	unsigned char wire[BR_SSL_BUFSIZE_OUTPUT];
	const unsigned char *p;
	struct talk *t;
	int quiet;

	for (at = 0; at < 330; at += 3) {
		t = talk_new(tls);
		talk_start(t);
		sent = 0;
		for (quiet = 0; quiet < 3; quiet++) {
			p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
			if (p == NULL)
				n = 0;
			else
				memcpy(wire, p, n);
			if (at >= sent && at < sent + n)
				wire[at - sent] ^= 4;
			server_turn(t, wire, n);
			sent += n;
			if (n > 0)
				br_ssl_engine_sendrec_ack(&t->client.eng, n);
			if (client_reads(t) || n > 0)
				quiet = 0;
		}
		opened += tls_is_open(t->link) &&
		    br_ssl_engine_last_error(&t->client.eng) == 0 && at < sent;
		errors += tls_error(t->link) != NULL;
		talk_free(t);
	}
	CHECK(errors > 50, "only %zu errors", errors);
	CHECK(opened <= 2, "%zu handshakes succeeded", opened);
}

/* A client that closes in the middle of the handshake. */
static void
test_closed_early(struct tls *tls)
{
	struct tls_link *link = tls_link_open(tls);
	struct talk *t = talk_new(tls);
	const unsigned char *p;
	size_t n;

	talk_start(t);
	p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
	tls_enter(link);
	wire_in(link, p, n);
	wire_in(link, "\x15\x03\x03\0\2\1\0", 7);
	leave(link);
	CHECK(tls_error(link) != NULL && strstr(tls_error(link), "closed "
	    "during") != NULL, "%s", tls_error(link) == NULL ? "no error" :
	    tls_error(link));
	CHECK(tls_peer_finished(link), "close_notify is not seen");
	tls_link_close(link);
	talk_free(t);
}

/* Every error number has words. */
static void
test_words(struct tls *tls)
{
	struct tls_link *link = tls_link_open(tls);
	int i;

	CHECK(tls_error(link) == NULL, "an error at the start");
	for (i = 1; i <= FLOOD; i++) {
		link->error = i;
		CHECK(tls_error(link) != NULL && tls_error(link)[0] != '\0',
		    "%d has no words", i);
	}
	tls_link_close(link);
}

/* A handshake context exists until the handshake is done, no longer. */
static void
test_strip(struct tls *tls)
{
	struct talk *t = talk_new(tls);

	CHECK(server_of(t->link) != NULL && t->link->in == NULL, "no context");
	talk_start(t);
	talk_run(t);
	CHECK(server_of(t->link) == NULL && t->link->in != NULL,
	    "not stripped");
	talk_free(t);
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

static void
read_certificates(struct cert *ec, struct cert *rsa)
{
	static const char *const names[] = { "localhost", "127.0.0.1", NULL };
	char why[300] = "", dir[] = "/tmp/mnm-tls-test-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		die("%s cannot be made", dir);
	if (cert_make("ec.crt", "ec.key", names, 1800000000, why,
	    sizeof(why)) == -1 || cert_read(ec, "ec.crt", "ec.key",
	    1800000000, why, sizeof(why)) == -1)
		die("%s", why);
	if (write_text("rsa.pem", rsa_pem) != 0 || cert_read(rsa, "rsa.pem",
	    "rsa.pem", 1900000000, why, sizeof(why)) == -1)
		die("%s", why);
	CHECK(unlink("ec.crt") == 0 && unlink("ec.key") == 0 &&
	    unlink("rsa.pem") == 0 && chdir("/") == 0 && rmdir(dir) == 0,
	    "%s is not empty", dir);
}

int
main(void)
{
	struct cert ec, rsa;
	struct tls *tls[2];

	read_certificates(&ec, &rsa);
	tls[CERT_EC] = tls_open(&ec);
	tls[CERT_RSA] = tls_open(&rsa);
	test_suites(tls);
	test_every_fragment(tls[CERT_EC]);
	test_interleaved(tls);
	test_slow_reader(tls[CERT_EC]);
	test_slow_server(tls[CERT_EC]);
	test_room(tls[CERT_EC]);
	test_small_client(tls[CERT_EC]);
	test_memory(tls);
	test_random(tls[CERT_EC]);
	test_resumption(tls[CERT_EC]);
	test_close_by_client(tls[CERT_EC]);
	test_close_by_server(tls[CERT_EC]);
	test_refusals(tls[CERT_EC]);
	test_flood(tls[CERT_EC]);
	test_renegotiation(tls[CERT_EC]);
	test_strangers(tls[CERT_EC]);
	test_old_clients(tls[CERT_EC]);
	test_preference(tls[CERT_EC]);
	test_curves(tls[CERT_RSA]);
	test_damaged_handshakes(tls[CERT_EC]);
	test_tampering(tls[CERT_EC]);
	test_closed_early(tls[CERT_EC]);
	test_words(tls[CERT_EC]);
	test_strip(tls[CERT_EC]);
	tls_close(tls[CERT_EC]);
	tls_close(tls[CERT_RSA]);
	CHECK(heap_octets == 0, "%zu octets were not freed", heap_octets);
	cert_free(&ec);
	cert_free(&rsa);
	return check_report("tls");
}
