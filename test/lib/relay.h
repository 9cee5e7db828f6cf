/*
 * relay.h - the program under test: a relay on a port and a directory of its
 * own, started, stopped and killed.
 *
 * What cannot be done here ends the test program.
 */
#ifndef MNM_TEST_RELAY_H
#define MNM_TEST_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RELAY_PATH 512

/* Time enough for anything on the slowest machine, in milliseconds. */
#define RELAY_PATIENCE 60000

struct relay_process {
	char program[RELAY_PATH];	/* absolute */
	char dir[RELAY_PATH];		/* where it runs; below /tmp */
	uint16_t port;
	unsigned descriptors;		/* its limit on them; 0: as it is */
	int log;			/* its stderr; 0: with its stdout */
	pid_t pid;			/* 0 when it does not run */
};

/* Make an empty directory, and a configuration with a free port. */
void relay_init(struct relay_process *, const char *program);
/* Kill it if it runs, and remove the directory. */
void relay_free(struct relay_process *);

/* Write mnm.config: extra is more members, each followed by a comma. */
void relay_configure(struct relay_process *, const char *extra);
/* Start it, and wait until it says that it serves. */
void relay_start(struct relay_process *);
/* The same; false if it ends instead. */
bool relay_can_start(struct relay_process *);
/* Send it a signal, and return its exit status, or 256 + what killed it. */
int relay_stop(struct relay_process *, int signal);
/*
 * Run it with these arguments until it ends by itself; returns as relay_stop.
 */
int relay_run(struct relay_process *, char *const *arguments);

/* Whether what it has printed since it was started contains text. */
bool relay_said(const struct relay_process *, const char *text);
/* Resident memory in kB, where /proc tells; else 0. */
unsigned long relay_memory(const struct relay_process *);
/* Write a file in its directory. */
void relay_file(const struct relay_process *, const char *name,
    const char *text);

/* A port of 127.0.0.1 on which nobody listens. */
uint16_t relay_free_port(void);
/* Milliseconds of the monotonic clock. */
uint64_t relay_clock(void);
void relay_sleep(int milliseconds);

#endif
