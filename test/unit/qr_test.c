/*
 * qr_test.c - each size of QR code, and what a decoder that is not ours reads
 * in them: zbarimg, of Debian's package zbar-tools.
 */
#include "base/qr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "test/lib/check.h"
#include "test/lib/scratch.h"

#define SCALE 3		/* pixels of a module */
#define QUIET 4
#define TEXTS_MAX 64

/* The bytes that each version holds at level M, from the standard. */
static const size_t capacities[] = {
	14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412,
	450, 504, 560, 624, 666
};

static char *texts[TEXTS_MAX];
static size_t text_count;

static char *
make_text(size_t n)
{
	static const char letters[] = "https://relay.example:3456/#join=a%20b";
	char *text = xalloc(n + 1);
	size_t i;

	for (i = 0; i < n; i++)
		text[i] = letters[(i + n) % (sizeof(letters) - 1)];
	text[n] = '\0';
	return text;
}

/* ---- pictures ---- */

/* A picture of rows of modules, '#' is dark. */
static void
write_picture(const char *dir, char *const *rows, size_t count, size_t width)
{
	char path[128];
	size_t y, x;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%02zu.pbm", dir, text_count);
	file = fopen(path, "w");
	if (file == NULL)
		die("%s: %s", path, strerror(errno));
	fprintf(file, "P1\n%zu %zu\n", width * SCALE, count * SCALE);
	for (y = 0; y < count * SCALE; y++) {
		for (x = 0; x < width * SCALE; x++)
			fputs(rows[y / SCALE][x / SCALE] == '#' ? "1" : "0",
			    file);
		fputc('\n', file);
	}
	if (fclose(file) != 0)
		die("%s: %s", path, strerror(errno));
}

static void
add_picture(const char *dir, const struct qr *qr, const char *text)
{
	char *rows[QR_SIDE_MAX + 2 * QUIET] = { NULL };
	int count = qr->side + 2 * QUIET, y, x;

	for (y = 0; y < count; y++) {
		rows[y] = xzalloc((size_t)count + 1);
		memset(rows[y], '.', (size_t)count);
		if (y < QUIET || y >= count - QUIET)
			continue;
		for (x = 0; x < qr->side; x++) {
			if (qr->dark[y - QUIET][x])
				rows[y][x + QUIET] = '#';
		}
	}
	write_picture(dir, rows, (size_t)count, (size_t)count);
	for (y = 0; y < count; y++)
		free(rows[y]);
	texts[text_count++] = xcopy(span_of(text));
}

/* What a terminal would show for a line of qr_draw: two rows of modules. */
static const char *
read_line(const char *p, char *upper, char *lower)
{
	static const struct {
		const char *text;
		char upper, lower;
	} halves[] = {
		{ " ", '#', '#' }, { "\u2580", '.', '#' },
		{ "\u2584", '#', '.' }, { "\u2588", '.', '.' }
	};
	const char *begin = "\033[97;40m", *end = "\033[0m\n";
	size_t i, n;

	if (strncmp(p, begin, strlen(begin)) != 0)
		return NULL;
	for (p += strlen(begin); strncmp(p, end, strlen(end)) != 0; p += n) {
		for (i = 0; i < COUNT(halves); i++) {
			n = strlen(halves[i].text);
			if (strncmp(p, halves[i].text, n) == 0)
				break;
		}
		if (i == COUNT(halves))
			return NULL;
		*upper++ = halves[i].upper;
		*lower++ = halves[i].lower;
	}
	*upper = *lower = '\0';
	return p + strlen(end);
}

static void
add_drawing(const char *dir, const struct qr *qr, const char *text)
{
	char room[2 * QR_SIDE_MAX][2 * QR_SIDE_MAX];
	char *rows[2 * QR_SIDE_MAX] = { NULL };
	struct buf drawing = { NULL, 0, 0 };
	size_t width = (size_t)qr->side + 2 * QUIET, count = 0;
	const char *p;

	qr_draw(&drawing, qr);
	buf_add_byte(&drawing, '\0');
	for (p = drawing.p; p != NULL && *p != '\0'; count += 2) {
		rows[count] = room[count];
		rows[count + 1] = room[count + 1];
		p = read_line(p, room[count], room[count + 1]);
	}
	CHECK(p != NULL, "lines of half blocks");
	CHECK(count == width + 1, "rows: %zu", count);
	CHECK(strlen(room[0]) == width, "width: %zu", strlen(room[0]));
	write_picture(dir, rows, count, width);
	texts[text_count++] = xcopy(span_of(text));
	buf_free(&drawing);
}

/* ---- tests ---- */

static void
test_sizes(const char *dir)
{
	static struct qr qr;
	char *text;
	size_t i, n;

	for (i = 0; i < COUNT(capacities); i++) {
		for (n = capacities[i] - 1; n <= capacities[i]; n++) {
			text = make_text(n);
			CHECK(qr_encode(&qr, span_of(text)), "%zu bytes", n);
			CHECK(qr.side == (int)(21 + 4 * i),
			    "%zu bytes: %d modules", n, qr.side);
			add_picture(dir, &qr, text);
			free(text);
		}
	}
	text = make_text(QR_BYTES_MAX + 1);
	CHECK(!qr_encode(&qr, span_of(text)), "too long");
	free(text);
	CHECK(qr_encode(&qr, SPAN("")) && qr.side == 21, "empty");
}

/* A stain of 5 by 5 modules, away from the finders, is repaired. */
static void
test_stain(const char *dir)
{
	static const char text[] = "https://relay.example:3456/#join=stained";
	static struct qr qr;
	int y, x;

	CHECK(qr_encode(&qr, SPAN(text)), "%s", text);
	for (y = 10; y < 15; y++) {
		for (x = 12; x < 17; x++)
			qr.dark[y][x] = !qr.dark[y][x];
	}
	add_picture(dir, &qr, text);
}

static void
test_drawing(const char *dir)
{
	static const char text[] = "https://relay.example:3456/#join=drawn";
	static struct qr qr;

	CHECK(qr_encode(&qr, SPAN(text)), "%s", text);
	add_drawing(dir, &qr, text);
}

/* Each picture must be read as its text, one line each. */
static void
test_read(const char *dir)
{
	char command[128], line[QR_BYTES_MAX + 2];
	FILE *out;
	size_t i;
	int status;

	if (system("command -v zbarimg >/dev/null") != 0) {
		printf("qr: no zbarimg: nobody reads the codes\n");
		return;
	}
	(void)snprintf(command, sizeof(command),
	    "zbarimg -q --raw -Sdisable -Sqr.enable %s/*.pbm "
	    "2>/dev/null", dir);
	out = popen(command, "r");
	if (out == NULL)
		die("popen: %s", strerror(errno));
	for (i = 0; i < text_count; i++) {
		if (fgets(line, sizeof(line), out) == NULL)
			line[0] = '\0';
		line[strcspn(line, "\n")] = '\0';
		CHECK(strcmp(line, texts[i]) == 0, "%zu: %s, not %s", i, line,
		    texts[i]);
	}
	CHECK(fgets(line, sizeof(line), out) == NULL, "more: %s", line);
	status = pclose(out);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "zbarimg: %d",
	    status);
}

int
main(void)
{
	char dir[] = "/tmp/mnm-qr-XXXXXX";
	int fd = scratch_make(dir);
	size_t i;

	test_sizes(dir);
	test_stain(dir);
	test_drawing(dir);
	test_read(dir);
	for (i = 0; i < text_count; i++)
		free(texts[i]);
	close(fd);
	scratch_remove(AT_FDCWD, dir);
	return check_report("qr");
}
