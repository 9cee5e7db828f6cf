/*
 * talk - run conversations: what clients send, and what the relay must
 * answer, byte for byte.
 *
 *	talk [FILE...]		test/talk/ *.t and PROTOCOL.md by default
 *
 * A conversation is text, one step a line; a line that begins with a tab goes
 * on with the one before it.  In a page, a file whose name ends in .md, each
 * part between ```tmtp and ``` is a conversation.  A, B, A2 and so on are
 * clients: a capital letter and perhaps a digit.
 *
 *	# text			a comment
 *	A> HEADER [| DATA]	A sends a frame; A connects first if need be
 *	A> "BYTES"		A sends these bytes; \xNN is one of them
 *	A< HEADER [| DATA]	the next frame that A gets
 *	A! ended		the relay has ended the connection; A got no
 *				more than the frames before this line
 *	A! lost			the connection breaks
 *	A! acks			A sends an Ack for each message that it has
 *				got and not acked
 *	A! silent		A has got no more than what stands above
 *	+30s			time passes
 *	restart			the relay is stopped and started again
 *	crash			the same, without a last word to the disk
 *	disk full		so it is, one second later
 *	disk free		and no longer
 *	member A alice		A connects, registers and has the alias; its
 *				uid is $uid-A, its password $node-A
 *	device A2 of A		A's user makes a node, and A2 logs in as it;
 *				its password is $node-A2; all acks are sent
 *	set window 2		configuration: window, alias_min, message_max,
 *				queue_max, queue_messages_max, groups_max
 *	ops 2020		the numbering, see below
 *
 * HEADER is JSON as it is sent, but that a word after "op": is the number of
 * the op with that name, and that $KIND and $KIND-NAME stand for what the
 * relay has made up: see pattern.h.  Every headsum is recomputed, too.  DATA
 * is the text to the end of the line, or pieces of many bytes: "@70000a @5b"
 * is 70000 bytes of a row that begins with an a, and five of one that begins
 * with a b.
 *
 * At the end no client may have a frame left.  Every conversation runs by
 * each numbering, with frames as they are, split at every byte, and glued
 * together as far as its lines allow.  With "ops 2018" or "ops 2020" only
 * that numbering is run; with "ops auto" there is none, numbers are written
 * as they are, and the relay has to find out.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/lib/check.h"
#include "base/encode.h"
#include "base/log.h"
#include "test/talk/pattern.h"
#include "test/talk/script.h"
#include "test/lib/harness.h"

#define MESSAGES_MAX 4096

/* How the bytes of a run come to the relay. */
enum way { WAY_WHOLE, WAY_SPLIT, WAY_GLUED, WAYS };

static const char *const ops_names[] = {
	[CONF_OPS_AUTO] = "auto",
	[CONF_OPS_2018] = "2018",
	[CONF_OPS_2020] = "2020"
};

static const char *const way_names[WAYS] = { "whole", "split", "glued" };

/* One run of a script. */
struct talk {
	struct harness stage;
	const struct script *script;
	const struct script_line *line;
	enum way way;
	enum conf_ops ops;
	struct actor *sending;	/* bytes of it are held back to be glued */
	struct buf held;
	struct pattern names;
	/* What each client has got and not acked. */
	char unacked[HARNESS_ACTORS][MESSAGES_MAX][ID_TEXT];
	size_t unacked_count[HARNESS_ACTORS];
	bool failed;
};

static const struct op_name {
	const char *name;
	int number[2];
} op_names[] = {
	{ "TmtpRev", { 0, 0 } }, { "Register", { 1, 1 } },
	{ "Login", { 2, 2 } }, { "UserEdit", { 3, 3 } },
	{ "OhiEdit", { 4, 4 } }, { "GroupInvite", { 5, 5 } },
	{ "GroupEdit", { 6, 6 } }, { "Post", { 7, 7 } },
	{ "PostNotify", { -1, 8 } }, { "Ping", { 8, 9 } },
	{ "Ack", { 9, 10 } }, { "Pulse", { 10, 11 } }, { "Quit", { 11, 12 } }
};

