/*
 * talk - run conversations: what clients send, and what the relay must
 * answer, byte for byte.
 *
 *	talk [FILE...]		test/talk/ *.t and PROTOCOL.md by default
 *
 * A conversation is text, one step a line, as sim/talk.h says; a line that
 * begins with a tab continues the one before.  In a page, a file whose name
 * ends in .md, each part between ```tmtp and ``` is a conversation.  Here are
 * also steps:
 *
 *	# text			a comment
 *	A> "BYTES"		A sends these bytes; \xNN is one of them
 *	A! ended		the relay has ended the connection; A got no
 *				more than the frames before this line
 *	A! lost			the connection breaks
 *	A! acks			A sends an Ack for each message that it has
 *				got and not acked
 *	A! silent		A has got no more than the frames above
 *	+30s			time passes
 *	restart			the relay is stopped and started again
 *	crash			the same, without a last write to the disk
 *	disk full		from one second later on
 *	disk free		until one second later
 *	set window 2		configuration: window, alias_min, message_max,
 *				queue_max, queue_messages_max, groups_max,
 *				moderate_days, pings_per_day,
 *				failed_pings_in_a_row,
 *				resend_time (in milliseconds)
 *	conf JSON		the whole configuration but name and ops; the
 *				keys of providers are read from their files,
 *				and with push_contact devices can be woken
 *	ops 2020		the numbering, see below
 *
 * $token-NAME in a line is a token of test/talk/tokens, which tokens.sh makes.
 * A client connects when it first sends.  Every headsum is recomputed.
 *
 * At the end no client may have a frame left.  Every conversation runs in each
 * numbering, with frames as they are, split at every byte, and glued together
 * as far as its lines allow; and all of this over WebSocket, too, where one of
 * them is a message, and those bytes are fragments.  With "ops 2018" or
 * "ops 2020" only that numbering is run; with "ops auto" there is none, numbers
 * are written as they are, and the relay has to find out.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/log.h"
#include "disk/file.h"
#include "sim/talk.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "test/talk/script.h"

/* How a run's bytes are given to the relay. */
enum way { WAY_WHOLE, WAY_SPLIT, WAY_GLUED, WAYS };

#define DOORS 3

static const char *const ops_names[] = {
	[CONF_OPS_AUTO] = "auto",
	[CONF_OPS_2018] = "2018",
	[CONF_OPS_2020] = "2020"
};

static const char *const way_names[WAYS] = { "whole", "split", "glued" };
static const char *const door_names[DOORS] = {
	[HARNESS_SESSION] = "",
	[HARNESS_SOCKET] = ", over a Unix socket",
	[HARNESS_WEBSOCKET] = ", over WebSocket"
};

/* One run of a script. */
struct run {
	struct harness harness;
	const struct script *script;
	const struct script_line *line;
	enum way way;
	enum conf_ops ops;
	struct actor *sending;	/* bytes of it are held back to be glued */
	struct buf held;
	struct talk talk;
	/* Ids of the messages that each client has got and not acked. */
	struct buf unacked[HARNESS_ACTORS];
	bool failed;
};

/* Report an error, and end this run. */
static void
fail(struct run *t, const char *what, struct span got)
{
	if (t->failed)
		return;
	t->failed = true;
	CHECK(false, "%s:%u (ops %s, %s%s): %s %.*s\n\t%s", t->script->path,
	    t->line->number, ops_names[t->ops], way_names[t->way],
	    door_names[t->harness.door], what,
	    got.n < 2000 ? (int)got.n : 2000, got.p, t->line->text);
}

/* ---- sending ---- */

static void
flush(struct run *t)
{
	if (t->sending == NULL)
		return;
	harness_send(&t->harness, t->sending, buf_span(&t->held));
	harness_turn(&t->harness);
	t->held.n = 0;
	t->sending = NULL;
}

static void
send_bytes(struct run *t, struct actor *a, struct span bytes)
{
	if (a->session == NULL && !a->ended)
		harness_connect(&t->harness, a);
	if (t->sending != a || t->way != WAY_GLUED)
		flush(t);
	t->sending = a;
	buf_add(&t->held, bytes);
	if (t->way != WAY_GLUED)
		flush(t);
}

static void
put_raw(struct buf *b, const char *p)
{
	while (*p != '\0' && *p != '"') {
		if (p[0] == '\\' && p[1] == 'x') {
			char digits[3] = { p[2], p[3], '\0' };

			buf_add_byte(b, (char)strtol(digits, NULL, 16));
			p += 4;
		} else {
			buf_add_byte(b, *p++);
		}
	}
}

