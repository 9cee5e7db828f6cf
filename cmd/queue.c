#include "cmd/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "client/account.h"
#include "client/contacts.h"
#include "client/outgoing.h"
#include "client/wire.h"
#include "cmd/request.h"
#include "cmd/terminal.h"
#include "json.h"

static const char usage[] = "queue [send | drop ID | retry ID]";

/* Names are made from the time of writing. */
static void
add_time(struct buf *b, const char *name)
{
	char text[CLOCK_TEXT];
	uint64_t us;

	if (decode_hex64(&us, (struct span){ name, ID_TEXT })) {
		clock_text(text, us / 1000);
		buf_add(b, (struct span){ text, CLOCK_TEXT });
	}
}

/* To whom a request goes, by the names that we know. */
static void
add_targets(struct buf *b, const struct reply *r,
    const struct contacts *book)
{
	const struct contact_person *c;
	struct span key, id;
	struct json j;

	if (wire_text(r, "to", b) || wire_text(r, "gid", b))
		return;
	json_begin(&j, r->header);
	json_object(&j);
	while (json_key(&j, &key)) {
		if (!json_is(key, SPAN("for"))) {
			json_skip(&j);
			continue;
		}
		json_array(&j);
		while (json_item(&j)) {
			json_object(&j);
			while (json_key(&j, &key)) {
				if (!json_is(key, SPAN("id"))) {
					json_skip(&j);
					continue;
				}
				id = json_string(&j);
				c = contacts_find_uid(book, id);
				buf_addf(b, "%s", b->n > 0 ? ", " : "");
				buf_add(b, c == NULL ? id :
				    span_of(c->name));
			}
		}
	}
}

static void
add_request(struct context *context, const struct account *account,
    const struct contacts *book, const char *name, const char *suffix,
    struct buf *text)
{
	struct buf to = { NULL, 0, 0 }, why = { NULL, 0, 0 };
	struct buf ack = { NULL, 0, 0 }, when = { NULL, 0, 0 };
	char path[OUTGOING_NAME + 16];
	struct outgoing o;
	struct reply r;

	(void)snprintf(path, sizeof(path), "%.*s%s", OUTGOING_NAME - 1, name,
	    suffix);
	if (outgoing_map(account->out, path, &o) == 0) {
		(void)wire_read_request(&r, o.frame);
		add_targets(&to, &r, book);
	} else if (errno == ENOENT) {
		return;		/* it was sent just now */
	} else {
		/* It is never sent, but can be dropped. */
		buf_addf(&why, "cannot be read: %s", errno == EBADMSG ?
		    "damaged" : strerror(errno));
	}
	if (*suffix != '\0' && outgoing_read_ack(account->out, name, &ack)) {
		why.n = 0;
		r.header = buf_span(&ack);
		(void)wire_text(&r, "error", &why);
	}
	add_time(&when, name);
	if (context->json) {
		json_put_open(text, '{');
		json_put_uint(text, "bytes", o.frame.n);
		json_put_string(text, "id", span_of(name));
		if (why.n > 0)
			json_put_string(text, *suffix != '\0' ? "refused" :
			    "error", buf_span(&why));
		json_put_string(text, "to", buf_span(&to));
		json_put_string(text, "written", buf_span(&when));
		json_put_close(text, '}');
	} else {
		buf_addf(text, "%s  ", name);
		terminal_date(text, buf_span(&when));
		buf_addf(text, "  %zu bytes  to ", o.frame.n);
		terminal_line(text, buf_span(&to));
		if (why.n > 0) {
			buf_addf(text, *suffix != '\0' ? "  refused: " : "  ");
			terminal_line(text, buf_span(&why));
		}
	}
	buf_add_byte(text, '\n');
	outgoing_unmap(&o);
	buf_free(&to);
	buf_free(&why);
	buf_free(&ack);
	buf_free(&when);
}

