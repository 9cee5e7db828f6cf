#include "mail/field.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "mail/charset.h"
#include "mail/transfer.h"

/* More of a value is cut off: some work grows with the square of this. */
#define VALUE_MAX  0x40000
#define WORD_MAX   4096		/* an encoded word; RFC 2047 allows 75 */
#define PIECES_MAX 100		/* of one parameter, by RFC 2231 */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Space, or a control character. */
static bool
is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == '\177';
}

static bool
equal(struct span a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

static struct span
rest_of(struct span text, size_t i)
{
	/* Nothing may have no address to count from. */
	return i == 0 ? text : (struct span){ text.p + i, text.n - i };
}

static struct span
trim(struct span text)
{
	while (text.n > 0 && is_blank(text.p[0]))
		text = rest_of(text, 1);
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

/* Append it unfolded, with a space for a run of control characters. */
static void
add_clean(struct buf *to, struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (!is_blank(text.p[i]) || text.p[i] == ' ')
			buf_add_byte(to, text.p[i]);
		else if (i + 1 == text.n || !is_blank(text.p[i + 1]))
			buf_add_byte(to, ' ');
	}
}

/* ---- the lines of a head ---- */

/* The line at the front, with its newline. */
static struct span
first_line(struct span text)
{
	const char *end = text.n > 0 ? memchr(text.p, '\n', text.n) : NULL;

	if (end != NULL)
		text.n = (size_t)(end - text.p) + 1;
	return text;
}

static bool
is_empty(struct span line)
{
	return line.n == 0 || line.p[0] == '\n' ||
	    (line.p[0] == '\r' && (line.n == 1 || line.p[1] == '\n'));
}

/* The bytes of its name; 0 if the line is no field. */
static size_t
name_length(struct span line)
{
	size_t n = 0, end;

	while (n < line.n && line.p[n] > ' ' && line.p[n] <= '~' &&
	    line.p[n] != ':')
		n++;
	end = n;
	while (end < line.n && (line.p[end] == ' ' || line.p[end] == '\t'))
		end++;
	return end < line.n && line.p[end] == ':' ? n : 0;
}

struct span
field_take_head(struct span *rest)
{
	struct span head = *rest, line;

	line = first_line(*rest);
	if (line.n > 5 && memcmp(line.p, "From ", 5) == 0)
		*rest = rest_of(*rest, line.n);
	head.p = rest->p;
	while (rest->n > 0) {
		line = first_line(*rest);
		if (is_empty(line) || (name_length(line) == 0 &&
		    (rest->p == head.p || !is_space(line.p[0]))))
			break;
		*rest = rest_of(*rest, line.n);
	}
	head.n = (size_t)(rest->p - head.p);
	line = first_line(*rest);
	if (is_empty(line))
		*rest = rest_of(*rest, line.n);
	return head;
}

/* Take the next field off the head: its name and raw value. */
static bool
next_field(struct span *head, struct span *name, struct span *raw)
{
	struct span line = first_line(*head);
	size_t n = line.n;

	if (line.n == 0)
		return false;
	*name = (struct span){ line.p, name_length(line) };
	while (n < head->n && (head->p[n] == ' ' || head->p[n] == '\t'))
		n += first_line(rest_of(*head, n)).n;
	*raw = (struct span){ line.p + name->n, n - name->n };
	while (raw->n > 0 && raw->p[0] != ':')
		*raw = rest_of(*raw, 1);
	if (raw->n > 0)
		*raw = trim(rest_of(*raw, 1));
	if (raw->n > VALUE_MAX)
		raw->n = VALUE_MAX;
	*head = rest_of(*head, n);
	return true;
}

struct span
field_next(struct span *head, const char *name)
{
	struct span its, raw;

	while (next_field(head, &its, &raw)) {
		if (equal(its, name))
			return raw;
	}
	return (struct span){ NULL, 0 };
}

struct span
field_find(struct span head, const char *name)
{
	return field_next(&head, name);
}

size_t
field_count(struct span head, const char *name)
{
	struct span its, raw;
	size_t n = 0;

	while (next_field(&head, &its, &raw))
		n += equal(its, name);
	return n;
}

/* ---- encoded words ---- */

/* "=?charset?encoding?text?=" */
struct encoded_word {
	struct span charset, text;
	char encoding;		/* 'b' or 'q' */
	size_t n;		/* bytes of it all */
};

/* Whether this is what stands at i. */
static bool
begins(struct span text, size_t i, const char *what)
{
	size_t n = strlen(what);

	return i + n <= text.n && memcmp(text.p + i, what, n) == 0;
}

/* The bytes before the next '?'; p NULL if there is none, or a space. */
static struct span
before_mark(struct span text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '?' && !is_space(text.p[n]))
		n++;
	if (n == text.n || text.p[n] != '?')
		return (struct span){ NULL, 0 };
	return (struct span){ text.p, n };
}

