#include "tmtp/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/subnet.h"
#include "conf.h"
#include "datadir.h"
#include "tmtp/auth.h"
#include "tmtp/login.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "tmtp/useredit.h"
#include "userdb.h"

#define HOUR ((uint64_t)3600000)

/* Networks whose registrations are counted: the busy ones of an hour. */
#define RATES_MAX 256

/*
 * Attempts from one network in an hour to register uninvited.  A client that
 * waits for the operator tries some 30 times; who guesses, much more often.
 */
#define MISSES_MAX 100
/* ... and from all those whose count had to make room for others. */
#define LOST_MISSES_MAX 1000

#define REQUESTS_OF_NET 4	/* that are kept: one household's */
#define REQUESTS_OF_ALL 64	/* of those without an address */

#define REQUEST_TIME (7 * CLOCK_DAY)

static const char hidden_code[] = " ********";

_Static_assert(sizeof(hidden_code) == INVITE_CODE + 2, "it hides a code");

/* Registrations from one network since some moment. */
struct rate {
	struct subnet net;
	uint64_t since;		/* now.mono */
	unsigned count;		/* who was let in */
	unsigned misses;	/* who was not invited */
};

struct registrar {
	struct invites *invites;
	struct rate rates[RATES_MAX];
	size_t rate_count;
	struct rate lost;	/* those whose hour was not over, together */
};

struct registrar *
register_open(struct invites *invites)
{
	struct registrar *r = xzalloc(sizeof(*r));

	r->invites = invites;
	return r;
}

void
register_close(struct registrar *r)
{
	free(r);
}

/*
 * The applicant's network, this machine's too.  All those who come through a
 * proxy that passes on no address share "::".
 */
static struct subnet
net_of(const struct applicant *a)
{
	struct subnet address = { .bits = 128 };

	(void)subnet_of_peer(&address, a->peer);
	return subnet_source(&address);
}

static bool
is_everybody(const struct subnet *net)
{
	static const struct subnet none = { .bits = 64 };

	return subnet_same(net, &none);
}

/* The invitation that the applicant has, or NULL. */
static const struct invite *
find_invitation(const struct registrar *r, const struct applicant *a)
{
	const struct subnet net = net_of(a);
	const struct invite *g;
	size_t i;

	if (a->alias.p == NULL)
		return NULL;
	for (i = 0; (g = invite_at(r->invites, i)) != NULL; i++) {
		if (invite_is_named(g, a->alias) &&
		    (!g->bound || subnet_has(&g->from, &net)))
			return g;
	}
	return NULL;
}

/* ---- how often ---- */

static bool
is_over(const struct rate *rate, struct now now)
{
	return now.mono - rate->since >= HOUR;
}

/* The count of this network, or NULL. */
static struct rate *
find_rate(struct registrar *r, const struct subnet *net, struct now now)
{
	struct rate *rate = r->rates;

	for (; rate < r->rates + r->rate_count; rate++) {
		if (subnet_same(&rate->net, net) && !is_over(rate, now))
			return rate;
	}
	return NULL;
}

/* Many networks must not have more guesses each because they are so many. */
static void
lose_rate(struct registrar *r, const struct rate *rate, struct now now)
{
	if (is_over(rate, now))
		return;
	if (is_over(&r->lost, now))
		r->lost = (struct rate){ .since = now.mono };
	r->lost.misses += rate->misses;
}

