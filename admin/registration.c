#include "admin/registration.h"

#include <stdio.h>
#include <string.h>

#include "admin/commands.h"
#include "conf.h"
#include "datadir.h"
#include "userdb.h"

/* Why nobody can register with an alias of at least min characters. */
static const char *
check_alias(struct call *c, const char *alias, unsigned min)
{
	static const char *const faults[] = {
		[USERDB_LONG] = "this alias is too long",
		[USERDB_INVALID] = "this alias has a leading or trailing "
		    "space, or an unprintable character",
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

const char *
registration_invite(struct call *c)
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
	terms.until = terms.since + c->days * CLOCK_DAY;
	why = coded ? invite_add_coded(invites, &terms, token) :
	    invite_add(invites, &terms);
	if (why != NULL)
		return why;
	clock_text(until, terms.until);
	output_table(&c->out, "invitation");
	output_row(&c->out);
	output_text(&c->out, "alias", span_of(token));
	output_date(&c->out, "until", terms.until);
	output_say(&c->out, "The first to register with this alias before "
	    "%.10s becomes a member.", until);
	if (coded)
		output_say(&c->out, "The code at the end is part of what must "
		    "be typed; it is not shown again.");
	warn_if_closed(c);
	return NULL;
}

const char *
registration_invitations(struct call *c)
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

const char *
registration_uninvite(struct call *c)
{
	return invite_withdraw(c->data->invites, span_of(c->args[0]),
	    c->now);
}

const char *
registration_requests(struct call *c)
{
	struct invites *invites = c->data->invites;
	const struct invite *g;
	size_t i;

	output_table(&c->out, "knocks");
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
const char *
registration_approve(struct call *c)
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

const char *
registration_show(struct call *c)
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
	static const struct {
		char name;
		uint64_t ms;
	} units[] = {
		{ 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 },
		{ 'd', CLOCK_DAY }
	};
	char digits[8] = "";
	size_t n = strlen(text), i;
	uint32_t number;

	if (n < 2 || n > sizeof(digits))
		return false;
	memcpy(digits, text, n - 1);
	if (!commands_number(&number, digits, 1000000))
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].name == text[n - 1]) {
			*duration = number * units[i].ms;
			return number > 0;
		}
	}
	return false;
}

const char *
registration_open(struct call *c)
{
	uint64_t duration;

	if (!read_duration(&duration, c->args[0]))
		return "not a duration (for example 10m, 2h or 1d)";
	invite_open_window(c->data->invites, c->now.wall + duration,
	    c->options & OPTION_MAX ? c->max : INVITE_UNLIMITED, c->now);
	return registration_show(c);
}

const char *
registration_close(struct call *c)
{
	return invite_close_window(c->data->invites, c->now);
}
