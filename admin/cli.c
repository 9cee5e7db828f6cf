#include "admin/cli.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/backup.h"
#include "admin/check.h"
#include "admin/commands.h"
#include "admin/control.h"
#include "admin/fsck.h"
#include "admin/init.h"
#include "admin/output.h"
#include "admin/process.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/log.h"
#include "base/utf8.h"
#include "conf.h"
#include "datadir.h"
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
	bool asked;		/* the user named it; else it was found */
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

/* Whether a configuration is the one that init makes in dir. */
static bool
is_in(const char *config, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return strncmp(config, dir, n) == 0 &&
	    strcmp(config + n, "/" CONF_FILE) == 0;
}

static int
run_init(struct cli *c)
{
	const struct init init = { .program = c->program,
	    .dir = c->call.args[0], .host = c->call.host,
	    .port = c->call.options & OPTION_PORT ? c->call.number : 0,
	    .config = c->asked ? c->config : NULL,
	    .now = clock_ms(CLOCK_REALTIME) / 1000, .out = &c->call.out,
	    .why = c->why, .room = WHY_ROOM };
	int result;

	if (c->call.options & OPTION_RENEW)
		result = init_renew(&init, c->config);
	else if (init.config != NULL && init.dir != NULL &&
	    !is_in(init.config, init.dir))
		return say_why(c->why, WHY_ROOM, "init makes %s, or a "
		    "configuration in %s: name only one of them", init.config,
		    init.dir);
	else
		result = init_make(&init);
	return result == -1 ? -1 : ADMIN_DONE;
}

/* Show lines that begin with "warning: " or "error: ". */
static void
put_findings(struct output *out, const struct buf *lines)
{
	struct span level, text;
	size_t at, n;

	if (out->json)
		output_table(out, "findings");
	for (at = 0; at < lines->n; at += n + 1) {
		level = (struct span){ lines->p + at, 0 };
		n = strcspn(level.p, "\n");
		level.n = strcspn(level.p, ":");
		text = (struct span){ level.p + level.n + 2, n - level.n - 2 };
		if (!out->json) {
			output_say(out, "%.*s", (int)n, level.p);
			continue;
		}
		output_row(out);
		output_text(out, "level", level);
		output_text(out, "text", text);
	}
	if (lines->n == 0)
		output_say(out, "ok");
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
	}
	for (at = 0; at < faults.n; at += n) {
		n = strcspn(faults.p + at, "\n") + 1;
		buf_addf(&findings, "error: %.*s", (int)n, faults.p + at);
	}
	put_findings(&c->call.out, &findings);
	if (worst == CHECK_WARNING)
		output_say(&c->call.out, "nothing keeps the relay from "
		    "starting");
	if (faults.n == 0)
		output_say(&c->call.out, "while it runs, the relay is "
		    "confined: %s", confine_text(text, confined));
	buf_free(&faults);
	buf_free(&findings);
	return (int)worst;
}

static int
run_fingerprint(struct cli *c)
{
	struct output *out = &c->call.out;
	char address[IDENTITY_ADDRESS];
	struct identity id;

	if (identity_read(&id, &c->conf, identity_listener(&c->conf),
	    IDENTITY_FAIL, clock_ms(CLOCK_REALTIME) / 1000, c->why,
	    WHY_ROOM) == -1)
		return c->why[0] != '\0' ? -1 : say_why(c->why, WHY_ROOM,
		    "there is no certificate yet: mnm creates one at its first "
		    "start");
	identity_address(address, &c->conf, &id.cert);
	if (out->json) {
		output_table(out, "fingerprint");
		output_row(out);
		output_text(out, "address", span_of(address));
		output_text(out, "fingerprint", span_of(id.cert.fingerprint));
	} else {
		output_say(out, "%s\n%s", address, id.cert.fingerprint);
	}
	identity_free(&id);
	return ADMIN_DONE;
}

