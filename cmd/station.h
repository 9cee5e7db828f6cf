/*
 * station.h - an account whose messages are worked through one after the other,
 * by mail and bridge: its lock, its connection, and the message at hand.
 *
 *	station_open(context, &s, name, poller)
 *	for (;;) {
 *		while (station_next(context, &s))
 *			...	work on s.message, then station_done, or
 *				station_later to get it again
 *		status = station_turn(context, stations, count, wait)
 *	}
 *	station_close(&s)
 */
#ifndef MNM_CMD_STATION_H
#define MNM_CMD_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/account.h"
#include "client/agent.h"
#include "client/contacts.h"
#include "cmd/context.h"
#include "cmd/gateway.h"

struct poller;

struct station {
	struct account account;
	struct gateway rules;
	struct contacts book;		/* when the message was taken */
	struct poller *poller;		/* borrowed */
	struct agent *agent;
	bool holds;
	struct agent_message message;	/* if it holds one */
	uint64_t pause, retry_at;	/* ms; when to try the message again */
	bool complained;		/* that it is not online */
};

/* Nobody else may read the account's messages.  0, or a status. */
int station_open(struct context *, struct station *, const char *name,
    struct poller *);
void station_close(struct station *);

/* Whether there is a message to work on now: a new one, or one again. */
bool station_next(struct context *, struct station *);
/* It is dealt with: ack it. */
void station_done(struct station *);
/* It is to be tried again after a pause, which grows: the context says why. */
void station_later(struct context *, struct station *);
/*
 * Do for all stations what is possible now, and wait at most some ms for more.
 * 0, or a status if one of them cannot go on.
 */
int station_turn(struct context *, struct station *const *, size_t count,
    int wait);
/* Whether everything that waits was worked through, and all is sent. */
bool station_is_idle(struct station *);

#endif
