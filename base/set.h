/*
 * set.h - a set of things, told apart by their addresses: the users who get
 * a message, those who see a user, the groups of a request.
 *
 * It is an array in the order of the addresses.  A few are put in or taken
 * out one by one; many are appended, in any order and as often as they are
 * named, and settled once.
 */
#ifndef MNM_BASE_SET_H
#define MNM_BASE_SET_H

#include <stdbool.h>
#include <stddef.h>

struct set {
	void **items;		/* NULL while room is 0 */
	size_t count, room;
};

/* Storage is the caller's; a zeroed set is empty. */
void set_free(struct set *);

void set_append(struct set *, void *item);
/* Sort what was appended; each item is there once then. */
void set_settle(struct set *);

/* For settled sets.  False: the item was there, or was not. */
bool set_put(struct set *, void *item);
bool set_take(struct set *, const void *item);
bool set_has(const struct set *, const void *item);

#endif
