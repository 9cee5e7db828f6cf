#include "admin/commands.h"

#include <stdio.h>
#include <string.h>

#include "admin/invitation.h"
#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp.h"
#include "userdb.h"

/*
 * Messages counted in one queue: each may be a file to open, and the relay's
 * loop waits.
 */
#define QUEUE_COUNT_MAX 1000

#define DAYS_DEFAULT    7	/* that an invitation is valid */
#define OPEN_DAYS_MAX 366	/* more is forgotten */

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

/* ---- registration ---- */

/* Why nobody can register with an alias of at least min characters. */
static const char *
check_alias(struct call *c, const char *alias, unsigned min)
{
	static const char *const faults[] = {
		[USERDB_LONG] = "this alias is too long",
		[USERDB_INVALID] = "this alias has a leading or trailing "
		    "space, an unusual space, or an unprintable character",
		[USERDB_UID] = "this alias looks like a uid",
		[USERDB_TAKEN] = "this alias is taken"
	};
	struct span name = span_of(alias);
	enum userdb_result result = userdb_check_name(name, min);

	if (result == USERDB_SHORT) {
		(void)snprintf(c->why, sizeof(c->why), "this alias is shorter "
		    "than alias_min, which is %u characters", min);
		return c->why;
	}
	if (result == USERDB_OK &&
	    userdb_is_taken(c->data->userdb, name))
		result = USERDB_TAKEN;
	return result != USERDB_OK ? faults[result] : NULL;
}

static void
warn_if_closed(struct call *c)
{
	if (c->conf->registration == CONF_REGISTER_CLOSED)
		output_say(&c->out, "But \"register\" is \"closed\" in the "
		    "configuration: nobody can register.");
}

static const char *
invite(struct call *c)
{
	struct invite terms = {
		.kind = INVITE_INVITATION,
		.since = c->now.wall,
		.receive_only = (c->options & OPTION_RECEIVE_ONLY) != 0
	};
	struct invites *invites = c->data->invites;
	bool coded = (c->options & OPTION_CODE) != 0;
	char token[NAME_BYTES + 1], until[CLOCK_TEXT];
	const char *why;

	why = check_alias(c, c->args[0], c->conf->alias_min);
	if (why != NULL)
		return why;
	(void)snprintf(terms.name, sizeof(terms.name), "%s", c->args[0]);
	(void)snprintf(token, sizeof(token), "%s", c->args[0]);
	terms.until = terms.since + CLOCK_DAY *
	    (c->options & OPTION_DAYS ? c->number : DAYS_DEFAULT);
	why = coded ? invite_add_coded(invites, &terms, token) :
	    invite_add(invites, &terms);
	if (why != NULL)
		return why;
	clock_text(until, terms.until);
	output_table(&c->out, "invitation");
	output_row(&c->out);
	output_text(&c->out, "alias", span_of(token));
	output_date(&c->out, "until", terms.until);
	invitation_show(&(struct invitation){ .conf = c->conf,
	    .cert = c->cert, .name = token, .coded = coded, .until = until,
	    .qr = (c->options & OPTION_QR) != 0 }, &c->out);
	output_say(&c->out, "The first to register with this alias before "
	    "%.10s becomes a member.", until);
	if (coded)
		output_say(&c->out, "The code must be typed behind the name, "
		    "once; it is not shown again.  Others see the name alone.");
	else
		output_say(&c->out, "Someone who guesses the name can be first;"
		    " with --code, a code is needed, too.");
	warn_if_closed(c);
	return NULL;
}

static const char *
invitations(struct call *c)
{
	struct invites *invites = c->data->invites;
	char from[SUBNET_TEXT];
	const struct invite *g;
	size_t i;

	output_table(&c->out, "invitations");
	invite_expire(invites, c->now);
	for (i = 0; (g = invite_at(invites, i)) != NULL; i++) {
		if (g->kind != INVITE_INVITATION)
			continue;
		(void)snprintf(from, sizeof(from), "anywhere");
		if (g->bound)
			subnet_text(from, &g->from);
		output_row(&c->out);
		output_text(&c->out, "alias", span_of(g->name));
		output_flag(&c->out, "code", g->coded);
		output_flag(&c->out, "receive_only", g->receive_only);
		output_text(&c->out, "from", span_of(from));
		output_date(&c->out, "until", g->until);
	}
	return NULL;
}

static const char *
uninvite(struct call *c)
{
	return invite_withdraw(c->data->invites, span_of(c->args[0]),
	    c->now);
}

