/*
 * fork.h - try what could happen at a point of a life, in a child of the
 * process, while the life itself goes on as if nothing had.
 *
 *	branch_begin(seed, per_mille)	a new life
 *	branch_here(at, &choice)	at each point: true in a child
 *	branch_tell(good, why)		what became of it
 *	branch_end()			the end of a child
 *	branch_wait()			the end of the life
 *
 * A child may branch again.  What led to it is its path, which, with the seed,
 * makes the same happen again: branch_follow(path), and no child is made.
 */
#ifndef MNM_TEST_FORK_H
#define MNM_TEST_FORK_H

#include <stdbool.h>
#include <stdint.h>

void branch_open(void);
void branch_begin(uint64_t seed, unsigned per_mille);
/* How many of a thousand points are tried from now on. */
void branch_often(unsigned per_mille);
void branch_follow(const char *path);

/*
 * at numbers the points, upwards.  In the child choice is a number that it is
 * to act by.
 */
bool branch_here(unsigned long at, uint64_t *choice);
/* The same for one point that is sure to be tried; name is its path. */
bool branch_at(const char *name);
/* How many branches led here. */
unsigned branch_depth(void);
void branch_tell(bool good, const char *why);
void branch_end(void);
void branch_wait(void);

/* How many were told of since branch_open, and were not good. */
unsigned long branch_tried(void);
unsigned long branch_bad(void);
/* Forget what was told since then; print failures or not. */
enum branch_voice { BRANCH_LOUD, BRANCH_QUIET };
void branch_reset(unsigned long tried, unsigned long bad,
    enum branch_voice);

#endif
