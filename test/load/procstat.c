#include "test/load/procstat.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define PATH_ROOM 300

/* The number after key in a file of /proc; 0 if there is none. */
static uint64_t
number_of(const struct procstat *m, const char *file, const char *key)
{
	char path[PATH_ROOM], line[PATH_ROOM];
	uint64_t number = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)m->pid, file);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, strlen(key)) == 0)
			number = strtoull(line + strlen(key), NULL, 10);
	}
	if (f != NULL)
		fclose(f);
	return number;
}

/* CPU time of one thread, in nanoseconds. */
static uint64_t
thread_ns(const struct procstat *m, const char *thread)
{
	char file[PATH_ROOM];

	snprintf(file, sizeof(file), "task/%s/schedstat", thread);
	return number_of(m, file, "");
}

static double
cpu_of(const struct procstat *m)
{
	char path[PATH_ROOM];
	struct dirent *thread;
	uint64_t ns = 0;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%ld/task", (long)m->pid);
	threads = opendir(path);
	while (threads != NULL && (thread = readdir(threads)) != NULL) {
		if (thread->d_name[0] != '.')
			ns += thread_ns(m, thread->d_name);
	}
	if (threads != NULL)
		closedir(threads);
	return (double)ns / 1e9;
}

static uint64_t
syncs_of(const struct procstat *m)
{
	uint64_t count = 0;
	FILE *f;

	if (m->syncs == NULL)
		return 0;
	f = fopen(m->syncs, "r");
	if (f == NULL)
		return 0;
	if (fread(&count, sizeof(count), 1, f) != 1)
		count = 0;
	fclose(f);
	return count;
}

struct reading
procstat_read(const struct procstat *m)
{
	struct reading r = { .cpu = 0 };

	r.wall = (double)clock_us(CLOCK_MONOTONIC) / 1e6;
	if (m->pid == 0)
		return r;
	r.cpu = cpu_of(m);
	r.resident = number_of(m, "status", "VmRSS:") * 1024;
	r.wakes = number_of(m, "status", "voluntary_ctxt_switches:");
	r.written = number_of(m, "io", "write_bytes:");
	r.syncs = syncs_of(m);
	return r;
}
