/*
 * encode.h - octets as text and text as octets: base 32, hexadecimal, CRC-32C,
 * UTF-8; and random octets.
 */
#ifndef MNM_BASE_ENCODE_H
#define MNM_BASE_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/date.h"

#define UID_OCTETS    20	/* a user's id: 160 random bits */
#define UID_TEXT      32	/* ... in base 32, without a NUL */
#define NODEID_OCTETS 25	/* a node's password: 200 random bits */
#define NODEID_TEXT   40
#define ID_TEXT       16	/* a message id in hexadecimal */

struct uid {
	unsigned char octets[UID_OCTETS];
};

/*
 * The two clocks, read once per turn of the loop and passed down.  Time-outs
 * count on mono, dates show wall.
 */
struct now {
	uint64_t mono;	/* milliseconds since some fixed moment */
	uint64_t wall;	/* milliseconds since 1970-01-01 UTC */
};

/*
 * Fill dst with n octets of the system's generator, through BearSSL's seeder.
 * Returns -1 when the system gives none; dst must not be used then.
 */
int code_random(void *dst, size_t n);

/*
 * Base 32 over "%+123456789BCDFGHJKLMNPQRSTVWXYZ", most significant bit
 * first.  n is a multiple of 5; dst gets n / 5 * 8 characters and no NUL.
 */
void code_base32(char *dst, const unsigned char *src, size_t n);
/* The reverse.  False unless text is exactly n / 5 * 8 such characters. */
bool code_unbase32(unsigned char *dst, size_t n, struct span text);

/* 64 bits as 16 lower-case hexadecimal digits, without a NUL. */
void code_hex64(char dst[ID_TEXT], uint64_t value);
/* False unless text is exactly 16 such digits. */
bool code_unhex64(uint64_t *value, struct span text);

/*
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) of what crc covers followed by
 * these n octets.  Begin with crc 0.
 */
uint32_t code_crc32c(uint32_t crc, const void *octets, size_t n);

/* Valid UTF-8 (RFC 3629): no overlong forms, no surrogates, <= U+10FFFF. */
bool code_utf8(struct span);
/*
 * The character at p (valid UTF-8, p < end) and the number of octets it takes.
 */
uint32_t code_utf8_char(const char *p, const char *end, size_t *octets);
/* How many UTF-16 units valid UTF-8 text would take. */
size_t code_utf16_units(struct span);

/* Little-endian integers in files and records. */
void code_put32(void *dst, uint32_t);
void code_put64(void *dst, uint64_t);
uint32_t code_get32(const void *src);
uint64_t code_get64(const void *src);

#endif
