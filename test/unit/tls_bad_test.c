/*
 * tls.c against BearSSL's client engine, in memory: what goes wrong.
 */
#include "test/unit/tls_pair.c"

/* Have the client encrypt n bytes as a record of that type. */
static void
forge(struct pair *t, unsigned char type, const void *bytes, size_t n,
    struct buf *wire)
{
	const br_sslrec_out_class **out = &t->client.eng.out.vtable;
	unsigned char room[17000];
	unsigned char *record;

	memcpy(room + 64, bytes, n);
	record = (*out)->encrypt(out, type, BR_TLS12, room + 64, &n);
	buf_add(wire, (struct span){ (const char *)record, n });
}

static void
send_wire(struct pair *t, struct buf *wire)
{
	pair_serve(t, wire->p, wire->n);
	buf_free(wire);
}

enum spoil { AS_IS, FLIP_LAST, FLIP_FIRST, OTHER_VERSION, TOO_LONG, TOO_SHORT };

/* What becomes of records that an open connection should not get. */
static const struct refused {
	const char *what;
	unsigned char type;
	const char *bytes;
	size_t n;
	enum spoil spoil;
	const char *error;	/* pair_error then */
	int alert;		/* that the client gets; 0: none */
} refusals[] = {
	{ "a flipped tag", 23, "abc", 3, FLIP_LAST,
	    "damaged or forged record", 20 },
	{ "a flipped byte", 23, "abc", 3, FLIP_FIRST,
	    "damaged or forged record", 20 },
	{ "another version", 23, "abc", 3, OTHER_VERSION,
	    "record of another TLS version", 70 },
	{ "too long", 23, "abc", 3, TOO_LONG,
	    "record of invalid length", 22 },
	{ "too short", 23, "abc", 3, TOO_SHORT,
	    "record of invalid length", 22 },
	{ "ChangeCipherSpec", 20, "\1", 1, AS_IS, "unexpected message", 10 },
	{ "heartbeat", 24, "abc", 3, AS_IS, "unexpected message", 10 },
	{ "half an alert", 21, "\1", 1, AS_IS, "malformed alert", 50 },
	{ "an alert and more", 21, "\1\0\0", 3, AS_IS, "malformed alert", 50 },
	{ "an empty alert", 21, "", 0, AS_IS, "malformed alert", 50 },
	{ "a warning", 21, "\1\156", 2, AS_IS, "no error", 0 },
	{ "a fatal alert", 21, "\2\60", 2, AS_IS, "client sent an alert: it "
	    "does not trust the issuer of our certificate", 0 },
	{ "an unknown alert", 21, "\2\377", 2, AS_IS, "client sent an alert",
	    0 },
	{ "an empty record", 23, "", 0, AS_IS, "no error", 0 }
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
	struct pair *t;
	struct buf wire = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refused *r = &refusals[i];

		t = pair_open(tls);
		forge(t, r->type, r->bytes, r->n, &wire);
		spoil(&wire, r->spoil);
		send_wire(t, &wire);
		CHECK(strcmp(pair_error(t->conn), r->error) == 0, "%s: %s",
		    r->what, pair_error(t->conn));
		CHECK(!tls_is_stranger(t->conn), "%s: a stranger", r->what);
		if (tls_error(t->conn) == NULL)
			t->up_goal = t->down_goal = 100;
		pair_run(t);
		CHECK(br_ssl_engine_last_error(&t->client.eng) ==
		    (r->alert == 0 ? 0 : 256 + r->alert), "%s: the client's "
		    "error is %d", r->what,
		    br_ssl_engine_last_error(&t->client.eng));
		CHECK(t->up_got == t->up_goal, "%s: it does not go on",
		    r->what);
		pair_free(t);
	}
}

static void
test_flood(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	struct buf wire = { NULL, 0, 0 };
	int i;

	for (i = 0; i < 200; i++) {
		forge(t, 23, "", 0, &wire);
		if (i % 20 == 0) {
			forge(t, 23, (char[]){ (char)pair_byte(t->seed,
			    t->up_goal) }, 1, &wire);
			t->up_goal++;
		}
	}
	send_wire(t, &wire);
	pair_check(t, "some empty records");
	for (i = 0; i < 40; i++)
		forge(t, 23, "", 0, &wire);
	send_wire(t, &wire);
	CHECK(tls_error(t->conn) != NULL, "empty records without end");
	pair_free(t);
}

