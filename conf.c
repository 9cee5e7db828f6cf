#include "conf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/subnet.h"
#include "base/typo.h"
#include "base/utf8.h"
#include "disk/file.h"
#include "json.h"

#define FILE_BYTES_MAX ((size_t)64 << 10)	/* mnm.conf is a tenth of it */
#define SHOWN_MAX  40	/* bytes of the file that an error repeats */
#define NAME_ROOM  64	/* "listen.certPath", or part of an unknown key */
#define STRING_MAX 1024	/* bytes of one in a list */
#define FAULT_ROOM 512	/* what is wrong in one place */

/*
 * Bytes that clients are shown of all providers: escaped, each may take six,
 * and they must fit in one header.
 */
#define AUTHBY_MAX 8192

/*
 * How a value is written, checked and stored.  A choice is stored as the
 * number of its word, in an enum of the same order.
 */
enum type {
	GROUP,		/* an object with keys of its own */
	OBJECTS,	/* struct conf_provider *, a list of such */
	LISTENERS,	/* struct conf_listener *, one or a list of such */
	TEXT,		/* char *, of min to max bytes */
	PATH,		/* likewise; in a file, relative to that file */
	CHOICE,		/* enum, one of several words */
	ADDRESS,	/* char *, "host:port", or for net unix a path */
	MODE,		/* unsigned, permissions of a file */
	HOSTS,		/* char **, NULL-terminated, at most max of them */
	NETS,		/* likewise, for subnet_parse */
	ORIGINS,	/* likewise, "scheme://host" or "scheme://host:port" */
	DOMAINS,	/* likewise, "host" or "*.domain" */
	CONTACT,	/* char *, a mailto: or https: URL, or empty */
	STRINGS,	/* likewise, of up to STRING_MAX bytes */
	FLAG,		/* bool */
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
[OBJECTS] = { "[", "a list of ", " objects" },
[LISTENERS] = { "[{", "an object, or a list of ", " objects" },
[TEXT]    = { "\"", "a string of ", " bytes, without NUL" },
[PATH]    = { "\"", "a string of ", " bytes, without NUL" },
[CHOICE]  = { "\"", "one of: ", "" },
[ADDRESS] = { "\"", "\"host:port\", \":port\" or \"[v6]:port\", like ", "" },
[MODE]    = { "\"", "three or four octal digits like ", "" },
[HOSTS]   = { "[", "a list of ", " entries, \"host\" or \"host:port\"" },
[NETS]    = { "[", "a list of ", " networks like \"10.0.0.0/8\"" },
[DOMAINS] = { "[", "a list of ", " entries like \"push.example.org\" or "
    "\"*.example.org\", in lower case" },
[ORIGINS] = { "[", "a list of ", " entries like "
    "\"https://chat.example.org\", without a path" },
[CONTACT] = { "\"", "\"mailto:...\" or \"https://...\" of ", " bytes, or "
    "empty" },
[STRINGS] = { "[", "a list of ", " strings of 1 to 1024 bytes" },
[FLAG]    = { "tf", "one of: ", "" },
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
	{ PATH,   "",   1 },
	{ HOSTS,  "",   1 },
	{ NETS,   "",   1 },
	{ ORIGINS, "",  1 },
	{ DOMAINS, "",  1 },
	{ CONTACT, "",  1 },
	{ STRINGS, "",  1 },
	{ OBJECTS, "",  1 },
	{ LISTENERS, "", 1 },
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
#define IN(field) offsetof(struct conf_provider, field)
#define OF(field) offsetof(struct conf_listener, field)

/*
 * All keys.  To add one, add a row here, the field in conf.h, and its
 * description in mnm.conf.  Limits and default are text as in the file; for a
 * CHOICE or FLAG, the default is all the words, that one first.
 */
static const struct key {
	const char *group;	/* "" outside of any */
	const char *name;
	enum type type;
	size_t offset;
	const char *min, *max;
	const char *standard;
} keys[] = {
{ "", "log",           CHOICE, AT(log),    "", "", "auto text syslog json" },
{ "", "log_level",     CHOICE, AT(log_level), "", "", "info warning error" },
{ "", "name",          TEXT,   AT(name),          "0",   "128",    "" },
{ "", "names",         STRINGS, AT(names),        "0",   "16",     "" },
{ "", "data",          PATH,   AT(data),          "1",   "1024",   "mnm-data" },
{ "", "user",          TEXT,   AT(user),          "0",   "64",     "" },
{ "", "ops",           CHOICE, AT(ops),           "", "",  "auto 2018 2020" },
{ "", "window",        COUNT,  AT(window),        "1",   "64",     "8" },
{ "", "window_max",    COUNT,  AT(window_max),    "1",   "256",    "64" },
{ "", "alias_min",     COUNT,  AT(alias_min),     "1",   "64",     "1" },
{ "", "register", CHOICE, AT(registration), "", "", "open invite closed" },
{ "", "register_from", NETS,   AT(register_from), "0",   "64",     "" },
{ "", "register_rate", COUNT,  AT(register_rate), "0",   "100000", "3" },
{ "", "users_max",     COUNT,  AT(users_max),     "0",   "1000000", "0" },
{ "", "auth",          COUNT,  AT(auth),          "0",   "2",      "0" },
{ "", "authby",        OBJECTS, AT(authby),       "0",   "26",     "" },
{ "", "auth_replaces_invitation", FLAG, AT(auth_replaces_invitation),
						  "",    "", "false true" },
{ "", "pings_per_day", COUNT,  AT(pings_per_day), "0",   "100000", "0" },
{ "", "failed_pings_in_a_row", COUNT, AT(failed_pings_in_a_row),
					          "0",   "100000", "0" },
{ "", "groups_max",    COUNT,  AT(groups_max),    "0",   "1000000", "1000" },
{ "", "web",           FLAG,   AT(web),           "",    "",  "true false" },
{ "", "web_origins",   ORIGINS, AT(web_origins),  "0",   "64",     "" },
{ "", "links_max",     COUNT,  AT(links_max),     "1",   "100000", "5000" },
{ "", "login_timeout", TIME,   AT(login_timeout), "1s",  "1h",     "10s" },
{ "", "pulse_timeout", TIME,   AT(pulse_timeout), "1s",  "1d",     "150s" },
{ "", "resend_time",   TIME,   AT(resend_time),   "0",   "30d",    "7d" },
{ "", "message_max",   BYTES, AT(message_max),   "1K",  "4095M",  "64M" },
{ "", "journal_size",  BYTES, AT(journal_size),  "16M", "64G",    "64M" },
{ "", "queue_max",     BYTES, AT(queue_max),     "64K", "1024G",  "1G" },
{ "", "queue_messages_max", COUNT, AT(queue_messages_max),
					          "1",  "10000000", "500000" },
{ "", "member_max",    BYTES, AT(member_max),    "64K", "1024G",  "4G" },
{ "", "moderate_days", COUNT, AT(moderate_days), "1",  "3650",   "30" },
{ "", "expire_days",   COUNT,  AT(expire_days),   "0",   "36500",  "0" },
{ "", "disk_min",      BYTES, AT(disk_min),      "0",   "1024G",  "0" },
{ "", "confine",       FLAG,   AT(confine),       "",    "",  "true false" },
{ "", "push_contact",  CONTACT, AT(push_contact), "0",   "256",    "" },
{ "", "push_hosts",    DOMAINS, AT(push_hosts),   "0",   "16",     "" },
{ "", "listen",        LISTENERS, AT(listen),     "1",   "16",     "" },
{ "", "proxy_from",    NETS,   AT(proxy_from),    "0",   "64",     "" },
{ "", "ntp",           GROUP,  0,                 "",    "",       "{}" },
{ "listen", "net",      CHOICE, OF(net),   "", "", "tcp tcp4 tcp6 unix" },
{ "listen", "laddr",    ADDRESS, OF(laddr),   "",  "", "127.0.0.1:3456" },
{ "listen", "mode",     MODE,    OF(mode),         "",  "",     "0660" },
{ "listen", "group",    TEXT,    OF(group),        "0", "64",   "" },
{ "listen", "certPath", PATH,    OF(cert_path),    "0", "1024", "" },
{ "listen", "keyPath",  PATH,    OF(key_path),     "0", "1024", "" },
{ "listen", "tls",      FLAG,    OF(tls),          "",  "",   "true false" },
{ "listen", "http",     FLAG,    OF(http),         "",  "",   "true false" },
{ "listen", "ca",       FLAG,    OF(ca),           "",  "",   "false true" },
{ "listen", "proxy",    FLAG,    OF(proxy),        "",  "",   "false true" },
{ "ntp",    "hosts",    HOSTS,   AT(ntp_hosts),        "0", "16",   "" },
{ "ntp",    "retries",  COUNT,   AT(ntp_retries),      "0", "10",   "2" },
{ "authby", "label",    TEXT,    IN(label),            "0", "64",   "" },
{ "authby", "login",    STRINGS, IN(login),            "1", "16",   "" },
{ "authby", "token",    STRINGS, IN(token),            "1", "16",   "" },
{ "authby", "std",      STRINGS, IN(std),              "0", "16",   "" },
{ "authby", "keys",     PATH,    IN(keys),             "0", "1024", "" },
{ "authby", "iss",      TEXT,    IN(iss),              "0", "1024", "" },
{ "authby", "aud",      TEXT,    IN(aud),              "0", "1024", "" },
{ "authby", "many",     FLAG,    IN(many),        "",    "", "false true" }
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* The file while it is being read. */
struct reader {
	const char *path;
	struct span dir;	/* what paths are relative to: "" or "a/b/" */
	bool is_relative;	/* data was a relative path */
	struct span text;
	struct json json;
	struct conf *conf;
	const char *seen[KEYS];	/* where in text each key stands, or NULL */
	struct buf value;	/* the value under way, decoded, with a NUL */
	struct buf *faults;	/* a line for each, or NULL */
	size_t fault_count;
	char *why;		/* the first */
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

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A name, or all names below one; not an address. */
static bool
is_domain(const char *text)
{
	const char *label = strncmp(text, "*.", 2) == 0 ? text + 2 : text;
	size_t n;

	if (strlen(text) > CONF_HOST_TEXT)
		return false;
	for (;; label += n + 1) {
		n = strspn(label, LOWER DIGITS "-");
		if (n == 0 || (label[n] != '\0' && label[n] != '.'))
			return false;
		if (label[n] == '\0')
			return strchr(LOWER, label[0]) != NULL;
	}
}

/* What a browser may call the page that connects (RFC 6454, 6.2). */
static bool
is_origin(const char *text)
{
	size_t scheme = strspn(text, LOWER DIGITS "+-."), n;
	const char *host = text + scheme + 3;
	struct conf_address address;

	if (scheme == 0 || strncmp(text + scheme, "://", 3) != 0)
		return false;
	n = strspn(host, LOWER UPPER DIGITS "-._:[]");
	return n > 0 && host[n] == '\0' && host[n - 1] != ':' &&
	    conf_split_address(host, &address) && address.host[0] != '\0' &&
	    (host[0] == '[') == (strchr(address.host, ':') != NULL);
}

/* It is copied into a token, where only these need no escape. */
static bool
is_contact(const char *text)
{
	const char *p;

	for (p = text; *p > ' ' && *p < 0x7f && *p != '"' && *p != '\\'; p++)
		continue;
	return *p == '\0' && (*text == '\0' ||
	    (strncmp(text, "mailto:", 7) == 0 && text[7] != '\0') ||
	    (strncmp(text, "https://", 8) == 0 && text[8] != '\0'));
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

/* Permissions, in octal. */
static bool
read_mode(const char *text, unsigned *mode)
{
	size_t n = strlen(text);

	if (n < 3 || n > 4 || strspn(text, "01234567") != n)
		return false;
	*mode = (unsigned)strtoul(text, NULL, 8);
	return *mode <= 0777;
}

/*
 * Check text and make it the key's value in base, a struct conf or that of an
 * object in a list; of a list, its next element.  Whether an address has the
 * form that its net needs is checked by check_listener.
 */
static bool
set_value(void *base, const struct key *key, const char *text)
{
	void *field = (char *)base + key->offset;
	struct span span = span_of(text);
	struct conf_address address;
	struct subnet net;
	unsigned word;
	bool good = false, *flag = field;

	switch (key->type) {
	case GROUP:
	case OBJECTS:
	case LISTENERS:
		return false;
	case MODE:
		return read_mode(text, field);
	case COUNT:
	case TIME:
	case BYTES:
		return set_number(field, key, text);
	case CHOICE:
		good = read_word(key->standard, text, &word);
		memcpy(field, &word, sizeof(word));
		return good;
	case FLAG:
		good = read_word(key->standard, text, &word);
		*flag = strcmp(text, "true") == 0;
		return good;
	case STRINGS:
		good = span.n > 0 && span.n <= STRING_MAX;
		if (good)
			add_text(field, span);
		return good;
	case DOMAINS:
	case ORIGINS:
		good = key->type == DOMAINS ? is_domain(text) : is_origin(text);
		if (good)
			add_text(field, span);
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
	case PATH:
		good = in_range(key, span.n);
		break;
	case CONTACT:
		good = in_range(key, span.n) && is_contact(text);
		break;
	case ADDRESS:
		good = true;
	}
	if (good)
		set_text(field, span);
	return good;
}

static bool
is_list(enum type type)
{
	return type == HOSTS || type == NETS || type == DOMAINS ||
	    type == ORIGINS || type == STRINGS;
}

static bool
is_of_objects(enum type type)
{
	return type == OBJECTS || type == LISTENERS;
}

static void
set_standard(void *base, const struct key *key)
{
	void *field = (char *)base + key->offset;
	char ***list = field, *text;
	bool good;

	if (key->type == GROUP || is_of_objects(key->type))
		return;
	if (is_list(key->type)) {
		*list = xzalloc(sizeof(**list));
		return;
	}
	text = xcopy(first_word(key->standard));
	good = set_value(base, key, text);
	assert(good);
	free(text);
}

static void
free_value(void *base, const struct key *key)
{
	void *field = (char *)base + key->offset;
	char **text = field, ***list = field;
	size_t i;

	switch (key->type) {
	case TEXT:
	case PATH:
	case CONTACT:
	case ADDRESS:
		free(*text);
		break;
	case HOSTS:
	case NETS:
	case DOMAINS:
	case ORIGINS:
	case STRINGS:
		for (i = 0; (*list)[i] != NULL; i++)
			free((*list)[i]);
		free(*list);
		break;
	default:
		break;	/* a plain number */
	}
}

/* Whether it is a key of the objects in that list, or of none if that is "". */
static bool
is_in_list(const struct key *key, const char *list)
{
	if (strcmp(key->group, "authby") == 0 ||
	    strcmp(key->group, "listen") == 0)
		return strcmp(key->group, list) == 0;
	return list[0] == '\0';
}

/* Do something with all values of an object in that list, or of the conf. */
static void
for_all(void (*what)(void *, const struct key *), void *base, const char *list)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (is_in_list(&keys[i], list))
			what(base, &keys[i]);
	}
}

/* Another one, with the defaults. */
static struct conf_provider *
add_provider(struct conf *c)
{
	struct conf_provider *provider;

	c->authby = xgrow(c->authby, c->authby_count, sizeof(*provider));
	provider = &c->authby[c->authby_count++];
	*provider = (struct conf_provider){ .many = false };
	for_all(set_standard, provider, "authby");
	return provider;
}

static struct conf_listener *
add_listener(struct conf *c)
{
	struct conf_listener *listener;

	c->listen = xgrow(c->listen, c->listen_count, sizeof(*listener));
	listener = &c->listen[c->listen_count++];
	*listener = (struct conf_listener){ .lines = NULL };
	for_all(set_standard, listener, "listen");
	return listener;
}

void
conf_listen_nowhere(struct conf *c)
{
	size_t i;

	for (i = 0; i < c->listen_count; i++) {
		for_all(free_value, &c->listen[i], "listen");
		free(c->listen[i].lines);
	}
	free(c->listen);
	c->listen = NULL;
	c->listen_count = 0;
}

/* Make a path relative to dir, which ends with a slash, or is empty. */
static void
set_below(char **path, struct span dir)
{
	struct buf whole = { NULL, 0, 0 };

	if ((*path)[0] == '\0' || (*path)[0] == '/' || dir.n == 0)
		return;
	buf_add(&whole, dir);
	buf_add(&whole, span_of(*path));
	set_text(path, buf_span(&whole));
	buf_free(&whole);
}

/* The same for all paths of base, an object in that list or the conf. */
static void
set_all_below(void *base, const char *list, struct span dir)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (keys[i].type == PATH && is_in_list(&keys[i], list))
			set_below((char **)(void *)((char *)base +
			    keys[i].offset), dir);
	}
}

