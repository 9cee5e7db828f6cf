#include "disk/syncer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "disk/file.h"

/* Zeros are written in pieces of this size: a multiple of any block. */
#define ZEROS_BYTES 16384

/*
 * The worker.  Jobs run in the order in which they were added.  The mutex
 * guards the list and each job's done.
 */
struct syncer {
	pthread_mutex_t mutex;
	pthread_cond_t added;
	pthread_t thread;
	bool started;
	bool stopping;
	struct syncer_job *first, *last;
	int wake[2];		/* a pipe; -1 before syncer_start */
};

static int
write_zeros(int fd, uint64_t size)
{
	const char zeros[ZEROS_BYTES] = { 0 };
	uint64_t at;

	for (at = 0; at < size; at += sizeof(zeros)) {
		if (file_pwrite_all(fd, zeros, sizeof(zeros), at) == -1)
			return -1;
	}
	return 0;
}

/* Returns 0 or an errno. */
static int
run_job(struct syncer_job *job)
{
	if (job->kind == SYNCER_TREE)
		return file_sync_tree(job->dir) == -1 ? errno : 0;
	if (job->kind == SYNCER_ZEROS && write_zeros(job->fd, job->size) == -1)
		return errno;
	return file_sync(job->fd) == -1 || file_sync(job->dir) == -1 ?
	    errno : 0;
}

static void *
work(void *argument)
{
	struct syncer *sy = argument;
	struct syncer_job *job;
	int error;

	pthread_mutex_lock(&sy->mutex);
	for (;;) {
		while (sy->first == NULL && !sy->stopping)
			pthread_cond_wait(&sy->added, &sy->mutex);
		job = sy->first;
		if (job == NULL)
			break;
		pthread_mutex_unlock(&sy->mutex);
		error = run_job(job);
		pthread_mutex_lock(&sy->mutex);
		sy->first = job->next;
		job->error = error;
		job->done = true;
		/* A full pipe already wakes the loop. */
		if (write(sy->wake[1], "", 1) == -1)
			continue;
	}
	pthread_mutex_unlock(&sy->mutex);
	return NULL;
}

struct syncer *
syncer_open(void)
{
	struct syncer *sy = xzalloc(sizeof(*sy));

	pthread_mutex_init(&sy->mutex, NULL);
	pthread_cond_init(&sy->added, NULL);
	sy->wake[0] = sy->wake[1] = -1;
	return sy;
}

int
syncer_start(struct syncer *sy)
{
	sigset_t all, old;
	int error;

	if (fd_pipe(sy->wake) == -1)
		return -1;
	/* Signals are for the loop's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&sy->thread, NULL, work, sy);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	sy->started = error == 0;
	errno = error;
	return error == 0 ? 0 : -1;
}

void
syncer_stop(struct syncer *sy)
{
	if (!sy->started)
		return;
	pthread_mutex_lock(&sy->mutex);
	sy->stopping = true;
	pthread_cond_signal(&sy->added);
	pthread_mutex_unlock(&sy->mutex);
	pthread_join(sy->thread, NULL);
	sy->started = false;
}

void
syncer_close(struct syncer *sy)
{
	if (sy == NULL)
		return;
	syncer_stop(sy);
	(void)fd_close(sy->wake[0]);
	(void)fd_close(sy->wake[1]);
	pthread_cond_destroy(&sy->added);
	pthread_mutex_destroy(&sy->mutex);
	free(sy);
}

void
syncer_add(struct syncer *sy, struct syncer_job *job)
{
	job->done = false;
	job->next = NULL;
	if (!sy->started) {
		job->error = run_job(job);
		job->done = true;
		return;
	}
	pthread_mutex_lock(&sy->mutex);
	if (sy->first == NULL)
		sy->first = job;
	else
		sy->last->next = job;
	sy->last = job;
	pthread_cond_signal(&sy->added);
	pthread_mutex_unlock(&sy->mutex);
}

bool
syncer_done(struct syncer *sy, const struct syncer_job *job)
{
	bool done;

	pthread_mutex_lock(&sy->mutex);
	done = job->done;
	pthread_mutex_unlock(&sy->mutex);
	return done;
}

int
syncer_fd(const struct syncer *sy)
{
	return sy->wake[0];
}

void
syncer_fd_clear(struct syncer *sy)
{
	char drain[64];

	while (sy->wake[0] != -1 &&
	    read(sy->wake[0], drain, sizeof(drain)) == sizeof(drain))
		continue;
}
