#include "tmtp/route.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Milliseconds after which a message is sent again. */
#define ACK_TIME 30000

/* Bytes of a message that a quit waits for: a head and small data. */
#define REST_MAX ((uint64_t)128 << 10)

/* Where the parts of a posting are in the relay's scratch space. */
struct place {
	size_t head, head_end;
	size_t queue, queue_end;
};

struct message
deliver_message(struct request *rq, const char *op)
{
	return (struct message){
		.op = op,
		.id = journal_id(rq->relay->data->journal),
		.from = &rq->session->node->user->uid,
		.posted = rq->now.wall
	};
}

struct queue *
deliver_queue(struct relay *relay, struct node *node)
{
	if (node->queue == NULL)
		node->queue = store_queue(relay->data->store,
		    &node->user->uid, node->ref);
	return node->queue;
}

bool
deliver_is_full(struct relay *relay, struct queue *q)
{
	struct store_load load = store_load(relay->data->store, q);

	return load.messages >= relay->conf->queue_messages_max ||
	    load.bytes >= relay->conf->queue_max;
}

/* The node's session, if any, will have something to send after the commit. */
static void
add_node(struct relay *relay, struct node *node)
{
	if (relay->queue_count == relay->queue_room) {
		relay->queue_room = relay->queue_room * 2 + 16;
		relay->queues = xrealloc(relay->queues,
		    relay->queue_room * sizeof(struct queue *));
	}
	relay->queues[relay->queue_count++] = deliver_queue(relay, node);
	if (node->session != NULL)
		session_wait(node->session);
}

static void
add_nodes(struct relay *relay, const struct user *user,
    const struct node *except)
{
	size_t i;

	for (i = 0; i < user->node_count; i++) {
		if (user->nodes[i] != except)
			add_node(relay, user->nodes[i]);
	}
}

static void
add_recipients(struct request *rq, const struct posting *p)
{
	const struct node *self = rq->session->node;
	const struct user *user;
	size_t i;

	for (i = 0; p->to != NULL && i < p->to->count; i++) {
		user = p->to->items[i];
		if (user != self->user)
			add_nodes(rq->relay, user, NULL);
	}
	if (p->own != OWN_NONE)
		add_nodes(rq->relay, self->user,
		    p->own == OWN_OTHERS ? self : NULL);
}

/* A node of the sender itself, which gets a copy, or NULL. */
static const struct node *
own_node(const struct user *self, const struct queue *q)
{
	size_t i;

	for (i = 0; i < self->node_count; i++) {
		if (self->nodes[i]->queue == q)
			return self->nodes[i];
	}
	return NULL;
}

/* The owner is named as the sender named it: an alias must not tell the uid. */
static bool
refuse_full(struct request *rq, const struct posting *p, const struct queue *q)
{
	const struct node *own = own_node(rq->session->node->user, q);
	struct uid uid = store_owner(q);
	char text[UID_TEXT];

	if (own != NULL) {
		(void)snprintf(text, sizeof(text), "your node %u", own->ref);
		return request_refuse(rq, DELIVER_FULL, span_of(text));
	}
	if (p->message.to.p != NULL)
		return request_refuse(rq, DELIVER_FULL, p->message.to);
	encode_base32(text, uid.bytes, UID_BYTES);
	return request_refuse(rq, DELIVER_FULL,
	    (struct span){ text, UID_TEXT });
}

/* Leave out the queues from first on that are full, or refuse for them. */
static bool
check_full(struct request *rq, const struct posting *p, size_t first)
{
	struct relay *relay = rq->relay;
	size_t i, n = first;

	for (i = first; i < relay->queue_count; i++) {
		if (!deliver_is_full(relay, relay->queues[i]))
			relay->queues[n++] = relay->queues[i];
		else if (p->if_full == FULL_REFUSE)
			return refuse_full(rq, p, relay->queues[i]);
	}
	relay->queue_count = n;
	return true;
}