static const char *
requests(struct call *c)
{
	struct invites *invites = c->data->invites;
	const struct invite *g;
	size_t i;

	output_table(&c->out, "requests");
	invite_expire(invites, c->now);
	for (i = 0; (g = invite_at(invites, i)) != NULL; i++) {
		if (g->kind != INVITE_REQUEST)
			continue;
		output_row(&c->out);
		output_text(&c->out, "alias", span_of(g->name));
		output_text(&c->out, "address", span_of(g->address));
		output_date(&c->out, "first", g->since);
		output_date(&c->out, "last", g->last);
		output_number(&c->out, "count", g->count);
	}
	return NULL;
}

/* The operator has seen the alias, and may admit a short one. */
static const char *
approve(struct call *c)
{
	const char *why = check_alias(c, c->args[0], 1);

	if (why == NULL)
		why = invite_approve(c->data->invites,
		    span_of(c->args[0]), c->now);
	if (why != NULL)
		return why;
	output_say(&c->out, "One registration with this alias is allowed, "
	    "from the network that asked.  Most clients try again by "
	    "themselves.");
	warn_if_closed(c);
	return NULL;
}

static const char *
register_show(struct call *c)
{
	static const char *const modes[] = {
		[CONF_REGISTER_OPEN] = "open",
		[CONF_REGISTER_INVITE] = "invite",
		[CONF_REGISTER_CLOSED] = "closed"
	};
	const struct invite *window = invite_window(c->data->invites,
	    c->now);

	output_table(&c->out, "register");
	output_row(&c->out);
	output_text(&c->out, "configured",
	    span_of(modes[c->conf->registration]));
	output_date(&c->out, "open_until", window != NULL ? window->until : 0);
	if (window != NULL && window->count != INVITE_UNLIMITED)
		output_number(&c->out, "places", window->count);
	return NULL;
}

/* A number and one of s, m, h and d, in milliseconds. */
static bool
read_duration(uint64_t *duration, const char *text)
{
	static const char units[] = "smhd";
	static const uint64_t ms[] = { 1000, 60000, 3600000, CLOCK_DAY };
	char digits[8] = "";
	size_t n = strlen(text);
	const char *unit;
	uint32_t number;

	if (n < 2 || n > sizeof(digits))
		return false;
	memcpy(digits, text, n - 1);
	unit = strchr(units, text[n - 1]);
	if (unit == NULL || !commands_number(&number, digits, 1000000))
		return false;
	*duration = number * ms[unit - units];
	return number > 0;
}

static const char *
register_open(struct call *c)
{
	uint64_t duration;

	if (!read_duration(&duration, c->args[0]) ||
	    duration > OPEN_DAYS_MAX * CLOCK_DAY)
		return "not a duration of at most 366d (for example 10m, 2h or "
		    "1d)";
	invite_open_window(c->data->invites, c->now.wall + duration,
	    c->options & OPTION_MAX ? c->number : INVITE_UNLIMITED, c->now);
	return register_show(c);
}

static const char *
register_close(struct call *c)
{
	return invite_close_window(c->data->invites, c->now);
}

/* ---- users, devices and aliases ---- */

static void
put_uid(struct call *c, const struct user *u)
{
	char uid[UID_TEXT];

	encode_base32(uid, u->uid.bytes, UID_BYTES);
	output_text(&c->out, "uid", (struct span){ uid, UID_TEXT });
}

/*
 * An alias that reaches the user, or NULL; if it may be, one behind which no
 * code stands.
 */
static const struct alias *
reachable_alias(const struct user *u)
{
	const struct alias *a, *coded = NULL;
	size_t i;

	for (i = 0; i < u->alias_count; i++) {
		a = u->aliases[i];
		if (a->dropped || a->uses == 0)
			continue;
		if (invite_without_code(span_of(a->name)).p == NULL)
			return a;
		if (coded == NULL)
			coded = a;
	}
	return coded;
}

