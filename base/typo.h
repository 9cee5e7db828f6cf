/*
 * typo.h - what was probably meant by a mistyped word.
 */
#ifndef MNM_BASE_TYPO_H
#define MNM_BASE_TYPO_H

#include <stddef.h>

/*
 * What was probably meant by this word: one of the names that name(list, i)
 * gives for each i, and NULL after the last.  NULL: nothing is like it.
 */
const char *typo_meant(const char *word,
    const char *(*name)(const void *list, size_t i), const void *list);

#endif
