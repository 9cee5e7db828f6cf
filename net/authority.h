/*
 * authority.h - the relay's own authority, which clients and devices are told
 * to trust, and the server's certificate that it signs and renews.  They are
 * three PEM files:
 *
 *	authority	its key and its certificate; ten years
 *	cert		the server's certificate (the leaf), 397 days, and the
 *			authority's, as the relay sends them
 *	key		the leaf's key, which stays the same
 */
#ifndef MNM_NET_AUTHORITY_H
#define MNM_NET_AUTHORITY_H

#include <stddef.h>
#include <stdint.h>

struct cert;

struct authority_files {
	const char *authority, *cert, *key;
};

/*
 * Read the P-256 key in the file at path; if there is none, make one, with mode
 * 0600.  There is no certificate: chain is NULL.  -1 and why.
 */
int authority_key(struct cert *, const char *path, char *why, size_t room);

/*
 * Make what is missing of the three, and the leaf anew when it does not have
 * these names (as for x509_write_leaf), is due (x509_is_current), or it or what
 * stands behind it in the file is damaged.  A leaf of another authority is left
 * alone.  now is in seconds since 1970.
 *
 * Each file appears, or is replaced, whole, and is synced with its directory;
 * only the leaf ever replaces another.  Keys have mode 0600.  A crash leaves
 * some of the three, and the next call makes the rest.
 *
 * Returns 1 if the leaf was made, 0 if it is good as it is; -1 and why, naming
 * the file.
 */
int authority_keep(const struct authority_files *, const char *const *names,
    uint64_t now, char *why, size_t room);

/*
 * Read files->cert and key; clients are to recognise the authority that has
 * signed them, also if its key is lost.  Dates are not checked.  *until is when
 * clients must be told of another: the authority's end; or else, or without its
 * key, the leaf's.  Returns -1 and why, also if the leaf is damaged, which
 * authority_keep mends.
 */
int authority_read(struct cert *, const struct authority_files *,
    uint64_t *until, char *why, size_t room);

#endif
