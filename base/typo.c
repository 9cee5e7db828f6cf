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
