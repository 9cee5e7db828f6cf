/*
 * seen.h - which messages were handed over, in a file of the account.
 *
 * It has a line for each message that is handed over, "+ID", and one when that
 * is done, "-ID", or taken back, "=ID".  It is not synced: it survives the
 * process, but after a power cut a message may be handed over again without
 * being marked.
 */
#ifndef MNM_CLIENT_SEEN_H
#define MNM_CLIENT_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SEEN_MAX 1024		/* ids that are remembered: more than a relay
				   sends before the first is acked */

/* Zeroed, it knows no messages, and has no file. */
struct seen {
	int dir;			/* the account's; borrowed */
	int fd;				/* 0: none */
	size_t bytes;			/* of the file */
	struct buf lines;		/* not written yet */
	uint64_t done[SEEN_MAX];
	size_t done_count;
	uint64_t begun[SEEN_MAX];
	size_t begun_count;
};

/* Read the file in this directory, and go on in a new one. */
void seen_open(struct seen *, int dir);
void seen_close(struct seen *);
/*
 * A message is handed over now; it was done; or it was not shown to anybody.
 * All need seen_write.
 */
void seen_begin(struct seen *, uint64_t id);
void seen_end(struct seen *, uint64_t id);
void seen_undo(struct seen *, uint64_t id);
void seen_write(struct seen *);
bool seen_is_done(const struct seen *, uint64_t id);
/* It was begun by an earlier process, and never done. */
bool seen_is_begun(const struct seen *, uint64_t id);

#endif
