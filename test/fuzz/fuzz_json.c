/*
 * Feed json.c what nobody would write.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_json -max_total_time=60
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Read any text as if it were a request; the readers take what comes. */
static void
read_request(struct span text)
{
	struct json j;
	struct span key;
	unsigned turn = 0;

	json_begin(&j, text);
	json_object(&j);
	while (json_key(&j, &key)) {
		(void)json_is(key, SPAN("datalen"));
		if (json_null(&j))
			continue;
		switch (turn++ % 5) {
		case 0:
			(void)json_uint(&j, 65535);
			break;
		case 1:
			(void)json_string(&j);
			break;
		case 2:
			(void)json_bool(&j);
			break;
		case 3:
			json_array(&j);
			while (json_item(&j))
				json_skip(&j);
			break;
		default:
			json_skip(&j);
		}
	}
	(void)json_done(&j);
}

/* What raw means is UTF-8, no longer than raw, and raw is its own name. */
static struct span
meaning(struct span raw, char *dst)
{
	struct span text = { dst, json_text(dst, raw) };

	assert(text.n <= raw.n);
	assert(utf8_is_valid(text.p, text.n));
	assert(json_is(raw, text));
	return text;
}

/* Read an array of strings and write it again; false if it is none. */
static bool
copy_strings(struct span text, struct buf *to)
{
	char *room = xalloc(text.n);
	struct json j;

	json_put_open(to, '[');
	json_begin(&j, text);
	json_array(&j);
	while (json_item(&j))
		json_put_string(to, NULL, meaning(json_string(&j), room));
	json_put_close(to, ']');
	free(room);
	return json_done(&j);
}

/* The scanner and the writer agree, and the canonical form is a fixed point. */
static void
check_copy(struct span text)
{
	struct buf once = { NULL, 0, 0 }, twice = { NULL, 0, 0 };

	if (copy_strings(text, &once)) {
		assert(copy_strings(buf_span(&once), &twice));
		assert(span_is(buf_span(&once), buf_span(&twice)));
	}
	buf_free(&once);
	buf_free(&twice);
}

/* UTF-8 comes through the writer and the scanner unchanged. */
static void
check_string(struct span text)
{
	struct buf b = { NULL, 0, 0 };
	struct json j;
	char *room;

	if (!utf8_is_valid(text.p, text.n))
		return;
	json_put_string(&b, NULL, text);
	room = xalloc(b.n);
	json_begin(&j, buf_span(&b));
	assert(span_is(meaning(json_string(&j), room), text));
	assert(json_done(&j));
	free(room);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *copy = xalloc(n);
	struct span text = { copy, n };
	struct json j;

	if (n > 0)
		memcpy(copy, data, n);
	json_begin(&j, text);
	json_skip(&j);
	if (json_done(&j))
		assert(utf8_is_valid(text.p, text.n));
	read_request(text);
	check_copy(text);
	check_string(text);
	free(copy);
	return 0;
}
