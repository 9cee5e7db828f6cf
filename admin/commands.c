#include "admin/commands.h"

#include <string.h>
#include <sys/statvfs.h>

#include "datadir.h"
#include "store.h"
#include "tmtp.h"
#include "userdb.h"

/*
 * Messages counted in one queue: each may be a file to open, and the relay's
 * loop waits.
 */
#define QUEUE_COUNT_MAX 1000

#define NO_GROUP "there is no group"

/* ---- arguments ---- */

bool
commands_number(uint32_t *number, const char *text, uint32_t max)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && n <= max; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	*number = (uint32_t)n;
	return i > 0 && text[i] == '\0' && n <= max;
}

const char *
commands_find_user(struct call *c, const char *name)
{
	struct userdb *db = c->data->userdb;
	struct alias *a;

	c->user = userdb_user_text(db, span_of(name));
	if (c->user == NULL) {
		a = userdb_alias(db, span_of(name));
		c->user = a != NULL ? a->user : NULL;
	}
	return c->user != NULL ? NULL : "there is no user with the uid or "
	    "alias";
}

/* ---- users, devices and aliases ---- */

static void
put_uid(struct call *c, const struct user *u)
{
	char uid[UID_TEXT];

	encode_base32(uid, u->uid.bytes, UID_BYTES);
	output_text(&c->out, "uid", (struct span){ uid, UID_TEXT });
}

/* An alias that reaches the user, if there is one. */
static void
put_alias(struct call *c, const struct user *u)
{
	struct span name = { NULL, 0 };
	size_t i;

	for (i = 0; i < u->alias_count && name.p == NULL; i++) {
		if (!u->aliases[i]->dropped)
			name = span_of(u->aliases[i]->name);
	}
	output_text(&c->out, "alias", name);
}

static void
put_user(struct call *c, const struct user *u)
{
	output_row(&c->out);
	put_uid(c, u);
	put_alias(c, u);
	output_number(&c->out, "nodes", u->node_count);
	output_number(&c->out, "online", u->nodes_online);
	output_flag(&c->out, "receive_only",
	    (u->flags & USER_RECEIVE_ONLY) != 0);
	output_flag(&c->out, "disabled", (u->flags & USER_DISABLED) != 0);
}

/* Who the user is, if a provider of identities has said so. */
static void
put_subject(struct call *c, const struct user *u)
{
	const struct subject *s = u->subject;

	if (s == NULL)
		return;
	output_table(&c->out, "subject");
	output_row(&c->out);
	output_text(&c->out, "sub", s->sub);
	output_text(&c->out, "iss", s->iss);
	output_text(&c->out, "aud", s->aud);
	output_date(&c->out, "iat", s->iat * (uint64_t)1000);
}

static void
put_aliases(struct call *c, const struct user *u)
{
	const struct alias *a;
	size_t i;

	output_table(&c->out, "aliases");
	for (i = 0; i < u->alias_count; i++) {
		a = u->aliases[i];
		output_row(&c->out);
		output_text(&c->out, "alias", span_of(a->name));
		output_flag(&c->out, "dropped", a->dropped);
		output_flag(&c->out, "used_up", a->uses == 0);
	}
}

static void
put_nodes(struct call *c, const struct user *u)
{
	char seen[CLOCK_TEXT];
	const struct node *n;
	uint64_t day;
	size_t i;

	output_table(&c->out, "nodes");
	for (i = 0; i < u->node_count; i++) {
		n = u->nodes[i];
		output_row(&c->out);
		output_number(&c->out, "node", n->ref);
		output_text(&c->out, "label", span_of(n->label));
		output_flag(&c->out, "online", n->session != NULL);
		/* The day it was last online, as far as is known. */
		day = n->session != NULL ? c->now.wall : n->seen * CLOCK_DAY;
		clock_text(seen, day);
		output_text(&c->out, "seen", (struct span){
		    day > 0 ? seen : NULL, CLOCK_DAY_TEXT });
	}
}

static void
put_state(struct call *c, const struct member *m)
{
	static const char *const names[] = {
		[MEMBER_INVITED] = "invited",
		[MEMBER_JOINED] = "joined",
		[MEMBER_LEFT] = "left",
		[MEMBER_BARRED] = "barred"
	};

	output_text(&c->out, "as", span_of(m->alias));
	output_text(&c->out, "state", span_of(names[m->state]));
}

static void
put_groups(struct call *c, const struct user *u)
{
	const struct group *g;
	const struct member *m;
	size_t at = 0;

	output_table(&c->out, "groups");
	while ((g = userdb_next_group(c->data->userdb, &at)) != NULL) {
		m = roster_member(g, u);
		if (m == NULL)
			continue;
		output_row(&c->out);
		output_text(&c->out, "group", span_of(g->gid));
		put_state(c, m);
	}
}

