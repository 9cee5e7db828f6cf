/*
 * newcomers.h - the connections that have not logged in, by network, so that
 * one network's never keep another's from being served.
 *
 *	newcomers_add(all, c)            it is new, or its address changed
 *	newcomers_wait(all, c)           it could go on with its handshake
 *	c = newcomers_next(all)          the next that does
 *	c = newcomers_to_close(all, peer, now)   before one more is added
 *	newcomers_log_in(all, c)         it is a member
 *	newcomers_remove(c)              it is closed
 *
 * Handshakes are the only work that costs a stranger less than the relay.  The
 * networks, as in subnet_source, take turns with them.  Every other turn is for
 * those where a member has logged in lately.  Within a network, handshakes that
 * have begun are first, then the newest: in a flood, those before it have given
 * up.  What is in no network, such as a Unix socket, is in one together.
 */
#ifndef MNM_NET_NEWCOMERS_H
#define MNM_NET_NEWCOMERS_H

#include <stdbool.h>

#include "base/clock.h"

struct conn;
struct newcomers;

struct newcomers *newcomers_open(void);
/* After its connections; NULL is fine. */
void newcomers_close(struct newcomers *);

/* Count it to its peer's network, and no longer to another. */
void newcomers_add(struct newcomers *, struct conn *);
void newcomers_log_in(struct newcomers *, struct conn *);
void newcomers_remove(struct conn *);

/* Until newcomers_next returns it, or it is removed. */
void newcomers_wait(struct newcomers *, struct conn *);
bool newcomers_waits(const struct conn *);
/* NULL: no more wait. */
struct conn *newcomers_next(struct newcomers *);

/*
 * When all places are taken: which one makes room for one more from this peer.
 * That is the oldest of the network that has most, the one more included.  Only
 * when no network has two, it is kept until it has had some time to log in.
 * NULL then, and if there are none.  peer NULL: whether there will be one.
 */
struct conn *newcomers_to_close(const struct newcomers *, const char *peer,
    struct now);

#endif
