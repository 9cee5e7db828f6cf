/*
 * invitation.h - what somebody needs who is invited, or gets another device: a
 * link for a browser, and the relay's address and fingerprint for other
 * clients.
 */
#ifndef MNM_ADMIN_INVITATION_H
#define MNM_ADMIN_INVITATION_H

#include <stdbool.h>

#include "base/buf.h"

struct cert;
struct conf;
struct output;

struct invitation {
	const struct conf *conf;
	const struct cert *cert;	/* NULL: not known */
	const char *name;		/* what is to be typed; */
	bool coded;			/* its last word is a code */
	const char *until;		/* a date */
	struct span nodeid;		/* for a device of the user who has */
	const char *uid;		/* this uid; else of length 0 */
	bool qr;			/* draw the link */
};

/*
 * In JSON, add members to the row that is being written; for people, a block to
 * paste into a chat, and the link as a QR code.
 */
void invitation_show(const struct invitation *, struct output *);

#endif
