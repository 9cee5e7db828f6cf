#include "net/identity.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "conf.h"
#include "net/authority.h"
#include "net/names.h"
#include "net/x509.h"

#define DAY 86400U

static bool
is_missing(const char *path)
{
	return access(path, F_OK) == -1 && errno == ENOENT;
}

static struct authority_files
files_of(const struct identity *id)
{
	return (struct authority_files){ id->authority_path, id->cert_path,
	    id->key_path };
}

/*
 * Make or renew what is in the data directory.  A pair without an authority is
 * left alone, and so is a certificate without its key: clients may trust them.
 */
static int
keep_own(const struct identity *id, const struct conf *conf, uint64_t now,
    char *why, size_t room)
{
	const struct authority_files files = files_of(id);
	struct name_list names;
	int made;

	if (!is_missing(id->cert_path) && is_missing(id->key_path))
		return say_why(why, room, "%s exists without %s: restore the "
		    "key, or remove the certificate to have both made again",
		    id->cert_path, id->key_path);
	if (!is_missing(id->cert_path) && is_missing(id->authority_path))
		return 0;
	if (names_find(&names, conf, why, room) == -1)
		return -1;
	made = authority_keep(&files, names.list, now, why, room);
	if (made == 1)
		log_line("made a certificate, %s, with the relay's own "
		    "authority, %s", id->cert_path, id->authority_path);
	return made == -1 ? -1 : 0;
}

/* What would keep keep_own from making one. */
static int
check_own(const struct identity *id, const struct conf *conf, char *why,
    size_t room)
{
	struct name_list names;

	if (!is_missing(id->cert_path) && is_missing(id->authority_path))
		return 0;
	if (names_find(&names, conf, why, room) == -1)
		return -1;
	return is_missing(id->cert_path) ? -1 : 0;
}

static char *
path_of(const struct conf *conf, const char *configured, const char *own)
{
	struct buf path = { NULL, 0, 0 };

	if (configured[0] != '\0')
		return xcopy(span_of(configured));
	buf_addf(&path, "%s/%s", conf->data, own);
	return path.p;
}

/* When the file was last written; zero if that is not known. */
static struct timespec
time_of(const char *path)
{
	static const struct timespec never;
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mtim : never;
}

/* The files, of which the authority's is NULL if the others are named. */
static void
set_paths(struct identity *id, const struct conf *conf,
    const struct conf_listener *listener)
{
	bool given = listener != NULL && listener->cert_path[0] != '\0';

	id->cert_path = path_of(conf, given ? listener->cert_path : "",
	    "cert.pem");
	id->key_path = path_of(conf, given ? listener->key_path : "",
	    "key.pem");
	id->authority_path = given ? NULL : path_of(conf, "", "ca-key.pem");
}

static void
free_paths(struct identity *id)
{
	free(id->cert_path);
	free(id->key_path);
	free(id->authority_path);
}

/* An own leaf that has expired is about to be made anew. */
static int
read_files(struct identity *id, uint64_t now, char *why, size_t room)
{
	const struct authority_files files = files_of(id);

	id->cert_time = time_of(id->cert_path);
	id->key_time = time_of(id->key_path);
	if (id->authority_path != NULL) {
		if (authority_read(&id->cert, &files, &id->until, why,
		    room) == -1)
			return -1;
	} else {
		if (cert_read(&id->cert, id->cert_path, id->key_path, why,
		    room) == -1)
			return -1;
		id->until = id->cert.not_after;
	}
	if ((cert_authority(&id->cert).n > 0 && !identity_lacks_key(id)) ||
	    cert_check_dates(&id->cert, id->cert_path, now, why, room) == 0)
		return 0;
	cert_free(&id->cert);
	return -1;
}

int
identity_read(struct identity *id, const struct conf *conf,
    const struct conf_listener *listener, enum identity_missing missing,
    uint64_t now, char *why, size_t room)
{
	int result = 0;

	set_paths(id, conf, listener);
	id->warned = UINT_MAX;
	why[0] = '\0';
	if (id->authority_path != NULL && missing == IDENTITY_MAKE)
		result = keep_own(id, conf, now, why, room);
	else if (id->authority_path != NULL)
		result = check_own(id, conf, why, room);
	if (result == 0)
		result = read_files(id, now, why, room);
	if (result == -1)
		free_paths(id);
	return result;
}

