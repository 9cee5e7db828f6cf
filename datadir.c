/*
 * The data directory
 * ------------------
 *	lock		held with fcntl: one server per directory
 *	journal/	see disk/journal.c
 *	user/ group/	see userdb.c, and store/index.h for the queues in user/
 *	pack/		messages: see store/pack.h
 *	aside/		see store/aside.h
 *	guests.json	see userdb/invite.c
 *	control		a socket: see control.h
 *	tmp/		files being made; what a crash left is removed at start
 *	lost+found/	see disk/quarantine.h; nothing here is read again
 *
 * A checkpoint empties the oldest segment of the journal: the messages that
 * still wait there are packed, the indexes of their queues and the users and
 * groups that changed are written, a file at a time; the tree is synced off the
 * loop; the segment is released.  The files of users and groups are drafts
 * until that sync: then they get their names, and the tree is synced once more.
 * It begins when the journal is half full, or when little has happened for
 * QUIET.  So an idle relay's directory is small, and a busy relay writes only
 * the messages that nobody fetches.
 */
#include "datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"
#include "disk/recfile.h"
#include "disk/syncer.h"
#include "store.h"
#include "userdb.h"

#define QUIET      10000U	/* ms without a new segment: empty old ones */
#define TRIM       60000U	/* ... remove spare segments */
#define COMMIT_DELAY 1000U	/* ms until acks alone are committed */
#define RETRY      1000U	/* ms between attempts on a full disk */
#define SAVE_MAX   256U		/* files that a stop waits for, at most */
#define FLOOR_MAX  ((uint64_t)16 << 20)	/* bytes kept free by default */

#define DATADIR      "the data directory"
#define CANNOT_WRITE "cannot write to %s: %s: posts are refused"
#define CAN_WRITE    DATADIR " is writable again"

enum step {
	STEP_IDLE,
	STEP_CARRYING,
	STEP_WRITING,
	STEP_SYNCING,
	STEP_INSTALLING
};

struct checkpoint {
	enum step step;
	struct syncer_job job;
	struct drafts drafts;	/* of users and groups */
	bool owed;		/* the tree was changed and is not synced */
	bool low;		/* free space is below the floor */
	bool stuck;		/* the last attempt to write there failed */
	bool cramped;		/* the journal needs to grow and cannot */
	uint64_t look_at;	/* when to look at the free space again */
	uint64_t retry_at;	/* when to try to write again */
	uint64_t grow_at;	/* ... to have the journal grow */
	uint64_t newest;	/* segment at the last step ... */
	uint64_t newest_since;	/* ... and when it was first seen */
	uint64_t pending_since;	/* of the batch; 0: none is pending */
	uint64_t hold;		/* the ticket of the backup under way, or 0 */
	uint64_t tickets;	/* given so far */
};

/* ---- opening ---- */

static int
take_lock(struct datadir *d, const char *path, char *why, size_t room)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int flags = O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC;

	/* A read-only check must work on a read-only disk. */
	if (d->quarantine.report_only) {
		lock.l_type = F_RDLCK;
		flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
	}
	d->lock = openat(d->dir, "lock", flags, 0600);
	if (d->lock != -1 && fcntl(d->lock, F_SETLK, &lock) == 0)
		return 0;
	if (d->lock == -1 && d->quarantine.report_only && errno == ENOENT)
		return 0;	/* no relay has served from here */
	if (d->lock != -1 && (errno == EACCES || errno == EAGAIN))
		return say_why(why, room,
		    "%s: a relay or a command uses this data directory: "
		    "stop it, or try again", path);
	return say_why(why, room, "%s/lock: %s", path, strerror(errno));
}

/*
 * A tmp that root has made by mistake would be found by the first checkpoint
 * only.  A full disk is none of this function's business.
 */
static int
try_tmp(int dir, const char *path, char *why, size_t room)
{
	int fd = openat(dir, "tmp/probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1)
		return errno == ENOSPC || errno == EDQUOT ? 0 :
		    say_why(why, room, "%s/tmp: cannot make a file there: %s",
		    path, strerror(errno));
	(void)close(fd);	/* nothing was written */
	(void)unlinkat(dir, "tmp/probe", 0);	/* start-up removes it, too */
	return 0;
}

/* What cannot be the relay's data, whoever has put it there. */
static int
look_for_mistakes(int dir, const char *path, char *why, size_t room)
{
	static const char *const names[] = { "journal", "pack", "tmp", "user" };
	struct stat st, above;
	size_t i;

	if (fstat(dir, &st) == 0 && fstatat(dir, "..", &above, 0) == 0 &&
	    st.st_dev == above.st_dev && st.st_ino == above.st_ino)
		return say_why(why, room, "%s: this is the root directory: "
		    "name one for the relay alone", path);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fstatat(dir, names[i], &st, 0) == 0 && !S_ISDIR(st.st_mode))
			return say_why(why, room, "%s/%s is not a directory: "
			    "restore the relay's from a backup, or move this "
			    "away if there was none", path, names[i]);
	}
	return 0;
}

