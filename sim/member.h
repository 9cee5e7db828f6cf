/*
 * member.h - one simulated member: the steps of its cycle, and its checks of
 * what it receives.
 *
 * The structs are open.  crowd.c decides on the phase and the time; this is
 * what a member does then.
 */
#ifndef MNM_SIM_MEMBER_H
#define MNM_SIM_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "sim/expect.h"
#include "sim/histogram.h"

#define MEMBER_NEVER UINT64_MAX

#define CROWD_MEMBERS_MAX 1000

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

	uint64_t lost, duplicates, out_of_order;
	uint64_t wrong;		/* anything else */
	/* Microseconds, in CROWD_RUNNING; lags to online members only. */
	struct histogram acks, lags;
};

/* The steps of a cycle; the post is repeated. */
enum sim_step {
	STEP_REGISTER,		/* once; the next, once by some */
	STEP_INVITE,
	STEP_LOGIN,
	STEP_PRESENCE,
	STEP_PING,
	STEP_POST,
	STEP_LOGOUT = STEP_POST + 16
};

enum sim_state {
	STATE_AWAY,
	STATE_CONNECTING,	/* awaiting info */
	STATE_ASKING,		/* awaiting an ack */
	STATE_RESTING,		/* online, until the next step is due */
	STATE_LEAVING		/* awaiting quit */
};

struct sim_member {
	unsigned index;
	enum sim_state state;
	unsigned step;		/* an enum sim_step, or one of the posts */
	uint64_t due;		/* when to take it */
	uint64_t asked;		/* when it sent the last request */
	uint64_t since;		/* when it logged in */
	unsigned request;	/* the .id of the last one */
	unsigned invited;	/* by the founder of a group */
	uint32_t payloads;
	struct payload *inflight;	/* not acked */
	struct client *client;	/* NULL: offline */
	unsigned interest;
	struct expect expect;
	unsigned login_notices;	/* expected */
	char uid[UID_TEXT + 1];
	char nodeid[NODEID_TEXT + 1];
};

/* All members, and what they share. */
struct crowd {
	struct crowd_plan plan;
	struct crowd_tally tally;
	struct poller *poller;
	struct sim_member *members;
	struct sim_member **by_uid;	/* once all are enrolled */
	unsigned enrolled, joined;
	uint64_t now;		/* microseconds */
	uint64_t started;	/* CROWD_RUNNING */
	uint64_t heard;		/* when the last frame was received */
	uint64_t seed;
	unsigned complaints;
	struct buf header, data;	/* of the frame being made */
};

/*
 * Take the step and send the acks that are due; returns when something is due
 * next, in microseconds.
 */
uint64_t member_act(struct crowd *, struct sim_member *);
/* Send and receive, and handle the frames received. */
void member_serve(struct crowd *, struct sim_member *, unsigned can);
/* Log out now. */
void member_leave(struct crowd *, struct sim_member *);
/* A moment after a pause of 1 to 30 s, shortened as the plan says. */
uint64_t member_pause(struct crowd *);
/* It rests, and has received and acked all that was sent to it. */
bool member_is_settled(const struct sim_member *);
/* At the end, count what was not delivered, and log it. */
void member_count_lost(struct crowd *, const struct sim_member *);
/* Count an error, and log it. */
void member_wrong(struct crowd *, const struct sim_member *,
    const char *what, struct span why);
void member_free(struct sim_member *);

#endif
