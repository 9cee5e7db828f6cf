/*
 * A relay as one thing: configuration, certificates, data directory and server,
 * their order at start, reload and stop.
 *
 * The port is bound and keys that conf names are read by mnm_open.  The data
 * directory is opened after that, by mnm_start, so that everything created
 * there belongs to the user who serves.
 */
#include "library.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/check.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "conf.h"
#include "datadir.h"
#include "disk/file.h"
#include "disk/syncer.h"
#include "mnm.h"
#include "net/channel.h"
#include "net/identity.h"
#include "ntp.h"
#include "push/push.h"
#include "server.h"

#define BLIND 10	/* ms between turns if no descriptor tells of them */
/*
 * Bytes for more users, devices and messages than there are at the start.  It
 * is much, as no limit may end a relay that does its work.
 */
#define MEMORY_MORE (UINT64_C(512) << 20)
#define THREADS     2	/* besides the loop: the syncer's, the watchdog's */
#define STACK_MAX   (UINT64_C(1) << 40)	/* bytes; from here on it is no limit */
#define HOUR UINT64_C(3600000)	/* ms between two looks at certificates */

/* Certificates that have been replaced, while handshakes need them. */
struct retired {
	struct identities ids;
	struct retired *next;
};

struct mnm {
	char *path, *text;	/* of the configuration, or NULL */
	char *data_path;	/* instead of conf's, or NULL */
	bool in_process_only;
	struct log_sink sink;
	struct conf conf;
	struct identities ids;
	struct retired *retired;
	struct datadir data;
	bool data_open;
	bool gives_up;		/* what it does not need: conf's at the start */
	bool confined;		/* to the files that it had at the start */
	bool lacks_push;	/* ... without those of push_contact */
	struct server *sv;
	int64_t clock_offset;	/* ms that the system's clock is behind */
	int stop[2];		/* a pipe: mnm_stop */
	bool stopped;		/* it was called */
	uint64_t checked;	/* when certificates were, in monotonic ms */
	char address[IDENTITY_ADDRESS];
	/* In use by this process: */
	struct hook in_use;
	dev_t device;
	ino_t inode;
};

/*
 * The lock of a data directory keeps other processes away, not this one: and it
 * would be lost if the directory was opened again.
 */
static pthread_mutex_t in_use_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct list in_use;

/* ---- time ---- */

/* Seconds since 1970. */
static uint64_t
now_of(const struct mnm *m)
{
	return (clock_ms(CLOCK_REALTIME) + (uint64_t)m->clock_offset) / 1000;
}

/* ---- configuration ---- */

static int
read_conf(const struct mnm *m, struct conf *conf, char *why, size_t room)
{
	int result;

	if (m->text != NULL)
		result = conf_parse(conf, span_of(m->text), "configuration",
		    why, room);
	else
		result = conf_read(conf, m->path, why, room);
	if (result == -1)
		return -1;
	if (m->data_path != NULL) {
		free(conf->data);
		conf->data = xcopy(span_of(m->data_path));
	}
	if (m->in_process_only)
		conf_listen_nowhere(conf);
	return 0;
}

/* Log what check_setup warns of; errors come up again when they matter. */
static void
log_warnings(const struct mnm *m, const struct conf *conf)
{
	struct buf findings = { NULL, 0, 0 };
	struct span line;

	if (m->in_process_only)
		return;		/* most are about strangers */
	(void)check_setup(conf, m->path, now_of(m), CHECK_BY_RELAY, &findings);
	buf_add_byte(&findings, '\0');
	for (line.p = findings.p; *line.p != '\0'; line.p += line.n + 1) {
		line.n = strcspn(line.p, "\n");
		if (strncmp(line.p, "warning: ", 9) == 0)
			log_warning("%.*s", (int)line.n, line.p);
	}
	buf_free(&findings);
}

/* What a reload cannot change stays as it is. */
static void
keep_text(char **new, char **old, const char *key)
{
	char *text = *new;

	if (strcmp(*new, *old) == 0)
		return;
	log_line("reload: %s changes only at the next start", key);
	*new = *old;
	*old = text;
}

