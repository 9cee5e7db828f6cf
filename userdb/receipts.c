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
	if (r->count > 0 && receipt->msgid <= r->all[r->count - 1].msgid)
		return;
	if (r->count - r->earlier == RECEIPTS_MAX)
		drop(r, r->earlier, 1);
	r->all = xgrow(r->all, r->count, sizeof(*r->all));
	r->all[r->count++] = *receipt;
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

bool
receipts_behind(const struct receipts *r, uint64_t id)
{
	uint32_t i = first_of_file(r);

	while (i < r->count && r->all[i].msgid <= r->saved)
		i++;
	return i < r->count && r->all[i].msgid <= id;
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
