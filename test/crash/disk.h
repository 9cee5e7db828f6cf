/*
 * disk.h - a disk in memory, with a switch for its power.
 *
 * A test that is linked with the file calls wrapped (disk_calls.c lists them)
 * works on this disk instead of a real one: relative paths are on it, and
 * descriptors from DISK_FD on are its own.
 *
 * The disk keeps two trees: what the kernel's cache shows, which is what the
 * program sees, and what would be there without power: all that was synced,
 * and of what was not any part.
 *
 *	fsync, fdatasync of a file	its bytes and size
 *	fsync of a directory		the names in it
 *	syncfs				everything
 *
 * Of what was not synced each sector of 512 bytes of each write, each size
 * and each change of names may be there or not, whatever the others are; only
 * a rename is there as a whole or not at all.
 *
 * After a sync of a file that failed, the cache shows what should have been
 * written, and no later sync writes it: as Linux does.  Names are in the file
 * system's own journal, and are there with the next sync.
 */
#ifndef MNM_TEST_DISK_H
#define MNM_TEST_DISK_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DISK_FD 1000

/* A file or directory. */
struct inode;

/* ---- the tree, as the cache shows it; disk.c ---- */

/* Begin with an empty disk.  No descriptor may be open. */
void disk_format(void);
struct inode *disk_root(void);
/* NULL if there is none. */
struct inode *disk_find(const struct inode *dir, const char *name);
struct inode *disk_create(struct inode *dir, const char *name, bool is_dir);
void disk_link(struct inode *dir, const char *name, struct inode *);
void disk_unlink(struct inode *dir, const char *name);
void disk_rename(struct inode *from, const char *old, struct inode *to,
    const char *name);
bool disk_is_dir(const struct inode *);
uint64_t disk_size(const struct inode *);
unsigned disk_links(const struct inode *);
/* An open descriptor has the inode, or no longer. */
void disk_hold(struct inode *);
void disk_let_go(struct inode *);
/* The n-th name in a directory, or NULL. */
const char *disk_name(const struct inode *dir, size_t n);
void disk_write(struct inode *, const void *src, size_t n, uint64_t offset);
size_t disk_read(const struct inode *, void *dst, size_t n, uint64_t offset);
void disk_truncate(struct inode *, uint64_t size);
/* Make durable; or have it fail, so that this never will be. */
void disk_sync(struct inode *);
void disk_sync_all(void);
void disk_sync_failed(struct inode *);
void disk_sync_all_failed(void);

/*
 * The power is cut, and comes back: what seed chooses of what was not synced is
 * there.  Nothing of the past remains to be lost.
 */
void disk_cut(uint64_t seed);
/* Alter one byte, now and durably. */
void disk_flip(struct inode *, uint64_t offset, unsigned char bits);

/* ---- the calls; disk_calls.c ---- */

/* What a sync is of: found by the names of what it syncs. */
enum disk_sync {
	DISK_SYNC_SEGMENT,	/* fdatasync of a journal segment */
	DISK_SYNC_ZEROS,	/* fsync of a new one */
	DISK_SYNC_JOURNAL,	/* fsync of the journal's directory */
	DISK_SYNC_TREE,		/* syncfs */
	DISK_SYNC_LARGE,	/* fsync of a large file */
	DISK_SYNC_TMP,		/* fsync of its directory */
	DISK_SYNC_NODE,		/* fsync of a node's directory */
	DISK_SYNC_USER,		/* fsync of a user's directory */
	DISK_SYNC_DATA,		/* fsync of a directory above these */
	DISK_SYNC_KINDS
};

/* What a call does, and so how it can fail. */
enum disk_kind {
	DISK_OPEN,
	DISK_READ,
	DISK_WRITE,
	DISK_NAME,		/* it makes, changes or removes a name */
	DISK_SYNC,
	DISK_CLOSE,
	DISK_LIST,		/* it lists a directory */
	DISK_ASK,		/* it asks about a file, or locks it */
	DISK_MEMORY		/* no call: it allocates */
};

struct disk_calls {
	unsigned long calls;	/* all so far */
	enum disk_kind kind;	/* of the call about to be made */
	enum disk_sync sync;	/* what it syncs, if it does */
	unsigned long changes;	/* those that write or sync */
	unsigned long syncs[DISK_SYNC_KINDS];
	unsigned long written;	/* bytes */
	unsigned long failed;	/* calls that were made to fail */
	/* Called before each call; before each that changes something. */
	void (*before_call)(void);
	void (*before_change)(void);
	/* If not 0: the call about to be made fails with this error. */
	int fail;
	/* The call about to be made does only a part of its bytes. */
	bool shorten;
	bool loud;		/* print what changes the disk */
	unsigned ignored;	/* set of 1 << DISK_SYNC_...: they do nothing */
};

/* The one state of the calls: they have no argument to carry it. */
extern struct disk_calls disk_calls;

/*
 * What every call does first: -1 with errno if it is to fail.  Public for what
 * else can fail.
 */
int disk_begin_call(enum disk_kind);

/* The process was killed: drop its descriptors and locks, not the cache. */
void disk_close_all(void);

#endif
