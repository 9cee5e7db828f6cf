#include "test/crash/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "test/crash/pages.h"
#include "test/lib/prng.h"

#define NAME_BYTES 64

/* One page of an unsynced write, or an unsynced size. */
struct unsynced {
	bool is_size;
	bool never;		/* a sync of it failed: none will be tried */
	size_t at;		/* index of the page in the file */
	uint32_t page;		/* its bytes after the write */
	unsigned sectors;	/* which of them were written: a set */
	uint64_t size;
	struct unsynced *next;
};

/* A name in a directory.  inode is NULL if it was removed durably. */
struct disk_name {
	char name[NAME_BYTES];
	struct inode *inode;
	uint64_t when;		/* number of the change that made it so */
};

struct names {
	struct disk_name *slots;
	size_t count;
};

struct inode {
	bool is_dir;
	unsigned links;			/* names in the cache */
	unsigned held;			/* open descriptors */
	struct content cache, durable;	/* of a file */
	struct unsynced *first, **end;
	struct names shown, kept;	/* of a directory: the same two */
	struct inode *next;
};

/* An unsynced change of one name, or of two at once. */
struct change {
	struct {
		struct inode *dir;
		struct disk_name slot;
	} parts[2];
	size_t count;
	struct change *next;
};

static struct {
	struct inode *inodes;
	struct inode *root;
	struct change *first, **end;
	uint64_t changes;	/* so far */
} disk;

static void *
new_memory(size_t n)
{
	return memset(pages_memory(NULL, n), 0, n);
}

/* ---- names ---- */

static struct disk_name *
names_find(const struct names *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->count; i++) {
		if (strcmp(n->slots[i].name, name) == 0)
			return &n->slots[i];
	}
	return NULL;
}

static void
names_add(struct names *n, const struct disk_name *slot)
{
	n->slots = pages_memory(n->slots, (n->count + 1) * sizeof(*n->slots));
	n->slots[n->count++] = *slot;
}

/* Make the change in the cache, and remember it as unsynced. */
static void
add_part(struct change *c, struct inode *dir, const char *name,
    struct inode *inode)
{
	struct disk_name slot = { .inode = inode, .when = disk.changes };
	struct disk_name *old = names_find(&dir->shown, name);

	assert(strlen(name) < NAME_BYTES);
	(void)strncpy(slot.name, name, NAME_BYTES - 1);
	c->parts[c->count].dir = dir;
	c->parts[c->count++].slot = slot;
	if (inode != NULL)
		inode->links++;
	if (old != NULL) {
		old->inode->links--;
		*old = dir->shown.slots[--dir->shown.count];
	}
	if (inode != NULL)
		names_add(&dir->shown, &slot);
}

static struct change *
begin_change(void)
{
	struct change *c = new_memory(sizeof(*c));

	*disk.end = c;
	disk.end = &c->next;
	disk.changes++;
	return c;
}

/* Make it durable, except where a later change is already. */
static void
keep_change(const struct change *c)
{
	struct disk_name *old;
	size_t i;

	for (i = 0; i < c->count; i++) {
		old = names_find(&c->parts[i].dir->kept,
		    c->parts[i].slot.name);
		if (old == NULL)
			names_add(&c->parts[i].dir->kept, &c->parts[i].slot);
		else if (old->when < c->parts[i].slot.when)
			*old = c->parts[i].slot;
	}
}

static bool
is_of(const struct change *c, const struct inode *dir)
{
	return dir == NULL || c->parts[0].dir == dir ||
	    (c->count == 2 && c->parts[1].dir == dir);
}

/* Keep the unsynced changes in dir, or all if it is NULL. */
static void
sync_names(const struct inode *dir)
{
	struct change **link = &disk.first, *c;

	while ((c = *link) != NULL) {
		if (!is_of(c, dir)) {
			link = &c->next;
			continue;
		}
		keep_change(c);
		*link = c->next;
		free(c);
	}
	disk.end = link;
}

/* ---- the tree ---- */

static struct inode *
new_inode(bool is_dir)
{
	struct inode *i = new_memory(sizeof(*i));

	i->is_dir = is_dir;
	i->end = &i->first;
	i->next = disk.inodes;
	disk.inodes = i;
	return i;
}

