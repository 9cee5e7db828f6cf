/*
 * record.h - one fact about a user or a group, as a small JSON object in the
 * journal and in files.
 *
 * A record describes a state, never a change, so the last one about a thing
 * wins, however often earlier ones are read again:
 *
 *	user	next_ref uid			the next node gets this number
 *		[disabled] [receive_only]	what the user may not do
 *		[pings] [failed_pings]		in the day that began at
 *		[pings_since]			this second since 1970
 *		[new_nodes_day]			on this day, counted from 1970,
 *		[new_nodes_from]		nodes from this number on were
 *						made
 *		[oidc_aud] [oidc_iat]		a provider said who it is
 *		[oidc_iss] [oidc_sub]
 *	node	hash label node [receipts]	the user has this node; for the
 *		salt [seen] uid			receipts see receipts.h
 *		[wake] [woken]
 *	seen	node seen uid			the node was online on this
 *						day, counted from 1970
 *	wake	node seen uid wake [woken]	the node is woken by this URL;
 *						"" is none
 *	woken	node seen uid woken		1: it was woken since its last
 *						login; 0: it was not.  Without
 *						seen, which changes nothing, an
 *						older mnm would complain
 *	gone	gone node uid			the node was removed
 *	user	gone next_ref uid		the user was removed: it has no
 *						nodes and has left all groups
 *	group	gid gone			all members have left it
 *	cork	cork [cork_for] uid		the user's cork ends at this
 *						date, and holds nothing yet; ""
 *						is no cork.  cork_for: a line
 *						for each, type and uid or gid
 *	held	held uid			ids of messages that it holds
 *	blocked	blocked uid			uids of whom the user blocks,
 *						one after the other
 *	alias	alias [dropped] uid [uses]	without uses: unlimited
 *	group	gid [kind]			the group exists; see kind_names
 *	member	alias [by] gid [moderator]	state: see state_names; by: who
 *		state uid			has invited it
 *	pending	[gone] group pending		a post waits in the group for
 *						its moderators: its id, then
 *						the poster's uid, then those
 *						of the moderators who have it
 *
 * Unknown keys are ignored, and dropped when the file is next written: a newer
 * mnm's files can be read by an older one.
 */
#ifndef MNM_USERDB_RECORD_H
#define MNM_USERDB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/secret.h"

#define RECORD_PATH 512		/* room for what record_path writes */

/* What a record has; a flag has no other value. */
enum record_field {
	RECORD_ALIAS        = 1 << 0,
	RECORD_DISABLED     = 1 << 1,	/* flag: the user may not log in */
	RECORD_DROPPED      = 1 << 2,	/* flag: the alias reaches nobody */
	RECORD_NEW_NODES    = 1 << 3,	/* both of them */
	RECORD_GID          = 1 << 4,
	RECORD_GONE         = 1 << 5,	/* flag: node, user or group */
	RECORD_HASH         = 1 << 6,
	RECORD_LABEL        = 1 << 7,
	RECORD_NEXT_REF     = 1 << 8,
	RECORD_NODE         = 1 << 9,
	RECORD_PINGS        = 1 << 10,	/* all three of them */
	RECORD_RECEIVE_ONLY = 1 << 12,	/* flag: the user may not send */
	RECORD_SALT         = 1 << 13,
	RECORD_SEEN         = 1 << 14,
	RECORD_STATE        = 1 << 15,
	RECORD_UID          = 1 << 16,
	RECORD_USES         = 1 << 17,
	RECORD_BY           = 1 << 18,
	RECORD_KIND         = 1 << 19,
	RECORD_MODERATOR    = 1 << 20,	/* flag: of the group */
	RECORD_OIDC         = 1 << 21,	/* all of subject */
	RECORD_GROUP        = 1 << 22,
	RECORD_PENDING      = 1 << 23,
	RECORD_RECEIPTS     = 1 << 24,
	RECORD_WAKE         = 1 << 25,
	RECORD_CORK         = 1 << 26,
	RECORD_CORK_FOR     = 1 << 27,
	RECORD_HELD         = 1 << 28,
	RECORD_WOKEN        = 1 << 29,
	RECORD_BLOCKED      = 1 << 30
};

enum member_state {
	MEMBER_INVITED,		/* may join */
	MEMBER_JOINED,
	MEMBER_LEFT,
	MEMBER_BARRED		/* dropped by a member */
};

/* What a group is; a set of them is an unsigned. */
enum group_kind {
	GROUP_MODERATED = 1 << 0,	/* moderators pass what others post */
	GROUP_CLOSED    = 1 << 1	/* moderators alone know the members */
};

/* A person, as a provider of identities knows it. */
struct subject {
	struct span iss, sub;	/* who says so; whom it means by that */
	struct span aud;	/* to which relay */
	uint32_t iat;		/* when it said so, in seconds since 1970 */
};

struct record {
	unsigned has;			/* a set of record_field */
	struct uid uid, by;
	struct span gid, alias, label, receipts;
	struct span blocked, cork_for, held, wake;
	uint64_t cork;			/* now.wall, or 0 */
	uint32_t next_ref, node, seen, uses, woken;
	uint32_t pings, failed_pings, pings_since;
	uint32_t new_nodes_day, new_nodes_from;
	enum member_state state;
	unsigned kind;			/* a set of group_kind */
	struct span pending;		/* see record_pending_uid */
	struct secret secret;		/* salt and hash */
	struct subject subject;
};

/* What a record is about, by the fields that it has. */
enum record_kind {
	RECORD_INVALID,	/* not JSON, or lacks a required field */
	RECORD_OTHER,		/* unknown; ignored */
	RECORD_OF_USER,
	RECORD_OF_NODE,
	RECORD_OF_SEEN,
	RECORD_OF_WAKE,
	RECORD_OF_WOKEN,
	RECORD_OF_GONE,
	RECORD_OF_CORK,
	RECORD_OF_HELD,
	RECORD_OF_BLOCKED,
	RECORD_OF_ALIAS,
	RECORD_OF_GROUP,
	RECORD_OF_MEMBER,
	RECORD_OF_PENDING
};

/*
 * Read a record.  Its spans point into text or into strings, which is
 * overwritten, and are valid until one of the two is used again.
 */
enum record_kind record_read(struct record *, struct span text,
    struct buf *strings);
enum record_kind record_kind(const struct record *);
/* The text of a set of group_kind, "" if it is empty; false if it is none. */
struct span record_kind_text(unsigned kind);
bool record_read_kind(unsigned *kind, struct span text);
/*
 * A pending post: its id, and its users, the poster first.  False after the
 * last.
 */
uint64_t record_pending_id(const struct record *);
bool record_pending_uid(const struct record *, size_t i, struct uid *);
/* The uid at index i of blocked; false after the last. */
bool record_blocked_uid(const struct record *, size_t i, struct uid *);
/* Append the record, its keys in order. */
void record_write(struct buf *, const struct record *);
/*
 * The file the record belongs to, NUL-terminated, relative to the data
 * directory; "" for RECORD_OTHER.
 */
void record_path(char dst[RECORD_PATH], const struct record *);
/* Where earlier versions had the file. */
void record_old_path(char dst[RECORD_PATH], const struct record *);

#endif
