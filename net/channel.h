/*
 * channel.h - connections inside one process, without a socket: bytes both
 * ways between the relay's loop, in its thread, and programs in any thread.
 *
 * The relay's end, in the loop's thread:
 *
 *	channels_open()
 *	channels_fd(all)                  readable: channels_next has some
 *	while ((ch = channels_next(all)) != NULL)
 *		...                       channel_can says what it can now
 *	channel_recv, channel_send, channel_leave
 *	channels_close(all)
 *
 * The program's end, in any thread, one thread at a time for each channel:
 *
 *	ch = channel_connect(all)
 *	channel_read, channel_write, channel_fd
 *	channel_close(ch)
 *
 * Nothing here waits.  Up to 64 KiB are under way in each direction.  Either
 * end may go first, and channels_close may come before channel_close.
 */
#ifndef MNM_NET_CHANNEL_H
#define MNM_NET_CHANNEL_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

struct channel;
struct channels;

/* NULL with errno if the process has used up its descriptors. */
struct channels *channels_open(void);
/* Accept no more, and end those there are. */
void channels_close(struct channels *);
int channels_fd(const struct channels *);
/*
 * The next one with something new since it was last returned; NULL when there
 * is none.
 */
struct channel *channels_next(struct channels *);

/* What the loop knows it by: NULL until channel_set_owner. */
void *channel_owner(const struct channel *);
void channel_set_owner(struct channel *, void *owner);
/* What would not fail with EAGAIN: a set as in poller.h. */
unsigned channel_can(struct channel *);
/* As recv and send on a socket that does not block. */
ssize_t channel_recv(struct channel *, char *dst, size_t room);
ssize_t channel_send(struct channel *, struct span);
/* The relay is done with it.  What it has sent can still be read. */
void channel_leave(struct channel *);

/* NULL with errno: ECONNREFUSED when the relay has stopped. */
struct channel *channel_connect(struct channels *);
/*
 * Up to room bytes; 0 at the end; -1 with EAGAIN when there are none yet.
 */
ssize_t channel_read(struct channel *, void *dst, size_t room);
/*
 * How many bytes were taken; -1 with EAGAIN when none could be, or EPIPE when
 * the relay has ended the connection.
 */
ssize_t channel_write(struct channel *, const void *src, size_t n);
/*
 * A descriptor that is readable while channel_read would not fail with EAGAIN,
 * or while there is room again after channel_write took less than all.  It
 * belongs to the channel; never read from it.  -1 with errno.
 */
int channel_fd(struct channel *);
/* The relay sees the end of what was written. */
void channel_close(struct channel *);

#endif
