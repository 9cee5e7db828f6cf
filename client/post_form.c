#include "client/post_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "json.h"

#define ATTACHMENTS_MAX 1000	/* of one message that are looked at */

/* ---- writing ---- */

static void
put_attachments(struct buf *b, const struct post_form *f)
{
	const struct post_attachment *each = f->attachments;
	const struct post_attachment *end = each + f->attachment_count;
	struct buf name = { NULL, 0, 0 };

	json_put_key(b, "Attach");
	json_put_open(b, '[');
	for (; each < end; each++) {
		name.n = 0;
		buf_add_byte(&name, each->kind);
		buf_add_byte(&name, ':');
		buf_add(&name, each->name);
		json_put_open(b, '{');
		json_put_string(b, "Name", buf_span(&name));
		json_put_uint(b, "Size", each->size);
		json_put_close(b, '}');
	}
	json_put_close(b, ']');
	buf_free(&name);
}

static void
put_cc(struct buf *b, const struct post_form *f)
{
	size_t i;

	json_put_key(b, "Cc");
	json_put_open(b, '[');
	for (i = 0; i < f->cc_count; i++) {
		json_put_open(b, '{');
		json_put_string(b, "Who", f->cc[i].who);
		json_put_string(b, "By", f->alias);
		json_put_string(b, "WhoUid", f->cc[i].uid);
		json_put_string(b, "ByUid", f->uid);
		json_put_string(b, "Date", f->date);
		json_put_string(b, "Note", SPAN(""));
		json_put_key(b, "Subscribe");
		buf_add(b, SPAN("true"));
		json_put_close(b, '}');
	}
	json_put_close(b, ']');
}

void
post_form_head(struct buf *b, const struct post_form *f)
{
	json_put_open(b, '{');
	json_put_string(b, "Alias", f->alias);
	if (f->attachment_count > 0)
		put_attachments(b, f);
	if (f->bridges > 0)
		json_put_uint(b, "Bridges", f->bridges);
	if (f->cc_count > 0)
		put_cc(b, f);
	if (f->confirm.n > 0)
		json_put_string(b, "ConfirmId", f->confirm);
	json_put_string(b, "Subject", f->subject);
	json_put_string(b, "ThreadId", f->thread);
	json_put_close(b, '}');
}

/* ---- reading ---- */

/* The room is as large as the sub-header, so it never moves. */
static struct span
text_of(struct post_form *f, struct json *j)
{
	struct span raw, text;

	if (json_null(j))
		return SPAN("");
	raw = json_string(j);
	if (raw.p == NULL)
		return SPAN("");
	text.p = f->room.p + f->room.n;
	text.n = json_text(f->room.p + f->room.n, raw);
	f->room.n += text.n;
	return text;
}

static void
read_attachment(struct post_form *f, struct json *j)
{
	struct post_attachment a = { .kind = 'u', .name = SPAN("") };
	struct span key;

	json_object(j);
	while (json_key(j, &key)) {
		if (json_is(key, SPAN("Name")))
			a.name = text_of(f, j);
		else if (json_is(key, SPAN("Size")))
			a.size = json_uint(j, INT64_MAX);
		else
			json_skip(j);
	}
	if (a.name.n >= 2 && a.name.p[1] == ':') {
		a.kind = a.name.p[0];
		a.name.p += 2;
		a.name.n -= 2;
	}
	if (f->attachment_count == ATTACHMENTS_MAX) {
		j->bad = true;
		return;
	}
	f->attachments = xgrow(f->attachments, f->attachment_count,
	    sizeof(a));
	f->attachments[f->attachment_count++] = a;
}

/* Only a group has its id as its name. */
static void
read_cc(struct post_form *f, struct json *j)
{
	struct span key, who = SPAN(""), uid = SPAN("");

	json_object(j);
	while (json_key(j, &key)) {
		if (json_is(key, SPAN("Who")))
			who = text_of(f, j);
		else if (json_is(key, SPAN("WhoUid")))
			uid = text_of(f, j);
		else
			json_skip(j);
	}
	if (!j->bad && f->group.n == 0 && span_is(who, uid))
		f->group = who;
}

