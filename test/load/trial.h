/*
 * trial.h - one row of the benchmark: its own relay, what it uses, and the
 * figures.
 *
 *	trial_start(b)
 *	l = trial_load(b)
 *	...
 *	m = trial_measure(b, l, &plan, &warm)
 *	row_add(row, "per_s", 0, m.load.posts / m.load.seconds)
 *	load_close(l)
 *	trial_stop(b)
 *
 * With --connect all rows use the server that is there, nothing is started,
 * and nothing is known of its process.
 */
#ifndef MNM_TEST_TRIAL_H
#define MNM_TEST_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "test/lib/relay.h"
#include "test/load/load.h"
#include "test/load/procstat.h"

#define ROW_FIGURES 20

/* How long to measure; a longer run has the rows of the shorter ones, too. */
enum depth { SMOKE, QUICK, FULL };

struct bench {
	enum depth depth;
	enum load_ops ops;
	uint16_t port;		/* of --connect, else 0 */
	char program[RELAY_PATH];
	struct relay_process relay;
	char syncs[RELAY_PATH + 16];
	bool counts;		/* its syncs */
	size_t sync_ms;		/* ... are slowed down by so much */
	bool over_websocket;	/* members speak WebSocket */
	double alone;		/* deliveries/s without idle connections */
	FILE *json;
	const char *section;	/* of the row that was printed last */
};

struct figure {
	const char *name;
	const char *text;	/* in place of a value, or NULL */
	double value;
	int digits;		/* behind the point */
};

struct row {
	struct figure figures[ROW_FIGURES];
	size_t count;
};

struct job {
	const char *section;
	/* Leaves the row empty where it cannot be measured. */
	void (*run)(struct bench *, const struct job *, struct row *);
	size_t size;		/* connections or members, unless run says */
	enum depth depth;	/* the shortest run that it is part of */
};

void row_add(struct row *, const char *name, int digits, double value);
void row_add_text(struct row *, const char *name, const char *text);
/* 0 when b is. */
double ratio(double a, double b);

/* Kill the relay when this program ends, however it does. */
void trial_guard(void);
void trial_start(struct bench *);
/*
 * The same on a disk where each sync takes so many milliseconds longer, with
 * more keys in the configuration, each followed by a comma.
 */
void trial_start_with(struct bench *, size_t sync_ms, const char *conf);
void trial_stop(struct bench *);
/* As a power cut would; then start it again with its data. */
void trial_kill(struct bench *);
void trial_restart(struct bench *);

struct load *trial_load(const struct bench *);
struct reading trial_look(const struct bench *);
/* The first number that a shell command prints in the relay's directory. */
double trial_count(const struct bench *, const char *command);

/* From the relay's statistics; 0 for what they do not have. */
struct trial_stats {
	double turn_ms;		/* the longest since it was last asked */
	double commit_ms;	/* the longest of all */
	double segments;	/* of its journal, in use */
};
struct trial_stats trial_ask(const struct bench *);

/* What is not counted: both must have passed. */
struct warmup {
	double seconds;
	uint64_t posts;
};

struct measured {
	struct load_result load;
	struct reading before, after;
	struct trial_stats stats;
};

/* Post as planned, and measure what the relay uses after warming up. */
struct measured trial_measure(const struct bench *, struct load *,
    const struct load_plan *, const struct warmup *);

#endif
