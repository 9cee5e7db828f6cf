/*
 * tmtp sendmail: called as sendmail is, with a message on standard input.
 *
 * Each recipient must be in gateway.conf.  Its post is kept on disk first, then
 * sent.  A server that delivers mail by this program tries again when the
 * status is 75.  So a message that has a Message-ID makes the same requests
 * each time, and is posted once: the ack of a request stays for days, as it may
 * come again.  One without, as from cron, comes only once.
 */
#include "cmd/sendmail.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/account.h"
#include "client/contacts.h"
#include "client/outgoing.h"
#include "client/post_form.h"
#include "cmd/conversation.h"
#include "cmd/gateway.h"
#include "cmd/request.h"
#include "cmd/terminal.h"
#include "mail/field.h"
#include "mail/letter.h"
#include "mail/mime.h"

#define MESSAGE_MAX    (100 << 20)	/* bytes */
#define PIECE          65536
#define RECEIVED_MAX   30	/* servers on the way of a message */
#define RECIPIENTS_MAX 100

static const char usage[] = "sendmail [-t] [-i] [-f ADDRESS] [-F NAME] "
    "[-O wait=S]\n"
    "            [--] [ADDRESS]...";

/* What is done about one recipient. */
struct delivery {
	struct post_target target;
	struct conversation talk;	/* token "": no reply in one */
	char name[OUTGOING_NAME];	/* of the request */
};

struct sendmail {
	struct account account;
	struct gateway gateway;
	struct contacts book;
	bool from_header;		/* -t: recipients are in the header */
	bool ignores_dots;		/* -i: a line "." is not the end */
	const char *sender, *sender_name;	/* "": not given */
	int patience;			/* seconds to wait for the relay */
	struct buf message;
	struct mime mail;
	struct buf from_name, from;	/* who has sent it */
	struct buf recipients;		/* each with a NUL */
	struct delivery *deliveries;
	size_t count;
	int status;			/* the worst so far */
};

/* Trying again is worth more than what is certain. */
static void
note_status(struct sendmail *s, int status)
{
	if (status == STATUS_OK || s->status == STATUS_TEMPORARY)
		return;
	if (s->status == STATUS_OK || status == STATUS_TEMPORARY)
		s->status = status;
}

/* ---- arguments ---- */

static void
add_recipient(struct sendmail *s, struct span address)
{
	if (address.n > 2 && address.p[0] == '<' &&
	    address.p[address.n - 1] == '>')
		address = (struct span){ address.p + 1, address.n - 2 };
	if (address.n == 0)
		return;
	buf_add(&s->recipients, address);
	buf_add_byte(&s->recipients, '\0');
}

/* One argument may be a list: cron passes on all of MAILTO so. */
static void
add_recipients(struct sendmail *s, struct span list)
{
	struct buf name = { NULL, 0, 0 }, address = { NULL, 0, 0 };

	while (field_address(&list, &name, &address))
		add_recipient(s, buf_span(&address));
	buf_free(&name);
	buf_free(&address);
}

/* Use an option's value, or do without. */
static void
set_option(struct sendmail *s, char letter, const char *value)
{
	if (letter == 'i' || (letter == 'o' && strcmp(value, "i") == 0))
		s->ignores_dots = true;
	else if (letter == 't')
		s->from_header = true;
	else if (letter == 'f' || letter == 'r')
		s->sender = value;
	else if (letter == 'F')
		s->sender_name = value;
	else if (letter == 'O' && strncmp(value, "wait=", 5) == 0)
		s->patience = (int)strtol(value + 5, NULL, 10);
}

/*
 * The options of sendmail.  What is about how others deliver is passed over;
 * what makes something else of it than a sender of mail, as -bs, is refused.
 */
static int
read_words(struct sendmail *s, char **argv)
{
	const char *value, *letter;

	for (; *argv != NULL && (*argv)[0] == '-' && (*argv)[1] != '\0';
	    argv++) {
		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		/* As with getopt, those without a value may stand together. */
		for (letter = *argv + 1; *letter != '\0' &&
		    strchr("itGUnvm", *letter) != NULL; letter++)
			set_option(s, *letter, "");
		if (*letter == '\0')
			continue;
		value = letter + 1;
		if (strchr("fFrBNRVhLOX", *letter) != NULL &&
		    *value == '\0' && (value = *++argv) == NULL)
			return -1;
		if (*letter == 'b' ? strcmp(value, "m") != 0 :
		    strchr("fFrBNRVhLOX" "oeAp", *letter) == NULL)
			return -1;
		set_option(s, *letter, value);
	}
	for (; *argv != NULL; argv++)
		add_recipients(s, span_of(*argv));
	return s->recipients.n > 0 || s->from_header ? 0 : -1;
}

