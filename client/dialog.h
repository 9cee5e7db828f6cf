/*
 * dialog.h - a client's session: what one device and its relay say to each
 * other.  There is no I/O and no clock here.
 *
 *	d = dialog_open(DIALOG_2020);
 *	dialog_login(d, uid, nodeid, now);	on each new connection
 *	dialog_send(d, &request);		also before it is online
 *	while (dialog_out(d, &piece))		send what it says
 *		dialog_sent(d, n);
 *	while ((event = dialog_read(d, &bytes, &reply, now)) != DIALOG_MORE)
 *		...				bytes are those received
 *
 * A request is a frame whose header and data stay with the caller.  Each one is
 * answered by a DIALOG_ACK, in their order, which says whether it was refused.
 * A large one may be refused before all of it was sent: then the connection is
 * over, too.
 * If the connection is lost before, the request is undecided: dialog_login
 * forgets it, and the caller sends it again, byte for byte the same.
 *
 * A message is the caller's to store; then dialog_ack.  Of a large one, more
 * than DIALOG_WHOLE bytes, there is first only the header, then its data in
 * pieces.
 */
#ifndef MNM_CLIENT_DIALOG_H
#define MNM_CLIENT_DIALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "client/wire.h"

/* As many requests without an ack as a relay remembers, and a margin. */
#define DIALOG_WINDOW 32
#define DIALOG_WHOLE  (1 << 20)

/* The two ways in which ops are numbered; see PROTOCOL.md. */
enum dialog_numbering { DIALOG_2018, DIALOG_2020 };

enum dialog_op {
	DIALOG_USEREDIT, DIALOG_OHIEDIT, DIALOG_GROUPINVITE,
	DIALOG_GROUPEDIT, DIALOG_POST, DIALOG_PING
};

/* The number of an op for a request's header. */
unsigned dialog_op_number(enum dialog_numbering, enum dialog_op);

struct dialog_request {
	struct span id;		/* as in the header: it has no escapes */
	struct span frame;	/* digits, header, data */
};

enum dialog_event {
	DIALOG_MORE,		/* all bytes are used up */
	DIALOG_GREETED,		/* tmtprev */
	DIALOG_REGISTERED,	/* reply has uid and nodeid, and error if the
				   alias could not be had */
	DIALOG_ONLINE,		/* reply's header may have ohi */
	DIALOG_ACK,		/* of the oldest request */
	DIALOG_MESSAGE,
	DIALOG_LARGE,		/* data.n is the length, data.p is NULL */
	DIALOG_PIECE,		/* data of the large message */
	DIALOG_LARGE_END,	/* it was complete with the last piece */
	DIALOG_PRESENCE,	/* ohi: from, and status as a number */
	DIALOG_OVER		/* dialog_why says why; nothing more comes */
};

struct dialog;

struct dialog *dialog_open(enum dialog_numbering);
void dialog_close(struct dialog *);

/* Begin on a new connection; what was said on an earlier one is forgotten. */
void dialog_login(struct dialog *, struct span uid, struct span nodeid,
    uint64_t now);
/* nodeid is the password that the device has made for itself. */
void dialog_register(struct dialog *, struct span label, struct span alias,
    struct span nodeid, uint64_t now);

/* False: there are DIALOG_WINDOW requests already. */
bool dialog_send(struct dialog *, const struct dialog_request *);
/* How many requests have no ack, and whether the oldest has been sent. */
size_t dialog_waiting(const struct dialog *);
bool dialog_is_undecided(const struct dialog *);
/* Of the request that is being sent: bytes sent, and of how many. */
bool dialog_progress(const struct dialog *, uint64_t *sent, uint64_t *total);
/* The message with this id, as in its header, is stored. */
void dialog_ack(struct dialog *, struct span id);
void dialog_quit(struct dialog *);

/*
 * The next bytes to send, borrowed until the next call for this dialog; false
 * if there are none.  n of them were sent.
 */
bool dialog_out(const struct dialog *, struct span *piece);
void dialog_sent(struct dialog *, size_t n);

/*
 * Take from bytes what makes the next event.  What it puts into reply is
 * borrowed until the next call.
 */
enum dialog_event dialog_read(struct dialog *, struct span *bytes,
    struct reply *, uint64_t now);
/*
 * Look at the clock: queue a pulse if nothing was sent for long.  False: the
 * relay has not answered in time, and the connection should be closed.
 */
bool dialog_tick(struct dialog *, uint64_t now);
/* When dialog_tick is next needed. */
uint64_t dialog_deadline(const struct dialog *);

bool dialog_is_online(const struct dialog *);
/* Why it is over, for people, or "". */
const char *dialog_why(const struct dialog *);

#endif
