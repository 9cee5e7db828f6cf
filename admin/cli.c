#include "admin/cli.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/backup.h"
#include "admin/check.h"
#include "admin/commands.h"
#include "admin/control.h"
#include "admin/fsck.h"
#include "admin/process.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/subnet.h"
#include "base/utf8.h"
#include "conf.h"
#include "confine.h"
#include "datadir.h"
#include "disk/file.h"
#include "json.h"
#include "net/identity.h"
#include "tmtp.h"

#define WHY_ROOM 512	/* one sentence */

/* Exit statuses of fsck. */
#define FSCK_REPAIRED 1
#define FSCK_DAMAGED  2

/* A command, and what it is run with. */
struct cli {
	char *const *words;
	size_t n;
	const char *program;	/* as it was called */
	const char *config;	/* the configuration's path, or NULL */
	bool was_root;		/* and is somebody else now */
	struct conf conf;
	struct call call;
	char why[2 * WHY_ROOM];
};

/* Print a text and free it. */
static void
print(FILE *to, struct buf *text)
{
	if (text->n > 0)
		fwrite(text->p, 1, text->n, to);
	buf_free(text);
}

/*
 * ---- commands that the program runs itself ----
 *
 * They return an exit status, or -1 and why.
 */

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

/* A word of a command for the shell. */
static void
add_word(struct buf *to, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		buf_addf(to, "%s", word);
		return;
	}
	buf_add_byte(to, '\'');
	for (; *word != '\0'; word++)
		buf_addf(to, *word == '\'' ? "'\\''" : "%c", *word);
	buf_add_byte(to, '\'');
}

/* The program as it can be called again, by this user or through sudo. */
static void
add_program(struct buf *to, const struct cli *c, const char *config)
{
	const char *caller = getenv("SUDO_UID");
	const struct passwd *user = getpwuid(geteuid());

	if (geteuid() != 0 && (c->was_root ||
	    (caller != NULL && strtoul(caller, NULL, 10) != geteuid()))) {
		buf_addf(to, "sudo -u ");
		if (user != NULL)
			add_word(to, user->pw_name);
		else
			buf_addf(to, "'#%lu'", (unsigned long)geteuid());
		buf_add_byte(to, ' ');
	}
	add_word(to, c->program);
	buf_addf(to, " -c ");
	add_word(to, config);
}

/* Host is "" if none is known besides the machine's own names. */
static void
write_config(struct buf *text, const char *dir, const char *host)
{
	struct buf data = { NULL, 0, 0 }, quoted = { NULL, 0, 0 };
	struct buf names = { NULL, 0, 0 };

	buf_addf(&data, "%s/" CLI_DATA, dir);
	json_put_string(&quoted, NULL, buf_span(&data));
	if (host[0] != '\0')
		json_put_string(&names, NULL, span_of(host));
	buf_addf(text, "{\n"
	    "  \"#\": \"The settings of this relay; mnm.conf(5) describes all "
	    "settings.\",\n\n"
	    "  \"# name\": \"The name that clients show; empty: the host's "
	    "name.\",\n"
	    "  \"name\": \"\",\n\n"
	    "  \"# names\": \"By which people reach this machine; the first "
	    "one is shown to them.\",\n"
	    "  \"names\": [%.*s],\n\n"
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
	    (int)names.n, names.n > 0 ? names.p : "", (int)quoted.n,
	    quoted.p);
	buf_free(&names);
	buf_free(&data);
	buf_free(&quoted);
}

/* Others must be able to reach it. */
static void
print_hints(struct buf *next, const struct conf *conf)
{
	const struct conf_listener *l = identity_listener(conf);
	struct conf_address address, name;
	struct subnet net;

	if (conf_is_local(l) || !conf_split_address(l->laddr, &address))
		return;
	buf_addf(next, "Firewall:            let TCP port %s in, and forward "
	    "it in a router\n", address.port);
	if (conf->names[0] != NULL &&
	    conf_split_address(conf->names[0], &name) &&
	    !subnet_parse(&net, name.host))
		buf_addf(next, "DNS:                 %s must lead to this "
		    "machine\n", conf->names[0]);
}

