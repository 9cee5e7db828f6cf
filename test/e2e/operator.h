/*
 * operator.h - a relay and the operator who runs commands beside it.
 */
#ifndef MNM_TEST_OPERATOR_H
#define MNM_TEST_OPERATOR_H

#include "base/buf.h"
#include "test/lib/relay.h"

struct operator {
	struct relay_process relay;
	struct buf said;	/* by the last command, with a NUL */
};

/* The program is that of the relay and of the commands; none is started. */
void operator_init(struct operator *, const char *program);
void operator_free(struct operator *);

/*
 * Run a command in the relay's directory; the words are the shell's.  Returns
 * its status.
 */
int operator_run(struct operator *, const char *command);

#endif
