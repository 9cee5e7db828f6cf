/*
 * tmtp device: another device of this user, and the end of one.
 *
 * The relay tells the new device's password once, in a message.  It is kept in
 * the account until it was printed.
 */
#include "cmd/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/qr.h"
#include "client/account.h"
#include "client/agent.h"
#include "client/dial.h"
#include "cmd/request.h"
#include "cmd/terminal.h"
#include "json.h"

#define DEVICE_WAIT 30000	/* ms for the message with the password */
#define LOOK        100
#define LINK_TIME   86400	/* seconds until an unused link ends */

static const char usage[] =
    "device add [LABEL] | device drop NUMBER [--after]";

/*
 * https://HOST:PORT/#device=UID.NODEID; for tmtp join also the user's name,
 * which the relay does not tell, and the fingerprint.
 */
static void
add_link(struct buf *link, const struct account *account,
    struct span nodeid)
{
	const char *p;

	buf_addf(link, "https://");
	dial_put_host(link, span_of(account->address + 1), DIAL_PORT);
	buf_addf(link, "/#device=");
	encode_percent(link, span_of(account->uid));
	buf_add_byte(link, '.');
	encode_percent(link, nodeid);
	if (account->alias_count > 0) {
		buf_addf(link, "&name=");
		encode_percent(link, span_of(account->aliases[0]));
	}
	if (account->address[0] != '=' || account->fingerprint[0] == '\0')
		return;
	buf_addf(link, "&ca=");
	for (p = account->fingerprint; *p != '\0'; p++)
		if (*p != ':')
			buf_add_byte(link, *p);
}

static void
show_json(struct buf *text, const struct account *account,
    struct span link, struct span nodeid, struct span noderef)
{
	json_put_open(text, '{');
	json_put_string(text, "address", span_of(account->address));
	json_put_string(text, "link", link);
	json_put_string(text, "nodeid", nodeid);
	json_put_string(text, "number", noderef);
	json_put_string(text, "uid", span_of(account->uid));
	json_put_close(text, '}');
	buf_add_byte(text, '\n');
}

static int
show_device(struct context *context, const struct account *account,
    struct span nodeid, struct span noderef)
{
	struct buf text = { NULL, 0, 0 }, link = { NULL, 0, 0 };
	struct buf drawing = { NULL, 0, 0 };
	struct qr qr;
	int result;

	add_link(&link, account, nodeid);
	if (context->json) {
		show_json(&text, account, buf_span(&link), nodeid, noderef);
	} else {
		buf_addf(&text, "Device number %.*s.  With a browser, or tmtp "
		    "join, open this link on it within a\nday, on one only: "
		    "two would each get a part of the messages.  Anyone who\n"
		    "has it can read and write in your name:\n\n%.*s\n\n",
		    (int)noderef.n, noderef.p, (int)link.n, link.p);
		if (qr_encode(&qr, buf_span(&link)))
			qr_draw(&drawing, &qr);
	}
	result = terminal_write(buf_span(&text));
	if (result == 0)
		result = terminal_draw(buf_span(&drawing));
	buf_free(&drawing);
	buf_free(&text);
	buf_free(&link);
	if (result == 0)
		return STATUS_OK;
	return context_fail(context, STATUS_IO, "cannot write the output");
}

/* Wait until the message with the password is here. */
static bool
await_device(struct context *context, struct request_line *line,
    struct span msgid, struct buf *nodeid, struct buf *noderef)
{
	uint64_t end = clock_ms(CLOCK_MONOTONIC) + DEVICE_WAIT;

	while (!agent_take_device(line->account, msgid, nodeid, noderef)) {
		if (line->refused || clock_ms(CLOCK_MONOTONIC) >= end)
			return false;
		request_turn(context, line, LOOK);
	}
	return true;
}

static int
add(struct context *context, struct account *account, const char *label)
{
	struct buf header, nodeid = { NULL, 0, 0 }, noderef = { NULL, 0, 0 };
	struct request_result result;
	struct request_line line;
	char id[OUTGOING_NAME];
	int status = request_begin(context, account, DIALOG_USEREDIT, &header,
	    id);

	if (status != STATUS_OK)
		return status;
	json_put_string(&header, "newnode", span_of(label));
	json_put_uint(&header, "within", LINK_TIME);
	status = request_keep(context, account, id, &header, NULL, 0);
	if (status == STATUS_OK)
		status = request_open(context, &line, account);
	if (status != STATUS_OK)
		return status;
	line.keeps = true;
	request_await(context, &line, id, REQUEST_PATIENCE, &result);
	status = request_status(context, &result);
	if (status == STATUS_OK && !await_device(context, &line,
	    buf_span(&result.msgid), &nodeid, &noderef))
		status = context_fail(context, STATUS_UNAVAILABLE,
		    "the device was added, but its password did not arrive");
	if (status == STATUS_OK)
		status = show_device(context, account, buf_span(&nodeid),
		    buf_span(&noderef));
	if (status == STATUS_OK)
		agent_forget_device(account, buf_span(&result.msgid));
	request_close(&line);
	request_free(&result);
	buf_free(&nodeid);
	buf_free(&noderef);
	return status;
}

static int
drop(struct context *context, struct account *account, const char *number,
    bool after)
{
	struct request_result result;
	struct buf header;
	char id[OUTGOING_NAME];
	int status = request_begin(context, account, DIALOG_USEREDIT, &header,
	    id);

	if (status != STATUS_OK)
		return status;
	json_put_string(&header, "dropnode", span_of(number));
	if (after) {
		json_put_key(&header, "after");
		buf_addf(&header, "true");
	}
	status = request_run(context, account, id, &header, &result);
	request_free(&result);
	return status;
}

int
device_run(struct context *context, char **argv)
{
	static const struct context_option options[] = {
		{ "after", 'A', false }, { NULL, 0, false }
	};
	struct context_words words = { .at = argv };
	const char *verb = *argv, *word = NULL;
	struct account account;
	bool after = false, adds;
	int option, status;

	if (verb == NULL)
		return context_usage(context, usage);
	adds = strcmp(verb, "add") == 0;
	words.at++;
	while ((option = context_option(&words, options)) > 0)
		after = true;
	if (*words.at != NULL)
		word = *words.at++;
	while (option != -1 && (option = context_option(&words, options)) > 0)
		after = true;
	if (option == -1 || *words.at != NULL || (adds && after) ||
	    (!adds && (strcmp(verb, "drop") != 0 || word == NULL ||
	    word[strspn(word, "0123456789")] != '\0')))
		return context_usage(context, usage);
	status = context_account(context, &account);
	if (status != STATUS_OK)
		return status;
	if (adds && account.address[0] == '/')
		status = context_fail(context, STATUS_CONFIG, "this account "
		    "uses a Unix socket, which no link can name");
	else if (adds)
		status = add(context, &account, word == NULL ? "" : word);
	else
		status = drop(context, &account, word, after);
	account_close(&account);
	return status;
}
