#include "push/answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define SECONDS_MAX 100000000	/* three years: more is no pause */

/* Take a line off the bytes; false if it is not complete. */
static bool
take_line(struct span *rest, struct span *line)
{
	const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;

	if (end == NULL)
		return false;
	*line = (struct span){ rest->p, (size_t)(end - rest->p) };
	if (line->n > 0 && end[-1] == '\r')
		line->n--;
	rest->n -= (size_t)(end + 1 - rest->p);
	rest->p = end + 1;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 201 Created" */
static bool
read_status(unsigned *status, struct span line)
{
	const char *p = line.p + 9;
	size_t i;

	if (line.n < 12 || memcmp(line.p, "HTTP/1.", 7) != 0 ||
	    !is_digit(line.p[7]) || line.p[8] != ' ' ||
	    (line.n > 12 && line.p[12] != ' '))
		return false;
	for (*status = 0, i = 0; i < 3; i++) {
		if (!is_digit(p[i]))
			return false;
		*status = *status * 10 + (unsigned)(p[i] - '0');
	}
	return *status >= 100 && *status <= 599;
}

/* The value of the field, if the line is one of that name. */
static bool
is_field(struct span line, const char *name, struct span *value)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' ||
	    strncasecmp(line.p, name, n) != 0)
		return false;
	*value = (struct span){ line.p + n + 1, line.n - n - 1 };
	while (value->n > 0 && (*value->p == ' ' || *value->p == '\t')) {
		value->p++;
		value->n--;
	}
	while (value->n > 0 && (value->p[value->n - 1] == ' ' ||
	    value->p[value->n - 1] == '\t'))
		value->n--;
	return true;
}

/* Of the three forms of a date, the one that is still written:
 * "Sun, 06 Nov 1994 08:49:37 GMT".  0 if it is not one. */
static uint64_t
read_date(struct span text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char iso[CLOCK_TEXT + 1];
	uint64_t wall;
	unsigned month;

	if (text.n != 29 || memcmp(text.p + 25, " GMT", 4) != 0)
		return 0;
	for (month = 0; month < 12; month++) {
		if (memcmp(months + 3 * month, text.p + 8, 3) == 0)
			break;
	}
	(void)snprintf(iso, sizeof(iso), "%.4s-%02u-%.2sT%.8s.000Z",
	    text.p + 12, month + 1, text.p + 5, text.p + 17);
	return clock_read(&wall, iso) ? wall / 1000 : 0;
}

/* Seconds, or a date. */
static uint64_t
read_pause(struct span text, uint64_t now)
{
	uint64_t n = 0, date;
	size_t i;

	for (i = 0; i < text.n && is_digit(text.p[i]); i++) {
		if (n < SECONDS_MAX)
			n = n * 10 + (uint64_t)(text.p[i] - '0');
	}
	if (i == text.n)
		return n;
	date = read_date(text);
	return date > now ? date - now : 0;
}

/* Read one header, which may be an interim one. */
static int
read_header(struct answer *a, struct span *rest, uint64_t now)
{
	struct span line, value, pause = { NULL, 0 };

	*a = (struct answer){ .status = 0 };
	if (!take_line(rest, &line))
		return 0;
	if (!read_status(&a->status, line))
		return -1;
	for (;;) {
		if (!take_line(rest, &line))
			return 0;
		if (line.n == 0)
			break;
		if (is_field(line, "retry-after", &value))
			pause = value;
		else if (is_field(line, "date", &value))
			a->date = read_date(value);
	}
	a->retry_after = read_pause(pause, a->date != 0 ? a->date : now);
	return 1;
}

int
answer_read(struct answer *a, struct span bytes, uint64_t now)
{
	int result;

	do {
		result = read_header(a, &bytes, now);
	} while (result == 1 && a->status < 200);
	return result;
}
