/*
 * mnm - a relay for the Trusted Messaging Transfer Protocol, and the commands
 * that set it up and administer it.
 *
 * Here are the options, the order of start and stop, signals and reload.  Only
 * this file ends the program because something stands in the way.
 *
 * The relay itself is that of mnm.h.  Signals note that they were there and
 * make mnm_run return.  An alarm is one of them: the service manager's watchdog
 * is fed only while the loop turns.
 */
#include "mnm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/cli.h"
#include "admin/process.h"
#include "base/buf.h"
#include "base/confine.h"
#include "base/fd.h"
#include "base/log.h"
#include "conf.h"
#include "library.h"
#include "net/identity.h"
#include "sim/sim.h"

#define OTHER_CONFIG "mnm.conf"	/* which people may take for CONF_FILE */

/* ---- signals ---- */

/* The relay, and whether it can be stopped in order. */
static struct mnm *relay;
static volatile sig_atomic_t serving;

static volatile sig_atomic_t hung_up, alarmed, ended;

/* As log_line cannot in a handler; number is below 100. */
static void
say_signal(const char *what, int number)
{
	char text[100] = "mnm: ";
	size_t n = strlen(text), length = strlen(what);

	memcpy(text + n, what, length);
	n += length;
	text[n++] = (char)('0' + number / 10);
	text[n++] = (char)('0' + number % 10);
	text[n++] = '\n';
	if (write(STDERR_FILENO, text, n) == -1)
		return;		/* nobody listens */
}

/* Before it serves, the relay has acknowledged nothing. */
static void
take_signal(int number)
{
	int error = errno;

	if (number == SIGHUP)
		hung_up = 1;
	else if (number == SIGALRM)
		alarmed = 1;
	else
		ended = 1;
	if (serving) {
		mnm_stop(relay);
	} else if (ended) {
		say_signal("stopped before it serves, by signal ", number);
		_exit(0);
	}
	errno = error;
}

/* The fault comes again, and ends the process as if this was not here. */
static void
take_fault(int number)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	say_signal("there is a fault in this program: signal ", number);
	sigemptyset(&action.sa_mask);
	(void)sigaction(number, &action, NULL);
	(void)raise(number);
}

/* What is meant for the relay, what ends it by mistake, and faults. */
static const int orders[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGALRM };
static const int strays[] = { SIGUSR1, SIGUSR2, SIGPIPE, SIGVTALRM, SIGPROF,
	SIGXCPU, SIGXFSZ,	/* see ulimit -f: a write fails */
#ifdef SIGIO
	SIGIO,
#endif
#ifdef SIGPWR
	SIGPWR,
#endif
#ifdef SIGSTKFLT
	SIGSTKFLT,
#endif
};
static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS };

static void
set_signals(const int *numbers, size_t n, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler }, before;
	size_t i;

	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	for (i = 0; i < n; i++) {
		/* Sanitizers catch faults, too. */
		if (handler == take_fault && (sigaction(numbers[i], NULL,
		    &before) == -1 || before.sa_handler != SIG_DFL))
			continue;
		if (sigaction(numbers[i], &action, NULL) == -1)
			die("cannot catch signal %d: %s", numbers[i],
			    strerror(errno));
	}
}

#define SET_SIGNALS(numbers, handler) \
	set_signals(numbers, sizeof(numbers) / sizeof((numbers)[0]), handler)

