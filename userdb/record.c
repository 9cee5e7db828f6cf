#include "userdb/record.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "userdb/name.h"

enum type { FLAG, HEX, NUMBER, STATE, TEXT, UID };

/* In the order in which they are written: that of their keys. */
static const struct field {
	enum record_field field;
	const char *key;
	enum type type;
	size_t place;		/* of the value in struct record */
	size_t bytes;		/* of HEX */
} fields[] = {
#define AT(member) offsetof(struct record, member)
	{ RECORD_ALIAS,        "alias",        TEXT,   AT(alias),         0 },
	{ RECORD_DISABLED,     "disabled",     FLAG,   0,                 0 },
	{ RECORD_DROPPED,      "dropped",      FLAG,   0,                 0 },
	{ RECORD_FAILED_PINGS, "failed_pings", NUMBER, AT(failed_pings),  0 },
	{ RECORD_GID,          "gid",          TEXT,   AT(gid),           0 },
	{ RECORD_GONE,         "gone",         FLAG,   0,                 0 },
	{ RECORD_HASH,         "hash",         HEX,    AT(hash),         32 },
	{ RECORD_LABEL,        "label",        TEXT,   AT(label),         0 },
	{ RECORD_NEXT_REF,     "next_ref",     NUMBER, AT(next_ref),      0 },
	{ RECORD_NODE,         "node",         NUMBER, AT(node),          0 },
	{ RECORD_PINGS,        "pings",        NUMBER, AT(pings),         0 },
	{ RECORD_PINGS_SINCE,  "pings_since",  NUMBER, AT(pings_since),   0 },
	{ RECORD_RECEIVE_ONLY, "receive_only", FLAG,   0,                 0 },
	{ RECORD_SALT,         "salt",         HEX,    AT(salt),          8 },
	{ RECORD_SEEN,         "seen",         NUMBER, AT(seen),          0 },
	{ RECORD_STATE,        "state",        STATE,  AT(state),         0 },
	{ RECORD_UID,          "uid",          UID,    AT(uid),           0 },
	{ RECORD_USES,         "uses",         NUMBER, AT(uses),          0 },
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

static bool
read_state(enum member_state *state, struct span text)
{
	size_t i;

	for (i = 0; i < STATES; i++) {
		if (span_is(text, span_of(state_names[i]))) {
			*state = (enum member_state)i;
			return true;
		}
	}
	return false;
}

/* No text of ours holds NUL: all are kept NUL-terminated in memory. */
static bool
read_text(struct span *text, struct buf *strings, struct span raw)
{
	char *dst = buf_room(strings, raw.n);

	*text = (struct span){ dst, json_text(dst, raw) };
	strings->n += text->n;
	return memchr(text->p, '\0', text->n) == NULL;
}

/* Read the value of a field; false if it makes no sense. */
static bool
read_value(struct json *j, const struct field *field, struct record *r,
    struct buf *strings)
{
	void *place = (char *)r + field->place;
	uint32_t *number = place;
	bool set = true, sense = true;

	switch (field->type) {
	case FLAG:
		set = json_bool(j);
		break;
	case HEX:
		sense = read_hex(place, field->bytes, json_string(j));
		break;
	case NUMBER:
		*number = (uint32_t)json_uint(j, UINT32_MAX);
		break;
	case STATE:
		sense = read_state(place, json_string(j));
		break;
	case TEXT:
		sense = read_text(place, strings, json_string(j));
		break;
	case UID:
		sense = decode_base32(place, UID_BYTES, json_string(j));
		break;
	}
	if (set)
		r->has |= field->field;
	else
		r->has &= ~(unsigned)field->field;
	return sense;
}

static const struct field *
find_field(struct span key)
{
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		if (json_is(key, span_of(fields[i].key)))
			return &fields[i];
	}
	return NULL;
}

/* Names must fit, as their file's name would be too long. */
static bool
names_fit(const struct record *r)
{
	return ((r->has & RECORD_ALIAS) == 0 || name_fits(r->alias)) &&
	    ((r->has & RECORD_GID) == 0 || name_fits(r->gid));
}

