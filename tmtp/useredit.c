#include "tmtp/useredit.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/cork.h"
#include "tmtp/limit.h"
#include "tmtp/login.h"
#include "tmtp/moderate.h"
#include "tmtp/outbox.h"
#include "tmtp/presence.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"
#include "tmtp/wake.h"
#include "userdb.h"

/* What one user may have, dropped aliases included. */
#define NODES_MAX   64
#define ALIASES_MAX 10000
#define BLOCKED_MAX   200

/*
 * To make or drop a node takes time in proportion to what waits, perhaps 20 ms:
 * so there is one in each turn, in which others are served, and so many for a
 * user in a day (of UTC; a restart begins another).  Those that are dropped
 * with one, as they came after it, lose access in the same turn.
 */
#define NEW_NODES_MAX 64
#define NEW_ALIASES_MAX 200	/* likewise */

#define DROP_PAUSE 100	/* ms between those that nobody uses: for a commit */
#define WITHIN_MAX 86400	/* seconds in which a new node must log in */

#define COPY_STEP 400	/* messages copied for a new node in a turn: 10 ms */

#define NO_RANDOM "no random numbers available: try again later"

struct alias *
useredit_own_alias(struct request *rq, struct span name)
{
	struct alias *alias = userdb_alias(rq->relay->data->userdb, name);

	if (alias != NULL && alias->user == rq->session->node->user &&
	    !alias->dropped)
		return alias;
	(void)request_refuse(rq, "you have no alias ", name);
	return NULL;
}

struct alias *
useredit_plain_alias(struct request *rq, struct alias *alias)
{
	struct span name = invite_without_code(span_of(alias->name));
	struct alias *plain = name.p == NULL ? NULL :
	    userdb_alias(rq->relay->data->userdb, name);

	return plain != NULL && plain->user == alias->user &&
	    !plain->dropped && plain->uses > 0 ? plain : alias;
}

/* In this form, because old clients cut off its first 16 bytes. */
static bool
refuse_alias(struct request *rq, enum userdb_result result, struct span name)
{
	static const char *const texts[] = {
		[USERDB_SHORT] = " is too short",
		[USERDB_LONG] = " is too long",
		[USERDB_INVALID] = " has a leading or trailing space, an "
		    "unusual space, or an unprintable character",
		[USERDB_UID] = " looks like a uid",
		[USERDB_TAKEN] = " already taken"
	};

	(void)request_refuse(rq, "AddAlias: alias ", name);
	buf_add(&rq->why, span_of(texts[result]));
	return false;
}

static bool
refuse_number(struct request *rq, const char *text, struct json_number number)
{
	(void)request_refuse(rq, text, SPAN(""));
	buf_addf(&rq->why, "%llu", (unsigned long long)number.value);
	return false;
}

/* Some names are reserved for those who were invited. */
bool
useredit_add_alias(struct request *rq, struct user *user, struct span name,
    unsigned min, uint32_t uses)
{
	const struct alias *taken = userdb_alias(rq->relay->data->userdb, name);
	enum userdb_result result = USERDB_TAKEN;

	if (!invite_reserves(rq->relay->data->invites, name, rq->now))
		result = userdb_add_alias(rq->relay->data->userdb, user, name,
		    min, uses);
	/* To ask for one's own tells nothing of others. */
	if (result == USERDB_TAKEN && rq->session->node != NULL &&
	    (taken == NULL || taken->user != user))
		limit_missed(rq);
	return result == USERDB_OK || refuse_alias(rq, result, name);
}

/* Released clients may give no label, and any number of nodes the same. */
bool
useredit_check_label(struct request *rq)
{
	struct span label = rq->h.newnode;

	return label.n == 0 || name_chars(label) > 0 ||
	    request_refuse(rq, "newnode has a leading or trailing space, or "
	    "an unprintable character: ", label);
}

void
useredit_drop_node(struct relay *relay, struct node *node, struct span why)
{
	if (node->session != NULL)
		login_end(node->session, why);
	store_drop(relay->data->store, outbox_queue(relay, node));
	wake_drop(node);
	userdb_drop_node(relay->data->userdb, node);
}

/* Drop one of the user's nodes that is due; returns when to look again. */
static uint64_t
drop_unused(struct relay *relay, struct user *user, struct now now)
{
	uint64_t due = UINT64_MAX;
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		struct node *node = user->nodes[i];

		if (node->unused == 0)
			continue;
		if (node->unused <= now.mono && !relay->reshaped) {
			relay->reshaped = true;
			useredit_drop_node(relay, node,
			    SPAN(USEREDIT_DROPPED));
			return now.mono + DROP_PAUSE;
		}
		due = clock_min(due, node->unused <= now.mono ?
		    now.mono + DROP_PAUSE : node->unused);
	}
	return due;
}

