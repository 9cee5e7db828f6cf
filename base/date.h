/*
 * date.h - a moment as text.
 */
#ifndef MNM_BASE_DATE_H
#define MNM_BASE_DATE_H

#include <stdint.h>

#define DATE_TEXT 24	/* 2006-01-02T15:04:05.000Z */
#define DATE_DAY_TEXT 10	/* the day of it */

#define DATE_DAY UINT64_C(86400000)	/* milliseconds */

/* Milliseconds since 1970 UTC as 2006-01-02T15:04:05.000Z, without a NUL. */
void date_text(char dst[DATE_TEXT], uint64_t wall);

#endif
