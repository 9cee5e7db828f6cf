#include "test/crash/pages.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_PAGES 256		/* pages that are allocated at a time */
#define ALL_SECTORS ((1U << PAGE_SECTORS) - 1)

static struct {
	char **chunks;
	uint32_t *uses;		/* of each page */
	uint32_t count;		/* of pages */
	uint32_t *spare;	/* those of them that nobody uses */
	size_t spares, room;
} pages;

void *
pages_memory(void *old, size_t n)
{
	void *p = realloc(old, n);

	if (p == NULL)
		abort();
	return p;
}

char *
page_bytes(uint32_t page)
{
	return pages.chunks[page / CHUNK_PAGES] +
	    (size_t)(page % CHUNK_PAGES) * PAGE_BYTES;
}

static void
page_spare(uint32_t page)
{
	if (pages.spares == pages.room) {
		pages.room = 2 * pages.room + CHUNK_PAGES;
		pages.spare = pages_memory(pages.spare,
		    pages.room * sizeof(*pages.spare));
	}
	pages.spare[pages.spares++] = page;
}

static void
add_chunk(void)
{
	uint32_t chunk = pages.count / CHUNK_PAGES, i;

	pages.chunks = pages_memory(pages.chunks, (chunk + 1) * sizeof(char *));
	pages.chunks[chunk] = calloc(CHUNK_PAGES, PAGE_BYTES);
	if (pages.chunks[chunk] == NULL)
		abort();
	pages.count += CHUNK_PAGES;
	pages.uses = pages_memory(pages.uses,
	    pages.count * sizeof(*pages.uses));
	for (i = CHUNK_PAGES; i > 0; i--) {
		pages.uses[pages.count - i] = 0;
		if (pages.count > i)	/* not page 0 */
			page_spare(pages.count - i);
	}
}

uint32_t
page_share(uint32_t page)
{
	if (page != 0)
		pages.uses[page]++;
	return page;
}

void
page_drop(uint32_t page)
{
	if (page != 0 && --pages.uses[page] == 0)
		page_spare(page);
}

void
page_own(uint32_t *page)
{
	uint32_t own;

	if (*page != 0 && pages.uses[*page] == 1)
		return;
	if (pages.spares == 0)
		add_chunk();
	own = pages.spare[--pages.spares];
	pages.uses[own] = 1;
	memcpy(page_bytes(own), page_bytes(*page), PAGE_BYTES);
	page_drop(*page);
	*page = own;
}

void
pages_open(void)
{
	while (pages.count > 0) {
		pages.count -= CHUNK_PAGES;
		free(pages.chunks[pages.count / CHUNK_PAGES]);
	}
	pages.spares = 0;
	add_chunk();
}

uint32_t
page_any(uint64_t number)
{
	return (uint32_t)(number % pages.count);
}

/* ---- contents ---- */

void
content_resize(struct content *c, size_t count)
{
	size_t i;

	for (i = count; i < c->count; i++)
		page_drop(c->pages[i]);
	c->pages = pages_memory(c->pages, (count + 1) * sizeof(*c->pages));
	for (i = c->count; i < count; i++)
		c->pages[i] = 0;
	c->count = count;
}

void
content_size(struct content *c, uint64_t size)
{
	size_t tail = (size_t)(size % PAGE_BYTES), count;

	count = (size_t)((size + PAGE_BYTES - 1) / PAGE_BYTES);
	if (count > c->count || size < c->size)
		content_resize(c, count);
	if (size < c->size && tail > 0) {
		page_own(&c->pages[count - 1]);
		memset(page_bytes(c->pages[count - 1]) + tail, 0,
		    PAGE_BYTES - tail);
	}
	c->size = size;
}

void
content_copy(struct content *to, const struct content *from)
{
	size_t i;

	content_resize(to, 0);
	content_resize(to, from->count);
	for (i = 0; i < from->count; i++)
		to->pages[i] = page_share(from->pages[i]);
	to->size = from->size;
}

void
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
	for (i = 0; i < PAGE_SECTORS; i++) {
		if (sectors & 1U << i)
			memcpy(page_bytes(c->pages[at]) + i * SECTOR_BYTES,
			    page_bytes(page) + i * SECTOR_BYTES,
			    SECTOR_BYTES);
	}
}

