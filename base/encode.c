#include "base/encode.h"

#include <assert.h>
#include <bearssl_hash.h>
#include <bearssl_rand.h>
#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static const char base32[] = "%+123456789BCDFGHJKLMNPQRSTVWXYZ";
static const char hex[] = "0123456789abcdef";

/*
 * crc_row[r][v] is what four bits v in the register of a CRC-32C (reversed
 * polynomial) become while 4 * (r + 1) zero bits pass through it.  The first
 * call fills it, and then it never changes.
 *
 * CRCs add up by XOR, so sixteen look-ups that do not wait for each other
 * advance the register by eight bytes.  Tables indexed by bytes would be
 * twice as fast on large data, and at 8 KiB push everything else out of a
 * small machine's cache.
 */
#define CRC_POLYNOMIAL 0x82f63b78U
static uint32_t crc_row[16][16];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

/*
 * HMAC_DRBG steps its state after every request, so what is left on the stack
 * does not reveal dst.
 */
int
encode_random(void *dst, size_t n)
{
	br_prng_seeder seed = br_prng_seeder_system(NULL);
	br_hmac_drbg_context generator;

	br_hmac_drbg_init(&generator, &br_sha256_vtable, NULL, 0);
	if (seed == NULL || !seed(&generator.vtable))
		return -1;
	br_hmac_drbg_generate(&generator, dst, n);
	return 0;
}

void
encode_base32(char *dst, const unsigned char *src, size_t n)
{
	uint64_t group;
	size_t i;
	int shift;

	assert(n % 5 == 0);
	for (; n > 0; n -= 5, src += 5) {
		group = 0;
		for (i = 0; i < 5; i++)
			group = group << 8 | src[i];
		for (shift = 35; shift >= 0; shift -= 5)
			*dst++ = base32[group >> shift & 31];
	}
}

bool
decode_base32(unsigned char *dst, size_t n, struct span text)
{
	const char *digit, *p = text.p;
	uint64_t group;
	size_t i;
	int shift;

	assert(n % 5 == 0);
	if (text.n != n / 5 * 8)
		return false;
	for (; n > 0; n -= 5) {
		group = 0;
		for (i = 0; i < 8; i++) {
			digit = memchr(base32, *p++, 32);
			if (digit == NULL)
				return false;
			group = group << 5 | (uint64_t)(digit - base32);
		}
		for (shift = 32; shift >= 0; shift -= 8)
			*dst++ = (unsigned char)(group >> shift & 0xff);
	}
	return true;
}

void
encode_hex64(char dst[ID_TEXT], uint64_t value)
{
	size_t i;

	for (i = ID_TEXT; i > 0; i--, value >>= 4)
		dst[i - 1] = hex[value & 15];
}

bool
decode_hex64(uint64_t *value, struct span text)
{
	const char *digit;
	uint64_t sum = 0;
	size_t i;

	if (text.n != ID_TEXT)
		return false;
	for (i = 0; i < ID_TEXT; i++) {
		digit = memchr(hex, text.p[i], 16);
		if (digit == NULL)
			return false;
		sum = sum << 4 | (uint64_t)(digit - hex);
	}
	*value = sum;
	return true;
}

void
encode_percent(struct buf *b, struct span text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (memchr(plain, text.p[i], sizeof(plain) - 1) != NULL)
			buf_add_byte(b, text.p[i]);
		else
			buf_addf(b, "%%%02X", (unsigned char)text.p[i]);
	}
}

/* What 32 bits become as they pass, and the rows' worth of zeros after them. */
static uint32_t
crc_advance(uint32_t row[8][16], uint32_t bits)
{
	return row[7][bits & 15] ^ row[6][bits >> 4 & 15] ^
	    row[5][bits >> 8 & 15] ^ row[4][bits >> 12 & 15] ^
	    row[3][bits >> 16 & 15] ^ row[2][bits >> 20 & 15] ^
	    row[1][bits >> 24 & 15] ^ row[0][bits >> 28];
}

static void
fill_crc_rows(void)
{
	size_t i, bit;
	uint32_t *crc;

	for (i = 0; i < 16 * 16; i++) {
		crc = &crc_row[i / 16][i % 16];
		*crc = i < 16 ? (uint32_t)i : crc_row[i / 16 - 1][i % 16];
		for (bit = 0; bit < 4; bit++)
			*crc = *crc >> 1 ^ (CRC_POLYNOMIAL & -(*crc & 1));
	}
}

