/*
 * authority.c and x509.c: the certificates they write, judged by openssl, when
 * they are made anew, and what a client that pins one of them accepts.  Without
 * openssl its part is skipped.
 */
#include "net/authority.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "client/trust.h"
#include "conf.h"
#include "net/cert.h"
#include "net/names.h"
#include "net/x509.h"
#include "test/lib/check.h"

#define NOW UINT64_C(1800000000)	/* 2027-01-15 */
#define DAY UINT64_C(86400)

static const struct authority_files files = { "ca.key", "s.crt", "s.key" };
static const char *const names[] = {
	"relay.example.org", "localhost", "127.0.0.1", "::1", NULL
};
static const char *const fewer[] = { "relay.example.org", NULL };

/* Exit status of a shell command whose output goes to the file "out". */
static int
run(const char *command)
{
	char line[2000];
	int status;

	(void)snprintf(line, sizeof(line), "(%s) >out 2>&1", command);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *
text_of(const char *path)
{
	static char text[100000];
	FILE *f = fopen(path, "r");
	size_t n = 0;

	if (f != NULL) {
		n = fread(text, 1, sizeof(text) - 1, f);
		(void)fclose(f);
	}
	text[n] = '\0';
	return text;
}

/* Run what must succeed. */
static void
must(const char *command)
{
	CHECK(run(command) == 0, "this fails: %s: %s", command,
	    text_of("out"));
}

static bool
has(const char *text)
{
	return strstr(text_of("out"), text) != NULL;
}

static size_t
files_here(void)
{
	DIR *dir = opendir(".");
	size_t n = 0;

	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n - 2;	/* . and .. */
}

static void
remove_all(void)
{
	CHECK(system("rm -rf ./*") == 0, "files stay");
}

/* What authority_keep returns. */
static int
keep(const char *const *for_names, uint64_t now)
{
	char why[500] = "";
	int result = authority_keep(&files, for_names, now, why, sizeof(why));

	CHECK(result != -1, "%s", why);
	return result;
}

static void
read_cert(struct cert *cert, uint64_t *until)
{
	char why[500] = "";

	CHECK(authority_read(cert, &files, until, why, sizeof(why)) == 0, "%s",
	    why);
}

/* The fingerprint that clients are told. */
static const char *
fingerprint(void)
{
	static char text[2][CERT_FINGERPRINT_TEXT + 1];
	static int last;
	struct cert cert;
	uint64_t until;

	read_cert(&cert, &until);
	last = !last;
	(void)strcpy(text[last], cert.fingerprint);
	cert_free(&cert);
	return text[last];
}

static void
check_mode(const char *path, mode_t mode)
{
	struct stat st;

	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == mode,
	    "mode of %s", path);
}

static void
test_make(void)
{
	struct cert cert;
	uint64_t until;
	char first[CERT_FINGERPRINT_TEXT + 1];

	CHECK(keep(names, NOW) == 1, "nothing is made");
	CHECK(files_here() == 3, "%zu files", files_here());
	check_mode("ca.key", 0600);
	check_mode("s.key", 0600);
	check_mode("s.crt", 0644);
	read_cert(&cert, &until);
	CHECK(cert.kind == CERT_EC && cert.ec.curve == BR_EC_secp256r1 &&
	    cert.issuer_key_type == BR_KEYTYPE_EC, "kind");
	CHECK(cert.not_before == NOW - DAY &&
	    cert.not_after == NOW + 397 * DAY && until == NOW + 3652 * DAY,
	    "dates");
	CHECK(cert.chain_length == 2 && cert.pinned == 1 &&
	    cert_authority(&cert).n == cert.chain[1].data_len, "chain");
	(void)strcpy(first, cert.fingerprint);
	cert_free(&cert);
	CHECK(keep(names, NOW) == 0 && strcmp(first, fingerprint()) == 0,
	    "made twice");
	remove_all();
	CHECK(keep(names, NOW) == 1 && strcmp(first, fingerprint()) != 0,
	    "no new key");
	remove_all();
}

