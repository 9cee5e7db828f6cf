/*
 * userdb.h - users with their nodes and aliases, groups with their members,
 * and invitations (userdb/invite.h).
 *
 * Everything is in memory; a change is made there at once, appended to the
 * journal as a record, and is durable with the next journal_commit.  The files
 * DATA/user/xx/UID/user.json and DATA/group/xx/NAME.json are written later, by
 * userdb_save.  A file lists the records that make up its user or group, so
 * start-up reads files and journal with the same code.
 *
 * Names (aliases and gids) share one name space.  Two that differ only in
 * ASCII case or in runs of spaces are the same name.
 *
 * A user without a known node is not found, not even by an alias: either its
 * file was damaged, or its last node was dropped.  Its aliases stay taken and
 * its memberships are kept.
 *
 * What is not found is NULL; what is refused is an enum userdb_result.  The
 * structs, in roster.h, are open to read; only this module changes them, except
 * for members marked otherwise.
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

/* A longer label is cut off.  The caller has checked it with name_chars. */
#define USERDB_LABEL_BYTES 64

struct drafts;
struct journal;
struct journal_record;
struct quarantine;
struct userdb;

enum userdb_result {
	USERDB_OK,
	USERDB_SHORT,		/* fewer characters than asked for */
	USERDB_LONG,		/* over NAME_CHARS or NAME_BYTES */
	USERDB_INVALID,		/* unprintable, not UTF-8, space at an end, or
				   with a character that cannot be seen */
	USERDB_UID,		/* could be taken for a uid */
	USERDB_TAKEN
};

/* NULL and why on failure. */
struct userdb *userdb_open(struct quarantine *, struct journal *, char *why,
    size_t room);
void userdb_close(struct userdb *);
/* Apply a record of the journal; false if it belongs to another module. */
bool userdb_replay(struct userdb *, const struct journal_record *);

/*
 * A checkpoint begins: what the journal says up to this message id is to be in
 * files, or in records that are younger.  committed is the highest id that was
 * committed.
 */
void userdb_begin_save(struct userdb *, uint64_t id, uint64_t committed);
/*
 * See that some receipts are not lost with it: those of nodes that have been
 * active since are carried over, appended to the journal once more; the files
 * of other nodes' users are to be written.  Returns true if there are more.
 * journal_ready must be true, unless carries is false: then all go into files.
 */
bool userdb_keep_receipts(struct userdb *, bool carries);
/*
 * Make a draft of one file that is older than memory.  Returns 1, 0 if all are
 * up to date, or -1 with errno (the file is tried again by the next call).
 * Call it only when nothing waits for a commit, so that no file is ever ahead
 * of the journal.
 */
int userdb_save(struct userdb *, struct drafts *);

struct user *userdb_user(struct userdb *, const struct uid *);
/* All users that can be found, and all groups; see roster.h. */
struct user *userdb_next_user(const struct userdb *, size_t *at);
struct group *userdb_next_group(const struct userdb *, size_t *at);
/* The same for a uid as text; NULL also if the text is not a uid. */
struct user *userdb_user_text(struct userdb *, struct span uid);
/* The user's node with this password, compared in constant time, or NULL. */
struct node *userdb_login(const struct user *, struct span nodeid);

/*
 * Make a user with one node.  nodeid gets the node's password, which is not
 * stored: the one that is wanted, NODEID_TEXT characters, or a new one if
 * wanted.n is 0.  NULL if no random numbers are available.
 */
struct user *userdb_add_user(struct userdb *, struct span label,
    struct span wanted, char nodeid[NODEID_TEXT]);
/* Add a node; NULL as above. */
struct node *userdb_add_node(struct userdb *, struct user *,
    struct span label, char nodeid[NODEID_TEXT]);
/* The node is online now: record the day, if it is a later one. */
void userdb_see(struct userdb *, const struct node *, struct now);
/* The node is woken by this URL from now on; "": by none.  It was not woken. */
void userdb_set_wake(struct userdb *, const struct node *, struct span url);
/* Whether it was woken since its last login. */
void userdb_set_woken(struct userdb *, const struct node *, bool woken);
/* Remember what a request of the node has led to. */
void userdb_add_receipt(struct userdb *, struct node *,
    const struct receipt *);
