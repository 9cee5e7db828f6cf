#include "mail/letter.h"

#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "mail/transfer.h"

#define LINE_BYTES   998	/* the longest line (RFC 5322) */
#define FOLD_COLUMN   76
#define WORD_BYTES    39	/* of an encoded word: 52 as base64, and 12 */
#define ADDRESS_MAX  254	/* RFC 5321 */

bool
letter_is_address(struct span text)
{
	size_t i, at = 0;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ' || text.p[i] > '~' ||
		    strchr("()<>[]:;,\\\"|", text.p[i]) != NULL)
			return false;
		if (text.p[i] == '@') {
			if (at > 0)
				return false;
			at = i;
		}
	}
	return at > 0 && at + 1 < text.n && text.n <= ADDRESS_MAX &&
	    text.p[0] != '-';
}

/* ---- fields ---- */

static bool
is_plain(struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] < ' ' || text.p[i] > '~')
			return false;
	}
	/* What looks like an encoded word must be one. */
	return span_find(text, SPAN("=?")) == text.n;
}

/* The bytes of whole characters at the front, at most max. */
static size_t
whole(struct span text, size_t max)
{
	uint32_t character;
	size_t n = 0, bytes;

	while (n < text.n) {
		bytes = utf8_take(text.p + n, text.n - n, &character);
		bytes = bytes > 0 ? bytes : 1;
		if (n + bytes > max)
			break;
		n += bytes;
	}
	return n;
}

static void
add_words(struct buf *to, struct span text)
{
	size_t n;

	while (text.n > 0) {
		n = whole(text, WORD_BYTES);
		buf_add(to, SPAN("=?utf-8?B?"));
		transfer_write_base64_word(to, (struct span){ text.p, n });
		buf_add(to, SPAN("?="));
		text.p += n;
		text.n -= n;
		if (text.n > 0)
			buf_add(to, SPAN("\n "));
	}
}

/* Plain text, folded at spaces; other text as encoded words. */
static void
add_folded(struct buf *to, size_t column, struct span text)
{
	size_t i, word;

	if (!is_plain(text) || text.n > LINE_BYTES / 2) {
		add_words(to, text);
		return;
	}
	for (i = 0; i < text.n; i++, column++) {
		word = 1;
		while (text.p[i] == ' ' && i + word < text.n &&
		    text.p[i + word] != ' ')
			word++;
		if (word > 1 && column + word > FOLD_COLUMN) {
			buf_add_byte(to, '\n');
			column = 0;
		}
		buf_add_byte(to, text.p[i]);
	}
}

static void
add_text_field(struct buf *to, const char *name, struct span text)
{
	if (text.n == 0)
		return;
	buf_addf(to, "%s: ", name);
	add_folded(to, strlen(name) + 2, text);
	buf_add_byte(to, '\n');
}

static void
add_quoted(struct buf *to, struct span text)
{
	size_t i;

	buf_add_byte(to, '"');
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_add_byte(to, '\\');
		buf_add_byte(to, text.p[i]);
	}
	buf_add_byte(to, '"');
}

static void
add_address_field(struct buf *to, const char *field, struct span name,
    struct span address)
{
	if (!letter_is_address(address))
		return;
	buf_addf(to, "%s: ", field);
	if (name.n > 0 && is_plain(name) && name.n <= LINE_BYTES / 2)
		add_quoted(to, name);
	else if (name.n > 0)
		add_words(to, name);
	if (name.n > 0)
		buf_add(to, SPAN("\n "));
	buf_addf(to, "<%.*s>\n", (int)address.n, address.p);
}

/* An id that somebody else has made may be anything. */
static void
add_id_field(struct buf *to, const char *field, struct span id)
{
	size_t i;

	for (i = 0; i < id.n; i++) {
		if (id.p[i] <= ' ' || id.p[i] > '~' || id.p[i] == '<' ||
		    id.p[i] == '>')
			return;
	}
	if (id.n > 0 && id.n <= LINE_BYTES / 2)
		buf_addf(to, "%s: <%.*s>\n", field, (int)id.n, id.p);
}

