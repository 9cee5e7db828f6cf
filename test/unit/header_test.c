#include "tmtp/header.h"

#include <stdlib.h>
#include <string.h>

#include "test/lib/check.h"

static void
test_length(void)
{
	static const struct {
		const char *digits;
		long length;
	} cases[] = {
		{ "0000", 0 }, { "0008", 8 }, { "00ff", 255 },
		{ "00fF", 255 }, { "ffff", 65535 }, { "FFFF", 65535 },
		{ "1a2B", 0x1a2b }, { "00 8", -1 }, { "-001", -1 },
		{ "0x10", -1 }, { "00g0", -1 }, { "{\"op", -1 },
	};
	size_t i;

	for (i = 0; i < COUNT(cases); i++)
		CHECK(header_parse_length(cases[i].digits) == cases[i].length,
		    "%s", cases[i].digits);
}

/* Headers by whether they can be read, and the fields found then. */
static void
test_headers(void)
{
	static const struct {
		const char *json;
		bool good;
		unsigned has;
	} cases[] = {
		{ "{\"op\":0}", true, F_OP },
		{ "{\"Op\":1,\"NewAlias\":\"_\",\"Newnode\":\"x\"}", true,
		    F_OP | F_NEWALIAS | F_NEWNODE },
		{ "{\"o\\u0070\":1}", true, F_OP },
		{ "{\"op\":1,\"unknown\":[{\"a\":null}],\"DataLen\":7}", true,
		    F_OP | F_DATALEN },
		{ "{\"op\":1,\"id\":null}", true, F_OP },
		{ "{\"op\":1,\"id\":\"a\",\"id\":null}", true, F_OP },
		{ "{\"op\":1,\"id\":null,\"id\":\"a\"}", true, F_OP | F_ID },
		{ " {\"op\":1 , \"for\":[ ] } ", true, F_OP | F_FOR },
		{ "{\"op\":1,\"for\":[{\"id\":\"a\",\"type\":1},{\"x\":[],"
		    "\"ID\":\"\"}],\"fornotself\":true}", true,
		    F_OP | F_FOR | F_FORNOTSELF },
		{ "", false, 0 },
		{ "{}", false, 0 },
		{ "[]", false, 0 },
		{ "{\"op\":null}", false, 0 },
		{ "{\"op\":\"1\"}", false, 0 },
		{ "{\"op\":-1}", false, 0 },
		{ "{\"op\":1.0}", false, 0 },
		{ "{\"op\":1,}", false, 0 },
		{ "{\"op\":1}{", false, 0 },
		{ "{\"op\":1,\"id\":1}", false, 0 },
		{ "{\"op\":1,\"id\":\"\xff\"}", false, 0 },
		{ "{\"op\":1,\"datalen\":\"1\"}", false, 0 },
		{ "{\"op\":1,\"datalen\":9223372036854775808}", false, 0 },
		{ "{\"op\":1,\"fornotself\":1}", false, 0 },
		{ "{\"op\":1,\"for\":{}}", false, 0 },
		{ "{\"op\":1,\"for\":[1]}", false, 0 },
		{ "{\"op\":1,\"for\":[{\"id\":1}]}", false, 0 },
		{ "{\"op\":1,\"for\":[{\"type\":1}]}", false, 0 },
		{ "{\"op\":1,\"for\":[{\"id\":null}]}", false, 0 },
		{ "{\"op\":1,\"for\":[{\"id\":\"a\",\"id\":null}]}", false,
		    0 },
		{ "{\"op\":1,\"for\":[{\"id\":\"a\",\"type\":\"1\"}]}", false,
		    0 },
	};
	struct buf text = { NULL, 0, 0 };
	struct header h;
	bool good;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		good = header_read(&h, span_of(cases[i].json), &text);
		CHECK(good == cases[i].good, "%s", cases[i].json);
		CHECK(!good || h.has == cases[i].has, "%s: %x", cases[i].json,
		    h.has);
	}
	buf_free(&text);
}

