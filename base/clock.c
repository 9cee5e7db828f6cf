#include "base/clock.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* The last moment a date of four digits for the year can show. */
#define WALL_MAX UINT64_C(253402300799999)

/* It fails only for a clock that POSIX does not demand, which is a bug. */
uint64_t
clock_us(clockid_t clock)
{
	struct timespec t;
	int result = clock_gettime(clock, &t);

	assert(result == 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t
clock_ms(clockid_t clock)
{
	return clock_us(clock) / 1000;
}

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
clock_text(char dst[CLOCK_TEXT], uint64_t wall)
{
	unsigned ms, days, era, year, month, day;

	if (wall > WALL_MAX)
		wall = WALL_MAX;
	ms = (unsigned)(wall % CLOCK_DAY);
	days = (unsigned)(wall / CLOCK_DAY) + 719468;	/* since 0000-03-01 */
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

void
clock_rfc_text(char dst[CLOCK_RFC_TEXT], uint64_t wall)
{
	static const char days[] = "Thu, Fri, Sat, Sun, Mon, Tue, Wed, ";
	static const char months[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct "
	    "Nov Dec ";
	char text[CLOCK_TEXT];
	int month;

	clock_text(text, wall);
	month = (text[5] - '0') * 10 + text[6] - '1';
	memcpy(dst, &days[wall / CLOCK_DAY % 7 * 5], 5);
	memcpy(dst + 5, &text[8], 2);
	dst[7] = ' ';
	memcpy(dst + 8, &months[month * 4], 4);
	memcpy(dst + 12, text, 4);
	dst[16] = ' ';
	memcpy(dst + 17, &text[11], 8);
	dst[25] = '\0';
}

static unsigned
get_digits(const char *p, int n)
{
	unsigned value = 0;

	for (; n > 0; n--)
		value = value * 10 + (unsigned)(*p++ - '0');
	return value;
}

/* Whatever else the text was, it is not what is written for the result. */
bool
clock_read(uint64_t *wall, const char text[CLOCK_TEXT])
{
	uint64_t year = get_digits(text, 4);
	unsigned month = (get_digits(text + 5, 2) + 9) % 12;	/* 0 is March */
	char again[CLOCK_TEXT];
	uint64_t days;

	year -= month >= 10;
	days = 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + get_digits(text + 8, 2) - 1 - 719468;
	*wall = days * CLOCK_DAY + get_digits(text + 11, 2) *
	    UINT64_C(3600000) + get_digits(text + 14, 2) * 60000 +
	    get_digits(text + 17, 2) * 1000 + get_digits(text + 20, 3);
	clock_text(again, *wall);
	return memcmp(again, text, CLOCK_TEXT) == 0;
}