/* Report where and what, and give up this run. */
static void
fail(struct talk *t, const char *what, struct span got)
{
	if (t->failed)
		return;
	t->failed = true;
	CHECK(false, "%s:%u (ops %s, %s): %s%.*s\n\t%s", t->script->path,
	    t->line->number, ops_names[t->ops], way_names[t->way], what,
	    got.n < 2000 ? (int)got.n : 2000, got.p, t->line->text);
}

/* ---- what clients send ---- */

/* Append the number of the op whose name p begins with; returns its bytes. */
static size_t
put_op(struct talk *t, struct buf *b, const char *p)
{
	size_t n = pattern_name_length(p), i;
	int number;

	for (i = 0; i < sizeof(op_names) / sizeof(op_names[0]); i++) {
		if (!span_is((struct span){ p, n }, span_of(op_names[i].name)))
			continue;
		number = op_names[i].number[t->ops == CONF_OPS_2020];
		if (number == -1)
			fail(t, "not in this numbering", SPAN(""));
		buf_addf(b, "%d", number);
		return n;
	}
	return 0;
}

/* Append the header with all that stands for something put in its place. */
static void
put_header(struct talk *t, struct buf *b, const char *p, const char *end)
{
	const char *value;
	size_t n;

	while (p < end) {
		if (*p == '$') {
			n = pattern_name_length(p + 1);
			value = pattern_value(&t->names,
			    (struct span){ p + 1, n });
			if (value != NULL)
				buf_add(b, span_of(value));
			else
				fail(t, "nothing is known of ",
				    (struct span){ p, n + 1 });
			p += 1 + n;
			continue;
		}
		buf_add_byte(b, *p++);
		if (b->n >= 5 && memcmp(b->p + b->n - 5, "\"op\":", 5) == 0)
			p += put_op(t, b, p);
	}
}

/* Bytes of a row: each place has its own, and each row another. */
static void
put_row(struct buf *b, size_t n, char letter)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_add_byte(b, i == 0 ? letter :
		    (char)((i * 7 + i / 256 + (unsigned char)letter) % 251));
}

static void
put_data(struct buf *b, const char *p)
{
	char *end;
	size_t n;

	if (*p != '@') {
		buf_add(b, span_of(p));
		return;
	}
	while (*p == '@') {
		n = (size_t)strtoul(p + 1, &end, 10);
		put_row(b, n, *end);
		p = end + 1 + strspn(end + 1, " ");
	}
}

/* Where the header of a line ends; data gets what follows the bar. */
static const char *
split_line(const char *text, struct buf *data)
{
	const char *bar = strstr(text, " | ");

	data->n = 0;
	if (bar == NULL)
		return text + strlen(text);
	put_data(data, bar + 3);
	return bar;
}

static void
flush(struct talk *t)
{
	if (t->sending == NULL)
		return;
	harness_send(&t->stage, t->sending, buf_span(&t->held));
	harness_turn(&t->stage);
	t->held.n = 0;
	t->sending = NULL;
}

