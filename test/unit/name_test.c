#include "userdb/name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "test/lib/check.h"

#define FOUR "\xf0\x9f\x98\x80"		/* a character of four bytes */
#define FOUR4 FOUR FOUR FOUR FOUR
#define SLASH16 "////////////////"

static const struct name_form {
	const char *what;
	const char *name;
	size_t chars;		/* 0: no name */
} forms[] = {
	{ "nothing", "", 0 },
	{ "a letter", "a", 1 },
	{ "words", "Alice Smith", 11 },
	{ "dots", "..", 2 },
	{ "slashes", "../../etc/passwd", 16 },
	{ "an accent", "Zo\xc3\xab", 3 },
	{ "Hebrew", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", 4 },
	{ "four bytes", FOUR, 1 },
	{ "space first", " a", 0 },
	{ "space last", "a ", 0 },
	{ "only a space", " ", 0 },
	{ "spaces within", "a  b", 4 },
	{ "no-break space first", "\xc2\xa0" "a", 0 },
	{ "no-break space last", "a\xc2\xa0", 0 },
	{ "no-break space within", "a\xc2\xa0z", 3 },
	{ "ideographic space first", "\xe3\x80\x80" "a", 0 },
	{ "ideographic space last", "a\xe3\x80\x80", 0 },
	{ "ogham space", "a\xe1\x9a\x80", 0 },
	{ "hair space", "a\xe2\x80\x8a", 0 },
	{ "narrow no-break space", "a\xe2\x80\xaf", 0 },
	{ "Hangul filler", "\xe3\x85\xa4", 0 },
	{ "joiner within", "a\xe2\x80\x8dz", 3 },
	{ "joiner last", "a\xe2\x80\x8d", 0 },
	{ "newline", "a\nb", 0 },
	{ "tab", "a\tb", 0 },
	{ "first control", "\x01z", 0 },
	{ "last control", "a\x1fz", 0 },
	{ "DEL", "a\x7fz", 0 },
	{ "first C1", "a\xc2\x80z", 0 },
	{ "last C1", "a\xc2\x9fz", 0 },
	{ "zero width space", "a\xe2\x80\x8bz", 0 },
	{ "left-to-right mark", "a\xe2\x80\x8ez", 0 },
	{ "right-to-left mark", "a\xe2\x80\x8fz", 0 },
	{ "Arabic letter mark", "a\xd8\x9cz", 0 },
	{ "line separator", "a\xe2\x80\xa8z", 0 },
	{ "paragraph separator", "a\xe2\x80\xa9z", 0 },
	{ "first embedding", "a\xe2\x80\xaaz", 0 },
	{ "right-to-left override", "a\xe2\x80\xaez", 0 },
	{ "first isolate", "a\xe2\x81\xa6z", 0 },
	{ "last isolate", "a\xe2\x81\xa9z", 0 },
	{ "byte order mark", "a\xef\xbb\xbfz", 0 },
	{ "cut short", "a\xc3", 0 },
	{ "overlong", "a\xc0\xafz", 0 },
	{ "surrogate", "a\xed\xa0\x80z", 0 },
	{ "above the last", "a\xf4\x90\x80\x80z", 0 },
	{ "Latin-1", "Zo\xebz", 0 },
};

static const struct name_pair {
	const char *a, *b;
	bool same;
} pairs[] = {
	{ "Alice Smith", "alice smith", true },
	{ "Alice Smith", "ALICE   SMITH", true },
	{ "alice smith", "alicesmith", false },
	{ "a b c", "a  b   c", true },
	{ "a", "b", false },
	{ "a", "ab", false },
	{ "ab", "a", false },
	{ "ab", "abc", false },
	{ "\xc3\x84", "\xc3\xa4", false },	/* only ASCII case */
	{ "a\xc2\xa0z", "a z", false },		/* only ASCII spaces */
	{ "[", "{", false },			/* 0x20 apart, no letters */
	{ "@", "`", false },
};

static const struct file {
	const char *name;
	const char *file;	/* after "xx/" */
} files[] = {
	{ "Book Club", "book%20club.json" },
	{ "book-club_2+3=5,@home", "book-club_2+3=5,@home.json" },
	{ "../../etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd.json" },
	{ "a/b", "a%2fb.json" },
	{ ".", "%2e.json" },
	{ "..", "%2e%2e.json" },
	{ "%2e", "%252e.json" },
	{ "\\:*?\"<>|", "%5c%3a%2a%3f%22%3c%3e%7c.json" },
	{ "Zo\xc3\xab", "zo\xc3\xab.json" },
	{ "a.json", "a%2ejson.json" },
	{ "tmp~", "tmp%7e.json" },
};

/* 64 characters or 128 bytes, and in between, with the most escapes. */
static const char *const long_names[] = {
	SLASH16 SLASH16 SLASH16 SLASH16,
	FOUR4 FOUR4 FOUR4 FOUR4 FOUR4 FOUR4 FOUR4 FOUR4,
	SLASH16 SLASH16 "//////////" FOUR4 FOUR4 FOUR4 FOUR4 FOUR4 FOUR,
	SLASH16 SLASH16 "///////////" FOUR4 FOUR4 FOUR4 FOUR4 FOUR4 FOUR,
	SLASH16 SLASH16 "////////////" FOUR4 FOUR4 FOUR4 FOUR4 FOUR4,
};

/* What NAME in "xx/NAME.json" stands for, or SIZE_MAX if it is no such. */
static size_t
decode(char dst[NAME_FILE], const char *file)
{
	size_t n = strlen(file), i, length = 0;
	char digits[3] = "";

	if (n < 8 || file[2] != '/' || strcmp(file + n - 5, ".json") != 0)
		return SIZE_MAX;
	for (i = 3; i < n - 5; i++) {
		if (file[i] == '/' || file[i] == '.')
			return SIZE_MAX;
		if (file[i] != '%') {
			dst[length++] = file[i];
			continue;
		}
		memcpy(digits, file + i + 1, 2);
		dst[length++] = (char)strtoul(digits, NULL, 16);
		i += 2;
	}
	return length;
}

static void
check_round_trip(struct span name)
{
	char file[NAME_FILE], whole[NAME_FILE], decoded[NAME_FILE];
	char folded[NAME_BYTES];
	const char *tilde;
	size_t n, m;

	name_file_whole(whole, name);
	n = decode(decoded, whole);
	m = name_fold(folded, name);
	CHECK(n == m && memcmp(decoded, folded, n) == 0, "%s: not %.*s", whole,
	    (int)m, folded);
	name_file(file, name);
	if (strlen(whole) <= 128) {
		CHECK(strcmp(file, whole) == 0, "%s: not %s", file, whole);
		return;
	}
	tilde = strchr(file, '~');
	CHECK(strlen(file) <= 3 + 126 && tilde != NULL &&
	    strncmp(file, whole, (size_t)(tilde - file)) == 0 &&
	    strspn(tilde + 1, "0123456789abcdef") == 32 &&
	    strcmp(tilde + 33, ".json") == 0 &&
	    utf8_is_valid(file, strlen(file)), "%s: not %s", file, whole);
	folded[0] ^= 1;		/* another one with the same rest */
	name_file(decoded, (struct span){ folded, m });
	CHECK(strstr(decoded, tilde) == NULL, "%s and %s", file, decoded);
}

static void
check_forms(void)
{
	size_t i, chars;

	for (i = 0; i < COUNT(forms); i++) {
		chars = name_chars(span_of(forms[i].name));
		CHECK(chars == forms[i].chars, "%s: %zu characters",
		    forms[i].what, chars);
	}
	CHECK(name_chars((struct span){ "a\0z", 3 }) == 0, "NUL in a name");
}

static void
check_fits(void)
{
	char text[NAME_BYTES + 1];

	memset(text, 'a', sizeof(text));
	CHECK(!name_fits((struct span){ text, 0 }), "0");
	CHECK(name_fits((struct span){ text, 1 }), "1");
	CHECK(name_fits((struct span){ text, NAME_CHARS }), "64");
	CHECK(!name_fits((struct span){ text, NAME_CHARS + 1 }), "65");
	memset(text, '\x80', sizeof(text));
	CHECK(name_fits((struct span){ text, NAME_BYTES }), "128");
	CHECK(!name_fits((struct span){ text, NAME_BYTES + 1 }), "129");
}

static void
check_same(void)
{
	size_t i;
	bool same;

	for (i = 0; i < COUNT(pairs); i++) {
		same = name_same(span_of(pairs[i].a), span_of(pairs[i].b));
		CHECK(same == pairs[i].same, "%s, %s: %d", pairs[i].a,
		    pairs[i].b, same);
	}
}

static void
check_files(void)
{
	char file[NAME_FILE], other[NAME_FILE];
	size_t i;

	for (i = 0; i < COUNT(files); i++) {
		name_file(file, span_of(files[i].name));
		CHECK(strcmp(file + 3, files[i].file) == 0, "%s", file);
		check_round_trip(span_of(files[i].name));
	}
	for (i = 0; i < COUNT(long_names); i++) {
		CHECK(name_fits(span_of(long_names[i])), "long %zu", i);
		check_round_trip(span_of(long_names[i]));
	}
	name_file(file, SPAN("BOOK   club"));
	name_file(other, SPAN("Book Club"));
	CHECK(strcmp(file, other) == 0, "%s, %s", file, other);
}

/* Any bytes at all: no overrun, no slash, and the way back. */
static void
check_random_files(void)
{
	char text[NAME_BYTES];
	size_t i, n, trial;

	srand(1);
	for (trial = 0; trial < 20000; trial++) {
		n = (size_t)rand() % (NAME_CHARS + 1);
		for (i = 0; i < n; i++)
			text[i] = (char)(rand() % 256);
		check_round_trip((struct span){ text, n });
	}
	memset(text, '/', sizeof(text));
	name_file((char[NAME_FILE]){ "" }, (struct span){ text, NAME_BYTES });
}

/* The first and last of each range of the standard's table, and more. */
static void
test_lookalikes(void)
{
	static const char *const seen[] = {
		"a", "a b", "Zo\xc3\xab", "\xc2\xac", "\xc2\xae",
		"\xe2\x80\x90",
		"\xef\xb8\x90", "\xef\xbf\xb9", "\xf0\x9b\xb2\xa4",
		"\xf3\xa1\x80\x80", FOUR
	}, *const unseen[] = {
		"\xc2\xad", "\xcd\x8f", "\xd8\x9c", "\xe1\x85\x9f",
		"\xe1\x85\xa0", "\xe1\x9e\xb4", "\xe1\x9e\xb5",
		"\xe1\xa0\x8b", "\xe1\xa0\x8f", "\xe2\x80\x8b",
		"\xe2\x80\x8d", "\xe2\x80\x8f", "\xe2\x80\xaa",
		"\xe2\x81\xa0", "\xe2\x81\xaf", "\xe3\x85\xa4",
		"\xef\xb8\x80", "\xef\xb8\x8f", "\xef\xbb\xbf",
		"\xef\xbe\xa0", "\xef\xbf\xb0", "\xef\xbf\xb8",
		"\xf0\x9b\xb2\xa0", "\xf0\x9b\xb2\xa3",
		"\xf0\x9d\x85\xb3", "\xf0\x9d\x85\xba",
		"\xf3\xa0\x80\x80", "\xf3\xa0\xbf\xbf", "ab\xc2\xad z",
		"a\xc2\xa0z", "a\xe1\x9a\x80z", "a\xe2\x80\x80z",
		"a\xe2\x80\x8az", "a\xe2\x80\xafz", "a\xe2\x81\x9fz",
		"a\xe2\xa0\x80z", "a\xe3\x80\x80z", "a\xef\xb7\x90z",
		"a\xef\xbf\xbfz"
	};
	size_t i;

	for (i = 0; i < COUNT(seen); i++)
		CHECK(!name_has_lookalike(span_of(seen[i])), "seen %zu", i);
	for (i = 0; i < COUNT(unseen); i++)
		CHECK(name_has_lookalike(span_of(unseen[i])), "unseen %zu", i);
}

int
main(void)
{
	check_forms();
	check_fits();
	check_same();
	check_files();
	check_random_files();
	test_lookalikes();
	return check_report("name");
}
