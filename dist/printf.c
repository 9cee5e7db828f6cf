/*
 * For `make static` with musl: printf without floating point and wide
 * characters, which are most of musl's.  What it knows is d i u o x X c s %
 * with all flags, widths, precisions and the lengths hh h l ll j z t; anything
 * else ends the program, so that a test notices.  test/unit/printf_test
 * compares it with the C library's.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the text goes, as much of it as there is room for. */
struct sink {
	char *p;
	size_t room;
	size_t length;		/* of all the text */
};

struct spec {
	bool left, zeros, plus, space, alternate;
	int width, precision;	/* precision -1: none */
	char length;		/* 'H' is hh, 'L' is ll */
};

static void
emit(struct sink *to, const char *p, size_t n)
{
	size_t fits = to->length < to->room ? to->room - to->length : 0;

	if (fits > 0)
		memcpy(to->p + to->length, p, n < fits ? n : fits);
	to->length += n;
}

static void
repeat(struct sink *to, char c, int n)
{
	for (; n > 0; n--)
		emit(to, &c, 1);
}

/* A sign or prefix, zeros, and the digits or text. */
static void
emit_field(struct sink *to, const struct spec *s, const char *prefix,
    int zeros, const char *p, size_t n)
{
	size_t used = strlen(prefix) + (size_t)zeros + n;
	int pad = used < (size_t)s->width ? s->width - (int)used : 0;

	if (!s->left)
		repeat(to, ' ', pad);
	emit(to, prefix, strlen(prefix));
	repeat(to, '0', zeros);
	emit(to, p, n);
	if (s->left)
		repeat(to, ' ', pad);
}

static void
put_number(struct sink *to, const struct spec *s, uintmax_t value,
    unsigned base, const char *prefix)
{
	const char *digits = base == 17 ? "0123456789ABCDEF" :
	    "0123456789abcdef";
	char text[3 * sizeof(value)], *end = text + sizeof(text), *p = end;
	int n, zeros = 0;

	base = base == 17 ? 16 : base;
	for (; value > 0; value /= base)
		*--p = digits[value % base];
	n = (int)(end - p);
	if (s->precision > n)
		zeros = s->precision - n;
	else if (n == 0 && s->precision < 0)
		zeros = 1;
	if (base == 8 && s->alternate && zeros == 0)
		zeros = 1;
	if (s->zeros && !s->left && s->precision < 0 &&
	    s->width > n + zeros + (int)strlen(prefix))
		zeros = s->width - n - (int)strlen(prefix);
	emit_field(to, s, prefix, zeros, p, (size_t)n);
}

/* Two functions, as a va_list may be an array: it cannot be returned. */
static intmax_t
take_signed(char length, va_list *args)
{
	switch (length) {
	case 'H':
		return (signed char)va_arg(*args, int);
	case 'h':
		return (short)va_arg(*args, int);
	case 'l':
		return va_arg(*args, long);
	case 'L':
		return va_arg(*args, long long);
	case 'j':
		return va_arg(*args, intmax_t);
	case 'z':
	case 't':
		return va_arg(*args, ptrdiff_t);
	default:
		return va_arg(*args, int);
	}
}

static uintmax_t
take_unsigned(char length, va_list *args)
{
	switch (length) {
	case 'H':
		return (unsigned char)va_arg(*args, unsigned);
	case 'h':
		return (unsigned short)va_arg(*args, unsigned);
	case 'l':
		return va_arg(*args, unsigned long);
	case 'L':
		return va_arg(*args, unsigned long long);
	case 'j':
		return va_arg(*args, uintmax_t);
	case 'z':
	case 't':
		return va_arg(*args, size_t);
	default:
		return va_arg(*args, unsigned);
	}
}

static void
put_signed(struct sink *to, const struct spec *s, va_list *args)
{
	intmax_t value = take_signed(s->length, args);

	put_number(to, s, value < 0 ? -(uintmax_t)value : (uintmax_t)value,
	    10, value < 0 ? "-" : s->plus ? "+" : s->space ? " " : "");
}

