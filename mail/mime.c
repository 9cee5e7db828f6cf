#include "mail/mime.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/field.h"
#include "mail/html.h"
#include "mail/transfer.h"

/*
 * First the message is cut into a tree of parts, without looking into them.
 * Then the tree is walked: of alternatives, one gives the text, and the files
 * of all are kept, as some programs attach files to one alternative only.
 */

#define BOUNDARY_MAX 256	/* RFC 2046 allows 70 */
#define NO_PART      0		/* as a child or next: the root is neither */

enum mime_kind {
	MIME_PLAIN,		/* text to show */
	MIME_HTML,
	MIME_SEVERAL,		/* parts one after the other */
	MIME_CHOICE,		/* alternatives */
	MIME_FILE
};

struct mime_part {
	enum mime_kind kind;
	struct span head, body;
	const char *default_type;
	size_t child, next;	/* indices of parts */
};

/* A message that is being read. */
struct mime_reader {
	struct mime *mail;
	struct mime_part *parts;
	size_t count;
};

/* ---- what a part is ---- */

static bool
begins(const struct buf *text, const char *with)
{
	size_t n = strlen(with);

	return text->n >= n && memcmp(text->p, with, n) == 0;
}

static bool
is(const struct buf *text, const char *what)
{
	return span_is(buf_span(text), span_of(what));
}

/* The first word of a field. */
static struct buf
word_of(struct span head, const char *field)
{
	struct buf word = { NULL, 0, 0 };

	field_word(&word, field_find(head, field));
	return word;
}

static bool
has_file_name(struct span head)
{
	struct buf name = { NULL, 0, 0 };
	bool has = field_parameter(&name,
	    field_find(head, "Content-Disposition"), "filename") ||
	    field_parameter(&name, field_find(head, "Content-Type"), "name");

	buf_free(&name);
	return has;
}

/* Without a type, or with something else there, it is the default. */
static struct buf
type_of(const struct mime_part *part)
{
	struct buf type = word_of(part->head, "Content-Type");

	if (type.n == 0 || memchr(type.p, '/', type.n) == NULL) {
		type.n = 0;
		buf_add(&type, span_of(part->default_type));
	}
	return type;
}

static enum mime_kind
kind_of(const struct mime_part *part)
{
	struct span head = part->head;
	struct buf type = type_of(part);
	struct buf disposition = word_of(head, "Content-Disposition");
	bool file = is(&disposition, "attachment") || has_file_name(head);
	enum mime_kind kind = MIME_FILE;

	if (is(&type, "multipart/alternative"))
		kind = MIME_CHOICE;
	else if (begins(&type, "multipart/"))
		kind = MIME_SEVERAL;
	else if (!file && is(&type, "text/html"))
		kind = MIME_HTML;
	else if (!file && (is(&type, "text/plain") ||
	    is(&type, "text/markdown")))
		kind = MIME_PLAIN;
	buf_free(&type);
	buf_free(&disposition);
	return kind;
}

/* ---- the tree ---- */

enum mime_line { LINE_CONTENT, LINE_BETWEEN, LINE_LAST };

/* What the line, with its newline, is to a multipart. */
static enum mime_line
judge_line(struct span line, const struct buf *boundary)
{
	size_t n = 2 + boundary->n;
	enum mime_line kind = LINE_BETWEEN;

	if (line.n < n || memcmp(line.p, "--", 2) != 0 ||
	    memcmp(line.p + 2, boundary->p, boundary->n) != 0)
		return LINE_CONTENT;
	if (line.n >= n + 2 && memcmp(line.p + n, "--", 2) == 0) {
		kind = LINE_LAST;
		n += 2;
	}
	while (n < line.n && strchr(" \t\r\n", line.p[n]) != NULL &&
	    line.p[n] != '\0')
		n++;
	return n == line.n ? kind : LINE_CONTENT;
}

/*
 * Take the next part off a multipart's body: what stands before the next
 * delimiter, without the newline that belongs to that.
 */
static enum mime_line
take_part(struct span *body, struct span *part, const struct buf *boundary)
{
	enum mime_line kind = LINE_CONTENT;
	struct span line;
	const char *end;

	part->p = body->p;
	part->n = 0;
	while (kind == LINE_CONTENT && body->n > 0) {
		line = *body;
		end = memchr(line.p, '\n', line.n);
		if (end != NULL)
			line.n = (size_t)(end - line.p) + 1;
		kind = judge_line(line, boundary);
		if (kind == LINE_CONTENT)
			part->n += line.n;
		body->p += line.n;
		body->n -= line.n;
	}
	if (kind != LINE_CONTENT && part->n > 0)
		part->n--;
	if (kind != LINE_CONTENT && part->n > 0 &&
	    part->p[part->n - 1] == '\r')
		part->n--;
	return kind;
}

