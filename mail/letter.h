/*
 * letter.h - write an e-mail message (RFC 5322, MIME) that every mail program
 * can read: lines of ASCII, with newlines as a local sendmail expects them.
 *
 * Names, subjects and texts may come from strangers: nothing in them can become
 * a header field or a line of its own.
 */
#ifndef MNM_MAIL_LETTER_H
#define MNM_MAIL_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct letter_file {
	struct span name, data;
};

/* Text is valid UTF-8.  Fields that are empty are left out. */
struct letter {
	struct span from_name, from;	/* from and to are addresses that */
	struct span to_name, to;	/* letter_is_address */
	struct span subject;
	struct span id, reply_to_id;	/* without angle brackets */
	struct span gateway;		/* a mark by which to see loops */
	bool automatic;			/* no program should answer */
	uint64_t wall;			/* its date: now.wall */
	struct span text;
	const struct letter_file *files;
	size_t count;
	const char *boundary;		/* random letters and digits */
};

#define LETTER_GATEWAY "X-TMTP-Gateway"	/* the field of the mark */

/* Whether it may stand in a header and in the arguments of a program. */
bool letter_is_address(struct span);
void letter_write(struct buf *to, const struct letter *);

#endif
