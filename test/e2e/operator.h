/*
 * operator.h - a relay and the operator who runs commands for it.
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
 * Run commands of the shell in the relay's directory.  Returns the status, and
 * in said what they printed, with a NUL.
 */
int operator_shell(const struct relay_process *, struct buf *said,
    const char *command);
/* Run a command of the program there; the words are the shell's. */
int operator_run(struct operator *, const char *command);
/* The same: it must end with this status and say this text. */
void operator_expect(struct operator *, int status, const char *text,
    const char *command);
/* The last command must not have said this text. */
void operator_expect_unsaid(const struct operator *, const char *text);
/* Run commands of the shell there, which must succeed. */
void operator_do(const struct operator *, const char *command);

#endif
