/*
 * A link is an engine and a socket.  The engine's buffers belong to the pool
 * and are lent to the link that is being served, the current one.  When
 * another becomes current, only bytes received and not yet given to the
 * engine are kept: the engine gets whole records, its output moves to the
 * link's queue at once, and what it has decrypted is acknowledged.
 */
#include "test/lib/client.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bearssl.h>

#define RECORD_HEAD 5
#define WIRE_ROOM 65536		/* one recv; at least a record of 16 KiB */
#define SOCKET_FAILED (-1)

/* Takes any certificate, or the one with the fingerprint. */
struct trust {
	const br_x509_class *vtable;
	const struct client_pool *pool;
	br_x509_decoder_context leaf;
	br_sha256_context sha256;
	size_t certificates;
};

struct client {
	struct client_pool *pool;
	int fd, error;
	bool connected, end_of_file, resuming, open;
	struct trust *trust;	/* until the handshake is done */
	size_t given;	/* bytes of the engine's that client_recv lent */
	struct buf received;	/* wire bytes, while another is current */
	struct buf early;	/* plain bytes sent before the handshake */
	struct buf ahead;	/* plain bytes that client_read left over */
	struct buf out;		/* wire bytes to send, from out_at on */
	size_t out_at;
	unsigned char session_id[32];	/* the one offered */
	br_ssl_client_context tls;
};

