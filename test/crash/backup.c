#include "test/crash/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/backup.h"
#include "disk/file.h"
#include "store.h"
#include "test/crash/actions.h"
#include "test/crash/disk.h"
#include "test/crash/world.h"
#include "test/lib/prng.h"

#define DEEDS_MAX 60		/* before the copying, and behind it */

/* What the hook needs to know. */
static struct {
	uint64_t random;
	uint64_t calls;		/* that the copying makes for one action */
	bool busy;		/* it does something itself */
	bool failed;
	struct model model;	/* what must be in the backup */
} held;

static void
do_any(void)
{
	if (action_any() == -1)
		held.failed = true;
}

/* The hook: life goes on between the calls of the copying. */
static void
before_call(void)
{
	if (held.busy || prng_below(&held.random, held.calls) > 0)
		return;
	held.busy = true;
	do_any();
	held.busy = false;
}

static int
do_some(void)
{
	uint64_t n = DEEDS_MAX / held.calls;

	while (n-- > 0)
		do_any();
	return held.failed ? -1 : 0;
}

static int
copy(const struct span *segments)
{
	struct backup_sum sum = { 0, 0, 0 };
	int from = file_open_dir(AT_FDCWD, "data"), to, result;

	if (mkdirat(AT_FDCWD, "backup", 0700) == -1)
		return -1;
	to = file_open_dir(AT_FDCWD, "backup");
	disk_calls.before_call = before_call;
	result = backup_copy(from, to, segments, &sum);
	disk_calls.before_call = NULL;
	if (result == 0)
		result = file_sync_tree(to);
	close(from);
	close(to);
	return result;
}

static int
back_up(void)
{
	struct buf list = { NULL, 0, 0 };
	struct span segments;
	int result = -1;

	held.model = world.live;
	journal_list(world.data.journal, &list);
	segments = buf_span(&list);
	if (do_some() == 0 && copy(&segments) == 0)
		result = do_some();
	buf_free(&list);
	return result;
}

enum hold
hold_backup(uint64_t random)
{
	uint64_t ticket = datadir_hold(&world.data);
	bool made;

	held.random = random;
	held.calls = 2 + random % 100;
	held.failed = false;
	made = ticket != 0 && world_guard(action_commit) == 0 &&
	    world_guard(back_up) == 0;
	if (ticket == 0 || !datadir_end_hold(&world.data, ticket))
		return HOLD_GIVEN_UP;
	if (made)
		return HOLD_LASTED;
	model_say(&world.fault, "no backup: %s (%.99s)", strerror(errno),
	    world_last_line);
	return HOLD_FAILED;
}

/* What was acked meanwhile, or dropped, is in the backup or not. */
static void
note_doubts(struct model_node *then, struct model_node *now)
{
	size_t i;

	for (i = 0; i < then->count; i++) {
		if (model_entry(now, then->queue[i].message) == NULL)
			then->queue[i].doubtful = true;
	}
}

void
hold_restore(void)
{
	struct model *m = &held.model;
	size_t user, node;

	for (user = 0; user < m->user_count; user++) {
		for (node = 0; node < m->users[user].node_count; node++)
			note_doubts(&m->users[user].nodes[node],
			    model_node(&world.live, user, node));
	}
	world_cut(held.random);
	(void)renameat(AT_FDCWD, "data", AT_FDCWD, "old");
	(void)renameat(AT_FDCWD, "backup", AT_FDCWD, "data");
	world.live = world.committed = held.model;
}
