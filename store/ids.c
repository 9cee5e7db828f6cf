#include "store/ids.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
id_at(const void *item)
{
	uint64_t id;

	memcpy(&id, item, sizeof(id));
	return id;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = id_at(a), y = id_at(b);

	return (x > y) - (x < y);
}

void
ids_sort(void *array, size_t count, size_t size)
{
	if (count > 0)
		qsort(array, count, size, compare);
}

size_t
ids_place(const void *array, size_t count, size_t size, uint64_t id)
{
	size_t low = 0, high = count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (id_at((const char *)array + middle * size) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
