/*
 * tmtp post: a message to people and groups.
 *
 * A recipient who is not a contact yet is pinged.  A short text is sent with
 * the ping; a longer one needs --wait, and is sent once that person has
 * answered.
 */
#include "cmd/post.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/utf8.h"
#include "client/account.h"
#include "client/contacts.h"
#include "client/post_form.h"
#include "cmd/terminal.h"
#include "cmd/request.h"
#include "json.h"

#define TEXT_MAX   (64 << 20)	/* bytes of standard input */
#define LOOK_AGAIN 200		/* ms between two looks at the contacts */
#define TEXT_INVALID "\xef\xbf\xbd"

static const char usage[] =
    "post [-s SUBJECT] [-r THREAD] [-f FILE]... [--wait] [--timeout S]\n"
    "            WHO... [TEXT | -]";

struct post_order {
	char **who;			/* names, NULL at the end */
	const char *subject, *thread;
	char **files;			/* owned, NULL at the end */
	size_t file_count;
	struct buf text;
	bool waits;
	int timeout;			/* seconds; REQUEST_FOREVER */
};

/* ---- making requests ---- */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Open the files; the form gets their names, the parts their bytes. */
static int
open_files(struct context *context, char *const *files,
    struct post_attachment *attachments, struct outgoing_part *parts)
{
	struct stat st;
	size_t i;

	for (i = 0; files != NULL && files[i] != NULL; i++) {
		parts[i].fd = open(files[i], O_RDONLY | O_CLOEXEC);
		if (parts[i].fd == -1 || fstat(parts[i].fd, &st) == -1)
			return context_fail(context, STATUS_NO_INPUT,
			    "%s: %s", files[i], strerror(errno));
		if (!S_ISREG(st.st_mode))
			return context_fail(context, STATUS_NO_INPUT,
			    "%s is not a file", files[i]);
		if (!utf8_is_valid(base_name(files[i]),
		    strlen(base_name(files[i]))))
			return context_fail(context, STATUS_NO_INPUT,
			    "the name of %s is not UTF-8", files[i]);
		parts[i].size = (uint64_t)st.st_size;
		attachments[i] = (struct post_attachment){
		    span_of(base_name(files[i])), 'u', parts[i].size,
		    SPAN("") };
	}
	return STATUS_OK;
}

static void
put_targets(struct buf *header, const struct post_draft *draft)
{
	size_t i;

	json_put_key(header, "for");
	json_put_open(header, '[');
	for (i = 0; i < draft->target_count; i++) {
		json_put_open(header, '{');
		json_put_string(header, "id", draft->targets[i].id);
		json_put_uint(header, "type",
		    draft->targets[i].is_group ? 3 : 1);
		json_put_close(header, '}');
	}
	json_put_close(header, ']');
}

struct post_cc
post_cc(const struct post_target *target)
{
	return (struct post_cc){ target->is_group ? target->id : target->name,
	    target->id };
}

static int
keep_parts(struct context *context, const struct account *account,
    const struct post_draft *draft, struct post_form *form,
    struct outgoing_part *parts, char id[OUTGOING_NAME])
{
	struct buf head = { NULL, 0, 0 }, header;
	uint64_t size;
	size_t i;
	int status;

	post_form_head(&head, form);
	parts[0] = (struct outgoing_part){ buf_span(&head), -1, head.n };
	parts[1] = (struct outgoing_part){ draft->text, -1, draft->text.n };
	size = head.n + draft->text.n;
	for (i = 0; i < form->attachment_count; i++)
		size += form->attachments[i].size;
	status = request_begin(context, account, DIALOG_POST, &header, id);
	if (status == STATUS_OK) {
		put_targets(&header, draft);
		json_put_uint(&header, "datahead", head.n);
		json_put_uint(&header, "datalen", size);
		status = request_keep(context, account, id, &header, parts,
		    2 + form->attachment_count);
	}
	buf_free(&head);
	return status;
}

