/*
 * payload.h - what a simulated member sends: bytes that identify their sender
 * and number, so that any that are altered, lost, duplicated or exchanged are
 * noticed.
 */
#ifndef MNM_SIM_PAYLOAD_H
#define MNM_SIM_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* The fewest bytes; a payload of just these is plain text. */
#define PAYLOAD_MIN 32

struct payload_label {
	uint32_t sender;
	uint32_t number;	/* of this sender's payloads */
	uint32_t bytes;	/* in all; at least PAYLOAD_MIN */
};

/* Append the payload of this label. */
void payload_make(struct buf *, const struct payload_label *);
/* Read the label.  False unless data is, to the last byte, its payload. */
bool payload_check(struct span data, struct payload_label *);

#endif
