/*
 * process.h - the program as a process: who it runs as, and what it reports to
 * the service manager.
 */
#ifndef MNM_ADMIN_PROCESS_H
#define MNM_ADMIN_PROCESS_H

#include <stddef.h>

struct conf;

/*
 * When root runs the program and conf names a user: become that user for good.
 * The user must own the data directory, which is made if it does not exist.
 * When conf names nobody: become the owner of the data directory, or of the one
 * that it will be made in.
 * Returns 0, or -1 and why; then do not go on.
 */
int process_give_up_root(const struct conf *, char *why, size_t room);
/*
 * The same, except that no directory is made: for a command that looks at what
 * the relay would find.  If there is no data directory, nothing happens.
 */
int process_become_server(const struct conf *, char *why, size_t room);
/*
 * When root runs the program: become the owner of path for good, so that the
 * relay can read what is written there.  Returns the same.
 */
int process_become_owner(const char *path, char *why, size_t room);
/* The same of a data directory; if there is none, why says what to do. */
int process_use_data(const char *data, char *why, size_t room);

/*
 * Report to the service manager, as systemd's sd_notify(3) does, with lines
 * like "READY=1\nSTATUS=serving".  Nothing happens if none listens.
 */
void process_notify(const char *lines);
/* Seconds that may pass between two "WATCHDOG=1"; 0: no limit. */
unsigned process_watchdog(void);
/*
 * Send "WATCHDOG=1" as often as a limit of so many seconds needs, from a thread
 * of its own: as long as there is a process_beat in that time, or the program
 * waits for a sync of the journal, for PROCESS_SYNC_MAX at most.  A card may
 * stall for long; a loop that hangs must not go unseen.  -1 if there is no
 * thread.
 */
int process_guard(unsigned limit);
#define PROCESS_SYNC_MAX 600	/* seconds */
/* The loop turns. */
void process_beat(void);

#endif