void
useredit_step(struct relay *relay, struct now now)
{
	struct user *user;
	size_t at = 0;

	if (now.mono < useredit_deadline(relay))
		return;
	relay->unused_due = UINT64_MAX;
	while ((user = userdb_next_user(relay->data->userdb, &at)) != NULL)
		relay->unused_due = clock_min(relay->unused_due,
		    drop_unused(relay, user, now));
}

/* While no request may run, the journal accepts no records either. */
uint64_t
useredit_deadline(const struct relay *relay)
{
	return relay->unused_due == 0 ||
	    datadir_state(relay->data) == DATADIR_WAIT ? UINT64_MAX :
	    relay->unused_due;
}

void
useredit_remove_user(struct relay *relay, struct user *user)
{
	size_t i;

	login_end_all(user, SPAN("this account has been removed"));
	for (i = 0; i < user->node_count; i++) {
		store_drop(relay->data->store,
		    outbox_queue(relay, user->nodes[i]));
		wake_drop(user->nodes[i]);
	}
	/* One that was being made, or whose client has given up. */
	store_drop(relay->data->store, store_queue(relay->data->store,
	    &user->uid, user->next_ref));
	if (user->pending > 0)
		store_drop(relay->data->store, store_queue(relay->data->store,
		    &user->uid, STORE_HIDDEN));
	userdb_remove_user(relay->data->userdb, user);
	moderate_soon(relay);
}

/*
 * The new node gets all that this one has not yet acked.  Many messages take
 * many turns, in which others are served: each turn begins here again.
 */
static bool
copy_queue(struct request *rq, struct queue *to)
{
	struct store *store = rq->relay->data->store;
	struct queue *from = rq->session->node->queue;
	int more = store_copy_index(store, from, to, COPY_STEP);

	if (more == 1)
		return request_stall(rq);
	if (more == -1)
		return request_refuse(rq, "this node's messages cannot be "
		    "copied: ", span_of(strerror(errno)));
	return true;
}

/*
 * The node that asks is told the new one's password, in a message that only it
 * can read (see seal.h): its queue must not be full.  The others, the new one
 * included, just learn that there is one.
 */
static bool
tell_newnode(struct request *rq, const struct node *node,
    const char nodeid[NODEID_TEXT])
{
	struct posting p = route_news(rq, "user");
	char ref[REF_TEXT];

	p.message.newnode = span_of(node->label);
	p.message.nodeid = (struct span){ nodeid, NODEID_TEXT };
	p.message.noderef = frame_ref(ref, node->ref);
	return route_send(rq, &p, 1);
}

static bool
may_make_node(struct request *rq)
{
	struct user *user = rq->session->node->user;
	uint32_t day = (uint32_t)(rq->now.wall / CLOCK_DAY);

	if (user->new_nodes_day != day)
		userdb_begin_new_nodes(rq->relay->data->userdb, user, day);
	return user->next_ref - user->new_nodes_from < NEW_NODES_MAX ||
	    request_refuse(rq, "too many new nodes today: try again tomorrow",
	    SPAN(""));
}

/* One like it, when all that waits for it is copied; NULL: no randomness. */
static struct node *
add_node(struct relay *relay, struct node *like, struct span label,
    struct now now, char nodeid[NODEID_TEXT])
{
	struct datadir *data = relay->data;
	struct queue *queue = store_queue(data->store, &like->user->uid,
	    like->user->next_ref);
	struct node *node = userdb_add_node(data->userdb, like->user, label,
	    nodeid);

	relay->reshaped = true;
	if (node == NULL)
		return NULL;
	userdb_see(data->userdb, node, now);
	store_copy(data->store, outbox_queue(relay, like), queue);
	return node;
}

/* Drop the node if it has not logged in within so many seconds. */
static void
limit_node(struct relay *relay, struct node *node, uint64_t within,
    struct now now)
{
	node->unused = now.mono + within * 1000;
	relay->unused_due = 1;	/* soon */
}

