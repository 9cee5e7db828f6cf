#include "tmtp/post.h"

#include "datadir.h"
#include "store.h"
#include "tmtp/members.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"

/* Posts that may wait for moderators. */
#define PENDING_OF_POSTER_MAX 100
#define PENDING_OF_GROUP_MAX 1000

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

	if (user == NULL || userdb_blocks(user, self_of(rq)))
		return request_refuse(rq, "no user has the uid ", uid);
	set_append(to, user);
	return true;
}

/*
 * A group's members are added once, even if it is named twice, and to a
 * notification with those of the delivery.
 */
static bool
add_group(struct request *rq, const struct header_entry *entry, struct set *to)
{
	struct group *group = members_joined(rq, entry->id);

	if (group == NULL)
		return false;
	if ((group->kind & GROUP_MODERATED) &&
	    !members_self(rq, group, MEMBER_JOINED)->moderator)
		rq->moderated = group;
	if (set_put(&rq->groups, group))
		members_append(group, self_of(rq), to);
	if (entry->type.value == ENTRY_GROUP)
		set_append(to, self_of(rq));
	return true;
}

static bool
add_entry(struct request *rq, const struct header_entry *entry, struct set *to)
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
add_list(struct request *rq, const struct header_list *list, struct set *to)
{
	struct header_entry entry;
	struct json walk;

	header_walk(&walk, list);
	while (header_entry(&walk, list, &entry)) {
		if (!add_entry(rq, &entry, to))
			return false;
	}
	set_settle(to);
	return true;
}

static bool
refuse_mixed(struct request *rq)
{
	return request_refuse(rq, "a post to a moderated group can "
	    "have no other recipient and no note: ",
	    span_of(rq->moderated->gid));
}

/*
 * The post must wait for the group's moderators: at first they alone get it,
 * and the poster's own nodes as they would otherwise.
 */
static bool
check_moderated(struct request *rq, const struct group *group)
{
	bool to_self = set_has(&rq->to, self_of(rq));

	if (rq->h.to_list.count != 1 || rq->h.note_list.count > 0 ||
	    rq->h.notelen.value > 0)
		return refuse_mixed(rq);
	if (self_of(rq)->pending >= PENDING_OF_POSTER_MAX)
		return request_refuse(rq, "too many of your posts wait for "
		    "moderators", SPAN(""));
	if (group->pending_count >= PENDING_OF_GROUP_MAX)
		return request_refuse(rq, "too many posts wait for the "
		    "moderators of group ", span_of(group->gid));
	rq->to.count = 0;
	members_append_moderators(group, &rq->to);
	if (to_self)
		set_append(&rq->to, self_of(rq));
	set_settle(&rq->to);
	return true;
}

bool
post_prepare(struct request *rq)
{
	rq->to.count = rq->groups.count = 0;
	rq->moderated = NULL;
	return add_list(rq, &rq->h.to_list, &rq->to) &&
	    (rq->moderated == NULL || check_moderated(rq, rq->moderated));
}

/*
 * The notification goes to the users of both lists.  It cannot wait for
 * moderators.
 */
bool
post_prepare_notify(struct request *rq)
{
	struct set *to = &rq->to, *note_to = &rq->note_to;
	size_t i;

	if (!post_prepare(rq))
		return false;
	note_to->count = 0;
	for (i = 0; i < to->count; i++)
		set_append(note_to, to->items[i]);
	if (!add_list(rq, &rq->h.note_list, note_to))
		return false;
	return rq->moderated == NULL || rq->h.note_list.count == 0 ||
	    refuse_mixed(rq);
}

/*
 * All of the poster's nodes get what is for the poster too: by its uid, or by
 * a group with type 2, "include self", which would mean nothing if it left out
 * the node that posts.  Otherwise its other nodes get a copy, whatever the
 * type, to show what was sent.
 */
static struct posting
delivery(struct request *rq)
{
	const struct set *to = &rq->to;
	struct posting p = { .message = route_message(rq, "delivery"),
	    .data = rq->body, .to = to,
	    .own = set_has(to, self_of(rq)) ? OWN_ALL : OWN_OTHERS };

	p.message.datahead = rq->h.datahead;
	p.message.datasum = rq->h.datasum;
	return p;
}

/* Its moderators get the post, and the relay keeps it until they settle it. */
static bool
post_moderated(struct request *rq, struct posting *p)
{
	struct datadir *data = rq->relay->data;
	struct user *told[MEMBERS_MODERATORS_MAX];
	struct pending pending = { .id = p->message.id, .user = self_of(rq),
	    .told = told };
	size_t i;

	p->message.moderate = span_of(rq->moderated->gid);
	p->hidden = store_queue(data->store, &self_of(rq)->uid, STORE_HIDDEN);
	if (!route_send(rq, p, 1))
		return false;
	for (i = 0; i < rq->to.count; i++) {
		if (rq->to.items[i] != self_of(rq) &&
		    pending.told_count < MEMBERS_MODERATORS_MAX)
			told[pending.told_count++] = rq->to.items[i];
	}
	userdb_add_pending(data->userdb, rq->moderated, &pending);
	return true;
}

bool
op_post(struct request *rq)
{
	struct posting p = delivery(rq);

	return rq->moderated != NULL ? post_moderated(rq, &p) :
	    route_send(rq, &p, 1);
}

/* The delivery has the lower id, so that every node gets it first. */
bool
op_postnotify(struct request *rq)
{
	const struct set *note_to = &rq->note_to;
	struct posting postings[2];

	postings[0] = delivery(rq);
	if ((rq->h.has & F_FORNOTSELF) && postings[0].own == OWN_OTHERS)
		postings[0].own = OWN_NONE;
	if (rq->moderated != NULL)
		return post_moderated(rq, &postings[0]);
	postings[0].message.notify = (struct json_number){ true,
	    rq->h.to_list.count + rq->h.note_list.count +
	    (rq->h.has & F_FORNOTSELF ? 0 : 1) };

	postings[1] = (struct posting){ .message = route_message(rq, "notify"),
	    .data = rq->note, .to = note_to,
	    .own = set_has(note_to, self_of(rq)) ? OWN_ALL : OWN_NONE };
	postings[1].message.postid = postings[0].message.id;
	postings[1].message.datahead = rq->h.notehead;
	postings[1].message.datasum = rq->h.notesum;
	return route_send(rq, postings, 2);
}
