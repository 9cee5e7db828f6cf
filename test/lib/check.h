/*
 * check.h - the whole test framework.
 *
 * A test program and what it is linked with CHECK, and main returns
 * check_report(): it prints "name: N passed, N failed" and is 0 when nothing
 * failed.
 */
#ifndef MNM_CHECK_H
#define MNM_CHECK_H

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

extern unsigned long check_passed, check_failed;

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

int check_report(const char *name);

#endif
