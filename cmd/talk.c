/*
 * Lines from standard input are posts; what arrives from the other side is
 * shown.  What others write meanwhile is kept for tmtp read.
 *
 * Not every message to a group says so: in a talk with a group everything
 * that arrives is shown.
 */
#include "cmd/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/account.h"
#include "client/agent.h"
#include "client/around.h"
#include "client/contacts.h"
#include "cmd/post.h"
#include "cmd/request.h"
#include "cmd/show.h"
#include "cmd/terminal.h"
#include "net/poller.h"

#define LINE_BYTES 65536	/* a longer line is several messages */
#define PENDING    256		/* posts without an ack, before stdin waits */
#define LOOK       200		/* ms between two looks at acks */
#define INDENT     "    "	/* of a message's further lines */
#define LAST_WAIT  30000	/* ms for the last acks, or until online */

static const char usage[] = "talk WHO";

struct talk_run {
	struct account account;
	struct request_line line;
	const char *who;
	char *id;			/* owned: uid or gid; NULL: unknown */
	bool is_group;
	bool json;			/* then messages alone are shown */
	struct buf thread;		/* id of the conversation, or empty */
	struct buf typed;		/* the beginning of a line */
	bool ended;			/* no more lines */
	bool watched;			/* the poller waits for stdin */
	char pending[PENDING][OUTGOING_NAME];
	size_t pending_count;
	bool kept;			/* something was kept for tmtp read */
	bool away;			/* the relay is, and we have said so */
	uint64_t online_at;		/* ms: last seen, or our first try */
};

/* -1 with errno. */
static int
say(struct buf *text)
{
	int result;

	buf_add_byte(text, '\n');
	result = terminal_write(buf_span(text));
	text->n = 0;
	return result == 0 ? terminal_sync() : -1;
}

/* Say what goes on around the talk: about the other side, or about us. */
static void
say_note(const struct talk_run *t, const char *who, const char *what)
{
	struct buf text = { NULL, 0, 0 };

	if (t->json)
		return;
	buf_addf(&text, "-- ");
	terminal_line(&text, span_of(who));
	buf_addf(&text, " %s", what);
	(void)say(&text);	/* a lost terminal ends stdin */
	buf_free(&text);
}

/* ---- who ---- */

/* Look in the contacts; true: we know to whom. */
static bool
find_who(struct context *context, struct talk_run *t)
{
	const struct contact_person *c;
	const struct contact_group *g;
	struct contacts book;

	if (t->id != NULL)
		return true;
	if (contacts_read(&book, &t->account, context->why, CONTEXT_WHY) ==
	    -1)
		return false;
	c = contacts_find(&book, span_of(t->who));
	g = contacts_find_group(&book, span_of(t->who));
	if (c != NULL && c->uid[0] != '\0' && c->how != PERSON_SAYS)
		t->id = xcopy(span_of(c->uid));
	else if (c == NULL && g != NULL)
		t->id = xcopy(span_of(g->gid));
	t->is_group = c == NULL && g != NULL;
	contacts_free(&book);
	if (t->id != NULL && !t->is_group)
		agent_show(t->line.agent, span_of(t->id));
	return t->id != NULL;
}

/* ---- what arrives ---- */

/* A moderator must see that a post waits; a greeting speaks for itself. */
static void
add_message(struct buf *text, const struct show *s)
{
	struct span said = s->form.text;
	struct buf news = { NULL, 0, 0 };

	while (said.n > 0 && (said.p[said.n - 1] == '\n' ||
	    said.p[said.n - 1] == '\r'))
		said.n--;
	if (said.n == 0 || span_is(s->reply->op, SPAN("delivery")))
		show_news(s, &news);
	terminal_line(text, buf_span(&s->name));
	buf_addf(text, ": ");
	terminal_text(text, said, INDENT);
	if (news.n > 0)
		buf_addf(text, said.n > 0 ? "\n" INDENT "(%.*s)" : "%.*s",
		    (int)news.n, news.p);
	buf_add_byte(text, '\n');
	show_files(s, text);
	buf_free(&news);
}

/* -1 with errno. */
static int
show_message(const struct context *context, const struct show *s)
{
	struct buf text = { NULL, 0, 0 };
	int result;

	if (context->json)
		show_json(s, &text);
	else
		add_message(&text, s);
	text.n--;		/* say ends the line */
	result = say(&text);
	buf_free(&text);
	return result;
}

/* Whether it belongs to this conversation. */
static bool
is_ours(const struct talk_run *t, const struct reply *r)
{
	if (!span_is(r->op, SPAN("delivery")) && !span_is(r->op, SPAN("ping")))
		return false;
	return t->is_group || (t->id != NULL && span_is(r->from,
	    span_of(t->id)));
}

