/*
 * histogram.h - the distribution of measured times: counts in classes that are
 * an eighth of their value wide, so that any number of times fits in 4 kB.
 */
#ifndef MNM_SIM_HISTOGRAM_H
#define MNM_SIM_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_EIGHTHS 8	/* classes for each doubling of the value */
#define HISTOGRAM_CLASSES (60 * HISTOGRAM_EIGHTHS)

/* A zeroed one is empty. */
struct histogram {
	uint64_t count;
	uint64_t classes[HISTOGRAM_CLASSES];
};

void histogram_add(struct histogram *, uint64_t value);
/*
 * The value that so many of a thousand do not exceed, at most an eighth too
 * high; 0 if there are none.
 */
uint64_t histogram_at(const struct histogram *, unsigned thousandths);

#endif
