/*
 * stats.h - how the relay does: for the operator, and for Prometheus.
 */
#ifndef MNM_ADMIN_STATS_H
#define MNM_ADMIN_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct datadir;
struct output;

/*
 * How the relay's loop has run since its start, in microseconds of the
 * monotonic clock.  A turn lasts from the end of one wait to the next.
 */
struct pace {
	uint64_t longest;	/* turn */
	uint64_t recent;	/* longest turn since it was last shown */
	uint64_t longest_commit;
};

/* All that is measured; what cannot be read is 0. */
struct stats {
	uint64_t connections;
	uint64_t users, nodes, online, groups;
	uint64_t segments, commits, waiting, free;
	uint64_t turn, recent_turn, commit;	/* microseconds */
	bool has_pace;
};

/* pace is NULL if no relay is running. */
struct stats stats_measure(struct datadir *, size_t connections,
    const struct pace *);
/* Into tables; the first columns of "relay" are there. */
void stats_show(struct output *, const struct stats *);
/* Append them in the text format of Prometheus, version 0.0.4. */
void stats_metrics(struct buf *, const struct stats *);

#endif