static int
list(struct context *context, const struct account *account)
{
	struct buf names = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	struct contacts book;
	size_t at, waiting;
	int result;

	if (contacts_read(&book, account, context->why, CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	(void)outgoing_list(account->out, &names, "");
	waiting = names.n;
	(void)outgoing_list_refused(account->out, &names);
	for (at = 0; at < names.n; at += OUTGOING_NAME)
		add_request(context, account, &book, names.p + at,
		    at < waiting ? "" : ".refused", &text);
	result = terminal_write(buf_span(&text));
	buf_free(&names);
	buf_free(&text);
	contacts_free(&book);
	if (result == 0)
		return STATUS_OK;
	return context_fail(context, STATUS_IO, "cannot write the output");
}

/* Whether a request that is done was refused; if so, say why. */
static bool
is_refused(struct context *context, const struct account *account,
    const char *name)
{
	struct buf ack = { NULL, 0, 0 }, why = { NULL, 0, 0 };
	char path[OUTGOING_NAME + 16];
	struct reply r;

	(void)snprintf(path, sizeof(path), "%s.refused", name);
	if (faccessat(account->out, path, F_OK, 0) == -1)
		return false;
	if (outgoing_read_ack(account->out, name, &ack)) {
		r = (struct reply){ .header = buf_span(&ack) };
		(void)wire_text(&r, "error", &why);
		request_plain_error(&why);
	}
	(void)context_fail(context, STATUS_DATA, "%s was refused: %.*s", name,
	    (int)why.n, why.n > 0 ? why.p : "");
	buf_free(&ack);
	buf_free(&why);
	return true;
}

/* What is left to send. */
struct queue_rest {
	struct buf names;	/* of the requests at the last look */
	size_t at;		/* those before this are done */
	bool refused;		/* one of them */
};

/*
 * Look what is left to send.  Returns whether one more is done.  The directory,
 * which may be large, is listed only when all are.
 */
static bool
look(struct context *context, const struct account *account,
    struct queue_rest *rest)
{
	struct buf *names = &rest->names;
	size_t *at = &rest->at, before = *at;

	while (*at < names->n && faccessat(account->out, names->p + *at, F_OK,
	    0) == -1) {
		if (is_refused(context, account, names->p + *at))
			rest->refused = true;
		*at += OUTGOING_NAME;
	}
	if (*at < names->n)
		return *at > before;
	names->n = *at = 0;
	(void)outgoing_list(account->out, names, "");
	return true;
}

/* Wait until nothing is left to send, and patiently while some of it is. */
static int
send_all(struct context *context, struct account *account)
{
	struct request_line line;
	struct queue_rest rest = { .at = 0 };
	uint64_t now = 0, end = 0;
	int status = request_open(context, &line, account);

	if (status != STATUS_OK)
		return status;
	account_wake(account);
	for (;;) {
		now = clock_ms(CLOCK_MONOTONIC);
		if (look(context, account, &rest))
			end = now + REQUEST_PATIENCE * 1000;
		if (rest.names.n == 0 || line.refused || now >= end)
			break;
		request_turn(context, &line, 100);
	}
	request_close(&line);
	if (rest.refused)
		status = STATUS_DATA;
	if (rest.names.n > 0)
		status = context_fail(context, line.refused ?
		    STATUS_NO_PERMISSION : STATUS_TEMPORARY,
		    "%zu requests still wait%s%s",
		    (rest.names.n - rest.at) / OUTGOING_NAME,
		    context->why[0] == '\0' ? "" : ": ", context->why);
	buf_free(&rest.names);
	return status;
}

/* What was sent cannot be taken back; so not while somebody is online. */
static int
drop(struct context *context, struct account *account, const char *name)
{
	long holder;

	if (account_lock(account, ACCOUNT_ONLINE, &holder) == -1)
		return context_fail(context, STATUS_TEMPORARY, "process %ld is "
		    "online with this account, and may be sending it", holder);
	if (strlen(name) < OUTGOING_NAME && strchr(name, '/') == NULL &&
	    outgoing_drop(account->out, name) == 0)
		return STATUS_OK;
	return context_fail(context, STATUS_DATA, "there is no request %s",
	    name);
}

static int
retry(struct context *context, struct account *account, const char *name)
{
	if (strlen(name) < OUTGOING_NAME && strchr(name, '/') == NULL &&
	    outgoing_retry(account->out, name) == 0)
		return send_all(context, account);
	return context_fail(context, STATUS_DATA,
	    "no request %s was refused", name);
}

int
queue_run(struct context *context, char **argv)
{
	static const char *const verbs[] = { "send", "drop", "retry" };
	struct account account;
	size_t verb = 3, count = 0;
	int status;

	while (argv[count] != NULL)
		count++;
	if (count > 0)
		verb = span_index(span_of(argv[0]), verbs, 3);
	if (count > 0 && (verb == 3 || count != (verb == 0 ? 1 : 2)))
		return context_usage(context, usage);
	status = context_account(context, &account);
	if (status != STATUS_OK)
		return status;
	switch (verb) {
	case 0:		status = send_all(context, &account);		break;
	case 1:		status = drop(context, &account, argv[1]);	break;
	case 2:		status = retry(context, &account, argv[1]);	break;
	default:	status = list(context, &account);		break;
	}
	account_close(&account);
	return status;
}
