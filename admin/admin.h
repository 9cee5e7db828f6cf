/*
 * admin.h - the commands by which a relay is administered, by the relay itself
 * or, when none runs, by the program that was given the command.
 *
 * What a command changes is durable after datadir_commit, and its answer may
 * leave only then.
 */
#ifndef MNM_ADMIN_ADMIN_H
#define MNM_ADMIN_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"

struct conf;
struct datadir;
struct relay;

/* Exit statuses. */
enum { ADMIN_DONE = 0, ADMIN_FAILED = 1, ADMIN_USAGE = 2 };

struct pace;	/* see call.h */

/* What commands work on. */
struct admin {
	struct relay *relay;
	struct datadir *data;
	const struct conf *conf;
	struct now now;
	uint64_t started;	/* now.wall; 0: the relay does not run */
	size_t links;		/* connections, logged in or not */
	struct pace *pace;	/* NULL: the relay does not run */
};

/* Whether a command begins with this word. */
bool admin_is_command(const char *word);
/*
 * Run the command that these words are.  Appends the answer, or what is wrong;
 * returns an exit status.
 */
int admin_run(const struct admin *, char *const *words, size_t n,
    struct buf *answer);
/* Append a line about each command. */
void admin_usage(struct buf *);

#endif
