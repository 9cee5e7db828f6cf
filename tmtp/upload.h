/*
 * upload.h - the data of a request, in one part or two, and the gathering of
 * data that is too large to wait for in memory.
 *
 * A part of at most STORE_DATA_SMALL bytes is small and kept in memory; a
 * larger one goes to a file of the store's as it comes.
 *
 *	up = upload_open(store, header, parts)
 *	while (!upload_is_whole(up))
 *		bytes taken = upload_take(up, bytes)
 *	upload_sync(up)
 *	upload_state(up)	1 under way, 0 durable, -1 with errno
 *	... upload_header and upload_part
 *	upload_close(up)	at any point
 */
#ifndef MNM_TMTP_UPLOAD_H
#define MNM_TMTP_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store.h"

#define UPLOAD_PARTS 2		/* a note and the body after it */

struct part {
	uint64_t length;
	struct span small;	/* the bytes, unless it is large */
	struct large *large;	/* NULL once somebody has taken it */
};

struct upload;

/* The lengths of the parts, 0 for one that is not there; one is large. */
struct upload *upload_open(struct store *, struct span header,
    const uint64_t lengths[UPLOAD_PARTS]);
/* Drops the large data that nobody has taken.  NULL is fine. */
void upload_close(struct upload *);

/*
 * Returns how many bytes it took, all up to the end of the data.  When they
 * cannot be stored they are taken all the same, and upload_state tells.
 */
size_t upload_take(struct upload *, struct span bytes);
bool upload_is_whole(const struct upload *);
void upload_sync(struct upload *);
int upload_state(struct upload *);

struct span upload_header(const struct upload *);
/* The part as it may be used once the state is 0. */
struct part *upload_part(struct upload *, size_t i);

#endif
