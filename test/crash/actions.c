#include "test/crash/actions.h"

#include <stdio.h>
#include <string.h>

#include "store.h"
#include "test/crash/disk.h"
#include "test/crash/world.h"
#include "test/lib/prng.h"

#define PATIENCE 2000		/* steps until a wait counts as for ever */
#define LARGE_MORE 140000	/* bytes over the limit for small ones */
#define RECIPIENTS 8
#define HEAD_MAX 128
#define PIECE 30000
#define LOOK_MAX 8		/* messages looked at at a time */

/* ---- choosing ---- */

static size_t
any(size_t n)
{
	return (size_t)prng_below(&world.random, n);
}

static struct model_user *
any_user(void)
{
	return world.live.user_count == 0 ? NULL :
	    &world.live.users[any(world.live.user_count)];
}

/* A node that was not dropped; a user always has one. */
static struct model_node *
any_node(struct model_user *u)
{
	struct model_node *n;

	do
		n = &u->nodes[any(u->node_count)];
	while (n->dropped || n->hidden);
	return n;
}

/* The node for which most waits. */
static struct model_node *
fullest_node(struct model_user *u)
{
	struct model_node *best = any_node(u), *n;

	for (n = u->nodes; n < u->nodes + u->node_count; n++) {
		if (!n->dropped && !n->hidden && n->count > best->count)
			best = n;
	}
	return best;
}

static struct queue *
queue_of_node(const struct model_user *u, const struct model_node *n)
{
	return store_queue(world.data.store, &u->uid, n->ref);
}

static struct user *
user_of(const struct model_user *u)
{
	return userdb_user(world.data.userdb, &u->uid);
}

static void
new_name(char name[MODEL_NAME], const char *what)
{
	(void)snprintf(name, MODEL_NAME, "%s %u", what, world.names++);
}

/*
 * Wait until a request may run: 1 if it may, 0 if it is not to be expected
 * now, -1.
 */
static int
wait_ready(void)
{
	int i;

	for (i = 0; datadir_state(&world.data) == DATADIR_WAIT; i++) {
		if (i == PATIENCE)
			return 0;
		if (action_commit() == -1 || action_step(1) == -1)
			return -1;
	}
	return 1;
}

/* ---- actions ---- */

int
action_commit(void)
{
	return datadir_commit(&world.data);
}

int
action_step(unsigned ms)
{
	size_t pieces = 1 + any(1 + any(200));
	int more = 1;

	world.now.mono += ms;
	world.now.wall += ms;
	while (more == 1 && pieces-- > 0)
		more = datadir_step(&world.data, world.now);
	return more == -1 ? -1 : 0;
}

int
action_register(void)
{
	struct model *m = &world.live;
	struct model_user *u = &m->users[m->user_count];
	struct user *user;
	int ready = wait_ready();

	if (ready != 1 || m->user_count == MODEL_USERS)
		return ready == -1 ? -1 : 0;
	memset(u, 0, sizeof(*u));
	user = userdb_add_user(world.data.userdb, SPAN("x"), SPAN(""),
	    u->nodes[0].nodeid);
	if (user == NULL)
		return 0;
	if (any(2) == 0) {
		new_name(u->sub, "sub");
		userdb_set_subject(world.data.userdb, user, &(struct subject){
		    .iss = SPAN("https://id"), .sub = span_of(u->sub),
		    .aud = SPAN("mnm"), .iat = 7 });
	}
	u->uid = user->uid;
	u->nodes[0].ref = user->nodes[0]->ref;
	u->nodes[1].ref = STORE_HIDDEN;
	u->nodes[1].hidden = true;
	u->node_count = 2;
	m->user_count++;
	return 0;
}

/* Choose the queue that a new node gets, unless one is chosen. */
static bool
choose_copy(void)
{
	struct world_copy *c = &world.copy;

	/* The node that asked may have been dropped meanwhile. */
	if (any(20) == 0)
		c->user = NULL;
	if (c->user != NULL)
		return true;
	c->user = any_user();
	if (c->user == NULL)
		return false;
	c->node = any(4) > 0 ? fullest_node(c->user) : any_node(c->user);
	/* A user has few in a life: seldom one of an empty queue. */
	if (c->user->node_count == MODEL_NODES ||
	    any(c->node->count > 3 ? 2 : 30) > 0)
		c->user = NULL;
	return c->user != NULL;
}

