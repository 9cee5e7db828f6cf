/*
 * member.h - one simulated member: the steps of its cycle, and what it makes
 * of what comes.
 *
 * The structs are open.  swarm.c decides what phase it is and what the time;
 * here is what a member does then.
 */
#ifndef MNM_SIM_MEMBER_H
#define MNM_SIM_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "client/client.h"
#include "sim/expect.h"
#include "net/poller.h"
#include "sim/histogram.h"

#define PUPPET_NEVER UINT64_MAX

#define SWARM_MEMBERS_MAX 1000

struct swarm_plan {
	const char *path;	/* the relay's socket */
	const struct dial_tls *tls;	/* NULL: plain bytes */
	unsigned members;	/* 2 to SWARM_MEMBERS_MAX */
	unsigned factor;	/* so many times shorter are all pauses */
	uint64_t deliveries;	/* stop after so many; 0: go on */
	uint64_t milliseconds;	/* of real time, likewise */
};

enum swarm_phase {
	SWARM_ENROLLING,	/* registering, and joining groups */
	SWARM_RUNNING,
	SWARM_DRAINING,		/* taking what waits */
	SWARM_LEAVING,
	SWARM_OVER
};

struct swarm_tally {
	enum swarm_phase phase;
	unsigned members, online, groups;
	uint64_t run;		/* milliseconds in SWARM_RUNNING */
	uint64_t posts;		/* that were acked, pings included */
	uint64_t deliveries;	/* of posts and pings */
	uint64_t bytes;	/* of their data, delivered */
	uint64_t messages;	/* of all kinds */
	uint64_t presences;	/* ohi */
	uint64_t logins;
	uint64_t again;		/* came twice, rightly: no ack had been sent */

	uint64_t lost, doubled, disordered;
	uint64_t wrong;		/* anything else */
	/* Microseconds, of the running phase: to those who were online. */
	struct spread acks, lags;
};

/* The steps of a cycle; the post is repeated. */
enum puppet_step {
	STEP_REGISTER,		/* these two are taken once, by some */
	STEP_INVITE,
	STEP_LOGIN,
	STEP_PRESENCE,
	STEP_PING,
	STEP_POST,
	STEP_LOGOUT = STEP_POST + 16
};

enum puppet_state {
	STATE_AWAY,
	STATE_CALLING,		/* info will come */
	STATE_ASKING,		/* an ack will come */
	STATE_RESTING,		/* online, until the next step is due */
	STATE_LEAVING		/* quit will come */
};

struct puppet {
	unsigned index;
	enum puppet_state state;
	unsigned step;		/* an enum puppet_step, or one of the posts */
	uint64_t due;		/* when to take it */
	uint64_t asked;		/* when the last request was sent */
	uint64_t since;		/* when it came online */
	unsigned request;	/* the .id of the last one */
	unsigned invited;	/* by the one who made the group */
	uint32_t parcels;
	struct posting *posting;	/* not acked */
	struct dial *dial;
	unsigned interest;
	struct inbox inbox;
	unsigned login_notices;	/* that are to come */
	char uid[UID_TEXT + 1];
	char nodeid[NODEID_TEXT + 1];
};

/* All the members, and what they share. */
struct swarm {
	struct swarm_plan plan;
	struct swarm_tally tally;
	struct poller *ready;
	struct puppet *puppets;
	struct puppet **by_uid;	/* once all are enrolled */
	unsigned enrolled, joined;
	uint64_t now;		/* microseconds */
	uint64_t started;	/* SWARM_RUNNING */
	uint64_t heard;		/* when the last frame came */
	uint64_t seed;
	unsigned complaints;
	struct buf header, data;	/* of the frame being made */
};

/*
 * Take the step and send the acks that are due; returns when something is due
 * next, in microseconds.
 */
uint64_t puppet_act(struct swarm *, struct puppet *);
/* Move bytes, and let it see what came. */
void puppet_serve(struct swarm *, struct puppet *);
/* Log out now. */
void puppet_leave(struct swarm *, struct puppet *);
/* A moment after a pause of 1 to 30 s, shortened as the plan says. */
uint64_t puppet_pause(struct swarm *);
/* It rests, has got all that was sent to it, and acked it. */
bool puppet_is_settled(const struct puppet *);
/* Count what has not come, at the end, and say who lacks something. */
void puppet_count_lost(struct swarm *, const struct puppet *);
/* Count something that is wrong, and say what. */
void puppet_wrong(struct swarm *, const struct puppet *,
    const char *what, struct span why);
void puppet_free(struct puppet *);

#endif
