#include "sim/pattern.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"

size_t
pattern_name_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '-')
		n++;
	return n;
}

const char *
pattern_value(const struct pattern *pt, struct span name)
{
	size_t i;

	for (i = 0; i < pt->count; i++) {
		if (span_is(name, span_of(pt->names[i].name)))
			return pt->names[i].value;
	}
	return NULL;
}

bool
pattern_set(struct pattern *pt, struct span name, struct span value)
{
	struct pattern_name *n = pt->names;

	while (n < pt->names + pt->count && !span_is(name, span_of(n->name)))
		n++;
	if (n == pt->names + PATTERN_NAMES || name.n >= sizeof(n->name) ||
	    value.n >= sizeof(n->value))
		return false;
	if (n == pt->names + pt->count)
		pt->count++;
	memcpy(n->name, name.p, name.n);
	n->name[name.n] = '\0';
	memcpy(n->value, value.p, value.n);
	n->value[value.n] = '\0';
	return true;
}

/* n if text has that many bytes and they are base 32, else 0. */
static size_t
base32_length(struct span text, size_t n, size_t bytes)
{
	unsigned char dst[NODEID_BYTES];

	return text.n >= n && decode_base32(dst, bytes,
	    (struct span){ text.p, n }) ? n : 0;
}

static size_t
id_length(struct span text)
{
	uint64_t id;

	return text.n >= ID_TEXT && decode_hex64(&id,
	    (struct span){ text.p, ID_TEXT }) ? ID_TEXT : 0;
}

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
number_length(struct span text)
{
	size_t n = 0;

	while (n < text.n && isdigit((unsigned char)text.p[n]))
		n++;
	return n;
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
	if (span_is(kind, SPAN("uid")))
		return base32_length(text, UID_TEXT, UID_BYTES);
	if (span_is(kind, SPAN("node")))
		return base32_length(text, NODEID_TEXT, NODEID_BYTES);
	if (span_is(kind, SPAN("id")))
		return id_length(text);
	if (span_is(kind, SPAN("date")))
		return date_length(text);
	if (span_is(kind, SPAN("sum")))
		return number_length(text);
	if (span_is(kind, SPAN("error")))
		return error_length(text);
	return 0;
}

/* How many bytes text begins with that the name stands for, or 0. */
static size_t
match_name(struct pattern *pt, struct span name, struct span text)
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
	value = pattern_value(pt, name);
	if (value == NULL)
		return pattern_set(pt, name, text) ? n : 0;
	return span_is(span_of(value), text) ? n : 0;
}

bool
pattern_match(struct pattern *pt, struct span pattern, struct span text)
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
		name.n = pattern_name_length(name.p);
		rest = (struct span){ text.p + j, text.n - j };
		n = match_name(pt, name, rest);
		if (n == 0)
			return false;
		i += 1 + name.n;
		j += n;
	}
	return j == text.n;
}
