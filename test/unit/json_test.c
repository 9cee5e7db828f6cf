#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "test/lib/check.h"

/* A literal in a static table, where SPAN is not constant enough. */
#define TEXT(literal) { (literal), sizeof(literal) - 1 }

/*
 * A copy for free() with no NUL behind it, so that a sanitizer sees reads past
 * its end.
 */
static char *
exact(struct span text)
{
	char *p = xalloc(text.n);

	if (text.n > 0)
		memcpy(p, text.p, text.n);
	return p;
}

static bool
is_valid(struct span text)
{
	char *copy = exact(text);
	struct json j;
	bool valid;

	json_begin(&j, (struct span){ copy, text.n });
	json_skip(&j);
	valid = json_done(&j);
	free(copy);
	return valid;
}

#define YES(text) { TEXT(text), true }
#define NO(text) { TEXT(text), false }

static const struct {
	struct span text;
	bool valid;
} documents[] = {
	YES("{}"), YES("[]"), YES("\"\""), YES("0"), YES("true"), YES("false"),
	YES("null"), YES(" \t\r\n{ \n} "), YES("[[],{}]"), YES("[1]"),
	YES("{\"\":{\"\":[{\"\":0}]}}"), YES("{\"a\":1,\"a\":2}"),
	YES(" [ 1 , \"b\" , null , true , [ ] ] "),
	NO(""), NO(" "), NO("{"), NO("}"), NO("["), NO("]"), NO("[}"),
	NO("{]"), NO("[1"), NO("[1,"), NO("[,]"), NO("[1,]"), NO("[,1]"),
	NO("[1,,2]"), NO("[1 2]"), NO("[1:2]"), NO("{}{}"), NO("[]]"),
	NO("1 2"), NO("1,"), NO("{\"a\"}"), NO("{\"a\":}"), NO("{\"a\" 1}"),
	NO("{\"a\":1,}"), NO("{,}"), NO("{\"a\":1 \"b\":2}"), NO("{1:2}"),
	NO("{a:1}"), NO("{'a':1}"), NO("{null:1}"), NO("{\"a\",1}"),
	NO("{\"a\"::1}"), NO("{\"a\":1:2}"), NO("{\"a\":1]"), NO("[1}"),
	NO("[1]x"), NO("\f[]"), NO("[]\v"), NO("[]\0"), NO("\0"), NO("[\0]"),
	NO("\357\273\277[]"), NO("\302\240[]"), NO("[] /* no */"), NO("//"),

	YES("-0"), YES("-1"), YES("10"), YES("0.0"), YES("1.50"), YES("1e5"),
	YES("1E5"), YES("1e+5"), YES("1e-5"), YES("0e00"), YES("-0.1e-01"),
	YES("123456789012345678901234567890"), YES("1e999999"),
	NO("-"), NO("+1"), NO("01"), NO("00"), NO("-01"), NO("1."), NO(".1"),
	NO("-.1"), NO("1.e1"), NO("1e"), NO("1e+"), NO("1e-"), NO("1e1.1"),
	NO("1e+-1"),
	NO("1..2"), NO("1.2.3"), NO("0x1"), NO("1f"), NO("- 1"), NO("--1"),
	NO("NaN"), NO("Infinity"), NO("-Infinity"), NO("1_000"), NO("1e 1"),
	NO("\357\274\221"),

	NO("tru"), NO("truex"), NO("True"), NO("fals"), NO("falsey"),
	NO("nul"), NO("nullx"), NO("NULL"), NO("t"), NO("undefined"),
	NO("[tru]"), NO("[nul]"), NO("nulll"),

	YES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\""), YES("\"\\uABCD\\uabcd\""),
	YES("\"\177\""), YES("\"\303\251\342\202\254\360\237\230\200\""),
	YES("\"\342\200\250\""), YES("\"\357\277\277\""), YES("\"/'<>&\""),
	YES("\"\\ud800\""), YES("\"\\udc00\""), YES("\"\\ud83d\\ude00\""),
	NO("\""), NO("\"\\\""), NO("\"\\"), NO("\"a"), NO("\"\\x\""),
	NO("\"\\'\""), NO("\"\\a\""), NO("\"\\0\""), NO("\"\\U0000\""),
	NO("\"\\\0\""), NO("\"\\u\""), NO("\"\\u1\""), NO("\"\\u123\""),
	NO("\"\\u123g\""), NO("\"\\u 123\""), NO("\"\\u-123\""),
	NO("\"\\u123"), NO("\"\\u1234"), NO("\"\n\""), NO("\"\t\""),
	NO("\"\0\""), NO("\"\037\""), NO("'a'"), NO("a"), NO("\\u0022a\""),
	NO("\"\200\""), NO("\"\300\200\""), NO("\"\355\240\200\""),
	NO("\"\364\220\200\200\""), NO("\"\377\""), NO("\"\342\202\""),
	NO("\"\342\""), NO("{\"\377\":1}"), NO("\"\\\303\251\""),
};

