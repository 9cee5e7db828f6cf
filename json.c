#include "json.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

/* What may follow a backslash, but for u, and what it means. */
static const char escapes[] = "\"\\/bfnrt";
static const char meanings[] = "\"\\/\b\f\n\r\t";

/* What an escape means that stands for half a surrogate pair. */
#define REPLACEMENT 0xfffd

#define UINT64_DIGITS 20	/* 18446744073709551615 */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex_digit(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/*
 * The next byte that is not white space.  NUL, with which nothing in the
 * grammar begins, is the answer at the end and after an error.
 */
static char
peek(struct json *j)
{
	if (j->bad)
		return '\0';
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' ||
	    *j->p == '\r' || *j->p == '\t'))
		j->p++;
	return j->p < j->end ? *j->p : '\0';
}

static bool
take(struct json *j, char c)
{
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static bool
take_word(struct json *j, struct span word)
{
	if ((size_t)(j->end - j->p) < word.n ||
	    memcmp(j->p, word.p, word.n) != 0)
		return false;
	j->p += word.n;
	return true;
}

static bool
take_digits(struct json *j)
{
	const char *start = j->p;

	while (j->p < j->end && is_digit(*j->p))
		j->p++;
	return j->p > start;
}

/* number = [ "-" ] ( "0" / digit1-9 *digit ) [ frac ] [ exp ] */
static bool
take_number(struct json *j)
{
	(void)take(j, '-');	/* it is optional, and so is exp's sign */
	if (!take(j, '0') && !take_digits(j))
		return false;
	if (take(j, '.') && !take_digits(j))
		return false;
	if (!take(j, 'e') && !take(j, 'E'))
		return true;
	if (!take(j, '+'))
		(void)take(j, '-');
	return take_digits(j);
}

/* One escape; j->p is at its backslash. */
static bool
take_escape(struct json *j)
{
	size_t i, room = (size_t)(j->end - j->p);

	if (room < 2)
		return false;
	if (j->p[1] != 'u') {
		if (memchr(escapes, j->p[1], sizeof(escapes) - 1) == NULL)
			return false;
		j->p += 2;
		return true;
	}
	if (room < 6)
		return false;
	for (i = 2; i < 6; i++) {
		if (!is_hex_digit(j->p[i]))
			return false;
	}
	j->p += 6;
	return true;
}

/* What stands between quotes, checked, or an error and nothing. */
static struct span
take_string(struct json *j)
{
	struct span raw = { NULL, 0 };
	const char *start;
	bool ascii = true;

	j->bad |= peek(j) != '"';
	if (j->bad)
		return raw;
	for (start = ++j->p; j->p < j->end && *j->p != '"';) {
		if (*j->p == '\\') {
			if (!take_escape(j))
				break;
			continue;
		}
		if ((unsigned char)*j->p < 0x20)
			break;
		ascii &= (unsigned char)*j->p < 0x80;
		j->p++;
	}
	raw = (struct span){ start, (size_t)(j->p - start) };
	if (take(j, '"') && (ascii || utf8_is_valid(raw.p, raw.n)))
		return raw;
	j->bad = true;
	return (struct span){ NULL, 0 };
}

/* Whether there may be a value here; if so, it has been read from now on. */
static bool
begin_value(struct json *j)
{
	j->bad |= j->next != JSON_VALUE;
	(void)peek(j);		/* for the white space it skips */
	j->next = JSON_REST;
	return !j->bad;
}

static void
enter(struct json *j, char bracket)
{
	if (!begin_value(j))
		return;
	if (j->depth == JSON_DEPTH || !take(j, bracket)) {
		j->bad = true;
		return;
	}
	j->depth++;
	j->objects = j->objects << 1 | (bracket == '{');
	j->next = JSON_FIRST;
}

static bool
in_object(const struct json *j)
{
	return j->objects & 1;
}

/* Go to the next member or element, or leave at the closing bracket. */
static bool
step(struct json *j, char bracket)
{
	char c = peek(j);

	j->bad |= j->depth == 0 || in_object(j) != (bracket == '}') ||
	    j->next == JSON_VALUE;
	if (j->bad)
		return false;
	if (c == bracket) {
		j->p++;
		j->depth--;
		j->objects >>= 1;
		j->next = JSON_REST;
		return false;
	}
	if (j->next == JSON_REST && !take(j, ',')) {
		j->bad = true;
		return false;
	}
	j->next = JSON_VALUE;
	return true;
}

void
json_begin(struct json *j, struct span text)
{
	if (text.n == 0)
		text = SPAN("");
	*j = (struct json){ .p = text.p, .end = text.p + text.n };
}

void
json_object(struct json *j)
{
	enter(j, '{');
}

bool
json_key(struct json *j, struct span *raw)
{
	*raw = (struct span){ NULL, 0 };
	if (!step(j, '}'))
		return false;
	*raw = take_string(j);
	if (peek(j) == ':') {
		j->p++;
		return true;
	}
	j->bad = true;
	return false;
}

void
json_array(struct json *j)
{
	enter(j, '[');
}

bool
json_item(struct json *j)
{
	return step(j, ']');
}

struct span
json_string(struct json *j)
{
	if (!begin_value(j))
		return (struct span){ NULL, 0 };
	return take_string(j);
}

uint64_t
json_uint(struct json *j, uint64_t max)
{
	uint64_t value = 0, digit;
	const char *start;

	if (!begin_value(j))
		return 0;
	start = j->p;
	if (!take(j, '0') && !take_digits(j))
		j->bad = true;
	for (; start < j->p; start++) {
		digit = (uint64_t)(*start - '0');
		if (digit > max || value > (max - digit) / 10) {
			j->bad = true;
			return 0;
		}
		value = value * 10 + digit;
	}
	return value;
}

bool
json_bool(struct json *j)
{
	if (!begin_value(j))
		return false;
	if (take_word(j, SPAN("true")))
		return true;
	j->bad = !take_word(j, SPAN("false"));
	return false;
}

bool
json_null(struct json *j)
{
	if (j->next != JSON_VALUE || peek(j) != 'n' ||
	    !take_word(j, SPAN("null")))
		return false;
	j->next = JSON_REST;
	return true;
}

/* Read a scalar, or enter an object or array. */
static void
skip_one(struct json *j)
{
	switch (peek(j)) {
	case '{':
		json_object(j);
		break;
	case '[':
		json_array(j);
		break;
	case '"':
		(void)json_string(j);
		break;
	case 't':
	case 'f':
		(void)json_bool(j);
		break;
	case 'n':
		j->bad |= !json_null(j);
		break;
	default:
		if (begin_value(j))
			j->bad = !take_number(j);
	}
}

/* Strangers choose what is skipped: it is walked without recursion. */
void
json_skip(struct json *j)
{
	unsigned depth = j->depth;
	struct span key;

	skip_one(j);
	while (!j->bad && j->depth > depth) {
		if (in_object(j) ? json_key(j, &key) : json_item(j))
			skip_one(j);
	}
}

bool
json_done(struct json *j)
{
	(void)peek(j);		/* for the white space it skips */
	return !j->bad && j->next == JSON_REST && j->depth == 0 &&
	    j->p == j->end;
}

static uint32_t
hex_value(const char *digits)
{
	uint32_t value = 0;
	size_t i;
	int c;

	for (i = 0; i < 4; i++) {
		c = digits[i];
		value = value << 4 | (uint32_t)(c <= '9' ? c - '0' :
		    (c | 0x20) - 'a' + 10);
	}
	return value;
}

/* The character that \u at *p means, perhaps with the \u after it. */
static uint32_t
unescape_unicode(const char **p, const char *end)
{
	uint32_t low, c = hex_value(*p + 2);

	*p += 6;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
		return REPLACEMENT;
	low = hex_value(*p + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return REPLACEMENT;
	*p += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static size_t
encode_utf8(char *dst, uint32_t c)
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t i, n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (i = n - 1; i > 0; i--, c >>= 6)
		dst[i] = (char)(0x80 | (c & 0x3f));
	dst[0] = (char)(first[n] | c);
	return n;
}

/*
 * Take one escape or one byte from *p, write what it means to dst and return
 * how many bytes that is: never more than were taken.
 */
static size_t
unescape(char *dst, const char **p, const char *end)
{
	const char *escape;

	if (**p != '\\') {
		dst[0] = *(*p)++;
		return 1;
	}
	if ((*p)[1] == 'u')
		return encode_utf8(dst, unescape_unicode(p, end));
	escape = memchr(escapes, (*p)[1], sizeof(escapes) - 1);
	assert(escape != NULL);
	dst[0] = meanings[escape - escapes];
	*p += 2;
	return 1;
}

size_t
json_text(char *dst, struct span raw)
{
	const char *p = raw.p, *end;
	size_t n = 0;

	if (raw.n == 0)
		return 0;
	for (end = p + raw.n; p < end;)
		n += unescape(dst + n, &p, end);
	return n;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
json_is(struct span raw, struct span name)
{
	const char *p = raw.p, *end;
	char piece[4];
	size_t i, piece_n, n = 0;

	if (raw.n == 0)
		return name.n == 0;
	for (end = p + raw.n; p < end;) {
		piece_n = unescape(piece, &p, end);
		for (i = 0; i < piece_n; i++, n++) {
			if (n == name.n || lower(piece[i]) != lower(name.p[n]))
				return false;
		}
	}
	return n == name.n;
}

static const struct json_field *
find_field(const struct json_reader *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (json_is(r->key, span_of(r->fields[i].key)))
			return &r->fields[i];
	}
	return NULL;
}

/*
 * What raw text means: most text has no escapes and stays where it is, the
 * rest goes to *room, which moves on.
 */
static struct span
find_meaning(struct span raw, char **room)
{
	struct span text;

	if (raw.n == 0 || memchr(raw.p, '\\', raw.n) == NULL)
		return raw;
	text = (struct span){ *room, json_text(*room, raw) };
	*room += text.n;
	return text;
}

static void
read_field(struct json *j, struct json_reader *r, const struct json_field *f)
{
	void *place = (char *)r->to + f->offset;

	r->has |= f->bit;
	switch (f->kind) {
	case JSON_TEXT:
		*(struct span *)place = find_meaning(json_string(j), &r->room);
		break;
	case JSON_RAW:
		*(struct span *)place = json_string(j);
		break;
	case JSON_NUMBER:
		*(struct json_number *)place = (struct json_number){ true,
		    json_uint(j, r->max) };
		break;
	case JSON_U32:
		*(uint32_t *)place = (uint32_t)json_uint(j, UINT32_MAX);
		break;
	case JSON_FLAG:
		if (!json_bool(j))
			r->has &= ~f->bit;
		break;
	case JSON_OTHER:
		break;
	}
}

static void
clear_field(struct json_reader *r, const struct json_field *f)
{
	static const size_t sizes[] = {		/* the others have no place */
		[JSON_TEXT]   = sizeof(struct span),
		[JSON_RAW]    = sizeof(struct span),
		[JSON_NUMBER] = sizeof(struct json_number),
		[JSON_U32]    = sizeof(uint32_t),
		[JSON_OTHER]  = 0
	};

	memset((char *)r->to + f->offset, 0, sizes[f->kind]);
	r->has &= ~f->bit;
}

const struct json_field *
json_next_field(struct json *j, struct json_reader *r)
{
	const struct json_field *f;

	while (json_key(j, &r->key)) {
		f = find_field(r);
		if (f == NULL) {
			json_skip(j);
		} else if (r->nulls != JSON_NULL_REFUSED && json_null(j)) {
			if (r->nulls == JSON_NULL_CLEARS)
				clear_field(r, f);
		} else {
			read_field(j, r, f);
			if (f->kind == JSON_OTHER)
				return f;
		}
	}
	return NULL;
}

void
json_put_open(struct buf *b, char bracket)
{
	if (b->n > 0 && memchr("}]\"", b->p[b->n - 1], 3) != NULL)
		buf_add_byte(b, ',');
	buf_add_byte(b, bracket);
}

void
json_put_close(struct buf *b, char bracket)
{
	buf_add_byte(b, bracket);
}

/* A comma first, unless the last byte is one of those that need none. */
void
json_put_key(struct buf *b, const char *key)
{
	if (b->n > 0 && memchr("{[:", b->p[b->n - 1], 3) == NULL)
		buf_add_byte(b, ',');
	if (key == NULL)
		return;
	buf_add_byte(b, '"');
	buf_add(b, span_of(key));
	buf_add(b, SPAN("\":"));
}

/* U+2028 and U+2029, which end a line, and so a string, in old JavaScript. */
static bool
is_line_end(struct span text)
{
	return text.n >= 3 && memcmp(text.p, "\xe2\x80", 2) == 0 &&
	    (text.p[2] == '\xa8' || text.p[2] == '\xa9');
}

/* How many bytes of text can be written as they are. */
static size_t
plain_bytes(struct span text)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < text.n; i++) {
		c = (unsigned char)text.p[i];
		if (c < 0x20 || c == '"' || c == '\\' || c == '<' ||
		    c == '>' || c == '&')
			break;
		if (c == 0xe2 && is_line_end((struct span){ text.p + i,
		    text.n - i }))
			break;
	}
	return i;
}

