#include "test/crash/damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/fsck.h"
#include "disk/segment.h"
#include "test/crash/disk.h"
#include "test/crash/fork.h"
#include "test/crash/pages.h"
#include "test/crash/world.h"
#include "test/lib/prng.h"

#define PATH_BYTES 160

/* What must become of it. */
enum due {
	DUE_ANY,		/* no more is lost than that */
	DUE_NOTHING,		/* the byte is not used */
	DUE_LOST		/* every byte counts: it is put aside */
};

/* A file, and what is done to it. */
struct harm {
	struct inode *inode;
	char path[PATH_BYTES];
	uint64_t at;
	unsigned char bits;	/* to be turned over */
	bool repairs;		/* before the start */
	enum due due;
};

/* ---- checks ---- */

static int
check_disk(enum fsck_kind kind)
{
	char why[256] = "";
	struct fsck_sum sum;
	int damaged = fsck_run("data", kind, (uint64_t)16 << 20, &sum, why,
	    sizeof(why));

	if (damaged == -1)
		model_say(&world.fault, "cannot be checked: %s", why);
	return damaged;
}

/* Whether something is damaged; -1 if only a change could show it. */
static int
look(void)
{
	unsigned long changes = disk_calls.changes;
	int damaged = check_disk(FSCK_LOOK);

	if (disk_calls.changes == changes)
		return damaged;
	model_say(&world.fault, "a look has changed the disk");
	return -1;
}

int
damage_repair(void)
{
	return check_disk(FSCK_REPAIR);
}

bool
damage_is_clean(void)
{
	const struct inode *data = disk_find(disk_root(), "data"), *pack;
	int damaged;

	if (data == NULL || disk_find(data, "user") == NULL)
		return true;
	/* A takeover that was cut short: the next start does it again. */
	pack = disk_find(data, "pack");
	if (pack == NULL || disk_find(pack, "form") == NULL)
		return true;
	world_lines = 0;
	damaged = world_guard(look);
	if (damaged == 1)
		model_say(&world.fault, "a check finds: %.200s",
		    world_first_line);
	return damaged == 0;
}

/* What a look finds is what a start and reading all find. */
static bool
is_found(int found, const char *path)
{
	if (found == (world.data.quarantine.count > 0))
		return true;
	model_say(&world.fault, "%s: %lu damaged, and a check finds %d", path,
	    world.data.quarantine.count, found);
	return false;
}

/* Repaired, nothing is damaged any more. */
static bool
is_repaired(int found, const char *path)
{
	if (world_guard(damage_repair) == found && world_guard(look) == 0)
		return true;
	model_say(&world.fault, "%s: is not repaired: %.99s", path,
	    world_last_line);
	return false;
}

/* ---- what is lost ---- */

static bool
is_below(const char *path, const char *dir)
{
	return strncmp(path, dir, strlen(dir)) == 0;
}

static bool
ends(const char *path, const char *with)
{
	size_t n = strlen(path), m = strlen(with);

	return n >= m && strcmp(path + n - m, with) == 0;
}

static bool
is_segment(const char *path)
{
	return is_below(path, "/data/journal/");
}

static bool
is_people(const char *path)
{
	return ends(path, ".json");
}

static bool
is_index(const char *path)
{
	return strstr(path, "/index-") != NULL;
}

static bool
is_pack(const char *path)
{
	return is_below(path, "/data/pack/") && !ends(path, ".large") &&
	    !ends(path, "/form");
}

/* How many users, groups and invitation files are not what they were. */
static size_t
count_people_lost(void)
{
	struct model_fault fault;
	size_t i, lost = 0;

	for (i = 0; i < world.live.user_count; i++)
		lost += !model_same_user(&world.data, &world.live.users[i],
		    &fault);
	/* A group misses a user that is lost. */
	for (i = 0; i < world.live.group_count && lost == 0; i++)
		lost += !model_same_group(&world.data, &world.live,
		    &world.messages, &world.live.groups[i], &fault);
	return lost + !model_same_invites(&world.data, &world.live, &fault);
}

