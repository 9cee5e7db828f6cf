/*
 * pattern.h - text in which $KIND or $KIND-NAME stands for what a relay has
 * chosen.
 *
 *	$uid $node $id $date	has the form of one
 *	$sum			a number
 *	$error			16 characters or more, up to a quote
 *
 * With a NAME it is remembered, and the same from then on.
 */
#ifndef MNM_SIM_PATTERN_H
#define MNM_SIM_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define PATTERN_NAMES 200

struct pattern_name {
	char name[32];		/* without the $ */
	char value[64];
};

struct pattern {
	struct pattern_name names[PATTERN_NAMES];
	size_t count;
};

/* The value of a name, or NULL. */
const char *pattern_value(const struct pattern *, struct span name);
/* False if there are too many, or one is too long. */
bool pattern_set(struct pattern *, struct span name, struct span value);
/* Whether text is what the pattern says.  New names get their values. */
bool pattern_match(struct pattern *, struct span pattern, struct span text);
/* How many bytes of text are a name: letters, digits and -. */
size_t pattern_name_length(const char *text);

#endif
