#include "base/typo.h"

#include <string.h>

bool
typo_is(const char *a, const char *b, unsigned most)
{
	if (a[0] == '\0' || b[0] == '\0')
		return strlen(a) + strlen(b) <= most;
	if (a[0] == b[0] && typo_is(a + 1, b + 1, most))
		return true;
	return most > 0 && (typo_is(a + 1, b + 1, most - 1) ||
	    typo_is(a + 1, b, most - 1) || typo_is(a, b + 1, most - 1));
}

const char *
typo_meant(const char *word, const char *(*name)(const void *, size_t),
    const void *list)
{
	const char *meant;
	unsigned most;
	size_t i;

	for (most = 1; most <= 2 && strlen(word) > most; most++)
		for (i = 0; (meant = name(list, i)) != NULL; i++)
			if (typo_is(word, meant, most))
				return meant;
	return NULL;
}
