#include "tmtp/useredit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tmtp/route.h"
#include "tmtp/presence.h"

#define DAY 86400U	/* seconds */

#define REF_TEXT 11	/* the largest node reference, and a NUL */

#define COPY_STEP 400	/* files copied for a new node in a turn: 10 ms */

struct alias *
account_own_alias(struct request *rq, struct span name)
{
	struct alias *alias = userdb_alias(rq->relay->data->userdb, name);

	if (alias != NULL && alias->user == rq->session->node->user &&
	    !alias->dropped)
		return alias;
	(void)request_refuse(rq, "you have no alias ", name);
	return NULL;
}

/* A day begins with the first ping, and when the clock was set back. */
static bool
is_new_day(const struct user *user, uint32_t second)
{
	return second < user->pings_since ||
	    second - user->pings_since >= DAY;
}

/*
 * Whether a number of the sender's in this day has reached a limit, of which
 * 0 is none.  If so refuses, and tells when the day is over.
 */
static bool
is_over(struct request *rq, uint32_t count, unsigned limit, const char *why)
{
	const struct user *user = rq->session->node->user;
	char again[CLOCK_TEXT];

	if (limit == 0 || count < limit ||
	    is_new_day(user, (uint32_t)(rq->now.wall / 1000)))
		return false;
	clock_text(again, ((uint64_t)user->pings_since + DAY) * 1000);
	(void)request_refuse(rq, why, (struct span){ again, CLOCK_TEXT });
	return true;
}

/* Count for these limits.  A success ends a row of failures. */
static void
count_pings(struct request *rq, uint32_t pings, uint32_t failed)
{
	struct userdb *db = rq->relay->data->userdb;
	struct user *user = rq->session->node->user;
	uint32_t second = (uint32_t)(rq->now.wall / 1000);

	if (!is_new_day(user, second)) {
		second = user->pings_since;
		pings += user->pings;
		if (failed > 0)
			failed += user->failed_pings;
	}
	userdb_set_pings(db, user, pings, failed, second);
}

struct alias *
account_reach(struct request *rq, struct span name)
{
	struct alias *alias = userdb_alias(rq->relay->data->userdb, name);
	unsigned limit = rq->relay->conf->failed_pings_in_a_row;

	if (is_over(rq, rq->session->node->user->failed_pings, limit,
	    "too many in a row have found nobody; try again after "))
		return NULL;
	if (alias != NULL && !alias->dropped && alias->uses > 0)
		return alias;
	if (limit > 0)
		count_pings(rq, 0, 1);
	(void)request_refuse(rq, "nobody has the alias ", name);
	return NULL;
}

bool
account_may_ping(struct request *rq)
{
	return !is_over(rq, rq->session->node->user->pings,
	    rq->relay->conf->pings_per_day,
	    "these were enough pings for a day; try again after ");
}

void
account_invited(struct request *rq, struct alias *alias)
{
	userdb_use_alias(rq->relay->data->userdb, alias);
	if (rq->session->node->user->failed_pings > 0)
		count_pings(rq, 0, 0);
}

void
account_pinged(struct request *rq, struct alias *alias)
{
	account_invited(rq, alias);
	if (rq->relay->conf->pings_per_day > 0)
		count_pings(rq, 1, 0);
}

static struct span
ref_text(char dst[REF_TEXT], const struct node *node)
{
	int n = snprintf(dst, REF_TEXT, "%lu", (unsigned long)node->ref);

	return (struct span){ dst, (size_t)n };
}

/* There is one revision: whoever asks for another is told so. */
bool
op_tmtprev(struct request *rq)
{
	struct session *s = rq->session;
	size_t start = frame_open(&s->out);

	json_put_string(&s->out, "id", SPAN("1"));
	json_put_string(&s->out, "name", span_of(rq->relay->conf->name));
	json_put_string(&s->out, "op", SPAN("tmtprev"));
	session_send(s, start);
	s->phase = PHASE_GREETED;
	return true;
}

/* Whether the name can be had; some are kept for who was invited. */
static bool
add_alias(struct request *rq, struct user *user, struct span name,
    unsigned min, uint32_t uses)
{
	enum userdb_result result = USERDB_TAKEN;

	if (!invite_reserves(rq->relay->data->invites, name, rq->now))
		result = userdb_add_alias(rq->relay->data->userdb, user, name,
		    min, uses);
	return result == USERDB_OK || request_refuse_name(rq, result, name);
}

/* What Register asks for; "_" asks for none. */
static struct span
wanted_alias(const struct request *rq)
{
	static const struct span none = { NULL, 0 };

	return span_is(rq->h.newalias, SPAN("_")) ? none : rq->h.newalias;
}

/*
 * False, and why, if the alias cannot be had.  One that the operator has
 * invited or approved may be shorter than others.
 */
