/*
 * sender.h - a process that sends requests to push services, so that the relay
 * never waits for a name, a connection or an answer.
 *
 * It is a child of the relay without its descriptors.  For each job it makes a
 * child of its own, which looks up the host, connects, sends, and reads the
 * answer; so one service that is slow or broken holds up no other.  Jobs and
 * results are structs on a socket whose messages are whole (SOCK_SEQPACKET).
 */
#ifndef MNM_PUSH_SENDER_H
#define MNM_PUSH_SENDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SENDER_HOST    256
#define SENDER_REQUEST 3072
#define SENDER_TIME    60	/* seconds that a job may take */

struct confine;

enum sender_confined { SENDER_FREE, SENDER_CONFINED };

struct sender_job {
	uint64_t number;
	uint64_t now;			/* seconds since 1970 */
	char host[SENDER_HOST];		/* NUL-terminated */
	size_t length;
	char request[SENDER_REQUEST];	/* the whole HTTP request */
};

struct sender_result {
	uint64_t number;
	unsigned status;	/* HTTP's; 0: there was no answer */
	uint64_t retry_after;	/* seconds; 0: not said */
	uint64_t date;		/* the service's clock; 0: not said */
	char why[128];		/* there was none */
};

/*
 * Start it: the socket for jobs and results, which does not block, and its
 * process; or -1 with errno.  It ends when that socket is closed.
 */
int sender_start(pid_t *, enum sender_confined);
/* Allow what it needs; a relay that is confined must have it, too. */
void sender_allow(const struct confine *);

#endif