static void
put_alias(struct call *c, const struct user *u)
{
	const struct alias *a = reachable_alias(u);

	output_text(&c->out, "alias", a != NULL ? span_of(a->name) :
	    (struct span){ NULL, 0 });
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

/* The identity that a provider has confirmed, if any. */
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
put_cork(struct call *c, const struct user *u)
{
	if (u->cork == NULL)
		return;
	output_table(&c->out, "cork");
	output_row(&c->out);
	output_date(&c->out, "until", u->cork->until);
	output_flag(&c->out, "all", u->cork->all);
	output_number(&c->out, "users", u->cork->users.count);
	output_number(&c->out, "groups", u->cork->groups.count);
	output_number(&c->out, "held", u->cork->held_count);
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

static const char *
user_list(struct call *c)
{
	const struct user *u;
	size_t at = 0;

	output_table(&c->out, "users");
	while ((u = userdb_next_user(c->data->userdb, &at)) != NULL)
		put_user(c, u);
	return NULL;
}

static const char *
user_show(struct call *c)
{
	output_table(&c->out, "user");
	put_user(c, c->user);
	put_subject(c, c->user);
	put_cork(c, c->user);
	put_aliases(c, c->user);
	put_nodes(c, c->user);
	put_groups(c, c->user);
	return NULL;
}

static void
set_flag(struct call *c, unsigned flag, bool on)
{
	userdb_set_flags(c->data->userdb, c->user,
	    on ? c->user->flags | flag : c->user->flags & ~flag);
}

static const char *
user_disable(struct call *c)
{
	set_flag(c, USER_DISABLED, true);
	tmtp_end_sessions(c->user, "this account is disabled");
	return NULL;
}

static const char *
user_enable(struct call *c)
{
	set_flag(c, USER_DISABLED, false);
	return NULL;
}

static const char *
user_remove(struct call *c)
{
	tmtp_remove_user(c->relay, c->user);
	return NULL;
}

/* What counts against a member's limits is forgotten. */
static const char *
reset_pings(struct call *c)
{
	if (strcmp(c->args[2], "reset") != 0)
		return "invalid value for pings (only reset)";
	userdb_set_pings(c->data->userdb, c->user, 0, 0,
	    (uint32_t)(c->now.wall / 1000));
	return NULL;
}

static const char *
user_set(struct call *c)
{
	bool on;

	c->about = c->args[2];
	if (strcmp(c->args[1], "pings") == 0)
		return reset_pings(c);
	if (strcmp(c->args[1], "receive-only") != 0) {
		c->about = c->args[1];
		return "unknown setting (receive-only or pings)";
	}
	on = strcmp(c->args[2], "on") == 0;
	if (!on && strcmp(c->args[2], "off") != 0)
		return "invalid value for receive-only (on or off)";
	set_flag(c, USER_RECEIVE_ONLY, on);
	return NULL;
}

static const char *
node_list(struct call *c)
{
	put_nodes(c, c->user);
	return NULL;
}

/* What the new device needs, and what the operator should know. */
static void
show_new_node(struct call *c, const char nodeid[NODEID_TEXT])
{
	const struct node *n = c->user->nodes[c->user->node_count - 1];
	const struct alias *a = reachable_alias(c->user);
	char uid[UID_TEXT + 1] = "";

	encode_base32(uid, c->user->uid.bytes, UID_BYTES);
	output_table(&c->out, "device");
	output_row(&c->out);
	output_number(&c->out, "node", n->ref);
	if (c->out.json) {
		output_text(&c->out, "uid", span_of(uid));
		output_text(&c->out, "nodeid",
		    (struct span){ nodeid, NODEID_TEXT });
	}
	invitation_show(&(struct invitation){ .conf = c->conf,
	    .cert = c->cert, .name = a != NULL ? a->name : uid, .uid = uid,
	    .nodeid = { nodeid, NODEID_TEXT },
	    .qr = (c->options & OPTION_QR) != 0 }, &c->out);
	output_say(&c->out, "It must log in within a day.  Anyone who has the "
	    "link can read and write in\nthis user's name: send it to nobody "
	    "else.  Then drop the lost device:\nmnm node list, node drop.");
}

static const char *
node_add(struct call *c)
{
	struct span label = span_of(c->args[1] != NULL ? c->args[1] :
	    "from the operator");
	char nodeid[NODEID_TEXT];
	int more;

	c->about = NULL;
	if (c->started == 0)
		return "no relay is running";
	if (name_chars(label) == 0) {
		c->about = c->args[1];
		return "this label has a leading or trailing space, or an "
		    "unprintable character";
	}
	more = tmtp_add_node(c->relay, c->user, label, c->now, nodeid,
	    c->why, sizeof(c->why));
	if (more == -1)
		return c->why;
	c->again = more == 1;
	if (!c->again)
		show_new_node(c, nodeid);
	return NULL;
}

static const char *
node_drop(struct call *c)
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

static const char *
alias_drop(struct call *c)
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

static const char *
group_list(struct call *c)
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

static const char *
group_show(struct call *c)
{
	const struct group *g = userdb_group(c->data->userdb,
	    span_of(c->args[0]));
	size_t i;

	if (g == NULL)
		return NO_GROUP;
	output_table(&c->out, "group");
	put_group(c, g);
	output_flag(&c->out, "removed", is_removed(g));
	output_number(&c->out, "pending", g->pending_count);
	output_table(&c->out, "members");
	for (i = 0; i < g->member_count; i++) {
		output_row(&c->out);
		put_state(c, &g->members[i]);
		output_flag(&c->out, "moderator", g->members[i].moderator);
		put_uid(c, g->members[i].user);
	}
	return NULL;
}

static const char *
group_remove(struct call *c)
{
	struct group *g = userdb_group(c->data->userdb,
	    span_of(c->args[0]));

	if (g == NULL)
		return NO_GROUP;
	tmtp_remove_group(c->relay, g);
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

static const char *
queue(struct call *c)
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

static const char *
links(struct call *c)
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

static const char *
stats(struct call *c)
{
	struct stats all = stats_measure(c->data, c->connections, c->pace);
	const char *path = c->conf->path;

	output_table(&c->out, "relay");
	output_row(&c->out);
	if (c->started == 0 && !c->out.json)
		output_text(&c->out, "running", SPAN("no"));
	else
		output_flag(&c->out, "running", c->started != 0);
	output_date(&c->out, "since", c->started);
	output_text(&c->out, "config", path != NULL ? span_of(path) :
	    (struct span){ c->out.json ? "" : NULL, 0 });
	stats_show(&c->out, &all);
	if (c->pace != NULL)
		c->pace->recent = 0;
	return NULL;
}

/* The caller has found the configuration valid; control.c has the answer. */
static const char *
reload(struct call *c)
{
	c->about = NULL;
	if (c->reload == NULL)
		return "no relay is running";
	*c->reload = true;
	return NULL;
}

/* ---- all of them ---- */

const struct command commands[] = {
	{ "init", NULL, "[DIR] [--host NAME] [--port N] [--renew]", READS,
	    NULL, "create key, certificate and configuration" },
	{ "check", NULL, "", READS,
	    NULL, "check configuration, data and certificate" },
	{ "fingerprint", NULL, "", READS,
	    NULL, "show what clients need to connect" },
	{ "backup", NULL, "DIR", READS, NULL, "back up the data" },
	{ "fsck", NULL, "[DATA] [--repair]", READS,
	    NULL, "check the data for damage" },
	{ "invite", NULL, "ALIAS [--days N] [--code] [--receive-only] [--qr]",
	    CHANGES, invite, "let somebody join, and show what to send them" },
	{ "invitations", NULL, "", CHANGES,
	    invitations, "list invitations that nobody has used" },
	{ "uninvite", NULL, "ALIAS", CHANGES,
	    uninvite, "take an invitation back" },
	{ "requests", NULL, "", CHANGES,
	    requests, "list who has asked to join" },
	{ "approve", NULL, "ALIAS", CHANGES,
	    approve, "let in somebody who has asked to join" },
	{ "register", "open", "TIME [--max N]", CHANGES,
	    register_open, "let anybody join for a time: 30m, 2h, 1d" },
	{ "register", "close", "", CHANGES,
	    register_close, "let in only people who are invited" },
	{ "register", NULL, "", CHANGES,
	    register_show, "show whether anybody may join" },
	{ "user", "list", "", READS, user_list, "list the members" },
	{ "user", "show", "USER", READS, user_show, "show a member" },
	{ "user", "disable", "USER", CHANGES,
	    user_disable, "lock a member out; messages still wait" },
	{ "user", "enable", "USER", CHANGES,
	    user_enable, "let the member in again" },
	{ "user", "remove", "USER", CHANGES,
	    user_remove, "remove a member and the messages that wait" },
	{ "user", "set", "USER receive-only|pings on|off|reset", CHANGES,
	    user_set, "change what a member may do" },
	{ "node", "list", "USER", READS,
	    node_list, "list a member's devices" },
	{ "node", "add", "USER [LABEL] [--qr]", CHANGES,
	    node_add, "let in a member who has lost all devices" },
	{ "node", "drop", "USER N", CHANGES,
	    node_drop, "drop a lost or stolen device" },
	{ "alias", "drop", "ALIAS", CHANGES,
	    alias_drop, "take a name from its member" },
	{ "group", "list", "", READS, group_list, "list the groups" },
	{ "group", "show", "GROUP", READS,
	    group_show, "show a group and its members" },
	{ "group", "remove", "GROUP", CHANGES,
	    group_remove, "remove a group" },
	{ "queue", NULL, "USER", READS,
	    queue, "show how much waits for a member's devices" },
	{ "status", NULL, "", READS, stats, "show the state of the relay" },
	{ "stats", NULL, "", READS, stats, "the same" },
	{ "reload", NULL, "", READS,
	    reload, "have the relay read its configuration again" },
	{ "links", NULL, "", READS, links, "list who is online" }
};

const size_t commands_count = sizeof(commands) / sizeof(commands[0]);