static void
test_values(void)
{
	static const char json[] = "{\"op\":7,\"id\":\"a\\u0000b\","
	    "\"to\":\"\\u00e9\\n\",\"from\":\"plain\",\"act\":\"\","
	    "\"datalen\":5,\"datalen\":9223372036854775807,\"datasum\":0,"
	    "\"for\":[{\"id\":\"g\\u0041\",\"type\":2},"
	    "{\"type\":1,\"id\":null,\"id\":\"u\",\"type\":null}],"
	    "\"notefor\":[{\"type\":3,\"id\":\"\\ud800\"}]}";
	struct buf text = { NULL, 0, 0 };
	struct header_entry entry;
	struct header h;
	struct json walk;

	CHECK(header_read(&h, SPAN(json), &text), "read");
	CHECK(h.op.value == 7, "op");
	CHECK(span_is(h.id, SPAN("a\0b")), "id with NUL");
	CHECK(span_is(h.to, SPAN("\xc3\xa9\n")), "escapes");
	CHECK(span_is(h.from, SPAN("plain")), "plain text");
	CHECK(h.act.p != NULL && h.act.n == 0, "empty is not absent");
	CHECK(h.gid.p == NULL && !h.datahead.given, "absent");
	CHECK(h.datalen.value == INT64_MAX, "the last of two wins");
	CHECK(h.datasum.given && h.datasum.value == 0, "zero is given");

	header_walk(&walk, &h.to_list);
	CHECK(header_entry(&walk, &h.to_list, &entry), "first");
	CHECK(span_is(entry.id, SPAN("gA")) && entry.type.value == 2, "first");
	CHECK(header_entry(&walk, &h.to_list, &entry), "second");
	CHECK(span_is(entry.id, SPAN("u")) && entry.type.value == 0, "second");
	CHECK(!header_entry(&walk, &h.to_list, &entry), "end");
	header_walk(&walk, &h.note_list);
	CHECK(header_entry(&walk, &h.note_list, &entry), "note");
	CHECK(span_is(entry.id, SPAN("\xef\xbf\xbd")) && entry.type.value == 3,
	    "lone surrogate");
	CHECK(span_is(h.id, SPAN("a\0b")), "other text is still there");
	buf_free(&text);
}

/* Text of nothing but escapes, as long as a header can be. */
static void
test_longest(void)
{
	struct buf b = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	struct header h;

	buf_add(&b, SPAN("{\"op\":1,\"id\":\""));
	while (b.n < HEADER_MAX - 8)
		buf_add(&b, SPAN("\\u00e9"));
	buf_add(&b, SPAN("\"}"));
	CHECK(header_read(&h, buf_span(&b), &text), "longest");
	CHECK(h.id.n > 21000 && h.id.p[h.id.n - 1] == '\xa9', "longest");
	buf_free(&b);
	buf_free(&text);
}

static struct message
full_message(const struct uid *from, const struct header_list *list)
{
	return (struct message){
		.op = "test", .id = 0x1234, .from = from, .posted = 1,
		.postid = 0x9, .datalen = 3, .datahead = { true, 2 },
		.datasum = { true, 0 }, .notify = { true, 4 },
		.uses = { true, 1 }, .act = SPAN("a"), .alias = SPAN("<&>"),
		.dropalias = SPAN("da"), .dropnode = SPAN("2"),
		.gid = SPAN("g"), .label = SPAN("l"), .newalias = SPAN("na"),
		.newnode = SPAN("nn"), .node = SPAN("1"),
		.nodeid = SPAN("pw"), .noderef = SPAN("3"), .to = SPAN("t\""),
		.type = SPAN(""), .to_list = list
	};
}

