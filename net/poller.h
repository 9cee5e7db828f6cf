/*
 * poller.h - wait until descriptors are readable or writable.
 *
 *	poller_add(p, fd, POLLER_READ, owner);
 *	poller_wait(p, timeout);
 *	while (poller_next(p, &event))
 *		...
 *
 * Readiness is by level: what is not dealt with is reported again by the
 * next poller_wait.  Those passed over are then first, so that none starves
 * when the caller stops early.  Descriptors may be added, changed, removed and
 * closed between two poller_next; one that was removed is not reported.  One
 * that was closed and whose number was added again may be, too early: read and
 * write without blocking.
 *
 * On Linux this is epoll, where an idle descriptor costs nothing; elsewhere,
 * and with -DPOLLER_POLL, it is poll.
 */
#ifndef MNM_NET_POLLER_H
#define MNM_NET_POLLER_H

#include <stdbool.h>

/* What to wait for, and what is reported: sets of these. */
#define POLLER_READ  1u
#define POLLER_WRITE 2u
#define POLLER_GONE  4u	/* broken or closed both ways; always reported */

struct poller;

struct poller_event {
	int fd;
	void *owner;	/* as given to poller_add */
	unsigned can;
};

/* NULL with errno when the system gives no epoll descriptor. */
struct poller *poller_open(void);
/*
 * A descriptor for another loop: readable when poller_wait would not wait.  -1:
 * poll has none.
 */
int poller_fd(const struct poller *);
void poller_close(struct poller *);

/* Returns -1 with errno when the system can watch no more of them. */
int poller_add(struct poller *, int fd, unsigned interest, void *owner);
void poller_change(struct poller *, int fd, unsigned interest);
/* Before fd is closed. */
void poller_remove(struct poller *, int fd);

/*
 * Wait until something is ready, a signal arrives or timeout milliseconds have
 * passed; -1 is for ever.
 */
void poller_wait(struct poller *, int timeout);
/* The next one that is ready; false when all have been reported. */
bool poller_next(struct poller *, struct poller_event *);

#endif
