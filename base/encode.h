/*
 * encode.h - bytes as text and text as bytes: base 32, hexadecimal, integers;
 * checksums and random bytes.
 */
#ifndef MNM_BASE_ENCODE_H
#define MNM_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define UID_BYTES    20	/* a user's id: 160 random bits */
#define UID_TEXT      32	/* ... in base 32, without a NUL */
#define NODEID_BYTES 25	/* a node's password: 200 random bits */
#define NODEID_TEXT   40
#define ID_TEXT       16	/* a message id in hexadecimal */

struct uid {
	unsigned char bytes[UID_BYTES];
};

/*
 * Fill dst with n random bytes from the system, through BearSSL's seeder.
 * Returns -1 if the system has none; dst must not be used then.
 */
int encode_random(void *dst, size_t n);

/*
 * Base 32 over "%+123456789BCDFGHJKLMNPQRSTVWXYZ", most significant bit
 * first.  n is a multiple of 5; dst gets n / 5 * 8 characters and no NUL.
 */
void encode_base32(char *dst, const unsigned char *src, size_t n);
/* The reverse.  False unless text is exactly n / 5 * 8 such characters. */
bool decode_base32(unsigned char *dst, size_t n, struct span text);

/* 64 bits as 16 lower-case hexadecimal digits, without a NUL. */
void encode_hex64(char dst[ID_TEXT], uint64_t value);
/* False unless text is exactly 16 such digits. */
bool decode_hex64(uint64_t *value, struct span text);

/* Append the text so that it can stand in a URL (RFC 3986, 2.1 and 2.3). */
void encode_percent(struct buf *, struct span text);

/*
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) of what crc covers followed by
 * these n bytes.  Begin with crc 0.
 */
uint32_t encode_crc32c(uint32_t crc, const void *bytes, size_t n);
/* The same without an instruction that the processor may have for it. */
uint32_t encode_crc32c_table(uint32_t crc, const void *bytes, size_t n);

/*
 * A fast hash of what hash covers followed by these n bytes, for bytes whose
 * author gains nothing from a collision.  Begin with hash 0.
 */
uint64_t encode_hash(uint64_t hash, const void *bytes, size_t n);

#define ENCODE_SHA256 32	/* bytes */
void encode_sha256(unsigned char dst[ENCODE_SHA256], struct span bytes);

/* Little-endian integers in files and records. */
void encode_u32(void *dst, uint32_t);
void encode_u64(void *dst, uint64_t);
uint32_t decode_u32(const void *src);
uint64_t decode_u64(const void *src);

#endif