static bool
read_encoded(struct encoded_word *e, struct span text)
{
	struct span rest = text, encoding;
	const char *language;

	if (text.n < 2 || text.p[0] != '=' || text.p[1] != '?')
		return false;
	e->charset = before_mark(rest_of(rest, 2));
	if (e->charset.n == 0)
		return false;
	rest = rest_of(rest, 2 + e->charset.n + 1);
	encoding = before_mark(rest);
	if (encoding.n != 1 || strchr("bBqQ", encoding.p[0]) == NULL)
		return false;
	e->encoding = (char)(encoding.p[0] | 0x20);
	rest = rest_of(rest, 2);
	if (rest.n > WORD_MAX)
		rest.n = WORD_MAX;
	/* Some leave spaces as they are; but another word must not begin. */
	e->text = (struct span){ rest.p, 0 };
	while (e->text.n + 1 < rest.n && !begins(rest, e->text.n, "?=") &&
	    (!begins(rest, e->text.n, "=?") ||
	    begins(rest, e->text.n, "=?=")))
		e->text.n++;
	if (!begins(rest, e->text.n, "?="))
		return false;
	e->n = (size_t)(rest.p - text.p) + e->text.n + 2;
	language = memchr(e->charset.p, '*', e->charset.n);
	if (language != NULL)
		e->charset.n = (size_t)(language - e->charset.p);
	return true;
}

static size_t
count_spaces(struct span text)
{
	size_t n = 0;

	while (n < text.n && is_space(text.p[n]))
		n++;
	return n;
}

/*
 * Append the encoded words at the front, one after the other; some cut a
 * character in two.  Returns how many bytes they take, 0 if there is none.
 */
static size_t
add_encoded(struct buf *to, struct span text)
{
	struct buf bytes = { NULL, 0, 0 };
	struct encoded_word e, first;
	size_t at = 0, end = 0;

	if (!read_encoded(&e, text))
		return 0;
	first = e;
	while (e.charset.n == first.charset.n && strncasecmp(e.charset.p,
	    first.charset.p, first.charset.n) == 0) {
		if (e.encoding == 'b')
			transfer_read_base64(&bytes, e.text);
		else
			transfer_read_word(&bytes, e.text);
		end = at + e.n;
		at = end + count_spaces(rest_of(text, end));
		if (!read_encoded(&e, rest_of(text, at)))
			break;
	}
	(void)charset_add(to, first.charset, buf_span(&bytes));
	buf_free(&bytes);
	return end;
}

void
field_text(struct buf *to, struct span raw)
{
	struct buf text = { NULL, 0, 0 };
	struct span plain;
	struct encoded_word e;
	size_t i = 0, n, space;

	raw = trim(raw);
	while (i < raw.n) {
		n = add_encoded(&text, rest_of(raw, i));
		space = count_spaces(rest_of(raw, i + n));
		/* Space between two encoded words does not count. */
		if (n > 0 && read_encoded(&e, rest_of(raw, i + n + space)))
			n += space;
		i += n;
		if (n > 0)
			continue;
		plain = (struct span){ raw.p + i, 1 };
		while (i + plain.n < raw.n && raw.p[i + plain.n] != '=')
			plain.n++;
		(void)charset_add(&text, SPAN(""), plain);
		i += plain.n;
	}
	add_clean(to, buf_span(&text));
	buf_free(&text);
}

