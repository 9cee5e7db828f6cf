/*
 * userdb.h - users with their nodes and aliases, and groups with their
 * members.
 *
 * Everything is in memory; a change is made there at once, appended to the
 * journal as a record, and is durable with the next journal_commit.  The files
 * DATA/user/xx/UID/user.json and DATA/group/xx/NAME.json are written later, by
 * userdb_save.  A file is the list of the records that make its user or group,
 * so that start-up reads files and journal with the same code.
 *
 * Names (aliases and gids) share one name space.  Two that differ only in
 * ASCII case or in runs of spaces are the same name.
 *
 * A user of whom no node is known is not found, nor by an alias: its file was
 * damaged, or its last node dropped.  Its aliases stay taken and its
 * memberships are kept.
 *
 * What is not found is NULL; what is refused is an enum userdb_result.  The
 * structs, in roster.h, are open to read; only this module changes them, but
 * for the members that say otherwise.
 */
#ifndef MNM_USERDB_H
#define MNM_USERDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "userdb/invite.h"
#include "userdb/name.h"
#include "userdb/roster.h"

#define USERDB_LABEL_BYTES 64	/* the longest label kept of a node */

struct drafts;
struct journal;
struct journal_record;
struct quarantine;
struct userdb;

enum userdb_result {
	USERDB_OK,
	USERDB_SHORT,		/* fewer characters than asked for */
	USERDB_LONG,		/* over 64 characters or 128 bytes */
	USERDB_INVALID,		/* not printable, not UTF-8, space at an end */
	USERDB_TAKEN
};

/* NULL and why on failure. */
struct userdb *userdb_open(struct quarantine *, struct journal *, char *why,
    size_t room);
void userdb_close(struct userdb *);
/* Take a record of the journal, unless it is not userdb's: then false. */
bool userdb_replay(struct userdb *, const struct journal_record *);

/*
 * Make the draft of a file that is older than memory.  Returns 1 when it did, 0
 * when there is none, -1 with errno (the file stays to be written).
 * Only call it when nothing waits for a commit, so that no file ever tells
 * what the journal does not.
 */
int userdb_save(struct userdb *, struct drafts *);

struct user *userdb_user(struct userdb *, const struct uid *);
/* All users that can be found, and all groups; see roster.h. */
struct user *userdb_next_user(const struct userdb *, size_t *at);
struct group *userdb_next_group(const struct userdb *, size_t *at);
/* The same for a uid as text; NULL also if it is no uid at all. */
struct user *userdb_user_text(struct userdb *, struct span uid);
/* The user's node with this password, compared in constant time, or NULL. */
struct node *userdb_login(const struct user *, struct span nodeid);

/*
 * Make a user with one node.  nodeid gets the node's password, which is
 * known nowhere else.  NULL when the system gives no randomness.
 */
struct user *userdb_add_user(struct userdb *, struct span label,
    char nodeid[NODEID_TEXT]);
/* Make another node; NULL as above. */
struct node *userdb_add_node(struct userdb *, struct user *,
    struct span label, char nodeid[NODEID_TEXT]);
/* The node is online now: remember the day, if it is a later one. */
void userdb_see(struct userdb *, const struct node *, struct now);
/* The node is freed; its queue and link are the caller's to end first. */
void userdb_drop_node(struct userdb *, struct node *);

/*
 * The user has no nodes any more, whose queues and links are the caller's to
 * end first, and leaves all groups.  Its aliases stay taken.
 */
void userdb_remove_user(struct userdb *, struct user *);
/* Change what the user may not do; its links are the caller's to end. */
void userdb_set_flags(struct userdb *, struct user *, unsigned flags);
/* Of the user's pings today so many have been sent, and as many failed. */
void userdb_set_pings(struct userdb *, struct user *, uint32_t pings,
    uint32_t failed, uint32_t since);

/*
 * Whether a name of at least min characters could be an alias or a gid:
 * its form only.
 */
enum userdb_result userdb_check_name(struct span name, unsigned min);
/* Whether somebody has it as an alias or gid. */
bool userdb_is_taken(const struct userdb *, struct span name);
/* Its form, and whether nobody has it as an alias or gid. */
enum userdb_result userdb_add_alias(struct userdb *, struct user *,
    struct span name, unsigned min, uint32_t uses);
/* NULL if there is no such alias; dropped and used-up ones are found. */
struct alias *userdb_alias(struct userdb *, struct span name);
void userdb_drop_alias(struct userdb *, struct alias *);
/* One ping or invitation has reached it.  Not for dropped or used-up ones. */
void userdb_use_alias(struct userdb *, struct alias *);

struct group *userdb_group(struct userdb *, struct span gid);
/*
 * The group of this name, made if there is none.  The name must have been
 * checked; NULL if it is taken by an alias.
 */
struct group *userdb_add_group(struct userdb *, struct span gid);
/* All its members leave; its name stays taken. */
void userdb_dissolve_group(struct userdb *, struct group *);
/*
 * The member, in any state but MEMBER_BARRED or _LEFT, with this alias.  All
 * members are tried.
 */
struct member *userdb_member_alias(const struct group *, struct span alias);
/*
 * Add a member or change one: its alias and state.  Members never leave the
 * array, and a pointer to one is valid until the next is added.
 */
void userdb_set_member(struct userdb *, struct group *, struct user *,
    struct span alias, enum member_state);

/* Users that can be found. */
size_t userdb_user_count(const struct userdb *);

#endif
