/*
 * A new connection and one that has been open for a week are two different
 * things here, so that an idle one costs 170 bytes instead of the 38 kB
 * that a BearSSL engine takes with its buffers.
 *
 * Lend.  From the first record to the end of the handshake a connection owns a
 * br_ssl_server_context (4 kB), but the two buffers it works in (33 kB) belong
 * to struct tls and serve all connections.  That is safe because the engine
 * looks at its buffers only while one of its functions runs, and because they
 * are empty whenever it is another connection's turn: the engine is given
 * whole records only, so none is ever left half read, and every record that it
 * makes is moved at once to the shared output, so none is left half
 * sent.  What is incomplete waits in bytes of its own size: struct backlog
 * below.
 *
 * Strip.  When the handshake is done, nothing more is needed than, for each
 * direction, the key, its IV and the number of the next record: for AES-128, 56
 * bytes in all.  They are kept, and the 4 kB are freed.  This is done as soon
 * as application data may flow: by then the engine's output has been moved, and
 * its input stands between two records.  From there on this file handles the
 * records, which is little: data, alerts, and a refusal of everything else.
 * Both ways, records are transformed where they lie, in the shared buffers.
 *
 * What BearSSL encrypts records with is larger than the key that it is made of:
 * 304 bytes for AES.  So it is made in struct tls, when a connection first
 * needs it after tls_enter.
 *
 * Renegotiation is refused with a no_renegotiation warning, as BearSSL does
 * it, and the connection goes on (RFC 5246, 7.2.2).  Records without data are
 * allowed, but not for ever: each costs us work and the peer nothing.
 *
 * Sessions to resume are in BearSSL's cache, which drops the oldest when it is
 * full.  Resuming costs a fifth of a full handshake.
 */
#include "net/tls.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl_ssl.h>

#include "base/encode.h"
#include "net/cert.h"

#define RECORD_HEAD 5		/* type, version, length */
#define RECORD_DATA 16384	/* at most */
#define GCM_NONCE   8		/* before the data, and after it: */
#define TAG         16
#define RECORD_MAX  (RECORD_HEAD + GCM_NONCE + RECORD_DATA + TAG)
#define WIRE_ROOM   (4 * RECORD_MAX)	/* records that one send may carry */
#define ALERT_ROOM  64		/* beyond them: an alert and a close_notify */
#define SESSIONS    (300 * 100)	/* BearSSL takes 100 bytes for each */
#define DATALESS_MAX 32		/* records in a row that carry no data */

enum record_type { CHANGE_CIPHER = 20, ALERT, HANDSHAKE, DATA };
enum alert_level { WARNING = 1, FATAL };
enum alert {
	CLOSE_NOTIFY = 0, UNEXPECTED_MESSAGE = 10, BAD_RECORD_MAC = 20,
	RECORD_OVERFLOW = 22, DECODE_ERROR = 50, PROTOCOL_VERSION = 70,
	NO_RENEGOTIATION = 100
};

/*
 * Errors are BearSSL's numbers, in which an alert received is 256 + its number
 * and one sent 512 + its number; and these.
 */
enum { NOT_TLS = 1024, CLOSED_EARLY, FLOOD, NO_RANDOM };

/* Bytes that wait with a connection; p is NULL when there are none. */
struct backlog {
	unsigned char *p;
	uint32_t at, n;	/* p[at..n) are left */
};

enum cipher { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305 };

static const size_t key_bytes[] = { [AES_128_GCM] = 16, [AES_256_GCM] = 32,
    [CHACHA20_POLY1305] = 32 };
static const size_t iv_bytes[] = { [AES_128_GCM] = 4, [AES_256_GCM] = 4,
    [CHACHA20_POLY1305] = 12 };

/* BearSSL's, made of a key. */
union sealer {
	const br_sslrec_in_class *in;
	const br_sslrec_out_class *out;
	br_sslrec_gcm_context gcm;
	br_sslrec_chapol_context chapol;
};

