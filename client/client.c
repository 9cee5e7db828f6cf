/*
 * The buffers of TLS belong to the pool and are lent to the connection that is
 * being served, the current one.  When another becomes current, only bytes
 * received and not yet given to the engine are kept: the engine gets whole
 * records, its output moves to the connection's queue at once, and what it has
 * decrypted is acknowledged.
 */
#include "client/client.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <bearssl_ssl.h>

#include "base/fd.h"
#include "client/trust.h"
#include "net/poller.h"

#define RECORD_HEAD 5
#define RECORD_MAX  (16384 + 2048)	/* RFC 5246, section 6.2.3 */
#define WIRE_ROOM 65536		/* one recv; at least a record of 16 KiB */
#define SOCKET_FAILED (-1)

/* What a connection has only with TLS. */
struct client_tls {
	struct trust_check *check;	/* until the handshake is done */
	size_t given;	/* bytes of the engine's that client_recv lent */
	struct buf plain;	/* to encrypt and send */
	unsigned char session_id[32];	/* the one offered */
	bool resuming;
	br_ssl_client_context client;
};

struct client {
	struct client_pool *pool;
	struct client_tls *tls;	/* NULL: plain bytes */
	int fd, error;
	bool connected, end_of_file, open;
	const char *invalid;	/* why nothing more is read; or NULL */
	struct buf received;	/* wire bytes, while another is current */
	struct buf in;		/* plain bytes of frames, from in_at on */
	size_t in_at;
	size_t needed;		/* bytes after in_at before the next look */
	struct buf out;		/* wire bytes to send, from out_at on */
	size_t out_at;
	struct poller *poller;	/* NULL: it is not watched */
	unsigned interest;	/* what the poller waits for */
};

struct client_pool {
	bool plain;
	br_ssl_client_context blank;
	struct trust pin;
	const struct trust *trust;	/* pin, or the caller's */
	struct client *current;
	size_t in_at, in_end;
	unsigned char in[WIRE_ROOM];
	unsigned char engine_in[BR_SSL_BUFSIZE_INPUT];
	unsigned char engine_out[BR_SSL_BUFSIZE_OUTPUT];
};

static const uint16_t all_suites[] = {
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
};

struct client_pool *
client_pool_open_plain(void)
{
	struct client_pool *pool = xzalloc(sizeof(*pool));

	pool->plain = true;
	return pool;
}

static void
set_algorithms(br_ssl_engine_context *engine)
{
	br_ssl_engine_set_default_ec(engine);
	br_ssl_engine_set_default_rsavrfy(engine);
	br_ssl_engine_set_default_ecdsa(engine);
	br_ssl_engine_set_default_aes_gcm(engine);
	br_ssl_engine_set_default_chapol(engine);
}

struct client_pool *
client_pool_open(void)
{
	struct client_pool *pool = xzalloc(sizeof(*pool));
	br_ssl_engine_context *engine = &pool->blank.eng;

	pool->trust = &pool->pin;
	br_ssl_client_zero(&pool->blank);
	br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(engine, all_suites,
	    sizeof(all_suites) / sizeof(all_suites[0]));
	set_algorithms(engine);
	br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(engine, br_tls12_sha384_prf);
	br_ssl_engine_set_all_flags(engine, BR_OPT_NO_RENEGOTIATION);
	br_ssl_engine_set_buffers_bidi(engine, pool->engine_in,
	    sizeof(pool->engine_in), pool->engine_out,
	    sizeof(pool->engine_out));
	return pool;
}

void
client_pool_close(struct client_pool *pool)
{
	free(pool);
}

void
client_pool_pin(struct client_pool *pool, const char *fingerprint)
{
	(void)trust_pin(&pool->pin, fingerprint);
}

void
client_pool_trust(struct client_pool *pool, const struct trust *trust)
{
	pool->trust = trust;
}

void
client_pool_suite(struct client_pool *pool, uint16_t suite)
{
	br_ssl_engine_set_suites(&pool->blank.eng, &suite, 1);
}

/* Only with TLS. */
static br_ssl_engine_context *
engine_of(const struct client *c)
{
	return &c->tls->client.eng;
}

