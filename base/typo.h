/*
 * typo.h - what was probably meant by a mistyped word.
 */
#ifndef MNM_BASE_TYPO_H
#define MNM_BASE_TYPO_H

#include <stdbool.h>

/*
 * Whether at most so many letters differ, are lacking or are too many.  The
 * time grows steeply with most: 2 is enough.
 */
bool typo_is(const char *a, const char *b, unsigned most);

#endif
