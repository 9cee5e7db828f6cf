/*
 * crash_test [-lqb] [-s SEED -p PATH] [-f FAULT]
 *	[cut | fail | flip | hold | old | faults]
 *
 * Lives of a data directory on the disk in memory (disk.h), beside a model of
 * it (world.h):
 *
 *	cut	At changes of the disk, the power is cut: a child of this
 *		process goes on with what is then on the disk, starts the
 *		program and compares it with the model; lives on for a while,
 *		with the power cut once more; is killed, and compared again.
 *		Or the program is killed, before something is synced, and the
 *		power is cut later, when all segments of the journal are in use.
 *		A check of what the cut has left finds no damage in it.
 *	fail	At calls, that call fails: a child lives on, starts the program
 *		again when it stops, and compares it in the end.
 *	flip	Bytes of the files are altered, each in a child, which looks
 *		for damage, then starts the program, or repairs first: all else
 *		must be served.  Of a small life it is every byte of a file of
 *		each kind; of others, some of all files.
 *	hold	Between actions, a child makes a backup while life goes on; then
 *		it starts the program from that and compares it with the model,
 *		or lives on with what it had.
 *	old	What waits is put into files, as relays before packs did.  At
 *		changes of the disk by the start that takes them over, the
 *		power is cut, or at its calls one fails: as in cut and fail.
 *	faults	The program is broken, one thing at a time: cut must see it.
 *
 * The default is all of them.  -l takes hours and tries far more; -q lives a
 * quarter of the lives, for sanitizers; -b ends with the first life that shows
 * a failure.  A failure is reported with its -s and
 * -p: with these, the same life is repeated in this process alone, and every
 * change of the disk is printed.  -f breaks the program by the number of a
 * fault.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk/journal.h"
#include "test/crash/actions.h"
#include "test/crash/backup.h"
#include "test/crash/damage.h"
#include "test/crash/disk.h"
#include "test/crash/fork.h"
#include "test/crash/old.h"
#include "test/crash/world.h"
#include "test/lib/prng.h"

#define CUTS 2			/* after one another */
#define ACTIONS 400		/* of a life ... */
#define ACTIONS_AFTER 30		/* ... after something happened to it */
#define SYNC_TRIES 5		/* syncs are few, and matter most ... */
#define TREE_TRIES 20		/* ... those of checkpoints are fewer */

/* What hooks need to know. */
static struct {
	bool is_long, is_quick;
	bool is_brief;		/* the first failure is the end */
	int actions;		/* left to be done in this life */
	void (*before_action)(void);
} run;

/* ---- a life ---- */

/* Start the program, once more if a call was made to fail. */
static bool
start(void)
{
	unsigned long failed = disk_calls.failed;

	if (world_open() == 0 && world_check())
		return true;
	if (disk_calls.failed == failed)
		return false;
	world_kill();
	return world_open() == 0 && world_check();
}

/* The program stopped: only a call that failed is a reason. */
static bool
start_again(void)
{
	if (disk_calls.failed == 0) {
		model_say(&world.fault, "stopped without a reason: %s (%.99s)",
		    strerror(errno), world_last_line);
		return false;
	}
	world_kill();
	return start();
}

/* What a call that failed has left unsynced may be gone when it starts. */
static void
stop(uint64_t *random)
{
	(void)world_guard(world_close);
	if (disk_calls.failed > 0 && prng_below(random, 2) == 0)
		world_cut(chance(random));
}

static bool
live(uint64_t random)
{
	unsigned long failed = disk_calls.failed;
	unsigned closes;

	while (run.actions-- > 0) {
		if (run.before_action != NULL)
			run.before_action();
		if (world_guard(action_any) == -1 && !start_again())
			return false;
		/* Often as soon as a call has failed, and nobody knows yet. */
		closes = disk_calls.failed > failed ? 4 : 150;
		failed = disk_calls.failed;
		if (prng_below(&random, 100) == 0)
			world_kill();
		else if (prng_below(&random, closes) == 0)
			stop(&random);
		else
			continue;
		if (!start())
			return false;
	}
	return true;
}

/* Every other life is calm: many more states in the same time. */
static bool
is_calm(uint64_t seed)
{
	return seed % 2 == 0;
}

static void
begin_life(uint64_t seed, unsigned per_mille, int actions)
{
	fork_begin(seed, per_mille);
	run.actions = actions;
	run.before_action = NULL;
	disk_calls.calls = disk_calls.changes = disk_calls.failed = 0;
	disk_calls.fail = 0;
	disk_calls.shorten = false;
	world_begin(seed);
	world.is_calm = is_calm(seed);
}

static void
report(bool good)
{
	fork_report(good, world.fault.text);
}

static bool
is_over(void)
{
	return run.is_brief && fork_bad() > 0;
}

