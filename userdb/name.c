#include "userdb/name.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"

struct range {
	uint32_t first, last;
};

/*
 * Not allowed in a name: controls, line ends, characters that change the
 * direction of text, and invisible ones without a use inside a word.
 */
static const struct range hidden[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x061c, 0x061c },
	{ 0x200b, 0x200b }, { 0x200e, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
};

/*
 * Not allowed at an end of a name, where they could not be seen: spaces
 * (Unicode's Zs), what looks like one, and joiners.
 */
static const struct range blank[] = {
	{ 0x0020, 0x0020 }, { 0x00a0, 0x00a0 }, { 0x00ad, 0x00ad },
	{ 0x1680, 0x1680 }, { 0x180e, 0x180e }, { 0x2000, 0x200d },
	{ 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x2800, 0x2800 },
	{ 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xffa0, 0xffa0 },
};

/*
 * Default_Ignorable_Code_Point, whole, from DerivedCoreProperties.txt of
 * Unicode 14 to 16: drawn as nothing, so that two names could look the same.
 */
static const struct range ignorable[] = {
	{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c },
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
	{ 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x206f },
	{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

/* Zs but for the space itself, what looks like one, and what is nothing. */
static const struct range spaces[] = {
	{ 0x00a0, 0x00a0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a },
	{ 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x2800, 0x2800 },
	{ 0x3000, 0x3000 }, { 0xfdd0, 0xfdef }, { 0xfffe, 0xffff },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_in(const struct range *ranges, size_t n, uint32_t character)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (character >= ranges[i].first &&
		    character <= ranges[i].last)
			return true;
	}
	return false;
}

bool
name_fits(struct span name)
{
	size_t i, chars = 0;

	for (i = 0; i < name.n; i++)
		chars += (name.p[i] & 0xc0) != 0x80;
	return name.n > 0 && name.n <= NAME_BYTES && chars <= NAME_CHARS;
}

size_t
name_chars(struct span name)
{
	size_t i, bytes, chars = 0;
	uint32_t character;
	bool at_end;

	if (!utf8_is_valid(name.p, name.n))
		return 0;
	for (i = 0; i < name.n; i += bytes) {
		character = utf8_char(name.p + i, name.p + name.n,
		    &bytes);
		at_end = i == 0 || i + bytes == name.n;
		if (is_in(hidden, COUNT(hidden), character) ||
		    (at_end && is_in(blank, COUNT(blank), character)))
			return 0;
		chars++;
	}
	return chars;
}

bool
name_has_lookalike(struct span name)
{
	uint32_t character;
	size_t i, bytes;

	for (i = 0; i < name.n; i += bytes) {
		character = utf8_char(name.p + i, name.p + name.n, &bytes);
		if (is_in(ignorable, COUNT(ignorable), character) ||
		    is_in(spaces, COUNT(spaces), character))
			return true;
	}
	return false;
}

/* In whatever case, as people do not see the difference. */
bool
name_is_like_uid(struct span name)
{
	unsigned char bytes[UID_BYTES];
	char upper[UID_TEXT];
	size_t i;

	if (name.n != UID_TEXT)
		return false;
	for (i = 0; i < UID_TEXT; i++)
		upper[i] = (char)(name.p[i] >= 'a' && name.p[i] <= 'z' ?
		    name.p[i] - ('a' - 'A') : name.p[i]);
	return decode_base32(bytes, UID_BYTES,
	    (struct span){ upper, UID_TEXT });
}

/* Take the next byte of the folded name, or -1 at its end. */
static int
take_folded(struct span *name)
{
	char c;

	if (name->n == 0)
		return -1;
	c = *name->p;
	do {
		name->p++;
		name->n--;
	} while (c == ' ' && name->n > 0 && *name->p == ' ');
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

size_t
name_fold(char dst[NAME_BYTES], struct span name)
{
	size_t n = 0;
	int c;

	while (n < NAME_BYTES && (c = take_folded(&name)) != -1)
		dst[n++] = (char)c;
	return n;
}

bool
name_same(struct span a, struct span b)
{
	int x, y;

	do {
		x = take_folded(&a);
		y = take_folded(&b);
	} while (x == y && x != -1);
	return x == y;
}

#define FILE_MAX 123	/* bytes of xx/NAME that are not cut, */
#define FILE_CUT  87	/* and of NAME before a hash */

static bool
is_plain(char c)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyz0123456789-_+=,@";

	return (c & 0x80) != 0 || memchr(plain, c, sizeof(plain) - 1) != NULL;
}

/* Append NAME, of at most room bytes, none of its characters cut. */
static char *
put_name(char *dst, struct span folded, size_t room)
{
	static const char hex[] = "0123456789abcdef";
	uint32_t character;
	size_t i, bytes;

	for (i = 0; i < folded.n; i += bytes) {
		bytes = utf8_take(folded.p + i, folded.n - i, &character);
		if (bytes == 0)
			bytes = 1;
		if ((is_plain(folded.p[i]) ? bytes : 3) > room)
			break;
		if (is_plain(folded.p[i])) {
			memcpy(dst, folded.p + i, bytes);
			dst += bytes;
			room -= bytes;
			continue;
		}
		*dst++ = '%';
		*dst++ = hex[folded.p[i] >> 4 & 15];
		*dst++ = hex[folded.p[i] & 15];
		room -= 3;
	}
	return dst;
}

/* Append "xx/NAME" without its end; returns the end of NAME. */
static char *
put_path(char *dst, struct span folded, size_t room)
{
	dst += snprintf(dst, NAME_FILE, "%02x/",
	    (unsigned)(encode_crc32c(0, folded.p, folded.n) & 0xff));
	return put_name(dst, folded, room);
}

/* There is room for any 128 bytes. */
void
name_file_whole(char dst[NAME_FILE], struct span name)
{
	char folded[NAME_BYTES];
	struct span whole = { folded, name_fold(folded, name) };

	dst = put_path(dst, whole, NAME_FILE);
	memcpy(dst, ".json", sizeof(".json"));
}

void
name_file(char dst[NAME_FILE], struct span name)
{
	unsigned char hash[ENCODE_SHA256];
	char folded[NAME_BYTES];
	struct span whole = { folded, name_fold(folded, name) };
	char *end = put_path(dst, whole, NAME_FILE);

	if (end - dst > FILE_MAX) {
		end = put_path(dst, whole, FILE_CUT);
		*end++ = '~';
		encode_sha256(hash, whole);
		encode_hex64(end, decode_u64(hash));
		encode_hex64(end + ID_TEXT, decode_u64(hash + 8));
		end += 2 * ID_TEXT;
	}
	memcpy(end, ".json", sizeof(".json"));
}
