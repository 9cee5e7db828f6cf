/*
 * crowd.h - many members of one relay who talk at the same time.
 */
#ifndef MNM_TEST_CROWD_H
#define MNM_TEST_CROWD_H

#include <stddef.h>

struct crowd_setup {
	const char *program;
	size_t members;		/* all register and stay online */
	size_t posters;		/* the first so many of them post */
	size_t posts;		/* of each, the next when the last was acked */
	int signal;		/* sent to the relay half-way; 0: none */
};

/*
 * Check that every acked post reaches each of its recipients whole, in the
 * order of its sender's posts, and only once unless there was a signal.
 */
void crowd_test(const struct crowd_setup *);

#endif
