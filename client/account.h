/*
 * account.h - an account on a relay, as a client keeps it: a directory in
 * $XDG_CONFIG_HOME/tmtp/ (or ~/.config/tmtp/), 0700.
 *
 *	account.json	the relay, the user, the device's password
 *	joining		a secret, while it has not joined: see cmd/join.c
 *	contacts.json	people and groups; see contacts.h
 *	out/		requests; see outgoing.h
 *	in/		messages that are acked, and not handed over yet
 *	resume		the last TLS session
 *	seen		the last messages that were handed over; see agent.h
 *	*.lock		held by a process with fcntl
 *	wake		a FIFO: a byte wakes the process that is online
 *
 * Files have mode 0600 and are replaced as a whole.  Several processes may use
 * an account at once: who wants to change a JSON file holds ACCOUNT_CHANGE and
 * reads it again before.
 */
#ifndef MNM_CLIENT_ACCOUNT_H
#define MNM_CLIENT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "client/client.h"
#include "client/dialog.h"

#define ACCOUNT_PATH 512

enum account_lock {
	ACCOUNT_ONLINE,		/* the device may have one connection */
	ACCOUNT_READER,		/* messages are handed over to one process */
	ACCOUNT_CHANGE,		/* held for a moment */
	ACCOUNT_LOCKS
};

struct account {
	char path[ACCOUNT_PATH];
	int dir, out, in;		/* descriptors, or -1 */
	int locks[ACCOUNT_LOCKS];	/* descriptors, or -1 */
	char *address;		/* "=host:port" or as dial.h says; all are
				   owned, and "" if not known */
	char *fingerprint;
	char *uid, *nodeid;	/* "": it has not registered yet */
	char *label;		/* of this device */
	char **aliases;
	size_t alias_count;	/* the first is the one to show to others */
	enum dialog_numbering numbering;
};

/* The same alias: but for the case of ASCII letters, and runs of spaces. */
bool account_same_name(struct span, struct span);
/* The names of accounts go into path: no slash, no dot first. */
bool account_is_name(const char *name);
/*
 * Where the accounts are, NUL-terminated, or -1 and why.
 */
int account_home(char path[ACCOUNT_PATH], char *why, size_t room);
/* Open an account.  -1 and why; then nothing needs closing. */
int account_open(struct account *, const char *name, char *why, size_t room);
/*
 * The same, but it is made unless it exists; account.json is not written.
 */
int account_make(struct account *, const char *name, char *why, size_t room);
void account_close(struct account *);

/*
 * Take a lock, if it is free.  0; or -1, and in holder the process that has it
 * (0: unknown).
 */
int account_lock(struct account *, enum account_lock, long *holder);
/* The same, but wait for it. */
int account_wait(struct account *, enum account_lock);
void account_unlock(struct account *, enum account_lock);

/* Read account.json again; write it.  -1 and why. */
int account_read(struct account *, char *why, size_t room);
int account_write(struct account *, char *why, size_t room);
/* Set one of the texts. */
void account_set(char **text, struct span value);
/* Change the aliases, and write that.  -1 and why. */
int account_add_alias(struct account *, struct span alias, char *why,
    size_t room);
int account_drop_alias(struct account *, struct span alias, char *why,
    size_t room);
bool account_has_alias(const struct account *, struct span alias);

/*
 * The TLS session.  Who resumes one shows no certificate: so it serves for a
 * day, and only as long as the account trusts what it trusted then.  A failure
 * means only a full handshake.
 */
void account_read_resume(const struct account *, struct client_resume *);
void account_write_resume(const struct account *,
    const struct client_resume *);

/* Wake the process that is online, if there is one. */
void account_wake(const struct account *);
/* What becomes readable then, or -1; only for that process. */
int account_open_wake(struct account *);

/*
 * Replace a file of the account with this text, synced.  -1 with errno.
 */
int account_replace(const struct account *, const char *name,
    struct span text);

#endif