struct tls_conn {
	struct tls *tls;
	br_ssl_server_context *handshake;	/* NULL unless it is going on */
	const struct cert *cert;	/* for it */
	struct backlog received, unsent;
	unsigned char *keys;	/* the client's and ours, then their IVs; NULL
				   until the handshake is done */
	uint64_t in_next, out_next;	/* numbers of the next records */
	int error;
	uint16_t fragment_max;	/* 16384, or less if the peer asked for it */
	uint8_t dataless;	/* records without data since the last data */
	uint8_t cipher;
	bool greeted;		/* a record of a TLS handshake was received */
	bool finished, peer_finished;
};

struct tls {
	br_ssl_server_context blank;	/* copied to each one; never run */
	br_ec_impl curves;		/* for the key exchange */
	bool fast_aes;
	br_ssl_session_cache_lru cache;
	const struct tls_conn *entered;	/* whose bytes in and out hold */
	union sealer in_sealer, out_sealer;	/* ... and whose these are: */
	bool in_is_made, out_is_made;
	size_t in_at, in_end, out_at, out_end;
	unsigned char in[WIRE_ROOM], out[WIRE_ROOM + ALERT_ROOM];
	unsigned char engine_in[BR_SSL_BUFSIZE_INPUT];
	unsigned char engine_out[BR_SSL_BUFSIZE_OUTPUT];
	unsigned char sessions[SESSIONS];
};

/* In the order of our preference when AES is fast. */
static const uint16_t suites[2][3] = {
	[CERT_EC] = { BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 },
	[CERT_RSA] = { BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	    BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 }
};

/* Whether BearSSL can use this processor's AES instructions. */
static bool
fast_aes(void)
{
	return (br_aes_x86ni_ctr_get_vtable() != NULL &&
	    br_ghash_pclmul_get() != NULL) ||
	    br_aes_pwr8_ctr_get_vtable() != NULL;
}

/*
 * The cipher suites, and the handler of certificate and key, which points into
 * its own context.
 */
static void
set_cert(br_ssl_server_context *server, const struct cert *cert, bool fast)
{
	const uint16_t *best = suites[cert->kind];
	const uint16_t plain[3] = { best[2], best[0], best[1] };

	br_ssl_engine_set_suites(&server->eng, fast ? best : plain, 3);
	if (cert->kind == CERT_EC)
		br_ssl_server_set_single_ec(server, cert->chain,
		    cert->chain_length, &cert->ec, BR_KEYTYPE_SIGN,
		    cert->issuer_key_type, br_ec_get_default(),
		    br_ecdsa_sign_asn1_get_default());
	else
		br_ssl_server_set_single_rsa(server, cert->chain,
		    cert->chain_length, &cert->rsa, BR_KEYTYPE_SIGN,
		    br_rsa_private_get_default(),
		    br_rsa_pkcs1_sign_get_default());
}

static void
set_algorithms(br_ssl_engine_context *engine)
{
	br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(engine, br_tls12_sha384_prf);
	br_ssl_engine_set_default_aes_gcm(engine);
	br_ssl_engine_set_default_chapol(engine);
	br_ssl_engine_set_all_flags(engine,
	    BR_OPT_ENFORCE_SERVER_PREFERENCES | BR_OPT_NO_RENEGOTIATION);
}

/*
 * Setting all this takes 0.1 ms, because asking the processor what it can do
 * is slow in a virtual machine; so it is done once.  The curves are limited to
 * X25519, which BearSSL takes first, and P-256: a stranger who asks for P-521
 * would cost ten times as much.
 *
 * A browser offers protocols by name (ALPN, RFC 7301) and is told http/1.1, as
 * WebSocket over HTTP/2 is another protocol.  Clients that offer none of it, or
 * nothing, go on all the same.
 */
