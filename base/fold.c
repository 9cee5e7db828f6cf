#include "base/fold.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/subnet.h"

#define LAST_BYTES 400

/* A network's minute. */
struct minute {
	struct subnet net;
	uint64_t until;		/* in ms; 0: it is unused */
	unsigned long count;	/* lines */
	char last[LAST_BYTES];	/* that was counted */
};

/* The last one is for all other networks. */
static _Thread_local struct minute minutes[FOLD_NETS + 1];

#define OTHERS (&minutes[FOLD_NETS])

static bool
is_pending(const struct minute *m)
{
	return m->until != 0 && m->count > FOLD_LINES;
}

static void
end_minute(struct minute *m)
{
	char net[SUBNET_TEXT] = "other networks";

	if (is_pending(m)) {
		if (m != OTHERS)
			subnet_text(net, &m->net);
		log_line("%s (and %lu more lines about %s in a minute)",
		    m->last, m->count - FOLD_LINES - 1, net);
	}
	m->until = 0;
}

void
fold_report(uint64_t mono)
{
	struct minute *m;

	for (m = minutes; m <= OTHERS; m++) {
		if (m->until != 0 && m->until <= mono)
			end_minute(m);
	}
}

uint64_t
fold_deadline(void)
{
	uint64_t at = UINT64_MAX;
	const struct minute *m;

	for (m = minutes; m <= OTHERS; m++) {
		if (is_pending(m))
			at = clock_min(at, m->until);
	}
	return at;
}

/* The minute of this network, which may begin now. */
static struct minute *
find_minute(const struct subnet *net, uint64_t mono)
{
	struct minute *m, *found = OTHERS;

	for (m = minutes; m < OTHERS; m++) {
		if (m->until == 0)
			found = m;
		else if (subnet_same(&m->net, net))
			return m;
	}
	if (found->until == 0) {
		found->net = *net;
		found->until = mono + FOLD_TIME;
		found->count = 0;
	}
	return found;
}

void
fold_line(const char *peer, const char *format, ...)
{
	uint64_t mono = clock_ms(CLOCK_MONOTONIC);
	struct subnet address = { .bits = 0 }, net = address;
	struct minute *m;
	char line[LAST_BYTES];
	va_list args;
	int n;

	n = snprintf(line, sizeof(line), "%s", peer);
	va_start(args, format);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	va_end(args);
	if (subnet_of_peer(&address, peer))
		net = subnet_source(&address);
	fold_report(mono);
	m = find_minute(&net, mono);
	if (++m->count <= FOLD_LINES)
		log_line("%s", line);
	else
		memcpy(m->last, line, sizeof(line));
}
