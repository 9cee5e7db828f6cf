/*
 * check.h - mnm check: whether a relay has what it needs to serve, and what to
 * do if not.
 */
#ifndef MNM_ADMIN_CHECK_H
#define MNM_ADMIN_CHECK_H

#include <stdint.h>

struct buf;
struct conf;

/* How bad the worst finding is; an exit status. */
enum check_finding { CHECK_FINE, CHECK_WARNING, CHECK_ERROR };

/* The relay skips its own port; so does a command while a relay runs. */
enum check_by { CHECK_BY_RELAY, CHECK_BY_OPERATOR };

/*
 * Check what conf names; it was read from path, or has the defaults if that is
 * NULL.  Appends one line for each finding, with what to do.  Changes nothing.
 */
enum check_finding check_setup(const struct conf *, const char *path,
    uint64_t now, enum check_by, struct buf *findings);

#endif
