/*
 * One lock guards all channels of a relay: it is held for a memcpy at most.
 *
 * Readiness is one byte in a pipe: it is there exactly while there is a reason.
 * That makes a descriptor that poll, epoll, select and other loops can watch,
 * by level.
 */
#include "net/channel.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "net/poller.h"

#define QUEUE_MAX ((size_t)64 << 10)

/* A pipe that holds one byte or none. */
struct bell {
	int ends[2];
	bool rings;
};

struct channels {
	pthread_mutex_t mutex;
	size_t users;		/* the relay, and channels not freed */
	bool closed;
	struct bell bell;	/* rings while news is not empty */
	struct list news;	/* channels for channels_next */
	struct list all;	/* which the relay has not left */
};

struct channel {
	struct channels *all;
	struct hook news, member;	/* in the lists above */
	struct buf to_relay, to_program;
	bool program_gone;	/* channel_close */
	bool relay_gone;	/* channel_leave */
	bool short_of_room;	/* the last channel_write took less than all */
	struct bell bell;	/* ends are -1 until channel_fd */
	void *owner;		/* the loop's own */
};

static int
bell_open(struct bell *bell)
{
	bell->rings = false;
	return fd_pipe(bell->ends);
}

static void
bell_close(struct bell *bell)
{
	if (bell->ends[0] == -1)
		return;
	(void)fd_close(bell->ends[0]);
	(void)fd_close(bell->ends[1]);
}

/* Both cannot fail: the pipe holds one byte at most, and both ends are ours. */
static void
bell_set(struct bell *bell, bool rings)
{
	char byte = 0;
	ssize_t n;

	if (bell->ends[0] == -1 || rings == bell->rings)
		return;
	do {
		n = rings ? write(bell->ends[1], &byte, 1) :
		    read(bell->ends[0], &byte, 1);
	} while (n == -1 && errno == EINTR);
	bell->rings = rings;
}

/* ---- with the lock held ---- */

static size_t
room_in(const struct buf *queue)
{
	return queue->n < QUEUE_MAX ? QUEUE_MAX - queue->n : 0;
}

static void
tell_relay(struct channel *ch)
{
	struct channels *all = ch->all;

	if (ch->relay_gone || all->closed)
		return;
	list_remove(&ch->news);
	list_append(&all->news, &ch->news, ch);
	bell_set(&all->bell, true);
}

static void
tell_program(struct channel *ch)
{
	bool has_room = room_in(&ch->to_relay) > 0;

	bell_set(&ch->bell, ch->to_program.n > 0 || ch->relay_gone ||
	    (ch->short_of_room && has_room));
}

/* An idle connection keeps no buffer. */
static size_t
move(struct buf *queue, void *dst, size_t room)
{
	size_t n = queue->n < room ? queue->n : room;

	memcpy(dst, queue->p, n);
	buf_drop(queue, n);
	if (queue->n == 0)
		buf_free(queue);
	return n;
}

static size_t
add(struct buf *queue, const void *src, size_t n)
{
	if (n > room_in(queue))
		n = room_in(queue);
	buf_add(queue, (struct span){ src, n });
	return n;
}

/* Forget one that both have left. */
static void
free_channel(struct channel *ch)
{
	ch->all->users--;
	bell_close(&ch->bell);
	buf_free(&ch->to_relay);
	buf_free(&ch->to_program);
	free(ch);
}

static void
lock(struct channels *all)
{
	pthread_mutex_lock(&all->mutex);
}

/* ... and free all if that was the last one that needed it. */
static void
unlock(struct channels *all)
{
	size_t users = all->users;

	pthread_mutex_unlock(&all->mutex);
	if (users > 0)
		return;
	bell_close(&all->bell);
	pthread_mutex_destroy(&all->mutex);
	free(all);
}

static void
leave(struct channel *ch)
{
	list_remove(&ch->news);
	list_remove(&ch->member);
	ch->relay_gone = true;
	if (ch->program_gone)
		free_channel(ch);
	else
		tell_program(ch);
}

/* ---- the relay's end ---- */

struct channels *
channels_open(void)
{
	struct channels *all = xzalloc(sizeof(*all));

	if (bell_open(&all->bell) == -1) {
		free(all);
		return NULL;
	}
	pthread_mutex_init(&all->mutex, NULL);
	all->users = 1;
	return all;
}