static bool
read_head(struct post_form *f, struct span head)
{
	struct span key;
	struct json j, cc;

	json_begin(&j, head);
	json_object(&j);
	while (json_key(&j, &key)) {
		if (json_is(key, SPAN("Alias")))
			f->alias = text_of(f, &j);
		else if (json_is(key, SPAN("ThreadId")))
			f->thread = text_of(f, &j);
		else if (json_is(key, SPAN("Subject")))
			f->subject = text_of(f, &j);
		else if (json_is(key, SPAN("ConfirmId")))
			f->confirm = text_of(f, &j);
		else if (json_is(key, SPAN("Bridges")))
			f->bridges = json_uint(&j, INT64_MAX);
		else if (json_is(key, SPAN("NodeSync")))
			f->node_sync = !json_null(&j) && json_bool(&j);
		else if (json_is(key, SPAN("Attach")) && !json_null(&j)) {
			json_array(&j);
			while (json_item(&j))
				read_attachment(f, &j);
		} else if (json_is(key, SPAN("Cc"))) {
			cc = j;		/* no form is bad for its sake */
			json_array(&cc);
			while (json_item(&cc))
				read_cc(f, &cc);
			json_skip(&j);
		} else if (!json_is(key, SPAN("Attach"))) {
			json_skip(&j);
		}
	}
	return json_done(&j);
}

/* Give each attachment its bytes; false if there are too few. */
static bool
split_data(struct post_form *f, struct span rest)
{
	uint64_t sum = 0;
	size_t i;
	const char *p;

	for (i = 0; i < f->attachment_count; i++) {
		if (f->attachments[i].size > rest.n - sum)
			return false;
		sum += f->attachments[i].size;
	}
	f->text = (struct span){ rest.p, rest.n - (size_t)sum };
	p = rest.p + f->text.n;
	for (i = 0; i < f->attachment_count; i++) {
		f->attachments[i].data = (struct span){ p,
		    (size_t)f->attachments[i].size };
		p += f->attachments[i].size;
	}
	return true;
}

static void
clear(struct post_form *f)
{
	struct buf room = f->room;

	free(f->attachments);
	*f = (struct post_form){ .alias = SPAN(""), .thread = SPAN(""),
	    .subject = SPAN(""), .confirm = SPAN(""), .group = SPAN(""),
	    .text = SPAN(""), .room = room };
}

void
post_form_read(struct post_form *f, struct span data, uint64_t datahead)
{
	struct span head = { data.p, (size_t)datahead };

	*f = (struct post_form){ .attachments = NULL };
	clear(f);
	f->text = data;
	if (datahead == 0 || datahead > data.n || datahead > UINT32_MAX / 2)
		return;
	buf_room(&f->room, head.n);
	if (read_head(f, head) && split_data(f, (struct span){
	    data.p + head.n, data.n - head.n }))
		return;
	clear(f);
	f->text = data;
}

void
post_form_free(struct post_form *f)
{
	buf_free(&f->room);
	free(f->attachments);
	*f = (struct post_form){ .attachments = NULL };
}

/* ---- names of files ---- */

/* Not for names: what could hide, or turn around, the rest. */
static bool
is_safe(uint32_t c)
{
	static const char unsafe[] = "/\\:*?\"<>|";

	if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return false;
	if (c < 0x80 && strchr(unsafe, (int)c) != NULL)
		return false;
	return !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	    !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}

void
post_form_safe_name(char safe[POST_FORM_NAME], struct span name)
{
	size_t i, bytes, n = 0;
	uint32_t c;

	for (i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/' || name.p[i - 1] == '\\')
			break;
	for (; i < name.n && n + 5 < POST_FORM_NAME; i += bytes) {
		bytes = utf8_take(name.p + i, name.n - i, &c);
		if (bytes == 0 || !is_safe(c) ||
		    (n == 0 && (c == '.' || c == '-' || c == ' '))) {
			safe[n++] = '_';
			bytes = bytes == 0 ? 1 : bytes;
			continue;
		}
		memcpy(safe + n, name.p + i, bytes);
		n += bytes;
	}
	if (n == 0)
		safe[n++] = '_';
	safe[n] = '\0';
}
