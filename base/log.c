#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

/* A date up to the second, which is enough for a person. */
#define SECONDS_TEXT 19

/* Longer lines are cut, to bound what a peer can make us print. */
#define LINE_MAX_BYTES 1024

static enum log_level level = LOG_LINES;

/* Each relay in a program has its own, and serves in one thread at a time. */
static _Thread_local const struct log_sink *sink;

static bool
is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character <= 0x9f);
}

void
log_clean(char *text, size_t n)
{
	uint32_t character;
	size_t i, bytes;

	for (i = 0; i < n; i += bytes) {
		bytes = utf8_take(text + i, n - i, &character);
		if (bytes == 0)
			bytes = 1;
		else if (!is_control(character))
			continue;
		memset(text + i, '?', bytes);
	}
}

/* Make a line of prefix and the formatted text; returns its length. */
static size_t
format_line(char line[LINE_MAX_BYTES], const char *prefix, const char *format,
    va_list args)
{
	int n, m;

	n = snprintf(line, LINE_MAX_BYTES, "%s", prefix);
	m = vsnprintf(line + n, LINE_MAX_BYTES - (size_t)n - 1, format, args);
	if (m > 0)
		n += m;
	if (n > LINE_MAX_BYTES - 2)
		n = LINE_MAX_BYTES - 2;
	log_clean(line, (size_t)n);
	line[n] = '\0';
	return (size_t)n;
}

/* In one write, so that lines of several processes do not mix. */
static void
put_line(int fd, const char *prefix, const char *format, va_list args)
{
	char line[LINE_MAX_BYTES];
	size_t n = format_line(line, prefix, format, args);

	line[n] = '\n';
	/* stderr is gone; ignore it. */
	if (write(fd, line, n + 1) == -1)
		return;
}

/* The function may log itself: that goes to stderr. */
static void
sink_line(const struct log_sink *to, const char *format, va_list args)
{
	char line[LINE_MAX_BYTES];

	if (to->put == NULL)
		return;
	(void)format_line(line, "", format, args);
	sink = NULL;
	to->put(to->context, line);
	sink = to;
}

const struct log_sink *
log_to(const struct log_sink *new_sink)
{
	const struct log_sink *before = sink;

	sink = new_sink;
	return before;
}

/*
 * A terminal that was stopped, or a program that does not read its pipe, must
 * not stop the relay.  A pipe that is writable has room for a line.
 */
static bool
would_block(int fd)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };

	return poll(&out, 1, 0) == 0;
}

/* Lines of the relay are dropped and counted while nobody reads them. */
static void
put_or_drop(const char *stamp, const char *format, va_list args)
{
	static _Thread_local unsigned long dropped;
	char line[LINE_MAX_BYTES];

	if (would_block(STDERR_FILENO)) {
		dropped++;
		return;
	}
	if (dropped > 0) {
		(void)snprintf(line, sizeof(line), "%slog lines that nobody "
		    "read in time, and were dropped: %lu\n", stamp, dropped);
		if (write(STDERR_FILENO, line, strlen(line)) == -1)
			return;
		dropped = 0;
		if (would_block(STDERR_FILENO)) {
			dropped++;
			return;
		}
	}
	put_line(STDERR_FILENO, stamp, format, args);
}

void
log_level(enum log_level new_level)
{
	level = new_level;
}

void
log_line(const char *format, ...)
{
	char stamp[CLOCK_TEXT] = "";
	int error = errno;
	va_list args;

	if (level == LOG_QUIET)
		return;
	va_start(args, format);
	if (sink != NULL) {
		sink_line(sink, format, args);
	} else if (level == LOG_LINES) {
		clock_text(stamp, (uint64_t)time(NULL) * 1000);
		memcpy(stamp + SECONDS_TEXT, "Z ", 3);
		put_or_drop(stamp, format, args);
	} else {
		put_line(STDOUT_FILENO, stamp, format, args);
	}
	va_end(args);
	errno = error;
}

int
say_why(char *why, size_t room, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, room, format, args);	/* cut is good enough */
	va_end(args);
	return -1;
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
