/*
 * tmtp bridge: what members of one relay write to its account, or to a group in
 * which that is, the account on the other relay posts there, and the reverse.
 *
 *	kill before the post is kept	the message comes again, and is kept
 *	kill before it is acked		the post is there under the same name
 *	kill after that			its ack is there, or it is sent again
 *					with the same id: a relay does it once
 *
 * A message is acked on its side only when its posts are acked on the other.
 * Threads have the id of the message that began them, on whichever relay that
 * was, so answers find back.
 */
#include "cmd/bridge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "client/outgoing.h"
#include "client/post_form.h"
#include "client/wire.h"
#include "cmd/station.h"
#include "net/poller.h"

#define SIDES       2
#define TARGETS_MAX 16		/* rules "to" of one account */
#define BRIDGES_MAX 4		/* in a row; more is a circle */
#define WHY_ROOM    300

static const char usage[] = "bridge ACCOUNT ACCOUNT";

/* What becomes of the message that a side holds. */
struct passage {
	char names[TARGETS_MAX][OUTGOING_NAME];	/* of the posts */
	size_t count;			/* 0: it was not looked at yet */
};

struct bridge {
	struct station sides[SIDES];
	struct passage passages[SIDES];	/* from that side */
};

/* Whether a message is to be passed on: else it is acked. */
static bool
is_to_pass(struct context *context, const struct station *s,
    const struct post_form *form)
{
	const struct reply *r = &s->message.reply;
	struct buf gid = { NULL, 0, 0 };
	bool waits;

	if (!span_is(r->op, SPAN("delivery")) || form->node_sync ||
	    form->confirm.n > 0 ||
	    span_is(r->from, span_of(s->account.uid)))
		return false;
	waits = wire_text(r, "moderate", &gid);
	buf_free(&gid);
	if (waits)
		return false;
	if (form->bridges >= BRIDGES_MAX) {
		(void)context_fail(context, STATUS_OK, "%s: a post that has "
		    "passed %u bridges was passed over: do they form a "
		    "circle?", s->account.path, BRIDGES_MAX);
		return false;
	}
	if (gateway_is_member(&s->rules, &s->book, r->from))
		return true;
	(void)context_fail(context, STATUS_OK, "%s: a post by %.*s, who is no "
	    "\"member\" in gateway.conf, was passed over", s->account.path,
	    (int)r->from.n, r->from.p);
	return false;
}

/* ---- to the other side ---- */

/* Keep one post for a rule "to".  -1: not now, the context says why. */
static int
keep_one(struct context *context, struct bridge *b, size_t from,
    struct span who, const struct post_form *form)
{
	const struct station *source = &b->sides[from];
	const struct station *there = &b->sides[1 - from];
	struct passage *p = &b->passages[from];
	struct buf cause = { NULL, 0, 0 };
	struct post_target target;

	if (p->count == TARGETS_MAX ||
	    !gateway_find(&there->book, who, &target))
		return say_why(context->why, CONTEXT_WHY, "%s/gateway.conf: "
		    "no contact or group is called \"%.*s\"; if the name is "
		    "right, ask first, with tmtp post",
		    there->account.path, (int)who.n, who.p);
	buf_add(&cause, span_of(source->account.uid));
	buf_add(&cause, source->message.reply.id);
	gateway_name(p->names[p->count], buf_span(&cause), target.id);
	buf_free(&cause);
	if (gateway_keep(context, &there->account, &target, form,
	    p->names[p->count]) != STATUS_OK)
		return say_why(context->why, CONTEXT_WHY,
		    "a post cannot be kept");
	p->count++;
	return 0;
}

/* Keep the posts for all of them.  -1: not now, the context says why. */
static int
keep(struct context *context, struct bridge *b, size_t from,
    struct post_form *form)
{
	struct station *source = &b->sides[from];
	struct station *there = &b->sides[1 - from];
	const struct contact_person *who = contacts_find_uid(&source->book,
	    source->message.reply.from);
	const struct gateway_rule *rule = there->rules.rules;
	size_t i;

	form->bridges++;
	if (who != NULL)
		form->alias = span_of(who->name);
	if (form->thread.n == 0)
		form->thread = source->message.reply.id;
	contacts_free(&there->book);
	if (contacts_read(&there->book, &there->account, context->why,
	    CONTEXT_WHY) == -1) {
		memset(&there->book, 0, sizeof(there->book));
		return -1;
	}
	for (i = 0; i < there->rules.count; i++, rule++) {
		if (span_is(rule->key, SPAN("to")) &&
		    keep_one(context, b, from, rule->value, form) == -1)
			return -1;
	}
	account_wake(&there->account);
	return 0;
}

/* ---- the answers of the other relay ---- */

