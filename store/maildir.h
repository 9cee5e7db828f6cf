/*
 * maildir.h - waiting messages as files: a directory for each node, a file for
 * each message, hard links to one inode where several nodes wait for it.
 *
 *	user/xx/UID/N/MSGID	waits for node N of user UID; xx is the first
 *				two characters of UID
 *	tmp/large-X		data over UPLOAD_SMALL, from its arrival
 *				until the journal no longer tells of it
 *	tmp/drop-N		see scrap.h
 *
 * MSGID is a message id in hexadecimal, X an id that no message has.  spool.h
 * describes what is in the files.  Nothing is synced here but where it says
 * so.  Functions return 0, or -1 with errno: EBADMSG when the file was damaged,
 * and has been lost.  With lost->looking, maildir_discard,
 * maildir_large_remove and maildir_clean leave all as it is, and nothing else
 * that makes, links or removes files may be called.
 */
#ifndef MNM_STORE_MAILDIR_H
#define MNM_STORE_MAILDIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "disk/file.h"
#include "disk/quarantine.h"
#include "store/queue.h"

struct maildir;

/* NULL with errno on failure. */
struct maildir *maildir_open(struct quarantine *, struct syncer *);
void maildir_close(struct maildir *);
/* A sync of the tree begins: whether anything was changed since the last. */
bool maildir_begin_sync(struct maildir *);
/* That has ended well. */
void maildir_end_sync(struct maildir *);

/* Write a message of small data for its first node; an old file gives way. */
int maildir_write(struct maildir *, const struct queue *, uint64_t id,
    struct span head, struct span data);
/* Let the file that the first node has be the second's as well. */
int maildir_link(struct maildir *, const struct queue *first,
    const struct queue *second, uint64_t id);
/* ENOENT if it is not there; else so many bytes are gone. */
int maildir_remove(struct maildir *, const struct queue *, uint64_t id,
    uint64_t *bytes);
/* Bytes of head and data.  Leaves the file open for maildir_read. */
int maildir_length(struct maildir *, struct queue *, uint64_t id,
    uint64_t *length);
/* Bytes from offset on: at least 1, at most room. */
ssize_t maildir_read(struct maildir *, struct queue *, uint64_t id,
    uint64_t offset, char *dst, size_t room);

/*
 * The names in a node's directory, if it has one, are durable; it is another
 * node's, who has none, durably.  What is not told of elsewhere must be
 * durable by itself.
 */
int maildir_sync(struct maildir *, const struct queue *);
int maildir_move(struct maildir *, const struct queue *from,
    const struct queue *to);
/*
 * Have the node's directory, if it has one, removed bit by bit by
 * maildir_tidy.
 */
void maildir_discard(struct maildir *, const struct queue *);
/* What was removed gives its place on the disk back: see scrap.h. */
bool maildir_tidy(struct maildir *);
bool maildir_is_trim(const struct maildir *);
void maildir_trim(struct maildir *);

/* Large data.  maildir_large_create returns a descriptor to write to. */
int maildir_large_create(struct maildir *, uint64_t x);
/* Whether it is there: 1, 0, -1 with errno. */
int maildir_large_exists(const struct maildir *, uint64_t x);
void maildir_large_remove(struct maildir *, uint64_t x);
/* The directory that must be synced for the file to be there. */
int maildir_large_dir(const struct maildir *);
/* Complete the file with its head, so that it can be linked. */
int maildir_large_finish(struct maildir *, uint64_t x, uint64_t id,
    struct span head, uint64_t data);
int maildir_large_link(struct maildir *, uint64_t x, const struct queue *,
    uint64_t id);
/* Open the file, unless it is open; data is how many bytes it has. */
int maildir_large_open(struct maildir *, uint64_t x, uint64_t data);
/*
 * Bytes of its data from offset on: at least 1, at most room.  EBADMSG from
 * either: the file is gone, as above.
 */
ssize_t maildir_large_read(struct maildir *, uint64_t offset, char *dst,
    size_t room);

/*
 * At start: remove from tmp what nobody needs.  Call maildir_large_keep for
 * every large-X that the journal tells of, before maildir_clean, which finds
 * the highest X in use.
 */
void maildir_large_keep(struct maildir *, uint64_t x);
int maildir_clean(struct maildir *, uint64_t *highest);

#endif
