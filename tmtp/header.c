#include "tmtp/header.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Larger numbers are no sizes, and their sums could overflow. */
#define NUMBER_MAX ((uint64_t)INT64_MAX)

#define AT(member) offsetof(struct header, member)

/* The fields that are known; the others are skipped. */
static const struct json_field fields[] = {
	{ "op",         F_OP,         JSON_NUMBER, AT(op) },
	{ "id",         F_ID,         JSON_TEXT,   AT(id) },
	{ "type",       F_TYPE,       JSON_TEXT,   AT(type) },
	{ "for",        F_FOR,        JSON_OTHER,  AT(to_list) },
	{ "datalen",    F_DATALEN,    JSON_NUMBER, AT(datalen) },
	{ "datahead",   F_DATAHEAD,   JSON_NUMBER, AT(datahead) },
	{ "datasum",    F_DATASUM,    JSON_NUMBER, AT(datasum) },
	{ "to",         F_TO,         JSON_TEXT,   AT(to) },
	{ "from",       F_FROM,       JSON_TEXT,   AT(from) },
	{ "gid",        F_GID,        JSON_TEXT,   AT(gid) },
	{ "act",        F_ACT,        JSON_TEXT,   AT(act) },
	{ "msgid",      F_MSGID,      JSON_TEXT,   AT(msgid) },
	{ "kind",       F_KIND,       JSON_TEXT,   AT(kind) },
	{ "on",         F_ON,         JSON_FLAG,   0 },
	{ "uid",        F_UID,        JSON_TEXT,   AT(uid) },
	{ "node",       F_NODE,       JSON_TEXT,   AT(node) },
	{ "newnode",    F_NEWNODE,    JSON_TEXT,   AT(newnode) },
	{ "newalias",   F_NEWALIAS,   JSON_TEXT,   AT(newalias) },
	{ "uses",       F_USES,       JSON_NUMBER, AT(uses) },
	{ "within",     0,            JSON_NUMBER, AT(within) },
	{ "dropnode",   F_DROPNODE,   JSON_TEXT,   AT(dropnode) },
	{ "dropalias",  F_DROPALIAS,  JSON_TEXT,   AT(dropalias) },
	{ "cork",       F_CORK,       JSON_TEXT,   AT(cork) },
	{ "wake",       F_WAKE,       JSON_TEXT,   AT(wake) },
	{ "block",      F_BLOCK,      JSON_TEXT,   AT(block) },
	{ "unblock",    F_BLOCK,      JSON_TEXT,   AT(unblock) },
	{ "notefor",    F_NOTEFOR,    JSON_OTHER,  AT(note_list) },
	{ "notelen",    F_NOTELEN,    JSON_NUMBER, AT(notelen) },
	{ "notehead",   F_NOTEHEAD,   JSON_NUMBER, AT(notehead) },
	{ "notesum",    F_NOTESUM,    JSON_NUMBER, AT(notesum) },
	{ "fornotself", F_FORNOTSELF, JSON_FLAG,   0 },
	{ "after",      F_AFTER,      JSON_FLAG,   0 },
	{ "oidc",       F_OIDC,       JSON_OTHER,  AT(id_token) }
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const struct json_field entry_fields[] = {
	{ "id",   0, JSON_TEXT,   offsetof(struct header_entry, id) },
	{ "type", 0, JSON_NUMBER, offsetof(struct header_entry, type) }
};

static const struct json_field oidc_fields[] = {
	{ "id_token", 0, JSON_TEXT, AT(id_token) }
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

long
header_parse_length(const char digits[HEADER_DIGITS])
{
	long length = 0;
	int i, value;

	for (i = 0; i < HEADER_DIGITS; i++) {
		value = hex_digit(digits[i]);
		if (value == -1)
			return -1;
		length = length * 16 + value;
	}
	return length;
}

/* One object of a list; keys but id and type are skipped. */
static void
read_entry(struct json *j, char *room, struct header_entry *entry)
{
	struct json_reader reader = { .fields = entry_fields, .count = 2,
	    .nulls = JSON_NULL_CLEARS, .max = NUMBER_MAX, .to = entry,
	    .room = room };

	*entry = (struct header_entry){ .id = { NULL, 0 } };
	json_object(j);
	(void)json_next_field(j, &reader);	/* none is JSON_OTHER */
}

/*
 * Check a list and remember where it is.  Its entries are read again by
 * header_entry, each into the same room: they are never needed together.
 */
static void
read_list(struct json *j, char *room, struct header_list *list)
{
	struct header_entry entry;

	*list = (struct header_list){ .json = { j->p, 0 } };
	json_array(j);
	while (json_item(j)) {
		list->count++;
		read_entry(j, room, &entry);
		j->bad |= entry.id.p == NULL;
	}
	list->json.n = (size_t)(j->p - list->json.p);
}

/* What a provider of identities gave to the client; we need one thing of it. */
static void
read_oidc(struct json *j, struct json_reader *outer, struct header *h)
{
	struct json_reader reader = { .fields = oidc_fields, .count = 1,
	    .nulls = JSON_NULL_CLEARS, .to = h, .room = outer->room };

	h->id_token = (struct span){ NULL, 0 };
	json_object(j);
	(void)json_next_field(j, &reader);	/* none is JSON_OTHER */
	outer->room = reader.room;
}

/* A value that is neither text nor number. */
static void
read_other(struct json *j, struct json_reader *reader, unsigned bit,
    struct header *h)
{
	if (bit == F_OIDC)
		read_oidc(j, reader, h);
	else
		read_list(j, reader->room, bit == F_FOR ? &h->to_list :
		    &h->note_list);
}

/*
 * All strings of a header together never need more room than the header is
 * long.
 */
bool
header_read(struct header *h, struct span json, struct buf *text)
{
	struct json_reader reader = { .fields = fields, .count = FIELDS,
	    .nulls = JSON_NULL_CLEARS, .max = NUMBER_MAX, .to = h };
	const struct json_field *other;
	struct json j;

	*h = (struct header){ 0 };
	text->n = 0;
	reader.room = buf_room(text, json.n);
	json_begin(&j, json);
	json_object(&j);
	while ((other = json_next_field(&j, &reader)) != NULL)
		read_other(&j, &reader, other->bit, h);
	h->has = reader.has;
	if ((h->has & F_FOR) == 0)
		h->to_list = (struct header_list){ 0 };
	if ((h->has & F_NOTEFOR) == 0)
		h->note_list = (struct header_list){ 0 };
	h->to_list.room = h->note_list.room = reader.room;
	return json_done(&j) && h->op.given;
}

const char *
header_field_name(unsigned set)
{
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		if (fields[i].bit & set)
			return fields[i].key;
	}
	return "";
}

void
header_walk(struct json *walk, const struct header_list *list)
{
	json_begin(walk, list->json);
	json_array(walk);
}

bool
header_entry(struct json *walk, const struct header_list *list,
    struct header_entry *entry)
{
	if (!json_item(walk))
		return false;
	read_entry(walk, list->room, entry);
	return true;
}

struct span
frame_ref(char dst[REF_TEXT], uint32_t ref)
{
	int n = snprintf(dst, REF_TEXT, "%lu", (unsigned long)ref);

	return (struct span){ dst, (size_t)n };
}

size_t
header_open(struct buf *b)
{
	size_t start = b->n;

	buf_add(b, SPAN("0000"));
	json_put_open(b, '{');
	return start;
}

static void
put_digits(struct buf *b, size_t start)
{
	static const char digits[] = "0123456789abcdef";
	size_t i, length = b->n - start - HEADER_DIGITS;

	for (i = HEADER_DIGITS; i > 0; i--, length /= 16)
		b->p[start + i - 1] = digits[length % 16];
}

void
header_close(struct buf *b, size_t start)
{
	json_put_close(b, '}');
	put_digits(b, start);
}

static void
put_text(struct buf *b, const char *key, struct span text)
{
	if (text.p != NULL)
		json_put_string(b, key, text);
}

static void
put_number(struct buf *b, const char *key, struct json_number number)
{
	if (number.given)
		json_put_uint(b, key, number.value);
}

static void
put_flag(struct buf *b, const char *key, bool flag)
{
	if (!flag)
		return;
	json_put_key(b, key);
	buf_add(b, SPAN("true"));
}

static void
put_id(struct buf *b, const char *key, uint64_t id)
{
	char text[ID_TEXT];

	if (id == 0)
		return;
	encode_hex64(text, id);
	json_put_string(b, key, (struct span){ text, ID_TEXT });
}

void
header_put_uid(struct buf *b, const char *key, const struct uid *uid)
{
	char text[UID_TEXT];

	encode_base32(text, uid->bytes, UID_BYTES);
	json_put_string(b, key, (struct span){ text, UID_TEXT });
}

static void
put_posted(struct buf *b, uint64_t wall)
{
	char text[CLOCK_TEXT];

	clock_text(text, wall);
	json_put_string(b, "posted", (struct span){ text, CLOCK_TEXT });
}

static void
put_list(struct buf *b, const char *key, const struct header_list *list)
{
	struct header_entry entry;
	struct json walk;

	if (list == NULL)
		return;
	json_put_key(b, key);
	json_put_open(b, '[');
	header_walk(&walk, list);
	while (header_entry(&walk, list, &entry)) {
		json_put_open(b, '{');
		json_put_string(b, "id", entry.id);
		json_put_close(b, '}');
	}
	json_put_close(b, ']');
}

/* The members of a message that come before headsum, in byte order. */
static void
put_before_headsum(struct buf *b, const struct message *m)
{
	put_text(b, "act", m->act);
	put_flag(b, "after", m->after);
	put_text(b, "alias", m->alias);
	put_text(b, "block", m->block);
	put_text(b, "cork", m->cork);
	put_number(b, "datahead", m->datahead);
	json_put_uint(b, "datalen", m->datalen);
	put_number(b, "datasum", m->datasum);
	put_text(b, "dropalias", m->dropalias);
	put_text(b, "dropnode", m->dropnode);
	put_list(b, "for", m->to_list);
	if (m->corked.p != NULL) {
		json_put_key(b, "for");
		buf_add(b, m->corked);
	}
	header_put_uid(b, "from", m->from);
	put_text(b, "gid", m->gid);
}

static void
put_after_headsum(struct buf *b, const struct message *m)
{
	put_id(b, "id", m->id);
	put_text(b, "label", m->label);
	put_text(b, "moderate", m->moderate);
	put_id(b, "msgid", m->msgid);
	put_text(b, "newalias", m->newalias);
	put_text(b, "newnode", m->newnode);
	put_text(b, "node", m->node);
	put_text(b, "nodeid", m->nodeid);
	put_text(b, "noderef", m->noderef);
	put_number(b, "notify", m->notify);
	if (m->on != NULL) {
		json_put_key(b, "on");
		buf_add(b, span_of(m->on));
	}
	json_put_string(b, "op", span_of(m->op));
	put_posted(b, m->posted);
	put_id(b, "postid", m->postid);
	put_text(b, "to", m->to);
	put_text(b, "type", m->type);
	put_text(b, "unblock", m->unblock);
	put_number(b, "uses", m->uses);
}

/* Put text into the frame at a byte of it, and correct its digits. */
static void
insert(struct buf *b, size_t start, size_t at, struct span text)
{
	size_t rest = b->n - at;

	buf_add(b, text);
	memmove(b->p + at + text.n, b->p + at, rest);
	memcpy(b->p + at, text.p, text.n);
	put_digits(b, start);
}

#define HEADSUM ",\"headsum\":"

/* It covers the frame as it would be without headsum. */
static void
insert_sum(struct buf *b, size_t start, size_t at)
{
	uint32_t sum = encode_crc32c(0, b->p + start, b->n - start);
	char headsum[32];
	int n = snprintf(headsum, sizeof(headsum), HEADSUM "%lu",
	    (unsigned long)sum);

	insert(b, start, at, (struct span){ headsum, (size_t)n });
}

void
header_sum(struct buf *frame)
{
	size_t at = span_find(buf_span(frame), SPAN(HEADSUM)), n = 1;

	while (at + n < frame->n && frame->p[at + n] != ',')
		n++;
	if (at == frame->n)
		return;
	buf_cut(frame, at, n);
	put_digits(frame, 0);
	insert_sum(frame, 0, at);
}

/*
 * The frame that begins at start lacks nothing but headsum, which goes where at
 * is.  False, and no frame, if that makes it too long.
 */
static bool
seal(struct buf *b, size_t start, size_t at)
{
	insert_sum(b, start, at);
	if (b->n - start - HEADER_DIGITS <= HEADER_MAX)
		return true;
	b->n = start;
	return false;
}

/* Where the key, from its comma to its colon, is in the frame; it is there. */
static size_t
find_key(const struct buf *b, size_t start, struct span key)
{
	while (memcmp(b->p + start, key.p, key.n) != 0)
		start++;
	return start;
}

/* Remove a member that is there, and is not the last; returns where it was. */
static size_t
cut(struct buf *b, size_t start, struct span key)
{
	size_t at = find_key(b, start, key), end = at + key.n;
	bool in_string = false;

	for (; in_string || b->p[end] != ','; end++) {
		if (b->p[end] == '"')
			in_string = !in_string;
		else if (b->p[end] == '\\')
			end++;
	}
	b->n -= end - at;
	memmove(b->p + at, b->p + end, b->n - at);
	put_digits(b, start);
	return at;
}

/* No string holds a quote that is not escaped, so no key is found in one. */
static bool
put_passed(struct buf *b, const struct message *m)
{
	size_t start = b->n, at;

	buf_add(b, m->passed);
	at = cut(b, start, SPAN(",\"headsum\":"));
	(void)cut(b, start, SPAN(",\"moderate\":"));
	encode_hex64(b->p + find_key(b, start, SPAN(",\"id\":")) + 7, m->id);
	return seal(b, start, at);
}

bool
header_message(struct buf *b, const struct message *m)
{
	size_t start, at;

	if (m->passed.p != NULL)
		return put_passed(b, m);
	start = header_open(b);
	put_before_headsum(b, m);
	at = b->n;
	put_after_headsum(b, m);
	header_close(b, start);
	return seal(b, start, at);
}
