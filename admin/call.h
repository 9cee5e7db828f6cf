/*
 * call.h - a command of the operator while it runs: what it was given, what it
 * works on, what it answers.
 *
 * A handler returns NULL, or why nothing was done, to which about is added.
 */
#ifndef MNM_ADMIN_CALL_H
#define MNM_ADMIN_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/encode.h"
#include "admin/output.h"
#include "userdb.h"

#define CALL_ARGS 3

/* Options; a set of them is an unsigned. */
enum call_option {
	CALL_JSON         = 1 << 0,
	CALL_CODE         = 1 << 1,
	CALL_RECEIVE_ONLY = 1 << 2,
	CALL_DAYS         = 1 << 3,	/* has a number */
	CALL_MAX          = 1 << 4	/* has a number */
};

/*
 * How the relay's loop went since it was started, in microseconds of the
 * monotonic clock.  A turn lasts from the end of one wait to the next.
 */
struct pace {
	uint64_t longest;	/* turn */
	uint64_t recent;	/* turn since somebody asked for this */
	uint64_t longest_commit;
};

struct relay;

struct call {
	struct relay *relay;
	struct datadir *data;
	const struct conf *conf;
	struct userdb *db;
	struct invites *invites;
	struct now now;
	uint64_t started;		/* now.wall; 0: the relay is stopped */
	size_t links;
	struct pace *pace;		/* NULL: the relay is stopped */
	const char *args[CALL_ARGS];	/* as many as the command takes */
	unsigned has;			/* a set of options */
	uint32_t days, max;
	struct report report;
	const char *about;		/* the first argument, or another */
	char why[80];			/* room for a reason with a number */
};

/* Digits alone, up to max. */
bool call_number(uint32_t *number, const char *text, uint32_t max);
/* A number and one of s, m, h and d, in milliseconds. */
bool call_time(uint64_t *time, const char *text);

/* The user with this uid or alias, or NULL; the name is what about is. */
struct user *call_user(struct call *, const char *name);
#define CALL_NO_USER "there is no user with the uid or alias"

/* A column with the uid. */
void call_tell_uid(struct call *, const struct user *);
/* An alias that reaches the user; p is NULL if none does. */
struct span call_alias(const struct user *);

#endif
