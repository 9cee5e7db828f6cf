/*
 * mime_test.c - what is read in mail, good, bad and hostile, and that what is
 * written is read back.
 *
 *	mime_test		all tests, in the top directory
 *	mime_test FILE		show what is read in this message
 *
 * test/mail/ has messages, NAME.eml, each with what must be shown, NAME.txt.
 * test/mail/opinion.py compares with Python's email package.
 */
#include "mail/mime.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/field.h"
#include "mail/html.h"
#include "mail/letter.h"
#include "mail/transfer.h"
#include "test/lib/check.h"

#define MESSAGES "test/mail"
#define MESSAGES_MIN 40

/* ---- showing a message ---- */

static void
show_text(struct buf *to, struct span head, const char *field)
{
	struct span raw = field_find(head, field);

	if (raw.p == NULL)
		return;
	buf_addf(to, "%s: ", field);
	field_text(to, raw);
	buf_add_byte(to, '\n');
}

static void
show_addresses(struct buf *to, struct span head, const char *field)
{
	struct buf name = { NULL, 0, 0 }, address = { NULL, 0, 0 };
	struct span raw = field_find(head, field);

	while (field_address(&raw, &name, &address))
		buf_addf(to, "%s: [%.*s] <%.*s>\n", field, (int)name.n,
		    name.n > 0 ? name.p : "", (int)address.n, address.p);
	buf_free(&name);
	buf_free(&address);
}

static void
show(struct buf *to, const struct mime *mail)
{
	const struct mime_file *file;

	show_addresses(to, mail->head, "From");
	show_addresses(to, mail->head, "To");
	show_text(to, mail->head, "Subject");
	buf_addf(to, "Text: %zu\n", mail->text.n);
	if (mail->text.n > 0)
		buf_add(to, buf_span(&mail->text));
	for (file = mail->files; file < mail->files + mail->count; file++)
		buf_addf(to, "File: %s %zu %08lx\n", file->name, file->data.n,
		    (unsigned long)encode_crc32c(0, file->data.p,
		    file->data.n));
}

static struct buf
read_whole(const char *path)
{
	struct buf text = { NULL, 0, 0 };
	FILE *file = fopen(path, "r");
	size_t n;

	if (file == NULL)
		die("%s: %s", path, strerror(errno));
	do {
		n = fread(buf_room(&text, 65536), 1, 65536, file);
		text.n += n;
	} while (n > 0);
	(void)fclose(file);
	return text;
}

static int
show_file(const char *path)
{
	struct buf message = read_whole(path), shown = { NULL, 0, 0 };
	struct mime mail;
	const char *why = mime_read(&mail, buf_span(&message));

	if (why != NULL) {
		printf("%s\n", why);
	} else {
		show(&shown, &mail);
		fwrite(shown.p, 1, shown.n, stdout);
		mime_free(&mail);
	}
	buf_free(&shown);
	buf_free(&message);
	return why != NULL;
}

/* ---- what everything that was read must be ---- */

static bool
is_clean(struct span text, bool lines)
{
	uint32_t c;
	size_t i, n;

	for (i = 0; i < text.n; i += n) {
		n = utf8_take(text.p + i, text.n - i, &c);
		if (n == 0 || (c >= 0x7f && c < 0xa0))
			return false;
		if (c < 0x20 && (!lines || (c != '\n' && c != '\t')))
			return false;
	}
	return true;
}

static void
check_mail(const struct mime *mail, const char *what)
{
	struct buf subject = { NULL, 0, 0 };
	const char *name;
	size_t i;

	field_text(&subject, field_find(mail->head, "Subject"));
	CHECK(is_clean(buf_span(&subject), false), "%s: subject", what);
	CHECK(is_clean(buf_span(&mail->text), true), "%s: text", what);
	for (i = 0; i < mail->count; i++) {
		name = mail->files[i].name;
		CHECK(is_clean(span_of(name), false) && name[0] != '\0' &&
		    name[0] != '.' && strpbrk(name, "/\\") == NULL &&
		    strlen(name) <= MIME_NAME_MAX, "%s: name %s", what, name);
	}
	buf_free(&subject);
}

/* ---- the messages ---- */

