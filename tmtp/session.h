/*
 * session.h - a connection as the ops see it: who it is, what it may be told,
 * and what has to wait for the disk.
 *
 * Replies are written to session->out.  Those that tell of a change wait there
 * for datadir_commit, and so does everything written behind them:
 *
 *	session_wait(s);		only if the reply tells of a change
 *	start = frame_open(&s->out);
 *	json_put_...(&s->out, ...);
 *	session_send(s, start);
 *
 * The structs are open: each group of members is written by the module that
 * is named above it.
 */
#ifndef MNM_TMTP_SESSION_H
#define MNM_TMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "tmtp/register.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/list.h"
#include "conf.h"
#include "datadir.h"
#include "tmtp/frame.h"
#include "base/set.h"

/* What a session has done so far, and so which ops it may send. */
enum phase { PHASE_START, PHASE_GREETED, PHASE_OPEN, PHASE_ENDED };

/* A message that was sent and has not been acked. */
struct flight {
	uint64_t id;
	uint64_t sent;		/* now.mono when its last byte left */
	bool again;		/* the ack is overdue: to be sent again */
	bool acked;		/* while it was being sent again */
};

struct relay {
	struct datadir *data;
	const struct conf *conf;
	struct admit *admit;
	struct expire *expire;
	struct list marked;	/* sessions for tmtp_marked */
	struct list waiting;	/* ... that hold back bytes until the commit */

	/* What one request needs for a moment. */
	struct buf text;	/* frame_read's */
	struct buf why;		/* request_refuse's */
	struct set to;		/* who gets the message, but for the sender */
	struct set note_to;	/* who gets the notification, likewise */
	struct set groups;	/* whose members have been added */

	/* tmtp.c */
	size_t uploads;		/* sessions that have one */

	/* deliver.c */
	struct buf heads;
	struct queue **queues;
	size_t queue_count, queue_room;
};

struct session {
	struct relay *relay;
	void *owner;
	char *peer;		/* for the log */
	struct hook marked, waiting;	/* in the relay's lists */
	enum phase phase;
	struct buf out;		/* replies */
	size_t ready;		/* bytes of out that may leave */

	/* op.c */
	unsigned numbering;	/* of the ops: nobody else may ask for it */

	/* tmtp.c */
	uint64_t opened;	/* now.mono at session_open */
	uint64_t heard;		/* ... when the last byte came */
	struct buf in;		/* the beginning of a frame */
	size_t want;		/* how much of it can be used next */
	struct buf kept;	/* what came when no request may run */
	bool stalled;		/* no request may run, or one runs again */
	uint64_t skip;		/* bytes to come of data that was refused */
	struct upload *upload;	/* large data that is coming, or NULL */
	struct user *uploader;	/* whose it is, also when node is NULL */

	/* presence.c */
	struct node *node;	/* who it is, in PHASE_OPEN; else NULL */
	bool told_contacts;	/* an OhiEdit came since login */

	/* deliver.c */
	struct flight *flights;	/* by rising id */
	size_t flight_count, window;
	uint64_t last;		/* the highest id that was sent */
	struct {
		uint64_t id;	/* of the message being sent, or 0 */
		uint64_t length, offset;
	} sending;
};

/* One request while it runs. */
struct request {
	struct session *session;
	struct relay *relay;
	struct now now;
	struct header h;
	struct part *note, *body;	/* its data */
	uint64_t msgid;		/* what was posted for it; 0: nothing */
};

struct session *session_open(struct relay *, void *owner, const char *peer,
    struct now);
/* Its node and upload have been given up before. */
void session_close(struct session *);

void session_mark(struct session *);
/* What is written from now on leaves after datadir_commit. */
void session_wait(struct session *);
bool session_waits(const struct session *);

/* The frame that begins at start is complete. */
void session_send(struct session *, size_t start);
/* Nothing waits any more. */
void session_release(struct session *);
/* Move bytes that may leave to dst; returns how many. */
size_t session_take(struct session *, char *dst, size_t room);
/* Send a quit that tells why, log it, and end the session. */
void session_end(struct session *, struct span why);

/* End it without a quit, and log why.  It is still its node's session. */
void session_cut(struct session *, struct span why);

/* One line: the peer's address, its short node id, what happened. */
void session_log(const struct session *, const char *what, struct span why);

/*
 * Say why a request is refused: text, then the value it names, if any, cut
 * if it is long.  Always returns false.
 */
bool request_refuse(struct request *, const char *text, struct span value);
/* The same for a name that userdb does not take. */
bool request_refuse_name(struct request *, enum userdb_result,
    struct span name);
/*
 * It is neither done nor refused: it is run again from its beginning in the
 * next turn.  Always returns false.
 */
bool request_stall(struct request *);

#endif
