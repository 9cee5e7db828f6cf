#include "base/qr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The text and its padding are cut into blocks, each gets its own check words
 * (Reed-Solomon), and the words of all blocks are interleaved, so that a stain
 * damages a little of each.  The bits run upwards and downwards in columns that
 * are two modules wide, around the patterns by which a reader finds its way.
 * Of eight masks, the one counts that leaves the fewest patterns which could
 * confuse a reader.
 */

#define VERSION_MAX   20
#define WORDS_MAX   1085	/* of version 20, data and check words */
#define CHECK_MAX     30	/* check words of one block */
#define QUIET          4	/* light modules around the code */
#define MASKS          8

#define WHITE_ON_BLACK "\033[97;40m"
#define PLAIN          "\033[0m"

/* Of each version at level M. */
static const struct {
	unsigned char check;	/* words of each block */
	unsigned char blocks;
} levels[VERSION_MAX + 1] = {
	{  0,  0 },
	{ 10,  1 }, { 16,  1 }, { 26,  1 }, { 18,  2 }, { 24,  2 },
	{ 16,  4 }, { 18,  4 }, { 22,  4 }, { 22,  5 }, { 26,  5 },
	{ 30,  5 }, { 22,  8 }, { 22,  9 }, { 24,  9 }, { 24, 10 },
	{ 28, 10 }, { 28, 11 }, { 26, 13 }, { 26, 14 }, { 26, 16 }
};

/* A code that is being drawn: data does not go where a pattern stands. */
struct canvas {
	struct qr *qr;
	unsigned version;
	bool taken[QR_SIDE_MAX][QR_SIDE_MAX];
};

/* ---- how much fits ---- */

static unsigned
count_alignments(unsigned version)
{
	return version == 1 ? 0 : version / 7 + 2;
}

/* The modules that no pattern takes, in bytes. */
static size_t
count_words(unsigned version)
{
	unsigned side = 17 + 4 * version, n = count_alignments(version);
	/* Finders with their borders, format, timing. */
	unsigned taken = 3 * 64 + 31 + 2 * (side - 16);

	/* Those of the first row and column share 5 modules with the timing. */
	if (n > 0)
		taken += (n * n - 3) * 25 - 2 * (n - 2) * 5;
	if (version >= 7)
		taken += 2 * 18;
	return (side * side - taken) / 8;
}

static size_t
count_data(unsigned version)
{
	return count_words(version) -
	    (size_t)levels[version].check * levels[version].blocks;
}

/* The bits that say how long the text is. */
static unsigned
length_bits(unsigned version)
{
	return version < 10 ? 8 : 16;
}

static bool
fits(unsigned version, size_t bytes)
{
	return 4 + length_bits(version) + bytes * 8 <= count_data(version) * 8;
}

/* ---- words ---- */

static void
put_bits(unsigned char *words, size_t *at, unsigned value, unsigned bits)
{
	for (; bits > 0; bits--, (*at)++) {
		if (value >> (bits - 1) & 1)
			words[*at / 8] |= (unsigned char)(0x80 >> *at % 8);
	}
}

/* The mode (bytes), the length, the text, an end, and padding. */
static void
put_text(unsigned char *words, unsigned version, struct span text)
{
	size_t n = count_data(version), at = 0, i;

	memset(words, 0, n);
	put_bits(words, &at, 4, 4);
	put_bits(words, &at, (unsigned)text.n, length_bits(version));
	for (i = 0; i < text.n; i++)
		put_bits(words, &at, (unsigned char)text.p[i], 8);
	/* The end is four zero bits, which fill the last byte. */
	at = (at + 4) / 8;
	for (i = 0; at + i < n; i++)
		words[at + i] = i % 2 == 0 ? 0xec : 0x11;
}

/* In the field of 256 elements modulo x^8 + x^4 + x^3 + x^2 + 1. */
static unsigned char
multiply(unsigned char a, unsigned char b)
{
	unsigned product = 0;
	int i;

	for (i = 7; i >= 0; i--) {
		product = product << 1 ^ (product >> 7) * 0x11d;
		product ^= (unsigned)(b >> i & 1) * a;
	}
	return (unsigned char)product;
}

/* The coefficients of (x - 1)(x - 2)(x - 4)..., without the first: it is 1. */
static void
make_generator(unsigned char *generator, size_t n)
{
	unsigned char root = 1;
	size_t i, k;

	memset(generator, 0, n);
	generator[n - 1] = 1;
	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++) {
			generator[k] = multiply(generator[k], root);
			if (k + 1 < n)
				generator[k] ^= generator[k + 1];
		}
		root = multiply(root, 2);
	}
}

/* The rest of the block, times x^n, divided by the generator. */
static void
make_check(unsigned char *check, size_t n, const unsigned char *block,
    size_t size)
{
	unsigned char generator[CHECK_MAX], factor;
	size_t i, k;

	make_generator(generator, n);
	memset(check, 0, n);
	for (i = 0; i < size; i++) {
		factor = block[i] ^ check[0];
		memmove(check, check + 1, n - 1);
		check[n - 1] = 0;
		for (k = 0; k < n; k++)
			check[k] ^= multiply(generator[k], factor);
	}
}

