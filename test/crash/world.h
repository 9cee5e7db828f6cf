/*
 * world.h - the crash world: a data directory on the disk in memory, and the
 * model that it is compared with.  actions.h changes both.
 *
 * world_... functions that do something return 0, or -1 when the program would
 * have to stop: a commit or a step of the checkpoint failed, or it died.
 */
#ifndef MNM_TEST_CRASH_WORLD_H
#define MNM_TEST_CRASH_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "datadir.h"
#include "test/crash/model.h"

#define WORLD_LARGE 2		/* large messages under way at a time */

/* A large message on its way. */
struct world_large {
	struct upload *upload;		/* NULL: there is none */
	struct model_message message;
	uint32_t written;		/* bytes of its data */
	bool syncing;
};

/* A node whose queue is being copied for another. */
struct world_copy {
	struct model_user *user;	/* NULL: there is none */
	struct model_node *node;
};

struct crash_world {
	struct datadir data;
	struct now now;
	uint64_t random;
	bool is_calm;		/* little is posted: one segment holds it */
	struct model live;	/* what was done */
	struct model committed;	/* what a commit covers of it */
	struct model_messages messages;
	unsigned names;		/* given to aliases and groups so far */
	uint32_t seeds;		/* given to messages */
	uint32_t commits;	/* so far */
	struct world_large larges[WORLD_LARGE];
	struct world_copy copy;
	struct model_found found;
	struct model_fault fault;
	enum model_past past;	/* how the program ended */
	unsigned owes_sync;	/* for WORLD_LATE_TREE: commits until then */
};

/* The one world, for the wrapped functions have no argument. */
extern struct crash_world world;

/* What a test may break of the program, to be caught by others. */
enum world_fault {
	WORLD_SOUND,
	WORLD_NO_FILES,		/* a checkpoint writes no messages */
	WORLD_LATE_TREE		/* the tree is synced some commits too late */
};
extern enum world_fault world_broken;

/* Lines logged, and last words of the program, since this was set to 0. */
extern unsigned long world_lines;
extern char world_first_line[256];
extern char world_last_line[256];
/* Print lines as they come. */
extern bool world_loud;

/* An empty disk and an empty model. */
void world_begin(uint64_t seed);
/* Start the program; -1 if it refuses, or dies. */
int world_open(void);
/* The program is killed. */
void world_kill(void);
/* Stop it properly. */
int world_close(void);
/* The power is cut. */
void world_cut(uint64_t seed);

/*
 * After a start: whether all that was committed is there, or all that was done,
 * and no more.  The model then is what was found.  False with world.fault.
 */
bool world_check(void);

/* Run something that may die.  -1 if it did. */
int world_guard(int (*run)(void));

#endif
