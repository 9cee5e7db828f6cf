/*
 * context.h - what every command of tmtp gets: the account, options that all
 * have, and how to end.
 *
 * A command is a function of its words; it returns an exit status.  Before it
 * returns one that is not 0, it says why: context_fail.
 */
#ifndef MNM_CMD_CONTEXT_H
#define MNM_CMD_CONTEXT_H

#include <stdbool.h>

#define CONTEXT_WHY 512

/* The statuses of sysexits.h, which POSIX does not have. */
enum exit_status {
	STATUS_OK = 0,
	STATUS_USAGE = 64,		/* wrong arguments */
	STATUS_DATA = 65,		/* the relay has refused it */
	STATUS_NO_INPUT = 66,		/* a file cannot be read */
	STATUS_NO_USER = 67,		/* unknown WHO */
	STATUS_UNAVAILABLE = 69,	/* not now: nothing was kept */
	STATUS_CANNOT_CREATE = 73,
	STATUS_IO = 74,			/* output cannot be written */
	STATUS_TEMPORARY = 75,		/* kept, and will be sent */
	STATUS_NO_PERMISSION = 77,	/* login or certificate refused */
	STATUS_CONFIG = 78		/* no such account, or damaged */
};

struct context {
	const char *account;		/* its name */
	bool json;
	const char *help;		/* NULL, or what the command does: only
					   its usage is asked for */
	char why[CONTEXT_WHY];
};

struct account;

/* Say "tmtp: ..." on stderr, and return the status. */
int context_fail(const struct context *, enum exit_status,
    const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Open the context's account.  0, or a status. */
int context_account(struct context *, struct account *);

/*
 * Options in front of words.  context_option returns the letter of the next
 * one, 0 at the first word or after "--", and -1 for an unknown one, or one
 * without its value, which it has then said.
 */
struct context_option {
	const char *name;		/* long, without "--"; NULL ends */
	char letter;			/* what is returned, and its short form
					   if that is a letter */
	bool has_value;
};

struct context_words {
	char **at;			/* the next word */
	const char *value;		/* of the last option */
	bool ended;			/* by "--" */
};

int context_option(struct context_words *, const struct context_option *);
/* The last option's value as a number from 0 to max.  0, or a status. */
int context_number(const struct context_words *, long min, long max,
    long *number);
/* Print how to use it, and return STATUS_USAGE, or STATUS_OK for --help. */
int context_usage(const struct context *, const char *usage);

#endif
