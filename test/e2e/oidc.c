/*
 * oidc MNM - a provider of identities vouches for people, against the program
 * MNM: tokens that openssl signs, keys that change, and what the operator sees.
 */

/* For realpath, which POSIX has as an extension. */
#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test/e2e/operator.h"
#include "test/lib/check.h"
#include "test/lib/peer.h"
#include "test/lib/signer.h"

#define AUTH "\"authby\":[{\"label\":\"Example\",\"login\":[\"https://l\"]," \
	"\"token\":[\"https://t\"],\"keys\":\"keys\",\"iss\":\"https://id\"," \
	"\"aud\":\"mnm\"}],"
#define NO "authentication required"

static struct operator op;
static struct client_pool *pool;

/* ---- the provider ---- */

/* A token of this person, from a minute ago, signed by the key. */
static struct buf
token_of(const char *sub, const char *key)
{
	long long now = (long long)time(NULL);
	char header[80], claims[200];

	snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"}",
	    key[0] == 'e' ? "ES256" : "RS256", key);
	snprintf(claims, sizeof(claims), "{\"sub\":\"%s\",\"iss\":"
	    "\"https://id\",\"aud\":\"mnm\",\"iat\":%lld,\"exp\":%lld}", sub,
	    now - 60, now + 3600);
	return signer_sign(key, "sha256", header, claims);
}

/* Its keys in a file, which replaces the older one. */
static void
publish(const char *file, const char *const keys[])
{
	struct buf set = { NULL, 0, 0 }, said = { NULL, 0, 0 };
	char command[80];

	buf_add(&set, SPAN("{\"keys\":["));
	for (; *keys != NULL; keys++) {
		if ((*keys)[0] == 'e')
			signer_add_ec(&set, *keys, "P-256", "");
		else
			signer_add_rsa(&set, *keys, ",\"use\":\"sig\"");
		buf_add_byte(&set, keys[1] != NULL ? ',' : ']');
	}
	buf_addf(&set, "}\n");
	relay_file(&op.relay, "keys/.new", set.p);
	snprintf(command, sizeof(command), "mv keys/.new keys/%s", file);
	CHECK(operator_shell(&op.relay, &said, command) == 0, "%s", said.p);
	buf_free(&said);
	buf_free(&set);
}

/* ---- the relay ---- */

static void
reload(const char *extra)
{
	relay_configure(&op.relay, extra);
	relay_file(&op.relay, "said.txt", "");
	kill(op.relay.pid, SIGHUP);
	while (!relay_said(&op.relay, "reload: done"))
		relay_sleep(5);
}

static void
expect_said(const char *text)
{
	CHECK(relay_said(&op.relay, text), "the log lacks: %s", text);
}

/* A command ends with this status and prints this. */
static void
expect(int status, const char *text, const char *command)
{
	int got = operator_run(&op, command);

	CHECK(got == status && strstr(op.said.p, text) != NULL,
	    "%s: %d: %s\n\twanted %d: %s", command, got, op.said.p, status,
	    text);
}

/* ---- people ---- */

/* What the relay answers to Register or Login: NULL if it lets m in. */
static void
expect_answer(struct peer *m, const char *op_name, const char *error)
{
	struct peer_frame *f;
	char text[PEER_TEXT];

	peer_frame_free(peer_await(m, "tmtprev"));
	f = peer_await(m, error == NULL ? op_name : "quit");
	CHECK(strcmp(peer_get(f, "error", text), error == NULL ? "" : error)
	    == 0, "%s: %s\n\twanted %s", m->name, f->head, error);
	if (strcmp(op_name, "registered") == 0 && error == NULL) {
		snprintf(m->uid, sizeof(m->uid), "%.*s", UID_TEXT,
		    peer_get(f, "uid", text));
		snprintf(m->nodeid, sizeof(m->nodeid), "%.*s", NODEID_TEXT,
		    peer_get(f, "nodeid", text));
	}
	peer_frame_free(f);
	if (error != NULL)
		peer_await_over(m);
}

static void
register_by(struct peer *m, const char *key, const char *error)
{
	struct buf token = token_of(m->name, key);

	peer_connect(m, pool, op.relay.port);
	peer_say(m, "{\"op\":1,\"newnode\":\"x\",\"newalias\":\"%s\","
	    "\"oidc\":{\"scope\":\"openid\",\"token_type\":\"Bearer\","
	    "\"expires_in\":3600,\"id_token\":\"%.*s\"}}",
	    m->uid[0] == '\0' ? m->name : "_",	/* it stays taken */
	    (int)token.n, token.p);
	expect_answer(m, "registered", error);
	buf_free(&token);
}

