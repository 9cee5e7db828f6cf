#include "tmtp/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR ((uint64_t)3600000)

/* Networks whose registrations are counted: the busy ones of an hour. */
#define SOURCES_MAX 256

#define REQUEST_TIME (7 * CLOCK_DAY)

static const char hidden_code[] = " ********";

_Static_assert(sizeof(hidden_code) == INVITE_CODE + 2, "it hides a code");

/* Registrations from one network since some moment. */
struct source {
	struct subnet net;
	uint64_t since;		/* now.mono */
	unsigned count;
};

struct admit {
	struct invites *invites;
	struct source sources[SOURCES_MAX];
	size_t source_count;
};

struct admit *
admit_open(struct invites *invites)
{
	struct admit *ad = xzalloc(sizeof(*ad));

	ad->invites = invites;
	return ad;
}

void
admit_close(struct admit *ad)
{
	free(ad);
}

static bool
is_from(const struct subnet *net, const char *peer)
{
	struct subnet address;

	return subnet_of_peer(&address, peer) && subnet_has(net, &address);
}

/* The invitation that the applicant has, or NULL. */
static const struct invite *
find_invitation(const struct admit *ad, const struct applicant *a)
{
	const struct invite *g;
	size_t i;

	if (a->alias.p == NULL)
		return NULL;
	for (i = 0; (g = invite_at(ad->invites, i)) != NULL; i++) {
		if (invite_is_named(g, a->alias) &&
		    (!g->bound || is_from(&g->from, a->peer)))
			return g;
	}
	return NULL;
}

/* Without a list anywhere will do. */
static bool
is_from_any(char *const *nets, const char *peer)
{
	struct subnet net;
	size_t i;

	for (i = 0; nets[i] != NULL; i++) {
		if (subnet_parse(&net, nets[i]) && is_from(&net, peer))
			return true;
	}
	return i == 0;
}

/* ---- how often ---- */

static bool
is_over(const struct source *s, struct now now)
{
	return now.mono - s->since >= HOUR;
}

/* What is counted of this network, or NULL. */
static struct source *
find_source(struct admit *ad, const struct subnet *net, struct now now)
{
	struct source *s = ad->sources;

	for (; s < ad->sources + ad->source_count; s++) {
		if (subnet_same(&s->net, net) && !is_over(s, now))
			return s;
	}
	return NULL;
}

/* A row that is over is used again, or else the oldest. */
static struct source *
new_source(struct admit *ad, struct now now)
{
	struct source *s = ad->sources, *oldest = s;

	if (ad->source_count < SOURCES_MAX)
		return &ad->sources[ad->source_count++];
	for (; s < ad->sources + SOURCES_MAX && !is_over(oldest, now); s++) {
		if (s->since < oldest->since)
			oldest = s;
	}
	return oldest;
}

/* The network whose registrations are counted; this machine's are not. */
static bool
counted_net(struct subnet *net, const char *peer)
{
	struct subnet address;

	if (!subnet_of_peer(&address, peer) || subnet_is_loopback(&address))
		return false;
	*net = subnet_source(&address);
	return true;
}

static bool
is_too_fast(struct admit *ad, unsigned rate, const struct applicant *a)
{
	const struct source *s;
	struct subnet net;

	if (rate == 0 || !counted_net(&net, a->peer))
		return false;
	s = find_source(ad, &net, a->now);
	return s != NULL && s->count >= rate;
}

static void
count(struct admit *ad, const struct applicant *a)
{
	struct source *s;
	struct subnet net;

	if (!counted_net(&net, a->peer))
		return;
	s = find_source(ad, &net, a->now);
	if (s == NULL) {
		s = new_source(ad, a->now);
		*s = (struct source){ net, a->now.mono, 0 };
	}
	s->count++;
}

/* ---- who may ---- */

static struct admission
ask_uninvited(struct admit *ad, const struct conf *conf,
    const struct applicant *a)
{
	const struct invite *window = invite_window(ad->invites, a->now);
	struct admission admission = { .answer = ADMIT_YES };

	if (window != NULL)
		admission.id = window->id;
	else if (conf->registration == CONF_REGISTER_INVITE)
		admission.answer = ADMIT_UNINVITED;
	else if (conf->registration == CONF_REGISTER_CLOSED)
		admission.answer = ADMIT_CLOSED;
	if (admission.answer == ADMIT_YES &&
	    is_too_fast(ad, conf->register_rate, a))
		admission.answer = ADMIT_TOO_FAST;
	return admission;
}

/* Who is invited by name was counted by who invited. */
struct admission
admit_ask(struct admit *ad, const struct conf *conf,
    const struct applicant *a)
{
	const struct invite *invitation;

	invite_expire(ad->invites, a->now);
	if (conf->users_max > 0 && a->users >= conf->users_max)
		return (struct admission){ .answer = ADMIT_FULL };
	if (!is_from_any(conf->register_from, a->peer))
		return (struct admission){ .answer = ADMIT_ELSEWHERE };
	invitation = find_invitation(ad, a);
	if (invitation == NULL || conf->registration == CONF_REGISTER_CLOSED)
		return ask_uninvited(ad, conf, a);
	return (struct admission){
		.answer = ADMIT_YES,
		.id = invitation->id,
		.invited = true,
		.receive_only = invitation->receive_only
	};
}

