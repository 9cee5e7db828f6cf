#include "admin/admin.h"

#include <string.h>

#include "admin/call.h"
#include "datadir.h"
#include "admin/enroll.h"
#include "json.h"
#include "admin/commands.h"
#include "admin/watch.h"

#define DAYS_DEFAULT 7		/* that an invitation is good for */

static const struct {
	const char *name;
	enum call_option option;
	uint32_t max;		/* of its number; 0: it has none */
} options[] = {
	{ "--json",         CALL_JSON,         0 },
	{ "--code",         CALL_CODE,         0 },
	{ "--receive-only", CALL_RECEIVE_ONLY, 0 },
	{ "--days",         CALL_DAYS,         3650 },
	{ "--max",          CALL_MAX,          1000000 }
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

static const struct command {
	const char *first, *second;	/* its words; second may be NULL */
	const char *usage;
	size_t args;
	unsigned options;
	const char *(*run)(struct call *);	/* NULL, or why not */
	enum effect { LOOKS, CHANGES } effect;	/* it may need the journal */
} commands[] = {
	{ "invite", NULL, "ALIAS [--days N] [--code] [--receive-only]", 1,
	  CALL_DAYS | CALL_CODE | CALL_RECEIVE_ONLY, enroll_invite, CHANGES },
	{ "invitations", NULL, "", 0, 0, enroll_invitations, CHANGES },
	{ "uninvite", NULL, "ALIAS", 1, 0, enroll_uninvite, CHANGES },
	{ "knocks", NULL, "", 0, 0, enroll_requests, CHANGES },
	{ "approve", NULL, "ALIAS", 1, 0, enroll_approve, CHANGES },
	{ "register", "open", "TIME [--max N]", 1, CALL_MAX,
	  enroll_open, CHANGES },
	{ "register", "close", "", 0, 0, enroll_close, CHANGES },
	{ "register", NULL, "", 0, 0, enroll_show, CHANGES },
	{ "user", "list", "", 0, 0, roll_user_list, LOOKS },
	{ "user", "show", "USER", 1, 0, roll_user_show, LOOKS },
	{ "user", "disable", "USER", 1, 0, roll_user_disable, CHANGES },
	{ "user", "enable", "USER", 1, 0, roll_user_enable, CHANGES },
	{ "user", "remove", "USER", 1, 0, roll_user_remove, CHANGES },
	{ "user", "set", "USER receive-only on|off", 3, 0, roll_user_set,
	    CHANGES },
	{ "node", "list", "USER", 1, 0, roll_node_list, LOOKS },
	{ "node", "drop", "USER N", 2, 0, roll_node_drop, CHANGES },
	{ "alias", "drop", "ALIAS", 1, 0, roll_alias_drop, CHANGES },
	{ "group", "list", "", 0, 0, roll_group_list, LOOKS },
	{ "group", "show", "GROUP", 1, 0, roll_group_show, LOOKS },
	{ "group", "remove", "GROUP", 1, 0, roll_group_remove, CHANGES },
	{ "queue", NULL, "USER", 1, 0, watch_queue, LOOKS },
	{ "stats", NULL, "", 0, 0, watch_stats, LOOKS },
	{ "links", NULL, "", 0, 0, watch_links, LOOKS }
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *
find_command(char *const *words, size_t n)
{
	const struct command *k;
	size_t i;

	for (i = 0; i < COMMANDS && n > 0; i++) {
		k = &commands[i];
		if (strcmp(k->first, words[0]) == 0 && (k->second == NULL ||
		    (n > 1 && strcmp(k->second, words[1]) == 0)))
			return k;
	}
	return NULL;
}

bool
admin_is_command(const char *word)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].first, word) == 0)
			return true;
	}
	return false;
}

/*
 * Take an option and its number.  Returns how many words; or 0, and what is
 * wrong is in fault.
 */
static size_t
take_option(struct call *c, const struct command *k, char *const *words,
    size_t n, struct buf *fault)
{
	unsigned allowed = k->options | CALL_JSON;
	uint32_t number = 0;
	size_t i;

	for (i = 0; i < OPTIONS; i++) {
		if (strcmp(options[i].name, words[0]) == 0)
			break;
	}
	if (i == OPTIONS || (allowed & options[i].option) == 0) {
		buf_addf(fault, "unknown option: %s", words[0]);
		return 0;
	}
	if (options[i].max > 0 && (n < 2 ||
	    !call_number(&number, words[1], options[i].max) || number == 0)) {
		buf_addf(fault, "%s needs a number from 1 to %u%s%s",
		    words[0], (unsigned)options[i].max, n < 2 ? "" : ", not ",
		    n < 2 ? "" : words[1]);
		return 0;
	}
	c->has |= options[i].option;
	if (options[i].option == CALL_DAYS)
		c->days = number;
	else if (options[i].option == CALL_MAX)
		c->max = number;
	return options[i].max > 0 ? 2 : 1;
}