const char *
commands_user_list(struct call *c)
{
	const struct user *u;
	size_t at = 0;

	output_table(&c->out, "users");
	while ((u = userdb_next_user(c->data->userdb, &at)) != NULL)
		put_user(c, u);
	return NULL;
}

const char *
commands_user_show(struct call *c)
{
	output_table(&c->out, "user");
	put_user(c, c->user);
	put_subject(c, c->user);
	put_aliases(c, c->user);
	put_nodes(c, c->user);
	put_groups(c, c->user);
	return NULL;
}

static void
set_flag(struct call *c, unsigned flag)
{
	userdb_set_flags(c->data->userdb, c->user,
	    c->user->flags | flag);
}

static void
clear_flag(struct call *c, unsigned flag)
{
	userdb_set_flags(c->data->userdb, c->user,
	    c->user->flags & ~flag);
}

const char *
commands_user_disable(struct call *c)
{
	set_flag(c, USER_DISABLED);
	tmtp_end_sessions(c->user, "this account is disabled");
	return NULL;
}

const char *
commands_user_enable(struct call *c)
{
	clear_flag(c, USER_DISABLED);
	return NULL;
}

const char *
commands_user_remove(struct call *c)
{
	tmtp_remove_user(c->relay, c->user);
	return NULL;
}

const char *
commands_user_set(struct call *c)
{
	c->about = c->args[1];
	if (strcmp(c->args[1], "receive-only") != 0)
		return "unknown setting (the only one is receive-only)";
	c->about = c->args[2];
	if (strcmp(c->args[2], "on") == 0)
		set_flag(c, USER_RECEIVE_ONLY);
	else if (strcmp(c->args[2], "off") == 0)
		clear_flag(c, USER_RECEIVE_ONLY);
	else
		return "invalid value for receive-only (on or off)";
	return NULL;
}

const char *
commands_node_list(struct call *c)
{
	put_nodes(c, c->user);
	return NULL;
}

const char *
commands_node_drop(struct call *c)
{
	struct node *n = NULL;
	uint32_t ref;

	c->about = c->args[1];
	if (commands_number(&ref, c->args[1], UINT32_MAX))
		n = roster_node(c->user, ref);
	if (n == NULL)
		return "the user has no device with the number";
	if (c->user->node_count == 1)
		return "this is the user's only device (mnm user remove)";
	tmtp_drop_node(c->relay, n, "this node has been dropped");
	return NULL;
}

const char *
commands_alias_drop(struct call *c)
{
	struct userdb *db = c->data->userdb;
	struct alias *a = userdb_alias(db, span_of(c->args[0]));

	if (a == NULL)
		return "nobody has the alias";
	if (a->dropped)
		return "already dropped";
	userdb_drop_alias(db, a);
	return NULL;
}

/* ---- groups ---- */

static size_t
count_members(const struct group *g, enum member_state state)
{
	size_t i, n = 0;

	for (i = 0; i < g->member_count; i++)
		n += g->members[i].state == state &&
		    g->members[i].user->node_count > 0;
	return n;
}

/* Nobody is in it, and nobody can join it any more. */
static bool
is_removed(const struct group *g)
{
	return count_members(g, MEMBER_JOINED) == 0 &&
	    count_members(g, MEMBER_INVITED) == 0;
}

static void
put_group(struct call *c, const struct group *g)
{
	output_row(&c->out);
	output_text(&c->out, "group", span_of(g->gid));
	output_text(&c->out, "kind", record_kind_text(g->kind));
	output_number(&c->out, "joined", count_members(g, MEMBER_JOINED));
	output_number(&c->out, "invited", count_members(g, MEMBER_INVITED));
}

const char *
commands_group_list(struct call *c)
{
	const struct group *g;
	size_t at = 0;

	output_table(&c->out, "groups");
	while ((g = userdb_next_group(c->data->userdb, &at)) != NULL) {
		if (!is_removed(g))
			put_group(c, g);
	}
	return NULL;
}

const char *
commands_group_show(struct call *c)
{
	const struct group *g = userdb_group(c->data->userdb,
	    span_of(c->args[0]));
	size_t i;

	if (g == NULL)
		return NO_GROUP;
	output_table(&c->out, "group");
	put_group(c, g);
	output_flag(&c->out, "removed", is_removed(g));
	output_table(&c->out, "members");
	for (i = 0; i < g->member_count; i++) {
		output_row(&c->out);
		put_state(c, &g->members[i]);
		output_flag(&c->out, "moderator", g->members[i].moderator);
		put_uid(c, g->members[i].user);
	}
	return NULL;
}

