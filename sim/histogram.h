/*
 * histogram.h - how measured times are spread: counts in classes that are an
 * eighth of their value wide, so that any number of them fits in 4 kB.
 */
#ifndef MNM_SIM_HISTOGRAM_H
#define MNM_SIM_HISTOGRAM_H

#include <stdint.h>

#define SPREAD_EIGHTHS 8	/* classes for each doubling of the value */
#define SPREAD_CLASSES (60 * SPREAD_EIGHTHS)

/* A zeroed one is empty. */
struct spread {
	uint64_t count;
	uint64_t classes[SPREAD_CLASSES];
};

void spread_add(struct spread *, uint64_t value);
/* Add all that other has. */
void spread_join(struct spread *, const struct spread *other);
/*
 * The value that this many of a thousand do not exceed, up to an eighth too
 * high; 0 if there are none.
 */
uint64_t spread_at(const struct spread *, unsigned thousandths);

#endif