/* Whatever the parent has blocked or ignored. */
static void
catch_signals(void)
{
	static const int child = SIGCHLD;
	sigset_t none;

	SET_SIGNALS(orders, take_signal);
	SET_SIGNALS(strays, SIG_IGN);
	SET_SIGNALS(faults, take_fault);
	set_signals(&child, 1, SIG_DFL);
#ifdef SIGRTMIN
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		set_signals(&number, 1, SIG_IGN);
#endif
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Half of what the watchdog allows; never, if there is none. */
static void
set_alarm(void)
{
	unsigned limit = process_watchdog();

	if (limit > 0)
		(void)alarm(limit > 1 ? limit / 2 : 1);
}

static void
on_hangup(void)
{
	char why[MNM_WHY];

	process_notify("RELOADING=1");
	if (mnm_reload(relay, why, sizeof(why)) == -1)
		log_error("reload: %s; nothing is changed", why);
	else
		log_line("reload: done");
	(void)mnm_limit_memory(relay);
	process_notify("READY=1");
}

static void
on_alarm(void)
{
	process_beat();
	/* Without a watchdog, somebody sent it. */
	if (process_watchdog() == 0)
		mnm_check(relay);
	set_alarm();
}

/* ---- the relay ---- */

/* As the configuration says; else as the journal wants it, if that reads. */
static void
set_log(const struct conf *conf)
{
	static const enum log_form forms[] = {
		[CONF_LOG_TEXT] = LOG_TEXT, [CONF_LOG_SYSLOG] = LOG_SYSLOG,
		[CONF_LOG_JSON] = LOG_JSON
	};
	static const enum log_rank ranks[] = {
		[CONF_LOG_INFO] = LOG_IS_INFO,
		[CONF_LOG_WARNING] = LOG_IS_WARNING,
		[CONF_LOG_ERROR] = LOG_IS_ERROR
	};

	if (conf->log != CONF_LOG_AUTO)
		log_begin(forms[conf->log], ranks[conf->log_level]);
	else
		log_begin(log_is_journal() ? LOG_JOURNAL : LOG_TEXT,
		    ranks[conf->log_level]);
}

/* A reload may have changed the form. */
static void
put_log(void *context, const char *line)
{
	(void)context;
	if (relay != NULL)
		set_log(mnm_conf(relay));
	log_line("%s", line);
}

/* What people need to use the relay, or to let others use it. */
static void
print_welcome(const char *path)
{
	const struct conf *conf = mnm_conf(relay);
	const struct conf_listener *main = identity_listener(conf), *l;
	const char *fingerprint = mnm_fingerprint(relay);
	/* The other may be the example. */
	bool is_given = path != NULL && strcmp(path, OTHER_CONFIG) != 0;

	printf("address for clients  %s\n", mnm_address(relay));
	if (fingerprint != NULL)
		printf("certificate SHA-256  %s\n", fingerprint);
	if (path != NULL)
		printf("configuration        %s\n", path);
	printf("data directory       %s\n", conf->data);
	for (l = conf->listen; l < conf->listen + conf->listen_count; l++) {
		if (conf->listen_count > 1 || l->net == CONF_UNIX || !l->tls)
			printf("listens on           %s%s\n", l->laddr,
			    l->tls ? "" : ", without TLS");
	}
	if (main->net != CONF_UNIX && main->tls && conf_is_local(main))
		printf("Only this machine can reach it.  To serve others: "
		    "%s%s\n", is_given ? "set listen.laddr in " :
		    "mnm init DIR", is_given ? path : "");
	/* Serve even if nobody reads this. */
	(void)fflush(stdout);
}

/* Returns the parts that the relay is confined in. */
static unsigned
start(const char *path)
{
	static const struct rlimit none = { 0, 0 };
	struct mnm_options options = { .config_path = path, .log = put_log };
	char why[MNM_WHY];
	struct conf conf;
	unsigned parts;

	(void)setrlimit(RLIMIT_CORE, &none);	/* no key in a core dump */
	log_begin(log_is_journal() ? LOG_JOURNAL : LOG_TEXT, LOG_IS_INFO);
	/* A failure is that of mnm_open. */
	if (conf_read(&conf, path, why, sizeof(why)) == 0) {
		set_log(&conf);
		conf_free(&conf);
	}
	relay = mnm_open(&options, why, sizeof(why));
	if (relay == NULL)
		die("%s", why);
	if (process_give_up_root(mnm_conf(relay), why, sizeof(why)) == 0) {
		parts = mnm_confine(relay);
		if (mnm_start(relay, why, sizeof(why)) == 0)
			return parts | mnm_limit_memory(relay);
	}
	(void)mnm_close(relay);		/* its Unix sockets go, too */
	die("%s", why);
}

/* Serve until a signal says stop; returns -1 with errno as mnm_run. */
static int
serve(void)
{
	while (!ended) {
		if (mnm_run(relay) == -1)
			return -1;
		if (alarmed) {
			alarmed = 0;
			on_alarm();
		}
		if (hung_up) {
			hung_up = 0;
			on_hangup();
		}
	}
	return 0;
}

/* Run the relay until SIGINT or SIGTERM. */
static void
run_relay(const char *path)
{
	char confined[CONFINE_TEXT];
	unsigned parts;
	int result;

	parts = start(path);
	serving = 1;
	print_welcome(path);
	log_line("mnm " MNM_VERSION " serves %s, process %ld; confined: %s",
	    mnm_conf(relay)->data, (long)getpid(),
	    confine_text(confined, parts));
	process_notify("READY=1\nSTATUS=serving");
	set_alarm();
	if (process_watchdog() > 0 &&
	    process_guard(process_watchdog()) == -1)
		die("cannot start a thread: %s", strerror(errno));

	result = serve();
	process_notify("STOPPING=1");
	if (result == -1)
		die("cannot store messages: %s", strerror(errno));
	/* A signal that comes now has nothing left to stop. */
	SET_SIGNALS(orders, SIG_IGN);
	if (mnm_close(relay) == -1)
		die("cannot store messages: %s", strerror(errno));
	log_line("stopped");
}

/* ---- the command line ---- */

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0 || errno != ENOENT;
}

