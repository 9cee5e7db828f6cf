/*
 * log.h - one line on stderr per event, and the end of the program.
 *
 * A line is "2026-11-23T11:00:00Z what happened".  The control octets of ASCII
 * never reach the terminal: they are shown as '?'.  Nothing here changes errno.
 */
#ifndef MNM_LOG_H
#define MNM_LOG_H

/*
 * Where lines go; LOG_QUIET is for tests that provoke them by the thousand, and
 * LOG_ANSWER for a command whose answer they are: on stdout, without a time.
 */
enum log_level { LOG_LINES, LOG_QUIET, LOG_ANSWER };

void log_level(enum log_level);

/* Write one line.  The format is printf's; no newline at its end. */
void log_line(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Write one line beginning with "mnm: " and exit with status 1. */
void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
