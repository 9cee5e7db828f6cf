/*
 * ping.h - pings: a short text to an alias, from somebody who may know no more
 * of its user than that.  Aliases are reached, and failures counted, here; an
 * invitation to a group reaches its alias in the same way.
 */
#ifndef MNM_TMTP_PING_H
#define MNM_TMTP_PING_H

#include <stdbool.h>

#include "base/buf.h"

struct alias;
struct request;

/*
 * The alias of that name, if it reaches somebody, and the sender has neither
 * tried names in vain too often nor reached its limit for the day; else refuses
 * and returns NULL.
 */
struct alias *ping_reach(struct request *, struct span name);
/* A ping or an invitation was sent to it: both count alike. */
void ping_reached(struct request *, struct alias *);

bool op_ping(struct request *);

#endif
