/*
 * presence.h - contacts: which users see whether a user is online.
 *
 * A user is online while one of its nodes is logged in.  It names those who
 * may see that, its contacts, with OhiEdit after each login; they are
 * forgotten when it goes offline.
 */
#ifndef MNM_TMTP_PRESENCE_H
#define MNM_TMTP_PRESENCE_H

#include <stdbool.h>

struct request;
struct session;
struct user;

/* Contacts that one user may name. */
#define PRESENCE_CONTACTS_MAX 10000

/* Answer a login: info, with the users online that the newcomer may see. */
void presence_send_info(struct session *);
/*
 * Write what the session's user has not yet been sent about others, if there is
 * room for it among the replies.
 */
void presence_write(struct session *);
/* The contact has blocked the user and no longer sees whether it is online. */
void presence_hide(struct user *, struct user *contact);
/* The user's last node has gone offline. */
void presence_forget(struct user *);

bool op_ohiedit(struct request *);

#endif
