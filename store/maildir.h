/*
 * maildir.h - waiting messages as files: a directory for each node, a file for
 * each message, hard links to one inode where several nodes wait for it.
 *
 *	user/xx/UID/N/MSGID	waits for node N of user UID; xx is the first
 *				two characters of UID
 *	tmp/large-X		data over STORE_DATA_SMALL, from its arrival
 *				until the journal no longer tells of it
 *	tmp/drop-N		see scrap.h
 *
 * MSGID is a message id in hexadecimal, X an id that no message has.  spool.h
 * describes what is in the files.  Nothing is synced here but where it says
 * so.  Functions return 0, or -1 with errno: EBADMSG when the file was damaged,
 * and has been lost.  With lost->looking, tree_discard, tree_large_remove and
 * tree_clean leave all as it is, and nothing else that makes, links or removes
 * files may be called.
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

struct tree;

/* NULL with errno on failure. */
struct tree *tree_open(struct lost *, struct syncer *);
void tree_close(struct tree *);
/* A sync of the tree begins: whether anything was changed since the last. */
bool tree_begin_sync(struct tree *);
/* That has ended well. */
void tree_end_sync(struct tree *);

/* Write a message of small data for its first node; an old file gives way. */
int tree_write(struct tree *, const struct queue *, uint64_t id,
    struct span head, struct span data);
/* Let the file that the first node has be the second's as well. */
int tree_link(struct tree *, const struct queue *first,
    const struct queue *second, uint64_t id);
/* ENOENT if it is not there; else so many octets are gone. */
int tree_remove(struct tree *, const struct queue *, uint64_t id,
    uint64_t *octets);
/* Octets of head and data.  Leaves the file open for tree_read. */
int tree_length(struct tree *, struct queue *, uint64_t id,
    uint64_t *length);
/* Octets from offset on: at least 1, at most room. */
ssize_t tree_read(struct tree *, struct queue *, uint64_t id,
    uint64_t offset, char *dst, size_t room);

/*
 * The names in a node's directory, if it has one, are durable; it is another
 * node's, who has none, durably.  What is not told of elsewhere must be
 * durable by itself.
 */
int tree_sync(struct tree *, const struct queue *);
int tree_move(struct tree *, const struct queue *from,
    const struct queue *to);
/* Have the node's directory, if it has one, removed bit by bit by tree_tidy. */
void tree_discard(struct tree *, const struct queue *);
/* What was removed gives its place on the disk back: see scrap.h. */
bool tree_tidy(struct tree *);
bool tree_is_trim(const struct tree *);
void tree_trim(struct tree *);

/* Large data.  tree_large_create returns a descriptor to write to. */
int tree_large_create(struct tree *, uint64_t x);
/* Whether it is there: 1, 0, -1 with errno. */
int tree_large_exists(const struct tree *, uint64_t x);
void tree_large_remove(struct tree *, uint64_t x);
/* The directory that must be synced for the file to be there. */
int tree_large_dir(const struct tree *);
/* Complete the file with its head, so that it can be linked. */
int tree_large_finish(struct tree *, uint64_t x, uint64_t id,
    struct span head, uint64_t data);
int tree_large_link(struct tree *, uint64_t x, const struct queue *,
    uint64_t id);
/* Open the file, unless it is open; data is how many octets it has. */
int tree_large_open(struct tree *, uint64_t x, uint64_t data);
/*
 * Octets of its data from offset on: at least 1, at most room.  EBADMSG from
 * either: the file is gone, as above.
 */
ssize_t tree_large_read(struct tree *, uint64_t offset, char *dst,
    size_t room);

/*
 * At start: remove from tmp what nobody needs.  Call tree_large_keep for every
 * large-X that the journal tells of, before tree_clean, which finds the
 * highest X in use.
 */
void tree_large_keep(struct tree *, uint64_t x);
int tree_clean(struct tree *, uint64_t *highest);

#endif
