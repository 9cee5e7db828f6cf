/*
 * On disk
 * -------
 * A record in the journal, and a line of DATA/guests.json, which is written as
 * lines.h tells, is one entry in whole, by its id:
 *
 *	{"from":"203.0.113.0/24","id":7,"kind":"invitation",
 *	"name":"Alice Smith","since":1700000000000,"until":1700600000000}
 *
 * or tells that it is no more: {"gone":1,"id":7}.  The last one about an id
 * holds, however often those before it are taken.  What is 0, false or empty
 * is left out; keys that are not known are passed over.
 *
 *	what start-up finds		what it does
 *	no guests.json			begins with the journal's records
 *	one that is damaged		moves it to lost+found, one line, and
 *					counts it; then as above
 *	entries that are over		nothing; they go at the next look
 */
#include "userdb/invite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "disk/file.h"
#include "json.h"
#include "disk/recfile.h"

#define FILE_NAME "guests.json"

/* More than all entries take, at some 500 bytes each. */
#define FILE_BYTES ((size_t)4 << 20)

#define APPROVED_TIME (7 * GUESTS_DAY)

#define SECRET_BYTES (SECRET_SALT + SECRET_HASH)
#define SECRET_TEXT   (SECRET_BYTES / 5 * 8)

_Static_assert(sizeof(struct secret) == SECRET_BYTES, "written as one");

/* Base 32 without what may be taken for 0 or 1, and without words. */
static const char code_characters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const char *const kind_names[] = {
	[GUEST_INVITATION] = "invitation",
	[GUEST_KNOCK]      = "knock",
	[GUEST_WINDOW]     = "window"
};

#define KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

struct guests {
	struct quarantine *lost;
	struct journal *journal;
	struct guest **list;	/* by rising id */
	size_t count, room;
	bool dirty;		/* the file is older than memory */
	struct buf text;	/* the record or file being written or read */
	struct buf strings;	/* of the record being read */
};

/* ---- records ---- */

/* A record as it is written: what is 0 or empty is not there. */
struct record {
	struct span address, from, kind, name, secret;
	uint64_t count, gone, id, last, receive_only, since, until;
};

