/*
 * crash_test [-l] [-s SEED] [-p PATH] [-f FAULT] [cut | fail | flip | faults]
 *
 * Lives of a data directory on the disk in memory (disk.h), beside a model of
 * it (world.h):
 *
 *	cut	At changes of the disk, the power is cut: a child of this process
 *		goes on with what is then on the disk, starts the program and
 *		compares it with the model; lives on for a while, with the power
 *		cut once more; is killed, and compared again.
 *	fail	At calls, that call fails: a child lives on, starts the program
 *		again when it stops, and compares it in the end.
 *	flip	Octets of the files are altered, each in a child, which starts
 *		the program: all else must be served.
 *	faults	The program is broken, one thing at a time: cut must see it.
 *
 * Without a word: all of them.  -l takes minutes and tries far more.  A failure
 * is reported with its -s and -p, which live the same life again in this process
 * alone, and tell of every change and line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chance.h"
#include "disk.h"
#include "world.h"

#define JOBS 2			/* children at a time */
#define CUTS 2			/* after one another */
#define PATH_OCTETS 64
#define REPORTS 5		/* failures that are printed */

struct mode {
	const char *name;
	void (*run)(void);
};

/* What hooks and children need to know. */
static struct {
	bool is_long;
	uint64_t seed;
	uint64_t random;	/* decides where; world.random decides what */
	unsigned per_mille;	/* of changes or calls that are tried */
	unsigned depth;		/* of children */
	int deeds;		/* left to be done in this life */
	char path[PATH_OCTETS];	/* how we came here */
	bool replaying;		/* follow a path, in this process */
	const char *replay;	/* what is left of it, or NULL */
	bool is_quiet;
	int results[2];		/* pipe: an octet for each state tried */
	struct child {
		pid_t pid;	/* 0: none */
		char path[PATH_OCTETS];
	} children[JOBS];
	unsigned long tried, bad;
} run;

/* ---- children and their results ---- */

static void
read_results(void)
{
	char results[256];
	ssize_t n, i;

	while ((n = read(run.results[0], results, sizeof(results))) > 0) {
		for (i = 0; i < n; i++) {
			run.tried++;
			run.bad += results[i] != 'y';
		}
	}
}

/* Tell of one state; what failed is printed. */
static void
tell(const char *path, bool good)
{
	if (!good && !run.is_quiet)
		(void)fprintf(stderr, "crash_test: %s (-s %llu -p %s)\n",
		    world.fault.text, (unsigned long long)run.seed, path);
	if (write(run.results[1], good ? "y" : "n", 1) != 1)
		_exit(2);
}

/* The place of the child with this pid; 0 finds a free one, or NULL. */
static struct child *
find_child(pid_t pid)
{
	size_t i;

	for (i = 0; i < JOBS; i++) {
		if (run.children[i].pid == pid)
			return &run.children[i];
	}
	return NULL;
}

/* Wait for one; false if there is none. */
static bool
wait_child(void)
{
	struct child *child;
	int status;
	pid_t pid = wait(&status);

	if (pid == -1)
		return false;
	child = find_child(pid);
	child->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		model_say(&world.fault, "a child ended with %x",
		    (unsigned)status);
		tell(child->path, false);
	}
	return true;
}

static void
wait_children(void)
{
	while (wait_child())
		continue;
	if (run.depth == 0)
		read_results();
}

/* True in the child, which must end with end_child. */
static bool
start_child(const char *path)
{
	struct child *child;

	while ((child = find_child(0)) == NULL)
		(void)wait_child();
	if (run.depth == 0)
		read_results();
	memcpy(child->path, path, PATH_OCTETS);
	(void)fflush(stdout);
	child->pid = fork();
	if (child->pid == -1)
		exit(2);
	if (child->pid > 0)
		return false;
	memset(run.children, 0, sizeof(run.children));
	run.depth++;
	return true;
}

static void
end_child(void)
{
	wait_children();
	_exit(0);
}

/* Whether the path to follow leads away here; then what was chosen. */
static bool
is_on_path(unsigned long at, uint64_t *choice)
{
	unsigned long where;
	unsigned long long what;

	if (run.replay == NULL ||
	    sscanf(run.replay, "%lu:%llu", &where, &what) != 2 || where != at)
		return false;
	*choice = what;
	run.replay = strchr(run.replay, '/');
	if (run.replay != NULL)
		run.replay++;
	return true;
}

