/* For MADV_HUGEPAGE. */
#define _DEFAULT_SOURCE
#include "test/crash/world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "disk/segment.h"
#include "disk/syncer.h"
#include "store.h"
#include "test/crash/disk.h"
#include "test/lib/prng.h"

#define JOURNAL_SIZE ((uint64_t)16 << 20)
#define LATE 40			/* commits */
#define HUGE ((size_t)2 << 20)	/* a large page of memory */

struct crash_world world;
unsigned long world_lines;
char world_first_line[256];
char world_last_line[256];
bool world_loud;
enum world_fault world_broken;

static jmp_buf guard;
static bool guarded;

/* ---- what is replaced of the program ---- */

void *__real_xalloc(size_t);
void *__real_xzalloc(size_t);
void *__real_xrealloc(void *, size_t);
void *__wrap_xalloc(size_t);
void *__wrap_xzalloc(size_t);
void *__wrap_xrealloc(void *, size_t);
char *__real_buf_room(struct buf *, size_t);
char *__wrap_buf_room(struct buf *, size_t);
void __real_syncer_add(struct syncer *, struct syncer_job *);
void __wrap_syncer_add(struct syncer *, struct syncer_job *);
int __real_store_checkpoint(struct store *, uint64_t);
int __wrap_store_checkpoint(struct store *, uint64_t);
int __real_journal_commit(struct journal *);
bool __real_syncer_done(struct syncer *, const struct syncer_job *);
int __wrap_journal_commit(struct journal *);
bool __wrap_syncer_done(struct syncer *, const struct syncer_job *);
int __wrap_encode_random(void *, size_t);
void __wrap_log_line(const char *, ...)
    __attribute__((format(printf, 1, 2)));
void __wrap_die(const char *, ...)
    __attribute__((format(printf, 1, 2), noreturn));

static void
put_line(const char *format, va_list args)
{
	(void)vsnprintf(world_last_line, sizeof(world_last_line), format,
	    args);
	if (world_lines++ == 0)
		memcpy(world_first_line, world_last_line,
		    sizeof(world_first_line));
	if (world_loud)
		(void)fprintf(stderr, "  %s\n", world_last_line);
}

void
__wrap_log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(format, args);
	va_end(args);
}

void
__wrap_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(format, args);
	va_end(args);
	if (!guarded)
		abort();
	longjmp(guard, 1);
}

/* Memory that cannot be had is the end of the program. */
static void
draw_memory(void)
{
	if (disk_begin_call(DISK_MEMORY) == -1)
		__wrap_die("out of memory");
}

void *
__wrap_xalloc(size_t n)
{
	draw_memory();
	return __real_xalloc(n);
}

void *
__wrap_xzalloc(size_t n)
{
	draw_memory();
	return __real_xzalloc(n);
}

void *
__wrap_xrealloc(void *old, size_t n)
{
	draw_memory();
	return __real_xrealloc(old, n);
}

/*
 * Each start reads segments, in a child of its own.  In small pages of memory,
 * that would take more time than all the rest.
 */
char *
__wrap_buf_room(struct buf *b, size_t n)
{
	void *p;

	if (b->p == NULL && n == SEGMENT_SIZE) {
		if (posix_memalign(&p, HUGE, n) != 0)
			abort();
#ifdef MADV_HUGEPAGE
		(void)madvise(p, n, MADV_HUGEPAGE);
#endif
		b->p = p;
		b->cap = n;
	}
	return __real_buf_room(b, n);
}

/* The same in every run. */
int
__wrap_encode_random(void *dst, size_t n)
{
	char *p = dst;
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (char)chance(&world.random);
	return 0;
}

int
__wrap_journal_commit(struct journal *jn)
{
	int result = __real_journal_commit(jn);

	if (result == 0) {
		world.committed = world.live;
		world.commits++;
		if (world.owes_sync > 0 && --world.owes_sync == 0)
			disk_sync_all();
	}
	return result;
}

