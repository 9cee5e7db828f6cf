#include "conf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/subnet.h"
#include "base/utf8.h"
#include "disk/file.h"
#include "json.h"

#define FILE_BYTES_MAX ((size_t)64 << 10)	/* mnm.conf is a tenth of it */
#define SHOWN_MAX  40	/* bytes of the file that an error repeats */
#define NAME_ROOM  64	/* "listen.certPath", or part of an unknown key */

/*
 * How a value is written, checked and stored.  A choice is stored as the
 * number of its word, in an enum of the same order.
 */
enum type {
	GROUP,		/* an object with keys of its own */
	TEXT,		/* char *, of min to max bytes */
	WORD,		/* char *, one of several words */
	CHOICE,		/* enum, one of several words */
	ADDRESS,	/* char *, "host:port" */
	HOSTS,		/* char **, NULL-terminated, at most max of them */
	NETS,		/* likewise, for subnet_parse */
	COUNT,		/* unsigned */
	TIME,		/* unsigned, milliseconds */
	BYTES		/* uint64_t */
};

#define DIGITS "0123456789"

static const struct form {
	const char *starts;	/* bytes that its JSON may begin with */
	const char *wanted;	/* "must be ...", up to limits or words */
	const char *more;	/* after them */
} forms[] = {
[GROUP]   = { "{", "an object like ", "" },
[TEXT]    = { "\"", "a string of ", " bytes, without NUL" },
[WORD]    = { "\"", "one of: ", "" },
[CHOICE]  = { "\"", "one of: ", "" },
[ADDRESS] = { "\"", "\"host:port\", \":port\" or \"[v6]:port\", like ", "" },
[HOSTS]   = { "[", "a list of ", " entries, \"host\" or \"host:port\"" },
[NETS]    = { "[", "a list of ", " networks like \"10.0.0.0/8\"" },
[COUNT]   = { DIGITS, "a whole number from ", "" },
[TIME]    = { "\"" DIGITS, "from ", ", in seconds or like \"10s\" or \"2m\"" },
[BYTES]   = { "\"" DIGITS, "from ", ", in bytes or like \"64K\" or \"2G\"" }
};

/* Units, the largest of a type first; "" is that of a bare number. */
static const struct unit {
	enum type type;
	const char *name;
	uint64_t factor;
} units[] = {
	{ TEXT,   "",   1 },
	{ HOSTS,  "",   1 },
	{ NETS,   "",   1 },
	{ COUNT,  "",   1 },
	{ TIME,   "d",  86400000 },
	{ TIME,   "h",  3600000 },
	{ TIME,   "m",  60000 },
	{ TIME,   "s",  1000 },
	{ TIME,   "",   1000 },
	{ TIME,   "ms", 1 },
	{ BYTES, "G",  (uint64_t)1 << 30 },
	{ BYTES, "M",  (uint64_t)1 << 20 },
	{ BYTES, "K",  (uint64_t)1 << 10 },
	{ BYTES, "",   1 }
};

_Static_assert(sizeof(enum conf_ops) == sizeof(unsigned),
    "a CHOICE is stored as an unsigned");

#define UNITS (sizeof(units) / sizeof(units[0]))

#define AT(field) offsetof(struct conf, field)

/*
 * All keys.  To add one, add a row here, the field in conf.h, and its
 * description in mnm.conf.  Limits and default are text as in the file; for a
 * WORD or CHOICE, the default is all the words, that one first.
 */
