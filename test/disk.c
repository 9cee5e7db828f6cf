/*
 * Octets are in pages that are shared by the cache, the durable state and the
 * record of unsynced writes, and copied when written to: so a sync, a cut and
 * a fork cost little.  Page 0 is of zeros and is never written to.
 */
#include "disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"

#define CHUNK_PAGES 256		/* pages that are allocated at a time */
#define SECTORS (DISK_PAGE / DISK_SECTOR)
#define ALL_SECTORS ((1U << SECTORS) - 1)
#define NAME_OCTETS 64

struct content {
	uint32_t *pages;
	size_t count;
	uint64_t size;
};

/* One page of an unsynced write, or an unsynced size. */
struct unsynced {
	bool is_size;
	bool never;		/* a sync of it failed: none will be tried */
	size_t at;		/* index of the page in the file */
	uint32_t page;		/* its octets after the write */
	unsigned sectors;	/* which of them were written: a set */
	uint64_t size;
	struct unsynced *next;
};

/* A name in a directory.  inode is NULL if it was removed durably. */
struct slot {
	char name[NAME_OCTETS];
	struct inode *inode;
	uint64_t when;		/* number of the change that made it so */
};

struct names {
	struct slot *slots;
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
		struct slot slot;
	} parts[2];
	size_t count;
	struct change *next;
};

static struct {
	char **chunks;
	uint32_t *uses;		/* of each page */
	uint32_t pages;		/* how many there are */
	uint32_t *spare;	/* those of them that nobody uses */
	size_t spares, spare_room;
	struct inode *inodes;
	struct inode *root;
	struct change *first, **end;
	uint64_t changes;	/* so far */
} disk;

/* ---- memory ---- */

void *
disk_memory(void *old, size_t n)
{
	void *p = realloc(old, n);

	if (p == NULL)
		abort();
	return p;
}

static void *
new_memory(size_t n)
{
	return memset(disk_memory(NULL, n), 0, n);
}

/* ---- pages ---- */

static char *
page_octets(uint32_t page)
{
	return disk.chunks[page / CHUNK_PAGES] +
	    (size_t)(page % CHUNK_PAGES) * DISK_PAGE;
}

static void
page_spare(uint32_t page)
{
	if (disk.spares == disk.spare_room) {
		disk.spare_room = 2 * disk.spare_room + CHUNK_PAGES;
		disk.spare = disk_memory(disk.spare,
		    disk.spare_room * sizeof(*disk.spare));
	}
	disk.spare[disk.spares++] = page;
}

static void
add_chunk(void)
{
	uint32_t chunk = disk.pages / CHUNK_PAGES, i;

	disk.chunks = disk_memory(disk.chunks, (chunk + 1) * sizeof(char *));
	disk.chunks[chunk] = new_memory((size_t)CHUNK_PAGES * DISK_PAGE);
	disk.pages += CHUNK_PAGES;
	disk.uses = disk_memory(disk.uses, disk.pages * sizeof(*disk.uses));
	for (i = CHUNK_PAGES; i > 0; i--) {
		disk.uses[disk.pages - i] = 0;
		if (disk.pages > i)	/* not page 0 */
			page_spare(disk.pages - i);
	}
}

static uint32_t
page_share(uint32_t page)
{
	if (page != 0)
		disk.uses[page]++;
	return page;
}

static void
page_drop(uint32_t page)
{
	if (page != 0 && --disk.uses[page] == 0)
		page_spare(page);
}

/* A page with the same octets that may be written to. */
static void
page_own(uint32_t *page)
{
	uint32_t own;

	if (*page != 0 && disk.uses[*page] == 1)
		return;
	if (disk.spares == 0)
		add_chunk();
	own = disk.spare[--disk.spares];
	disk.uses[own] = 1;
	memcpy(page_octets(own), page_octets(*page), DISK_PAGE);
	page_drop(*page);
	*page = own;
}

/* ---- contents ---- */

static void
content_resize(struct content *c, size_t count)
{
	size_t i;

	for (i = count; i < c->count; i++)
		page_drop(c->pages[i]);
	c->pages = disk_memory(c->pages, (count + 1) * sizeof(*c->pages));
	for (i = c->count; i < count; i++)
		c->pages[i] = 0;
	c->count = count;
}

static void
content_size(struct content *c, uint64_t size)
{
	size_t tail = (size_t)(size % DISK_PAGE), count;

	count = (size_t)((size + DISK_PAGE - 1) / DISK_PAGE);
	if (count > c->count || size < c->size)
		content_resize(c, count);
	if (size < c->size && tail > 0) {
		page_own(&c->pages[count - 1]);
		memset(page_octets(c->pages[count - 1]) + tail, 0,
		    DISK_PAGE - tail);
	}
	c->size = size;
}

static void
content_copy(struct content *to, const struct content *from)
{
	size_t i;

	content_resize(to, 0);
	content_resize(to, from->count);
	for (i = 0; i < from->count; i++)
		to->pages[i] = page_share(from->pages[i]);
	to->size = from->size;
}

/* Write these sectors of a page as they were in another. */
static void
content_put(struct content *c, size_t at, uint32_t page, unsigned sectors)
{
	size_t i;

	if (at >= c->count)
		content_resize(c, at + 1);
	if (sectors == ALL_SECTORS || (c->pages[at] == 0 && page == 0)) {
		page_share(page);
		page_drop(c->pages[at]);
		c->pages[at] = page;
		return;
	}
	page_own(&c->pages[at]);
	for (i = 0; i < SECTORS; i++) {
		if (sectors & 1U << i)
			memcpy(page_octets(c->pages[at]) + i * DISK_SECTOR,
			    page_octets(page) + i * DISK_SECTOR, DISK_SECTOR);
	}
}

