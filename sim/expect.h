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
struct inflight {
	struct payload_label label;
	uint64_t posted;	/* microseconds */
	unsigned holders;
};

struct receipt;

/* Storage is the caller's; a zeroed one is empty. */
struct expect {
	struct inflight **due;	/* in the order of sending */
	size_t due_count, due_room;
	struct receipt *receipts;	/* in the order of coming */
	size_t receipt_count, receipt_room;
	uint64_t highest;	/* message id that ever came */
};

enum expect_verdict {
	EXPECT_NEW,
	EXPECT_RESENT,		/* it had not been acked */
	EXPECT_DUPLICATE,		/* but it had */
	EXPECT_OUT_OF_ORDER,	/* new, and after one that was sent later */
	EXPECT_UNKNOWN		/* nobody sent it, or it came before */
};

/* The sender's own hold on it; freed with the last. */
void expect_release(struct inflight *);

void expect_free(struct expect *);

void expect_add(struct expect *, struct inflight *);
/* It was refused. */
void expect_withdraw(struct expect *, struct inflight *);
/*
 * This parcel came: EXPECT_NEW or _DISORDERED, and when it was posted, or
 * _UNKNOWN.
 */
enum expect_verdict expect_payload(struct expect *,
    const struct payload_label *,
    uint64_t *posted);

/* The message of this id came at now, in microseconds. */
enum expect_verdict expect_message(struct expect *, uint64_t id, uint64_t now);
/* When the next message to ack came; UINT64_MAX if there is none. */
uint64_t expect_oldest(const struct expect *);
/* The next to ack, which is regarded as done then; there must be one. */
uint64_t expect_ack(struct expect *, uint64_t now);
/* The link has ended. */
void expect_disconnect(struct expect *);
/* Nothing is to come. */
bool expect_is_settled(const struct expect *);
/* How many messages never came, or did not come again. */
size_t expect_lost(const struct expect *);

#endif