int
post_keep(struct context *context, const struct account *account,
    const struct post_draft *draft, char id[OUTGOING_NAME])
{
	struct post_form form = { .thread = draft->thread,
	    .subject = draft->subject, .alias = span_of(
	    account->alias_count > 0 ? account->aliases[0] : "") };
	struct outgoing_part *parts;
	struct post_cc *cc;
	char date[CLOCK_TEXT];
	size_t count = 0, i;
	int status;

	form.cc = cc = xzalloc((draft->target_count + 1) * sizeof(*cc));
	form.cc_count = draft->target_count;
	form.uid = span_of(account->uid);
	clock_text(date, clock_ms(CLOCK_REALTIME));
	form.date = (struct span){ date, CLOCK_TEXT };
	for (i = 0; i < draft->target_count; i++)
		cc[i] = post_cc(&draft->targets[i]);
	while (draft->files != NULL && draft->files[count] != NULL)
		count++;
	parts = xzalloc((count + 2) * sizeof(*parts));
	form.attachments = xzalloc((count + 1) * sizeof(*form.attachments));
	form.attachment_count = count;
	for (i = 0; i < count + 2; i++)
		parts[i].fd = -1;
	status = open_files(context, draft->files, form.attachments,
	    parts + 2);
	if (status == STATUS_OK)
		status = keep_parts(context, account, draft, &form, parts, id);
	for (i = 0; i < count; i++)
		(void)fd_close(parts[i + 2].fd);
	free(form.attachments);
	free(parts);
	free(cc);
	return status;
}

/* The longest beginning of a text that a ping may have. */
static struct span
cut_text(struct span text)
{
	size_t n = 0, bytes, units = 0;
	uint32_t c;

	while (n < text.n &&
	    (bytes = utf8_take(text.p + n, text.n - n, &c)) > 0) {
		units += c > 0xffff ? 2 : 1;
		if (units > POST_PING_UNITS)
			break;
		n += bytes;
	}
	return (struct span){ text.p, n };
}

int
post_keep_ping(struct context *context, const struct account *account,
    struct span to, struct span text, char id[OUTGOING_NAME])
{
	struct outgoing_part part = { cut_text(text), -1, 0 };
	struct buf header;
	int status;

	if (account->alias_count == 0)
		return context_fail(context, STATUS_CONFIG,
		    "to write first to somebody you need a name of your own: "
		    "tmtp alias add NAME");
	status = request_begin(context, account, DIALOG_PING, &header, id);
	if (status != STATUS_OK)
		return status;
	json_put_string(&header, "from", span_of(account->aliases[0]));
	json_put_string(&header, "to", to);
	json_put_uint(&header, "datalen", part.bytes.n);
	return request_keep(context, account, id, &header, &part, 1);
}

/* ---- who ---- */

enum who_found { FOUND, FOUND_NOT, FOUND_DOUBTFUL };

static enum who_found
find_target(const struct contacts *book, const char *name,
    struct post_target *target)
{
	const struct contact_group *g = contacts_find_group(book,
	    span_of(name));
	const struct contact_person *c = contacts_find(book, span_of(name));

	if (c != NULL && c->how == PERSON_SAYS)
		return FOUND_DOUBTFUL;
	if (c != NULL && c->uid[0] != '\0') {
		*target = (struct post_target){ span_of(c->uid), false,
		    span_of(c->name) };
		return FOUND;
	}
	if (g == NULL || c != NULL)
		return FOUND_NOT;
	*target = (struct post_target){ span_of(g->gid), true,
		    SPAN("") };
	return FOUND;
}

/* Put those who are known into targets, and the others' names into unknown. */
static int
sort_names(struct context *context, const struct contacts *book,
    char *const *who, struct post_draft *draft, const char **unknown)
{
	struct post_target *targets = xzalloc(sizeof(*targets) *
	    (size_t)1024);
	size_t n = 0, lost = 0;

	draft->targets = targets;
	for (; *who != NULL && n < 1024 && lost < 1024; who++) {
		switch (find_target(book, *who, &targets[n])) {
		case FOUND:
			n++;
			break;
		case FOUND_NOT:
			unknown[lost++] = *who;
			break;
		case FOUND_DOUBTFUL:
			return context_fail(context, STATUS_NO_USER,
			    "somebody claims to be %s, but you have never "
			    "asked; if you believe it: tmtp contacts accept "
			    "\"%s\"",
			    *who, *who);
		}
	}
	unknown[lost] = NULL;
	draft->target_count = n;
	if (*who == NULL)
		return STATUS_OK;
	return context_fail(context, STATUS_USAGE, "too many names");
}

/* ---- sending ---- */

static int
see_through(struct context *context, struct request_line *line,
    const struct post_order *order, const char *id, struct buf *report)
{
	struct request_result result;
	int status;

	request_await(context, line, id, order->waits ? REQUEST_FOREVER :
	    order->timeout, &result);
	status = request_status(context, &result);
	if (context->json) {
		json_put_open(report, '{');
		json_put_string(report, "id", span_of(id));
		json_put_string(report, "msgid", buf_span(&result.msgid));
		json_put_string(report, "posted", buf_span(&result.posted));
		json_put_string(report, "state", status == STATUS_OK ?
		    SPAN("acked") : result.refused ? SPAN("refused") :
		    SPAN("kept"));
		json_put_close(report, '}');
	}
	request_free(&result);
	return status;
}

