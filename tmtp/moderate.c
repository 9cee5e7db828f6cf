#include "tmtp/moderate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/expire.h"
#include "tmtp/members.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "userdb.h"

#define PASSINGS_MAX 16		/* posts that are being copied at once */
#define COPY_STEP ((size_t)512 << 10)	/* bytes of one copied in a turn */
#define PIECE 16384

#define PASS_INTERVAL 3600000	/* ms from a pass's end to the next */
#define STEP_GROUPS 1000	/* the most that one call visits */

/* The group's member that is to be a moderator, or to be none. */
static struct member *
find_member(struct request *rq, const struct group *group)
{
	struct member *m;

	if (rq->h.to.p == NULL) {
		(void)request_refuse(rq, "act moderator needs a to", SPAN(""));
		return NULL;
	}
	m = userdb_member_alias(group, rq->h.to);
	if (m != NULL && m->state == MEMBER_JOINED)
		return m;
	(void)request_refuse(rq, "the group has no member ", rq->h.to);
	return NULL;
}

bool
moderate_edit(struct request *rq)
{
	struct group *group = members_joined(rq, rq->h.gid);
	bool on = (rq->h.has & F_ON) != 0;
	struct member *m;
	struct posting p;

	if (group == NULL)
		return false;
	if (!roster_member(group, request_user(rq))->moderator)
		return request_refuse(rq, MEMBERS_NO_MODERATOR, rq->h.gid);
	m = find_member(rq, group);
	if (m == NULL)
		return false;
	if (on && !m->moderator &&
	    members_moderators(group) >= MEMBERS_MODERATORS_MAX)
		return request_refuse(rq, "the group has as many moderators "
		    "as it may have", SPAN(""));
	if (!on && m->moderator && members_moderators(group) == 1)
		return request_refuse(rq, "this is the only moderator: ",
		    rq->h.to);
	p = members_promotion(rq, group, m, on ? "true" : "false", &rq->to);
	if (!route_send(rq, &p, 1))
		return false;
	userdb_set_moderator(rq->relay->data->userdb, group, m, on);
	return true;
}

/* A post on its way out of the relay's own queue, in pieces. */
struct passing {
	uint64_t at;		/* bytes of the message */
	struct buf head;
	struct upload *upload;	/* its data */
	bool syncing;
};

static struct queue *
hidden_queue(struct relay *relay, const struct pending *p)
{
	return store_queue(relay->data->store, &p->user->uid, STORE_HIDDEN);
}

void
moderate_forget(struct session *s)
{
	struct passing *ps = s->passing;

	if (ps == NULL)
		return;
	upload_close(ps->upload);
	buf_free(&ps->head);
	free(ps);
	s->passing = NULL;
	s->relay->passings--;
}

/* The group, if the sender moderates it, and its post msgid; else refuses. */
static struct pending *
find_pending(struct request *rq, struct group **group)
{
	struct pending *p = NULL;
	uint64_t id;

	*group = members_joined(rq, rq->h.gid);
	if (*group == NULL)
		return NULL;
	if (!members_self(rq, *group, MEMBER_JOINED)->moderator) {
		(void)request_refuse(rq, MEMBERS_NO_MODERATOR, rq->h.gid);
		return NULL;
	}
	if (rq->h.msgid.p != NULL && decode_hex64(&id, rq->h.msgid))
		p = roster_pending(*group, id);
	if (p == NULL)
		(void)request_refuse(rq, "no post waits in the group with the "
		    "msgid ", rq->h.msgid);
	return p;
}

/* Read bytes of the message; false, and refused, if that fails. */
static bool
read_some(struct request *rq, const struct pending *p, char *dst, size_t n,
    size_t *got)
{
	struct passing *ps = rq->session->passing;
	ssize_t r = store_read(rq->relay->data->store,
	    hidden_queue(rq->relay, p), p->id, ps->at, dst, n);

	if (r == -1)
		return request_refuse(rq, "the post cannot be read: ",
		    span_of(strerror(errno)));
	*got = (size_t)r;
	ps->at += *got;
	return true;
}

static bool
read_head(struct request *rq, const struct pending *p, size_t n)
{
	struct buf *head = &rq->session->passing->head;
	size_t got;

	while (head->n < n) {
		if (!read_some(rq, p, buf_room(head, n - head->n),
		    n - head->n, &got))
			return false;
		head->n += got;
	}
	return true;
}

static bool
begin_copy(struct request *rq, const struct pending *p)
{
	struct store *store = rq->relay->data->store;
	uint64_t lengths[UPLOAD_PARTS] = { 0 }, id, length;
	struct passing *ps;
	long n;

	if (rq->relay->passings >= PASSINGS_MAX)
		return request_refuse(rq, "too many posts are being passed: "
		    "try again later", SPAN(""));
	if (store_next(store, hidden_queue(rq->relay, p), p->id - 1, &id,
	    &length) != 1 || id != p->id)
		return request_refuse(rq, "the post was damaged, and can only "
		    "be rejected", SPAN(""));
	ps = rq->session->passing = xzalloc(sizeof(*ps));
	rq->relay->passings++;
	if (!read_head(rq, p, HEADER_DIGITS))
		return false;
	n = header_parse_length(ps->head.p);
	if (n < HEADER_MIN || HEADER_DIGITS + (uint64_t)n > length)
		return request_refuse(rq, "the post was damaged, and can only "
		    "be rejected", SPAN(""));
	if (!read_head(rq, p, HEADER_DIGITS + (size_t)n))
		return false;
	lengths[0] = length - ps->at;
	ps->upload = upload_open(store_uploads(store), SPAN(""), lengths);
	return true;
}