static const struct key {
	const char *group;	/* "" outside of any */
	const char *name;
	enum type type;
	size_t offset;
	const char *min, *max;
	const char *standard;
} keys[] = {
{ "", "name",          TEXT,   AT(name),          "0",   "128",    "" },
{ "", "data",          TEXT,   AT(data),          "1",   "1024",   "mnm-data" },
{ "", "user",          TEXT,   AT(user),          "0",   "64",     "" },
{ "", "ops",           CHOICE, AT(ops),           "", "",  "auto 2018 2020" },
{ "", "window",        COUNT,  AT(window),        "1",   "64",     "8" },
{ "", "alias_min",     COUNT,  AT(alias_min),     "1",   "64",     "1" },
{ "", "register", CHOICE, AT(registration), "", "", "open invite closed" },
{ "", "register_from", NETS,   AT(register_from), "0",   "64",     "" },
{ "", "register_rate", COUNT,  AT(register_rate), "0",   "100000", "3" },
{ "", "users_max",     COUNT,  AT(users_max),     "0",   "1000000", "0" },
{ "", "pings_per_day", COUNT,  AT(pings_per_day), "0",   "100000", "0" },
{ "", "failed_pings_in_a_row", COUNT, AT(failed_pings_in_a_row),
					          "0",   "100000", "0" },
{ "", "groups_max",    COUNT,  AT(groups_max),    "0",   "1000000", "1000" },
{ "", "links_max",     COUNT,  AT(links_max),     "1",   "100000", "5000" },
{ "", "login_timeout", TIME,   AT(login_timeout), "1s",  "1h",     "10s" },
{ "", "pulse_timeout", TIME,   AT(pulse_timeout), "1s",  "1d",     "150s" },
{ "", "message_max",   BYTES, AT(message_max),   "1K",  "16G",    "64M" },
{ "", "journal_size",  BYTES, AT(journal_size),  "16M", "64G",    "64M" },
{ "", "queue_max",     BYTES, AT(queue_max),     "64K", "1024G",  "1G" },
{ "", "queue_messages_max", COUNT, AT(queue_messages_max),
					          "1",  "10000000", "100000" },
{ "", "expire_days",   COUNT,  AT(expire_days),   "0",   "36500",  "0" },
{ "", "disk_min",      BYTES, AT(disk_min),      "0",   "1024G",  "0" },
{ "", "listen",        GROUP,  0,                 "",    "",       "{}" },
{ "", "ntp",           GROUP,  0,                 "",    "",       "{}" },
{ "listen", "net",      WORD,    AT(listen_net),   "", "", "tcp tcp4 tcp6" },
{ "listen", "laddr",    ADDRESS, AT(listen_laddr), "", "", "127.0.0.1:3456" },
{ "listen", "certPath", TEXT,    AT(listen_cert_path), "0", "1024", "" },
{ "listen", "keyPath",  TEXT,    AT(listen_key_path),  "0", "1024", "" },
{ "ntp",    "hosts",    HOSTS,   AT(ntp_hosts),        "0", "16",   "" },
{ "ntp",    "retries",  COUNT,   AT(ntp_retries),      "0", "10",   "2" }
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* The file while it is being read. */
struct reader {
	const char *path;
	struct span text;
	struct json json;
	struct conf *conf;
	const char *seen[KEYS];	/* where in text each key stands, or NULL */
	struct buf value;	/* the value under way, decoded, with a NUL */
	char *why;
	size_t room;
};

/* Digits and one of the type's units. */
static bool
read_number(enum type type, const char *text, uint64_t *number)
{
	uint64_t n = 0, digit;
	size_t i;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		digit = (uint64_t)(*text - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	for (i = 0; i < UNITS; i++) {
		if (units[i].type == type && strcmp(units[i].name, text) == 0)
			break;
	}
	if (i == UNITS || n > UINT64_MAX / units[i].factor)
		return false;
	*number = n * units[i].factor;
	return true;
}

static bool
copy_port(char dst[CONF_PORT_TEXT + 1], const char *text)
{
	uint64_t port;

	if (!read_number(COUNT, text, &port) || port > UINT16_MAX)
		return false;
	(void)snprintf(dst, CONF_PORT_TEXT + 1, "%u", (unsigned)port);
	return true;
}

/* Without brackets, text with several colons is an IPv6 address. */
bool
conf_split_address(const char *text, struct conf_address *address)
{
	const char *host = text, *end, *rest;

	if (*text == '[') {
		end = strchr(++host, ']');
		if (end == NULL || end == host)
			return false;
		rest = end + 1;
	} else {
		end = host + strcspn(host, ":");
		if (*end != '\0' && strchr(end + 1, ':') != NULL)
			end += strlen(end);
		rest = end;
	}
	if (*text == '\0' || end - host > CONF_HOST_TEXT)
		return false;
	(void)snprintf(address->host, sizeof(address->host), "%.*s",
	    (int)(end - host), host);
	address->port[0] = '\0';
	if (*rest == ':')
		return copy_port(address->port, rest + 1);
	return *rest == '\0';
}

/* Whether a number, or a number of bytes or elements, is allowed. */
static bool
in_range(const struct key *key, uint64_t number)
{
	uint64_t min, max;

	return read_number(key->type, key->min, &min) && number >= min &&
	    read_number(key->type, key->max, &max) && number <= max;
}

/* The first of several words separated by spaces. */
static struct span
first_word(const char *words)
{
	return (struct span){ words, strcspn(words, " ") };
}

/* Which of the words text is, from 0; false if none. */
static bool
read_word(const char *words, const char *text, unsigned *index)
{
	struct span word;

	for (*index = 0; *words != '\0'; *index += 1) {
		word = first_word(words);
		if (span_is(word, span_of(text)))
			return true;
		words += word.n;
		words += strspn(words, " ");
	}
	return false;
}

static void
set_text(char **field, struct span text)
{
	free(*field);
	*field = xcopy(text);
}

static void
add_text(char ***field, struct span text)
{
	char **list = *field;
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	list = xrealloc(list, (n + 2) * sizeof(*list));
	list[n] = xcopy(text);
	list[n + 1] = NULL;
	*field = list;
}

static bool
set_number(void *field, const struct key *key, const char *text)
{
	uint64_t number, *large = field;
	unsigned *small = field;

	if (!read_number(key->type, text, &number) || !in_range(key, number))
		return false;
	if (key->type == BYTES)
		*large = number;
	else
		*small = (unsigned)number;	/* its max fits */
	return true;
}

/* Check text and make it the key's value; of a list, its next element. */
static bool
set_value(struct conf *c, const struct key *key, const char *text)
{
	void *field = (char *)c + key->offset;
	struct span span = span_of(text);
	struct conf_address address;
	struct subnet net;
	unsigned word;
	bool good = false;

	switch (key->type) {
	case GROUP:
		return false;
	case COUNT:
	case TIME:
	case BYTES:
		return set_number(field, key, text);
	case CHOICE:
		good = read_word(key->standard, text, &word);
		memcpy(field, &word, sizeof(word));
		return good;
	case HOSTS:
	case NETS:
		good = key->type == NETS ? subnet_parse(&net, text) :
		    conf_split_address(text, &address) &&
		    address.host[0] != '\0';
		if (good)
			add_text(field, span);
		return good;
	case TEXT:
		good = in_range(key, span.n);
		break;
	case WORD:
		good = read_word(key->standard, text, &word);
		break;
	case ADDRESS:
		good = conf_split_address(text, &address) &&
		    address.port[0] != '\0';
	}
	if (good)
		set_text(field, span);
	return good;
}

static bool
is_list(enum type type)
{
	return type == HOSTS || type == NETS;
}

static void
set_standard(struct conf *c, const struct key *key)
{
	void *field = (char *)c + key->offset;
	char ***list = field, *text;
	bool good;

	if (key->type == GROUP)
		return;
	if (is_list(key->type)) {
		*list = xzalloc(sizeof(**list));
		return;
	}
	text = xcopy(first_word(key->standard));
	good = set_value(c, key, text);
	assert(good);
	free(text);
}

static void
free_value(struct conf *c, const struct key *key)
{
	void *field = (char *)c + key->offset;
	char **text = field, ***list = field;
	size_t i;

	switch (key->type) {
	case TEXT:
	case WORD:
	case ADDRESS:
		free(*text);
		break;
	case HOSTS:
	case NETS:
		for (i = 0; (*list)[i] != NULL; i++)
			free((*list)[i]);
		free(*list);
		break;
	default:
		break;	/* a plain number */
	}
}

/* The default name, which clients see, is the host's. */
static void
set_name(struct conf *c)
{
	char host[CONF_HOST_TEXT + 1] = "";

	if (c->name[0] != '\0')
		return;
	if (gethostname(host, sizeof(host) - 1) == -1 || host[0] == '\0' ||
	    !utf8_is_valid(host, strlen(host)))
		set_text(&c->name, SPAN("mnm"));
	else
		set_text(&c->name, span_of(host));
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

static size_t
line_of(struct span text, const char *at)
{
	size_t line = 1;
	const char *p;

	for (p = text.p; p < at; p++)
		line += *p == '\n';
	return line;
}

/* As much of a piece of the file as an error shows. */
static struct span
shown(struct span text)
{
	size_t n = 0;

	while (n < text.n && n < SHOWN_MAX && text.p[n] != '\n')
		n++;
	return (struct span){ text.p, n };
}

/* Write "FILE:LINE: " and the formatted text to why; returns -1. */
__attribute__((format(printf, 3, 4)))
static int
refuse(struct reader *r, const char *at, const char *format, ...)
{
	va_list args;
	int n;

	n = snprintf(r->why, r->room, "%s:%zu: ", r->path,
	    line_of(r->text, at));
	if (n < 0 || (size_t)n >= r->room)
		return -1;
	va_start(args, format);
	(void)vsnprintf(r->why + n, r->room - (size_t)n, format, args);
	va_end(args);
	return -1;
}

/* At at, the file is no longer valid JSON. */
static int
refuse_syntax(struct reader *r, const char *at)
{
	const char *end = r->text.p + r->text.n;
	struct span rest;

	if (at == end) {
		while (at > r->text.p && is_space(at[-1]))
			at--;
		return refuse(r, at, "invalid JSON: the file ends too early");
	}
	if (*at == '\n' || *at == '\r')
		return refuse(r, at, "invalid JSON or UTF-8; perhaps "
		    "a string has no closing quote");
	rest = shown((struct span){ at, (size_t)(end - at) });
	return refuse(r, at, "invalid JSON or UTF-8; check commas, quotes "
	    "and brackets at or before: %.*s", (int)rest.n, rest.p);
}

/* A key's name with its group's, as in "listen.laddr". */
static void
full_name(char dst[NAME_ROOM], const char *group, struct span name)
{
	(void)snprintf(dst, NAME_ROOM, "%s%s%.*s", group,
	    group[0] != '\0' ? "." : "", (int)shown(name).n, name.p);
}

/* Text is not a valid value for key. */
static int
refuse_value(struct reader *r, const struct key *key, struct span text)
{
	const struct form *form = &forms[key->type];
	bool limited = key->max[0] != '\0';
	char name[NAME_ROOM];
	struct span given = shown(text);

	full_name(name, key->group, span_of(key->name));
	return refuse(r, text.p, "invalid value for \"%s\": %.*s; must be "
	    "%s%s%s%s%s", name, (int)given.n, given.p, form->wanted,
	    limited ? key->min : key->standard, limited ? " to " : "",
	    key->max, form->more);
}

static const struct key *
find_key(const char *group, struct span name)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].group, group) == 0 &&
		    span_is(span_of(keys[i].name), name))
			return &keys[i];
	}
	return NULL;
}