struct tls *
tls_open(void)
{
	static const char *protocols[] = { "http/1.1" };
	struct tls *tls = xzalloc(sizeof(*tls));
	br_ssl_engine_context *engine = &tls->blank.eng;

	br_ssl_server_zero(&tls->blank);
	set_algorithms(engine);
	br_ssl_engine_set_protocol_names(engine, protocols, 1);
	tls->fast_aes = fast_aes();
	tls->curves = *br_ec_get_default();
	tls->curves.supported_curves &= UINT32_C(1) << BR_EC_curve25519 |
	    UINT32_C(1) << BR_EC_secp256r1;
	br_ssl_engine_set_ec(engine, &tls->curves);
	br_ssl_engine_set_buffers_bidi(engine, tls->engine_in,
	    sizeof(tls->engine_in), tls->engine_out, sizeof(tls->engine_out));
	engine->rng_os_rand_done = 1;	/* tls_conn_open asks the system */
	tls_forget_sessions(tls);
	br_ssl_server_set_cache(&tls->blank, &tls->cache.vtable);
	return tls;
}

void
tls_forget_sessions(struct tls *tls)
{
	cert_wipe(tls->sessions, sizeof(tls->sessions));
	br_ssl_session_cache_lru_init(&tls->cache, tls->sessions,
	    sizeof(tls->sessions));
}

void
tls_close(struct tls *tls)
{
	if (tls == NULL)
		return;
	assert(tls->entered == NULL);
	cert_wipe(tls, sizeof(*tls));
	free(tls);
}

struct tls_conn *
tls_conn_open(struct tls *tls, const struct cert *cert)
{
	struct tls_conn *conn = xzalloc(sizeof(*conn));

	conn->tls = tls;
	conn->cert = cert;
	return conn;
}

/*
 * Make the context of the handshake, which is worth it only when a peer has
 * said something.
 *
 * The copy needs three things of its own: the handler of the key, which would
 * point into the original; random numbers, or two connections would share
 * theirs; and a version for an alert that answers a client too old for us,
 * which BearSSL would send with version 0.
 */
static void
begin_handshake(struct tls_conn *conn)
{
	br_ssl_server_context *server;
	unsigned char seed[32];

	if (encode_random(seed, sizeof(seed)) == -1) {
		conn->error = NO_RANDOM;
		return;
	}
	conn->handshake = server = xalloc(sizeof(*server));
	*server = conn->tls->blank;
	set_cert(server, conn->cert, conn->tls->fast_aes);
	br_ssl_engine_inject_entropy(&server->eng, seed, sizeof(seed));
	cert_wipe(seed, sizeof(seed));
	if (!br_ssl_server_reset(server))
		conn->error = NO_RANDOM;
	server->eng.version_out = BR_TLS12;
}

static void
backlog_free(struct backlog *b)
{
	free(b->p);
	*b = (struct backlog){ NULL, 0, 0 };
}

static void
forget(void *context, size_t n)
{
	if (context != NULL)
		cert_wipe(context, n);
	free(context);
}

/* Of both directions. */
static size_t
keys_bytes(const struct tls_conn *conn)
{
	return 2 * (key_bytes[conn->cipher] + iv_bytes[conn->cipher]);
}

void
tls_conn_close(struct tls_conn *conn)
{
	if (conn == NULL)
		return;
	if (conn->tls->entered == conn)
		conn->tls->entered = NULL;
	forget(conn->handshake, sizeof(*conn->handshake));
	forget(conn->keys, keys_bytes(conn));
	backlog_free(&conn->received);
	backlog_free(&conn->unsent);
	forget(conn, sizeof(*conn));
}

void
tls_enter(struct tls_conn *conn)
{
	struct tls *tls = conn->tls;

	assert(tls->entered == NULL);
	tls->entered = conn;
	tls->in_is_made = tls->out_is_made = false;
	tls->in_at = tls->in_end = 0;
	tls->out_at = tls->out_end = 0;
}

/* The number of its next record. */
static uint64_t *
sealer_next(union sealer *sealer, enum cipher cipher)
{
	return cipher == CHACHA20_POLY1305 ? &sealer->chapol.seq :
	    &sealer->gcm.seq;
}