static void
keep_fixed(const struct mnm *m, struct conf *new, struct conf *old)
{
	if (m->lacks_push)
		keep_text(&new->push_contact, &old->push_contact,
		    "push_contact");
	if (new->confine != old->confine)
		log_line("reload: confine changes only at the next start");
	new->confine = old->confine;
	keep_text(&new->data, &old->data, "data");
	keep_text(&new->user, &old->user, "user");
	if (new->journal_size != old->journal_size)
		log_line("reload: journal_size changes only at the next "
		    "start");
	new->journal_size = old->journal_size;
}

/* ---- certificates ---- */

/* Warn of those that expire. */
static void
warn_of_ends(struct mnm *m)
{
	size_t i;

	for (i = 0; i < m->conf.listen_count; i++) {
		if (m->ids.of[i] != NULL)
			identity_warn(m->ids.of[i], now_of(m));
	}
}

static bool
is_needed(const struct mnm *m, const struct identities *ids)
{
	size_t i;

	for (i = 0; i < CONF_LISTENERS; i++) {
		if (ids->of[i] != NULL &&
		    server_needs_cert(m->sv, &ids->of[i]->cert))
			return true;
	}
	return false;
}

/* Free those that no handshake needs any more. */
static void
free_retired(struct mnm *m)
{
	struct retired **at = &m->retired, *r;

	while ((r = *at) != NULL) {
		if (m->sv != NULL && is_needed(m, &r->ids)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		identities_free(&r->ids);
		free(r);
	}
}

static void
retire(struct mnm *m, const struct identities *ids)
{
	struct retired *r = xzalloc(sizeof(*r));

	r->ids = *ids;
	r->next = m->retired;
	m->retired = r;
	free_retired(m);
}

/*
 * Serve with other certificates.  Those that are the same stay.  Returns one
 * that is new, or NULL.
 */
static const struct identity *
set_identities(struct mnm *m, struct identities *new)
{
	struct identities old = m->ids, before = m->ids;
	const struct identity *changed = NULL;
	size_t i;

	identities_keep(new, &old);
	m->ids = *new;
	for (i = 0; i < m->conf.listen_count; i++) {
		if (m->ids.of[i] != before.of[i])
			changed = m->ids.of[i];
	}
	server_set_certs(m->sv, &m->ids);
	if (changed != NULL)
		server_forget_sessions(m->sv);
	retire(m, &old);
	warn_of_ends(m);
	return changed;
}

/*
 * Other programs renew a certificate, and may not ask for a reload; the relay
 * itself renews its own.
 */
static void
check_certificates(struct mnm *m)
{
	struct identities ids = { { NULL } };
	const struct identity *new;
	bool stale = false;
	size_t i;

	for (i = 0; i < m->conf.listen_count; i++) {
		if (m->ids.of[i] != NULL && (identity_is_own(m->ids.of[i]) ||
		    identity_is_stale(m->ids.of[i])))
			stale = true;
	}
	if (!stale)
		warn_of_ends(m);
	else {
		identities_renew(&ids, &m->ids, &m->conf, now_of(m));
		new = set_identities(m, &ids);
		if (new != NULL)
			log_line("%s was reloaded", new->cert_path);
	}
}

/* ---- start and stop ---- */

static struct mnm *
make(const struct mnm_options *options)
{
	struct mnm *m = xzalloc(sizeof(*m));

	if (options->config_text != NULL)
		m->text = xcopy(span_of(options->config_text));
	else if (options->config_path != NULL)
		m->path = xcopy(span_of(options->config_path));
	if (options->data != NULL)
		m->data_path = xcopy(span_of(options->data));
	m->in_process_only = options->in_process_only != 0;
	m->sink = (struct log_sink){ options->log, options->log_context };
	m->stop[0] = m->stop[1] = -1;
	return m;
}

/* -1 with errno as server_stop. */
static int
stop_server(struct mnm *m)
{
	int result = m->sv == NULL ? 0 : server_stop(m->sv), error = errno;

	server_close(m->sv);
	m->sv = NULL;
	errno = error;
	return result;
}

static void
free_all(struct mnm *m)
{
	free_retired(m);
	identities_free(&m->ids);
	conf_free(&m->conf);
	(void)fd_close(m->stop[0]);
	(void)fd_close(m->stop[1]);
	free(m->path);
	free(m->text);
	free(m->data_path);
	free(m);
}

static int
prepare(struct mnm *m, char *why, size_t room)
{
	if (fd_pipe(m->stop) == -1)
		return say_why(why, room, "cannot make a pipe: %s",
		    strerror(errno));
	if (read_conf(m, &m->conf, why, room) == -1 ||
	    (m->sv = server_open(&m->conf, why, room)) == NULL)
		return -1;
	m->clock_offset = ntp_offset(m->conf.ntp_hosts,
	    m->conf.ntp_retries);
	log_warnings(m, &m->conf);
	return identities_read(&m->ids, &m->conf, IDENTITIES_NAMED, now_of(m),
	    why, room);
}

struct mnm *
mnm_open(const struct mnm_options *options, char *why, size_t room)
{
	struct mnm *m = make(options);
	const struct log_sink *before = log_to(&m->sink);

	if ((options->config_path != NULL && options->config_text != NULL ?
	    say_why(why, room, "both config_path and config_text are given: "
	    "%s", options->config_path) : prepare(m, why, room)) == -1) {
		(void)stop_server(m);	/* it has not served */
		free_all(m);
		m = NULL;
	}
	(void)log_to(before);
	return m;
}

/* ---- confinement ---- */

/* What a listener needs when it is opened, reloaded or closed. */
static void
allow_listener(const struct confine *c, const struct conf_listener *l)
{
	if (l->net == CONF_UNIX)
		confine_allow(c, CONFINE_SOCKET, l->laddr);
	if (l->group[0] != '\0')
		confine_allow(c, CONFINE_READ, "/etc/group");
	if (l->cert_path[0] != '\0') {
		confine_allow(c, CONFINE_READ, l->cert_path);
		confine_allow(c, CONFINE_READ, l->key_path);
	}
}

/* What the relay reads and writes from its start to its end. */
static void
allow_files(const struct confine *c, const struct mnm *m)
{
	const struct conf *conf = &m->conf;
	const char *clock = getenv("FAKETIME_TIMESTAMP_FILE");
	size_t i;

	/* It must exist to be allowed; mnm_start reports any error. */
	(void)file_make_dir(AT_FDCWD, conf->data);
	confine_allow(c, CONFINE_DATA, conf->data);
	if (m->path != NULL)
		confine_allow(c, CONFINE_READ, m->path);
	for (i = 0; i < conf->listen_count; i++)
		allow_listener(c, &conf->listen[i]);
	for (i = 0; i < conf->authby_count; i++) {
		if (conf->authby[i].keys[0] != '\0')
			confine_allow(c, CONFINE_READ, conf->authby[i].keys);
	}
	confine_allow(c, CONFINE_ONLY, "/dev/urandom");
	/* Addresses that are names, at a reload. */
	confine_allow(c, CONFINE_ONLY, "/etc/hosts");
	if (conf->push_contact[0] != '\0')
		push_allow(c);
	/* People test with libfaketime what a wrong clock does. */
	if (clock != NULL)
		confine_allow(c, CONFINE_READ, clock);
}

unsigned
mnm_confine(struct mnm *m)
{
	struct confine c;
	unsigned parts;

	m->gives_up = m->conf.confine;
	if (!m->gives_up)
		return 0;
	confine_begin(&c);
	allow_files(&c, m);
	parts = confine_end(&c, CONFINE_RELAY);
	m->confined = (parts & CONFINE_FILES) != 0;
	m->lacks_push = m->confined && m->conf.push_contact[0] == '\0';
	return parts;
}

unsigned
mnm_limit_memory(const struct mnm *m)
{
	struct rlimit stack;
	struct rusage used;
	uint64_t bytes = server_memory_max(&m->conf) + MEMORY_MORE;

	if (!m->gives_up || getrusage(RUSAGE_SELF, &used) == -1)
		return 0;
	bytes += (uint64_t)used.ru_maxrss * 4096;
	/* Stacks count as a whole, used or not. */
	if (getrlimit(RLIMIT_STACK, &stack) == 0 &&
	    stack.rlim_cur < STACK_MAX)
		bytes += THREADS * (uint64_t)stack.rlim_cur;
	return confine_memory(bytes) ? CONFINE_MEMORY : 0;
}

/* Whether a relay of this process has the directory.  With the lock held. */
static bool
is_in_use(const char *path)
{
	const struct hook *hook;
	const struct mnm *other;
	struct stat st;

	if (stat(path, &st) == -1)
		return false;
	for (hook = in_use.first; hook != NULL; hook = hook->next) {
		other = list_owner(hook);
		if (other->device == st.st_dev && other->inode == st.st_ino)
			return true;
	}
	return false;
}

/* Others wait meanwhile, so that two cannot open the same one. */
static int
open_data(struct mnm *m, char *why, size_t room)
{
	const char *path = m->conf.data;
	struct stat st;
	int result;

	pthread_mutex_lock(&in_use_mutex);
	if (is_in_use(path))
		result = say_why(why, room, "%s: another relay in this "
		    "program uses this data directory", path);
	else
		result = datadir_open(&m->data, path, m->conf.journal_size,
		    why, room);
	if (result == 0 && fstat(m->data.dir, &st) == 0) {
		m->device = st.st_dev;
		m->inode = st.st_ino;
		list_append(&in_use, &m->in_use, m);
	}
	pthread_mutex_unlock(&in_use_mutex);
	m->data_open = result == 0;
	return result;
}

static int
close_data(struct mnm *m)
{
	int result;

	if (!m->data_open)
		return 0;
	pthread_mutex_lock(&in_use_mutex);
	result = datadir_close(&m->data);
	list_remove(&m->in_use);
	pthread_mutex_unlock(&in_use_mutex);
	return result;
}

static int
start(struct mnm *m, char *why, size_t room)
{
	if (open_data(m, why, room) == -1)
		return -1;
	m->data.disk_min = m->conf.disk_min;
	if (syncer_start(m->data.syncer) == -1)
		return say_why(why, room, "cannot start a thread: %s",
		    strerror(errno));
	if (identities_read(&m->ids, &m->conf, IDENTITIES_ALL, now_of(m), why,
	    room) == -1)
		return -1;
	warn_of_ends(m);
	if (server_start(m->sv, &m->data, &m->ids, m->clock_offset, why,
	    room) == -1)
		return -1;
	if (server_watch(m->sv, m->stop[0]) == -1)
		return say_why(why, room, "cannot serve connections: %s",
		    strerror(errno));
	m->checked = clock_ms(CLOCK_MONOTONIC);
	return 0;
}

int
mnm_start(struct mnm *m, char *why, size_t room)
{
	const struct log_sink *before = log_to(&m->sink);
	int result = start(m, why, room);

	(void)log_to(before);
	return result;
}

/* ---- serving ---- */

/* Milliseconds until certificates are looked at. */
static int
time_to_check(const struct mnm *m)
{
	uint64_t passed = clock_ms(CLOCK_MONOTONIC) - m->checked;

	return passed >= HOUR ? 0 : (int)(HOUR - passed);
}

static int
shorter(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

/* Note that mnm_stop was called, and empty its pipe. */
static void
take_stop(struct mnm *m)
{
	char bytes[64];

	while (read(m->stop[0], bytes, sizeof(bytes)) > 0)
		m->stopped = true;
}

/* The operator's command for what a signal can do. */
static void
reload_if_asked(struct mnm *m)
{
	char why[MNM_WHY], text[MNM_WHY + 32];

	if (!server_wants_reload(m->sv))
		return;
	if (mnm_reload(m, why, sizeof(why)) == -1) {
		(void)snprintf(text, sizeof(text), "%s; nothing is changed",
		    why);
		log_error("reload: %s", text);
		server_reloaded(m->sv, text);
	} else {
		log_line("reload: done");
		server_reloaded(m->sv, NULL);
	}
}

int
mnm_turn(struct mnm *m, int timeout)
{
	const struct log_sink *before = log_to(&m->sink);
	int result;

	result = server_turn(m->sv, shorter(timeout, time_to_check(m)));
	if (server_is_woken(m->sv))
		take_stop(m);
	free_retired(m);
	if (result == 0)
		reload_if_asked(m);
	if (result == 0 && time_to_check(m) == 0)
		mnm_check(m);
	(void)log_to(before);
	return result;
}

void
mnm_check(struct mnm *m)
{
	const struct log_sink *before = log_to(&m->sink);

	m->checked = clock_ms(CLOCK_MONOTONIC);
	check_certificates(m);
	(void)log_to(before);
}

int
mnm_run(struct mnm *m)
{
	while (!m->stopped) {
		if (mnm_turn(m, -1) == -1)
			return -1;
	}
	m->stopped = false;
	return 0;
}

/* If the pipe is full, the loop will wake up anyhow. */
void
mnm_stop(struct mnm *m)
{
	int error = errno;

	while (write(m->stop[1], "", 1) == -1 && errno == EINTR)
		continue;
	errno = error;
}

int
mnm_fd(const struct mnm *m)
{
	return server_fd(m->sv);
}

int
mnm_timeout(struct mnm *m)
{
	int timeout = shorter(server_timeout(m->sv), time_to_check(m));

	return server_fd(m->sv) == -1 ? shorter(timeout, BLIND) : timeout;
}

/* Change all of it, or nothing: then -1 and why. */
static int
reload(struct mnm *m, char *why, size_t room)
{
	struct identities ids = { { NULL } };
	struct conf conf, old;

	if (read_conf(m, &conf, why, room) == -1)
		return -1;
	keep_fixed(m, &conf, &m->conf);
	log_warnings(m, &conf);
	if (identities_read(&ids, &conf, IDENTITIES_ALL, now_of(m), why,
	    room) == -1) {
		conf_free(&conf);
		return -1;
	}
	if (server_listen(m->sv, &conf, why, room) == -1) {
		identities_free(&ids);
		conf_free(&conf);
		return -1;
	}
	old = m->conf;
	m->conf = conf;
	m->data.disk_min = conf.disk_min;
	(void)set_identities(m, &ids);
	server_reload(m->sv);
	conf_free(&old);
	return 0;
}

int
mnm_reload(struct mnm *m, char *why, size_t room)
{
	const struct log_sink *before = log_to(&m->sink);
	int result = reload(m, why, room);
	size_t n;

	if (result == -1 && m->confined &&
	    strstr(why, strerror(EACCES)) != NULL) {
		n = strlen(why);
		(void)snprintf(why + n, room - n, " (a relay that runs is kept "
		    "from files in other directories than it had at its "
		    "start: restart it)");
	}

	(void)log_to(before);
	return result;
}

const char *
mnm_address(struct mnm *m)
{
	if (m->conf.listen_count == 0)
		return NULL;
	identity_address(m->address, &m->conf,
	    identities_cert(&m->ids, &m->conf));
	return m->address;
}

const char *
mnm_fingerprint(struct mnm *m)
{
	const struct cert *cert = identities_cert(&m->ids, &m->conf);

	return cert != NULL ? cert->fingerprint : NULL;
}

const struct conf *
mnm_conf(const struct mnm *m)
{
	return &m->conf;
}

int
mnm_close(struct mnm *m)
{
	const struct log_sink *before;
	int result = 0, error = 0;

	if (m == NULL)
		return 0;
	before = log_to(&m->sink);
	if (stop_server(m) == -1) {
		error = errno;
		result = -1;
	}
	if (close_data(m) == -1 && result == 0) {
		error = errno;
		result = -1;
	}
	free_all(m);
	(void)log_to(before);
	errno = error;
	return result;
}

/* ---- connections of the program ---- */

/* Its end of a channel, under a name of its own for mnm.h. */
static struct channel *
channel_of(struct mnm_connection *c)
{
	void *channel = c;

	return channel;
}

struct mnm_connection *
mnm_connect(struct mnm *m)
{
	void *channel = channel_connect(server_channels(m->sv));

	return channel;
}

long
mnm_read(struct mnm_connection *c, void *bytes, size_t room)
{
	return channel_read(channel_of(c), bytes, room);
}

long
mnm_write(struct mnm_connection *c, const void *bytes, size_t n)
{
	return channel_write(channel_of(c), bytes, n);
}

int
mnm_connection_fd(struct mnm_connection *c)
{
	return channel_fd(channel_of(c));
}

void
mnm_disconnect(struct mnm_connection *c)
{
	if (c != NULL)
		channel_close(channel_of(c));
}
