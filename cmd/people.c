/*
 * tmtp whoami, contacts: what the account's files say.
 */
#include "cmd/people.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "client/account.h"
#include "client/contacts.h"
#include "cmd/terminal.h"
#include "json.h"

static const char whoami_usage[] = "whoami";
static const char contacts_usage[] =
    "contacts [accept NAME | drop NAME | rename NAME NEW]";

static int
finish(struct context *context, struct buf *text)
{
	int result = terminal_write(buf_span(text));

	buf_free(text);
	if (result == 0)
		return STATUS_OK;
	return context_fail(context, STATUS_IO, "standard output: cannot be "
	    "written");
}

/* ---- whoami ---- */

static void
add_whoami_json(struct buf *b, const struct account *a,
    const struct context *context)
{
	size_t i;

	json_put_open(b, '{');
	json_put_string(b, "account", span_of(context->account));
	json_put_string(b, "address", span_of(a->address));
	json_put_key(b, "aliases");
	json_put_open(b, '[');
	for (i = 0; i < a->alias_count; i++)
		json_put_string(b, NULL, span_of(a->aliases[i]));
	json_put_close(b, ']');
	json_put_string(b, "fingerprint", span_of(a->fingerprint));
	json_put_string(b, "label", span_of(a->label));
	json_put_string(b, "uid", span_of(a->uid));
	json_put_close(b, '}');
	buf_add_byte(b, '\n');
}

static void
add_whoami(struct buf *b, const struct account *a,
    const struct context *context)
{
	size_t i;

	buf_addf(b, "account      %s\n", context->account);
	buf_addf(b, "relay        %s\n", a->address);
	if (a->fingerprint[0] != '\0')
		buf_addf(b, "fingerprint  %s\n", a->fingerprint);
	buf_addf(b, "uid          %s\n", a->uid);
	for (i = 0; i < a->alias_count; i++) {
		buf_addf(b, "%s", i == 0 ? "names        " : ", ");
		terminal_line(b, span_of(a->aliases[i]));
	}
	buf_addf(b, "%sdevice       ", i == 0 ? "" : "\n");
	terminal_line(b, span_of(a->label));
	buf_add_byte(b, '\n');
}

int
people_run_whoami(struct context *context, char **argv)
{
	struct buf text = { NULL, 0, 0 };
	struct account account;
	int status;

	if (argv[0] != NULL)
		return context_usage(context, whoami_usage);
	status = context_account(context, &account);
	if (status != STATUS_OK)
		return status;
	if (context->json)
		add_whoami_json(&text, &account, context);
	else
		add_whoami(&text, &account, context);
	account_close(&account);
	return finish(context, &text);
}

/* ---- contacts ---- */

static const char *const how_words[] = {
	[PERSON_PINGED] = "pinged, no answer yet",
	[PERSON_SAYS] = "says so; see: tmtp contacts accept",
	[PERSON_ANSWERED] = "has answered", [PERSON_SURE] = ""
};

static const char *const how_names[] = {
	[PERSON_PINGED] = "pinged", [PERSON_SAYS] = "says",
	[PERSON_ANSWERED] = "answered", [PERSON_SURE] = "sure"
};

static void
add_contact(struct buf *b, const struct context *context,
    const struct contact_person *c)
{
	if (context->json) {
		json_put_open(b, '{');
		json_put_string(b, "how", span_of(how_names[c->how]));
		json_put_string(b, "name", span_of(c->name));
		json_put_string(b, "uid", span_of(c->uid));
		json_put_close(b, '}');
		buf_add_byte(b, '\n');
		return;
	}
	terminal_line(b, span_of(c->name));
	if (how_words[c->how][0] != '\0')
		buf_addf(b, "  (%s)", how_words[c->how]);
	buf_add_byte(b, '\n');
}

static int
list(struct context *context, const struct account *account)
{
	struct buf text = { NULL, 0, 0 };
	struct contacts book;
	size_t i;

	if (contacts_read(&book, account, context->why, CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	for (i = 0; i < book.people_count; i++)
		add_contact(&text, context, &book.people[i]);
	contacts_free(&book);
	return finish(context, &text);
}

static int
change(struct context *context, struct account *account, char **argv)
{
	struct contacts book;
	struct contact_person *c;
	int status = STATUS_OK;

	if (contacts_begin(&book, account, context->why, CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	c = contacts_find(&book, span_of(argv[1]));
	if (argv[2] != NULL && (argv[2][0] == '\0' ||
	    !utf8_is_valid(argv[2], strlen(argv[2]))))
		status = context_fail(context, STATUS_USAGE, "the new name is "
		    "%s", argv[2][0] == '\0' ? "empty" : "not UTF-8");
	else if (c == NULL)
		status = context_fail(context, STATUS_NO_USER,
		    "%s is not in your contacts; tmtp read adds those who "
		    "have written", argv[1]);
	else if (strcmp(argv[0], "drop") == 0)
		contacts_drop(&book, c);
	else if (!contacts_rename(&book, c, span_of(argv[2] != NULL ?
	    argv[2] : c->name)))
		status = context_fail(context, STATUS_USAGE,
		    "%s is in your contacts already", argv[2]);
	if (contacts_end(&book, account, context->why, CONTEXT_WHY) == -1)
		status = context_fail(context, STATUS_CANNOT_CREATE, "%s",
		    context->why);
	return status;
}

int
people_run_contacts(struct context *context, char **argv)
{
	static const char *const verbs[] = { "accept", "drop", "rename" };
	struct account account;
	size_t verb = 0, count = 0;
	int status;

	while (argv[count] != NULL)
		count++;
	if (count > 0)
		verb = span_index(span_of(argv[0]), verbs, 3);
	if (count > 0 && (verb == 3 || count != (verb == 2 ? 3 : 2)))
		return context_usage(context, contacts_usage);
	status = context_account(context, &account);
	if (status != STATUS_OK)
		return status;
	status = count == 0 ? list(context, &account) :
	    change(context, &account, argv);
	account_close(&account);
	return status;
}