/* What decrypts the next record. */
static const br_sslrec_in_class **
use_in(const struct tls_conn *conn)
{
	struct tls *tls = conn->tls;
	const br_ssl_engine_context *engine = &tls->blank.eng;
	union sealer *sealer = &tls->in_sealer;
	const unsigned char *key = conn->keys;
	const unsigned char *iv = key + 2 * key_bytes[conn->cipher];

	assert(tls->entered == conn);
	if (tls->in_is_made)
		return &sealer->in;
	if (conn->cipher == CHACHA20_POLY1305)
		br_sslrec_in_chapol_vtable.init(&sealer->chapol.vtable.in,
		    engine->ichacha, engine->ipoly, key, iv);
	else
		br_sslrec_in_gcm_vtable.init(&sealer->gcm.vtable.in,
		    engine->iaes_ctr, key, key_bytes[conn->cipher],
		    engine->ighash, iv);
	*sealer_next(sealer, conn->cipher) = conn->in_next;
	tls->in_is_made = true;
	return &sealer->in;
}

/* What encrypts the next record. */
static const br_sslrec_out_class **
use_out(const struct tls_conn *conn)
{
	struct tls *tls = conn->tls;
	const br_ssl_engine_context *engine = &tls->blank.eng;
	union sealer *sealer = &tls->out_sealer;
	const unsigned char *key = conn->keys + key_bytes[conn->cipher];
	const unsigned char *iv = key + key_bytes[conn->cipher] +
	    iv_bytes[conn->cipher];

	assert(tls->entered == conn);
	if (tls->out_is_made)
		return &sealer->out;
	if (conn->cipher == CHACHA20_POLY1305)
		br_sslrec_out_chapol_vtable.init(&sealer->chapol.vtable.out,
		    engine->ichacha, engine->ipoly, key, iv);
	else
		br_sslrec_out_gcm_vtable.init(&sealer->gcm.vtable.out,
		    engine->iaes_ctr, key, key_bytes[conn->cipher],
		    engine->ighash, iv);
	*sealer_next(sealer, conn->cipher) = conn->out_next;
	tls->out_is_made = true;
	return &sealer->out;
}

/* Add n bytes to what waits already. */
static void
keep(struct backlog *b, const unsigned char *bytes, size_t n)
{
	size_t left = b->n - b->at;
	unsigned char *p;

	if (n == 0)
		return;
	p = xalloc(left + n);
	if (left > 0)
		memcpy(p, b->p + b->at, left);
	memcpy(p + left, bytes, n);
	free(b->p);
	*b = (struct backlog){ p, 0, (uint32_t)(left + n) };
}

void
tls_leave(struct tls_conn *conn)
{
	struct tls *tls = conn->tls;

	assert(tls->entered == conn);
	if (conn->error == 0 && !conn->peer_finished)
		keep(&conn->received, tls->in + tls->in_at,
		    tls->in_end - tls->in_at);
	keep(&conn->unsent, tls->out + tls->out_at,
	    tls->out_end - tls->out_at);
	if (tls->in_is_made)
		conn->in_next = *sealer_next(&tls->in_sealer, conn->cipher);
	if (tls->out_is_made)
		conn->out_next = *sealer_next(&tls->out_sealer, conn->cipher);
	tls->entered = NULL;
}

/* Before the first use of tls->in after tls_enter: fetch what was kept. */
static void
fetch_received(struct tls_conn *conn)
{
	struct tls *tls = conn->tls;

	assert(tls->entered == conn);
	if (conn->received.p == NULL)
		return;
	memcpy(tls->in, conn->received.p, conn->received.n);
	tls->in_end = conn->received.n;
	backlog_free(&conn->received);
}

/*
 * Where the plaintext of the next outgoing record goes: behind its head and,
 * for GCM, a nonce; with room for the tag behind it.
 */
static unsigned char *
record_room(const struct tls_conn *conn, size_t *room)
{
	struct tls *tls = conn->tls;
	size_t start = tls->out_end + RECORD_HEAD +
	    (conn->cipher == CHACHA20_POLY1305 ? 0 : GCM_NONCE);

	*room = sizeof(tls->out) - TAG - start;
	if (*room > RECORD_DATA)
		*room = RECORD_DATA;
	return tls->out + start;
}

