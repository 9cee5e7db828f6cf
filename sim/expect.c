/*
 * The bytes of a payload are its sender, number and size, as 32 hexadecimal
 * digits, followed by the output of a generator that starts from these.
 */
#include "sim/expect.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

/*
 * The relay sends a message again when it was not acked for 30 s; until shortly
 * before that, there may be no duplicate on a connection.
 */
#define RESEND_TIME ((uint64_t)25 * 1000000)

enum receipt_state {
	RECEIPT_TO_ACK,	/* to be acked */
	RECEIPT_UNACKED,	/* disconnected first: it must be sent again */
	RECEIPT_LATE	/* acked so late that it may have been sent again */
};

struct arrival {
	uint64_t id;
	uint64_t came;
	enum receipt_state state;
};

/* SplitMix64: the next of a sequence that looks random. */
static uint64_t
next_word(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void
payload_make(struct buf *b, const struct payload *p)
{
	uint64_t first = (uint64_t)p->sender << 32 | p->number;
	uint64_t state = first ^ (uint64_t)p->bytes << 20;
	size_t left = p->bytes - PAYLOAD_MIN, n;
	char *to = buf_room(b, p->bytes), word[8];

	b->n += p->bytes;
	encode_hex64(to, first);
	encode_hex64(to + ID_TEXT, p->bytes);
	for (to += PAYLOAD_MIN; left > 0; to += n, left -= n) {
		n = left < sizeof(word) ? left : sizeof(word);
		encode_u64(word, next_word(&state));
		memcpy(to, word, n);
	}
}

bool
payload_check(struct span data, struct payload *p)
{
	struct buf made = { NULL, 0, 0 };
	uint64_t first, bytes;
	bool is_same;

	if (data.n < PAYLOAD_MIN ||
	    !decode_hex64(&first, (struct span){ data.p, ID_TEXT }) ||
	    !decode_hex64(&bytes, (struct span){ data.p + ID_TEXT, ID_TEXT }) ||
	    bytes != data.n)
		return false;
	p->sender = (uint32_t)(first >> 32);
	p->number = (uint32_t)(first & UINT32_MAX);
	p->bytes = (uint32_t)bytes;
	payload_make(&made, p);
	is_same = span_is(buf_span(&made), data);
	buf_free(&made);
	return is_same;
}

void
expect_free(struct expect *in)
{
	free(in->due);
	free(in->receipts);
	memset(in, 0, sizeof(*in));
}

void
expect_add(struct expect *in, const struct payload *p)
{
	in->due = xgrow(in->due, in->due_count, sizeof(*p));
	in->due[in->due_count++] = *p;
}

enum expect_verdict
expect_payload(struct expect *in, struct payload *p)
{
	enum expect_verdict verdict = EXPECT_NEW;
	struct payload *due = in->due, *end = due + in->due_count;

	for (; due < end; due++) {
		if (due->sender != p->sender)
			continue;
		if (due->number == p->number && due->bytes == p->bytes) {
			p->posted = due->posted;
			in->due_count--;
			memmove(due, due + 1,
			    (size_t)(end - due - 1) * sizeof(*due));
			return verdict;
		}
		verdict = EXPECT_OUT_OF_ORDER;
	}
	return EXPECT_UNKNOWN;
}

static struct arrival *
find(const struct expect *in, uint64_t id)
{
	size_t i = 0;

	while (i < in->receipt_count && in->receipts[i].id != id)
		i++;
	return i < in->receipt_count ? &in->receipts[i] : NULL;
}

static void
remove_receipt(struct expect *in, const struct arrival *r)
{
	size_t i = (size_t)(r - in->receipts);

	memmove(&in->receipts[i], &in->receipts[i + 1],
	    (--in->receipt_count - i) * sizeof(in->receipts[0]));
}

enum expect_verdict
expect_message(struct expect *in, uint64_t id, uint64_t now)
{
	enum expect_verdict verdict = EXPECT_NEW;
	const struct arrival *r = find(in, id);

	if (r != NULL) {
		verdict = r->state == RECEIPT_TO_ACK &&
		    now - r->came < RESEND_TIME ? EXPECT_DUPLICATE :
		    EXPECT_RESENT;
		remove_receipt(in, r);
	} else if (id < in->highest) {
		verdict = EXPECT_OUT_OF_ORDER;
	} else {
		in->highest = id;
	}
	in->receipts = xgrow(in->receipts, in->receipt_count,
	    sizeof(in->receipts[0]));
	in->receipts[in->receipt_count++] =
	    (struct arrival){ id, now, RECEIPT_TO_ACK };
	return verdict;
}

static struct arrival *
next_to_ack(const struct expect *in)
{
	size_t i = 0;

	while (i < in->receipt_count && in->receipts[i].state != RECEIPT_TO_ACK)
		i++;
	return i < in->receipt_count ? &in->receipts[i] : NULL;
}

uint64_t
expect_oldest(const struct expect *in)
{
	const struct arrival *r = next_to_ack(in);

	return r != NULL ? r->came : UINT64_MAX;
}

uint64_t
expect_ack(struct expect *in, uint64_t now)
{
	struct arrival *r = next_to_ack(in);
	uint64_t id;

	assert(r != NULL);
	id = r->id;
	if (now - r->came < RESEND_TIME)
		remove_receipt(in, r);
	else
		r->state = RECEIPT_LATE;
	return id;
}

void
expect_disconnect(struct expect *in)
{
	size_t i, kept = 0;

	for (i = 0; i < in->receipt_count; i++) {
		if (in->receipts[i].state == RECEIPT_LATE)
			continue;
		in->receipts[kept] = in->receipts[i];
		in->receipts[kept++].state = RECEIPT_UNACKED;
	}
	in->receipt_count = kept;
}

size_t
expect_lost(const struct expect *in)
{
	size_t i, lost = in->due_count;

	for (i = 0; i < in->receipt_count; i++)
		lost += in->receipts[i].state == RECEIPT_UNACKED;
	return lost;
}

bool
expect_is_settled(const struct expect *in)
{
	return expect_lost(in) == 0 && next_to_ack(in) == NULL;
}
