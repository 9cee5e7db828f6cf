/*
 * Files of keys: read again when they change, kept when they are spoiled, and
 * logged once.
 */
#include "net/jwks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "disk/file.h"
#include "test/lib/check.h"
#include "test/lib/harness.h"
#include "test/lib/scratch.h"

#define LARGE (((size_t)256 << 10) + 1)

static char dir[] = "/tmp/mnm-jwks-test-XXXXXX";
static char path[64], log_path[64];
static struct buf good;		/* a key set */

static void
put(const char *name, struct span text)
{
	char full[128];

	(void)snprintf(full, sizeof(full), "%s/%s", dir, name);
	if (file_write(AT_FDCWD, full, text) == -1)
		die("%s: %s", full, strerror(errno));
}

/* How many lines with this text were logged since the last question. */
static unsigned
logged(const char *text)
{
	struct buf all = { NULL, 0, 0 };
	unsigned n = 0;
	const char *p;

	if (file_read(AT_FDCWD, log_path, 65536, &all) == -1 ||
	    truncate(log_path, 0) == -1)
		die("%s: %s", log_path, strerror(errno));
	buf_add_byte(&all, '\0');
	for (p = all.p; (p = strstr(p, text)) != NULL; p++)
		n++;
	buf_free(&all);
	return n;
}

/* The configuration asks for keys in that file or directory. */
static void
configure(struct harness *st, const char *keys)
{
	struct buf text = { NULL, 0, 0 };
	char why[256];

	buf_addf(&text, "{\"auth\":1,\"authby\":[{\"label\":\"x\",\"login\":"
	    "[\"x\"],\"token\":[\"x\"],\"keys\":\"%s\",\"iss\":"
	    "\"https://id.example\",\"aud\":\"mnm\",\"many\":true}]}", keys);
	put("conf", buf_span(&text));
	(void)snprintf(path, sizeof(path), "%s/conf", dir);
	conf_free(&st->conf);
	if (conf_read(&st->conf, path, why, sizeof(why)) == -1)
		die("%s", why);
	buf_free(&text);
}

/* The relay answers this to alice, whose token is good. */
static void
expect(struct harness *st, const char *answer, const char *what)
{
	struct actor *a = harness_actor(st, "A");
	struct buf header = { NULL, 0, 0 }, tokens = { NULL, 0, 0 };

	if (file_read(AT_FDCWD, "test/talk/tokens", 65536, &tokens) == -1)
		die("test/talk/tokens: %s", strerror(errno));
	buf_addf(&header, "{\"op\":1,\"newnode\":\"x\",\"oidc\":"
	    "{\"id_token\":\"%.*s\"}}", (int)strcspn(tokens.p + 6, "\n"),
	    tokens.p + 6);
	harness_connect(st, a);
	harness_say(st, a, "{\"op\":0,\"id\":\"1\"}");
	harness_say(st, a, header.p);
	harness_turn(st);
	buf_add_byte(&a->got, '\0');
	CHECK(strstr(a->got.p, answer) != NULL, "%s: %s", what, a->got.p);
	a->got.n = 0;
	harness_lose(st, a);
	a->ended = false;
	buf_free(&header);
	buf_free(&tokens);
}

#define YES "\"op\":\"registered\""
#define NO  "this relay does not have the provider's keys"

static void
test_file(struct harness *st, struct jwks *jwks)
{
	char keys[64];

	(void)snprintf(keys, sizeof(keys), "%s/keys.json", dir);
	configure(st, keys);
	jwks_read(jwks, st->now);
	CHECK(jwks_deadline(jwks) == st->now.mono + 60000, "not in a minute");
	CHECK(logged("No such file or directory; nobody can be") == 1,
	    "a missing file is not logged");
	jwks_read(jwks, st->now);
	CHECK(logged(dir) == 0, "it is logged again");
	expect(st, NO, "missing");
	put("keys.json", SPAN("{\"keys\":[]}"));
	jwks_read(jwks, st->now);
	CHECK(logged("; nobody can be") == 1, "no keys are not logged");
	expect(st, NO, "no keys");
	put("keys.json", buf_span(&good));
	jwks_read(jwks, st->now);
	expect(st, YES, "good");
	jwks_read(jwks, st->now);
	CHECK(logged(dir) == 0, "good keys are logged");
	put("keys.json", SPAN("{\"keys\":[]}"));
	jwks_read(jwks, st->now);
	jwks_read(jwks, st->now);
	CHECK(logged("keeping the old keys") == 1, "spoiled: not logged once");
	expect(st, YES, "spoiled");
	(void)unlink(keys);
	jwks_read(jwks, st->now);
	jwks_read(jwks, st->now);
	CHECK(logged("keeping the old keys") == 1, "lost: not logged once");
	expect(st, YES, "lost");
	put("keys.json", buf_span(&good));
	jwks_read(jwks, st->now);
	CHECK(logged(dir) == 0, "the same keys are logged");
	buf_add_byte(&good, ' ');
	put("keys.json", buf_span(&good));
	jwks_read(jwks, st->now);
	CHECK(logged("the keys have changed") == 1, "changed: not logged");
	expect(st, YES, "changed");
}

