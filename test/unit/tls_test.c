/*
 * tls.c against BearSSL's client engine, in memory: what goes well.
 */
#include "test/unit/tls_pair.c"
#include "test/unit/browser_hello.h"

/* Every suite, the wire carrying pieces of every size. */
static void
test_suites(struct tls *by_kind[2])
{
	size_t i, piece;
	struct pair *t;
	char what[80];

	for (i = 0; i < SUITES; i++)
		for (piece = 1; piece < 2000; piece += 1 + piece / 9) {
			t = pair_new(by_kind[pair_suites[i].kind]);
			pair_suite(t, pair_suites[i].number);
			t->piece = piece;
			t->up_goal = 700;
			t->down_goal = 900;
			t->seed = (unsigned)piece;
			pair_start(t);
			pair_run(t);
			(void)snprintf(what, sizeof(what), "%s in pieces of "
			    "%zu", pair_suites[i].name, piece);
			pair_check(t, what);
			CHECK(t->client.eng.session.cipher_suite ==
			    pair_suites[i].number, "%s: another suite", what);
			pair_free(t);
		}
}

/* Open connections and every size of piece up to n, both ways. */
static void
test_every_fragment(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	size_t piece;

	for (piece = 1; piece <= 400; piece++) {
		t->piece = piece;
		t->up_goal += 333;
		t->down_goal += 333;
		t->plain = piece;
		pair_run(t);
	}
	pair_check(t, "every fragment");
	pair_free(t);
}

static unsigned
draw(unsigned *state, unsigned below)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 12) % below;
}

/* Many connections at once, each with its own pace, some asleep for long. */
static void
test_interleaved(struct tls *by_kind[2])
{
	enum { CONNS = 24 };
	struct pair *t[CONNS];
	unsigned state = 1;
	size_t i, quiet = 0;
	bool moved;

	for (i = 0; i < CONNS; i++) {
		t[i] = pair_new(by_kind[pair_suites[i % SUITES].kind]);
		pair_suite(t[i], pair_suites[i % SUITES].number);
		t[i]->seed = (unsigned)i * 100;
		t[i]->up_goal = 200000 + i * 1000;
		t[i]->down_goal = 300000 - i * 1000;
		pair_start(t[i]);
	}
	while (quiet < 50) {
		moved = false;
		for (i = 0; i < CONNS; i++) {
			if (draw(&state, 4) == 0)
				continue;
			t[i]->piece = 1 + draw(&state, i % 3 == 0 ? 300 :
			    i % 3 == 1 ? 5000 : 70000);
			t[i]->plain = 1 + draw(&state, 16384);
			moved |= pair_step(t[i]);
		}
		quiet = moved ? 0 : quiet + 1;
	}
	for (i = 0; i < CONNS; i++) {
		pair_check(t[i], pair_suites[i % SUITES].name);
		pair_free(t[i]);
	}
}

/* The server writes while the client reads nothing, then all at once. */
static void
test_slow_reader(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	size_t room, i;

	t->down_goal = 1000000;
	for (i = 0; i < 50; i++) {
		tls_enter(t->conn);
		pair_put(t);
		pair_wire_out(t, 100);
		CHECK(tls_wants_out(t->conn), "a backlog is forgotten");
		CHECK(tls_plain_room(t->conn, &room) == NULL || i == 0,
		    "room in spite of a backlog");
		pair_leave(t->conn);
	}
	CHECK(t->down < 70000, "%llu bytes taken for a slow reader",
	    (unsigned long long)t->down);
	CHECK(pair_heap < 700000, "%zu bytes of memory", pair_heap);
	pair_run(t);
	pair_check(t, "slow reader");
	pair_free(t);
}