static bool
read_boundary(struct buf *boundary, struct span head)
{
	struct span type = field_find(head, "Content-Type");

	return field_parameter(boundary, type, "boundary") &&
	    boundary->n > 0 && boundary->n <= BOUNDARY_MAX;
}

static bool add_part(struct mime_reader *, struct span text,
    const char *default_type, unsigned depth);

/*
 * Add the parts of a multipart.  If there is no delimiter, it is text.  False
 * if there are too many.
 */
static bool
add_children(struct mime_reader *r, size_t parent, unsigned depth)
{
	struct span body = r->parts[parent].body, part;
	struct buf type = word_of(r->parts[parent].head, "Content-Type");
	struct buf boundary = { NULL, 0, 0 };
	const char *default_type = is(&type, "multipart/digest") ?
	    "message/rfc822" : "text/plain";
	size_t last = NO_PART, added;
	bool fits = true;
	enum mime_line kind = LINE_CONTENT;

	if (read_boundary(&boundary, r->parts[parent].head))
		kind = take_part(&body, &part, &boundary);
	if (kind == LINE_CONTENT)
		r->parts[parent].kind = MIME_PLAIN;
	while (fits && kind == LINE_BETWEEN && body.n > 0) {
		kind = take_part(&body, &part, &boundary);
		added = r->count;
		fits = add_part(r, part, default_type, depth);
		if (last == NO_PART)
			r->parts[parent].child = added;
		else
			r->parts[last].next = added;
		last = added;
	}
	buf_free(&type);
	buf_free(&boundary);
	return fits;
}

static bool
add_part(struct mime_reader *r, struct span text, const char *default_type,
    unsigned depth)
{
	struct mime_part part = { .default_type = default_type,
	    .child = NO_PART, .next = NO_PART };
	size_t index = r->count;
	bool several;

	if (index == MIME_PARTS_MAX)
		return false;
	part.body = text;
	part.head = field_take_head(&part.body);
	part.kind = kind_of(&part);
	several = part.kind == MIME_SEVERAL || part.kind == MIME_CHOICE;
	if (several && depth == MIME_DEPTH_MAX)
		part.kind = MIME_FILE;
	r->parts = xgrow(r->parts, r->count, sizeof(part));
	r->parts[r->count++] = part;
	return part.kind == MIME_FILE || !several ||
	    add_children(r, index, depth + 1);
}

/* ---- contents ---- */

/* Append the body, decoded.  False if nobody knows how. */
static bool
add_decoded(struct buf *to, const struct mime_part *part)
{
	struct buf encoding = word_of(part->head, "Content-Transfer-Encoding");
	bool known = true;

	if (is(&encoding, "base64"))
		transfer_read_base64(to, part->body);
	else if (is(&encoding, "quoted-printable"))
		transfer_read_quoted(to, part->body);
	else
		buf_add(to, part->body);
	known = encoding.n == 0 || is(&encoding, "base64") ||
	    is(&encoding, "quoted-printable") || is(&encoding, "7bit") ||
	    is(&encoding, "8bit") || is(&encoding, "binary");
	buf_free(&encoding);
	return known;
}

/* Append text with newlines, but without other control characters. */
static void
add_clean(struct buf *to, struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] >= ' ' ? text.p[i] != '\177' :
		    text.p[i] == '\n' || text.p[i] == '\t')
			buf_add_byte(to, text.p[i]);
	}
}

/* One empty line between two texts, none at the beginning and at the end. */
static void
append_text(struct buf *to, struct span text)
{
	size_t begin = to->n;

	if (begin > 0)
		buf_add_byte(to, '\n');
	add_clean(to, text);
	while (to->n > begin && strchr(" \t\n", to->p[to->n - 1]) != NULL)
		to->n--;
	if (to->n > 0)
		buf_add_byte(to, '\n');
}

/* The name without directories, not hidden, and not too long. */
static void
clean_name(struct buf *name)
{
	struct span rest = buf_span(name);
	uint32_t character;
	size_t i, n;

	for (i = 0; i < name->n; i++) {
		if (name->p[i] == '/' || name->p[i] == '\\')
			rest = (struct span){ name->p + i + 1,
			    name->n - i - 1 };
	}
	while (rest.n > 0 && (rest.p[0] == '.' || rest.p[0] == ' ')) {
		rest.p++;
		rest.n--;
	}
	buf_cut(name, 0, name->n - rest.n);
	for (i = 0; i < name->n; i += n) {
		n = utf8_take(name->p + i, name->n - i, &character);
		if (n == 0 || i + n > MIME_NAME_MAX)
			break;
	}
	name->n = i;
	while (name->n > 0 && name->p[name->n - 1] == ' ')
		name->n--;
}