static void
send_bytes(struct talk *t, struct actor *a, struct span bytes)
{
	if (a->session == NULL && !a->ended)
		harness_connect(&t->stage, a);
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
step_send(struct talk *t, struct actor *a, const char *text)
{
	struct buf frame = { NULL, 0, 0 }, data = { NULL, 0, 0 };
	const char *end = split_line(text, &data);
	char digits[8];

	if (*text == '"') {
		put_raw(&frame, text + 1);
	} else {
		buf_add(&frame, SPAN("0000"));
		put_header(t, &frame, text, end);
		(void)snprintf(digits, sizeof(digits), "%04zx", frame.n - 4);
		memcpy(frame.p, digits, 4);
		buf_add(&frame, buf_span(&data));
	}
	if (!t->failed)
		send_bytes(t, a, buf_span(&frame));
	buf_free(&frame);
	buf_free(&data);
}

/* ---- what clients get ---- */

static void
remember(struct talk *t, const struct actor *a, const struct harness_frame *f)
{
	size_t who = (size_t)(a - t->stage.actors);

	if (f->id.n != ID_TEXT || f->from.p == NULL)
		return;
	if (t->unacked_count[who] == MESSAGES_MAX)
		die("%s: too many messages", t->script->path);
	memcpy(t->unacked[who][t->unacked_count[who]++], f->id.p, ID_TEXT);
}

static void
step_get(struct talk *t, struct actor *a, const char *text)
{
	struct buf data = { NULL, 0, 0 };
	const char *end = split_line(text, &data);
	struct span wanted = { text, (size_t)(end - text) };
	struct harness_frame f;

	flush(t);
	if (!harness_frame(a, &f))
		fail(t, "no frame has come: ", buf_span(&a->got));
	else if (!pattern_match(&t->names, wanted, f.header))
		fail(t, "got ", f.header);
	else if (!span_is(buf_span(&data), f.data))
		fail(t, "other data: ", f.data);
	else if (!harness_is_sum_right(&f))
		fail(t, "wrong headsum: ", f.header);
	else if (t->way != WAY_SPLIT && f.bytes <= HARNESS_ROOM &&
	    f.from.p != NULL && !f.in_one_record)
		fail(t, "a message was split: ", f.header);
	if (!t->failed) {
		CHECK(true, " ");
		remember(t, a, &f);
		harness_drop(a, f.bytes);
	}
	buf_free(&data);
}

/* ---- the other steps ---- */

static void run_lines(struct talk *, const char *format, const char *a,
    const char *b);

static void
step_acks(struct talk *t, struct actor *a)
{
	size_t i, who = (size_t)(a - t->stage.actors);
	char text[128];

	for (i = 0; i < t->unacked_count[who]; i++) {
		(void)snprintf(text, sizeof(text),
		    "{\"op\":Ack,\"id\":\"%.16s\",\"type\":\"ok\"}",
		    t->unacked[who][i]);
		step_send(t, a, text);
	}
	t->unacked_count[who] = 0;
	flush(t);
}

static void
step_event(struct talk *t, struct actor *a, const char *what)
{
	size_t who = (size_t)(a - t->stage.actors);

	flush(t);
	if (strcmp(what, "acks") == 0) {
		step_acks(t, a);
		return;
	}
	if (a->got.n > 0)
		fail(t, "there is more: ", buf_span(&a->got));
	if (strcmp(what, "silent") == 0) {
		if (a->ended)
			fail(t, "it has ended", SPAN(""));
		return;
	}
	if (strcmp(what, "ended") == 0 && !a->ended)
		fail(t, "it has not ended", SPAN(""));
	else if (strcmp(what, "ended") != 0 && strcmp(what, "lost") != 0)
		fail(t, "not a step", SPAN(""));
	harness_lose(&t->stage, a);
	harness_turn(&t->stage);
	a->ended = false;
	t->unacked_count[who] = 0;
	CHECK(true, " ");
}

static void
step_restart(struct talk *t, const char *text)
{
	size_t i;

	flush(t);
	for (i = 0; i < HARNESS_ACTORS; i++) {
		if (t->stage.actors[i].got.n > 0)
			fail(t, "a client has frames left: ",
			    buf_span(&t->stage.actors[i].got));
		t->stage.actors[i].ended = false;
		t->unacked_count[i] = 0;
	}
	if (strcmp(text, "crash") == 0)
		harness_crash(&t->stage);
	else
		harness_stop(&t->stage);
	harness_start(&t->stage);
}

static void
step_member(struct talk *t, const char *text)
{
	char name[HARNESS_NAME], alias[64];

	if (sscanf(text, "member %7s %63s", name, alias) != 2)
		die("%s: %s", t->script->path, text);
	run_lines(t, "A> {\"id\":\"1\",\"op\":TmtpRev}\n"
	    "A< {\"id\":\"1\",\"name\":\"test\",\"op\":\"tmtprev\"}\n"
	    "A> {\"newalias\":\"B\",\"newnode\":\"x\",\"op\":Register}\n"
	    "A< {\"nodeid\":\"$node-A\",\"noderef\":\"1\","
	    "\"op\":\"registered\",\"uid\":\"$uid-A\"}\n"
	    "A< {\"info\":\"login ok\",\"op\":\"info\"}\n", name, alias);
}

static void
step_device(struct talk *t, const char *text)
{
	char name[HARNESS_NAME], of[HARNESS_NAME], uid[32];
	const char *value;

	if (sscanf(text, "device %7s of %7s", name, of) != 2)
		die("%s: %s", t->script->path, text);
	(void)snprintf(uid, sizeof(uid), "uid-%s", of);
	value = pattern_value(&t->names, span_of(uid));
	if (value == NULL)
		die("%s: %s", t->script->path, text);
	(void)snprintf(uid, sizeof(uid), "uid-%s", name);
	pattern_set(&t->names, span_of(uid), span_of(value));
	run_lines(t, "B! acks\n"
	    "B> {\"id\":\"0\",\"newnode\":\"A\",\"op\":UserEdit}\n"
	    "B< {\"id\":\"0\",\"msgid\":\"$id-new-A\",\"op\":\"ack\","
	    "\"posted\":\"$date\"}\n"
	    "B< {\"datalen\":0,\"from\":\"$uid-B\",\"headsum\":$sum,"
	    "\"id\":\"$id-new-A\",\"newnode\":\"A\",\"nodeid\":\"$node-A\","
	    "\"noderef\":\"$sum-ref-A\",\"op\":\"user\","
	    "\"posted\":\"$date\"}\n"
	    "A> {\"id\":\"1\",\"op\":TmtpRev}\n"
	    "A> {\"node\":\"$node-A\",\"op\":Login,\"uid\":\"$uid-A\"}\n"
	    "A< {\"id\":\"1\",\"name\":\"test\",\"op\":\"tmtprev\"}\n"
	    "A< {\"info\":\"login ok\",\"op\":\"info\"}\n"
	    "A< {\"datalen\":0,\"from\":\"$uid-B\",\"headsum\":$sum,"
	    "\"id\":\"$id-new-A\",\"newnode\":\"A\",\"nodeid\":\"$node-A\","
	    "\"noderef\":\"$sum-ref-A\",\"op\":\"user\","
	    "\"posted\":\"$date\"}\n"
	    "A< {\"datalen\":0,\"from\":\"$uid-B\",\"headsum\":$sum,"
	    "\"id\":\"$id-login-A\",\"node\":\"$sum-ref-A\","
	    "\"op\":\"login\",\"posted\":\"$date\"}\n"
	    "B< {\"datalen\":0,\"from\":\"$uid-B\",\"headsum\":$sum,"
	    "\"id\":\"$id-login-A\",\"node\":\"$sum-ref-A\","
	    "\"op\":\"login\",\"posted\":\"$date\"}\n"
	    "A! acks\n"
	    "B! acks\n", name, of);
}

static void
step_set(struct talk *t, const char *text)
{
	struct conf *conf = &t->stage.conf;
	char key[32];
	unsigned value;

	if (sscanf(text, "set %31s %u", key, &value) != 2)
		die("%s: %s", t->script->path, text);
	if (strcmp(key, "window") == 0)
		conf->window = value;
	else if (strcmp(key, "alias_min") == 0)
		conf->alias_min = value;
	else if (strcmp(key, "message_max") == 0)
		conf->message_max = value;
	else if (strcmp(key, "queue_max") == 0)
		conf->queue_max = value;
	else if (strcmp(key, "queue_messages_max") == 0)
		conf->queue_messages_max = value;
	else if (strcmp(key, "groups_max") == 0)
		conf->groups_max = value;
	else
		die("%s: %s", t->script->path, text);
}

static void
step_disk(struct talk *t, const char *text)
{
	flush(t);
	if (strcmp(text, "full") == 0)
		harness_fill_disk(&t->stage);
	else if (strcmp(text, "free") == 0)
		harness_free_disk(&t->stage);
	else
		fail(t, "not a step", SPAN(""));
}

static void
step_client(struct talk *t, const char *text)
{
	char name[HARNESS_NAME];
	size_t n = 1 + (size_t)(isdigit((unsigned char)text[1]) != 0);
	struct actor *a;

	memcpy(name, text, n);
	name[n] = '\0';
	a = harness_actor(&t->stage, name);
	if (text[n] == '\0' || text[n + 1] != ' ')
		fail(t, "not a step", SPAN(""));
	else if (text[n] == '>')
		step_send(t, a, text + n + 2);
	else if (text[n] == '<')
		step_get(t, a, text + n + 2);
	else if (text[n] == '!')
		step_event(t, a, text + n + 2);
	else
		fail(t, "not a step", SPAN(""));
}

static void
step_pass(struct talk *t, const char *text)
{
	char *end;
	unsigned long n = strtoul(text + 1, &end, 10);

	flush(t);
	if (strcmp(end, "s") == 0)
		harness_pass(&t->stage, n * 1000);
	else if (strcmp(end, "ms") == 0)
		harness_pass(&t->stage, n);
	else
		fail(t, "not a step", SPAN(""));
}

static void
step(struct talk *t, const char *text)
{
	if (text[0] == '+')
		step_pass(t, text);
	else if (strcmp(text, "restart") == 0 || strcmp(text, "crash") == 0)
		step_restart(t, text);
	else if (strncmp(text, "disk ", 5) == 0)
		step_disk(t, text + 5);
	else if (strncmp(text, "member ", 7) == 0)
		step_member(t, text);
	else if (strncmp(text, "device ", 7) == 0)
		step_device(t, text);
	else if (strncmp(text, "set ", 4) == 0)
		step_set(t, text);
	else if (strncmp(text, "ops ", 4) != 0)
		step_client(t, text);
}

/* Run lines in which A and B stand for other names; not in words. */
static void
run_lines(struct talk *t, const char *format, const char *a, const char *b)
{
	struct buf text = { NULL, 0, 0 };
	const char *p, *end;
	bool alone;

	for (p = format; *p != '\0' && !t->failed; p = end + 1) {
		end = strchr(p, '\n');
		text.n = 0;
		for (; p < end; p++) {
			alone = !isalpha((unsigned char)p[1]) && (text.n == 0 ||
			    !isalpha((unsigned char)p[-1]));
			if (*p == 'A' && alone)
				buf_add(&text, span_of(a));
			else if (*p == 'B' && alone)
				buf_add(&text, span_of(b));
			else
				buf_add_byte(&text, *p);
		}
		buf_add_byte(&text, '\0');
		step(t, text.p);
	}
	buf_free(&text);
}

/* ---- runs ---- */

static void
end_run(struct talk *t)
{
	size_t i;

	flush(t);
	for (i = 0; i < HARNESS_ACTORS && !t->failed; i++) {
		if (t->stage.actors[i].got.n > 0)
			fail(t, "at the end a client has frames left: ",
			    buf_span(&t->stage.actors[i].got));
		if (t->stage.actors[i].ended)
			fail(t, "at the end one has ended without a line "
			    "that says so", SPAN(""));
	}
}

static void
run(const struct script *s, enum conf_ops ops, enum way way)
{
	struct talk *t = xzalloc(sizeof(*t));
	size_t i;

	t->script = s;
	t->way = way;
	t->ops = ops;
	harness_open(&t->stage);
	t->stage.conf.ops = ops;
	if (way == WAY_SPLIT) {
		t->stage.piece = 1;
		t->stage.room = 5;
	}
	harness_start(&t->stage);
	for (i = 0; i < s->count && !t->failed; i++) {
		t->line = &s->lines[i];
		step(t, t->line->text);
	}
	end_run(t);
	harness_close(&t->stage);
	buf_free(&t->held);
	free(t);
}

/* Whether the script is for that numbering; without a line, for both. */
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

static void
run_file(const char *path)
{
	struct script *all = script_read(path), *s;
	int ops, way;

	for (s = all; s != NULL; s = s->next) {
		for (ops = CONF_OPS_AUTO; ops <= CONF_OPS_2020; ops++) {
			for (way = 0; way < WAYS && is_for(s,
			    (enum conf_ops)ops); way++)
				run(s, (enum conf_ops)ops, (enum way)way);
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
		die("test/talk/*.t: nothing there");
	if (access("PROTOCOL.md", R_OK) == 0)
		run_file("PROTOCOL.md");
	for (i = 0; i < found.gl_pathc; i++)
		run_file(found.gl_pathv[i]);
	globfree(&found);
	return check_report("talk");
}
