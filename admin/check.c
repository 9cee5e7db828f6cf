#include "admin/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "admin/control.h"
#include "base/buf.h"
#include "base/log.h"
#include "conf.h"
#include "disk/file.h"
#include "net/identity.h"
#include "net/jwks.h"
#include "net/listen.h"

#define WHY_ROOM 512	/* one sentence */
#define DAY      86400U
#define PATH_BYTES 1024

struct check {
	const struct conf *conf;
	const char *path;		/* of the configuration, or NULL */
	enum check_by by;
	struct buf *findings;
	enum check_finding worst;
};

static void
add_text(struct check *c, enum check_finding kind, unsigned line,
    const char *text)
{
	if (kind > c->worst)
		c->worst = kind;
	buf_addf(c->findings, "%s: ",
	    kind == CHECK_ERROR ? "error" : "warning");
	if (line > 0)
		buf_addf(c->findings, "%s:%u: ", c->path, line);
	buf_addf(c->findings, "%s\n", text);
}

/* Add a finding about a line of the configuration; 0 if none. */
__attribute__((format(printf, 4, 5)))
static void
add_line(struct check *c, enum check_finding kind, unsigned line,
    const char *format, ...)
{
	char text[WHY_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add_text(c, kind, line, text);
}

/* The same about the line of a key. */
__attribute__((format(printf, 4, 5)))
static void
add_finding(struct check *c, enum check_finding kind, const char *key,
    const char *format, ...)
{
	char text[WHY_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add_text(c, kind, conf_line(c->conf, key), text);
}

/* The user who will serve, and must own the files; owner does now. */
static uid_t
server_user(struct check *c, uid_t owner)
{
	const char *name = c->conf->user;
	const struct passwd *user = getpwnam(name);

	if (name[0] != '\0' && user == NULL) {
		add_finding(c, CHECK_ERROR, "user", "there is no user "
		    "%s; create it with: useradd -r %s", name, name);
		return owner;
	}
	if (geteuid() != 0)
		return geteuid();
	if (name[0] != '\0')
		return user->pw_uid;
	if (owner == 0)
		add_finding(c, CHECK_WARNING, "user", "running as root; set "
		    "\"user\" to a dedicated account");
	return owner;
}

static void
check_mode(struct check *c, unsigned line, const char *path, mode_t mode)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		add_line(c, CHECK_WARNING, line, "%s is accessible to "
		    "other users: chmod %o %s", path, (unsigned)mode, path);
}

/* The relay reads it as root at start; a renewal, it reads as its user. */
static void
check_renewal(struct check *c, unsigned line, const char *path)
{
	const struct passwd *user = getpwnam(c->conf->user);
	int fd;

	if (geteuid() != 0 || user == NULL || seteuid(user->pw_uid) == -1)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		(void)close(fd);	/* it was only opened */
	else if (errno == EACCES)
		add_line(c, CHECK_WARNING, line, "%s: user %s cannot read it: "
		    "when it is renewed, restart the relay, or have a copy "
		    "made for that user", path, c->conf->user);
	if (seteuid(0) == -1)
		add_line(c, CHECK_ERROR, line, "%s", strerror(errno));
}

static void
check_cert(struct check *c, const struct conf_listener *l, uint64_t now)
{
	unsigned line = conf_listener_line(l, "listen.certPath");
	struct identity id;
	char why[WHY_ROOM];
	const char *what;
	uint64_t left;

	if (identity_read(&id, c->conf, l, IDENTITY_FAIL, now, why,
	    sizeof(why)) == -1) {
		/* If there is none yet, the relay creates one. */
		if (why[0] != '\0')
			add_line(c, CHECK_ERROR, line, "%s", why);
		return;
	}
	left = id.until > now ? (id.until - now) / DAY : 0;
	what = identity_is_own(&id) ? "mnm init --renew makes another" :
	    "renew it";
	if (left == 0)
		add_line(c, CHECK_WARNING, line, "%s expires today: %s",
		    id.cert_path, what);
	else if (left < 30)
		add_line(c, CHECK_WARNING, line, "%s expires in %lu day%s: %s",
		    id.cert_path, (unsigned long)left, left == 1 ? "" : "s",
		    what);
	check_mode(c, conf_listener_line(l, "listen.keyPath"), id.key_path,
	    0600);
	if (identity_is_own(&id)) {
		check_mode(c, conf_line(c->conf, "data"), id.authority_path,
		    0600);
	} else if (c->by == CHECK_BY_OPERATOR) {
		check_renewal(c, line, id.cert_path);
		check_renewal(c, line, id.key_path);
	}
	identity_free(&id);
}

/* The certificate of each listener with TLS, but each only once. */
static void
check_certs(struct check *c, uint64_t now)
{
	const struct conf_listener *l = c->conf->listen, *other;
	const struct conf_listener *end = l + c->conf->listen_count;

	for (; l < end; l++) {
		for (other = c->conf->listen; other < l; other++) {
			if (other->tls && strcmp(other->cert_path,
			    l->cert_path) == 0)
				break;
		}
		if (l->tls && other == l)
			check_cert(c, l, now);
	}
}

/* Whether a relay is serving this data directory. */
static bool
is_running(const struct conf *conf)
{
	char word[] = "stats";
	char *const words[] = { word };
	struct buf answer = { NULL, 0, 0 };
	int status = control_ask(conf->data, words, 1, &answer);

	buf_free(&answer);
	return status != -1;
}

/* From other machines, perhaps through a proxy. */
static bool
is_reachable(const struct conf *conf)
{
	const struct conf_listener *l;

	for (l = conf->listen; l < conf->listen + conf->listen_count; l++) {
		if (!conf_is_local(l) || l->proxy)
			return true;
	}
	return false;
}

static void
check_registration(struct check *c)
{
	/* Providers vouch for everybody, unless an empty one is the first. */
	if (c->conf->auth > 0 && c->conf->authby[0].iss[0] != '\0')
		return;
	if (c->conf->registration == CONF_REGISTER_OPEN &&
	    is_reachable(c->conf))
		add_finding(c, CHECK_WARNING, "register",
		    "anybody who can reach "
		    "this relay can register: set \"register\" to "
		    "\"invite\"");
}

static void
check_keys(struct check *c)
{
	const struct conf_provider *p = c->conf->authby;
	char why[WHY_ROOM];

	for (; p < c->conf->authby + c->conf->authby_count; p++) {
		if (p->keys[0] != '\0' &&
		    jwks_check(p->keys, why, sizeof(why)) == -1)
			add_finding(c, CHECK_ERROR, "authby", "%s", why);
	}
}

static void
check_space(struct check *c, int dir)
{
	uint64_t keep = c->conf->disk_min, want;
	struct statvfs fs;

	want = c->conf->journal_size +
	    (keep != 0 ? keep : (uint64_t)16 << 20);
	if (fstatvfs(dir, &fs) == 0 &&
	    (uint64_t)fs.f_bavail * fs.f_frsize < want)
		add_finding(c, CHECK_WARNING, "data",
		    "%s: less than %lu MB are "
		    "free, which journal_size and disk_min need", c->conf->data,
		    (unsigned long)(want >> 20));
}

/* The relay needs hard links. */
static void
check_links(struct check *c, int dir)
{
	int fd = openat(dir, ".check", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1) {
		add_finding(c, CHECK_ERROR, "data",
		    "%s: cannot write to it: %s",
		    c->conf->data, strerror(errno));
		return;
	}
	(void)close(fd);	/* nothing was written */
	if (linkat(dir, ".check", dir, ".check2", 0) == -1)
		add_finding(c, CHECK_ERROR, "data",
		    "%s: this file system has no "
		    "hard links: use ext4, for example", c->conf->data);
	(void)unlinkat(dir, ".check2", 0);
	(void)unlinkat(dir, ".check", 0);
}

/* Files and directories that the relay's user cannot use. */
struct foreign {
	uid_t uid;
	gid_t gid;		/* of the user's own group */
	unsigned long count;
	char first[PATH_BYTES];	/* below the data directory */
};

/* Whether the user may do with it what the relay does. */
static bool
is_usable(const struct foreign *f, const struct stat *st)
{
	mode_t need = S_ISDIR(st->st_mode) ? 07 : 06;

	if (st->st_uid == f->uid)
		return true;
	if (st->st_gid == f->gid)
		return (st->st_mode >> 3 & need) == need;
	return (st->st_mode & need) == need;
}

/*
 * Look at all that is in a directory, but not in lost+found, which people tidy.
 * What vanishes meanwhile is none of it.
 */
static void
look_at_owners(struct foreign *f, int dir, const char *name, const char *path)
{
	DIR *list = file_open_list(dir, name);
	char below[PATH_BYTES];
	const char *entry;
	struct stat st;

	if (list == NULL)
		return;
	while ((entry = file_next_name(list)) != NULL) {
		if (snprintf(below, PATH_BYTES, "%s/%s", path, entry) >=
		    PATH_BYTES || fstatat(dirfd(list), entry, &st,
		    AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (!is_usable(f, &st) && f->count++ == 0)
			memcpy(f->first, below, PATH_BYTES);
		if (S_ISDIR(st.st_mode) &&
		    strcmp(below, "/lost+found") != 0)
			look_at_owners(f, dirfd(list), entry, below);
	}
	(void)file_end_list(list);	/* it was only read */
}

/* What a start as root, or a backup put back by root, leaves behind. */
static void
check_owners(struct check *c, int dir, uid_t uid)
{
	const struct passwd *user = getpwuid(uid);
	struct foreign f = { .uid = uid,
	    .gid = user != NULL ? user->pw_gid : (gid_t)-1 };

	look_at_owners(&f, dir, ".", "");
	if (f.count > 0)
		add_finding(c, CHECK_ERROR, "data", "%s%s%s belongs to another "
		    "user, and the relay cannot use it: chown -R %lu %s",
		    c->conf->data, f.first,
		    f.count > 1 ? ", as other files," : "", (unsigned long)uid,
		    c->conf->data);
}

/* Check as the user who will serve, which root can become for a while. */
static void
check_use(struct check *c, int dir, uid_t user)
{
	bool other = geteuid() == 0 && user != 0 && seteuid(user) == 0;

	check_links(c, dir);
	if (other && seteuid(0) == -1)
		add_finding(c, CHECK_ERROR, "user", "%s", strerror(errno));
}

static void
check_data(struct check *c)
{
	const char *path = c->conf->data;
	struct stat st = { .st_uid = 0 };
	bool found = stat(path, &st) == 0 || errno != ENOENT;
	uid_t user = server_user(c, st.st_uid);
	int dir;

	/* It will be created.  An absolute path is what mnm init writes. */
	if (!found && c->path != NULL && path[0] == '/')
		add_finding(c, CHECK_WARNING, "data", "%s will be created at "
		    "start: is the name right?", path);
	if (!found)
		return;
	dir = file_open_dir(AT_FDCWD, path);
	if (dir == -1) {
		add_finding(c, CHECK_ERROR, "data", "%s: %s", path,
		    strerror(errno));
		return;
	}
	if (st.st_uid != user)
		add_finding(c, CHECK_ERROR, "data",
		    "%s belongs to another user: "
		    "chown -R %lu %s", path, (unsigned long)user, path);
	check_mode(c, conf_line(c->conf, "data"), path, 0700);
	check_space(c, dir);
	check_use(c, dir, user);
	if (c->by == CHECK_BY_OPERATOR)
		check_owners(c, dir, user);
	(void)close(dir);
}

/*
 * Try to listen, in all places at once.  The relay, if it is running, does so
 * already, but perhaps not where the changed configuration says.
 */
static void
check_listeners(struct check *c)
{
	struct listeners open[CONF_LISTENERS];
	struct conf one = *c->conf;
	bool running = is_running(c->conf);
	char why[WHY_ROOM];
	size_t i;

	one.listen_count = 1;
	for (i = 0; i < c->conf->listen_count; i++) {
		one.listen = &c->conf->listen[i];
		if (listen_open(&open[i], &one, NULL, why, sizeof(why)) == -1 &&
		    !(running && errno == EADDRINUSE))
			add_line(c, CHECK_ERROR, conf_listener_line(one.listen,
			    "listen.laddr"), "%s", why);
	}
	while (i-- > 0) {
		listen_remove(&open[i], NULL);
		listen_close(&open[i], NULL);
	}
}

static void
check_proxies(struct check *c)
{
	const struct conf_listener *l = c->conf->listen;

	for (; l < c->conf->listen + c->conf->listen_count; l++) {
		if (l->proxy && l->net == CONF_UNIX && (l->mode & 2) != 0)
			add_line(c, CHECK_WARNING,
			    conf_listener_line(l, "listen.mode"),
			    "every user of this machine can pretend to be any "
			    "address at %s: set \"mode\" to \"0660\"",
			    l->laddr);
	}
}

enum check_finding
check_setup(const struct conf *conf, const char *path, uint64_t now,
    enum check_by by, struct buf *findings)
{
	struct check c = { .conf = conf, .path = path, .by = by,
	    .findings = findings };

	check_registration(&c);
	check_keys(&c);
	check_data(&c);
	check_certs(&c, now);
	check_proxies(&c);
	if (by == CHECK_BY_OPERATOR)
		check_listeners(&c);
	return c.worst;
}
