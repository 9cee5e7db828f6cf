/*
 * mnm.h - a message relay inside your program.
 *
 *	struct mnm_options options = { 0 };
 *	char why[MNM_WHY];
 *
 *	options.data = "/var/lib/example";
 *	options.in_process_only = 1;
 *	relay = mnm_open(&options, why, sizeof(why));
 *	if (relay == NULL || mnm_start(relay, why, sizeof(why)) == -1)
 *		...				why is one sentence
 *	mnm_run(relay);				until mnm_stop
 *	mnm_close(relay);
 *
 * Or, inside your own loop: watch mnm_fd for reading, for mnm_timeout at most,
 * and then call mnm_turn(relay, 0).
 *
 * A program may have several relays, with a data directory each.  Nothing here
 * ends the process, but for a bug of the relay (abort) and for want of memory
 * (exit); or writes to standard output or standard error, unless the latter
 * happens; or changes signals, umask, limits or the working directory.
 *
 * Threads: all calls for one relay are made by one thread at a time, except for
 * mnm_stop and mnm_connect, which any thread may call between mnm_start and
 * mnm_close.  Different relays need no locks.  A connection is used by one
 * thread at a time, any one.  A relay starts one thread of its own, which syncs
 * files; signals do not go to it.  With push_contact in the configuration, it
 * also has a child process.
 *
 * Strings are UTF-8, and end with NUL.  Functions that return -1 set errno.
 * Compile with: pkg-config --cflags --libs mnm
 */
#ifndef MNM_H
#define MNM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MNM_VERSION "0.1"
#define MNM_WHY     512		/* bytes that any sentence in why fits in */

struct mnm;
struct mnm_connection;

/* Zero what you do not need.  Strings are copied. */
struct mnm_options {
	/*
	 * The configuration: the path of a file, or its text (JSON), as
	 * mnm.conf(5) describes it.  If both are NULL, all has the default;
	 * only one may be given.
	 */
	const char *config_path;
	const char *config_text;
	/*
	 * The data directory, instead of the one in the configuration; NULL:
	 * that one.  It is created if it does not exist.  A relative path
	 * depends on the working directory, which must not change then.
	 */
	const char *data;
	/* Not 0: listen nowhere, whatever the configuration says. */
	int in_process_only;
	/*
	 * Called with each line of the log, without a newline, by the thread
	 * that is in a call for this relay; NULL: there is no log.  It must not
	 * call any function for this relay but mnm_stop.
	 */
	void (*log)(void *context, const char *line);
	void *log_context;
};

/*
 * Read the configuration, take the ports that it names, and read the keys: all
 * that may need root, so give that up afterwards.  If it names time servers,
 * some of them are asked, which may take seconds.  Clients are refused until
 * mnm_start.  Returns NULL and why; room is the size of why.
 */
struct mnm *mnm_open(const struct mnm_options *, char *why, size_t room);
/*
 * Open the data directory, and get ready to serve.  This takes long only after
 * a crash with much data.  It fails if another relay, of this process or of
 * another one, uses that directory.  Returns 0; or -1 and why: then call
 * mnm_close.
 */
int mnm_start(struct mnm *, char *why, size_t room);

/*
 * Serve until mnm_stop is called, or was since the last mnm_run: then 0, and it
 * may be called again.  -1 when data can no longer be stored, such as on a
 * failing disk: then call mnm_close.
 */
int mnm_run(struct mnm *);
/* Make mnm_run return.  Signal handlers may call it, too. */
void mnm_stop(struct mnm *);

/*
 * Do once what there is to do, and wait for it for timeout milliseconds at
 * most; 0: not at all, -1: as long as nothing happens.  Returns 0, or -1 as
 * mnm_run.
 */
int mnm_turn(struct mnm *, int timeout);
/*
 * A descriptor for poll, select or epoll: it is readable when mnm_turn has
 * something to do.  It belongs to the relay, and stays the same.  -1 on systems
 * without epoll, where mnm_timeout is a few milliseconds at most.
 */
int mnm_fd(const struct mnm *);
/*
 * In how many milliseconds mnm_turn must be called at the latest, even if
 * mnm_fd is not readable; -1: no limit.  It changes with each mnm_turn.
 */
int mnm_timeout(struct mnm *);

/*
 * Read the configuration again, and the certificates; config_text stays what it
 * was.  Connections stay.  Returns 0; or -1 and why: then nothing has changed.
 */
int mnm_reload(struct mnm *, char *why, size_t room);

/*
 * Look now whether the certificates were renewed, as mnm_turn and mnm_run do
 * once an hour.
 */
void mnm_check(struct mnm *);

/*
 * What clients need: the address, "=host:port" or "+host:port", or NULL if it
 * listens nowhere; and the SHA-256 fingerprint of the certificate to recognise,
 * "AB:CD:...", or NULL without TLS.  They belong to the relay, and are valid
 * until mnm_reload, mnm_turn, mnm_run or mnm_close.
 */
const char *mnm_address(struct mnm *);
const char *mnm_fingerprint(struct mnm *);

/*
 * Say goodbye to all clients (for a second at most), store what is not stored
 * yet, and free the relay; NULL is fine.  Connections of mnm_connect must still
 * be closed, before or after this.  Returns 0, or -1 if something that was not
 * acknowledged may be lost.
 */
int mnm_close(struct mnm *);

/*
 * Connect without a socket.  The bytes are those that go through TLS otherwise:
 * TMTP, as PROTOCOL.md describes it.  To the relay, it is a connection from
 * this machine.  Until something is received, the relay may still refuse it
 * because there are too many: then mnm_read returns 0.  NULL when the relay has
 * ended.
 */
struct mnm_connection *mnm_connect(struct mnm *);
/*
 * Read up to room bytes.  Returns how many there were; 0 when the relay has
 * ended the connection; -1 with EAGAIN when there are none yet.  Never waits.
 */
long mnm_read(struct mnm_connection *, void *bytes, size_t room);
/*
 * Write up to n bytes.  Returns how many were taken, which may be fewer; -1
 * with EAGAIN when none could be, or EPIPE when the relay has ended the
 * connection.  Never waits.
 */
long mnm_write(struct mnm_connection *, const void *bytes, size_t n);
/*
 * A descriptor for poll, select or epoll: it is readable while mnm_read would
 * return something other than EAGAIN, or while there is room again after
 * mnm_write has taken less than all.  It belongs to the connection.  -1 if
 * the process has used up its descriptors.
 */
int mnm_connection_fd(struct mnm_connection *);
/* The relay does all that was written, then sees the end.  NULL is fine. */
void mnm_disconnect(struct mnm_connection *);

#ifdef __cplusplus
}
#endif

#endif
