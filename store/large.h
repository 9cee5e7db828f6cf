/*
 * large.h - messages whose data is too large for the journal: each has a file.
 *
 *	tmp/large-X	the data, from its arrival until a checkpoint; X is an
 *			id that no message has
 *	pack/ID.large	the message ID, from then on; msgfile.h describes it
 *
 * Nothing is synced.  Functions return 0, or -1 with errno, unless their
 * comments say otherwise.
 */
#ifndef MNM_STORE_LARGE_H
#define MNM_STORE_LARGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "disk/quarantine.h"

struct larges;

/* NULL with errno.  For a read-only check, nothing is made or removed. */
struct larges *larges_open(struct quarantine *);
/* Keeps errno. */
void larges_close(struct larges *);

/* Make tmp/large-X; returns a descriptor to write to. */
int large_create(struct larges *, uint64_t x);
/* The directory that must be synced for it to be there. */
int large_dir(const struct larges *);
/* Whether the data of message id is there, as X or as ID: 1, 0, or -1. */
int large_exists(const struct larges *, uint64_t x, uint64_t id);
/* Remove both, as far as they are there; 0 is none. */
void large_remove(struct larges *, uint64_t x, uint64_t id);
/* Make tmp/large-X the file of message id; again does no harm. */
int large_finish(struct larges *, uint64_t x, uint64_t id, struct span head,
    uint64_t data);
/*
 * Bytes of the data from offset on: at least 1, at most room.  EBADMSG when it
 * is damaged or gone: it is then in lost+found, and the line has been logged.
 */
ssize_t large_read(struct larges *, uint64_t x, uint64_t id, uint64_t data,
    uint64_t offset, char *dst, size_t room);
/* The same of pack/ID.large, head first; ENOENT if there is none. */
ssize_t large_read_message(struct larges *, uint64_t id, uint64_t offset,
    char *dst, size_t room);
/* Read all of pack/ID.large; how long head and data are. */
int large_verify(struct larges *, uint64_t id, uint64_t *bytes);

/* At start: keep each X of the journal, then remove the others from tmp. */
void large_keep(struct larges *, uint64_t x);
/* Whether this file of tmp is to be kept; *highest is the highest X so far. */
bool large_is_kept(const struct larges *, const char *name, uint64_t *highest);
/* Read ID.large; false if the name is another. */
bool large_parse_name(const char *name, uint64_t *id);

#endif
