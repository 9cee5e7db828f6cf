/*
 * session.h - the relay's end of a connection: who is logged in, what is to be
 * sent, and what of it has to wait for the disk.
 *
 * Replies are written to session->out.  A reply that reports a change waits
 * there for datadir_commit, and so does everything written after it:
 *
 *	session_wait(s);		only if the reply reports a change
 *	start = header_open(&s->out);
 *	json_put_...(&s->out, ...);
 *	session_send(s, start);
 *
 * The structs are open: each group of members is written by the module named
 * above it.
 */
#ifndef MNM_TMTP_SESSION_H
#define MNM_TMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/set.h"
#include "tmtp/seal.h"

/* How far a session is, which decides what it may ask for. */
enum phase { PHASE_START, PHASE_GREETED, PHASE_OPEN, PHASE_ENDED };

/* A message that was sent and has not been acked. */
struct inflight {
	uint64_t id;
	uint64_t sent;		/* now.mono when its last byte left */
	bool resend;		/* its ack is overdue */
	bool acked;		/* while it was being sent again */
};

struct relay {
	struct datadir *data;
	const struct conf *conf;
	struct registrar *registrar;
	struct expire *expire;
	struct auth *auth;
	struct list marked;	/* sessions for tmtp_marked */
	uint64_t cork_due;	/* for hold.c: now.mono to look at the corks */
	struct list waiting;	/* ... that hold back bytes until the commit */
	struct wakes *wakes;	/* wake.c's own */
	bool reshaped;		/* useredit.c: a node was made or dropped
				   since the last commit */
	uint64_t unused_due;	/* now.mono to look for nodes that nobody
				   uses; 0: there are none */

	/* moderate.c */
	size_t passings;	/* sessions that pass a post */
	size_t group_at;	/* the next one to look at */
	uint64_t groups_due;	/* now.mono: the look begins, or goes on */

	/* tmtp.c */
	struct request *request;	/* for tmtp.c and moderate.c: ops are
					   given it */
	struct uploading *uploads;	/* by session; room for the most */
	size_t upload_count;
};

struct session {
	struct relay *relay;
	void *owner;
	const char *peer;	/* for the log; its owner's */
	struct hook marked, waiting;	/* in the relay's lists */
	enum phase phase;
	unsigned numbering;	/* of the ops: for op.c alone */
	struct buf out;		/* replies */
	size_t ready;		/* bytes of out that may leave */

	/* tmtp.c */
	uint64_t opened;	/* now.mono at session_open */
	uint64_t heard;		/* ... when its last byte arrived */
	struct buf in;		/* the beginning of a frame */
	size_t want;		/* bytes of it needed to go on */
	struct buf kept;	/* what arrived while none could run */
	uint64_t skip;		/* bytes of refused data still to arrive */
	struct upload *upload;	/* large data that is arriving, or NULL */

	/* login.c */
	struct node *node;	/* logged in as; NULL: not, or no more */
	unsigned char key[SEAL_KEY];	/* of the node; wiped with it */

	/* moderate.c */
	struct passing *passing;	/* a post that is being copied */

	/* presence.c */
	struct set told;	/* users it was sent about since its output */
	struct set came, went;	/* ... whose status has to wait: online now,
				   or offline */

	/* outbox.c */
	struct inflight *inflight;	/* by rising id; or NULL */
	unsigned inflight_count, window;
	uint64_t last;		/* the highest id that was sent */
	struct {
		uint64_t id;	/* of the message being sent, or 0 */
		uint64_t length, offset;
	} sending;

	/* Here they take the least space. */
	bool info_waits;	/* session.c and login.c: for the commit, and no
				   message may leave before it */
	bool stalled;		/* tmtp.c: its next request waits for a later
				   turn */
	bool named_contacts;	/* presence.c: by an OhiEdit since login */
	bool window_was_full;	/* outbox.c: and not, since then, the queue
				   empty */
};

struct session *session_open(struct relay *, void *owner, const char *peer,
    struct now);
/* It must have left its node and closed its upload. */
void session_close(struct session *);

void session_mark(struct session *);
/* What is written from now on may leave after datadir_commit. */
void session_wait(struct session *);
bool session_waits(const struct session *);

/* The frame that begins at start is complete. */
void session_send(struct session *, size_t start);
/* Everything written may leave. */
void session_release(struct session *);
/* Move bytes that may leave to dst; returns how many. */
size_t session_take(struct session *, char *dst, size_t room);
/*
 * The same, but at most one frame, or as much of it as fits; none that is
 * longer than that.
 */
size_t session_take_frame(struct session *, char *dst, size_t room,
    size_t longest);
/* Send a quit with the reason, log it, and end the session. */
void session_end(struct session *, struct span why);
/* End it without a quit, and log why.  It is still its node's session. */
void session_cut(struct session *, struct span why);

/* Log a line: the peer's address, its short node id, what happened. */
void session_log(const struct session *, const char *what, struct span why);

#endif