/* The configuration that the user asks for, by an option or not; or NULL. */
static const char *
asked_config(const char *option)
{
	const char *asked = option != NULL ? option : getenv("MNM_CONFIG");

	return asked != NULL && asked[0] != '\0' ? asked : NULL;
}

/*
 * A file that was asked for must exist; ./mnm.config need not.  mnm.conf counts
 * where it can be meant for no other relay: in a checkout, it is the example.
 */
static const char *
find_config(const char *asked)
{
	if (asked != NULL)
		return asked;
	if (exists(CONF_FILE))
		return CONF_FILE;
	return exists(OTHER_CONFIG) && (exists(CONF_DATA) ||
	    !exists(CLI_INSTALLED)) ? OTHER_CONFIG : NULL;
}

/* Where there is no relay, commands are for the installed one. */
static const char *
find_relay(const char *config)
{
	if (config != NULL || exists(CONF_DATA) || !exists(CLI_INSTALLED))
		return config;
	return CLI_INSTALLED;
}

/* What was printed may not have arrived, as on a full disk: then status 1. */
static int
finish(int status)
{
	if (fflush(stdout) != EOF && !ferror(stdout))
		return status;
	fprintf(stderr, "mnm: cannot write the output: %s\n",
	    strerror(errno));
	return status != 0 ? status : ADMIN_FAILED;
}

static void
usage(struct buf *text)
{
	buf_addf(text, "usage: mnm [-c FILE]            run the relay\n"
	    "       mnm [-c FILE] COMMAND    run a command\n"
	    "       mnm N                    simulate N members (load test)\n"
	    "       mnm --version | --help | help COMMAND\n\n"
	    "FILE is the configuration (default: $MNM_CONFIG, or ./"
	    CONF_FILE ");\nmnm.conf is an example.  Without one, the relay "
	    "serves only this machine.\nMost commands work while the relay is "
	    "running or stopped; mnm(8) explains\nthem:\n\n");
	admin_usage(text);
}

__attribute__((noreturn))
static void
refuse(enum cli_form form, const char *what, const char *word)
{
	char why[MNM_WHY];

	(void)snprintf(why, sizeof(why), "%s: %s", what, word);
	exit(finish(cli_refuse(form, ADMIN_USAGE, why,
	    SPAN("mnm -h lists all commands\n"))));
}

