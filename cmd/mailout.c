/*
 * tmtp mail: posts to this account become mail, which the system's sendmail
 * sends.
 *
 * A post belongs to a conversation by its thread, or begins one with a line
 * "To: ADDRESS".  It is acked when sendmail has taken the mail.  Killed between
 * the two, the next one sends the mail again, with the same Message-ID.  What
 * cannot be mailed is answered with the reason, once, but never an answer of
 * that kind: or two gateways could go on with it for ever.
 */
#include "cmd/mailout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/post_form.h"
#include "cmd/conversation.h"
#include "cmd/station.h"
#include "disk/file.h"
#include "mail/field.h"
#include "mail/letter.h"
#include "net/poller.h"

#define SENDMAIL   "/usr/sbin/sendmail"
#define CHILD_LOOK 20		/* ms between two looks at sendmail */
#define ID_ROOM    400
#define TEXT_ROOM  300

extern char **environ;

static const char usage[] = "mail [-f]";

/* A post that becomes mail. */
struct mailing {
	struct station *station;
	const struct reply *reply;
	struct post_form form;
	struct conversation talk;
	struct span text;		/* without a line "To:" */
	char why[TEXT_ROOM];		/* it cannot be mailed */
};

/* ---- whom to, and what ---- */

/* Take a line "To: ADDRESS" off the text. */
static bool
take_address(struct mailing *m, struct buf *address)
{
	struct buf name = { NULL, 0, 0 }, more = { NULL, 0, 0 };
	struct span line = m->form.text, raw;
	const char *end;
	bool found;

	if (line.n < 3 || strncasecmp(line.p, "to:", 3) != 0)
		return false;
	end = memchr(line.p, '\n', line.n);
	if (end != NULL)
		line.n = (size_t)(end - line.p);
	raw = (struct span){ line.p + 3, line.n - 3 };
	found = field_address(&raw, &name, address);
	if (found && field_address(&raw, &name, &more)) {
		(void)snprintf(m->why, TEXT_ROOM,
		    "write to one address at a time");
		found = false;
	}
	buf_free(&more);
	buf_free(&name);
	m->text.p = line.p + line.n;
	m->text.n = m->form.text.n - line.n;
	while (m->text.n > 0 && (*m->text.p == '\n' || *m->text.p == '\r')) {
		m->text.p++;
		m->text.n--;
	}
	return found;
}

/* The conversation of the thread, or a new one.  False: why says why not. */
static bool
find_conversation(struct context *context, struct mailing *m)
{
	struct span from = m->reply->from, thread = m->form.thread;
	const struct account *account = &m->station->account;

	m->text = m->form.text;
	if (thread.n > 0 && conversation_find(account, from, thread, &m->talk))
		return true;
	if (!take_address(m, &m->talk.address)) {
		if (m->why[0] == '\0')
			(void)snprintf(m->why, TEXT_ROOM, "begin with a line "
			    "\"To: ADDRESS\"");
		return false;
	}
	buf_add(&m->talk.uid, from);
	buf_add(&m->talk.thread, thread.n > 0 ? thread : m->reply->id);
	buf_add(&m->talk.subject, m->form.subject);
	(void)context;
	return true;
}

/* Everything that must be so before it is mailed. */
static bool
is_allowed(struct mailing *m)
{
	struct span address = buf_span(&m->talk.address);
	struct span base = gateway_value(&m->station->rules, "address");

	if (base.p == NULL || !letter_is_address(base))
		(void)snprintf(m->why, TEXT_ROOM, "this gateway has no "
		    "address of its own");
	else if (!letter_is_address(address) ||
	    !gateway_allows(&m->station->rules, address))
		(void)snprintf(m->why, TEXT_ROOM,
		    "this gateway sends no mail to %.*s",
		    (int)(address.n > 254 ? 254 : address.n), address.p);
	return m->why[0] == '\0';
}

/* ---- the mail ---- */

static void
add_subject(struct buf *subject, const struct mailing *m)
{
	struct span old = buf_span(&m->talk.subject);

	if (m->form.subject.n > 0)
		old = m->form.subject;
	else if (m->talk.last.n > 0 && old.n > 0 &&
	    (old.n < 3 || strncasecmp(old.p, "re:", 3) != 0))
		buf_add(subject, SPAN("Re: "));
	buf_add(subject, old);
}

