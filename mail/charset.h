/*
 * charset.h - text in the character sets of mail as UTF-8.
 *
 * Known are UTF-8, US-ASCII, ISO 8859-1, -2, -5, -7, -9 and -15, windows-1250
 * to -1254, KOI8-R and KOI8-U.  Mail in other sets has become rare, and their
 * tables are larger than the rest of the program.
 */
#ifndef MNM_MAIL_CHARSET_H
#define MNM_MAIL_CHARSET_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Append text as valid UTF-8; U+FFFD stands for what is invalid and for the
 * control characters from U+0080 on, which move some terminals.  False if the
 * set is not known: then it stands for every byte that is not ASCII.  Text that
 * claims to be ASCII, or nothing (an empty name), and is not, is taken as UTF-8
 * or, if that is invalid, as windows-1252.
 */
bool charset_add(struct buf *to, struct span set, struct span text);

#endif
