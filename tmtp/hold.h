/*
 * hold.h - what users' corks hold: until a date, a user is not sent what comes
 * from certain users and to certain groups, or from all others.
 *
 * Such messages wait in the queues of the user's nodes as all others do.  Their
 * ids are remembered as held, and the outbox passes over them.  When the cork
 * ends, the sessions go back to the lowest of them.
 */
#ifndef MNM_TMTP_HOLD_H
#define MNM_TMTP_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct relay;
struct request;
struct uid;
struct user;

/* Bytes of the journal that hold_add takes, at most. */
#define HOLD_SIZE 128

/*
 * Whether the user has a cork that holds what the request sends from that user.
 */
bool hold_applies(const struct request *, const struct uid *from,
    const struct user *);
/* Hold the message, which is put to the user's queues, too. */
void hold_add(struct request *, struct user *, uint64_t id);
/* Send all that is held for the user; its cork is about to change. */
void hold_release(struct relay *, struct user *, struct now);

/* The users' corks have changed, or time has passed: when to look again. */
void hold_look(struct relay *, struct now);
/* End the corks whose time is over, in each turn and at hold_deadline. */
void hold_step(struct relay *, struct now);
/* In now.mono's milliseconds; UINT64_MAX: never. */
uint64_t hold_deadline(const struct relay *);

#endif
