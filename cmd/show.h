/*
 * show.h - a message for people, and as JSON for programs; its attachments as
 * files.
 */
#ifndef MNM_CMD_SHOW_H
#define MNM_CMD_SHOW_H

#include <stdbool.h>

#include "base/buf.h"
#include "client/post_form.h"
#include "client/wire.h"

struct account;
struct contacts;

/* A message that was taken apart. */
struct show {
	const struct reply *reply;
	const struct account *account;
	struct post_form form;
	struct buf name;		/* the sender's, as we know it */
	struct buf group;		/* the gid, if it is about one */
	struct buf posted;
	struct buf *paths;		/* of the attachments' files, or NULL */
	bool again;
	bool is_own;			/* from this user, another device */
};

/* Take a message apart, with the names of our contacts. */
void show_open(struct show *, const struct reply *, const struct account *,
    const struct contacts *);
void show_close(struct show *);
/*
 * Write the attachments into this directory, which is made if it is missing.
 * Their names begin with the message's id, so that a message which comes again
 * finds its own.  -1 and why.
 */
int show_save_files(struct show *, const char *directory, char *why,
    size_t room);
/* Whether it is what people want to read, and no news about devices. */
bool show_is_for_people(const struct show *);
/* Append it, safe for a terminal; as one line of JSON. */
void show_text(const struct show *, struct buf *);
void show_json(const struct show *, struct buf *);
/* Append a line for each file. */
void show_files(const struct show *, struct buf *);
/* One line: what a message that is no post says.  "" for a post. */
void show_news(const struct show *, struct buf *);

#endif
