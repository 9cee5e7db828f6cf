#include "sim/expect.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

struct receipt {
	uint64_t id;
	uint64_t came;
	enum receipt_state state;
};

void
expect_release(struct payload *p)
{
	if (--p->holders == 0)
		free(p);
}

void
expect_free(struct expect *in)
{
	while (in->due_count > 0)
		expect_withdraw(in, in->due[0]);
	free(in->due);
	free(in->receipts);
	memset(in, 0, sizeof(*in));
}

void
expect_add(struct expect *in, struct payload *p)
{
	if (in->due_count == in->due_room) {
		in->due_room = in->due_room > 0 ? in->due_room * 2 : 16;
		in->due = xrealloc(in->due,
		    in->due_room * sizeof(in->due[0]));
	}
	in->due[in->due_count++] = p;
	p->holders++;
}

static void
remove_due(struct expect *in, size_t i)
{
	struct payload *p = in->due[i];

	memmove(&in->due[i], &in->due[i + 1],
	    (--in->due_count - i) * sizeof(in->due[0]));
	expect_release(p);
}

void
expect_withdraw(struct expect *in, struct payload *p)
{
	size_t i = 0;

	while (i < in->due_count && in->due[i] != p)
		i++;
	if (i < in->due_count)
		remove_due(in, i);
}

enum expect_verdict
expect_payload(struct expect *in, const struct payload_label *label,
    uint64_t *posted)
{
	enum expect_verdict verdict = EXPECT_NEW;
	struct payload *p;
	size_t i;

	for (i = 0; i < in->due_count; i++) {
		p = in->due[i];
		if (p->label.sender != label->sender)
			continue;
		if (p->label.number == label->number &&
		    p->label.bytes == label->bytes) {
			*posted = p->posted;
			remove_due(in, i);
			return verdict;
		}
		verdict = EXPECT_OUT_OF_ORDER;
	}
	return EXPECT_UNKNOWN;
}

static struct receipt *
find(const struct expect *in, uint64_t id)
{
	size_t i = 0;

	while (i < in->receipt_count && in->receipts[i].id != id)
		i++;
	return i < in->receipt_count ? &in->receipts[i] : NULL;
}

static void
remove_receipt(struct expect *in, const struct receipt *r)
{
	size_t i = (size_t)(r - in->receipts);

	memmove(&in->receipts[i], &in->receipts[i + 1],
	    (--in->receipt_count - i) * sizeof(in->receipts[0]));
}

static void
add_receipt(struct expect *in, uint64_t id, uint64_t now)
{
	if (in->receipt_count == in->receipt_room) {
		in->receipt_room = in->receipt_room > 0 ?
		    in->receipt_room * 2 : 16;
		in->receipts = xrealloc(in->receipts,
		    in->receipt_room * sizeof(in->receipts[0]));
	}
	in->receipts[in->receipt_count++] =
	    (struct receipt){ id, now, RECEIPT_TO_ACK };
}

enum expect_verdict
expect_message(struct expect *in, uint64_t id, uint64_t now)
{
	struct receipt *r = find(in, id);
	bool doubled;

	if (r != NULL) {
		doubled = r->state == RECEIPT_TO_ACK &&
		    now - r->came < RESEND_TIME;
		remove_receipt(in, r);
		add_receipt(in, id, now);
		return doubled ? EXPECT_DUPLICATE : EXPECT_RESENT;
	}
	add_receipt(in, id, now);
	if (id < in->highest)
		return EXPECT_OUT_OF_ORDER;
	in->highest = id;
	return EXPECT_NEW;
}

static struct receipt *
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
	const struct receipt *r = next_to_ack(in);

	return r != NULL ? r->came : UINT64_MAX;
}

uint64_t
expect_ack(struct expect *in, uint64_t now)
{
	struct receipt *r = next_to_ack(in);
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
