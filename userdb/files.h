/*
 * files.h - the files of users and groups: read all of them at start, write
 * one.
 *
 *	f = files_open(quarantine);
 *	while (files_next(f, &record, why, room) == 1)
 *		...
 *	files_close(f);
 *
 * Either all records of a file are returned or none: a file that is damaged, or
 * whose content does not match its path, is moved to lost+found and skipped.
 * Users come first.
 */
#ifndef MNM_USERDB_FILES_H
#define MNM_USERDB_FILES_H

#include <stddef.h>

struct buf;
struct drafts;
struct files;
struct quarantine;
struct record;

struct files *files_open(struct quarantine *);
/*
 * Returns 1; 0 at the end; -1 and why if a directory or file could not be read.
 * The record is valid until the next call.
 */
int files_next(struct files *, struct record *, char *why, size_t room);
void files_close(struct files *);

/* Make a file: begin, add its records, save. */
void files_begin(struct buf *file);
void files_add(struct buf *file, const struct record *);
/* Save it as a draft, at the path of its records.  -1 with errno. */
int files_save(struct drafts *, struct buf *file,
    const struct record *any);

#endif
