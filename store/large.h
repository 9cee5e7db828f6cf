/*
 * large.h - large data on its way: it arrives in pieces, is written to a file
 * of its own, is synced off the loop, and is then put into the store.
 *
 *	l = store_large_open(st)	NULL with errno
 *	large_write(l, piece)		-1 with errno; go on or drop it
 *	large_sync(l)			begins; -1 with errno
 *	large_state(l)			1 under way, 0 durable, -1 with errno
 *	store_put_large(st, ... l ...)	takes l
 *	large_drop(l)			or gives it up, at any point
 */
#ifndef MNM_STORE_LARGE_H
#define MNM_STORE_LARGE_H

#include <stdint.h>

#include "base/buf.h"
#include "disk/file.h"

struct large;
struct maildir;

/* All that are on their way; begin with { tree, syncer, NULL }. */
struct larges {
	struct maildir *tree;
	struct syncer *syncer;
	struct large *given_up;		/* dropped while being synced */
};

/* x is an id that nothing else has.  NULL with errno. */
struct large *large_open(struct larges *, uint64_t x);
int large_write(struct large *, struct span piece);
int large_sync(struct large *);
int large_state(struct large *);
void large_drop(struct large *);

/* Once it is durable: its X, how many bytes it has; and it is taken. */
uint64_t large_x(const struct large *);
uint64_t large_bytes(const struct large *);
void large_take(struct large *);

/* Let those go that were given up and are no longer being synced. */
void large_tidy(struct larges *);
/* The same for all of them, no job being under way. */
void large_end(struct larges *);

#endif