/*
 * Whether only what was damaged is lost, and was reported.  What the journal
 * lacks may bring back what a member was called before.
 */
static bool
is_confined(const struct harm *h)
{
	size_t people = count_people_lost();
	struct model_losses l;

	if (!model_read(&world.found, &world.data, &world.live,
	    &world.messages, &world.fault) ||
	    ((h->due != DUE_ANY || !is_segment(h->path)) &&
	    !model_knows_people(&world.data, &world.live, &world.fault)))
		return false;
	l = model_count_losses(&world.found, &world.data, &world.live,
	    &world.messages);
	model_say(&world.fault, "%s: lost %zu messages, %zu people; "
	    "%zu back; %lu lines", h->path, l.lost, people, l.back,
	    world_lines);
	if (l.lost + l.back + people > 0 && world_lines == 0)
		return false;
	if (is_segment(h->path))
		return l.batches[0] || l.batches[1];
	if (is_people(h->path))
		return people <= 1 && l.lost + l.back == 0;
	/* What an index has, the packs have, too. */
	return people == 0 && l.back == 0 &&
	    (is_index(h->path) ? l.lost == 0 : l.one_message);
}

/* ---- what becomes of it ---- */

/* What is in lost+found, if it is one file alone, and its name there. */
static const struct inode *
find_lost(const char **name)
{
	struct inode *lost = disk_find(disk_find(disk_root(), "data"),
	    "lost+found");

	*name = lost == NULL ? NULL : disk_name(lost, 0);
	return *name == NULL || disk_name(lost, 1) != NULL ? NULL :
	    disk_find(lost, *name);
}

/* Whether that is what the segment has, the altered byte with it. */
static bool
is_of_segment(const struct harm *h, const struct inode *lost,
    const char *name)
{
	uint64_t from = strtoull(strrchr(name, '-') + 1, NULL, 10), at;
	char a, b;

	for (at = 0; at < disk_size(lost); at++) {
		if (disk_read(lost, &a, 1, at) != 1 ||
		    disk_read(h->inode, &b, 1, from + at) != 1 || a != b)
			return false;
	}
	return h->at >= from && h->at < from + at;
}

/*
 * Whether the damage was put aside, and told of in one line.  The last batch
 * of the journal does not count as damaged, but as never finished.
 */
static bool
is_put_aside(const struct harm *h)
{
	const struct inode *lost;
	const char *name;
	/* The start sums up what it has found, not what is found later. */
	unsigned long sum = is_segment(h->path) || is_people(h->path) ?
	    world.data.quarantine.count : 0;

	lost = find_lost(&name);
	if (lost == NULL || h->repairs)
		return lost != NULL;
	if (is_segment(h->path))
		return world_lines == 1 + sum && is_of_segment(h, lost, name);
	return world_lines == 1 + sum && world.data.quarantine.count == 1 &&
	    lost == h->inode;
}

static bool
is_as_due(const struct harm *h, int found)
{
	if (h->due == DUE_ANY || (h->due == DUE_LOST && is_put_aside(h)) ||
	    (h->due == DUE_NOTHING && found == 0 &&
	    (h->repairs || world_lines == 0)))
		return true;
	model_say(&world.fault, "%s: %lu damaged, %lu lines: %.150s",
	    h->path, world.data.quarantine.count, world_lines,
	    world_first_line);
	return false;
}

/* Alter the byte and see; the end of a child. */
static void
do_harm(const struct harm *h)
{
	bool good;
	int found;

	disk_flip(h->inode, h->at, h->bits);
	found = world_guard(look);
	world_lines = 0;
	good = found != -1 && (!h->repairs || is_repaired(found, h->path)) &&
	    world_open() == 0 && is_confined(h) &&
	    is_found(h->repairs ? 0 : found, h->path) &&
	    is_as_due(h, found);
	/* A start takes long: what is tried most often does with one. */
	if (good && (h->due == DUE_ANY || h->repairs)) {
		world_kill();
		good = world_open() == 0;
	}
	fork_report(good, world.fault.text);
	fork_end();
}

