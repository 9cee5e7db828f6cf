#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

/* A date up to the second, which is enough for a person. */
#define SECONDS_TEXT 19

/* Longer lines are cut, to bound what a peer can make us print. */
#define LINE_MAX_BYTES 1000

#define ROOM (2 * LINE_MAX_BYTES + 128)	/* a line in any form */

#define DAEMON (3 << 3)	/* a facility of syslog */

static enum log_level level = LOG_LINES;
static enum log_form form = LOG_TEXT;
static enum log_rank least = LOG_IS_INFO;
static int syslog_fd = -1;

/* Each relay in a program has its own, and serves in one thread at a time. */
static _Thread_local const struct log_sink *sink;
static _Thread_local enum log_rank rank = LOG_IS_INFO;	/* at least */

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

/* Format and clean a text; returns its length. */
static size_t
format_text(char text[LINE_MAX_BYTES], const char *format, va_list args)
{
	int n = vsnprintf(text, LINE_MAX_BYTES - 1, format, args);

	if (n < 0)
		n = 0;
	if (n > LINE_MAX_BYTES - 2)
		n = LINE_MAX_BYTES - 2;
	log_clean(text, (size_t)n);
	text[n] = '\0';
	return (size_t)n;
}

static const char *
rank_name(enum log_rank of)
{
	return of == LOG_IS_ERROR ? "error" : of == LOG_IS_WARNING ? "warning" :
	    "info";
}

/* As a string of JSON; there are no control characters in it. */
static size_t
put_quoted(char *dst, const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			dst[n++] = '\\';
		dst[n++] = *text;
	}
	dst[n] = '\0';
	return n;
}

/* Make a line in the form that was asked for; returns its length. */
static size_t
make_line(char line[ROOM], enum log_form as, enum log_rank of,
    const char *text)
{
	char stamp[CLOCK_TEXT] = "";
	size_t n = 0;

	clock_text(stamp, (uint64_t)time(NULL) * 1000);
	stamp[SECONDS_TEXT] = '\0';
	switch (as) {
	case LOG_JOURNAL:
		return (size_t)snprintf(line, ROOM, "<%d>%s\n", of, text);
	case LOG_SYSLOG:
		return (size_t)snprintf(line, ROOM, "<%d>mnm[%ld]: %s",
		    DAEMON | of, (long)getpid(), text);
	case LOG_JSON:
		n = (size_t)snprintf(line, ROOM, "{\"time\":\"%sZ\","
		    "\"level\":\"%s\",\"text\":\"", stamp, rank_name(of));
		n += put_quoted(line + n, text);
		(void)snprintf(line + n, ROOM - n, "\"}\n");
		return n + 3;
	case LOG_TEXT:
		break;
	}
	return (size_t)snprintf(line, ROOM, "%sZ %s\n", stamp, text);
}

/* In one write, so that lines of several processes do not mix. */
static void
put_line(int fd, const char *prefix, const char *format, va_list args)
{
	char text[LINE_MAX_BYTES], line[ROOM];
	int n;

	(void)format_text(text, format, args);
	n = snprintf(line, sizeof(line), "%s%s\n", prefix, text);
	/* stderr is gone; ignore it. */
	if (write(fd, line, (size_t)n) == -1)
		return;
}

/* The function may log itself: that goes to stderr, with the same rank. */
static void
sink_line(const struct log_sink *to, const char *format, va_list args)
{
	char text[LINE_MAX_BYTES];

	if (to->put == NULL)
		return;
	(void)format_text(text, format, args);
	sink = NULL;
	to->put(to->context, text);
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

/* To the system's log; -1 if that does not listen. */
static int
send_syslog(enum log_rank of, const char *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
	    .sun_path = "/dev/log" };
	char line[ROOM];
	size_t n = make_line(line, LOG_SYSLOG, of, text);

	if (syslog_fd != -1 && send(syslog_fd, line, n, MSG_DONTWAIT |
	    MSG_NOSIGNAL) != -1)
		return 0;
	if (syslog_fd != -1 && (errno == EAGAIN || errno == ENOBUFS))
		return -1;
	/* It was started anew. */
	if (syslog_fd != -1)
		(void)close(syslog_fd);
	syslog_fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (syslog_fd == -1 || fcntl(syslog_fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    connect(syslog_fd, (struct sockaddr *)&address,
	    sizeof(address)) == -1)
		return -1;
	return send(syslog_fd, line, n, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 ?
	    -1 : 0;
}

static bool
send_stderr(enum log_rank of, const char *text)
{
	char line[ROOM];
	size_t n = make_line(line, form == LOG_SYSLOG ? LOG_TEXT : form, of,
	    text);

	/* If stderr is gone, nothing is lost by the line. */
	return !would_block(STDERR_FILENO) &&
	    write(STDERR_FILENO, line, n) != -1;
}

static bool
send_line(enum log_rank of, const char *text)
{
	return (form == LOG_SYSLOG && send_syslog(of, text) == 0) ||
	    send_stderr(of, text);
}

/* Lines of the relay are dropped and counted while nobody reads them. */
static void
put_or_drop(enum log_rank of, const char *format, va_list args)
{
	static _Thread_local unsigned long dropped;
	char text[LINE_MAX_BYTES];

	if (dropped > 0) {
		(void)snprintf(text, sizeof(text), "log lines that nobody "
		    "read in time, and were dropped: %lu", dropped);
		if (!send_line(LOG_IS_WARNING, text)) {
			dropped++;
			return;
		}
		dropped = 0;
	}
	(void)format_text(text, format, args);
	if (!send_line(of, text))
		dropped++;
}

void
log_begin(enum log_form new_form, enum log_rank new_least)
{
	form = new_form;
	least = new_least;
}

/* It gives "device:inode" of what it has made stderr. */
bool
log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char *end;
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) == -1 ||
	    strtoull(stream, &end, 10) != (unsigned long long)st.st_dev ||
	    *end != ':')
		return false;
	return strtoull(end + 1, NULL, 10) == (unsigned long long)st.st_ino;
}

void
log_level(enum log_level new_level)
{
	level = new_level;
}

/* What the program's function writes of a line matters as much as the line. */
static void
put(enum log_rank of, const char *format, va_list args)
{
	const enum log_rank before = rank;
	int error = errno;

	if (of > rank)
		of = rank;
	rank = of;
	if (level == LOG_QUIET || (sink == NULL && of > least))
		;
	else if (sink != NULL)
		sink_line(sink, format, args);
	else if (level == LOG_LINES)
		put_or_drop(of, format, args);
	else
		put_line(STDOUT_FILENO, "", format, args);
	rank = before;
	errno = error;
}

void
log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(LOG_IS_INFO, format, args);
	va_end(args);
}

void
log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(LOG_IS_WARNING, format, args);
	va_end(args);
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(LOG_IS_ERROR, format, args);
	va_end(args);
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
	if (form == LOG_TEXT)
		put_line(STDERR_FILENO, "mnm: ", format, args);
	else
		put_or_drop(LOG_IS_ERROR, format, args);
	va_end(args);
	exit(level == LOG_ANSWER ? 2 : 1);
}
