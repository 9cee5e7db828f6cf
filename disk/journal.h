/*
 * journal.h - the one durable act: append what happened, sync once a turn.
 *
 * Users of the journal (store, userdb, invite) append records during a turn
 * of the loop; journal_commit writes them as one batch and syncs it.  After a
 * crash a batch is there as a whole or not at all, and no committed batch is
 * missing.  segment.h describes the format on disk.
 *
 * The journal is a ring of segments.  The oldest can be reused once
 * journal_release says that nothing in it is needed any more.
 */
#ifndef MNM_DISK_JOURNAL_H
#define MNM_DISK_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "disk/quarantine.h"

/*
 * What a record says.  The journal only carries the type; each type is
 * written and read by the module that it is named after.
 */
enum journal_type {
	JOURNAL_USERDB = 1,	/* a change of users, aliases or groups */
	JOURNAL_PUT,		/* store: a message waits at these nodes */
	JOURNAL_PUT_LARGE,	/* store: the same, its data is in a file */
	JOURNAL_ACK,		/* store: a node has acked a message */
	JOURNAL_COPY,		/* store: messages wait at another node too */
	JOURNAL_DROP,		/* store: a node's queue was dropped */
	JOURNAL_INVITES,	/* invite: invitations, requests, window */
	JOURNAL_RECEIPT		/* userdb: what a request has led to */
};

/*
 * No request may append more than this, its data included: two heads and two
 * bodies of 64 KiB each and some 10 000 recipients.
 */
#define JOURNAL_REQUEST_MAX ((size_t)512 << 10)

/* Where bytes of a record are: valid until their segment is released. */
struct journal_place {
	uint64_t segment;	/* ordinal of the segment, always rising */
	uint32_t offset;	/* bytes from its start */
};

struct journal_record {
	enum journal_type type;
	struct span body;		/* borrowed until the next call */
	struct journal_place place;	/* of the body's first byte */
};

struct syncer;
struct journal;

/*
 * Open or make DATA/journal.  size_max bounds its growth, in bytes.  NULL and
 * why on failure.  For a read-only check, nothing is made or written: then only
 * journal_replay, journal_id and its like, and journal_close may follow.
 */
struct journal *journal_open(struct quarantine *, struct syncer *,
    uint64_t size_max, char *why, size_t room);
void journal_close(struct journal *);

/*
 * The next committed record, in order.  Returns 1, 0 at the end, or -1 with
 * errno if the journal cannot be read or written.  All must be read before
 * anything is appended.  Damage is kept in lost+found and skipped.  If anything
 * was damaged, in the journal or in files, the next batch goes into a new
 * segment, so that a checkpoint gets rid of the damage.
 */
int journal_replay(struct journal *, struct journal_record *);

/* Nothing was found in it: it is new, or lost. */
bool journal_is_blank(const struct journal *);

/* The next id, higher than any ever given.  Durable with the next commit. */
uint64_t journal_id(struct journal *);
/* Let ids go on from at least this one (a clock in nanoseconds). */
void journal_id_at_least(struct journal *, uint64_t);
/* The highest id that a commit covers. */
uint64_t journal_committed_id(const struct journal *);

/*
 * Whether one more request may be run now.  If not, commit first; if it is
 * still false, wait until there is another segment.
 */
bool journal_ready(const struct journal *);
/*
 * Append one record made of these parts.  Returns where its body begins.
 * journal_ready must have been true since the request began.
 */
struct journal_place journal_add(struct journal *, enum journal_type,
    const struct span *parts, size_t n);
/* The same of one part, which only a replay has to find. */
void journal_add_one(struct journal *, enum journal_type, struct span);
/* Something appended waits for journal_commit. */
bool journal_pending(const struct journal *);
/*
 * Make everything appended durable.  -1 with errno: nothing of it may be acked,
 * and the program must stop; the file is not to be trusted again.
 */
int journal_commit(struct journal *);
/* The number of batches ever committed, each by one sync. */
uint64_t journal_commits(const struct journal *);
/* Read bytes that were appended, committed or not.  -1 with errno. */
int journal_read(const struct journal *, struct journal_place, void *dst,
    size_t n);

/* Segments in use, from the oldest to the one being written. */
uint64_t journal_oldest(const struct journal *);
uint64_t journal_newest(const struct journal *);
/* The highest id that was given when the oldest segment was last written. */
uint64_t journal_oldest_id(const struct journal *);
/*
 * Nothing in the oldest segment is needed any more, not even after a crash.  It
 * must not be the newest.
 */
void journal_release(struct journal *);
/*
 * Continue in another segment, so that everything written so far can be
 * released.  Nothing may be pending.  False if there is none.
 */
bool journal_turn(struct journal *);
/*
 * Make the next commit write a batch even if nothing is appended: it records
 * what was released, which can only then be reused.
 */
void journal_publish(struct journal *);
/*
 * Write a JSON array with the name of each segment in use, the oldest first,
 * each followed by the number of bytes committed in it.  A start needs no more
 * of the journal, if nothing was released since the last commit.
 */
void journal_list(const struct journal *, struct buf *);
/* Over half of the maximum is in use: release without delay. */
bool journal_is_crowded(const struct journal *);
/* How much of the maximum is in use, in percent. */
unsigned journal_used(const struct journal *);
/*
 * Start to make a segment, off the loop, if there is no spare and the journal
 * may grow.  Returns 0, or -1 with errno if the last attempt failed; each call
 * tries again.
 */
int journal_grow(struct journal *);
/* One is being made; call journal_grow to finish, even if it failed. */
bool journal_is_growing(const struct journal *);
/* There are more segments than an idle journal needs. */
bool journal_has_spares(const struct journal *);
/* Remove one spare segment that an idle journal does not need; or false. */
bool journal_trim(struct journal *);

#endif
