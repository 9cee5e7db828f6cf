/*
 * list.h - doubly linked lists whose links lie in what is listed.
 *
 * A thing has one hook for each list that it may be in; all that is in one list
 * has its hook in the same place.  A zeroed list is empty, a zeroed hook is in
 * no list.  Nothing is allocated.
 */
#ifndef MNM_BASE_LIST_H
#define MNM_BASE_LIST_H

#include <stddef.h>

struct list {
	struct hook *first, *last;
	ptrdiff_t offset;	/* of a hook in what it lies in */
};

struct hook {
	struct list *list;	/* NULL: in none */
	struct hook *next, *previous;
};

/* Put owner at the end of the list, unless its hook is in one. */
void list_append(struct list *, struct hook *, void *owner);
/* Remove it from its list, if it is in one. */
void list_remove(struct hook *);
/* What a hook lies in that is in a list. */
void *list_owner(const struct hook *);
/* The first one, which stays in the list, or NULL. */
void *list_first(const struct list *);
/* The same, but it is removed. */
void *list_take(struct list *);

#endif