/* ---- the message ---- */

/* Where a line with nothing but a point begins; the length if nowhere. */
static size_t
find_dot(const struct buf *text)
{
	size_t at = 0, n;
	const char *end;

	while (at < text->n) {
		end = memchr(text->p + at, '\n', text->n - at);
		n = end != NULL ? (size_t)(end - text->p) - at : text->n - at;
		if (text->p[at] == '.' && (n == 1 || (n == 2 &&
		    text->p[at + 1] == '\r')))
			return at;
		at += n + 1;
	}
	return text->n;
}

static int
read_message(struct context *context, struct sendmail *s)
{
	struct buf *text = &s->message;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf_room(text, PIECE), PIECE);
		if (n > 0)
			text->n += (size_t)n;
	} while ((n > 0 && text->n <= MESSAGE_MAX) ||
	    (n == -1 && errno == EINTR));
	if (n == -1)
		return context_fail(context, STATUS_TEMPORARY,
		    "standard input: %s", strerror(errno));
	if (text->n > MESSAGE_MAX)
		return context_fail(context, STATUS_DATA,
		    "the message is larger than %d MB", MESSAGE_MAX >> 20);
	if (!s->ignores_dots)
		text->n = find_dot(text);
	return STATUS_OK;
}

static void
read_sender(struct sendmail *s)
{
	struct span raw = field_find(s->mail.head, "From");

	if (field_address(&raw, &s->from_name, &s->from))
		return;
	raw = span_of(s->sender);
	(void)field_address(&raw, &s->from_name, &s->from);
	s->from_name.n = 0;
	field_text(&s->from_name, span_of(s->sender_name));
}

static void
read_header_recipients(struct sendmail *s)
{
	static const char *const fields[] = { "To", "Cc", "Bcc" };
	struct buf name = { NULL, 0, 0 }, address = { NULL, 0, 0 };
	struct span head, raw;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		head = s->mail.head;
		while ((raw = field_next(&head, fields[i])).p != NULL) {
			while (field_address(&raw, &name, &address))
				add_recipient(s, buf_span(&address));
		}
	}
	buf_free(&name);
	buf_free(&address);
}

/* Mail that comes back to where it went out must not go round. */
static int
check_loop(struct context *context, const struct sendmail *s)
{
	struct buf gateway = { NULL, 0, 0 };
	bool loops;

	field_text(&gateway, field_find(s->mail.head, LETTER_GATEWAY));
	loops = span_is(buf_span(&gateway), span_of(s->account.uid)) ||
	    field_count(s->mail.head, "Received") > RECEIVED_MAX;
	buf_free(&gateway);
	if (!loops)
		return STATUS_OK;
	return context_fail(context, STATUS_UNAVAILABLE,
	    "the message goes round in circles");
}

/* Whether a program has answered: but that mail cannot be delivered matters. */
static bool
is_automatic_answer(const struct sendmail *s)
{
	struct buf word = { NULL, 0, 0 };
	bool is;

	field_word(&word, field_find(s->mail.head, "Auto-Submitted"));
	is = span_is(buf_span(&word), SPAN("auto-replied"));
	word.n = 0;
	field_word(&word, field_find(s->mail.head, "Content-Type"));
	is = is && !span_is(buf_span(&word), SPAN("multipart/report"));
	buf_free(&word);
	return is;
}

/* ---- recipients ---- */

static struct delivery *
add_delivery(struct sendmail *s)
{
	s->deliveries = xgrow(s->deliveries, s->count,
	    sizeof(*s->deliveries));
	s->deliveries[s->count] = (struct delivery){ .name = "" };
	return &s->deliveries[s->count++];
}

/* Whether it is on the list: several addresses may be of one member. */
static bool
has_delivery(const struct sendmail *s, const struct post_target *target)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		if (span_is(s->deliveries[i].target.id, target->id))
			return true;
	}
	return false;
}

/* A rule "in ADDRESS WHO" for this address.  How many have matched. */
static size_t
apply_rules(struct context *context, struct sendmail *s, struct span address)
{
	struct post_target target;
	struct span its, who;
	size_t i, n = 0;

	for (i = 0; i < s->gateway.count; i++) {
		if (!span_is(s->gateway.rules[i].key, SPAN("in")))
			continue;
		who = its = s->gateway.rules[i].value;
		its.n = 0;
		while (its.n < who.n && who.p[its.n] != ' ' &&
		    who.p[its.n] != '\t')
			its.n++;
		if (!gateway_same_address(its, address))
			continue;
		who = (struct span){ who.p + its.n, who.n - its.n };
		while (who.n > 0 && (*who.p == ' ' || *who.p == '\t'))
			who = (struct span){ who.p + 1, who.n - 1 };
		n++;
		if (gateway_find(&s->book, who, &target)) {
			if (!has_delivery(s, &target))
				add_delivery(s)->target = target;
		} else {
			note_status(s, context_fail(context, STATUS_CONFIG,
			    "gateway.conf: no contact or group is called "
			    "\"%.*s\"; if the name is right, ask first, with "
			    "tmtp post", (int)who.n, who.p));
		}
	}
	return n;
}

