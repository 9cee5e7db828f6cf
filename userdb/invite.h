/*
 * invite.h - the guest list: who is invited, who knocks, and whether anybody
 * may come for a while.
 *
 * An invitation reserves an alias for the first who registers with it.  One
 * with a code reserves a name that nobody can guess, and keeps only a hash of
 * it.  A knock is an attempt that was refused as nobody had invited it; to
 * approve it makes an invitation for its alias, from its network alone.  A
 * window lets anybody in until its time or its places are used up.
 *
 * All is in memory.  A change is appended to the journal and is durable with
 * the next commit; the file DATA/guests.json is written later, by guests_save.
 */
#ifndef MNM_USERDB_INVITE_H
#define MNM_USERDB_INVITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "disk/draft.h"
#include "disk/journal.h"
#include "disk/quarantine.h"
#include "userdb/name.h"
#include "base/secret.h"
#include "base/subnet.h"

#define GUESTS_ADDRESS 64	/* room for a peer's address */
#define GUESTS_CODE    8	/* characters, 40 bits */

#define GUESTS_INVITATIONS_MAX 1000
#define GUESTS_KNOCKS_MAX      64

#define GUESTS_DAY ((uint64_t)86400000)	/* in now.wall's unit */

enum guest_kind { GUEST_INVITATION, GUEST_KNOCK, GUEST_WINDOW };

struct guest {
	enum guest_kind kind;
	uint64_t id;			/* 0: it gets one */
	char name[NAME_BYTES + 1];	/* without the code, if it has one */
	char address[GUESTS_ADDRESS];	/* of a knock: the latest */
	bool bound;			/* only for those from a network: */
	struct subnet from;
	uint64_t since, until;		/* now.wall; it is over at until */
	uint64_t last;			/* of a knock: the latest */
	uint32_t count;			/* knocks so far; places in a window */
	bool receive_only;
	bool coded;			/* its whole name is this secret: */
	struct secret secret;
};

/* The places in a window that takes any number. */
#define GUESTS_ENDLESS UINT32_MAX

struct guests;

/* NULL and why on failure. */
struct guests *guests_open(struct quarantine *, struct journal *, char *why,
    size_t room);
void guests_close(struct guests *);
/* Take a record of the journal, unless it is not guests': then false. */
bool guests_replay(struct guests *, const struct journal_record *);
/*
 * Make a draft of the file if it is older than memory; 0, or -1 with errno.  As
 * for userdb_save, nothing may wait for a commit.
 */
int guests_save(struct guests *, struct drafts *);

/* Add an entry, or replace the one with its id. */
void guests_set(struct guests *, struct guest);
void guests_remove(struct guests *, uint64_t id);
/* Forget what is over. */
void guests_expire(struct guests *, struct now);
/* The entries, the oldest first; NULL at the end.  Valid until a change. */
const struct guest *guests_at(const struct guests *, size_t index);
/* The one with this id, or NULL. */
const struct guest *guests_id(const struct guests *, uint64_t id);

/* Whether this is the name that an invitation keeps for somebody. */
bool guests_is_named(const struct guest *, struct span name);
/* Whether any does. */
bool guests_reserve(struct guests *, struct span name, struct now);
/* The window, or NULL. */
const struct guest *guests_window(struct guests *, struct now);

/*
 * What the operator does.  Each returns NULL, or why it cannot be done.
 * Aliases are names that userdb_check_name is content with.
 */
const char *guests_invite(struct guests *, const struct guest *terms);
/* The same with a code: token gets the whole name, NUL-terminated. */
const char *guests_invite_coded(struct guests *, const struct guest *terms,
    char token[NAME_BYTES + 1]);
/* Withdraw all invitations of this name, with codes or without. */
const char *guests_withdraw(struct guests *, struct span name, struct now);
/* Make the knocks with this alias invitations. */
const char *guests_approve(struct guests *, struct span alias, struct now);
/* Let so many in from now to until; none closes the window. */
const char *guests_let_in(struct guests *, uint64_t until, uint32_t count,
    struct now);

#endif
