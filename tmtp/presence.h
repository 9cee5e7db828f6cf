/*
 * presence.h - who is online, and who is told of it.
 *
 * A node is online while a session is logged in as it, and a user while one of
 * its nodes is.  A user's contacts are those who may see that; it names them
 * with OhiEdit after each login, and they are forgotten when it goes off
 * line.
 */
#ifndef MNM_TMTP_PRESENCE_H
#define MNM_TMTP_PRESENCE_H

#include "tmtp/session.h"

/* Contacts that one user may name. */
#define PRESENCE_CONTACTS_MAX 10000

/*
 * The session has proved to be the node; an older session of the node is ended.
 * Sends the info that answers a login.
 */
void presence_enter(struct session *, struct node *);
/* End the session with a quit that tells why. */
void presence_quit(struct session *, struct span why);
/* The session is gone or has ended; a session not logged in is fine. */
void presence_leave(struct session *);

bool op_ohiedit(struct request *);

#endif