static void
print_next(struct cli *c, struct buf *next, const char *config,
    const struct identity *id)
{
	char address[IDENTITY_ADDRESS];

	identity_address(address, &c->conf);
	buf_addf(next, "configuration        %s\n", config);
	buf_addf(next, "data directory       %s\n", c->conf.data);
	buf_addf(next, "address for clients  %s\n", address);
	buf_addf(next, "certificate SHA-256  %s\n", id->cert.fingerprint);
	print_hints(next, &c->conf);
	buf_addf(next, "Start the relay:     ");
	add_program(next, c, config);
	buf_addf(next, "\nFor each member:     ");
	add_program(next, c, config);
	buf_addf(next, " invite 'Alice Smith'\n");
}

/*
 * Root makes files for the owner of path, and becomes that user; the
 * configuration, if it is there already, goes to the same.
 */
static int
work_as_owner(struct cli *c, const char *path, const char *config)
{
	struct stat st;

	if (geteuid() != 0 || stat(path, &st) == -1 || st.st_uid == 0)
		return 0;
	if (config != NULL && lchown(config, st.st_uid, st.st_gid) == -1)
		return say_why(c->why, WHY_ROOM, "%s: %s", config,
		    strerror(errno));
	c->was_root = true;
	return process_become_owner(path, c->why, WHY_ROOM);
}

/* Read the configuration back, and create what it names. */
static int
make_rest(struct cli *c, const char *config, uint64_t now, struct buf *next)
{
	struct identity id;
	int result = -1;

	conf_free(&c->conf);
	if (conf_read(&c->conf, config, c->why, WHY_ROOM) == -1)
		return -1;
	/* An existing one may be a backup: its contents are kept. */
	if (mkdir(c->conf.data, 0700) == -1 && errno != EEXIST)
		(void)say_why(c->why, WHY_ROOM, "%s: %s", c->conf.data,
		    strerror(errno));
	else if (work_as_owner(c, c->conf.data, config) == 0)
		result = identity_read(&id, &c->conf,
		    identity_listener(&c->conf), IDENTITY_MAKE, now, c->why,
		    WHY_ROOM);
	if (result == 0) {
		print_next(c, next, config, &id);
		identity_free(&id);
	}
	return result;
}

/* Ask a person at a terminal; answer is "" if there is none. */
static void
ask_host(char *answer, size_t room)
{
	answer[0] = '\0';
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	printf("Name by which people reach this machine, like "
	    "chat.example.org\n(empty: its addresses): ");
	(void)fflush(stdout);
	if (fgets(answer, (int)room, stdin) == NULL)
		answer[0] = '\0';
	answer[strcspn(answer, " \t\r\n")] = '\0';
}

/* Create the configuration path.p in dir, and the rest. */
static int
make_config(struct cli *c, const struct buf *path, const struct buf *text,
    uint64_t now, struct buf *next)
{
	int result;

	if (file_create(path->p, 0600, buf_span(text)) == -1)
		return say_why(c->why, WHY_ROOM, "%s: %s", path->p,
		    strerror(errno));
	result = make_rest(c, path->p, now, next);
	if (result == -1)
		(void)unlink(path->p);	/* it was never used */
	return result;
}

/*
 * Create dir, if it does not exist, with a configuration, a data directory, a
 * certificate and its key.  Appends the next steps.  An existing data directory
 * keeps its contents.  Returns -1 and why, also if there is a configuration.
 */
