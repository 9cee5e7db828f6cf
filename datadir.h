/*
 * datadir.h - the data directory as a whole: one server per directory, opened
 * in order, replayed, committed, checkpointed, closed.
 *
 * journal, store, userdb and invites are open to use between commits; what is
 * done to all of them at once is done here.
 */
#ifndef MNM_DATADIR_H
#define MNM_DATADIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "disk/quarantine.h"

struct syncer;

struct datadir {
	int dir;
	int lock;
	struct quarantine quarantine;	/* what was damaged */
	uint64_t records;	/* that the journal had at the start */
	struct syncer *syncer;
	struct journal *journal;
	struct store *store;
	struct userdb *userdb;
	struct invites *invites;
	uint64_t disk_min;	/* bytes of disk kept free; 0: the default,
				   5 % of it, but not over 16 MiB */
	struct checkpoint *checkpoint;	/* datadir.c's own */
};

/*
 * Open path, making it if it does not exist (mode 0700), and lock it.
 * journal_size as in mnm.conf.  Returns -1 and why, and then nothing needs
 * closing.  journal_size 0 is for a read-only check: nothing at all is changed,
 * and nothing may be changed through what is open then; store.h lists what may
 * be called.
 */
int datadir_open(struct datadir *, const char *path, uint64_t journal_size,
    char *why, size_t room);
/*
 * Commit, write what files are behind, sync, close.  -1 with errno if the
 * commit failed, or the sync of a checkpoint before.
 */
int datadir_close(struct datadir *);

/* One write and one sync for all that was appended.  -1: stop the program. */
int datadir_commit(struct datadir *);
/*
 * Whether what was appended must be committed even if nothing waits for it: it
 * is a second old, or the journal needs a commit to go on.  Call it in every
 * turn: datadir_deadline then covers it.
 */
bool datadir_commit_is_due(struct datadir *, struct now);
/*
 * A small piece of the checkpoint, after a commit.  Returns 1 when there is
 * more to do at once, 0 when not, -1 with errno when the tree cannot be
 * synced: stop the program.
 */
int datadir_step(struct datadir *, struct now);
/*
 * Checkpoint all that the journal has, at once, before the syncer is started:
 * nothing of it is needed any more then, and so no damage in it is met again.
 * -1 with errno.
 */
int datadir_checkpoint(struct datadir *);
/* Readable when datadir_step has something new to do; -1 if never. */
int datadir_fd(const struct datadir *);
/* When datadir_step has something to do at the latest, in now.mono's unit. */
uint64_t datadir_deadline(const struct datadir *);

/*
 * Hold the directory for a backup: checkpoints do nothing until
 * datadir_end_hold.  After the next commit, the bytes that journal_list names
 * do not change; together with the tree, as found at any time until then, they
 * are what a kill could have left.  The tree may lack what was acked meanwhile,
 * and have what is in no record.  Returns a ticket, or 0 when
 * it is held already or the journal has no room.
 *
 * When nothing more could be stored without a checkpoint, the hold is over, and
 * one line is logged.  datadir_end_hold returns whether it has lasted until
 * now.
 */
uint64_t datadir_hold(struct datadir *);
bool datadir_end_hold(struct datadir *, uint64_t ticket);

/*
 * Whether a request may run now.  DATADIR_WAIT: none, until datadir_commit and
 * datadir_step have made room.  DATADIR_FULL: those that store nothing for
 * others; the disk has no space.
 */
enum datadir_state { DATADIR_READY, DATADIR_WAIT, DATADIR_FULL };
enum datadir_state datadir_state(const struct datadir *);

#endif