static void
check_message(const char *name)
{
	struct buf message, expected, shown = { NULL, 0, 0 };
	char path[512];
	struct mime mail;
	const char *why;

	(void)snprintf(path, sizeof(path), MESSAGES "/%s", name);
	message = read_whole(path);
	memcpy(strrchr(path, '.'), ".txt", 4);
	expected = read_whole(path);
	why = mime_read(&mail, buf_span(&message));
	CHECK(why == NULL, "%s: %s", name, why);
	if (why == NULL) {
		show(&shown, &mail);
		check_mail(&mail, name);
		CHECK(span_is(buf_span(&shown), buf_span(&expected)),
		    "%s: shown is\n%.*s", name, (int)shown.n, shown.p);
		mime_free(&mail);
	}
	buf_free(&message);
	buf_free(&expected);
	buf_free(&shown);
}

static void
test_messages(void)
{
	DIR *dir = opendir(MESSAGES);
	struct dirent *entry;
	size_t n = 0;

	if (dir == NULL)
		die(MESSAGES ": %s", strerror(errno));
	while ((entry = readdir(dir)) != NULL) {
		if (strstr(entry->d_name, ".eml") == NULL)
			continue;
		check_message(entry->d_name);
		n++;
	}
	(void)closedir(dir);
	CHECK(n >= MESSAGES_MIN, "%zu messages", n);
}

/* ---- hostile messages ---- */

/* Parts within parts: what is too deep is a file. */
static void
test_nested(void)
{
	struct buf message = { NULL, 0, 0 };
	struct mime mail;
	unsigned i;

	buf_add(&message, SPAN("Subject: deep\n"));
	for (i = 0; i < 10000; i++)
		buf_addf(&message, "Content-Type: multipart/mixed; "
		    "boundary=b%u\n\n--b%u\n", i, i);
	buf_add(&message, SPAN("\nHello\n"));
	CHECK(mime_read(&mail, buf_span(&message)) == NULL, "nested");
	CHECK(mail.text.n == 0 && mail.count == 1, "nested: %zu files",
	    mail.count);
	CHECK(mail.count == 1 && mail.files[0].data.n > 400000 &&
	    strstr(mail.files[0].name, ".eml") != NULL, "the rest is kept");
	check_mail(&mail, "nested");
	mime_free(&mail);
	buf_free(&message);
}

static void
test_many(size_t parts, bool fits)
{
	struct buf message = { NULL, 0, 0 };
	struct mime mail;
	const char *why;
	size_t i;

	buf_add(&message, SPAN("Content-Type: multipart/mixed; boundary=b\n"));
	for (i = 0; i < parts; i++)
		buf_add(&message, SPAN("\n--b\n\nx\n"));
	why = mime_read(&mail, buf_span(&message));
	CHECK((why == NULL) == fits, "%zu parts", parts);
	if (why == NULL) {
		CHECK(mail.text.n == 3 * parts - 1, "%zu parts: %zu", parts,
		    mail.text.n);
		mime_free(&mail);
	}
	buf_free(&message);
}

/* A large message that is the same few bytes again and again. */
/* What must be quoted in an address stays quoted: else it is another one. */
static void
test_quoted_addresses(void)
{
	static const char *const lines[][2] = {
		{ "\"a b\"@x.org", "\"a b\"@x.org" },
		{ "Ann <\"a b\"@x.org>", "\"a b\"@x.org" },
		{ "\"a.b\"@x.org", "a.b@x.org" },
		{ "\"Ann, B.\" <\"a\" @ x.org>", "a@x.org" },
		{ "\"a\\\"b\"@x.org (Ann)", "\"a\\\"b\"@x.org" },
		{ "\"a\001b\r\n \\\002c\"@x.org", "\"ab c\"@x.org" }
	};
	struct buf name = { NULL, 0, 0 }, address = { NULL, 0, 0 };
	struct span raw;
	size_t i;

	for (i = 0; i < COUNT(lines); i++) {
		raw = span_of(lines[i][0]);
		CHECK(field_address(&raw, &name, &address) &&
		    span_is(buf_span(&address), span_of(lines[i][1])),
		    "%s: %.*s", lines[i][0], (int)address.n, address.p);
	}
	buf_free(&name);
	buf_free(&address);
}

