#include "userdb/record.h"

#include <string.h>

#include "test/lib/check.h"

#define U "\"uid\":\"%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z\""
#define P "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z"
#define SALT "\"salt\":\"00112233445566ff\""
#define HASH "\"hash\":\"000102030405060708090a0b0c0d0e0f" \
	"101112131415161718191a1b1c1d1eff\""

/* In canonical form: what is read is written so again. */
static const struct good {
	enum record_kind kind;
	const char *text;
	const char *path;
} good[] = {
	{ RECORD_OF_USER, "{\"next_ref\":7," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_USER, "{\"next_ref\":7,\"oidc_aud\":\"mnm\","
	    "\"oidc_iat\":7,\"oidc_iss\":\"https://id\",\"oidc_sub\":"
	    "\"a\\u003cb\"," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_NODE, "{" HASH ",\"label\":\"my \\\"phone\\\"\","
	    "\"node\":3," SALT "," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_NODE, "{" HASH ",\"label\":\"\",\"node\":4294967294,"
	    SALT "," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_NODE, "{" HASH ",\"label\":\"\",\"node\":3," SALT
	    ",\"seen\":20454," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_SEEN, "{\"node\":3,\"seen\":20454," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_NODE, "{" HASH ",\"label\":\"\",\"node\":3," SALT
	    ",\"seen\":20454," U ",\"wake\":\"https://p/x\",\"woken\":1}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_WAKE, "{\"node\":3,\"seen\":20454," U
	    ",\"wake\":\"https://p/x\"}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_WAKE, "{\"node\":3," U ",\"wake\":\"\"}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_WOKEN, "{\"node\":3,\"seen\":20454," U
	    ",\"woken\":0}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_GONE, "{\"gone\":true,\"node\":3," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_CORK, "{\"cork\":\"2026-01-02T03:04:05.678Z\"," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_CORK, "{\"cork\":\"\"," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_CORK, "{\"cork\":\"2026-01-02T03:04:05.678Z\","
	    "\"cork_for\":\"2Club\\n\"," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_HELD, "{\"held\":\"0000000000000001fedcba9876543210\"," U
	    "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_BLOCKED, "{\"blocked\":\""
	    "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Y"
	    "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%X\"," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_BLOCKED, "{\"blocked\":\"\"," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_HELD, "{\"held\":\"\"," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_ALIAS, "{\"alias\":\"a\\u003cb\"," U "}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_ALIAS, "{\"alias\":\"a\",\"dropped\":true," U
	    ",\"uses\":0}",
	    "user/%%/%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%Z/user.json" },
	{ RECORD_OF_GROUP, "{\"gid\":\"A  b\"}", "group/5e/a%20b.json" },
	{ RECORD_OF_GROUP, "{\"gid\":\"A  b\",\"kind\":\"moderated closed\"}",
	    "group/5e/a%20b.json" },
	{ RECORD_OF_MEMBER, "{\"alias\":\"a\",\"gid\":\"A  b\","
	    "\"moderator\":true,\"state\":\"joined\"," U "}",
	    "group/5e/a%20b.json" },
	{ RECORD_OF_MEMBER, "{\"alias\":\"a\",\"gid\":\"A  b\","
	    "\"state\":\"joined\"," U "}", "group/5e/a%20b.json" },
	{ RECORD_OF_MEMBER, "{\"alias\":\"a\",\"by\":\"%%%%%%%%%%%%%%%%%%%%%%"
	    "%%%%%%%%%Z\",\"gid\":\"A  b\",\"state\":\"invited\"," U "}",
	    "group/5e/a%20b.json" },
	{ RECORD_OF_PENDING, "{\"group\":\"A  b\","
	    "\"pending\":\"00000000000000ff " P " " P "\"}",
	    "group/5e/a%20b.json" },
	{ RECORD_OF_PENDING, "{\"gone\":true,\"group\":\"A  b\","
	    "\"pending\":\"00000000000000ff " P "\"}",
	    "group/5e/a%20b.json" },
	{ RECORD_OTHER, "{}", "" },
};

/* Read as the good ones are, though not written so. */
static const struct lax {
	enum record_kind kind;
	const char *text, *canonical;
} lax[] = {
	{ RECORD_OF_USER, "{\"new\":[1,{\"uid\":2}]," U ",\"next_ref\":7}",
	    "{\"next_ref\":7," U "}" },
	{ RECORD_OF_USER, "{" U ",\"gone\":null,\"alias\":null}", "{" U "}" },
	{ RECORD_OF_ALIAS, "{" U ",\"alias\":\"a\",\"dropped\":false}",
	    "{\"alias\":\"a\"," U "}" },
	{ RECORD_OF_GROUP, "{\"gid\":\"a\",\"gid\":\"\\u0062\"}",
	    "{\"gid\":\"b\"}" },
	{ RECORD_OTHER, "{\"from\":\"the future\"}", "{}" },
};

static const char *const senseless[] = {
	"", "[]", "{", "{" U, "{" U "}x", "{" U ",}", "null",
	"{\"uid\":\"short\"}",
	"{\"uid\":7}",
	"{\"uid\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
	"{\"node\":0," SALT "," HASH "," U "}",
	"{\"node\":4294967295," SALT "," HASH "," U "}",
	"{\"node\":4294967296," SALT "," HASH "," U "}",
	"{\"node\":\"1\"," SALT "," HASH "," U "}",
	"{\"node\":1," HASH "," U "}",
	"{\"node\":1," SALT "," U "}",
	"{\"node\":1," SALT ",\"seen\":1," U "}",
	"{\"node\":1,\"seen\":4294967296," U "}",
	"{\"node\":0,\"seen\":1," U "}",
	"{\"node\":1,\"gone\":1," U "}",
	"{\"node\":1,\"wake\":1," U "}",
	"{\"node\":0,\"wake\":\"x\"," U "}",
	"{\"node\":1,\"wake\":\"x\\u0000\"," U "}",
	"{\"node\":1,\"woken\":true," U "}",
	"{\"node\":1,\"wake\":\"x\"," HASH "," U "}",
	"{\"node\":1,\"salt\":\"0011\"," HASH "," U "}",
	"{\"node\":1,\"salt\":\"00112233445566FF\"," HASH "," U "}",
	"{\"node\":1,\"salt\":\"0g112233445566ff\"," HASH "," U "}",
	"{\"node\":1,\"salt\":\"g0112233445566ff\"," HASH "," U "}",
	"{\"next_ref\":-1," U "}",
	"{\"oidc_aud\":\"a\",\"oidc_iss\":\"b\"," U "}",
	"{\"oidc_aud\":\"a\",\"oidc_sub\":\"b\"," U "}",
	"{\"oidc_iss\":\"a\",\"oidc_sub\":\"b\"," U "}",
	"{\"oidc_aud\":\"a\",\"oidc_iss\":\"b\",\"oidc_sub\":\"\"," U "}",
	"{\"oidc_aud\":\"a\",\"oidc_iss\":\"b\","
	    "\"oidc_sub\":\"c\\u0000\"," U "}",
	"{\"oidc_aud\":\"a\",\"oidc_iat\":\"7\",\"oidc_iss\":\"b\","
	    "\"oidc_sub\":\"c\"," U "}",
	"{\"cork\":7," U "}",
	"{\"cork\":\"2026-01-02\"," U "}",
	"{\"cork\":\"2026-02-29T03:04:05.678Z\"," U "}",
	"{\"cork\":\"\",\"cork_for\":\"1\\u0000\"," U "}",
	"{\"held\":\"1\"," U "}",
	"{\"held\":\"000000000000000g\"," U "}",
	"{\"held\":\"00000000000000010\"," U "}",
	"{\"alias\":\"\"," U "}",
	"{\"alias\":\"a\\u0000b\"," U "}",
	"{\"alias\":\"a\",\"uses\":1.5," U "}",
	"{\"gid\":\"\"}",
	"{\"gid\":\"0123456789012345678901234567890123456789"
	    "0123456789012345678901234\"}",
	"{\"gid\":\"a\"," U "}",
	"{\"gid\":\"a\",\"alias\":\"a\"," U "}",
	"{\"gid\":\"a\",\"alias\":\"a\",\"state\":\"king\"," U "}",
	"{\"gid\":\"a\",\"alias\":\"a\",\"by\":\"a\",\"state\":\"joined\","
	    U "}",
	"{\"gid\":\"a\",\"state\":\"joined\"," U "}",
	"{\"gid\":\"a\",\"kind\":\"\"}",
	"{\"pending\":\"00000000000000ff " P "\"}",
	"{\"group\":\"a\",\"pending\":\"00000000000000ff\"}",
	"{\"group\":\"a\",\"pending\":\"0000000000000000 " P "\"}",
	"{\"group\":\"a\",\"pending\":\"00000000000000fg " P "\"}",
	"{\"group\":\"a\",\"pending\":\"00000000000000ff " P " \"}",
	"{\"group\":\"a\",\"pending\":\"00000000000000ff-" P "\"}",
	"{\"group\":\"\",\"pending\":\"00000000000000ff " P "\"}",
	"{\"gid\":\"a\",\"kind\":\"shut\"}",
};

static void
check_read(const char *text, enum record_kind kind, const char *canonical)
{
	struct buf strings = { NULL, 0, 0 }, written = { NULL, 0, 0 };
	struct record r;
	enum record_kind found;

	found = record_read(&r, span_of(text), &strings);
	CHECK(found == kind, "%s: kind %d", text, (int)found);
	CHECK(record_kind(&r) == kind, "%s: told otherwise later", text);
	record_write(&written, &r);
	CHECK(span_is(buf_span(&written), span_of(canonical)),
	    "%s: written as %.*s", text, (int)written.n, written.p);
	buf_free(&strings);
	buf_free(&written);
}

static void
check_path(const char *text, const char *path)
{
	struct buf strings = { NULL, 0, 0 };
	char found[RECORD_PATH];
	struct record r;

	(void)record_read(&r, span_of(text), &strings);	/* check_read did */
	record_path(found, &r);
	CHECK(strcmp(found, path) == 0, "%s: belongs to %s", text, found);
	buf_free(&strings);
}

int
main(void)
{
	struct buf strings = { NULL, 0, 0 };
	struct record r;
	size_t i;

	for (i = 0; i < COUNT(good); i++) {
		check_read(good[i].text, good[i].kind, good[i].text);
		check_path(good[i].text, good[i].path);
	}
	for (i = 0; i < COUNT(lax); i++)
		check_read(lax[i].text, lax[i].kind, lax[i].canonical);
	for (i = 0; i < COUNT(senseless); i++) {
		CHECK(record_read(&r, span_of(senseless[i]), &strings) ==
		    RECORD_INVALID, "%s: makes sense", senseless[i]);
	}
	buf_free(&strings);
	return check_report("record");
}