/* All is linked: the node itself. */
static void
end_copy(struct model_user *u, const struct model_node *old,
    struct queue *to)
{
	struct model_node *n = &u->nodes[u->node_count];
	struct node *node;
	size_t i;

	memset(n, 0, sizeof(*n));
	node = userdb_add_node(world.data.userdb, user_of(u), SPAN("y"),
	    n->nodeid);
	if (node == NULL)
		return;
	n->ref = node->ref;
	u->node_count++;
	store_copy(world.data.store, queue_of_node(u, old), to);
	memcpy(n->queue, old->queue, sizeof(n->queue));
	n->count = old->count;
	for (i = 0; i < n->count; i++)
		n->queue[i].batch = world.commits;
}

int
action_add_node(void)
{
	struct world_copy *c = &world.copy;
	struct queue *to;
	int more, ready = wait_ready();

	if (ready != 1 || !choose_copy())
		return ready == -1 ? -1 : 0;
	to = store_queue(world.data.store, &c->user->uid,
	    user_of(c->user)->next_ref);
	more = store_copy_index(world.data.store,
	    queue_of_node(c->user, c->node), to, 1 + (unsigned)any(2));
	if (more == 1)
		return 0;
	if (more == 0)
		end_copy(c->user, c->node, to);
	c->user = NULL;
	return 0;
}

int
action_drop_node(void)
{
	struct model_user *u = any_user();
	struct model_node *n;
	struct user *user;
	int ready = wait_ready();

	if (ready != 1 || u == NULL)
		return ready == -1 ? -1 : 0;
	user = user_of(u);
	if (user->node_count < 2)
		return 0;
	n = any_node(u);
	if (world.copy.node == n)
		world.copy.user = NULL;
	store_drop(world.data.store, queue_of_node(u, n));
	userdb_drop_node(world.data.userdb, roster_node(user, n->ref));
	n->dropped = true;
	n->count = 0;
	return 0;
}

int
action_see(void)
{
	struct model_user *u = any_user();
	struct now now = world.now;
	struct model_node *n;
	int ready = wait_ready();
	uint32_t day;

	if (ready != 1 || u == NULL)
		return ready == -1 ? -1 : 0;
	n = any_node(u);
	now.wall += any(100) * CLOCK_DAY;
	day = (uint32_t)(now.wall / CLOCK_DAY);
	userdb_see(world.data.userdb, roster_node(user_of(u), n->ref), now);
	if (n->seen < day)
		n->seen = day;
	return 0;
}

int
action_add_alias(void)
{
	struct model_user *u = any_user();
	struct model_alias *a;
	int ready = wait_ready();

	if (ready != 1 || u == NULL || u->alias_count == MODEL_ALIASES)
		return ready == -1 ? -1 : 0;
	a = &u->aliases[u->alias_count];
	memset(a, 0, sizeof(*a));
	new_name(a->name, "Alias");
	a->uses = any(2) ? ALIAS_UNLIMITED : 2;
	if (userdb_add_alias(world.data.userdb, user_of(u), span_of(a->name),
	    1, a->uses) == USERDB_OK)
		u->alias_count++;
	return 0;
}

int
action_change_alias(void)
{
	struct model_user *u = any_user();
	struct model_alias *a;
	struct alias *alias;
	int ready = wait_ready();

	if (ready != 1 || u == NULL || u->alias_count == 0)
		return ready == -1 ? -1 : 0;
	a = &u->aliases[any(u->alias_count)];
	alias = userdb_alias(world.data.userdb, span_of(a->name));
	if (any(3) == 0 && !a->dropped) {
		userdb_drop_alias(world.data.userdb, alias);
		a->dropped = true;
	} else if (!a->dropped && a->uses > 0) {
		userdb_use_alias(world.data.userdb, alias);
		if (a->uses != ALIAS_UNLIMITED)
			a->uses--;
	}
	return 0;
}