static void
note_thread(struct talk_run *t, const struct show *s)
{
	t->thread.n = 0;
	buf_add(&t->thread, s->form.thread.n > 0 ? s->form.thread :
	    s->reply->id);
}

/* 0, or a status: then it was not acked. */
static int
take_message(struct context *context, struct talk_run *t,
    const struct agent_message *m)
{
	char directory[ACCOUNT_PATH + 16];
	struct contacts book;
	struct show s;
	int result = 0, shown = 0;

	(void)find_who(context, t);
	if (!is_ours(t, &m->reply)) {
		t->kept = t->kept || span_is(m->reply.op, SPAN("delivery")) ||
		    span_is(m->reply.op, SPAN("ping"));
		result = agent_keep(t->line.agent, m);
		return result == 0 ? STATUS_OK : context_fail(context,
		    STATUS_CANNOT_CREATE, "cannot keep a message: %s",
		    strerror(errno));
	}
	if (contacts_read(&book, &t->account, context->why, CONTEXT_WHY) ==
	    -1)
		return context_fail(context, STATUS_CONFIG, "%s",
		    context->why);
	(void)snprintf(directory, sizeof(directory), "%s/files",
	    t->account.path);
	show_open(&s, &m->reply, &t->account, &book);
	result = show_save_files(&s, directory, context->why, CONTEXT_WHY);
	if (result == 0)
		shown = show_message(context, &s);
	if (result == 0 && shown == 0) {
		if (span_is(m->reply.op, SPAN("delivery")))
			note_thread(t, &s);
		agent_done(t->line.agent, m);
	}
	show_close(&s);
	contacts_free(&book);
	if (shown == -1)
		return context_fail(context, STATUS_IO, "cannot write the "
		    "output: %s", strerror(errno));
	return result == 0 ? STATUS_OK : context_fail(context,
	    STATUS_CANNOT_CREATE, "%s", context->why);
}

static void
take_presence(struct talk_run *t)
{
	struct around_user p;

	while (agent_next_presence(t->line.agent, &p))
		if (t->id != NULL && strcmp(p.uid, t->id) == 0)
			say_note(t, t->who, p.online ? "is online" :
			    "is offline");
}

/* Say when the relay goes away, and when it is back. */
static void
watch_relay(struct talk_run *t, uint64_t now)
{
	bool online = agent_is_online(t->line.agent);
	const char *why = agent_why(t->line.agent);

	if (online)
		t->online_at = now;
	if (online == t->away && (online || why[0] != '\0')) {
		t->away = !online;
		say_note(t, online ? "the relay" : why, online ?
		    "is back" : "(what you write will be sent later)");
	}
}

/* ---- what is typed ---- */

static int
send_line(struct context *context, struct talk_run *t, struct span text)
{
	struct post_target target = { span_of(t->id), t->is_group,
	    span_of(t->who) };
	struct buf clean = { NULL, 0, 0 };
	struct post_draft draft = { .targets = &target, .target_count = 1,
	    .thread = buf_span(&t->thread), .subject = SPAN("") };
	int status = STATUS_OK;

	terminal_utf8(&clean, text);
	draft.text = buf_span(&clean);
	if (clean.n > 0)
		status = post_keep(context, &t->account, &draft,
		    t->pending[t->pending_count]);
	if (clean.n > 0 && status == STATUS_OK) {
		t->pending_count++;
		account_wake(&t->account);
	}
	buf_free(&clean);
	return status;
}

static int
send_lines(struct context *context, struct talk_run *t)
{
	const char *end;
	size_t n;
	int status = STATUS_OK;

	while (status == STATUS_OK && t->pending_count < PENDING &&
	    t->typed.n > 0) {
		end = memchr(t->typed.p, '\n', t->typed.n);
		if (end == NULL && !t->ended && t->typed.n < LINE_BYTES)
			break;
		n = end == NULL ? t->typed.n : (size_t)(end - t->typed.p);
		status = send_line(context, t, (struct span){ t->typed.p, n });
		buf_drop(&t->typed, end == NULL ? n : n + 1);
	}
	return status;
}

static void
read_lines(struct talk_run *t)
{
	ssize_t n = read(STDIN_FILENO, buf_room(&t->typed, 4096), 4096);

	if (n > 0)
		t->typed.n += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		t->ended = true;
}

/*
 * Look which posts were acked; say which were refused.  0, or a status: the
 * ping was refused, so there is nobody to talk to.
 */
