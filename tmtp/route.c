#include "tmtp/route.h"

#include <stdio.h>

#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/hold.h"
#include "tmtp/outbox.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "tmtp/wake.h"
#include "userdb.h"

/*
 * News that waits for a node, not counting what is in flight; less if a tenth
 * of queue_messages_max is less.
 */
#define NEWS_MAX 100
/* The most that is dropped for one piece of news that comes. */
#define NEWS_DROPS 2

struct message
route_message(struct request *rq, const char *op)
{
	return (struct message){
		.op = op,
		.id = journal_id(rq->relay->data->journal),
		.from = &request_user(rq)->uid,
		.posted = rq->now.wall
	};
}

struct posting
route_news(struct request *rq, const char *op)
{
	return (struct posting){ .message = route_message(rq, op),
	    .own = OWN_ALL, .if_full = FULL_PASS };
}

static bool
is_full(const struct conf *conf, const struct queue *q, struct store_load load)
{
	struct store_load news;

	if (load.messages < conf->queue_messages_max &&
	    load.bytes < conf->queue_max)
		return false;
	news = store_news(q);
	return load.messages >= conf->queue_messages_max + news.messages ||
	    load.bytes >= conf->queue_max + news.bytes;
}

bool
route_is_full(struct relay *relay, struct queue *q)
{
	return is_full(relay->conf, q, store_load(relay->data->store, q));
}

static void
add_queue(struct request *rq, struct queue *q, struct node *node)
{
	if (rq->queue_count == rq->queue_room) {
		rq->queue_room = rq->queue_room * 2 + 16;
		rq->queues = xrealloc(rq->queues,
		    rq->queue_room * sizeof(struct queue *));
		rq->nodes = xrealloc(rq->nodes,
		    rq->queue_room * sizeof(struct node *));
	}
	rq->nodes[rq->queue_count] = node;
	rq->queues[rq->queue_count++] = q;
}

/* The node's session, if any, will have something to send after the commit. */
static void
add_node(struct request *rq, struct node *node)
{
	add_queue(rq, outbox_queue(rq->relay, node), node);
	if (node->session != NULL)
		session_wait(node->session);
}

static void
add_nodes(struct request *rq, const struct user *user,
    const struct node *except)
{
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		if (user->nodes[i] != except)
			add_node(rq, user->nodes[i]);
	}
}

/*
 * Whether the user's cork holds it.  What somebody sends is not held for its
 * own nodes, but what a moderator passes may be.
 */
static bool
is_held(const struct request *rq, const struct posting *p,
    const struct user *user)
{
	return user->cork != NULL && p->message.from != &user->uid &&
	    hold_applies(rq, p->message.from, user);
}

static void
add_recipients(struct request *rq, struct posting *p)
{
	const struct user *self = request_user(rq), *user;
	size_t i;

	for (i = 0; p->to != NULL && i < p->to->count; i++) {
		user = p->to->items[i];
		if (user == self)
			continue;
		add_nodes(rq, user, NULL);
		p->held += is_held(rq, p, user);
	}
	if (p->hidden != NULL)
		add_queue(rq, p->hidden, NULL);
	if (p->own != OWN_NONE)
		add_nodes(rq, self, p->own == OWN_OTHERS ?
		    rq->session->node : NULL);
	if (p->own != OWN_NONE)
		p->held += is_held(rq, p, self);
}

/* The user's node that has the queue, or NULL. */
static const struct node *
node_of(const struct user *user, const struct queue *q)
{
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		if (user->nodes[i]->queue == q)
			return user->nodes[i];
	}
	return NULL;
}

/*
 * A closed group that the sender has named and does not moderate, and of which
 * the user is a member; or NULL.
 */
static const struct group *
hiding_group(const struct request *rq, const struct user *user)
{
	const struct group *group;
	const struct member *m, *self;
	size_t i;

	for (i = 0; i < rq->groups.count; i++) {
		group = rq->groups.items[i];
		self = roster_member(group, request_user(rq));
		m = roster_member(group, user);
		if ((group->kind & GROUP_CLOSED) && m != NULL &&
		    m->state == MEMBER_JOINED &&
		    (self == NULL || !self->moderator))
			return group;
	}
	return NULL;
}