/* Write the head, gather the queues; false if it is refused. */
static bool
prepare(struct request *rq, struct posting *p, struct place *place)
{
	struct relay *relay = rq->relay;

	if (p->data != NULL)
		p->message.datalen = p->data->length;
	place->head = relay->heads.n;
	if (!frame_message(&relay->heads, &p->message))
		return request_refuse(rq, "the message's header would be too "
		    "long", SPAN(""));
	place->head_end = relay->heads.n;
	place->queue = relay->queue_count;
	add_recipients(rq, p);
	if (!check_full(rq, p, place->queue))
		return false;
	place->queue_end = relay->queue_count;
	return true;
}

static size_t
size_of(const struct posting *p, const struct place *place)
{
	size_t data = p->data != NULL ? p->data->small.n : 0;

	return store_put_size(place->head_end - place->head, data,
	    place->queue_end - place->queue);
}

static void
put(struct relay *relay, const struct posting *p, const struct place *place)
{
	struct span head = { relay->heads.p + place->head,
	    place->head_end - place->head }, none = { NULL, 0 };
	struct queue *const *to = relay->queues + place->queue;
	size_t n = place->queue_end - place->queue;
	struct store *store = relay->data->store;

	if (p->data != NULL)
		store_put_part(store, p->message.id, head, p->data, to, n);
	else
		store_put(store, p->message.id, head, none, to, n);
}

bool
deliver(struct request *rq, struct posting *postings, size_t n)
{
	struct place places[DELIVER_POSTINGS];
	struct relay *relay = rq->relay;
	size_t i, size = 0;

	assert(n <= DELIVER_POSTINGS);
	relay->heads.n = 0;
	relay->queue_count = 0;
	for (i = 0; i < n; i++) {
		if (!prepare(rq, &postings[i], &places[i]))
			return false;
		size += size_of(&postings[i], &places[i]);
	}
	if (size > JOURNAL_REQUEST_MAX)
		return request_refuse(rq, "there are too many recipients "
		    "for one message", SPAN(""));
	for (i = 0; i < n; i++)
		put(relay, &postings[i], &places[i]);
	rq->msgid = postings[0].message.id;
	return true;
}

bool
deliver_has_room(struct request *rq)
{
	return datadir_state(rq->relay->data) != DATADIR_FULL ||
	    request_refuse(rq, "the disk is full: nothing can be stored at "
	    "present", SPAN(""));
}

void
deliver_begin(struct session *s)
{
	(void)deliver_queue(s->relay, s->node);	/* it has one from now on */
	s->window = s->relay->conf->window;
	s->flights = xzalloc(s->window * sizeof(*s->flights));
}

static struct flight *
find_flight(struct session *s, uint64_t id)
{
	size_t i;

	for (i = 0; i < s->flight_count; i++) {
		if (s->flights[i].id == id)
			return &s->flights[i];
	}
	return NULL;
}

static void
remove_flight(struct session *s, struct flight *f)
{
	size_t i = (size_t)(f - s->flights);

	s->flight_count--;
	memmove(f, f + 1, (s->flight_count - i) * sizeof(*f));
}

static void
land(struct session *s, struct flight *f)
{
	store_ack(s->relay->data->store, s->node->queue, f->id);
	remove_flight(s, f);
}

void
deliver_ack(struct session *s, uint64_t id)
{
	struct flight *f = find_flight(s, id);

	if (f == NULL)
		return;
	if (s->sending.id == id) {
		f->acked = true;	/* the rest of it is still needed */
		return;
	}
	land(s, f);
	session_mark(s);
}

/* The last byte of the message has left. */
static void
finish_sending(struct session *s, struct now now)
{
	struct flight *f = find_flight(s, s->sending.id);

	if (f == NULL) {
		f = &s->flights[s->flight_count++];
		*f = (struct flight){ .id = s->sending.id };
		s->last = f->id;
	}
	f->sent = now.mono;
	f->again = false;
	/* While data takes nothing, not even an ack: it is sent once more. */
	if (f->acked && datadir_state(s->relay->data) != DATADIR_WAIT)
		land(s, f);
	s->sending.id = 0;
}

/* It cannot be sent: see to it that the next one is. */
static void
skip_sending(struct session *s)
{
	struct flight *f = find_flight(s, s->sending.id);

	if (f != NULL)
		remove_flight(s, f);
	else
		s->last = s->sending.id;
	s->sending.id = 0;
}