/* A server that does not take what came: it waits with the connection. */
static void
test_slow_server(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	struct buf wire = { NULL, 0, 0 };
	struct span plain;
	const unsigned char *p;
	size_t n, pieces = 0;

	t->up_goal = 40000;
	for (;;) {
		pair_write(t);
		p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
		if (p == NULL)
			break;
		buf_add(&wire, (struct span){ (const char *)p, n });
		br_ssl_engine_sendrec_ack(&t->client.eng, n);
	}
	pair_feed(t->conn, wire.p, wire.n);
	for (; t->up_got < t->up_goal && pieces < 10; pieces++) {
		tls_enter(t->conn);
		if (tls_plain_in(t->conn, &plain)) {
			t->wrong |= pair_differs(plain.p, plain.n, t->seed,
			    t->up_got);
			t->up_got += plain.n;
		}
		pair_leave(t->conn);
	}
	pair_check(t, "slow server");
	CHECK(pieces == 3, "%zu pieces", pieces);
	buf_free(&wire);
	pair_free(t);
}

/* More than the buffer holds, in many receives of one turn. */
static void
test_long_turn(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	const unsigned char *p;
	struct span plain;
	size_t n;

	t->up_goal = 500000;
	tls_enter(t->conn);
	for (;;) {
		pair_write(t);
		p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
		if (p == NULL)
			break;
		n = n < 7000 ? n : 7000;	/* never ends with a record */
		pair_wire_in(t->conn, p, n);
		br_ssl_engine_sendrec_ack(&t->client.eng, n);
		while (tls_plain_in(t->conn, &plain)) {
			t->wrong |= pair_differs(plain.p, plain.n, t->seed,
			    t->up_got);
			t->up_got += plain.n;
		}
	}
	pair_leave(t->conn);
	pair_check(t, "long turn");
	pair_free(t);
}

/* Four whole records fit before a send, and nobody gets a short one. */
static void
test_room(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	size_t room, records = 0;
	char *p;

	tls_enter(t->conn);
	while ((p = tls_plain_room(t->conn, &room)) != NULL) {
		CHECK(room == 16384, "room for %zu bytes", room);
		pair_fill((unsigned char *)p, room, t->seed + 1, t->down);
		tls_plain_out(t->conn, room);
		t->down += room;
		records++;
	}
	tls_plain_out(t->conn, 0);
	CHECK(records == 4, "%zu records", records);
	tls_finish(t->conn);
	tls_finish(t->conn);
	pair_leave(t->conn);
	t->down_goal = t->down;
	pair_run(t);
	CHECK(t->down_got == t->down_goal && !t->wrong, "lost records");
	CHECK(br_ssl_engine_current_state(&t->client.eng) == BR_SSL_CLOSED &&
	    br_ssl_engine_last_error(&t->client.eng) == 0,
	    "no close_notify after full buffers");
	pair_free(t);
}

/* A client with little memory asks for small records and gets them. */
static void
test_small_client(struct tls *tls)
{
	struct pair *t = pair_new(tls);
	size_t room = 0;

	br_ssl_engine_set_buffers_bidi(&t->client.eng, t->in, 1024 + 325,
	    t->out, 1024 + 85);
	t->up_goal = t->down_goal = 20000;
	pair_start(t);
	pair_run(t);
	pair_check(t, "small client");
	tls_enter(t->conn);
	(void)tls_plain_room(t->conn, &room);
	CHECK(room == 1024, "records of %zu bytes", room);
	pair_leave(t->conn);
	pair_free(t);
}

static size_t
conn_bytes(struct tls *tls, uint16_t suite)
{
	struct pair *t = pair_new(tls);
	size_t before, idle;

	tls_conn_close(t->conn);
	before = pair_heap;
	t->conn = pair_conn(tls);
	pair_suite(t, suite);
	pair_start(t);
	t->up_goal = t->down_goal = 100000;
	pair_run(t);
	idle = pair_heap - before;
	pair_check(t, "memory");
	pair_free(t);
	CHECK(pair_heap == before - 0 || pair_heap < before,
	    "memory is lost");
	return idle;
}

