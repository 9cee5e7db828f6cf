/*
 * conversation.h - who talks with whom through a mail gateway: a member, in a
 * thread of posts, and an address.  Each has a token, which nobody can guess:
 * mail to BASE+TOKEN@DOMAIN is part of it.
 *
 * They are files of the account, in mail/: TOKEN, and one named by a hash of
 * member and thread with the token in it.
 */
#ifndef MNM_CMD_CONVERSATION_H
#define MNM_CMD_CONVERSATION_H

#include <stdbool.h>

#include "base/buf.h"
#include "cmd/context.h"

#define CONVERSATION_TOKEN 16	/* characters */

struct account;

/* All but the token is owned. */
struct conversation {
	char token[CONVERSATION_TOKEN + 1];
	struct buf uid, thread;
	struct buf address;		/* of the one outside */
	struct buf last;		/* the Message-ID of their last mail */
	struct buf subject;
};

/* By the token, as in an address.  False: there is none. */
bool conversation_read(const struct account *, struct span token,
    struct conversation *);
bool conversation_find(const struct account *, struct span uid,
    struct span thread, struct conversation *);
/*
 * Write it; without a token, it gets one.  0, or a status.
 */
int conversation_write(struct context *, const struct account *,
    struct conversation *);
void conversation_free(struct conversation *);

/* The address for mail from the member: base with the token. */
void conversation_address(struct buf *, const struct conversation *,
    struct span base);
/* The token in an address made so; p NULL: it is another address. */
struct span conversation_token(struct span address, struct span base);

#endif