static void
test_documents(void)
{
	size_t i;

	for (i = 0; i < COUNT(documents); i++)
		CHECK(is_valid(documents[i].text) == documents[i].valid,
		    "%s: %.*s", documents[i].valid ? "refused" : "taken",
		    (int)documents[i].text.n, documents[i].text.p);
}

/* Depth counts arrays and objects alike; the deepest is not recursed into. */
static void
test_depth(void)
{
	struct buf text = { NULL, 0, 0 };
	size_t depth, i;
	struct json j;

	for (depth = 1; depth <= 200000; depth += depth < 40 ? 1 : 66653) {
		text.n = 0;
		for (i = 0; i < depth; i++)
			buf_add(&text, i % 2 ? SPAN("{\"a\":") : SPAN("["));
		buf_add(&text, SPAN("0"));
		for (i = depth; i > 0; i--)
			buf_add_byte(&text, i % 2 ? ']' : '}');
		CHECK(is_valid(buf_span(&text)) == (depth <= JSON_DEPTH),
		    "%zu deep", depth);
	}
	buf_free(&text);

	json_begin(&j, SPAN("[[[[[{\"a\":[1]},2]]]]]"));
	for (i = 0; i < 5; i++) {
		json_array(&j);
		CHECK(json_item(&j), "array %zu", i);
	}
	json_skip(&j);
	CHECK(json_item(&j) && json_uint(&j, 2) == 2, "after a deep skip");
	while (j.depth > 0 && !json_item(&j) && !j.bad)
		;
	CHECK(json_done(&j), "left one by one");
}

/* A truncated document is invalid, and none is read past its end. */
static void
test_prefixes(void)
{
	struct span text = SPAN("{\"a\\u00e9\303\251\":[-1.5e+3,true,false,"
	    "null,{},[],\"\\n\\ud83d\\ude00\360\237\230\200\"],"
	    "\"b\":{\"c\":[0]}}");
	size_t n;

	CHECK(is_valid(text), "the whole of it");
	for (n = 0; n < text.n; n++)
		CHECK(!is_valid((struct span){ text.p, n }), "cut at %zu", n);
}

static const struct {
	struct span document, text;
} texts[] = {
	{ TEXT("\"\""), TEXT("") },
	{ TEXT("\"plain\""), TEXT("plain") },
	{ TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), TEXT("\"\\/\b\f\n\r\t") },
	{ TEXT("\"a\\u0000b\""), TEXT("a\0b") },
	{ TEXT("\"\\u0041\\u00e9\\u20AC\""), TEXT("A\303\251\342\202\254") },
	{ TEXT("\"\\u007f\\u0080\""), TEXT("\177\302\200") },
	{ TEXT("\"\\u07ff\\u0800\""), TEXT("\337\277\340\240\200") },
	{ TEXT("\"\\ufffe\\uFFFF\""), TEXT("\357\277\276\357\277\277") },
	{ TEXT("\"\\ud83d\\ude00\""), TEXT("\360\237\230\200") },
	{ TEXT("\"\\ud800\\udc00\""), TEXT("\360\220\200\200") },
	{ TEXT("\"\\uDBFF\\uDFFF\""), TEXT("\364\217\277\277") },
	{ TEXT("\"\\ud83d\""), TEXT("\357\277\275") },
	{ TEXT("\"\\ude00\""), TEXT("\357\277\275") },
	{ TEXT("\"\\ud83dx\""), TEXT("\357\277\275x") },
	{ TEXT("\"\\ud83d\\n\""), TEXT("\357\277\275\n") },
	{ TEXT("\"\\ud83d\\\\dc00\""), TEXT("\357\277\275\\dc00") },
	{ TEXT("\"\\ud83d\\ue000\""), TEXT("\357\277\275\356\200\200") },
	{ TEXT("\"\\ude00\\ude00\""), TEXT("\357\277\275\357\277\275") },
	{ TEXT("\"\\ud83d\\u0041\""), TEXT("\357\277\275A") },
	{ TEXT("\"\\ud83d\\\\u0041\""), TEXT("\357\277\275\\u0041") },
	{ TEXT("\"\\ude00\\ud83d\""), TEXT("\357\277\275\357\277\275") },
	{ TEXT("\"\\ud83d\\ud83d\\ude00\""),
	    TEXT("\357\277\275\360\237\230\200") },
	{ TEXT("\"\360\237\230\200\\\\\""), TEXT("\360\237\230\200\\") },
};

