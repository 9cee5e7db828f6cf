#include "admin.h"

#include <string.h>

#include "call.h"
#include "enroll.h"
#include "json.h"
#include "roll.h"
#include "watch.h"

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
	const char *help;
} commands[] = {
	{ "invite", NULL, "ALIAS [--days N] [--code] [--receive-only]", 1,
	  CALL_DAYS | CALL_CODE | CALL_RECEIVE_ONLY, enroll_invite, CHANGES,
	  "let the first to register by this alias in" },
	{ "invitations", NULL, "", 0, 0, enroll_invitations, CHANGES,
	  "list them" },
	{ "uninvite", NULL, "ALIAS", 1, 0, enroll_uninvite, CHANGES,
	  "withdraw an invitation" },
	{ "knocks", NULL, "", 0, 0, enroll_knocks, CHANGES,
	  "list who was refused as not invited" },
	{ "approve", NULL, "ALIAS", 1, 0, enroll_approve, CHANGES,
	  "let in who has knocked" },
	{ "register", "open", "TIME [--max N]", 1, CALL_MAX,
	  enroll_open, CHANGES, "let anybody in for a while, as in 10m" },
	{ "register", "close", "", 0, 0, enroll_close, CHANGES,
	  "end that now" },
	{ "register", NULL, "", 0, 0, enroll_show, CHANGES,
	  "show who may register" },
	{ "user", "list", "", 0, 0, roll_user_list, LOOKS,
	  "list the members" },
	{ "user", "show", "USER", 1, 0, roll_user_show, LOOKS,
	  "show one, named by uid or alias" },
	{ "user", "disable", "USER", 1, 0, roll_user_disable, CHANGES,
	  "let it no longer log in" },
	{ "user", "enable", "USER", 1, 0, roll_user_enable, CHANGES,
	  "let it log in again" },
	{ "user", "remove", "USER", 1, 0, roll_user_remove, CHANGES,
	  "drop its nodes, queues and memberships" },
	{ "user", "set", "USER receive-only on|off", 3, 0, roll_user_set, CHANGES,
	  "let it receive but not send" },
	{ "node", "list", "USER", 1, 0, roll_node_list, LOOKS,
	  "list a member's nodes" },
	{ "node", "drop", "USER N", 2, 0, roll_node_drop, CHANGES,
	  "drop a lost or stolen one" },
	{ "alias", "drop", "ALIAS", 1, 0, roll_alias_drop, CHANGES,
	  "let it reach nobody; it stays taken" },
	{ "group", "list", "", 0, 0, roll_group_list, LOOKS,
	  "list the groups" },
	{ "group", "show", "GROUP", 1, 0, roll_group_show, LOOKS,
	  "list its members" },
	{ "group", "remove", "GROUP", 1, 0, roll_group_remove, CHANGES,
	  "drop all its members; its name stays taken" },
	{ "queue", NULL, "USER", 1, 0, watch_queue, LOOKS,
	  "count what waits for a member" },
	{ "stats", NULL, "", 0, 0, watch_stats, LOOKS,
	  "show how much there is of everything" },
	{ "links", NULL, "", 0, 0, watch_links, LOOKS,
	  "list who is on line" }
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

/* Take an option and its number.  Returns how many words, 0 if it is none. */
static size_t
take_option(struct call *c, const struct command *k, char *const *words,
    size_t n)
{
	unsigned allowed = k->options | CALL_JSON;
	uint32_t number = 0;
	size_t i;

	for (i = 0; i < OPTIONS; i++) {
		if (strcmp(options[i].name, words[0]) == 0)
			break;
	}
	if (i == OPTIONS || (allowed & options[i].option) == 0)
		return 0;
	if (options[i].max > 0 && (n < 2 ||
	    !call_number(&number, words[1], options[i].max) || number == 0))
		return 0;
	c->has |= options[i].option;
	if (options[i].option == CALL_DAYS)
		c->days = number;
	else if (options[i].option == CALL_MAX)
		c->max = number;
	return options[i].max > 0 ? 2 : 1;
}

/* Options may stand anywhere; after "--" there are none. */
static bool
take_words(struct call *c, const struct command *k, char *const *words,
    size_t n)
{
	size_t i = k->second != NULL ? 2 : 1, args = 0, taken;
	bool over = false;

	while (i < n) {
		if (over || strncmp(words[i], "--", 2) != 0) {
			if (args == k->args)
				return false;
			c->args[args++] = words[i++];
		} else if (words[i][2] == '\0') {
			over = true;
			i++;
		} else {
			taken = take_option(c, k, &words[i], n - i);
			if (taken == 0)
				return false;
			i += taken;
		}
	}
	return args == k->args;
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

static int
explain(struct buf *answer, char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < COMMANDS && n > 0; i++) {
		if (strcmp(commands[i].first, words[0]) != 0)
			continue;
		buf_add(answer, SPAN("usage: "));
		add_usage(answer, &commands[i]);
		buf_addf(answer, "\n\t%s\n", commands[i].help);
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
	buf_add_octet(answer, '\n');
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
		.db = admin->relay->data->userdb,
		.guests = admin->relay->data->guests,
		.now = admin->now,
		.started = admin->started,
		.links = admin->links,
		.pace = admin->pace,
		.days = DAYS_DEFAULT
	};
	const char *why;
	int status = ADMIN_DONE;

	if (k == NULL || !take_words(&c, k, words, n))
		return explain(answer, words, n);
	if (k->effect == CHANGES && data_state(c.relay->data) == DATA_WAIT)
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
		buf_add_octet(to, '\n');
	}
}
