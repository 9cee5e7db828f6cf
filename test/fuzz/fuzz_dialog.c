/*
 * Feed a client's session, and its reader of posts, what no relay would send.
 * Built with make fuzz:
 *
 *	test/fuzz/fuzz_dialog -max_total_time=60
 *
 * The first byte says where the input is cut; the story must be the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "client/dialog.h"
#include "client/post_form.h"
#include "client/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
read_post(const struct reply *r, uint64_t datahead)
{
	struct post_form form;
	char name[POST_FORM_NAME];
	size_t i;

	post_form_read(&form, r->data, datahead);
	assert(form.text.n <= r->data.n);
	for (i = 0; i < form.attachment_count; i++) {
		post_form_safe_name(name, form.attachments[i].name);
		assert(strchr(name, '/') == NULL && name[0] != '.' &&
		    name[0] != '\0');
	}
	post_form_free(&form);
}

static void
feed(struct dialog *d, struct span bytes, struct buf *story)
{
	enum dialog_event event;
	struct buf text = { NULL, 0, 0 };
	struct reply r;

	while ((event = dialog_read(d, &bytes, &r, 0)) != DIALOG_MORE) {
		if (event == DIALOG_PIECE) {
			assert(r.data.n > 0);
			continue;
		}
		buf_add_byte(story, (char)event);
		if (event == DIALOG_LARGE_END || event == DIALOG_OVER)
			continue;
		(void)wire_text(&r, "alias", &text);
		if (event == DIALOG_MESSAGE) {
			read_post(&r, wire_number(&r, "datahead"));
			read_post(&r, r.data.n / 2);
		}
	}
	buf_free(&text);
}

static void
run(struct span bytes, size_t step, struct buf *story)
{
	struct dialog *d = dialog_open(DIALOG_2020);
	struct span piece;
	size_t n;

	dialog_login(d, SPAN("u"), SPAN("n"), 0);
	while (dialog_out(d, &piece))
		dialog_sent(d, piece.n);
	for (; bytes.n > 0; bytes.p += n, bytes.n -= n) {
		n = step < bytes.n ? step : bytes.n;
		feed(d, (struct span){ bytes.p, n }, story);
	}
	(void)dialog_tick(d, 1);
	dialog_close(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char welcome[] = "0019{\"op\":\"tmtprev\",\"id\":\"1\"}"
	    "000d{\"op\":\"info\"}";
	struct buf bytes = { NULL, 0, 0 };
	struct buf whole = { NULL, 0, 0 }, parts = { NULL, 0, 0 };
	struct reply r = { .data = { (const char *)p, n } };

	if (n == 0)
		return 0;
	read_post(&r, n / 2);
	if (p[0] & 1)
		buf_add(&bytes, SPAN(welcome));
	buf_add(&bytes, (struct span){ (const char *)p + 1, n - 1 });
	run(buf_span(&bytes), SIZE_MAX, &whole);
	run(buf_span(&bytes), 1 + p[0] / 2, &parts);
	assert(span_is(buf_span(&whole), buf_span(&parts)));
	buf_free(&bytes);
	buf_free(&whole);
	buf_free(&parts);
	return 0;
}