static void
try_harm(const struct harm *h)
{
	char name[PATH_BYTES + 32];

	(void)snprintf(name, sizeof(name), "%s:%llu:%x", h->path,
	    (unsigned long long)h->at, h->bits);
	if (fork_at(name))
		do_harm(h);
}

/* ---- some bytes of all files ---- */

/* The end of what is not zero. */
static uint64_t
used_size(const struct inode *i)
{
	char bytes[PAGE_BYTES];
	uint64_t at = disk_size(i);
	size_t n;

	while (at > 0) {
		n = (size_t)(at - 1) % PAGE_BYTES + 1;
		(void)disk_read(i, bytes, n, at - n);
		for (; n > 0 && bytes[n - 1] == 0; n--)
			at--;
		if (n > 0)
			break;
	}
	return at;
}

/* A byte of each stretch of so many; often one of a batch's header. */
static void
harm_some(struct harm h, uint64_t stretch, uint64_t *random)
{
	uint64_t from, end = used_size(h.inode);

	for (from = 0; from < end; from += stretch) {
		h.at = from + prng_below(random, end - from < stretch ?
		    end - from : stretch);
		if (stretch > PAGE_BYTES && prng_below(random, 2) == 0)
			h.at = h.at / PAGE_BYTES * PAGE_BYTES + h.at % 64;
		h.bits = (unsigned char)(1 + h.at % 255);
		h.repairs = prng_below(random, 2) == 0;
		try_harm(&h);
	}
}

/* All files of the directory and below. */
static void
harm_tree(struct inode *dir, const char *path, uint64_t stretch,
    uint64_t *random)
{
	struct harm h = { .due = DUE_ANY };
	const char *name;
	size_t n;

	for (n = 0; (name = disk_name(dir, n)) != NULL; n++) {
		h.inode = disk_find(dir, name);
		(void)snprintf(h.path, PATH_BYTES, "%.90s/%.60s", path, name);
		if (disk_is_dir(h.inode))
			harm_tree(h.inode, h.path, stretch, random);
		else
			harm_some(h, is_segment(h.path) ? 20 * stretch :
			    stretch, random);
	}
}

void
damage_some(uint64_t stretch, uint64_t random)
{
	harm_tree(disk_root(), "", stretch, &random);
}

/* ---- every byte of some files ---- */

static const unsigned char patterns[] = { 0x01, 0x80, 0xff };

#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

/* One in so many is repaired first; of what nobody needs, is tried. */
#define REPAIR_EVERY 16
#define UNUSED_EVERY 97

static void
harm_byte(struct harm h, enum damage_bits bits)
{
	size_t i;

	h.repairs = h.at % REPAIR_EVERY == 0;
	for (i = 0; i < PATTERNS; i++) {
		h.bits = patterns[(h.at + i) % PATTERNS];
		try_harm(&h);
		if (bits == DAMAGE_IN_TURN)
			break;
	}
}

static void
harm_range(struct harm h, uint64_t end, enum damage_bits bits)
{
	for (; h.at < end; h.at += h.due == DUE_NOTHING ? UNUSED_EVERY : 1)
		harm_byte(h, bits);
}

/* The batches of a segment, and what is between and behind them. */
static void
harm_segment(struct harm h, enum damage_bits bits)
{
	char header[SEGMENT_HEADER];
	uint32_t length;

	while (disk_read(h.inode, header, SEGMENT_HEADER, h.at) ==
	    SEGMENT_HEADER && decode_u32(header) != 0) {
		length = decode_u32(header + 8);
		h.due = DUE_LOST;
		harm_range(h, h.at + SEGMENT_HEADER + length, bits);
		h.due = DUE_NOTHING;
		h.at += SEGMENT_HEADER + length;
		harm_range(h, (h.at + SEGMENT_BLOCK - 1) / SEGMENT_BLOCK *
		    SEGMENT_BLOCK, bits);
		h.at = (h.at + SEGMENT_BLOCK - 1) / SEGMENT_BLOCK *
		    SEGMENT_BLOCK;
	}
	harm_range(h, h.at + SEGMENT_BLOCK, bits);
}