static int
init(struct cli *c, const char *dir, uint64_t now, struct buf *next)
{
	struct buf path = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	char host[CONF_HOST_TEXT + 2];
	const char *given = c->call.host;
	struct stat st;
	int result;

	if (find_path(&path, dir) == -1)
		return say_why(c->why, WHY_ROOM, "%s: %s", dir,
		    strerror(errno));
	buf_addf(&text, "%s/" CLI_CONFIG, path.p);
	if (lstat(text.p, &st) == 0) {
		result = say_why(c->why, WHY_ROOM, "there is a configuration "
		    "already, which stays as it is: %s", text.p);
	} else {
		if (given == NULL)
			ask_host(host, sizeof(host));
		text.n = 0;
		write_config(&text, path.p, given != NULL ? given : host);
		result = work_as_owner(c, path.p, NULL);
		buf_addf(&path, "/" CLI_CONFIG);
		if (result == 0)
			result = make_config(c, &path, &text, now, next);
	}
	buf_free(&path);
	buf_free(&text);
	return result;
}

/* What is created there must belong to the owner of the data. */
static int
become_owner(const char *data, char *why, size_t room)
{
	if (access(data, F_OK) == 0)
		return process_become_owner(data, why, room);
	return say_why(why, room, "%s: %s%s", data, strerror(errno),
	    errno == ENOENT ? ": no relay was set up here; create one with "
	    "mnm init, or name another's configuration with -c" : "");
}

/*
 * Make another authority and certificate for the relay of this configuration.
 * Appends what to do next.  The older files stay as *.old.
 */
static int
renew(const char *config, uint64_t now, struct buf *next, char *why,
    size_t room)
{
	char address[IDENTITY_ADDRESS];
	struct identity id;
	struct conf conf;
	int result;

	if (conf_read(&conf, config, why, room) == -1)
		return -1;
	result = become_owner(conf.data, why, room);
	if (result == 0)
		result = identity_put_aside(&conf, why, room);
	if (result == 0)
		result = identity_read(&id, &conf, identity_listener(&conf),
		    IDENTITY_MAKE, now, why, room);
	if (result == 0) {
		identity_address(address, &conf);
		buf_addf(next, "address for clients  %s\n", address);
		buf_addf(next, "certificate SHA-256  %s\n",
		    id.cert.fingerprint);
		buf_addf(next, "Reload or restart the relay.  Clients and "
		    "devices must trust this one instead of the\none before, "
		    "which is kept as %s.old.\n", id.cert_path);
		identity_free(&id);
	}
	conf_free(&conf);
	return result;
}

static int
run_renew(struct cli *c, uint64_t now, struct buf *next)
{
	struct buf path = { NULL, 0, 0 };
	int result;

	if (c->call.host != NULL)
		return say_why(c->why, WHY_ROOM, "--host is for a new "
		    "configuration: in this one, set \"names\"");
	if (c->call.args[0] == NULL)
		return renew(c->config, now, next, c->why, WHY_ROOM);
	buf_addf(&path, "%s/" CLI_CONFIG, c->call.args[0]);
	buf_add_byte(&path, '\0');
	result = renew(path.p, now, next, c->why, WHY_ROOM);
	buf_free(&path);
	return result;
}

static int
run_init(struct cli *c)
{
	const char *dir = c->call.args[0] != NULL ? c->call.args[0] : ".";
	uint64_t now = clock_ms(CLOCK_REALTIME) / 1000;
	struct buf next = { NULL, 0, 0 };
	int result;

	if (c->call.options & OPTION_RENEW)
		result = run_renew(c, now, &next);
	else
		result = init(c, dir, now, &next);
	print(stdout, &next);
	return result == -1 ? -1 : ADMIN_DONE;
}

