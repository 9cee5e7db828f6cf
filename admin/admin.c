#include "admin/admin.h"

#include <stdlib.h>
#include <string.h>

#include "admin/commands.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/typo.h"
#include "datadir.h"
#include "json.h"
#include "userdb.h"

static const struct {
	const char *name;
	enum command_option option;
	uint32_t max;		/* of its number; 0: it has none */
} options[] = {
	{ "--json",         OPTION_JSON,         0 },
	{ "--code",         OPTION_CODE,         0 },
	{ "--receive-only", OPTION_RECEIVE_ONLY, 0 },
	{ "--days",         OPTION_DAYS,         3650 },
	{ "--max",          OPTION_MAX,          1000000 },
	{ "--repair",       OPTION_REPAIR,       0 },
	{ "--qr",           OPTION_QR,           0 },
	{ "--renew",        OPTION_RENEW,        0 },
	{ "--host",         OPTION_HOST,         0 },
	{ "--port",         OPTION_PORT,         65535 }
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* ---- how commands are used ---- */

static void
add_usage(struct buf *to, const struct command *k)
{
	buf_addf(to, "%s%s%s%s%s%s", k->first, k->second != NULL ? " " : "",
	    k->second != NULL ? k->second : "", k->usage[0] != '\0' ? " " : "",
	    k->usage, " [--json]");
}

void
admin_usage(struct buf *to)
{
	const struct command *k;

	for (k = commands; k < commands + commands_count; k++) {
		buf_addf(to, "  ");
		add_usage(to, k);
		buf_addf(to, "\n        %s\n", k->help);
	}
}

/*
 * Append how the call's command is used, or all that begin with this word; and
 * what they do, if that was asked for.
 */
static void
explain(struct buf *to, const struct call *c, const char *word, bool help)
{
	const struct command *k;

	for (k = commands; k < commands + commands_count; k++) {
		if (c->command != NULL && c->command->second != NULL ?
		    k != c->command : strcmp(k->first, word) != 0)
			continue;
		buf_addf(to, "usage: mnm ");
		add_usage(to, k);
		buf_add_byte(to, '\n');
		if (help)
			buf_addf(to, "        %s\n", k->help);
	}
}

/*
 * The name that the command's usage gives an argument, in brackets if it may
 * be missing; empty when there are not so many.  Options stand behind them.
 */
static struct span
argument_name(const struct command *k, size_t index)
{
	struct span name = span_of(k->usage);

	for (;;) {
		name.n = strcspn(name.p, " ");
		if (strncmp(name.p, "[--", 3) == 0)
			name.n = 0;
		if (name.n == 0 || index-- == 0)
			return name;
		name.p += name.n + (name.p[name.n] == ' ');
	}
}

/* ---- reading the words ---- */

static const struct command *
find_command(char *const *words, size_t n)
{
	const char *first = words[0];
	const struct command *k;

	if (strcmp(first, "knocks") == 0)
		first = "requests";	/* its name until now */
	for (k = commands; k < commands + commands_count; k++) {
		if (strcmp(k->first, first) == 0 && (k->second == NULL ||
		    (n > 1 && strcmp(k->second, words[1]) == 0)))
			return k;
	}
	return NULL;
}

/* For typo_meant: the first words of all commands, or what may follow one. */
static const char *
name_of(const void *first, size_t i)
{
	const struct command *k;
	const char *name;

	for (k = commands; k < commands + commands_count; k++) {
		name = first == NULL ? k->first :
		    strcmp(k->first, first) == 0 ? k->second : NULL;
		if (name != NULL && i-- == 0)
			return name;
	}
	return NULL;
}

/*
 * Append the command that was probably meant, if there is one.  Without a
 * second word, the first is wrong.
 */
static void
suggest(struct buf *fault, const char *first, const char *second)
{
	const char *meant = second == NULL ? typo_meant(first, name_of, NULL) :
	    typo_meant(second, name_of, first);

	if (meant != NULL)
		buf_addf(fault, "; did you mean %s%s%s?", second == NULL ? "" :
		    first, second == NULL ? "" : " ", meant);
}

static bool
is_first(const char *word)
{
	size_t i = 0;

	while (i < commands_count && strcmp(commands[i].first, word) != 0)
		i++;
	return i < commands_count;
}

/* No command was found: is it one of several that begin so? */
static void
reject_command(char *const *words, size_t n, struct buf *fault,
    struct buf *usage)
{
	if (!is_first(words[0])) {
		buf_addf(fault, "unknown command: %s", words[0]);
		suggest(fault, words[0], NULL);
		buf_addf(usage, "mnm -h lists all commands\n");
	} else if (n > 1) {
		buf_addf(fault, "unknown command: %s %s", words[0], words[1]);
		suggest(fault, words[0], words[1]);
	} else {
		buf_addf(fault, "missing argument after %s", words[0]);
	}
}

bool
admin_help(struct buf *to, struct buf *fault, const char *word)
{
	const struct call none = { .command = NULL };
	char *words[] = { xcopy(span_of(word)) };
	bool known = is_first(word);

	if (known)
		explain(to, &none, word, true);
	else
		reject_command(words, 1, fault, to);
	free(words[0]);
	return known;
}

/*
 * Take an option and its number.  Returns how many words, or 0 with what is
 * wrong.
 */
static size_t
take_option(struct call *c, char *const *words, size_t n, struct buf *fault)
{
	const struct command *k = c->command;
	uint32_t number = 0;
	size_t i;

	for (i = 0; i < OPTIONS; i++) {
		if (strcmp(options[i].name, words[0]) == 0)
			break;
	}
	if (i == OPTIONS || (options[i].option != OPTION_JSON &&
	    strstr(k->usage, words[0]) == NULL)) {
		buf_addf(fault, "unknown option: %s", words[0]);
		return 0;
	}
	if (options[i].option == OPTION_HOST) {
		c->options |= OPTION_HOST;
		c->host = n > 1 ? words[1] : "";
		if (c->host[0] != '\0')
			return 2;
		buf_addf(fault, "missing value for %s (a name or address)",
		    words[0]);
		return 0;
	}
	if (options[i].max > 0 && n < 2) {
		buf_addf(fault, "missing value for %s (1 to %u)", words[0],
		    (unsigned)options[i].max);
		return 0;
	}
	if (options[i].max > 0 && (!commands_number(&number, words[1],
	    options[i].max) || number == 0)) {
		buf_addf(fault, "invalid value for %s (1 to %u): %s",
		    words[0], (unsigned)options[i].max, words[1]);
		return 0;
	}
	c->options |= options[i].option;
	if (options[i].max == 0)
		return 1;
	c->number = number;
	return 2;
}

static void
take_argument(struct call *c, size_t index, const char *word,
    struct buf *fault)
{
	struct span name = argument_name(c->command, index);

	if (name.n == 0) {
		buf_addf(fault, "unexpected argument: %s", word);
		if (c->command->second == NULL)
			suggest(fault, c->command->first, word);
	} else if (word[0] == '\0') {
		buf_addf(fault, "empty argument: %.*s", (int)name.n, name.p);
	} else {
		c->args[index] = word;
	}
}

/* Options may stand anywhere; after "--" there are none. */
static void
take_words(struct call *c, char *const *words, size_t n, struct buf *fault)
{
	size_t i = c->command->second == NULL ? 1 : 2, args = 0;
	struct span next;
	bool over = false;

	while (i < n && fault->n == 0) {
		if (over || words[i][0] != '-') {
			take_argument(c, args++, words[i++], fault);
		} else if (strcmp(words[i], "--") == 0) {
			over = true;
			i++;
		} else {
			i += take_option(c, &words[i], n - i, fault);
		}
	}
	next = argument_name(c->command, args);
	if (fault->n == 0 && next.n > 0 && next.p[0] != '[')
		buf_addf(fault, "missing argument: %.*s", (int)next.n,
		    next.p);
}

bool
admin_parse(struct call *c, char *const *words, size_t n, struct buf *fault,
    struct buf *usage)
{
	if (n == 0)
		return false;
	c->command = find_command(words, n);
	if (c->command == NULL)
		reject_command(words, n, fault, usage);
	else
		take_words(c, words, n, fault);
	if (fault->n > 0)
		explain(usage, c, words[0], false);
	return fault->n == 0;
}

/* ---- running it ---- */

/* Set the call's user to the one with this uid or alias; NULL, or why not. */
static const char *
find_user(struct call *c, const char *name)
{
	struct userdb *db = c->data->userdb;
	struct alias *a;

	c->user = userdb_user_text(db, span_of(name));
	if (c->user == NULL) {
		a = userdb_alias(db, span_of(name));
		c->user = a != NULL ? a->user : NULL;
	}
	return c->user != NULL ? NULL : "there is no user with the uid or "
	    "alias";
}

static int
refuse(struct buf *answer, const struct call *c, const char *why)
{
	struct buf text = { NULL, 0, 0 };
	int status;

	buf_add(&text, span_of(why));
	if (c->about != NULL)
		buf_addf(&text, ": %s", c->about);
	buf_add_byte(&text, '\0');
	status = admin_answer(c->options, NULL, text.p, answer);
	buf_free(&text);
	return status;
}

int
admin_answer(unsigned given, const char *done, const char *why,
    struct buf *answer)
{
	struct output out;

	if (why == NULL) {
		output_begin(&out, given & OPTION_JSON);
		output_say(&out, "%s", done);
		buf_add(answer, output_end(&out));
		output_free(&out);
		return ADMIN_DONE;
	}
	if (given & OPTION_JSON) {
		json_put_open(answer, '{');
		json_put_string(answer, "error", span_of(why));
		json_put_close(answer, '}');
	} else {
		buf_addf(answer, "mnm: %s", why);
	}
	buf_add_byte(answer, '\n');
	return ADMIN_FAILED;
}

/*
 * What the operator of a running relay has changed.  An alias to uninvite may
 * have been given with its code.
 */
static void
log_act(const struct call *c)
{
	const struct command *k = c->command;
	struct buf line = { NULL, 0, 0 };
	size_t i;

	if (c->started == 0 ||
	    (k->effect == READS && strcmp(k->first, "reload") != 0) ||
	    (k->effect == CHANGES && k->second == NULL && c->args[0] == NULL))
		return;
	buf_addf(&line, "operator: %s%s%s", k->first,
	    k->second != NULL ? " " : "", k->second != NULL ? k->second : "");
	for (i = 0; i < COMMAND_ARGS && c->args[i] != NULL; i++) {
		if (strcmp(k->first, "uninvite") != 0)
			buf_addf(&line, strchr(c->args[i], ' ') != NULL ?
			    " \"%s\"" : " %s", c->args[i]);
	}
	log_line("%.*s", (int)line.n, line.p);
	buf_free(&line);
}

int
admin_run(struct call *c, char *const *words, size_t n, struct buf *answer)
{
	const char *why = NULL;
	int status = ADMIN_DONE;

	/* The program has seen the words before it sent them. */
	if (!admin_parse(c, words, n, answer, answer) ||
	    c->command->run == NULL)
		return ADMIN_USAGE;
	if (c->command->effect == CHANGES &&
	    datadir_state(c->data) == DATADIR_WAIT)
		return refuse(answer, c, "the journal is full: try again");
	c->about = c->args[0];
	output_begin(&c->out, c->options & OPTION_JSON);
	if (strncmp(c->command->usage, "USER", 4) == 0)
		why = find_user(c, c->args[0]);
	if (why == NULL)
		why = c->command->run(c);
	if (why != NULL) {
		status = refuse(answer, c, why);
	} else if (c->again) {
		status = ADMIN_AGAIN;
	} else {
		buf_add(answer, output_end(&c->out));
		log_act(c);
	}
	output_free(&c->out);
	return status;
}
