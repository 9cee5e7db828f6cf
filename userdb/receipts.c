#include "userdb/receipts.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

#define RECEIPT_TEXT (3 * (size_t)ID_TEXT)

void
receipts_free(struct receipts *r)
{
	free(r->all);
}

/* Remove n of them, the first of which is at. */
static void
drop(struct receipts *r, uint32_t at, uint32_t n)
{
	r->count -= n;
	memmove(r->all + at, r->all + at + n,
	    (r->count - at) * sizeof(*r->all));
}

void
receipts_add(struct receipts *r, const struct receipt *receipt)
{
	uint32_t at;

	/* Only a replay finds a younger one: those carried over come last. */
	for (at = r->count; at > 0; at--) {
		if (r->all[at - 1].msgid < receipt->msgid)
			break;
		if (r->all[at - 1].msgid == receipt->msgid)
			return;
	}
	r->all = xgrow(r->all, r->count, sizeof(*r->all));
	memmove(r->all + at + 1, r->all + at,
	    (r->count - at) * sizeof(*r->all));
	r->all[at] = *receipt;
	if (++r->count - r->earlier > RECEIPTS_MAX)
		drop(r, r->earlier, 1);
}

void
receipts_turn(struct receipts *r)
{
	if (r->count > RECEIPTS_MAX) {
		drop(r, 0, r->count - RECEIPTS_MAX);
		r->all = xrealloc(r->all, RECEIPTS_MAX * sizeof(*r->all));
	}
	r->earlier = r->count;
}

const struct receipt *
receipts_find(const struct receipts *r, uint64_t hash, uint64_t mask)
{
	uint32_t i;

	for (i = r->earlier; i > 0; i--) {
		if (((r->all[i - 1].hash ^ hash) & mask) == 0)
			return &r->all[i - 1];
	}
	return NULL;
}

void
receipts_saved(struct receipts *r)
{
	if (r->count > 0)
		r->saved = r->all[r->count - 1].msgid;
}

/* Where those begin that the file has. */
static uint32_t
first_of_file(const struct receipts *r)
{
	return r->count > RECEIPTS_MAX ? r->count - RECEIPTS_MAX : 0;
}

/*
 * The lowest msgid, less one, of those that are behind: what was carried over
 * before this segment was written must be carried over again.
 */
static uint64_t
kept(const struct receipts *r, uint64_t id)
{
	return r->carried_at > id && r->carried > r->saved ? r->carried :
	    r->saved;
}

/* The first that is not kept. */
static uint32_t
first_behind(const struct receipts *r, uint64_t id)
{
	uint32_t i = first_of_file(r);

	while (i < r->count && r->all[i].msgid <= kept(r, id))
		i++;
	return i;
}

bool
receipts_behind(const struct receipts *r, uint64_t id)
{
	uint32_t i = first_behind(r, id);

	return i < r->count && r->all[i].msgid <= id;
}

bool
receipts_are_active(const struct receipts *r, uint64_t id)
{
	return r->count > 0 && r->all[r->count - 1].msgid > id;
}

void
receipts_encode(struct buf *b, const struct receipt *receipt)
{
	char *bytes = buf_room(b, RECEIPT_BYTES);

	encode_u64(bytes, receipt->hash);
	encode_u64(bytes + 8, receipt->msgid);
	encode_u64(bytes + 16, receipt->posted);
	b->n += RECEIPT_BYTES;
}

struct receipt
receipts_decode(const char *bytes)
{
	return (struct receipt){ decode_u64(bytes), decode_u64(bytes + 8),
	    decode_u64(bytes + 16) };
}

void
receipts_carry(struct receipts *r, uint64_t id, uint64_t committed,
    struct buf *b)
{
	uint32_t i;

	for (i = first_behind(r, id); i < r->count && r->all[i].msgid <= id;
	    i++)
		receipts_encode(b, &r->all[i]);
	if (r->carried_at <= id)
		r->carried_at = committed;
	r->carried = id;
}

static void
write_number(struct buf *b, uint64_t value)
{
	encode_hex64(buf_room(b, ID_TEXT), value);
	b->n += ID_TEXT;
}

void
receipts_write(struct buf *b, const struct receipts *r)
{
	uint32_t i;

	for (i = first_of_file(r); i < r->count; i++) {
		write_number(b, r->all[i].hash);
		write_number(b, r->all[i].msgid);
		write_number(b, r->all[i].posted);
	}
}

static bool
read_number(uint64_t *value, struct span *text)
{
	struct span digits = { text->p, ID_TEXT };

	text->p += ID_TEXT;
	text->n -= ID_TEXT;
	return decode_hex64(value, digits);
}

void
receipts_read(struct receipts *r, struct span text)
{
	struct receipt receipt;

	while (text.n >= RECEIPT_TEXT && read_number(&receipt.hash, &text) &&
	    read_number(&receipt.msgid, &text) &&
	    read_number(&receipt.posted, &text))
		receipts_add(r, &receipt);
	receipts_turn(r);
	receipts_saved(r);
}
