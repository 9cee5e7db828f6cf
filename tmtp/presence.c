#include "tmtp/presence.h"

#include <stdlib.h>

#include "datadir.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"

/* Replies with which news of others has to wait: it is in sets until then. */
#define UNSENT_MAX 16384

/* Users that info names; a header of four digits has room for them. */
#define INFO_USERS_MAX 1800

enum status { STATUS_ON = 1, STATUS_OFF = 2 };

/* Both ways are kept, so that neither login nor logout has to search. */
struct contact {
	struct set seen_by;	/* the user's contacts: who may see it */
	struct set sees;	/* users online whose contact it is */
};

static struct contact *
contact_of(struct user *user)
{
	if (user->contacts == NULL)
		user->contacts = xzalloc(sizeof(*user->contacts));
	return user->contacts;
}

/* Most users see nobody most of the time, and need no memory for it. */
static void
free_unused(struct user *user)
{
	struct contact *c = user->contacts;

	if (c == NULL || c->seen_by.count > 0 || c->sees.count > 0)
		return;
	set_free(&c->seen_by);
	set_free(&c->sees);
	free(c);
	user->contacts = NULL;
}

static void
send_ohi(struct session *s, const struct user *from, enum status status)
{
	size_t start = header_open(&s->out);

	header_put_uid(&s->out, "from", &from->uid);
	json_put_string(&s->out, "op", SPAN("ohi"));
	json_put_uint(&s->out, "status", status);
	session_send(s, start);
}

/*
 * However often a user comes and goes, a session has one thing to be sent about
 * it at once, and one later: the last, or nothing if all is as before.
 */
static void
note(struct session *s, struct user *from, enum status status)
{
	struct set *now = status == STATUS_ON ? &s->came : &s->went;
	struct set *before = status == STATUS_ON ? &s->went : &s->came;

	if (set_take(before, from))
		return;
	if (s->out.n < UNSENT_MAX && set_put(&s->told, from))
		send_ohi(s, from, status);
	else if (set_put(now, from))
		session_mark(s);
}

/* Tell all of a contact's sessions. */
static void
notify(const struct user *contact, struct user *from, enum status status)
{
	struct session *s;
	size_t i;

	for (i = 0; contact->nodes_online > 0 && i < contact->node_count; i++) {
		s = contact->nodes[i]->session;
		if (s != NULL && s->phase == PHASE_OPEN)
			note(s, from, status);
	}
}

static void
write_set(struct session *s, struct set *users, enum status status)
{
	while (users->count > 0 && s->out.n < UNSENT_MAX)
		send_ohi(s, users->items[--users->count], status);
	if (users->count == 0 && users->items != NULL)
		set_free(users);
}

void
presence_write(struct session *s)
{
	if (s->told.items != NULL)
		set_free(&s->told);
	write_set(s, &s->came, STATUS_ON);
	write_set(s, &s->went, STATUS_OFF);
}

static void
put_contact(struct user *user, struct user *contact)
{
	if (!set_put(&contact_of(user)->seen_by, contact))
		return;
	(void)set_put(&contact_of(contact)->sees, user);
	notify(contact, user, STATUS_ON);
}

static void
take_contact(struct user *user, struct user *contact)
{
	if (!set_take(&contact_of(user)->seen_by, contact))
		return;
	(void)set_take(&contact_of(contact)->sees, user);
	free_unused(contact);
	notify(contact, user, STATUS_OFF);
}

void
presence_hide(struct user *user, struct user *contact)
{
	if (user->contacts != NULL)
		take_contact(user, contact);
}

/* From the end the set is emptied fastest. */
void
presence_forget(struct user *user)
{
	struct set *seen_by;

	while (user->contacts != NULL && user->contacts->seen_by.count > 0) {
		seen_by = &user->contacts->seen_by;
		take_contact(user, seen_by->items[seen_by->count - 1]);
	}
	free_unused(user);
}

