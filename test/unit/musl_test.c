/*
 * musl_test.c - dist/musl.c, which only the small static binaries contain,
 * against this system's functions.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/check.h"

#define vsnprintf small_vsnprintf
#define snprintf small_snprintf
#define vfprintf small_vfprintf
#define fprintf small_fprintf
#define printf small_printf
#define strtoull small_strtoull
#define strtoll small_strtoll
#define strtoul small_strtoul
#define strtol small_strtol
#define qsort small_qsort
#define strstr small_strstr
#define mbstowcs small_mbstowcs
int vsnprintf(char *, size_t, const char *, va_list);
int snprintf(char *, size_t, const char *, ...);
int vfprintf(FILE *, const char *, va_list);
int fprintf(FILE *, const char *, ...);
int printf(const char *, ...);
unsigned long long strtoull(const char *, char **, int);
long long strtoll(const char *, char **, int);
unsigned long strtoul(const char *, char **, int);
long strtol(const char *, char **, int);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
char *strstr(const char *, const char *);
size_t mbstowcs(wchar_t *, const char *, size_t);
#include "dist/musl.c"
#undef vsnprintf
#undef snprintf
#undef vfprintf
#undef fprintf
#undef printf
#undef strtoull
#undef strtoll
#undef strtoul
#undef strtol
#undef qsort
#undef strstr
#undef mbstowcs

/* The same arguments to both, into rooms that are too short as well. */
#define SAME(...) do { \
	static const size_t rooms[] = { 0, 1, 2, 5, 11, 200 }; \
	size_t at_; \
	for (at_ = 0; at_ < sizeof(rooms) / sizeof(rooms[0]); at_++) { \
		char a_[256] = "#", b_[256] = "#"; \
		int m_ = snprintf(a_, rooms[at_], __VA_ARGS__); \
		int n_ = small_snprintf(b_, rooms[at_], __VA_ARGS__); \
		CHECK(m_ == n_ && memcmp(a_, b_, sizeof(a_)) == 0, \
		    "%s, not %s (%d, %d)", b_, a_, n_, m_); \
	} \
} while (0)

static void
test_printing(void)
{
	static const int numbers[] = { 0, 1, -1, 9, 10, -10, 255, 65536,
	    INT_MAX, INT_MIN };
	size_t i;

	SAME("%s", "");
	SAME("plain");
	SAME("100 %%, %s", "text");
	SAME("[%s|%.*s|%.2s|%-6s|%6s|%*s|%-*s|%c]", "a", 3, "abcdef", "xyz",
	    "ab", "cd", 5, "ef", 4, "gh", 'i');
	SAME("%.10s%.0s", "abc", "def");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int n = numbers[i];

		SAME("%d %u %x %X %o", n, (unsigned)n, (unsigned)n,
		    (unsigned)n, (unsigned)n);
		SAME("[%5d|%05d|%-5d|%02d|%1d]", n, n, n, n, n);
		SAME("%08u %04x %02X %3u", (unsigned)n, (unsigned)n,
		    (unsigned)n, (unsigned)n);
		SAME("%ld %lu %lld %llu %zu", (long)n, (unsigned long)n,
		    (long long)n, (unsigned long long)n, (size_t)n);
		SAME("%016llx %06llu", (unsigned long long)n,
		    (unsigned long long)n);
	}
	SAME("%lld %lld %llu", LLONG_MAX, LLONG_MIN, ULLONG_MAX);
}

static void
test_numbers(void)
{
	static const char *const texts[] = { "", "0", "7", "-7", "+7", " 12x",
	    "x", "-", "0x", "0x1f", "0xg", "017", "089", "2147483647",
	    "2147483648", "9223372036854775807", "9223372036854775808",
	    "-9223372036854775808", "-9223372036854775809",
	    "18446744073709551615", "18446744073709551616",
	    "-18446744073709551615", "99999999999999999999999" };
	static const int bases[] = { 0, 8, 10, 16 };
	size_t i, k;
	char *a, *b;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
	for (k = 0; k < sizeof(bases) / sizeof(bases[0]); k++) {
#define BOTH(f) do { \
	int error_; \
	a = b = NULL; \
	CHECK(f(texts[i], &a, bases[k]) == \
	    small_##f(texts[i], &b, bases[k]) && a == b, \
	    #f " of \"%s\", base %d", texts[i], bases[k]); \
	errno = 0; \
	(void)f(texts[i], NULL, bases[k]); \
	error_ = errno == ERANGE; \
	errno = 0; \
	(void)small_##f(texts[i], NULL, bases[k]); \
	CHECK((errno == ERANGE) == error_, #f " of \"%s\": errno", texts[i]); \
} while (0)
		BOTH(strtol);
		BOTH(strtoul);
		BOTH(strtoll);
		BOTH(strtoull);
	}
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, 3);
}

static void
test_sorting(void)
{
	char a[3 * 300], b[3 * 300];
	size_t n, i;

	for (n = 0; n <= 300; n++) {
		for (i = 0; i < 3 * n; i++)
			a[i] = b[i] = (char)(rand() % 4);
		qsort(a, n, 3, compare);
		small_qsort(b, n, 3, compare);
		CHECK(memcmp(a, b, 3 * n) == 0, "%zu sorted", n);
	}
}

static void
test_finding(void)
{
	static const char *const words[] = { "", "a", "aab", "b", "aaabc",
	    "c", "cd" };
	static const char text[] = "aaaabc";
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		CHECK(strstr(text, words[i]) == small_strstr(text, words[i]),
		    "\"%s\" found", words[i]);
		CHECK(strstr("", words[i]) == small_strstr("", words[i]) ||
		    words[i][0] == '\0', "\"%s\" found in nothing", words[i]);
	}
}

int
main(void)
{
	test_printing();
	test_numbers();
	test_sorting();
	test_finding();
	return check_report("musl");
}
