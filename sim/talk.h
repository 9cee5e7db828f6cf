/*
 * talk.h - conversations as text: what clients send to a relay, and what they
 * must get.  The self-test of mnm N and test/talk run them.
 *
 *	A> HEADER [| DATA]	the client A sends a frame
 *	A< HEADER [| DATA]	the next frame that A gets
 *	A! WORD			something else happens to A
 *	A= ID			A gets an Ack for the request with this .id
 *	A/ ID			A's request with this .id is refused
 *	ABC< HEADER [| DATA]	the same for A, B and C
 *	member A alice		A connects, registers and has the alias; its
 *				uid is $uid-A, its password $node-A
 *	device A2 of A		A's user makes a node, and A2 logs in as it;
 *				its password is $node-A2; all acks are sent
 *
 * A client is a capital letter and perhaps a digit.  HEADER is JSON as it is
 * sent, but a word after "op": is the number of the op with that name, and
 * $KIND and $KIND-NAME stand for what the relay has chosen:
 *
 *	$uid $node $id $date	has the form of one
 *	$sum			a number
 *	$error			16 characters or more, up to a quote
 *
 * With a NAME it is remembered, and must be the same from then on.
 * DATA is the text to the end of the line, or pieces of many bytes: "@70000a
 * @5b" is 70000 bytes of a row that begins with an a, and five of one that
 * begins with a b.
 */
#ifndef MNM_SIM_TALK_H
#define MNM_SIM_TALK_H

#include <stdbool.h>

#include "base/buf.h"
#include "client/wire.h"

#define TALK_NAME  8
#define TALK_NAMES 200

enum talk_numbering { TALK_2018, TALK_2020 };

struct talk_name {
	char name[32];		/* without the $ */
	char value[64];
};

/* What is known so far. */
struct talk {
	enum talk_numbering numbering;
	struct talk_name names[TALK_NAMES];
	size_t count;
};

/* The value of a name, or NULL. */
const char *talk_value(const struct talk *, struct span name);
/* False if there are too many, or one is too long. */
bool talk_set(struct talk *, struct span name, struct span value);

struct talk_step {
	char name[TALK_NAME];	/* of the client */
	char kind;		/* > < or ! */
	const char *text;	/* in the line */
};

/* False if the line is not a client's step. */
bool talk_read(struct talk_step *, const char *line);
/* Append the frame that a client sends.  NULL, or why there is none. */
const char *talk_frame(const struct talk *, struct buf *, const char *text);
/* NULL, or in what way the frame is not the one that text says. */
const char *talk_compare(struct talk *, const char *text,
    const struct reply *);
/* Append an Ack for the message with this id. */
void talk_ack(const struct talk *, struct buf *, struct span id);
/*
 * Append the steps that a line stands for, each with a newline.  False if it is
 * a step itself, or no line of these.
 */
bool talk_expand(struct talk *, struct buf *lines, const char *line);

#endif
