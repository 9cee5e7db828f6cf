#include "base/utf8.h"

#include <assert.h>

size_t
utf8_take(const char *p, size_t n, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)p[0];
	size_t i, bytes;
	uint32_t c;

	if (first < 0x80) {
		*character = first;
		return 1;
	}
	bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first < 0xc2 || first > 0xf4 || n < bytes)
		return 0;
	c = first & (0x7fu >> bytes);
	for (i = 1; i < bytes; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[bytes] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	*character = c;
	return bytes;
}

bool
utf8_is_valid(const char *p, size_t n)
{
	uint32_t character;
	size_t i, bytes;

	for (i = 0; i < n; i += bytes) {
		bytes = utf8_take(p + i, n - i, &character);
		if (bytes == 0)
			return false;
	}
	return true;
}

uint32_t
utf8_char(const char *p, const char *end, size_t *bytes)
{
	uint32_t character = 0;

	*bytes = utf8_take(p, (size_t)(end - p), &character);
	assert(*bytes > 0);
	return character;
}

size_t
utf8_utf16_units(const char *p, size_t n)
{
	size_t i, bytes, units = 0;
	uint32_t character;

	for (i = 0; i < n; i += bytes) {
		character = utf8_char(p + i, p + n, &bytes);
		units += character > 0xffff ? 2 : 1;
	}
	return units;
}
