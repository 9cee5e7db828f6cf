/*
 * admin.h - the commands of the operator, run by the relay or, when none is
 * running, by the program that was given the command.
 *
 * What a command changes is durable after datadir_commit, and its answer may
 * leave only then.
 */
#ifndef MNM_ADMIN_ADMIN_H
#define MNM_ADMIN_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct call;

/* Exit statuses; but ADMIN_AGAIN is for who asks the relay. */
enum { ADMIN_DONE = 0, ADMIN_FAILED = 1, ADMIN_USAGE = 2, ADMIN_AGAIN = 3 };

/*
 * Read the words of a command into the call: what command, with what arguments
 * and options.  If they are wrong, returns false and appends what is wrong, and
 * lines on how the command is used.
 */
bool admin_parse(struct call *, char *const *words, size_t n,
    struct buf *fault, struct buf *usage);
/*
 * Append an answer that is one sentence: done, or if why is not NULL, why not.
 * The options are those given.  Returns an exit status.
 */
int admin_answer(unsigned given, const char *done, const char *why,
    struct buf *answer);
/*
 * Run the command that these words are, on what is set in the call.  Appends
 * the answer, or what is wrong; returns an exit status.  ADMIN_AGAIN: the same
 * words must be run again in another turn.
 */
int admin_run(struct call *, char *const *words, size_t n,
    struct buf *answer);
/* Append a line about each command. */
void admin_usage(struct buf *);
/*
 * Append how the commands that begin with this word are used.  If there is
 * none, returns false, and appends what is wrong to fault.
 */
bool admin_help(struct buf *, struct buf *fault, const char *word);

#endif
