/*
 * upload.h - the data of a request on its way into the store, in one part or
 * two.
 *
 * A part of at most UPLOAD_SMALL bytes is kept in memory.  A larger one is
 * written to a file as it arrives, and the file is synced off the loop.
 *
 *	up = upload_open(store_uploads(store), header, lengths)
 *	while (!upload_is_whole(up))
 *		bytes taken = upload_take(up, bytes)
 *	upload_sync(up)
 *	upload_state(up)	1 not yet durable, 0 durable, -1 with errno
 *	... upload_header, upload_part, store_put_part
 *	upload_close(up)	at any point
 */
#ifndef MNM_STORE_UPLOAD_H
#define MNM_STORE_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define UPLOAD_SMALL ((size_t)64 << 10)	/* larger parts go to files */
#define UPLOAD_PARTS 2

struct journal;
struct large;
struct larges;
struct syncer;
struct upload;

/* All uploads; what they use is borrowed. */
struct uploads {
	struct larges *larges;
	struct journal *journal;	/* gives the ids of files */
	struct syncer *syncer;
	struct large *abandoned;	/* still being synced */
};

struct part {
	uint64_t length;
	struct span small;	/* the bytes, unless it is large */
	struct large *large;	/* NULL once the store has taken it */
	uint64_t sum;		/* of the data, if it is large */
};

/*
 * header is copied and kept with the data.  A part that is not there has the
 * length 0; at least one is large.
 */
struct upload *upload_open(struct uploads *, struct span header,
    const uint64_t lengths[UPLOAD_PARTS]);
/* Removes the files that the store has not taken.  NULL is fine. */
void upload_close(struct upload *);

/*
 * Returns how many bytes it took: all, up to the end of the data.  Bytes that
 * cannot be stored are taken too, and upload_state is -1 from then on.
 */
size_t upload_take(struct upload *, struct span bytes);
bool upload_is_whole(const struct upload *);
void upload_sync(struct upload *);
int upload_state(struct upload *);

struct span upload_header(const struct upload *);
/* Only when the state is 0. */
struct part *upload_part(struct upload *, size_t i);

/* For store.c alone, which makes one. */
/* All uploads are closed, and no job is under way. */
void uploads_close(struct uploads *);
/* Remove files whose upload was closed while they were being synced. */
void uploads_tidy(struct uploads *);
/* Take the file of a large part: its X. */
uint64_t upload_take_file(struct part *);

#endif
