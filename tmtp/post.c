#include "tmtp/post.h"

#include "tmtp/useredit.h"
#include "tmtp/route.h"
#include "tmtp/group.h"

/* What an entry of .for and .notefor names. */
enum entry_type {
	ENTRY_USER = 1,
	ENTRY_GROUP,		/* its members and, if one, the poster */
	ENTRY_GROUP_NOT_SELF	/* its other members */
};

static struct user *
self_of(const struct request *rq)
{
	return rq->session->node->user;
}

static bool
add_user(struct request *rq, struct span uid, struct set *to)
{
	struct user *user = userdb_user_text(rq->relay->data->userdb, uid);

	if (user == NULL)
		return request_refuse(rq, "no user has the uid ", uid);
	set_append(to, user);
	return true;
}

/* A group's members are added once, however often it is named. */
static bool
add_group(struct request *rq, const struct frame_entry *entry, struct set *to)
{
	struct group *group = group_joined(rq, entry->id);

	if (group == NULL)
		return false;
	if (set_put(&rq->relay->groups, group))
		group_append_members(group, self_of(rq), to);
	if (entry->type.value == ENTRY_GROUP)
		set_append(to, self_of(rq));
	return true;
}

static bool
add_entry(struct request *rq, const struct frame_entry *entry, struct set *to)
{
	switch (entry->type.value) {
	case ENTRY_USER:
		return add_user(rq, entry->id, to);
	case ENTRY_GROUP:
	case ENTRY_GROUP_NOT_SELF:
		return add_group(rq, entry, to);
	default:
		return request_refuse(rq, "type must be 1, 2 or 3 for ",
		    entry->id);
	}
}

static bool
add_list(struct request *rq, const struct frame_list *list, struct set *to)
{
	struct frame_entry entry;
	struct json walk;

	rq->relay->groups.count = 0;
	frame_walk(&walk, list);
	while (frame_entry(&walk, list, &entry)) {
		if (!add_entry(rq, &entry, to))
			return false;
	}
	set_settle(to);
	return true;
}

bool
post_prepare(struct request *rq)
{
	rq->relay->to.count = 0;
	return add_list(rq, &rq->h.to_list, &rq->relay->to);
}

/* The notification goes to those of both lists. */
bool
post_prepare_notify(struct request *rq)
{
	struct set *to = &rq->relay->to, *note_to = &rq->relay->note_to;
	size_t i;

	if (!post_prepare(rq))
		return false;
	note_to->count = 0;
	for (i = 0; i < to->count; i++)
		set_append(note_to, to->items[i]);
	return add_list(rq, &rq->h.note_list, note_to);
}

/*
 * All of the poster's nodes get what is for the poster too: by its uid, or by
 * a group with type 2, "include self", which would say nothing if it left out
 * the node that posts.  Else its other nodes get a copy, whatever the type:
 * they show what was sent.
 */
static struct posting
delivery(struct request *rq)
{
	const struct set *to = &rq->relay->to;
	struct posting p = { deliver_message(rq, "delivery"), rq->body, to,
	    set_has(to, self_of(rq)) ? OWN_ALL : OWN_OTHERS, FULL_REFUSE };

	p.message.datahead = rq->h.datahead;
	p.message.datasum = rq->h.datasum;
	return p;
}

bool
op_post(struct request *rq)
{
	struct posting p = delivery(rq);

	return deliver(rq, &p, 1);
}

/* The delivery has the lower id, and so comes first at every node. */
bool
op_postnotify(struct request *rq)
{
	const struct set *note_to = &rq->relay->note_to;
	struct posting postings[2];

	postings[0] = delivery(rq);
	if ((rq->h.has & F_FORNOTSELF) && postings[0].own == OWN_OTHERS)
		postings[0].own = OWN_NONE;
	postings[0].message.notify = (struct json_number){ true,
	    rq->h.to_list.count + rq->h.note_list.count +
	    (rq->h.has & F_FORNOTSELF ? 0 : 1) };

	postings[1] = (struct posting){ deliver_message(rq, "notify"),
	    rq->note, note_to,
	    set_has(note_to, self_of(rq)) ? OWN_ALL : OWN_NONE, FULL_REFUSE };
	postings[1].message.postid = postings[0].message.id;
	postings[1].message.datahead = rq->h.notehead;
	postings[1].message.datasum = rq->h.notesum;
	return deliver(rq, postings, 2);
}

bool
op_ping(struct request *rq)
{
	struct alias *alias = account_reach(rq, rq->h.to), *from = NULL;
	struct set *to = &rq->relay->to;
	struct posting p;

	if (alias == NULL || !account_may_ping(rq))
		return false;
	if (rq->h.from.p != NULL) {
		from = account_own_alias(rq, rq->h.from);
		if (from == NULL)
			return false;
	}
	to->count = 0;
	set_append(to, alias->user);
	p = (struct posting){ deliver_message(rq, "ping"), rq->body, to,
	    alias->user == self_of(rq) ? OWN_ALL : OWN_OTHERS, FULL_REFUSE };
	p.message.to = span_of(alias->name);
	if (from != NULL)
		p.message.alias = span_of(from->name);
	p.message.datahead = rq->h.datahead;
	p.message.datasum = rq->h.datasum;
	if (!deliver(rq, &p, 1))
		return false;
	account_pinged(rq, alias);
	return true;
}
