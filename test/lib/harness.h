/*
 * harness.h - a relay without TLS or a clock of its own: data in a scratch
 * directory, clients (actors) by name, and time that passes when told.
 *
 * What cannot be done here ends the test program.
 */
#ifndef MNM_TEST_HARNESS_H
#define MNM_TEST_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/encode.h"
#include "client/wire.h"
#include "conf.h"
#include "datadir.h"
#include "tmtp.h"

#define HARNESS_ACTORS 32
#define HARNESS_NAME    8
#define HARNESS_ROOM    16384	/* bytes of output asked for: a TLS record */

struct conn;

/* How clients reach the relay. */
enum harness_door {
	HARNESS_SESSION,	/* tmtp.h's functions are called */
	HARNESS_SOCKET,		/* over a Unix socket, through net/conn */
	HARNESS_WEBSOCKET	/* the same, with WebSocket within */
};

struct actor {
	char name[HARNESS_NAME];
	struct session *session;	/* NULL when not connected */
	bool ended;		/* by the relay */
	struct buf got;		/* bytes it has not looked at */
	struct buf records;	/* size_t: where in got each output ended, or
				   each message of WebSocket */
	struct conn *conn;	/* unless HARNESS_SESSION */
	int fd;			/* its other end */
	struct buf wire;	/* WebSocket: what was received and not read */
	bool in_message;	/* WebSocket: fragments of one were sent */
	bool closed;		/* WebSocket: a close frame was received */
	char uid[UID_TEXT + 1];	/* from harness_register */
	char nodeid[NODEID_TEXT + 1];
};

struct harness {
	struct conf conf;	/* may be changed before harness_start */
	struct datadir data;
	struct relay *relay;
	struct now now;
	enum harness_door door;
	size_t piece;		/* bytes given at a time; 0: all at once */
	size_t room;		/* bytes of output asked for at a time */
	char path[64];		/* a scratch directory */
	unsigned crashes;	/* data is in path/N */
	struct actor actors[HARNESS_ACTORS];
};

/* An empty relay by conf's defaults, not yet started. */
void harness_open(struct harness *);
void harness_start(struct harness *);
/* The connections are gone, and the relay ends. */
void harness_stop(struct harness *);
/* The same, but data is as a crash would leave it after the last commit. */
void harness_crash(struct harness *);
void harness_close(struct harness *);

/* The actor of that name; it is made, not connected, if there is none. */
struct actor *harness_actor(struct harness *, const char *name);
void harness_connect(struct harness *, struct actor *);
/* The connection is gone. */
void harness_lose(struct harness *, struct actor *);
/* Give bytes to the relay; turns come only between pieces. */
void harness_send(struct harness *, struct actor *, struct span);
/* Give a frame without data. */
void harness_say(struct harness *, struct actor *, const char *header);
/* Connect and register a new user.  Drops what the actor has got. */
void harness_register(struct harness *, struct actor *);
/* Connect and log in with the actor's uid and nodeid, in one turn. */
void harness_login(struct harness *, struct actor *);
/* The first frame that it has got; false if it has not got all of one. */
bool harness_frame(const struct actor *, struct reply *);
/*
 * Whether this first frame came with one call of tmtp_output, or is one message
 * of WebSocket.
 */
bool harness_in_one_record(const struct actor *, const struct reply *);
/* It has looked at so many bytes. */
void harness_drop(struct actor *, size_t bytes);
/* From the next second on the disk has no space left, or has it again. */
void harness_fill_disk(struct harness *);
void harness_free_disk(struct harness *);
/* Commit, go on with the checkpoint, and give every actor what is for it. */
void harness_turn(struct harness *);
/* Let time pass, with all that falls due. */
void harness_pass(struct harness *, uint64_t milliseconds);

#endif