/* ---- structured values ---- */

/* The bytes of the comment at the front, with others in it. */
static size_t
comment_length(struct span text)
{
	size_t i, depth = 0;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == '(')
			depth++;
		else if (text.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return text.n;
}

/* Append the quoted string at the front without quotes; returns its bytes. */
static size_t
add_quoted(struct buf *to, struct span text)
{
	size_t i;

	for (i = 1; i < text.n && text.p[i] != '"'; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n)
			i++;
		if (text.p[i] != '\r' && text.p[i] != '\n')
			buf_add_byte(to, text.p[i]);
	}
	return i < text.n ? i + 1 : text.n;
}

static size_t
quoted_length(struct span text)
{
	struct buf unused = { NULL, 0, 0 };
	size_t n = add_quoted(&unused, text);

	buf_free(&unused);
	return n;
}

void
field_word(struct buf *to, struct span raw)
{
	size_t i = 0;
	char c;

	while (i < raw.n && (is_space(raw.p[i]) || raw.p[i] == '('))
		i += raw.p[i] == '(' ? comment_length(rest_of(raw, i)) : 1;
	for (; i < raw.n && strchr(";(\", ", raw.p[i]) == NULL &&
	    !is_blank(raw.p[i]); i++) {
		c = raw.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		buf_add_byte(to, c >= '!' && c <= '~' ? c : '?');
	}
}

/*
 * Take the next parameter off a value: its name, as it stands there, and its
 * value.
 */
static bool
next_parameter(struct span *raw, struct span *name, struct buf *value)
{
	size_t i = 0;

	while (i < raw->n && raw->p[i] != ';') {
		if (raw->p[i] == '(')
			i += comment_length(rest_of(*raw, i));
		else if (raw->p[i] == '"')
			i += add_quoted(value, rest_of(*raw, i));
		else
			i++;
	}
	value->n = 0;
	if (i >= raw->n)
		return false;
	i++;
	while (i < raw->n && (is_blank(raw->p[i]) || raw->p[i] == '('))
		i += raw->p[i] == '(' ? comment_length(rest_of(*raw, i)) : 1;
	*name = (struct span){ raw->p + i, 0 };
	while (i + name->n < raw->n && raw->p[i + name->n] != '=' &&
	    raw->p[i + name->n] != ';')
		name->n++;
	i += name->n;
	*name = trim(*name);
	if (i < raw->n && raw->p[i] == '=') {
		i++;
		i += count_spaces(rest_of(*raw, i));
	}
	if (i < raw->n && raw->p[i] == '"')
		i += add_quoted(value, rest_of(*raw, i));
	else
		while (i < raw->n && raw->p[i] != ';' && raw->p[i] != '(')
			buf_add_byte(value, raw->p[i++]);
	*raw = rest_of(*raw, i);
	return true;
}

static void
trim_end(struct buf *text)
{
	while (text->n > 0 && is_space(text->p[text->n - 1]))
		text->n--;
}

/* "name", "name*", "name*3" or "name*3*": which of its pieces is this? */
static bool
read_piece(struct span given, const char *name, size_t *number, bool *coded)
{
	size_t n = strlen(name), i;

	*number = 0;
	*coded = false;
	if (given.n < n || strncasecmp(given.p, name, n) != 0)
		return false;
	if (given.n == n)
		return true;
	if (given.p[n] != '*')
		return false;
	for (i = n + 1; i < given.n && given.p[i] >= '0' && given.p[i] <= '9' &&
	    *number < PIECES_MAX; i++)
		*number = *number * 10 + (size_t)(given.p[i] - '0');
	*coded = i == n + 1 || (i < given.n && given.p[i] == '*');
	return *number < PIECES_MAX && (i == given.n || i + 1 == given.n);
}