int
action_cork(void)
{
	struct model_user *u = any_user();
	char list[1 + UID_TEXT + 1] = "1";
	int ready = wait_ready();

	if (ready != 1 || u == NULL)
		return ready == -1 ? -1 : 0;
	if (u->corked_until != 0 && any(4) > 0 &&
	    u->held_count < MODEL_HELD) {
		world.live.id = journal_id(world.data.journal);
		u->held[u->held_count++] = world.live.id;
		userdb_hold(world.data.userdb, user_of(u), world.live.id);
		return 0;
	}
	u->corked_until = any(2) == 0 ? 0 : world.now.wall + any(1000);
	u->held_count = 0;
	encode_base32(list + 1, any_user()->uid.bytes, UID_BYTES);
	list[1 + UID_TEXT] = '\n';
	userdb_set_cork(world.data.userdb, user_of(u), u->corked_until,
	    (struct span){ list, any(2) == 0 ? 0 : sizeof(list) });
	return 0;
}

int
action_change_group(void)
{
	struct model *m = &world.live;
	struct model_user *u = any_user();
	struct model_group *g;
	struct model_member *member;
	struct group *group;
	int ready = wait_ready();

	if (ready != 1 || u == NULL)
		return ready == -1 ? -1 : 0;
	g = &m->groups[any(MODEL_GROUPS)];
	if (g >= &m->groups[m->group_count]) {
		g = &m->groups[m->group_count++];
		memset(g, 0, sizeof(*g));
		new_name(g->gid, "Group/");
		g->kind = (unsigned)any(4);
	}
	group = userdb_add_group(world.data.userdb, span_of(g->gid), g->kind);
	member = &g->members[u - m->users];
	member->there = true;
	member->state = (enum member_state)any(4);
	member->by = member->state == MEMBER_INVITED ?
	    1 + any(m->user_count) : 0;
	new_name(member->alias, "M");
	if (member->by > 0)
		userdb_invite_member(world.data.userdb, group, user_of(u),
		    span_of(member->alias),
		    user_of(&m->users[member->by - 1]));
	else
		userdb_set_member(world.data.userdb, group, user_of(u),
		    span_of(member->alias), member->state);
	member->moderator = member->state == MEMBER_JOINED && any(2) == 0;
	userdb_set_moderator(world.data.userdb, group,
	    roster_member(group, user_of(u)), member->moderator);
	return 0;
}

int
action_invite(void)
{
	struct model_invite *g = &world.live.invites[any(MODEL_INVITES)];
	struct invites *invites = world.data.invites;
	struct invite e = { .kind = INVITE_INVITATION,
	    .since = world.now.wall, .until = world.now.wall + CLOCK_DAY };
	int ready = wait_ready();
	size_t count = 0;

	if (ready != 1)
		return ready == -1 ? -1 : 0;
	if (g->there) {
		invite_remove(invites, g->id);
		g->there = false;
		return 0;
	}
	new_name(e.name, "Guest");
	invite_set(invites, e);
	while (invite_at(invites, count) != NULL)
		count++;
	e.id = invite_at(invites, count - 1)->id;
	*g = (struct model_invite){ true, e.id, e.until, "" };
	memcpy(g->name, e.name, MODEL_NAME);
	return 0;
}

/* A request of the node has led to this message. */
static void
note_request(const struct model_user *u, struct model_node *n, uint64_t msgid)
{
	struct receipt receipt = model_receipt(msgid);

	userdb_add_receipt(world.data.userdb, roster_node(user_of(u), n->ref),
	    &receipt);
	if (n->receipt_count == RECEIPTS_MAX)
		memmove(n->receipts, n->receipts + 1,
		    --n->receipt_count * sizeof(n->receipts[0]));
	n->receipts[n->receipt_count++] = msgid;
	world.live.id = msgid;
}

/* Requests that put nothing; or the connection ends. */
int
action_request(void)
{
	struct model_user *u = any_user();
	struct model_node *n;
	size_t i = any(40);
	int ready = wait_ready();

	if (ready != 1 || u == NULL)
		return ready == -1 ? -1 : 0;
	n = any_node(u);
	if (i == 0)
		userdb_turn_receipts(roster_node(user_of(u), n->ref));
	for (; i > 0; i--)
		note_request(u, n, journal_id(world.data.journal));
	return 0;
}

