/*
 * init.h - mnm init: make what a relay needs, and say what to do next.
 *
 * As root, everything is made for the owner of the directory, whom the process
 * becomes.
 */
#ifndef MNM_ADMIN_INIT_H
#define MNM_ADMIN_INIT_H

#include <stddef.h>
#include <stdint.h>

#include "admin/output.h"

#define INIT_PORT 3456	/* where clients look for a relay */

struct init {
	const char *program;	/* as it was called */
	const char *dir;	/* NULL: not given */
	const char *config;	/* the file to make; NULL: dir/mnm.config */
	const char *host;	/* likewise: ask for it at a terminal */
	unsigned port;		/* of TCP; 0: not given */
	uint64_t now;		/* in seconds since 1970 */
	struct output *out;	/* gets the answer */
	char *why;
	size_t room;
};

/*
 * Create dir, or that of config, if it does not exist, with a configuration, a
 * data directory, a certificate and its key.  An existing data directory keeps
 * its contents.  Returns -1 and why, also if there is a configuration.
 */
int init_make(const struct init *);
/*
 * Make another authority and certificate for the relay of this configuration,
 * or of that in dir.  The older files stay as *.old.  Returns -1 and why.
 */
int init_renew(const struct init *, const char *config);

#endif