static void
test_texts(void)
{
	char *copy, *got;
	struct span raw, text;
	struct json j;
	size_t i, n;

	for (i = 0; i < COUNT(texts); i++) {
		json_begin(&j, texts[i].document);
		raw = json_string(&j);
		CHECK(json_done(&j), "refused %s", texts[i].document.p);
		raw.p = copy = exact(raw);
		got = xalloc(raw.n);
		n = json_text(got, raw);
		text = (struct span){ got, n };
		CHECK(span_is(text, texts[i].text), "%s means %.*s",
		    texts[i].document.p, (int)n, got);
		CHECK(json_is(raw, text), "%s is not itself",
		    texts[i].document.p);
		free(got);
		free(copy);
	}
}

static const struct {
	struct span raw, name;
	bool same;
} names[] = {
	{ TEXT("datalen"), TEXT("datalen"), true },
	{ TEXT("DataLen"), TEXT("datalen"), true },
	{ TEXT("datalen"), TEXT("DATALEN"), true },
	{ TEXT("azAZ"), TEXT("AZaz"), true },
	{ TEXT("\\u0064ata\\u004cen"), TEXT("datalen"), true },
	{ TEXT("datale"), TEXT("datalen"), false },
	{ TEXT("datalen1"), TEXT("datalen"), false },
	{ TEXT("datalen\\u0000"), TEXT("datalen"), false },
	{ TEXT(""), TEXT("op"), false },
	{ TEXT("op"), TEXT(""), false },
	{ TEXT("@"), TEXT("`"), false },
	{ TEXT("["), TEXT("{"), false },
	{ TEXT("\\\\"), TEXT("\\"), true },
	{ TEXT("\303\251"), TEXT("\303\211"), false },
	{ TEXT("\\u00e9"), TEXT("\303\251"), true },
	{ TEXT("\\u00e9"), TEXT("\303"), false },
	{ TEXT("\342\204\252"), TEXT("k"), false },	/* the Kelvin sign */
};

static void
test_names(void)
{
	char *raw, *name;
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		raw = exact(names[i].raw);
		name = exact(names[i].name);
		CHECK(json_is((struct span){ raw, names[i].raw.n },
		    (struct span){ name, names[i].name.n }) == names[i].same,
		    "%s and %s", names[i].raw.p, names[i].name.p);
		free(raw);
		free(name);
	}
	CHECK(json_is((struct span){ NULL, 0 }, SPAN("")), "nothing");
}