/* Pick up to n different queues, and the nodes they are of. */
static size_t
pick_queues(struct queue **to, struct model_node **nodes, size_t n)
{
	struct model_user *u;
	struct model_node *node;
	size_t i, count = 0;

	for (; n > 0 && (u = any_user()) != NULL; n--) {
		node = any_node(u);
		for (i = 0; i < count && nodes[i] != node; i++)
			continue;
		if (i < count || node->count == MODEL_QUEUE)
			continue;
		nodes[count] = node;
		to[count++] = queue_of_node(u, node);
	}
	return count;
}

static struct model_message
new_message(uint32_t data)
{
	return (struct model_message){ .head = 20 + (uint32_t)any(100),
	    .data = data, .seed = world.seeds++ };
}

/* The message has been put to these. */
static void
note_put(struct model_message m, struct model_node *const *nodes, size_t n)
{
	struct model_messages *ms = &world.messages;
	size_t i;

	for (i = 0; i < n; i++)
		nodes[i]->queue[nodes[i]->count++] =
		    (struct model_entry){ .message = (uint16_t)ms->count,
		    .batch = world.commits };
	m.batch = world.commits;
	ms->all[ms->count++] = m;
	world.live.id = m.id;
}

int
action_post(uint32_t data, size_t recipients)
{
	struct model_node *nodes[RECIPIENTS];
	struct queue *to[RECIPIENTS];
	char bytes[HEAD_MAX + UPLOAD_SMALL];
	struct model_message m;
	struct model_user *u;
	int ready = wait_ready();
	size_t n;

	if (ready != 1 || world.messages.count == MODEL_MESSAGES)
		return ready == -1 ? -1 : 0;
	n = pick_queues(to, nodes, recipients);
	if (n == 0)
		return 0;
	m = new_message(data);
	m.id = journal_id(world.data.journal);
	model_fill(bytes, m.seed, 0, m.head + data);
	store_put(world.data.store, m.id, (struct span){ bytes, m.head },
	    (struct span){ bytes + m.head, data }, to, n);
	note_put(m, nodes, n);
	u = any_user();
	note_request(u, any_node(u), m.id);
	return 0;
}

/* A post waits for the moderators of a group, in the relay's own queue. */
static int
hold_post(void)
{
	struct model *m = &world.live;
	struct model_node *nodes[RECIPIENTS];
	struct queue *to[RECIPIENTS];
	struct model_group *g = &m->groups[any(MODEL_GROUPS)];
	struct model_user *u = any_user();
	struct pending pending = { .told_count = 0 };
	struct model_message message;
	char bytes[HEAD_MAX + 300];
	int ready = wait_ready();
	size_t n;

	if (ready != 1 || u == NULL || g >= &m->groups[m->group_count] ||
	    g->pending_count == MODEL_PENDING ||
	    world.messages.count == MODEL_MESSAGES ||
	    u->nodes[1].count == MODEL_QUEUE)
		return ready == -1 ? -1 : 0;
	n = pick_queues(to, nodes, any(3));
	nodes[n] = &u->nodes[1];
	to[n++] = queue_of_node(u, &u->nodes[1]);
	message = new_message((uint32_t)any(300));
	message.id = pending.id = journal_id(world.data.journal);
	model_fill(bytes, message.seed, 0, message.head + message.data);
	store_put(world.data.store, message.id,
	    (struct span){ bytes, message.head },
	    (struct span){ bytes + message.head, message.data }, to, n);
	pending.user = user_of(u);
	userdb_add_pending(world.data.userdb,
	    userdb_group(world.data.userdb, span_of(g->gid)), &pending);
	g->pending[g->pending_count++] = (struct model_pending){
	    (size_t)(u - m->users), (uint16_t)world.messages.count };
	note_put(message, nodes, n);
	return 0;
}