/* ---- names ---- */

static struct slot *
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
names_add(struct names *n, const struct slot *slot)
{
	n->slots = disk_memory(n->slots, (n->count + 1) * sizeof(*n->slots));
	n->slots[n->count++] = *slot;
}

/* Make the change in the cache, and remember it as unsynced. */
static void
add_part(struct change *c, struct inode *dir, const char *name,
    struct inode *inode)
{
	struct slot slot = { .inode = inode, .when = disk.changes };
	struct slot *old = names_find(&dir->shown, name);

	assert(strlen(name) < NAME_OCTETS);
	(void)strncpy(slot.name, name, NAME_OCTETS - 1);
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
	struct slot *old;
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
	if (disk.pages == 0)
		add_chunk();
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
	const struct slot *slot = names_find(&dir->shown, name);

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
	struct unsynced *u = add_unsynced(i);

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
	size_t at = (size_t)(offset / DISK_PAGE);
	size_t from = (size_t)(offset % DISK_PAGE);
	unsigned first = (unsigned)(from / DISK_SECTOR);
	unsigned last = (unsigned)((from + n - 1) / DISK_SECTOR);
	struct unsynced *u;

	if (i->cache.pages[at] != 0 || !is_zero(src, n)) {
		page_own(&i->cache.pages[at]);
		memcpy(page_octets(i->cache.pages[at]) + from, src, n);
	}
	u = add_unsynced(i);
	u->at = at;
	u->page = page_share(i->cache.pages[at]);
	u->sectors = (2U << last) - (1U << first);
}

/* What is written over can no more come back from a sync that failed. */
static void
overwrite(struct inode *i, uint64_t from, uint64_t to)
{
	struct unsynced *u;
	uint64_t sector;

	for (u = i->first; u != NULL; u = u->next) {
		for (sector = 0; u->never && sector < SECTORS; sector++) {
			uint64_t at = (uint64_t)u->at * DISK_PAGE +
			    sector * DISK_SECTOR;

			if (at + DISK_SECTOR > from && at < to)
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
	for (; n > 0; n -= part) {
		part = DISK_PAGE - (size_t)(offset % DISK_PAGE);
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
		part = DISK_PAGE - (size_t)(offset % DISK_PAGE);
		if (part > left)
			part = left;
		memcpy(p, page_octets(i->cache.pages[offset / DISK_PAGE]) +
		    offset % DISK_PAGE, part);
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
sync_octets(struct inode *i)
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
		sync_octets(i);
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
		sync_octets(i);
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

	switch (chance_below(random, 6)) {
	case 0:
		l.to = 0;
		break;
	case 1:
		break;
	case 2:
		l.to = chance_below(random, pieces + 1);
		break;
	case 3:
		l.from = chance_below(random, pieces + 1);
		break;
	default:
		l.percent = 5 + (unsigned)chance_below(random, 91);
		break;
	}
	return l;
}

static bool
is_there(const struct luck *l, size_t piece)
{
	return piece >= l->from && piece < l->to &&
	    chance_below(l->random, 100) < l->percent;
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

/* A page beyond what was synced may show anything that was ever written. */
static void
show_stale(struct content *c, uint64_t from, uint64_t *random)
{
	size_t at = (size_t)((from + DISK_PAGE - 1) / DISK_PAGE);
	uint32_t stale;

	for (; at < c->count && chance_below(random, 2) == 0; at++) {
		stale = (uint32_t)chance_below(random, disk.pages);
		if (c->pages[at] != 0)
			continue;
		page_own(&c->pages[at]);
		memcpy(page_octets(c->pages[at]), page_octets(stale),
		    DISK_PAGE);
	}
}

/* Sectors that the write has, each by chance. */
static unsigned
cut_sectors(const struct luck *luck, size_t piece, unsigned sectors)
{
	unsigned there = 0, i;

	for (i = 0; i < SECTORS; i++) {
		if (is_there(luck, piece + i))
			there |= 1U << i;
	}
	return sectors & there;
}

static void
cut_octets(struct inode *i, uint64_t *random)
{
	uint64_t synced = i->durable.size;
	const struct unsynced *u;
	struct luck luck;
	size_t n = 0;

	for (u = i->first; u != NULL; u = u->next)
		n += SECTORS;
	luck = draw_luck(random, n);
	n = 0;
	for (u = i->first; u != NULL; u = u->next) {
		if (!u->is_size || is_there(&luck, n))
			apply(&i->durable, u,
			    cut_sectors(&luck, n, u->sectors));
		n += SECTORS;
	}
	content_resize(&i->durable, (size_t)((i->durable.size +
	    DISK_PAGE - 1) / DISK_PAGE));
	if (chance_below(random, 4) == 0)
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
			cut_octets(i, &seed);
	}
	forget_removed();
	free_nameless();
}

void
disk_flip(struct inode *i, uint64_t offset, unsigned char bits)
{
	size_t at = (size_t)(offset / DISK_PAGE);

	disk_sync(i);
	page_own(&i->cache.pages[at]);
	page_octets(i->cache.pages[at])[offset % DISK_PAGE] ^= (char)bits;
	content_copy(&i->durable, &i->cache);
}