static void
step_send(struct run *t, struct actor *a, const char *text)
{
	struct buf frame = { NULL, 0, 0 };
	const char *why = NULL;

	if (*text == '"')
		put_raw(&frame, text + 1);
	else
		why = talk_frame(&t->talk, &frame, text);
	if (why != NULL)
		fail(t, why, SPAN(""));
	else
		send_bytes(t, a, buf_span(&frame));
	buf_free(&frame);
}

/* ---- receiving ---- */

static struct buf *
unacked(struct run *t, const struct actor *a)
{
	return &t->unacked[a - t->harness.actors];
}

/*
 * A message that fits in a record is in one; and over WebSocket every frame
 * that fits is one message.
 */
static bool
is_in_one(const struct run *t, const struct actor *a, const struct reply *r)
{
	switch (t->harness.door) {
	case HARNESS_SESSION:
		return t->way == WAY_SPLIT || r->bytes > HARNESS_ROOM ||
		    r->from.p == NULL || harness_in_one_record(a, r);
	case HARNESS_WEBSOCKET:
		return r->bytes > HARNESS_ROOM - 4 ||
		    harness_in_one_record(a, r);
	default:
		return true;
	}
}

static void
step_get(struct run *t, struct actor *a, const char *text)
{
	struct reply r;
	const char *why;

	flush(t);
	if (!harness_frame(a, &r)) {
		fail(t, "no frame was received:", buf_span(&a->got));
		return;
	}
	why = talk_compare(&t->talk, text, &r);
	if (why == NULL && !is_in_one(t, a, &r))
		why = "a message was split";
	if (why != NULL) {
		fail(t, why, r.header);
		return;
	}
	CHECK(true, " ");
	if (wire_is_message(&r) && r.id.n == ID_TEXT)
		buf_add(unacked(t, a), r.id);
	harness_drop(a, r.bytes);
}

/* ---- the other steps ---- */

static void
step_acks(struct run *t, struct actor *a)
{
	struct buf *ids = unacked(t, a), frame = { NULL, 0, 0 };

	for (; ids->n > 0; buf_drop(ids, ID_TEXT)) {
		frame.n = 0;
		talk_ack(&t->talk, &frame, (struct span){ ids->p, ID_TEXT });
		send_bytes(t, a, buf_span(&frame));
	}
	buf_free(&frame);
	flush(t);
}

static void
step_event(struct run *t, struct actor *a, const char *what)
{
	flush(t);
	if (strcmp(what, "acks") == 0) {
		step_acks(t, a);
		return;
	}
	if (a->got.n > 0)
		fail(t, "more frames:", buf_span(&a->got));
	if (strcmp(what, "silent") == 0) {
		if (a->ended)
			fail(t, "the relay has ended it", SPAN(""));
		return;
	}
	if (strcmp(what, "ended") == 0 && !a->ended)
		fail(t, "the relay has not ended it", SPAN(""));
	else if (strcmp(what, "ended") != 0 && strcmp(what, "lost") != 0)
		fail(t, "not a step", SPAN(""));
	harness_lose(&t->harness, a);
	harness_turn(&t->harness);
	a->ended = false;
	unacked(t, a)->n = 0;
	CHECK(true, " ");
}

/* The relay's key by which devices are woken: the one of RFC 8292. */
#define WAKE_KEY "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic" \
	"-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"

/* Keys that a provider has, for the relay; its file is net/jwks's to read. */
static void
give_keys(struct run *t)
{
	const struct conf *conf = &t->harness.conf;
	struct buf text = { NULL, 0, 0 };
	struct span span;
	char why[256];
	size_t i;

	for (i = 0; i < conf->authby_count; i++) {
		text.n = 0;
		if (file_read(AT_FDCWD, conf->authby[i].keys, 65536,
		    &text) == -1)
			continue;	/* a provider without keys */
		span = buf_span(&text);
		if (tmtp_set_keys(t->harness.relay, conf->authby[i].keys,
		    &span, 1, why, sizeof(why)) == -1)
			fail(t, why, SPAN(""));
	}
	buf_free(&text);
	if (conf->push_contact[0] != '\0')
		tmtp_set_wake_key(t->harness.relay, SPAN(WAKE_KEY),
		    t->harness.now);
}