/* The text of the next value; the grammar has been checked. */
static struct span
next_value(const struct json *json)
{
	struct json probe = *json;
	const char *start = skip_space(json->p, json->end);

	json_skip(&probe);
	return (struct span){ start, (size_t)(probe.p - start) };
}

static bool
starts_as(struct span value, enum type type)
{
	return strchr(forms[type].starts, value.p[0]) != NULL;
}

/*
 * Store a string or a number.  A NUL in it is refused, as it would hide the
 * rest.
 */
static int
read_scalar(struct reader *r, const struct key *key)
{
	struct span value = next_value(&r->json), raw;
	struct buf *text = &r->value;

	text->n = 0;
	if (value.p[0] == '"') {
		raw = json_string(&r->json);
		text->n = json_text(buf_room(text, raw.n), raw);
	} else {
		json_skip(&r->json);
		buf_add(text, value);
	}
	buf_add_byte(text, '\0');
	if (strlen(text->p) == text->n - 1 &&
	    set_value(r->conf, key, text->p))
		return 0;
	return refuse_value(r, key, value);
}

static int
read_list(struct reader *r, const struct key *key)
{
	struct span item;
	uint64_t n;

	json_array(&r->json);
	for (n = 0; json_item(&r->json); n++) {
		item = next_value(&r->json);
		if (!starts_as(item, TEXT) || !in_range(key, n + 1))
			return refuse_value(r, key, item);
		if (read_scalar(r, key) == -1)
			return -1;
	}
	return 0;
}

