#include "store/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fd.h"
#include "base/log.h"
#include "disk/file.h"
#include "disk/quarantine.h"
#include "disk/syncer.h"
#include "store/aside.h"
#include "store/ids.h"
#include "store/index.h"
#include "store/large.h"
#include "store/pack.h"

#define DEPTH 4			/* of directories: user, xx, UID, N */
#define PATH 1100		/* room for user and four names */
/* Neighbours with less than this together become one, if they are several. */
#define SMALL ((uint64_t)1 << 20)
#define SEVERAL 4

enum sweep_phase {
	SWEEP_IDLE,
	SWEEP_MARKING,
	SWEEP_LARGES,
	SWEEP_EMPTY,		/* first what needs no room on the disk */
	SWEEP_PACKS,
	SWEEP_DRAFTED,		/* a draft is being synced */
	SWEEP_INSTALLED		/* its name is */
};

struct large_mark {
	uint64_t id;
	bool marked;
};

struct sweep {
	struct quarantine *quarantine;
	struct syncer *syncer;
	struct packs *packs;
	struct larges *larges;
	enum sweep_phase phase;
	uint64_t limit;
	bool is_aside;		/* what is marked now: see aside.h */

	/* Marking: the directories that are being read. */
	struct level {
		struct buf names;	/* each with its NUL */
		size_t at;		/* of the next of them */
		size_t end;		/* of the directory's name, in path */
	} levels[DEPTH];
	unsigned depth;
	char path[PATH];
	struct large_mark *large;	/* rising */
	size_t large_count;

	/* Packs: those below next are left; a run of small ones from there. */
	size_t next, run;
	uint64_t run_bytes;
	bool run_is_sparse;	/* one of them is less than half full */
	size_t drafted, drafted_count;
	struct syncer_job job;
};

struct sweep *
sweep_open(struct quarantine *quarantine, struct syncer *syncer,
    struct packs *packs, struct larges *larges)
{
	struct sweep *sw = xzalloc(sizeof(*sw));

	sw->quarantine = quarantine;
	sw->syncer = syncer;
	sw->packs = packs;
	sw->larges = larges;
	sw->job.fd = -1;
	return sw;
}

static void
leave(struct sweep *sw)
{
	buf_free(&sw->levels[--sw->depth].names);
}

static void
end(struct sweep *sw)
{
	size_t i;

	while (sw->depth > 0)
		leave(sw);
	for (i = 0; i < packs_count(sw->packs); i++)
		pack_unmark(packs_at(sw->packs, i));
	free(sw->large);
	sw->large = NULL;
	sw->large_count = 0;
	(void)fd_close(sw->job.fd);
	sw->job.fd = -1;
	sw->phase = SWEEP_IDLE;
}

/* No job may be under way. */
void
sweep_close(struct sweep *sw)
{
	if (sw == NULL)
		return;
	end(sw);
	free(sw);
}

bool
sweep_is_under_way(const struct sweep *sw)
{
	return sw->phase != SWEEP_IDLE;
}

bool
sweep_waits(const struct sweep *sw)
{
	return (sw->phase == SWEEP_DRAFTED || sw->phase == SWEEP_INSTALLED) &&
	    !syncer_done(sw->syncer, &sw->job);
}

/* What stays is tried again by the next sweep. */
static void
give_up(struct sweep *sw, const char *path)
{
	log_warning("%s: %s: some disk space is given back later", path,
	    strerror(errno));
	end(sw);
}

/* ---- marking ---- */

/* Read the ids of the large files. */
static int
list_larges(struct sweep *sw)
{
	DIR *list = file_open_list(sw->quarantine->data, "pack");
	const char *name;
	uint64_t id;

	if (list == NULL)
		return -1;
	while ((name = file_next_name(list)) != NULL) {
		if (!large_parse_name(name, &id) || id >= sw->limit)
			continue;
		sw->large = xgrow(sw->large, sw->large_count,
		    sizeof(*sw->large));
		sw->large[sw->large_count++] = (struct large_mark){ id,
		    false };
	}
	ids_sort(sw->large, sw->large_count, sizeof(*sw->large));
	return file_end_list(list);
}

/*
 * Go into the directory path; one that is none, or is gone, has nothing.  All
 * names are read at once: the directory may change before they are needed.
 */
