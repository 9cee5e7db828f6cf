#include "mail/transfer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LINE_CHARACTERS 76	/* RFC 2045 */
#define LINE_BYTES      57	/* which base64 makes of so many bytes */

static const char digits64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- reading ---- */

static int
value64(char c)
{
	const char *digit = c != '\0' ? strchr(digits64, c) : NULL;

	return digit != NULL ? (int)(digit - digits64) : -1;
}

/* After padding, another text may follow. */
void
transfer_read_base64(struct buf *to, struct span text)
{
	char *at = buf_room(to, text.n / 4 * 3 + 3);
	unsigned digits = 0;	/* of this group of four */
	uint32_t group = 0;
	size_t i;
	int value;

	for (i = 0; i < text.n; i++) {
		value = value64(text.p[i]);
		if (text.p[i] == '=')
			digits = 0;
		if (value == -1)
			continue;
		group = group << 6 | (uint32_t)value;
		digits++;
		if (digits > 1)
			*at++ = (char)(group >> 2 * (4 - digits));
		digits %= 4;
	}
	to->n = (size_t)(at - to->p);
}

static int
value16(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Append what "=XX" at i stands for; returns its bytes, 0 if it is invalid. */
static size_t
read_escape(struct buf *to, struct span text, size_t i)
{
	int high, low;

	if (text.p[i] != '=' || text.n - i < 3)
		return 0;
	high = value16(text.p[i + 1]);
	low = value16(text.p[i + 2]);
	if (high == -1 || low == -1)
		return 0;
	buf_add_byte(to, (char)(high << 4 | low));
	return 3;
}

static size_t
count_space(struct span text, size_t i)
{
	size_t end = i;

	while (end < text.n && (text.p[end] == ' ' || text.p[end] == '\t' ||
	    text.p[end] == '\r'))
		end++;
	return end - i;
}

static bool
ends_line(struct span text, size_t i)
{
	return i >= text.n || text.p[i] == '\n';
}

/*
 * White space at the end of a line was added on the way.  A '=' there continues
 * the line.
 */
void
transfer_read_quoted(struct buf *to, struct span text)
{
	size_t i = 0, n, space;

	while (i < text.n) {
		n = read_escape(to, text, i);
		if (n > 0) {
			i += n;
			continue;
		}
		n = text.p[i] == '=';
		space = count_space(text, i + n);
		if (ends_line(text, i + n + space)) {
			i += n + space + n;
			if (n == 0 && i < text.n)
				buf_add_byte(to, text.p[i++]);
			continue;
		}
		n += space > 0 ? space : n == 0;
		buf_add(to, (struct span){ text.p + i, n });
		i += n;
	}
}

void
transfer_read_word(struct buf *to, struct span text)
{
	size_t i, n;

	for (i = 0; i < text.n; i += n > 0 ? n : 1) {
		n = read_escape(to, text, i);
		if (n == 0)
			buf_add_byte(to, text.p[i] == '_' ? ' ' : text.p[i]);
	}
}

/* ---- writing ---- */

static void
write_group(struct buf *to, const char *p, size_t n)
{
	uint32_t group = 0;
	size_t i;

	for (i = 0; i < 3; i++)
		group = group << 8 | (i < n ? (unsigned char)p[i] : 0);
	for (i = 0; i < 4; i++)
		buf_add_byte(to, i <= n ?
		    digits64[group >> (18 - 6 * i) & 0x3f] : '=');
}

void
transfer_write_base64_word(struct buf *to, struct span bytes)
{
	size_t i;

	for (i = 0; i < bytes.n; i += 3)
		write_group(to, bytes.p + i, bytes.n - i < 3 ? bytes.n - i : 3);
}

void
transfer_write_base64(struct buf *to, struct span bytes)
{
	struct span line;
	size_t i;

	for (i = 0; i < bytes.n; i += LINE_BYTES) {
		line.p = bytes.p + i;
		line.n = bytes.n - i < LINE_BYTES ? bytes.n - i : LINE_BYTES;
		transfer_write_base64_word(to, line);
		buf_add_byte(to, '\n');
	}
}

/* Mailboxes and sendmail have their own ideas of "From " and of a point. */
static bool
must_escape(struct span text, size_t i, bool first)
{
	unsigned char c = (unsigned char)text.p[i];

	if (first && (c == '.' || c == 'F'))
		return true;
	if (c == ' ' || c == '\t')
		return i + 1 == text.n || text.p[i + 1] == '\n';
	return c < ' ' || c > '~' || c == '=';
}

void
transfer_write_quoted(struct buf *to, struct span text)
{
	size_t i, column = 0, width;
	bool escape;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\n') {
			buf_add_byte(to, '\n');
			column = 0;
			continue;
		}
		escape = must_escape(text, i, column == 0);
		width = escape ? 3 : 1;
		if (column + width > LINE_CHARACTERS - 1) {
			buf_add(to, SPAN("=\n"));
			column = 0;
			escape = must_escape(text, i, true);
			width = escape ? 3 : 1;
		}
		if (escape)
			buf_addf(to, "=%02X", (unsigned char)text.p[i]);
		else
			buf_add_byte(to, text.p[i]);
		column += width;
	}
}
