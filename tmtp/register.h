/*
 * register.h - registration: who may register, by the configuration and the
 * guest list, and the op that does it.
 *
 *	admission = register_ask(registrar, conf, &applicant);
 *	if (admission.answer == REGISTER_YES)
 *		... add the user, then register_admit(registrar, ...)
 *	else
 *		register_refuse(registrar, ...)
 */
#ifndef MNM_TMTP_REGISTER_H
#define MNM_TMTP_REGISTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

struct conf;
struct invites;
struct registrar;
struct request;

struct registrar *register_open(struct invites *);
void register_close(struct registrar *);

/* Somebody who wants to register. */
struct applicant {
	struct span alias;	/* .p is NULL when none is asked for */
	const char *peer;	/* its address and port, for subnet_of_peer */
	size_t users;		/* how many there are already */
	struct now now;
	bool vouched;		/* a provider vouches for it: it need not be
				   invited */
	bool used;		/* the name before its code is a member's */
};

enum register_answer {
	REGISTER_YES,
	REGISTER_FULL,		/* users_max */
	REGISTER_ELSEWHERE,	/* register_from */
	REGISTER_CLOSED,	/* register */
	REGISTER_UNINVITED,	/* register */
	REGISTER_GUESSING,	/* its network has tried too often */
	REGISTER_TOO_FAST	/* register_rate */
};

struct admission {
	enum register_answer answer;
	uint64_t id;		/* of the guest list, or 0 */
	bool invited;		/* the alias was reserved for it */
	bool receive_only;
	struct span name;	/* of an invitation with a code: the alias to
				   have, until register_admit */
};

/* Asking changes nothing. */
struct admission register_ask(struct registrar *, const struct conf *,
    const struct applicant *);
/* It has been registered: use up its invitation or place. */
void register_admit(struct registrar *, const struct applicant *,
    const struct admission *);
/* Somebody has this name now: nobody needs to be admitted by it. */
void register_forget(struct registrar *, struct span name);
/*
 * It was refused: remember its request.  Appends the reason for the applicant
 * to why; and to advice a log line, which ends with how to admit it.
 */
void register_refuse(struct registrar *, const struct applicant *,
    const struct admission *, struct buf *why, struct buf *advice);

bool op_register(struct request *);

#endif
