/*
 * expire.h - messages for nodes that no longer log in are dropped.
 *
 * A message is dropped for a node when the node was not online for over
 * conf's expire_days and the message was posted longer ago than that.  The
 * node stays, and may log in again.
 *
 *	ex = expire_open(relay, now)
 *	expire_step(ex, now)		in each turn, and at expire_deadline
 *
 * Clocks may be wrong, and relays off for months: nothing is dropped for 7
 * days after expire_open, nor after one clock has moved by over an hour
 * against the other, so that nodes in use can log in meanwhile.
 */
#ifndef MNM_TMTP_EXPIRE_H
#define MNM_TMTP_EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct relay;
struct expire;

/* The relay must outlive it. */
struct expire *expire_open(struct relay *, struct now);
void expire_close(struct expire *);
/*
 * Look at the clocks; and at some nodes, if that is due.  Dropping a message
 * is like an ack and waits for no commit.
 */
void expire_step(struct expire *, struct now);
/* Whether clocks and uptime allow to drop what is old. */
bool expire_is_calm(const struct expire *, struct now);
/* When that is due, in now.mono's milliseconds; UINT64_MAX: never. */
uint64_t expire_deadline(const struct expire *);

#endif