/* All that is wrong with the configuration, or else with what it names. */
static int
run_check(struct cli *c)
{
	struct buf findings = { NULL, 0, 0 }, faults = { NULL, 0, 0 };
	enum check_finding worst = CHECK_ERROR;
	char text[CONFINE_TEXT];
	unsigned confined = 0;
	size_t at, n;

	if (conf_check(&c->conf, c->config, &faults) == 0) {
		worst = check_setup(&c->conf, c->config,
		    clock_ms(CLOCK_REALTIME) / 1000, CHECK_BY_OPERATOR,
		    &findings);
		confined = c->conf.confine ? confine_possible() : 0;
		conf_free(&c->conf);
	}
	for (at = 0; at < faults.n; at += n) {
		n = strcspn(faults.p + at, "\n") + 1;
		buf_addf(&findings, "error: %.*s", (int)n, faults.p + at);
	}
	if (findings.n == 0)
		puts("ok");
	print(stdout, &findings);
	if (faults.n == 0)
		printf("the relay is confined: %s\n",
		    confine_text(text, confined));
	buf_free(&faults);
	return (int)worst;
}

static int
run_fingerprint(struct cli *c)
{
	char address[IDENTITY_ADDRESS];
	struct identity id;

	if (identity_read(&id, &c->conf, identity_listener(&c->conf),
	    IDENTITY_FAIL, clock_ms(CLOCK_REALTIME) / 1000, c->why,
	    WHY_ROOM) == -1)
		return c->why[0] != '\0' ? -1 : say_why(c->why, WHY_ROOM,
		    "there is no certificate yet: mnm creates one at its first "
		    "start");
	identity_address(address, &c->conf);
	printf("%s\n%s\n", address, id.cert.fingerprint);
	identity_free(&id);
	return ADMIN_DONE;
}

static int
run_backup(struct cli *c)
{
	uint64_t begun = clock_ms(CLOCK_REALTIME), ms;
	struct backup_sum sum;
	char why[WHY_ROOM];

	if (backup_make(c->conf.data, c->call.args[0], &sum, why,
	    sizeof(why)) == -1)
		return say_why(c->why, sizeof(c->why), "no backup: %s", why);
	ms = clock_ms(CLOCK_REALTIME) - begun;
	printf("%s: files: %lu, bytes of journal: %llu, in %llu.%llu s",
	    c->call.args[0], sum.files, (unsigned long long)sum.journal,
	    (unsigned long long)ms / 1000, (unsigned long long)ms / 100 % 10);
	if (sum.copied > 0)
		printf("; bytes of files that could not be linked: %llu",
		    (unsigned long long)sum.copied);
	puts("");
	return ADMIN_DONE;
}

static int
run_fsck(struct cli *c)
{
	enum fsck_kind kind = c->call.options & OPTION_REPAIR ? FSCK_REPAIR :
	    FSCK_LOOK;
	const char *data = c->call.args[0];
	int result;

	log_level(LOG_ANSWER);
	if (data == NULL)
		data = c->conf.data;
	if (become_owner(data, c->why, WHY_ROOM) == -1)
		return -1;
	result = fsck_run(data, kind, c->conf.journal_size, c->why, WHY_ROOM);
	if (result != 1)
		return result;
	return kind == FSCK_REPAIR ? FSCK_REPAIRED : FSCK_DAMAGED;
}

/* ---- commands for a relay ---- */

static int
run_on_data(struct cli *c, struct buf *answer)
{
	const char *path = c->conf.data;
	struct datadir data;
	int status;

	c->call.conf = &c->conf;
	c->call.data = &data;
	c->call.now.wall = clock_ms(CLOCK_REALTIME);
	if (become_owner(path, c->why, WHY_ROOM) == -1 ||
	    datadir_open(&data, path, c->conf.journal_size, c->why,
	    WHY_ROOM) == -1)
		return -1;
	while (datadir_state(&data) == DATADIR_WAIT &&
	    datadir_step(&data, c->call.now) == 1)
		continue;
	c->call.relay = tmtp_open(&data, &c->conf, c->call.now);
	status = admin_run(&c->call, c->words, c->n, answer);
	tmtp_close(c->call.relay);
	if (datadir_close(&data) == 0)
		return status;
	return say_why(c->why, WHY_ROOM, "%s: %s", path, strerror(errno));
}

