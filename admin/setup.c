#include "admin/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "admin/control.h"
#include "base/buf.h"
#include "base/fd.h"
#include "conf.h"
#include "disk/file.h"
#include "json.h"
#include "net/identity.h"
#include "net/jwks.h"
#include "net/listen.h"

#define WHY_ROOM 512	/* one sentence */
#define DAY      86400U

/* ---- check ---- */

struct setup {
	const struct conf *conf;
	const char *path;		/* of the configuration, or NULL */
	struct buf *findings;
	enum setup_finding worst;
};

/* Add a line about a key of the configuration. */
__attribute__((format(printf, 4, 5)))
static void
add_finding(struct setup *c, enum setup_finding kind, const char *key,
    const char *format, ...)
{
	unsigned line = conf_line(c->conf, key);
	char text[WHY_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (kind > c->worst)
		c->worst = kind;
	buf_addf(c->findings, "%s: ",
	    kind == SETUP_ERROR ? "error" : "warning");
	if (line > 0)
		buf_addf(c->findings, "%s:%u: ", c->path, line);
	buf_addf(c->findings, "%s\n", text);
}

/* The user who will serve, and must own the files; owner does now. */
static uid_t
server_user(struct setup *c, uid_t owner)
{
	const char *name = c->conf->user;
	const struct passwd *user = getpwnam(name);

	if (name[0] != '\0' && user == NULL) {
		add_finding(c, SETUP_ERROR, "user", "there is no user "
		    "%s; create it with: useradd -r %s", name, name);
		return owner;
	}
	if (geteuid() != 0)
		return geteuid();
	if (name[0] != '\0')
		return user->pw_uid;
	if (owner == 0)
		add_finding(c, SETUP_WARNING, "user", "running as root; set "
		    "\"user\" to a dedicated account");
	else
		add_finding(c, SETUP_WARNING, "data",
		    "%s belongs to another user: "
		    "run the relay as that user, or set \"user\" to it",
		    c->conf->data);
	return owner;
}

static void
check_mode(struct setup *c, const char *key, const char *path, mode_t mode)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		add_finding(c, SETUP_WARNING, key, "%s is accessible to "
		    "other users: chmod %o %s", path, (unsigned)mode, path);
}

