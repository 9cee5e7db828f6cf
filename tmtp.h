/*
 * tmtp.h - the protocol: bytes and the time in, bytes out.
 *
 * A relay has a session for each connection.  Nothing here touches a socket,
 * TLS or a clock, so that the whole protocol runs in a test.  The caller's turn
 * is
 *
 *	tmtp_input for each session that has bytes    requests run; replies that
 *	                                              wait for the disk are held
 *	datadir_commit, then tmtp_committed           they are released
 *	while ((session = tmtp_marked(relay)))        those with bytes to send,
 *		... tmtp_output(session, ...)         and those that have ended
 *
 * and tmtp_expire at tmtp_deadline.  Nothing calls upwards: a post marks the
 * sessions of its recipients, and the caller asks for marked sessions.  What
 * the questions about a session answer changes only in calls that are given
 * the session, or that mark it.
 */
#ifndef MNM_TMTP_H
#define MNM_TMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "tmtp/endpoint.h"

struct conf;
struct datadir;
struct group;
struct node;
struct queue;
struct relay;
struct session;
struct user;

/* Both must outlive the relay.  conf may change between calls. */
struct relay *tmtp_open(struct datadir *, const struct conf *, struct now);
/* All sessions must have been closed. */
void tmtp_close(struct relay *);

/*
 * The key sets in that place (conf's authby.keys) are these n texts; none to
 * forget it.  On failure, -1 and why, the old keys stay.  Without a relay, they
 * are only checked.
 */
int tmtp_set_keys(struct relay *, const char *place, const struct span *texts,
    size_t n, char *why, size_t room);

/*
 * A connection was accepted.  owner is the caller's, for tmtp_owner; so is
 * peer, its address for the log.
 */
struct session *tmtp_session_open(struct relay *, void *owner, const char *peer,
    struct now);
/* The time until login runs from now on: so far it was no TMTP. */
void tmtp_session_restart(struct session *, struct now);
const struct conf *tmtp_conf(const struct session *);
/* The connection has closed: notify contacts, and free the session. */
void tmtp_session_close(struct session *, struct now);
void *tmtp_owner(const struct session *);

/*
 * Bytes have arrived.  All are taken: what cannot run yet is kept, at most one
 * frame and these bytes.
 */
void tmtp_input(struct session *, struct span, struct now);
/*
 * Whether more bytes may be given now.  False while the session's replies are
 * not read by the peer, while data cannot take more (datadir_state), and
 * after its end.
 */
bool tmtp_wants_input(const struct session *);
/* Requests wait for datadir_state, or until a large post is synced. */
bool tmtp_is_stalled(const struct session *);
/* Go on with them. */
void tmtp_resume(struct session *, struct now);

/*
 * Write bytes for the peer to dst, at most room; returns how many.  0 means
 * nothing may be sent now.  What one call writes should leave in one TLS
 * record: messages that are no longer than room are never split.
 */
size_t tmtp_output(struct session *, char *dst, size_t room, struct now);
/*
 * The same, but at most one frame, or as much of it as fits; none begins that
 * is longer than that.
 */
size_t tmtp_output_frame(struct session *, char *dst, size_t room,
    size_t longest, struct now);
/* Not before its login, nor after its end. */
bool tmtp_is_logged_in(const struct session *);
/*
 * A quit was sent or is about to be, and nothing is held any more: when
 * tmtp_output returns 0, close.
 */
bool tmtp_is_ended(const struct session *);
/*
 * Whether a session waits for datadir_commit.  While none does, what was
 * appended (by Acks) may wait for a later turn.
 */
bool tmtp_wants_commit(const struct relay *);
/* datadir_commit has returned: everything that was held may be sent. */
void tmtp_committed(struct relay *);
/* The next session with something to do, which is then no longer marked. */
struct session *tmtp_marked(struct relay *);

/* When tmtp_expire must be called, in now.mono's milliseconds. */
uint64_t tmtp_deadline(const struct session *);
void tmtp_expire(struct session *, struct now);

/* End the session with a quit that gives the reason. */
void tmtp_quit(struct session *, const char *why, struct now);

/*
 * Drop some of what has waited too long for nodes that do not log in, give
 * groups the moderators that they lack, send what corks have held whose time is
 * over, and see who is to be woken; once a turn, and at tmtp_step_deadline
 * (UINT64_MAX: never).
 */
void tmtp_step(struct relay *, struct now);
uint64_t tmtp_step_deadline(const struct relay *);

/* ---- devices that are woken ---- */

/*
 * The key that clients need to let this relay wake them; empty, as at first:
 * none can be woken.
 */
void tmtp_set_wake_key(struct relay *, struct span key, struct now);
/*
 * The next one to ask for, if any, once datadir_commit has returned.  Its spans
 * are valid until the relay is used again.
 */
bool tmtp_next_wake(struct relay *, struct endpoint_wake *, struct now);
/*
 * The answer, and in how many milliseconds to ask again if the service says so.
 * A job that is not answered within two minutes counts as not yet.
 */
void tmtp_woken(struct relay *, uint64_t job, enum endpoint_answer,
    uint64_t wait);

/* ---- what the operator sees and does ---- */

struct tmtp_state {
	const char *peer;	/* borrowed from the session */
	const struct node *node;
	uint64_t heard;		/* now.mono when its last byte arrived */
	size_t unacked;		/* messages sent */
};

/* Of a session that is logged in. */
struct tmtp_state tmtp_state(const struct session *);
/* What waits for the node, for store. */
struct queue *tmtp_queue(struct relay *, struct node *);

/*
 * Make a node for a user who has lost theirs, with a copy of what waits for
 * the one that was online last.  label is well formed.  It is dropped if it has
 * not logged in within a day, unless the relay was started anew meanwhile.
 * Returns 0 with its password, 1 if it must be called again in another turn, or
 * -1 and why.
 */
int tmtp_add_node(struct relay *, struct user *, struct span label,
    struct now, char nodeid[NODEID_TEXT], char *why, size_t room);
/* End all of the user's sessions with a quit that gives the reason. */
void tmtp_end_sessions(struct user *, const char *why);
/* The same for the node's; what waits for it is dropped, and it is freed. */
void tmtp_drop_node(struct relay *, struct node *, const char *why);
/* The same for all of the user's nodes.  Its aliases stay taken. */
void tmtp_remove_user(struct relay *, struct user *);
/* All members leave.  Its name stays taken. */
void tmtp_remove_group(struct relay *, struct group *);

#endif
