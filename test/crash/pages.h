/*
 * pages.h - the bytes of files on the disk in memory (disk.h).
 *
 * They are in pages that are shared by all who have the same, and copied when
 * written to: so a copy of a file, a power cut and a fork cost little.  A page
 * is known by its number.  Page 0 is of zeros, for ever.
 */
#ifndef MNM_TEST_PAGES_H
#define MNM_TEST_PAGES_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 4096
#define SECTOR_BYTES 512	/* what a disk writes as a whole, or not */
#define PAGE_SECTORS (PAGE_BYTES / SECTOR_BYTES)

/* realloc that aborts: no failure that a test asks for comes here. */
void *pages_memory(void *old, size_t n);

/*
 * Before anything else, and again when nobody has a page: none is left then, so
 * that page_any depends on nothing that was before.
 */
void pages_open(void);
char *page_bytes(uint32_t page);
/* One more has the page, or one less. */
uint32_t page_share(uint32_t page);
void page_drop(uint32_t page);
/* Make it a page with the same bytes that may be written to. */
void page_own(uint32_t *page);
/* Some page that there is. */
uint32_t page_any(uint64_t number);

/* A file's bytes; zeroed, it has none.  Beyond count all are zeros. */
struct content {
	uint32_t *pages;
	size_t count;
	uint64_t size;
};

/* Have so many pages. */
void content_resize(struct content *, size_t count);
void content_size(struct content *, uint64_t size);
void content_copy(struct content *to, const struct content *from);
/* Let these sectors, a set, of page number at be as they are in page. */
void content_put(struct content *, size_t at, uint32_t page,
    unsigned sectors);

#endif
