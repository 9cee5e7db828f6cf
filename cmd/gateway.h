/*
 * gateway.h - what sendmail, mail and bridge have in common: a file that says
 * who may do what, and posts whose parts are in memory.
 *
 * The file gateway.conf is in the account's directory.  A line is a key, a
 * space and a value; '#' begins a comment.
 *
 *	in ADDRESS WHO		mail to ADDRESS is posted to WHO
 *	member WHO		may send mail, or pass a bridge
 *	out ADDRESS		mail may go there; "@DOMAIN" is all of a domain
 *	address ADDRESS		under which mail is sent
 *	sendmail PATH		of the program that sends it
 *	to WHO			gets what comes over the bridge
 *
 * WHO is the name of a contact or group, or a uid.
 */
#ifndef MNM_CMD_GATEWAY_H
#define MNM_CMD_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "client/outgoing.h"
#include "client/post_form.h"
#include "cmd/context.h"
#include "cmd/post.h"

struct account;
struct contacts;

struct gateway_rule {
	struct span key, value;
};

struct gateway {
	struct buf text;		/* of the file */
	struct gateway_rule *rules;
	size_t count;
};

/* 0, or a status; then nothing needs freeing. */
int gateway_read(struct context *, const struct account *, struct gateway *);
void gateway_free(struct gateway *);
/* The value of the first rule with this key; p NULL if there is none. */
struct span gateway_value(const struct gateway *, const char *key);
/* Whether mail may go to this address. */
bool gateway_allows(const struct gateway *, struct span address);
/* The same two addresses, but for the case of letters. */
bool gateway_same_address(struct span, struct span);

/* What WHO is.  False: nobody that we know, or can be sure of. */
bool gateway_find(const struct contacts *, struct span who,
    struct post_target *);
/* Whether a rule "member" names this user. */
bool gateway_is_member(const struct gateway *, const struct contacts *,
    struct span uid);

/*
 * A name for a request that is the same for the same cause, so that whatever
 * happens in between it is done once.
 */
void gateway_name(char name[OUTGOING_NAME], struct span cause,
    struct span target);
/*
 * Keep a post in out/ under this name, unless it is there, or its ack.  The
 * form's attachments have their data.  0, or a status.
 */
int gateway_keep(struct context *, const struct account *,
    const struct post_target *, const struct post_form *, const char *name);

#endif
