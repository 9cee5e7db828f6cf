#include "store/large.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/maildir.h"
#include "store/msgfile.h"

struct large {
	struct larges *among;
	uint64_t x;
	struct msgfile_writer writer;
	bool syncing;
	struct sync_job job;
	struct large *next;	/* in the list of the given-up */
};

struct large *
large_open(struct larges *among, uint64_t x)
{
	struct large *l = xzalloc(sizeof(*l));
	int error;

	l->among = among;
	l->x = x;
	l->writer.fd = maildir_large_create(among->tree, x);
	if (l->writer.fd != -1)
		return l;
	error = errno;
	free(l);
	errno = error;
	return NULL;
}

int
large_write(struct large *l, struct span piece)
{
	return msgfile_write(&l->writer, piece);
}

int
large_sync(struct large *l)
{
	if (msgfile_end(&l->writer) == -1)
		return -1;
	l->job = (struct sync_job){ .kind = SYNC_FILE, .fd = l->writer.fd,
	    .dir = maildir_large_dir(l->among->tree) };
	l->syncing = true;
	syncer_add(l->among->syncer, &l->job);
	return 0;
}

int
large_state(struct large *l)
{
	if (!syncer_done(l->among->syncer, &l->job))
		return 1;
	l->syncing = false;
	errno = l->job.error;
	return l->job.error == 0 ? 0 : -1;
}

static void
close_large(struct large *l)
{
	maildir_large_remove(l->among->tree, l->x);
	(void)close(l->writer.fd);	/* the file is gone */
	free(l);
}

void
large_drop(struct large *l)
{
	if (l == NULL)
		return;
	if (l->syncing && large_state(l) == 1) {
		/* The worker still has it: large_tidy closes it. */
		l->next = l->among->given_up;
		l->among->given_up = l;
		return;
	}
	close_large(l);
}

uint64_t
large_x(const struct large *l)
{
	return l->x;
}

uint64_t
large_bytes(const struct large *l)
{
	return l->writer.data;
}

void
large_take(struct large *l)
{
	(void)close(l->writer.fd);	/* its sync has succeeded */
	free(l);
}

void
large_tidy(struct larges *larges)
{
	struct large **link = &larges->given_up, *l;

	while ((l = *link) != NULL) {
		if (large_state(l) == 1) {
			link = &l->next;
			continue;
		}
		*link = l->next;
		close_large(l);
	}
}

void
large_end(struct larges *larges)
{
	/* A test may be told late that a job is done. */
	while (larges->given_up != NULL)
		large_tidy(larges);
}