static const struct {
	const char *text;
	uint64_t max, value;
	bool valid;
} integers[] = {
	{ "0", 0, 0, true },
	{ " 7 ", 7, 7, true },
	{ "65535", 65535, 65535, true },
	{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
	{ "1", 0, 0, false },
	{ "8", 7, 0, false },
	{ "10", 9, 0, false },
	{ "65536", 65535, 0, false },
	{ "18446744073709551616", UINT64_MAX, 0, false },
	{ "18446744073709551620", UINT64_MAX, 0, false },
	{ "99999999999999999999999", UINT64_MAX, 0, false },
	{ "", 9, 0, false },
	{ "-1", 9, 0, false },
	{ "-0", 9, 0, false },
	{ "+1", 9, 0, false },
	{ "01", 9, 0, false },
	{ "1.0", 9, 0, false },
	{ "1e0", 9, 0, false },
	{ "0x1", 9, 0, false },
	{ "\"1\"", 9, 0, false },
	{ "true", 9, 0, false },
	{ "null", 9, 0, false },
	{ "[1]", 9, 0, false },
	{ "{}", 9, 0, false },
};

static void
test_integers(void)
{
	uint64_t value;
	struct json j;
	size_t i;
	bool done;

	for (i = 0; i < COUNT(integers); i++) {
		json_begin(&j, span_of(integers[i].text));
		value = json_uint(&j, integers[i].max);
		done = json_done(&j);
		CHECK(done == integers[i].valid, "uint %s", integers[i].text);
		CHECK(!done || value == integers[i].value, "uint %s is %llu",
		    integers[i].text, (unsigned long long)value);
	}
}

enum document { OBJECT, ARRAY, STRING, UINT, BOOL, READERS };

/* Read the document as what it should be, with all its contents. */
static bool
read_as(struct json *j, enum document reader)
{
	struct span key;

	switch (reader) {
	case OBJECT:
		json_object(j);
		while (json_key(j, &key))
			json_skip(j);
		break;
	case ARRAY:
		json_array(j);
		while (json_item(j))
			json_skip(j);
		break;
	case STRING:
		(void)json_string(j);
		break;
	case UINT:
		(void)json_uint(j, UINT64_MAX);
		break;
	default:
		(void)json_bool(j);
	}
	return json_done(j);
}

/* Only the reader of its type accepts a value; none accepts null. */
static void
test_types(void)
{
	static const struct {
		const char *text;
		enum document reader;
	} values[] = {
		{ "{}", OBJECT }, { "{\"a\":[1],\"b\":{}}", OBJECT },
		{ "[]", ARRAY }, { "[{},[2]]", ARRAY }, { "\"s\"", STRING },
		{ "\"1\"", STRING }, { "\"true\"", STRING }, { "1", UINT },
		{ "true", BOOL }, { "false", BOOL }, { "null", READERS },
		{ "1.5", READERS }, { "-1", READERS },
	};
	enum document reader;
	struct json j;
	size_t i;

	for (i = 0; i < COUNT(values); i++) {
		for (reader = OBJECT; reader < READERS; reader++) {
			json_begin(&j, span_of(values[i].text));
			CHECK(read_as(&j, reader) ==
			    (reader == values[i].reader), "%s read as %d",
			    values[i].text, (int)reader);
		}
	}
}

static void
test_bool_and_null(void)
{
	struct json j;

	json_begin(&j, SPAN("[true,false,null,null,1]"));
	json_array(&j);
	CHECK(json_item(&j) && !json_null(&j) && json_bool(&j), "true");
	CHECK(json_item(&j) && !json_null(&j) && !json_bool(&j), "false");
	CHECK(json_item(&j) && json_null(&j), "null");
	CHECK(!json_null(&j), "two nulls for one");
	CHECK(json_item(&j) && json_null(&j), "the second null");
	CHECK(json_item(&j) && !json_null(&j), "1 is not null");
	CHECK(json_uint(&j, 1) == 1, "1 is still there");
	CHECK(!json_item(&j) && json_done(&j), "the end");
}

/* The walk of json.h's comment, over what clients send. */
static void
test_walk(void)
{
	struct json j;
	struct span key, id = { NULL, 0 };
	uint64_t op = 99, sum = 0;

	json_begin(&j, SPAN(" {\"Op\":7,\"x\":{\"op\":[1,{\"op\":2}]},\"ID\" : "
	    "\"a\\u0000\",\"for\":[{\"id\":1},{\"id\":20},{}, {\"id\":300}] }"
	    "\n"));
	json_object(&j);
	while (json_key(&j, &key)) {
		if (json_is(key, SPAN("op"))) {
			op = json_uint(&j, 12);
		} else if (json_is(key, SPAN("id"))) {
			id = json_string(&j);
		} else if (json_is(key, SPAN("for"))) {
			json_array(&j);
			while (json_item(&j)) {
				json_object(&j);
				while (json_key(&j, &key))
					sum += json_uint(&j, 300);
			}
		} else {
			json_skip(&j);
		}
	}
	CHECK(json_done(&j), "the walk fails");
	CHECK(op == 7, "op is %d", (int)op);
	CHECK(span_is(id, SPAN("a\\u0000")), "id is %.*s", (int)id.n, id.p);
	CHECK(sum == 321, "the sum is %d", (int)sum);
}

/* After an error nothing moves, nothing is found and nothing is true. */
static void
check_stuck(struct json *j, const char *text)
{
	struct span key = SPAN("untouched");
	struct json before = *j;

	CHECK(j->bad, "no error in %s", text);
	CHECK(!json_key(j, &key) && key.n == 0, "a key in %s", text);
	CHECK(!json_item(j), "an element in %s", text);
	CHECK(!json_null(j) && !json_bool(j), "a truth in %s", text);
	CHECK(json_uint(j, 9) == 0, "an integer in %s", text);
	CHECK(json_string(j).n == 0, "a string in %s", text);
	json_object(j);
	json_array(j);
	json_skip(j);
	CHECK(!json_done(j) && j->bad, "done with %s", text);
	CHECK(j->p == before.p && j->depth == before.depth, "%s moved", text);
}

static void
test_sticky(void)
{
	static const char *const values[] = {
		"true", "null", "{\"a\":1}", "[1]", "\"s\"", "x"
	};
	struct span key;
	struct json j;
	size_t i;

	for (i = 0; i < COUNT(values); i++) {
		json_begin(&j, span_of(values[i]));
		(void)json_uint(&j, 9);
		check_stuck(&j, values[i]);
		CHECK(j.p == values[i], "the error is not at %s", values[i]);
	}
	json_begin(&j, SPAN("1"));
	(void)json_string(&j);
	check_stuck(&j, "1");
	json_begin(&j, SPAN("{\"a\":x,\"b\":1}"));
	json_object(&j);
	CHECK(json_key(&j, &key) && json_is(key, SPAN("a")), "the first key");
	json_skip(&j);
	check_stuck(&j, "{\"a\":x,\"b\":1}");
}

/*
 * A caller that forgets a value, reads two for one, or stops too early must not
 * make an invalid document valid.
 */
static void
test_careless(void)
{
	struct span key;
	struct json j;

	json_begin(&j, SPAN("{\"a\":}"));
	json_object(&j);
	CHECK(json_key(&j, &key), "the key");
	CHECK(!json_key(&j, &key) && !json_done(&j), "no value for a key");

	json_begin(&j, SPAN("{\"a\":1 2}"));
	json_object(&j);
	(void)json_key(&j, &key);
	(void)json_uint(&j, 9);
	(void)json_uint(&j, 9);
	CHECK(!json_key(&j, &key) && !json_done(&j), "two values for a key");

	json_begin(&j, SPAN("[]"));
	json_array(&j);
	CHECK(!json_key(&j, &key) && j.bad, "a key in an array");

	json_begin(&j, SPAN("{}"));
	json_object(&j);
	CHECK(!json_item(&j) && j.bad, "an element in an object");

	json_begin(&j, SPAN("[[]"));
	json_array(&j);
	(void)json_item(&j);
	json_skip(&j);
	CHECK(!json_done(&j), "done inside an array");

	json_begin(&j, SPAN("[null null]"));
	json_array(&j);
	CHECK(!json_null(&j), "null where an element has not begun");
	CHECK(json_item(&j) && json_null(&j), "null");
	CHECK(!json_null(&j) && !json_item(&j) && j.bad, "two for one");

	json_begin(&j, SPAN("1"));
	CHECK(!json_item(&j) && !json_done(&j), "an element of nothing");

	json_begin(&j, (struct span){ NULL, 0 });
	CHECK(!json_done(&j), "done before anything was read");
	json_skip(&j);
	CHECK(!json_done(&j) && j.bad, "a value in nothing");
}

static const struct {
	struct span text, written;
} strings[] = {
	{ TEXT(""), TEXT("\"\"") },
	{ TEXT("plain"), TEXT("\"plain\"") },
	{ TEXT("\"\\\n\r\t"), TEXT("\"\\\"\\\\\\n\\r\\t\"") },
	{ TEXT("\b\f"), TEXT("\"\\u0008\\u000c\"") },
	{ TEXT("\0\1\37"), TEXT("\"\\u0000\\u0001\\u001f\"") },
	{ TEXT("\177"), TEXT("\"\177\"") },
	{ TEXT("<a href='/'>&"),
	    TEXT("\"\\u003ca href='/'\\u003e\\u0026\"") },
	{ TEXT("\342\200\247\342\200\250\342\200\251\342\200\252"),
	    TEXT("\"\342\200\247\\u2028\\u2029\342\200\252\"") },
	{ TEXT("\342\200\250"), TEXT("\"\\u2028\"") },
	{ TEXT("\303\251\342\202\254\360\237\230\200"),
	    TEXT("\"\303\251\342\202\254\360\237\230\200\"") },
	{ TEXT("\302\200\302\205"), TEXT("\"\302\200\302\205\"") },
	{ TEXT("a\"b"), TEXT("\"a\\\"b\"") },
};

/* Each has one form, and reads back as it was. */
static void
test_put_string(void)
{
	struct buf b = { NULL, 0, 0 };
	struct span raw;
	struct json j;
	char *got;
	size_t i, n;

	for (i = 0; i < COUNT(strings); i++) {
		b.n = 0;
		json_put_string(&b, NULL, strings[i].text);
		CHECK(span_is(buf_span(&b), strings[i].written),
		    "%s is written %.*s", strings[i].written.p, (int)b.n, b.p);
		json_begin(&j, buf_span(&b));
		raw = json_string(&j);
		got = xalloc(raw.n);
		n = json_text(got, raw);
		CHECK(json_done(&j) && span_is((struct span){ got, n },
		    strings[i].text), "%s is read back as %.*s",
		    strings[i].written.p, (int)n, got);
		free(got);
	}
	b.n = 0;
	json_put_string(&b, NULL, (struct span){ NULL, 0 });
	CHECK(span_is(buf_span(&b), SPAN("\"\"")), "nothing");
	buf_free(&b);
}

static void
test_put(void)
{
	struct span want = SPAN("00ff{\"a\":0,\"for\":[{\"id\":\"x\"},{},[]],"
	    "\"info\":\"i\",\"k\":3,\"ohi\":[\"u\",\"v\",{}],\"n\":[1,22],"
	    "\"o\":{},\"z\":18446744073709551615}");
	struct buf b = { NULL, 0, 0 };

	buf_add(&b, SPAN("00ff"));
	json_put_open(&b, '{');
	json_put_uint(&b, "a", 0);
	json_put_key(&b, "for");
	json_put_open(&b, '[');
	json_put_open(&b, '{');
	json_put_string(&b, "id", SPAN("x"));
	json_put_close(&b, '}');
	json_put_open(&b, '{');
	json_put_close(&b, '}');
	json_put_open(&b, '[');
	json_put_close(&b, ']');
	json_put_close(&b, ']');
	json_put_string(&b, "info", SPAN("i"));
	json_put_key(&b, "k");
	json_put_uint(&b, NULL, 3);
	json_put_key(&b, "ohi");
	json_put_open(&b, '[');
	json_put_string(&b, NULL, SPAN("u"));
	json_put_string(&b, NULL, SPAN("v"));
	json_put_open(&b, '{');
	json_put_close(&b, '}');
	json_put_close(&b, ']');
	json_put_key(&b, "n");
	json_put_open(&b, '[');
	json_put_uint(&b, NULL, 1);
	json_put_uint(&b, NULL, 22);
	json_put_close(&b, ']');
	json_put_key(&b, "o");
	json_put_open(&b, '{');
	json_put_close(&b, '}');
	json_put_uint(&b, "z", UINT64_MAX);
	json_put_close(&b, '}');
	CHECK(span_is(buf_span(&b), want), "written: %.*s", (int)b.n, b.p);
	CHECK(is_valid((struct span){ b.p + 4, b.n - 4 }), "and not JSON");
	buf_free(&b);
}

/*
 * One string around every character, so that a writer or reader that breaks one
 * is seen.
 */
static void
test_every_character(void)
{
	struct buf b = { NULL, 0, 0 };
	char text[4], back[16];
	uint32_t c, wrong = 0;
	struct span raw;
	struct json j;
	size_t n;

	for (c = 0; c <= 0x10ffff; c++) {
		n = (size_t)snprintf(back, sizeof(back), c > 0xffff ?
		    "\\u%04x\\u%04x" : "\\u%04x", c > 0xffff ?
		    0xd800 + ((c - 0x10000) >> 10) : c, 0xdc00 + (c & 0x3ff));
		n = json_text(text, (struct span){ back, n });
		b.n = 0;
		json_put_string(&b, NULL, (struct span){ text, n });
		json_begin(&j, buf_span(&b));
		raw = json_string(&j);
		wrong += !json_done(&j) || raw.n > sizeof(back) ||
		    json_text(back, raw) != n || memcmp(back, text, n) != 0;
		wrong += !utf8_is_valid(text, n);
	}
	CHECK(wrong == 0, "%u characters are changed", wrong);
	buf_free(&b);
}

int
main(void)
{
	test_documents();
	test_depth();
	test_prefixes();
	test_texts();
	test_names();
	test_integers();
	test_types();
	test_bool_and_null();
	test_walk();
	test_sticky();
	test_careless();
	test_put_string();
	test_put();
	test_every_character();
	return check_report("json");
}