/* A name for a file that has none. */
static void
invent_name(struct buf *name, const struct buf *type, size_t number)
{
	static const struct {
		const char *type, *end;
	} ends[] = {
		{ "message/", ".eml" }, { "multipart/", ".eml" },
		{ "text/html", ".html" }, { "text/calendar", ".ics" },
		{ "text/csv", ".csv" }, { "text/", ".txt" },
		{ "image/png", ".png" }, { "image/jpeg", ".jpg" },
		{ "image/gif", ".gif" }, { "application/pdf", ".pdf" },
		{ "application/pgp-signature", ".asc" },
		{ "application/json", ".json" }, { "", "" }
	};
	size_t i = 0;

	while (!begins(type, ends[i].type))
		i++;
	buf_addf(name, "part-%zu%s", number, ends[i].end);
}

static void
add_file(struct mime_reader *r, const struct mime_part *part)
{
	struct buf type = type_of(part), name = { NULL, 0, 0 };
	struct mime *mail = r->mail;
	struct mime_file *file;

	mail->files = xgrow(mail->files, mail->count, sizeof(*file));
	file = &mail->files[mail->count++];
	memset(file, 0, sizeof(*file));
	if (begins(&type, "multipart/")) {
		/* Its parts cannot be found without its head. */
		buf_add(&file->data, part->head);
		buf_add_byte(&file->data, '\n');
		buf_add(&file->data, part->body);
	} else {
		(void)add_decoded(&file->data, part);
	}
	if (!field_parameter(&name, field_find(part->head,
	    "Content-Disposition"), "filename"))
		(void)field_parameter(&name, field_find(part->head,
		    "Content-Type"), "name");
	clean_name(&name);
	if (name.n == 0)
		invent_name(&name, &type, mail->count);
	file->name = xcopy(buf_span(&name));
	buf_free(&type);
	buf_free(&name);
}

/* A text that cannot be read in full is kept as a file, too. */
static void
add_text(struct mime_reader *r, const struct mime_part *part)
{
	struct buf bytes = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	struct buf set = { NULL, 0, 0 }, reduced = { NULL, 0, 0 };
	bool known = add_decoded(&bytes, part);

	(void)field_parameter(&set, field_find(part->head, "Content-Type"),
	    "charset");
	known = charset_add(&text, buf_span(&set), buf_span(&bytes)) && known;
	buf_free(&bytes);
	if (part->kind == MIME_HTML) {
		html_text(&reduced, buf_span(&text));
		append_text(&r->mail->text, buf_span(&reduced));
	} else {
		append_text(&r->mail->text, buf_span(&text));
	}
	buf_free(&text);
	buf_free(&set);
	buf_free(&reduced);
	if (!known)
		add_file(r, part);
}

/* ---- the walk ---- */

/* Whether the part, or one in it, is of this kind and says something. */
static bool
has(const struct mime_reader *r, const struct mime_part *part,
    enum mime_kind kind)
{
	size_t i;

	if (part->kind == kind) {
		for (i = 0; i < part->body.n; i++) {
			if (strchr(" \t\r\n", part->body.p[i]) == NULL)
				return true;
		}
	}
	for (i = part->child; i != NO_PART; i = r->parts[i].next) {
		if (has(r, &r->parts[i], kind))
			return true;
	}
	return false;
}

/* The alternative to show; NO_PART if none has a text. */
static size_t
choose(const struct mime_reader *r, const struct mime_part *part)
{
	static const enum mime_kind kinds[] = { MIME_PLAIN, MIME_HTML };
	size_t k, i;

	for (k = 0; k < 2; k++) {
		for (i = part->child; i != NO_PART; i = r->parts[i].next) {
			if (has(r, &r->parts[i], kinds[k]))
				return i;
		}
	}
	return NO_PART;
}

enum mime_take { TAKE_ALL, TAKE_FILES };

static void
walk(struct mime_reader *r, size_t index, enum mime_take take)
{
	const struct mime_part *part = &r->parts[index];
	size_t chosen = NO_PART, i;

	if (part->kind == MIME_FILE)
		add_file(r, part);
	else if (take == TAKE_ALL && (part->kind == MIME_PLAIN ||
	    part->kind == MIME_HTML))
		add_text(r, part);
	if (part->kind == MIME_CHOICE)
		chosen = choose(r, part);
	for (i = part->child; i != NO_PART; i = r->parts[i].next)
		walk(r, i, part->kind == MIME_CHOICE && i != chosen ?
		    TAKE_FILES : take);
}

const char *
mime_read(struct mime *mail, struct span message)
{
	struct mime_reader r = { .mail = mail };
	bool fits;

	memset(mail, 0, sizeof(*mail));
	fits = add_part(&r, message, "text/plain", 0);
	if (fits) {
		mail->head = r.parts[0].head;
		walk(&r, 0, TAKE_ALL);
	}
	free(r.parts);
	return fits ? NULL : "the message has too many parts";
}

void
mime_free(struct mime *mail)
{
	size_t i;

	for (i = 0; i < mail->count; i++) {
		free(mail->files[i].name);
		buf_free(&mail->files[i].data);
	}
	free(mail->files);
	buf_free(&mail->text);
	memset(mail, 0, sizeof(*mail));
}
