/*
 * crowd.h - the simulated members: each goes through its cycle of login,
 * posts and logout, and all that comes is held against what was sent.
 *
 *	sw = swarm_open(&plan)
 *	while (swarm_turn(sw))
 *		...swarm_tally(sw) tells how far it is
 *	swarm_close(sw)
 *
 * It ends by itself when the plan is fulfilled, or soon after swarm_stop:
 * nothing new is posted then, everyone logs in and takes what waits.
 */
#ifndef MNM_SIM_CROWD_H
#define MNM_SIM_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/member.h"

struct swarm *swarm_open(const struct swarm_plan *);
void swarm_close(struct swarm *);

/* Wait for something to happen, but not long; false when all is over. */
bool swarm_turn(struct swarm *);
void swarm_stop(struct swarm *);
/* End at once: the relay is gone. */
void swarm_abort(struct swarm *);

const struct swarm_tally *swarm_tally(const struct swarm *);
/* Everything that was sent came, once, in order and unaltered. */
bool swarm_is_clean(const struct swarm *);

#endif
