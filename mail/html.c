#include "mail/html.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "mail/charset.h"

#define NAME_ROOM    12		/* of a tag that matters */
#define ENTITY_MAX   10		/* bytes between '&' and ';' */
#define LINK_MAX   2000		/* bytes of a link's address */
#define BREAKS_MAX    2		/* newlines: one empty line */

struct html {
	struct span rest;
	struct buf *to;
	size_t begin;		/* of the text in to */
	unsigned breaks;	/* newlines before the next character */
	bool space;		/* a space before it */
	unsigned literal;	/* <pre> elements that are open */
	struct buf link;	/* the address of the link that is open */
	size_t link_text;	/* where its text begins */
};

enum tag_effect {
	TAG_BREAK,	/* a new line */
	TAG_BLOCK,	/* an empty line */
	TAG_CELL,	/* a space */
	TAG_ITEM,	/* of a list */
	TAG_LITERAL,	/* white space counts */
	TAG_LINK,
	TAG_PICTURE,
	TAG_HIDDEN,	/* its content is not text */
	TAG_NOTHING
};

static const struct {
	const char *name;
	enum tag_effect effect;
} tags[] = {
	{ "a", TAG_LINK }, { "address", TAG_BREAK }, { "article", TAG_BLOCK },
	{ "blockquote", TAG_BLOCK }, { "br", TAG_BREAK },
	{ "caption", TAG_BREAK }, { "dd", TAG_BREAK }, { "div", TAG_BREAK },
	{ "dl", TAG_BLOCK }, { "dt", TAG_BREAK }, { "footer", TAG_BLOCK },
	{ "form", TAG_BLOCK }, { "h1", TAG_BLOCK }, { "h2", TAG_BLOCK },
	{ "h3", TAG_BLOCK }, { "h4", TAG_BLOCK }, { "h5", TAG_BLOCK },
	{ "h6", TAG_BLOCK }, { "header", TAG_BLOCK }, { "hr", TAG_BLOCK },
	{ "img", TAG_PICTURE }, { "li", TAG_ITEM }, { "ol", TAG_BLOCK },
	{ "p", TAG_BLOCK }, { "pre", TAG_LITERAL }, { "script", TAG_HIDDEN },
	{ "section", TAG_BLOCK }, { "style", TAG_HIDDEN },
	{ "table", TAG_BLOCK }, { "td", TAG_CELL },
	{ "template", TAG_HIDDEN }, { "th", TAG_CELL },
	{ "title", TAG_HIDDEN }, { "tr", TAG_BREAK }, { "ul", TAG_BLOCK }
};

/* The names of the characters from U+00A1 on. */
static const char *const latin_names[] = {
	"iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml",
	"copy", "ordf", "laquo", "not", "shy", "reg", "macr", "deg", "plusmn",
	"sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1",
	"ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave",
	"Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil",
	"Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc",
	"Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde",
	"Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml",
	"Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde",
	"auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc",
	"euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde",
	"ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash",
	"ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml"
};

