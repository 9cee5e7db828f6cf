/* The printf functions of the static binary print what the C library's do. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "test/lib/check.h"

/* Both are called through these, so that no compiler prints by itself. */
static int (*const library)(char *, size_t, const char *, va_list) = vsnprintf;

#define vsnprintf small_vsnprintf
#define snprintf  small_snprintf
#define vfprintf  small_vfprintf
#define fprintf   small_fprintf
#define printf    small_printf
int small_vsnprintf(char *, size_t, const char *, va_list);
int small_snprintf(char *, size_t, const char *, ...);
int small_vfprintf(FILE *, const char *, va_list);
int small_fprintf(FILE *, const char *, ...);
int small_printf(const char *, ...);
#include "dist/print.c"
#undef vsnprintf
#undef snprintf
#undef vfprintf
#undef fprintf
#undef printf

/* In rooms of every size, up to more than there is to print. */
static void
same(const char *format, ...)
{
	char ours[80], theirs[80];
	size_t room;
	va_list args;
	int n, m;

	for (room = 0; room <= sizeof(ours); room++) {
		memset(ours, '#', sizeof(ours));
		memset(theirs, '#', sizeof(theirs));
		va_start(args, format);
		n = small_vsnprintf(ours, room, format, args);
		va_end(args);
		va_start(args, format);
		m = library(theirs, room, format, args);
		va_end(args);
		CHECK(n == m, "%s: %d bytes, not %d", format, n, m);
		CHECK(memcmp(ours, theirs, sizeof(ours)) == 0,
		    "%s in %zu: %.79s", format, room, ours);
	}
}

static void
test_numbers(void)
{
	static const int numbers[] = { 0, 1, -1, 7, 8, 9, 10, 4096, -32768,
	    2147483647, -2147483647 - 1 };
	size_t i;
	int n;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		n = numbers[i];
		same("%d|%i|%u|%x|%X|%o", n, n, (unsigned)n, (unsigned)n,
		    (unsigned)n, (unsigned)n);
		same("%5d|%-5d|%05d|%-05d|%1d", n, n, n, n, n);
		same("%08u|%04x|%02X|%12o", (unsigned)n, (unsigned)n,
		    (unsigned)n, (unsigned)n);
		same("%*d|%*d", 7, n, -7, n);
		same("%ld|%lld|%zd", (long)n, (long long)n, (ptrdiff_t)n);
		same("%lu|%llu|%zu", (unsigned long)n, (unsigned long long)n,
		    (size_t)n);
		same("%016lx|%llx", (unsigned long)n, (unsigned long long)n);
	}
	same("%lld|%lld|%llu", INT64_MAX, INT64_MIN, UINT64_MAX);
}

static void
test_text(void)
{
	same("nothing to convert");
	same("");
	same("%%|%c|%3c|%-3c|", 'a', 'b', 'c');
	same("%s|%s", "", "some text");
	same("%10s|%-10s|%2s", "text", "text", "text");
	same("%.2s|%.10s|%.0s|%5.2s|%-5.2s|", "text", "text", "text", "text",
	    "text");
	same("%.*s|%.*s|%*s", 3, "text", 0, "text", 6, "text");
	same("\xc3\xa4 %s", "\xe2\x82\xac");
}

int
main(void)
{
	FILE *file = tmpfile();
	char got[32] = "";

	test_numbers();
	test_text();
	CHECK(file != NULL, "no file");
	CHECK(small_fprintf(file, "%s %d\n", "line", 1) == 7, "its length");
	rewind(file);
	CHECK(fgets(got, sizeof(got), file) != NULL &&
	    strcmp(got, "line 1\n") == 0, "got %s", got);
	(void)fclose(file);
	return check_report("print");
}