/* The leaf is made anew; the authority stays. */
static void
test_renew(void)
{
	static const struct {
		uint64_t first, then;
		const char *const *for_names;
		int made;
		const char *what;
	} cases[] = {
		{ NOW, NOW + 366 * DAY, names, 0, "31 days before its end" },
		{ NOW, NOW + 368 * DAY, names, 1, "29 days before its end" },
		{ NOW, NOW + 500 * DAY, names, 1, "after its end" },
		{ NOW, NOW + 1, fewer, 1, "other names" },
		{ NOW, NOW - 2 * DAY, names, 1, "before its begin" },
		{ 5, NOW, names, 1, "when the clock has been set" },
		{ 5, 1000, names, 0, "while the clock is not set" },
		{ NOW, 5, names, 1, "when the clock is lost" },
		{ NOW, NOW + 3640 * DAY, names, 1, "near the authority's end" }
	};
	char before[CERT_FINGERPRINT_TEXT + 1];
	struct cert cert, old;
	uint64_t until;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		CHECK(keep(names, cases[i].first) == 1, "not made");
		(void)strcpy(before, fingerprint());
		read_cert(&old, &until);
		CHECK(keep(cases[i].for_names, cases[i].then) ==
		    cases[i].made, "%s: made or not", cases[i].what);
		CHECK(strcmp(before, fingerprint()) == 0, "%s: another "
		    "authority", cases[i].what);
		read_cert(&cert, &until);
		CHECK(cert_is_same(&cert, &old) == (cases[i].made == 0) &&
		    cert.not_after <= until, "%s: the leaf", cases[i].what);
		CHECK(keep(cases[i].for_names, cases[i].then) == 0,
		    "%s: made again", cases[i].what);
		cert_free(&cert);
		cert_free(&old);
		remove_all();
	}
}

static void
refuses(const char *const *for_names, uint64_t now, const char *words)
{
	char why[500] = "";

	CHECK(authority_keep(&files, for_names, now, why, sizeof(why)) == -1,
	    "made, want: %s", words);
	CHECK(strstr(why, words) != NULL, "said \"%s\", want \"%s\"", why,
	    words);
}

static void
test_refusals(void)
{
	static const char *const none[] = { NULL };
	static const char *const space[] = { "a b", NULL };
	static const char *const option[] = { "--renew", NULL };
	static const char *const colon[] = { "host:3456", NULL };
	static const char *const empty[] = { "ok", "", NULL };
	static const char *many[200];
	const struct authority_files nowhere = { "no/ca", "c", "k" };
	char why[500] = "";
	size_t i;

	for (i = 0; i + 1 < 200; i++)
		many[i] = "a-rather-long-name-of-a-host.example.org";
	refuses(none, NOW, "no name");
	refuses(space, NOW, "not a host name");
	refuses(option, NOW, "not a host name");
	refuses(colon, NOW, "not a host name");
	refuses(empty, NOW, "not a host name");
	CHECK(files_here() == 0, "files are left");
	CHECK(authority_keep(&nowhere, names, NOW, why, sizeof(why)) == -1 &&
	    strstr(why, "no/ca: No such file") != NULL, "%s", why);
	refuses(many, NOW, "too many names");
	CHECK(keep(names, NOW) == 1, "not made after a failure");
	refuses(names, NOW + 3653 * DAY, "expired on 2037");
	CHECK(system("echo half > ca.key") == 0, "ca.key");
	refuses(names, NOW, "ca.key: contains no certificate");
	remove_all();
}