static void
test_memory(struct tls *by_kind[2])
{
	size_t i, n;

	for (i = 0; i < SUITES; i++) {
		n = conn_bytes(by_kind[pair_suites[i].kind],
		    pair_suites[i].number);
		printf("an idle connection with %s takes %zu bytes\n",
		    pair_suites[i].name, n);
		CHECK(n <= 256, "an idle connection takes %zu bytes", n);
	}
}

/* Start again with the session of an earlier talk. */
static struct pair *
pair_resume(struct tls *tls, const struct pair *earlier)
{
	br_ssl_session_parameters session;
	struct pair *t = pair_new(tls);

	br_ssl_engine_get_session_parameters(&earlier->client.eng, &session);
	br_ssl_engine_set_session_parameters(&t->client.eng, &session);
	CHECK(br_ssl_client_reset(&t->client, "localhost", 1), "no start");
	t->up_goal = t->down_goal = 5000;
	pair_run(t);
	pair_check(t, "resuming");
	return t;
}

static bool
same_session(const struct pair *a, const struct pair *b)
{
	return memcmp(a->client.eng.session.session_id,
	    b->client.eng.session.session_id, 32) == 0;
}

/* The cache forgets the oldest session, and only when it is full. */
static void
test_resumption(struct tls *tls)
{
	struct pair *first = pair_open(tls), *second = pair_open(tls), *t;
	unsigned i;

	t = pair_resume(tls, first);
	CHECK(same_session(first, t), "the session is not resumed");
	CHECK(memcmp(first->client.eng.server_random,
	    t->client.eng.server_random, 32) != 0, "random numbers repeat");
	pair_free(t);
	for (i = 0; i < 299; i++) {
		pair_free(pair_open(tls));
		if (i % 50 == 0) {
			t = pair_resume(tls, first);
			CHECK(same_session(first, t), "%u: forgotten", i);
			pair_free(t);
		}
	}
	t = pair_resume(tls, first);
	CHECK(same_session(first, t), "a session in use is forgotten");
	pair_free(t);
	t = pair_resume(tls, second);
	CHECK(!same_session(second, t), "the cache has no end");
	pair_free(t);
	pair_free(first);
	pair_free(second);
}

/* Two connections never share random numbers, though they are copies. */
static void
test_random(struct tls *tls)
{
	struct pair *a = pair_open(tls), *b = pair_open(tls);

	CHECK(memcmp(a->client.eng.server_random, b->client.eng.server_random,
	    32) != 0, "the server's random numbers repeat");
	CHECK(memcmp(a->client.eng.ecdhe_point, b->client.eng.ecdhe_point,
	    32) != 0, "the server's keys repeat");
	CHECK(a->client.eng.ecdhe_curve == BR_EC_curve25519,
	    "curve %u", a->client.eng.ecdhe_curve);
	pair_free(a);
	pair_free(b);
}

static void
test_close_by_client(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	struct span plain;

	br_ssl_engine_close(&t->client.eng);
	pair_run(t);
	CHECK(tls_peer_finished(t->conn), "close_notify is not seen");
	CHECK(tls_error(t->conn) == NULL, "%s", tls_error(t->conn));
	tls_enter(t->conn);
	pair_wire_in(t->conn, "what comes after it is of no interest", 37);
	CHECK(!tls_plain_in(t->conn, &plain), "bytes after close_notify");
	tls_finish(t->conn);
	pair_wire_out(t, SIZE_MAX);
	pair_leave(t->conn);
	(void)pair_read(t);
	CHECK(br_ssl_engine_current_state(&t->client.eng) == BR_SSL_CLOSED &&
	    br_ssl_engine_last_error(&t->client.eng) == 0,
	    "the client got no close_notify");
	pair_free(t);
}

