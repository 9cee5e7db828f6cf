/*
 * utf8.h - one character of UTF-8 (RFC 3629).
 */
#ifndef MNM_BASE_UTF8_H
#define MNM_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * The character at p and its number of bytes, at most n, which is not 0.
 * Returns 0 if it is invalid: overlong, a surrogate, above U+10FFFF, cut off.
 */
size_t utf8_take(const char *p, size_t n, uint32_t *character);

#endif
