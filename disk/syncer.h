/*
 * syncer.h - work on the disk that takes long, off the loop's thread.
 *
 * A syncer has one worker thread, which runs its jobs in order.  Before
 * syncer_start and after syncer_stop a job runs at once, in the caller.
 */
#ifndef MNM_DISK_SYNCER_H
#define MNM_DISK_SYNCER_H

#include <stdbool.h>
#include <stdint.h>

/* What one job of the worker does. */
enum syncer_kind {
	SYNCER_FILE,	/* fsync fd, then fsync dir: a new file, durable */
	SYNCER_TREE,	/* file_sync_tree(dir) */
	SYNCER_ZEROS	/* make fd size bytes of zeros, fsync fd and dir */
};

/* One job; the caller's storage, untouched by the caller until it is done. */
struct syncer_job {
	enum syncer_kind kind;
	int fd, dir;
	uint64_t size;
	int error;		/* once done: 0 or an errno */
	bool done;		/* read it through syncer_done only */
	struct syncer_job *next;
};

struct syncer;
struct syncer *syncer_open(void);
/* Start the worker thread; -1 with errno if there can be none. */
int syncer_start(struct syncer *);
/* Wait for the jobs under way; from then on a job runs in the caller. */
void syncer_stop(struct syncer *);
/* Stop, and free. */
void syncer_close(struct syncer *);
void syncer_add(struct syncer *, struct syncer_job *);
bool syncer_done(struct syncer *, const struct syncer_job *);
/*
 * Readable when a job has finished since the last syncer_fd_clear: for
 * the loop to poll.  -1 before syncer_start.
 */
int syncer_fd(const struct syncer *);
void syncer_fd_clear(struct syncer *);

#endif