/* Print how the commands that begin with this word are used, or all of it. */
__attribute__((noreturn))
static void
help(enum cli_form form, const char *word)
{
	struct buf text = { NULL, 0, 0 }, fault = { NULL, 0, 0 };

	if (word == NULL)
		usage(&text);
	else if (!admin_help(&text, &fault, word))
		exit(finish(cli_refuse(form, ADMIN_USAGE, fault.p,
		    buf_span(&text))));
	cli_print_lines(form, "usage", buf_span(&text));
	exit(finish(0));
}

/*
 * If the word is an option for the program, which can stand anywhere, takes it,
 * and says how many words it is; else 0.
 */
static size_t
take_option(char *const *words, const char **config, enum cli_form form)
{
	const char *word = words[0];

	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
		puts(form == CLI_JSON ? "{\"version\":\"" MNM_VERSION "\"}" :
		    "mnm " MNM_VERSION);
		exit(finish(0));
	}
	if (strcmp(word, "-c") == 0 || strcmp(word, "--config") == 0) {
		if (words[1] == NULL)
			refuse(form, "missing file after", word);
		*config = words[1];
		return 2;
	}
	if (strncmp(word, "--config=", 9) == 0)
		*config = word + 9;
	else if (strncmp(word, "-c", 2) == 0)
		*config = word + 2;
	else
		return 0;
	return 1;
}

/* Options of a command may stand before it. */
static void
put_last(char **words, size_t n)
{
	char *first = words[0];

	memmove(words, words + 1, (n - 1) * sizeof(*words));
	words[n - 1] = first;
}

/*
 * Take the program's options off the words, which are NULL-terminated; *config
 * is the configuration that was asked for, or NULL.  Words after "--" are no
 * options.  Returns how many are left.
 */
static size_t
read_options(char **words, const char **config)
{
	size_t kept = 0, at, n;
	const enum cli_form form = cli_form(words);
	bool helps = false, over = false;

	for (at = 0; words[at] != NULL; at += n) {
		n = over ? 0 : take_option(words + at, config, form);
		if (n > 0)
			continue;
		n = 1;
		if (!over && (strcmp(words[at], "-h") == 0 ||
		    strcmp(words[at], "--help") == 0)) {
			helps = true;
			continue;
		}
		if (!over && kept == 0 && words[at][0] == '-' &&
		    strcmp(words[at], "--json") != 0)
			refuse(form, "unknown option", words[at]);
		over = over || strcmp(words[at], "--") == 0;
		words[kept++] = words[at];
	}
	words[kept] = NULL;
	if (kept > 0 && strcmp(words[0], "--json") == 0)
		put_last(words, kept);
	if (kept > 0 && strcmp(words[0], "help") == 0)
		help(form, words[1] == NULL || words[1][0] == '-' ? NULL :
		    words[1]);
	if (helps)
		help(form, words[0] == NULL || words[0][0] == '-' ? NULL :
		    words[0]);
	return kept;
}

/*
 * Where standard streams are closed, files would get their numbers, and lines
 * of the log be written to them.  Without /dev/null, a socket takes nothing.
 */
static void
fill_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd == -1)
			fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd != -1)
		(void)close(fd);
}

int
main(int argc, char **argv)
{
	const char *config = NULL, *asked;
	size_t n;

	catch_signals();
	fill_streams();
	umask(077);
	fd_raise_limit();
	if (argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9') {
		SET_SIGNALS(orders, SIG_DFL);
		return sim_run(argc, argv);
	}
	n = argc > 0 ? read_options(argv + 1, &config) : 0;
	asked = asked_config(config);
	config = find_config(asked);
	if (n > 0) {
		SET_SIGNALS(orders, SIG_DFL);
		return finish(cli_run(find_relay(config), asked != NULL,
		    argv[0], argv + 1, n));
	}
	run_relay(config);
	return 0;
}
