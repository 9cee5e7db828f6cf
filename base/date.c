#include "base/date.h"

#include <stddef.h>

/* The last moment a date of four digits for the year can show. */
#define WALL_MAX UINT64_C(253402300799999)

/* value as exactly n digits; returns what follows them. */
static char *
put_digits(char *dst, size_t n, unsigned value, char after)
{
	size_t i;

	for (i = n; i > 0; i--, value /= 10)
		dst[i - 1] = (char)('0' + value % 10);
	dst[n] = after;
	return dst + n + 1;
}

/*
 * By hand, as gmtime_r would end in 2038 where time_t has 32 bits.  Years are
 * counted from March, so that the leap day is the last of its year and the
 * months before it have lengths that repeat every five (153 days).
 */
void
date_text(char dst[DATE_TEXT], uint64_t wall)
{
	unsigned ms, days, era, year, month, day;

	if (wall > WALL_MAX)
		wall = WALL_MAX;
	ms = (unsigned)(wall % DATE_DAY);
	days = (unsigned)(wall / DATE_DAY) + 719468;	/* since 0000-03-01 */
	era = days / 146097;				/* of 400 years */
	days %= 146097;
	/* Without its leap days an era is 400 years of 365 days. */
	year = (days - days / 1460 + days / 36524 - days / 146096) / 365;
	days -= 365 * year + year / 4 - year / 100;
	month = (5 * days + 2) / 153;			/* 0 is March */
	day = days - (153 * month + 2) / 5 + 1;
	year += era * 400 + (month >= 10);

	dst = put_digits(dst, 4, year, '-');
	dst = put_digits(dst, 2, month < 10 ? month + 3 : month - 9, '-');
	dst = put_digits(dst, 2, day, 'T');
	dst = put_digits(dst, 2, ms / 3600000, ':');
	dst = put_digits(dst, 2, ms / 60000 % 60, ':');
	dst = put_digits(dst, 2, ms / 1000 % 60, '.');
	put_digits(dst, 3, ms % 1000, 'Z');
}
