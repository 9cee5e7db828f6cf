/*
 * utf8.h - UTF-8 (RFC 3629), one character or a text.
 */
#ifndef MNM_BASE_UTF8_H
#define MNM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The character at p and its number of bytes, at most n, which is not 0.
 * Returns 0 if it is invalid: overlong, a surrogate, above U+10FFFF, cut off.
 */
size_t utf8_take(const char *p, size_t n, uint32_t *character);

/* Valid UTF-8 (RFC 3629): no overlong forms, no surrogates, <= U+10FFFF. */
bool utf8_is_valid(const char *p, size_t n);
/* The character at p (valid UTF-8, p < end) and its number of bytes. */
uint32_t utf8_char(const char *p, const char *end, size_t *bytes);
/* How many UTF-16 units valid UTF-8 text would take. */
size_t utf8_utf16_units(const char *p, size_t n);

#endif