/* Reuse one whose hour is over, or else the oldest. */
static struct rate *
new_rate(struct registrar *r, struct now now)
{
	struct rate *rate = r->rates, *oldest = rate;

	if (r->rate_count < RATES_MAX)
		return &r->rates[r->rate_count++];
	for (; rate < r->rates + RATES_MAX && !is_over(oldest, now); rate++) {
		if (rate->since < oldest->since)
			oldest = rate;
	}
	lose_rate(r, oldest, now);
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
is_too_fast(struct registrar *r, unsigned limit, const struct applicant *a)
{
	const struct rate *rate;
	struct subnet net;

	if (limit == 0 || !counted_net(&net, a->peer))
		return false;
	rate = find_rate(r, &net, a->now);
	return rate != NULL && rate->count >= limit;
}

/* The network's counts, which may begin now. */
static struct rate *
need_rate(struct registrar *r, const struct subnet *net, struct now now)
{
	struct rate *rate = find_rate(r, net, now);

	if (rate == NULL) {
		rate = new_rate(r, now);
		*rate = (struct rate){ .net = *net, .since = now.mono };
	}
	return rate;
}

static void
count(struct registrar *r, const struct applicant *a)
{
	struct subnet net;

	if (counted_net(&net, a->peer))
		need_rate(r, &net, a->now)->count++;
}

static bool
is_guessing(struct registrar *r, const struct applicant *a)
{
	const struct subnet net = net_of(a);
	const struct rate *rate = find_rate(r, &net, a->now);

	if (rate == NULL)
		return !is_over(&r->lost, a->now) &&
		    r->lost.misses >= LOST_MISSES_MAX;
	return rate->misses >= (is_everybody(&net) ? LOST_MISSES_MAX :
	    MISSES_MAX);
}

static void
count_miss(struct registrar *r, const struct applicant *a)
{
	const struct subnet net = net_of(a);

	need_rate(r, &net, a->now)->misses++;
}

/* ---- whether ---- */

static struct admission
ask_uninvited(struct registrar *r, const struct conf *conf,
    const struct applicant *a)
{
	bool needs_none = a->vouched &&
	    conf->registration != CONF_REGISTER_CLOSED;
	const struct invite *window = needs_none ? NULL :
	    invite_window(r->invites, a->now);
	struct admission admission = { .answer = REGISTER_YES };

	if (window != NULL)
		admission.id = window->id;
	else if (conf->registration == CONF_REGISTER_INVITE && !needs_none)
		admission.answer = REGISTER_UNINVITED;
	else if (conf->registration == CONF_REGISTER_CLOSED)
		admission.answer = REGISTER_CLOSED;
	if (admission.answer == REGISTER_YES &&
	    is_too_fast(r, conf->register_rate, a))
		admission.answer = REGISTER_TOO_FAST;
	return admission;
}

/* An invitation is not counted: the operator decided on it. */
struct admission
register_ask(struct registrar *r, const struct conf *conf,
    const struct applicant *a)
{
	const struct invite *invitation;

	invite_expire(r->invites, a->now);
	if (conf->users_max > 0 && a->users >= conf->users_max)
		return (struct admission){ .answer = REGISTER_FULL };
	if (conf->register_from[0] != NULL &&
	    !subnet_any_has(conf->register_from, a->peer))
		return (struct admission){ .answer = REGISTER_ELSEWHERE };
	if (is_guessing(r, a))
		return (struct admission){ .answer = REGISTER_GUESSING };
	invitation = find_invitation(r, a);
	if (invitation == NULL || conf->registration == CONF_REGISTER_CLOSED)
		return ask_uninvited(r, conf, a);
	return (struct admission){
		.answer = REGISTER_YES,
		.id = invitation->id,
		.invited = true,
		.receive_only = invitation->receive_only,
		.name = invitation->coded ? span_of(invitation->name) :
		    (struct span){ NULL, 0 }
	};
}

void
register_admit(struct registrar *r, const struct applicant *a,
    const struct admission *admission)
{
	const struct invite *g = invite_by_id(r->invites, admission->id);
	struct invite window;

	if (!admission->invited)
		count(r, a);
	if (g == NULL || (g->kind == INVITE_WINDOW &&
	    g->count == INVITE_UNLIMITED))
		return;
	if (g->kind == INVITE_INVITATION || g->count <= 1) {
		invite_remove(r->invites, g->id);
		return;
	}
	window = *g;
	window.count--;
	invite_set(r->invites, window);
}

void
register_forget(struct registrar *r, struct span name)
{
	const struct invite *g;
	size_t i = 0;

	while ((g = invite_at(r->invites, i)) != NULL) {
		if (g->kind == INVITE_REQUEST &&
		    name_same(span_of(g->name), name))
			invite_remove(r->invites, g->id);
		else
			i++;
	}
}

/* ---- if not ---- */

static bool
is_coded(const struct registrar *r, struct span name)
{
	const struct invite *g;
	size_t i;

	for (i = 0; (g = invite_at(r->invites, i)) != NULL; i++) {
		if (g->coded && name_same(span_of(g->name), name))
			return true;
	}
	return false;
}

/*
 * Where the code begins in the name that ends like a token, or NULL: a mistyped
 * code is still most of a secret, and a used one looks like one.
 */
static const char *
find_code(const struct registrar *r, const struct applicant *a)
{
	struct span name = a->alias;

	if (name.n <= INVITE_CODE + 1)
		return NULL;
	name.n -= INVITE_CODE + 1;
	return a->used || is_coded(r, name) ? name.p + name.n : NULL;
}

/*
 * The request for this name from this network, or a new one, which may replace
 * the oldest of its network, or of all.
 */
static struct invite
find_request(const struct registrar *r, const struct subnet *net,
    struct span name)
{
	struct invite request = { .kind = INVITE_REQUEST, .bound = true };
	const struct invite *g, *oldest = NULL, *oldest_here = NULL;
	size_t i, requests = 0, here = 0;

	for (i = 0; (g = invite_at(r->invites, i)) != NULL; i++) {
		if (g->kind != INVITE_REQUEST)
			continue;
		requests++;
		if (oldest == NULL || g->last < oldest->last)
			oldest = g;
		if (!subnet_same(&g->from, net))
			continue;
		if (name_same(span_of(g->name), name))
			return *g;
		here++;
		if (oldest_here == NULL || g->last < oldest_here->last)
			oldest_here = g;
	}
	if (here >= (is_everybody(net) ? REQUESTS_OF_ALL : REQUESTS_OF_NET))
		invite_remove(r->invites, oldest_here->id);
	else if (requests >= INVITE_REQUESTS_MAX)
		invite_remove(r->invites, oldest->id);
	request.from = *net;
	return request;
}

static void
keep_request(struct registrar *r, const struct applicant *a)
{
	const struct subnet net = net_of(a);
	struct invite g = find_request(r, &net, a->alias);

	(void)snprintf(g.name, sizeof(g.name), "%.*s", (int)a->alias.n,
	    a->alias.p);
	(void)snprintf(g.address, sizeof(g.address), "%s", a->peer);
	if (g.count == 0)
		g.since = a->now.wall;
	if (g.count < UINT32_MAX)
		g.count++;
	g.last = a->now.wall;
	g.until = a->now.wall + REQUEST_TIME;
	invite_set(r->invites, g);
}

/* A name must not become a command, nor an option. */
static void
add_argument(struct buf *b, struct span text)
{
	if (text.p[0] == '-')
		buf_add(b, SPAN("-- "));
	buf_add_quoted(b, text);
}

static const struct refusal {
	const char *why;	/* for the applicant */
	const char *reason;	/* for the operator */
	const char *remedy;	/* what the operator may do */
	bool by_name;		/* the alias is added to remedy */
} refusals[] = {
[REGISTER_FULL] = {
	"this relay has reached its limit of members",
	"users_max is reached", "raise users_max and reload", false },
[REGISTER_ELSEWHERE] = {
	"this relay takes no new members from your network",
	"not in register_from", "add its network there and reload",
	false },
[REGISTER_CLOSED] = {
	"this relay takes no new members",
	"register is closed", "mnm register open 10m --max 1", false },
[REGISTER_UNINVITED] = {
	"this relay takes new members by invitation, and each works once: "
	    "ask its operator to invite you, then use the name you were given, "
	    "with its code if there is one",
	"not invited", "mnm approve ", true },
[REGISTER_GUESSING] = {
	"too many attempts to register from your network: try again in an "
	    "hour",
	"its network has tried a hundred times in an hour", "let it wait",
	false },
[REGISTER_TOO_FAST] = {
	"too many registrations from your network: try again in an hour",
	"register_rate is reached", "mnm invite ", true }
};

void
register_refuse(struct registrar *r, const struct applicant *a,
    const struct admission *admission, struct buf *why, struct buf *advice)
{
	const struct refusal *refusal = &refusals[admission->answer];
	struct span name = a->alias;
	const char *code = NULL;

	buf_add(why, span_of(refusal->why));
	if (admission->answer == REGISTER_UNINVITED)
		count_miss(r, a);
	if (name.p == NULL || !name_fits(name) || name_chars(name) == 0) {
		buf_addf(advice, "%s; it gave no alias", refusal->reason);
		return;
	}
	code = find_code(r, a);
	if (code != NULL)
		name.n = (size_t)(code - name.p);
	if (a->used && admission->answer == REGISTER_UNINVITED) {
		buf_addf(advice, "\"%.*s%s\": its invitation was used",
		    (int)name.n, name.p, hidden_code);
		return;
	}
	buf_addf(advice, "\"%.*s%s\": %s; ", (int)name.n, name.p,
	    code != NULL ? hidden_code : "",
	    code == NULL && refusal->by_name && is_coded(r, name) ?
	    "it lacks the code of its invitation" : refusal->reason);
	if (code != NULL && refusal->by_name) {
		buf_add(advice, SPAN("wrong code; to issue another: "
		    "mnm uninvite "));
		add_argument(advice, name);
		buf_add(advice, SPAN("; mnm invite --code "));
		add_argument(advice, name);
		return;
	}
	buf_addf(advice, "to admit it: %s", refusal->remedy);
	if (refusal->by_name)
		add_argument(advice, name);
	if (admission->answer == REGISTER_UNINVITED)
		keep_request(r, a);
}

/* ---- the op ---- */

/* The alias that Register asks for; "_" asks for none. */
static struct span
wanted_alias(const struct request *rq)
{
	static const struct span none = { NULL, 0 };

	return span_is(rq->h.newalias, SPAN("_")) ? none : rq->h.newalias;
}

/*
 * False, and why, if the alias is not available.  One that the operator has
 * invited or approved may be shorter than others.
 */
static bool
add_first_alias(struct request *rq, struct user *user, struct span name,
    const struct admission *admission)
{
	unsigned min = admission->invited ? 1 : rq->relay->conf->alias_min;

	return name.p == NULL || useredit_add_alias(rq, user, name, min,
	    ALIAS_UNLIMITED);
}

/*
 * An invitation with a code: the member is known by the name that was invited.
 * Clients that believe in the whole of what was typed may use that, too; it is
 * all there is if somebody has taken the name since an older relay has invited
 * it.  Returns false if so.
 */
static bool
add_invited_alias(struct request *rq, struct user *user, struct span name)
{
	bool good = useredit_add_alias(rq, user, name, 1, ALIAS_UNLIMITED);

	rq->why.n = 0;
	return good;
}

static void
send_registered(struct request *rq, const struct node *node,
    const char nodeid[NODEID_TEXT], struct span alias, struct span error)
{
	struct buf *out = &rq->session->out;
	char ref[REF_TEXT];
	size_t start;

	session_wait(rq->session);
	start = header_open(out);
	if (alias.n > 0)
		json_put_string(out, "alias", alias);
	if (error.n > 0)
		json_put_string(out, "error", error);
	json_put_string(out, "nodeid", (struct span){ nodeid, NODEID_TEXT });
	json_put_string(out, "noderef", frame_ref(ref, node->ref));
	json_put_string(out, "op", SPAN("registered"));
	header_put_uid(out, "uid", &node->user->uid);
	session_send(rq->session, start);
}

/* The applicant learns why; the operator learns from the log what to do. */
static bool
refuse(struct request *rq, const struct applicant *applicant,
    const struct admission *admission)
{
	struct buf advice = { NULL, 0, 0 };

	rq->why.n = 0;
	register_refuse(rq->relay->registrar, applicant, admission, &rq->why,
	    &advice);
	session_log(rq->session, "register refused: ", buf_span(&advice));
	buf_free(&advice);
	return false;
}

/*
 * The alias without the code at its end, or an empty span.  A code has digits
 * and letters; what has not is a name.
 */
static struct span
name_before_code(struct span alias)
{
	const struct span none = { NULL, 0 };
	char upper[INVITE_CODE + 3] = "x ";
	struct span name = { alias.p, 0 };
	size_t digits = 0, i;
	char c;

	if (alias.n <= INVITE_CODE + 1)
		return none;
	name.n = alias.n - INVITE_CODE - 1;
	for (i = 0; i < INVITE_CODE; i++) {
		c = alias.p[name.n + 1 + i];
		digits += c >= '0' && c <= '9';
		upper[2 + i] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
	}
	return digits > 0 && digits < INVITE_CODE && alias.p[name.n] == ' ' &&
	    invite_without_code(span_of(upper)).n > 0 ? name : none;
}

/* Write the alias with its code as that was given: so it is recognised. */
static struct span
restore_code(char dst[NAME_BYTES + 1], struct span alias)
{
	int n = snprintf(dst, NAME_BYTES + 1, "%.*s", (int)alias.n, alias.p), i;

	for (i = n > INVITE_CODE ? n - INVITE_CODE : 0; i < n; i++)
		if (dst[i] >= 'a' && dst[i] <= 'z')
			dst[i] = (char)(dst[i] - 'a' + 'A');
	return (struct span){ dst, (size_t)n };
}

/* The alias that the one with a code was to get, if somebody has it. */
static const struct alias *
find_invited(struct userdb *db, struct span coded)
{
	struct span name = name_before_code(coded);

	return name.n > 0 ? userdb_alias(db, name) : NULL;
}

/* A person, as far as a provider vouches for one, wants to register. */
static bool
register_person(struct request *rq, const struct auth_person *person)
{
	struct userdb *db = rq->relay->data->userdb;
	struct applicant applicant = { wanted_alias(rq), rq->session->peer,
	    userdb_user_count(db), rq->now, person->provider != NULL &&
	    rq->relay->conf->auth_replaces_invitation, false };
	struct admission admission = register_ask(rq->relay->registrar,
	    rq->relay->conf, &applicant);
	struct span error = { NULL, 0 }, alias = { NULL, 0 };
	char nodeid[NODEID_TEXT], invited[NAME_BYTES + 1];
	char coded[NAME_BYTES + 1];
	struct user *user;

	if (admission.answer != REGISTER_YES) {
		applicant.used = find_invited(db, applicant.alias) != NULL;
		return refuse(rq, &applicant, &admission);
	}
	if (!useredit_check_label(rq))
		return false;
	user = userdb_add_user(db, rq->h.newnode, rq->h.node, nodeid);
	if (user == NULL)
		return request_refuse(rq, "no random numbers available: "
		    "try again later", SPAN(""));
	(void)snprintf(invited, sizeof(invited), "%.*s",
	    (int)admission.name.n, admission.name.p);
	register_admit(rq->relay->registrar, &applicant, &admission);
	if (person->provider != NULL)
		userdb_set_subject(db, user, &person->subject);
	if (admission.receive_only)
		userdb_set_flags(db, user, USER_RECEIVE_ONLY);
	if (invited[0] != '\0') {
		applicant.alias = restore_code(coded, applicant.alias);
		if (add_invited_alias(rq, user, span_of(invited)))
			alias = span_of(invited);
	}
	if (!add_first_alias(rq, user, applicant.alias, &admission))
		error = buf_span(&rq->why);
	else if (alias.p != NULL || applicant.alias.p != NULL)
		register_forget(rq->relay->registrar, alias.p != NULL ? alias :
		    applicant.alias);
	send_registered(rq, user->nodes[0], nodeid, alias, error);
	userdb_see(db, user->nodes[0], rq->now);
	login_enter(rq->session, user->nodes[0], (struct span){ nodeid,
	    NODEID_TEXT });
	session_log(rq->session, "registered", SPAN(""));
	return true;
}

/*
 * The node that was registered by this alias and password: the answer was lost,
 * and the client asks again.
 */
static struct node *
find_registered(const struct request *rq)
{
	const struct alias *alias = NULL;

	if (rq->h.node.n > 0 && wanted_alias(rq).p != NULL)
		alias = userdb_alias(rq->relay->data->userdb,
		    wanted_alias(rq));
	return alias != NULL && !alias->dropped ?
	    userdb_login(alias->user, rq->h.node) : NULL;
}

static bool
register_again(struct request *rq, struct node *node)
{
	const struct alias *invited = find_invited(rq->relay->data->userdb,
	    rq->h.newalias);
	struct span alias = { NULL, 0 };

	if (!login_is_allowed(rq, node->user))
		return false;
	if (invited != NULL && invited->user == node->user &&
	    !invited->dropped)
		alias = span_of(invited->name);
	send_registered(rq, node, rq->h.node.p, alias, SPAN(""));
	return login_complete(rq, node);
}

static bool
is_nodeid(struct span text)
{
	unsigned char bytes[NODEID_BYTES];
	bool good = decode_base32(bytes, sizeof(bytes), text);

	secret_wipe(bytes, sizeof(bytes));
	return good;
}

bool
op_register(struct request *rq)
{
	struct auth_person person;
	struct node *node;
	bool good;

	if (rq->h.node.n > 0 && !is_nodeid(rq->h.node))
		return request_refuse(rq, "node must be a nodeid: 40 "
		    "characters of %+123456789BCDFGHJKLMNPQRSTVWXYZ", SPAN(""));
	node = find_registered(rq);
	if (node != NULL)
		return register_again(rq, node);
	good = auth_register(rq, &person) && register_person(rq, &person);
	auth_forget(&person);
	return good;
}
