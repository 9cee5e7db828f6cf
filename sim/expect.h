/*
 * expect.h - what one simulated member is to get, and what it has got.
 *
 * A posting is expected by each of its recipients from the moment it is sent.
 * A message that has come is acked some time later; one that has not been
 * acked when the link ends comes again, and must.
 */
#ifndef MNM_SIM_EXPECT_H
#define MNM_SIM_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/payload.h"

/* One parcel under way, held by its sender and by all who expect it. */
struct posting {
	struct parcel_label label;
	uint64_t posted;	/* microseconds */
	unsigned holders;
};

struct receipt;

/* Storage is the caller's; a zeroed one is empty. */
struct inbox {
	struct posting **due;	/* in the order of sending */
	size_t due_count, due_room;
	struct receipt *receipts;	/* in the order of coming */
	size_t receipt_count, receipt_room;
	uint64_t highest;	/* message id that ever came */
};

enum inbox_verdict {
	INBOX_NEW,
	INBOX_AGAIN,		/* it had not been acked */
	INBOX_DOUBLED,		/* but it had */
	INBOX_DISORDERED,	/* new, and after one that was sent later */
	INBOX_UNKNOWN		/* nobody sent it, or it came before */
};

/* The sender's own hold on it; freed with the last. */
void posting_release(struct posting *);

void inbox_free(struct inbox *);

void inbox_expect(struct inbox *, struct posting *);
/* It was refused. */
void inbox_withdraw(struct inbox *, struct posting *);
/*
 * This parcel came: INBOX_NEW or _DISORDERED, and when it was posted, or
 * _UNKNOWN.
 */
enum inbox_verdict inbox_take(struct inbox *, const struct parcel_label *,
    uint64_t *posted);

/* The message of this id came at now, in microseconds. */
enum inbox_verdict inbox_receive(struct inbox *, uint64_t id, uint64_t now);
/* When the next message to ack came; UINT64_MAX if there is none. */
uint64_t inbox_oldest(const struct inbox *);
/* The next to ack, which is regarded as done then; there must be one. */
uint64_t inbox_ack(struct inbox *, uint64_t now);
/* The link has ended. */
void inbox_hang_up(struct inbox *);
/* Nothing is to come. */
bool inbox_is_settled(const struct inbox *);
/* How many messages never came, or did not come again. */
size_t inbox_lost(const struct inbox *);

#endif
