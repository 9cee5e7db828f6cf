#include "base/clock.h"
#include "base/encode.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "test/lib/check.h"

/* Bit by bit, by the definition. */
static uint32_t
slow_crc32c(uint32_t crc, const unsigned char *p, size_t n)
{
	int bit;

	crc = ~crc;
	for (; n > 0; n--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* RFC 3720 appendix B.4, and the usual check value. */
static void
test_crc32c_known(void)
{
	unsigned char bytes[32];
	uint32_t got;
	size_t i;

	got = encode_crc32c(0, "123456789", 9);
	CHECK(got == 0xe3069283, "crc of 123456789: %08x", got);
	memset(bytes, 0, sizeof(bytes));
	got = encode_crc32c(0, bytes, sizeof(bytes));
	CHECK(got == 0x8a9136aa, "crc of zeros: %08x", got);
	memset(bytes, 0xff, sizeof(bytes));
	got = encode_crc32c(0, bytes, sizeof(bytes));
	CHECK(got == 0x62a8ab43, "crc of ones: %08x", got);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	got = encode_crc32c(0, bytes, sizeof(bytes));
	CHECK(got == 0x46dd794e, "crc of 0 to 31: %08x", got);
	CHECK(encode_crc32c(0, bytes, 0) == 0, "crc of nothing");
	CHECK(encode_crc32c(77, bytes, 0) == 77, "crc and nothing");
}

/*
 * Every four bits at every place of an eight-byte step pass through each
 * entry of the table; every length, start and split must agree.
 */
static void
test_crc32c_table(void)
{
	unsigned char bytes[64];
	uint32_t whole, parts;
	size_t i, n, cut;

	for (i = 0; i < 256; i++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[i / 32] = (unsigned char)(i / 16 % 2 ?
		    i % 16 << 4 : i % 16);
		CHECK(encode_crc32c(~0u, bytes, 8) ==
		    slow_crc32c(~0u, bytes, 8), "crc, bits %zu", i);
		CHECK(encode_crc32c_table(~0u, bytes, 8) ==
		    slow_crc32c(~0u, bytes, 8), "crc table, bits %zu", i);
	}
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 151 + 13);
	for (n = 0; n <= 40; n++) {
		whole = slow_crc32c(0, bytes + n % 8, n);
		for (cut = 0; cut <= n; cut++) {
			parts = encode_crc32c(0, bytes + n % 8, cut);
			parts = encode_crc32c(parts, bytes + n % 8 + cut,
			    n - cut);
			CHECK(parts == whole, "crc of %zu cut at %zu", n, cut);
			parts = encode_crc32c_table(0, bytes + n % 8, cut);
			parts = encode_crc32c_table(parts, bytes + n % 8 + cut,
			    n - cut);
			CHECK(parts == whole, "by the table: %zu at %zu", n,
			    cut);
		}
	}
}

static void
test_random(void)
{
	unsigned char a[64], b[64];
	unsigned seen = 0;
	size_t i;

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	CHECK(encode_random(a, sizeof(a)) == 0, "no random bytes");
	CHECK(encode_random(b, sizeof(b)) == 0, "no random bytes");
	CHECK(memcmp(a, b, sizeof(a)) != 0, "the same random bytes twice");
	/* 64 bytes of one half, or 8 that are 0: odds of 2^-63 at most. */
	for (i = 0; i < sizeof(a); i++)
		seen |= 1u << (a[i] >> 7);
	CHECK(seen == 3, "random bytes are all of one half");
	for (i = 0; i < 8; i++) {
		a[2] = 0;
		CHECK(encode_random(a, 3) == 0, "no random bytes");
		if (a[2] != 0)
			break;
	}
	CHECK(i < 8, "the last byte is not written");
	a[0] = 42;
	CHECK(encode_random(a, 0) == 0 && a[0] == 42, "no bytes asked for");
}

static const struct {
	const char *bytes;
	size_t n;
	const char *text;
} base32_cases[] = {
	{ "", 0, "" },
	{ "\0\0\0\0\0", 5, "%%%%%%%%" },
	{ "\377\377\377\377\377", 5, "ZZZZZZZZ" },
	{ "\0\0\0\0\1", 5, "%%%%%%%+" },
	{ "\200\0\0\0\0", 5, "H%%%%%%%" },
	{ "\x00\x44\x32\x14\xc7", 5, "%+123456" },
	{ "\x42\x54\xb6\x35\xcf", 5, "789BCDFG" },
	{ "\x84\x65\x3a\x56\xd7", 5, "HJKLMNPQ" },
	{ "\xc6\x75\xbe\x77\xdf", 5, "RSTVWXYZ" },
	{ "\0\0\0\0\1\377\377\377\377\376", 10, "%%%%%%%+ZZZZZZZY" },
};

static void
test_base32(void)
{
	unsigned char bytes[25];
	char text[40];
	struct span want;
	size_t i, n;

	for (i = 0; i < COUNT(base32_cases); i++) {
		n = base32_cases[i].n;
		want = span_of(base32_cases[i].text);
		memcpy(bytes, base32_cases[i].bytes, n);
		memset(text, '#', sizeof(text));
		encode_base32(text, bytes, n);
		CHECK(memcmp(text, want.p, want.n) == 0, "base32 %s: %.*s",
		    want.p, (int)want.n, text);
		CHECK(text[want.n] == '#', "base32 %s: too long", want.p);
		memset(bytes, 0x5a, sizeof(bytes));
		CHECK(decode_base32(bytes, n, want) &&
		    memcmp(bytes, base32_cases[i].bytes, n) == 0,
		    "unbase32 %s", want.p);
	}
}

static void
test_unbase32_refuses(void)
{
	static const char *const bad[] = {
		"", "ZZZZZZZ", "ZZZZZZZZZ", "ZZZZZZZA", "zZZZZZZZ", "ZZZZ0ZZZ",
		"ZZZ ZZZZ", "ZZZZZZZI", "ZZZZZZZ\377", "ZZZZZZZZZZZZZZZZ",
	};
	unsigned char bytes[10];
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		CHECK(!decode_base32(bytes, 5, span_of(bad[i])),
		    "unbase32 took %s", bad[i]);
	CHECK(!decode_base32(bytes, 5, SPAN("ZZZZZZZ\0")),
	    "unbase32 took a NUL");
}

static void
test_hex64(void)
{
	static const struct {
		uint64_t value;
		const char *text;
	} cases[] = {
		{ 0, "0000000000000000" },
		{ 1, "0000000000000001" },
		{ UINT64_MAX, "ffffffffffffffff" },
		{ UINT64_C(0x0123456789abcdef), "0123456789abcdef" },
		{ UINT64_C(0x8000000000000000), "8000000000000000" },
	};
	static const char *const bad[] = {
		"", "000000000000000", "00000000000000000", "000000000000000A",
		"0x00000000000000", " 000000000000000", "000000000000000g",
	};
	char text[ID_TEXT];
	uint64_t value;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		encode_hex64(text, cases[i].value);
		CHECK(memcmp(text, cases[i].text, ID_TEXT) == 0, "hex %s: %.*s",
		    cases[i].text, ID_TEXT, text);
		value = 42;
		CHECK(decode_hex64(&value, span_of(cases[i].text)) &&
		    value == cases[i].value, "unhex %s", cases[i].text);
	}
	for (i = 0; i < COUNT(bad); i++) {
		value = 42;
		CHECK(!decode_hex64(&value, span_of(bad[i])) && value == 42,
		    "unhex took %s", bad[i]);
	}
	CHECK(!decode_hex64(&value, SPAN("000000000000000\0")),
	    "unhex took a NUL");
}

