#include "test/crash/fork.h"

#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/lib/prng.h"

#define JOBS 2			/* children at a time, of each process */
#define PATH_BYTES 96

static struct {
	uint64_t seed;
	uint64_t random;	/* decides where; the life has its own */
	unsigned per_mille;
	unsigned depth;
	char path[PATH_BYTES];
	bool following;
	const char *follow;	/* what is left of the path, or NULL */
	enum fork_voice voice;
	int results[2];		/* pipe: a byte for each state tried */
	struct child {
		pid_t pid;	/* 0: none */
		char path[PATH_BYTES];
	} children[JOBS];
	unsigned long tried, bad;
} branch;

void
fork_open(void)
{
#ifdef M_MMAP_THRESHOLD
	/* Large memory is always new: a child writes to no copy of it. */
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
	if (pipe(branch.results) == -1 ||
	    fcntl(branch.results[0], F_SETFL, O_NONBLOCK) == -1)
		exit(2);
}

void
fork_begin(uint64_t seed, unsigned per_mille)
{
	branch.seed = branch.random = seed;
	branch.per_mille = per_mille;
	branch.path[0] = '\0';
}

void
fork_often(unsigned per_mille)
{
	branch.per_mille = per_mille;
}

void
fork_follow(const char *path)
{
	branch.following = true;
	branch.follow = path;
}

unsigned
fork_depth(void)
{
	return branch.depth;
}

/* ---- results ---- */

/* Only the first process counts: its children leave that to it. */
static void
read_results(void)
{
	char results[256];
	ssize_t n, i;

	if (branch.depth > 0)
		return;
	while ((n = read(branch.results[0], results, sizeof(results))) > 0) {
		for (i = 0; i < n; i++) {
			branch.tried++;
			branch.bad += results[i] != 'y';
		}
	}
}

static void
report(const char *path, bool good, const char *why)
{
	if (!good && branch.voice == FORK_LOUD)
		(void)fprintf(stderr, "%s (-s %llu -p %s)\n", why,
		    (unsigned long long)branch.seed, path);
	if (write(branch.results[1], good ? "y" : "n", 1) != 1)
		_exit(2);
}

void
fork_report(bool good, const char *why)
{
	report(branch.path, good, why);
}

unsigned long
fork_tried(void)
{
	return branch.tried;
}

unsigned long
fork_bad(void)
{
	return branch.bad;
}

void
fork_reset(unsigned long tried, unsigned long bad, enum fork_voice voice)
{
	branch.tried = tried;
	branch.bad = bad;
	branch.voice = voice;
}

/* ---- children ---- */

/* The place of the child with this pid; 0 finds a free one, or NULL. */
static struct child *
find_child(pid_t pid)
{
	size_t i;

	for (i = 0; i < JOBS; i++) {
		if (branch.children[i].pid == pid)
			return &branch.children[i];
	}
	return NULL;
}

/* Wait for one; false if there is none. */
static bool
wait_child(void)
{
	struct child *child;
	char why[64];
	int status;
	pid_t pid = wait(&status);

	if (pid == -1)
		return false;
	child = find_child(pid);
	child->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	(void)snprintf(why, sizeof(why), "ended with status %x",
	    (unsigned)status);
	report(child->path, false, why);
	return true;
}

void
fork_wait(void)
{
	while (wait_child())
		continue;
	read_results();
}

void
fork_end(void)
{
	fork_wait();
	_exit(0);
}

/* True in the child. */
static bool
start_child(const char *path)
{
	struct child *child;

	while ((child = find_child(0)) == NULL)
		(void)wait_child();
	read_results();
	memcpy(child->path, path, PATH_BYTES);
	(void)fflush(stdout);
	child->pid = fork();
	if (child->pid == -1)
		exit(2);
	if (child->pid > 0)
		return false;
	memset(branch.children, 0, sizeof(branch.children));
	branch.depth++;
	memcpy(branch.path, path, PATH_BYTES);
	return true;
}

/* Whether the path to follow leads away here; then what was chosen. */
static bool
is_on_path(unsigned long at, uint64_t *choice)
{
	unsigned long where;
	unsigned long long what;

	if (branch.follow == NULL || sscanf(branch.follow, "%lu:%llu", &where,
	    &what) != 2 || where != at)
		return false;
	*choice = what;
	branch.follow = strchr(branch.follow, '/');
	if (branch.follow != NULL)
		branch.follow++;
	branch.depth++;
	return true;
}

bool
fork_here(unsigned long at, uint64_t *choice)
{
	char path[PATH_BYTES];

	*choice = chance(&branch.random) >> 48;
	if (branch.following ? !is_on_path(at, choice) :
	    prng_below(&branch.random, 1000) >= branch.per_mille)
		return false;
	(void)snprintf(path, sizeof(path), "%.50s%s%lu:%llu", branch.path,
	    branch.path[0] != '\0' ? "/" : "", at,
	    (unsigned long long)*choice);
	if (!branch.following && !start_child(path))
		return false;
	memcpy(branch.path, path, sizeof(path));
	branch.random = branch.seed + *choice;
	return true;
}

bool
fork_at(const char *name)
{
	char path[PATH_BYTES] = "";

	(void)snprintf(path, sizeof(path), "%s", name);
	return start_child(path);
}