static void
forget_unsynced(struct inode *i)
{
	struct unsynced *u;

	while ((u = i->first) != NULL) {
		i->first = u->next;
		page_drop(u->page);
		free(u);
	}
	i->end = &i->first;
}

static void
free_inode(struct inode *i)
{
	forget_unsynced(i);
	content_resize(&i->cache, 0);
	content_resize(&i->durable, 0);
	free(i->cache.pages);
	free(i->durable.pages);
	free(i->shown.slots);
	free(i->kept.slots);
	free(i);
}

void
disk_format(void)
{
	struct change *c;
	struct inode *i;

	while ((c = disk.first) != NULL) {
		disk.first = c->next;
		free(c);
	}
	disk.end = &disk.first;
	while ((i = disk.inodes) != NULL) {
		disk.inodes = i->next;
		free_inode(i);
	}
	pages_open();
	disk.root = new_inode(true);
}

struct inode *
disk_root(void)
{
	return disk.root;
}

struct inode *
disk_find(const struct inode *dir, const char *name)
{
	const struct disk_name *slot = names_find(&dir->shown, name);

	return slot == NULL ? NULL : slot->inode;
}

void
disk_link(struct inode *dir, const char *name, struct inode *i)
{
	add_part(begin_change(), dir, name, i);
}

struct inode *
disk_create(struct inode *dir, const char *name, bool is_dir)
{
	struct inode *i = new_inode(is_dir);

	disk_link(dir, name, i);
	return i;
}

void
disk_unlink(struct inode *dir, const char *name)
{
	add_part(begin_change(), dir, name, NULL);
}

void
disk_rename(struct inode *from, const char *old, struct inode *to,
    const char *name)
{
	struct inode *i = disk_find(from, old);
	struct change *c = begin_change();

	add_part(c, to, name, i);
	add_part(c, from, old, NULL);
}

bool
disk_is_dir(const struct inode *i)
{
	return i->is_dir;
}

uint64_t
disk_size(const struct inode *i)
{
	return i->cache.size;
}

unsigned
disk_links(const struct inode *i)
{
	return i->links;
}

const char *
disk_name(const struct inode *dir, size_t n)
{
	return n < dir->shown.count ? dir->shown.slots[n].name : NULL;
}

void
disk_hold(struct inode *i)
{
	i->held++;
}

void
disk_let_go(struct inode *i)
{
	i->held--;
}

static struct unsynced *
add_unsynced(struct inode *i)
{
	struct unsynced *u = new_memory(sizeof(*u));

	*i->end = u;
	i->end = &u->next;
	return u;
}

static void
set_size(struct inode *i, uint64_t size)
{
	struct unsynced *u;

	/* A size that was never synced is not put over a later one. */
	for (u = i->first; u != NULL; u = u->next) {
		if (u->is_size && u->never)
			u->size = size;
	}
	u = add_unsynced(i);
	u->is_size = true;
	u->size = size;
	content_size(&i->cache, size);
}