static void
step_conf(struct run *t, const char *json)
{
	struct conf *conf = &t->harness.conf, new;
	char why[512];

	if (conf_parse(&new, span_of(json), "conf", why, sizeof(why)) == -1) {
		fail(t, why, SPAN(""));
		return;
	}
	free(new.name);
	new.name = xcopy(span_of(conf->name));
	new.ops = conf->ops;
	conf_free(conf);
	*conf = new;
	give_keys(t);
}

static void
step_restart(struct run *t, const char *text)
{
	size_t i;

	flush(t);
	for (i = 0; i < HARNESS_ACTORS; i++) {
		if (t->harness.actors[i].got.n > 0)
			fail(t, "a client has frames left:",
			    buf_span(&t->harness.actors[i].got));
		t->harness.actors[i].ended = false;
		t->unacked[i].n = 0;
	}
	if (strcmp(text, "crash") == 0)
		harness_crash(&t->harness);
	else
		harness_stop(&t->harness);
	harness_start(&t->harness);
	give_keys(t);
}

static void
step_set(struct run *t, const char *text)
{
	struct conf *conf = &t->harness.conf;
	char key[32];
	unsigned value;

	if (sscanf(text, "set %31s %u", key, &value) != 2)
		die("%s: %s", t->script->path, text);
	if (strcmp(key, "window") == 0)
		conf->window = conf->window_max = value;
	else if (strcmp(key, "alias_min") == 0)
		conf->alias_min = value;
	else if (strcmp(key, "message_max") == 0)
		conf->message_max = value;
	else if (strcmp(key, "queue_max") == 0)
		conf->queue_max = value;
	else if (strcmp(key, "resend_time") == 0)
		conf->resend_time = value;
	else if (strcmp(key, "queue_messages_max") == 0)
		conf->queue_messages_max = value;
	else if (strcmp(key, "groups_max") == 0)
		conf->groups_max = value;
	else if (strcmp(key, "moderate_days") == 0)
		conf->moderate_days = value;
	else if (strcmp(key, "pings_per_day") == 0)
		conf->pings_per_day = value;
	else if (strcmp(key, "failed_pings_in_a_row") == 0)
		conf->failed_pings_in_a_row = value;
	else
		die("%s: %s", t->script->path, text);
}

static void
step_disk(struct run *t, const char *text)
{
	flush(t);
	if (strcmp(text, "full") == 0)
		harness_fill_disk(&t->harness);
	else if (strcmp(text, "free") == 0)
		harness_free_disk(&t->harness);
	else
		fail(t, "not a step", SPAN(""));
}

static void
step_client(struct run *t, const char *text)
{
	struct talk_step step;
	struct actor *a;

	if (!talk_read(&step, text)) {
		fail(t, "not a step", SPAN(""));
		return;
	}
	a = harness_actor(&t->harness, step.name);
	if (step.kind == '>')
		step_send(t, a, step.text);
	else if (step.kind == '<')
		step_get(t, a, step.text);
	else
		step_event(t, a, step.text);
}

static void
step_pass(struct run *t, const char *text)
{
	char *end;
	unsigned long n = strtoul(text + 1, &end, 10);

	flush(t);
	if (strcmp(end, "s") == 0)
		harness_pass(&t->harness, n * 1000);
	else if (strcmp(end, "ms") == 0)
		harness_pass(&t->harness, n);
	else
		fail(t, "not a step", SPAN(""));
}

static void
step(struct run *t, const char *text)
{
	if (text[0] == '+')
		step_pass(t, text);
	else if (strcmp(text, "restart") == 0 || strcmp(text, "crash") == 0)
		step_restart(t, text);
	else if (strncmp(text, "disk ", 5) == 0)
		step_disk(t, text + 5);
	else if (strncmp(text, "set ", 4) == 0)
		step_set(t, text);
	else if (strncmp(text, "conf ", 5) == 0)
		step_conf(t, text + 5);
	else if (strncmp(text, "ops ", 4) != 0)
		step_client(t, text);
}

/* The token of this name: a line of the file is a name and a token. */
static struct span
find_token(const struct run *t, struct span name)
{
	static struct buf tokens;
	const char *p, *end;

	if (tokens.n == 0 && file_read(AT_FDCWD, "test/talk/tokens", 65536,
	    &tokens) == -1)
		die("test/talk/tokens: %s", strerror(errno));
	for (p = tokens.p; p < tokens.p + tokens.n; p = end + 1) {
		end = memchr(p, '\n', (size_t)(tokens.p + tokens.n - p));
		if (strncmp(p, name.p, name.n) == 0 && p[name.n] == ' ')
			return (struct span){ p + name.n + 1,
			    (size_t)(end - p) - name.n - 1 };
	}
	die("%s: there is no token %.*s", t->script->path, (int)name.n,
	    name.p);
}

