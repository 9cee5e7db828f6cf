/*
 * check.h - the whole test framework.
 *
 * A test program CHECKs, and returns check_report() from main: it prints
 * "name: N passed, N failed" and is 0 when nothing failed.
 */
#ifndef MNM_CHECK_H
#define MNM_CHECK_H

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned long check_passed, check_failed;

#define CHECK(condition, ...)						\
	do {								\
		if (condition) {					\
			check_passed++;					\
		} else {						\
			check_failed++;					\
			printf("%s:%d: ", __FILE__, __LINE__);		\
			printf(__VA_ARGS__);				\
			printf("\n");					\
		}							\
	} while (0)

static inline int
check_report(const char *name)
{
	printf("%s: %lu passed, %lu failed\n", name, check_passed,
	    check_failed);
	return check_failed > 0 || check_passed == 0;
}

#endif
