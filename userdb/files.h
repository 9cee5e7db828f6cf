/*
 * files.h - the files that hold the records of users and groups: read all of
 * them at start, write one.
 *
 *	f = recfile_open(lost);
 *	while (recfile_next(f, &record, why, room) == 1)
 *		...
 *	recfile_close(f);
 *
 * Every record of a file is given, or none: a file that is damaged, or holds
 * what its path does not say, is lost, and passed over.  Users come first.
 */
#ifndef MNM_USERDB_FILES_H
#define MNM_USERDB_FILES_H

#include <stddef.h>

#include "base/buf.h"
#include "disk/draft.h"
#include "disk/quarantine.h"
#include "userdb/record.h"

struct recfile;

/* Dies only of memory. */
struct recfile *recfile_open(struct quarantine *);
/*
 * Returns 1, 0 at the end, -1 and why when a directory or file could not be
 * read.  The record is valid until the next call.
 */
int recfile_next(struct recfile *, struct record *, char *why, size_t room);
void recfile_close(struct recfile *);

/* Make the text of a file: begin, then add its records, then save. */
void recfile_begin(struct buf *file);
void recfile_add(struct buf *file, const struct record *);
/* Make it the draft of the file where its records belong.  -1 with errno. */
int recfile_save(struct drafts *, struct buf *file,
    const struct record *any);

#endif
