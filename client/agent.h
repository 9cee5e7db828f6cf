/*
 * agent.h - an account that is online: it connects and logs in, again after
 * growing random pauses; sends the requests in out/; hands messages over, and
 * acks them when they are stored.
 *
 *	agent = agent_open(&account, poller, why, room)
 *	for (;;) {
 *		poller_wait(poller, agent_timeout(agent, now));
 *		while (poller_next(poller, &event))
 *			agent_ready(event.owner, &event);
 *		agent_turn(agent, now);
 *		while (agent_next(agent, &message)) {
 *			...	store it, then
 *			agent_done(agent, &message);
 *		}
 *	}
 *	agent_close(agent);
 *
 * The caller holds ACCOUNT_ONLINE, and ACCOUNT_READER to take messages.  Every
 * message whose agent_next was followed by agent_done, or agent_keep, is acked.
 * After any other, agent_next gives nothing until one of the two.  Where
 * messages are stored together, agent_take hands over many.
 *
 * No message is lost, whenever the process is killed.  One that was handed over
 * may come again only if the process was killed before agent_done; then
 * message.again is true.
 *
 * The agent notes by itself what messages and acks teach about contacts, groups
 * and aliases.  A message with a new device's password is not handed over: it
 * is kept for agent_take_device.
 */
#ifndef MNM_CLIENT_AGENT_H
#define MNM_CLIENT_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "client/wire.h"

struct account;
struct agent;
struct around_user;
struct poller;
struct poller_event;

/* As many messages wait for the caller at most. */
#define AGENT_TAKE 256

struct agent_message {
	struct reply reply;	/* its data is all of it, also of a large one */
	bool again;		/* it may have been handed over before */
};

/*
 * Prepare; nothing is sent before agent_turn.  Both must outlive the agent,
 * which is the owner of what it adds to the poller.  NULL and why.
 */
struct agent *agent_open(struct account *, struct poller *, char *why,
    size_t room);
/* Say goodbye and close.  Takes a second at most; NULL is fine. */
void agent_close(struct agent *);

/* How long to wait, in ms.  now is a monotonic clock in ms. */
int agent_timeout(const struct agent *, uint64_t now);
/* The poller has reported this for the agent. */
void agent_ready(struct agent *, const struct poller_event *);
/*
 * Go on with everything that is possible now.  Returns -1 when it cannot go on
 * at all, such as on a refused login: agent_why.
 */
int agent_turn(struct agent *, uint64_t now);

/*
 * Take messages from now on; until then those that arrive are left to the
 * relay, which will send them again.
 */
void agent_want(struct agent *);
/* The next message, borrowed until agent_done or agent_keep. */
bool agent_next(struct agent *, struct agent_message *);
/*
 * The next messages in their order, room at most; agent_done for the last one
 * is for all.  Returns how many.
 */
size_t agent_take(struct agent *, struct agent_message *, size_t room);
/* It is stored, or shown, and so are those that were taken before: ack them. */
void agent_done(struct agent *, const struct agent_message *);
/*
 * It was shown to nobody: store it in in/, for a later process, and ack it.
 * -1 with errno; then it is not acked.
 */
int agent_keep(struct agent *, const struct agent_message *);
/* Somebody is online, or no longer; false: no news. */
bool agent_next_presence(struct agent *, struct around_user *);

/*
 * Call agent_probe after each turn to learn when the relay has sent all that
 * waits: agent_is_idle.  It asks something that changes nothing, and the relay
 * is idle when it has answered and then been silent for a moment.
 */
void agent_probe(struct agent *);
bool agent_is_idle(const struct agent *, uint64_t now);
/* Let these users (uids of 32 bytes) see from now on that we are online. */
void agent_show(struct agent *, struct span uids);

bool agent_is_online(const struct agent *);
/* Whether a request was sent on this connection and has no ack. */
bool agent_is_undecided(const struct agent *);
/*
 * Of a request or message over 1 MB that is on its way: how many bytes are
 * done, and of how many.  False: there is none.
 */
bool agent_progress(const struct agent *, uint64_t *done, uint64_t *total);
/*
 * Store all messages that have arrived in in/ and ack them, without handing
 * them over.  One that cannot be stored is tried again by the next call.
 */
void agent_keep_all(struct agent *);
/*
 * Whether a message that has arrived since the last call could not be stored:
 * agent_why.  The relay sends it again later.
 */
bool agent_has_no_room(struct agent *);
/* What went wrong last, for people; "" if nothing did. */
const char *agent_why(const struct agent *);

/*
 * The password and number of the device that a request with this msgid has
 * added.  False: they are not here yet.  agent_forget_device removes them, when
 * they are stored or shown.
 */
bool agent_take_device(const struct account *, struct span msgid,
    struct buf *nodeid, struct buf *noderef);
void agent_forget_device(const struct account *, struct span msgid);

#endif