static int
open_dir(struct datadir *d, const char *path, char *why, size_t room)
{
	if ((!d->quarantine.report_only &&
	    file_make_dir(AT_FDCWD, path) == -1) ||
	    (d->dir = file_open_dir(AT_FDCWD, path)) == -1)
		return say_why(why, room, "%s: %s", path, strerror(errno));
	d->quarantine.data = d->dir;
	if (look_for_mistakes(d->dir, path, why, room) == -1 ||
	    take_lock(d, path, why, room) == -1)
		return -1;
	if (d->quarantine.report_only)
		return 0;
	if (file_make_dir(d->dir, "tmp") == -1)
		return say_why(why, room, "%s/tmp: %s", path, strerror(errno));
	return try_tmp(d->dir, path, why, room);
}

/*
 * A new device's copy that was never finished keeps packs from being removed.
 * After damage, it may be a device of which the record is lost: it stays.
 */
static void
discard_copies(struct datadir *d)
{
	const struct user *user;
	size_t at = 0;

	if (d->quarantine.report_only || d->quarantine.count > 0)
		return;
	while ((user = userdb_next_user(d->userdb, &at)) != NULL)
		store_discard(d->store, &user->uid, user->next_ref);
}

/* Hand each record to the module that wrote it. */
static int
replay(struct datadir *d, char *why, size_t room)
{
	struct journal_record record;
	size_t at = 0;
	int more;

	while ((more = journal_replay(d->journal, &record)) == 1) {
		d->records++;
		if (!store_replay(d->store, &record) &&
		    !userdb_replay(d->userdb, &record) &&
		    !invite_replay(d->invites, &record))
			quarantine_note(&d->quarantine,
			    "journal: ignored a record of unknown type %u",
			    (unsigned)record.type);
	}
	if (more == -1)
		return say_why(why, room, "cannot read the journal: %s",
		    strerror(errno));
	/* All that is in files came out of a journal. */
	if (journal_is_blank(d->journal) &&
	    userdb_next_user(d->userdb, &at) != NULL)
		quarantine_note(&d->quarantine, "journal: it is empty or "
		    "gone, but there are users: what was only in the journal "
		    "is lost");
	if (store_replayed(d->store) == -1)
		return say_why(why, room, "cannot tidy the data directory: %s",
		    strerror(errno));
	discard_copies(d);
	if (d->quarantine.count > 0 && !d->quarantine.report_only)
		log_error("damaged pieces: %lu; see lost+found",
		    d->quarantine.count);
	return 0;
}

/*
 * Make the names of the directories above the journal durable: without them,
 * what is committed there is lost.  If the one above may not be read, the whole
 * file system is synced.
 */
static int
sync_way(const struct datadir *d, char *why, size_t room)
{
	if (d->quarantine.report_only || (file_sync(d->dir) == 0 &&
	    (file_sync_dir(d->dir, "..") == 0 ||
	    (errno == EACCES && file_sync_tree(d->dir) == 0))))
		return 0;
	return say_why(why, room, "cannot sync the directory: %s",
	    strerror(errno));
}

static void
release_all(struct datadir *d)
{
	/* From here on no job is under way. */
	syncer_stop(d->syncer);
	store_close(d->store);
	invite_close(d->invites);
	userdb_close(d->userdb);
	journal_close(d->journal);
	syncer_close(d->syncer);
	/* A directory and an empty file: closing loses nothing. */
	(void)fd_close(d->lock);
	(void)fd_close(d->dir);
	recfile_free(&d->checkpoint->drafts);
	free(d->checkpoint);
}

/* Open all that is in the directory.  -1 and why on failure. */
static int
open_all(struct datadir *d, uint64_t journal_size, char *why, size_t room)
{
	struct quarantine *quarantine = &d->quarantine;

	d->journal = journal_open(quarantine, d->syncer, journal_size, why,
	    room);
	if (d->journal == NULL)
		return -1;
	d->userdb = userdb_open(quarantine, d->journal, why, room);
	if (d->userdb == NULL)
		return -1;
	d->invites = invite_open(quarantine, d->journal, why, room);
	if (d->invites == NULL)
		return -1;
	d->store = store_open(quarantine, d->journal, d->syncer, why, room);
	return d->store != NULL && replay(d, why, room) == 0 ?
	    sync_way(d, why, room) : -1;
}