static void
test_repeated(const char *head, const char *text)
{
	struct buf message = { NULL, 0, 0 }, name = { NULL, 0, 0 };
	struct buf address = { NULL, 0, 0 };
	struct mime mail;
	struct span raw;

	buf_add(&message, span_of(head));
	while (message.n < 60000)
		buf_add(&message, span_of(text));
	if (mime_read(&mail, buf_span(&message)) == NULL) {
		check_mail(&mail, text);
		raw = field_find(mail.head, "To");
		while (field_address(&raw, &name, &address))
			CHECK(is_clean(buf_span(&address), false), "%s", text);
		mime_free(&mail);
	}
	buf_free(&name);
	buf_free(&address);
	buf_free(&message);
}

static void
test_hostile(void)
{
	static const char *const heads[] = {
		"", "Subject: ", "To: ", "Content-Type: text/plain; x=",
		"Content-Type: text/html\n\n",
		"Content-Type: text/html\n\n<a href=",
		"Content-Transfer-Encoding: quoted-printable\n\n",
		"Content-Transfer-Encoding: base64\n\n",
		"Content-Type: multipart/mixed; boundary=b\n\n"
	};
	static const char *const texts[] = {
		"=?a?q? ", "=?a?q?x?= ", "=?", "(", "\\", "\"", "<", "&", "&#",
		"<!--", "<a \"", "<script", "<pre>\n", ";x*1=", ";name*0*=%ff",
		"--b\n", "--b--\n", " ", "=", "=\r", "\n ", "\n", "a:b\n",
		",a@b", "@a,", "<a@b>", "\xff", "\xc3", "=C3", "\xc2\x9b"
	};
	size_t i, k;

	test_nested();
	test_many(MIME_PARTS_MAX - 1, true);
	test_many(MIME_PARTS_MAX, false);
	test_many(10000, false);
	for (i = 0; i < COUNT(heads); i++) {
		for (k = 0; k < COUNT(texts); k++)
			test_repeated(heads[i], texts[k]);
	}
}

/* ---- pieces ---- */

static void
test_html(void)
{
	static const struct {
		const char *html, *text;
	} cases[] = {
		{ "<p>one</p>\n\n<p>two</p>", "one\n\ntwo" },
		{ "a<br>b<br/>c<br><br><br>d", "a\nb\nc\n\nd" },
		{ "  a   b\n c ", "a b c" },
		{ "<ul><li>x</li><li>y</li></ul>z", "* x\n* y\n\nz" },
		{ "<a href=\"https://a.example/\">here</a>.",
		    "here <https://a.example/>." },
		{ "<a href='https://a.example/'>https://a.example/</a>",
		    "https://a.example/" },
		{ "<a href=mailto:a@b.example>a@b.example</a>",
		    "a@b.example" },
		{ "<a href='javascript:alert(1)'>x</a>", "x" },
		{ "<script>x</script>a<style>y</style>b", "ab" },
		{ "a<!-- x -- > -->b", "ab" },
		{ "<!DOCTYPE html><title>t</title>a", "a" },
		{ "1 < 2 &amp; 3 &gt; 2 & &unknown; &#65;&#x42;",
		    "1 < 2 & 3 > 2 & &unknown; AB" },
		{ "&auml;&ouml;&euro;&#128;&#8364;&#xfffff;",
		    "\u00e4\u00f6\u20ac\u20ac\u20ac\U000fffff" },
		{ "&#0;&#27;&#155;&#xd800;&#x110000;&#99999999999;",
		    "&#99999999999;" },
		{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>",
		    "a b\nc" },
		{ "<pre>a  b\n  c</pre>d", "a  b\n  c\n\nd" },
		{ "<img alt='a picture' src=x><IMG SRC=y>", "a picture" },
		{ "<p title='>'>q</p>", "q" },
		{ "a&nbsp;&nbsp;b", "a b" }
	};
	struct buf text = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		text.n = 0;
		html_text(&text, span_of(cases[i].html));
		CHECK(text.n >= strlen(cases[i].text) &&
		    memcmp(text.p + text.n - strlen(cases[i].text),
		    cases[i].text, strlen(cases[i].text)) == 0 &&
		    is_clean(buf_span(&text), true), "%s: %.*s",
		    cases[i].html, (int)text.n, text.p);
	}
	buf_free(&text);
}

/* An address that is too long is cut off between two characters. */
static void
test_cut_link(void)
{
	struct buf html = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < 2; i++) {
		html.n = text.n = 0;
		buf_addf(&html, "<a href=\"https://a/%s", i == 0 ? "" : "a");
		while (html.n < 3000)
			buf_add(&html, SPAN("\u00fc"));
		buf_addf(&html, "\">here</a>");
		html_text(&text, buf_span(&html));
		CHECK(text.n > 1000 && text.n < 2100 &&
		    utf8_is_valid(text.p, text.n), "%zu bytes", text.n);
	}
	buf_free(&html);
	buf_free(&text);
}

