/*
 * setup.h - what a relay needs before it serves: mnm init creates it, mnm check
 * checks it.
 */
#ifndef MNM_ADMIN_SETUP_H
#define MNM_ADMIN_SETUP_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct conf;

#define SETUP_CONFIG    "mnm.config"
#define SETUP_DATA      "mnm-data"		/* conf's default */
/* Of a relay that is installed as a service. */
#define SETUP_INSTALLED "/var/lib/mnm/mnm.config"

/* How bad the worst finding is; an exit status. */
enum setup_finding { SETUP_FINE, SETUP_WARNING, SETUP_ERROR };

/* Who checks: the port only if it is not the relay, and none is running. */
enum setup_by { SETUP_BY_RELAY, SETUP_BY_OPERATOR };

/*
 * Check what conf names; it was read from path, or has the defaults if that is
 * NULL.  Appends one line for each finding, with what to do.  Changes nothing.
 */
enum setup_finding setup_check(const struct conf *, const char *path,
    uint64_t now, enum setup_by, struct buf *findings);

/*
 * Create dir, if it does not exist, with a configuration, a data directory, a
 * certificate and its key.  Appends the next steps.  An existing data directory
 * keeps its contents.  Returns -1 and why, also if there is a configuration.
 */
int setup_init(const char *dir, uint64_t now, struct buf *next, char *why,
    size_t room);

#endif
