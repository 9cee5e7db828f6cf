/*
 * On disk
 * -------
 *	DATA/user/xx/UID/user.json	a user; xx begins UID
 *	DATA/group/xx/NAME.json		a group; see name_file
 *	DATA/lost+found/		what was damaged
 *
 * Files are written as userdb/files.c describes and, like the journal, hold the
 * records listed in userdb/record.h.  An alias has no file: it is in its user's
 * file, and an index in memory finds names.  So every fact is stored once, and
 * no two files can disagree.  The user's queues are kept beside user.json by
 * store.
 *
 * A change is made in memory by applying its record, with the same code that
 * start-up uses, and a record describes a state.  A file may therefore be newer
 * than the records still in the journal: applying all of those again, in order,
 * undoes and redoes what the file knows and ends where memory was.
 *
 *	what start-up finds		what it does
 *	a user or group in the journal	serves it; userdb_save will write the
 *	 but without a file		file
 *	a file, older or newer than	combines both; userdb_save writes the
 *	 the journal's records		file again
 *	user/xx/UID without user.json	nothing: a queue that was made first
 *	an unreadable file, a wrong	moves it to lost+found, named after its
 *	 checksum, an invalid record,	path; one line; counts it; serves the
 *	 or a record that belongs	rest
 *	 to another path
 *	an invalid record in the	one line; counts it; ignores it
 *	 journal
 *	a user named in records but	keeps what they say: memberships, and
 *	 without a file: it was		numbers of nodes, which must not be
 *	 damaged, or removed by hand	used again.  Without a node the user is
 *					not found; with its file back, all is
 *					as it was
 *	a name used twice (a file was	the first keeps it; one line; the other
 *	 put back)			alias is ignored, the other group is
 *					not served
 *	unknown keys or records		ignores them, and does not write them
 *					again
 *	names starting with '.'		nothing
 */
#include "userdb.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk/journal.h"
#include "disk/quarantine.h"
#include "userdb/files.h"

struct userdb {
	struct quarantine *quarantine;
	struct journal *journal;
	struct roster *roster;
	struct user *dirty_users;	/* file to be written */
	struct group *dirty_groups;
	struct buf file;		/* the one being written */
	struct buf line;		/* the record being appended */
	struct buf strings;		/* of the record being replayed or
					   written */
	struct buf pending;		/* a record's */
	uint64_t save_id, save_since;	/* see userdb_begin_save */
	size_t save_at;			/* where userdb_keep_receipts is */
};

#define KEEP_BYTES ((size_t)16 << 10)	/* in one call */

static void
mark_user(struct userdb *db, struct user *u)
{
	if (u->dirty)
		return;
	u->dirty = true;
	u->dirty_next = db->dirty_users;
	db->dirty_users = u;
}

static void
mark_group(struct userdb *db, struct group *g)
{
	if (g->dirty)
		return;
	g->dirty = true;
	g->dirty_next = db->dirty_groups;
	db->dirty_groups = g;
}

static void
mark_groups_of(struct userdb *db, const struct user *u)
{
	struct group *g;
	size_t at = 0;

	while ((g = roster_next_group(db->roster, &at)) != NULL) {
		if (roster_member(g, u) != NULL)
			mark_group(db, g);
	}
}

/* Apply a record, and mark the files that it changes. */
static void
apply(struct userdb *db, const struct record *r)
{
	struct user *u;
	struct group *g;

	roster_apply(db->roster, r);
	if (r->has & (RECORD_GID | RECORD_GROUP)) {
		g = roster_group(db->roster, r->gid);
		if (g != NULL)		/* else an alias has the name */
			mark_group(db, g);
	} else if (r->has & RECORD_UID) {
		u = roster_user(db->roster, &r->uid);
		mark_user(db, u);
		if ((r->has & (RECORD_GONE | RECORD_NODE)) == RECORD_GONE)
			mark_groups_of(db, u);
	}
}

/*
 * Every change goes through here.  The record is written before it is applied,
 * which may free what it points to.
 */
static void
change(struct userdb *db, const struct record *r)
{
	db->line.n = 0;
	record_write(&db->line, r);
	journal_add_one(db->journal, JOURNAL_USERDB, buf_span(&db->line));
	apply(db, r);
}