/* Another place, whose keys are not those of the first. */
static void
test_directory(struct harness *st, struct jwks *jwks)
{
	char keys[64], name[64];
	int i;

	(void)snprintf(keys, sizeof(keys), "%s/keys", dir);
	if (mkdir(keys, 0700) == -1)
		die("%s: %s", keys, strerror(errno));
	configure(st, keys);
	jwks_read(jwks, st->now);
	CHECK(logged("there is no file in this directory") == 1, "empty");
	expect(st, NO, "empty");
	put("keys/.draft", SPAN("{"));
	put("keys/a", buf_span(&good));
	jwks_read(jwks, st->now);
	expect(st, YES, "one file");
	put("keys/b", SPAN("{"));
	jwks_read(jwks, st->now);
	CHECK(logged("keeping the old keys") == 1, "one of two is spoiled");
	expect(st, YES, "one of two is spoiled");
	for (i = 0; i < 64; i++) {
		(void)snprintf(name, sizeof(name), "keys/b%d", i);
		put(name, buf_span(&good));
	}
	jwks_read(jwks, st->now);
	CHECK(logged("keeping the old keys") == 1, "too many files");
	expect(st, YES, "too many files");
	st->conf.auth = 0;
	jwks_read(jwks, st->now);
	CHECK(jwks_deadline(jwks) == UINT64_MAX, "looks for nothing");
	st->conf.auth = 1;
	expect(st, NO, "forgotten");
	jwks_read(jwks, st->now);
	CHECK(logged("nobody can be") == 1, "logged for the new start");
}

static void
check_fault(const char *place, const char *wanted)
{
	char why[256] = "";

	CHECK(jwks_check(place, why, sizeof(why)) == -1 &&
	    strstr(why, wanted) != NULL, "%s: %s", place, why);
}

static void
test_check(void)
{
	char *large = xzalloc(LARGE), name[64], why[256];

	(void)snprintf(name, sizeof(name), "%s/large", dir);
	put("large", (struct span){ large, LARGE });
	check_fault(name, "File too large");
	check_fault("https://id.example/jwks", "this is a URL");
	check_fault("/dev/null", "not a JSON Web Key Set");
	check_fault("/tmp/mnm-jwks-test/none", "No such file");
	CHECK(jwks_check("test/talk/keys.json", why, sizeof(why)) == 0, "%s",
	    why);
	free(large);
}

int
main(void)
{
	struct harness st;
	struct jwks *jwks;
	int fd;

	(void)close(scratch_make(dir));
	(void)snprintf(log_path, sizeof(log_path), "%s/log", dir);
	if (file_read(AT_FDCWD, "test/talk/keys.json", 65536, &good) == -1)
		die("test/talk/keys.json: %s", strerror(errno));
	harness_open(&st);
	harness_start(&st);
	jwks = jwks_open(st.relay, &st.conf);
	fd = dup(STDERR_FILENO);
	if (freopen(log_path, "a", stderr) == NULL)
		die("%s: %s", log_path, strerror(errno));
	(void)logged(dir);
	jwks_read(jwks, st.now);
	CHECK(jwks_deadline(jwks) == UINT64_MAX, "nothing to look for");
	test_file(&st, jwks);
	test_directory(&st, jwks);
	(void)dup2(fd, STDERR_FILENO);
	(void)close(fd);
	test_check();
	jwks_close(jwks);
	harness_close(&st);
	buf_free(&good);
	scratch_remove(AT_FDCWD, dir);
	return check_report("jwks");
}
