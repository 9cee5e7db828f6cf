/*
 * retry.h - requests that a client sends again because its connection broke
 * before the ack.
 *
 * A request is the same as one that the node has sent on an earlier connection
 * if its op, its header and its data are the same: what userdb keeps of each
 * request, its receipt, has a hash of them.
 */
#ifndef MNM_TMTP_RETRY_H
#define MNM_TMTP_RETRY_H

#include <stdbool.h>

struct request;

/* Whether it was done; then msgid and posted are those of its ack. */
bool retry_is_done(struct request *, const char *op);
/* Whether it may have been: its data is not here yet. */
bool retry_may_be_done(const struct request *, const char *op);
/* It was not, and has been done now. */
void retry_remember(const struct request *);

#endif
