/*
 * For `make static`: a bug that is met is told by its place alone, as the texts
 * of all conditions would take 2 kB.
 */
#include "base/log.h"

#undef assert
#define assert(condition) \
	((condition) ? (void)0 : die("a bug: %s:%d", __FILE__, __LINE__))