static void
test_date_known(void)
{
	static const struct {
		uint64_t wall;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 999, "1970-01-01T00:00:00.999Z" },
		{ 86399999, "1970-01-01T23:59:59.999Z" },
		{ 86400000, "1970-01-02T00:00:00.000Z" },
		{ 68169600000, "1972-02-29T00:00:00.000Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 951868800000, "2000-03-01T00:00:00.000Z" },
		{ 1136214245678, "2006-01-02T15:04:05.678Z" },
		{ 1230767999000, "2008-12-31T23:59:59.000Z" },
		{ 2147483648000, "2038-01-19T03:14:08.000Z" },
		{ 4107542399000, "2100-02-28T23:59:59.000Z" },
		{ 4107542400000, "2100-03-01T00:00:00.000Z" },
		{ UINT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
		{ UINT64_C(253402300800000), "9999-12-31T23:59:59.999Z" },
		{ UINT64_MAX, "9999-12-31T23:59:59.999Z" },
	};
	static const char *const wrong[] = {
		"2026-02-29T00:00:00.000Z", "2026-13-01T00:00:00.000Z",
		"2026-00-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z",
		"2026-01-01T00:60:00.000Z", "2026-01-01 00:00:00.000Z",
		"2026-01-01T00:00:00.00:Z", "1969-12-31T23:59:59.999Z",
		"0000-01-01T00:00:00.000Z", "////////////////////////"
	};
	char text[CLOCK_TEXT + 1];
	uint64_t again;
	size_t i;

	for (i = 0; i < COUNT(wrong); i++)
		CHECK(!clock_read(&again, wrong[i]), "read: %s", wrong[i]);
	for (i = 0; i < COUNT(cases); i++) {
		memset(text, '#', sizeof(text));
		clock_text(text, cases[i].wall);
		if (cases[i].wall < UINT64_C(253402300800000))
			CHECK(clock_read(&again, text) &&
			    again == cases[i].wall, "read: %.24s", text);
		CHECK(memcmp(text, cases[i].text, CLOCK_TEXT) == 0,
		    "date %s: %.*s", cases[i].text, CLOCK_TEXT, text);
		CHECK(text[CLOCK_TEXT] == '#', "date %s: too long",
		    cases[i].text);
	}
}

/* Count days, and compare with clock_text, from 1970 to 2405. */
static void
test_date_every_day(void)
{
	static const unsigned lengths[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	unsigned year = 1970, month = 0, day = 1, length, wrong = 0;
	char want[64], text[CLOCK_TEXT];
	uint64_t wall, again;

	for (wall = 0; year < 2406; wall += 86400000) {
		(void)snprintf(want, sizeof(want), "%04u-%02u-%02uT", year,
		    month + 1, day);
		clock_text(text, wall);
		wrong += memcmp(text, want, 11) != 0 ||
		    !clock_read(&again, text) || again != wall;
		length = lengths[month];
		if (month == 1 && year % 4 == 0 &&
		    (year % 100 != 0 || year % 400 == 0))
			length = 29;
		if (++day > length) {
			day = 1;
			month = (month + 1) % 12;
			year += month == 0;
		}
	}
	CHECK(wrong == 0, "%u days have a wrong date", wrong);
}

/* units is the length in UTF-16; -1: not valid UTF-8. */
static const struct {
	const char *text;
	int units;
} utf8_cases[] = {
	{ "", 0 },
	{ "plain", 5 },
	{ "\x7f", 1 },
	{ "\xc2\x80", 1 },
	{ "\xdf\xbf", 1 },
	{ "\xe0\xa0\x80", 1 },
	{ "\xed\x9f\xbf", 1 },
	{ "\xee\x80\x80", 1 },
	{ "\xef\xbf\xbf", 1 },
	{ "\xf0\x90\x80\x80", 2 },
	{ "\xf4\x8f\xbf\xbf", 2 },
	{ "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z", 6 },
	{ "\x80", -1 },			/* continues nothing */
	{ "\xbf", -1 },
	{ "a\x80", -1 },
	{ "\xc0\x80", -1 },		/* overlong */
	{ "\xc1\xbf", -1 },
	{ "\xe0\x9f\xbf", -1 },
	{ "\xf0\x8f\xbf\xbf", -1 },
	{ "\xed\xa0\x80", -1 },		/* surrogates */
	{ "\xed\xbf\xbf", -1 },
	{ "\xf4\x90\x80\x80", -1 },	/* past U+10FFFF */
	{ "\xf5\x80\x80\x80", -1 },
	{ "\xf8\x88\x80\x80\x80", -1 },
	{ "\xff", -1 },
	{ "\xfe", -1 },
	{ "\xc2", -1 },			/* cut off */
	{ "\xe2\x82", -1 },
	{ "\xf0\x9f\x98", -1 },
	{ "\xc2z", -1 },		/* broken off */
	{ "\xe2\x82z", -1 },
	{ "\xe2z\x82", -1 },
	{ "\xf0\x9f\x98z", -1 },
	{ "\xc2\xc2\x80", -1 },
};

static void
test_utf8(void)
{
	struct span text;
	size_t i, units;
	char *copy;

	for (i = 0; i < COUNT(utf8_cases); i++) {
		text = span_of(utf8_cases[i].text);
		/* Without the NUL, so that a sanitizer sees a step too far. */
		copy = xalloc(text.n);
		memcpy(copy, text.p, text.n);
		text.p = copy;
		CHECK(utf8_is_valid(text.p, text.n) ==
		    (utf8_cases[i].units >= 0),
		    "utf8 case %zu", i);
		units = utf8_cases[i].units < 0 ? 0 : utf8_utf16_units(text.p,
		    text.n);
		CHECK(utf8_cases[i].units < 0 ||
		    units == (size_t)utf8_cases[i].units,
		    "utf8 case %zu: %zu units", i, units);
		free(copy);
	}
	CHECK(utf8_is_valid(NULL, 0), "utf8 of nothing");
	CHECK(utf8_utf16_units(NULL, 0) == 0, "no units");
	CHECK(utf8_is_valid("a\0b", 3), "utf8 with NUL");
}

/* Every character, encoded by the definition. */
static void
test_utf8_char(void)
{
	uint32_t c, wrong = 0;
	size_t n, bytes;
	char text[4];

	for (c = 0; c <= 0x10ffff; c++) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		text[0] = (char)(n == 1 ? c : n == 2 ? 0xc0 | c >> 6 :
		    n == 3 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
		if (n > 3)
			text[n - 3] = (char)(0x80 | (c >> 12 & 0x3f));
		if (n > 2)
			text[n - 2] = (char)(0x80 | (c >> 6 & 0x3f));
		if (n > 1)
			text[n - 1] = (char)(0x80 | (c & 0x3f));
		wrong += utf8_char(text, text + n, &bytes) != c ||
		    bytes != n;
	}
	CHECK(wrong == 0, "%u characters read wrong", wrong);
}

static void
test_integers(void)
{
	unsigned char bytes[9];

	memset(bytes, '#', sizeof(bytes));
	encode_u32(bytes, 0xf1020384);
	CHECK(memcmp(bytes, "\x84\x03\x02\xf1#", 5) == 0, "put32");
	CHECK(decode_u32(bytes) == 0xf1020384, "get32");
	encode_u64(bytes, UINT64_C(0xf102038485060788));
	CHECK(memcmp(bytes, "\x88\x07\x06\x85\x84\x03\x02\xf1#", 9) == 0,
	    "put64");
	CHECK(decode_u64(bytes) == UINT64_C(0xf102038485060788), "get64");
	encode_u64(bytes + 1, UINT64_MAX - 2);
	CHECK(decode_u64(bytes + 1) == UINT64_MAX - 2, "unaligned");
}

/* The same on every machine; and no change of a byte goes unseen. */
static void
test_hash(void)
{
	unsigned char bytes[70];
	uint64_t hash, last = 1;
	size_t i, n;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	hash = encode_hash(0, bytes, sizeof(bytes));
	CHECK(hash == 0x12cf4b6d054a300b, "hash of 0 to 69: %016llx",
	    (unsigned long long)hash);
	for (n = 0; n <= sizeof(bytes); n++) {
		hash = encode_hash(0, bytes, n);
		CHECK(hash != last && hash != encode_hash(1, bytes, n),
		    "hash of %zu bytes", n);
		last = hash;
		for (i = 0; i < n; i++) {
			bytes[i] ^= 0x80;
			CHECK(encode_hash(0, bytes, n) != hash,
			    "hash of %zu bytes: %zu changed", n, i);
			bytes[n - 1 - i] ^= 0x80;
			CHECK(i == n - 1 - i ||
			    encode_hash(0, bytes, n) != hash,
			    "hash of %zu bytes: two changed", n);
			bytes[i] ^= 0x80;
			bytes[n - 1 - i] ^= 0x80;
		}
	}
}

static void
test_percent(void)
{
	struct buf b = { NULL, 0, 0 };

	encode_percent(&b, SPAN("az AZ09-._~%+/\xc3\xbc"));
	CHECK(span_is(buf_span(&b), SPAN("az%20AZ09-._~%25%2B%2F%C3%BC")),
	    "percent: %.*s", (int)b.n, b.p);
	buf_free(&b);
}

int
main(void)
{
	test_percent();
	test_crc32c_known();
	test_crc32c_table();
	test_random();
	test_base32();
	test_unbase32_refuses();
	test_hex64();
	test_date_known();
	test_date_every_day();
	test_utf8();
	test_utf8_char();
	test_integers();
	test_hash();
	return check_report("encode");
}
