/*
 * selftest.h - a short talk with a relay, in which every op is used and each
 * answer is known beforehand.
 */
#ifndef MNM_SIM_SELFTEST_H
#define MNM_SIM_SELFTEST_H

#include "client/client.h"

/*
 * Talk with the relay at path, in both numberings.  Returns how many frames
 * came as expected, or -1 when one did not, which has been logged.
 */
long selftest_run(const char *path, struct client_pool *);

#endif
