/*
 * commands.h - the operator's commands about registration, members, groups and
 * the relay's state, and what every command is given.
 */
#ifndef MNM_ADMIN_COMMANDS_H
#define MNM_ADMIN_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin/output.h"
#include "admin/stats.h"
#include "base/clock.h"

struct cert;
struct conf;
struct datadir;
struct relay;
struct user;

#define COMMAND_ARGS 3

/* A set of them is an unsigned. */
enum command_option {
	OPTION_JSON         = 1 << 0,
	OPTION_CODE         = 1 << 1,
	OPTION_RECEIVE_ONLY = 1 << 2,
	OPTION_DAYS         = 1 << 3,	/* has a number */
	OPTION_MAX          = 1 << 4,	/* has a number */
	OPTION_REPAIR       = 1 << 5,
	OPTION_QR           = 1 << 6,
	OPTION_RENEW        = 1 << 7,
	OPTION_HOST         = 1 << 8,	/* has a name */
	OPTION_PORT         = 1 << 9	/* has a number */
};

/* A command that is being run. */
struct call {
	/* What it works on, from the caller. */
	const struct conf *conf;
	struct datadir *data;
	struct relay *relay;
	const struct cert *cert;	/* NULL: not known */
	struct now now;
	uint64_t started;		/* now.wall; 0: no relay is running */
	size_t connections;		/* logged in or not */
	struct pace *pace;		/* NULL: no relay is running */
	bool *reload;			/* set if it shall read its files
					   again; NULL likewise */
	/* What its words say. */
	const struct command *command;
	const char *args[COMMAND_ARGS];	/* NULL: not given */
	unsigned options;		/* a set */
	uint32_t number;		/* of an option that has one */
	const char *host;		/* of OPTION_HOST */
	/* What its handler uses. */
	struct user *user;
	struct output out;		/* the answer */
	const char *about;		/* what why is about: an argument */
	char why[80];			/* room for a reason with a number */
	bool again;			/* run it once more, in another turn */
};

/* Only digits, up to max. */
bool commands_number(uint32_t *number, const char *text, uint32_t max);

/*
 * What a command needs of the relay: one that changes something needs room in
 * the journal.
 */
enum command_effect { READS, CHANGES };

struct command {
	const char *first, *second;	/* its words; second may be NULL */
	const char *usage;		/* arguments, then options */
	enum command_effect effect;
	/*
	 * What a relay does.  It finds its arguments in the call, and in user
	 * the one that the first argument names, if it is a USER, and appends
	 * its answer to out.  It returns NULL, or why nothing was done, to
	 * which about is added.  NULL: the program runs it itself, see cli.c.
	 */
	const char *(*run)(struct call *);
	const char *help;		/* what it does */
};

extern const struct command commands[];
extern const size_t commands_count;

#endif
