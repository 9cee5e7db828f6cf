/*
 * push.h - ask push services to wake the devices that the relay says are to be
 * woken (RFC 8030, without a message; RFC 8292), and report what they answer.
 *
 *	push = push_open(relay, conf, now, why, room)
 *	wait until push_fd(push) is readable: push_read(push, now)
 *	push_turn(push, now) in each turn, after the commit
 *	push_close(push)
 *
 * Nothing here waits.  Without a push_contact in conf there is no process, no
 * key, and nobody is woken.
 */
#ifndef MNM_PUSH_PUSH_H
#define MNM_PUSH_PUSH_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct conf;
struct confine;
struct push;
struct relay;

/*
 * Read the relay's key in the data directory, or make one, start the process,
 * and tell the relay that devices can be woken.  NULL and why.  conf and relay
 * must outlive it.
 */
struct push *push_open(struct relay *, const struct conf *, struct now,
    char *why, size_t room);
void push_close(struct push *);
/* Allow what the process needs; see base/confine.h. */
void push_allow(const struct confine *);

int push_fd(const struct push *);
/* Results have arrived.  -1: the process has ended, so close it. */
int push_read(struct push *, struct now);
/* Send what is to be sent, as far as that is possible now. */
void push_turn(struct push *, struct now);
/* When push_turn must be called at the latest, in now.mono. */
uint64_t push_deadline(const struct push *);

#endif