/* Copy a piece of the data; false if there is more to do, or it is refused. */
static bool
copy_some(struct request *rq, const struct pending *p)
{
	struct passing *ps = rq->session->passing;
	char piece[PIECE];
	size_t got, copied;

	for (copied = 0; !upload_is_whole(ps->upload); copied += got) {
		if (copied >= COPY_STEP)
			return request_stall(rq);
		if (!read_some(rq, p, piece, PIECE, &got))
			return false;
		(void)upload_take(ps->upload, (struct span){ piece, got });
	}
	if (!ps->syncing)
		upload_sync(ps->upload);
	ps->syncing = true;
	switch (upload_state(ps->upload)) {
	case 0:
		return true;
	case 1:
		rq->session->stalled = true;	/* until it is synced */
		return false;
	default:
		return request_refuse(rq, "the post could not be copied: ",
		    span_of(strerror(errno)));
	}
}

/* It waits no more. */
static void
settle(struct relay *relay, const struct group *group,
    const struct pending *p)
{
	store_ack(relay->data->store, hidden_queue(relay, p), p->id);
	userdb_remove_pending(relay->data->userdb, group, p);
}

static bool
has_got(const struct pending *p, const struct user *user)
{
	size_t i;

	for (i = 0; i < p->told_count && p->told[i] != user; i++)
		continue;
	return user == p->user || i < p->told_count;
}

/* All members but the poster and those who have it get the post. */
static bool
send_post(struct request *rq, const struct group *group,
    const struct pending *p)
{
	struct passing *ps = rq->session->passing;
	struct posting posting = { .message = route_message(rq, "delivery"),
	    .data = upload_part(ps->upload, 0), .to = &rq->to,
	    .own = has_got(p, request_user(rq)) ? OWN_NONE : OWN_ALL };
	const struct member *m = group->members;
	size_t i;

	/* For corks: the header comes from the first message. */
	posting.message.from = &p->user->uid;
	rq->group = group;
	posting.message.passed = buf_span(&ps->head);
	rq->to.count = 0;
	for (i = 0; i < group->member_count; i++, m++) {
		if (m->state == MEMBER_JOINED && !has_got(p, m->user))
			set_append(&rq->to, m->user);
	}
	set_settle(&rq->to);
	return route_send(rq, &posting, 1);
}

/*
 * Large data takes many turns, in each of which this runs from its beginning:
 * meanwhile another moderator may settle the post.
 */
bool
moderate_pass(struct request *rq)
{
	struct group *group;
	struct pending *p = find_pending(rq, &group);

	if (p == NULL || (rq->session->passing == NULL && !begin_copy(rq, p)))
		return false;
	if (!copy_some(rq, p) || !send_post(rq, group, p))
		return false;
	moderate_forget(rq->session);
	settle(rq->relay, group, p);
	return true;
}

/* The poster learns that its post was rejected. */
static bool
reject(struct request *rq, const struct group *group, const struct pending *p)
{
	struct posting posting = route_news(rq, "member");

	rq->group = group;
	rq->to.count = 0;
	set_append(&rq->to, p->user);
	posting.to = &rq->to;
	posting.own = p->user == request_user(rq) ? OWN_ALL : OWN_NONE;
	posting.message.act = SPAN("reject");
	posting.message.gid = span_of(group->gid);
	posting.message.msgid = p->id;
	if (!route_send(rq, &posting, 1))
		return false;
	settle(rq->relay, group, p);
	return true;
}

bool
moderate_reject(struct request *rq)
{
	struct group *group;
	struct pending *p = find_pending(rq, &group);

	return p != NULL && reject(rq, group, p);
}

void
moderate_remove_group(struct relay *relay, struct group *group)
{
	while (group->pending_count > 0)
		settle(relay, group, group->pending);
	userdb_dissolve_group(relay->data->userdb, group);
}

/* Reject the oldest post, if it has waited for too long. */
static bool
reject_old(struct relay *relay, struct group *group, struct now now)
{
	uint64_t age = relay->conf->moderate_days * CLOCK_DAY;
	const struct pending *p = group->pending;

	if (group->pending_count == 0 || now.wall < age ||
	    p->id >= (now.wall - age) * 1000000 ||
	    !expire_is_calm(relay->expire, now))
		return false;
	request_begin_own(relay->request, p->user, now);
	return reject(relay->request, group, p);
}

/*
 * If the news of it cannot be sent, as the group is too large, it has its
 * moderator all the same.
 */
static bool
appoint(struct relay *relay, struct group *group, struct now now)
{
	struct member *m = members_heir(group, NULL);
	struct request *rq = relay->request;
	struct posting p;

	if (m == NULL)
		return false;
	request_begin_own(rq, m->user, now);
	p = members_promotion(rq, group, m, "true", &rq->to);
	(void)route_send(rq, &p, 1);
	userdb_set_moderator(relay->data->userdb, group, m, true);
	return true;
}

void
moderate_step(struct relay *relay, struct now now)
{
	struct group *group;
	bool changed = false;
	int i;

	if (now.mono < moderate_deadline(relay))
		return;
	for (i = 0; i < STEP_GROUPS && !changed; i++) {
		group = userdb_next_group(relay->data->userdb,
		    &relay->group_at);
		if (group == NULL) {
			relay->group_at = 0;
			relay->groups_due = now.mono + PASS_INTERVAL;
			return;
		}
		changed = appoint(relay, group, now) ||
		    reject_old(relay, group, now);
		if (changed && group->pending_count > 0)
			relay->group_at--;	/* there may be more */
	}
}

uint64_t
moderate_deadline(const struct relay *relay)
{
	return datadir_state(relay->data) == DATADIR_READY ?
	    relay->groups_due : UINT64_MAX;
}

void
moderate_soon(struct relay *relay)
{
	relay->group_at = 0;
	relay->groups_due = 0;
}