int
datadir_open(struct datadir *d, const char *path, uint64_t journal_size,
    char *why, size_t room)
{
	char detail[256];

	*d = (struct datadir){ .dir = -1, .lock = -1,
	    .quarantine.report_only = journal_size == 0 };
	d->syncer = syncer_open();
	d->checkpoint = xzalloc(sizeof(*d->checkpoint));
	d->checkpoint->drafts.quarantine = &d->quarantine;
	/* An earlier run may have changed the tree, and died. */
	d->checkpoint->owed = true;
	if (open_dir(d, path, why, room) == 0) {
		if (open_all(d, journal_size, detail, sizeof(detail)) == 0)
			return 0;
		(void)say_why(why, room, "%s: %s", path, detail);
	}
	release_all(d);
	return -1;
}

/* Make a draft of a user, group or invite that changed; as userdb_save. */
static int
save_one(struct datadir *d)
{
	struct drafts *drafts = &d->checkpoint->drafts;
	int more = userdb_save(d->userdb, drafts);

	return more == 0 ? invite_save(d->invites, drafts) : more;
}

/*
 * Write the files of users, groups and invites for people to read.  The journal
 * has it all: what is not written now is written later.
 */
static void
save_people(struct datadir *d)
{
	struct drafts *drafts = &d->checkpoint->drafts;

	while (drafts->count < SAVE_MAX && save_one(d) == 1)
		continue;
	if (drafts->count > 0 && file_sync_tree(d->dir) == 0) {
		while (recfile_install(drafts) == 1)
			continue;
	}
}

int
datadir_close(struct datadir *d)
{
	struct checkpoint *cp = d->checkpoint;
	int result = d->quarantine.report_only ? 0 : datadir_commit(d);
	int error = errno;

	syncer_stop(d->syncer);
	/* What that sync lost, no later sync would report. */
	if (result == 0 && cp->step == STEP_SYNCING && cp->job.error != 0) {
		result = -1;
		error = cp->job.error;
	}
	if (result == 0 && !d->quarantine.report_only)
		save_people(d);
	release_all(d);
	errno = error;
	return result;
}

/* ---- commits and checkpoints ---- */

int
datadir_commit(struct datadir *d)
{
	d->checkpoint->pending_since = 0;
	return journal_commit(d->journal);
}

bool
datadir_commit_is_due(struct datadir *d, struct now now)
{
	struct checkpoint *cp = d->checkpoint;

	if (!journal_pending(d->journal))
		return false;
	if (cp->pending_since == 0)
		cp->pending_since = now.mono;
	return !journal_ready(d->journal) ||
	    now.mono - cp->pending_since >= COMMIT_DELAY;
}

/*
 * Bytes of disk that must stay free so that checkpoints always succeed: what
 * the journal's messages would take in the tree, and some.
 */
static uint64_t
disk_floor(const struct datadir *d, uint64_t size)
{
	uint64_t keep = size / 20;

	if (keep > FLOOR_MAX)
		keep = FLOOR_MAX;
	if (d->disk_min != 0)
		keep = d->disk_min;
	return keep + store_checkpoint_bytes(d->store);
}

/* Learn once in a while whether the disk has space. */
static void
look_at_disk(struct datadir *d, struct now now)
{
	struct checkpoint *cp = d->checkpoint;
	bool was_low = cp->low;
	uint64_t size, space;

	if (now.mono < cp->look_at)
		return;
	cp->look_at = now.mono + RETRY;
	if (!file_space(d->dir, &size, &space))
		return;
	cp->low = space < disk_floor(d, size);
	if (cp->low != was_low)
		(cp->low ? log_error : log_line)(cp->low ? "the disk is full: "
		    "posts are refused" : "the disk has space again");
}

/* An attempt to write failed: log it once, and try again later. */
static int
write_failed(struct datadir *d, struct now now)
{
	struct checkpoint *cp = d->checkpoint;

	if (!cp->stuck)
		log_error(CANNOT_WRITE, store_failed_at(d->store, DATADIR),
		    strerror(errno));
	cp->stuck = true;
	cp->retry_at = now.mono + RETRY;
	return 0;
}

static int
begin_sync(struct datadir *d)
{
	struct checkpoint *cp = d->checkpoint;

	if (store_begin_sync(d->store) || cp->drafts.count > 0)
		cp->owed = true;
	cp->step = STEP_SYNCING;
	cp->job = (struct syncer_job){ .kind = SYNCER_TREE, .dir = d->dir };
	if (cp->owed)
		syncer_add(d->syncer, &cp->job);
	else
		cp->job.done = true;
	return 1;
}