/*
 * Whether to leave the life here, in a child or as the path has it.  If so,
 * choice is what the child is to be about.
 */
static bool
leave_here(unsigned long at, uint64_t *choice)
{
	char path[PATH_OCTETS];

	*choice = chance(&run.random) >> 48;
	if (run.replaying ? !is_on_path(at, choice) :
	    chance_below(&run.random, 1000) >= run.per_mille)
		return false;
	(void)snprintf(path, sizeof(path), "%.40s%s%lu:%llu", run.path,
	    run.path[0] != '\0' ? "/" : "", at, (unsigned long long)*choice);
	if (!run.replaying && !start_child(path))
		return false;
	memcpy(run.path, path, sizeof(run.path));
	run.random = run.seed + *choice;
	return true;
}

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

static bool
live(uint64_t random)
{
	while (run.deeds-- > 0) {
		if (world_guard(world_any) == -1 && !start_again())
			return false;
		if (chance_below(&random, 100) == 0)
			world_kill();
		else if (chance_below(&random, 150) == 0)
			(void)world_guard(world_close);
		else
			continue;
		if (!start())
			return false;
	}
	return true;
}

static void
begin_life(uint64_t seed, unsigned per_mille, int deeds)
{
	/* Every other life is calm: many more states in the same time. */
	run.seed = run.random = seed;
	run.per_mille = per_mille;
	run.deeds = deeds;
	run.path[0] = '\0';
	disk_calls.calls = disk_calls.changes = disk_calls.failed = 0;
	disk_calls.fail = 0;
	disk_calls.shorten = false;
	world_begin(seed);
	world.is_calm = seed % 2 == 0;
}

static void
end_life(void)
{
	disk_calls.before_change = NULL;
	disk_calls.before_call = NULL;
	wait_children();
}

/* ---- cut ---- */

static void before_change(void);

static void
cut(uint64_t choice)
{
	bool good;

	run.per_mille /= 8;
	run.deeds = 30;
	disk_calls.before_change = run.depth < CUTS ? before_change : NULL;
	world_cut(choice);
	good = start();
	if (good && run.depth < CUTS && choice % 4 == 0) {
		good = live(choice);
		if (good) {
			world_kill();
			good = start();
		}
	}
	tell(run.path, good);
	end_child();
}

/* The hook: perhaps the power is cut just before this change. */
static void
before_change(void)
{
	uint64_t choice;

	if (leave_here(disk_calls.changes, &choice))
		cut(choice);
}

static void
cut_life(uint64_t seed, unsigned per_mille, int deeds)
{
	begin_life(seed, per_mille, deeds);
	disk_calls.before_change = before_change;
	if (!start() || !live(seed))
		tell(run.path, false);
	end_life();
}

static void
run_cut(void)
{
	uint64_t seed, lives = run.is_long ? 200 : 8;

	for (seed = 1; seed <= lives; seed++)
		cut_life(seed, run.is_long ? 100 : seed % 2 == 0 ? 60 : 10,
		    400);
}

/* ---- fail ---- */

/* How a call of each kind can fail; 0 is a short count. */
static const int errors[][8] = {
	[DISK_OPEN]   = { 4, EIO, EMFILE, ENOSPC, EDQUOT },
	[DISK_READ]   = { 3, EIO, EINTR, 0 },
	[DISK_WRITE]  = { 5, EIO, ENOSPC, EDQUOT, EINTR, 0 },
	[DISK_NAME]   = { 3, EIO, ENOSPC, EDQUOT },
	[DISK_SYNC]   = { 3, EIO, ENOSPC, EDQUOT },
	[DISK_CLOSE]  = { 2, EIO, ENOSPC },
	[DISK_LIST]   = { 2, EIO, ENOMEM },
	[DISK_ASK]    = { 1, EIO },
	[DISK_MEMORY] = { 1, ENOMEM },
};

static void
live_and_check(void)
{
	bool good;

	run.deeds = 40;
	good = live(run.random);
	world_kill();
	good = good && start();
	if (good) {
		world_cut(run.random);
		good = start();
	}
	tell(run.path, good);
	end_child();
}

/*
 * The hook: perhaps this call is to fail.  In the child the life goes on from
 * within the call, and so ends where live is called.
 */
