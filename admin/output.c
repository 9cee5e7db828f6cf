#include "admin/output.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "json.h"

#define SENTENCE_ROOM 8192	/* a command with two paths */
#define GAP 2		/* spaces between two columns */

/* In characters, each of which is one column wide in most scripts. */
static size_t
width_of(struct span text)
{
	size_t i, n = 0;

	for (i = 0; i < text.n; i++)
		n += (text.p[i] & 0xc0) != 0x80;
	return n;
}

/* The cell at *at, which is then moved past its end. */
static struct span
next_cell(const struct buf *cells, size_t *at)
{
	struct span cell = { cells->p + *at, 0 };

	while (cell.p[cell.n] != '\t' && cell.p[cell.n] != '\n')
		cell.n++;
	*at += cell.n + 1;
	return cell;
}

static void
measure(size_t widths[OUTPUT_COLUMNS_MAX], const struct buf *cells)
{
	size_t at = 0, column = 0, width;

	while (at < cells->n) {
		width = width_of(next_cell(cells, &at));
		if (column < OUTPUT_COLUMNS_MAX && width > widths[column])
			widths[column] = width;
		column = cells->p[at - 1] == '\n' ? 0 : column + 1;
	}
}

static void
lay_out(struct buf *out, const struct buf *cells,
    const size_t widths[OUTPUT_COLUMNS_MAX])
{
	size_t at = 0, column = 0, width;
	struct span cell;

	while (at < cells->n) {
		cell = next_cell(cells, &at);
		buf_add(out, cell);
		if (cells->p[at - 1] == '\n') {
			buf_add_byte(out, '\n');
			column = 0;
			continue;
		}
		width = column < OUTPUT_COLUMNS_MAX ? widths[column] : 0;
		buf_addf(out, "%*s", (int)(width + GAP - width_of(cell)), "");
		column++;
	}
}

static void
end_row(struct output *r)
{
	if (!r->in_row)
		return;
	r->in_row = false;
	if (r->json) {
		json_put_close(&r->out, '}');
		return;
	}
	r->heads.p[r->heads.n - 1] = '\n';
	r->cells.p[r->cells.n - 1] = '\n';
	r->rows++;
}

static void
end_table(struct output *r)
{
	size_t widths[OUTPUT_COLUMNS_MAX] = { 0 };

	end_row(r);
	if (!r->in_table)
		return;
	r->in_table = false;
	if (r->json) {
		json_put_close(&r->out, ']');
		return;
	}
	if (r->rows > 0 && r->out.n > 0)
		buf_add_byte(&r->out, '\n');
	measure(widths, &r->heads);
	measure(widths, &r->cells);
	lay_out(&r->out, &r->heads, widths);
	lay_out(&r->out, &r->cells, widths);
}

void
output_begin(struct output *r, bool json)
{
	*r = (struct output){ .json = json };
	if (json)
		json_put_open(&r->out, '{');
}

void
output_table(struct output *r, const char *name)
{
	end_table(r);
	r->in_table = true;
	r->rows = r->heads.n = r->cells.n = 0;
	if (!r->json)
		return;
	json_put_key(&r->out, name);
	json_put_open(&r->out, '[');
}

void
output_row(struct output *r)
{
	end_row(r);
	r->in_row = true;
	if (r->json)
		json_put_open(&r->out, '{');
}

/* Bytes that could break the columns or a terminal become '?'. */
static void
add_cell(struct output *r, const char *key, struct span text)
{
	if (r->rows == 0)
		buf_addf(&r->heads, "%s\t", key);
	buf_add(&r->cells, text);
	buf_add_byte(&r->cells, '\t');
	log_clean(r->cells.p + r->cells.n - 1 - text.n, text.n);
}

void
output_text(struct output *r, const char *key, struct span text)
{
	if (!r->json)
		add_cell(r, key, text.p != NULL ? text : SPAN("-"));
	else if (text.p != NULL)
		json_put_string(&r->out, key, text);
}

void
output_number(struct output *r, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	if (r->json)
		json_put_uint(&r->out, key, value);
	else
		add_cell(r, key, span_of(text));
}

void
output_flag(struct output *r, const char *key, bool is_set)
{
	if (!r->json) {
		add_cell(r, key, is_set ? SPAN("yes") : SPAN("-"));
		return;
	}
	json_put_key(&r->out, key);
	buf_add(&r->out, is_set ? SPAN("true") : SPAN("false"));
}

void
output_date(struct output *r, const char *key, uint64_t wall)
{
	char text[CLOCK_TEXT];

	clock_text(text, wall);
	output_text(r, key, (struct span){ wall > 0 ? text : NULL,
	    CLOCK_TEXT });
}

void
output_say(struct output *r, const char *format, ...)
{
	char text[SENTENCE_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	end_table(r);
	if (!r->json)
		buf_addf(&r->out, "%s\n", text);
	else
		json_put_string(&r->said, NULL, span_of(text));
}

struct span
output_end(struct output *r)
{
	end_table(r);
	if (!r->json)
		return buf_span(&r->out);
	if (r->said.n > 0) {
		json_put_key(&r->out, "said");
		json_put_open(&r->out, '[');
		buf_add(&r->out, buf_span(&r->said));
		json_put_close(&r->out, ']');
	}
	json_put_close(&r->out, '}');
	buf_add_byte(&r->out, '\n');
	return buf_span(&r->out);
}

void
output_free(struct output *r)
{
	buf_free(&r->out);
	buf_free(&r->said);
	buf_free(&r->heads);
	buf_free(&r->cells);
}
