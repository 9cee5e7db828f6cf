/*
 * poller.h - who can read or write.
 *
 *	ready_add(r, fd, READY_READ, owner);
 *	ready_wait(r, timeout);
 *	while (ready_next(r, &event))
 *		...
 *
 * Readiness is by level: what is not dealt with is reported again by the
 * next ready_wait.  Those passed over come first then, so that nobody starves
 * when the caller stops early.  Descriptors may be added, changed, removed and
 * closed between two ready_next; one that was removed is not reported.  One
 * that was closed and whose number was added again may be, too early: read and
 * write without blocking.
 *
 * On Linux this is epoll, where a descriptor that has nothing to say costs
 * nothing; elsewhere, and with -DREADY_POLL, it is poll.
 */
#ifndef MNM_NET_POLLER_H
#define MNM_NET_POLLER_H

#include <stdbool.h>

/* Sets of these are what one waits for, and what one is told. */
#define READY_READ  1u
#define READY_WRITE 2u
#define READY_GONE  4u	/* broken or closed both ways; told without asking */

struct ready;

struct ready_event {
	int fd;
	void *owner;	/* as given to ready_add */
	unsigned can;
};

/* NULL with errno when the system gives no epoll descriptor. */
struct ready *ready_open(void);
void ready_close(struct ready *);

/* Returns -1 with errno when the system watches no more of them. */
int ready_add(struct ready *, int fd, unsigned interest, void *owner);
void ready_change(struct ready *, int fd, unsigned interest);
/* Before fd is closed. */
void ready_remove(struct ready *, int fd);

/*
 * Wait until something is ready, a signal comes or the time is over, in
 * milliseconds; -1 is for ever.
 */
void ready_wait(struct ready *, int timeout);
/* The next one that was ready; false when all have been told. */
bool ready_next(struct ready *, struct ready_event *);

#endif