static void
set_paths(struct conf *c, struct span dir)
{
	size_t i;

	set_all_below(c, "", dir);
	for (i = 0; i < c->authby_count; i++)
		set_all_below(&c->authby[i], "authby", dir);
	for (i = 0; i < c->listen_count; i++)
		set_all_below(&c->listen[i], "listen", dir);
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

static const char *
line_start(struct span text, unsigned line)
{
	const char *p = text.p;

	while (--line > 0)
		p = strchr(p, '\n') + 1;
	return p;
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

/* Note what is wrong: "FILE:LINE: " and the formatted text; returns -1. */
__attribute__((format(printf, 3, 4)))
static int
refuse(struct reader *r, const char *at, const char *format, ...)
{
	char text[FAULT_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (r->fault_count++ == 0)
		(void)snprintf(r->why, r->room, "%s:%zu: %s", r->path,
		    line_of(r->text, at), text);
	if (r->faults != NULL)
		buf_addf(r->faults, "%s:%zu: %s\n", r->path,
		    line_of(r->text, at), text);
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

/* Whether text would be valid with quotes, or without those that it has. */
static bool
is_misquoted(const struct key *key, struct span text)
{
	bool quoted = text.p[0] == '"' && text.n > 2;
	char plain[SHOWN_MAX + 1];
	uint64_t number;
	unsigned word;

	if (quoted)
		text = (struct span){ text.p + 1, text.n - 2 };
	if (text.n >= sizeof(plain))
		return false;
	(void)snprintf(plain, sizeof(plain), "%.*s", (int)text.n, text.p);
	if (quoted ? key->type == FLAG : key->type == CHOICE)
		return read_word(key->standard, plain, &word);
	return quoted && key->type == COUNT &&
	    read_number(COUNT, plain, &number) && in_range(key, number);
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
	if (is_misquoted(key, text) && text.p[0] == '"')
		return refuse(r, text.p, "invalid value for \"%s\": %.*s; "
		    "must be without quotes: %.*s", name, (int)text.n, text.p,
		    (int)text.n - 2, text.p + 1);
	if (is_misquoted(key, text))
		return refuse(r, text.p, "invalid value for \"%s\": %.*s; "
		    "must be in quotes: \"%.*s\"", name, (int)text.n, text.p,
		    (int)text.n, text.p);
	return refuse(r, text.p, "invalid value for \"%s\": %.*s; must be "
	    "%s%s%s%s%s", name, (int)given.n, given.p, form->wanted,
	    limited ? key->min : key->standard, limited ? " to " : "",
	    key->max, form->more);
}

/* certPath is cert_path: a letter after '_', or a capital. */
static bool
is_spelled(const char *key, struct span name)
{
	size_t i = 0;

	for (; *key != '\0' && i < name.n; key++, i++) {
		if (*key == '_' && key[1] >= 'a' && key[1] <= 'z' &&
		    name.p[i] == key[1] + ('A' - 'a'))
			key++;
		else if (*key >= 'A' && *key <= 'Z' && i + 1 < name.n &&
		    name.p[i] == '_' && name.p[i + 1] == *key + ('a' - 'A'))
			i++;
		else if (*key != name.p[i])
			return false;
	}
	return *key == '\0' && i == name.n;
}

static const struct key *
find_key(const char *group, struct span name)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].group, group) == 0 &&
		    is_spelled(keys[i].name, name))
			return &keys[i];
	}
	return NULL;
}

