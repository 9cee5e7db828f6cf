/*
 * file.h - files and directories, and their syncs.
 *
 * Functions return 0, or -1 with errno.  Directories are file descriptors;
 * names are relative to them and may hold slashes.
 */
#ifndef MNM_DISK_FILE_H
#define MNM_DISK_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* Read a whole file of at most max bytes; EFBIG if it is larger. */
int file_read(int dir, const char *name, size_t max, struct buf *to);
/* pread and pwrite all of it, through EINTR and short counts. */
int file_pread_all(int fd, void *dst, size_t n, uint64_t offset);
int file_pwrite_all(int fd, const void *src, size_t n, uint64_t offset);
/*
 * Make text the content of name, without a sync.  An older file is lost at
 * once; on failure there is none.
 */
int file_write(int dir, const char *name, struct span text);
/* The same, synced; its name is not. */
int file_write_synced(int dir, const char *name, struct span text);
/*
 * Create a file, which must not exist, with this text, and sync it; its
 * directory is not synced.  Nothing is left there on failure.
 */
int file_create(const char *path, mode_t mode, struct span text);
/* Remove a useless file; keeps errno and returns -1, like fd_close. */
int file_discard(int dir, const char *name);
/* The directory that a path is in, "." if that is all; to be freed. */
char *file_parent(const char *path);
/* mkdir, unless the directory exists. */
int file_make_dir(int dir, const char *name);
/* The same; the directory that a new one is in is synced. */
int file_make_synced_dir(int dir, const char *name);
/* Make the directories above the last slash of name. */
int file_make_parents(int dir, const char *name);
/* Remove the directories above name that are empty. */
void file_remove_parents(int dir, const char *name);
/* Open a directory below dir. */
int file_open_dir(int dir, const char *name);
/*
 * List a directory below dir:
 *
 *	list = file_open_list(dir, name)	NULL with errno
 *	while ((name = file_next_name(list)) != NULL)
 *		...				not those that begin with '.'
 *	file_end_list(list)			-1 with errno if the loop, or
 *						the listing, failed
 */
DIR *file_open_list(int dir, const char *name);
const char *file_next_name(DIR *);
int file_end_list(DIR *);
/* fsync a file, or a directory: then the names in it are durable. */
int file_sync(int fd);
/* The same for a directory below, or at, or above dir. */
int file_sync_dir(int dir, const char *name);
/*
 * Bytes of the file system that dir is on, and those that are free for us.
 * False if it does not say: then a write will.
 */
bool file_space(int dir, uint64_t *size, uint64_t *space);
/* fdatasync, which may take long on a poor disk. */
int file_sync_data(int fd);
/* Some thread is in file_sync_data. */
bool file_is_syncing(void);
/*
 * Make everything below dir durable that was written before the call:
 * syncfs where there is one, else each file and directory in turn.
 */
int file_sync_tree(int dir);

#endif
