/*
 * For `make static` with musl: the printf functions that mnm calls.  musl's own
 * print floating point and wide characters, too, and take 10 kB more.
 *
 * Known are %c %d %i %o %s %u %x %X and %%, with the flags 0 and -, a width, a
 * precision (of strings only) and the lengths l, ll and z.  Anything else stops
 * the program, so that no test passes with it.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 24		/* 64 bits in octal */

/* Text that is counted in full and kept as far as there is room. */
struct text {
	char *to;
	size_t room, n;
};

/* One conversion, as the format describes it. */
struct spec {
	bool zeros, left;
	int width, precision;	/* -1: there is none */
	char length;		/* 'l' (or ll), 'z' or 0 */
	char kind;
};

static void
put(struct text *t, char c)
{
	if (t->n + 1 < t->room)
		t->to[t->n] = c;
	t->n++;
}

static void
pad(struct text *t, char c, int n)
{
	while (n-- > 0)
		put(t, c);
}

/* The n bytes at p, in the field that the format asks for. */
static void
put_field(struct text *t, const struct spec *s, const char *p, size_t n)
{
	int space = s->width - (int)n;

	if (!s->left)
		pad(t, ' ', space);
	while (n-- > 0)
		put(t, *p++);
	if (s->left)
		pad(t, ' ', space);
}

static void
put_number(struct text *t, const struct spec *s, uint64_t value, bool minus)
{
	const char *digits = s->kind == 'X' ? "0123456789ABCDEF" :
	    "0123456789abcdef";
	uint64_t base = s->kind == 'x' || s->kind == 'X' ? 16 :
	    s->kind == 'o' ? 8 : 10;
	char buffer[DIGITS + 1], *p = buffer + sizeof(buffer);
	struct spec field = *s;

	do {
		*--p = digits[value % base];
		value /= base;
	} while (value > 0);
	if (s->zeros && !s->left) {
		if (minus)
			put(t, '-');
		pad(t, '0', s->width - (minus ? 1 : 0) -
		    (int)(buffer + sizeof(buffer) - p));
		minus = false;
		field.width = 0;
	}
	if (minus)
		*--p = '-';
	put_field(t, &field, p, (size_t)(buffer + sizeof(buffer) - p));
}

static void
put_string(struct text *t, const struct spec *s, const char *p)
{
	size_t n = 0;

	while ((s->precision < 0 || n < (size_t)s->precision) && p[n] != '\0')
		n++;
	put_field(t, s, p, n);
}

/* A number in the format; *p goes behind it. */
static int
read_number(const char **p)
{
	int n = 0;

	for (; **p >= '0' && **p <= '9'; ++*p)
		n = n * 10 + (**p - '0');
	return n;
}

static int64_t
get_signed(const struct spec *s, va_list *args)
{
	if (s->length == 'z')
		return (int64_t)va_arg(*args, ptrdiff_t);
	if (s->length == 'L')
		return va_arg(*args, long long);
	return s->length == 'l' ? va_arg(*args, long) : va_arg(*args, int);
}

static uint64_t
get_unsigned(const struct spec *s, va_list *args)
{
	if (s->length == 'z')
		return va_arg(*args, size_t);
	if (s->length == 'L')
		return va_arg(*args, unsigned long long);
	return s->length == 'l' ? va_arg(*args, unsigned long) :
	    va_arg(*args, unsigned);
}

/* Read what stands behind a percent sign. */
static struct spec
read_spec(const char **p, va_list *args)
{
	struct spec s = { .precision = -1 };

	for (; **p == '0' || **p == '-'; ++*p)
		*(**p == '0' ? &s.zeros : &s.left) = true;
	if (**p == '*') {
		s.width = va_arg(*args, int);
		s.left = s.left || s.width < 0;
		s.width = abs(s.width);
		++*p;
	} else {
		s.width = read_number(p);
	}
	if (**p == '.' && *++*p == '*') {
		s.precision = va_arg(*args, int);
		++*p;
	} else if ((*p)[-1] == '.') {
		s.precision = read_number(p);
	}
	for (; **p == 'l' || **p == 'z'; ++*p)
		s.length = s.length == 'l' ? 'L' : **p;
	s.kind = *(*p)++;
	return s;
}

static void
convert(struct text *t, const struct spec *s, va_list *args)
{
	int64_t number;
	char c;

	switch (s->kind) {
	case '%':
		put(t, '%');
		break;
	case 'c':
		c = (char)va_arg(*args, int);
		put_field(t, s, &c, 1);
		break;
	case 's':
		put_string(t, s, va_arg(*args, const char *));
		break;
	case 'd':
	case 'i':
		number = get_signed(s, args);
		put_number(t, s, number < 0 ? -(uint64_t)number :
		    (uint64_t)number, number < 0);
		break;
	case 'o':
	case 'u':
	case 'x':
	case 'X':
		put_number(t, s, get_unsigned(s, args), false);
		break;
	default:
		abort();
	}
}

int
vsnprintf(char *to, size_t room, const char *format, va_list given)
{
	struct text t = { to, room, 0 };
	struct spec s;
	va_list args;

	va_copy(args, given);
	while (*format != '\0') {
		if (*format != '%') {
			put(&t, *format++);
			continue;
		}
		format++;
		s = read_spec(&format, &args);
		convert(&t, &s, &args);
	}
	va_end(args);
	if (room > 0)
		to[t.n < room ? t.n : room - 1] = '\0';
	return (int)t.n;
}

int
snprintf(char *to, size_t room, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, room, format, args);
	va_end(args);
	return n;
}

int
vfprintf(FILE *to, const char *format, va_list args)
{
	int n = vsnprintf(NULL, 0, format, args);
	char *text = malloc((size_t)n + 1);

	if (text == NULL)
		return -1;
	(void)vsnprintf(text, (size_t)n + 1, format, args);
	if (fwrite(text, 1, (size_t)n, to) != (size_t)n)
		n = -1;
	free(text);
	return n;
}

int
fprintf(FILE *to, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vfprintf(to, format, args);
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
