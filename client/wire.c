#include "client/wire.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "json.h"

#define LENGTH     4		/* hexadecimal digits before each header */
#define HEADER_MAX 0xffff

enum { DATALEN = 1, HEADSUM };

static const struct json_field fields[] = {
	{ "op",      0,       JSON_RAW,   offsetof(struct reply, op) },
	{ "id",      0,       JSON_RAW,   offsetof(struct reply, id) },
	{ "from",    0,       JSON_RAW,   offsetof(struct reply, from) },
	{ "msgid",   0,       JSON_RAW,   offsetof(struct reply, msgid) },
	{ "error",   0,       JSON_RAW,   offsetof(struct reply, error) },
	{ "uid",     0,       JSON_RAW,   offsetof(struct reply, uid) },
	{ "nodeid",  0,       JSON_RAW,   offsetof(struct reply, nodeid) },
	{ "datalen", DATALEN, JSON_OTHER, 0 },
	{ "headsum", HEADSUM, JSON_OTHER, 0 }
};

void
wire_frame(struct buf *b, struct span header, struct span data)
{
	assert(header.n <= HEADER_MAX);
	buf_addf(b, "%04x", (unsigned)header.n);
	buf_add(b, header);
	buf_add(b, data);
}

/* False unless it is a JSON object with an op. */
static bool
read_header(struct reply *r)
{
	struct json_reader reader = { .fields = fields,
	    .count = sizeof(fields) / sizeof(fields[0]), .to = r };
	const struct json_field *field;
	struct json j;

	json_begin(&j, r->header);
	json_object(&j);
	while ((field = json_next_field(&j, &reader)) != NULL) {
		if (field->bit == DATALEN) {
			r->data.n = (size_t)json_uint(&j, INT32_MAX);
		} else {
			r->headsum.p = reader.key.p + reader.key.n + 2;
			(void)json_uint(&j, UINT32_MAX);
			r->headsum.n = (size_t)(j.p - r->headsum.p);
		}
	}
	return json_done(&j) && r->op.p != NULL;
}

/* The value of the digits before a header, or -1. */
static long
header_length(const char *p)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *digit;
	long length = 0;
	int i;

	for (i = 0; i < LENGTH; i++) {
		digit = memchr(digits, p[i], sizeof(digits) - 1);
		if (digit == NULL)
			return -1;
		length = length * 16 + (digit - digits) % 16;
	}
	return length;
}

enum wire_result
wire_head(struct reply *r, struct span bytes)
{
	long length;

	*r = (struct reply){ .bytes = LENGTH };
	if (bytes.n < r->bytes)
		return WIRE_PART;
	length = header_length(bytes.p);
	if (length == -1)
		return WIRE_INVALID;
	r->bytes += (size_t)length;
	if (bytes.n < r->bytes)
		return WIRE_PART;
	r->header = (struct span){ bytes.p + LENGTH, (size_t)length };
	return read_header(r) ? WIRE_FRAME : WIRE_INVALID;
}

enum wire_result
wire_read(struct reply *r, struct span bytes)
{
	enum wire_result result = wire_head(r, bytes);

	if (result != WIRE_FRAME)
		return result;
	r->data.p = bytes.p + r->bytes;
	r->bytes += r->data.n;
	return bytes.n < r->bytes ? WIRE_PART : WIRE_FRAME;
}

/* Find a member of the header; its value is next.  The header is valid. */
static bool
find_member(struct json *j, const struct reply *r, const char *key)
{
	struct span found;

	json_begin(j, r->header);
	json_object(j);
	while (json_key(j, &found)) {
		if (json_is(found, span_of(key)))
			return !json_null(j);
		json_skip(j);
	}
	return false;
}

bool
wire_read_request(struct reply *r, struct span bytes)
{
	long length = bytes.n < LENGTH ? -1 : header_length(bytes.p);
	struct json j;

	*r = (struct reply){ .bytes = bytes.n };
	if (length == -1 || bytes.n < LENGTH + (size_t)length)
		return false;
	r->header = (struct span){ bytes.p + LENGTH, (size_t)length };
	r->data = (struct span){ r->header.p + r->header.n,
	    bytes.n - LENGTH - r->header.n };
	if (find_member(&j, r, "id"))
		r->id = json_string(&j);
	return r->id.p != NULL && wire_number(r, "datalen") == r->data.n;
}

bool
wire_text(const struct reply *r, const char *key, struct buf *to)
{
	struct json j;
	struct span raw;

	if (!find_member(&j, r, key))
		return false;
	raw = json_string(&j);
	if (raw.p == NULL)
		return false;
	to->n += json_text(buf_room(to, raw.n), raw);
	return true;
}

uint64_t
wire_number(const struct reply *r, const char *key)
{
	struct json j;

	return find_member(&j, r, key) ? json_uint(&j, INT64_MAX) : 0;
}

bool
wire_flag(const struct reply *r, const char *key)
{
	struct json j;

	return find_member(&j, r, key) && json_bool(&j);
}

bool
wire_is_message(const struct reply *r)
{
	return r->from.p != NULL && r->id.p != NULL;
}

/* The sum covers the frame as it is without the member and its comma. */
bool
wire_is_intact(const struct reply *r)
{
	static const char name[] = ",\"headsum\":";
	const char *end = r->header.p + r->header.n, *from, *to;
	char digits[LENGTH + 1];
	uint64_t sum;
	uint32_t crc;
	struct json j;

	if (r->headsum.p == NULL)
		return !wire_is_message(r);
	json_begin(&j, r->headsum);
	sum = json_uint(&j, UINT32_MAX);
	from = r->headsum.p - (sizeof(name) - 1);
	to = r->headsum.p + r->headsum.n;
	if (from < r->header.p || memcmp(from, name, sizeof(name) - 1) != 0)
		return false;
	snprintf(digits, sizeof(digits), "%04x", (unsigned)(r->header.n -
	    (size_t)(to - from)) & HEADER_MAX);
	crc = encode_crc32c(0, digits, LENGTH);
	crc = encode_crc32c(crc, r->header.p, (size_t)(from - r->header.p));
	return encode_crc32c(crc, to, (size_t)(end - to)) == sum;
}
