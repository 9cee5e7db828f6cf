/*
 * field.h - the fields of a message's or part's header (RFC 5322, 2045, 2047,
 * 2231).
 *
 * A head is everything before the empty line.  A raw value may be folded and
 * encoded, and may contain anything; what the functions append is valid UTF-8
 * without control characters.
 */
#ifndef MNM_MAIL_FIELD_H
#define MNM_MAIL_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Take the head off the message: rest is left with the body.  An mbox's line
 * "From ..." before the first field is passed over, and a line that cannot be a
 * field begins the body.
 */
struct span field_take_head(struct span *rest);

/*
 * The raw value of the next field with this name, after which *head goes on; p
 * NULL: none.
 */
struct span field_next(struct span *head, const char *name);
/* The first one. */
struct span field_find(struct span head, const char *name);
/* How many fields have this name. */
size_t field_count(struct span head, const char *name);

/* Append what an unstructured value says, such as a subject. */
void field_text(struct buf *to, struct span raw);
/* Append the first word, such as "text/plain", in lower case. */
void field_word(struct buf *to, struct span raw);
/* Append the parameter with this name.  False if there is none. */
bool field_parameter(struct buf *to, struct span raw, const char *name);
/*
 * Take the next address off a list: name is what a person is called, perhaps
 * nothing.  False at the end.
 */
bool field_address(struct span *raw, struct buf *name, struct buf *address);

#endif