static void
put_backup(struct cli *c, const struct backup_sum *sum, uint64_t ms)
{
	struct output *out = &c->call.out;
	char more[80] = "";

	if (out->json) {
		output_table(out, "backup");
		output_row(out);
		output_text(out, "directory", span_of(c->call.args[0]));
		output_number(out, "files", sum->files);
		output_number(out, "journal_bytes", sum->journal);
		output_number(out, "copied_bytes", sum->copied);
		output_number(out, "ms", ms);
		return;
	}
	if (sum->copied > 0)
		(void)snprintf(more, sizeof(more), "; bytes of files that "
		    "could not be linked: %llu",
		    (unsigned long long)sum->copied);
	output_say(out, "%s: files: %lu, bytes of journal: %llu, in %llu.%llu "
	    "s%s", c->call.args[0], sum->files,
	    (unsigned long long)sum->journal, (unsigned long long)ms / 1000,
	    (unsigned long long)ms / 100 % 10, more);
}

static int
run_backup(struct cli *c)
{
	uint64_t begun = clock_ms(CLOCK_REALTIME);
	struct backup_sum sum;
	char why[WHY_ROOM];

	if (backup_make(c->conf.data, c->call.args[0], &sum, why,
	    sizeof(why)) == -1)
		return say_why(c->why, sizeof(c->why), "no backup: %s", why);
	put_backup(c, &sum, clock_ms(CLOCK_REALTIME) - begun);
	return ADMIN_DONE;
}

/* A line about damage, or about what was done. */
static void
put_line(void *context, const char *line)
{
	struct output *out = context;

	if (!out->json) {
		output_say(out, "%s", line);
		return;
	}
	output_row(out);
	output_text(out, "text", span_of(line));
}

static void
put_sum(struct output *out, const struct fsck_sum *sum)
{
	if (!out->json) {
		output_say(out, "read: records in the journal: %llu, users: "
		    "%llu, groups: %llu, messages in packs: %llu (bytes: "
		    "%llu); damaged pieces: %llu",
		    (unsigned long long)sum->records,
		    (unsigned long long)sum->users,
		    (unsigned long long)sum->groups,
		    (unsigned long long)sum->messages,
		    (unsigned long long)sum->bytes,
		    (unsigned long long)sum->damaged);
		return;
	}
	output_table(out, "fsck");
	output_row(out);
	output_number(out, "records", sum->records);
	output_number(out, "users", sum->users);
	output_number(out, "groups", sum->groups);
	output_number(out, "messages", sum->messages);
	output_number(out, "bytes", sum->bytes);
	output_number(out, "damaged", sum->damaged);
}

