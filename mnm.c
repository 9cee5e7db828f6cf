/*
 * mnm - a relay for the Trusted Messaging Transfer Protocol, and the commands
 * that set it up and administer it.
 *
 * Here are the options, the order of start and stop, signals and reload.  Only
 * this file ends the program because something stands in the way.
 *
 * The port is bound and a key that conf names is read before root is given up.
 * The data directory is opened after that, so that everything created there
 * belongs to the user who serves.
 *
 * Signals write their number to a pipe that the loop watches.  An alarm is one
 * of them: the service manager's watchdog is fed, and the certificate checked,
 * only while the loop turns.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/check.h"
#include "admin/cli.h"
#include "admin/process.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "conf.h"
#include "datadir.h"
#include "disk/syncer.h"
#include "net/identity.h"
#include "ntp.h"
#include "server.h"
#include "sim/sim.h"

#define VERSION "0.1"

#define WHY_ROOM 512	/* one sentence */
#define HOUR     3600U	/* seconds between two checks of the certificate */

/* What signals write to and the loop reads from, so that none is missed. */
static int wake_in = -1;

/* The running relay. */
struct service {
	struct conf conf;
	const char *path;	/* of the configuration, or NULL */
	struct identities ids;
	struct datadir data;
	struct server *sv;
	int64_t clock_offset;	/* ms that the system's clock is behind */
	unsigned alarm;		/* seconds between two alarms */
	unsigned alarms;	/* since the certificate was last checked */
};

/* ---- time ---- */

/*
 * How many milliseconds the system's clock is behind a time server, if it
 * matters; 0 when none answers.
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
			log_line("ntp: no host answers; using the system's "
			    "clock");
		return 0;
	}
	behind = (int64_t)(answer.wall / 1000000 - clock_ms(CLOCK_REALTIME));
	if (behind <= 1000 && behind >= -1000)
		return 0;
	log_line("ntp: the system's clock is off by %lld s; using the time "
	    "of %s", (long long)(behind / 1000), *host);
	return behind;
}

/* Seconds since 1970. */
static uint64_t
now_of(const struct service *s)
{
	return (clock_ms(CLOCK_REALTIME) + (uint64_t)s->clock_offset) / 1000;
}

/* ---- signals ---- */

/* If the pipe is full, the loop will wake up anyhow. */
static void
take_signal(int number)
{
	unsigned char byte = (unsigned char)number;
	int error = errno;

	if (write(wake_in, &byte, 1) == -1)
		errno = error;
}

/* Returns what becomes readable when a signal arrives: its number. */
static int
catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };
	struct sigaction action = { .sa_handler = take_signal };
	int ends[2];
	size_t i;

	if (fd_pipe(ends) == -1)
		die("cannot make a pipe: %s", strerror(errno));
	wake_in = ends[1];
	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigaction(numbers[i], &action, NULL) == -1)
			die("cannot catch signal %d: %s", numbers[i],
			    strerror(errno));
	}
	return ends[0];
}

/* Half of what the watchdog allows, and at least once an hour. */
static void
set_alarm(struct service *s)
{
	unsigned limit = process_watchdog();

	s->alarm = HOUR;
	if (limit > 0 && limit / 2 < HOUR)
		s->alarm = limit > 1 ? limit / 2 : 1;
	(void)alarm(s->alarm);
}

/* ---- reload ---- */

