/*
 * moderate.h - what the moderators of a group do, and what is done about a
 * group that has none.
 */
#ifndef MNM_TMTP_MODERATE_H
#define MNM_TMTP_MODERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct group;
struct relay;
struct request;
struct session;

/* GroupEdit with act moderator, pass or reject. */
bool moderate_edit(struct request *);
bool moderate_pass(struct request *);
bool moderate_reject(struct request *);

/* The session has no post on its way to be passed any more. */
void moderate_forget(struct session *);
/* Remove all members and the posts that wait for moderators. */
void moderate_remove_group(struct relay *, struct group *);

/*
 * Look whether each group has its moderators, and reject what they have not
 * settled in conf's moderate_days: some groups in each call, all of them at the
 * start, once an hour, and after moderate_soon.
 */
void moderate_step(struct relay *, struct now);
/* When that is due, in now.mono's milliseconds; UINT64_MAX: not now. */
uint64_t moderate_deadline(const struct relay *);
void moderate_soon(struct relay *);

#endif
