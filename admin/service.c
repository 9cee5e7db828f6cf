/*
 * The order of start and stop stands in service_run.  The port is bound and a
 * key that conf names is read before root is given up; the data directory is
 * opened after that, so that all that is made there belongs to the one who
 * serves.
 *
 * Signals write their number to a pipe that the loop watches.  An alarm is
 * one of them: the watchdog is fed, and the certificate looked after, only
 * while the loop turns.
 */
#include "admin/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "datadir.h"
#include "base/fd.h"
#include "net/identity.h"
#include "base/log.h"
#include "net/listen.h"
#include "admin/notify.h"
#include "ntp.h"
#include "admin/process.h"
#include "server.h"
#include "admin/setup.h"

#define WHY_ROOM 512	/* one sentence */
#define HOUR     3600U	/* seconds between two looks at the certificate */

/* What signals write to and the loop reads from, so that none is missed. */
static int wake_in = -1;

struct service {
	struct conf *conf;
	const char *path;	/* of the configuration, or NULL */
	struct identity id;
	struct datadir data;
	struct server *sv;
	int64_t clock_offset;	/* ms that the system's clock is behind */
	unsigned alarm;		/* seconds between two alarms */
	unsigned alarms;	/* since the last look at the certificate */
};

/* ---- time ---- */

static int64_t
wall_ms(void)
{
	return (int64_t)(clock_us(CLOCK_REALTIME) / 1000);
}

/*
 * How many milliseconds the system's clock is behind what a time server says,
 * when it matters; 0 when nobody answers.
 */
static int64_t
ask_time(const struct conf *conf)
{
	struct ntp_answer answer;
	int64_t behind;
	char **host;

	for (host = conf->ntp_hosts; *host != NULL; host++) {
		if (ntp_ask(&answer, *host, conf->ntp_retries, NTP_WAIT) == 0)
			break;
		log_line("ntp: %s", answer.why);
	}
	if (*host == NULL) {
		if (conf->ntp_hosts[0] != NULL)
			log_line("ntp: no host answers; the system's clock is "
			    "trusted");
		return 0;
	}
	behind = (int64_t)(answer.wall / 1000000) - wall_ms();
	if (behind <= 1000 && behind >= -1000)
		return 0;
	log_line("ntp: the system's clock is %lld s off; %s is believed",
	    (long long)(behind / 1000), *host);
	return behind;
}

/* Seconds since 1970. */
static uint64_t
now_of(const struct service *s)
{
	return (uint64_t)(wall_ms() + s->clock_offset) / 1000;
}

/* ---- signals ---- */

/* A full pipe means that the loop has enough to wake it. */
static void
take_signal(int number)
{
	unsigned char byte = (unsigned char)number;
	int error = errno;

	if (write(wake_in, &byte, 1) == -1)
		errno = error;
}

static void
set_signal(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	if (sigaction(number, &action, NULL) == -1)
		die("cannot catch signal %d: %s", number, strerror(errno));
}

/* Returns what becomes readable when a signal has come: its number. */
static int
catch_signals(void)
{
	int ends[2];

	if (fd_pipe(ends) == -1)
		die("cannot make a pipe: %s", strerror(errno));
	wake_in = ends[1];
	set_signal(SIGINT, take_signal);
	set_signal(SIGTERM, take_signal);
	set_signal(SIGHUP, take_signal);
	set_signal(SIGALRM, take_signal);
	return ends[0];
}

/* ---- while it serves ---- */

/* Log what setup_check found, but for what will end the program anyhow. */
static void
log_warnings(const struct buf *findings)
{
	struct span line = { findings->p, 0 };
	const char *end = findings->p + findings->n;

	for (; line.p < end; line.p += line.n + 1) {
		line.n = strcspn(line.p, "\n");
		if (strncmp(line.p, "warning: ", 9) == 0)
			log_line("%.*s", (int)line.n, line.p);
	}
}

/* What cannot be changed by a reload stays as it is in both. */
static void
keep_text(char **new, char **old, const char *key)
{
	char *text = *new;

	if (strcmp(*new, *old) == 0)
		return;
	log_line("reload: %s will change at the next start only", key);
	*new = *old;
	*old = text;
}

static void
keep_fixed(struct conf *new, struct conf *old)
{
	keep_text(&new->data, &old->data, "data");
	keep_text(&new->user, &old->user, "user");
	keep_text(&new->listen_net, &old->listen_net, "listen.net");
	keep_text(&new->listen_laddr, &old->listen_laddr, "listen.laddr");
	if (new->journal_size != old->journal_size)
		log_line("reload: journal_size will change at the next start "
		    "only");
	new->journal_size = old->journal_size;
}

/*
 * Serve with another certificate.  The one that is the same stays: handshakes
 * under way use it.
 */
static void
set_identity(struct service *s, struct identity *id)
{
	struct identity old = *id;

	s->id.cert_time = id->cert_time;
	s->id.key_time = id->key_time;
	if (strcmp(s->id.cert.fingerprint, id->cert.fingerprint) != 0) {
		old = s->id;
		s->id = *id;
		server_set_cert(s->sv, &s->id.cert);
	}
	identity_free(&old);
	identity_warn(&s->id, now_of(s));
}

static int
read_anew(struct service *s, struct conf *conf, char *why, size_t room)
{
	struct buf findings = { NULL, 0, 0 };

	if (s->path == NULL)
		conf_default(conf);
	else if (conf_read(conf, s->path, why, room) == -1)
		return -1;
	keep_fixed(conf, s->conf);
	(void)setup_check(conf, s->path, now_of(s), &findings);
	if (findings.n > 0)
		log_warnings(&findings);
	buf_free(&findings);
	return 0;
}

