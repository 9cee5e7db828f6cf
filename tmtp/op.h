/*
 * op.h - the ops: a table of what each needs, and the one dispatcher.
 *
 *	op = op_find(rq)		by rq->h; NULL: end the session
 *	op_takes(op, rq, lengths)	false: op_refuse, throw the data away
 *	op_may_run(op, rq)		likewise; only if the data is large
 *	op_run(op, rq)			when all data is here
 *
 * When one of them fails, rq->why says why.
 */
#ifndef MNM_TMTP_OP_H
#define MNM_TMTP_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

struct request;
struct session;

/* The parts of a request's data: a note, which may be empty, and a body. */
enum { OP_NOTE, OP_BODY };

struct op;

/* A new session: how it numbers the ops is open, unless conf says. */
void op_begin(struct session *);
/* The op that is meant, if it is allowed now and has all that it needs. */
const struct op *op_find(struct request *);
/* Whether data of that length is accepted; the lengths of its parts. */
bool op_takes(const struct op *, struct request *,
    uint64_t lengths[UPLOAD_PARTS]);
/* Whether it would be accepted, as far as is known without its data. */
bool op_may_run(const struct op *, struct request *);
/* Run and answer it; if its session is stalled then, run it again later. */
void op_run(const struct op *, struct request *);
/* Answer that it is refused. */
void op_refuse(const struct op *, struct request *);

#endif