static bool
is_answered(struct context *context, struct request_line *line,
    const char *name)
{
	struct contacts book;
	struct post_target target;
	bool found;

	if (contacts_read(&book, line->account, context->why,
	    CONTEXT_WHY) == -1)
		return false;
	found = find_target(&book, name, &target) == FOUND;
	contacts_free(&book);
	return found;
}

static void
await_answer(struct context *context, struct request_line *line,
    const char *name)
{
	while (!is_answered(context, line, name) && !line->refused)
		request_turn(context, line, LOOK_AGAIN);
}

static bool
fits_ping(const struct post_order *order)
{
	return order->file_count == 0 && order->subject[0] == '\0' &&
	    cut_text(buf_span(&order->text)).n == order->text.n;
}

/*
 * Ping one who is not known.  carried: the text went with the ping.
 */
static int
ping(struct context *context, struct request_line *line,
    const struct post_order *order, const char *name, bool *carried,
    struct buf *report)
{
	static const char greeting[] = "(would like to write to you)";
	char id[OUTGOING_NAME];
	struct span text = buf_span(&order->text);
	int status;

	*carried = fits_ping(order);
	if (!*carried && !order->waits)
		text = span_of(greeting);
	status = post_keep_ping(context, line->account, span_of(name),
	    *carried ? text : span_of(greeting), id);
	if (status == STATUS_OK)
		status = see_through(context, line, order, id, report);
	if (status == STATUS_OK && order->waits)
		await_answer(context, line, name);
	if (status == STATUS_OK && !*carried && !order->waits)
		status = context_fail(context, STATUS_UNAVAILABLE,
		    "%s was pinged, but has not got the message: post it when "
		    "there is an answer, or with --wait", name);
	return status;
}

/* Post to those who are known. */
static int
post(struct context *context, struct request_line *line,
    const struct post_order *order, char *const *who, struct buf *report)
{
	const char *unknown[1025];
	struct buf subject = { NULL, 0, 0 };
	struct post_draft draft = {
	    .thread = span_of(order->thread),
	    .text = buf_span(&order->text), .files = order->files };
	struct contacts book;
	char id[OUTGOING_NAME];
	int status;

	if (contacts_read(&book, line->account, context->why, CONTEXT_WHY) ==
	    -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	terminal_utf8(&subject, span_of(order->subject));
	draft.subject = buf_span(&subject);
	status = sort_names(context, &book, who, &draft, unknown);
	if (status == STATUS_OK && draft.target_count > 0) {
		status = post_keep(context, line->account, &draft, id);
		if (status == STATUS_OK)
			status = see_through(context, line, order, id, report);
	}
	free((void *)(uintptr_t)draft.targets);
	contacts_free(&book);
	buf_free(&subject);
	return status;
}

/*
 * First the pings, as --wait may make their targets known.  If one is refused,
 * nothing is posted, as the relay does with a post to an unknown uid: perhaps
 * a text lacks its quotes.
 */
static int
deliver(struct context *context, struct request_line *line,
    const struct post_order *order, struct buf *report)
{
	const char *unknown[1025];
	struct post_draft draft = { .target_count = 0 };
	struct contacts book;
	char *late[2 * 1025] = { NULL };
	size_t late_count = 0, i;
	bool carried;
	int status, result;

	if (contacts_read(&book, line->account, context->why, CONTEXT_WHY) ==
	    -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	status = sort_names(context, &book, order->who, &draft, unknown);
	for (i = 0; status == STATUS_OK && order->who[i] != NULL; i++) {
		struct post_target target;

		if (find_target(&book, order->who[i], &target) == FOUND)
			late[late_count++] = order->who[i];
	}
	contacts_free(&book);
	free((void *)(uintptr_t)draft.targets);
	if (status != STATUS_OK)
		return status;
	for (i = 0; unknown[i] != NULL; i++) {
		result = ping(context, line, order, unknown[i], &carried,
		    report);
		if (result != STATUS_OK)
			status = result;
		else if (!carried)
			late[late_count++] = (char *)(uintptr_t)unknown[i];
	}
	late[late_count] = NULL;
	if (status == STATUS_DATA && late_count > 0)
		return context_fail(context, STATUS_DATA, "nothing was "
		    "posted; a text of several words needs quotes");
	result = post(context, line, order, late, report);
	return result != STATUS_OK ? result : status;
}

/* ---- the command ---- */

static int
read_input(struct context *context, struct buf *text)
{
	struct buf raw = { NULL, 0, 0 };
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf_room(&raw, 65536), 65536);
		if (n > 0)
			raw.n += (size_t)n;
	} while ((n > 0 && raw.n <= TEXT_MAX) || (n == -1 && errno == EINTR));
	if (n == -1 || raw.n > TEXT_MAX) {
		buf_free(&raw);
		return context_fail(context, STATUS_NO_INPUT,
		    "standard input: %s", n == -1 ? strerror(errno) :
		    "too long; send it as a file: -f");
	}
	terminal_utf8(text, buf_span(&raw));
	buf_free(&raw);
	return STATUS_OK;
}