static void
check_cert(struct setup *c, uint64_t now)
{
	struct identity id;
	char why[WHY_ROOM];
	uint64_t left;

	if (identity_read(&id, c->conf, now, why, sizeof(why)) == -1) {
		/* If there is none yet, the relay creates one. */
		if (why[0] != '\0')
			add_finding(c, SETUP_ERROR, "listen.certPath", "%s",
			    why);
		return;
	}
	left = (id.cert.not_after - now) / DAY;
	if (left == 0)
		add_finding(c, SETUP_WARNING, "listen.certPath",
		    "%s expires today: renew it", id.cert_path);
	else if (left < 30)
		add_finding(c, SETUP_WARNING, "listen.certPath",
		    "%s expires in "
		    "%lu days: renew it", id.cert_path, (unsigned long)left);
	check_mode(c, "listen.keyPath", id.key_path, 0600);
	identity_free(&id);
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

static void
check_registration(struct setup *c)
{
	struct conf_address listen;

	/* Providers vouch for everybody, unless an empty one is the first. */
	if (c->conf->auth > 0 && c->conf->authby[0].iss[0] != '\0')
		return;
	if (c->conf->registration == CONF_REGISTER_OPEN &&
	    conf_split_address(c->conf->listen_laddr, &listen) &&
	    !listen_is_loopback(listen.host))
		add_finding(c, SETUP_WARNING, "register",
		    "anybody who can reach "
		    "this relay can register: set \"register\" to "
		    "\"invite\"");
}

static void
check_keys(struct setup *c)
{
	const struct conf_provider *p = c->conf->authby;
	char why[WHY_ROOM];

	for (; p < c->conf->authby + c->conf->authby_count; p++) {
		if (p->keys[0] != '\0' &&
		    jwks_check(p->keys, why, sizeof(why)) == -1)
			add_finding(c, SETUP_ERROR, "authby", "%s", why);
	}
}

static void
check_space(struct setup *c, int dir)
{
	uint64_t keep = c->conf->disk_min, want;
	struct statvfs fs;

	want = c->conf->journal_size +
	    (keep != 0 ? keep : (uint64_t)16 << 20);
	if (fstatvfs(dir, &fs) == 0 &&
	    (uint64_t)fs.f_bavail * fs.f_frsize < want)
		add_finding(c, SETUP_WARNING, "data",
		    "%s: less than %lu MB are "
		    "free, which journal_size and disk_min need", c->conf->data,
		    (unsigned long)(want >> 20));
}

/* The relay needs hard links. */
static void
check_links(struct setup *c, int dir)
{
	int fd = openat(dir, ".check", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1) {
		add_finding(c, SETUP_ERROR, "data",
		    "%s: cannot write to it: %s",
		    c->conf->data, strerror(errno));
		return;
	}
	(void)close(fd);	/* nothing was written */
	if (linkat(dir, ".check", dir, ".check2", 0) == -1)
		add_finding(c, SETUP_ERROR, "data",
		    "%s: this file system has no "
		    "hard links: use ext4, for example", c->conf->data);
	(void)unlinkat(dir, ".check2", 0);
	(void)unlinkat(dir, ".check", 0);
}

/*
 * Check that the files in a directory can be opened.  Not the lock: a relay
 * that checks itself would lose it by closing the file.
 */
static void
check_files(struct setup *c, int dir, const char *name)
{
	DIR *list = file_open_list(dir, name);
	const char *file = "";
	int fd = list != NULL ? 0 : -1;

	while (fd != -1 && (file = file_next_name(list)) != NULL) {
		fd = openat(dirfd(list), file, O_RDWR | O_NONBLOCK |
		    O_CLOEXEC);
		if (fd != -1)
			(void)close(fd);	/* it was only opened */
	}
	if (fd == -1 && errno == EACCES)
		add_finding(c, SETUP_ERROR, "data",
		    "%s/%s/%s: the relay cannot "
		    "open this file", c->conf->data, name, file);
	if (list != NULL)
		(void)file_end_list(list);	/* so was this */
}

/* Check as the user who will serve, which root can become for a while. */
static void
check_use(struct setup *c, int dir, uid_t user)
{
	bool other = geteuid() == 0 && user != 0 && seteuid(user) == 0;

	check_links(c, dir);
	check_files(c, dir, "journal");
	check_files(c, dir, "tmp");
	if (other && seteuid(0) == -1)
		add_finding(c, SETUP_ERROR, "user", "%s", strerror(errno));
}

static void
check_data(struct setup *c)
{
	const char *path = c->conf->data;
	struct stat st = { .st_uid = 0 };
	bool found = stat(path, &st) == 0 || errno != ENOENT;
	uid_t user = server_user(c, st.st_uid);
	int dir;

	/* It will be created.  An absolute path is what mnm init writes. */
	if (!found && c->path != NULL && path[0] == '/')
		add_finding(c, SETUP_WARNING, "data", "%s will be created at "
		    "start: is the name right?", path);
	if (!found)
		return;
	dir = file_open_dir(AT_FDCWD, path);
	if (dir == -1) {
		add_finding(c, SETUP_ERROR, "data", "%s: %s", path,
		    strerror(errno));
		return;
	}
	if (st.st_uid != user)
		add_finding(c, SETUP_ERROR, "data",
		    "%s belongs to another user: "
		    "chown -R %lu %s", path, (unsigned long)user, path);
	check_mode(c, "data", path, 0700);
	check_space(c, dir);
	check_use(c, dir, user);
	(void)close(dir);
}

enum setup_finding
setup_check(const struct conf *conf, const char *path, uint64_t now,
    struct buf *findings)
{
	struct setup c = { .conf = conf, .path = path, .findings = findings };

	check_registration(&c);
	check_keys(&c);
	check_data(&c);
	check_cert(&c, now);
	return c.worst;
}

enum setup_finding
setup_check_port(const struct conf *conf, const char *path,
    struct buf *findings)
{
	struct setup c = { .conf = conf, .path = path, .findings = findings };
	int fds[LISTEN_MAX], n;
	char why[WHY_ROOM];

	if (is_running(conf))
		return SETUP_FINE;
	n = listen_open(fds, conf, why, sizeof(why));
	if (n == -1)
		add_finding(&c, SETUP_ERROR, "listen.laddr", "%s", why);
	while (n > 0)
		(void)close(fds[--n]);	/* nobody has connected */
	return c.worst;
}

/* ---- init ---- */

/* Append the absolute path of a directory, which is created, and a NUL. */
static int
find_path(struct buf *path, const char *dir)
{
	size_t n = strlen(dir);
	char here[PATH_MAX];

	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return -1;
	if (dir[0] != '/') {
		if (getcwd(here, sizeof(here)) == NULL)
			return -1;
		buf_addf(path, "%s", here);
		if (strcmp(dir, ".") == 0)
			return 0;
		buf_add_byte(path, '/');
	}
	while (n > 1 && dir[n - 1] == '/')
		n--;
	buf_addf(path, "%.*s", (int)n, dir);
	return 0;
}

static void
write_config(struct buf *text, const char *dir)
{
	struct buf data = { NULL, 0, 0 }, quoted = { NULL, 0, 0 };

	buf_addf(&data, "%s/" SETUP_DATA, dir);
	json_put_string(&quoted, NULL, buf_span(&data));
	buf_addf(text, "{\n"
	    "  \"#\": \"The settings of this relay; mnm.conf(5) describes all "
	    "settings.\",\n\n"
	    "  \"# name\": \"The name that clients show; empty: the host's "
	    "name.\",\n"
	    "  \"name\": \"\",\n\n"
	    "  \"data\": %.*s,\n\n"
	    "  \"# listen\": [\n"
	    "    \"Everybody who can reach this machine can connect.  Set "
	    "certPath and\",\n"
	    "    \"keyPath to use a certificate from an authority.\"\n  ],\n"
	    "  \"listen\": {\n"
	    "    \"net\": \"tcp\",\n"
	    "    \"laddr\": \":3456\",\n"
	    "    \"certPath\": \"\",\n"
	    "    \"keyPath\": \"\"\n  },\n\n"
	    "  \"# ntp\": \"Time servers, for machines without a clock "
	    "battery.\",\n"
	    "  \"ntp\": {\n"
	    "    \"hosts\": [],\n"
	    "    \"#hosts\": [\"0.pool.ntp.org\", \"1.pool.ntp.org\"],\n"
	    "    \"retries\": 2\n  },\n\n"
	    "  \"# register\": [\n"
	    "    \"Who may register.  open: anybody; invite: people invited "
	    "with\",\n"
	    "    \"mnm invite or admitted with mnm approve; closed: "
	    "nobody.\"\n  ],\n"
	    "  \"register\": \"invite\",\n"
	    "  \"#register_from\": [\"192.168.0.0/16\"],\n\n"
	    "  \"# alias_min\": \"Minimum length of an alias; long ones are "
	    "hard to guess.\",\n"
	    "  \"alias_min\": 8,\n\n"
	    "  \"# pings_per_day\": \"Limits for each member; 0: no "
	    "limit.\",\n"
	    "  \"pings_per_day\": 100,\n"
	    "  \"failed_pings_in_a_row\": 10\n}\n",
	    (int)quoted.n, quoted.p);
	buf_free(&data);
	buf_free(&quoted);
}

/* Create a file with this text; an existing one is left alone. */
static int
save_new(const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int result;

	if (fd == -1)
		return -1;
	result = file_pwrite_all(fd, text.p, text.n, 0);
	if (result == 0)
		result = file_sync(fd);
	return fd_close_written(fd, result);
}

static void
print_next(struct buf *next, const struct conf *conf, const char *config,
    const struct identity *id)
{
	char address[IDENTITY_ADDRESS];

	identity_address(address, conf);
	buf_addf(next, "configuration        %s\n", config);
	buf_addf(next, "data directory       %s\n", conf->data);
	buf_addf(next, "address for clients  %s\n", address);
	buf_addf(next, "certificate SHA-256  %s\n", id->cert.fingerprint);
	buf_addf(next, "Start the relay:     mnm -c %s\n", config);
	buf_addf(next, "For each member:     mnm -c %s invite "
	    "'Alice Smith'\n", config);
}

/* Read the configuration back, and create what it names. */
static int
make_rest(const char *config, uint64_t now, struct buf *next, char *why,
    size_t room)
{
	struct identity id;
	struct conf conf;
	int result = -1;

	if (conf_read(&conf, config, why, room) == -1)
		return -1;
	/* An existing one may be a backup: its contents are kept. */
	if (mkdir(conf.data, 0700) == -1 && errno != EEXIST)
		(void)snprintf(why, room, "%s: %s", conf.data,
		    strerror(errno));
	else
		result = identity_load(&id, &conf, now, why, room);
	if (result == 0) {
		print_next(next, &conf, config, &id);
		identity_free(&id);
	}
	conf_free(&conf);
	return result;
}

int
setup_init(const char *dir, uint64_t now, struct buf *next, char *why,
    size_t room)
{
	struct buf path = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	int result = find_path(&path, dir);

	if (result == -1) {
		(void)snprintf(why, room, "%s: %s", dir, strerror(errno));
		return -1;
	}
	write_config(&text, path.p);
	buf_addf(&path, "/" SETUP_CONFIG);
	result = save_new(path.p, buf_span(&text));
	if (result == -1) {
		(void)snprintf(why, room, "%s: %s", path.p, strerror(errno));
	} else {
		result = make_rest(path.p, now, next, why, room);
		if (result == -1)
			(void)unlink(path.p);	/* it was never used */
	}
	buf_free(&path);
	buf_free(&text);
	return result;
}
