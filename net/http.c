#include "net/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "conf.h"
#include "net/websocket.h"

#define HEAD_MAX    8192	/* bytes of a request line and its fields */
#define FIELDS_MAX  100
#define HOST_MAX    261		/* a name of the DNS, a colon, a port */

/* Received while answers wait to be sent: then no more is read. */
#define IN_MAX ((size_t)16 << 10)

/*
 * A head of a request.  Fields that are not given have a NULL p; none of these
 * may be given twice.  Lists may: they are read where they are needed.
 */
struct head {
	struct span method, path;
	bool is_old;		/* HTTP/1.0 */
	struct span authority;	/* of a target that is a whole URL */
	struct span lines;	/* all fields */
	struct span host, origin, length, encoding;
	struct span key, version;	/* Sec-WebSocket-... */
};

#define AT(field) offsetof(struct head, field)

static const struct field {
	const char *name;
	size_t offset;
} fields[] = {
	{ "host",                  AT(host) },
	{ "origin",                AT(origin) },
	{ "content-length",        AT(length) },
	{ "transfer-encoding",     AT(encoding) },
	{ "sec-websocket-key",     AT(key) },
	{ "sec-websocket-version", AT(version) }
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* What is answered by the relay itself. */
static const struct asking {
	const char *path;
	enum http_ask ask;
	unsigned needs;		/* a set of flags */
} questions[] = {
	{ "/health",  HTTP_HEALTH,  0 },
	{ "/metrics", HTTP_METRICS, HTTP_LOCAL },
	{ "/ca",      HTTP_CA_CERT, 0 },
	{ "/ca.html", HTTP_CA_PAGE, 0 },
	{ "/",        HTTP_CA_PAGE, HTTP_CA }
};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static const struct outcome {
	unsigned code;
	const char *phrase;
	const char *text;	/* for people */
} statuses[] = {
	{ 101, "Switching Protocols", "" },
	{ 200, "OK", "" },
	{ 204, "No Content", "" },
	{ 304, "Not Modified", "" },
	{ 400, "Bad Request", "The request is malformed.\n" },
	{ 403, "Forbidden", "This Origin may not connect: see web_origins in "
	    "mnm.conf(5).\n" },
	{ 404, "Not Found", "There is nothing here.\n" },
	{ 405, "Method Not Allowed", "Only GET, HEAD and OPTIONS.\n" },
	{ 406, "Not Acceptable", "The page is only there with "
	    "Accept-Encoding: gzip.\n" },
	{ 413, "Content Too Large", "No request may have a body.\n" },
	{ 414, "URI Too Long", "The request line is too long.\n" },
	{ 426, "Upgrade Required", "Here is WebSocket, version 13.\n" },
	{ 431, "Request Header Fields Too Large",
	    "The header fields are too long.\n" },
	{ 503, "Service Unavailable", "" },
	{ 505, "HTTP Version Not Supported", "Only HTTP/1.\n" }
};

#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

static const char plain[] = "text/plain; charset=utf-8";

/* ---- text ---- */

static bool
is_same(struct span a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

static bool
is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (!is_token_char(text.p[i]))
			return false;
	}
	return text.n > 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
trim(struct span text)
{
	while (text.n > 0 && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

/* Cut the text up to a separator, or all of it, from the front of rest. */
static struct span
cut(struct span *rest, struct span separator)
{
	struct span part = { rest->p, span_find(*rest, separator) };
	size_t n = part.n < rest->n ? part.n + separator.n : part.n;

	rest->p += n;
	rest->n -= n;
	return part;
}

/* ---- lists ---- */

/* One that may be on several lines (RFC 9110, 5.3). */
struct field_list {
	const char *name;
	struct span lines;	/* from which the next value is to be read */
	struct span value;	/* from which the next element is */
};

static struct field_list
list_of(const struct head *head, const char *name)
{
	return (struct field_list){ name, head->lines, { NULL, 0 } };
}

/* Go on to the next line of the list.  False: there is none. */
static bool
next_value(struct field_list *list)
{
	struct span name;

	while (list->lines.n > 0) {
		list->value = cut(&list->lines, SPAN("\r\n"));
		name = cut(&list->value, SPAN(":"));
		if (is_same(name, list->name))
			return true;
	}
	return false;
}

static bool
next_element(struct field_list *list, struct span *element)
{
	while (list->value.n == 0)
		if (!next_value(list))
			return false;
	*element = trim(cut(&list->value, SPAN(",")));
	return true;
}

/* In any case of its letters. */
static bool
lists(const struct head *head, const char *name, const char *what)
{
	struct field_list list = list_of(head, name);
	struct span element;

	while (next_element(&list, &element))
		if (is_same(element, what))
			return true;
	return false;
}

static bool
has_list(const struct head *head, const char *name)
{
	struct field_list list = list_of(head, name);

	return next_value(&list);
}

/* ---- heads ---- */

/*
 * Check received bytes as they arrive: lines end with CR LF, which appear
 * nowhere else, and no other control character does.  Returns 0 if the empty
 * line is not here yet, 200 if it is (before h->at), or the status to refuse.
 * Empty lines before a request are skipped (RFC 9112, 2.2).
 */
static unsigned
scan(struct http *h)
{
	unsigned char c, before;

	while (h->at < h->in.n) {
		if (h->at == HEAD_MAX)
			return h->line == 0 ? 414 : 431;
		c = (unsigned char)h->in.p[h->at];
		before = h->at > 0 ? (unsigned char)h->in.p[h->at - 1] : 0;
		if ((c == '\n') != (before == '\r') || c == 0x7f ||
		    (c < ' ' && c != '\t' && c != '\r' && c != '\n'))
			return 400;
		h->at++;
		if (c == '\n' && h->at == 2) {
			buf_drop(&h->in, 2);
			h->at = 0;
		} else if (c == '\n' && h->at == h->line + 2) {
			return 200;
		} else if (c == '\n') {
			h->line = h->at;
		}
	}
	return 0;
}

static bool
is_path(struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f || text.p[i] == '#')
			return false;
	}
	return text.n > 0 && text.p[0] == '/';
}

/*
 * What a proxy is asked for is a whole URL, which any server takes (RFC 9112,
 * 3.2.2): cut off all before the path.  A URL without a path is of "/", where
 * no query matters.
 */
static void
cut_authority(struct head *head, struct span *target)
{
	struct span rest = *target, scheme = cut(&rest, SPAN("://"));
	size_t n;

	if (!is_same(scheme, "http") && !is_same(scheme, "https"))
		return;
	for (n = 0; n < rest.n && rest.p[n] != '/' && rest.p[n] != '?'; n++)
		continue;
	head->authority = (struct span){ rest.p, n };
	*target = SPAN("/");
	if (n < rest.n && rest.p[n] == '/')
		*target = (struct span){ rest.p + n, rest.n - n };
}

/* The status: 200 if it is well-formed. */
static unsigned
read_request_line(struct head *head, struct span line)
{
	struct span target, query, version;

	head->method = cut(&line, SPAN(" "));
	target = cut(&line, SPAN(" "));
	version = line;
	cut_authority(head, &target);
	query = target;
	head->path = cut(&query, SPAN("?"));
	if (!is_token(head->method) || version.n != 8 ||
	    memcmp(version.p, "HTTP/", 5) != 0 || version.p[6] != '.' ||
	    version.p[5] < '0' || version.p[5] > '9' ||
	    version.p[7] < '0' || version.p[7] > '9')
		return 400;
	if (version.p[5] != '1')
		return 505;
	head->is_old = version.p[7] == '0';
	if (!is_path(target) && !(span_is(target, SPAN("*")) &&
	    span_is(head->method, SPAN("OPTIONS"))))
		return 400;
	return 200;
}

/*
 * A name, a colon and a value.  Space before the colon, and a line that
 * continues the one before, are no name.
 */
static bool
read_field(struct head *head, struct span line)
{
	struct span name = { line.p, span_find(line, SPAN(":")) }, *value;
	size_t i;

	if (name.n == line.n || !is_token(name))
		return false;
	for (i = 0; i < FIELDS; i++) {
		if (!is_same(name, fields[i].name))
			continue;
		value = (struct span *)(void *)
		    ((char *)head + fields[i].offset);
		if (value->p != NULL)
			return false;
		*value = trim((struct span){ name.p + name.n + 1,
		    line.n - name.n - 1 });
	}
	return true;
}

/* Cut so many bytes from the front as are one of these. */
static size_t
skip(struct span *text, const char *these)
{
	size_t n = 0;

	while (n < text->n && text->p[n] != '\0' &&
	    strchr(these, text->p[n]) != NULL)
		n++;
	*text = (struct span){ text->p + n, text->n - n };
	return n;
}

/*
 * A name or address, the second in brackets if it is of IPv6, and perhaps a
 * port; it is repeated in answers.
 */
static bool
is_host(struct span text)
{
	static const char digits[] = "0123456789";
	static const char in_name[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

	if (text.n > HOST_MAX || text.n == 0)
		return false;
	if (skip(&text, "[") == 1 ?
	    skip(&text, "0123456789abcdefABCDEF:.") < 2 ||
	    skip(&text, "]") != 1 : skip(&text, in_name) == 0)
		return false;
	return text.n == 0 || (skip(&text, ":") == 1 &&
	    skip(&text, digits) <= 5 && text.n == 0);
}

static bool
is_known(struct span method)
{
	return span_is(method, SPAN("GET")) || span_is(method, SPAN("HEAD")) ||
	    span_is(method, SPAN("OPTIONS"));
}

/*
 * Where the request ends must be beyond doubt, whoever has passed it on: there
 * is no body, and nothing speaks of one.
 */
static unsigned
check_head(const struct head *head)
{
	if (head->encoding.p != NULL)
		return 400;
	if (head->host.p == NULL ? !head->is_old : !is_host(head->host))
		return 400;
	if (head->authority.p != NULL && !is_host(head->authority))
		return 400;
	if (head->length.p == NULL || span_is(head->length, SPAN("0")))
		return 200;
	if (head->length.n == 0 || strspn(head->length.p, "0123456789") <
	    head->length.n)
		return 400;
	return is_known(head->method) ? 413 : 405;
}

static unsigned
read_head(struct head *head, struct span text)
{
	unsigned status, count = 0;
	struct span line;

	*head = (struct head){ .is_old = false };
	text.n -= 2;		/* the empty line */
	line = cut(&text, SPAN("\r\n"));
	status = read_request_line(head, line);
	head->lines = text;
	while (status == 200 && text.n > 0) {
		line = cut(&text, SPAN("\r\n"));
		if (++count > FIELDS_MAX)
			status = 431;
		else if (!read_field(head, line))
			status = 400;
	}
	if (status == 200)
		status = check_head(head);
	if (head->authority.p != NULL)
		head->host = head->authority;
	return status;
}

/* ---- answers ---- */

static const struct outcome *
find_status(unsigned code)
{
	size_t i;

	for (i = 0; i < STATUSES - 1; i++) {
		if (statuses[i].code == code)
			break;
	}
	return &statuses[i];
}

/* Like "Sun, 06 Nov 1994 08:49:37 GMT". */
static void
put_date(struct buf *out, struct now now)
{
	char text[CLOCK_RFC_TEXT];

	clock_rfc_text(text, now.wall);
	buf_addf(out, "Date: %s GMT\r\n", text);
}

/* The beginning of each answer; more fields and the empty line are to come. */
static void
begin_answer(struct http *h, unsigned status, struct now now)
{
	buf_addf(&h->out, "HTTP/1.1 %u %s\r\n", status,
	    find_status(status)->phrase);
	put_date(&h->out, now);
	if (h->over)
		buf_addf(&h->out, "Connection: close\r\n");
	if (h->flags & HTTP_HSTS)
		buf_addf(&h->out,
		    "Strict-Transport-Security: max-age=31536000\r\n");
	buf_addf(&h->out, "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n");
}

/* With HEAD it is only announced. */
static void
end_with_text(struct http *h, const char *type, struct span text)
{
	buf_addf(&h->out, "Cache-Control: no-store\r\n"
	    "Content-Security-Policy: default-src 'none'\r\n"
	    "Content-Type: %s\r\n"
	    "Content-Length: %zu\r\n\r\n", type, text.n);
	if (!h->head_only)
		buf_add(&h->out, text);
}

/* A status with its own sentence. */
static void
answer(struct http *h, unsigned status, struct now now)
{
	begin_answer(h, status, now);
	if (status == 405)
		buf_addf(&h->out, "Allow: GET, HEAD, OPTIONS\r\n");
	if (status == 426)
		buf_addf(&h->out, "%sUpgrade: websocket\r\n"
		    "Sec-WebSocket-Version: 13\r\n",
		    h->over ? "" : "Connection: Upgrade\r\n");
	end_with_text(h, plain, span_of(find_status(status)->text));
}

static void
refuse(struct http *h, unsigned status, struct now now)
{
	h->over = true;
	buf_free(&h->in);	/* whatever it is, nobody will read it */
	answer(h, status, now);
}

static void
answer_options(struct http *h, struct now now)
{
	begin_answer(h, 204, now);
	buf_addf(&h->out, "Allow: GET, HEAD, OPTIONS\r\n\r\n");
}

void
http_answer(struct http *h, unsigned status, const char *type,
    struct span text, struct now now)
{
	h->asks = HTTP_NOTHING;
	if (status == 404) {
		answer(h, 404, now);
		return;
	}
	begin_answer(h, status, now);
	end_with_text(h, type, text);
}

/* ---- files ---- */

/* The path below the hash, or all of it. */
static struct span
strip_hash(struct span path, bool *is_fixed)
{
	size_t n = strlen(http_files_hash);

	*is_fixed = path.n > n + 1 && path.p[n + 1] == '/' &&
	    memcmp(path.p + 1, http_files_hash, n) == 0;
	if (!*is_fixed)
		return path;
	return (struct span){ path.p + n + 1, path.n - n - 1 };
}

static const struct http_file *
find_file(struct span path)
{
	size_t i;

	for (i = 0; i < http_files_count; i++) {
		if (span_is(path, span_of(http_files[i].path)))
			return &http_files[i];
	}
	return NULL;
}

/* Whether this coding is named, and not with a weight of 0. */
static bool
accepts(const struct head *head, const char *coding, bool *is_named)
{
	struct field_list list = list_of(head, "accept-encoding");
	struct span element;

	while (!*is_named && next_element(&list, &element))
		*is_named = is_same(trim(cut(&element, SPAN(";"))), coding);
	if (!*is_named)
		return false;
	element = trim(element);
	return element.n < 3 || strncasecmp(element.p, "q=0", 3) != 0 ||
	    strcspn(element.p, "123456789\r") < element.n;
}

/*
 * Without the field anything will do (RFC 9110, 12.5.3).  x-gzip is gzip
 * (8.4.1.3).
 */
static bool
takes_gzip(const struct head *head)
{
	bool is_named = false, accepted = accepts(head, "gzip", &is_named);

	if (!is_named)
		accepted = accepts(head, "x-gzip", &is_named);
	if (is_named || !has_list(head, "accept-encoding"))
		return accepted || !is_named;
	return accepts(head, "*", &is_named);
}

/* Entity tags are compared weakly: a proxy may have put W/ before one. */
static bool
has_tag(const struct head *head, const char *etag)
{
	struct field_list list = list_of(head, "if-none-match");
	struct span tag;

	while (next_element(&list, &tag)) {
		if (tag.n > 2 && memcmp(tag.p, "W/", 2) == 0)
			tag = (struct span){ tag.p + 2, tag.n - 2 };
		if (span_is(tag, span_of(etag)) || span_is(tag, SPAN("*")))
			return true;
	}
	return false;
}

/*
 * Nothing but the page's own files may run in it, and it may speak with nothing
 * but this relay.  Some browsers do not count wss as 'self'.
 */
static void
put_policy(struct http *h, const struct head *head)
{
	buf_addf(&h->out, "Content-Security-Policy: default-src 'none'; "
	    "script-src 'self'; style-src 'self'; worker-src 'self'; "
	    "manifest-src 'self'; img-src 'self' blob: data:; "
	    "media-src 'self' blob:; connect-src 'self'");
	if (head->host.p != NULL)
		buf_addf(&h->out, " wss://%.*s", (int)head->host.n,
		    head->host.p);
	buf_addf(&h->out, "; base-uri 'none'; form-action 'none'; "
	    "frame-ancestors 'none'\r\n"
	    "Cross-Origin-Opener-Policy: same-origin\r\n"
	    "Cross-Origin-Resource-Policy: same-origin\r\n");
}

static void
answer_file(struct http *h, const struct head *head,
    const struct http_file *file, bool is_fixed, struct now now)
{
	bool is_known = has_tag(head, file->etag);

	if (!takes_gzip(head)) {
		answer(h, 406, now);
		return;
	}
	begin_answer(h, is_known ? 304 : 200, now);
	buf_addf(&h->out, "ETag: %s\r\nCache-Control: %s\r\n"
	    "Vary: Accept-Encoding\r\n", file->etag,
	    is_fixed ? "public, max-age=31536000, immutable" : "no-cache");
	if (!is_known) {
		put_policy(h, head);
		buf_addf(&h->out, "Content-Type: %s\r\n"
		    "Content-Encoding: gzip\r\nContent-Length: %zu\r\n",
		    file->type, file->length);
	}
	buf_addf(&h->out, "\r\n");
	if (!is_known && !h->head_only)
		h->body = (struct span){ (const char *)file->gzip,
		    file->length };
}

/* ---- WebSocket ---- */

static const char protocols[] = "sec-websocket-protocol";

/* Without the port that its scheme has anyway. */
static struct span
strip_port(struct span host, struct span scheme)
{
	struct span port = is_same(scheme, "https") ? SPAN(":443") :
	    is_same(scheme, "http") ? SPAN(":80") : SPAN("");

	if (host.n > port.n && memcmp(host.p + host.n - port.n, port.p,
	    port.n) == 0)
		host.n -= port.n;
	return host;
}

/* Whether the origin has this scheme and, in any case of letters, host. */
static bool
is_of(struct span origin, struct span scheme, struct span host)
{
	struct span own = cut(&origin, SPAN("://"));

	origin = strip_port(origin, scheme);
	host = strip_port(host, scheme);
	return own.n == scheme.n && host.n > 0 && origin.n == host.n &&
	    strncasecmp(own.p, scheme.p, own.n) == 0 &&
	    strncasecmp(origin.p, host.p, host.n) == 0;
}

/* A browser says which page connects: ours, or one that is configured. */
static bool
is_allowed(const struct http *h, const struct head *head)
{
	struct span scheme, host;
	char **own;

	if (head->origin.p == NULL)
		return true;
	for (own = h->conf->web_origins; *own != NULL; own++) {
		host = span_of(*own);
		scheme = cut(&host, SPAN("://"));
		if (is_of(head->origin, scheme, host))
			return true;
	}
	return is_of(head->origin, SPAN("https"), head->host) ||
	    (!(h->flags & HTTP_TLS) &&
	    is_of(head->origin, SPAN("http"), head->host));
}

/* Whether it knows of protocols, but not of ours; their case matters. */
static bool
lacks_protocol(const struct head *head)
{
	struct field_list list = list_of(head, protocols);
	struct span element;

	while (next_element(&list, &element))
		if (span_is(element, SPAN("tmtp")))
			return false;
	return has_list(head, protocols);
}

/* The status of the handshake: 101 if all is well. */
static unsigned
check_upgrade(const struct http *h, const struct head *head)
{
	if (h->head_only || head->is_old ||
	    !lists(head, "upgrade", "websocket") ||
	    !lists(head, "connection", "upgrade") ||
	    !span_is(head->version, SPAN("13")))
		return 426;
	if (!is_allowed(h, head))
		return 403;
	if (lacks_protocol(head))
		return 400;
	return 101;
}

static void
upgrade(struct http *h, const struct head *head, struct now now)
{
	unsigned status = check_upgrade(h, head);
	char accept[WEBSOCKET_ACCEPT];

	if (status == 101 && !websocket_accept(accept, head->key))
		status = 400;
	if (status != 101) {
		answer(h, status, now);
		return;
	}
	h->upgraded = true;
	buf_addf(&h->out, "HTTP/1.1 101 Switching Protocols\r\n");
	put_date(&h->out, now);
	buf_addf(&h->out, "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %.*s\r\n", WEBSOCKET_ACCEPT, accept);
	if (has_list(head, protocols))
		buf_addf(&h->out, "Sec-WebSocket-Protocol: tmtp\r\n");
	buf_addf(&h->out, "\r\n");
}

/* ---- requests ---- */

static const struct asking *
find_question(const struct http *h, struct span path)
{
	size_t i;

	for (i = 0; i < QUESTIONS; i++) {
		if (span_is(path, span_of(questions[i].path)) &&
		    (questions[i].needs & ~h->flags) == 0)
			return &questions[i];
	}
	return NULL;
}

static void
run(struct http *h, const struct head *head, struct now now)
{
	const struct asking *question = find_question(h, head->path);
	const struct http_file *file;
	bool is_fixed;

	file = find_file(strip_hash(head->path, &is_fixed));
	if (span_is(head->method, SPAN("OPTIONS")))
		answer_options(h, now);
	else if (!h->head_only && !span_is(head->method, SPAN("GET")))
		answer(h, 405, now);
	else if (h->flags & HTTP_CA && (question == NULL ||
	    question->ask < HTTP_CA_CERT))
		answer(h, 404, now);
	else if (span_is(head->path, SPAN("/tmtp")))
		upgrade(h, head, now);
	else if (question != NULL)
		h->asks = question->ask;
	else if (h->conf->web && file != NULL)
		answer_file(h, head, file, is_fixed, now);
	else
		answer(h, 404, now);
}

/* Answer the first request.  False if it is not all here. */
static bool
take_request(struct http *h, struct now now)
{
	unsigned status = scan(h);
	struct head head;

	if (status == 0)
		return false;
	if (status == 200)
		status = read_head(&head, (struct span){ h->in.p, h->at });
	h->head_only = false;
	if (status != 200) {
		refuse(h, status, now);
		return true;
	}
	h->head_only = span_is(head.method, SPAN("HEAD"));
	h->over = head.is_old || lists(&head, "connection", "close");
	run(h, &head, now);
	buf_drop(&h->in, h->at);
	h->at = h->line = 0;
	return true;
}

/* Whether the next request has to wait for the answer to this one. */
static bool
is_busy(const struct http *h)
{
	return h->asks != HTTP_NOTHING || h->out.n > 0 || h->body.n > 0 ||
	    h->over || h->upgraded;
}

static void
go_on(struct http *h, struct now now)
{
	if (!is_busy(h) && take_request(h, now))
		h->until = now.mono + h->conf->login_timeout;
}

struct http *
http_open(const struct conf *conf, unsigned flags, struct now now)
{
	struct http *h = xzalloc(sizeof(*h));

	h->conf = conf;
	h->flags = flags;
	h->until = now.mono + conf->login_timeout;
	return h;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	buf_free(&h->in);
	buf_free(&h->out);
	free(h);
}

void
http_input(struct http *h, struct span bytes, struct now now)
{
	if (h->over)
		return;
	buf_add(&h->in, bytes);
	go_on(h, now);
}

bool
http_wants_input(const struct http *h)
{
	return h->in.n < IN_MAX;
}

/* Move bytes from the front of one to dst. */
static size_t
move(char *dst, size_t room, const char *src, size_t n)
{
	if (n > room)
		n = room;
	if (n > 0)
		memcpy(dst, src, n);
	return n;
}

size_t
http_output(struct http *h, char *dst, size_t room, struct now now)
{
	size_t n, body;

	go_on(h, now);
	n = move(dst, room, h->out.p, h->out.n);
	buf_drop(&h->out, n);
	body = move(dst + n, room - n, h->body.p, h->body.n);
	h->body.p += body;
	h->body.n -= body;
	if (n + body > 0)
		h->until = now.mono + h->conf->login_timeout;
	if (h->out.n == 0)
		buf_free(&h->out);
	return n + body;
}

bool
http_is_over(const struct http *h)
{
	return h->over && h->asks == HTTP_NOTHING && h->out.n == 0 &&
	    h->body.n == 0;
}

bool
http_is_upgraded(const struct http *h)
{
	return h->upgraded;
}

enum http_ask
http_asks(const struct http *h)
{
	return h->asks;
}

uint64_t
http_deadline(const struct http *h)
{
	return h->until;
}

/* ---- without TLS ---- */

/* No hexadecimal digit is one of these. */
bool
http_begins(char c)
{
	return c >= 'G' && c <= 'Z';
}

/* The host of a request whose end may not be here; empty if it has none. */
static struct span
find_host(struct span text)
{
	struct span line, host = { NULL, 0 };
	struct head head = { .is_old = false };

	(void)cut(&text, SPAN("\r\n"));
	while (span_find(text, SPAN("\r\n")) < text.n &&
	    head.host.p == NULL) {
		line = cut(&text, SPAN("\r\n"));
		if (!read_field(&head, line))
			break;
	}
	if (head.host.p != NULL && is_host(head.host))
		host = head.host;
	return host;
}

void
http_refuse_plain(struct buf *out, struct span first, struct now now)
{
	static const char quit[] =
	    "{\"error\":\"this port speaks TLS\",\"op\":\"quit\"}";
	struct http h = { .over = true };
	struct span host;
	char text[400];

	if (first.n > 0 && strchr("0123456789abcdefABCDEF", first.p[0]) !=
	    NULL && first.p[0] != '\0') {
		buf_addf(out, "%04zx%s", sizeof(quit) - 1, quit);
		return;
	}
	if (first.n == 0 || !http_begins(first.p[0]))
		return;
	host = find_host(first);
	if (host.n == 0)
		host = SPAN("...");
	(void)snprintf(text, sizeof(text), "This port speaks TLS: use "
	    "https://%.*s/\n", (int)host.n, host.p);
	begin_answer(&h, 400, now);
	end_with_text(&h, plain, span_of(text));
	buf_add(out, buf_span(&h.out));
	buf_free(&h.out);
}
