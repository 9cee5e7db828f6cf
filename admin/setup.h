/*
 * setup.h - what a relay needs before it serves: all of it made, or looked
 * over.
 */
#ifndef MNM_ADMIN_SETUP_H
#define MNM_ADMIN_SETUP_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct conf;

#define SETUP_CONFIG    "mnm.config"
#define SETUP_DATA      "mnm-data"		/* conf's default */
/* Where a relay is that was installed as a service. */
#define SETUP_INSTALLED "/var/lib/mnm/mnm.config"

/* How bad the worst finding is; an exit status. */
enum setup_finding { SETUP_FINE, SETUP_WARNING, SETUP_ERROR };

/*
 * Look over what conf, read from path or else NULL, asks for.  Appends a line
 * about each finding, with what to do.  Nothing is changed.
 */
enum setup_finding setup_check(const struct conf *, const char *path,
    uint64_t now, struct buf *findings);
/*
 * The same for where it is to listen, unless the relay runs: not to be called
 * by that relay itself.
 */
enum setup_finding setup_check_port(const struct conf *, const char *path,
    struct buf *findings);

/*
 * Make dir, if it is not there, with a configuration, a data directory, a
 * certificate and its key.  Appends what to do next.  A data directory that is
 * there is kept with all that is in it.  Returns -1 and why, also if there is a
 * configuration already.
 */
int setup_init(const char *dir, uint64_t now, struct buf *next, char *why,
    size_t room);

#endif