/* Make a record of the n bytes at record_room. */
static void
seal(struct tls_conn *conn, enum record_type type, size_t n)
{
	struct tls *tls = conn->tls;
	const br_sslrec_out_class **context = use_out(conn);
	unsigned char *record;
	size_t room;

	record = record_room(conn, &room);
	assert(n <= room);
	record = (*context)->encrypt(context, (int)type, BR_TLS12, record, &n);
	assert(record == tls->out + tls->out_end);
	tls->out_end += n;
}

static void
send_alert(struct tls_conn *conn, enum alert_level level, enum alert alert)
{
	unsigned char *p;
	size_t room;

	p = record_room(conn, &room);
	p[0] = (unsigned char)level;
	p[1] = (unsigned char)alert;
	seal(conn, ALERT, 2);
}

/* End it with an alert that says why, unless close_notify was sent. */
static void
fail(struct tls_conn *conn, int error, enum alert alert)
{
	conn->error = error;
	if (!conn->finished)
		send_alert(conn, FATAL, alert);
}

/*
 * Whether the first bytes are not the start of a client's TLS handshake.  They
 * are judged as they arrive: "GET / HTTP" would announce a record of 12 kB that
 * never ends.
 */
static bool
is_not_tls(const unsigned char *p, size_t n)
{
	return (n > 0 && p[0] != HANDSHAKE) || (n > 1 && p[1] != 3) ||
	    (n > RECORD_HEAD && p[RECORD_HEAD] != 1);
}

static size_t
record_length(const unsigned char *p)
{
	return RECORD_HEAD + ((size_t)p[3] << 8 | p[4]);
}

/* Move the engine's records to the shared output. */
static void
drain(struct tls *tls, br_ssl_engine_context *engine)
{
	const unsigned char *p;
	size_t n;

	while ((p = br_ssl_engine_sendrec_buf(engine, &n)) != NULL) {
		/* CERT_CHAIN_BYTES limits what a handshake has to say. */
		assert(n <= sizeof(tls->out) - tls->out_end);
		memcpy(tls->out + tls->out_end, p, n);
		tls->out_end += n;
		br_ssl_engine_sendrec_ack(engine, n);
	}
}

/* Give the engine a whole record, or the header of one that is too long. */
static void
feed(struct tls *tls, br_ssl_engine_context *engine, size_t n)
{
	unsigned char *p;
	size_t room;

	while (n > 0 && (p = br_ssl_engine_recvrec_buf(engine, &room)) !=
	    NULL) {
		if (room > n)
			room = n;
		memcpy(p, tls->in + tls->in_at, room);
		tls->in_at += room;
		n -= room;
		br_ssl_engine_recvrec_ack(engine, room);
		drain(tls, engine);
	}
}

/* The engine waits for the first byte of a record. */
static bool
between_records(br_ssl_engine_context *engine)
{
	size_t n;

	return br_ssl_engine_recvrec_buf(engine, &n) != NULL &&
	    n == RECORD_HEAD;
}

static enum cipher
cipher_of(uint16_t suite)
{
	switch (suite) {
	case BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256:
	case BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
		return CHACHA20_POLY1305;
	case BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:
	case BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
		return AES_256_GCM;
	default:
		return AES_128_GCM;
	}
}

/* The keys follow from what the handshake has agreed on (RFC 5246, 6.3). */
static void
derive_keys(struct tls_conn *conn)
{
	const br_ssl_engine_context *engine = &conn->handshake->eng;
	const br_ssl_session_parameters *session = &engine->session;
	const br_tls_prf_seed_chunk seeds[] = {
		{ engine->server_random, sizeof(engine->server_random) },
		{ engine->client_random, sizeof(engine->client_random) }
	};
	br_tls_prf_impl prf;

	conn->cipher = (uint8_t)cipher_of(session->cipher_suite);
	prf = conn->cipher == AES_256_GCM ? br_tls12_sha384_prf :
	    br_tls12_sha256_prf;
	conn->keys = xalloc(keys_bytes(conn));
	prf(conn->keys, keys_bytes(conn), session->master_secret,
	    sizeof(session->master_secret), "key expansion", 2, seeds);
}