static void
end_life(bool good)
{
	disk_calls.before_change = NULL;
	disk_calls.before_call = NULL;
	if (!good)
		report(false);
	fork_wait();
}

/* ---- cut ---- */

static void before_change(void);

static int
post_short(void)
{
	return action_post(30, 1);
}

/* Commit something to each segment of the journal. */
static int
use_segments(void)
{
	int i, result = action_commit();

	for (i = 0; i < 4 && result == 0; i++) {
		(void)journal_turn(world.data.journal);
		if (post_short() == -1)
			return -1;
		result = action_commit();
	}
	return result;
}

static void
cut_or_kill(bool kills, uint64_t choice)
{
	if (kills)
		world_kill();
	else
		world_cut(choice);
}

static void
cut(uint64_t choice)
{
	bool last = fork_depth() >= CUTS, good;
	bool killed = !last && disk_calls.kind == DISK_SYNC && choice % 4 == 1;

	fork_often(10);
	run.actions = ACTIONS_AFTER;
	disk_calls.before_change = last ? NULL : before_change;
	cut_or_kill(killed, choice);
	good = (choice % 3 != 0 || damage_is_clean()) && start();
	if (good && !last && (killed || choice % 4 == 0)) {
		good = killed ? world_guard(use_segments) == 0 : live(choice);
		if (good) {
			cut_or_kill(!killed, choice);
			good = start();
		}
	}
	report(good);
	fork_end();
}

/* The hook: perhaps the power is cut just before this change. */
static void
before_change(void)
{
	bool grows = disk_calls.kind == DISK_SYNC &&
	    (disk_calls.sync == DISK_SYNC_ZEROS ||
	    disk_calls.sync == DISK_SYNC_JOURNAL);
	int tries = grows ? SYNC_TRIES : 1;
	uint64_t choice;

	while (tries > 0 && !fork_here(disk_calls.changes, &choice))
		tries--;
	if (tries > 0)
		cut(choice);
}

static void
cut_life(uint64_t seed, unsigned per_mille)
{
	begin_life(seed, per_mille, ACTIONS);
	disk_calls.before_change = before_change;
	end_life(start() && live(seed));
}

/* ---- fail ---- */

/* How a call of each kind can fail; 0 is a short count. */
static const struct {
	unsigned count;
	int errors[5];
} failures[] = {
	[DISK_OPEN]   = { 4, { EIO, EMFILE, ENOSPC, EDQUOT } },
	[DISK_READ]   = { 3, { EIO, EINTR, 0 } },
	[DISK_WRITE]  = { 5, { EIO, ENOSPC, EDQUOT, EINTR, 0 } },
	[DISK_NAME]   = { 3, { EIO, ENOSPC, EDQUOT } },
	[DISK_SYNC]   = { 3, { EIO, ENOSPC, EDQUOT } },
	[DISK_CLOSE]  = { 2, { EIO, ENOSPC } },
	[DISK_LIST]   = { 2, { EIO, ENOMEM } },
	[DISK_ASK]    = { 1, { EIO } },
	[DISK_MEMORY] = { 1, { ENOMEM } },
};

/*
 * The hook: perhaps this call is to fail.  In the child the life goes on from
 * within the call, and ends where it began.
 */
static void
before_call(void)
{
	int tries = disk_calls.kind != DISK_SYNC ? 1 :
	    disk_calls.sync == DISK_SYNC_TREE ? TREE_TRIES : SYNC_TRIES;
	uint64_t choice;

	while (tries > 0 && !fork_here(disk_calls.calls, &choice))
		tries--;
	if (tries == 0)
		return;
	disk_calls.before_call = NULL;
	disk_calls.fail = failures[disk_calls.kind].errors[choice %
	    failures[disk_calls.kind].count];
	disk_calls.shorten = disk_calls.fail == 0;
	run.actions = ACTIONS_AFTER;
}

/* After a call has failed: all must be there, with the cache and without. */
static bool
live_to_the_end(uint64_t seed)
{
	run.actions = ACTIONS_AFTER;
	if (!live(seed))
		return false;
	world_kill();
	if (!start())
		return false;
	world_cut(seed);
	return start();
}

static void
fail_life(uint64_t seed, unsigned per_mille)
{
	bool good;

	begin_life(seed, per_mille, ACTIONS);
	disk_calls.before_call = before_call;
	good = start() && live(seed);
	if (fork_depth() == 0) {
		end_life(good);
		return;
	}
	report(good && live_to_the_end(seed));
	fork_end();
}

/* ---- flip ---- */

/* Nothing is going on: older messages go to files. */
static int
rest(void)
{
	int i, result = action_commit();

	for (i = 0; i < 100 && result == 0; i++)
		result = action_step(1000);
	return result;
}