static void
write_letter(struct buf *to, const struct mailing *m)
{
	const struct contact_person *who = contacts_find_uid(
	    &m->station->book, m->reply->from);
	struct span base = gateway_value(&m->station->rules, "address");
	struct buf from = { NULL, 0, 0 }, subject = { NULL, 0, 0 };
	struct buf posted = { NULL, 0, 0 }, id = { NULL, 0, 0 };
	char boundary[2 * ID_TEXT + 1] = "";
	struct letter letter = { .from_name = who != NULL ?
	    span_of(who->name) : SPAN(""), .text = m->text,
	    .to = buf_span(&m->talk.address), .boundary = boundary,
	    .reply_to_id = buf_span(&m->talk.last),
	    .gateway = span_of(m->station->account.uid),
	    .count = m->form.attachment_count };
	struct letter_file *files;
	uint64_t chance[2];
	size_t i;

	conversation_address(&from, &m->talk, base);
	add_subject(&subject, m);
	buf_addf(&id, "%.*s.%.*s", (int)m->reply->id.n, m->reply->id.p,
	    (int)base.n, base.p);
	letter.from = buf_span(&from);
	letter.subject = buf_span(&subject);
	letter.id = buf_span(&id);
	if (wire_text(m->reply, "posted", &posted) && posted.n == CLOCK_TEXT)
		(void)clock_read(&letter.wall, posted.p);
	/* Without random numbers, the boundary is known: that is no harm. */
	(void)encode_random(chance, sizeof(chance));
	encode_hex64(boundary, chance[0]);
	encode_hex64(boundary + ID_TEXT, chance[1]);
	files = xzalloc((letter.count + 1) * sizeof(*files));
	for (i = 0; i < letter.count; i++)
		files[i] = (struct letter_file){ m->form.attachments[i].name,
		    m->form.attachments[i].data };
	letter.files = files;
	letter_write(to, &letter);
	free(files);
	buf_free(&from);
	buf_free(&subject);
	buf_free(&posted);
	buf_free(&id);
}

/* A file without a name that holds the letter, at its start; -1 with errno. */
static int
open_letter(const struct station *s, struct span letter)
{
	int fd = openat(s->account.in, "tmp-letter", O_RDWR | O_CREAT |
	    O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1)
		return -1;
	(void)unlinkat(s->account.in, "tmp-letter", 0);
	if (file_pwrite_all(fd, letter.p, letter.n, 0) == -1)
		return fd_close(fd);
	return fd;
}