static bool
edit_newnode(struct request *rq)
{
	struct store *store = rq->relay->data->store;
	struct node *self = rq->session->node, *node;
	struct queue *queue = store_queue(store, &self->user->uid,
	    self->user->next_ref);
	char nodeid[NODEID_TEXT];

	if (!useredit_check_label(rq))
		return false;
	if (rq->h.within.given && (rq->h.within.value < 1 ||
	    rq->h.within.value > WITHIN_MAX))
		return refuse_number(rq, "within must be from 1 to 86400, not ",
		    rq->h.within);
	if (self->user->node_count >= NODES_MAX)
		return request_refuse(rq, "you have as many nodes as you may: "
		    "drop one first", SPAN(""));
	if (route_is_full(rq->relay, self->queue))
		return request_refuse(rq, ROUTE_FULL, SPAN("this node"));
	if (!may_make_node(rq))
		return false;
	if (rq->relay->reshaped)
		return request_stall(rq);
	if (!copy_queue(rq, queue))
		return false;
	node = add_node(rq->relay, self, rq->h.newnode, rq->now, nodeid);
	if (node == NULL)
		return request_refuse(rq, NO_RANDOM, SPAN(""));
	if (rq->h.within.given)
		limit_node(rq->relay, node, rq->h.within.value, rq->now);
	return tell_newnode(rq, node, nodeid);
}

/* The user's node that was online last, as far as is known. */
static struct node *
last_online(const struct user *user)
{
	struct node *last = NULL, *node;
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		node = user->nodes[i];
		if (last == NULL || node->session != NULL ||
		    (last->session == NULL && node->seen >= last->seen))
			last = node;
	}
	return last;
}

int
useredit_add_node(struct relay *relay, struct user *user, struct span label,
    struct now now, char nodeid[NODEID_TEXT], char *why, size_t room)
{
	struct store *store = relay->data->store;
	struct node *like = last_online(user), *node;
	int more;

	if (user->node_count >= NODES_MAX)
		return say_why(why, room, "the user has %u devices, which is "
		    "all a user may have", NODES_MAX);
	if (relay->reshaped)
		return 1;
	more = store_copy_index(store, outbox_queue(relay, like),
	    store_queue(store, &user->uid, user->next_ref), COPY_STEP);
	if (more == -1)
		return say_why(why, room, "what waits for the user cannot be "
		    "copied: %s", strerror(errno));
	if (more == 1)
		return 1;
	node = add_node(relay, like, label, now, nodeid);
	if (node == NULL)
		return say_why(why, room, NO_RANDOM);
	limit_node(relay, node, WITHIN_MAX, now);
	return 0;
}

/* An alias is never free again, so nobody may take all common names. */
static bool
may_make_alias(struct request *rq)
{
	struct user *user = rq->session->node->user;
	uint32_t day = (uint32_t)(rq->now.wall / CLOCK_DAY);

	if (user->new_aliases_day != day) {
		user->new_aliases_day = day;
		user->new_aliases_from = (uint32_t)user->alias_count;
	}
	if (user->alias_count >= ALIASES_MAX)
		return request_refuse(rq, "you have as many aliases as you "
		    "may: this is one too many: ", rq->h.newalias);
	return user->alias_count - user->new_aliases_from < NEW_ALIASES_MAX ||
	    request_refuse(rq, "too many new aliases today: try again "
	    "tomorrow: ", rq->h.newalias);
}

static bool
edit_newalias(struct request *rq)
{
	struct user *user = rq->session->node->user;
	struct json_number uses = rq->h.uses;
	struct posting p;

	if (uses.given && (uses.value < 1 ||
	    uses.value >= ALIAS_UNLIMITED))
		return refuse_number(rq, "uses must be from 1 to 4294967294, "
		    "not ", uses);
	if (!may_make_alias(rq))
		return false;
	if (!limit_may_guess(rq))
		return false;
	if (!useredit_add_alias(rq, user, rq->h.newalias,
	    rq->relay->conf->alias_min,
	    uses.given ? (uint32_t)uses.value : ALIAS_UNLIMITED))
		return false;
	p = route_news(rq, "user");
	p.message.newalias = rq->h.newalias;
	p.message.uses = uses;
	return route_send(rq, &p, 1);
}

/* Where the user's node with that reference is; node_count: nowhere. */
static size_t
find_node(const struct user *user, struct span text)
{
	char ref[REF_TEXT];
	size_t i = 0;

	while (i < user->node_count &&
	    !span_is(text, frame_ref(ref, user->nodes[i]->ref)))
		i++;
	return i;
}

/*
 * Drop all nodes from one to another.  A stolen device must not lock out those
 * that are older.  The node that asks is dropped when it has its ack.
 */
