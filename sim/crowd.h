/*
 * crowd.h - the simulated members: each goes through its cycle of login,
 * posts and logout, and all that comes is held against what was sent.
 *
 *	sw = crowd_open(&plan)
 *	while (crowd_turn(sw))
 *		...crowd_tally(sw) tells how far it is
 *	crowd_close(sw)
 *
 * It ends by itself when the plan is fulfilled, or soon after crowd_stop:
 * nothing new is posted then, everyone logs in and takes what waits.
 */
#ifndef MNM_SIM_CROWD_H
#define MNM_SIM_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/member.h"

/* NULL with errno when there is nothing to wait with. */
struct crowd *crowd_open(const struct crowd_plan *);
void crowd_close(struct crowd *);

/* Wait for something to happen, but not long; false when all is over. */
bool crowd_turn(struct crowd *);
void crowd_stop(struct crowd *);
/* End at once: the relay is gone. */
void crowd_abort(struct crowd *);

const struct crowd_tally *crowd_tally(const struct crowd *);
/* Everything that was sent came, once, in order and unaltered. */
bool crowd_is_clean(const struct crowd *);

#endif
