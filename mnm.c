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
#include <time.h>
#include <unistd.h>

#include "admin.h"
#include "backup.h"
#include "buf.h"
#include "conf.h"
#include "control.h"
#include "data.h"
#include "fsck.h"
#include "identity.h"
#include "log.h"
#include "root.h"
#include "service.h"
#include "setup.h"
#include "sim.h"

#define VERSION "0.1"

#define WHY_ROOM   512	/* one sentence */
#define EXIT_USAGE 2
#define EXIT_REPAIRED 1	/* of fsck */
#define EXIT_DAMAGED 2

static void
usage(FILE *to)
{
	struct buf commands = { NULL, 0, 0 };

	admin_usage(&commands);
	fprintf(to, "usage: mnm [-c FILE]               run the relay\n"
	    "       mnm init [DIR]              make all that it needs\n"
	    "       mnm [-c FILE] check         look over what it needs\n"
	    "       mnm [-c FILE] fingerprint   show what clients need\n"
	    "       mnm [-c FILE] backup DIR    copy all that it stores\n"
	    "       mnm [-c FILE] fsck [DATA] [--repair]\n"
	    "                                   look for damage in its data\n"
	    "       mnm N                       simulate N members\n"
	    "       mnm -V | -h\n"
	    "FILE is the configuration, ./" SETUP_CONFIG " unless it is named; "
	    "mnm.conf is an\nexample.  Without one the relay serves this "
	    "machine alone.  mnm(8) tells of these\ncommands, for a relay "
	    "that runs or is stopped:\n%.*s",
	    (int)commands.n, commands.p);
	buf_free(&commands);
}

static void
refuse_option(const char *what, const char *option)
{
	fprintf(stderr, "mnm: %s: %s\n", what, option);
	usage(stderr);
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
			usage(stdout);
			exit(0);
		} else if (strncmp(*argv, "-c", 2) != 0) {
			refuse_option("unknown option", *argv);
		}
		if ((*argv)[2] == '\0' && argv[1] == NULL)
			refuse_option("a file must follow", *argv);
		*config = (*argv)[2] != '\0' ? *argv + 2 : *++argv;
		argv++;
	}
	return argv;
}

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

static struct now
clock_now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t) == -1)
		die("cannot read the clock: %s", strerror(errno));
	return (struct now){ 0, (uint64_t)t.tv_sec * 1000 +
	    (uint64_t)t.tv_nsec / 1000000 };
}

static int
run_init(const char *dir)
{
	struct buf next = { NULL, 0, 0 };
	char why[WHY_ROOM];

	if (setup_init(dir, clock_now().wall / 1000, &next, why,
	    sizeof(why)) == -1)
		die("%s", why);
	printf("%.*s", (int)next.n, next.p);
	buf_free(&next);
	return 0;
}

static int
run_check(const char *path)
{
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
	worst = setup_check(&conf, path, clock_now().wall / 1000, &findings);
	port = setup_check_port(&conf, path, &findings);
	printf("%.*s", (int)findings.n, findings.p);
	buf_free(&findings);
	conf_free(&conf);
	return (int)(port > worst ? port : worst);
}

static int
run_fingerprint(const char *path)
{
	char address[IDENTITY_ADDRESS], why[WHY_ROOM];
	struct identity id;
	struct conf conf;

	read_conf(&conf, path);
	if (identity_read(&id, &conf, clock_now().wall / 1000, why,
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
run_backup(const char *path, char *const *words, size_t n)
{
	const char *dir = words[1];
	uint64_t begun = clock_now().wall, tenths;
	struct backup_sum sum;
	struct conf conf;
	char why[WHY_ROOM];

	if (n != 2) {
		fputs("usage: mnm [-c FILE] backup DIR\n", stderr);
		return EXIT_USAGE;
	}
	read_conf(&conf, path);
	if (backup_make(conf.data, dir, &sum, why, sizeof(why)) == -1)
		die("no backup: %s", why);
	tenths = (clock_now().wall - begun) / 100;
	printf("%s: %lu files and %llu octets of journal in %llu.%llu s", dir,
	    sum.files, (unsigned long long)sum.journal,
	    (unsigned long long)tenths / 10, (unsigned long long)tenths % 10);
	if (sum.copied > 0)
		printf("; %llu octets were copied, as files could not be "
		    "linked", (unsigned long long)sum.copied);
	putchar('\n');
	conf_free(&conf);
	return 0;
}

/* What is made there must be the owner's. */
static void
become_owner(const char *data)
{
	if (access(data, F_OK) == -1)
		die("%s: %s: no relay was set up here; mnm init makes one, "
		    "and -c names another's configuration", data,
		    strerror(errno));
	root_become_owner(data);
}

/* Its words are [DATA] [--repair]; -1 if they are others. */
static int
read_fsck(char *const *words, size_t n, enum fsck_kind *kind,
    const char **data)
{
	size_t i;

	*kind = FSCK_LOOK;
	*data = NULL;
	for (i = 0; i < n; i++) {
		if (strcmp(words[i], "--repair") == 0)
			*kind = FSCK_REPAIR;
		else if (words[i][0] != '-' && *data == NULL)
			*data = words[i];
		else
			return -1;
	}
	return 0;
}

static int
run_fsck(const char *path, char *const *words, size_t n)
{
	enum fsck_kind kind;
	struct conf conf;
	const char *data;
	char why[WHY_ROOM];
	int damaged;

	if (read_fsck(words, n, &kind, &data) == -1) {
		fprintf(stderr, "usage: mnm [-c FILE] fsck [DATA] "
		    "[--repair]\n");
		return EXIT_USAGE;
	}
	log_level(LOG_ANSWER);
	/* Of another's directory this configuration tells nothing. */
	read_conf(&conf, data == NULL ? path : NULL);
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
	struct admin admin = { .now = clock_now() };
	struct data data;
	char why[WHY_ROOM];
	int status;

	become_owner(conf->data);
	if (data_open(&data, conf->data, conf->journal_size, why,
	    sizeof(why)) == -1)
		die("%s", why);
	while (data_state(&data) == DATA_WAIT &&
	    data_step(&data, admin.now) == 1)
		continue;
	admin.relay = tmtp_open(&data, conf);
	status = admin_run(&admin, words, n, answer);
	tmtp_close(admin.relay);
	if (data_close(&data) == -1)
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

/* words, which there are, are a command; path is of the configuration. */
static int
run(const char *path, char **words, size_t n)
{
	const char *word = words[0];

	if (strcmp(word, "init") == 0 && n <= 2)
		return run_init(n == 2 ? words[1] : ".");
	path = find_relay(path);
	if (admin_is_command(word))
		return run_command(path, words, n);
	if (strcmp(word, "check") == 0 && n == 1)
		return run_check(path);
	if (strcmp(word, "fingerprint") == 0 && n == 1)
		return run_fingerprint(path);
	if (strcmp(word, "backup") == 0)
		return run_backup(path, words, n);
	if (strcmp(word, "fsck") == 0)
		return run_fsck(path, words + 1, n - 1);
	fprintf(stderr, "mnm: unknown argument: %s\n", word);
	usage(stderr);
	return EXIT_USAGE;
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