/* Visible letters of ASCII: whatever else it is, the relay knows. */
static bool
is_message_id(const char *text)
{
	size_t n = 0;

	while (text[n] > ' ' && text[n] < 0x7f)
		n++;
	return n > 0 && text[n] == '\0';
}

static int
read_words(struct post_order *order, char **argv, size_t *who_count)
{
	static const struct context_option options[] = {
		{ "file", 'f', true }, { "subject", 's', true },
		{ "reply", 'r', true }, { "wait", 'w', false },
		{ "timeout", 't', true }, { NULL, 0, false }
	};
	struct context_words words = { .at = argv };
	long seconds;
	int option;

	for (;;) {
		while ((option = context_option(&words, options)) > 0) {
			switch (option) {
			case 'f':
				order->files[order->file_count++] =
				    (char *)(uintptr_t)words.value;
				break;
			case 's':
				order->subject = words.value;
				break;
			case 'r':
				if (!is_message_id(words.value))
					return -1;
				order->thread = words.value;
				break;
			case 'w':
				order->waits = true;
				break;
			case 't':
				if (context_number(&words, 0, REQUEST_MAX,
				    &seconds) != STATUS_OK)
					return -1;
				order->timeout = (int)seconds;
				break;
			}
		}
		if (option == -1)
			return -1;
		if (*words.at == NULL)
			return *who_count == 0 ? -1 : 0;
		order->who[(*who_count)++] = *words.at++;
	}
}

/* The last word is the text, unless it is the only one. */
static int
take_text(struct context *context, struct post_order *order, size_t count)
{
	const char *last = count > 1 ? order->who[count - 1] : NULL;
	int status = STATUS_OK;

	if (last != NULL)
		order->who[count - 1] = NULL;
	if (last != NULL && strcmp(last, "-") != 0)
		terminal_utf8(&order->text, span_of(last));
	else if (order->file_count == 0 || last != NULL ||
	    isatty(STDIN_FILENO) == 0)
		status = read_input(context, &order->text);
	if (status == STATUS_OK && order->text.n == 0 &&
	    order->file_count == 0)
		return context_fail(context, STATUS_DATA,
		    "there is nothing to post");
	return status;
}

static int
run_order(struct context *context, struct post_order *order)
{
	struct buf report = { NULL, 0, 0 };
	struct account account;
	struct request_line line;
	int status = context_account(context, &account);

	if (status != STATUS_OK)
		return status;
	status = request_open(context, &line, &account);
	if (status == STATUS_OK) {
		line.keeps = order->waits;
		if (context->json)
			json_put_open(&report, '[');
		status = deliver(context, &line, order, &report);
		request_close(&line);
	}
	account_close(&account);
	if (context->json && report.n > 0) {
		json_put_close(&report, ']');
		buf_add_byte(&report, '\n');
		if (terminal_write(buf_span(&report)) == -1)
			status = STATUS_IO;
	}
	buf_free(&report);
	return status;
}

int
post_run(struct context *context, char **argv)
{
	struct post_order order = { .subject = "", .thread = "",
	    .timeout = REQUEST_PATIENCE };
	size_t count = 0, who_count = 0;
	int status;

	while (argv[count] != NULL)
		count++;
	order.who = xzalloc((count + 1) * sizeof(*order.who));
	order.files = xzalloc((count + 1) * sizeof(*order.files));
	if (read_words(&order, argv, &who_count) == -1) {
		status = context_usage(context, usage);
	} else {
		status = take_text(context, &order, who_count);
		if (status == STATUS_OK)
			status = run_order(context, &order);
	}
	free(order.who);
	free(order.files);
	buf_free(&order.text);
	return status;
}