/* The handshake is done: keep the keys and nothing else. */
static void
strip(struct tls_conn *conn)
{
	br_ssl_engine_context *engine = &conn->handshake->eng;
	size_t fragment;

	(void)br_ssl_engine_sendapp_buf(engine, &fragment);
	conn->fragment_max = (uint16_t)fragment;
	derive_keys(conn);
	conn->in_next = conn->cipher == CHACHA20_POLY1305 ?
	    engine->in.chapol.seq : engine->in.gcm.seq;
	conn->out_next = conn->cipher == CHACHA20_POLY1305 ?
	    engine->out.chapol.seq : engine->out.gcm.seq;
	forget(conn->handshake, sizeof(*conn->handshake));
	conn->handshake = NULL;
}

/* After a record: is the handshake over, one way or the other? */
static void
look_at_engine(struct tls_conn *conn)
{
	br_ssl_engine_context *engine = &conn->handshake->eng;
	unsigned state = br_ssl_engine_current_state(engine);

	if (state == BR_SSL_CLOSED) {
		conn->error = br_ssl_engine_last_error(engine);
		conn->peer_finished = conn->error == BR_ERR_OK;
		if (conn->error == BR_ERR_OK)
			conn->error = CLOSED_EARLY;
	} else if (!between_records(engine)) {
		conn->error = BR_ERR_UNEXPECTED;
	} else if (state & BR_SSL_SENDAPP) {
		strip(conn);
	}
}

/* Go on with the handshake as far as the bytes received allow. */
static void
shake_hands(struct tls_conn *conn)
{
	struct tls *tls = conn->tls;
	const unsigned char *p;
	size_t n, length;

	while (conn->keys == NULL && conn->error == 0) {
		p = tls->in + tls->in_at;
		n = tls->in_end - tls->in_at;
		if (!conn->greeted && is_not_tls(p, n)) {
			conn->error = NOT_TLS;
			return;
		}
		if (n < RECORD_HEAD)
			return;
		length = record_length(p);
		if (length > RECORD_MAX)
			length = RECORD_HEAD;	/* enough to be refused */
		if (n < length)
			return;
		conn->greeted = true;
		if (conn->handshake == NULL)
			begin_handshake(conn);
		if (conn->error != 0)
			return;
		feed(tls, &conn->handshake->eng, length);
		look_at_engine(conn);
	}
}

char *
tls_wire_room(struct tls_conn *conn, size_t *room)
{
	struct tls *tls = conn->tls;

	fetch_received(conn);
	if (conn->error != 0 || conn->peer_finished)
		tls->in_at = tls->in_end;	/* nobody will read it */
	memmove(tls->in, tls->in + tls->in_at, tls->in_end - tls->in_at);
	tls->in_end -= tls->in_at;
	tls->in_at = 0;
	*room = sizeof(tls->in) - tls->in_end;
	return *room == 0 ? NULL : (char *)tls->in + tls->in_end;
}

void
tls_wire_in(struct tls_conn *conn, size_t n)
{
	struct tls *tls = conn->tls;

	assert(tls->entered == conn && n <= sizeof(tls->in) - tls->in_end);
	tls->in_end += n;
	shake_hands(conn);
}

struct tls_record {
	enum record_type type;
	unsigned char *p;	/* what it holds, decrypted in place */
	size_t n;
};

