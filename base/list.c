#include "base/list.h"

#include <assert.h>

void
list_append(struct list *list, struct hook *hook, void *owner)
{
	if (hook->list != NULL)
		return;
	assert(list->first == NULL ||
	    list->offset == (char *)hook - (char *)owner);
	list->offset = (char *)hook - (char *)owner;
	*hook = (struct hook){ list, NULL, list->last };
	if (list->last != NULL)
		list->last->next = hook;
	else
		list->first = hook;
	list->last = hook;
}

void
list_remove(struct hook *hook)
{
	struct list *list = hook->list;

	if (list == NULL)
		return;
	if (hook->previous != NULL)
		hook->previous->next = hook->next;
	else
		list->first = hook->next;
	if (hook->next != NULL)
		hook->next->previous = hook->previous;
	else
		list->last = hook->previous;
	hook->list = NULL;
}

void *
list_owner(const struct hook *hook)
{
	return (char *)hook - hook->list->offset;
}

void *
list_first(const struct list *list)
{
	return list->first != NULL ? list_owner(list->first) : NULL;
}

void *
list_take(struct list *list)
{
	void *owner = list_first(list);

	if (owner != NULL)
		list_remove(list->first);
	return owner;
}