/* A name that is cut off at a space ends before that. */
static void
test_cut_name(void)
{
	struct buf message = { NULL, 0, 0 };
	struct mime mail;
	size_t i;

	buf_add(&message, SPAN("Content-Type: x/y; name=\""));
	for (i = 1; i < MIME_NAME_MAX; i++)
		buf_add_byte(&message, 'n');
	buf_add(&message, SPAN(" more\"\n\ndata\n"));
	CHECK(mime_read(&mail, buf_span(&message)) == NULL, "cut name");
	CHECK(mail.count == 1 &&
	    strlen(mail.files[0].name) == MIME_NAME_MAX - 1, "cut name: %s",
	    mail.files[0].name);
	mime_free(&mail);
	buf_free(&message);
}

/* What was written is read back as it was, whatever the bytes. */
static void
test_transfer(void)
{
	struct buf bytes = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	struct buf back = { NULL, 0, 0 };
	size_t n, i, column;

	for (n = 0; n < 300; n++) {
		text.n = back.n = 0;
		transfer_write_base64(&text, buf_span(&bytes));
		transfer_read_base64(&back, buf_span(&text));
		CHECK(span_is(buf_span(&back), buf_span(&bytes)),
		    "base64 of %zu bytes", n);
		text.n = back.n = 0;
		transfer_write_quoted(&text, buf_span(&bytes));
		transfer_read_quoted(&back, buf_span(&text));
		CHECK(span_is(buf_span(&back), buf_span(&bytes)),
		    "quoted-printable of %zu bytes", n);
		for (i = column = 0; i < text.n; i++) {
			column = text.p[i] == '\n' ? 0 : column + 1;
			CHECK(column <= 76, "column %zu", column);
		}
		buf_add_byte(&bytes, (char)(n * 7 + n / 256));
	}
	buf_free(&bytes);
	buf_free(&text);
	buf_free(&back);
}

static void
test_address_forms(void)
{
	static const char *const bad[] = { "", "a", "@a", "a@", "a b@c",
	    "a@b@c", "-f@x", "a@b\n", "a,b@c", "<a@b>", "a|b@c", "\"a\"@b",
	    "a@\xc3\xa9" };
	size_t i;

	CHECK(letter_is_address(SPAN("a.b+c=d_e@x-y.example")), "address");
	for (i = 0; i < COUNT(bad); i++)
		CHECK(!letter_is_address(span_of(bad[i])), "%s", bad[i]);
}

/* ---- letters ---- */

static const char *const letter_texts[] = {
	"", "Hello\n", "no newline", "From here on\n.\n..\n", "a\tb  \n \n\n",
	"\u00e4\u00f6\u00fc \u20ac \U0001f600\n", "=\n==\n=_x\n",
	"--=_boundary--\n", "line\nFrom: x@y\n\nSubject: no\n"
};

static const char *const letter_lines[] = {
	"Hello", "a \"quoted\" \\ name, (with) <all>", "\u00dcber uns",
	"injected\nBcc: x@y.example", "=?utf-8?q?x?=", "  two  spaces  inside",
	"a very long line that must be folded somewhere, as it has more than "
	"seventy-six characters, and again, as it has so many of them",
	"\u65e5\u672c\u8a9e\u306e\u3068\u3066\u3082\u9577\u3044\u884c\u3001"
	"\u65e5\u672c\u8a9e\u306e\u3068\u3066\u3082\u9577\u3044\u884c"
};

/* As field_text shows a line. */
static struct buf
shown_line(const char *line)
{
	struct buf text = { NULL, 0, 0 };
	size_t i;

	while (*line == ' ')
		line++;
	for (i = 0; line[i] != '\0'; i++)
		buf_add_byte(&text, line[i] == '\n' ? ' ' : line[i]);
	return text;
}

