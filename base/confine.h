/*
 * confine.h - give up, for good, what the program does not need, so that an
 * attacker who takes it over gains little.
 *
 *	confine_begin(&c);
 *	confine_allow(&c, CONFINE_READ, "/etc/mnm/mnm.config");
 *	confine_allow(&c, CONFINE_DATA, "/var/lib/mnm");
 *	active = confine_end(&c, CONFINE_RELAY);
 *
 * Linux: it gains no privileges by running programs, and other processes cannot
 * inspect it; of all files it can use only those allowed (Landlock, since Linux
 * 5.19); and it can make only the system calls that a relay needs (seccomp).
 * Any other call fails with ENOSYS, as on a kernel that does not have it, so
 * that a C library falls back on an older one.  Its memory has a limit.
 * OpenBSD: pledge and unveil.  Elsewhere: nothing.
 *
 * It concerns this thread, and what it starts afterwards: so begin before there
 * are others.  Programs built for a sanitizer are not confined, as that needs
 * more.
 */
#ifndef MNM_BASE_CONFINE_H
#define MNM_BASE_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#define CONFINE_TEXT 100	/* room for any text of confine_text */

/* What may be done with files, in CONFINE_DATA with all below a directory. */
enum confine_use {
	CONFINE_READ,	/* a file that others may replace: read all that is in
			   its directory; or what is below a directory */
	CONFINE_ONLY,	/* read and write this file, until it is replaced */
	CONFINE_SOCKET,	/* make and remove sockets where this one is */
	CONFINE_DATA,	/* anything but run it */
	CONFINE_NAMES	/* what looking up hosts takes; without a path */
};

/* Which process is confined: each has its own list of calls. */
enum confine_who { CONFINE_RELAY, CONFINE_SENDER };

/* What is in force, or could be on this system. */
enum confine_part {
	CONFINE_PRIVILEGES = 1, CONFINE_FILES = 2, CONFINE_CALLS = 4,
	CONFINE_MEMORY = 8	/* by confine_memory */
};

struct confine {
	int rules;		/* a descriptor, or -1 */
};

void confine_begin(struct confine *);
/* What does not exist is left out; so is what is in no directory but "/". */
void confine_allow(const struct confine *, enum confine_use, const char *path);
/* No way back.  Returns the parts that are in force now. */
unsigned confine_end(struct confine *, enum confine_who);

/*
 * Let this process have at most so many bytes of memory, and not more than the
 * limit that it was given; malloc fails when there are more.  It may be called
 * again, also with more bytes.  False: there is no limit.
 */
bool confine_memory(uint64_t bytes);

/* The parts that this system can do. */
unsigned confine_possible(void);
/* Such as "no new privileges, files, memory", or "nothing". */
const char *confine_text(char dst[CONFINE_TEXT], unsigned parts);

#endif