static void
test_close_by_server(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	size_t room;

	t->down_goal = 100;
	tls_enter(t->conn);
	pair_put(t);
	tls_finish(t->conn);
	CHECK(tls_plain_room(t->conn, &room) == NULL, "room after the end");
	pair_leave(t->conn);
	CHECK(tls_wants_out(t->conn), "no close_notify");
	pair_run(t);
	CHECK(t->down_got == 100 && !t->wrong, "bytes before it are lost");
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 0 &&
	    br_ssl_engine_current_state(&t->client.eng) == BR_SSL_CLOSED,
	    "the client did not end well");
	CHECK(tls_peer_finished(t->conn), "its answer is not seen");
	pair_free(t);
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
	struct pair *t;
	size_t i;

	for (i = 0; i < 2; i++) {
		t = pair_new(tls);
		br_ssl_engine_set_suites(&t->client.eng, orders[i], 2);
		pair_start(t);
		pair_run(t);
		CHECK(t->client.eng.session.cipher_suite ==
		    orders[fast_aes()][0], "the client's order rules");
		pair_free(t);
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
	struct pair *t;
	br_ec_impl ec;
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		ec = *br_ec_get_default();
		ec.supported_curves = UINT32_C(1) << curves[i].curve;
		t = pair_new(tls);
		br_ssl_engine_set_ec(&t->client.eng, &ec);
		pair_suite(t, BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
		pair_start(t);
		pair_run(t);
		CHECK(tls_is_open(t->conn) == curves[i].accepted,
		    "curve %d: %d", curves[i].curve, tls_is_open(t->conn));
		pair_free(t);
	}
}

/*
 * A handshake context exists from the first record until the handshake is done,
 * no longer: neither silence nor half a record is worth one.
 */
static void
test_strip(struct tls *tls)
{
	struct pair *t = pair_new(tls);
	struct tls_conn *slow = pair_conn(tls);
	size_t room;

	tls_enter(slow);
	memcpy(tls_wire_room(slow, &room), "\x16\x03\x01\0\x05\x01\0", 7);
	tls_wire_in(slow, 7);
	tls_leave(slow);
	CHECK(slow->handshake == NULL && slow->error == 0, "half a record");
	CHECK(!tls_has_begun(slow) && !tls_is_open(slow), "half a record: %d",
	    tls_is_open(slow));
	tls_enter(slow);
	memcpy(tls_wire_room(slow, &room), "\0\1\3", 3);
	tls_wire_in(slow, 3);
	CHECK(tls_has_begun(slow), "a whole record");
	tls_leave(slow);
	tls_conn_close(slow);
	CHECK(t->conn->handshake == NULL && t->conn->keys == NULL, "a context");
	pair_start(t);
	pair_run(t);
	CHECK(t->conn->handshake == NULL && t->conn->keys != NULL,
	    "not stripped");
	pair_free(t);
}

static bool
contains(struct span text, struct span part)
{
	size_t i;

	for (i = 0; i + part.n <= text.n; i++) {
		if (memcmp(text.p + i, part.p, part.n) == 0)
			return true;
	}
	return false;
}

/* Feed a browser's hello in these pieces; it must be answered, for HTTP/1.1. */
static void
answer_browser(struct tls *tls, const unsigned char *hello, size_t n,
    size_t first, size_t piece)
{
	struct tls_conn *conn = pair_conn(tls);
	struct span wire;
	size_t i, m;

	for (i = 0; i < n; i += m) {
		m = i == 0 ? first : piece;
		m = m < n - i ? m : n - i;
		CHECK(conn->unsent.p == NULL, "an answer after %zu bytes", i);
		tls_enter(conn);
		pair_wire_in(conn, (const char *)hello + i, m);
		tls_leave(conn);
	}
	tls_enter(conn);
	wire = tls_wire_out(conn);
	CHECK(tls_error(conn) == NULL && wire.n > 500 &&
	    memcmp(wire.p, "\x16\3\3", 3) == 0 &&
	    contains(wire, SPAN("\0\x10\0\x0b\0\x09\x08http/1.1")),
	    "%zu, %zu: %zu bytes, %s", first, piece, wire.n, pair_error(conn));
	tls_leave(conn);
	tls_conn_close(conn);
}