void
identity_free(struct identity *id)
{
	cert_free(&id->cert);
	free_paths(id);
}

bool
identity_lacks_key(const struct identity *id)
{
	return id->authority_path != NULL && is_missing(id->authority_path) &&
	    cert_authority(&id->cert).n > 0;
}

/* Keep the file under another name; it is all right if there is none. */
static int
put_aside(const char *path, char *why, size_t room)
{
	struct buf old = { NULL, 0, 0 };
	int result = 0;

	buf_addf(&old, "%s.old", path);
	buf_add_byte(&old, '\0');
	if (rename(path, old.p) == -1 && errno != ENOENT)
		result = say_why(why, room, "%s: %s", path, strerror(errno));
	buf_free(&old);
	return result;
}

int
identity_put_aside(const struct conf *conf, char *why, size_t room)
{
	struct identity id;
	int result = 0;

	set_paths(&id, conf, identity_listener(conf));
	if (id.authority_path == NULL)
		result = say_why(why, room, "%s is not the relay's own: renew "
		    "it where it comes from", id.cert_path);
	else if (put_aside(id.cert_path, why, room) == -1 ||
	    put_aside(id.authority_path, why, room) == -1 ||
	    put_aside(id.key_path, why, room) == -1)
		result = -1;
	free_paths(&id);
	return result;
}

static bool
is_newer(const char *path, struct timespec than)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		log_warning("%s: cannot see whether it was renewed: %s", path,
		    strerror(errno));
		return false;
	}
	return st.st_mtim.tv_sec != than.tv_sec ||
	    st.st_mtim.tv_nsec != than.tv_nsec;
}

bool
identity_is_stale(const struct identity *id)
{
	bool cert = is_newer(id->cert_path, id->cert_time);

	return is_newer(id->key_path, id->key_time) || cert;
}

bool
identity_is_own(const struct identity *id)
{
	return id->authority_path != NULL;
}

void
identity_warn(struct identity *id, uint64_t now)
{
	static const unsigned days[] = { 1, 7, 14, 30 };
	uint64_t end = id->until;
	unsigned left = end > now ? (unsigned)((end - now) / DAY) : 0;
	char when[20] = "today";
	size_t i;

	if (left > 0)
		(void)snprintf(when, sizeof(when), "in %u day%s", left,
		    left == 1 ? "" : "s");
	for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		if (now + days[i] * DAY < end || days[i] >= id->warned)
			continue;
		id->warned = days[i];
		log_warning("%s: the certificate expires %s; %s",
		    cert_authority(&id->cert).n > 0 &&
		    !identity_lacks_key(id) ? id->authority_path :
		    id->cert_path, when, identity_is_own(id) ?
		    "make another with mnm init --renew, and clients must "
		    "trust that" :
		    "renew it, and the relay will notice within an hour");
		return;
	}
}

static bool
same_files(const struct conf_listener *a, const struct conf_listener *b)
{
	return strcmp(a->cert_path, b->cert_path) == 0 &&
	    strcmp(a->key_path, b->key_path) == 0;
}

/* Put one in the place of another, wherever that is. */
static void
replace(struct identities *all, const struct identity *id,
    struct identity *with)
{
	size_t i;

	for (i = 0; i < CONF_LISTENERS; i++) {
		if (all->of[i] == id)
			all->of[i] = with;
	}
}

/* The one that an earlier listener has from the same files, or NULL. */
static struct identity *
find_shared(const struct identities *all, const struct conf *conf, size_t i)
{
	const struct conf_listener *listen = conf->listen;
	size_t j;

	for (j = 0; j < i; j++) {
		if (listen[j].tls && same_files(&listen[i], &listen[j]))
			return all->of[j];
	}
	return NULL;
}

/* NULL and why if the files are not right. */
static struct identity *
read_one(const struct conf *conf, const struct conf_listener *listener,
    uint64_t now, char *why, size_t room)
{
	struct identity *id = xzalloc(sizeof(*id));

	if (identity_read(id, conf, listener, IDENTITY_MAKE, now, why,
	    room) == 0)
		return id;
	free(id);
	return NULL;
}

int
identities_read(struct identities *all, const struct conf *conf,
    enum identities_part part, uint64_t now, char *why, size_t room)
{
	const struct conf_listener *listen = conf->listen;
	size_t i;

