#include "sim/talk.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"

/* In these ' stands for ", and A and B for other names. */
static const struct shorthand {
	const char *form;	/* scanf's: A, and B */
	const char *lines;
} shorthands[] = {
	{ "%7[A-Z0-9]= %63s",
	    "A< {'id':'B','msgid':'$id','op':'ack','posted':'$date'}\n" },
	{ "%7[A-Z0-9]/ %63s",
	    "A< {'error':'$error','id':'B','msgid':'','op':'ack',"
	    "'posted':''}\n" },
	{ "member %7s %63[^\n]",
	    "A> {'id':'1','op':TmtpRev}\n"
	    "A< {'id':'1','name':'test','op':'tmtprev'}\n"
	    "A> {'newalias':'B','newnode':'x','op':Register}\n"
	    "A< {'nodeid':'$node-A','noderef':'1','op':'registered',"
	    "'uid':'$uid-A'}\n"
	    "A< {'info':'login ok','op':'info'}\n" }
};

#define NEW_NODE(id, nodeid) "{'datalen':0,'from':'$uid-B','headsum':$sum," \
    "'id':'$id-" id "-A','newnode':'A'," nodeid \
    "'noderef':'$sum-ref-A','op':'user','posted':'$date'}\n"
#define LOGIN "{'datalen':0,'from':'$uid-B','headsum':$sum," \
    "'id':'$id-login-A','label':'A','node':'$sum-ref-A','op':'login'," \
    "'posted':'$date'}\n"

static const char device_lines[] =
    "B! acks\n"
    "B> {'id':'0','newnode':'A','op':UserEdit}\n"
    "B< {'id':'0','msgid':'$id-new-A','op':'ack','posted':'$date'}\n"
    "B< " NEW_NODE("new", "'nodeid':'$node-A',")
    "A> {'id':'1','op':TmtpRev}\n"
    "A> {'node':'$node-A','op':Login,'uid':'$uid-A'}\n"
    "A< {'id':'1','name':'test','op':'tmtprev'}\n"
    "A< {'info':'login ok','op':'info'}\n"
    "A< " NEW_NODE("news", "")
    "A< " LOGIN
    "B< " LOGIN
    "A! acks\n"
    "B! acks\n";

/* By their numbers; the first numbering, of 2018, skips PostNotify. */
#define POST_NOTIFY 8
static const char *const op_names[] = {
	"TmtpRev", "Register", "Login", "UserEdit", "OhiEdit", "GroupInvite",
	"GroupEdit", "Post", [POST_NOTIFY] = "PostNotify", "Ping", "Ack",
	"Pulse", "Quit"
};

/* ---- names ---- */

/* How many bytes of text are a name: letters, digits and -. */
static size_t
name_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '-')
		n++;
	return n;
}

const char *
talk_value(const struct talk *t, struct span name)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (span_is(name, span_of(t->names[i].name)))
			return t->names[i].value;
	}
	return NULL;
}

bool
talk_set(struct talk *t, struct span name, struct span value)
{
	struct talk_name *n = t->names;

	while (n < t->names + t->count && !span_is(name, span_of(n->name)))
		n++;
	if (n == t->names + TALK_NAMES || name.n >= sizeof(n->name) ||
	    value.n >= sizeof(n->value))
		return false;
	if (n == t->names + t->count)
		t->count++;
	memcpy(n->name, name.p, name.n);
	n->name[name.n] = '\0';
	memcpy(n->value, value.p, value.n);
	n->value[value.n] = '\0';
	return true;
}

/* What has the form of a kind: so many of these bytes; 0 is any number. */
static const struct talk_form {
	const char *kind, *bytes;
	size_t count;
} forms[] = {
	{ "uid", "%+123456789BCDFGHJKLMNPQRSTVWXYZ", UID_TEXT },
	{ "node", "%+123456789BCDFGHJKLMNPQRSTVWXYZ", NODEID_TEXT },
	{ "id", "0123456789abcdef", ID_TEXT },
	{ "sum", "0123456789", 0 }
};

static size_t
date_length(struct span text)
{
	static const char form[] = "0000-00-00T00:00:00.000Z";
	size_t i;

	for (i = 0; i < CLOCK_TEXT; i++) {
		if (i == text.n || (form[i] == '0' ?
		    !isdigit((unsigned char)text.p[i]) : text.p[i] != form[i]))
			return 0;
	}
	return CLOCK_TEXT;
}

static size_t
error_length(struct span text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '"')
		n += text.p[n] == '\\' && n + 1 < text.n ? 2 : 1;
	return n < 16 ? 0 : n;
}

/* How many bytes text begins with that have the form of a kind, or 0. */
static size_t
form_length(struct span kind, struct span text)
{
	const struct talk_form *form = forms, *end = forms +
	    sizeof(forms) / sizeof(forms[0]);
	size_t n = 0;

	while (form < end && !span_is(kind, span_of(form->kind)))
		form++;
	if (form < end) {
		while (n < text.n && text.p[n] != '\0' &&
		    (form->count == 0 || n < form->count) &&
		    strchr(form->bytes, text.p[n]) != NULL)
			n++;
		return n < form->count ? 0 : n;
	}
	if (span_is(kind, SPAN("date")))
		return date_length(text);
	if (span_is(kind, SPAN("error")))
		return error_length(text);
	return 0;
}

/* How many bytes text begins with that the name stands for, or 0. */
static size_t
match_name(struct talk *t, struct span name, struct span text)
{
	const char *dash = memchr(name.p, '-', name.n), *value;
	struct span kind = name;
	size_t n;

	if (dash != NULL)
		kind.n = (size_t)(dash - name.p);
	n = form_length(kind, text);
	if (n == 0 || dash == NULL)
		return n;
	text.n = n;
	value = talk_value(t, name);
	if (value == NULL)
		return talk_set(t, name, text) ? n : 0;
	return span_is(span_of(value), text) ? n : 0;
}

