/*
 * baseline.h - the most that this machine can do: the same bytes to the disk,
 * and through TLS, without the protocol.
 */
#ifndef MNM_TEST_BASELINE_H
#define MNM_TEST_BASELINE_H

#include <stddef.h>

/*
 * Write batches of so many bytes, each with a sync, over a file of zeros in
 * dir, as a journal is written.  Returns batches per second.
 */
double baseline_disk(const char *dir, size_t bytes, double seconds);
/*
 * The work of a relay that keeps messages in files only: each message is
 * written to its own file, which is synced; the file gets a name in the
 * directories of two recipients, and each directory is synced.  So many threads
 * do it at once, each one message after the other.
 */
struct baseline_files {
	double per_s;		/* messages */
	double syncs, written;	/* for one message; bytes */
};
struct baseline_files baseline_files(const char *dir, size_t threads,
    size_t bytes, double seconds);
/*
 * Connections over TLS to a child process that only sends back twice what it
 * gets; the messages are as long as those of load.h, and the next follows when
 * both copies were received.  cert and key are PEM files.  Returns copies per
 * second.
 */
double baseline_copy(const char *cert, const char *key, size_t links,
    double seconds);

#endif
