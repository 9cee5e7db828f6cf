/*
 * A link that has just been made and one that has been open for a week are
 * two different things here, so that an idle link costs under 1 kB instead of
 * the 38 kB that a BearSSL engine takes with its buffers.
 *
 * Lend.  During the handshake a link owns a br_ssl_server_context (4 kB), but
 * the two buffers that it works in (33 kB) belong to struct tls and serve all
 * links.  That is safe because the engine looks at its buffers only while one
 * of its functions runs, and because they are empty whenever it is another
 * link's turn: the engine is given whole records only, so none is ever left
 * half read, and every record that it makes is moved at once to the shared
 * output, so none is left half sent.  What is incomplete waits in bytes of
 * its own size: struct kept below.
 *
 * Strip.  When the handshake is done, an engine needs nothing more than its
 * two record contexts: key, sequence number and, for GCM, the hash key.  They
 * are the documented API of br_sslrec_in_class and br_sslrec_out_class, hold
 * no pointer into themselves and tell their size.  So they are copied out,
 * 88 bytes each for ChaCha20 and 304 for GCM, and the 4 kB are freed.  This is
 * done as soon as application data may flow: the engine's output has been
 * moved then, and its input stands between two records.  From there on the
 * records are handled by this file, which is little: data, alerts, and a
 * refusal of everything else.  Both ways records are transformed where they
 * lie, in the shared buffers.
 *
 * Renegotiation is refused with a no_renegotiation warning, as BearSSL does
 * it, and the link goes on (RFC 5246, 7.2.2).  Records without data are
 * allowed, but not for ever: each costs us work and the peer nothing.
 *
 * Session identifiers live in BearSSL's cache: the oldest goes when it is
 * full.  Resuming costs a fifth of a full handshake.
 */
#include "net/tls.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bearssl_ssl.h>

#include "base/encode.h"

#define RECORD_HEAD 5		/* type, version, length */
#define RECORD_MAX  (RECORD_HEAD + 16384 + 24)	/* the overhead is GCM's */
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
 * Errors are BearSSL's numbers, in which an alert that came is 256 + its
 * number and one that was sent 512 + its number; and these.
 */
enum { NOT_TLS = 1024, CLOSED_EARLY, FLOOD };

/* Bytes that wait with a link; p is NULL when there are none. */
struct kept {
	unsigned char *p;
	size_t at, n;	/* p[at..n) are left */
};

struct tls_conn {
	struct tls *tls;
	br_ssl_server_context *handshake;	/* NULL once it is done */
	const br_sslrec_in_class **in;		/* NULL until it is */
	const br_sslrec_out_class **out;
	struct kept received, unsent;
	int error;
	uint16_t fragment_max;	/* 16384, or less if the peer asked so */
	uint8_t dataless;	/* records without data since the last data */
	bool greeted;		/* a record of a TLS handshake has come */
	bool finished, peer_finished;
};