/* Append the line with its tokens, and a NUL. */
static void
put_tokens(const struct run *t, struct buf *to, const char *line)
{
	const char *at;
	struct span name;

	for (; (at = strstr(line, "$token-")) != NULL; line = name.p + name.n) {
		buf_add(to, (struct span){ line, (size_t)(at - line) });
		name.p = at + strlen("$token-");
		name.n = strcspn(name.p, "\"");
		buf_add(to, find_token(t, name));
	}
	buf_addf(to, "%s", line);
}

/* One line, or those that it stands for. */
static void
run_line(struct run *t, const char *line)
{
	struct buf lines = { NULL, 0, 0 }, whole = { NULL, 0, 0 };
	const char *text;
	char *p, *end;

	put_tokens(t, &whole, line);
	text = whole.p;
	if (!talk_expand(&t->talk, &lines, text))
		step(t, text);
	for (p = lines.p; p < lines.p + lines.n && !t->failed; p = end + 1) {
		end = memchr(p, '\n', (size_t)(lines.p + lines.n - p));
		*end = '\0';
		step(t, p);
	}
	buf_free(&lines);
	buf_free(&whole);
}

/* ---- runs ---- */

static void
end_run(struct run *t)
{
	size_t i;

	flush(t);
	for (i = 0; i < HARNESS_ACTORS && !t->failed; i++) {
		if (t->harness.actors[i].got.n > 0)
			fail(t, "at the end a client has frames left:",
			    buf_span(&t->harness.actors[i].got));
		if (t->harness.actors[i].ended)
			fail(t, "at the end a client has ended without a "
			    "line that says so", SPAN(""));
	}
}

static void
run(const struct script *s, enum conf_ops ops, enum way way,
    enum harness_door door)
{
	struct run *t = xzalloc(sizeof(*t));
	size_t i;

	t->script = s;
	t->way = way;
	t->ops = ops;
	t->talk.numbering = ops == CONF_OPS_2020 ? TALK_2020 : TALK_2018;
	harness_open(&t->harness);
	t->harness.door = door;
	t->harness.conf.ops = ops;
	if (way == WAY_SPLIT) {
		t->harness.piece = 1;
		t->harness.room = 5;
	}
	harness_start(&t->harness);
	for (i = 0; i < s->count && !t->failed; i++) {
		t->line = &s->lines[i];
		run_line(t, t->line->text);
	}
	end_run(t);
	harness_close(&t->harness);
	for (i = 0; i < HARNESS_ACTORS; i++)
		buf_free(&t->unacked[i]);
	buf_free(&t->held);
	free(t);
}

/* Whether the script is for that numbering; both, unless it says so. */
static bool
is_for(const struct script *s, enum conf_ops ops)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		if (strncmp(s->lines[i].text, "ops ", 4) == 0)
			return strcmp(s->lines[i].text + 4,
			    ops_names[ops]) == 0;
	}
	return ops != CONF_OPS_AUTO;
}

/* All ways through all doors; a socket without WebSocket splits as it will. */
static void
run_ways(const struct script *s, enum conf_ops ops)
{
	int way;

	for (way = 0; way < WAYS; way++) {
		run(s, ops, (enum way)way, HARNESS_SESSION);
		run(s, ops, (enum way)way, HARNESS_WEBSOCKET);
	}
	run(s, ops, WAY_WHOLE, HARNESS_SOCKET);
}

static void
run_file(const char *path)
{
	struct script *all = script_read(path), *s;
	int ops;

	for (s = all; s != NULL; s = s->next) {
		for (ops = CONF_OPS_AUTO; ops <= CONF_OPS_2020; ops++) {
			if (is_for(s, (enum conf_ops)ops))
				run_ways(s, (enum conf_ops)ops);
		}
	}
	script_free(all);
}

int
main(int argc, char **argv)
{
	glob_t found;
	size_t i;

	log_level(LOG_QUIET);
	for (i = 1; i < (size_t)argc; i++)
		run_file(argv[i]);
	if (argc > 1)
		return check_report("talk");
	if (glob("test/talk/*.t", 0, NULL, &found) != 0)
		die("test/talk/*.t: no such files");
	if (access("PROTOCOL.md", R_OK) == 0)
		run_file("PROTOCOL.md");
	for (i = 0; i < found.gl_pathc; i++)
		run_file(found.gl_pathv[i]);
	globfree(&found);
	return check_report("talk");
}
