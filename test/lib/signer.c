#include "test/lib/signer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/lib/scratch.h"

#define TEXT 4096

static char scratch[] = "/tmp/mnm-signer-XXXXXX";

/* Run a command in the scratch directory; its output goes to the file out. */
static void
run(const char *command)
{
	char line[TEXT + 80];

	(void)snprintf(line, sizeof(line), "cd %s && { %s; } 2>>errors",
	    scratch, command);
	if (system(line) != 0) {
		fprintf(stderr, "signer: %s fails\n", command);
		exit(1);
	}
}

static struct buf
read_output(const char *name)
{
	struct buf b = { NULL, 0, 0 };
	char path[TEXT];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", scratch, name);
	fd = open(path, O_RDONLY);
	while (fd != -1 && (n = read(fd, buf_room(&b, TEXT), TEXT)) > 0)
		b.n += (size_t)n;
	if (fd != -1)
		(void)close(fd);
	return b;
}

static void
write_input(const char *name, struct span text)
{
	char path[TEXT];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", scratch, name);
	f = fopen(path, "w");
	if (f == NULL || fwrite(text.p, 1, text.n, f) != text.n ||
	    fclose(f) != 0)
		exit(1);
}

static void
add_base64url(struct buf *b, struct span bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, count = 0;
	size_t i;

	for (i = 0; i < bytes.n; i++) {
		bits = bits << 8 | (unsigned char)bytes.p[i];
		for (count += 8; count >= 6; count -= 6)
			buf_add_byte(b, digits[bits >> (count - 6) & 63]);
	}
	if (count > 0)
		buf_add_byte(b, digits[bits << (6 - count) & 63]);
}

/* ---- keys ---- */

void
signer_make_rsa(const char *name, unsigned size)
{
	char command[TEXT];

	(void)snprintf(command, sizeof(command), "openssl genrsa -out %s.pem "
	    "%u && openssl rsa -in %s.pem -modulus -noout | sed s/.*=// >%s.n",
	    name, size, name, name);
	run(command);
}

void
signer_make_ec(const char *name, const char *curve)
{
	char command[TEXT];

	(void)snprintf(command, sizeof(command), "openssl ecparam -genkey "
	    "-noout -name %s -out %s.pem && openssl ec -in %s.pem -pubout "
	    "-outform DER -out %s.der", curve, name, name, name);
	run(command);
}

void
signer_add_rsa(struct buf *b, const char *name, const char *more)
{
	char file[64];
	struct buf hex, bytes = { NULL, 0, 0 };
	unsigned byte;
	size_t i;

	(void)snprintf(file, sizeof(file), "%s.n", name);
	hex = read_output(file);
	for (i = 0; i + 1 < hex.n && sscanf(hex.p + i, "%2x", &byte) == 1;
	    i += 2)
		buf_add_byte(&bytes, (char)byte);
	buf_addf(b, "{\"kty\":\"RSA\",\"kid\":\"%s\",\"e\":\"AQAB\",\"n\":\"",
	    name);
	add_base64url(b, buf_span(&bytes));
	buf_addf(b, "\"%s}", more);
	buf_free(&hex);
	buf_free(&bytes);
}

void
signer_add_ec(struct buf *b, const char *name, const char *curve,
    const char *more)
{
	char file[64];
	struct buf der;
	const char *point;

	(void)snprintf(file, sizeof(file), "%s.der", name);
	der = read_output(file);
	point = der.p + der.n - 64;
	buf_addf(b, "{\"kty\":\"EC\",\"crv\":\"%s\",\"kid\":\"%s\",\"x\":\"",
	    curve, name);
	add_base64url(b, (struct span){ point, 32 });
	buf_add(b, SPAN("\",\"y\":\""));
	add_base64url(b, (struct span){ point + 32, 32 });
	buf_addf(b, "\"%s}", more);
	buf_free(&der);
}

/* ---- tokens ---- */

/* The two integers of an ECDSA signature in DER, as 64 bytes. */
static void
add_raw_signature(struct buf *b, const struct buf *der)
{
	const unsigned char *p = (const unsigned char *)der->p + 2;
	char raw[64] = { 0 };
	size_t i, n;

	for (i = 0; i < 2; i++) {
		n = p[1];
		p += 2;
		if (n == 33) {
			p++;
			n--;
		}
		memcpy(raw + 32 * i + 32 - n, p, n);
		p += n;
	}
	add_base64url(b, (struct span){ raw, sizeof(raw) });
}

/* Sign header and claims with a key that was made here. */
struct buf
signer_sign(const char *key, const char *digest, const char *header,
    const char *claims)
{
	struct buf token = { NULL, 0, 0 }, signature;
	char command[TEXT];

	add_base64url(&token, span_of(header));
	buf_add_byte(&token, '.');
	add_base64url(&token, span_of(claims));
	write_input("signed", buf_span(&token));
	(void)snprintf(command, sizeof(command), "openssl dgst -%s -sign "
	    "%s.pem -out signature signed", digest, key);
	run(command);
	signature = read_output("signature");
	buf_add_byte(&token, '.');
	if (key[0] == 'e')
		add_raw_signature(&token, &signature);
	else
		add_base64url(&token, buf_span(&signature));
	buf_free(&signature);
	return token;
}

void
signer_open(void)
{
	(void)close(scratch_make(scratch));
}

void
signer_close(void)
{
	scratch_remove(AT_FDCWD, scratch);
}

size_t
signer_decode(unsigned char *dst, struct span text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, have = 0;
	const char *at;
	size_t i, n = 0;

	for (i = 0; i < text.n; i++) {
		at = strchr(digits, text.p[i]);
		if (at == NULL || *at == '\0')
			return 0;
		bits = bits << 6 | (unsigned)(at - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			dst[n++] = (unsigned char)(bits >> have & 0xff);
		}
	}
	return n;
}
