/*
 * expect.h - what one simulated member has to receive, and what it received.
 *
 * Each recipient expects a payload from the moment it is sent.  A message that
 * was received is acked some time later; one that was not acked before the
 * connection ended must be sent again.
 */
#ifndef MNM_SIM_EXPECT_H
#define MNM_SIM_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/payload.h"

/* One payload, held by its sender and by all who expect it. */
struct payload {
	struct payload_label label;
	uint64_t posted;	/* microseconds */
	unsigned holders;
};

struct receipt;

/* Storage is the caller's; a zeroed one is empty. */
struct expect {
	struct payload **due;	/* in the order of sending */
	size_t due_count, due_room;
	struct receipt *receipts;	/* in the order received */
	size_t receipt_count, receipt_room;
	uint64_t highest;	/* message id received */
};

enum expect_verdict {
	EXPECT_NEW,
	EXPECT_RESENT,		/* it was not acked */
	EXPECT_DUPLICATE,		/* but it was */
	EXPECT_OUT_OF_ORDER,	/* new, and after one sent later */
	EXPECT_UNKNOWN		/* not sent, or received before */
};

/* Release the sender's hold on it; it is freed with the last. */
void expect_release(struct payload *);

void expect_free(struct expect *);

void expect_add(struct expect *, struct payload *);
/* It was refused. */
void expect_withdraw(struct expect *, struct payload *);
/*
 * This payload was received: EXPECT_NEW or _OUT_OF_ORDER, and when it was
 * posted, or _UNKNOWN.
 */
enum expect_verdict expect_payload(struct expect *,
    const struct payload_label *,
    uint64_t *posted);

/* The message with this id was received at now, in microseconds. */
enum expect_verdict expect_message(struct expect *, uint64_t id, uint64_t now);
/* When the next message to ack was received; UINT64_MAX: there is none. */
uint64_t expect_oldest(const struct expect *);
/* The id of the next to ack, which counts as acked then; there must be one. */
uint64_t expect_ack(struct expect *, uint64_t now);
/* The connection has ended. */
void expect_disconnect(struct expect *);
/* Nothing is expected, nor to ack. */
bool expect_is_settled(const struct expect *);
/* Messages that were never received, or not sent again. */
size_t expect_lost(const struct expect *);

#endif
