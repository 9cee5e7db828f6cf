/*
 * sweep.h - gives back the disk of messages that wait for nobody any more.
 *
 * A sweep reads all indexes and marks what waits in the packs.  A pack without
 * a mark is removed; of one that is less than half full, or of several small
 * ones, what is marked is written to a new file, which takes their place when
 * it is durable.  It works in small steps, between which all else goes on:
 * what waits can only become less, except by a copy of an index: when one is
 * finished, the sweep begins again.  What is packed after it began is not
 * touched.
 */
#ifndef MNM_STORE_SWEEP_H
#define MNM_STORE_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

struct larges;
struct packs;
struct quarantine;
struct sweep;
struct syncer;

/* All of these stay the caller's. */
struct sweep *sweep_open(struct quarantine *, struct syncer *, struct packs *,
    struct larges *);
void sweep_close(struct sweep *);
/* Sweep what has an id below limit, unless a sweep is under way. */
void sweep_begin(struct sweep *, uint64_t limit);
/* An index was copied: marks may be lacking. */
void sweep_restart(struct sweep *);
bool sweep_is_under_way(const struct sweep *);
/* It waits for the syncer. */
bool sweep_waits(const struct sweep *);
/* A small step; true if there is more to do at once. */
bool sweep_step(struct sweep *);

#endif
