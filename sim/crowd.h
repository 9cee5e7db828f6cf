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
#include <stdint.h>

#include "sim/histogram.h"

#define CROWD_MEMBERS_MAX 1000

struct client_pool;
struct crowd;

struct crowd_plan {
	const char *path;	/* the relay's socket */
	struct client_pool *clients;	/* not closed with the crowd */
	unsigned members;	/* 2 to CROWD_MEMBERS_MAX */
	unsigned factor;	/* all pauses are divided by it */
	uint64_t deliveries;	/* stop after so many; 0: do not */
	uint64_t milliseconds;	/* of real time; likewise */
};

enum crowd_phase {
	CROWD_ENROLLING,	/* registering and joining groups */
	CROWD_RUNNING,
	CROWD_DRAINING,		/* receiving what waits */
	CROWD_LEAVING,
	CROWD_OVER
};

struct crowd_tally {
	enum crowd_phase phase;
	unsigned members, online, groups;
	uint64_t run;		/* milliseconds in CROWD_RUNNING */
	uint64_t posts;		/* acked, including pings */
	uint64_t deliveries;	/* of posts and pings */
	uint64_t bytes;	/* of their data, delivered */
	uint64_t messages;	/* of all kinds */
	uint64_t presences;	/* ohi */
	uint64_t logins;
	uint64_t resent;	/* and had to be: no ack was sent */

	/* Unless all were received, once, in order and unaltered: */
	uint64_t lost, duplicates, out_of_order;
	uint64_t wrong;		/* anything else */
	/* Microseconds, in CROWD_RUNNING; lags to online members only. */
	struct histogram acks, lags;
};

/* NULL with errno when there is nothing to wait with. */
struct crowd *crowd_open(const struct crowd_plan *);
void crowd_close(struct crowd *);

/* Wait for something to do, but not long; false when it has ended. */
bool crowd_turn(struct crowd *);
void crowd_stop(struct crowd *);
/* End at once: the relay has ended. */
void crowd_abort(struct crowd *);

const struct crowd_tally *crowd_tally(const struct crowd *);

#endif
