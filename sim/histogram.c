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

	if (value < SPREAD_EIGHTHS)
		return (size_t)value;
	while (value >> shift >= 2 * SPREAD_EIGHTHS)
		shift++;
	return shift * SPREAD_EIGHTHS + (size_t)(value >> shift);
}

/* The highest value of a class. */
static uint64_t
value_of(size_t class)
{
	size_t shift;

	if (class < 2 * SPREAD_EIGHTHS)
		return class;
	shift = class / SPREAD_EIGHTHS - 1;
	return (((uint64_t)class % SPREAD_EIGHTHS + SPREAD_EIGHTHS + 1) <<
	    shift) - 1;
}

void
spread_add(struct spread *s, uint64_t value)
{
	size_t class = class_of(value);

	s->count++;
	s->classes[class < SPREAD_CLASSES ? class : SPREAD_CLASSES - 1]++;
}

void
spread_join(struct spread *s, const struct spread *other)
{
	size_t i;

	s->count += other->count;
	for (i = 0; i < SPREAD_CLASSES; i++)
		s->classes[i] += other->classes[i];
}

uint64_t
spread_at(const struct spread *s, unsigned thousandths)
{
	uint64_t rank = (s->count * thousandths + 999) / 1000, seen = 0;
	size_t i;

	if (s->count == 0)
		return 0;
	for (i = 0; i < SPREAD_CLASSES - 1; i++) {
		seen += s->classes[i];
		if (seen >= rank && seen > 0)
			break;
	}
	return value_of(i);
}