static int
load(struct userdb *db, char *why, size_t room)
{
	struct files *files = files_open(db->quarantine);
	struct record r;
	int more;

	while ((more = files_next(files, &r, why, room)) == 1)
		roster_apply(db->roster, &r);
	files_close(files);
	return more;
}

struct userdb *
userdb_open(struct quarantine *quarantine, struct journal *journal, char *why,
    size_t room)
{
	struct userdb *db = xzalloc(sizeof(*db));

	db->quarantine = quarantine;
	db->journal = journal;
	db->roster = roster_open();
	if (db->roster == NULL)
		(void)snprintf(why, room, "no random numbers available");
	else if (load(db, why, room) == 0)
		return db;
	userdb_close(db);
	return NULL;
}

void
userdb_close(struct userdb *db)
{
	if (db == NULL)
		return;
	roster_close(db->roster);
	buf_free(&db->file);
	buf_free(&db->line);
	buf_free(&db->strings);
	buf_free(&db->pending);
	free(db);
}

/*
 * A record RECEIPT, little-endian: the node's UID and number (32 bits), then
 * of each of its receipts hash, msgid and posted (64 bits each).
 */
#define RECEIPT_NODE (UID_BYTES + 4)

_Static_assert(USERDB_RECEIPT_BYTES == RECEIPT_NODE + RECEIPT_BYTES + 8,
    "the journal adds 8 bytes");

static void
replay_receipts(struct userdb *db, struct span body)
{
	struct receipt receipt;
	const struct user *u;
	struct node *n = NULL;
	struct uid uid;
	size_t at;

	if (body.n <= RECEIPT_NODE ||
	    (body.n - RECEIPT_NODE) % RECEIPT_BYTES != 0) {
		quarantine_note(db->quarantine,
		    "journal: ignored an invalid receipt");
		return;
	}
	memcpy(uid.bytes, body.p, UID_BYTES);
	u = roster_user(db->roster, &uid);
	if (u != NULL)
		n = roster_node(u, decode_u32(body.p + UID_BYTES));
	if (n == NULL)		/* it was dropped later */
		return;
	for (at = RECEIPT_NODE; at < body.n; at += RECEIPT_BYTES) {
		receipt = receipts_decode(body.p + at);
		receipts_add(&n->receipts, &receipt);
		receipts_turn(&n->receipts);
	}
}

bool
userdb_replay(struct userdb *db, const struct journal_record *record)
{
	struct record r;

	if (record->type == JOURNAL_RECEIPT) {
		replay_receipts(db, record->body);
		return true;
	}
	if (record->type != JOURNAL_USERDB)
		return false;
	if (record_read(&r, record->body, &db->strings) == RECORD_INVALID)
		quarantine_note(db->quarantine,
		    "journal: ignored an invalid user record");
	else
		apply(db, &r);
	return true;
}

static void
add_node(struct userdb *db, const struct node *n)
{
	struct record r = roster_record_node(n);

	if (n->receipts.count > 0) {
		db->strings.n = 0;
		receipts_write(&db->strings, &n->receipts);
		r.receipts = buf_span(&db->strings);
		r.has |= RECORD_RECEIPTS;
	}
	files_add(&db->file, &r);
}

static int
save_user(struct userdb *db, struct drafts *drafts, const struct user *u)
{
	struct record user = roster_record_user(u), r;
	struct buf held = { NULL, 0, 0 };
	size_t i;

	files_begin(&db->file);
	files_add(&db->file, &user);
	for (i = 0; i < u->node_count; i++)
		add_node(db, u->nodes[i]);
	for (i = 0; i < u->alias_count; i++) {
		r = roster_record_alias(u->aliases[i]);
		files_add(&db->file, &r);
	}
	if (u->blocked != NULL) {
		r = roster_record_blocked(u, &db->strings);
		files_add(&db->file, &r);
	}
	if (u->cork != NULL) {
		r = roster_record_cork(u);
		files_add(&db->file, &r);
	}
	if (u->cork != NULL && u->cork->held_count > 0) {
		r = roster_record_held(u, &held);
		files_add(&db->file, &r);
		buf_free(&held);
	}
	return files_save(drafts, &db->file, &user);
}