/* The same for the bits of a byte. */
static inline uint32_t
crc_byte(uint32_t row[2][16], unsigned char bits)
{
	return row[1][bits & 15] ^ row[0][bits >> 4];
}

/* Compilers make one load of it. */
static inline uint64_t
load_u64(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	    (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	    (uint64_t)p[7] << 56;
}

/*
 * Most processors have an instruction for eight bytes of it.  Whether this one
 * has is asked once, as the answer takes long in a virtual machine.
 */
#if defined(__x86_64__)
#define CRC_INSTRUCTION "crc32q %1, %0"

static bool
has_instruction(void)
{
	unsigned a, b, c = 0, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}
#elif defined(__aarch64__) && defined(__linux__)
#define CRC_INSTRUCTION ".arch_extension crc\n\tcrc32cx %w0, %w0, %1"

static bool
has_instruction(void)
{
	return getauxval(AT_HWCAP) & HWCAP_CRC32;
}
#endif
#ifdef CRC_INSTRUCTION
static bool crc_is_fast;
#endif

static void
prepare_crc(void)
{
	fill_crc_rows();
#ifdef CRC_INSTRUCTION
	crc_is_fast = has_instruction();
#endif
}

/* The last four bytes of eight are best read one by one. */
static uint32_t
crc_by_table(uint32_t crc, const unsigned char *p, size_t n)
{
	for (; n >= 8; n -= 8, p += 8)
		crc = crc_advance(crc_row + 8, crc ^ decode_u32(p)) ^
		    crc_byte(crc_row + 6, p[4]) ^
		    crc_byte(crc_row + 4, p[5]) ^
		    crc_byte(crc_row + 2, p[6]) ^ crc_byte(crc_row, p[7]);
	for (; n > 0; n--, p++)
		crc = crc >> 8 ^ crc_byte(crc_row, (unsigned char)(crc ^ *p));
	return crc;
}

uint32_t
encode_crc32c(uint32_t crc, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t sum = ~crc;

	(void)pthread_once(&crc_once, prepare_crc);
#ifdef CRC_INSTRUCTION
	for (; crc_is_fast && n >= 8; n -= 8, p += 8)
		__asm__(CRC_INSTRUCTION : "+r"(sum) : "r"(load_u64(p)));
#endif
	return ~crc_by_table((uint32_t)sum, p, n);
}

uint32_t
encode_crc32c_table(uint32_t crc, const void *bytes, size_t n)
{
	(void)pthread_once(&crc_once, prepare_crc);
	return ~crc_by_table(~crc, bytes, n);
}

/* One to one for a given word, and for a given hash. */
static uint64_t
hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15U;	/* an odd number */
	return hash << 29 | hash >> 35;
}

void
encode_sha256(unsigned char dst[ENCODE_SHA256], struct span bytes)
{
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, bytes.p, bytes.n);
	br_sha256_out(&sha, dst);
}

uint64_t
encode_hash(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	unsigned char rest[8] = { 0 };

	hash = hash_word(hash, n);
	for (; n >= 32; n -= 32, p += 32) {
		hash = hash_word(hash, load_u64(p));
		hash = hash_word(hash, load_u64(p + 8));
		hash = hash_word(hash, load_u64(p + 16));
		hash = hash_word(hash, load_u64(p + 24));
	}
	for (; n >= 8; n -= 8, p += 8)
		hash = hash_word(hash, load_u64(p));
	if (n > 0)
		memcpy(rest, p, n);
	hash = hash_word(hash, load_u64(rest));
	return hash_word(hash, 0);
}

void
encode_u32(void *dst, uint32_t value)
{
	unsigned char *p = dst;
	size_t i;

	for (i = 0; i < 4; i++, value >>= 8)
		p[i] = value & 0xff;
}

void
encode_u64(void *dst, uint64_t value)
{
	encode_u32(dst, (uint32_t)value);
	encode_u32((unsigned char *)dst + 4, (uint32_t)(value >> 32));
}

uint32_t
decode_u32(const void *src)
{
	const unsigned char *p = src;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

uint64_t
decode_u64(const void *src)
{
	return load_u64(src);
}
