#include "tmtp/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/log.h"
#include "tmtp/header.h"
#include "userdb.h"

struct session *
session_open(struct relay *relay, void *owner, const char *peer, struct now now)
{
	struct session *s = xzalloc(sizeof(*s));

	s->relay = relay;
	s->owner = owner;
	s->peer = peer;
	s->opened = s->heard = now.mono;
	return s;
}

void
session_close(struct session *s)
{
	list_remove(&s->marked);
	list_remove(&s->waiting);
	buf_free(&s->out);
	buf_free(&s->in);
	buf_free(&s->kept);
	set_free(&s->told);
	set_free(&s->came);
	set_free(&s->went);
	free(s->inflight);
	free(s);
}

void
session_mark(struct session *s)
{
	list_append(&s->relay->marked, &s->marked, s);
}

void
session_wait(struct session *s)
{
	list_append(&s->relay->waiting, &s->waiting, s);
}

bool
session_waits(const struct session *s)
{
	return s->waiting.list != NULL;
}

void
session_send(struct session *s, size_t start)
{
	header_close(&s->out, start);
	if (!session_waits(s))
		session_release(s);
}

void
session_release(struct session *s)
{
	s->ready = s->out.n;
	s->info_waits = false;
	session_mark(s);
}

size_t
session_take(struct session *s, char *dst, size_t room)
{
	size_t n = s->ready < room ? s->ready : room;

	if (n == 0)
		return 0;
	memcpy(dst, s->out.p, n);
	buf_drop(&s->out, n);
	s->ready -= n;
	if (s->out.n == 0)
		buf_free(&s->out);	/* idle sessions are many */
	return n;
}

/*
 * What stands first may also be the rest of a message, before a quit: then any
 * part will do.
 */
size_t
session_take_frame(struct session *s, char *dst, size_t room, size_t longest)
{
	long length = s->ready < HEADER_DIGITS ? -1 :
	    header_parse_length(s->out.p);
	size_t n = length == -1 ? s->ready : HEADER_DIGITS + (size_t)length;

	if (n > longest)
		return 0;
	return session_take(s, dst, n < room ? n : room);
}

void
session_cut(struct session *s, struct span why)
{
	if (s->phase == PHASE_ENDED)
		return;
	session_log(s, "closed: ", why);
	s->phase = PHASE_ENDED;
	buf_free(&s->out);
	s->ready = 0;
	session_mark(s);
}

/*
 * In the middle of a message the peer would take a quit for the message's
 * data; then the session just closes.
 */
void
session_end(struct session *s, struct span why)
{
	size_t start;

	if (s->phase == PHASE_ENDED)
		return;
	if (s->sending.id != 0) {
		session_cut(s, why);
		return;
	}
	session_log(s, "quit: ", why);
	s->phase = PHASE_ENDED;
	start = header_open(&s->out);
	json_put_string(&s->out, "error", why);
	json_put_string(&s->out, "op", SPAN("quit"));
	session_send(s, start);
	session_mark(s);
}

void
session_log(const struct session *s, const char *what, struct span why)
{
	char uid[UID_TEXT];

	if (s->node == NULL) {
		fold_line(s->peer, " %s%.*s", what, (int)why.n, why.p);
		return;
	}
	encode_base32(uid, s->node->user->uid.bytes, UID_BYTES);
	log_line("%s %.6s.%lu %s%.*s", s->peer, uid,
	    (unsigned long)s->node->ref, what, (int)why.n, why.p);
}
