/*
 * fork.h - try what could happen at a point of a life, in a child of the
 * process, while the life itself goes on as if nothing had.
 *
 *	fork_begin(seed, per_mille)	a new life
 *	fork_here(at, &choice)	at each point: true in a child
 *	fork_report(good, why)		how it ended
 *	fork_end()			the end of a child
 *	fork_wait()			the end of the life
 *
 * A child may branch again.  What led to it is its path, which, with the seed,
 * makes the same happen again: fork_follow(path), and no child is made.
 */
#ifndef MNM_TEST_FORK_H
#define MNM_TEST_FORK_H

#include <stdbool.h>
#include <stdint.h>

void fork_open(void);
void fork_begin(uint64_t seed, unsigned per_mille);
/* How many of a thousand points are tried from now on. */
void fork_often(unsigned per_mille);
void fork_follow(const char *path);

/*
 * at numbers the points, upwards.  In the child choice is a number that it is
 * to act by.
 */
bool fork_here(unsigned long at, uint64_t *choice);
/* The same for one point that is sure to be tried; name is its path. */
bool fork_at(const char *name);
/* How many branches led here. */
unsigned fork_depth(void);
void fork_report(bool good, const char *why);
void fork_end(void);
void fork_wait(void);

/* How many were reported since fork_open, and how many were not good. */
unsigned long fork_tried(void);
unsigned long fork_bad(void);
/* Set these counts; print failures or not. */
enum fork_voice { FORK_LOUD, FORK_QUIET };
void fork_reset(unsigned long tried, unsigned long bad,
    enum fork_voice);

#endif
