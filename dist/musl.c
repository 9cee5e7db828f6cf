/*
 * For `make static` with musl: smaller versions of some of its functions.
 * Printing knows what mnm and tmtp print, which includes no fractions, and
 * numbers are read without a locale: 17 kB less.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- printing ---- */

struct sink {
	FILE *file;		/* or NULL, then */
	char *text;		/* of room bytes */
	size_t room;
	size_t n;		/* written, or more than fits */
	bool failed;
};

static void
put(struct sink *sink, const char *p, size_t n)
{
	size_t left = sink->n < sink->room ? sink->room - sink->n : 0;

	if (sink->file != NULL && fwrite(p, 1, n, sink->file) != n)
		sink->failed = true;
	if (sink->file == NULL && n > 0 && left > 0)
		memcpy(sink->text + sink->n, p, n < left ? n : left);
	sink->n += n;
}

static void
pad(struct sink *sink, int byte, size_t n)
{
	char c = (char)byte;

	for (; n > 0; n--)
		put(sink, &c, 1);
}

struct field {
	bool left, zeros;
	size_t width, precision;	/* precision is SIZE_MAX if not given */
	int size;		/* 0 is int, 1 is long, 2 is long long */
};

static uintmax_t
next_unsigned(const struct field *f, va_list *args)
{
	return f->size == 0 ? va_arg(*args, unsigned) :
	    f->size == 1 ? va_arg(*args, unsigned long) :
	    va_arg(*args, unsigned long long);
}

static intmax_t
next_signed(const struct field *f, va_list *args)
{
	return f->size == 0 ? va_arg(*args, int) :
	    f->size == 1 ? va_arg(*args, long) : va_arg(*args, long long);
}

static void
put_field(struct sink *sink, const struct field *f, const char *sign,
    const char *p, size_t n)
{
	size_t length = strlen(sign) + n;
	size_t padding = length < f->width ? f->width - length : 0;

	if (!f->left && !f->zeros)
		pad(sink, ' ', padding);
	put(sink, sign, strlen(sign));
	if (f->zeros)
		pad(sink, '0', padding);
	put(sink, p, n);
	if (f->left)
		pad(sink, ' ', padding);
}

static void
put_number(struct sink *sink, const struct field *f, const char *sign,
    uintmax_t value, int kind)
{
	const char *digits = kind == 'X' ? "0123456789ABCDEF" :
	    "0123456789abcdef";
	unsigned base = kind == 'o' ? 8 : kind == 'x' || kind == 'X' ? 16 : 10;
	char text[sizeof(value) * 3];
	size_t at = sizeof(text);

	do
		text[--at] = digits[value % base];
	while ((value /= base) > 0);
	put_field(sink, f, sign, text + at, sizeof(text) - at);
}

static size_t
read_width(const char **format, va_list *args)
{
	size_t n = 0;

	if (**format == '*') {
		++*format;
		return (size_t)va_arg(*args, int);
	}
	for (; **format >= '0' && **format <= '9'; ++*format)
		n = n * 10 + (size_t)(**format - '0');
	return n;
}

/* Until its letter. */
static void
read_field(struct field *f, const char **format, va_list *args)
{
	*f = (struct field){ .precision = SIZE_MAX };
	for (; **format == '-' || **format == '0'; ++*format) {
		f->left = f->left || **format == '-';
		f->zeros = f->zeros || **format == '0';
	}
	f->width = read_width(format, args);
	if (**format == '.') {
		++*format;
		f->precision = read_width(format, args);
	}
	for (; **format != '\0' && strchr("lzjt", **format) != NULL; ++*format)
		f->size = **format == 'l' ? f->size + 1 :
		    sizeof(size_t) == sizeof(long) ? 1 : 0;
}

static void
print_field(struct sink *sink, const struct field *f, int kind, va_list *args)
{
	const char *text;
	intmax_t value;
	char byte;

	switch (kind) {
	case 's':
		text = va_arg(*args, const char *);
		put_field(sink, f, "", text, strnlen(text, f->precision));
		break;
	case 'c':
		byte = (char)va_arg(*args, int);
		put_field(sink, f, "", &byte, 1);
		break;
	case 'd':
		value = next_signed(f, args);
		put_number(sink, f, value < 0 ? "-" : "",
		    value < 0 ? -(uintmax_t)value : (uintmax_t)value, kind);
		break;
	case 'u': case 'x': case 'X': case 'o':
		put_number(sink, f, "", next_unsigned(f, args), kind);
		break;
	case '%':
		put(sink, "%", 1);
		break;
	default:
		abort();
	}
}