/* Tell the sender that the other relay has refused it.  0, or a status. */
static int
answer(struct context *context, const struct station *s, struct span why)
{
	const struct reply *r = &s->message.reply;
	struct post_form form = { .confirm = r->id, .thread = r->id,
	    .alias = span_of(s->account.alias_count > 0 ?
	    s->account.aliases[0] : "") };
	struct post_target target = { .id = r->from };
	struct buf text = { NULL, 0, 0 };
	char name[OUTGOING_NAME];
	int status;

	buf_addf(&text, "This was not passed on: %.*s.\n",
	    (int)(why.n < WHY_ROOM ? why.n : WHY_ROOM), why.p);
	form.text = buf_span(&text);
	gateway_name(name, r->id, SPAN("not passed on"));
	status = gateway_keep(context, &s->account, &target, &form, name);
	account_wake(&s->account);
	buf_free(&text);
	return status;
}

/*
 * Look at the ack of one post.  1: it is there; 0: not yet; -1: not now, the
 * context says why.
 */
static int
look_at(struct context *context, const struct station *source,
    const struct station *there, const char *name)
{
	struct buf ack = { NULL, 0, 0 }, error = { NULL, 0, 0 };
	struct reply r;
	int result = 1;

	if (!outgoing_read_ack(there->account.out, name, &ack)) {
		buf_free(&ack);
		return 0;
	}
	r = (struct reply){ .header = buf_span(&ack) };
	if (wire_text(&r, "error", &error) && answer(context, source,
	    buf_span(&error)) != STATUS_OK)
		result = say_why(context->why, CONTEXT_WHY,
		    "an answer cannot be kept");
	buf_free(&ack);
	buf_free(&error);
	return result;
}

/* When all posts are acked, so is the message. */
static void
settle(struct context *context, struct bridge *b, size_t from)
{
	struct station *source = &b->sides[from];
	struct station *there = &b->sides[1 - from];
	struct passage *p = &b->passages[from];
	size_t i;
	int result = 1;

	for (i = 0; i < p->count && result == 1; i++)
		result = look_at(context, source, there, p->names[i]);
	if (result == -1)
		station_later(context, source);
	if (result != 1)
		return;
	station_done(source);
	for (i = 0; i < p->count; i++)
		(void)outgoing_drop(there->account.out, p->names[i]);
	p->count = 0;
}

/* ---- the loop ---- */

static void
begin(struct context *context, struct bridge *b, size_t from)
{
	struct station *s = &b->sides[from];
	const struct reply *r = &s->message.reply;
	struct post_form form;

	post_form_read(&form, r->data, wire_number(r, "datahead"));
	if (!is_to_pass(context, s, &form)) {
		station_done(s);
	} else if (keep(context, b, from, &form) == -1) {
		b->passages[from].count = 0;
		station_later(context, s);
	}
	post_form_free(&form);
}

/* Whether there was anything to do. */
static bool
work(struct context *context, struct bridge *b, size_t from)
{
	struct station *s = &b->sides[from];

	if (!station_next(context, s))
		return false;
	if (b->passages[from].count == 0)
		begin(context, b, from);
	if (s->holds && b->passages[from].count > 0)
		settle(context, b, from);
	return !s->holds;
}

static int
loop(struct context *context, struct bridge *b)
{
	struct station *const sides[SIDES] = { &b->sides[0], &b->sides[1] };
	int status = STATUS_OK;

	while (status == STATUS_OK) {
		while (work(context, b, 0) || work(context, b, 1))
			continue;
		status = station_turn(context, sides, SIDES, 60000);
	}
	return status;
}

/* A side needs somebody to post to. */
static int
open_side(struct context *context, struct station *s, const char *name,
    struct poller *poller)
{
	int status = station_open(context, s, name, poller);

	if (status != STATUS_OK || gateway_value(&s->rules, "to").p != NULL)
		return status;
	status = context_fail(context, STATUS_CONFIG, "%s/gateway.conf: "
	    "there is no line \"to WHO\"", s->account.path);
	station_close(s);
	return status;
}

/* Two names may be links to one directory, whose locks would be ours twice. */
static bool
are_same(const struct station *sides)
{
	struct stat a, b;

	return fstat(sides[0].account.dir, &a) == 0 &&
	    fstat(sides[1].account.dir, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino;
}

static int
run(struct context *context, struct bridge *b, char *const *names,
    struct poller *poller)
{
	int status = open_side(context, &b->sides[0], names[0], poller);

	if (status != STATUS_OK)
		return status;
	status = open_side(context, &b->sides[1], names[1], poller);
	if (status == STATUS_OK) {
		status = !are_same(b->sides) ? loop(context, b) :
		    context_fail(context, STATUS_USAGE, "%s and %s are the "
		    "same account", names[0], names[1]);
		station_close(&b->sides[1]);
	}
	station_close(&b->sides[0]);
	return status;
}

int
bridge_run(struct context *context, char **argv)
{
	static const struct context_option none[] = { { NULL, 0, false } };
	struct context_words words = { .at = argv };
	struct poller *poller;
	struct bridge *b;
	int status;

	if (context_option(&words, none) == -1 || words.at[0] == NULL ||
	    words.at[1] == NULL || words.at[2] != NULL)
		return context_usage(context, usage);
	poller = poller_open();
	if (poller == NULL)
		return context_fail(context, STATUS_UNAVAILABLE, "%s",
		    strerror(errno));
	b = xzalloc(sizeof(*b));
	status = run(context, b, words.at, poller);
	free(b);
	poller_close(poller);
	return status;
}
