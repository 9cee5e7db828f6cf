/*
 * set.h - a set of pointers: the users who get a message, those who see a user,
 * the groups of a request.
 *
 * It is an array sorted by address.  A few items can be added or removed one by
 * one; many are appended, in any order and with repeats, and settled once.
 */
#ifndef MNM_BASE_SET_H
#define MNM_BASE_SET_H

#include <stdbool.h>
#include <stdint.h>

struct set {
	void **items;		/* NULL while room is 0 */
	uint32_t count, room;
};

/* A zeroed set is empty. */
void set_free(struct set *);

void set_append(struct set *, void *item);
/* Sort what was appended, and remove repeats. */
void set_settle(struct set *);

/* For settled sets.  False: the item was already there, or was not there. */
bool set_put(struct set *, void *item);
bool set_take(struct set *, const void *item);
bool set_has(const struct set *, const void *item);

#endif
