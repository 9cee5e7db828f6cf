/*
 * harness.h - a relay without sockets, TLS or a clock of its own: data in a
 * scratch directory, clients (actors) by name, and time that passes when told.
 *
 * What cannot be done here ends the test program.
 */
#ifndef MNM_TEST_HARNESS_H
#define MNM_TEST_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "datadir.h"
#include "tmtp.h"

#define STAGE_ACTORS 16
#define STAGE_NAME    8
#define STAGE_ROOM    16384	/* octets of output asked for: a TLS record */

struct actor {
	char name[STAGE_NAME];
	struct link *link;	/* NULL before it connects and after its end */
	bool ended;		/* by the relay */
	struct buf got;		/* octets it has not looked at */
	struct buf records;	/* size_t: where in got each output ended */
};

struct stage {
	struct conf conf;	/* may be changed before stage_start */
	struct data data;
	struct relay *relay;
	struct now now;
	size_t piece;		/* octets given at a time; 0: all at once */
	size_t room;		/* octets of output asked for at a time */
	char path[64];		/* a scratch directory */
	unsigned crashes;	/* data is in path/N */
	struct actor actors[STAGE_ACTORS];
};

/* A frame's parts; they point into what an actor has got. */
struct stage_frame {
	struct span header, data;
	size_t octets;		/* of the frame */
	struct span id, from;	/* p is NULL if there is none */
	bool in_one_record;	/* it came with one call of tmtp_output */
};

/* An empty relay by conf's defaults, not yet started. */
void stage_open(struct stage *);
void stage_start(struct stage *);
/* The connections are gone, and the relay ends. */
void stage_stop(struct stage *);
/* The same, but data is as a crash would leave it after the last commit. */
void stage_crash(struct stage *);
void stage_close(struct stage *);

/* The actor of that name; it is made, not connected, if there is none. */
struct actor *stage_actor(struct stage *, const char *name);
void stage_connect(struct stage *, struct actor *);
/* The connection is gone. */
void stage_lose(struct stage *, struct actor *);
/* Give octets to the relay; turns come only between pieces. */
void stage_send(struct stage *, struct actor *, struct span);
/* The first frame that it has got; false if it has not got all of one. */
bool stage_frame(const struct actor *, struct stage_frame *);
/* Whether the headsum is right; only a message must have one. */
bool stage_is_sum_right(const struct stage_frame *);
/* It has looked at so many octets. */
void stage_drop(struct actor *, size_t octets);
/* From the next second on the disk has no space left, or has it again. */
void stage_fill_disk(struct stage *);
void stage_free_disk(struct stage *);
/* Commit, go on with the checkpoint, and give every actor what is for it. */
void stage_turn(struct stage *);
/* Let time pass, with all that falls due. */
void stage_pass(struct stage *, uint64_t milliseconds);

#endif