	for (i = 0; i < conf->listen_count; i++) {
		if (!listen[i].tls || all->of[i] != NULL ||
		    (part == IDENTITIES_NAMED &&
		    listen[i].cert_path[0] == '\0'))
			continue;
		all->of[i] = find_shared(all, conf, i);
		if (all->of[i] == NULL)
			all->of[i] = read_one(conf, &listen[i], now, why, room);
		if (all->of[i] == NULL) {
			identities_free(all);
			return -1;
		}
	}
	return 0;
}

void
identities_renew(struct identities *all, const struct identities *old,
    const struct conf *conf, uint64_t now)
{
	char why[512];
	size_t i;

	for (i = 0; i < conf->listen_count; i++) {
		if (!conf->listen[i].tls)
			continue;
		all->of[i] = find_shared(all, conf, i);
		if (all->of[i] != NULL)
			continue;
		all->of[i] = read_one(conf, &conf->listen[i], now, why,
		    sizeof(why));
		if (all->of[i] != NULL)
			continue;
		log_error("%s; keeping the old certificate", why);
		all->of[i] = old->of[i];
	}
}

static bool
same_cert(const struct identity *a, const struct identity *b)
{
	return a != NULL && b != NULL &&
	    cert_is_same(&a->cert, &b->cert) &&
	    strcmp(a->cert_path, b->cert_path) == 0 &&
	    strcmp(a->key_path, b->key_path) == 0;
}

void
identities_keep(struct identities *new, struct identities *old)
{
	struct identities read = *new;
	struct identity *had, *id;
	size_t i, j;

	for (i = 0; i < CONF_LISTENERS; i++) {
		for (j = 0; j < CONF_LISTENERS; j++) {
			had = old->of[i];
			id = read.of[j];
			if (!same_cert(had, id))
				continue;
			had->cert_time = id->cert_time;
			had->key_time = id->key_time;
			replace(new, id, had);
			replace(&read, id, NULL);
			replace(old, had, id == had ? NULL : id);
		}
	}
}

void
identities_free(struct identities *all)
{
	struct identity *id;
	size_t i;

	for (i = 0; i < CONF_LISTENERS; i++) {
		id = all->of[i];
		if (id == NULL)
			continue;
		replace(all, id, NULL);
		identity_free(id);
		free(id);
	}
}

static bool
is_wildcard(const char *host)
{
	return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0;
}

const struct conf_listener *
identity_listener(const struct conf *conf)
{
	const struct conf_listener *l, *found = NULL;

	for (l = conf->listen; l < conf->listen + conf->listen_count; l++) {
		if (l->tls && !conf_is_local(l))
			return l;
		if (found == NULL || (l->tls && !found->tls))
			found = l;
	}
	return found;
}

const struct cert *
identities_cert(const struct identities *all, const struct conf *conf)
{
	const struct identity *id = all->of[identity_listener(conf) -
	    conf->listen];

	return id != NULL ? &id->cert : NULL;
}

bool
identity_is_host(const char *host)
{
	return x509_is_name(host);
}

void
identity_address(char dst[IDENTITY_ADDRESS], const struct conf *conf,
    const struct cert *cert)
{
	const struct conf_listener *l = identity_listener(conf);
	struct conf_address listen;
	char host[NAMES_ROOM];
	bool is_v6;
	char sign = l != NULL && (!l->tls || (l->cert_path[0] != '\0' &&
	    (cert == NULL || !cert_is_self_signed(cert)))) ? '+' : '=';

	/* Authorities vouch for no address; and this one is of IPv4. */
	if (sign == '+' || (l != NULL && l->net == CONF_TCP6))
		names_host(host);
	else
		names_reach(host);
	if (conf->names[0] != NULL)
		(void)snprintf(host, sizeof(host), "%s", conf->names[0]);
	if (l == NULL || l->net == CONF_UNIX || !l->tls ||
	    !conf_split_address(l->laddr, &listen))
		listen = (struct conf_address){ .port = "443" };
	else if (conf->names[0] == NULL && !is_wildcard(listen.host))
		(void)snprintf(host, sizeof(host), "%s", listen.host);
	is_v6 = strchr(host, ':') != NULL;
	(void)snprintf(dst, IDENTITY_ADDRESS, "%c%s%s%s:%s", sign,
	    is_v6 ? "[" : "", host, is_v6 ? "]" : "", listen.port);
}
