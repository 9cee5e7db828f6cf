/*
 * tmtp read: messages to standard output, or to a command.
 *
 * A message is acked when all of it was written and synced, or the command has
 * taken it with status 0.  Killed in between, the next one gets the message
 * again, and says so.  Messages that wait together are written together, with
 * one sync of the output, and acked together.
 */
#include "cmd/read.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/account.h"
#include "client/agent.h"
#include "client/contacts.h"
#include "cmd/terminal.h"
#include "cmd/mailbox.h"
#include "cmd/request.h"
#include "cmd/show.h"
#include "disk/file.h"

#define RETRY_FIRST 1000	/* ms until a failed command is run again */
#define RETRY_MAX   300000
#define CHILD_LOOK  20		/* ms */
#define ENV_MAX     65536	/* bytes of a variable for the command */
#define TURN_MAX    60000	/* ms that nothing may happen */
#define TEXT_MAX    (1 << 20)	/* bytes that are written together, or one
				   message */

static const char usage[] =
    "read [-f] [--all] [--json | --maildir DIRECTORY | --exec COMMAND]\n"
    "            [-d DIRECTORY] [--timeout S]";

struct read_run {
	struct account account;
	struct request_line line;
	bool follows, all;
	const char *command, *maildir;	/* both NULL: standard output */
	const char *directory;		/* for attachments */
	uint64_t patience;		/* ms to wait to be online */
	uint64_t end;			/* until when that is */
	struct contacts book;
	uint64_t retry, retry_at;	/* of the command */
	struct agent_message messages[AGENT_TAKE];
	size_t at, count;		/* those that are not done */
	struct buf text;		/* what is to be written */
	bool written;			/* to the Maildir, not synced */
};

/* ---- the command ---- */

/*
 * A system runs no command with more than 128 KiB in one of these.  A
 * longer value must not stop all later messages from being read.
 */
static void
add_env(const char *name, struct span value)
{
	struct buf text = { NULL, 0, 0 };

	terminal_line(&text, value);
	if (text.n > ENV_MAX) {
		text.n = ENV_MAX;
		while ((text.p[text.n] & 0xc0) == 0x80)
			text.n--;
	}
	buf_add_byte(&text, '\0');
	(void)setenv(name, text.p, 1);	/* without memory, less is set */
	buf_free(&text);
}

static void
add_environment(const struct show *s)
{
	struct buf paths = { NULL, 0, 0 };
	size_t i;

	for (i = 0; s->paths != NULL && i < s->form.attachment_count &&
	    paths.n + s->paths[i].n < ENV_MAX; i++)
		buf_addf(&paths, "%s%.*s", i == 0 ? "" : ":",
		    (int)s->paths[i].n, s->paths[i].p);
	add_env("TMTP_AGAIN", s->again ? SPAN("1") : SPAN(""));
	add_env("TMTP_FILES", buf_span(&paths));
	add_env("TMTP_FROM", s->reply->from);
	add_env("TMTP_GROUP", buf_span(&s->group));
	add_env("TMTP_ID", s->reply->id);
	add_env("TMTP_NAME", buf_span(&s->name));
	add_env("TMTP_OP", s->reply->op);
	add_env("TMTP_POSTED", buf_span(&s->posted));
	add_env("TMTP_SUBJECT", s->form.subject);
	add_env("TMTP_THREAD", s->form.thread);
	buf_free(&paths);
}

/* A file without a name that holds text, at its start; -1 with errno. */
static int
open_input(const struct read_run *r, struct span text)
{
	int fd = openat(r->account.in, "tmp-input", O_RDWR | O_CREAT |
	    O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1)
		return -1;
	(void)unlinkat(r->account.in, "tmp-input", 0);
	if (file_pwrite_all(fd, text.p, text.n, 0) == -1)
		return fd_close(fd);
	return fd;
}

/* Never returns. */
static void
run_child(const struct read_run *r, const struct show *s, int input)
{
	(void)signal(SIGPIPE, SIG_DFL);
	add_environment(s);
	if (dup2(input, STDIN_FILENO) != -1)
		(void)execl("/bin/sh", "sh", "-c", r->command, (char *)NULL);
	_exit(127);
}