static void
flip_life(uint64_t seed, uint64_t stretch)
{
	bool good;

	begin_life(seed, 0, is_calm(seed) ? 100 : 300);
	good = start() && live(seed) && world_guard(rest) == 0;
	world_kill();
	disk_sync_all();
	good = good && damage_is_clean();
	if (good)
		damage_some(stretch, seed);
	end_life(good);
}

/* All steps of it. */
static int
add_node(void)
{
	const struct model_user *u = &world.live.users[0];
	size_t nodes = u->node_count;
	int result = 0;

	while (result == 0 && u->node_count == nodes)
		result = action_add_node();
	return result;
}

/* Do one after the other, up to NULL. */
static int
do_all(int (*const *actions)(void))
{
	for (; *actions != NULL; actions++) {
		if ((*actions)() == -1)
			return -1;
	}
	return 0;
}

/* A user with some of all, which a repair then makes files of. */
static int
live_for_files(void)
{
	static int (*const actions[])(void) = {
		action_register, action_add_alias, action_change_group,
		action_invite, post_short, post_short, post_short, post_short,
		post_short, post_short, post_short, world_close, NULL
	};

	return do_all(actions);
}

/*
 * And what a journal can tell of, in a few batches; but nothing that takes the
 * place of something else, which could come back then.
 */
static int
live_for_journal(void)
{
	static int (*const actions[])(void) = {
		post_short, action_add_alias, action_commit, add_node,
		action_invite, action_change_alias, action_commit, action_see,
		action_ack, action_drop_node, action_commit, action_register,
		post_short, rest, NULL
	};

	return do_all(actions);
}

static void
flip_each(void)
{
	bool good;

	begin_life(1, 0, 0);
	good = start() && world_guard(live_for_files) == 0 &&
	    world_guard(damage_repair) == 0 && start() &&
	    world_guard(live_for_journal) == 0;
	world_kill();
	disk_sync_all();
	good = good && damage_is_clean();
	if (good)
		damage_each(run.is_long ? DAMAGE_BY_EACH : DAMAGE_IN_TURN);
	end_life(good);
}

static void
run_flip(void)
{
	uint64_t seed, lives = run.is_long ? 20 : run.is_quick ? 1 : 2;

	flip_each();
	for (seed = 1; seed <= lives && !is_over(); seed++)
		flip_life(seed, run.is_long ? 97 : 9001);
}

/* ---- hold ---- */

static void
try_hold(uint64_t choice)
{
	enum hold result = hold_backup(choice);
	bool good = result != HOLD_FAILED;

	run.before_action = NULL;
	run.actions = ACTIONS_AFTER;
	if (good && (result == HOLD_GIVEN_UP || choice % 4 == 0)) {
		good = live(choice);
		world_kill();
	} else if (good) {
		hold_restore();
	}
	if (good)
		good = start() && live(choice);
	report(good);
	fork_end();
}

/* The hook: perhaps a backup is made before this action. */
static void
before_action(void)
{
	uint64_t choice;

	if (fork_here((unsigned long)run.actions, &choice))
		try_hold(choice);
}

static void
hold_life(uint64_t seed, unsigned per_mille)
{
	begin_life(seed, per_mille, ACTIONS);
	run.before_action = before_action;
	end_life(start() && live(seed));
}

/* ---- old ---- */

static void
old_life(uint64_t seed, unsigned per_mille)
{
	bool good, fails = seed / 2 % 2 == 1;

	begin_life(seed, 0, is_calm(seed) ? 100 : 200);
	good = start() && live(seed) && world_guard(rest) == 0 &&
	    world_guard(world_close) == 0 && start() &&
	    world_guard(world_close) == 0 && world_guard(old_make) == 0;
	fork_often(per_mille);
	run.actions = 0;
	disk_calls.failed = 0;
	disk_calls.before_change = fails ? NULL : before_change;
	disk_calls.before_call = fails ? before_call : NULL;
	good = good && start();
	if (fork_depth() == 0) {
		end_life(good);
		return;
	}
	/* Only a call that failed leads here. */
	report(good && live_to_the_end(seed));
	fork_end();
}

/* ---- faults ---- */

static const struct fault {
	const char *name;
	unsigned ignored;
	enum world_fault broken;
} faults[] = {
	{ "commits are not synced",
	    1U << DISK_SYNC_SEGMENT, WORLD_SOUND },
	{ "names of new segments are not synced",
	    1U << DISK_SYNC_JOURNAL, WORLD_SOUND },
	{ "the way to the journal is not synced",
	    1U << DISK_SYNC_DATA, WORLD_SOUND },
	{ "the tree is not synced before a release",
	    1U << DISK_SYNC_TREE, WORLD_SOUND },
	{ "the tree is synced after a release",
	    0, WORLD_LATE_TREE },
	{ "large data is not synced",
	    1U << DISK_SYNC_LARGE, WORLD_SOUND },
	{ "names of large data are not synced",
	    1U << DISK_SYNC_TMP, WORLD_SOUND },
	{ "a copied queue is not synced",
	    1U << DISK_SYNC_NODE, WORLD_SOUND },
	{ "a checkpoint writes no messages",
	    0, WORLD_NO_FILES },
};

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static void
break_program(const struct fault *f)
{
	disk_calls.ignored = f->ignored;
	world_broken = f->broken;
}

