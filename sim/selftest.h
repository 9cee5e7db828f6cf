/*
 * selftest.h - a conversation with a relay that uses every op, and in which
 * every answer is known in advance.
 */
#ifndef MNM_SIM_SELFTEST_H
#define MNM_SIM_SELFTEST_H

struct client_pool;

/*
 * The lines of selftest.t, from which the Makefile makes them, without comments
 * and joined; NULL ends them.
 */
extern const char *const selftest_lines[];

/*
 * Talk to the relay at path, in both numberings.  Returns the number of frames
 * that were received as expected, or -1 after one that was not, which is
 * logged.
 */
long selftest_run(const char *path, struct client_pool *);

#endif
