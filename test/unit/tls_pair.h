/*
 * tls_pair.h - a connection of tls.c and a client engine of BearSSL, joined in
 * memory by a wire that carries as little at a time as the test wants.
 *
 * A test program includes tls_pair.c, and with it tls.c.
 *
 *	p = pair_new(tls);
 *	p->up_goal = p->down_goal = 1000;
 *	pair_start(p);
 *	pair_run(p);
 *	pair_check(p, "a thousand bytes both ways");
 *	pair_free(p);
 */
#ifndef MNM_TEST_TLS_PAIR_H
#define MNM_TEST_TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bearssl.h>

#include "base/buf.h"
#include "net/cert.h"
#include "net/tls.h"

struct pair {
	br_ssl_client_context client;
	br_x509_decoder_context leaf;	/* holds the key to trust */
	br_x509_knownkey_context trust;
	unsigned char in[BR_SSL_BUFSIZE_INPUT], out[BR_SSL_BUFSIZE_OUTPUT];
	struct tls_conn *conn;
	struct buf to_client;			/* wire bytes under way */
	uint64_t up, up_goal, up_got;		/* client to server */
	uint64_t down, down_goal, down_got;	/* server to client */
	unsigned seed;	/* of the bytes that go up; seed + 1 goes down */
	size_t piece;	/* bytes that the wire carries in one step */
	size_t plain;	/* bytes of data in one record of the server */
	bool wrong;	/* a byte differed */
};

#define SUITES 6
struct suite {
	const char *name;
	uint16_t number;
	enum cert_kind kind;
};
extern const struct suite pair_suites[SUITES];

/* Bytes that tls.c has and has not given back, malloc's own 16 included. */
extern size_t pair_heap;

/* Byte at of the stream with this seed. */
unsigned char pair_byte(unsigned seed, uint64_t at);
void pair_fill(unsigned char *, size_t n, unsigned seed, uint64_t at);
bool pair_differs(const void *, size_t n, unsigned seed, uint64_t at);

/* A certificate of each kind. */
void pair_certificates(struct cert *ec, struct cert *rsa);

/* A client that knows all of BearSSL, and a fresh connection for it. */
/* At most two servers; the certificate of each, and a connection of it. */
struct tls *pair_tls(const struct cert *);
const struct cert *pair_cert(const struct tls *);
struct tls_conn *pair_conn(struct tls *);

struct pair *pair_new(struct tls *);
void pair_free(struct pair *);
/* Offer only this suite. */
void pair_suite(struct pair *, uint16_t suite);
void pair_start(struct pair *);
/* Both sides do a little.  False: nothing moved. */
bool pair_step(struct pair *);
/* Until nothing moves. */
void pair_run(struct pair *);
/* It is open, and all bytes have arrived as they should. */
void pair_check(const struct pair *, const char *what);
/* All of that, with no bytes to carry. */
struct pair *pair_open(struct tls *);

/* The parts of a step, for tests that do some of them. */
void pair_write(struct pair *);		/* the client encrypts */
bool pair_read(struct pair *);		/* ... takes a piece off the wire */
/* One turn of the server with n wire bytes of the client. */
void pair_serve(struct pair *, const void *wire, size_t n);
void pair_wire_in(struct tls_conn *, const void *wire, size_t n);
/* A turn in which only these arrive. */
void pair_feed(struct tls_conn *, const void *wire, size_t n);
void pair_put(struct pair *);		/* the server encrypts */
/* Move up to n wire bytes of the server to the client's side. */
void pair_wire_out(struct pair *, size_t n);
/* tls_error, or "no error". */
const char *pair_error(const struct tls_conn *);
/* Leave it, and garbage in all that connections share. */
void pair_leave(struct tls_conn *);

#endif
