/*
 * output.h - what a command answers: tables and sentences for people, or one
 * JSON object for scripts.
 *
 *	report_begin(&r, form);
 *	report_table(&r, "users");
 *	for each:
 *		report_row(&r);
 *		report_text(&r, "uid", uid);
 *		report_number(&r, "nodes", n);
 *	text = report_end(&r);
 *	report_free(&r);
 *
 * For people, a table is columns with the keys of its first row above them, so
 * every row must have the same keys in the same order.  In JSON it is a member
 * of that name, an array of objects.
 */
#ifndef MNM_ADMIN_OUTPUT_H
#define MNM_ADMIN_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum report_form { REPORT_TEXT, REPORT_JSON };

#define REPORT_COLUMNS_MAX 16

struct report {
	enum report_form form;
	struct buf out;
	struct buf said;	/* sentences, as JSON */
	struct buf heads, cells;	/* of the table: "\t" ends one, */
	size_t rows;			/* "\n" a row */
	bool in_row, in_table;
};

void report_begin(struct report *, enum report_form);
void report_table(struct report *, const char *name);
void report_row(struct report *);
/* Text whose p is NULL is none: "-" for people, left out of JSON. */
void report_text(struct report *, const char *key, struct span);
void report_number(struct report *, const char *key, uint64_t);
/* "yes", or for people nothing; JSON has true and false. */
void report_flag(struct report *, const char *key, bool);
/* Milliseconds of now.wall as a date; 0 is none. */
void report_date(struct report *, const char *key, uint64_t wall);
/* A sentence; not within a table. */
void report_say(struct report *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* All of it.  Valid until report_free. */
struct span report_end(struct report *);
void report_free(struct report *);

#endif