/* Escape the character that text begins with; returns its bytes. */
static size_t
put_escape(struct buf *b, struct span text)
{
	static const char letters[] = "\"\\nrt", bytes[] = "\"\\\n\r\t";
	const char *byte;
	uint32_t c;
	size_t n;

	byte = memchr(bytes, text.p[0], sizeof(bytes) - 1);
	if (byte != NULL) {
		buf_add_byte(b, '\\');
		buf_add_byte(b, letters[byte - bytes]);
		return 1;
	}
	c = utf8_char(text.p, text.p + text.n, &n);
	buf_addf(b, "\\u%04x", (unsigned)c);
	return n;
}

void
json_put_string(struct buf *b, const char *key, struct span text)
{
	size_t n;

	json_put_key(b, key);
	buf_add_byte(b, '"');
	while (text.n > 0) {
		n = plain_bytes(text);
		buf_add(b, (struct span){ text.p, n });
		if (n < text.n)
			n += put_escape(b, (struct span){ text.p + n,
			    text.n - n });
		text.p += n;
		text.n -= n;
	}
	buf_add_byte(b, '"');
}

void
json_put_uint(struct buf *b, const char *key, uint64_t value)
{
	char digits[UINT64_DIGITS];
	size_t i = sizeof(digits);

	json_put_key(b, key);
	do
		digits[--i] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	buf_add(b, (struct span){ digits + i, sizeof(digits) - i });
}

void
json_put_field(struct buf *b, const struct json_field *f, const void *from)
{
	const void *place = (const char *)from + f->offset;
	const struct json_number *number = place;
	const struct span *text = place;
	const uint32_t *u32 = place;

	switch (f->kind) {
	case JSON_TEXT:
	case JSON_RAW:
		if (text->p != NULL)
			json_put_string(b, f->key, *text);
		break;
	case JSON_NUMBER:
		if (number->given)
			json_put_uint(b, f->key, number->value);
		break;
	case JSON_U32:
		json_put_uint(b, f->key, *u32);
		break;
	case JSON_FLAG:
		json_put_key(b, f->key);
		buf_add(b, SPAN("true"));
		break;
	case JSON_OTHER:
		assert(f->kind != JSON_OTHER);
	}
}
