#include "sim/expect.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * The relay sends a message again when it was not acked for 30 s; until
 * shortly before that, nothing may come twice on a link.
 */
#define RESEND_TIME ((uint64_t)25 * 1000000)

enum stage {
	RECEIPT_CAME,	/* to be acked */
	RECEIPT_UNACKED,	/* the link ended first: it must come again */
	RECEIPT_LATE	/* acked so late that it may have been sent again */
};

struct receipt {
	uint64_t id;
	uint64_t came;
	enum stage stage;
};

void
posting_release(struct posting *p)
{
	if (--p->holders == 0)
		free(p);
}

void
inbox_free(struct inbox *in)
{
	while (in->due_count > 0)
		inbox_withdraw(in, in->due[0]);
	free(in->due);
	free(in->receipts);
	memset(in, 0, sizeof(*in));
}

void
inbox_expect(struct inbox *in, struct posting *p)
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
remove_due(struct inbox *in, size_t i)
{
	struct posting *p = in->due[i];

	memmove(&in->due[i], &in->due[i + 1],
	    (--in->due_count - i) * sizeof(in->due[0]));
	posting_release(p);
}

void
inbox_withdraw(struct inbox *in, struct posting *p)
{
	size_t i = 0;

	while (i < in->due_count && in->due[i] != p)
		i++;
	if (i < in->due_count)
		remove_due(in, i);
}

enum inbox_verdict
inbox_take(struct inbox *in, const struct parcel_label *label,
    uint64_t *posted)
{
	enum inbox_verdict verdict = INBOX_NEW;
	struct posting *p;
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
		verdict = INBOX_DISORDERED;
	}
	return INBOX_UNKNOWN;
}

static struct receipt *
find(const struct inbox *in, uint64_t id)
{
	size_t i = 0;

	while (i < in->receipt_count && in->receipts[i].id != id)
		i++;
	return i < in->receipt_count ? &in->receipts[i] : NULL;
}

static void
remove_receipt(struct inbox *in, const struct receipt *r)
{
	size_t i = (size_t)(r - in->receipts);

	memmove(&in->receipts[i], &in->receipts[i + 1],
	    (--in->receipt_count - i) * sizeof(in->receipts[0]));
}

static void
add_receipt(struct inbox *in, uint64_t id, uint64_t now)
{
	if (in->receipt_count == in->receipt_room) {
		in->receipt_room = in->receipt_room > 0 ?
		    in->receipt_room * 2 : 16;
		in->receipts = xrealloc(in->receipts,
		    in->receipt_room * sizeof(in->receipts[0]));
	}
	in->receipts[in->receipt_count++] =
	    (struct receipt){ id, now, RECEIPT_CAME };
}

enum inbox_verdict
inbox_receive(struct inbox *in, uint64_t id, uint64_t now)
{
	struct receipt *r = find(in, id);
	bool doubled;

	if (r != NULL) {
		doubled = r->stage == RECEIPT_CAME &&
		    now - r->came < RESEND_TIME;
		remove_receipt(in, r);
		add_receipt(in, id, now);
		return doubled ? INBOX_DOUBLED : INBOX_AGAIN;
	}
	add_receipt(in, id, now);
	if (id < in->highest)
		return INBOX_DISORDERED;
	in->highest = id;
	return INBOX_NEW;
}

static struct receipt *
next_to_ack(const struct inbox *in)
{
	size_t i = 0;

	while (i < in->receipt_count && in->receipts[i].stage != RECEIPT_CAME)
		i++;
	return i < in->receipt_count ? &in->receipts[i] : NULL;
}

uint64_t
inbox_oldest(const struct inbox *in)
{
	const struct receipt *r = next_to_ack(in);

	return r != NULL ? r->came : UINT64_MAX;
}

uint64_t
inbox_ack(struct inbox *in, uint64_t now)
{
	struct receipt *r = next_to_ack(in);
	uint64_t id;

	assert(r != NULL);
	id = r->id;
	if (now - r->came < RESEND_TIME)
		remove_receipt(in, r);
	else
		r->stage = RECEIPT_LATE;
	return id;
}

void
inbox_hang_up(struct inbox *in)
{
	size_t i, kept = 0;

	for (i = 0; i < in->receipt_count; i++) {
		if (in->receipts[i].stage == RECEIPT_LATE)
			continue;
		in->receipts[kept] = in->receipts[i];
		in->receipts[kept++].stage = RECEIPT_UNACKED;
	}
	in->receipt_count = kept;
}

size_t
inbox_lost(const struct inbox *in)
{
	size_t i, lost = in->due_count;

	for (i = 0; i < in->receipt_count; i++)
		lost += in->receipts[i].stage == RECEIPT_UNACKED;
	return lost;
}

bool
inbox_is_settled(const struct inbox *in)
{
	return inbox_lost(in) == 0 && next_to_ack(in) == NULL;
}
