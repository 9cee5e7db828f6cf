/*
 * On disk
 * -------
 * A record in the journal, like a line of DATA/guests.json (its format is in
 * disk/recfile.h), is a whole entry with its id:
 *
 *	{"from":"203.0.113.0/24","id":7,"kind":"invitation",
 *	"name":"Alice Smith","since":1700000000000,"until":1700600000000}
 *
 * or its removal: {"gone":1,"id":7}.  The last record of an id wins, however
 * often earlier ones are applied again.  What is 0, false or empty is left out;
 * unknown keys are ignored.
 *
 *	what start-up finds		what it does
 *	no guests.json			starts with the journal's records
 *	a damaged one			moves it to lost+found, one line, and
 *					counts it; then as above
 *	expired entries			nothing; see invite_expire
 */
#include "userdb/invite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "disk/journal.h"
#include "disk/quarantine.h"
#include "disk/recfile.h"
#include "json.h"
#include "userdb/files.h"

#define FILE_NAME "guests.json"

/* More than all entries need, at about 500 bytes each. */
#define FILE_BYTES ((size_t)4 << 20)

#define APPROVED_TIME (7 * CLOCK_DAY)
#define KEPT_TIME (30 * CLOCK_DAY)	/* after an entry has expired */
#define CALM_TIME CLOCK_DAY		/* since the clock was set */
#define JUMP_MIN 3600000		/* ms; less is a correction */
#define CLOCK_SET 1577836800000U	/* 2020: earlier, it was not set */

#define SECRET_BYTES (SECRET_SALT + SECRET_HASH)
#define SECRET_TEXT  (SECRET_BYTES / 5 * 8)

_Static_assert(sizeof(struct secret) == SECRET_BYTES, "written as one");

/* Base 32 without U and what looks like 0 or 1. */
static const char code_characters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const char *const kind_names[] = {
	[INVITE_INVITATION] = "invitation",
	[INVITE_REQUEST]    = "knock",
	[INVITE_WINDOW]     = "window"
};

#define KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

struct invites {
	struct quarantine *quarantine;
	struct journal *journal;
	struct invite **list;	/* by rising id */
	size_t count, room;
	bool dirty;		/* the file is older than memory */
	int64_t lead;		/* ms that now.wall is ahead of now.mono */
	uint64_t calm_at;	/* now.mono: nothing is removed before */
	struct buf text;	/* the record or file being written or read */
	struct buf strings;	/* of the record being read */
};

/* ---- records ---- */

/* A record as it is written. */
struct invite_record {
	struct span address, from, kind, name, secret;
	struct json_number count, gone, id, last, receive_only, since, until;
};