static void
harm_file(struct harm h, enum damage_bits bits)
{
	h.due = DUE_LOST;
	harm_range(h, disk_size(h.inode), bits);
}

/* Not all of a pack is a message, nor of an index what waits. */
static void
harm_any(struct harm h, enum damage_bits bits)
{
	h.due = DUE_ANY;
	harm_range(h, disk_size(h.inode), bits);
}

/*
 * Whether it is of a kind: then the lowest rank is taken of several, which is
 * that of the smallest, and 0 if it is not.
 */
static uint64_t
rank_segment(const struct inode *i, const char *path)
{
	char header[SEGMENT_HEADER] = "";

	/* By the number of its first batch: the newest is in use. */
	(void)disk_read(i, header, SEGMENT_HEADER, 0);
	return is_segment(path) ? UINT64_MAX - decode_u64(header + 24) : 0;
}

static uint64_t
rank_user(const struct inode *i, const char *path)
{
	return ends(path, "/user.json") ? disk_size(i) : 0;
}

static uint64_t
rank_group(const struct inode *i, const char *path)
{
	return is_below(path, "/data/group/") ? disk_size(i) : 0;
}

static uint64_t
rank_invites(const struct inode *i, const char *path)
{
	return strcmp(path, "/data/guests.json") == 0 ? disk_size(i) : 0;
}

static uint64_t
rank_pack(const struct inode *i, const char *path)
{
	return is_pack(path) ? disk_size(i) : 0;
}

static uint64_t
rank_index(const struct inode *i, const char *path)
{
	return is_index(path) ? disk_size(i) : 0;
}

static const struct kind {
	const char *name;
	uint64_t (*rank)(const struct inode *, const char *path);
	void (*harm)(struct harm, enum damage_bits);
} kinds[] = {
	{ "a segment of the journal", rank_segment, harm_segment },
	{ "a user.json",              rank_user,    harm_file    },
	{ "a group's file",           rank_group,   harm_file    },
	{ "guests.json",              rank_invites, harm_file    },
	{ "a pack",                   rank_pack,    harm_any     },
	{ "an index",                 rank_index,   harm_any     },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Have *best be what has the lowest rank, of it and all in the directory. */
static void
find_best(const struct kind *k, struct inode *dir, const char *path,
    struct harm *best)
{
	struct harm h = { .inode = NULL };
	const char *name;
	uint64_t rank;
	size_t n;

	for (n = 0; (name = disk_name(dir, n)) != NULL; n++) {
		h.inode = disk_find(dir, name);
		(void)snprintf(h.path, PATH_BYTES, "%.90s/%.60s", path, name);
		rank = k->rank(h.inode, h.path);
		if (disk_is_dir(h.inode))
			find_best(k, h.inode, h.path, best);
		else if (rank > 0 && (best->inode == NULL ||
		    rank < k->rank(best->inode, best->path)))
			*best = h;
	}
}

static void
harm_kind(const struct kind *k, enum damage_bits bits)
{
	struct harm best = { .inode = NULL };
	unsigned long tried, bad = fork_bad();

	fork_wait();
	tried = fork_tried();
	find_best(k, disk_root(), "", &best);
	if (best.inode != NULL)
		k->harm(best, bits);
	else
		fork_report(false, "there is none to be altered");
	fork_wait();
	printf("crash: flip: bytes of %s: %lu states, %lu bad\n", k->name,
	    fork_tried() - tried, fork_bad() - bad);
}

void
damage_each(enum damage_bits bits)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		harm_kind(&kinds[i], bits);
}
