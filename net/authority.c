#include "net/authority.h"

#include <bearssl_hash.h>
#include <bearssl_pem.h>
#include <bearssl_rand.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"
#include "net/cert.h"
#include "net/x509.h"

#define PATH_ROOM 4096
#define TEXT_ROOM 8192	/* a key and a certificate as PEM */

/* What to do with an older file at the same path. */
enum existing { KEEP, REPLACE };

/* Wipe and free. */
static void
forget(struct buf *b)
{
	cert_wipe(b->p, b->cap);
	buf_free(b);
}

static bool
is_missing(const char *path)
{
	return access(path, F_OK) == -1 && errno == ENOENT;
}

static int
say_error(const char *path, char *why, size_t room)
{
	return say_why(why, room, "%s: %s", path, strerror(errno));
}

/* Append bytes to text as a PEM object. */
static void
add_pem(struct buf *text, const void *bytes, size_t n, const char *name)
{
	size_t length = br_pem_encode(NULL, NULL, n, name, BR_PEM_LINE64);

	(void)br_pem_encode(buf_room(text, length + 1), bytes, n, name,
	    BR_PEM_LINE64);
	text->n += length;
}

/*
 * A new P-256 key in cert, and as SEC1 in text, which gets room for a
 * certificate besides.  -1: no random numbers.
 */
static int
new_key(struct cert *cert, struct buf *text)
{
	unsigned char seed[32], bytes[BR_EC_KBUF_PRIV_MAX_SIZE];
	unsigned char point[BR_EC_KBUF_PUB_MAX_SIZE], der[256];
	br_hmac_drbg_context generator;
	br_ec_private_key key;
	br_ec_public_key public;

	if (encode_random(seed, sizeof(seed)) == -1)
		return -1;
	br_hmac_drbg_init(&generator, &br_sha256_vtable, seed, sizeof(seed));
	(void)br_ec_keygen(&generator.vtable, br_ec_get_default(), &key,
	    bytes, BR_EC_secp256r1);	/* fails for unknown curves only */
	(void)br_ec_compute_pub(br_ec_get_default(), &public, point, &key);
	cert_keep_ec(cert, &key);
	buf_room(text, TEXT_ROOM);	/* growing would leave a copy */
	add_pem(text, der, br_encode_ec_raw_der(der, &key, &public),
	    "EC PRIVATE KEY");
	cert_wipe(seed, sizeof(seed));
	cert_wipe(bytes, sizeof(bytes));
	cert_wipe(der, sizeof(der));
	cert_wipe(&generator, sizeof(generator));
	return 0;
}

/* Sync the directory that path is in. */
static int
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct span name = { path, slash == NULL ? 0 : (size_t)(slash - path) };
	char *parent;
	int dir, result;

	if (slash == NULL)
		name = SPAN(".");
	else if (slash == path)
		name = SPAN("/");
	parent = xcopy(name);
	dir = file_open_dir(AT_FDCWD, parent);
	free(parent);
	if (dir == -1)
		return -1;
	result = file_sync(dir);
	(void)fd_close(dir);
	return result;
}

static int
move(const char *from, const char *to, enum existing existing)
{
	if (existing == REPLACE)
		return rename(from, to);
	if (link(from, to) == -1)
		return -1;
	(void)unlink(from);
	return 0;
}

/*
 * Make text the content of path.
 *
 *	crash before move	path.tmp, which the next attempt removes
 *	crash after move	the whole file, or that; path.tmp may stay
 *	return 0		the whole file, and it will survive a crash
 *	return -1		no new file, or not surely on the disk
 */
static int
save(const char *path, mode_t mode, struct span text, enum existing existing)
{
	char tmp[PATH_ROOM];
	int n;

	n = snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	if (n < 0 || (size_t)n >= sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)unlink(tmp);	/* if it fails, open says why */
	if (file_create(tmp, mode, text) == -1)
		return -1;
	if (move(tmp, path, existing) == -1)
		return file_discard(AT_FDCWD, tmp);
	return sync_parent(path);
}

static int
say_no_random(const char *path, char *why, size_t room)
{
	return say_why(why, room, "%s: the system has no random numbers for a "
	    "key", path);
}