static bool
add_first_alias(struct request *rq, struct user *user, struct span name,
    const struct admission *admission)
{
	unsigned min = admission->invited ? 1 : rq->relay->conf->alias_min;

	return name.p == NULL ||
	    add_alias(rq, user, name, min, ALIAS_UNLIMITED);
}

static void
send_registered(struct request *rq, const struct node *node,
    const char nodeid[NODEID_TEXT], struct span error)
{
	struct buf *out = &rq->session->out;
	char uid[UID_TEXT], ref[REF_TEXT];
	size_t start = frame_open(out);

	encode_base32(uid, node->user->uid.bytes, UID_BYTES);
	if (error.n > 0)
		json_put_string(out, "error", error);
	json_put_string(out, "nodeid", (struct span){ nodeid, NODEID_TEXT });
	json_put_string(out, "noderef", ref_text(ref, node));
	json_put_string(out, "op", SPAN("registered"));
	json_put_string(out, "uid", (struct span){ uid, UID_TEXT });
	session_send(rq->session, start);
}

/* Tell who may not register why, and the log how to let it in. */
static bool
refuse_applicant(struct request *rq, const struct applicant *applicant,
    const struct admission *admission)
{
	struct buf *why = &rq->relay->why, advice = { NULL, 0, 0 };

	why->n = 0;
	admit_refuse(rq->relay->admit, applicant, admission, why, &advice);
	session_log(rq->session, "register refused: ", buf_span(&advice));
	buf_free(&advice);
	return false;
}

bool
op_register(struct request *rq)
{
	struct userdb *db = rq->relay->data->userdb;
	struct applicant applicant = { wanted_alias(rq), rq->session->peer,
	    userdb_user_count(db), rq->now };
	struct admission admission = admit_ask(rq->relay->admit,
	    rq->relay->conf, &applicant);
	struct span error = { NULL, 0 };
	char nodeid[NODEID_TEXT];
	struct user *user;

	if (admission.answer != ADMIT_YES)
		return refuse_applicant(rq, &applicant, &admission);
	user = userdb_add_user(db, rq->h.newnode, nodeid);
	if (user == NULL)
		return request_refuse(rq, "the system gives no random "
		    "numbers: try again later", SPAN(""));
	admit_enter(rq->relay->admit, &applicant, &admission);
	if (admission.receive_only)
		userdb_set_flags(db, user, USER_RECEIVE_ONLY);
	if (!add_first_alias(rq, user, applicant.alias, &admission))
		error = buf_span(&rq->relay->why);
	session_wait(rq->session);
	send_registered(rq, user->nodes[0], nodeid, error);
	userdb_see(db, user->nodes[0], rq->now);
	presence_enter(rq->session, user->nodes[0]);
	session_log(rq->session, "registered", SPAN(""));
	return true;
}

/* The user's nodes hear of a login, unless there is no space to tell them. */
static bool
tell_login(struct request *rq)
{
	struct posting p = { deliver_message(rq, "login"), NULL, NULL,
	    OWN_ALL, FULL_PASS };
	char ref[REF_TEXT];

	if (datadir_state(rq->relay->data) == DATADIR_FULL)
		return true;
	p.message.node = ref_text(ref, rq->session->node);
	return deliver(rq, &p, 1);
}

/* Whether the user or the password is wrong is not told. */
bool
op_login(struct request *rq)
{
	struct user *user;
	struct node *node;

	user = userdb_user_text(rq->relay->data->userdb, rq->h.uid);
	node = user != NULL ? userdb_login(user, rq->h.node) : NULL;
	if (node == NULL)
		return request_refuse(rq, "login failed: there is no such "
		    "user with such a node", SPAN(""));
	if (user->flags & USER_DISABLED)
		return request_refuse(rq, "login failed: this account is "
		    "disabled", SPAN(""));
	userdb_see(rq->relay->data->userdb, node, rq->now);
	presence_enter(rq->session, node);
	session_log(rq->session, "login", SPAN(""));
	return tell_login(rq);
}

/* The user message that tells what an edit has changed, still without that. */
static struct posting
user_posting(struct request *rq)
{
	return (struct posting){ deliver_message(rq, "user"), NULL, NULL,
	    OWN_ALL, FULL_PASS };
}

void
account_end_links(struct user *user, struct span why)
{
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		if (user->nodes[i]->session != NULL)
			presence_quit(user->nodes[i]->session, why);
	}
}

void
account_drop_node(struct relay *relay, struct node *node, struct span why)
{
	if (node->session != NULL)
		presence_quit(node->session, why);
	store_drop(relay->data->store, deliver_queue(relay, node));
	userdb_drop_node(relay->data->userdb, node);
}