/* A crash may leave the first files alone, and files being written. */
static void
test_after_crash(void)
{
	char authority[CERT_FINGERPRINT_TEXT + 1], key[2000];
	struct cert cert;
	uint64_t until;

	CHECK(keep(names, NOW) == 1, "not made");
	(void)strcpy(authority, fingerprint());
	(void)snprintf(key, sizeof(key), "%s", text_of("s.key"));
	CHECK(unlink("s.crt") == 0 && system("for i in ca.key s.key s.crt; do "
	    "echo half > $i.tmp; done") == 0, "files");
	CHECK(keep(names, NOW) == 1, "the leaf is not made");
	CHECK(strcmp(key, text_of("s.key")) == 0, "the key is not kept");
	CHECK(strcmp(authority, fingerprint()) == 0, "another authority");
	CHECK(unlink("s.crt") == 0 && unlink("s.key") == 0 &&
	    keep(names, NOW) == 1 && strcmp(authority, fingerprint()) == 0,
	    "after the authority alone");
	CHECK(system("echo half > s.key; rm s.crt") == 0, "files");
	refuses(names, NOW, "s.key: contains no private key");
	remove_all();
	/* Without the authority's key, clients still recognise it. */
	CHECK(keep(names, NOW) == 1, "not made");
	(void)strcpy(authority, fingerprint());
	CHECK(unlink("ca.key") == 0, "files");
	read_cert(&cert, &until);
	CHECK(strcmp(authority, cert.fingerprint) == 0 &&
	    until == cert.not_after, "the authority is forgotten");
	cert_free(&cert);
	/* And one of another authority stays what it is. */
	CHECK(rename("s.crt", "c") == 0 && rename("s.key", "k") == 0 &&
	    keep(names, NOW) == 1 && rename("c", "s.crt") == 0 &&
	    rename("k", "s.key") == 0, "files");
	CHECK(keep(fewer, NOW) == 0, "another's leaf is replaced");
	read_cert(&cert, &until);
	CHECK(cert.pinned == 0, "another authority is given out");
	cert_free(&cert);
	remove_all();
}

/* ---- what a client accepts ---- */

/* BearSSL's verdict on this chain; 0 is good. */
static unsigned
verdict(const char *pinned, const struct cert *leaf, const struct cert *rest)
{
	struct trust pin = { .kind = TRUST_ANY };
	struct trust_check *check;
	const br_x509_class **x509;
	const br_x509_certificate *c;
	unsigned result;
	size_t i;

	if (pinned != NULL)
		(void)trust_pin(&pin, pinned);
	check = trust_open(&pin, NULL);
	x509 = trust_class(check);
	(*x509)->start_chain(x509, "localhost");
	for (i = 0; i < 2; i++) {
		c = i == 0 ? &leaf->chain[0] : &rest->chain[1];
		(*x509)->start_cert(x509, (uint32_t)c->data_len);
		/* In two pieces, as records may cut it. */
		(*x509)->append(x509, c->data, 100);
		(*x509)->append(x509, c->data + 100, c->data_len - 100);
		(*x509)->end_cert(x509);
	}
	result = (*x509)->end_chain(x509);
	if (result == 0)
		CHECK((*x509)->get_pkey(x509, NULL)->key_type ==
		    BR_KEYTYPE_EC, "no key");
	trust_close(check);
	return result;
}

static void
test_pin_text(void)
{
	static const char *const good[] = {
		"00112233445566778899aabbccddeeff"
		"00112233445566778899AABBCCDDEEFF",
		"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
		"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
	};
	static const char *const bad[] = {
		"", "0", "00", "x0112233445566778899aabbccddeeff",
		"00112233445566778899aabbccddeeff"
		"00112233445566778899AABBCCDDEEF",
		"00112233445566778899aabbccddeeff"
		"00112233445566778899AABBCCDDEEFF0",
		":00112233445566778899aabbccddeeff"
		"00112233445566778899AABBCCDDEEFF"
	};
	struct trust pin = { .kind = TRUST_ANY };
	size_t i;

	for (i = 0; i < COUNT(good); i++)
		CHECK(trust_pin(&pin, good[i]) &&
		    pin.kind == TRUST_FINGERPRINTS &&
		    pin.hash[1] == 0x11 && pin.hash[31] == 0xff, "%s",
		    good[i]);
	for (i = 0; i < COUNT(bad); i++)
		CHECK(!trust_pin(&pin, bad[i]) &&
		    pin.kind == TRUST_FINGERPRINTS, "%s", bad[i]);
}

