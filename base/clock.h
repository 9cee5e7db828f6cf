/*
 * clock.h - what the system's clocks say.
 */
#ifndef MNM_BASE_CLOCK_H
#define MNM_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * Microseconds: since 1970 UTC by CLOCK_REALTIME, which can be set, and since
 * some moment by others.  Who has no clock has no use for going on: it dies.
 */
uint64_t clock_us(clockid_t);

#endif