/* A new authority, with name in its certificate. */
static int
make_authority(const char *path, const char *name, uint64_t now, char *why,
    size_t room)
{
	struct buf text = { NULL, 0, 0 }, der = { NULL, 0, 0 };
	struct cert key = { .chain = NULL };
	int result = 0;

	if (new_key(&key, &text) == -1 ||
	    x509_write_authority(&der, name, now, &key.ec) == -1)
		result = say_no_random(path, why, room);
	if (result == 0) {
		add_pem(&text, der.p, der.n, "CERTIFICATE");
		if (save(path, 0600, buf_span(&text), KEEP) == -1)
			result = say_error(path, why, room);
	}
	forget(&text);
	buf_free(&der);
	cert_free(&key);
	return result;
}

/* Append to why what helps against damage, unless path cannot be read. */
static int
add_remedy(const char *path, const char *remedy, char *why, size_t room)
{
	size_t n = strlen(why);

	if (access(path, R_OK) == 0)
		(void)snprintf(why + n, room - n, ": %s", remedy);
	return -1;
}

/* Key and certificate of the authority.  -1 and why. */
static int
read_authority(struct cert *authority, const char *path, char *why,
    size_t room)
{
	static const char remedy[] = "restore it from a backup; or make "
	    "another authority, which clients must then trust: "
	    "mnm init --renew";

	if (cert_read(authority, path, path, why, room) == -1)
		return add_remedy(path, remedy, why, room);
	if (!x509_is_authority(&authority->chain[0]) ||
	    x509_is_whole(&authority->chain[0], &authority->ec))
		return 0;
	cert_free(authority);
	(void)say_why(why, room, "%s: the certificate is damaged", path);
	return add_remedy(path, remedy, why, room);
}

/* The same, but it may have to be made, and must not have expired. */
static int
open_authority(struct cert *authority, const struct authority_files *files,
    const char *name, uint64_t now, char *why, size_t room)
{
	const char *path = files->authority;

	if (is_missing(path) &&
	    make_authority(path, name, now, why, room) == -1)
		return -1;
	if (read_authority(authority, path, why, room) == -1)
		return -1;
	if (now <= authority->not_after)
		return 0;
	(void)cert_check_dates(authority, path, now, why, room);
	cert_free(authority);
	return add_remedy(path, "mnm init --renew makes another, which clients "
	    "must then trust", why, room);
}

static bool
is_p256(const struct cert *cert)
{
	return cert->kind == CERT_EC && cert->ec.curve == BR_EC_secp256r1;
}

/* The key that has no certificate yet; or a new one, saved. */
static int
find_or_make_key(struct cert *cert, const char *path, char *why, size_t room)
{
	struct buf text = { NULL, 0, 0 };
	int result;

	if (!is_missing(path)) {
		if (cert_read_key(cert, path, why, room) == -1)
			return -1;
		return is_p256(cert) ? 0 : say_why(why, room, "%s: this key "
		    "exists but is not P-256: move it away, or make its "
		    "certificate with openssl", path);
	}
	if (new_key(cert, &text) == -1)
		return say_no_random(path, why, room);
	result = save(path, 0600, buf_span(&text), KEEP);
	forget(&text);
	return result == 0 ? 0 : say_error(path, why, room);
}

int
authority_key(struct cert *cert, const char *path, char *why, size_t room)
{
	*cert = (struct cert){ .chain = NULL };
	if (find_or_make_key(cert, path, why, room) == 0)
		return 0;
	cert_free(cert);
	return -1;
}

/* Sign a leaf for cert's key, and save it with the authority's certificate. */
static int
make_leaf(const struct cert *cert, const struct authority_files *files,
    const char *const *names, uint64_t now, const struct cert *authority,
    char *why, size_t room)
{
	struct buf text = { NULL, 0, 0 }, der = { NULL, 0, 0 };
	int result = 1;

	if (x509_write_leaf(&der, names, now, &cert->ec, authority) == -1)
		result = say_why(why, room, "%s: too many names for a "
		    "certificate, or no random numbers", files->cert);
	if (result == 1) {
		add_pem(&text, der.p, der.n, "CERTIFICATE");
		add_pem(&text, authority->chain[0].data,
		    authority->chain[0].data_len, "CERTIFICATE");
		if (save(files->cert, 0644, buf_span(&text), REPLACE) == -1)
			result = say_error(files->cert, why, room);
	}
	buf_free(&text);
	buf_free(&der);
	return result;
}

