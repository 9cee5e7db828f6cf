#include "client/client.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bearssl_ssl.h>

#include "base/encode.h"
#include "base/fd.h"
#include "tmtp/frame.h"
#include "json.h"
#include "base/log.h"
#include "net/listen.h"
#include "net/poller.h"

#define RECEIVE_BYTES 16384	/* at once */

struct dial_tls {
	br_ssl_client_context blank;
	unsigned char point[BR_EC_KBUF_PUB_MAX_SIZE];
	br_x509_pkey key;
};

/* What a link has only with TLS. */
struct engine {
	br_ssl_client_context tls;
	br_x509_knownkey_context trust;
	unsigned char in[BR_SSL_BUFSIZE_INPUT];
	unsigned char out[BR_SSL_BUFSIZE_OUTPUT];
};

struct dial {
	int fd;
	struct engine *engine;	/* NULL: plain bytes */
	const char *over;
	struct buf in;		/* plain bytes that came */
	size_t at;		/* those before were taken by dial_next */
	size_t want;		/* so many from at on are needed for a frame */
	struct buf out;		/* plain bytes to send */
};

/* The members of a header that are told of: text. */
static const struct member {
	const char *key;
	size_t offset;
} members[] = {
	{ "op",     offsetof(struct dial_frame, op) },
	{ "id",     offsetof(struct dial_frame, id) },
	{ "from",   offsetof(struct dial_frame, from) },
	{ "msgid",  offsetof(struct dial_frame, msgid) },
	{ "error",  offsetof(struct dial_frame, error) },
	{ "uid",    offsetof(struct dial_frame, uid) },
	{ "nodeid", offsetof(struct dial_frame, nodeid) },
	{ "gid",    offsetof(struct dial_frame, gid) },
	{ NULL, 0 }
};

struct dial_tls *
dial_tls_open(const struct cert *cert)
{
	static const uint16_t suites[] = {
		BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
	};
	struct dial_tls *tls = xzalloc(sizeof(*tls));
	br_ssl_engine_context *engine = &tls->blank.eng;

	assert(cert->kind == CERT_EC);
	tls->key.key_type = BR_KEYTYPE_EC;
	if (br_ec_compute_pub(br_ec_get_default(), &tls->key.key.ec,
	    tls->point, &cert->ec) == 0)
		die("the certificate's key is no good");
	br_ssl_client_zero(&tls->blank);
	br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(engine, suites,
	    sizeof(suites) / sizeof(suites[0]));
	br_ssl_engine_set_default_ec(engine);
	br_ssl_engine_set_default_ecdsa(engine);
	br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
	br_ssl_engine_set_default_aes_gcm(engine);
	br_ssl_engine_set_default_chapol(engine);
	return tls;
}

void
dial_tls_close(struct dial_tls *tls)
{
	free(tls);
}

static struct engine *
open_engine(const struct dial_tls *tls)
{
	struct engine *e = xalloc(sizeof(*e));

	e->tls = tls->blank;
	br_x509_knownkey_init_ec(&e->trust, &tls->key.key.ec,
	    BR_KEYTYPE_SIGN | BR_KEYTYPE_KEYX);
	br_ssl_engine_set_x509(&e->tls.eng, &e->trust.vtable);
	br_ssl_engine_set_buffers_bidi(&e->tls.eng, e->in, sizeof(e->in),
	    e->out, sizeof(e->out));
	/* A failure shows as the engine being closed, with its error. */
	(void)br_ssl_client_reset(&e->tls, NULL, 0);
	return e;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == -1)
		return -1;
	if (fd_set_nonblocking(fd) == -1 ||
	    connect(fd, (const struct sockaddr *)&address,
	    sizeof(address)) == -1)
		return fd_close(fd);
	return fd;
}