/* Give the buffers back: what is in them stays with the connection. */
static void
leave(struct client *c)
{
	struct client_pool *pool = c->pool;
	struct span rest = { (const char *)pool->in + pool->in_at,
	    pool->in_end - pool->in_at };

	if (c->tls != NULL && c->tls->given > 0) {
		br_ssl_engine_recvapp_ack(engine_of(c), c->tls->given);
		c->tls->given = 0;
	}
	buf_add(&c->received, rest);
	pool->current = NULL;
}

static void
enter(struct client *c)
{
	struct client_pool *pool = c->pool;

	if (pool->current == c)
		return;
	if (pool->current != NULL)
		leave(pool->current);
	pool->current = c;
	pool->in_at = 0;
	pool->in_end = c->received.n;
	if (c->received.n > 0)
		memcpy(pool->in, c->received.p, c->received.n);
	buf_free(&c->received);
}

/* Move the engine's records to the queue. */
static void
drain(struct client *c)
{
	const unsigned char *p;
	size_t n;

	while ((p = br_ssl_engine_sendrec_buf(engine_of(c), &n)) != NULL) {
		buf_add(&c->out, (struct span){ (const char *)p, n });
		br_ssl_engine_sendrec_ack(engine_of(c), n);
	}
}

static void
note_error(struct client *c)
{
	if (c->error == 0)
		c->error = br_ssl_engine_last_error(engine_of(c));
}

/* Let the engine say hello, offering the earlier session. */
static void
start_tls(struct client *c, const char *host,
    const br_ssl_session_parameters *earlier)
{
	struct client_tls *tls = xzalloc(sizeof(*tls));

	tls->check = trust_open(c->pool->trust, host);
	tls->client = c->pool->blank;
	br_ssl_engine_set_x509(&tls->client.eng, trust_class(tls->check));
	if (earlier != NULL) {
		br_ssl_engine_set_session_parameters(&tls->client.eng,
		    earlier);
		memcpy(tls->session_id, earlier->session_id, 32);
		tls->resuming = true;
	}
	c->tls = tls;
	enter(c);
	if (!br_ssl_client_reset(&tls->client, host, tls->resuming))
		note_error(c);
	drain(c);
}

/* Closes fd when it cannot be made ready, or cannot connect. */
static struct client *
start(struct client_pool *pool, int fd, const struct sockaddr *address,
    socklen_t length)
{
	struct client *c;
	int result = fd_set_nonblocking(fd);

	if (result == 0)
		result = connect(fd, address, length);
	if (result == -1 && errno != EINPROGRESS) {
		(void)fd_close(fd);
		return NULL;
	}
	c = xzalloc(sizeof(*c));
	c->pool = pool;
	c->fd = fd;
	c->connected = result == 0;
	c->open = pool->plain;
	return c;
}

static struct client *
start_socket(struct client_pool *pool, const struct sockaddr *address,
    socklen_t length)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0), on = 1;

	if (fd == -1)
		return NULL;
	/* Without it, it is only slower. */
	if (address->sa_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on));
	return start(pool, fd, address, length);
}

struct client *
client_connect(struct client_pool *pool, uint16_t port,
    const struct client *earlier)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct client *c = start_socket(pool,
	    (const struct sockaddr *)&address, sizeof(address));
	br_ssl_session_parameters session;

	if (earlier != NULL)
		br_ssl_engine_get_session_parameters(engine_of(earlier),
		    &session);
	if (c != NULL && !pool->plain)
		start_tls(c, NULL, earlier == NULL ? NULL : &session);
	return c;
}

struct client *
client_connect_to(struct client_pool *pool, const struct sockaddr *address,
    socklen_t length, const char *host, const struct client_resume *resume)
{
	struct client *c = start_socket(pool, address, length);
	br_ssl_session_parameters session;
	bool resumes = resume != NULL && resume->size == sizeof(session);

	if (resumes)
		memcpy(&session, resume->bytes, sizeof(session));
	if (c != NULL && !pool->plain)
		start_tls(c, host, resumes ? &session : NULL);
	return c;
}

bool
client_resume_get(const struct client *c, struct client_resume *resume)
{
	br_ssl_session_parameters session;

	resume->size = 0;
	if (c->tls == NULL || !c->open)
		return false;
	br_ssl_engine_get_session_parameters(engine_of(c), &session);
	if (session.session_id_len == 0)
		return false;
	assert(sizeof(session) <= sizeof(resume->bytes));
	memcpy(resume->bytes, &session, sizeof(session));
	resume->size = sizeof(session);
	return true;
}