static void
login_by(struct peer *m, const char *sub, const char *key, const char *error)
{
	struct buf token = token_of(sub, key);

	peer_connect(m, pool, op.relay.port);
	peer_say(m, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\","
	    "\"oidc\":{\"id_token\":\"%.*s\"}}", m->uid, m->nodeid,
	    (int)token.n, token.p);
	expect_answer(m, "info", error);
	buf_free(&token);
}

static void
log_in(struct peer *m, const char *error)
{
	peer_connect(m, pool, op.relay.port);
	peer_say(m, "{\"op\":2,\"uid\":\"%s\",\"node\":\"%s\"}", m->uid,
	    m->nodeid);
	expect_answer(m, "info", error);
}

/* ---- parts ---- */

/* Without keys nobody is authenticated, and the operator learns why. */
static void
test_no_keys(struct peer *a)
{
	expect(2, "error: mnm.config:2: keys: No such file", "check");
	relay_start(&op.relay);
	expect_said("keys: No such file or directory; nobody can be");
	register_by(a, "r2", NO ": this relay does not have the provider's "
	    "keys at present: try again later");
}

static void
test_register(struct peer *a, struct peer *b, struct peer *c)
{
	static const char *const keys[] = { "r2", "r4", "e1", NULL };

	publish("first.json", keys);
	reload("\"auth\":1," AUTH);
	register_by(a, "r2", NULL);
	register_by(b, "r4", NULL);
	register_by(c, "e1", NULL);
	register_by(a, "r5", NO ": no key has the token's kid and alg");
	register_by(a, "e1", NO ": this person is already registered here");
	peer_connect(a, pool, op.relay.port);
	peer_say(a, "{\"op\":1,\"newnode\":\"x\"}");
	expect_answer(a, "registered", NO);
	expect(0, "https://id", "user show Alice");
	expect(0, "\"subject\":[{\"sub\":\"Alice\",\"iss\":\"https://id\","
	    "\"aud\":\"mnm\",\"iat\":\"20", "user show Alice --json");
}

/* Keys change while the relay runs; what is no key set changes nothing. */
static void
test_rotation(struct peer *d, struct peer *e)
{
	static const char *const both[] = { "e1", "r5", NULL };
	static const char *const last[] = { "r5", NULL };

	publish("first.json", both);
	reload("\"auth\":1," AUTH);
	expect_said("keys: the keys have changed");
	register_by(d, "r4", NO ": no key has the token's kid and alg");
	register_by(d, "r5", NULL);
	relay_file(&op.relay, "keys/second.json", "<html>");
	reload("\"auth\":1," AUTH);
	expect_said("keys: it is not a JSON Web Key Set; keeping the old keys");
	expect(2, "keys: it is not a JSON Web Key Set", "check");
	register_by(e, "e1", NULL);
	publish("second.json", last);
	publish("first.json", last);
	reload("\"auth\":1," AUTH);
	register_by(e, "e1", NO ": no key has the token's kid and alg");
}

static void
test_login(struct peer *a, struct peer *b)
{
	CHECK(relay_stop(&op.relay, SIGKILL) == 256 + SIGKILL, "not killed");
	relay_start(&op.relay);
	register_by(a, "r5", NO ": this person is already registered here");
	log_in(a, NULL);
	reload("\"auth\":2," AUTH);
	log_in(b, NO);
	login_by(b, "Alice", "r5", NO ": the token is another person's");
	login_by(b, "Bob", "r2", NO ": no key has the token's kid and alg");
	login_by(b, "Bob", "r5", NULL);
	expect(0, "", "user remove Alice");
	register_by(a, "r5", NULL);
}

int
main(int argc, char **argv)
{
	static const char *const names[] = {
		"Alice", "Bob", "Carol", "Dave", "Eve"
	};
	char program[RELAY_PATH] = "";
	struct buf said = { NULL, 0, 0 };
	struct peer m[5];
	size_t i;

	if (argc != 2 || realpath(argv[1], program) == NULL) {
		fprintf(stderr, "usage: oidc MNM\n");
		return 2;
	}
	signer_open();
	signer_make_rsa("r2", 2048);
	signer_make_rsa("r4", 4096);
	signer_make_rsa("r5", 2048);
	signer_make_ec("e1", "prime256v1");
	operator_init(&op, program);
	pool = client_pool_open();
	for (i = 0; i < 5; i++)
		peer_init(&m[i], names[i]);
	relay_configure(&op.relay, "\"auth\":1," AUTH);
	test_no_keys(&m[0]);
	operator_shell(&op.relay, &said, "mkdir keys");
	test_register(&m[0], &m[1], &m[2]);
	test_rotation(&m[3], &m[4]);
	test_login(&m[0], &m[1]);
	for (i = 0; i < 5; i++)
		peer_free(&m[i]);
	CHECK(relay_stop(&op.relay, SIGTERM) == 0, "the relay did not stop");
	client_pool_close(pool);
	buf_free(&said);
	operator_free(&op);
	signer_close();
	return check_report("oidc");
}