/* In the order in which they are written: that of their keys. */
static const struct json_field fields[] = {
#define AT(member) offsetof(struct invite_record, member)
	{ "address",      0, JSON_TEXT,   AT(address)      },
	{ "count",        0, JSON_NUMBER, AT(count)        },
	{ "from",         0, JSON_TEXT,   AT(from)         },
	{ "gone",         0, JSON_NUMBER, AT(gone)         },
	{ "id",           0, JSON_NUMBER, AT(id)           },
	{ "kind",         0, JSON_TEXT,   AT(kind)         },
	{ "last",         0, JSON_NUMBER, AT(last)         },
	{ "name",         0, JSON_TEXT,   AT(name)         },
	{ "receive_only", 0, JSON_NUMBER, AT(receive_only) },
	{ "secret",       0, JSON_TEXT,   AT(secret)       },
	{ "since",        0, JSON_NUMBER, AT(since)        },
	{ "until",        0, JSON_NUMBER, AT(until)        }
#undef AT
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void
write_record(struct buf *b, const struct invite_record *r)
{
	size_t i;

	json_put_open(b, '{');
	for (i = 0; i < FIELDS; i++)
		json_put_field(b, &fields[i], r);
	json_put_close(b, '}');
}

/* Its spans point into text or into strings. */
static bool
read_record(struct invite_record *r, struct span text, struct buf *strings)
{
	struct json_reader reader = { .fields = fields, .count = FIELDS,
	    .max = UINT64_MAX, .to = r };
	struct json j;

	*r = (struct invite_record){ .id = { false, 0 } };
	strings->n = 0;
	reader.room = buf_room(strings, text.n);
	json_begin(&j, text);
	json_object(&j);
	(void)json_next_field(&j, &reader);	/* none is JSON_OTHER */
	return json_done(&j) && r->id.value != 0;
}

/* What is 0 or empty is left out. */
static struct json_number
number(uint64_t value)
{
	return (struct json_number){ value != 0, value };
}

static struct span
words(const char *text)
{
	return text[0] == '\0' ? (struct span){ NULL, 0 } : span_of(text);
}

static void
write_entry(struct buf *b, const struct invite *e)
{
	char secret[SECRET_TEXT], from[SUBNET_TEXT];
	struct invite_record r = {
		.address = words(e->address),
		.kind = span_of(kind_names[e->kind]),
		.name = words(e->name),
		.count = number(e->count),
		.id = number(e->id),
		.last = number(e->last),
		.receive_only = number(e->receive_only),
		.since = number(e->since),
		.until = number(e->until)
	};

	if (e->bound) {
		subnet_text(from, &e->from);
		r.from = span_of(from);
	}
	if (e->coded) {
		encode_base32(secret, e->secret.salt, SECRET_BYTES);
		r.secret = (struct span){ secret, SECRET_TEXT };
	}
	write_record(b, &r);
}

static bool
read_text(char *dst, size_t room, struct span text)
{
	dst[0] = '\0';
	if (text.n == 0)
		return true;
	if (text.n >= room || memchr(text.p, '\0', text.n) != NULL)
		return false;
	memcpy(dst, text.p, text.n);
	dst[text.n] = '\0';
	return true;
}

static bool
read_from(struct invite *e, struct span text)
{
	char from[SUBNET_TEXT];

	e->bound = text.n > 0;
	return !e->bound || (read_text(from, sizeof(from), text) &&
	    subnet_parse(&e->from, from));
}

static bool
read_secret(struct invite *e, struct span text)
{
	e->coded = text.n > 0;
	return !e->coded || decode_base32(e->secret.salt, SECRET_BYTES, text);
}

static bool
read_entry(struct invite *e, const struct invite_record *r)
{
	*e = (struct invite){
		.id = r->id.value,
		.since = r->since.value,
		.until = r->until.value,
		.last = r->last.value,
		.kind = (enum invite_kind)span_index(r->kind, kind_names,
		    KINDS),
		.count = (uint32_t)r->count.value,
		.receive_only = r->receive_only.value != 0
	};
	return r->count.value <= UINT32_MAX && e->kind < KINDS &&
	    read_text(e->name, sizeof(e->name), r->name) &&
	    read_text(e->address, sizeof(e->address), r->address) &&
	    read_from(e, r->from) && read_secret(e, r->secret);
}

/* ---- entries ---- */

/* The index of the first entry whose id is not lower. */
static size_t
find(const struct invites *inv, uint64_t id)
{
	size_t i = 0;

	while (i < inv->count && inv->list[i]->id < id)
		i++;
	return i;
}

static bool
is_at(const struct invites *inv, size_t i, uint64_t id)
{
	return i < inv->count && inv->list[i]->id == id;
}

static void
remove_at(struct invites *inv, size_t i)
{
	free(inv->list[i]);
	inv->count--;
	memmove(&inv->list[i], &inv->list[i + 1],
	    (inv->count - i) * sizeof(inv->list[0]));
}

static void
insert_at(struct invites *inv, size_t i, const struct invite *e)
{
	if (inv->count == inv->room) {
		inv->room = inv->room * 2 + 16;
		inv->list = xrealloc(inv->list,
		    inv->room * sizeof(inv->list[0]));
	}
	memmove(&inv->list[i + 1], &inv->list[i],
	    (inv->count - i) * sizeof(inv->list[0]));
	inv->list[i] = xalloc(sizeof(*e));
	*inv->list[i] = *e;
	inv->count++;
}

static void
set_entry(struct invites *inv, const struct invite *e)
{
	size_t i = find(inv, e->id);

	if (is_at(inv, i, e->id))
		*inv->list[i] = *e;
	else
		insert_at(inv, i, e);
	inv->dirty = true;
}

static void
remove_id(struct invites *inv, uint64_t id)
{
	size_t i = find(inv, id);

	if (is_at(inv, i, id))
		remove_at(inv, i);
	inv->dirty = true;
}

/* Apply a record; false if it is invalid. */
static bool
apply(struct invites *inv, struct span text)
{
	struct invite e;
	struct invite_record r;

	if (!read_record(&r, text, &inv->strings))
		return false;
	if (r.gone.value != 0) {
		remove_id(inv, r.id.value);
		return true;
	}
	if (!read_entry(&e, &r))
		return false;
	set_entry(inv, &e);
	return true;
}

static size_t
count_invitations(const struct invites *inv)
{
	size_t i, n = 0;

	for (i = 0; i < inv->count; i++)
		n += inv->list[i]->kind == INVITE_INVITATION;
	return n;
}

/* ---- the file ---- */

static const char *
apply_line(void *with, struct span line)
{
	return apply(with, line) ? NULL : "invalid record";
}

static int
load(struct invites *inv)
{
	struct span lines;
	const char *path = recfile_stays(inv->quarantine, FILE_NAME) ?
	    QUARANTINE_ASIDE FILE_NAME : FILE_NAME;
	int found = recfile_read(inv->quarantine, path, FILE_BYTES,
	    &inv->text, &lines, apply_line, inv);

	/* A damaged file counts for nothing. */
	while (found == 0 && inv->count > 0)
		remove_at(inv, inv->count - 1);
	return found;
}

struct invites *
invite_open(struct quarantine *quarantine, struct journal *journal, char *why,
    size_t room)
{
	struct invites *inv = xzalloc(sizeof(*inv));

	inv->quarantine = quarantine;
	inv->journal = journal;
	if (load(inv) != -1)
		return inv;
	(void)snprintf(why, room, FILE_NAME ": %s", strerror(errno));
	invite_close(inv);
	return NULL;
}

void
invite_close(struct invites *inv)
{
	if (inv == NULL)
		return;
	while (inv->count > 0)
		remove_at(inv, inv->count - 1);
	free(inv->list);
	buf_free(&inv->text);
	buf_free(&inv->strings);
	free(inv);
}

bool
invite_replay(struct invites *inv, const struct journal_record *record)
{
	if (record->type != JOURNAL_INVITES)
		return false;
	if (!apply(inv, record->body))
		quarantine_note(inv->quarantine,
		    "journal: ignored an invalid invitation record");
	return true;
}

int
invite_save(struct invites *inv, struct drafts *drafts)
{
	size_t i;

	if (!inv->dirty)
		return 0;
	recfile_begin(&inv->text);
	for (i = 0; i < inv->count; i++) {
		write_entry(&inv->text, inv->list[i]);
		recfile_end_record(&inv->text);
	}
	recfile_seal(&inv->text);
	if (recfile_draft(drafts, FILE_NAME, buf_span(&inv->text)) == -1)
		return -1;
	inv->dirty = false;
	return 0;
}

/* ---- look-ups and changes ---- */

void
invite_set(struct invites *inv, struct invite e)
{
	if (e.id == 0)
		e.id = inv->count > 0 ? inv->list[inv->count - 1]->id + 1 : 1;
	inv->text.n = 0;
	write_entry(&inv->text, &e);
	journal_add_one(inv->journal, JOURNAL_INVITES, buf_span(&inv->text));
	set_entry(inv, &e);
}

void
invite_remove(struct invites *inv, uint64_t id)
{
	struct invite_record r = { .id = number(id), .gone = number(1) };

	inv->text.n = 0;
	write_record(&inv->text, &r);
	journal_add_one(inv->journal, JOURNAL_INVITES, buf_span(&inv->text));
	remove_id(inv, id);
}

/* Learn whether the clock was set. */
static void
look_at_clock(struct invites *inv, struct now now)
{
	int64_t lead = (int64_t)(now.wall - now.mono);

	if (inv->calm_at != 0 && lead - inv->lead <= JUMP_MIN &&
	    inv->lead - lead <= JUMP_MIN)
		return;
	inv->lead = lead;
	inv->calm_at = now.mono + CALM_TIME;
}

/* An entry of 1970, and the clock is right now. */
static void
begin_again(struct invites *inv, struct invite e, struct now now)
{
	e.until += now.wall - e.since;
	e.since = now.wall;
	invite_set(inv, e);
}

/* No record is needed: what is read again has expired again. */
void
invite_expire(struct invites *inv, struct now now)
{
	struct invite *e;
	size_t i;

	look_at_clock(inv, now);
	for (i = inv->count; i-- > 0;) {
		e = inv->list[i];
		if (e->since < CLOCK_SET && now.wall >= CLOCK_SET)
			begin_again(inv, *e, now);
		e->expired = e->until <= now.wall;
		if (now.mono >= inv->calm_at &&
		    e->until + KEPT_TIME <= now.wall) {
			remove_at(inv, i);
			inv->dirty = true;
		}
	}
}

const struct invite *
invite_at(const struct invites *inv, size_t index)
{
	size_t i;

	for (i = 0; i < inv->count; i++) {
		if (!inv->list[i]->expired && index-- == 0)
			return inv->list[i];
	}
	return NULL;
}

const struct invite *
invite_by_id(const struct invites *inv, uint64_t id)
{
	size_t i = find(inv, id);

	return is_at(inv, i, id) ? inv->list[i] : NULL;
}

/* Whether it is an invitation for this name, whatever its code. */
static bool
is_for(const struct invite *e, struct span name)
{
	return e->kind == INVITE_INVITATION && !e->expired &&
	    name_same(words(e->name), name);
}

bool
invite_is_named(const struct invite *e, struct span name)
{
	char folded[NAME_BYTES];

	if (e->kind != INVITE_INVITATION || e->expired || !name_fits(name))
		return false;
	if (!e->coded)
		return name_same(words(e->name), name);
	return secret_is(&e->secret,
	    (struct span){ folded, name_fold(folded, name) });
}

bool
invite_reserves(struct invites *inv, struct span name, struct now now)
{
	size_t i;

	invite_expire(inv, now);
	for (i = 0; i < inv->count; i++) {
		if (invite_is_named(inv->list[i], name) ||
		    is_for(inv->list[i], name))
			return true;
	}
	return false;
}

struct span
invite_without_code(struct span name)
{
	const struct span none = { NULL, 0 };
	size_t i;

	if (name.n <= INVITE_CODE + 1 ||
	    name.p[name.n - INVITE_CODE - 1] != ' ')
		return none;
	for (i = name.n - INVITE_CODE; i < name.n; i++) {
		if (strchr(code_characters, name.p[i]) == NULL)
			return none;
	}
	return (struct span){ name.p, name.n - INVITE_CODE - 1 };
}

const struct invite *
invite_window(struct invites *inv, struct now now)
{
	size_t i;

	invite_expire(inv, now);
	for (i = 0; i < inv->count; i++) {
		if (inv->list[i]->kind == INVITE_WINDOW &&
		    !inv->list[i]->expired)
			return inv->list[i];
	}
	return NULL;
}

/* ---- the operator's commands ---- */

/* Remove the oldest expired invitation, if there is one. */
static void
make_room(struct invites *inv)
{
	size_t i;

	for (i = 0; i < inv->count; i++) {
		if (inv->list[i]->kind == INVITE_INVITATION &&
		    inv->list[i]->expired) {
			invite_remove(inv, inv->list[i]->id);
			return;
		}
	}
}

/* Why the name cannot be reserved, or NULL. */
static const char *
find_reserved(struct invites *inv, const struct invite *terms)
{
	struct now now = { .wall = terms->since };

	return invite_reserves(inv, span_of(terms->name), now) ? "this alias "
	    "is already reserved by an invitation; mnm uninvite withdraws it" :
	    NULL;
}

static const char *
add_invitation(struct invites *inv, const struct invite *terms)
{
	if (count_invitations(inv) >= INVITE_INVITATIONS_MAX)
		make_room(inv);
	if (count_invitations(inv) >= INVITE_INVITATIONS_MAX)
		return "too many invitations";
	invite_set(inv, *terms);
	return NULL;
}

const char *
invite_add(struct invites *inv, const struct invite *terms)
{
	const char *why = find_reserved(inv, terms);

	return why != NULL ? why : add_invitation(inv, terms);
}

/*
 * Almost 40 random bits at the end of a name.  Digits and letters tell a code
 * from a name.
 */
static int
add_code(char token[NAME_BYTES + 1])
{
	unsigned char bytes[INVITE_CODE];
	size_t n = strlen(token), digits, i;

	token[n++] = ' ';
	do {
		if (encode_random(bytes, sizeof(bytes)) == -1)
			return -1;
		digits = 0;
		for (i = 0; i < INVITE_CODE; i++) {
			token[n + i] = code_characters[bytes[i] % 32];
			digits += bytes[i] % 32 < 10;
		}
	} while (digits == 0 || digits == INVITE_CODE);
	token[n + i] = '\0';
	return 0;
}

const char *
invite_add_coded(struct invites *inv, const struct invite *terms,
    char token[NAME_BYTES + 1])
{
	struct invite e = *terms;
	char folded[NAME_BYTES];
	struct span name = { folded, 0 };
	const char *why = find_reserved(inv, terms);

	if (why != NULL)
		return why;
	memcpy(token, e.name, NAME_BYTES + 1);
	if (strlen(token) > NAME_BYTES - INVITE_CODE - 1)
		return "this alias is too long for a code";
	if (add_code(token) == -1)
		return "no random numbers available";
	if (!name_fits(span_of(token)))
		return "this alias is too long for a code";
	name.n = name_fold(folded, span_of(token));
	if (secret_set(&e.secret, name) == -1)
		return "no random numbers available";
	e.coded = true;
	return add_invitation(inv, &e);
}

const char *
invite_withdraw(struct invites *inv, struct span name, struct now now)
{
	const struct invite *e;
	const char *why = "no such invitation";
	size_t i;

	invite_expire(inv, now);
	for (i = inv->count; i-- > 0;) {
		e = inv->list[i];
		if (e->kind == INVITE_INVITATION &&
		    name_same(words(e->name), name)) {
			invite_remove(inv, e->id);
			why = NULL;
		}
	}
	return why;
}

/* The person they were for has come without the code. */
static void
withdraw_coded(struct invites *inv, struct span name)
{
	size_t i;

	for (i = inv->count; i-- > 0;) {
		if (inv->list[i]->coded && is_for(inv->list[i], name))
			invite_remove(inv, inv->list[i]->id);
	}
}

const char *
invite_approve(struct invites *inv, struct span alias, struct now now)
{
	const char *why = "no request for this alias";
	struct invite e;
	size_t i;

	invite_expire(inv, now);
	for (i = inv->count; i-- > 0;) {
		e = *inv->list[i];
		if (e.kind != INVITE_REQUEST || e.expired ||
		    !name_same(span_of(e.name), alias))
			continue;
		invite_remove(inv, e.id);
		e.id = 0;
		e.kind = INVITE_INVITATION;
		e.since = now.wall;
		e.until = now.wall + APPROVED_TIME;
		e.last = e.count = 0;
		e.address[0] = '\0';
		why = add_invitation(inv, &e);
	}
	if (why == NULL)
		withdraw_coded(inv, alias);
	return why;
}

void
invite_open_window(struct invites *inv, uint64_t until, uint32_t count,
    struct now now)
{
	(void)invite_close_window(inv, now);
	invite_set(inv, (struct invite){
		.kind = INVITE_WINDOW,
		.since = now.wall,
		.until = until,
		.count = count
	});
}

const char *
invite_close_window(struct invites *inv, struct now now)
{
	const struct invite *window = invite_window(inv, now);

	if (window == NULL)
		return "the registration window is not open";
	invite_remove(inv, window->id);
	return NULL;
}