/* The later blocks have one word of data more if it does not divide evenly. */
static void
interleave(unsigned char *words, const unsigned char *data, unsigned version)
{
	size_t blocks = levels[version].blocks, n = levels[version].check;
	size_t total = count_data(version), shorter = total / blocks;
	size_t first_long = blocks - total % blocks;
	unsigned char check[CHECK_MAX];
	size_t block, size, i, at;

	for (block = 0; block < blocks; block++) {
		size = shorter + (block >= first_long);
		make_check(check, n, data, size);
		for (i = 0; i < size; i++) {
			at = i < shorter ? i * blocks + block :
			    shorter * blocks + block - first_long;
			words[at] = *data++;
		}
		for (i = 0; i < n; i++)
			words[total + i * blocks + block] = check[i];
	}
}

/* ---- patterns ---- */

static void
set(struct canvas *c, int y, int x, bool dark)
{
	if (y < 0 || x < 0 || y >= c->qr->side || x >= c->qr->side)
		return;
	c->qr->dark[y][x] = dark;
	c->taken[y][x] = true;
}

/* Squares within each other; rings is a set of those that are dark. */
static void
draw_squares(struct canvas *c, int y, int x, int reach, unsigned rings)
{
	int dy, dx, ring;

	for (dy = -reach; dy <= reach; dy++) {
		for (dx = -reach; dx <= reach; dx++) {
			ring = abs(dy) > abs(dx) ? abs(dy) : abs(dx);
			set(c, y + dy, x + dx, rings >> ring & 1);
		}
	}
}

static void
draw_timing(struct canvas *c)
{
	int i;

	for (i = 0; i < c->qr->side; i++) {
		set(c, 6, i, i % 2 == 0);
		set(c, i, 6, i % 2 == 0);
	}
}

static int
alignment(const struct canvas *c, unsigned index)
{
	int side = c->qr->side, gaps, step;

	if (index == 0)
		return 6;
	gaps = (int)count_alignments(c->version) - 1;
	/* The steps are even and alike, but for the first. */
	step = (side - 13 + 2 * gaps - 1) / (2 * gaps) * 2;
	return side - 7 - (gaps - (int)index) * step;
}

static void
draw_alignments(struct canvas *c)
{
	unsigned n = count_alignments(c->version), i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++) {
			if ((i == 0 && (k == 0 || k == n - 1)) ||
			    (i == n - 1 && k == 0))
				continue;	/* a finder is there */
			draw_squares(c, alignment(c, i), alignment(c, k), 2,
			    1 << 0 | 1 << 2);
		}
	}
}

/* The value with the check bits of a BCH code behind it. */
static unsigned
add_check_bits(unsigned value, unsigned generator, int bits)
{
	unsigned rest = value;
	int i;

	for (i = 0; i < bits; i++)
		rest = rest << 1 ^ (rest >> (bits - 1) & 1) * generator;
	return value << bits | (rest & ((1U << bits) - 1));
}

/* Level M is 00. */
static void
draw_format(struct canvas *c, unsigned mask)
{
	unsigned bits = add_check_bits(mask, 0x537, 10) ^ 0x5412;
	int side = c->qr->side, i;
	bool dark;

	for (i = 0; i < 15; i++) {
		dark = bits >> i & 1;
		/* Beside the finder at the top left, around its corner, */
		if (i < 8)
			set(c, i < 6 ? i : i + 1, 8, dark);
		else
			set(c, 8, i == 8 ? 7 : 14 - i, dark);
		/* and half beside each of the others. */
		if (i < 8)
			set(c, 8, side - 1 - i, dark);
		else
			set(c, side - 15 + i, 8, dark);
	}
	set(c, side - 8, 8, true);
}

static void
draw_version(struct canvas *c)
{
	unsigned bits = add_check_bits(c->version, 0x1f25, 12);
	int i, far = c->qr->side - 11;

	if (c->version < 7)
		return;
	for (i = 0; i < 18; i++) {
		set(c, i / 3, far + i % 3, bits >> i & 1);
		set(c, far + i % 3, i / 3, bits >> i & 1);
	}
}

static void
draw_patterns(struct canvas *c)
{
	int side = c->qr->side;
	unsigned finder = 1 << 0 | 1 << 1 | 1 << 3;

	draw_timing(c);
	draw_squares(c, 3, 3, 4, finder);
	draw_squares(c, 3, side - 4, 4, finder);
	draw_squares(c, side - 4, 3, 4, finder);
	draw_alignments(c);
	draw_format(c, 0);
	draw_version(c);
}

/* ---- data ---- */

/* Two columns at a time from the right, alternately upwards and downwards. */
static void
draw_words(struct canvas *c, const unsigned char *words, size_t n)
{
	int side = c->qr->side, right, i, x, y;
	bool up = true;
	size_t at = 0;

	for (right = side - 1; right > 0; right -= 2, up = !up) {
		if (right == 6)
			right--;	/* the timing takes this column */
		for (i = 0; i < 2 * side; i++) {
			x = right - i % 2;
			y = up ? side - 1 - i / 2 : i / 2;
			if (c->taken[y][x] || at >= n * 8)
				continue;
			c->qr->dark[y][x] = words[at / 8] >> (7 - at % 8) & 1;
			at++;
		}
	}
}

