/*
 * The printf of the static binaries against the C library's: random formats
 * and values, all widths and precisions that a format can have, and texts that
 * do not fit.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/lib/check.h"

int small_vsnprintf(char *, size_t, const char *, va_list);
int small_vfprintf(FILE *, const char *, va_list);

#define vsnprintf small_vsnprintf
#define vfprintf small_vfprintf
#include "dist/printf.c"
#undef vsnprintf
#undef vfprintf

#define ROUNDS 200000
#define ROOM   400

static unsigned
random_below(unsigned n)
{
	static uint64_t seed = 88172645463325252;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 32) % n;
}

/* Both write to a buffer full of dots, with room for some of it. */
static void
compare(size_t room, const char *format, ...)
{
	char ours[ROOM], theirs[ROOM];
	va_list args, copy;
	int n, m;

	memset(ours, '.', sizeof(ours));
	memset(theirs, '.', sizeof(theirs));
	va_start(args, format);
	va_copy(copy, args);
	n = small_vsnprintf(ours, room, format, args);
	m = vsnprintf(theirs, room, format, copy);
	va_end(copy);
	va_end(args);
	/* Behind the NUL anything may be. */
	if (room > 0 && m >= 0 && (size_t)m < room)
		room = (size_t)m + 1;
	CHECK(n == m && memcmp(ours, theirs, room) == 0 &&
	    (room == sizeof(ours) || ours[sizeof(ours) - 1] == '.'),
	    "%s: %d, not %d", format, n, m);
}

/* %, flags out of these, perhaps a width and a precision. */
static char *
put_start(char *p, const char *flags)
{
	unsigned i;

	*p++ = '%';
	for (i = random_below(4); i > 0 && flags[0] != '\0'; i--)
		*p++ = flags[random_below((unsigned)strlen(flags))];
	if (random_below(2) == 0)
		p += sprintf(p, "%u", random_below(30) + 1);
	if (random_below(2) == 0)
		p += sprintf(p, random_below(8) == 0 ? "." : ".%u",
		    random_below(30));
	return p;
}

static uint64_t
some_number(void)
{
	static const uint64_t edges[] = { 0, 1, 7, 8, 9, 10, 15, 16, 127, 128,
	    255, 256, 32767, 32768, 65535, INT32_MAX, UINT32_MAX, INT64_MAX,
	    (uint64_t)INT64_MAX + 1, UINT64_MAX };
	uint64_t n = edges[random_below(COUNT(edges))];

	switch (random_below(3)) {
	case 0:
		return n;
	case 1:
		return -n;
	default:
		return (uint64_t)random_below(UINT_MAX) << 32 |
		    random_below(UINT_MAX);
	}
}

static void
test_numbers(void)
{
	static const char *const lengths[] = { "hh", "h", "", "l", "ll", "j",
	    "z", "t" };
	char format[64], *p;
	uint64_t value;
	unsigned i, length;

	for (i = 0; i < ROUNDS; i++) {
		length = random_below(COUNT(lengths));
		p = put_start(format, "-0");
		p += sprintf(p, "%s", lengths[length]);
		*p++ = "diu"[random_below(3)];
		if (random_below(2) == 0) {
			p = put_start(format, "-0#");
			p += sprintf(p, "%s", lengths[length]);
			*p++ = "oxX"[random_below(3)];
		} else if (p[-1] != 'u') {
			p = put_start(format, "-0+ ");
			p += sprintf(p, "%s", lengths[length]);
			*p++ = "di"[random_below(2)];
		}
		strcpy(p, ">");
		value = some_number();
		if (length < 3)
			compare(random_below(60), format, (int)value);
		else if (length == 3)
			compare(ROOM, format, (long)value);
		else if (length < 6)
			compare(ROOM, format, (long long)value);
		else
			compare(ROOM, format, (size_t)value);
	}
}

static void
test_texts(void)
{
	static const char text[] = "some text, and more of it than there is "
	    "room for";
	char format[64], *p;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		p = put_start(format, "-");
		strcpy(p, "s<");
		compare(random_below(80), format,
		    text + random_below(sizeof(text)));
	}
	compare(ROOM, "a%cb%5cc%-5cd%%", 'x', 'y', 'z');
	compare(ROOM, "%.3s", "no NUL" "");
	compare(ROOM, "");
	compare(0, "%s", "text");
	compare(1, "%s", "text");
}

/* Sizes from arguments: one below 0 is a - and a width, or no precision. */
static void
test_arguments(void)
{
	int width, precision;

	for (width = -30; width < 30; width++) {
		for (precision = -3; precision < 30; precision++) {
			compare(ROOM, "%*.*d|", width, precision, 1234567);
			compare(ROOM, "%0*d|%-*u", width, -99, width, 99u);
			compare(ROOM, "%*.*s|", width, precision, "text");
			compare(ROOM, "%#*.*x%c", width, precision, 0u, 'c');
		}
	}
}

static void
print(FILE *file, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = small_vfprintf(file, format, args);
	va_end(args);
	CHECK(n == 2002, "%d", n);
}

static void
test_file(void)
{
	FILE *file = tmpfile();
	char text[3000];
	size_t n;

	if (file == NULL)
		return;
	print(file, "%d%2000s!", 1, "x");
	rewind(file);
	n = fread(text, 1, sizeof(text), file);
	CHECK(n == 2002 && text[0] == '1' && text[1] == ' ' &&
	    memcmp(text + 2000, "x!", 2) == 0, "%zu", n);
	fclose(file);
}

/* What it does not know ends the program at once. */
static void
test_unknown(void)
{
	static const char *const formats[] = { "%f", "%n", "%ls", "%p", "%",
	    "%5", "%l", "%99999999999d", "%.99999999999d", "%Q" };
	char text[10];
	int status = 0;
	size_t i;
	va_list none;

	memset(&none, 0, sizeof(none));
	for (i = 0; i < COUNT(formats); i++) {
		fflush(NULL);
		if (fork() == 0) {
			alarm(10);
			(void)small_vsnprintf(text, sizeof(text), formats[i],
			    none);
			_exit(0);
		}
		while (wait(&status) == -1 && errno == EINTR)
			continue;
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
		    "%s: status %d", formats[i], status);
	}
}

int
main(void)
{
	test_numbers();
	test_texts();
	test_arguments();
	test_file();
	test_unknown();
	return check_report("printf");
}