/* Whether text is what the pattern says.  New names get their values. */
static bool
match(struct talk *t, struct span pattern, struct span text)
{
	struct span name, rest;
	size_t i = 0, j = 0, n;

	while (i < pattern.n) {
		if (pattern.p[i] != '$') {
			if (j == text.n || pattern.p[i++] != text.p[j++])
				return false;
			continue;
		}
		name.p = pattern.p + i + 1;
		name.n = name_length(name.p);
		rest = (struct span){ text.p + j, text.n - j };
		n = match_name(t, name, rest);
		if (n == 0)
			return false;
		i += 1 + name.n;
		j += n;
	}
	return j == text.n;
}

/* ---- lines ---- */

bool
talk_read(struct talk_step *step, const char *line)
{
	size_t n = 1;

	if (!isupper((unsigned char)line[0]))
		return false;
	n += isdigit((unsigned char)line[1]) != 0;
	if (line[n] == '\0' || strchr("><!", line[n]) == NULL ||
	    line[n + 1] != ' ')
		return false;
	memcpy(step->name, line, n);
	step->name[n] = '\0';
	step->kind = line[n];
	step->text = line + n + 2;
	return true;
}

/*
 * Append the number of the op whose name p begins with.  Returns the name's
 * bytes, 0 if it is not a name, or -1 if this numbering does not have it.
 */
static int
put_op(const struct talk *t, struct buf *b, const char *p)
{
	size_t n = name_length(p), i;
	bool skips = t->numbering == TALK_2018;

	for (i = 0; i < sizeof(op_names) / sizeof(op_names[0]); i++) {
		if (!span_is((struct span){ p, n }, span_of(op_names[i])))
			continue;
		if (skips && i == POST_NOTIFY)
			return -1;
		buf_addf(b, "%zu", i - (skips && i > POST_NOTIFY));
		return (int)n;
	}
	return 0;
}

/* Append the header with all that stands for something put in its place. */
static const char *
put_header(const struct talk *t, struct buf *b, const char *p,
    const char *end)
{
	const char *value;
	size_t n;
	int op;

	while (p < end) {
		if (*p == '$') {
			n = name_length(p + 1);
			value = talk_value(t,
			    (struct span){ p + 1, n });
			if (value == NULL)
				return "a name without a value";
			buf_add(b, span_of(value));
			p += 1 + n;
			continue;
		}
		buf_add_byte(b, *p++);
		if (b->n < 5 || memcmp(b->p + b->n - 5, "\"op\":", 5) != 0)
			continue;
		op = put_op(t, b, p);
		if (op == -1)
			return "not in this numbering";
		p += op;
	}
	return NULL;
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

const char *
talk_frame(const struct talk *t, struct buf *frame, const char *text)
{
	struct buf header = { NULL, 0, 0 }, data = { NULL, 0, 0 };
	const char *why;

	why = put_header(t, &header, text, split_line(text, &data));
	if (why == NULL)
		wire_frame(frame, buf_span(&header), buf_span(&data));
	buf_free(&header);
	buf_free(&data);
	return why;
}

void
talk_ack(const struct talk *t, struct buf *frame, struct span id)
{
	char text[100];

	(void)snprintf(text, sizeof(text),
	    "{\"op\":Ack,\"id\":\"%.*s\",\"type\":\"ok\"}", (int)id.n, id.p);
	(void)talk_frame(t, frame, text);	/* both numberings have it */
}

const char *
talk_compare(struct talk *t, const char *text, const struct reply *r)
{
	struct buf data = { NULL, 0, 0 };
	const char *end = split_line(text, &data), *why = NULL;
	struct span wanted = { text, (size_t)(end - text) };

	if (!match(t, wanted, r->header))
		why = "another header";
	else if (!span_is(buf_span(&data), r->data))
		why = "wrong data";
	else if (!wire_is_intact(r))
		why = "wrong headsum";
	buf_free(&data);
	return why;
}

static void
put_lines(struct buf *lines, const char *p, const char *a, const char *b)
{
	char before = '\n';
	bool alone;

	for (; *p != '\0'; before = *p++) {
		alone = !isalpha((unsigned char)p[1]) &&
		    !isalpha((unsigned char)before);
		if (*p == 'A' && alone)
			buf_add(lines, span_of(a));
		else if (*p == 'B' && alone)
			buf_add(lines, span_of(b));
		else
			buf_add_byte(lines, *p == '\'' ? '"' : *p);
	}
}

bool
talk_expand(struct talk *t, struct buf *lines, const char *line)
{
	char name[TALK_NAME], of[TALK_NAME], alias[64], uid[32];
	const char *value, *p;
	size_t i;

	for (p = line; isupper((unsigned char)p[0]) &&
	    isupper((unsigned char)p[1]); p++)
		;
	if (p > line) {
		for (value = line; value <= p; value++)
			buf_addf(lines, "%c%s\n", *value, p + 1);
		return true;
	}
	for (i = 0; i < sizeof(shorthands) / sizeof(shorthands[0]); i++) {
		if (sscanf(line, shorthands[i].form, name, alias) != 2)
			continue;
		put_lines(lines, shorthands[i].lines, name, alias);
		return true;
	}
	if (sscanf(line, "device %7s of %7s", name, of) != 2)
		return false;
	(void)snprintf(uid, sizeof(uid), "uid-%s", of);
	value = talk_value(t, span_of(uid));
	(void)snprintf(uid, sizeof(uid), "uid-%s", name);
	if (value == NULL ||
	    !talk_set(t, span_of(uid), span_of(value)))
		return false;
	put_lines(lines, device_lines, name, of);
	return true;
}
