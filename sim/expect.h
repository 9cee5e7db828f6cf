/*
 * expect.h - what the simulated members send, what one of them has to receive,
 * and what it received.
 *
 * The bytes of a payload identify its sender and number, so that any that are
 * altered, lost, duplicated or exchanged are noticed.  Each recipient expects
 * it from the moment it is sent.  A message that was received is acked some
 * time later; one that was not acked before the connection ended must be sent
 * again.
 */
#ifndef MNM_SIM_EXPECT_H
#define MNM_SIM_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The fewest bytes; a payload of just these is plain text. */
#define PAYLOAD_MIN 32

struct payload {
	uint32_t sender;
	uint32_t number;	/* of this sender's payloads */
	uint32_t bytes;		/* in all; at least PAYLOAD_MIN */
	uint64_t posted;	/* microseconds; not in its bytes */
};

/* Append the bytes of this payload. */
void payload_make(struct buf *, const struct payload *);
/* Read all but posted.  False unless data is, to the last byte, a payload. */
bool payload_check(struct span data, struct payload *);

struct arrival;

/* Storage is the caller's; a zeroed one is empty. */
struct expect {
	struct payload *due;	/* in the order of sending */
	struct arrival *receipts;	/* in the order received */
	size_t due_count, receipt_count;
	uint64_t highest;	/* message id received */
};

enum expect_verdict {
	EXPECT_NEW,
	EXPECT_RESENT,		/* it was not acked */
	EXPECT_DUPLICATE,	/* but it was */
	EXPECT_OUT_OF_ORDER,	/* new, and after one sent later */
	EXPECT_UNKNOWN		/* not sent, or received before */
};

void expect_free(struct expect *);

void expect_add(struct expect *, const struct payload *);
/*
 * This payload was received, or refused: EXPECT_NEW or _OUT_OF_ORDER, and when
 * it was posted, or _UNKNOWN.
 */
enum expect_verdict expect_payload(struct expect *, struct payload *);

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
