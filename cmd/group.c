#include "cmd/group.h"

#include <stdint.h>
#include <string.h>

#include "client/account.h"
#include "client/contacts.h"
#include "cmd/post.h"
#include "cmd/request.h"
#include "cmd/terminal.h"
#include "json.h"

static const char group_usage[] =
    "group [invite GROUP NAME [--moderated] [--closed] [TEXT] |\n"
    "            join GROUP [NAME] | leave GROUP | rename GROUP NAME |\n"
    "            drop GROUP NAME | moderator GROUP NAME [on | off] |\n"
    "            pass GROUP MSGID | reject GROUP MSGID]";
static const char alias_usage[] = "alias [add NAME [--uses N] | drop NAME]";

/* The arguments of group, after its verb. */
struct group_words {
	char *words[4];			/* NULL: not given */
	size_t count;
	bool moderated, closed;
};

/* ---- lists ---- */

static int
print(struct context *context, struct buf *text)
{
	int result = terminal_write(buf_span(text));

	buf_free(text);
	if (result == 0)
		return STATUS_OK;
	return context_fail(context, STATUS_IO, "cannot write the output");
}

static int
list_groups(struct context *context, const struct account *account)
{
	struct buf text = { NULL, 0, 0 };
	const struct contact_group *g;
	struct contacts book;
	size_t i;

	if (contacts_read(&book, account, context->why, CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	for (i = 0; i < book.group_count; i++) {
		g = &book.groups[i];
		if (context->json) {
			json_put_open(&text, '{');
			json_put_string(&text, "gid", span_of(g->gid));
			json_put_key(&text, "joined");
			buf_addf(&text, "%s", g->joined ? "true" : "false");
			json_put_string(&text, "me", span_of(g->me));
			json_put_close(&text, '}');
		} else {
			terminal_line(&text, span_of(g->gid));
			buf_addf(&text, "  (%s ", g->joined ? "as" :
			    "you are invited as");
			terminal_line(&text, span_of(g->me));
			buf_add_byte(&text, ')');
		}
		buf_add_byte(&text, '\n');
	}
	contacts_free(&book);
	return print(context, &text);
}

static int
list_aliases(struct context *context, const struct account *account)
{
	struct buf text = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < account->alias_count; i++) {
		if (context->json) {
			json_put_open(&text, '{');
			json_put_string(&text, "alias",
			    span_of(account->aliases[i]));
			json_put_close(&text, '}');
		} else {
			terminal_line(&text, span_of(account->aliases[i]));
		}
		buf_add_byte(&text, '\n');
	}
	return print(context, &text);
}

/* ---- groups ---- */

/* Our name in a group; else, by which others know us; "" if we have none. */
static void
my_name(struct context *context, const struct account *account,
    const char *gid, struct buf *name)
{
	const struct contact_group *g;
	struct contacts book;

	if (contacts_read(&book, account, context->why, CONTEXT_WHY) == 0) {
		g = contacts_find_group(&book, span_of(gid));
		if (g != NULL)
			buf_add(name, span_of(g->me));
		contacts_free(&book);
	}
	if (name->n == 0 && account->alias_count > 0)
		buf_add(name, span_of(account->aliases[0]));
}

static int
invite(struct context *context, struct account *account,
    const struct group_words *w)
{
	struct request_result result = { .acked = false };
	struct outgoing_part part = { SPAN(""), -1, 0 };
	struct buf me = { NULL, 0, 0 }, header = { NULL, 0, 0 };
	struct request_line line;
	char id[OUTGOING_NAME];
	int status;

	if (w->words[2] != NULL)
		part.bytes = span_of(w->words[2]);
	my_name(context, account, w->words[0], &me);
	status = request_begin(context, account, DIALOG_GROUPINVITE, &header,
	    id);
	if (status == STATUS_OK) {
		json_put_string(&header, "gid", span_of(w->words[0]));
		json_put_string(&header, "from", buf_span(&me));
		json_put_string(&header, "to", span_of(w->words[1]));
		if (w->moderated || w->closed)
			json_put_string(&header, "kind", span_of(
			    !w->closed ? "moderated" : w->moderated ?
			    "moderated closed" : "closed"));
		json_put_uint(&header, "datalen", part.bytes.n);
		status = request_keep(context, account, id, &header, &part, 1);
	}
	buf_free(&me);
	if (status == STATUS_OK)
		status = request_open(context, &line, account);
	if (status != STATUS_OK)
		return status;
	request_await(context, &line, id, REQUEST_PATIENCE, &result);
	request_close(&line);
	status = request_status(context, &result);
	request_free(&result);
	return status;
}

/* A GroupEdit with these members, of which NULL ones are left out. */
struct group_edit {
	const char *gid, *act, *to, *newalias, *msgid;
	bool on;
};

static int
edit(struct context *context, struct account *account,
    const struct group_edit *e)
{
	struct request_result result;
	struct buf header;
	char id[OUTGOING_NAME];
	int status = request_begin(context, account, DIALOG_GROUPEDIT, &header,
	    id);

	if (status != STATUS_OK)
		return status;
	json_put_string(&header, "gid", span_of(e->gid));
	json_put_string(&header, "act", span_of(e->act));
	if (e->to != NULL)
		json_put_string(&header, "to", span_of(e->to));
	if (e->newalias != NULL)
		json_put_string(&header, "newalias", span_of(e->newalias));
	if (e->msgid != NULL)
		json_put_string(&header, "msgid", span_of(e->msgid));
	if (e->on) {
		json_put_key(&header, "on");
		buf_addf(&header, "true");
	}
	status = request_run(context, account, id, &header, &result);
	request_free(&result);
	return status;
}

static int
forget_group(struct context *context, struct account *account,
    const char *gid)
{
	struct contacts book;

	if (contacts_begin(&book, account, context->why, CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	contacts_drop_group(&book, span_of(gid));
	if (contacts_end(&book, account, context->why, CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CANNOT_CREATE, "%s",
		    context->why);
	return STATUS_OK;
}

static int
leave(struct context *context, struct account *account, const char *gid)
{
	struct group_edit e = { .gid = gid, .act = "drop" };
	struct buf me = { NULL, 0, 0 };
	int status;

	my_name(context, account, gid, &me);
	buf_add_byte(&me, '\0');
	e.to = me.p;
	status = edit(context, account, &e);
	buf_free(&me);
	return status != STATUS_OK ? status :
	    forget_group(context, account, gid);
}

/* The verbs, and how many words each needs and may have. */
static const struct group_verb {
	const char *name;
	size_t least, most;
} verbs[] = {
	{ "invite", 2, 3 }, { "join", 1, 2 }, { "leave", 1, 1 },
	{ "rename", 2, 2 }, { "drop", 2, 2 }, { "moderator", 2, 3 },
	{ "pass", 2, 2 }, { "reject", 2, 2 }
};

static int
run_verb(struct context *context, struct account *account, const char *verb,
    const struct group_words *w)
{
	struct group_edit e = { .gid = w->words[0], .act = verb };

	if (strcmp(verb, "invite") == 0)
		return invite(context, account, w);
	if (strcmp(verb, "leave") == 0)
		return leave(context, account, w->words[0]);
	if (strcmp(verb, "join") == 0) {
		e.newalias = w->words[1];
	} else if (strcmp(verb, "rename") == 0) {
		e.act = "alias";
		e.newalias = w->words[1];
	} else if (strcmp(verb, "drop") == 0) {
		e.to = w->words[1];
	} else if (strcmp(verb, "moderator") == 0) {
		e.to = w->words[1];
		e.on = w->words[2] == NULL || strcmp(w->words[2], "on") == 0;
	} else {
		e.msgid = w->words[1];
	}
	return edit(context, account, &e);
}

static const struct group_verb *
read_group_words(struct group_words *w, char **argv)
{
	static const struct context_option options[] = {
		{ "moderated", 'm', false }, { "closed", 'c', false },
		{ NULL, 0, false }
	};
	struct context_words words = { .at = argv };
	const struct group_verb *v;
	int option;

	for (v = verbs; v < verbs + sizeof(verbs) / sizeof(*verbs); v++)
		if (strcmp(v->name, *words.at) == 0)
			break;
	if (v == verbs + sizeof(verbs) / sizeof(*verbs))
		return NULL;
	words.at++;
	for (;;) {
		while ((option = context_option(&words, options)) > 0) {
			w->moderated = w->moderated || option == 'm';
			w->closed = w->closed || option == 'c';
		}
		if (option == -1 || (*words.at != NULL &&
		    w->count == v->most))
			return NULL;
		if (*words.at == NULL)
			break;
		w->words[w->count++] = *words.at++;
	}
	/* Whether somebody moderates is "on", as without it, or "off". */
	if (strcmp(v->name, "moderator") == 0 && w->count == 3 &&
	    strcmp(w->words[2], "on") != 0 && strcmp(w->words[2], "off") != 0)
		return NULL;
	if (w->count < v->least || ((w->moderated || w->closed) && v != verbs))
		return NULL;
	return v;
}

int
group_run(struct context *context, char **argv)
{
	struct group_words w = { .count = 0 };
	const struct group_verb *verb = NULL;
	struct account account;
	int status;

	if (argv[0] != NULL && (verb = read_group_words(&w, argv)) == NULL)
		return context_usage(context, group_usage);
	status = context_account(context, &account);
	if (status != STATUS_OK)
		return status;
	status = verb == NULL ? list_groups(context, &account) :
	    run_verb(context, &account, verb->name, &w);
	account_close(&account);
	return status;
}

/* ---- aliases ---- */

static int
edit_alias(struct context *context, struct account *account,
    const char *key, const char *name, long uses)
{
	struct request_result result;
	struct buf header;
	char id[OUTGOING_NAME];
	int status = request_begin(context, account, DIALOG_USEREDIT, &header,
	    id);

	if (status != STATUS_OK)
		return status;
	json_put_string(&header, key, span_of(name));
	if (uses > 0)
		json_put_uint(&header, "uses", (uint64_t)uses);
	status = request_run(context, account, id, &header, &result);
	request_free(&result);
	return status;
}

int
group_run_alias(struct context *context, char **argv)
{
	static const struct context_option options[] = {
		{ "uses", 'u', true }, { NULL, 0, false }
	};
	struct context_words words = { .at = argv };
	const char *given[2] = { NULL, NULL };
	struct account account;
	size_t count = 0;
	long uses = 0;
	int option, status;
	bool adds;

	for (;;) {
		while ((option = context_option(&words, options)) > 0)
			if (context_number(&words, 1, INT32_MAX, &uses) !=
			    STATUS_OK)
				return STATUS_USAGE;
		if (option == -1 || *words.at == NULL || count == 2)
			break;
		given[count++] = *words.at++;
	}
	adds = count == 2 && strcmp(given[0], "add") == 0;
	if (option == -1 || *words.at != NULL || count == 1 ||
	    (uses > 0 && !adds) || (count == 2 && !adds &&
	    strcmp(given[0], "drop") != 0))
		return context_usage(context, alias_usage);
	status = context_account(context, &account);
	if (status != STATUS_OK)
		return status;
	status = count == 0 ? list_aliases(context, &account) :
	    edit_alias(context, &account, adds ? "newalias" : "dropalias",
	    given[1], uses);
	account_close(&account);
	return status;
}