/*
 * The address may be one of a conversation, whose member still is on the list;
 * then it is done.
 */
static bool
apply_conversation(struct context *context, struct sendmail *s,
    struct span address)
{
	struct span token = conversation_token(address,
	    gateway_value(&s->gateway, "address"));
	struct conversation talk;
	struct delivery *d;

	if (token.p == NULL ||
	    !conversation_read(&s->account, token, &talk))
		return false;
	if (!gateway_is_member(&s->gateway, &s->book, buf_span(&talk.uid))) {
		conversation_free(&talk);
		return false;
	}
	if (is_automatic_answer(s)) {
		(void)context_fail(context, STATUS_OK,
		    "an automatic answer was dropped");
		conversation_free(&talk);
		return true;
	}
	d = add_delivery(s);
	d->talk = talk;
	d->target = (struct post_target){ .id = buf_span(&talk.uid) };
	return true;
}

static void
find_deliveries(struct context *context, struct sendmail *s)
{
	struct span address;
	size_t at, n = 0;

	for (at = 0; at < s->recipients.n; at += address.n + 1) {
		address = span_of(s->recipients.p + at);
		if (n++ == RECIPIENTS_MAX) {
			note_status(s, context_fail(context, STATUS_DATA,
			    "more than %d recipients", RECIPIENTS_MAX));
			return;
		}
		if (!apply_conversation(context, s, address) &&
		    apply_rules(context, s, address) == 0)
			note_status(s, context_fail(context, STATUS_NO_USER,
			    "unknown address: %.*s", (int)address.n,
			    address.p));
	}
}

/* ---- posts ---- */

/*
 * Say whom it is from, as the post itself is from the gateway: if the mail does
 * not, then who has called us.
 */
static void
write_text(struct buf *text, const struct sendmail *s)
{
	const char *caller = getenv("LOGNAME");

	buf_add(text, SPAN("From: "));
	if (s->from_name.n == 0 && s->from.n == 0)
		terminal_line(text, span_of(caller != NULL ? caller :
		    "unknown"));
	if (s->from_name.n > 0) {
		buf_add(text, buf_span(&s->from_name));
		buf_add_byte(text, ' ');
	}
	if (s->from.n > 0)
		buf_addf(text, "<%.*s>", (int)s->from.n, s->from.p);
	buf_add(text, SPAN("\n\n"));
	buf_add(text, buf_span(&s->mail.text));
}

static void
name_request(const struct sendmail *s, struct delivery *d)
{
	struct buf target = { NULL, 0, 0 };

	buf_add(&target, d->target.id);
	buf_add(&target, span_of(d->talk.token));
	if (field_find(s->mail.head, "Message-ID").p != NULL)
		gateway_name(d->name, buf_span(&s->message),
		    buf_span(&target));
	else if (outgoing_id(d->name) == -1)
		d->name[0] = '\0';
	buf_free(&target);
}

static void
keep(struct context *context, struct sendmail *s)
{
	struct buf text = { NULL, 0, 0 }, subject = { NULL, 0, 0 };
	struct post_form form = { .alias = span_of(
	    s->account.alias_count > 0 ? s->account.aliases[0] : "") };
	struct mime_file *file;
	struct delivery *d;
	size_t i;

	write_text(&text, s);
	field_text(&subject, field_find(s->mail.head, "Subject"));
	form.text = buf_span(&text);
	form.subject = buf_span(&subject);
	form.attachment_count = s->mail.count;
	form.attachments = xzalloc((s->mail.count + 1) *
	    sizeof(*form.attachments));
	for (i = 0; i < s->mail.count; i++) {
		file = &s->mail.files[i];
		form.attachments[i] = (struct post_attachment){
		    span_of(file->name), 'u', file->data.n,
		    buf_span(&file->data) };
	}
	for (d = s->deliveries; d < s->deliveries + s->count; d++) {
		form.thread = d->talk.token[0] != '\0' ?
		    buf_span(&d->talk.thread) : SPAN("");
		name_request(s, d);
		/* It is not kept: nothing stands against trying again. */
		if (d->name[0] == '\0' || gateway_keep(context, &s->account,
		    &d->target, &form, d->name) != STATUS_OK) {
			note_status(s, STATUS_TEMPORARY);
			d->name[0] = '\0';
		}
	}
	free(form.attachments);
	buf_free(&text);
	buf_free(&subject);
}

