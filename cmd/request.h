/*
 * request.h - a request, from its header to the relay's answer: kept on disk
 * first, then sent by this process or by the one that is online already.
 */
#ifndef MNM_CMD_REQUEST_H
#define MNM_CMD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "client/dialog.h"
#include "client/outgoing.h"
#include "cmd/context.h"

#define REQUEST_FOREVER (-1)
#define REQUEST_PATIENCE 30	/* seconds, unless the user says otherwise */
#define REQUEST_MAX 31536000	/* seconds that a user may say */

struct account;
struct agent;
struct poller;

/*
 * A connection while it is needed: ours, if nobody else has one for this
 * account.  Zeroed, it has none yet.
 */
struct request_line {
	struct account *account;
	struct poller *poller;
	struct agent *agent;		/* NULL: another process is online */
	bool refused;			/* agent_turn has failed */
	bool keeps;			/* what arrives, for tmtp read: what is
					   behind it does not come before */
	bool complained;		/* that it could not keep something */
	bool keeps_acks;		/* a request may be made again: leave
					   the ack of request_await */
	bool progress;			/* is shown on the terminal */
	bool shown;			/* some of it is there */
};

/* What came of a request. */
struct request_result {
	bool acked;			/* else it is kept, and why says why */
	bool refused;			/* why says why; nothing is kept */
	bool locked_out;		/* the login was refused; it is kept */
	struct buf msgid, posted;
};

/* Begin a header: op and id.  Add members, then close it. */
int request_begin(struct context *, const struct account *, enum dialog_op,
    struct buf *header, char id[OUTGOING_NAME]);
/* Keep it.  0 or a status. */
int request_keep(struct context *, const struct account *, const char *id,
    struct buf *header, const struct outgoing_part *, size_t count);

int request_open(struct context *, struct request_line *, struct account *);
/*
 * The same for the one who takes messages.  It waits for a tmtp post to end; a
 * status that is not 0: somebody else takes them.
 */
int request_open_reader(struct context *, struct request_line *,
    struct account *);
void request_close(struct request_line *);
/*
 * Do what is possible now, and wait at most some ms for more.
 */
void request_turn(struct context *, struct request_line *, int wait);
/* The same; true: what owner has added to the poller is ready. */
bool request_turn_for(struct context *, struct request_line *, int wait,
    const void *owner);
/* Whether a request was acked meanwhile; then its result is taken. */
bool request_peek(struct context *, const struct account *, const char *id,
    struct request_result *);
/* Wait for the ack of a request that is kept, so many seconds. */
void request_await(struct context *, struct request_line *, const char *id,
    int seconds, struct request_result *);
void request_free(struct request_result *);
/* Leave out of a refusal what is no word for people. */
void request_plain_error(struct buf *error);

/*
 * All of it for a header without data.  0 when it is done, or a status; then
 * the reason was said.
 */
int request_run(struct context *, struct account *, const char *id,
    struct buf *header, struct request_result *);
/* The status for a result; says why if it is not 0. */
int request_status(const struct context *, const struct request_result *);

#endif