static const struct {
	const char *name, *text;
} entities[] = {
	{ "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" },
	{ "apos", "'" }, { "nbsp", " " }, { "ensp", " " }, { "emsp", " " },
	{ "thinsp", " " }, { "zwnj", "" }, { "zwj", "" }, { "shy", "" },
	{ "euro", "\u20ac" }, { "trade", "\u2122" }, { "hellip", "\u2026" },
	{ "bull", "\u2022" }, { "ndash", "\u2013" }, { "mdash", "\u2014" },
	{ "lsquo", "\u2018" }, { "rsquo", "\u2019" }, { "sbquo", "\u201a" },
	{ "ldquo", "\u201c" }, { "rdquo", "\u201d" }, { "bdquo", "\u201e" },
	{ "rarr", "\u2192" }, { "larr", "\u2190" }, { "minus", "\u2212" }
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the text ---- */

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
want_breaks(struct html *h, unsigned breaks)
{
	if (h->breaks < breaks)
		h->breaks = breaks;
}

/* Append text that begins with no space, after what it must be kept from. */
static void
add_text(struct html *h, struct span text)
{
	bool first = h->to->n == h->begin;

	if (!first && h->breaks == 0 && h->space)
		buf_add_byte(h->to, ' ');
	for (; h->breaks > 0; h->breaks--) {
		if (!first)
			buf_add_byte(h->to, '\n');
	}
	h->space = false;
	buf_add(h->to, text);
}

static void
add_character(struct html *h, char c)
{
	if (is_space(c) && h->literal == 0)
		h->space = true;
	else if (c == '\n')
		h->breaks++;
	else if (is_space(c) || (unsigned char)c >= ' ')
		add_text(h, is_space(c) ? SPAN(" ") : (struct span){ &c, 1 });
}

/* ---- entities ---- */

/* Append the character as UTF-8; some are meant as windows-1252. */
static void
add_number(struct buf *to, uint32_t c)
{
	char bytes[4], byte = (char)c;
	unsigned n = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3, i;
	static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };

	if (c < 0xa0) {
		(void)charset_add(to, SPAN("windows-1252"),
		    (struct span){ &byte, 1 });
		return;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		buf_add(to, SPAN("\ufffd"));
		return;
	}
	for (i = n; i > 0; i--, c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = (char)(lead[n] | c);
	buf_add(to, (struct span){ bytes, n + 1 });
}

/* "#8364" or "#x20ac". */
static bool
read_number(struct buf *to, struct span name)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t base = 10, number = 0;
	const char *digit;
	size_t i = 1;

	if (name.n > 1 && (name.p[1] | 0x20) == 'x') {
		base = 16;
		i = 2;
	}
	if (i == name.n)
		return false;
	for (; i < name.n; i++) {
		digit = memchr(digits, name.p[i] >= 'A' && name.p[i] <= 'F' ?
		    name.p[i] | 0x20 : name.p[i], base);
		if (digit == NULL)
			return false;
		if (number <= 0x10ffff)
			number = number * base + (uint32_t)(digit - digits);
	}
	add_number(to, number);
	return true;
}

static bool
read_named(struct buf *to, struct span name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(entities); i++) {
		if (span_is(name, span_of(entities[i].name))) {
			buf_add(to, span_of(entities[i].text));
			return true;
		}
	}
	i = span_index(name, latin_names, COUNT_OF(latin_names));
	if (i < COUNT_OF(latin_names))
		add_number(to, (uint32_t)(0xa1 + i));
	return i < COUNT_OF(latin_names);
}

/* Append what "&name;" at the front stands for; returns its bytes, or 0. */
static size_t
read_entity(struct buf *to, struct span text)
{
	struct span name = { text.p + 1, 0 };

	while (name.n < ENTITY_MAX && name.n + 1 < text.n &&
	    name.p[name.n] != ';')
		name.n++;
	if (name.n == 0 || name.n + 1 == text.n || name.p[name.n] != ';')
		return 0;
	if (name.p[0] == '#' ? !read_number(to, name) : !read_named(to, name))
		return 0;
	return name.n + 2;
}

static size_t
take_entity(struct html *h)
{
	struct buf text = { NULL, 0, 0 };
	size_t n = read_entity(&text, h->rest);

	if (n == 0)
		buf_add_byte(&text, '&');
	if (text.n == 1)
		add_character(h, text.p[0]);
	else if (text.n > 1)
		add_text(h, buf_span(&text));
	buf_free(&text);
	return n > 0 ? n : 1;
}

/* ---- tags ---- */

/* Where text, in lower case, begins in it; its length if nowhere. */
static size_t
find(struct span it, const char *text)
{
	size_t n = strlen(text), i;

	for (i = 0; i + n <= it.n; i++) {
		if (strncasecmp(it.p + i, text, n) == 0)
			return i;
	}
	return it.n;
}