/* Log what check_setup warns of; errors come up again when they matter. */
static void
log_warnings(const struct service *s, const struct conf *conf)
{
	struct buf findings = { NULL, 0, 0 };
	struct span line;

	(void)check_setup(conf, s->path, now_of(s), CHECK_BY_RELAY,
	    &findings);
	buf_add_byte(&findings, '\0');
	for (line.p = findings.p; *line.p != '\0'; line.p += line.n + 1) {
		line.n = strcspn(line.p, "\n");
		if (strncmp(line.p, "warning: ", 9) == 0)
			log_line("%.*s", (int)line.n, line.p);
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
keep_fixed(struct conf *new, struct conf *old)
{
	keep_text(&new->data, &old->data, "data");
	keep_text(&new->user, &old->user, "user");
	if (new->journal_size != old->journal_size)
		log_line("reload: journal_size changes only at the next "
		    "start");
	new->journal_size = old->journal_size;
}

/* Warn of those that expire. */
static void
warn_of_ends(struct service *s)
{
	size_t i;

	for (i = 0; i < s->conf.listen_count; i++) {
		if (s->ids.of[i] != NULL)
			identity_warn(s->ids.of[i], now_of(s));
	}
}

/*
 * Serve with other certificates.  Those that are the same stay.  Returns one
 * that is new, or NULL.
 */
static const struct identity *
set_identities(struct service *s, struct identities *new)
{
	struct identities old = s->ids, before = s->ids;
	const struct identity *changed = NULL;
	size_t i;

	identities_keep(new, &old);
	s->ids = *new;
	for (i = 0; i < s->conf.listen_count; i++) {
		if (s->ids.of[i] != before.of[i])
			changed = s->ids.of[i];
	}
	server_set_certs(s->sv, &s->ids);
	identities_free(&old);
	warn_of_ends(s);
	return changed;
}

/* Change all of it, or nothing: then -1 and why. */
static int
reload(struct service *s, char *why, size_t room)
{
	struct identities ids = { { NULL } };
	struct conf conf, old;

	if (conf_read(&conf, s->path, why, room) == -1)
		return -1;
	keep_fixed(&conf, &s->conf);
	log_warnings(s, &conf);
	if (identities_read(&ids, &conf, IDENTITIES_ALL, now_of(s), why,
	    room) == -1) {
		conf_free(&conf);
		return -1;
	}
	if (server_listen(s->sv, &conf, why, room) == -1) {
		identities_free(&ids);
		conf_free(&conf);
		return -1;
	}
	old = s->conf;
	s->conf = conf;
	s->data.disk_min = conf.disk_min;
	(void)set_identities(s, &ids);
	server_reload(s->sv);
	conf_free(&old);
	return 0;
}

static void
on_hangup(struct service *s)
{
	char why[WHY_ROOM];

	process_notify("RELOADING=1");
	if (reload(s, why, sizeof(why)) == -1)
		log_line("reload: %s; nothing is changed", why);
	else
		log_line("reload: done");
	process_notify("READY=1");
}

/*
 * Other programs renew a certificate, and may not send a signal; the relay
 * itself renews its own.
 */
static void
check_certificates(struct service *s)
{
	struct identities ids = { { NULL } };
	char why[WHY_ROOM];
	const struct identity *new;
	bool stale = false;
	size_t i;

	for (i = 0; i < s->conf.listen_count; i++) {
		if (s->ids.of[i] != NULL && (identity_is_own(s->ids.of[i]) ||
		    identity_is_stale(s->ids.of[i])))
			stale = true;
	}
	if (!stale)
		warn_of_ends(s);
	else if (identities_read(&ids, &s->conf, IDENTITIES_ALL, now_of(s),
	    why, sizeof(why)) == -1)
		log_line("%s; keeping the old certificate", why);
	else if ((new = set_identities(s, &ids)) != NULL)
		log_line("%s was reloaded", new->cert_path);
}

static void
on_alarm(struct service *s)
{
	process_notify("WATCHDOG=1");
	if (++s->alarms * s->alarm >= HOUR) {
		s->alarms = 0;
		check_certificates(s);
	}
	(void)alarm(s->alarm);
}

/* ---- start and stop ---- */

/* What people need to use the relay, or to let others use it. */
static void
print_welcome(const struct service *s)
{
	const struct conf *conf = &s->conf;
	const struct conf_listener *main = identity_listener(conf), *l;
	const struct cert *cert = identities_cert(&s->ids, conf);
	char address[IDENTITY_ADDRESS];

	identity_address(address, conf);
	printf("address for clients  %s\n", address);
	if (cert != NULL)
		printf("certificate SHA-256  %s\n", cert->fingerprint);
	printf("data directory       %s\n", conf->data);
	for (l = conf->listen; l < conf->listen + conf->listen_count; l++) {
		if (conf->listen_count > 1 || l->net == CONF_UNIX || !l->tls)
			printf("listens on           %s%s\n", l->laddr,
			    l->tls ? "" : ", without TLS");
	}
	if (main->net != CONF_UNIX && main->tls && conf_is_local(main))
		printf("Only this machine can reach it.  To serve others: "
		    "%s%s\n", s->path == NULL ? "mnm init DIR" :
		    "set listen.laddr in ", s->path == NULL ? "" : s->path);
	/* Serve even if nobody reads this. */
	(void)fflush(stdout);
}

static void
load_identities(struct service *s, enum identities_part part)
{
	char why[WHY_ROOM];

	if (identities_read(&s->ids, &s->conf, part, now_of(s), why,
	    sizeof(why)) == -1)
		die("%s", why);
}

static void
start(struct service *s)
{
	static const struct rlimit none = { 0, 0 };
	char why[WHY_ROOM];

	(void)setrlimit(RLIMIT_CORE, &none);	/* no key in a core dump */
	if (conf_read(&s->conf, s->path, why, sizeof(why)) == -1 ||
	    (s->sv = server_open(&s->conf, why, sizeof(why))) == NULL)
		die("%s", why);
	s->clock_offset = ask_time(&s->conf);
	log_warnings(s, &s->conf);
	load_identities(s, IDENTITIES_NAMED);
	if (process_give_up_root(&s->conf, why, sizeof(why)) == -1 ||
	    datadir_open(&s->data, s->conf.data, s->conf.journal_size, why,
	    sizeof(why)) == -1)
		die("%s", why);
	s->data.disk_min = s->conf.disk_min;
	if (syncer_start(s->data.syncer) == -1)
		die("cannot start a thread: %s", strerror(errno));
	load_identities(s, IDENTITIES_ALL);
	warn_of_ends(s);
}

/* Serve until a signal says stop; returns -1 with errno as server_run. */
static int
serve(struct service *s, int wake)
{
	unsigned char number;

	while (server_run(s->sv) == 0) {
		while (read(wake, &number, 1) == 1) {
			if (number == SIGALRM)
				on_alarm(s);
			else if (number == SIGHUP)
				on_hangup(s);
			else
				return 0;
		}
	}
	return -1;
}

/* Run the relay until SIGINT or SIGTERM. */
static void
run_relay(const char *path)
{
	struct service s = { .path = path };
	int wake, result;

	start(&s);
	wake = catch_signals();
	if (server_start(s.sv, &s.data, &s.ids, s.clock_offset) == -1 ||
	    server_watch(s.sv, wake) == -1)
		die("cannot watch connections: %s", strerror(errno));
	print_welcome(&s);
	process_notify("READY=1\nSTATUS=serving");
	set_alarm(&s);

	result = serve(&s, wake);
	process_notify("STOPPING=1");
	if (result == -1 || server_stop(s.sv) == -1)
		die("cannot store messages: %s", strerror(errno));
	server_close(s.sv);
	if (datadir_close(&s.data) == -1)
		die("%s: %s", s.conf.data, strerror(errno));
	identities_free(&s.ids);
	conf_free(&s.conf);
	log_line("stopped");
}

/* ---- the command line ---- */

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0 || errno != ENOENT;
}

/* A file that was asked for must exist; ./mnm.config need not. */
static const char *
find_config(const char *asked)
{
	if (asked != NULL)
		return asked;
	return exists(CLI_CONFIG) ? CLI_CONFIG : NULL;
}

/* Where there is no relay, commands are for the installed one. */
static const char *
find_relay(const char *config)
{
	if (config != NULL || exists(CLI_DATA) || !exists(CLI_INSTALLED))
		return config;
	return CLI_INSTALLED;
}

static void
usage(void)
{
	struct buf commands = { NULL, 0, 0 };

	admin_usage(&commands);
	printf("usage: mnm [-c FILE]            run the relay\n"
	    "       mnm [-c FILE] COMMAND    run a command\n"
	    "       mnm N                    simulate N members (load test)\n"
	    "       mnm -V | -h\n\n"
	    "FILE is the configuration (default: ./" CLI_CONFIG "); "
	    "mnm.conf is an example.\nWithout one, the relay serves only this "
	    "machine.  Most commands work while the\nrelay is running or "
	    "stopped; mnm(8) explains them:\n\n%.*s", (int)commands.n,
	    commands.p);
	buf_free(&commands);
}

__attribute__((noreturn))
static void
refuse(const char *what, const char *word)
{
	fprintf(stderr, "mnm: %s: %s\nmnm -h lists all commands\n", what,
	    word);
	exit(ADMIN_USAGE);
}

/*
 * Take the options before the command off the arguments; *config is the
 * configuration that was asked for, or NULL.  A file may follow -c directly.
 */
static char **
read_options(char **argv, const char **config)
{
	*config = NULL;
	while (*argv != NULL && (*argv)[0] == '-') {
		if (strcmp(*argv, "-V") == 0) {
			puts("mnm " VERSION);
			exit(0);
		} else if (strcmp(*argv, "-h") == 0) {
			usage();
			exit(0);
		} else if (strncmp(*argv, "-c", 2) != 0) {
			refuse("unknown option", *argv);
		}
		if ((*argv)[2] == '\0' && argv[1] == NULL)
			refuse("missing file after", *argv);
		*config = (*argv)[2] != '\0' ? *argv + 2 : *++argv;
		argv++;
	}
	return argv;
}

int
main(int argc, char **argv)
{
	const char *config;
	char **words;

	umask(077);
	fd_raise_limit();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);	/* see ulimit -f: a write fails */
	if (argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9')
		return sim_run(argc, argv);
	words = read_options(argv + 1, &config);
	config = find_config(config);
	if (*words != NULL)
		return cli_run(find_relay(config), words,
		    (size_t)(argv + argc - words));
	run_relay(config);
	return 0;
}
