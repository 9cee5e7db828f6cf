/*
 * outgoing.h - requests on disk until the relay has acked them.
 *
 * A directory holds, with 0600 each:
 *
 *	NAME		a request: the frame as it will be sent
 *	NAME.ack	the header of its ack; then the request is gone, unless
 *			it was refused:
 *	NAME.refused	the request; NAME.ack says why
 *	tmp-...		being written
 *
 * Names sort by the time of writing.  What is written is synced before
 * outgoing_write returns.  Any process may write; only the one that is online
 * settles.  A crash between the ack and outgoing_settle makes the next one send
 * the request again, byte for byte the same, which a relay recognises.
 */
#ifndef MNM_CLIENT_OUTGOING_H
#define MNM_CLIENT_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define OUTGOING_NAME 32	/* room for a name and a NUL */

/* Bytes, or if fd is not -1, so many bytes of that file from its start. */
struct outgoing_part {
	struct span bytes;
	int fd;
	uint64_t size;
};

/*
 * An id for a request: never the same twice, and as many bytes each time,
 * NUL-terminated.  -1: no random numbers.
 */
int outgoing_id(char id[OUTGOING_NAME]);
/*
 * Write a request into the directory, under this name, which outgoing_id has
 * made.  Returns -1 and why; then there is none.
 */
int outgoing_write(int dir, const char *name, struct span header,
    const struct outgoing_part *, size_t count, char *why, size_t room);

/* A request that is mapped into memory. */
struct outgoing {
	char name[OUTGOING_NAME];
	struct span frame;	/* NULL: not mapped */
	struct span id;		/* as in its header */
};

/*
 * Append the names of the requests (each OUTGOING_NAME bytes) that are in the
 * directory and sort after this one, in order.  refused: those instead.
 */
int outgoing_list(int dir, struct buf *names, const char *after);
int outgoing_list_refused(int dir, struct buf *names);
/* Returns -1 with errno; EBADMSG if it is not a request. */
int outgoing_map(int dir, const char *name, struct outgoing *);
void outgoing_unmap(struct outgoing *);
/*
 * The relay has answered with this header: store it, and forget the request,
 * or keep it as refused.  -1 with errno.
 */
int outgoing_settle(int dir, const char *name, struct span ack,
    bool is_refused);
/*
 * Take the ack of a request, and remove all that is left of it.  False: there
 * is none yet.
 */
bool outgoing_take_ack(int dir, const char *name, struct buf *ack);
/* The same, but it is kept. */
bool outgoing_read_ack(int dir, const char *name, struct buf *ack);
/* Send a refused request once more.  -1 with errno. */
int outgoing_retry(int dir, const char *name);
/* Forget a request, whatever its state.  -1 with errno. */
int outgoing_drop(int dir, const char *name);
/*
 * Remove what nobody has taken for an hour, or five days if the name is not of
 * outgoing_id, but not what was refused; and remains of crashes.
 */
void outgoing_clean(int dir, uint64_t now);

#endif