/* Take the next record from tls->in.  False: not all here, or an error. */
static bool
next_record(struct tls_conn *conn, struct tls_record *record)
{
	struct tls *tls = conn->tls;
	const br_sslrec_in_class **context;
	unsigned char *p = tls->in + tls->in_at;
	size_t n = tls->in_end - tls->in_at, length;

	if (n < RECORD_HEAD)
		return false;
	length = record_length(p);
	record->type = p[0];
	record->n = length - RECORD_HEAD;
	if (p[1] != BR_TLS12 >> 8 || p[2] != (BR_TLS12 & 255)) {
		fail(conn, BR_ERR_BAD_VERSION, PROTOCOL_VERSION);
		return false;
	}
	context = use_in(conn);
	if (!(*context)->check_length(context, record->n)) {
		fail(conn, BR_ERR_BAD_LENGTH, RECORD_OVERFLOW);
		return false;
	}
	if (n < length)
		return false;
	tls->in_at += length;
	record->p = (*context)->decrypt(context, (int)record->type, BR_TLS12,
	    p + RECORD_HEAD, &record->n);
	if (record->p == NULL)
		fail(conn, BR_ERR_BAD_MAC, BAD_RECORD_MAC);
	return record->p != NULL;
}

/* A warning other than close_notify asks for nothing. */
static void
take_alert(struct tls_conn *conn, const struct tls_record *record)
{
	if (record->n != 2)
		fail(conn, BR_ERR_BAD_ALERT, DECODE_ERROR);
	else if (record->p[1] == CLOSE_NOTIFY)
		conn->peer_finished = true;
	else if (record->p[0] != WARNING)
		conn->error = BR_ERR_RECV_FATAL_ALERT + record->p[1];
}

/*
 * The peer wants to renegotiate.  Refuse once, not for each piece of its
 * message; and not while it does not read what we send, so that the answers do
 * not pile up.
 */
static void
refuse_handshake(struct tls_conn *conn)
{
	if (conn->dataless == 1 && conn->unsent.p == NULL && !conn->finished &&
	    conn->tls->out_end <= WIRE_ROOM - RECORD_MAX)
		send_alert(conn, WARNING, NO_RENEGOTIATION);
}

/* A record that carries no data. */
static void
take_dataless(struct tls_conn *conn, const struct tls_record *record)
{
	if (++conn->dataless > DATALESS_MAX)
		fail(conn, FLOOD, UNEXPECTED_MESSAGE);
	else if (record->type == ALERT)
		take_alert(conn, record);
	else if (record->type == HANDSHAKE)
		refuse_handshake(conn);
	else if (record->type != DATA)
		fail(conn, BR_ERR_UNEXPECTED, UNEXPECTED_MESSAGE);
}

bool
tls_plain_in(struct tls_conn *conn, struct span *plain)
{
	struct tls_record record;

	fetch_received(conn);
	while (tls_is_open(conn) && !conn->peer_finished &&
	    next_record(conn, &record)) {
		if (record.type == DATA && record.n > 0) {
			conn->dataless = 0;
			*plain = (struct span){ (char *)record.p, record.n };
			return true;
		}
		take_dataless(conn, &record);
	}
	return false;
}

char *
tls_plain_room(struct tls_conn *conn, size_t *room)
{
	struct tls *tls = conn->tls;
	unsigned char *p;

	assert(tls->entered == conn);
	*room = 0;
	if (!tls_is_open(conn) || conn->finished || conn->unsent.p != NULL ||
	    tls->out_end > WIRE_ROOM - RECORD_MAX)
		return NULL;
	p = record_room(conn, room);
	if (*room > conn->fragment_max)
		*room = conn->fragment_max;
	return (char *)p;
}

void
tls_plain_out(struct tls_conn *conn, size_t n)
{
	assert(conn->tls->entered == conn && n <= conn->fragment_max);
	if (n > 0)
		seal(conn, DATA, n);
}

struct span
tls_wire_out(const struct tls_conn *conn)
{
	const struct tls *tls = conn->tls;
	const struct backlog *unsent = &conn->unsent;

	assert(tls->entered == conn);
	if (unsent->p != NULL)
		return (struct span){ (const char *)unsent->p + unsent->at,
		    unsent->n - unsent->at };
	return (struct span){ (const char *)tls->out + tls->out_at,
	    tls->out_end - tls->out_at };
}

