/*
 * invite.h - invitations, requests to join, and the open window.
 *
 * An invitation reserves an alias for the first to register with it.  One with
 * a code is for the first to give the alias, a space and the code, and keeps
 * only a hash of that.  A
 * request is an attempt to register that was refused for lack of an
 * invitation; approving it makes an invitation for its alias, valid only from
 * its network.  While the window is open anybody may register, until its time
 * or its places are used up.
 *
 * Everything is in memory.  A change is appended to the journal and is durable
 * with the next commit; the file DATA/guests.json is written later, by
 * invite_save.
 */
#ifndef MNM_USERDB_INVITE_H
#define MNM_USERDB_INVITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/subnet.h"
#include "userdb/name.h"

#define INVITE_ADDRESS 64	/* room for a peer's address */
#define INVITE_CODE    8	/* characters, almost 40 bits */

#define INVITE_INVITATIONS_MAX 1000
#define INVITE_REQUESTS_MAX     512

enum invite_kind { INVITE_INVITATION, INVITE_REQUEST, INVITE_WINDOW };

struct invite {
	enum invite_kind kind;
	uint64_t id;			/* 0: invite_set assigns one */
	char name[NAME_BYTES + 1];	/* without the code, if it has one */
	char address[INVITE_ADDRESS];	/* of a request: the latest */
	bool bound;			/* valid only from this network: */
	struct subnet from;
	uint64_t since, until;		/* now.wall; it expires at until */
	uint64_t last;			/* of a request: the latest */
	uint32_t count;			/* requests so far; places left */
	bool receive_only;
	bool coded;			/* with its code, it is this secret: */
	struct secret secret;
	bool expired;			/* not on disk */
};

/* The places of a window without a limit. */
#define INVITE_UNLIMITED UINT32_MAX

struct drafts;
struct invites;
struct journal;
struct journal_record;
struct quarantine;

/* NULL and why on failure. */
struct invites *invite_open(struct quarantine *, struct journal *, char *why,
    size_t room);
void invite_close(struct invites *);
/* Apply a record of the journal; false if it belongs to another module. */
bool invite_replay(struct invites *, const struct journal_record *);
/*
 * Make a draft of the file if it is older than memory; 0, or -1 with errno.  As
 * for userdb_save, nothing may wait for a commit.
 */
int invite_save(struct invites *, struct drafts *);

/* Add an entry, or replace the one with its id. */
void invite_set(struct invites *, struct invite);
void invite_remove(struct invites *, uint64_t id);
/*
 * Find which entries have expired.  None is removed before it has been expired
 * for 30 days by a clock that was not set in the last day: a clock may be ahead
 * for a while.  One that was made before the clock was set, in 1970, begins
 * again now.
 */
void invite_expire(struct invites *, struct now);
/*
 * The entries that have not expired, the oldest first; NULL at the end.  Valid
 * until a change.
 */
const struct invite *invite_at(const struct invites *, size_t index);
/* The entry with this id, or NULL. */
const struct invite *invite_by_id(const struct invites *, uint64_t id);

/* Whether this is an invitation for who gives this name, and code if any. */
bool invite_is_named(const struct invite *, struct span name);
/* Whether any invitation reserves it; a name with its code, too. */
bool invite_reserves(struct invites *, struct span name, struct now);
/* The open window, or NULL. */
const struct invite *invite_window(struct invites *, struct now);

/*
 * The operator's commands.  Each returns NULL, or why it failed.  Aliases must
 * have passed userdb_check_name.
 */
const char *invite_add(struct invites *, const struct invite *terms);
/* The same with a code: token gets name and code, NUL-terminated. */
const char *invite_add_coded(struct invites *, const struct invite *terms,
    char token[NAME_BYTES + 1]);
/* Withdraw all invitations for this name, with or without a code. */
const char *invite_withdraw(struct invites *, struct span name, struct now);
/* The name without what looks like a code; its p is NULL if nothing does. */
struct span invite_without_code(struct span name);
/*
 * Turn the requests for this alias into invitations, in place of those with a
 * code.
 */
const char *invite_approve(struct invites *, struct span alias, struct now);
/* Let up to count members register until then; replaces an open window. */
void invite_open_window(struct invites *, uint64_t until, uint32_t count,
    struct now);
const char *invite_close_window(struct invites *, struct now);

#endif
