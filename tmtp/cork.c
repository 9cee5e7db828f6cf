#include "tmtp/cork.h"

#include "datadir.h"
#include "tmtp/hold.h"
#include "tmtp/members.h"
#include "tmtp/request.h"
#include "tmtp/route.h"
#include "tmtp/session.h"
#include "userdb.h"

#define ENTRIES_MAX 1000	/* of for */
#define AHEAD_MAX (366 * CLOCK_DAY)

/* What an entry of .for names, as in a post. */
enum cork_type { CORK_USER = 1, CORK_GROUP };

static bool
read_date(struct request *rq, uint64_t *until)
{
	struct span text = rq->h.cork;

	if (text.n != CLOCK_TEXT || !clock_read(until, text.p))
		return request_refuse(rq, "cork must be a date such as "
		    "2026-01-31T15:04:05.000Z, or empty, not ", text);
	if (*until <= rq->now.wall)
		return request_refuse(rq, "cork must be in the future, not ",
		    text);
	if (*until - rq->now.wall > AHEAD_MAX)
		return request_refuse(rq, "cork must be at most 366 days "
		    "ahead, not ", text);
	return true;
}

/*
 * The type of an entry, if what it names exists, and the user is a member of
 * the group; else 0, and refuses.
 */
static int
type_of(struct request *rq, const struct header_entry *entry)
{
	bool is_user = userdb_user_text(rq->relay->data->userdb,
	    entry->id) != NULL;

	if (entry->type.given && entry->type.value != CORK_USER &&
	    entry->type.value != CORK_GROUP) {
		(void)request_refuse(rq, "type must be 1 or 2 for ",
		    entry->id);
		return 0;
	}
	if (is_user && entry->type.value != CORK_GROUP)
		return CORK_USER;
	if (entry->type.value == CORK_USER) {
		(void)request_refuse(rq, "no user has the uid ", entry->id);
		return 0;
	}
	return members_joined(rq, entry->id) != NULL ? CORK_GROUP : 0;
}

/* Write .for as a record has it, and as the message. */
static bool
read_for(struct request *rq, struct buf *list, struct buf *json)
{
	struct header_entry entry;
	struct json walk;
	int type;

	if ((rq->h.has & F_FOR) == 0)
		return true;
	if (rq->h.to_list.count == 0)
		return request_refuse(rq, "for is empty: leave it out to cork "
		    "everything", SPAN(""));
	if (rq->h.to_list.count > ENTRIES_MAX)
		return request_refuse(rq, "for has more than 1000 entries",
		    SPAN(""));
	json_put_open(json, '[');
	header_walk(&walk, &rq->h.to_list);
	while (header_entry(&walk, &rq->h.to_list, &entry)) {
		type = type_of(rq, &entry);
		if (type == 0)
			return false;
		buf_addf(list, "%d%.*s\n", type, (int)entry.id.n, entry.id.p);
		json_put_open(json, '{');
		json_put_string(json, "id", entry.id);
		json_put_uint(json, "type", (uint64_t)type);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
	return true;
}

/* A second cork replaces the first: what that has held is released. */
static bool
set_cork(struct request *rq, uint64_t until, struct buf *list,
    struct buf *json)
{
	struct user *user = rq->session->node->user;
	struct posting p = route_news(rq, "user");

	if (until != 0 && !read_for(rq, list, json))
		return false;
	p.message.cork = rq->h.cork;
	if (json->n > 0)
		p.message.corked = buf_span(json);
	if (!route_send(rq, &p, 1))
		return false;
	hold_release(rq->relay, user, rq->now);
	userdb_set_cork(rq->relay->data->userdb, user, until, buf_span(list));
	hold_look(rq->relay, rq->now);
	return true;
}

bool
cork_edit(struct request *rq)
{
	struct buf list = { NULL, 0, 0 }, json = { NULL, 0, 0 };
	uint64_t until = 0;
	bool done;

	if (rq->h.cork.n > 0 && !read_date(rq, &until))
		return false;
	done = set_cork(rq, until, &list, &json);
	buf_free(&list);
	buf_free(&json);
	return done;
}