/* Write or install one file; begin a sync after the last. */
static int
write_one(struct datadir *d, struct now now)
{
	struct checkpoint *cp = d->checkpoint;
	bool installs = cp->step == STEP_INSTALLING;
	int more;

	if (cp->stuck && now.mono < cp->retry_at)
		return 0;
	/* No file may be ahead of the journal. */
	if (!installs && journal_pending(d->journal) && datadir_commit(d) == -1)
		return -1;
	cp->owed = cp->owed || installs;
	more = installs ? recfile_install(&cp->drafts) :
	    store_checkpoint(d->store, journal_oldest(d->journal));
	if (more == 0 && !installs)
		more = save_one(d);
	if (more == -1)
		return write_failed(d, now);
	if (cp->stuck)
		log_line(CAN_WRITE);
	cp->stuck = false;
	return more == 1 ? 1 : begin_sync(d);
}

static int
end_sync(struct datadir *d)
{
	struct checkpoint *cp = d->checkpoint;

	if (!syncer_done(d->syncer, &cp->job))
		return 0;
	if (cp->job.error != 0) {
		errno = cp->job.error;
		return -1;
	}
	cp->owed = false;
	if (cp->drafts.count > 0) {
		cp->step = STEP_INSTALLING;
		return 1;
	}
	cp->step = STEP_IDLE;
	journal_release(d->journal);
	/* The journal needs the segment, or will not need it for long. */
	if (!journal_ready(d->journal) ||
	    journal_oldest(d->journal) == journal_newest(d->journal)) {
		journal_publish(d->journal);
		if (datadir_commit(d) == -1)
			return -1;
	}
	return 1;
}

/* How long the segment being written has been the newest. */
static uint64_t
quiet_for(const struct datadir *d, struct now now)
{
	struct checkpoint *cp = d->checkpoint;

	if (cp->newest_since == 0 ||
	    cp->newest != journal_newest(d->journal)) {
		cp->newest = journal_newest(d->journal);
		cp->newest_since = now.mono;
	}
	return now.mono - cp->newest_since;
}

/*
 * Whether a backup holds the directory.  Being able to store matters more:
 * when the journal cannot go on without a release, the hold is over.
 */
static bool
is_held(struct datadir *d)
{
	struct checkpoint *cp = d->checkpoint;

	if (cp->hold != 0 && !journal_ready(d->journal) &&
	    !journal_is_growing(d->journal)) {
		cp->hold = 0;
		log_warning("the journal is full: the backup is abandoned");
	}
	return cp->hold != 0;
}

static void
begin_checkpoint(struct datadir *d)
{
	userdb_begin_save(d->userdb, journal_oldest_id(d->journal),
	    journal_committed_id(d->journal));
	d->checkpoint->step = STEP_CARRYING;
}

/* What is young but in the oldest segment goes into the newest. */
static int
carry(struct datadir *d)
{
	if (!journal_ready(d->journal) && journal_pending(d->journal) &&
	    datadir_commit(d) == -1)
		return -1;
	if (!userdb_keep_receipts(d->userdb, journal_ready(d->journal)))
		d->checkpoint->step = STEP_WRITING;
	return 1;
}

/*
 * Much was acked, but indexes learn of it only when the segment with the acks
 * is not the newest.  If there is no other, try again later.
 */
static int
turn(struct datadir *d, struct now now)
{
	d->checkpoint->newest_since = now.mono;
	return !journal_pending(d->journal) && journal_turn(d->journal);
}

static int
checkpoint(struct datadir *d, struct now now)
{
	struct checkpoint *cp = d->checkpoint;
	uint64_t quiet = quiet_for(d, now);
	bool several = journal_newest(d->journal) > journal_oldest(d->journal);

	switch (cp->step) {
	case STEP_IDLE:
		if (several && (journal_is_crowded(d->journal) ||
		    quiet >= QUIET)) {
			begin_checkpoint(d);
			return 1;
		}
		if (!several && quiet >= QUIET &&
		    store_needs_checkpoint(d->store))
			return turn(d, now);
		return !several && quiet >= TRIM && journal_trim(d->journal);
	case STEP_CARRYING:
		return carry(d);
	case STEP_SYNCING:
		return end_sync(d);
	case STEP_WRITING:
	case STEP_INSTALLING:
		break;
	}
	return write_one(d, now);
}