/* One of them is passed or rejected: the other message may be the new one. */
static int
settle_post(void)
{
	struct model *m = &world.live;
	struct model_group *g = &m->groups[any(MODEL_GROUPS)];
	struct model_pending *p;
	struct model_user *u;
	struct group *group;
	int ready = wait_ready();
	uint64_t id;

	if (ready != 1 || g >= &m->groups[m->group_count] ||
	    g->pending_count == 0)
		return ready == -1 ? -1 : 0;
	p = &g->pending[any(g->pending_count)];
	u = &m->users[p->user];
	id = world.messages.all[p->message].id;
	if (any(2) == 0 && action_post(100, 2) == -1)
		return -1;
	group = userdb_group(world.data.userdb, span_of(g->gid));
	store_ack(world.data.store, queue_of_node(u, &u->nodes[1]), id);
	userdb_remove_pending(world.data.userdb, group,
	    roster_pending(group, id));
	model_entry(&u->nodes[1], p->message)->doubtful = true;
	g->pending_count--;
	memmove(p, p + 1, (size_t)(g->pending + g->pending_count - p) *
	    sizeof(*p));
	return 0;
}

/* ---- large messages: a step at a time ---- */

static void
drop_large(struct world_large *l)
{
	upload_close(l->upload);
	l->upload = NULL;
}

static void
open_large(struct world_large *l)
{
	uint64_t lengths[UPLOAD_PARTS] = { 0 };

	l->message = new_message((uint32_t)UPLOAD_SMALL + 1 +
	    (uint32_t)any(LARGE_MORE));
	l->written = 0;
	l->syncing = false;
	lengths[0] = l->message.data;
	l->upload = upload_open(store_uploads(world.data.store), SPAN(""),
	    lengths);
	if (upload_state(l->upload) == -1)
		drop_large(l);
}

/* Write a piece, or begin to sync when all is written. */
static void
write_large(struct world_large *l)
{
	char bytes[PIECE];
	size_t n = l->message.data - l->written;

	if (n > PIECE)
		n = PIECE;
	if (n > 0) {
		model_fill(bytes, l->message.seed,
		    l->message.head + l->written, n);
		(void)upload_take(l->upload, (struct span){ bytes, n });
		l->written += (uint32_t)n;
	} else {
		upload_sync(l->upload);
		l->syncing = true;
	}
	if (upload_state(l->upload) == -1)
		drop_large(l);
}

static int
put_large(struct world_large *l)
{
	struct model_node *nodes[RECIPIENTS];
	struct queue *to[RECIPIENTS];
	char head[HEAD_MAX];
	int ready = wait_ready();
	size_t n;

	if (ready != 1 || world.messages.count == MODEL_MESSAGES)
		return ready == -1 ? -1 : 0;
	n = pick_queues(to, nodes, 1 + any(3));
	l->message.id = journal_id(world.data.journal);
	model_fill(head, l->message.seed, 0, l->message.head);
	store_put_part(world.data.store, l->message.id,
	    (struct span){ head, l->message.head }, upload_part(l->upload, 0),
	    to, n);
	drop_large(l);
	if (n > 0)
		note_put(l->message, nodes, n);
	return 0;
}

int
action_large(void)
{
	struct world_large *l = &world.larges[any(WORLD_LARGE)];
	int state;

	if (l->upload == NULL) {
		open_large(l);
	} else if (any(60) == 0) {
		drop_large(l);
	} else if (!l->syncing) {
		write_large(l);
	} else {
		state = upload_state(l->upload);
		if (state == 0)
			return put_large(l);
		if (state == -1)
			drop_large(l);
	}
	return 0;
}

/* ---- acks and looks ---- */

/* An ack is under way: until it is committed the message is there or not. */
static void
note_doubt(const struct model_user *u, struct model_node *n, size_t at)
{
	struct model_entry *committed = model_entry(model_node(
	    &world.committed, (size_t)(u - world.live.users),
	    (size_t)(n - u->nodes)), n->queue[at].message);

	if (committed != NULL)
		committed->doubtful = true;
	n->queue[at].doubtful = true;
}

static void
note_ack(struct model_node *n, size_t at)
{
	n->count--;
	memmove(&n->queue[at], &n->queue[at + 1],
	    (n->count - at) * sizeof(n->queue[0]));
}