static void
test_message(void)
{
	static const char short_json[] = "{\"datalen\":0,\"from\":\""
	    "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%\",\"headsum\":#,"
	    "\"id\":\"0000000000000001\",\"op\":\"login\","
	    "\"posted\":\"1970-01-01T00:00:00.000Z\"}";
	static const char full_json[] = "{\"act\":\"a\","
	    "\"alias\":\"\\u003c\\u0026\\u003e\",\"datahead\":2,\"datalen\":3,"
	    "\"datasum\":0,\"dropalias\":\"da\",\"dropnode\":\"2\","
	    "\"for\":[{\"id\":\"x\"},{\"id\":\"y\"}],\"from\":\""
	    "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%\",\"gid\":\"g\","
	    "\"headsum\":#,\"id\":\"0000000000001234\",\"label\":\"l\","
	    "\"newalias\":\"na\","
	    "\"newnode\":\"nn\",\"node\":\"1\",\"nodeid\":\"pw\","
	    "\"noderef\":\"3\",\"notify\":4,\"op\":\"test\","
	    "\"posted\":\"1970-01-01T00:00:00.001Z\","
	    "\"postid\":\"0000000000000009\",\"to\":\"t\\\"\",\"type\":\"\","
	    "\"uses\":1}";
	struct buf text = { NULL, 0, 0 }, b = { NULL, 0, 0 };
	struct uid from = { { 0 } };
	struct header h;
	struct message m;

	CHECK(header_read(&h, SPAN("{\"op\":4,\"for\":["
	    "{\"id\":\"x\",\"type\":1},{\"id\":\"y\"}]}"), &text), "list");
	m = full_message(&from, &h.to_list);
	const char *expected[] = { short_json, full_json };
	struct message messages[] = { { .op = "login", .id = 1,
	    .from = &from }, m };
	for (int i = 0; i < 2; i++) {
		const char *hash = strchr(expected[i], '#');
		struct buf bare = { NULL, 0, 0 }, whole = { NULL, 0, 0 };

		/* Without ,"headsum":# but with that frame's digits. */
		buf_addf(&bare, "%04zx%.*s%s", strlen(expected[i]) - 12,
		    (int)(hash - expected[i]) - 11, expected[i], hash + 1);
		buf_addf(&whole, "%.*s%lu%s", (int)(hash - expected[i]),
		    expected[i], (unsigned long)encode_crc32c(0, bare.p,
		    bare.n),
		    hash + 1);
		b.n = 0;
		buf_add(&b, SPAN("before"));
		CHECK(header_message(&b, &messages[i]), "message");
		CHECK(header_parse_length(b.p + 6) == (long)whole.n, "digits");
		CHECK(b.n == 10 + whole.n &&
		    memcmp(b.p + 10, whole.p, whole.n) == 0, "%.*s\n%.*s",
		    (int)b.n, b.p, (int)whole.n, whole.p);
		buf_free(&bare);
		buf_free(&whole);
	}
	buf_free(&b);
	buf_free(&text);
}

static void
test_too_long(void)
{
	struct buf b = { NULL, 0, 0 }, label = { NULL, 0, 0 };
	struct uid from = { { 0 } };
	struct message m = { .op = "user", .id = 1, .from = &from };

	while (label.n < HEADER_MAX / 6)
		buf_add(&label, SPAN("&"));
	m.newnode = buf_span(&label);
	buf_add(&b, SPAN("before"));
	CHECK(!header_message(&b, &m), "too long");
	CHECK(span_is(buf_span(&b), SPAN("before")), "nothing was appended");
	m.newnode.n -= 40;
	CHECK(header_message(&b, &m), "just short enough");
	buf_free(&b);
	buf_free(&label);
}

static void
test_reply(void)
{
	struct buf b = { NULL, 0, 0 };
	size_t start;

	buf_add(&b, SPAN("0002{}"));
	start = header_open(&b);
	json_put_string(&b, "op", SPAN("quit"));
	header_close(&b, start);
	CHECK(span_is(buf_span(&b), SPAN("0002{}000d{\"op\":\"quit\"}")),
	    "%.*s", (int)b.n, b.p);
	buf_free(&b);
}

int
main(void)
{
	test_length();
	test_headers();
	test_values();
	test_longest();
	test_message();
	test_too_long();
	test_reply();
	CHECK(strcmp(header_field_name(F_NOTELEN | F_NOTESUM), "notelen") == 0,
	    "name");
	return check_report("header");
}