/* For typo_meant: the name of the key i of a group. */
static const char *
name_in_group(const void *group, size_t i)
{
	const struct key *key = keys;

	for (; key < keys + KEYS; key++)
		if (strcmp(key->group, group) == 0 && i-- == 0)
			return key->name;
	return NULL;
}

/* What was probably meant: this key elsewhere, or one like it. */
static const struct key *
find_meant(const char *group, struct span name)
{
	char word[NAME_ROOM];
	const char *meant;
	const struct key *key;

	if (name.n >= sizeof(word))
		return NULL;
	(void)snprintf(word, sizeof(word), "%.*s", (int)name.n, name.p);
	for (key = keys; key < keys + KEYS; key++)
		if (is_spelled(key->name, name))
			return key;
	meant = typo_meant(word, name_in_group, group);
	return meant == NULL ? NULL : find_key(group, span_of(meant));
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
read_scalar(struct reader *r, const struct key *key, void *base)
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
	    set_value(base, key, text->p))
		return 0;
	return refuse_value(r, key, value);
}

static int
read_list(struct reader *r, const struct key *key, void *base)
{
	struct span all = next_value(&r->json), item;
	uint64_t n;

	json_array(&r->json);
	for (n = 0; json_item(&r->json); n++) {
		item = next_value(&r->json);
		if (!starts_as(item, TEXT) || !in_range(key, n + 1))
			return refuse_value(r, key, item);
		if (read_scalar(r, key, base) == -1)
			return -1;
	}
	return in_range(key, n) ? 0 : refuse_value(r, key, all);
}

