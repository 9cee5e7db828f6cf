/*
 * json.h - read JSON in place, in the order it was written; write it in one
 * canonical form.
 *
 * Reading.  There is no tree and no allocation.  The caller walks the text
 * with the functions below and takes what it recognises:
 *
 *	json_begin(&j, text);
 *	json_object(&j);
 *	while (json_key(&j, &key)) {
 *		if (json_is(key, SPAN("op")))
 *			op = json_uint(&j, OP_MAX);
 *		else
 *			json_skip(&j);
 *	}
 *	if (!json_done(&j))
 *		return "invalid header";
 *
 * The grammar is RFC 8259, strictly, in valid UTF-8, at most JSON_DEPTH deep.
 * The first error sticks.  From then on every call is a harmless no-op that
 * returns nothing, and json_done() is false, so that one check at the end
 * covers the whole walk.  A value left unread is an error like any other.
 */
#ifndef MNM_JSON_H
#define MNM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_DEPTH 16

/* What may come next in the text. */
enum json_next {
	JSON_VALUE,		/* a value, and nothing else */
	JSON_FIRST,		/* the first member or element, or none */
	JSON_REST		/* a comma, a closing bracket or the end */
};

struct json {
	const char *p;		/* next byte to read: after an error, where */
	const char *end;
	unsigned depth;		/* how many objects and arrays are open */
	uint32_t objects;	/* which are objects; bit 0 the innermost */
	enum json_next next;
	bool bad;		/* the sticky error */
};

void json_begin(struct json *, struct span text);

/* Enter an object; every member is then read by json_key and its value. */
void json_object(struct json *);
/*
 * The next member's key, as raw text (see json_text); its value is next.
 * False at the end of the object, which is then left, and after an error.
 */
bool json_key(struct json *, struct span *raw);
/* Enter an array. */
void json_array(struct json *);
/* Whether another element is next; false leaves the array. */
bool json_item(struct json *);

/* The values.  Another type than the one asked for is an error. */
struct span json_string(struct json *);	/* raw text; see json_text */
uint64_t json_uint(struct json *, uint64_t max);
bool json_bool(struct json *);
/* Take null if it is next and say whether it was.  Never an error. */
bool json_null(struct json *);
void json_skip(struct json *);		/* any value at all */

/* No error, and nothing but white space is left. */
bool json_done(struct json *);

/*
 * Raw text is what stands between the quotes, escapes and all; it has been
 * checked.  json_text writes what it means to dst, which has room for raw.n
 * bytes, and returns how many there are.  A lone surrogate escape becomes
 * U+FFFD.
 */
size_t json_text(char *dst, struct span raw);
/* Whether raw text means name, without regard to ASCII case. */
bool json_is(struct span raw, struct span name);

/*
 * Reading into a struct.  A table says which members are known, what their
 * values must be, and where they go:
 *
 *	json_object(&j);
 *	while ((field = json_next_field(&j, &reader)) != NULL)
 *		...				the values that are JSON_OTHER
 *	if (!json_done(&j))
 *		return "invalid header";
 *
 * Unknown members are skipped.  Of two with one key the last one counts.
 */
enum json_kind {
	JSON_TEXT,		/* struct span: what a string means */
	JSON_RAW,		/* struct span: the raw text of a string */
	JSON_NUMBER,		/* struct json_number, at most reader.max */
	JSON_U32,		/* uint32_t */
	JSON_FLAG,		/* its bit alone: true sets it, false clears */
	JSON_OTHER		/* the caller reads it */
};

struct json_number {
	bool given;
	uint64_t value;		/* 0 if it is not given */
};

struct json_field {
	const char *key;
	unsigned bit;		/* in reader.has while it is given, or 0 */
	enum json_kind kind;
	size_t offset;		/* in the struct */
};

/* What null means as the value of a known member. */
enum json_nulls {
	JSON_NULL_REFUSED,	/* a wrong type */
	JSON_NULL_SKIPPED,	/* nothing */
	JSON_NULL_CLEARS	/* it is not given, even if it was before */
};

struct json_reader {
	const struct json_field *fields;
	size_t count;
	enum json_nulls nulls;
	uint64_t max;
	void *to;		/* the struct, zeroed */
	char *room;		/* for the text of JSON_TEXT that has escapes:
				   as many bytes as the object has; moves on */
	unsigned has;
	struct span key;	/* raw: of the member just returned */
};

/* Read members up to the next JSON_OTHER; NULL at the end, or on an error. */
const struct json_field *json_next_field(struct json *, struct json_reader *);

/*
 * Writing.  Members are written in the order of the calls; canonical form
 * wants keys in byte order, which is up to the caller.
 *
 *	json_put_open(b, '{');
 *	json_put_string(b, "from", uid);
 *	json_put_uint(b, "headsum", sum);
 *	json_put_close(b, '}');
 *
 * The last byte written decides whether a comma is needed.  json_put_open may
 * follow a frame's four digits: it adds none after a number, so an array must
 * not mix numbers with objects or arrays.  A NULL key is for
 * elements of arrays.  Keys are the program's own and written as they are;
 * text must be valid UTF-8.
 */
void json_put_open(struct buf *, char bracket);
void json_put_close(struct buf *, char bracket);
void json_put_key(struct buf *, const char *key);
void json_put_string(struct buf *, const char *key, struct span text);
void json_put_uint(struct buf *, const char *key, uint64_t value);
/*
 * The member that the field, not JSON_OTHER, has in a struct; nothing for text
 * whose p is NULL or a number that is not given.
 */
void json_put_field(struct buf *, const struct json_field *, const void *from);

#endif