static int
print(struct sink *sink, const char *format, va_list list)
{
	struct field f;
	va_list args;
	size_t n;

	va_copy(args, list);
	for (; *format != '\0'; format++) {
		n = strcspn(format, "%");
		put(sink, format, n);
		format += n;
		if (*format++ == '\0')
			break;
		read_field(&f, &format, &args);
		print_field(sink, &f, *format, &args);
	}
	va_end(args);
	return sink->failed || sink->n > INT_MAX ? -1 : (int)sink->n;
}

int
vsnprintf(char *text, size_t room, const char *format, va_list args)
{
	struct sink sink = { .text = text, .room = room };
	int n = print(&sink, format, args);

	if (room > 0)
		text[sink.n < room ? sink.n : room - 1] = '\0';
	return n;
}

int
snprintf(char *text, size_t room, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, room, format, args);
	va_end(args);
	return n;
}

int
vfprintf(FILE *file, const char *format, va_list args)
{
	struct sink sink = { .file = file };

	return print(&sink, format, args);
}

int
fprintf(FILE *file, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vfprintf(file, format, args);
	va_end(args);
	return n;
}

int
printf(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vfprintf(stdout, format, args);
	va_end(args);
	return n;
}

/* ---- numbers ---- */

static unsigned
digit_of(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') :
	    c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 :
	    c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A') + 10 : UINT_MAX;
}

/*
 * From -lowest to max, or what of that is nearest.  If lowest is 0, what is
 * negative wraps around.
 */
static uintmax_t
read_number(const char *text, char **end, int base, uintmax_t lowest,
    uintmax_t max)
{
	const char *p = text + strspn(text, " \t\n\v\f\r");
	uintmax_t value = 0;
	unsigned digit;
	bool minus = *p == '-', some = false, over = false;

	if (minus && lowest != 0)
		max = lowest;
	p += *p == '-' || *p == '+';
	if ((base == 0 || base == 16) && p[0] == '0' &&
	    (p[1] | ' ') == 'x' && digit_of(p[2]) < 16) {
		p += 2;
		base = 16;
	} else if (base == 0) {
		base = *p == '0' ? 8 : 10;
	}
	for (; (digit = digit_of(*p)) < (unsigned)base; p++) {
		over = over || value > (max - digit) / (unsigned)base;
		value = value * (unsigned)base + digit;
		some = true;
	}
	if (end != NULL)
		*end = (char *)(some ? p : text);
	if (over) {
		errno = ERANGE;
		value = max;
		minus = minus && lowest != 0;
	}
	return minus ? -value : value;
}

unsigned long long
strtoull(const char *restrict text, char **restrict end, int base)
{
	return read_number(text, end, base, 0, ULLONG_MAX);
}

long long
strtoll(const char *restrict text, char **restrict end, int base)
{
	return (long long)read_number(text, end, base,
	    (uintmax_t)LLONG_MAX + 1, LLONG_MAX);
}

unsigned long
strtoul(const char *restrict text, char **restrict end, int base)
{
	return (unsigned long)read_number(text, end, base, 0, ULONG_MAX);
}

long
strtol(const char *restrict text, char **restrict end, int base)
{
	return (long)read_number(text, end, base, (uintmax_t)LONG_MAX + 1,
	    LONG_MAX);
}

/* ---- sorting: a heap ---- */

static void
swap(char *a, char *b, size_t size)
{
	char c;

	for (; size > 0; size--) {
		c = *a;
		*a++ = *b;
		*b++ = c;
	}
}

static void
sift(char *list, size_t root, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	size_t child;

	while ((child = 2 * root + 1) < n) {
		if (child + 1 < n && compare(list + child * size,
		    list + (child + 1) * size) < 0)
			child++;
		if (compare(list + root * size, list + child * size) >= 0)
			break;
		swap(list + root * size, list + child * size, size);
		root = child;
	}
}

void
qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	char *list = base;
	size_t i;

	for (i = n / 2; i > 0; i--)
		sift(list, i - 1, n, size, compare);
	for (i = n; i > 1; i--) {
		swap(list, list + (i - 1) * size, size);
		sift(list, 0, i - 1, size, compare);
	}
}

/* ---- text ---- */

char *
strstr(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; *text != '\0' && strncmp(text, word, n) != 0; text++)
		;
	return *text != '\0' || n == 0 ? (char *)text : NULL;
}

/*
 * Only for the resolver, which asks whether a host name is text: it is sent to
 * the DNS as it is, which knows.
 */
size_t
mbstowcs(wchar_t *restrict wide, const char *restrict text, size_t room)
{
	(void)room;
	if (wide != NULL)
		abort();
	return strlen(text);
}