/* Whether the authority is the last that the relay sends. */
static bool
is_sent(const struct cert *cert, const struct cert *authority)
{
	const br_x509_certificate *a = &cert->chain[cert->chain_length - 1];
	const br_x509_certificate *b = &authority->chain[0];

	return cert->chain_length > 1 && a->data_len == b->data_len &&
	    memcmp(a->data, b->data, a->data_len) == 0;
}

/*
 * Whether the leaf is one that the authority has signed here.  Two things tell
 * that, so that a damaged byte in either does not hide it.
 */
static bool
is_ours(const struct cert *cert, const struct cert *authority)
{
	return is_p256(cert) && (x509_is_from(cert, authority) ||
	    (x509_is_own(cert) && is_sent(cert, authority)));
}

/* Whether clients that trust the authority accept what is sent. */
static bool
is_whole(const struct cert *cert, const struct cert *authority)
{
	return is_sent(cert, authority) &&
	    x509_is_whole(&cert->chain[0], &authority->ec);
}

static int
keep_leaf(const struct authority_files *files, const char *const *names,
    uint64_t now, const struct cert *authority, char *why, size_t room)
{
	struct cert cert = { .chain = NULL };
	int result;

	if (is_missing(files->cert)) {
		result = find_or_make_key(&cert, files->key, why, room);
	} else {
		result = cert_read(&cert, files->cert, files->key, why, room);
		if (result == -1)
			return add_remedy(files->cert, "move certificate and "
			    "key away, and a start makes others, which clients "
			    "accept, too", why, room);
	}
	if (result == 0 && (cert.chain_length == 0 ||
	    (is_ours(&cert, authority) && (!is_whole(&cert, authority) ||
	    !x509_is_current(&cert, names, now, authority)))))
		result = make_leaf(&cert, files, names, now, authority, why,
		    room);
	cert_free(&cert);
	return result;
}

int
authority_keep(const struct authority_files *files, const char *const *names,
    uint64_t now, char *why, size_t room)
{
	struct cert authority;
	const char *const *name;
	int result;

	for (name = names; *name != NULL; name++)
		if (!x509_is_name(*name))
			return say_why(why, room, "%s: \"%s\" is not a host "
			    "name or address", files->cert, *name);
	if (name == names)
		return say_why(why, room, "%s: no name to certify",
		    files->cert);
	if (open_authority(&authority, files, names[0], now, why, room) == -1)
		return -1;
	result = keep_leaf(files, names, now, &authority, why, room);
	cert_free(&authority);
	return result;
}

/* What authority_read does when it has the authority. */
static int
pin(struct cert *cert, const struct authority_files *files,
    const struct cert *authority, uint64_t *until, char *why, size_t room)
{
	if (!is_ours(cert, authority))
		return 0;
	if (!is_whole(cert, authority))
		return say_why(why, room, "%s: the certificate is damaged: a "
		    "start makes another, which clients accept, too",
		    files->cert);
	cert_pin(cert, cert->chain_length - 1);
	*until = authority->not_after;
	return 0;
}

int
authority_read(struct cert *cert, const struct authority_files *files,
    uint64_t *until, char *why, size_t room)
{
	struct cert authority;
	size_t last;
	int result;

	if (cert_read(cert, files->cert, files->key, why, room) == -1)
		return -1;
	*until = cert->not_after;
	last = cert->chain_length - 1;
	if (is_missing(files->authority)) {
		if (last > 0 && x509_is_authority(&cert->chain[last]))
			cert_pin(cert, last);
		return 0;
	}
	result = read_authority(&authority, files->authority, why, room);
	if (result == 0) {
		result = pin(cert, files, &authority, until, why, room);
		cert_free(&authority);
	}
	if (result == -1)
		cert_free(cert);
	return result;
}
