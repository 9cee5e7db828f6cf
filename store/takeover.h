/*
 * takeover.h - what a relay before packs has left: a file for each message that
 * waits for a node, user/xx/UID/N/MSGID, one inode for all nodes (msgfile.h
 * says what is in it).
 *
 *	pack/form	there are no such files, or, until it says so, those
 *			that there are have been taken over
 *
 * All is copied before anything is removed.  So a crash at any time leaves
 * either what there was, and it begins again, or files that are only to be
 * removed.
 */
#ifndef MNM_STORE_TAKEOVER_H
#define MNM_STORE_TAKEOVER_H

#include <stdint.h>

struct packs;
struct quarantine;
struct queue_table;

/*
 * After the replay: take over what waits, below the first id of the journal,
 * which is limit.  -1 with errno: nothing is lost.
 */
int takeover_run(struct quarantine *, struct packs *, struct queue_table *,
    uint64_t limit);

#endif