/*
 * Options may stand anywhere; after "--" there are none.  What is wrong is in
 * fault, also if the command is none.
 */
static void
take_words(struct call *c, const struct command *k, char *const *words,
    size_t n, struct buf *fault)
{
	size_t i = k == NULL || k->second == NULL ? 1 : 2, args = 0;
	bool over = false;

	if (k == NULL && n > 1)
		buf_addf(fault, "unknown word: %s", words[1]);
	while (i < n && fault->n == 0) {
		if (over || strncmp(words[i], "--", 2) != 0) {
			if (args == k->args)
				buf_addf(fault, "one word too many: %s",
				    words[i]);
			else
				c->args[args++] = words[i++];
		} else if (words[i][2] == '\0') {
			over = true;
			i++;
		} else {
			i += take_option(c, k, &words[i], n - i, fault);
		}
	}
	if (fault->n == 0 && (k == NULL || args < k->args))
		buf_add(fault, SPAN("something is missing"));
}

static void
add_usage(struct buf *to, const struct command *k)
{
	buf_addf(to, "mnm %s", k->first);
	if (k->second != NULL)
		buf_addf(to, " %s", k->second);
	if (k->usage[0] != '\0')
		buf_addf(to, " %s", k->usage);
	buf_add(to, SPAN(" [--json]"));
}

/* What is wrong, and the usage of the command k, or of all like words[0]. */
static int
explain(struct buf *answer, const struct command *k, char *const *words,
    struct buf *fault)
{
	const struct command *other;

	buf_add(answer, SPAN("mnm: "));
	buf_add(answer, buf_span(fault));
	buf_add_byte(answer, '\n');
	buf_free(fault);
	for (other = commands; other < commands + COMMANDS; other++) {
		if (k != NULL && k->second != NULL ? other != k :
		    strcmp(other->first, words[0]) != 0)
			continue;
		buf_add(answer, SPAN("usage: "));
		add_usage(answer, other);
		buf_add_byte(answer, '\n');
	}
	return ADMIN_USAGE;
}

static int
refuse(struct buf *answer, const struct call *c, const char *why)
{
	struct buf text = { NULL, 0, 0 };

	buf_add(&text, span_of(why));
	if (c->about != NULL)
		buf_addf(&text, ": %s", c->about);
	if (c->has & CALL_JSON) {
		json_put_open(answer, '{');
		json_put_string(answer, "error", buf_span(&text));
		json_put_close(answer, '}');
	} else {
		buf_add(answer, SPAN("mnm: "));
		buf_add(answer, buf_span(&text));
	}
	buf_add_byte(answer, '\n');
	buf_free(&text);
	return ADMIN_FAILED;
}

int
admin_run(const struct admin *admin, char *const *words, size_t n,
    struct buf *answer)
{
	const struct command *k = find_command(words, n);
	struct call c = {
		.relay = admin->relay,
		.data = admin->data,
		.conf = admin->conf,
		.db = admin->data->userdb,
		.invites = admin->data->invites,
		.now = admin->now,
		.started = admin->started,
		.links = admin->links,
		.pace = admin->pace,
		.days = DAYS_DEFAULT
	};
	struct buf fault = { NULL, 0, 0 };
	const char *why;
	int status = ADMIN_DONE;

	if (n == 0)
		return ADMIN_USAGE;
	take_words(&c, k, words, n, &fault);
	if (fault.n > 0)
		return explain(answer, k, words, &fault);
	if (k->effect == CHANGES && datadir_state(c.data) == DATADIR_WAIT)
		return refuse(answer, &c, "the journal is full: try again");
	c.about = c.args[0];
	report_begin(&c.report, c.has & CALL_JSON ? REPORT_JSON :
	    REPORT_TEXT);
	why = k->run(&c);
	if (why != NULL)
		status = refuse(answer, &c, why);
	else
		buf_add(answer, report_end(&c.report));
	report_free(&c.report);
	return status;
}

void
admin_usage(struct buf *to)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		buf_add(to, SPAN("       "));
		add_usage(to, &commands[i]);
		buf_add_byte(to, '\n');
	}
}