const char *
commands_group_remove(struct call *c)
{
	struct userdb *db = c->data->userdb;
	struct group *g = userdb_group(db, span_of(c->args[0]));

	if (g == NULL)
		return NO_GROUP;
	userdb_dissolve_group(db, g);
	return NULL;
}

/* ---- status ---- */

/* What waits in a queue; an id is the time in nanoseconds. */
static int
put_queue(struct call *c, struct node *n)
{
	struct store *store = c->data->store;
	struct queue *q = tmtp_queue(c->relay, n);
	uint64_t id = 0, oldest = 0, length, messages = 0, bytes = 0;
	int more;

	while ((more = store_next(store, q, id, &id, &length)) == 1 &&
	    messages < QUEUE_COUNT_MAX) {
		if (messages++ == 0)
			oldest = id;
		bytes += length;
	}
	output_row(&c->out);
	output_number(&c->out, "node", n->ref);
	output_number(&c->out, "messages", messages);
	output_number(&c->out, "bytes", bytes);
	output_date(&c->out, "oldest", oldest / 1000000);
	output_flag(&c->out, "more", more == 1);
	return more == -1 ? -1 : 0;
}

const char *
commands_queue(struct call *c)
{
	size_t i;

	output_table(&c->out, "queues");
	for (i = 0; i < c->user->node_count; i++) {
		if (put_queue(c, c->user->nodes[i]) == -1)
			return "a queue cannot be read";
	}
	return NULL;
}

static void
put_session(struct call *c, const struct session *s)
{
	struct tmtp_state state = tmtp_state(s);

	output_row(&c->out);
	output_text(&c->out, "address", span_of(state.peer));
	put_uid(c, state.node->user);
	output_number(&c->out, "node", state.node->ref);
	put_alias(c, state.node->user);
	output_number(&c->out, "silent_s",
	    (c->now.mono - state.heard) / 1000);
	output_number(&c->out, "unacked", state.unacked);
}

const char *
commands_links(struct call *c)
{
	const struct user *u;
	size_t at = 0, i;

	output_table(&c->out, "links");
	while ((u = userdb_next_user(c->data->userdb, &at)) != NULL) {
		for (i = 0; i < u->node_count; i++) {
			if (u->nodes[i]->session != NULL)
				put_session(c, u->nodes[i]->session);
		}
	}
	return NULL;
}

static void
put_members(struct call *c)
{
	struct userdb *db = c->data->userdb;
	uint64_t users = 0, nodes = 0, online = 0, groups = 0;
	const struct user *u;
	size_t at = 0;

	while ((u = userdb_next_user(db, &at)) != NULL) {
		users++;
		nodes += u->node_count;
		online += u->nodes_online > 0;
	}
	for (at = 0; userdb_next_group(db, &at) != NULL;)
		groups++;
	output_table(&c->out, "members");
	output_row(&c->out);
	output_number(&c->out, "users", users);
	output_number(&c->out, "nodes", nodes);
	output_number(&c->out, "online", online);
	output_number(&c->out, "groups", groups);
}

static void
put_disk(struct call *c)
{
	const struct datadir *d = c->data;
	struct statvfs fs;

	output_table(&c->out, "disk");
	output_row(&c->out);
	output_number(&c->out, "journal_segments",
	    journal_newest(d->journal) - journal_oldest(d->journal) + 1);
	output_number(&c->out, "journal_commits",
	    journal_commits(d->journal));
	output_number(&c->out, "journal_waiting",
	    store_checkpoint_bytes(d->store));
	if (fstatvfs(d->dir, &fs) == 0)
		output_number(&c->out, "free",
		    (uint64_t)fs.f_bavail * fs.f_frsize);
}

/* Rounded up. */
static uint64_t
to_ms(uint64_t us)
{
	return (us + 999) / 1000;
}

static void
put_pace(struct call *c)
{
	output_table(&c->out, "loop");
	output_row(&c->out);
	output_number(&c->out, "longest_turn_ms", to_ms(c->pace->longest));
	output_number(&c->out, "since_asked_ms", to_ms(c->pace->recent));
	output_number(&c->out, "longest_commit_ms",
	    to_ms(c->pace->longest_commit));
	c->pace->recent = 0;
}

const char *
commands_stats(struct call *c)
{
	output_table(&c->out, "relay");
	output_row(&c->out);
	output_flag(&c->out, "running", c->started != 0);
	output_date(&c->out, "since", c->started);
	output_number(&c->out, "links", c->connections);
	put_members(c);
	put_disk(c);
	if (c->pace != NULL)
		put_pace(c);
	return NULL;
}
