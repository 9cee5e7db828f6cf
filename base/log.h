/*
 * log.h - one line per event, on stderr or wherever a program that contains a
 * relay wants it; and the end of the program.
 *
 * A line is "2026-11-23T11:00:00Z what happened", unless another form is asked
 * for.  Control characters that a peer sent are replaced: see log_clean.
 * Nothing here changes errno.
 */
#ifndef MNM_BASE_LOG_H
#define MNM_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where lines go.  LOG_QUIET is for tests that provoke thousands.  LOG_ANSWER
 * is for a command whose output they are: on stdout, without a time; die then
 * exits with 2, as a status of 1 is a result of the command.
 */
enum log_level { LOG_LINES, LOG_QUIET, LOG_ANSWER };

void log_level(enum log_level);

/*
 * The form of lines, and of the last words of die.  LOG_JOURNAL: as systemd's
 * journal takes them, which has the time: "<6>what happened".  LOG_SYSLOG: to
 * /dev/log, or stderr if nobody listens there.  LOG_JSON: one object each.
 */
enum log_form { LOG_TEXT, LOG_JOURNAL, LOG_SYSLOG, LOG_JSON };

/* How much a line matters, as syslog numbers it. */
enum log_rank { LOG_IS_ERROR = 3, LOG_IS_WARNING = 4, LOG_IS_INFO = 6 };

/* From now on; lines that matter less are dropped. */
void log_begin(enum log_form, enum log_rank least);
/* Whether stderr is systemd's journal. */
bool log_is_journal(void);

/* A program's function for lines, which have no time and no newline. */
struct log_sink {
	void (*put)(void *context, const char *line);	/* NULL: nowhere */
	void *context;
};

/*
 * From now on, lines of this thread go there, or to stderr if it is NULL; it is
 * not copied.  Returns the one before.
 */
const struct log_sink *log_to(const struct log_sink *);

/* Write one line.  The format is printf's; no newline at its end. */
void log_line(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* The same for what should be looked at, and for what does not work. */
void log_warning(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * Put a '?' in place of each byte of text that is not part of a character in
 * UTF-8, or is part of a control character: of ASCII, or U+0080 to U+009F.
 */
void log_clean(char *text, size_t n);

/* Write why something failed, cut to room bytes, NUL-terminated; returns -1. */
int say_why(char *why, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Write a line beginning with "mnm: ", and exit with status 1, or see above. */
void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