static void
add_date(struct buf *to, uint64_t wall)
{
	char text[CLOCK_RFC_TEXT];

	clock_rfc_text(text, wall);
	buf_addf(to, "Date: %s +0000\n", text);
}

static void
add_head(struct buf *to, const struct letter *l)
{
	add_address_field(to, "From", l->from_name, l->from);
	add_address_field(to, "To", l->to_name, l->to);
	add_text_field(to, "Subject", l->subject);
	add_date(to, l->wall);
	add_id_field(to, "Message-ID", l->id);
	add_id_field(to, "In-Reply-To", l->reply_to_id);
	add_id_field(to, "References", l->reply_to_id);
	add_text_field(to, LETTER_GATEWAY, l->gateway);
	if (l->automatic)
		buf_add(to, SPAN("Auto-Submitted: auto-generated\n"));
	buf_add(to, SPAN("MIME-Version: 1.0\n"));
}

/* ---- parts ---- */

/* Whether the text can stand in a message as it is. */
static bool
is_safe(struct span text)
{
	size_t i, column = 0;

	for (i = 0; i < text.n; i++, column++) {
		if (text.p[i] == '\n') {
			column = (size_t)-1;
			continue;
		}
		if ((text.p[i] < ' ' || text.p[i] > '~') && text.p[i] != '\t')
			return false;
		if (column == LINE_BYTES || (column == 0 &&
		    (text.p[i] == '.' || text.p[i] == 'F')))
			return false;
	}
	/* Nothing in it looks like a boundary. */
	return span_find(text, SPAN("=_")) == text.n;
}

static void
add_text_part(struct buf *to, struct span text)
{
	bool safe = is_safe(text);

	buf_addf(to, "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: %s\n\n",
	    safe ? "7bit" : "quoted-printable");
	if (safe)
		buf_add(to, text);
	else
		transfer_write_quoted(to, text);
	if (text.n > 0 && text.p[text.n - 1] != '\n')
		buf_add_byte(to, '\n');
}

/* Anything else could be opened by accident. */
static const char *
type_of(struct span name)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{ ".png", "image/png" }, { ".jpg", "image/jpeg" },
		{ ".jpeg", "image/jpeg" }, { ".gif", "image/gif" },
		{ ".pdf", "application/pdf" }, { ".txt", "text/plain" }
	};
	size_t i, n;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		n = strlen(types[i].end);
		if (name.n >= n && memcmp(name.p + name.n - n, types[i].end,
		    n) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static void
add_file_name(struct buf *to, struct span name)
{
	if (is_plain(name)) {
		buf_add(to, SPAN(" filename="));
		add_quoted(to, name);
		return;
	}
	buf_add(to, SPAN(" filename*=utf-8''"));
	encode_percent(to, name);
}

static void
add_file_part(struct buf *to, const struct letter_file *file)
{
	struct span name = file->name;

	/* As a line may not be longer. */
	name.n = whole(name, LINE_BYTES / 4);
	buf_addf(to, "Content-Type: %s\nContent-Transfer-Encoding: base64\n"
	    "Content-Disposition: attachment;\n", type_of(name));
	add_file_name(to, name);
	buf_add(to, SPAN("\n\n"));
	transfer_write_base64(to, file->data);
}

void
letter_write(struct buf *to, const struct letter *l)
{
	size_t i;

	add_head(to, l);
	if (l->count == 0) {
		add_text_part(to, l->text);
		return;
	}
	buf_addf(to, "Content-Type: multipart/mixed;\n boundary=\"=_%s\"\n\n"
	    "--=_%s\n", l->boundary, l->boundary);
	add_text_part(to, l->text);
	for (i = 0; i < l->count; i++) {
		buf_addf(to, "\n--=_%s\n", l->boundary);
		add_file_part(to, &l->files[i]);
	}
	buf_addf(to, "\n--=_%s--\n", l->boundary);
}