/* Start sendmail with this as its input.  Returns an error number. */
static int
start(pid_t *child, const char *program, char *from, char *to, int input)
{
	char *const words[] = { (char *)(uintptr_t)program,
	    (char *)(uintptr_t)"-i", (char *)(uintptr_t)"-f", from,
	    (char *)(uintptr_t)"--", to, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t how;
	sigset_t usual;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawnattr_init(&how);
	if (error != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	/* We ignore it. */
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)posix_spawnattr_setsigdefault(&how, &usual);
	(void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawn_file_actions_adddup2(&actions, input,
	    STDIN_FILENO);
	if (error == 0)
		error = posix_spawn(child, program, &actions, &how, words,
		    environ);
	(void)posix_spawnattr_destroy(&how);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/*
 * Run sendmail while the connection is served.  Returns its exit status, or -1
 * and the context says why.
 */
static int
run_sendmail(struct context *context, struct mailing *m, struct span letter)
{
	struct span path = gateway_value(&m->station->rules, "sendmail");
	char *program = xcopy(path.p != NULL ? path : SPAN(SENDMAIL));
	char *to = xcopy(buf_span(&m->talk.address)), *from;
	int input = open_letter(m->station, letter), status, error;
	struct buf address = { NULL, 0, 0 };
	pid_t child, ended = 0;

	conversation_address(&address, &m->talk, gateway_value(
	    &m->station->rules, "address"));
	from = xcopy(buf_span(&address));
	error = input == -1 ? errno : start(&child, program, from, to, input);
	(void)fd_close(input);
	while (error == 0 && ended == 0) {
		ended = waitpid(child, &status, WNOHANG);
		/* Without a relay that wants us, there is only this. */
		if (ended == 0 && station_turn(context, &m->station, 1,
		    CHILD_LOOK) != STATUS_OK)
			poller_wait(m->station->poller, CHILD_LOOK);
	}
	if (error != 0 || ended == -1 || !WIFEXITED(status))
		status = say_why(context->why, CONTEXT_WHY, "%s: %s", program,
		    error != 0 ? strerror(error) : "was killed");
	else
		status = WEXITSTATUS(status);
	free(program);
	free(from);
	free(to);
	buf_free(&address);
	return status;
}

/* ---- answers ---- */

/* Tell the member why.  0, or a status. */
static int
answer(struct context *context, const struct mailing *m)
{
	const struct account *account = &m->station->account;
	struct post_form form = { .confirm = m->reply->id,
	    .thread = m->form.thread.n > 0 ? m->form.thread : m->reply->id,
	    .alias = span_of(account->alias_count > 0 ?
	    account->aliases[0] : "") };
	struct post_target target = { .id = m->reply->from };
	struct buf text = { NULL, 0, 0 };
	char name[OUTGOING_NAME];
	int status;

	buf_addf(&text, "This was not mailed: %s.\n", m->why);
	form.text = buf_span(&text);
	gateway_name(name, m->reply->id, SPAN("not mailed"));
	status = gateway_keep(context, account, &target, &form, name);
	account_wake(account);
	buf_free(&text);
	return status;
}

/* Mail it.  0; or -1, to be tried again; or m->why says why never. */
static int
mail(struct context *context, struct mailing *m)
{
	struct buf letter = { NULL, 0, 0 };
	int status;

	if (m->talk.token[0] == '\0' && conversation_write(context,
	    &m->station->account, &m->talk) != STATUS_OK)
		return say_why(context->why, CONTEXT_WHY,
		    "a conversation cannot be stored");
	write_letter(&letter, m);
	status = run_sendmail(context, m, buf_span(&letter));
	buf_free(&letter);
	if (status == -1 || status == STATUS_OK)
		return status;
	if (status == 71 || status == STATUS_IO || status ==
	    STATUS_TEMPORARY || status >= 126)
		return say_why(context->why, CONTEXT_WHY,
		    "sendmail: status %d", status);
	(void)snprintf(m->why, TEXT_ROOM, "sendmail refused it, with status "
	    "%d", status);
	return 0;
}

/* Whether there is anything to do with a message: else it is acked. */
static bool
is_for_mail(struct context *context, const struct mailing *m)
{
	const struct station *s = m->station;

	if (!span_is(m->reply->op, SPAN("delivery")) || m->form.node_sync ||
	    span_is(m->reply->from, span_of(s->account.uid)))
		return false;
	if (m->form.confirm.n > 0)
		return false;
	if (gateway_is_member(&s->rules, &s->book, m->reply->from))
		return true;
	(void)context_fail(context, STATUS_OK, "a post by %.*s, who is no "
	    "\"member\" in gateway.conf, was passed over",
	    (int)m->reply->from.n, m->reply->from.p);
	return false;
}

static void
work(struct context *context, struct station *s)
{
	struct mailing m = { .station = s, .reply = &s->message.reply };
	int result = 0;

	post_form_read(&m.form, m.reply->data,
	    wire_number(m.reply, "datahead"));
	if (is_for_mail(context, &m)) {
		if (find_conversation(context, &m) && is_allowed(&m))
			result = mail(context, &m);
		if (result == 0 && m.why[0] != '\0' &&
		    answer(context, &m) != STATUS_OK)
			result = say_why(context->why, CONTEXT_WHY,
			    "an answer cannot be stored");
	}
	conversation_free(&m.talk);
	post_form_free(&m.form);
	if (result == 0)
		station_done(s);
	else
		station_later(context, s);
}

/* ---- the command ---- */

static int
loop(struct context *context, struct station *s, bool follows)
{
	int status;

	for (;;) {
		while (station_next(context, s))
			work(context, s);
		if (!follows && s->complained)
			return STATUS_UNAVAILABLE;
		if (!follows && s->holds)
			return STATUS_TEMPORARY;
		if (!follows && station_is_idle(s))
			return STATUS_OK;
		status = station_turn(context, &s, 1, 60000);
		if (status != STATUS_OK)
			return status;
	}
}

int
mailout_run(struct context *context, char **argv)
{
	static const struct context_option options[] = {
		{ "follow", 'f', false }, { NULL, 0, false }
	};
	struct context_words words = { .at = argv };
	struct poller *poller;
	struct station s;
	bool follows = false;
	int option, status;

	while ((option = context_option(&words, options)) > 0)
		follows = true;
	if (option == -1 || *words.at != NULL)
		return context_usage(context, usage);
	poller = poller_open();
	if (poller == NULL)
		return context_fail(context, STATUS_UNAVAILABLE, "%s",
		    strerror(errno));
	status = station_open(context, &s, context->account, poller);
	if (status == STATUS_OK) {
		status = loop(context, &s, follows);
		station_close(&s);
	}
	poller_close(poller);
	return status;
}