static int
take_acks(struct context *context, struct talk_run *t)
{
	struct request_result result;
	int status = STATUS_OK;

	/* Acks come in the order of the posts. */
	while (t->pending_count > 0 && request_peek(context, &t->account,
	    t->pending[0], &result)) {
		if (result.refused) {
			(void)context_fail(context, STATUS_DATA, "%s",
			    context->why);
			if (t->id == NULL)
				status = STATUS_DATA;
		}
		if (!result.refused && t->thread.n == 0)
			buf_add(&t->thread, buf_span(&result.msgid));
		request_free(&result);
		t->pending_count--;
		memmove(t->pending[0], t->pending[1],
		    t->pending_count * OUTGOING_NAME);
	}
	return status;
}

/* ---- the loop ---- */

/*
 * Lines are read while there is room for them, and somebody to get them; from
 * a terminal even before that, so that Ctrl-D ends the wait for an answer.
 * Returns how long to wait for anything: not at all while input is a file.
 */
static int
watch_input(struct talk_run *t)
{
	bool wants = !t->ended && (t->id != NULL || isatty(STDIN_FILENO)) &&
	    t->pending_count < PENDING && t->typed.n < LINE_BYTES;

	if (wants && !t->watched) {
		t->watched = poller_add(t->line.poller, STDIN_FILENO,
		    POLLER_READ, t) == 0;
		if (!t->watched) {
			read_lines(t);	/* a file is always readable */
			return 0;
		}
	} else if (!wants && t->watched) {
		poller_remove(t->line.poller, STDIN_FILENO);
		t->watched = false;
	}
	return LOOK;
}

static int
turn(struct context *context, struct talk_run *t)
{
	struct agent_message m;
	int status = STATUS_OK, refused, wait;

	while (status == STATUS_OK && agent_next(t->line.agent, &m))
		status = take_message(context, t, &m);
	if (status == STATUS_OK)
		(void)find_who(context, t);
	take_presence(t);
	watch_relay(t, clock_ms(CLOCK_MONOTONIC));
	refused = take_acks(context, t);
	if (status == STATUS_OK)
		status = refused;
	if (status == STATUS_OK && t->id != NULL)
		status = send_lines(context, t);
	wait = watch_input(t);
	if (status == STATUS_OK && t->line.refused)
		status = context_fail(context, STATUS_NO_PERMISSION, "%s",
		    agent_why(t->line.agent));
	if (request_turn_for(context, &t->line, wait, t))
		read_lines(t);
	return status;
}

static int
converse(struct context *context, struct talk_run *t)
{
	uint64_t end = UINT64_MAX, now = clock_ms(CLOCK_MONOTONIC);
	int status = STATUS_OK;

	t->online_at = now;
	while (status == STATUS_OK && now < end) {
		status = turn(context, t);
		now = clock_ms(CLOCK_MONOTONIC);
		if (t->ended && t->typed.n == 0 && t->pending_count == 0)
			break;
		if (t->ended && t->id == NULL && t->typed.n > 0 &&
		    status == STATUS_OK)
			return context_fail(context, STATUS_UNAVAILABLE,
			    "nobody has answered; what was typed was not sent");
		if (t->id == NULL && status == STATUS_OK &&
		    !isatty(STDIN_FILENO) && now - t->online_at > LAST_WAIT)
			return context_fail(context, STATUS_UNAVAILABLE,
			    "the relay is away; what was typed was not sent");
		if (t->ended && end == UINT64_MAX)
			end = now + LAST_WAIT;
	}
	if (status == STATUS_OK && t->pending_count > 0)
		status = context_fail(context, STATUS_TEMPORARY,
		    "%zu message%s kept, and will be sent by the next tmtp "
		    "that is online", t->pending_count,
		    t->pending_count == 1 ? " is" : "s are");
	return status;
}

/* Ping somebody whom we do not know yet. */
static int
introduce(struct context *context, struct talk_run *t)
{
	int status;

	if (find_who(context, t))
		return STATUS_OK;
	status = post_keep_ping(context, &t->account, span_of(t->who),
	    SPAN("(would like to talk with you)"), t->pending[0]);
	if (status != STATUS_OK)
		return status;
	t->pending_count = 1;
	say_note(t, t->who, "is asked to talk with you; waiting for an answer");
	return STATUS_OK;
}

int
talk_run(struct context *context, char **argv)
{
	struct talk_run t = { .who = argv[0], .json = context->json };
	int status;

	if (argv[0] == NULL || argv[1] != NULL || argv[0][0] == '-')
		return context_usage(context, usage);
	status = context_account(context, &t.account);
	if (status != STATUS_OK)
		return status;
	status = request_open_reader(context, &t.line, &t.account);
	if (status == STATUS_OK) {
		status = introduce(context, &t);
		if (status == STATUS_OK)
			status = converse(context, &t);
		request_close(&t.line);
	}
	if (t.kept)
		(void)context_fail(context, STATUS_OK,
		    "others have written, too: tmtp read");
	account_close(&t.account);
	free(t.id);
	buf_free(&t.thread);
	buf_free(&t.typed);
	return status;
}