/* Find the key that a name in a group means; it must be the first. */
static int
read_key(struct reader *r, const char *group, struct span name,
    const struct key **key)
{
	const struct key *meant;
	const char **seen;
	char full[NAME_ROOM], other[NAME_ROOM];

	*key = find_key(group, name);
	full_name(full, group, name);
	if (*key == NULL) {
		meant = find_meant(group, name);
		if (meant == NULL)
			return refuse(r, name.p, "unknown key \"%s\"; "
			    "mnm.conf lists all keys", full);
		full_name(other, meant->group, span_of(meant->name));
		return refuse(r, name.p,
		    "unknown key \"%s\"; did you mean \"%s\"?", full, other);
	}
	seen = &r->seen[*key - keys];
	if (*seen != NULL)
		return refuse(r, name.p, "duplicate key \"%s\", first in "
		    "line %zu", full, line_of(r->text, *seen));
	*seen = name.p;
	return 0;
}

static int read_members(struct reader *, const char *group, void *base);

/* Whether the provider needs this key, and has no value for it. */
static bool
is_missing(const struct conf_provider *provider, const struct key *key)
{
	const void *field = (const char *)provider + key->offset;
	char *const *text = field, *const *const *list = field;

	if (key->type == TEXT || key->type == PATH)
		return (*text)[0] == '\0';
	return is_list(key->type) && key->offset != IN(std) &&
	    (*list)[0] == NULL;
}