struct dial *
dial_open(const char *path, const struct dial_tls *tls)
{
	struct dial *d;
	int fd = connect_to(path);

	if (fd == -1)
		return NULL;
	d = xzalloc(sizeof(*d));
	d->fd = fd;
	d->want = FRAME_DIGITS;
	if (tls != NULL)
		d->engine = open_engine(tls);
	return d;
}

void
dial_close(struct dial *d)
{
	if (d == NULL)
		return;
	(void)close(d->fd);	/* what it could say changes nothing */
	free(d->engine);
	buf_free(&d->in);
	buf_free(&d->out);
	free(d);
}

int
dial_fd(const struct dial *d)
{
	return d->fd;
}

unsigned
dial_interest(const struct dial *d)
{
	bool sends = d->out.n > 0;

	if (d->engine != NULL)
		sends = br_ssl_engine_current_state(&d->engine->tls.eng) &
		    BR_SSL_SENDREC;
	return POLLER_READ | (sends ? POLLER_WRITE : 0);
}

/* Whether a call to the socket moved bytes; notes what ended it. */
static bool
has_moved(struct dial *d, ssize_t n)
{
	if (n == 0)
		d->over = "the relay closed the link";
	else if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
		d->over = "the link broke";
	return n > 0;
}

static bool
send_plain(struct dial *d)
{
	ssize_t n;

	if (d->out.n == 0)
		return false;
	n = net_send(d->fd, buf_span(&d->out));
	if (!has_moved(d, n))
		return false;
	buf_drop(&d->out, (size_t)n);
	return true;
}

static bool
receive_plain(struct dial *d)
{
	ssize_t n;

	n = net_recv(d->fd, buf_room(&d->in, RECEIVE_BYTES), RECEIVE_BYTES);
	if (!has_moved(d, n))
		return false;
	d->in.n += (size_t)n;
	return n == RECEIVE_BYTES;
}

static bool
send_records(struct dial *d, br_ssl_engine_context *engine)
{
	size_t room;
	const unsigned char *p = br_ssl_engine_sendrec_buf(engine, &room);
	const void *bytes = p;
	ssize_t n;

	if (p == NULL)
		return false;
	n = net_send(d->fd, (struct span){ bytes, room });
	if (!has_moved(d, n))
		return false;
	br_ssl_engine_sendrec_ack(engine, (size_t)n);
	return true;
}

static bool
receive_records(struct dial *d, br_ssl_engine_context *engine)
{
	size_t room;
	void *p = br_ssl_engine_recvrec_buf(engine, &room);
	ssize_t n;

	if (p == NULL)
		return false;
	n = net_recv(d->fd, p, room);
	if (!has_moved(d, n))
		return false;
	br_ssl_engine_recvrec_ack(engine, (size_t)n);
	return true;
}

/* Plain bytes into the engine and out of it. */
static bool
move_plain(struct dial *d, br_ssl_engine_context *engine)
{
	size_t n;
	void *p;

	p = br_ssl_engine_recvapp_buf(engine, &n);
	if (p != NULL) {
		buf_add(&d->in, (struct span){ p, n });
		br_ssl_engine_recvapp_ack(engine, n);
		return true;
	}
	p = br_ssl_engine_sendapp_buf(engine, &n);
	if (p == NULL || d->out.n == 0)
		return false;
	if (n > d->out.n)
		n = d->out.n;
	memcpy(p, d->out.p, n);
	buf_drop(&d->out, n);
	br_ssl_engine_sendapp_ack(engine, n);
	br_ssl_engine_flush(engine, 0);
	return true;
}

void
dial_step(struct dial *d)
{
	br_ssl_engine_context *engine;

	if (d->engine == NULL) {
		while (d->over == NULL && (send_plain(d) || receive_plain(d)))
			;
		return;
	}
	engine = &d->engine->tls.eng;
	while (d->over == NULL && (move_plain(d, engine) ||
	    send_records(d, engine) || receive_records(d, engine)))
		;
	if (br_ssl_engine_current_state(engine) == BR_SSL_CLOSED)
		d->over = br_ssl_engine_last_error(engine) == 0 ?
		    "the relay closed the link" : "TLS failed";
}