static int
enter(struct sweep *sw)
{
	struct level *level = &sw->levels[sw->depth];
	DIR *list = file_open_list(sw->quarantine->data, sw->path);
	const char *name;

	if (list == NULL)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	level->at = level->names.n = 0;
	level->end = strlen(sw->path);
	sw->depth++;
	while ((name = file_next_name(list)) != NULL)
		buf_add(&level->names, (struct span){ name,
		    strlen(name) + 1 });
	return file_end_list(list);
}

void
sweep_begin(struct sweep *sw, uint64_t limit)
{
	if (sw->phase != SWEEP_IDLE)
		return;
	sw->phase = SWEEP_MARKING;
	sw->limit = limit;
	/* In this order: what is aside may go back meanwhile. */
	(void)strcpy(sw->path, ASIDE "user");
	sw->is_aside = true;
	if (list_larges(sw) == -1 || enter(sw) == -1)
		give_up(sw, sw->path);
}

void
sweep_restart(struct sweep *sw)
{
	uint64_t limit = sw->limit;

	/* All that can be copied from now on is marked. */
	if (sw->phase != SWEEP_MARKING)
		return;
	end(sw);
	sweep_begin(sw, limit);
}

static int
mark(struct sweep *sw, const struct index_entry *e)
{
	struct pack *pack;
	size_t place;

	if (e->id >= sw->limit)
		return 0;
	if (e->large) {
		place = ids_place(sw->large, sw->large_count,
		    sizeof(*sw->large), e->id);
		if (place < sw->large_count && sw->large[place].id == e->id)
			sw->large[place].marked = true;
	}
	pack = packs_find(sw->packs, e->id);
	/* What has been removed has been reported, or will be. */
	return pack == NULL || pack_mark(sw->packs, pack, e->id) == 0 ||
	    errno == ENOENT ? 0 : -1;
}

/* Mark all that a file of a queue's directory says that waits. */
static int
mark_file(struct sweep *sw, const char *name)
{
	struct index_dir dir = { .quarantine = sw->quarantine,
	    .packs = sw->packs, .limit = sw->limit,
	    .aside = strncmp(sw->path, ASIDE, strlen(ASIDE)) == 0 };
	const char *uid_text = sw->path + sw->levels[DEPTH - 3].end + 1;
	struct index_entry *entries;
	struct uid uid;
	size_t count, i;
	int result;

	/* Others are no queues. */
	if (!decode_base32(uid.bytes, UID_BYTES, (struct span){ uid_text,
	    sw->levels[DEPTH - 2].end - sw->levels[DEPTH - 3].end - 1 }))
		return 0;
	dir.uid = &uid;
	dir.ref = (uint32_t)strtoul(sw->path + sw->levels[DEPTH - 2].end + 1,
	    NULL, 10);
	result = index_read(&dir, name, &entries, &count);
	if (result == -1)
		return errno == ENOENT ? 0 : -1;
	for (i = 0, result = 0; i < count && result == 0; i++)
		result = mark(sw, &entries[i]);
	free(entries);
	return result;
}

/* One name of the innermost directory. */
static int
mark_some(struct sweep *sw)
{
	struct level *level = &sw->levels[sw->depth - 1];
	const char *name = level->names.p + level->at;

	sw->path[level->end] = '\0';
	if (level->at == level->names.n) {
		leave(sw);
		return 0;
	}
	level->at += strlen(name) + 1;
	if (sw->depth == DEPTH)
		return mark_file(sw, name);
	(void)snprintf(sw->path + level->end, PATH - level->end, "/%s", name);
	return enter(sw);
}

/* ---- packs ---- */

/* How many bytes a pack would have with what is marked alone. */
static int
count_marked(struct sweep *sw, size_t place, uint64_t *bytes)
{
	struct pack_entry *list;
	uint32_t count, end_at, i, next;

	if (pack_list(sw->packs, packs_at(sw->packs, place), &list, &count,
	    &end_at) == -1)
		return -1;
	for (i = 0, *bytes = 0; i < count; i++) {
		next = i + 1 < count ? list[i + 1].offset : end_at;
		if (packs_has_mark(sw->packs, place, list[i].id))
			*bytes += next - list[i].offset + PACK_ENTRY;
	}
	free(list);
	return 0;
}

static void
forget_run(struct sweep *sw)
{
	sw->run = 0;
	sw->run_bytes = 0;
	sw->run_is_sparse = false;
}