/* The first object may be empty. */
static int
check_provider(struct reader *r, struct span object)
{
	const struct conf *c = r->conf;
	const struct key *missing = NULL;
	bool empty = true;
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (!is_in_list(&keys[i], "authby"))
			continue;
		empty = empty && r->seen[i] == NULL;
		if (missing == NULL &&
		    is_missing(&c->authby[c->authby_count - 1], &keys[i]))
			missing = &keys[i];
	}
	if (missing == NULL || (empty && c->authby_count == 1))
		return 0;
	return refuse(r, object.p, "this object of \"authby\" has no \"%s\"",
	    missing->name);
}

/* Remember the line of each key, or the one of at. */
static unsigned *
lines_of(const struct reader *r, const char *at)
{
	unsigned *lines = xzalloc(KEYS * sizeof(lines[0]));
	const char *seen;
	size_t i;

	for (i = 0; i < KEYS; i++) {
		seen = r->seen[i] != NULL ? r->seen[i] : at;
		if (seen != NULL)
			lines[i] = (unsigned)line_of(r->text, seen);
	}
	return lines;
}

bool
conf_is_local(const struct conf_listener *l)
{
	struct conf_address address;
	struct subnet net;

	return l->net == CONF_UNIX ||
	    (conf_split_address(l->laddr, &address) &&
	    (strcmp(address.host, "localhost") == 0 ||
	    (subnet_parse(&net, address.host) && subnet_is_loopback(&net))));
}