/* It may come in any two pieces, of TCP's or of TLS's, or byte by byte. */
static void
test_browser(struct tls *tls)
{
	static const unsigned char *const hello = browser_hello;
	unsigned char records[sizeof(browser_hello) + RECORD_HEAD];
	const size_t n = sizeof(browser_hello);
	size_t i;

	answer_browser(tls, hello, n, 1, 1);
	for (i = 1; i <= n; i++)
		answer_browser(tls, hello, n, i, n);
	memcpy(records, hello, RECORD_HEAD);
	for (i = 1; i < n - RECORD_HEAD; i += 61) {
		records[3] = (unsigned char)(i >> 8);
		records[4] = (unsigned char)i;
		memcpy(records + RECORD_HEAD, hello + RECORD_HEAD, i);
		memcpy(records + RECORD_HEAD + i, hello, 3);
		records[RECORD_HEAD + i + 3] =
		    (unsigned char)((n - RECORD_HEAD - i) >> 8);
		records[RECORD_HEAD + i + 4] =
		    (unsigned char)(n - RECORD_HEAD - i);
		memcpy(records + 2 * RECORD_HEAD + i, hello + RECORD_HEAD + i,
		    n - RECORD_HEAD - i);
		answer_browser(tls, records, sizeof(records), sizeof(records),
		    1);
	}
}

/* What a client offers by ALPN, and what it gets; NULL: nothing. */
static void
test_alpn(struct tls *tls)
{
	static const struct { const char *offers[3], *gets; } cases[] = {
		{ { NULL }, NULL },
		{ { "h2" }, NULL },
		{ { "h2", "http/1.1" }, "http/1.1" },
		{ { "http/1.1", "h2" }, "http/1.1" },
		{ { "http/1.0", "tmtp" }, NULL }
	};
	struct pair *t;
	const char *got;
	size_t i, n;

	for (i = 0; i < COUNT(cases); i++) {
		t = pair_new(tls);
		for (n = 0; cases[i].offers[n] != NULL; n++)
			;
		br_ssl_engine_set_protocol_names(&t->client.eng,
		    (const char **)(uintptr_t)cases[i].offers, n);
		pair_start(t);
		t->up_goal = t->down_goal = 100;
		pair_run(t);
		pair_check(t, "ALPN");
		got = br_ssl_engine_get_selected_protocol(&t->client.eng);
		CHECK((got == NULL) == (cases[i].gets == NULL) && (got == NULL
		    || strcmp(got, cases[i].gets) == 0), "ALPN %zu: %s", i,
		    got != NULL ? got : "nothing");
		pair_free(t);
	}
}

int
main(void)
{
	struct cert ec, rsa;
	struct tls *tls[2];

	pair_certificates(&ec, &rsa);
	tls[CERT_EC] = pair_tls(&ec);
	tls[CERT_RSA] = pair_tls(&rsa);
	test_suites(tls);
	test_every_fragment(tls[CERT_EC]);
	test_interleaved(tls);
	test_slow_reader(tls[CERT_EC]);
	test_slow_server(tls[CERT_EC]);
	test_long_turn(tls[CERT_EC]);
	test_room(tls[CERT_EC]);
	test_small_client(tls[CERT_EC]);
	test_memory(tls);
	test_random(tls[CERT_EC]);
	test_resumption(tls[CERT_EC]);
	test_close_by_client(tls[CERT_EC]);
	test_close_by_server(tls[CERT_EC]);
	test_preference(tls[CERT_EC]);
	test_curves(tls[CERT_RSA]);
	test_strip(tls[CERT_EC]);
	test_alpn(tls[CERT_EC]);
	test_browser(tls[CERT_EC]);
	tls_close(tls[CERT_EC]);
	tls_close(tls[CERT_RSA]);
	CHECK(pair_heap == 0, "%zu bytes were not freed", pair_heap);
	cert_free(&ec);
	cert_free(&rsa);
	return check_report("tls");
}