struct client *
client_connect_unix(struct client_pool *pool, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct client *c;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	c = start_socket(pool, (const struct sockaddr *)&address,
	    sizeof(address));
	if (c != NULL && !pool->plain)
		start_tls(c, NULL, NULL);
	return c;
}

void
client_close(struct client *c)
{
	if (c == NULL)
		return;
	if (c->pool->current == c)
		c->pool->current = NULL;
	if (c->poller != NULL)
		poller_remove(c->poller, c->fd);
	(void)fd_close(c->fd);
	if (c->tls != NULL) {
		buf_free(&c->tls->plain);
		trust_close(c->tls->check);
		free(c->tls);
	}
	buf_free(&c->received);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

int
client_fd(const struct client *c)
{
	return c->fd;
}

unsigned
client_interest(const struct client *c)
{
	bool sends = !c->connected || c->out.n > 0 ||
	    (c->open && c->tls != NULL && c->tls->plain.n > 0);

	return POLLER_READ | (sends ? POLLER_WRITE : 0);
}

int
client_watch(struct client *c, struct poller *poller, void *owner)
{
	c->interest = client_interest(c);
	if (poller_add(poller, c->fd, c->interest, owner) == -1)
		return -1;
	c->poller = poller;
	return 0;
}

static void
note_open(struct client *c)
{
	if (c->open || (br_ssl_engine_current_state(engine_of(c)) &
	    BR_SSL_SENDAPP) == 0)
		return;
	c->open = true;
	trust_close(c->tls->check);
	c->tls->check = NULL;
}

/* Give the engine the next whole record.  False: it is not all here. */
static bool
feed(struct client *c)
{
	struct client_pool *pool = c->pool;
	const unsigned char *p = pool->in + pool->in_at;
	size_t n = pool->in_end - pool->in_at, length, room;
	unsigned char *to;

	if (n < RECORD_HEAD)
		return false;
	length = RECORD_HEAD + ((size_t)p[3] << 8 | p[4]);
	if (length > RECORD_HEAD + RECORD_MAX)
		c->error = BR_ERR_TOO_LARGE;
	if (length > RECORD_HEAD + RECORD_MAX || n < length)
		return false;
	pool->in_at += length;
	while (length > 0 && (to = br_ssl_engine_recvrec_buf(engine_of(c),
	    &room)) != NULL) {
		if (room > length)
			room = length;
		memcpy(to, p, room);
		p += room;
		length -= room;
		br_ssl_engine_recvrec_ack(engine_of(c), room);
		drain(c);
	}
	note_error(c);
	note_open(c);
	return true;
}

static bool
recv_plain(struct client_pool *pool, struct span *plain)
{
	*plain = (struct span){ (const char *)pool->in + pool->in_at,
	    pool->in_end - pool->in_at };
	pool->in_at = pool->in_end;
	return plain->n > 0;
}

bool
client_recv(struct client *c, struct span *plain)
{
	struct client_tls *tls = c->tls;
	const unsigned char *p;

	enter(c);
	if (tls == NULL)
		return recv_plain(c->pool, plain);
	if (tls->given > 0)
		br_ssl_engine_recvapp_ack(&tls->client.eng, tls->given);
	tls->given = 0;
	while ((p = br_ssl_engine_recvapp_buf(&tls->client.eng,
	    &tls->given)) == NULL)
		if (!feed(c))
			return false;
	*plain = (struct span){ (const char *)p, tls->given };
	return true;
}

/* Read the next of the frames that lie in c->in. */
static bool
next_frame(struct client *c, struct reply *r)
{
	struct span rest = { c->in.p + c->in_at, c->in.n - c->in_at };
	enum wire_result result;

	if (rest.n == 0 || rest.n < c->needed || c->invalid != NULL)
		return false;
	result = wire_read(r, rest);
	if (result == WIRE_INVALID)
		c->invalid = "the relay sent an invalid frame";
	c->needed = result == WIRE_FRAME ? 0 : r->bytes;
	c->in_at += result == WIRE_FRAME ? r->bytes : 0;
	return result == WIRE_FRAME;
}

bool
client_next(struct client *c, struct reply *r)
{
	struct span plain;

	if (next_frame(c, r))
		return true;
	buf_drop(&c->in, c->in_at);
	c->in_at = 0;
	while (client_recv(c, &plain))
		buf_add(&c->in, plain);
	return next_frame(c, r);
}

/* Receive once.  Bytes that client_recv was not asked for stay in front. */
static void
receive(struct client *c)
{
	struct client_pool *pool = c->pool;
	size_t left = pool->in_end - pool->in_at;
	ssize_t n;

	memmove(pool->in, pool->in + pool->in_at, left);
	pool->in_at = 0;
	pool->in_end = left;
	if (left == sizeof(pool->in))
		return;
	n = fd_recv(c->fd, (char *)pool->in + left, sizeof(pool->in) - left);
	if (n > 0)
		pool->in_end += (size_t)n;
	else if (n == 0)
		c->end_of_file = true;
	else if (errno != EAGAIN && c->error == 0)
		c->error = SOCKET_FAILED;
}

static void
encrypt(struct client *c, struct span text)
{
	unsigned char *p;
	size_t room;

	enter(c);
	while (text.n > 0 && (p = br_ssl_engine_sendapp_buf(engine_of(c),
	    &room)) != NULL) {
		if (room > text.n)
			room = text.n;
		memcpy(p, text.p, room);
		text.p += room;
		text.n -= room;
		br_ssl_engine_sendapp_ack(engine_of(c), room);
		br_ssl_engine_flush(engine_of(c), 0);
		drain(c);
	}
}

static void
encrypt_queued(struct client *c)
{
	if (c->tls == NULL || !c->open)
		return;
	encrypt(c, buf_span(&c->tls->plain));
	c->tls->plain.n = 0;
}

/* Send what the socket takes. */
static void
send_out(struct client *c)
{
	ssize_t n;

	while (c->out.n > 0 && c->connected && c->error != SOCKET_FAILED) {
		n = fd_send(c->fd, (struct span){ c->out.p + c->out_at,
		    c->out.n - c->out_at });
		if (n == -1 && errno == EAGAIN)
			return;
		if (n == -1) {
			c->error = SOCKET_FAILED;
			return;
		}
		c->out_at += (size_t)n;
		if (c->out_at < c->out.n)
			continue;
		buf_free(&c->out);
		c->out_at = 0;
	}
}

void
client_push(struct client *c)
{
	unsigned interest;

	encrypt_queued(c);
	send_out(c);
	interest = client_interest(c);
	if (c->poller != NULL && interest != c->interest)
		poller_change(c->poller, c->fd, interest);
	c->interest = interest;
}

void
client_step(struct client *c, unsigned can)
{
	enter(c);
	if (can != 0)
		c->connected = true;
	if (can & (POLLER_READ | POLLER_GONE))
		receive(c);
	while (!c->open && c->error == 0 && feed(c))
		;
	client_push(c);
}

void
client_put(struct client *c, struct span header, struct span data)
{
	wire_frame(c->tls != NULL ? &c->tls->plain : &c->out, header, data);
}

void
client_send(struct client *c, struct span bytes)
{
	buf_add(c->tls != NULL ? &c->tls->plain : &c->out, bytes);
}

void
client_finish(struct client *c)
{
	encrypt_queued(c);
	if (c->tls == NULL)
		return;
	enter(c);
	br_ssl_engine_close(engine_of(c));
	drain(c);
}

bool
client_is_open(const struct client *c)
{
	return c->open && c->error == 0;
}

bool
client_is_resumed(const struct client *c)
{
	return c->open && c->tls != NULL && c->tls->resuming &&
	    memcmp(c->tls->client.eng.session.session_id, c->tls->session_id,
	    32) == 0;
}

const char *
client_over(const struct client *c)
{
	if (c->invalid != NULL)
		return c->invalid;
	if (c->error == SOCKET_FAILED)
		return "connection lost";
	if (c->error != 0)
		return "TLS failed";
	if (c->end_of_file || client_peer_finished(c))
		return "the relay closed the connection";
	return NULL;
}

bool
client_peer_finished(const struct client *c)
{
	return c->tls != NULL && c->tls->client.eng.shutdown_recv != 0;
}

int
client_error(const struct client *c)
{
	return c->error;
}

size_t
client_pending(const struct client *c)
{
	return c->out.n - c->out_at + (c->tls == NULL ? 0 : c->tls->plain.n);
}

const char *
client_fingerprint(const struct client *c)
{
	if (c->tls == NULL || c->tls->check == NULL)
		return "";
	return trust_seen(c->tls->check);
}