/*
 * A job covers what was there when it began, and may be done much later.  Here
 * it ran when it was added; that is not reported at once.
 */
bool
__wrap_syncer_done(struct syncer *sy, const struct syncer_job *job)
{
	return prng_below(&world.random, 3) == 0 &&
	    __real_syncer_done(sy, job);
}

void
__wrap_syncer_add(struct syncer *sy, struct syncer_job *job)
{
	if (world_broken != WORLD_LATE_TREE || job->kind != SYNCER_TREE) {
		__real_syncer_add(sy, job);
		return;
	}
	world.owes_sync = LATE;
	job->error = 0;
	job->done = true;
}

int
__wrap_store_checkpoint(struct store *st, uint64_t segment)
{
	return world_broken == WORLD_NO_FILES ? 0 :
	    __real_store_checkpoint(st, segment);
}

int
world_guard(int (*run)(void))
{
	volatile int result = -1;

	guarded = true;
	if (setjmp(guard) == 0)
		result = run();
	guarded = false;
	return result;
}

/* ---- starting and stopping ---- */

void
world_begin(uint64_t seed)
{
	disk_close_all();
	disk_format();
	memset(&world, 0, sizeof(world));
	world.random = seed;
	world.now = (struct now){ 1000, 1000 };
}

static int
open_data(void)
{
	char why[256] = "";

	if (datadir_open(&world.data, "data", JOURNAL_SIZE, why,
	    sizeof(why)) == -1) {
		model_say(&world.fault, "no start: %s", why);
		return -1;
	}
	return 0;
}

int
world_open(void)
{
	if (world_guard(open_data) == 0)
		return 0;
	if (world.fault.text[0] == '\0')
		model_say(&world.fault, "no start: %s", world_last_line);
	return -1;
}

void
world_kill(void)
{
	disk_close_all();
	memset(world.larges, 0, sizeof(world.larges));
	world.copy.user = NULL;
	world.past = MODEL_KILLED;
}

int
world_close(void)
{
	size_t i;
	int result;

	for (i = 0; i < WORLD_LARGE; i++)
		upload_close(world.larges[i].upload);
	memset(world.larges, 0, sizeof(world.larges));
	world.copy.user = NULL;
	result = datadir_close(&world.data);
	disk_close_all();
	world.past = MODEL_KILLED;
	return result;
}

void
world_cut(uint64_t seed)
{
	world_kill();
	disk_cut(seed);
	world.past = MODEL_CUT;
}

/* ---- comparing ---- */

static bool
is_like(const struct model *m, struct model_fault *fault)
{
	return model_same_people(&world.data, m, &world.live,
	    &world.messages, fault) &&
	    model_same_queues(&world.found, m, &world.messages, fault);
}

static int
check_data(void)
{
	struct model_fault live, committed;

	if (world.data.quarantine.count > 0) {
		model_say(&world.fault, "damage: %.200s", world_last_line);
		return -1;
	}
	if (!model_read(&world.found, &world.data, &world.live,
	    &world.messages, &world.fault))
		return -1;
	/* An id may have been given to what then went nowhere. */
	if (!is_like(&world.live, &live) ||
	    journal_committed_id(world.data.journal) < world.live.id) {
		if (!is_like(&world.committed, &committed)) {
			model_say(&world.fault, "%.100s; as committed: %.100s",
			    live.text, committed.text);
			return -1;
		}
		world.live = world.committed;
	}
	model_settle(&world.live, &world.committed, &world.found, world.past);
	world.committed = world.live;
	/* The ids of what was never committed are given again. */
	while (world.messages.count > 0 &&
	    world.messages.all[world.messages.count - 1].id > world.live.id)
		world.messages.count--;
	if (journal_committed_id(world.data.journal) >= world.live.id)
		return 0;
	model_say(&world.fault, "an id could be given again");
	return -1;
}

bool
world_check(void)
{
	model_say(&world.fault, "died");
	return world_guard(check_data) == 0;
}
