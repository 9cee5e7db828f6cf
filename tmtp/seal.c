#include "tmtp/seal.h"

#include <string.h>

#include "base/encode.h"
#include "base/secret.h"
#include "tmtp/header.h"

_Static_assert(SEAL_KEY == SECRET_HASH && NODEID_BYTES <= SECRET_HASH,
    "an HMAC makes the key, and masks a nodeid");

/* In a string its quotes would be escaped.  There is always a comma. */
static const char member[] = ",\"nodeid\":\"";
#define MEMBER ((struct span){ member, sizeof(member) - 1 })

void
seal_key(unsigned char key[SEAL_KEY], struct span nodeid)
{
	secret_mac(key, nodeid, SPAN("new node"));
}

/* Turn a clear nodeid into a sealed one, or the reverse. */
static void
turn(const unsigned char key[SEAL_KEY], uint64_t id, char text[NODEID_TEXT])
{
	unsigned char bytes[NODEID_BYTES], mask[SECRET_HASH];
	char number[8];
	size_t i;

	if (!decode_base32(bytes, NODEID_BYTES,
	    (struct span){ text, NODEID_TEXT }))
		return;
	encode_u64(number, id);
	secret_mac(mask, (struct span){ (const char *)key, SEAL_KEY },
	    (struct span){ number, sizeof(number) });
	for (i = 0; i < NODEID_BYTES; i++)
		bytes[i] ^= mask[i];
	encode_base32(text, bytes, NODEID_BYTES);
}

/* Where the nodeid is in a frame; 0 if it has none. */
static size_t
find_nodeid(struct span frame)
{
	size_t at = span_find(frame, MEMBER) + MEMBER.n;

	return at + NODEID_TEXT < frame.n ? at : 0;
}

void
seal_frame(const unsigned char key[SEAL_KEY], uint64_t id, char *frame,
    size_t n)
{
	size_t at = find_nodeid((struct span){ frame, n });

	if (at > 0)
		turn(key, id, frame + at);
}

/* Only a message without data begins like that. */
bool
seal_is_in(struct span frame)
{
	static const char begin[] = "{\"datalen\":0,";
	size_t n = sizeof(begin) - 1;

	return frame.n > HEADER_DIGITS + n &&
	    memcmp(frame.p + HEADER_DIGITS, begin, n) == 0 &&
	    find_nodeid(frame) > 0;
}

static bool
has_right_sum(const struct buf *frame)
{
	struct buf other = { NULL, 0, 0 };
	bool same;

	buf_add(&other, buf_span(frame));
	header_sum(&other);
	same = span_is(buf_span(&other), buf_span(frame));
	buf_free(&other);
	return same;
}

/* Older versions stored nodeids in clear. */
void
seal_open(const unsigned char key[SEAL_KEY], uint64_t id, struct buf *frame)
{
	size_t at;

	if (!seal_is_in(buf_span(frame)) || has_right_sum(frame))
		return;
	at = find_nodeid(buf_span(frame));
	turn(key, id, frame->p + at);
	if (has_right_sum(frame))
		return;
	buf_cut(frame, at - MEMBER.n, MEMBER.n + NODEID_TEXT + 1);
	header_sum(frame);
}
