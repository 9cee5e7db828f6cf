/*
 * endpoint.h - the URL by which a push service is asked to wake a device (RFC
 * 8030), and which services may be asked.
 *
 * Members choose it, and the relay connects to it.  So it is https at port 443,
 * at a host on a list.
 */
#ifndef MNM_TMTP_ENDPOINT_H
#define MNM_TMTP_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct conf;

#define ENDPOINT_MAX 1024	/* bytes; real ones have 150 to 500 */

/* Both are parts of the URL. */
struct endpoint {
	struct span host;	/* in lower case, without a port */
	struct span path;	/* from its first slash on, with the query */
};

#define ENDPOINT_TOPIC 32

/* A push service is to be asked to wake a device. */
struct endpoint_wake {
	uint64_t job;				/* for tmtp_woken */
	struct endpoint at;
	char topic[ENDPOINT_TOPIC + 1];		/* the device's: letters and
						   digits */
};

/* What the service has answered. */
enum endpoint_answer {
	ENDPOINT_WAKES,		/* it will wake the device */
	ENDPOINT_IS_GONE,	/* it knows no such device any more */
	ENDPOINT_IS_BUSY,	/* ask again later */
	ENDPOINT_REFUSES	/* it will not, for this relay */
};

/* False if it is not such a URL. */
bool endpoint_read(struct endpoint *, struct span url);
/* Whether it is at a known push service, or one that conf names. */
bool endpoint_is_allowed(const struct endpoint *, const struct conf *);

#endif