/* No relay is running: do here what it would do.  Returns -1 and why. */
static int
run_alone(struct cli *c, struct buf *answer)
{
	char why[WHY_ROOM];
	struct identity id;
	int status;

	if (!identity_listener(&c->conf)->tls || identity_read(&id, &c->conf,
	    identity_listener(&c->conf), IDENTITY_FAIL,
	    clock_ms(CLOCK_REALTIME) / 1000, why, sizeof(why)) == -1)
		return run_on_data(c, answer);
	c->call.cert = &id.cert;
	status = run_on_data(c, answer);
	identity_free(&id);
	return status;
}

/* Names are compared in UTF-8, which a terminal may not be set to. */
static int
check_words(struct cli *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (!utf8_is_valid(c->words[i], strlen(c->words[i])))
			return say_why(c->why, sizeof(c->why), "invalid "
			    "argument: %s: it is not UTF-8; set the terminal "
			    "to UTF-8", c->words[i]);
	}
	return 0;
}

/* Whether the command shows a table, which may be empty. */
static bool
is_list(const struct cli *c)
{
	static const char *const lists[] = {
		"invitations", "requests", "queue", "links"
	};
	const struct command *k = c->call.command;
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(k->first, lists[i]) == 0)
			return true;
	}
	return k->second != NULL && strcmp(k->second, "list") == 0;
}

static int
run_for_relay(struct cli *c)
{
	struct buf answer = { NULL, 0, 0 };
	int status;

	if (check_words(c) == -1)
		return -1;
	status = control_ask(c->conf.data, c->words, c->n, &answer);
	if (status == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		status = run_alone(c, &answer);
	else if (status == -1 && (errno == ETIMEDOUT || errno == EAGAIN))
		(void)say_why(c->why, WHY_ROOM, "%s: the relay does not answer "
		    "within 10 s: is it stopped, or its disk stuck?",
		    c->conf.data);
	else if (status == -1)
		(void)say_why(c->why, WHY_ROOM, "%s/control: %s",
		    c->conf.data, strerror(errno));
	if (status == -1)
		answer.n = 0;
	if (status == ADMIN_DONE && answer.n == 0 && is_list(c) &&
	    isatty(STDOUT_FILENO))
		puts("none");
	print(status == ADMIN_DONE ? stdout : stderr, &answer);
	return status;
}

/* ---- both ---- */

/* Read the configuration, run the command, and report what went wrong. */
static int
run(struct cli *c, int (*command)(struct cli *))
{
	int status;

	if (command == run_check)
		return run_check(c);
	/* This configuration says nothing about another directory. */
	if (conf_read(&c->conf, command == run_init ||
	    (command == run_fsck && c->call.args[0] != NULL) ? NULL :
	    c->config, c->why, WHY_ROOM) == 0) {
		status = command(c);
		conf_free(&c->conf);
		if (status != -1)
			return status;
	}
	log_clean(c->why, strlen(c->why));
	fprintf(stderr, "mnm: %s\n", c->why);
	return command == run_fsck ? FSCK_DAMAGED : ADMIN_FAILED;
}

int
cli_run(const char *config, const char *program, char *const *words, size_t n)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *);
	} tools[] = {
		{ "init", run_init }, { "check", run_check },
		{ "fingerprint", run_fingerprint },
		{ "backup", run_backup }, { "fsck", run_fsck }
	};
	struct cli c = { .words = words, .n = n, .config = config,
	    .program = program };
	struct buf fault = { NULL, 0, 0 };
	size_t i;

	if (!admin_parse(&c.call, words, n, &fault)) {
		print(stderr, &fault);
		return ADMIN_USAGE;
	}
	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (strcmp(tools[i].name, words[0]) == 0)
			return run(&c, tools[i].run);
	}
	return run(&c, run_for_relay);
}
