/*
 * output.h - the answer to a command: tables and sentences for people, or one
 * JSON object for scripts.
 *
 *	output_begin(&r, json);
 *	output_table(&r, "users");
 *	for each:
 *		output_row(&r);
 *		output_text(&r, "uid", uid);
 *		output_number(&r, "nodes", n);
 *	text = output_end(&r);
 *	output_free(&r);
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

#define OUTPUT_COLUMNS_MAX 16

struct output {
	bool json;
	struct buf out;
	struct buf said;	/* sentences, as JSON */
	struct buf heads, cells;	/* of the table: "\t" ends one, */
	size_t rows;			/* "\n" a row */
	bool in_row, in_table;
};

void output_begin(struct output *, bool json);
void output_table(struct output *, const char *name);
void output_row(struct output *);
/* Without a value, if p is NULL: "-" for people, left out of JSON. */
void output_text(struct output *, const char *key, struct span);
void output_number(struct output *, const char *key, uint64_t);
/* "yes" or "-"; in JSON true or false. */
void output_flag(struct output *, const char *key, bool);
/* now.wall as a date; 0: without a value. */
void output_date(struct output *, const char *key, uint64_t wall);
/* A sentence; not within a table. */
void output_say(struct output *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* All of it.  Valid until output_free. */
struct span output_end(struct output *);
void output_free(struct output *);

#endif