/* Our relay, and another that would like to pass for it. */
static void
test_pin(void)
{
	uint64_t now = (uint64_t)time(NULL), until;
	struct cert ours, other, late, leaf;
	const char *pin;

	CHECK(keep(names, now) == 1, "not made");
	read_cert(&ours, &until);
	pin = fingerprint();
	CHECK(verdict(NULL, &ours, &ours) == 0, "no pin");
	CHECK(verdict(pin, &ours, &ours) == 0, "%u",
	    verdict(pin, &ours, &ours));
	CHECK(keep(fewer, now) == 1, "not renewed");
	read_cert(&leaf, &until);
	CHECK(verdict(pin, &leaf, &leaf) == 0, "the next leaf");
	cert_pin(&ours, 0);
	CHECK(verdict(ours.fingerprint, &ours, &ours) == 0 &&
	    verdict(ours.fingerprint, &leaf, &leaf) != 0, "a pinned leaf");
	cert_free(&leaf);
	CHECK(unlink("s.crt") == 0 && keep(names, now - 500 * DAY) == 1,
	    "not made");
	read_cert(&late, &until);
	CHECK(verdict(pin, &late, &late) == BR_ERR_X509_EXPIRED, "%u for one "
	    "that has expired", verdict(pin, &late, &late));
	cert_free(&late);
	remove_all();
	CHECK(keep(names, now) == 1, "not made");
	read_cert(&other, &until);
	CHECK(verdict(pin, &other, &other) == BR_ERR_X509_NOT_TRUSTED,
	    "another relay");
	CHECK(verdict(pin, &other, &ours) == BR_ERR_X509_NOT_TRUSTED,
	    "another relay that sends our authority");
	CHECK(verdict("00", &ours, &ours) == BR_ERR_X509_NOT_TRUSTED,
	    "half a fingerprint");
	cert_free(&ours);
	cert_free(&other);
	remove_all();
}

/* Each byte of the leaf replaced: it never passes, and nothing crashes. */
static void
test_pin_damage(void)
{
	uint64_t now = (uint64_t)time(NULL), until;
	struct cert cert, damaged;
	unsigned char *at;
	size_t i, passed = 0;

	CHECK(keep(names, now) == 1, "not made");
	read_cert(&cert, &until);
	read_cert(&damaged, &until);
	for (i = 0; i < damaged.chain[0].data_len; i++) {
		at = &damaged.chain[0].data[i];
		*at ^= 1;
		passed += verdict(cert.fingerprint, &damaged, &cert) == 0;
		*at ^= 1;
	}
	CHECK(passed == 0, "%zu pass", passed);
	cert_free(&cert);
	cert_free(&damaged);
	remove_all();
}

/* ---- damage ---- */

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
}

/*
 * Every third byte of a file is damaged.  Either keep says so, and what helps;
 * or clients still recognise the authority, and its leaf is whole.
 */
static void
damage(const char *path, uint64_t now, const char *remedy)
{
	char before[CERT_FINGERPRINT_TEXT + 1], text[10000], why[500];
	char cert_text[10000];
	struct cert cert;
	uint64_t until;
	size_t refused = 0, made = 0, length, i;
	int kept;

	(void)strcpy(before, fingerprint());
	(void)snprintf(text, sizeof(text), "%s", text_of(path));
	(void)snprintf(cert_text, sizeof(cert_text), "%s", text_of("s.crt"));
	length = strlen(text);
	for (i = 0; i < length; i += 3) {
		text[i] ^= 1;
		write_file(path, text);
		text[i] ^= 1;
		why[0] = '\0';
		kept = authority_keep(&files, names, now, why, sizeof(why));
		refused += kept == -1;
		made += kept == 1;
		CHECK(kept != -1 || strstr(why, remedy) != NULL,
		    "%s: byte %zu: no remedy in: %s", path, i, why);
		if (kept != -1) {
			CHECK(strcmp(before, fingerprint()) == 0,
			    "%s: byte %zu: another authority", path, i);
			read_cert(&cert, &until);
			CHECK(verdict(before, &cert, &cert) == 0,
			    "%s: byte %zu: clients refuse it", path, i);
			cert_free(&cert);
		}
		write_file(path, text);
		write_file("s.crt", cert_text);
	}
	CHECK(refused > 0, "%s: no damage is noticed", path);
	CHECK((made > 0) == (strcmp(path, "s.crt") == 0), "%s: made %zu times",
	    path, made);
}

/* A read alone says that a start makes a damaged leaf again. */
static void
test_damage(void)
{
	uint64_t now = (uint64_t)time(NULL), until;
	char text[10000], why[500] = "", *at;
	struct cert cert;

	CHECK(keep(names, now) == 1, "not made");
	damage("s.crt", now, "move certificate and key away");
	damage("s.key", now, "move certificate and key away");
	damage("ca.key", now, "restore it from a backup");
	(void)snprintf(text, sizeof(text), "%s", text_of("s.crt"));
	at = strstr(text, "-----END") - 9;	/* in the leaf's signature */
	*at = *at == 'A' ? 'B' : 'A';
	write_file("s.crt", text);
	CHECK(authority_read(&cert, &files, &until, why, sizeof(why)) == -1 &&
	    strstr(why, "s.crt: the certificate is damaged") != NULL, "%s",
	    why);
	remove_all();
}