/* Bytes of the journal that this takes: see JOURNAL_REQUEST_MAX. */
#define USERDB_RECEIPT_BYTES 56
/* The node's connection has ended: see receipts_turn. */
void userdb_turn_receipts(struct node *);
/* The caller ends its queue and session first. */
void userdb_drop_node(struct userdb *, struct node *);

/*
 * Remove the user's nodes, its memberships and who it is.  Its aliases stay
 * taken.  The caller ends the nodes' queues and sessions first.
 */
void userdb_remove_user(struct userdb *, struct user *);
/* Change what the user may not do; the caller ends its sessions. */
void userdb_set_flags(struct userdb *, struct user *, unsigned flags);
/* Set who the user is. */
void userdb_set_subject(struct userdb *, struct user *, const struct subject *);
/* The user who is this subject of this issuer, or NULL. */
struct user *userdb_subject(struct userdb *, const struct subject *);
/* The nodes that the user makes from now on are made on this day. */
void userdb_begin_new_nodes(struct userdb *, struct user *, uint32_t day);
/* Set the pings of the day that began at since, as in struct user. */
void userdb_set_pings(struct userdb *, struct user *, uint32_t pings,
    uint32_t failed, uint32_t since);

/* Whether the user wants to hear nothing from the sender; and setting that. */
bool userdb_blocks(const struct user *, const struct user *sender);
void userdb_block(struct userdb *, struct user *, struct user *sender,
    bool on);
/*
 * Set the user's cork, until 0 to end it; the list of what it holds is as in
 * its record.  It holds no message yet.
 */
void userdb_set_cork(struct userdb *, struct user *, uint64_t until,
    struct span list);
/* The cork holds the message. */
void userdb_hold(struct userdb *, struct user *, uint64_t id);
/* All users with a cork. */
const struct set *userdb_corked(const struct userdb *);

/*
 * Whether the name is well formed, with at least min characters.  It may be
 * taken.
 */
enum userdb_result userdb_check_name(struct span name, unsigned min);
/* Whether an alias or a group has the name. */
bool userdb_is_taken(const struct userdb *, struct span name);
/* Checks that the name is well formed and free. */
enum userdb_result userdb_add_alias(struct userdb *, struct user *,
    struct span name, unsigned min, uint32_t uses);
/* Dropped and used-up aliases are found, too. */
struct alias *userdb_alias(struct userdb *, struct span name);
void userdb_drop_alias(struct userdb *, struct alias *);
/* Count a ping or invitation.  Not for dropped or used-up aliases. */
void userdb_use_alias(struct userdb *, struct alias *);

struct group *userdb_group(struct userdb *, struct span gid);
/*
 * The group with this name, created if necessary: of a kind, a set of
 * group_kind.  The name must have been checked; NULL if an alias has it.
 */
struct group *userdb_add_group(struct userdb *, struct span gid,
    unsigned kind);
/* All its members leave; its name stays taken. */
void userdb_dissolve_group(struct userdb *, struct group *);
/*
 * The invited or joined member with this alias.  Takes time in proportion to
 * the members.
 */
struct member *userdb_member_alias(const struct group *, struct span alias);
/*
 * Add a member, or change its alias and state: a moderator who stays joined
 * remains one.  Members are never removed from the array; a pointer to one is
 * valid until the next is added.
 */
void userdb_set_member(struct userdb *, struct group *, struct user *,
    struct span alias, enum member_state);
/* Make a joined member a moderator, or have it be none. */
void userdb_set_moderator(struct userdb *, struct group *, struct member *,
    bool on);
/* As userdb_set_member: invited, by another user. */
void userdb_invite_member(struct userdb *, struct group *, struct user *,
    struct span alias, const struct user *by);

/*
 * A post waits for the moderators of a group; told are those who have got it.
 * Or it waits no more.
 */
void userdb_add_pending(struct userdb *, const struct group *,
    const struct pending *);
void userdb_remove_pending(struct userdb *, const struct group *,
    const struct pending *);

/* How many users can be found. */
size_t userdb_user_count(const struct userdb *);

#endif
