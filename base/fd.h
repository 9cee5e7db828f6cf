/*
 * fd.h - what every module needs to do to a file descriptor.
 *
 * Functions return 0, or -1 with errno, unless their comments say otherwise.
 */
#ifndef MNM_BASE_FD_H
#define MNM_BASE_FD_H

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
/* A pipe whose two ends do not block, and close on exec. */
int fd_pipe(int ends[2]);

#endif