int
datadir_checkpoint(struct datadir *d)
{
	const struct now now = { 0, 0 };
	struct checkpoint *cp = d->checkpoint;
	struct journal *jn = d->journal;
	bool turned = false;

	for (;;) {
		turned = turned || journal_turn(jn);
		if (journal_oldest(jn) < journal_newest(jn)) {
			if (cp->step == STEP_IDLE)
				begin_checkpoint(d);
			if (checkpoint(d, now) == -1 || cp->stuck)
				return -1;
		} else if (turned) {
			return 0;
		} else if (journal_grow(jn) == -1) {
			return -1;
		}
	}
}

/*
 * The checkpoint has its own attempts: it is what makes room when the journal
 * cannot grow.
 */
static void
grow(struct datadir *d, struct now now)
{
	struct checkpoint *cp = d->checkpoint;
	bool was_cramped = cp->cramped;

	cp->cramped = journal_grow(d->journal) == -1;
	if (cp->cramped) {
		cp->grow_at = now.mono + RETRY;
		if (!was_cramped)
			log_error(CANNOT_WRITE, DATADIR, strerror(errno));
	} else if (was_cramped) {
		log_line(CAN_WRITE);
	}
}

int
datadir_step(struct datadir *d, struct now now)
{
	struct checkpoint *cp = d->checkpoint;
	bool tidy, idle;
	int more;

	syncer_fd_clear(d->syncer);
	if (datadir_commit_is_due(d, now) && datadir_commit(d) == -1)
		return -1;
	look_at_disk(d, now);
	/* What a full disk cut short must go, or the disk stays full. */
	if (journal_is_growing(d->journal) ||
	    (!cp->low && now.mono >= cp->grow_at))
		grow(d, now);
	tidy = store_tidy(d->store, cp->hold != 0);
	if (is_held(d))
		return tidy;
	more = checkpoint(d, now);
	if (more == -1)
		return -1;
	/* A sweep may make the room that a checkpoint lacks. */
	idle = more == 0 && (cp->step == STEP_IDLE || cp->stuck) &&
	    quiet_for(d, now) >= QUIET;
	return store_sweep(d->store, idle) || more == 1 || tidy;
}

int
datadir_fd(const struct datadir *d)
{
	return syncer_fd(d->syncer);
}

/* When the checkpoint has something to do next. */
static uint64_t
checkpoint_deadline(const struct datadir *d)
{
	const struct checkpoint *cp = d->checkpoint;

	if (cp->hold != 0)
		return UINT64_MAX;	/* what fills the journal ends it */
	/* datadir_fd is readable then, unless that was during a hold. */
	if (cp->step == STEP_SYNCING)
		return syncer_done(d->syncer, &cp->job) ? 0 : UINT64_MAX;
	if (cp->step == STEP_CARRYING || store_is_sweeping(d->store))
		return 0;
	if (cp->step == STEP_WRITING || cp->step == STEP_INSTALLING)
		return cp->stuck ? cp->retry_at : 0;
	if (journal_newest(d->journal) > journal_oldest(d->journal) ||
	    store_needs_checkpoint(d->store) || store_needs_sweep(d->store))
		return cp->newest_since + QUIET;
	if (journal_has_spares(d->journal))
		return cp->newest_since + TRIM;
	return UINT64_MAX;
}

uint64_t
datadir_deadline(const struct datadir *d)
{
	const struct checkpoint *cp = d->checkpoint;
	uint64_t at = checkpoint_deadline(d);

	if (cp->low)
		at = clock_min(at, cp->look_at);
	if (cp->stuck && cp->hold == 0)
		at = clock_min(at, cp->retry_at);
	if (cp->cramped && !cp->low)
		at = clock_min(at, cp->grow_at);
	if (cp->pending_since != 0)
		at = clock_min(at, cp->pending_since + COMMIT_DELAY);
	return at;
}

uint64_t
datadir_hold(struct datadir *d)
{
	struct checkpoint *cp = d->checkpoint;

	if (cp->hold != 0 || (!journal_pending(d->journal) &&
	    !journal_ready(d->journal)))
		return 0;
	/* What was released before is not needed after the next commit. */
	journal_publish(d->journal);
	cp->hold = ++cp->tickets;
	return cp->hold;
}

bool
datadir_end_hold(struct datadir *d, uint64_t ticket)
{
	if (d->checkpoint->hold != ticket)
		return false;
	d->checkpoint->hold = 0;
	return true;
}

enum datadir_state
datadir_state(const struct datadir *d)
{
	const struct checkpoint *cp = d->checkpoint;

	if (!journal_ready(d->journal))
		return DATADIR_WAIT;
	return cp->low || cp->stuck || cp->cramped ? DATADIR_FULL :
	    DATADIR_READY;
}
