/*
 * answer.h - read a push service's answer (HTTP/1.1, RFC 9112).
 *
 * Only its status and a few lines of its header matter; the body is not read.
 */
#ifndef MNM_PUSH_ANSWER_H
#define MNM_PUSH_ANSWER_H

#include <stdint.h>

#include "base/buf.h"

#define ANSWER_MAX 16384	/* bytes of its header */

struct answer {
	unsigned status;	/* 200 to 599 */
	uint64_t retry_after;	/* seconds from now on; 0: not said */
	uint64_t date;		/* the service's clock, in seconds since 1970;
				   0: not said */
};

/*
 * Read what has been received so far.  Returns 1, 0 if the header is not yet
 * complete, or -1 if it is not valid.  now is in seconds, for a date in
 * Retry-After when the answer has no Date.
 */
int answer_read(struct answer *, struct span bytes, uint64_t now);

#endif
