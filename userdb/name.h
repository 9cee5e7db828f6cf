/*
 * name.h - what an alias or gid may look like, when two are the same name,
 * and which file a group of that name is kept in.
 */
#ifndef MNM_USERDB_NAME_H
#define MNM_USERDB_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define NAME_BYTES 128		/* the longest name */
#define NAME_CHARS  64
#define NAME_FILE   400		/* room for what name_file writes */

/* Whether it has at least one byte and keeps within both limits. */
bool name_fits(struct span);

/*
 * How many characters a name has, or 0 if it is none: empty, not UTF-8, with
 * something in it that does not print or that turns the direction of what
 * follows, or blank at an end.
 */
size_t name_chars(struct span);

/*
 * Write the name with ASCII letters in lower case and each run of spaces as
 * one, and return its length.  Two names that give the same are the same.
 */
size_t name_fold(char dst[NAME_BYTES], struct span name);
bool name_same(struct span, struct span);

/*
 * Write the path "xx/NAME.json", NUL-terminated, in which NAME is the folded
 * name with every byte but letters, digits, a few signs and what is not
 * ASCII as %xx.  So a name tells its file and a file its name, there is no
 * slash in NAME, and it is never "." or "..".  That of a name that fits is
 * short enough for any file system.  The directory xx, from a checksum,
 * keeps directories small.
 */
void name_file(char dst[NAME_FILE], struct span name);

#endif