static void
before_call(void)
{
	const int *kinds = errors[disk_calls.kind];
	uint64_t choice;

	if (!leave_here(disk_calls.calls, &choice))
		return;
	disk_calls.before_call = NULL;
	disk_calls.fail = kinds[1 + choice % (uint64_t)kinds[0]];
	disk_calls.shorten = disk_calls.fail == 0;
	run.deeds = 40;
}

static void
fail_life(uint64_t seed, unsigned per_mille, int deeds)
{
	bool good;

	begin_life(seed, per_mille, deeds);
	disk_calls.before_call = before_call;
	good = start() && live(seed);
	if (disk_calls.before_call == NULL) {
		/* A child, or at the end of a path. */
		if (good)
			live_and_check();
		tell(run.path, false);
		end_child();
	}
	if (!good)
		tell(run.path, false);
	end_life();
}

static void
run_fail(void)
{
	uint64_t seed, lives = run.is_long ? 200 : 8;

	for (seed = 1; seed <= lives; seed++)
		fail_life(seed, run.is_long ? 100 : seed % 2 == 0 ? 40 : 6,
		    400);
}

/* ---- flip ---- */

#define FILES 512

/* The files there are, with their paths. */
static struct {
	struct file {
		struct inode *inode;
		char path[PATH_OCTETS * 2];
	} all[FILES];
	size_t count;
} files;

static void
find_files(struct inode *dir, const char *path)
{
	char below[PATH_OCTETS * 2];
	struct inode *i;
	const char *name;
	size_t n;

	for (n = 0; (name = disk_name(dir, n)) != NULL; n++) {
		i = disk_find(dir, name);
		(void)snprintf(below, sizeof(below), "%s/%s", path, name);
		if (disk_is_dir(i)) {
			find_files(i, below);
		} else if (disk_size(i) > 0 && files.count < FILES) {
			files.all[files.count].inode = i;
			memcpy(files.all[files.count++].path, below,
			    sizeof(below));
		}
	}
}

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

/* How many users and groups are not what they were. */
static size_t
count_people_lost(void)
{
	struct model_fault fault;
	size_t i, lost = 0;

	for (i = 0; i < world.live.user_count; i++)
		lost += !model_same_user(&world.data, &world.live.users[i],
		    &fault);
	for (i = 0; i < world.live.group_count && lost == 0; i++)
		lost += !model_same_group(&world.data, &world.live,
		    &world.live.groups[i], &fault);
	return lost;
}

/* Whether what is lost is no more than what was damaged, and was told of. */
static bool
is_damage_confined(const char *path)
{
	size_t people = count_people_lost();
	struct model_losses l;

	if (!model_read(&world.found, &world.data, &world.live,
	    &world.messages, &world.fault))
		return false;
	l = model_count_losses(&world.found, &world.data, &world.live,
	    &world.messages);
	model_say(&world.fault, "%s: lost %zu messages, %zu people; "
	    "%zu back; %lu lines", path, l.lost, people, l.back, world_lines);
	if ((l.lost > 0 || l.back > 0 || people > 0) && world_lines == 0)
		return false;
	if (is_below(path, "/data/journal/"))
		return l.batches[0] || l.batches[1];
	if (ends(path, ".json"))
		return people <= 1 && l.lost == 0 && l.back == 0;
	return people == 0 && l.back == 0 && l.one_message;
}

static void
flip(const struct file *f, uint64_t offset, unsigned char bits)
{
	bool good;

	(void)snprintf(run.path, sizeof(run.path), "%.40s:%llu",
	    strrchr(f->path, '/'), (unsigned long long)offset);
	disk_flip(f->inode, offset, bits);
	world_lines = 0;
	good = world_open() == 0 && is_damage_confined(f->path);
	if (good) {
		world_kill();
		good = world_open() == 0;
	}
	tell(run.path, good);
	end_child();
}

/* The end of what is not zero. */
static uint64_t
used_size(const struct inode *i)
{
	char octets[DISK_PAGE];
	uint64_t at = disk_size(i);
	size_t n;

	while (at > 0) {
		n = at < DISK_PAGE ? (size_t)at : DISK_PAGE;
		(void)disk_read(i, octets, n, at - n);
		for (; n > 0 && octets[n - 1] == 0; n--)
			at--;
		if (n > 0)
			break;
	}
	return at;
}

