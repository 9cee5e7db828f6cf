/*
 * maildir.h - waiting messages as files: a directory for each node, a file for
 * each message, hard links to one inode where several nodes wait for it.
 *
 *	user/xx/UID/N/MSGID	waits for node N of user UID; xx is the first
 *				two characters of UID
 *	tmp/large-X		data over UPLOAD_SMALL, from its arrival
 *				until the journal no longer needs it
 *	tmp/drop-N		see spare.h
 *
 * MSGID is a message id in hexadecimal, X an id that no message has.  msgfile.h
 * describes the files.  Nothing is synced unless a comment says so.  Functions
 * return 0, or -1 with errno: EBADMSG when the file was damaged; it is then in
 * lost+found.
 */
#ifndef MNM_STORE_MAILDIR_H
#define MNM_STORE_MAILDIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "disk/quarantine.h"
#include "store/queue.h"

struct syncer;
struct maildir;

/*
 * NULL with errno on failure.  For a read-only check, maildir_discard,
 * maildir_large_remove and maildir_clean do nothing, and nothing else that
 * makes, links or removes files may be called.
 */
struct maildir *maildir_open(struct quarantine *, struct syncer *);
/* Keeps errno. */
void maildir_close(struct maildir *);
/* A sync of the tree begins: whether anything was changed since the last. */
bool maildir_begin_sync(struct maildir *);
/* The pool of files that it has removed; it is the maildir's. */
struct spares *maildir_spares(const struct maildir *);

/* Write a message of small data for its first node; replaces an old file. */
int maildir_write(struct maildir *, const struct queue *, uint64_t id,
    struct span head, struct span data);
/* Link the file that the first node has to the second. */
int maildir_link(struct maildir *, const struct queue *first,
    const struct queue *second, uint64_t id);
/* ENOENT if it is not there; else sets how many bytes it had. */
int maildir_remove(struct maildir *, struct queue *, uint64_t id,
    uint64_t *bytes);
/* Bytes of head and data.  Leaves the file open for maildir_read. */
int maildir_length(struct maildir *, struct queue *, uint64_t id,
    uint64_t *length);
/* Bytes from offset on: at least 1, at most room. */
ssize_t maildir_read(struct maildir *, struct queue *, uint64_t id,
    uint64_t offset, char *dst, size_t room);

/* Have the node's directory, if it has one, removed by spare_tidy. */
void maildir_discard(struct maildir *, const struct queue *);

/*
 * Link all files of from to a new queue, about so many in each call, in a
 * directory of its own, copy: returns 1 when it must be called again, 0 when
 * to has that directory, durably, and -1 with errno when the copy was given up.
 * In between from->copy is set, and the copy gets and loses the same files.
 */
int maildir_copy(struct maildir *, struct queue *from, struct queue *copy,
    const struct queue *to, unsigned files);
/* A file was added to q: link it to the copy, if one is under way. */
void maildir_link_copy(struct maildir *, struct queue *q, uint64_t id);
/* Discard the copy that is under way.  Keeps errno, and returns -1. */
int maildir_give_up_copy(struct maildir *, struct queue *q);

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
/* Bytes of its data from offset on: at least 1, at most room. */
ssize_t maildir_large_read(struct maildir *, uint64_t offset, char *dst,
    size_t room);

/*
 * At start: remove from tmp what is not needed.  Call maildir_large_keep for
 * every large-X in the journal, before maildir_clean, which finds
 * the highest X in use.
 */
void maildir_large_keep(struct maildir *, uint64_t x);
int maildir_clean(struct maildir *, uint64_t *highest);

#endif