/* The value of a key; a group is only entered. */
static int
read_value(struct reader *r, const struct key *key)
{
	struct span value = next_value(&r->json);

	if (!starts_as(value, key->type))
		return refuse_value(r, key, value);
	if (is_list(key->type))
		return read_list(r, key);
	if (key->type != GROUP)
		return read_scalar(r, key);
	json_object(&r->json);
	return 0;
}

/* Find the key that a name in a group means; it must be the first. */
static int
read_key(struct reader *r, const char *group, struct span name,
    const struct key **key)
{
	const char **seen;
	char full[NAME_ROOM];

	*key = find_key(group, name);
	full_name(full, group, name);
	if (*key == NULL)
		return refuse(r, name.p,
		    "unknown key \"%s\"; mnm.conf lists all keys", full);
	seen = &r->seen[*key - keys];
	if (*seen != NULL)
		return refuse(r, name.p, "duplicate key \"%s\", first in "
		    "line %zu", full, line_of(r->text, *seen));
	*seen = name.p;
	return 0;
}

/*
 * All members of the file's object and of its groups.  Groups do not nest, so
 * the end of an object is that of the current group, or of the file.
 */
static int
read_members(struct reader *r)
{
	const struct key *key;
	const char *group = "";
	struct span name;

	json_object(&r->json);
	for (;;) {
		if (!json_key(&r->json, &name)) {
			if (group[0] == '\0')
				return 0;
			group = "";
		} else if (name.n > 0 && name.p[0] == '#') {
			json_skip(&r->json);
		} else {
			if (read_key(r, group, name, &key) == -1 ||
			    read_value(r, key) == -1)
				return -1;
			if (key->type == GROUP)
				group = key->name;
		}
	}
}

