/*
 * Feed what reads certificates and keys damaged files.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_cert -max_total_time=60
 *
 * The first byte says what the rest is:
 *
 *	p	a PEM file, of certificates and a key
 *	d	changes to a leaf: two bytes for the place, one for the value
 *	k	... to its key
 *	w	... to a leaf that is one among the system's authorities
 */
#define _GNU_SOURCE

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bearssl_pem.h>
#include <bearssl_rand.h>
#include <bearssl_x509.h>

#include "base/buf.h"
#include "base/log.h"
#include "net/cert.h"
#include "net/x509.h"
#include "push/roots.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NOW UINT64_C(1800000000)

static const char *const names[] = { "relay.example.org", "127.0.0.1", NULL };

/* A file in memory. */
struct memory_file {
	int fd;
	char path[40];
};

static struct memory_file cert_file, key_file;
static struct buf leaf, key, cert_pem, key_pem;

static void
make_file(struct memory_file *f)
{
	f->fd = memfd_create("fuzz", 0);
	if (f->fd == -1)
		die("memfd_create");
	(void)snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
}

static void
fill(const struct memory_file *f, struct span text)
{
	if (ftruncate(f->fd, 0) == -1 ||
	    pwrite(f->fd, text.p, text.n, 0) != (ssize_t)text.n)
		die("write");
}

static void
to_pem(struct buf *pem, struct span der, const char *what)
{
	size_t n = br_pem_encode(NULL, der.p, der.n, what, BR_PEM_LINE64);

	pem->n = 0;
	pem->n = br_pem_encode(buf_room(pem, n + 1), der.p, der.n, what,
	    BR_PEM_LINE64);
}

/* A leaf that is good, and its key. */
static void
begin(void)
{
	static unsigned char secret[BR_EC_KBUF_PRIV_MAX_SIZE];
	static unsigned char q[BR_EC_KBUF_PUB_MAX_SIZE];
	br_hmac_drbg_context random;
	br_ec_private_key ec;
	br_ec_public_key pub;
	size_t n;

	log_level(LOG_QUIET);
	make_file(&cert_file);
	make_file(&key_file);
	br_hmac_drbg_init(&random, &br_sha256_vtable, "fuzz", 4);
	if (br_ec_keygen(&random.vtable, br_ec_get_default(), &ec, secret,
	    BR_EC_secp256r1) == 0)
		die("no key");
	if (x509_write_authority(&leaf, "fuzz", NOW, &ec) == -1)
		die("no certificate");
	if (br_ec_compute_pub(br_ec_get_default(), &pub, q, &ec) == 0)
		die("no public key");
	n = br_encode_ec_raw_der(NULL, &ec, &pub);
	key.n = br_encode_ec_raw_der(buf_room(&key, n), &ec, &pub);
	to_pem(&cert_pem, buf_span(&leaf), "CERTIFICATE");
	to_pem(&key_pem, buf_span(&key), "EC PRIVATE KEY");
}

/* The text with the changes, as a PEM file. */
static void
change(struct buf *pem, const struct buf *der, const uint8_t *bytes, size_t n,
    const char *what)
{
	struct buf changed = { NULL, 0, 0 };
	size_t at;

	buf_add(&changed, buf_span(der));
	for (; n >= 3; bytes += 3, n -= 3) {
		at = (size_t)bytes[0] << 8 | bytes[1];
		if (at < changed.n)
			changed.p[at] = (char)bytes[2];
		else if (at < 2 * changed.n)
			changed.n = at - changed.n;
	}
	to_pem(pem, buf_span(&changed), what);
	buf_free(&changed);
}

static void
read_cert(void)
{
	char why[300] = "";
	struct cert c;
	const char *fault;

	if (cert_read(&c, cert_file.path, key_file.path, why,
	    sizeof(why)) == -1) {
		assert(why[0] != '\0');
		return;
	}
	assert(c.chain_length >= 1 && c.chain_length <= CERT_CHAIN_MAX);
	assert(strlen(c.fingerprint) == CERT_FINGERPRINT_TEXT);
	(void)cert_check_dates(&c, "x", NOW, why, sizeof(why));
	fault = cert_find_fault(&c);
	assert(fault == NULL || fault[0] != '\0');
	(void)cert_is_self_signed(&c);
	(void)x509_is_from(&c, &c);
	(void)x509_is_current(&c, names, NOW, &c);
	cert_free(&c);
	memset(&c, 0, sizeof(c));
	if (cert_read_key(&c, key_file.path, why, sizeof(why)) == 0)
		cert_free(&c);
}

static void
read_roots(void)
{
	static struct roots roots;

	setenv("SSL_CERT_FILE", cert_file.path, 1);
	roots.changed.tv_nsec = 1;	/* no file's */
	roots_refresh(&roots);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct buf pem = { NULL, 0, 0 };

	if (leaf.n == 0)
		begin();
	if (n == 0 || strchr("pdkw", bytes[0]) == NULL || bytes[0] == 0)
		return 0;
	buf_add(&pem, (struct span){ (const char *)bytes + 1, n - 1 });
	fill(&cert_file, buf_span(bytes[0] == 'p' ? &pem : &cert_pem));
	fill(&key_file, buf_span(bytes[0] == 'p' ? &pem : &key_pem));
	if (bytes[0] == 'd' || bytes[0] == 'w') {
		change(&pem, &leaf, bytes + 1, n - 1, "CERTIFICATE");
		fill(&cert_file, buf_span(&pem));
	} else if (bytes[0] == 'k') {
		change(&pem, &key, bytes + 1, n - 1, "EC PRIVATE KEY");
		fill(&key_file, buf_span(&pem));
	}
	if (bytes[0] == 'w' || bytes[0] == 'p')
		read_roots();
	if (bytes[0] != 'w')
		read_cert();
	buf_free(&pem);
	return 0;
}
