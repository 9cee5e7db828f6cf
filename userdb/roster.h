/*
 * roster.h - who there is: users with their nodes and aliases, groups with
 * their members, in memory.
 *
 * A roster is what records have made of an empty one, and nothing else changes
 * it.  As a record says how something is, taking again, in order, the last of
 * those that were taken changes nothing.
 *
 * The structs are open to read; what belongs to others in them says so.
 */
#ifndef MNM_USERDB_ROSTER_H
#define MNM_USERDB_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "userdb/record.h"

struct queue;	/* store's */
struct session;	/* tmtp's */
struct contact;	/* tmtp's */
struct index;	/* roster.c's own */
struct roster;
struct user;

struct node {
	struct user *user;
	uint32_t ref;		/* the node's number, from 1, never reused */
	char *label;		/* what the user calls it; may be "" */
	struct secret secret;	/* of the nodeid */
	uint32_t seen;		/* the last day it was known to be online,
				   since 1970; 0: none is known */
	struct queue *queue;	/* for tmtp to keep; NULL at first */
	struct session *session;	/* for tmtp: the one logged in */
};

/* The uses of an alias that works for ever. */
#define ALIAS_UNLIMITED UINT32_MAX

struct alias {
	struct user *user;
	char *name;		/* as registered */
	uint32_t uses;		/* pings and invitations it still admits */
	bool dropped;		/* reserved, and reaches nobody */
};

/* What a user may not do; a set of them is an unsigned. */
enum user_flag {
	USER_DISABLED     = 1 << 0,	/* log in */
	USER_RECEIVE_ONLY = 1 << 1	/* send */
};

struct user {
	struct uid uid;
	uint32_t next_ref;
	unsigned flags;
	uint32_t pings, failed_pings;	/* in the day from pings_since on, */
	uint32_t pings_since;		/* in seconds since 1970 */
	struct node **nodes;	/* by rising ref; dropped ones are not here */
	size_t node_count;
	struct alias **aliases;
	size_t alias_count;
	uint32_t groups_made;	/* groups whose first member it was */
	struct contact *contacts;	/* for tmtp: presence; NULL at first */
	size_t nodes_online;	/* for tmtp */
	size_t uploads;			/* for tmtp: large data coming */
	bool dirty;			/* for userdb: file older than memory */
	struct user *dirty_next;
};

struct member {
	struct user *user;
	char *alias;
	enum member_state state;
};

struct group {
	char *gid;		/* as first given */
	struct member *members;
	size_t member_count;
	struct index *index;	/* members by uid */
	bool dirty;		/* for userdb, as above */
	struct group *dirty_next;
};

/* NULL when the system gives no randomness. */
struct roster *roster_open(void);
void roster_close(struct roster *);

/*
 * Make true what a record says.  It makes what it names: a user, of whom then
 * nothing but the uid may be known, or a group.  A name that belongs to
 * another is left where it is, and a line is logged.
 */
void roster_apply(struct roster *, const struct record *);

/* Look-ups; NULL if there is none. */
struct user *roster_user(const struct roster *, const struct uid *);
struct alias *roster_alias(const struct roster *, struct span name);
struct group *roster_group(const struct roster *, struct span gid);
struct node *roster_node(const struct user *, uint32_t ref);
struct member *roster_member(const struct group *, const struct user *);
/* Whether an alias or a group has the name. */
bool roster_has(const struct roster *, struct span name);
/*
 * The users, in some order, and the groups; begin with *at 0.  NULL at the
 * end, which moves when there are more.
 */
struct user *roster_next_user(const struct roster *, size_t *at);
struct group *roster_next_group(const struct roster *, size_t *at);
/* Users with a node. */
size_t roster_user_count(const struct roster *);

/* The record that says how it is.  Its spans point into what it is about. */
struct record roster_record_user(const struct user *);
struct record roster_record_node(const struct node *);
struct record roster_record_alias(const struct alias *);
struct record roster_record_group(const struct group *);
struct record roster_record_member(const struct group *,
    const struct member *);

#endif
