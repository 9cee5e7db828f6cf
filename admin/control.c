/* For struct ucred, by which Linux says who has connected. */
#define _GNU_SOURCE

#include "admin/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "datadir.h"
#include "disk/file.h"
#include "json.h"
#include "net/poller.h"
#include "store.h"

#define SOCKET "control"
#define HOLD   "hold"		/* the request of a backup */

/* Operators at once; another one takes the place of the first. */
#define CALLERS_MAX 8

#define REQUEST_MAX 4096	/* bytes */
#define WORDS_MAX   16

#define ALL_LINES SIZE_MAX	/* of an answer */

#define PATIENCE 10	/* seconds for the relay to answer */

/* Logged, as is success, if the directory was held until now. */
#define BACKUP_FAILED "backup failed"

struct caller {
	int fd;			/* -1: not in use */
	bool held;		/* the answer waits for the commit */
	bool reloads;		/* it waits until the relay has reloaded */
	unsigned options;	/* of the command then */
	bool answered;
	uint64_t ticket;	/* of datadir_hold; 0: none */
	struct buf in, out;
};

struct control {
	struct datadir *data;
	int dir;		/* data's */
	int listener;
	struct poller *poller;
	struct caller callers[CALLERS_MAX];
	size_t next;		/* replaced when all are in use */
};

/* ---- the socket ---- */

/*
 * Call bind or connect for the socket in a directory, whose path may be longer
 * than an address can be.  Linux has a short name for a directory that is open;
 * elsewhere such a path is refused with ENAMETOOLONG.
 */
static int
call_in(const char *path, int dir, int fd,
    int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t room = sizeof(address.sun_path);

	if (strlen(path) + sizeof("/" SOCKET) <= room) {
		(void)snprintf(address.sun_path, room, "%s/" SOCKET, path);
	} else if (access("/proc/self/fd", X_OK) == 0) {
		(void)snprintf(address.sun_path, room,
		    "/proc/self/fd/%d/" SOCKET, dir);
	} else {
		errno = ENAMETOOLONG;
		return -1;
	}
	return call(fd, (struct sockaddr *)&address, sizeof(address));
}

static int
open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd != -1 && fd_set_cloexec(fd) == -1)
		return fd_close(fd);
	return fd;
}

/* Whether the peer is root or our own user. */
#ifdef SO_PEERCRED
static bool
is_trusted(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid());
}
#else
static bool
is_trusted(int fd)
{
	uid_t user;
	gid_t group;

	return getpeereid(fd, &user, &group) == 0 &&
	    (user == 0 || user == geteuid());
}
#endif

/* ---- the relay's end ---- */

/*
 * We have the lock of the data directory, so a socket in it was left by a relay
 * that died.
 */
static int
listen_in(const char *path, int dir)
{
	int fd;

	if (unlinkat(dir, SOCKET, 0) == -1 && errno != ENOENT)
		return -1;
	fd = open_socket();
	if (fd == -1)
		return -1;
	if (fd_set_nonblocking(fd) == -1 ||
	    call_in(path, dir, fd, bind) == -1 ||
	    fchmodat(dir, SOCKET, 0600, 0) == -1 ||
	    listen(fd, CALLERS_MAX) == -1)
		return fd_close(fd);
	return fd;
}

struct control *
control_open(const char *path, struct datadir *data)
{
	struct control *c = xzalloc(sizeof(*c));
	int error;
	size_t i;

	c->data = data;
	for (i = 0; i < CALLERS_MAX; i++)
		c->callers[i].fd = -1;
	c->listener = -1;
	c->dir = data->quarantine.data;
	c->listener = listen_in(path, c->dir);
	if (c->listener != -1)
		return c;
	error = errno;
	control_close(c);
	errno = error;
	return NULL;
}

/* Nothing is lost by closing: the peer sees the end of its answer. */
static void
end_caller(struct control *c, struct caller *s)
{
	if (s->fd == -1)
		return;
	if (s->ticket != 0 && datadir_end_hold(c->data, s->ticket))
		log_warning(BACKUP_FAILED);
	poller_remove(c->poller, s->fd);
	(void)close(s->fd);
	buf_free(&s->in);
	buf_free(&s->out);
	*s = (struct caller){ .fd = -1 };
}

void
control_close(struct control *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < CALLERS_MAX; i++)
		end_caller(c, &c->callers[i]);
	if (c->listener != -1) {
		if (c->poller != NULL)
			poller_remove(c->poller, c->listener);
		(void)close(c->listener);
		(void)unlinkat(c->dir, SOCKET, 0);
	}
	free(c);
}

int
control_watch(struct control *c, struct poller *poller)
{
	if (poller_add(poller, c->listener, POLLER_READ, NULL) == -1)
		return -1;
	c->poller = poller;
	return 0;
}

static struct caller *
find_caller(struct control *c, int fd)
{
	size_t i;

	for (i = 0; i < CALLERS_MAX; i++) {
		if (c->callers[i].fd == fd)
			return &c->callers[i];
	}
	return NULL;
}