static bool
has_all(const struct record *r, unsigned set)
{
	return (r->has & set) == set;
}

enum record_kind
record_read(struct record *r, struct span text, struct buf *strings)
{
	const struct field *field;
	struct json j;
	struct span key;
	bool sense = true;

	*r = (struct record){ 0 };
	/* Strings get no longer by reading, so this room never moves. */
	strings->n = 0;
	buf_room(strings, text.n);
	json_begin(&j, text);
	json_object(&j);
	while (sense && json_key(&j, &key)) {
		field = find_field(key);
		if (field == NULL)
			json_skip(&j);
		else if (!json_null(&j))
			sense = read_value(&j, field, r, strings);
	}
	if (!sense || !json_done(&j) || !names_fit(r))
		return RECORD_SENSELESS;
	return record_kind(r);
}

static enum record_kind
kind_of_node(const struct record *r)
{
	if (r->node == 0 || r->node == UINT32_MAX)
		return RECORD_SENSELESS;
	if (r->has & RECORD_GONE)
		return RECORD_OF_GONE;
	switch (r->has & (RECORD_SALT | RECORD_HASH | RECORD_SEEN)) {
	case RECORD_SALT | RECORD_HASH:
	case RECORD_SALT | RECORD_HASH | RECORD_SEEN:
		return RECORD_OF_NODE;
	case RECORD_SEEN:
		return RECORD_OF_SEEN;
	default:
		return RECORD_SENSELESS;
	}
}

enum record_kind
record_kind(const struct record *r)
{
	if (has_all(r, RECORD_GID | RECORD_UID))
		return has_all(r, RECORD_ALIAS | RECORD_STATE) ?
		    RECORD_OF_MEMBER : RECORD_SENSELESS;
	if (r->has & RECORD_GID)
		return RECORD_OF_GROUP;
	if ((r->has & RECORD_UID) == 0)
		return RECORD_OTHER;
	if (r->has & RECORD_NODE)
		return kind_of_node(r);
	return r->has & RECORD_ALIAS ? RECORD_OF_ALIAS : RECORD_OF_USER;
}

static void
write_hex(struct buf *b, const char *key, const unsigned char *bytes,
    size_t n)
{
	char text[2 * sizeof(((struct record *)NULL)->hash)];
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
write_field(struct buf *b, const struct field *field, const struct record *r)
{
	const void *place = (const char *)r + field->place;
	const uint32_t *number = place;
	const struct span *text = place;
	const enum member_state *state = place;

	switch (field->type) {
	case FLAG:
		json_put_key(b, field->key);
		buf_add(b, SPAN("true"));
		break;
	case HEX:
		write_hex(b, field->key, place, field->bytes);
		break;
	case NUMBER:
		json_put_uint(b, field->key, *number);
		break;
	case STATE:
		json_put_string(b, field->key, span_of(state_names[*state]));
		break;
	case TEXT:
		json_put_string(b, field->key, *text);
		break;
	case UID:
		write_uid(b, field->key, place);
		break;
	}
}

void
record_write(struct buf *b, const struct record *r)
{
	size_t i;

	json_put_open(b, '{');
	for (i = 0; i < FIELDS; i++) {
		if (r->has & fields[i].field)
			write_field(b, &fields[i], r);
	}
	json_put_close(b, '}');
}

void
record_path(char dst[RECORD_PATH], const struct record *r)
{
	char file[NAME_FILE], uid[UID_TEXT];

	dst[0] = '\0';
	if (r->has & RECORD_GID) {
		name_file(file, r->gid);
		(void)snprintf(dst, RECORD_PATH, "group/%s", file);
	} else if (r->has & RECORD_UID) {
		encode_base32(uid, r->uid.bytes, UID_BYTES);
		(void)snprintf(dst, RECORD_PATH, "user/%.2s/%.*s/user.json",
		    uid, UID_TEXT, uid);
	}
}
