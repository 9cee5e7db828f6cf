/*
 * register.h - who may register, by the configuration and the invitations.
 *
 *	admission = admit_ask(ad, conf, &applicant);
 *	if (admission.answer == ADMIT_YES)
 *		... register it, then admit_enter(ad, ...)
 *	else
 *		admit_refuse(ad, ...)
 */
#ifndef MNM_TMTP_REGISTER_H
#define MNM_TMTP_REGISTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "conf.h"
#include "userdb.h"

struct admit;

struct admit *admit_open(struct invites *);
void admit_close(struct admit *);

/* Somebody who wants to register. */
struct applicant {
	struct span alias;	/* .p is NULL when none is asked for */
	const char *peer;	/* its address and port, for subnet_of_peer */
	size_t users;		/* how many there are already */
	struct now now;
};

enum admit_answer {
	ADMIT_YES,
	ADMIT_FULL,		/* users_max */
	ADMIT_ELSEWHERE,	/* register_from */
	ADMIT_CLOSED,		/* register */
	ADMIT_UNINVITED,	/* register */
	ADMIT_TOO_FAST		/* register_rate */
};

struct admission {
	enum admit_answer answer;
	uint64_t id;		/* of the invite or window, or 0 */
	bool invited;		/* the alias was kept for it */
	bool receive_only;
};

/* Nothing is changed by asking. */
struct admission admit_ask(struct admit *, const struct conf *,
    const struct applicant *);
/* It was let in, and is registered: use up what let it in. */
void admit_enter(struct admit *, const struct applicant *,
    const struct admission *);
/*
 * It was refused: remember its request.  Appends to why what it is told, and to
 * advice what the log tells, which ends with how to let it in.
 */
void admit_refuse(struct admit *, const struct applicant *,
    const struct admission *, struct buf *why, struct buf *advice);

#endif