/* Where the file gives a key of the object that is being read, or NULL. */
static const char *
seen_in_listen(const struct reader *r, const char *name)
{
	return r->seen[find_key("listen", span_of(name)) - keys];
}

/* A certificate needs its key, and a key its certificate. */
static int
check_pair(struct reader *r, const struct conf_listener *l)
{
	bool has_cert = l->cert_path[0] != '\0';
	bool has_key = l->key_path[0] != '\0';
	const char *given = has_cert ? "certPath" : "keyPath";

	if (has_cert != has_key)
		return refuse(r, seen_in_listen(r, given),
		    "\"listen.%s\" needs \"listen.%s\"", given,
		    has_cert ? "keyPath" : "certPath");
	if (has_cert && !l->tls)
		return refuse(r, seen_in_listen(r, given),
		    "\"listen.%s\": %s is not used with \"%s", given,
		    l->cert_path, l->ca ? "ca\": true" : "tls\": false");
	return 0;
}

/* Its address has the form that its net needs, and no other has it. */
static int
check_laddr(struct reader *r, struct conf_listener *l, struct span object)
{
	const char *at = seen_in_listen(r, "laddr");
	size_t n = strlen(l->laddr);
	struct conf_address address;
	const struct conf_listener *other;

	if (l->net == CONF_UNIX && at == NULL)
		return refuse(r, object.p, "\"listen.net\": \"unix\" needs "
		    "\"listen.laddr\", the path of the socket");
	if (at == NULL)
		at = object.p;
	if (l->net == CONF_UNIX) {
		set_below(&l->laddr, r->dir);
		n = strlen(l->laddr);
	}
	if (l->net == CONF_UNIX && (n == 0 || n > CONF_PATH_MAX))
		return refuse(r, at, "invalid value for \"listen.laddr\": "
		    "\"%.*s\"; must be a path of 1 to %d bytes, as "
		    "\"listen.net\" is \"unix\"", SHOWN_MAX, l->laddr,
		    CONF_PATH_MAX);
	if (l->net != CONF_UNIX && (!conf_split_address(l->laddr, &address) ||
	    address.port[0] == '\0'))
		return refuse(r, at, "invalid value for \"listen.laddr\": "
		    "\"%.*s\"; must be %s127.0.0.1:3456", SHOWN_MAX, l->laddr,
		    forms[ADDRESS].wanted);
	for (other = r->conf->listen; other < l; other++) {
		if ((other->net == CONF_UNIX) == (l->net == CONF_UNIX) &&
		    (other->net == l->net || l->net == CONF_TCP ||
		    other->net == CONF_TCP) &&
		    strcmp(other->laddr, l->laddr) == 0)
			return refuse(r, at, "\"listen.laddr\": %s is used "
			    "by two objects of \"listen\"", l->laddr);
	}
	return 0;
}

static int
check_listener(struct reader *r, struct span object)
{
	static const char *const only_unix[] = { "mode", "group" };
	const struct conf *c = r->conf;
	struct conf_listener *l = &c->listen[c->listen_count - 1];
	const char *at;
	size_t i;

	if (check_laddr(r, l, object) == -1)
		return -1;
	for (i = 0; i < 2; i++) {
		at = seen_in_listen(r, only_unix[i]);
		if (l->net != CONF_UNIX && at != NULL)
			return refuse(r, at, "\"listen.%s\" needs "
			    "\"listen.net\": \"unix\"", only_unix[i]);
	}
	if (l->ca)
		l->tls = false;
	else if (!l->tls && !conf_is_local(l))
		return refuse(r, seen_in_listen(r, "tls"), "invalid value for "
		    "\"listen.tls\": false; %s can be reached from other "
		    "machines: without TLS, it must be a Unix socket or a "
		    "loopback address like 127.0.0.1:3456", l->laddr);
	return check_pair(r, l);
}

/* At one of them, at least, clients must be served. */
static int
check_doors(struct reader *r)
{
	const struct conf *c = r->conf;
	const struct conf_listener *l;

	for (l = c->listen; l < c->listen + c->listen_count; l++) {
		if (!l->ca)
			return 0;
	}
	return c->listen_count == 0 ? 0 : refuse(r, line_start(r->text,
	    conf_listener_line(c->listen, "listen.ca")), "\"listen.ca\": true "
	    "serves the authority's certificate alone: without another object "
	    "of \"listen\", nobody can connect");
}

/* Somebody must be allowed to send a PROXY header, if it is needed. */
static int
check_proxies(struct reader *r)
{
	const struct conf *c = r->conf;
	const struct conf_listener *l;

	for (l = c->listen; l < c->listen + c->listen_count; l++) {
		if (!l->proxy || l->net == CONF_UNIX ||
		    c->proxy_from[0] != NULL)
			continue;
		return refuse(r, line_start(r->text,
		    conf_listener_line(l, "listen.proxy")),
		    "\"listen.proxy\": true needs the addresses of proxies in "
		    "\"proxy_from\", as %s is no Unix socket", l->laddr);
	}
	return 0;
}