/* Ack one that was delivered: false if there is none. */
static bool
ack_one(const struct model_user *u, struct model_node *n)
{
	unsigned long failed = disk_calls.failed;
	uint64_t id;
	size_t at;

	if (n->count == 0)
		return false;
	at = any(4) == 0 ? any(n->count) : 0;
	/* A doubtful message was not delivered since. */
	if (n->queue[at].doubtful)
		return false;
	id = world.messages.all[n->queue[at].message].id;
	if (id > journal_committed_id(world.data.journal))
		return false;
	note_doubt(u, n, at);
	store_ack(world.data.store, queue_of_node(u, n), id);
	/* If a call in it failed, it may not have been recorded. */
	if (disk_calls.failed == failed)
		note_ack(n, at);
	return true;
}

int
action_ack(void)
{
	struct model_user *u = any_user();
	struct model_node *n;
	size_t i = 1 + any(6);
	int ready = wait_ready();

	if (ready != 1 || u == NULL)
		return ready == -1 ? -1 : 0;
	n = any_node(u);
	/* Often of a queue that is just being copied. */
	if (world.copy.user != NULL && any(2) == 0) {
		u = world.copy.user;
		n = world.copy.node;
	}
	while (i > 0 && ack_one(u, n))
		i--;
	return 0;
}

int
action_look(void)
{
	const struct model_user *u = any_user();
	uint64_t id = 0, length;
	struct queue *q;
	char bytes[PIECE];
	int i;

	if (u == NULL)
		return 0;
	q = queue_of_node(u, any_node(any_user()));
	for (i = 0; i < LOOK_MAX && store_next(world.data.store, q, id, &id,
	    &length) == 1; i++)
		(void)store_read(world.data.store, q, id, 0, bytes,
		    sizeof(bytes));
	return 0;
}

/* ---- life ---- */

static int
post_any(void)
{
	static const uint32_t sizes[] = { 0, 1, 50, 300, 3000, 8000, 60000,
	    65536 };
	size_t n = sizeof(sizes) / sizeof(sizes[0]);
	size_t recipients = 1 + any(4);

	return action_post(sizes[any(world.is_calm ? n / 2 : n)], recipients);
}

/* Many long messages at once, so that segments are soon full. */
static int
post_much(void)
{
	int i, result = 0;

	for (i = 0; i < 12 && result == 0 && !world.is_calm; i++)
		result = action_post(65536, 1);
	return result;
}

static int
step_any(void)
{
	static const unsigned times[] = { 0, 1, 20, 500, 1000, 11000, 61000 };

	return action_step(times[any(sizeof(times) / sizeof(times[0]))]);
}

/* Go on in another segment, so that a checkpoint may make files of this one. */
static int
turn_segment(void)
{
	if (!journal_pending(world.data.journal))
		(void)journal_turn(world.data.journal);
	return 0;
}

/*
 * What waits goes into packs, and the index of a new device is copied, which
 * the next commit makes one: before a sync of the whole tree.
 */
static int
copy_packed(void)
{
	int i, result = action_commit();

	if (result == 0)
		result = turn_segment();
	for (i = 0; i < 4 && result == 0; i++)
		result = action_step(61000);
	for (i = 0; i < 20 && result == 0; i++)
		result = action_add_node();
	return result == 0 ? action_commit() : result;
}

int
action_any(void)
{
	static const struct {
		unsigned often;
		int (*run)(void);
	} actions[] = {
		{  2, action_register     },
		{ 12, action_add_node     },
		{  1, action_drop_node    },
		{  2, action_see          },
		{  2, action_add_alias    },
		{  2, action_change_alias },
		{  3, action_cork         },
		{  3, action_change_group },
		{  2, action_invite       },
		{  2, action_request      },
		{ 20, post_any           },
		{  4, hold_post          },
		{  3, settle_post        },
		{  3, post_much          },
		{ 20, action_ack          },
		{ 10, action_large        },
		{  4, action_look         },
		{ 20, action_commit       },
		{ 20, step_any           },
		{  2, turn_segment       },
		{  1, copy_packed        },
	};
	size_t i;
	unsigned n = 0, draw;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		n += actions[i].often;
	draw = (unsigned)any(n);
	for (i = 0; draw >= actions[i].often; i++)
		draw -= actions[i].often;
	return actions[i].run();
}
