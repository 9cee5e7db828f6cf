#include "net/poller.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__) && !defined(POLLER_POLL)
#define POLLER_EPOLL
#include <sys/epoll.h>
#else
#include <poll.h>
#endif

#include "base/buf.h"

/*
 * At most this many are reported per poller_wait: enough to share the cost of
 * the call, few enough that the others need not wait long.
 */
#define FIRED_MAX 512

/* What is known of a descriptor; its number is the index in entries. */
struct entry {
	void *owner;
	bool watched;
#ifndef POLLER_EPOLL
	size_t slot;	/* in polled */
#endif
};

struct fired {
	int fd;
	unsigned can;
};

struct poller {
	struct entry *entries;
	size_t room;		/* of entries */
	struct fired fired[FIRED_MAX];
	size_t fired_count;
	size_t told;		/* how many of them poller_next has reported */
	size_t first;		/* the one that it began with */
#ifdef POLLER_EPOLL
	int epoll;
	struct epoll_event events[FIRED_MAX];
#else
	struct pollfd *polled;
	size_t polled_count;
	size_t begin;		/* the slot to look at first */
#endif
};

/* What the system calls it. */
#ifdef POLLER_EPOLL
enum { CAN_READ = EPOLLIN, CAN_WRITE = EPOLLOUT, GONE = EPOLLERR | EPOLLHUP };
enum { ADD = EPOLL_CTL_ADD, CHANGE = EPOLL_CTL_MOD,
    REMOVE = EPOLL_CTL_DEL };
#else
enum { CAN_READ = POLLIN, CAN_WRITE = POLLOUT,
    GONE = POLLERR | POLLHUP | POLLNVAL };
enum { ADD, CHANGE, REMOVE };
#endif

static int
events_of(unsigned interest)
{
	return (interest & POLLER_READ ? CAN_READ : 0) |
	    (interest & POLLER_WRITE ? CAN_WRITE : 0);
}

static void
add_fired(struct poller *p, int fd, int events)
{
	p->fired[p->fired_count++] = (struct fired){ fd,
	    (events & CAN_READ ? POLLER_READ : 0) |
	    (events & CAN_WRITE ? POLLER_WRITE : 0) |
	    (events & GONE ? POLLER_GONE : 0) };
}

#ifdef POLLER_EPOLL

static int
system_open(struct poller *p)
{
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	return p->epoll == -1 ? -1 : 0;
}

static void
system_close(struct poller *p)
{
	/* Nothing was written to it that could be lost. */
	(void)close(p->epoll);
}

static int
system_watch(struct poller *p, int op, int fd, unsigned interest)
{
	struct epoll_event event = { .events = (uint32_t)events_of(interest) };

	event.data.fd = fd;
	return epoll_ctl(p->epoll, op, fd, &event);
}

/* When not all that are ready fit, the kernel goes on behind them by itself. */
static int
system_wait(struct poller *p, int timeout)
{
	int i, n;

	n = epoll_wait(p->epoll, p->events, FIRED_MAX, timeout);
	for (i = 0; i < n; i++)
		add_fired(p, p->events[i].data.fd, (int)p->events[i].events);
	return n == -1 ? -1 : 0;
}

int
poller_fd(const struct poller *p)
{
	return p->epoll;
}

#else

int
poller_fd(const struct poller *p)
{
	(void)p;
	return -1;
}

static int
system_open(struct poller *p)
{
	p->polled = NULL;
	return 0;
}

static void
system_close(struct poller *p)
{
	free(p->polled);
}

static int
system_watch(struct poller *p, int op, int fd, unsigned interest)
{
	struct entry *entry = &p->entries[fd];

	if (op == REMOVE) {
		p->polled[entry->slot] = p->polled[--p->polled_count];
		p->entries[p->polled[entry->slot].fd].slot = entry->slot;
		return 0;
	}
	if (op == ADD) {
		p->polled = xgrow(p->polled, p->polled_count,
		    sizeof(p->polled[0]));
		entry->slot = p->polled_count++;
	}
	p->polled[entry->slot] = (struct pollfd){ .fd = fd,
	    .events = (short)events_of(interest) };
	return 0;
}

/* When not all that are ready fit, the next call begins behind them. */
static int
system_wait(struct poller *p, int timeout)
{
	size_t i, slot;
	int left;

	left = poll(p->polled, p->polled_count, timeout);
	if (left == -1)
		return -1;
	for (i = 0; left > 0 && p->fired_count < FIRED_MAX; i++) {
		slot = (p->begin + i) % p->polled_count;
		if (p->polled[slot].revents == 0)
			continue;
		add_fired(p, p->polled[slot].fd, p->polled[slot].revents);
		left--;
	}
	if (left > 0)
		p->begin = (p->begin + i) % p->polled_count;
	return 0;
}

#endif

struct poller *
poller_open(void)
{
	struct poller *p = xzalloc(sizeof(*p));

	if (system_open(p) == -1) {
		free(p);
		return NULL;
	}
	return p;
}

void
poller_close(struct poller *p)
{
	if (p == NULL)
		return;
	system_close(p);
	free(p->entries);
	free(p);
}

static void
make_entry(struct poller *p, size_t fd)
{
	size_t room = p->room > 0 ? p->room : 64;

	if (fd < p->room)
		return;
	while (room <= fd)
		room *= 2;
	p->entries = xrealloc(p->entries, room * sizeof(p->entries[0]));
	memset(p->entries + p->room, 0,
	    (room - p->room) * sizeof(p->entries[0]));
	p->room = room;
}

static bool
is_watched(const struct poller *p, int fd)
{
	return fd >= 0 && (size_t)fd < p->room && p->entries[fd].watched;
}

int
poller_add(struct poller *p, int fd, unsigned interest, void *owner)
{
	assert(fd >= 0 && !is_watched(p, fd));
	make_entry(p, (size_t)fd);
	if (system_watch(p, ADD, fd, interest) == -1)
		return -1;
	p->entries[fd].owner = owner;
	p->entries[fd].watched = true;
	return 0;
}

void
poller_change(struct poller *p, int fd, unsigned interest)
{
	int result;

	assert(is_watched(p, fd));
	result = system_watch(p, CHANGE, fd, interest);
	assert(result == 0);
}

void
poller_remove(struct poller *p, int fd)
{
	int result;

	assert(is_watched(p, fd));
	result = system_watch(p, REMOVE, fd, 0);
	assert(result == 0);
	p->entries[fd].watched = false;
}

/*
 * The system's order does not change much from call to call, so begin behind
 * what was reported last.
 */
void
poller_wait(struct poller *p, int timeout)
{
	int result;

	p->first += p->told;
	p->told = 0;
	p->fired_count = 0;
	result = system_wait(p, timeout);
	assert(result == 0 || errno == EINTR);
}

bool
poller_next(struct poller *p, struct poller_event *event)
{
	const struct fired *fired;

	while (p->told < p->fired_count) {
		fired = &p->fired[(p->first + p->told++) % p->fired_count];
		if (!is_watched(p, fired->fd))
			continue;
		*event = (struct poller_event){
			fired->fd, p->entries[fired->fd].owner, fired->can
		};
		return true;
	}
	return false;
}
