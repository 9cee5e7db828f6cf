#include "admin/enroll.h"

#include <stdio.h>

#include "conf.h"

/* Why nobody can register by an alias of at least min characters. */
static const char *
name_fault(struct call *c, const char *alias, unsigned min)
{
	static const char *const faults[] = {
		[USERDB_LONG] = "this alias is too long",
		[USERDB_INVALID] = "this alias has a space at an end, or "
		    "what cannot be shown",
		[USERDB_TAKEN] = "somebody has this name"
	};
	struct span name = span_of(alias);
	enum userdb_result result = userdb_check_name(name, min);

	if (result == USERDB_SHORT) {
		(void)snprintf(c->why, sizeof(c->why), "this alias has fewer "
		    "characters than alias_min asks for, %u", min);
		return c->why;
	}
	if (result == USERDB_OK && userdb_is_taken(c->db, name))
		result = USERDB_TAKEN;
	return result != USERDB_OK ? faults[result] : NULL;
}

static void
warn_of_mode(struct call *c)
{
	if (c->conf->registration == CONF_REGISTER_CLOSED)
		report_say(&c->report, "But \"register\" is \"closed\" in the "
		    "configuration: it lets nobody in.");
}

const char *
enroll_invite(struct call *c)
{
	struct invite terms = {
		.kind = INVITE_INVITATION,
		.since = c->now.wall,
		.receive_only = (c->has & CALL_RECEIVE_ONLY) != 0
	};
	char token[NAME_BYTES + 1], until[CLOCK_TEXT];
	const char *why = name_fault(c, c->args[0], c->conf->alias_min);

	if (why != NULL)
		return why;
	(void)snprintf(terms.name, sizeof(terms.name), "%s", c->args[0]);
	(void)snprintf(token, sizeof(token), "%s", c->args[0]);
	terms.until = terms.since + c->days * CLOCK_DAY;
	why = c->has & CALL_CODE ?
	    invite_add_coded(c->invites, &terms, token) :
	    invite_add(c->invites, &terms);
	if (why != NULL)
		return why;
	clock_text(until, terms.until);
	report_table(&c->report, "invitation");
	report_row(&c->report);
	report_text(&c->report, "alias", span_of(token));
	report_date(&c->report, "until", terms.until);
	report_say(&c->report, "The first to register by this alias before "
	    "%.10s becomes a member.", until);
	if (c->has & CALL_CODE)
		report_say(&c->report, "All of it is to be typed, the code "
		    "at its end too; it is not shown again.");
	warn_of_mode(c);
	return NULL;
}

const char *
enroll_invitations(struct call *c)
{
	char from[SUBNET_TEXT];
	const struct invite *g;
	size_t i;

	report_table(&c->report, "invitations");
	invite_expire(c->invites, c->now);
	for (i = 0; (g = invite_at(c->invites, i)) != NULL; i++) {
		if (g->kind != INVITE_INVITATION)
			continue;
		(void)snprintf(from, sizeof(from), "anywhere");
		if (g->bound)
			subnet_text(from, &g->from);
		report_row(&c->report);
		report_text(&c->report, "alias", span_of(g->name));
		report_flag(&c->report, "code", g->coded);
		report_flag(&c->report, "receive_only", g->receive_only);
		report_text(&c->report, "from", span_of(from));
		report_date(&c->report, "until", g->until);
	}
	return NULL;
}

const char *
enroll_uninvite(struct call *c)
{
	return invite_withdraw(c->invites, span_of(c->args[0]), c->now);
}

const char *
enroll_requests(struct call *c)
{
	const struct invite *g;
	size_t i;

	report_table(&c->report, "knocks");
	invite_expire(c->invites, c->now);
	for (i = 0; (g = invite_at(c->invites, i)) != NULL; i++) {
		if (g->kind != INVITE_REQUEST)
			continue;
		report_row(&c->report);
		report_text(&c->report, "alias", span_of(g->name));
		report_text(&c->report, "address", span_of(g->address));
		report_date(&c->report, "first", g->since);
		report_date(&c->report, "last", g->last);
		report_number(&c->report, "count", g->count);
	}
	return NULL;
}

/* Who approves has seen the alias, and may let a short one be. */
const char *
enroll_approve(struct call *c)
{
	const char *why = name_fault(c, c->args[0], 1);

	if (why == NULL)
		why = invite_approve(c->invites, span_of(c->args[0]),
		    c->now);
	if (why != NULL)
		return why;
	report_say(&c->report, "It may register once, by this alias, from "
	    "the network of its request; most clients try again by "
	    "themselves.");
	warn_of_mode(c);
	return NULL;
}

const char *
enroll_show(struct call *c)
{
	static const char *const modes[] = {
		[CONF_REGISTER_OPEN] = "open",
		[CONF_REGISTER_INVITE] = "invite",
		[CONF_REGISTER_CLOSED] = "closed"
	};
	const struct invite *window = invite_window(c->invites, c->now);

	report_table(&c->report, "register");
	report_row(&c->report);
	report_text(&c->report, "configured",
	    span_of(modes[c->conf->registration]));
	report_date(&c->report, "open_until",
	    window != NULL ? window->until : 0);
	if (window != NULL && window->count != INVITE_UNLIMITED)
		report_number(&c->report, "places", window->count);
	return NULL;
}

const char *
enroll_open(struct call *c)
{
	uint64_t time;

	c->about = c->args[0];
	if (!call_time(&time, c->args[0]))
		return "this is no time like 10m, 2h or 1d";
	invite_open_window(c->invites, c->now.wall + time,
	    c->has & CALL_MAX ? c->max : INVITE_UNLIMITED, c->now);
	return enroll_show(c);
}

const char *
enroll_close(struct call *c)
{
	return invite_close_window(c->invites, c->now);
}