bool
control_has(struct control *c, int fd)
{
	return fd == c->listener || find_caller(c, fd) != NULL;
}

static void
accept_caller(struct control *c)
{
	int fd = accept(c->listener, NULL, NULL);
	struct caller *s = find_caller(c, -1);

	if (fd == -1)
		return;
	if (!is_trusted(fd) || fd_set_nonblocking(fd) == -1 ||
	    poller_add(c->poller, fd, POLLER_READ, NULL) == -1) {
		log_warning("control: connection refused");
		(void)close(fd);
		return;
	}
	if (s == NULL) {
		s = &c->callers[c->next++ % CALLERS_MAX];
		end_caller(c, s);
	}
	s->fd = fd;
}

/* The answer waits for the commit: that is what will be copied. */
static void
begin_hold(struct control *c, struct caller *s)
{
	s->ticket = datadir_hold(c->data);
	if (s->ticket == 0)
		buf_addf(&s->out, "%d\nanother backup is running, or the "
		    "journal is full\n", ADMIN_FAILED);
}

static void
answer_hold(struct control *c, struct caller *s)
{
	buf_addf(&s->out, "%d\n", ADMIN_DONE);
	journal_list(c->data->journal, &s->out);
	buf_add_byte(&s->out, '\n');
}

static void
run_words(struct control *c, struct caller *s, const struct call *relay,
    char *const *words, size_t n)
{
	struct buf answer = { NULL, 0, 0 };
	struct call call = *relay;
	int status;

	if (n == 1 && strcmp(words[0], HOLD) == 0) {
		begin_hold(c, s);
		return;
	}
	if (relay->reload != NULL)
		call.reload = &s->reloads;
	status = admin_run(&call, words, n, &answer);
	if (s->reloads) {
		*relay->reload = true;
		s->options = call.options;
	} else {
		buf_addf(&s->out, "%d\n", status);
		buf_add(&s->out, buf_span(&answer));
	}
	buf_free(&answer);
}

/* Take the request apart into words and run it. */
static void
run_request(struct control *c, struct caller *s, const struct call *relay)
{
	struct buf text = { NULL, 0, 0 };
	char *words[WORDS_MAX];
	struct span raw;
	struct json j;
	size_t n = 0;

	(void)buf_room(&text, s->in.n + WORDS_MAX);
	json_begin(&j, buf_span(&s->in));
	json_array(&j);
	while (n < WORDS_MAX && json_item(&j)) {
		raw = json_string(&j);
		words[n++] = text.p + text.n;
		text.n += json_text(text.p + text.n, raw);
		buf_add_byte(&text, '\0');
	}
	if (json_done(&j))
		run_words(c, s, relay, words, n);
	else
		buf_addf(&s->out, "%d\n", ADMIN_USAGE);
	s->answered = true;
	s->held = true;
	buf_free(&text);
}

static void
read_request(struct control *c, struct caller *s, const struct call *relay)
{
	ssize_t n = fd_recv(s->fd, buf_room(&s->in, REQUEST_MAX), REQUEST_MAX);

	if (n == -1 && fd_would_block())
		return;
	if (n <= 0 || s->in.n + (size_t)n > REQUEST_MAX) {
		end_caller(c, s);
		return;
	}
	s->in.n += (size_t)n;
	if (s->in.p[s->in.n - 1] != '\n')
		return;
	poller_change(c->poller, s->fd, 0);
	run_request(c, s, relay);
}

static void
send_answer(struct control *c, struct caller *s)
{
	ssize_t n;

	while (s->out.n > 0) {
		n = fd_send(s->fd, buf_span(&s->out));
		if (n == -1 && fd_would_block()) {
			poller_change(c->poller, s->fd, POLLER_WRITE);
			return;
		}
		if (n == -1)
			break;
		buf_drop(&s->out, (size_t)n);
	}
	if (s->out.n == 0 && s->ticket != 0)
		poller_change(c->poller, s->fd, POLLER_READ);
	else
		end_caller(c, s);
}

/* The backup has all it needs, or has failed. */
static void
end_hold(struct control *c, struct caller *s)
{
	char byte;
	ssize_t n = fd_recv(s->fd, &byte, 1);
	bool held;

	if (n == -1 && fd_would_block())
		return;
	held = datadir_end_hold(c->data, s->ticket);
	if (held)
		log_line(n == 1 ? "backup complete" : BACKUP_FAILED);
	s->ticket = 0;
	buf_addf(&s->out, "%d\n", held ? ADMIN_DONE : ADMIN_FAILED);
	send_answer(c, s);
}

void
control_serve(struct control *c, const struct poller_event *event,
    const struct call *relay)
{
	struct caller *s;

	if (event->fd == c->listener) {
		accept_caller(c);
		return;
	}
	s = find_caller(c, event->fd);
	if (!s->answered)
		read_request(c, s, relay);
	else if (s->held)
		end_caller(c, s);	/* only its end can be read */
	else if (s->ticket != 0 && s->out.n == 0)
		end_hold(c, s);
	else
		send_answer(c, s);
}