static int
run_fsck(struct cli *c)
{
	enum fsck_kind kind = c->call.options & OPTION_REPAIR ? FSCK_REPAIR :
	    FSCK_LOOK;
	const char *data = c->call.args[0];
	const struct log_sink sink = { put_line, &c->call.out };
	struct fsck_sum sum;
	int result;

	if (data == NULL)
		data = c->conf.data;
	if (process_use_data(data, c->why, WHY_ROOM) == -1)
		return -1;
	if (c->call.out.json)
		output_table(&c->call.out, "lines");
	(void)log_to(&sink);
	result = fsck_run(data, kind, c->conf.journal_size, &sum, c->why,
	    WHY_ROOM);
	(void)log_to(NULL);
	if (result == -1)
		return -1;
	put_sum(&c->call.out, &sum);
	if (result == 0)
		return ADMIN_DONE;
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
	if (process_use_data(path, c->why, WHY_ROOM) == -1 ||
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
	const struct timespec pause = { .tv_nsec = 5000000 };
	struct buf answer = { NULL, 0, 0 };
	int status;

	if (check_words(c) == -1)
		return -1;
	while ((status = control_ask(c->conf.data, c->words, c->n,
	    &answer)) == ADMIN_AGAIN) {
		answer.n = 0;
		(void)nanosleep(&pause, NULL);
	}
	if (status == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		status = run_alone(c, &answer);
	else if (status == -1 && (errno == ETIMEDOUT || errno == EAGAIN))
		(void)say_why(c->why, WHY_ROOM, "%s: the relay does not answer "
		    "within 10 s: is it stopped, or its disk stuck?",
		    c->conf.data);
	else if (status == -1)
		(void)say_why(c->why, WHY_ROOM, "%s/control: %s%s",
		    c->conf.data, strerror(errno), errno == EACCES ?
		    ": run this as root or as the relay's user" : "");
	if (status == -1)
		answer.n = 0;
	if (status == ADMIN_DONE && answer.n == 0 && is_list(c) &&
	    isatty(STDOUT_FILENO))
		puts("none");
	print(status == ADMIN_DONE || (c->call.options & OPTION_JSON) ?
	    stdout : stderr, &answer);
	return status;
}

/* ---- both ---- */

/* Add a member: a list of lines. */
static void
put_lines(struct buf *text, const char *name, struct span lines)
{
	size_t at, n;

	json_put_key(text, name);
	json_put_open(text, '[');
	for (at = 0; at < lines.n; at += n + 1) {
		n = strcspn(lines.p + at, "\n");
		json_put_string(text, NULL, (struct span){ lines.p + at, n });
	}
	json_put_close(text, ']');
}

static void
print_json(struct buf *text)
{
	json_put_close(text, '}');
	buf_add_byte(text, '\n');
	print(stdout, text);
}

void
cli_print_lines(enum cli_form form, const char *name, struct span lines)
{
	struct buf text = { NULL, 0, 0 };

	if (form == CLI_TEXT) {
		printf("%.*s", (int)lines.n, lines.p);
		return;
	}
	json_put_open(&text, '{');
	put_lines(&text, name, lines);
	print_json(&text);
}

int
cli_refuse(enum cli_form form, int status, const char *why, struct span usage)
{
	struct buf text = { NULL, 0, 0 };

	if (form == CLI_TEXT) {
		fprintf(stderr, "mnm: %s\n%.*s", why, (int)usage.n, usage.p);
		return status;
	}
	json_put_open(&text, '{');
	json_put_string(&text, "error", span_of(why));
	if (usage.n > 0)
		put_lines(&text, "usage", usage);
	print_json(&text);
	return status;
}

/* Run the command on the configuration that it needs; -1 and why. */
static int
run_configured(struct cli *c, int (*command)(struct cli *))
{
	/* This one says nothing about another directory. */
	const char *config = command == run_init || (command == run_fsck &&
	    c->call.args[0] != NULL) ? NULL : c->config;

	if (command == run_check)
		return run_check(c);	/* which reads it itself */
	if (conf_read(&c->conf, config, c->why, WHY_ROOM) == -1)
		return -1;
	return command(c);
}

/*
 * Run the command, and print its answer, or what went wrong.  admin_run makes
 * the answer of what is for the relay.
 */
static int
run(struct cli *c, int (*command)(struct cli *))
{
	struct output *out = &c->call.out;
	bool json = (c->call.options & OPTION_JSON) != 0;
	bool answers = command != run_for_relay;
	struct span text;
	int status;

	if (answers)
		output_begin(out, json);
	status = run_configured(c, command);
	conf_free(&c->conf);
	if (answers && (status != -1 || !json)) {
		text = output_end(out);
		if (text.n > 0)
			fwrite(text.p, 1, text.n, stdout);
	}
	if (answers)
		output_free(out);
	if (status != -1)
		return status;
	log_clean(c->why, strlen(c->why));
	return cli_refuse(json ? CLI_JSON : CLI_TEXT, command == run_fsck ?
	    FSCK_DAMAGED : ADMIN_FAILED, c->why, (struct span){ NULL, 0 });
}

int
cli_run(const char *config, bool asked, const char *program,
    char *const *words, size_t n)
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
	    .asked = asked, .program = program };
	struct buf fault = { NULL, 0, 0 }, usage = { NULL, 0, 0 };
	size_t i;

	if (!admin_parse(&c.call, words, n, &fault, &usage)) {
		buf_add_byte(&fault, '\0');
		(void)cli_refuse(cli_form(words), ADMIN_USAGE, fault.p,
		    buf_span(&usage));
		buf_free(&fault);
		buf_free(&usage);
		return ADMIN_USAGE;
	}
	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (strcmp(tools[i].name, words[0]) == 0)
			return run(&c, tools[i].run);
	}
	return run(&c, run_for_relay);
}

enum cli_form
cli_form(char *const *words)
{
	for (; *words != NULL && strcmp(*words, "--") != 0; words++) {
		if (strcmp(*words, "--json") == 0)
			return CLI_JSON;
	}
	return CLI_TEXT;
}
