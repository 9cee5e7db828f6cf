/*
 * roster.h - users with their nodes and aliases, and groups with their members,
 * in memory.
 *
 * A roster is the result of applying records to an empty one; nothing else
 * changes it.  Since a record describes a state, applying the most recent
 * records again, in order, changes nothing.
 *
 * The structs are open to read; comments say which members others keep.
 */
#ifndef MNM_USERDB_ROSTER_H
#define MNM_USERDB_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/set.h"
#include "userdb/receipts.h"
#include "userdb/record.h"

struct queue;	/* store's */
struct session;	/* tmtp's */
struct contact;	/* tmtp's */
struct waking;	/* tmtp's */
struct share;	/* tmtp's */
struct index;	/* roster.c's own */
struct roster;
struct user;

struct node {
	struct user *user;
	uint32_t ref;		/* its number, from 1, never reused */
	struct secret secret;	/* of the nodeid */
	uint32_t seen;		/* last day it was online, since 1970;
				   0: unknown */
	struct receipts receipts;	/* of its requests */
	struct queue *queue;	/* for tmtp; NULL at first */
	struct session *session;	/* for tmtp; NULL while offline */
	char *wake;		/* URL by which it is woken; NULL: none */
	struct waking *waking;	/* for tmtp; NULL at first */
	struct share *share;	/* for tmtp; NULL at first; freed with this */
	uint64_t unused;	/* for tmtp: now.mono when it is dropped unless
				   it has logged in; 0: never */
	bool woken;		/* since its last login */
	char label[];		/* the user's name for it; may be "" */
};

/* The uses of an alias without a limit. */
#define ALIAS_UNLIMITED UINT32_MAX

struct alias {
	struct user *user;
	char *name;		/* as registered */
	uint32_t uses;		/* pings and invitations it still admits */
	bool dropped;		/* reserved, but reaches nobody */
};

/* What a user may not do; a set of them is an unsigned. */
enum user_flag {
	USER_DISABLED     = 1 << 0,	/* log in */
	USER_RECEIVE_ONLY = 1 << 1	/* send */
};

/* What a user is not sent before a date. */
struct cork {
	uint64_t until;		/* now.wall */
	bool all;		/* from everybody else */
	struct set users, groups;	/* ... or from these users, and to these
					   groups */
	char *list;		/* the two as a record has them */
	uint64_t *held;		/* ids of messages, rising */
	size_t held_count;
};

struct user {
	struct uid uid;
	uint32_t next_ref;
	unsigned flags;
	uint32_t pings, failed_pings;	/* in the day from pings_since on, */
	uint32_t pings_since;		/* in seconds since 1970 */
	uint32_t new_nodes_day;	/* since 1970; 0: never.  On it, nodes */
	uint32_t new_nodes_from;	/* from this number on were made */
	/* The same of aliases, for tmtp/useredit.c; in memory only. */
	uint32_t new_aliases_day, new_aliases_from;
	struct node **nodes;	/* by rising ref */
	struct alias **aliases;
	uint32_t node_count, alias_count;
	struct subject *subject;	/* who it is; NULL: nobody said so */
	struct cork *cork;		/* NULL: none */
	struct set *blocked;		/* users; NULL: none */
	uint32_t groups_made;	/* groups whose first member it was */
	uint32_t pending;	/* posts of it that wait for moderators */
	struct contact *contacts;	/* for tmtp: presence; NULL at first */
	struct user *dirty_next;	/* for userdb */
	uint32_t nodes_online;	/* for tmtp */
	uint16_t uploads;		/* for tmtp: large data arriving */
	bool dirty;			/* for userdb: file older than memory */
};

struct member {
	struct user *user;
	char *alias;
	enum member_state state;
	bool moderator;		/* joined, and a moderator */
	struct user *by;	/* invited by; NULL: unknown, or joined */
};

/* A post that waits for the moderators of its group. */
struct pending {
	uint64_t id;
	struct user *user;	/* who posted it */
	struct user **told;	/* the moderators who have got it */
	size_t told_count;
};

struct group {
	char *gid;		/* as first written */
	unsigned kind;		/* a set of group_kind */
	struct member *members;
	size_t member_count;
	struct index *index;	/* members by uid */
	struct pending *pending;	/* by rising id */
	size_t pending_count;
	bool dirty;		/* for userdb, as above */
	struct group *dirty_next;
};

/* NULL if no random numbers are available. */
struct roster *roster_open(void);
void roster_close(struct roster *);

/*
 * Apply a record.  A user or group that it names is created if necessary; only
 * the uid of such a user may be known.  If another already has the name, the
 * record is ignored and a line is logged.
 */
void roster_apply(struct roster *, const struct record *);

/* Look-ups; NULL if there is none. */
struct user *roster_user(const struct roster *, const struct uid *);
struct alias *roster_alias(const struct roster *, struct span name);
struct group *roster_group(const struct roster *, struct span gid);
struct node *roster_node(const struct user *, uint32_t ref);
/* The user who is this subject of this issuer; iat and aud do not count. */
struct user *roster_subject(const struct roster *, const struct subject *);
/* The post of that id, or NULL. */
struct pending *roster_pending(const struct group *, uint64_t id);
struct member *roster_member(const struct group *, const struct user *);
/* Whether an alias or a group has the name. */
bool roster_has(const struct roster *, struct span name);
/*
 * The users and the groups, in no particular order; start with *at 0.  NULL at
 * the end; continuing finds what was added since.
 */
struct user *roster_next_user(const struct roster *, size_t *at);
struct group *roster_next_group(const struct roster *, size_t *at);
/* Users with a cork. */
const struct set *roster_corked(const struct roster *);
/* Whether the cork holds the message. */
bool roster_is_held(const struct cork *, uint64_t id);
/* Users with a node. */
size_t roster_user_count(const struct roster *);

/* The record that describes it.  Its spans point into the argument. */
struct record roster_record_user(const struct user *);
struct record roster_record_node(const struct node *);
/* The second has the ids appended to held, which is borrowed. */
struct record roster_record_cork(const struct user *);
/* Whom the user blocks; the uids are written to the buffer. */
struct record roster_record_blocked(const struct user *, struct buf *uids);
struct record roster_record_held(const struct user *, struct buf *held);
struct record roster_record_alias(const struct alias *);
struct record roster_record_group(const struct group *);
struct record roster_record_member(const struct group *,
    const struct member *);
/* text is for the record's pending. */
struct record roster_record_pending(const struct group *,
    const struct pending *, struct buf *text);

#endif
