#include "admin/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/control.h"
#include "admin/fsck.h"
#include "admin/process.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/subnet.h"
#include "conf.h"
#include "datadir.h"
#include "disk/file.h"
#include "json.h"
#include "net/identity.h"
#include "net/jwks.h"
#include "net/listen.h"
#include "userdb.h"

#define WHY_ROOM 512	/* one sentence */
#define DAY      86400U
#define PATH_BYTES 1024
#define ENTRY_BYTES 256
#define WINDOW_DAYS 7	/* that registration may be open without a warning */

struct check {
	const struct conf *conf;
	const char *path;		/* of the configuration, or NULL */
	enum check_by by;
	struct buf *findings;
	enum check_finding worst;
	bool running;			/* a relay serves the data */
	bool was_root;
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
	/* Which loads libraries, so it is not asked without need. */
	const struct passwd *user = name[0] != '\0' ? getpwnam(name) : NULL;

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

/* Whether clients accept a configured certificate for what they connect to. */
static void
check_names(struct check *c, const struct identity *id, uint64_t now)
{
	struct subnet address;
	char *const *name;

	for (name = c->conf->names; name != NULL && *name != NULL; name++) {
		if (!subnet_parse(&address, *name) &&
		    !cert_is_for(&id->cert, *name, now))
			add_finding(c, CHECK_WARNING, "names", "%s is not for "
			    "%s: clients that connect by that name refuse it",
			    id->cert_path, *name);
	}
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
	if (id.until < now)	/* others have been refused above */
		add_line(c, CHECK_ERROR, line, "%s has expired: %s",
		    id.authority_path, what);
	else if (left == 0)
		add_line(c, CHECK_WARNING, line, "%s expires today: %s",
		    id.cert_path, what);
	else if (left < 30)
		add_line(c, CHECK_WARNING, line, "%s expires in %lu day%s: %s",
		    id.cert_path, (unsigned long)left, left == 1 ? "" : "s",
		    what);
	check_mode(c, conf_listener_line(l, "listen.keyPath"), id.key_path,
	    0600);
	if (identity_lacks_key(&id)) {
		add_line(c, CHECK_WARNING, line, "%s is missing, and "
		    "without it, the certificate cannot be renewed: restore it "
		    "from a backup, or make another authority, which clients "
		    "must then trust: mnm init --renew", id.authority_path);
	} else if (identity_is_own(&id)) {
		check_mode(c, conf_line(c->conf, "data"), id.authority_path,
		    0600);
	} else if ((what = cert_find_fault(&id.cert)) != NULL) {
		add_line(c, CHECK_WARNING, line, "%s: %s", id.cert_path, what);
	}
	if (!identity_is_own(&id) && l == identity_listener(c->conf))
		check_names(c, &id, now);
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

/* Find a member of the first object in a table; false if there is none. */
static bool
find_cell(struct span answer, const char *table, const char *key,
    struct buf *text)
{
	struct json j;
	struct span name, raw;
	bool found = false;

	json_begin(&j, answer);
	json_object(&j);
	while (json_key(&j, &name)) {
		if (!span_is(name, span_of(table))) {
			json_skip(&j);
			continue;
		}
		json_array(&j);
		while (json_item(&j)) {
			json_object(&j);
			while (json_key(&j, &name)) {
				if (found || !span_is(name, span_of(key))) {
					json_skip(&j);
					continue;
				}
				raw = json_string(&j);
				text->n = json_text(buf_room(text, raw.n + 1),
				    raw);
				buf_add_byte(text, '\0');
				found = true;
			}
		}
	}
	return found && json_done(&j);
}

/* Ask a relay that is running; false, with errno, if it does not answer. */
static bool
ask(const struct check *c, const char *command, const char *key,
    struct buf *text)
{
	char first[16], json[] = "--json";
	char *const words[] = { first, json };
	struct buf answer = { NULL, 0, 0 };
	int status;

	(void)snprintf(first, sizeof(first), "%s", command);
	text->n = 0;
	status = control_ask(c->conf->data, words, 2, &answer);
	if (status != -1 && !find_cell(buf_span(&answer),
	    strcmp(command, "status") == 0 ? "relay" : command, key, text))
		text->n = 0;
	buf_free(&answer);
	return status != -1;
}

static bool
is_same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return strcmp(a, b) == 0 || (stat(a, &of_a) == 0 &&
	    stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	    of_a.st_ino == of_b.st_ino);
}

/* The relay that serves this data directory may be another one. */
static void
check_running(struct check *c)
{
	const char *path = c->conf->path != NULL ? c->conf->path : "";
	struct buf other = { NULL, 0, 0 };

	c->running = ask(c, "status", "config", &other);
	if (!c->running && (errno == ETIMEDOUT || errno == EAGAIN)) {
		c->running = true;
		add_finding(c, CHECK_ERROR, "data", "%s: a relay serves it, "
		    "but does not answer within 10 s", c->conf->data);
	} else if (other.n > 0 && !is_same_file(other.p, path)) {
		add_finding(c, CHECK_ERROR, "data", "%s is in use by a relay "
		    "with another configuration, %s: give each relay a data "
		    "directory of its own", c->conf->data, other.p[0] != '\0' ?
		    other.p : "the built-in one");
	}
	buf_free(&other);
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
	uint64_t size, space;

	want = c->conf->journal_size +
	    (keep != 0 ? keep : (uint64_t)16 << 20);
	if (file_space(dir, &size, &space) && space < want)
		add_finding(c, CHECK_WARNING, "data",
		    "%s: less than %lu MB are "
		    "free, which journal_size and disk_min need", c->conf->data,
		    (unsigned long)(want >> 20));
}

static void
check_writing(struct check *c, int dir)
{
	int fd = openat(dir, ".check", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1) {
		add_finding(c, CHECK_ERROR, "data",
		    "%s: cannot write to it: %s",
		    c->conf->data, strerror(errno));
		return;
	}
	(void)close(fd);	/* nothing was written */
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

/* It will be made.  An absolute path is what mnm init writes. */
static void
check_missing(struct check *c, const char *path)
{
	char *parent = file_parent(path);

	if (faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) == -1)
		add_finding(c, CHECK_ERROR, "data", "%s cannot be made: %s: %s",
		    path, parent, strerror(errno));
	else if (c->path != NULL && path[0] == '/')
		add_finding(c, CHECK_WARNING, "data", "%s will be created at "
		    "start: is the name right?", path);
	else if (c->path == NULL)
		add_finding(c, CHECK_WARNING, "data", "no relay was set up "
		    "here; create one with: mnm init, or name the "
		    "configuration of another place: -c FILE");
	free(parent);
}

/*
 * Whether no relay has ever served from the directory, but there are files of
 * others; first is one of them.  Hidden ones, and certificates that were put
 * there, do not count.
 */
static bool
is_foreign(int dir, char first[ENTRY_BYTES])
{
	DIR *list = file_open_list(dir, ".");
	const char *name;

	first[0] = '\0';
	while (list != NULL && (name = file_next_name(list)) != NULL) {
		if (strcmp(name, "lock") == 0) {
			first[0] = '\0';
			break;
		}
		if (name[0] != '.' && !fsck_knows(name))
			(void)snprintf(first, ENTRY_BYTES, "%s", name);
	}
	if (list != NULL)
		(void)file_end_list(list);	/* it was only read */
	return first[0] != '\0';
}

/* Whether the files are the relay's alone, and its user can use them. */
static void
check_use(struct check *c, int dir, uid_t owner, uid_t user)
{
	const char *path = c->conf->data;
	char other[ENTRY_BYTES];

	/* To change the owner of such files would be a mistake. */
	if (is_foreign(dir, other)) {
		add_finding(c, owner != user ? CHECK_ERROR : CHECK_WARNING,
		    "data", "%s has files of others, such as %s: name an empty "
		    "directory, or one that is not there yet, such as "
		    "%s/mnm-data", path, other, path);
		return;
	}
	if (owner != user && geteuid() != 0)
		add_finding(c, CHECK_ERROR, "data", "%s belongs to user %lu: "
		    "run mnm as that user, or as root", path,
		    (unsigned long)owner);
	else if (owner != user)
		add_finding(c, CHECK_ERROR, "data",
		    "%s belongs to another user: "
		    "chown -R %lu %s", path, (unsigned long)user, path);
	else if (c->by == CHECK_BY_OPERATOR)
		check_owners(c, dir, user);
	check_mode(c, conf_line(c->conf, "data"), path, 0700);
}

static void
check_data(struct check *c)
{
	const char *path = c->conf->data;
	struct stat st = { .st_uid = 0 };
	bool found = stat(path, &st) == 0 || errno != ENOENT;
	uid_t user = server_user(c, st.st_uid);
	int dir;

	if (!found) {
		check_missing(c, path);
		return;
	}
	dir = file_open_dir(AT_FDCWD, path);
	if (dir == -1) {
		add_finding(c, CHECK_ERROR, "data", "%s: %s", path,
		    strerror(errno));
		return;
	}
	check_use(c, dir, st.st_uid, user);
	check_space(c, dir);
	(void)close(dir);
}

/* ---- as the user who will serve ---- */

/* A Unix socket is made as root, and removed as the relay's user. */
static void
check_socket(struct check *c, const struct conf_listener *l)
{
	char *parent = file_parent(l->laddr);

	if (access(parent, W_OK | X_OK) == -1)
		add_line(c, CHECK_WARNING, conf_listener_line(l,
		    "listen.laddr"), "%s: the relay's user can neither remove "
		    "it at the end nor make it at a reload: %s: %s", l->laddr,
		    parent, strerror(errno));
	free(parent);
}

/* What the relay does as root at start, it does as its user later. */
static void
check_later(struct check *c)
{
	const struct conf_listener *l = c->conf->listen;
	const char *path = c->conf->path;

	if (c->was_root && path != NULL && access(path, R_OK) == -1)
		add_text(c, CHECK_WARNING, 0, "the relay's user cannot read "
		    "the configuration, so a reload fails: chgrp it to a group "
		    "of that user, and chmod 640");
	for (; l < c->conf->listen + c->conf->listen_count; l++) {
		if (c->was_root && l->net == CONF_UNIX)
			check_socket(c, l);
		if (!c->was_root || !l->tls || l->cert_path[0] == '\0')
			continue;
		path = access(l->cert_path, R_OK) == -1 ? l->cert_path :
		    l->key_path;
		if (access(path, R_OK) == -1 && errno == EACCES)
			add_line(c, CHECK_WARNING, conf_listener_line(l,
			    "listen.certPath"), "%s: the relay's user cannot "
			    "read it: when it is renewed, restart the relay, "
			    "or have a copy made for that user", path);
	}
}

/* A line that a start would log about damage. */
static void
note_line(void *context, const char *line)
{
	add_finding(context, CHECK_WARNING, "data", "%s", line);
}

static void
check_window(struct check *c, const char *until, uint64_t now)
{
	char soon[CLOCK_TEXT];

	clock_text(soon, (now + WINDOW_DAYS * DAY) * 1000);
	if (until[0] != '\0' && memcmp(until, soon, CLOCK_DAY_TEXT) > 0)
		add_finding(c, CHECK_WARNING, "register", "anybody can "
		    "register until %.10s: mnm register close ends that",
		    until);
}

/* Open what a start would open, but change nothing. */
static void
try_start(struct check *c, uint64_t now)
{
	const struct log_sink sink = { note_line, c }, *before;
	const struct now at = { .wall = now * 1000 };
	char why[WHY_ROOM], until[CLOCK_TEXT];
	const struct invite *window;
	struct datadir data;
	int result;

	before = log_to(&sink);
	result = datadir_open(&data, c->conf->data, 0, why, sizeof(why));
	(void)log_to(before);
	if (result == -1) {
		add_finding(c, CHECK_ERROR, "data", "%s", why);
		return;
	}
	window = invite_window(data.invites, at);
	if (window != NULL) {
		clock_text(until, window->until);
		check_window(c, until, now);
	}
	(void)datadir_close(&data);	/* nothing was changed */
}

static void
check_as_server(struct check *c, uint64_t now)
{
	struct buf until = { NULL, 0, 0 };
	int dir;

	check_keys(c);
	check_later(c);
	dir = file_open_dir(AT_FDCWD, c->conf->data);
	if (dir == -1) {
		/* It is there for root, or it is not there. */
		if (c->was_root && errno != ENOENT)
			add_finding(c, CHECK_ERROR, "data", "%s: for the "
			    "relay's user: %s", c->conf->data,
			    strerror(errno));
		return;
	}
	check_writing(c, dir);
	if (!c->running)
		try_start(c, now);
	else if (ask(c, "register", "open_until", &until) && until.n > 0)
		check_window(c, until.p, now);
	buf_free(&until);
	(void)close(dir);
}

/* Take over what a process of the relay's user has found. */
static void
take_findings(struct check *c, int fd)
{
	struct buf *all = c->findings;
	size_t at = all->n;
	ssize_t n;

	while ((n = read(fd, buf_room(all, 4096), 4096)) > 0)
		all->n += (size_t)n;
	if (all->n > at && all->p[all->n - 1] != '\n')
		buf_add_byte(all, '\n');	/* it was killed */
	for (; at < all->n; at += strcspn(all->p + at, "\n") + 1) {
		if (all->p[at] == 'e')
			c->worst = CHECK_ERROR;
		else if (c->worst == CHECK_FINE)
			c->worst = CHECK_WARNING;
	}
}

/*
 * Root cannot see what the relay's user cannot do: so that is tried by a
 * process that becomes that user as a start does, with the same functions.
 */
static void
try_as_server(struct check *c, uint64_t now)
{
	struct buf found = { NULL, 0, 0 };
	char why[WHY_ROOM];
	int fds[2], status;
	pid_t child = -1;

	if (c->conf->user[0] != '\0' && getpwnam(c->conf->user) == NULL)
		return;		/* as was said */
	if (pipe(fds) == -1 || (child = fork()) == -1) {
		add_finding(c, CHECK_ERROR, "data", "%s", strerror(errno));
		return;
	}
	if (child > 0) {
		(void)close(fds[1]);
		take_findings(c, fds[0]);
		(void)close(fds[0]);
		if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))
			add_finding(c, CHECK_ERROR, "user", "the process that "
			    "tries what the relay does was killed by signal "
			    "%d, and could not try all", WTERMSIG(status));
		return;
	}
	c->findings = &found;
	c->was_root = geteuid() == 0;
	if (process_become_server(c->conf, why, sizeof(why)) == -1)
		add_finding(c, CHECK_ERROR, "user", "%s", why);
	else
		check_as_server(c, now);
	_exit(write(fds[1], found.p, found.n) != (ssize_t)found.n);
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
	char why[WHY_ROOM];
	size_t i;

	one.listen_count = 1;
	for (i = 0; i < c->conf->listen_count; i++) {
		one.listen = &c->conf->listen[i];
		if ((listen_open(&open[i], &one, NULL, why,
		    sizeof(why)) == -1 ||
		    listen_begin(&open[i], why, sizeof(why)) == -1) &&
		    !(c->running && errno == EADDRINUSE))
			add_line(c, CHECK_ERROR, conf_listener_line(one.listen,
			    "listen.laddr"), "%s", why);
	}
	while (i-- > 0) {
		listen_remove(&open[i], NULL);
		listen_close(&open[i], NULL);
	}
}

/* What a listener is for, and cannot do, or lets others do. */
static void
check_uses(struct check *c)
{
	const struct conf_listener *l = c->conf->listen;
	const struct conf_listener *served = identity_listener(c->conf);

	for (; l < c->conf->listen + c->conf->listen_count; l++) {
		if (l->ca && (!served->tls || served->cert_path[0] != '\0'))
			add_line(c, CHECK_WARNING,
			    conf_listener_line(l, "listen.ca"),
			    "%s has nothing to show: the relay's certificate "
			    "is not of its own authority", l->laddr);
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

	if (by == CHECK_BY_OPERATOR)
		check_running(&c);
	check_registration(&c);
	check_data(&c);
	check_certs(&c, now);
	check_uses(&c);
	if (by == CHECK_BY_OPERATOR) {
		try_as_server(&c, now);
		check_listeners(&c);
	}
	return c.worst;
}
