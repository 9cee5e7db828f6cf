/*
 * crowd.h - the simulated members: each goes through its cycle of login, posts
 * and logout, and what it receives is compared with what was sent.
 *
 *	crowd = crowd_open(&plan)
 *	while (crowd_turn(crowd))
 *		...crowd_tally(crowd) has the figures so far
 *	crowd_close(crowd)
 *
 * It ends when the plan is fulfilled, or soon after crowd_stop: nothing new is
 * posted then, all log in and receive what waits.
 */
#ifndef MNM_SIM_CROWD_H
#define MNM_SIM_CROWD_H

#include <stdbool.h>

#include "sim/member.h"

/* NULL with errno when there is nothing to wait with. */
struct crowd *crowd_open(const struct crowd_plan *);
void crowd_close(struct crowd *);

/* Wait for something to do, but not long; false when it has ended. */
bool crowd_turn(struct crowd *);
void crowd_stop(struct crowd *);
/* End at once: the relay has ended. */
void crowd_abort(struct crowd *);

const struct crowd_tally *crowd_tally(const struct crowd *);
/* All that was sent was received, once, in order and unaltered. */
bool crowd_is_clean(const struct crowd *);

#endif
