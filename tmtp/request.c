#include "tmtp/request.h"

#include <stdlib.h>

#include "tmtp/session.h"

/* Bytes of a refused value that the peer is shown: a name fits. */
#define VALUE_MAX 128

struct request *
request_open(struct relay *relay)
{
	struct request *rq = xzalloc(sizeof(*rq));

	rq->relay = relay;
	return rq;
}

void
request_close(struct request *rq)
{
	buf_free(&rq->text);
	buf_free(&rq->why);
	buf_free(&rq->heads);
	set_free(&rq->to);
	set_free(&rq->note_to);
	set_free(&rq->groups);
	free(rq->queues);
	free(rq->nodes);
	free(rq);
}

void
request_begin(struct request *rq, struct session *s, struct span json,
    struct now now)
{
	rq->session = s;
	rq->json = json;
	rq->now = now;
	rq->posted = now.wall;
	rq->note = rq->body = NULL;
	rq->msgid = 0;
	rq->leaves = false;
	rq->groups.count = 0;
	rq->group = NULL;
}

void
request_begin_own(struct request *rq, struct user *user, struct now now)
{
	request_begin(rq, NULL, SPAN(""), now);
	rq->user = user;
}

struct user *
request_user(const struct request *rq)
{
	return rq->session != NULL ? rq->session->node->user : rq->user;
}

/* No more than max bytes of text, and no part of a character. */
static struct span
shorten(struct span text, size_t max)
{
	if (text.n <= max)
		return text;
	while (max > 0 && ((unsigned char)text.p[max] & 0xc0) == 0x80)
		max--;
	text.n = max;
	return text;
}

bool
request_refuse(struct request *rq, const char *text, struct span value)
{
	rq->why.n = 0;
	buf_add(&rq->why, span_of(text));
	buf_add(&rq->why, shorten(value, VALUE_MAX));
	return false;
}

bool
request_refuse_name(struct request *rq, enum userdb_result result,
    struct span name)
{
	static const char *const texts[] = {
		[USERDB_SHORT] = "this name is too short: ",
		[USERDB_LONG] = "this name is too long: ",
		[USERDB_INVALID] = "this name has a leading or trailing "
		    "space, an unusual space, or an unprintable character: ",
		[USERDB_UID] = "this name looks like a uid: ",
		[USERDB_TAKEN] = "this name is already taken: "
	};

	return request_refuse(rq, texts[result], name);
}

/* The commit has nothing to do for it, but then stalled sessions resume. */
bool
request_stall(struct request *rq)
{
	rq->session->stalled = true;
	session_wait(rq->session);
	return false;
}
