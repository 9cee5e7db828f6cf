/*
 * mailbox.h - messages as files of a Maildir, one mail each, for mail programs
 * on this machine.
 *
 * A file's name begins with the message's id.  So one that comes again, after a
 * crash, finds itself in new/ or cur/ and is not written twice.
 */
#ifndef MNM_CMD_MAILBOX_H
#define MNM_CMD_MAILBOX_H

#include <stddef.h>

struct show;

/*
 * Write a message into the Maildir at this path, which is made if it is
 * missing.  It survives a power cut after mailbox_sync.  -1 and why.
 */
int mailbox_write(const struct show *, const char *path, char *why,
    size_t room);
/* Make the names of all that was written durable. */
int mailbox_sync(const char *path, char *why, size_t room);

#endif