/* Remember the last Message-ID, without its brackets. */
static void
read_message_id(struct buf *to, const struct sendmail *s)
{
	struct span raw = field_find(s->mail.head, "Message-ID");

	to->n = 0;
	field_text(to, raw);
	if (to->n > 0 && to->p[0] == '<')
		buf_cut(to, 0, 1);
	if (to->n > 0 && to->p[to->n - 1] == '>')
		to->n--;
}

/* The member may answer, if the gateway lets it send mail to that address. */
static void
note_conversation(struct context *context, struct sendmail *s,
    struct delivery *d, struct span msgid)
{
	if (d->talk.token[0] == '\0') {
		if (d->target.is_group || !letter_is_address(
		    buf_span(&s->from)) || !gateway_allows(&s->gateway,
		    buf_span(&s->from)) || !gateway_is_member(&s->gateway,
		    &s->book, d->target.id) ||
		    gateway_value(&s->gateway, "address").p == NULL)
			return;
		buf_add(&d->talk.uid, d->target.id);
		buf_add(&d->talk.thread, msgid);
		buf_add(&d->talk.address, buf_span(&s->from));
		field_text(&d->talk.subject, field_find(s->mail.head,
		    "Subject"));
	}
	read_message_id(&d->talk.last, s);
	(void)conversation_write(context, &s->account, &d->talk);
}

static void
send_all(struct context *context, struct sendmail *s)
{
	struct request_result result;
	struct request_line line;
	struct delivery *d;
	int status = request_open(context, &line, &s->account);

	if (status != STATUS_OK) {
		note_status(s, STATUS_TEMPORARY);
		return;
	}
	line.keeps_acks = field_find(s->mail.head, "Message-ID").p != NULL;
	for (d = s->deliveries; d < s->deliveries + s->count; d++) {
		if (d->name[0] == '\0')
			continue;
		request_await(context, &line, d->name, s->status ==
		    STATUS_TEMPORARY ? 0 : s->patience, &result);
		status = request_status(context, &result);
		if (status == STATUS_OK)
			note_conversation(context, s, d,
			    buf_span(&result.msgid));
		else if (result.refused)
			(void)outgoing_drop(s->account.out, d->name);
		else
			status = STATUS_TEMPORARY;
		note_status(s, status);
		request_free(&result);
	}
	request_close(&line);
}

static void
deliver(struct context *context, struct sendmail *s)
{
	const char *why = mime_read(&s->mail, buf_span(&s->message));

	if (why != NULL) {
		note_status(s, context_fail(context, STATUS_DATA, "%s", why));
		return;
	}
	note_status(s, check_loop(context, s));
	if (s->from_header)
		read_header_recipients(s);
	if (s->recipients.n == 0)
		note_status(s, context_fail(context, STATUS_USAGE,
		    "no recipient: the message has no address in To, Cc or "
		    "Bcc"));
	read_sender(s);
	if (s->status == STATUS_OK)
		find_deliveries(context, s);
	keep(context, s);
	if (s->count > 0)
		send_all(context, s);
	mime_free(&s->mail);
}

/* ---- the command ---- */

static void
run(struct context *context, struct sendmail *s)
{
	note_status(s, gateway_read(context, &s->account, &s->gateway));
	if (s->status != STATUS_OK)
		return;
	if (contacts_read(&s->book, &s->account, context->why,
	    CONTEXT_WHY) == 0) {
		deliver(context, s);
		contacts_free(&s->book);
	} else {
		note_status(s, context_fail(context, STATUS_TEMPORARY, "%s",
		    context->why));
	}
	gateway_free(&s->gateway);
}

int
sendmail_run(struct context *context, char **argv)
{
	struct sendmail s = { .sender = "", .sender_name = "",
	    .patience = REQUEST_PATIENCE };
	size_t i;

	if (read_words(&s, argv) == -1) {
		buf_free(&s.recipients);
		return context_usage(context, usage);
	}
	s.status = read_message(context, &s);
	if (s.status == STATUS_OK)
		s.status = context_account(context, &s.account);
	if (s.status == STATUS_OK) {
		run(context, &s);
		account_close(&s.account);
	}
	for (i = 0; i < s.count; i++)
		conversation_free(&s.deliveries[i].talk);
	free(s.deliveries);
	buf_free(&s.message);
	buf_free(&s.from_name);
	buf_free(&s.from);
	buf_free(&s.recipients);
	return s.status;
}
