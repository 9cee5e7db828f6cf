/*
 * learn.h - what messages and acks teach about contacts, groups and aliases.
 */
#ifndef MNM_CLIENT_LEARN_H
#define MNM_CLIENT_LEARN_H

#include <stddef.h>

#include "base/buf.h"

struct account;
struct reply;

/*
 * Note what a message says.  -1 and why: it could not be stored, so the message
 * must come again.
 */
int learn_message(struct account *, const struct reply *, char *why,
    size_t room);
/* The same for the frame of a request that the relay has done. */
void learn_request(struct account *, struct span frame);

#endif
