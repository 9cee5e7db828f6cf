/*
 * cork.h - the request by which a user sets its cork, or ends it; see hold.h.
 */
#ifndef MNM_TMTP_CORK_H
#define MNM_TMTP_CORK_H

#include <stdbool.h>

struct request;

/* UserEdit with cork. */
bool cork_edit(struct request *);

#endif