/* Append the value of an attribute, without control characters. */
static void
add_attribute(struct buf *to, struct span raw)
{
	size_t i = 0, n;

	if (raw.n > LINK_MAX) {
		raw.n = LINK_MAX;
		/* Not within a character, whose first byte is no 10xxxxxx. */
		while (raw.n > 0 && ((unsigned char)raw.p[raw.n] & 0xc0) ==
		    0x80)
			raw.n--;
	}
	while (i < raw.n) {
		n = raw.p[i] != '&' ? 0 : read_entity(to,
		    (struct span){ raw.p + i, raw.n - i });
		if (n == 0 && (unsigned char)raw.p[i] >= ' ' &&
		    raw.p[i] != '\177')
			buf_add_byte(to, raw.p[i]);
		i += n > 0 ? n : 1;
	}
}

/* A tag that is being read. */
struct html_tag {
	char name[NAME_ROOM];	/* cut off, if it is longer */
	bool closes;
	struct span href, alt;	/* raw */
};

static size_t
skip_space(struct span text, size_t i)
{
	while (i < text.n && is_space(text.p[i]))
		i++;
	return i;
}

/* Take an attribute's value, from i on; returns where it ends. */
static size_t
take_value(struct span text, size_t i, struct span *value)
{
	char quote = i < text.n ? text.p[i] : '\0';
	size_t begin = i;

	if (quote == '"' || quote == '\'') {
		begin = ++i;
		while (i < text.n && text.p[i] != quote)
			i++;
		*value = (struct span){ text.p + begin, i - begin };
		return i + (i < text.n);
	}
	while (i < text.n && !is_space(text.p[i]) && text.p[i] != '>')
		i++;
	*value = (struct span){ text.p + begin, i - begin };
	return i;
}

static size_t
take_attribute(struct html_tag *tag, struct span text, size_t i)
{
	struct span name = { text.p + i, 0 }, value = { NULL, 0 };

	while (i < text.n && !is_space(text.p[i]) && text.p[i] != '>' &&
	    (text.p[i] != '=' || name.n == 0)) {
		name.n++;
		i++;
	}
	i = skip_space(text, i);
	if (i < text.n && text.p[i] == '=')
		i = take_value(text, skip_space(text, i + 1), &value);
	if (name.n == 4 && strncasecmp(name.p, "href", 4) == 0)
		tag->href = value;
	else if (name.n == 3 && strncasecmp(name.p, "alt", 3) == 0)
		tag->alt = value;
	return i;
}

/* Read the tag at the front; returns its bytes. */
static size_t
read_tag(struct html_tag *tag, struct span text)
{
	size_t i = 1, n = 0;

	memset(tag, 0, sizeof(*tag));
	if (i < text.n && text.p[i] == '/') {
		tag->closes = true;
		i++;
	}
	for (; i < text.n && !is_space(text.p[i]) && text.p[i] != '>' &&
	    text.p[i] != '/'; i++) {
		if (n < NAME_ROOM - 1)
			tag->name[n++] = text.p[i] >= 'A' &&
			    text.p[i] <= 'Z' ? (char)(text.p[i] | 0x20) :
			    text.p[i];
	}
	while ((i = skip_space(text, i)) < text.n && text.p[i] != '>')
		i = take_attribute(tag, text, i);
	return i + (i < text.n);
}

static void
open_link(struct html *h, const struct html_tag *tag)
{
	h->link.n = 0;
	h->link_text = h->to->n;
	if (find(tag->href, "http") == 0 || find(tag->href, "mailto:") == 0)
		add_attribute(&h->link, tag->href);
}

