/*
 * moderate.h - what the moderators of a group do, and what is done about a
 * group that has none.
 */
#ifndef MNM_TMTP_MODERATE_H
#define MNM_TMTP_MODERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct relay;
struct request;

/* GroupEdit with act moderator. */
bool moderate_edit(struct request *);

/*
 * Look whether each group has its moderators: some in each call, all of them
 * at the start, once an hour, and after moderate_soon.
 */
void moderate_step(struct relay *, struct now);
/* When that is due, in now.mono's milliseconds; UINT64_MAX: not now. */
uint64_t moderate_deadline(const struct relay *);
void moderate_soon(struct relay *);

#endif