/* BearSSL's client takes the refusal as fatal: the server does not. */
static void
test_renegotiation(struct tls *tls)
{
	struct pair *t = pair_open(tls);
	struct buf wire = { NULL, 0, 0 };
	size_t i;

	CHECK(br_ssl_engine_renegotiate(&t->client.eng), "it does not ask");
	pair_run(t);
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 256 + 100,
	    "the client got %d", br_ssl_engine_last_error(&t->client.eng));
	CHECK(tls_is_open(t->conn), "%s", tls_error(t->conn));
	pair_free(t);

	/* One message in three records is one question. */
	t = pair_open(tls);
	for (i = 0; i < 3; i++)
		forge(t, 22, &"\1\0\0\2ab"[2 * i], 2, &wire);
	tls_enter(t->conn);
	pair_wire_in(t->conn, wire.p, wire.n);
	CHECK(!tls_plain_in(t->conn, &(struct span){ NULL, 0 }), "data");
	CHECK(tls_wire_out(t->conn).n < 40, "%zu bytes in answer",
	    tls_wire_out(t->conn).n);
	pair_leave(t->conn);
	buf_free(&wire);
	pair_free(t);

	/* Asking again and again, and reading nothing. */
	t = pair_open(tls);
	for (i = 0; i < 5000; i++) {
		forge(t, 22, "\1\0\0\0", 4, &wire);
		forge(t, 23, "x", 1, &wire);
		tls_enter(t->conn);
		pair_wire_in(t->conn, wire.p, wire.n);
		while (tls_plain_in(t->conn, &(struct span){ NULL, 0 }))
			;
		pair_leave(t->conn);
		buf_free(&wire);
	}
	CHECK(tls_is_open(t->conn), "%s", tls_error(t->conn));
	CHECK(t->conn->unsent.n < 100, "%u bytes wait",
	    t->conn->unsent.n);
	pair_free(t);
}

static const struct stranger {
	const char *bytes;
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
	struct tls_conn *conn;
	size_t i, j;

	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		conn = pair_conn(tls);
		for (j = 0; j < strangers[i].n; j++) {
			pair_feed(conn, strangers[i].bytes + j, 1);
		}
		CHECK(tls_is_stranger(conn) == strangers[i].stranger,
		    "%zu: stranger: %d, %s", i, tls_is_stranger(conn),
		    pair_error(conn));
		CHECK(!strangers[i].stranger || strcmp(pair_error(conn),
		    "not TLS") == 0, "%zu: %s", i, pair_error(conn));
		CHECK(!tls_wants_out(conn), "%zu: a stranger is answered", i);
		tls_conn_close(conn);
	}
}

/* It cannot shake hands: both sides know why. */
static void
check_refused(struct pair *t, int alert, const char *error)
{
	pair_start(t);
	pair_run(t);
	CHECK(br_ssl_engine_last_error(&t->client.eng) == 256 + alert,
	    "%s: the client got %d", error,
	    br_ssl_engine_last_error(&t->client.eng));
	CHECK(strstr(pair_error(t->conn), error) != NULL, "%s: %s", error,
	    pair_error(t->conn));
	pair_free(t);
}

static void
test_old_clients(struct tls *tls)
{
	struct pair *t = pair_new(tls);

	br_ssl_engine_set_versions(&t->client.eng, BR_TLS10, BR_TLS11);
	check_refused(t, 70, "older than TLS 1.2");
	t = pair_new(tls);
	pair_suite(t, BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA);
	check_refused(t, 40, "no supported cipher suite");
}

/*
 * What a client sends to shake hands, as one text: with another server it
 * would not do, but it leads deep into the engine.
 */
static void
record_client(struct tls *tls, struct buf *text)
{
	struct pair *t = pair_new(tls);
	const unsigned char *p;
	size_t n;

	pair_start(t);
	while (!tls_is_open(t->conn)) {
		p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
		if (p != NULL) {
			buf_add(text, (struct span){ (const char *)p, n });
			pair_serve(t, p, n);
			br_ssl_engine_sendrec_ack(&t->client.eng, n);
		} else {
			pair_serve(t, NULL, 0);
		}
		(void)pair_read(t);
	}
	pair_free(t);
}