/* In the order in which they are written: that of their keys. */
static const struct field {
	const char *key;
	enum { NUMBER, TEXT } type;
	size_t place;
} fields[] = {
#define AT(member) offsetof(struct record, member)
	{ "address",      TEXT,   AT(address)      },
	{ "count",        NUMBER, AT(count)        },
	{ "from",         TEXT,   AT(from)         },
	{ "gone",         NUMBER, AT(gone)         },
	{ "id",           NUMBER, AT(id)           },
	{ "kind",         TEXT,   AT(kind)         },
	{ "last",         NUMBER, AT(last)         },
	{ "name",         TEXT,   AT(name)         },
	{ "receive_only", NUMBER, AT(receive_only) },
	{ "secret",       TEXT,   AT(secret)       },
	{ "since",        NUMBER, AT(since)        },
	{ "until",        NUMBER, AT(until)        }
#undef AT
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void
write_record(struct buf *b, const struct record *r)
{
	const struct field *field;
	const uint64_t *number;
	const struct span *text;
	const void *place;

	json_put_open(b, '{');
	for (field = fields; field < fields + FIELDS; field++) {
		place = (const char *)r + field->place;
		number = place;
		text = place;
		if (field->type == NUMBER && *number != 0)
			json_put_uint(b, field->key, *number);
		if (field->type == TEXT && text->n > 0)
			json_put_string(b, field->key, *text);
	}
	json_put_close(b, '}');
}

static void
read_field(struct json *j, const struct field *field, struct record *r,
    struct buf *strings)
{
	void *place = (char *)r + field->place;
	uint64_t *number = place;
	struct span *text = place, raw;

	if (field->type == NUMBER) {
		*number = json_uint(j, UINT64_MAX);
		return;
	}
	raw = json_string(j);
	text->p = buf_room(strings, raw.n);
	text->n = json_text(strings->p + strings->n, raw);
	strings->n += text->n;
}

static const struct field *
find_field(struct span key)
{
	const struct field *field;

	for (field = fields; field < fields + FIELDS; field++) {
		if (json_is(key, span_of(field->key)))
			return field;
	}
	return NULL;
}

/* Its spans point into strings. */
static bool
read_record(struct record *r, struct span text, struct buf *strings)
{
	const struct field *field;
	struct json j;
	struct span key;

	*r = (struct record){ .id = 0 };
	/* Strings get no longer by reading, so this room never moves. */
	strings->n = 0;
	(void)buf_room(strings, text.n);
	json_begin(&j, text);
	json_object(&j);
	while (json_key(&j, &key)) {
		field = find_field(key);
		if (field != NULL)
			read_field(&j, field, r, strings);
		else
			json_skip(&j);
	}
	return json_done(&j) && r->id != 0;
}

static void
write_entry(struct buf *b, const struct guest *e)
{
	char secret[SECRET_TEXT], from[SUBNET_TEXT];
	struct record r = {
		.address = span_of(e->address),
		.kind = span_of(kind_names[e->kind]),
		.name = span_of(e->name),
		.count = e->count,
		.id = e->id,
		.last = e->last,
		.receive_only = e->receive_only,
		.since = e->since,
		.until = e->until
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
read_kind(enum guest_kind *kind, struct span text)
{
	size_t i;

	for (i = 0; i < KINDS; i++) {
		if (span_is(text, span_of(kind_names[i]))) {
			*kind = (enum guest_kind)i;
			return true;
		}
	}
	return false;
}

static bool
read_from(struct guest *e, struct span text)
{
	char from[SUBNET_TEXT];

	e->bound = text.n > 0;
	return !e->bound || (read_text(from, sizeof(from), text) &&
	    subnet_parse(&e->from, from));
}

static bool
read_secret(struct guest *e, struct span text)
{
	e->coded = text.n > 0;
	return !e->coded || decode_base32(e->secret.salt, SECRET_BYTES, text);
}

static bool
read_entry(struct guest *e, const struct record *r)
{
	*e = (struct guest){
		.id = r->id,
		.since = r->since,
		.until = r->until,
		.last = r->last,
		.count = (uint32_t)r->count,
		.receive_only = r->receive_only != 0
	};
	return r->count <= UINT32_MAX && read_kind(&e->kind, r->kind) &&
	    read_text(e->name, sizeof(e->name), r->name) &&
	    read_text(e->address, sizeof(e->address), r->address) &&
	    read_from(e, r->from) && read_secret(e, r->secret);
}

/* ---- entries ---- */

/* The index of the first entry whose id is not lower. */
static size_t
find(const struct guests *g, uint64_t id)
{
	size_t i = 0;

	while (i < g->count && g->list[i]->id < id)
		i++;
	return i;
}

static bool
is_at(const struct guests *g, size_t i, uint64_t id)
{
	return i < g->count && g->list[i]->id == id;
}

static void
remove_at(struct guests *g, size_t i)
{
	free(g->list[i]);
	g->count--;
	memmove(&g->list[i], &g->list[i + 1],
	    (g->count - i) * sizeof(g->list[0]));
}

static void
insert_at(struct guests *g, size_t i, const struct guest *e)
{
	if (g->count == g->room) {
		g->room = g->room * 2 + 16;
		g->list = xrealloc(g->list,
		    g->room * sizeof(g->list[0]));
	}
	memmove(&g->list[i + 1], &g->list[i],
	    (g->count - i) * sizeof(g->list[0]));
	g->list[i] = xalloc(sizeof(*e));
	*g->list[i] = *e;
	g->count++;
}

static void
set_entry(struct guests *g, const struct guest *e)
{
	size_t i = find(g, e->id);

	if (is_at(g, i, e->id))
		*g->list[i] = *e;
	else
		insert_at(g, i, e);
	g->dirty = true;
}

static void
remove_id(struct guests *g, uint64_t id)
{
	size_t i = find(g, id);

	if (is_at(g, i, id))
		remove_at(g, i);
	g->dirty = true;
}

/* Make true what a record says; false if that makes no sense. */
static bool
apply(struct guests *g, struct span text)
{
	struct guest e;
	struct record r;

	if (!read_record(&r, text, &g->strings))
		return false;
	if (r.gone != 0) {
		remove_id(g, r.id);
		return true;
	}
	if (!read_entry(&e, &r))
		return false;
	set_entry(g, &e);
	return true;
}

static void
add_record(struct guests *g)
{
	struct span body = buf_span(&g->text);

	(void)journal_add(g->journal, JOURNAL_GUESTS, &body, 1);
}

static size_t
count_kind(const struct guests *g, enum guest_kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < g->count; i++)
		n += g->list[i]->kind == kind;
	return n;
}

/* ---- the file ---- */

static const char *
load_lines(struct guests *g)
{
	struct span lines, line;
	const char *fault = lines_find(&lines, buf_span(&g->text));

	if (fault != NULL)
		return fault;
	while (lines_next(&lines, &line)) {
		if (!apply(g, line))
			return "a record makes no sense";
	}
	return lines.n > 0 ? "a line is no record" : NULL;
}

static int
load(struct guests *g)
{
	const char *fault;

	if (file_read(g->lost->data, FILE_NAME, FILE_BYTES, &g->text) == 0)
		fault = load_lines(g);
	else if (errno == EIO || errno == EISDIR || errno == EFBIG)
		fault = strerror(errno);
	else
		return errno == ENOENT ? 0 : -1;
	if (fault == NULL)
		return 0;
	while (g->count > 0)
		remove_at(g, g->count - 1);
	return quarantine_move(g->lost, FILE_NAME, fault);
}

struct guests *
guests_open(struct quarantine *lost, struct journal *journal, char *why,
    size_t room)
{
	struct guests *g = xzalloc(sizeof(*g));

	g->lost = lost;
	g->journal = journal;
	if (load(g) == 0)
		return g;
	(void)snprintf(why, room, FILE_NAME ": %s", strerror(errno));
	guests_close(g);
	return NULL;
}

void
guests_close(struct guests *g)
{
	if (g == NULL)
		return;
	while (g->count > 0)
		remove_at(g, g->count - 1);
	free(g->list);
	buf_free(&g->text);
	buf_free(&g->strings);
	free(g);
}

bool
guests_replay(struct guests *g, const struct journal_record *record)
{
	if (record->type != JOURNAL_GUESTS)
		return false;
	if (!apply(g, record->body))
		quarantine_note(g->lost,
		    "journal: a record about registrations "
		    "makes no sense; it is passed over");
	return true;
}

int
guests_save(struct guests *g, struct drafts *drafts)
{
	size_t i;

	if (!g->dirty)
		return 0;
	lines_begin(&g->text);
	for (i = 0; i < g->count; i++) {
		write_entry(&g->text, g->list[i]);
		lines_end_one(&g->text);
	}
	lines_seal(&g->text);
	if (draft_add(drafts, FILE_NAME, buf_span(&g->text)) == -1)
		return -1;
	g->dirty = false;
	return 0;
}

/* ---- what others ask and change ---- */

void
guests_set(struct guests *g, struct guest e)
{
	if (e.id == 0)
		e.id = g->count > 0 ? g->list[g->count - 1]->id + 1 : 1;
	g->text.n = 0;
	write_entry(&g->text, &e);
	add_record(g);
	set_entry(g, &e);
}

void
guests_remove(struct guests *g, uint64_t id)
{
	struct record r = { .id = id, .gone = 1 };

	g->text.n = 0;
	write_record(&g->text, &r);
	add_record(g);
	remove_id(g, id);
}

/*
 * Nothing is recorded of that: whoever reads it again will find again that it
 * is over.
 */
void
guests_expire(struct guests *g, struct now now)
{
	size_t i;

	for (i = g->count; i-- > 0;) {
		if (g->list[i]->until <= now.wall) {
			remove_at(g, i);
			g->dirty = true;
		}
	}
}

const struct guest *
guests_at(const struct guests *g, size_t index)
{
	return index < g->count ? g->list[index] : NULL;
}

const struct guest *
guests_id(const struct guests *g, uint64_t id)
{
	size_t i = find(g, id);

	return is_at(g, i, id) ? g->list[i] : NULL;
}

bool
guests_is_named(const struct guest *e, struct span name)
{
	char folded[NAME_BYTES];

	if (e->kind != GUEST_INVITATION || !name_fits(name))
		return false;
	if (!e->coded)
		return name_same(span_of(e->name), name);
	return secret_is(&e->secret,
	    (struct span){ folded, name_fold(folded, name) });
}

bool
guests_reserve(struct guests *g, struct span name, struct now now)
{
	size_t i;

	guests_expire(g, now);
	for (i = 0; i < g->count; i++) {
		if (guests_is_named(g->list[i], name))
			return true;
	}
	return false;
}

const struct guest *
guests_window(struct guests *g, struct now now)
{
	size_t i;

	guests_expire(g, now);
	for (i = 0; i < g->count; i++) {
		if (g->list[i]->kind == GUEST_WINDOW)
			return g->list[i];
	}
	return NULL;
}

/* ---- what the operator does ---- */

static const char *
add_invitation(struct guests *g, const struct guest *terms)
{
	if (count_kind(g, GUEST_INVITATION) >= GUESTS_INVITATIONS_MAX)
		return "there are too many invitations already";
	guests_set(g, *terms);
	return NULL;
}

const char *
guests_invite(struct guests *g, const struct guest *terms)
{
	struct now now = { .wall = terms->since };

	if (guests_reserve(g, span_of(terms->name), now))
		return "this alias is kept for somebody already";
	return add_invitation(g, terms);
}

/* 40 random bits at the end of a name. */
static int
add_code(char token[NAME_BYTES + 1])
{
	unsigned char bytes[GUESTS_CODE];
	size_t n = strlen(token), i;

	if (encode_random(bytes, sizeof(bytes)) == -1)
		return -1;
	token[n++] = ' ';
	for (i = 0; i < GUESTS_CODE; i++)
		token[n + i] = code_characters[bytes[i] % 32];
	token[n + i] = '\0';
	return 0;
}

const char *
guests_invite_coded(struct guests *g, const struct guest *terms,
    char token[NAME_BYTES + 1])
{
	struct guest e = *terms;
	char folded[NAME_BYTES];
	struct span name = { folded, 0 };

	memcpy(token, e.name, NAME_BYTES + 1);
	if (strlen(token) > NAME_BYTES - GUESTS_CODE - 1)
		return "with a code this alias is too long";
	if (add_code(token) == -1)
		return "the system gives no random numbers";
	if (!name_fits(span_of(token)))
		return "with a code this alias is too long";
	name.n = name_fold(folded, span_of(token));
	if (secret_set(&e.secret, name) == -1)
		return "the system gives no random numbers";
	e.coded = true;
	return add_invitation(g, &e);
}

const char *
guests_withdraw(struct guests *g, struct span name, struct now now)
{
	const struct guest *e;
	const char *why = "there is no such invitation";
	size_t i;

	guests_expire(g, now);
	for (i = g->count; i-- > 0;) {
		e = g->list[i];
		if (e->kind == GUEST_INVITATION &&
		    name_same(span_of(e->name), name)) {
			guests_remove(g, e->id);
			why = NULL;
		}
	}
	return why;
}

const char *
guests_approve(struct guests *g, struct span alias, struct now now)
{
	const char *why = "nobody has knocked by this alias";
	struct guest e;
	size_t i;

	guests_expire(g, now);
	for (i = g->count; i-- > 0;) {
		e = *g->list[i];
		if (e.kind != GUEST_KNOCK || !name_same(span_of(e.name), alias))
			continue;
		guests_remove(g, e.id);
		e.id = 0;
		e.kind = GUEST_INVITATION;
		e.since = now.wall;
		e.until = now.wall + APPROVED_TIME;
		e.last = e.count = 0;
		e.address[0] = '\0';
		why = add_invitation(g, &e);
	}
	return why;
}

const char *
guests_let_in(struct guests *g, uint64_t until, uint32_t count,
    struct now now)
{
	const struct guest *window;
	struct guest new = {
		.kind = GUEST_WINDOW,
		.since = now.wall,
		.until = until,
		.count = count
	};

	window = guests_window(g, now);
	if (count == 0 && window == NULL)
		return "it is not open";
	if (window != NULL)
		guests_remove(g, window->id);
	if (count > 0)
		guests_set(g, new);
	return NULL;
}