/*
 * Name the owner as the sender did: an alias must not reveal the uid, nor a
 * closed group who is in it.
 */
static bool
refuse_full(struct request *rq, const struct posting *p, const struct queue *q,
    const char *why)
{
	const struct node *own = node_of(rq->session->node->user, q);
	struct uid uid = store_owner(q);
	const struct group *group;
	char text[UID_TEXT];

	if (own != NULL) {
		(void)snprintf(text, sizeof(text), "your node %u", own->ref);
		return request_refuse(rq, why, span_of(text));
	}
	if (p->message.to.p != NULL)
		return request_refuse(rq, why, p->message.to);
	group = hiding_group(rq, userdb_user(rq->relay->data->userdb, &uid));
	if (group != NULL)
		return request_refuse(rq, ROUTE_FULL "a member of group ",
		    span_of(group->gid));
	encode_base32(text, uid.bytes, UID_BYTES);
	return request_refuse(rq, why, (struct span){ text, UID_TEXT });
}

/* A new node's password goes only where it may wait: it is never dropped. */
static bool
is_news(const struct posting *p)
{
	return p->if_full == FULL_PASS && p->message.nodeid.p == NULL;
}

/* Why the i-th queue gets no more of that sender, or NULL. */
static const char *
refusal(struct request *rq, const struct posting *p, size_t i)
{
	struct queue *q = rq->queues[i];
	struct store_load load;

	if (is_news(p))
		return NULL;
	load = store_load(rq->relay->data->store, q);
	if (is_full(rq->relay->conf, q, load))
		return ROUTE_FULL;
	return rq->nodes[i] == NULL ? NULL : share_refuses(rq->relay,
	    rq->nodes[i], p->message.from, load);
}

/* Leave out those of its queues that are full, or refuse. */
static bool
check_full(struct request *rq, const struct posting *p)
{
	size_t i, n = p->queue;
	const char *why;

	for (i = n; i < rq->queue_count; i++) {
		why = refusal(rq, p, i);
		if (why != NULL && p->if_full == FULL_REFUSE)
			return refuse_full(rq, p, rq->queues[i], why);
		if (why != NULL)
			continue;
		rq->nodes[n] = rq->nodes[i];
		rq->queues[n++] = rq->queues[i];
	}
	rq->queue_count = n;
	return true;
}

/* Write the head and collect the queues; false if it is refused. */
static bool
prepare(struct request *rq, struct posting *p)
{
	if (p->data != NULL)
		p->message.datalen = p->data->length;
	p->head = rq->heads.n;
	if (!header_message(&rq->heads, &p->message))
		return request_refuse(rq, "the message's header would be too "
		    "long", SPAN(""));
	p->head_size = rq->heads.n - p->head;
	if (p->message.nodeid.p != NULL)
		seal_frame(rq->session->key, p->message.id,
		    rq->heads.p + p->head, p->head_size);
	p->queue = rq->queue_count;
	add_recipients(rq, p);
	if (!check_full(rq, p))
		return false;
	p->queue_count = rq->queue_count - p->queue;
	return true;
}

static size_t
size_of(const struct posting *p)
{
	return store_put_size(p->head_size,
	    p->data != NULL ? p->data->small.n : 0, p->queue_count) +
	    p->held * HOLD_SIZE;
}

/* It waits for those who have corked it until the cork ends. */
static void
hold(struct request *rq, const struct posting *p)
{
	struct user *user, *self = request_user(rq);
	size_t i;

	for (i = 0; p->to != NULL && i < p->to->count; i++) {
		user = p->to->items[i];
		if (user != self && is_held(rq, p, user))
			hold_add(rq, user, p->message.id);
	}
	if (p->own != OWN_NONE && is_held(rq, p, self))
		hold_add(rq, self, p->message.id);
}