/*
 * In a child: a broken program may fall over in this very life, and say so on
 * stderr.
 */
static void
live_broken(const struct fault *f, uint64_t seed)
{
	int null;

	if (fork_at(f->name)) {
		null = open("/dev/null", O_WRONLY);
		if (null == -1 || dup2(null, STDERR_FILENO) == -1)
			_exit(2);
		break_program(f);
		cut_life(seed, 20);
		fork_end();
	}
	fork_wait();
}

/* Each must be caught; the states that are tried for that are not counted. */
static void
run_faults(void)
{
	unsigned long tried = fork_tried(), bad = fork_bad(), caught = 0;
	uint64_t seed;
	size_t i;

	for (i = 0; i < FAULTS; i++) {
		fork_reset(0, 0, FORK_QUIET);
		for (seed = 1; seed <= 100 && fork_bad() == 0; seed++)
			live_broken(&faults[i], seed);
		if (fork_bad() > 0)
			caught++;
		else
			printf("crash: not caught: %s\n", faults[i].name);
	}
	fork_reset(tried, bad + (FAULTS - caught), FORK_LOUD);
	printf("crash: faults: caught %lu of %zu\n", caught, FAULTS);
}

/* ---- all of them ---- */

static const struct mode {
	const char *name;
	void (*run)(void);	/* NULL: lives, with states tried at a rate */
	void (*live)(uint64_t seed, unsigned per_mille);
	unsigned when_long, when_calm, when_busy;	/* per mille */
} modes[] = {
	{ "cut",    NULL,       cut_life,  100, 120, 10  },
	{ "fail",   NULL,       fail_life, 100, 40,  4   },
	{ "flip",   run_flip,   NULL,      0,   0,   0   },
	{ "hold",   NULL,       hold_life, 500, 100, 100 },
	{ "old",    NULL,       old_life,  1000, 150, 30 },
	{ "faults", run_faults, NULL,      0,   0,   0   },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static void
run_lives(const struct mode *m)
{
	uint64_t seed, lives = run.is_long ? 200 : run.is_quick ? 2 : 8;

	for (seed = 1; seed <= lives && !is_over(); seed++)
		m->live(seed, run.is_long ? m->when_long :
		    is_calm(seed) ? m->when_calm : m->when_busy);
}

static void
run_mode(const struct mode *m)
{
	unsigned long tried = fork_tried(), bad = fork_bad();

	if (m->run != NULL)
		m->run();
	else
		run_lives(m);
	if (fork_tried() > tried)
		printf("crash: %s: %lu states, %lu bad\n", m->name,
		    fork_tried() - tried, fork_bad() - bad);
}

/* Repeat the life of a path, and print everything. */
static void
follow(const struct mode *m, uint64_t seed, const char *path)
{
	world_loud = disk_calls.loud = true;
	fork_follow(path);
	m->live(seed, 0);
}

static int
usage(void)
{
	(void)fprintf(stderr, "usage: crash_test [-lqb] [-s SEED -p PATH] "
	    "[-f FAULT] [cut | fail | flip | hold | old | "
	    "faults]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	const char *path = NULL, *mode;
	uint64_t seed = 1;
	size_t i;
	int option;

	while ((option = getopt(argc, argv, "lqbs:p:f:")) != -1) {
		if (option == 'l')
			run.is_long = true;
		else if (option == 'q')
			run.is_quick = true;
		else if (option == 'b')
			run.is_brief = true;
		else if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'p')
			path = optarg;
		else if (option == 'f' && strtoul(optarg, NULL, 10) < FAULTS)
			break_program(&faults[strtoul(optarg, NULL, 10)]);
		else
			return usage();
	}
	mode = optind < argc ? argv[optind] : NULL;
	fork_open();
	for (i = 0; i < MODES; i++) {
		if (mode != NULL && strcmp(mode, modes[i].name) != 0)
			continue;
		if (path == NULL)
			run_mode(&modes[i]);
		else if (modes[i].live != NULL)
			follow(&modes[i], seed, path);
	}
	printf("crash: %lu passed, %lu failed\n", fork_tried() -
	    fork_bad(), fork_bad());
	/* What was killed in this process has leaked: no cleaning up. */
	(void)fflush(stdout);
	_exit(fork_bad() > 0);
}