static void
check_letter(const char *text, const char *line)
{
	struct letter_file files[] = { { SPAN("a.png"), SPAN("\0\1\2") },
	    { { NULL, 0 }, SPAN("From x\n") } };
	struct letter letter = { .from_name = span_of(line),
	    .from = SPAN("a@x.example"), .to = SPAN("b@y.example"),
	    .subject = span_of(line), .id = SPAN("1@x"),
	    .reply_to_id = span_of(line), .wall = UINT64_C(1795745659000),
	    .text = span_of(text), .files = files, .count = 2,
	    .boundary = "boundary" };
	struct buf written = { NULL, 0, 0 }, shown = { NULL, 0, 0 };
	struct buf name = { NULL, 0, 0 }, address = { NULL, 0, 0 };
	struct buf expected = shown_line(line);
	struct mime mail;
	struct span raw;
	size_t i, column;

	files[1].name = span_of(line);
	letter_write(&written, &letter);
	for (i = column = 0; i < written.n; i++) {
		CHECK((written.p[i] >= ' ' && written.p[i] <= '~') ||
		    written.p[i] == '\n' || written.p[i] == '\t',
		    "%s: byte %d", line, written.p[i]);
		column = written.p[i] == '\n' ? 0 : column + 1;
		CHECK(column < 998, "%s: long line", line);
	}
	CHECK(mime_read(&mail, buf_span(&written)) == NULL, "%s", line);
	CHECK(field_count(mail.head, "Bcc") == 0, "injected: %s", line);
	CHECK(field_count(mail.head, "Subject") == 1, "subject: %s", line);
	field_text(&shown, field_find(mail.head, "Subject"));
	CHECK(span_is(buf_span(&shown), buf_span(&expected)), "%s: %.*s", line,
	    (int)shown.n, shown.p);
	raw = field_find(mail.head, "From");
	CHECK(field_address(&raw, &name, &address) &&
	    span_is(buf_span(&address), letter.from) &&
	    span_is(buf_span(&name), buf_span(&expected)), "%s: from %.*s",
	    line, (int)name.n, name.p);
	CHECK(mail.count == 2 && strcmp(mail.files[0].name, "a.png") == 0 &&
	    span_is(buf_span(&mail.files[0].data), files[0].data) &&
	    span_is(buf_span(&mail.files[1].data), files[1].data),
	    "%s: %zu files", line, mail.count);
	check_mail(&mail, line);
	/* Reading removes empty lines at the end. */
	for (i = strlen(text); i > 0 && strchr(" \n", text[i - 1]) != NULL; )
		i--;
	CHECK(mail.text.n == i + (i > 0) && memcmp(mail.text.n > 0 ?
	    mail.text.p : "", text, i) == 0, "%s: %.*s", text,
	    (int)mail.text.n, mail.text.p);
	mime_free(&mail);
	buf_free(&written);
	buf_free(&shown);
	buf_free(&name);
	buf_free(&address);
	buf_free(&expected);
}

static void
test_letters(void)
{
	size_t i, k;

	for (i = 0; i < COUNT(letter_texts); i++) {
		for (k = 0; k < COUNT(letter_lines); k++)
			check_letter(letter_texts[i], letter_lines[k]);
	}
}

/* Write a letter to a file, for other programs to read. */
static int
write_sample(void)
{
	struct letter_file file = { SPAN("\u00dcbersicht.txt"),
	    SPAN("1\n2\n") };
	struct letter letter = { .from_name = SPAN("Zo\u00eb, on a relay"),
	    .from = SPAN("zoe@x.example"), .to_name = SPAN("Bob \"B\" Jones"),
	    .to = SPAN("bob@y.example"),
	    .subject = SPAN("\u65e5\u672c\u8a9e: a subject that is so long "
	    "that it takes several encoded words, with \u00fc and \u20ac in "
	    "it"),
	    .id = SPAN("1@x.example"), .reply_to_id = SPAN("0@y.example"),
	    .wall = UINT64_C(1795745659000), .gateway = SPAN("x"),
	    .automatic = true, .text = SPAN("Gr\u00fc\u00dfe\n.\nFrom here, a "
	    "line that is much too long for the seventy-six characters of a "
	    "line\n"),
	    .files = &file, .count = 1, .boundary = "sample" };
	struct buf written = { NULL, 0, 0 };

	letter_write(&written, &letter);
	fwrite(written.p, 1, written.n, stdout);
	buf_free(&written);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--sample") == 0)
		return write_sample();
	if (argc == 2)
		return show_file(argv[1]);
	test_messages();
	test_hostile();
	test_html();
	test_cut_link();
	test_cut_name();
	test_transfer();
	test_address_forms();
	test_quoted_addresses();
	test_letters();
	return check_report("mime");
}