/* Run the command while the connection is served.  Its status. */
static int
run_command(struct context *context, struct read_run *r, const struct show *s,
    struct span text)
{
	int input = open_input(r, text), status = 127 << 8;
	pid_t child;

	if (input == -1)
		return -1;
	child = fork();
	if (child == 0)
		run_child(r, s, input);
	(void)fd_close(input);
	while (child > 0 && waitpid(child, &status, WNOHANG) == 0)
		request_turn(context, &r->line, CHILD_LOOK);
	return child <= 0 ? -1 : status;
}

/* ---- one message ---- */

/* Where it goes.  0, or -1 and why. */
static int
hand_over(struct context *context, struct read_run *r, struct show *s)
{
	if (r->maildir != NULL) {
		r->written = true;
		return mailbox_write(s, r->maildir, context->why,
		    CONTEXT_WHY);
	}
	if (show_save_files(s, r->directory, context->why, CONTEXT_WHY) == -1)
		return -1;
	if (context->json)
		show_json(s, &r->text);
	else if (r->command != NULL)
		buf_add(&r->text, s->form.text);
	else
		show_text(s, &r->text);
	if (r->command == NULL)
		return 0;
	if (run_command(context, r, s, buf_span(&r->text)) != 0)
		return say_why(context->why, CONTEXT_WHY,
		    "the command failed");
	r->text.n = 0;
	return 0;
}

/* Ack those before at, when what was handed over is safe.  0, or -1 and why. */
static int
finish(struct context *context, struct read_run *r, size_t at)
{
	if (r->written && mailbox_sync(r->maildir, context->why,
	    CONTEXT_WHY) == -1)
		return -1;
	if (r->text.n > 0 && (terminal_write(buf_span(&r->text)) == -1 ||
	    terminal_sync() == -1))
		return say_why(context->why, CONTEXT_WHY,
		    "standard output: %s", strerror(errno));
	r->written = false;
	r->text.n = 0;
	if (at > r->at) {
		agent_done(r->line.agent, &r->messages[at - 1]);
		r->retry = 0;
	}
	r->at = at;
	return 0;
}

/*
 * What the user did on any device is of interest to a person, but is no mail,
 * and nothing to run a command for.
 */
static bool
is_wanted(const struct read_run *r, const struct show *s)
{
	return show_is_for_people(s) && ((r->command == NULL &&
	    r->maildir == NULL) || !span_is(s->reply->op, SPAN("user")));
}

/* Hand over what was taken.  0, or -1 and why: then r->at is what failed. */
static int
hand_over_all(struct context *context, struct read_run *r)
{
	size_t at = r->at;
	int result = 0;
	struct show s;

	while (at < r->count && result == 0) {
		show_open(&s, &r->messages[at].reply, &r->account, &r->book);
		s.again = r->messages[at].again;
		if (r->all || is_wanted(r, &s))
			result = hand_over(context, r, &s);
		show_close(&s);
		if (result == 0 && ++at < r->count && r->text.n > TEXT_MAX)
			result = finish(context, r, at);
	}
	if (result == -1 && r->command != NULL)
		r->text.n = 0;	/* that was the input of the command */
	return finish(context, r, at) == -1 ? -1 : result;
}