/* "%20" and the like. */
static void
add_percent(struct buf *to, struct span text)
{
	struct buf escaped = { NULL, 0, 0 };
	size_t i;

	/* '=' is what the other encoding has instead. */
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '=')
			buf_add(&escaped, SPAN("=3D"));
		else if (text.p[i] == '_')
			buf_add(&escaped, SPAN("=5F"));
		else
			buf_add_byte(&escaped, text.p[i] == '%' ? '=' :
			    text.p[i]);
	}
	transfer_read_word(to, buf_span(&escaped));
	buf_free(&escaped);
}

/* Take "charset'language'" off the front of the first piece. */
static struct span
take_charset(struct span *text)
{
	struct span charset = { text->p, 0 };
	const char *end, *second;

	end = text->n > 0 ? memchr(text->p, '\'', text->n) : NULL;
	if (end == NULL)
		return charset;
	second = memchr(end + 1, '\'', text->n - (size_t)(end + 1 - text->p));
	if (second == NULL)
		return charset;
	charset.n = (size_t)(end - text->p);
	*text = rest_of(*text, (size_t)(second + 1 - text->p));
	return charset;
}

/* The piece with this number, of those of an extended parameter. */
static bool
find_piece(struct span raw, const char *name, size_t number, bool *coded,
    struct buf *value)
{
	struct span given;
	size_t n;

	while (next_parameter(&raw, &given, value)) {
		trim_end(value);
		if (memchr(given.p, '*', given.n) != NULL &&
		    read_piece(given, name, &n, coded) && n == number)
			return true;
	}
	return false;
}

static bool
add_extended(struct buf *to, struct span raw, const char *name)
{
	struct buf value = { NULL, 0, 0 }, whole = { NULL, 0, 0 };
	char charset_room[32] = "";
	struct span text, charset;
	size_t number = 0;
	bool coded;

	while (number < PIECES_MAX &&
	    find_piece(raw, name, number, &coded, &value)) {
		text = buf_span(&value);
		if (number == 0 && coded) {
			charset = take_charset(&text);
			if (charset.n > 0 && charset.n < sizeof(charset_room))
				memcpy(charset_room, charset.p, charset.n);
		}
		if (coded)
			add_percent(&whole, text);
		else
			buf_add(&whole, text);
		number++;
	}
	(void)charset_add(to, span_of(charset_room), buf_span(&whole));
	buf_free(&value);
	buf_free(&whole);
	return number > 0;
}

static bool
add_simple(struct buf *to, struct span raw, const char *name)
{
	struct buf value = { NULL, 0, 0 };
	struct span given;
	bool found = false;

	while (!found && next_parameter(&raw, &given, &value)) {
		trim_end(&value);
		found = equal(given, name);
	}
	/* Encoded words have no place here, but are often found. */
	if (found)
		field_text(to, buf_span(&value));
	buf_free(&value);
	return found;
}

bool
field_parameter(struct buf *to, struct span raw, const char *name)
{
	struct buf text = { NULL, 0, 0 };
	bool found = add_extended(&text, raw, name);

	if (!found)
		found = add_simple(&text, raw, name);
	add_clean(to, trim(buf_span(&text)));
	buf_free(&text);
	return found;
}

/* ---- addresses ---- */

/* An address that is being read. */
struct mailbox {
	struct buf words;	/* before '<', or all there is */
	struct buf bare;	/* the same as an address */
	struct buf inside;	/* between '<' and '>' */
	struct buf comment;
	bool angle, closed;
};

/* A quoted string of an address keeps its quotes if it must. */
static void
add_local(struct buf *to, struct span quoted)
{
	struct buf text = { NULL, 0, 0 };
	size_t i = 0;

	(void)add_quoted(&text, quoted);
	while (i < text.n && strchr("()<>[]:;@\\,\"", text.p[i]) == NULL &&
	    !is_blank(text.p[i]))
		i++;
	buf_add(to, i < text.n || i == 0 ? quoted : buf_span(&text));
	buf_free(&text);
}