/* It is worth waking the devices of others for, unless a cork holds it. */
static void
wake(struct request *rq, const struct posting *p)
{
	const struct user *user;
	size_t i, j;

	for (i = 0; p->to != NULL && i < p->to->count; i++) {
		user = p->to->items[i];
		if (user == request_user(rq) ||
		    hold_applies(rq, p->message.from, user))
			continue;
		for (j = 0; j < user->node_count; j++)
			wake_note(rq->relay, user->nodes[j], p->message.id);
	}
}

static size_t
news_max(const struct conf *conf)
{
	unsigned tenth = conf->queue_messages_max / 10;

	if (tenth < 1)
		return 1;
	return tenth < NEWS_MAX ? tenth : NEWS_MAX;
}

/*
 * When half of what there may be waits, news for a node takes the place of what
 * it supersedes, and later of the oldest.  What its session has begun to send
 * stays.
 */
static void
drop_old_news(struct relay *relay, struct queue *q, struct span head)
{
	struct store *store = relay->data->store;
	struct uid uid = store_owner(q);
	const struct session *s = node_of(userdb_user(relay->data->userdb,
	    &uid), q)->session;
	uint64_t id = 0;
	int i;

	if (s == NULL && store_news(q).messages >= news_max(relay->conf) / 2)
		store_supersede(store, q, head);
	for (i = 0; i < NEWS_DROPS &&
	    store_news(q).messages >= news_max(relay->conf); i++) {
		do
			id = store_oldest_news(q, id);
		while (id != 0 && s != NULL && outbox_has_begun(s, id));
		if (id != 0)
			store_ack(store, q, id);
	}
}

/*
 * Make room in the queues that the news is for, as long as the journal has
 * room bytes for what that takes.
 */
static void
make_room(struct request *rq, const struct posting *p, size_t *room)
{
	const size_t size = (1 + NEWS_DROPS) * STORE_ACK_SIZE;
	struct span head = { rq->heads.p + p->head, p->head_size };
	size_t i;

	for (i = p->queue; i < p->queue + p->queue_count; i++) {
		if (store_news(rq->queues[i]).messages == 0)
			continue;
		if (*room < size)
			return;
		*room -= size;
		drop_old_news(rq->relay, rq->queues[i], head);
	}
}

/* Those it is put for know how much of theirs is from there. */
static void
count(struct request *rq, const struct posting *p)
{
	size_t i;

	for (i = p->queue; i < p->queue + p->queue_count; i++) {
		if (rq->nodes[i] != NULL)
			share_count(rq->nodes[i], p->message.from,
			    p->head_size + p->message.datalen);
	}
}

static void
put(struct request *rq, const struct posting *p)
{
	struct span head = { rq->heads.p + p->head, p->head_size };
	struct span none = { NULL, 0 };
	struct queue *const *to = rq->queues + p->queue;
	struct store *store = rq->relay->data->store;
	uint64_t id = p->message.id;

	if (p->data != NULL)
		store_put_part(store, id, head, p->data, to, p->queue_count);
	else
		store_put(store, id, head, none, to, p->queue_count);
}

bool
route_send(struct request *rq, struct posting *postings, size_t n)
{
	size_t i, size = USERDB_RECEIPT_BYTES;

	rq->heads.n = 0;
	rq->queue_count = 0;
	for (i = 0; i < n; i++) {
		if (!prepare(rq, &postings[i]))
			return false;
		size += size_of(&postings[i]);
	}
	if (size > JOURNAL_REQUEST_MAX)
		return request_refuse(rq, "too many recipients for one "
		    "message", SPAN(""));
	size = (JOURNAL_REQUEST_MAX - size) / 2;
	for (i = 0; i < n; i++) {
		if (is_news(&postings[i])) {
			make_room(rq, &postings[i], &size);
		} else {
			wake(rq, &postings[i]);
			count(rq, &postings[i]);
		}
		put(rq, &postings[i]);
		if (postings[i].held > 0)
			hold(rq, &postings[i]);
	}
	rq->msgid = postings[0].message.id;
	return true;
}

bool
route_has_room(struct request *rq)
{
	return datadir_state(rq->relay->data) != DATADIR_FULL ||
	    request_refuse(rq, "the disk is full: nothing can be stored at "
	    "present", SPAN(""));
}