static int
save_group(struct userdb *db, struct drafts *drafts, const struct group *g)
{
	struct record group = roster_record_group(g), r;
	size_t i;

	files_begin(&db->file);
	files_add(&db->file, &group);
	for (i = 0; i < g->member_count; i++) {
		r = roster_record_member(g, &g->members[i]);
		files_add(&db->file, &r);
	}
	for (i = 0; i < g->pending_count; i++) {
		r = roster_record_pending(g, &g->pending[i], &db->pending);
		files_add(&db->file, &r);
	}
	return files_save(drafts, &db->file, &group);
}

void
userdb_begin_save(struct userdb *db, uint64_t id, uint64_t committed)
{
	db->save_id = id;
	db->save_since = committed;
	db->save_at = 0;
}

/* Begin a record RECEIPT in db->strings. */
static void
begin_receipts(struct userdb *db, const struct node *n)
{
	char *bytes;

	db->strings.n = 0;
	bytes = buf_room(&db->strings, RECEIPT_NODE);
	memcpy(bytes, n->user->uid.bytes, UID_BYTES);
	encode_u32(bytes + UID_BYTES, n->ref);
	db->strings.n = RECEIPT_NODE;
}

/*
 * See that no receipt of the user's is lost with the segment.  Returns how
 * many bytes that took.
 */
static size_t
keep_receipts(struct userdb *db, struct user *u, bool carries)
{
	size_t i, bytes = 0;

	for (i = 0; i < u->node_count && !u->dirty; i++) {
		struct node *n = u->nodes[i];

		if (!receipts_behind(&n->receipts, db->save_id))
			continue;
		if (!carries ||
		    !receipts_are_active(&n->receipts, db->save_id)) {
			mark_user(db, u);
			break;
		}
		begin_receipts(db, n);
		receipts_carry(&n->receipts, db->save_id, db->save_since,
		    &db->strings);
		journal_add_one(db->journal, JOURNAL_RECEIPT,
		    buf_span(&db->strings));
		bytes += db->strings.n;
	}
	return bytes;
}

bool
userdb_keep_receipts(struct userdb *db, bool carries)
{
	struct user *u;
	size_t bytes = 0;

	while (bytes < KEEP_BYTES) {
		u = roster_next_user(db->roster, &db->save_at);
		if (u == NULL)
			return false;
		bytes += keep_receipts(db, u, carries);
	}
	return true;
}

static void
receipts_are_saved(struct user *u)
{
	size_t i;

	for (i = 0; i < u->node_count; i++)
		receipts_saved(&u->nodes[i]->receipts);
}

/* Save a marked user or group, and unmark it. */
static int
save_one(struct userdb *db, struct drafts *drafts)
{
	struct user *u = db->dirty_users;
	struct group *g = db->dirty_groups;

	if ((u != NULL ? save_user(db, drafts, u) :
	    save_group(db, drafts, g)) == -1)
		return -1;
	if (u != NULL) {
		receipts_are_saved(u);
		u->dirty = false;
		db->dirty_users = u->dirty_next;
	} else {
		g->dirty = false;
		db->dirty_groups = g->dirty_next;
	}
	return 0;
}

int
userdb_save(struct userdb *db, struct drafts *drafts)
{
	if (db->dirty_users == NULL && db->dirty_groups == NULL) {
		buf_free(&db->file);	/* it may have been large */
		return 0;
	}
	return save_one(db, drafts) == -1 ? -1 : 1;
}

struct user *
userdb_user(struct userdb *db, const struct uid *uid)
{
	struct user *u = roster_user(db->roster, uid);

	return u != NULL && u->node_count > 0 ? u : NULL;
}

struct user *
userdb_next_user(const struct userdb *db, size_t *at)
{
	struct user *u;

	while ((u = roster_next_user(db->roster, at)) != NULL) {
		if (u->node_count > 0)
			break;
	}
	return u;
}

struct group *
userdb_next_group(const struct userdb *db, size_t *at)
{
	return roster_next_group(db->roster, at);
}

struct user *
userdb_user_text(struct userdb *db, struct span text)
{
	struct uid uid;

	if (!decode_base32(uid.bytes, UID_BYTES, text))
		return NULL;
	return userdb_user(db, &uid);
}

/* All nodes are tried, so that the time does not reveal which it was. */
struct node *
userdb_login(const struct user *u, struct span nodeid)
{
	struct node *found = NULL;
	size_t i;

	if (nodeid.n != NODEID_TEXT)
		return NULL;
	for (i = 0; i < u->node_count; i++) {
		if (secret_is(&u->nodes[i]->secret, nodeid))
			found = u->nodes[i];
	}
	return found;
}