void
channels_close(struct channels *all)
{
	struct channel *ch;

	if (all == NULL)
		return;
	lock(all);
	all->closed = true;
	while ((ch = list_first(&all->all)) != NULL)
		leave(ch);
	all->users--;
	unlock(all);
}

int
channels_fd(const struct channels *all)
{
	return all->bell.ends[0];
}

struct channel *
channels_next(struct channels *all)
{
	struct channel *ch;

	lock(all);
	ch = list_take(&all->news);
	if (ch == NULL)
		bell_set(&all->bell, false);
	unlock(all);
	return ch;
}

void *
channel_owner(const struct channel *ch)
{
	return ch->owner;
}

void
channel_set_owner(struct channel *ch, void *owner)
{
	ch->owner = owner;
}

unsigned
channel_can(struct channel *ch)
{
	unsigned can;

	lock(ch->all);
	can = (ch->to_relay.n > 0 || ch->program_gone ? POLLER_READ : 0) |
	    (room_in(&ch->to_program) > 0 || ch->program_gone ?
	    POLLER_WRITE : 0) | (ch->program_gone ? POLLER_GONE : 0);
	unlock(ch->all);
	return can;
}

ssize_t
channel_recv(struct channel *ch, char *dst, size_t room)
{
	ssize_t n = -1;

	lock(ch->all);
	if (ch->to_relay.n > 0)
		n = (ssize_t)move(&ch->to_relay, dst, room);
	else if (ch->program_gone)
		n = 0;
	tell_program(ch);
	unlock(ch->all);
	if (n == -1)
		errno = EAGAIN;
	return n;
}

ssize_t
channel_send(struct channel *ch, struct span bytes)
{
	ssize_t n;
	bool gone;

	lock(ch->all);
	gone = ch->program_gone;
	n = gone ? 0 : (ssize_t)add(&ch->to_program, bytes.p, bytes.n);
	tell_program(ch);
	unlock(ch->all);
	if (n > 0 || (bytes.n == 0 && !gone))
		return n;
	errno = gone ? EPIPE : EAGAIN;
	return -1;
}

void
channel_leave(struct channel *ch)
{
	struct channels *all = ch->all;

	lock(all);
	leave(ch);
	unlock(all);
}

/* ---- the program's end ---- */

struct channel *
channel_connect(struct channels *all)
{
	struct channel *ch = xzalloc(sizeof(*ch));
	bool closed;

	ch->all = all;
	ch->bell.ends[0] = ch->bell.ends[1] = -1;
	lock(all);
	closed = all->closed;
	if (!closed) {
		all->users++;
		list_append(&all->all, &ch->member, ch);
		tell_relay(ch);
	}
	unlock(all);
	if (!closed)
		return ch;
	free(ch);
	errno = ECONNREFUSED;
	return NULL;
}

ssize_t
channel_read(struct channel *ch, void *dst, size_t room)
{
	ssize_t n = -1;

	lock(ch->all);
	if (ch->to_program.n > 0) {
		n = (ssize_t)move(&ch->to_program, dst, room);
		tell_relay(ch);
	} else if (ch->relay_gone) {
		n = 0;
	}
	tell_program(ch);
	unlock(ch->all);
	if (n == -1)
		errno = EAGAIN;
	return n;
}

ssize_t
channel_write(struct channel *ch, const void *src, size_t n)
{
	size_t taken = 0;
	bool gone;

	lock(ch->all);
	gone = ch->relay_gone;
	if (!gone && n > 0) {
		taken = add(&ch->to_relay, src, n);
		tell_relay(ch);
	}
	ch->short_of_room = taken < n;
	tell_program(ch);
	unlock(ch->all);
	if (!gone && (taken > 0 || n == 0))
		return (ssize_t)taken;
	errno = gone ? EPIPE : EAGAIN;
	return -1;
}

int
channel_fd(struct channel *ch)
{
	int fd;

	lock(ch->all);
	if (ch->bell.ends[0] == -1 && bell_open(&ch->bell) == -1)
		ch->bell.ends[0] = ch->bell.ends[1] = -1;
	tell_program(ch);
	fd = ch->bell.ends[0];
	unlock(ch->all);
	return fd;
}

void
channel_close(struct channel *ch)
{
	struct channels *all;

	if (ch == NULL)
		return;
	all = ch->all;
	lock(all);
	ch->program_gone = true;
	if (ch->relay_gone)
		free_channel(ch);
	else
		tell_relay(ch);
	unlock(all);
}