static bool
is_zero(const char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* Write within one page of the file. */
static void
write_page(struct inode *i, const char *src, size_t n, uint64_t offset)
{
	size_t at = (size_t)(offset / PAGE_BYTES);
	size_t from = (size_t)(offset % PAGE_BYTES);
	unsigned first = (unsigned)(from / SECTOR_BYTES);
	unsigned last = (unsigned)((from + n - 1) / SECTOR_BYTES);
	struct unsynced *u;

	if (i->cache.pages[at] != 0 || !is_zero(src, n)) {
		page_own(&i->cache.pages[at]);
		memcpy(page_bytes(i->cache.pages[at]) + from, src, n);
	}
	u = add_unsynced(i);
	u->at = at;
	u->page = page_share(i->cache.pages[at]);
	u->sectors = (2U << last) - (1U << first);
}

/* What is overwritten can no longer come back from a sync that failed. */
static void
overwrite(struct inode *i, uint64_t from, uint64_t to)
{
	struct unsynced *u;
	uint64_t sector;

	for (u = i->first; u != NULL; u = u->next) {
		for (sector = 0; u->never && sector < PAGE_SECTORS; sector++) {
			uint64_t at = (uint64_t)u->at * PAGE_BYTES +
			    sector * SECTOR_BYTES;

			if (at + SECTOR_BYTES > from && at < to)
				u->sectors &= ~(1U << sector);
		}
	}
}

void
disk_write(struct inode *i, const void *src, size_t n, uint64_t offset)
{
	const char *p = src;
	size_t part;

	overwrite(i, offset, offset + n);
	if (offset + n > i->cache.size)
		set_size(i, offset + n);
	else if (offset + n > i->durable.size)
		set_size(i, i->cache.size);	/* a sync of it failed */
	for (; n > 0; n -= part) {
		part = PAGE_BYTES - (size_t)(offset % PAGE_BYTES);
		if (part > n)
			part = n;
		write_page(i, p, part, offset);
		p += part;
		offset += part;
	}
}

size_t
disk_read(const struct inode *i, void *dst, size_t n, uint64_t offset)
{
	char *p = dst;
	size_t part, left;

	if (offset >= i->cache.size)
		return 0;
	if (n > i->cache.size - offset)
		n = (size_t)(i->cache.size - offset);
	for (left = n; left > 0; left -= part) {
		part = PAGE_BYTES - (size_t)(offset % PAGE_BYTES);
		if (part > left)
			part = left;
		memcpy(p, page_bytes(i->cache.pages[offset / PAGE_BYTES]) +
		    offset % PAGE_BYTES, part);
		p += part;
		offset += part;
	}
	return n;
}

void
disk_truncate(struct inode *i, uint64_t size)
{
	overwrite(i, size, UINT64_MAX);
	set_size(i, size);
}

/* ---- syncs ---- */

static void
apply(struct content *c, const struct unsynced *u, unsigned sectors)
{
	if (u->is_size)
		content_size(c, u->size);
	else if (sectors != 0)
		content_put(c, u->at, u->page, sectors);
}

static void
sync_bytes(struct inode *i)
{
	struct unsynced **link = &i->first, *u;

	while ((u = *link) != NULL) {
		if (u->never) {
			link = &u->next;
			continue;
		}
		apply(&i->durable, u, u->sectors);
		*link = u->next;
		page_drop(u->page);
		free(u);
	}
	i->end = link;
}

void
disk_sync(struct inode *i)
{
	if (i->is_dir)
		sync_names(i);
	else
		sync_bytes(i);
}

/* With nothing unsynced, what has no name and is not open can go. */
static void
free_nameless(void)
{
	struct inode **link = &disk.inodes, *i;

	while ((i = *link) != NULL) {
		if (i->links > 0 || i->held > 0 || i == disk.root) {
			link = &i->next;
			continue;
		}
		*link = i->next;
		free_inode(i);
	}
}

/* Durable names are those shown: nothing is unsynced. */
static void
forget_removed(void)
{
	struct inode *i;
	size_t n;

	for (i = disk.inodes; i != NULL; i = i->next) {
		i->kept.count = 0;
		for (n = 0; n < i->shown.count; n++)
			names_add(&i->kept, &i->shown.slots[n]);
	}
}

void
disk_sync_all(void)
{
	struct inode *i;

	sync_names(NULL);
	for (i = disk.inodes; i != NULL; i = i->next)
		sync_bytes(i);
	forget_removed();
	free_nameless();
}

void
disk_sync_failed(struct inode *i)
{
	struct unsynced *u;

	for (u = i->first; u != NULL; u = u->next)
		u->never = true;
}

void
disk_sync_all_failed(void)
{
	struct inode *i;

	for (i = disk.inodes; i != NULL; i = i->next)
		disk_sync_failed(i);
}

/* ---- the power ---- */

/*
 * How much of what is unsynced is there: nothing, all, a beginning, an end, or
 * each piece by chance.
 */
struct luck {
	uint64_t *random;
	unsigned percent;	/* of pieces that are there ... */
	size_t from, to;	/* ... if they are in this range */
};

static struct luck
draw_luck(uint64_t *random, size_t pieces)
{
	struct luck l = { random, 100, 0, pieces };

	switch (prng_below(random, 6)) {
	case 0:
		l.to = 0;
		break;
	case 1:
		break;
	case 2:
		l.to = (size_t)prng_below(random, pieces + 1);
		break;
	case 3:
		l.from = (size_t)prng_below(random, pieces + 1);
		break;
	default:
		l.percent = 5 + (unsigned)prng_below(random, 91);
		break;
	}
	return l;
}

static bool
is_there(const struct luck *l, size_t piece)
{
	return piece >= l->from && piece < l->to &&
	    prng_below(l->random, 100) < l->percent;
}

static void
cut_names(uint64_t *random)
{
	struct change *c;
	struct luck luck;
	size_t n = 0;

	for (c = disk.first; c != NULL; c = c->next)
		n++;
	luck = draw_luck(random, n);
	for (n = 0; (c = disk.first) != NULL; n++) {
		if (is_there(&luck, n))
			keep_change(c);
		disk.first = c->next;
		free(c);
	}
	disk.end = &disk.first;
}

/* Some page, of zeros seldom: most are. */
static uint32_t
draw_stale(uint64_t *random)
{
	uint32_t page;
	int tries = 8;

	do
		page = page_any(chance(random));
	while (is_zero(page_bytes(page), PAGE_BYTES) && --tries > 0);
	return page;
}

/* A page beyond what was synced may show anything that was ever written. */
static void
show_stale(struct content *c, uint64_t from, uint64_t *random)
{
	size_t at = (size_t)((from + PAGE_BYTES - 1) / PAGE_BYTES);
	uint32_t stale;

	for (; at < c->count && prng_below(random, 2) == 0; at++) {
		stale = draw_stale(random);
		if (c->pages[at] != 0)
			continue;
		page_own(&c->pages[at]);
		memcpy(page_bytes(c->pages[at]), page_bytes(stale),
		    PAGE_BYTES);
	}
}

/* Sectors that the write has, each by chance. */
static unsigned
cut_sectors(const struct luck *luck, size_t piece, unsigned sectors)
{
	unsigned there = 0, i;

	for (i = 0; i < PAGE_SECTORS; i++) {
		if (is_there(luck, piece + i))
			there |= 1U << i;
	}
	return sectors & there;
}

static void
cut_bytes(struct inode *i, uint64_t *random)
{
	uint64_t synced = i->durable.size;
	const struct unsynced *u;
	struct luck luck;
	size_t n = 0;

	for (u = i->first; u != NULL; u = u->next)
		n += PAGE_SECTORS;
	luck = draw_luck(random, n);
	n = 0;
	for (u = i->first; u != NULL; u = u->next) {
		if (!u->is_size || is_there(&luck, n))
			apply(&i->durable, u,
			    cut_sectors(&luck, n, u->sectors));
		n += PAGE_SECTORS;
	}
	content_resize(&i->durable, (size_t)((i->durable.size +
	    PAGE_BYTES - 1) / PAGE_BYTES));
	if (prng_below(random, 4) == 0)
		show_stale(&i->durable, synced, random);
	content_size(&i->durable, i->durable.size);
	forget_unsynced(i);
	content_copy(&i->cache, &i->durable);
}

/* Show the durable names, and count how many lead to each inode. */
static void
show_names(void)
{
	struct inode *i;
	size_t n;

	for (i = disk.inodes; i != NULL; i = i->next)
		i->links = 0;
	for (i = disk.inodes; i != NULL; i = i->next) {
		i->shown.count = 0;
		for (n = 0; n < i->kept.count; n++) {
			if (i->kept.slots[n].inode == NULL)
				continue;
			i->kept.slots[n].inode->links++;
			names_add(&i->shown, &i->kept.slots[n]);
		}
	}
}

void
disk_cut(uint64_t seed)
{
	struct inode *i;

	cut_names(&seed);
	show_names();
	for (i = disk.inodes; i != NULL; i = i->next) {
		i->held = 0;
		if (!i->is_dir && i->links > 0)
			cut_bytes(i, &seed);
	}
	forget_removed();
	free_nameless();
}

void
disk_flip(struct inode *i, uint64_t offset, unsigned char bits)
{
	size_t at = (size_t)(offset / PAGE_BYTES);

	disk_sync(i);
	page_own(&i->cache.pages[at]);
	page_bytes(i->cache.pages[at])[offset % PAGE_BYTES] ^= (char)bits;
	content_copy(&i->durable, &i->cache);
}
