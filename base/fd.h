/*
 * fd.h - what every module needs to do to a file descriptor.
 *
 * Functions return 0, or -1 with errno, unless their comments say otherwise.
 */
#ifndef MNM_BASE_FD_H
#define MNM_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

/*
 * Close what was only read, or is given up, or holds nothing that close could
 * lose; -1 is fine.  Keeps errno and returns -1, so that a function that has
 * failed can end with it.
 */
int fd_close(int fd);
/*
 * Close a file that was written; result is 0, or -1 with errno if writing it
 * failed.  Returns -1 with the first error if either failed.
 */
int fd_close_written(int fd, int result);

/* Close it on exec. */
int fd_set_cloexec(int fd);
/* Do not block, and close on exec. */
int fd_set_nonblocking(int fd);
/* By errno: the call failed only because it would have had to wait. */
bool fd_would_block(void);

/* send and recv that go on after a signal, and never raise SIGPIPE. */
ssize_t fd_send(int fd, struct span);
ssize_t fd_recv(int fd, char *dst, size_t room);

/* How many descriptors the process may have; SIZE_MAX if there is no limit. */
size_t fd_limit(void);
/* Let the process have as many as the system allows. */
void fd_raise_limit(void);

/* A pipe whose two ends do not block, and close on exec. */
int fd_pipe(int ends[2]);

#endif