static void
put_text(struct sink *to, const struct spec *s, const char *text)
{
	size_t n = s->precision < 0 ? strlen(text) :
	    strnlen(text, (size_t)s->precision);

	emit_field(to, s, "", 0, text, n);
}

static void
convert(struct sink *to, const struct spec *s, char conversion, va_list *args)
{
	uintmax_t value;
	char c;

	if (s->length != '\0' && (conversion == 's' || conversion == 'c'))
		abort();
	switch (conversion) {
	case 'd':
	case 'i':
		put_signed(to, s, args);
		return;
	case 'u':
		put_number(to, s, take_unsigned(s->length, args), 10, "");
		return;
	case 'o':
		put_number(to, s, take_unsigned(s->length, args), 8, "");
		return;
	case 'x':
	case 'X':
		value = take_unsigned(s->length, args);
		put_number(to, s, value, conversion == 'x' ? 16 : 17,
		    !s->alternate || value == 0 ? "" :
		    conversion == 'x' ? "0x" : "0X");
		return;
	case 's':
		put_text(to, s, va_arg(*args, const char *));
		return;
	case 'c':
		c = (char)va_arg(*args, int);
		emit_field(to, s, "", 0, &c, 1);
		return;
	case '%':
		emit(to, "%", 1);
		return;
	default:
		abort();
	}
}

static const char *
read_flags(const char *p, struct spec *s)
{
	for (;; p++) {
		if (*p == '-')
			s->left = true;
		else if (*p == '0')
			s->zeros = true;
		else if (*p == '+')
			s->plus = true;
		else if (*p == ' ')
			s->space = true;
		else if (*p == '#')
			s->alternate = true;
		else
			return p;
	}
}

/* Digits, or * for an argument. */
static const char *
read_size(const char *p, int *size, va_list *args)
{
	*size = 0;
	if (*p == '*') {
		*size = va_arg(*args, int);
		return p + 1;
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		if (*size > INT_MAX / 10 - 1)
			abort();
		*size = *size * 10 + (*p - '0');
	}
	return p;
}

static const char *
read_spec(const char *p, struct spec *s, va_list *args)
{
	*s = (struct spec){ .precision = -1 };
	p = read_size(read_flags(p, s), &s->width, args);
	if (s->width < 0) {
		if (s->width == INT_MIN)
			abort();
		s->left = true;
		s->width = -s->width;
	}
	if (*p == '.')
		p = read_size(p + 1, &s->precision, args);
	if (s->precision < 0)
		s->precision = -1;
	if (*p != '\0' && strchr("hljzt", *p) != NULL) {
		s->length = *p++;
		if (*p == s->length && (*p == 'h' || *p == 'l'))
			s->length = *p++ == 'h' ? 'H' : 'L';
	}
	return p;
}

int
vsnprintf(char *p, size_t room, const char *format, va_list args)
{
	struct sink to = { .p = p, .room = room };
	struct spec s;
	size_t n;
	va_list copy;		/* of args, which may be an array: &args would
				   be of another type */

	va_copy(copy, args);
	for (;;) {
		n = strcspn(format, "%");
		emit(&to, format, n);
		format += n;
		if (*format == '\0')
			break;
		format = read_spec(format + 1, &s, &copy);
		convert(&to, &s, *format++, &copy);
	}
	va_end(copy);
	if (room > 0)
		p[to.length < room ? to.length : room - 1] = '\0';
	return to.length > INT_MAX ? -1 : (int)to.length;
}

/* In one piece, as standard error has no buffer. */
int
vfprintf(FILE *file, const char *format, va_list args)
{
	char text[512], *p = text;
	va_list copy;
	int n;

	va_copy(copy, args);
	n = vsnprintf(text, sizeof(text), format, args);
	if (n >= (int)sizeof(text)) {
		p = malloc((size_t)n + 1);
		n = p == NULL ? -1 : vsnprintf(p, (size_t)n + 1, format, copy);
	}
	va_end(copy);
	if (n > 0 && fwrite(p, 1, (size_t)n, file) != (size_t)n)
		n = -1;
	if (p != text)
		free(p);
	return n;
}