/* The address is of no use if it is what the text says. */
static void
close_link(struct html *h)
{
	struct span address = buf_span(&h->link), text;

	text.p = h->to->p + h->link_text;
	text.n = h->to->n - h->link_text;
	if (address.n > 7 && memcmp(address.p, "mailto:", 7) == 0) {
		address.p += 7;
		address.n -= 7;
	}
	if (address.n > 0 && span_find(text, address) == text.n) {
		h->space = h->space || text.n > 0;
		add_text(h, SPAN("<"));
		buf_add(h->to, address);
		buf_add_byte(h->to, '>');
	}
	h->link.n = 0;
}

static void
add_picture(struct html *h, struct span alt)
{
	struct buf text = { NULL, 0, 0 };
	size_t i;

	add_attribute(&text, alt);
	for (i = 0; i < text.n; i++)
		add_character(h, text.p[i]);
	buf_free(&text);
}

/* Pass over everything up to the tag that closes this one. */
static size_t
skip_hidden(struct span rest, const char *name)
{
	char end[NAME_ROOM + 2] = "</";

	(void)strncat(end, name, NAME_ROOM);
	return find(rest, end);
}

static enum tag_effect
effect_of(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(tags); i++) {
		if (strcmp(tags[i].name, name) == 0)
			return tags[i].effect;
	}
	return TAG_NOTHING;
}

static void
apply_literal(struct html *h, bool closes)
{
	want_breaks(h, BREAKS_MAX);
	if (!closes)
		h->literal++;
	else if (h->literal > 0)
		h->literal--;
}

/* Returns how many bytes behind the tag are no text. */
static size_t
apply_tag(struct html *h, const struct html_tag *tag, struct span behind)
{
	switch (effect_of(tag->name)) {
	case TAG_BREAK:
		if (strcmp(tag->name, "br") != 0)
			want_breaks(h, 1);
		else if (h->breaks < BREAKS_MAX)
			h->breaks++;
		break;
	case TAG_BLOCK:
		want_breaks(h, BREAKS_MAX);
		break;
	case TAG_CELL:
		h->space = true;
		break;
	case TAG_ITEM:
		want_breaks(h, 1);
		if (!tag->closes)
			add_text(h, SPAN("* "));
		break;
	case TAG_LITERAL:
		apply_literal(h, tag->closes);
		break;
	case TAG_LINK:
		if (h->link.n > 0)
			close_link(h);
		if (!tag->closes)
			open_link(h, tag);
		break;
	case TAG_PICTURE:
		add_picture(h, tag->alt);
		break;
	case TAG_HIDDEN:
		return tag->closes ? 0 : skip_hidden(behind, tag->name);
	case TAG_NOTHING:
		break;
	}
	return 0;
}

/* Take what begins with '<'; returns its bytes. */
static size_t
take_markup(struct html *h)
{
	struct span rest = h->rest, behind;
	struct html_tag tag;
	char next = rest.n > 1 ? rest.p[1] : '\0';
	size_t n;

	if (rest.n >= 4 && memcmp(rest.p, "<!--", 4) == 0) {
		n = find(rest, "-->");
		return n < rest.n ? n + 3 : n;
	}
	if (next == '!' || next == '?') {
		n = find(rest, ">");
		return n + (n < rest.n);
	}
	if (next != '/' && ((next | 0x20) < 'a' || (next | 0x20) > 'z')) {
		add_character(h, '<');
		return 1;
	}
	n = read_tag(&tag, rest);
	behind = (struct span){ rest.p + n, rest.n - n };
	return n + apply_tag(h, &tag, behind);
}

void
html_text(struct buf *to, struct span html)
{
	struct html h = { .rest = html, .to = to, .begin = to->n };
	size_t n;

	while (h.rest.n > 0) {
		n = 1;
		if (h.rest.p[0] == '<')
			n = take_markup(&h);
		else if (h.rest.p[0] == '&')
			n = take_entity(&h);
		else
			add_character(&h, h.rest.p[0]);
		h.rest.p += n;
		h.rest.n -= n;
	}
	if (h.link.n > 0)
		close_link(&h);
	buf_free(&h.link);
}
