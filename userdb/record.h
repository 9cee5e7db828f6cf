/*
 * record.h - one fact about a user or a group, as a small JSON object in the
 * journal and in files.
 *
 * A record says how something is, never how it changed, so that the last
 * one about a thing holds however often those before it are read:
 *
 *	user	next_ref uid			the next node gets this number
 *		[disabled] [receive_only]	what the user may not do
 *		[pings] [failed_pings]		in the day that began at
 *		[pings_since]			this second since 1970
 *	node	hash label node salt [seen] uid	the user has this node
 *	seen	node seen uid			the node was online on this
 *						day, counted from 1970
 *	gone	gone node uid			the user has the node no more
 *	user	gone next_ref uid		the user has no nodes any more,
 *						and has left all groups
 *	group	gid gone			all members have left it
 *	alias	alias [dropped] uid [uses]	without uses it is endless
 *	group	gid				there is this group
 *	member	alias gid state uid		state: see state_names
 *
 * Keys that are not known here are passed over, and are lost when the file is
 * next written: a newer mnm's files can be read by an older one.
 */
#ifndef MNM_USERDB_RECORD_H
#define MNM_USERDB_RECORD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/secret.h"

#define RECORD_PATH 512		/* room for what record_path writes */

/* What a record has; a flag has no value but that. */
enum record_field {
	RECORD_ALIAS        = 1 << 0,
	RECORD_DISABLED     = 1 << 1,	/* flag: the user may not log in */
	RECORD_DROPPED      = 1 << 2,	/* flag: the alias reaches nobody */
	RECORD_FAILED_PINGS = 1 << 3,
	RECORD_GID          = 1 << 4,
	RECORD_GONE         = 1 << 5,	/* flag: node, user or group */
	RECORD_HASH         = 1 << 6,
	RECORD_LABEL        = 1 << 7,
	RECORD_NEXT_REF     = 1 << 8,
	RECORD_NODE         = 1 << 9,
	RECORD_PINGS        = 1 << 10,
	RECORD_PINGS_SINCE  = 1 << 11,
	RECORD_RECEIVE_ONLY = 1 << 12,	/* flag: the user may not send */
	RECORD_SALT         = 1 << 13,
	RECORD_SEEN         = 1 << 14,
	RECORD_STATE        = 1 << 15,
	RECORD_UID          = 1 << 16,
	RECORD_USES         = 1 << 17
};

enum member_state {
	MEMBER_INVITED,		/* may join */
	MEMBER_JOINED,
	MEMBER_LEFT,		/* left, or was dropped by another member: */
	MEMBER_BARRED		/* must be invited again */
};

struct record {
	unsigned has;			/* a set of record_field */
	struct uid uid;
	struct span gid, alias, label;
	uint32_t next_ref, node, seen, uses;
	uint32_t pings, failed_pings, pings_since;
	enum member_state state;
	struct secret secret;		/* salt and hash */
};

/* What a record is about follows from what it names. */
enum record_kind {
	RECORD_SENSELESS,	/* not JSON, or lacks what its kind must have */
	RECORD_OTHER,		/* about nothing that is known here */
	RECORD_OF_USER,
	RECORD_OF_NODE,
	RECORD_OF_SEEN,
	RECORD_OF_GONE,
	RECORD_OF_ALIAS,
	RECORD_OF_GROUP,
	RECORD_OF_MEMBER
};

/*
 * Read a record.  Its spans point into text or into strings, which is
 * overwritten, and are valid until one of the two is used again.
 */
enum record_kind record_read(struct record *, struct span text,
    struct buf *strings);
enum record_kind record_kind(const struct record *);
/* Append the record in canonical form. */
void record_write(struct buf *, const struct record *);
/*
 * The file the record belongs to, NUL-terminated, relative to the data
 * directory; "" for RECORD_OTHER.
 */
void record_path(char dst[RECORD_PATH], const struct record *);

#endif
