/*
 * control.h - DATA/control, a Unix socket on which a running relay receives the
 * operator's commands; both of its ends.
 *
 * A connection carries one request: the words of a command as a JSON array,
 * and a newline.  The answer is the exit status as a decimal number, a
 * newline, and text until the relay closes.  Only the relay's own user and
 * root may connect.
 *
 * The word "hold" is for a backup: the answer is one line, the journal_list, or
 * why not; the data directory is held (datadir.h) until the peer shuts down its
 * end, after a byte if the copy is complete.  The answer to that is a status: 0
 * if it was held all the time.
 *
 *	control_watch(c, ready)
 *	for each event of a descriptor that control_has:
 *		control_serve(c, &event, relay)		runs commands, and
 *							holds their answers
 *	datadir_commit, then control_release(c)		sends them
 */
#ifndef MNM_ADMIN_CONTROL_H
#define MNM_ADMIN_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct call;
struct control;
struct datadir;
struct poller;
struct poller_event;

/* path is the data directory's.  NULL with errno. */
struct control *control_open(const char *path, struct datadir *);
/* Removes the socket. */
void control_close(struct control *);

/* -1 with errno. */
int control_watch(struct control *, struct poller *);
bool control_has(struct control *, int fd);
/* relay is what commands work on: the first part of a call. */
void control_serve(struct control *, const struct poller_event *,
    const struct call *relay);
/* Answers wait for the commit. */
bool control_waits(const struct control *);
void control_release(struct control *);
/* The relay was asked to reload, and has done so; or why nothing is changed. */
void control_reloaded(struct control *, const char *why);

/*
 * The other end: ask the relay that serves data to run a command, and wait for
 * the answer.  Returns the exit status, or -1 with errno: ENOENT or
 * ECONNREFUSED when no relay is running.
 */
int control_ask(const char *data, char *const *words, size_t n,
    struct buf *answer);
/*
 * Likewise, ask it to hold the data directory.  Returns a descriptor, and in
 * segments the journal_list; or -1 with errno: EBUSY when the relay refuses,
 * with its reason in segments.
 */
int control_hold(const char *data, struct buf *segments);
/* The result, which the relay logs. */
enum control_copy { CONTROL_FAILED, CONTROL_COPIED };
/* -1 with errno unless it was held until now. */
int control_end_hold(int fd, enum control_copy);

#endif
