/*
 * Feed mail/ what nobody would send.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_mime -max_total_time=60 [COPY OF test/mail]
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "mail/field.h"
#include "mail/letter.h"
#include "mail/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_clean(struct span text, bool lines)
{
	uint32_t c;
	size_t i, n;

	for (i = 0; i < text.n; i += n) {
		n = utf8_take(text.p + i, text.n - i, &c);
		assert(n > 0 && (c < 0x7f || c >= 0xa0));
		assert(c >= 0x20 || (lines && (c == '\n' || c == '\t')));
	}
}

static void
check_fields(struct span head)
{
	static const char *const names[] = { "Subject", "From", "To",
	    "Content-Type", "Content-Disposition" };
	struct buf text = { NULL, 0, 0 }, address = { NULL, 0, 0 };
	struct span raw;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		raw = field_find(head, names[i]);
		text.n = 0;
		field_text(&text, raw);
		field_word(&text, raw);
		(void)field_parameter(&text, raw, "filename");
		check_clean(buf_span(&text), false);
		while (field_address(&raw, &text, &address)) {
			check_clean(buf_span(&text), false);
			check_clean(buf_span(&address), false);
			assert(address.n > 0);
		}
	}
	buf_free(&text);
	buf_free(&address);
}

/* What was read is written, and read again as the same files. */
static void
check_again(const struct mime *mail)
{
	struct letter_file file = { { NULL, 0 }, { NULL, 0 } };
	struct letter letter = { .from = SPAN("a@b"), .to = SPAN("c@d"),
	    .subject = buf_span(&mail->text), .files = &file, .count = 1,
	    .text = buf_span(&mail->text), .boundary = "x" };
	struct buf written = { NULL, 0, 0 };
	struct mime again;

	if (mail->count > 0) {
		file.name = span_of(mail->files[0].name);
		file.data = buf_span(&mail->files[0].data);
	}
	letter_write(&written, &letter);
	assert(mime_read(&again, buf_span(&written)) == NULL);
	assert(again.count == 1 &&
	    span_is(buf_span(&again.files[0].data), file.data));
	assert(mail->count == 0 ||
	    strcmp(again.files[0].name, mail->files[0].name) == 0);
	mime_free(&again);
	buf_free(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = { (const char *)data, size };
	struct mime mail;
	size_t i;

	if (mime_read(&mail, message) != NULL)
		return 0;
	check_fields(mail.head);
	check_clean(buf_span(&mail.text), true);
	for (i = 0; i < mail.count; i++) {
		check_clean(span_of(mail.files[i].name), false);
		assert(strpbrk(mail.files[i].name, "/\\") == NULL);
		assert(mail.files[i].name[0] != '.');
	}
	check_again(&mail);
	mime_free(&mail);
	return 0;
}