/*
 * A label is text for people: one that is too long is cut off between two
 * characters, and does not end with a space then either.
 */
static struct span
cut_label(struct span label)
{
	if (label.n <= USERDB_LABEL_BYTES)
		return label;
	label.n = USERDB_LABEL_BYTES;
	while (label.n > 0 && ((label.p[label.n] & 0xc0) == 0x80 ||
	    label.p[label.n - 1] == ' '))
		label.n--;
	return label;
}

/* r gets the password's salted hash.  -1: no random numbers. */
static int
set_password(struct record *r, struct span nodeid)
{
	r->has |= RECORD_SALT | RECORD_HASH;
	return secret_set(&r->secret, nodeid);
}

/* The same with a new one. */
static int
draw_password(struct record *r, char nodeid[NODEID_TEXT])
{
	unsigned char bytes[NODEID_BYTES];

	if (encode_random(bytes, sizeof(bytes)) == -1)
		return -1;
	encode_base32(nodeid, bytes, sizeof(bytes));
	return set_password(r, (struct span){ nodeid, NODEID_TEXT });
}

/* A uid that no record has named yet. */
static int
draw_uid(const struct userdb *db, struct uid *uid)
{
	do {
		if (encode_random(uid->bytes, sizeof(uid->bytes)) == -1)
			return -1;
	} while (roster_user(db->roster, uid) != NULL);
	return 0;
}

struct user *
userdb_add_user(struct userdb *db, struct span label, struct span wanted,
    char nodeid[NODEID_TEXT])
{
	struct record user = {
		.has = RECORD_UID | RECORD_NEXT_REF,
		.next_ref = 2
	};
	struct record node = {
		.has = RECORD_UID | RECORD_NODE | RECORD_LABEL,
		.node = 1,
		.label = cut_label(label)
	};

	if (draw_uid(db, &user.uid) == -1 || (wanted.n > 0 ?
	    set_password(&node, wanted) : draw_password(&node, nodeid)) == -1)
		return NULL;
	if (wanted.n > 0)
		memcpy(nodeid, wanted.p, NODEID_TEXT);
	node.uid = user.uid;
	change(db, &user);
	change(db, &node);
	return roster_user(db->roster, &user.uid);
}

struct node *
userdb_add_node(struct userdb *db, struct user *u, struct span label,
    char nodeid[NODEID_TEXT])
{
	struct record r = {
		.has = RECORD_UID | RECORD_NODE | RECORD_LABEL,
		.uid = u->uid,
		.node = u->next_ref,
		.label = cut_label(label)
	};

	assert(u->next_ref < UINT32_MAX);
	if (draw_password(&r, nodeid) == -1)
		return NULL;
	change(db, &r);
	return roster_node(u, r.node);
}

void
userdb_see(struct userdb *db, const struct node *n, struct now now)
{
	struct record r = {
		.has = RECORD_UID | RECORD_NODE | RECORD_SEEN,
		.uid = n->user->uid,
		.node = n->ref,
		.seen = (uint32_t)(now.wall / CLOCK_DAY)
	};

	if (r.seen > n->seen)
		change(db, &r);
}

void
userdb_set_wake(struct userdb *db, const struct node *n, struct span url)
{
	struct record r = {
		.has = RECORD_UID | RECORD_NODE | RECORD_SEEN | RECORD_WAKE,
		.uid = n->user->uid,
		.node = n->ref,
		.seen = n->seen,
		.wake = url
	};

	change(db, &r);
}

void
userdb_set_woken(struct userdb *db, const struct node *n, bool woken)
{
	struct record r = {
		.has = RECORD_UID | RECORD_NODE | RECORD_SEEN | RECORD_WOKEN,
		.uid = n->user->uid,
		.node = n->ref,
		.seen = n->seen,
		.woken = woken
	};

	if (n->woken != woken)
		change(db, &r);
}

void
userdb_add_receipt(struct userdb *db, struct node *n,
    const struct receipt *receipt)
{
	begin_receipts(db, n);
	receipts_encode(&db->strings, receipt);
	journal_add_one(db->journal, JOURNAL_RECEIPT, buf_span(&db->strings));
	receipts_add(&n->receipts, receipt);
}

