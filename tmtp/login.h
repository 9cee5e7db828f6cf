/*
 * login.h - how a session becomes a node's, and how that ends.
 *
 * A node has one session at a time.  When it logs in again, in a new session,
 * that takes over and the older one is ended.
 */
#ifndef MNM_TMTP_LOGIN_H
#define MNM_TMTP_LOGIN_H

#include <stdbool.h>

#include "base/buf.h"

struct node;
struct request;
struct session;
struct user;

/*
 * The session has proved by the nodeid to be the node's.  Ends an older one,
 * and sends the info that answers a login.
 */
void login_enter(struct session *, struct node *, struct span nodeid);
/* End the session, logged in or not, with a quit that gives the reason. */
void login_end(struct session *, struct span why);
/* The same for all sessions of the user. */
void login_end_all(struct user *, struct span why);
/* The session has ended or lost its connection: it is no node's any more. */
void login_leave(struct session *);

/* Whether the user, whose password was given, may log in; refuses if not. */
bool login_is_allowed(struct request *, const struct user *);
/* ... and does; h.node of the request is the password. */
bool login_complete(struct request *, struct node *);

bool op_tmtprev(struct request *);
bool op_login(struct request *);

#endif