void
account_remove(struct relay *relay, struct user *user)
{
	size_t i;

	account_end_links(user, SPAN("this account has been removed"));
	for (i = 0; i < user->node_count; i++)
		store_drop(relay->data->store,
		    deliver_queue(relay, user->nodes[i]));
	userdb_remove_user(relay->data->userdb, user);
}

/*
 * The new node is to get all that this one has not yet acked, and this one
 * its password: that cannot be left out.  Many messages take many turns, in
 * which others are served; then it begins here again.
 */
static bool
edit_newnode(struct request *rq)
{
	struct relay *relay = rq->relay;
	struct node *self = rq->session->node, *node;
	struct store *store = relay->data->store;
	struct queue *queue = store_queue(store, &self->user->uid,
	    self->user->next_ref);
	char nodeid[NODEID_TEXT], ref[REF_TEXT];
	struct posting p;
	int more;

	if (self->user->node_count >= ACCOUNT_NODES_MAX)
		return request_refuse(rq, "there are too many nodes already; "
		    "drop one first", SPAN(""));
	if (deliver_is_full(relay, self->queue))
		return request_refuse(rq, DELIVER_FULL, SPAN("this node"));
	more = store_copy_files(store, self->queue, queue, COPY_STEP);
	if (more == 1)
		return request_stall(rq);
	if (more == -1)
		return request_refuse(rq, "this node's messages cannot be "
		    "copied: ", span_of(strerror(errno)));
	node = userdb_add_node(relay->data->userdb, self->user, rq->h.newnode,
	    nodeid);
	if (node == NULL)
		return request_refuse(rq, "the system gives no random "
		    "numbers: try again later", SPAN(""));
	userdb_see(relay->data->userdb, node, rq->now);
	store_copy(store, self->queue, queue);
	p = user_posting(rq);
	p.message.newnode = span_of(node->label);
	p.message.nodeid = (struct span){ nodeid, NODEID_TEXT };
	p.message.noderef = ref_text(ref, node);
	return deliver(rq, &p, 1);
}

static bool
edit_newalias(struct request *rq)
{
	struct user *user = rq->session->node->user;
	struct json_number uses = rq->h.uses;
	struct posting p;

	if (uses.given && (uses.value < 1 ||
	    uses.value >= ALIAS_UNLIMITED))
		return request_refuse(rq, "uses must be from 1 to 4294967294",
		    SPAN(""));
	if (user->alias_count >= ACCOUNT_ALIASES_MAX)
		return request_refuse(rq, "there are too many aliases already",
		    SPAN(""));
	if (!add_alias(rq, user, rq->h.newalias, rq->relay->conf->alias_min,
	    uses.given ? (uint32_t)uses.value : ALIAS_UNLIMITED))
		return false;
	p = user_posting(rq);
	p.message.newalias = rq->h.newalias;
	p.message.uses = uses;
	return deliver(rq, &p, 1);
}

/* The user's node of that reference, or NULL. */
static struct node *
node_of_text(const struct user *user, struct span text)
{
	char ref[REF_TEXT];
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		if (span_is(text, ref_text(ref, user->nodes[i])))
			return user->nodes[i];
	}
	return NULL;
}

/* A stolen device cannot lock out those that the user had before it. */
static bool
edit_dropnode(struct request *rq)
{
	struct node *self = rq->session->node, *node;
	struct posting p;

	node = node_of_text(self->user, rq->h.dropnode);
	if (node == NULL)
		return request_refuse(rq, "there is no node of the number ",
		    rq->h.dropnode);
	if (node->ref <= self->ref)
		return request_refuse(rq, "only an older node can drop node ",
		    rq->h.dropnode);
	account_drop_node(rq->relay, node, SPAN("this node has been dropped"));
	p = user_posting(rq);
	p.message.dropnode = rq->h.dropnode;
	return deliver(rq, &p, 1);
}

static bool
edit_dropalias(struct request *rq)
{
	struct alias *alias = account_own_alias(rq, rq->h.dropalias);
	struct posting p;

	if (alias == NULL)
		return false;
	userdb_drop_alias(rq->relay->data->userdb, alias);
	p = user_posting(rq);
	p.message.dropalias = span_of(alias->name);
	return deliver(rq, &p, 1);
}

bool
op_useredit(struct request *rq)
{
	switch (rq->h.has &
	    (F_NEWNODE | F_NEWALIAS | F_DROPNODE | F_DROPALIAS)) {
	case F_NEWNODE:
		return edit_newnode(rq);
	case F_NEWALIAS:
		return edit_newalias(rq);
	case F_DROPNODE:
		return edit_dropnode(rq);
	case F_DROPALIAS:
		return edit_dropalias(rq);
	default:
		return request_refuse(rq, "UserEdit takes one of newnode, "
		    "newalias, dropnode and dropalias", SPAN(""));
	}
}
