/*
 * spare.h - message files that nobody waits for any more: their places on the
 * disk are used again for other messages, or given back off the loop.
 *
 * To make a file and to remove one costs ten times as much as to give one
 * another name: 1200 and 230 microseconds on ext4 under churn, against 25.
 *
 *	tmp/drop-N/	files that were acked, or a dropped node's directory
 *
 * A file may be written over only when no power cut can bring back the name
 * under which somebody waited for it.  So what is dropped is sealed when a
 * sync of the tree begins, and spare when that has ended.
 *
 * Functions return 0, or -1 with errno.
 */
#ifndef MNM_STORE_SPARE_H
#define MNM_STORE_SPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "disk/file.h"

struct spare;

/*
 * data and tmp are the directories, which stay the caller's.  What an earlier
 * run has dropped is found and will be removed.
 */
struct spare *spare_open(int data, int tmp, struct syncer *);
/* No job may be under way. */
void spare_close(struct spare *);
/* Whether this is a name in tmp that scrap looks after. */
bool spare_is_name(const char *name);

/* Drop the file path, which holds message id; it had so many bytes. */
int spare_file(struct spare *, const char *path, uint64_t id,
    uint64_t *bytes);
/* Drop a directory of files. */
int spare_directory(struct spare *, const char *path);
/*
 * Make path a file of this text out of a spare one; an old file gives way.
 * -1 also if there is none: make it anew then.
 */
int spare_reuse(struct spare *, const char *path, struct span text);

/* A sync of the tree begins; it has ended well. */
void spare_seal(struct spare *);
void spare_settle(struct spare *);
/* Nothing is kept to be used again. */
bool spare_is_empty(const struct spare *);
/* Keep nothing. */
void spare_trim(struct spare *);
/*
 * Have some of what is not used again removed.  True if there is more to do at
 * once; syncer tells when there is more to do later.
 */
bool spare_tidy(struct spare *);

#endif