void
userdb_turn_receipts(struct node *n)
{
	receipts_turn(&n->receipts);
}

void
userdb_drop_node(struct userdb *db, struct node *n)
{
	struct record r = {
		.has = RECORD_UID | RECORD_NODE | RECORD_GONE,
		.uid = n->user->uid,
		.node = n->ref
	};

	change(db, &r);
}

void
userdb_remove_user(struct userdb *db, struct user *u)
{
	struct record r = roster_record_user(u);

	r.has |= RECORD_GONE;
	r.has &= ~(unsigned)RECORD_OIDC;
	change(db, &r);
}

void
userdb_set_flags(struct userdb *db, struct user *u, unsigned flags)
{
	struct record r = roster_record_user(u);

	r.has &= ~(unsigned)(RECORD_DISABLED | RECORD_RECEIVE_ONLY);
	if (flags & USER_DISABLED)
		r.has |= RECORD_DISABLED;
	if (flags & USER_RECEIVE_ONLY)
		r.has |= RECORD_RECEIVE_ONLY;
	change(db, &r);
}

void
userdb_set_subject(struct userdb *db, struct user *u,
    const struct subject *subject)
{
	struct record r = roster_record_user(u);

	r.has |= RECORD_OIDC;
	r.subject = *subject;
	change(db, &r);
}

struct user *
userdb_subject(struct userdb *db, const struct subject *subject)
{
	return roster_subject(db->roster, subject);
}

void
userdb_set_pings(struct userdb *db, struct user *u, uint32_t pings,
    uint32_t failed, uint32_t since)
{
	struct record r = roster_record_user(u);

	r.has |= RECORD_PINGS;
	r.pings = pings;
	r.failed_pings = failed;
	r.pings_since = since;
	change(db, &r);
}

void
userdb_begin_new_nodes(struct userdb *db, struct user *u, uint32_t day)
{
	struct record r = roster_record_user(u);

	r.has |= RECORD_NEW_NODES;
	r.new_nodes_day = day;
	r.new_nodes_from = u->next_ref;
	change(db, &r);
}

bool
userdb_blocks(const struct user *u, const struct user *sender)
{
	return u->blocked != NULL && set_has(u->blocked, sender);
}

/* The record has all of them: it says how things are. */
void
userdb_block(struct userdb *db, struct user *u, struct user *sender, bool on)
{
	struct buf uids = { NULL, 0, 0 };
	struct record r;

	if (userdb_blocks(u, sender) == on)
		return;
	if (u->blocked == NULL)
		u->blocked = xzalloc(sizeof(*u->blocked));
	(void)(on ? set_put(u->blocked, sender) :
	    set_take(u->blocked, sender));
	r = roster_record_blocked(u, &uids);
	change(db, &r);
	buf_free(&uids);
}

void
userdb_set_cork(struct userdb *db, struct user *u, uint64_t until,
    struct span list)
{
	struct record r = {
		.has = RECORD_UID | RECORD_CORK,
		.uid = u->uid,
		.cork = until,
		.cork_for = list
	};

	if (list.n > 0)
		r.has |= RECORD_CORK_FOR;
	if (until != 0 || u->cork != NULL)
		change(db, &r);
}

void
userdb_hold(struct userdb *db, struct user *u, uint64_t id)
{
	char text[ID_TEXT];
	struct record r = {
		.has = RECORD_UID | RECORD_HELD,
		.uid = u->uid,
		.held = { text, ID_TEXT }
	};

	encode_hex64(text, id);
	change(db, &r);
}

const struct set *
userdb_corked(const struct userdb *db)
{
	return roster_corked(db->roster);
}

enum userdb_result
userdb_check_name(struct span name, unsigned min)
{
	size_t chars;

	if (name.n == 0)
		return USERDB_SHORT;
	if (name.n > NAME_BYTES)
		return USERDB_LONG;
	chars = name_chars(name);
	if (chars == 0 || name_has_lookalike(name))
		return USERDB_INVALID;
	if (name_is_like_uid(name))
		return USERDB_UID;
	if (chars > NAME_CHARS)
		return USERDB_LONG;
	return chars < min ? USERDB_SHORT : USERDB_OK;
}