static bool
opens(struct tls *tls, const struct buf *text, size_t n)
{
	struct tls_conn *conn = pair_conn(tls);
	bool open;

	pair_feed(conn, text->p, n);
	open = tls_is_open(conn);
	tls_conn_close(conn);
	return open;
}

/* Cut off anywhere, damaged anywhere: no connection opens, nothing breaks. */
static void
test_damaged_handshakes(struct tls *tls)
{
	struct buf text = { NULL, 0, 0 };
	size_t i, opened = 0;

	record_client(tls, &text);
	for (i = 0; i < text.n; i++) {
		opened += opens(tls, &text, i);
		text.p[i] = (char)~text.p[i];
		opened += opens(tls, &text, text.n);
		text.p[i] = (char)~text.p[i];
	}
	CHECK(opened == 0, "%zu damaged handshakes succeeded", opened);
	CHECK(text.n > 250, "a handshake of %zu bytes", text.n);
	buf_free(&text);
}

/* Flip one bit of what a real client sends, at each place in turn. */
static void
test_tampering(struct tls *tls)
{
	size_t at, n, sent, opened = 0, errors = 0;
	unsigned char wire[BR_SSL_BUFSIZE_OUTPUT];
	const unsigned char *p;
	struct pair *t;
	int quiet;

	for (at = 0; at < 330; at += 3) {
		t = pair_new(tls);
		pair_start(t);
		sent = 0;
		for (quiet = 0; quiet < 3; quiet++) {
			p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
			if (p == NULL)
				n = 0;
			else
				memcpy(wire, p, n);
			if (at >= sent && at < sent + n)
				wire[at - sent] ^= 4;
			pair_serve(t, wire, n);
			sent += n;
			if (n > 0)
				br_ssl_engine_sendrec_ack(&t->client.eng, n);
			if (pair_read(t) || n > 0)
				quiet = 0;
		}
		opened += tls_is_open(t->conn) &&
		    br_ssl_engine_last_error(&t->client.eng) == 0 && at < sent;
		errors += tls_error(t->conn) != NULL;
		pair_free(t);
	}
	CHECK(errors > 50, "only %zu errors", errors);
	CHECK(opened <= 2, "%zu handshakes succeeded", opened);
}

/* A client that closes in the middle of the handshake. */
static void
test_closed_early(struct tls *tls)
{
	struct tls_conn *conn = pair_conn(tls);
	struct pair *t = pair_new(tls);
	const unsigned char *p;
	size_t n;

	pair_start(t);
	p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
	tls_enter(conn);
	pair_wire_in(conn, p, n);
	pair_wire_in(conn, "\x15\x03\x03\0\2\1\0", 7);
	pair_leave(conn);
	CHECK(strstr(pair_error(conn), "closed during") != NULL, "%s",
	    pair_error(conn));
	CHECK(tls_peer_finished(conn), "close_notify is not seen");
	tls_conn_close(conn);
	pair_free(t);
}

/* Every error number has words. */
static void
test_words(struct tls *tls)
{
	struct tls_conn *conn = pair_conn(tls);
	int i;

	CHECK(tls_error(conn) == NULL, "an error at the start");
	for (i = 1; i <= FLOOD; i++) {
		conn->error = i;
		CHECK(tls_error(conn) != NULL && tls_error(conn)[0] != '\0',
		    "%d has no words", i);
	}
	tls_conn_close(conn);
}

int
main(void)
{
	struct cert ec, rsa;
	struct tls *tls;

	pair_certificates(&ec, &rsa);
	tls = pair_tls(&ec);
	test_refusals(tls);
	test_flood(tls);
	test_renegotiation(tls);
	test_strangers(tls);
	test_old_clients(tls);
	test_damaged_handshakes(tls);
	test_tampering(tls);
	test_closed_early(tls);
	test_words(tls);
	tls_close(tls);
	CHECK(pair_heap == 0, "%zu bytes were not freed", pair_heap);
	cert_free(&ec);
	cert_free(&rsa);
	return check_report("tls_bad");
}
