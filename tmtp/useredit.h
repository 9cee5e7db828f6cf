/*
 * useredit.h - the ops by which a session becomes a user's node, and by which a
 * user changes its nodes and aliases; whose alias is whose.
 */
#ifndef MNM_TMTP_USEREDIT_H
#define MNM_TMTP_USEREDIT_H

#include "tmtp/session.h"

/* What one user may have, dropped aliases included. */
#define ACCOUNT_NODES_MAX   64
#define ACCOUNT_ALIASES_MAX 10000

/* The sender's own alias of that name; else refuses and returns NULL. */
struct alias *account_own_alias(struct request *, struct span name);
/*
 * The alias of that name if it reaches somebody, and the sender has not tried
 * in vain too often; else the same.
 */
struct alias *account_reach(struct request *, struct span name);
/* Whether the sender has not yet pinged too often today; else refuses. */
bool account_may_ping(struct request *);
/* An invitation, or a ping, has reached it. */
void account_invited(struct request *, struct alias *);
void account_pinged(struct request *, struct alias *);

/* What the operator does.  Links are ended with a quit that tells why. */
void account_end_links(struct user *, struct span why);
void account_drop_node(struct relay *, struct node *, struct span why);
/* Drop its nodes and memberships; its aliases stay taken. */
void account_remove(struct relay *, struct user *);

bool op_tmtprev(struct request *);
bool op_register(struct request *);
bool op_login(struct request *);
bool op_useredit(struct request *);

#endif
