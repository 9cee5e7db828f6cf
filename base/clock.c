#include "base/clock.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

uint64_t
clock_us(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) == -1)
		die("cannot read the clock: %s", strerror(errno));
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}