static void
read_text(struct json *j, struct span key, struct dial_frame *frame)
{
	const struct member *m = members;
	struct span text;

	while (m->key != NULL && !json_is(key, span_of(m->key)))
		m++;
	if (m->key == NULL) {
		json_skip(j);
		return;
	}
	text = json_string(j);
	memcpy((char *)frame + m->offset, &text, sizeof(text));
}

/*
 * The sum covers the frame as it is without what begins at from, which is
 * the comma before "headsum", and ends before to.
 */
static bool
sum_is(uint64_t sum, struct span header, const char *from, const char *to)
{
	char digits[FRAME_DIGITS + 1];
	const char *end = header.p + header.n;
	uint32_t crc;

	snprintf(digits, sizeof(digits), "%04x",
	    (unsigned)(header.n - (size_t)(to - from)) & FRAME_HEADER_MAX);
	crc = encode_crc32c(0, digits, FRAME_DIGITS);
	crc = encode_crc32c(crc, header.p, (size_t)(from - header.p));
	return encode_crc32c(crc, to, (size_t)(end - to)) == sum;
}

/* False if it is no JSON object with the members a frame has. */
static bool
read_header(struct dial_frame *frame)
{
	const char *sum_from = NULL, *sum_to = NULL;
	uint64_t sum = 0;
	struct span key;
	struct json j;

	json_begin(&j, frame->header);
	json_object(&j);
	while (json_key(&j, &key)) {
		if (json_is(key, SPAN("datalen"))) {
			frame->datalen = (size_t)json_uint(&j, INT32_MAX);
		} else if (json_is(key, SPAN("headsum"))) {
			sum_from = key.p - 2;	/* the comma and the quote */
			sum = json_uint(&j, UINT32_MAX);
			sum_to = j.p;
		} else {
			read_text(&j, key, frame);
		}
	}
	if (!json_done(&j) || frame->op.p == NULL)
		return false;
	frame->has_headsum = sum_from != NULL;
	frame->intact = sum_from == NULL ||
	    sum_is(sum, frame->header, sum_from, sum_to);
	return true;
}

/* What was taken makes room once nothing of it is lent any more. */
static void
drop_taken(struct dial *d)
{
	buf_drop(&d->in, d->at);
	d->at = 0;
}

bool
dial_next(struct dial *d, struct dial_frame *frame)
{
	const char *p = d->in.p + d->at;
	size_t n = d->in.n - d->at, whole;
	long length;

	if (n < d->want) {
		drop_taken(d);
		return false;
	}
	*frame = (struct dial_frame){ .datalen = 0 };
	length = frame_length(p);
	if (length == -1) {
		d->over = "what came is no frame";
		return false;
	}
	whole = FRAME_DIGITS + (size_t)length;
	if (n >= whole) {
		frame->header = (struct span){ p + FRAME_DIGITS,
		    (size_t)length };
		if (!read_header(frame)) {
			d->over = "a header came that cannot be read";
			return false;
		}
		frame->data = (struct span){ p + whole, frame->datalen };
		whole += frame->datalen;
	}
	d->want = whole;
	if (n < whole || frame->header.p == NULL) {
		drop_taken(d);
		return false;
	}
	d->at += whole;
	d->want = FRAME_DIGITS;
	return true;
}

const char *
dial_over(const struct dial *d)
{
	return d->over;
}

void
dial_put(struct dial *d, struct span header, struct span data)
{
	char digits[FRAME_DIGITS + 1];

	assert(header.n <= FRAME_HEADER_MAX);
	snprintf(digits, sizeof(digits), "%04x", (unsigned)header.n);
	buf_add(&d->out, (struct span){ digits, FRAME_DIGITS });
	buf_add(&d->out, header);
	buf_add(&d->out, data);
}