/*
 * Write bytes of the message being sent.  When its bytes cannot be read,
 * none of this call's count; EBADMSG means that the store has put it out of
 * the way, and if nothing of it has left, neither has the peer seen it.
 */
static size_t
send_some(struct session *s, char *dst, size_t room, struct now now)
{
	uint64_t begin = s->sending.offset;
	size_t n = 0;
	ssize_t got;

	while (n < room && s->sending.offset < s->sending.length) {
		got = store_read(s->relay->data->store, s->node->queue,
		    s->sending.id, s->sending.offset, dst + n, room - n);
		if (got == -1) {
			s->sending.offset = begin;
			if (errno == EBADMSG && begin == 0)
				skip_sending(s);
			else
				session_cut(s, SPAN("a message cannot be "
				    "read"));
			return 0;
		}
		n += (size_t)got;
		s->sending.offset += (uint64_t)got;
	}
	if (s->sending.offset == s->sending.length)
		finish_sending(s, now);
	return n;
}

/*
 * Choose what to send next: what is overdue, or else the first message of
 * the queue that was not sent yet, if the window has room for it.
 */
static bool
choose(struct session *s)
{
	uint64_t after = s->last, id, length;
	bool again = false;
	size_t i;
	int found;

	for (i = 0; i < s->flight_count && !again; i++) {
		again = s->flights[i].again;
		if (again)
			after = s->flights[i].id - 1;
	}
	if (!again && s->flight_count >= s->window)
		return false;
	found = store_next(s->relay->data->store, s->node->queue, after, &id,
	    &length);
	if (found == -1) {
		session_cut(s, SPAN("its queue cannot be read"));
		return false;
	}
	if (again && (found == 0 || id != after + 1)) {
		remove_flight(s, find_flight(s, after + 1));
		return choose(s);
	}
	if (found == 0)
		return false;
	s->sending.id = id;
	s->sending.length = length;
	s->sending.offset = 0;
	return true;
}

size_t
deliver_rest(struct session *s, char *dst, size_t room, struct now now)
{
	return s->sending.id != 0 ? send_some(s, dst, room, now) : 0;
}

size_t
deliver_output(struct session *s, char *dst, size_t room, size_t used,
    struct now now)
{
	size_t n = used;

	while (n < room && s->phase == PHASE_OPEN && choose(s)) {
		if (n > 0 && s->sending.length > room - n) {
			s->sending.id = 0;
			break;
		}
		n += send_some(s, dst + n, room - n, now);
		if (s->sending.id != 0)
			break;
	}
	return n - used;
}

/* Have the rest of the message that is being sent stand before all replies. */
static void
finish_message(struct session *s)
{
	size_t rest = (size_t)(s->sending.length - s->sending.offset);
	struct buf first = { NULL, 0, 0 };
	ssize_t got;

	(void)buf_room(&first, rest + s->out.n);
	while (first.n < rest) {
		got = store_read(s->relay->data->store, s->node->queue,
		    s->sending.id, s->sending.offset + first.n,
		    first.p + first.n, rest - first.n);
		if (got == -1) {
			buf_free(&first);
			return;
		}
		first.n += (size_t)got;
	}
	s->ready += first.n;
	buf_add(&first, buf_span(&s->out));
	buf_free(&s->out);
	s->out = first;
	s->sending.id = 0;
}

void
deliver_quit(struct session *s, struct span why)
{
	if (s->phase == PHASE_OPEN && s->sending.id != 0 &&
	    s->sending.length - s->sending.offset <= REST_MAX)
		finish_message(s);
	session_end(s, why);
}

uint64_t
deliver_deadline(const struct session *s)
{
	uint64_t first = UINT64_MAX;
	size_t i;

	for (i = 0; i < s->flight_count; i++) {
		if (!s->flights[i].again &&
		    s->flights[i].sent + ACK_TIME < first)
			first = s->flights[i].sent + ACK_TIME;
	}
	return first;
}

void
deliver_expire(struct session *s, struct now now)
{
	size_t i;

	for (i = 0; i < s->flight_count; i++) {
		if (s->flights[i].sent + ACK_TIME <= now.mono)
			s->flights[i].again = true;
	}
	session_mark(s);
}
