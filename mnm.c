/*
 * mnm - a relay for the Trusted Messaging Transfer Protocol, and the commands
 * that set it up and administer it.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/backup.h"
#include "base/buf.h"
#include "base/clock.h"
#include "conf.h"
#include "admin/control.h"
#include "datadir.h"
#include "admin/fsck.h"
#include "net/identity.h"
#include "base/log.h"
#include "admin/process.h"
#include "admin/service.h"
#include "admin/setup.h"
#include "sim/sim.h"
#include "tmtp.h"

#define VERSION "0.1"

#define WHY_ROOM   512	/* one sentence */
#define EXIT_USAGE 2
#define EXIT_REPAIRED 1	/* of fsck */
#define EXIT_DAMAGED 2

/* What was asked for, in a command of those below. */
struct order {
	const char *path;	/* of the configuration, or NULL */
	const char *argument;	/* NULL: none was given */
	bool option;		/* that of the command was given */
};

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0 || errno != ENOENT;
}

/* A file that was asked for must be there; ./mnm.config need not be. */
static const char *
find_config(const char *asked)
{
	if (asked != NULL)
		return asked;
	return is_there(SETUP_CONFIG) ? SETUP_CONFIG : NULL;
}

/* Commands, where there is no relay, are for the one that is installed. */
static const char *
find_relay(const char *config)
{
	if (config != NULL || is_there(SETUP_DATA) ||
	    !is_there(SETUP_INSTALLED))
		return config;
	return SETUP_INSTALLED;
}

static void
read_conf(struct conf *conf, const char *path)
{
	char why[WHY_ROOM];

	if (path == NULL)
		conf_default(conf);
	else if (conf_read(conf, path, why, sizeof(why)) == -1)
		die("%s", why);
}

static uint64_t
wall_ms(void)
{
	return clock_us(CLOCK_REALTIME) / 1000;
}

static int
run_init(const struct order *order)
{
	const char *dir = order->argument != NULL ? order->argument : ".";
	struct buf next = { NULL, 0, 0 };
	char why[WHY_ROOM];

	if (setup_init(dir, wall_ms() / 1000, &next, why,
	    sizeof(why)) == -1)
		die("%s", why);
	printf("%.*s", (int)next.n, next.p);
	buf_free(&next);
	return 0;
}

static int
run_check(const struct order *order)
{
	const char *path = order->path;
	struct buf findings = { NULL, 0, 0 };
	struct conf conf;
	enum setup_finding worst, port;
	char why[WHY_ROOM];

	if (path == NULL) {
		conf_default(&conf);
	} else if (conf_read(&conf, path, why, sizeof(why)) == -1) {
		printf("error: %s\n", why);
		return SETUP_ERROR;
	}
	worst = setup_check(&conf, path, wall_ms() / 1000, &findings);
	port = setup_check_port(&conf, path, &findings);
	printf("%.*s", (int)findings.n, findings.p);
	buf_free(&findings);
	conf_free(&conf);
	return (int)(port > worst ? port : worst);
}

static int
run_fingerprint(const struct order *order)
{
	char address[IDENTITY_ADDRESS], why[WHY_ROOM];
	struct identity id;
	struct conf conf;

	read_conf(&conf, order->path);
	if (identity_read(&id, &conf, wall_ms() / 1000, why,
	    sizeof(why)) == -1)
		die("%s", why[0] != '\0' ? why : "there is no certificate "
		    "yet: mnm makes one when it is started");
	identity_address(address, &conf);
	printf("%s\n%s\n", address, id.cert.fingerprint);
	identity_free(&id);
	conf_free(&conf);
	return 0;
}

static int
run_backup(const struct order *order)
{
	const char *dir = order->argument;
	uint64_t begun = wall_ms(), tenths;
	struct backup_sum sum;
	struct conf conf;
	char why[WHY_ROOM];

	read_conf(&conf, order->path);
	if (backup_make(conf.data, dir, &sum, why, sizeof(why)) == -1)
		die("no backup: %s", why);
	tenths = (wall_ms() - begun) / 100;
	printf("%s: files: %lu, bytes of journal: %llu, in %llu.%llu s", dir,
	    sum.files, (unsigned long long)sum.journal,
	    (unsigned long long)tenths / 10, (unsigned long long)tenths % 10);
	if (sum.copied > 0)
		printf("; bytes of files that could not be linked: %llu",
		    (unsigned long long)sum.copied);
	puts("");
	conf_free(&conf);
	return 0;
}

/* What is made there must be the owner's. */
static void
become_owner(const char *data)
{
	if (access(data, F_OK) == -1)
		die("%s: %s%s", data, strerror(errno), errno == ENOENT ?
		    ": no relay was set up here; mnm init makes one, and -c "
		    "names another's configuration" : "");
	root_become_owner(data);
}

static int
run_fsck(const struct order *order)
{
	enum fsck_kind kind = order->option ? FSCK_REPAIR : FSCK_LOOK;
	const char *data = order->argument;
	struct conf conf;
	char why[WHY_ROOM];
	int damaged;

	log_level(LOG_ANSWER);
	/* Of another's directory this configuration tells nothing. */
	read_conf(&conf, data == NULL ? order->path : NULL);
	if (data == NULL)
		data = conf.data;
	become_owner(data);
	damaged = fsck_run(data, kind, conf.journal_size, why, sizeof(why));
	if (damaged == -1)
		die("%s", why);
	conf_free(&conf);
	if (!damaged)
		return 0;
	return kind == FSCK_REPAIR ? EXIT_REPAIRED : EXIT_DAMAGED;
}

