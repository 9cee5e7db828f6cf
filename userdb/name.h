/*
 * name.h - which aliases and gids are valid, which are the same name, and the
 * path of a group's file.
 */
#ifndef MNM_USERDB_NAME_H
#define MNM_USERDB_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define NAME_BYTES 128		/* the longest name */
#define NAME_CHARS  64
#define NAME_FILE   400		/* room for the path of a group's file */

/* Whether it is not empty and within both limits. */
bool name_fits(struct span);

/*
 * How many characters a name has, or 0 if it is invalid: empty, not UTF-8, with
 * an unprintable or direction-changing character, or blank at an end.
 */
size_t name_chars(struct span);

/*
 * Whether a name in valid UTF-8 has a character that is drawn as nothing, or as
 * a space but is none: two names could look the same.
 */
bool name_has_lookalike(struct span);
/* Whether it could be taken for a uid. */
bool name_is_like_uid(struct span);

/*
 * Write the name with ASCII letters in lower case and each run of spaces as
 * one space, and return its length.  Names that fold alike are the same.
 */
size_t name_fold(char dst[NAME_BYTES], struct span name);
bool name_same(struct span, struct span);

/*
 * Write the path "xx/NAME.json", NUL-terminated.  NAME is the folded name, with
 * %xx for every ASCII byte but letters, digits and a few signs.  A NAME that
 * encrypting file systems would not take, which have room for 143 bytes, is cut
 * and ends with '~' and a part of the name's SHA-256.  So names and files
 * correspond one to one, and NAME is never "." or ".." and has no slash.  The
 * directory xx, from a checksum, keeps directories small.
 */
void name_file(char dst[NAME_FILE], struct span name);
/* The same as earlier versions wrote it: never cut. */
void name_file_whole(char dst[NAME_FILE], struct span name);

#endif