static bool
is_masked(unsigned mask, int y, int x)
{
	switch (mask) {
	case 0:  return (y + x) % 2 == 0;
	case 1:  return y % 2 == 0;
	case 2:  return x % 3 == 0;
	case 3:  return (y + x) % 3 == 0;
	case 4:  return (y / 2 + x / 3) % 2 == 0;
	case 5:  return y * x % 2 + y * x % 3 == 0;
	case 6:  return (y * x % 2 + y * x % 3) % 2 == 0;
	default: return ((y + x) % 2 + y * x % 3) % 2 == 0;
	}
}

/* Applying a mask twice takes it away. */
static void
apply_mask(struct canvas *c, unsigned mask)
{
	int y, x;

	for (y = 0; y < c->qr->side; y++) {
		for (x = 0; x < c->qr->side; x++) {
			if (!c->taken[y][x] && is_masked(mask, y, x))
				c->qr->dark[y][x] = !c->qr->dark[y][x];
		}
	}
}

/*
 * What is bad about one row: five and more alike, and what looks like a finder
 * with the quiet zone at one side.
 */
static long
judge_row(const bool *row, int side)
{
	unsigned last = 0;	/* the last 11 modules; outside it is light */
	long bad = 0;
	int i, run = 0;

	for (i = 0; i < side + QUIET; i++) {
		last = (last << 1 | (i < side && row[i])) & 0x7ff;
		if (last == 0x05d || last == 0x5d0)
			bad += 40;
		if (i >= side)
			continue;
		run = i > 0 && row[i] == row[i - 1] ? run + 1 : 1;
		if (run >= 5)
			bad += run == 5 ? 3 : 1;
	}
	return bad;
}

/* Squares of four alike, and more of one colour than of the other. */
static long
judge_area(const struct qr *qr)
{
	long bad = 0, dark = 0, all = (long)qr->side * qr->side;
	int y, x, sum;

	for (y = 0; y < qr->side; y++) {
		for (x = 0; x < qr->side; x++) {
			dark += qr->dark[y][x];
			if (y == 0 || x == 0)
				continue;
			sum = qr->dark[y][x] + qr->dark[y][x - 1] +
			    qr->dark[y - 1][x] + qr->dark[y - 1][x - 1];
			if (sum == 0 || sum == 4)
				bad += 3;
		}
	}
	return bad + labs(dark * 20 - all * 10) / all * 10;
}

static long
judge(const struct qr *qr)
{
	bool column[QR_SIDE_MAX];
	long bad = judge_area(qr);
	int i, y;

	for (i = 0; i < qr->side; i++) {
		for (y = 0; y < qr->side; y++)
			column[y] = qr->dark[y][i];
		bad += judge_row(qr->dark[i], qr->side) +
		    judge_row(column, qr->side);
	}
	return bad;
}

static void
choose_mask(struct canvas *c)
{
	long bad, least = -1;
	unsigned mask, best = 0;

	for (mask = 0; mask < MASKS; mask++) {
		apply_mask(c, mask);
		draw_format(c, mask);
		bad = judge(c->qr);
		if (least == -1 || bad < least) {
			least = bad;
			best = mask;
		}
		apply_mask(c, mask);
	}
	apply_mask(c, best);
	draw_format(c, best);
}

/* ---- both ---- */

bool
qr_encode(struct qr *qr, struct span text)
{
	unsigned char data[WORDS_MAX], words[WORDS_MAX];
	struct canvas c = { .qr = qr, .version = 1 };

	while (c.version <= VERSION_MAX && !fits(c.version, text.n))
		c.version++;
	if (c.version > VERSION_MAX)
		return false;
	memset(qr, 0, sizeof(*qr));
	qr->side = (int)(17 + 4 * c.version);
	put_text(data, c.version, text);
	interleave(words, data, c.version);
	draw_patterns(&c);
	draw_words(&c, words, count_words(c.version));
	choose_mask(&c);
	return true;
}

static bool
is_light(const struct qr *qr, int y, int x)
{
	return y < 0 || x < 0 || y >= qr->side || x >= qr->side ||
	    !qr->dark[y][x];
}

/* A character is two modules high; its foreground is light. */
void
qr_draw(struct buf *to, const struct qr *qr)
{
	static const char *const halves[] = { " ", "\u2584", "\u2580",
	    "\u2588" };
	int end = qr->side + QUIET, y, x;

	for (y = -QUIET; y < end; y += 2) {
		buf_add(to, SPAN(WHITE_ON_BLACK));
		for (x = -QUIET; x < end; x++)
			buf_add(to, span_of(halves[2 * is_light(qr, y, x) +
			    is_light(qr, y + 1, x)]));
		buf_add(to, SPAN(PLAIN "\n"));
	}
}
