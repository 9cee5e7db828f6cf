/*
 * file.h - files and directories, and every sync but the journal's.
 *
 * Functions return 0, or -1 with errno.  Directories are file descriptors;
 * names are relative to them and may hold slashes.
 *
 * Syncs of what is large happen off the loop's thread: a struct syncer has
 * one worker thread that runs its jobs in order.  Without syncer_start
 * (tests, start-up) a job runs at once in the caller.
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
 * Make text the content of name, without a sync; what was there is gone at
 * once, and nothing is left there on failure.
 */
int file_write(int dir, const char *name, struct span text);
/* Remove a file that is of no use; keeps errno, returns -1 as fd_close. */
int file_discard(int dir, const char *name);
/*
 * Make text the content of name by way of a file in dir named tmp, without
 * a sync: after a crash name may be the old file, the new one, or damaged
 * unless a file_sync_tree came between.
 */
int file_replace(int dir, const char *name, const char *tmp, struct span text);
/* mkdir that is content when it is there. */
int file_make_dir(int dir, const char *name);
/* Make the directories above the last slash of name. */
int file_make_parents(int dir, const char *name);
/* Open a directory below dir. */
int file_open_dir(int dir, const char *name);
/*
 * List a directory below dir:
 *
 *	list = file_open_list(dir, name)	NULL with errno
 *	while ((name = file_next_name(list)) != NULL)
 *		...				not those that begin with '.'
 *	file_end_list(list)			-1 with errno if the loop ended
 *						by an error, in it or in listing
 */
DIR *file_open_list(int dir, const char *name);
const char *file_next_name(DIR *);
int file_end_list(DIR *);
/* fsync a directory, so that the names in it are durable. */
int file_sync_dir(int dir);
/* fsync a file. */
int file_sync(int fd);
/*
 * Make everything below dir durable that was written before the call:
 * syncfs where there is one, else each file and directory in turn.
 */
int file_sync_tree(int dir);

/* What one job of the worker does. */
enum sync_kind {
	SYNC_FILE,	/* fsync fd, then fsync dir: a new file, durable */
	SYNC_TREE,	/* file_sync_tree(dir) */
	SYNC_ZEROS,	/* make fd size bytes of zeros, fsync fd and dir */
	SYNC_REMOVE	/* no sync: remove at most size of the files in the
			   directory fd; size is then how many were */
};

/* One job; the caller's storage, untouched by the caller until it is done. */
struct sync_job {
	enum sync_kind kind;
	int fd, dir;
	uint64_t size;
	int error;		/* once done: 0 or an errno */
	bool done;		/* read it through syncer_done only */
	struct sync_job *next;
};

struct syncer;
struct syncer *syncer_open(void);
/* Start the worker thread; -1 with errno if there can be none. */
int syncer_start(struct syncer *);
/* Wait for the jobs under way; from then on a job runs in the caller. */
void syncer_stop(struct syncer *);
/* Stop, and free. */
void syncer_close(struct syncer *);
void syncer_add(struct syncer *, struct sync_job *);
bool syncer_done(struct syncer *, const struct sync_job *);
/*
 * Readable when a job has finished since the last syncer_fd_clear: for
 * the loop to poll.  -1 before syncer_start.
 */
int syncer_fd(const struct syncer *);
void syncer_fd_clear(struct syncer *);

#endif
