#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "date.h"

/* A date up to its seconds, which are enough for a person. */
#define SECONDS_TEXT 19

/* Longer lines are cut: what a peer can make us print stays bounded. */
#define LINE_MAX_OCTETS 1024

static enum log_level level = LOG_LINES;

/*
 * By its first octet: how many a character has, and what the second may be;
 * but for control characters, overlong forms, surrogates and all above
 * U+10FFFF.  Any further octet is from 0x80 to 0xbf.
 */
static const struct form {
	unsigned char first, last;
	unsigned char octets;
	unsigned char low, high;
} forms[] = {
	{ 0x20, 0x7e, 1, 0x00, 0x00 },
	{ 0xc2, 0xc2, 2, 0xa0, 0xbf },
	{ 0xc3, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f }
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* The octets of the character that text begins with; 0 if it is not shown. */
static size_t
shown_octets(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	const struct form *f = forms;
	size_t i;

	while (f < forms + FORMS && p[0] > f->last)
		f++;
	if (f == forms + FORMS || p[0] < f->first || n < f->octets)
		return 0;
	if (f->octets > 1 && (p[1] < f->low || p[1] > f->high))
		return 0;
	for (i = 2; i < f->octets; i++) {
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	}
	return f->octets;
}

void
log_clean(char *text, size_t n)
{
	size_t i = 0, octets;

	while (i < n) {
		octets = shown_octets(text + i, n - i);
		if (octets == 0)
			text[i++] = '?';
		i += octets;
	}
}

/*
 * Write prefix and the formatted text as one line, in one write so that
 * lines of several processes do not mix.
 */
static void
put_line(int fd, const char *prefix, const char *format, va_list args)
{
	char line[LINE_MAX_OCTETS];
	int n, m;

	n = snprintf(line, sizeof(line), "%s", prefix);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
	if (m > 0)
		n += m;
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	log_clean(line, (size_t)n);
	line[n] = '\n';
	/* There is nobody left to tell that nobody hears. */
	if (write(fd, line, (size_t)n + 1) == -1)
		return;
}

void
log_level(enum log_level new_level)
{
	level = new_level;
}

void
log_line(const char *format, ...)
{
	char stamp[DATE_TEXT] = "";
	int error = errno, fd = STDOUT_FILENO;
	va_list args;

	if (level == LOG_QUIET)
		return;
	if (level == LOG_LINES) {
		fd = STDERR_FILENO;
		date_text(stamp, (uint64_t)time(NULL) * 1000);
		memcpy(stamp + SECONDS_TEXT, "Z ", 3);
	}
	va_start(args, format);
	put_line(fd, stamp, format, args);
	va_end(args);
	errno = error;
}

void
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(STDERR_FILENO, "mnm: ", format, args);
	va_end(args);
	exit(level == LOG_ANSWER ? 2 : 1);
}
