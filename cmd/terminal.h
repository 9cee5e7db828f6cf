/*
 * terminal.h - text that others have written, for a terminal: nothing in it can
 * control one.
 */
#ifndef MNM_CMD_TERMINAL_H
#define MNM_CMD_TERMINAL_H

#include "base/buf.h"

/*
 * Append text in UTF-8 in which each character that could control a terminal,
 * or turn the direction of text, is replaced by U+FFFD, as is each byte that is
 * not UTF-8.  Line feeds and tabs stay, and after each line feed goes indent.
 */
void terminal_text(struct buf *, struct span text, const char *indent);
/* The same on one line: line feeds and tabs become spaces. */
void terminal_line(struct buf *, struct span text);
/* Only what is not UTF-8 is replaced. */
void terminal_utf8(struct buf *, struct span text);
/* 2006-01-02T15:04:05.000Z as local time, "2006-01-02 15:04"; else as it is. */
void terminal_date(struct buf *, struct span posted);

/*
 * Write all of it to stdout.  Whatever could still control a terminal is
 * escaped as in JSON.  -1 with errno; if stdout is a file, it then has none of
 * it.
 */
int terminal_write(struct span);
/* The same of a drawing, as it is. */
int terminal_draw(struct span);
/* Sync stdout, if it is a file.  -1 with errno. */
int terminal_sync(void);

#endif
