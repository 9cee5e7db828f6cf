#include "push/roots.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <bearssl_pem.h>

#include "base/buf.h"
#include "base/confine.h"
#include "disk/file.h"

#define BUNDLE_MAX ((size_t)4 << 20)	/* Debian's has 220 kB */

static const char *const places[] = {
	"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Alpine */
	"/etc/ssl/cert.pem",			/* the BSDs, OpenWrt */
	"/etc/pki/tls/certs/ca-bundle.crt",	/* Fedora */
	"/etc/ssl/ca-bundle.pem",		/* openSUSE */
	"/usr/local/share/certs/ca-root-nss.crt"
};

/* The bundle's path, and when it was last changed; NULL if there is none. */
static const char *
find(struct timespec *changed)
{
	const char *given = getenv("SSL_CERT_FILE");
	struct stat st;
	size_t i;

	if (given != NULL && stat(given, &st) == 0) {
		*changed = st.st_mtim;
		return given;
	}
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (stat(places[i], &st) == 0) {
			*changed = st.st_mtim;
			return places[i];
		}
	}
	return NULL;
}

static void
append(void *to, const void *bytes, size_t n)
{
	buf_add(to, (struct span){ bytes, n });
}

static unsigned char *
copy(const unsigned char *bytes, size_t n)
{
	unsigned char *to = xalloc(n > 0 ? n : 1);

	memcpy(to, bytes, n);
	return to;
}

static void
copy_key(br_x509_pkey *to, const br_x509_pkey *from)
{
	*to = *from;
	if (from->key_type == BR_KEYTYPE_RSA) {
		to->key.rsa.n = copy(from->key.rsa.n, from->key.rsa.nlen);
		to->key.rsa.e = copy(from->key.rsa.e, from->key.rsa.elen);
	} else {
		to->key.ec.q = copy(from->key.ec.q, from->key.ec.qlen);
	}
}

/* Certificates with keys that BearSSL does not know are left out. */
static void
add_anchor(struct roots *roots, struct span der)
{
	br_x509_decoder_context decoder;
	struct buf name = { NULL, 0, 0 };
	br_x509_trust_anchor *anchor;

	br_x509_decoder_init(&decoder, append, &name);
	br_x509_decoder_push(&decoder, der.p, der.n);
	if (br_x509_decoder_last_error(&decoder) == 0 && name.n > 0) {
		roots->anchors = xgrow(roots->anchors, roots->count,
		    sizeof(*anchor));
		anchor = &roots->anchors[roots->count++];
		anchor->dn.data = (unsigned char *)name.p;
		anchor->dn.len = name.n;
		anchor->flags = br_x509_decoder_isCA(&decoder) ?
		    BR_X509_TA_CA : 0;
		copy_key(&anchor->pkey, br_x509_decoder_get_pkey(&decoder));
	} else {
		buf_free(&name);
	}
}

static void
read_bundle(struct roots *roots, struct span text)
{
	br_pem_decoder_context pem;
	struct buf der = { NULL, 0, 0 };
	bool wanted = false;
	size_t n;

	br_pem_decoder_init(&pem);
	while (text.n > 0) {
		n = br_pem_decoder_push(&pem, text.p, text.n);
		text.p += n;
		text.n -= n;
		switch (br_pem_decoder_event(&pem)) {
		case BR_PEM_BEGIN_OBJ:
			wanted = strcmp(br_pem_decoder_name(&pem),
			    "CERTIFICATE") == 0;
			der.n = 0;
			br_pem_decoder_setdest(&pem, append, &der);
			break;
		case BR_PEM_END_OBJ:
			if (wanted)
				add_anchor(roots, buf_span(&der));
			break;
		default:
			break;	/* more is needed, or an object is damaged */
		}
	}
	buf_free(&der);
}

static void
forget(struct roots *roots)
{
	br_x509_trust_anchor *a;
	size_t i;

	for (i = 0; i < roots->count; i++) {
		a = &roots->anchors[i];
		free(a->dn.data);
		if (a->pkey.key_type == BR_KEYTYPE_RSA) {
			free(a->pkey.key.rsa.n);
			free(a->pkey.key.rsa.e);
		} else {
			free(a->pkey.key.ec.q);
		}
	}
	free(roots->anchors);
	*roots = (struct roots){ .count = 0 };
}

void
roots_refresh(struct roots *roots)
{
	struct buf text = { NULL, 0, 0 };
	struct timespec changed;
	const char *path = find(&changed);

	if (path == NULL || (roots->count > 0 &&
	    changed.tv_sec == roots->changed.tv_sec &&
	    changed.tv_nsec == roots->changed.tv_nsec))
		return;
	if (file_read(AT_FDCWD, path, BUNDLE_MAX, &text) == 0) {
		forget(roots);
		buf_add_byte(&text, '\n');
		read_bundle(roots, buf_span(&text));
		roots->changed = changed;
	}
	buf_free(&text);
}

void
roots_allow(const struct confine *c)
{
	const char *given = getenv("SSL_CERT_FILE");
	size_t i;

	if (given != NULL)
		confine_allow(c, CONFINE_READ, given);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		confine_allow(c, CONFINE_READ, places[i]);
}