bool
userdb_is_taken(const struct userdb *db, struct span name)
{
	return roster_has(db->roster, name);
}

enum userdb_result
userdb_add_alias(struct userdb *db, struct user *u, struct span name,
    unsigned min, uint32_t uses)
{
	enum userdb_result result = userdb_check_name(name, min);
	struct record r = {
		.has = RECORD_UID | RECORD_ALIAS,
		.uid = u->uid,
		.alias = name,
		.uses = uses
	};

	if (result != USERDB_OK)
		return result;
	if (roster_has(db->roster, name))
		return USERDB_TAKEN;
	if (uses != ALIAS_UNLIMITED)
		r.has |= RECORD_USES;
	change(db, &r);
	return USERDB_OK;
}

struct alias *
userdb_alias(struct userdb *db, struct span name)
{
	struct alias *a = roster_alias(db->roster, name);

	return a != NULL && a->user->node_count > 0 ? a : NULL;
}

void
userdb_drop_alias(struct userdb *db, struct alias *a)
{
	struct record r = roster_record_alias(a);

	r.has |= RECORD_DROPPED;
	change(db, &r);
}

void
userdb_use_alias(struct userdb *db, struct alias *a)
{
	struct record r = roster_record_alias(a);

	assert(!a->dropped && a->uses > 0);
	if (a->uses == ALIAS_UNLIMITED)
		return;
	r.uses--;
	change(db, &r);
}

struct group *
userdb_group(struct userdb *db, struct span gid)
{
	return roster_group(db->roster, gid);
}

struct group *
userdb_add_group(struct userdb *db, struct span gid, unsigned kind)
{
	struct record r = {
		.has = RECORD_GID | (kind != 0 ? RECORD_KIND : 0),
		.gid = gid,
		.kind = kind
	};

	if (!roster_has(db->roster, gid))
		change(db, &r);
	return roster_group(db->roster, gid);
}

void
userdb_dissolve_group(struct userdb *db, struct group *g)
{
	struct record r = roster_record_group(g);

	r.has |= RECORD_GONE;
	change(db, &r);
}

struct member *
userdb_member_alias(const struct group *g, struct span alias)
{
	struct member *m;
	size_t i;

	for (i = 0; i < g->member_count; i++) {
		m = &g->members[i];
		if ((m->state == MEMBER_INVITED ||
		    m->state == MEMBER_JOINED) &&
		    name_same(span_of(m->alias), alias))
			return m;
	}
	return NULL;
}

void
userdb_set_member(struct userdb *db, struct group *g, struct user *u,
    struct span alias, enum member_state state)
{
	struct record r = {
		.has = RECORD_GID | RECORD_UID | RECORD_ALIAS | RECORD_STATE,
		.gid = span_of(g->gid),
		.uid = u->uid,
		.alias = alias,
		.state = state
	};
	const struct member *m = roster_member(g, u);

	if (m != NULL && m->moderator && state == MEMBER_JOINED)
		r.has |= RECORD_MODERATOR;
	change(db, &r);
}

void
userdb_set_moderator(struct userdb *db, struct group *g, struct member *m,
    bool on)
{
	struct record r = roster_record_member(g, m);

	r.has &= ~(unsigned)RECORD_MODERATOR;
	if (on)
		r.has |= RECORD_MODERATOR;
	change(db, &r);
}

void
userdb_invite_member(struct userdb *db, struct group *g, struct user *u,
    struct span alias, const struct user *by)
{
	struct record r = {
		.has = RECORD_GID | RECORD_UID | RECORD_ALIAS |
		    RECORD_STATE | RECORD_BY,
		.gid = span_of(g->gid),
		.uid = u->uid,
		.by = by->uid,
		.alias = alias,
		.state = MEMBER_INVITED
	};

	change(db, &r);
}

void
userdb_add_pending(struct userdb *db, const struct group *g,
    const struct pending *p)
{
	struct record r = roster_record_pending(g, p, &db->pending);

	change(db, &r);
}

void
userdb_remove_pending(struct userdb *db, const struct group *g,
    const struct pending *p)
{
	struct record r = roster_record_pending(g, p, &db->pending);

	r.has |= RECORD_GONE;
	change(db, &r);
}

size_t
userdb_user_count(const struct userdb *db)
{
	return roster_user_count(db->roster);
}
