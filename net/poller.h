/*
 * poller.h - who can read or write.
 *
 *	poller_add(r, fd, POLLER_READ, owner);
 *	poller_wait(r, timeout);
 *	while (poller_next(r, &event))
 *		...
 *
 * Readiness is by level: what is not dealt with is reported again by the
 * next poller_wait.  Those passed over come first then, so that nobody starves
 * when the caller stops early.  Descriptors may be added, changed, removed and
 * closed between two poller_next; one that was removed is not reported.  One
 * that was closed and whose number was added again may be, too early: read and
 * write without blocking.
 *
 * On Linux this is epoll, where a descriptor that has nothing to say costs
 * nothing; elsewhere, and with -DPOLLER_POLL, it is poll.
 */
#ifndef MNM_NET_POLLER_H
#define MNM_NET_POLLER_H

#include <stdbool.h>

/* Sets of these are what one waits for, and what one is told. */
#define POLLER_READ  1u
#define POLLER_WRITE 2u
#define POLLER_GONE  4u	/* broken or closed both ways; told without asking */

struct poller;

struct poller_event {
	int fd;
	void *owner;	/* as given to poller_add */
	unsigned can;
};

/* NULL with errno when the system gives no epoll descriptor. */
struct poller *poller_open(void);
void poller_close(struct poller *);

/* Returns -1 with errno when the system watches no more of them. */
int poller_add(struct poller *, int fd, unsigned interest, void *owner);
void poller_change(struct poller *, int fd, unsigned interest);
/* Before fd is closed. */
void poller_remove(struct poller *, int fd);

/*
 * Wait until something is ready, a signal comes or the time is over, in
 * milliseconds; -1 is for ever.
 */
void poller_wait(struct poller *, int timeout);
/* The next one that was ready; false when all have been told. */
bool poller_next(struct poller *, struct poller_event *);

#endif
