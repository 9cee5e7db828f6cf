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

#define HOST_ROOM 256	/* the longest name of a host, and a NUL */
#define DAY       86400U

/* A certificate can have it, and a client can look it up. */
static bool
is_plain_name(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:")] == '\0';
}

static void
host_name(char name[HOST_ROOM])
{
	if (gethostname(name, HOST_ROOM) == -1)
		name[0] = '\0';
	name[HOST_ROOM - 1] = '\0';
	if (!is_plain_name(name))
		(void)snprintf(name, HOST_ROOM, "localhost");
}

static size_t
add_name(const char **names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return n;
	}
	names[n] = name;
	return n + 1;
}

/* Every name by which clients may know this machine. */
static int
make(const struct identity *id, const struct conf *conf, uint64_t now,
    char *why, size_t room)
{
	const char *names[6] = { NULL };
	char host[HOST_ROOM];
	struct conf_address listen;
	size_t n = 0;

	host_name(host);
	n = add_name(names, n, host);
	n = add_name(names, n, "localhost");
	n = add_name(names, n, "127.0.0.1");
	n = add_name(names, n, "::1");
	if (conf_split_address(conf->listen_laddr, &listen) &&
	    is_plain_name(listen.host))
		(void)add_name(names, n, listen.host);
	if (cert_make(id->cert_path, id->key_path, names, now, why, room) ==
	    -1)
		return -1;
	log_line("made a certificate, %s, and its key, %s", id->cert_path,
	    id->key_path);
	return 0;
}

static bool
is_missing(const char *path)
{
	return access(path, F_OK) == -1 && errno == ENOENT;
}

/*
 * The pair in the data directory is made when it does not exist.  A certificate
 * without its key is left alone: clients may trust it.
 */
static int
make_own(const struct identity *id, const struct conf *conf, uint64_t now,
    char *why, size_t room)
{
	if (is_missing(id->cert_path))
		return make(id, conf, now, why, room);
	if (!is_missing(id->key_path))
		return 0;
	return say_why(why, room, "%s exists without %s: restore the key, or "
	    "remove the certificate to have both made again",
	    id->cert_path, id->key_path);
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

int
identity_read(struct identity *id, const struct conf *conf,
    enum identity_missing missing, uint64_t now, char *why, size_t room)
{
	bool given = conf->listen_cert_path[0] != '\0';

	id->cert_path = path_of(conf, conf->listen_cert_path, "cert.pem");
	id->key_path = path_of(conf, conf->listen_key_path, "key.pem");
	id->warned = UINT_MAX;
	why[0] = '\0';
	if (given || missing == IDENTITY_FAIL ||
	    make_own(id, conf, now, why, room) == 0) {
		id->cert_time = time_of(id->cert_path);
		id->key_time = time_of(id->key_path);
		if ((given || !is_missing(id->cert_path)) && cert_read(
		    &id->cert, id->cert_path, id->key_path, now, why,
		    room) == 0)
			return 0;
	}
	free(id->cert_path);
	free(id->key_path);
	return -1;
}

void
identity_free(struct identity *id)
{
	cert_free(&id->cert);
	free(id->cert_path);
	free(id->key_path);
}

static bool
is_newer(const char *path, struct timespec than)
{
	struct timespec time = time_of(path);

	return time.tv_sec != 0 && (time.tv_sec != than.tv_sec ||
	    time.tv_nsec != than.tv_nsec);
}

bool
identity_is_stale(const struct identity *id)
{
	return is_newer(id->cert_path, id->cert_time) ||
	    is_newer(id->key_path, id->key_time);
}

void
identity_warn(struct identity *id, uint64_t now)
{
	static const unsigned days[] = { 1, 7, 14, 30 };
	uint64_t end = id->cert.not_after;
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
		log_line("%s: the certificate expires %s; renew it, and the "
		    "relay will notice within an hour", id->cert_path, when);
		return;
	}
}

static bool
is_wildcard(const char *host)
{
	return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0;
}

void
identity_address(char dst[IDENTITY_ADDRESS], const struct conf *conf)
{
	struct conf_address listen;
	char host[HOST_ROOM];
	bool is_v6;

	dst[0] = '\0';
	if (!conf_split_address(conf->listen_laddr, &listen))
		return;
	host_name(host);
	if (!is_wildcard(listen.host))
		(void)snprintf(host, sizeof(host), "%s", listen.host);
	is_v6 = strchr(host, ':') != NULL;
	(void)snprintf(dst, IDENTITY_ADDRESS, "=%s%s%s:%s", is_v6 ? "[" : "",
	    host, is_v6 ? "]" : "", listen.port);
}
