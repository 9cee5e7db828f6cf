/*
 * storage.h - the rows of the benchmark about storage: for offline members, on
 * the disk, and after a crash.
 */
#ifndef MNM_TEST_STORAGE_H
#define MNM_TEST_STORAGE_H

#include "test/load/trial.h"

/*
 * Messages wait for an offline member, who then logs in.  The job's size is
 * the relay's journal_size in MiB: with a large journal they are still in it,
 * with a small one they are in files by then.
 */
void storage_backlog(struct bench *, const struct job *, struct row *);
/*
 * Posts for two offline members, as fast as the relay takes them.  The job's
 * size is its journal_size in MiB: in a large one no checkpoint begins.
 */
void storage_checkpoint(struct bench *, const struct job *, struct row *);
/* The same for as many as the job's size, with the default journal. */
void storage_checkpoint_many(struct bench *, const struct job *,
    struct row *);
/*
 * 50 members post, each to two of 50 who are offline, and these return all at
 * once.  The job's size is how many milliseconds each sync takes longer.
 */
void storage_away(struct bench *, const struct job *, struct row *);
/* One member posts to two who are offline, one message after the other. */
void storage_one(struct bench *, const struct job *, struct row *);
/*
 * As many messages as the job's size wait, a thousand for each device; the
 * relay is killed and started, and one of them returns.
 */
void storage_waiting(struct bench *, const struct job *, struct row *);
/* Messages wait; the relay is killed and started. */
void storage_restart(struct bench *, const struct job *, struct row *);
/*
 * The same message for two recipients as a relay of files alone stores it, and
 * this relay when they are online and when they are offline; the job's size is
 * how many post at once.
 */
void storage_reference(struct bench *, const struct job *, struct row *);
void storage_online(struct bench *, const struct job *, struct row *);
void storage_offline(struct bench *, const struct job *, struct row *);
/* An idle relay: new, and after it was used. */
void storage_fresh(struct bench *, const struct job *, struct row *);
void storage_used(struct bench *, const struct job *, struct row *);

#endif
