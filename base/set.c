#include "base/set.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define FIRST_ROOM 4

void
set_free(struct set *s)
{
	free(s->items);
	*s = (struct set){ NULL, 0, 0 };
}

static void
make_room(struct set *s)
{
	if (s->count < s->room)
		return;
	s->room = s->room > 0 ? s->room * 2 : FIRST_ROOM;
	s->items = xrealloc(s->items, s->room * sizeof(void *));
}

void
set_append(struct set *s, void *item)
{
	make_room(s);
	s->items[s->count++] = item;
}

static int
compare(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)*(void *const *)a;
	uintptr_t y = (uintptr_t)*(void *const *)b;

	return (x > y) - (x < y);
}

void
set_settle(struct set *s)
{
	uint32_t i, kept = 0;

	if (s->count < 2)
		return;
	qsort(s->items, s->count, sizeof(void *), compare);
	for (i = 0; i < s->count; i++) {
		if (kept == 0 || s->items[kept - 1] != s->items[i])
			s->items[kept++] = s->items[i];
	}
	s->count = kept;
}

/* Where the item is, or would have to be. */
static size_t
place(const struct set *s, const void *item)
{
	size_t low = 0, high = s->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if ((uintptr_t)s->items[middle] < (uintptr_t)item)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_at(const struct set *s, const void *item, size_t i)
{
	return i < s->count && s->items[i] == item;
}

bool
set_put(struct set *s, void *item)
{
	size_t i = place(s, item);

	if (is_at(s, item, i))
		return false;
	make_room(s);
	memmove(s->items + i + 1, s->items + i,
	    (s->count - i) * sizeof(void *));
	s->items[i] = item;
	s->count++;
	return true;
}

bool
set_take(struct set *s, const void *item)
{
	size_t i = place(s, item);

	if (!is_at(s, item, i))
		return false;
	s->count--;
	memmove(s->items + i, s->items + i + 1,
	    (s->count - i) * sizeof(void *));
	return true;
}

bool
set_has(const struct set *s, const void *item)
{
	return is_at(s, item, place(s, item));
}