struct tls {
	const struct cert *cert;
	br_ssl_server_context blank;	/* copied to each link; never run */
	br_ec_impl curves;		/* for the key exchange */
	br_ssl_session_cache_lru cache;
	const struct tls_conn *entered;	/* whose bytes in and out hold */
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

/* Whether BearSSL can use AES instructions of this processor. */
static bool
fast_aes(void)
{
	return (br_aes_x86ni_ctr_get_vtable() != NULL &&
	    br_ghash_pclmul_get() != NULL) ||
	    br_aes_pwr8_ctr_get_vtable() != NULL;
}

/* The handler of certificate and key, which points into its own context. */
static void
set_key(br_ssl_server_context *server, const struct cert *cert)
{
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
 */
struct tls *
tls_open(const struct cert *cert)
{
	struct tls *tls = xzalloc(sizeof(*tls));
	br_ssl_engine_context *engine = &tls->blank.eng;

	br_ssl_server_zero(&tls->blank);
	set_algorithms(engine);
	tls_set_cert(tls, cert);
	tls->curves = *br_ec_get_default();
	tls->curves.supported_curves &= UINT32_C(1) << BR_EC_curve25519 |
	    UINT32_C(1) << BR_EC_secp256r1;
	br_ssl_engine_set_ec(engine, &tls->curves);
	br_ssl_engine_set_buffers_bidi(engine, tls->engine_in,
	    sizeof(tls->engine_in), tls->engine_out, sizeof(tls->engine_out));
	engine->rng_os_rand_done = 1;	/* tls_conn_open asks the system */
	br_ssl_session_cache_lru_init(&tls->cache, tls->sessions,
	    sizeof(tls->sessions));
	br_ssl_server_set_cache(&tls->blank, &tls->cache.vtable);
	return tls;
}

void
tls_set_cert(struct tls *tls, const struct cert *cert)
{
	const uint16_t *fast = suites[cert->kind];
	const uint16_t plain[3] = { fast[2], fast[0], fast[1] };

	tls->cert = cert;
	br_ssl_engine_set_suites(&tls->blank.eng, fast_aes() ? fast : plain,
	    3);
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

/*
 * The copy needs three things of its own: the handler of the key, which would
 * point into the original; random numbers, or two links would share theirs;
 * and a version for an alert that answers a client too old for us, which
 * BearSSL would send with version 0.
 */
struct tls_conn *
tls_conn_open(struct tls *tls)
{
	struct tls_conn *link;
	br_ssl_server_context *server;
	unsigned char seed[32];
	int ready;

	if (encode_random(seed, sizeof(seed)) == -1)
		return NULL;
	link = xzalloc(sizeof(*link));
	link->tls = tls;
	link->handshake = server = xalloc(sizeof(*server));
	*server = tls->blank;
	set_key(server, tls->cert);
	br_ssl_engine_inject_entropy(&server->eng, seed, sizeof(seed));
	cert_wipe(seed, sizeof(seed));
	ready = br_ssl_server_reset(server);
	server->eng.version_out = BR_TLS12;
	if (ready)
		return link;
	tls_conn_close(link);
	return NULL;
}

static void
kept_free(struct kept *kept)
{
	free(kept->p);
	*kept = (struct kept){ NULL, 0, 0 };
}

static void
forget(void *context, size_t n)
{
	if (context != NULL)
		cert_wipe(context, n);
	free(context);
}

void
tls_conn_close(struct tls_conn *link)
{
	if (link == NULL)
		return;
	if (link->tls->entered == link)
		link->tls->entered = NULL;
	forget(link->handshake, sizeof(*link->handshake));
	if (link->in != NULL) {
		forget(link->in, (*link->in)->context_size);
		forget(link->out, (*link->out)->context_size);
	}
	kept_free(&link->received);
	kept_free(&link->unsent);
	free(link);
}

void
tls_enter(struct tls_conn *link)
{
	struct tls *tls = link->tls;

	assert(tls->entered == NULL);
	tls->entered = link;
	tls->in_at = tls->in_end = 0;
	tls->out_at = tls->out_end = 0;
}

/* Keep what is kept already and n bytes more. */
static void
keep(struct kept *kept, const unsigned char *bytes, size_t n)
{
	size_t left = kept->n - kept->at;
	unsigned char *p;

	if (n == 0)
		return;
	p = xalloc(left + n);
	if (left > 0)
		memcpy(p, kept->p + kept->at, left);
	memcpy(p + left, bytes, n);
	free(kept->p);
	*kept = (struct kept){ p, 0, left + n };
}

void
tls_leave(struct tls_conn *link)
{
	struct tls *tls = link->tls;

	assert(tls->entered == link);
	if (link->error == 0 && !link->peer_finished)
		keep(&link->received, tls->in + tls->in_at,
		    tls->in_end - tls->in_at);
	keep(&link->unsent, tls->out + tls->out_at,
	    tls->out_end - tls->out_at);
	tls->entered = NULL;
}

/* Before the first use of tls->in after tls_enter: fetch what was kept. */
static void
fetch_received(struct tls_conn *link)
{
	struct tls *tls = link->tls;

	assert(tls->entered == link);
	if (link->received.p == NULL)
		return;
	memcpy(tls->in, link->received.p, link->received.n);
	tls->in_end = link->received.n;
	kept_free(&link->received);
}

/* Where the plaintext of the next outgoing record goes. */
static unsigned char *
record_room(const struct tls_conn *link, size_t *room)
{
	struct tls *tls = link->tls;
	size_t start = tls->out_end + RECORD_HEAD, end = sizeof(tls->out);

	(*link->out)->max_plaintext(link->out, &start, &end);
	*room = end - start;
	return tls->out + start;
}

/* Make a record of the n bytes at record_room. */
static void
seal(struct tls_conn *link, enum record_type type, size_t n)
{
	struct tls *tls = link->tls;
	unsigned char *record;
	size_t room;

	record = record_room(link, &room);
	assert(n <= room);
	record = (*link->out)->encrypt(link->out, (int)type, BR_TLS12, record,
	    &n);
	assert(record == tls->out + tls->out_end);
	tls->out_end += n;
}

static void
send_alert(struct tls_conn *link, enum alert_level level, enum alert alert)
{
	unsigned char *p;
	size_t room;

	p = record_room(link, &room);
	p[0] = (unsigned char)level;
	p[1] = (unsigned char)alert;
	seal(link, ALERT, 2);
}

/* End an open link, telling the peer why unless the last word was said. */
static void
fail(struct tls_conn *link, int error, enum alert alert)
{
	link->error = error;
	if (!link->finished)
		send_alert(link, FATAL, alert);
}

/*
 * Whether the first bytes are something else than the start of a client's
 * TLS handshake.  They are judged as they come: "GET / HTTP" would announce a
 * record of 12 kB that never ends.
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

static void *
copy(const void *context, size_t n)
{
	void *p = xalloc(n);

	memcpy(p, context, n);
	return p;
}

/* The handshake is done: keep the record contexts and nothing else. */
static void
strip(struct tls_conn *link)
{
	br_ssl_engine_context *engine = &link->handshake->eng;
	size_t fragment;

	(void)br_ssl_engine_sendapp_buf(engine, &fragment);
	link->fragment_max = (uint16_t)fragment;
	link->in = copy(&engine->in, engine->in.vtable->context_size);
	link->out = copy(&engine->out, engine->out.vtable->context_size);
	forget(link->handshake, sizeof(*link->handshake));
	link->handshake = NULL;
}

/* After a record: is the handshake over, one way or the other? */
static void
look_at_engine(struct tls_conn *link)
{
	br_ssl_engine_context *engine = &link->handshake->eng;
	unsigned state = br_ssl_engine_current_state(engine);

	if (state == BR_SSL_CLOSED) {
		link->error = br_ssl_engine_last_error(engine);
		link->peer_finished = link->error == BR_ERR_OK;
		if (link->error == BR_ERR_OK)
			link->error = CLOSED_EARLY;
	} else if (!between_records(engine)) {
		link->error = BR_ERR_UNEXPECTED;
	} else if (state & BR_SSL_SENDAPP) {
		strip(link);
	}
}

/* Go on with the handshake as far as the bytes received allow. */
static void
shake_hands(struct tls_conn *link)
{
	struct tls *tls = link->tls;
	const unsigned char *p;
	size_t n, length;

	while (link->handshake != NULL && link->error == 0) {
		p = tls->in + tls->in_at;
		n = tls->in_end - tls->in_at;
		if (!link->greeted && is_not_tls(p, n)) {
			link->error = NOT_TLS;
			return;
		}
		if (n < RECORD_HEAD)
			return;
		length = record_length(p);
		if (length > RECORD_MAX)
			length = RECORD_HEAD;	/* enough to be refused */
		if (n < length)
			return;
		link->greeted = true;
		feed(tls, &link->handshake->eng, length);
		look_at_engine(link);
	}
}

char *
tls_wire_room(struct tls_conn *link, size_t *room)
{
	struct tls *tls = link->tls;

	fetch_received(link);
	if (link->error != 0 || link->peer_finished)
		tls->in_at = tls->in_end;	/* nobody will read it */
	memmove(tls->in, tls->in + tls->in_at, tls->in_end - tls->in_at);
	tls->in_end -= tls->in_at;
	tls->in_at = 0;
	*room = sizeof(tls->in) - tls->in_end;
	return *room == 0 ? NULL : (char *)tls->in + tls->in_end;
}

void
tls_wire_in(struct tls_conn *link, size_t n)
{
	struct tls *tls = link->tls;

	assert(tls->entered == link && n <= sizeof(tls->in) - tls->in_end);
	tls->in_end += n;
	shake_hands(link);
}

struct record {
	enum record_type type;
	unsigned char *p;	/* what it holds, decrypted in place */
	size_t n;
};

/* Take the next record from tls->in.  False: not all here, or an error. */
static bool
next_record(struct tls_conn *link, struct record *record)
{
	struct tls *tls = link->tls;
	unsigned char *p = tls->in + tls->in_at;
	size_t n = tls->in_end - tls->in_at, length;

	if (n < RECORD_HEAD)
		return false;
	length = record_length(p);
	record->type = p[0];
	record->n = length - RECORD_HEAD;
	if (p[1] != BR_TLS12 >> 8 || p[2] != (BR_TLS12 & 255)) {
		fail(link, BR_ERR_BAD_VERSION, PROTOCOL_VERSION);
		return false;
	}
	if (!(*link->in)->check_length(link->in, record->n)) {
		fail(link, BR_ERR_BAD_LENGTH, RECORD_OVERFLOW);
		return false;
	}
	if (n < length)
		return false;
	tls->in_at += length;
	record->p = (*link->in)->decrypt(link->in, (int)record->type, BR_TLS12,
	    p + RECORD_HEAD, &record->n);
	if (record->p == NULL)
		fail(link, BR_ERR_BAD_MAC, BAD_RECORD_MAC);
	return record->p != NULL;
}

/* A warning other than close_notify asks for nothing. */
static void
take_alert(struct tls_conn *link, const struct record *record)
{
	if (record->n != 2)
		fail(link, BR_ERR_BAD_ALERT, DECODE_ERROR);
	else if (record->p[1] == CLOSE_NOTIFY)
		link->peer_finished = true;
	else if (record->p[0] != WARNING)
		link->error = BR_ERR_RECV_FATAL_ALERT + record->p[1];
}

/*
 * The peer wants to renegotiate.  It is told no once, not for each piece of
 * its message; and not while it does not read what is sent to it, so that
 * the answers do not pile up.
 */
static void
refuse_handshake(struct tls_conn *link)
{
	if (link->dataless == 1 && link->unsent.p == NULL && !link->finished &&
	    link->tls->out_end <= WIRE_ROOM - RECORD_MAX)
		send_alert(link, WARNING, NO_RENEGOTIATION);
}

/* A record that carries no data. */
static void
take_dataless(struct tls_conn *link, const struct record *record)
{
	if (++link->dataless > DATALESS_MAX)
		fail(link, FLOOD, UNEXPECTED_MESSAGE);
	else if (record->type == ALERT)
		take_alert(link, record);
	else if (record->type == HANDSHAKE)
		refuse_handshake(link);
	else if (record->type != DATA)
		fail(link, BR_ERR_UNEXPECTED, UNEXPECTED_MESSAGE);
}

bool
tls_plain_in(struct tls_conn *link, struct span *plain)
{
	struct record record;

	fetch_received(link);
	while (tls_is_open(link) && !link->peer_finished &&
	    next_record(link, &record)) {
		if (record.type == DATA && record.n > 0) {
			link->dataless = 0;
			*plain = (struct span){ (char *)record.p, record.n };
			return true;
		}
		take_dataless(link, &record);
	}
	return false;
}

char *
tls_plain_room(struct tls_conn *link, size_t *room)
{
	struct tls *tls = link->tls;
	unsigned char *p;

	assert(tls->entered == link);
	*room = 0;
	if (!tls_is_open(link) || link->finished || link->unsent.p != NULL ||
	    tls->out_end > WIRE_ROOM - RECORD_MAX)
		return NULL;
	p = record_room(link, room);
	if (*room > link->fragment_max)
		*room = link->fragment_max;
	return (char *)p;
}

void
tls_plain_out(struct tls_conn *link, size_t n)
{
	assert(link->tls->entered == link && n <= link->fragment_max);
	if (n > 0)
		seal(link, DATA, n);
}

struct span
tls_wire_out(const struct tls_conn *link)
{
	const struct tls *tls = link->tls;
	const struct kept *unsent = &link->unsent;

	assert(tls->entered == link);
	if (unsent->p != NULL)
		return (struct span){ (const char *)unsent->p + unsent->at,
		    unsent->n - unsent->at };
	return (struct span){ (const char *)tls->out + tls->out_at,
	    tls->out_end - tls->out_at };
}

void
tls_wire_sent(struct tls_conn *link, size_t n)
{
	struct tls *tls = link->tls;
	struct kept *unsent = &link->unsent;

	assert(n <= tls_wire_out(link).n);
	if (unsent->p != NULL) {
		unsent->at += n;
		if (unsent->at == unsent->n)
			kept_free(unsent);
		return;
	}
	tls->out_at += n;
	if (tls->out_at == tls->out_end)
		tls->out_at = tls->out_end = 0;
}

bool
tls_wants_out(const struct tls_conn *link)
{
	const struct tls *tls = link->tls;

	return link->unsent.p != NULL ||
	    (tls->entered == link && tls->out_at < tls->out_end);
}

bool
tls_is_open(const struct tls_conn *link)
{
	return link->handshake == NULL && link->error == 0;
}

void
tls_finish(struct tls_conn *link)
{
	assert(link->tls->entered == link);
	if (tls_is_open(link) && !link->finished)
		send_alert(link, WARNING, CLOSE_NOTIFY);
	link->finished = true;
}

bool
tls_peer_finished(const struct tls_conn *link)
{
	return link->peer_finished;
}

bool
tls_is_stranger(const struct tls_conn *link)
{
	return link->error == NOT_TLS;
}

struct words {
	int number;
	const char *text;
};

#define SENT(alert) (BR_ERR_SEND_FATAL_ALERT + (alert))
#define CAME(alert) (BR_ERR_RECV_FATAL_ALERT + (alert))

static const struct words all_words[] = {
	{ NOT_TLS, "not TLS" },
	{ CLOSED_EARLY, "the peer closed during the handshake" },
	{ FLOOD, "too many records without data" },
	{ BR_ERR_BAD_VERSION, "a record with another version of TLS" },
	{ BR_ERR_BAD_LENGTH, "a record of impossible length" },
	{ BR_ERR_BAD_MAC, "a record that was damaged or forged" },
	{ BR_ERR_UNEXPECTED, "a message out of turn" },
	{ BR_ERR_BAD_ALERT, "malformed alert" },
	{ BR_ERR_BAD_FINISHED, "the handshake was tampered with" },
	{ BR_ERR_INVALID_ALGORITHM, "no usable curve or signature" },
	{ SENT(40), "the peer offers no cipher suite that we accept" },
	{ SENT(70), "the peer offers only versions older than TLS 1.2" },
	{ SENT(86), "the peer fell back to an older version for no reason" },
	{ CAME(20), "the peer's alert: bad record MAC" },
	{ CAME(40), "the peer's alert: handshake failure" },
	{ CAME(42), "the peer's alert: bad certificate" },
	{ CAME(45), "the peer's alert: certificate expired" },
	{ CAME(46), "the peer's alert: certificate unknown" },
	{ CAME(48), "the peer's alert: it does not know who signed our "
	    "certificate" },
	{ CAME(70), "the peer's alert: protocol version" },
	{ CAME(80), "the peer's alert: internal error" },
	{ CAME(100), "the peer's alert: no renegotiation" }
};

const char *
tls_error(const struct tls_conn *link)
{
	size_t i;

	if (link->error == 0)
		return NULL;
	for (i = 0; i < sizeof(all_words) / sizeof(all_words[0]); i++)
		if (all_words[i].number == link->error)
			return all_words[i].text;
	if (link->error < BR_ERR_RECV_FATAL_ALERT)
		return "malformed handshake message";
	return link->error < BR_ERR_SEND_FATAL_ALERT ? "an alert of the peer" :
	    "refused with an alert";
}