/* A certificate needs its key, and a key its certificate. */
static int
check_pair(struct reader *r)
{
	const struct key *cert = find_key("listen", SPAN("certPath"));
	const struct key *key = find_key("listen", SPAN("keyPath"));
	bool has_cert = r->conf->listen_cert_path[0] != '\0';
	bool has_key = r->conf->listen_key_path[0] != '\0';

	if (has_cert == has_key)
		return 0;
	return refuse(r, r->seen[(has_cert ? cert : key) - keys],
	    "\"listen.%s\" needs \"listen.%s\"",
	    has_cert ? cert->name : key->name,
	    has_cert ? key->name : cert->name);
}

/* Check the grammar first: what is wrong after that is a key or a value. */
static int
read_file(struct reader *r, struct buf *text)
{
	const char *start;

	if (file_read(AT_FDCWD, r->path, FILE_BYTES_MAX, text) == -1)
		return say_why(r->why, r->room, "%s: %s", r->path,
		    strerror(errno));
	buf_add_byte(text, '\n');	/* so that it is never empty */
	r->text = buf_span(text);
	json_begin(&r->json, r->text);
	json_skip(&r->json);
	if (!json_done(&r->json))
		return refuse_syntax(r, r->json.p);
	json_begin(&r->json, r->text);
	start = skip_space(r->json.p, r->json.end);
	if (*start != '{')
		return refuse(r, start, "must be an object like {}");
	return read_members(r) == -1 ? -1 : check_pair(r);
}

/* Remember the line of each key. */
static void
set_lines(const struct reader *r)
{
	size_t i;

	r->conf->lines = xzalloc(KEYS * sizeof(r->conf->lines[0]));
	for (i = 0; i < KEYS; i++) {
		if (r->seen[i] != NULL)
			r->conf->lines[i] = (unsigned)line_of(r->text,
			    r->seen[i]);
	}
}

void
conf_default(struct conf *c)
{
	static const struct conf empty;
	size_t i;

	*c = empty;
	for (i = 0; i < KEYS; i++)
		set_standard(c, &keys[i]);
	set_name(c);
}

int
conf_read(struct conf *c, const char *path, char *why, size_t room)
{
	struct reader r = { .path = path, .conf = c, .why = why, .room = room };
	struct buf text = { NULL, 0, 0 };
	int result;

	conf_default(c);
	if (path == NULL)
		return 0;
	result = read_file(&r, &text);
	if (result == 0) {
		set_name(c);
		set_lines(&r);
	} else {
		conf_free(c);
	}
	buf_free(&r.value);
	buf_free(&text);
	return result;
}

void
conf_free(struct conf *c)
{
	static const struct conf empty;
	size_t i;

	for (i = 0; i < KEYS; i++)
		free_value(c, &keys[i]);
	free(c->lines);
	*c = empty;
}

unsigned
conf_line(const struct conf *c, const char *key)
{
	char name[NAME_ROOM];
	size_t i;

	for (i = 0; c->lines != NULL && i < KEYS; i++) {
		full_name(name, keys[i].group, span_of(keys[i].name));
		if (strcmp(name, key) == 0)
			return c->lines[i];
	}
	return 0;
}
