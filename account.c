#include "account.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "deliver.h"
#include "presence.h"

#define REF_TEXT 11	/* the largest node reference, and a NUL */

struct alias *
account_own_alias(struct request *rq, struct span name)
{
	struct alias *alias = userdb_alias(rq->relay->data->userdb, name);

	if (alias != NULL && alias->user == rq->link->node->user &&
	    !alias->dropped)
		return alias;
	(void)request_refuse(rq, "you have no alias ", name);
	return NULL;
}

struct alias *
account_reach(struct request *rq, struct span name)
{
	struct alias *alias = userdb_alias(rq->relay->data->userdb, name);

	if (alias != NULL && !alias->dropped && alias->uses > 0)
		return alias;
	(void)request_refuse(rq, "nobody has the alias ", name);
	return NULL;
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
	struct link *l = rq->link;
	size_t start = frame_open(&l->out);

	json_put_string(&l->out, "id", SPAN("1"));
	json_put_string(&l->out, "name", span_of(rq->relay->conf->name));
	json_put_string(&l->out, "op", SPAN("tmtprev"));
	link_send(l, start);
	l->phase = PHASE_GREETED;
	return true;
}

/* False, and why, if the alias cannot be had.  "_" asks for none. */
static bool
add_first_alias(struct request *rq, struct user *user)
{
	enum userdb_result result;
	struct span name = rq->h.newalias;

	if (name.p == NULL || span_is(name, SPAN("_")))
		return true;
	result = userdb_add_alias(rq->relay->data->userdb, user, name,
	    rq->relay->conf->alias_min, USERDB_USES_ENDLESS);
	return result == USERDB_OK || request_refuse_name(rq, result, name);
}

static void
send_registered(struct request *rq, const struct node *node,
    const char nodeid[NODEID_TEXT], struct span error)
{
	struct buf *out = &rq->link->out;
	char uid[UID_TEXT], ref[REF_TEXT];
	size_t start = frame_open(out);

	code_base32(uid, node->user->uid.octets, UID_OCTETS);
	if (error.n > 0)
		json_put_string(out, "error", error);
	json_put_string(out, "nodeid", (struct span){ nodeid, NODEID_TEXT });
	json_put_string(out, "noderef", ref_text(ref, node));
	json_put_string(out, "op", SPAN("registered"));
	json_put_string(out, "uid", (struct span){ uid, UID_TEXT });
	link_send(rq->link, start);
}

bool
op_register(struct request *rq)
{
	struct span error = { NULL, 0 };
	char nodeid[NODEID_TEXT];
	struct user *user;

	user = userdb_add_user(rq->relay->data->userdb, rq->h.newnode, nodeid);
	if (user == NULL)
		return request_refuse(rq, "the system gives no random "
		    "numbers: try again later", SPAN(""));
	if (!add_first_alias(rq, user))
		error = buf_span(&rq->relay->why);
	link_wait(rq->link);
	send_registered(rq, user->nodes[0], nodeid, error);
	presence_enter(rq->link, user->nodes[0]);
	link_log(rq->link, "registered", SPAN(""));
	return true;
}

/* Whether the user or the password is wrong is not told. */
bool
op_login(struct request *rq)
{
	struct user *user;
	struct node *node;
	struct posting p;
	char ref[REF_TEXT];

	user = userdb_user_text(rq->relay->data->userdb, rq->h.uid);
	node = user != NULL ? userdb_login(user, rq->h.node) : NULL;
	if (node == NULL)
		return request_refuse(rq, "login failed: there is no such "
		    "user with such a node", SPAN(""));
	presence_enter(rq->link, node);
	link_log(rq->link, "login", SPAN(""));
	p = (struct posting){ deliver_message(rq, "login"), NULL, NULL,
	    OWN_ALL };
	p.message.node = ref_text(ref, node);
	return deliver(rq, &p, 1);
}

/* The user message that tells what an edit has changed, still without that. */
static struct posting
user_posting(struct request *rq)
{
	return (struct posting){ deliver_message(rq, "user"), NULL, NULL,
	    OWN_ALL };
}

static void
drop_node(struct relay *relay, struct node *node)
{
	store_drop(relay->data->store, deliver_queue(relay, node));
	userdb_drop_node(relay->data->userdb, node);
}

/* The new node is to get all that this one has not yet acked. */
static bool
edit_newnode(struct request *rq)
{
	struct relay *relay = rq->relay;
	struct node *self = rq->link->node, *node;
	char nodeid[NODEID_TEXT], ref[REF_TEXT];
	struct posting p;

	if (self->user->node_count >= ACCOUNT_NODES_MAX)
		return request_refuse(rq, "there are too many nodes already; "
		    "drop one first", SPAN(""));
	node = userdb_add_node(relay->data->userdb, self->user, rq->h.newnode,
	    nodeid);
	if (node == NULL)
		return request_refuse(rq, "the system gives no random "
		    "numbers: try again later", SPAN(""));
	if (store_copy(relay->data->store, deliver_queue(relay, self),
	    deliver_queue(relay, node)) == -1) {
		(void)request_refuse(rq, "this node's messages cannot be "
		    "copied: ", span_of(strerror(errno)));
		drop_node(relay, node);
		return false;
	}
	p = user_posting(rq);
	p.message.newnode = span_of(node->label);
	p.message.nodeid = (struct span){ nodeid, NODEID_TEXT };
	p.message.noderef = ref_text(ref, node);
	return deliver(rq, &p, 1);
}

static bool
edit_newalias(struct request *rq)
{
	struct user *user = rq->link->node->user;
	struct number uses = rq->h.uses;
	enum userdb_result result;
	struct posting p;

	if (uses.given && (uses.value < 1 ||
	    uses.value >= USERDB_USES_ENDLESS))
		return request_refuse(rq, "uses must be from 1 to 4294967294",
		    SPAN(""));
	if (user->alias_count >= ACCOUNT_ALIASES_MAX)
		return request_refuse(rq, "there are too many aliases already",
		    SPAN(""));
	result = userdb_add_alias(rq->relay->data->userdb, user,
	    rq->h.newalias, rq->relay->conf->alias_min,
	    uses.given ? (uint32_t)uses.value : USERDB_USES_ENDLESS);
	if (result != USERDB_OK)
		return request_refuse_name(rq, result, rq->h.newalias);
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
	struct node *self = rq->link->node, *node;
	struct posting p;

	node = node_of_text(self->user, rq->h.dropnode);
	if (node == NULL)
		return request_refuse(rq, "there is no node of the number ",
		    rq->h.dropnode);
	if (node->ref <= self->ref)
		return request_refuse(rq, "only an older node can drop node ",
		    rq->h.dropnode);
	if (node->link != NULL)
		presence_quit(node->link, SPAN("this node has been dropped"));
	drop_node(rq->relay, node);
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
