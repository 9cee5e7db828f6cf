/*
 * spare.h - a pool of message files that no node waits for any more: they are
 * overwritten with other messages, or removed off the loop.
 *
 * Creating a file and removing one cost ten times as much as renaming one:
 * 1200 and 230 microseconds on ext4 under churn, against 25.
 *
 *	tmp/drop-N/	files that were acked, or a dropped node's directory
 *
 * A file may be overwritten only when no power cut can bring back the name
 * under which a node waited for it.  So a dropped file is ready for use only
 * when a sync of the tree that began later has ended.
 *
 * Functions return 0, or -1 with errno.
 */
#ifndef MNM_STORE_SPARE_H
#define MNM_STORE_SPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct syncer;

struct spares;

/*
 * data and tmp are the directories; they stay the caller's.  What an earlier
 * run dropped will be removed.
 */
struct spares *spare_open(int data, int tmp, struct syncer *);
/* No job may be under way. */
void spare_close(struct spares *);
/* Whether this is the name of a directory in tmp that this module made. */
bool spare_is_name(const char *name);

/* Drop the file path, which holds message id; sets its bytes. */
int spare_drop_file(struct spares *, const char *path, uint64_t id,
    uint64_t *bytes);
/* Drop a directory of files. */
int spare_drop_directory(struct spares *, const char *path);
/*
 * Make path a file with this text out of a spare one; it replaces an old file.
 * -1 also if there is none: create the file then.
 */
int spare_reuse(struct spares *, const char *path, struct span text);

/* A sync of the tree begins; it has succeeded. */
void spare_begin_sync(struct spares *);
void spare_end_sync(struct spares *);
/* No file is kept for use. */
bool spare_is_empty(const struct spares *);
/* Keep none. */
void spare_trim(struct spares *);
/*
 * Remove some of the files that are not kept.  True if there is more to do at
 * once; the syncer's descriptor says when there is more to do later.
 */
bool spare_tidy(struct spares *);

#endif