/* Flip an octet of each stretch of so many; often one of a batch's header. */
static void
flip_file(const struct file *f, uint64_t stretch)
{
	uint64_t from, at, end = used_size(f->inode);

	for (from = 0; from < end; from += stretch) {
		at = from + chance_below(&run.random, stretch);
		if (stretch > DISK_PAGE && chance_below(&run.random, 2) == 0)
			at = at / DISK_PAGE * DISK_PAGE + at % 64;
		if (at < end && start_child(f->path))
			flip(f, at, (unsigned char)(1 + at % 255));
	}
}

static void
flip_life(uint64_t seed, int deeds, uint64_t stretch)
{
	size_t i;

	begin_life(seed, 0, deeds);
	if (!start() || !live(seed) || world_guard(world_commit) == -1)
		tell(run.path, false);
	world_kill();
	disk_sync_all();
	files.count = 0;
	find_files(disk_root(), "");
	for (i = 0; i < files.count; i++)
		flip_file(&files.all[i], is_below(files.all[i].path,
		    "/data/journal/") ? stretch * 20 : stretch);
	end_life();
}

static void
run_flip(void)
{
	uint64_t seed, lives = run.is_long ? 20 : 2;

	for (seed = 1; seed <= lives; seed++)
		flip_life(seed, seed % 2 == 0 ? 100 : 300, run.is_long ?
		    97 : 3001);
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
	{ "the name of a copied queue is not synced",
	    1U << DISK_SYNC_USER, WORLD_SOUND },
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

/* In a child: a broken program may fall over in this very life. */
static void
live_broken(const struct fault *f, uint64_t seed)
{
	if (start_child("")) {
		break_program(f);
		cut_life(seed, 20, 400);
		end_child();
	}
	wait_children();
}

/* Each must be caught; what that costs is not counted. */
static void
run_faults(void)
{
	unsigned long tried = run.tried, bad = run.bad, caught = 0;
	uint64_t seed;
	size_t i;

	run.is_quiet = true;
	for (i = 0; i < FAULTS; i++) {
		run.bad = 0;
		for (seed = 1; seed <= 20 && run.bad == 0; seed++)
			live_broken(&faults[i], seed);
		if (run.bad > 0)
			caught++;
		else
			printf("crash_test: not caught: %s\n", faults[i].name);
	}
	run.is_quiet = false;
	run.tried = tried;
	run.bad = bad + (FAULTS - caught);
	printf("crash_test: faults: caught %lu of %zu\n", caught, FAULTS);
}

/* ---- all of them ---- */

static const struct mode modes[] = {
	{ "cut",    run_cut    },
	{ "fail",   run_fail   },
	{ "flip",   run_flip   },
	{ "faults", run_faults },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static void
run_mode(const struct mode *m)
{
	unsigned long tried = run.tried, bad = run.bad;

	m->run();
	if (run.tried > tried)
		printf("crash_test: %s: %lu states, %lu bad\n", m->name,
		    run.tried - tried, run.bad - bad);
}

static void
replay(const char *mode, uint64_t seed)
{
	world_loud = disk_calls.loud = true;
	if (strcmp(mode, "fail") == 0)
		fail_life(seed, 0, 400);
	else
		cut_life(seed, 0, 400);
}

static int
usage(void)
{
	(void)fprintf(stderr, "usage: crash_test [-l] [-s SEED -p PATH] "
	    "[-f FAULT] [cut | fail | flip | faults]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	const char *mode = NULL;
	uint64_t seed = 1;
	size_t i;
	int option;

	while ((option = getopt(argc, argv, "ls:p:f:")) != -1) {
		if (option == 'l')
			run.is_long = true;
		else if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'p')
			run.replay = optarg;
		else if (option == 'f' && strtoul(optarg, NULL, 10) < FAULTS)
			break_program(&faults[strtoul(optarg, NULL, 10)]);
		else
			return usage();
	}
	if (optind < argc)
		mode = argv[optind];
	if (pipe(run.results) == -1 ||
	    fcntl(run.results[0], F_SETFL, O_NONBLOCK) == -1)
		return 2;
	run.replaying = run.replay != NULL;
	if (run.replaying) {
		replay(mode == NULL ? "cut" : mode, seed);
		return 0;
	}
	for (i = 0; i < MODES; i++) {
		if (mode == NULL || strcmp(mode, modes[i].name) == 0)
			run_mode(&modes[i]);
	}
	/* What was killed in this process leaked. */
	(void)fflush(stdout);
	_exit(run.bad > 0 || (run.tried == 0 && mode == NULL));
}