static int
begin_draft(struct sweep *sw, size_t i, size_t n)
{
	forget_run(sw);
	if (packs_draft(sw->packs, i, n, &sw->job.fd) == -1)
		return -1;
	sw->drafted = i;
	sw->drafted_count = n;
	sw->phase = SWEEP_DRAFTED;
	sw->job.kind = SYNCER_FILE;
	sw->job.dir = large_dir(sw->larges);
	syncer_add(sw->syncer, &sw->job);
	return 0;
}

/* The run of small packs has ended: make one of them. */
static int
end_run(struct sweep *sw)
{
	if (sw->run >= SEVERAL || sw->run_is_sparse)
		return begin_draft(sw, sw->next, sw->run);
	forget_run(sw);
	return 0;
}

/* Remove the next lower pack if nothing in it waits. */
static int
remove_empty(struct sweep *sw)
{
	sw->next--;
	return packs_at(sw->packs, sw->next)->mark_bits == 0 ?
	    packs_remove(sw->packs, sw->next) : 0;
}

/* Look at the next lower pack. */
static int
look_at_pack(struct sweep *sw)
{
	struct pack *pack = packs_at(sw->packs, sw->next - 1);
	uint64_t bytes;
	bool is_sparse;

	if (count_marked(sw, sw->next - 1, &bytes) == -1)
		return -1;
	is_sparse = bytes < pack->bytes / 2;
	if (bytes + sw->run_bytes < SMALL) {
		sw->next--;
		sw->run++;
		sw->run_bytes += bytes;
		sw->run_is_sparse |= is_sparse;
		return 0;
	}
	if (sw->run > 0)
		return end_run(sw);
	sw->next--;
	return is_sparse ? begin_draft(sw, sw->next, 1) : 0;
}

/*
 * A sync has ended.  The others are removed one by one, from the lowest, each
 * durably before the next: an id is looked for in the last pack that begins at
 * it or below, and must be there after any power cut.
 */
static int
install(struct sweep *sw)
{
	if (sw->job.error != 0) {
		errno = sw->job.error;
		return -1;
	}
	if (sw->phase == SWEEP_DRAFTED) {
		if (packs_install(sw->packs, sw->drafted) == -1)
			return -1;
		sw->phase = SWEEP_INSTALLED;
	} else if (sw->drafted_count > 1) {
		if (packs_remove(sw->packs, sw->drafted + 1) == -1)
			return -1;
		sw->drafted_count--;
	}
	if (sw->drafted_count > 1) {
		sw->job.dir = packs_dir(sw->packs);
		syncer_add(sw->syncer, &sw->job);
		return 0;
	}
	(void)fd_close(sw->job.fd);	/* its sync has succeeded */
	sw->job.fd = -1;
	sw->phase = SWEEP_PACKS;
	return 0;
}

static void
begin_packs(struct sweep *sw, enum sweep_phase phase)
{
	sw->phase = phase;
	forget_run(sw);
	for (sw->next = packs_count(sw->packs); sw->next > 0 &&
	    packs_at(sw->packs, sw->next - 1)->first >= sw->limit; sw->next--)
		continue;
}

static void
remove_large(struct sweep *sw)
{
	struct large_mark *large = &sw->large[--sw->large_count];

	if (!large->marked)
		large_remove(sw->larges, 0, large->id);
}

bool
sweep_step(struct sweep *sw)
{
	int result = 0;

	switch (sw->phase) {
	case SWEEP_IDLE:
		return false;
	case SWEEP_MARKING:
		if (sw->depth > 0) {
			result = mark_some(sw);
		} else if (sw->is_aside) {
			(void)strcpy(sw->path, "user");
			sw->is_aside = false;
			result = enter(sw);
		} else {
			sw->phase = SWEEP_LARGES;
		}
		break;
	case SWEEP_LARGES:
		if (sw->large_count > 0)
			remove_large(sw);
		else
			begin_packs(sw, SWEEP_EMPTY);
		break;
	case SWEEP_EMPTY:
		if (sw->next > 0)
			result = remove_empty(sw);
		else
			begin_packs(sw, SWEEP_PACKS);
		break;
	case SWEEP_PACKS:
		if (sw->next > 0)
			result = look_at_pack(sw);
		else if (sw->run > 0)
			result = end_run(sw);
		else
			end(sw);
		break;
	case SWEEP_DRAFTED:
	case SWEEP_INSTALLED:
		if (sweep_waits(sw))
			return false;
		result = install(sw);
		break;
	}
	if (result == -1)
		give_up(sw, sw->phase < SWEEP_LARGES ? sw->path : "pack");
	return true;
}
