/*
 * procstat.h - what a process has used, from /proc; all is 0 where there is
 * none, and for an unknown process.
 */
#ifndef MNM_TEST_PROCSTAT_H
#define MNM_TEST_PROCSTAT_H

#include <stdint.h>
#include <sys/types.h>

struct procstat {
	pid_t pid;		/* 0: unknown */
	const char *syncs;	/* slowsync.so's file, or NULL */
};

struct reading {
	double cpu;		/* seconds, user and system, all threads */
	double wall;		/* seconds of the monotonic clock */
	uint64_t resident;	/* bytes */
	uint64_t written;	/* bytes that were sent to the disk */
	uint64_t syncs;
	uint64_t wakes;		/* times its main thread slept */
};

struct reading procstat_read(const struct procstat *);

#endif
