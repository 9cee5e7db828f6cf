#include "tmtp/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Bytes of a refused value that are told: a name fits. */
#define VALUE_MAX 128

struct session *
session_open(struct relay *relay, void *owner, const char *peer, struct now now)
{
	struct session *l = xzalloc(sizeof(*l));

	l->relay = relay;
	l->owner = owner;
	l->peer = xcopy(span_of(peer));
	l->opened = l->heard = now.mono;
	return l;
}

static void
append(struct session *l, enum list list)
{
	struct sessions *links = &l->relay->lists[list];
	struct hook *hook = &l->hooks[list];

	if (hook->linked)
		return;
	*hook = (struct hook){ NULL, links->last, true };
	if (links->last != NULL)
		links->last->hooks[list].next = l;
	else
		links->first = l;
	links->last = l;
}

static void
take_out(struct session *l, enum list list)
{
	struct sessions *links = &l->relay->lists[list];
	struct hook *hook = &l->hooks[list];

	if (!hook->linked)
		return;
	if (hook->previous != NULL)
		hook->previous->hooks[list].next = hook->next;
	else
		links->first = hook->next;
	if (hook->next != NULL)
		hook->next->hooks[list].previous = hook->previous;
	else
		links->last = hook->previous;
	hook->linked = false;
}

void
session_close(struct session *l)
{
	int list;

	for (list = 0; list < LISTS; list++)
		take_out(l, (enum list)list);
	buf_free(&l->out);
	buf_free(&l->in);
	buf_free(&l->kept);
	free(l->flights);
	free(l->peer);
	free(l);
}

void
session_mark(struct session *l)
{
	append(l, LIST_MARKED);
}

void
session_wait(struct session *l)
{
	append(l, LIST_WAITING);
}

bool
session_waits(const struct session *l)
{
	return l->hooks[LIST_WAITING].linked;
}

struct session *
session_next(struct relay *relay, enum list list)
{
	struct session *l = relay->lists[list].first;

	if (l != NULL)
		take_out(l, list);
	return l;
}

void
session_send(struct session *l, size_t start)
{
	frame_close(&l->out, start);
	if (!session_waits(l))
		session_release(l);
}

void
session_release(struct session *l)
{
	l->ready = l->out.n;
	session_mark(l);
}

size_t
session_take(struct session *l, char *dst, size_t room)
{
	size_t n = l->ready < room ? l->ready : room;

	if (n == 0)
		return 0;
	memcpy(dst, l->out.p, n);
	buf_drop(&l->out, n);
	l->ready -= n;
	if (l->out.n == 0)
		buf_free(&l->out);	/* idle links are many */
	return n;
}

void
session_cut(struct session *l, struct span why)
{
	if (l->phase == PHASE_ENDED)
		return;
	session_log(l, "closed: ", why);
	l->phase = PHASE_ENDED;
	buf_free(&l->out);
	l->ready = 0;
	session_mark(l);
}

/*
 * In the middle of a message a quit would be taken for the message's data;
 * then the link just closes.
 */
void
session_end(struct session *l, struct span why)
{
	size_t start;

	if (l->phase == PHASE_ENDED)
		return;
	if (l->sending.id != 0) {
		session_cut(l, why);
		return;
	}
	session_log(l, "quit: ", why);
	l->phase = PHASE_ENDED;
	start = frame_open(&l->out);
	json_put_string(&l->out, "error", why);
	json_put_string(&l->out, "op", SPAN("quit"));
	session_send(l, start);
	session_mark(l);
}

void
session_log(const struct session *l, const char *what, struct span why)
{
	char uid[UID_TEXT];

	if (l->node == NULL) {
		log_line("%s %s%.*s", l->peer, what, (int)why.n, why.p);
		return;
	}
	encode_base32(uid, l->node->user->uid.bytes, UID_BYTES);
	log_line("%s %.6s.%lu %s%.*s", l->peer, uid,
	    (unsigned long)l->node->ref, what, (int)why.n, why.p);
}

/* No more than max bytes of text, and no part of a character. */
static struct span
cut(struct span text, size_t max)
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
	struct buf *why = &rq->relay->why;

	why->n = 0;
	buf_add(why, span_of(text));
	buf_add(why, cut(value, VALUE_MAX));
	return false;
}

bool
request_refuse_name(struct request *rq, enum userdb_result result,
    struct span name)
{
	static const char *const texts[] = {
		[USERDB_SHORT] = "this name has too few characters: ",
		[USERDB_LONG] = "this name is too long: ",
		[USERDB_INVALID] = "this name has spaces at an end or "
		    "characters that cannot be shown: ",
		[USERDB_TAKEN] = "this name is taken already: "
	};

	return request_refuse(rq, texts[result], name);
}

/* The commit that it asks for has nothing to do, but those who wait go on. */
bool
request_stall(struct request *rq)
{
	rq->session->stalled = true;
	session_wait(rq->session);
	return false;
}
