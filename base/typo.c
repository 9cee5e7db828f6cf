#include "base/typo.h"

#include <stdbool.h>
#include <string.h>

/*
 * Whether at most so many letters differ, are lacking or are too many.  The
 * time grows steeply with most: 2 is enough.
 */
static bool
is_like(const char *a, const char *b, unsigned most)
{
	if (a[0] == '\0' || b[0] == '\0')
		return strlen(a) + strlen(b) <= most;
	if (a[0] == b[0] && is_like(a + 1, b + 1, most))
		return true;
	return most > 0 && (is_like(a + 1, b + 1, most - 1) ||
	    is_like(a + 1, b, most - 1) || is_like(a, b + 1, most - 1));
}

const char *
typo_meant(const char *word, const char *(*name)(const void *, size_t),
    const void *list)
{
	const char *meant = NULL, *one;
	size_t n = strlen(word), i;
	unsigned most;

	for (most = 1; meant == NULL && most <= 2 && n > most; most++) {
		for (i = 0; (one = name(list, i)) != NULL; i++) {
			if (!is_like(word, one, most))
				continue;
			if (strncmp(one, word, n) == 0)
				return one;	/* only its end is missing */
			if (meant == NULL)
				meant = one;
		}
	}
	return meant;
}