/* No relay runs: do here what it would do. */
static int
run_alone(const struct conf *conf, char *const *words, size_t n,
    struct buf *answer)
{
	struct datadir data;
	struct admin admin = {
		.data = &data,
		.conf = conf,
		.now = { 0, wall_ms() }
	};
	char why[WHY_ROOM];
	int status;

	become_owner(conf->data);
	if (datadir_open(&data, conf->data, conf->journal_size, why,
	    sizeof(why)) == -1)
		die("%s", why);
	while (datadir_state(&data) == DATADIR_WAIT &&
	    datadir_step(&data, admin.now) == 1)
		continue;
	admin.relay = tmtp_open(&data, conf, admin.now);
	status = admin_run(&admin, words, n, answer);
	tmtp_close(admin.relay);
	if (datadir_close(&data) == -1)
		die("%s: %s", conf->data, strerror(errno));
	return status;
}

/* The answer to a command goes to stdout, why there is none to stderr. */
static int
run_command(const char *path, char *const *words, size_t n)
{
	struct buf answer = { NULL, 0, 0 };
	struct conf conf;
	int status;

	read_conf(&conf, path);
	status = control_ask(conf.data, words, n, &answer);
	if (status == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		status = run_alone(&conf, words, n, &answer);
	if (status == -1)
		die("%s/control: %s", conf.data, strerror(errno));
	if (answer.n > 0)
		fwrite(answer.p, 1, answer.n,
		    status == ADMIN_DONE ? stdout : stderr);
	buf_free(&answer);
	conf_free(&conf);
	return status;
}

/* ---- what is asked for ---- */

static const struct command {
	const char *name, *usage, *help;
	size_t least, most;	/* arguments */
	const char *option;	/* NULL: it has none */
	int (*run)(const struct order *);	/* returns an exit status */
} commands[] = {
	{ "init", "init [DIR]", "make all that it needs",
	  0, 1, NULL, run_init },
	{ "check", "[-c FILE] check", "look over what it needs",
	  0, 0, NULL, run_check },
	{ "fingerprint", "[-c FILE] fingerprint", "show what clients need",
	  0, 0, NULL, run_fingerprint },
	{ "backup", "[-c FILE] backup DIR", "copy all that it stores",
	  1, 1, NULL, run_backup },
	{ "fsck", "[-c FILE] fsck [DATA] [--repair]", "look for damage",
	  0, 1, "--repair", run_fsck }
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
usage(void)
{
	struct buf others = { NULL, 0, 0 };
	size_t i;

	puts("usage: mnm [-c FILE]                        run the relay");
	for (i = 0; i < COMMANDS; i++)
		printf("       mnm %-33s%s\n", commands[i].usage,
		    commands[i].help);
	admin_usage(&others);
	printf("       mnm N                                "
	    "simulate N members\n"
	    "       mnm -V | -h\n"
	    "FILE is the configuration, ./" SETUP_CONFIG " unless it is named; "
	    "mnm.conf is an\nexample.  Without one the relay serves this "
	    "machine alone.  mnm(8) tells of these\ncommands, for a relay "
	    "that runs or is stopped:\n%.*s", (int)others.n, others.p);
	buf_free(&others);
}

__attribute__((noreturn))
static void
refuse(const char *what, const char *word)
{
	fprintf(stderr, "mnm: %s: %s\nmnm -h lists all commands\n", what,
	    word);
	exit(EXIT_USAGE);
}

/*
 * Take the options before the command off the arguments; *config is the
 * configuration that was asked for, or NULL.  A file may follow its -c at once.
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
			refuse("a file must follow", *argv);
		*config = (*argv)[2] != '\0' ? *argv + 2 : *++argv;
		argv++;
	}
	return argv;
}

/*
 * Take the words of a command, which a NULL ends.  Returns NULL, or what is
 * wrong: with the word that is left in *words, if any.
 */
static const char *
read_words(struct order *order, const struct command *k, char **words[])
{
	bool over = false;
	size_t n = 0;
	char *word;

	for (; (word = **words) != NULL; ++*words) {
		if (over || word[0] != '-') {
			if (n++ == k->most)
				return "one word too many";
			if (word[0] == '\0')
				return "the name is empty";
			order->argument = word;
		} else if (strcmp(word, "--") == 0) {
			over = true;
		} else if (k->option != NULL && strcmp(word, k->option) == 0) {
			order->option = true;
		} else {
			return "unknown option";
		}
	}
	return n < k->least ? "something is missing" : NULL;
}

static int
run_own(const struct command *k, const char *path, char **words)
{
	struct order order = { path, NULL, false };
	const char *why = read_words(&order, k, &words);
	const char *word = *words != NULL ? *words : "";

	if (why == NULL)
		return k->run(&order);
	fprintf(stderr, "mnm: %s%s%s\nusage: mnm %s\n", why,
	    word[0] != '\0' ? ": " : "", word, k->usage);
	return EXIT_USAGE;
}

/* words, which there are, are a command; path is of the configuration. */
static int
run(const char *path, char **words, size_t n)
{
	size_t i;

	path = find_relay(path);
	if (admin_is_command(words[0]))
		return run_command(path, words, n);
	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, words[0]) == 0)
			return run_own(&commands[i], path, words + 1);
	}
	refuse("unknown command", words[0]);
}

int
main(int argc, char **argv)
{
	const char *path;
	char **words;
	struct conf conf;

	umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9')
		return sim_run(argc, argv);
	words = read_options(argv + 1, &path);
	path = find_config(path);
	if (*words != NULL)
		return run(path, words, (size_t)(argv + argc - words));
	read_conf(&conf, path);
	service_run(&conf, path);
	return 0;
}
