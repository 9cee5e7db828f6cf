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
#include "base/log.h"

/*
 * At most this many are told per poller_wait: enough to share the cost of the
 * call, few enough that the others' turn comes soon.
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
	size_t told;		/* how many of them poller_next has passed */
	size_t first;		/* the one that it began with */
#ifdef POLLER_EPOLL
	int epoll;
	struct epoll_event events[FIRED_MAX];
#else
	struct pollfd *polled;
	size_t polled_count, polled_room;
	size_t begin;		/* the slot to look at first */
#endif
};

static void
add_fired(struct poller *r, int fd, unsigned can)
{
	r->fired[r->fired_count++] = (struct fired){ fd, can };
}

#ifdef POLLER_EPOLL

static int
system_open(struct poller *r)
{
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	return r->epoll == -1 ? -1 : 0;
}

static void
system_close(struct poller *r)
{
	/* Nothing was written to it that could be lost. */
	(void)close(r->epoll);
}

static int
system_watch(struct poller *r, int op, int fd, unsigned interest)
{
	struct epoll_event event = { .events = 0 };

	if (interest & POLLER_READ)
		event.events |= EPOLLIN;
	if (interest & POLLER_WRITE)
		event.events |= EPOLLOUT;
	event.data.fd = fd;
	return epoll_ctl(r->epoll, op, fd, &event);
}

static int
system_add(struct poller *r, int fd, unsigned interest)
{
	return system_watch(r, EPOLL_CTL_ADD, fd, interest);
}

static int
system_change(struct poller *r, int fd, unsigned interest)
{
	return system_watch(r, EPOLL_CTL_MOD, fd, interest);
}

static int
system_remove(struct poller *r, int fd)
{
	return system_watch(r, EPOLL_CTL_DEL, fd, 0);
}

static unsigned
can_do(uint32_t events)
{
	unsigned can = 0;

	if (events & EPOLLIN)
		can |= POLLER_READ;
	if (events & EPOLLOUT)
		can |= POLLER_WRITE;
	if (events & (EPOLLERR | EPOLLHUP))
		can |= POLLER_GONE;
	return can;
}

/* The kernel goes round by itself when more are ready than were asked for. */
static int
system_wait(struct poller *r, int timeout)
{
	int i, n;

	n = epoll_wait(r->epoll, r->events, FIRED_MAX, timeout);
	for (i = 0; i < n; i++)
		add_fired(r, r->events[i].data.fd, can_do(r->events[i].events));
	return n == -1 ? -1 : 0;
}

#else

static int
system_open(struct poller *r)
{
	r->polled = NULL;
	return 0;
}

static void
system_close(struct poller *r)
{
	free(r->polled);
}

static short
poll_events(unsigned interest)
{
	return (short)((interest & POLLER_READ ? POLLIN : 0) |
	    (interest & POLLER_WRITE ? POLLOUT : 0));
}

static int
system_add(struct poller *r, int fd, unsigned interest)
{
	struct pollfd *new;

	if (r->polled_count == r->polled_room) {
		r->polled_room = r->polled_room > 0 ? r->polled_room * 2 : 64;
		r->polled = xrealloc(r->polled,
		    r->polled_room * sizeof(r->polled[0]));
	}
	new = &r->polled[r->polled_count];
	*new = (struct pollfd){ .fd = fd, .events = poll_events(interest) };
	r->entries[fd].slot = r->polled_count++;
	return 0;
}

static int
system_change(struct poller *r, int fd, unsigned interest)
{
	r->polled[r->entries[fd].slot].events = poll_events(interest);
	return 0;
}

static int
system_remove(struct poller *r, int fd)
{
	struct pollfd last = r->polled[--r->polled_count];

	r->polled[r->entries[fd].slot] = last;
	r->entries[last.fd].slot = r->entries[fd].slot;
	return 0;
}

static unsigned
can_do(short events)
{
	unsigned can = 0;

	if (events & POLLIN)
		can |= POLLER_READ;
	if (events & POLLOUT)
		can |= POLLER_WRITE;
	if (events & (POLLERR | POLLHUP | POLLNVAL))
		can |= POLLER_GONE;
	return can;
}

/* When not all that are ready can be told, the next call begins behind. */
static int
system_wait(struct poller *r, int timeout)
{
	size_t i, slot;
	int left;

	left = poll(r->polled, r->polled_count, timeout);
	if (left == -1)
		return -1;
	for (i = 0; left > 0 && r->fired_count < FIRED_MAX; i++) {
		slot = (r->begin + i) % r->polled_count;
		if (r->polled[slot].revents == 0)
			continue;
		add_fired(r, r->polled[slot].fd,
		    can_do(r->polled[slot].revents));
		left--;
	}
	if (left > 0)
		r->begin = (r->begin + i) % r->polled_count;
	return 0;
}

#endif

struct poller *
poller_open(void)
{
	struct poller *r = xzalloc(sizeof(*r));

	if (system_open(r) == -1) {
		free(r);
		return NULL;
	}
	return r;
}

void
poller_close(struct poller *r)
{
	if (r == NULL)
		return;
	system_close(r);
	free(r->entries);
	free(r);
}

static void
make_entry(struct poller *r, size_t fd)
{
	size_t room = r->room > 0 ? r->room : 64;

	if (fd < r->room)
		return;
	while (room <= fd)
		room *= 2;
	r->entries = xrealloc(r->entries, room * sizeof(r->entries[0]));
	memset(r->entries + r->room, 0,
	    (room - r->room) * sizeof(r->entries[0]));
	r->room = room;
}

static bool
is_watched(const struct poller *r, int fd)
{
	return fd >= 0 && (size_t)fd < r->room && r->entries[fd].watched;
}

int
poller_add(struct poller *r, int fd, unsigned interest, void *owner)
{
	assert(fd >= 0 && !is_watched(r, fd));
	make_entry(r, (size_t)fd);
	if (system_add(r, fd, interest) == -1)
		return -1;
	r->entries[fd].owner = owner;
	r->entries[fd].watched = true;
	return 0;
}

void
poller_change(struct poller *r, int fd, unsigned interest)
{
	assert(is_watched(r, fd));
	if (system_change(r, fd, interest) == -1)
		die("cannot watch a link: %s", strerror(errno));
}

void
poller_remove(struct poller *r, int fd)
{
	assert(is_watched(r, fd));
	if (system_remove(r, fd) == -1)
		die("cannot forget a link: %s", strerror(errno));
	r->entries[fd].watched = false;
}

/*
 * The order in which the system tells does not change much from call to call,
 * so the telling begins behind what was told last.
 */
void
poller_wait(struct poller *r, int timeout)
{
	r->first += r->told;
	r->told = 0;
	r->fired_count = 0;
	if (system_wait(r, timeout) == -1 && errno != EINTR)
		die("cannot wait for links: %s", strerror(errno));
}

bool
poller_next(struct poller *r, struct poller_event *event)
{
	const struct fired *fired;

	while (r->told < r->fired_count) {
		fired = &r->fired[(r->first + r->told++) % r->fired_count];
		if (!is_watched(r, fired->fd))
			continue;
		*event = (struct poller_event){
			fired->fd, r->entries[fired->fd].owner, fired->can
		};
		return true;
	}
	return false;
}
