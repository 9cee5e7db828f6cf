/*
 * clock.h - the system's clocks, and a moment as text.
 */
#ifndef MNM_BASE_CLOCK_H
#define MNM_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_DAY UINT64_C(86400000)	/* milliseconds */

#define CLOCK_TEXT 24		/* 2006-01-02T15:04:05.000Z */
#define CLOCK_DAY_TEXT 10	/* its day */

/*
 * The two clocks, read once per turn of the loop and passed down.  Time-outs
 * count on mono, dates show wall.
 */
struct now {
	uint64_t mono;	/* milliseconds since some fixed moment */
	uint64_t wall;	/* milliseconds since 1970-01-01 UTC */
};

/*
 * Microseconds: since 1970 UTC by CLOCK_REALTIME, which can be set, and since
 * some fixed moment by the others.
 */
uint64_t clock_us(clockid_t);
uint64_t clock_ms(clockid_t);	/* the same in milliseconds */

/* The earlier of two moments, or the shorter of two times. */
static inline uint64_t
clock_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Milliseconds since 1970 UTC as 2006-01-02T15:04:05.000Z, without a NUL. */
void clock_text(char dst[CLOCK_TEXT], uint64_t wall);
/* Read that; false if it is no such text, or the date does not exist. */
bool clock_read(uint64_t *wall, const char text[CLOCK_TEXT]);

/* As mail and HTTP write it, with a NUL, for a time zone to follow. */
#define CLOCK_RFC_TEXT 26	/* Mon, 02 Jan 2006 15:04:05 */
void clock_rfc_text(char dst[CLOCK_RFC_TEXT], uint64_t wall);

#endif