/* Take one element: a comment, a quoted string, or a character. */
static size_t
take_element(struct mailbox *a, struct span rest)
{
	struct buf *to = a->angle && !a->closed ? &a->inside : &a->words;
	size_t n = 1;

	switch (rest.p[0]) {
	case '(':
		n = comment_length(rest);
		if (a->comment.n == 0 && n > 2)
			buf_add(&a->comment, (struct span){ rest.p + 1,
			    n - 2 });
		break;
	case '"':
		if (to == &a->words && a->words.n > 0)
			buf_add_byte(to, ' ');
		if (to == &a->words) {
			n = add_quoted(to, rest);
			add_local(&a->bare, (struct span){ rest.p, n });
		} else {
			n = quoted_length(rest);
			add_local(to, (struct span){ rest.p, n });
		}
		break;
	case '<':
		a->angle = true;
		a->inside.n = 0;
		break;
	case '>':
		a->closed = true;
		break;
	default:
		if (to == &a->words && a->closed)
			break;
		buf_add_byte(to, rest.p[0]);
		if (to == &a->words)
			buf_add_byte(&a->bare, rest.p[0]);
	}
	return n;
}

/* A quoted string without control characters, nor what makes them literal. */
static void
add_printable(struct buf *to, struct span quoted)
{
	size_t i, n;
	char c;

	for (i = 0; i < quoted.n; i += n) {
		n = quoted.p[i] == '\\' && i + 1 < quoted.n ? 2 : 1;
		c = quoted.p[i + n - 1];
		if (c == ' ' || !is_blank(c))
			buf_add(to, (struct span){ quoted.p + i, n });
	}
}

/* Append an address without spaces and the route before it, "@a,@b:". */
static void
add_address(struct buf *to, struct span raw)
{
	struct buf text = { NULL, 0, 0 };
	const char *colon;
	size_t i, n;

	raw = trim(raw);
	if (raw.n > 0 && raw.p[0] == '@') {
		colon = memchr(raw.p, ':', raw.n);
		if (colon != NULL)
			raw = rest_of(raw, (size_t)(colon + 1 - raw.p));
	}
	for (i = 0; i < raw.n; i += n) {
		n = raw.p[i] == '"' ? quoted_length(rest_of(raw, i)) : 1;
		if (n > 1)
			add_printable(&text, (struct span){ raw.p + i, n });
		else if (!is_blank(raw.p[i]))
			buf_add_byte(&text, raw.p[i]);
	}
	(void)charset_add(to, SPAN(""), buf_span(&text));
	buf_free(&text);
}

static void
finish_address(struct mailbox *a, struct buf *name, struct buf *address)
{
	struct span called = trim(buf_span(&a->words));

	name->n = address->n = 0;
	add_address(address, buf_span(a->angle ? &a->inside : &a->bare));
	if (!a->angle || called.n == 0)
		called = trim(buf_span(&a->comment));
	field_text(name, called);
	buf_free(&a->words);
	buf_free(&a->bare);
	buf_free(&a->inside);
	buf_free(&a->comment);
}

bool
field_address(struct span *raw, struct buf *name, struct buf *address)
{
	struct mailbox a;
	size_t i;
	char c;

	do {
		memset(&a, 0, sizeof(a));
		for (i = 0; i < raw->n; ) {
			c = raw->p[i];
			if ((c == ',' && (!a.angle || a.closed)) || c == ';')
				break;
			if (c == ':' && !a.angle) {
				/* a group's name */
				a.words.n = a.bare.n = 0;
				i++;
				continue;
			}
			i += take_element(&a, rest_of(*raw, i));
		}
		*raw = rest_of(*raw, i < raw->n ? i + 1 : i);
		finish_address(&a, name, address);
	} while (address->n == 0 && raw->n > 0);
	return address->n > 0;
}