void
admit_enter(struct admit *ad, const struct applicant *a,
    const struct admission *admission)
{
	const struct invite *g = invite_by_id(ad->invites, admission->id);
	struct invite window;

	if (!admission->invited)
		count(ad, a);
	if (g == NULL || (g->kind == INVITE_WINDOW &&
	    g->count == INVITE_UNLIMITED))
		return;
	if (g->kind == INVITE_INVITATION || g->count <= 1) {
		invite_remove(ad->invites, g->id);
		return;
	}
	window = *g;
	window.count--;
	invite_set(ad->invites, window);
}

/* ---- who may not ---- */

/*
 * Where a name that ends like a token has its code, or NULL: a code with a
 * mistake in it is still most of a secret.
 */
static const char *
find_code(const struct admit *ad, struct span name)
{
	const struct invite *g;
	size_t i;

	if (name.n <= INVITE_CODE + 1)
		return NULL;
	name.n -= INVITE_CODE + 1;
	for (i = 0; (g = invite_at(ad->invites, i)) != NULL; i++) {
		if (g->coded && name_same(span_of(g->name), name))
			return name.p + name.n;
	}
	return NULL;
}

/*
 * The request of this network; or a new one, which may replace the oldest.
 */
static struct invite
take_request(const struct admit *ad, const struct subnet *net)
{
	struct invite add_request = { .kind = INVITE_REQUEST, .bound = true };
	const struct invite *g, *oldest = NULL;
	size_t i, requests = 0;

	for (i = 0; (g = invite_at(ad->invites, i)) != NULL; i++) {
		if (g->kind != INVITE_REQUEST)
			continue;
		if (subnet_same(&g->from, net))
			return *g;
		if (oldest == NULL || g->last < oldest->last)
			oldest = g;
		requests++;
	}
	if (requests >= INVITE_REQUESTS_MAX)
		invite_remove(ad->invites, oldest->id);
	add_request.from = *net;
	return add_request;
}

static void
add_request(struct admit *ad, const struct applicant *a)
{
	struct subnet address = { .bits = 128 };
	struct invite g;
	struct subnet net;

	/* Those without an address share "::". */
	(void)subnet_of_peer(&address, a->peer);
	net = subnet_source(&address);
	g = take_request(ad, &net);
	(void)snprintf(g.name, sizeof(g.name), "%.*s", (int)a->alias.n,
	    a->alias.p);
	(void)snprintf(g.address, sizeof(g.address), "%s", a->peer);
	if (g.count == 0)
		g.since = a->now.wall;
	if (g.count < UINT32_MAX)
		g.count++;
	g.last = a->now.wall;
	g.until = a->now.wall + REQUEST_TIME;
	invite_set(ad->invites, g);
}

/* As one word of a shell: whoever chose the name must not choose commands. */
static void
add_quoted(struct buf *b, struct span text)
{
	size_t i;

	if (text.p[0] == '-')
		buf_add(b, SPAN("-- "));	/* it is no option */
	buf_add_byte(b, '\'');
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_add(b, SPAN("'\\''"));
		else
			buf_add_byte(b, text.p[i]);
	}
	buf_add_byte(b, '\'');
}

static const struct refusal {
	const char *why;	/* for the applicant */
	const char *reason;	/* for the operator ... */
	const char *remedy;	/* ... who may do this */
	bool by_name;		/* with the alias at its end */
} refusals[] = {
[ADMIT_FULL] = {
	"this relay has as many members as it may have",
	"users_max is reached", "raise users_max and reload", false },
[ADMIT_ELSEWHERE] = {
	"this relay takes no new members from where you are",
	"it is not in register_from", "add its network there and reload",
	false },
[ADMIT_CLOSED] = {
	"this relay takes no new members",
	"register is closed", "mnm register open 10m --max 1", false },
[ADMIT_UNINVITED] = {
	"this relay takes new members by invitation: ask who runs it to let "
	    "you in, and try again by the name you are told",
	"not invited", "mnm approve ", true },
[ADMIT_TOO_FAST] = {
	"too many have registered from your network: try again in an hour",
	"register_rate is reached", "mnm invite ", true }
};

void
admit_refuse(struct admit *ad, const struct applicant *a,
    const struct admission *admission, struct buf *why, struct buf *advice)
{
	const struct refusal *r = &refusals[admission->answer];
	struct span name = a->alias;
	const char *code = NULL;

	buf_add(why, span_of(r->why));
	if (name.p == NULL || !name_fits(name) || name_chars(name) == 0) {
		buf_addf(advice, "%s; and it gave no alias", r->reason);
		return;
	}
	code = find_code(ad, name);
	if (code != NULL)
		name.n = (size_t)(code - name.p);
	buf_addf(advice, "\"%.*s%s\": %s; ", (int)name.n, name.p,
	    code != NULL ? hidden_code : "", r->reason);
	if (code != NULL && r->by_name) {
		buf_add(advice, SPAN("the code is wrong; to give it another: "
		    "mnm invite --code "));
		add_quoted(advice, name);
		return;
	}
	buf_addf(advice, "to let it in: %s", r->remedy);
	if (r->by_name)
		add_quoted(advice, name);
	if (admission->answer == ADMIT_UNINVITED)
		add_request(ad, a);
}
