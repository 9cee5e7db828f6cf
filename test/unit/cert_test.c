/*
 * cert.c: what cert_read says of everything that openssl can write, and of
 * damage.  Without openssl only the latter runs.
 */
#include "net/cert.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "net/authority.h"
#include "test/lib/check.h"

#define NOW UINT64_C(1800000000)	/* 2027-01-15 */

static const char *const names[] = {
	"relay.example.org", "localhost", "127.0.0.1", "::1", NULL
};

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

/* Run what must succeed. */
static void
must(const char *command)
{
	CHECK(run(command) == 0, "this fails: %s", command);
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

static void
remove_all(void)
{
	CHECK(system("rm -rf ./*") == 0, "files stay");
}

/* Read a pair, which must be good. */
static void
must_read(struct cert *cert, const char *cert_path, const char *key_path)
{
	char why[500] = "";

	CHECK(cert_read(cert, cert_path, key_path, why, sizeof(why)) == 0,
	    "%s", why);
}

/* ... and is of this kind. */
static void
good(const char *what, const char *cert_path, const char *key_path,
    enum cert_kind kind)
{
	struct cert cert;

	must_read(&cert, cert_path, key_path);
	CHECK(cert.kind == kind && cert.chain_length > 0, "%s: kind", what);
	CHECK(strlen(cert.fingerprint) == CERT_FINGERPRINT_TEXT,
	    "%s: fingerprint %s", what, cert.fingerprint);
	cert_free(&cert);
	cert_free(&cert);
}

/* Read a pair that must be refused with these words and a file's name. */
static void
bad(const char *cert_path, const char *key_path, const char *words)
{
	struct cert cert;
	char why[500] = "";
	int result;

	result = cert_read(&cert, cert_path, key_path, why, sizeof(why));
	CHECK(result == -1, "%s, %s: accepted, want: %s", cert_path, key_path,
	    words);
	CHECK(strstr(why, words) != NULL, "%s, %s: said \"%s\", want \"%s\"",
	    cert_path, key_path, why, words);
	CHECK(strncmp(why, cert_path, strlen(cert_path)) == 0 ||
	    strncmp(why, key_path, strlen(key_path)) == 0,
	    "names no file: %s", why);
	if (result == 0)
		cert_free(&cert);
}

static void
make(const char *const *for_names, uint64_t now)
{
	const struct authority_files files = { "s.ca", "s.crt", "s.key" };
	char why[500] = "";

	CHECK(authority_keep(&files, for_names, now, why, sizeof(why)) == 1,
	    "%s", why);
}

#define REQ "openssl req -x509 -subj /CN=t -days 36000 "

/* Every form of key that TLS 1.2 can use. */
static void
test_key_forms(void)
{
	static const char *const curves[] = {
		"prime256v1", "secp384r1", "secp521r1"
	};
	char line[500];
	size_t i;

	for (i = 0; i < 3; i++) {
		(void)snprintf(line, sizeof(line), "openssl ecparam -genkey "
		    "-name %s -out sec1.pem && " REQ "-key sec1.pem -out c.pem"
		    " && openssl pkcs8 -topk8 -nocrypt -in sec1.pem "
		    "-out p8.pem && openssl ec -in sec1.pem -out bare.pem",
		    curves[i]);
		must(line);
		good("SEC1 after EC PARAMETERS", "c.pem", "sec1.pem", CERT_EC);
		good("SEC1", "c.pem", "bare.pem", CERT_EC);
		good("EC in PKCS#8", "c.pem", "p8.pem", CERT_EC);
	}
	must("openssl genrsa -traditional -out p1.pem 2048 && " REQ
	    "-key p1.pem -out r.pem && openssl pkcs8 -topk8 -nocrypt "
	    "-in p1.pem -out rp8.pem");
	good("RSA in PKCS#1", "r.pem", "p1.pem", CERT_RSA);
	good("RSA in PKCS#8", "r.pem", "rp8.pem", CERT_RSA);
	must("cat p1.pem r.pem > both.pem");
	good("one file", "both.pem", "both.pem", CERT_RSA);
	must("printf %s \"$(cat r.pem)\" > r-bare.pem; "
	    "printf %s \"$(cat p1.pem)\" > p1-bare.pem");
	good("no newline at the end", "r-bare.pem", "p1-bare.pem", CERT_RSA);
	must("sed 's/$/\r/' r.pem > r-crlf.pem; "
	    "sed 's/$/\r/' p1.pem > p1-crlf.pem");
	good("CR LF", "r-crlf.pem", "p1-crlf.pem", CERT_RSA);
	must("(echo; openssl x509 -in r.pem -text) > r-text.pem");
	good("text around", "r-text.pem", "p1.pem", CERT_RSA);
	bad("r.pem", "sec1.pem", "does not match");
	bad("c.pem", "p1.pem", "does not match");
	must("openssl genrsa -out other.pem 2048");
	bad("r.pem", "other.pem", "does not match");
	must(REQ "-newkey rsa:4096 -nodes -keyout k4.pem -out r4.pem");
	good("RSA of 4096 bits", "r4.pem", "k4.pem", CERT_RSA);
	must("openssl ecparam -genkey -noout -name secp521r1 -out oth2.pem");
	bad("c.pem", "oth2.pem", "does not match");
	remove_all();
}

static void
test_bad_keys(void)
{
	static const struct {
		const char *command;	/* makes the files that are new */
		const char *cert_path, *key_path, *words;
	} cases[] = {
		{ REQ "-newkey rsa:2048 -nodes -keyout k.pem -out c.pem",
		    "c.pem", "c.pem", "contains no private key" },
		{ "openssl rsa -in k.pem -traditional -aes128 -passout pass:x "
		    "-out old.pem", "c.pem", "old.pem", "encrypted" },
		{ "openssl pkcs8 -topk8 -in k.pem -passout pass:x "
		    "-out new.pem", "c.pem", "new.pem", "encrypted" },
		{ "openssl genpkey -algorithm ed25519 -out ed.pem",
		    "c.pem", "ed.pem", "Ed25519" },
		{ REQ "-key ed.pem -out edc.pem",
		    "edc.pem", "k.pem", "Ed25519" },
		{ ":", "k.pem", "k.pem", "contains no certificate" },
		{ ":", "c.pem", "absent", "No such file" },
		{ ":", "absent", "k.pem", "No such file" },
		{ ":", "c.pem", ".", "Is a directory" },
		{ ": >empty", "c.pem", "empty", "contains no private key" },
		{ ":", "empty", "k.pem", "contains no certificate" },
		{ "openssl rsa -in k.pem -outform DER -out k.der",
		    "c.pem", "k.der", "contains no private key" },
		{ "head -n 9 k.pem >cut.pem", "c.pem", "cut.pem", "damaged" },
		{ "head -n 9 c.pem >cutc.pem", "cutc.pem", "k.pem", "damaged" },
		{ "(head -n 9 k.pem; tail -n 1 k.pem) >short.pem",
		    "c.pem", "short.pem", "damaged" },
		{ "sed 's/^MII/!!!/' k.pem >odd.pem",
		    "c.pem", "odd.pem", "damaged" },
		{ "head -c 300000 /dev/zero >large.pem",
		    "c.pem", "large.pem", "too large" }
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		must(cases[i].command);
		bad(cases[i].cert_path, cases[i].key_path, cases[i].words);
	}
	remove_all();
}

static void
test_dates(void)
{
	struct cert cert;
	char why[500] = "";

	must("openssl ecparam -genkey -noout -name prime256v1 -out k.pem && "
	    "openssl req -x509 -key k.pem -subj /CN=t -days 30 -out c.pem");
	must_read(&cert, "c.pem", "k.pem");
	CHECK(cert_check_dates(&cert, "c.pem", 4000000000, why,
	    sizeof(why)) == -1 && strstr(why, "expired on 20") != NULL &&
	    strstr(why, "the clock says 2096-10-02") != NULL, "%s", why);
	CHECK(cert_check_dates(&cert, "c.pem", 0, why, sizeof(why)) == -1 &&
	    strstr(why, "not valid before 20") != NULL &&
	    strstr(why, "the clock says 1970-01-01") != NULL, "%s", why);
	cert_free(&cert);
	remove_all();
}

static void
test_chain(void)
{
	struct cert cert;

	must("openssl ecparam -genkey -noout -name secp384r1 -out ca.key && "
	    REQ "-key ca.key -out ca.pem && "
	    "openssl ecparam -genkey -noout -name prime256v1 -out k.pem && "
	    "openssl req -new -key k.pem -subj /CN=leaf -out k.csr && "
	    "openssl x509 -req -in k.csr -CA ca.pem -CAkey ca.key -days 36000 "
	    "-CAcreateserial -out leaf.pem && cat leaf.pem ca.pem > full.pem "
	    "&& cat ca.pem leaf.pem > wrong.pem");
	must_read(&cert, "full.pem", "k.pem");
	CHECK(cert.chain_length == 2, "%zu certificates", cert.chain_length);
	CHECK(cert.issuer_key_type == BR_KEYTYPE_EC, "issuer");
	cert_free(&cert);
	bad("wrong.pem", "k.pem", "first certificate in wrong.pem");
	must("cat leaf.pem ca.pem ca.pem ca.pem ca.pem ca.pem ca.pem ca.pem "
	    "ca.pem > many.pem");
	bad("many.pem", "k.pem", "more than 8 certificates");
	remove_all();
}

/* Each byte of both files replaced: a sentence or a pair, never a crash. */
static void
test_damage(void)
{
	struct cert cert;
	char why[500], text[8000];
	size_t i, n, refused = 0;
	FILE *f;

	make(names, NOW);
	n = strlen(text_of("s.crt"));
	CHECK(n < sizeof(text), "%zu bytes", n);
	(void)snprintf(text, sizeof(text), "%s", text_of("s.crt"));
	for (i = 0; i < n; i++) {
		text[i] ^= 2;
		f = fopen("d.crt", "w");
		CHECK(f != NULL && fwrite(text, 1, n, f) == n &&
		    fclose(f) == 0, "d.crt");
		text[i] ^= 2;
		if (cert_read(&cert, "d.crt", "s.key", why, sizeof(why)) == 0)
			cert_free(&cert);
		else
			refused++;
	}
	CHECK(refused > n / 4, "%zu of %zu refused", refused, n);
	remove_all();
}

int
main(void)
{
	char dir[] = "/tmp/mnm-cert-test-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		die("%s: %s", dir, strerror(errno));
	test_damage();
	if (run("openssl version") == 0) {
		remove_all();
		test_key_forms();
		test_bad_keys();
		test_dates();
		test_chain();
	} else {
		printf("cert_test: NO openssl HERE: most cases are skipped\n");
		remove_all();
	}
	CHECK(chdir("/") == 0 && rmdir(dir) == 0, "%s stays", dir);
	return check_report("cert");
}