struct client_pool {
	br_ssl_client_context blank;
	bool pinned;
	unsigned char pin[br_sha256_SIZE];
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

/* BearSSL passes its contexts as pointers to their first member. */
static struct trust *
trust_of(const br_x509_class **context)
{
	void *trust = context;

	return trust;
}

static void
start_chain(const br_x509_class **context, const char *server_name)
{
	(void)server_name;
	trust_of(context)->certificates = 0;
}

static void
start_cert(const br_x509_class **context, uint32_t length)
{
	struct trust *trust = trust_of(context);

	(void)length;
	if (trust->certificates++ > 0)
		return;
	br_x509_decoder_init(&trust->leaf, NULL, NULL);
	br_sha256_init(&trust->sha256);
}

static void
append(const br_x509_class **context, const unsigned char *bytes, size_t n)
{
	struct trust *trust = trust_of(context);

	if (trust->certificates > 1)
		return;
	br_x509_decoder_push(&trust->leaf, bytes, n);
	br_sha256_update(&trust->sha256, bytes, n);
}

static void
end_cert(const br_x509_class **context)
{
	(void)context;
}

static unsigned
end_chain(const br_x509_class **context)
{
	struct trust *trust = trust_of(context);
	unsigned char hash[br_sha256_SIZE];

	if (trust->certificates == 0)
		return BR_ERR_X509_EMPTY_CHAIN;
	br_sha256_out(&trust->sha256, hash);
	if (trust->pool->pinned &&
	    memcmp(hash, trust->pool->pin, sizeof(hash)) != 0)
		return BR_ERR_X509_NOT_TRUSTED;
	return (unsigned)br_x509_decoder_last_error(&trust->leaf);
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
	sizeof(struct trust), start_chain, start_cert, append, end_cert,
	end_chain, get_pkey
};

struct client_pool *
client_pool_open(void)
{
	struct client_pool *pool = xzalloc(sizeof(*pool));
	br_ssl_engine_context *engine = &pool->blank.eng;

	br_ssl_client_zero(&pool->blank);
	br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(engine, all_suites,
	    sizeof(all_suites) / sizeof(all_suites[0]));
	br_ssl_engine_set_default_ec(engine);
	br_ssl_engine_set_default_rsavrfy(engine);
	br_ssl_engine_set_default_ecdsa(engine);
	br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(engine, br_tls12_sha384_prf);
	br_ssl_engine_set_default_aes_gcm(engine);
	br_ssl_engine_set_default_chapol(engine);
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
	unsigned byte;
	size_t i;

	pool->pinned = true;
	memset(pool->pin, 0, sizeof(pool->pin));
	for (i = 0; i < sizeof(pool->pin); i++)
		if (sscanf(fingerprint + 3 * i, "%2x", &byte) == 1)
			pool->pin[i] = (unsigned char)byte;
}

void
client_pool_suite(struct client_pool *pool, uint16_t suite)
{
	br_ssl_engine_set_suites(&pool->blank.eng, &suite, 1);
}

/* Give the buffers back: what is in them stays with the link. */
static void
leave(struct client *c)
{
	struct client_pool *pool = c->pool;
	struct span rest = { (const char *)pool->in + pool->in_at,
	    pool->in_end - pool->in_at };

	if (c->given > 0)
		br_ssl_engine_recvapp_ack(&c->tls.eng, c->given);
	c->given = 0;
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

	while ((p = br_ssl_engine_sendrec_buf(&c->tls.eng, &n)) != NULL) {
		buf_add(&c->out, (struct span){ (const char *)p, n });
		br_ssl_engine_sendrec_ack(&c->tls.eng, n);
	}
}

static void
note_error(struct client *c)
{
	if (c->error == 0)
		c->error = br_ssl_engine_last_error(&c->tls.eng);
}

static int
connect_to(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd, on = 1;

	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd == -1)
		return -1;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    (connect(fd, (const void *)&address, sizeof(address)) == -1 &&
	    errno != EINPROGRESS)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Let the engine say hello, offering the session of earlier. */
static void
start(struct client *c, const struct client *earlier)
{
	br_ssl_session_parameters session;

	c->trust = xzalloc(sizeof(*c->trust));
	c->trust->vtable = &trust_class;
	c->trust->pool = c->pool;
	c->tls = c->pool->blank;
	br_ssl_engine_set_x509(&c->tls.eng, &c->trust->vtable);
	if (earlier != NULL) {
		br_ssl_engine_get_session_parameters(&earlier->tls.eng,
		    &session);
		br_ssl_engine_set_session_parameters(&c->tls.eng, &session);
		memcpy(c->session_id, session.session_id, 32);
	}
	enter(c);
	if (!br_ssl_client_reset(&c->tls, NULL, earlier != NULL))
		note_error(c);
	drain(c);
}

struct client *
client_connect(struct client_pool *pool, uint16_t port,
    const struct client *earlier)
{
	struct client *c;
	int fd = connect_to(port);

	if (fd == -1)
		return NULL;
	c = xzalloc(sizeof(*c));
	c->pool = pool;
	c->fd = fd;
	c->resuming = earlier != NULL;
	start(c, earlier);
	return c;
}

void
client_close(struct client *c)
{
	if (c == NULL)
		return;
	if (c->pool->current == c)
		c->pool->current = NULL;
	(void)close(c->fd);
	buf_free(&c->received);
	buf_free(&c->early);
	buf_free(&c->ahead);
	buf_free(&c->out);
	free(c->trust);
	free(c);
}

int
client_fd(const struct client *c)
{
	return c->fd;
}

short
client_events(const struct client *c)
{
	if (c->connected && c->out.n == 0)
		return POLLIN;
	return POLLIN | POLLOUT;
}

/* The handshake is done: what waited for it goes out. */
static void
note_open(struct client *c)
{
	struct buf early = c->early;

	if (c->open || (br_ssl_engine_current_state(&c->tls.eng) &
	    BR_SSL_SENDAPP) == 0)
		return;
	c->open = true;
	free(c->trust);
	c->trust = NULL;
	c->early = (struct buf){ NULL, 0, 0 };
	client_send(c, buf_span(&early));
	buf_free(&early);
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
	if (n < length)
		return false;
	pool->in_at += length;
	while (length > 0 && (to = br_ssl_engine_recvrec_buf(&c->tls.eng,
	    &room)) != NULL) {
		if (room > length)
			room = length;
		memcpy(to, p, room);
		p += room;
		length -= room;
		br_ssl_engine_recvrec_ack(&c->tls.eng, room);
		drain(c);
	}
	note_error(c);
	note_open(c);
	return true;
}

bool
client_recv(struct client *c, struct span *plain)
{
	br_ssl_engine_context *engine = &c->tls.eng;
	const unsigned char *p;

	enter(c);
	if (c->ahead.n > 0) {
		/* Borrowed until the next call, which finds it empty. */
		*plain = buf_span(&c->ahead);
		c->ahead.n = 0;
		return true;
	}
	if (c->given > 0)
		br_ssl_engine_recvapp_ack(engine, c->given);
	c->given = 0;
	while ((p = br_ssl_engine_recvapp_buf(engine, &c->given)) == NULL)
		if (!feed(c))
			return false;
	*plain = (struct span){ (const char *)p, c->given };
	return true;
}

/* Receive once.  Bytes that client_recv was not asked for stay in front. */
static void
receive(struct client *c)
{
	struct client_pool *pool = c->pool;
	ssize_t n;

	memmove(pool->in, pool->in + pool->in_at, pool->in_end - pool->in_at);
	pool->in_end -= pool->in_at;
	pool->in_at = 0;
	if (pool->in_end == sizeof(pool->in))
		return;
	n = recv(c->fd, pool->in + pool->in_end,
	    sizeof(pool->in) - pool->in_end, 0);
	if (n > 0)
		pool->in_end += (size_t)n;
	else if (n == 0)
		c->end_of_file = true;
	else if (errno != EAGAIN && errno != EINTR && c->error == 0)
		c->error = SOCKET_FAILED;
}

void
client_push(struct client *c)
{
	ssize_t n;

	while (c->out.n > 0 && c->connected && c->error != SOCKET_FAILED) {
		n = send(c->fd, c->out.p + c->out_at, c->out.n - c->out_at,
		    MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
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
client_step(struct client *c, short revents)
{
	enter(c);
	if (revents != 0)
		c->connected = true;
	if (revents & (POLLIN | POLLHUP | POLLERR))
		receive(c);
	while (!c->open && c->error == 0 && feed(c))
		;
	client_push(c);
}

void
client_send(struct client *c, struct span text)
{
	unsigned char *p;
	size_t room;

	if (!c->open) {
		buf_add(&c->early, text);
		return;
	}
	enter(c);
	while (text.n > 0 && (p = br_ssl_engine_sendapp_buf(&c->tls.eng,
	    &room)) != NULL) {
		if (room > text.n)
			room = text.n;
		memcpy(p, text.p, room);
		text.p += room;
		text.n -= room;
		br_ssl_engine_sendapp_ack(&c->tls.eng, room);
		br_ssl_engine_flush(&c->tls.eng, 0);
		drain(c);
	}
}

size_t
client_unsent(const struct client *c)
{
	return c->out.n - c->out_at;
}

void
client_finish(struct client *c)
{
	enter(c);
	br_ssl_engine_close(&c->tls.eng);
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
	return c->open && c->resuming &&
	    memcmp(c->tls.eng.session.session_id, c->session_id, 32) == 0;
}

bool
client_is_over(const struct client *c)
{
	return c->end_of_file || c->error != 0 || client_peer_finished(c);
}

bool
client_peer_finished(const struct client *c)
{
	return c->tls.eng.shutdown_recv != 0;
}

int
client_error(const struct client *c)
{
	return c->error;
}

static long long
milliseconds_now(void)
{
	return (long long)(clock_us(CLOCK_MONOTONIC) / 1000);
}

/* Poll for one step.  False: the time is over. */
static bool
wait_and_step(struct client *c, short events, long long deadline)
{
	struct pollfd poll_fd = { c->fd, events, 0 };
	long long left = deadline - milliseconds_now();
	int n;

	if (left < 0)
		return false;
	n = poll(&poll_fd, 1, (int)left);
	if (n == 1)
		client_step(c, poll_fd.revents);
	return n != 0;
}

bool
client_await_open(struct client *c, int milliseconds)
{
	long long deadline = milliseconds_now() + milliseconds;

	while (!client_is_open(c) && !client_is_over(c))
		if (!wait_and_step(c, client_events(c), deadline))
			break;
	return client_is_open(c);
}

bool
client_flush(struct client *c, int milliseconds)
{
	long long deadline = milliseconds_now() + milliseconds;

	client_push(c);
	while (client_unsent(c) > 0 && c->error == 0)
		if (!wait_and_step(c, POLLOUT, deadline))
			break;
	return client_unsent(c) == 0 && c->error == 0;
}

size_t
client_read(struct client *c, void *dst, size_t n, int milliseconds)
{
	long long deadline = milliseconds_now() + milliseconds;
	struct span plain;
	struct buf got = { NULL, 0, 0 };

	client_push(c);
	for (;;) {
		while (got.n < n && client_recv(c, &plain))
			buf_add(&got, plain);
		if (got.n >= n || client_is_over(c) ||
		    !wait_and_step(c, client_events(c), deadline))
			break;
	}
	if (n > got.n)
		n = got.n;
	if (n > 0)
		memcpy(dst, got.p, n);
	buf_drop(&got, n);
	buf_free(&c->ahead);
	c->ahead = got;
	return n;
}

bool
client_await_over(struct client *c, int milliseconds)
{
	long long deadline = milliseconds_now() + milliseconds;
	struct span plain;

	client_push(c);
	for (;;) {
		while (client_recv(c, &plain))
			;
		if (client_is_over(c))
			return true;
		if (!wait_and_step(c, client_events(c), deadline))
			return false;
	}
}
