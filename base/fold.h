/*
 * fold.h - log lines that strangers cause, so that nobody can fill the log.
 *
 * Each network, as in subnet_source, has FOLD_LINES lines a minute; of those
 * that follow there is one line at the end of the minute, with the last of them
 * and their number.  So fail2ban sees every address that goes on for long.
 * When FOLD_NETS networks have had lines in the last minute, all others
 * together count as one.
 */
#ifndef MNM_BASE_FOLD_H
#define MNM_BASE_FOLD_H

#include <stdint.h>

#define FOLD_NETS  64
#define FOLD_LINES  4
#define FOLD_TIME  60000	/* ms */

/*
 * Write a line, or count it: peer, as in subnet_of_peer, and what follows,
 * which has printf's format.
 */
void fold_line(const char *peer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Write what was counted in minutes that ended before mono, in ms. */
void fold_report(uint64_t mono);
/* When fold_report has something to do; UINT64_MAX: not now. */
uint64_t fold_deadline(void);

#endif