/* Those users that do not fit into info follow it one by one. */
void
presence_send_info(struct session *s)
{
	static const struct set nobody = { NULL, 0, 0 };
	const struct contact *c = s->node->user->contacts;
	const struct set *users = c != NULL ? &c->sees : &nobody;
	const struct user *user;
	size_t i, start = header_open(&s->out);

	json_put_string(&s->out, "info", SPAN("login ok"));
	if (users->count > 0) {
		json_put_key(&s->out, "ohi");
		json_put_open(&s->out, '[');
		for (i = 0; i < users->count && i < INFO_USERS_MAX; i++) {
			user = users->items[i];
			header_put_uid(&s->out, NULL, &user->uid);
		}
		json_put_close(&s->out, ']');
	}
	json_put_string(&s->out, "op", SPAN("info"));
	session_send(s, start);
	for (i = INFO_USERS_MAX; i < users->count; i++)
		set_append(&s->came, users->items[i]);
}

enum edit { EDIT_ADD, EDIT_DROP, EDIT_INIT, EDIT_UNKNOWN };

/* Some clients give no type when they mean add. */
static enum edit
edit_of(const struct header *h)
{
	if (h->type.p == NULL || span_is(h->type, SPAN("add")))
		return EDIT_ADD;
	if (span_is(h->type, SPAN("drop")))
		return EDIT_DROP;
	if (span_is(h->type, SPAN("init")))
		return EDIT_INIT;
	return EDIT_UNKNOWN;
}

/*
 * Whether it is the list that a client sends after each login, which changes
 * nothing for the user's other nodes: in 2018 the first of all, in 2020 the
 * one that says so.
 */
static bool
is_first(const struct request *rq, enum edit edit)
{
	return edit == EDIT_INIT ||
	    (!rq->by_2020 && !rq->session->named_contacts);
}

/*
 * Read the users that are named.  A client may remember some that have been
 * removed since: in its first list they are skipped, later they are refused.
 */
static bool
read_contacts(struct request *rq, bool first)
{
	struct userdb *db = rq->relay->data->userdb;
	struct header_entry entry;
	struct json walk;
	struct user *user;

	rq->to.count = 0;
	header_walk(&walk, &rq->h.to_list);
	while (header_entry(&walk, &rq->h.to_list, &entry)) {
		user = userdb_user_text(db, entry.id);
		if (user != NULL && !userdb_blocks(user, request_user(rq)))
			set_append(&rq->to, user);
		else if (!first)
			return request_refuse(rq, "no user has the uid ",
			    entry.id);
	}
	set_settle(&rq->to);
	return true;
}

/* How many contacts the user has after those named are added. */
static size_t
count_contacts(struct user *user, const struct set *named)
{
	const struct set *seen_by = &contact_of(user)->seen_by;
	size_t i, n = seen_by->count;

	for (i = 0; i < named->count; i++)
		n += !set_has(seen_by, named->items[i]);
	return n;
}

/* The user's nodes learn of an edit, but not of a client's first list. */
static bool
notify_nodes(struct request *rq, enum edit edit)
{
	struct posting p = route_news(rq, "ohiedit");

	p.message.to_list = &rq->h.to_list;
	p.message.type = edit == EDIT_ADD ? SPAN("add") : SPAN("drop");
	return route_send(rq, &p, 1);
}

bool
op_ohiedit(struct request *rq)
{
	struct user *user = rq->session->node->user;
	enum edit edit = edit_of(&rq->h);
	bool first = is_first(rq, edit);
	struct set *named = &rq->to;
	size_t i;

	if (edit == EDIT_UNKNOWN)
		return request_refuse(rq, "type must be add, drop or init, "
		    "not ", rq->h.type);
	if (!read_contacts(rq, first))
		return false;
	if (edit != EDIT_DROP &&
	    count_contacts(user, named) > PRESENCE_CONTACTS_MAX)
		return request_refuse(rq, "too many contacts",
		    SPAN(""));
	if (!first && (!route_has_room(rq) || !notify_nodes(rq, edit)))
		return false;
	for (i = 0; i < named->count; i++) {
		if (edit == EDIT_DROP)
			take_contact(user, named->items[i]);
		else
			put_contact(user, named->items[i]);
	}
	rq->session->named_contacts = true;
	return true;
}
