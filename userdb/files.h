/*
 * files.h - the files that hold the records of users and groups: read all of
 * them at start, write one.
 *
 *	f = files_open(lost);
 *	while (files_next(f, &record, why, room) == 1)
 *		...
 *	files_close(f);
 *
 * Every record of a file is given, or none: a file that is damaged, or holds
 * what its path does not say, is lost, and passed over.  Users come first.
 */
#ifndef MNM_USERDB_FILES_H
#define MNM_USERDB_FILES_H

#include <stddef.h>

struct buf;
struct drafts;
struct files;
struct quarantine;
struct record;

/* Dies only of memory. */
struct files *files_open(struct quarantine *);
/*
 * Returns 1, 0 at the end, -1 and why when a directory or file could not be
 * read.  The record is valid until the next call.
 */
int files_next(struct files *, struct record *, char *why, size_t room);
void files_close(struct files *);

/* Make the text of a file: begin, then add its records, then save. */
void files_begin(struct buf *file);
void files_add(struct buf *file, const struct record *);
/* Make it the draft of the file where its records belong.  -1 with errno. */
int files_save(struct drafts *, struct buf *file,
    const struct record *any);

#endif
