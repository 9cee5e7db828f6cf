/*
 * load.h - members who post as fast as the relay lets them, over TLS.
 *
 *	l = load_open(port, LOAD_2018)
 *	load_add(l, 100)
 *	load_begin(l, &plan)
 *	while (load_turn(l))
 *		...load_result(l) has the figures so far
 *	load_close(l)
 *
 * Every payload received is checked to its last byte, and must be expected; an
 * error ends the program, so that no figure is of a relay that fails.
 */
#ifndef MNM_TEST_LOAD_H
#define MNM_TEST_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/histogram.h"

enum load_ops { LOAD_2018, LOAD_2020 };

/* The recipients of posts. */
enum load_to {
	LOAD_TWO,	/* two other posters */
	LOAD_GROUP,	/* the others of the group */
	LOAD_ABSENT	/* members who are offline */
};

/* Each poster's next post follows when its last was acked and has arrived. */
struct load_plan {
	enum load_to to;
	size_t posters;		/* the first so many members */
	size_t group;		/* LOAD_GROUP: of the first so many members */
	size_t absent, absentees;	/* LOAD_ABSENT: first, how many */
	size_t each;		/* ... of them each post is for; 0: all */
	bool by_group;		/* they are in a group of the poster */
	uint32_t bytes;	/* of each post; 0: 50 to 50 000, mean 6910 */
	double seconds;		/* post for so long; 0: without end */
	uint64_t posts;		/* or so many; 0: without end */
};

struct load_result {
	double seconds;
	double login, first;	/* of load_return: until the last was logged
				   in, and the first message was there */
	uint64_t posts;		/* that were acked */
	uint64_t deliveries, bytes;
	struct histogram acks, lags;	/* microseconds */
};

struct load;

/* At 127.0.0.1. */
struct load *load_open(uint16_t port, enum load_ops);
void load_close(struct load *);

/* Members that connect from now on speak WebSocket. */
void load_over_websocket(struct load *);
/* Register more members, who stay online. */
void load_add(struct load *, size_t members);
/* Make a group of the owner and so many others, from first on. */
void load_group(struct load *, size_t owner, size_t first, size_t members);
/* A member disconnects. */
void load_leave(struct load *, size_t member);

void load_begin(struct load *, const struct load_plan *);
/* Run for a moment; false when all posts have arrived. */
bool load_turn(struct load *);
/* Discard what was measured so far, which was to warm up. */
void load_restart(struct load *);
const struct load_result *load_result(const struct load *);
/* Only keep the connections alive, for so long. */
void load_idle(struct load *, double seconds);

/*
 * Members who have left log in and receive what LOAD_ABSENT posted to them, one
 * load_turn at a time.
 */
void load_return(struct load *, size_t first, size_t members);

enum load_visit {
	LOAD_GREET,		/* connect, and get tmtprev */
	LOAD_GREET_RESUMED,	/* the same with a resumed TLS session */
	LOAD_LOGIN		/* login, ack the login's message, quit */
};
/*
 * The first so many members connect and leave for so long; returns visits per
 * second.  One more member must be online.
 */
double load_visits(struct load *, enum load_visit, size_t members,
    double seconds);

#endif
