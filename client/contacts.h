/*
 * contacts.h - the people and groups that an account knows.
 *
 *	contacts_read(&book, account, why, room)
 *	contacts_find(&book, name)
 *	contacts_free(&book)
 *
 * and to change it:
 *
 *	contacts_begin(&book, account, why, room)	read again, and locked
 *	contacts_...
 *	contacts_end(&book, account, why, room)		written, and unlocked
 *
 * The relay vouches for the name in a ping or an invitation.  The name in a
 * message is only what its sender says: it is believed if we have asked that
 * name with a ping, and no one else has it.
 */
#ifndef MNM_CLIENT_CONTACTS_H
#define MNM_CLIENT_CONTACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define CONTACTS_NAME 256	/* bytes of a name that others have given */

struct account;

enum person_how {
	PERSON_PINGED,		/* we have asked; the uid is "" */
	PERSON_SAYS,		/* calls itself so, unasked: do not write to it
				   by that name */
	PERSON_ANSWERED,	/* the first with that name since we asked */
	PERSON_SURE		/* the relay has said so, or our user */
};

struct contact_person {
	char *name, *uid;	/* owned */
	enum person_how how;
};

struct contact_group {
	char *gid, *me;		/* owned; me: our name there */
	bool joined;		/* else we are invited */
};

struct contacts {
	struct contact_person *people;
	size_t people_count;
	struct contact_group *groups;
	size_t group_count;
	bool changed;
	uint64_t stamp;		/* of the file; 0: none */
};

int contacts_read(struct contacts *, const struct account *, char *why,
    size_t room);
/* Read them again if the file has changed since.  -1 and why, as above. */
int contacts_refresh(struct contacts *, const struct account *, char *why,
    size_t room);
void contacts_free(struct contacts *);
int contacts_begin(struct contacts *, struct account *, char *why,
    size_t room);
/* Frees it, too. */
int contacts_end(struct contacts *, struct account *, char *why,
    size_t room);

/* NULL if there is none. */
struct contact_person *contacts_find(const struct contacts *, struct span name);
struct contact_person *contacts_find_uid(const struct contacts *,
    struct span uid);
struct contact_group *contacts_find_group(const struct contacts *,
    struct span gid);

/* We have asked this name. */
void contacts_pinged(struct contacts *, struct span name);
/* The relay says that this is the user's name. */
void contacts_learn(struct contacts *, struct span name, struct span uid);
/* The user itself says so. */
void contacts_hear(struct contacts *, struct span name, struct span uid);
/* Forget a contact; its place is the last one's. */
void contacts_drop(struct contacts *, struct contact_person *);
/* Call it otherwise.  False: there is such a name already. */
bool contacts_rename(struct contacts *, struct contact_person *,
    struct span name);
/* Add or change a group; me may be empty: unchanged. */
void contacts_group(struct contacts *, struct span gid, struct span me,
    bool joined);
void contacts_drop_group(struct contacts *, struct span gid);

#endif
