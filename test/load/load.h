/*
 * load.h - members of a relay who post as fast as it lets them, over TLS.
 *
 *	l = load_open(port, LOAD_2018)
 *	load_add(l, 100)
 *	load_begin(l, &plan)
 *	while (load_turn(l))
 *		...load_result(l) tells how far it is
 *	load_close(l)
 *
 * Every parcel that comes is checked to its last byte, and to be expected;
 * what is wrong ends the program, so that a figure is never of a relay that
 * fails.
 */
#ifndef MNM_TEST_LOAD_H
#define MNM_TEST_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/histogram.h"

enum load_ops { LOAD_2018, LOAD_2020 };

/* Whom posts are for. */
enum load_to {
	LOAD_TWO,	/* two others who post, too */
	LOAD_GROUP,	/* the others of the group */
	LOAD_ABSENT	/* members who are offline */
};

/* Each poster's next post follows when its last was acked and has arrived. */
struct load_plan {
	enum load_to to;
	size_t posters;		/* the first so many members */
	size_t group;		/* of the first so many, for LOAD_GROUP */
	size_t absent, absentees;	/* LOAD_ABSENT: first, how many */
	uint32_t bytes;	/* of each post; 0: 50 to 50 000, mean 6910 */
	double seconds;		/* post for so long; 0: without end */
	uint64_t posts;		/* or so many; 0: without end */
};

struct load_result {
	double seconds;
	double login, first;	/* of load_return: until it was logged in, and
				   had its first message */
	uint64_t posts;		/* that were acked */
	uint64_t deliveries, bytes;
	struct histogram acks, lags;	/* microseconds */
};

struct load;

/* At 127.0.0.1. */
struct load *load_open(uint16_t port, enum load_ops);
void load_close(struct load *);

/* Register more members, who stay online. */
void load_add(struct load *, size_t members);
/* Make one group of the first so many. */
void load_group(struct load *, size_t members);
/* A member hangs up. */
void load_leave(struct load *, size_t member);

void load_begin(struct load *, const struct load_plan *);
/* Go on for a moment; false when all posts have arrived. */
bool load_turn(struct load *);
/* Forget what was measured so far: it was to warm up. */
void load_restart(struct load *);
const struct load_result *load_result(const struct load *);
/* Only keep the links going, for so long. */
void load_idle(struct load *, double seconds);

/*
 * A member who has left logs in and takes what LOAD_ABSENT posted to it; one
 * turn at a time, as load_turn.
 */
void load_return(struct load *, size_t member);

enum load_visit {
	LOAD_GREET,		/* connect, and have tmtprev answered */
	LOAD_GREET_RESUMED,	/* the same with a TLS session taken up again */
	LOAD_LOGIN		/* login, ack the login's message, quit */
};
/*
 * The first so many members come and go for so long; returns visits per
 * second.  One member more must be online.
 */
double load_visits(struct load *, enum load_visit, size_t members,
    double seconds);

#endif