bool
control_waits(const struct control *c)
{
	size_t i;

	for (i = 0; i < CALLERS_MAX; i++) {
		if (c->callers[i].held && !c->callers[i].reloads)
			return true;
	}
	return false;
}

void
control_release(struct control *c)
{
	struct caller *s;
	size_t i;

	for (i = 0; i < CALLERS_MAX; i++) {
		s = &c->callers[i];
		if (!s->held || s->reloads)
			continue;
		s->held = false;
		if (s->ticket != 0)
			answer_hold(c, s);
		send_answer(c, s);
	}
}

void
control_reloaded(struct control *c, const char *why)
{
	struct buf answer = { NULL, 0, 0 };
	struct caller *s;
	int status;

	for (s = c->callers; s < c->callers + CALLERS_MAX; s++) {
		if (!s->reloads)
			continue;
		s->reloads = s->held = false;
		answer.n = 0;
		status = admin_answer(s->options, "The relay has read its "
		    "configuration and certificates again.", why, &answer);
		buf_addf(&s->out, "%d\n", status);
		buf_add(&s->out, buf_span(&answer));
		send_answer(c, s);
	}
	buf_free(&answer);
}

/* ---- the operator's end ---- */

static int
send_request(int fd, char *const *words, size_t n)
{
	struct buf request = { NULL, 0, 0 };
	size_t i;
	bool whole;

	json_put_open(&request, '[');
	for (i = 0; i < n; i++)
		json_put_string(&request, NULL, span_of(words[i]));
	json_put_close(&request, ']');
	buf_add_byte(&request, '\n');
	whole = fd_send(fd, buf_span(&request)) == (ssize_t)request.n;
	buf_free(&request);
	return whole ? 0 : -1;
}

/*
 * Read so many lines, or all there is, and take off the first, which is the
 * status.
 */
static int
read_answer(int fd, size_t lines, struct buf *answer)
{
	const char *end = NULL;
	ssize_t n = 1;
	long status;

	answer->n = 0;
	while (lines > 0 && (n = read(fd, buf_room(answer, 4096), 4096)) > 0) {
		for (; n > 0; n--) {
			if (answer->p[answer->n++] == '\n' && lines > 0)
				lines--;
		}
	}
	if (answer->n > 0)
		end = memchr(answer->p, '\n', answer->n);
	if (n == -1 || end == NULL) {
		if (n != -1)
			errno = ECONNRESET;
		else if (fd_would_block())
			errno = ETIMEDOUT;
		return -1;
	}
	status = strtol(answer->p, NULL, 10);
	buf_drop(answer, (size_t)(end + 1 - answer->p));
	return (int)status;
}

/* A relay that is stopped, or hangs, must not keep a command waiting. */
static int
limit_time(int fd)
{
	const struct timeval limit = { PATIENCE, 0 };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit)) == 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO,
	    &limit, sizeof(limit)) == 0 ? 0 : -1;
}

/* Send a request to the relay that serves data; its answer is to be read. */
static int
request(const char *data, char *const *words, size_t n)
{
	int dir = file_open_dir(AT_FDCWD, data), fd = -1;

	if (dir == -1)
		return -1;
	fd = open_socket();
	if (fd != -1 && (limit_time(fd) == -1 ||
	    call_in(data, dir, fd, connect) == -1 ||
	    send_request(fd, words, n) == -1))
		fd = fd_close(fd);
	(void)fd_close(dir);
	return fd;
}

int
control_ask(const char *data, char *const *words, size_t n,
    struct buf *answer)
{
	int fd = request(data, words, n), status;

	if (fd == -1)
		return -1;
	status = read_answer(fd, ALL_LINES, answer);
	(void)fd_close(fd);
	return status;
}

int
control_hold(const char *data, struct buf *segments)
{
	char word[] = HOLD, *words[] = { word };
	int fd = request(data, words, 1), status;

	if (fd == -1)
		return -1;
	status = read_answer(fd, 2, segments);
	if (status == ADMIN_DONE)
		return fd;
	if (status != -1)
		errno = EBUSY;
	return fd_close(fd);
}

int
control_end_hold(int fd, enum control_copy copy)
{
	struct buf nothing = { NULL, 0, 0 };
	int status = -1;

	/* If this cannot be sent, the answer cannot be read. */
	if (copy == CONTROL_COPIED)
		(void)send(fd, "", 1, MSG_NOSIGNAL);
	if (shutdown(fd, SHUT_WR) == 0)
		status = read_answer(fd, ALL_LINES, &nothing);
	(void)fd_close(fd);
	buf_free(&nothing);
	if (status > 0)
		errno = EBUSY;
	return status == 0 ? 0 : -1;
}
