#include "cmd/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/encode.h"
#include "client/account.h"
#include "client/contacts.h"
#include "client/dialog.h"
#include "cmd/request.h"
#include "disk/file.h"
#include "json.h"

#define FILE_NAME "gateway.conf"
#define FILE_MAX  (1 << 20)

/* ---- the file ---- */

static const char *const keys[] = { "in", "member", "out", "address",
    "sendmail", "to" };

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span
trim(struct span text)
{
	while (text.n > 0 && is_space(text.p[0])) {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && is_space(text.p[text.n - 1]))
		text.n--;
	return text;
}

/* Take the first word off a text. */
static struct span
take_word(struct span *text)
{
	struct span word = { text->p, 0 };

	while (word.n < text->n && !is_space(word.p[word.n]))
		word.n++;
	*text = trim((struct span){ text->p + word.n, text->n - word.n });
	return word;
}

/* -1: the line makes no sense. */
static int
read_line(struct gateway *g, struct span line)
{
	struct gateway_rule rule;
	struct span value;

	value = trim(line);
	if (value.n == 0 || value.p[0] == '#')
		return 0;
	rule.key = take_word(&value);
	rule.value = value;
	if (value.n == 0 || span_index(rule.key, keys,
	    sizeof(keys) / sizeof(keys[0])) == sizeof(keys) / sizeof(keys[0]))
		return -1;
	g->rules = xgrow(g->rules, g->count, sizeof(rule));
	g->rules[g->count++] = rule;
	return 0;
}

int
gateway_read(struct context *context, const struct account *account,
    struct gateway *g)
{
	struct span line;
	unsigned number = 0;
	size_t at;

	*g = (struct gateway){ .rules = NULL };
	if (file_read(account->dir, FILE_NAME, FILE_MAX, &g->text) == -1)
		return context_fail(context, STATUS_CONFIG, "%s/" FILE_NAME
		    ": %s; see GATEWAYS in tmtp(1)", account->path,
		    errno != ENOENT ? strerror(errno) : "write this file, "
		    "which says who gets mail, and who may send it");
	buf_add_byte(&g->text, '\n');
	for (at = 0; at < g->text.n; at += line.n + 1) {
		line.p = g->text.p + at;
		line.n = (size_t)((const char *)memchr(line.p, '\n',
		    g->text.n - at) - line.p);
		number++;
		if (read_line(g, line) == 0)
			continue;
		gateway_free(g);
		return context_fail(context, STATUS_CONFIG, "%s/" FILE_NAME
		    ":%u: invalid line", account->path, number);
	}
	return STATUS_OK;
}

void
gateway_free(struct gateway *g)
{
	buf_free(&g->text);
	free(g->rules);
	g->rules = NULL;
	g->count = 0;
}

struct span
gateway_value(const struct gateway *g, const char *key)
{
	size_t i;

	for (i = 0; i < g->count; i++) {
		if (span_is(g->rules[i].key, span_of(key)))
			return g->rules[i].value;
	}
	return (struct span){ NULL, 0 };
}

bool
gateway_same_address(struct span a, struct span b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

bool
gateway_allows(const struct gateway *g, struct span address)
{
	struct span domain = address, value;
	size_t i;

	while (domain.n > 0 && domain.p[0] != '@') {
		domain.p++;
		domain.n--;
	}
	for (i = 0; i < g->count; i++) {
		value = g->rules[i].value;
		if (span_is(g->rules[i].key, SPAN("out")) &&
		    (gateway_same_address(value, address) ||
		    (value.p[0] == '@' && gateway_same_address(value,
		    domain))))
			return true;
	}
	return false;
}

/* ---- who ---- */

bool
gateway_find(const struct contacts *book, struct span who,
    struct post_target *target)
{
	const struct contact_person *c = contacts_find(book, who);
	const struct contact_group *g = contacts_find_group(book, who);
	unsigned char uid[UID_BYTES];

	if (c != NULL && c->how != PERSON_SAYS && c->uid[0] != '\0') {
		*target = (struct post_target){ span_of(c->uid), false,
		    span_of(c->name) };
		return true;
	}
	if (g != NULL) {
		*target = (struct post_target){ span_of(g->gid), true,
		    SPAN("") };
		return true;
	}
	*target = (struct post_target){ who, false, SPAN("") };
	return decode_base32(uid, UID_BYTES, who);
}

bool
gateway_is_member(const struct gateway *g, const struct contacts *book,
    struct span uid)
{
	struct post_target target;
	size_t i;

	for (i = 0; i < g->count; i++) {
		if (span_is(g->rules[i].key, SPAN("member")) &&
		    gateway_find(book, g->rules[i].value, &target) &&
		    !target.is_group && span_is(target.id, uid))
			return true;
	}
	return false;
}

/* ---- posts ---- */

void
gateway_name(char name[OUTGOING_NAME], struct span cause,
    struct span target)
{
	uint64_t hash = encode_hash(0, cause.p, cause.n), second;
	char digits[ID_TEXT];

	second = encode_hash(hash, target.p, target.n);
	second = encode_hash(second, cause.p, cause.n);
	encode_hex64(name, hash);
	encode_hex64(digits, second);
	memcpy(name + ID_TEXT, digits, 12);
	name[ID_TEXT + 12] = '\0';
}

/* Whether it is there already, waiting or done. */
static bool
is_kept(const struct account *account, const char *name)
{
	struct buf ack = { NULL, 0, 0 };
	bool kept = faccessat(account->out, name, F_OK, 0) == 0 ||
	    outgoing_read_ack(account->out, name, &ack);

	buf_free(&ack);
	return kept;
}

/* Append the header of a post, without the closing brace. */
static void
put_header(struct buf *header, const struct account *account,
    const struct post_target *target, const char *name)
{
	json_put_open(header, '{');
	json_put_uint(header, "op", dialog_op_number(account->numbering,
	    DIALOG_POST));
	json_put_string(header, "id", span_of(name));
	json_put_key(header, "for");
	json_put_open(header, '[');
	json_put_open(header, '{');
	json_put_string(header, "id", target->id);
	json_put_uint(header, "type", target->is_group ? 3 : 1);
	json_put_close(header, '}');
	json_put_close(header, ']');
}

int
gateway_keep(struct context *context, const struct account *account,
    const struct post_target *target, const struct post_form *form,
    const char *name)
{
	size_t count = 2 + form->attachment_count, i;
	struct buf head = { NULL, 0, 0 }, header = { NULL, 0, 0 };
	const struct post_cc cc = post_cc(target);
	struct post_form written = *form;
	struct outgoing_part *parts;
	uint64_t size = 0;
	int status;

	if (is_kept(account, name))
		return STATUS_OK;
	written.cc = &cc;
	written.cc_count = 1;
	written.uid = span_of(account->uid);
	/* No date: after a crash, the same bytes are kept again. */
	post_form_head(&head, &written);
	parts = xzalloc(count * sizeof(*parts));
	for (i = 0; i < count; i++) {
		parts[i].fd = -1;
		parts[i].bytes = i == 0 ? buf_span(&head) : i == 1 ?
		    form->text : form->attachments[i - 2].data;
		size += parts[i].bytes.n;
	}
	put_header(&header, account, target, name);
	json_put_uint(&header, "datahead", head.n);
	json_put_uint(&header, "datalen", size);
	status = request_keep(context, account, name, &header, parts, count);
	free(parts);
	buf_free(&head);
	return status;
}