static bool
edit_dropnode(struct request *rq)
{
	struct node *self = rq->session->node;
	struct user *user = self->user;
	size_t first = find_node(user, rq->h.dropnode), end = first + 1;
	struct posting p;

	if (first == user->node_count)
		return request_refuse(rq, "you have no node ",
		    rq->h.dropnode);
	if (user->nodes[first]->ref < self->ref)
		return request_refuse(rq, "only an older node can drop node ",
		    rq->h.dropnode);
	if (rq->h.has & F_AFTER)
		end = user->node_count;
	if (end - first == user->node_count)
		return request_refuse(rq, end == 1 ? "this is your only "
		    "device: node " : "this would drop all your devices: "
		    "from node ", rq->h.dropnode);
	if (rq->relay->reshaped)
		return request_stall(rq);
	rq->relay->reshaped = true;
	rq->leaves = user->nodes[first] == self;
	if (rq->leaves)
		first++;
	while (end > first)
		useredit_drop_node(rq->relay, user->nodes[--end],
		    SPAN(USEREDIT_DROPPED));
	p = route_news(rq, "user");
	p.own = rq->leaves ? OWN_OTHERS : OWN_ALL;
	p.message.dropnode = rq->h.dropnode;
	p.message.after = (rq->h.has & F_AFTER) != 0;
	return route_send(rq, &p, 1);
}

static bool
edit_dropalias(struct request *rq)
{
	struct alias *alias = useredit_own_alias(rq, rq->h.dropalias);
	struct posting p;

	if (alias == NULL)
		return false;
	userdb_drop_alias(rq->relay->data->userdb, alias);
	p = route_news(rq, "user");
	p.message.dropalias = span_of(alias->name);
	return route_send(rq, &p, 1);
}

/* A user blocked by self, even one removed since; NULL if there is none. */
static struct user *
find_blocked(const struct user *self, struct span text)
{
	struct user *other;
	struct uid uid;
	size_t i;

	if (self->blocked == NULL ||
	    !decode_base32(uid.bytes, UID_BYTES, text))
		return NULL;
	for (i = 0; i < self->blocked->count; i++) {
		other = self->blocked->items[i];
		if (memcmp(&other->uid, &uid, sizeof(uid)) == 0)
			return other;
	}
	return NULL;
}

/* The other's posts, pings and invitations do not reach the user any more. */
static bool
edit_block(struct request *rq)
{
	struct userdb *db = rq->relay->data->userdb;
	struct user *self = rq->session->node->user, *other;
	bool on = rq->h.block.p != NULL;
	struct posting p;

	if (on && rq->h.unblock.p != NULL)
		return request_refuse(rq, "UserEdit takes either block or "
		    "unblock", SPAN(""));
	other = userdb_user_text(db, on ? rq->h.block : rq->h.unblock);
	if (other == NULL && !on)
		other = find_blocked(self, rq->h.unblock);
	if (other == NULL)
		return request_refuse(rq, "no user has the uid ",
		    on ? rq->h.block : rq->h.unblock);
	if (other == self)
		return request_refuse(rq, on ? "you cannot block yourself" :
		    "you do not block yourself", SPAN(""));
	if (on && self->blocked != NULL && !userdb_blocks(self, other) &&
	    self->blocked->count >= BLOCKED_MAX)
		return request_refuse(rq, "you block as many users as you may: "
		    "unblock one before ", rq->h.block);
	p = route_news(rq, "user");
	p.message.block = rq->h.block;
	p.message.unblock = rq->h.unblock;
	if (!route_send(rq, &p, 1))
		return false;
	userdb_block(db, self, other, on);
	if (on)
		presence_hide(other, self);
	return true;
}

bool
op_useredit(struct request *rq)
{
	switch (rq->h.has &
	    (F_NEWNODE | F_NEWALIAS | F_DROPNODE | F_DROPALIAS |
	    F_CORK | F_WAKE | F_BLOCK)) {
	case F_NEWNODE:
		return edit_newnode(rq);
	case F_NEWALIAS:
		return edit_newalias(rq);
	case F_DROPNODE:
		return edit_dropnode(rq);
	case F_DROPALIAS:
		return edit_dropalias(rq);
	case F_CORK:
		return cork_edit(rq);
	case F_WAKE:
		return wake_edit(rq);
	case F_BLOCK:
		return edit_block(rq);
	default:
		return request_refuse(rq, "UserEdit takes one of newnode, "
		    "newalias, dropnode, dropalias, cork, wake, block and "
		    "unblock", SPAN(""));
	}
}