/* Try those that wait.  STATUS_OK: done, or it will be tried again. */
static int
try_messages(struct context *context, struct read_run *r)
{
	if (contacts_refresh(&r->book, &r->account, context->why,
	    CONTEXT_WHY) == -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	if (hand_over_all(context, r) == 0)
		return STATUS_OK;
	if (r->command == NULL || !r->follows)
		return context_fail(context, r->command == NULL ? STATUS_IO :
		    STATUS_TEMPORARY, "%s", context->why);
	r->retry = r->retry == 0 ? RETRY_FIRST : r->retry * 2;
	r->retry = clock_min(r->retry, RETRY_MAX);
	r->retry_at = clock_ms(CLOCK_MONOTONIC) + r->retry;
	(void)context_fail(context, STATUS_TEMPORARY,
	    "%s; trying again in %u s", context->why,
	    (unsigned)(r->retry / 1000));
	return STATUS_OK;
}

static bool
holds(const struct read_run *r)
{
	return r->at < r->count;
}

static int
take_messages(struct context *context, struct read_run *r)
{
	int status;

	for (;;) {
		if (!holds(r)) {
			r->at = 0;
			r->count = agent_take(r->line.agent, r->messages,
			    r->command == NULL ? AGENT_TAKE : 1);
		}
		if (!holds(r) || clock_ms(CLOCK_MONOTONIC) < r->retry_at)
			return STATUS_OK;
		status = try_messages(context, r);
		if (status != STATUS_OK)
			return status;
	}
}

/* ---- the loop ---- */

static int
follow(struct context *context, struct read_run *r)
{
	struct agent *agent = r->line.agent;
	uint64_t now;
	bool was_online = true;
	int status;

	for (;;) {
		status = take_messages(context, r);
		if (status != STATUS_OK)
			return status;
		if (r->line.refused)
			return context_fail(context, STATUS_NO_PERMISSION,
			    "%s", agent_why(agent));
		if (agent_has_no_room(agent)) {
			status = context_fail(context, STATUS_CANNOT_CREATE,
			    "%s; the relay keeps the message",
			    agent_why(agent));
			if (!r->follows)
				return status;
		}
		now = clock_ms(CLOCK_MONOTONIC);
		if (!r->follows && agent_is_idle(agent, now))
			return STATUS_OK;
		if (!r->follows && !holds(r))
			agent_probe(agent);
		if (agent_is_online(agent))
			r->end = now + r->patience;
		else if (!r->follows && now >= r->end)
			return context_fail(context, STATUS_UNAVAILABLE, "%s",
			    agent_why(agent)[0] != '\0' ? agent_why(agent) :
			    "the relay does not answer");
		if (was_online && !agent_is_online(agent) &&
		    agent_why(agent)[0] != '\0')
			(void)context_fail(context, STATUS_UNAVAILABLE,
			    "%s; trying again", agent_why(agent));
		was_online = agent_is_online(agent) ||
		    agent_why(agent)[0] == '\0';
		request_turn(context, &r->line, holds(r) ? 100 :
		    (int)clock_min(TURN_MAX, r->follows ||
		    agent_is_online(agent) ? TURN_MAX : r->end - now));
	}
}

static int
run_reading(struct context *context, struct read_run *r)
{
	int status = request_open_reader(context, &r->line, &r->account);

	if (status != STATUS_OK)
		return status;
	status = follow(context, r);
	request_close(&r->line);
	contacts_free(&r->book);
	buf_free(&r->text);
	return status;
}

static int
read_words(struct context *context, struct read_run *r, char **argv)
{
	static const struct context_option options[] = {
		{ "follow", 'f', false }, { "all", 'A', false },
		{ "exec", 'e', true }, { "maildir", 'm', true },
		{ "directory", 'd', true }, { "timeout", 't', true },
		{ NULL, 0, false }
	};
	struct context_words words = { .at = argv };
	long seconds = REQUEST_PATIENCE;
	int option;

	while ((option = context_option(&words, options)) > 0) {
		switch (option) {
		case 'f':
			r->follows = true;
			break;
		case 'A':
			r->all = true;
			break;
		case 'm':
			r->maildir = words.value;
			break;
		case 'e':
			r->command = words.value;
			break;
		case 'd':
			r->directory = words.value;
			break;
		case 't':
			if (context_number(&words, 0, REQUEST_MAX, &seconds) !=
			    STATUS_OK)
				return -1;
			break;
		}
	}
	r->patience = (uint64_t)seconds * 1000;
	r->end = clock_ms(CLOCK_MONOTONIC) + r->patience;
	if (r->maildir != NULL && (r->command != NULL || context->json))
		return -1;
	return option == -1 || *words.at != NULL ? -1 : 0;
}

int
read_run(struct context *context, char **argv)
{
	struct read_run r = { .directory = "" };
	char files[ACCOUNT_PATH + 16];
	int status;

	if (read_words(context, &r, argv) == -1)
		return context_usage(context, usage);
	status = context_account(context, &r.account);
	if (status != STATUS_OK)
		return status;
	(void)snprintf(files, sizeof(files), "%s/files", r.account.path);
	if (r.directory[0] == '\0')
		r.directory = files;
	status = run_reading(context, &r);
	account_close(&r.account);
	return status;
}