/* ---- names ---- */

static size_t
position(const struct name_list *found, const char *name)
{
	size_t i = 0;

	while (i < found->count && strcmp(found->list[i], name) != 0)
		i++;
	return i;
}

static void
test_names(void)
{
	static const char everywhere[] = "{\"names\":[\"chat.example.org\","
	    "\"localhost\",\"2001:db8::1\"],\"listen\":{\"laddr\":\":1\"}}";
	static const char one[] = "{\"listen\":[{\"laddr\":\"10.9.8.7:1\"},"
	    "{\"net\":\"unix\",\"laddr\":\"s\"}]}";
	static const char bad[] = "{\"names\":[\"a.org\",\"a.org:443\"]}";
	static struct name_list found, again;
	struct conf conf;
	char why[500] = "";
	size_t i;

	CHECK(conf_parse(&conf, SPAN(everywhere), "c", why, sizeof(why)) == 0 &&
	    names_find(&found, &conf, why, sizeof(why)) == 0 &&
	    names_find(&again, &conf, why, sizeof(why)) == 0, "%s", why);
	CHECK(position(&found, "chat.example.org") == 0 &&
	    position(&found, "localhost") == 1 &&
	    position(&found, "2001:db8::1") == 2 &&
	    position(&found, "127.0.0.1") < found.count &&
	    position(&found, "::1") < found.count, "a name is missing");
	CHECK(found.list[found.count] == NULL && found.count == again.count,
	    "%zu and %zu names", found.count, again.count);
	for (i = 0; i < found.count; i++)
		CHECK(x509_is_name(found.list[i]) &&
		    position(&found, found.list[i]) == i &&
		    strcmp(found.list[i], again.list[i]) == 0,
		    "%s is there twice, or moves", found.list[i]);
	conf_free(&conf);
	CHECK(conf_parse(&conf, SPAN(one), "c", why, sizeof(why)) == 0 &&
	    names_find(&found, &conf, why, sizeof(why)) == 0 &&
	    position(&found, "10.9.8.7") == found.count - 1, "%s", why);
	conf_free(&conf);
	CHECK(conf_parse(&conf, SPAN(bad), "c", why, sizeof(why)) == 0 &&
	    names_find(&found, &conf, why, sizeof(why)) == -1 &&
	    strstr(why, "\"a.org:443\" is not a host name") != NULL, "%s",
	    why);
	conf_free(&conf);
}

/* ---- openssl ---- */

/* Dates as openssl shows them, for clocks of every kind. */
static void
test_dates(void)
{
	static const struct {
		uint64_t now;
		const char *begin, *end, *leaf_end;
		bool utc_time;
	} cases[] = {
		{ NOW, "Jan 14 08:00:00 2027", "Jan 14 08:00:00 2037",
		    "Feb 16 08:00:00 2028", true },
		{ 0, "Jan  1 00:00:00 1970", "Dec 31 23:59:59 2049",
		    "Dec 31 23:59:59 2049", true },
		{ UINT64_C(2300000000), "Nov 18 08:53:20 2042",
		    "Nov 18 08:53:20 2052", "Dec 21 08:53:20 2043", false }
	};
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		CHECK(keep(names, cases[i].now) == 1, "not made");
		must("openssl x509 -in ca.key -noout -dates");
		CHECK(has(cases[i].begin) && has(cases[i].end), "%zu: %s", i,
		    text_of("out"));
		must("openssl x509 -in s.crt -noout -dates");
		CHECK(has(cases[i].begin) && has(cases[i].leaf_end),
		    "%zu: %s", i, text_of("out"));
		must("openssl x509 -in ca.key | openssl asn1parse");
		CHECK(has("GENERALIZEDTIME") != cases[i].utc_time, "%zu: %s",
		    i, text_of("out"));
		remove_all();
	}
}

#define VERIFY "openssl verify -attime 1800000000 -x509_strict " \
	"-purpose sslserver -CAfile ca.crt "

