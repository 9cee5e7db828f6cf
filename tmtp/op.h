/*
 * op.h - the ops: a table of what each needs, and the one dispatcher.
 *
 *	op = op_find(rq)		by rq->h; NULL: end the session
 *	op_takes(op, rq, lengths)	false: op_refuse, throw the data away
 *	op_prepare(op, rq)		likewise; only if the data is large
 *	op_run(op, rq)			when rq->note and rq->body are there
 *
 * When one of them fails, rq->relay->why says why.
 */
#ifndef MNM_TMTP_OP_H
#define MNM_TMTP_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "tmtp/session.h"

/* The parts of a request's data: a note, which may be empty, and a body. */
enum { OP_NOTE, OP_BODY };

struct op;

/* A new session: nothing is known of how it numbers the ops, but by conf. */
void op_begin(struct session *);
/* The op that is meant, if it may come now and has all that it needs. */
const struct op *op_find(struct request *);
/* Whether data of that length is taken, and of which parts it is made. */
bool op_takes(const struct op *, struct request *,
    uint64_t lengths[UPLOAD_PARTS]);
/* Whether it would not be refused, as far as can be told without data. */
bool op_prepare(const struct op *, struct request *);
/* Run and answer it; or its session is stalled, and it is to be run again. */
void op_run(const struct op *, struct request *);
/* Answer that it is refused. */
void op_refuse(const struct op *, struct request *);

#endif