/* All of it, or nothing. */
static void
reload(struct service *s)
{
	struct conf conf, old;
	struct identity id;
	char why[WHY_ROOM];

	notify("RELOADING=1");
	if (read_anew(s, &conf, why, sizeof(why)) == -1) {
		log_line("reload: %s; nothing is changed", why);
	} else if (identity_load(&id, &conf, now_of(s), why, sizeof(why)) ==
	    -1) {
		log_line("reload: %s; nothing is changed", why);
		conf_free(&conf);
	} else {
		old = *s->conf;
		*s->conf = conf;
		s->data.disk_min = conf.disk_min;
		server_reload(s->sv);
		set_identity(s, &id);
		conf_free(&old);
		log_line("reload: done");
	}
	notify("READY=1");
}

/* A certificate is renewed by others, who need not tell. */
static void
look_at_certificate(struct service *s)
{
	struct identity id;
	char why[WHY_ROOM];

	s->alarms = 0;
	if (!identity_is_stale(&s->id)) {
		identity_warn(&s->id, now_of(s));
	} else if (identity_load(&id, s->conf, now_of(s), why,
	    sizeof(why)) == -1) {
		log_line("%s; the certificate before is used", why);
	} else {
		set_identity(s, &id);
		log_line("%s was read anew", s->id.cert_path);
	}
}

static void
on_alarm(struct service *s)
{
	notify("WATCHDOG=1");
	if (++s->alarms * s->alarm >= HOUR)
		look_at_certificate(s);
	(void)alarm(s->alarm);
}

/* Serve until a signal says stop; returns -1 with errno as server_run. */
static int
serve(struct service *s, int wake)
{
	unsigned char number;

	while (server_run(s->sv, wake) == 0) {
		while (read(wake, &number, 1) == 1) {
			if (number == SIGALRM)
				on_alarm(s);
			else if (number == SIGHUP)
				reload(s);
			else
				return 0;
		}
	}
	return -1;
}

/* ---- start and stop ---- */

static void
check(const struct service *s)
{
	struct buf findings = { NULL, 0, 0 };

	(void)setup_check(s->conf, s->path, now_of(s), &findings);
	if (findings.n > 0)
		log_warnings(&findings);
	buf_free(&findings);
}

/* What one has to know to use the relay, or to let others use it. */
static void
print_welcome(const struct service *s)
{
	char address[IDENTITY_ADDRESS];
	struct conf_address listen;

	identity_address(address, s->conf);
	printf("address for clients  %s\n", address);
	printf("certificate SHA-256  %s\n", s->id.cert.fingerprint);
	printf("data directory       %s\n", s->conf->data);
	if (conf_split_address(s->conf->listen_laddr, &listen) &&
	    listen_is_loopback(listen.host))
		printf("Only this machine can reach it.  To serve others: "
		    "%s%s\n", s->path == NULL ? "mnm init DIR" :
		    "set listen.laddr in ", s->path == NULL ? "" : s->path);
	/* Whoever reads it may be gone; that is no reason to stop. */
	(void)fflush(stdout);
}

static void
load_identity(struct service *s)
{
	char why[WHY_ROOM];

	if (identity_load(&s->id, s->conf, now_of(s), why, sizeof(why)) == -1)
		die("%s", why);
	identity_warn(&s->id, now_of(s));
}

static void
open_data(struct service *s)
{
	char why[WHY_ROOM];

	if (datadir_open(&s->data, s->conf->data, s->conf->journal_size, why,
	    sizeof(why)) == -1)
		die("%s", why);
	s->data.disk_min = s->conf->disk_min;
	if (syncer_start(s->data.syncer) == -1)
		die("cannot start a thread: %s", strerror(errno));
}

static void
start(struct service *s)
{
	static const struct rlimit none = { 0, 0 };
	char why[WHY_ROOM];

	(void)setrlimit(RLIMIT_CORE, &none);	/* no key in a core dump */
	s->sv = server_open(s->conf, why, sizeof(why));
	if (s->sv == NULL)
		die("%s", why);
	s->clock_offset = ask_time(s->conf);
	check(s);
	if (s->conf->listen_cert_path[0] != '\0')
		load_identity(s);
	root_give_up(s->conf);
	open_data(s);
	if (s->conf->listen_cert_path[0] == '\0')
		load_identity(s);
}

/* Half of what the watchdog allows, and once an hour at least. */
static void
set_alarm(struct service *s)
{
	unsigned limit = notify_watchdog();

	s->alarm = HOUR;
	if (limit > 0 && limit / 2 < HOUR)
		s->alarm = limit > 1 ? limit / 2 : 1;
	(void)alarm(s->alarm);
}

void
service_run(struct conf *conf, const char *path)
{
	struct service s = { .conf = conf, .path = path };
	int wake, result;

	start(&s);
	wake = catch_signals();
	server_start(s.sv, &s.data, &s.id.cert, s.clock_offset);
	print_welcome(&s);
	notify("READY=1\nSTATUS=serving");
	set_alarm(&s);

	result = serve(&s, wake);
	notify("STOPPING=1");
	if (result == -1 || server_stop(s.sv) == -1)
		die("cannot store what comes: %s", strerror(errno));
	server_close(s.sv);
	if (datadir_close(&s.data) == -1)
		die("%s: %s", conf->data, strerror(errno));
	identity_free(&s.id);
	conf_free(conf);
	log_line("stopped");
}