static void
test_by_openssl(void)
{
	static const char *const long_name[] = { "a-name-of-more-than-sixty-"
	    "four-characters-which-is-too-long-for.example.org", NULL };

	CHECK(keep(names, NOW) == 1, "not made");
	must("openssl x509 -in ca.key -noout -text -nameopt RFC2253");
	CHECK(has("Version: 3") && has("CA:TRUE, pathlen:0") &&
	    has("Certificate Sign") && !has("CRL Sign") &&
	    has("Subject: CN=mnm relay relay.example.org "), "%s",
	    text_of("out"));
	must("openssl x509 -in ca.key -noout -fingerprint -sha256");
	CHECK(has(fingerprint()), "fingerprint: %s", text_of("out"));
	must("openssl x509 -in s.crt -noout -text -nameopt RFC2253");
	CHECK(has("Version: 3") && has("Issuer: CN=mnm relay relay") &&
	    has("Subject: CN=relay.example.org"), "names");
	CHECK(has("DNS:relay.example.org, DNS:localhost, "
	    "IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"),
	    "alternative names: %s", text_of("out"));
	CHECK(has("CA:FALSE") && has("TLS Web Server Authentication") &&
	    has("Digital Signature") && has("prime256v1") &&
	    has("ecdsa-with-SHA256"), "%s", text_of("out"));
	must("openssl x509 -in ca.key -out ca.crt");
	must("openssl pkey -in s.key -check -noout");
	must("openssl pkey -in ca.key -check -noout");
	must("openssl verify -attime 1800000000 -x509_strict -CAfile ca.crt "
	    "ca.crt");
	must(VERIFY "-verify_ip 127.0.0.1 s.crt");
	must(VERIFY "-verify_ip ::1 s.crt");
	must(VERIFY "-verify_hostname localhost s.crt");
	CHECK(run(VERIFY "-verify_hostname example.org s.crt") != 0,
	    "any name does");
	CHECK(run("openssl verify -attime 1800000000 -purpose sslclient "
	    "-CAfile ca.crt s.crt") != 0, "good for clients, too");
	CHECK(run("openssl verify -attime 1800000000 s.crt") != 0,
	    "trusted without the authority");
	/* What one leaf signs is worth nothing. */
	must("openssl req -new -newkey rsa:2048 -nodes -keyout e.key "
	    "-subj /CN=evil -out e.csr && openssl x509 -req -in e.csr "
	    "-CA s.crt -CAkey s.key -CAcreateserial -out e.crt");
	CHECK(run("openssl verify -CAfile ca.crt -untrusted s.crt e.crt") != 0,
	    "a leaf is an authority");
	/* Two of one name, and a renewed leaf. */
	must("mv ca.crt first.crt; cp s.crt first-leaf.crt");
	CHECK(keep(fewer, NOW) == 1, "not renewed");
	must("openssl verify -attime 1800000000 -x509_strict -CAfile "
	    "first.crt s.crt");
	must("rm ca.key s.crt s.key");
	CHECK(keep(names, NOW) == 1, "not made");
	must("openssl x509 -in ca.key -out ca.crt && cat first.crt >> ca.crt");
	must(VERIFY "s.crt");
	must(VERIFY "first-leaf.crt");
	remove_all();
	CHECK(keep(long_name, NOW) == 1, "not made");
	must("openssl x509 -in ca.key -out ca.crt");
	must(VERIFY "-verify_hostname a-name-of-more-than-sixty-four-"
	    "characters-which-is-too-long-for.example.org s.crt");
	remove_all();
}

int
main(void)
{
	char dir[] = "/tmp/mnm-authority-test-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		die("%s: %s", dir, strerror(errno));
	test_make();
	test_renew();
	test_refusals();
	test_after_crash();
	test_pin_text();
	test_pin();
	test_pin_damage();
	test_damage();
	test_names();
	if (run("openssl version") == 0) {
		remove_all();
		test_dates();
		test_by_openssl();
	} else {
		printf("authority_test: NO openssl HERE: its part is "
		    "skipped\n");
		remove_all();
	}
	CHECK(chdir("/") == 0 && rmdir(dir) == 0, "%s stays", dir);
	return check_report("authority");
}
