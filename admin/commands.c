#include "admin/commands.h"

#include <string.h>

#include "tmtp.h"

#define NO_GROUP "there is no group"

static void
tell_user(struct call *c, const struct user *u)
{
	report_row(&c->report);
	call_tell_uid(c, u);
	report_text(&c->report, "alias", call_alias(u));
	report_number(&c->report, "nodes", u->node_count);
	report_number(&c->report, "online", u->nodes_online);
	report_flag(&c->report, "receive_only",
	    (u->flags & USER_RECEIVE_ONLY) != 0);
	report_flag(&c->report, "disabled", (u->flags & USER_DISABLED) != 0);
}

const char *
roll_user_list(struct call *c)
{
	const struct user *u;
	size_t at = 0;

	report_table(&c->report, "users");
	while ((u = userdb_next_user(c->db, &at)) != NULL)
		tell_user(c, u);
	return NULL;
}

static void
tell_aliases(struct call *c, const struct user *u)
{
	const struct alias *a;
	size_t i;

	report_table(&c->report, "aliases");
	for (i = 0; i < u->alias_count; i++) {
		a = u->aliases[i];
		report_row(&c->report);
		report_text(&c->report, "alias", span_of(a->name));
		report_flag(&c->report, "dropped", a->dropped);
		report_flag(&c->report, "used_up", a->uses == 0);
	}
}

/* The day it was last online, as far as is known. */
static void
tell_seen(struct call *c, const struct node *n)
{
	uint64_t day = n->session != NULL ? c->now.wall : n->seen * CLOCK_DAY;
	char text[CLOCK_TEXT];

	clock_text(text, day);
	report_text(&c->report, "seen", (struct span){
	    day > 0 ? text : NULL, CLOCK_DAY_TEXT });
}

static void
tell_nodes(struct call *c, const struct user *u)
{
	const struct node *n;
	size_t i;

	report_table(&c->report, "nodes");
	for (i = 0; i < u->node_count; i++) {
		n = u->nodes[i];
		report_row(&c->report);
		report_number(&c->report, "node", n->ref);
		report_text(&c->report, "label", span_of(n->label));
		report_flag(&c->report, "online", n->session != NULL);
		tell_seen(c, n);
	}
}

static struct span
state_name(enum member_state state)
{
	static const char *const names[] = {
		[MEMBER_INVITED] = "invited",
		[MEMBER_JOINED] = "joined",
		[MEMBER_LEFT] = "left",
		[MEMBER_BARRED] = "barred"
	};

	return span_of(names[state]);
}

static void
tell_groups(struct call *c, const struct user *u)
{
	const struct group *g;
	const struct member *m;
	size_t at = 0;

	report_table(&c->report, "groups");
	while ((g = userdb_next_group(c->db, &at)) != NULL) {
		m = roster_member(g, u);
		if (m == NULL)
			continue;
		report_row(&c->report);
		report_text(&c->report, "group", span_of(g->gid));
		report_text(&c->report, "as", span_of(m->alias));
		report_text(&c->report, "state", state_name(m->state));
	}
}

const char *
roll_user_show(struct call *c)
{
	const struct user *u = call_user(c, c->args[0]);

	if (u == NULL)
		return CALL_NO_USER;
	report_table(&c->report, "user");
	tell_user(c, u);
	tell_aliases(c, u);
	tell_nodes(c, u);
	tell_groups(c, u);
	return NULL;
}

const char *
roll_user_disable(struct call *c)
{
	struct user *u = call_user(c, c->args[0]);

	if (u == NULL)
		return CALL_NO_USER;
	userdb_set_flags(c->db, u, u->flags | USER_DISABLED);
	tmtp_end_sessions(u, "this account is disabled");
	return NULL;
}

const char *
roll_user_enable(struct call *c)
{
	struct user *u = call_user(c, c->args[0]);

	if (u == NULL)
		return CALL_NO_USER;
	userdb_set_flags(c->db, u, u->flags & ~(unsigned)USER_DISABLED);
	return NULL;
}

const char *
roll_user_remove(struct call *c)
{
	struct user *u = call_user(c, c->args[0]);

	if (u == NULL)
		return CALL_NO_USER;
	tmtp_remove_user(c->relay, u);
	return NULL;
}

const char *
roll_user_set(struct call *c)
{
	struct user *u = call_user(c, c->args[0]);
	unsigned flag = USER_RECEIVE_ONLY;

	if (u == NULL)
		return CALL_NO_USER;
	c->about = c->args[1];
	if (strcmp(c->args[1], "receive-only") != 0)
		return "only receive-only can be set, not";
	c->about = c->args[2];
	if (strcmp(c->args[2], "on") == 0)
		userdb_set_flags(c->db, u, u->flags | flag);
	else if (strcmp(c->args[2], "off") == 0)
		userdb_set_flags(c->db, u, u->flags & ~flag);
	else
		return "it can be on or off, not";
	return NULL;
}

const char *
roll_node_list(struct call *c)
{
	const struct user *u = call_user(c, c->args[0]);

	if (u == NULL)
		return CALL_NO_USER;
	tell_nodes(c, u);
	return NULL;
}

const char *
roll_node_drop(struct call *c)
{
	struct user *u = call_user(c, c->args[0]);
	struct node *n;
	uint32_t ref;

	if (u == NULL)
		return CALL_NO_USER;
	c->about = c->args[1];
	n = call_number(&ref, c->args[1], UINT32_MAX) ?
	    roster_node(u, ref) : NULL;
	if (n == NULL)
		return "the user has no node of the number";
	if (u->node_count == 1)
		return "this is the user's only node (mnm user remove)";
	tmtp_drop_node(c->relay, n, "this node has been dropped");
	return NULL;
}

const char *
roll_alias_drop(struct call *c)
{
	struct alias *a = userdb_alias(c->db, span_of(c->args[0]));

	if (a == NULL)
		return "nobody has the alias";
	if (a->dropped)
		return "dropped already";
	userdb_drop_alias(c->db, a);
	return NULL;
}

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
tell_group(struct call *c, const struct group *g)
{
	report_row(&c->report);
	report_text(&c->report, "group", span_of(g->gid));
	report_number(&c->report, "joined", count_members(g, MEMBER_JOINED));
	report_number(&c->report, "invited",
	    count_members(g, MEMBER_INVITED));
}

const char *
roll_group_list(struct call *c)
{
	const struct group *g;
	size_t at = 0;

	report_table(&c->report, "groups");
	while ((g = userdb_next_group(c->db, &at)) != NULL) {
		if (!is_removed(g))
			tell_group(c, g);
	}
	return NULL;
}

const char *
roll_group_show(struct call *c)
{
	const struct group *g = userdb_group(c->db, span_of(c->args[0]));
	const struct member *m;
	size_t i;

	if (g == NULL)
		return NO_GROUP;
	report_table(&c->report, "group");
	tell_group(c, g);
	report_flag(&c->report, "removed", is_removed(g));
	report_table(&c->report, "members");
	for (i = 0; i < g->member_count; i++) {
		m = &g->members[i];
		report_row(&c->report);
		report_text(&c->report, "as", span_of(m->alias));
		report_text(&c->report, "state", state_name(m->state));
		call_tell_uid(c, m->user);
	}
	return NULL;
}

const char *
roll_group_remove(struct call *c)
{
	struct group *g = userdb_group(c->db, span_of(c->args[0]));

	if (g == NULL)
		return NO_GROUP;
	userdb_dissolve_group(c->db, g);
	return NULL;
}
