#include "tmtp/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Octets of a refused value that are told: a name fits. */
#define VALUE_MAX 128

struct link *
link_open(struct relay *relay, void *owner, const char *peer, struct now now)
{
	struct link *l = xzalloc(sizeof(*l));

	l->relay = relay;
	l->owner = owner;
	l->peer = xcopy(span_of(peer));
	l->opened = l->heard = now.mono;
	return l;
}

static void
append(struct link *l, enum list list)
{
	struct links *links = &l->relay->lists[list];
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
take_out(struct link *l, enum list list)
{
	struct links *links = &l->relay->lists[list];
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
link_close(struct link *l)
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
link_mark(struct link *l)
{
	append(l, LIST_MARKED);
}

void
link_wait(struct link *l)
{
	append(l, LIST_WAITING);
}

bool
link_waits(const struct link *l)
{
	return l->hooks[LIST_WAITING].linked;
}

struct link *
link_next(struct relay *relay, enum list list)
{
	struct link *l = relay->lists[list].first;

	if (l != NULL)
		take_out(l, list);
	return l;
}

void
link_send(struct link *l, size_t start)
{
	frame_close(&l->out, start);
	if (!link_waits(l))
		link_release(l);
}

void
link_release(struct link *l)
{
	l->ready = l->out.n;
	link_mark(l);
}

size_t
link_take(struct link *l, char *dst, size_t room)
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
link_cut(struct link *l, struct span why)
{
	if (l->phase == PHASE_ENDED)
		return;
	link_log(l, "closed: ", why);
	l->phase = PHASE_ENDED;
	buf_free(&l->out);
	l->ready = 0;
	link_mark(l);
}

/*
 * In the middle of a message a quit would be taken for the message's data;
 * then the link just closes.
 */
void
link_end(struct link *l, struct span why)
{
	size_t start;

	if (l->phase == PHASE_ENDED)
		return;
	if (l->sending.id != 0) {
		link_cut(l, why);
		return;
	}
	link_log(l, "quit: ", why);
	l->phase = PHASE_ENDED;
	start = frame_open(&l->out);
	json_put_string(&l->out, "error", why);
	json_put_string(&l->out, "op", SPAN("quit"));
	link_send(l, start);
	link_mark(l);
}

void
link_log(const struct link *l, const char *what, struct span why)
{
	char uid[UID_TEXT];

	if (l->node == NULL) {
		log_line("%s %s%.*s", l->peer, what, (int)why.n, why.p);
		return;
	}
	code_base32(uid, l->node->user->uid.octets, UID_OCTETS);
	log_line("%s %.6s.%lu %s%.*s", l->peer, uid,
	    (unsigned long)l->node->ref, what, (int)why.n, why.p);
}

/* No more than max octets of text, and no part of a character. */
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
	rq->link->stalled = true;
	link_wait(rq->link);
	return false;
}
