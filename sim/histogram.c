#include "sim/histogram.h"

#include <stddef.h>

/*
 * Values under 8 have a class each.  Above, a value is shifted down until
 * its four highest bits are left, 8 to 15; the shift says which eight classes
 * it belongs to, and those bits which of them.
 */
static size_t
class_of(uint64_t value)
{
	size_t shift = 0;

	if (value < HISTOGRAM_EIGHTHS)
		return (size_t)value;
	while (value >> shift >= 2 * HISTOGRAM_EIGHTHS)
		shift++;
	return shift * HISTOGRAM_EIGHTHS + (size_t)(value >> shift);
}

/* The highest value of a class. */
static uint64_t
value_of(size_t class)
{
	size_t shift;

	if (class < 2 * HISTOGRAM_EIGHTHS)
		return class;
	shift = class / HISTOGRAM_EIGHTHS - 1;
	return (((uint64_t)class % HISTOGRAM_EIGHTHS + HISTOGRAM_EIGHTHS + 1) <<
	    shift) - 1;
}

void
histogram_add(struct histogram *s, uint64_t value)
{
	size_t class = class_of(value);

	s->count++;
	s->classes[class < HISTOGRAM_CLASSES ? class : HISTOGRAM_CLASSES - 1]++;
}

uint64_t
histogram_at(const struct histogram *s, unsigned thousandths)
{
	uint64_t rank = (s->count * thousandths + 999) / 1000, seen = 0;
	size_t i;

	if (s->count == 0)
		return 0;
	for (i = 0; i < HISTOGRAM_CLASSES - 1; i++) {
		seen += s->classes[i];
		if (seen >= rank && seen > 0)
			break;
	}
	return value_of(i);
}