/* An object in the list that is key's value. */
static int
read_object(struct reader *r, const struct key *key, struct span object)
{
	struct conf *c = r->conf;
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (is_in_list(&keys[i], key->name))
			r->seen[i] = NULL;
	}
	if (key->type == OBJECTS)
		return read_members(r, key->name, add_provider(c)) == -1 ?
		    -1 : check_provider(r, object);
	if (read_members(r, key->name, add_listener(c)) == -1 ||
	    check_listener(r, object) == -1)
		return -1;
	c->listen[c->listen_count - 1].lines = lines_of(r, object.p);
	return 0;
}

/* One of LISTENERS may stand without the list. */
static int
read_objects(struct reader *r, const struct key *key)
{
	struct span all = next_value(&r->json), item;
	uint64_t n;
	int result = 0;

	if (key->type == LISTENERS)
		conf_listen_nowhere(r->conf);	/* the default */
	if (all.p[0] == '{')
		return read_object(r, key, all);
	json_array(&r->json);
	for (n = 0; json_item(&r->json); n++) {
		item = next_value(&r->json);
		if (!starts_as(item, GROUP) || !in_range(key, n + 1))
			return refuse_value(r, key, item);
		if (read_object(r, key, item) == -1) {
			result = -1;
			r->json.p = item.p + item.n;
		}
	}
	if (result == -1)
		return -1;
	return in_range(key, n) ? 0 : refuse_value(r, key, all);
}

/* The value of a key, for base. */
static int
read_value(struct reader *r, const struct key *key, void *base)
{
	struct span value = next_value(&r->json);

	if (!starts_as(value, key->type))
		return refuse_value(r, key, value);
	if (is_list(key->type))
		return read_list(r, key, base);
	if (is_of_objects(key->type))
		return read_objects(r, key);
	if (key->type == GROUP)
		return read_members(r, key->name, base);
	return read_scalar(r, key, base);
}

/*
 * The members of an object: the file's, or that of a group.  A wrong one is
 * passed over, so that all that is wrong is found.
 */
static int
read_members(struct reader *r, const char *group, void *base)
{
	const struct key *key;
	struct span name;
	struct json next;
	int result = 0;

	json_object(&r->json);
	while (json_key(&r->json, &name)) {
		next = r->json;
		json_skip(&next);
		if (name.n > 0 && name.p[0] == '#') {
			r->json = next;
		} else if (read_key(r, group, name, &key) == -1 ||
		    read_value(r, key, base) == -1) {
			result = -1;
			r->json = next;
		}
	}
	return result;
}

static size_t
length_of(char *const *list)
{
	size_t n = 0;

	for (; *list != NULL; list++)
		n += strlen(*list) + 1;
	return n;
}

/* Somebody must be able to vouch for people, if it is asked for. */
static int
check_auth(struct reader *r)
{
	const struct conf *c = r->conf;
	const struct conf_provider *p;
	size_t length = 0, usable = 0, i;

	for (i = 0; i < c->authby_count; i++) {
		p = &c->authby[i];
		usable += p->iss[0] != '\0';
		length += strlen(p->label) + length_of(p->login) +
		    length_of(p->token) + 2 * length_of(p->std);
	}
	if (c->auth > 0 && usable == 0)
		return refuse(r, r->seen[find_key("", SPAN("auth")) - keys],
		    "\"auth\" needs a provider in \"authby\"");
	if (length > AUTHBY_MAX)
		return refuse(r, r->seen[find_key("", SPAN("authby")) - keys],
		    "\"authby\" is too long: labels, URLs and parameters are "
		    "%zu bytes, but at most %d are allowed (std counts twice)",
		    length, AUTHBY_MAX);
	return 0;
}

/* Check the grammar first: what is wrong after that is a key or a value. */
static int
read_text(struct reader *r)
{
	const char *start;

	if (r->text.n > 2 && (memcmp(r->text.p, "\xff\xfe", 2) == 0 ||
	    memcmp(r->text.p, "\xfe\xff", 2) == 0))
		return say_why(r->why, r->room, "%s: it is UTF-16: save it as "
		    "UTF-8", r->path);
	/* A byte order mark, as editors on Windows write it. */
	if (r->text.n > 3 && memcmp(r->text.p, "\xef\xbb\xbf", 3) == 0)
		r->text = (struct span){ r->text.p + 3, r->text.n - 3 };
	json_begin(&r->json, r->text);
	json_skip(&r->json);
	if (!json_done(&r->json))
		return refuse_syntax(r, r->json.p);
	json_begin(&r->json, r->text);
	start = skip_space(r->json.p, r->json.end);
	if (*start != '{')
		return refuse(r, start, "must be an object like {}");
	if (read_members(r, "", r->conf) == -1 || check_doors(r) == -1 ||
	    check_proxies(r) == -1)
		return -1;
	return check_auth(r);
}

