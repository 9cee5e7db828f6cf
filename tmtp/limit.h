/*
 * limit.h - how often a member may reach for others in a day: pings, and names
 * that were wrong.
 */
#ifndef MNM_TMTP_LIMIT_H
#define MNM_TMTP_LIMIT_H

#include <stdbool.h>

struct request;

/*
 * Whether the sender may try one more name, or else refuses: of someone to
 * reach, or for itself, which is a way to guess what names there are.
 */
bool limit_may_guess(struct request *);
/* The name did not exist, or was taken. */
void limit_missed(struct request *);
/* Whether the sender may send one more ping, or else refuses; it was sent. */
bool limit_may_ping(struct request *);
void limit_pinged(struct request *);

#endif
