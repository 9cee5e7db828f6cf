#include "userdb/record.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "json.h"
#include "userdb/name.h"

/* In the order in which they are written: that of their keys. */
static const struct json_field fields[] = {
#define AT(member) offsetof(struct record, member)
	{ "alias",        RECORD_ALIAS,        JSON_TEXT,  AT(alias) },
	{ "blocked",      RECORD_BLOCKED,      JSON_TEXT,  AT(blocked) },
	{ "by",           RECORD_BY,           JSON_OTHER, 0 },
	{ "cork",         RECORD_CORK,         JSON_OTHER, 0 },
	{ "cork_for",     RECORD_CORK_FOR,     JSON_TEXT,  AT(cork_for) },
	{ "disabled",     RECORD_DISABLED,     JSON_FLAG,  0 },
	{ "dropped",      RECORD_DROPPED,      JSON_FLAG,  0 },
	{ "failed_pings", RECORD_PINGS,        JSON_U32,   AT(failed_pings) },
	{ "gid",          RECORD_GID,          JSON_TEXT,  AT(gid) },
	{ "gone",         RECORD_GONE,         JSON_FLAG,  0 },
	{ "group",        RECORD_GROUP,        JSON_TEXT,  AT(gid) },
	{ "hash",         RECORD_HASH,         JSON_OTHER, 0 },
	{ "held",         RECORD_HELD,         JSON_TEXT,  AT(held) },
	{ "kind",         RECORD_KIND,         JSON_OTHER, 0 },
	{ "label",        RECORD_LABEL,        JSON_TEXT,  AT(label) },
	{ "moderator",    RECORD_MODERATOR,    JSON_FLAG,  0 },
	{ "new_nodes_day", RECORD_NEW_NODES,   JSON_U32,
	    AT(new_nodes_day) },
	{ "new_nodes_from", RECORD_NEW_NODES,  JSON_U32,
	    AT(new_nodes_from) },
	{ "next_ref",     RECORD_NEXT_REF,     JSON_U32,   AT(next_ref) },
	{ "node",         RECORD_NODE,         JSON_U32,   AT(node) },
	{ "oidc_aud",     RECORD_OIDC,         JSON_TEXT,  AT(subject.aud) },
	{ "oidc_iat",     RECORD_OIDC,         JSON_U32,   AT(subject.iat) },
	{ "oidc_iss",     RECORD_OIDC,         JSON_TEXT,  AT(subject.iss) },
	{ "oidc_sub",     RECORD_OIDC,         JSON_TEXT,  AT(subject.sub) },
	{ "pending",      RECORD_PENDING,      JSON_RAW,   AT(pending) },
	{ "pings",        RECORD_PINGS,        JSON_U32,   AT(pings) },
	{ "pings_since",  RECORD_PINGS,        JSON_U32,   AT(pings_since) },
	{ "receipts",     RECORD_RECEIPTS,     JSON_TEXT,  AT(receipts) },
	{ "receive_only", RECORD_RECEIVE_ONLY, JSON_FLAG,  0 },
	{ "salt",         RECORD_SALT,         JSON_OTHER, 0 },
	{ "seen",         RECORD_SEEN,         JSON_U32,   AT(seen) },
	{ "state",        RECORD_STATE,        JSON_OTHER, 0 },
	{ "uid",          RECORD_UID,          JSON_OTHER, 0 },
	{ "uses",         RECORD_USES,         JSON_U32,   AT(uses) },
	{ "wake",         RECORD_WAKE,         JSON_TEXT,  AT(wake) },
	{ "woken",        RECORD_WOKEN,        JSON_U32,   AT(woken) }
#undef AT
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const char *const state_names[] = {
	[MEMBER_INVITED] = "invited",
	[MEMBER_JOINED]  = "joined",
	[MEMBER_LEFT]    = "left",
	[MEMBER_BARRED]  = "barred",
};

#define STATES (sizeof(state_names) / sizeof(state_names[0]))

static const char *const kind_names[] = {
	[0] = "",
	[GROUP_MODERATED] = "moderated",
	[GROUP_CLOSED] = "closed",
	[GROUP_MODERATED | GROUP_CLOSED] = "moderated closed"
};

#define KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

static const char hex[] = "0123456789abcdef";

static bool
read_hex(unsigned char *dst, size_t n, struct span text)
{
	const char *high, *low;
	size_t i;

	if (text.n != 2 * n)
		return false;
	for (i = 0; i < n; i++) {
		high = memchr(hex, text.p[2 * i], 16);
		low = memchr(hex, text.p[2 * i + 1], 16);
		if (high == NULL || low == NULL)
			return false;
		dst[i] = (unsigned char)((high - hex) << 4 | (low - hex));
	}
	return true;
}

struct span
record_kind_text(unsigned kind)
{
	return span_of(kind_names[kind]);
}

bool
record_read_kind(unsigned *kind, struct span text)
{
	for (*kind = 1; *kind < KINDS; ++*kind) {
		if (span_is(text, span_of(kind_names[*kind])))
			return true;
	}
	return false;
}

/* No cork is an empty text, and 0. */
static bool
read_cork(uint64_t *until, struct span text)
{
	*until = 0;
	return text.n == 0 ||
	    (text.n == CLOCK_TEXT && clock_read(until, text.p));
}

static bool
is_held_list(struct span held)
{
	uint64_t id;

	for (; held.n >= ID_TEXT; held.p += ID_TEXT, held.n -= ID_TEXT) {
		if (!decode_hex64(&id, (struct span){ held.p, ID_TEXT }))
			return false;
	}
	return held.n == 0;
}

/* Read a value that json.c leaves to us; false if it is invalid. */
static bool
read_value(struct record *r, enum record_field field, struct span text)
{
	switch (field) {
	case RECORD_HASH:
		return read_hex(r->secret.hash, SECRET_HASH, text);
	case RECORD_KIND:
		return record_read_kind(&r->kind, text);
	case RECORD_SALT:
		return read_hex(r->secret.salt, SECRET_SALT, text);
	case RECORD_STATE:
		r->state = (enum member_state)span_index(text, state_names,
		    STATES);
		return r->state < STATES;
	case RECORD_CORK:
		return read_cork(&r->cork, text);
	case RECORD_BY:
		return decode_base32(r->by.bytes, UID_BYTES, text);
	default:
		return decode_base32(r->uid.bytes, UID_BYTES, text);
	}
}

/* Text is kept NUL-terminated in memory. */
static bool
has_nul(struct span text)
{
	return text.n > 0 && memchr(text.p, '\0', text.n) != NULL;
}

/* A longer name would make too long a file name. */
static bool
names_fit(const struct record *r)
{
	return ((r->has & RECORD_ALIAS) == 0 || name_fits(r->alias)) &&
	    ((r->has & (RECORD_GID | RECORD_GROUP)) == 0 ||
	    name_fits(r->gid));
}

static bool
is_whole(const struct subject *s)
{
	return s->iss.n > 0 && s->sub.n > 0 && s->aud.n > 0 &&
	    !has_nul(s->iss) && !has_nul(s->sub) && !has_nul(s->aud);
}

static bool
has_all(const struct record *r, unsigned set)
{
	return (r->has & set) == set;
}

enum record_kind
record_read(struct record *r, struct span text, struct buf *strings)
{
	struct json_reader reader = { .fields = fields, .count = FIELDS,
	    .nulls = JSON_NULL_SKIPPED, .to = r };
	const struct json_field *field;
	struct json j;

	*r = (struct record){ 0 };
	strings->n = 0;
	reader.room = buf_room(strings, text.n);
	json_begin(&j, text);
	json_object(&j);
	while ((field = json_next_field(&j, &reader)) != NULL) {
		if (!read_value(r, (enum record_field)field->bit,
		    json_string(&j)))
			return RECORD_INVALID;
	}
	r->has = reader.has;
	if (!json_done(&j) || has_nul(r->alias) || has_nul(r->gid) ||
	    has_nul(r->label) || has_nul(r->cork_for) || has_nul(r->wake) ||
	    !is_held_list(r->held) || !names_fit(r) ||
	    ((r->has & RECORD_OIDC) != 0 && !is_whole(&r->subject)))
		return RECORD_INVALID;
	return record_kind(r);
}

static enum record_kind
kind_of_node(const struct record *r)
{
	if (r->node == 0 || r->node == UINT32_MAX)
		return RECORD_INVALID;
	if (r->has & RECORD_GONE)
		return RECORD_OF_GONE;
	if (has_all(r, RECORD_SALT | RECORD_HASH))
		return RECORD_OF_NODE;
	if (r->has & (RECORD_SALT | RECORD_HASH))
		return RECORD_INVALID;
	if (r->has & RECORD_WAKE)
		return RECORD_OF_WAKE;
	if (r->has & RECORD_WOKEN)
		return RECORD_OF_WOKEN;
	return r->has & RECORD_SEEN ? RECORD_OF_SEEN : RECORD_INVALID;
}

#define PENDING_UID (1 + UID_TEXT)	/* a space before it */

uint64_t
record_pending_id(const struct record *r)
{
	uint64_t id;

	return r->pending.n >= ID_TEXT && decode_hex64(&id,
	    (struct span){ r->pending.p, ID_TEXT }) ? id : 0;
}

bool
record_pending_uid(const struct record *r, size_t i, struct uid *uid)
{
	size_t at = ID_TEXT + i * PENDING_UID;

	return at + PENDING_UID <= r->pending.n &&
	    r->pending.p[at] == ' ' && decode_base32(uid->bytes, UID_BYTES,
	    (struct span){ r->pending.p + at + 1, UID_TEXT });
}

bool
record_blocked_uid(const struct record *r, size_t i, struct uid *uid)
{
	return (i + 1) * UID_TEXT <= r->blocked.n && decode_base32(uid->bytes,
	    UID_BYTES, (struct span){ r->blocked.p + i * UID_TEXT, UID_TEXT });
}

static enum record_kind
kind_of_blocked(const struct record *r)
{
	struct uid uid;
	size_t i = 0;

	while (record_blocked_uid(r, i, &uid))
		i++;
	return i * UID_TEXT == r->blocked.n ? RECORD_OF_BLOCKED :
	    RECORD_INVALID;
}

static enum record_kind
kind_of_pending(const struct record *r)
{
	struct uid uid;
	size_t i = 0;

	while (record_pending_uid(r, i, &uid))
		i++;
	return (r->has & RECORD_GROUP) && record_pending_id(r) != 0 &&
	    i > 0 && r->pending.n == ID_TEXT + i * PENDING_UID ?
	    RECORD_OF_PENDING : RECORD_INVALID;
}

enum record_kind
record_kind(const struct record *r)
{
	if (r->has & RECORD_PENDING)
		return kind_of_pending(r);
	if (has_all(r, RECORD_GID | RECORD_UID))
		return has_all(r, RECORD_ALIAS | RECORD_STATE) ?
		    RECORD_OF_MEMBER : RECORD_INVALID;
	if (r->has & RECORD_GID)
		return RECORD_OF_GROUP;
	if ((r->has & RECORD_UID) == 0)
		return RECORD_OTHER;
	if (r->has & RECORD_NODE)
		return kind_of_node(r);
	if (r->has & RECORD_CORK)
		return RECORD_OF_CORK;
	if (r->has & RECORD_HELD)
		return RECORD_OF_HELD;
	if (r->has & RECORD_BLOCKED)
		return kind_of_blocked(r);
	return r->has & RECORD_ALIAS ? RECORD_OF_ALIAS : RECORD_OF_USER;
}

static void
write_hex(struct buf *b, const char *key, const unsigned char *bytes,
    size_t n)
{
	char text[2 * SECRET_HASH];
	size_t i;

	for (i = 0; i < n; i++) {
		text[2 * i] = hex[bytes[i] >> 4];
		text[2 * i + 1] = hex[bytes[i] & 15];
	}
	json_put_string(b, key, (struct span){ text, 2 * n });
}

static void
write_uid(struct buf *b, const char *key, const struct uid *uid)
{
	char text[UID_TEXT];

	encode_base32(text, uid->bytes, UID_BYTES);
	json_put_string(b, key, (struct span){ text, UID_TEXT });
}

static void
write_cork(struct buf *b, const char *key, uint64_t until)
{
	char text[CLOCK_TEXT];

	clock_text(text, until);
	json_put_string(b, key, (struct span){ text,
	    until == 0 ? 0 : CLOCK_TEXT });
}

static void
write_field(struct buf *b, const struct json_field *field,
    const struct record *r)
{
	switch (field->bit) {
	case RECORD_CORK:
		write_cork(b, field->key, r->cork);
		break;
	case RECORD_BY:
		write_uid(b, field->key, &r->by);
		break;
	case RECORD_HASH:
		write_hex(b, field->key, r->secret.hash, SECRET_HASH);
		break;
	case RECORD_KIND:
		json_put_string(b, field->key, record_kind_text(r->kind));
		break;
	case RECORD_SALT:
		write_hex(b, field->key, r->secret.salt, SECRET_SALT);
		break;
	case RECORD_STATE:
		json_put_string(b, field->key,
		    span_of(state_names[r->state]));
		break;
	case RECORD_UID:
		write_uid(b, field->key, &r->uid);
		break;
	default:
		json_put_field(b, field, r);
	}
}

void
record_write(struct buf *b, const struct record *r)
{
	size_t i;

	json_put_open(b, '{');
	for (i = 0; i < FIELDS; i++) {
		if (r->has & fields[i].bit)
			write_field(b, &fields[i], r);
	}
	json_put_close(b, '}');
}

static void
put_record_path(char dst[RECORD_PATH], const struct record *r,
    void (*write_file)(char *, struct span))
{
	char file[NAME_FILE], uid[UID_TEXT];

	dst[0] = '\0';
	if (r->has & (RECORD_GID | RECORD_GROUP)) {
		write_file(file, r->gid);
		(void)snprintf(dst, RECORD_PATH, "group/%s", file);
	} else if (r->has & RECORD_UID) {
		encode_base32(uid, r->uid.bytes, UID_BYTES);
		(void)snprintf(dst, RECORD_PATH, "user/%.2s/%.*s/user.json",
		    uid, UID_TEXT, uid);
	}
}

void
record_path(char dst[RECORD_PATH], const struct record *r)
{
	put_record_path(dst, r, name_file);
}

void
record_old_path(char dst[RECORD_PATH], const struct record *r)
{
	put_record_path(dst, r, name_file_whole);
}
