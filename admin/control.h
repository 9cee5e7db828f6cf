/*
 * control.h - DATA/control, a Unix socket on which the operator's commands
 * come to the relay that runs, and the other end of it.
 *
 * A connection carries one request: the words of a command as a JSON array,
 * and a newline.  The answer is the exit status as a decimal number, a
 * newline, and text until the relay closes.  Only the relay's own user and
 * root are heard.
 *
 * The word "hold" is for a backup: the answer is one line, the journal_list, or
 * why not; the data directory is held (data.h) until the peer sends its end,
 * after a byte if all was copied, and the answer to that is a status: 0 if it
 * was held all the time.
 *
 *	control_watch(c, ready)
 *	for each event of a descriptor that control_has:
 *		control_serve(c, &event, admin)		commands run; their
 *							answers are held
 *	datadir_commit, then control_release(c)		they are sent
 */
#ifndef MNM_ADMIN_CONTROL_H
#define MNM_ADMIN_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/admin.h"
#include "base/buf.h"
#include "datadir.h"
#include "net/poller.h"

struct control;

/* path is the data directory's.  NULL with errno. */
struct control *control_open(const char *path, struct datadir *);
/* Removes the socket. */
void control_close(struct control *);

/* -1 with errno when it cannot be watched. */
int control_watch(struct control *, struct poller *);
bool control_has(struct control *, int fd);
void control_serve(struct control *, const struct poller_event *,
    const struct admin *);
/* Answers wait for the commit. */
bool control_waits(const struct control *);
void control_release(struct control *);

/*
 * The other end: have the relay that serves data run a command, and wait for
 * its answer.  Returns the exit status, or -1 with errno: ENOENT or
 * ECONNREFUSED when no relay runs.
 */
int control_ask(const char *data, char *const *words, size_t n,
    struct buf *answer);
/*
 * Likewise, have it hold the data directory.  Returns a descriptor, and in
 * segments what journal_list tells; or -1 with errno: EBUSY when the relay
 * refuses, with its answer in segments.
 */
int control_hold(const char *data, struct buf *segments);
/* What came of it, which the relay logs. */
enum control_copy { CONTROL_FAILED, CONTROL_COPIED };
/* -1 with errno unless it was held until now. */
int control_end_hold(int fd, enum control_copy);

#endif