void
tls_wire_sent(struct tls_conn *conn, size_t n)
{
	struct tls *tls = conn->tls;
	struct backlog *unsent = &conn->unsent;

	assert(n <= tls_wire_out(conn).n);
	if (unsent->p != NULL) {
		unsent->at += (uint32_t)n;
		if (unsent->at == unsent->n)
			backlog_free(unsent);
		return;
	}
	tls->out_at += n;
	if (tls->out_at == tls->out_end)
		tls->out_at = tls->out_end = 0;
}

bool
tls_wants_out(const struct tls_conn *conn)
{
	const struct tls *tls = conn->tls;

	return conn->unsent.p != NULL ||
	    (tls->entered == conn && tls->out_at < tls->out_end);
}

bool
tls_has_begun(const struct tls_conn *conn)
{
	return conn->handshake != NULL;
}

bool
tls_is_open(const struct tls_conn *conn)
{
	return conn->keys != NULL && conn->error == 0;
}

void
tls_finish(struct tls_conn *conn)
{
	assert(conn->tls->entered == conn);
	if (tls_is_open(conn) && !conn->finished)
		send_alert(conn, WARNING, CLOSE_NOTIFY);
	conn->finished = true;
}

bool
tls_peer_finished(const struct tls_conn *conn)
{
	return conn->peer_finished;
}

bool
tls_is_stranger(const struct tls_conn *conn)
{
	return conn->error == NOT_TLS;
}

struct span
tls_strange_bytes(const struct tls_conn *conn)
{
	const struct tls *tls = conn->tls;

	assert(tls->entered == conn);
	return (struct span){ (const char *)tls->in + tls->in_at,
	    tls->in_end - tls->in_at };
}

#define SENT(alert) (BR_ERR_SEND_FATAL_ALERT + (alert))
#define RECEIVED(alert) (BR_ERR_RECV_FATAL_ALERT + (alert))

static const struct error_text {
	int error;
	const char *text;
} error_texts[] = {
	{ NOT_TLS, "not TLS" },
	{ CLOSED_EARLY, "client closed during the handshake" },
	{ NO_RANDOM, "the system has no random numbers" },
	{ FLOOD, "too many records without data" },
	{ BR_ERR_BAD_VERSION, "record of another TLS version" },
	{ BR_ERR_BAD_LENGTH, "record of invalid length" },
	{ BR_ERR_BAD_MAC, "damaged or forged record" },
	{ BR_ERR_UNEXPECTED, "unexpected message" },
	{ BR_ERR_BAD_ALERT, "malformed alert" },
	{ BR_ERR_BAD_FINISHED, "the handshake was tampered with" },
	{ BR_ERR_INVALID_ALGORITHM, "no supported curve or signature" },
	{ SENT(40), "client offers no supported cipher suite, or only TLS 1.3; "
	    "this relay speaks TLS 1.2" },
	{ SENT(70), "client offers only versions older than TLS 1.2" },
	{ SENT(86), "client fell back to an older version for no reason" },
	{ RECEIVED(20), "client sent an alert: bad record MAC" },
	{ RECEIVED(40), "client sent an alert: handshake failure" },
	{ RECEIVED(42), "client sent an alert: bad certificate" },
	{ RECEIVED(45), "client sent an alert: certificate expired" },
	{ RECEIVED(46), "client sent an alert: certificate unknown" },
	{ RECEIVED(48), "client sent an alert: it does not trust the issuer of "
	    "our certificate" },
	{ RECEIVED(70), "client sent an alert: protocol version" },
	{ RECEIVED(80), "client sent an alert: internal error" },
	{ RECEIVED(100), "client sent an alert: no renegotiation" },
};

const char *
tls_error(const struct tls_conn *conn)
{
	size_t i;

	if (conn->error == 0)
		return NULL;
	for (i = 0; i < sizeof(error_texts) / sizeof(error_texts[0]); i++)
		if (error_texts[i].error == conn->error)
			return error_texts[i].text;
	if (conn->error < BR_ERR_RECV_FATAL_ALERT)
		return "malformed handshake message";
	return conn->error < BR_ERR_SEND_FATAL_ALERT ?
	    "client sent an alert" : "refused with an alert";
}