void
conf_default(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	for_all(set_standard, c, "");
	(void)add_listener(c);
	set_name(c);
}

/* Paths in the text are relative to dir. */
static int
parse(struct conf *c, struct span text, struct span dir, struct reader *r)
{
	struct buf copy = { NULL, 0, 0 };
	int result;

	conf_default(c);
	r->conf = c;
	r->dir = dir;
	buf_add(&copy, text);
	buf_add_byte(&copy, '\n');	/* so that it is never empty */
	r->text = buf_span(&copy);
	result = read_text(r);
	if (result == 0) {
		set_name(c);
		r->is_relative = c->data[0] != '/';
		set_paths(c, dir);
		c->lines = lines_of(r, NULL);
	} else {
		conf_free(c);
	}
	buf_free(&r->value);
	buf_free(&copy);
	return result;
}

int
conf_parse(struct conf *c, struct span text, const char *path, char *why,
    size_t room)
{
	struct reader r = { .path = path, .why = why, .room = room };

	return parse(c, text, SPAN(""), &r);
}

/*
 * Earlier versions took the data directory from the working directory.  A relay
 * that is upgraded must not start with an empty one.
 */
static int
check_moved(struct reader *r, struct conf *c, struct span dir)
{
	const char *given = c->data + dir.n;

	if (!r->is_relative || dir.n == 0 || access(c->data, F_OK) == 0 ||
	    access(given, F_OK) == -1)
		return 0;
	(void)say_why(r->why, r->room, "%s: \"data\": paths are relative to "
	    "this file, where there is no %s; if the one in the working "
	    "directory is meant, give its whole path", r->path, given);
	conf_free(c);
	return -1;
}

/* From the root of the file system. */
static char *
whole_path(const char *path)
{
	struct buf whole = { NULL, 0, 0 };
	char here[PATH_MAX];

	if (path[0] != '/' && getcwd(here, sizeof(here)) != NULL)
		buf_addf(&whole, "%s/", here);
	buf_addf(&whole, "%s", path);
	buf_add_byte(&whole, '\0');
	return whole.p;
}

static int
read_file(struct reader *r, struct conf *c)
{
	struct buf text = { NULL, 0, 0 };
	struct span dir = { r->path, 0 };
	int result;

	if (strrchr(r->path, '/') != NULL)
		dir.n = (size_t)(strrchr(r->path, '/') + 1 - r->path);
	if (file_read(AT_FDCWD, r->path, FILE_BYTES_MAX, &text) == -1)
		result = say_why(r->why, r->room, "%s: %s%s", r->path,
		    strerror(errno), errno == EACCES ? ": run this as root or "
		    "as the relay's user" : "");
	else
		result = parse(c, buf_span(&text), dir, r);
	buf_free(&text);
	if (result == 0)
		result = check_moved(r, c, dir);
	if (result == 0)
		c->path = whole_path(r->path);
	return result;
}

int
conf_read(struct conf *c, const char *path, char *why, size_t room)
{
	struct reader r = { .path = path, .why = why, .room = room };
	size_t n;

	if (path == NULL) {
		conf_default(c);
		return 0;
	}
	if (read_file(&r, c) == 0)
		return 0;
	n = strlen(why);
	if (r.fault_count > 1)
		(void)snprintf(why + n, room - n, " (mnm check shows %zu more)",
		    r.fault_count - 1);
	return -1;
}

int
conf_check(struct conf *c, const char *path, struct buf *faults)
{
	char why[FAULT_ROOM];
	struct reader r = { .path = path, .why = why, .room = sizeof(why),
	    .faults = faults };

	if (path == NULL) {
		conf_default(c);
		return 0;
	}
	if (read_file(&r, c) == 0)
		return 0;
	if (r.fault_count == 0)
		buf_addf(faults, "%s\n", why);
	return -1;
}

void
conf_free(struct conf *c)
{
	size_t i;

	if (c->data == NULL)
		return;		/* it was freed, or never read */
	for_all(free_value, c, "");
	for (i = 0; i < c->authby_count; i++)
		for_all(free_value, &c->authby[i], "authby");
	conf_listen_nowhere(c);
	free(c->authby);
	free(c->lines);
	free(c->path);
	memset(c, 0, sizeof(*c));
}

static unsigned
find_line(const unsigned *lines, const char *key)
{
	char name[NAME_ROOM];
	size_t i;

	for (i = 0; lines != NULL && i < KEYS; i++) {
		full_name(name, keys[i].group, span_of(keys[i].name));
		if (strcmp(name, key) == 0)
			return lines[i];
	}
	return 0;
}

unsigned
conf_line(const struct conf *c, const char *key)
{
	return find_line(c->lines, key);
}

unsigned
conf_listener_line(const struct conf_listener *l, const char *key)
{
	return find_line(l->lines, key);
}
