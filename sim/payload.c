/*
 * A payload is its label, as 32 hexadecimal digits (sender, number, bytes),
 * followed by the output of a generator that starts from the label.
 */
#include "sim/payload.h"

#include <string.h>

#include "base/encode.h"

#define WORD 8	/* bytes of each output */

/* SplitMix64: the next of a sequence that looks random. */
static uint64_t
next_word(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t
first_half(const struct payload_label *label)
{
	return (uint64_t)label->sender << 32 | label->number;
}

void
payload_make(struct buf *b, const struct payload_label *label)
{
	uint64_t state = first_half(label) ^ (uint64_t)label->bytes << 20;
	size_t left = label->bytes - PAYLOAD_MIN, n;
	char *p = buf_room(b, label->bytes), word[WORD];

	b->n += label->bytes;
	encode_hex64(p, first_half(label));
	encode_hex64(p + ID_TEXT, label->bytes);
	for (p += PAYLOAD_MIN; left > 0; p += n, left -= n) {
		n = left < WORD ? left : WORD;
		encode_u64(word, next_word(&state));
		memcpy(p, word, n);
	}
}

static bool
is_filled(struct span rest, uint64_t state)
{
	char word[WORD];
	size_t n;

	for (; rest.n > 0; rest.p += n, rest.n -= n) {
		n = rest.n < WORD ? rest.n : WORD;
		encode_u64(word, next_word(&state));
		if (memcmp(rest.p, word, n) != 0)
			return false;
	}
	return true;
}

bool
payload_check(struct span data, struct payload_label *label)
{
	uint64_t first, bytes;
	struct span rest;

	if (data.n < PAYLOAD_MIN ||
	    !decode_hex64(&first, (struct span){ data.p, ID_TEXT }) ||
	    !decode_hex64(&bytes, (struct span){ data.p + ID_TEXT, ID_TEXT }))
		return false;
	label->sender = (uint32_t)(first >> 32);
	label->number = (uint32_t)(first & UINT32_MAX);
	label->bytes = (uint32_t)bytes;
	rest = (struct span){ data.p + PAYLOAD_MIN, data.n - PAYLOAD_MIN };
	return bytes == data.n && is_filled(rest, first ^ bytes << 20);
}
