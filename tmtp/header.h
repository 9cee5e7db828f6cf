/*
 * header.h - headers: those of requests, from JSON to fields; those of
 * messages and replies, from fields to JSON in canonical form.
 *
 * A frame is four hexadecimal digits, as many bytes of JSON as they say (the
 * header), and as many bytes of data as the header's datalen says.
 */
#ifndef MNM_TMTP_HEADER_H
#define MNM_TMTP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encode.h"
#include "json.h"

#define HEADER_DIGITS 4
#define HEADER_MIN 8	/* {"op":0} */
#define HEADER_MAX 65535	/* the most for four digits */

/* The fields of requests.  A set of them is an unsigned. */
enum header_field {
	F_OP         = 1 << 0,
	F_ID         = 1 << 1,
	F_UID        = 1 << 2,
	F_NODE       = 1 << 3,
	F_NEWNODE    = 1 << 4,
	F_NEWALIAS   = 1 << 5,
	F_USES       = 1 << 6,
	F_DROPNODE   = 1 << 7,
	F_DROPALIAS  = 1 << 8,
	F_FOR        = 1 << 9,
	F_TYPE       = 1 << 10,
	F_GID        = 1 << 11,
	F_ACT        = 1 << 12,
	F_FROM       = 1 << 13,
	F_TO         = 1 << 14,
	F_DATALEN    = 1 << 15,
	F_DATAHEAD   = 1 << 16,
	F_DATASUM    = 1 << 17,
	F_NOTEFOR    = 1 << 18,
	F_NOTELEN    = 1 << 19,
	F_NOTEHEAD   = 1 << 20,
	F_NOTESUM    = 1 << 21,
	F_FORNOTSELF = 1 << 22,
	F_KIND       = 1 << 23,
	F_ON         = 1 << 24,
	F_AFTER      = 1 << 25,
	F_OIDC       = 1 << 26,
	F_MSGID      = 1 << 27,
	F_CORK       = 1 << 28,
	F_WAKE       = 1 << 29,
	F_BLOCK      = 1 << 30	/* block or unblock */
};

/* An array of objects with an id and perhaps a type, as it was sent. */
struct header_list {
	struct span json;
	size_t count;
	char *room;		/* for the ids that hold escapes */
};

struct header_entry {
	struct span id;		/* valid until the next entry is read */
	struct json_number type;
};

/* The header of a request.  Text that is not given has a NULL p. */
struct header {
	unsigned has;		/* the set of fields that are given; flags
				   only if they are true */
	struct json_number op;
	struct span id, uid, node;
	struct span newnode, newalias, dropnode, dropalias;
	struct span type, gid, act, kind, msgid, from, to, cork, wake;
	struct span block, unblock;
	struct json_number uses, within;
	struct json_number datalen, datahead, datasum;
	struct json_number notelen, notehead, notesum;
	struct header_list to_list;	/* .for */
	struct header_list note_list;	/* .notefor */
	struct span id_token;		/* .oidc's */
};

/* The header's length in four hexadecimal digits, or -1. */
long header_parse_length(const char digits[HEADER_DIGITS]);
/*
 * Read a request's header.  False if it is not strict JSON, has no op, or a
 * field has the wrong type.  Text points into json or into text, which is
 * overwritten; both must outlive the header.
 */
bool header_read(struct header *, struct span json, struct buf *text);
/* The name of a field in the set, to report it missing. */
const char *header_field_name(unsigned set);

/*
 *	header_walk(&walk, &h.to_list);
 *	while (header_entry(&walk, &h.to_list, &entry))
 *		...
 */
void header_walk(struct json *walk, const struct header_list *);
bool header_entry(struct json *walk, const struct header_list *,
    struct header_entry *);

/* A message for a node's queue.  What is not given is left out. */
struct message {
	const char *op;
	uint64_t id;
	const struct uid *from;
	uint64_t posted;		/* now.wall */
	uint64_t postid;		/* 0: none */
	uint64_t datalen;
	struct json_number datahead, datasum, notify, uses;
	bool after;
	struct span cork, corked;	/* corked is the JSON of for */
	struct span block, unblock;
	struct span act, alias, dropalias, dropnode, gid, label;
	struct span newalias, newnode, node, nodeid, noderef, to, type;
	const char *on;			/* true or false */
	uint64_t msgid;			/* 0: none */
	struct span moderate;
	struct span passed;		/* the head of a post that waited:
					   only id and what it says about
					   moderators is new */
	const struct header_list *to_list;	/* ids that need no escapes */
};

/*
 * Append the message's digits and header, headsum included.  False, and
 * nothing appended, if it is longer than HEADER_MAX.
 */
bool header_message(struct buf *, const struct message *);

/* Correct the digits and the headsum of a changed message without data. */
void header_sum(struct buf *frame);

/* A node's reference as text. */
#define REF_TEXT 11		/* the largest, and a NUL */
struct span frame_ref(char dst[REF_TEXT], uint32_t ref);

/*
 * Any other header: header_open, then the json_put functions with keys in byte
 * order, then header_close with what header_open returned.
 */
size_t header_open(struct buf *);
void header_put_uid(struct buf *, const char *key, const struct uid *);
void header_close(struct buf *, size_t start);

#endif
