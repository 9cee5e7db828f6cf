/*
 * around.h - news of who is online, until somebody asks for it.
 *
 * Perhaps nobody does, and a gateway runs for months: so each user is in it
 * once, with what is true now, and there are not many.
 */
#ifndef MNM_CLIENT_AROUND_H
#define MNM_CLIENT_AROUND_H

#include <stdbool.h>

#include "base/buf.h"

#define AROUND_MAX 2048		/* a relay's list has no more */

struct around_user {
	char uid[64];
	bool online;
};

/* Zeroed, there is no news. */
struct around {
	struct buf users;	/* struct around_user, one after the other */
};

void around_free(struct around *);
/* A user has come or gone.  If there are too many, the oldest news goes. */
void around_add(struct around *, struct span uid, bool online);
/* Take the oldest news; false: there is none. */
bool around_next(struct around *, struct around_user *);

#endif
